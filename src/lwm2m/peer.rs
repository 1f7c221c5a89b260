//! A server as a conversation partner: its session, the one exchange under way with it (NSTART 1),
//! and its registration.

use super::registration::{Registration, State};
use crate::coap::{Block, Parameters, Retransmission, Token};
use crate::random::Random;
use crate::time::Instant;

/// Where a session stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Session {
    /// Not there.
    Closed,
    /// Asked for.
    Opening,
    /// Datagrams can go both ways.
    Open,
}

/// A message of ours that waits for an answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Task {
    /// None.
    None,
    /// Register.
    Register,
    /// Update, with [`Exchange::parts`].
    Update,
    /// De-register.
    Deregister,
    /// Bootstrap-Request.
    BootstrapRequest,
    /// Bootstrap-Pack-Request.
    BootstrapPack,
    /// A confirmable notification; the observation is the one with this Message ID.
    Notify,
    /// The separate response to a request that took long.
    Answer,
    /// Send.
    Send,
}

/// An exchange under way. It is encoded again for each retransmission: what it says is the state
/// of things, not a copy of it.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Exchange {
    pub task: Task,
    /// It is to be transmitted now.
    pub due: bool,
    /// What an Update carries, see [`super::registration::part`].
    pub parts: u8,
    pub token: Token,
    pub id: u16,
    /// The state of the data model that the body was begun with.
    pub generation: u16,
    /// The block under way, where the body goes in blocks.
    pub block: Option<Block>,
    pub retransmission: Retransmission,
}

/// A server.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Peer {
    pub session: Session,
    /// The session is from another address than the server knows the device by.
    pub moved: bool,
    /// The Message ID that was used last.
    pub next_id: u16,
    pub exchange: Exchange,
    /// When something last went either way.
    pub active: Instant,
    pub registration: Registration,
}

impl Peer {
    /// No session, no exchange, no registration.
    pub(crate) const EMPTY: Self = Self {
        session: Session::Closed,
        moved: false,
        exchange: Exchange {
            task: Task::None,
            due: false,
            parts: 0,
            id: 0,
            generation: 0,
            token: Token::EMPTY,
            block: None,
            retransmission: Retransmission::until(Instant::ZERO),
        },
        active: Instant::ZERO,
        registration: Registration::EMPTY,
        next_id: 0,
    };

    /// Whether nothing is under way with it, and nothing is to come by time.
    pub(crate) fn is_idle(&self) -> bool {
        self.exchange.task == Task::None && self.registration.state == State::Off
    }

    /// The next Message ID.
    pub(crate) fn message_id(&mut self) -> u16 {
        self.next_id = self.next_id.wrapping_add(1);
        self.next_id
    }

    /// Ends the exchange; what it was about.
    pub(crate) fn end(&mut self) -> Task {
        core::mem::replace(&mut self.exchange.task, Task::None)
    }

    /// Whether the exchange under way has this Message ID.
    pub(crate) fn sent(&self, id: u16) -> bool {
        self.exchange.task != Task::None && self.exchange.id == id
    }

    /// Begins an exchange.
    pub(crate) fn begin(
        &mut self,
        now: Instant,
        task: Task,
        parameters: &Parameters,
        random: &mut Random,
    ) {
        self.exchange.task = task;
        self.exchange.token = Token::short(random.next() as u16);
        self.proceed(now, None, parameters, random);
    }

    /// Goes on with the next message of an exchange in blocks.
    pub(crate) fn proceed(
        &mut self,
        now: Instant,
        block: Option<Block>,
        parameters: &Parameters,
        random: &mut Random,
    ) {
        self.exchange.id = self.message_id();
        self.exchange.block = block;
        self.exchange.retransmission = Retransmission::new(now, parameters, random.next());
        self.exchange.due = true;
    }

    /// The exchange was acknowledged, its answer comes later.
    pub(crate) fn acknowledged(&mut self, deadline: Instant) {
        self.exchange.retransmission = Retransmission::until(deadline);
        self.exchange.due = false;
    }
}
