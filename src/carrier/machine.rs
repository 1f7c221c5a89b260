//! The carrier machine: from power-on to a registered device, along the message charts.
//!
//! [`Carrier::handle`] takes what happened, [`Carrier::poll`] says what is to be done. The stages
//! are those of the charts: initialise, bring the link up, write keys while it is down, bootstrap,
//! serve; a firmware update and a factory reset lead back into them. The files beside this one have
//! the ways between them.

use super::config::{Config, EndpointName, Setup};
use super::errno;
use super::event::{Deferred, ErrorKind, Event};
#[cfg(feature = "facts")]
use super::facts::Facts;
use super::firmware::Update;
use super::io::{Endpoint, Input, Output, Request, SessionFault, SessionId};
use super::link::Link;
use super::report::Known;
use super::stage::{Cause, Next, RecordTask, Stage};
use super::tasks::{Task, Tasks};
use crate::lwm2m::objects::{Additional, Uri, security};
use crate::lwm2m::{self, Client, Fault, Objects};
use crate::queue::take_first;
use crate::secret::Secret;
use crate::storage::Record;
use crate::time::{Duration, Instant};
use heapless::Vec;

/// The timers of the machine.
#[derive(Debug)]
pub(super) struct Timers {
    /// The next attempt to bring up the link, or to write keys.
    pub(super) retry: Instant,
    /// The account of the bootstrap server is removed.
    pub(super) purge: Instant,
    /// The modem is given up when it has not come to the network, or left it, by then.
    pub(super) link: Instant,
}

impl Timers {
    const NEVER: Self = Self { retry: Instant::NEVER, purge: Instant::NEVER, link: Instant::NEVER };
}

/// The carrier machine.
// In this order: what is used often lies where a short instruction reaches it.
#[repr(C)]
pub struct Carrier<'a> {
    pub(super) stage: Stage,
    pub(super) link: Link,
    /// What begins when the registrations have ended.
    pub(super) next: Next,
    pub(super) cause: Cause,
    pub(super) configured: bool,
    /// The accounts are new: they are stored and told of when their keys are in the modem.
    pub(super) bootstrapped: bool,
    /// A bootstrap followed a failed registration; if registration fails again, that was all.
    pub(super) rebootstrapped: bool,
    /// The accounts that were there before a bootstrap are being restored.
    pub(super) restoring: bool,
    /// Back to the old accounts as soon as they are restored.
    pub(super) fall_back: bool,
    /// The next registration is told to the application.
    pub(super) announce: bool,
    /// `lwm2m_carrier_run` was called.
    pub(super) running: bool,
    pub(super) waiting_for_result: bool,
    /// The stage to go back to when the application does not let the device reboot.
    pub(super) before_reboot: Stage,
    pub(super) reboot: bool,
    /// The key of the configuration is in the modem.
    pub(super) key_known: bool,
    #[cfg(feature = "smartcard")]
    pub(super) smartcard: super::smartcard::Smartcard,
    pub(super) tasks: Tasks,
    /// `lwm2m_carrier_init` waits for its result.
    pub(super) initialised: Option<i32>,
    pub(super) timers: Timers,
    pub(super) link_attempts: lwm2m::Attempts,
    /// Session and security tag of the credentials that are being written.
    pub(super) key: (u8, u32),
    /// What the modem has in the tags from the first one on: bit n is the n-th tag's. Some key, and
    /// the one that is missing.
    pub(super) keys_taken: u32,
    pub(super) keys_found: u32,
    /// Security tags of the accounts that are stored: their keys stay until others are stored.
    pub(super) stored_tags: u32,
    pub(super) records: Vec<RecordTask, 8>,
    pub(super) events: Vec<Event<'static>, 12>,
    pub(super) update: Update,
    pub(super) known: Known,
    #[cfg(feature = "facts")]
    pub(super) facts: Facts,
    pub(super) setup: Setup<'a>,
    pub(super) client: Client<'a>,
}

impl<'a> Carrier<'a> {
    /// A machine that is to be told its configuration by [`Carrier::configure`].
    ///
    /// All of it is zero, so a `static` of it takes no flash, and nothing large is ever moved.
    pub const EMPTY: Self = Self {
        stage: Stage::Off,
        link: Link::Down,
        next: Next::Idle,
        cause: Cause::NoAccount,
        configured: false,
        bootstrapped: false,
        rebootstrapped: false,
        restoring: false,
        fall_back: false,
        announce: false,
        running: false,
        waiting_for_result: false,
        before_reboot: Stage::Off,
        reboot: false,
        key_known: false,
        tasks: Tasks::EMPTY,
        initialised: None,
        timers: Timers { retry: Instant::ZERO, purge: Instant::ZERO, link: Instant::ZERO },
        link_attempts: lwm2m::Attempts::NONE,
        #[cfg(feature = "smartcard")]
        smartcard: super::smartcard::Smartcard::EMPTY,
        key: (0, 0),
        keys_taken: 0,
        keys_found: 0,
        stored_tags: 0,
        records: Vec::new(),
        events: Vec::new(),
        update: Update::EMPTY,
        known: Known::EMPTY,
        #[cfg(feature = "facts")]
        facts: Facts::EMPTY,
        setup: Setup::EMPTY,
        client: Client::EMPTY,
    };

    /// A machine that waits for [`Input::Initialise`]: [`Carrier::EMPTY`], configured.
    ///
    /// It is some 6 kB large; where the stack is small, [`Carrier::configure`] does without a move.
    pub fn new(config: Config<'a>, seed: u64, objects: Additional<'a>) -> Self {
        let mut carrier = Self::EMPTY;
        carrier.configure(&config, seed, objects);
        carrier
    }

    /// Prepares an empty machine, which then waits for [`Input::Initialise`]. To be called once,
    /// before anything else: until then nothing happens, and there is nothing to be done.
    ///
    /// `seed` is for everything random: tokens, message IDs, jitter. On a device it comes from the
    /// source of true randomness, as guessing it makes answers easier to forge. `objects` are the
    /// application's own.
    pub fn configure(&mut self, config: &Config<'a>, seed: u64, objects: Additional<'a>) {
        let settings = self.client.settings_mut();
        settings.version = config.version;
        settings.queue_mode = config.queue_mode;
        settings.transmission = config.profile.transmission.settle();
        settings.bootstrap_retry = config.profile.bootstrap_retry;
        settings.confirm_interval = config.confirm_interval.min(Duration::from_secs(86400));
        // Several values are not there at one moment.
        settings.value_age = config.profile.value_age.max(Duration::from_secs(5));
        settings.idle_timeout = config.session_idle_timeout.unwrap_or(Duration::FOREVER);
        self.client.configure(seed, objects);
        #[cfg(feature = "apn-profiles")]
        self.client.objects.apn_profiles.configure(config.apn, config.pdn_type);
        self.timers = Timers::NEVER;
        self.setup.fill(config);
        self.describe_device(config);
        self.configured = true;
    }

    /// The data model, for what the application sets and reads. After a change,
    /// [`Input::Changed`] is to be handed in.
    pub fn objects(&mut self) -> &mut Objects<'a> {
        self.client.wake();
        &mut self.client.objects
    }

    /// The client, for what only it knows.
    pub fn client(&mut self) -> &mut Client<'a> {
        self.client.wake();
        &mut self.client
    }

    /// Whether the device is registered with a server.
    pub fn is_registered(&self) -> bool {
        self.client.is_registered()
    }

    /// What the modem said, with the time of each value.
    #[cfg(feature = "facts")]
    pub const fn facts(&self) -> &Facts {
        &self.facts
    }

    /// The stage only ever changes here.
    pub(super) fn to(&mut self, stage: Stage) {
        if self.stage != stage {
            log!(info, "carrier: {:?} -> {:?}", self.stage, stage);
        }
        self.stage = stage;
    }

    #[inline(never)]
    pub(super) fn tell(&mut self, event: Event<'static>) {
        log!(info, "event {}", event.name());
        if self.events.push(event).is_err() {
            // The caller drains events before anything else happens, so twelve are enough.
            log!(error, "an event is lost: {}", event.name());
        }
    }

    /// Tells of something that failed.
    #[inline(never)]
    pub(super) fn fail(&mut self, kind: ErrorKind, value: i32) {
        self.tell(Event::Error { kind, value });
    }

    /// The time as it was told last.
    pub(super) fn now(&self) -> Instant {
        self.client.now()
    }

    /// Takes in what happened.
    pub fn handle(&mut self, now: Instant, input: Input<'_>) {
        if !self.configured {
            return;
        }
        self.client.set_now(now);
        self.client.wake();
        match input {
            Input::Initialise => self.initialise(),
            Input::Run => self.running = true,
            Input::Modem(report) => self.report(&report),
            Input::Opened { session, new } => self.client.opened(session.0, new),
            Input::Closed(session, fault) => {
                let fault = match fault {
                    SessionFault::NoRoute => Fault::NoRoute,
                    SessionFault::Handshake => Fault::Handshake,
                    SessionFault::Broken => Fault::Sequence,
                };
                self.client.closed(session.0, fault);
            }
            Input::Received(session, datagram) => {
                #[cfg(feature = "connectivity-statistics")]
                self.client.objects.statistics.count(true, datagram.len());
                self.client.received(session.0, datagram);
            }
            Input::Loaded(record, bytes) => self.loaded(record, bytes),
            Input::Answer(answer) => self.answer(answer),
            Input::Request(request) => self.request(request),
            Input::Changed(path) => self.client.changed(&path),
            Input::InstancesChanged => self.client.model_changed(),
        }
    }

    fn initialise(&mut self) {
        match self.stage {
            Stage::Off => {
                self.waiting_for_result = true;
                self.to(Stage::Loading);
                self.record(RecordTask::Load(Record::ALL[0]));
            }
            Stage::Halted if !self.running => {
                self.waiting_for_result = true;
                self.link_attempts = lwm2m::Attempts::default();
                self.start_modem();
            }
            _ => self.initialised = Some(errno::EALREADY),
        }
    }

    pub(super) fn start_modem(&mut self) {
        self.to(Stage::Initialising);
        self.tasks.push(Task::Initialise);
    }

    /// The modem is initialised, or not.
    pub(super) fn modem_initialised(&mut self, done: bool) {
        if !done {
            return self.link_failed(Deferred::NoReason, errno::EIO);
        }
        if !self.name_endpoint() && self.setup.endpoint != EndpointName::ImeiMsisdn {
            self.fail(ErrorKind::Configuration, errno::EINVAL);
            return self.halt(errno::EINVAL);
        }
        self.conclude_interrupted_update();
        if self.waiting_for_result {
            self.tell(Event::BsdlibInit);
            self.to(Stage::FirstLink);
        } else {
            self.to(Stage::Relink);
        }
        self.connect();
    }

    /// Makes the endpoint name; `false` while something is missing for it.
    pub(super) fn name_endpoint(&mut self) -> bool {
        let endpoint = &mut self.client.settings_mut().endpoint;
        endpoint.clear();
        let imei = self.known.imei.as_str();
        let parts: &[&str] = match self.setup.endpoint {
            EndpointName::Custom(name) => &[name],
            EndpointName::Imei => &["urn:imei:", imei],
            EndpointName::ImeiMsisdn => &["urn:imei-msisdn:", imei, "-", &self.known.msisdn],
        };
        parts.iter().all(|part| !part.is_empty() && endpoint.push_str(part).is_ok())
    }

    #[inline(never)]
    pub(super) fn halt(&mut self, value: i32) {
        self.to(Stage::Halted);
        self.timers.retry = Instant::NEVER;
        if core::mem::take(&mut self.waiting_for_result) {
            self.initialised = Some(value);
        }
    }

    pub(super) fn ask_reboot(&mut self) {
        if !matches!(self.stage, Stage::AskingReboot | Stage::Rebooting) {
            self.before_reboot = self.stage;
            self.to(Stage::AskingReboot);
            self.tell(Event::Reboot);
        }
    }

    /// The application's answer to the Reboot event.
    fn answer(&mut self, answer: i32) {
        if self.stage != Stage::AskingReboot {
            return;
        }
        if answer != 0 {
            // It reboots the device itself, when it is ready.
            return self.to(self.before_reboot);
        }
        self.client.link_down();
        self.link = Link::Down;
        self.tasks.clear();
        self.tasks.push(Task::PowerOff);
        self.to(Stage::Rebooting);
    }

    /// The modem is off, as far as it would: the device reboots.
    pub(super) fn powered_off(&mut self) {
        self.reboot = true;
    }

    #[inline(never)]
    fn request(&mut self, request: Request) {
        match (request, self.stage) {
            (Request::Reboot, _) => self.ask_reboot(),
            (Request::LinkDown, Stage::Serving | Stage::Bootstrapping) => self.leave(Next::Park),
            (Request::LinkDown, Stage::Parked) if self.link == Link::Up => self.disconnect(),
            (Request::LinkUp, Stage::Parked | Stage::Halted) if self.link == Link::Down => {
                self.to(Stage::Relink);
                self.connect();
            }
            (Request::LinkUp, _) if self.link == Link::Off => self.connect(),
            // It is on its way down: it comes up again as soon as it is there.
            (Request::LinkUp, Stage::Parked) => self.to(Stage::Relink),
            (Request::LinkUp, Stage::Leaving) if self.next.parks() => {
                self.next = Next::Resume;
            }
            (Request::Register, Stage::Serving) => self.client.update(),
            (Request::Register, Stage::Parked) if self.link == Link::Up => self.proceed(),
            (Request::Deregister, Stage::Serving) => self.leave(Next::Idle),
            _ => log!(warn, "not now: {:?}", request),
        }
    }

    /// Lets time go on; when to look again.
    fn advance(&mut self) -> Instant {
        let now = self.now();
        let mut next = Instant::NEVER;
        let moving = matches!(self.link, Link::Connecting | Link::Disconnecting);
        if moving && self.timers.link.is_due(now, &mut next) {
            if self.link == Link::Connecting {
                let (reason, value) = self.known.link_fault();
                self.link_failed(reason, value);
            } else {
                self.fail(ErrorKind::DisconnectFail, errno::ETIMEDOUT);
                // What had to be done offline is tried; the modem says whether it can be.
                self.disconnected();
            }
        }
        if self.timers.retry.is_due(now, &mut next) {
            self.timers.retry = Instant::NEVER;
            match self.stage {
                Stage::Parked if self.link == Link::Up => self.proceed(),
                Stage::Parked => {
                    self.to(Stage::Relink);
                    self.connect();
                }
                Stage::Initialising => self.tasks.push(Task::Initialise),
                _ => self.connect(),
            }
        }
        if self.timers.purge.is_due(now, &mut next) {
            self.timers.purge = Instant::NEVER;
            self.client.purge_bootstrap_account();
            self.record(RecordTask::Store(Record::Accounts));
        }
        #[cfg(feature = "connectivity-statistics")]
        self.client.objects.statistics.advance(now, &mut next);
        // `lwm2m_carrier_run` begins when `lwm2m_carrier_init` has returned.
        if self.stage == Stage::Ready
            && self.running
            && self.link == Link::Up
            && self.initialised.is_none()
        {
            self.proceed();
        }
        next
    }

    /// What is to be done now. `buffer` takes a datagram or a record,
    /// [`crate::capacity::DATAGRAM`] bytes; it may be the one that a datagram was received into.
    ///
    /// To be called until it says [`Output::Wait`]; earlier or more often does no harm.
    pub fn poll<'b>(&'b mut self, now: Instant, buffer: &'b mut [u8]) -> Output<'b> {
        if !self.configured {
            return Output::Wait(None);
        }
        self.client.set_now(now);
        loop {
            let next = self.advance();
            if let Some(task) = take_first(&mut self.records) {
                return self.put_record(task, buffer);
            }
            if let Some(event) = take_first(&mut self.events) {
                return Output::Event(event);
            }
            if let Some(result) = self.initialised.take() {
                return Output::Initialised(result);
            }
            if core::mem::take(&mut self.reboot) {
                return Output::Reboot;
            }
            if let Some(task) = self.tasks.next() {
                #[cfg(feature = "modem-settings")]
                if task == Task::Setting {
                    self.begin_setting();
                }
                return Output::Modem(self.command(task));
            }
            match self.client.poll(buffer) {
                lwm2m::Output::Notice(notice) => self.noticed(notice),
                lwm2m::Output::Transmit(slot, len) => {
                    #[cfg(feature = "connectivity-statistics")]
                    self.client.objects.statistics.count(false, len);
                    let datagram = buffer.get(..len).unwrap_or_default();
                    return Output::Transmit(SessionId(slot), Secret::new(datagram));
                }
                lwm2m::Output::Open(slot) => {
                    return Output::Open(SessionId(slot), self.endpoint(slot));
                }
                lwm2m::Output::Close(slot) => return Output::Close(SessionId(slot)),
                lwm2m::Output::Wait(client) => {
                    if self.fetch() {
                        continue;
                    }
                    // Not earlier: the client's last notices belong to the stage that ends here.
                    let stage = self.stage;
                    self.left();
                    if self.stage != stage {
                        continue;
                    }
                    return Output::Wait(next.min(client).deadline());
                }
            }
        }
    }

    fn endpoint(&self, slot: u8) -> Endpoint<'_> {
        let account = self.client.objects.security.by_slot(slot);
        let uri = account.and_then(|account| Uri::parse(&account.uri));
        // An account that is in use has a URI that can be followed.
        let uri = uri.unwrap_or(Uri { secure: false, host: "", port: 0, path: "" });
        let security_tag =
            account.filter(|account| account.mode == security::MODE_PSK).map(|account| account.tag);
        Endpoint { host: uri.host, port: uri.port, security_tag }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_machine_does_nothing_until_it_is_configured() {
        let mut carrier = Carrier::EMPTY;
        let mut buffer = [0; 64];
        carrier.handle(Instant::from_secs(1), Input::Initialise);
        let output = carrier.poll(Instant::from_secs(2), &mut buffer);
        assert!(matches!(output, Output::Wait(None)), "{output:?}");
        carrier.configure(&Config::default(), 1, &mut []);
        let output = carrier.poll(Instant::from_secs(3), &mut buffer);
        assert!(matches!(output, Output::Wait(None)), "{output:?}");
        carrier.handle(Instant::from_secs(3), Input::Initialise);
        let output = carrier.poll(Instant::from_secs(3), &mut buffer);
        assert!(matches!(output, Output::Load(_)), "{output:?}");
    }
}
