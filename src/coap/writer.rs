//! Writes a message into a buffer, options in the order of their numbers, then the payload.
//!
//! Errors are kept until [`Writer::finish`], so that a message is written without a check at each
//! step. Read beside it: RFC 7252 section 3.

use super::message::{MARKER, VERSION};
use super::{Code, Kind, Token};

/// A message that is being written.
pub struct Writer<'b> {
    buffer: &'b mut [u8],
    /// Bytes written.
    len: usize,
    /// The option written last.
    number: u16,
    /// Whether something did not fit or was out of order.
    failed: bool,
}

impl<'b> Writer<'b> {
    /// Starts a message at the begin of `buffer`.
    pub fn new(buffer: &'b mut [u8], kind: Kind, code: Code, id: u16, token: &Token) -> Self {
        let mut writer = Self {
            buffer,
            len: 0,
            number: 0,
            failed: false,
        };
        let token = token.as_slice();
        let [high, low] = id.to_be_bytes();
        let first = VERSION << 6 | (kind as u8) << 4 | token.len() as u8;
        writer.put(&[first, code.byte(), high, low]);
        writer.put(token);
        writer
    }

    /// Writes an option. Its number must not be lower than that of the option before it.
    pub fn option(&mut self, number: u16, value: &[u8]) {
        let Some(delta) = number.checked_sub(self.number) else {
            self.failed = true;
            return;
        };
        self.number = number;
        let (delta, delta_more) = shortened(usize::from(delta));
        let (len, len_more) = shortened(value.len());
        self.put(&[delta << 4 | len]);
        self.put_more(delta, delta_more);
        self.put_more(len, len_more);
        self.put(value);
    }

    /// Writes an option whose value is an unsigned integer, in as few bytes as possible: none for
    /// zero.
    pub fn uint(&mut self, number: u16, value: u32) {
        let skipped = value.leading_zeros() as usize / 8;
        self.option(
            number,
            value.to_be_bytes().get(skipped..).unwrap_or_default(),
        );
    }

    /// The position of the last byte written: behind an option, the last byte of its value.
    pub fn option_position(&self) -> usize {
        self.len.saturating_sub(1)
    }

    /// Says in the Block option whose value ends at `position` whether more blocks follow, for
    /// when that is known only after the payload was written.
    ///
    /// The option must have been written with `more` set: without it the value of the first block
    /// of 16 bytes is empty, and there is no byte to change.
    pub fn set_more(&mut self, position: usize, more: bool) {
        if let Some(byte) = self.buffer.get_mut(position) {
            *byte = *byte & !8 | u8::from(more) << 3;
        }
    }

    /// The room for the payload, behind all options; empty when there is none. Options must be
    /// written before this is.
    pub fn payload(&mut self) -> &mut [u8] {
        self.buffer
            .get_mut(self.len.saturating_add(1)..)
            .unwrap_or_default()
    }

    /// Ends the message, of whose payload room the first `payload_len` bytes count. The bytes of
    /// the whole message; `None` when something did not fit or options were out of order.
    pub fn finish(mut self, payload_len: usize) -> Option<usize> {
        if payload_len > 0 {
            self.put(&[MARKER]);
        }
        let len = self.len.checked_add(payload_len)?;
        (!self.failed && len <= self.buffer.len()).then_some(len)
    }

    fn put(&mut self, bytes: &[u8]) {
        let end = self.len.saturating_add(bytes.len());
        match self.buffer.get_mut(self.len..end) {
            Some(target) => {
                target.copy_from_slice(bytes);
                self.len = end;
            }
            None => self.failed = true,
        }
    }

    /// Writes the rest of a number that `shortened` cut.
    fn put_more(&mut self, nibble: u8, more: usize) {
        match nibble {
            13 => self.put(&[more as u8]),
            14 => match u16::try_from(more) {
                Ok(more) => self.put(&more.to_be_bytes()),
                Err(_) => self.failed = true,
            },
            _ => {}
        }
    }
}

/// A delta or length as its nibble, and what is left for the extended bytes.
fn shortened(value: usize) -> (u8, usize) {
    match value {
        0..13 => (value as u8, 0),
        13..269 => (13, value - 13),
        _ => (14, value - 269),
    }
}

/// Writes an empty message, an acknowledgement or a reset of the message with this id; `None` when
/// `buffer` is too short for it.
pub fn empty(buffer: &mut [u8], kind: Kind, id: u16) -> Option<usize> {
    Writer::new(buffer, kind, Code::EMPTY, id, &Token::default()).finish(0)
}
