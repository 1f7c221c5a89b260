//! Attributes that decide when a value is notified (Core 7.3.2), set by Write-Attributes.

use super::format::{Raw, float, put_float, put_number};
use super::objects::ServerObject;
use super::path::{cut, parse_number};
use super::{Path, Type, Value, Window};
use crate::bytes::remove;
use crate::capacity;
use crate::coap::Code;
use core::cmp::Ordering;
use heapless::Vec;

/// Names of the attributes: first the periods, in seconds, then the thresholds.
const NAMES: [&str; COUNT] = ["pmin", "pmax", "epmin", "epmax", "gt", "lt", "st"];
/// How many attributes there are.
const COUNT: usize = 7;
/// How many of them are periods.
const PERIODS: usize = 4;
const PMIN: usize = 0;
const PMAX: usize = 1;
const EPMIN: usize = 2;
const EPMAX: usize = 3;
const GT: usize = 4;
const LT: usize = 5;
const ST: usize = 6;

/// Attributes of one path. What is not set is inherited from the level above.
#[derive(Clone, Copy, Debug, Default)]
pub struct Attributes {
    /// Bit n: attribute n of `NAMES` is set.
    set: u8,
    periods: [u32; PERIODS],
    thresholds: [f64; COUNT - PERIODS],
}

impl Attributes {
    /// Minimum Period: seconds between notifications, at least.
    pub fn pmin(&self) -> Option<u32> {
        self.period(PMIN)
    }

    /// Maximum Period: seconds between notifications, at most.
    pub fn pmax(&self) -> Option<u32> {
        self.period(PMAX)
    }

    const fn is_set(&self, attribute: usize) -> bool {
        self.set >> attribute & 1 != 0
    }

    fn period(&self, attribute: usize) -> Option<u32> {
        self.periods.get(attribute).copied().filter(|_| self.is_set(attribute))
    }

    fn threshold(&self, attribute: usize) -> Option<f64> {
        let threshold = self.thresholds.get(attribute.checked_sub(PERIODS)?);
        threshold.copied().filter(|_| self.is_set(attribute))
    }

    /// Applies one query of a Write-Attributes request: `pmin=10` sets, `pmin` unsets.
    fn apply(&mut self, query: &[u8]) -> Option<()> {
        let text = crate::bytes::text(query)?;
        let (name, value) = match cut(text, b'=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let attribute = NAMES.iter().position(|known| *known == name)?;
        self.set &= !(1 << attribute);
        let Some(value) = value else { return Some(()) };
        if let Some(period) = self.periods.get_mut(attribute) {
            *period = parse_number(value.as_bytes())?;
        } else if let Some(threshold) = self.thresholds.get_mut(attribute - PERIODS) {
            *threshold = number(value)?;
        }
        self.set |= 1 << attribute;
        Some(())
    }

    /// Whether the set values agree with each other.
    fn is_consistent(&self) -> bool {
        let step = self.threshold(ST).unwrap_or(0.0);
        let ordered = match (self.threshold(LT), self.threshold(GT)) {
            (Some(lt), Some(gt)) => {
                float::compare(float::sum(lt, float::sum(step, step)), gt).is_lt()
            }
            _ => true,
        };
        let periods = match (self.period(EPMIN), self.period(EPMAX)) {
            (Some(min), Some(max)) => min < max,
            _ => true,
        };
        ordered && periods && float::compare(step, 0.0).is_ge()
    }

    /// Whether an attribute is set that compares numbers.
    pub(crate) const fn compares(&self) -> bool {
        self.set >> PERIODS != 0
    }

    /// Takes over from `above` what is not set here.
    fn inherit(&mut self, above: &Self) {
        let missing = above.set & !self.set;
        for (n, (mine, theirs)) in self.periods.iter_mut().zip(&above.periods).enumerate() {
            if missing >> n & 1 != 0 {
                *mine = *theirs;
            }
        }
        for (n, (mine, theirs)) in self.thresholds.iter_mut().zip(&above.thresholds).enumerate() {
            if missing >> (n + PERIODS) & 1 != 0 {
                *mine = *theirs;
            }
        }
        self.set |= missing;
    }

    /// Whether a change from `last` to `value`, both numbers, is worth a notification.
    pub(crate) fn wants(&self, last: f64, value: f64) -> bool {
        let crosses = |attribute, side: Ordering| {
            self.threshold(attribute).is_some_and(|limit| {
                (float::compare(last, limit) == side) != (float::compare(value, limit) == side)
            })
        };
        let far = |step| float::compare(float::sum(value, -last).abs(), step).is_ge();
        crosses(GT, Ordering::Greater)
            || crosses(LT, Ordering::Less)
            || self.threshold(ST).is_some_and(far)
    }

    /// Writes them as link attributes: `;pmin=10;gt=42.5`.
    pub(crate) fn write(&self, window: &mut Window<'_>) {
        for (attribute, name) in NAMES.iter().enumerate().filter(|(n, _)| self.is_set(*n)) {
            window.put_u8(b';');
            window.put(name.as_bytes());
            window.put_u8(b'=');
            if let Some(period) = self.period(attribute) {
                put_number(window, period);
            } else if let Some(threshold) = self.threshold(attribute) {
                put_float(window, threshold);
            }
        }
    }
}

/// A number in decimal.
fn number(text: &str) -> Option<f64> {
    match Raw::Text(text).value(Type::Float, &mut []) {
        Ok(Value::Float(number)) => Some(number),
        _ => None,
    }
}

/// Short Server ID, path, and what the server set there.
type Entry = (u16, Path, Attributes);

/// The attributes that servers set, for each server its own.
#[derive(Debug)]
pub struct AttributeTable {
    entries: Vec<Entry, { capacity::ATTRIBUTES }>,
}

impl AttributeTable {
    /// None.
    pub(crate) const EMPTY: Self = Self { entries: Vec::new() };

    fn position(&self, server: u16, path: &Path) -> Option<usize> {
        self.entries.iter().position(|(s, p, _)| *s == server && p == path)
    }

    /// The attributes that a server set at exactly this path.
    pub(crate) fn find(&self, server: u16, path: &Path) -> Option<&Attributes> {
        self.entries.get(self.position(server, path)?).map(|(_, _, attributes)| attributes)
    }

    /// The attributes in force at a path: its own, then those of the levels above it.
    pub(crate) fn effective(&self, server: u16, path: &Path) -> Attributes {
        let mut attributes = Attributes::default();
        for level in (1..=path.level()).rev() {
            if let Some(set) = self.find(server, &path.cut(level)) {
                attributes.inherit(set);
            }
        }
        attributes
    }

    /// Write-Attributes: applies the queries of a request to a path. `numeric` tells whether the
    /// path is a resource, or an instance of one, whose values are numbers.
    ///
    /// # Errors
    /// 4.00 for what is unknown, malformed or contradictory, 5.00 when the table is full. Nothing
    /// is changed then.
    pub(crate) fn write(
        &mut self,
        server: u16,
        path: &Path,
        numeric: bool,
        queries: &mut dyn Iterator<Item = &[u8]>,
    ) -> Result<(), Code> {
        let mut attributes = self.find(server, path).copied().unwrap_or_default();
        for query in queries {
            attributes.apply(query).ok_or(Code::BAD_REQUEST)?;
        }
        if !attributes.is_consistent() || attributes.compares() && !numeric {
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

    /// Forgets the attributes at and below a path that was deleted.
    pub(crate) fn forget(&mut self, path: &Path) {
        remove(&mut self.entries, &|(_, p, _)| path.contains(p));
    }

    /// Forgets what was set by servers that have no account any more.
    pub(crate) fn keep(&mut self, servers: &ServerObject) {
        remove(&mut self.entries, &|(server, _, _)| servers.by_short_id(*server).is_none());
    }
}
