//! JSON (RFC 8259), as much of it as SenML JSON needs: reading item by item, in place.

use super::decimal::{self, put_float, put_integer, put_unsigned};
use super::{Malformed, Raw, base64, text};
use crate::lwm2m::{Value, Window};

/// Arrays and objects in each other, in what is skipped.
const DEPTH: u8 = 8;

/// Reads from the start of a text to its end.
pub(super) struct Reader<'p> {
    text: &'p str,
    at: usize,
    /// Nothing was read yet of the array or object that was opened last.
    fresh: bool,
}

impl<'p> Reader<'p> {
    pub(super) fn new(text: &'p str) -> Self {
        Self { text, at: 0, fresh: true }
    }

    /// Opens an array (`[`) or an object (`{`).
    pub(super) fn open(&mut self, bracket: u8) -> Result<(), Malformed> {
        self.fresh = true;
        self.expect(bracket)
    }

    /// Goes to the next item of the open array or object, or out of it when `bracket` closes it.
    pub(super) fn item(&mut self, bracket: u8) -> Result<bool, Malformed> {
        let fresh = core::mem::replace(&mut self.fresh, false);
        if self.peek() == Some(bracket) {
            self.at += 1;
            return Ok(false);
        }
        if !fresh {
            self.expect(b',')?;
        }
        Ok(true)
    }

    /// Takes the name of a member. The text has its escapes still.
    pub(super) fn name(&mut self) -> Result<Raw<'p>, Malformed> {
        let name = self.string()?;
        self.expect(b':')?;
        Ok(name)
    }

    /// Takes a string, a number or a truth value.
    pub(super) fn scalar(&mut self) -> Result<Raw<'p>, Malformed> {
        match self.peek().ok_or(Malformed)? {
            b'"' => self.string(),
            b't' => self.word("true").map(|()| Raw::Boolean(true)),
            b'f' => self.word("false").map(|()| Raw::Boolean(false)),
            _ => self.number().ok_or(Malformed),
        }
    }

    /// Takes any value.
    pub(super) fn skip(&mut self) -> Result<(), Malformed> {
        self.skip_to(DEPTH)
    }

    /// Whether nothing but white space is left.
    pub(super) fn at_end(&mut self) -> bool {
        self.peek().is_none()
    }

    fn skip_to(&mut self, depth: u8) -> Result<(), Malformed> {
        // The closing brackets stand two behind the opening ones in ASCII.
        let (open, close) = match self.peek() {
            Some(b'[') => (b'[', b']'),
            Some(b'{') => (b'{', b'}'),
            Some(b'n') => return self.word("null"),
            _ => return self.scalar().map(drop),
        };
        let depth = depth.checked_sub(1).ok_or(Malformed)?;
        self.open(open)?;
        while self.item(close)? {
            if open == b'{' {
                self.name()?;
            }
            self.skip_to(depth)?;
        }
        Ok(())
    }

    /// The next byte that is no white space.
    fn peek(&mut self) -> Option<u8> {
        loop {
            let byte = self.byte()?;
            if !matches!(byte, b' ' | b'\t' | b'\n' | b'\r') {
                return Some(byte);
            }
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn expect(&mut self, wanted: u8) -> Result<(), Malformed> {
        if self.peek() != Some(wanted) {
            return Err(Malformed);
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Malformed> {
        let end = self.at + word.len();
        if self.text.as_bytes().get(self.at..end) != Some(word.as_bytes()) {
            return Err(Malformed);
        }
        self.at = end;
        Ok(())
    }

    fn number(&mut self) -> Option<Raw<'p>> {
        let text = self.text.as_bytes().get(self.at..)?;
        // JSON allows less than what is a number elsewhere.
        let digits = text.strip_prefix(b"-").unwrap_or(text);
        if matches!(digits, [b'0', b'0'..=b'9', ..] | [b'+' | b'-', ..]) {
            return None;
        }
        let mut rest = text;
        let number = decimal::take(&mut rest)?;
        self.at += text.len() - rest.len();
        Some(number)
    }

    fn string(&mut self) -> Result<Raw<'p>, Malformed> {
        self.expect(b'"')?;
        let start = self.at;
        let mut escaped = false;
        loop {
            match self.byte().ok_or(Malformed)? {
                b'"' => break,
                b'\\' => {
                    escaped = true;
                    self.at += 1;
                }
                0..0x20 => return Err(Malformed),
                _ => {}
            }
            self.at += 1;
        }
        let text = self.text.get(start..self.at).ok_or(Malformed)?;
        self.at += 1;
        if !escaped {
            return Ok(Raw::String(text));
        }
        unescape(text, &mut Window::counter()).ok_or(Malformed)?;
        Ok(Raw::Escaped(text))
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
                    out.put(char::from_u32(code)?.encode_utf8(&mut [0; 4]).as_bytes());
                    continue;
                }
                _ => return None,
            },
            _ => byte,
        });
    }
    Some(())
}

/// Takes four hexadecimal digits.
fn hex(bytes: &mut core::str::Bytes<'_>) -> Option<u32> {
    let mut code = 0;
    for _ in 0..4 {
        let byte = bytes.next()?;
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' | b'A'..=b'F' => (byte | 0x20) - b'a' + 10,
            _ => return None,
        };
        code = code << 4 | u32::from(digit);
    }
    Some(code)
}

/// Writes `value` as a JSON value, of the kind that SenML has for its type.
pub(super) fn put_value(out: &mut Window<'_>, value: &Value<'_>) {
    let quote = match value {
        Value::Integer(value) | Value::Time(value) => return put_integer(out, *value),
        Value::Unsigned(value) => return put_unsigned(out, *value),
        Value::Float(value) => return put_float(out, *value),
        Value::Boolean(true) => return out.put(b"true"),
        Value::Boolean(false) => return out.put(b"false"),
        _ => b"\"",
    };
    out.put(quote);
    match *value {
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
