//! Values of resources and their types (Core appendix C).

use super::format::float;

/// The type of a resource.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Type {
    /// UTF-8 text.
    String,
    /// A signed integer of up to 64 bits.
    Integer,
    /// An unsigned integer of up to 64 bits (since LwM2M 1.1).
    Unsigned,
    /// A floating-point number.
    Float,
    /// A truth value.
    Boolean,
    /// Bytes.
    Opaque,
    /// Seconds since 1970-01-01T00:00:00Z.
    Time,
    /// A link to an Object Instance.
    ObjectLink,
    /// Links in CoRE link format (since LwM2M 1.1).
    CoreLink,
    /// No value: the resource can only be executed.
    None,
}

/// A value of a resource or of a Resource Instance.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Value<'a> {
    /// UTF-8 text.
    String(&'a str),
    /// A signed integer.
    Integer(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// A floating-point number.
    Float(f64),
    /// A truth value.
    Boolean(bool),
    /// Bytes.
    Opaque(&'a [u8]),
    /// Seconds since 1970-01-01T00:00:00Z.
    Time(i64),
    /// Object and Object Instance; 65535 and 65535 is the null link.
    ObjectLink(u16, u16),
    /// Links in CoRE link format.
    CoreLink(&'a str),
}

impl Value<'_> {
    /// The type of this value.
    pub const fn type_of(&self) -> Type {
        match self {
            Self::String(_) => Type::String,
            Self::Integer(_) => Type::Integer,
            Self::Unsigned(_) => Type::Unsigned,
            Self::Float(_) => Type::Float,
            Self::Boolean(_) => Type::Boolean,
            Self::Opaque(_) => Type::Opaque,
            Self::Time(_) => Type::Time,
            Self::ObjectLink(..) => Type::ObjectLink,
            Self::CoreLink(_) => Type::CoreLink,
        }
    }

    /// The bits of a number, a time or a truth value.
    pub(crate) const fn bits(&self) -> Option<u64> {
        Some(match *self {
            Self::Integer(number) | Self::Time(number) => number.cast_unsigned(),
            Self::Unsigned(number) => number,
            Self::Float(number) => number.to_bits(),
            Self::Boolean(on) => on as u64,
            _ => return None,
        })
    }

    /// A number that stands for the value and what `hash` stood for: another one for another value, but
    /// for a rare chance.
    pub(crate) fn digest(&self, hash: u32) -> u32 {
        let bytes = match *self {
            Self::String(text) | Self::CoreLink(text) => text.as_bytes(),
            Self::Opaque(bytes) => bytes,
            Self::ObjectLink(object, instance) => {
                return mix(mix(hash, object.into()), instance.into());
            }
            _ => {
                let bits = self.bits().unwrap_or(0);
                return mix(mix(hash, bits as u32), (bits >> 32) as u32);
            }
        };
        bytes.iter().fold(hash, |hash, byte| mix(hash, (*byte).into()))
    }

    /// The value as a number, for the attributes that compare values; a truth value is 0 or 1.
    pub fn as_number(&self) -> Option<f64> {
        match *self {
            Self::Integer(value) | Self::Time(value) => {
                Some(float::from_integer(value < 0, value.unsigned_abs()))
            }
            Self::Unsigned(value) => Some(float::from_integer(false, value)),
            Self::Float(value) => Some(value),
            Self::Boolean(value) => Some(if value { 1.0 } else { 0.0 }),
            _ => None,
        }
    }
}

/// One number more in a digest; each other number leads to another result.
pub(crate) const fn mix(hash: u32, number: u32) -> u32 {
    (hash.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b1)
}
