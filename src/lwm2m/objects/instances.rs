//! The Object Instances of an object: by ascending Object Instance ID, in places that they keep.
//!
//! Where an Instance is, and what is before it, one list says that has the same type for all objects, so
//! its functions are there once.

use crate::lwm2m::Path;
use heapless::{Vec, VecView};

/// Numbers by ascending ID.
pub(super) type Map<const N: usize> = Vec<(u16, u8), N, u8>;
/// One of any capacity.
pub(super) type MapView = VecView<(u16, u8), u8>;

/// The number of an ID.
#[inline(never)]
pub(super) fn get(map: &MapView, id: u16) -> Option<u8> {
    map.iter().find(|(known, _)| *known == id).map(|(_, number)| *number)
}

/// Sets the number of an ID; `None` when there is no room for one more.
// Not by the list's own `insert`, nor `remove` below: these bring in code that panics.
#[inline(never)]
pub(super) fn set(map: &mut MapView, id: u16, number: u8) -> Option<()> {
    if map.is_full() && get(map, id).is_none() {
        return None;
    }
    // What stands behind it moves up, one by one.
    let mut moved = (id, number);
    for known in map.iter_mut() {
        if known.0 >= moved.0 {
            let same = known.0 == moved.0;
            core::mem::swap(known, &mut moved);
            if same {
                return Some(());
            }
        }
    }
    map.push(moved).ok()
}

/// Forgets an ID.
#[inline(never)]
pub(super) fn remove(map: &mut MapView, id: u16) {
    if get(map, id).is_none() {
        return;
    }
    let mut moved = map.pop().unwrap_or_default();
    for known in map.iter_mut().rev() {
        if moved.0 == id {
            return;
        }
        core::mem::swap(known, &mut moved);
    }
}

/// The ID at a position.
#[inline(never)]
pub(super) fn nth(map: &MapView, index: usize) -> Option<u16> {
    map.get(index).map(|(id, _)| *id)
}

/// Takes the lowest place that is free for an ID that has none; `None` when there is no room.
#[inline(never)]
fn add(map: &mut MapView, id: u16) -> Option<u8> {
    let mut place = 0;
    while map.iter().any(|(_, taken)| *taken == place) {
        place += 1;
    }
    set(map, id, place)?;
    Some(place)
}

/// The place of the Object Instance that a path names.
#[inline(never)]
fn place(map: &MapView, path: &Path) -> Option<usize> {
    get(map, path.id(1)?).map(usize::from)
}

/// What an Instance is before anything is said of it.
pub(crate) trait Empty {
    /// All of it is zero.
    const EMPTY: Self;
}

/// Up to `N` Object Instances, 255 at most.
pub(crate) struct Instances<T, const N: usize> {
    places: Map<N>,
    items: [T; N],
}

impl<T: Empty, const N: usize> Instances<T, N> {
    /// None. All of it is zero.
    pub(crate) const EMPTY: Self = Self { places: Vec::new(), items: [const { T::EMPTY }; N] };

    /// The one that a path is in.
    pub(crate) fn at(&self, path: &Path) -> Option<&T> {
        self.items.get(place(&self.places, path)?)
    }

    /// The one that a path is in, to be changed.
    pub(crate) fn at_mut(&mut self, path: &Path) -> Option<&mut T> {
        self.items.get_mut(place(&self.places, path)?)
    }

    /// The one with this Object Instance ID.
    pub(crate) fn get(&self, id: u16) -> Option<&T> {
        self.items.get(usize::from(get(&self.places, id)?))
    }

    /// The one with this Object Instance ID, to be changed.
    pub(crate) fn get_mut(&mut self, id: u16) -> Option<&mut T> {
        self.items.get_mut(usize::from(get(&self.places, id)?))
    }

    /// The one in a place; all zero when there is none.
    pub(crate) fn in_place(&self, place: u8) -> Option<&T> {
        self.items.get(usize::from(place))
    }

    /// The one in a place, to be changed.
    pub(crate) fn in_place_mut(&mut self, place: u8) -> Option<&mut T> {
        self.items.get_mut(usize::from(place))
    }

    /// What is in all places, in any order; all zero where there is none.
    pub(crate) fn places(&self) -> &[T] {
        &self.items
    }

    /// The same, to be changed.
    pub(crate) fn places_mut(&mut self) -> &mut [T] {
        &mut self.items
    }

    /// Object Instance ID of the one at position `index`.
    pub(crate) fn id(&self, index: usize) -> Option<u16> {
        nth(&self.places, index)
    }

    /// Creates one, and says which place it has as long as it lives; `None` when there is no room.
    pub(crate) fn add(&mut self, id: u16) -> Option<(&mut T, u8)> {
        let place = add(&mut self.places, id)?;
        Some((self.items.get_mut(usize::from(place))?, place))
    }

    /// Deletes one; nothing of it stays.
    pub(crate) fn remove(&mut self, id: u16) {
        if let Some(item) = self.get_mut(id) {
            *item = T::EMPTY;
        }
        remove(&mut self.places, id);
    }

    /// Deletes all; nothing of them stays.
    pub(crate) fn clear(&mut self) {
        *self = Self::EMPTY;
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Whether there is none.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// Whether there is no room for one more.
    pub(crate) fn is_full(&self) -> bool {
        self.places.is_full()
    }

    /// All of them, by ascending Object Instance ID, which comes with each.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u16, &T)> {
        self.places
            .iter()
            .filter_map(|(id, place)| Some((*id, self.items.get(usize::from(*place))?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Empty for u32 {
        const EMPTY: Self = 0;
    }

    #[test]
    fn instances_keep_their_places_and_stand_by_ascending_id() {
        let mut instances = Instances::<u32, 3>::EMPTY;
        for (id, place) in [(7, 0), (2, 1), (5, 2)] {
            let (item, at) = instances.add(id).unwrap();
            *item = id.into();
            assert_eq!(at, place);
        }
        assert!(instances.is_full() && instances.add(9).is_none());
        let found: [_; 4] = core::array::from_fn(|index| instances.id(index));
        assert_eq!(found, [Some(2), Some(5), Some(7), None]);
        assert!(instances.iter().eq([(2, &2), (5, &5), (7, &7)]));
        instances.remove(2);
        assert_eq!((instances.get(2), instances.get(7), instances.len()), (None, Some(&7), 2));
        // The place that is free, and nothing of what was there.
        assert_eq!(instances.add(1), Some((&mut 0, 1)));
        assert!(instances.iter().eq([(1, &0), (5, &5), (7, &7)]));
        assert_eq!(instances.at(&Path::resource(3, 5, 0)), Some(&5));
        assert_eq!((instances.in_place(2), instances.in_place(3)), (Some(&5), None));
        instances.clear();
        assert!(instances.is_empty() && instances.places() == [0; 3]);
    }
}
