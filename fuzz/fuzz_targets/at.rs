//! Any bytes from the modem, with commands in hand: nothing panics, and each command ends once.
//!
//! The input is bytes for the modem to say; 0xF0..=0xFF among them are orders to the harness: begin
//! a command, or let time pass.
#![no_main]

use lwm2m_carrier::modem::at::AtModem;
use lwm2m_carrier::modem::{Command, FunctionalMode, KeyKind, PdnType, Report};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Duration, Instant};
use std::convert::Infallible;

#[derive(Default)]
struct Wire(Option<u8>);

impl embedded_io::ErrorType for Wire {
    type Error = Infallible;
}

impl embedded_io::Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Infallible> {
        Ok(match (self.0.take(), buffer.first_mut()) {
            (Some(byte), Some(slot)) => {
                *slot = byte;
                1
            }
            _ => 0,
        })
    }
}

impl embedded_io::ReadReady for Wire {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(self.0.is_some())
    }
}

impl embedded_io::Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}

fn drain(modem: &mut AtModem<Wire>, now: Instant, in_hand: &mut bool) {
    while let Some(report) = modem.poll(now) {
        if matches!(report, Report::Done | Report::Failed(_)) {
            assert!(*in_hand, "an end without a command");
            *in_hand = false;
        }
    }
    assert_eq!(modem.deadline().is_some(), *in_hand);
}

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let (tag, kind) = (16_842_753, KeyKind::Psk);
    let value = Secret::new(&b"key"[..]);
    let (apn, pdn_type) = ("iot.example", PdnType::Ipv4v6);
    let commands = [
        Command::Initialise,
        Command::SetFunctionalMode(FunctionalMode::Normal),
        Command::SetFunctionalMode(FunctionalMode::PowerOff),
        Command::SetFunctionalMode(FunctionalMode::Offline),
        Command::ConfigurePdn { apn, pdn_type },
        Command::ReadSim,
        Command::ReadAddress,
        Command::ReadSignal,
        Command::ReadClock,
        Command::FindKey { tag, kind },
        Command::WriteKey { tag, kind, value },
        Command::DeleteKey { tag, kind },
        Command::BeginUpdate,
    ];
    let mut modem = AtModem::new(Wire::default());
    let mut now = Instant::ZERO;
    let mut in_hand = false;
    for &byte in data {
        match byte {
            0xF0.. => match commands.get(usize::from(byte - 0xF0)) {
                Some(command) => in_hand |= modem.command(now, command).is_ok(),
                None => now = now + Duration::from_secs(3),
            },
            byte => modem.stream().0 = Some(byte),
        }
        drain(&mut modem, now, &mut in_hand);
    }
    // Whatever was said, time ends it; a modem that started meanwhile is asked a second time.
    for _ in 0..2 {
        now = now + Duration::from_secs(60);
        drain(&mut modem, now, &mut in_hand);
    }
    assert!(!in_hand, "a command without an end");
});
