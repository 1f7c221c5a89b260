//! What a line from the modem means. Read beside it: 3GPP TS 27.007 (sections 7.3, 8.2, 8.69, 9.2,
//! 10.1), 3GPP TS 24.008 (timers: 10.5.7.3, 10.5.7.4a), the nRF91 AT command reference (the `%`
//! notifications).

use super::clock;
use super::table::{Answer, Step};
use crate::lwm2m::path::{cut, split};
use crate::modem::{
    Cell, Error, FunctionalMode, Identity, Pdn, Registration, Report, Sim, Technology, Warning,
};
use crate::secret::Secret;

/// Bytes of a line that are looked at; what is longer is cut. The longest lines of interest carry
/// an Access Point Name (63) or two addresses (up to 45 each).
pub const LINE: usize = 128;

/// How many reports one line can give.
pub(super) const PARTS: u8 = if cfg!(feature = "modem-statistics") { 6 } else { 3 };

/// A line that says something about the command in hand as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Ok,
    /// With the number of a +CME ERROR, or another that has no meaning.
    Error(u32),
    /// The modem has just started.
    Ready,
}

/// How many fields of a line are looked at. %XMONITOR has 16, +CEREG nine.
const FIELDS: usize = if cfg!(feature = "modem-statistics") {
    16
} else if cfg!(feature = "power-saving") {
    9
} else {
    7
};
/// Instead of a field that is no decimal number, or in quotes: larger than any that counts.
const NONE: u32 = u32::MAX;

/// A line, taken apart: `+LABEL: 12,"text",`.
pub(super) struct Line<'a> {
    /// The line as it came.
    whole: &'a str,
    /// `+LABEL`; empty where there is none.
    label: &'a str,
    /// The fields, without quotes. What is absent or cut off is empty.
    fields: [&'a str; FIELDS],
    /// The same as numbers.
    numbers: [u32; FIELDS],
}

impl<'a> Line<'a> {
    #[inline(never)]
    pub(super) fn new(whole: &'a str) -> Self {
        let mut line = Self { whole, label: "", fields: [""; FIELDS], numbers: [NONE; FIELDS] };
        let mut rest = whole;
        if matches!(whole.as_bytes().first(), Some(b'+' | b'%')) {
            (line.label, rest) = split(whole, b':');
        }
        for (field, number) in line.fields.iter_mut().zip(&mut line.numbers) {
            while let Some(trimmed) = rest.strip_prefix(' ') {
                rest = trimmed;
            }
            if let Some(quoted) = rest.strip_prefix('"') {
                let Some((text, after)) = cut(quoted, b'"') else { break };
                *field = text;
                rest = split(after, b',').1;
            } else {
                (*field, rest) = split(rest, b',');
                *number = decode(field, 10).unwrap_or(NONE);
            }
        }
        line
    }

    /// Reads final result codes, and the greeting of the modem after its start.
    pub(super) fn verdict(&self) -> Option<Verdict> {
        Some(match position("OK,Ready,ERROR", self.whole) {
            0 => Verdict::Ok,
            1 => Verdict::Ready,
            // Without a number that is one.
            2 => Verdict::Error(NONE),
            _ => match position("+CMS ERROR,+CME ERROR", self.label) {
                0 => Verdict::Error(NONE),
                1 => Verdict::Error(self.numbers[0]),
                _ => return None,
            },
        })
    }

    /// The line of a stored key: tag, type, and the digest in hex.
    pub(super) fn key(&self) -> Option<(u32, u32, &'a str)> {
        let [tag, kind, ..] = self.numbers;
        (self.label == "%CMNG" && kind != NONE).then_some((tag, kind, self.fields[2]))
    }

    /// What the radio was told to do, if the line says so.
    pub(super) fn mode(&self) -> Option<FunctionalMode> {
        if self.label != "+CFUN" {
            return None;
        }
        // The other modes have a part of the radio, or of the modem, active.
        Some(match self.numbers[0] {
            NONE => return None,
            0 => FunctionalMode::PowerOff,
            1 | 21 => FunctionalMode::Normal,
            _ => FunctionalMode::Offline,
        })
    }

    /// The hex digits of a response of the SIM.
    #[cfg(feature = "smartcard")]
    pub(super) fn response(&self) -> Option<&'a str> {
        (self.label == "+CSIM").then_some(self.fields[1])
    }
}

/// +CME ERROR 513 (nRF91): there is no such key.
pub(super) const NOT_FOUND: u32 = 513;

/// What a +CME ERROR means to a command (3GPP TS 27.007, section 9.2; nRF91 from 512 on).
pub(super) fn error(code: u32) -> Error {
    match code {
        // Operation not allowed, the SIM errors, no network service, radio on, power-off warning.
        3 | 10..=15 | 30 | 518 | 528 => Error::NotNow,
        4 => Error::Unsupported,
        20 | 515 => Error::NoMemory,
        _ => Error::Refused,
    }
}

/// What a +CME ERROR says about the SIM.
pub(super) fn sim_error(code: u32) -> Option<Sim> {
    match code {
        10 => Some(Sim::Missing),
        11 | 12 => Some(Sim::Locked),
        13 | 15 => Some(Sim::Failed),
        _ => None,
    }
}

impl<'a> Line<'a> {
    /// What the line answers to a step that asks for an [`Identity`], with or without its label.
    pub(super) fn identity(&self, step: &Step) -> Option<Identity<'a>> {
        let text = match self.label {
            // The echo of the command.
            "" if self.whole.strip_prefix("AT") == Some(step.text) => return None,
            "" => self.whole,
            // The label is the command, less `AT` and arguments.
            label if !step.text.starts_with(label) => return None,
            _ => self.fields[usize::from(step.answer == Answer::Msisdn)],
        };
        let (text, least, most) = match step.answer {
            Answer::Imei => (text, 15, 15),
            Answer::Imsi => (text, 6, 15),
            // An odd number of digits is filled up.
            Answer::Iccid => (text.strip_suffix('F').unwrap_or(text), 18, 20),
            Answer::Msisdn => (text.strip_prefix('+').unwrap_or(text), 3, 20),
            _ => (text, 1, LINE),
        };
        let plain = most == LINE || text.bytes().all(|byte| byte.is_ascii_digit());
        if !plain || text.len() < least || text.len() > most {
            return None;
        }
        let secret = Secret::new(text);
        Some(match step.answer {
            Answer::None => return None,
            Answer::Manufacturer => Identity::Manufacturer(text),
            Answer::Model => Identity::Model(text),
            Answer::Firmware => Identity::Firmware(text),
            Answer::Hardware => Identity::Hardware(text),
            Answer::Imei => Identity::Imei(secret),
            Answer::Imsi => Identity::Imsi(secret),
            Answer::Iccid => Identity::Iccid(secret),
            Answer::Msisdn => Identity::Msisdn(secret),
        })
    }

    /// The report number `part` (from 1) of a line that says itself what it is. `active`: the radio
    /// and the SIM are meant to be on. `context`: the default connection's.
    pub(super) fn report(&self, part: u8, active: bool, context: u8) -> Option<Report<'a>> {
        let meaning = position(LABELS, self.label);
        let fields = &self.fields;
        let [first, second, third, _, fifth, sixth, ..] = self.numbers;
        let default = u32::from(context);
        Some(match (meaning, part) {
            (label::REGISTRATION, 1) => Report::Registration(self.registration()?),
            (label::REGISTRATION, 2) => {
                let at = self.status_index();
                self.cell(at + 1, at + 2, at + 3)?
            }
            (label::REGISTRATION, 3) => self.registration_detail()?,
            (label::ADDRESSES, 1 | 2) if first == default => {
                let address = fields.get(usize::from(part)).filter(|text| !text.is_empty())?;
                Report::Address(Secret::new(address))
            }
            #[cfg(feature = "modem-statistics")]
            (label::MONITOR, part) => self.monitor(part)?,
            #[cfg(feature = "modem-statistics")]
            (label::STATISTICS, part) => {
                let index = usize::from(part - 1);
                let count = *self.numbers.get(index).filter(|count| **count != NONE)?;
                Report::Count(*COUNTERS.get(index)?, count)
            }
            (_, 2..) => return None,
            (label::EVENT, _) => return packet_event(fields[0], default),
            (label::ACTIVITY, _) => of_context(
                first,
                default,
                if second == 1 { Pdn::Activated } else { Pdn::Deactivated },
            )?,
            (label::REJECTION, _) => {
                of_context(second, default, Pdn::Rejected { cause: u8::try_from(first).ok()? })?
            }
            (label::CONTEXTS, _) if first == default && !fields[2].is_empty() => {
                Report::Apn(fields[2])
            }
            (label::OPERATOR, _) if second == 2 => return operator(fields[2]),
            (label::LEVELS, _) => return signal(sixth, fifth),
            (label::LEVEL, _) => return signal(first, third),
            (label::CLOCK, _) => return clock::text(fields[0]),
            (label::OCTETS, _) => return clock::octets(fields[1]),
            (label::VOLTAGE, _) => Report::Voltage(u16::try_from(first).ok()?),
            (label::MODE, _) => Report::FunctionalMode(self.mode()?),
            (label::PIN, _) => {
                Report::Sim(match position("READY,NOT INSERTED,NOT READY", fields[0]) {
                    0 => Sim::Ready,
                    1 => Sim::Missing,
                    2 => return None,
                    _ => Sim::Locked,
                })
            }
            (label::SIM, _) => Report::Sim(match first {
                1 => Sim::Ready,
                // The SIM goes off with the radio, too: that says nothing about it.
                0 if !active => return None,
                0 if fields[1].is_empty() => Sim::Missing,
                0 => Sim::Failed,
                _ => return None,
            }),
            (label::WARNING, _) => Report::Warning(
                match position("ME OVERHEATED,ME BATTERY LOW,RESET LOOP", fields[0]) {
                    0 => Warning::Overheated,
                    1 => Warning::BatteryLow,
                    2 => Warning::ResetLoop,
                    _ => return None,
                },
            ),
            #[cfg(feature = "system-mode")]
            (label::SYSTEM_MODE, _) => {
                let [lte_m, nb_iot, gnss] = [first, second, third].map(|number| number == 1);
                // 3 and 4: the same, where the SIM's list of networks does not say otherwise.
                let preference = match self.numbers[3] {
                    1 | 3 => Some(Technology::LteM),
                    2 | 4 => Some(Technology::NbIot),
                    _ => None,
                };
                Report::SystemMode(crate::modem::SystemMode { lte_m, nb_iot, gnss, preference })
            }
            #[cfg(feature = "pdn-contexts")]
            (label::NEW_CONTEXT, _) => Report::NewContext(u8::try_from(first).ok()?),
            #[cfg(feature = "pdn-contexts")]
            (label::PDN_ID, _) => Report::PdnId(u8::try_from(first).ok()?),
            #[cfg(feature = "power-saving")]
            (label::EDRX, _) => {
                let code = |text| decode(text, 2).and_then(|code| u8::try_from(code).ok());
                Report::Edrx {
                    technology: match first {
                        4 => Technology::LteM,
                        5 => Technology::NbIot,
                        _ => return None,
                    },
                    cycle: code(fields[2]),
                    window: code(fields[3]),
                }
            }
            _ => return None,
        })
    }

    /// Where the status stands: `stat,…` in a notification, `n,stat,…` in the answer to a question.
    /// In a notification the field after it is in quotes, or empty.
    const fn status_index(&self) -> usize {
        (self.numbers[1] != NONE) as usize
    }

    fn registration(&self) -> Option<Registration> {
        status(*self.numbers.get(self.status_index())?)
    }

    /// Why the network refused the registration, or what it gave besides the cell.
    fn registration_detail(&self) -> Option<Report<'a>> {
        let at = self.status_index();
        if self.registration()? == Registration::Denied {
            // Of EMM causes only; others are the maker's own.
            let &[0, cause] = self.numbers.get(at + 4..at + 6)? else { return None };
            return Some(Report::Refused { cause: u8::try_from(cause).ok()? });
        }
        #[cfg(feature = "power-saving")]
        return power_saving(self.fields.get(at + 6)?, self.fields.get(at + 7)?);
        #[cfg(not(feature = "power-saving"))]
        None
    }

    /// The cell from fields at these places.
    fn cell(&self, tac: usize, id: usize, technology: usize) -> Option<Report<'a>> {
        let tac = u16::try_from(decode(self.fields.get(tac)?, 16)?).ok()?;
        let id = decode(self.fields.get(id)?, 16)?;
        let technology = match *self.numbers.get(technology)? {
            7 => Technology::LteM,
            9 => Technology::NbIot,
            _ => return None,
        };
        // More than 28 bits, and the tracking area codes that are reserved, mean that none is known.
        (id >> 28 == 0 && tac < 0xFFFE).then_some(Report::Cell(Cell { id, tac, technology }))
    }

    /// `status,"name","name","operator","TAC",technology,band,"cell",…,"active","TAU","…"`.
    #[cfg(feature = "modem-statistics")]
    fn monitor(&self, part: u8) -> Option<Report<'a>> {
        match part {
            1 => status(self.numbers[0]).map(Report::Registration),
            2 => self.cell(4, 7, 5),
            3 => operator(self.fields[3]),
            4 => {
                let band = u8::try_from(self.numbers[6]).ok()?;
                (1..=88).contains(&band).then_some(Report::Band(band))
            }
            #[cfg(feature = "power-saving")]
            5 => power_saving(self.fields[13], self.fields[14]),
            _ => None,
        }
    }
}

/// The labels of lines that say themselves what they are, by their numbers in [`label`]. Those of all
/// modems stand together: no two modems mean different things with one.
const LABELS: &str = "+CEREG,+CGEV,+CGACT,+CNEC_ESM,+CGPADDR,+CGDCONT,+COPS,+CESQ,%CESQ,+CCLK,%XTIME,%XVBAT,+CFUN,+CPIN,%XSIM,%MDMEV,%XSYSTEMMODE,%XNEWCID,%XGETPDNID,+CEDRXP,%XMONITOR,%XCONNSTAT";

/// The numbers of labels.
mod label {
    #![allow(dead_code, reason = "some are for features")]
    pub(super) const REGISTRATION: u32 = 0;
    pub(super) const EVENT: u32 = 1;
    pub(super) const ACTIVITY: u32 = 2;
    pub(super) const REJECTION: u32 = 3;
    pub(super) const ADDRESSES: u32 = 4;
    pub(super) const CONTEXTS: u32 = 5;
    pub(super) const OPERATOR: u32 = 6;
    pub(super) const LEVELS: u32 = 7;
    pub(super) const LEVEL: u32 = 8;
    pub(super) const CLOCK: u32 = 9;
    pub(super) const OCTETS: u32 = 10;
    pub(super) const VOLTAGE: u32 = 11;
    pub(super) const MODE: u32 = 12;
    pub(super) const PIN: u32 = 13;
    pub(super) const SIM: u32 = 14;
    pub(super) const WARNING: u32 = 15;
    pub(super) const SYSTEM_MODE: u32 = 16;
    pub(super) const NEW_CONTEXT: u32 = 17;
    pub(super) const PDN_ID: u32 = 18;
    pub(super) const EDRX: u32 = 19;
    pub(super) const MONITOR: u32 = 20;
    pub(super) const STATISTICS: u32 = 21;
}

/// The fields of %XCONNSTAT.
#[cfg(feature = "modem-statistics")]
static COUNTERS: [crate::modem::Counter; 6] = {
    use crate::modem::Counter;
    [
        Counter::MessagesSent,
        Counter::MessagesReceived,
        Counter::Sent,
        Counter::Received,
        Counter::LargestPacket,
        Counter::AveragePacket,
    ]
};

/// The status of +CEREG and %XMONITOR.
fn status(number: u32) -> Option<Registration> {
    Some(match number {
        NONE => return None,
        0 => Registration::None,
        1 => Registration::Home,
        2 => Registration::Searching,
        3 => Registration::Denied,
        5 => Registration::Roaming,
        90 => Registration::SimFailure,
        // 4: out of coverage; the others are for emergency calls and SMS only.
        _ => Registration::Unknown,
    })
}

/// `ME PDN ACT 0`, `NW DETACH` and the like.
fn packet_event(text: &str, default: u32) -> Option<Report<'static>> {
    let (side, event) = cut(text, b' ')?;
    if event == "DETACH" {
        let pdn = if side == "NW" { Pdn::Detached } else { Pdn::Deactivated };
        return Some(Report::Pdn(pdn));
    }
    let (change, context) = cut(event.strip_prefix("PDN ")?, b' ')?;
    let pdn = match change {
        "ACT" => Pdn::Activated,
        "DEACT" => Pdn::Deactivated,
        _ => return None,
    };
    of_context(decode(context, 10)?, default, pdn)
}

/// What became of a context: the default connection, or another.
fn of_context(context: u32, default: u32, pdn: Pdn) -> Option<Report<'static>> {
    if context == default {
        return Some(Report::Pdn(pdn));
    }
    // What others do is the application's.
    #[cfg(feature = "pdn-contexts")]
    return u8::try_from(context).ok().map(|context| Report::Context { context, pdn });
    #[cfg(not(feature = "pdn-contexts"))]
    None
}

/// Seconds of the units of the active time (T3324) and of the periodic update (T3412 extended), by
/// the three bits that name them; 0 is none.
#[cfg(feature = "power-saving")]
pub(super) const UNITS: [[u32; 8]; 2] =
    [[2, 60, 360, 0, 0, 0, 0, 0], [600, 3600, 36_000, 2, 30, 60, 1_152_000, 0]];

/// The timer that comes next to so many seconds, and is not less where there is one.
#[cfg(feature = "power-saving")]
pub(super) fn timer(seconds: u32, units: &[u32; 8]) -> u8 {
    let mut best = (u32::MAX, 0);
    let mut longest = (0, 0);
    for (bits, unit) in (0u8..).zip(units).filter(|(_, unit)| **unit != 0) {
        let count = seconds.div_ceil(*unit).min(31);
        let (length, code) = (count * unit, bits << 5 | count as u8);
        if length >= seconds && length < best.0 {
            best = (length, code);
        }
        longest = longest.max((length, code));
    }
    if best.0 == u32::MAX { longest.1 } else { best.1 }
}

/// Whether a timer can be exactly so many seconds: the periodic update, or the active time.
#[cfg(feature = "cellular")]
pub(crate) fn is_timer(seconds: u32, periodic: bool) -> bool {
    let units = &UNITS[usize::from(periodic)];
    let code = timer(seconds, units);
    units.get(usize::from(code >> 5)).map(|unit| unit * u32::from(code & 31)) == Some(seconds)
}

/// `"11100000","00100001"`: without active time there is no power saving mode.
#[cfg(feature = "power-saving")]
fn power_saving(active: &str, update: &str) -> Option<Report<'static>> {
    let seconds = |text: &str, units: &[u32; 8]| {
        let code = decode(text, 2).filter(|code| *code < 256)?;
        let unit = *units.get(usize::try_from(code >> 5).ok()?)?;
        Some((unit != 0).then_some(unit * (code & 31)))
    };
    let active = seconds(active, &UNITS[0])?;
    let periodic_update = seconds(update, &UNITS[1]).flatten().unwrap_or(0);
    Some(Report::PowerSaving(
        active.map(|active_time| crate::modem::PowerSaving { active_time, periodic_update }),
    ))
}

fn operator(text: &str) -> Option<Report<'static>> {
    let (mcc, mnc) = text.split_at_checked(3)?;
    if !(2..=3).contains(&mnc.len()) {
        return None;
    }
    Some(Report::Operator {
        mcc: u16::try_from(decode(mcc, 10)?).ok()?,
        mnc: u16::try_from(decode(mnc, 10)?).ok()?,
    })
}

/// Levels of 1 dBm from -140 dBm on, and of 0.5 dB from -19.5 dB on; 255 is unknown.
fn signal(rsrp: u32, rsrq: u32) -> Option<Report<'static>> {
    if rsrp > 97 || rsrq > 34 {
        return None;
    }
    Some(Report::Signal {
        rsrp: i16::try_from(rsrp).ok()? - 140,
        // The shift rounds halves down, away from zero: no level is above it.
        rsrq: (i16::try_from(rsrq).ok()? - 39) >> 1,
    })
}

/// Which word of a list this is; [`NONE`] if it is not there.
#[inline(never)]
fn position(mut list: &str, word: &str) -> u32 {
    let mut at = 0;
    while !list.is_empty() {
        let (first, rest) = split(list, b',');
        if first == word {
            return at;
        }
        list = rest;
        at += 1;
    }
    NONE
}

/// The digits of a number.
#[inline(never)]
pub(super) fn decode(text: &str, radix: u32) -> Option<u32> {
    let mut number = 0u32;
    for byte in text.bytes() {
        let digit = char::from(byte).to_digit(radix)?;
        number = number.checked_mul(radix)?.checked_add(digit)?;
    }
    (!text.is_empty()).then_some(number)
}
