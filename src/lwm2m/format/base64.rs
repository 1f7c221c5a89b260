//! Opaque values in text (Core appendix C: Base64) and in SenML JSON (RFC 8428, 4.2: base64url).
//!
//! Keys pass through here, so the work on them is left to a crate that takes the same time for all
//! of them. It is used with one alphabet only, because each is compiled apart.

use base64ct::{Base64Unpadded, Encoding};

use crate::lwm2m::Window;

/// The byte of the one alphabet for that of the other, both ways, without a branch.
fn swap(byte: u8, from: [u8; 2], to: [u8; 2]) -> u8 {
    let mut swapped = byte;
    for (from, to) in from.into_iter().zip(to) {
        let mask = u8::from(byte == from).wrapping_neg();
        swapped ^= (from ^ to) & mask;
    }
    swapped
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
    let mut len = 0;
    for group in text.chunks(4) {
        let mut standard = [0; 4];
        let standard = standard.get_mut(..group.len())?;
        for (to, from) in standard.iter_mut().zip(group) {
            *to = swap(*from, *b"-_", *b"+/");
        }
        let mut bytes = [0; 3];
        let bytes = Base64Unpadded::decode(standard, &mut bytes).ok()?;
        let end = len + bytes.len();
        scratch.get_mut(len..end)?.copy_from_slice(bytes);
        len = end;
    }
    scratch.get(..len)
}

/// Writes `bytes` as base64url without padding, or as Base64 with padding.
pub fn encode(out: &mut Window<'_>, bytes: &[u8], url: bool) {
    for group in bytes.chunks(3) {
        let mut text = *b"====";
        let len = Base64Unpadded::encode(group, &mut text).map_or(0, str::len);
        if url {
            for byte in &mut text {
                *byte = swap(*byte, *b"+/", *b"-_");
            }
            out.put(text.get(..len).unwrap_or_default());
        } else {
            out.put(&text);
        }
    }
}
