//! Queue mode: a server keeps its requests until the device says something (Transport 6.5).
//!
//! It is on where the settings, or the binding that the server gave its account (/1/x/7), ask for it,
//! and for each registration as the server was told last.
//!
//! 1. **The waiting window.** After each message of either side, a retransmission too, the device can
//!    be reached for MAX_TRANSMIT_WAIT (RFC 7252, 4.8.2; 93 seconds by default). Then the session is
//!    closed, with DTLS or without, and the radio has nothing to expect. A DTLS session lasts for
//!    [`super::Settings::idle_timeout`] if that is longer: where sessions cannot be resumed, it is
//!    better kept than made anew.
//! 2. **It opens with what the device says.** A DTLS session is resumed, and the registration still
//!    holds. But the device's address is another one, at which the server's own requests must find
//!    it: so an Update goes first, and notifications wait for its answer. To De-register it opens, too.
//! 3. **What can wait goes with what cannot.** Deadlines are those that hold without queue mode.
//!    But while something goes out or comes in, of whatever server, everything of every server goes
//!    out too whose period is half over: the notifications of a Maximum Period (never before the
//!    Minimum Period is over) and the Update that keeps a registration. Half is the largest part that
//!    lets everything go along with whatever has the shortest period, and nothing goes out more
//!    than twice as often as it must.
//!
//! A change that is to be notified and a Send do not wait, and nothing is looked at between deadlines.

use super::client::Client;
use crate::capacity::ACCOUNTS;
use crate::time::{Duration, Instant};

/// Whether there is queue mode at all. Without it the settings and servers ask for it in vain.
pub(super) const QUEUES: bool = cfg!(feature = "queue-mode");

impl Client<'_> {
    /// How long a server in queue mode can reach the device after the last message.
    pub(super) fn waiting_window(&self, secure: bool) -> Duration {
        let kept = if secure { self.settings.idle_timeout } else { Duration::ZERO };
        kept.max(self.settings.transmission.max_transmit_wait())
    }

    /// When the radio was used last, which is what a server's near things go along with; the origin of
    /// time, before all of them, where it was not told that the device sleeps.
    pub(super) fn awake(&self, slot: u8) -> Instant {
        let mut last = Instant::ZERO;
        if QUEUES && self.peers[usize::from(slot).min(ACCOUNTS - 1)].registration.queue_mode {
            for peer in &self.peers {
                last = last.max(peer.active);
            }
        }
        last
    }
}
