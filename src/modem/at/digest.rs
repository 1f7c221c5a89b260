//! Whether a key is one that the modem has: modems tell a digest of what they keep, not the key.

use super::dialect::hex;
use sha2::{Digest as _, Sha256};

/// The first eight bytes of a digest: enough to tell one key from another.
type Start = [u8; 8];

/// The digest of a key or an identity, as it is, and of the hex digits that a key is written in: the
/// command reference does not say which of them a modem keeps.
pub(super) struct Digest([Start; 2]);

impl Digest {
    /// Of nothing.
    pub(super) const fn new() -> Self {
        Self([[0; 8]; 2])
    }

    pub(super) fn of(value: &[u8]) -> Self {
        let mut digits = Sha256::new();
        for byte in value {
            digits.update([hex(byte >> 4), hex(byte & 15)]);
        }
        Self(
            [Sha256::digest(value).into(), digits.finalize().into()]
                .map(|digest: [u8; 32]| digest.first_chunk().copied().unwrap_or_default()),
        )
    }

    /// Whether this is it, in hex.
    pub(super) fn is(&self, digest: &str) -> bool {
        let same = |start: &Start| {
            let digits = start.iter().flat_map(|byte| [hex(byte >> 4), hex(byte & 15)]);
            digest.bytes().zip(digits).all(|(a, b)| a.eq_ignore_ascii_case(&b))
        };
        digest.len() == 64 && self.0.iter().any(same)
    }
}
