//! What the application is told. Names and numbers are those of version 0.10.0 of the reference
//! library's interface; numbers are never reused or changed, later ones start at 32.

pub use crate::lwm2m::Delivery;
use crate::lwm2m::Path;
use crate::modem::Warning;

/// An event for the application.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// The modem library is initialised.
    BsdlibInit,
    /// The LTE link is being brought up.
    Connecting,
    /// The LTE link is up.
    Connected,
    /// The LTE link is being taken down.
    Disconnecting,
    /// The LTE link is down.
    Disconnected,
    /// The bootstrap sequence is done: server accounts are there.
    Bootstrapped,
    /// Registered with a device management server.
    Registered,
    /// An attempt to reach a server failed, the next one comes in `seconds`.
    Deferred {
        /// Why.
        reason: Deferred,
        /// Seconds until the next attempt.
        seconds: u32,
    },
    /// A firmware update begins: the application closes its TLS sessions.
    FotaStart {
        /// Where the image comes from; `None` when the server pushes it.
        uri: Option<&'a str>,
    },
    /// The device will reboot. The handler answers 0 to let the library do it now, anything else
    /// to do it itself when it is ready.
    Reboot,
    /// The link is up and the device is bootstrapped: the application may use the link.
    LteReady,
    /// Something failed for good, or until the next restart.
    Error {
        /// What failed.
        kind: ErrorKind,
        /// A negative errno value, or a detail the kind defines.
        value: i32,
    },
    /// De-registered from a server: on request, or because the server disabled the device.
    Deregistered,
    /// The modem warns of its own state. Too hot or without power it may turn the radio off; the
    /// library turns it on again later. After too many restarts it does not attach for 30 minutes.
    /// The value: 0 too hot, 1 battery low, 2 too many restarts.
    ModemDomain(Warning),
    /// How a confirmable notification ended. One whose observation or session ends before that has no
    /// result, and neither have those that need no acknowledgement.
    Notification {
        /// The value: 0 acknowledged, 1 timed out, 2 reset.
        result: Delivery,
    },
    /// What became of a Send.
    Sent {
        /// 0 when the server took it, a negative errno value (ETIMEDOUT) when it did not answer, else
        /// the CoAP code of the answer as a number of three digits, as 404.
        result: i32,
    },
    /// A server wrote data for the application: /19/x/0/y or /10250/0/1, to be read with
    /// [`crate::api::app_data`]. Each value has its event; one that is written again before that has one.
    AppData {
        /// Where it is.
        path: Path,
    },
}

impl Event<'_> {
    /// `LWM2M_CARRIER_EVENT_*`.
    pub const fn number(&self) -> u32 {
        match self {
            Self::BsdlibInit => 1,
            Self::Connecting => 2,
            Self::Connected => 3,
            Self::Disconnecting => 4,
            Self::Disconnected => 5,
            Self::Bootstrapped => 6,
            Self::Registered => 7,
            Self::Deferred { .. } => 8,
            Self::FotaStart { .. } => 9,
            Self::Reboot => 10,
            Self::LteReady => 11,
            Self::Error { .. } => 20,
            Self::Deregistered => 32,
            Self::ModemDomain(_) => 33,
            Self::AppData { .. } => 34,
            Self::Notification { .. } => 35,
            Self::Sent { .. } => 36,
        }
    }

    /// The name behind `LWM2M_CARRIER_EVENT_`.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::BsdlibInit => "BSDLIB_INIT",
            Self::Connecting => "CONNECTING",
            Self::Connected => "CONNECTED",
            Self::Disconnecting => "DISCONNECTING",
            Self::Disconnected => "DISCONNECTED",
            Self::Bootstrapped => "BOOTSTRAPPED",
            Self::Registered => "REGISTERED",
            Self::Deferred { .. } => "DEFERRED",
            Self::FotaStart { .. } => "FOTA_START",
            Self::Reboot => "REBOOT",
            Self::LteReady => "LTE_READY",
            Self::Error { .. } => "ERROR",
            Self::Deregistered => "DEREGISTERED",
            Self::ModemDomain(_) => "MODEM_DOMAIN",
            Self::AppData { .. } => "APP_DATA",
            Self::Notification { .. } => "NOTIFICATION",
            Self::Sent { .. } => "SENT",
        }
    }
}

/// Why an attempt was deferred: `LWM2M_CARRIER_DEFERRED_*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[repr(u32)]
pub enum Deferred {
    /// No reason known.
    NoReason = 0,
    /// The packet data connection could not be activated.
    PdnActivate = 1,
    /// No route to the bootstrap server.
    BootstrapNoRoute = 2,
    /// The DTLS handshake with the bootstrap server failed.
    BootstrapConnect = 3,
    /// The bootstrap sequence was not begun or not finished by the server.
    BootstrapSequence = 4,
    /// No route to a device management server.
    ServerNoRoute = 5,
    /// The DTLS handshake with a device management server failed.
    ServerConnect = 6,
    /// A device management server refused the registration or did not answer it.
    ServerRegistration = 7,
}

/// What failed: `LWM2M_CARRIER_ERROR_*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[repr(u32)]
pub enum ErrorKind {
    /// Nothing.
    NoError = 0,
    /// The LTE link could not be brought up.
    ConnectFail = 1,
    /// The LTE link could not be taken down.
    DisconnectFail = 2,
    /// The bootstrap failed: a negative value came from writing keys, 0 means that every attempt
    /// at the sequence was used up.
    Bootstrap = 3,
    /// The firmware image is not valid.
    FotaPackage = 4,
    /// The firmware server does not speak as it must.
    FotaProtocol = 5,
    /// The firmware server cannot be reached.
    FotaConnection = 6,
    /// The connection to the firmware server was lost.
    FotaConnectionLost = 7,
    /// A valid image could not be installed.
    FotaFail = 8,
    /// Every attempt to reach or register with a server was used up.
    Connect = 32,
    /// The configuration cannot be used.
    Configuration = 33,
}
