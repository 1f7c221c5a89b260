//! The library runs on a thread of its own; the application is told what happens.

#![no_std]

use log::error;
use lwm2m_carrier::carrier::Event;
use lwm2m_carrier::zephyr::{default_config, start};
use zephyr::printkln;

/// Runs on a work queue, never on the library's thread: it may take its time.
fn on_event(event: &Event<'_>) -> i32 {
    let (name, number) = (event.name(), event.number());
    match *event {
        Event::Deferred { reason, seconds } => {
            printkln!("{name} ({number}): reason {}, next attempt in {seconds} s", reason as u32);
        }
        Event::Error { kind, value } => {
            printkln!("{name} ({number}): code {}, value {value}", kind as u32);
        }
        Event::FotaStart { uri } => {
            printkln!("{name} ({number}): {}", uri.unwrap_or("pushed by the server"));
        }
        _ => printkln!("{name} ({number})"),
    }
    // A reboot is welcome at any time.
    0
}

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    // SAFETY: nothing logs yet.
    let _ = unsafe { zephyr::set_logger() };
    let started = default_config().and_then(|config| start(&config, on_event, []));
    if let Err(errno) = started {
        error!("the library does not start: {errno}");
    }
}
