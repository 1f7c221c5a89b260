//! What goes into the carrier machine and what comes out of it.

use super::Event;
use crate::lwm2m::Path;
use crate::modem::{Command, Report};
use crate::secret::Secret;
use crate::storage::Record;
use crate::time::Instant;

/// A session with a server: a UDP socket, or a DTLS session over one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionId(pub u8);

/// Where a session goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Endpoint<'a> {
    /// Host name, IPv4 address, or IPv6 address without brackets.
    pub host: &'a str,
    /// UDP port.
    pub port: u16,
    /// Security tag of the pre-shared key for DTLS; `None` for plain UDP.
    pub security_tag: Option<u32>,
}

/// Something that happened.
#[derive(Debug)]
#[non_exhaustive]
pub enum Input<'a> {
    /// `lwm2m_carrier_init`: initialise the modem and bring up the link.
    Initialise,
    /// `lwm2m_carrier_run`: bootstrap if needed, register, serve.
    Run,
    /// The modem said something.
    Modem(Report<'a>),
    /// The session asked for is open; `new` when a new security context was made for it (a full
    /// DTLS handshake), so that a registration made in an earlier one no longer counts.
    Opened {
        /// Which.
        session: SessionId,
        /// Whether the security context is a new one.
        new: bool,
    },
    /// The session could not be opened, or it broke.
    Closed(SessionId, SessionFault),
    /// A datagram came in.
    Received(SessionId, &'a [u8]),
    /// The answer to [`Output::Load`]; `None` when there is no such record.
    Loaded(Record, Option<&'a [u8]>),
    /// What the application's handler returned for [`Event::Reboot`].
    Answer(i32),
    /// The application wants something.
    Request(Request),
    /// The value at this path, or values below it, are new ones.
    Changed(Path),
    /// An object of the application has other Object Instances than before.
    InstancesChanged,
}

/// What the application can ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Request {
    /// Reboot the device, as if a server had asked.
    Reboot,
    /// Bring the link up again after `LinkDown`.
    LinkUp,
    /// De-register and take the link down.
    LinkDown,
    /// Register with every server; where registered already, send an Update.
    Register,
    /// De-register from every server and stay so.
    Deregister,
}

/// Why a session is not open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SessionFault {
    /// The name could not be resolved, or there is no route to the address.
    NoRoute,
    /// The DTLS handshake failed.
    Handshake,
    /// It was open and broke.
    Broken,
}

/// What is to be done.
#[derive(Debug)]
#[non_exhaustive]
pub enum Output<'b> {
    /// `lwm2m_carrier_init` is done, with 0 or a negative errno.
    Initialised(i32),
    /// Tell the application. After [`Event::Reboot`] its answer comes back as [`Input::Answer`].
    Event(Event<'b>),
    /// Give the modem a command; reports come back as [`Input::Modem`].
    Modem(Command<'b>),
    /// Open a session: [`Input::Opened`] or [`Input::Closed`] follows.
    Open(SessionId, Endpoint<'b>),
    /// Send a datagram.
    Transmit(SessionId, Secret<&'b [u8]>),
    /// Close a session; nothing follows.
    Close(SessionId),
    /// Hand in a stored record: [`Input::Loaded`] follows.
    Load(Record),
    /// Replace a stored record, at once or not at all.
    Store(Record, Secret<&'b [u8]>),
    /// Remove a stored record, if it is there.
    Erase(Record),
    /// Reboot the device now.
    Reboot,
    /// Nothing more to do until then (`None`: until something happens).
    Wait(Option<Instant>),
}
