//! What a modem says by itself.

use crate::bench::{Bench, NORMAL, hear, once, run};
use lwm2m_carrier::modem::{Command, FunctionalMode};

#[test]
fn registration_in_every_length() {
    for (line, reports) in [
        ("+CEREG: 0", vec!["Registration(None)"]),
        ("+CEREG: 2", vec!["Registration(Searching)"]),
        ("+CEREG: 4", vec!["Registration(Unknown)"]),
        ("+CEREG: 8", vec!["Registration(Unknown)"]),
        ("+CEREG: 90", vec!["Registration(SimFailure)"]),
        ("+CEREG: 3,,,,0,7", vec!["Registration(Denied)", "Refused { cause: 7 }"]),
        (
            "+CEREG: 5,3,\"0001\",\"00000001\",7,0,11",
            vec![
                "Registration(Denied)",
                "Cell(Cell { id: 1, tac: 1, technology: LteM })",
                "Refused { cause: 11 }",
            ],
        ),
        // The maker's own, and no such cause.
        ("+CEREG: 3,,,,1,7", vec!["Registration(Denied)"]),
        ("+CEREG: 3,,,,0,700", vec!["Registration(Denied)"]),
        ("+CEREG: 3", vec!["Registration(Denied)"]),
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
        let mut heard = hear(format!("{line}\r\n"));
        // In `vocabulary`.
        heard.retain(|report| !report.starts_with("PowerSaving"));
        assert_eq!(heard, reports, "{line}");
    }
}

#[test]
fn packet_data_connections() {
    for (line, report) in [
        ("+CGEV: ME PDN ACT 0", Some("Pdn(Activated)")),
        ("+CGEV: ME PDN ACT 0,0", Some("Pdn(Activated)")),
        ("+CGEV: ME PDN DEACT 0", Some("Pdn(Deactivated)")),
        ("+CGEV: NW PDN DEACT 0", Some("Pdn(Deactivated)")),
        ("+CGEV: ME DETACH", Some("Pdn(Deactivated)")),
        ("+CGEV: NW DETACH", Some("Pdn(Detached)")),
        ("+CGEV: IPV6 0", None),
        ("+CNEC_ESM: 33,0", Some("Pdn(Rejected { cause: 33 })")),
        ("+CGACT: 0,1", Some("Pdn(Activated)")),
        ("+CGACT: 0,0", Some("Pdn(Deactivated)")),
        ("+CGEV: ME MODIFY 0,4,0", None),
        ("+CGEV: NW DETACH 1", None),
        ("+CGEV: ", None),
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
    run(&mut bench, &mode(FunctionalMode::Normal), &NORMAL);
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
