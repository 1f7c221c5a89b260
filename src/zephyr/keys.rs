//! Keys on the host: Zephyr's TLS credential store has them, for DTLS by Zephyr's sockets.
//!
//! The store keeps pointers, so the bytes stand here. The volatile store forgets them at a restart, so
//! Kconfig has them kept in the settings subsystem, too, as a modem would keep them.

use super::config::is_enabled;
use super::os;
use super::shared::Place;
use crate::capacity::{IDENTITY, KEY, setting};
use crate::modem::{Command, Error, KeyKind, Report, TAGS};
use core::ffi::CStr;
use heapless::Vec;

/// How many keys there can be.
const KEYS: usize = setting(option_env!("CARRIER_MAX_KEYS"), 4);
/// Bytes of the record of all keys: a tag and two lengths go with each.
const RECORD: usize = KEYS * (6 + KEY + IDENTITY);
const NAME: &CStr = c"carrier/keys";

/// An identity and a key under a security tag.
struct Credential {
    tag: u32,
    identity: Vec<u8, IDENTITY>,
    key: Vec<u8, KEY>,
}

/// The credentials that are there.
pub(super) struct Keys(&'static mut Vec<Credential, KEYS>);

static CREDENTIALS: Place<Vec<Credential, KEYS>> = Place::new(Vec::new());

impl Keys {
    /// The keys as they were kept.
    ///
    /// # Safety
    /// To be called once.
    pub(super) unsafe fn load() -> Self {
        // SAFETY: nobody else has them, as this is called once.
        let mut keys = Self(unsafe { CREDENTIALS.get() });
        if is_enabled!("KEYS_IN_SETTINGS") {
            let mut record = [0; RECORD];
            if let Ok(mut rest) = os::load(NAME, &mut record) {
                while let Some(after) = keys.restore(rest) {
                    rest = after;
                }
            }
            // Keys do not stay on the stack.
            record.fill(0);
            core::hint::black_box(&record);
        }
        keys
    }

    /// Takes up one credential of a record; what is behind it, or `None` at the end.
    fn restore<'r>(&mut self, record: &'r [u8]) -> Option<&'r [u8]> {
        let (tag, rest) = record.split_first_chunk::<4>()?;
        let (lengths, rest) = rest.split_first_chunk::<2>()?;
        let (identity, rest) = rest.split_at_checked(lengths[0].into())?;
        let (key, rest) = rest.split_at_checked(lengths[1].into())?;
        let tag = u32::from_be_bytes(*tag);
        self.put(tag, KeyKind::Identity, identity).ok()?;
        self.put(tag, KeyKind::Psk, key).ok()?;
        Some(rest)
    }

    fn save(&self) -> Result<(), Error> {
        if !is_enabled!("KEYS_IN_SETTINGS") {
            return Ok(());
        }
        let mut record: Vec<u8, RECORD> = Vec::new();
        for credential in &*self.0 {
            let Credential { tag, identity, key } = credential;
            let parts: [&[u8]; 4] =
                [&tag.to_be_bytes(), &[identity.len() as u8, key.len() as u8], identity, key];
            for part in parts {
                record.extend_from_slice(part).map_err(|_| Error::NoMemory)?;
            }
        }
        let saved = os::save(NAME, &record).map_err(|_| Error::Refused);
        record.fill(0);
        core::hint::black_box(&record);
        saved
    }

    /// Carries out a command about keys, as a modem would; `None` when it is about something else.
    pub(super) fn execute(
        &mut self,
        command: &Command<'_>,
        mut report: impl FnMut(Report<'static>),
    ) -> Option<Result<(), Error>> {
        match *command {
            Command::FindKey { tag, kind } => {
                report(Report::Key(!self.get(tag, kind).is_empty()));
                Some(Ok(()))
            }
            Command::SearchKeys { first, kind, value } => {
                let (mut taken, mut same) = (0, 0);
                for n in 0..TAGS {
                    let found = self.get(first.wrapping_add(n), kind);
                    taken |= u32::from(!found.is_empty()) << n;
                    same |= u32::from(!found.is_empty() && found == value.expose()) << n;
                }
                report(Report::Keys { taken, same });
                Some(Ok(()))
            }
            Command::WriteKey { tag, kind, value } => Some(self.write(tag, kind, value.expose())),
            Command::DeleteKey { tag, kind } if self.get(tag, kind).is_empty() => Some(Ok(())),
            Command::DeleteKey { tag, kind } => Some(self.write(tag, kind, &[])),
            _ => None,
        }
    }

    /// Writes a part of a credential, or with no bytes removes it.
    fn write(&mut self, tag: u32, kind: KeyKind, value: &[u8]) -> Result<(), Error> {
        self.put(tag, kind, value)?;
        self.save()
    }

    /// A part of a credential; empty when it is not there.
    fn get(&self, tag: u32, kind: KeyKind) -> &[u8] {
        let found = self.0.iter().find(|credential| credential.tag == tag);
        found.map_or(&[], |credential| match kind {
            KeyKind::Identity => credential.identity.as_slice(),
            KeyKind::Psk => credential.key.as_slice(),
        })
    }

    fn put(&mut self, tag: u32, kind: KeyKind, value: &[u8]) -> Result<(), Error> {
        // They may move: the store must not point at them meanwhile.
        self.each(|tag, identity, _| os::withdraw_credential(tag, identity));
        let result = self.replace(tag, kind, value);
        self.0.retain(|credential| !credential.identity.is_empty() || !credential.key.is_empty());
        self.each(|tag, identity, bytes| {
            // SAFETY: the bytes stand in a static, and are withdrawn before they change.
            let published = unsafe { os::publish_credential(tag, identity, bytes) };
            if let Err(errno) = published {
                log!(error, "security tag {}: not in the credential store ({})", tag, errno);
            }
        });
        result
    }

    fn replace(&mut self, tag: u32, kind: KeyKind, value: &[u8]) -> Result<(), Error> {
        let at = match self.0.iter().position(|credential| credential.tag == tag) {
            Some(at) => at,
            None => {
                let new = Credential { tag, identity: Vec::new(), key: Vec::new() };
                self.0.push(new).map_err(|_| Error::NoMemory)?;
                self.0.len() - 1
            }
        };
        let Some(credential) = self.0.get_mut(at) else { return Err(Error::NoMemory) };
        let replaced = match kind {
            KeyKind::Identity => Vec::from_slice(value).map(|new| credential.identity = new),
            KeyKind::Psk => Vec::from_slice(value).map(|new| credential.key = new),
        };
        replaced.map_err(|_| Error::NoMemory)
    }

    /// Every part of every credential that is whole: the tag, whether it is the identity, the bytes.
    fn each(&self, mut act: impl FnMut(u32, bool, &[u8])) {
        for Credential { tag, identity, key } in &*self.0 {
            if !identity.is_empty() && !key.is_empty() {
                act(*tag, true, identity);
                act(*tag, false, key);
            }
        }
    }
}
