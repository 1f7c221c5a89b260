//! Values as a format has them, before their type is known (Core appendix C).

use core::fmt;

use super::{Malformed, base64, decimal, float, json, tlv};
use crate::lwm2m::path::parse_id;
use crate::lwm2m::{Type, Value, Window};

/// A value in a payload, as far as it can be understood without knowing its type.
#[derive(Clone, Copy)]
pub enum Raw<'p> {
    /// The bytes of a TLV value.
    Tlv(&'p [u8]),
    /// A whole payload of text.
    Text(&'p str),
    /// An integer: whether it is below zero, and its magnitude.
    Integer(bool, u64),
    /// A floating-point number.
    Float(f64),
    /// A truth value.
    Boolean(bool),
    /// Text.
    String(&'p str),
    /// Text with JSON escapes in it, which are known to be right.
    Escaped(&'p str),
    /// Bytes.
    Opaque(&'p [u8]),
    /// Bytes in Base64, not yet looked at.
    Base64(&'p str),
    /// A link to an Object Instance.
    ObjectLink(u16, u16),
    /// Null, or another simple value of CBOR: there is no type that has it.
    Null,
}

impl<'p> Raw<'p> {
    /// The value, if it is one of type `wanted`.
    ///
    /// `scratch` is where escaped text and Base64 are decoded to; when it is too small for that,
    /// the value counts as malformed. Integers are accepted for floating-point numbers, and
    /// floating-point numbers without fraction for integers, except in text.
    pub fn value<'s>(self, wanted: Type, scratch: &'s mut [u8]) -> Result<Value<'s>, Malformed>
    where
        'p: 's,
    {
        let value = match self {
            Self::Tlv(bytes) => tlv::value(bytes, wanted),
            Self::Text(text) => from_text(text, wanted, scratch),
            Self::Escaped(text) => match wanted {
                Type::String => unescaped(text, scratch).map(Value::String),
                Type::CoreLink => unescaped(text, scratch).map(Value::CoreLink),
                _ => None,
            },
            Self::Base64(text) if wanted == Type::Opaque => {
                base64::decode(text, scratch).map(Value::Opaque)
            }
            _ => self.as_is(wanted),
        };
        value.ok_or(Malformed)
    }

    /// Writes text, without its escapes; `None`: it is no text.
    pub(super) fn put_text(self, out: &mut Window<'_>) -> Option<()> {
        match self {
            Self::String(text) => out.put(text.as_bytes()),
            Self::Escaped(text) => json::unescape(text, out)?,
            _ => return None,
        }
        Some(())
    }

    /// The value, when nothing needs to be decoded any more.
    fn as_is(self, wanted: Type) -> Option<Value<'p>> {
        Some(match (wanted, self) {
            (Type::String, Self::String(text)) => Value::String(text),
            (Type::CoreLink, Self::String(text)) => Value::CoreLink(text),
            (Type::Opaque, Self::Opaque(bytes)) => Value::Opaque(bytes),
            (Type::Boolean, Self::Boolean(value)) => Value::Boolean(value),
            (Type::ObjectLink, Self::ObjectLink(object, instance)) => {
                Value::ObjectLink(object, instance)
            }
            (Type::ObjectLink, Self::String(text)) => {
                let (object, instance) = parse_link(text)?;
                Value::ObjectLink(object, instance)
            }
            (Type::Float, Self::Float(value)) => Value::Float(value),
            (Type::Integer | Type::Time | Type::Unsigned | Type::Float, _) => {
                let (negative, magnitude) = match self {
                    Self::Integer(negative, magnitude) => (negative, magnitude),
                    Self::Float(value) => (value.is_sign_negative(), float::to_integer(value)?),
                    _ => return None,
                };
                match wanted {
                    Type::Float => Value::Float(float::from_integer(negative, magnitude)),
                    Type::Unsigned if negative && magnitude != 0 => return None,
                    Type::Unsigned => Value::Unsigned(magnitude),
                    _ => {
                        let limit = i64::MAX.unsigned_abs() + u64::from(negative);
                        if magnitude > limit {
                            return None;
                        }
                        let value = magnitude.cast_signed();
                        let value = if negative { value.wrapping_neg() } else { value };
                        match wanted {
                            Type::Time => Value::Time(value),
                            _ => Value::Integer(value),
                        }
                    }
                }
            }
            _ => return None,
        })
    }
}

/// The value that the whole of `text` is.
fn from_text<'s>(text: &'s str, wanted: Type, scratch: &'s mut [u8]) -> Option<Value<'s>> {
    let raw = match wanted {
        Type::Boolean => match text {
            "0" => Raw::Boolean(false),
            "1" => Raw::Boolean(true),
            _ => return None,
        },
        Type::Opaque => Raw::Opaque(base64::decode(text, scratch)?),
        Type::Integer | Type::Unsigned | Type::Time | Type::Float => {
            let mut text = text.as_bytes();
            let number = decimal::take(&mut text)?;
            let exact = wanted == Type::Float || !matches!(number, Raw::Float(_));
            if !text.is_empty() || !exact {
                return None;
            }
            number
        }
        _ => Raw::String(text),
    };
    raw.as_is(wanted)
}

/// Reads `3:0`: Object and Object Instance.
pub(super) fn parse_link(text: &str) -> Option<(u16, u16)> {
    let colon = text.bytes().position(|byte| byte == b':')?;
    let (object, instance) = text.as_bytes().split_at_checked(colon)?;
    Some((parse_id(object)?, parse_id(instance.get(1..)?)?))
}

/// Decodes JSON escapes.
fn unescaped<'s>(text: &str, scratch: &'s mut [u8]) -> Option<&'s str> {
    let mut out = Window::new(scratch, 0);
    json::unescape(text, &mut out)?;
    let len = out.written();
    core::str::from_utf8(scratch.get(..len)?).ok()
}

/// Says what kind of value it is, never which: it may be a key.
impl fmt::Debug for Raw<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Tlv(_) => "Tlv(..)",
            Self::Text(_) => "Text(..)",
            Self::Integer(..) => "Integer(..)",
            Self::Float(_) => "Float(..)",
            Self::Boolean(_) => "Boolean(..)",
            Self::String(_) => "String(..)",
            Self::Escaped(_) => "Escaped(..)",
            Self::Opaque(_) => "Opaque(..)",
            Self::Base64(_) => "Base64(..)",
            Self::ObjectLink(..) => "ObjectLink(..)",
            Self::Null => "Null",
        })
    }
}
