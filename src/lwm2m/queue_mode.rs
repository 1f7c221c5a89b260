//! Queue mode: a server keeps its requests until the device says something (Transport 6.5).
//!
//! It is on where the settings, or the binding that the server gave its account (/1/x/7), ask for it,
//! and for each registration as the server was told last.
//!
//! 1. **The waiting window.** After each message of either side, a retransmission too, the device can
//!    be reached for MAX_TRANSMIT_WAIT (RFC 7252, 4.8.2; 93 seconds by default), or for
//!    [`super::Settings::idle_timeout`] where that is longer. Then the session is closed, with DTLS or
//!    without, and the radio has nothing to expect.
//! 2. **It opens with what the device says.** A DTLS session is resumed, and the registration still
//!    holds. Without DTLS the server knows the device by its address, which is another one now,
//!    so an Update goes first, and notifications wait for its answer.

use super::client::Client;
use crate::time::Duration;

impl Client<'_> {
    /// How long a server in queue mode can reach the device after the last message.
    pub(super) fn waiting_window(&self) -> Duration {
        self.settings.idle_timeout.max(self.settings.transmission.max_transmit_wait())
    }
}
