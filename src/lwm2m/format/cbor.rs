//! CBOR (RFC 8949): items of SenML CBOR, and the one item of `application/cbor` (Core 7.4.6).
//!
//! Heads are read and written here and not by a crate, which is five times the size: nothing of
//! it is needed but the head, and no reason of an error. The tests hold this against `minicbor`.

use super::items::Reader;
use super::{Raw, float, text};
use crate::lwm2m::{Value, Window};

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

/// The tag of seconds since 1970, which is what a time is anyway. No other makes sense here.
const TIME: u8 = major::TAG << 5 | 1;

impl<'p> Reader<'p> {
    /// Takes what every item begins with: major type and additional information, which are one
    /// byte, and the argument.
    pub(super) fn head(&mut self) -> Option<u8> {
        let first = *self.take(1)?.first()?;
        let info = first & 31;
        let argument = match info {
            0..24 => &[info],
            24..28 => self.take(1 << (info - 24))?,
            INDEFINITE if !matches!(first >> 5, 0 | 1 | major::TAG) => &[],
            _ => return None,
        };
        self.argument = argument.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
        Some(first)
    }

    /// Takes what is no array, map or tag, but for the tag of a time.
    pub(super) fn cbor_scalar(&mut self) -> Option<Raw<'p>> {
        let mut first = self.head()?;
        let time = first == TIME;
        if time {
            first = self.head()?;
        }
        Some(match first {
            // In pieces, which end with a break, text and bytes are not accepted: a value has to
            // lie in one place. Nor has a break a place here.
            0x5f | 0x7f | 0xff => return None,
            0x00..0x40 => {
                let negative = first >> 5 == major::NEGATIVE;
                Raw::Integer(negative, self.argument.checked_add(negative.into())?)
            }
            0xf9 => Raw::Float(float::widen(self.argument as u32, 10)),
            0xfa => Raw::Float(float::widen(self.argument as u32, 23)),
            0xfb => Raw::Float(f64::from_bits(self.argument)),
            _ if time => return None,
            0x40..0x60 => Raw::Opaque(self.content()?),
            0x60..0x80 => Raw::String(crate::bytes::text(self.content()?)?),
            0xf4 | 0xf5 => Raw::Boolean(first == 0xf5),
            0xe0.. => Raw::Null,
            _ => return None,
        })
    }

    fn content(&mut self) -> Option<&'p [u8]> {
        self.take(usize::try_from(self.argument).ok()?)
    }
}

/// The value that is the whole payload.
pub(super) fn single(payload: &[u8]) -> Option<Raw<'_>> {
    let mut items = Reader::new(false, payload);
    let raw = items.scalar()?;
    (items.rest.is_empty() && !matches!(raw, Raw::Null)).then_some(raw)
}

/// Writes `value` as one item.
pub(super) fn put_value(out: &mut Window<'_>, value: &Value<'_>) {
    match *value {
        Value::String(text) | Value::CoreLink(text) => {
            put_head(out, major::TEXT, text.len() as u64);
            out.put(text.as_bytes());
        }
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
        Value::ObjectLink(..) => put_text(out, &|out| text::put_value(out, value)),
    }
}

/// The same with tag 1, epoch-based date/time, on a time: so it is but in SenML, where a value has none.
pub(super) fn put_item(out: &mut Window<'_>, value: &Value<'_>) {
    if matches!(value, Value::Time(_)) {
        out.put_u8(TIME);
    }
    put_value(out, value);
}

/// Writes a text string, of what `write` writes.
pub(super) fn put_text(out: &mut Window<'_>, write: &dyn Fn(&mut Window<'_>)) {
    let mut len = Window::counter();
    write(&mut len);
    put_head(out, major::TEXT, len.written() as u64);
    write(out);
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
