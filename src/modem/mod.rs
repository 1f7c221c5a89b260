//! What a modem can do, said by meaning: [`Command`]s go down, [`Report`]s come up.
//!
//! One command is in hand at a time. It ends with exactly one [`Report::Done`] or
//! [`Report::Failed`]; the values it asked for are reported before that. Reports about the network
//! come whenever something changes.

pub mod at;
pub mod nrf91;
pub mod sms;

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

/// How a device proves who it is to a packet data network.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Authentication {
    /// It does not.
    None = 0,
    /// Password Authentication Protocol.
    Pap = 1,
    /// Challenge Handshake Authentication Protocol.
    Chap = 2,
}

/// How many security tags [`Command::SearchKeys`] looks through.
pub const TAGS: u32 = 32;

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
    /// Ask what the radio was told to do last, by whomever: [`Report::FunctionalMode`].
    ReadFunctionalMode,
    /// Bring the default connection up where the modem does not do so by itself, and ask whether it
    /// is up: [`Report::Pdn`].
    ReadPdn,
    /// Ask whether a key is there: [`Report::Key`].
    FindKey {
        /// Security tag.
        tag: u32,
        /// Which part of the credential.
        kind: KeyKind,
    },
    /// Look through [`TAGS`] security tags for a key: [`Report::Keys`]. A modem that does not give keys
    /// out compares digests of them (feature `key-digest`).
    SearchKeys {
        /// The first tag.
        first: u32,
        /// Which part of the credential.
        kind: KeyKind,
        /// The key, or the identity, in plain bytes.
        value: Secret<&'a [u8]>,
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
    /// Ask for the radio technologies in use: [`Report::SystemMode`].
    ReadSystemMode,
    /// Choose the radio technologies; possible while the radio is off.
    SetSystemMode(SystemMode),
    /// Ask for the number of a packet data context that is not in use: [`Report::NewContext`].
    NewContext,
    /// Define a packet data context beside the default one.
    ConfigureContext {
        /// Context identifier.
        context: u8,
        /// Access Point Name.
        apn: &'a str,
        /// Connection type asked for.
        pdn_type: PdnType,
    },
    /// Forget the definition of a packet data context.
    DeleteContext(u8),
    /// Bring the connection of a packet data context up, or take it down.
    SetContext {
        /// Context identifier.
        context: u8,
        /// Up, or down.
        active: bool,
    },
    /// Ask which connection belongs to a packet data context: [`Report::PdnId`].
    ReadPdnId(u8),
    /// Ask the network for a power saving mode; `None` where none is wanted. What the network gives
    /// is told by [`Report::PowerSaving`].
    SetPowerSaving(Option<PowerSaving>),
    /// Ask the network for extended discontinuous reception with this cycle, 0 to 15 as 3GPP TS
    /// 24.008 table 10.5.5.32 codes it; `None` where none is wanted. What the network gives is told
    /// by [`Report::Edrx`].
    SetEdrx {
        /// The radio technology that it is for.
        technology: Technology,
        /// The cycle.
        cycle: Option<u8>,
    },
    /// Ask for this paging time window, 0 to 15 as 3GPP TS 24.008 table 10.5.5.32 codes it, with the
    /// next extended discontinuous reception.
    SetPagingWindow {
        /// The radio technology that it is for.
        technology: Technology,
        /// The window.
        window: u8,
    },
    /// Set how the device proves who it is to a packet data network, from the next connection on.
    ConfigureAuthentication {
        /// Context identifier; `None`: the default connection's.
        context: Option<u8>,
        /// How.
        authentication: Authentication,
        /// User name and password, without quotes in them.
        credentials: Secret<(&'a str, &'a str)>,
    },
    /// Look at registration, cell, operator, band and power saving at once: a report of each.
    ReadMonitor,
    /// Count what is sent and received, from zero, or no longer.
    SetStatistics(bool),
    /// Read the counters: [`Report::Count`].
    ReadStatistics,
    /// Read the bootstrap information on the SIM: [`Report::Smartcard`]. Fails when there is none.
    ReadSmartcard,
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
    /// What the radio was told to do, by whomever: an answer, or because it changed.
    FunctionalMode(FunctionalMode),
    /// Whether the key asked for with [`Command::FindKey`] is there.
    Key(bool),
    /// What [`Command::SearchKeys`] found. Bit n of each number is the n-th tag's.
    Keys {
        /// The tag has this part of a credential.
        taken: u32,
        /// It is the one that was looked for.
        same: u32,
    },
    /// Voltage of the supply, in mV.
    Voltage(u16),
    /// Why the network refused the registration: EMM cause (3GPP TS 24.301 annex A).
    Refused {
        /// EMM cause.
        cause: u8,
    },
    /// The radio technologies in use.
    SystemMode(SystemMode),
    /// The number of a packet data context that is not in use.
    NewContext(u8),
    /// The connection that belongs to the packet data context asked for.
    PdnId(u8),
    /// The connection of another packet data context than the default one came or went.
    Context {
        /// Context identifier.
        context: u8,
        /// What became of it.
        pdn: Pdn,
    },
    /// The power saving mode that the network gives; `None`: none.
    PowerSaving(Option<PowerSaving>),
    /// The extended discontinuous reception that the network gives.
    Edrx {
        /// The radio technology that it is for.
        technology: Technology,
        /// The cycle, 0 to 15 as 3GPP TS 24.008 table 10.5.5.32 codes it; `None`: none.
        cycle: Option<u8>,
        /// The paging time window, coded likewise.
        window: Option<u8>,
    },
    /// The LTE band in use, 1 to 88.
    Band(u8),
    /// A counter of what was sent and received since counting began.
    Count(Counter, u32),
    /// A piece of the bootstrap information on the SIM, in order and without gaps.
    Smartcard(Secret<&'a [u8]>),
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

/// Which radio technologies the modem may use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SystemMode {
    /// LTE-M.
    pub lte_m: bool,
    /// NB-IoT.
    pub nb_iot: bool,
    /// GNSS, which belongs to the application: it is to be written as it was read.
    pub gnss: bool,
    /// The one that is looked for first.
    pub preference: Option<Technology>,
}

/// Power saving mode (3GPP TS 23.682, section 4.5.4).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct PowerSaving {
    /// Seconds for which the device can be reached after it was active (T3324).
    pub active_time: u32,
    /// Seconds between periodic tracking area updates (T3412 extended); 0: the network decides, or
    /// did not say.
    pub periodic_update: u32,
}

/// What modems count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Counter {
    /// Short messages sent.
    MessagesSent,
    /// Short messages received.
    MessagesReceived,
    /// Data sent, in kilobytes.
    Sent,
    /// Data received, in kilobytes.
    Received,
    /// The largest packet, in bytes.
    LargestPacket,
    /// The average size of a packet, in bytes.
    AveragePacket,
}

/// What became of a packet data connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Pdn {
    /// The default connection is up.
    Activated,
    /// The default connection is down, or the device left the network.
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
    Overheated = 0,
    /// The battery is low.
    BatteryLow = 1,
    /// Too many restarts: attaching is restricted for 30 minutes.
    ResetLoop = 2,
}
