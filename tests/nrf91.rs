//! The modem of an nRF91 over a library that the test plays: AT lines as calls, images, faults.

use lwm2m_carrier::modem::nrf91::{Area, Library, Nrf91};
use lwm2m_carrier::modem::{Command, Error, FunctionalMode, Identity, KeyKind, Report};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Duration, Instant};
use std::collections::VecDeque;

/// A library that does what it is told to, and writes down what is asked of it.
#[derive(Default)]
struct Fake {
    calls: Vec<String>,
    /// What it has to say.
    input: VecDeque<u8>,
    /// Answers to AT commands, by their beginning; `OK` to any other.
    answers: Vec<(&'static str, &'static str)>,
    stopped: bool,
    refuses: Option<Error>,
    areas: VecDeque<Area>,
    write: Option<Error>,
    restart: Option<Error>,
}

impl Fake {
    fn say(&mut self, text: &str) {
        self.input.extend(text.bytes());
    }

    fn call(&mut self, what: &str) -> Result<(), Error> {
        self.calls.push(what.to_owned());
        self.refuses.map_or(Ok(()), Err)
    }
}

impl Library for Fake {
    fn start(&mut self) -> Result<(), Error> {
        self.call("start")?;
        self.stopped = false;
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Error> {
        self.call("restart")?;
        self.stopped = false;
        self.restart.map_or(Ok(()), Err)
    }

    fn has_stopped(&self) -> bool {
        self.stopped
    }

    fn send(&mut self, line: &[u8]) -> Result<(), Error> {
        if self.stopped {
            return Err(Error::Io);
        }
        let line = String::from_utf8(line.to_vec()).unwrap();
        let answer = self.answers.iter().find(|(command, _)| line.starts_with(command));
        let answer = answer.map_or("OK\r\n", |(_, answer)| answer);
        self.say(answer);
        self.call(&line)
    }

    fn is_ready(&self) -> bool {
        !self.input.is_empty()
    }

    fn read(&mut self, bytes: &mut [u8]) -> usize {
        let count = bytes.len().min(self.input.len());
        for (byte, input) in bytes.iter_mut().zip(self.input.drain(..count)) {
            *byte = input;
        }
        count
    }

    fn area(&mut self) -> Result<Area, Error> {
        self.call("area")?;
        Ok(self.areas.pop_front().unwrap_or(Area::Blank))
    }

    fn erase(&mut self) -> Result<(), Error> {
        self.call("erase")
    }

    fn open_image(&mut self) -> Result<(), Error> {
        self.call("open")
    }

    fn write_image(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.call(&format!("write {}", bytes.len()))?;
        self.write.map_or(Ok(()), Err)
    }

    fn close_image(&mut self) -> Result<(), Error> {
        self.call("close")
    }

    fn schedule_image(&mut self) -> Result<(), Error> {
        self.call("schedule")
    }
}

/// The modem, and the time.
struct Bench {
    modem: Nrf91<Fake>,
    now: Instant,
}

impl Bench {
    fn new(fake: Fake) -> Self {
        Self { modem: Nrf91::new(fake), now: Instant::from_secs(1) }
    }

    /// Reports up to now, as text.
    fn reports(&mut self) -> Vec<String> {
        let mut reports = Vec::new();
        while let Some(report) = self.modem.poll(self.now) {
            reports.push(match report {
                Report::Identity(Identity::Imei(imei)) => format!("Imei({})", imei.expose()),
                other => format!("{other:?}"),
            });
            assert!(reports.len() < 50, "no end of reports: {reports:?}");
        }
        reports
    }

    /// The reports of a command, while time passes as the modem asks for.
    fn run(&mut self, command: &Command<'_>) -> Vec<String> {
        self.modem.command(self.now, command).unwrap();
        let mut reports = self.reports();
        for _ in 0..200 {
            let Some(deadline) = self.modem.deadline() else { break };
            self.now = self.now.max(deadline);
            reports.extend(self.reports());
        }
        reports
    }

    fn calls(&mut self) -> Vec<String> {
        std::mem::take(&mut self.modem.library().calls)
    }
}

const IMEI: (&str, &str) = ("AT+CGSN=1", "+CGSN: \"352656100367872\"\r\nOK\r\n");

#[test]
fn initialising_starts_the_library_and_identifies_the_modem() {
    let answers = vec![IMEI, ("AT+CGMM", "nRF9160-SICA\r\nOK\r\n")];
    let mut bench = Bench::new(Fake { answers, ..Fake::default() });
    let reports = bench.run(&Command::Initialise);
    assert!(reports.contains(&"Imei(352656100367872)".to_owned()), "{reports:?}");
    assert_eq!(reports.last().unwrap(), "Done");
    let calls = bench.calls();
    assert_eq!(calls[0], "start");
    assert!(calls.contains(&"AT+CGSN=1".to_owned()), "{calls:?}");
    bench.run(&Command::SetFunctionalMode(FunctionalMode::Normal));
    let calls = bench.calls();
    assert!(calls.contains(&"AT+CEREG=5".to_owned()), "{calls:?}");
}

#[test]
fn a_library_that_does_not_start_fails_the_command_and_says_nothing_to_the_modem() {
    let mut bench = Bench::new(Fake { refuses: Some(Error::Io), ..Fake::default() });
    assert_eq!(bench.run(&Command::Initialise), ["Failed(Io)"]);
    assert_eq!(bench.calls(), ["start"]);
}

#[test]
fn a_line_reaches_the_library_whole_and_without_its_end() {
    let mut bench = Bench::new(Fake::default());
    let key = [0xA5; 32];
    let write =
        Command::WriteKey { tag: 2_147_483_600, kind: KeyKind::Psk, value: Secret::new(&key) };
    assert_eq!(bench.run(&write), ["Done"]);
    assert_eq!(bench.calls(), [format!("AT%CMNG=0,2147483600,3,\"{}\"", "A5".repeat(32))]);
    let apn = "a".repeat(63);
    let configure = Command::ConfigurePdn { apn: &apn, pdn_type: Default::default() };
    assert_eq!(bench.run(&configure), ["Done"]);
    assert_eq!(bench.calls(), [format!("AT+CGDCONT=0,\"IPV4V6\",\"{apn}\"")]);
}

#[test]
fn a_line_that_is_too_long_is_refused_and_the_next_one_goes_out() {
    let mut bench = Bench::new(Fake::default());
    let key = [0; 200];
    let write = Command::WriteKey { tag: 1, kind: KeyKind::Psk, value: Secret::new(&key) };
    assert_eq!(bench.run(&write), ["Failed(Io)"]);
    assert_eq!(bench.calls(), [""; 0]);
    assert_eq!(bench.run(&Command::SetFunctionalMode(FunctionalMode::Offline)), ["Done"]);
    assert_eq!(bench.calls(), ["AT+CFUN=4"]);
}

#[test]
fn notifications_come_without_a_command() {
    let mut bench = Bench::new(Fake::default());
    bench.modem.library().say("+CEREG: 5,\"0B3F\",\"01A2D003\",7\r\n%MDMEV: ME OVERHEATED\r\n");
    let reports = bench.reports();
    assert_eq!(reports[0], "Registration(Roaming)");
    assert_eq!(reports.last().unwrap(), "Warning(Overheated)");
}

#[test]
fn a_modem_that_stops_fails_the_command_in_hand_and_is_told_once() {
    let mut bench = Bench::new(Fake { answers: vec![("AT+CFUN", "")], ..Fake::default() });
    bench.modem.command(bench.now, &Command::SetFunctionalMode(FunctionalMode::Normal)).unwrap();
    assert_eq!(bench.reports(), [""; 0]);
    bench.modem.library().stopped = true;
    assert_eq!(bench.reports(), ["Failed(Io)", "Restarted"]);
    assert_eq!(bench.reports(), [""; 0]);
    assert_eq!(bench.modem.deadline(), None);
    // Until it is started again, nothing goes.
    assert_eq!(bench.run(&Command::ReadSignal), ["Failed(Io)"]);
    bench.modem.library().answers = vec![IMEI];
    assert_eq!(bench.run(&Command::Initialise).last().unwrap(), "Done");
    bench.modem.library().stopped = true;
    assert_eq!(bench.reports(), ["Restarted"]);
}

#[test]
fn an_image_goes_to_the_modem_and_is_installed_by_a_restart() {
    let mut bench = Bench::new(Fake::default());
    assert_eq!(bench.run(&Command::BeginUpdate), ["Done"]);
    for offset in [0, 512] {
        let write = Command::WriteUpdate { offset, bytes: &[7; 512] };
        assert_eq!(bench.run(&write), ["Done"]);
    }
    assert_eq!(bench.run(&Command::WriteUpdate { offset: 1024, bytes: &[] }), ["Done"]);
    assert_eq!(bench.run(&Command::FinishUpdate), ["Done"]);
    assert_eq!(bench.run(&Command::ApplyUpdate), ["Done"]);
    let calls = bench.calls();
    assert_eq!(calls, ["area", "open", "write 512", "write 512", "close", "schedule", "restart"]);
}

#[test]
fn an_image_that_arrived_before_a_restart_of_the_device_is_installed() {
    let mut bench = Bench::new(Fake::default());
    assert_eq!(bench.run(&Command::ApplyUpdate), ["Done"]);
    assert_eq!(bench.calls(), ["schedule", "restart"]);
}

#[test]
fn what_the_area_holds_is_erased_first_however_long_that_takes() {
    let areas = VecDeque::from([Area::Used, Area::Used, Area::Erasing, Area::Erasing]);
    let mut bench = Bench::new(Fake { areas, ..Fake::default() });
    let begin = bench.now;
    bench.modem.command(begin, &Command::BeginUpdate).unwrap();
    assert_eq!(bench.reports(), [""; 0]);
    assert_eq!(bench.modem.deadline(), Some(begin + Duration::from_millis(500)));
    // One at a time.
    assert_eq!(bench.modem.command(begin, &Command::ReadSignal), Err(Error::NotNow));
    while let Some(deadline) = bench.modem.deadline().filter(|_| bench.reports().is_empty()) {
        bench.now = deadline;
    }
    assert_eq!(bench.now, begin + Duration::from_secs(2));
    assert_eq!(bench.calls(), ["area", "erase", "area", "area", "area", "area", "open"]);
}

#[test]
fn notifications_come_while_the_area_is_erased() {
    let areas = VecDeque::from([Area::Erasing, Area::Erasing]);
    let mut bench = Bench::new(Fake { areas, ..Fake::default() });
    bench.modem.command(bench.now, &Command::BeginUpdate).unwrap();
    bench.modem.library().say("%MDMEV: ME BATTERY LOW\r\n");
    assert_eq!(bench.reports(), ["Warning(BatteryLow)"]);
}

#[test]
fn an_area_that_does_not_become_blank_is_given_up() {
    let areas = std::iter::repeat_n(Area::Erasing, 1000).collect();
    let mut bench = Bench::new(Fake { areas, ..Fake::default() });
    let begin = bench.now;
    assert_eq!(bench.run(&Command::BeginUpdate), ["Failed(Timeout)"]);
    assert_eq!(bench.now, begin + Duration::from_secs(60));
    assert!(!bench.calls().contains(&"open".to_owned()));
}

#[test]
fn a_part_out_of_order_is_refused_and_not_written() {
    let mut bench = Bench::new(Fake::default());
    let write = Command::WriteUpdate { offset: 0, bytes: &[0; 16] };
    assert_eq!(bench.run(&write), ["Failed(NotNow)"]);
    assert_eq!(bench.run(&Command::FinishUpdate), ["Failed(NotNow)"]);
    assert_eq!(bench.run(&Command::BeginUpdate), ["Done"]);
    for (offset, outcome) in [(0, "Done"), (0, "Failed(Refused)"), (32, "Failed(Refused)")] {
        let write = Command::WriteUpdate { offset, bytes: &[0; 16] };
        assert_eq!(bench.run(&write), [outcome]);
    }
    let write = Command::WriteUpdate { offset: 16, bytes: &[0; 16] };
    assert_eq!(bench.run(&write), ["Done"]);
    let written = bench.calls().iter().filter(|call| call.starts_with("write")).count();
    assert_eq!(written, 2);
}

#[test]
fn what_the_modem_says_of_an_image_is_the_outcome() {
    let mut bench = Bench::new(Fake { write: Some(Error::Image), ..Fake::default() });
    assert_eq!(bench.run(&Command::BeginUpdate), ["Done"]);
    let write = Command::WriteUpdate { offset: 0, bytes: &[0; 16] };
    assert_eq!(bench.run(&write), ["Failed(Image)"]);
    assert_eq!(bench.run(&Command::CancelUpdate), ["Done"]);
    assert_eq!(bench.calls().last().unwrap(), "close");
    bench.modem.library().restart = Some(Error::Image);
    assert_eq!(bench.run(&Command::ApplyUpdate), ["Failed(Image)"]);
    bench.modem.library().refuses = Some(Error::Io);
    assert_eq!(bench.run(&Command::BeginUpdate), ["Failed(Io)"]);
}

#[test]
fn an_image_that_is_given_up_is_closed_once() {
    let mut bench = Bench::new(Fake::default());
    assert_eq!(bench.run(&Command::CancelUpdate), ["Done"]);
    assert_eq!(bench.run(&Command::BeginUpdate), ["Done"]);
    assert_eq!(bench.run(&Command::BeginUpdate), ["Done"]);
    assert_eq!(bench.run(&Command::CancelUpdate), ["Done"]);
    assert_eq!(bench.run(&Command::CancelUpdate), ["Done"]);
    assert_eq!(bench.calls(), ["area", "open", "close", "area", "open", "close"]);
}
