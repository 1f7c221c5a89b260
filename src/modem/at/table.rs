//! What is said to a modem, as data: a [`Vocabulary`] is a list of AT commands, each with what it is
//! for. A modem that wants other words gets another list.

use crate::modem::{Command, FunctionalMode, PdnType};

/// The AT commands of a kind of modem.
#[derive(Debug)]
pub struct Vocabulary {
    /// By ascending purpose. A command without steps is [`crate::modem::Error::Unsupported`].
    pub(super) steps: &'static [Step],
    /// Context identifier of the default connection.
    pub(super) context: u8,
}

/// One AT command and how its answer is understood.
#[derive(Debug)]
pub(super) struct Step {
    /// The command, without `AT` and the end of the line. Arguments follow where the step has some.
    pub(super) text: &'static str,
    /// What it belongs to.
    purpose: Purpose,
    /// Seconds within which the final result must come.
    pub(super) seconds: u8,
    /// Whether the command goes on when the modem says no.
    pub(super) optional: bool,
    /// What a line of its answer is.
    pub(super) answer: Answer,
}

/// What a line of an answer is, where the line itself does not say so.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Answer {
    /// Nothing, or the line says so.
    None,
    Manufacturer,
    Model,
    Firmware,
    Hardware,
    Imei,
    Imsi,
    Iccid,
    Msisdn,
}

/// What a step is for. Only the first step for a purpose can have arguments.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Purpose {
    /// Who the modem is.
    Identify,
    /// Ask for notifications. They are lost when the modem is powered off, by whomever; so that is
    /// done each time before the radio goes on.
    Subscribe,
    /// The radio goes on.
    Normal,
    Offline,
    PowerOff,
    ReadFunctionalMode,
    ConfigurePdn,
    ReadPdn,
    ReadSim,
    ReadAddress,
    ReadSignal,
    ReadClock,
    FindKey,
    SearchKeys,
    WriteKey,
    DeleteKey,
    ReadSystemMode,
    SetSystemMode,
    NewContext,
    ConfigureContext,
    DeleteContext,
    SetContext,
    ReadPdnId,
    SetPowerSaving,
    SetEdrx,
    ReadMonitor,
    SetStatistics,
    ReadStatistics,
    ReadSmartcard,
    /// Not said in AT: firmware goes to a modem by library call.
    Update,
}

/// Most commands are answered from what the modem knows.
const SHORT: u8 = 5;
/// Keys go to flash.
const FLASH: u8 = 10;
/// Coming to a connection, leaving the network: that takes signalling.
const RADIO: u8 = 60;

const fn must(purpose: Purpose, text: &'static str) -> Step {
    Step { text, purpose, seconds: SHORT, optional: false, answer: Answer::None }
}

const fn may(purpose: Purpose, text: &'static str) -> Step {
    Step { optional: true, ..must(purpose, text) }
}

const fn ask(purpose: Purpose, text: &'static str, answer: Answer) -> Step {
    Step { answer, ..may(purpose, text) }
}

const fn slow(seconds: u8, step: Step) -> Step {
    Step { seconds, ..step }
}

/// The nRF91 (nRF9160, nRF9161, nRF9151).
pub static NRF91: Vocabulary = Vocabulary { steps: NRF91_STEPS, context: 0 };

const NRF91_STEPS: &[Step] = &[
    must(Purpose::Identify, ""),
    // Errors with a number.
    may(Purpose::Identify, "+CMEE=1"),
    // Operators by number.
    may(Purpose::Identify, "+COPS=3,2"),
    ask(Purpose::Identify, "+CGMI", Answer::Manufacturer),
    ask(Purpose::Identify, "+CGMM", Answer::Model),
    // The second replaces the first.
    ask(Purpose::Identify, "%SHORTSWVER", Answer::Firmware),
    ask(Purpose::Identify, "+CGMR", Answer::Firmware),
    ask(Purpose::Identify, "%HWVERSION", Answer::Hardware),
    Step { optional: false, ..ask(Purpose::Identify, "+CGSN=1", Answer::Imei) },
    must(Purpose::Subscribe, "+CEREG=5"),
    must(Purpose::Subscribe, "+CGEREP=1"),
    // Of ESM errors only.
    may(Purpose::Subscribe, "+CNEC=16"),
    may(Purpose::Subscribe, "%CESQ=1"),
    may(Purpose::Subscribe, "%XTIME=1"),
    may(Purpose::Subscribe, "%MDMEV=1"),
    may(Purpose::Subscribe, "%XSIM=1"),
    slow(RADIO, must(Purpose::Normal, "+CFUN=1")),
    // If the radio was on already, nothing is notified of.
    may(Purpose::Normal, "+CEREG?"),
    slow(RADIO, must(Purpose::Offline, "+CFUN=4")),
    slow(RADIO, must(Purpose::PowerOff, "+CFUN=0")),
    must(Purpose::ReadFunctionalMode, "+CFUN?"),
    must(Purpose::ConfigurePdn, "+CGDCONT=0,\""),
    must(Purpose::ReadPdn, "+CGACT?"),
    Step { optional: false, ..ask(Purpose::ReadSim, "+CIMI", Answer::Imsi) },
    ask(Purpose::ReadSim, "%XICCID", Answer::Iccid),
    ask(Purpose::ReadSim, "+CNUM", Answer::Msisdn),
    must(Purpose::ReadAddress, "+CGDCONT?"),
    may(Purpose::ReadAddress, "+CGPADDR=0"),
    may(Purpose::ReadAddress, "+COPS?"),
    must(Purpose::ReadSignal, "+CESQ"),
    may(Purpose::ReadSignal, "%XVBAT"),
    // An error says that the modem does not know the time.
    may(Purpose::ReadClock, "+CCLK?"),
    slow(FLASH, must(Purpose::FindKey, "%CMNG=1,")),
    slow(FLASH, must(Purpose::SearchKeys, "%CMNG=1")),
    slow(FLASH, must(Purpose::WriteKey, "%CMNG=0,")),
    slow(FLASH, must(Purpose::DeleteKey, "%CMNG=3,")),
    #[cfg(feature = "system-mode")]
    must(Purpose::ReadSystemMode, "%XSYSTEMMODE?"),
    #[cfg(feature = "system-mode")]
    must(Purpose::SetSystemMode, "%XSYSTEMMODE="),
    #[cfg(feature = "pdn-contexts")]
    must(Purpose::NewContext, "%XNEWCID?"),
    #[cfg(feature = "pdn-contexts")]
    must(Purpose::ConfigureContext, "+CGDCONT="),
    #[cfg(feature = "pdn-contexts")]
    must(Purpose::DeleteContext, "+CGDCONT="),
    #[cfg(feature = "pdn-contexts")]
    slow(RADIO, must(Purpose::SetContext, "+CGACT=")),
    #[cfg(feature = "pdn-contexts")]
    must(Purpose::ReadPdnId, "%XGETPDNID="),
    #[cfg(feature = "power-saving")]
    must(Purpose::SetPowerSaving, "+CPSMS="),
    #[cfg(feature = "power-saving")]
    must(Purpose::SetEdrx, "+CEDRXS="),
    #[cfg(feature = "modem-statistics")]
    must(Purpose::ReadMonitor, "%XMONITOR"),
    #[cfg(feature = "modem-statistics")]
    must(Purpose::SetStatistics, "%XCONNSTAT="),
    #[cfg(feature = "modem-statistics")]
    must(Purpose::ReadStatistics, "%XCONNSTAT?"),
    #[cfg(feature = "smartcard")]
    must(Purpose::ReadSmartcard, SMARTCARD),
];

/// A modem that speaks 3GPP TS 27.007 and nothing of its maker's. It keeps no keys: commands about
/// keys are [`crate::modem::Error::Unsupported`], and DTLS is the host's.
pub static PLAIN: Vocabulary = Vocabulary { steps: PLAIN_STEPS, context: 1 };

const PLAIN_STEPS: &[Step] = &[
    must(Purpose::Identify, ""),
    // No echo (V.250).
    may(Purpose::Identify, "E0"),
    may(Purpose::Identify, "+CMEE=1"),
    may(Purpose::Identify, "+COPS=3,2"),
    ask(Purpose::Identify, "+CGMI", Answer::Manufacturer),
    ask(Purpose::Identify, "+CGMM", Answer::Model),
    ask(Purpose::Identify, "+CGMR", Answer::Firmware),
    Step { optional: false, ..ask(Purpose::Identify, "+CGSN", Answer::Imei) },
    // What has no fifth level stays at the second: no power saving timers.
    must(Purpose::Subscribe, "+CEREG=2"),
    may(Purpose::Subscribe, "+CEREG=5"),
    may(Purpose::Subscribe, "+CGEREP=1"),
    // The clock follows the network.
    may(Purpose::Subscribe, "+CTZU=1"),
    slow(RADIO, must(Purpose::Normal, "+CFUN=1")),
    // Nothing else says that a PIN is wanted.
    may(Purpose::Normal, "+CPIN?"),
    may(Purpose::Normal, "+CEREG?"),
    slow(RADIO, must(Purpose::Offline, "+CFUN=4")),
    slow(RADIO, must(Purpose::PowerOff, "+CFUN=0")),
    must(Purpose::ReadFunctionalMode, "+CFUN?"),
    must(Purpose::ConfigurePdn, "+CGDCONT=1,\""),
    // Not every modem connects when it registers.
    slow(RADIO, may(Purpose::ReadPdn, "+CGACT=1,1")),
    must(Purpose::ReadPdn, "+CGACT?"),
    Step { optional: false, ..ask(Purpose::ReadSim, "+CIMI", Answer::Imsi) },
    ask(Purpose::ReadSim, "+CCID", Answer::Iccid),
    ask(Purpose::ReadSim, "+CNUM", Answer::Msisdn),
    must(Purpose::ReadAddress, "+CGDCONT?"),
    may(Purpose::ReadAddress, "+CGPADDR=1"),
    may(Purpose::ReadAddress, "+COPS?"),
    must(Purpose::ReadSignal, "+CESQ"),
    may(Purpose::ReadClock, "+CCLK?"),
    #[cfg(feature = "pdn-contexts")]
    must(Purpose::ConfigureContext, "+CGDCONT="),
    #[cfg(feature = "pdn-contexts")]
    must(Purpose::DeleteContext, "+CGDCONT="),
    #[cfg(feature = "pdn-contexts")]
    slow(RADIO, must(Purpose::SetContext, "+CGACT=")),
    #[cfg(feature = "power-saving")]
    must(Purpose::SetPowerSaving, "+CPSMS="),
    #[cfg(feature = "power-saving")]
    must(Purpose::SetEdrx, "+CEDRXS="),
    #[cfg(feature = "smartcard")]
    must(Purpose::ReadSmartcard, SMARTCARD),
];

/// Said again and again, until the file is read.
#[cfg(feature = "smartcard")]
pub(super) const SMARTCARD: &str = "+CSIM=";

const fn is_sorted(steps: &[Step]) -> bool {
    let mut at = 1;
    while at < steps.len() {
        if (steps[at - 1].purpose as u8) > steps[at].purpose as u8 {
            return false;
        }
        at += 1;
    }
    true
}

const _: () = assert!(
    is_sorted(NRF91_STEPS) && is_sorted(PLAIN_STEPS),
    "the steps of a vocabulary stand in the order of their purposes"
);

impl Vocabulary {
    /// The steps of a command; none when there are no words for it.
    pub(super) fn steps(&self, command: &Command<'_>) -> &'static [Step] {
        let last = match command {
            Command::Initialise => Purpose::Identify,
            Command::SetFunctionalMode(FunctionalMode::Normal) => Purpose::Normal,
            Command::SetFunctionalMode(FunctionalMode::Offline) => Purpose::Offline,
            Command::SetFunctionalMode(FunctionalMode::PowerOff) => Purpose::PowerOff,
            Command::ReadFunctionalMode => Purpose::ReadFunctionalMode,
            Command::ConfigurePdn { .. } => Purpose::ConfigurePdn,
            Command::ReadPdn => Purpose::ReadPdn,
            Command::ReadSim => Purpose::ReadSim,
            Command::ReadAddress => Purpose::ReadAddress,
            Command::ReadSignal => Purpose::ReadSignal,
            Command::ReadClock => Purpose::ReadClock,
            Command::FindKey { .. } => Purpose::FindKey,
            Command::SearchKeys { .. } => Purpose::SearchKeys,
            Command::WriteKey { .. } => Purpose::WriteKey,
            Command::DeleteKey { .. } => Purpose::DeleteKey,
            Command::ReadSystemMode => Purpose::ReadSystemMode,
            Command::SetSystemMode(_) => Purpose::SetSystemMode,
            Command::NewContext => Purpose::NewContext,
            Command::ConfigureContext { .. } => Purpose::ConfigureContext,
            Command::DeleteContext(_) => Purpose::DeleteContext,
            Command::SetContext { .. } => Purpose::SetContext,
            Command::ReadPdnId(_) => Purpose::ReadPdnId,
            Command::SetPowerSaving(_) => Purpose::SetPowerSaving,
            Command::SetEdrx { .. } => Purpose::SetEdrx,
            Command::ReadMonitor => Purpose::ReadMonitor,
            Command::SetStatistics(_) => Purpose::SetStatistics,
            Command::ReadStatistics => Purpose::ReadStatistics,
            Command::ReadSmartcard => Purpose::ReadSmartcard,
            Command::BeginUpdate
            | Command::WriteUpdate { .. }
            | Command::FinishUpdate
            | Command::ApplyUpdate
            | Command::CancelUpdate => Purpose::Update,
        } as u8;
        let first = if last == Purpose::Normal as u8 { Purpose::Subscribe as u8 } else { last };
        let count =
            |limit: u8| self.steps.iter().take_while(|step| (step.purpose as u8) < limit).count();
        self.steps.get(count(first)..count(last + 1)).unwrap_or(&[])
    }
}

/// The name of a PDN type (3GPP TS 27.007, +CGDCONT).
pub(super) const fn pdn_type(pdn_type: PdnType) -> &'static str {
    match pdn_type {
        PdnType::Ipv4v6 => "IPV4V6",
        PdnType::Ipv4 => "IP",
        PdnType::Ipv6 => "IPV6",
        PdnType::NonIp => "Non-IP",
    }
}
