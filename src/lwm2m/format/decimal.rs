//! Numbers as decimal text, read and written without the large routines of `core`.
//!
//! Used by text and by SenML JSON. Both directions are exact: text is read with an integer of as
//! many bytes as it takes to be sure, and printed by reading what was printed so far. That is slow
//! against the algorithms with tables (see Adams, "Ryū", for one): up to some 100,000 divisions for
//! the longest numbers near 1e±300, a few thousand for those in daily use.

use core::cmp::Ordering;

use super::{Raw, float};
use crate::bytes::copy;
use crate::lwm2m::Window;

/// Whether there are resources that are floating-point numbers; if not, no text is read as such a number.
const FLOAT: bool = cfg!(feature = "float");

/// Bytes of the integer that a number is read with. No 64 bits times a power of ten are so near to
/// the middle of two `f64` that its first 128 bits would not tell on which side they are (Mushtak and
/// Lemire, "Fast number parsing without fallback"), but for what lies in the middle: that fits.
const LONG: usize = 32;
/// 64 bits times this power of ten are nearer to zero than to any other `f64`.
const LEAST: i32 = -345;
/// This power of ten is too large for an `f64`.
const MOST: i32 = 309;

/// Bytes of the longest integer in decimal, without sign.
const DIGITS: usize = 20;

/// Divides the integer `bytes`, most significant first, by `by`, up to 10^7, and returns the
/// remainder.
fn divide(bytes: &mut [u8], by: u32) -> u32 {
    let mut rest = 0;
    for byte in bytes {
        rest = rest << 8 | u32::from(*byte);
        *byte = (rest / by) as u8;
        rest %= by;
    }
    rest
}

/// The `f64` nearest to `mantissa` times 10^`exponent`; `None` when it is too large for one.
fn to_float(negative: bool, mantissa: u64, exponent: i32) -> Option<f64> {
    // The number is `long` times 2^`weight`, and a little more if `more` says so.
    let mut long = [0; LONG];
    let _ = copy(&mut long, &mantissa.to_be_bytes());
    let mut weight = 64 - 8 * LONG as i32;
    let mut more = false;
    let mut left = if mantissa == 0 { 0 } else { exponent.clamp(LEAST, MOST) };
    while left != 0 {
        let (power, step) = if left.abs() < 7 { (10, 1) } else { (10_000_000, 7) };
        if left < 0 {
            left += step;
            // Zeros in front become room behind.
            while long[0] == 0 {
                let mut next = 0;
                for byte in long.iter_mut().rev() {
                    next = core::mem::replace(byte, next);
                }
                weight -= 8;
            }
            more |= divide(&mut long, power) != 0;
        } else {
            left -= step;
            let mut carry = 0;
            for byte in long.iter_mut().rev() {
                carry += u32::from(*byte) * power;
                *byte = carry as u8;
                carry >>= 8;
            }
            while carry != 0 {
                let mut next = carry as u8;
                for byte in &mut long {
                    next = core::mem::replace(byte, next);
                }
                more |= next != 0;
                carry >>= 8;
                weight += 8;
            }
        }
    }
    let mut top = 0u64;
    for byte in &long {
        if top >> 56 == 0 {
            top = top << 8 | u64::from(*byte);
        } else {
            more |= *byte != 0;
            weight += 8;
        }
    }
    float::scale(negative, top, weight, more)
}

/// Takes the number that `text` begins with: a sign or none, digits, a fraction or none, an
/// exponent or none. It is an integer if it is written as one and fits, else a float.
pub fn take(text: &mut &[u8]) -> Option<Raw<'static>> {
    let negative = sign(text);
    let mut integer = true;
    let (mut mantissa, mut exponent) = (0u64, 0);
    // Digits that do not fit the mantissa, and all that come behind them.
    let mut lost = 0;
    let mut next = digit(text)?;
    loop {
        let longer = mantissa.checked_mul(10).and_then(|longer| longer.checked_add(next.into()));
        match longer {
            Some(longer) if lost == 0 => mantissa = longer,
            _ => lost += 1,
        }
        exponent -= i32::from(!integer);
        next = match digit(text) {
            Some(digit) => digit,
            None if FLOAT && integer && eat(text, b".").is_some() => {
                integer = false;
                digit(text)?
            }
            None => break,
        };
    }
    if FLOAT && eat(text, b"eE").is_some() {
        integer = false;
        let negative = sign(text);
        let mut power = digit(text)?;
        while let Some(digit) = digit(text) {
            power = (power * 10 + digit).min(10_000);
        }
        let power = power.cast_signed();
        exponent += if negative { -power } else { power };
    }
    if integer && lost == 0 {
        return Some(Raw::Integer(negative, mantissa));
    }
    if !FLOAT {
        return None;
    }
    to_float(negative, mantissa, exponent + lost).map(Raw::Float)
}

/// Takes one byte if it is one of `wanted`.
fn eat(text: &mut &[u8], wanted: &[u8]) -> Option<u8> {
    let (first, rest) = text.split_first()?;
    if !wanted.contains(first) {
        return None;
    }
    *text = rest;
    Some(*first)
}

fn digit(text: &mut &[u8]) -> Option<u32> {
    eat(text, b"0123456789").map(|byte| u32::from(byte & 15))
}

fn sign(text: &mut &[u8]) -> bool {
    eat(text, b"+-") == Some(b'-')
}

/// Writes the digits of `value` to the end of `text`, and returns them.
fn digits(mut value: u64, text: &mut [u8; DIGITS]) -> &[u8] {
    let mut at = text.len();
    for byte in text.iter_mut().rev() {
        let digit = match u32::try_from(value) {
            // Small processors divide 32 bits at once.
            Ok(small) => {
                value = (small / 10).into();
                small % 10
            }
            Err(_) => {
                let mut bytes = value.to_be_bytes();
                let digit = divide(&mut bytes, 10);
                value = u64::from_be_bytes(bytes);
                digit
            }
        };
        *byte = b'0' + digit as u8;
        at -= 1;
        if value == 0 {
            break;
        }
    }
    text.get(at..).unwrap_or_default()
}

/// Writes `value` in decimal.
pub fn put_unsigned(out: &mut Window<'_>, value: u64) {
    out.put(digits(value, &mut [0; DIGITS]));
}

/// Writes `value` in decimal.
#[inline(never)]
pub fn put_number(out: &mut Window<'_>, value: u32) {
    put_unsigned(out, value.into());
}

/// Writes `value` in decimal.
pub fn put_integer(out: &mut Window<'_>, value: i64) {
    if value < 0 {
        out.put_u8(b'-');
    }
    put_unsigned(out, value.unsigned_abs());
}

/// Writes `value` with the fewest digits that read as the same number again: `0.1`, `-2`,
/// `1.5e-7`. Infinity and NaN have no decimal text: nothing is written for them.
pub fn put_float(out: &mut Window<'_>, value: f64) {
    if !FLOAT || !float::is_finite(value) {
        return;
    }
    if value.is_sign_negative() {
        out.put_u8(b'-');
    }
    let magnitude = value.abs().to_bits();
    if magnitude == 0 {
        // An integer has no negative zero.
        out.put(if value.is_sign_negative() { b"0.0" } else { b"0" });
        return;
    }
    let (mantissa, exponent) = shortest(magnitude);
    let mut text = [0; DIGITS];
    let text = digits(mantissa, &mut text);
    // Digits before the decimal point; where that makes too many zeros there is an exponent.
    let len = text.len() as i32;
    let (point, power) = match len + exponent {
        point @ -4..=21 => (point, 0),
        point => (1, point - 1),
    };
    for at in (point - 1).min(0)..point.max(len) {
        if at == point {
            out.put_u8(b'.');
        }
        let digit = usize::try_from(at).ok().and_then(|at| text.get(at));
        out.put_u8(*digit.unwrap_or(&b'0'));
    }
    if power != 0 {
        out.put_u8(b'e');
        put_integer(out, power.into());
    }
}

/// The shortest decimal, as mantissa and power of ten, that reads as the number whose bits are
/// `magnitude`: above zero, and finite.
fn shortest(magnitude: u64) -> (u64, i32) {
    // Above the number, by less than a hundred: 1233 / 4096 is the logarithm of two.
    let mut exponent = ((((magnitude >> 52) as i32 - 1023) * 1233) >> 12) + 2;
    let mut mantissa = 0;
    loop {
        exponent -= 1;
        mantissa *= 10;
        // The last digits that are tried without getting above the number and read as the same.
        let mut same = 0;
        for _ in 0..9 {
            let read = to_float(false, mantissa + 1, exponent).map_or(u64::MAX, f64::to_bits);
            match read.cmp(&magnitude) {
                Ordering::Less => {}
                Ordering::Equal => same += 1,
                Ordering::Greater => break,
            }
            mantissa += 1;
        }
        if same > 0 {
            // The one in the middle is next to the number.
            return (mantissa - same / 2, exponent);
        }
    }
}

#[cfg(test)]
mod tests {
    extern crate std;
    use super::*;

    #[test]
    fn numbers_are_read_as_the_language_does_it() {
        let mut random = crate::random::Random::new(2);
        let check = |mantissa: u64, exponent: i32| {
            let expected: f64 = std::format!("{mantissa}e{exponent}").parse().unwrap();
            let read = to_float(false, mantissa, exponent);
            assert_eq!(read.unwrap_or(f64::INFINITY), expected, "{mantissa}e{exponent}");
        };
        for exponent in -350..=310 {
            for mantissa in [0, 1, 5, u64::MAX, (1 << 53) + 1, (1 << 54) - 1] {
                check(mantissa, exponent);
            }
            for shift in 0..64 {
                let mantissa = u64::from(random.next()) << 32 | u64::from(random.next());
                check(mantissa >> shift, exponent);
            }
        }
        // In the middle of two, and next to it.
        for power in 0..=22 {
            for middle in [(1 << 53) + 1, (1 << 53) + 3, (1 << 54) - 1] {
                check(middle, power);
            }
        }
        for (mantissa, exponent) in
            [(22250738585072011, -324), (24703282292062327, -340), (24703282292062328, -340)]
        {
            check(mantissa, exponent);
        }
    }
}
