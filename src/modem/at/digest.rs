//! Whether a key is one that the modem has: modems tell a digest of what they keep, not the key.
//!
//! SHA-256 (FIPS 180-4) is written out here for its size: the crates for it take 2,600 bytes of flash
//! and more, as they are made for speed. The tests hold it against one of them.

use super::arguments::hex;
use super::line::decode;

/// Eight bytes of a digest: enough to tell one key from another.
type Start = [u32; 2];

/// The digest of a key or an identity, as it is, and of the hex digits that a key is written in: the
/// command reference does not say which of them a modem keeps.
pub(super) struct Digest([Start; 2]);

impl Digest {
    /// Of nothing.
    pub(super) const fn new() -> Self {
        Self([[0; 2]; 2])
    }

    #[inline(never)]
    pub(super) fn of(value: &[u8]) -> Self {
        let mut hashes = [const { Hash::new() }; 2];
        let [plain, digits] = &mut hashes;
        for byte in value {
            plain.put(*byte);
            digits.put(hex(byte >> 4));
            digits.put(hex(byte & 15));
        }
        let mut digest = Self::new();
        for (start, hash) in digest.0.iter_mut().zip(&mut hashes) {
            *start = hash.finish();
        }
        digest
    }

    /// Whether this is it, in hex.
    pub(super) fn is(&self, digest: &str) -> bool {
        let start = || {
            let (first, rest) = digest.split_at_checked(8)?;
            let (second, rest) = rest.split_at_checked(8)?;
            (rest.len() == 48).then_some([decode(first, 16)?, decode(second, 16)?])
        };
        start().is_some_and(|start| self.0.contains(&start))
    }
}

/// SHA-256 of bytes that come one by one.
struct Hash {
    state: [u32; 8],
    /// The block that is being filled, as words.
    block: [u32; 16],
    /// Bytes so far.
    length: u32,
}

/// The beginning of the state.
const BEGIN: [u32; 8] = [
    0x6A09_E667,
    0xBB67_AE85,
    0x3C6E_F372,
    0xA54F_F53A,
    0x510E_527F,
    0x9B05_688C,
    0x1F83_D9AB,
    0x5BE0_CD19,
];

/// A constant for each round.
static ROUNDS: [u32; 64] = [
    0x428A_2F98,
    0x7137_4491,
    0xB5C0_FBCF,
    0xE9B5_DBA5,
    0x3956_C25B,
    0x59F1_11F1,
    0x923F_82A4,
    0xAB1C_5ED5,
    0xD807_AA98,
    0x1283_5B01,
    0x2431_85BE,
    0x550C_7DC3,
    0x72BE_5D74,
    0x80DE_B1FE,
    0x9BDC_06A7,
    0xC19B_F174,
    0xE49B_69C1,
    0xEFBE_4786,
    0x0FC1_9DC6,
    0x240C_A1CC,
    0x2DE9_2C6F,
    0x4A74_84AA,
    0x5CB0_A9DC,
    0x76F9_88DA,
    0x983E_5152,
    0xA831_C66D,
    0xB003_27C8,
    0xBF59_7FC7,
    0xC6E0_0BF3,
    0xD5A7_9147,
    0x06CA_6351,
    0x1429_2967,
    0x27B7_0A85,
    0x2E1B_2138,
    0x4D2C_6DFC,
    0x5338_0D13,
    0x650A_7354,
    0x766A_0ABB,
    0x81C2_C92E,
    0x9272_2C85,
    0xA2BF_E8A1,
    0xA81A_664B,
    0xC24B_8B70,
    0xC76C_51A3,
    0xD192_E819,
    0xD699_0624,
    0xF40E_3585,
    0x106A_A070,
    0x19A4_C116,
    0x1E37_6C08,
    0x2748_774C,
    0x34B0_BCB5,
    0x391C_0CB3,
    0x4ED8_AA4A,
    0x5B9C_CA4F,
    0x682E_6FF3,
    0x748F_82EE,
    0x78A5_636F,
    0x84C8_7814,
    0x8CC7_0208,
    0x90BE_FFFA,
    0xA450_6CEB,
    0xBEF9_A3F7,
    0xC671_78F2,
];

impl Hash {
    const fn new() -> Self {
        Self { state: BEGIN, block: [0; 16], length: 0 }
    }

    #[inline(never)]
    fn put(&mut self, byte: u8) {
        let word = (self.length >> 2 & 15) as usize;
        if let Some(word) = self.block.get_mut(word) {
            *word = *word << 8 | u32::from(byte);
        }
        self.length += 1;
        if self.length & 63 == 0 {
            self.compress();
        }
    }

    fn compress(&mut self) {
        let mut state = self.state;
        for (round, constant) in ROUNDS.iter().enumerate() {
            let word = self.word(round);
            let [a, b, c, d, e, f, g, h] = state;
            let s1 = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
            let s0 = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
            let choice = (e & f) ^ (!e & g);
            let majority = (a & b) ^ (a & c) ^ (b & c);
            let first =
                h.wrapping_add(s1).wrapping_add(choice).wrapping_add(*constant).wrapping_add(word);
            let second = s0.wrapping_add(majority);
            state = [first.wrapping_add(second), a, b, c, d.wrapping_add(first), e, f, g];
        }
        for (old, new) in self.state.iter_mut().zip(state) {
            *old = old.wrapping_add(new);
        }
    }

    /// The word of a round. What goes before is not needed any more: the next ones take its place.
    fn word(&mut self, round: usize) -> u32 {
        let at = |back: usize| self.block.get((round + 16 - back) & 15).copied().unwrap_or(0);
        let mut word = at(16);
        if round >= 16 {
            let (w2, w15) = (at(2), at(15));
            let s0 = w15.rotate_right(7) ^ w15.rotate_right(18) ^ w15 >> 3;
            let s1 = w2.rotate_right(17) ^ w2.rotate_right(19) ^ w2 >> 10;
            word = word.wrapping_add(s0).wrapping_add(at(7)).wrapping_add(s1);
            if let Some(place) = self.block.get_mut(round & 15) {
                *place = word;
            }
        }
        word
    }

    /// The first eight bytes of the digest.
    fn finish(&mut self) -> Start {
        let bits = u64::from(self.length) * 8;
        self.put(0x80);
        while self.length & 63 != 56 {
            self.put(0);
        }
        for byte in bits.to_be_bytes() {
            self.put(byte);
        }
        [self.state[0], self.state[1]]
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;
    use proptest::prelude::*;
    use sha2::Digest as _;
    use std::format;
    use std::string::String;

    proptest! {
        /// Of every length around the ends of blocks.
        #[test]
        fn it_is_sha_256(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let digest = sha2::Sha256::digest(&bytes);
            let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
            prop_assert!(Digest::of(&bytes).is(&digits));
            prop_assert!(Digest::of(&bytes).is(&digits.to_uppercase()));
            prop_assert!(!Digest::of(&[&bytes[..], &[0]].concat()).is(&digits));
        }
    }
}
