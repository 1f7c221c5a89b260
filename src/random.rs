//! Numbers that others should not foresee, from a seed that the caller gives.

/// A generator (xorshift64*): the same seed gives the same numbers.
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// A generator that is still to be seeded: it gives zeros.
    pub(crate) const EMPTY: Self = Self(0);

    /// Seeds the generator; on a device, from its source of true randomness.
    pub const fn new(seed: u64) -> Self {
        // The state must not be zero, and neighbouring seeds should not start alike.
        let state = seed ^ 0x9e37_79b9_7f4a_7c15;
        Self(if state == 0 { 1 } else { state })
    }

    /// The next 32 bits.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u32 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 32) as u32
    }
}
