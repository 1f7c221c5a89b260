//! Data between the application and servers: objects 19 and 10250.

use super::changed;
use crate::capacity::APP_DATA;
use crate::carrier::{Carrier, errno};
use crate::lwm2m::objects::{app_data, binary_app_data};
use crate::lwm2m::{Context, Path, Value, has_instance};
use crate::time::Instant;

/// Whether the identifiers name data, of object 19 or in this `direction` of object 10250; the path.
fn place(ids: &[u16], direction: Path) -> Result<Path, i32> {
    match *ids {
        [binary_app_data::OBJECT, instance, binary_app_data::id::DATA, id] => {
            Ok(binary_app_data::data(instance, id))
        }
        _ if ids == direction.ids() => Ok(direction),
        _ => Err(errno::EINVAL),
    }
}

/// Sets data for servers, up to [`APP_DATA`] bytes: /19/x/0/y, where a server has created Object
/// Instance x, or /10250/0/0. `None` deletes the Resource Instance of object 19.
///
/// # Errors
/// `EINVAL` when the path is another one or /10250/0/0 is to be deleted, `ENOENT` when there is no such
/// object, instance or Resource Instance to be deleted, `ENOMEM` when the data is too long or there
/// is no room for one more Resource Instance.
pub fn set_app_data(
    carrier: &mut Carrier<'_>,
    now: Instant,
    ids: &[u16],
    data: Option<&[u8]>,
) -> Result<(), i32> {
    let path = place(ids, app_data::UPLINK)?;
    let object = path.id(0).and_then(|id| carrier.objects().get_mut(id)).ok_or(errno::ENOENT)?;
    let instance = path.id(1).ok_or(errno::EINVAL)?;
    if !has_instance(object, instance) {
        return Err(errno::ENOENT);
    }
    let mut context = Context::new(0);
    match data {
        Some(data) if data.len() > APP_DATA => return Err(errno::ENOMEM),
        Some(data) => {
            let written = object.write(&path, &Value::Opaque(data), &mut context);
            written.map_err(|_| errno::ENOMEM)?;
        }
        None if path.level() < 4 => return Err(errno::EINVAL),
        None if object.read(&path).is_none() => return Err(errno::ENOENT),
        None => object.remove(&path, &mut context).map_err(|_| errno::ENOENT)?,
    }
    changed(carrier, now, path);
    Ok(())
}

/// The data at /19/x/0/y, or what a server wrote to /10250/0/1.
///
/// # Errors
/// `EINVAL` when the path is another one, `ENOENT` when there is no such object or data.
pub fn app_data<'c>(carrier: &'c mut Carrier<'_>, ids: &[u16]) -> Result<&'c [u8], i32> {
    let path = place(ids, app_data::DOWNLINK)?;
    let object = path.id(0).and_then(|id| carrier.objects().get(id)).ok_or(errno::ENOENT)?;
    match object.read(&path) {
        Some(Value::Opaque(data)) => Ok(data),
        _ => Err(errno::ENOENT),
    }
}
