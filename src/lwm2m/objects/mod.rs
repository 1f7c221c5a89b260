//! The objects that the library brings, each in its own file, and the set of all objects.

pub mod access_control;
#[cfg(feature = "apn-profiles")]
pub mod apn;
pub mod app_data;
pub mod binary_app_data;
#[cfg(feature = "cellular")]
pub mod cellular;
pub mod connectivity;
pub mod device;
pub mod event_log;
pub mod firmware;
pub(crate) mod instances;
pub mod location;
pub mod portfolio;
pub mod security;
pub mod server;
#[cfg(feature = "connectivity-statistics")]
pub mod statistics;

use super::object::Object;
use super::{Path, Type, Value, source};
pub use access_control::AccessControl;
#[cfg(feature = "apn-profiles")]
pub use apn::ApnProfiles;
pub use app_data::AppData;
pub use binary_app_data::BinaryAppData;
#[cfg(feature = "cellular")]
pub use cellular::Cellular;
pub use connectivity::Connectivity;
pub use device::Device;
pub use event_log::EventLog;
pub use firmware::Firmware;
pub use location::Location;
pub use portfolio::Portfolio;
pub use security::{Security, SecurityObject, Uri};
pub use server::{Server, ServerObject};
#[cfg(feature = "connectivity-statistics")]
pub use statistics::Statistics;

/// A value of up to 32 bits that is a number, a truth value, a time or a link, as a number.
#[inline(never)]
fn number(value: &Value<'_>) -> Option<u32> {
    let number = match *value {
        // A negative one becomes too large.
        Value::Integer(number) | Value::Time(number) => number as u64,
        Value::Unsigned(number) => number,
        Value::Boolean(on) => on.into(),
        Value::ObjectLink(object, instance) => u64::from(object) << 16 | u64::from(instance),
        _ => return None,
    };
    u32::try_from(number).ok()
}

/// The value that a number stands for in a resource of this object.
#[inline(never)]
fn value(object: &dyn Object, resource: u16, number: u32) -> Option<Value<'static>> {
    Some(match object.definition().resource(resource)?.kind {
        Type::Boolean => Value::Boolean(number != 0),
        Type::Unsigned => Value::Unsigned(number.into()),
        Type::Time => Value::Time(number.into()),
        Type::ObjectLink => Value::ObjectLink((number >> 16) as u16, number as u16),
        _ => Value::Integer(number.into()),
    })
}

/// [`Object::resource_instance`] where the Resource Instance IDs count from 0.
#[inline(never)]
fn counted(object: &dyn Object, path: &Path, index: usize) -> Option<u16> {
    let id = index as u16;
    let mut at = *path;
    at.push(id)?;
    object.read(&at).map(|_| id)
}

/// The number of the bit at `index` among those that are set.
#[inline(never)]
fn nth(mut bits: u32, index: usize) -> Option<u16> {
    // The lowest ones go.
    for _ in 0..index.min(32) {
        bits &= bits.wrapping_sub(1);
    }
    (bits != 0).then(|| bits.trailing_zeros() as u16)
}

/// An object through which servers set something of the modem: one command after the other.
#[cfg(feature = "modem-settings")]
pub(crate) trait Setting {
    /// Whether the modem is to be told something.
    fn wants(&self) -> bool;

    /// Takes the next of that in hand, if there is any.
    fn begin(&mut self) -> bool;

    /// The command in hand.
    fn command(&self) -> Option<crate::modem::Command<'_>>;

    /// The command in hand is over; which resources have other values than before: bit n is Resource
    /// n of every Object Instance.
    fn over(&mut self, result: Result<(), crate::modem::Error>) -> u32;

    /// The modem restarted: it is told again what it has to know.
    fn lost(&mut self);
}

/// [`Setting::begin`] where each bit is something that the modem is to be told, the lowest first.
#[cfg(feature = "modem-settings")]
fn lowest(pending: &mut u8, in_hand: &mut u8) -> bool {
    *in_hand = *pending & pending.wrapping_neg();
    *pending &= !*in_hand;
    *in_hand != 0
}

/// Objects that an application adds, by the order in which they are registered.
pub type Additional<'a> = &'a mut [&'a mut dyn Object];

/// Makes [`Objects`] of two lists: the fields with their types, and the objects in them by ascending
/// Object ID: where they are, their Object ID, and whether servers see them. An object that the library
/// itself acts upon has a field in any case, others with their Cargo feature only.
macro_rules! objects {
    (
        fields { $($(#[$fcfg:meta])? $name:ident: $type:ident, $doc:literal;)* }
        objects { $($(#[$cfg:meta])? $($place:ident).+, $id:expr, $there:expr;)* }
    ) => {
        /// Every object of the device.
        pub struct Objects<'a> {
            $(#[doc = $doc] $(#[$fcfg])? pub $name: $type,)*
            additional: Option<Additional<'a>>,
        }

        impl Objects<'_> {
            /// The library's objects, empty. All of it is zero.
            pub(crate) const EMPTY: Self =
                Self { $($(#[$fcfg])? $name: $type::EMPTY,)* additional: None };

            /// The object at position `index`; `None` behind the last.
            pub fn at(&self, mut index: usize) -> Option<&dyn Object> {
                $($(#[$cfg])? if $there {
                    if index == 0 {
                        return Some(&self.$($place).+);
                    }
                    index -= 1;
                })*
                Some(&**self.additional.as_ref()?.get(index)?)
            }

            /// The object with this Object ID.
            pub fn get(&self, object: u16) -> Option<&dyn Object> {
                $($(#[$cfg])? if $there && object == $id {
                    return Some(&self.$($place).+);
                })*
                let additional = self.additional.as_ref()?;
                Some(&**additional.iter().find(|o| o.definition().object == object)?)
            }

            /// The object with this Object ID, to be changed.
            pub fn get_mut(&mut self, object: u16) -> Option<&mut dyn Object> {
                $($(#[$cfg])? if $there && object == $id {
                    return Some(&mut self.$($place).+);
                })*
                let additional = self.additional.as_mut()?;
                Some(&mut **additional.iter_mut().find(|o| o.definition().object == object)?)
            }
        }
    };
}

objects! {
    fields {
        security: SecurityObject, "Object 0.";
        server: ServerObject, "Object 1.";
        access_control: AccessControl, "Object 2.";
        device: Device, "Object 3.";
        #[cfg(not(feature = "apn-profiles"))]
        connectivity: Connectivity, "Object 4.";
        firmware: Firmware, "Object 5.";
        #[cfg(feature = "location")]
        location: Location, "Object 6.";
        #[cfg(feature = "connectivity-statistics")]
        statistics: Statistics, "Object 7.";
        #[cfg(feature = "cellular")]
        cellular: Cellular, "Object 10.";
        #[cfg(feature = "apn-profiles")]
        apn_profiles: ApnProfiles, "Object 11, and object 4, of which it shows name and addresses.";
        #[cfg(feature = "portfolio")]
        portfolio: Portfolio, "Object 16.";
        #[cfg(feature = "binary-app-data")]
        binary_app_data: BinaryAppData, "Object 19.";
        #[cfg(feature = "event-log")]
        event_log: EventLog, "Object 20.";
        #[cfg(feature = "app-data")]
        app_data: AppData, "Object 10250.";
    }
    objects {
        security, security::OBJECT, true;
        server, server::OBJECT, true;
        access_control, access_control::OBJECT, cfg!(feature = "access-control");
        device, device::OBJECT, true;
        #[cfg(not(feature = "apn-profiles"))]
        connectivity, connectivity::OBJECT, cfg!(feature = "connectivity");
        #[cfg(feature = "apn-profiles")]
        apn_profiles.connectivity, connectivity::OBJECT, cfg!(feature = "connectivity");
        firmware, firmware::OBJECT, cfg!(feature = "firmware");
        #[cfg(feature = "location")]
        location, location::OBJECT, true;
        #[cfg(feature = "connectivity-statistics")]
        statistics, statistics::OBJECT, true;
        #[cfg(feature = "cellular")]
        cellular, cellular::OBJECT, true;
        #[cfg(feature = "apn-profiles")]
        apn_profiles, apn::OBJECT, true;
        #[cfg(feature = "portfolio")]
        portfolio, portfolio::OBJECT, true;
        #[cfg(feature = "binary-app-data")]
        binary_app_data, binary_app_data::OBJECT, true;
        #[cfg(feature = "event-log")]
        event_log, event_log::OBJECT, true;
        #[cfg(feature = "app-data")]
        app_data, app_data::OBJECT, true;
    }
}

impl<'a> Objects<'a> {
    /// The library's objects, empty, and those of the application.
    pub fn new(additional: Additional<'a>) -> Self {
        let mut objects = Self::EMPTY;
        objects.configure(additional);
        objects
    }

    /// Gives empty objects what they begin with, and adds those of the application.
    pub(crate) fn configure(&mut self, additional: Additional<'a>) {
        self.connectivity().bearer = connectivity::BEARER_LTE_FDD;
        // There is no battery yet.
        self.device.told = source::VOLTAGE;
        #[cfg(feature = "portfolio")]
        self.portfolio.begin();
        self.additional = Some(additional);
    }

    /// Object 4.
    pub fn connectivity(&mut self) -> &mut Connectivity {
        #[cfg(feature = "apn-profiles")]
        return &mut self.apn_profiles.connectivity;
        #[cfg(not(feature = "apn-profiles"))]
        return &mut self.connectivity;
    }

    /// The object that a path is in.
    pub(crate) fn named_by(&self, path: &Path) -> Option<&dyn Object> {
        self.get(path.id(0)?)
    }
}
