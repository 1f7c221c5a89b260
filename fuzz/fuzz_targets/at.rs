//! Any bytes from the modem, with commands in hand: nothing panics, and each command ends once.
//!
//! The input is bytes for the modem to say, the first one chooses the vocabulary. 0x80 and above are
//! orders to the harness: begin a command, or let time pass.
#![no_main]

use lwm2m_carrier::modem::at::{AtModem, NRF91, PLAIN};
use lwm2m_carrier::modem::{
    Command, FunctionalMode, KeyKind, PdnType, PowerSaving, Report, SystemMode, Technology,
};
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
    let technology = Technology::NbIot;
    let system_mode = SystemMode { lte_m: true, nb_iot: true, gnss: false, preference: None };
    let power_saving = PowerSaving { active_time: 60, periodic_update: 3600 };
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
        Command::ReadFunctionalMode,
        Command::ReadPdn,
        Command::SearchKeys { first: 16_842_750, kind, value },
        Command::ReadSystemMode,
        Command::SetSystemMode(system_mode),
        Command::NewContext,
        Command::ConfigureContext { context: 1, apn, pdn_type },
        Command::DeleteContext(1),
        Command::SetContext { context: 10, active: true },
        Command::ReadPdnId(1),
        Command::SetPowerSaving(Some(power_saving)),
        Command::SetPowerSaving(None),
        Command::SetEdrx { technology, cycle: Some(3) },
        Command::ReadMonitor,
        Command::SetStatistics(true),
        Command::ReadStatistics,
        Command::ReadSmartcard,
    ];
    let Some((first, data)) = data.split_first() else { return };
    let vocabulary = if first % 2 == 0 { &NRF91 } else { &PLAIN };
    let mut modem = AtModem::with(Wire::default(), vocabulary);
    let mut now = Instant::ZERO;
    let mut in_hand = false;
    for &byte in data {
        match byte {
            0x80.. => match commands.get(usize::from(byte - 0x80)) {
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
