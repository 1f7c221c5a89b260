//! Attributes that decide when a value is notified (Core 7.3.2), set by Write-Attributes or, for one
//! observation, by an Observe request.

use super::format::{Raw, float, put_float, put_number};
use super::objects::ServerObject;
use super::path::{cut, parse_number};
use super::{Path, Type, Value, Window};
use crate::bytes::{items, remove};
use crate::capacity;
use crate::coap::Code;
use core::cmp::Ordering;
use heapless::Vec;

/// Names of the attributes: first those that are whole numbers (the periods, in seconds, and what
/// LwM2M 1.2 added), then the thresholds.
const NAMES: [&str; COUNT] =
    ["pmin", "pmax", "epmin", "epmax", "hqmax", "edge", "con", "gt", "lt", "st"];
/// How many attributes there are.
const COUNT: usize = 10;
/// How many of them are whole numbers.
const NUMBERS: usize = 7;
/// How many of these take more than a bit.
const WIDE: usize = 5;
const PMIN: usize = 0;
const PMAX: usize = 1;
const EPMIN: usize = 2;
const EPMAX: usize = 3;
const HQMAX: usize = 4;
const EDGE: usize = 5;
const CON: usize = 6;
const GT: usize = 7;
const LT: usize = 8;
const ST: usize = 9;

/// The layout of the record.
const LAYOUT: u8 = 2;
/// Bytes of a path in the record at most: server, level, identifiers, what is set, and the values.
pub(crate) const RECORD: usize = 2 + 1 + 8 + 2 + 4 * NUMBERS + 8 * (COUNT - NUMBERS);

/// Attributes of one path. What is not set is inherited from the level above.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes {
    /// Bit n: attribute n of `NAMES` is set.
    set: u16,
    /// Bit n: the value of attribute n, if it is 0 or 1.
    flags: u8,
    numbers: [u32; WIDE],
    /// Bytes, so that a table of them has no gaps.
    thresholds: [[u8; 8]; COUNT - NUMBERS],
}

impl Attributes {
    /// Minimum Period: seconds between notifications, at least.
    pub fn pmin(&self) -> Option<u32> {
        self.number(PMIN)
    }

    /// Maximum Period: seconds between notifications, at most.
    pub fn pmax(&self) -> Option<u32> {
        self.number(PMAX)
    }

    /// Minimum Evaluation Period: seconds between evaluations of the conditions, at least.
    pub fn epmin(&self) -> Option<u32> {
        self.number(EPMIN)
    }

    /// Maximum Evaluation Period: seconds between evaluations of the conditions, at most.
    pub fn epmax(&self) -> Option<u32> {
        self.number(EPMAX)
    }

    /// Confirmable Notification (LwM2M 1.2): whether notifications are confirmable.
    pub fn con(&self) -> Option<bool> {
        self.number(CON).map(|con| con != 0)
    }

    /// Maximum Historical Queue (LwM2M 1.2): how many notifications are kept while they cannot be
    /// sent, at most.
    pub fn hqmax(&self) -> Option<u32> {
        self.number(HQMAX)
    }

    /// Edge (LwM2M 1.2): the change of a truth value that is notified; `true` to true, `false` to
    /// false.
    pub fn edge(&self) -> Option<bool> {
        self.number(EDGE).map(|edge| edge != 0)
    }

    const fn is_set(&self, attribute: usize) -> bool {
        self.set >> attribute & 1 != 0
    }

    fn number(&self, attribute: usize) -> Option<u32> {
        let number = match self.numbers.get(attribute) {
            Some(number) => *number,
            None if attribute < NUMBERS => (self.flags >> attribute & 1).into(),
            None => return None,
        };
        self.is_set(attribute).then_some(number)
    }

    fn threshold(&self, attribute: usize) -> Option<f64> {
        let threshold = self.thresholds.get(attribute.checked_sub(NUMBERS)?);
        threshold.map(|bytes| f64::from_ne_bytes(*bytes)).filter(|_| self.is_set(attribute))
    }

    /// `None`: there is no such value.
    fn set_number(&mut self, attribute: usize, value: u32) -> Option<()> {
        if let Some(number) = self.numbers.get_mut(attribute) {
            *number = value;
        } else {
            let flag = u8::try_from(value).ok().filter(|flag| *flag < 2)?;
            self.flags = self.flags & !(1 << attribute) | flag << attribute;
        }
        self.set |= 1 << attribute;
        Some(())
    }

    fn set_threshold(&mut self, attribute: usize, value: f64) -> Option<()> {
        *self.thresholds.get_mut(attribute.checked_sub(NUMBERS)?)? = value.to_ne_bytes();
        self.set |= 1 << attribute;
        Some(())
    }

    /// Applies one query: `pmin=10` sets, `pmin` unsets.
    fn apply(&mut self, query: &[u8]) -> Option<()> {
        let text = crate::bytes::text(query)?;
        let (name, value) = match cut(text, b'=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let attribute = NAMES.iter().position(|known| *known == name)?;
        self.set &= !(1 << attribute);
        let Some(value) = value else { return Some(()) };
        if attribute < NUMBERS {
            self.set_number(attribute, parse_number(value.as_bytes())?)
        } else {
            self.set_threshold(attribute, decimal(value)?)
        }
    }

    /// Whether the set values are such as there are, and agree with each other.
    fn is_consistent(&self) -> bool {
        let step = self.threshold(ST).unwrap_or(0.0);
        let ordered = match (self.threshold(LT), self.threshold(GT)) {
            (Some(lt), Some(gt)) => {
                float::compare(float::sum(lt, float::sum(step, step)), gt).is_lt()
            }
            _ => true,
        };
        let periods = match (self.number(EPMIN), self.number(EPMAX)) {
            (Some(min), Some(max)) => min < max,
            _ => true,
        };
        ordered && periods && float::compare(step, 0.0).is_ge()
    }

    /// Whether the set values are such as a path can have: `kind` is the type of the resource that
    /// it is, or is an instance of.
    pub(crate) fn suits(&self, kind: Option<Type>) -> bool {
        match kind {
            Some(Type::Integer | Type::Unsigned | Type::Float | Type::Time) => !self.is_set(EDGE),
            Some(Type::Boolean) => self.set >> NUMBERS == 0,
            _ => !self.compares(),
        }
    }

    /// Whether an attribute is set that compares values.
    pub(crate) const fn compares(&self) -> bool {
        self.set >> NUMBERS != 0 || self.is_set(EDGE)
    }

    /// Takes over from `above` what is not set here.
    fn inherit(&mut self, above: &Self) {
        let missing = above.set & !self.set;
        for (n, (mine, theirs)) in self.numbers.iter_mut().zip(&above.numbers).enumerate() {
            if missing >> n & 1 != 0 {
                *mine = *theirs;
            }
        }
        for (n, (mine, theirs)) in self.thresholds.iter_mut().zip(&above.thresholds).enumerate() {
            if missing >> (n + NUMBERS) & 1 != 0 {
                *mine = *theirs;
            }
        }
        self.flags = self.flags & !(missing as u8) | above.flags & missing as u8;
        self.set |= missing;
    }

    /// Whether a change from `last` to `value`, both numbers, is worth a notification. A truth value is
    /// 0 or 1.
    pub(crate) fn wants(&self, last: f64, value: f64) -> bool {
        let crosses = |attribute, side: Ordering| {
            self.threshold(attribute).is_some_and(|limit| {
                (float::compare(last, limit) == side) != (float::compare(value, limit) == side)
            })
        };
        let far = |step| float::compare(float::sum(value, -last).abs(), step).is_ge();
        let edge = |rising| match rising {
            true => float::compare(value, last).is_gt(),
            false => float::compare(value, last).is_lt(),
        };
        crosses(GT, Ordering::Greater)
            || crosses(LT, Ordering::Less)
            || self.threshold(ST).is_some_and(far)
            || self.edge().is_some_and(edge)
    }

    /// Writes them as link attributes: `;pmin=10;gt=42.5`.
    pub(crate) fn write(&self, window: &mut Window<'_>) {
        for (attribute, name) in NAMES.iter().enumerate().filter(|(n, _)| self.is_set(*n)) {
            window.put_u8(b';');
            window.put(name.as_bytes());
            window.put_u8(b'=');
            if let Some(number) = self.number(attribute) {
                put_number(window, number);
            } else if let Some(threshold) = self.threshold(attribute) {
                put_float(window, threshold);
            }
        }
    }
}

/// A number in decimal.
fn decimal(text: &str) -> Option<f64> {
    match Raw::Text(text).value(Type::Float, &mut []) {
        Ok(Value::Float(number)) => Some(number),
        _ => None,
    }
}

/// Takes a big-endian number off the front of a record.
fn take(record: &mut &[u8], len: usize) -> Option<u64> {
    let (bytes, rest) = record.split_at_checked(len)?;
    *record = rest;
    Some(bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte)))
}

/// Short Server ID, path, and what the server set there. For what an Observe request brought along, the
/// number of the observation, and the root.
type Entry = (u16, Path, Attributes);

/// The attributes that servers set, for each server its own, and those of single observations. They go with
/// the Object Instance or Resource Instance when a server deletes it, and an Object Instance that a server
/// creates begins without. Those of what is not there stay: an application may make its instances some
/// time after a restart.
#[derive(Debug)]
pub struct AttributeTable {
    entries: Vec<Entry, { capacity::ATTRIBUTES }>,
}

impl AttributeTable {
    /// None.
    pub(crate) const EMPTY: Self = Self { entries: Vec::new() };

    fn position(&self, server: u16, path: &Path) -> Option<usize> {
        items(&self.entries).iter().position(|(s, p, _)| *s == server && p == path)
    }

    /// The attributes that a server set at exactly this path.
    pub(crate) fn find(&self, server: u16, path: &Path) -> Option<&Attributes> {
        self.entries.get(self.position(server, path)?).map(|(_, _, attributes)| attributes)
    }

    /// The attributes in force at a path: its own, then those of the levels above it.
    pub(crate) fn effective(&self, server: u16, path: &Path) -> Attributes {
        self.in_force(0, server, path)
    }

    /// The attributes in force at a path for an observation: those of the observation with number
    /// `own`, then those of the path, then those of the levels above it.
    pub(crate) fn in_force(&self, own: u8, server: u16, path: &Path) -> Attributes {
        let mut attributes = Attributes::default();
        if self.entries.is_empty() {
            return attributes;
        }
        let levels = path.level();
        for level in (1..=levels + 1).rev() {
            let (of, at) =
                if level > levels { (own.into(), Path::ROOT) } else { (server, path.cut(level)) };
            if let Some(set) = self.find(of, &at) {
                attributes.inherit(set);
            }
        }
        attributes
    }

    /// Write-Attributes: applies the queries of a request to a path. `suits` tells whether it can have
    /// such attributes. With the root, they are those of an observation, whose number is in place of
    /// the server, and it begins without any.
    ///
    /// # Errors
    /// 4.00 for what is unknown, malformed or contradictory, 5.00 when the table is full. Nothing
    /// is changed then.
    pub(crate) fn write(
        &mut self,
        server: u16,
        path: &Path,
        queries: &mut dyn Iterator<Item = &[u8]>,
        suits: &dyn Fn(&Attributes) -> bool,
    ) -> Result<(), Code> {
        let before = self.find(server, path).filter(|_| *path != Path::ROOT);
        let mut attributes = before.copied().unwrap_or_default();
        for query in queries {
            attributes.apply(query).ok_or(Code::BAD_REQUEST)?;
        }
        if !attributes.is_consistent() || !suits(&attributes) {
            return Err(Code::BAD_REQUEST);
        }
        let position = self.position(server, path);
        match position.and_then(|position| self.entries.get_mut(position)) {
            Some(entry) => entry.2 = attributes,
            None => self
                .entries
                .push((server, *path, attributes))
                .map_err(|_| Code::INTERNAL_SERVER_ERROR)?,
        }
        remove(&mut self.entries, &|(_, _, attributes)| attributes.set == 0);
        Ok(())
    }

    /// Forgets those of observations whose number is not in use any more.
    pub(crate) fn sweep(&mut self, in_use: &dyn Fn(u8) -> bool) {
        remove(&mut self.entries, &|(own, path, _)| *path == Path::ROOT && !in_use(*own as u8));
    }

    /// Forgets the attributes at and below a path that was deleted. Whether there were any.
    pub(crate) fn forget(&mut self, path: &Path) -> bool {
        let before = self.entries.len();
        remove(&mut self.entries, &|(_, p, _)| path.contains(p));
        self.entries.len() != before
    }

    /// Writes the record: the layout, and for each path the server, the path, what is set there, and
    /// the values of that. Observations do not survive a restart, and neither do theirs.
    pub(crate) fn save(&self, window: &mut Window<'_>) {
        window.put_u8(LAYOUT);
        for (server, path, attributes) in &self.entries {
            if *path == Path::ROOT {
                continue;
            }
            window.put_be((*server).into(), 2);
            window.put_u8(path.level() as u8);
            for id in path.ids() {
                window.put_be((*id).into(), 2);
            }
            window.put_be(attributes.set.into(), 2);
            for attribute in 0..COUNT {
                if let Some(number) = attributes.number(attribute) {
                    window.put_be(number.into(), 4);
                } else if let Some(threshold) = attributes.threshold(attribute) {
                    window.put_be(threshold.to_bits(), 8);
                }
            }
        }
    }

    /// Takes up the attributes of a record; of one that is damaged, or of another layout, none.
    pub(crate) fn restore(&mut self, record: &[u8]) -> Option<()> {
        self.entries.clear();
        let done = self.fill(record);
        if done.is_none() {
            self.entries.clear();
        }
        done
    }

    fn fill(&mut self, mut record: &[u8]) -> Option<()> {
        if take(&mut record, 1)? != LAYOUT.into() {
            return None;
        }
        while !record.is_empty() {
            let server = take(&mut record, 2)? as u16;
            let mut path = Path::ROOT;
            for _ in 0..take(&mut record, 1)? {
                path.push(take(&mut record, 2)? as u16)?;
            }
            let set = take(&mut record, 2)? as u16;
            let mut attributes = Attributes::default();
            for attribute in (0..COUNT).filter(|attribute| set >> attribute & 1 != 0) {
                if attribute < NUMBERS {
                    attributes.set_number(attribute, take(&mut record, 4)? as u32)?;
                } else {
                    let threshold = f64::from_bits(take(&mut record, 8)?);
                    attributes.set_threshold(attribute, threshold)?;
                    if !float::is_finite(threshold) {
                        return None;
                    }
                }
            }
            if path.level() == 0 || set == 0 || set >> COUNT != 0 || !attributes.is_consistent() {
                return None;
            }
            self.entries.push((server, path, attributes)).ok()?;
        }
        Some(())
    }

    /// Forgets what was set by servers that have no account any more.
    pub(crate) fn keep(&mut self, servers: &ServerObject) {
        // Observations of theirs are gone already.
        remove(&mut self.entries, &|(server, _, _)| servers.by_short_id(*server).is_none());
    }
}

#[cfg(all(test, feature = "attributes"))]
mod tests {
    extern crate std;
    use super::*;
    use std::format;

    fn write(table: &mut AttributeTable, path: &Path, kind: Type, query: &str) -> bool {
        let mut queries = query.split('&').map(str::as_bytes);
        table.write(1, path, &mut queries, &|attributes| attributes.suits(Some(kind))).is_ok()
    }

    #[test]
    fn the_largest_record_is_as_large_as_it_says() {
        let mut table = AttributeTable::EMPTY;
        let all = "pmin=1&pmax=2&epmin=3&epmax=4&con=1&hqmax=4294967295&gt=9.5&lt=-1&st=0.5";
        for n in 0..capacity::ATTRIBUTES as u16 {
            let path = Path::resource_instance(3, 0, 7, n);
            assert!(write(&mut table, &path, Type::Integer, all));
        }
        let mut buffer = [0; capacity::DATAGRAM];
        let mut window = Window::new(&mut buffer, 0);
        table.save(&mut window);
        let len = window.kept();
        // All but the edge, which is of truth values.
        assert_eq!(len, 1 + capacity::ATTRIBUTES * (RECORD - 4));
        let mut again = AttributeTable::EMPTY;
        assert_eq!(again.restore(&buffer[..len]), Some(()));
        assert_eq!(format!("{again:?}"), format!("{table:?}"));
        // One row more than there is room for.
        let mut longer = buffer[..len].to_vec();
        longer.extend_from_slice(&buffer[1..RECORD - 3]);
        assert_eq!(again.restore(&longer), None);
        assert!(again.entries.is_empty());
    }

    #[test]
    fn a_refused_write_changes_nothing() {
        let mut table = AttributeTable::EMPTY;
        let path = Path::resource(3311, 0, 5850);
        assert!(write(&mut table, &path, Type::Boolean, "edge=1&con=0"));
        for query in ["edge=2", "con=2", "hqmax=1&st=1", "edge&con=x", "edges=1"] {
            assert!(!write(&mut table, &path, Type::Boolean, query), "{query}");
            let effective = table.effective(1, &path);
            assert_eq!((effective.edge(), effective.con()), (Some(true), Some(false)));
            assert_eq!(effective.hqmax(), None);
        }
        assert!(write(&mut table, &path, Type::Boolean, "edge&con"));
        assert!(table.entries.is_empty());
    }
}
