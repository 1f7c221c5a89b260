//! Attributes that decide when a value is notified (Core 7.3.2), set by Write-Attributes.

use super::format::{Raw, put_float, put_integer};
use super::objects::ServerObject;
use super::{Path, Type, Value, Window};
use crate::capacity;
use crate::coap::Code;
use heapless::Vec;

/// Attributes of one path. What is not set is inherited from the level above.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Attributes {
    /// Minimum Period: seconds between notifications, at least.
    pub pmin: Option<u32>,
    /// Maximum Period: seconds between notifications, at most.
    pub pmax: Option<u32>,
    /// Minimum Evaluation Period in seconds.
    pub epmin: Option<u32>,
    /// Maximum Evaluation Period in seconds.
    pub epmax: Option<u32>,
    /// Greater Than: notified when the value crosses it.
    pub gt: Option<f64>,
    /// Less Than: notified when the value crosses it.
    pub lt: Option<f64>,
    /// Step: notified when the value is this far from the last notified one.
    pub st: Option<f64>,
}

impl Attributes {
    const UNSET: Self =
        Self { pmin: None, pmax: None, epmin: None, epmax: None, gt: None, lt: None, st: None };

    /// Applies one query of a Write-Attributes request: `pmin=10` sets, `pmin` unsets.
    fn apply(&mut self, query: &[u8]) -> Result<(), Code> {
        let text = core::str::from_utf8(query).map_err(|_| Code::BAD_REQUEST)?;
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (text, None),
        };
        let period = match name {
            "pmin" => Some(&mut self.pmin),
            "pmax" => Some(&mut self.pmax),
            "epmin" => Some(&mut self.epmin),
            "epmax" => Some(&mut self.epmax),
            _ => None,
        };
        if let Some(period) = period {
            *period = value.map(|text| seconds(text).ok_or(Code::BAD_REQUEST)).transpose()?;
            return Ok(());
        }
        let threshold = match name {
            "gt" => &mut self.gt,
            "lt" => &mut self.lt,
            "st" => &mut self.st,
            _ => return Err(Code::BAD_REQUEST),
        };
        let number = value.map(|text| number(text).ok_or(Code::BAD_REQUEST)).transpose()?;
        *threshold = number;
        Ok(())
    }

    /// Whether the set values agree with each other.
    fn is_consistent(&self) -> bool {
        let step = self.st.unwrap_or(0.0);
        let ordered = match (self.lt, self.gt) {
            (Some(lt), Some(gt)) => lt + 2.0 * step < gt,
            _ => true,
        };
        let periods = match (self.epmin, self.epmax) {
            (Some(min), Some(max)) => min < max,
            _ => true,
        };
        ordered && periods && step >= 0.0
    }

    /// Whether an attribute is set that compares numbers.
    pub(crate) const fn compares(&self) -> bool {
        self.gt.is_some() || self.lt.is_some() || self.st.is_some()
    }

    /// What is set here, and from `above` what is not.
    fn or(self, above: &Self) -> Self {
        Self {
            pmin: self.pmin.or(above.pmin),
            pmax: self.pmax.or(above.pmax),
            epmin: self.epmin.or(above.epmin),
            epmax: self.epmax.or(above.epmax),
            gt: self.gt.or(above.gt),
            lt: self.lt.or(above.lt),
            st: self.st.or(above.st),
        }
    }

    /// Whether a change from `last` to `value` is worth a notification.
    pub(crate) fn wants(&self, last: f64, value: f64) -> bool {
        let crosses = |limit: Option<f64>| limit.is_some_and(|l| (last > l) != (value > l));
        let falls = |limit: Option<f64>| limit.is_some_and(|l| (last < l) != (value < l));
        let distance = if value > last { value - last } else { last - value };
        crosses(self.gt) || falls(self.lt) || self.st.is_some_and(|step| distance >= step)
    }

    /// Writes them as link attributes: `;pmin=10;gt=42.5`.
    pub(crate) fn write(&self, window: &mut Window<'_>) {
        let periods: [(&[u8], _); 4] = [
            (b";pmin=", self.pmin),
            (b";pmax=", self.pmax),
            (b";epmin=", self.epmin),
            (b";epmax=", self.epmax),
        ];
        for (name, period) in periods {
            if let Some(period) = period {
                window.put(name);
                put_integer(window, period.into());
            }
        }
        let thresholds: [(&[u8], _); 3] =
            [(b";gt=", self.gt), (b";lt=", self.lt), (b";st=", self.st)];
        for (name, threshold) in thresholds {
            if let Some(threshold) = threshold {
                window.put(name);
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

/// Seconds in decimal, without sign.
fn seconds(text: &str) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.bytes().try_fold(0u32, |number, digit| match digit {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u32::from(digit - b'0')),
        _ => None,
    })
}

/// The attributes that servers set, for each server its own.
#[derive(Debug, Default)]
pub struct AttributeTable {
    entries: Vec<(u16, Path, Attributes), { capacity::ATTRIBUTES }>,
}

impl AttributeTable {
    /// The attributes that a server set at exactly this path.
    pub(crate) fn own(&self, server: u16, path: &Path) -> Attributes {
        let found = self.entries.iter().find(|(s, p, _)| (*s, p) == (server, path));
        found.map_or(Attributes::UNSET, |(_, _, attributes)| *attributes)
    }

    /// The attributes in force at a path: its own, then those of the levels above it.
    pub(crate) fn effective(&self, server: u16, path: &Path) -> Attributes {
        (1..=path.level())
            .fold(Attributes::UNSET, |above, level| self.own(server, &path.cut(level)).or(&above))
    }

    /// Write-Attributes: applies the queries of a request to a path. `numeric` tells whether the
    /// path is a resource, or an instance of one, whose values are numbers.
    ///
    /// # Errors
    /// 4.00 for what is unknown, malformed or contradictory, 5.00 when the table is full. Nothing
    /// is changed then.
    pub(crate) fn write<'q>(
        &mut self,
        server: u16,
        path: &Path,
        numeric: bool,
        queries: &mut dyn Iterator<Item = &'q [u8]>,
    ) -> Result<(), Code> {
        let mut attributes = self.own(server, path);
        for query in queries {
            attributes.apply(query)?;
        }
        if !attributes.is_consistent() || attributes.compares() && !numeric {
            return Err(Code::BAD_REQUEST);
        }
        let position = self.entries.iter().position(|(s, p, _)| (*s, p) == (server, path));
        match position.and_then(|position| self.entries.get_mut(position)) {
            Some(entry) => entry.2 = attributes,
            None => self
                .entries
                .push((server, *path, attributes))
                .map_err(|_| Code::INTERNAL_SERVER_ERROR)?,
        }
        self.entries.retain(|(_, _, attributes)| *attributes != Attributes::UNSET);
        Ok(())
    }

    /// Forgets the attributes at and below a path that was deleted.
    pub(crate) fn forget(&mut self, path: &Path) {
        self.entries.retain(|(_, p, _)| !path.contains(p));
    }

    /// Forgets what was set by servers that have no account any more.
    pub(crate) fn keep(&mut self, servers: &ServerObject) {
        self.entries.retain(|(server, _, _)| servers.by_short_id(*server).is_some());
    }
}
