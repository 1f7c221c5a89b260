//! The modem's key store: it takes keys and never gives them out again, except to its own DTLS.

use std::collections::BTreeMap;

/// Type number of a pre-shared key (nRF91, %CMNG).
pub const PSK: u32 = 3;
/// Type number of the identity that goes with it.
pub const IDENTITY: u32 = 4;

/// Keys by security tag and type.
#[derive(Clone, Default)]
pub struct Keys(BTreeMap<(u32, u32), Vec<u8>>);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

impl Keys {
    /// Identity and key of a tag that has both: what the DTLS layer of the modem uses.
    pub fn get(&self, tag: u32) -> Option<(&[u8], &[u8])> {
        let part = |kind| self.0.get(&(tag, kind)).map(Vec::as_slice);
        Some((part(IDENTITY)?, part(PSK)?))
    }

    /// One part of a tag.
    pub(super) fn part(&self, tag: u32, kind: u32) -> Option<&[u8]> {
        self.0.get(&(tag, kind)).map(Vec::as_slice)
    }

    /// Whether there is a key of this tag and type.
    pub fn contains(&self, tag: u32, kind: u32) -> bool {
        self.0.contains_key(&(tag, kind))
    }

    /// The tags and types there are.
    pub fn list(&self) -> impl Iterator<Item = (u32, u32)> {
        self.0.keys().copied()
    }

    /// Writes, or replaces, a key.
    pub fn write(&mut self, tag: u32, kind: u32, value: Vec<u8>) {
        self.0.insert((tag, kind), value);
    }

    /// Removes a key. `false` if there was none.
    pub fn delete(&mut self, tag: u32, kind: u32) -> bool {
        self.0.remove(&(tag, kind)).is_some()
    }
}
