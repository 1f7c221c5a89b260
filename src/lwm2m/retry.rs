//! The retry sequence of Core 6.2.1.1 (Server Object, Resources 17 to 20), for registration and
//! bootstrap alike.

use crate::time::{Duration, Instant};

/// How often and when a failed attempt is repeated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retry {
    /// Communication Retry Count: attempts in a sequence, at least 1.
    pub count: u32,
    /// Communication Retry Timer: seconds before the second attempt; doubles with each one more.
    pub timer: u32,
    /// Communication Sequence Delay Timer: seconds between two sequences.
    pub sequence_delay: u32,
    /// Communication Sequence Retry Count: sequences, at least 1.
    pub sequence_count: u32,
}

impl Retry {
    /// No attempt: not to be used.
    pub(crate) const NONE: Self = Self { count: 0, timer: 0, sequence_delay: 0, sequence_count: 0 };
}

impl Default for Retry {
    /// The specification's defaults.
    fn default() -> Self {
        Self { count: 5, timer: 60, sequence_delay: 86400, sequence_count: 1 }
    }
}

/// How many attempts failed so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Attempts {
    attempt: u32,
    sequence: u32,
}

impl Attempts {
    /// None failed.
    pub(crate) const NONE: Self = Self { attempt: 0, sequence: 0 };

    /// Counts a failed attempt; moves `at`, which is now, to the next one, and tells how many seconds
    /// that is. `None` when all are used up.
    ///
    /// Up to an eighth of the time is added by `random`, so that a thousand devices that lost
    /// their server together do not come back together.
    pub(crate) fn failed(&mut self, retry: &Retry, random: u32, at: &mut Instant) -> Option<u32> {
        self.attempt += 1;
        let seconds = if self.attempt < retry.count {
            let doubled = 1u32.checked_shl(self.attempt - 1).unwrap_or(u32::MAX);
            retry.timer.saturating_mul(doubled)
        } else {
            self.attempt = 0;
            self.sequence += 1;
            if self.sequence >= retry.sequence_count {
                self.sequence = 0;
                return None;
            }
            retry.sequence_delay
        };
        let millis = Duration::from_secs(seconds.into()).as_millis();
        let jitter = ((millis >> 3) * u64::from(random >> 16)) >> 16;
        let delay = Duration::from_millis(millis + jitter);
        *at = *at + delay;
        Some(delay.as_secs() as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_between_attempts_double_and_sequences_follow() {
        let retry = Retry { count: 3, timer: 60, sequence_delay: 1000, sequence_count: 2 };
        let mut attempts = Attempts::default();
        let mut next = || attempts.failed(&retry, 0, &mut Instant::from_secs(1));
        let delays: [_; 6] = core::array::from_fn(|_| next());
        assert_eq!(delays, [Some(60), Some(120), Some(1000), Some(60), Some(120), None]);
    }

    #[test]
    fn jitter_adds_an_eighth_at_most() {
        let retry = Retry::default();
        let mut at = Instant::from_secs(1);
        let seconds = Attempts::default().failed(&retry, u32::MAX, &mut at).unwrap();
        assert_eq!(seconds, 67);
        assert!((68_000..=68_500).contains(&at.as_millis()), "{at:?}");
    }
}
