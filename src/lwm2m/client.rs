//! The client: what comes in, what goes out, and when.
//!
//! Everything here happens in [`Client::poll`] or in a function that says what happened; each
//! message is encoded into the caller's buffer when it goes out. Read beside it: Core 6,
//! Transport 6.4; RFC 7252 section 4.

use super::attributes::AttributeTable;
use super::bootstrap::{Bootstrap, State as BootstrapState};
use super::objects::{Additional, Objects, Uri, server};
use super::observe::Observations;
use super::peer::{Exchange, Peer, Session, Task};
use super::registration::{Registration, State, is_accepted};
use super::request::Answer;
use super::send::SendRequest;
use super::{Effect, Path, Settings, Version};
use crate::capacity::{self, ACCOUNTS};
use crate::coap::{
    self, Answers, Block, Code, Expiry, Kind, Message, ParseError, Sequence, number,
};
use crate::random::Random;
use crate::time::{Duration, Instant, earliest};
use heapless::Deque;

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
pub enum Output<'b> {
    /// Open a session: [`Client::opened`] or [`Client::closed`] is to follow.
    Open(u8),
    /// Close a session.
    Close(u8),
    /// Send a datagram.
    Transmit(u8, &'b [u8]),
    /// Something happened.
    Notice(Notice),
    /// Nothing more until then.
    Wait(Option<Instant>),
}

/// A request whose answer waits for something slow.
#[derive(Debug)]
pub(super) struct Held {
    slot: u8,
    answer: Answer,
    /// When an empty acknowledgement goes out, so that the server does not send again.
    acknowledge: Instant,
    acknowledged: bool,
    ready: bool,
}

/// How long an answer may take before it is acknowledged on its own; half of what a server waits.
const PATIENCE: Duration = Duration::from_secs(1);

impl Held {
    pub(super) fn new(now: Instant, slot: u8, answer: Answer) -> Self {
        // A non-confirmable request needs no acknowledgement.
        let acknowledged = !answer.confirmable;
        Self { slot, answer, acknowledge: now + PATIENCE, acknowledged, ready: false }
    }
}

/// What goes out first.
#[derive(Clone, Copy, Debug)]
enum Reply {
    /// An empty acknowledgement or a reset.
    Empty(Kind, u16),
    /// The answer that was given to this request before.
    Repeat(u16),
    Answer(Answer),
}

/// What [`Client::poll`] found to do for a peer.
enum Step {
    Open,
    Close,
    Transmit(usize),
}

/// An LwM2M client.
pub struct Client<'a> {
    /// The data model.
    pub objects: Objects<'a>,
    pub(super) settings: Settings,
    pub(super) attributes: AttributeTable,
    pub(super) observations: Observations,
    pub(super) peers: [Peer; ACCOUNTS],
    pub(super) bootstrap: Bootstrap,
    pub(super) random: Random,
    pub(super) sequence: Sequence,
    pub(super) body: [u8; capacity::BODY],
    pub(super) held: Option<Held>,
    /// Bytes in front of the image in the first block of a package in TLV.
    pub(super) package_header: usize,
    /// Set with the answer to Bootstrap-Finish, acted upon when that is out.
    pub(super) bootstrap_ended: Option<bool>,
    pub(super) sending: Option<SendRequest>,
    /// Counts changes of what there is in the data model.
    generation: u16,
    answers: Answers<{ capacity::ANSWERS }>,
    reply: Option<(u8, Reply)>,
    notices: Deque<Notice, 8>,
    /// Bit n: session n is to be closed.
    closing: u8,
    online: bool,
}

impl<'a> Client<'a> {
    /// A client without accounts.
    pub fn new(settings: Settings, seed: u64, additional: Additional<'a>) -> Self {
        let mut random = Random::new(seed);
        let mut objects = Objects::new(additional);
        objects.device.set_binding(match (settings.version, settings.queue_mode) {
            (Version::V1_0, true) => "UQ",
            _ => "U",
        });
        Self {
            objects,
            settings,
            attributes: AttributeTable::default(),
            observations: Observations::default(),
            peers: core::array::from_fn(|_| Peer::new(&mut random)),
            bootstrap: Bootstrap::default(),
            random,
            sequence: Sequence::new(),
            body: [0; capacity::BODY],
            held: None,
            package_header: 0,
            bootstrap_ended: None,
            sending: None,
            generation: 0,
            answers: Answers::new(),
            reply: None,
            notices: Deque::new(),
            closing: 0,
            online: false,
        }
    }

    /// The settings, to be changed while nothing is under way.
    pub fn settings_mut(&mut self) -> &mut Settings {
        &mut self.settings
    }

    /// 32 random bits.
    pub(crate) fn random(&mut self) -> u32 {
        self.random.next()
    }

    /// The link is there: sessions can be opened.
    pub fn link_up(&mut self) {
        self.online = true;
    }

    /// The link is gone, and every session with it. Registrations are made anew when it is back.
    pub fn link_down(&mut self, now: Instant) {
        self.online = false;
        for slot in 0..ACCOUNTS as u8 {
            self.close(slot);
            if let Some(peer) = self.peers.get_mut(usize::from(slot)) {
                match peer.registration.state {
                    State::Registered => peer.registration.to(State::Registering),
                    State::Deregistering(_) => peer.registration.to(State::Off),
                    _ => {}
                }
            }
        }
        if self.bootstrap.is_active() {
            // It begins again with the link.
            self.bootstrap.to(BootstrapState::Waiting(now));
        }
        self.observations.clear();
    }

    /// Registers with every server that has an account, in the order that the accounts ask for.
    pub fn start(&mut self, now: Instant) {
        for slot in 0..ACCOUNTS as u8 {
            let server = self.objects.security.by_slot(slot).filter(|account| !account.bootstrap);
            let server = server.map_or(0, |account| account.short_id);
            let ordered = self.priority(server).is_some();
            let delay = self.account(server, server::id::INITIAL_DELAY).unwrap_or(0);
            if server != 0 {
                // The session may be one with a server that had this place before.
                self.close(slot);
            }
            let version = self.settings.version;
            if let Some(peer) = self.peers.get_mut(usize::from(slot)) {
                peer.registration = Registration::new(server, version);
                peer.registration.to(match (server, ordered) {
                    (0, _) => State::Off,
                    (_, true) => State::Ordered,
                    (_, false) => State::Waiting(now + Duration::from_secs(delay.into())),
                });
            }
        }
        self.observations.clear();
        self.attributes.keep(&self.objects.server);
        self.next_in_order(now);
    }

    /// De-registers from every server, and stops.
    pub fn stop(&mut self) {
        self.bootstrap.to(BootstrapState::Off);
        for peer in &mut self.peers {
            let registered = peer.registration.is_registered();
            peer.registration.to(match registered {
                true => State::Deregistering(None),
                false => State::Off,
            });
        }
    }

    /// Whether nothing is under way: no registration, no bootstrap, nothing to be told of them.
    pub fn is_idle(&self) -> bool {
        self.bootstrap.state == BootstrapState::Off
            && self.notices.is_empty()
            && self.peers.iter().all(|peer| peer.registration.state == State::Off)
    }

    /// Whether the device is registered with a server, or with this one.
    pub fn is_registered(&self, server: Option<u16>) -> bool {
        let asked = |peer: &&Peer| server.is_none_or(|server| peer.registration.server == server);
        self.peers.iter().filter(asked).any(|peer| peer.registration.is_registered())
    }

    /// Sends an Update to every server.
    pub fn update(&mut self) {
        for peer in &mut self.peers {
            peer.registration.wanted = true;
        }
    }

    pub(super) fn trigger_update(&mut self, server: u16) {
        for peer in self.peers.iter_mut().filter(|peer| peer.registration.server == server) {
            peer.registration.wanted = true;
        }
    }

    /// /1/x/4: De-register, and register again after the Disable Timeout.
    pub(super) fn disable(&mut self, server: u16) {
        let timeout = self.account(server, server::id::DISABLE_TIMEOUT).unwrap_or(86400);
        for peer in self.peers.iter_mut().filter(|peer| peer.registration.server == server) {
            let pause = Duration::from_secs(timeout.into());
            peer.registration.to(State::Deregistering(Some(pause)));
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

    pub(super) fn notice(&mut self, notice: Notice) {
        if self.notices.push_back(notice).is_err() {
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

    pub(super) fn short_id(&self, slot: u8) -> Option<u16> {
        let account = self.objects.security.by_slot(slot)?;
        (!account.bootstrap).then_some(account.short_id)
    }

    /// Closes a session. What was under way in it is dropped.
    pub(super) fn close(&mut self, slot: u8) {
        if let Some(peer) = self.peers.get_mut(usize::from(slot)) {
            peer.exchange = None;
            if peer.session != Session::Closed {
                peer.session = Session::Closed;
                self.closing |= 1 << slot;
            }
        }
        self.reply.take_if(|(of, _)| *of == slot);
        self.held.take_if(|held| held.slot == slot);
        self.answers.forget(slot);
    }

    /// The session is open. `new`: with a new security context, so registrations made in an
    /// earlier one do not count any more (Transport 6.4.3).
    pub fn opened(&mut self, now: Instant, slot: u8, new: bool) {
        let Some(peer) = self.peers.get_mut(usize::from(slot)) else { return };
        if peer.session != Session::Opening {
            return;
        }
        peer.session = Session::Open;
        peer.active = now;
        if new && peer.registration.is_registered() {
            peer.registration.to(State::Registering);
        }
    }

    /// The session could not be opened, or it broke.
    pub fn closed(&mut self, now: Instant, slot: u8, fault: Fault, broken: bool) {
        let Some(peer) = self.peers.get_mut(usize::from(slot)) else { return };
        if peer.session == Session::Closed {
            return;
        }
        let state = peer.registration.state;
        let updating = peer.exchange.take().is_some_and(|e| matches!(e.task, Task::Update(_)));
        peer.session = Session::Closed;
        if self.bootstrap.is_peer(slot) {
            return self.bootstrap_failed(now, fault);
        }
        match state {
            State::Registering => self.registration_failed(now, slot, fault),
            // It is opened again when there is something to send.
            State::Registered if broken => {
                if let Some(peer) = self.peers.get_mut(usize::from(slot)) {
                    peer.registration.wanted |= updating;
                }
            }
            State::Registered => self.registration_failed(now, slot, fault),
            State::Deregistering(_) => self.deregistered(now, slot),
            _ => {}
        }
    }

    /// An attempt to register, or to keep the registration, failed.
    fn registration_failed(&mut self, now: Instant, slot: u8, fault: Fault) {
        let random = self.random.next();
        self.close(slot);
        self.observations.forget_slot(slot);
        let Some(peer) = self.peers.get_mut(usize::from(slot)) else { return };
        let server = peer.registration.server;
        let Some(account) = self.objects.server.by_short_id(server) else {
            return peer.registration.to(State::Off);
        };
        let retry = Registration::retry(account);
        if let Some(delay) = peer.registration.attempts.failed(&retry, random) {
            peer.registration.to(State::Waiting(now + delay));
            let seconds = delay.as_secs() as u32;
            return self.notice(Notice::Deferred { bootstrap: false, fault, seconds });
        }
        peer.registration.to(State::Off);
        let bootstrap = account.get_or(server::id::BOOTSTRAP_ON_FAILURE, 1) != 0;
        let block = account.get_or(server::id::FAILURE_BLOCK, 0) != 0;
        if self.priority(server).is_some() {
            if block {
                // Those that come behind it are not tried.
                for peer in &mut self.peers {
                    if peer.registration.state == State::Ordered {
                        peer.registration.to(State::Off);
                    }
                }
            } else {
                self.next_in_order(now);
            }
        }
        self.notice(Notice::Exhausted { bootstrap });
    }

    /// Lets the first of the servers that wait for their turn begin, if it is nobody's.
    fn next_in_order(&mut self, now: Instant) {
        let under_way = |peer: &Peer| {
            matches!(peer.registration.state, State::Waiting(_) | State::Registering)
                && self.priority(peer.registration.server).is_some()
        };
        if self.peers.iter().any(under_way) {
            return;
        }
        let waiting = |peer: &Peer| peer.registration.state == State::Ordered;
        let first = (0..ACCOUNTS)
            .filter(|slot| self.peers.get(*slot).is_some_and(waiting))
            .min_by_key(|slot| {
                let server = self.peers.get(*slot).map_or(0, |peer| peer.registration.server);
                self.priority(server)
            });
        if let Some(peer) = first.and_then(|slot| self.peers.get_mut(slot)) {
            let account = self.objects.server.by_short_id(peer.registration.server);
            let delay = account.map_or(0, |a| a.get_or(server::id::INITIAL_DELAY, 0));
            peer.registration.to(State::Waiting(now + Duration::from_secs(delay.into())));
        }
    }

    fn deregistered(&mut self, now: Instant, slot: u8) {
        self.close(slot);
        self.observations.forget_slot(slot);
        if let Some(peer) = self.peers.get_mut(usize::from(slot))
            && let State::Deregistering(pause) = peer.registration.state
        {
            peer.registration.to(pause.map_or(State::Off, |pause| State::Waiting(now + pause)));
            let server = peer.registration.server;
            self.notice(Notice::Deregistered(server));
        }
    }

    /// A datagram came in.
    ///
    /// [`Client::poll`] is to be called until it waits before the next one is handed in: an answer
    /// is encoded only there, and one at a time is kept.
    pub fn received(&mut self, now: Instant, slot: u8, datagram: &[u8]) {
        self.objects.device.set_now(now);
        let Some(peer) = self.peers.get_mut(usize::from(slot)) else { return };
        if peer.session != Session::Open || self.reply.is_some() {
            return;
        }
        peer.active = now;
        let message = match Message::parse(datagram) {
            Ok(message) => message,
            Err(ParseError::Reset(id)) => return self.reply(slot, Reply::Empty(Kind::Reset, id)),
            Err(_) => return,
        };
        let confirmable = message.kind == Kind::Confirmable;
        if message.code == Code::EMPTY {
            self.empty(now, slot, &message);
        } else if message.code.is_response() {
            self.response(now, slot, &message);
        } else if message.code.is_request()
            && !matches!(message.kind, Kind::Acknowledgement | Kind::Reset)
        {
            self.incoming(now, slot, message);
        } else if confirmable {
            self.reply(slot, Reply::Empty(Kind::Reset, message.id));
        }
    }

    fn reply(&mut self, slot: u8, reply: Reply) {
        self.reply = Some((slot, reply));
    }

    /// An empty message: a ping, an acknowledgement or a reset.
    fn empty(&mut self, now: Instant, slot: u8, message: &Message<'_>) {
        let Some(peer) = self.peers.get_mut(usize::from(slot)) else { return };
        let exchange = peer.exchange.filter(|exchange| exchange.id == message.id);
        match (message.kind, exchange) {
            (Kind::Confirmable, _) => self.reply(slot, Reply::Empty(Kind::Reset, message.id)),
            (Kind::Acknowledgement, Some(exchange)) => match exchange.task {
                // These want no answer.
                Task::Notify => {
                    peer.exchange = None;
                    self.observations.confirmed(now, slot, message.id);
                }
                Task::Answer(_) => peer.exchange = None,
                _ => {
                    let wait = self.settings.transmission.max_transmit_wait();
                    peer.acknowledged(now, wait);
                }
            },
            (Kind::Reset, exchange) => {
                let notification = self.observations.reset(slot, message.id);
                if exchange.is_some() {
                    self.exchange_over(now, slot, None);
                } else if !notification {
                    log!(debug, "a reset that belongs to nothing");
                }
            }
            _ => {}
        }
    }

    /// A request: answered once, and with the same bytes when it comes again.
    fn incoming(&mut self, now: Instant, slot: u8, message: Message<'_>) {
        if let Some(held) = &self.held
            && (held.slot, held.answer.id) == (slot, message.id)
        {
            if held.acknowledged && held.answer.confirmable {
                self.reply(slot, Reply::Empty(Kind::Acknowledgement, message.id));
            }
            return;
        }
        if self.answers.find(now, slot, message.id).is_some() {
            return self.reply(slot, Reply::Repeat(message.id));
        }
        if let Some(answer) = self.request(now, slot, message) {
            self.reply(slot, Reply::Answer(answer));
        }
    }

    /// A response to a request of ours.
    fn response(&mut self, now: Instant, slot: u8, message: &Message<'_>) {
        let Some(peer) = self.peers.get(usize::from(slot)) else { return };
        let ours = |exchange: &Exchange| {
            exchange.token == message.token
                && !matches!(exchange.task, Task::Notify | Task::Answer(_))
                && (message.kind != Kind::Acknowledgement || exchange.id == message.id)
        };
        let matches = peer.exchange.as_ref().is_some_and(ours);
        if message.kind == Kind::Confirmable {
            // A separate response is acknowledged, again when it comes again; what belongs to
            // nothing is rejected.
            let known = matches || self.answers.find(now, slot, message.id).is_some();
            let kind = if known { Kind::Acknowledgement } else { Kind::Reset };
            self.answers.store(now, slot, message.id, &[]);
            self.reply(slot, Reply::Empty(kind, message.id));
        }
        if matches && message.kind != Kind::Reset && !self.is_next_block(now, slot, message) {
            self.exchange_over(now, slot, Some(message));
        }
    }

    /// Goes on with a body in blocks, where the answer asks for that.
    fn is_next_block(&mut self, now: Instant, slot: u8, message: &Message<'_>) -> bool {
        let Some(peer) = self.peers.get_mut(usize::from(slot)) else { return false };
        let Some(exchange) = peer.exchange else { return false };
        let Some((sent, exponent)) = exchange.block else { return false };
        let theirs = message.block(number::BLOCK1).ok().flatten();
        let (parameters, random) = (&self.settings.transmission, &mut self.random);
        let smaller = theirs.filter(|block| block.exponent < exponent);
        let current = Block { number: sent, more: true, exponent };
        let next = match message.code {
            // The data model changed half-way: what was sent does not fit what follows.
            Code::CONTINUE if exchange.generation != self.generation => (0, exponent),
            // The block is there; those that follow may have to be smaller.
            Code::CONTINUE => {
                let next = Block { number: sent.saturating_add(1), ..current };
                let next = next.with_size(smaller.map_or(next.size(), Block::size));
                (next.number, next.exponent)
            }
            // Too large: once more from the start in smaller blocks.
            Code::REQUEST_ENTITY_TOO_LARGE if smaller.is_some() => {
                (0, smaller.map_or(exponent, |block| block.exponent))
            }
            Code::REQUEST_ENTITY_INCOMPLETE if sent > 0 => (0, exponent),
            _ => return false,
        };
        if let Some(exchange) = &mut peer.exchange {
            exchange.generation = self.generation;
        }
        peer.proceed(now, Some(next), parameters, random);
        true
    }

    /// An exchange is over: with an answer, or (`None`) without one.
    fn exchange_over(&mut self, now: Instant, slot: u8, answer: Option<&Message<'_>>) {
        let Some(peer) = self.peers.get_mut(usize::from(slot)) else { return };
        let Some(exchange) = peer.exchange.take() else { return };
        let code = answer.map(|message| message.code);
        match exchange.task {
            Task::Register => {
                let accepted = code.is_some_and(|code| is_accepted(code, true))
                    && answer.is_some_and(|message| peer.registration.locate(message));
                if accepted {
                    peer.registration.attempts = super::retry::Attempts::default();
                    peer.registration.to(State::Registered);
                    let server = peer.registration.server;
                    self.notice(Notice::Registered(server));
                    self.next_in_order(now);
                } else if code == Some(Code::PRECONDITION_FAILED)
                    && peer.registration.version > Version::V1_0
                {
                    log!(info, "the server does not speak this version: trying 1.0");
                    peer.registration.version = Version::V1_0;
                } else {
                    log!(warn, "registration refused or not answered: {:?}", code);
                    self.registration_failed(now, slot, Fault::Sequence);
                }
            }
            // Whatever the reason: a server that does not take the Update needs a Register.
            Task::Update(_) => {
                if !code.is_some_and(|code| is_accepted(code, false)) {
                    peer.registration.to(State::Registering);
                }
            }
            Task::Deregister => self.deregistered(now, slot),
            Task::BootstrapRequest => match code {
                Some(Code::CHANGED) => self.bootstrap_heard(now),
                // The sequence began before the answer came, or instead of it.
                _ if matches!(self.bootstrap.state, BootstrapState::Running(_)) => {}
                _ => self.bootstrap_failed(now, Fault::Sequence),
            },
            Task::Send => {
                self.sending = None;
                self.notice(Notice::Sent(code == Some(Code::CHANGED)));
            }
            // A server that does not acknowledge a notification is asked whether it still knows
            // us: if so it gets the newest value, if not the registration begins anew.
            Task::Notify => {
                peer.registration.wanted |= self.observations.unheard(slot, exchange.id)
            }
            Task::Answer(_) => {}
        }
    }

    /// The part of a firmware image that [`Notice::Package`] told of.
    pub fn package(&self) -> &[u8] {
        &self.body
    }

    /// What was asked for with [`Notice::Package`] is done: with the code to answer with.
    pub fn package_stored(&mut self, code: Code) {
        if let Some(held) = &mut self.held {
            held.answer.code = code;
            held.ready = true;
            if !code.is_success() {
                self.sequence.reset();
            }
        }
    }

    /// Lets time go on: what waited for this moment begins, what waited too long ends.
    fn advance(&mut self, now: Instant) {
        if self.sequence.deadline().is_some_and(|deadline| deadline <= now) {
            self.sequence.reset();
            self.notice(Notice::PackageLost);
        }
        if let Some(held) = &self.held
            && held.ready
            && (!held.acknowledged || !held.answer.confirmable)
            && self.reply.is_none()
        {
            self.reply = Some((held.slot, Reply::Answer(held.answer)));
            self.held = None;
        }
        if let Some(held) = &mut self.held
            && !held.acknowledged
            && held.acknowledge <= now
            && self.reply.is_none()
        {
            held.acknowledged = true;
            let empty = Reply::Empty(Kind::Acknowledgement, held.answer.id);
            self.reply = Some((held.slot, empty));
        }
        match self.bootstrap.state {
            BootstrapState::Waiting(at) if at <= now && self.online => {
                self.bootstrap.to(BootstrapState::Requesting);
            }
            BootstrapState::Running(deadline) if deadline <= now => {
                log!(warn, "the bootstrap server fell silent");
                self.bootstrap_failed(now, Fault::Sequence);
            }
            _ => {}
        }
        for slot in 0..ACCOUNTS as u8 {
            let Some(peer) = self.peers.get_mut(usize::from(slot)) else { continue };
            match peer.registration.state {
                State::Waiting(at) if at <= now && self.online => {
                    peer.registration.to(State::Registering);
                }
                State::Deregistering(_) if peer.session != Session::Open => {
                    self.deregistered(now, slot);
                }
                _ => {}
            }
            if let Some(peer) = self.peers.get_mut(usize::from(slot))
                && let Some(exchange) = &mut peer.exchange
            {
                let over = match &mut exchange.retransmission {
                    None => exchange.deadline <= now,
                    Some(retransmission) => match retransmission.expire(now) {
                        Expiry::NotYet => false,
                        Expiry::Again => {
                            exchange.due = true;
                            false
                        }
                        Expiry::GiveUp => true,
                    },
                };
                if over {
                    self.exchange_over(now, slot, None);
                }
            }
        }
    }

    /// What is to be done now. `buffer` takes a datagram of up to [`capacity::DATAGRAM`] bytes.
    pub fn poll<'b>(&mut self, now: Instant, buffer: &'b mut [u8]) -> Output<'b> {
        self.objects.device.set_now(now);
        self.advance(now);
        if let Some((slot, reply)) = self.reply.take() {
            let len = match reply {
                Reply::Empty(kind, id) => coap::empty(buffer, kind, id),
                Reply::Repeat(id) => self.answers.find(now, slot, id).and_then(|bytes| {
                    buffer.get_mut(..bytes.len())?.copy_from_slice(bytes);
                    Some(bytes.len())
                }),
                Reply::Answer(answer) => self.encode_answer(slot, &answer, buffer),
            };
            if let (Reply::Answer(answer), Some(bytes)) = (reply, len.and_then(|l| buffer.get(..l)))
            {
                self.answers.store(now, slot, answer.id, bytes);
            }
            if let Some(len) = len.filter(|len| *len > 0) {
                return Output::Transmit(slot, buffer.get(..len).unwrap_or_default());
            }
        }
        if let Some(accepted) = self.bootstrap_ended.take() {
            self.bootstrap_end(now, accepted);
        }
        if let Some(notice) = self.notices.pop_front() {
            return Output::Notice(notice);
        }
        for slot in 0..ACCOUNTS as u8 {
            match self.poll_peer(now, slot, buffer) {
                Some(Step::Transmit(len)) => {
                    return Output::Transmit(slot, buffer.get(..len).unwrap_or_default());
                }
                Some(Step::Open) => return Output::Open(slot),
                Some(Step::Close) => return Output::Close(slot),
                None => {}
            }
        }
        Output::Wait(self.deadline(now))
    }

    fn poll_peer(&mut self, now: Instant, slot: u8, buffer: &mut [u8]) -> Option<Step> {
        if self.closing >> slot & 1 != 0 {
            self.closing &= !(1 << slot);
            return Some(Step::Close);
        }
        let peer = self.peers.get(usize::from(slot))?;
        match peer.session {
            Session::Opening => return None,
            Session::Closed => {
                if !self.online || !self.wants_session(now, slot) {
                    return None;
                }
                self.peers.get_mut(usize::from(slot))?.session = Session::Opening;
                return Some(Step::Open);
            }
            Session::Open => {}
        }
        if peer.exchange.is_none() {
            if let Some(task) = self.next_task(now, slot) {
                self.begin(now, slot, task);
            } else if self.idle_deadline(slot).is_some_and(|deadline| deadline <= now) {
                self.close(slot);
                self.closing &= !(1 << slot);
                return Some(Step::Close);
            }
        }
        if self.peers.get(usize::from(slot))?.exchange.is_some_and(|exchange| exchange.due) {
            return self.transmit(now, slot, buffer).map(Step::Transmit);
        }
        let registered = self.peers.get(usize::from(slot))?.registration.is_registered();
        let index = self.due(now, slot, false).filter(|_| registered)?;
        self.transmit_notification(now, slot, index, buffer).map(Step::Transmit)
    }

    /// Whether there is something to say that needs a session.
    fn wants_session(&self, now: Instant, slot: u8) -> bool {
        if self.bootstrap.slot == slot && self.bootstrap.state == BootstrapState::Requesting {
            return true;
        }
        self.peers.get(usize::from(slot)).is_some_and(|peer| match peer.registration.state {
            State::Registering => true,
            State::Registered => {
                self.next_task(now, slot).is_some() || self.due(now, slot, false).is_some()
            }
            _ => false,
        })
    }

    /// What is to be asked of, or told to, a server next.
    fn next_task(&self, now: Instant, slot: u8) -> Option<Task> {
        if let Some(held) = &self.held
            && held.slot == slot
            && held.ready
        {
            return Some(Task::Answer(held.answer));
        }
        if self.bootstrap.slot == slot && self.bootstrap.is_active() {
            let requesting = self.bootstrap.state == BootstrapState::Requesting;
            return requesting.then_some(Task::BootstrapRequest);
        }
        let registration = &self.peers.get(usize::from(slot))?.registration;
        match registration.state {
            State::Registering => Some(Task::Register),
            State::Deregistering(_) => Some(Task::Deregister),
            State::Registered => {
                let account = self.objects.server.by_short_id(registration.server)?;
                if let Some(parts) = registration.update(now, account, self.generation) {
                    return Some(Task::Update(parts));
                }
                if self.due(now, slot, true).is_some() {
                    return Some(Task::Notify);
                }
                self.sending.as_ref().filter(|sending| sending.slot == slot).map(|_| Task::Send)
            }
            _ => None,
        }
    }

    /// A notification that is due: one that must be confirmable, or one that need not be.
    fn due(&self, now: Instant, slot: u8, confirmable: bool) -> Option<u8> {
        self.observations.due(now, slot, self.settings.confirm_interval, confirmable)
    }

    fn begin(&mut self, now: Instant, slot: u8, task: Task) {
        let generation = self.generation;
        let notification = self.due(now, slot, true);
        let Some(peer) = self.peers.get_mut(usize::from(slot)) else { return };
        peer.begin(now, task, &self.settings.transmission, &mut self.random);
        let Some(exchange) = &mut peer.exchange else { return };
        exchange.generation = generation;
        match task {
            Task::Register | Task::Update(_) => {
                if task == Task::Register {
                    // A new registration ends what was observed (Core 6.2.1).
                    self.observations.forget_slot(slot);
                }
                if let Some(account) = self.objects.server.by_short_id(peer.registration.server) {
                    peer.registration.announced(now, account, generation);
                }
            }
            Task::Notify => {
                if let Some(index) = notification {
                    let id = exchange.id;
                    if let Some(observation) = self.observations.get(index) {
                        exchange.token = observation.token;
                    }
                    self.observations.sent(now, index, id, &self.objects);
                }
            }
            Task::Answer(_) => self.held = None,
            _ => {}
        }
    }

    /// Encodes the exchange of a peer, for the first or for another time.
    fn transmit(&mut self, now: Instant, slot: u8, buffer: &mut [u8]) -> Option<usize> {
        let exchange = self.peers.get(usize::from(slot))?.exchange?;
        let encoded = self.encode_exchange(slot, &exchange, buffer);
        let peer = self.peers.get_mut(usize::from(slot))?;
        peer.active = now;
        let Some((len, more)) = encoded else {
            // What it was about is not there any more.
            peer.exchange = None;
            return None;
        };
        if let Some(exchange) = &mut peer.exchange {
            exchange.due = false;
            if more && exchange.block.is_none() {
                exchange.block = Some((0, super::encode::BLOCK_EXPONENT));
            }
        }
        Some(len)
    }

    /// Sends a notification that needs no acknowledgement.
    fn transmit_notification(
        &mut self,
        now: Instant,
        slot: u8,
        index: u8,
        buffer: &mut [u8],
    ) -> Option<usize> {
        let observation = *self.observations.get(index)?;
        let peer = self.peers.get_mut(usize::from(slot))?;
        let id = peer.message_id();
        peer.active = now;
        let sequence = observation.sequence;
        let kind = Kind::NonConfirmable;
        let (len, code) = self.encode_notification(&observation, kind, id, sequence, buffer)?;
        if code.is_success() {
            self.observations.sent(now, index, id, &self.objects);
        } else {
            self.observations.remove(index);
        }
        Some(len)
    }

    /// When a session is closed because nothing is said in it.
    fn idle_deadline(&self, slot: u8) -> Option<Instant> {
        let peer = self.peers.get(usize::from(slot))?;
        let account = self.objects.security.by_slot(slot);
        if account.is_none_or(|account| account.bootstrap) && !self.bootstrap.is_peer(slot) {
            // The bootstrap server may ask for the last answer once more, then it is done.
            return Some(peer.active + self.settings.transmission.max_transmit_wait());
        }
        let secure = account.and_then(|account| Uri::parse(&account.uri)).is_some_and(|u| u.secure);
        let timeout =
            self.settings.idle_timeout.filter(|_| secure && !self.bootstrap.is_peer(slot))?;
        peer.registration.is_registered().then_some(peer.active + timeout)
    }

    fn deadline(&self, now: Instant) -> Option<Instant> {
        let held = self.held.as_ref().filter(|held| !held.acknowledged).map(|h| h.acknowledge);
        let mut deadline = earliest(self.sequence.deadline(), held);
        if self.online {
            deadline = earliest(deadline, self.bootstrap.deadline());
        }
        for (slot, peer) in self.peers.iter().enumerate() {
            let slot = slot as u8;
            if let Some(exchange) = &peer.exchange {
                let next = exchange.retransmission.map_or(exchange.deadline, |r| r.deadline());
                deadline = earliest(deadline, Some(next));
            } else if peer.session == Session::Open {
                deadline = earliest(deadline, self.idle_deadline(slot));
            }
            match peer.registration.state {
                State::Waiting(at) if self.online => deadline = earliest(deadline, Some(at)),
                State::Registered if self.online && peer.session != Session::Opening => {
                    let busy = peer.exchange.is_some();
                    let update = (!busy).then_some(peer.registration.deadline());
                    let interval = self.settings.confirm_interval;
                    let notification = self.observations.deadline(now, slot, interval, busy);
                    deadline = earliest(deadline, earliest(update, notification));
                }
                _ => {}
            }
        }
        deadline
    }
}
