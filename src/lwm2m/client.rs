//! The client: what comes in, what goes out, and when.
//!
//! Everything here happens in [`Client::poll`] or in a function that says what happened; each
//! message is encoded into the caller's buffer when it goes out. Read beside it: Core 6,
//! Transport 6.4; RFC 7252 section 4.

use super::attributes::AttributeTable;
use super::bootstrap::{Bootstrap, State as BootstrapState};
use super::fresh::Freshness;
use super::notice::{Fault, Notice, Part};
use super::objects::{Additional, Objects, server};
use super::observe::{OBSERVES, Observations};
use super::paths::List;
use super::peer::{Peer, Session, Task};
use super::queue_mode::QUEUES;
use super::read::View;
use super::registration::{Registration, State};
use super::request::{Answer, Content};
use super::retry::Attempts;
use super::samples::Samples;
use super::{Path, Settings, Version};
use crate::capacity::{self, ACCOUNTS};
use crate::coap::{Answers, Code, Sequence};
use crate::random::Random;
use crate::time::{Duration, Instant};
use heapless::Vec;

/// A request whose answer waits for something slow.
#[derive(Debug)]
#[repr(C)]
pub(super) struct Held {
    /// Whether there is one.
    pub(super) waits: bool,
    /// The answer can go out.
    pub(super) ready: bool,
    /// The request was acknowledged, or needs no acknowledgement.
    pub(super) acknowledged: bool,
    pub(super) slot: u8,
    /// It waits for values, not for a package.
    pub(super) reads: bool,
    pub(super) answer: Answer,
    /// When an empty acknowledgement goes out, so that the server does not send again.
    pub(super) acknowledge: Instant,
}

/// Whether there is anything that an answer waits for: values of the modem, or a package.
pub(super) const HOLDS: bool = cfg!(any(feature = "fresh", feature = "firmware"));

/// How long an answer may take before it is acknowledged on its own; half of what a server waits.
const PATIENCE: Duration = Duration::from_secs(1);

/// What goes out first.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reply {
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
pub(super) const SLOTS: core::ops::Range<u8> = 0..ACCOUNTS as u8;

/// Whether there can be several servers to register with one behind the other.
const ORDERED: bool = capacity::SERVERS > 1;

/// An LwM2M client.
// In this order: what is used often lies where a short instruction reaches it, tables come behind.
#[repr(C)]
pub struct Client<'a> {
    /// When the function that is running was called.
    pub(super) now: Instant,
    /// When there is something to do, as far as that is known.
    pub(super) next: Instant,
    pub(super) online: bool,
    /// Nothing came in since [`Client::poll`] said [`super::Output::Wait`].
    pub(super) unchanged: bool,
    pub(super) reply: Reply,
    pub(super) reply_slot: u8,
    /// Bit n: session n is to be closed.
    pub(super) closing: u8,
    pub(super) reply_id: u16,
    /// Counts changes of what there is in the data model.
    pub(super) generation: u16,
    pub(super) bootstrap: Bootstrap,
    pub(super) random: Random,
    pub(super) held: Held,
    pub(super) fresh: Freshness,
    /// The answer that goes out next.
    pub(super) answer: Answer,
    /// The answer that goes out, or is out, as separate response.
    pub(super) separate: Answer,
    /// Bytes in front of the image in the first block of a package in TLV.
    pub(super) package_header: usize,
    /// The part of an image that is to be stored, or is stored.
    pub(super) part: Part,
    pub(super) sequence: Sequence,
    pub(super) settings: Settings,
    pub(super) notices: Vec<Notice, 8>,
    /// Session of the server that gets the Send under way.
    pub(super) send_slot: u8,
    pub(super) peers: [Peer; ACCOUNTS],
    /// The data model. After a change, [`Client::changed`] or [`Client::model_changed`] is to follow.
    pub objects: Objects<'a>,
    pub(super) observations: Observations,
    pub(super) samples: Samples,
    pub(crate) attributes: AttributeTable,
    pub(super) answers: Answers<{ capacity::ANSWERS }>,
    pub(super) body: [u8; capacity::BODY],
}

impl<'a> Client<'a> {
    /// A client that is to be prepared by [`Client::configure`]. All of it is zero.
    pub const EMPTY: Self = Self {
        now: Instant::ZERO,
        next: Instant::ZERO,
        online: false,
        unchanged: false,
        reply: Reply::None,
        reply_slot: 0,
        closing: 0,
        reply_id: 0,
        generation: 0,
        bootstrap: Bootstrap::OFF,
        random: Random::EMPTY,
        held: Held {
            waits: false,
            ready: false,
            acknowledged: false,
            slot: 0,
            reads: false,
            acknowledge: Instant::ZERO,
            answer: Answer::EMPTY,
        },
        fresh: Freshness::EMPTY,
        answer: Answer::EMPTY,
        separate: Answer::EMPTY,
        package_header: 0,
        part: Part::NONE,
        sequence: Sequence::EMPTY,
        settings: Settings::EMPTY,
        notices: Vec::new(),
        send_slot: 0,
        peers: [const { Peer::EMPTY }; ACCOUNTS],
        objects: Objects::EMPTY,
        observations: Observations::EMPTY,
        samples: Samples::EMPTY,
        attributes: AttributeTable::EMPTY,
        answers: Answers::new(),
        body: [0; capacity::BODY],
    };

    /// Prepares an empty client: it has no accounts. To be called once, when the settings are made and
    /// before anything else.
    pub fn configure(&mut self, seed: u64, additional: Additional<'a>) {
        self.sequence = Sequence::new();
        self.objects.configure(additional);
        self.objects.server.modern = self.settings.version >= Version::V1_2;
        self.objects.device.set_binding(
            match (self.settings.version, QUEUES && self.settings.queue_mode) {
                (Version::V1_0, true) => "UQ",
                _ => "U",
            },
        );
        self.random = Random::new(seed);
        for peer in &mut self.peers {
            // A server that remembers an earlier run of ours must not take a new message for one
            // of that run.
            peer.next_id = self.random.next() as u16;
        }
    }

    /// The data model as a server sees it, by its Short Server ID; 0 is the bootstrap server's.
    pub(super) const fn view(&self, server: u16) -> View<'_, 'a> {
        View::new(&self.objects, server)
    }

    /// Has the next [`Client::poll`] look at everything, not only at the time.
    pub(crate) fn wake(&mut self) {
        self.unchanged = false;
    }

    /// The settings, to be changed while nothing is under way.
    pub fn settings_mut(&mut self) -> &mut Settings {
        self.wake();
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
        self.wake();
        self.online = true;
    }

    /// The link is gone, and every session with it. Registrations and observations stay: when the
    /// link is back, an Update comes first.
    pub fn link_down(&mut self) {
        self.wake();
        self.online = false;
        for slot in SLOTS {
            self.close(slot);
            let registration = &mut self.peer(slot).registration;
            match registration.state {
                State::Registered => registration.away = true,
                State::Deregistering | State::Disabling => {
                    registration.to(State::Off);
                    self.observations.forget(slot, None);
                }
                _ => {}
            }
        }
        if self.bootstrap.is_active() {
            // It begins again with the link.
            self.bootstrap.at = self.now;
            self.bootstrap.to(BootstrapState::Waiting);
        }
    }

    /// Registers with every server that has an account, in the order that the accounts ask for. A
    /// registration that outlived the loss of the link stays.
    pub fn start(&mut self) {
        self.wake();
        let version = self.settings.version;
        for slot in SLOTS {
            let server = self.short_id(slot).unwrap_or(0);
            let registration = &self.peer(slot).registration;
            if registration.away && registration.server == server {
                let registration = &mut self.peer(slot).registration;
                registration.attempts = Attempts::default();
                registration.resume();
                continue;
            }
            self.observations.forget(slot, None);
            if server == 0 {
                self.peer(slot).registration.server = 0;
                self.peer(slot).registration.to(State::Off);
                continue;
            }
            // The session may be one with a server that had this place before.
            self.close(slot);
            self.peer(slot).registration.restart(server, version);
            if ORDERED && self.priority(server).is_some() {
                self.peer(slot).registration.to(State::Ordered);
            } else {
                self.begin_registration(slot);
            }
        }
        self.send_over(Code::EMPTY);
        self.attributes.keep(&self.objects.server);
        self.next_in_order();
    }

    /// The device is another one, as after a restart: registrations that outlived the link do not count,
    /// and are made anew by [`Client::start`].
    pub(crate) fn renew(&mut self) {
        for peer in &mut self.peers {
            if peer.registration.away {
                peer.registration.to(State::Off);
            }
        }
    }

    /// Registers when the account's Initial Registration Delay is over.
    pub(super) fn begin_registration(&mut self, slot: u8) {
        let server = self.peer(slot).registration.server;
        let delay = self.account(server, server::id::INITIAL_DELAY).unwrap_or(0);
        let at = self.now.after(delay);
        self.peer(slot).registration.wait(at);
    }

    /// De-registers from every server, and stops.
    pub fn stop(&mut self) {
        self.wake();
        self.bootstrap.to(BootstrapState::Off);
        for peer in &mut self.peers {
            let registered = self.online && peer.registration.state == State::Registered;
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
        self.wake();
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
        self.wake();
        self.observations.changed(self.now, path, &self.objects, &self.attributes);
    }

    /// Takes notice that there are other Object Instances: servers get the new list.
    pub fn model_changed(&mut self) {
        self.wake();
        self.generation = self.generation.wrapping_add(1);
    }

    #[inline(never)]
    pub(super) fn notice(&mut self, notice: Notice) {
        if self.notices.push(notice).is_err() {
            log!(error, "a notice is lost: {:?}", notice);
        }
    }

    /// The path of a value of object 19 or 10250 that a server wrote and the application was not told of. One
    /// that was written several times meanwhile comes once. As long as there are any, [`Notice::AppData`]
    /// comes again.
    pub fn take_written(&mut self) -> Option<Path> {
        #[cfg(feature = "binary-app-data")]
        let written = self.objects.binary_app_data.take_written();
        #[cfg(not(feature = "binary-app-data"))]
        let written: Option<Path> = None;
        #[cfg(feature = "app-data")]
        let written = written.or_else(|| self.objects.app_data.take_written());
        if written.is_some() {
            self.notice(Notice::AppData);
        }
        written
    }

    /// A value of a server's account.
    pub(super) fn account(&self, server: u16, resource: u16) -> Option<u32> {
        self.objects.server.by_short_id(server)?.get(resource)
    }

    pub(super) fn priority(&self, server: u16) -> Option<u32> {
        self.account(server, server::id::PRIORITY)
    }

    /// The Short Server ID of a device management server's account.
    pub(super) fn short_id(&self, slot: u8) -> Option<u16> {
        let account = self.objects.security.by_slot(slot)?;
        (!account.bootstrap).then_some(account.short_id)
    }

    /// Closes a session. What was under way in it is dropped.
    pub(super) fn close(&mut self, slot: u8) {
        self.drop_exchange(slot);
        let peer = self.peer(slot);
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

    /// Ends what is under way with a server, whose session is gone: what it was.
    fn drop_exchange(&mut self, slot: u8) -> Task {
        let peer = self.peer(slot);
        let (id, task) = (peer.exchange.id, peer.end());
        if OBSERVES && task == Task::Notify {
            self.observations.unheard(slot, id);
        }
        task
    }

    /// The session is open. `new`: with a new security context, so registrations made in an
    /// earlier one do not count any more (Transport 6.4.3). Else the address is another one, and the
    /// server gets an Update (Core 6.2.2).
    pub fn opened(&mut self, slot: u8, new: bool) {
        self.wake();
        let now = self.now;
        let peer = self.peer(slot);
        if !SLOTS.contains(&slot) || peer.session != Session::Opening {
            return;
        }
        peer.session = Session::Open;
        peer.active = now;
        peer.moved = true;
        if new && peer.registration.state == State::Registered {
            peer.registration.to(State::Registering);
        }
    }

    /// The session could not be opened, or it broke ([`Fault::Sequence`]).
    #[inline(never)]
    pub fn closed(&mut self, slot: u8, fault: Fault) {
        self.wake();
        let broken = fault == Fault::Sequence;
        let peer = self.peer(slot);
        if !SLOTS.contains(&slot) || peer.session == Session::Closed {
            return;
        }
        peer.session = Session::Closed;
        let updating = self.drop_exchange(slot) == Task::Update;
        let registration = &mut self.peer(slot).registration;
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
            State::Registering | State::Registered => {
                // As far as the server knows it still is registered.
                self.peer(slot).registration.away = state == State::Registered;
                self.registration_failed(slot, fault);
            }
            State::Deregistering | State::Disabling => self.deregistered(slot),
            _ => {}
        }
    }

    /// An attempt to register, or to keep the registration, failed.
    pub(super) fn registration_failed(&mut self, slot: u8, fault: Fault) {
        let random = self.random.next();
        let now = self.now;
        self.close(slot);
        self.send_lost(slot);
        let registration = &mut self.peers[usize::from(slot).min(ACCOUNTS - 1)].registration;
        let away = registration.away;
        if !away {
            self.observations.forget(slot, None);
        }
        let Some(account) = self.objects.server.by_short_id(registration.server) else {
            return registration.to(State::Off);
        };
        let retry = Registration::retry(account);
        registration.at = now;
        if let Some(seconds) = registration.attempts.failed(&retry, random, &mut registration.at) {
            registration.to(State::Waiting);
            registration.away = away;
            return self.notice(fault.deferred(false, seconds));
        }
        registration.to(State::Off);
        self.observations.forget(slot, None);
        let bootstrap = account.get_or(server::id::BOOTSTRAP_ON_FAILURE, 1) != 0;
        let block = account.get_or(server::id::FAILURE_BLOCK, 0) != 0;
        if ORDERED && account.get(server::id::PRIORITY).is_some() {
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
        self.notice(if bootstrap { Notice::BootstrapWanted } else { Notice::Exhausted });
    }

    /// Lets the first of the servers that wait for their turn begin, if it is nobody's.
    pub(super) fn next_in_order(&mut self) {
        if !ORDERED {
            return;
        }
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

    pub(super) fn deregistered(&mut self, slot: u8) {
        let now = self.now;
        self.close(slot);
        self.send_lost(slot);
        self.observations.forget(slot, None);
        let registration = &mut self.peer(slot).registration;
        match registration.state {
            State::Deregistering => registration.to(State::Off),
            State::Disabling => {
                let pause = registration.pause;
                registration.wait(now.after(pause));
            }
            _ => return,
        }
        self.notice(Notice::Deregistered);
    }

    /// What is in [`Client::answer`] goes out.
    pub(super) fn answer(&mut self, slot: u8) {
        self.reply(slot, Reply::Answer, self.answer.id);
    }

    /// Whether an answer waits.
    pub(super) const fn is_held(&self) -> bool {
        HOLDS && self.held.waits
    }

    /// What is in [`Client::answer`] goes out when something slow is done.
    pub(super) fn hold(&mut self, slot: u8) {
        self.held.waits = true;
        self.held.ready = false;
        // A non-confirmable request needs no acknowledgement.
        self.held.acknowledged = !self.answer.confirmable;
        self.held.slot = slot;
        self.held.reads = self.answer.content == Content::Read;
        self.held.acknowledge = self.now + PATIENCE;
        self.held.answer = self.answer;
        let list = &mut self.held.answer.list;
        self.observations.lists.hand_on(list, List::ANSWER, List::HELD);
    }

    /// Forgets the paths of answers that are out.
    pub(super) fn forget_answered(&mut self) {
        let answering = self.is_answering();
        let lists = &mut self.observations.lists;
        if self.reply != Reply::Answer {
            lists.clear(List::ANSWER);
        }
        if !answering {
            lists.clear(List::SEPARATE);
        }
    }

    /// The part of a firmware image that [`Notice::Package`] told of.
    pub const fn part(&self) -> Part {
        self.part
    }

    /// The bytes of that part.
    pub fn package(&self) -> &[u8] {
        self.body.get(..self.part.len.into()).unwrap_or_default()
    }

    /// What was asked for with [`Notice::Package`] is done: with the code to answer with.
    #[inline(never)]
    pub fn package_stored(&mut self, code: Code) {
        self.wake();
        if self.is_held() && !self.held.reads {
            self.held.answer.code = code;
            self.held.ready = true;
            if !code.is_success() {
                self.sequence.reset();
            }
        }
    }
}
