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

use super::{Container, Entry, Raw, float};
use crate::lwm2m::{Path, Type, Value, Window};

/// What an entry is, by the top bits of its flags.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Instance,
    ResourceInstance,
    Multiple,
    Resource,
}

/// The Object Instance under which resources are reported that come without one.
const NO_INSTANCE: u16 = u16::MAX;

/// Entries deeper than this do not exist: Resource Instances in a Resource in an Object Instance.
const DEPTH: usize = 2;

/// Walks over the entries, into containers and out again.
pub(super) struct Reader<'p> {
    /// What is left of the container that `at` is in.
    rest: &'p [u8],
    /// The path of that container; of the whole, the path of the request.
    at: Path,
    /// What is left of the containers around it, and the level of their path.
    outer: [(&'p [u8], u8); DEPTH],
    depth: usize,
    /// What the first entry of the whole was: the others have to be like it.
    instances: Option<bool>,
}

impl<'p> Reader<'p> {
    pub(super) fn new(base: Path, payload: &'p [u8]) -> Self {
        Self { rest: payload, at: base, outer: [(&[], 0); DEPTH], depth: 0, instances: None }
    }

    /// Reads the next value, or empty container. Whether there is one.
    pub(super) fn next(&mut self, entry: &mut Entry<'p>) -> Option<bool> {
        loop {
            while self.rest.is_empty() {
                let Some(depth) = self.depth.checked_sub(1) else {
                    return Some(false);
                };
                let (rest, level) = self.outer.get(depth).copied().unwrap_or_default();
                self.depth = depth;
                self.rest = rest;
                self.at = self.at.cut(level.into());
            }
            let (kind, id, content) = self.header()?;
            let path = self.place(kind, id)?;
            let container = matches!(kind, Kind::Instance | Kind::Multiple);
            if !container || content.is_empty() {
                entry.path = path;
                entry.raw = (!container).then_some(Raw::Tlv(content));
                return Some(true);
            }
            let around = self.outer.get_mut(self.depth)?;
            *around = (self.rest, self.at.level() as u8);
            self.depth += 1;
            self.rest = content;
            self.at = path;
        }
    }

    /// Takes the next entry.
    fn header(&mut self) -> Option<(Kind, u16, &'p [u8])> {
        let flags = *self.take(1)?.first()?;
        let id = integer(self.take(if flags & 0x20 == 0 { 1 } else { 2 })?, false);
        let len = match flags >> 3 & 3 {
            0 => u64::from(flags & 7),
            size => integer(self.take(size.into())?, false),
        };
        let content = self.take(usize::try_from(len).ok()?)?;
        let kind = match flags >> 6 {
            0 => Kind::Instance,
            1 => Kind::ResourceInstance,
            2 => Kind::Multiple,
            _ => Kind::Resource,
        };
        Some((kind, id as u16, content))
    }

    fn take(&mut self, len: usize) -> Option<&'p [u8]> {
        let (bytes, rest) = self.rest.split_at_checked(len)?;
        self.rest = rest;
        Some(bytes)
    }

    /// The path of an entry found here; `None` if it cannot be here.
    fn place(&mut self, kind: Kind, id: u16) -> Option<Path> {
        let at = self.at;
        let top = self.depth == 0;
        if top {
            let instance = kind == Kind::Instance;
            if self.instances.replace(instance).is_some_and(|first| first != instance) {
                return None;
            }
        }
        // An entry that names the target of the request once more.
        let itself = || (at.id(at.level().checked_sub(1)?) == Some(id)).then_some(at);
        match (kind, at.level()) {
            (Kind::Instance, 1) => at.child(id),
            (Kind::Instance, 2) if top => itself(),
            (Kind::Resource | Kind::Multiple, 1) => at.child(NO_INSTANCE)?.child(id),
            (Kind::Resource | Kind::Multiple, 2) => at.child(id),
            (Kind::Resource | Kind::Multiple, 3) if top => itself(),
            (Kind::ResourceInstance, 3) => at.child(id),
            (Kind::Resource | Kind::ResourceInstance, 4) => itself(),
            _ => None,
        }
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
        (4, Type::Float) => Raw::Float(float::widen(number as u32, 23)),
        (8, Type::Float) => Raw::Float(f64::from_bits(number)),
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
    let length = match content {
        0..8 => 0,
        8..0x100 => 1,
        0x100..0x1_0000 => 2,
        _ => 3,
    };
    let id = if id > 0xff { 2 } else { 1 };
    1 + id + length + content
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
        Value::Float(value) => {
            return float::narrow(value).map_or((value.to_bits(), 8), |bits| (bits.into(), 4));
        }
        Value::Integer(value) | Value::Time(value) => value.cast_unsigned(),
        // Read as a signed number it is the same, as long as it can be: not every server makes a
        // difference between the two.
        Value::Unsigned(value) if value >> 63 != 0 => return (value, 8),
        Value::Unsigned(value) => value,
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
    put_header(out, if kind == Container::Instance { 0 } else { 2 }, id, content);
}

/// Writes a Resource, or a Resource Instance.
pub(super) fn put_value(out: &mut Window<'_>, path: &Path, value: &Value<'_>) {
    let (bits, len) = parts(value);
    let level = path.level();
    put_header(out, if level == 4 { 1 } else { 3 }, path.last(), len);
    match value {
        Value::String(text) | Value::CoreLink(text) => out.put(text.as_bytes()),
        Value::Opaque(bytes) => out.put(bytes),
        _ => out.put_be(bits, len),
    }
}

fn put_header(out: &mut Window<'_>, kind: u8, id: u16, content: usize) {
    let wide = id > 0xff;
    let flags = kind << 6 | u8::from(wide) << 5;
    let size = match content {
        0..8 => 0,
        8..0x100 => 1,
        0x100..0x1_0000 => 2,
        _ => 3,
    };
    out.put_u8(if size == 0 { flags | content as u8 } else { flags | size << 3 });
    out.put_be(id.into(), 1 + usize::from(wide));
    out.put_be(content as u64, size.into());
}
