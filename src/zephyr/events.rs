//! The way of an event from the core to the application: a queue, a work item, the application's handler.

use super::os;
use super::shared::lock;
use crate::carrier::{Event, Input};

/// Hands the event that waits longest to the application; `true` if there are more. The shim's work
/// item calls it, on the work queue that Kconfig names.
#[unsafe(no_mangle)]
extern "C" fn carrier_deliver() -> bool {
    let (event, handler) = {
        let mut shared = lock();
        let full = shared.events.is_full();
        let event = shared.events.pop_front();
        if full {
            // The carrier thread waits for room.
            os::wake();
        }
        (event, shared.handler)
    };
    let Some(event) = event else { return false };
    let answer = match handler {
        Some(handler) => handler(&event),
        #[cfg(feature = "staticlib")]
        None => crate::ffi::tell(&event),
        // A Rust application gives its handler when it starts the library.
        #[cfg(not(feature = "staticlib"))]
        None => 0,
    };
    let mut shared = lock();
    if event == Event::Reboot {
        shared.carrier.handle(os::now(), Input::Answer(answer));
        os::wake();
    }
    !shared.events.is_empty()
}
