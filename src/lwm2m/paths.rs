//! Lists of paths: what a composite operation, an observation of several paths, or a Send is about.
//!
//! All of them stand in one table, each with the number of the list that it belongs to.

use super::Path;
use crate::bytes::{items, items_mut, remove};
use crate::capacity;
use heapless::Vec;

/// The number of a list.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct List(u8);

impl List {
    /// Not a list: what it would be about is one path.
    pub(crate) const NONE: Self = Self(0);
    /// Of the answer that goes out next, or went out last: there may be more blocks of it.
    pub(crate) const ANSWER: Self = Self(1);
    /// Of the answer that waits.
    pub(crate) const HELD: Self = Self(2);
    /// Of the answer that goes out, or is out, as separate response.
    pub(crate) const SEPARATE: Self = Self(3);
    /// Of the Send under way.
    pub(crate) const SEND: Self = Self(4);
    /// The first of an observation.
    const OBSERVATION: Self = Self(5);
}

/// A list, a path in it, and for an observation the bytes of the last notified value. As a number it
/// would take 24 bytes instead of 20.
type Entry = (List, Path, [u8; 8]);

/// The lists.
#[derive(Debug)]
pub(crate) struct Lists {
    entries: Vec<Entry, { capacity::PATHS }>,
}

impl Lists {
    /// None.
    pub(crate) const EMPTY: Self = Self { entries: Vec::new() };

    /// Puts a path into a list, unless it lies in one that is there, and in place of those that lie in
    /// it; `None` when there is no room.
    pub(crate) fn push(&mut self, list: List, path: &Path) -> Option<()> {
        if self.paths(list).any(|known| known.contains(path)) {
            return Some(());
        }
        remove(&mut self.entries, &|(of, known, _)| *of == list && path.contains(known));
        self.entries.push((list, *path, [0; 8])).ok()
    }

    /// The paths of a list, in their order.
    pub(crate) fn paths(&self, list: List) -> impl Iterator<Item = &Path> {
        items(&self.entries).iter().filter(move |(of, ..)| *of == list).map(|(_, path, _)| path)
    }

    /// Calls `f` with each path of a list and its value.
    pub(crate) fn each_value(&mut self, list: List, f: &mut dyn FnMut(&Path, &mut f64)) {
        for (of, path, value) in items_mut(&mut self.entries) {
            if *of == list {
                let mut number = f64::from_ne_bytes(*value);
                f(path, &mut number);
                *value = number.to_ne_bytes();
            }
        }
    }

    /// Whether there is nothing in a list.
    pub(crate) fn is_empty(&self, list: List) -> bool {
        self.paths(list).next().is_none()
    }

    /// Forgets a list.
    pub(crate) fn clear(&mut self, list: List) {
        remove(&mut self.entries, &|(of, ..)| *of == list);
    }

    /// Makes a list another one, whose own paths are forgotten.
    pub(crate) fn rename(&mut self, from: List, to: List) {
        self.clear(to);
        for (of, ..) in items_mut(&mut self.entries) {
            if *of == from {
                *of = to;
            }
        }
    }

    /// Hands a list on with the answer that is about it, if it is about `from`.
    pub(crate) fn hand_on(&mut self, list: &mut List, from: List, to: List) {
        if *list == from {
            self.rename(from, to);
            *list = to;
        }
    }

    /// A number for the list of an observation, that none has.
    pub(crate) fn unused(&self) -> List {
        let mut list = List::OBSERVATION;
        while !self.is_empty(list) {
            list = List(list.0.saturating_add(1));
        }
        list
    }
}

/// What an operation is about.
#[derive(Clone, Copy)]
pub(crate) enum Paths<'p> {
    /// One path.
    One(&'p Path),
    /// Those of a list.
    List(&'p Lists, List),
}

impl<'p> Paths<'p> {
    /// One path, or the list if there is one.
    pub(crate) fn new(lists: &'p Lists, list: List, path: &'p Path) -> Self {
        if capacity::PATHS == 0 || list == List::NONE {
            Self::One(path)
        } else {
            Self::List(lists, list)
        }
    }

    /// The path that all of them are at or below.
    pub(crate) fn base(&self) -> Path {
        match self {
            Self::One(path) => **path,
            Self::List(..) => Path::ROOT,
        }
    }

    /// Calls `f` with each of them.
    pub(crate) fn each(&self, f: &mut dyn FnMut(&Path)) {
        match self {
            Self::One(path) => f(path),
            Self::List(lists, list) => lists.paths(*list).for_each(f),
        }
    }
}
