//! A simulated modem behind the library's dialect, in virtual time.

use lwm2m_carrier::modem::{Command, FunctionalMode, Identity, Report};
use lwm2m_carrier::time::{Duration, Instant};
use lwm2m_carrier_sim::modem::{Config, Fault, Link};

pub struct Bench {
    pub link: Link,
    pub now: Instant,
    reports: Vec<String>,
}

pub const NORMAL: Command<'_> = Command::SetFunctionalMode(FunctionalMode::Normal);
pub const OFFLINE: Command<'_> = Command::SetFunctionalMode(FunctionalMode::Offline);
pub const POWER_OFF: Command<'_> = Command::SetFunctionalMode(FunctionalMode::PowerOff);

pub fn show(report: Report<'_>) -> String {
    match report {
        Report::Address(text)
        | Report::Identity(
            Identity::Imei(text)
            | Identity::Imsi(text)
            | Identity::Iccid(text)
            | Identity::Msisdn(text),
        ) => text.expose().into(),
        Report::Smartcard(bytes) => {
            bytes.expose().iter().map(|byte| format!("{byte:02X}")).collect()
        }
        other => format!("{other:?}"),
    }
}

impl Bench {
    pub fn new(config: Config) -> Self {
        Self { link: Link::new(config), now: Instant::ZERO, reports: Vec::new() }
    }

    /// Initialised.
    pub fn ready(config: Config) -> Self {
        let mut bench = Self::new(config);
        assert_eq!(bench.run(&Command::Initialise).last().unwrap(), "Done");
        bench
    }

    /// Initialised and in the network.
    pub fn online(config: Config) -> Self {
        let mut bench = Self::ready(config);
        bench.run(&NORMAL);
        bench.wait(1000);
        assert!(bench.link.modem.is_connected());
        bench
    }

    pub fn poll(&mut self) {
        let (link, reports) = (&mut self.link, &mut self.reports);
        while link.poll(self.now, |report| reports.push(show(report))) {}
    }

    /// Goes from deadline to deadline.
    pub fn wait(&mut self, millis: u64) -> Vec<String> {
        let end = self.now + Duration::from_millis(millis);
        self.poll();
        while let Some(at) = self.link.deadline().filter(|at| *at <= end) {
            self.now = self.now.max(at);
            self.poll();
        }
        self.now = end;
        self.poll();
        std::mem::take(&mut self.reports)
    }

    pub fn run(&mut self, command: &Command<'_>) -> Vec<String> {
        self.link.command(self.now, command).unwrap();
        self.wait(0)
    }

    pub fn fault(&mut self, fault: Fault) -> Vec<String> {
        self.link.modem.fault(self.now, fault);
        self.wait(0)
    }
}

pub const CELL: &str = "Cell(Cell { id: 1228527, tac: 47, technology: LteM })";
