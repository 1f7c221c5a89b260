//! Things that wait for their turn.

use heapless::Vec;

/// Takes out the item that waits longest; the others move up.
pub(crate) fn take_first<T: Copy, const N: usize>(queue: &mut Vec<T, N>) -> Option<T> {
    let first = *queue.first()?;
    queue.remove(0);
    Some(first)
}
