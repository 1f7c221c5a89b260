//! Server accounts as a whole: made from a configuration, saved to a record and restored from it.

use super::client::Client;
use super::format::ContentFormat;
use super::object::{Context, Object};
use super::objects::{Objects, security, server};
use super::read::{self, Reader};
use super::write::{self, Mode};
use super::{Path, Value, Window};
use crate::secret::Secret;

/// The layout of the record.
const LAYOUT: u8 = 1;

/// An account from the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// Server URI, see [`super::objects::Uri`].
    pub uri: &'a str,
    /// Whether it is a bootstrap server.
    pub bootstrap: bool,
    /// Identity and key for `coaps`; `None` when the modem has them under `security_tag` already.
    pub credentials: Option<Secret<(&'a [u8], &'a [u8])>>,
    /// The modem's security tag with the key, if it has one.
    pub security_tag: u32,
    /// Registration lifetime in seconds; not for a bootstrap server.
    pub lifetime: u32,
    /// Seconds to wait for a bootstrap server to begin by itself.
    pub hold_off: u32,
}

/// The Short Server ID of a server from the configuration.
const SHORT_SERVER_ID: i64 = 1;

/// The account does not fit: a URI, an identity or a key that is too long or no such thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unusable;

impl Client<'_> {
    /// Forgets every account, and takes up the one that the configuration names.
    ///
    /// # Errors
    /// Nothing is left of the account then.
    pub fn provision(&mut self, account: Option<&Account<'_>>) -> Result<(), Unusable> {
        self.objects.security.instances.clear();
        self.objects.server.instances.clear();
        self.model_changed();
        let Some(account) = account else { return Ok(()) };
        let done = provision(&mut self.objects, account);
        if done.is_none() {
            self.objects.security.instances.clear();
            self.objects.server.instances.clear();
        }
        done.ok_or(Unusable)
    }

    /// Writes the record of all accounts. It holds no key and no identity.
    pub fn save(&self, window: &mut Window<'_>) {
        window.put_u8(LAYOUT);
        let parts: [(&dyn Object, u16); 2] =
            [(&self.objects.security, security::OBJECT), (&self.objects.server, server::OBJECT)];
        for (object, id) in parts {
            let path = Path::object(id);
            let encode = |window: &mut Window<'_>| {
                read::encode(object, &path, Reader::Record, ContentFormat::Tlv, window);
            };
            let mut counter = Window::counter();
            encode(&mut counter);
            window.put_be(counter.written() as u64, 2);
            encode(window);
        }
    }

    /// Takes up the accounts of a record.
    ///
    /// # Errors
    /// The record is damaged, or of another layout: no account is left then.
    pub fn restore(&mut self, record: &[u8]) -> Result<(), Unusable> {
        self.objects.security.instances.clear();
        self.objects.server.instances.clear();
        self.model_changed();
        let done = restore(&mut self.objects, record).filter(|()| self.are_accounts_usable());
        if done.is_none() {
            self.objects.security.instances.clear();
            self.objects.server.instances.clear();
        }
        done.ok_or(Unusable)
    }
}

fn provision(objects: &mut Objects<'_>, account: &Account<'_>) -> Option<()> {
    let secure = security::Uri::parse(account.uri)?.secure;
    let mode = if secure { security::MODE_PSK } else { security::MODE_NONE };
    let credentials = account.credentials.filter(|_| secure);
    let (identity, key) = credentials.map_or((&[][..], &[][..]), Secret::expose);
    let id = if account.bootstrap { 0 } else { SHORT_SERVER_ID };
    let security: [_; 8] = [
        (security::id::URI, Value::String(account.uri)),
        (security::id::BOOTSTRAP, Value::Boolean(account.bootstrap)),
        (security::id::MODE, Value::Integer(mode.into())),
        (security::id::IDENTITY, Value::Opaque(identity)),
        (security::id::SECRET_KEY, Value::Opaque(key)),
        (security::id::SHORT_SERVER_ID, Value::Integer(id)),
        (security::id::HOLD_OFF, Value::Integer(account.hold_off.into())),
        (security::id::SECURITY_TAG, Value::Unsigned(account.security_tag.into())),
    ];
    create(&mut objects.security, &security)?;
    if account.bootstrap {
        return Some(());
    }
    let server: [_; 4] = [
        (server::id::SHORT_SERVER_ID, Value::Integer(id)),
        (server::id::LIFETIME, Value::Integer(account.lifetime.into())),
        (server::id::STORING, Value::Boolean(true)),
        (server::id::BINDING, Value::String("U")),
    ];
    create(&mut objects.server, &server)
}

/// Creates Object Instance 0 with these values.
fn create(object: &mut dyn Object, values: &[(u16, Value<'_>)]) -> Option<()> {
    let mut context = Context::new(0);
    object.create(0, &mut context).ok()?;
    for (resource, value) in values {
        let path = Path::resource(object.definition().object, 0, *resource);
        object.accepts(&path, value).ok()?;
        object.write(&path, value, &mut context).ok()?;
    }
    Some(())
}

fn restore(objects: &mut Objects<'_>, record: &[u8]) -> Option<()> {
    let (LAYOUT, mut rest) = record.split_first().map(|(layout, rest)| (*layout, rest))? else {
        return None;
    };
    for id in [security::OBJECT, server::OBJECT] {
        let (len, tail) = rest.split_first_chunk::<2>()?;
        let (part, tail) = tail.split_at_checked(u16::from_be_bytes(*len).into())?;
        rest = tail;
        let (path, mut context) = (Path::object(id), Context::new(0));
        let tlv = ContentFormat::Tlv;
        write::write(objects, &path, Mode::Record, tlv, part, &mut context).ok()?;
    }
    rest.is_empty().then_some(())
}
