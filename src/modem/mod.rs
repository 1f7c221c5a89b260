//! What a modem can do, said by meaning: [`Command`]s go down, [`Report`]s come up.
//!
//! One command is in hand at a time. It ends with exactly one [`Report::Done`] or
//! [`Report::Failed`]; the values it asked for are reported before that. Reports about the network
//! come whenever something changes.

pub mod at;
pub mod nrf91;

use crate::secret::Secret;

/// What the modem's radio is to do (3GPP TS 27.007, +CFUN).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FunctionalMode {
    /// Everything off; non-volatile data is saved.
    PowerOff,
    /// Radio and SIM active.
    Normal,
    /// Radio off ("flight mode"): keys can be written.
    Offline,
}

/// What kind of credential a key is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum KeyKind {
    /// A pre-shared key.
    Psk,
    /// The identity that goes with a pre-shared key.
    Identity,
}

/// The type of a packet data network connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum PdnType {
    /// IPv4 and IPv6, whichever the network gives.
    #[default]
    Ipv4v6 = 0,
    /// IPv4 only.
    Ipv4 = 1,
    /// IPv6 only.
    Ipv6 = 2,
    /// No IP at all.
    NonIp = 3,
}

/// A command to the modem.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Command<'a> {
    /// Start the modem, subscribe to its notifications, read what never changes:
    /// [`Identity`] reports (all but those of the SIM) come before `Done`.
    Initialise,
    /// Change what the radio does. `Done` says that the modem took the command; whether the
    /// network took the device is told by [`Report::Registration`].
    SetFunctionalMode(FunctionalMode),
    /// Set access point name (empty: the network's choice) and type of the default connection.
    ConfigurePdn {
        /// Access Point Name.
        apn: &'a str,
        /// Connection type asked for.
        pdn_type: PdnType,
    },
    /// Read what the SIM says: [`Identity::Imsi`], [`Identity::Iccid`], [`Identity::Msisdn`] as far
    /// as they are there. Needs an active SIM.
    ReadSim,
    /// Read addresses and Access Point Name of the connection in use.
    ReadAddress,
    /// Measure: [`Report::Signal`].
    ReadSignal,
    /// Read the network's time: [`Report::Clock`], if the modem knows it.
    ReadClock,
    /// Ask whether a key is there: [`Report::Key`].
    FindKey {
        /// Security tag.
        tag: u32,
        /// Which part of the credential.
        kind: KeyKind,
    },
    /// Write a key. Modems take keys while the radio is off only.
    WriteKey {
        /// Security tag.
        tag: u32,
        /// Which part of the credential.
        kind: KeyKind,
        /// The key, or the identity, in plain bytes.
        value: Secret<&'a [u8]>,
    },
    /// Delete a key, if it is there. Modems do so while the radio is off only.
    DeleteKey {
        /// Security tag.
        tag: u32,
        /// Which part of the credential.
        kind: KeyKind,
    },
    /// Prepare for a firmware image: what was received of another is dropped.
    BeginUpdate,
    /// Take the next piece of the image, in order and without gaps.
    WriteUpdate {
        /// Where the piece belongs.
        offset: u32,
        /// The piece.
        bytes: &'a [u8],
    },
    /// The image is complete: check it.
    FinishUpdate,
    /// Install the image. The modem restarts for it and must be initialised again.
    ApplyUpdate,
    /// Drop what was received of an image.
    CancelUpdate,
}

/// Why a command failed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The modem said no.
    Refused,
    /// No answer in time.
    Timeout,
    /// This modem, or its dialect, has no such command.
    Unsupported,
    /// The command is not possible now: the radio is on, or off, or there is no SIM.
    NotNow,
    /// No room for a key or an image.
    NoMemory,
    /// The image is not one that this modem takes, or it is damaged.
    Image,
    /// The stream to the modem failed.
    Io,
}

/// Something the modem said.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Report<'a> {
    /// The command in hand was carried out.
    Done,
    /// The command in hand was not carried out.
    Failed(Error),
    /// Who or what the modem or the SIM is.
    Identity(Identity<'a>),
    /// Where the device stands with the network.
    Registration(Registration),
    /// The cell in use.
    Cell(Cell),
    /// The operator in use: mobile country code and mobile network code.
    Operator {
        /// Mobile country code, 0..=999.
        mcc: u16,
        /// Mobile network code, 0..=999.
        mnc: u16,
    },
    /// A measurement.
    Signal {
        /// Reference signal received power in dBm.
        rsrp: i16,
        /// Reference signal received quality in dB, rounded.
        rsrq: i16,
    },
    /// An address of the connection in use.
    Address(Secret<&'a str>),
    /// The Access Point Name in use.
    Apn(&'a str),
    /// A packet data connection came or went.
    Pdn(Pdn),
    /// What became of the SIM.
    Sim(Sim),
    /// The time of day.
    Clock {
        /// Seconds since 1970-01-01T00:00:00Z.
        utc: i64,
        /// Local time minus UTC, in minutes, if the network told.
        offset: Option<i16>,
    },
    /// Whether the key asked for with [`Command::FindKey`] is there.
    Key(bool),
    /// Voltage of the supply, in mV.
    Voltage(u16),
    /// The modem warns of its own state.
    Warning(Warning),
    /// The modem restarted by itself: it must be initialised again.
    Restarted,
}

/// What the modem or the SIM says about itself.
#[derive(Clone, Copy, PartialEq, Debug)]
#[non_exhaustive]
pub enum Identity<'a> {
    /// Manufacturer.
    Manufacturer(&'a str),
    /// Model.
    Model(&'a str),
    /// Version of the modem firmware.
    Firmware(&'a str),
    /// Version of the hardware.
    Hardware(&'a str),
    /// International Mobile Equipment Identity, 15 digits.
    Imei(Secret<&'a str>),
    /// International Mobile Subscriber Identity, 6 to 15 digits.
    Imsi(Secret<&'a str>),
    /// The SIM's serial number, 18 to 20 digits.
    Iccid(Secret<&'a str>),
    /// The subscriber's telephone number.
    Msisdn(Secret<&'a str>),
}

/// Where the device stands with the network (3GPP TS 27.007, +CEREG).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Registration {
    /// Not registered and not looking.
    None,
    /// Looking for a network.
    Searching,
    /// Registered in the home network.
    Home,
    /// Registered abroad.
    Roaming,
    /// The network refused the device.
    Denied,
    /// Out of coverage, or unknown.
    Unknown,
    /// The SIM failed (nRF91).
    SimFailure,
}

impl Registration {
    /// Whether data can flow.
    pub const fn is_registered(self) -> bool {
        matches!(self, Self::Home | Self::Roaming)
    }
}

/// The cell in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Cell {
    /// E-UTRAN cell identity, 28 bits.
    pub id: u32,
    /// Tracking area code.
    pub tac: u16,
    /// Radio technology.
    pub technology: Technology,
}

/// A radio technology.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Technology {
    /// LTE-M.
    LteM,
    /// NB-IoT.
    NbIot,
}

/// What became of a packet data connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Pdn {
    /// The default connection is up.
    Activated,
    /// The default connection is down.
    Deactivated,
    /// The network refused it, with an ESM cause (3GPP TS 24.301).
    Rejected {
        /// ESM cause.
        cause: u8,
    },
    /// The network detached the device.
    Detached,
}

/// What became of the SIM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Sim {
    /// It can be used.
    Ready,
    /// There is none.
    Missing,
    /// It wants a PIN or a PUK.
    Locked,
    /// It failed.
    Failed,
}

/// A warning of the modem (nRF91: %MDMEV).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Warning {
    /// Too hot: the radio may be turned off.
    Overheated,
    /// The battery is low.
    BatteryLow,
    /// Too many restarts: attaching is restricted for 30 minutes.
    ResetLoop,
}
