//! CBOR (RFC 8949): items of SenML CBOR, and the one item of `application/cbor` (Core 7.4.6).
//!
//! Heads are read and written here and not by a crate, which is five times the size: nothing of
//! it is needed but the head, and no reason of an error. The tests hold this against `minicbor`.

use super::{Malformed, Raw, float, text};
use crate::lwm2m::{Value, Window};

/// Arrays, maps and tags in each other, in what is skipped.
const DEPTH: u8 = 8;

/// Major types.
pub(super) mod major {
    pub const UNSIGNED: u8 = 0;
    pub const NEGATIVE: u8 = 1;
    pub const BYTES: u8 = 2;
    pub const TEXT: u8 = 3;
    pub const ARRAY: u8 = 4;
    pub const MAP: u8 = 5;
    pub const TAG: u8 = 6;
    pub const OTHER: u8 = 7;
}

/// The additional information of an item that has no length but an end.
const INDEFINITE: u8 = 31;

/// What every item begins with.
struct Head {
    major: u8,
    info: u8,
    /// The argument: a number, a length, or bits.
    argument: u64,
}

/// Reads from the start of a payload to its end.
pub(super) struct Reader<'p> {
    rest: &'p [u8],
}

impl<'p> Reader<'p> {
    pub(super) fn new(payload: &'p [u8]) -> Self {
        Self { rest: payload }
    }

    /// Takes a number, a truth value, text or bytes.
    pub(super) fn scalar(&mut self) -> Result<Raw<'p>, Malformed> {
        self.read().ok_or(Malformed)
    }

    /// Takes the head of an array or a map, whichever `major` says: the number of its items, or
    /// `None` when a break ends it.
    pub(super) fn open(&mut self, major: u8) -> Result<Option<usize>, Malformed> {
        let head = self.head().filter(|head| head.major == major).ok_or(Malformed)?;
        if head.info == INDEFINITE {
            return Ok(None);
        }
        usize::try_from(head.argument).map(Some).map_err(|_| Malformed)
    }

    /// Goes to the next item of an array or a map that has `left` items, or out of it.
    pub(super) fn item(&mut self, left: &mut Option<usize>) -> bool {
        match left {
            Some(0) => return false,
            Some(left) => *left -= 1,
            None => {
                if let Some(rest) = self.rest.strip_prefix(&[0xff]) {
                    self.rest = rest;
                    *left = Some(0);
                    return false;
                }
            }
        }
        true
    }

    /// Takes any item.
    pub(super) fn skip(&mut self) -> Result<(), Malformed> {
        self.skip_to(DEPTH).ok_or(Malformed)
    }

    /// Whether nothing is left.
    pub(super) fn at_end(&self) -> bool {
        self.rest.is_empty()
    }

    fn skip_to(&mut self, depth: u8) -> Option<()> {
        let before = self.rest;
        let head = self.head()?;
        let inner = depth.checked_sub(1);
        match head.major {
            major::ARRAY | major::MAP => {
                self.rest = before;
                let mut left = self.open(head.major).ok()?;
                while self.item(&mut left) {
                    self.skip_to(inner?)?;
                    if head.major == major::MAP {
                        self.skip_to(inner?)?;
                    }
                }
            }
            major::TAG => self.skip_to(inner?)?,
            major::BYTES | major::TEXT => {
                self.content(&head)?;
            }
            // A break has no place here.
            _ if head.info == INDEFINITE => return None,
            _ => {}
        }
        Some(())
    }

    fn read(&mut self) -> Option<Raw<'p>> {
        let mut head = self.head()?;
        if head.major == major::TAG {
            // Seconds since 1970, which is what a time is anyway. No other tag makes sense here.
            if head.argument != 1 {
                return None;
            }
            head = self.head()?;
            if matches!(head.major, major::BYTES | major::TEXT | major::TAG) {
                return None;
            }
        }
        Some(match (head.major, head.info) {
            (major::UNSIGNED, _) => Raw::Integer(false, head.argument),
            (major::NEGATIVE, _) => Raw::Integer(true, head.argument.checked_add(1)?),
            (major::BYTES, _) => Raw::Opaque(self.content(&head)?),
            (major::TEXT, _) => Raw::String(core::str::from_utf8(self.content(&head)?).ok()?),
            (major::OTHER, 20) => Raw::Boolean(false),
            (major::OTHER, 21) => Raw::Boolean(true),
            (major::OTHER, 25) => Raw::Float(float::widen(head.argument as u32, 10)),
            (major::OTHER, 26) => Raw::Float(float::widen(head.argument as u32, 23)),
            (major::OTHER, 27) => Raw::Float(f64::from_bits(head.argument)),
            _ => return None,
        })
    }

    fn head(&mut self) -> Option<Head> {
        let (first, rest) = self.rest.split_first()?;
        let (major, info) = (first >> 5, first & 31);
        let (argument, rest) = match info {
            0..24 => (&[info][..], rest),
            24..28 => rest.split_at_checked(1 << (info - 24))?,
            INDEFINITE if major >= major::BYTES && major != major::TAG => (&[][..], rest),
            _ => return None,
        };
        let argument = argument.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        self.rest = rest;
        Some(Head { major, info, argument })
    }

    /// Takes the content of text or bytes. In pieces they are not accepted: a value has to lie in
    /// one place.
    fn content(&mut self, head: &Head) -> Option<&'p [u8]> {
        if head.info == INDEFINITE {
            return None;
        }
        let (content, rest) = self.rest.split_at_checked(usize::try_from(head.argument).ok()?)?;
        self.rest = rest;
        Some(content)
    }
}

/// The value that is the whole payload.
pub(super) fn single(payload: &[u8]) -> Result<Raw<'_>, Malformed> {
    let mut items = Reader::new(payload);
    let raw = items.scalar()?;
    if items.at_end() { Ok(raw) } else { Err(Malformed) }
}

/// Writes `value` as one item.
pub(super) fn put_value(out: &mut Window<'_>, value: &Value<'_>) {
    match *value {
        Value::String(text) | Value::CoreLink(text) => put_text(out, text.as_bytes()),
        Value::Opaque(bytes) => {
            put_head(out, major::BYTES, bytes.len() as u64);
            out.put(bytes);
        }
        Value::Integer(value) | Value::Time(value) if value < 0 => {
            put_head(out, major::NEGATIVE, (!value).cast_unsigned());
        }
        Value::Integer(value) | Value::Time(value) => {
            put_head(out, major::UNSIGNED, value.cast_unsigned());
        }
        Value::Unsigned(value) => put_head(out, major::UNSIGNED, value),
        Value::Float(value) => match float::narrow(value) {
            Some(bits) => put_bits(out, major::OTHER << 5 | 26, bits.into()),
            None => put_bits(out, major::OTHER << 5 | 27, value.to_bits()),
        },
        Value::Boolean(value) => put_head(out, major::OTHER, 20 + u64::from(value)),
        Value::ObjectLink(object, instance) => {
            put_text(out, text::link(object, instance, &mut [0; text::LINK]));
        }
    }
}

/// Writes a text string; `text` is UTF-8.
pub(super) fn put_text(out: &mut Window<'_>, text: &[u8]) {
    put_head(out, major::TEXT, text.len() as u64);
    out.put(text);
}

/// Writes the head of an item, in its shortest form.
pub(super) fn put_head(out: &mut Window<'_>, major: u8, argument: u64) {
    let info = match argument {
        0..24 => return out.put_u8(major << 5 | argument as u8),
        24..0x100 => 24,
        0x100..0x1_0000 => 25,
        0x1_0000..0x1_0000_0000 => 26,
        _ => 27,
    };
    put_bits(out, major << 5 | info, argument);
}

/// Writes the first byte of an item and as many bytes of its argument as that says.
fn put_bits(out: &mut Window<'_>, first: u8, argument: u64) {
    out.put_u8(first);
    out.put_be(argument, 1 << (first & 3));
}
