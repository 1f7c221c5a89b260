//! Object 0, Security: where a server is and how to reach it (Core appendix E.1).
//!
//! No server can read it; the bootstrap server writes it. Keys and identities stay here only until
//! the modem has them, see `key_written`.

use super::instances::{Empty, Instances};
use crate::bytes::{Text, keep};
use crate::capacity;
use crate::coap::Code;
use crate::lwm2m::object::operation::NONE;
use crate::lwm2m::object::{Context, Definition, Object, Resource};
use crate::lwm2m::path::{cut, parse_id, split};
use crate::lwm2m::{Path, Type, Value};
use crate::secret::Secret;
use core::fmt;
use heapless::{Vec, VecView};

/// Object ID.
pub const OBJECT: u16 = 0;

/// Resource IDs that the library acts upon.
pub(crate) mod id {
    pub const URI: u16 = 0;
    pub const BOOTSTRAP: u16 = 1;
    pub const MODE: u16 = 2;
    pub const IDENTITY: u16 = 3;
    pub const SECRET_KEY: u16 = 5;
    pub const SHORT_SERVER_ID: u16 = 10;
    pub const HOLD_OFF: u16 = 11;
    pub const ACCOUNT_TIMEOUT: u16 = 12;
    /// Not the specification's: the modem's security tag that has the key, kept in our record.
    pub const SECURITY_TAG: u16 = 65000;
}

/// Security Mode 0: pre-shared key.
pub const MODE_PSK: u8 = 0;
/// Security Mode 3: none.
pub const MODE_NONE: u8 = 3;

// Resources 6 to 9 (SMS) and 13 to 17 are taken and dropped: servers write them to every client.
static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 1),
    creatable: false,
    resources: &[
        Resource::new(id::URI, NONE, Type::String).range(0, 255).mandatory(),
        Resource::new(id::BOOTSTRAP, NONE, Type::Boolean).mandatory(),
        Resource::new(id::MODE, NONE, Type::Integer).range(0, 4).mandatory(),
        Resource::new(id::IDENTITY, NONE, Type::Opaque).range(0, capacity::IDENTITY as u16),
        Resource::new(4, NONE, Type::Opaque),
        Resource::new(id::SECRET_KEY, NONE, Type::Opaque).range(0, capacity::KEY as u16),
        Resource::new(6, NONE, Type::Integer),
        Resource::new(7, NONE, Type::Opaque),
        Resource::new(8, NONE, Type::Opaque),
        Resource::new(9, NONE, Type::String),
        Resource::new(id::SHORT_SERVER_ID, NONE, Type::Integer).range(0, 65535),
        Resource::new(id::HOLD_OFF, NONE, Type::Integer),
        Resource::new(id::ACCOUNT_TIMEOUT, NONE, Type::Integer),
        Resource::new(13, NONE, Type::Unsigned),
        Resource::new(14, NONE, Type::String),
        Resource::new(15, NONE, Type::Unsigned),
        Resource::new(16, NONE, Type::Unsigned).multiple(),
        Resource::new(17, NONE, Type::ObjectLink),
        Resource::new(id::SECURITY_TAG, NONE, Type::Unsigned),
    ],
};

/// An Instance of the Security Object.
#[derive(Clone)]
#[repr(C)]
pub struct Security {
    /// Whether there is such an Instance.
    there: bool,
    /// Session number, the same as long as the Instance lives.
    pub(crate) slot: u8,
    pub(crate) bootstrap: bool,
    pub(crate) mode: u8,
    pub(crate) short_id: u16,
    /// Seconds to wait for the bootstrap server to begin by itself.
    pub(crate) hold_off: u32,
    /// Seconds after which the bootstrap server's account is removed; 0 is never.
    pub(crate) account_timeout: u32,
    /// The modem's security tag with its key; 0 until it has one.
    pub(crate) tag: u32,
    pub(crate) uri: Text<{ capacity::URI }>,
    identity: Vec<u8, { capacity::IDENTITY }, u8>,
    key: Vec<u8, { capacity::KEY }, u8>,
}

impl fmt::Debug for Security {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Security").field("uri", &self.uri).finish_non_exhaustive()
    }
}

impl Empty for Security {
    const EMPTY: Self = Self {
        there: false,
        slot: 0,
        bootstrap: false,
        mode: 0,
        short_id: 0,
        hold_off: 0,
        account_timeout: 0,
        tag: 0,
        uri: Text::new(),
        identity: Vec::new(),
        key: Vec::new(),
    };
}

impl Security {
    /// Identity and key that the modem does not have yet.
    pub(crate) fn key(&self) -> Option<Secret<(&[u8], &[u8])>> {
        (self.mode == MODE_PSK && !self.key.is_empty())
            .then(|| Secret::new((self.identity.as_slice(), self.key.as_slice())))
    }

    /// Takes an identity and a key.
    pub(crate) fn take(&mut self, credentials: Secret<(&[u8], &[u8])>) -> Result<(), Code> {
        let (identity, key) = credentials.expose();
        take(&mut self.identity, identity)?;
        take(&mut self.key, key)
    }

    /// Forgets identity and key, because the modem has them under `tag`.
    pub(crate) fn key_written(&mut self, tag: u32) {
        self.tag = tag;
        // Overwritten, so that the key does not stay behind the vector's length.
        self.key.iter_mut().for_each(|byte| *byte = 0);
        self.key.clear();
        self.identity.clear();
    }

    /// Whether it can be used: a URI that can be followed, and keys where it wants them.
    pub(crate) fn is_complete(&self) -> bool {
        let Some(uri) = Uri::parse(&self.uri) else { return false };
        match self.mode {
            MODE_PSK => {
                uri.secure && (self.tag != 0 || (!self.key.is_empty() && !self.identity.is_empty()))
            }
            MODE_NONE => !uri.secure,
            _ => false,
        }
    }
}

/// A server URI: `coap://host[:port][/path]` or `coaps://…`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Uri<'a> {
    /// Whether it is `coaps`.
    pub secure: bool,
    /// Host, without the brackets of an IPv6 address.
    pub host: &'a str,
    /// Port; 5683 or 5684 where none is given.
    pub port: u16,
    /// Path without the leading slash; empty for none.
    pub path: &'a str,
}

impl<'a> Uri<'a> {
    /// Takes a URI apart; `None` for other schemes and what is no URI (RFC 7252, 6.1).
    pub fn parse(text: &'a str) -> Option<Self> {
        let rest = text.strip_prefix("coap")?;
        let (secure, rest) = match rest.strip_prefix('s') {
            Some(rest) => (true, rest),
            None => (false, rest),
        };
        let rest = rest.strip_prefix("://")?;
        let (authority, path) = split(rest, b'/');
        let (host, port) = match authority.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = cut(rest, b']')?;
                (host, if rest.is_empty() { rest } else { rest.strip_prefix(':')? })
            }
            None => split(authority, b':'),
        };
        let port = match parse_id(port.as_bytes()) {
            None if port.is_empty() => 5683 + u16::from(secure),
            port => port?,
        };
        let plain = |c: u8| c.is_ascii_graphic() && !matches!(c, b'@' | b'?' | b'#' | b'"');
        if host.is_empty() || port == 0 || !rest.bytes().all(plain) {
            return None;
        }
        Some(Self { secure, host, port, path })
    }
}

/// Replaces an identity or a key. One that is too long is none.
#[inline(never)]
fn take(secret: &mut VecView<u8, u8>, bytes: &[u8]) -> Result<(), Code> {
    secret.clear();
    secret.extend_from_slice(bytes).map_err(|_| Code::BAD_REQUEST)
}

/// Object 0.
pub struct SecurityObject {
    pub(crate) instances: Instances<Security, { capacity::ACCOUNTS }>,
}

impl SecurityObject {
    /// No Instance.
    pub(crate) const EMPTY: Self = Self { instances: Instances::EMPTY };

    /// All Instances in any order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Security> {
        self.instances.places().iter().filter(|security| security.there)
    }

    /// The bootstrap server's Instance.
    pub(crate) fn bootstrap(&self) -> Option<&Security> {
        self.instances.get(self.bootstrap_id()?)
    }

    /// Its Object Instance ID.
    pub(crate) fn bootstrap_id(&self) -> Option<u16> {
        self.instances.iter().find(|(_, security)| security.bootstrap).map(|(id, _)| id)
    }

    /// The Instance behind a session.
    pub(crate) fn by_slot(&self, slot: u8) -> Option<&Security> {
        self.instances.in_place(slot).filter(|security| security.there)
    }

    /// Where the server behind a session is.
    pub fn uri(&self, slot: u8) -> Option<Uri<'_>> {
        Uri::parse(&self.by_slot(slot)?.uri)
    }

    /// Identity and key for the session, where an account or a bootstrap server brought them.
    pub fn credentials(&self, slot: u8) -> Option<Secret<(&[u8], &[u8])>> {
        self.by_slot(slot)?.key()
    }

    /// How many Instances there are of a device management server.
    #[inline(never)]
    pub(crate) fn count(&self, short_id: u16) -> usize {
        let of = |security: &&Security| !security.bootstrap && security.short_id == short_id;
        self.iter().filter(of).count()
    }
}

impl Object for SecurityObject {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn instance(&self, index: usize) -> Option<u16> {
        self.instances.id(index)
    }

    /// What our own record keeps: everything but keys and identities.
    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let security = self.instances.at(path)?;
        let resource = path.id(2)?;
        let number = match resource {
            id::URI => return Some(Value::String(&security.uri)),
            id::BOOTSTRAP => security.bootstrap.into(),
            id::MODE => security.mode.into(),
            id::SHORT_SERVER_ID if !security.bootstrap => security.short_id.into(),
            id::HOLD_OFF => security.hold_off,
            id::ACCOUNT_TIMEOUT => security.account_timeout,
            id::SECURITY_TAG => security.tag,
            _ => return None,
        };
        super::value(self, resource, number)
    }

    fn accepts(&self, path: &Path, value: &Value<'_>) -> Result<(), Code> {
        let fits = match *value {
            Value::String(text) if path.id(2) == Some(id::URI) => {
                if text.len() > capacity::URI {
                    return Err(Code::REQUEST_ENTITY_TOO_LARGE);
                }
                Uri::parse(text).is_some()
            }
            Value::String(_) | Value::Opaque(_) => true,
            _ => super::number(value).is_some(),
        };
        if fits { Ok(()) } else { Err(Code::BAD_REQUEST) }
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, _: &mut Context) -> Result<(), Code> {
        let security = self.instances.at_mut(path).ok_or(Code::NOT_FOUND)?;
        let number = super::number(value).unwrap_or(0);
        match (path.id(2).unwrap_or(u16::MAX), *value) {
            (id::URI, Value::String(text)) => keep(&mut security.uri, text),
            (id::IDENTITY, Value::Opaque(bytes)) => return take(&mut security.identity, bytes),
            (id::SECRET_KEY, Value::Opaque(bytes)) => return take(&mut security.key, bytes),
            (id::BOOTSTRAP, _) => security.bootstrap = number != 0,
            (id::MODE, _) => security.mode = number as u8,
            (id::SHORT_SERVER_ID, _) => security.short_id = number as u16,
            (id::HOLD_OFF, _) => security.hold_off = number,
            (id::ACCOUNT_TIMEOUT, _) => security.account_timeout = number,
            (id::SECURITY_TAG, _) => security.tag = number,
            _ => {}
        }
        Ok(())
    }

    fn create(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        let (security, slot) = self.instances.add(instance).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        (security.there, security.slot) = (true, slot);
        security.mode = MODE_NONE;
        Ok(())
    }

    fn delete(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        self.instances.remove(instance);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_are_taken_apart() {
        let uri = Uri::parse("coaps://server.example:1234/a/b").unwrap();
        assert_eq!(
            (uri.secure, uri.host, uri.port, uri.path),
            (true, "server.example", 1234, "a/b")
        );
        let uri = Uri::parse("coap://[2001:db8::1]").unwrap();
        assert_eq!((uri.secure, uri.host, uri.port, uri.path), (false, "2001:db8::1", 5683, ""));
        for wrong in [
            "",
            "http://h",
            "coap://",
            "coap://:1",
            "coap://h:0",
            "coap://h:65536",
            "coap://[::1",
            "coap://[::1]x",
            "coap://h:a",
            "coap://a b",
            "coap://u@h",
        ] {
            assert_eq!(Uri::parse(wrong), None, "{wrong}");
        }
    }
}
