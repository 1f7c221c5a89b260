//! Answers that were given, for requests that come again (RFC 7252 sections 4.2 and 4.5).
//!
//! A repeated request must not be carried out twice; it is answered with the same bytes again.

use super::Parameters;
use crate::bytes::copy;
use crate::time::Instant;

/// How many answers are kept at most.
const HEADS: usize = 12;

/// EXCHANGE_LIFETIME in ticks, rounded up, and one more because the time of an entry is rounded
/// down.
const LIFETIME: u32 = (Parameters::DEFAULT.exchange_lifetime().as_millis() >> TICK) as u32 + 2;

/// Time is kept in 2^10 milliseconds, so that 32 bits hold more than a century of it.
const TICK: u32 = 10;

/// What an answer belongs to, and where its bytes are.
#[derive(Clone, Copy)]
struct Head {
    /// See [`key`]; 0 for no answer.
    key: u32,
    time: u32,
    start: u16,
    len: u16,
}

/// The answers given lately, up to twelve of them, in `N` bytes. 152 bytes more for all of them.
///
/// An answer is found for EXCHANGE_LIFETIME (247 s), unless newer ones needed its room. An answer
/// of more than `N` bytes is not kept at all, so its request is carried out again when it is
/// repeated: `N` must hold what answers requests that are not idempotent.
pub struct Answers<const N: usize> {
    heads: [Head; HEADS],
    /// The head that is used next: of the oldest answer, or of none.
    next: u8,
    /// Where the next bytes go. They begin at 0 again where the rest is too short for an answer.
    end: u16,
    bytes: [u8; N],
}

impl<const N: usize> Answers<N> {
    /// No answers.
    pub const fn new() -> Self {
        const { assert!(N <= u16::MAX as usize, "answers have 65535 bytes at most") };
        let head = Head { key: 0, time: 0, start: 0, len: 0 };
        Self { heads: [head; HEADS], next: 0, end: 0, bytes: [0; N] }
    }

    /// Keeps the answer to the request `id` of `peer`, instead of an earlier one to the same. No
    /// bytes at all stand for a request that gets no answer.
    ///
    /// The oldest answers go when room is needed.
    pub fn store(&mut self, now: Instant, peer: u8, id: u16, bytes: &[u8]) {
        let key = key(peer, id);
        // One that is too long takes no room, not even for a moment.
        let fits = bytes.len() <= N;
        let len = if fits { bytes.len() } else { 0 };
        let rest = N - usize::from(self.end).min(N);
        let start = if len <= rest { self.end } else { 0 };
        let end = start + len as u16;
        for head in &mut self.heads {
            if head.key == key || head.start < end && start < head.start + head.len {
                head.key = 0;
            }
        }
        if let Some(room) = self.bytes.get_mut(usize::from(start)..)
            && fits
            && copy(room, bytes).is_some()
            && let Some(head) = self.heads.get_mut(usize::from(self.next))
        {
            *head = Head { key, time: ticks(now), start, len: len as u16 };
            self.end = end;
            self.next = if usize::from(self.next) < HEADS - 1 { self.next + 1 } else { 0 };
        }
    }

    /// The answer that was given to the request `id` of `peer`; `None` when there was none, or it
    /// is not kept any more.
    pub fn find(&mut self, now: Instant, peer: u8, id: u16) -> Option<&[u8]> {
        let key = key(peer, id);
        let head = self.heads.iter().find(|head| head.key == key)?;
        let age = ticks(now).saturating_sub(head.time);
        let bytes = self.bytes.get(usize::from(head.start)..)?.get(..usize::from(head.len))?;
        (age < LIFETIME).then_some(bytes)
    }

    /// Forgets the answers to `peer`, whose message ids start anew with a new session.
    pub fn forget(&mut self, peer: u8) {
        for head in &mut self.heads {
            if head.key >> 16 == key(peer, 0) >> 16 {
                head.key = 0;
            }
        }
    }
}

/// A number that stands for a request, and is not 0.
const fn key(peer: u8, id: u16) -> u32 {
    (peer as u32 + 1) << 16 | id as u32
}

impl<const N: usize> Default for Answers<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// A moment as heads keep it.
fn ticks(now: Instant) -> u32 {
    (now.as_millis() >> TICK) as u32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Duration;

    const NOW: Instant = Instant::from_millis(1_000_001);

    #[test]
    fn an_answer_is_found_by_peer_and_id() {
        let mut answers = Answers::<64>::new();
        answers.store(NOW, 1, 0x7d34, b"\x60\x45\x7d\x34");
        assert_eq!(answers.find(NOW, 1, 0x7d34), Some(&b"\x60\x45\x7d\x34"[..]));
        assert_eq!(answers.find(NOW, 2, 0x7d34), None);
        assert_eq!(answers.find(NOW, 1, 0x7d35), None);
    }

    #[test]
    fn a_request_without_an_answer_is_found_too() {
        let mut answers = Answers::<64>::new();
        answers.store(NOW, 1, 5, b"");
        assert_eq!(answers.find(NOW, 1, 5), Some(&b""[..]));
    }

    #[test]
    fn the_later_answer_counts() {
        let mut answers = Answers::<64>::new();
        answers.store(NOW, 1, 5, b"first");
        answers.store(NOW, 1, 6, b"other");
        answers.store(NOW, 1, 5, b"second");
        assert_eq!(answers.find(NOW, 1, 5), Some(&b"second"[..]));
        assert_eq!(answers.find(NOW, 1, 6), Some(&b"other"[..]));
    }

    #[test]
    fn the_oldest_answers_make_room() {
        // Three of two bytes fit, with a byte to spare.
        let mut answers = Answers::<7>::new();
        for id in 1..=5 {
            answers.store(NOW, 1, id, b"ab");
        }
        assert_eq!(answers.find(NOW, 1, 2), None);
        for id in 3..=5 {
            assert_eq!(answers.find(NOW, 1, id), Some(&b"ab"[..]));
        }
        answers.store(NOW, 1, 6, &[7; 7]);
        assert_eq!(answers.find(NOW, 1, 5), None);
        assert_eq!(answers.find(NOW, 1, 6), Some(&[7; 7][..]));
    }

    #[test]
    fn so_many_answers_are_kept_and_no_more() {
        let mut answers = Answers::<64>::new();
        for id in 0..=HEADS as u16 {
            answers.store(NOW, 0, id, b"");
        }
        assert_eq!(answers.find(NOW, 0, 0), None);
        for id in 1..=HEADS as u16 {
            assert_eq!(answers.find(NOW, 0, id), Some(&b""[..]));
        }
    }

    #[test]
    fn what_is_found_is_what_was_stored_last() {
        // Lengths and ids that come again, held against a list of everything.
        let mut answers = Answers::<50>::new();
        let mut given = [(0, [0; 51], 0); 400];
        let mut random = 1u32;
        for n in 0..given.len() {
            random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (id, len) = ((random >> 8 & 15) as u16, (random >> 16) as usize % 52);
            given[n] = (id, [n as u8; 51], len.min(51));
            let (_, bytes, len) = &given[n];
            answers.store(NOW, 3, id, &bytes[..*len]);
            assert_eq!(answers.find(NOW, 3, id).is_some(), *len <= 50);
            for id in 0..16 {
                let last = given[..=n].iter().rev().find(|(of, ..)| *of == id);
                if let Some(found) = answers.find(NOW, 3, id) {
                    let (_, bytes, len) = last.unwrap();
                    assert_eq!(found, &bytes[..*len]);
                }
            }
        }
    }

    #[test]
    fn an_answer_that_cannot_fit_only_takes_away_its_own_request() {
        let mut answers = Answers::<33>::new();
        answers.store(NOW, 1, 1, b"one");
        answers.store(NOW, 1, 2, b"two");
        answers.store(NOW, 1, 2, &[0; 34]);
        assert_eq!(answers.find(NOW, 1, 1), Some(&b"one"[..]));
        assert_eq!(answers.find(NOW, 1, 2), None);
        let mut none = Answers::<0>::new();
        none.store(NOW, 1, 1, b"x");
        assert_eq!(none.find(NOW, 1, 1), None);
    }

    #[test]
    fn answers_last_for_the_exchange_lifetime_and_a_little() {
        let mut answers = Answers::<64>::new();
        for offset in 0..2048 {
            let stored = NOW + Duration::from_millis(offset);
            answers.store(stored, 1, 1, b"x");
            let within = stored + Duration::from_secs(247);
            assert!(answers.find(within, 1, 1).is_some());
            let behind = stored + Duration::from_secs(250);
            assert!(answers.find(behind, 1, 1).is_none());
        }
    }

    #[test]
    fn a_new_session_forgets_the_answers_of_its_peer_only() {
        let mut answers = Answers::<64>::new();
        for (peer, id) in [(1, 1), (2, 1), (1, 2), (2, 2)] {
            answers.store(NOW, peer, id, b"x");
        }
        answers.forget(1);
        assert_eq!(answers.find(NOW, 1, 1), None);
        assert_eq!(answers.find(NOW, 1, 2), None);
        assert_eq!(answers.find(NOW, 2, 1), Some(&b"x"[..]));
        assert_eq!(answers.find(NOW, 2, 2), Some(&b"x"[..]));
    }
}
