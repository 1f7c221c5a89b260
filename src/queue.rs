//! Things that wait for their turn.

use heapless::Vec;

/// Takes out the item that waits longest; the others move up.
pub(crate) fn take_first<T, const N: usize>(queue: &mut Vec<T, N>) -> Option<T> {
    if queue.is_empty() { None } else { Some(queue.remove(0)) }
}
