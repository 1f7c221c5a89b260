//! The Device, Connectivity Monitoring and Server Objects (Core appendix E, registry).

use crate::bench::*;
use lwm2m_carrier::carrier::Input;
use lwm2m_carrier::modem::Report;

/// What a Discover on an instance lists: the Resource IDs.
fn resources(world: &mut World, path: &str) -> Vec<u16> {
    let response = world.ask(0, Operation::discover(path));
    assert_eq!(response.code, Code::CONTENT);
    let id = |link: &str| {
        let target = link.split_once('>')?.0.strip_prefix('<')?;
        Path::parse(target)?.id(2)
    };
    text(&response.payload).split(',').filter_map(id).collect()
}

#[test]
fn lightweightm2m_1_0_int_651_access_to_the_resources_of_the_device_object() {
    let mut world = World::registered();
    let texts = [
        (0, "Example Modems"),
        (1, "SIM91"),
        (2, "004999010640000"),
        (3, "sim91_1.0.0"),
        (14, "+02:00"),
        (16, "U"),
        (17, "Module"),
        (18, "SIM91 A0"),
    ];
    for (resource, value) in texts {
        assert_eq!(world.text(&format!("/3/0/{resource}")), value);
    }
    assert!(world.text("/3/0/19").starts_with("lwm2m-carrier "));
    assert_eq!(world.text("/3/0/11/0"), "0");
    // The network's time, and it goes on.
    let time: i64 = world.text("/3/0/13").parse().unwrap();
    world.run_for(Duration::from_secs(100));
    let later: i64 = world.text("/3/0/13").parse().unwrap();
    assert!((1_767_225_600..1_767_225_700).contains(&time));
    assert!((100..=101).contains(&(later - time)));
    assert_eq!(resources(&mut world, "/3/0"), [0, 1, 2, 3, 4, 5, 11, 12, 13, 14, 16, 17, 18, 19]);
}

#[test]
fn what_can_be_written_of_the_device_object_is() {
    let mut world = World::registered();
    for (resource, value) in [(14, "-03:30"), (15, "Europe/Berlin"), (13, "1800000000")] {
        let path = format!("/3/0/{resource}");
        let code = world.code(Operation::write(&path, TEXT, value.as_bytes()));
        assert_eq!((code, world.text(&path).as_str()), (Code::CHANGED, value));
    }
}

#[test]
fn a_device_tells_what_the_application_knows() {
    let mut world = World::registered();
    let device = &mut world.host.carrier.objects().device;
    device.set_power_sources(0b10_0010);
    assert!(device.set_voltage(1, 3700) && device.set_current(5, 120));
    assert!(device.set_battery_level(87) && device.set_battery_status(1));
    device.set_memory(12, 256);
    assert!(device.add_error(1) && device.add_error(4));
    for (path, value) in [
        ("/3/0/6/1", "1"),
        ("/3/0/6/5", "5"),
        ("/3/0/7/1", "3700"),
        ("/3/0/8/5", "120"),
        ("/3/0/9", "87"),
        ("/3/0/10", "12"),
        ("/3/0/20", "1"),
        ("/3/0/21", "256"),
        ("/3/0/11/0", "1"),
        ("/3/0/11/1", "4"),
    ] {
        assert_eq!(world.text(path), value, "{path}");
    }
    let response = world.ask(0, Operation::discover("/3/0/6"));
    assert_eq!(text(&response.payload), "</3/0/6>;dim=2,</3/0/6/1>,</3/0/6/5>");
    let response = world.ask(0, Operation::discover("/3/0/0"));
    assert_eq!(text(&response.payload), "</3/0/0>");
    // /3/0/12 resets the Error Code, which is notified.
    assert_eq!(world.ask(0, Operation::observe("/3/0/11").accept(TLV)).observe, Some(1));
    let from = world.mark();
    assert_eq!(world.code(Operation::execute("/3/0/12", "")), Code::CHANGED);
    world.run_for(Duration::from_secs(1));
    assert_eq!(world.text("/3/0/11/0"), "0");
    let sent = world.sent_since(from);
    let notification = sent.iter().find(|(_, m)| m.uint(option::OBSERVE) == Some(2));
    assert_eq!(notification.map(|(_, m)| hex(&m.payload)), Some("830b410000".into()));
}

#[test]
fn lightweightm2m_1_0_int_652_firmware_version() {
    let mut world = World::registered();
    assert_eq!(world.text("/3/0/3"), "sim91_1.0.0");
    let response = world.ask(0, Operation::read("/3/0/3").accept(TLV));
    assert_eq!(hex(&response.payload), "c8030b73696d39315f312e302e30");
}

#[test]
fn a_factory_reset_begins_with_the_configuration() {
    let mut world = World::registered();
    assert_eq!(world.code(Operation::write("/1/0/1", TEXT, b"1000")), Code::CHANGED);
    world.run_for(Duration::from_secs(1));
    let from = world.mark();
    assert_eq!(world.code(Operation::execute("/3/0/5", "")), Code::CHANGED);
    assert!(world.run_until_told(Duration::from_secs(10), "REGISTERED"));
    let sent = world.sent_since(from);
    let paths: Vec<String> = sent.iter().map(|(_, message)| path(message)).collect();
    assert_eq!((paths.len(), sent[1].1.code, paths[2].as_str()), (3, Code::new(0, 4), "rd"));
    assert_eq!(world.text("/1/0/1"), LONG.to_string());
}

#[test]
fn a_factory_reset_takes_back_what_servers_set_of_the_modem() {
    let mut world = World::registered();
    let paths = ["/7/0/2", "/7/0/8", "/10/0/13", "/11/0/0", "/11/0/2", "/11/0/4"];
    let read = |world: &mut World| paths.map(|path| world.text(path));
    let (before, pdn) = (read(&mut world), world.host.modem.modem.pdn_asked().0.to_string());
    for (path, value) in [
        ("/7/0/8", "600"),
        ("/10/0/4", "3600"),
        ("/11/0/0", "mine"),
        ("/11/0/1", "other.example"),
        ("/11/0/4", "1"),
    ] {
        assert_eq!(world.set_modem(path, value), Code::CHANGED, "{path}");
    }
    assert_eq!(world.code(Operation::execute("/7/0/6", "")), Code::CHANGED);
    let create = unhex("080116 c3006d326d c8010b6d326d2e6578616d706c65 c10403");
    assert_eq!(world.code(Operation::create("/11", TLV, &create)), Code::CREATED);
    assert_eq!(world.set_modem("/11/1/3", "1"), Code::CHANGED);
    world.host.modem.modem.count(false, 5000);
    world.run_for(Duration::from_secs(20));
    assert_ne!(read(&mut world), before);
    let modem = &world.host.modem.modem;
    assert!(modem.is_counting() && modem.power_saving_asked().is_some());
    assert!(modem.context(1).is_some() && modem.authentication(0).is_some());
    assert_eq!(modem.pdn_asked().0, "other.example");

    assert_eq!(world.code(Operation::execute("/3/0/5", "")), Code::CHANGED);
    assert!(world.run_until_told(Duration::from_secs(10), "REGISTERED"));
    world.run_for(Duration::from_secs(5));
    let modem = &world.host.modem.modem;
    assert!(!modem.is_counting() && modem.power_saving_asked().is_none());
    assert!(modem.context(1).is_none());
    assert_eq!(modem.pdn_asked().0, pdn);
    assert_eq!(modem.authentication(0), None);
    assert_eq!(read(&mut world), before);
    for gone in ["/10/0/4", "/11/1"] {
        assert_eq!(world.code(Operation::read(gone)), Code::NOT_FOUND, "{gone}");
    }
}

#[test]
fn lightweightm2m_1_0_int_701_connectivity_monitoring_readable_resources() {
    let mut world = World::registered();
    for (path, value) in [
        // LTE, FDD.
        ("/4/0/0", "6"),
        ("/4/0/1/0", "6"),
        // Level 62 is -78 dBm, level 31 is -4 dB.
        ("/4/0/2", "-78"),
        ("/4/0/3", "-4"),
        ("/4/0/4/0", "192.0.2.1"),
        ("/4/0/7/0", "iot.example"),
        ("/4/0/8", "1228527"),
        ("/4/0/9", "1"),
        ("/4/0/10", "1"),
        ("/4/0/12", "47"),
    ] {
        assert_eq!(world.text(path), value, "{path}");
    }
    assert_eq!(resources(&mut world, "/4/0"), [0, 1, 2, 3, 4, 7, 8, 9, 10, 12]);
    let response = world.ask(0, Operation::discover("/4/0/4"));
    let links = text(&response.payload);
    assert_eq!(links, "</4/0/4>;dim=2,</4/0/4/0>,</4/0/4/1>");
}

#[test]
fn lightweightm2m_1_0_int_710_connectivity_monitoring_observe_and_notify() {
    let mut world = World::registered();
    assert_eq!(world.ask(0, Operation::observe("/4/0/2").accept(TEXT)).observe, Some(1));
    assert_eq!(world.ask(0, Operation::observe("/4/0/8").accept(TEXT)).observe, Some(1));
    let attributes = Operation::write_attributes("/4/0/2", "st=10");
    assert_eq!(world.code(attributes), Code::CHANGED);
    let from = world.mark();
    for rsrp in [-80, -88, -95, -120] {
        world.host.input(Input::Modem(Report::Signal { rsrp, rsrq: -10 }));
        world.run_for(Duration::from_secs(1));
    }
    let values: Vec<(Option<u32>, String)> = world
        .sent_since(from)
        .iter()
        .map(|(_, m)| (m.uint(option::OBSERVE), text(&m.payload).to_string()))
        .collect();
    assert_eq!(values, [(Some(2), "-88".into()), (Some(3), "-120".into())]);
}

#[test]
fn the_server_object_has_what_its_table_says() {
    let mut world = World::registered();
    assert_eq!(resources(&mut world, "/1/0"), [0, 1, 4, 6, 7, 8, 9, 23]);
    // What is not there yet can be written, link and text included.
    for (resource, value) in [
        (2, "5"),
        (3, "500"),
        (5, "50"),
        (10, "11:0"),
        (14, "3"),
        (17, "4"),
        (18, "30"),
        (19, "300"),
        (20, "2"),
        (21, "1"),
        (22, "U"),
        (23, "1"),
    ] {
        let path = format!("/1/0/{resource}");
        let code = world.code(Operation::write(&path, TEXT, value.as_bytes()));
        assert_eq!((code, world.text(&path).as_str()), (Code::CHANGED, value), "{path}");
    }
    // Read only, or not for a management server at all.
    for resource in [0, 11, 12, 13, 15] {
        let write = Operation::write(&format!("/1/0/{resource}"), TEXT, b"1");
        assert_eq!(world.code(write), Code::METHOD_NOT_ALLOWED, "{resource}");
    }
}
