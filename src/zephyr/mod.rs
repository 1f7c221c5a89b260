//! The library on Zephyr: the core on a thread, events through a work queue, sockets, settings, the
//! modem. C applications use `include/lwm2m_carrier.h`, Rust applications this module.
//!
//! ```ignore
//! fn on_event(event: &Event<'_>) -> i32 {
//!     info!("{}", event.name());
//!     0
//! }
//!
//! lwm2m_carrier::zephyr::start(on_event, [])?;    // the rest comes from Kconfig
//! ```
//!
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
mod keys;
mod modem;
mod os;
mod records;
mod runner;
mod sessions;
mod shared;

pub use shared::Handler;

use crate::capacity::setting;
use crate::carrier::{Carrier, Config, Input, Request, errno};
use crate::lwm2m::{Object, Path, SendError};
use crate::time::Instant;
use config::is_enabled;
use heapless::Vec;
use shared::{Guard, Place, lock};

/// Objects that an application can add: `CONFIG_CARRIER_MAX_OBJECTS`.
pub const OBJECTS: usize = setting(option_env!("CARRIER_MAX_OBJECTS"), 4);

/// The application's objects.
static APPLICATION: Place<Vec<&'static mut dyn Object, OBJECTS>> = Place::new(Vec::new());

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
/// own, [`OBJECTS`] at most. After this, [`with`] and the others work.
///
/// # Errors
/// `EALREADY`: it is started.
pub fn start<const N: usize>(
    config: Config<'static>,
    handler: Handler,
    objects: [&'static mut (dyn Object + Send); N],
) -> Result<(), i32> {
    const { assert!(N <= OBJECTS, "more objects than CONFIG_CARRIER_MAX_OBJECTS") }
    let mut shared = lock();
    if shared.carrier.is_some() {
        return Err(errno::EALREADY);
    }
    shared.handler = Some(handler);
    {
        // SAFETY: the lock is held, and the core, which is to have them, is not there yet.
        let application = unsafe { APPLICATION.get() };
        for object in objects {
            // They fit, says the assertion.
            let _ = application.push(object);
        }
    }
    configure(&mut shared, config);
    hand_in(&mut shared, Input::Initialise);
    hand_in(&mut shared, Input::Run);
    shared.driven = true;
    os::start();
    Ok(())
}

/// `lwm2m_carrier_init`: initialises the modem and brings up the link. Returns when that is done, 0 or
/// a negative errno: `EALREADY` when it was done before.
///
/// With a thread of the library's own (`CONFIG_CARRIER_THREAD`) this starts it. Without, the caller's
/// thread does the work until the result is there, and then in [`run`].
pub fn init(config: Config<'static>) -> i32 {
    let mut shared = lock();
    let first = shared.carrier.is_none();
    if !first && (shared.driven != is_enabled!("THREAD") || shared.result == Some(0)) {
        return errno::EALREADY;
    }
    shared.result = None;
    configure(&mut shared, config);
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
pub fn init_from_kconfig() -> i32 {
    match default_config() {
        Ok(config) => init(config),
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
    loop {
        if drives {
            // SAFETY: nobody drove, and now this thread does.
            unsafe { runner::drive(false) };
        }
        os::rest();
    }
}

/// The thread of the library's own.
#[unsafe(no_mangle)]
extern "C" fn carrier_main() {
    #[cfg(feature = "staticlib")]
    archive::start_log();
    if is_enabled!("AUTOSTART") {
        match default_config() {
            Ok(config) => {
                let mut shared = lock();
                configure(&mut shared, config);
                hand_in(&mut shared, Input::Initialise);
                hand_in(&mut shared, Input::Run);
                shared.driven = true;
            }
            Err(errno) => {
                log!(error, "CONFIG_CARRIER_PSK cannot be used: {}", errno);
                return;
            }
        }
    }
    // SAFETY: whoever started this thread said that it drives.
    unsafe { runner::drive(false) }
}

/// Makes the core, unless it is there.
fn configure(shared: &mut Guard, config: Config<'static>) {
    if shared.carrier.is_none() {
        // SAFETY: the lock is held, and this happens once.
        let objects = unsafe { APPLICATION.get() };
        shared.carrier = Some(Carrier::new(config, os::random(), objects));
    }
}

fn hand_in(shared: &mut Guard, input: Input<'_>) {
    if let Some(carrier) = &mut shared.carrier {
        carrier.handle(os::now(), input);
    }
}

/// What is asked of the application whenever a server may be about to read it.
fn refresh(carrier: &mut Carrier<'static>) {
    #[cfg(feature = "staticlib")]
    crate::ffi::refresh(carrier);
    let _ = carrier;
}

/// Does something with the core, and wakes the thread that carries out what comes of it. `None` before
/// [`start`] or [`init`].
///
/// The lock is held meanwhile: `act` must not call functions of this module.
pub fn with<R>(act: impl FnOnce(&mut Carrier<'static>, Instant) -> R) -> Option<R> {
    let mut shared = lock();
    let result = shared.carrier.as_mut().map(|carrier| act(carrier, os::now()));
    os::wake();
    result
}

/// Says that the value at this path of an object of the application, or values below it, are new ones.
pub fn changed(path: Path) {
    let _ = with(|carrier, now| carrier.handle(now, Input::Changed(path)));
}

/// Says that an object of the application has other Object Instances than before.
pub fn instances_changed() {
    let _ = with(|carrier, now| carrier.handle(now, Input::InstancesChanged));
}

/// Asks for something; what comes of it is told by events. What cannot be done now is not done.
pub fn request(request: Request) {
    let _ = with(|carrier, now| carrier.handle(now, Input::Request(request)));
}

/// Sends the values at these paths to a server (LwM2M Send).
///
/// # Errors
/// Nothing is sent then. [`SendError::NotRegistered`] also before [`start`] or [`init`].
pub fn send(paths: &[Path]) -> Result<(), SendError> {
    with(|carrier, _| carrier.client().send(paths)).unwrap_or(Err(SendError::NotRegistered))
}

/// Whether the device is registered with a server.
pub fn is_registered() -> bool {
    with(|carrier, _| carrier.is_registered()).unwrap_or(false)
}
