//! The message layer: reliable transmission, deduplication, and the pairing of messages (RFC 7252
//! section 4).
//!
//! To each peer at most one confirmable message is under way (NSTART 1, section 4.7); what comes
//! after it waits in a queue, in order. So a late separate response is never overtaken by a
//! request.

use std::collections::{BTreeMap, VecDeque};

use lwm2m_carrier::time::{Duration, Instant, earliest};

use super::Peer;
use super::message::{Code, Kind, Message};
use super::random::Random;

/// Transmission parameters (RFC 7252 section 4.8).
#[derive(Clone, Debug)]
pub struct Parameters {
    /// ACK_TIMEOUT: wait before the first retransmission, times a random factor.
    pub ack_timeout: Duration,
    /// ACK_RANDOM_FACTOR in percent; 100 for no randomness.
    pub ack_random_percent: u32,
    /// MAX_RETRANSMIT: retransmissions after the first transmission.
    pub max_retransmit: u32,
    /// EXCHANGE_LIFETIME: how long a confirmable message is remembered.
    pub exchange_lifetime: Duration,
    /// NON_LIFETIME: how long a non-confirmable message is remembered.
    pub non_lifetime: Duration,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            ack_timeout: Duration::from_secs(2),
            ack_random_percent: 150,
            max_retransmit: 4,
            exchange_lifetime: Duration::from_secs(247),
            non_lifetime: Duration::from_secs(145),
        }
    }
}

/// How confirmable requests of a device are answered.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Answers {
    /// In the acknowledgement.
    #[default]
    Piggybacked,
    /// An empty acknowledgement at once, and a confirmable response after this delay.
    Separate(Duration),
    /// An empty acknowledgement at once, and a non-confirmable response after this delay.
    NonConfirmable(Duration),
}

/// What a datagram means to the layer above.
#[derive(Debug)]
pub enum Incoming {
    /// A new request.
    Request(Message),
    /// A response, or a notification. If it came on its own it wants
    /// [`Transmission::acknowledge`] or [`Transmission::reject`]. If its request is still under
    /// way it stands for the acknowledgement that was lost (section 5.2.2), and wants
    /// [`Transmission::abandon`].
    Response(Message),
    /// The request with this token was acknowledged; its response comes later.
    Acknowledged(Vec<u8>),
    /// The request with this token was rejected.
    Rejected(Vec<u8>),
    /// Nothing to do.
    Nothing,
}

struct Flight {
    id: u16,
    token: Vec<u8>,
    request: bool,
    bytes: Vec<u8>,
    timeout: Duration,
    due: Instant,
    left: u32,
}

/// What was received under a message id, and how it was answered.
struct Seen {
    until: Instant,
    answer: Option<Vec<u8>>,
}

struct Link {
    next_id: u16,
    queue: VecDeque<(Instant, Message)>,
    flight: Option<Flight>,
    seen: BTreeMap<u16, Seen>,
}

/// The message layer towards all peers.
pub struct Transmission {
    parameters: Parameters,
    answers: Answers,
    random: Random,
    links: BTreeMap<Peer, Link>,
    output: VecDeque<(Peer, Vec<u8>)>,
}

impl Transmission {
    /// A layer without peers.
    pub fn new(parameters: Parameters, answers: Answers, random: Random) -> Self {
        Self { parameters, answers, random, links: BTreeMap::new(), output: VecDeque::new() }
    }

    /// Changes how requests are answered.
    pub fn set_answers(&mut self, answers: Answers) {
        self.answers = answers;
    }

    /// Takes a datagram.
    pub fn receive(&mut self, now: Instant, peer: Peer, datagram: &[u8]) -> Incoming {
        let message = match Message::parse(datagram) {
            Ok(message) => message,
            Err(malformed) => {
                if let Some(id) = malformed.reset {
                    self.transmit(peer, Message::empty(Kind::Reset, id).encode());
                }
                return Incoming::Nothing;
            }
        };
        match (message.kind, message.code.class()) {
            (Kind::Acknowledgement | Kind::Reset, _) => self.paired(peer, message),
            (_, 0 | 2 | 4 | 5) if message.code != Code::EMPTY => {
                self.on_its_own(now, peer, message)
            }
            // A ping (section 4.3), or a class without meaning.
            (Kind::Confirmable, _) => {
                self.transmit(peer, Message::empty(Kind::Reset, message.id).encode());
                Incoming::Nothing
            }
            (Kind::NonConfirmable, _) => Incoming::Nothing,
        }
    }

    /// An acknowledgement or Reset: it belongs to the message under way or to none.
    fn paired(&mut self, peer: Peer, message: Message) -> Incoming {
        let link = self.link(peer);
        let Some(flight) = link.flight.as_ref().filter(|flight| flight.id == message.id) else {
            return Incoming::Nothing;
        };
        let empty = message.code == Code::EMPTY;
        let response = matches!(message.code.class(), 2 | 4 | 5) && message.token == flight.token;
        let meaning = match message.kind {
            Kind::Acknowledgement if empty => Incoming::Acknowledged(flight.token.clone()),
            Kind::Acknowledgement if response && flight.request => Incoming::Response(message),
            Kind::Reset if empty => Incoming::Rejected(flight.token.clone()),
            _ => return Incoming::Nothing,
        };
        let request = flight.request;
        link.flight = None;
        if request { meaning } else { Incoming::Nothing }
    }

    /// A confirmable or non-confirmable message that is not Empty.
    fn on_its_own(&mut self, now: Instant, peer: Peer, message: Message) -> Incoming {
        let lifetime = match message.kind {
            Kind::Confirmable => self.parameters.exchange_lifetime,
            _ => self.parameters.non_lifetime,
        };
        let link = self.link(peer);
        link.seen.retain(|_, seen| seen.until > now);
        if let Some(seen) = link.seen.get(&message.id) {
            // A duplicate gets the answer that the first one got (section 4.5).
            let answer = seen.answer.clone();
            if let Some(answer) = answer.filter(|_| message.kind == Kind::Confirmable) {
                self.transmit(peer, answer);
            }
            return Incoming::Nothing;
        }
        link.seen.insert(message.id, Seen { until: now + lifetime, answer: None });
        if message.code.class() == 0 {
            return Incoming::Request(message);
        }
        Incoming::Response(message)
    }

    /// Acknowledges a response that came on its own.
    pub fn acknowledge(&mut self, peer: Peer, message: &Message) {
        if message.kind == Kind::Confirmable {
            self.answer(peer, message.id, Message::empty(Kind::Acknowledgement, message.id));
        }
    }

    /// Rejects a response that nobody asked for (RFC 7641 section 3.6).
    pub fn reject(&mut self, peer: Peer, message: &Message) {
        if matches!(message.kind, Kind::Confirmable | Kind::NonConfirmable) {
            self.answer(peer, message.id, Message::empty(Kind::Reset, message.id));
        }
    }

    /// Answers `request` the way that the answers were set to.
    pub fn reply(&mut self, now: Instant, peer: Peer, request: &Message, response: Message) {
        let mut response = Message { token: request.token.clone(), ..response };
        if request.kind == Kind::NonConfirmable {
            response.kind = Kind::NonConfirmable;
            self.enqueue(now, peer, response);
            return;
        }
        let (kind, delay) = match self.answers {
            Answers::Piggybacked => {
                response.kind = Kind::Acknowledgement;
                response.id = request.id;
                self.answer(peer, request.id, response);
                return;
            }
            Answers::Separate(delay) => (Kind::Confirmable, delay),
            Answers::NonConfirmable(delay) => (Kind::NonConfirmable, delay),
        };
        self.answer(peer, request.id, Message::empty(Kind::Acknowledgement, request.id));
        response.kind = kind;
        self.enqueue(now + delay, peer, response);
    }

    /// Sends a request or a response of its own, not before `not_before` and after what waits already.
    pub fn enqueue(&mut self, not_before: Instant, peer: Peer, mut message: Message) {
        let link = self.link(peer);
        message.id = link.next_id;
        link.next_id = link.next_id.wrapping_add(1);
        link.queue.push_back((not_before, message));
    }

    /// Stops sending the request with `token`.
    pub fn abandon(&mut self, peer: Peer, token: &[u8]) {
        let link = self.link(peer);
        link.queue.retain(|(_, message)| message.code.class() != 0 || message.token != token);
        if link.flight.as_ref().is_some_and(|flight| flight.request && flight.token == token) {
            link.flight = None;
        }
    }

    /// Does what is due, and returns the requests that nobody acknowledged.
    pub fn run(&mut self, now: Instant) -> Vec<(Peer, Vec<u8>)> {
        let mut lost = Vec::new();
        for (peer, link) in &mut self.links {
            if let Some(flight) = link.flight.as_mut().filter(|flight| flight.due <= now) {
                if flight.left == 0 {
                    if flight.request {
                        lost.push((*peer, flight.token.clone()));
                    }
                    link.flight = None;
                } else {
                    flight.left -= 1;
                    flight.timeout = flight.timeout.times(2);
                    flight.due = now + flight.timeout;
                    self.output.push_back((*peer, flight.bytes.clone()));
                }
            }
            while link.flight.is_none() && link.queue.front().is_some_and(|(at, _)| *at <= now) {
                let Some((_, message)) = link.queue.pop_front() else { break };
                let bytes = message.encode();
                self.output.push_back((*peer, bytes.clone()));
                if message.kind != Kind::Confirmable {
                    continue;
                }
                let shortest = self.parameters.ack_timeout.as_millis();
                let spread = u64::from(self.parameters.ack_random_percent.saturating_sub(100));
                let spread = shortest.saturating_mul(spread) / 100;
                let timeout = shortest.saturating_add(self.random.below(spread.saturating_add(1)));
                let timeout = Duration::from_millis(timeout);
                link.flight = Some(Flight {
                    id: message.id,
                    request: message.code.class() == 0,
                    token: message.token,
                    bytes,
                    timeout,
                    due: now + timeout,
                    left: self.parameters.max_retransmit,
                });
            }
        }
        lost
    }

    /// The next datagram to send.
    pub fn output(&mut self) -> Option<(Peer, Vec<u8>)> {
        self.output.pop_front()
    }

    /// When [`run`](Self::run) has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        self.links.values().fold(None, |first, link| {
            let next = match &link.flight {
                Some(flight) => Some(flight.due),
                None => link.queue.front().map(|(at, _)| *at),
            };
            earliest(first, next)
        })
    }

    fn answer(&mut self, peer: Peer, id: u16, answer: Message) {
        let bytes = answer.encode();
        if let Some(seen) = self.link(peer).seen.get_mut(&id) {
            seen.answer = Some(bytes.clone());
        }
        self.transmit(peer, bytes);
    }

    fn transmit(&mut self, peer: Peer, bytes: Vec<u8>) {
        self.output.push_back((peer, bytes));
    }

    fn link(&mut self, peer: Peer) -> &mut Link {
        let random = &mut self.random;
        self.links.entry(peer).or_insert_with(|| Link {
            next_id: random.next() as u16,
            queue: VecDeque::new(),
            flight: None,
            seen: BTreeMap::new(),
        })
    }
}
