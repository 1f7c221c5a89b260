//! Samples: values of some moments, kept until a Send carries them.

use super::client::Client;
use super::paths::{List, Lists};
use super::send::{SENDS, SendError};
use super::stored::{Record, single};
use super::{Path, Value};
use crate::capacity;
use crate::time::Instant;
use heapless::Vec;

/// A number, a time or a truth value that was at a path.
type Sample = Record<Path>;

/// The samples, the oldest first.
#[derive(Debug)]
pub(super) struct Samples {
    entries: Vec<Sample, { capacity::SAMPLES }>,
    /// So many of them were there when the Send under way began.
    old: u8,
    /// When that was.
    begun: Instant,
}

impl Samples {
    /// None.
    pub(super) const EMPTY: Self = Self { entries: Vec::new(), old: 0, begun: Instant::ZERO };

    /// A Send begins: it carries what was recorded until now.
    pub(super) fn begin(&mut self, now: Instant) {
        self.old = self.entries.len() as u8;
        self.begun = now;
    }

    /// The Send is over; if it was taken, what it carried is not needed any more.
    pub(super) fn end(&mut self, taken: bool, lists: &Lists) {
        let old = core::mem::take(&mut self.old);
        let mut left = usize::from(old);
        let mut at = 0;
        while taken && left > 0 {
            left -= 1;
            if self.entries.get(at).is_some_and(|sample| is_carried(sample, lists)) {
                self.entries.remove(at);
            } else {
                at += 1;
            }
        }
    }
}

/// Whether a sample goes with the Send under way.
fn is_carried(sample: &Sample, lists: &Lists) -> bool {
    lists.paths(List::SEND).any(|path| path.contains(&sample.of))
}

impl Client<'_> {
    /// Keeps the value at a resource or Resource Instance that is a number, a time or a truth value, with
    /// the time. The next Send of that path, or of one above it, carries it with its time, beside what
    /// is there then. When there is no room the oldest sample goes.
    ///
    /// # Errors
    /// [`SendError::NotFound`]; [`SendError::Paths`] for any other value, [`SendError::Busy`] when there is
    /// no room and a Send is under way, [`SendError::NoFormat`] without Send.
    pub fn record(&mut self, path: &Path) -> Result<(), SendError> {
        if !SENDS {
            return Err(SendError::NoFormat);
        }
        let node = self.view(0).target(path).map_err(|_| SendError::NotFound)?;
        let sample = single(node, path).and_then(|value| Sample::new(*path, &value, self.now));
        let sample = sample.ok_or(SendError::Paths)?;
        let samples = &mut self.samples;
        if samples.entries.is_full() {
            if samples.old > 0 {
                return Err(SendError::Busy);
            }
            if !samples.entries.is_empty() {
                samples.entries.remove(0);
            }
        }
        samples.entries.push(sample).map_err(|_| SendError::Paths)
    }

    /// Calls `f` with what the Send under way carries beside the present values: path, time, value. The
    /// time is in seconds since 1970, or where that is not known in seconds from the Send on (RFC 8428,
    /// 4.5.3), then it is negative.
    pub(super) fn samples(&self, f: &mut dyn FnMut(&Path, i64, &Value<'_>)) {
        let samples = &self.samples;
        for sample in samples.entries.iter().take(samples.old.into()) {
            if is_carried(sample, &self.observations.lists) {
                let time = sample.time(&self.objects.device, samples.begun);
                f(&sample.of, time, &sample.value());
            }
        }
    }
}

#[cfg(all(test, feature = "send"))]
mod tests {
    use super::*;
    use crate::time::Duration;

    #[test]
    fn without_a_clock_times_count_from_the_send_on() {
        let mut client = Client::EMPTY;
        client.configure(1, &mut []);
        client.objects.device.set_battery_level(50);
        let level = Path::resource(3, 0, 10);
        client.objects.device.set_memory(7, 7);
        client.set_now(Instant::from_secs(10));
        assert_eq!(client.record(&level), Ok(()));
        client.set_now(Instant::from_secs(10) + Duration::from_secs(90));
        client.samples.begin(client.now);
        assert_eq!(client.observations.lists.push(List::SEND, &Path::object(3)), Some(()));
        let mut seen = 0;
        client.samples(&mut |path, time, value| {
            seen += 1;
            assert_eq!((*path, time, *value), (level, -90, Value::Integer(7)));
        });
        assert_eq!(seen, 1);
    }
}
