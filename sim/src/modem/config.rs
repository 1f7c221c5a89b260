//! What a simulated modem is, and what is to go wrong with it.

use super::Files;
use lwm2m_carrier::modem::{FunctionalMode, Technology};
use lwm2m_carrier::time::{Duration, Instant};

/// A SIM.
#[derive(Clone, PartialEq, Eq)]
pub struct Card {
    /// International Mobile Subscriber Identity.
    pub imsi: String,
    /// Serial number.
    pub iccid: String,
    /// Telephone number, if the SIM was given one.
    pub msisdn: Option<String>,
    /// Whether it wants a PIN.
    pub locked: bool,
    /// Files with LwM2M bootstrap information.
    pub files: Files,
}

impl std::fmt::Debug for Card {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Card").field("locked", &self.locked).finish_non_exhaustive()
    }
}

impl Default for Card {
    fn default() -> Self {
        Self {
            imsi: "001010123456789".into(),
            iccid: "8900100000000000017".into(),
            msisdn: Some("15555550100".into()),
            locked: false,
            files: Files::default(),
        }
    }
}

/// What a simulated modem is.
#[derive(Clone)]
pub struct Config {
    /// Manufacturer.
    pub manufacturer: String,
    /// Model.
    pub model: String,
    /// Version of the hardware.
    pub hardware: String,
    /// Version of the firmware, until an update is installed.
    pub firmware: String,
    /// International Mobile Equipment Identity.
    pub imei: String,
    /// The SIM, if there is one.
    pub card: Option<Card>,
    /// Mobile country and network code, 5 or 6 digits.
    pub operator: String,
    /// Whether the network is not the home network.
    pub roaming: bool,
    /// Radio technology.
    pub technology: Technology,
    /// Tracking area code.
    pub tac: u16,
    /// Cell identity.
    pub cell: u32,
    /// Level of received power: dBm + 140.
    pub rsrp: u8,
    /// Level of received quality: 2 (dB + 19.5).
    pub rsrq: u8,
    /// Access Point Name that the network gives when none is asked for.
    pub apn: String,
    /// Addresses of the default connection, one or two.
    pub addresses: Vec<String>,
    /// Seconds since 1970 at [`Instant::ZERO`], if the network tells the time.
    pub utc: Option<i64>,
    /// Local time less UTC, in quarters of an hour.
    pub zone: i8,
    /// Voltage of the supply, in mV.
    pub voltage: u16,
    /// From the beginning of a search to the registration.
    pub attach_time: Duration,
    /// From a refused connection to the next attempt.
    pub attach_retry: Duration,
    /// What a restart takes.
    pub restart_time: Duration,
    /// Whether the network gives the power saving that it is asked for.
    pub saves_power: bool,
    /// Whether the modem knows nothing but 3GPP TS 27.007: no `%` commands, no key store, the default
    /// connection in context 1, and an echo until it is turned off.
    pub plain: bool,
    /// Whether a stored key is the hex digits that it came in, when its digest is asked for.
    pub keeps_digits: bool,
    /// Bytes of the largest firmware image.
    pub update_room: usize,
    /// What goes wrong when.
    pub script: Vec<(When, Fault)>,
}

impl std::fmt::Debug for Config {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Config")
            .field("model", &self.model)
            .field("firmware", &self.firmware)
            .field("card", &self.card)
            .field("script", &self.script)
            .finish_non_exhaustive()
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            manufacturer: "Example Modems".into(),
            model: "SIM91".into(),
            hardware: "SIM91 A0".into(),
            firmware: "sim91_1.0.0".into(),
            imei: "004999010640000".into(),
            card: Some(Card::default()),
            operator: "00101".into(),
            roaming: false,
            technology: Technology::LteM,
            tac: 0x002F,
            cell: 0x0012_BEEF,
            rsrp: 62,
            rsrq: 31,
            apn: "iot.example".into(),
            addresses: vec!["192.0.2.1".into(), "2001:DB8:0:0:0:0:0:1".into()],
            // 2026-01-01T00:00:00Z
            utc: Some(1_767_225_600),
            zone: 8,
            voltage: 3700,
            attach_time: Duration::from_millis(100),
            attach_retry: Duration::from_secs(10),
            restart_time: Duration::from_millis(100),
            saves_power: true,
            plain: false,
            keeps_digits: false,
            update_room: 1 << 20,
            script: Vec::new(),
        }
    }
}

/// When something goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum When {
    /// At a moment.
    At(Instant),
    /// So long after the first registration with the network.
    AfterAttach(Duration),
}

/// What can go wrong, and come right again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The network is out of reach.
    LoseCoverage,
    /// The network is in reach again.
    RegainCoverage,
    /// The network refuses connections with this ESM cause; `None`: no longer.
    RefusePdn(Option<u8>),
    /// The network takes the connection down; registration stays, and it comes back after
    /// [`Config::attach_retry`].
    DropPdn,
    /// The network detaches the device, which looks for it again.
    Detach,
    /// The network denies registration, or no longer does.
    DenyRegistration(bool),
    /// Registration takes this long from now on; `None`: for ever.
    AttachTime(Option<Duration>),
    /// There is another SIM, or none.
    SwapSim(Option<Card>),
    /// So many writes and deletions of keys fail.
    FailKeys(u32),
    /// Complete firmware images are found to be wrong, or no longer.
    RejectImage(bool),
    /// Checked firmware images cannot be installed, or can again.
    FailInstall(bool),
    /// The modem restarts by itself.
    Restart,
    /// Somebody else than the host changes what the radio does: an application, or the modem itself
    /// because it is too hot.
    SetMode(FunctionalMode),
    /// So many attempts to turn the radio off fail.
    FailOffline(u32),
    /// It is too hot.
    Overheat,
    /// The battery is low.
    BatteryLow,
    /// The modem restarted too often: it does not attach for 30 minutes.
    ResetLoop,
    /// The modem takes commands and says nothing any more, or speaks again.
    Silence(bool),
}
