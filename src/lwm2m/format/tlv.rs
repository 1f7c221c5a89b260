//! Type, length, value: `application/vnd.oma.lwm2m+tlv` (Core 7.4.3, values in appendix C).
//!
//! An entry is a byte of flags, an identifier of one or two bytes, a length of up to three bytes
//! unless it fits the flags, and the content:
//!
//! ```text
//! flags  7-6 kind: 00 Object Instance, 01 Resource Instance, 10 multiple Resource, 11 Resource
//!        5   the identifier has two bytes
//!        4-3 bytes of the length field; 0: the length stands in bits 2-0
//! ```
//!
//! Object Instances hold Resources, a multiple Resource holds Resource Instances.

use super::items::take;
use super::{Container, Entry, Raw, float};
use crate::lwm2m::{Path, Type, Value, Window};

/// What an entry is, by the top bits of its flags.
mod kind {
    pub const INSTANCE: u8 = 0;
    pub const RESOURCE_INSTANCE: u8 = 1;
    pub const MULTIPLE: u8 = 2;
    pub const RESOURCE: u8 = 3;
}

/// The Object Instance under which resources are reported that come without one.
const NO_INSTANCE: u16 = u16::MAX;

/// Entries deeper than this do not exist: Resource Instances in a Resource in an Object Instance.
const DEPTH: usize = 2;

/// Walks over the entries, into containers and out again.
pub(super) struct Reader<'p> {
    /// What is left of the payload.
    rest: &'p [u8],
    /// The path of the container at hand; of the whole, the path of the request.
    at: Path,
    /// Of the containers around each other: what is left of the payload at their end, and the level
    /// of the path around them.
    outer: [(usize, u8); DEPTH],
    depth: usize,
    /// What the first entry of the whole was: the others have to be like it.
    instances: Option<bool>,
}

impl<'p> Reader<'p> {
    pub(super) fn new(base: Path, payload: &'p [u8]) -> Self {
        Self { rest: payload, at: base, outer: [(0, 0); DEPTH], depth: 0, instances: None }
    }

    /// Reads the next value, or empty container. Whether there is one.
    pub(super) fn next(&mut self, entry: &mut Entry<'p>) -> Option<bool> {
        loop {
            let outer = self.depth.checked_sub(1).and_then(|depth| self.outer.get(depth));
            let (end, level) = outer.copied().unwrap_or_default();
            if self.rest.len() == end {
                if self.depth == 0 {
                    return Some(false);
                }
                self.depth -= 1;
                self.at = self.at.cut(level.into());
                continue;
            }
            let flags = *take(&mut self.rest, 1)?.first()?;
            let id =
                integer(take(&mut self.rest, if flags & 0x20 == 0 { 1 } else { 2 })?, false) as u16;
            let len = match flags >> 3 & 3 {
                0 => usize::from(flags & 7),
                size => integer(take(&mut self.rest, size.into())?, false) as usize,
            };
            let inner = self.rest;
            let content = take(&mut self.rest, len)?;
            if self.rest.len() < end {
                return None;
            }
            let kind = flags >> 6;
            entry.path = self.at;
            self.place(&mut entry.path, kind, id)?;
            let container = matches!(kind, kind::INSTANCE | kind::MULTIPLE);
            if !container || len == 0 {
                entry.raw = (!container).then_some(Raw::Tlv(content));
                return Some(true);
            }
            *self.outer.get_mut(self.depth)? = (self.rest.len(), self.at.level() as u8);
            self.depth += 1;
            self.rest = inner;
            self.at = entry.path;
        }
    }

    /// Makes of the path of the container at hand the path of an entry in it; `None` if it cannot
    /// be here.
    fn place(&mut self, path: &mut Path, kind: u8, id: u16) -> Option<()> {
        let top = self.depth == 0;
        if top {
            let instance = kind == kind::INSTANCE;
            if self.instances.replace(instance).is_some_and(|first| first != instance) {
                return None;
            }
        }
        // The level of its own path.
        let level = match kind {
            kind::INSTANCE => 2,
            kind::RESOURCE_INSTANCE => 4,
            // One that holds a single Resource Instance.
            kind::RESOURCE if path.level() == 4 => 4,
            _ => 3,
        };
        if level == 3 && path.level() == 1 {
            path.push(NO_INSTANCE)?;
        }
        if path.level() + 1 == level {
            return path.push(id);
        }
        // It names the target of the request once more.
        (top && path.level() == level && path.last() == id).then_some(())
    }
}

/// The number in `bytes`, which is negative if its first bit is set and it is `signed`.
fn integer(bytes: &[u8], signed: bool) -> u64 {
    let first = bytes.first().is_some_and(|first| signed && first >> 7 != 0);
    let start = if first { u64::MAX } else { 0 };
    bytes.iter().fold(start, |number, byte| number << 8 | u64::from(*byte))
}

/// The number for a value of type `wanted` in the content of an entry.
pub(super) fn number(bytes: &[u8], wanted: Type) -> Option<Raw<'_>> {
    let signed = wanted != Type::Unsigned;
    let number = integer(bytes, signed);
    let negative = signed && number >> 63 != 0;
    Some(match (bytes.len(), wanted) {
        (4, Type::Float) if cfg!(feature = "float") => Raw::Float(float::widen(number as u32, 23)),
        (8, Type::Float) if cfg!(feature = "float") => Raw::Float(f64::from_bits(number)),
        (_, Type::Float) => return None,
        (1 | 2 | 4 | 8, _) if negative => Raw::Integer(true, number.wrapping_neg()),
        (1 | 2 | 4 | 8, _) => Raw::Integer(false, number),
        _ => return None,
    })
}

/// Bytes of `value` alone, without the header of an entry.
pub fn value_len(value: &Value<'_>) -> usize {
    parts(value).1
}

/// Bytes of an entry with the identifier `id` that has `content` bytes in it.
pub const fn entry_len(content: usize, id: u16) -> usize {
    let id = if id > 0xff { 2 } else { 1 };
    1 + id + length_len(content) + content
}

/// Bytes of the length field of an entry.
const fn length_len(content: usize) -> usize {
    match content {
        0..8 => 0,
        8..0x100 => 1,
        0x100..0x1_0000 => 2,
        _ => 3,
    }
}

/// The bits of a value, and how many bytes of them are written; or how many bytes it has itself.
fn parts(value: &Value<'_>) -> (u64, usize) {
    let bits = match *value {
        Value::String(text) | Value::CoreLink(text) => return (0, text.len()),
        Value::Opaque(bytes) => return (0, bytes.len()),
        Value::Boolean(value) => return (value.into(), 1),
        Value::ObjectLink(object, instance) => {
            return (u64::from(object) << 16 | u64::from(instance), 4);
        }
        Value::Float(value) if cfg!(feature = "float") => {
            return float::narrow(value).map_or((value.to_bits(), 8), |bits| (bits.into(), 4));
        }
        Value::Integer(value) | Value::Time(value) => value.cast_unsigned(),
        // Read as a signed number it is the same, as long as it can be: not every server makes a
        // difference between the two.
        Value::Unsigned(value) if value >> 63 != 0 => return (value, 8),
        Value::Unsigned(value) => value,
        Value::Float(_) => return (0, 0),
    };
    let signed = bits.cast_signed();
    // The bits that differ from the sign.
    let len = match 64 - (signed ^ signed >> 63).leading_zeros() {
        0..8 => 1,
        8..16 => 2,
        16..32 => 4,
        _ => 8,
    };
    (bits, len)
}

/// Writes the header of a container.
pub(super) fn put_container(out: &mut Window<'_>, kind: Container, id: u16, content: usize) {
    let kind = if kind == Container::Instance { kind::INSTANCE } else { kind::MULTIPLE };
    put_header(out, kind, id, content);
}

/// Writes a Resource, or a Resource Instance.
pub(super) fn put_value(out: &mut Window<'_>, path: &Path, value: &Value<'_>) {
    let (bits, len) = parts(value);
    let level = path.level();
    let kind = if level == 4 { kind::RESOURCE_INSTANCE } else { kind::RESOURCE };
    put_header(out, kind, path.last(), len);
    match value {
        Value::String(text) | Value::CoreLink(text) => out.put(text.as_bytes()),
        Value::Opaque(bytes) => out.put(bytes),
        _ if len == 1 => out.put_u8(bits as u8),
        _ => out.put_be(bits, len),
    }
}

fn put_header(out: &mut Window<'_>, kind: u8, id: u16, content: usize) {
    let wide = id > 0xff;
    let flags = kind << 6 | u8::from(wide) << 5;
    let size = length_len(content);
    out.put_u8(flags | if size == 0 { content as u8 } else { (size as u8) << 3 });
    if wide {
        out.put_u8((id >> 8) as u8);
    }
    out.put_u8(id as u8);
    for byte in (0..size).rev() {
        out.put_u8((content >> (8 * byte)) as u8);
    }
}
