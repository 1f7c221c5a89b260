//! Write-Attributes (Core 6.3.4, 7.3.2).

use crate::bench::*;
use lwm2m_carrier::lwm2m::{Context, Object};
use lwm2m_carrier::storage::Record;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::state::State;

fn discover(world: &mut World, path: &str) -> String {
    let response = world.ask(0, Operation::discover(path));
    assert_eq!(response.code, Code::CONTENT);
    text(&response.payload).to_string()
}

#[test]
fn lightweightm2m_1_1_int_261_write_attributes_on_a_multiple_resource() {
    let mut world = World::equipped();
    let write = Operation::write_attributes;
    assert_eq!(world.code(write("/26241/0/7", "pmin=5&pmax=10")), Code::CHANGED);
    assert_eq!(world.code(write("/26241/0/7/3", "gt=80&lt=60&st=5")), Code::CHANGED);
    assert_eq!(
        discover(&mut world, "/26241/0/7"),
        "</26241/0/7>;dim=2;pmin=5;pmax=10,</26241/0/7/0>,</26241/0/7/3>;gt=80;lt=60;st=5"
    );
    let start = {
        let from = world.mark();
        let response = world.ask(0, Operation::observe("/26241/0/7/3").accept(TEXT));
        assert_eq!(response.observe, Some(1));
        world.sent_since(from)[0].0
    };
    // Periods come from the resource, thresholds from the instance.
    let from = world.mark();
    world.set("/26241/0/7/3", &Value::Integer(81));
    world.run_for(Duration::from_secs(20));
    let sent = world.sent_since(from);
    let at: Vec<(u64, &str)> =
        sent.iter().map(|(at, m)| ((at - start) / 1000, text(&m.payload))).collect();
    assert_eq!(at, [(5, "81"), (15, "81")]);
}

#[test]
fn each_attribute_is_shown_as_it_was_written() {
    let mut world = World::equipped();
    let all = "pmin=1&pmax=2&epmin=3&epmax=4&gt=-1.25&lt=-7&st=0.5";
    assert_eq!(world.code(Operation::write_attributes("/26241/0/1", all)), Code::CHANGED);
    let expected = all.replace('&', ";");
    assert_eq!(discover(&mut world, "/26241/0/1"), format!("</26241/0/1>;{expected}"));
    // Those that are not named stay, one without a value goes.
    let code = world.code(Operation::write_attributes("/26241/0/1", "pmin=9&gt&lt&epmin&epmax"));
    assert_eq!(code, Code::CHANGED);
    assert_eq!(discover(&mut world, "/26241/0/1"), "</26241/0/1>;pmin=9;pmax=2;st=0.5");
}

#[test]
fn attributes_go_with_the_instance() {
    let mut world = World::equipped_with(2, |_| {});
    let write = Operation::write_attributes("/26241/1/0", "pmin=9");
    assert_eq!(world.code(write), Code::CHANGED);
    assert_eq!(world.code(Operation::delete("/26241/1")), Code::DELETED);
    let create = Operation::create("/26241", TLV, &unhex("0301 c10007"));
    assert_eq!(world.code(create), Code::CREATED);
    assert_eq!(discover(&mut world, "/26241/1/0"), "</26241/1/0>");
}

#[test]
fn attributes_that_there_is_no_room_for_are_refused() {
    let mut world = World::equipped_with(20, |_| {});
    let room = lwm2m_carrier::capacity::ATTRIBUTES;
    for instance in 0..room {
        let write = Operation::write_attributes(&format!("/26241/{instance}/0"), "pmin=9");
        assert_eq!(world.code(write), Code::CHANGED);
    }
    let write = Operation::write_attributes(&format!("/26241/{room}/0"), "pmin=9");
    assert_eq!(world.code(write), Code::new(5, 0));
    assert_eq!(discover(&mut world, &format!("/26241/{room}/0")), format!("</26241/{room}/0>"));
    // One that is taken back makes room.
    assert_eq!(world.code(Operation::write_attributes("/26241/0/0", "pmin")), Code::CHANGED);
    let write = Operation::write_attributes(&format!("/26241/{room}/0"), "pmin=9");
    assert_eq!(world.code(write), Code::CHANGED);
}

#[test]
fn a_put_with_a_payload_is_a_write_even_with_a_query() {
    let mut world = World::equipped();
    let write = Operation::write("/26241/0/0", TEXT, b"33").option(option::URI_QUERY, b"pmin=5");
    let code = world.code(write);
    // Neither half of it may be done without the other.
    let value = world.get("/26241/0/0");
    let attributes = discover(&mut world, "/26241/0/0");
    match code {
        Code::CHANGED => assert_eq!(value, Some(Owned::Integer(33))),
        _ => assert_eq!(value, Some(Owned::Integer(10))),
    }
    assert_eq!(attributes, "</26241/0/0>");
}

/// What the server set at these paths comes back after a restart; `damage` is done to the flash before.
fn restarted(world: World, damage: impl FnOnce(&mut State)) -> World {
    restarted_with(world, &mut [], damage)
}

/// The same with objects of the application.
fn restarted_with(
    world: World,
    objects: &'static mut [&'static mut dyn Object],
    damage: impl FnOnce(&mut State),
) -> World {
    let mut state = world.host.state;
    damage(&mut state);
    let config = world::config(world::management_server(false, 86_400));
    let modem = lwm2m_carrier_sim::modem::Config::default();
    let mut again = World::with(config, Weather::FAIR, 8, objects, modem, state);
    again.air = world.air.clone();
    again.host.network = world.air;
    again.now = world.now;
    again.register();
    again
}

#[test]
fn edge_con_and_hqmax_are_taken_where_they_belong() {
    let mut world = World::equipped();
    let mut code = |path, query| world.code(Operation::write_attributes(path, query));
    let bad = Code::BAD_REQUEST;
    // Of truth values only, and nothing but 0 and 1.
    for path in ["/26241", "/26241/0", "/26241/0/0", "/26241/0/2", "/26241/0/7", "/26241/0/7/3"] {
        assert_eq!(code(path, "edge=1"), bad, "{path}");
    }
    for query in ["edge=2", "edge=-1", "edge=", "edge=true", "gt=1", "con=2", "hqmax=-1", "hqmax=x"]
    {
        assert_eq!(code("/26241/0/4", query), bad, "{query}");
    }
    assert_eq!(code("/26241", "con=1&hqmax=7"), Code::CHANGED);
    assert_eq!(code("/26241/0/4", "edge=0&con=0&hqmax=5"), Code::CHANGED);
    assert_eq!(discover(&mut world, "/26241/0/4"), "</26241/0/4>;hqmax=5;edge=0;con=0");
    // Without its own, a path has those of the level above.
    let write = Operation::write_attributes("/26241/0/4", "edge&con&hqmax");
    assert_eq!(world.code(write), Code::CHANGED);
    assert_eq!(discover(&mut world, "/26241/0/4"), "</26241/0/4>;hqmax=7;con=1");
}

/// The notifications of /26241/0/4, which is true at first, when it changes to false and so on.
fn changes(world: &mut World) -> Vec<Message> {
    assert_eq!(world.ask(0, Operation::observe("/26241/0/4").accept(TEXT)).observe, Some(1));
    let from = world.mark();
    for value in [false, true, false, true] {
        world.set("/26241/0/4", &Value::Boolean(value));
        world.run_for(Duration::from_secs(2));
    }
    let sent = world.sent_since(from).into_iter().map(|(_, message)| message);
    sent.filter(|message| message.uint(option::OBSERVE).is_some()).collect()
}

#[test]
fn edge_selects_the_direction_of_a_change() {
    for (edge, expected) in [("pmin=0", "0101"), ("edge=0", "00"), ("edge=1", "11")] {
        let mut world = World::equipped();
        let write = Operation::write_attributes("/26241/0/4", edge);
        assert_eq!(world.code(write), Code::CHANGED);
        let sent = changes(&mut world);
        let values: String = sent.iter().map(|message| text(&message.payload)).collect();
        assert_eq!(values, expected, "{edge}");
    }
}

#[test]
fn con_and_the_default_notification_mode_make_notifications_confirmable() {
    // The default of the server, the attribute, and whether notifications are confirmable then.
    for (mode, con, confirmable) in [
        ("", "pmin=0", false),
        ("0", "pmin=0", false),
        ("1", "pmin=0", true),
        ("1", "con=0", false),
        ("0", "con=1", true),
        ("", "con=1", true),
    ] {
        let mut world = World::equipped();
        if !mode.is_empty() {
            let write = Operation::write("/1/0/26", TEXT, mode.as_bytes());
            assert_eq!(world.code(write), Code::CHANGED);
        }
        assert_eq!(world.code(Operation::write_attributes("/26241", con)), Code::CHANGED);
        let sent = changes(&mut world);
        assert_eq!(sent.len(), 4);
        let all = |message: &Message| (message.kind == Kind::Confirmable) == confirmable;
        assert!(sent.iter().all(all), "{mode} {con}");
    }
    let mut world = World::equipped();
    assert_eq!(world.code(Operation::write("/1/0/26", TEXT, b"2")), Code::BAD_REQUEST);
}

#[test]
fn attributes_survive_a_restart() {
    let mut world = World::equipped();
    let write = Operation::write_attributes;
    assert_eq!(world.code(write("/1/0", "pmin=4&con=1&hqmax=3")), Code::CHANGED);
    assert_eq!(world.code(write("/1/0/1", "gt=50.5&st=2")), Code::CHANGED);
    assert_eq!(world.code(write("/1/0/1", "st")), Code::CHANGED);
    let mut again = restarted(world, |_| {});
    assert_eq!(discover(&mut again, "/1/0/1"), "</1/0/1>;pmin=4;hqmax=3;con=1;gt=50.5");
    let mut again = restarted(again, |state| state.erase(Record::Attributes).unwrap());
    assert_eq!(discover(&mut again, "/1/0/1"), "</1/0/1>");
}

/// An application that begins with instance 0 of object 26241.
fn application() -> &'static mut [&'static mut dyn Object] {
    let mut everything = Everything::default();
    everything.fill(0);
    Box::leak(Box::new([Box::leak(Box::new(everything)) as &mut dyn Object]))
}

#[test]
fn an_instance_that_a_server_creates_has_no_attributes_of_an_earlier_one() {
    let mut world = World::equipped_with(2, |_| {});
    let write = Operation::write_attributes;
    assert_eq!(world.code(write("/26241/0", "pmin=4")), Code::CHANGED);
    assert_eq!(world.code(write("/26241/1", "pmin=5")), Code::CHANGED);
    assert_eq!(world.code(write("/26241/1/0", "gt=50.5")), Code::CHANGED);
    let mut world = restarted_with(world, application(), |_| {});
    assert_eq!(world.code(Operation::discover("/26241/1")), Code::NOT_FOUND);
    let create = Operation::create("/26241", TLV, &unhex("080103 c10007"));
    assert_eq!(world.code(create), Code::CREATED);
    let links = discover(&mut world, "/26241/1");
    assert!(links.starts_with("</26241/1>,</26241/1/0>,"), "{links}");
    // Those of others stay; and it is so in the record, too.
    for _ in 0..2 {
        assert!(discover(&mut world, "/26241/0").starts_with("</26241/0>;pmin=4,"));
        world = restarted_with(world, application(), |_| {});
    }
    world.host.carrier.objects().get_mut(26241).unwrap().create(1, &mut Context::new(0)).unwrap();
    assert!(discover(&mut world, "/26241/1").starts_with("</26241/1>,"));
}

#[test]
fn an_instance_that_an_application_makes_late_has_the_attributes_that_servers_set() {
    let mut world = World::equipped_with(2, |_| {});
    let write = Operation::write_attributes("/26241/1", "pmin=5");
    assert_eq!(world.code(write), Code::CHANGED);
    let mut world = restarted_with(world, application(), |_| {});
    world.host.carrier.objects().get_mut(26241).unwrap().create(1, &mut Context::new(0)).unwrap();
    assert!(discover(&mut world, "/26241/1").starts_with("</26241/1>;pmin=5,"));
}

#[test]
fn a_create_that_is_refused_forgets_no_attributes() {
    let mut world = World::equipped();
    let write = Operation::write_attributes("/26241/0", "pmin=4");
    assert_eq!(world.code(write), Code::CHANGED);
    // It is there.
    let create = Operation::create("/26241", TLV, &unhex("080003 c10007"));
    assert_eq!(world.code(create), Code::BAD_REQUEST);
    assert!(discover(&mut world, "/26241/0").starts_with("</26241/0>;pmin=4,"));
}

#[test]
fn a_damaged_record_of_attributes_is_none() {
    let mut world = World::equipped();
    let write = Operation::write_attributes("/1/0/1", "pmin=4&gt=50.5");
    assert_eq!(world.code(write), Code::CHANGED);
    let record = world.host.state.load(Record::Attributes).unwrap().to_vec();
    let cut: Vec<Vec<u8>> = (0..record.len()).map(|len| record[..len].to_vec()).collect();
    // Another layout, a path of five levels, an attribute that there is none of.
    let changed = [(0, 1), (3, 5), (10, 0x80)].map(|(at, byte)| {
        let mut record = record.clone();
        record[at] = byte;
        record
    });
    for damaged in cut.into_iter().chain(changed) {
        world = restarted(world, |state| state.store(Record::Attributes, &damaged).unwrap());
        assert_eq!(discover(&mut world, "/1/0/1"), "</1/0/1>", "{damaged:?}");
    }
    world = restarted(world, |state| state.store(Record::Attributes, &record).unwrap());
    assert_eq!(discover(&mut world, "/1/0/1"), "</1/0/1>;pmin=4;gt=50.5");
}

#[test]
fn attributes_go_with_a_factory_reset() {
    let mut world = World::equipped();
    let write = Operation::write_attributes("/1/0/1", "pmin=4");
    assert_eq!(world.code(write), Code::CHANGED);
    assert!(world.host.state.load(Record::Attributes).is_some());
    assert_eq!(world.code(Operation::execute("/3/0/5", "")), Code::CHANGED);
    assert!(world.run_until_told(Duration::from_secs(600), "REGISTERED"), "{:?}", world.told);
    assert_eq!(world.host.state.load(Record::Attributes), None);
    assert_eq!(discover(&mut world, "/1/0/1"), "</1/0/1>");
}
