//! The commands: the charts, a device, a server, each over real sockets on one thread.

pub mod charts;
pub mod device;
mod logger;
mod model;
pub mod serve;
mod station;

use std::hash::{BuildHasher, RandomState};
use std::io::{self, Write};

use lwm2m_carrier::carrier::{Config, EndpointName, ServerConfig};
use lwm2m_carrier::lwm2m::Object;
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::Instant;

use crate::cli::Status;
use crate::host::Host;
use crate::modem;
use crate::net::{Poller, Psk, Sessions};
use crate::objects::{Actuator, Temperature};
use crate::state::{State, StateError};

pub use logger::log_to_stderr;

/// Something for tokens, message IDs and jitter: the standard library's hash keys are random.
fn seed() -> u64 {
    RandomState::new().hash_one(0)
}

/// Why a command ends early.
#[derive(Debug)]
pub enum Trouble {
    /// The state file.
    State(StateError),
    /// A socket, a file, or standard output.
    Io(String, io::Error),
}

impl Trouble {
    /// Says it on standard error.
    pub fn tell(self) -> Status {
        // Where it cannot be said, the status says it.
        let (text, status) = match self {
            Self::State(error @ StateError::Io(..)) => (error.to_string(), Status::Io),
            Self::State(error) => (error.to_string(), Status::State),
            Self::Io(what, error) => (format!("{what}: {error}"), Status::Io),
        };
        let _ = writeln!(io::stderr(), "error: {text}");
        status
    }
}

impl From<StateError> for Trouble {
    fn from(error: StateError) -> Self {
        Self::State(error)
    }
}

/// The system failed at something.
fn system(what: &str) -> impl FnOnce(io::Error) -> Trouble {
    move |error| Trouble::Io(what.into(), error)
}

/// Writes a line, at once.
fn say(line: &str) -> Result<(), Trouble> {
    let mut out = io::stdout().lock();
    writeln!(out, "{line}").and_then(|()| out.flush()).map_err(system("standard output"))
}

/// `TIME` of a line: seconds since the process began.
fn stamp(now: Instant) -> String {
    format!("{}.{:03}", now.as_millis() / 1000, now.as_millis() % 1000)
}

/// The server that a device begins with.
struct First<'a> {
    uri: &'a str,
    bootstrap: bool,
    psk: Option<&'a Psk>,
    lifetime: u32,
}

/// A text that lives as long as the process: a device's configuration does.
fn keep(text: &str) -> &'static str {
    String::from(text).leak()
}

/// The configuration for `first`.
fn config(first: &First<'_>, endpoint: Option<&str>) -> Config<'static> {
    let credentials = first.psk.map(|psk| {
        let identity: &'static [u8] = psk.identity.clone().leak();
        let key: &'static [u8] = psk.key.clone().leak();
        Secret::new((identity, key))
    });
    Config {
        server: Some(ServerConfig {
            uri: keep(first.uri),
            bootstrap: first.bootstrap,
            credentials,
            lifetime: first.lifetime,
            hold_off: 0,
        }),
        endpoint: endpoint.map_or(EndpointName::Imei, |name| EndpointName::Custom(keep(name))),
        ..Config::default()
    }
}

/// A device that is off, with a modem that remembers what is in `state`.
fn device(
    poller: &Poller,
    config: Config<'static>,
    modem: modem::Link,
    state: State,
    local: Option<std::net::SocketAddr>,
) -> Result<Host<Sessions>, Trouble> {
    let sessions = Sessions::new(poller, local).map_err(system("sockets"))?;
    // As long as the process, like the configuration; a restart in place makes new ones.
    let temperature: &'static mut dyn Object = Box::leak(Box::new(Temperature::new()));
    let actuator: &'static mut dyn Object = Box::leak(Box::new(Actuator::default()));
    let objects = Box::leak(Box::new([temperature, actuator]));
    Ok(Host::new(config, seed(), objects, modem, sessions, state))
}
