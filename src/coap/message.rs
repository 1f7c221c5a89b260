//! Messages: a view on a datagram that was checked once, and what it consists of.
//!
//! Read beside it: RFC 7252 section 3 (format), 4.2 and 4.3 (what is rejected, and how), 5.4
//! (options).

use core::fmt;

use super::{Block, Code};

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

    /// The token of these bytes; `None` when they are too many.
    pub fn new(bytes: &[u8]) -> Option<Self> {
        let mut token = Self {
            len: bytes.len() as u8,
            ..Self::default()
        };
        token.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(token)
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
        let payload = loop {
            match options.rest {
                [] => break options.rest,
                // A marker with nothing behind it is a format error (section 3).
                [MARKER, payload @ ..] if !payload.is_empty() => break payload,
                _ => options.step()?,
            };
        };
        let marker = if payload.is_empty() { 0 } else { 1 };
        let len = rest.len().checked_sub(payload.len() + marker)?;
        let options = Options {
            rest: rest.get(..len)?,
            number: 0,
        };
        Some(Self {
            kind,
            code,
            id,
            token,
            payload,
            options,
        })
    }

    /// All options, in the order of their numbers.
    pub fn options(&self) -> Options<'a> {
        self.options
    }

    /// The value of the first option `number`.
    pub fn option(&self, number: u16) -> Option<&'a [u8]> {
        self.options
            .into_iter()
            .find(|&(found, _)| found == number)
            .map(|(_, value)| value)
    }

    /// The value of the first option `number`, an unsigned integer; `None` also when it is longer
    /// than four bytes.
    pub fn uint(&self, number: u16) -> Option<u32> {
        uint(self.option(number)?)
    }

    /// The value of the option `number`, Block1 or Block2. The error is the code that a request
    /// with such an option is answered with: 4.00 for the reserved size (RFC 7959 section 2.2),
    /// 4.02 for an impossible length (RFC 7252 section 5.4.3).
    pub fn block(&self, number: u16) -> Result<Option<Block>, Code> {
        match self.option(number) {
            None => Ok(None),
            Some(value) if value.len() > 3 => Err(Code::BAD_OPTION),
            Some(value) => Block::parse(value).map(Some).ok_or(Code::BAD_REQUEST),
        }
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
    /// Takes the next option; `None` when there is none or it is malformed.
    fn step(&mut self) -> Option<(u16, &'a [u8])> {
        let (&head, rest) = self.rest.split_first()?;
        let (delta, rest) = extended(head >> 4, rest)?;
        let (len, rest) = extended(head & 15, rest)?;
        let (value, rest) = rest.split_at_checked(len as usize)?;
        let number = u16::try_from(u32::from(self.number) + delta).ok()?;
        *self = Self { rest, number };
        Some((number, value))
    }
}

impl<'a> Iterator for Options<'a> {
    type Item = (u16, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.step()
    }
}

/// The number that starts with `nibble`, and what lies behind it (section 3.1).
fn extended(nibble: u8, rest: &[u8]) -> Option<(u32, &[u8])> {
    match nibble {
        13 => rest
            .split_first()
            .map(|(&byte, rest)| (u32::from(byte) + 13, rest)),
        14 => rest
            .split_first_chunk()
            .map(|(&bytes, rest)| (u32::from(u16::from_be_bytes(bytes)) + 269, rest)),
        // Reserved; 15 is also the first half of the payload marker.
        15 => None,
        _ => Some((u32::from(nibble), rest)),
    }
}

/// An unsigned integer of at most four bytes, leading zeros allowed (section 3.2).
pub(super) fn uint(value: &[u8]) -> Option<u32> {
    (value.len() <= 4).then(|| {
        value
            .iter()
            .fold(0, |sum, &byte| sum << 8 | u32::from(byte))
    })
}

/// The protocol's version, the upper two bits of a message.
pub(super) const VERSION: u8 = 1;
/// What stands between the options and a payload.
pub(super) const MARKER: u8 = 0xff;
