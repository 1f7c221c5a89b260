//! The APN Connection Profile Object (registry, object 11): what a server writes reaches the modem.

use crate::bench::*;
use lwm2m_carrier::carrier::Input;
use lwm2m_carrier::modem::{Pdn, Report};
use lwm2m_carrier_sim::modem::{self, Fault};

/// Access Point Name of a context of the modem, and whether it is up.
fn context(world: &World, context: u8) -> Option<(String, bool)> {
    world.host.modem.modem.context(context).map(|(apn, up)| (apn.to_string(), up))
}

fn is_up(world: &World, apn: &str) -> bool {
    context(world, 1) == Some((apn.to_string(), true))
}

/// Creates instance 1: the name `m2m`, APN `m2m.example`, no authentication.
fn create(world: &mut World) -> Code {
    let payload = "080116 c3006d326d c8010b6d326d2e6578616d706c65 c10403";
    let code = world.code(Operation::create("/11", TLV, &unhex(payload)));
    world.run_for(Duration::from_secs(1));
    code
}

#[test]
fn lightweightm2m_1_0_int_1250_apn_configuration() {
    let mut world = World::registered();
    // The default connection, as the modem has it.
    let told = ["/11/0/0", "/11/0/1", "/11/0/2", "/11/0/3", "/11/0/4", "/11/0/24"];
    let told = told.map(|path| world.text(path));
    assert_eq!(told, ["default", "iot.example", "1", "1", "3", "3"]);
    assert_eq!((&*world.text("/11/0/10/0"), &*world.text("/11/0/15/0")), ("0", "192.0.2.1"));
    let established: u64 = world.text("/11/0/9/0").parse().expect("a time");
    assert_eq!(established, 1_767_225_600);
    // Another one.
    assert_eq!(create(&mut world), Code::CREATED);
    assert_eq!(context(&world, 1), Some(("m2m.example".into(), false)));
    assert_eq!(world.text("/11/1/0"), "m2m");
    assert_eq!(world.code(Operation::read("/11/1/9/0")), Code::NOT_FOUND);
    assert_eq!(world.set_modem("/11/1/4", "0"), Code::CHANGED);
    assert_eq!(world.set_modem("/11/1/5", "user"), Code::CHANGED);
    assert_eq!(world.set_modem("/11/1/6", "pass"), Code::CHANGED);
    let told = world.host.modem.modem.authentication(1).cloned();
    assert_eq!(told, Some(["1", "user", "pass"].map(String::from)));
    assert_eq!(world.text("/11/1/5"), "user");
    assert_eq!(world.code(Operation::read("/11/1/6")), Code::METHOD_NOT_ALLOWED);
    assert_eq!(world.set_modem("/11/1/3", "1"), Code::CHANGED);
    assert!(is_up(&world, "m2m.example"));
    assert_eq!(world.text("/11/1/10/0"), "0");
    let links = world.ask(0, Operation::read("/10/0/11").accept(TLV));
    assert_eq!(hex(&links.payload), "880b0c4400000b00004401000b0001");
    // Another name: it comes up with that.
    assert_eq!(world.set_modem("/11/1/1", "new.example"), Code::CHANGED);
    assert!(is_up(&world, "new.example"));
    assert_eq!(world.set_modem("/11/1/3", "0"), Code::CHANGED);
    assert_eq!(context(&world, 1), Some(("new.example".into(), false)));
    assert!(world.text("/11/1/12/0").parse::<u64>().expect("a time") > established);
    assert_eq!(world.code(Operation::delete("/11/1")), Code::DELETED);
    world.run_for(Duration::from_secs(1));
    assert_eq!(context(&world, 1), None);
    assert_eq!(world.code(Operation::delete("/11/0")), Code::METHOD_NOT_ALLOWED);
}

#[test]
fn the_default_connection_changes_when_it_comes_up_again() {
    let mut world = World::registered();
    assert_eq!(world.set_modem("/11/0/1", "other.example"), Code::CHANGED);
    assert_eq!(world.set_modem("/11/0/24", "1"), Code::CHANGED);
    let asked = world.host.modem.modem.pdn_asked();
    assert_eq!(asked, ("other.example", lwm2m_carrier::modem::PdnType::Ipv4));
    assert_eq!((&*world.text("/11/0/1"), &*world.text("/11/0/2")), ("other.example", "0"));
    for (path, value, code) in [
        ("/11/0/3", "0", Code::METHOD_NOT_ALLOWED),
        ("/11/0/24", "0", Code::BAD_REQUEST),
        ("/11/0/24", "4", Code::BAD_REQUEST),
        ("/11/0/4", "4", Code::BAD_REQUEST),
        ("/11/0/1", "a\"b", Code::BAD_REQUEST),
        ("/11/0/15/0", "192.0.2.9", Code::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(world.set_modem(path, value), code, "{path} {value}");
    }
    // A modem that restarts has forgotten it, and is told.
    assert_eq!(world.set_modem("/11/0/4", "1"), Code::CHANGED);
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::Restart);
    assert!(world.run_until_told(Duration::from_secs(60), "REGISTERED"));
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.host.modem.modem.pdn_asked().0, "other.example");
    let told = world.host.modem.modem.authentication(0).cloned();
    assert_eq!(told, Some(["2", "", ""].map(String::from)));
}

#[test]
fn a_connection_that_the_network_refuses_says_why() {
    let mut world = World::registered();
    assert_eq!(create(&mut world), Code::CREATED);
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::RefusePdn(Some(27)));
    let observed = world.ask(0, Operation::observe("/11/1/3").accept(TEXT));
    assert_eq!(text(&observed.payload), "0");
    assert_eq!(world.set_modem("/11/1/3", "1"), Code::CHANGED);
    assert_eq!((&*world.text("/11/1/10/0"), &*world.text("/11/1/11/0")), ("1", "27"));
    assert_eq!(world.text("/11/1/3"), "0");
}

#[test]
fn connections_come_up_again_with_the_link() {
    let mut world = World::registered();
    assert_eq!(create(&mut world), Code::CREATED);
    assert_eq!(world.set_modem("/11/1/3", "1"), Code::CHANGED);
    for fault in [Fault::Detach, Fault::Restart] {
        let now = world.now;
        world.host.modem.modem.fault(now, fault.clone());
        assert!(!is_up(&world, "m2m.example"), "{fault:?}");
        world.run_for(Duration::from_secs(60));
        assert!(is_up(&world, "m2m.example"), "{fault:?}");
    }
}

#[test]
fn an_applications_connection_is_a_profile_and_an_activated_one() {
    let mut world = World::registered();
    let report = |world: &mut World, pdn| {
        let report = Report::Context { context: 5, pdn };
        world.host.carrier.handle(world.now, Input::Modem(report));
        world.run_for(Duration::from_secs(1));
    };
    let observed = world.ask(0, Operation::observe("/10/0/11").accept(TLV));
    assert_eq!(hex(&observed.payload), "860b4400000b0000");
    report(&mut world, Pdn::Activated);
    let notified = world.server_events().into_iter().find_map(|event| match event {
        ServerEvent::Notification { payload, .. } => Some(hex(&payload)),
        _ => None,
    });
    assert_eq!(notified.as_deref(), Some("880b0c4400000b00004401000b0001"));
    // The server hears of the new instance.
    let mut air = world.air.borrow_mut();
    assert!(air.server(0).registration(ENDPOINT).expect("registered").lists("/11/1"));
    drop(air);
    report(&mut world, Pdn::Deactivated);
    assert_eq!(world.code(Operation::read("/10/0/11/1")), Code::NOT_FOUND);
    assert!(world.text("/11/1/12/0").parse::<u64>().is_ok());
}

#[test]
fn there_are_as_many_connections_as_there_is_room() {
    let mut world = World::registered();
    assert_eq!(create(&mut world), Code::CREATED);
    let more = unhex("c3006d326d c10403");
    assert_eq!(world.code(Operation::create("/11", TLV, &more)), Code::new(5, 0));
    let mut world = World::registered();
    // Without the mandatory Authentication Type, and behind the last number.
    for payload in ["0801 05 c3006d326d", "081008 c3006d326d c10403"] {
        let code = world.code(Operation::create("/11", TLV, &unhex(payload)));
        assert_eq!(code, Code::BAD_REQUEST, "{payload}");
    }
    assert_eq!(world.code(Operation::read("/11/1")), Code::NOT_FOUND);
}

#[test]
fn a_plain_modem_has_its_own_numbers() {
    let mut world = World::with_modem(modem::Config { plain: true, ..modem::Config::default() });
    assert_eq!(create(&mut world), Code::CREATED);
    assert_eq!(world.set_modem("/11/1/3", "1"), Code::CHANGED);
    // Context 1 is the default connection's.
    assert_eq!(context(&world, 2), Some(("m2m.example".into(), true)));
    assert_eq!(world.text("/11/1/10/0"), "0");
}
