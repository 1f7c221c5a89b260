//! Negative errno values, for results and [`super::Event::Error`].
//!
//! Up to 34 all C libraries number errors alike. Beyond, the embedded ones (newlib, picolibc,
//! Zephyr's minimal one) differ from Linux; the build of an image with one of those sets
//! `CARRIER_EMBEDDED_LIBC`, so that applications find the numbers of their own `errno.h`.

/// The number on Linux, or that of the embedded C libraries.
const fn number(linux: i32, embedded: i32) -> i32 {
    if option_env!("CARRIER_EMBEDDED_LIBC").is_some() { -embedded } else { -linux }
}

/// Operation not permitted.
pub const EPERM: i32 = -1;
/// There is no such thing.
pub const ENOENT: i32 = -2;
/// Input or output failed.
pub const EIO: i32 = -5;
/// Too long, or too many.
pub const E2BIG: i32 = -7;
/// No room.
pub const ENOMEM: i32 = -12;
/// Permission denied: the modem would not take a key.
pub const EACCES: i32 = -13;
/// An update could not be installed.
pub const EFAULT: i32 = -14;
/// The device does not have it.
pub const ENODEV: i32 = -19;
/// Invalid argument or configuration.
pub const EINVAL: i32 = -22;
/// The connection was lost.
pub const ENETDOWN: i32 = number(100, 115);
/// The library was built without it.
pub const ENOTSUP: i32 = number(95, 134);
/// Not registered.
pub const ENOTCONN: i32 = number(107, 128);
/// Timed out.
pub const ETIMEDOUT: i32 = number(110, 116);
/// The network refused the connection.
pub const ECONNREFUSED: i32 = number(111, 111);
/// Every attempt to reach a server is used up.
pub const EHOSTUNREACH: i32 = number(113, 118);
/// Done already.
pub const EALREADY: i32 = number(114, 120);
/// Another one is under way.
pub const EINPROGRESS: i32 = number(115, 119);
/// The server does not want it.
pub const ECANCELED: i32 = number(125, 140);
