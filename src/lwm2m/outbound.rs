//! What goes out, and when: the next thing to do for each server, and the moment of the one after.
//!
//! Read beside it: RFC 7252 sections 4.2 and 4.7 (retransmission, one exchange at a time), Core 6.2
//! (when a registration is updated).

use super::bootstrap::{PACKS, State as BootstrapState};
use super::client::{Client, HOLDS, Reply, SLOTS};
use super::encode::BLOCKS;
use super::fresh::FRESH;
use super::notice::{Fault, Notice, Output};
use super::objects::security;
use super::observe::OBSERVES;
use super::paths::List;
use super::peer::{Session, Task};
use super::queue_mode::QUEUES;
use super::registration::State;
use crate::bytes::copy;
use crate::capacity::ACCOUNTS;
use crate::coap::{self, Expiry, Kind};
use crate::queue::take_first;
use crate::time::{Duration, Instant};

impl Client<'_> {
    /// Whether a moment has come. If not, it is one to come back at.
    fn is_due(&mut self, at: Instant) -> bool {
        at.is_due(self.now, &mut self.next)
    }

    /// Lets time go on: what waited for this moment begins, what waited too long ends.
    fn advance(&mut self) {
        self.next = if OBSERVES { self.observations.evaluation } else { Instant::NEVER };
        if OBSERVES && self.next <= self.now {
            self.evaluate();
        }
        if BLOCKS && self.is_due(self.sequence.deadline()) {
            self.sequence.reset();
            self.notice(Notice::PackageLost);
        }
        if FRESH && self.fresh.asked != 0 && self.is_due(self.fresh.until) {
            log!(warn, "the modem did not tell its values in time");
            self.looked(self.fresh.asked);
        }
        if self.is_held() && self.reply == Reply::None {
            let (slot, id) = (self.held.slot, self.held.answer.id);
            let (list, path) = (self.held.answer.list, self.held.answer.path);
            if self.held.reads && !self.held.ready && self.are_fresh(list, &path) {
                self.held.ready = true;
                // An observation begins with what is in the answer.
                self.observations.settle(slot, &self.held.answer.token, &self.objects);
            }
            if self.held.ready && (!self.held.acknowledged || !self.held.answer.confirmable) {
                self.held.waits = false;
                self.answer = self.held.answer;
                let list = &mut self.answer.list;
                self.observations.lists.hand_on(list, List::HELD, List::ANSWER);
                self.reply(slot, Reply::Answer, id);
            } else if !self.held.acknowledged && self.is_due(self.held.acknowledge) {
                self.held.acknowledged = true;
                self.reply(slot, Reply::Acknowledgement, id);
            }
        }
        let state = self.bootstrap.state;
        match state {
            BootstrapState::Waiting if self.online && self.is_due(self.bootstrap.at) => {
                self.bootstrap.to(BootstrapState::Requesting);
            }
            BootstrapState::Running if self.is_due(self.bootstrap.at) => {
                log!(warn, "the bootstrap server fell silent");
                self.bootstrap_failed(Fault::Sequence);
            }
            _ => {}
        }
        for slot in SLOTS {
            let peer = self.peer(slot);
            if peer.is_idle() {
                continue;
            }
            let (state, at) = (peer.registration.state, peer.registration.at);
            match state {
                State::Waiting if self.online && self.is_due(at) => {
                    self.peer(slot).registration.resume();
                }
                State::Deregistering | State::Disabling if !self.online => self.deregistered(slot),
                _ => {}
            }
            let now = self.now;
            if OBSERVES && self.peer(slot).registration.away {
                self.observations.store(now, slot, &self.objects, &mut self.next);
            }
            let exchange = &self.peer(slot).exchange;
            let (task, at) = (exchange.task, exchange.retransmission.deadline());
            if task != Task::None && self.is_due(at) {
                let exchange = &mut self.peer(slot).exchange;
                match exchange.retransmission.expire(now) {
                    Expiry::NotYet => {}
                    Expiry::Again => exchange.due = true,
                    Expiry::GiveUp => self.exchange_over(slot, None),
                }
            }
        }
    }

    /// Evaluates the conditions of observations whose time for that has come, with fresh values. The
    /// next thing to do is the next evaluation.
    #[inline(never)]
    fn evaluate(&mut self) {
        let (mut next, mut index) = (Instant::NEVER, 0);
        while let Some(observation) = self.observations.get(index) {
            let (list, path) = (observation.list, observation.path);
            let mut at = observation.evaluation();
            if at <= self.now && self.are_fresh(list, &path) {
                at = self.observations.evaluate(self.now, index, &self.objects, &self.attributes);
            }
            next = next.min(at);
            index += 1;
        }
        self.observations.evaluation = next;
        // One that waits for values is not looked for by time.
        self.next = if next > self.now { next } else { Instant::NEVER };
    }

    /// What is to be done at the time that was told. `buffer` takes a datagram of up to
    /// [`crate::capacity::DATAGRAM`] bytes.
    #[inline(never)]
    pub fn poll(&mut self, buffer: &mut [u8]) -> Output {
        // No deadline passed, and nothing else moves what is found below.
        if self.unchanged && self.now < self.next {
            return Output::Wait(self.next);
        }
        self.unchanged = false;
        self.advance();
        let (slot, id) = (self.reply_slot, self.reply_id);
        let len = match core::mem::replace(&mut self.reply, Reply::None) {
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
            self.peer(slot).active = self.now;
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
        self.unchanged = true;
        Output::Wait(self.next)
    }

    /// What is to be done for one server.
    fn poll_peer(&mut self, slot: u8, buffer: &mut [u8]) -> Output {
        let nothing = Output::Wait(Instant::NEVER);
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
                let now = self.now;
                let peer = self.peer(slot);
                (peer.session, peer.active) = (Session::Opening, now);
                return Output::Open(slot);
            }
            Session::Open => {}
        }
        if self.peer(slot).exchange.task == Task::None {
            let task = self.next_task(slot);
            if task != Task::None {
                self.begin(slot, task);
            }
        }
        let peer = self.peer(slot);
        let len = if peer.exchange.task != Task::None && peer.exchange.due {
            self.transmit(slot, buffer)
        } else if peer.registration.is_registered() && !peer.moved {
            self.transmit_notification(slot, buffer)
        } else {
            None
        };
        if let Some(len) = len {
            return Output::Transmit(slot, len);
        }
        if self.peer(slot).exchange.task == Task::None && self.is_due(self.idle_deadline(slot)) {
            self.close(slot);
            self.closing &= !(1 << slot);
            return Output::Close(slot);
        }
        nothing
    }

    /// Whether there is something to say that needs a session.
    fn wants_session(&mut self, slot: u8) -> bool {
        if self.bootstrap.slot == slot && self.bootstrap.state == BootstrapState::Requesting {
            return true;
        }
        match self.peer(slot).registration.state {
            State::Registering | State::Deregistering | State::Disabling => true,
            State::Registered => {
                self.next_task(slot) != Task::None || self.due(slot, false).is_some()
            }
            _ => false,
        }
    }

    /// What is to be asked of, or told to, a server next.
    fn next_task(&mut self, slot: u8) -> Task {
        if self.is_held() && self.held.slot == slot && self.held.ready && !self.is_answering() {
            return Task::Answer;
        }
        if self.bootstrap.is_peer(slot) {
            return match self.bootstrap.state {
                BootstrapState::Requesting if PACKS && self.bootstrap.pack => Task::BootstrapPack,
                BootstrapState::Requesting => Task::BootstrapRequest,
                _ => Task::None,
            };
        }
        let peer = &self.peers[usize::from(slot).min(ACCOUNTS - 1)];
        let registration = &peer.registration;
        match registration.state {
            State::Registering => Task::Register,
            State::Deregistering | State::Disabling => Task::Deregister,
            State::Registered => {
                let Some(account) = self.objects.server.by_short_id(registration.server) else {
                    return Task::None;
                };
                if registration.wanted
                    || registration.away
                    || peer.moved && peer.session == Session::Open
                    || registration.changes(account, self.generation) != 0
                    || registration.due(self.awake(slot)).is_due(self.now, &mut self.next)
                {
                    return Task::Update;
                }
                if self.due(slot, true).is_some() {
                    Task::Notify
                } else if self.is_sending() && self.send_slot == slot && self.fresh.asked == 0 {
                    Task::Send
                } else {
                    Task::None
                }
            }
            _ => Task::None,
        }
    }

    /// Whether a separate response is under way. There is room for one.
    pub(super) fn is_answering(&self) -> bool {
        self.peers.iter().any(|peer| peer.exchange.task == Task::Answer)
    }

    /// A notification that is due and has fresh values: one that must be confirmable, or one that need not be.
    fn due(&mut self, slot: u8, confirmable: bool) -> Option<u8> {
        let interval = self.settings.confirm_interval;
        let (now, awake) = (self.now, self.awake(slot));
        let index =
            self.observations.due(now, awake, slot, interval, confirmable, &mut self.next)?;
        let observation = self.observations.get(index)?;
        let (list, path) = (observation.list, observation.path);
        self.are_fresh(list, &path).then_some(index)
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
                    self.observations.forget(slot, None);
                }
                if let Some(account) = self.objects.server.by_short_id(registration.server) {
                    exchange.parts = registration.changes(account, generation);
                    registration.announced(now, account, &self.settings, generation);
                }
            }
            Task::BootstrapPack if PACKS => self.begin_pack(),
            Task::Notify => {
                if let Some(index) = notification {
                    if let Some(observation) = self.observations.get(index) {
                        exchange.token = observation.token;
                    }
                    self.observations.carry(now, index, &self.objects);
                    self.observations.sent(now, index, exchange.id, &self.objects);
                }
            }
            Task::Answer if HOLDS => {
                self.separate = self.held.answer;
                let list = &mut self.separate.list;
                self.observations.lists.hand_on(list, List::HELD, List::SEPARATE);
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
            if BLOCKS || matches!(peer.exchange.task, Task::Notify | Task::Answer) {
                // What it was about is not there any more.
                peer.end();
            } else {
                // It does not fit a datagram: it ends as if nobody answered it.
                peer.exchange.due = false;
                let deadline = peer.exchange.retransmission.deadline();
                self.is_due(deadline);
            }
            return None;
        };
        peer.exchange.due = false;
        if BLOCKS && more && peer.exchange.block.is_none() {
            peer.exchange.block = Some(super::encode::FIRST_BLOCK);
        }
        Some(len)
    }

    /// Sends a notification that needs no acknowledgement.
    fn transmit_notification(&mut self, slot: u8, buffer: &mut [u8]) -> Option<usize> {
        let now = self.now;
        let index = self.due(slot, false)?;
        self.observations.carry(now, index, &self.objects);
        let peer = self.peer(slot);
        peer.active = now;
        let id = peer.message_id();
        let observation = self.observations.get(index)?;
        let (kind, sequence) = (Kind::NonConfirmable, observation.next_sequence());
        let len = self.encode_notification(observation, kind, id, sequence, buffer)?;
        self.observations.sent(now, index, id, &self.objects);
        self.observations.delivered(index);
        if self.observations.get(index)?.is_ended() {
            // Nobody will acknowledge that.
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
            _ if bootstrap => Duration::FOREVER,
            // The bootstrap server may ask for the last answer once more, then it is done.
            None => self.settings.transmission.max_transmit_wait(),
            Some(_) if !peer.registration.is_registered() => Duration::FOREVER,
            Some(account) => {
                match (account.mode == security::MODE_PSK, QUEUES && peer.registration.queue_mode) {
                    (secure, true) => self.waiting_window(secure),
                    (true, false) => self.settings.idle_timeout,
                    (false, false) => Duration::FOREVER,
                }
            }
        };
        peer.active + timeout
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_poll_looks_at_everything_when_something_came_in_or_is_due() {
        let mut client = Client::EMPTY;
        client.configure(1, &mut []);
        let mut buffer = [0; 64];
        let mut polled = |client: &mut Client<'_>| match client.poll(&mut buffer) {
            Output::Wait(_) => None,
            Output::Notice(notice) => Some(notice),
            output => panic!("{output:?}"),
        };
        assert_eq!(polled(&mut client), None);
        // Behind its back.
        client.notice(Notice::Reboot);
        assert_eq!(polled(&mut client), None);
        client.update();
        assert_eq!(polled(&mut client), Some(Notice::Reboot));
        assert_eq!(polled(&mut client), None);
        client.notice(Notice::Reboot);
        client.next = Instant::from_secs(10);
        client.set_now(Instant::from_secs(9));
        assert_eq!(polled(&mut client), None);
        client.set_now(Instant::from_secs(10));
        assert_eq!(polled(&mut client), Some(Notice::Reboot));
    }
}
