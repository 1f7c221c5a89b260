//! The Location Object.

use crate::carrier::{Carrier, errno};
use crate::lwm2m::Path;
use crate::lwm2m::objects::location::{Location, OBJECT, Position, Velocity, id};
use crate::time::Instant;

/// The object, if the library has it.
fn location<'c>(carrier: &'c mut Carrier<'_>) -> Result<&'c mut Location, i32> {
    #[cfg(feature = "location")]
    return Ok(&mut carrier.objects().location);
    #[cfg(not(feature = "location"))]
    {
        let _ = carrier;
        Err(errno::ENOENT)
    }
}

/// Has what is new notified, bit n being Resource n: servers that observe one resource are to hear of
/// that one. `None`: a number was out of its range.
#[inline(never)]
fn notify(carrier: &mut Carrier<'_>, now: Instant, new: Option<u8>) -> Result<(), i32> {
    let new = new.ok_or(errno::EINVAL)?;
    for resource in 0..=id::SPEED {
        if new >> resource & 1 != 0 {
            super::changed(carrier, now, Path::resource(OBJECT, 0, resource));
        }
    }
    Ok(())
}

/// Says where the device is.
///
/// # Errors
/// `EINVAL` when a number is out of its range or the timestamp is before the last one, `ENOENT`
/// without the object.
pub fn set_location(
    carrier: &mut Carrier<'_>,
    now: Instant,
    position: &Position,
) -> Result<(), i32> {
    let new = location(carrier)?.set_position(position);
    notify(carrier, now, new)
}

/// Says how the device moves: /6/0/4, and the speed along the path, /6/0/6.
///
/// # Errors
/// `EINVAL` when a number is out of its range, `ENOENT` without the object.
pub fn set_velocity(
    carrier: &mut Carrier<'_>,
    now: Instant,
    velocity: &Velocity,
) -> Result<(), i32> {
    let new = location(carrier)?.set_velocity(velocity);
    notify(carrier, now, new)
}
