//! What the client tells the floor above, and what it wants done.

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

impl Fault {
    /// Tells that an attempt failed and the next one comes in some seconds.
    pub(super) const fn deferred(self, bootstrap: bool, seconds: u32) -> Notice {
        match (bootstrap, self) {
            (true, Self::NoRoute) => Notice::BootstrapNoRoute(seconds),
            (true, Self::Handshake) => Notice::BootstrapHandshake(seconds),
            (true, Self::Sequence) => Notice::BootstrapSequence(seconds),
            (false, Self::NoRoute) => Notice::ServerNoRoute(seconds),
            (false, Self::Handshake) => Notice::ServerHandshake(seconds),
            (false, Self::Sequence) => Notice::ServerSequence(seconds),
        }
    }
}

/// How a confirmable notification ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u32)]
pub enum Delivery {
    /// The server acknowledged it.
    Acknowledged = 0,
    /// Every retransmission is used up, and no acknowledgement came.
    TimedOut = 1,
    /// The server rejected it: the observation has ended.
    Reset = 2,
}

/// What the floor above is told.
// One number behind the kind, so that both go in registers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// Registered with a server, or after the loss of the link still registered.
    Registered,
    /// De-registered from a server, or it did not answer.
    Deregistered,
    /// There was no way to the bootstrap server; seconds until the next attempt.
    BootstrapNoRoute(u32),
    /// The DTLS handshake with it failed; seconds until the next attempt.
    BootstrapHandshake(u32),
    /// It refused or did not answer; seconds until the next attempt.
    BootstrapSequence(u32),
    /// There was no way to a server; seconds until the next attempt.
    ServerNoRoute(u32),
    /// The DTLS handshake with it failed; seconds until the next attempt.
    ServerHandshake(u32),
    /// It refused or did not answer; seconds until the next attempt.
    ServerSequence(u32),
    /// Every attempt to register with a server is used up.
    Exhausted,
    /// The same, and its account asks for a bootstrap now.
    BootstrapWanted,
    /// The bootstrap sequence is done, the accounts are new.
    Bootstrapped,
    /// Every attempt to bootstrap is used up.
    BootstrapExhausted,
    /// A bootstrap sequence failed half-way: the accounts are to be what they were before it.
    Rollback,
    /// A part of a firmware image is in [`super::Client::package`]: to be stored, then
    /// [`super::Client::package_stored`] is to be called.
    Package,
    /// The rest of an image did not come.
    PackageLost,
    /// The device is to reboot.
    Reboot,
    /// Everything is to be as it was when it left the factory.
    FactoryReset,
    /// A bootstrap is to begin.
    BootstrapTrigger,
    /// What a registration needs to know of its server was written.
    ServerChanged,
    /// What servers set by Write-Attributes is other than before.
    AttributesChanged,
    /// The image is to be installed.
    FirmwareUpdate,
    /// The image, whole or in part, is to be dropped.
    FirmwareReset,
    /// What became of a Send: the code of the answer ([`crate::coap::Code::byte`]), or 0 when there
    /// was none.
    Sent(u32),
    /// What became of a confirmable notification.
    Notified(Delivery),
    /// A server wrote data that the application is to be told of: [`super::Client::take_written`].
    AppData,
}

/// A part of a firmware image.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// It is the first part.
    pub first: bool,
    /// It is the last part.
    pub last: bool,
    /// Bytes; 0 when the part came again and is stored already.
    pub len: u16,
    /// Where it belongs in the image.
    pub offset: u32,
}

impl Part {
    /// None.
    pub(super) const NONE: Self = Self { first: false, last: false, len: 0, offset: 0 };
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
    Wait(Instant),
}
