//! Registration with one server: Register, Update, De-register (Core 6.2, Transport 6.4.3).

use super::objects::{Server, Uri, server};
use super::queue_mode::QUEUES;
use super::retry::{Attempts, Retry};
use super::{Settings, Version, Window};
use crate::bytes::{is_among, keep};
use crate::coap::number;
use crate::coap::{Message, Writer};
use crate::time::Instant;
use heapless::Vec;

/// Bytes of a location: its segments, each behind its length.
const LOCATION: usize = 48;

/// Seconds of a lifetime that Register does not name (Transport 6.4.3).
const DEFAULT_LIFETIME: u32 = 86400;

/// What an Update carries.
pub(crate) mod part {
    pub const LIFETIME: u8 = 1;
    pub const BINDING: u8 = 2;
    pub const OBJECTS: u8 = 4;
}

/// Where the registration stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// Not registered, and not to be.
    Off,
    /// The next attempt comes at [`Registration::at`].
    Waiting,
    /// Waits for the success of a server that comes first (Registration Priority Order).
    Ordered,
    /// Register is to be sent, or under way.
    Registering,
    /// Registered.
    Registered,
    /// De-register is to be sent, or under way; then off.
    Deregistering,
    /// The same, then on again after [`Registration::pause`].
    Disabling,
}

/// Registration with one server.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Registration {
    pub state: State,
    pub version: Version,
    /// An Update is asked for, even if nothing changed.
    pub wanted: bool,
    /// The server could not be reached while registered: nothing is notified until it has taken an
    /// Update.
    pub away: bool,
    /// The server was told that the device sleeps.
    pub queue_mode: bool,
    /// Short Server ID.
    pub server: u16,
    /// The list of Object Instances that the server knows, by its generation.
    pub generation: u16,
    pub attempts: Attempts,
    /// Seconds until the server is to be registered with again.
    pub pause: u32,
    lifetime: u32,
    binding: crate::bytes::Text<8>,
    /// When the next attempt comes; while registered, the next Update.
    pub at: Instant,
    location: Vec<u8, LOCATION, u8>,
}

/// How long before the end of its lifetime a registration is updated: what retransmissions of the
/// Update may take.
const MARGIN: u32 = 93;

impl Registration {
    /// No registration, with no server.
    pub(crate) const EMPTY: Self = Self {
        state: State::Off,
        version: Version::V1_0,
        wanted: false,
        away: false,
        queue_mode: false,
        server: 0,
        generation: 0,
        attempts: Attempts::NONE,
        at: Instant::ZERO,
        pause: 0,
        lifetime: 0,
        binding: crate::bytes::Text::new(),
        location: Vec::new(),
    };

    /// No registration yet, with this server.
    pub(crate) fn restart(&mut self, server: u16, version: Version) {
        self.server = server;
        self.version = version;
        self.wanted = false;
        self.queue_mode = false;
        self.attempts = Attempts::default();
    }

    /// Waits for the next attempt.
    pub(crate) fn wait(&mut self, until: Instant) {
        self.at = until;
        self.to(State::Waiting);
    }

    /// Makes the next attempt: an Update, if the server may still know the registration.
    pub(crate) fn resume(&mut self) {
        let away = self.away;
        self.to(if away { State::Registered } else { State::Registering });
        self.away = away;
    }

    /// Takes over from a state to another one, the only place to do so.
    pub(crate) fn to(&mut self, state: State) {
        if self.state != state {
            log!(info, "server {}: {:?} -> {:?}", self.server, self.state, state);
        }
        self.state = state;
        self.away = false;
    }

    /// Whether it is registered, as far as both sides know.
    pub(crate) fn is_registered(&self) -> bool {
        self.state == State::Registered && !self.away
    }

    /// The retry sequence that the server's account asks for.
    pub(crate) fn retry(account: &Server) -> Retry {
        let default = Retry::default();
        Retry {
            count: account.get_or(server::id::RETRY_COUNT, default.count),
            timer: account.get_or(server::id::RETRY_TIMER, default.timer),
            sequence_delay: account.get_or(server::id::SEQUENCE_DELAY, default.sequence_delay),
            sequence_count: account.get_or(server::id::SEQUENCE_COUNT, default.sequence_count),
        }
    }

    /// Seconds that the registration is to last; 0: without end, which LwM2M 1.2 has. What is without
    /// end lasts as long as a server of an earlier version takes for granted.
    #[inline(never)]
    fn lifetime(&self, account: &Server) -> u32 {
        match account.lifetime() {
            0 if self.version < Version::V1_2 => DEFAULT_LIFETIME,
            lifetime => lifetime,
        }
    }

    /// Takes notice of what Register or Update says, when the message goes out.
    pub(crate) fn announced(
        &mut self,
        now: Instant,
        account: &Server,
        settings: &Settings,
        generation: u16,
    ) {
        self.queue_mode = in_queue_mode(account, settings);
        self.lifetime = self.lifetime(account);
        keep(&mut self.binding, account.binding());
        self.generation = generation;
        self.wanted = false;
        // The server counts from when the message reaches it, which is not before now.
        let period = self.period();
        self.at = if self.lifetime == 0 { Instant::NEVER } else { now.after(period) };
    }

    /// Seconds from Register or Update to the next Update.
    fn period(&self) -> u32 {
        let lifetime = self.lifetime;
        let early = if lifetime < 2 * MARGIN { lifetime / 2 } else { lifetime - MARGIN };
        early.max(1)
    }

    /// When the next Update is due: sooner, if half of its period was over and the device was `awake`.
    pub(crate) fn due(&self, awake: Instant) -> Instant {
        if !QUEUES {
            return self.at;
        }
        let half = awake.after(self.period() / 2);
        // Where the registration has no end, `at` never comes.
        if half < self.at { self.at } else { awake }
    }

    /// Takes the location from the answer to Register; `false` when there is none that fits.
    pub(crate) fn locate(&mut self, answer: &Message<'_>) -> bool {
        self.location.clear();
        for (number, value) in answer.options() {
            if number != number::LOCATION_PATH {
                continue;
            }
            // One that has no length of a byte has no place either.
            if self.location.push(value.len() as u8).is_err()
                || self.location.extend_from_slice(value).is_err()
            {
                return false;
            }
        }
        !self.location.is_empty()
    }

    /// The parts that an Update has to carry: what changed since the server was told.
    pub(crate) fn changes(&self, account: &Server, generation: u16) -> u8 {
        let mut parts = 0;
        if self.lifetime(account) != self.lifetime {
            parts |= part::LIFETIME;
        }
        if account.binding() != self.binding.as_str() {
            parts |= part::BINDING;
        }
        if generation != self.generation {
            parts |= part::OBJECTS;
        }
        parts
    }

    /// Writes the options of Update and De-register: the location.
    pub(crate) fn write_location(&self, writer: &mut Writer<'_>) {
        let mut rest = self.location.as_slice();
        while let Some((len, tail)) = rest.split_first()
            && let Some((segment, tail)) = tail.split_at_checked(usize::from(*len))
        {
            writer.option(number::URI_PATH, segment);
            rest = tail;
        }
    }

    /// Writes the options of Register up to the queries.
    pub(crate) fn write_register(
        &self,
        account: &Server,
        uri: &Uri<'_>,
        settings: &Settings,
        writer: &mut Writer<'_>,
    ) {
        write_path(uri, b"rd", writer);
        writer.uint(number::CONTENT_FORMAT, 40);
        query(writer, b"lwm2m=", self.version.text());
        query(writer, b"ep=", settings.endpoint.as_bytes());
        // A lifetime that is not named is that of a day.
        let lifetime = self.lifetime(account);
        if lifetime != DEFAULT_LIFETIME {
            write_lifetime(lifetime, writer);
        }
        self.write_binding(account, settings, false, writer);
    }

    /// Writes the queries of an Update.
    pub(crate) fn write_update(
        &self,
        parts: u8,
        account: &Server,
        settings: &Settings,
        writer: &mut Writer<'_>,
    ) {
        self.write_location(writer);
        if parts & part::OBJECTS != 0 {
            writer.uint(number::CONTENT_FORMAT, 40);
        }
        if parts & part::LIFETIME != 0 {
            write_lifetime(self.lifetime(account), writer);
        }
        if parts & part::BINDING != 0 {
            self.write_binding(account, settings, true, writer);
        }
    }

    /// Writes the binding where it is not the default, `U`. Queue mode is a letter of it in 1.0 and
    /// a query of its own in 1.1.
    fn write_binding(
        &self,
        account: &Server,
        settings: &Settings,
        always: bool,
        writer: &mut Writer<'_>,
    ) {
        let queue = in_queue_mode(account, settings);
        let in_binding = queue && self.version == Version::V1_0;
        // UDP is the one transport there is, whatever else the server would take.
        let letters: &[u8] = if in_binding { b"b=UQ" } else { b"b=U" };
        if always || in_binding {
            writer.option(number::URI_QUERY, letters);
        }
        if queue && !in_binding {
            writer.option(number::URI_QUERY, b"Q");
        }
    }
}

/// Whether a server is to be told that the device sleeps: the device does, or the server asks for it.
fn in_queue_mode(account: &Server, settings: &Settings) -> bool {
    QUEUES && (settings.queue_mode || is_among(b'Q', account.binding().as_bytes()))
}

fn write_lifetime(lifetime: u32, writer: &mut Writer<'_>) {
    decimal(writer, number::URI_QUERY, b"lt=", lifetime);
}

/// Writes an option that is a number in decimal behind a name.
pub(crate) fn decimal(writer: &mut Writer<'_>, option: u16, name: &[u8], value: u32) {
    let mut digits = [0; 10];
    let mut window = Window::new(&mut digits, 0);
    super::format::put_number(&mut window, value);
    let len = window.kept();
    writer.joined(option, name, digits.get(..len).unwrap_or_default());
}

/// Writes one query: a name and a value.
pub(crate) fn query(writer: &mut Writer<'_>, name: &[u8], value: &[u8]) {
    writer.joined(number::URI_QUERY, name, value);
}

/// Writes the path of a server's URI, and a segment of ours behind it.
pub(crate) fn write_path(uri: &Uri<'_>, segment: &[u8], writer: &mut Writer<'_>) {
    for prefix in uri.path.as_bytes().split(|byte| *byte == b'/') {
        if !prefix.is_empty() {
            writer.option(number::URI_PATH, prefix);
        }
    }
    writer.option(number::URI_PATH, segment);
}
