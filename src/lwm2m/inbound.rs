//! What comes in: requests go to [`super::request`], what answers us moves an exchange on.
//!
//! Read beside it: RFC 7252 section 4 (messages, deduplication), RFC 7959 section 2.5 (bodies in
//! blocks), Core 6.1 to 6.4 for what an answer means.

use super::bootstrap::{PACKS, State as BootstrapState};
use super::client::{Client, HOLDS, Reply, SLOTS};
use super::encode::BLOCKS;
use super::notice::{Delivery, Fault, Notice};
use super::observe::OBSERVES;
use super::peer::{Session, Task};
use super::registration::State;
use super::send::SENDS;
use crate::capacity::ACCOUNTS;
use crate::coap::{Block, Code, Kind, Message, ParseError, number};

impl Client<'_> {
    /// A datagram came in.
    ///
    /// [`Client::poll`] is to be called until it waits before the next one is handed in: an answer
    /// is encoded only there, and one at a time is kept.
    #[inline(never)]
    pub fn received(&mut self, slot: u8, datagram: &[u8]) {
        self.wake();
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

    #[inline(never)]
    pub(super) fn reply(&mut self, slot: u8, reply: Reply, id: u16) {
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
        let task = peer.exchange.task;
        match message.kind {
            Kind::Confirmable => self.reply(slot, Reply::Reset, id),
            Kind::Acknowledgement if ours => match task {
                // These want no answer.
                Task::Notify | Task::Answer if OBSERVES || HOLDS => {
                    peer.end();
                    self.observations.confirmed(now, slot, id);
                    if task == Task::Notify {
                        self.notice(Notice::Notified(Delivery::Acknowledged));
                    }
                }
                _ => peer.acknowledged(deadline),
            },
            Kind::Reset => {
                let notification = self.observations.reset(slot, id);
                if OBSERVES && ours && task == Task::Notify {
                    self.peer(slot).end();
                    self.notice(Notice::Notified(Delivery::Reset));
                } else if ours {
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
        if self.is_held() && self.held.slot == slot && self.held.answer.id == id {
            if self.held.acknowledged && self.held.answer.confirmable {
                self.reply(slot, Reply::Acknowledgement, id);
            }
        } else if self.answers.find(self.now, slot, id).is_some() {
            self.reply(slot, Reply::Repeat, id);
        } else {
            self.request(slot, message);
        }
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
            let again = self.answers.find(now, slot, message.id).is_some();
            self.answers.store(now, slot, message.id, &[]);
            let reply = if matches || again { Reply::Acknowledgement } else { Reply::Reset };
            self.reply(slot, reply, message.id);
            if again {
                return;
            }
        }
        if matches && message.kind != Kind::Reset && !self.is_next_block(slot, message) {
            self.exchange_over(slot, Some(message));
        }
    }

    /// Goes on with a body in blocks, where the answer asks for that.
    fn is_next_block(&mut self, slot: u8, message: &Message<'_>) -> bool {
        let next = if PACKS && self.peer(slot).exchange.task == Task::BootstrapPack {
            if !self.is_more_of_pack(message) {
                return false;
            }
            // Which block of a pack comes next is known to the bootstrap.
            None
        } else {
            let next = self.next_block(slot, message);
            if next.is_none() {
                return false;
            }
            next
        };
        let peer = &mut self.peers[usize::from(slot).min(ACCOUNTS - 1)];
        peer.exchange.generation = self.generation;
        peer.proceed(self.now, next, &self.settings.transmission, &mut self.random);
        true
    }

    /// The block of a request body that an answer asks for.
    fn next_block(&mut self, slot: u8, message: &Message<'_>) -> Option<Block> {
        let generation = self.generation;
        let exchange = &self.peer(slot).exchange;
        let block = exchange.block.filter(|_| BLOCKS)?;
        let theirs = message.block(number::BLOCK1).ok().flatten();
        let exponent = theirs.unwrap_or(block).exponent().min(block.exponent());
        Some(match message.code {
            // The data model changed half-way: what was sent does not fit what follows.
            Code::CONTINUE if exchange.generation != generation => {
                Block::new(0, true, block.exponent())
            }
            // The block is there; those that follow may have to be smaller.
            Code::CONTINUE => {
                Block::new(block.number() + 1, true, block.exponent()).with_size(16 << exponent)
            }
            // Too large: once more from the start in smaller blocks.
            Code::REQUEST_ENTITY_TOO_LARGE if exponent < block.exponent() => {
                Block::new(0, true, exponent)
            }
            Code::REQUEST_ENTITY_INCOMPLETE if block.number() > 0 => {
                Block::new(0, true, block.exponent())
            }
            _ => return None,
        })
    }

    /// An exchange is over: with an answer, or (`None`) without one.
    pub(super) fn exchange_over(&mut self, slot: u8, answer: Option<&Message<'_>>) {
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
                    peer.moved = false;
                    self.notice(Notice::Registered);
                    self.next_in_order();
                } else if code == Code::PRECONDITION_FAILED
                    && let Some(lower) = registration.version.lower()
                {
                    log!(info, "the server does not speak this version: trying a lower one");
                    registration.version = lower;
                } else {
                    log!(warn, "registration refused or not answered: {:?}", code);
                    self.registration_failed(slot, Fault::Sequence);
                }
            }
            // Whatever the reason: a server that does not take the Update needs a Register. One that
            // says nothing may have lost the security context: it gets a new one.
            Task::Update => {
                peer.moved = false;
                if code == Code::CHANGED {
                    if core::mem::take(&mut peer.registration.away) {
                        peer.registration.attempts = super::retry::Attempts::default();
                        self.notice(Notice::Registered);
                    }
                } else {
                    peer.registration.to(State::Registering);
                    if answer.is_none() {
                        self.close(slot);
                    }
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
            Task::BootstrapPack => {
                if PACKS {
                    self.pack_over(answer);
                }
            }
            Task::Send if SENDS => self.send_over(code),
            // A server that does not acknowledge a notification is asked whether it still knows
            // us: if so it gets the newest value, if not the registration begins anew.
            Task::Notify if OBSERVES => {
                let id = peer.exchange.id;
                let unheard = self.observations.unheard(slot, id);
                self.peer(slot).registration.wanted |= unheard;
                self.notice(Notice::Notified(Delivery::TimedOut));
            }
            Task::Send | Task::Notify | Task::Answer | Task::None => {}
        }
    }
}
