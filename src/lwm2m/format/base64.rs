//! Base64: opaque values in text (Core appendix C) and in SenML JSON (RFC 8428, 4.2: base64url).
//!
//! Keys pass through here. So a symbol is found by arithmetic, not by a table or a branch: how long
//! it takes, and what memory is touched, does not depend on the bytes. The tests hold this against
//! `base64ct`, which does the same in three times the size.

use crate::lwm2m::Window;

/// All ones when `value` is below zero, else 0.
const fn negative(value: i32) -> i32 {
    value >> 31
}

/// All ones when `symbol` lies in `first..=last`, else 0.
const fn between(symbol: i32, first: u8, last: u8) -> i32 {
    negative((first as i32 - 1 - symbol) & (symbol - last as i32 - 1))
}

/// The six bits that `symbol` stands for in either alphabet; below zero if in none.
fn bits(symbol: u8) -> i32 {
    let symbol = i32::from(symbol);
    -1 + (between(symbol, b'A', b'Z') & (symbol - 64))
        + (between(symbol, b'a', b'z') & (symbol - 70))
        + (between(symbol, b'0', b'9') & (symbol + 5))
        + ((between(symbol, b'+', b'+') | between(symbol, b'-', b'-')) & 63)
        + ((between(symbol, b'/', b'/') | between(symbol, b'_', b'_')) & 64)
}

/// The symbol for the six bits `bits` in the alphabet that ends with `last`, `+/` or `-_`.
fn symbol(bits: i32, last: [u8; 2]) -> u8 {
    let [plus, slash] = last.map(i32::from);
    // Each term leads from one run of symbols to the next.
    let symbol = bits
        + 65
        + (negative(25 - bits) & 6)
        + (negative(51 - bits) & -75)
        + (negative(61 - bits) & (plus - 58))
        + (negative(62 - bits) & (slash - plus - 1));
    symbol as u8
}

/// Decodes `text` in either alphabet, with padding or without. `None`: it is no Base64, or
/// `scratch` is too small.
pub fn decode<'s>(text: &str, scratch: &'s mut [u8]) -> Option<&'s [u8]> {
    let mut text = text.as_bytes();
    if text.len().is_multiple_of(4) {
        for _ in 0..2 {
            text = text.strip_suffix(b"=").unwrap_or(text);
        }
    }
    // Six bits more than before with each symbol; a byte leaves when there are eight.
    let (mut held, mut count, mut wrong, mut len) = (0, 0, 0, 0);
    for symbol in text {
        let bits = bits(*symbol);
        wrong |= bits;
        held = held << 6 | bits & 63;
        count += 6;
        if count >= 8 {
            count -= 8;
            *scratch.get_mut(len)? = (held >> count) as u8;
            len += 1;
        }
    }
    // What is left over has to be zero, and less than a symbol.
    let left = held & ((1 << count) - 1);
    if wrong < 0 || count >= 6 || left != 0 {
        return None;
    }
    scratch.get(..len)
}

/// Writes `bytes` as base64url without padding, or as Base64 with padding.
pub fn encode(out: &mut Window<'_>, bytes: &[u8], url: bool) {
    let last = if url { *b"-_" } else { *b"+/" };
    for group in bytes.chunks(3) {
        let mut held = 0;
        for byte in group.iter().chain(&[0; 2]).take(3) {
            held = held << 8 | i32::from(*byte);
        }
        for at in 0..4 {
            let bits = held >> (18 - 6 * at) & 63;
            if at <= group.len() {
                out.put_u8(symbol(bits, last));
            } else if !url {
                out.put_u8(b'=');
            }
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use base64ct::{Base64, Base64Unpadded, Base64UrlUnpadded, Encoding};
    use std::string::String;
    use std::vec;

    #[test]
    fn encodes_as_base64ct_does() {
        let bytes: std::vec::Vec<u8> = (0..=255).rev().cycle().step_by(7).take(600).collect();
        for len in 0..200 {
            let bytes = &bytes[len..2 * len];
            for url in [false, true] {
                let mut text = vec![0; 400];
                let mut out = Window::new(&mut text, 0);
                encode(&mut out, bytes, url);
                let len = out.kept();
                let text = core::str::from_utf8(&text[..len]).unwrap();
                let mut expected = vec![0; 400];
                let expected = if url {
                    Base64UrlUnpadded::encode(bytes, &mut expected)
                } else {
                    Base64::encode(bytes, &mut expected)
                };
                assert_eq!(text, expected.unwrap());
                assert_eq!(decode(text, &mut [0; 300]), Some(bytes));
                assert_eq!(decode(text, &mut vec![0; bytes.len()]), Some(bytes));
                if !bytes.is_empty() {
                    assert_eq!(decode(text, &mut vec![0; bytes.len() - 1]), None);
                }
            }
        }
    }

    #[test]
    fn refuses_what_base64ct_refuses() {
        for first in 0..=127u8 {
            for second in 0..=127u8 {
                for more in ["", "A", "AA", "AAA"] {
                    let mut text = String::new();
                    text.push(char::from(first));
                    text.push(char::from(second));
                    text.push_str(more);
                    // Both alphabets are accepted, and padding, which is tried elsewhere.
                    let standard = text.replace('-', "+").replace('_', "/");
                    let mut expected = [0; 8];
                    let expected = Base64Unpadded::decode(&standard, &mut expected).ok();
                    if !text.contains('=') {
                        assert_eq!(decode(&text, &mut [0; 8]), expected, "{text:?}");
                    }
                }
            }
        }
    }
}
