//! The library's time on a PC: milliseconds since the process first asked.

use std::sync::OnceLock;

use lwm2m_carrier::time::Instant;

/// The moment that [`Instant::ZERO`] stands for.
fn origin() -> std::time::Instant {
    static ORIGIN: OnceLock<std::time::Instant> = OnceLock::new();
    *ORIGIN.get_or_init(std::time::Instant::now)
}

/// The present moment. The first call sets the origin: make it early in `main`.
pub fn now() -> Instant {
    Instant::from_millis(u64::try_from(origin().elapsed().as_millis()).unwrap_or(u64::MAX))
}

/// The library's time as the system counts it.
pub(super) fn to_std(at: Instant) -> std::time::Instant {
    let origin = origin();
    origin.checked_add(std::time::Duration::from_millis(at.as_millis())).unwrap_or(origin)
}

/// The system's time as the library counts it, rounded up: a deadline that has passed in
/// milliseconds has passed in nanoseconds too.
pub(super) fn from_std(at: std::time::Instant) -> Instant {
    let millis = at.saturating_duration_since(origin()).as_nanos().div_ceil(1_000_000);
    Instant::from_millis(u64::try_from(millis).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_clocks_agree_to_the_millisecond() {
        let at = Instant::from_millis(12_345);
        assert_eq!(from_std(to_std(at)), at);
        let later = to_std(at) + std::time::Duration::from_nanos(1);
        assert_eq!(from_std(later), Instant::from_millis(12_346));
    }
}
