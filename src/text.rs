//! Texts of fixed capacity.

use heapless::string::StringView;

/// Replaces a text; one that is too long is left out, as a part of it would mislead.
pub(crate) fn keep(text: &mut StringView, value: &str) {
    text.clear();
    // What does not fit changes nothing.
    let _ = text.push_str(value);
}
