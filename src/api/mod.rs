//! What an application sets, reads and asks for while the library runs.
//!
//! Each function checks what it is given, changes the data model, and has what is new notified to
//! the servers that observe it. The C API (`include/lwm2m_carrier.h`) is these functions behind
//! pointers; a Rust application calls them as they are, with the core and the time.
//!
//! Errors are negative errno values ([`crate::carrier::errno`]). After one, nothing was changed.

mod app_data;
mod config;
mod device;
mod event_log;
mod location;
mod portfolio;
mod request;
mod time;

pub use crate::lwm2m::objects::location::{Position, Velocity};
pub use app_data::{app_data, set_app_data};
pub use config::{APN, Changes, check, decode_key};
pub use device::{
    BatteryStatus, DeviceError, PowerSource, Text, add_error, remove_error, set_battery_level,
    set_battery_status, set_current, set_memory_free, set_memory_total, set_power_sources,
    set_text, set_voltage,
};
pub use event_log::set_log_data;
pub use location::{set_location, set_velocity};
pub use portfolio::{create_portfolio_instance, describe_primary_host, identity, set_identity};
pub use request::{Status, record, request, send, send_paths, status};
pub use time::{
    parse_utc_offset, set_timezone, set_utc_offset, set_utc_time, timezone, utc_offset, utc_time,
};

use crate::carrier::{Carrier, Input, errno};
use crate::lwm2m::Path;
use crate::lwm2m::objects::device::OBJECT;
use crate::time::Instant;

/// The longest text of the Device Object, in bytes.
pub const TEXT: usize = 32;

/// The path of a resource of the Device Object.
const fn resource(id: u16) -> Path {
    Path::resource(OBJECT, 0, id)
}

/// Has a value notified.
fn changed(carrier: &mut Carrier<'_>, now: Instant, path: Path) {
    carrier.handle(now, Input::Changed(path));
}

/// The text, unless it is too long.
fn fitting(text: &str, longest: usize) -> Result<&str, i32> {
    if text.len() > longest { Err(errno::E2BIG) } else { Ok(text) }
}

#[cfg(test)]
mod tests;
