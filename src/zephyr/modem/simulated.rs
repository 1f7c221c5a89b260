//! A modem inside the image, for boards without one. It has a SIM, finds its network after a time,
//! takes keys while it is offline, and installs firmware images: what a test or a newcomer needs.
//!
//! Images have the form that the simulator on the PC makes: `LCIM`, the length and the CRC-32 of the
//! body (32 bits, big-endian), and the body, which begins with the version, ended by a zero.

use super::super::config::is_enabled;
use super::super::keys::Keys;
use super::super::os::{self, kconfig};
use crate::capacity::setting;
use crate::modem::{
    Cell, Command, Error, FunctionalMode, Identity, Pdn, Registration, Report, Sim, Technology,
};
use crate::secret::Secret;
use crate::time::{Duration, Instant};
use core::ffi::CStr;
use heapless::{Deque, String};

/// How long it takes to find the network.
const ATTACH: Duration =
    Duration::from_millis(setting(option_env!("CARRIER_MODEM_ATTACH_MS"), 100) as u64);
/// The subscriber, in a test network (001-01).
const IMSI: &str = "001010123456789";
const ICCID: &str = "89490200001234567890";
const MSISDN: &str = "+491512345678";
/// Firmware before the first update.
const FIRMWARE: &str = "mfw_sim_1.0.0";
/// The record of the firmware that is installed.
const VERSION_RECORD: &CStr = c"carrier/sim/firmware";
const MAGIC: &[u8; 4] = b"LCIM";
const HEADER: u32 = 12;

/// What will be said. Texts are looked up when it is.
#[derive(Clone, Copy)]
enum Saying {
    Report(Report<'static>),
    Firmware,
    Imei,
}

/// The modem.
pub(in super::super) struct Modem {
    keys: Keys,
    mode: FunctionalMode,
    /// When the network is found.
    attach: Option<Instant>,
    registered: bool,
    sayings: Deque<Saying, 16>,
    firmware: String<32>,
    /// Bytes of an image that came in.
    received: Option<u32>,
}

impl Modem {
    pub(in super::super) fn new(keys: Keys) -> Self {
        let mut buffer = [0; 32];
        let stored = os::load(VERSION_RECORD, &mut buffer).ok();
        let stored = stored.and_then(|bytes| core::str::from_utf8(bytes).ok());
        Self {
            keys,
            mode: FunctionalMode::PowerOff,
            attach: None,
            registered: false,
            sayings: Deque::new(),
            firmware: String::try_from(stored.unwrap_or(FIRMWARE)).unwrap_or_default(),
            received: None,
        }
    }

    /// Begins a command; it is carried out at once.
    pub(in super::super) fn command(&mut self, now: Instant, command: &Command<'_>) {
        let done = self.execute(now, command);
        self.say(match done {
            Ok(()) => Report::Done,
            Err(error) => Report::Failed(error),
        });
    }

    /// The next report, if there is one.
    pub(in super::super) fn poll(&mut self, now: Instant) -> Option<Report<'_>> {
        if self.attach.is_some_and(|at| at <= now) {
            self.attach = None;
            self.registered = true;
            self.say(Report::Pdn(Pdn::Activated));
            self.say(Report::Registration(Registration::Home));
            let technology =
                if is_enabled!("MODEM_NB_IOT") { Technology::NbIot } else { Technology::LteM };
            self.say(Report::Cell(Cell { id: 0x0123_4567, tac: 0x89ab, technology }));
            self.say(Report::Operator { mcc: 1, mnc: 1 });
        }
        Some(match self.sayings.pop_front()? {
            Saying::Report(report) => report,
            Saying::Firmware => Report::Identity(Identity::Firmware(&self.firmware)),
            Saying::Imei => Report::Identity(Identity::Imei(Secret::new(kconfig::modem_imei()))),
        })
    }

    /// When [`Modem::poll`] is due.
    pub(in super::super) fn deadline(&self) -> Option<Instant> {
        if self.sayings.is_empty() { self.attach } else { Some(Instant::ZERO) }
    }

    fn say(&mut self, report: Report<'static>) {
        self.put(Saying::Report(report));
    }

    fn put(&mut self, saying: Saying) {
        // Sixteen are more than a command and the network say together.
        if self.sayings.push_back(saying).is_err() {
            log!(error, "the simulated modem lost a report");
        }
    }

    fn execute(&mut self, now: Instant, command: &Command<'_>) -> Result<(), Error> {
        match *command {
            Command::Initialise => {
                self.say(Report::Identity(Identity::Manufacturer("lwm2m-carrier")));
                self.say(Report::Identity(Identity::Model("Simulated modem")));
                self.say(Report::Identity(Identity::Hardware("none")));
                self.put(Saying::Firmware);
                self.put(Saying::Imei);
            }
            Command::SetFunctionalMode(mode) => self.set_mode(now, mode),
            Command::ReadSim => {
                self.say(Report::Identity(Identity::Imsi(Secret::new(IMSI))));
                self.say(Report::Identity(Identity::Iccid(Secret::new(ICCID))));
                self.say(Report::Identity(Identity::Msisdn(Secret::new(MSISDN))));
            }
            Command::ReadAddress => {
                self.say(Report::Address(Secret::new("192.0.2.1")));
                self.say(Report::Apn("sim.example"));
            }
            Command::ReadSignal => self.say(Report::Signal { rsrp: -85, rsrq: -10 }),
            // As a modem does: keys while the radio is off only.
            Command::WriteKey { .. } | Command::DeleteKey { .. }
                if self.mode == FunctionalMode::Normal =>
            {
                return Err(Error::NotNow);
            }
            Command::BeginUpdate if os::slot_size() == 0 => return Err(Error::Unsupported),
            Command::BeginUpdate => self.received = Some(0),
            Command::WriteUpdate { offset, bytes } => return self.take(offset, bytes),
            Command::FinishUpdate => return self.check().map(drop),
            Command::ApplyUpdate => return self.install(),
            Command::CancelUpdate => self.received = None,
            Command::ConfigurePdn { .. } | Command::ReadClock => {}
            _ => {
                let sayings = &mut self.sayings;
                let report = |report| {
                    let _ = sayings.push_back(Saying::Report(report));
                };
                return self.keys.execute(command, report).unwrap_or(Err(Error::Unsupported));
            }
        }
        Ok(())
    }

    fn set_mode(&mut self, now: Instant, mode: FunctionalMode) {
        self.mode = mode;
        if mode == FunctionalMode::Normal {
            self.say(Report::Sim(Sim::Ready));
            if !self.registered {
                self.attach = Some(now + ATTACH);
            }
            return;
        }
        self.attach = None;
        if core::mem::take(&mut self.registered) {
            self.say(Report::Pdn(Pdn::Detached));
            self.say(Report::Registration(Registration::None));
        }
    }

    fn take(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        let received = self.received.ok_or(Error::NotNow)?;
        if offset != received {
            return Err(Error::Refused);
        }
        if offset as usize + bytes.len() > os::slot_size() {
            return Err(Error::NoMemory);
        }
        os::write_slot(offset, bytes).map_err(|_| Error::Io)?;
        self.received = Some(offset + bytes.len() as u32);
        Ok(())
    }

    /// Checks the image in the slot: its version.
    fn check(&self) -> Result<String<32>, Error> {
        let mut header = [0; HEADER as usize];
        read(0, &mut header)?;
        let [m0, m1, m2, m3, l0, l1, l2, l3, c0, c1, c2, c3] = header;
        let len = u32::from_be_bytes([l0, l1, l2, l3]);
        let whole = self.received.is_none_or(|received| Some(received) == len.checked_add(HEADER));
        if [m0, m1, m2, m3] != *MAGIC || !whole || len as usize > os::slot_size() {
            return Err(Error::Image);
        }
        let mut version = String::new();
        let mut named = false;
        let mut crc = !0;
        let mut buffer = [0; 64];
        let mut at = 0;
        while at < len {
            let part = buffer.len().min((len - at) as usize);
            let part = buffer.get_mut(..part).unwrap_or_default();
            read(HEADER + at, part)?;
            at += part.len() as u32;
            for byte in part {
                crc = crc32(crc, *byte);
                named |= *byte == 0;
                if !named {
                    version.push((*byte).into()).map_err(|_| Error::Image)?;
                }
            }
        }
        if named && !crc == u32::from_be_bytes([c0, c1, c2, c3]) {
            Ok(version)
        } else {
            Err(Error::Image)
        }
    }

    /// Installs the image that was checked, before a restart perhaps.
    fn install(&mut self) -> Result<(), Error> {
        if self.mode == FunctionalMode::Normal {
            return Err(Error::NotNow);
        }
        self.firmware = self.check()?;
        os::save(VERSION_RECORD, self.firmware.as_bytes()).map_err(|_| Error::Io)?;
        self.received = None;
        self.mode = FunctionalMode::PowerOff;
        Ok(())
    }
}

fn read(offset: u32, bytes: &mut [u8]) -> Result<(), Error> {
    os::read_slot(offset, bytes).map_err(|_| Error::Image)
}

/// CRC-32 (ISO-HDLC), a byte further.
fn crc32(crc: u32, byte: u8) -> u32 {
    (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 * (crc & 1)))
}
