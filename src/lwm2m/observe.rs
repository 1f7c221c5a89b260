//! Observations: what a server wants to be told, and when (Core 6.4, 7.3; RFC 7641).

use super::attributes::AttributeTable;
use super::format::{ContentFormat, float};
use super::objects::access_control::right;
use super::objects::{Objects, server};
use super::paths::{List, Lists, Paths};
use super::read::View;
use super::request::Answer;
use super::stored::Stored;
use super::{Path, Value};
use crate::bytes::{items, items_mut};
use crate::capacity;
use crate::coap::Token;
use crate::time::{Duration, Instant};
use heapless::Vec;

/// Whether anything is observed.
pub(super) const OBSERVES: bool = cfg!(feature = "observe");

/// What came within the Minimum Evaluation Period, and is to be evaluated at its end.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum Change {
    None,
    /// A value that is compared with the last one.
    Compared,
    /// Something that is no single number: it counts as a change.
    Other,
}

/// What is so of an observation, one bit each.
mod flag {
    /// A change waits to be notified.
    pub const PENDING: u8 = 1;
    /// What was observed is gone, and that is under way as the last notification.
    pub const ENDED: u8 = 2;
    /// A notification went out: the Message ID is that of one.
    pub const NOTIFIED: u8 = 4;
    /// Every notification is confirmable.
    pub const CONFIRM: u8 = 8;
}

/// One observation.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub(crate) struct Observation {
    /// Session of the server.
    pub slot: u8,
    pub format: ContentFormat,
    /// See [`flag`].
    flags: u8,
    /// How many values of it may be stored, how many are, and how many of these the notification
    /// under way carries.
    pub(super) storable: u8,
    pub(super) stored: u8,
    pub(super) carried: u8,
    pub server: u16,
    /// Message ID of the last notification: a Reset with it cancels.
    pub message: u16,
    pub token: Token,
    change: Change,
    pub path: Path,
    /// What is observed, where it is several paths.
    pub list: List,
    /// The number of its own attributes in the table of attributes; 0: it has none.
    own: u8,
    /// Observe option of what went out last, the answer or a notification: 24 bits.
    pub sequence: u32,
    pmin: u32,
    /// 0 is none.
    pmax: u32,
    /// Seconds from the last evaluation of the conditions to the next one that time brings, the end of
    /// the Minimum Evaluation Period if a change waits for that. [`Observation::BY_CHANGE`]: there is none.
    wait: u32,
    /// The last notified value, as [`number`] has it.
    value: f64,
    /// When the last notification went out.
    pub(super) sent: Instant,
    /// When the server last acknowledged one.
    confirmed: Instant,
    /// When the conditions were last evaluated.
    evaluated: Instant,
}

impl Observation {
    /// A `wait`: the conditions are evaluated at a change only, but for the Minimum Evaluation Period.
    const BY_CHANGE: u32 = u32::MAX;

    const fn is(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }

    const fn set(&mut self, flag: u8, on: bool) {
        self.flags = if on { self.flags | flag } else { self.flags & !flag };
    }

    /// Whether what was observed is gone, and that is under way as the last notification.
    pub(super) const fn is_ended(&self) -> bool {
        self.is(flag::ENDED)
    }

    /// When the conditions are evaluated without a change, or because one waits for that.
    pub(crate) fn evaluation(&self) -> Instant {
        if self.is_ended()
            || self.change == Change::None && matches!(self.wait, 0 | Self::BY_CHANGE)
        {
            return Instant::NEVER;
        }
        self.evaluated.after(self.wait)
    }

    /// Calls `f` with each observed path, and the last value there.
    fn each(&mut self, lists: &mut Lists, f: &mut dyn FnMut(&Path, &mut f64)) {
        if self.is_single() {
            f(&self.path, &mut self.value);
        } else {
            lists.each_value(self.list, f);
        }
    }

    fn is_single(&self) -> bool {
        !cfg!(feature = "composite") || self.list == List::NONE
    }

    /// Takes notice that the server is told the values that there are now.
    pub(super) fn told(&mut self, lists: &mut Lists, objects: &Objects<'_>) {
        let server = self.server;
        self.each(lists, &mut |path, last| *last = number(objects, server, path));
        self.set(flag::PENDING, false);
        self.change = Change::None;
    }

    /// Evaluates the conditions of what a change at `changed` touched, or (`None`) of everything; within
    /// the Minimum Evaluation Period it is left for its end.
    fn evaluate(
        &mut self,
        now: Instant,
        lists: &mut Lists,
        changed: Option<&Path>,
        objects: &Objects<'_>,
        attributes: &AttributeTable,
    ) {
        let (server, own, single) = (self.server, self.own, self.is_single());
        let mut periods = Periods::default();
        if self.wait != 0 {
            periods = Periods::of(self, lists, objects, attributes);
        }
        let early = now < self.evaluated.after(periods.epmin);
        let (mut touched, mut met, mut change) = (false, false, self.change);
        self.each(lists, &mut |observed, last| {
            let touches = |path: &Path| {
                path.touches(observed)
                    && (single && observed.level() > 1 || sees(objects, server, observed, path))
            };
            if !changed.is_none_or(touches) {
                return;
            }
            touched = true;
            let value = number(objects, server, observed);
            if float::is_nan(*last) || float::is_nan(value) {
                // What is known to be new, or came, or went.
                if changed.is_some() || last.to_bits() != value.to_bits() {
                    change = Change::Other;
                }
            } else if early {
                change = change.max(Change::Compared);
            } else {
                let conditions = attributes.in_force(own, server, observed);
                met |= if conditions.compares() {
                    conditions.wants(*last, value)
                } else {
                    float::compare(value, *last).is_ne()
                };
                // An edge is between two values that follow each other; one of them may not be notified.
                if conditions.edge().is_some() {
                    *last = value;
                }
            }
        });
        if !touched {
            return;
        }
        if early {
            self.change = change;
        } else {
            if met || change == Change::Other {
                self.set(flag::PENDING, true);
            }
            self.change = Change::None;
            self.evaluated = now;
        }
        self.wait = periods.wait(self.change);
    }

    /// The Observe option of the next notification (RFC 7641, 4.4: it counts modulo 2^24).
    pub(crate) const fn next_sequence(&self) -> u32 {
        (self.sequence + 1) & 0xff_ffff
    }

    /// Whether the next notification must be confirmable: the server wants all of them so, or has not
    /// acknowledged one for `interval` (RFC 7641, 4.5: at least once in 24 hours).
    fn must_confirm(&self, now: Instant, interval: Duration) -> bool {
        self.is(flag::CONFIRM) || now.since(self.confirmed) >= interval
    }

    /// When the next notification is due, if nothing is stored. That of the Maximum Period is, too,
    /// when half of it was over and the device was `awake`.
    pub(super) fn due(&self, awake: Instant) -> Instant {
        let seconds = if self.is_ended() {
            return Instant::NEVER;
        } else if self.is(flag::PENDING) {
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

/// The periods in force for an observation, in seconds; 0 is none.
#[derive(Default)]
struct Periods {
    pmin: u32,
    pmax: u32,
    epmin: u32,
    epmax: u32,
    hqmax: u32,
    con: Option<bool>,
}

impl Periods {
    /// Of several paths, the longest of what is a minimum and the shortest of what is a maximum. One path
    /// is enough to make notifications confirmable.
    fn of(
        entry: &Observation,
        lists: &Lists,
        objects: &Objects<'_>,
        attributes: &AttributeTable,
    ) -> Self {
        let defaults = objects.server.by_short_id(entry.server);
        let default = |id| defaults.and_then(|server| server.get(id));
        let pmin = default(server::id::DEFAULT_PMIN);
        let pmax = default(server::id::DEFAULT_PMAX);
        // Zero is longer than anything.
        let shorter = |a: u32, b: u32| a.wrapping_sub(1).min(b.wrapping_sub(1)).wrapping_add(1);
        let mut all = Self { hqmax: u32::MAX, ..Self::default() };
        Paths::new(lists, entry.list, &entry.path).each(&mut |path| {
            let set = attributes.in_force(entry.own, entry.server, path);
            all.pmin = all.pmin.max(set.pmin().or(pmin).unwrap_or(0));
            all.pmax = shorter(all.pmax, set.pmax().or(pmax).unwrap_or(0));
            all.epmin = all.epmin.max(set.epmin().unwrap_or(0));
            all.epmax = shorter(all.epmax, set.epmax().unwrap_or(0));
            all.hqmax = all.hqmax.min(set.hqmax().unwrap_or(u32::MAX));
            all.con = all.con.max(set.con());
        });
        all
    }

    /// [`Observation::wait`].
    fn wait(&self, change: Change) -> u32 {
        if change != Change::None || self.epmin == 0 && self.epmax == 0 {
            self.epmin
        } else if self.epmax > self.epmin {
            self.epmax
        } else {
            Observation::BY_CHANGE
        }
    }
}

/// A number at a single resource or Resource Instance that a server may see; NaN for anything else, with
/// a digest that tells a value which is no number from another one.
fn number(objects: &Objects<'_>, server: u16, path: &Path) -> f64 {
    if !sees(objects, server, path, path) {
        return f64::NAN;
    }
    let value = objects.named_by(path).and_then(|object| {
        let resource = object.definition().resource(path.id(2)?)?;
        // Of a multiple resource any instance may be the one that is new.
        if resource.is_multiple() == (path.level() == 4) { object.read(path) } else { None }
    });
    let digest =
        |value: &Value<'_>| f64::from_bits(f64::NAN.to_bits() | u64::from(value.digest(1)));
    value.as_ref().map_or(f64::NAN, |value| value.as_number().unwrap_or_else(|| digest(value)))
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
    pub(super) entries: Vec<Observation, { capacity::OBSERVATIONS }>,
    /// The earliest [`Observation::evaluation`]; zero: that is to be looked up.
    pub evaluation: Instant,
    /// Values that could not be notified.
    pub(super) stored: Stored,
    /// Theirs, and those of answers and of Send.
    pub lists: Lists,
}

impl Observations {
    /// None.
    pub(crate) const EMPTY: Self = Self {
        entries: Vec::new(),
        evaluation: Instant::ZERO,
        stored: Stored::new(),
        lists: Lists::EMPTY,
    };

    /// Adds an observation of what an answer carries, in place of one with the same token; `own` is the
    /// number of its own attributes. Returns the Observe option of the answer; `None` when the table is
    /// full. [`refresh`](Self::refresh) is to follow.
    pub(crate) fn add(
        &mut self,
        now: Instant,
        slot: u8,
        server: u16,
        own: u8,
        answer: &mut Answer,
        objects: &Objects<'_>,
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
        let mut entry = Observation {
            slot,
            server,
            token: answer.token,
            path: answer.path,
            list: answer.list,
            change: Change::None,
            own,
            format: answer.format,
            sequence,
            message: 0,
            sent: now,
            confirmed: now,
            value: 0.0,
            pmin: 0,
            pmax: 0,
            wait: 0,
            evaluated: now,
            flags: 0,
            storable: 0,
            stored: 0,
            carried: 0,
        };
        entry.told(&mut self.lists, objects);
        self.entries.push(entry).ok()?;
        Some(sequence)
    }

    /// A number for the own attributes of an observation that begins: that of the observation with this
    /// token, whose place it takes, or one that none has.
    pub(crate) fn own(&self, slot: u8, token: &Token) -> u8 {
        let old = self.position(|entry| entry.slot == slot && entry.token == *token);
        let own = old.and_then(|old| self.get(old)).map_or(0, |old| old.own);
        if own != 0 {
            return own;
        }
        let mut number = 1;
        while self.position(|entry| entry.own == number).is_some() {
            number = number.saturating_add(1);
        }
        number
    }

    /// Forgets the own attributes of observations that have ended.
    pub(crate) fn sweep(&self, attributes: &mut AttributeTable) {
        attributes.sweep(&|own| self.entries.iter().any(|entry| entry.own == own));
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
        self.position(|entry| {
            entry.slot == slot && entry.message == message && entry.is(flag::NOTIFIED)
        })
    }

    /// The observation of a server that has this token.
    pub(crate) fn by_token(&self, slot: u8, token: &Token) -> Option<u8> {
        self.position(|entry| entry.slot == slot && entry.token == *token)
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

    /// Takes notice that what is at `path` may be a new value.
    pub(crate) fn changed(
        &mut self,
        now: Instant,
        path: &Path,
        objects: &Objects<'_>,
        attributes: &AttributeTable,
    ) {
        for entry in items_mut(&mut self.entries) {
            if entry.is_single() && !entry.path.touches(path) {
                continue;
            }
            if entry.wait != 0 {
                self.evaluation = Instant::ZERO;
            }
            entry.evaluate(now, &mut self.lists, Some(path), objects, attributes);
        }
    }

    /// Evaluates the conditions of an observation, as time has come to. Returns when the next time is.
    pub(crate) fn evaluate(
        &mut self,
        now: Instant,
        index: u8,
        objects: &Objects<'_>,
        attributes: &AttributeTable,
    ) -> Instant {
        let Some(entry) = self.entries.get_mut(usize::from(index)) else { return Instant::NEVER };
        entry.evaluate(now, &mut self.lists, None, objects, attributes);
        entry.evaluation()
    }

    /// Looks up the periods anew, after attributes or a server's defaults were written.
    pub(crate) fn refresh(&mut self, objects: &Objects<'_>, attributes: &AttributeTable) {
        for entry in items_mut(&mut self.entries) {
            let periods = Periods::of(entry, &self.lists, objects, attributes);
            entry.pmin = periods.pmin;
            // A Maximum Period below the Minimum Period is ignored (Core 7.3.2).
            entry.pmax = if periods.pmax < periods.pmin { 0 } else { periods.pmax };
            entry.wait = periods.wait(entry.change);
            let defaults = objects.server.by_short_id(entry.server);
            let mode =
                || defaults.and_then(|server| server.get(server::id::NOTIFICATION_MODE)) == Some(1);
            entry.set(flag::CONFIRM, periods.con.unwrap_or_else(mode));
            let storing = defaults.is_none_or(|server| server.get_or(server::id::STORING, 1) != 0);
            entry.storable = if storing { periods.hqmax.min(u8::MAX.into()) as u8 } else { 0 };
        }
        self.evaluation = Instant::ZERO;
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
                && (entry.has_stored() || entry.due(awake).is_due(now, next))
        })
    }

    /// Takes notice that a notification went out with this message ID.
    pub(crate) fn sent(&mut self, now: Instant, index: u8, message: u16, objects: &Objects<'_>) {
        if let Some(entry) = items_mut(&mut self.entries).get_mut(usize::from(index)) {
            entry.sent = now;
            entry.message = message;
            entry.sequence = entry.next_sequence();
            entry.set(flag::NOTIFIED, true);
            if entry.is_older() {
                return;
            }
            entry.told(&mut self.lists, objects);
            // Of several paths, those count that are there.
            let ended = entry.list == List::NONE
                && View::new(objects, entry.server).target(&entry.path).is_err();
            entry.set(flag::ENDED, ended);
        }
    }

    /// Takes notice that a server is told the value of an observation now, other than by notification.
    pub(crate) fn settle(&mut self, slot: u8, token: &Token, objects: &Objects<'_>) {
        for entry in items_mut(&mut self.entries) {
            if entry.slot == slot && entry.token == *token {
                entry.told(&mut self.lists, objects);
            }
        }
    }

    /// Takes notice that the server acknowledged the notification with this message ID.
    pub(crate) fn confirmed(&mut self, now: Instant, slot: u8, message: u16) {
        if let Some(index) = self.current(slot, message) {
            self.delivered(index);
            if let Some(entry) = self.entries.get_mut(usize::from(index)) {
                entry.confirmed = now;
            }
        }
    }

    /// Takes notice that nobody acknowledged the notification with this message ID: it is due once
    /// more. Whether there still is such an observation.
    pub(crate) fn unheard(&mut self, slot: u8, message: u16) -> bool {
        let index = self.by_message(slot, message);
        let Some(entry) = index.and_then(|index| self.entries.get_mut(usize::from(index))) else {
            return false;
        };
        if !entry.is_older() {
            entry.set(flag::PENDING, true);
        }
        entry.carried = 0;
        // That it is gone is told once more, too.
        entry.set(flag::ENDED, false);
        true
    }

    /// The observation whose notification had this message ID; one that has ended is removed, as that
    /// was its last.
    fn current(&mut self, slot: u8, message: u16) -> Option<u8> {
        let index = self.by_message(slot, message)?;
        if self.get(index)?.is_ended() {
            self.remove(index);
            return None;
        }
        Some(index)
    }

    /// Ends the observation at `index`.
    pub(crate) fn remove(&mut self, index: u8) {
        let Some(entry) = self.get(index) else { return };
        let list = entry.list;
        self.lists.clear(list);
        self.evaluation = Instant::ZERO;
        self.forget_stored(index, u8::MAX);
        // The last one takes its place, unless it is the last.
        if let Some(last) = self.entries.pop()
            && let Some(entry) = items_mut(&mut self.entries).get_mut(usize::from(index))
        {
            *entry = last;
            let from = self.entries.len() as u8;
            self.renumber_stored(from, index);
        }
    }
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
        assert_eq!(observations.add(now, 0, 1, 0, &mut answer, &objects), Some(1));
        assert_eq!(observations.by_message(0, 0), None, "nothing went out yet");
        observations.entries[0].sequence = 0xff_fffe;
        for (message, sequence) in [(7, 0xff_ffff), (8, 0), (9, 1), (10, 2), (11, 3)] {
            assert_eq!(observations.entries[0].next_sequence(), sequence);
            observations.sent(now, 0, message, &objects);
            assert_eq!(observations.by_message(0, message), Some(0));
            assert_eq!(observations.entries[0].sequence, sequence, "a retransmission's");
        }
        // The same observation once more: the answer is newer, and no notification of it went out.
        assert_eq!(observations.add(now, 0, 1, 0, &mut answer, &objects), Some(4));
        assert!(!observations.reset(0, 0));
        assert!(!observations.reset(0, 11));
    }
}
