//! Blocks of a body (RFC 7959 section 2).

use super::Code;
use super::message::uint;
use core::fmt;
use core::num::NonZeroU32;

/// The value of a Block1 or Block2 option: which part of a body, of which size.
// The value with a bit above it: one word that is never zero, so an `Option` of it is one word too.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Block(NonZeroU32);

/// The bit above the value.
const MARK: u32 = 1 << 31;

impl Block {
    /// The highest number that an option can carry.
    pub const MAX_NUMBER: u32 = 0xf_ffff;

    /// The bit of the option's value that says that more blocks follow.
    pub(crate) const MORE: u32 = 8;

    /// A block of `16 << exponent` bytes (0 to 6). `number` counts blocks of this size, up to
    /// [`Self::MAX_NUMBER`]; `more`: others follow.
    pub const fn new(number: u32, more: bool, exponent: u8) -> Self {
        Self::from_value(number << 4 | (more as u32) << 3 | (exponent & 7) as u32)
    }

    const fn from_value(value: u32) -> Self {
        match NonZeroU32::new(value | MARK) {
            Some(bits) => Self(bits),
            None => Self(NonZeroU32::MAX),
        }
    }

    /// The block that an option's value stands for; `None` for the reserved exponent 7 and for
    /// more than three bytes.
    pub fn parse(value: &[u8]) -> Option<Self> {
        if value.len() > 3 {
            return None;
        }
        let value = uint(value)?;
        (value & 7 < 7).then_some(Self::from_value(value))
    }

    /// The same for an option of a request, with the code to answer with: 4.00 for the reserved size
    /// (RFC 7959 section 2.2), 4.02 for an impossible length (RFC 7252 section 5.4.3).
    pub(crate) fn option(value: &[u8]) -> Result<Self, Code> {
        let code = if value.len() > 3 { Code::BAD_OPTION } else { Code::BAD_REQUEST };
        Self::parse(value).ok_or(code)
    }

    /// The option's value.
    pub const fn value(self) -> u32 {
        self.0.get() & !MARK
    }

    /// The number of the block, counted in blocks of its own size.
    pub const fn number(self) -> u32 {
        self.value() >> 4
    }

    /// Whether more blocks follow.
    pub const fn more(self) -> bool {
        self.0.get() & Self::MORE != 0
    }

    /// The block is `16 << exponent` bytes; 0 to 6.
    pub const fn exponent(self) -> u8 {
        (self.0.get() & 7) as u8
    }

    /// Bytes of a block: 16, 32, 64, 128, 256, 512 or 1024.
    pub const fn size(self) -> usize {
        16 << self.exponent()
    }

    /// Where in the body the block starts, in bytes.
    pub const fn offset(self) -> usize {
        (self.number() as usize) << (4 + self.exponent())
    }

    /// The same position in blocks of at most `max` bytes (16 at least), for who wants smaller
    /// ones than the other side proposed (RFC 7959 sections 2.3 and 2.4).
    ///
    /// Blocks stay larger where the position could not be told in smaller ones.
    pub const fn with_size(mut self, max: usize) -> Self {
        while self.size() > max && self.exponent() > 0 && self.number() <= Self::MAX_NUMBER >> 1 {
            self = Self::new(self.number() << 1, self.more(), self.exponent() - 1);
        }
        self
    }
}

impl fmt::Debug for Block {
    /// As RFC 7959 writes it: number, whether more follow, size.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.number(), u8::from(self.more()), self.size())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(number: u32, more: bool, size: usize) -> Block {
        Block::new(number, more, (size.ilog2() - 4) as u8)
    }

    #[test]
    fn the_blocks_of_rfc_7959_section_3_are_read() {
        let cases: [(&[u8], Block); 6] = [
            (b"\x0b", block(0, true, 128)), // 1:0/1/128
            (b"\x49", block(4, true, 32)),  // 1:4/1/32
            (b"\x02", block(0, false, 64)), // 2:0/0/64
            (b"\x51", block(5, false, 32)), // 2:5/0/32
            (b"", block(0, false, 16)),     // an empty value is zero
            (b"\xff\xff\xfe", block(0xf_ffff, true, 1024)),
        ];
        for (value, block) in cases {
            assert_eq!(Block::parse(value), Some(block));
            assert_eq!(uint(value), Some(block.value()));
        }
    }

    #[test]
    fn the_reserved_size_and_long_values_are_no_blocks() {
        assert_eq!(Block::parse(b"\x07"), None);
        assert_eq!(Block::parse(b"\x00\x0f"), None);
        assert_eq!(Block::parse(b"\x00\x00\x00\x00"), None);
    }

    #[test]
    fn size_and_offset_are_in_bytes() {
        assert_eq!((block(0, true, 16).size(), block(0, true, 16).offset()), (16, 0));
        assert_eq!((block(3, true, 1024).size(), block(3, true, 1024).offset()), (1024, 3072));
        let last = Block::new(Block::MAX_NUMBER, false, 6);
        assert_eq!(last.offset(), 0x3fff_fc00);
    }

    #[test]
    fn smaller_blocks_keep_the_position() {
        // RFC 7959 section 2.4: 2:1/0/128 asked for in blocks of 64 is 2:2/0/64.
        assert_eq!(block(1, false, 128).with_size(64), block(2, false, 64));
        assert_eq!(block(3, true, 1024).with_size(100), block(48, true, 64));
        assert_eq!(block(3, true, 64).with_size(1024), block(3, true, 64));
        assert_eq!(block(1, true, 32).with_size(0), block(2, true, 16));
    }

    #[test]
    fn blocks_stay_large_where_small_ones_cannot_tell_the_position() {
        let far = block(0x8_0000, true, 1024);
        assert_eq!(far.with_size(16), far);
        assert_eq!(block(0x2_0000, true, 1024).with_size(16), block(0x8_0000, true, 256));
    }
}
