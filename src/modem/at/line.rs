//! What a line from the modem means. Read beside it: 3GPP TS 27.007 (sections 9.2, 10.1.19 to
//! 10.1.23, 8.69, 7.3), the nRF91 AT command reference (the `%` notifications).

use super::clock;
use super::table::{Answer, Step};
use crate::modem::{Cell, Error, Identity, Pdn, Registration, Report, Sim, Technology, Warning};
use crate::secret::Secret;

/// How many reports one line can give.
pub(super) const PARTS: u8 = 2;

/// A line that says something about the command in hand as a whole.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verdict {
    Ok,
    /// With the number of a +CME ERROR.
    Error(Option<u32>),
    /// The modem has just started.
    Ready,
}

/// Reads final result codes, and the greeting of the modem after its start.
pub(super) fn verdict(line: &str) -> Option<Verdict> {
    match line {
        "OK" => Some(Verdict::Ok),
        "ERROR" => Some(Verdict::Error(None)),
        "Ready" => Some(Verdict::Ready),
        _ => match split(line, b':')? {
            ("+CME ERROR", rest) => Some(Verdict::Error(number(rest, 10))),
            ("+CMS ERROR", _) => Some(Verdict::Error(None)),
            _ => None,
        },
    }
}

/// +CME ERROR 513 (nRF91): there is no such key.
pub(super) const NOT_FOUND: u32 = 513;

/// What a +CME ERROR means to a command (3GPP TS 27.007, section 9.2; nRF91 from 512 on).
pub(super) fn error(code: Option<u32>) -> Error {
    match code {
        // Operation not allowed, the SIM errors, no network service, radio on, power-off warning.
        Some(3 | 10..=15 | 30 | 518 | 528) => Error::NotNow,
        Some(4) => Error::Unsupported,
        Some(20 | 515) => Error::NoMemory,
        _ => Error::Refused,
    }
}

/// What a +CME ERROR says about the SIM.
pub(super) fn sim_error(code: Option<u32>) -> Option<Sim> {
    match code? {
        10 => Some(Sim::Missing),
        11 | 12 => Some(Sim::Locked),
        13 | 15 => Some(Sim::Failed),
        _ => None,
    }
}

/// Whether the line says that the key `tag` of type `kind` is there.
pub(super) fn is_key(line: &str, tag: u32, kind: u8) -> bool {
    split(line, b':').is_some_and(|(label, rest)| {
        label == "%CMNG"
            && decimal(rest, 0) == Some(tag)
            && decimal(rest, 1) == Some(u32::from(kind))
    })
}

/// What the line answers to a step that asks for an [`Identity`], with or without its label.
pub(super) fn identity<'a>(line: &'a str, step: &Step) -> Option<Identity<'a>> {
    if step.answer == Answer::None || line == step.text {
        return None;
    }
    let text = match split(line, b':') {
        Some((label @ ("+CGSN" | "+CNUM" | "%XICCID" | "%HWVERSION"), rest)) => {
            // The label is the command, less `AT` and arguments.
            if !step.text.get(2..)?.starts_with(label) {
                return None;
            }
            field(rest, u8::from(step.answer == Answer::Msisdn))?
        }
        _ if matches!(line.bytes().next(), Some(b'+' | b'%')) => return None,
        _ => line,
    };
    let digits = |text: &'a str, length: core::ops::RangeInclusive<usize>| {
        (length.contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit()))
            .then_some(Secret::new(text))
    };
    Some(match step.answer {
        Answer::None => return None,
        Answer::Manufacturer => Identity::Manufacturer(text),
        Answer::Model => Identity::Model(text),
        Answer::Firmware => Identity::Firmware(text),
        Answer::Hardware => Identity::Hardware(text),
        Answer::Imei => Identity::Imei(digits(text, 15..=15)?),
        Answer::Imsi => Identity::Imsi(digits(text, 6..=15)?),
        // An odd number of digits is filled up.
        Answer::Iccid => Identity::Iccid(digits(text.strip_suffix("F").unwrap_or(text), 18..=20)?),
        Answer::Msisdn => Identity::Msisdn(digits(text.strip_prefix("+").unwrap_or(text), 3..=20)?),
    })
}

/// The report number `part` (from 1) of a line that says itself what it is. `active`: the radio and
/// the SIM are meant to be on.
pub(super) fn report(line: &str, part: u8, active: bool) -> Option<Report<'_>> {
    let (label, rest) = split(line, b':')?;
    // The numbers among the first fields; one that is none is larger than any that counts.
    let mut numbers = [u32::MAX; 6];
    for (index, slot) in (0..).zip(&mut numbers) {
        *slot = decimal(rest, index).unwrap_or(u32::MAX);
    }
    let [first, second, third, _, fifth, sixth] = numbers;
    match (label, part) {
        ("+CEREG", 1) => registration(rest).map(Report::Registration),
        ("+CEREG", 2) => cell(rest).map(Report::Cell),
        ("+CGPADDR", part) if first == 0 => Some(Report::Address(Secret::new(field(rest, part)?))),
        (_, 2..) => None,
        ("+CGEV", _) => pdn(rest).map(Report::Pdn),
        ("+CNEC_ESM", _) if second == 0 => {
            Some(Report::Pdn(Pdn::Rejected { cause: u8::try_from(first).ok()? }))
        }
        ("+CGDCONT", _) if first == 0 => Some(Report::Apn(field(rest, 2)?)),
        ("+COPS", _) if second == 2 => operator(field(rest, 2)?),
        ("+CESQ", _) => signal(sixth, fifth),
        ("%CESQ", _) => signal(first, third),
        ("+CCLK", _) => clock::text(field(rest, 0)?),
        ("%XTIME", _) => clock::octets(field(rest, 1)?),
        ("%XVBAT", _) => Some(Report::Voltage(u16::try_from(first).ok()?)),
        ("+CPIN", _) => sim(rest).map(Report::Sim),
        ("%XSIM", _) => Some(Report::Sim(match first {
            1 => Sim::Ready,
            // The SIM goes off with the radio, too: that says nothing about it.
            0 if !active => return None,
            0 if field(rest, 1).is_none() => Sim::Missing,
            0 => Sim::Failed,
            _ => return None,
        })),
        ("%MDMEV", _) => Some(Report::Warning(match rest {
            "ME OVERHEATED" => Warning::Overheated,
            "ME BATTERY LOW" => Warning::BatteryLow,
            "RESET LOOP" => Warning::ResetLoop,
            _ => return None,
        })),
        _ => None,
    }
}

/// Where the status stands: `stat,…` in a notification, `n,stat,…` in the answer to a question. In
/// a notification the field after it is in quotes, or empty.
fn status_index(rest: &str) -> u8 {
    u8::from(
        split(rest, b',')
            .and_then(|(_, rest)| rest.bytes().next())
            .is_some_and(|byte| byte.is_ascii_digit()),
    )
}

fn registration(rest: &str) -> Option<Registration> {
    Some(match decimal(rest, status_index(rest))? {
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

fn cell(rest: &str) -> Option<Cell> {
    let at = status_index(rest);
    let tac = u16::try_from(number(field(rest, at + 1)?, 16)?).ok()?;
    let id = number(field(rest, at + 2)?, 16)?;
    let technology = match decimal(rest, at + 3)? {
        7 => Technology::LteM,
        9 => Technology::NbIot,
        _ => return None,
    };
    // More than 28 bits, and the tracking area codes that are reserved, mean that none is known.
    (id >> 28 == 0 && tac < 0xFFFE).then_some(Cell { id, tac, technology })
}

/// Of the default connection only; what others do is the application's.
fn pdn(rest: &str) -> Option<Pdn> {
    let of_default = |rest: &str| decimal(rest, 0) == Some(0);
    match rest {
        "NW DETACH" => Some(Pdn::Detached),
        "ME DETACH" => Some(Pdn::Deactivated),
        _ => {
            if let Some(rest) = rest.strip_prefix("ME PDN ACT ") {
                of_default(rest).then_some(Pdn::Activated)
            } else {
                rest.strip_prefix("ME PDN DEACT ")
                    .or_else(|| rest.strip_prefix("NW PDN DEACT "))
                    .is_some_and(of_default)
                    .then_some(Pdn::Deactivated)
            }
        }
    }
}

fn operator(text: &str) -> Option<Report<'static>> {
    let (mcc, mnc) = text.split_at_checked(3)?;
    if !(2..=3).contains(&mnc.len()) {
        return None;
    }
    Some(Report::Operator {
        mcc: u16::try_from(number(mcc, 10)?).ok()?,
        mnc: u16::try_from(number(mnc, 10)?).ok()?,
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

fn sim(rest: &str) -> Option<Sim> {
    match rest {
        "READY" => Some(Sim::Ready),
        "NOT INSERTED" => Some(Sim::Missing),
        "NOT READY" => None,
        _ => Some(Sim::Locked),
    }
}

/// Both sides of the first `at` that is not in quotes, the right one without leading spaces.
fn split(text: &str, at: u8) -> Option<(&str, &str)> {
    let mut quoted = false;
    let index = text.bytes().position(|byte| {
        quoted ^= byte == b'"';
        byte == at && !quoted
    })?;
    let (left, mut right) = text.split_at_checked(index)?;
    right = right.get(1..)?;
    while let Some(rest) = right.strip_prefix(" ") {
        right = rest;
    }
    Some((left, right))
}

/// The field number `index` (from 0), without quotes. `None` when it is absent, empty or cut off.
#[inline(never)]
fn field(mut text: &str, index: u8) -> Option<&str> {
    for _ in 0..index {
        text = split(text, b',')?.1;
    }
    let text = split(text, b',').map_or(text, |(text, _)| text);
    let text = match text.strip_prefix("\"") {
        Some(text) => text.strip_suffix("\"")?,
        None => text,
    };
    (!text.is_empty()).then_some(text)
}

fn decimal(text: &str, index: u8) -> Option<u32> {
    number(field(text, index)?, 10)
}

fn number(text: &str, radix: u32) -> Option<u32> {
    let mut number = 0u32;
    for byte in text.bytes() {
        let digit = char::from(byte).to_digit(radix)?;
        number = number.checked_mul(radix)?.checked_add(digit)?;
    }
    (!text.is_empty()).then_some(number)
}
