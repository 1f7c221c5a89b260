//! The Portfolio object, where the library has it.

use super::changed;
use crate::bytes::Text;
use crate::capacity::PORTFOLIO_TEXT;
use crate::carrier::{Carrier, Input, errno};
use crate::lwm2m::objects::device;
use crate::lwm2m::objects::portfolio::{Identity, OBJECT, PRIMARY_HOST};
use crate::lwm2m::{self, Context, Object, Path, Value};
use crate::time::Instant;

/// Whether the object is there, and whether it has this instance.
fn has_instance(carrier: &mut Carrier<'_>, instance: u16) -> Result<bool, i32> {
    let object = carrier.objects().get(OBJECT).ok_or(errno::ENOENT)?;
    Ok(lwm2m::has_instance(object, instance))
}

/// An identity of a host.
///
/// # Errors
/// `ENOENT` when there is no such host or object, or the host does not have this identity.
pub fn identity<'c>(
    carrier: &'c mut Carrier<'_>,
    instance: u16,
    identity: Identity,
) -> Result<&'c str, i32> {
    let object = carrier.objects().get(OBJECT).ok_or(errno::ENOENT)?;
    match object.read(&identity.path(instance)) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(errno::ENOENT),
    }
}

/// Writes an identity, whose length and host were checked.
fn write(carrier: &mut Carrier<'_>, now: Instant, path: Path, text: &str) -> Result<(), i32> {
    let object = carrier.objects().get_mut(OBJECT).ok_or(errno::ENOENT)?;
    let value = Value::String(text);
    if object.read(&path) != Some(value) {
        object.write(&path, &value, &mut Context::new(0)).map_err(|_| errno::ENOENT)?;
        changed(carrier, now, path);
    }
    Ok(())
}

/// Sets an identity of a host other than the primary one, up to
/// [`crate::capacity::PORTFOLIO_TEXT`] bytes.
///
/// # Errors
/// `EPERM` for the primary host, `ENOENT` when there is no such host or object, `E2BIG` when the
/// text is too long.
pub fn set_identity(
    carrier: &mut Carrier<'_>,
    now: Instant,
    instance: u16,
    identity: Identity,
    text: &str,
) -> Result<(), i32> {
    match has_instance(carrier, instance)? {
        true if instance == PRIMARY_HOST => return Err(errno::EPERM),
        true => {}
        false => return Err(errno::ENOENT),
    }
    write(carrier, now, identity.path(instance), super::fitting(text, PORTFOLIO_TEXT)?)
}

/// Adds a host, 0 to 65534. Servers are told of it.
///
/// # Errors
/// `ENOENT` without the object, `EINVAL` when the number is in use or is 65535, `ENOMEM` when there
/// is no room.
pub fn create_portfolio_instance(
    carrier: &mut Carrier<'_>,
    now: Instant,
    instance: u16,
) -> Result<(), i32> {
    if has_instance(carrier, instance)? || instance == u16::MAX {
        return Err(errno::EINVAL);
    }
    let object = carrier.objects().get_mut(OBJECT).ok_or(errno::ENOENT)?;
    object.create(instance, &mut Context::new(0)).map_err(|_| errno::ENOMEM)?;
    carrier.handle(now, Input::InstancesChanged);
    Ok(())
}

/// Makes the primary host's identities what the Device Object says: serial number, manufacturer,
/// model number, software version. To be called when the modem was initialised.
///
/// # Errors
/// `ENOENT` without the object.
pub fn describe_primary_host(carrier: &mut Carrier<'_>, now: Instant) -> Result<(), i32> {
    has_instance(carrier, PRIMARY_HOST)?;
    for (identity, resource) in [
        (Identity::Id, device::id::SERIAL_NUMBER),
        (Identity::Manufacturer, device::id::MANUFACTURER),
        (Identity::Model, device::id::MODEL_NUMBER),
        (Identity::SoftwareVersion, device::id::SOFTWARE_VERSION),
    ] {
        let text = match carrier.objects().device.read(&super::resource(resource)) {
            Some(Value::String(text)) => Text::<{ super::TEXT }>::try_from(text),
            _ => continue,
        };
        let text = text.unwrap_or_default();
        if text.len() <= PORTFOLIO_TEXT {
            write(carrier, now, identity.path(PRIMARY_HOST), &text)?;
        }
    }
    Ok(())
}
