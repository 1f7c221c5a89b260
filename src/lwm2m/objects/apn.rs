//! Object 11, APN Connection Profile (OMA registry, version 1.1): packet data connections. Object
//! Instance 0 is the default connection, which the device reaches its servers through. A server can
//! create further ones; those that an application brings up are listed as far as there is room.
//!
//! - Of the default connection, APN, PDN type and authentication go to the modem at once, and hold from
//!   the next time on that it comes up: until then the server that wrote them can still be reached. It
//!   cannot be disabled (4.05), nor be one without IP (4.00).
//! - Any other connection is configured with each Write, and brought up and down as Enable status says.
//!   What the network refuses is disabled again; result and cause are then there to be read.
//! - Secret can be written and not be read. A text that AT commands cannot carry is refused (4.00):
//!   ASCII without quotes is what they do.
//! - What is written lasts until the device restarts, or until a Factory Reset. Of an application's
//!   connection the modem is not told that.
//!
//! Left out, as neither modem nor library knows them: Reconnect Schedule (the profile of the
//! configuration has the attempts), Validity, bytes and packets by connection, masks, gateways and name
//! servers, QCI, rate controls, RAT types, Reliable Data Service, vendor specific extensions. IP
//! addresses are the network's: they can be read.

use super::connectivity::replace;
use super::instances::{Empty, Instances};
use super::{Connectivity, Setting};
use crate::bytes::{Text, keep};
use crate::capacity::APN_PROFILES;
use crate::coap::Code;
use crate::lwm2m::object::operation::{R, W};
use crate::lwm2m::object::{Context, Definition, Object, Resource};
use crate::lwm2m::{Path, Type, Value};
use crate::modem::{Authentication, Command, Error, Pdn, PdnType};
use crate::secret::Secret;
use crate::time::Instant;

/// Object ID.
pub const OBJECT: u16 = 11;
/// Object Instance ID of the default connection.
pub const DEFAULT: u16 = 0;
/// The highest Object Instance ID.
const HIGHEST: u16 = 15;

/// Resource IDs.
pub mod id {
    #![allow(missing_docs, reason = "the names are the table's")]
    pub const PROFILE_NAME: u16 = 0;
    pub const APN: u16 = 1;
    pub const AUTO_SELECT: u16 = 2;
    pub const ENABLE_STATUS: u16 = 3;
    pub const AUTHENTICATION: u16 = 4;
    pub const USER_NAME: u16 = 5;
    pub const SECRET: u16 = 6;
    pub const ESTABLISHED: u16 = 9;
    pub const RESULT: u16 = 10;
    pub const REJECT_CAUSE: u16 = 11;
    pub const ENDED: u16 = 12;
    pub const IP_ADDRESS: u16 = 15;
    pub const PDN_TYPE: u16 = 24;
}

/// Bytes of a profile's name.
const NAME: usize = 16;
/// Bytes of an Access Point Name.
const APN: usize = 63;
/// Bytes of a user name, and of a password.
const CREDENTIAL: usize = 32;

const RW: u8 = R | W;
static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 1),
    creatable: true,
    resources: &[
        Resource::new(id::PROFILE_NAME, RW, Type::String).mandatory().range(0, NAME as u16),
        Resource::new(id::APN, RW, Type::String).range(0, APN as u16),
        Resource::new(id::AUTO_SELECT, RW, Type::Boolean),
        Resource::new(id::ENABLE_STATUS, RW, Type::Boolean),
        Resource::new(id::AUTHENTICATION, RW, Type::Integer).mandatory().range(0, NO_AUTH as u16),
        Resource::new(id::USER_NAME, RW, Type::String).range(0, CREDENTIAL as u16),
        Resource::new(id::SECRET, W, Type::String).range(0, CREDENTIAL as u16),
        Resource::new(id::ESTABLISHED, R, Type::Time).multiple(),
        Resource::new(id::RESULT, R, Type::Integer).multiple(),
        Resource::new(id::REJECT_CAUSE, R, Type::Integer).multiple(),
        Resource::new(id::ENDED, R, Type::Time).multiple(),
        Resource::new(id::IP_ADDRESS, R, Type::String).multiple(),
        Resource::new(id::PDN_TYPE, RW, Type::Integer).range(0, 3),
    ],
};

/// Authentication Type: none. 0 is PAP, 1 CHAP, 2 either; the modem takes CHAP then.
const NO_AUTH: u8 = 3;

/// What the modem is to be told of a connection, in this order.
const DOWN: u8 = 1;
const NEW: u8 = 2;
const CONFIGURE: u8 = 4;
const AUTHENTICATE: u8 = 8;
const UP: u8 = 16;
/// Of one that was deleted.
const DELETE: u8 = 32;

/// When something was, in seconds from the caller's origin; what of it is known.
const BEGAN: u8 = 1;
const ENDED: u8 = 2;
const RESULT: u8 = 4;

/// A connection.
struct Profile {
    id: u8,
    /// Packet data context; 0 while it has none, and of the default connection.
    context: u8,
    pending: u8,
    /// Whether it is to be up; of the default connection, always.
    enabled: bool,
    active: bool,
    /// An application's.
    foreign: bool,
    auto: bool,
    pdn_type: PdnType,
    authentication: u8,
    /// Which of the next three are known.
    known: u8,
    /// ESM cause of the last refusal; 0 when the last attempt succeeded.
    cause: u8,
    began: u32,
    ended: u32,
    name: Text<NAME>,
    apn: Text<APN>,
    user: Text<CREDENTIAL>,
    secret: Text<CREDENTIAL>,
}

impl Empty for Profile {
    const EMPTY: Self = Self {
        id: 0,
        context: 0,
        pending: 0,
        enabled: false,
        active: false,
        foreign: false,
        auto: false,
        pdn_type: PdnType::Ipv4v6,
        authentication: 0,
        known: 0,
        cause: 0,
        began: 0,
        ended: 0,
        name: Text::new(),
        apn: Text::new(),
        user: Text::new(),
        secret: Text::new(),
    };
}

impl Profile {
    const fn is_default(&self) -> bool {
        self.id == DEFAULT as u8
    }

    /// The name to ask for; empty: the network's choice.
    fn asked(&self) -> &str {
        if self.auto { "" } else { &self.apn }
    }

    /// The modem is to be told this.
    fn tell(&mut self, what: u8) {
        self.pending |= what;
        if self.is_default() {
            return;
        }
        if self.context == 0 {
            self.pending |= NEW | CONFIGURE;
        }
        // A connection that is up keeps what it came up with.
        if self.active {
            self.pending |= DOWN;
        }
        if self.enabled {
            self.pending |= UP;
        }
    }

    fn happened(&mut self, at: u32, pdn: Pdn) -> bool {
        let before = (self.active, self.known, self.cause);
        match pdn {
            Pdn::Activated if !self.active => {
                (self.active, self.began, self.cause) = (true, at, 0);
                self.known |= BEGAN | RESULT;
            }
            Pdn::Rejected { cause } => {
                (self.began, self.cause) = (at, cause.max(1));
                self.known |= BEGAN | RESULT;
                return true;
            }
            Pdn::Deactivated | Pdn::Detached if self.active => {
                (self.active, self.ended) = (false, at);
                self.known |= ENDED;
            }
            _ => {}
        }
        before != (self.active, self.known, self.cause)
    }
}

/// Object 11.
pub struct ApnProfiles {
    profiles: Instances<Profile, APN_PROFILES>,
    /// Object 4: what the default connection has of the network.
    pub connectivity: Connectivity,
    /// The time of day at the caller's origin; 0 while that is not known.
    epoch: i64,
    /// Bit n: packet data context n is to be taken down, and to be forgotten.
    down: u16,
    forgotten: u16,
    /// Object Instance, or packet data context with [`DELETE`]; and what is being told.
    in_hand: (u8, u8),
}

impl ApnProfiles {
    /// Not even the default connection. All of it is zero.
    pub(crate) const EMPTY: Self = Self {
        profiles: Instances::EMPTY,
        connectivity: Connectivity::EMPTY,
        epoch: 0,
        down: 0,
        forgotten: 0,
        in_hand: (0, 0),
    };

    /// The default connection, as the configuration has it.
    pub(crate) fn configure(&mut self, apn: &str, pdn_type: PdnType) {
        self.profiles.clear();
        // There is room for one.
        let Some(profile) = self.add(DEFAULT as u8) else { return };
        profile.enabled = true;
        profile.pdn_type = pdn_type;
        keep(&mut profile.name, "default");
        keep(&mut profile.apn, apn);
    }

    /// What servers set goes (Factory Reset): the default connection is as the configuration has it, and
    /// those that servers created are deleted.
    pub(crate) fn reset(&mut self, apn: &str, pdn_type: PdnType) {
        for id in 1..=HIGHEST {
            if self.profiles.get(id).is_some_and(|profile| !profile.foreign) {
                let _ = self.delete(id, &mut Context::new(0));
            }
        }
        let mut index = 0;
        while let Some(id) = self.profiles.id(index) {
            index += 1;
            let Some(profile) = self.profiles.get_mut(id) else { return };
            let (name, apn) = if profile.is_default() { ("default", apn) } else { ("", "") };
            keep(&mut profile.name, name);
            let mut new = replace(&mut profile.apn, apn);
            new |= core::mem::take(&mut profile.auto) || profile.pdn_type != pdn_type;
            profile.pdn_type = pdn_type;
            let had = profile.authentication != NO_AUTH;
            profile.authentication = NO_AUTH;
            profile.user.clear();
            profile.secret.clear();
            profile.pending = 0;
            if profile.foreign {
                continue;
            }
            if new {
                profile.tell(CONFIGURE);
            }
            if had {
                profile.tell(AUTHENTICATE);
            }
        }
    }

    /// Name and type of the default connection.
    pub(crate) fn default_pdn(&self) -> (&str, PdnType) {
        let default = self.profiles.get(DEFAULT);
        default.map_or(("", PdnType::Ipv4v6), |profile| (profile.asked(), profile.pdn_type))
    }

    /// The time of day.
    pub(crate) fn set_clock(&mut self, now: Instant, utc: i64) {
        self.epoch = utc.saturating_sub_unsigned(seconds(now).into());
    }

    /// Takes what became of a connection, the default one or that of a context. Gives the Object
    /// Instance that is another than before, and whether it was created for that.
    pub(crate) fn take(
        &mut self,
        now: Instant,
        context: Option<u8>,
        pdn: Pdn,
    ) -> Option<(u16, bool)> {
        let at = seconds(now);
        let Some(context) = context else {
            if matches!(pdn, Pdn::Deactivated | Pdn::Detached) {
                // With it the others go, and they come again with it.
                for profile in
                    self.profiles.places_mut().iter_mut().filter(|profile| !profile.is_default())
                {
                    profile.happened(at, pdn);
                    if profile.enabled && !profile.foreign {
                        profile.pending |= UP;
                    }
                }
            }
            return self.profiles.get_mut(DEFAULT)?.happened(at, pdn).then_some((DEFAULT, false));
        };
        let known = self
            .profiles
            .places_mut()
            .iter_mut()
            .find(|it| !it.is_default() && it.context == context);
        if let Some(profile) = known {
            return profile.happened(at, pdn).then_some((profile.id.into(), false));
        }
        if pdn != Pdn::Activated {
            return None;
        }
        let id = (1..=HIGHEST).find(|id| self.profiles.get(*id).is_none())?;
        let profile = self.add(id as u8)?;
        profile.context = context;
        (profile.enabled, profile.foreign) = (true, true);
        profile.happened(at, pdn);
        Some((id, true))
    }

    /// The modem gave the connection in hand this context.
    pub(crate) fn set_context(&mut self, context: u8) {
        if let (id, NEW) = self.in_hand
            && let Some(profile) = self.profiles.get_mut(id.into())
        {
            profile.context = context;
        }
    }

    /// Which connections are up: bit n is Object Instance n.
    #[cfg(any(feature = "cellular", test))]
    pub(crate) fn active(&self) -> u16 {
        let active = self.profiles.iter().filter(|(_, profile)| profile.active);
        active.fold(0, |active, (id, _)| active | 1 << (id & 15))
    }

    fn add(&mut self, id: u8) -> Option<&mut Profile> {
        let (profile, _) = self.profiles.add(id.into())?;
        (profile.id, profile.authentication) = (id, NO_AUTH);
        Some(profile)
    }
}

fn seconds(at: Instant) -> u32 {
    at.since(Instant::ZERO).as_secs() as u32
}

/// Whether a text can stand in an AT command.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'"')
}

/// PDN Type by number.
fn pdn_type(number: u32) -> PdnType {
    match number {
        0 => PdnType::NonIp,
        1 => PdnType::Ipv4,
        2 => PdnType::Ipv6,
        _ => PdnType::Ipv4v6,
    }
}

impl Setting for ApnProfiles {
    fn wants(&self) -> bool {
        self.forgotten != 0 || self.profiles.iter().any(|(_, profile)| profile.pending != 0)
    }

    fn begin(&mut self) -> bool {
        self.in_hand = (0, 0);
        for (set, step) in [(&mut self.down, DOWN), (&mut self.forgotten, 0)] {
            if *set != 0 {
                self.in_hand = (set.trailing_zeros() as u8, DELETE | step);
                *set &= *set - 1;
                return true;
            }
        }
        for profile in self.profiles.places_mut() {
            let mut step = 0;
            if super::lowest(&mut profile.pending, &mut step) {
                self.in_hand = (profile.id, step);
                return true;
            }
        }
        false
    }

    fn command(&self) -> Option<Command<'_>> {
        let (id, step) = self.in_hand;
        match step {
            0 => return None,
            DELETE => return Some(Command::DeleteContext(id)),
            step if step == DELETE | DOWN => {
                return Some(Command::SetContext { context: id, active: false });
            }
            _ => {}
        }
        let profile = self.profiles.get(id.into())?;
        let (context, pdn_type, apn) = (profile.context, profile.pdn_type, profile.asked());
        Some(match step {
            NEW => Command::NewContext,
            CONFIGURE if profile.is_default() => Command::ConfigurePdn { apn, pdn_type },
            CONFIGURE => Command::ConfigureContext { context, apn, pdn_type },
            AUTHENTICATE => Command::ConfigureAuthentication {
                context: (!profile.is_default()).then_some(context),
                authentication: match profile.authentication {
                    0 => Authentication::Pap,
                    1 | 2 => Authentication::Chap,
                    _ => Authentication::None,
                },
                credentials: Secret::new((&profile.user, &profile.secret)),
            },
            _ => Command::SetContext { context, active: step == UP },
        })
    }

    fn over(&mut self, result: Result<(), Error>) -> u32 {
        let (id, step) = core::mem::take(&mut self.in_hand);
        let Some(profile) =
            self.profiles.get_mut(id.into()).filter(|_| step & (DELETE | DOWN) == 0)
        else {
            return 0;
        };
        match (step, result) {
            (0, _) | (_, Ok(())) => return 0,
            // The default connection of such a modem has context 1.
            (NEW, Err(Error::Unsupported)) => {
                profile.context = id + 1;
                return 0;
            }
            // Otherwise without a context, or its definition, there is nothing to be brought up.
            (NEW, _) => profile.pending = 0,
            (CONFIGURE, _) => {
                profile.apn.clear();
                profile.pending = 0;
            }
            (AUTHENTICATE, _) => {
                profile.authentication = NO_AUTH;
                profile.user.clear();
                profile.secret.clear();
                return 1 << id::AUTHENTICATION | 1 << id::USER_NAME;
            }
            _ => {}
        }
        profile.enabled = profile.is_default();
        1 << id::APN | 1 << id::ENABLE_STATUS
    }

    fn lost(&mut self) {
        self.in_hand = (0, 0);
        (self.down, self.forgotten) = (0, 0);
        let mut index = 0;
        while let Some(profile) = self.profiles.id(index).and_then(|id| self.profiles.get_mut(id)) {
            index += 1;
            profile.active = false;
            profile.pending = 0;
            if profile.foreign {
                continue;
            }
            profile.context = 0;
            if profile.authentication != NO_AUTH {
                profile.tell(AUTHENTICATE);
            } else if !profile.is_default() {
                profile.tell(CONFIGURE);
            }
        }
    }
}

impl Object for ApnProfiles {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn instance(&self, index: usize) -> Option<u16> {
        self.profiles.id(index)
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        super::counted(self, path, index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let profile = self.profiles.at(path)?;
        let index = path.id(3).unwrap_or(0);
        let known = |what| (profile.known & what != 0 && index == 0).then_some(());
        let time = |at: u32| (self.epoch != 0).then(|| Value::Time(self.epoch + i64::from(at)));
        let number = match path.id(2)? {
            id::PROFILE_NAME => return Some(Value::String(&profile.name)),
            id::APN => {
                let given = if profile.is_default() { &*self.connectivity.apn } else { "" };
                let apn = Some(profile.asked()).filter(|apn| !apn.is_empty()).unwrap_or(given);
                return (!apn.is_empty()).then_some(Value::String(apn));
            }
            id::AUTO_SELECT => return Some(Value::Boolean(profile.asked().is_empty())),
            id::ENABLE_STATUS => return Some(Value::Boolean(profile.enabled)),
            id::AUTHENTICATION => profile.authentication,
            id::USER_NAME => {
                return (!profile.user.is_empty()).then_some(Value::String(&profile.user));
            }
            id::ESTABLISHED => return known(BEGAN).and_then(|()| time(profile.began)),
            id::RESULT => known(RESULT).map(|()| u8::from(profile.cause != 0))?,
            id::REJECT_CAUSE => known(RESULT).map(|()| profile.cause).filter(|cause| *cause > 0)?,
            id::ENDED => return known(ENDED).and_then(|()| time(profile.ended)),
            id::IP_ADDRESS if profile.is_default() => {
                let address = self.connectivity.addresses.get(usize::from(index))?;
                return Some(Value::String(address));
            }
            id::PDN_TYPE => match profile.pdn_type {
                PdnType::NonIp => 0,
                PdnType::Ipv4 => 1,
                PdnType::Ipv6 => 2,
                PdnType::Ipv4v6 => 3,
            },
            _ => return None,
        };
        Some(Value::Integer(number.into()))
    }

    fn accepts(&self, path: &Path, value: &Value<'_>) -> Result<(), Code> {
        let default = path.id(1) == Some(DEFAULT);
        let fits = match (path.id(2), *value) {
            (Some(id::PROFILE_NAME), _) => true,
            (_, Value::String(text)) => is_plain(text),
            (Some(id::ENABLE_STATUS), Value::Boolean(false)) if default => {
                return Err(Code::METHOD_NOT_ALLOWED);
            }
            (Some(id::PDN_TYPE), Value::Integer(kind)) => !default || kind != 0,
            _ => true,
        };
        if fits { Ok(()) } else { Err(Code::BAD_REQUEST) }
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, context: &mut Context) -> Result<(), Code> {
        let profile = self.profiles.at_mut(path).ok_or(Code::NOT_FOUND)?;
        let number = super::number(value).unwrap_or(0);
        let text = match *value {
            Value::String(text) => text,
            _ => "",
        };
        match path.id(2) {
            Some(id::PROFILE_NAME) => keep(&mut profile.name, text),
            Some(id::APN) => {
                keep(&mut profile.apn, text);
                profile.tell(CONFIGURE);
                context.changed(Path::resource(OBJECT, profile.id.into(), id::AUTO_SELECT));
            }
            Some(id::AUTO_SELECT) => {
                profile.auto = number != 0;
                profile.tell(CONFIGURE);
                context.changed(Path::resource(OBJECT, profile.id.into(), id::APN));
            }
            Some(id::ENABLE_STATUS) => {
                profile.enabled = number != 0;
                profile.pending &= !UP;
                if profile.enabled != profile.active && !profile.is_default() {
                    profile.tell(0);
                }
            }
            Some(id::AUTHENTICATION) => {
                profile.authentication = number as u8;
                profile.tell(AUTHENTICATE);
            }
            Some(id::USER_NAME) => {
                keep(&mut profile.user, text);
                profile.tell(AUTHENTICATE);
            }
            Some(id::SECRET) => {
                keep(&mut profile.secret, text);
                profile.tell(AUTHENTICATE);
            }
            _ => {
                profile.pdn_type = pdn_type(number);
                profile.tell(CONFIGURE);
            }
        }
        Ok(())
    }

    fn clear(&mut self, path: &Path, _: &mut Context) {
        let Some(profile) = self.profiles.at_mut(path) else { return };
        match path.id(2) {
            Some(id::APN) => {
                profile.apn.clear();
                profile.tell(CONFIGURE);
            }
            Some(id::AUTO_SELECT) => profile.auto = false,
            Some(id::USER_NAME) => profile.user.clear(),
            Some(id::SECRET) => profile.secret.clear(),
            _ => {}
        }
    }

    fn create(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        if instance > HIGHEST {
            return Err(Code::BAD_REQUEST);
        }
        self.add(instance as u8).ok_or(Code::INTERNAL_SERVER_ERROR)?.tell(CONFIGURE);
        Ok(())
    }

    fn delete(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        if instance == DEFAULT {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if let Some(profile) = self.profiles.get(instance) {
            let context = 1u16.checked_shl(profile.context.into()).unwrap_or(0);
            let active = profile.active;
            // Of one without a context the modem knows nothing.
            if profile.context != 0 {
                self.forgotten |= context;
                self.down |= if active { context } else { 0 };
            }
        }
        self.profiles.remove(instance);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    fn profiles() -> ApnProfiles {
        let mut profiles = ApnProfiles::EMPTY;
        profiles.configure("first.example", PdnType::Ipv4);
        profiles
    }

    fn write(profiles: &mut ApnProfiles, instance: u16, resource: u16, value: Value<'_>) {
        let path = Path::resource(OBJECT, instance, resource);
        profiles.accepts(&path, &value).expect("accepted");
        profiles.write(&path, &value, &mut Context::new(1)).expect("written");
    }

    fn read(profiles: &ApnProfiles, instance: u16, resource: u16) -> Option<Value<'_>> {
        profiles.read(&Path::resource(OBJECT, instance, resource))
    }

    /// Carries out what the modem is to be told, with success; the commands as text, without secrets.
    fn told(profiles: &mut ApnProfiles) -> std::vec::Vec<std::string::String> {
        let mut told = std::vec::Vec::new();
        while profiles.begin() {
            told.push(std::format!("{:?}", profiles.command().expect("a command")));
            if profiles.in_hand.1 == NEW {
                profiles.set_context(4);
            }
            profiles.over(Ok(()));
        }
        told
    }

    #[test]
    fn a_created_connection_is_configured_and_comes_up_when_enabled() {
        let mut profiles = profiles();
        profiles.create(3, &mut Context::new(1)).unwrap();
        write(&mut profiles, 3, id::APN, Value::String("second.example"));
        write(&mut profiles, 3, id::PDN_TYPE, Value::Integer(2));
        assert_eq!(
            told(&mut profiles),
            [
                "NewContext",
                "ConfigureContext { context: 4, apn: \"second.example\", pdn_type: Ipv6 }"
            ]
        );
        write(&mut profiles, 3, id::AUTHENTICATION, Value::Integer(2));
        write(&mut profiles, 3, id::ENABLE_STATUS, Value::Boolean(true));
        let said = told(&mut profiles);
        assert!(
            said[0].starts_with("ConfigureAuthentication { context: Some(4), authentication: Chap")
        );
        assert_eq!(said[1..], ["SetContext { context: 4, active: true }"]);
        let at = Instant::from_secs(50);
        profiles.set_clock(Instant::from_secs(10), 1000);
        assert_eq!(profiles.take(at, Some(4), Pdn::Activated), Some((3, false)));
        assert_eq!((profiles.active(), profiles.take(at, Some(4), Pdn::Activated)), (0b1000, None));
        let established = Path::resource_instance(OBJECT, 3, id::ESTABLISHED, 0);
        assert_eq!(profiles.read(&established), Some(Value::Time(1040)));
        // What is up is taken down to be changed.
        write(&mut profiles, 3, id::APN, Value::String("third.example"));
        assert_eq!(
            told(&mut profiles),
            [
                "SetContext { context: 4, active: false }",
                "ConfigureContext { context: 4, apn: \"third.example\", pdn_type: Ipv6 }",
                "SetContext { context: 4, active: true }"
            ]
        );
        assert_eq!(profiles.delete(3, &mut Context::new(1)), Ok(()));
        let gone = ["SetContext { context: 4, active: false }", "DeleteContext(4)"];
        assert_eq!(told(&mut profiles), gone);
    }

    #[test]
    fn what_cannot_be_is_disabled_again() {
        let mut profiles = profiles();
        profiles.create(1, &mut Context::new(1)).unwrap();
        write(&mut profiles, 1, id::ENABLE_STATUS, Value::Boolean(true));
        assert!(profiles.begin());
        // No list of free contexts: the number behind the instance's.
        profiles.over(Err(Error::Unsupported));
        assert!(profiles.begin());
        assert!(matches!(profiles.command(), Some(Command::ConfigureContext { context: 2, .. })));
        profiles.over(Ok(()));
        assert!(profiles.begin());
        let at = Instant::from_secs(1);
        assert_eq!(profiles.take(at, Some(2), Pdn::Rejected { cause: 27 }), Some((1, false)));
        assert_ne!(profiles.over(Err(Error::Refused)), 0);
        assert_eq!(read(&profiles, 1, id::ENABLE_STATUS), Some(Value::Boolean(false)));
        let first = |resource| Path::resource_instance(OBJECT, 1, resource, 0);
        assert_eq!(profiles.read(&first(id::RESULT)), Some(Value::Integer(1)));
        assert_eq!(profiles.read(&first(id::REJECT_CAUSE)), Some(Value::Integer(27)));
        // Nobody knows the time of day.
        assert_eq!(profiles.read(&first(id::ESTABLISHED)), None);
        assert!(!profiles.begin());
    }

    #[test]
    fn the_default_connection_stays() {
        let mut profiles = profiles();
        let at = |resource| Path::resource(OBJECT, DEFAULT, resource);
        let refused = profiles.accepts(&at(id::ENABLE_STATUS), &Value::Boolean(false));
        assert_eq!(refused, Err(Code::METHOD_NOT_ALLOWED));
        let refused = profiles.accepts(&at(id::PDN_TYPE), &Value::Integer(0));
        assert_eq!(refused, Err(Code::BAD_REQUEST));
        assert!(profiles.delete(DEFAULT, &mut Context::new(1)).is_err());
        assert_eq!(profiles.default_pdn(), ("first.example", PdnType::Ipv4));
        write(&mut profiles, DEFAULT, id::AUTO_SELECT, Value::Boolean(true));
        assert_eq!(profiles.default_pdn(), ("", PdnType::Ipv4));
        write(&mut profiles, DEFAULT, id::AUTO_SELECT, Value::Boolean(false));
        write(&mut profiles, DEFAULT, id::APN, Value::String("other.example"));
        let said = ["ConfigurePdn { apn: \"other.example\", pdn_type: Ipv4 }"];
        assert_eq!(told(&mut profiles), said);
        assert_eq!(read(&profiles, DEFAULT, id::AUTO_SELECT), Some(Value::Boolean(false)));
    }

    #[test]
    fn a_factory_reset_leaves_the_default_connection_as_it_was() {
        let mut profiles = profiles();
        let reset = |profiles: &mut ApnProfiles| profiles.reset("first.example", PdnType::Ipv4);
        reset(&mut profiles);
        assert!(!profiles.wants());
        profiles.take(Instant::from_secs(1), None, Pdn::Activated);
        for (resource, value) in [
            (id::PROFILE_NAME, Value::String("mine")),
            (id::APN, Value::String("other.example")),
            (id::PDN_TYPE, Value::Integer(3)),
            (id::AUTHENTICATION, Value::Integer(0)),
            (id::USER_NAME, Value::String("me")),
            (id::SECRET, Value::String("hush")),
        ] {
            write(&mut profiles, DEFAULT, resource, value);
        }
        profiles.create(2, &mut Context::new(1)).unwrap();
        told(&mut profiles);
        reset(&mut profiles);
        assert_eq!(profiles.default_pdn(), ("first.example", PdnType::Ipv4));
        let said = told(&mut profiles);
        let expected =
            ["DeleteContext(4)", "ConfigurePdn { apn: \"first.example\", pdn_type: Ipv4 }"];
        assert_eq!(said[..2], expected);
        assert!(said[2].contains("authentication: None"), "{said:?}");
        assert_eq!((said.len(), profiles.instance(1)), (3, None));
        assert_eq!(read(&profiles, DEFAULT, id::PROFILE_NAME), Some(Value::String("default")));
        assert_eq!(read(&profiles, DEFAULT, id::USER_NAME), None);
        assert!(profiles.profiles.places()[0].secret.is_empty());
        // It is up all the time.
        assert_eq!(profiles.active(), 1);
        // An application's stays, without what servers wrote there.
        profiles.take(Instant::from_secs(1), Some(7), Pdn::Activated);
        write(&mut profiles, 1, id::PROFILE_NAME, Value::String("theirs"));
        reset(&mut profiles);
        assert_eq!((profiles.active(), profiles.wants()), (0b11, false));
        assert_eq!(read(&profiles, 1, id::PROFILE_NAME), Some(Value::String("")));
    }

    #[test]
    fn texts_that_a_command_cannot_carry_are_refused() {
        let profiles = profiles();
        for resource in [id::APN, id::USER_NAME, id::SECRET] {
            let path = Path::resource(OBJECT, DEFAULT, resource);
            for text in ["a\"b", "a\r\nAT", "\u{e9}"] {
                assert!(
                    profiles.accepts(&path, &Value::String(text)).is_err(),
                    "{resource} {text}"
                );
            }
        }
    }

    #[test]
    fn an_applications_connection_is_listed_while_there_is_room() {
        let mut profiles = profiles();
        let at = Instant::from_secs(1);
        assert_eq!(profiles.take(at, Some(7), Pdn::Deactivated), None);
        assert_eq!(profiles.take(at, Some(7), Pdn::Activated), Some((1, true)));
        assert_eq!(profiles.take(at, Some(8), Pdn::Activated), None);
        assert_eq!(profiles.create(2, &mut Context::new(1)), Err(Code::INTERNAL_SERVER_ERROR));
        profiles.take(at, None, Pdn::Activated);
        assert_eq!(profiles.active(), 0b11);
        profiles.take(at, None, Pdn::Detached);
        assert_eq!((profiles.active(), profiles.wants()), (0, false));
    }

    #[test]
    fn a_modem_that_restarts_is_told_again() {
        let mut profiles = profiles();
        profiles.create(1, &mut Context::new(1)).unwrap();
        write(&mut profiles, 1, id::USER_NAME, Value::String("me"));
        write(&mut profiles, 1, id::AUTHENTICATION, Value::Integer(0));
        write(&mut profiles, 1, id::ENABLE_STATUS, Value::Boolean(true));
        let said = told(&mut profiles);
        assert_eq!(said.len(), 4);
        profiles.lost();
        assert_eq!(told(&mut profiles), said);
    }

    #[test]
    fn secrets_are_not_shown() {
        let mut profiles = profiles();
        write(&mut profiles, DEFAULT, id::AUTHENTICATION, Value::Integer(0));
        write(&mut profiles, DEFAULT, id::USER_NAME, Value::String("somebody"));
        write(&mut profiles, DEFAULT, id::SECRET, Value::String("hush-hush"));
        let said = told(&mut profiles).concat();
        assert!(!said.contains("somebody") && !said.contains("hush"), "{said}");
        assert_eq!(read(&profiles, DEFAULT, id::SECRET), None);
        assert!(!DEFINITION.resource(id::SECRET).unwrap().is_readable());
    }
}
