//! How deep a function goes: the stack below its caller is painted, and looked at afterwards.

use std::hint::black_box;
use std::ptr;

/// How much is painted, in words.
const WORDS: usize = 4096;
/// Words below the frame of [`paint`] that are its own, and its callees'.
const OWN: usize = 64;
const PAINT: usize = 0x5a5a_5a5a_5a5a_5a5a;

/// The address of a frame that is called from here.
#[inline(never)]
fn here() -> usize {
    let mark = 0u8;
    ptr::from_ref(black_box(&mark)) as usize
}

/// The words that are painted, from a place in the caller's frame down.
fn area(top: usize) -> impl Iterator<Item = *mut usize> {
    (OWN..WORDS).map(move |word| (top & !7).wrapping_sub(8 * word) as *mut usize)
}

#[inline(never)]
fn paint(top: usize) {
    for word in area(top) {
        // SAFETY: below every frame that is in use, and within what a main thread may grow to.
        unsafe { ptr::write_volatile(word, PAINT) }
    }
}

#[inline(never)]
fn depth(top: usize) -> usize {
    // SAFETY: it was painted.
    let touched = area(top).filter(|word| unsafe { ptr::read_volatile(*word) } != PAINT);
    touched.map(|word| (top & !7) - word as usize).max().unwrap_or(0)
}

/// Bytes of stack that `run` takes, its return address and all it calls included. Less than half a
/// kilobyte is not told apart from nothing.
#[inline(never)]
pub fn measure(run: impl FnOnce()) -> usize {
    let top = here();
    paint(top);
    run();
    depth(top)
}
