//! What makes a client a carrier library: link control, credentials, retry and deferral, profiles,
//! firmware, events.
//!
//! [`Carrier`] is the machine: `machine` takes what happened and says what is to be done, `service` goes
//! from `stage` to stage as the charts do, `link` brings the link up and down, `keys` has accounts and
//! keys, `smartcard` those of the SIM, `records` what is stored, `report` what the modem says, `facts`
//! what of that no object shows, `setting` what servers set of it, `tasks` its commands in their order,
//! `firmware` updates.

mod config;
pub mod errno;
mod event;
#[cfg(feature = "facts")]
pub mod facts;
mod firmware;
mod io;
mod keys;
mod link;
mod machine;
mod records;
mod report;
mod service;
#[cfg(feature = "modem-settings")]
mod setting;
#[cfg(feature = "smartcard")]
mod smartcard;
mod stage;
mod tasks;

pub use config::{Config, EndpointName, Profile, ServerConfig};
pub use event::{Deferred, Delivery, ErrorKind, Event};
pub use io::{Endpoint, Input, Output, Request, SessionFault, SessionId};
pub use machine::Carrier;
