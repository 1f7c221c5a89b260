//! The Location Object.

use crate::carrier::{Carrier, errno};
use crate::lwm2m::objects::location::{Location, Position, Velocity};
use crate::time::Instant;

/// Does something with the object, if the library has it, and has what is new notified: servers that
/// observe one resource are to hear of that one.
fn update(
    carrier: &mut Carrier<'_>,
    now: Instant,
    set: impl FnOnce(&mut Location) -> Option<u8>,
) -> Result<(), i32> {
    #[cfg(feature = "location")]
    {
        use crate::lwm2m::Path;
        use crate::lwm2m::objects::location::{OBJECT, id};
        let new = set(&mut carrier.objects().location).ok_or(errno::EINVAL)?;
        for resource in 0..=id::SPEED {
            if new >> resource & 1 != 0 {
                super::changed(carrier, now, Path::resource(OBJECT, 0, resource));
            }
        }
        Ok(())
    }
    #[cfg(not(feature = "location"))]
    {
        let _ = (carrier, now, set);
        Err(errno::ENOENT)
    }
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
    update(carrier, now, |location| location.set_position(position))
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
    update(carrier, now, |location| location.set_velocity(velocity))
}
