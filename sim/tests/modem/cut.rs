//! The same scenario with the byte stream cut at every position: the reports are the same.

use crate::bench::show;
use lwm2m_carrier::modem::at::{AtModem, NRF91, PLAIN, Vocabulary};
use lwm2m_carrier::modem::{Command, FunctionalMode, KeyKind, PdnType, Report};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Duration, Instant, earliest};
use lwm2m_carrier_sim::modem::{Card, Config, Fault, Files, Pipe, SimModem, When};

/// A modem whose bytes come to the host as the test lets them.
struct Line {
    modem: SimModem,
    /// The modem's bytes, before they are let through.
    near: Pipe,
    /// Where they are let through to.
    far: Pipe,
    at: AtModem<Pipe>,
    /// How many came so far.
    passed: usize,
    /// After how many the host looks at what is there; `None`: after each.
    cut: Option<usize>,
    now: Instant,
    reports: Vec<String>,
}

impl Line {
    fn new(config: Config, cut: Option<usize>) -> Self {
        let vocabulary: &'static Vocabulary = if config.plain { &PLAIN } else { &NRF91 };
        let modem = SimModem::new(config);
        let near = modem.stream();
        let (host, far) = Pipe::pair();
        let at = AtModem::with(host, vocabulary);
        let now = Instant::ZERO;
        Self { modem, near, far, at, passed: 0, cut, now, reports: Vec::new() }
    }

    /// Lets everything happen that is to happen now.
    fn settle(&mut self) {
        loop {
            // What the host says.
            let said = self.far.take();
            let quiet = said.is_empty();
            embedded_io::Write::write_all(&mut self.near, &said).unwrap();
            self.modem.advance(self.now);
            let bytes = self.near.take();
            if quiet && bytes.is_empty() {
                return self.poll();
            }
            for piece in self.pieces(&bytes) {
                embedded_io::Write::write_all(&mut self.far, piece).unwrap();
                self.poll();
            }
        }
    }

    fn pieces<'b>(&mut self, bytes: &'b [u8]) -> Vec<&'b [u8]> {
        let before = self.passed;
        self.passed += bytes.len();
        match self.cut {
            None => bytes.chunks(1).collect(),
            Some(cut) => {
                let at = cut.saturating_sub(before).min(bytes.len());
                let (first, second) = bytes.split_at(at);
                vec![first, second]
            }
        }
    }

    fn poll(&mut self) {
        while let Some(report) = self.at.poll(self.now) {
            let over = matches!(report, Report::Done | Report::Failed(_));
            self.reports.push(show(report));
            if over {
                break;
            }
        }
    }

    fn run(&mut self, command: &Command<'_>) {
        self.reports.push(format!("-- {command:?}"));
        if self.at.command(self.now, command).is_ok() {
            self.settle();
        }
    }

    fn wait(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) =
            earliest(self.modem.deadline(), self.at.deadline()).filter(|at| *at <= end)
        {
            self.now = self.now.max(at);
            self.settle();
        }
        self.now = end;
        self.settle();
    }
}

fn config(plain: bool) -> Config {
    let after = |seconds| When::AfterAttach(Duration::from_secs(seconds));
    Config {
        plain,
        card: Some(Card { files: Files::with(&[0, 1, 0, 5, 1, 2, 3, 4, 5]), ..Card::default() }),
        script: vec![
            (after(10), Fault::DropPdn),
            (after(30), Fault::Detach),
            (after(40), Fault::Overheat),
            (after(41), Fault::SetMode(FunctionalMode::Offline)),
        ],
        ..Config::default()
    }
}

/// From the first word to flight mode, with something of everything.
fn scenario(plain: bool, cut: Option<usize>) -> (Vec<String>, usize) {
    let mut line = Line::new(config(plain), cut);
    let value = Secret::new(&[0, 0x1F, 0xE2][..]);
    let (kind, tag) = (KeyKind::Psk, 26);
    for command in [
        Command::Initialise,
        Command::WriteKey { tag, kind, value },
        Command::SearchKeys { first: 25, kind, value },
        Command::ConfigurePdn { apn: "iot.example", pdn_type: PdnType::Ipv4v6 },
        Command::SetFunctionalMode(FunctionalMode::Normal),
    ] {
        line.run(&command);
    }
    line.wait(1);
    for command in [
        Command::ReadPdn,
        Command::ReadSim,
        Command::ReadAddress,
        Command::ReadSignal,
        Command::ReadClock,
        Command::ReadSmartcard,
        Command::ReadMonitor,
        Command::ReadSystemMode,
        Command::WriteKey { tag, kind, value },
    ] {
        line.run(&command);
    }
    line.wait(60);
    line.run(&Command::ReadFunctionalMode);
    (line.reports, line.passed)
}

fn cut_everywhere(plain: bool) {
    let (whole, length) = scenario(plain, Some(0));
    assert!(whole.iter().any(|report| report == "Pdn(Detached)"), "{whole:#?}");
    assert_eq!(whole.last().map(String::as_str), Some("Done"));
    assert!(length > 1000, "{length}");
    for cut in 1..length {
        assert_eq!(scenario(plain, Some(cut)).0, whole, "cut at {cut}");
    }
    assert_eq!(scenario(plain, None).0, whole, "byte by byte");
}

#[test]
fn the_same_reports_wherever_the_stream_is_cut() {
    cut_everywhere(false);
}

#[test]
fn the_same_reports_of_a_plain_modem_wherever_the_stream_is_cut() {
    cut_everywhere(true);
}
