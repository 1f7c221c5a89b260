//! The modem of an nRF91, by Nordic's modem library.
//!
//! The nrf-modem crate brings the library, its memory and its interrupt, and starts it. What the
//! crate has above that is not used: its sockets turn the radio on and off by themselves
//! (`AT+CFUN`) and take over the notifications of the network (`AT+CEREG`), which are the carrier
//! machine's; its futures copy answers of a fixed size. The library's own calls do without.
//!
//! Interrupts of the modem put lines into a buffer and wake the carrier thread; calls that take long
//! let it sleep (`zephyr/nrf91.c`).

mod library;
pub(in super::super) mod sockets;

use crate::modem::nrf91::Nrf91;
use crate::modem::{Command, FunctionalMode, Report};
use crate::time::Instant;
use library::Nordic;

/// The modem.
pub(in super::super) struct Modem(Nrf91<Nordic>);

impl Modem {
    pub(in super::super) const fn new() -> Self {
        Self(Nrf91::new(Nordic))
    }

    /// Begins a command.
    pub(in super::super) fn command(&mut self, now: Instant, command: &Command<'_>) {
        if matches!(command, Command::SetFunctionalMode(FunctionalMode::Normal)) {
            self.0.library().listen();
        }
        if self.0.command(now, command).is_err() {
            // One command at a time is the core's promise.
            log!(error, "the modem has another command in hand");
        }
    }

    /// The next report, if there is one.
    pub(in super::super) fn poll(&mut self, now: Instant) -> Option<Report<'_>> {
        self.0.poll(now)
    }

    /// Whether a server asked for an Update by a short message, since the last call.
    pub(in super::super) fn is_update_wanted(&mut self) -> bool {
        // The library does one AT command at a time, and would wait for the one in hand.
        self.0.deadline().is_none() && self.0.library().is_update_wanted()
    }

    /// When [`Modem::poll`] is due, apart from when the library has something.
    pub(in super::super) fn deadline(&self) -> Option<Instant> {
        self.0.deadline()
    }
}
