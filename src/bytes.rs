//! Bytes from one place to another, without a panic for lengths that do not agree.

/// Copies `from` to the beginning of `to`; `None`, and nothing is copied, when it is too long.
#[inline(never)]
pub(crate) fn copy(to: &mut [u8], from: &[u8]) -> Option<()> {
    let to = to.get_mut(..from.len())?;
    for (to, from) in to.iter_mut().zip(from) {
        *to = *from;
    }
    Some(())
}
