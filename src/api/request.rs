//! Requests, Send, and what the library is at.

use crate::carrier::{Carrier, Input, Request, errno};
use crate::lwm2m::{Path, SendError};
use crate::time::Instant;

impl Request {
    /// The one with this number: `LWM2M_CARRIER_REQUEST_*`.
    pub const fn from_number(number: i32) -> Option<Self> {
        Some(match number {
            0 => Self::Reboot,
            1 => Self::LinkUp,
            2 => Self::LinkDown,
            3 => Self::Register,
            4 => Self::Deregister,
            _ => return None,
        })
    }
}

/// Asks for something; events tell what comes of it.
pub fn request(carrier: &mut Carrier<'_>, now: Instant, request: Request) {
    carrier.handle(now, Input::Request(request));
}

/// Sends what is at the path of these identifiers, one to four, to the first server that is
/// registered with and takes it (Core 6.4.6).
///
/// # Errors
/// `EINVAL` for another number of identifiers, and those of [`send_paths`].
pub fn send(carrier: &mut Carrier<'_>, ids: &[u16]) -> Result<(), i32> {
    if ids.is_empty() {
        return Err(errno::EINVAL);
    }
    let path = Path::from_ids(ids).ok_or(errno::EINVAL)?;
    send_paths(carrier, &[path])
}

/// Sends what is at several paths, and what was recorded of them, in one message.
///
/// # Errors
/// `EINVAL` without a path, or with more than [`crate::capacity::PATHS`], `EPERM` for a resource that
/// servers may not read, `ENOENT` when there is nothing at a path, `EINPROGRESS` while another Send is
/// under way, `ECANCELED` when the server mutes Send, `ENOTCONN` without a registration of LwM2M 1.1,
/// `ENOTSUP` where the library was built without SenML.
pub fn send_paths(carrier: &mut Carrier<'_>, paths: &[Path]) -> Result<(), i32> {
    carrier.client().send(paths).map_err(|error| match error {
        SendError::NotFound if paths.iter().any(|path| is_hidden(carrier, path)) => errno::EPERM,
        error => number(error),
    })
}

/// Records the number, time or truth value at a path for the next [`send_paths`] of it, with the time of
/// day.
///
/// # Errors
/// `ENOENT` when there is nothing at the path, `EINVAL` for any other value, `EINPROGRESS` when there is
/// no room and a Send is under way.
pub fn record(carrier: &mut Carrier<'_>, path: &Path) -> Result<(), i32> {
    carrier.client().record(path).map_err(number)
}

fn number(error: SendError) -> i32 {
    match error {
        SendError::Paths => errno::EINVAL,
        SendError::NotFound => errno::ENOENT,
        SendError::Busy => errno::EINPROGRESS,
        SendError::NotRegistered => errno::ENOTCONN,
        SendError::Muted => errno::ECANCELED,
        SendError::NoFormat => errno::ENOTSUP,
    }
}

/// Whether the path is at or below a resource that servers may not read.
fn is_hidden(carrier: &mut Carrier<'_>, path: &Path) -> bool {
    let mut resource = || carrier.objects().get(path.id(0)?)?.definition().resource(path.id(2)?);
    resource().is_some_and(|resource| !resource.is_readable())
}

/// What the library is at: `lwm2m_carrier_status_t`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(C)]
pub struct Status {
    /// The LTE link is up.
    pub link_up: bool,
    /// The device is registered with at least one server.
    pub registered: bool,
}

/// Tells what the library is at.
pub fn status(carrier: &Carrier<'_>) -> Status {
    Status { link_up: carrier.is_link_up(), registered: carrier.is_registered() }
}
