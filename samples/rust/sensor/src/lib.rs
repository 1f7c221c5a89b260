//! A temperature that changes every few seconds, for servers to read and observe.

#![no_std]

mod temperature;

use core::sync::atomic::Ordering;
use log::error;
use lwm2m_carrier::carrier::Event;
use lwm2m_carrier::zephyr::{changed, default_config, start};
use static_cell::StaticCell;
use temperature::{CELSIUS, SENSOR_VALUE, Temperature};
use zephyr::printkln;
use zephyr::time::{Duration, sleep};

static TEMPERATURE: StaticCell<Temperature> = StaticCell::new();

fn on_event(event: &Event<'_>) -> i32 {
    printkln!("{} ({})", event.name(), event.number());
    0
}

#[unsafe(no_mangle)]
extern "C" fn rust_main() {
    // SAFETY: nothing logs yet.
    let _ = unsafe { zephyr::set_logger() };
    let sensor = TEMPERATURE.init(Temperature);
    let started = default_config().and_then(|config| start(&config, on_event, [sensor]));
    if let Err(errno) = started {
        error!("the library does not start: {errno}");
        return;
    }
    // In place of a sensor: up from 20 to 25 degrees, and down again.
    let rising = (2000..2500).step_by(50);
    let falling = (2001..=2500).rev().step_by(50);
    for celsius in rising.chain(falling).cycle().skip(1) {
        sleep(Duration::secs(3));
        CELSIUS.store(celsius, Ordering::Relaxed);
        printkln!("temperature: {}.{:02}", celsius / 100, celsius % 100);
        // Whoever observes it is told.
        changed(SENSOR_VALUE);
    }
}
