//! Sessions with servers: sockets, by the core's numbers. The sockets are Zephyr's, or those of the
//! modem.

#[cfg(carrier_modem_nrf91)]
use super::modem::sockets;
#[cfg(not(carrier_modem_nrf91))]
use super::os as sockets;
use crate::capacity::{ACCOUNTS, URI};
use crate::carrier::{Endpoint, Input, SessionFault, SessionId};
use crate::time::Instant;
use core::ffi::{CStr, c_int};
use heapless::Vec;

/// No socket.
const NONE: c_int = -1;

/// The open sockets.
pub(super) struct Sessions {
    sockets: [c_int; ACCOUNTS],
    /// Those that may have something.
    ready: u32,
}

/// Where a session goes, kept while nothing else may be.
pub(super) struct Target {
    /// Terminated.
    host: Vec<u8, { URI + 1 }>,
    port: u16,
    security_tag: Option<u32>,
}

impl Target {
    pub(super) fn new(endpoint: &Endpoint<'_>) -> Self {
        let mut host = Vec::new();
        // A host is a part of a URI, so it fits; one that did not would not be resolved.
        let _ = host.extend_from_slice(endpoint.host.as_bytes());
        let _ = host.push(0);
        Self { host, port: endpoint.port, security_tag: endpoint.security_tag }
    }
}

impl Sessions {
    pub(super) const fn new() -> Self {
        Self { sockets: [NONE; ACCOUNTS], ready: 0 }
    }

    /// Opens a session; what became of it is for the core. This takes as long as name resolution
    /// and handshake do.
    pub(super) fn open(&mut self, session: SessionId, target: &Target) -> Input<'static> {
        self.close(session);
        let Ok(host) = CStr::from_bytes_with_nul(&target.host) else {
            return Input::Closed(session, SessionFault::NoRoute);
        };
        match sockets::open(host, target.port, target.security_tag) {
            Ok(socket) => {
                if let Some(place) = self.sockets.get_mut(usize::from(session.0)) {
                    *place = socket;
                }
                let new = target.security_tag.is_some() && !sockets::is_resumed(socket);
                Input::Opened { session, new }
            }
            Err(refusal) => {
                log!(warn, "session {}: not opened ({})", session.0, refusal.errno);
                Input::Closed(
                    session,
                    if refusal.handshake { SessionFault::Handshake } else { SessionFault::NoRoute },
                )
            }
        }
    }

    /// Sends a datagram; `false` when the session broke.
    pub(super) fn send(&mut self, session: SessionId, datagram: &[u8]) -> bool {
        match sockets::send(self.socket(session), datagram) {
            Ok(()) => true,
            Err(errno) => {
                log!(warn, "session {}: not sent ({})", session.0, errno);
                // What does not go out now is sent again, or not: the core sees to that.
                !is_broken(errno)
            }
        }
    }

    /// Closes a session, if it is open.
    pub(super) fn close(&mut self, session: SessionId) {
        if let Some(socket) = self.sockets.get_mut(usize::from(session.0))
            && *socket != NONE
        {
            sockets::close(core::mem::replace(socket, NONE));
            self.ready &= !(1 << session.0);
        }
    }

    /// Waits until a session may have something, for a wake-up or for the deadline.
    pub(super) fn wait(&mut self, deadline: Option<Instant>) {
        self.ready |= sockets::wait(&self.sockets, deadline);
    }

    /// The next thing that a session has for the core.
    pub(super) fn receive<'b>(&mut self, buffer: &'b mut [u8]) -> Option<Input<'b>> {
        while self.ready != 0 {
            let session = SessionId(self.ready.trailing_zeros() as u8);
            match sockets::receive(self.socket(session), buffer) {
                // The borrow checker does not see that the other arms let go of the buffer.
                Ok(datagram) => {
                    let len = datagram.len();
                    return Some(Input::Received(session, buffer.get(..len).unwrap_or_default()));
                }
                Err(errno) => {
                    self.ready &= self.ready - 1;
                    if is_broken(errno) {
                        log!(warn, "session {}: broken ({})", session.0, errno);
                        self.close(session);
                        return Some(Input::Closed(session, SessionFault::Broken));
                    }
                }
            }
        }
        None
    }

    fn socket(&self, session: SessionId) -> c_int {
        self.sockets.get(usize::from(session.0)).copied().unwrap_or(NONE)
    }
}

/// Whether an error means that the session is of no more use.
fn is_broken(errno: i32) -> bool {
    /// Resource temporarily unavailable, interrupted, no memory or no buffers at the moment.
    const PASSING: [i32; 4] = [-11, -4, -12, -105];
    !PASSING.contains(&errno)
}
