//! A modem at a stream that the test writes and reads.

use lwm2m_carrier::modem::at::{AtModem, NRF91, Vocabulary};
use lwm2m_carrier::modem::{Command, KeyKind};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Duration, Instant};
use std::collections::VecDeque;

/// A stream whose input the test writes and whose output it reads.
#[derive(Default, Debug)]
pub struct Wire {
    pub input: VecDeque<u8>,
    pub output: Vec<u8>,
    pub broken: bool,
}

impl embedded_io::ErrorType for Wire {
    type Error = embedded_io::ErrorKind;
}

impl embedded_io::Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        match (self.input.pop_front(), buffer.first_mut()) {
            (Some(byte), Some(slot)) => {
                *slot = byte;
                Ok(1)
            }
            _ => Ok(0),
        }
    }
}

impl embedded_io::ReadReady for Wire {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        Ok(!self.input.is_empty())
    }
}

impl embedded_io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        if self.broken {
            return Err(embedded_io::ErrorKind::BrokenPipe);
        }
        // A slow stream takes a few bytes at a time.
        let count = bytes.len().min(7);
        self.output.extend(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Bytes in hex.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect()
}

/// A report as text; secrets are shown, as the library itself never does.
pub fn show(report: &lwm2m_carrier::modem::Report<'_>) -> String {
    use lwm2m_carrier::modem::{Identity, Report};
    match *report {
        Report::Address(text) => format!("Address({})", text.expose()),
        Report::Identity(Identity::Imei(text)) => format!("Imei({})", text.expose()),
        Report::Identity(Identity::Imsi(text)) => format!("Imsi({})", text.expose()),
        Report::Identity(Identity::Iccid(text)) => format!("Iccid({})", text.expose()),
        Report::Identity(Identity::Msisdn(text)) => format!("Msisdn({})", text.expose()),
        Report::Smartcard(bytes) => format!("Smartcard({})", hex(bytes.expose())),
        ref other => format!("{other:?}"),
    }
}

#[derive(Debug)]
pub struct Bench {
    pub modem: AtModem<Wire>,
    pub now: Instant,
    reports: Vec<String>,
}

impl Bench {
    pub fn new() -> Self {
        Self::with(&NRF91)
    }

    pub fn with(vocabulary: &'static Vocabulary) -> Self {
        Self {
            modem: AtModem::with(Wire::default(), vocabulary),
            now: Instant::from_secs(1),
            reports: Vec::new(),
        }
    }

    pub fn command(&mut self, command: &Command<'_>) {
        self.modem.command(self.now, command).unwrap();
        self.poll();
    }

    pub fn poll(&mut self) {
        while let Some(report) = self.modem.poll(self.now) {
            self.reports.push(show(&report));
        }
    }

    pub fn hear(&mut self, bytes: impl AsRef<[u8]>) {
        self.modem.stream().input.extend(bytes.as_ref());
        self.poll();
    }

    pub fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        self.poll();
    }

    pub fn said(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.modem.stream().output)).unwrap()
    }

    pub fn reported(&mut self) -> Vec<String> {
        std::mem::take(&mut self.reports)
    }
}

/// Runs a command against a script of (what must be said, what is answered).
pub fn run(bench: &mut Bench, command: &Command<'_>, script: &[(&str, &str)]) -> Vec<String> {
    bench.command(command);
    for (said, answer) in script {
        assert_eq!(bench.said(), format!("{said}\r\n"));
        bench.hear(answer);
    }
    assert_eq!(bench.said(), "");
    assert_eq!(bench.modem.deadline(), None);
    bench.reported()
}

pub fn once(command: &Command<'_>, script: &[(&str, &str)]) -> Vec<String> {
    run(&mut Bench::new(), command, script)
}

/// What a modem says by itself.
pub fn hear(bytes: impl AsRef<[u8]>) -> Vec<String> {
    let mut bench = Bench::new();
    bench.hear(bytes);
    bench.reported()
}

pub const PSK: Command<'_> = Command::WriteKey {
    tag: 16_842_753,
    kind: KeyKind::Psk,
    value: Secret::new(&[0x00, 0x1F, 0xA0, 0xFF]),
};
pub const IDENTITY: Command<'_> =
    Command::WriteKey { tag: 7, kind: KeyKind::Identity, value: Secret::new(b"urn:imei:1") };
pub const FIND: Command<'_> = Command::FindKey { tag: 35, kind: KeyKind::Psk };
pub const DELETE: Command<'_> = Command::DeleteKey { tag: 0, kind: KeyKind::Identity };

/// What is said to identify a modem.
pub const IDENTIFY: [(&str, &str); 9] = [
    ("AT", "OK\r\n"),
    ("AT+CMEE=1", "OK\r\n"),
    ("AT+COPS=3,2", "OK\r\n"),
    ("AT+CGMI", "Nordic Semiconductor ASA\r\nOK\r\n"),
    ("AT+CGMM", "nRF9160-SICA\r\nOK\r\n"),
    ("AT%SHORTSWVER", "%SHORTSWVER: nrf9160_1.3.0\r\nOK\r\n"),
    ("AT+CGMR", "mfw_nrf9160_1.3.0\r\nOK\r\n"),
    ("AT%HWVERSION", "%HWVERSION: nRF9160 SICA B0A\r\nOK\r\n"),
    ("AT+CGSN=1", "+CGSN: \"004999010640000\"\r\nOK\r\n"),
];

/// What comes of it.
pub const IDENTIFIED: [&str; 7] = [
    "Identity(Manufacturer(\"Nordic Semiconductor ASA\"))",
    "Identity(Model(\"nRF9160-SICA\"))",
    "Identity(Firmware(\"nrf9160_1.3.0\"))",
    "Identity(Firmware(\"mfw_nrf9160_1.3.0\"))",
    "Identity(Hardware(\"nRF9160 SICA B0A\"))",
    "Imei(004999010640000)",
    "Done",
];

/// What is said to turn the radio on.
pub const NORMAL: [(&str, &str); 9] = [
    ("AT+CEREG=5", "OK\r\n"),
    ("AT+CGEREP=1", "OK\r\n"),
    ("AT+CNEC=16", "OK\r\n"),
    ("AT%CESQ=1", "OK\r\n"),
    ("AT%XTIME=1", "OK\r\n"),
    ("AT%MDMEV=1", "OK\r\n"),
    ("AT%XSIM=1", "OK\r\n"),
    ("AT+CFUN=1", "OK\r\n"),
    ("AT+CEREG?", "+CEREG: 5,2\r\nOK\r\n"),
];
