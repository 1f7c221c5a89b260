//! Time, UTC offset and time zone of the Device Object.

use super::{TEXT, changed, fitting, resource};
use crate::carrier::{Carrier, errno};
use crate::lwm2m::objects::device::id;
use crate::lwm2m::{Object, Value};
use crate::time::Instant;

/// The time in seconds since 1970-01-01T00:00:00Z; `None` while it is not known.
pub fn utc_time(carrier: &mut Carrier<'_>, now: Instant) -> Option<i64> {
    let device = &mut carrier.objects().device;
    device.set_now(now);
    device.clock()
}

/// Sets the time, in seconds since 1970-01-01T00:00:00Z.
///
/// # Errors
/// `EINVAL` when it is negative.
pub fn set_utc_time(carrier: &mut Carrier<'_>, now: Instant, time: i64) -> Result<(), i32> {
    if time < 0 {
        return Err(errno::EINVAL);
    }
    carrier.objects().device.set_clock(now, time);
    changed(carrier, now, resource(id::CURRENT_TIME));
    Ok(())
}

fn text<'c>(carrier: &'c mut Carrier<'_>, id: u16) -> &'c str {
    match carrier.objects().device.read(&resource(id)) {
        Some(Value::String(text)) => text,
        _ => "",
    }
}

/// The UTC offset in minutes; `None` while it is not known.
pub fn utc_offset(carrier: &mut Carrier<'_>) -> Option<i16> {
    parse_utc_offset(text(carrier, id::UTC_OFFSET))
}

/// A UTC offset as ISO 8601 writes it, in minutes: `+02:00`, `+0200`, `+02` or `Z`.
pub fn parse_utc_offset(text: &str) -> Option<i16> {
    let (sign, rest) = match text.as_bytes() {
        b"Z" => return Some(0),
        [b'+', rest @ ..] => (1, rest),
        [b'-', rest @ ..] => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = match *rest {
        [a, b] => ([a, b], [b'0'; 2]),
        [a, b, b':', c, d] | [a, b, c, d] => ([a, b], [c, d]),
        _ => return None,
    };
    let number = |[tens, ones]: [u8; 2]| {
        let digits = tens.is_ascii_digit() && ones.is_ascii_digit();
        digits.then(|| i16::from(tens - b'0') * 10 + i16::from(ones - b'0'))
    };
    let minutes = number(minutes).filter(|minutes| *minutes < 60)?;
    Some(sign * (number(hours)? * 60 + minutes))
}

/// Sets the UTC offset in minutes, -720 to 840.
///
/// # Errors
/// `EINVAL` when it is out of range.
pub fn set_utc_offset(carrier: &mut Carrier<'_>, now: Instant, minutes: i32) -> Result<(), i32> {
    if !(-720..=840).contains(&minutes) {
        return Err(errno::EINVAL);
    }
    let minutes = minutes as i16;
    if utc_offset(carrier) != Some(minutes) {
        carrier.objects().device.set_utc_offset(minutes);
        changed(carrier, now, resource(id::UTC_OFFSET));
    }
    Ok(())
}

/// The time zone by its name in the IANA database; empty while it is not known.
pub fn timezone<'c>(carrier: &'c mut Carrier<'_>) -> &'c str {
    text(carrier, id::TIMEZONE)
}

/// Sets the time zone, up to [`TEXT`] bytes.
///
/// # Errors
/// `E2BIG` when it is too long.
pub fn set_timezone(carrier: &mut Carrier<'_>, now: Instant, name: &str) -> Result<(), i32> {
    let name = fitting(name, TEXT)?;
    if carrier.objects().device.set_text(id::TIMEZONE, name) {
        changed(carrier, now, resource(id::TIMEZONE));
    }
    Ok(())
}
