//! What else the modem can be told and asked.

use crate::bench::{Bench, CELL, OFFLINE};
use lwm2m_carrier::modem::{
    Command, FunctionalMode, KeyKind, PdnType, PowerSaving, SystemMode, Technology,
};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier_sim::modem::{Card, Config, Fault, Files};

#[test]
fn radio_technologies_are_chosen_while_the_radio_is_off() {
    let mut bench = Bench::online(Config::default());
    let preference = Some(Technology::NbIot);
    let mode = SystemMode { lte_m: true, nb_iot: true, gnss: true, preference };
    assert_eq!(bench.run(&Command::SetSystemMode(mode)), ["Failed(NotNow)"]);
    bench.run(&OFFLINE);
    assert_eq!(bench.run(&Command::SetSystemMode(mode)), ["Done"]);
    assert_eq!(
        bench.run(&Command::ReadSystemMode),
        [format!("SystemMode({mode:?})"), "Done".into()]
    );
}

#[test]
fn another_connection_comes_and_goes() {
    let mut bench = Bench::online(Config::default());
    assert_eq!(bench.run(&Command::NewContext), ["NewContext(1)", "Done"]);
    let activate = Command::SetContext { context: 1, active: true };
    assert_eq!(bench.run(&activate), ["Failed(NotNow)"]);
    let (context, apn, pdn_type) = (1, "other.example", PdnType::Ipv4);
    assert_eq!(bench.run(&Command::ConfigureContext { context, apn, pdn_type }), ["Done"]);
    assert_eq!(bench.run(&Command::NewContext), ["NewContext(2)", "Done"]);
    assert_eq!(bench.run(&Command::ReadPdnId(1)), ["Failed(Refused)"]);
    assert_eq!(bench.run(&activate), ["Context { context: 1, pdn: Activated }", "Done"]);
    assert_eq!(bench.run(&Command::ReadPdnId(1)), ["PdnId(1)", "Done"]);
    assert_eq!(
        bench.run(&Command::ReadPdn),
        ["Pdn(Activated)", "Context { context: 1, pdn: Activated }", "Done"]
    );
    assert_eq!(
        bench.run(&Command::SetContext { context: 1, active: false }),
        ["Context { context: 1, pdn: Deactivated }", "Done"]
    );
    bench.fault(Fault::RefusePdn(Some(27)));
    assert_eq!(
        bench.run(&activate),
        ["Context { context: 1, pdn: Rejected { cause: 27 } }", "Failed(Refused)"]
    );
    assert_eq!(bench.run(&Command::DeleteContext(1)), ["Done"]);
    assert_eq!(bench.run(&Command::NewContext), ["NewContext(1)", "Done"]);
}

#[test]
fn power_saving_is_given_or_not() {
    let wanted = PowerSaving { active_time: 60, periodic_update: 86_400 };
    let ask = Command::SetPowerSaving(Some(wanted));
    let mut bench = Bench::online(Config::default());
    let given = format!("PowerSaving(Some({wanted:?}))");
    assert_eq!(bench.run(&ask), ["Done", "Registration(Home)", CELL, given.as_str()]);
    assert_eq!(bench.run(&Command::SetPowerSaving(None)).last().unwrap(), "PowerSaving(None)");
    let mut bench = Bench::online(Config { saves_power: false, ..Config::default() });
    assert_eq!(bench.run(&ask).last().unwrap(), "PowerSaving(None)");
}

#[test]
fn discontinuous_reception_is_given() {
    let mut bench = Bench::online(Config::default());
    let technology = Technology::LteM;
    let reports = bench.run(&Command::SetEdrx { technology, cycle: Some(9) });
    assert_eq!(
        reports.last().unwrap(),
        "Edrx { technology: LteM, cycle: Some(9), window: Some(3) }"
    );
    let reports = bench.run(&Command::SetEdrx { technology, cycle: None });
    assert!(!reports.iter().any(|report| report.starts_with("Edrx")), "{reports:?}");
}

#[test]
fn everything_at_once_and_counters() {
    let mut bench = Bench::online(Config::default());
    let expected = [
        "Registration(Home)",
        CELL,
        "Operator { mcc: 1, mnc: 1 }",
        "Band(20)",
        "PowerSaving(None)",
        "Done",
    ];
    assert_eq!(bench.run(&Command::ReadMonitor), expected);
    bench.link.modem.count(false, 5000);
    assert_eq!(bench.run(&Command::SetStatistics(true)), ["Done"]);
    bench.link.modem.count(false, 3000);
    bench.link.modem.count(true, 1000);
    assert_eq!(
        bench.run(&Command::ReadStatistics),
        [
            "Count(MessagesSent, 0)",
            "Count(MessagesReceived, 0)",
            "Count(Sent, 2)",
            "Count(Received, 0)",
            "Count(LargestPacket, 3000)",
            "Count(AveragePacket, 2000)",
            "Done"
        ]
    );
    bench.run(&OFFLINE);
    assert_eq!(bench.run(&Command::ReadMonitor), ["Registration(None)", "Done"]);
}

#[test]
fn stored_keys_are_recognised() {
    for keeps_digits in [false, true] {
        let mut bench = Bench::ready(Config { keeps_digits, ..Config::default() });
        bench.link.modem.provision(25, b"other", &[1, 2]);
        bench.link.modem.provision(27, b"someone", &[0, 0x1F]);
        let mut search = |kind, value: &[u8]| {
            let value = Secret::new(value);
            bench.run(&Command::SearchKeys { first: 25, kind, value })
        };
        assert_eq!(search(KeyKind::Psk, &[0, 0x1F]), ["Keys { taken: 5, same: 4 }", "Done"]);
        assert_eq!(search(KeyKind::Psk, &[0, 0x1E]), ["Keys { taken: 5, same: 0 }", "Done"]);
        assert_eq!(search(KeyKind::Identity, b"other"), ["Keys { taken: 5, same: 1 }", "Done"]);
    }
}

#[test]
fn somebody_else_turns_the_radio_off_and_on() {
    let mut bench = Bench::online(Config::default());
    assert_eq!(
        bench.fault(Fault::SetMode(FunctionalMode::Offline)),
        ["Pdn(Deactivated)", "Registration(None)"]
    );
    assert_eq!(bench.run(&Command::ReadFunctionalMode), ["FunctionalMode(Offline)", "Done"]);
    bench.fault(Fault::SetMode(FunctionalMode::Normal));
    assert_eq!(bench.run(&Command::ReadFunctionalMode)[0], "FunctionalMode(Normal)");
    assert!(bench.wait(1000).contains(&"Pdn(Activated)".into()));
    bench.fault(Fault::FailOffline(1));
    assert_eq!(bench.run(&OFFLINE), ["Failed(Refused)"]);
    assert!(bench.link.modem.is_connected());
    assert_eq!(bench.run(&OFFLINE).last().unwrap(), "Done");
}

#[test]
fn after_too_many_restarts_it_does_not_attach_for_half_an_hour() {
    let mut bench = Bench::ready(Config::default());
    bench.run(&lwm2m_carrier::modem::Command::SetFunctionalMode(FunctionalMode::Normal));
    assert_eq!(bench.fault(Fault::ResetLoop), ["Warning(ResetLoop)"]);
    assert_eq!(bench.wait(1_800_000), [""; 0]);
    bench.wait(1000);
    assert!(bench.link.modem.is_connected());
}

#[test]
fn bootstrap_information_is_read_from_the_sim() {
    let mut record = vec![0, 1, 0, 200];
    record.extend(0..200);
    for files in [Files::with(&record), Files::with(&record).exact()] {
        let card = Some(Card { files, ..Card::default() });
        let mut bench = Bench::online(Config { card, ..Config::default() });
        // Twice: the first time left nothing open.
        for _ in 0..2 {
            let mut reports = bench.run(&Command::ReadSmartcard);
            assert_eq!(reports.pop().unwrap(), "Done");
            let read: String = reports.concat();
            let digits: String = record.iter().map(|byte| format!("{byte:02X}")).collect();
            assert!(read.starts_with(&digits), "{read}");
        }
    }
    let mut bench = Bench::online(Config::default());
    assert_eq!(bench.run(&Command::ReadSmartcard), ["Failed(Refused)"]);
    bench.run(&OFFLINE);
    assert_eq!(bench.run(&Command::ReadSmartcard), ["Failed(NotNow)"]);
}
