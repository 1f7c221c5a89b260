//! A request body that arrives in blocks, from one peer at a time.
//!
//! Nothing of the body is held here, only how far it came. Read beside it: RFC 7959 sections 2.2,
//! 2.3, 2.5 and 2.9.

use super::{Block, Code, Parameters};
use crate::time::{Duration, Instant};

/// How long a body that is not continued is remembered.
const LIFETIME: Duration = Parameters::DEFAULT.exchange_lifetime();

/// What a block is to its body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Step {
    /// Where in the body the block starts, in bytes.
    pub offset: usize,
    /// It is the first one: what was there of another body is void.
    pub first: bool,
    /// It is the last one: the body is whole.
    pub last: bool,
    /// It was taken before: it is answered as then, its data is dropped.
    pub repeated: bool,
}

/// Follows a body that arrives by Block1.
#[derive(Debug, Default)]
pub struct Sequence {
    body: Option<Body>,
}

#[derive(Clone, Copy, Debug)]
struct Body {
    peer: u8,
    key: u32,
    /// Where the block taken last starts.
    previous: usize,
    /// Where it ends: where the next one must start.
    expected: usize,
    /// When the body is forgotten.
    deadline: Instant,
}

impl Sequence {
    /// Waits for a first block.
    pub const fn new() -> Self {
        Self { body: None }
    }

    /// Places a block of `payload_len` bytes that came `now` from `peer`. `key` tells bodies of a
    /// peer apart: method and path of the request, or a hash of them.
    ///
    /// The first block starts a body, whatever was under way. The error is the code to answer
    /// with: 4.00 for a payload that is not as long as the block says, 4.08 for a block that does
    /// not join the ones before it. The body under way goes on after an error.
    pub fn accept(
        &mut self,
        now: Instant,
        peer: u8,
        key: u32,
        block: Block,
        payload_len: usize,
    ) -> Result<Step, Code> {
        self.expire(now);
        let size = block.size();
        if payload_len > size || block.more && payload_len != size {
            return Err(Code::BAD_REQUEST);
        }
        let offset = block.offset();
        let first = block.number == 0;
        let end = offset.saturating_add(payload_len);
        let repeated = match self.body {
            _ if first => false,
            Some(body) if (body.peer, body.key) == (peer, key) => {
                // A last block is never a repetition: its body would not be under way any more.
                let repeated = block.more && (body.previous, body.expected) == (offset, end);
                if body.expected != offset && !repeated {
                    return Err(Code::REQUEST_ENTITY_INCOMPLETE);
                }
                repeated
            }
            _ => return Err(Code::REQUEST_ENTITY_INCOMPLETE),
        };
        self.body = block.more.then_some(Body {
            peer,
            key,
            previous: offset,
            expected: end,
            deadline: now + LIFETIME,
        });
        Ok(Step {
            offset,
            first,
            last: !block.more,
            repeated,
        })
    }

    /// Forgets the body under way: it is not wanted.
    pub fn reset(&mut self) {
        self.body = None;
    }

    /// Forgets the body under way if its time has come.
    pub fn expire(&mut self, now: Instant) {
        if self.deadline().is_some_and(|deadline| deadline <= now) {
            self.body = None;
        }
    }

    /// When the body under way is forgotten, unless another block of it comes: EXCHANGE_LIFETIME
    /// after the one before. `None` when no body is under way.
    pub fn deadline(&self) -> Option<Instant> {
        self.body.map(|body| body.deadline)
    }
}
