//! Plain text (Core 7.4.1, values in appendix C), and the small texts that other formats need too.

use super::base64;
use super::decimal::{put_float, put_integer, put_unsigned};
use crate::lwm2m::{Value, Window};

/// Bytes of the longest Object Link.
pub(super) const LINK: usize = "65535:65535".len();

/// Writes `value` as the whole payload.
pub(super) fn put_value(out: &mut Window<'_>, value: &Value<'_>) {
    match *value {
        Value::String(text) | Value::CoreLink(text) => out.put(text.as_bytes()),
        Value::Integer(value) | Value::Time(value) => put_integer(out, value),
        Value::Unsigned(value) => put_unsigned(out, value),
        Value::Float(value) => put_float(out, value),
        Value::Boolean(value) => out.put_u8(b'0' + u8::from(value)),
        Value::Opaque(bytes) => base64::encode(out, bytes, false),
        Value::ObjectLink(object, instance) => out.put(link(object, instance, &mut [0; LINK])),
    }
}

/// The text of an Object Link, written to `buffer`.
pub(super) fn link(object: u16, instance: u16, buffer: &mut [u8; LINK]) -> &[u8] {
    let mut out = Window::new(buffer, 0);
    put_unsigned(&mut out, object.into());
    out.put(b":");
    put_unsigned(&mut out, instance.into());
    let len = out.kept();
    buffer.get(..len).unwrap_or_default()
}
