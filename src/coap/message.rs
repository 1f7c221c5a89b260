//! Messages: a view on a datagram that was checked once, and what it consists of.
//!
//! Read beside it: RFC 7252 section 3 (format), 4.2 and 4.3 (what is rejected, and how), 5.4
//! (options).

use core::fmt;

use super::{Block, Code};
use crate::bytes::copy;

/// What a message asks of its receiver (RFC 7252 section 4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// To be acknowledged, or rejected with a reset.
    Confirmable = 0,
    /// Not to be acknowledged.
    NonConfirmable = 1,
    /// Says that the confirmable message of the same id arrived; may carry its response.
    Acknowledgement = 2,
    /// Says that the message of the same id could not be made sense of.
    Reset = 3,
}

/// What ties a response to its request: 0 to 8 bytes of the client's choice.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Token {
    len: u8,
    /// Zero behind `len`, so that equal tokens are equal structs.
    bytes: [u8; Self::MAX],
}

impl Token {
    /// The most bytes that a token can have.
    pub const MAX: usize = 8;

    /// The token of no bytes.
    pub const EMPTY: Self = Self { len: 0, bytes: [0; Self::MAX] };

    /// The token of these bytes; `None` when they are too many.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut token = Self { len: bytes.len() as u8, ..Self::default() };
        copy(&mut token.bytes, bytes)?;
        Some(token)
    }

    /// A token of two bytes.
    pub(crate) const fn short(bits: u16) -> Self {
        let [high, low] = bits.to_be_bytes();
        Self { len: 2, bytes: [high, low, 0, 0, 0, 0, 0, 0] }
    }

    /// Its bytes.
    pub fn as_slice(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.len)).unwrap_or_default()
    }
}

/// Why a datagram is no message, and what to do about it (RFC 7252 sections 4.2 and 4.3).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum ParseError {
    /// To be ignored in silence.
    Ignore,
    /// A confirmable message with this id, to be rejected with a reset.
    Reset(u16),
}

/// A message, as it lies in a datagram.
///
/// Its `Debug` output shows neither options nor payload: they may hold names and keys.
#[derive(Clone, Copy)]
pub struct Message<'a> {
    /// What it asks of its receiver.
    pub kind: Kind,
    /// Its method or response code, or [`Code::EMPTY`].
    pub code: Code,
    /// What ties an acknowledgement or reset to it, and what repetitions are recognised by.
    pub id: u16,
    /// What ties a response to its request.
    pub token: Token,
    /// What lies behind the options; may be empty.
    pub payload: &'a [u8],
    options: Options<'a>,
    /// Bit n: an option with a number of n, plus 32 or any multiple of it, is there.
    present: u32,
}

impl<'a> Message<'a> {
    /// Checks a datagram, options included: reading them cannot fail later.
    ///
    /// An empty confirmable message ("ping") is well formed; its receiver answers it with a reset.
    pub fn parse(datagram: &'a [u8]) -> Result<Self, ParseError> {
        let Some((&[first, code, high, low], rest)) = datagram.split_first_chunk() else {
            return Err(ParseError::Ignore);
        };
        if first >> 6 != VERSION {
            return Err(ParseError::Ignore);
        }
        let id = u16::from_be_bytes([high, low]);
        let (kind, error) = match first >> 4 & 3 {
            0 => (Kind::Confirmable, ParseError::Reset(id)),
            1 => (Kind::NonConfirmable, ParseError::Ignore),
            2 => (Kind::Acknowledgement, ParseError::Ignore),
            _ => (Kind::Reset, ParseError::Ignore),
        };
        Self::parse_rest(kind, Code::from_byte(code), id, first & 15, rest).ok_or(error)
    }

    fn parse_rest(kind: Kind, code: Code, id: u16, token_len: u8, rest: &'a [u8]) -> Option<Self> {
        let allowed = match kind {
            Kind::Confirmable => code == Code::EMPTY || code.is_request() || code.is_response(),
            Kind::NonConfirmable => code.is_request() || code.is_response(),
            Kind::Acknowledgement => code == Code::EMPTY || code.is_response(),
            Kind::Reset => code == Code::EMPTY,
        };
        if !allowed || code == Code::EMPTY && (token_len != 0 || !rest.is_empty()) {
            return None;
        }
        let (token, rest) = rest.split_at_checked(usize::from(token_len))?;
        let token = Token::new(token)?;
        let mut options = Options { rest, number: 0 };
        let mut present = 0;
        let payload = loop {
            match options.rest {
                [] => break options.rest,
                // A marker with nothing behind it is a format error (section 3).
                [MARKER, payload @ ..] if !payload.is_empty() => break payload,
                _ => {
                    options.step()?;
                    present |= bit(options.number);
                }
            };
        };
        let marker = if payload.is_empty() { 0 } else { 1 };
        let len = rest.len().checked_sub(payload.len() + marker)?;
        let options = Options { rest: rest.get(..len)?, number: 0 };
        Some(Self { kind, code, id, token, payload, options, present })
    }

    /// All options, in the order of their numbers.
    pub fn options(&self) -> Options<'a> {
        self.options
    }

    /// The value of the first option `number`.
    pub fn option(&self, number: u16) -> Option<&'a [u8]> {
        if self.present & bit(number) == 0 {
            return None;
        }
        self.options.into_iter().find(|&(found, _)| found == number).map(|(_, value)| value)
    }

    /// The value of the first option `number`, an unsigned integer; `None` also when it is longer
    /// than four bytes.
    pub fn uint(&self, number: u16) -> Option<u32> {
        uint(self.option(number)?)
    }

    /// The value of the option `number`, Block1 or Block2. The error is the code that a request
    /// with such an option is answered with.
    pub fn block(&self, number: u16) -> Result<Option<Block>, Code> {
        self.option(number).map(Block::option).transpose()
    }
}

impl fmt::Debug for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Message")
            .field("kind", &self.kind)
            .field("code", &self.code)
            .field("id", &self.id)
            .field("token", &self.token)
            .finish_non_exhaustive()
    }
}

/// Options as (number, value), in the order of their numbers.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    rest: &'a [u8],
    number: u16,
}

impl<'a> Options<'a> {
    /// The value of the next option, whose number is in [`Options::number`] then; `None` when there is
    /// none or it is malformed.
    fn step(&mut self) -> Option<&'a [u8]> {
        let (&head, rest) = self.rest.split_first()?;
        let (delta, rest) = extended(head >> 4, rest)?;
        let (len, rest) = extended(head & 15, rest)?;
        let (value, rest) = rest.split_at_checked(len as usize)?;
        let number = u16::try_from(u32::from(self.number) + delta).ok()?;
        *self = Self { rest, number };
        Some(value)
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        let value = self.step()?;
        Some((self.number, value))
    }
}

/// The number that starts with `nibble`, and what lies behind it (section 3.1).
fn extended(nibble: u8, rest: &[u8]) -> Option<(u32, &[u8])> {
    match nibble {
        13 => rest.split_first().map(|(&byte, rest)| (u32::from(byte) + 13, rest)),
        14 => rest
            .split_first_chunk()
            .map(|(&bytes, rest)| (u32::from(u16::from_be_bytes(bytes)) + 269, rest)),
        // Reserved; 15 is also the first half of the payload marker.
        15 => None,
        _ => Some((u32::from(nibble), rest)),
    }
}

/// The bit of an option number in [`Message::present`].
const fn bit(number: u16) -> u32 {
    1 << (number & 31)
}

/// An unsigned integer of at most four bytes, leading zeros allowed (section 3.2).
pub(crate) fn uint(value: &[u8]) -> Option<u32> {
    (value.len() <= 4).then(|| value.iter().fold(0, |sum, &byte| sum << 8 | u32::from(byte)))
}

/// The protocol's version, the upper two bits of a message.
pub(super) const VERSION: u8 = 1;
/// What stands between the options and a payload.
pub(super) const MARKER: u8 = 0xff;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::coap::number;

    fn parse(bytes: &[u8]) -> Result<Message<'_>, ParseError> {
        Message::parse(bytes)
    }

    #[test]
    fn the_request_of_rfc_7252_figure_16_is_read() {
        let message = parse(b"\x40\x01\x7d\x34\xbbtemperature").unwrap();
        assert_eq!(message.kind, Kind::Confirmable);
        assert_eq!(message.code, Code::GET);
        assert_eq!(message.id, 0x7d34);
        assert_eq!(message.token, Token::default());
        assert_eq!(message.payload, b"");
        assert!(message.options().eq([(number::URI_PATH, &b"temperature"[..])]));
    }

    #[test]
    fn the_response_of_rfc_7252_figure_17_is_read() {
        let message = parse(b"\x61\x45\x7d\x35\x20\xff22.3 C").unwrap();
        assert_eq!(message.kind, Kind::Acknowledgement);
        assert_eq!(message.code, Code::CONTENT);
        assert_eq!(message.id, 0x7d35);
        assert_eq!(message.token.as_slice(), b"\x20");
        assert_eq!(message.payload, b"22.3 C");
        assert_eq!(message.options().count(), 0);
    }

    #[test]
    fn repeated_and_extended_options_are_read() {
        // Uri-Path twice; 28 = 11 + 13 + 4; 300 = 28 + 269 + 3; a value of 13 bytes.
        let message = parse(
            b"\x50\x02\x00\x01\xb11\x010\xd1\x04\x80\xe2\x00\x03ab\x1d\x000123456789abc\xffx",
        )
        .unwrap();
        let expected: [(u16, &[u8]); 5] = [
            (number::URI_PATH, b"1"),
            (number::URI_PATH, b"0"),
            (number::SIZE2, b"\x80"),
            (300, b"ab"),
            (301, b"0123456789abc"),
        ];
        assert!(message.options().eq(expected));
        assert_eq!(message.option(number::URI_PATH), Some(&b"1"[..]));
        assert_eq!(message.option(number::OBSERVE), None);
        assert_eq!(message.uint(number::SIZE2), Some(0x80));
        assert_eq!(message.uint(300), Some(0x6162));
        assert_eq!(message.uint(301), None);
        assert_eq!(message.payload, b"x");
    }

    #[test]
    fn what_is_no_message_at_all_is_ignored() {
        for bytes in [&b""[..], b"\x40\x01\x7d", b"\x00\x01\x7d\x34", b"\x80\x01\x7d\x34"] {
            assert_eq!(parse(bytes).unwrap_err(), ParseError::Ignore, "{bytes:02x?}");
        }
    }

    #[test]
    fn format_errors_are_rejected_when_confirmable_and_ignored_otherwise() {
        let malformed: [&[u8]; 14] = [
            b"\x49\x01\x7d\x34123456789",        // a token of 9 bytes
            b"\x4f\x01\x7d\x34123456789abcdef",  // a reserved token length
            b"\x42\x01\x7d\x34\x01",             // a token cut short
            b"\x40\x01\x7d\x34\xbbtemperatur",   // a value cut short
            b"\x40\x01\x7d\x34\xd0",             // no extended delta
            b"\x40\x01\x7d\x34\xe0\x00",         // half an extended delta
            b"\x40\x01\x7d\x34\x0d",             // no extended length
            b"\x40\x01\x7d\x34\x0e\xff",         // half an extended length
            b"\x40\x01\x7d\x34\xf0",             // a reserved delta
            b"\x40\x01\x7d\x34\x0f",             // a reserved length
            b"\x40\x01\x7d\x34\xff",             // a marker without a payload
            b"\x40\x01\x7d\x34\xe0\xfe\xf2\x10", // option number 65536
            b"\x40\x21\x7d\x34",                 // a reserved class
            b"\x40\xe1\x7d\x34",                 // another
        ];
        for bytes in malformed {
            assert_eq!(parse(bytes).unwrap_err(), ParseError::Reset(0x7d34), "{bytes:02x?}");
            for kind in [0x10, 0x20, 0x30] {
                let mut copy = [0; 32];
                let copy = &mut copy[..bytes.len()];
                copy.copy_from_slice(bytes);
                copy[0] |= kind;
                assert_eq!(parse(copy).unwrap_err(), ParseError::Ignore, "{copy:02x?}");
            }
        }
    }

    #[test]
    fn the_highest_option_number_is_read() {
        let message = parse(b"\x40\x01\x7d\x34\xe0\xfe\xf2").unwrap();
        assert!(message.options().eq([(65535, &b""[..])]));
    }

    #[test]
    fn an_empty_message_is_a_header_and_nothing_else() {
        for (bytes, kind) in [
            (b"\x40\x00\x7d\x34", Kind::Confirmable),
            (b"\x60\x00\x7d\x34", Kind::Acknowledgement),
            (b"\x70\x00\x7d\x34", Kind::Reset),
        ] {
            let message = parse(bytes).unwrap();
            assert_eq!((message.kind, message.code, message.id), (kind, Code::EMPTY, 0x7d34));
        }
        for bytes in
            [&b"\x41\x00\x7d\x34\x20"[..], b"\x40\x00\x7d\x34\xffx", b"\x40\x00\x7d\x34\x10"]
        {
            assert_eq!(parse(bytes).unwrap_err(), ParseError::Reset(0x7d34), "{bytes:02x?}");
        }
    }

    #[test]
    fn a_code_that_its_kind_forbids_is_ignored() {
        let forbidden: [&[u8]; 4] = [
            b"\x50\x00\x7d\x34", // non-confirmable and empty
            b"\x60\x01\x7d\x34", // a request in an acknowledgement
            b"\x70\x01\x7d\x34", // a request in a reset
            b"\x70\x45\x7d\x34", // a response in a reset
        ];
        for bytes in forbidden {
            assert_eq!(parse(bytes).unwrap_err(), ParseError::Ignore, "{bytes:02x?}");
        }
    }

    #[test]
    fn block_options_are_read_or_refused_with_their_code() {
        // RFC 7959 section 3: 1:4/1/32.
        let message = parse(b"\x40\x03\x00\x01\xd1\x0e\x49").unwrap();
        let block = Block::new(4, true, 1);
        assert_eq!(message.block(number::BLOCK1), Ok(Some(block)));
        assert_eq!(message.block(number::BLOCK2), Ok(None));
        let reserved = parse(b"\x40\x03\x00\x01\xd1\x0e\x4f").unwrap();
        assert_eq!(reserved.block(number::BLOCK1), Err(Code::BAD_REQUEST));
        let long = parse(b"\x40\x03\x00\x01\xd4\x0e\x00\x00\x00\x49").unwrap();
        assert_eq!(long.block(number::BLOCK1), Err(Code::BAD_OPTION));
    }

    #[test]
    fn unsigned_integers_may_have_leading_zeros() {
        for (value, expected) in [
            (&b""[..], Some(0)),
            (b"\x00", Some(0)),
            (b"\x00\x01", Some(1)),
            (b"\x2d\x16", Some(11542)),
            (b"\xff\xff\xff\xff", Some(u32::MAX)),
            (b"\x00\x00\x00\x00\x01", None),
        ] {
            assert_eq!(uint(value), expected, "{value:02x?}");
        }
    }

    #[test]
    fn tokens_have_up_to_eight_bytes() {
        assert_eq!(Token::new(b"12345678").unwrap().as_slice(), b"12345678");
        assert_eq!(Token::new(b"123456789"), None);
        assert_eq!(Token::new(&[0; 300]), None);
        assert_ne!(Token::new(b"").unwrap(), Token::new(b"\0").unwrap());
    }

    #[test]
    fn debug_output_shows_neither_options_nor_payload() {
        extern crate std;
        let message = parse(b"\x40\x02\x00\x01\xd7\x02ep=imei\xffsecret").unwrap();
        let text = std::format!("{message:?}");
        assert!(text.contains("0.02"), "{text}");
        // Neither as text nor as a list of bytes.
        for hidden in ["imei", "105, 109", "secret", "115, 101"] {
            assert!(!text.contains(hidden), "{text}");
        }
    }
}
