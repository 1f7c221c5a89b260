//! Writes a message into a buffer, options in the order of their numbers, then the payload.
//!
//! Errors are kept until [`Writer::finish`], so that a message is written without a check at each
//! step. Read beside it: RFC 7252 section 3.

use super::message::{MARKER, VERSION};
use super::{Code, Kind, Token};
use crate::bytes::copy;

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
        let mut writer = Self { buffer, len: 0, number: 0, failed: false };
        let token = token.as_slice();
        let [high, low] = id.to_be_bytes();
        let first = VERSION << 6 | (kind as u8) << 4 | token.len() as u8;
        writer.put(&[first, code.byte(), high, low]);
        writer.put(token);
        writer
    }

    /// Writes an option. Its number must not be lower than that of the option before it.
    pub fn option(&mut self, number: u16, value: &[u8]) {
        self.joined(number, &[], value);
    }

    /// Writes an option whose value has two parts.
    pub fn joined(&mut self, number: u16, first: &[u8], value: &[u8]) {
        let Some(delta) = number.checked_sub(self.number) else {
            self.failed = true;
            return;
        };
        self.number = number;
        let (delta, delta_more) = shortened(usize::from(delta));
        let (len, len_more) = shortened(first.len() + value.len());
        self.put_u8(delta << 4 | len);
        self.put_more(delta, delta_more);
        self.put_more(len, len_more);
        if !first.is_empty() {
            self.put(first);
        }
        self.put(value);
    }

    /// Writes an option whose value is an unsigned integer, in as few bytes as possible: none for
    /// zero.
    pub fn uint(&mut self, number: u16, value: u32) {
        let skipped = value.leading_zeros() as usize / 8;
        self.option(number, value.to_be_bytes().get(skipped..).unwrap_or_default());
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
        self.buffer.get_mut(self.len.saturating_add(1)..).unwrap_or_default()
    }

    /// Ends the message, of whose payload room the first `payload_len` bytes count. The bytes of
    /// the whole message; `None` when something did not fit or options were out of order.
    pub fn finish(mut self, payload_len: usize) -> Option<usize> {
        if payload_len > 0 {
            self.put_u8(MARKER);
        }
        let len = self.len.checked_add(payload_len)?;
        (!self.failed && len <= self.buffer.len()).then_some(len)
    }

    fn put_u8(&mut self, byte: u8) {
        match self.buffer.get_mut(self.len) {
            Some(place) => {
                *place = byte;
                self.len += 1;
            }
            None => self.failed = true,
        }
    }

    fn put(&mut self, bytes: &[u8]) {
        let room = self.buffer.get_mut(self.len..).unwrap_or_default();
        match copy(room, bytes) {
            Some(()) => self.len += bytes.len(),
            None => self.failed = true,
        }
    }

    /// Writes the rest of a number that `shortened` cut.
    fn put_more(&mut self, nibble: u8, more: usize) {
        match nibble {
            13 => self.put_u8(more as u8),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coap::{Block, Message, number};

    #[test]
    fn the_messages_of_rfc_7252_figure_17_are_written() {
        let token = Token::new(b"\x20").unwrap();
        let mut buffer = [0; 32];
        let mut writer = Writer::new(&mut buffer, Kind::Confirmable, Code::GET, 0x7d35, &token);
        writer.option(number::URI_PATH, b"temperature");
        let len = writer.finish(0).unwrap();
        assert_eq!(&buffer[..len], b"\x41\x01\x7d\x35\x20\xbbtemperature");

        let mut writer =
            Writer::new(&mut buffer, Kind::Acknowledgement, Code::CONTENT, 0x7d35, &token);
        writer.payload()[..6].copy_from_slice(b"22.3 C");
        let len = writer.finish(6).unwrap();
        assert_eq!(&buffer[..len], b"\x61\x45\x7d\x35\x20\xff22.3 C");
    }

    #[test]
    fn integers_are_written_in_as_few_bytes_as_possible() {
        let cases: [(u32, &[u8]); 6] = [
            (0, b"\x60"),
            (1, b"\x61\x01"),
            (255, b"\x61\xff"),
            (256, b"\x62\x01\x00"),
            (0x01_0000, b"\x63\x01\x00\x00"),
            (u32::MAX, b"\x64\xff\xff\xff\xff"),
        ];
        for (value, expected) in cases {
            let mut buffer = [0; 16];
            let mut writer =
                Writer::new(&mut buffer, Kind::Confirmable, Code::GET, 0, &Token::default());
            writer.uint(number::OBSERVE, value);
            let len = writer.finish(0).unwrap();
            assert_eq!(&buffer[4..len], expected);
        }
    }

    #[test]
    fn deltas_and_lengths_are_extended_at_13_and_269() {
        let cases: [(u16, usize, &[u8]); 7] = [
            (12, 12, b"\xcc"),
            (13, 0, b"\xd0\x00"),
            (268, 0, b"\xd0\xff"),
            (269, 0, b"\xe0\x00\x00"),
            (65535, 13, b"\xed\xfe\xf2\x00"),
            (1, 268, b"\x1d\xff"),
            (1, 269, b"\x1e\x00\x00"),
        ];
        for (number, value_len, expected) in cases {
            let mut buffer = [0; 300];
            let mut writer =
                Writer::new(&mut buffer, Kind::Confirmable, Code::GET, 0, &Token::default());
            writer.option(number, &[0x55; 300][..value_len]);
            let len = writer.finish(0).unwrap();
            assert_eq!(len, 4 + expected.len() + value_len);
            assert_eq!(&buffer[4..4 + expected.len()], expected);
        }
    }

    #[test]
    fn a_value_that_no_length_can_tell_fails() {
        let mut buffer = [0; 70_000];
        for (len, fits) in [(65_804, true), (65_805, false)] {
            let mut writer =
                Writer::new(&mut buffer, Kind::Confirmable, Code::GET, 0, &Token::default());
            writer.option(1, &[0; 70_000][..len]);
            assert_eq!(writer.finish(0).is_some(), fits);
        }
    }

    #[test]
    fn options_out_of_order_fail() {
        let mut buffer = [0; 32];
        let mut writer =
            Writer::new(&mut buffer, Kind::Confirmable, Code::GET, 0, &Token::default());
        writer.option(number::URI_QUERY, b"a");
        writer.option(number::URI_QUERY, b"b");
        writer.option(number::URI_PATH, b"c");
        assert_eq!(writer.finish(0), None);
    }

    #[test]
    fn a_message_is_written_whole_or_not_at_all() {
        let token = Token::new(b"\x20").unwrap();
        for room in 0..20 {
            let mut buffer = [0; 20];
            let mut writer =
                Writer::new(&mut buffer[..room], Kind::Confirmable, Code::POST, 1, &token);
            writer.option(number::URI_PATH, b"rd");
            let payload = writer.payload();
            let payload_len = payload.len().min(2);
            assert_eq!(payload_len == 2, room >= 11, "room for {room}");
            payload.iter_mut().for_each(|byte| *byte = b'x');
            let len = writer.finish(2);
            assert_eq!(len, (room >= 11).then_some(11), "room for {room}");
        }
    }

    #[test]
    fn the_payload_fills_the_buffer_to_its_end() {
        let mut buffer = [0; 8];
        let mut writer =
            Writer::new(&mut buffer, Kind::NonConfirmable, Code::POST, 1, &Token::default());
        writer.payload().copy_from_slice(b"abc");
        assert_eq!(writer.finish(3), Some(8));
        assert_eq!(&buffer, b"\x50\x02\x00\x01\xffabc");
    }

    #[test]
    fn a_block_option_learns_later_that_no_more_blocks_follow() {
        for exponent in 0..7 {
            for number in [0, 1, 15, 16, 0xfff, 0x1000, Block::MAX_NUMBER] {
                let mut buffer = [0; 32];
                let mut writer = Writer::new(
                    &mut buffer,
                    Kind::Acknowledgement,
                    Code::CONTENT,
                    1,
                    &Token::default(),
                );
                let block = Block::new(number, true, exponent);
                writer.uint(number::BLOCK2, block.value());
                let position = writer.option_position();
                writer.uint(number::SIZE2, 7);
                writer.set_more(position, false);
                let len = writer.finish(0).unwrap();
                let message = Message::parse(&buffer[..len]).unwrap();
                let last = Block::new(number, false, exponent);
                assert_eq!(message.block(number::BLOCK2), Ok(Some(last)));
                assert_eq!(message.uint(number::SIZE2), Some(7));
            }
        }
    }

    #[test]
    fn an_empty_message_is_four_bytes() {
        let mut buffer = [0; 4];
        assert_eq!(empty(&mut buffer, Kind::Reset, 0x7d34), Some(4));
        assert_eq!(&buffer, b"\x70\x00\x7d\x34");
        assert_eq!(empty(&mut buffer, Kind::Acknowledgement, 0x0102), Some(4));
        assert_eq!(&buffer, b"\x60\x00\x01\x02");
        assert_eq!(empty(&mut buffer[..3], Kind::Reset, 1), None);
    }
}
