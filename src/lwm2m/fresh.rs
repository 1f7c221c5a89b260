//! How old a value may be that a server gets, and asking for it anew when it is older.
//!
//! Nothing is polled: a value is asked for when an answer, a notification or a Send is to carry it
//! and it is older than [`super::Settings::value_age`]. What carries it waits until the value has
//! come, or for [`PATIENCE`]; then the old value goes out.
//!
//! Thresholds (gt, lt, st) are judged whenever a value comes, and do not make anybody ask: the modem
//! tells of a signal and a cell that change by itself, and to ask it again and again would keep it
//! awake for nothing. A server that wants it sets the Maximum Evaluation Period.

use super::Path;
use super::client::Client;
#[cfg(feature = "apn-profiles")]
use super::objects::apn;
#[cfg(all(feature = "cellular", feature = "modem-statistics"))]
use super::objects::cellular;
#[cfg(feature = "connectivity-statistics")]
use super::objects::statistics;
use super::objects::{connectivity, device};
use super::paths::{List, Paths};
use crate::time::{Duration, Instant};

/// What is asked for at once, one bit each.
pub mod source {
    /// Received power and quality.
    pub const SIGNAL: u8 = 1;
    /// Addresses, Access Point Name, operator.
    pub const ADDRESS: u8 = 2;
    /// The time of day.
    pub const CLOCK: u8 = 4;
    /// The voltage of the supply.
    pub const VOLTAGE: u8 = 8;
    /// What the modem counted.
    pub const STATISTICS: u8 = 16;
    /// What the network gives of power saving.
    pub const POWER: u8 = 32;

    /// How many there are: none of what no object shows.
    pub(super) const COUNT: usize = if cfg!(all(feature = "cellular", feature = "modem-statistics"))
    {
        6
    } else if cfg!(feature = "connectivity-statistics") {
        5
    } else {
        4
    };
}

/// Whether values are asked for. Without that, servers get what the application or the modem told last.
pub(super) const FRESH: bool = cfg!(feature = "fresh");

/// How long a value may take to come. A server waits for 2 to 3 seconds before it asks again.
const PATIENCE: Duration = Duration::from_secs(2);

/// How old values are, and which are on the way.
#[derive(Debug)]
pub(super) struct Freshness {
    /// Until when each value will do: for a while after it was taken, or was asked for in vain.
    good: [Instant; source::COUNT],
    /// When a value that is on the way is not waited for any longer.
    pub(super) until: Instant,
    /// Values that are on the way.
    pub(super) asked: u8,
    /// Those of them that nobody has been told of yet.
    wanted: u8,
}

impl Freshness {
    /// Nothing was taken, nothing is asked for.
    pub(super) const EMPTY: Self =
        Self { good: [Instant::ZERO; source::COUNT], until: Instant::ZERO, asked: 0, wanted: 0 };
}

/// The sources of an object's resources, two bits each from resource 0 on: the object's first source,
/// its second. Bearer and cell have none: the modem tells of each change.
const CONNECTIVITY: u32 = {
    use connectivity::id as link;
    1 << (2 * link::SIGNAL_STRENGTH)
        | 1 << (2 * link::LINK_QUALITY)
        | 2 << (2 * link::IP_ADDRESSES)
        | 2 << (2 * link::APN)
        | 2 << (2 * link::SMNC)
        | 2 << (2 * link::SMCC)
};
const DEVICE: u32 = 1 << (2 * device::id::CURRENT_TIME)
    | 1 << (2 * device::id::UTC_OFFSET)
    | 2 << (2 * device::id::POWER_VOLTAGE);

#[cfg(feature = "connectivity-statistics")]
const STATISTICS: u32 = ((1 << (2 * statistics::id::START)) - 1) / 3;

#[cfg(feature = "apn-profiles")]
const APN: u32 = 1 << (2 * apn::id::APN) | 1 << (2 * apn::id::IP_ADDRESS);
/// What is notified with a registration, and asked for in case a change of that alone was not.
#[cfg(all(feature = "cellular", feature = "modem-statistics"))]
const CELLULAR: u32 = 1 << (2 * cellular::id::PSM_TIMER)
    | 1 << (2 * cellular::id::ACTIVE_TIMER)
    | 1 << (2 * cellular::id::ACTIVE_MODES);

/// The sources of what is at or below a path.
fn sources(path: &Path) -> u8 {
    let (of, shift, all) = match path.id(0) {
        #[cfg(feature = "connectivity-statistics")]
        Some(statistics::OBJECT) => (STATISTICS, 4, 1),
        #[cfg(feature = "apn-profiles")]
        Some(apn::OBJECT) => (APN, 1, 1),
        #[cfg(all(feature = "cellular", feature = "modem-statistics"))]
        Some(cellular::OBJECT) => (CELLULAR, 5, 1),
        Some(connectivity::OBJECT) => (CONNECTIVITY, 0, 3),
        Some(device::OBJECT) => (DEVICE, 2, 3),
        Some(_) => return 0,
        None => return u8::MAX >> (8 - source::COUNT),
    };
    let two = match path.id(2) {
        Some(resource) => of.checked_shr(2 * u32::from(resource)).unwrap_or(0) & 3,
        None => all,
    };
    (two << shift) as u8
}

impl Client<'_> {
    /// Whether the values at or below a path, or the paths of a list if there is one, are young enough
    /// to go out. If not, they are asked for.
    #[inline(never)]
    pub(super) fn are_fresh(&mut self, list: List, path: &Path) -> bool {
        if !FRESH {
            return true;
        }
        let mut stale = 0;
        Paths::new(&self.observations.lists, list, path).each(&mut |path| stale |= sources(path));
        stale &= !(self.objects.device.told | self.unasked());
        let fresh = &mut self.fresh;
        let mut bit = 1;
        for good in &fresh.good {
            if *good >= self.now {
                stale &= !bit;
            }
            bit <<= 1;
        }
        if fresh.asked == 0 {
            fresh.until = self.now + PATIENCE;
        }
        fresh.wanted |= stale & !fresh.asked;
        fresh.asked |= stale;
        stale == 0
    }

    /// What the modem is not asked for at present, by [`source`].
    fn unasked(&self) -> u8 {
        // Nothing is counted, or the library counts.
        #[cfg(feature = "connectivity-statistics")]
        if self.objects.statistics.is_counted() {
            return 0;
        }
        source::STATISTICS
    }

    /// The values, by [`source`], that are to be asked for now; each is named once.
    /// [`Client::looked`] is to follow.
    pub fn wanted(&mut self) -> u8 {
        core::mem::take(&mut self.fresh.wanted)
    }

    /// Takes notice that these values, by [`source`], were taken now, or cannot be had.
    #[inline(never)]
    pub fn looked(&mut self, sources: u8) {
        self.wake();
        let until = self.now + self.settings.value_age;
        let mut left = sources;
        for good in &mut self.fresh.good {
            if left & 1 != 0 {
                *good = until;
            }
            left >>= 1;
        }
        self.fresh.asked &= !sources;
    }
}
