//! What the simulated modem itself remembers when it is off: its keys and its firmware.

use super::{OWN, State, StateError};
use crate::modem::{Config, Link, SimModem};

/// The record of the keys: security tag (u32, little-endian), length and bytes of the identity,
/// length and bytes of the key, for each pair.
const KEYS: u8 = OWN;
/// The record of the firmware's version, as text.
const FIRMWARE: u8 = OWN + 1;

impl State {
    /// Keeps what `modem` has to remember.
    ///
    /// # Errors
    /// As [`State::put`].
    pub fn put_modem(&mut self, modem: &SimModem) -> Result<(), StateError> {
        let keys = modem.keys();
        let mut tags: Vec<u32> = keys.list().map(|(tag, _)| tag).collect();
        tags.dedup();
        let mut bytes = Vec::new();
        for tag in tags {
            // Half a pair is of no use; the library writes it again.
            let Some((identity, key)) = keys.get(tag) else { continue };
            bytes.extend(tag.to_le_bytes());
            for part in [identity, key] {
                // The modem takes at most 255 bytes: the library's capacities are below that.
                let part = part.get(..255).unwrap_or(part);
                bytes.push(u8::try_from(part.len()).unwrap_or(u8::MAX));
                bytes.extend(part);
            }
        }
        self.put(KEYS, &bytes)?;
        self.put(FIRMWARE, modem.firmware().as_bytes())
    }

    /// A modem that remembers what was kept of it.
    pub fn modem(&self, mut config: Config) -> Link {
        if let Some(version) = self.get(FIRMWARE).and_then(|it| std::str::from_utf8(it).ok()) {
            config.firmware = version.into();
        }
        let mut link = Link::new(config);
        let mut rest = self.get(KEYS).unwrap_or_default();
        while let Some(after) = pair(rest, &mut link.modem) {
            rest = after;
        }
        link
    }
}

/// Gives the first pair to `modem`; what is behind it.
fn pair<'a>(bytes: &'a [u8], modem: &mut SimModem) -> Option<&'a [u8]> {
    let (tag, rest) = bytes.split_first_chunk::<4>()?;
    let (length, rest) = rest.split_first()?;
    let (identity, rest) = rest.split_at_checked(usize::from(*length))?;
    let (length, rest) = rest.split_first()?;
    let (key, rest) = rest.split_at_checked(usize::from(*length))?;
    modem.provision(u32::from_le_bytes(*tag), identity, key);
    Some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modem_remembers_keys_and_firmware() {
        let mut link = Link::new(Config { firmware: "sim91_2.0.0".into(), ..Config::default() });
        link.modem.provision(25, b"me", b"\x01\x02");
        link.modem.provision(26, b"", &[7; 32]);
        let mut state = State::in_memory();
        state.put_modem(&link.modem).unwrap();
        let link = state.modem(Config::default());
        assert_eq!(link.modem.firmware(), "sim91_2.0.0");
        assert_eq!(link.modem.keys().get(25), Some((&b"me"[..], &b"\x01\x02"[..])));
        assert_eq!(link.modem.keys().get(26), Some((&b""[..], &[7; 32][..])));
        assert_eq!(link.modem.keys().list().count(), 4);
    }

    #[test]
    fn a_new_modem_remembers_nothing() {
        let link = State::in_memory().modem(Config::default());
        assert_eq!(link.modem.firmware(), Config::default().firmware);
        assert_eq!(link.modem.keys().list().count(), 0);
    }
}
