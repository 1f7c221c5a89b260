//! The Cellular Connectivity Object (registry, object 10): what a server writes reaches the modem, and
//! what the network gives is read and notified.

use crate::bench::*;
use lwm2m_carrier::modem::Technology;
use lwm2m_carrier_sim::modem::{self, Fault};

fn write_octets(world: &mut World, path: &str, octets: &[u8]) -> Code {
    let code = world.code(Operation::write(path, OPAQUE, octets));
    world.run_for(Duration::from_secs(1));
    code
}

fn octets(world: &mut World, path: &str) -> Vec<u8> {
    let response = world.ask(0, Operation::read(path).accept(OPAQUE));
    assert_eq!(response.code, Code::CONTENT, "{path}");
    response.payload
}

/// Active time and periodic update that the modem asks for, as bits.
fn asked(world: &World) -> Option<(String, String)> {
    let asked = world.host.modem.modem.power_saving_asked();
    asked.map(|(active, update)| (active.into(), update.into()))
}

fn edrx_asked(world: &World, technology: Technology) -> (Option<String>, Option<String>) {
    let (cycle, window) = world.host.modem.modem.edrx_asked(technology);
    (cycle.map(String::from), window.map(String::from))
}

#[test]
fn lightweightm2m_1_0_int_1200_cellular_connectivity_readable_resources() {
    let mut world = World::registered();
    assert_eq!(world.set_modem("/10/0/4", "3600"), Code::CHANGED);
    assert_eq!(world.set_modem("/10/0/5", "120"), Code::CHANGED);
    assert_eq!(write_octets(&mut world, "/10/0/8", &[0x35]), Code::CHANGED);
    assert_eq!((&*world.text("/10/0/4"), &*world.text("/10/0/5")), ("3600", "120"));
    assert_eq!(octets(&mut world, "/10/0/8"), [0x35]);
    let links = world.ask(0, Operation::read("/10/0/11").accept(TLV));
    // One connection: Object Instance 0 of object 11.
    assert_eq!(hex(&links.payload), "86 0b 4400 000b0000".replace(' ', ""));
    // What has no source on this device is not there.
    for id in [0, 2, 3, 6, 7, 10, 14] {
        assert_eq!(world.code(Operation::read(&format!("/10/0/{id}"))), Code::NOT_FOUND, "{id}");
    }
}

#[test]
fn lightweightm2m_1_0_int_1201_cellular_connectivity_readable_resources_of_version_1_1() {
    let mut world = World::registered();
    assert_eq!((&*world.text("/10/0/12"), &*world.text("/10/0/13")), ("3", "0"));
    assert_eq!(world.code(Operation::write("/10/0/12", TEXT, b"1")), Code::METHOD_NOT_ALLOWED);
    assert_eq!(world.code(Operation::write("/10/0/11/0", TEXT, b"11:1")), Code::METHOD_NOT_ALLOWED);
    // Nobody asked for power saving, and the network gives none.
    for id in [4, 5, 8, 9] {
        assert_eq!(world.code(Operation::read(&format!("/10/0/{id}"))), Code::NOT_FOUND, "{id}");
    }
}

#[test]
fn lightweightm2m_1_0_int_1202_cellular_connectivity_set_power_saving() {
    let mut world = World::registered();
    assert_eq!(world.set_modem("/10/0/4", "86400"), Code::CHANGED);
    assert_eq!(world.set_modem("/10/0/5", "60"), Code::CHANGED);
    // 24 times an hour, and 30 times two seconds or once a minute.
    let (active, update) = asked(&world).expect("asked for");
    assert_eq!(update, "00111000");
    assert!(["00011110", "00100001"].contains(&&*active), "{active}");
    assert_eq!(world.text("/10/0/13"), "1");
    assert_eq!(write_octets(&mut world, "/10/0/8", &[0x1d]), Code::CHANGED);
    let both = (Some("1101".to_string()), Some("0001".to_string()));
    assert_eq!(edrx_asked(&world, Technology::LteM), both);
    assert_eq!(world.text("/10/0/13"), "3");
    // The mode goes, the other stays.
    assert_eq!(world.set_modem("/10/0/13", "2"), Code::CHANGED);
    assert_eq!(asked(&world), None);
    assert_eq!(edrx_asked(&world, Technology::LteM).0.as_deref(), Some("1101"));
    assert_eq!(world.text("/10/0/13"), "2");
    // What no timer can be changes nothing.
    for (path, wrong) in [
        ("/10/0/4", "3601"),
        ("/10/0/4", "-1"),
        ("/10/0/5", "61"),
        ("/10/0/5", "11520"),
        ("/10/0/13", "4"),
        ("/10/0/1", "65536"),
    ] {
        assert_eq!(world.set_modem(path, wrong), Code::BAD_REQUEST, "{path} {wrong}");
    }
    assert_eq!(write_octets(&mut world, "/10/0/8", &[1, 2]), Code::BAD_REQUEST);
    assert_eq!((asked(&world), world.text("/10/0/4")), (None, "86400".to_string()));
    assert_eq!(world.set_modem("/10/0/13", "0"), Code::CHANGED);
    assert_eq!(edrx_asked(&world, Technology::LteM).0, None);
}

#[test]
fn lightweightm2m_1_0_int_1203_cellular_connectivity_observe_power_saving() {
    let mut world = World::registered();
    let observed = world.ask(0, Operation::observe("/10/0/13").accept(TEXT));
    assert_eq!((observed.code, text(&observed.payload)), (Code::CONTENT, "0"));
    assert_eq!(world.set_modem("/10/0/5", "60"), Code::CHANGED);
    assert_eq!(world.notified(), ["1"]);
    // The network gives none any more, and says so with the next registration.
    world.host.modem.modem.config_mut().saves_power = false;
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::LoseCoverage);
    world.run_for(Duration::from_secs(5));
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::RegainCoverage);
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.notified(), ["0"]);
    assert_eq!(world.text("/10/0/5"), "60", "asked for it still is");
}

#[test]
fn lightweightm2m_1_0_int_1204_cellular_connectivity_observe_timers() {
    let mut world = World::registered();
    assert_eq!(world.set_modem("/10/0/5", "60"), Code::CHANGED);
    // The network's own: an hour.
    assert_eq!(world.text("/10/0/4"), "3600");
    let observed = world.ask(0, Operation::observe("/10/0/4").accept(TEXT));
    assert_eq!(text(&observed.payload), "3600");
    assert_eq!(world.set_modem("/10/0/4", "7200"), Code::CHANGED);
    assert_eq!(world.notified(), ["7200"]);
}

#[test]
fn a_network_that_gives_nothing_is_not_taken_to_save_power() {
    let mut world =
        World::with_modem(modem::Config { saves_power: false, ..modem::Config::default() });
    assert_eq!(world.set_modem("/10/0/4", "3600"), Code::CHANGED);
    assert!(asked(&world).is_some());
    assert_eq!((&*world.text("/10/0/4"), &*world.text("/10/0/13")), ("3600", "0"));
}

#[test]
fn a_modem_without_windows_leaves_them_to_the_network() {
    let mut world = World::with_modem(modem::Config { plain: true, ..modem::Config::default() });
    assert_eq!(write_octets(&mut world, "/10/0/9", &[0x35]), Code::CHANGED);
    assert_eq!(edrx_asked(&world, Technology::NbIot), (Some("0101".to_string()), None));
    assert_eq!(octets(&mut world, "/10/0/9"), [0x05]);
    assert_eq!(write_octets(&mut world, "/10/0/9", &[]), Code::CHANGED);
    assert_eq!(edrx_asked(&world, Technology::NbIot).0, None);
    assert_eq!(world.code(Operation::read("/10/0/9")), Code::NOT_FOUND);
}

#[test]
fn a_modem_that_restarts_is_told_again() {
    let mut world = World::registered();
    assert_eq!(world.set_modem("/10/0/4", "3600"), Code::CHANGED);
    let wanted = asked(&world);
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::Restart);
    let before = world.host.modem.modem.heard(Some("+CPSMS"));
    world.run_for(Duration::from_secs(60));
    assert_eq!(world.host.modem.modem.heard(Some("+CPSMS")), before + 1);
    assert_eq!(asked(&world), wanted);
}

#[test]
fn the_radio_is_off_for_as_long_as_a_server_says() {
    let mut world = World::registered();
    let (begun, mark) = (world.now, world.told.len());
    assert_eq!(world.set_modem("/10/0/1", "3"), Code::CHANGED);
    assert!(world.run_until_told(Duration::from_secs(600), "REGISTERED"));
    let told: Vec<_> = world.told[mark..].to_vec();
    let names: Vec<_> = told.iter().map(|(_, name)| &**name).collect();
    assert_eq!(
        names,
        ["DISCONNECTING", "DISCONNECTED", "CONNECTING", "CONNECTED", "LTE_READY", "REGISTERED"]
    );
    let again = told[2].0.as_millis() - begun.as_millis();
    assert!((180_000..181_000).contains(&again), "{again}");
    assert_eq!(world.text("/10/0/1"), "3");
}
