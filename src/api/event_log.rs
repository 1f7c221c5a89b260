//! The Event Log object, where the library has it.

use super::changed;
use crate::capacity::LOG_DATA;
use crate::carrier::{Carrier, errno};
use crate::lwm2m::objects::event_log::{DATA, OBJECT, id};
use crate::lwm2m::{Context, Path, Value};
use crate::time::Instant;

/// Replaces LogData, /20/0/4014, with up to [`LOG_DATA`] bytes.
///
/// # Errors
/// `ENOENT` without the object, `ENOMEM` when the data is too long, `EPERM` while a server has the
/// log stopped.
pub fn set_log_data(carrier: &mut Carrier<'_>, now: Instant, data: &[u8]) -> Result<(), i32> {
    let object = carrier.objects().get_mut(OBJECT).ok_or(errno::ENOENT)?;
    if data.len() > LOG_DATA {
        return Err(errno::ENOMEM);
    }
    object.write(&DATA, &Value::Opaque(data), &mut Context::new(0)).map_err(|_| errno::EPERM)?;
    changed(carrier, now, DATA);
    changed(carrier, now, Path::resource(OBJECT, 0, id::LOG_STATUS));
    Ok(())
}
