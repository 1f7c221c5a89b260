//! What is said to the modem: each command's steps, as data. A modem that wants other words gets
//! another table.

use crate::modem::{Command, FunctionalMode, PdnType};

/// One AT command and how its answer is understood.
#[derive(Debug)]
pub(super) struct Step {
    /// The command, without the end of the line. Arguments follow where the step has some.
    pub(super) text: &'static str,
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

const fn must(text: &'static str, seconds: u8) -> Step {
    Step { text, seconds, optional: false, answer: Answer::None }
}

const fn may(text: &'static str) -> Step {
    Step { optional: true, ..must(text, SHORT) }
}

const fn ask(text: &'static str, answer: Answer) -> Step {
    Step { answer, ..may(text) }
}

/// Most commands are answered from what the modem knows.
const SHORT: u8 = 5;
/// Keys go to flash.
const FLASH: u8 = 10;
/// Leaving the network takes signalling, and saving to flash.
const RADIO: u8 = 60;

/// How many of the steps of `START` identify the modem.
const IDENTIFY: usize = 8;

/// Start of the modem: who it is, what it shall notify of, and the radio on.
static START: [Step; 16] = [
    must("AT", SHORT),
    // Errors with a number.
    may("AT+CMEE=1"),
    // Operators by number.
    may("AT+COPS=3,2"),
    ask("AT+CGMI", Answer::Manufacturer),
    ask("AT+CGMM", Answer::Model),
    ask("AT+CGMR", Answer::Firmware),
    ask("AT%HWVERSION", Answer::Hardware),
    Step { optional: false, ..ask("AT+CGSN=1", Answer::Imei) },
    // From here on: notifications. They are lost when the modem is powered off.
    must("AT+CEREG=5", SHORT),
    must("AT+CGEREP=1", SHORT),
    // Of ESM errors only.
    may("AT+CNEC=16"),
    may("AT%CESQ=1"),
    may("AT%XTIME=1"),
    may("AT%MDMEV=1"),
    may("AT%XSIM=1"),
    must("AT+CFUN=1", RADIO),
];

static POWER_OFF: [Step; 1] = [must("AT+CFUN=0", RADIO)];
static OFFLINE: [Step; 1] = [must("AT+CFUN=4", RADIO)];
static CONFIGURE_PDN: [Step; 1] = [must("AT+CGDCONT=0,\"", SHORT)];
static READ_SIM: [Step; 3] = [
    Step { optional: false, ..ask("AT+CIMI", Answer::Imsi) },
    ask("AT%XICCID", Answer::Iccid),
    ask("AT+CNUM", Answer::Msisdn),
];
static READ_ADDRESS: [Step; 3] = [must("AT+CGDCONT?", SHORT), may("AT+CGPADDR=0"), may("AT+COPS?")];
static READ_SIGNAL: [Step; 2] = [must("AT+CESQ", SHORT), may("AT%XVBAT")];
// An error says that the modem does not know the time.
static READ_CLOCK: [Step; 1] = [may("AT+CCLK?")];
static WRITE_KEY: [Step; 1] = [must("AT%CMNG=0,", FLASH)];
static FIND_KEY: [Step; 1] = [must("AT%CMNG=1,", FLASH)];
static DELETE_KEY: [Step; 1] = [must("AT%CMNG=3,", FLASH)];

/// The steps of a command; none when the dialect has no words for it. `off`: the modem was powered
/// off since its notifications were subscribed to.
pub(super) fn steps(command: &Command<'_>, off: bool) -> &'static [Step] {
    match command {
        Command::Initialise => START.split_last().map_or(&[], |(_, steps)| steps),
        Command::SetFunctionalMode(FunctionalMode::PowerOff) => &POWER_OFF,
        Command::SetFunctionalMode(FunctionalMode::Offline) => &OFFLINE,
        Command::SetFunctionalMode(FunctionalMode::Normal) => {
            let skipped = if off { IDENTIFY } else { START.len() - 1 };
            START.get(skipped..).unwrap_or(&[])
        }
        Command::ConfigurePdn { .. } => &CONFIGURE_PDN,
        Command::ReadSim => &READ_SIM,
        Command::ReadAddress => &READ_ADDRESS,
        Command::ReadSignal => &READ_SIGNAL,
        Command::ReadClock => &READ_CLOCK,
        Command::FindKey { .. } => &FIND_KEY,
        Command::WriteKey { .. } => &WRITE_KEY,
        Command::DeleteKey { .. } => &DELETE_KEY,
        // Firmware goes to this modem by library call, not by AT command.
        Command::BeginUpdate
        | Command::WriteUpdate { .. }
        | Command::FinishUpdate
        | Command::ApplyUpdate
        | Command::CancelUpdate => &[],
    }
}

/// The name of a PDN type (3GPP TS 27.007, +CGDCONT; nRF91 for non-IP).
pub(super) const fn pdn_type(pdn_type: PdnType) -> &'static str {
    match pdn_type {
        PdnType::Ipv4v6 => "IPV4V6",
        PdnType::Ipv4 => "IP",
        PdnType::Ipv6 => "IPV6",
        PdnType::NonIp => "Non-IP",
    }
}
