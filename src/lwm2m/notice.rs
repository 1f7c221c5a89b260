//! What the client tells the floor above, and what it wants done.

use super::Effect;
use crate::time::Instant;

/// Why an attempt to bootstrap or to register failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// There is no way to the server.
    NoRoute,
    /// The DTLS handshake failed.
    Handshake,
    /// The server was reached, and refused or did not answer.
    Sequence,
}

/// What the floor above is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Registered with the server of this Short Server ID.
    Registered(u16),
    /// De-registered from it, or it did not answer.
    Deregistered(u16),
    /// An attempt failed; the next one comes in some seconds.
    Deferred {
        /// Whether it was an attempt to bootstrap.
        bootstrap: bool,
        /// Why it failed.
        fault: Fault,
        /// Seconds until the next attempt.
        seconds: u32,
    },
    /// Every attempt to register with a server is used up.
    Exhausted {
        /// Whether its account asks for a bootstrap now.
        bootstrap: bool,
    },
    /// The bootstrap sequence is done, the accounts are new.
    Bootstrapped,
    /// Every attempt to bootstrap is used up.
    BootstrapExhausted,
    /// A bootstrap sequence failed half-way: the accounts are to be what they were before it.
    Rollback,
    /// A part of a firmware image is in [`super::Client::package`]: to be stored, then
    /// [`super::Client::package_stored`] is to be called.
    Package {
        /// It is the first part.
        first: bool,
        /// It is the last part.
        last: bool,
        /// Where it belongs in the image.
        offset: u32,
        /// Bytes; 0 when the part came again and is stored already.
        len: u16,
    },
    /// The rest of an image did not come.
    PackageLost,
    /// A server did something that reaches beyond the data model.
    #[expect(private_interfaces, reason = "effects are for the carrier floor")]
    Effect(Effect),
    /// Send was acknowledged, or not.
    Sent(bool),
}

/// What is to be done.
#[derive(Debug)]
pub enum Output {
    /// Open a session: [`super::Client::opened`] or [`super::Client::closed`] is to follow.
    Open(u8),
    /// Close a session.
    Close(u8),
    /// Send a datagram: this many bytes of the buffer.
    Transmit(u8, usize),
    /// Something happened.
    Notice(Notice),
    /// Nothing more until then.
    Wait(Option<Instant>),
}
