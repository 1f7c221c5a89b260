//! One request and its response, in as many blocks as they need (RFC 7959).
//!
//! A payload longer than a block goes up with Block1; the device may ask for smaller blocks in its
//! first answer, or with 4.13. After a 4.08 the transfer starts again, once. A response with Block2
//! is fetched to its end; if its ETag changes on the way that starts again, once.

use lwm2m_carrier::time::Instant;

use super::Peer;
use super::message::{Block, Code, Kind, Message, Opt, option, uint};
use super::operation::{Failure, Observing, Operation, RequestId, Response};

/// For whom a request is made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Owner {
    /// For an operation on an endpoint.
    Operation(String, RequestId),
    /// For the bootstrap session of an endpoint.
    Bootstrap(String),
    /// For the rest of a notification of the observation with this token.
    Notification(Vec<u8>),
}

/// What to do after a response.
#[derive(Debug)]
pub enum Next {
    /// Send this, with the token as before if `true`, with a new one if `false`.
    Send(Message, bool),
    /// The transfer is over.
    Done(Result<Response, Failure>),
}

/// A request under way.
pub struct Transfer {
    /// To whom it goes.
    pub peer: Peer,
    /// For whom it is made.
    pub owner: Owner,
    /// The token that its first message had; that of the observation it begins.
    pub first_token: Option<Vec<u8>>,
    /// When to give up waiting for a response that was acknowledged.
    pub deadline: Option<Instant>,
    /// The operation.
    pub operation: Operation,
    root: Vec<String>,
    exponent: u8,
    /// Offset and length of the part of the payload that was sent last.
    sent: (usize, usize),
    blockwise: bool,
    restarted: bool,
    first: Option<Message>,
    body: Vec<u8>,
}

impl Transfer {
    /// A transfer of `operation`, with blocks of at most 2^(4 + `exponent`) bytes and with `root`
    /// before its path.
    pub fn new(
        peer: Peer,
        owner: Owner,
        operation: Operation,
        root: &[String],
        exponent: u8,
    ) -> Self {
        Self {
            peer,
            owner,
            first_token: None,
            deadline: None,
            operation,
            root: root.to_vec(),
            exponent,
            sent: (0, 0),
            blockwise: false,
            restarted: false,
            first: None,
            body: Vec::new(),
        }
    }

    /// A transfer of what is missing of `first`, a notification whose first block it is.
    pub fn rest_of(mut self, first: Message) -> (Self, Next) {
        self.operation.observing = Observing::No;
        let next = self.download(first);
        (self, next)
    }

    /// The first message.
    pub fn start(&mut self) -> Message {
        self.body.clear();
        self.first = None;
        self.upload(0)
    }

    /// The part of the payload from `offset` on.
    fn upload(&mut self, offset: usize) -> Message {
        let size = 16usize << self.exponent;
        let payload = &self.operation.payload;
        self.blockwise |= payload.len() > size;
        let rest = payload.get(offset..).unwrap_or_default();
        let part = rest.get(..size).unwrap_or(rest);
        self.sent = (offset, part.len());
        let mut message = self.request(part.to_vec(), true);
        if self.blockwise {
            let block = Block {
                number: (offset / size) as u32,
                more: rest.len() > size,
                exponent: self.exponent,
            };
            message = message.with(option::BLOCK1, &block.value());
            if offset == 0 {
                message = message.with(option::SIZE1, &uint(payload.len() as u32));
            }
        }
        message
    }

    fn request(&self, payload: Vec<u8>, observe: bool) -> Message {
        let segments = self.operation.path.split('/').filter(|segment| !segment.is_empty());
        let mut message = Message::new(self.operation.code);
        for segment in self.root.iter().map(String::as_str).chain(segments) {
            message = message.with(option::URI_PATH, segment.as_bytes());
        }
        message.options.extend(self.operation.options.iter().cloned());
        match self.operation.observing {
            Observing::Start if observe => message = message.with(option::OBSERVE, &uint(0)),
            Observing::Cancel if observe => message = message.with(option::OBSERVE, &uint(1)),
            _ => {}
        }
        message.payload = payload;
        message
    }

    /// Takes a response to the message that was sent last.
    pub fn respond(&mut self, response: Message) -> Next {
        let (offset, length) = self.sent;
        if self.first.is_some() {
            return self.download(response);
        }
        let Ok(block1) = response.block(option::BLOCK1) else {
            return Next::Done(Err(Failure::Blocks));
        };
        match response.code {
            Code::CONTINUE if self.blockwise => {
                let next = offset + length;
                // The answer counts in blocks of the request, whatever size it asks for next.
                let number = offset / (16usize << self.exponent);
                if block1.is_some_and(|block| block.number as usize != number) || length == 0 {
                    return Next::Done(Err(Failure::Blocks));
                }
                if let Some(block) = block1 {
                    self.exponent = self.exponent.min(block.exponent);
                }
                Next::Send(self.upload(next), true)
            }
            Code::INCOMPLETE if self.blockwise && !self.restarted => {
                self.restarted = true;
                Next::Send(self.upload(0), true)
            }
            Code::TOO_LARGE if !self.restarted && !self.operation.payload.is_empty() => {
                let smaller = match block1 {
                    Some(block) => block.exponent,
                    None => self.exponent.saturating_sub(1),
                };
                // A hint at blocks as large as they were means that the whole is too large.
                if self.blockwise && smaller >= self.exponent {
                    return self.done(&response);
                }
                self.restarted = true;
                self.blockwise = true;
                self.exponent = self.exponent.min(smaller);
                Next::Send(self.upload(0), true)
            }
            _ => self.download(response),
        }
    }

    /// Takes a block of the response's body.
    fn download(&mut self, response: Message) -> Next {
        let block = match response.block(option::BLOCK2) {
            Ok(Some(block)) if response.code.is_success() => block,
            Ok(_) if self.first.is_none() || !response.code.is_success() => {
                return self.done(&response);
            }
            _ => return Next::Done(Err(Failure::Blocks)),
        };
        let tag = |message: &Message| message.values(option::ETAG).next().map(<[u8]>::to_vec);
        if self.first.as_ref().is_some_and(|first| tag(first) != tag(&response)) {
            if self.restarted || self.operation.observing == Observing::Start {
                return Next::Done(Err(Failure::Blocks));
            }
            self.restarted = true;
            return Next::Send(self.start(), false);
        }
        let whole = response.payload.len() == block.size();
        if block.offset() != self.body.len() || block.more && !whole {
            return Next::Done(Err(Failure::Blocks));
        }
        self.body.extend_from_slice(&response.payload);
        let first = self.first.get_or_insert_with(|| response.clone());
        if !block.more {
            let response = Response::of(first, std::mem::take(&mut self.body));
            return Next::Done(Ok(response));
        }
        let next = Block {
            number: (self.body.len() / block.size()) as u32,
            more: false,
            exponent: block.exponent,
        };
        // A payload that took one message only is repeated: the device need not remember it.
        let payload = if self.blockwise { Vec::new() } else { self.operation.payload.clone() };
        let mut message = self.request(payload, false);
        message.options.retain(|(number, _): &Opt| *number != option::BLOCK2);
        Next::Send(message.with(option::BLOCK2, &next.value()), false)
    }

    fn done(&self, response: &Message) -> Next {
        Next::Done(Ok(Response::of(response, response.payload.clone())))
    }
}

/// Whether `message` is a notification or response of which blocks are missing.
pub fn has_more(message: &Message) -> bool {
    message.kind != Kind::Reset
        && matches!(message.block(option::BLOCK2), Ok(Some(Block { more: true, .. })))
}
