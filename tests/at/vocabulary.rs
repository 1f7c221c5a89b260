//! What comes with features: more of what modems can do.

use crate::bench::Bench;
#[allow(unused_imports, reason = "each is for some feature")]
use crate::bench::{hear, once};
#[cfg(feature = "power-saving")]
use lwm2m_carrier::modem::PowerSaving;
use lwm2m_carrier::modem::{Authentication, Command, PdnType, SystemMode, Technology};
use lwm2m_carrier::secret::Secret;

#[test]
fn without_its_feature_a_command_is_unsupported() {
    let mode = SystemMode { lte_m: true, nb_iot: false, gnss: false, preference: None };
    let (context, apn, pdn_type) = (1, "a.example", PdnType::Ipv4);
    let technology = Technology::LteM;
    for (there, commands) in [
        (
            cfg!(feature = "system-mode"),
            &[Command::ReadSystemMode, Command::SetSystemMode(mode)][..],
        ),
        (
            cfg!(feature = "pdn-contexts"),
            &[
                Command::NewContext,
                Command::ConfigureContext { context, apn, pdn_type },
                Command::DeleteContext(1),
                Command::SetContext { context, active: true },
                Command::ReadPdnId(1),
                Command::ConfigureAuthentication {
                    context: None,
                    authentication: Authentication::None,
                    credentials: Secret::new(("", "")),
                },
            ],
        ),
        (
            cfg!(feature = "power-saving"),
            &[
                Command::SetPowerSaving(None),
                Command::SetEdrx { technology, cycle: None },
                Command::SetPagingWindow { technology, window: 0 },
            ],
        ),
        (
            cfg!(feature = "modem-statistics"),
            &[Command::ReadMonitor, Command::SetStatistics(true), Command::ReadStatistics],
        ),
        (cfg!(feature = "smartcard"), &[Command::ReadSmartcard]),
    ] {
        for command in commands {
            assert_eq!(Bench::new().modem.supports(command), there, "{command:?}");
        }
    }
}

#[cfg(feature = "system-mode")]
#[test]
fn radio_technologies() {
    let read = |answer: &str| {
        once(&Command::ReadSystemMode, &[("AT%XSYSTEMMODE?", &format!("{answer}\r\nOK\r\n"))])
    };
    let shown = |lte_m, nb_iot, gnss, preference| {
        let mode = SystemMode { lte_m, nb_iot, gnss, preference };
        vec![format!("SystemMode({mode:?})"), "Done".into()]
    };
    let (m, n) = (Some(Technology::LteM), Some(Technology::NbIot));
    assert_eq!(read("%XSYSTEMMODE: 1,0,0,0"), shown(true, false, false, None));
    assert_eq!(read("%XSYSTEMMODE: 1,1,1,1"), shown(true, true, true, m));
    assert_eq!(read("%XSYSTEMMODE: 0,1,0,4"), shown(false, true, false, n));
    for (preference, said) in [
        (None, "AT%XSYSTEMMODE=1,1,0,0"),
        (m, "AT%XSYSTEMMODE=1,1,0,1"),
        (n, "AT%XSYSTEMMODE=1,1,0,2"),
    ] {
        let mode = SystemMode { lte_m: true, nb_iot: true, gnss: false, preference };
        let command = Command::SetSystemMode(mode);
        assert_eq!(once(&command, &[(said, "OK\r\n")]), ["Done"]);
        assert_eq!(once(&command, &[(said, "+CME ERROR: 518\r\n")]), ["Failed(NotNow)"]);
    }
}

#[cfg(feature = "pdn-contexts")]
#[test]
fn contexts_beside_the_default_one() {
    assert_eq!(
        once(&Command::NewContext, &[("AT%XNEWCID?", "%XNEWCID: 3\r\nOK\r\n")]),
        ["NewContext(3)", "Done"]
    );
    assert_eq!(once(&Command::NewContext, &[("AT%XNEWCID?", "ERROR\r\n")]), ["Failed(Refused)"]);
    for (apn, said) in
        [("", "AT+CGDCONT=10,\"IPV4V6\""), ("a.example", "AT+CGDCONT=10,\"IPV4V6\",\"a.example\"")]
    {
        let command = Command::ConfigureContext { context: 10, apn, pdn_type: PdnType::Ipv4v6 };
        assert_eq!(once(&command, &[(said, "OK\r\n")]), ["Done"]);
    }
    let apn = "a\"b";
    let mut bench = Bench::new();
    bench.command(&Command::ConfigureContext { context: 1, apn, pdn_type: PdnType::Ipv4 });
    assert_eq!((bench.said(), bench.reported()), (String::new(), vec!["Failed(Refused)".into()]));
    assert_eq!(once(&Command::DeleteContext(2), &[("AT+CGDCONT=2", "OK\r\n")]), ["Done"]);
    assert_eq!(
        once(
            &Command::SetContext { context: 1, active: true },
            &[("AT+CGACT=1,1", "+CNEC_ESM: 50,1\r\n+CGEV: ME PDN ACT 1,0\r\nOK\r\n")]
        ),
        [
            "Context { context: 1, pdn: Rejected { cause: 50 } }",
            "Context { context: 1, pdn: Activated }",
            "Done"
        ]
    );
    assert_eq!(
        once(&Command::SetContext { context: 1, active: false }, &[("AT+CGACT=0,1", "OK\r\n")]),
        ["Done"]
    );
    assert_eq!(
        once(&Command::ReadPdnId(1), &[("AT%XGETPDNID=1", "%XGETPDNID: 7\r\nOK\r\n")]),
        ["PdnId(7)", "Done"]
    );
    assert_eq!(
        once(&Command::ReadPdn, &[("AT+CGACT?", "+CGACT: 0,1\r\n+CGACT: 1,0\r\nOK\r\n")]),
        ["Pdn(Activated)", "Context { context: 1, pdn: Deactivated }", "Done"]
    );
    assert_eq!(hear("+CGEV: NW PDN DEACT 10\r\n"), ["Context { context: 10, pdn: Deactivated }"]);
    assert_eq!(hear("+CGEV: ME PDN ACT 999\r\n+CGEV: ME PDN ACT\r\n"), [""; 0]);
}

#[cfg(feature = "power-saving")]
#[test]
fn power_saving_is_asked_for_in_the_units_there_are() {
    for (active_time, periodic_update, said) in [
        (0, 0, "AT+CPSMS=1,,,,\"00000000\""),
        (2, 2, "AT+CPSMS=1,,,\"01100001\",\"00000001\""),
        (60, 3600, "AT+CPSMS=1,,,\"00000110\",\"00011110\""),
        // What cannot be said exactly is a little longer.
        (63, 63, "AT+CPSMS=1,,,\"10000011\",\"00100010\""),
        (125, 86_400, "AT+CPSMS=1,,,\"00111000\",\"00100011\""),
        // The longest that there is.
        (u32::MAX, u32::MAX, "AT+CPSMS=1,,,\"11011111\",\"01011111\""),
    ] {
        let wanted = PowerSaving { active_time, periodic_update };
        assert_eq!(once(&Command::SetPowerSaving(Some(wanted)), &[(said, "OK\r\n")]), ["Done"]);
    }
    assert_eq!(once(&Command::SetPowerSaving(None), &[("AT+CPSMS=0", "OK\r\n")]), ["Done"]);
}

#[cfg(feature = "power-saving")]
#[test]
fn power_saving_comes_with_the_registration() {
    let timers = |active: &str, update: &str| {
        let line = format!("+CEREG: 1,\"0001\",\"00000001\",7,,,\"{active}\",\"{update}\"\r\n");
        hear(line).into_iter().skip(2).collect::<Vec<_>>()
    };
    let shown = |active_time, periodic_update| {
        let given = PowerSaving { active_time, periodic_update };
        vec![format!("PowerSaving(Some({given:?}))")]
    };
    assert_eq!(timers("00000001", "00000010"), shown(2, 1200));
    assert_eq!(timers("00100011", "00100011"), shown(180, 10_800));
    assert_eq!(timers("01000001", "01000001"), shown(360, 36_000));
    assert_eq!(timers("00011111", "01111111"), shown(62, 62));
    assert_eq!(timers("00000001", "10000010"), shown(2, 60));
    assert_eq!(timers("00000001", "10100010"), shown(2, 120));
    assert_eq!(timers("00000001", "11000001"), shown(2, 1_152_000));
    // The network keeps its own periodic update.
    assert_eq!(timers("00000001", "11100000"), shown(2, 0));
    assert_eq!(timers("00000001", ""), shown(2, 0));
    assert_eq!(timers("11100000", "00000001"), ["PowerSaving(None)"]);
    // Nothing is said about it.
    assert_eq!(timers("", ""), [""; 0]);
    assert_eq!(timers("00000002", "00000001"), [""; 0]);
    assert_eq!(timers("100000001", "00000001"), [""; 0]);
}

#[cfg(feature = "power-saving")]
#[test]
fn a_paging_time_window_is_asked_for() {
    for (technology, window, said) in
        [(Technology::LteM, 0, "AT%XPTW=4,\"0000\""), (Technology::NbIot, 15, "AT%XPTW=5,\"1111\"")]
    {
        let command = Command::SetPagingWindow { technology, window };
        assert_eq!(once(&command, &[(said, "OK\r\n")]), ["Done"]);
        let mut bench = Bench::with(&lwm2m_carrier::modem::at::PLAIN);
        bench.command(&command);
        assert_eq!(bench.reported(), ["Failed(Unsupported)"]);
    }
}

#[cfg(feature = "pdn-contexts")]
#[test]
fn a_device_proves_who_it_is_to_a_network() {
    let command = |context, authentication, user, password| Command::ConfigureAuthentication {
        context,
        authentication,
        credentials: Secret::new((user, password)),
    };
    for (command, said) in [
        (command(None, Authentication::None, "u", "p"), "AT+CGAUTH=0,0"),
        (command(None, Authentication::Pap, "u", ""), "AT+CGAUTH=0,1,\"u\",\"\""),
        (
            command(Some(3), Authentication::Chap, "me", "pass,word"),
            "AT+CGAUTH=3,2,\"me\",\"pass,word\"",
        ),
    ] {
        assert_eq!(once(&command, &[(said, "OK\r\n")]), ["Done"]);
    }
    for (user, password) in [("a\"b", ""), ("", "a\r\nAT"), ("", "\u{e9}")] {
        let mut bench = Bench::new();
        bench.command(&command(Some(1), Authentication::Pap, user, password));
        assert_eq!(
            (bench.reported(), bench.said()),
            (vec!["Failed(Refused)".to_string()], String::new())
        );
    }
}

#[cfg(feature = "power-saving")]
#[test]
fn discontinuous_reception() {
    let set = |technology, cycle, said: &str| {
        assert_eq!(once(&Command::SetEdrx { technology, cycle }, &[(said, "OK\r\n")]), ["Done"]);
    };
    set(Technology::LteM, Some(9), "AT+CEDRXS=2,4,\"1001\"");
    set(Technology::NbIot, Some(0), "AT+CEDRXS=2,5,\"0000\"");
    set(Technology::NbIot, None, "AT+CEDRXS=0,5");
    for (line, report) in [
        (
            "+CEDRXP: 4,\"1001\",\"0011\",\"0101\"",
            Some("Edrx { technology: LteM, cycle: Some(3), window: Some(5) }"),
        ),
        (
            "+CEDRXP: 5,\"1001\",\"1111\"",
            Some("Edrx { technology: NbIot, cycle: Some(15), window: None }"),
        ),
        ("+CEDRXP: 4", Some("Edrx { technology: LteM, cycle: None, window: None }")),
        ("+CEDRXP: 0", None),
    ] {
        assert_eq!(hear(format!("{line}\r\n")), Vec::from_iter(report), "{line}");
    }
}

#[cfg(feature = "modem-statistics")]
#[test]
fn a_look_at_everything() {
    let monitor = |answer: &str| {
        once(&Command::ReadMonitor, &[("AT%XMONITOR", &format!("{answer}\r\nOK\r\n"))])
    };
    let mut reports = monitor(
        "%XMONITOR: 5,\"Example net\",\"EX\",\"00101\",\"002F\",7,20,\"0012BEEF\",334,6200,66,44,\"\",\
         \"00000001\",\"00000010\",\"01001001\"",
    );
    reports.retain(|report| cfg!(feature = "power-saving") || !report.starts_with("PowerSaving"));
    let mut expected = vec![
        "Registration(Roaming)",
        "Cell(Cell { id: 1228527, tac: 47, technology: LteM })",
        "Operator { mcc: 1, mnc: 1 }",
        "Band(20)",
        "PowerSaving(Some(PowerSaving { active_time: 2, periodic_update: 1200 }))",
        "Done",
    ];
    expected.retain(|report| cfg!(feature = "power-saving") || !report.starts_with("PowerSaving"));
    assert_eq!(reports, expected);
    assert_eq!(monitor("%XMONITOR: 2"), ["Registration(Searching)", "Done"]);
    assert_eq!(monitor("%XMONITOR: "), ["Done"]);
}

#[cfg(feature = "modem-statistics")]
#[test]
fn counters() {
    assert_eq!(once(&Command::SetStatistics(true), &[("AT%XCONNSTAT=1", "OK\r\n")]), ["Done"]);
    assert_eq!(once(&Command::SetStatistics(false), &[("AT%XCONNSTAT=0", "OK\r\n")]), ["Done"]);
    let answer = "%XCONNSTAT: 1,0,748,4,1280,708\r\nOK\r\n";
    assert_eq!(
        once(&Command::ReadStatistics, &[("AT%XCONNSTAT?", answer)]),
        [
            "Count(MessagesSent, 1)",
            "Count(MessagesReceived, 0)",
            "Count(Sent, 748)",
            "Count(Received, 4)",
            "Count(LargestPacket, 1280)",
            "Count(AveragePacket, 708)",
            "Done"
        ]
    );
}
