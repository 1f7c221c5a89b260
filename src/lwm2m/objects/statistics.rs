//! Object 7, Connectivity Statistics (OMA registry, version 1.0): what was sent and received from
//! Start (/7/0/6) until Stop (/7/0/7), or until the Collection Period (/7/0/8) is over; 0 is no
//! period. Start begins with zeros, Stop leaves what was counted.
//!
//! The modem counts: all traffic of the device, IP headers included, in kilobytes of 1024 bytes. Where
//! it cannot, the library counts what it itself sends and receives, with 28 bytes for the headers of
//! IP and UDP and without what DTLS adds; short messages are not counted then, and absent.

use super::Setting;
use crate::coap::Code;
use crate::lwm2m::object::operation::{E, R, W};
use crate::lwm2m::object::{Context, Definition, Object, Resource};
use crate::lwm2m::{Path, Type, Value};
use crate::modem::{Command, Counter, Error};
use crate::time::Instant;

/// Object ID.
pub const OBJECT: u16 = 7;

/// Resource IDs.
pub mod id {
    #![allow(missing_docs, reason = "the names are the table's")]
    pub const SMS_TX: u16 = 0;
    pub const SMS_RX: u16 = 1;
    pub const TX_DATA: u16 = 2;
    pub const RX_DATA: u16 = 3;
    pub const MAX_MESSAGE: u16 = 4;
    pub const AVERAGE_MESSAGE: u16 = 5;
    pub const START: u16 = 6;
    pub const STOP: u16 = 7;
    pub const COLLECTION_PERIOD: u16 = 8;
}

static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 0),
    creatable: false,
    resources: &[
        Resource::new(id::SMS_TX, R, Type::Integer),
        Resource::new(id::SMS_RX, R, Type::Integer),
        Resource::new(id::TX_DATA, R, Type::Integer),
        Resource::new(id::RX_DATA, R, Type::Integer),
        Resource::new(id::MAX_MESSAGE, R, Type::Integer),
        Resource::new(id::AVERAGE_MESSAGE, R, Type::Integer),
        Resource::new(id::START, E, Type::None).mandatory(),
        Resource::new(id::STOP, E, Type::None).mandatory(),
        Resource::new(id::COLLECTION_PERIOD, R | W, Type::Integer),
    ],
};

/// Counters: the resources up to Average Message Size, in the order of [`Counter`].
const COUNTERS: usize = 6;
/// Those that are sums: a modem that restarts begins them at zero.
const SUMS: usize = 4;
/// Bytes of the headers of IPv4 and UDP.
const HEADERS: u32 = 28;

/// What the modem is to be told, in this order.
const START: u8 = 1;
const READ: u8 = 2;
const STOP: u8 = 4;

/// Object 7.
pub struct Statistics {
    /// What the modem counted, in the order of [`Counter`].
    counts: [u32; COUNTERS],
    /// What it had counted when it restarted.
    before: [u32; SUMS],
    /// What the library counted: bytes sent and received, messages, bytes of the largest.
    own: [u32; 4],
    period: u32,
    /// When the collection ends; zero while that is not known yet.
    end: Instant,
    collecting: bool,
    /// The modem does not count.
    alone: bool,
    pending: u8,
    in_hand: u8,
}

impl Statistics {
    /// Nothing was collected. All of it is zero.
    pub(crate) const EMPTY: Self = Self {
        counts: [0; COUNTERS],
        before: [0; SUMS],
        own: [0; 4],
        period: 0,
        end: Instant::ZERO,
        collecting: false,
        alone: false,
        pending: 0,
        in_hand: 0,
    };

    /// Whether the modem counts at present, so that it can be asked.
    pub(crate) const fn is_counted(&self) -> bool {
        self.collecting && !self.alone
    }

    /// Takes a counter from the modem; whether that is a new value of the resource with its number.
    pub(crate) fn take(&mut self, counter: Counter, count: u32) -> bool {
        // What it counted before Start is of no interest.
        let begun = (self.pending | self.in_hand) & START == 0;
        match self.counts.get_mut(counter as usize) {
            Some(known) if begun => core::mem::replace(known, count) != count,
            _ => false,
        }
    }

    /// Takes notice of a datagram of the library's.
    pub(crate) fn count(&mut self, received: bool, bytes: usize) {
        if self.collecting {
            let bytes = (bytes as u32).saturating_add(HEADERS);
            let [sent, got, messages, largest] = &mut self.own;
            let sum = if received { got } else { sent };
            *sum = sum.saturating_add(bytes);
            *messages = messages.saturating_add(1);
            *largest = bytes.max(*largest);
        }
    }

    /// Ends the collection when its time is over; if not, `next` is moved to that unless it is
    /// earlier.
    pub(crate) fn advance(&mut self, now: Instant, next: &mut Instant) {
        if !self.collecting {
            return;
        }
        if self.end == Instant::ZERO {
            self.end = if self.period == 0 { Instant::NEVER } else { now.after(self.period) };
        }
        if self.end.is_due(now, next) {
            self.stop();
        }
    }

    fn stop(&mut self) {
        if core::mem::take(&mut self.collecting) && !self.alone {
            self.pending |= READ | STOP;
        }
    }

    /// What servers set goes, and what was counted (Factory Reset); the modem is told.
    pub(crate) fn reset(&mut self) {
        let counting = self.is_counted() || self.pending | self.in_hand != 0;
        // Whether a modem counts is not a server's to say.
        *self = Self { alone: self.alone, in_hand: self.in_hand, ..Self::EMPTY };
        if counting && !self.alone {
            // It may be about to say what it counted: after a Start that is nothing.
            self.pending = START | STOP;
        }
    }

    fn counter(&self, resource: usize) -> Option<u32> {
        if !self.alone {
            let before = self.before.get(resource).unwrap_or(&0);
            return Some(self.counts.get(resource)?.saturating_add(*before));
        }
        let [sent, received, messages, largest] = self.own;
        Some(match resource as u16 {
            id::TX_DATA => sent >> 10,
            id::RX_DATA => received >> 10,
            id::MAX_MESSAGE => largest,
            id::AVERAGE_MESSAGE => sent.saturating_add(received).checked_div(messages).unwrap_or(0),
            _ => return None,
        })
    }
}

impl Setting for Statistics {
    fn begin(&mut self) -> bool {
        super::lowest(&mut self.pending, &mut self.in_hand)
    }

    fn wants(&self) -> bool {
        self.pending != 0
    }

    fn command(&self) -> Option<Command<'_>> {
        Some(match self.in_hand {
            START => Command::SetStatistics(true),
            READ => Command::ReadStatistics,
            STOP => Command::SetStatistics(false),
            _ => return None,
        })
    }

    fn over(&mut self, result: Result<(), Error>) -> u32 {
        let done = result.is_ok();
        let begun = core::mem::take(&mut self.in_hand) == START;
        if !begun || done {
            return 0;
        }
        self.alone = true;
        self.pending = 0;
        (1 << COUNTERS) - 1
    }

    fn lost(&mut self) {
        let told = core::mem::take(&mut self.in_hand) | core::mem::take(&mut self.pending);
        if self.collecting && !self.alone {
            if told & START == 0 {
                for (before, count) in self.before.iter_mut().zip(&mut self.counts) {
                    *before = before.saturating_add(core::mem::take(count));
                }
            }
            self.pending = START;
        }
    }
}

impl Object for Statistics {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let number = match path.id(2)? {
            id::COLLECTION_PERIOD => self.period,
            resource => self.counter(resource.into())?,
        };
        Some(Value::Integer(number.into()))
    }

    fn accepts(&self, _: &Path, value: &Value<'_>) -> Result<(), Code> {
        super::number(value).map(drop).ok_or(Code::BAD_REQUEST)
    }

    fn write(&mut self, _: &Path, value: &Value<'_>, _: &mut Context) -> Result<(), Code> {
        // Of the collection that is started next.
        self.period = super::number(value).ok_or(Code::BAD_REQUEST)?;
        Ok(())
    }

    fn clear(&mut self, _: &Path, _: &mut Context) {
        self.period = 0;
    }

    fn execute(&mut self, path: &Path, _: &[u8], context: &mut Context) -> Result<(), Code> {
        match path.id(2) {
            Some(id::START) => {
                self.counts = [0; COUNTERS];
                self.before = [0; SUMS];
                self.own = [0; 4];
                self.end = Instant::ZERO;
                self.collecting = true;
                if !self.alone {
                    self.pending = START;
                }
                context.changed(Path::object(OBJECT));
            }
            Some(id::STOP) => self.stop(),
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn execute(statistics: &mut Statistics, resource: u16) {
        let path = Path::resource(OBJECT, 0, resource);
        statistics.execute(&path, &[], &mut Context::new(1)).unwrap();
    }

    /// What the modem is told, each time with this success.
    fn tell(statistics: &mut Statistics, done: bool) -> heapless::Vec<Command<'static>, 4> {
        let mut told = heapless::Vec::new();
        while statistics.begin() {
            let command = match statistics.command() {
                Some(Command::SetStatistics(on)) => Command::SetStatistics(on),
                Some(Command::ReadStatistics) => Command::ReadStatistics,
                other => panic!("{other:?}"),
            };
            told.push(command).unwrap();
            statistics.over(if done { Ok(()) } else { Err(Error::Refused) });
        }
        told
    }

    fn counters(statistics: &Statistics) -> [Option<i64>; COUNTERS] {
        core::array::from_fn(|resource| {
            let path = Path::resource(OBJECT, 0, resource as u16);
            statistics.read(&path).map(|value| match value {
                Value::Integer(number) => number,
                other => panic!("{other:?}"),
            })
        })
    }

    #[test]
    fn start_begins_with_zeros_and_stop_keeps_what_was_counted() {
        let mut statistics = Statistics::EMPTY;
        assert_eq!(counters(&statistics), [Some(0); COUNTERS]);
        execute(&mut statistics, id::START);
        // The modem still says what it counted before.
        assert!(!statistics.take(Counter::Sent, 99));
        assert_eq!(tell(&mut statistics, true), [Command::SetStatistics(true)]);
        assert!(statistics.is_counted());
        assert!(statistics.take(Counter::Sent, 5) && !statistics.take(Counter::Sent, 5));
        assert!(statistics.take(Counter::AveragePacket, 120));
        execute(&mut statistics, id::STOP);
        assert!(!statistics.is_counted());
        let stop = [Command::ReadStatistics, Command::SetStatistics(false)];
        assert_eq!(tell(&mut statistics, true), stop);
        let kept = [Some(0), Some(0), Some(5), Some(0), Some(0), Some(120)];
        assert_eq!(counters(&statistics), kept);
        execute(&mut statistics, id::STOP);
        assert!(tell(&mut statistics, true).is_empty());
        execute(&mut statistics, id::START);
        assert_eq!(counters(&statistics), [Some(0); COUNTERS]);
    }

    #[test]
    fn a_period_ends_the_collection_exactly_then() {
        let mut statistics = Statistics::EMPTY;
        let path = Path::resource(OBJECT, 0, id::COLLECTION_PERIOD);
        let mut context = Context::new(1);
        assert!(statistics.accepts(&path, &Value::Integer(-1)).is_err());
        statistics.write(&path, &Value::Integer(60), &mut context).unwrap();
        execute(&mut statistics, id::START);
        let advance = |statistics: &mut Statistics, at| {
            let mut next = Instant::NEVER;
            statistics.advance(Instant::from_millis(at), &mut next);
            next.as_millis()
        };
        assert_eq!(advance(&mut statistics, 7_001), 67_001);
        // Another period is that of the next collection.
        statistics.write(&path, &Value::Integer(1), &mut context).unwrap();
        assert_eq!(advance(&mut statistics, 67_000), 67_001);
        assert!(statistics.is_counted());
        assert_eq!(advance(&mut statistics, 67_001), u64::MAX);
        assert!(!statistics.is_counted());
        statistics.clear(&path, &mut Context::new(1));
        execute(&mut statistics, id::START);
        assert_eq!(advance(&mut statistics, 70_000), u64::MAX);
        assert!(statistics.is_counted());
    }

    #[test]
    fn a_modem_that_restarts_begins_at_zero_and_the_object_does_not() {
        let mut statistics = Statistics::EMPTY;
        execute(&mut statistics, id::START);
        tell(&mut statistics, true);
        for (counter, count) in [(Counter::Received, 7), (Counter::LargestPacket, 900)] {
            statistics.take(counter, count);
        }
        statistics.lost();
        assert_eq!(tell(&mut statistics, true), [Command::SetStatistics(true)]);
        for (counter, count) in [(Counter::Received, 2), (Counter::LargestPacket, 500)] {
            statistics.take(counter, count);
        }
        assert_eq!(counters(&statistics)[3..5], [Some(9), Some(500)]);
    }

    #[test]
    fn a_modem_that_does_not_count_leaves_it_to_the_library() {
        let mut statistics = Statistics::EMPTY;
        statistics.count(false, 100);
        execute(&mut statistics, id::START);
        statistics.count(true, 72);
        assert_eq!(tell(&mut statistics, false), [Command::SetStatistics(true)]);
        statistics.count(false, 2000);
        let counted = [None, None, Some(1), Some(0), Some(2028), Some(1064)];
        assert_eq!(counters(&statistics), counted);
        execute(&mut statistics, id::STOP);
        statistics.count(false, 9000);
        assert_eq!(counters(&statistics), counted);
        execute(&mut statistics, id::START);
        assert!(tell(&mut statistics, true).is_empty());
        assert_eq!(counters(&statistics)[2..], [Some(0); 4]);
    }

    #[test]
    fn a_factory_reset_leaves_nothing_collected() {
        let mut statistics = Statistics::EMPTY;
        statistics.reset();
        assert!(tell(&mut statistics, true).is_empty());
        let period = Path::resource(OBJECT, 0, id::COLLECTION_PERIOD);
        statistics.write(&period, &Value::Integer(60), &mut Context::new(1)).unwrap();
        execute(&mut statistics, id::START);
        tell(&mut statistics, true);
        statistics.count(true, 100);
        assert!(statistics.take(Counter::Sent, 5));
        statistics.pending = READ;
        assert!(statistics.begin());
        statistics.reset();
        // What was asked for already comes, and is nobody's.
        assert!(!statistics.take(Counter::Sent, 6));
        statistics.over(Ok(()));
        let told = tell(&mut statistics, true);
        assert_eq!(told, [Command::SetStatistics(true), Command::SetStatistics(false)]);
        assert_eq!(counters(&statistics), [Some(0); COUNTERS]);
        assert_eq!(statistics.read(&period), Some(Value::Integer(0)));
        assert!(!statistics.is_counted());
    }
}
