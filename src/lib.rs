//! A carrier library for cellular devices: it brings up the LTE link, bootstraps and registers the
//! device with its operator's LwM2M servers, answers them, updates firmware, and tells the
//! application what happens.
//!
//! The library does no I/O, reads no clock and uses no heap. Its caller hands in what happened and
//! is told what to do:
//!
//! ```text
//! carrier.handle(now, Input::…);                  // something happened
//! loop {
//!     match carrier.poll(now, &mut buffer) {      // what is to be done about it
//!         Output::Wait(deadline) => break,        // nothing more until then
//!         output => …                             // an event, a modem command, a datagram, …
//!     }
//! }
//! ```
//!
//! The floors, from the bottom: [`coap`] messages; [`lwm2m`], an operator-independent client;
//! [`modem`], what a modem can do, and the AT dialect of it; [`carrier`], which makes the client a
//! carrier library; with the feature `zephyr`, what carries it out on Zephyr. Each knows only the
//! floors below it.
#![no_std]
#![deny(unsafe_code)]
#![cfg_attr(not(feature = "zephyr"), forbid(unsafe_code))]

#[macro_use]
mod macros;

pub mod api;
mod bytes;
pub mod capacity;
pub mod carrier;
pub mod coap;
#[cfg(feature = "staticlib")]
#[expect(unsafe_code, reason = "the C API: pointers come in, and functions go out by name")]
mod ffi;
pub mod lwm2m;
pub mod modem;
mod queue;
pub mod random;
pub mod secret;
pub mod storage;
pub mod time;
#[cfg(feature = "zephyr")]
#[expect(unsafe_code, reason = "the functions of the shim, and what the carrier's lock guards")]
pub mod zephyr;
