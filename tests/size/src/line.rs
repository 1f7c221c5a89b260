//! Lines of the section `.sizes`, which tells sizes of types and is not part of the image.

/// A line: a size of four bytes, then a name that `report.py` knows.
pub const fn line(size: usize, name: &str) -> [u8; 32] {
    let mut line = [0; 32];
    let (size, name) = ((size as u32).to_le_bytes(), name.as_bytes());
    let mut at = 0;
    while at < 4 {
        line[at] = size[at];
        at += 1;
    }
    while at < 4 + name.len() {
        line[at] = name[at - 4];
        at += 1;
    }
    line
}
