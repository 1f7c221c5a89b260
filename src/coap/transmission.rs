//! When a confirmable message is sent again, and when it is given up.
//!
//! Read beside it: RFC 7252 sections 4.2 (retransmission) and 4.8 (parameters and the times
//! derived from them). One message at a time is outstanding with each peer (NSTART 1); that is
//! for the floor above to keep.

use crate::time::{Duration, Instant};

/// The longest that a datagram is taken to be under way (MAX_LATENCY).
const MAX_LATENCY: Duration = Duration::from_secs(100);

/// Transmission parameters (RFC 7252 section 4.8). An operator may state its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Parameters {
    /// ACK_TIMEOUT: the least time until the first retransmission.
    pub ack_timeout: Duration,
    /// ACK_RANDOM_FACTOR in percent: that time is stretched at random by up to this factor.
    pub ack_random_percent: u16,
    /// MAX_RETRANSMIT: how often a message is sent again.
    pub max_retransmit: u8,
}

impl Parameters {
    /// What RFC 7252 states.
    pub const DEFAULT: Self =
        Self { ack_timeout: Duration::from_secs(2), ack_random_percent: 150, max_retransmit: 4 };

    /// These parameters, each moved to the nearest value that RFC 7252 section 4.8.1 allows and
    /// that makes sense: ACK_TIMEOUT from 1 second to 10 minutes, ACK_RANDOM_FACTOR from 1.0 to
    /// 10.0, MAX_RETRANSMIT at most 10.
    pub const fn settle(self) -> Self {
        let ack_timeout = clamp(self.shortest(), 1000, 600_000);
        let ack_random_percent = clamp(self.ack_random_percent as u32, 100, 1000);
        let max_retransmit = clamp(self.max_retransmit as u32, 0, 10);
        Self {
            ack_timeout: Duration::from_millis(ack_timeout as u64),
            ack_random_percent: ack_random_percent as u16,
            max_retransmit: max_retransmit as u8,
        }
    }

    /// MAX_TRANSMIT_SPAN: the longest from the first transmission to the last.
    pub const fn max_transmit_span(self) -> Duration {
        self.doubled(self.max_retransmit)
    }

    /// MAX_TRANSMIT_WAIT: the longest from the first transmission until the sender gives up.
    pub const fn max_transmit_wait(self) -> Duration {
        self.doubled(self.max_retransmit.saturating_add(1))
    }

    /// EXCHANGE_LIFETIME: how long the id of a confirmable message must not be used again.
    pub const fn exchange_lifetime(self) -> Duration {
        // PROCESSING_DELAY is ACK_TIMEOUT.
        let processing = self.ack_timeout.as_millis();
        let lifetime = self.max_transmit_span().as_millis().saturating_add(processing);
        Duration::from_millis(lifetime.saturating_add(MAX_LATENCY.times(2).as_millis()))
    }

    /// NON_LIFETIME: how long the id of a non-confirmable message must not be used again.
    pub const fn non_lifetime(self) -> Duration {
        let span = self.max_transmit_span().as_millis();
        Duration::from_millis(span.saturating_add(MAX_LATENCY.as_millis()))
    }

    /// The longest time for `n` time-outs, each double the one before.
    const fn doubled(self, n: u8) -> Duration {
        let (mut all, mut timeout, mut left) = (0u64, self.longest().as_millis(), n);
        while left > 0 {
            all = all.saturating_add(timeout);
            timeout = timeout.saturating_add(timeout);
            left -= 1;
        }
        Duration::from_millis(all)
    }

    /// The longest time until the first retransmission.
    const fn longest(self) -> Duration {
        let shortest = self.shortest();
        Duration::from_millis(shortest as u64 + self.spread() as u64)
    }

    /// ACK_TIMEOUT in milliseconds, at most 32 bits of them.
    const fn shortest(self) -> u32 {
        let millis = self.ack_timeout.as_millis();
        if millis >> 32 == 0 { millis as u32 } else { u32::MAX }
    }

    /// By how many milliseconds ACK_TIMEOUT may be stretched.
    const fn spread(self) -> u32 {
        let percent = self.ack_random_percent.saturating_sub(100) as u32;
        self.shortest().saturating_mul(percent) / 100
    }
}

impl Default for Parameters {
    fn default() -> Self {
        Self::DEFAULT
    }
}

const fn clamp(value: u32, low: u32, high: u32) -> u32 {
    if value < low {
        low
    } else if value > high {
        high
    } else {
        value
    }
}

/// What is to be done about a confirmable message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expiry {
    /// Nothing yet.
    NotYet,
    /// Send it again.
    Again,
    /// Nobody answers.
    GiveUp,
}

/// The timer of a confirmable message that was sent and is not acknowledged.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Retransmission {
    deadline: Instant,
    /// The time until `deadline` when it was set, in milliseconds.
    timeout: u32,
    /// Retransmissions left.
    left: u8,
}

impl Retransmission {
    /// The timer of a message sent `now`; `random` is any number, evenly distributed.
    pub fn new(now: Instant, parameters: &Parameters, random: u32) -> Self {
        // Scales `random` to 0..=spread, without a division.
        let stretch = (u64::from(random) * (u64::from(parameters.spread()) + 1)) >> 32;
        let timeout = parameters.shortest().saturating_add(stretch as u32);
        Self { deadline: after(now, timeout), timeout, left: parameters.max_retransmit }
    }

    /// The timer of a message that was acknowledged: it is not sent again, and given up at
    /// `deadline`.
    pub const fn until(deadline: Instant) -> Self {
        Self { deadline, timeout: 0, left: 0 }
    }

    /// When [`Self::expire`] has something to say.
    pub const fn deadline(&self) -> Instant {
        self.deadline
    }

    /// What is to be done `now`. After [`Expiry::Again`] the time-out has doubled; after
    /// [`Expiry::GiveUp`] there is nothing else to come.
    pub fn expire(&mut self, now: Instant) -> Expiry {
        if now < self.deadline {
            return Expiry::NotYet;
        }
        let Some(left) = self.left.checked_sub(1) else {
            return Expiry::GiveUp;
        };
        self.left = left;
        self.timeout = self.timeout.saturating_mul(2);
        self.deadline = after(now, self.timeout);
        Expiry::Again
    }
}

fn after(now: Instant, millis: u32) -> Instant {
    now + Duration::from_millis(u64::from(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    const RFC: Parameters = Parameters::DEFAULT;

    fn secs(secs: u64) -> Duration {
        Duration::from_secs(secs)
    }

    #[test]
    fn derived_times_are_those_of_rfc_7252_table_3() {
        assert_eq!(RFC.max_transmit_span(), secs(45));
        assert_eq!(RFC.max_transmit_wait(), secs(93));
        assert_eq!(RFC.exchange_lifetime(), secs(247));
        assert_eq!(RFC.non_lifetime(), secs(145));
    }

    #[test]
    fn a_longer_time_out_stretches_the_derived_times() {
        let slow = Parameters { ack_timeout: secs(10), max_retransmit: 2, ..RFC };
        assert_eq!(slow.max_transmit_span(), secs(45));
        assert_eq!(slow.max_transmit_wait(), secs(105));
        assert_eq!(slow.exchange_lifetime(), secs(255));
        assert_eq!(slow.non_lifetime(), secs(145));
    }

    #[test]
    fn absurd_parameters_are_settled_and_do_no_harm_unsettled() {
        let none =
            Parameters { ack_timeout: Duration::ZERO, ack_random_percent: 0, max_retransmit: 0 };
        let least = Parameters { ack_timeout: secs(1), ack_random_percent: 100, max_retransmit: 0 };
        assert_eq!(none.settle(), least);
        let huge = Parameters {
            ack_timeout: Duration::from_millis(u64::MAX),
            ack_random_percent: u16::MAX,
            max_retransmit: u8::MAX,
        };
        let most =
            Parameters { ack_timeout: secs(600), ack_random_percent: 1000, max_retransmit: 10 };
        assert_eq!(huge.settle(), most);
        assert_eq!(RFC.settle(), RFC);

        assert_eq!(huge.exchange_lifetime(), Duration::from_millis(u64::MAX));
        let mut timer = Retransmission::new(Instant::ZERO, &huge, u32::MAX);
        assert_eq!(timer.expire(timer.deadline()), Expiry::Again);
        assert_eq!(none.exchange_lifetime(), secs(200));
    }

    #[test]
    fn the_slowest_sender_repeats_for_45_seconds_and_gives_up_after_93() {
        let start = Instant::from_secs(1000);
        let mut timer = Retransmission::new(start, &RFC, u32::MAX);
        for after in [3, 9, 21, 45] {
            assert_eq!(timer.deadline(), start + secs(after));
            let early = timer.deadline() - Duration::from_millis(1);
            assert_eq!(timer.expire(early), Expiry::NotYet);
            assert_eq!(timer.expire(timer.deadline()), Expiry::Again);
        }
        assert_eq!(timer.deadline(), start + secs(93));
        assert_eq!(timer.expire(start + secs(92)), Expiry::NotYet);
        assert_eq!(timer.expire(start + secs(93)), Expiry::GiveUp);
        assert_eq!(timer.expire(start + secs(94)), Expiry::GiveUp);
    }

    #[test]
    fn the_fastest_sender_waits_two_seconds_first() {
        let mut timer = Retransmission::new(Instant::ZERO, &RFC, 0);
        for after in [2, 6, 14, 30] {
            assert_eq!(timer.deadline(), Instant::from_secs(after));
            assert_eq!(timer.expire(timer.deadline()), Expiry::Again);
        }
        assert_eq!(timer.expire(Instant::from_secs(62)), Expiry::GiveUp);
    }

    #[test]
    fn a_late_retransmission_still_waits_its_whole_time_out() {
        let mut timer = Retransmission::new(Instant::ZERO, &RFC, 0);
        assert_eq!(timer.expire(Instant::from_secs(100)), Expiry::Again);
        assert_eq!(timer.deadline(), Instant::from_secs(104));
    }

    #[test]
    fn without_retransmissions_the_first_time_out_is_the_end() {
        let once = Parameters { max_retransmit: 0, ..RFC };
        let mut timer = Retransmission::new(Instant::ZERO, &once, 0);
        assert_eq!(timer.expire(Instant::from_secs(2)), Expiry::GiveUp);
    }
}
