//! The time of day as modems write it. Read beside it: 3GPP TS 27.007 (+CCLK), 3GPP TS 24.008
//! sections 10.5.3.8 and 10.5.3.9 with 3GPP TS 23.040 section 9.2.3.11 (%XTIME).

use crate::modem::Report;

/// 2000-01-01T00:00:00Z in seconds since 1970-01-01T00:00:00Z.
const YEAR_2000: u32 = 946_684_800;

/// Year, month, day, hour, minute and second: the least and the most.
///
/// A modem that was not told the time counts from its own beginning: a year before 2020 or after
/// 2069 (which may be one of the last century) is not the time.
const LIMITS: [(u8, u8); 6] = [(20, 69), (1, 12), (1, 31), (0, 23), (0, 59), (0, 60)];
/// Days of a common year before each month.
const DAYS_BEFORE: [u16; 12] = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];

/// `yy/MM/dd,hh:mm:ss`, local time, and perhaps `±zz`, its distance from UTC in quarters of an hour.
pub(super) fn text(text: &str) -> Option<Report<'static>> {
    read(text.as_bytes(), false)
}

/// Seven octets in hex: UTC and the time zone, each octet two decimal digits, the second one first.
pub(super) fn octets(hex: &str) -> Option<Report<'static>> {
    read(hex.as_bytes(), true)
}

#[inline(never)]
fn read(bytes: &[u8], octets: bool) -> Option<Report<'static>> {
    // A number stands every `stride` bytes, its first digit at `tens` of two bytes.
    let (stride, tens) = if octets { (2, 1) } else { (3, 0) };
    let number = |index: usize| {
        let digit = |at: usize| char::from(*bytes.get(index * stride + at)?).to_digit(16);
        Some((digit(tens)?, digit(1 - tens).filter(|digit| *digit < 10)?))
    };
    let mut values = [0; 6];
    for (index, (value, (least, most))) in values.iter_mut().zip(&LIMITS).enumerate() {
        let (tens, ones) = number(index)?;
        *value = tens * 10 + ones;
        if *value < u32::from(*least) || *value > u32::from(*most) {
            return None;
        }
    }
    let [year, month, day, hour, minute, second] = values;
    let before = *DAYS_BEFORE.get(usize::try_from(month - 1).ok()?)?;
    let leap = u32::from(year % 4 == 0 && month > 2);
    let days = year * 365 + year.div_ceil(4) + u32::from(before) + leap + day - 1;
    let seconds = YEAR_2000 + ((days * 24 + hour) * 60 + minute) * 60 + second;
    let offset = number(LIMITS.len()).map(|(tens, ones)| {
        let minutes = (((tens & 7) * 10 + ones) * 15) as i16;
        // The highest bit of an octet's first digit is the sign.
        let behind = if octets { tens > 7 } else { bytes.get(17) == Some(&b'-') };
        if behind { -minutes } else { minutes }
    });
    let local = if octets { 0 } else { i64::from(offset.unwrap_or(0)) * 60 };
    Some(Report::Clock { utc: i64::from(seconds) - local, offset })
}
