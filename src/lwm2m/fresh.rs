//! How old a value may be that a server gets, and asking for it anew when it is older.
//!
//! Nothing is polled: a value is asked for when an answer, a notification or a Send is to carry it
//! and it is older than [`super::Settings::value_age`]. What carries it waits until the value has
//! come, or for [`PATIENCE`]; then the old value goes out.
//!
//! Thresholds (gt, lt, st) are judged whenever a value comes, and do not make anybody ask: the modem
//! tells of a signal and a cell that change by itself, and to ask it again and again would keep it
//! awake for nothing.

use super::Path;
use super::client::Client;
use super::objects::{connectivity, device};
use super::send::PATHS;
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
}

/// How long a value may take to come. A server waits for 2 to 3 seconds before it asks again.
const PATIENCE: Duration = Duration::from_secs(2);

/// How old values are, and which are on the way.
#[derive(Debug)]
pub(super) struct Freshness {
    /// Until when each value will do: for a while after it was taken, or was asked for in vain.
    good: [Instant; 4],
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
        Self { good: [Instant::ZERO; 4], until: Instant::ZERO, asked: 0, wanted: 0 };
}

/// Object and, bit by bit, resources of each [`source`]. Bearer and cell are in none: the modem tells
/// of each change.
static SOURCES: [(u16, u16); 4] = {
    use connectivity::id as link;
    [
        (connectivity::OBJECT, 1 << link::SIGNAL_STRENGTH | 1 << link::LINK_QUALITY),
        (
            connectivity::OBJECT,
            1 << link::IP_ADDRESSES | 1 << link::APN | 1 << link::SMNC | 1 << link::SMCC,
        ),
        (device::OBJECT, 1 << device::id::CURRENT_TIME | 1 << device::id::UTC_OFFSET),
        (device::OBJECT, 1 << device::id::POWER_VOLTAGE),
    ]
};

impl Client<'_> {
    /// Whether the values at or below a path are young enough to go out. If not, they are asked for.
    #[inline(never)]
    pub(super) fn is_fresh(&mut self, path: &Path) -> bool {
        let (object, resources) = match *path.ids() {
            [object, _, resource, ..] => (object, 1u32.checked_shl(resource.into()).unwrap_or(0)),
            [object, ..] => (object, u32::MAX),
            [] => return true,
        };
        let fresh = &mut self.fresh;
        let (mut stale, mut bit) = (0, 1);
        for ((known, of), good) in SOURCES.iter().zip(&fresh.good) {
            if *known == object && u32::from(*of) & resources != 0 && *good < self.now {
                stale |= bit;
            }
            bit <<= 1;
        }
        stale &= !self.objects.device.told;
        if fresh.asked == 0 {
            fresh.until = self.now + PATIENCE;
        }
        fresh.wanted |= stale & !fresh.asked;
        fresh.asked |= stale;
        stale == 0
    }

    /// The same of the Send under way.
    pub(super) fn is_send_fresh(&mut self) -> bool {
        let mut fresh = true;
        for index in 0..PATHS {
            if let Some(path) = self.sending.paths.get(index).copied() {
                fresh &= self.is_fresh(&path);
            }
        }
        fresh
    }

    /// The values, by [`source`], that are to be asked for now; each is named once.
    /// [`Client::looked`] is to follow.
    pub fn wanted(&mut self) -> u8 {
        core::mem::take(&mut self.fresh.wanted)
    }

    /// Takes notice that these values, by [`source`], were taken now, or cannot be had.
    #[inline(never)]
    pub fn looked(&mut self, sources: u8) {
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
