//! JSON (RFC 8259), as much of it as SenML JSON needs: reading item by item, in place.

use super::items::Reader;
use super::{Raw, base64, decimal, text};
use crate::lwm2m::{Value, Window};

impl<'p> Reader<'p> {
    /// Takes what is no array or object.
    pub(super) fn json_scalar(&mut self) -> Option<Raw<'p>> {
        let (word, raw) = match self.peek()? {
            b'"' => return self.string(),
            b't' => ("true", Raw::Boolean(true)),
            b'f' => ("false", Raw::Boolean(false)),
            b'n' => ("null", Raw::Null),
            _ => {
                // JSON allows less than what is a number elsewhere.
                let digits = self.rest.strip_prefix(b"-").unwrap_or(self.rest);
                if matches!(digits, [b'0', b'0'..=b'9', ..] | [b'+' | b'-', ..]) {
                    return None;
                }
                return decimal::take(&mut self.rest);
            }
        };
        self.rest = self.rest.strip_prefix(word.as_bytes())?;
        Some(raw)
    }

    fn string(&mut self) -> Option<Raw<'p>> {
        self.eat(b'"')?;
        let mut escaped = false;
        let mut len = 0;
        loop {
            match self.rest.get(len)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    len += 1;
                }
                0..0x20 => return None,
                _ => {}
            }
            len += 1;
        }
        let text = crate::bytes::text(self.take(len)?)?;
        self.eat(b'"')?;
        if !escaped {
            return Some(Raw::String(text));
        }
        unescape(text, &mut Window::counter())?;
        Some(Raw::Escaped(text))
    }
}

/// Writes `text` without its escapes; `None`: one of them is wrong.
pub(super) fn unescape(text: &str, out: &mut Window<'_>) -> Option<()> {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.put_u8(match byte {
            b'\\' => match bytes.next()? {
                byte @ (b'"' | b'\\' | b'/') => byte,
                b'b' => 0x08,
                b'f' => 0x0c,
                b'n' => b'\n',
                b'r' => b'\r',
                b't' => b'\t',
                b'u' => {
                    let mut code = hex(&mut bytes)?;
                    if code & 0xfc00 == 0xd800 {
                        // The first half of a pair.
                        if bytes.next()? != b'\\' || bytes.next()? != b'u' {
                            return None;
                        }
                        let low = hex(&mut bytes)?;
                        if low & 0xfc00 != 0xdc00 {
                            return None;
                        }
                        code = 0x1_0000 + ((code & 0x3ff) << 10) + (low & 0x3ff);
                    }
                    if code & 0xfc00 == 0xdc00 {
                        return None;
                    }
                    put_utf8(out, code);
                    continue;
                }
                _ => return None,
            },
            _ => byte,
        });
    }
    Some(())
}

/// Writes a character in UTF-8 (RFC 3629).
fn put_utf8(out: &mut Window<'_>, code: u32) {
    let more = u32::from(code >= 0x80) + u32::from(code >= 0x800) + u32::from(code >= 0x1_0000);
    // The first byte has as many ones in front as there are bytes, or none if it is alone.
    let mut ones = if more > 0 { 0xff << (7 - more) } else { 0 };
    for place in (0..=more).rev() {
        let bits = code >> (6 * place) & if more > 0 { 0x3f } else { 0x7f };
        out.put_u8((ones | bits) as u8);
        ones = 0x80;
    }
}

/// Takes four hexadecimal digits.
fn hex(bytes: &mut core::str::Bytes<'_>) -> Option<u32> {
    let mut code = 0;
    for _ in 0..4 {
        code = code << 4 | char::from(bytes.next()?).to_digit(16)?;
    }
    Some(code)
}

/// Writes `value` as a JSON value, of the kind that SenML has for its type.
pub(super) fn put_value(out: &mut Window<'_>, value: &Value<'_>) {
    let quote: &[u8] = match value {
        Value::Boolean(_) | Value::Integer(_) | Value::Time(_) => b"",
        Value::Unsigned(_) | Value::Float(_) => b"",
        _ => b"\"",
    };
    out.put(quote);
    match *value {
        Value::Boolean(value) => out.put(if value { b"true" } else { b"false" }),
        Value::Opaque(bytes) => base64::encode(out, bytes, true),
        Value::String(text) | Value::CoreLink(text) => put_escaped(out, text),
        _ => text::put_value(out, value),
    }
    out.put(quote);
}

/// Writes `text` with the escapes that JSON cannot do without.
fn put_escaped(out: &mut Window<'_>, text: &str) {
    let nibble = |bits: u8| {
        if bits < 10 { b'0' + bits } else { b'a' + bits - 10 }
    };
    for byte in text.bytes() {
        match byte {
            0..0x20 => out.put(&[b'\\', b'u', b'0', b'0', nibble(byte >> 4), nibble(byte & 15)]),
            b'"' | b'\\' => out.put(&[b'\\', byte]),
            _ => out.put_u8(byte),
        }
    }
}
