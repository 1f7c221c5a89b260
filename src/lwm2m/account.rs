//! Server accounts as a whole: made from a configuration, saved to a record and restored from it.

use super::client::Client;
use super::format::ContentFormat;
use super::object::{Context, Object};
use super::objects::{Objects, access_control, security, server};
use super::paths::Paths;
use super::read::{Reader, View};
use super::registration::State;
use super::write::{self, Mode};
use super::{Path, Window};
use crate::secret::Secret;

/// The layout of the record.
const LAYOUT: u8 = 1;
/// The objects in it, in this order. An older record ends before the Access Control Object.
const RECORDED: [u16; 3] = [security::OBJECT, server::OBJECT, access_control::OBJECT];

/// What a server is for.
// From 1 on: so no account at all is all zeros, and the memory before it is configured, too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Role {
    /// Device management.
    Management = 1,
    /// Bootstrap.
    Bootstrap = 2,
}

/// An account from the configuration.
#[derive(Clone, Copy, Debug)]
pub struct Account<'a> {
    /// Server URI, see [`super::objects::Uri`].
    pub uri: &'a str,
    /// What the server is for.
    pub role: Role,
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
const SHORT_SERVER_ID: u16 = 1;

/// The account does not fit: a URI, an identity or a key that is too long or no such thing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Unusable;

impl Client<'_> {
    /// Forgets every account, and takes up the one that the configuration names.
    ///
    /// # Errors
    /// Nothing is left of the account then.
    pub fn provision(&mut self, account: Option<&Account<'_>>) -> Result<(), Unusable> {
        self.clear_accounts();
        let done = account.is_none_or(|account| provision(&mut self.objects, account).is_some());
        self.keep_accounts(done)
    }

    pub(super) fn clear_accounts(&mut self) {
        self.objects.security.instances.clear();
        self.objects.server.instances.clear();
        self.objects.access_control.clear();
        for peer in &mut self.peers {
            // It was with a server of one of them.
            if peer.registration.away {
                peer.registration.to(State::Off);
            }
        }
        self.model_changed();
    }

    /// Leaves nothing of accounts that are not whole.
    pub(super) fn keep_accounts(&mut self, whole: bool) -> Result<(), Unusable> {
        if whole {
            return Ok(());
        }
        self.clear_accounts();
        Err(Unusable)
    }

    /// Writes the record of all accounts. It holds no key and no identity.
    pub fn save(&self, window: &mut Window<'_>) {
        window.put_u8(LAYOUT);
        for id in &RECORDED {
            let path = Path::object(*id);
            let encode = |window: &mut Window<'_>| {
                let view = View::new(&self.objects, 0).with(Reader::Record);
                view.encode(Paths::One(&path), ContentFormat::Tlv, window);
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
        self.clear_accounts();
        let mut done = restore(&mut self.objects, record).is_some();
        // From a smartcard there may be a bootstrap server's account alone.
        #[cfg(feature = "smartcard")]
        let usable = self.are_accounts_usable() || self.can_bootstrap();
        #[cfg(not(feature = "smartcard"))]
        let usable = self.are_accounts_usable();
        done &= usable;
        self.keep_accounts(done)
    }
}

fn provision(objects: &mut Objects<'_>, account: &Account<'_>) -> Option<()> {
    let mut context = Context::new(0);
    let object = &mut objects.security;
    object.create(0, &mut context).ok()?;
    let secure = security::Uri::parse(account.uri)?.secure;
    let instance = object.instances.get_mut(0)?;
    if let Some(credentials) = account.credentials.filter(|_| secure) {
        instance.take(credentials).ok()?;
    }
    instance.uri.push_str(account.uri).ok()?;
    instance.bootstrap = account.role == Role::Bootstrap;
    instance.mode = if secure { security::MODE_PSK } else { security::MODE_NONE };
    instance.hold_off = account.hold_off;
    instance.tag = account.security_tag;
    if instance.bootstrap {
        return Some(());
    }
    instance.short_id = SHORT_SERVER_ID;
    objects.server.create(0, &mut context).ok()?;
    let instance = objects.server.instances.get_mut(0)?;
    instance.set(server::id::SHORT_SERVER_ID, SHORT_SERVER_ID.into());
    instance.set(server::id::LIFETIME, account.lifetime);
    instance.set(server::id::STORING, 1);
    // Who configures a server by hand wants to hear from the device.
    instance.set(server::id::MUTE_SEND, 0);
    instance.set_binding("U");
    // A lifetime of nothing is none.
    (account.lifetime > 0).then_some(())
}

fn restore(objects: &mut Objects<'_>, record: &[u8]) -> Option<()> {
    let (LAYOUT, mut rest) = record.split_first().map(|(layout, rest)| (*layout, rest))? else {
        return None;
    };
    for id in &RECORDED {
        if rest.is_empty() && *id == access_control::OBJECT {
            break;
        }
        let (len, tail) = rest.split_first_chunk::<2>()?;
        let (part, tail) = tail.split_at_checked(u16::from_be_bytes(*len).into())?;
        rest = tail;
        let (path, mut context) = (Path::object(*id), Context::new(0));
        let tlv = ContentFormat::Tlv;
        // A product may have left the object out meanwhile.
        if objects.get(*id).is_some() {
            write::write(objects, &path, Mode::Record, tlv, part, &mut context).ok()?;
        }
    }
    rest.is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use crate::capacity::{ACCESS_CONTROLS, ACCOUNTS, RECORD, SERVERS, URI};
    use crate::lwm2m::{Type, Value};
    use std::string::String;

    /// Creates as many Object Instances as fit, with the longest values that the table and the object
    /// take.
    fn fill(object: &mut dyn Object, count: usize) {
        let uri = String::from("coaps://") + &"h".repeat(URI - 8);
        let context = &mut Context::new(0);
        for instance in (0..count as u16).map(|index| 65000 + index) {
            object.create(instance, context).expect("room");
            for resource in object.definition().resources {
                let number = (1..=32)
                    .map(|bits| (1u64 << bits) - 2)
                    .rfind(|number| resource.allows(&Value::Unsigned(*number)))
                    .unwrap_or(0);
                let value = match resource.kind {
                    Type::Integer => Value::Integer(number as i64),
                    Type::Unsigned => Value::Unsigned(number),
                    Type::Boolean => Value::Boolean(false),
                    Type::Time => Value::Time(number as i64),
                    Type::ObjectLink => Value::ObjectLink(65000, 65000),
                    Type::String if resource.id == 0 => Value::String(&uri),
                    Type::String if resource.id == server::id::BINDING => Value::String("UUUUUUUU"),
                    Type::String => Value::String("U"),
                    _ => continue,
                };
                let path = Path::resource(object.definition().object, instance, resource.id);
                for id in (0..=SERVERS as u16).map(|index| 65000 + index) {
                    let mut path = path;
                    if resource.is_multiple() {
                        path.push(id);
                    }
                    if object.accepts(&path, &value).is_ok() {
                        let _ = object.write(&path, &value, context);
                    }
                }
            }
        }
    }

    #[test]
    fn the_largest_record_is_as_large_as_it_says() {
        let mut client = Client::EMPTY;
        fill(&mut client.objects.security, ACCOUNTS);
        fill(&mut client.objects.server, SERVERS);
        fill(&mut client.objects.access_control, ACCESS_CONTROLS);
        let mut buffer = [0; 4096];
        let mut window = Window::new(&mut buffer, 0);
        client.save(&mut window);
        // An account with a longer URI has a byte more.
        let shortest = RECORD - ACCOUNTS;
        assert!((shortest..=RECORD).contains(&window.kept()), "{}", window.kept());
    }
}
