//! The AT dialect against answers in the shapes that modems give them.

use lwm2m_carrier::modem::at::{AtModem, LINE};
use lwm2m_carrier::modem::{Command, Error, FunctionalMode, KeyKind, PdnType};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Duration, Instant};
use proptest::prelude::*;
use std::collections::VecDeque;

/// A stream whose input the test writes and whose output it reads.
#[derive(Default, Debug)]
struct Wire {
    input: VecDeque<u8>,
    output: Vec<u8>,
    broken: bool,
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

/// A report as text; secrets are shown, as the library itself never does.
fn show(report: &lwm2m_carrier::modem::Report<'_>) -> String {
    use lwm2m_carrier::modem::{Identity, Report};
    match *report {
        Report::Address(text) => format!("Address({})", text.expose()),
        Report::Identity(Identity::Imei(text)) => format!("Imei({})", text.expose()),
        Report::Identity(Identity::Imsi(text)) => format!("Imsi({})", text.expose()),
        Report::Identity(Identity::Iccid(text)) => format!("Iccid({})", text.expose()),
        Report::Identity(Identity::Msisdn(text)) => format!("Msisdn({})", text.expose()),
        ref other => format!("{other:?}"),
    }
}

#[derive(Debug)]
struct Bench {
    modem: AtModem<Wire>,
    now: Instant,
    reports: Vec<String>,
}

impl Bench {
    fn new() -> Self {
        Self {
            modem: AtModem::new(Wire::default()),
            now: Instant::from_secs(1),
            reports: Vec::new(),
        }
    }

    fn command(&mut self, command: &Command<'_>) {
        self.modem.command(self.now, command).unwrap();
        self.poll();
    }

    fn poll(&mut self) {
        while let Some(report) = self.modem.poll(self.now) {
            self.reports.push(show(&report));
        }
    }

    fn hear(&mut self, bytes: impl AsRef<[u8]>) {
        self.modem.stream().input.extend(bytes.as_ref());
        self.poll();
    }

    fn wait(&mut self, seconds: u64) {
        self.now = self.now + Duration::from_secs(seconds);
        self.poll();
    }

    fn said(&mut self) -> String {
        String::from_utf8(std::mem::take(&mut self.modem.stream().output)).unwrap()
    }

    fn reported(&mut self) -> Vec<String> {
        std::mem::take(&mut self.reports)
    }
}

/// Runs a command against a script of (what must be said, what is answered).
fn run(bench: &mut Bench, command: &Command<'_>, script: &[(&str, &str)]) -> Vec<String> {
    bench.command(command);
    for (said, answer) in script {
        assert_eq!(bench.said(), format!("{said}\r\n"));
        bench.hear(answer);
    }
    assert_eq!(bench.said(), "");
    assert_eq!(bench.modem.deadline(), None);
    bench.reported()
}

fn once(command: &Command<'_>, script: &[(&str, &str)]) -> Vec<String> {
    run(&mut Bench::new(), command, script)
}

/// What a modem says by itself.
fn hear(bytes: impl AsRef<[u8]>) -> Vec<String> {
    let mut bench = Bench::new();
    bench.hear(bytes);
    bench.reported()
}

const PSK: Command<'_> = Command::WriteKey {
    tag: 16_842_753,
    kind: KeyKind::Psk,
    value: Secret::new(&[0x00, 0x1F, 0xA0, 0xFF]),
};
const IDENTITY: Command<'_> =
    Command::WriteKey { tag: 7, kind: KeyKind::Identity, value: Secret::new(b"urn:imei:1") };
const FIND: Command<'_> = Command::FindKey { tag: 35, kind: KeyKind::Psk };
const DELETE: Command<'_> = Command::DeleteKey { tag: 0, kind: KeyKind::Identity };

const INITIALISE: [(&str, &str); 15] = [
    ("AT", "OK\r\n"),
    ("AT+CMEE=1", "OK\r\n"),
    ("AT+COPS=3,2", "OK\r\n"),
    ("AT+CGMI", "Nordic Semiconductor ASA\r\nOK\r\n"),
    ("AT+CGMM", "nRF9160-SICA\r\nOK\r\n"),
    ("AT+CGMR", "mfw_nrf9160_1.3.0\r\nOK\r\n"),
    ("AT%HWVERSION", "%HWVERSION: nRF9160 SICA B0A\r\nOK\r\n"),
    ("AT+CGSN=1", "+CGSN: \"004999010640000\"\r\nOK\r\n"),
    ("AT+CEREG=5", "OK\r\n"),
    ("AT+CGEREP=1", "OK\r\n"),
    ("AT+CNEC=16", "OK\r\n"),
    ("AT%CESQ=1", "OK\r\n"),
    ("AT%XTIME=1", "OK\r\n"),
    ("AT%MDMEV=1", "OK\r\n"),
    ("AT%XSIM=1", "OK\r\n"),
];

const IDENTIFIED: [&str; 6] = [
    "Identity(Manufacturer(\"Nordic Semiconductor ASA\"))",
    "Identity(Model(\"nRF9160-SICA\"))",
    "Identity(Firmware(\"mfw_nrf9160_1.3.0\"))",
    "Identity(Hardware(\"nRF9160 SICA B0A\"))",
    "Imei(004999010640000)",
    "Done",
];

#[test]
fn initialise_identifies_and_subscribes() {
    assert_eq!(once(&Command::Initialise, &INITIALISE), IDENTIFIED);
}

#[test]
fn initialise_does_without_what_a_plain_modem_lacks() {
    let mut script = INITIALISE;
    for (said, answer) in &mut script {
        if said.starts_with("AT%") || *said == "AT+CNEC=16" || *said == "AT+CMEE=1" {
            *answer = "ERROR\r\n";
        }
    }
    let reports = once(&Command::Initialise, &script);
    assert_eq!(reports, [IDENTIFIED[0], IDENTIFIED[1], IDENTIFIED[2], IDENTIFIED[4], "Done"]);
}

#[test]
fn initialise_does_not_do_without_registration_reports() {
    let mut script = INITIALISE[..9].to_vec();
    script[8].1 = "+CME ERROR: 4\r\n";
    let reports = once(&Command::Initialise, &script);
    assert_eq!(reports.last().unwrap(), "Failed(Unsupported)");
}

#[test]
fn functional_modes() {
    for (mode, said) in [
        (FunctionalMode::PowerOff, "AT+CFUN=0"),
        (FunctionalMode::Normal, "AT+CFUN=1"),
        (FunctionalMode::Offline, "AT+CFUN=4"),
    ] {
        let command = Command::SetFunctionalMode(mode);
        assert_eq!(once(&command, &[(said, "OK\r\n")]), ["Done"]);
        assert_eq!(once(&command, &[(said, "ERROR\r\n")]), ["Failed(Refused)"]);
    }
}

#[test]
fn power_off_loses_the_subscriptions_so_they_are_made_again() {
    let mut bench = Bench::new();
    let mode = Command::SetFunctionalMode;
    run(&mut bench, &mode(FunctionalMode::PowerOff), &[("AT+CFUN=0", "OK\r\n")]);
    let mut script = INITIALISE[8..].to_vec();
    script.push(("AT+CFUN=1", "OK\r\n"));
    assert_eq!(run(&mut bench, &mode(FunctionalMode::Normal), &script), ["Done"]);
    // Flight mode keeps them.
    run(&mut bench, &mode(FunctionalMode::Offline), &[("AT+CFUN=4", "OK\r\n")]);
    run(&mut bench, &mode(FunctionalMode::Normal), &[("AT+CFUN=1", "OK\r\n")]);
}

#[test]
fn configure_pdn() {
    for (apn, pdn_type, said) in [
        ("iot.example", PdnType::Ipv4v6, "AT+CGDCONT=0,\"IPV4V6\",\"iot.example\""),
        ("a", PdnType::Ipv4, "AT+CGDCONT=0,\"IP\",\"a\""),
        ("", PdnType::Ipv6, "AT+CGDCONT=0,\"IPV6\""),
        ("", PdnType::NonIp, "AT+CGDCONT=0,\"Non-IP\""),
    ] {
        let command = Command::ConfigurePdn { apn, pdn_type };
        assert_eq!(once(&command, &[(said, "\r\nOK\r\n")]), ["Done"]);
    }
}

#[test]
fn configure_pdn_takes_no_name_that_would_break_the_line() {
    let longest = "a".repeat(63);
    let longer = "a".repeat(64);
    for (apn, taken) in [
        (longest.as_str(), true),
        (&longer, false),
        ("a\"b", false),
        ("a\rb", false),
        ("a\0b", false),
        ("aé", false),
    ] {
        let mut bench = Bench::new();
        let pdn_type = PdnType::Ipv4;
        bench.command(&Command::ConfigurePdn { apn, pdn_type });
        assert_eq!(!bench.said().is_empty(), taken, "{apn:?}");
        assert_eq!(bench.reported().is_empty(), taken);
        if !taken {
            assert_eq!(bench.modem.deadline(), None);
        }
    }
}

#[test]
fn read_sim() {
    let reports = once(
        &Command::ReadSim,
        &[
            ("AT+CIMI", "001010123456789\r\nOK\r\n"),
            ("AT%XICCID", "%XICCID: 8900123456789012345F\r\nOK\r\n"),
            ("AT+CNUM", "+CNUM: \"Own, number\",\"+15555550100\",145\r\nOK\r\n"),
        ],
    );
    assert_eq!(
        reports,
        ["Imsi(001010123456789)", "Iccid(8900123456789012345)", "Msisdn(15555550100)", "Done"]
    );
}

#[test]
fn read_sim_does_without_a_telephone_number() {
    for answer in ["OK\r\n", "ERROR\r\n", "+CNUM: ,\"\",129\r\nOK\r\n", "+CME ERROR: 22\r\n"] {
        let reports = once(
            &Command::ReadSim,
            &[
                ("AT+CIMI", "001010123456789\r\nOK\r\n"),
                ("AT%XICCID", "%XICCID: 89001234567890123456\r\nOK\r\n"),
                ("AT+CNUM", answer),
            ],
        );
        assert_eq!(reports, ["Imsi(001010123456789)", "Iccid(89001234567890123456)", "Done"]);
    }
}

#[test]
fn sim_errors_say_what_became_of_the_sim() {
    for (code, sim) in [
        (10, "Sim(Missing)"),
        (11, "Sim(Locked)"),
        (12, "Sim(Locked)"),
        (13, "Sim(Failed)"),
        (15, "Sim(Failed)"),
    ] {
        let answer = format!("+CME ERROR: {code}\r\n");
        let reports = once(&Command::ReadSim, &[("AT+CIMI", &answer)]);
        assert_eq!(reports, [sim, "Failed(NotNow)"]);
    }
    let reports = once(&Command::ReadSim, &[("AT+CIMI", "+CME ERROR: 14\r\n")]);
    assert_eq!(reports, ["Failed(NotNow)"]);
}

#[test]
fn read_address() {
    let reports = once(
        &Command::ReadAddress,
        &[
            (
                "AT+CGDCONT?",
                "+CGDCONT: 0,\"IPV4V6\",\"iot.example\",\"192.0.2.1 2001:DB8::1\",0,0\r\n\
                 +CGDCONT: 1,\"IP\",\"other.example\",\"192.0.2.2\",0,0\r\nOK\r\n",
            ),
            ("AT+CGPADDR=0", "+CGPADDR: 0,\"192.0.2.1\",\"2001:DB8:0:0:0:0:0:1\"\r\nOK\r\n"),
            ("AT+COPS?", "+COPS: 0,2,\"00101\",7\r\nOK\r\n"),
        ],
    );
    assert_eq!(
        reports,
        [
            "Apn(\"iot.example\")",
            "Address(192.0.2.1)",
            "Address(2001:DB8:0:0:0:0:0:1)",
            "Operator { mcc: 1, mnc: 1 }",
            "Done"
        ]
    );
}

#[test]
fn read_address_without_a_connection() {
    let reports = once(
        &Command::ReadAddress,
        &[
            ("AT+CGDCONT?", "OK\r\n"),
            ("AT+CGPADDR=0", "+CGPADDR: 0\r\nOK\r\n"),
            ("AT+COPS?", "+COPS: 0\r\nOK\r\n"),
        ],
    );
    assert_eq!(reports, ["Done"]);
}

#[test]
fn operators_have_two_or_three_digits_of_network_code() {
    assert_eq!(hear("+COPS: 0,2,\"310410\",7\r\n"), ["Operator { mcc: 310, mnc: 410 }"]);
    assert_eq!(hear("+COPS: 0,2,\"26201\",9\r\n"), ["Operator { mcc: 262, mnc: 1 }"]);
    assert_eq!(hear("+COPS: 0,0,\"Name\",9\r\n"), [""; 0]);
    assert_eq!(hear("+COPS: 0,2,\"2620\",9\r\n"), [""; 0]);
}

#[test]
fn read_signal() {
    let script =
        |signal: &'static str| [("AT+CESQ", signal), ("AT%XVBAT", "%XVBAT: 3600\r\nOK\r\n")];
    let read = |answer| once(&Command::ReadSignal, &script(answer));
    assert_eq!(
        read("+CESQ: 99,99,255,255,31,62\r\nOK\r\n"),
        ["Signal { rsrp: -78, rsrq: -4 }", "Voltage(3600)", "Done"]
    );
    assert_eq!(
        read("+CESQ: 99,99,255,255,0,0\r\nOK\r\n"),
        ["Signal { rsrp: -140, rsrq: -20 }", "Voltage(3600)", "Done"]
    );
    assert_eq!(
        read("+CESQ: 99,99,255,255,34,97\r\nOK\r\n"),
        ["Signal { rsrp: -43, rsrq: -3 }", "Voltage(3600)", "Done"]
    );
    assert_eq!(read("+CESQ: 99,99,255,255,255,255\r\nOK\r\n"), ["Voltage(3600)", "Done"]);
}

#[test]
fn read_clock() {
    let read = |answer| once(&Command::ReadClock, &[("AT+CCLK?", answer)]);
    assert_eq!(
        read("+CCLK: \"24/02/29,23:59:58+08\"\r\nOK\r\n"),
        ["Clock { utc: 1709243998, offset: Some(120) }", "Done"]
    );
    assert_eq!(
        read("+CCLK: \"24/03/01,00:00:00-20\"\r\nOK\r\n"),
        ["Clock { utc: 1709269200, offset: Some(-300) }", "Done"]
    );
    assert_eq!(
        read("+CCLK: \"26/12/31,12:30:15\"\r\nOK\r\n"),
        ["Clock { utc: 1798720215, offset: None }", "Done"]
    );
    // Not told by the network: no answer, an error, or the modem's own beginning.
    assert_eq!(read("OK\r\n"), ["Done"]);
    assert_eq!(read("ERROR\r\n"), ["Done"]);
    assert_eq!(read("+CCLK: \"70/01/01,00:00:07+00\"\r\nOK\r\n"), ["Done"]);
    assert_eq!(read("+CCLK: \"04/01/01,00:00:07+00\"\r\nOK\r\n"), ["Done"]);
    assert_eq!(read("+CCLK: \"24/13/01,00:00:00+00\"\r\nOK\r\n"), ["Done"]);
    assert_eq!(read("+CCLK: \"24/12/01,00:00\"\r\nOK\r\n"), ["Done"]);
}

#[test]
fn find_key() {
    let find = |answer: &str| once(&FIND, &[("AT%CMNG=1,35,3", answer)]);
    let digest = "%CMNG: 35,3,\"2C43952EE9E000FF2ACC4E2ED0897C0A72AD5FA72C3D934E81741CBD54F05BD1\"";
    assert_eq!(find(&format!("{digest}\r\nOK\r\n")), ["Key(true)", "Done"]);
    assert_eq!(find("OK\r\n"), ["Key(false)", "Done"]);
    assert_eq!(find("%CMNG: 35,4,\"00\"\r\n%CMNG: 3,3,\"00\"\r\nOK\r\n"), ["Key(false)", "Done"]);
    assert_eq!(find("%CMNG: 35,4,\"00\"\r\n%CMNG: 35,3,\"00\"\r\nOK\r\n"), ["Key(true)", "Done"]);
    assert_eq!(find("+CME ERROR: 513\r\n"), ["Key(false)", "Done"]);
    assert_eq!(find("+CME ERROR: 514\r\n"), ["Failed(Refused)"]);
}

#[test]
fn write_key() {
    assert_eq!(once(&PSK, &[("AT%CMNG=0,16842753,3,\"001FA0FF\"", "OK\r\n")]), ["Done"]);
    assert_eq!(once(&IDENTITY, &[("AT%CMNG=0,7,4,\"urn:imei:1\"", "OK\r\n")]), ["Done"]);
    for (answer, error) in [
        ("ERROR\r\n", "Failed(Refused)"),
        ("+CME ERROR: 513\r\n", "Failed(Refused)"),
        ("+CME ERROR: 515\r\n", "Failed(NoMemory)"),
        ("+CME ERROR: 518\r\n", "Failed(NotNow)"),
        ("+CMS ERROR: 302\r\n", "Failed(Refused)"),
    ] {
        assert_eq!(once(&PSK, &[("AT%CMNG=0,16842753,3,\"001FA0FF\"", answer)]), [error]);
    }
}

#[test]
fn write_key_takes_no_identity_that_would_break_the_line() {
    for value in ["a\"b", "a\nb", "", "é"] {
        let mut bench = Bench::new();
        bench.command(&Command::WriteKey {
            tag: 1,
            kind: KeyKind::Identity,
            value: Secret::new(value.as_bytes()),
        });
        assert_eq!(bench.said(), "");
        assert_eq!(bench.reported(), ["Failed(Refused)"]);
    }
}

#[test]
fn a_key_that_is_not_there_is_deleted() {
    let delete = |answer| once(&DELETE, &[("AT%CMNG=3,0,4", answer)]);
    assert_eq!(delete("OK\r\n"), ["Done"]);
    assert_eq!(delete("+CME ERROR: 513\r\n"), ["Done"]);
    assert_eq!(delete("+CME ERROR: 518\r\n"), ["Failed(NotNow)"]);
}

#[test]
fn tags_are_written_whole() {
    for tag in [9, 10, 99, 100, 4_294_967_295] {
        let said = format!("AT%CMNG=1,{tag},4");
        let kind = KeyKind::Identity;
        once(&Command::FindKey { tag, kind }, &[(&said, "OK\r\n")]);
    }
}

#[test]
fn firmware_has_no_words_in_this_dialect() {
    for command in [
        Command::BeginUpdate,
        Command::WriteUpdate { offset: 0, bytes: &[1] },
        Command::FinishUpdate,
        Command::ApplyUpdate,
        Command::CancelUpdate,
    ] {
        assert_eq!(once(&command, &[]), ["Failed(Unsupported)"]);
    }
}

#[test]
fn registration_in_every_length() {
    for (line, reports) in [
        ("+CEREG: 0", vec!["Registration(None)"]),
        ("+CEREG: 2", vec!["Registration(Searching)"]),
        ("+CEREG: 4", vec!["Registration(Unknown)"]),
        ("+CEREG: 8", vec!["Registration(Unknown)"]),
        ("+CEREG: 90", vec!["Registration(SimFailure)"]),
        ("+CEREG: 3,,,,0,7", vec!["Registration(Denied)"]),
        (
            "+CEREG: 2,\"76C1\",\"0102DA04\",7",
            vec![
                "Registration(Searching)",
                "Cell(Cell { id: 16964100, tac: 30401, technology: LteM })",
            ],
        ),
        (
            "+CEREG: 1,\"002F\",\"0012BEEF\",7,,,\"11100000\",\"11100000\"",
            vec!["Registration(Home)", "Cell(Cell { id: 1228527, tac: 47, technology: LteM })"],
        ),
        (
            "+CEREG: 5,\"0001\",\"0FFFFFFF\",9,0,0,\"00100001\",\"00000110\"",
            vec![
                "Registration(Roaming)",
                "Cell(Cell { id: 268435455, tac: 1, technology: NbIot })",
            ],
        ),
        // No cell, in the forms that say so.
        ("+CEREG: 1,,,7", vec!["Registration(Home)"]),
        ("+CEREG: 1,\"FFFE\",\"0012BEEF\",7", vec!["Registration(Home)"]),
        ("+CEREG: 1,\"0001\",\"FFFFFFFF\",7", vec!["Registration(Home)"]),
        ("+CEREG: 1,\"0001\",\"0012BEEF\",0", vec!["Registration(Home)"]),
        // The answer to a question begins with the level.
        ("+CEREG: 5,1", vec!["Registration(Home)"]),
        (
            "+CEREG: 5,5,\"0001\",\"00000001\",9",
            vec!["Registration(Roaming)", "Cell(Cell { id: 1, tac: 1, technology: NbIot })"],
        ),
        ("+CEREG: ", vec![]),
        ("+CEREG", vec![]),
        ("+CEREG: x", vec![]),
    ] {
        assert_eq!(hear(format!("{line}\r\n")), reports, "{line}");
    }
}

#[test]
fn packet_data_connections() {
    for (line, report) in [
        ("+CGEV: ME PDN ACT 0", Some("Pdn(Activated)")),
        ("+CGEV: ME PDN ACT 0,0", Some("Pdn(Activated)")),
        ("+CGEV: ME PDN ACT 1", None),
        ("+CGEV: ME PDN DEACT 0", Some("Pdn(Deactivated)")),
        ("+CGEV: NW PDN DEACT 0", Some("Pdn(Deactivated)")),
        ("+CGEV: NW PDN DEACT 10", None),
        ("+CGEV: ME DETACH", Some("Pdn(Deactivated)")),
        ("+CGEV: NW DETACH", Some("Pdn(Detached)")),
        ("+CGEV: IPV6 0", None),
        ("+CNEC_ESM: 33,0", Some("Pdn(Rejected { cause: 33 })")),
        ("+CNEC_ESM: 33,1", None),
        ("+CNEC_ESM: 333,0", None),
    ] {
        assert_eq!(hear(format!("{line}\r\n")), Vec::from_iter(report), "{line}");
    }
}

#[test]
fn other_notifications() {
    for (line, report) in [
        ("%CESQ: 54,2,16,2", Some("Signal { rsrp: -86, rsrq: -12 }")),
        ("%CESQ: 255,0,255,0", None),
        (
            "%XTIME: \"80\",\"42209212958580\",\"01\"",
            Some("Clock { utc: 1709243998, offset: Some(120) }"),
        ),
        (
            "%XTIME: ,\"4290103215450A\",\"01\"",
            Some("Clock { utc: 1725234714, offset: Some(-300) }"),
        ),
        ("%XTIME: \"80\",,\"01\"", None),
        ("%XTIME: \"80\",\"42\"", None),
        ("%MDMEV: ME OVERHEATED", Some("Warning(Overheated)")),
        ("%MDMEV: ME BATTERY LOW", Some("Warning(BatteryLow)")),
        ("%MDMEV: RESET LOOP", Some("Warning(ResetLoop)")),
        ("%MDMEV: SEARCH STATUS 2", None),
        ("%XSIM: 1", Some("Sim(Ready)")),
        ("+CPIN: READY", Some("Sim(Ready)")),
        ("+CPIN: SIM PIN", Some("Sim(Locked)")),
        ("+CPIN: NOT INSERTED", Some("Sim(Missing)")),
        ("Ready", Some("Restarted")),
        ("+CSCON: 1", None),
        ("OK", None),
        ("ERROR", None),
        ("hello", None),
    ] {
        assert_eq!(hear(format!("{line}\r\n")), Vec::from_iter(report), "{line}");
    }
}

#[test]
fn a_sim_that_goes_off_with_the_radio_is_not_missing() {
    let mut bench = Bench::new();
    let mode = Command::SetFunctionalMode;
    run(&mut bench, &mode(FunctionalMode::Normal), &[("AT+CFUN=1", "OK\r\n")]);
    bench.hear("%XSIM: 0\r\n%XSIM: 0,5\r\n");
    assert_eq!(bench.reported(), ["Sim(Missing)", "Sim(Failed)"]);
    let reports = run(
        &mut bench,
        &mode(FunctionalMode::Offline),
        &[("AT+CFUN=4", "%XSIM: 0\r\nOK\r\n%XSIM: 0\r\n")],
    );
    assert_eq!(reports, ["Done"]);
}

#[test]
fn notifications_come_anywhere() {
    let reports = once(
        &Command::ReadSim,
        &[
            ("AT+CIMI", "+CEREG: 2\r\n001010123456789\r\n%XSIM: 1\r\nOK\r\n"),
            ("AT%XICCID", "+CGEV: NW DETACH\r\nOK\r\n+CEREG: 4\r\n"),
            ("AT+CNUM", "OK\r\n+CEREG: 0\r\n"),
        ],
    );
    assert_eq!(
        reports,
        [
            "Registration(Searching)",
            "Imsi(001010123456789)",
            "Sim(Ready)",
            "Pdn(Detached)",
            "Registration(Unknown)",
            "Done",
            "Registration(None)"
        ]
    );
}

#[test]
fn echo_blank_lines_and_unknown_lines_are_passed_over() {
    let mut script = INITIALISE.map(|(said, answer)| {
        (said, format!("{said}\r\r\n\r\n{}\r\n%NEW: 1\r\n", answer.replace("\r\n", "\r\n\r\n")))
    });
    script[5].1 = "AT+CGMR\r\r\n%NEW: 2\r\nmfw_nrf9160_1.3.0\r\nmore of it\r\nOK\r\n".into();
    let script = script.each_ref().map(|(said, answer)| (*said, answer.as_str()));
    assert_eq!(once(&Command::Initialise, &script), IDENTIFIED);
}

#[test]
fn one_command_at_a_time() {
    let mut bench = Bench::new();
    bench.command(&Command::ReadClock);
    let refused = bench.modem.command(bench.now, &Command::ReadSignal);
    assert_eq!(refused, Err(Error::NotNow));
    bench.hear("+CCLK: \"24/02/29,23:59:58+08\"\r\nOK\r\n");
    assert_eq!(bench.said(), "AT+CCLK?\r\n");
    assert_eq!(bench.reported().len(), 2);
    // A final result code without a command says nothing.
    bench.hear("OK\r\nERROR\r\n+CME ERROR: 10\r\n");
    assert_eq!(bench.reported(), [""; 0]);
}

#[test]
fn a_missing_answer_is_a_timeout_once() {
    let mut bench = Bench::new();
    bench.command(&Command::ReadSim);
    bench.wait(4);
    bench.hear("001010123456789\r\nOK\r\n");
    assert_eq!(bench.reported(), ["Imsi(001010123456789)"]);
    // Each step has its own time.
    assert_eq!(bench.modem.deadline(), Some(bench.now + Duration::from_secs(5)));
    bench.wait(4);
    assert_eq!(bench.reported(), [""; 0]);
    bench.wait(1);
    assert_eq!(bench.reported(), ["Failed(Timeout)"]);
    assert_eq!(bench.modem.deadline(), None);
    bench.wait(100);
    assert_eq!(bench.reported(), [""; 0]);
}

#[test]
fn an_answer_that_lies_there_in_time_counts_however_late_it_is_read() {
    let mut bench = Bench::new();
    bench.command(&Command::ReadClock);
    bench.now = bench.now + Duration::from_secs(100);
    bench.hear("OK\r\n");
    assert_eq!(bench.reported(), ["Done"]);
}

#[test]
fn leaving_the_network_may_take_its_time() {
    let mut bench = Bench::new();
    bench.command(&Command::SetFunctionalMode(FunctionalMode::Offline));
    bench.wait(59);
    assert_eq!(bench.reported(), [""; 0]);
    bench.wait(1);
    assert_eq!(bench.reported(), ["Failed(Timeout)"]);
}

#[test]
fn a_restart_ends_the_command_in_hand() {
    let mut bench = Bench::new();
    bench.command(&Command::ReadSim);
    bench.hear("\0Ready\r\n");
    assert_eq!(bench.reported(), ["Failed(NotNow)", "Restarted"]);
    assert_eq!(bench.modem.deadline(), None);
    bench.said();
    assert_eq!(run(&mut bench, &Command::Initialise, &INITIALISE), IDENTIFIED);
}

#[test]
fn a_modem_that_starts_while_it_is_asked_is_asked_again() {
    let mut bench = Bench::new();
    bench.command(&Command::Initialise);
    assert_eq!(bench.said(), "AT\r\n");
    bench.hear("Ready\r\n");
    assert_eq!(bench.reported(), [""; 0]);
    bench.wait(1);
    for (said, answer) in INITIALISE {
        assert_eq!(bench.said(), format!("{said}\r\n"));
        bench.hear(answer);
    }
    assert_eq!(bench.reported(), IDENTIFIED);

    // It had heard: it is not asked twice.
    bench.command(&Command::Initialise);
    bench.hear("Ready\r\n");
    for (said, answer) in INITIALISE {
        assert_eq!(bench.said(), format!("{said}\r\n"));
        bench.hear(answer);
    }
    assert_eq!(bench.reported(), IDENTIFIED);

    // A modem that does nothing but start is not waited for.
    bench.command(&Command::Initialise);
    for _ in 0..2 {
        bench.hear("Ready\r\n");
        bench.wait(1);
    }
    assert_eq!(bench.reported(), ["Failed(NotNow)", "Restarted"]);
}

#[test]
fn a_broken_stream_ends_the_command() {
    let mut bench = Bench::new();
    bench.modem.stream().broken = true;
    bench.command(&PSK);
    assert_eq!(bench.reported(), ["Failed(Io)"]);

    bench.modem.stream().broken = false;
    bench.command(&Command::ReadSim);
    bench.modem.stream().broken = true;
    bench.hear("OK\r\n");
    assert_eq!(bench.reported(), ["Failed(Io)"]);
}

#[test]
fn overlong_lines_are_cut_and_the_next_line_is_whole() {
    for length in LINE - 20..LINE + 20 {
        let mut bench = Bench::new();
        let junk = "x".repeat(length);
        bench.hear(format!("{junk}\r\n+CEREG: 2\r\n+CEREG: 1,\"{junk}\r\nReady\r\n"));
        // The second of the long lines still says its status.
        let expected = ["Registration(Searching)", "Registration(Home)", "Restarted"];
        assert_eq!(bench.reported(), expected, "{length}");
    }
    // A value that was cut off is not taken for a whole one.
    let mut bench = Bench::new();
    let apn = "a".repeat(LINE);
    bench.hear(format!("+CGDCONT: 0,\"IP\",\"{apn}\",\"192.0.2.1\"\r\n"));
    assert_eq!(bench.reported(), [""; 0]);
}

#[test]
fn debug_shows_no_line() {
    let mut bench = Bench::new();
    bench.command(&PSK);
    bench.hear("AT%CMNG=0,16842753,3,\"001FA0FF");
    let shown = format!("{:?}", bench.modem).replace(&format!("{:?}", bench.modem.stream()), "");
    assert!(!shown.contains("001FA0FF") && shown.contains("AT%CMNG=0,"), "{shown}");
}

/// A conversation with a bit of everything.
const TALK: &str = "Ready\r\n\r\n+CEREG: 5,\"0001\",\"0FFFFFFF\",9\r\n001010123456789\r\nOK\r\n\
    %XICCID: 8900123456789012345F\r\n+CGEV: ME PDN ACT 0\r\nOK\r\n\
    +CNUM: \"a\",\"+15555550100\",145\r\n%XTIME: \"80\",\"42209212958580\",\"01\"\r\nOK\r\n\
    +CGPADDR: 0,\"192.0.2.1\",\"2001:DB8::1\"\r\n\0\0%CESQ: 54,2,16,2\r\nReady\r\n";

#[test]
fn the_same_reports_wherever_the_stream_is_cut() {
    let reports = |cut: &[usize]| {
        let mut bench = Bench::new();
        bench.hear("\r\n");
        let mut rest = TALK;
        // The greeting comes before the command.
        let (greeting, talk) = rest.split_at(7);
        bench.hear(greeting);
        bench.command(&Command::ReadSim);
        rest = talk;
        let mut from = 0;
        for &at in cut {
            let (piece, left) = rest.split_at(at - from);
            bench.hear(piece);
            (rest, from) = (left, at);
        }
        bench.hear(rest);
        (bench.said(), bench.reported())
    };
    let whole = reports(&[]);
    assert_eq!(whole.1.len(), 13, "{:?}", whole.1);
    let length = TALK.len() - 7;
    for first in 0..length {
        assert_eq!(reports(&[first]), whole, "{first}");
        assert_eq!(reports(&[first, (first + 5).min(length)]), whole, "{first}");
    }
    assert_eq!(reports(&Vec::from_iter(0..length)), whole);
}

fn commands() -> impl Strategy<Value = Command<'static>> {
    prop::sample::select(vec![
        Command::Initialise,
        Command::SetFunctionalMode(FunctionalMode::Normal),
        Command::SetFunctionalMode(FunctionalMode::PowerOff),
        Command::ReadSim,
        Command::ReadAddress,
        Command::ReadSignal,
        Command::ReadClock,
        FIND,
        PSK,
        DELETE,
        Command::BeginUpdate,
    ])
}

fn lines() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        "OK",
        "ERROR",
        "+CME ERROR: ",
        "Ready",
        "+CEREG: ",
        "+CGEV: ME PDN ACT ",
        "+CNEC_ESM: ",
        "%CESQ: ",
        "%XTIME: ",
        "+CCLK: ",
        "%CMNG: ",
        "+CGDCONT: ",
        "+CGPADDR: ",
        "+COPS: ",
        "+CESQ: ",
        "%XSIM: ",
        "%XICCID: ",
        "+CNUM: ",
        "+CGSN: ",
        "",
    ]);
    let rest = prop_oneof![
        "[0-9,\"]{0,20}".prop_map(String::into_bytes),
        "[0-9A-F\",/:+ -]{0,300}".prop_map(String::into_bytes),
        prop::collection::vec(any::<u8>(), 0..40),
    ];
    (known, rest, prop::sample::select(vec!["\r\n", "\r", "\n", ""])).prop_map(
        |(known, mut rest, end)| {
            rest.splice(0..0, known.bytes());
            rest.extend(end.bytes());
            rest
        },
    )
}

proptest! {
    /// Whatever a modem says, each command ends exactly once, and only when one is in hand.
    #[test]
    fn every_command_ends_once(
        talk in prop::collection::vec((commands(), prop::collection::vec(lines(), 0..12)), 1..6),
    ) {
        let mut bench = Bench::new();
        let ends = |bench: &mut Bench| {
            let is_end = |report: &String| report == "Done" || report.starts_with("Failed");
            bench.reported().iter().filter(|report| is_end(report)).count()
        };
        for (command, lines) in talk {
            bench.modem.command(bench.now, &command).unwrap();
            for line in lines {
                bench.hear(line);
            }
            bench.wait(60);
            // A modem that started meanwhile is asked a second time.
            bench.wait(60);
            prop_assert_eq!(ends(&mut bench), 1);
            prop_assert_eq!(bench.modem.deadline(), None);
        }
        bench.hear("\r\nOK\r\n");
        prop_assert_eq!(ends(&mut bench), 0);
    }

    /// After any noise, the next whole line is understood.
    #[test]
    fn noise_does_not_last(noise in prop::collection::vec(any::<u8>(), 0..600)) {
        let mut bench = Bench::new();
        bench.hear(noise);
        bench.hear("\r\n+CEREG: 90\r\n");
        let reports = bench.reported();
        prop_assert_eq!(reports.last().map(String::as_str), Some("Registration(SimFailure)"));
    }

    /// Cutting a stream of any lines anywhere changes nothing.
    #[test]
    fn cuts_change_nothing(
        command in commands(),
        lines in prop::collection::vec(lines(), 1..8),
        cut in any::<prop::sample::Index>(),
    ) {
        let bytes = lines.concat();
        let at = cut.index(bytes.len() + 1);
        let mut whole = Bench::new();
        whole.command(&command);
        whole.hear(&bytes);
        let mut pieces = Bench::new();
        pieces.command(&command);
        pieces.hear(&bytes[..at]);
        pieces.hear(&bytes[at..]);
        prop_assert_eq!(pieces.said(), whole.said());
        prop_assert_eq!(pieces.reported(), whole.reported());
    }

    /// Identities that can be said come out as they went in; the others are refused.
    #[test]
    fn identities_are_said_exactly_or_not_at_all(value in prop::collection::vec(any::<u8>(), 1..40)) {
        let mut bench = Bench::new();
        bench.command(&Command::WriteKey {
            tag: 1,
            kind: KeyKind::Identity,
            value: Secret::new(&value),
        });
        let plain = value.iter().all(|byte| (0x20..0x7F).contains(byte) && *byte != b'"');
        if plain {
            let text = String::from_utf8(value).unwrap();
            prop_assert_eq!(bench.said(), format!("AT%CMNG=0,1,4,\"{text}\"\r\n"));
        } else {
            prop_assert_eq!(bench.said(), "");
            prop_assert_eq!(bench.reported(), ["Failed(Refused)"]);
        }
    }
}
