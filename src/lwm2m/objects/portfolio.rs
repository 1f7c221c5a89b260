//! Object 16, Portfolio (OMA registry): which hosts there are. The primary host, Object Instance 0,
//! is this device; it is always there.
//!
//! Of its table it has Identity. GetAuthData, AuthData and AuthStatus are optional, and left out: the
//! table leaves open what the authentication data is and how it is made, so a host and its server
//! agree on that beside LwM2M, and the library has no host to ask. What is written lasts until the
//! device restarts.

use super::instances::{Empty, Instances};
use crate::bytes::{Text, keep};
use crate::capacity::{PORTFOLIO_INSTANCES, PORTFOLIO_TEXT};
use crate::coap::Code;
use crate::lwm2m::object::operation::{R, W};
use crate::lwm2m::object::{Context, Definition, Object, Resource};
use crate::lwm2m::{Path, Type, Value};

/// Object ID.
pub const OBJECT: u16 = 16;
/// Object Instance ID of the primary host.
pub const PRIMARY_HOST: u16 = 0;

/// Resource IDs.
pub mod id {
    #![allow(missing_docs, reason = "the names are the table's")]
    pub const IDENTITY: u16 = 0;
}

/// What Identity says of a host: its Resource Instances.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Identity {
    /// An identifier, such as an IMEI.
    Id = 0,
    /// Manufacturer.
    Manufacturer = 1,
    /// Model.
    Model = 2,
    /// Version of the software.
    SoftwareVersion = 3,
}

/// How many there are.
const IDENTITIES: usize = 4;

impl Identity {
    /// The one with this Resource Instance ID.
    pub const fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            0 => Self::Id,
            1 => Self::Manufacturer,
            2 => Self::Model,
            3 => Self::SoftwareVersion,
            _ => return None,
        })
    }

    /// Its path in the Object Instance of a host.
    pub const fn path(self, instance: u16) -> Path {
        Path::resource_instance(OBJECT, instance, id::IDENTITY, self as u16)
    }
}

static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 0),
    creatable: true,
    resources: &[Resource::new(id::IDENTITY, R | W, Type::String)
        .multiple()
        .mandatory()
        .range(0, PORTFOLIO_TEXT as u16)],
};

/// One host.
struct Host {
    /// Bit n: Resource Instance n has a text.
    present: u8,
    /// By Resource Instance ID.
    identities: [Text<PORTFOLIO_TEXT>; IDENTITIES],
}

impl Empty for Host {
    const EMPTY: Self = Self { present: 0, identities: [const { Text::new() }; IDENTITIES] };
}

/// Object 16.
pub struct Portfolio {
    hosts: Instances<Host, PORTFOLIO_INSTANCES>,
}

impl Portfolio {
    /// No host yet. All of it is zero.
    pub const EMPTY: Self = Self { hosts: Instances::EMPTY };

    /// Adds the primary host, of which nothing is known yet.
    #[cfg(any(test, feature = "portfolio"))]
    pub(crate) fn begin(&mut self) {
        // There is room for one.
        let _ = self.hosts.add(PRIMARY_HOST);
    }
}

impl Object for Portfolio {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn instance(&self, index: usize) -> Option<u16> {
        self.hosts.id(index)
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        super::nth(self.hosts.at(path)?.present.into(), index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let (host, id) = (self.hosts.at(path)?, path.id(3)?);
        let text = host.identities.get(usize::from(id))?;
        (host.present >> id & 1 != 0).then_some(Value::String(text))
    }

    fn accepts(&self, path: &Path, _: &Value<'_>) -> Result<(), Code> {
        let known = path.id(3).and_then(Identity::from_number).is_some();
        if known { Ok(()) } else { Err(Code::NOT_FOUND) }
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, _: &mut Context) -> Result<(), Code> {
        let id = path.id(3).unwrap_or(u16::MAX);
        let host = self.hosts.at_mut(path).ok_or(Code::NOT_FOUND)?;
        let identity = host.identities.get_mut(usize::from(id)).ok_or(Code::NOT_FOUND)?;
        if let Value::String(text) = *value {
            keep(identity, text);
            host.present |= 1 << id;
        }
        Ok(())
    }

    fn clear(&mut self, path: &Path, _: &mut Context) {
        if let Some(host) = self.hosts.at_mut(path) {
            host.present = 0;
        }
    }

    fn create(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        self.hosts.add(instance).map(|_| ()).ok_or(Code::INTERNAL_SERVER_ERROR)
    }

    fn delete(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        if instance == PRIMARY_HOST {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.hosts.remove(instance);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portfolio() -> Portfolio {
        let mut portfolio = Portfolio::EMPTY;
        portfolio.begin();
        portfolio
    }

    #[test]
    fn hosts_stand_in_the_order_of_their_numbers_until_there_is_no_room() {
        let (mut portfolio, mut context) = (portfolio(), Context::new(1));
        portfolio.create(7, &mut context).unwrap();
        assert_eq!(portfolio.create(5, &mut context), Err(Code::INTERNAL_SERVER_ERROR));
        let instances: [_; 3] = core::array::from_fn(|index| portfolio.instance(index));
        assert_eq!(instances, [Some(0), Some(7), None]);
        portfolio.delete(7, &mut context).unwrap();
        portfolio.create(5, &mut context).unwrap();
        assert_eq!(portfolio.instance(1), Some(5));
        assert_eq!(portfolio.delete(PRIMARY_HOST, &mut context), Err(Code::METHOD_NOT_ALLOWED));
        assert_eq!(portfolio.instance(0), Some(PRIMARY_HOST));
    }

    #[test]
    fn identities_are_there_when_they_were_written() {
        let (mut portfolio, mut context) = (portfolio(), Context::new(1));
        let resource = Path::resource(OBJECT, 0, id::IDENTITY);
        for (identity, text) in [(Identity::SoftwareVersion, "1.0"), (Identity::Manufacturer, "")] {
            let (path, value) = (identity.path(0), Value::String(text));
            assert_eq!(portfolio.read(&path), None);
            portfolio.write(&path, &value, &mut context).unwrap();
            assert_eq!(portfolio.read(&path), Some(value));
        }
        let ids: [_; 3] =
            core::array::from_fn(|index| portfolio.resource_instance(&resource, index));
        assert_eq!(ids, [Some(1), Some(3), None]);
        portfolio.clear(&resource, &mut context);
        assert_eq!(portfolio.resource_instance(&resource, 0), None);
    }

    #[test]
    fn there_are_four_identities() {
        let portfolio = portfolio();
        for number in 0..6 {
            let identity = Identity::from_number(number);
            assert_eq!(identity.map(|identity| identity as u16), (number < 4).then_some(number));
            let path = Path::resource_instance(OBJECT, 0, id::IDENTITY, number);
            assert_eq!(portfolio.accepts(&path, &Value::String("x")).is_ok(), number < 4);
        }
    }

    #[test]
    fn the_capacities_say_what_they_cost() {
        assert_eq!(size_of::<Host>(), 1 + 4 * (PORTFOLIO_TEXT + 1));
    }
}
