//! Observations: what a server wants to be told, and when (Core 6.4, 7.3; RFC 7641).

use super::attributes::AttributeTable;
use super::format::{ContentFormat, float};
use super::objects::access_control::right;
use super::objects::{Objects, server};
use super::paths::{List, Lists, Paths};
use super::read::View;
use super::request::Answer;
use super::{Path, Value};
use crate::bytes::{items, items_mut};
use crate::capacity;
use crate::coap::Token;
use crate::time::{Duration, Instant};
use heapless::Vec;

/// Whether anything is observed.
pub(super) const OBSERVES: bool = cfg!(feature = "observe");

/// One observation.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Observation {
    /// Session of the server.
    pub slot: u8,
    pub format: ContentFormat,
    /// A change waits to be notified.
    pending: bool,
    /// What was observed is gone, and that is under way as the last notification.
    pub ended: bool,
    /// A notification went out: `message` is one.
    notified: bool,
    /// Every notification is confirmable.
    confirm: bool,
    pub server: u16,
    /// Message ID of the last notification: a Reset with it cancels.
    pub message: u16,
    pub token: Token,
    pub path: Path,
    /// What is observed, where it is several paths.
    pub list: List,
    /// Observe option of what went out last, the answer or a notification: 24 bits.
    pub sequence: u32,
    pmin: u32,
    /// 0 is none.
    pmax: u32,
    /// The last notified value, where it is a number.
    value: f64,
    /// When the last notification went out.
    sent: Instant,
    /// When the server last acknowledged one.
    confirmed: Instant,
}

impl Observation {
    /// The Observe option of the next notification (RFC 7641, 4.4: it counts modulo 2^24).
    pub(crate) const fn next_sequence(&self) -> u32 {
        (self.sequence + 1) & 0xff_ffff
    }

    /// Whether the next notification must be confirmable: the server wants all of them so, or has not
    /// acknowledged one for `interval` (RFC 7641, 4.5: at least once in 24 hours).
    fn must_confirm(&self, now: Instant, interval: Duration) -> bool {
        self.confirm || now.since(self.confirmed) >= interval
    }

    /// When the next notification is due. That of the Maximum Period is, too, when half of it was over
    /// and the device was `awake`.
    fn due(&self, awake: Instant) -> Instant {
        let seconds = if self.ended {
            return Instant::NEVER;
        } else if self.pending {
            // A Maximum Period is never below the Minimum Period.
            self.pmin
        } else if self.pmax > 0 {
            let half = self.pmin.max(self.pmax.div_ceil(2));
            if awake >= self.sent.after(half) { half } else { self.pmax }
        } else {
            return Instant::NEVER;
        };
        self.sent.after(seconds)
    }
}

/// A number at a single resource or Resource Instance; NaN for anything else.
fn number(objects: &Objects<'_>, path: &Path) -> f64 {
    let value = objects.named_by(path).and_then(|object| {
        let resource = object.definition().resource(path.id(2)?)?;
        // Of a multiple resource any instance may be the one that is new.
        if resource.is_multiple() == (path.level() == 4) { object.read(path) } else { None }
    });
    value.as_ref().and_then(Value::as_number).unwrap_or(f64::NAN)
}

/// Whether a server may see what is both at or below a path and at or below one that it observes.
fn sees(objects: &Objects<'_>, server: u16, observed: &Path, path: &Path) -> bool {
    let deeper = if observed.level() > path.level() { observed } else { path };
    match (deeper.id(0), deeper.id(1)) {
        (Some(object), Some(instance)) => objects.allows(server, object, instance, right::READ),
        _ => true,
    }
}

/// All observations of all servers.
#[derive(Debug)]
pub(crate) struct Observations {
    entries: Vec<Observation, { capacity::OBSERVATIONS }>,
    /// Theirs, and those of answers and of Send.
    pub lists: Lists,
}

impl Observations {
    /// None.
    pub(crate) const EMPTY: Self = Self { entries: Vec::new(), lists: Lists::EMPTY };

    /// Adds an observation of what an answer carries, in place of one with the same token. Returns
    /// the Observe option of the answer; `None` when the table is full.
    pub(crate) fn add(
        &mut self,
        now: Instant,
        slot: u8,
        server: u16,
        answer: &mut Answer,
        objects: &Objects<'_>,
        attributes: &AttributeTable,
    ) -> Option<u32> {
        if !OBSERVES {
            return None;
        }
        // A new registration of the same observation goes on counting: what is on the way already
        // must stay older than what follows.
        let token = &answer.token;
        let old = self.entries.iter().find(|entry| entry.slot == slot && entry.token == *token);
        let sequence = old.map_or(1, Observation::next_sequence);
        self.forget(slot, Some(token));
        if self.entries.is_full() {
            return None;
        }
        if answer.list != List::NONE {
            let list = self.lists.unused();
            self.lists.rename(answer.list, list);
            answer.list = list;
        }
        let entry = Observation {
            slot,
            server,
            token: answer.token,
            path: answer.path,
            list: answer.list,
            format: answer.format,
            sequence,
            message: 0,
            sent: now,
            confirmed: now,
            value: number(objects, &answer.path),
            pmin: 0,
            pmax: 0,
            pending: false,
            ended: false,
            notified: false,
            confirm: false,
        };
        self.entries.push(entry).ok()?;
        self.refresh(objects, attributes);
        Some(sequence)
    }

    fn position(&self, wanted: impl FnMut(&Observation) -> bool) -> Option<u8> {
        items(&self.entries).iter().position(wanted).map(|index| index as u8)
    }

    pub(crate) fn get(&self, index: u8) -> Option<&Observation> {
        items(&self.entries).get(usize::from(index))
    }

    /// The list of the observation of several paths that a server began last.
    pub(crate) fn last_list(&self, slot: u8) -> Option<List> {
        let lists =
            items(&self.entries).iter().filter(|entry| entry.slot == slot).map(|entry| entry.list);
        lists.rev().find(|list| *list != List::NONE)
    }

    /// The observation whose last notification had this message ID.
    pub(crate) fn by_message(&self, slot: u8, message: u16) -> Option<u8> {
        self.position(|entry| entry.slot == slot && entry.message == message && entry.notified)
    }

    /// Ends the observation of a server that has this token, or (`None`) all of them.
    pub(crate) fn forget(&mut self, slot: u8, token: Option<&Token>) {
        let mut index = 0;
        while let Some(entry) = self.get(index) {
            if entry.slot == slot && token.is_none_or(|token| entry.token == *token) {
                self.remove(index);
            } else {
                index += 1;
            }
        }
    }

    /// Ends the observation whose notification was answered with Reset. Whether there was one.
    pub(crate) fn reset(&mut self, slot: u8, message: u16) -> bool {
        let index = self.by_message(slot, message);
        index.map(|index| self.remove(index)).is_some()
    }

    /// Ends all of them.
    pub(crate) fn clear(&mut self) {
        while !items(&self.entries).is_empty() {
            self.remove(0);
        }
    }

    /// Takes notice that what is at `path` may be a new value.
    pub(crate) fn changed(
        &mut self,
        path: &Path,
        objects: &Objects<'_>,
        attributes: &AttributeTable,
    ) {
        for entry in items_mut(&mut self.entries) {
            let mut touched = false;
            let single = entry.list == List::NONE;
            Paths::new(&self.lists, entry.list, &entry.path).each(&mut |observed| {
                touched |= (path.contains(observed) || observed.contains(path))
                    && (single && observed.level() > 1
                        || sees(objects, entry.server, observed, path));
            });
            if !touched {
                continue;
            }
            let value = match sees(objects, entry.server, &entry.path, path) {
                true => number(objects, &entry.path),
                // What may not be read any more is an error, and that is told.
                false => f64::NAN,
            };
            let conditions = attributes.effective(entry.server, &entry.path);
            entry.pending |= if float::is_nan(value) || float::is_nan(entry.value) {
                true
            } else if conditions.compares() {
                conditions.wants(entry.value, value)
            } else {
                float::compare(value, entry.value).is_ne()
            };
            // An edge is between two values that follow each other; one of them may not be notified.
            if conditions.edge().is_some() {
                entry.value = value;
            }
        }
    }

    /// Looks up the periods anew, after attributes or a server's defaults were written.
    pub(crate) fn refresh(&mut self, objects: &Objects<'_>, attributes: &AttributeTable) {
        for entry in items_mut(&mut self.entries) {
            set_periods(entry, objects, attributes);
        }
    }

    /// A notification of this session's server that is due now, or was near when the device was
    /// `awake` last: one that must be confirmable, or one that need not be. `next` is moved to when
    /// another one is due, if that is earlier.
    pub(crate) fn due(
        &self,
        now: Instant,
        awake: Instant,
        slot: u8,
        interval: Duration,
        confirmable: bool,
        next: &mut Instant,
    ) -> Option<u8> {
        self.position(|entry| {
            entry.slot == slot
                && entry.must_confirm(now, interval) == confirmable
                && entry.due(awake).is_due(now, next)
        })
    }

    /// Takes notice that a notification went out with this message ID.
    pub(crate) fn sent(&mut self, now: Instant, index: u8, message: u16, objects: &Objects<'_>) {
        if let Some(entry) = items_mut(&mut self.entries).get_mut(usize::from(index)) {
            entry.sent = now;
            entry.message = message;
            entry.pending = false;
            entry.value = number(objects, &entry.path);
            entry.sequence = entry.next_sequence();
            entry.notified = true;
            // Of several paths, those count that are there.
            entry.ended = entry.list == List::NONE
                && View::new(objects, entry.server).target(&entry.path).is_err();
        }
    }

    /// Takes notice that a server is told the value of an observation now, other than by notification.
    pub(crate) fn settle(&mut self, slot: u8, token: &Token, objects: &Objects<'_>) {
        for entry in items_mut(&mut self.entries) {
            if entry.slot == slot && entry.token == *token {
                entry.value = number(objects, &entry.path);
                entry.pending = false;
            }
        }
    }

    /// Takes notice that the server acknowledged the notification with this message ID.
    pub(crate) fn confirmed(&mut self, now: Instant, slot: u8, message: u16) {
        if let Some(entry) = self.current(slot, message) {
            entry.confirmed = now;
        }
    }

    /// Takes notice that nobody acknowledged the notification with this message ID: it is due once
    /// more. Whether there still is such an observation.
    pub(crate) fn unheard(&mut self, slot: u8, message: u16) -> bool {
        self.current(slot, message).map(|entry| entry.pending = true).is_some()
    }

    /// The observation whose notification had this message ID; one that has ended is removed, as that
    /// was its last.
    fn current(&mut self, slot: u8, message: u16) -> Option<&mut Observation> {
        let index = self.by_message(slot, message)?;
        if self.get(index)?.ended {
            self.remove(index);
            return None;
        }
        items_mut(&mut self.entries).get_mut(usize::from(index))
    }

    /// Ends the observation at `index`.
    pub(crate) fn remove(&mut self, index: u8) {
        let Some(entry) = self.get(index) else { return };
        let list = entry.list;
        self.lists.clear(list);
        // The last one takes its place, unless it is the last.
        if let Some(last) = self.entries.pop()
            && let Some(entry) = items_mut(&mut self.entries).get_mut(usize::from(index))
        {
            *entry = last;
        }
    }
}

fn set_periods(entry: &mut Observation, objects: &Objects<'_>, attributes: &AttributeTable) {
    let own = attributes.effective(entry.server, &entry.path);
    let defaults = objects.server.by_short_id(entry.server);
    let default = |id| defaults.and_then(|server| server.get(id));
    entry.pmin = own.pmin().or_else(|| default(server::id::DEFAULT_PMIN)).unwrap_or(0);
    let pmax = own.pmax().or_else(|| default(server::id::DEFAULT_PMAX)).unwrap_or(0);
    // A Maximum Period below the Minimum Period is ignored (Core 7.3.2).
    entry.pmax = if pmax < entry.pmin { 0 } else { pmax };
    let mode = || default(server::id::NOTIFICATION_MODE).map(|mode| mode != 0);
    entry.confirm = own.con().or_else(mode).unwrap_or(false);
}

#[cfg(all(test, feature = "observe"))]
mod tests {
    use super::*;

    #[test]
    fn the_last_notification_is_known_when_the_numbers_begin_again() {
        let objects = Objects::EMPTY;
        let mut observations = Observations::EMPTY;
        let mut answer = Answer::EMPTY;
        answer.path = Path::resource(3, 0, 9);
        let now = Instant::ZERO;
        let attributes = AttributeTable::EMPTY;
        assert_eq!(observations.add(now, 0, 1, &mut answer, &objects, &attributes), Some(1));
        assert_eq!(observations.by_message(0, 0), None, "nothing went out yet");
        observations.entries[0].sequence = 0xff_fffe;
        for (message, sequence) in [(7, 0xff_ffff), (8, 0), (9, 1), (10, 2), (11, 3)] {
            assert_eq!(observations.entries[0].next_sequence(), sequence);
            observations.sent(now, 0, message, &objects);
            assert_eq!(observations.by_message(0, message), Some(0));
            assert_eq!(observations.entries[0].sequence, sequence, "a retransmission's");
        }
        // The same observation once more: the answer is newer, and no notification of it went out.
        assert_eq!(observations.add(now, 0, 1, &mut answer, &objects, &attributes), Some(4));
        assert!(!observations.reset(0, 0));
        assert!(!observations.reset(0, 11));
    }
}
