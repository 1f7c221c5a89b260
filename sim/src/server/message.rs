//! CoAP messages as the server sees them (RFC 7252 section 3, RFC 7959 section 2).
//!
//! The bytes are read and written by `coap-lite`, a codec that is not ours. It is lenient in
//! places, so a datagram that it would not write the same way again counts as malformed.

use std::fmt;

use coap_lite::{CoapOption, MessageClass, MessageType, Packet};

/// Option numbers (RFC 7252 section 5.10, RFC 7641, RFC 7959).
pub mod option {
    /// Uri-Host.
    pub const URI_HOST: u16 = 3;
    /// ETag.
    pub const ETAG: u16 = 4;
    /// Observe.
    pub const OBSERVE: u16 = 6;
    /// Uri-Port.
    pub const URI_PORT: u16 = 7;
    /// Location-Path.
    pub const LOCATION_PATH: u16 = 8;
    /// Uri-Path.
    pub const URI_PATH: u16 = 11;
    /// Content-Format.
    pub const CONTENT_FORMAT: u16 = 12;
    /// Uri-Query.
    pub const URI_QUERY: u16 = 15;
    /// Accept.
    pub const ACCEPT: u16 = 17;
    /// Block2: of the body of a response.
    pub const BLOCK2: u16 = 23;
    /// Block1: of the body of a request.
    pub const BLOCK1: u16 = 27;
    /// Size1.
    pub const SIZE1: u16 = 60;
}

/// A method or response code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Code(pub u8);

#[allow(missing_docs, reason = "each is the code that its name says")]
impl Code {
    pub const EMPTY: Self = Self(0);
    pub const GET: Self = Self(1);
    pub const POST: Self = Self(2);
    pub const PUT: Self = Self(3);
    pub const DELETE: Self = Self(4);
    pub const FETCH: Self = Self(5);
    pub const IPATCH: Self = Self(7);
    pub const CREATED: Self = Self::new(2, 1);
    pub const DELETED: Self = Self::new(2, 2);
    pub const CHANGED: Self = Self::new(2, 4);
    pub const CONTENT: Self = Self::new(2, 5);
    pub const CONTINUE: Self = Self::new(2, 31);
    pub const BAD_REQUEST: Self = Self::new(4, 0);
    pub const UNAUTHORIZED: Self = Self::new(4, 1);
    pub const BAD_OPTION: Self = Self::new(4, 2);
    pub const FORBIDDEN: Self = Self::new(4, 3);
    pub const NOT_FOUND: Self = Self::new(4, 4);
    pub const METHOD_NOT_ALLOWED: Self = Self::new(4, 5);
    pub const NOT_ACCEPTABLE: Self = Self::new(4, 6);
    pub const INCOMPLETE: Self = Self::new(4, 8);
    pub const PRECONDITION_FAILED: Self = Self::new(4, 12);
    pub const TOO_LARGE: Self = Self::new(4, 13);
    pub const UNSUPPORTED_FORMAT: Self = Self::new(4, 15);
    pub const UNAVAILABLE: Self = Self::new(5, 3);

    /// The code that is written `class.detail`.
    pub const fn new(class: u8, detail: u8) -> Self {
        Self(class << 5 | detail)
    }

    /// The digit before the point: 0 for requests, 2 for success, 4 and 5 for errors.
    pub const fn class(self) -> u8 {
        self.0 >> 5
    }

    /// Whether this is a response of class 2.
    pub const fn is_success(self) -> bool {
        self.class() == 2
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.class(), self.0 & 31)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// The four message types.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is the type that its name says")]
pub enum Kind {
    Confirmable,
    NonConfirmable,
    Acknowledgement,
    Reset,
}

/// An option: its number and its value.
pub type Opt = (u16, Vec<u8>);

/// A message. Its `Debug` output shows no payload: it may hold a key.
#[derive(Clone, PartialEq, Eq)]
pub struct Message {
    /// The type.
    pub kind: Kind,
    /// The method or response code.
    pub code: Code,
    /// The message id.
    pub id: u16,
    /// The token, 0 to 8 bytes.
    pub token: Vec<u8>,
    /// The options; they are written in the order of their numbers.
    pub options: Vec<Opt>,
    /// The payload; empty when there is none.
    pub payload: Vec<u8>,
}

/// A datagram that is no CoAP message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed {
    /// The message id to reject with a Reset, when the datagram calls itself confirmable.
    pub reset: Option<u16>,
}

impl Message {
    /// A confirmable message with `code`; message id and token are given when it is sent.
    pub fn new(code: Code) -> Self {
        Self {
            kind: Kind::Confirmable,
            code,
            id: 0,
            token: Vec::new(),
            options: Vec::new(),
            payload: Vec::new(),
        }
    }

    /// An Empty message: an acknowledgement or a Reset of `id`.
    pub fn empty(kind: Kind, id: u16) -> Self {
        Self { kind, id, ..Self::new(Code::EMPTY) }
    }

    /// Reads a datagram.
    pub fn parse(datagram: &[u8]) -> Result<Self, Malformed> {
        let &[first, code, high, low, ..] = datagram else {
            return Err(Malformed { reset: None });
        };
        // Another version is ignored in silence (RFC 7252 section 3).
        if first >> 6 != 1 {
            return Err(Malformed { reset: None });
        }
        let id = u16::from_be_bytes([high, low]);
        let malformed = Malformed { reset: (first >> 4 & 3 == 0).then_some(id) };
        let packet = Packet::from_bytes(datagram).map_err(|_| malformed)?;
        let again = packet.to_bytes_unlimited().map_err(|_| malformed)?;
        if again != datagram || code == 0 && datagram.len() != 4 {
            return Err(malformed);
        }
        Ok(Self {
            kind: match packet.header.get_type() {
                MessageType::Confirmable => Kind::Confirmable,
                MessageType::NonConfirmable => Kind::NonConfirmable,
                MessageType::Acknowledgement => Kind::Acknowledgement,
                MessageType::Reset => Kind::Reset,
            },
            code: Code(code),
            id,
            token: packet.get_token().to_vec(),
            options: packet
                .options()
                .flat_map(|(number, values)| values.iter().map(|value| (*number, value.clone())))
                .collect(),
            payload: packet.payload,
        })
    }

    /// The datagram of this message.
    pub fn encode(&self) -> Vec<u8> {
        let mut packet = Packet::new();
        packet.header.set_type(match self.kind {
            Kind::Confirmable => MessageType::Confirmable,
            Kind::NonConfirmable => MessageType::NonConfirmable,
            Kind::Acknowledgement => MessageType::Acknowledgement,
            Kind::Reset => MessageType::Reset,
        });
        packet.header.code = MessageClass::from(self.code.0);
        packet.header.message_id = self.id;
        packet.set_token(self.token.clone());
        for (number, value) in &self.options {
            packet.add_option(CoapOption::from(*number), value.clone());
        }
        packet.payload = self.payload.clone();
        packet.to_bytes_unlimited().expect("without a size limit every message can be written")
    }

    /// The values of option `number`.
    pub fn values(&self, number: u16) -> impl Iterator<Item = &[u8]> {
        values(&self.options, number)
    }

    /// The first value of option `number` as a number.
    pub fn uint(&self, number: u16) -> Option<u32> {
        self.values(number).next().and_then(read_uint)
    }

    /// The block that option `number` (Block1 or Block2) describes; `Err` when it is not valid.
    pub fn block(&self, number: u16) -> Result<Option<Block>, Malformed> {
        match self.values(number).next() {
            None => Ok(None),
            Some(value) => match Block::read(value) {
                Some(block) => Ok(Some(block)),
                None => Err(Malformed { reset: None }),
            },
        }
    }

    /// The texts of option `number`; `None` when one is not UTF-8.
    pub fn texts(&self, number: u16) -> Option<Vec<String>> {
        self.values(number).map(|value| String::from_utf8(value.to_vec()).ok()).collect()
    }

    /// This message with option `number` more.
    #[must_use]
    pub fn with(mut self, number: u16, value: &[u8]) -> Self {
        self.options.push((number, value.to_vec()));
        self
    }

    /// This message with `text` as its diagnostic payload (RFC 7252 section 5.5.2).
    #[must_use]
    pub fn because(mut self, text: &str) -> Self {
        self.payload = text.into();
        self
    }
}

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<u16> = self.options.iter().map(|(number, _)| *number).collect();
        f.debug_struct("Message")
            .field("kind", &self.kind)
            .field("code", &self.code)
            .field("id", &self.id)
            .field("token", &self.token)
            .field("options", &numbers)
            .field("payload_len", &self.payload.len())
            .finish()
    }
}

/// The values of option `number` in `options`.
pub fn values(options: &[Opt], number: u16) -> impl Iterator<Item = &[u8]> {
    options.iter().filter(move |(n, _)| *n == number).map(|(_, value)| value.as_slice())
}

/// A number as an option holds it: big-endian, without leading zeros.
pub fn uint(value: u32) -> Vec<u8> {
    value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

/// The number that an option holds; `None` when it is longer than four bytes.
pub fn read_uint(value: &[u8]) -> Option<u32> {
    (value.len() <= 4).then(|| value.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

/// The value of a Block1 or Block2 option.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// The number of the block, in blocks of this size.
    pub number: u32,
    /// Whether more blocks follow.
    pub more: bool,
    /// The size exponent, 0 (16 bytes) to 6 (1024 bytes).
    pub exponent: u8,
}

impl Block {
    /// The size in bytes.
    pub const fn size(self) -> usize {
        16 << self.exponent
    }

    /// Where the block starts in the body, in bytes.
    pub const fn offset(self) -> usize {
        (self.number as usize).saturating_mul(self.size())
    }

    /// The largest exponent whose size is not above `size`, within 0 to 6.
    pub fn exponent_for(size: usize) -> u8 {
        (0..=6).rev().find(|exponent| 16 << exponent <= size).unwrap_or(0)
    }

    /// Reads an option value; `None` when it is too long or has the reserved exponent 7.
    pub fn read(value: &[u8]) -> Option<Self> {
        let bits = (value.len() <= 3).then(|| read_uint(value))??;
        let exponent = (bits & 7) as u8;
        (exponent < 7).then_some(Self { number: bits >> 4, more: bits & 8 != 0, exponent })
    }

    /// The option value.
    pub fn value(self) -> Vec<u8> {
        uint(self.number << 4 | u32::from(self.more) << 3 | u32::from(self.exponent))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_what_its_bytes_say() {
        let datagram = [0x42, 0x02, 0x12, 0x34, 0xaa, 0xbb, 0xb2, b'r', b'd', 0x11, 40, 0xff, b'x'];
        let message = Message::parse(&datagram).unwrap();
        assert_eq!(
            (message.kind, message.code, message.id),
            (Kind::Confirmable, Code::POST, 0x1234)
        );
        assert_eq!(message.token, [0xaa, 0xbb]);
        assert_eq!(message.options, [(11, b"rd".to_vec()), (12, vec![40])]);
        assert_eq!(message.payload, b"x");
        assert_eq!(message.encode(), datagram);
    }

    #[test]
    fn what_the_codec_lets_pass_is_still_malformed() {
        // A payload marker without payload, and an Empty message with a token.
        assert_eq!(Message::parse(&[0x40, 1, 0, 7, 0xff]), Err(Malformed { reset: Some(7) }));
        assert_eq!(Message::parse(&[0x41, 0, 0, 7, 1]), Err(Malformed { reset: Some(7) }));
        assert_eq!(Message::parse(&[0x80, 1, 0, 7]), Err(Malformed { reset: None }));
        assert_eq!(Message::parse(&[0x50, 1, 0]), Err(Malformed { reset: None }));
    }

    #[test]
    fn block_values_are_as_short_as_they_can_be() {
        for (block, value) in [
            (Block { number: 0, more: false, exponent: 0 }, &[][..]),
            (Block { number: 1, more: true, exponent: 6 }, &[0x1e]),
            (Block { number: 4096, more: false, exponent: 2 }, &[1, 0, 2]),
        ] {
            assert_eq!(block.value(), value);
            assert_eq!(Block::read(value), Some(block));
        }
        assert_eq!(Block::read(&[7]), None);
        assert_eq!(Block::read(&[0, 0, 0, 0]), None);
    }
}
