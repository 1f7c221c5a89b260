//! The carrier machine: from power-on to a registered device, along the message charts.
//!
//! [`Carrier::handle`] takes what happened, [`Carrier::poll`] says what is to be done. The stages
//! are those of the charts: initialise, bring the link up, write keys while it is down, bootstrap,
//! serve; a firmware update and a factory reset lead back into them.

use super::config::{Config, EndpointName, Setup};
use super::errno;
use super::event::{Deferred, ErrorKind, Event};
use super::facts::Facts;
use super::firmware::Update;
use super::io::{Endpoint, Input, Output, Request, SessionFault, SessionId};
use super::link::Link;
use super::report::Known;
use super::stage::{Cause, Next, RecordTask, Stage};
use super::tasks::{Task, Tasks};
use crate::capacity::ACCOUNTS;
use crate::coap::Code;
use crate::lwm2m::objects::{Additional, Uri, security};
use crate::lwm2m::{self, Client, Fault, Notice, Objects, Path};
use crate::modem::{Command, FunctionalMode, KeyKind};
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
    pub(super) stored_tags: Vec<u32, ACCOUNTS>,
    pub(super) records: Vec<RecordTask, 8>,
    pub(super) events: Vec<Event<'static>, 12>,
    pub(super) update: Update,
    pub(super) known: Known,
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
        stored_tags: Vec::new(),
        records: Vec::new(),
        events: Vec::new(),
        update: Update::EMPTY,
        known: Known::EMPTY,
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

    /// What the modem said that no object shows.
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

    #[inline(never)]
    pub(super) fn record(&mut self, task: RecordTask) {
        // A record that waits to be stored is stored as it is then: once is enough.
        if !self.records.contains(&task) && self.records.push(task).is_err() {
            log!(error, "a record task is lost: {:?}", task);
        }
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

    fn loaded(&mut self, record: Record, bytes: Option<&[u8]>) {
        match record {
            Record::Accounts => {
                let restored = bytes.is_some_and(|bytes| self.client.restore(bytes).is_ok());
                if !restored {
                    if bytes.is_some() {
                        log!(error, "the stored accounts are damaged: starting without them");
                    }
                    self.provision();
                    #[cfg(feature = "smartcard")]
                    self.want_smartcard();
                }
                self.stored_tags.clear();
                if restored {
                    self.remember_tags();
                }
                if core::mem::take(&mut self.restoring) && core::mem::take(&mut self.fall_back) {
                    self.proceed();
                }
            }
            Record::Subscription => self.known.restore_subscription(bytes),
            Record::Firmware => self.update.restore(bytes, &mut self.client.objects.firmware),
            Record::Attributes => {
                let attributes = &mut self.client.attributes;
                if bytes.is_some_and(|bytes| attributes.restore(bytes).is_none()) {
                    log!(error, "the stored attributes are damaged: starting without them");
                }
            }
        }
        if self.stage == Stage::Loading {
            let position = Record::ALL.iter().position(|known| *known == record);
            match position.and_then(|position| Record::ALL.get(position + 1)) {
                Some(next) => self.record(RecordTask::Load(*next)),
                None => self.start_modem(),
            }
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

    /// The next step towards a registered device, now that the link is up.
    pub(super) fn proceed(&mut self) {
        if !self.running {
            return self.to(Stage::Ready);
        }
        if self.client.settings_mut().endpoint.is_empty() || !self.name_endpoint() {
            self.fail(ErrorKind::Configuration, errno::EINVAL);
            return self.halt(errno::EINVAL);
        }
        #[cfg(feature = "smartcard")]
        if self.read_smartcard() {
            return;
        }
        if self.missing_key().is_some() {
            self.to(Stage::Keys);
            return self.next_key();
        }
        if self.client.are_accounts_usable() {
            return self.serve();
        }
        #[cfg(feature = "smartcard")]
        self.store_smartcard();
        if !self.client.bootstrap() {
            self.fail(ErrorKind::Configuration, errno::EINVAL);
            return self.halt(errno::EINVAL);
        }
        self.to(Stage::Bootstrapping);
    }

    #[inline(never)]
    fn serve(&mut self) {
        if core::mem::take(&mut self.bootstrapped) {
            self.record(RecordTask::Store(Record::Accounts));
            self.record(RecordTask::Store(Record::Subscription));
            // Some may have gone with what the sequence deleted.
            self.record(RecordTask::Store(Record::Attributes));
            self.remember_tags();
            self.timers.purge = match self.client.account_timeout() {
                0 => Instant::NEVER,
                seconds => self.now().after(seconds),
            };
            self.tell(Event::Bootstrapped);
        }
        self.to(Stage::Serving);
        self.announce = true;
        self.tell(Event::LteReady);
        self.client.start();
    }

    /// Something the client noticed.
    fn noticed(&mut self, notice: Notice) {
        match notice {
            Notice::Registered => {
                self.rebootstrapped = false;
                if core::mem::take(&mut self.announce) {
                    self.tell(Event::Registered);
                }
            }
            Notice::Deregistered => {
                let idle = self.stage == Stage::Leaving && self.next == Next::Idle;
                if idle || self.stage == Stage::Serving {
                    self.announce = true;
                    self.tell(Event::Deregistered);
                }
            }
            Notice::BootstrapNoRoute(_)
            | Notice::BootstrapHandshake(_)
            | Notice::BootstrapSequence(_)
                if self.cause == Cause::Trigger =>
            {
                self.bootstrap_over();
            }
            Notice::BootstrapExhausted => self.bootstrap_over(),
            Notice::BootstrapNoRoute(seconds) => {
                self.defer(Deferred::BootstrapNoRoute, seconds);
            }
            Notice::BootstrapHandshake(seconds) => {
                self.defer(Deferred::BootstrapConnect, seconds);
            }
            Notice::BootstrapSequence(seconds) => {
                self.defer(Deferred::BootstrapSequence, seconds);
            }
            Notice::ServerNoRoute(seconds) => self.defer(Deferred::ServerNoRoute, seconds),
            Notice::ServerHandshake(seconds) => self.defer(Deferred::ServerConnect, seconds),
            Notice::ServerSequence(seconds) => self.defer(Deferred::ServerRegistration, seconds),
            Notice::Exhausted => self.exhausted(false),
            Notice::BootstrapWanted => self.exhausted(true),
            Notice::Bootstrapped => {
                self.bootstrapped = true;
                self.note_bootstrap_time();
                self.cause = Cause::NoAccount;
                self.proceed();
            }
            Notice::Rollback => {
                self.restoring = true;
                self.record(RecordTask::Load(Record::Accounts));
                self.record(RecordTask::Load(Record::Attributes));
            }
            Notice::Package => self.package(),
            Notice::PackageLost => self.package_lost(),
            Notice::Reboot => self.ask_reboot(),
            Notice::FactoryReset => self.leave(Next::FactoryReset),
            Notice::BootstrapTrigger => self.leave(Next::Bootstrap),
            Notice::ServerChanged => self.record(RecordTask::Store(Record::Accounts)),
            Notice::AttributesChanged => self.record(RecordTask::Store(Record::Attributes)),
            Notice::FirmwareUpdate => {
                self.update.begin(&self.known.firmware);
                self.record(RecordTask::Store(Record::Firmware));
                self.to(Stage::Updating);
                self.disconnect();
            }
            Notice::FirmwareReset => {
                self.tasks.push(Task::CancelUpdate);
                self.record(RecordTask::Erase(Record::Firmware));
            }
            Notice::Sent(code) => {
                let result = match Code::from_byte(code as u8) {
                    Code::CHANGED => 0,
                    Code::EMPTY => errno::ETIMEDOUT,
                    code => i32::from(code.class()) * 100 + i32::from(code.detail()),
                };
                self.tell(Event::Sent { result });
            }
            Notice::Notified(result) => self.tell(Event::Notification { result }),
            Notice::AppData => {
                // One at a time: events that wait are few then, however many values were written.
                if let Some(path) = self.client.take_written() {
                    self.tell(Event::AppData { path });
                }
            }
        }
    }

    /// An attempt failed; the next one comes by itself.
    pub(super) fn defer(&mut self, reason: Deferred, seconds: u32) {
        self.tell(Event::Deferred { reason, seconds });
    }

    fn note_bootstrap_time(&mut self) {
        use crate::lwm2m::objects::server::id::LAST_BOOTSTRAPPED;
        if let Some(time) = self.client.objects.device.clock() {
            for server in &mut self.client.objects.server.instances {
                server.set(LAST_BOOTSTRAPPED, time as u32);
            }
        }
    }

    /// Every attempt to register with a server is used up.
    fn exhausted(&mut self, bootstrap: bool) {
        let last = !self.client.is_registered() && self.client.is_idle();
        if last && bootstrap && !self.rebootstrapped && self.client.bootstrap() {
            self.rebootstrapped = true;
            self.cause = Cause::Failure;
            return self.to(Stage::Bootstrapping);
        }
        let value = errno::EHOSTUNREACH;
        self.fail(ErrorKind::Connect, value);
        if last {
            self.halt(value);
        }
    }

    /// The bootstrap did not succeed and is not tried again.
    fn bootstrap_over(&mut self) {
        self.client.stop();
        self.fail(ErrorKind::Bootstrap, 0);
        match core::mem::take(&mut self.cause) {
            // The old accounts are as good as they were before.
            Cause::Trigger if self.restoring => self.fall_back = true,
            Cause::Trigger => self.proceed(),
            Cause::NoAccount | Cause::Failure => self.halt(0),
        }
    }

    /// Ends every registration, then does what comes next.
    pub(super) fn leave(&mut self, next: Next) {
        self.client.stop();
        self.next = next;
        self.to(Stage::Leaving);
        self.left();
    }

    /// Goes on when every registration has ended.
    fn left(&mut self) {
        if self.stage != Stage::Leaving || !self.client.is_idle() {
            return;
        }
        match self.next {
            Next::Park => {
                self.to(Stage::Parked);
                self.disconnect();
            }
            #[cfg(feature = "cellular")]
            Next::Pause(minutes) => {
                self.to(Stage::Parked);
                self.disconnect();
                // Before the link is down the pause does not begin, and it is not up before the end.
                let end = self.now().after(u32::from(minutes) * 60);
                self.timers.retry = end.max(self.timers.link.after(1));
            }
            Next::Idle => self.to(Stage::Parked),
            Next::Resume => self.proceed(),
            Next::FactoryReset => {
                self.forget_accounts();
                self.record(RecordTask::Erase(Record::Subscription));
                self.record(RecordTask::Erase(Record::Firmware));
                self.record(RecordTask::Erase(Record::Attributes));
                self.client.attributes.forget(&Path::ROOT);
                #[cfg(feature = "modem-settings")]
                self.settings_reset();
                self.proceed();
            }
            Next::Bootstrap => {
                self.cause = Cause::Trigger;
                if self.client.bootstrap() {
                    self.to(Stage::Bootstrapping);
                } else {
                    // Nobody to ask: everything stays as it is.
                    self.proceed();
                }
            }
        }
    }

    fn ask_reboot(&mut self) {
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

    /// The command behind a task.
    fn command(&self, task: Task) -> Command<'_> {
        match task {
            Task::Initialise => Command::Initialise,
            #[cfg(feature = "apn-profiles")]
            Task::ConfigurePdn => {
                let (apn, pdn_type) = self.client.objects.apn_profiles.default_pdn();
                Command::ConfigurePdn { apn, pdn_type }
            }
            #[cfg(not(feature = "apn-profiles"))]
            Task::ConfigurePdn => Command::ConfigurePdn {
                apn: self.setup.apn.unwrap_or_default(),
                pdn_type: self.setup.pdn_type,
            },
            Task::Normal => Command::SetFunctionalMode(FunctionalMode::Normal),
            Task::Offline => Command::SetFunctionalMode(FunctionalMode::Offline),
            Task::PowerOff => Command::SetFunctionalMode(FunctionalMode::PowerOff),
            Task::ReadMode => Command::ReadFunctionalMode,
            Task::ReadPdn => Command::ReadPdn,
            Task::ReadSim => Command::ReadSim,
            Task::ReadAddress => Command::ReadAddress,
            Task::ReadSignal => Command::ReadSignal,
            Task::ReadClock => Command::ReadClock,
            #[cfg(feature = "smartcard")]
            Task::ReadSmartcard => Command::ReadSmartcard,
            #[cfg(feature = "modem-settings")]
            Task::Setting => self.setting(),
            #[cfg(feature = "connectivity-statistics")]
            Task::ReadStatistics => Command::ReadStatistics,
            #[cfg(all(feature = "cellular", feature = "modem-statistics"))]
            Task::ReadMonitor => Command::ReadMonitor,
            Task::SearchIdentity | Task::SearchPsk | Task::WriteIdentity | Task::WritePsk => {
                let (slot, tag) = self.key;
                let account = self.client.objects.security.by_slot(slot);
                let key = account.and_then(|account| account.key());
                let (identity, key) = key.map_or((&[][..], &[][..]), Secret::expose);
                let (kind, value) = match task {
                    Task::SearchPsk | Task::WritePsk => (KeyKind::Psk, key),
                    _ => (KeyKind::Identity, identity),
                };
                let value = Secret::new(value);
                if matches!(task, Task::WriteIdentity | Task::WritePsk) {
                    return Command::WriteKey { tag, kind, value };
                }
                Command::SearchKeys { first: self.setup.security_tag, kind, value }
            }
            Task::BeginUpdate => Command::BeginUpdate,
            Task::WriteUpdate => {
                let offset = self.client.part().offset;
                Command::WriteUpdate { offset, bytes: self.client.package() }
            }
            Task::FinishUpdate => Command::FinishUpdate,
            Task::ApplyUpdate => Command::ApplyUpdate,
            Task::CancelUpdate | Task::None => Command::CancelUpdate,
        }
    }

    fn put_record<'b>(&self, task: RecordTask, buffer: &'b mut [u8]) -> Output<'b> {
        let record = match task {
            RecordTask::Load(record) => return Output::Load(record),
            RecordTask::Erase(record) => return Output::Erase(record),
            RecordTask::Store(record) => record,
        };
        let mut window = lwm2m::Window::new(buffer, 0);
        match record {
            Record::Accounts => self.client.save(&mut window),
            Record::Subscription => window.put(self.known.subscription()),
            Record::Firmware => self.update.save(&self.client.objects.firmware, &mut window),
            Record::Attributes => self.client.attributes.save(&mut window),
        }
        // It fits: `capacity` says so of the largest.
        let len = window.kept();
        Output::Store(record, Secret::new(buffer.get(..len).unwrap_or_default()))
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
