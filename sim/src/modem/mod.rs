//! A simulated modem in the manner of the nRF91: it speaks AT over a byte pipe, finds a network or
//! not, keeps keys, takes firmware. Time is what the caller says it is.
//!
//! [`SimModem`] is the modem alone; [`Link`] is the modem with the library's AT dialect in front of
//! it, for callers that have [`Command`](lwm2m_carrier::modem::Command)s and want
//! [`Report`](lwm2m_carrier::modem::Report)s.

mod at;
mod card;
mod config;
mod keys;
mod link;
mod pipe;
mod update;

pub use card::Files;
pub use config::{Card, Config, Fault, When};
pub use keys::Keys;
pub use link::Link;
pub use pipe::Pipe;
pub use update::{image, version};

use embedded_io::Write;
use lwm2m_carrier::modem::{Error, FunctionalMode, PdnType, Technology};
use lwm2m_carrier::time::{Duration, Instant, earliest};
use std::collections::BTreeMap;

/// +CEREG status.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Status {
    None = 0,
    Home = 1,
    Searching = 2,
    Denied = 3,
    Roaming = 5,
    SimFailure = 90,
}

/// What the host asked to be told.
#[derive(Clone, Copy, Default, Debug)]
struct Subscriptions {
    error_numbers: bool,
    registration: u32,
    packet: bool,
    esm: bool,
    signal: bool,
    time: bool,
    events: bool,
    sim: bool,
}

/// The modem.
pub struct SimModem {
    config: Config,
    now: Instant,
    host: Pipe,
    wire: Pipe,
    input: Vec<u8>,
    /// How often each command came.
    heard: BTreeMap<String, usize>,
    subscriptions: Subscriptions,
    numeric_operator: bool,
    mode: FunctionalMode,
    apn: String,
    pdn_type: PdnType,
    status: Status,
    pdn: bool,
    covered: bool,
    refuse_pdn: Option<u8>,
    denied: bool,
    attach_time: Option<Duration>,
    /// When the next attempt to attach, or to connect, is over.
    attach_at: Option<Instant>,
    attached: Option<Instant>,
    /// When a restart is over, and whether the modem says so.
    restart: Option<(Instant, bool)>,
    keys: Keys,
    key_failures: u32,
    update: update::Store,
    installing: Option<String>,
    reject_image: bool,
    fail_install: bool,
    silent: bool,
    echo: bool,
    /// Attempts to turn the radio off that are going to fail.
    offline_failures: u32,
    /// No attempt to attach before then.
    restricted: Instant,
    contexts: at::Contexts,
    radio: at::Radio,
    /// The logical channel to the SIM that is open, and the file selected there.
    open_channel: Option<u16>,
}

impl std::fmt::Debug for SimModem {
    /// Without what is on the wire: identities and keys pass there.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SimModem")
            .field("config", &self.config)
            .field("mode", &self.mode)
            .field("status", &self.status)
            .field("pdn", &self.pdn)
            .field("keys", &self.keys)
            .finish_non_exhaustive()
    }
}

impl SimModem {
    /// A modem that has just been powered: radio off, nothing subscribed to.
    pub fn new(config: Config) -> Self {
        let (host, wire) = Pipe::pair();
        Self {
            attach_time: Some(config.attach_time),
            echo: config.plain,
            config,
            now: Instant::ZERO,
            host,
            wire,
            input: Vec::new(),
            heard: BTreeMap::new(),
            subscriptions: Subscriptions::default(),
            numeric_operator: false,
            mode: FunctionalMode::PowerOff,
            apn: String::new(),
            pdn_type: PdnType::Ipv4v6,
            status: Status::None,
            pdn: false,
            covered: true,
            refuse_pdn: None,
            denied: false,
            attach_at: None,
            attached: None,
            restart: None,
            keys: Keys::default(),
            key_failures: 0,
            update: update::Store::default(),
            installing: None,
            reject_image: false,
            fail_install: false,
            silent: false,
            offline_failures: 0,
            restricted: Instant::ZERO,
            contexts: at::Contexts::default(),
            radio: at::Radio::default(),
            open_channel: None,
        }
    }

    /// The host's end of the wire.
    pub fn stream(&self) -> Pipe {
        self.host.clone()
    }

    /// Lets time come to `now`: what is due happens, what was said is answered.
    pub fn advance(&mut self, now: Instant) {
        while let Some(due) = self.event_at().filter(|due| *due <= now) {
            self.now = self.now.max(due);
            self.happen();
        }
        self.now = self.now.max(now);
        let said = self.wire.take();
        if self.restart.is_some() {
            return;
        }
        for byte in said {
            match byte {
                b'\r' | b'\n' if self.input.is_empty() => {}
                b'\r' | b'\n' => {
                    let line = std::mem::take(&mut self.input);
                    if !self.silent {
                        self.execute(&String::from_utf8_lossy(&line));
                    }
                }
                byte => self.input.push(byte),
            }
        }
    }

    /// When [`SimModem::advance`] is due, apart from when the host said something.
    pub fn deadline(&self) -> Option<Instant> {
        let spoken_to = (!self.wire.is_empty()).then_some(self.now);
        earliest(spoken_to, self.event_at())
    }

    /// Whether data can flow.
    pub fn is_connected(&self) -> bool {
        self.is_registered() && self.pdn && self.covered
    }

    /// The firmware that runs.
    pub fn firmware(&self) -> &str {
        &self.config.firmware
    }

    /// How often a command came, by its name (`+CESQ`); `None`: how many commands came at all.
    pub fn heard(&self, name: Option<&str>) -> usize {
        let counts = self.heard.iter().filter(|(of, _)| name.is_none_or(|name| name == *of));
        counts.map(|(_, count)| count).sum()
    }

    /// What the modem is, to be changed. The modem notifies nobody of that.
    pub fn config_mut(&mut self) -> &mut Config {
        &mut self.config
    }

    /// Tells the host, if it wants to know, of a signal that has changed.
    pub fn notify_signal(&mut self) {
        if self.subscriptions.signal {
            let (rsrp, rsrq) = (self.config.rsrp, self.config.rsrq);
            self.say(&format!("%CESQ: {rsrp},2,{rsrq},3"));
        }
    }

    /// What the radio was told to do.
    pub fn mode(&self) -> FunctionalMode {
        self.mode
    }

    /// Access Point Name and type that the host asked for; the name is empty when it did not.
    pub fn pdn_asked(&self) -> (&str, PdnType) {
        (&self.apn, self.pdn_type)
    }

    /// The key store.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// Puts a key there, as a factory would.
    pub fn provision(&mut self, tag: u32, identity: &[u8], psk: &[u8]) {
        self.keys.write(tag, keys::IDENTITY, identity.to_vec());
        self.keys.write(tag, keys::PSK, psk.to_vec());
    }

    /// The network is out of reach.
    pub fn lose_coverage(&mut self, now: Instant) {
        self.fault(now, Fault::LoseCoverage);
    }

    /// The network is in reach again.
    pub fn regain_coverage(&mut self, now: Instant) {
        self.fault(now, Fault::RegainCoverage);
    }

    /// Another subscriber's SIM is put in.
    pub fn swap_sim(&mut self, now: Instant, imsi: &str) {
        let card = Card { imsi: imsi.into(), ..self.config.card.clone().unwrap_or_default() };
        self.fault(now, Fault::SwapSim(Some(card)));
    }

    /// Prepares for a firmware image.
    pub fn begin_update(&mut self) {
        self.update.begin();
    }

    /// Takes the next piece of the image.
    ///
    /// # Errors
    /// [`Error::Refused`] for a piece out of order, [`Error::NoMemory`], [`Error::NotNow`] when none
    /// was begun.
    pub fn write_update(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        self.update.write(offset, bytes, self.config.update_room)
    }

    /// Checks the image.
    ///
    /// # Errors
    /// [`Error::Image`], or [`Error::NotNow`] when none was begun.
    pub fn finish_update(&mut self) -> Result<(), Error> {
        if self.reject_image {
            return Err(Error::Image);
        }
        self.update.finish()
    }

    /// Installs the image that was checked: the modem restarts, and does not greet the host, which
    /// knows. Over when [`SimModem::is_restarting`] says so.
    ///
    /// # Errors
    /// [`Error::NotNow`] while the radio is on, or when there is no checked image;
    /// [`Error::Image`] when the script says that it cannot be installed.
    pub fn apply_update(&mut self, now: Instant) -> Result<(), Error> {
        self.advance(now);
        if self.mode == FunctionalMode::Normal {
            return Err(Error::NotNow);
        }
        let version = self.update.take()?;
        if self.fail_install {
            return Err(Error::Image);
        }
        self.installing = Some(version);
        self.power_cycle(false);
        Ok(())
    }

    /// Drops what was received of an image.
    pub fn cancel_update(&mut self) {
        self.update = update::Store::default();
    }

    /// Whether the modem is restarting and hears nothing.
    pub fn is_restarting(&self) -> bool {
        self.restart.is_some()
    }

    /// Makes something go wrong now.
    pub fn fault(&mut self, now: Instant, fault: Fault) {
        self.advance(now);
        self.strike(fault);
    }

    fn strike(&mut self, fault: Fault) {
        match fault {
            Fault::LoseCoverage => {
                self.covered = false;
                self.attach_at = None;
                if self.is_registered() {
                    self.set_status(Status::Searching);
                }
            }
            Fault::RegainCoverage => self.covered = true,
            Fault::RefusePdn(cause) => self.refuse_pdn = cause,
            Fault::DropPdn => {
                if std::mem::take(&mut self.pdn) {
                    let context = self.default_context();
                    self.notify_packet(&format!("NW PDN DEACT {context}"));
                    self.attach_at = Some(self.retry_at());
                }
            }
            Fault::Detach => {
                if self.is_registered() {
                    self.contexts.drop_connections();
                    self.pdn = false;
                    self.notify_packet("NW DETACH");
                    self.set_status(Status::Searching);
                }
            }
            Fault::DenyRegistration(denied) => {
                self.denied = denied;
                if denied && self.is_registered() {
                    self.pdn = false;
                    self.notify_packet("NW DETACH");
                    self.set_status(Status::Denied);
                } else if !denied && self.status == Status::Denied {
                    self.set_status(Status::Searching);
                }
            }
            Fault::AttachTime(time) => {
                self.attach_time = time;
                self.attach_at = None;
            }
            Fault::SwapSim(card) => {
                self.config.card = card;
                if self.mode == FunctionalMode::Normal {
                    self.notify_sim(0);
                    self.leave();
                    self.enter();
                }
            }
            Fault::FailKeys(count) => self.key_failures = count,
            Fault::RejectImage(reject) => self.reject_image = reject,
            Fault::FailInstall(fail) => self.fail_install = fail,
            Fault::Restart => self.power_cycle(true),
            Fault::SetMode(FunctionalMode::Normal) if self.mode != FunctionalMode::Normal => {
                self.enter();
            }
            Fault::SetMode(FunctionalMode::Normal) => {}
            Fault::SetMode(mode) => self.turn_off(mode),
            Fault::FailOffline(count) => self.offline_failures = count,
            Fault::ResetLoop => {
                self.notify_event("RESET LOOP");
                self.restricted = self.now + Duration::from_secs(1800);
                self.attach_at = None;
            }
            Fault::Overheat => self.notify_event("ME OVERHEATED"),
            Fault::BatteryLow => self.notify_event("ME BATTERY LOW"),
            Fault::Silence(silent) => self.silent = silent,
        }
        self.seek();
    }

    fn is_registered(&self) -> bool {
        matches!(self.status, Status::Home | Status::Roaming)
    }

    /// When something happens by itself.
    fn event_at(&self) -> Option<Instant> {
        let scripted = self.config.script.iter().filter_map(|(when, _)| self.when(*when));
        let restart = self.restart.map(|(at, _)| at);
        earliest(earliest(restart, self.attach_at), scripted.min())
    }

    fn when(&self, when: When) -> Option<Instant> {
        match when {
            When::At(at) => Some(at),
            When::AfterAttach(delay) => Some(self.attached? + delay),
        }
    }

    /// One thing that is due happens.
    fn happen(&mut self) {
        if let Some((_, greets)) = self.restart.filter(|(at, _)| *at <= self.now) {
            self.restart = None;
            if let Some(version) = self.installing.take() {
                self.config.firmware = version;
            }
            // What was said meanwhile was not heard.
            drop(self.wire.take());
            if greets {
                self.say("Ready");
            }
            return;
        }
        let due = |modem: &Self, when| modem.when(when).is_some_and(|at| at <= modem.now);
        let scripted = self.config.script.iter().position(|(when, _)| due(self, *when));
        if let Some(index) = scripted {
            let (_, fault) = self.config.script.remove(index);
            self.strike(fault);
        } else if self.attach_at.is_some_and(|at| at <= self.now) {
            self.attach_at = None;
            self.attach();
        }
    }

    /// The radio goes on.
    fn enter(&mut self) {
        self.mode = FunctionalMode::Normal;
        match &self.config.card {
            Some(card) if !card.locked => {
                self.notify_sim(1);
                self.set_status(Status::Searching);
            }
            card => {
                if card.is_none() {
                    self.notify_sim(0);
                }
                self.set_status(Status::SimFailure);
            }
        }
        self.seek();
    }

    /// The radio goes off.
    fn leave(&mut self) {
        self.attach_at = None;
        self.contexts.drop_connections();
        if std::mem::take(&mut self.pdn) {
            self.notify_packet("ME DETACH");
        }
        if self.status != Status::None {
            self.set_status(Status::None);
        }
    }

    /// Begins to look for what is missing, if there is anything to find.
    fn seek(&mut self) {
        let missing = self.status == Status::Searching || (self.is_registered() && !self.pdn);
        if missing && self.covered && self.attach_at.is_none() {
            let begin = self.now.max(self.restricted);
            self.attach_at = self.attach_time.map(|time| begin + time);
        }
    }

    fn attach(&mut self) {
        if !self.covered {
            return;
        }
        if self.denied {
            self.set_status(Status::Denied);
            return;
        }
        if !self.pdn {
            if let Some(cause) = self.refuse_pdn {
                self.notify_rejection(cause, self.default_context());
                self.attach_at = Some(self.retry_at());
                return;
            }
            self.pdn = true;
            // Not every modem says so.
            if !self.config.plain {
                self.notify_packet("ME PDN ACT 0");
            }
        }
        if !self.is_registered() {
            let roaming = self.config.roaming;
            self.set_status(if roaming { Status::Roaming } else { Status::Home });
            self.attached.get_or_insert(self.now);
            self.notify_edrx();
            if self.subscriptions.time
                && !self.config.plain
                && let Some(time) = self.time()
            {
                self.say(&format!("%XTIME: \"{}\",\"{}\",\"00\"", &time.octets[12..], time.octets));
            }
            self.notify_signal();
        }
    }

    /// Later than now, whatever the configuration says.
    fn retry_at(&self) -> Instant {
        self.now + self.config.attach_retry.max(Duration::from_millis(1))
    }

    fn power_cycle(&mut self, greets: bool) {
        self.mode = FunctionalMode::PowerOff;
        self.subscriptions = Subscriptions::default();
        self.contexts = at::Contexts::default();
        self.echo = self.config.plain;
        self.open_channel = None;
        self.numeric_operator = false;
        self.status = Status::None;
        self.pdn = false;
        self.attach_at = None;
        self.input.clear();
        self.restart = Some((self.now + self.config.restart_time, greets));
    }

    fn set_status(&mut self, status: Status) {
        self.status = status;
        if self.subscriptions.registration > 0 {
            let line = format!("+CEREG: {}", self.registration());
            self.say(&line);
        }
    }

    /// Status and cell, as far as there is one (level 5).
    fn registration(&self) -> String {
        let status = self.status as u8;
        let technology = match self.config.technology {
            Technology::NbIot => 9,
            _ => 7,
        };
        let (tac, cell) = (self.config.tac, self.config.cell);
        let place = format!("{status},\"{tac:04X}\",\"{cell:08X}\",{technology}");
        match self.status {
            _ if self.subscriptions.registration < 2 => status.to_string(),
            Status::Home | Status::Roaming => {
                let (active, update) = self.power_saving();
                format!("{place},,,\"{active}\",\"{update}\"")
            }
            Status::Searching if self.covered => place,
            // EMM cause 7: services not allowed.
            Status::Denied => format!("{place},0,7"),
            _ => status.to_string(),
        }
    }

    fn notify_packet(&mut self, event: &str) {
        if self.subscriptions.packet {
            self.say(&format!("+CGEV: {event}"));
        }
    }

    fn notify_rejection(&mut self, cause: u8, context: u8) {
        if self.subscriptions.esm {
            self.say(&format!("+CNEC_ESM: {cause},{context}"));
        }
    }

    fn notify_event(&mut self, event: &str) {
        if self.subscriptions.events {
            self.say(&format!("%MDMEV: {event}"));
        }
    }

    fn notify_sim(&mut self, state: u8) {
        if self.subscriptions.sim {
            self.say(&format!("%XSIM: {state}"));
        }
    }

    fn say(&mut self, line: &str) {
        if self.restart.is_none() && !self.silent {
            let Ok(()) = self.wire.write_all(line.as_bytes());
            let Ok(()) = self.wire.write_all(b"\r\n");
        }
    }
}
