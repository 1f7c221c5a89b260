//! Values as a format has them, before their type is known (Core appendix C).

use core::fmt;

use super::{BASE64, Malformed, base64, decimal, float, json, tlv};
use crate::lwm2m::path::parse_id;
use crate::lwm2m::{Type, Value, Window};

/// Whether a payload ever has floating-point numbers; CBOR has integers that are such, too.
const FLOATS: bool = cfg!(any(feature = "float", feature = "cbor"));

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
    /// Null, or another simple value of CBOR: there is no type that has it.
    Null,
}

impl<'p> Raw<'p> {
    /// The value, if it is one of type `wanted`.
    ///
    /// `scratch` is where escaped text and Base64 are decoded to; when it is too small for that,
    /// the value counts as malformed. Integers are accepted for floating-point numbers, and
    /// floating-point numbers without fraction for integers, except in text.
    pub fn value<'s>(&self, wanted: Type, scratch: &'s mut [u8]) -> Result<Value<'s>, Malformed>
    where
        'p: 's,
    {
        self.typed(wanted, scratch).ok_or(Malformed)
    }

    fn typed<'s>(&self, wanted: Type, scratch: &'s mut [u8]) -> Option<Value<'s>>
    where
        'p: 's,
    {
        Some(match wanted {
            Type::String => Value::String(self.text(scratch)?),
            Type::CoreLink => Value::CoreLink(self.text(scratch)?),
            Type::Opaque => Value::Opaque(match *self {
                Self::Tlv(bytes) | Self::Opaque(bytes) => bytes,
                Self::Text(text) | Self::Base64(text) if BASE64 => base64::decode(text, scratch)?,
                _ => return None,
            }),
            Type::Boolean => Value::Boolean(match *self {
                Self::Boolean(value) => value,
                Self::Tlv(&[value @ 0..=1]) => value == 1,
                Self::Text(text) => match text.as_bytes() {
                    [digit @ b'0'..=b'1'] => *digit == b'1',
                    _ => return None,
                },
                _ => return None,
            }),
            Type::ObjectLink => match *self {
                Self::Tlv(&[a, b, c, d]) => {
                    Value::ObjectLink(u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]))
                }
                Self::Text(text) | Self::String(text) => {
                    let (object, instance) = parse_link(text)?;
                    Value::ObjectLink(object, instance)
                }
                _ => return None,
            },
            Type::None => return None,
            _ => return self.number(wanted),
        })
    }

    fn text<'s>(&self, scratch: &'s mut [u8]) -> Option<&'s str>
    where
        'p: 's,
    {
        let bytes = match *self {
            Self::Text(text) | Self::String(text) => return Some(text),
            Self::Tlv(bytes) => bytes,
            Self::Escaped(text) if cfg!(feature = "senml-json") => {
                let mut out = Window::new(scratch, 0);
                json::unescape(text, &mut out)?;
                let len = out.written();
                scratch.get(..len)?
            }
            _ => return None,
        };
        crate::bytes::text(bytes)
    }

    #[inline(never)]
    fn number(&self, wanted: Type) -> Option<Value<'static>> {
        let number = match *self {
            _ if wanted == Type::Float && !cfg!(feature = "float") => return None,
            Self::Tlv(bytes) => tlv::number(bytes, wanted)?,
            Self::Text(text) => {
                let mut text = text.as_bytes();
                let number = decimal::take(&mut text)?;
                let exact = wanted == Type::Float || matches!(number, Raw::Integer(..));
                if !text.is_empty() || !exact {
                    return None;
                }
                number
            }
            number => number,
        };
        let (negative, magnitude) = match number {
            Raw::Integer(negative, magnitude) => (negative, magnitude),
            Raw::Float(value) if FLOATS && wanted == Type::Float => {
                return Some(Value::Float(value));
            }
            Raw::Float(value) if FLOATS => {
                let magnitude = float::to_integer(value)?;
                (value.is_sign_negative(), magnitude)
            }
            _ => return None,
        };
        // There is one zero only among the integers.
        let negative = negative && magnitude != 0;
        let signed = if negative { magnitude.wrapping_neg() } else { magnitude }.cast_signed();
        Some(match wanted {
            Type::Float if FLOATS => Value::Float(float::from_integer(negative, magnitude)),
            Type::Unsigned if !negative => Value::Unsigned(magnitude),
            _ if (signed < 0) != negative => return None,
            Type::Integer => Value::Integer(signed),
            Type::Time => Value::Time(signed),
            _ => return None,
        })
    }

    /// Whether [`Raw::value`] needs room to decode it, if it is one of type `wanted`.
    pub(crate) const fn is_coded(&self, wanted: Type) -> bool {
        match self {
            Self::Escaped(_) => cfg!(feature = "senml-json"),
            Self::Text(_) | Self::Base64(_) => BASE64 && matches!(wanted, Type::Opaque),
            _ => false,
        }
    }

    /// Whether it is text of SenML.
    pub(super) const fn is_text(&self) -> bool {
        matches!(self, Self::String(_) | Self::Escaped(_))
    }

    /// Writes text, without its escapes; `None`: it is no text.
    pub(super) fn put_text(&self, out: &mut Window<'_>) -> Option<()> {
        match self {
            Self::String(text) => out.put(text.as_bytes()),
            Self::Escaped(text) => json::unescape(text, out)?,
            _ => return None,
        }
        Some(())
    }
}

/// Reads `3:0`: Object and Object Instance.
pub(super) fn parse_link(text: &str) -> Option<(u16, u16)> {
    let colon = text.bytes().position(|byte| byte == b':')?;
    let (object, instance) = text.as_bytes().split_at_checked(colon)?;
    Some((parse_id(object)?, parse_id(instance.get(1..)?)?))
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
            Self::Null => "Null",
        })
    }
}
