//! Bytes, texts and lists, handled by one function each for all capacities, and without a panic.

use heapless::string::{String, StringView};
use heapless::{Vec, VecView};

/// A text of up to `N` bytes, 255 at most: its length takes one byte.
pub(crate) type Text<const N: usize> = String<N, u8>;
/// One of any capacity.
pub(crate) type TextView = StringView<u8>;

/// Copies `from` to the beginning of `to`; `None`, and nothing is copied, when it is too long.
#[inline(never)]
pub(crate) fn copy(to: &mut [u8], from: &[u8]) -> Option<()> {
    let to = to.get_mut(..from.len())?;
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    Some(())
}

/// The text in `bytes`, if it is UTF-8.
#[inline(never)]
pub(crate) fn text(bytes: &[u8]) -> Option<&str> {
    // Smaller than `from_utf8`, which is made for speed.
    match bytes.utf8_chunks().next() {
        None => Some(""),
        Some(chunk) => chunk.invalid().is_empty().then_some(chunk.valid()),
    }
}

/// Whether a byte is one of these.
#[inline(never)]
#[expect(clippy::manual_contains, reason = "`contains` is made for speed, and takes 160 bytes")]
pub(crate) fn is_among(byte: u8, bytes: &[u8]) -> bool {
    bytes.iter().any(|known| *known == byte)
}

/// Replaces a text; one that is too long is left out, as a part of it would mislead.
#[inline(never)]
pub(crate) fn keep(text: &mut TextView, value: &str) {
    text.clear();
    let _ = text.push_str(value);
}

/// The items of a list. Where it has no room for any, the compiler sees that there is none.
pub(crate) fn items<T, const N: usize>(list: &Vec<T, N>) -> &[T] {
    if N > 0 { list.as_slice() } else { &[] }
}

/// The same, to be changed.
pub(crate) fn items_mut<T, const N: usize>(list: &mut Vec<T, N>) -> &mut [T] {
    if N > 0 { list.as_mut_slice() } else { &mut [] }
}

/// Removes every item that is `unwanted`; the others stay in their order.
pub(crate) fn remove<T, const N: usize>(list: &mut Vec<T, N>, unwanted: &dyn Fn(&T) -> bool) {
    if N > 0 {
        remove_of(list, unwanted);
    }
}

fn remove_of<T>(list: &mut VecView<T>, unwanted: &dyn Fn(&T) -> bool) {
    let mut at = 0;
    while let Some(item) = list.get(at) {
        if unwanted(item) {
            list.remove(at);
        } else {
            at += 1;
        }
    }
}
