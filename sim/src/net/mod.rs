//! The outside world as the simulator sees it: UDP and DTLS sockets in both roles, lines from
//! standard input, signals, and the clock, all waited for on one thread.
//!
//! ```text
//! let mut poller = Poller::new()?;
//! let mut client = Client::open(&poller, now(), &options)?;
//! loop {
//!     poller.wait(earliest(client.deadline(), own_deadline))?;
//!     while let Some(said) = poller.said() { … }
//!     while let Some(event) = client.poll(now()) { … }   // until there is nothing more
//! }
//! ```
//!
//! A socket reports readiness once for whatever has come in, so `poll` is called until it gives
//! `None`; calling it early or twice is harmless. Read beside it: RFC 6347 (DTLS 1.2), RFC 4279
//! and RFC 6655 (pre-shared keys, AES-CCM), RFC 7252 section 9.

mod client;
mod clock;
mod dtls;
mod listener;
mod poller;
mod sessions;

pub use client::{Client, ClientEvent, Options};
pub use clock::now;
pub use dtls::{Keys, Psk};
pub use listener::{Listener, ListenerEvent, PEERS, PeerId};
pub use poller::{Poller, Said};
pub use sessions::Sessions;

/// The largest UDP payload there is, so that no datagram is cut.
const DATAGRAM: usize = 65_535;

/// How often a socket's "call again" is taken at its word before the next wait.
const READS_AT_ONCE: usize = 256;
