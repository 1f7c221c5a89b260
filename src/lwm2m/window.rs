//! A part of an encoding: what lies before or behind it is counted and dropped.
//!
//! An answer that is longer than a block is encoded anew for each block, through a window on the
//! bytes of that block. So no payload is ever held whole.

/// A writer that keeps the bytes `start..start + buffer.len()` of what is written to it.
pub struct Window<'b> {
    buffer: &'b mut [u8],
    start: usize,
    written: usize,
}

impl<'b> Window<'b> {
    /// Keeps what is written from offset `start` on, as far as `buffer` reaches.
    pub fn new(buffer: &'b mut [u8], start: usize) -> Self {
        Self { buffer, start, written: 0 }
    }

    /// Counts, and keeps nothing.
    pub fn counter() -> Self {
        Self { buffer: &mut [], start: 0, written: 0 }
    }

    /// Writes `bytes`.
    pub fn put(&mut self, bytes: &[u8]) {
        // Before the window, the difference is larger than any window.
        let at = self.written.wrapping_sub(self.start);
        if let Some(room) = self.buffer.get_mut(at..)
            && bytes.len() <= room.len()
        {
            room.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
            self.written += bytes.len();
            return;
        }
        let next = self.written.saturating_add(bytes.len());
        let end = self.start.saturating_add(self.buffer.len());
        if self.written < end && next > self.start {
            // A part of it lies in the window.
            bytes.iter().for_each(|byte| self.put_u8(*byte));
        }
        self.written = next;
    }

    /// Writes one byte.
    pub fn put_u8(&mut self, byte: u8) {
        // Before the window, the difference is larger than any window.
        if let Some(place) = self.buffer.get_mut(self.written.wrapping_sub(self.start)) {
            *place = byte;
        }
        self.written = self.written.saturating_add(1);
    }

    /// Writes `bits` and only as many of its bytes as `len` says, most significant first.
    pub fn put_be(&mut self, bits: u64, len: usize) {
        let bytes = bits.to_be_bytes();
        self.put(bytes.get(bytes.len().saturating_sub(len)..).unwrap_or(&bytes));
    }

    /// Goes back to where `written` bytes were written: what follows takes the place of what was behind.
    pub const fn rewind(&mut self, written: usize) {
        self.written = written;
    }

    /// Makes the byte at offset `at` another one, if it was kept.
    pub fn replace(&mut self, at: usize, byte: u8) {
        if let Some(place) = self.buffer.get_mut(at.wrapping_sub(self.start)) {
            *place = byte;
        }
    }

    /// Bytes written so far, kept or not.
    pub const fn written(&self) -> usize {
        self.written
    }

    /// Bytes kept.
    #[inline(never)]
    pub fn kept(&self) -> usize {
        self.written.saturating_sub(self.start).min(self.buffer.len())
    }

    /// Whether something was written that lies behind the window.
    pub fn more(&self) -> bool {
        self.written > self.start.saturating_add(self.buffer.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_side_by_side_make_the_whole() {
        let whole = b"0123456789abcdef";
        for size in 1..20 {
            let mut collected = heapless::Vec::<u8, 32>::new();
            let mut start = 0;
            loop {
                let mut block = [0; 20];
                let mut window = Window::new(&mut block[..size], start);
                for piece in whole.chunks(3) {
                    window.put(piece);
                }
                let (kept, more) = (window.kept(), window.more());
                collected.extend_from_slice(&block[..kept]).unwrap();
                start += size;
                if !more {
                    break;
                }
            }
            assert_eq!(collected.as_slice(), whole, "blocks of {size}");
        }
    }
}
