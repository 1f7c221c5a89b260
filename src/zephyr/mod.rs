//! The library on Zephyr: the core on a thread, events through a work queue, sockets, settings, the
//! modem. C applications use `include/lwm2m_carrier.h`, Rust applications this module.
//!
//! ```ignore
//! fn on_event(event: &Event<'_>) -> i32 {
//!     info!("{}", event.name());
//!     0
//! }
//!
//! lwm2m_carrier::zephyr::start(&lwm2m_carrier::zephyr::default_config()?, on_event, [])?;
//! ```
//!
//! What the application sets and asks for are the functions of [`crate::api`], called through [`with`].
//! Every function here may be called from any thread, also from the event handler, but not from an
//! interrupt. They take the library's lock for the time that the core computes, never while it waits.
//!
//! From the bottom: `os` declares the shim (`zephyr/shim.h`); `shared` is the lock and what it guards;
//! `sessions`, `records`, `keys` and `modem` are what the core asks for; `runner` carries it out;
//! `events` is the way to the application.

#[cfg(feature = "staticlib")]
mod archive;
pub(crate) mod config;
mod events;
#[cfg(not(carrier_modem_nrf91))]
mod keys;
mod modem;
#[cfg_attr(
    carrier_modem_nrf91,
    allow(dead_code, unused_imports, reason = "sockets, keys and images are the modem's")
)]
mod os;
mod records;
mod runner;
mod sessions;
mod shared;

pub use shared::Handler;

use crate::api;
use crate::capacity::setting;
use crate::carrier::{Carrier, Config, Input, errno};
use crate::lwm2m::{Object, Path};
use crate::time::Instant;
use config::is_enabled;
use heapless::Vec;
use shared::{Guard, Place, lock};

/// Objects that an application can add: `CONFIG_CARRIER_MAX_OBJECTS`.
pub const OBJECTS: usize = setting(option_env!("CARRIER_MAX_OBJECTS"), 4);

/// The application's objects.
static OBJECTS_IN_USE: Place<Vec<&'static mut dyn Object, OBJECTS>> = Place::new(Vec::new());

/// The configuration that Kconfig gives, to be changed and passed to [`init`] or [`start`].
///
/// # Errors
/// `EINVAL`: `CONFIG_CARRIER_PSK` is not hexadecimal, or has no identity.
pub fn default_config() -> Result<Config<'static>, i32> {
    config::from_kconfig(&lock())
}

/// For Rust applications: starts the library on its own thread, and returns at once.
///
/// `handler` is told the events, on the work queue that Kconfig names. `objects` are the application's
/// own, [`OBJECTS`] at most.
///
/// # Errors
/// `EALREADY`: it is started. `EINVAL`, `E2BIG`: see [`crate::api::check`].
pub fn start<const N: usize>(
    config: &Config<'static>,
    handler: Handler,
    objects: [&'static mut (dyn Object + Send); N],
) -> Result<(), i32> {
    const { assert!(N <= OBJECTS, "more objects than CONFIG_CARRIER_MAX_OBJECTS") }
    api::check(config)?;
    let mut shared = lock();
    if shared.configured {
        return Err(errno::EALREADY);
    }
    shared.handler = Some(handler);
    configure(&mut shared, config, objects);
    begin(&mut shared);
    os::start();
    Ok(())
}

/// `lwm2m_carrier_init`: initialises the modem and brings up the link. Returns when that is done, 0 or
/// a negative errno: `EALREADY` when it was done before, or is under way; what [`crate::api::check`] says
/// of the configuration; otherwise the modem or the link failed, and it may be called again. Then the
/// first configuration stays.
///
/// With a thread of the library's own (`CONFIG_CARRIER_THREAD`) this starts it. Without, the caller's
/// thread does the work until the result is there, and then in [`run`].
pub fn init(config: &Config<'static>) -> i32 {
    if let Err(errno) = api::check(config) {
        return errno;
    }
    let mut shared = lock();
    let first = !shared.configured;
    if !first && shared.result.is_none_or(|result| result == 0) {
        return errno::EALREADY;
    }
    configure(&mut shared, config, []);
    shared.result = None;
    hand_in(&mut shared, Input::Initialise);
    shared.driven = true;
    drop(shared);
    if is_enabled!("THREAD") {
        if first {
            os::start();
        }
        os::wake();
        os::wait_initialised();
    } else {
        // SAFETY: nobody drove, and now this thread does.
        unsafe { runner::drive(true) };
        lock().driven = false;
    }
    lock().result.unwrap_or(errno::EIO)
}

/// [`init`] with the configuration from Kconfig.
#[cfg(feature = "staticlib")]
pub(crate) fn init_from_kconfig() -> i32 {
    match default_config() {
        Ok(config) => init(&config),
        Err(errno) => errno,
    }
}

/// `lwm2m_carrier_run`: bootstraps if needed, registers, serves. Does not return. Where the library has
/// a thread of its own, that one does it, and the caller's only rests.
pub fn run() -> ! {
    let mut shared = lock();
    hand_in(&mut shared, Input::Run);
    let drives = !is_enabled!("THREAD") && !core::mem::replace(&mut shared.driven, true);
    drop(shared);
    os::wake();
    if drives {
        // SAFETY: nobody drove, and now this thread does.
        unsafe { runner::drive(false) };
    }
    loop {
        os::rest();
    }
}

/// Before the application's `main`, so that it may set values from there.
#[cfg(feature = "staticlib")]
#[unsafe(no_mangle)]
extern "C" fn carrier_prepare() {
    archive::start_log();
    if !is_enabled!("AUTOSTART") {
        return;
    }
    match default_config().and_then(|config| api::check(&config).map(|()| config)) {
        Ok(config) => {
            // The thread does the rest: the stack of `main` is small.
            configure(&mut lock(), &config, []);
        }
        Err(errno) => {
            log!(error, "the server, key or identity of Kconfig cannot be used: {}", errno)
        }
    }
}

/// The thread of the library's own.
#[unsafe(no_mangle)]
extern "C" fn carrier_main() {
    let mut shared = lock();
    if is_enabled!("AUTOSTART") && shared.configured {
        begin(&mut shared);
    }
    let drives = shared.driven;
    drop(shared);
    if drives {
        // SAFETY: whoever started this thread said that it drives.
        unsafe { runner::drive(false) }
    }
}

/// Configures the core, unless that was done.
fn configure<const N: usize>(
    shared: &mut Guard,
    config: &Config<'static>,
    objects: [&'static mut (dyn Object + Send); N],
) {
    if core::mem::replace(&mut shared.configured, true) {
        return;
    }
    // SAFETY: the lock is held, and this happens once.
    let all = unsafe { OBJECTS_IN_USE.get() };
    for object in objects {
        // They fit, says `start`.
        let _ = all.push(object);
    }
    shared.carrier.configure(config, os::random(), all);
}

/// Both calls of the charts, one after the other.
fn begin(shared: &mut Guard) {
    hand_in(shared, Input::Initialise);
    hand_in(shared, Input::Run);
    shared.driven = true;
}

fn hand_in(shared: &mut Guard, input: Input<'_>) {
    shared.carrier.handle(os::now(), input);
}

/// Kilobytes of free memory, where the application has a function that says so.
fn memory_free() -> Option<u32> {
    #[cfg(feature = "staticlib")]
    let kilobytes = crate::ffi::memory_free();
    #[cfg(not(feature = "staticlib"))]
    let kilobytes = None;
    kilobytes
}

/// Does something with the core, and wakes the thread that carries out what comes of it:
/// `with(|carrier, now| api::set_battery_level(carrier, now, 80))`. `None` before [`start`] or [`init`].
///
/// The lock is held meanwhile: `act` must not call functions of this module.
pub fn with<R>(act: impl FnOnce(&mut Carrier<'static>, Instant) -> R) -> Option<R> {
    let mut shared = lock();
    if !shared.configured {
        return None;
    }
    let result = act(&mut shared.carrier, os::now());
    drop(shared);
    os::wake();
    Some(result)
}

/// Says that the value at this path of an object of the application, or values below it, are new ones.
pub fn changed(path: Path) {
    let _ = with(|carrier, now| carrier.handle(now, Input::Changed(path)));
}

/// Says that an object of the application has other Object Instances than before.
pub fn instances_changed() {
    let _ = with(|carrier, now| carrier.handle(now, Input::InstancesChanged));
}
