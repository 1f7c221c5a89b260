//! What a line from the modem means. Read beside it: 3GPP TS 27.007 (sections 9.2, 10.1.19 to
//! 10.1.23, 8.69, 7.3), the nRF91 AT command reference (the `%` notifications).

use super::clock;
use super::dialect::LINE;
use super::table::{Answer, Step};
use crate::lwm2m::path::{cut, split};
use crate::modem::{Cell, Error, Identity, Pdn, Registration, Report, Sim, Technology, Warning};
use crate::secret::Secret;

/// How many reports one line can give.
pub(super) const PARTS: u8 = 2;

/// A line that says something about the command in hand as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Ok,
    /// With the number of a +CME ERROR, or another that has no meaning.
    Error(u32),
    /// The modem has just started.
    Ready,
}

/// How many fields of a line are looked at.
const FIELDS: usize = 6;
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
        Some(match (self.label, self.whole) {
            (_, "OK") => Verdict::Ok,
            (_, "Ready") => Verdict::Ready,
            // Without a number that is one.
            (_, "ERROR") | ("+CMS ERROR", _) => Verdict::Error(NONE),
            ("+CME ERROR", _) => Verdict::Error(self.numbers[0]),
            _ => return None,
        })
    }

    /// Whether the line says that the key `tag` of type `kind` is there.
    pub(super) fn is_key(&self, tag: u32, kind: u8) -> bool {
        self.label == "%CMNG" && self.numbers[0] == tag && self.numbers[1] == u32::from(kind)
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
            "" if self.whole == step.text => return None,
            "" => self.whole,
            // The label is the command, less `AT` and arguments.
            label if !step.text.get(2..)?.starts_with(label) => return None,
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
    /// and the SIM are meant to be on.
    pub(super) fn report(&self, part: u8, active: bool) -> Option<Report<'a>> {
        let fields = &self.fields;
        let [first, second, third, _, fifth, sixth] = self.numbers;
        Some(match (self.label, part) {
            ("+CEREG", 1) => Report::Registration(self.registration()?),
            ("+CEREG", _) => Report::Cell(self.cell()?),
            ("+CGPADDR", _) if first == 0 => {
                let address = fields.get(usize::from(part)).filter(|text| !text.is_empty())?;
                Report::Address(Secret::new(address))
            }
            (_, 2..) => return None,
            ("+CGEV", _) => Report::Pdn(match fields[0] {
                // Of the default connection only; what others do is the application's.
                "ME PDN ACT 0" => Pdn::Activated,
                "ME PDN DEACT 0" | "NW PDN DEACT 0" | "ME DETACH" => Pdn::Deactivated,
                "NW DETACH" => Pdn::Detached,
                _ => return None,
            }),
            ("+CNEC_ESM", _) if second == 0 => {
                Report::Pdn(Pdn::Rejected { cause: u8::try_from(first).ok()? })
            }
            ("+CGDCONT", _) if first == 0 && !fields[2].is_empty() => Report::Apn(fields[2]),
            ("+COPS", _) if second == 2 => return operator(fields[2]),
            ("+CESQ", _) => return signal(sixth, fifth),
            ("%CESQ", _) => return signal(first, third),
            ("+CCLK", _) => return clock::text(fields[0]),
            ("%XTIME", _) => return clock::octets(fields[1]),
            ("%XVBAT", _) => Report::Voltage(u16::try_from(first).ok()?),
            ("+CPIN", _) => Report::Sim(match fields[0] {
                "READY" => Sim::Ready,
                "NOT INSERTED" => Sim::Missing,
                "NOT READY" => return None,
                _ => Sim::Locked,
            }),
            ("%XSIM", _) => Report::Sim(match first {
                1 => Sim::Ready,
                // The SIM goes off with the radio, too: that says nothing about it.
                0 if !active => return None,
                0 if fields[1].is_empty() => Sim::Missing,
                0 => Sim::Failed,
                _ => return None,
            }),
            ("%MDMEV", _) => Report::Warning(match fields[0] {
                "ME OVERHEATED" => Warning::Overheated,
                "ME BATTERY LOW" => Warning::BatteryLow,
                "RESET LOOP" => Warning::ResetLoop,
                _ => return None,
            }),
            _ => return None,
        })
    }

    /// Where the status stands: `stat,…` in a notification, `n,stat,…` in the answer to a question.
    /// In a notification the field after it is in quotes, or empty.
    const fn status_index(&self) -> usize {
        (self.numbers[1] != NONE) as usize
    }

    fn registration(&self) -> Option<Registration> {
        Some(match *self.numbers.get(self.status_index())? {
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

    fn cell(&self) -> Option<Cell> {
        let at = self.status_index();
        let [tac, id] = *self.fields.get(at + 1..at + 3)? else { return None };
        let tac = u16::try_from(decode(tac, 16)?).ok()?;
        let id = decode(id, 16)?;
        let technology = match *self.numbers.get(at + 3)? {
            7 => Technology::LteM,
            9 => Technology::NbIot,
            _ => return None,
        };
        // More than 28 bits, and the tracking area codes that are reserved, mean that none is known.
        (id >> 28 == 0 && tac < 0xFFFE).then_some(Cell { id, tac, technology })
    }
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

/// The digits of a number.
#[inline(never)]
fn decode(text: &str, radix: u32) -> Option<u32> {
    let mut number = 0u32;
    for byte in text.bytes() {
        let digit = char::from(byte).to_digit(radix)?;
        number = number.checked_mul(radix)?.checked_add(digit)?;
    }
    (!text.is_empty()).then_some(number)
}
