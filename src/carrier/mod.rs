//! What makes a client a carrier library: link control, credentials, retry and deferral, profiles,
//! firmware, events.

pub mod event;
pub mod io;

pub use event::{Deferred, ErrorKind, Event};
pub use io::{Endpoint, Input, Output, Request, SessionFault, SessionId};
