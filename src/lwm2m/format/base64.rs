//! Base64: opaque values in text (Core appendix C) and in SenML JSON (RFC 8428, 4.2: base64url).
//!
//! Keys pass through here. So a symbol is found by arithmetic, not by a table or a branch: how long
//! it takes, and what memory is touched, does not depend on the bytes. The tests hold this against
//! `base64ct`, which does the same in three times the size.

use crate::lwm2m::Window;

/// All ones when `at` lies in `0..=last`, else 0.
const fn within(at: i32, last: u8) -> i32 {
    (!at & (at - last as i32 - 1)) >> 31
}

/// Runs of symbols: the first one, what it stands for, and how many more there are. The first five
/// are the alphabet of base64url, the last five that of Base64.
const RUNS: [(u8, u8, u8); 7] = [
    (b'-', 62, 0),
    (b'_', 63, 0),
    (b'A', 0, 25),
    (b'a', 26, 25),
    (b'0', 52, 9),
    (b'+', 62, 0),
    (b'/', 63, 0),
];

/// The six bits that `symbol` stands for in either alphabet; below zero if in none.
fn bits(symbol: u8) -> i32 {
    RUNS.iter().fold(-1, |bits, (first, value, more)| {
        let at = i32::from(symbol) - i32::from(*first);
        bits + (within(at, *more) & (at + i32::from(*value) + 1))
    })
}

/// Writes the symbol for the last six of `bits`.
fn put(out: &mut Window<'_>, bits: i32, url: bool) {
    let bits = bits & 63;
    let alphabet = if url { RUNS.split_at(5).0 } else { RUNS.split_at(2).1 };
    let symbol = alphabet.iter().fold(0, |symbol, (first, value, more)| {
        let at = bits - i32::from(*value);
        symbol + (within(at, *more) & (at + i32::from(*first)))
    });
    out.put_u8(symbol as u8);
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
    // Eight bits more than before with each byte; a symbol leaves when there are six.
    let (mut held, mut count) = (0, 0);
    for byte in bytes {
        held = held << 8 | i32::from(*byte);
        count += 8;
        while count >= 6 {
            count -= 6;
            put(out, held >> count, url);
        }
    }
    if count > 0 {
        put(out, held << (6 - count), url);
    }
    while !url && count > 0 && count < 6 {
        out.put_u8(b'=');
        count += 2;
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
