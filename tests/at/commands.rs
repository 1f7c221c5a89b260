//! What the modem is told and asked: each command, with the answers that it can get.

use crate::bench::{Bench, IDENTIFIED, IDENTIFY, NORMAL, hear, once};
use lwm2m_carrier::modem::{Command, FunctionalMode, PdnType};

#[test]
fn initialise_identifies() {
    assert_eq!(once(&Command::Initialise, &IDENTIFY), IDENTIFIED);
}

#[test]
fn initialise_does_without_what_is_not_needed() {
    let mut script = IDENTIFY;
    for (said, answer) in &mut script {
        if said.starts_with("AT%") || *said == "AT+CMEE=1" {
            *answer = "ERROR\r\n";
        }
    }
    let reports = once(&Command::Initialise, &script);
    assert_eq!(reports, [IDENTIFIED[0], IDENTIFIED[1], IDENTIFIED[3], IDENTIFIED[5], "Done"]);
}

#[test]
fn initialise_does_not_do_without_the_equipment_identity() {
    let mut script = IDENTIFY;
    script[8].1 = "+CME ERROR: 4\r\n";
    let reports = once(&Command::Initialise, &script);
    assert_eq!(reports.last().unwrap(), "Failed(Unsupported)");
}

#[test]
fn the_radio_goes_on_after_notifications_were_asked_for() {
    let command = Command::SetFunctionalMode(FunctionalMode::Normal);
    assert_eq!(once(&command, &NORMAL), ["Registration(Searching)", "Done"]);
    // Those that the link cannot do without.
    for index in [0, 1, 7] {
        let mut script = NORMAL[..=index].to_vec();
        script[index].1 = "ERROR\r\n";
        assert_eq!(once(&command, &script), ["Failed(Refused)"]);
    }
    let mut script = NORMAL;
    for index in [2, 3, 4, 5, 6, 8] {
        script[index].1 = "ERROR\r\n";
    }
    assert_eq!(once(&command, &script), ["Done"]);
}

#[test]
fn a_radio_that_was_on_already_tells_where_it_is() {
    let command = Command::SetFunctionalMode(FunctionalMode::Normal);
    let mut script = NORMAL;
    script[8].1 = "+CEREG: 5,1,\"002F\",\"0012BEEF\",7\r\nOK\r\n";
    assert_eq!(
        once(&command, &script),
        ["Registration(Home)", "Cell(Cell { id: 1228527, tac: 47, technology: LteM })", "Done"]
    );
}

#[test]
fn the_radio_goes_off() {
    for (mode, said) in
        [(FunctionalMode::PowerOff, "AT+CFUN=0"), (FunctionalMode::Offline, "AT+CFUN=4")]
    {
        let command = Command::SetFunctionalMode(mode);
        assert_eq!(once(&command, &[(said, "OK\r\n")]), ["Done"]);
        assert_eq!(once(&command, &[(said, "ERROR\r\n")]), ["Failed(Refused)"]);
    }
}

#[test]
fn the_functional_mode_is_read_whoever_set_it() {
    for (answer, report) in [
        ("+CFUN: 0", Some("FunctionalMode(PowerOff)")),
        ("+CFUN: 1", Some("FunctionalMode(Normal)")),
        ("+CFUN: 4", Some("FunctionalMode(Offline)")),
        // Of the nRF91: LTE on, LTE off, everything off but GNSS.
        ("+CFUN: 21", Some("FunctionalMode(Normal)")),
        ("+CFUN: 20", Some("FunctionalMode(Offline)")),
        ("+CFUN: 31", Some("FunctionalMode(Offline)")),
        ("+CFUN: ", None),
    ] {
        let reports =
            once(&Command::ReadFunctionalMode, &[("AT+CFUN?", &format!("{answer}\r\nOK\r\n"))]);
        assert_eq!(reports, Vec::from_iter(report.into_iter().chain(["Done"])), "{answer}");
    }
}

#[test]
fn the_connection_is_asked_for() {
    let read = |answer| once(&Command::ReadPdn, &[("AT+CGACT?", answer)]);
    assert_eq!(read("+CGACT: 0,1\r\nOK\r\n"), ["Pdn(Activated)", "Done"]);
    assert_eq!(read("+CGACT: 0,0\r\nOK\r\n"), ["Pdn(Deactivated)", "Done"]);
    assert_eq!(read("OK\r\n"), ["Done"]);
    assert_eq!(read("+CME ERROR: 3\r\n"), ["Failed(NotNow)"]);
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
