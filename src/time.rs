//! Time as the caller tells it.
//!
//! [`Instant`] is monotonic and counts from an origin of the caller's choice (boot, on a device).
//! It has nothing to do with the calendar: the time of day comes from the modem and is kept apart.

use core::ops::{Add, Sub};

/// A moment, in milliseconds from the caller's origin.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Instant(u64);

impl Instant {
    /// The caller's origin.
    pub const ZERO: Self = Self(0);

    /// The last moment that can be counted: it never comes.
    pub const NEVER: Self = Self(u64::MAX);

    /// The moment `millis` milliseconds after the origin.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// The moment `secs` seconds after the origin.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// Milliseconds since the origin.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// This moment as a deadline; `None` when it never comes.
    pub fn deadline(self) -> Option<Self> {
        (self != Self::NEVER).then_some(self)
    }

    /// Whether this moment has come; if not, `next` is moved to it unless that is earlier.
    #[inline(never)]
    pub(crate) fn is_due(self, now: Self, next: &mut Self) -> bool {
        if self <= now {
            return true;
        }
        *next = self.min(*next);
        false
    }

    /// The moment so many seconds later.
    #[inline(never)]
    pub(crate) fn after(self, seconds: u32) -> Self {
        self + Duration::from_secs(seconds.into())
    }

    /// The time from `earlier` to this moment; zero when `earlier` is later.
    pub const fn since(self, earlier: Self) -> Duration {
        Duration(self.0.saturating_sub(earlier.0))
    }
}

impl Add<Duration> for Instant {
    type Output = Self;

    /// A moment too far away to be counted is the last one.
    #[inline(never)]
    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(duration.0))
    }
}

impl Sub<Duration> for Instant {
    type Output = Self;

    /// A moment before the origin is the origin.
    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(duration.0))
    }
}

/// A span of time, in milliseconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Duration(u64);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// The longest span: what comes after it never comes.
    pub(crate) const FOREVER: Self = Self(u64::MAX);

    /// A span of `millis` milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// A span of `secs` seconds.
    pub const fn from_secs(secs: u64) -> Self {
        Self(secs.saturating_mul(1000))
    }

    /// The span in milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The span in whole seconds, rounded down.
    pub const fn as_secs(self) -> u64 {
        // In digits of 16 bits: small processors divide 32 bits at once, and 64 by a large routine.
        let (mut secs, mut rest, mut shift) = (0, 0, 64);
        while shift > 0 {
            shift -= 16;
            let part = rest << 16 | (self.0 >> shift) as u32 & 0xffff;
            secs = secs << 16 | (part / 1000) as u64;
            rest = part % 1000;
        }
        secs
    }

    /// This span `factor` times; the longest span when that is too long to be counted.
    pub const fn times(self, factor: u32) -> Self {
        Self(self.0.saturating_mul(factor as u64))
    }
}

/// The earlier of two deadlines, where `None` is never.
#[inline(never)]
pub fn earliest(a: Option<Instant>, b: Option<Instant>) -> Option<Instant> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_seconds_are_rounded_down() {
        for millis in [0, 999, 1000, 86_400_000, 4_294_967_296_999, u64::MAX - 616, u64::MAX] {
            assert_eq!(Duration::from_millis(millis).as_secs(), millis / 1000, "{millis}");
        }
    }
}
