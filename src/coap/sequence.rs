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
#[derive(Debug)]
pub struct Sequence {
    /// When the body is forgotten; [`Instant::NEVER`] while there is none.
    deadline: Instant,
    peer: u8,
    key: u32,
    /// Where the block taken last starts.
    previous: usize,
    /// Where it ends: where the next one must start.
    expected: usize,
}

impl Sequence {
    /// All zeros: not to be used, but to be overwritten.
    pub(crate) const EMPTY: Self =
        Self { deadline: Instant::ZERO, peer: 0, key: 0, previous: 0, expected: 0 };

    /// Waits for a first block.
    pub const fn new() -> Self {
        Self { deadline: Instant::NEVER, peer: 0, key: 0, previous: 0, expected: 0 }
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
        if payload_len > size || block.more() && payload_len != size {
            return Err(Code::BAD_REQUEST);
        }
        let offset = block.offset();
        let first = block.number() == 0;
        let end = offset.saturating_add(payload_len);
        let mut repeated = false;
        if !first {
            // A last block is never a repetition: its body would not be under way any more.
            repeated = block.more() && (self.previous, self.expected) == (offset, end);
            if self.deadline == Instant::NEVER
                || (self.peer, self.key) != (peer, key)
                || self.expected != offset && !repeated
            {
                return Err(Code::REQUEST_ENTITY_INCOMPLETE);
            }
        }
        self.deadline = if block.more() { now + LIFETIME } else { Instant::NEVER };
        self.peer = peer;
        self.key = key;
        self.previous = offset;
        self.expected = end;
        Ok(Step { offset, first, last: !block.more(), repeated })
    }

    /// Forgets the body under way: it is not wanted.
    pub fn reset(&mut self) {
        self.deadline = Instant::NEVER;
    }

    /// Forgets the body under way if its time has come.
    pub fn expire(&mut self, now: Instant) {
        if self.deadline <= now {
            self.reset();
        }
    }

    /// When the body under way is forgotten, unless another block of it comes: EXCHANGE_LIFETIME
    /// after the one before. [`Instant::NEVER`] when no body is under way.
    pub fn deadline(&self) -> Instant {
        self.deadline
    }
}

impl Default for Sequence {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Instant = Instant::from_secs(1000);
    const INCOMPLETE: Result<Step, Code> = Err(Code::REQUEST_ENTITY_INCOMPLETE);

    fn block(number: u32, more: bool, size: usize) -> Block {
        Block::new(number, more, (size.ilog2() - 4) as u8)
    }

    fn step(offset: usize, last: bool) -> Result<Step, Code> {
        Ok(Step { offset, first: offset == 0, last, repeated: false })
    }

    /// A full block of peer 1 and key 7.
    fn more(sequence: &mut Sequence, number: u32, size: usize) -> Result<Step, Code> {
        sequence.accept(NOW, 1, 7, block(number, true, size), size)
    }

    fn last(sequence: &mut Sequence, number: u32, size: usize, len: usize) -> Result<Step, Code> {
        sequence.accept(NOW, 1, 7, block(number, false, size), len)
    }

    #[test]
    fn blocks_in_order_are_taken_as_in_rfc_7959_figure_7() {
        let mut sequence = Sequence::new();
        assert_eq!(more(&mut sequence, 0, 128), step(0, false));
        assert_eq!(more(&mut sequence, 1, 128), step(128, false));
        assert_eq!(last(&mut sequence, 2, 128, 50), step(256, true));
        assert_eq!(sequence.deadline(), Instant::NEVER);
    }

    #[test]
    fn the_size_changes_in_the_middle_as_in_rfc_7959_figure_8() {
        let mut sequence = Sequence::new();
        assert_eq!(more(&mut sequence, 0, 128), step(0, false));
        assert_eq!(more(&mut sequence, 4, 32), step(128, false));
        assert_eq!(more(&mut sequence, 5, 32), step(160, false));
        assert_eq!(last(&mut sequence, 6, 32, 1), step(192, true));
    }

    #[test]
    fn a_body_of_one_block_is_first_and_last() {
        let mut sequence = Sequence::new();
        assert_eq!(last(&mut sequence, 0, 64, 64), step(0, true));
        assert_eq!(last(&mut sequence, 0, 64, 0), step(0, true));
    }

    #[test]
    fn a_gap_is_incomplete_and_the_body_goes_on() {
        let mut sequence = Sequence::new();
        more(&mut sequence, 0, 64).unwrap();
        assert_eq!(more(&mut sequence, 2, 64), INCOMPLETE);
        assert_eq!(more(&mut sequence, 3, 32), INCOMPLETE);
        assert_eq!(more(&mut sequence, 1, 64), step(64, false));
    }

    #[test]
    fn a_body_cannot_start_in_the_middle() {
        let mut sequence = Sequence::new();
        assert_eq!(more(&mut sequence, 1, 64), INCOMPLETE);
        assert_eq!(last(&mut sequence, 1, 64, 10), INCOMPLETE);
    }

    #[test]
    fn the_first_block_starts_anew_whoever_sends_it() {
        let mut sequence = Sequence::new();
        more(&mut sequence, 0, 64).unwrap();
        more(&mut sequence, 1, 64).unwrap();
        assert_eq!(more(&mut sequence, 0, 64), step(0, false));
        assert_eq!(more(&mut sequence, 1, 64), step(64, false));
        assert_eq!(sequence.accept(NOW, 2, 7, block(0, true, 64), 64), step(0, false));
        assert_eq!(more(&mut sequence, 2, 64), INCOMPLETE);
        assert_eq!(sequence.accept(NOW, 2, 7, block(1, false, 64), 3), step(64, true));
    }

    #[test]
    fn another_peer_or_resource_in_the_middle_is_incomplete() {
        let mut sequence = Sequence::new();
        more(&mut sequence, 0, 64).unwrap();
        assert_eq!(sequence.accept(NOW, 2, 7, block(1, true, 64), 64), INCOMPLETE);
        assert_eq!(sequence.accept(NOW, 1, 8, block(1, true, 64), 64), INCOMPLETE);
        assert_eq!(more(&mut sequence, 1, 64), step(64, false));
    }

    #[test]
    fn a_block_must_be_as_long_as_it_says() {
        let mut sequence = Sequence::new();
        for len in [0, 63, 65] {
            let result = sequence.accept(NOW, 1, 7, block(0, true, 64), len);
            assert_eq!(result, Err(Code::BAD_REQUEST));
        }
        more(&mut sequence, 0, 64).unwrap();
        assert_eq!(last(&mut sequence, 1, 64, 65), Err(Code::BAD_REQUEST));
        assert_eq!(last(&mut sequence, 1, 64, 64), step(64, true));
    }

    #[test]
    fn the_block_before_is_a_repetition_and_older_ones_are_incomplete() {
        let mut sequence = Sequence::new();
        for number in 0..4 {
            more(&mut sequence, number, 64).unwrap();
        }
        let repeated = Step { offset: 192, first: false, last: false, repeated: true };
        assert_eq!(more(&mut sequence, 3, 64), Ok(repeated));
        assert_eq!(more(&mut sequence, 3, 64), Ok(repeated));
        assert_eq!(more(&mut sequence, 2, 64), INCOMPLETE);
        // The same position, but another block: half of it, or its end.
        assert_eq!(more(&mut sequence, 6, 32), INCOMPLETE);
        assert_eq!(more(&mut sequence, 7, 32), INCOMPLETE);
        assert_eq!(last(&mut sequence, 3, 64, 64), INCOMPLETE);
        assert_eq!(more(&mut sequence, 4, 64), step(256, false));
    }

    #[test]
    fn the_last_block_is_not_taken_twice() {
        let mut sequence = Sequence::new();
        more(&mut sequence, 0, 64).unwrap();
        last(&mut sequence, 1, 64, 64).unwrap();
        assert_eq!(last(&mut sequence, 1, 64, 64), INCOMPLETE);
    }

    #[test]
    fn silence_ends_a_body_after_247_seconds() {
        let mut sequence = Sequence::new();
        more(&mut sequence, 0, 64).unwrap();
        let deadline = NOW + Duration::from_secs(247);
        assert_eq!(sequence.deadline(), deadline);
        let before = deadline - Duration::from_millis(1);
        let next = block(1, true, 64);
        assert_eq!(sequence.accept(before, 1, 7, next, 64), step(64, false));
        let deadline = before + Duration::from_secs(247);
        assert_eq!(sequence.deadline(), deadline);
        let next = block(2, true, 64);
        assert_eq!(sequence.accept(deadline, 1, 7, next, 64), INCOMPLETE);
        assert_eq!(sequence.deadline(), Instant::NEVER);
    }

    #[test]
    fn a_body_that_is_not_wanted_is_forgotten() {
        let mut sequence = Sequence::new();
        more(&mut sequence, 0, 64).unwrap();
        sequence.reset();
        assert_eq!(sequence.deadline(), Instant::NEVER);
        assert_eq!(more(&mut sequence, 1, 64), INCOMPLETE);
    }
}
