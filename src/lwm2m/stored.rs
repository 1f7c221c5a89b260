//! Notifications stored while a server cannot be reached (/1/x/6; Core 6.4.4, hqmax: Core 7.3).
//!
//! From the loss of the link, or from a session on that cannot be opened, until the server has taken an
//! Update, an observation that is due is not notified. Where the server's account asks for storing (as
//! it does by default) the value is kept with its time, and counts as notified: so periods and
//! conditions rule what is stored. There is one table for all observations; of one there are at most
//! `hqmax` values, the newest. When the table is full, the oldest value of the observation that has
//! most goes. A `hqmax` of 0, and an account that asks for no storing, drop what is due: only a later
//! change is notified.
//!
//! Only numbers, times and truth values of one resource are kept. Anything else stays due, and what it
//! is by then is notified when the server can be reached again; so does what was observed and is gone.
//!
//! Stored values go out in their order and before anything newer of the observation, each with a
//! sequence number of its own: in SenML all of them in one notification, with their times and the
//! present value as the last, as far as they fit one block; in other formats each in one. They are
//! forgotten when they went out, or when they are acknowledged if they have to be. A new registration
//! ends the observation (Core 6.2.1), and its values with it.

use super::format::Encoder;
use super::objects::{Device, Objects};
use super::observe::{Observation, Observations};
use super::paths::List;
use super::read::{Node, View};
use super::{Path, Type, Value, Window};
use crate::capacity::{BLOCK, STORED};
use crate::time::Instant;
use heapless::Vec;

/// A number, a time or a truth value of some moment, of what `K` names.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<K> {
    pub(super) of: K,
    kind: Type,
    bits: u64,
    at: Instant,
}

impl<K> Record<K> {
    /// A record of a value, if it is such a one.
    pub(super) fn new(of: K, value: &Value<'_>, at: Instant) -> Option<Self> {
        let (kind, bits) = (value.type_of(), value.bits()?);
        Some(Self { of, kind, bits, at })
    }

    pub(super) fn value(&self) -> Value<'static> {
        match self.kind {
            Type::Time => Value::Time(self.bits.cast_signed()),
            Type::Unsigned => Value::Unsigned(self.bits),
            Type::Float => Value::Float(f64::from_bits(self.bits)),
            Type::Boolean => Value::Boolean(self.bits != 0),
            _ => Value::Integer(self.bits.cast_signed()),
        }
    }

    /// When that was: in seconds since 1970, or where that is not known in seconds from `now` on
    /// (RFC 8428, 4.5.3), then it is negative.
    pub(super) fn time(&self, device: &Device, now: Instant) -> i64 {
        let relative = -(now.since(self.at).as_secs() as i64);
        device.time_of(self.at).unwrap_or(relative)
    }
}

/// The one value at a path, if there is only one.
pub(super) fn single<'o>((object, resource): Node<'o>, path: &Path) -> Option<Value<'o>> {
    // A multiple resource has none of its own, whatever its object says.
    if resource?.is_multiple() == (path.level() == 4) { object.read(path) } else { None }
}

/// The stored values, each with the number of its observation, the oldest first.
pub(super) type Stored = Vec<Record<u8>, STORED>;

impl Observation {
    /// Whether stored values wait to be notified.
    pub(super) const fn has_stored(&self) -> bool {
        STORED != 0 && self.stored > 0
    }

    /// Whether the notification under way has stored values.
    pub(super) const fn is_carrying(&self) -> bool {
        STORED != 0 && self.carried > 0
    }

    /// Whether it has these alone, and not what is there now.
    pub(super) const fn is_older(&self) -> bool {
        self.is_carrying() && (!self.format.is_senml() || self.carried < self.stored)
    }
}

impl Observations {
    /// A server cannot be reached: what is due for it is stored, or dropped, as it wants it. `next` is
    /// moved to when there is more, if that is earlier.
    pub(super) fn store(
        &mut self,
        now: Instant,
        slot: u8,
        objects: &Objects<'_>,
        next: &mut Instant,
    ) {
        let mut index = 0;
        while let Some(entry) = self.get(index) {
            if entry.slot == slot && entry.due(Instant::ZERO).is_due(now, next) {
                self.keep(now, index, objects);
                if let Some(entry) = self.get(index) {
                    entry.due(Instant::ZERO).is_due(now, next);
                }
            }
            index += 1;
        }
    }

    /// Stores or drops what is due for one observation. `None`: it stays due.
    fn keep(&mut self, now: Instant, index: u8, objects: &Objects<'_>) -> Option<()> {
        let entry = self.get(index)?;
        let (path, storable) = (entry.path, entry.storable);
        let mut value = None;
        if entry.list == List::NONE {
            // That it is gone is to be told.
            let node = View::new(objects, entry.server).target(&path).ok()?;
            value = single(node, &path);
        }
        if storable > 0 {
            let record = Record::new(index, &value?, now)?;
            let surplus = (entry.stored + 1).saturating_sub(storable);
            self.forget_stored(index, surplus);
            if self.stored.is_full() {
                let all = (0..).zip(&self.entries);
                let (longest, _) = all.max_by_key(|(_, entry)| entry.stored)?;
                self.forget_stored(longest, 1);
            }
            self.stored.push(record).ok()?;
        }
        let entry = self.entries.get_mut(usize::from(index))?;
        entry.stored += u8::from(storable > 0);
        entry.sent = now;
        entry.told(&mut self.lists, objects);
        Some(())
    }

    /// Forgets so many of the oldest stored values of an observation.
    pub(super) fn forget_stored(&mut self, index: u8, count: u8) {
        let Some(entry) = self.entries.get_mut(usize::from(index)) else { return };
        let count = count.min(entry.stored);
        entry.stored -= count;
        // These are the oldest, too.
        entry.carried = entry.carried.saturating_sub(count);
        for _ in 0..count {
            if let Some(oldest) = self.stored.iter().position(|record| record.of == index) {
                self.stored.remove(oldest);
            }
        }
    }

    /// The observation `from` is `to` from now on.
    pub(super) fn renumber_stored(&mut self, from: u8, to: u8) {
        for record in &mut self.stored {
            if record.of == from {
                record.of = to;
            }
        }
    }

    /// A notification begins: it carries as many of the stored values as fit.
    pub(super) fn carry(&mut self, now: Instant, index: u8, objects: &Objects<'_>) {
        let Some(entry) = self.entries.get_mut(usize::from(index)) else { return };
        if !entry.has_stored() {
            return;
        }
        // What is gone is told, not what it was before.
        let there = View::new(objects, entry.server).target(&entry.path).is_ok();
        let most = if entry.format.is_senml() { entry.stored } else { 1 };
        for carried in (1..=most).rev().filter(|_| there) {
            if let Some(entry) = self.entries.get_mut(usize::from(index)) {
                entry.carried = carried;
            }
            let mut counter = Window::counter();
            self.write_stored(now, index, objects, &mut counter);
            // The rest of a body in blocks is read from what is there now, so there must not be any.
            // When it goes out once more the times may be longer.
            if counter.written() + usize::from(carried) <= BLOCK {
                return;
            }
        }
        self.forget_stored(index, u8::MAX);
    }

    /// Writes the values that the notification of an observation carries.
    pub(super) fn write_stored(
        &self,
        now: Instant,
        index: u8,
        objects: &Objects<'_>,
        window: &mut Window<'_>,
    ) {
        let Some(entry) = self.get(index).filter(|entry| entry.is_carrying()) else { return };
        let path = &entry.path;
        let node = View::new(objects, entry.server).target(path).ok();
        let newest = node.filter(|_| !entry.is_older()).and_then(|node| single(node, path));
        let records = usize::from(entry.carried) + usize::from(newest.is_some());
        let mut encoder = Encoder::new(entry.format, *path, records, window);
        let stored = self.stored.iter().filter(|record| record.of == index);
        for record in stored.take(entry.carried.into()) {
            encoder.at(record.time(&objects.device, now));
            encoder.value(path, &record.value());
        }
        if let Some(newest) = newest {
            encoder.at(0);
            encoder.value(path, &newest);
        }
        encoder.finish();
    }

    /// The stored values that the notification carried are not needed any more.
    pub(super) fn delivered(&mut self, index: u8) {
        if let Some(entry) = self.get(index) {
            self.forget_stored(index, entry.carried);
        }
    }
}
