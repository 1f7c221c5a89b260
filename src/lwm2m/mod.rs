//! The LwM2M client, independent of any operator (OMA-TS-LightweightM2M_Core and _Transport, 1.1.1).
//!
//! [`Client`] drives everything; around it stand the parts: [`objects`] hold the data, `read` and
//! `write` move it out of and into payloads in a [`format`], `observe` and `attributes` decide what
//! is notified, `registration` and `bootstrap` talk to servers, `request` answers them.

mod account;
mod attributes;
mod bootstrap;
mod client;
mod discover;
mod encode;
mod etag;
pub mod format;
mod fresh;
mod inbound;
mod notice;
pub mod object;
pub mod objects;
mod observe;
mod outbound;
pub mod path;
mod paths;
mod peer;
mod queue_mode;
mod read;
mod registration;
mod request;
mod retry;
mod samples;
mod send;
#[cfg(feature = "smartcard")]
mod smartcard;
mod stored;
pub mod value;
pub mod window;
mod write;

pub use account::{Account, Role, Unusable};
pub(crate) use attributes::RECORD as ATTRIBUTES_RECORD;
pub use attributes::{AttributeTable, Attributes};
pub use client::Client;
pub use fresh::source;
pub use notice::{Delivery, Fault, Notice, Output, Part};
pub use object::{Context, Definition, Object, Resource, operation};
pub use objects::Objects;
pub use path::Path;
pub(crate) use read::has_instance;
pub(crate) use retry::Attempts;
pub use retry::Retry;
pub use send::SendError;
pub use value::{Type, Value};
pub use window::Window;

use crate::capacity;
use crate::coap::Parameters;
use crate::time::Duration;

/// A version of LwM2M.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum Version {
    /// LwM2M 1.0.
    V1_0,
    /// LwM2M 1.1.
    #[default]
    V1_1,
    /// LwM2M 1.2.
    V1_2,
}

impl Version {
    /// As it stands in messages.
    const fn text(self) -> &'static [u8] {
        match self {
            Self::V1_0 => b"1.0",
            Self::V1_1 => b"1.1",
            Self::V1_2 => b"1.2",
        }
    }

    /// The version to try after a server refused this one.
    const fn lower(self) -> Option<Self> {
        match self {
            Self::V1_0 => None,
            Self::V1_1 => Some(Self::V1_0),
            Self::V1_2 => Some(Self::V1_1),
        }
    }
}

/// What the client is told once.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Endpoint name.
    pub endpoint: crate::bytes::Text<{ capacity::ENDPOINT }>,
    /// The highest version to offer; a server that refuses it is offered the lower one.
    pub version: Version,
    /// Whether the device is reachable only for a while after it said something: MAX_TRANSMIT_WAIT of
    /// `transmission`. Then sessions are closed. Of no effect without the feature `queue-mode`.
    pub queue_mode: bool,
    /// Retransmission of confirmable messages.
    pub transmission: Parameters,
    /// How a failed bootstrap is repeated.
    pub bootstrap_retry: Retry,
    /// Whether every notification is confirmable, or one in this time (at most 24 hours).
    pub confirm_interval: Duration,
    /// After how long without a datagram a secure session is closed, in queue mode MAX_TRANSMIT_WAIT at
    /// least; the longest span: never.
    pub idle_timeout: Duration,
    /// How old values of the modem may be that a server gets; older ones are asked for first.
    pub value_age: Duration,
}

impl Settings {
    /// Nothing at all: not to be used.
    const EMPTY: Self = Self {
        endpoint: crate::bytes::Text::new(),
        version: Version::V1_0,
        queue_mode: false,
        transmission: Parameters {
            ack_timeout: Duration::ZERO,
            ack_random_percent: 0,
            max_retransmit: 0,
        },
        bootstrap_retry: Retry::NONE,
        confirm_interval: Duration::ZERO,
        idle_timeout: Duration::ZERO,
        value_age: Duration::ZERO,
    };
}
