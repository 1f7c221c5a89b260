//! BinaryAppDataContainer (registry, object 19) and App Data Container (10250): a server writes data,
//! and observes it.

use crate::bench::*;
use crate::senml::pack;
use lwm2m_carrier::api;
use lwm2m_carrier::carrier::errno;
use serde_json::json;

/// A registered device, where the server has created /19/0 with `one` in Resource Instance 0 of Data.
fn world() -> World {
    let mut world = World::registered();
    let created = world.code(Operation::create("/19", TLV, &unhex("8500 4300 6f6e65")));
    assert_eq!(created, Code::CREATED);
    world
}

fn data(world: &mut World, path: &str) -> String {
    hex(&world.ask(0, Operation::read(path).accept(OPAQUE)).payload)
}

#[test]
fn lightweightm2m_1_0_int_1900_binary_app_data_observe() {
    let mut world = world();
    let observed = world.ask(0, Operation::observe("/19/0/0").accept(TLV));
    assert_eq!((observed.code, hex(&observed.payload)), (Code::CONTENT, "850043006f6e65".into()));
    assert_eq!(world.code(Operation::write("/19/0/0/0", OPAQUE, b"two")), Code::CHANGED);
    world.run_for(Duration::from_secs(2));
    let payload = |event| match event {
        ServerEvent::Notification { payload, .. } => Some(hex(&payload)),
        _ => None,
    };
    let notified: Vec<_> = world.server_events().into_iter().filter_map(payload).collect();
    assert_eq!(notified, ["8500430074776f"]);
}

#[test]
fn lightweightm2m_1_0_int_1901_binary_app_data_write() {
    let mut world = world();
    assert_eq!(world.code(Operation::write("/19/0/0/0", OPAQUE, b"two")), Code::CHANGED);
    assert_eq!(data(&mut world, "/19/0/0/0"), "74776f");
    for (path, value) in [("1", "7"), ("2", "1700000000"), ("3", "text"), ("4", "raw"), ("5", "9")]
    {
        let path = format!("/19/0/{path}");
        assert_eq!(world.code(Operation::write(&path, TEXT, value.as_bytes())), Code::CHANGED);
        assert_eq!(world.text(&path), value);
    }
    let long = [7; 129];
    let three = unhex("880009 410061 410162 410263");
    for (operation, code) in [
        (Operation::write("/19/0/0/0", OPAQUE, &long), Code::TOO_LARGE),
        (Operation::write("/19/0/0", TLV, &three[..]), Code(0xa0)),
        (Operation::write("/19/0/3", TEXT, &[b'x'; 33]), Code::BAD_REQUEST),
        (Operation::write("/19/0/1", TEXT, b"256"), Code::BAD_REQUEST),
        // Data is mandatory.
        (Operation::create("/19", TLV, &unhex("c10107")), Code::BAD_REQUEST),
    ] {
        assert_eq!(world.code(operation), code);
    }
    assert_eq!(data(&mut world, "/19/0/0/0"), "74776f");
    assert_eq!(world.text("/19/0/3"), "text");
}

#[test]
fn app_data_container_has_a_way_up_and_a_way_down() {
    let mut world = World::registered();
    assert_eq!(world.code(Operation::write("/10250/0/1", OPAQUE, b"down")), Code::CHANGED);
    for (operation, code) in [
        (Operation::read("/10250/0/1"), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/10250/0/0", OPAQUE, b"up"), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/10250/0/1", OPAQUE, &[7; 129]), Code::TOO_LARGE),
    ] {
        assert_eq!(world.code(operation), code);
    }
    assert_eq!(data(&mut world, "/10250/0/0"), "");
}

/// The paths of the events of data, since the last time.
fn told(world: &mut World) -> Vec<String> {
    let told = world.told.drain(..).map(|(_, what)| what);
    told.filter_map(|what| what.strip_prefix("APP_DATA ").map(String::from)).collect()
}

#[test]
fn each_value_that_a_server_writes_is_told() {
    let mut world = World::registered();
    world.told.clear();
    // Two in a Create, two in a Write.
    let create = Operation::create("/19", TLV, &unhex("880006 410161 410262"));
    assert_eq!(world.code(create), Code::CREATED);
    assert_eq!(told(&mut world), ["[19, 0, 0, 1]", "[19, 0, 0, 2]"]);
    let write = Operation::write("/19/0/0", TLV, &unhex("410763 410864"));
    assert_eq!(world.code(write), Code::CHANGED);
    assert_eq!(told(&mut world), ["[19, 0, 0, 7]", "[19, 0, 0, 8]"]);
    // All that there is room for, beside a change that a server is told of.
    let records = [
        ("/1/0/1", json!({ "v": 7200 })),
        ("/19/0/0/8", json!({ "vd": [1] })),
        ("/19/0/0/7", json!({ "vd": [2] })),
        ("/19/0/5", json!({ "v": 9 })),
        ("/10250/0/1", json!({ "vd": [5] })),
        // Once more: it is told once.
        ("/19/0/0/7", json!({ "vd": [6] })),
    ];
    let payload = pack(SENML_CBOR, &records);
    let write = Operation::write_composite(SENML_CBOR, &payload);
    assert_eq!(world.code(write), Code::CHANGED);
    let expected = ["[19, 0, 0, 7]", "[19, 0, 0, 8]", "[10250, 0, 1]"];
    assert_eq!(told(&mut world), expected);
    assert_eq!(api::app_data(&mut world.host.carrier, &[19, 0, 0, 7]), Ok(&[6][..]));
    // What belongs to the other objects of the request was not forgotten over it.
    world.run_for(Duration::from_secs(1));
    let registration = world.air.borrow_mut().server(0).registration(ENDPOINT).unwrap().lifetime;
    assert_eq!(registration, Duration::from_secs(7200));
    // What is refused is not told.
    let write = Operation::write("/19/0/0", TLV, &unhex("410763 410864 410965"));
    assert_eq!(world.code(write), Code(0xa0));
    assert_eq!(told(&mut world), [""; 0]);
}

#[test]
fn the_application_is_told_of_data_that_servers_write_and_sets_its_own() {
    let mut world = world();
    assert_eq!(world.code(Operation::write("/19/0/0/1", OPAQUE, b"two")), Code::CHANGED);
    assert_eq!(world.code(Operation::write("/10250/0/1", OPAQUE, b"down")), Code::CHANGED);
    let told: Vec<_> =
        world.told.iter().map(|(_, what)| &**what).filter(|what| what.starts_with("APP")).collect();
    assert_eq!(
        told,
        ["APP_DATA [19, 0, 0, 0]", "APP_DATA [19, 0, 0, 1]", "APP_DATA [10250, 0, 1]"]
    );
    let now = world.now;
    let carrier = &mut world.host.carrier;
    assert_eq!(api::app_data(carrier, &[19, 0, 0, 1]), Ok(&b"two"[..]));
    assert_eq!(api::app_data(carrier, &[10250, 0, 1]), Ok(&b"down"[..]));
    assert_eq!(api::app_data(carrier, &[10250, 0, 0]), Err(errno::EINVAL));
    let mut set = |ids: &[u16], data: Option<&[u8]>| api::set_app_data(carrier, now, ids, data);
    assert_eq!(set(&[10250, 0, 0], Some(b"up")), Ok(()));
    assert_eq!(set(&[19, 0, 0, 0], None), Ok(()));
    assert_eq!(set(&[19, 0, 0, 0], None), Err(errno::ENOENT));
    assert_eq!(set(&[19, 1, 0, 0], Some(b"x")), Err(errno::ENOENT));
    assert_eq!(set(&[10250, 0, 0], None), Err(errno::EINVAL));
    assert_eq!(set(&[10250, 0, 1], Some(b"x")), Err(errno::EINVAL));
    assert_eq!(set(&[19, 0, 0, 1], Some(&[7; 129])), Err(errno::ENOMEM));
    assert_eq!(set(&[19, 0, 0, 2], Some(b"x")), Ok(()));
    assert_eq!(set(&[19, 0, 0, 3], Some(b"x")), Err(errno::ENOMEM));
    assert_eq!(data(&mut world, "/10250/0/0"), "7570");
    assert_eq!(world.code(Operation::read("/19/0/0/0")), Code::NOT_FOUND);
}
