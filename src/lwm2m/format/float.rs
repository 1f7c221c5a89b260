//! Floating-point numbers by their bits.
//!
//! The cores this runs on have no double-precision unit, and the routines that stand in for one
//! are large. Nothing here computes with `f64`: bits are moved, so those routines are not linked.
//! They are moved one by one where that is shorter than to count them first, and rare.
//! See IEEE 754-2019, 3.4, and RFC 8949, appendix D for half precision.

use core::cmp::Ordering;

/// Bits of the fraction of an `f64`.
const FRACTION: u32 = 52;
/// Bits of 64 above the significand with one bit below it.
const ABOVE: u32 = 62 - FRACTION;
/// The exponent of an `f64` that stands for infinity and NaN, in place.
const INFINITE: u64 = 0x7ff << FRACTION;
/// The sign of an `f64`.
const SIGN: u64 = 1 << 63;

/// `magnitude` times 2^`exponent`, to the nearest, ties to even.
///
/// `more`: the number is a little larger than that. `None`: too large for an `f64`.
pub fn scale(negative: bool, magnitude: u64, exponent: i32, mut more: bool) -> Option<f64> {
    // The significand with one bit below it, and the biased exponent. Below the smallest normal
    // number the exponent stays, and every halving costs one bit.
    let (mut bits, mut biased) = (magnitude, exponent + 1076);
    while bits >> (FRACTION + 2) != 0 || biased < 1 {
        more |= bits & 1 != 0;
        bits >>= 1;
        biased += 1;
    }
    // Zero is below all of them.
    let most = (biased - 1).cast_unsigned();
    let shift = if bits == 0 { most } else { most.min(bits.leading_zeros() - ABOVE) };
    bits = bits.checked_shl(shift).unwrap_or(0);
    biased -= shift.cast_signed();
    let up = bits & 1 != 0 && (more || bits & 2 != 0);
    // The leading one of a normal number adds one to the exponent; so does a carry out of the
    // fraction, which is what the sum is for.
    let exponent = u64::from(biased.cast_unsigned() - 1);
    let bits = (exponent << FRACTION) + (bits >> 1) + u64::from(up);
    let sign = if negative { SIGN } else { 0 };
    (biased < 0x7ff && bits < INFINITE).then_some(f64::from_bits(sign | bits))
}

/// The nearest `f64` to an integer.
pub fn from_integer(negative: bool, magnitude: u64) -> f64 {
    scale(negative, magnitude, 0, false).unwrap_or(0.0)
}

/// The magnitude of a number without fraction, as far as 64 bits reach.
pub fn to_integer(value: f64) -> Option<u64> {
    let (mut magnitude, mut exponent) = split(value);
    while exponent < 0 && magnitude & 1 == 0 {
        magnitude >>= 1;
        exponent += 1;
    }
    while exponent > 0 && magnitude >> 63 == 0 {
        magnitude <<= 1;
        exponent -= 1;
    }
    (exponent == 0).then_some(magnitude)
}

/// Significand and exponent of a number: its magnitude is significand times 2^exponent.
///
/// Infinity and NaN come as numbers with exponent 972 and more.
#[inline(never)]
fn split(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let fraction = bits & ((1 << FRACTION) - 1);
    match (bits >> FRACTION) as i32 & 0x7ff {
        0 => (fraction, -1074),
        exponent => (fraction | 1 << FRACTION, exponent - 1075),
    }
}

/// Whether `value` is a number at all.
pub fn is_finite(value: f64) -> bool {
    value.to_bits() & INFINITE != INFINITE
}

/// Whether `value` is no number; infinity is one.
pub fn is_nan(value: f64) -> bool {
    value.to_bits() << 1 > INFINITE << 1
}

/// Whether `a` is below, equal to or above `b`; neither is NaN.
#[inline(never)]
pub fn compare(a: f64, b: f64) -> Ordering {
    // Numbers of one sign are in the order of their bits; both zeros are 0.
    let order = |value: f64| {
        let bits = value.to_bits().cast_signed();
        if bits < 0 { i64::MIN.wrapping_sub(bits) } else { bits }
    };
    order(a).cmp(&order(b))
}

/// `a + b`, to the nearest, ties to even; neither is NaN.
pub fn sum(a: f64, b: f64) -> f64 {
    let (a, b) = if a.to_bits() << 1 < b.to_bits() << 1 { (b, a) } else { (a, b) };
    if !is_finite(a) {
        return a;
    }
    // One bit of room above the 53 that there are, ten below.
    let ((large, exponent), (small, mut below)) = (split(a), split(b));
    let (large, mut small) = (large << 10, small << 10);
    let mut more = false;
    while below < exponent {
        more |= small & 1 != 0;
        small >>= 1;
        below += 1;
    }
    let negative = a.is_sign_negative();
    let sum = match negative == b.is_sign_negative() {
        true => large + small,
        false => large - small - u64::from(more),
    };
    scale(negative, sum, exponent - 10, more).unwrap_or(f64::INFINITY.copysign(a))
}

/// The bits of the `f32` that is exactly `value`, if there is a normal one (or zero, or infinity).
pub fn narrow(value: f64) -> Option<u32> {
    let bits = value.to_bits();
    if bits & ((1 << 29) - 1) != 0 {
        return None;
    }
    let exponent = match (bits >> FRACTION) as u32 & 0x7ff {
        0 if bits << 1 == 0 => 0,
        0x7ff => 0xff,
        biased @ 897..=1150 => biased - 896,
        _ => return None,
    };
    let sign = (bits >> 32) as u32 & 1 << 31;
    let fraction = (bits >> 29) as u32 & ((1 << 23) - 1);
    Some(sign | exponent << 23 | fraction)
}

/// The number that `bits` stand for in a format of one sign bit, `5` or `8` exponent bits and
/// `fraction` fraction bits: 10 for half precision, 23 for single.
pub fn widen(bits: u32, fraction: u32) -> f64 {
    let (width, bias) = if fraction == 10 { (16, 15) } else { (32, 127) };
    let negative = bits >> (width - 1) != 0;
    let low = bits & ((1 << fraction) - 1);
    let exponent = (bits >> fraction) & (2 * bias + 1);
    // A subnormal number has no leading one.
    let (significand, exponent) = match exponent {
        0 => (low, 1),
        _ if exponent > 2 * bias && low != 0 => return f64::NAN,
        _ if exponent > 2 * bias => (1, 0x7ff),
        _ => (low | 1 << fraction, exponent),
    };
    let exponent = exponent.cast_signed() - (bias + fraction).cast_signed();
    let value = scale(negative, significand.into(), exponent, false);
    value.unwrap_or(if negative { f64::NEG_INFINITY } else { f64::INFINITY })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_precision_widens_as_rfc_8949_says() {
        for (bits, value) in [
            (0x0000, 0.0),
            (0x3c00, 1.0),
            (0x3e00, 1.5),
            (0x7bff, 65504.0),
            (0x0001, 5.960464477539063e-8),
            (0x0400, 0.00006103515625),
            (0xc400, -4.0),
            (0x7c00, f64::INFINITY),
            (0xfc00, f64::NEG_INFINITY),
        ] {
            assert_eq!(widen(bits, 10), value, "{bits:04x}");
        }
        assert!(widen(0x7e00, 10).is_nan());
    }

    #[test]
    fn single_precision_widens_and_narrows() {
        for value in [0.0, -0.0, 1.0, -1.5, f32::MAX, f32::MIN_POSITIVE, 1e-45, 3.3e-39, 0.1] {
            let wide = widen(value.to_bits(), 23);
            assert_eq!(wide.to_bits(), f64::from(value).to_bits(), "{value}");
            if value == 0.0 || value.is_normal() {
                assert_eq!(narrow(wide), Some(value.to_bits()), "{value}");
            } else {
                assert_eq!(narrow(wide), None, "{value}");
            }
        }
        for value in [0.1, 1e300, 1e-300, f64::from_bits(1), 16777217.0] {
            assert_eq!(narrow(value), None, "{value}");
        }
    }

    #[test]
    fn integers_become_floats_as_the_language_does_it() {
        for shift in 0..64 {
            for near in [0, 1, 2, 3, 0x7ff] {
                let value = (1u64 << shift).wrapping_sub(near);
                assert_eq!(from_integer(false, value), value as f64, "{value}");
                assert_eq!(from_integer(true, value), -(value as f64), "-{value}");
            }
        }
    }

    /// Numbers of all sizes and signs, and some that are close to each other.
    fn numbers() -> impl Iterator<Item = f64> {
        let edges = [0.0, 1.0, 0.1, 1e300, f64::MAX, f64::MIN_POSITIVE, f64::INFINITY];
        let mut random = crate::random::Random::new(1);
        let any = core::iter::repeat_with(move || {
            let bits = u64::from(random.next()) << 32 | u64::from(random.next());
            // Half of them with exponents that are near.
            f64::from_bits(if bits & 1 == 0 { bits } else { bits & !(0x7f0 << FRACTION) })
        });
        let any = edges.into_iter().chain(any.filter(|value| !value.is_nan()).take(500));
        any.flat_map(|value| [value, -value, value * 1.0000000000000002])
    }

    #[test]
    fn numbers_are_compared_as_the_language_does_it() {
        for a in numbers() {
            assert!(!is_nan(a) && is_nan(f64::NAN) && is_nan(-f64::NAN));
            for b in numbers() {
                assert_eq!(Some(compare(a, b)), a.partial_cmp(&b), "{a} {b}");
            }
        }
    }

    #[test]
    fn numbers_are_added_as_the_language_does_it() {
        for a in numbers() {
            for b in numbers().filter(|b| is_finite(a) || is_finite(*b)) {
                assert_eq!(sum(a, b), a + b, "{a:e} {b:e}");
            }
        }
    }

    #[test]
    fn floats_become_integers_only_when_exact() {
        assert_eq!(to_integer(0.0), Some(0));
        assert_eq!(to_integer(-3.0), Some(3));
        assert_eq!(to_integer(4294967296.0), Some(1 << 32));
        assert_eq!(to_integer(9223372036854775808.0), Some(1 << 63));
        for value in [0.5, 1e-300, 18446744073709551616.0, 1e300, f64::INFINITY, f64::NAN] {
            assert_eq!(to_integer(value), None, "{value}");
        }
    }
}
