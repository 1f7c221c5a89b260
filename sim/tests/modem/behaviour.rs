//! What the simulated modem does, and what goes wrong with it by script.

use crate::bench::{Bench, CELL, NORMAL, OFFLINE, POWER_OFF};
use lwm2m_carrier::modem::{Command, Error, KeyKind, PdnType};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Duration, Instant};
use lwm2m_carrier_sim::modem::{Card, Config, Fault, When, image, version};

#[test]
fn initialise_tells_who_the_modem_is() {
    assert_eq!(
        Bench::new(Config::default()).run(&Command::Initialise),
        [
            "Identity(Manufacturer(\"Example Modems\"))",
            "Identity(Model(\"SIM91\"))",
            "Identity(Firmware(\"sim91_1.0.0\"))",
            "Identity(Firmware(\"sim91_1.0.0\"))",
            "Identity(Hardware(\"SIM91 A0\"))",
            "004999010640000",
            "Done"
        ]
    );
}

#[test]
fn the_link_comes_up_and_goes_down() {
    let mut bench = Bench::ready(Config::default());
    // Once as a notification, once as an answer.
    let searching = ["Registration(Searching)", CELL];
    assert_eq!(
        bench.run(&NORMAL),
        [&["Sim(Ready)"], &searching[..], &searching, &["Done"]].concat()
    );
    assert_eq!(bench.wait(99), [""; 0]);
    assert_eq!(
        bench.wait(1),
        [
            "Pdn(Activated)",
            "Registration(Home)",
            CELL,
            "PowerSaving(None)",
            "Clock { utc: 1767225600, offset: Some(120) }",
            "Signal { rsrp: -78, rsrq: -4 }"
        ]
    );
    assert!(bench.link.modem.is_connected());
    assert_eq!(bench.run(&OFFLINE), ["Pdn(Deactivated)", "Registration(None)", "Done"]);
    assert!(!bench.link.modem.is_connected());
    assert_eq!(bench.wait(100_000), [""; 0]);
}

#[test]
fn power_off_and_on_again_keeps_being_told() {
    let mut bench = Bench::online(Config::default());
    assert_eq!(bench.run(&POWER_OFF).last().unwrap(), "Done");
    bench.run(&NORMAL);
    assert!(bench.wait(1000).contains(&"Registration(Home)".into()));
}

#[test]
fn what_can_be_read_is_read() {
    let mut bench = Bench::online(Config { roaming: true, zone: -14, ..Config::default() });
    assert_eq!(
        bench.run(&Command::ReadSim),
        ["001010123456789", "8900100000000000017", "15555550100", "Done"]
    );
    assert_eq!(
        bench.run(&Command::ReadAddress),
        [
            "Apn(\"iot.example\")",
            "192.0.2.1",
            "2001:DB8:0:0:0:0:0:1",
            "Operator { mcc: 1, mnc: 1 }",
            "Done"
        ]
    );
    assert_eq!(
        bench.run(&Command::ReadSignal),
        ["Signal { rsrp: -78, rsrq: -4 }", "Voltage(3700)", "Done"]
    );
    bench.wait(59_000);
    assert_eq!(
        bench.run(&Command::ReadClock),
        ["Clock { utc: 1767225660, offset: Some(-210) }", "Done"]
    );
}

#[test]
fn the_connection_is_configured() {
    let mut bench = Bench::ready(Config::default());
    let pdn_type = PdnType::Ipv6;
    let apn = "other.example";
    assert_eq!(bench.run(&Command::ConfigurePdn { apn, pdn_type }), ["Done"]);
    assert_eq!(bench.link.modem.pdn_asked(), (apn, pdn_type));
    let apn = "";
    assert_eq!(bench.run(&Command::ConfigurePdn { apn, pdn_type }), ["Done"]);
    assert_eq!(bench.link.modem.pdn_asked(), (apn, pdn_type));
}

const TAG: u32 = 16_842_753;
const WRITE: [Command<'_>; 2] = [
    Command::WriteKey { tag: TAG, kind: KeyKind::Identity, value: Secret::new(b"someone") },
    Command::WriteKey { tag: TAG, kind: KeyKind::Psk, value: Secret::new(&[0, 0x1F, 0xE2]) },
];
const FIND: Command<'_> = Command::FindKey { tag: TAG, kind: KeyKind::Psk };
const DELETE: Command<'_> = Command::DeleteKey { tag: TAG, kind: KeyKind::Psk };

#[test]
fn keys_are_written_and_deleted_while_the_radio_is_off_only() {
    let mut bench = Bench::online(Config::default());
    assert_eq!(bench.run(&FIND), ["Key(false)", "Done"]);
    assert_eq!(bench.run(&WRITE[0]), ["Failed(NotNow)"]);
    bench.run(&OFFLINE);
    for command in &WRITE {
        assert_eq!(bench.run(command), ["Done"]);
    }
    let keys = bench.link.modem.keys();
    assert_eq!(keys.get(TAG), Some((&b"someone"[..], &[0, 0x1F, 0xE2][..])));
    bench.run(&NORMAL);
    bench.wait(1000);
    assert_eq!(bench.run(&FIND), ["Key(true)", "Done"]);
    assert_eq!(bench.run(&DELETE), ["Failed(NotNow)"]);
    bench.run(&OFFLINE);
    assert_eq!(bench.run(&DELETE), ["Done"]);
    assert_eq!(bench.run(&DELETE), ["Done"]);
    assert_eq!(bench.run(&FIND), ["Key(false)", "Done"]);
    assert_eq!(bench.link.modem.keys().get(TAG), None);
}

#[test]
fn keys_fail_as_often_as_the_script_says() {
    let mut bench = Bench::ready(Config::default());
    bench.fault(Fault::FailKeys(2));
    assert_eq!(bench.run(&WRITE[0]), ["Failed(Refused)"]);
    assert_eq!(bench.run(&WRITE[1]), ["Failed(Refused)"]);
    assert_eq!(bench.run(&WRITE[1]), ["Done"]);
}

#[test]
fn firmware_is_taken_checked_and_installed() {
    let mut bench = Bench::online(Config::default());
    let image = image("sim91_2.0.0", 700);
    assert_eq!(bench.run(&Command::BeginUpdate), ["Done"]);
    for (index, bytes) in image.chunks(512).enumerate() {
        let offset = u32::try_from(index * 512).unwrap();
        assert_eq!(bench.run(&Command::WriteUpdate { offset, bytes }), ["Done"]);
    }
    assert_eq!(bench.run(&Command::WriteUpdate { offset: 7, bytes: &[1] }), ["Failed(Refused)"]);
    assert_eq!(bench.run(&Command::FinishUpdate), ["Done"]);
    assert_eq!(bench.run(&Command::ApplyUpdate), ["Failed(NotNow)"]);
    bench.run(&OFFLINE);
    assert_eq!(bench.run(&Command::ApplyUpdate), [""; 0]);
    // It takes a restart, during which nothing else is done.
    assert_eq!(bench.link.command(bench.now, &Command::Initialise), Err(Error::NotNow));
    assert_eq!(bench.wait(100), ["Done"]);
    assert!(
        bench.run(&Command::Initialise).contains(&"Identity(Firmware(\"sim91_2.0.0\"))".into())
    );
    bench.run(&NORMAL);
    bench.wait(1000);
    assert!(bench.link.modem.is_connected());
    // Once only.
    bench.run(&OFFLINE);
    assert_eq!(bench.run(&Command::ApplyUpdate), ["Failed(NotNow)"]);
}

#[test]
fn wrong_firmware_is_not_installed() {
    let good = image("2", 10);
    assert_eq!(version(&good).as_deref(), Ok("2"));
    for at in 0..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 0x10;
        assert_eq!(version(&bad), Err(Error::Image), "{at}");
        assert_eq!(version(&good[..at]), Err(Error::Image), "{at}");
    }
    let mut bench = Bench::ready(Config { update_room: good.len(), ..Config::default() });
    let write = Command::WriteUpdate { offset: 0, bytes: &good };
    let more = Command::WriteUpdate { offset: u32::try_from(good.len()).unwrap(), bytes: &[0] };
    assert_eq!(bench.run(&write), ["Failed(NotNow)"]);
    bench.run(&Command::BeginUpdate);
    assert_eq!(bench.run(&Command::FinishUpdate), ["Failed(Image)"]);
    assert_eq!(bench.run(&write), ["Done"]);
    assert_eq!(bench.run(&more), ["Failed(NoMemory)"]);
    bench.fault(Fault::RejectImage(true));
    assert_eq!(bench.run(&Command::FinishUpdate), ["Failed(Image)"]);
    bench.fault(Fault::RejectImage(false));
    assert_eq!(bench.run(&Command::FinishUpdate), ["Done"]);
    bench.fault(Fault::FailInstall(true));
    assert_eq!(bench.run(&Command::ApplyUpdate), ["Failed(Image)"]);
    bench.fault(Fault::FailInstall(false));
    bench.run(&Command::BeginUpdate);
    bench.run(&write);
    bench.run(&Command::FinishUpdate);
    assert_eq!(bench.run(&Command::CancelUpdate), ["Done"]);
    assert_eq!(bench.run(&Command::ApplyUpdate), ["Failed(NotNow)"]);
    assert_eq!(bench.link.modem.firmware(), "sim91_1.0.0");
}

#[test]
fn coverage_is_lost_and_found() {
    let mut bench = Bench::online(Config::default());
    bench.link.modem.lose_coverage(bench.now);
    assert_eq!(bench.wait(100_000), ["Registration(Searching)"]);
    assert!(!bench.link.modem.is_connected());
    bench.link.modem.regain_coverage(bench.now);
    assert_eq!(bench.wait(1000)[..2], ["Registration(Home)", CELL]);
    assert!(bench.link.modem.is_connected());
}

#[test]
fn the_script_runs_by_itself() {
    let after = |millis| When::AfterAttach(Duration::from_millis(millis));
    let mut bench = Bench::ready(Config {
        script: vec![
            (When::At(Instant::from_millis(50)), Fault::Overheat),
            (after(2000), Fault::BatteryLow),
            (after(1000), Fault::LoseCoverage),
            (after(3000), Fault::RegainCoverage),
        ],
        ..Config::default()
    });
    bench.run(&NORMAL);
    assert_eq!(bench.wait(99), ["Warning(Overheated)"]);
    assert!(bench.wait(1).contains(&"Registration(Home)".into()));
    assert_eq!(bench.wait(999), [""; 0]);
    assert_eq!(bench.wait(1), ["Registration(Searching)"]);
    assert_eq!(bench.wait(1999), ["Warning(BatteryLow)"]);
    assert!(bench.wait(101).contains(&"Registration(Home)".into()));
}

#[test]
fn connections_are_refused_until_they_are_not() {
    let mut bench = Bench::ready(Config::default());
    bench.fault(Fault::RefusePdn(Some(33)));
    bench.run(&NORMAL);
    assert_eq!(bench.wait(100), ["Pdn(Rejected { cause: 33 })"]);
    assert_eq!(bench.wait(10_000), ["Pdn(Rejected { cause: 33 })"]);
    bench.fault(Fault::RefusePdn(None));
    assert_eq!(bench.wait(10_000)[..2], ["Pdn(Activated)", "Registration(Home)"]);
    assert_eq!(bench.fault(Fault::DropPdn), ["Pdn(Deactivated)"]);
    assert!(!bench.link.modem.is_connected());
    assert_eq!(bench.wait(10_000), ["Pdn(Activated)"]);
    assert_eq!(bench.fault(Fault::Detach), ["Pdn(Detached)", "Registration(Searching)", CELL]);
    bench.wait(100);
    assert!(bench.link.modem.is_connected());
}

#[test]
fn registration_is_denied_until_it_is_not() {
    let mut bench = Bench::ready(Config::default());
    bench.fault(Fault::DenyRegistration(true));
    bench.run(&NORMAL);
    assert_eq!(bench.wait(100_000), ["Registration(Denied)", CELL, "Refused { cause: 7 }"]);
    bench.fault(Fault::DenyRegistration(false));
    bench.wait(100);
    assert!(bench.link.modem.is_connected());
}

#[test]
fn attaching_takes_long_or_for_ever() {
    let mut bench = Bench::ready(Config::default());
    bench.fault(Fault::AttachTime(None));
    bench.run(&NORMAL);
    assert_eq!(bench.wait(10_000_000), [""; 0]);
    bench.fault(Fault::AttachTime(Some(Duration::from_secs(600))));
    assert_eq!(bench.wait(599_999), [""; 0]);
    bench.wait(1);
    assert!(bench.link.modem.is_connected());
}

#[test]
fn without_a_sim_there_is_no_network() {
    let mut bench = Bench::ready(Config { card: None, ..Config::default() });
    let failure = "Registration(SimFailure)";
    assert_eq!(bench.run(&NORMAL), ["Sim(Missing)", failure, failure, "Done"]);
    assert_eq!(bench.wait(100_000), [""; 0]);
    assert_eq!(bench.run(&Command::ReadSim), ["Sim(Missing)", "Failed(NotNow)"]);
    assert_eq!(bench.run(&Command::ReadAddress), ["Done"]);
    assert_eq!(bench.run(&Command::ReadClock), ["Done"]);
}

#[test]
fn a_locked_sim_says_so() {
    let mut bench = Bench::ready(Config {
        card: Some(Card { locked: true, ..Card::default() }),
        ..Config::default()
    });
    let failure = "Registration(SimFailure)";
    assert_eq!(bench.run(&NORMAL), [failure, failure, "Done"]);
    assert_eq!(bench.run(&Command::ReadSim), ["Sim(Locked)", "Failed(NotNow)"]);
}

#[test]
fn another_sim_is_another_subscriber() {
    let mut bench = Bench::online(Config::default());
    bench.link.modem.swap_sim(bench.now, "001010999999999");
    let reports = bench.wait(1000);
    assert_eq!(reports[0], "Sim(Missing)");
    assert!(reports.contains(&"Sim(Ready)".into()));
    assert!(bench.link.modem.is_connected());
    assert_eq!(bench.run(&Command::ReadSim)[0], "001010999999999");
    // A SIM without a telephone number.
    let card = Card { msisdn: None, ..Card::default() };
    bench.fault(Fault::SwapSim(Some(card)));
    bench.wait(1000);
    assert_eq!(bench.run(&Command::ReadSim), ["001010123456789", "8900100000000000017", "Done"]);
}

#[test]
fn a_restart_loses_everything_but_the_keys() {
    let mut bench = Bench::online(Config::default());
    bench.link.modem.provision(1, b"a", &[1]);
    assert_eq!(bench.fault(Fault::Restart), [""; 0]);
    assert!(!bench.link.modem.is_connected());
    assert_eq!(bench.wait(100), ["Restarted"]);
    assert_eq!(bench.wait(100_000), [""; 0]);
    assert_eq!(bench.run(&Command::Initialise).last().unwrap(), "Done");
    bench.run(&NORMAL);
    assert!(bench.wait(1000).contains(&"Registration(Home)".into()));
    assert_eq!(bench.link.modem.keys().get(1), Some((&b"a"[..], &[1][..])));
}

#[test]
fn a_modem_that_is_initialised_while_it_restarts_is_initialised_after_it() {
    let mut bench = Bench::online(Config::default());
    bench.fault(Fault::Restart);
    assert_eq!(bench.run(&Command::Initialise), [""; 0]);
    assert_eq!(bench.wait(2000).last().unwrap(), "Done");
}

#[test]
fn silence_is_a_timeout() {
    let mut bench = Bench::ready(Config::default());
    bench.fault(Fault::Silence(true));
    assert_eq!(bench.run(&Command::ReadSignal), [""; 0]);
    assert_eq!(bench.wait(5000), ["Failed(Timeout)"]);
    bench.fault(Fault::Silence(false));
    assert_eq!(bench.run(&Command::ReadSignal), ["Voltage(3700)", "Done"]);
}

#[test]
fn the_default_equipment_identity_is_valid() {
    let imei = Config::default().imei;
    let sum: u32 = imei
        .chars()
        .rev()
        .enumerate()
        .map(|(index, digit)| digit.to_digit(10).unwrap() << (index % 2))
        .map(|value| value / 10 + value % 10)
        .sum();
    assert_eq!((imei.len(), sum % 10), (15, 0));
}

#[test]
fn debug_shows_no_identity_and_no_key() {
    let mut bench = Bench::online(Config::default());
    bench.link.modem.provision(1, b"someone", b"\x01\x02");
    bench.run(&Command::ReadSim);
    let shown = format!("{:?}", bench.link);
    for secret in ["00101012345", "0049990106", "someone", "[1, 2]", "89001"] {
        assert!(!shown.contains(secret), "{secret}");
    }
}
