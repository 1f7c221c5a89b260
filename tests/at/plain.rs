//! A modem that speaks 3GPP TS 27.007 and nothing of its maker's.

use crate::bench::{Bench, DELETE, FIND, PSK, run};
use lwm2m_carrier::modem::at::PLAIN;
use lwm2m_carrier::modem::{Command, FunctionalMode, PdnType};

fn once(command: &Command<'_>, script: &[(&str, &str)]) -> Vec<String> {
    run(&mut Bench::with(&PLAIN), command, script)
}

#[test]
fn it_is_identified_with_an_echo_at_first() {
    let reports = once(
        &Command::Initialise,
        &[
            ("AT", "AT\r\r\nOK\r\n"),
            ("ATE0", "ATE0\r\r\nOK\r\n"),
            ("AT+CMEE=1", "OK\r\n"),
            ("AT+COPS=3,2", "OK\r\n"),
            ("AT+CGMI", "Example\r\n\r\nOK\r\n"),
            ("AT+CGMM", "M1\r\n\r\nOK\r\n"),
            ("AT+CGMR", "Revision: 7\r\n\r\nOK\r\n"),
            ("AT+CGSN", "004999010640000\r\n\r\nOK\r\n"),
        ],
    );
    assert_eq!(
        reports,
        [
            "Identity(Manufacturer(\"Example\"))",
            "Identity(Model(\"M1\"))",
            "Identity(Firmware(\"Revision: 7\"))",
            "Imei(004999010640000)",
            "Done"
        ]
    );
}

#[test]
fn the_radio_goes_on_and_the_sim_is_asked_for() {
    let normal = Command::SetFunctionalMode(FunctionalMode::Normal);
    let script = [
        ("AT+CEREG=2", "OK\r\n"),
        ("AT+CEREG=5", "+CME ERROR: 50\r\n"),
        ("AT+CGEREP=1", "OK\r\n"),
        ("AT+CTZU=1", "OK\r\n"),
        ("AT+CFUN=1", "OK\r\n"),
        ("AT+CPIN?", "+CPIN: SIM PIN\r\nOK\r\n"),
        ("AT+CEREG?", "+CEREG: 2,0\r\nOK\r\n"),
    ];
    assert_eq!(once(&normal, &script), ["Sim(Locked)", "Registration(None)", "Done"]);
    let mut script = script;
    script[5].1 = "+CME ERROR: 10\r\n";
    assert_eq!(once(&normal, &script), ["Sim(Missing)", "Registration(None)", "Done"]);
}

#[test]
fn the_default_connection_is_that_of_context_1() {
    let (apn, pdn_type) = ("iot.example", PdnType::Ipv4);
    assert_eq!(
        once(
            &Command::ConfigurePdn { apn, pdn_type },
            &[("AT+CGDCONT=1,\"IP\",\"iot.example\"", "OK\r\n")]
        ),
        ["Done"]
    );
    let answer = "+CGACT: 1,1\r\n+CGACT: 2,0\r\nOK\r\n";
    let mut reports = once(&Command::ReadPdn, &[("AT+CGACT=1,1", "OK\r\n"), ("AT+CGACT?", answer)]);
    reports.retain(|report| !report.starts_with("Context"));
    assert_eq!(reports, ["Pdn(Activated)", "Done"]);
    let mut bench = Bench::with(&PLAIN);
    bench.hear("+CGEV: NW PDN DEACT 1\r\n+CGEV: ME PDN ACT 1,0\r\n+CGEV: NW DETACH\r\n");
    assert_eq!(bench.reported(), ["Pdn(Deactivated)", "Pdn(Activated)", "Pdn(Detached)"]);
}

#[test]
fn it_is_read_without_words_of_its_makers() {
    assert_eq!(
        once(
            &Command::ReadSim,
            &[
                ("AT+CIMI", "001010123456789\r\nOK\r\n"),
                ("AT+CCID", "+CCID: 8900123456789012345\r\nOK\r\n"),
                ("AT+CNUM", "OK\r\n"),
            ]
        ),
        ["Imsi(001010123456789)", "Iccid(8900123456789012345)", "Done"]
    );
    assert_eq!(
        once(
            &Command::ReadAddress,
            &[
                ("AT+CGDCONT?", "+CGDCONT: 1,\"IP\",\"a.example\"\r\nOK\r\n"),
                ("AT+CGPADDR=1", "+CGPADDR: 1,\"192.0.2.1\"\r\nOK\r\n"),
                ("AT+COPS?", "OK\r\n"),
            ]
        ),
        ["Apn(\"a.example\")", "Address(192.0.2.1)", "Done"]
    );
    let signal = "+CESQ: 99,99,255,255,31,62\r\nOK\r\n";
    assert_eq!(
        once(&Command::ReadSignal, &[("AT+CESQ", signal)]),
        ["Signal { rsrp: -78, rsrq: -4 }", "Done"]
    );
}

#[test]
fn keys_are_not_its_business() {
    let mut bench = Bench::with(&PLAIN);
    for command in [PSK, FIND, DELETE, Command::ReadSystemMode, Command::ReadMonitor] {
        assert!(!bench.modem.supports(&command));
        bench.command(&command);
        assert_eq!(bench.said(), "");
        assert_eq!(bench.reported(), ["Failed(Unsupported)"]);
    }
    assert!(bench.modem.supports(&Command::ReadClock));
    assert!(Bench::new().modem.supports(&PSK));
}
