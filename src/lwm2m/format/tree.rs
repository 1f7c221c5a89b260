//! LwM2M CBOR (`application/vnd.oma.lwm2m+cbor`, Core 1.2, 7.4.8): maps in maps, by identifier.
//!
//! A key is an identifier, or an array of several that lead further down at once. So `/3/0` is
//!
//! ```text
//! {[3, 0]: {0: "Open Mobile Alliance", 6: {0: 1, 1: 5}}}
//! ```

use super::items::{Kind, Reader as Items};
use super::{Entry, Raw, cbor};
use crate::lwm2m::{Path, Value, Window};

/// A map that ends with [`END`].
pub(super) const MAP: u8 = cbor::major::MAP << 5 | 31;
const END: u8 = 0xff;

/// Maps in each other: the whole, Objects, Object Instances, multiple Resources.
const DEPTH: usize = 4;

/// Walks over the values, into maps and out again.
pub(super) struct Reader<'p> {
    items: Items<'p>,
    base: Path,
    /// The path of the item that was read last.
    at: Path,
    /// Of the maps around each other: what is left of it, and the level of its path.
    open: [(u32, u8); DEPTH],
    depth: usize,
    /// The map at hand has had no item yet.
    empty: bool,
}

impl<'p> Reader<'p> {
    /// A payload that is to be opened. What lies outside of `base` is malformed.
    pub(super) fn new(base: Path, payload: &'p [u8]) -> Self {
        let items = Items::new(false, payload);
        Self { items, base, at: Path::ROOT, open: [(0, 0); DEPTH], depth: 0, empty: false }
    }

    /// Opens a map: what is in it lies below the path at hand.
    pub(super) fn open(&mut self) -> Option<()> {
        // Nothing is below a Resource Instance.
        if self.at.level() > 3 {
            return None;
        }
        let left = self.items.open(Kind::Map)?;
        *self.open.get_mut(self.depth)? = (left, self.at.level() as u8);
        self.depth += 1;
        self.empty = true;
        Some(())
    }

    /// Reads the next value, or empty map. Whether there is one; if not, the payload is at its end too.
    pub(super) fn next(&mut self, entry: &mut Entry<'p>) -> Option<bool> {
        loop {
            let Some(outer) = self.depth.checked_sub(1) else {
                return self.items.rest.is_empty().then_some(false);
            };
            let (left, level) = self.open.get_mut(outer)?;
            if self.items.item(left, Kind::Map)? {
                self.at = self.at.cut((*level).into());
                self.key()?;
                if self.items.kind()? == Kind::Map {
                    self.open()?;
                    continue;
                }
                self.empty = false;
                // What is above has no value.
                entry.raw = Some(self.items.scalar()?);
                if self.at.level() < 3 {
                    return None;
                }
            } else {
                self.depth = outer;
                if !core::mem::replace(&mut self.empty, false) || outer == 0 {
                    continue;
                }
                entry.raw = None;
            }
            entry.path = self.at;
            return self.base.contains(&self.at).then_some(true);
        }
    }

    /// Takes a key, and goes down to its path.
    fn key(&mut self) -> Option<()> {
        let mut left = 1;
        match self.items.peek()? >> 5 {
            cbor::major::UNSIGNED => {}
            cbor::major::ARRAY => {
                left = self.items.open(Kind::Array)?;
                // It leads nowhere.
                if left == 0 || self.items.peek()? == END {
                    return None;
                }
            }
            _ => return None,
        }
        while self.items.item(&mut left, Kind::Array)? {
            if self.items.peek()? >> 5 != cbor::major::UNSIGNED {
                return None;
            }
            let Raw::Integer(_, id) = self.items.scalar()? else { return None };
            self.at.push(u16::try_from(id).ok()?)?;
        }
        Some(())
    }
}

/// Writes maps. They have an end instead of a count, so nothing has to be counted ahead.
pub(super) struct Writer {
    /// What the values at hand lie below: the first key leads there at once.
    base: Path,
    /// The path of the value before, if one was written for this base.
    last: Option<Path>,
    /// Maps that are open in the outermost one.
    depth: usize,
}

impl Writer {
    pub(super) const fn new(base: Path) -> Self {
        Self { base, last: None, depth: 0 }
    }

    /// What follows lies at or below `base`.
    pub(super) fn rebase(&mut self, base: &Path) {
        self.base = *base;
        self.last = None;
    }

    /// Writes a value, with the maps around it that are not open yet.
    pub(super) fn value(&mut self, out: &mut Window<'_>, path: &Path, value: &Value<'_>) {
        // Identifiers of the key in the outermost map.
        let outer = self.base.level().max(1);
        let shared = self.last.map_or(0, |last| {
            last.ids().iter().zip(path.ids()).take_while(|(a, b)| a == b).count()
        });
        // Maps in it that this value lies in too.
        let shared = shared.min(path.level().saturating_sub(1));
        let kept = (shared + 1).saturating_sub(outer).min(self.depth);
        self.close(out, kept);
        self.last = Some(*path);
        let (mut level, mut len) = if kept == 0 { (0, outer) } else { (outer + kept - 1, 1) };
        loop {
            if len > 1 {
                cbor::put_head(out, cbor::major::ARRAY, len as u64);
            }
            for id in path.ids().iter().skip(level).take(len) {
                cbor::put_head(out, cbor::major::UNSIGNED, (*id).into());
            }
            level += len;
            len = 1;
            if level >= path.level() {
                break;
            }
            out.put_u8(MAP);
            self.depth += 1;
        }
        cbor::put_item(out, value);
    }

    /// Closes maps until so many are open in the outermost one.
    fn close(&mut self, out: &mut Window<'_>, kept: usize) {
        while self.depth > kept {
            out.put_u8(END);
            self.depth -= 1;
        }
    }

    /// Writes the end.
    pub(super) fn end(&mut self, out: &mut Window<'_>) {
        self.close(out, 0);
        out.put_u8(END);
    }
}
