//! What makes a client a carrier library: link control, credentials, retry and deferral, profiles,
//! firmware, events.
//!
//! [`Carrier`] is the machine. Its parts by file: `machine` has the stages of the charts, `report`
//! what the modem says, `link` its commands in their order, `firmware` updates.

mod config;
pub mod errno;
mod event;
mod firmware;
mod io;
mod link;
mod machine;
mod report;

pub use config::{Config, EndpointName, Profile, ServerConfig};
pub use event::{Deferred, ErrorKind, Event};
pub use io::{Endpoint, Input, Output, Request, SessionFault, SessionId};
pub use machine::Carrier;
