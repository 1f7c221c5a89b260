//! What the carrier machine is told once: the configuration, and the operator's profile.

use crate::coap::Parameters;
use crate::lwm2m::{Account, Retry, Role, Version};
use crate::modem::PdnType;
use crate::secret::Secret;
use crate::time::Duration;

/// How the endpoint name is made.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum EndpointName<'a> {
    /// `urn:imei:` and the modem's IMEI.
    #[default]
    Imei,
    /// `urn:imei-msisdn:`, IMEI, `-` and the subscriber's number.
    ImeiMsisdn,
    /// A name of the application's own, 1 to [`crate::capacity::ENDPOINT`] bytes.
    Custom(&'a str),
}

/// A server to begin with.
#[derive(Clone, Copy, Debug)]
pub struct ServerConfig<'a> {
    /// `coap://host[:port]` or `coaps://host[:port]`.
    pub uri: &'a str,
    /// Whether it is a bootstrap server.
    pub bootstrap: bool,
    /// Identity and key for `coaps`. They are written to the modem; `None` when they are there
    /// already, under the configuration's security tag.
    pub credentials: Option<Secret<(&'a [u8], &'a [u8])>>,
    /// Registration lifetime in seconds, at least 1; a bootstrap server brings its own.
    pub lifetime: u32,
    /// Seconds to wait for a bootstrap server to begin by itself.
    pub hold_off: u32,
}

/// What one operator does unlike another. What operators do not publish has an open default here.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Profile {
    /// Retransmission of confirmable messages; operators of NB-IoT raise the acknowledgement
    /// time-out.
    pub transmission: Parameters,
    /// How a failed bootstrap is repeated.
    pub bootstrap_retry: Retry,
    /// How a failed attempt to bring up the link is repeated.
    pub link_retry: Retry,
    /// How long the modem may take to find a network and to get its connection.
    pub attach_timeout: Duration,
    /// How long the modem may go on looking after a network denied the registration: another one may
    /// take the device.
    pub denied_timeout: Duration,
    /// How long the modem may take to leave the network.
    pub detach_timeout: Duration,
    /// When keys that could not be written are tried again.
    pub key_retry: Duration,
    /// How old what the modem said of signal, addresses, time and voltage may be when a server gets
    /// it, at least 5 seconds: of older values the modem is asked first.
    pub value_age: Duration,
}

impl Profile {
    /// For networks whose operator publishes nothing else.
    pub const GENERIC: Self = Self {
        transmission: Parameters::DEFAULT,
        bootstrap_retry: Retry { count: 5, timer: 60, sequence_delay: 86400, sequence_count: 1 },
        link_retry: Retry { count: 5, timer: 60, sequence_delay: 86400, sequence_count: 1 },
        attach_timeout: Duration::from_secs(600),
        denied_timeout: Duration::from_secs(120),
        detach_timeout: Duration::from_secs(60),
        key_retry: Duration::from_secs(86400),
        value_age: Duration::from_secs(10),
    };
}

/// The configuration.
#[derive(Clone, Copy, Debug)]
pub struct Config<'a> {
    /// The operator.
    pub profile: Profile,
    /// The server to begin with; `None` leaves the device without one.
    pub server: Option<ServerConfig<'a>>,
    /// The security tag with the first server's key. Keys that a bootstrap server or the SIM gives go
    /// to the tags behind it, `2 *` [`crate::capacity::ACCOUNTS`] of them: to one that has the key
    /// already, to an empty one, or to one that is in no use.
    pub security_tag: u32,
    /// How the endpoint name is made.
    pub endpoint: EndpointName<'a>,
    /// Access Point Name, up to 63 bytes; empty for the network's choice.
    pub apn: &'a str,
    /// Type of the connection.
    pub pdn_type: PdnType,
    /// The highest version of LwM2M to offer.
    pub version: Version,
    /// Whether servers are told that the device sleeps.
    pub queue_mode: bool,
    /// When a quiet DTLS session is closed; `None`: never. It is opened again when the device has
    /// something to say; until then its servers cannot reach it, so this goes with queue mode. There it
    /// is MAX_TRANSMIT_WAIT (93 seconds by default) at least. Where the session cannot be resumed, it
    /// costs a registration, and observations end with it.
    pub session_idle_timeout: Option<Duration>,
    /// A notification is confirmable at least once in this time, at most 24 hours; zero: each one.
    pub confirm_interval: Duration,
    /// /3/0/0; empty: what the modem says.
    pub manufacturer: &'a str,
    /// /3/0/1; empty: what the modem says.
    pub model_number: &'a str,
    /// /3/0/17; empty: `Module`.
    pub device_type: &'a str,
    /// /3/0/18; empty: what the modem says.
    pub hardware_version: &'a str,
    /// /3/0/19; empty: the version of this library.
    pub software_version: &'a str,
}

impl Config<'static> {
    /// No server, and for the rest what suits most devices; for a `const` or a `static`.
    pub const DEFAULT: Self = Self {
        profile: Profile::GENERIC,
        server: None,
        security_tag: 25,
        endpoint: EndpointName::Imei,
        apn: "",
        pdn_type: PdnType::Ipv4v6,
        version: Version::V1_1,
        queue_mode: false,
        session_idle_timeout: Some(Duration::from_secs(60)),
        confirm_interval: Duration::from_secs(86400),
        manufacturer: "",
        model_number: "",
        device_type: "",
        hardware_version: "",
        software_version: "",
    };
}

impl Default for Config<'_> {
    /// [`Config::DEFAULT`].
    fn default() -> Self {
        Config::DEFAULT
    }
}

/// What the machine keeps of the configuration: all zeros before it is told. The client has the rest.
pub(super) struct Setup<'a> {
    pub(super) link_retry: Retry,
    pub(super) attach_timeout: Duration,
    pub(super) denied_timeout: Duration,
    pub(super) detach_timeout: Duration,
    pub(super) key_retry: Duration,
    pub(super) server: Option<Account<'a>>,
    pub(super) security_tag: u32,
    pub(super) endpoint: EndpointName<'a>,
    /// Name and type of the connection.
    pub(super) apn: Option<&'a str>,
    pub(super) pdn_type: PdnType,
    /// Bit n: /3/0/n is what the configuration says, whatever the modem says.
    pub(super) named: u32,
}

impl<'a> Setup<'a> {
    /// Before the configuration.
    pub(super) const EMPTY: Self = Self {
        link_retry: Retry::NONE,
        attach_timeout: Duration::ZERO,
        denied_timeout: Duration::ZERO,
        detach_timeout: Duration::ZERO,
        key_retry: Duration::ZERO,
        server: None,
        security_tag: 0,
        endpoint: EndpointName::Imei,
        apn: None,
        pdn_type: PdnType::Ipv4v6,
        named: 0,
    };

    /// Takes over what the machine needs.
    pub(super) fn fill(&mut self, config: &Config<'a>) {
        let profile = &config.profile;
        self.link_retry = profile.link_retry;
        self.attach_timeout = profile.attach_timeout;
        self.denied_timeout = profile.denied_timeout;
        self.detach_timeout = profile.detach_timeout;
        self.key_retry = profile.key_retry;
        self.security_tag = config.security_tag;
        self.endpoint = config.endpoint;
        self.apn = Some(config.apn);
        self.pdn_type = config.pdn_type;
        self.server = config.server.as_ref().map(|server| Account {
            uri: server.uri,
            role: if server.bootstrap { Role::Bootstrap } else { Role::Management },
            credentials: server.credentials,
            security_tag: if server.credentials.is_some() { 0 } else { config.security_tag },
            lifetime: server.lifetime,
            hold_off: server.hold_off,
        });
    }
}
