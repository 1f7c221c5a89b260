//! A modem that knows nothing but 3GPP TS 27.007: keys stay with the host.

use crate::bench::{Bench, CELL, NORMAL, OFFLINE};
use lwm2m_carrier::modem::{Command, KeyKind, PdnType};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier_sim::modem::{Card, Config, Fault};

fn plain() -> Config {
    Config { plain: true, ..Config::default() }
}

#[test]
fn it_comes_up_and_is_asked_whether_it_is_connected() {
    let mut bench = Bench::new(plain());
    let identified = bench.run(&Command::Initialise);
    assert_eq!(identified.last().unwrap(), "Done");
    assert!(identified.contains(&"004999010640000".into()), "{identified:?}");
    assert!(!identified.iter().any(|report| report.contains("Hardware")));
    let (apn, pdn_type) = ("iot.example", PdnType::Ipv4);
    assert_eq!(bench.run(&Command::ConfigurePdn { apn, pdn_type }), ["Done"]);
    assert_eq!(bench.link.modem.pdn_asked(), (apn, pdn_type));
    let searching = ["Registration(Searching)", CELL];
    assert_eq!(
        bench.run(&NORMAL),
        [&searching[..], &["Sim(Ready)"], &searching, &["Done"]].concat()
    );
    // It does not say that it is connected.
    let heard = bench.wait(1000);
    assert_eq!(heard[..2], ["Registration(Home)", CELL]);
    assert!(!heard.iter().any(|report| report.starts_with("Pdn")), "{heard:?}");
    assert_eq!(bench.run(&Command::ReadPdn), ["Pdn(Activated)", "Done"]);
    assert_eq!(
        bench.run(&Command::ReadAddress)[..3],
        ["Apn(\"iot.example\")", "192.0.2.1", "2001:DB8:0:0:0:0:0:1"]
    );
    assert_eq!(
        bench.run(&Command::ReadSim),
        ["001010123456789", "8900100000000000017", "15555550100", "Done"]
    );
    assert_eq!(bench.fault(Fault::DropPdn), ["Pdn(Deactivated)"]);
    bench.run(&OFFLINE);
    assert_eq!(bench.run(&Command::ReadFunctionalMode), ["FunctionalMode(Offline)", "Done"]);
}

#[test]
fn a_sim_that_wants_a_pin_says_so() {
    let card = Some(Card { locked: true, ..Card::default() });
    let mut bench = Bench::ready(Config { card, ..plain() });
    assert!(bench.run(&NORMAL).contains(&"Sim(Locked)".into()));
    let mut bench = Bench::ready(Config { card: None, ..plain() });
    assert!(bench.run(&NORMAL).contains(&"Sim(Missing)".into()));
}

#[test]
fn keys_stay_with_the_host() {
    let mut bench = Bench::online(plain());
    let tag = 26;
    for (kind, value) in [(KeyKind::Identity, &b"someone"[..]), (KeyKind::Psk, &[0, 0x1F])] {
        let value = Secret::new(value);
        // The radio may be on.
        assert_eq!(bench.run(&Command::WriteKey { tag, kind, value }), ["Done"]);
        assert_eq!(bench.run(&Command::FindKey { tag, kind }), ["Key(true)", "Done"]);
        assert_eq!(
            bench.run(&Command::SearchKeys { first: 25, kind, value }),
            ["Keys { taken: 2, same: 2 }", "Done"]
        );
    }
    assert_eq!(bench.link.modem.keys().get(tag), Some((&b"someone"[..], &[0, 0x1F][..])));
    assert_eq!(bench.run(&Command::DeleteKey { tag, kind: KeyKind::Psk }), ["Done"]);
    assert_eq!(bench.link.modem.keys().get(tag), None);
    assert_eq!(bench.run(&Command::ReadMonitor), ["Failed(Unsupported)"]);
}
