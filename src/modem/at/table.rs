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
///
/// In the order of [`Command`], so that the one is the other; the functional modes come last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
enum Purpose {
    /// Who the modem is.
    Identify = 0,
    ConfigurePdn = 2,
    ReadSim = 3,
    ReadAddress = 4,
    ReadSignal = 5,
    ReadClock = 6,
    ReadFunctionalMode = 7,
    ReadPdn = 8,
    FindKey = 9,
    SearchKeys = 10,
    WriteKey = 11,
    DeleteKey = 12,
    ReadSystemMode = 13,
    SetSystemMode = 14,
    NewContext = 15,
    ConfigureContext = 16,
    DeleteContext = 17,
    SetContext = 18,
    ReadPdnId = 19,
    SetPowerSaving = 20,
    SetEdrx = 21,
    SetPagingWindow = 22,
    ConfigureAuthentication = 23,
    ReadMonitor = 24,
    SetStatistics = 25,
    ReadStatistics = 26,
    ReadSmartcard = 27,
    /// Ask for notifications. They are lost when the modem is powered off, by whomever; so that is
    /// done each time before the radio goes on.
    Subscribe = 40,
    /// The radio goes on.
    Normal = 41,
    Offline = 42,
    PowerOff = 43,
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
    must(Purpose::ConfigurePdn, "+CGDCONT=0,\""),
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
    must(Purpose::ReadFunctionalMode, "+CFUN?"),
    must(Purpose::ReadPdn, "+CGACT?"),
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
    #[cfg(feature = "power-saving")]
    must(Purpose::SetPagingWindow, "%XPTW="),
    #[cfg(feature = "pdn-contexts")]
    must(Purpose::ConfigureAuthentication, "+CGAUTH="),
    #[cfg(feature = "modem-statistics")]
    must(Purpose::ReadMonitor, "%XMONITOR"),
    #[cfg(feature = "modem-statistics")]
    must(Purpose::SetStatistics, "%XCONNSTAT="),
    #[cfg(feature = "modem-statistics")]
    must(Purpose::ReadStatistics, "%XCONNSTAT?"),
    #[cfg(feature = "smartcard")]
    must(Purpose::ReadSmartcard, SMARTCARD),
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
    must(Purpose::ConfigurePdn, "+CGDCONT=1,\""),
    Step { optional: false, ..ask(Purpose::ReadSim, "+CIMI", Answer::Imsi) },
    ask(Purpose::ReadSim, "+CCID", Answer::Iccid),
    ask(Purpose::ReadSim, "+CNUM", Answer::Msisdn),
    must(Purpose::ReadAddress, "+CGDCONT?"),
    may(Purpose::ReadAddress, "+CGPADDR=1"),
    may(Purpose::ReadAddress, "+COPS?"),
    must(Purpose::ReadSignal, "+CESQ"),
    may(Purpose::ReadClock, "+CCLK?"),
    must(Purpose::ReadFunctionalMode, "+CFUN?"),
    // Not every modem connects when it registers.
    slow(RADIO, may(Purpose::ReadPdn, "+CGACT=1,1")),
    must(Purpose::ReadPdn, "+CGACT?"),
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
    #[cfg(feature = "pdn-contexts")]
    must(Purpose::ConfigureAuthentication, "+CGAUTH="),
    #[cfg(feature = "smartcard")]
    must(Purpose::ReadSmartcard, SMARTCARD),
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
            Command::SetFunctionalMode(FunctionalMode::Normal) => Purpose::Normal as u8,
            Command::SetFunctionalMode(FunctionalMode::Offline) => Purpose::Offline as u8,
            Command::SetFunctionalMode(FunctionalMode::PowerOff) => Purpose::PowerOff as u8,
            _ => number(command),
        };
        let first = if last == Purpose::Normal as u8 { Purpose::Subscribe as u8 } else { last };
        let count =
            |limit: u8| self.steps.iter().take_while(|step| (step.purpose as u8) < limit).count();
        self.steps.get(count(first)..count(last + 1)).unwrap_or(&[])
    }
}

/// The purpose of a command, by number; 1, which is none, for functional modes. Firmware goes to a
/// modem by library call, not in AT: the numbers behind the last purpose are none, too.
const fn number(command: &Command<'_>) -> u8 {
    match command {
        Command::Initialise => Purpose::Identify as u8,
        Command::SetFunctionalMode(_) => 1,
        Command::ConfigurePdn { .. } => Purpose::ConfigurePdn as u8,
        Command::ReadSim => Purpose::ReadSim as u8,
        Command::ReadAddress => Purpose::ReadAddress as u8,
        Command::ReadSignal => Purpose::ReadSignal as u8,
        Command::ReadClock => Purpose::ReadClock as u8,
        Command::ReadFunctionalMode => Purpose::ReadFunctionalMode as u8,
        Command::ReadPdn => Purpose::ReadPdn as u8,
        Command::FindKey { .. } => Purpose::FindKey as u8,
        Command::SearchKeys { .. } => Purpose::SearchKeys as u8,
        Command::WriteKey { .. } => Purpose::WriteKey as u8,
        Command::DeleteKey { .. } => Purpose::DeleteKey as u8,
        Command::ReadSystemMode => Purpose::ReadSystemMode as u8,
        Command::SetSystemMode(_) => Purpose::SetSystemMode as u8,
        Command::NewContext => Purpose::NewContext as u8,
        Command::ConfigureContext { .. } => Purpose::ConfigureContext as u8,
        Command::DeleteContext(_) => Purpose::DeleteContext as u8,
        Command::SetContext { .. } => Purpose::SetContext as u8,
        Command::ReadPdnId(_) => Purpose::ReadPdnId as u8,
        Command::SetPowerSaving(_) => Purpose::SetPowerSaving as u8,
        Command::SetEdrx { .. } => Purpose::SetEdrx as u8,
        Command::SetPagingWindow { .. } => Purpose::SetPagingWindow as u8,
        Command::ConfigureAuthentication { .. } => Purpose::ConfigureAuthentication as u8,
        Command::ReadMonitor => Purpose::ReadMonitor as u8,
        Command::SetStatistics(_) => Purpose::SetStatistics as u8,
        Command::ReadStatistics => Purpose::ReadStatistics as u8,
        Command::ReadSmartcard => Purpose::ReadSmartcard as u8,
        Command::BeginUpdate => 28,
        Command::WriteUpdate { .. } => 29,
        Command::FinishUpdate => 30,
        Command::ApplyUpdate => 31,
        Command::CancelUpdate => 32,
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
