//! The client: what comes in, what goes out, and when.
//!
//! Everything here happens in [`Client::poll`] or in a function that says what happened; each
//! message is encoded into the caller's buffer when it goes out. Read beside it: Core 6,
//! Transport 6.4; RFC 7252 section 4.

use super::attributes::AttributeTable;
use super::bootstrap::{Bootstrap, State as BootstrapState};
use super::objects::{Additional, Objects, Uri, server};
use super::observe::Observations;
use super::peer::{Peer, Session, Task};
use super::registration::{Registration, State};
use super::request::Answer;
use super::send::SendRequest;
use super::{Effect, Path, Settings, Version};
use crate::bytes::copy;
use crate::capacity::{self, ACCOUNTS};
use crate::coap::{self, Answers, Code, Expiry, Kind, Message, ParseError, Sequence, number};
use crate::queue::take_first;
use crate::random::Random;
use crate::time::{Duration, Instant};
use heapless::Vec;

/// Why an attempt to bootstrap or to register failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// There is no way to the server.
    NoRoute,
    /// The DTLS handshake failed.
    Handshake,
    /// The server was reached, and refused or did not answer.
    Sequence,
}

/// What the floor above is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Registered with the server of this Short Server ID.
    Registered(u16),
    /// De-registered from it, or it did not answer.
    Deregistered(u16),
    /// An attempt failed; the next one comes in some seconds.
    Deferred {
        /// Whether it was an attempt to bootstrap.
        bootstrap: bool,
        /// Why it failed.
        fault: Fault,
        /// Seconds until the next attempt.
        seconds: u32,
    },
    /// Every attempt to register with a server is used up.
    Exhausted {
        /// Whether its account asks for a bootstrap now.
        bootstrap: bool,
    },
    /// The bootstrap sequence is done, the accounts are new.
    Bootstrapped,
    /// Every attempt to bootstrap is used up.
    BootstrapExhausted,
    /// A bootstrap sequence failed half-way: the accounts are to be what they were before it.
    Rollback,
    /// A part of a firmware image is in [`Client::package`]: to be stored, then
    /// [`Client::package_stored`] is to be called.
    Package {
        /// It is the first part.
        first: bool,
        /// It is the last part.
        last: bool,
        /// Where it belongs in the image.
        offset: u32,
        /// Bytes; 0 when the part came again and is stored already.
        len: u16,
    },
    /// The rest of an image did not come.
    PackageLost,
    /// A server did something that reaches beyond the data model.
    #[expect(private_interfaces, reason = "effects are for the carrier floor")]
    Effect(Effect),
    /// Send was acknowledged, or not.
    Sent(bool),
}

/// What is to be done.
#[derive(Debug)]
pub enum Output {
    /// Open a session: [`Client::opened`] or [`Client::closed`] is to follow.
    Open(u8),
    /// Close a session.
    Close(u8),
    /// Send a datagram: this many bytes of the buffer.
    Transmit(u8, usize),
    /// Something happened.
    Notice(Notice),
    /// Nothing more until then.
    Wait(Option<Instant>),
}

/// A request whose answer waits for something slow.
#[derive(Debug, Default)]
pub(super) struct Held {
    /// Whether there is one.
    pub(super) waits: bool,
    /// The answer can go out.
    ready: bool,
    /// The request was acknowledged, or needs no acknowledgement.
    acknowledged: bool,
    slot: u8,
    /// When an empty acknowledgement goes out, so that the server does not send again.
    acknowledge: Instant,
    answer: Answer,
}

/// How long an answer may take before it is acknowledged on its own; half of what a server waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// What goes out first.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
enum Reply {
    #[default]
    None,
    /// An empty acknowledgement.
    Acknowledgement,
    Reset,
    /// The answer that was given to this request before.
    Repeat,
    /// What is in [`Client::answer`].
    Answer,
}

/// The numbers of sessions.
const SLOTS: core::ops::Range<u8> = 0..ACCOUNTS as u8;

/// An LwM2M client.
// In this order: what is used often lies where a short instruction reaches it, tables come behind.
#[repr(C)]
pub struct Client<'a> {
    /// When the function that is running was called.
    pub(super) now: Instant,
    online: bool,
    reply: Reply,
    reply_slot: u8,
    /// Bit n: session n is to be closed.
    closing: u8,
    reply_id: u16,
    /// Counts changes of what there is in the data model.
    generation: u16,
    pub(super) bootstrap: Bootstrap,
    pub(super) random: Random,
    pub(super) held: Held,
    /// The answer that goes out next.
    pub(super) answer: Answer,
    /// The answer that goes out, or is out, as separate response.
    pub(super) separate: Answer,
    /// Bytes in front of the image in the first block of a package in TLV.
    pub(super) package_header: usize,
    pub(super) sequence: Sequence,
    pub(super) settings: Settings,
    notices: Vec<Notice, 8>,
    pub(super) sending: SendRequest,
    pub(super) peers: [Peer; ACCOUNTS],
    /// The data model.
    pub objects: Objects<'a>,
    pub(super) observations: Observations,
    pub(super) attributes: AttributeTable,
    answers: Answers<{ capacity::ANSWERS }>,
    pub(super) body: [u8; capacity::BODY],
}

impl<'a> Client<'a> {
    /// A client without accounts.
    pub fn new(settings: Settings, seed: u64, additional: Additional<'a>) -> Self {
        Self {
            now: Instant::ZERO,
            online: false,
            reply: Reply::None,
            reply_slot: 0,
            closing: 0,
            reply_id: 0,
            generation: 0,
            bootstrap: Bootstrap::default(),
            peers: [const { Peer::new() }; ACCOUNTS],
            random: Random::new(seed),
            held: Held::default(),
            answer: Answer::default(),
            separate: Answer::default(),
            package_header: 0,
            sequence: Sequence::new(),
            settings,
            objects: Objects::new(additional),
            sending: SendRequest::default(),
            notices: Vec::new(),
            observations: Observations::default(),
            attributes: AttributeTable::default(),
            answers: Answers::new(),
            body: [0; capacity::BODY],
        }
    }

    /// Prepares what a new client does not have yet. To be called once, before it is used.
    pub fn prepare(&mut self) {
        self.objects.device.set_binding(match (self.settings.version, self.settings.queue_mode) {
            (Version::V1_0, true) => "UQ",
            _ => "U",
        });
        for peer in &mut self.peers {
            // A server that remembers an earlier run of ours must not take a new message for one
            // of that run.
            peer.next_id = self.random.next() as u16;
        }
    }

    /// The settings, to be changed while nothing is under way.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// Tells the time. To be called before any other function that says what happened.
    pub fn set_now(&mut self, now: Instant) {
        self.now = now;
        self.objects.device.set_now(now);
    }

    /// The time as it was told last.
    pub(crate) const fn now(&self) -> Instant {
        self.now
    }

    /// 32 random bits.
    pub(crate) fn random(&mut self) -> u32 {
        self.random.next()
    }

    /// The server behind a session; a number that no session has counts as the last.
    pub(super) fn peer(&mut self, slot: u8) -> &mut Peer {
        &mut self.peers[usize::from(slot).min(ACCOUNTS - 1)]
    }

    /// The link is there: sessions can be opened.
    pub fn link_up(&mut self) {
        self.online = true;
    }

    /// The link is gone, and every session with it. Registrations are made anew when it is back.
    pub fn link_down(&mut self) {
        self.online = false;
        for slot in SLOTS {
            self.close(slot);
            let registration = &mut self.peer(slot).registration;
            match registration.state {
                State::Registered => registration.to(State::Registering),
                State::Deregistering | State::Disabling => registration.to(State::Off),
                _ => {}
            }
        }
        if self.bootstrap.is_active() {
            // It begins again with the link.
            self.bootstrap.at = self.now;
            self.bootstrap.to(BootstrapState::Waiting);
        }
        self.observations.clear();
    }

    /// Registers with every server that has an account, in the order that the accounts ask for.
    pub fn start(&mut self) {
        let version = self.settings.version;
        for slot in SLOTS {
            let server = self.short_id(slot).unwrap_or(0);
            if server == 0 {
                self.peer(slot).registration.server = 0;
                self.peer(slot).registration.to(State::Off);
                continue;
            }
            // The session may be one with a server that had this place before.
            self.close(slot);
            self.peer(slot).registration.restart(server, version);
            if self.priority(server).is_some() {
                self.peer(slot).registration.to(State::Ordered);
            } else {
                self.begin_registration(slot);
            }
        }
        self.observations.clear();
        self.attributes.keep(&self.objects.server);
        self.next_in_order();
    }

    /// Registers when the account's Initial Registration Delay is over.
    fn begin_registration(&mut self, slot: u8) {
        let server = self.peer(slot).registration.server;
        let delay = self.account(server, server::id::INITIAL_DELAY).unwrap_or(0);
        let at = self.now + Duration::from_secs(delay.into());
        self.peer(slot).registration.wait(at);
    }

    /// De-registers from every server, and stops.
    pub fn stop(&mut self) {
        self.bootstrap.to(BootstrapState::Off);
        for peer in &mut self.peers {
            let registered = peer.registration.is_registered();
            peer.registration.to(if registered { State::Deregistering } else { State::Off });
        }
    }

    /// Whether nothing is under way: no registration, no bootstrap, nothing to be told of them.
    pub fn is_idle(&self) -> bool {
        self.bootstrap.state == BootstrapState::Off
            && self.notices.is_empty()
            && self.peers.iter().all(|peer| peer.registration.state == State::Off)
    }

    /// Whether the device is registered with a server.
    pub fn is_registered(&self) -> bool {
        self.peers.iter().any(|peer| peer.registration.is_registered())
    }

    /// Sends an Update to every server.
    pub fn update(&mut self) {
        for peer in &mut self.peers {
            peer.registration.wanted = true;
        }
    }

    /// /1/x/8 or, with `disable`, /1/x/4: sends an Update; or De-registers, and registers again
    /// after the Disable Timeout.
    pub(super) fn trigger(&mut self, server: u16, disable: bool) {
        let pause = self.account(server, server::id::DISABLE_TIMEOUT).unwrap_or(86400);
        for peer in &mut self.peers {
            let registration = &mut peer.registration;
            if registration.server == server {
                if disable {
                    registration.pause = pause;
                    registration.to(State::Disabling);
                } else {
                    registration.wanted = true;
                }
            }
        }
    }

    /// Takes notice that the value at `path`, or values below it, are new ones.
    pub fn changed(&mut self, path: &Path) {
        self.observations.changed(path, &self.objects, &self.attributes);
    }

    /// Takes notice that there are other Object Instances: servers get the new list.
    pub fn model_changed(&mut self) {
        self.generation = self.generation.wrapping_add(1);
    }

    #[inline(never)]
    pub(super) fn notice(&mut self, notice: Notice) {
        if self.notices.push(notice).is_err() {
            log!(error, "a notice is lost: {:?}", notice);
        }
    }

    /// A value of a server's account.
    fn account(&self, server: u16, resource: u16) -> Option<u32> {
        self.objects.server.by_short_id(server)?.get(resource)
    }

    fn priority(&self, server: u16) -> Option<u32> {
        self.account(server, server::id::PRIORITY)
    }

    /// The Short Server ID of a device management server's account.
    pub(super) fn short_id(&self, slot: u8) -> Option<u16> {
        let account = self.objects.security.by_slot(slot)?;
        (!account.bootstrap).then_some(account.short_id)
    }

    /// Closes a session. What was under way in it is dropped.
    pub(super) fn close(&mut self, slot: u8) {
        let peer = self.peer(slot);
        peer.end();
        if peer.session != Session::Closed {
            peer.session = Session::Closed;
            self.closing |= 1 << slot;
        }
        if self.reply_slot == slot {
            self.reply = Reply::None;
        }
        if self.held.slot == slot {
            self.held.waits = false;
        }
        self.answers.forget(slot);
    }

    /// The session is open. `new`: with a new security context, so registrations made in an
    /// earlier one do not count any more (Transport 6.4.3).
    pub fn opened(&mut self, slot: u8, new: bool) {
        let now = self.now;
        let peer = self.peer(slot);
        if !SLOTS.contains(&slot) || peer.session != Session::Opening {
            return;
        }
        peer.session = Session::Open;
        peer.active = now;
        if new && peer.registration.is_registered() {
            peer.registration.to(State::Registering);
        }
    }

    /// The session could not be opened, or it broke.
    pub fn closed(&mut self, slot: u8, fault: Fault, broken: bool) {
        let peer = self.peer(slot);
        if !SLOTS.contains(&slot) || peer.session == Session::Closed {
            return;
        }
        let updating = peer.end() == Task::Update;
        peer.session = Session::Closed;
        let registration = &mut peer.registration;
        let state = registration.state;
        if state == State::Registered && broken {
            // It is opened again when there is something to send.
            registration.wanted |= updating;
        }
        if self.bootstrap.is_peer(slot) {
            return self.bootstrap_failed(fault);
        }
        match state {
            State::Registered if broken => {}
            State::Registering | State::Registered => self.registration_failed(slot, fault),
            State::Deregistering | State::Disabling => self.deregistered(slot),
            _ => {}
        }
    }

    /// An attempt to register, or to keep the registration, failed.
    fn registration_failed(&mut self, slot: u8, fault: Fault) {
        let random = self.random.next();
        let now = self.now;
        self.close(slot);
        self.observations.forget_slot(slot);
        let registration = &mut self.peers[usize::from(slot).min(ACCOUNTS - 1)].registration;
        let Some(account) = self.objects.server.by_short_id(registration.server) else {
            return registration.to(State::Off);
        };
        let retry = Registration::retry(account);
        if let Some(delay) = registration.attempts.failed(&retry, random) {
            registration.wait(now + delay);
            let seconds = delay.as_secs() as u32;
            return self.notice(Notice::Deferred { bootstrap: false, fault, seconds });
        }
        registration.to(State::Off);
        let bootstrap = account.get_or(server::id::BOOTSTRAP_ON_FAILURE, 1) != 0;
        let block = account.get_or(server::id::FAILURE_BLOCK, 0) != 0;
        if account.get(server::id::PRIORITY).is_some() {
            if block {
                // Those that come behind it are not tried.
                for peer in &mut self.peers {
                    if peer.registration.state == State::Ordered {
                        peer.registration.to(State::Off);
                    }
                }
            } else {
                self.next_in_order();
            }
        }
        self.notice(Notice::Exhausted { bootstrap });
    }

    /// Lets the first of the servers that wait for their turn begin, if it is nobody's.
    fn next_in_order(&mut self) {
        let (mut first, mut lowest) = (None, u32::MAX);
        for (slot, peer) in SLOTS.zip(&self.peers) {
            let registration = &peer.registration;
            let Some(priority) = self.priority(registration.server) else { continue };
            match registration.state {
                State::Waiting | State::Registering => return,
                State::Ordered if first.is_none() || priority < lowest => {
                    (first, lowest) = (Some(slot), priority);
                }
                _ => {}
            }
        }
        if let Some(slot) = first {
            self.begin_registration(slot);
        }
    }

    fn deregistered(&mut self, slot: u8) {
        let now = self.now;
        self.close(slot);
        self.observations.forget_slot(slot);
        let registration = &mut self.peer(slot).registration;
        match registration.state {
            State::Deregistering => registration.to(State::Off),
            State::Disabling => {
                let pause = registration.pause;
                registration.wait(now + Duration::from_secs(pause.into()));
            }
            _ => return,
        }
        let server = registration.server;
        self.notice(Notice::Deregistered(server));
    }

    /// A datagram came in.
    ///
    /// [`Client::poll`] is to be called until it waits before the next one is handed in: an answer
    /// is encoded only there, and one at a time is kept.
    pub fn received(&mut self, slot: u8, datagram: &[u8]) {
        let now = self.now;
        let busy = self.reply != Reply::None;
        let peer = self.peer(slot);
        if !SLOTS.contains(&slot) || peer.session != Session::Open || busy {
            return;
        }
        peer.active = now;
        let message = match Message::parse(datagram) {
            Ok(message) => message,
            Err(ParseError::Reset(id)) => return self.reply(slot, Reply::Reset, id),
            Err(_) => return,
        };
        if message.code == Code::EMPTY {
            self.empty(slot, &message);
        } else if message.code.is_response() {
            self.response(slot, &message);
        } else if message.code.is_request()
            && !matches!(message.kind, Kind::Acknowledgement | Kind::Reset)
        {
            self.incoming(slot, &message);
        } else if message.kind == Kind::Confirmable {
            self.reply(slot, Reply::Reset, message.id);
        }
    }

    fn reply(&mut self, slot: u8, reply: Reply, id: u16) {
        self.reply = reply;
        self.reply_slot = slot;
        self.reply_id = id;
    }

    /// An empty message: a ping, an acknowledgement or a reset.
    fn empty(&mut self, slot: u8, message: &Message<'_>) {
        let (now, id) = (self.now, message.id);
        let deadline = now + self.settings.transmission.max_transmit_wait();
        let peer = self.peer(slot);
        let ours = peer.sent(id);
        match message.kind {
            Kind::Confirmable => self.reply(slot, Reply::Reset, id),
            Kind::Acknowledgement if ours => match peer.exchange.task {
                // These want no answer.
                Task::Notify | Task::Answer => {
                    peer.end();
                    self.observations.confirmed(now, slot, id);
                }
                _ => peer.acknowledged(deadline),
            },
            Kind::Reset => {
                let notification = self.observations.reset(slot, id);
                if ours {
                    self.exchange_over(slot, None);
                } else if !notification {
                    log!(debug, "a reset that belongs to nothing");
                }
            }
            _ => {}
        }
    }

    /// A request: answered once, and with the same bytes when it comes again.
    fn incoming(&mut self, slot: u8, message: &Message<'_>) {
        let id = message.id;
        if self.held.waits && self.held.slot == slot && self.held.answer.id == id {
            if self.held.acknowledged && self.held.answer.confirmable {
                self.reply(slot, Reply::Acknowledgement, id);
            }
        } else if self.answers.find(self.now, slot, id).is_some() {
            self.reply(slot, Reply::Repeat, id);
        } else {
            self.request(slot, message);
        }
    }

    /// What is in [`Client::answer`] goes out.
    pub(super) fn answer(&mut self, slot: u8) {
        self.reply(slot, Reply::Answer, self.answer.id);
    }

    /// What is in [`Client::answer`] goes out when something slow is done.
    pub(super) fn hold(&mut self, slot: u8) {
        self.held.waits = true;
        self.held.ready = false;
        // A non-confirmable request needs no acknowledgement.
        self.held.acknowledged = !self.answer.confirmable;
        self.held.slot = slot;
        self.held.acknowledge = self.now + PATIENCE;
        self.held.answer = self.answer;
    }

    /// A response to a request of ours.
    fn response(&mut self, slot: u8, message: &Message<'_>) {
        let now = self.now;
        let exchange = &self.peer(slot).exchange;
        let matches = !matches!(exchange.task, Task::None | Task::Notify | Task::Answer)
            && exchange.token == message.token
            && (message.kind != Kind::Acknowledgement || exchange.id == message.id);
        if message.kind == Kind::Confirmable {
            // A separate response is acknowledged, again when it comes again; what belongs to
            // nothing is rejected.
            let known = matches || self.answers.find(now, slot, message.id).is_some();
            self.answers.store(now, slot, message.id, &[]);
            let reply = if known { Reply::Acknowledgement } else { Reply::Reset };
            self.reply(slot, reply, message.id);
        }
        if matches && message.kind != Kind::Reset && !self.is_next_block(slot, message) {
            self.exchange_over(slot, Some(message));
        }
    }

    /// Goes on with a body in blocks, where the answer asks for that.
    fn is_next_block(&mut self, slot: u8, message: &Message<'_>) -> bool {
        let peer = &mut self.peers[usize::from(slot).min(ACCOUNTS - 1)];
        let Some(mut block) = peer.exchange.block else { return false };
        let theirs = message.block(number::BLOCK1).ok().flatten();
        let exponent = theirs.map_or(block.exponent, |theirs| theirs.exponent.min(block.exponent));
        match message.code {
            // The data model changed half-way: what was sent does not fit what follows.
            Code::CONTINUE if peer.exchange.generation != self.generation => block.number = 0,
            // The block is there; those that follow may have to be smaller.
            Code::CONTINUE => {
                block.number = block.number.saturating_add(1);
                block = block.with_size(16 << exponent);
            }
            // Too large: once more from the start in smaller blocks.
            Code::REQUEST_ENTITY_TOO_LARGE if exponent < block.exponent => {
                block.number = 0;
                block.exponent = exponent;
            }
            Code::REQUEST_ENTITY_INCOMPLETE if block.number > 0 => block.number = 0,
            _ => return false,
        }
        peer.exchange.generation = self.generation;
        peer.proceed(self.now, Some(block), &self.settings.transmission, &mut self.random);
        true
    }

    /// An exchange is over: with an answer, or (`None`) without one.
    fn exchange_over(&mut self, slot: u8, answer: Option<&Message<'_>>) {
        let code = answer.map_or(Code::EMPTY, |message| message.code);
        let peer = self.peer(slot);
        match peer.end() {
            Task::Register => {
                let registration = &mut peer.registration;
                if code == Code::CREATED
                    && answer.is_some_and(|message| registration.locate(message))
                {
                    registration.attempts = super::retry::Attempts::default();
                    registration.to(State::Registered);
                    let server = registration.server;
                    self.notice(Notice::Registered(server));
                    self.next_in_order();
                } else if code == Code::PRECONDITION_FAILED && registration.version > Version::V1_0
                {
                    log!(info, "the server does not speak this version: trying 1.0");
                    registration.version = Version::V1_0;
                } else {
                    log!(warn, "registration refused or not answered: {:?}", code);
                    self.registration_failed(slot, Fault::Sequence);
                }
            }
            // Whatever the reason: a server that does not take the Update needs a Register.
            Task::Update => {
                if code != Code::CHANGED {
                    peer.registration.to(State::Registering);
                }
            }
            Task::Deregister => self.deregistered(slot),
            Task::BootstrapRequest => {
                if code == Code::CHANGED {
                    self.bootstrap_heard();
                } else if self.bootstrap.state != BootstrapState::Running {
                    // Else the sequence began before the answer came, or instead of it.
                    self.bootstrap_failed(Fault::Sequence);
                }
            }
            Task::Send => {
                self.sending.end();
                self.notice(Notice::Sent(code == Code::CHANGED));
            }
            // A server that does not acknowledge a notification is asked whether it still knows
            // us: if so it gets the newest value, if not the registration begins anew.
            Task::Notify => {
                let id = peer.exchange.id;
                let unheard = self.observations.unheard(slot, id);
                self.peer(slot).registration.wanted |= unheard;
            }
            Task::Answer | Task::None => {}
        }
    }

    /// The part of a firmware image that [`Notice::Package`] told of.
    pub fn package(&self) -> &[u8] {
        &self.body
    }

    /// What was asked for with [`Notice::Package`] is done: with the code to answer with.
    pub fn package_stored(&mut self, code: Code) {
        if self.held.waits {
            self.held.answer.code = code;
            self.held.ready = true;
            if !code.is_success() {
                self.sequence.reset();
            }
        }
    }

    /// Lets time go on: what waited for this moment begins, what waited too long ends.
    fn advance(&mut self) {
        let now = self.now;
        if self.sequence.deadline() <= now {
            self.sequence.reset();
            self.notice(Notice::PackageLost);
        }
        if self.held.waits && self.reply == Reply::None {
            let (slot, id) = (self.held.slot, self.held.answer.id);
            if self.held.ready && (!self.held.acknowledged || !self.held.answer.confirmable) {
                self.held.waits = false;
                self.answer = self.held.answer;
                self.reply(slot, Reply::Answer, id);
            } else if !self.held.acknowledged && self.held.acknowledge <= now {
                self.held.acknowledged = true;
                self.reply(slot, Reply::Acknowledgement, id);
            }
        }
        if self.bootstrap.at <= now {
            match self.bootstrap.state {
                BootstrapState::Waiting if self.online => {
                    self.bootstrap.to(BootstrapState::Requesting);
                }
                BootstrapState::Running => {
                    log!(warn, "the bootstrap server fell silent");
                    self.bootstrap_failed(Fault::Sequence);
                }
                _ => {}
            }
        }
        let online = self.online;
        for slot in SLOTS {
            let peer = self.peer(slot);
            let open = peer.session == Session::Open;
            let registration = &mut peer.registration;
            match registration.state {
                State::Waiting if online && registration.at <= now => {
                    registration.to(State::Registering);
                }
                State::Deregistering | State::Disabling if !open => self.deregistered(slot),
                _ => {}
            }
            let exchange = &mut self.peer(slot).exchange;
            if exchange.task != Task::None {
                match exchange.retransmission.expire(now) {
                    Expiry::NotYet => {}
                    Expiry::Again => exchange.due = true,
                    Expiry::GiveUp => self.exchange_over(slot, None),
                }
            }
        }
    }

    /// What is to be done at the time that was told. `buffer` takes a datagram of up to
    /// [`capacity::SEND`] bytes.
    pub fn poll(&mut self, buffer: &mut [u8]) -> Output {
        self.advance();
        let (slot, id) = (self.reply_slot, self.reply_id);
        let len = match core::mem::take(&mut self.reply) {
            Reply::None => None,
            Reply::Acknowledgement => coap::empty(buffer, Kind::Acknowledgement, id),
            Reply::Reset => coap::empty(buffer, Kind::Reset, id),
            Reply::Repeat => self.answers.find(self.now, slot, id).and_then(|bytes| {
                copy(buffer, bytes)?;
                Some(bytes.len())
            }),
            Reply::Answer => {
                let len = self.encode_answer(slot, buffer);
                if let Some(bytes) = len.and_then(|len| buffer.get(..len)) {
                    self.answers.store(self.now, slot, id, bytes);
                }
                len
            }
        };
        if let Some(len) = len
            && len > 0
        {
            return Output::Transmit(slot, len);
        }
        self.bootstrap_end();
        if let Some(notice) = take_first(&mut self.notices) {
            return Output::Notice(notice);
        }
        for slot in SLOTS {
            match self.poll_peer(slot, buffer) {
                Output::Wait(_) => {}
                output => return output,
            }
        }
        Output::Wait(self.deadline().deadline())
    }

    /// What is to be done for one server.
    fn poll_peer(&mut self, slot: u8, buffer: &mut [u8]) -> Output {
        let nothing = Output::Wait(None);
        if self.closing >> slot & 1 != 0 {
            self.closing &= !(1 << slot);
            return Output::Close(slot);
        }
        match self.peer(slot).session {
            Session::Opening => return nothing,
            Session::Closed => {
                if !self.online || !self.wants_session(slot) {
                    return nothing;
                }
                self.peer(slot).session = Session::Opening;
                return Output::Open(slot);
            }
            Session::Open => {}
        }
        if self.peer(slot).exchange.task == Task::None {
            let task = self.next_task(slot);
            if task != Task::None {
                self.begin(slot, task);
            } else if self.idle_deadline(slot) <= self.now {
                self.close(slot);
                self.closing &= !(1 << slot);
                return Output::Close(slot);
            }
        }
        let peer = self.peer(slot);
        let len = if peer.exchange.task != Task::None && peer.exchange.due {
            self.transmit(slot, buffer)
        } else if peer.registration.is_registered() {
            self.transmit_notification(slot, buffer)
        } else {
            None
        };
        len.map_or(nothing, |len| Output::Transmit(slot, len))
    }

    /// Whether there is something to say that needs a session.
    fn wants_session(&mut self, slot: u8) -> bool {
        if self.bootstrap.slot == slot && self.bootstrap.state == BootstrapState::Requesting {
            return true;
        }
        match self.peer(slot).registration.state {
            State::Registering => true,
            State::Registered => {
                self.next_task(slot) != Task::None || self.due(slot, false).is_some()
            }
            _ => false,
        }
    }

    /// What is to be asked of, or told to, a server next.
    fn next_task(&self, slot: u8) -> Task {
        if self.held.waits && self.held.slot == slot && self.held.ready && !self.is_answering() {
            return Task::Answer;
        }
        if self.bootstrap.is_peer(slot) {
            return match self.bootstrap.state {
                BootstrapState::Requesting => Task::BootstrapRequest,
                _ => Task::None,
            };
        }
        let registration = &self.peers[usize::from(slot).min(ACCOUNTS - 1)].registration;
        match registration.state {
            State::Registering => Task::Register,
            State::Deregistering | State::Disabling => Task::Deregister,
            State::Registered => {
                let Some(account) = self.objects.server.by_short_id(registration.server) else {
                    return Task::None;
                };
                if registration.wanted
                    || self.now >= registration.at
                    || registration.changes(account, self.generation) != 0
                {
                    return Task::Update;
                }
                if self.due(slot, true).is_some() {
                    Task::Notify
                } else if self.sending.is_active() && self.sending.slot == slot {
                    Task::Send
                } else {
                    Task::None
                }
            }
            _ => Task::None,
        }
    }

    /// Whether a separate response is under way. There is room for one.
    fn is_answering(&self) -> bool {
        self.peers.iter().any(|peer| peer.exchange.task == Task::Answer)
    }

    /// A notification that is due: one that must be confirmable, or one that need not be.
    fn due(&self, slot: u8, confirmable: bool) -> Option<u8> {
        self.observations.due(self.now, slot, self.settings.confirm_interval, confirmable)
    }

    fn begin(&mut self, slot: u8, task: Task) {
        let (now, generation) = (self.now, self.generation);
        let notification = self.due(slot, true);
        let peer = &mut self.peers[usize::from(slot).min(ACCOUNTS - 1)];
        peer.begin(now, task, &self.settings.transmission, &mut self.random);
        let (exchange, registration) = (&mut peer.exchange, &mut peer.registration);
        exchange.generation = generation;
        match task {
            Task::Register | Task::Update => {
                if task == Task::Register {
                    // A new registration ends what was observed (Core 6.2.1).
                    self.observations.forget_slot(slot);
                }
                if let Some(account) = self.objects.server.by_short_id(registration.server) {
                    exchange.parts = registration.changes(account, generation);
                    registration.announced(now, account, generation);
                }
            }
            Task::Notify => {
                if let Some(index) = notification {
                    if let Some(observation) = self.observations.get(index) {
                        exchange.token = observation.token;
                    }
                    self.observations.sent(now, index, exchange.id, &self.objects);
                }
            }
            Task::Answer => {
                self.separate = self.held.answer;
                exchange.token = self.separate.token;
                self.held.waits = false;
            }
            _ => {}
        }
    }

    /// Encodes the exchange of a peer, for the first or for another time.
    fn transmit(&mut self, slot: u8, buffer: &mut [u8]) -> Option<usize> {
        let now = self.now;
        let encoded = self.encode_exchange(slot, buffer);
        let peer = self.peer(slot);
        peer.active = now;
        let Some((len, more)) = encoded else {
            // What it was about is not there any more.
            peer.end();
            return None;
        };
        peer.exchange.due = false;
        if more && peer.exchange.block.is_none() {
            peer.exchange.block = Some(super::encode::FIRST_BLOCK);
        }
        Some(len)
    }

    /// Sends a notification that needs no acknowledgement.
    fn transmit_notification(&mut self, slot: u8, buffer: &mut [u8]) -> Option<usize> {
        let now = self.now;
        let index = self.due(slot, false)?;
        let peer = self.peer(slot);
        peer.active = now;
        let id = peer.message_id();
        let observation = self.observations.get(index)?;
        let (kind, sequence) = (Kind::NonConfirmable, observation.sequence);
        let (len, code) = self.encode_notification(observation, kind, id, sequence, buffer)?;
        if code.is_success() {
            self.observations.sent(now, index, id, &self.objects);
        } else {
            self.observations.remove(index);
        }
        Some(len)
    }

    /// When a session is closed because nothing is said in it.
    fn idle_deadline(&self, slot: u8) -> Instant {
        let peer = &self.peers[usize::from(slot).min(ACCOUNTS - 1)];
        let bootstrap = self.bootstrap.is_peer(slot);
        let account = self.objects.security.by_slot(slot);
        let timeout = match account.filter(|account| !account.bootstrap) {
            _ if bootstrap => None,
            // The bootstrap server may ask for the last answer once more, then it is done.
            None => Some(self.settings.transmission.max_transmit_wait()),
            Some(account) => self.settings.idle_timeout.filter(|_| {
                peer.registration.is_registered()
                    && Uri::parse(&account.uri).is_some_and(|uri| uri.secure)
            }),
        };
        timeout.map_or(Instant::NEVER, |timeout| peer.active + timeout)
    }

    /// When something is to be done, if nothing happens before.
    fn deadline(&self) -> Instant {
        let mut deadline = self.sequence.deadline();
        if self.held.waits && !self.held.acknowledged {
            deadline = deadline.min(self.held.acknowledge);
        }
        if self.online {
            deadline = deadline.min(self.bootstrap.deadline());
        }
        for (slot, peer) in SLOTS.zip(&self.peers) {
            let quiet = peer.exchange.task == Task::None;
            if !quiet {
                deadline = deadline.min(peer.exchange.retransmission.deadline());
            } else if peer.session == Session::Open {
                deadline = deadline.min(self.idle_deadline(slot));
            }
            let registration = &peer.registration;
            match registration.state {
                State::Waiting if self.online => deadline = deadline.min(registration.at),
                State::Registered if self.online && peer.session != Session::Opening => {
                    if quiet {
                        deadline = deadline.min(registration.at);
                    }
                    let interval = self.settings.confirm_interval;
                    let notification = self.observations.deadline(self.now, slot, interval, !quiet);
                    deadline = deadline.min(notification);
                }
                _ => {}
            }
        }
        deadline
    }
}
