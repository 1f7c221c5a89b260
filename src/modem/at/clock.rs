//! The time of day as modems write it. Read beside it: 3GPP TS 27.007 (+CCLK), 3GPP TS 24.008
//! sections 10.5.3.8 and 10.5.3.9 with 3GPP TS 23.040 section 9.2.3.11 (%XTIME).

use crate::modem::Report;

/// 2000-01-01T00:00:00Z in seconds since 1970-01-01T00:00:00Z.
const YEAR_2000: u32 = 946_684_800;

/// `yy/MM/dd,hh:mm:ss`, local time, and perhaps `±zz`, its distance from UTC in quarters of an hour.
pub(super) fn text(text: &str) -> Option<Report<'static>> {
    let bytes = text.as_bytes();
    let local = seconds(bytes, 3, false)?;
    let offset = match (bytes.get(17), two(bytes, 18, false)) {
        (Some(b'+'), Some(quarters)) => Some(minutes(quarters)),
        (Some(b'-'), Some(quarters)) => Some(-minutes(quarters)),
        _ => None,
    };
    Some(Report::Clock { utc: i64::from(local) - i64::from(offset.unwrap_or(0)) * 60, offset })
}

/// Seven octets in hex: UTC and the time zone, each octet two decimal digits, the second one first.
pub(super) fn octets(hex: &str) -> Option<Report<'static>> {
    let bytes = hex.as_bytes();
    let utc = seconds(bytes, 2, true)?;
    // The highest bit of what is the first digit is the sign.
    let first = digit(bytes, 13, 16)?;
    let offset = minutes((first & 7) * 10 + digit(bytes, 12, 10)?);
    Some(Report::Clock {
        utc: i64::from(utc),
        offset: Some(if first < 8 { offset } else { -offset }),
    })
}

fn digit(bytes: &[u8], index: usize, radix: u32) -> Option<u32> {
    char::from(*bytes.get(index)?).to_digit(radix)
}

/// The two decimal digits from `index` on.
fn two(bytes: &[u8], index: usize, swapped: bool) -> Option<u32> {
    let tens = digit(bytes, index + usize::from(swapped), 10)?;
    Some(tens * 10 + digit(bytes, index + usize::from(!swapped), 10)?)
}

/// Quarters of an hour, at most 99 of them, in minutes.
fn minutes(quarters: u32) -> i16 {
    i16::try_from(quarters).unwrap_or(0).saturating_mul(15)
}

/// Seconds since 1970, from year, month, day, hour, minute and second, one every `stride` bytes.
///
/// A modem that was not told the time counts from its own beginning: a year before 2020 or after
/// 2069 (which may be one of the last century) is not the time.
fn seconds(bytes: &[u8], stride: usize, swapped: bool) -> Option<u32> {
    const LIMITS: [(u8, u8); 6] = [(20, 69), (1, 12), (1, 31), (0, 23), (0, 59), (0, 60)];
    const DAYS_BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
    let mut values = [0; 6];
    for (index, (value, (least, most))) in values.iter_mut().zip(LIMITS).enumerate() {
        *value = two(bytes, index * stride, swapped)?;
        if *value < u32::from(least) || *value > u32::from(most) {
            return None;
        }
    }
    let [year, month, day, hour, minute, second] = values;
    let before = *DAYS_BEFORE.get(usize::try_from(month - 1).ok()?)?;
    let leap = u32::from(year % 4 == 0 && month > 2);
    let days = year * 365 + year.div_ceil(4) + u32::from(before) + leap + day - 1;
    Some(YEAR_2000 + ((days * 24 + hour) * 60 + minute) * 60 + second)
}
