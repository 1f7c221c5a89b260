//! The AT commands that the simulated modem understands. Read beside it: 3GPP TS 27.007 and the
//! nRF91 AT command reference.

mod contexts;
mod radio;

pub(super) use contexts::Contexts;
pub(super) use radio::Radio;

use super::{SimModem, Status, Subscriptions, keys};
use lwm2m_carrier::modem::FunctionalMode;
use sha2::{Digest, Sha256};

/// What a command comes to.
enum Answer {
    /// Lines, then OK.
    Lines(Vec<String>),
    /// A +CME ERROR with this number, if numbers are on.
    Error(u32),
    /// ERROR: no such command.
    Unknown,
}

use Answer::{Error, Lines, Unknown};

fn ok() -> Answer {
    Lines(Vec::new())
}

fn line(text: impl Into<String>) -> Answer {
    Lines(vec![text.into()])
}

/// The network's time, in both of the forms that are used.
pub(super) struct Time {
    pub(super) text: String,
    pub(super) octets: String,
}

impl SimModem {
    pub(super) fn execute(&mut self, command: &str) {
        if self.echo {
            self.say(command);
        }
        let answer = match command.get(..2) {
            Some(start) if start.eq_ignore_ascii_case("AT") => match command.get(2..3) {
                // What other makers have of their own, this one does not.
                Some("%") if self.config.plain => Unknown,
                _ => self.answer(&command[2..]),
            },
            _ => return,
        };
        match answer {
            Lines(lines) => {
                for line in lines {
                    self.say(&line);
                }
                self.say("OK");
                // The radio is on, or off, only now: what follows from it comes after the answer.
                if command.ends_with("+CFUN=1") && self.mode != FunctionalMode::Normal {
                    self.enter();
                }
                // So does what the network gives.
                if command.starts_with("AT+CPSMS=") || command.starts_with("AT+CEDRXS=") {
                    self.grant();
                }
            }
            Error(number) if self.subscriptions.error_numbers => {
                self.say(&format!("+CME ERROR: {number}"));
            }
            Error(_) | Unknown => self.say("ERROR"),
        }
    }

    fn answer(&mut self, command: &str) -> Answer {
        let (name, arguments) = match command.find(['=', '?']) {
            Some(at) => command.split_at(at),
            None => (command, ""),
        };
        *self.heard.entry(name.into()).or_default() += 1;
        let value = arguments.get(1..).unwrap_or_default();
        if let Some(answer) =
            self.context_command(name, arguments).or_else(|| self.radio_command(name, arguments))
        {
            return answer;
        }
        let config = &self.config;
        let subscriptions = &mut self.subscriptions;
        match (name, arguments) {
            ("", "") => ok(),
            ("E0", "") => {
                self.echo = false;
                ok()
            }
            ("+CMEE", "=0" | "=1") => {
                subscriptions.error_numbers = arguments == "=1";
                ok()
            }
            ("+CEREG", "?") => {
                let level = self.subscriptions.registration;
                line(format!("+CEREG: {level},{}", self.registration()))
            }
            ("+CEREG", _) => match value.parse() {
                Ok(level @ 0..=5) => {
                    subscriptions.registration = level;
                    ok()
                }
                _ => Error(50),
            },
            ("+CTZU", _) if config.plain => set(&mut subscriptions.time, arguments, "=1"),
            ("+CGEREP", _) => set(&mut subscriptions.packet, arguments, "=1"),
            ("+CNEC", _) => set(&mut subscriptions.esm, arguments, "=16"),
            ("%CESQ", _) => set(&mut subscriptions.signal, arguments, "=1"),
            ("%XTIME", _) => set(&mut subscriptions.time, arguments, "=1"),
            ("%MDMEV", _) => set(&mut subscriptions.events, arguments, "=1"),
            ("%XSIM", "?") => line(format!("%XSIM: {}", u8::from(self.active_card().is_ok()))),
            ("%XSIM", _) => set(&mut subscriptions.sim, arguments, "=1"),
            ("+CGMI", "") => line(&config.manufacturer),
            ("+CGMM", "") => line(&config.model),
            ("+CGMR", "") => line(&config.firmware),
            ("%SHORTSWVER", "") => line(format!("%SHORTSWVER: {}", config.firmware)),
            ("%HWVERSION", "") => line(format!("%HWVERSION: {}", config.hardware)),
            ("+CGSN", "") => line(&config.imei),
            ("+CGSN", "=1") if !config.plain => line(format!("+CGSN: \"{}\"", config.imei)),
            ("%XVBAT", "") => line(format!("%XVBAT: {}", config.voltage)),
            ("+CFUN", "?") => line(format!(
                "+CFUN: {}",
                match self.mode {
                    FunctionalMode::PowerOff => 0,
                    FunctionalMode::Normal => 1,
                    FunctionalMode::Offline => 4,
                }
            )),
            ("+CFUN", _) => self.functional_mode(value),
            ("+COPS", "=3,2") => {
                self.numeric_operator = true;
                ok()
            }
            ("+COPS", "?") => line(self.operator()),
            ("+CESQ", "") => {
                let known = self.mode == FunctionalMode::Normal && self.covered;
                let (rsrq, rsrp) = if known { (config.rsrq, config.rsrp) } else { (255, 255) };
                line(format!("+CESQ: 99,99,255,255,{rsrq},{rsrp}"))
            }
            ("+CCLK", "?") => match self.time() {
                Some(time) if self.attached.is_some() => line(format!("+CCLK: \"{}\"", time.text)),
                _ => Unknown,
            },
            ("+CPIN", "?") => match self.active_card() {
                Ok(_) => line("+CPIN: READY"),
                Err(11) => line("+CPIN: SIM PIN"),
                Err(code) => Error(code),
            },
            ("+CIMI", "") => self.active_card().map_or_else(Error, |card| line(&card.imsi)),
            ("%XICCID" | "+CCID", "") if name.starts_with('+') == config.plain => {
                self.active_card().map_or_else(Error, |card| {
                    let filler = if card.iccid.len() % 2 == 1 { "F" } else { "" };
                    line(format!("{name}: {}{filler}", card.iccid))
                })
            }
            ("+CNUM", "") => self.active_card().map_or_else(Error, |card| match &card.msisdn {
                Some(number) => line(format!("+CNUM: ,\"+{number}\",145")),
                None => ok(),
            }),
            ("+CSIM", _) => match self.active_card() {
                Err(code) => Error(code),
                Ok(_) => self.card_command(&fields(value)),
            },
            ("%CMNG", _) => self.manage_keys(&fields(value)),
            _ => Unknown,
        }
    }

    /// The SIM, or the +CME ERROR that says why it cannot be used.
    fn active_card(&self) -> Result<&super::Card, u32> {
        match &self.config.card {
            // It is powered with the radio.
            _ if self.mode != FunctionalMode::Normal => Err(3),
            None => Err(10),
            Some(card) if card.locked => Err(11),
            Some(card) => Ok(card),
        }
    }

    fn functional_mode(&mut self, mode: &str) -> Answer {
        let mode = match mode {
            "0" => FunctionalMode::PowerOff,
            // Takes effect after the answer.
            "1" => return ok(),
            "4" => FunctionalMode::Offline,
            _ => return Error(50),
        };
        if self.mode == FunctionalMode::Normal && self.offline_failures > 0 {
            self.offline_failures -= 1;
            return Error(0);
        }
        self.turn_off(mode);
        ok()
    }

    /// The radio goes off, on whosever order.
    pub(super) fn turn_off(&mut self, mode: FunctionalMode) {
        self.leave();
        self.mode = mode;
        self.open_channel = None;
        if mode == FunctionalMode::PowerOff {
            self.subscriptions = Subscriptions {
                error_numbers: self.subscriptions.error_numbers,
                ..Subscriptions::default()
            };
        }
    }

    fn card_command(&mut self, fields: &[&str]) -> Answer {
        let [length, digits] = fields else { return Error(50) };
        let command = unhex(digits).filter(|_| length.parse() == Ok(digits.len()));
        let (Some(command), Some(card)) = (command, &self.config.card) else { return Error(50) };
        let answer = card.files.command(&command, &mut self.open_channel);
        let digits: String = answer.iter().map(|byte| format!("{byte:02X}")).collect();
        line(format!("+CSIM: {},\"{digits}\"", digits.len()))
    }

    fn operator(&self) -> String {
        let technology = match self.config.technology {
            lwm2m_carrier::modem::Technology::NbIot => 9,
            _ => 7,
        };
        match self.status {
            Status::Home | Status::Roaming if self.numeric_operator => {
                format!("+COPS: 0,2,\"{}\",{technology}", self.config.operator)
            }
            Status::Home | Status::Roaming => format!("+COPS: 0,0,\"Example\",{technology}"),
            _ => "+COPS: 0".into(),
        }
    }

    fn manage_keys(&mut self, fields: &[&str]) -> Answer {
        let number = |text: &str| text.parse::<u32>().ok();
        let (operation, tag, kind) = match fields {
            ["1"] => ("1", None, None),
            ["1", tag] => ("1", number(tag), None),
            [operation, tag, kind, ..] => (*operation, number(tag), number(kind)),
            _ => return Error(50),
        };
        if operation == "1" {
            let wanted = |(a, b): &(u32, u32)| {
                tag.is_none_or(|tag| tag == *a) && kind.is_none_or(|kind| kind == *b)
            };
            let show = |(tag, kind)| {
                let digest = Sha256::digest(self.stored(tag, kind));
                let digits: String = digest.iter().map(|byte| format!("{byte:02X}")).collect();
                format!("%CMNG: {tag},{kind},\"{digits}\"")
            };
            return Lines(self.keys.list().filter(wanted).map(show).collect());
        }
        let (Some(tag), Some(kind)) = (tag, kind) else {
            return Error(50);
        };
        if self.mode == FunctionalMode::Normal {
            return Error(518);
        }
        if self.key_failures > 0 {
            self.key_failures -= 1;
            return Error(514);
        }
        match (operation, fields) {
            ("0", [.., content]) if fields.len() == 4 => {
                let value = match kind {
                    keys::PSK => unhex(content),
                    _ => Some(content.as_bytes().to_vec()),
                };
                match value.filter(|value| !value.is_empty()) {
                    Some(value) => {
                        self.keys.write(tag, kind, value);
                        ok()
                    }
                    None => Error(527),
                }
            }
            ("3", _) if self.keys.delete(tag, kind) => ok(),
            ("3", _) => Error(513),
            _ => Error(50),
        }
    }

    /// What the digest of a key is made of.
    fn stored(&self, tag: u32, kind: u32) -> Vec<u8> {
        let value = self.keys.part(tag, kind).unwrap_or_default();
        if kind == keys::PSK && self.config.keeps_digits {
            value.iter().flat_map(|byte| format!("{byte:02X}").into_bytes()).collect()
        } else {
            value.to_vec()
        }
    }

    /// The time of day, if the network tells it.
    pub(super) fn time(&self) -> Option<Time> {
        let seconds = i64::try_from(self.now.as_millis() / 1000).ok()?;
        let utc = self.config.utc? + seconds;
        let zone = self.config.zone;
        let [year, month, day, hour, minute, second] = civil(utc + i64::from(zone) * 900);
        let text =
            format!("{year:02}/{month:02}/{day:02},{hour:02}:{minute:02}:{second:02}{zone:+03}");
        let mut octets = String::new();
        let quarters = i64::from(zone.unsigned_abs());
        for value in civil(utc) {
            octets += &format!("{}{}", value % 10, value / 10);
        }
        let sign = if zone < 0 { 8 } else { 0 };
        octets += &format!("{}{:X}", quarters % 10, (quarters / 10) | sign);
        Some(Time { text, octets })
    }
}

fn set(subscription: &mut bool, arguments: &str, on: &str) -> Answer {
    match arguments {
        "=0" => *subscription = false,
        _ if arguments == on => *subscription = true,
        _ => return Error(50),
    }
    ok()
}

/// Fields between commas that are not in quotes, without quotes.
fn fields(text: &str) -> Vec<&str> {
    let mut quoted = false;
    text.split(|c| {
        quoted ^= c == '"';
        c == ',' && !quoted
    })
    .map(|field| field.trim_matches('"'))
    .collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<_>> = text.chars().map(|digit| digit.to_digit(16)).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0)?;
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).ok()).collect()
}

/// Year of the century, month, day, hour, minute and second.
fn civil(utc: i64) -> [i64; 6] {
    let (mut day, second) = (utc.div_euclid(86400), utc.rem_euclid(86400));
    let mut year = 1970;
    let leap = |year: i64| i64::from(year % 4 == 0 && (year % 100 != 0 || year % 400 == 0));
    while day >= 365 + leap(year) {
        day -= 365 + leap(year);
        year += 1;
    }
    let mut month = 1;
    for length in [31, 28 + leap(year), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31] {
        if day < length {
            break;
        }
        day -= length;
        month += 1;
    }
    [year % 100, month, day + 1, second / 3600, second / 60 % 60, second % 60]
}
