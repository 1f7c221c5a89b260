//! Negative errno values, as Zephyr and Linux number them, for results and [`super::Event::Error`].

/// Operation not permitted.
pub const EPERM: i32 = -1;
/// Input or output failed.
pub const EIO: i32 = -5;
/// Permission denied: the modem would not take a key.
pub const EACCES: i32 = -13;
/// An update could not be installed.
pub const EFAULT: i32 = -14;
/// Invalid argument or configuration.
pub const EINVAL: i32 = -22;
/// No room.
pub const ENOMEM: i32 = -12;
/// Done already.
pub const EALREADY: i32 = -114;
/// Timed out.
pub const ETIMEDOUT: i32 = -110;
/// Every attempt to reach a server is used up.
pub const EHOSTUNREACH: i32 = -113;
/// The network refused the connection.
pub const ECONNREFUSED: i32 = -111;
/// The connection was lost.
pub const ENETDOWN: i32 = -100;
