//! Blocks of a body (RFC 7959 section 2).

use super::message::uint;

/// The value of a Block1 or Block2 option: which part of a body, of which size.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// The number of the block, counted in blocks of its own size. 20 bits.
    pub number: u32,
    /// Whether more blocks follow.
    pub more: bool,
    /// The block is `16 << exponent` bytes; 0 to 6.
    pub exponent: u8,
}

impl Block {
    /// The highest number that an option can carry.
    pub const MAX_NUMBER: u32 = 0xf_ffff;

    /// The block that an option's value stands for; `None` for the reserved exponent 7 and for
    /// more than three bytes.
    pub fn parse(value: &[u8]) -> Option<Self> {
        if value.len() > 3 {
            return None;
        }
        let value = uint(value)?;
        let exponent = (value & 7) as u8;
        (exponent < 7).then_some(Self {
            number: value >> 4,
            more: value & 8 != 0,
            exponent,
        })
    }

    /// The option's value.
    pub const fn value(self) -> u32 {
        self.number << 4 | (self.more as u32) << 3 | (self.exponent & 7) as u32
    }

    /// Bytes of a block: 16, 32, 64, 128, 256, 512 or 1024.
    pub const fn size(self) -> usize {
        16 << (self.exponent & 7)
    }

    /// Where in the body the block starts, in bytes.
    pub const fn offset(self) -> usize {
        (self.number as usize) << (4 + (self.exponent & 7))
    }

    /// The same position in blocks of at most `max` bytes (16 at least), for who wants smaller
    /// ones than the other side proposed (RFC 7959 sections 2.3 and 2.4).
    ///
    /// Blocks stay larger where the position could not be told in smaller ones.
    pub const fn with_size(mut self, max: usize) -> Self {
        while self.size() > max && self.exponent > 0 && self.number <= Self::MAX_NUMBER >> 1 {
            self.exponent -= 1;
            self.number <<= 1;
        }
        self
    }
}
