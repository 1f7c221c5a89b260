//! A server as a conversation partner: its session, the one exchange under way with it (NSTART 1),
//! and its registration.

use super::registration::Registration;
use super::request::Answer;
use crate::coap::{Parameters, Retransmission, Token};
use crate::random::Random;
use crate::time::{Duration, Instant};

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
    /// Register.
    Register,
    /// Update, with the parts of [`super::registration::part`] that it carries.
    Update(u8),
    /// De-register.
    Deregister,
    /// Bootstrap-Request.
    BootstrapRequest,
    /// A confirmable notification; the observation is the one with this Message ID.
    Notify,
    /// The separate response to a request that took long.
    Answer(Answer),
    /// Send.
    Send,
}

/// An exchange under way. It is encoded again for each retransmission: what it says is the state
/// of things, not a copy of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Exchange {
    pub task: Task,
    pub id: u16,
    pub token: Token,
    /// Number and size exponent of the block under way, where the body goes in blocks.
    pub block: Option<(u32, u8)>,
    /// The state of the data model that the body was begun with.
    pub generation: u16,
    /// `None`: acknowledged, the answer comes separately.
    pub retransmission: Option<Retransmission>,
    /// When to give up waiting for a separate answer.
    pub deadline: Instant,
    /// It is to be transmitted now.
    pub due: bool,
}

/// A server.
#[derive(Debug)]
pub(crate) struct Peer {
    pub session: Session,
    pub exchange: Option<Exchange>,
    pub registration: Registration,
    /// When something last went either way.
    pub active: Instant,
    next_id: u16,
}

impl Peer {
    pub(crate) fn new(random: &mut Random) -> Self {
        Self {
            session: Session::Closed,
            exchange: None,
            registration: Registration::default(),
            active: Instant::ZERO,
            // A server that remembers an earlier run of ours must not take a new message for one
            // of that run.
            next_id: random.next() as u16,
        }
    }

    /// The next Message ID.
    pub(crate) fn message_id(&mut self) -> u16 {
        self.next_id = self.next_id.wrapping_add(1);
        self.next_id
    }

    /// Begins an exchange.
    pub(crate) fn begin(
        &mut self,
        now: Instant,
        task: Task,
        parameters: &Parameters,
        random: &mut Random,
    ) {
        let token = match &task {
            Task::Answer(answer) => answer.token,
            _ => Token::new(&(random.next() as u16).to_be_bytes()).unwrap_or_default(),
        };
        let id = self.message_id();
        self.exchange = Some(Exchange {
            task,
            id,
            token,
            block: None,
            generation: 0,
            retransmission: Some(Retransmission::new(now, parameters, random.next())),
            deadline: now,
            due: true,
        });
    }

    /// Goes on with the next message of an exchange in blocks.
    pub(crate) fn proceed(
        &mut self,
        now: Instant,
        block: Option<(u32, u8)>,
        parameters: &Parameters,
        random: &mut Random,
    ) {
        let id = self.message_id();
        if let Some(exchange) = &mut self.exchange {
            exchange.id = id;
            exchange.block = block;
            exchange.retransmission = Some(Retransmission::new(now, parameters, random.next()));
            exchange.due = true;
        }
    }

    /// The exchange was acknowledged, its answer comes later.
    pub(crate) fn acknowledged(&mut self, now: Instant, wait: Duration) {
        if let Some(exchange) = &mut self.exchange {
            exchange.retransmission = None;
            exchange.deadline = now + wait;
            exchange.due = false;
        }
    }
}
