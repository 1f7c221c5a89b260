//! Numbers as decimal text, read and written without the large routines of `core`.
//!
//! Used by text and by SenML JSON. Both directions are exact: they compute with an integer of
//! 1216 bits, in steps of 16 bits because the processor divides 32 bits by 16 in one instruction.
//! That is slow against table-driven algorithms (see Adams, "Ryū", for one) but needs no tables.

use core::num::NonZeroU32;

use super::{Raw, float};
use crate::lwm2m::Window;

/// 16-bit limbs of the long integer, least significant first.
const LIMBS: usize = 76;
/// The limb whose lowest bit weighs 1, when the number has a fraction: 1152 bits lie below it,
/// enough for the smallest `f64` (2^-1074) and for what decides how it is rounded.
const UNIT: usize = 72;

const TEN: NonZeroU32 = NonZeroU32::MIN.saturating_add(9);
const TEN_THOUSAND: NonZeroU32 = NonZeroU32::MIN.saturating_add(9999);

/// Multiplies `limbs` by `factor`; what does not fit is lost.
fn multiply(limbs: &mut [u16], factor: u32) {
    let mut carry = 0;
    for limb in limbs {
        carry += u32::from(*limb) * factor;
        *limb = carry as u16;
        carry >>= 16;
    }
}

/// Divides `limbs` by `divisor` and returns the remainder.
fn divide(limbs: &mut [u16], divisor: NonZeroU32) -> u32 {
    let mut rest = 0;
    for limb in limbs.iter_mut().rev() {
        rest = rest << 16 | u32::from(*limb);
        *limb = (rest / divisor) as u16;
        rest %= divisor;
    }
    rest
}

/// A long integer of `value` from limb `at` on.
fn long(value: u64, at: usize) -> [u16; LIMBS] {
    let mut limbs = [0; LIMBS];
    for (i, limb) in limbs.iter_mut().skip(at).take(4).enumerate() {
        *limb = (value >> (16 * i)) as u16;
    }
    limbs
}

/// The `f64` nearest to `mantissa` times 10^`exponent`; `None` when it is too large for one.
fn to_float(mantissa: u64, exponent: i32) -> Option<f64> {
    if mantissa == 0 || exponent < -345 {
        return Some(0.0);
    }
    if exponent > 308 {
        return None;
    }
    let unit = if exponent < 0 { UNIT } else { 0 };
    let mut limbs = long(mantissa, unit);
    let mut more = false;
    let mut steps = exponent.unsigned_abs();
    while steps > 0 {
        let (step, power) = if steps >= 4 { (4, TEN_THOUSAND) } else { (1, TEN) };
        if exponent < 0 {
            more |= divide(&mut limbs, power) != 0;
        } else {
            multiply(&mut limbs, power.get());
        }
        steps -= step;
    }
    // The 64 bits from the highest one down, and whether there is anything below them.
    let top = limbs.iter().rposition(|limb| *limb != 0).unwrap_or(0);
    let mut down = limbs.iter().take(top + 1).rev();
    let mut significand = 0;
    for _ in 0..4 {
        significand = significand << 16 | u64::from(down.next().copied().unwrap_or(0));
    }
    let zeros = significand.leading_zeros() & 15;
    let next = u32::from(down.next().copied().unwrap_or(0)) << zeros;
    significand = significand << zeros | u64::from(next >> 16);
    more |= next as u16 != 0 || down.any(|limb| *limb != 0);
    let bit = 16 * (top as i32 - unit as i32) + 15 - zeros as i32;
    float::assemble(significand, bit, more)
}

/// A number in text.
#[derive(Clone, Copy)]
pub struct Decimal {
    negative: bool,
    /// Written without fraction and exponent, and all of it fits.
    integral: bool,
    /// There are more digits than fit.
    full: bool,
    /// The digits, as many as fit.
    mantissa: u64,
    /// The power of ten that `mantissa` is to be multiplied by.
    exponent: i32,
}

impl Decimal {
    /// Reads the number that `text` begins with, and says how long it is: a sign or none, digits,
    /// a fraction or none, an exponent or none.
    pub fn scan(text: &[u8]) -> Option<(Self, usize)> {
        let mut scan = Scan { text, at: 0 };
        let negative = scan.sign();
        let mut number = Self { negative, integral: true, full: false, mantissa: 0, exponent: 0 };
        number.digits(&mut scan, 0)?;
        if scan.eat(|byte| byte == b'.').is_some() {
            number.integral = false;
            number.digits(&mut scan, 1)?;
        }
        if scan.eat(|byte| byte | 0x20 == b'e').is_some() {
            number.integral = false;
            let negative = scan.sign();
            let mut exponent = scan.digit()?;
            while let Some(digit) = scan.digit() {
                exponent = (exponent * 10 + digit).min(10_000);
            }
            let exponent = exponent.cast_signed();
            number.exponent += if negative { -exponent } else { exponent };
        }
        Some((number, scan.at))
    }

    /// Takes digits, of which each moves the decimal point by `places`.
    fn digits(&mut self, scan: &mut Scan, places: i32) -> Option<()> {
        let mut digit = scan.digit()?;
        loop {
            let longer = self.mantissa.checked_mul(10).and_then(|m| m.checked_add(digit.into()));
            match longer {
                Some(longer) if !self.full => {
                    self.mantissa = longer;
                    self.exponent -= places;
                }
                _ => {
                    self.full = true;
                    self.integral = false;
                    self.exponent += 1 - places;
                }
            }
            let Some(next) = scan.digit() else {
                return Some(());
            };
            digit = next;
        }
    }

    /// The number: an integer if it is written as one and fits, else a float.
    pub fn raw(self) -> Option<Raw<'static>> {
        let Self { negative, integral, mantissa, exponent, .. } = self;
        if integral {
            if !negative {
                return Some(Raw::unsigned(mantissa));
            }
            if mantissa <= 1 << 63 {
                return Some(Raw::Integer(mantissa.cast_signed().wrapping_neg()));
            }
        }
        let value = to_float(mantissa, exponent)?;
        Some(Raw::Float(if negative { -value } else { value }))
    }
}

/// Bytes, and how many of them were taken.
struct Scan<'t> {
    text: &'t [u8],
    at: usize,
}

impl Scan<'_> {
    fn eat(&mut self, wanted: impl Fn(u8) -> bool) -> Option<u8> {
        let byte = self.text.get(self.at).copied().filter(|byte| wanted(*byte))?;
        self.at += 1;
        Some(byte)
    }

    fn digit(&mut self) -> Option<u32> {
        self.eat(|byte| byte.is_ascii_digit()).map(|byte| u32::from(byte - b'0'))
    }

    fn sign(&mut self) -> bool {
        self.eat(|byte| byte == b'-' || byte == b'+') == Some(b'-')
    }
}

/// Writes the digits of `value` to the end of `text` and says where they begin.
fn digits(value: u64, text: &mut [u8; 20]) -> usize {
    let mut limbs: [u16; 4] = core::array::from_fn(|i| (value >> (16 * i)) as u16);
    let mut at = text.len();
    for byte in text.iter_mut().rev() {
        *byte = b'0' + divide(&mut limbs, TEN) as u8;
        at -= 1;
        if limbs == [0; 4] {
            break;
        }
    }
    at
}

/// Writes `value` in decimal.
pub fn put_unsigned(out: &mut Window<'_>, value: u64) {
    let mut text = [0; 20];
    let at = digits(value, &mut text);
    out.put(text.get(at..).unwrap_or_default());
}

/// Writes `value` in decimal.
pub fn put_integer(out: &mut Window<'_>, value: i64) {
    if value < 0 {
        out.put(b"-");
    }
    put_unsigned(out, value.unsigned_abs());
}

/// Writes `value` with the fewest digits that read as the same number again: `0.1`, `-2`,
/// `1.5e-7`. Infinity and NaN have no decimal text: nothing is written for them.
pub fn put_float(out: &mut Window<'_>, value: f64) {
    if !float::is_finite(value) {
        return;
    }
    let (negative, significand, exponent) = float::split(value);
    if negative {
        out.put(b"-");
    }
    if significand == 0 {
        // An integer has no negative zero.
        out.put(if negative { b"0.0" } else { b"0" });
        return;
    }
    let magnitude = value.to_bits() & !(1 << 63);
    let (mantissa, exponent) = shortest(magnitude, significand, exponent);

    let mut text = [0; 20];
    let at = digits(mantissa, &mut text);
    let text = text.get(at..).unwrap_or_default();
    // Digits before the decimal point.
    let point = text.len() as i32 + exponent;
    let (before, zeros, power) = match point {
        1..=21 => (point as usize, exponent, 0),
        -4..=0 => (0, -point, 0),
        _ => (1, 0, point - 1),
    };
    let (whole, fraction) = text.split_at_checked(before).unwrap_or((text, &[]));
    out.put(if whole.is_empty() { b"0" } else { whole });
    if !fraction.is_empty() {
        out.put(b".");
    }
    for _ in 0..zeros {
        out.put(b"0");
    }
    out.put(fraction);
    if power != 0 {
        out.put(b"e");
        put_integer(out, power.into());
    }
}

/// The shortest decimal, as mantissa and power of ten, that gives the bits `magnitude` when read
/// again; the number is `significand` times 2^`exponent`, and not zero.
fn shortest(magnitude: u64, significand: u64, exponent: i32) -> (u64, i32) {
    /// One more than an `f64` can need.
    const DIGITS: usize = 18;
    const LEAST: u64 = 10u64.pow(DIGITS as u32 - 1);

    // The first 18 digits, exactly: scaled by ten until they are what stands before the point.
    let unit = if exponent < 0 { UNIT } else { 0 };
    let bit = (16 * unit as i32 + exponent).unsigned_abs();
    let mut limbs = long(significand, bit as usize / 16);
    multiply(&mut limbs, 1 << (bit % 16));
    let mut scale = 0;
    let first = loop {
        let (low, high) =
            limbs.get(unit..).unwrap_or_default().split_at_checked(4).unwrap_or_default();
        let whole = low.iter().rev().fold(0, |whole, limb| whole << 16 | u64::from(*limb));
        if high.iter().any(|limb| *limb != 0) || whole >= 10 * LEAST {
            divide(&mut limbs, TEN);
            scale += 1;
        } else if whole < LEAST {
            multiply(&mut limbs, 10);
            scale -= 1;
        } else {
            break whole;
        }
    };
    let mut text = [0; 20];
    let at = digits(first, &mut text);
    let text = text.get(at..).unwrap_or_default();

    let mut begun = 0;
    let mut left = text.len() as i32;
    let mut shortest = (first, scale);
    for (i, byte) in text.iter().enumerate() {
        let digit = u64::from(byte & 15);
        if i > 0 {
            shortest = (begun + u64::from(digit >= 5), scale + left);
            if to_float(shortest.0, shortest.1).map(f64::to_bits) == Some(magnitude) {
                break;
            }
        }
        begun = begun * 10 + digit;
        left -= 1;
    }
    // 9.99.. rounded to one digit has two.
    if shortest.0 == 10 { (1, shortest.1 + 1) } else { shortest }
}
