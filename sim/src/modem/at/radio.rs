//! Radio technologies, power saving, and what is counted.

use super::{Answer, Error, SimModem, Status, fields, line, ok};
use lwm2m_carrier::modem::{FunctionalMode, Technology};

/// What the host chose, and what was counted.
#[derive(Clone, Debug)]
pub(in crate::modem) struct Radio {
    /// %XSYSTEMMODE: LTE-M, NB-IoT, GNSS, preference.
    system_mode: String,
    /// Active time and periodic update that were asked for, as bits.
    power_saving: Option<(String, String)>,
    /// Cycle and paging time window that were asked for, for LTE-M and NB-IoT.
    edrx: [Option<String>; 2],
    windows: [Option<String>; 2],
    counting: bool,
    /// Bytes sent and received.
    pub(in crate::modem) data: [u64; 2],
    /// Packets, and the largest of them.
    packets: u64,
    largest: u64,
}

impl Default for Radio {
    fn default() -> Self {
        Self {
            system_mode: "1,1,0,0".into(),
            power_saving: None,
            edrx: [None, None],
            windows: [None, None],
            counting: false,
            data: [0; 2],
            packets: 0,
            largest: 0,
        }
    }
}

fn is_bits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|bit| matches!(bit, b'0' | b'1'))
}

impl SimModem {
    /// Counts a datagram that was sent, or received.
    pub fn count(&mut self, received: bool, bytes: usize) {
        let radio = &mut self.radio;
        if radio.counting {
            radio.data[usize::from(received)] += bytes as u64;
            radio.packets += 1;
            radio.largest = radio.largest.max(bytes as u64);
        }
    }

    /// Carries out a command about the radio, if it is one.
    pub(super) fn radio_command(&mut self, name: &str, arguments: &str) -> Option<Answer> {
        let value = arguments.get(1..).unwrap_or_default();
        Some(match (name, arguments) {
            ("%XSYSTEMMODE", "?") => line(format!("%XSYSTEMMODE: {}", self.radio.system_mode)),
            ("%XSYSTEMMODE", _) if self.mode == FunctionalMode::Normal => Error(518),
            ("%XSYSTEMMODE", _) => match fields(value)[..] {
                ["0" | "1", "0" | "1", "0" | "1", "0" | "1" | "2" | "3" | "4"] => {
                    self.radio.system_mode = value.into();
                    ok()
                }
                _ => Error(50),
            },
            ("+CPSMS", "=0") => {
                self.radio.power_saving = None;
                ok()
            }
            ("+CPSMS", _) => match fields(value)[..] {
                ["1", "", "", update, active] if is_bits(active, 8) => {
                    let update = match update {
                        // The network decides: an hour.
                        "" => "00100001",
                        _ if is_bits(update, 8) => update,
                        _ => return Some(Error(50)),
                    };
                    self.radio.power_saving = Some((active.into(), update.into()));
                    ok()
                }
                _ => Error(50),
            },
            ("+CEDRXS", _) => match fields(value)[..] {
                ["0", technology @ ("4" | "5")] => {
                    self.radio.edrx[usize::from(technology == "5")] = None;
                    ok()
                }
                ["2", technology @ ("4" | "5"), cycle] if is_bits(cycle, 4) => {
                    self.radio.edrx[usize::from(technology == "5")] = Some(cycle.into());
                    ok()
                }
                _ => Error(50),
            },
            ("%XPTW", _) => match fields(value)[..] {
                [technology @ ("4" | "5"), window] if is_bits(window, 4) => {
                    self.radio.windows[usize::from(technology == "5")] = Some(window.into());
                    ok()
                }
                _ => Error(50),
            },
            ("%XMONITOR", "") => self.monitor(),
            ("%XCONNSTAT", "=0" | "=1") => {
                self.radio.counting = arguments == "=1";
                if self.radio.counting {
                    (self.radio.data, self.radio.packets, self.radio.largest) = ([0; 2], 0, 0);
                }
                ok()
            }
            ("%XCONNSTAT", "?") => {
                let radio = &self.radio;
                let [sent, received] = radio.data;
                let average = (sent + received).checked_div(radio.packets).unwrap_or(0);
                line(format!(
                    "%XCONNSTAT: 0,0,{},{},{},{average}",
                    sent / 1024,
                    received / 1024,
                    radio.largest
                ))
            }
            _ => return None,
        })
    }

    fn monitor(&self) -> Answer {
        let status = self.status as u8;
        if !self.is_registered() {
            return line(format!("%XMONITOR: {status}"));
        }
        let config = &self.config;
        let technology = if config.technology == Technology::NbIot { 9 } else { 7 };
        let (active, update) = self.power_saving();
        line(format!(
            "%XMONITOR: {status},\"Example\",\"EX\",\"{}\",\"{:04X}\",{technology},20,\"{:08X}\",334,6200,\
             {},44,\"\",\"{active}\",\"{update}\",\"01001001\"",
            config.operator, config.tac, config.cell, config.rsrp
        ))
    }

    /// Active time and periodic update that the network gives: what is asked for, if anything.
    pub(in crate::modem) fn power_saving(&self) -> (&str, &str) {
        let asked = self.radio.power_saving.as_ref().filter(|_| self.config.saves_power);
        asked.map_or(("11100000", "11100000"), |(active, update)| (active, update))
    }

    /// Active time and periodic update that the host asks for, as bits.
    pub fn power_saving_asked(&self) -> Option<(&str, &str)> {
        self.radio.power_saving.as_ref().map(|(active, update)| (&**active, &**update))
    }

    /// Cycle and paging time window that the host asks for, as bits.
    pub fn edrx_asked(&self, technology: Technology) -> (Option<&str>, Option<&str>) {
        let index = usize::from(technology == Technology::NbIot);
        (self.radio.edrx[index].as_deref(), self.radio.windows[index].as_deref())
    }

    /// Whether the modem counts what is sent and received.
    pub fn is_counting(&self) -> bool {
        self.radio.counting
    }

    /// Tells of what the network gives after it was asked for something else.
    pub(super) fn grant(&mut self) {
        if !matches!(self.status, Status::Home | Status::Roaming) {
            return;
        }
        self.set_status(self.status);
        self.notify_edrx();
    }

    pub(in crate::modem) fn notify_edrx(&mut self) {
        // Only of the technology in use.
        let nb_iot = usize::from(self.config.technology == Technology::NbIot);
        let asked = self.radio.edrx[nb_iot].clone().filter(|_| self.config.saves_power);
        if let Some(cycle) = asked {
            let window = self.radio.windows[nb_iot].as_deref().unwrap_or("0011");
            let technology = 4 + nb_iot;
            self.say(&format!("+CEDRXP: {technology},\"{cycle}\",\"{cycle}\",\"{window}\""));
        }
    }
}
