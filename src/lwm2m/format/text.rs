//! Plain text (Core 7.4.1, values in appendix C).

use super::BASE64;
use super::base64;
use super::decimal::{put_float, put_integer, put_number, put_unsigned};
use crate::lwm2m::{Value, Window};

/// Writes `value` as the whole payload.
pub(super) fn put_value(out: &mut Window<'_>, value: &Value<'_>) {
    match *value {
        Value::String(text) | Value::CoreLink(text) => out.put(text.as_bytes()),
        Value::Integer(value) | Value::Time(value) => put_integer(out, value),
        Value::Unsigned(value) => put_unsigned(out, value),
        Value::Float(value) => put_float(out, value),
        Value::Boolean(value) => out.put_u8(b'0' + u8::from(value)),
        Value::Opaque(bytes) if BASE64 => base64::encode(out, bytes, false),
        Value::Opaque(_) => {}
        Value::ObjectLink(object, instance) => {
            put_number(out, object.into());
            out.put_u8(b':');
            put_number(out, instance.into());
        }
    }
}
