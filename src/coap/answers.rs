//! Answers that were given, for requests that come again (RFC 7252 sections 4.2 and 4.5).
//!
//! A repeated request must not be carried out twice; it is answered with the same bytes again.

use super::Parameters;
use crate::bytes::copy;
use crate::time::Instant;

/// Bytes before an answer: peer, message id, length, time.
const HEAD: usize = 9;

/// EXCHANGE_LIFETIME in ticks, rounded up, and one more because the time of an entry is rounded
/// down.
const LIFETIME: u32 = (Parameters::DEFAULT.exchange_lifetime().as_millis() >> TICK) as u32 + 2;

/// Time is kept in 2^10 milliseconds, so that 32 bits hold more than a century of it.
const TICK: u32 = 10;

/// The answers given lately, the oldest first, in `N` bytes. Nine bytes more each.
///
/// An answer is found for EXCHANGE_LIFETIME (247 s), unless newer ones needed its room. An answer
/// of more than `N - 9` bytes is not kept at all, so its request is carried out again when it is
/// repeated: `N` must hold what answers requests that are not idempotent.
pub struct Answers<const N: usize> {
    bytes: [u8; N],
    used: usize,
}

impl<const N: usize> Answers<N> {
    /// No answers.
    pub const fn new() -> Self {
        Self { bytes: [0; N], used: 0 }
    }

    /// Keeps the answer to the request `id` of `peer`, instead of an earlier one to the same. No
    /// bytes at all stand for a request that gets no answer.
    ///
    /// The oldest answers go when room is needed.
    pub fn store(&mut self, now: Instant, peer: u8, id: u16, bytes: &[u8]) {
        self.remove(peer, Some(id));
        let Ok(len) = u16::try_from(bytes.len()) else {
            return;
        };
        let size = HEAD + bytes.len();
        if size > N {
            return;
        }
        while size > N - self.used {
            let Some((_, end)) = self.entry(0) else { return };
            self.cut(0, end);
        }
        let [id_high, id_low] = id.to_be_bytes();
        let [len_high, len_low] = len.to_be_bytes();
        let [t0, t1, t2, t3] = ticks(now).to_be_bytes();
        let head = [peer, id_high, id_low, len_high, len_low, t0, t1, t2, t3];
        if let Some(room) = self.bytes.get_mut(self.used..)
            && let Some((room_for_head, room)) = room.split_first_chunk_mut()
            && copy(room, bytes).is_some()
        {
            *room_for_head = head;
            self.used += size;
        }
    }

    /// The answer that was given to the request `id` of `peer`; `None` when there was none, or it
    /// is not kept any more.
    pub fn find(&mut self, now: Instant, peer: u8, id: u16) -> Option<&[u8]> {
        let mut at = 0;
        loop {
            let (head, end) = self.entry(at)?;
            let &[_, _, _, _, _, t0, t1, t2, t3] = head;
            let age = ticks(now).saturating_sub(u32::from_be_bytes([t0, t1, t2, t3]));
            if is_of(head, peer, Some(id)) && age < LIFETIME {
                return self.bytes.get(at + HEAD..end);
            }
            at = end;
        }
    }

    /// Forgets the answers to `peer`, whose message ids start anew with a new session.
    pub fn forget(&mut self, peer: u8) {
        self.remove(peer, None);
    }

    /// The head of the entry at `start`, and where it ends.
    fn entry(&self, start: usize) -> Option<(&[u8; HEAD], usize)> {
        let (head, rest) = self.bytes.get(start..self.used)?.split_first_chunk::<HEAD>()?;
        let &[_, _, _, len_high, len_low, ..] = head;
        let len = usize::from(u16::from_be_bytes([len_high, len_low]));
        (len <= rest.len()).then_some((head, start + HEAD + len))
    }

    /// Takes out the answer to a request, or (`None`) all answers to a peer.
    fn remove(&mut self, peer: u8, id: Option<u16>) {
        let mut at = 0;
        while let Some((head, end)) = self.entry(at) {
            if is_of(head, peer, id) {
                self.cut(at, end);
            } else {
                at = end;
            }
        }
    }

    /// Takes out what lies between; what lies behind it moves up.
    fn cut(&mut self, start: usize, end: usize) {
        let len = end - start;
        if let Some(bytes) = self.bytes.get_mut(start..self.used) {
            let cells = core::cell::Cell::from_mut(bytes).as_slice_of_cells();
            for (to, from) in cells.iter().zip(cells.iter().skip(len)) {
                to.set(from.get());
            }
        }
        self.used -= len;
    }
}

/// Whether an entry is the answer to this request, or (`None`) to this peer.
fn is_of(head: &[u8; HEAD], peer: u8, id: Option<u16>) -> bool {
    let &[of, high, low, ..] = head;
    of == peer && id.is_none_or(|id| id == u16::from_be_bytes([high, low]))
}

impl<const N: usize> Default for Answers<N> {
    fn default() -> Self {
        Self::new()
    }
}

/// A moment as entries keep it.
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
        // Three of 11 bytes fit.
        let mut answers = Answers::<33>::new();
        for id in 1..=5 {
            answers.store(NOW, 1, id, b"ab");
        }
        assert_eq!(answers.find(NOW, 1, 2), None);
        for id in 3..=5 {
            assert_eq!(answers.find(NOW, 1, id), Some(&b"ab"[..]));
        }
        answers.store(NOW, 1, 6, &[7; 24]);
        assert_eq!(answers.find(NOW, 1, 5), None);
        assert_eq!(answers.find(NOW, 1, 6), Some(&[7; 24][..]));
    }

    #[test]
    fn an_answer_that_cannot_fit_only_takes_away_its_own_request() {
        let mut answers = Answers::<33>::new();
        answers.store(NOW, 1, 1, b"one");
        answers.store(NOW, 1, 2, b"two");
        answers.store(NOW, 1, 2, &[0; 25]);
        assert_eq!(answers.find(NOW, 1, 1), Some(&b"one"[..]));
        assert_eq!(answers.find(NOW, 1, 2), None);
        let mut none = Answers::<0>::new();
        none.store(NOW, 1, 1, b"");
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
