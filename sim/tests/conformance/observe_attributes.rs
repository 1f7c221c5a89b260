//! Attributes in an Observe request, which hold for that observation alone (Core 1.2: 6.4.1, 6.4.4).

use crate::bench::*;
use crate::senml::{list, values};
use crate::version::managed;
use lwm2m_carrier::capacity::ATTRIBUTES;
use lwm2m_carrier::lwm2m::Version;
use lwm2m_carrier::storage::Record;
use lwm2m_carrier_sim::server::Observing;

fn modern() -> World {
    managed(Version::V1_2, &["1.2"], 20)
}

/// Puts queries behind a request: `pmin=10&pmax=60`.
fn with(operation: Operation, queries: &str) -> Operation {
    let queries = queries.split('&').filter(|query| !query.is_empty());
    queries
        .fold(operation, |operation, query| operation.option(option::URI_QUERY, query.as_bytes()))
}

fn observing(path: &str, queries: &str) -> Operation {
    with(Operation::observe(path).accept(TEXT), queries)
}

/// Observes a path in text; when that began, in milliseconds.
#[track_caller]
fn observe(world: &mut World, path: &str, queries: &str) -> u64 {
    let from = world.mark();
    let response = world.ask(0, observing(path, queries));
    assert_eq!((response.code, response.observe), (Code::CONTENT, Some(1)));
    world.sent_since(from)[0].0
}

fn until(world: &mut World, start: u64, secs: u64) {
    world.run_for(Duration::from_millis(start + secs * 1000 - world.now.as_millis()));
}

/// The notifications since `from`: seconds after `start`, and what they carry.
fn notified(world: &World, from: usize, start: u64) -> Vec<(u64, String)> {
    let sent = world.sent_since(from).into_iter();
    let sent = sent.filter(|(_, message)| message.uint(option::OBSERVE).is_some());
    sent.map(|(at, message)| ((at - start) / 1000, text(&message.payload).to_string())).collect()
}

fn links(world: &mut World, path: &str) -> String {
    text(&world.ask(0, Operation::discover(path)).payload).to_string()
}

/// Whether attributes can be set at one more path.
fn has_room(world: &mut World) -> bool {
    let mut write =
        |query| world.code(Operation::write_attributes("/26241/19", query)) == Code::CHANGED;
    write("pmin=1") && write("pmin")
}

/// Leaves this much room for attributes.
fn leave(world: &mut World, room: usize) {
    for instance in 0..ATTRIBUTES - room {
        let write = Operation::write_attributes(&format!("/26241/{instance}/9"), "pmin=1");
        assert_eq!(world.code(write), Code::CHANGED);
    }
}

#[test]
fn periods_of_an_observe_request_hold_for_that_observation() {
    let mut world = modern();
    let write = |path: &str, query| Operation::write_attributes(path, query);
    assert_eq!(world.code(write("/26241/0/0", "pmin=30")), Code::CHANGED);
    assert_eq!(world.code(write("/26241/0", "pmax=50")), Code::CHANGED);
    let start = observe(&mut world, "/26241/0/0", "pmin=10&pmax=40");
    let other = observe(&mut world, "/26241/0/1", "");
    assert_eq!(start / 1000, other / 1000);
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(11));
    until(&mut world, start, 55);
    let told = [(10, "11".to_string()), (50, "1.5".into()), (50, "11".into())];
    let mut seen = notified(&world, from, start);
    seen.sort();
    assert_eq!(seen, told);
    // Discover shows what was written.
    assert_eq!(links(&mut world, "/26241/0/0"), "</26241/0/0>;pmin=30;pmax=50");
    assert_eq!(world.ask(0, Operation::cancel("/26241/0/1").accept(TEXT)).observe, None);
    // What the request did not name is inherited, also when it is written later.
    assert_eq!(world.code(write("/26241/0/0", "gt=20&pmax=5")), Code::CHANGED);
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(15));
    world.set("/26241/0/0", &Value::Integer(25));
    until(&mut world, start, 88);
    assert_eq!(notified(&world, from, start), [(60, "25".into())]);
    // The next observation is without them.
    assert_eq!(world.ask(0, Operation::cancel("/26241/0/0").accept(TEXT)).observe, None);
    let start = observe(&mut world, "/26241/0/0", "");
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(11));
    until(&mut world, start, 35);
    assert_eq!(notified(&world, from, start), [(30, "11".into())]);
}

#[test]
fn each_attribute_of_an_observe_request_counts() {
    let values = [15, 21, 19, 4, 30];
    for (queries, expected) in [
        ("gt=20", &["21", "19", "30"][..]),
        ("lt=5", &["4", "30"]),
        ("st=6", &["21", "4", "30"]),
        ("gt=20&lt=5&st=7", &["21", "19", "4", "30"]),
        ("hqmax=3&epmax=9", &["15", "21", "19", "4", "30"]),
    ] {
        let mut world = modern();
        let start = observe(&mut world, "/26241/0/0", queries);
        let from = world.mark();
        for value in values {
            world.set("/26241/0/0", &Value::Integer(value));
        }
        let seen: Vec<String> =
            notified(&world, from, start).into_iter().map(|(_, value)| value).collect();
        assert_eq!(seen, expected, "{queries}");
    }
    let mut world = modern();
    let start = observe(&mut world, "/26241/0/4", "edge=0&con=1");
    let from = world.mark();
    for value in [false, true, false] {
        world.set("/26241/0/4", &Value::Boolean(value));
        world.run_for(Duration::from_secs(2));
    }
    assert_eq!(notified(&world, from, start), [(0, "0".into()), (4, "0".into())]);
    let sent = world.sent_since(from);
    assert!(sent.iter().all(|(_, message)| message.kind == Kind::Confirmable));
}

#[test]
fn an_observe_request_with_wrong_attributes_is_refused_and_changes_nothing() {
    let mut world = modern();
    for (path, queries) in [
        ("/26241/0/0", "pmin=x"),
        ("/26241/0/0", "pmin=-1"),
        ("/26241/0/0", "pmin=1&what=2"),
        ("/26241/0/0", "edge=1"),
        ("/26241/0/0", "gt=1&lt=2"),
        ("/26241/0/0", "gt=9&lt=5&st=3"),
        ("/26241/0/0", "epmin=9&epmax=9"),
        ("/26241/0/0", "con=2"),
        ("/26241/0/2", "gt=1"),
        ("/26241/0/4", "st=1"),
    ] {
        let response = world.ask(0, observing(path, queries));
        assert_eq!((response.code, response.observe), (Code::BAD_REQUEST, None), "{queries}");
        assert!(response.payload.is_empty());
    }
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(11));
    world.run_for(Duration::from_secs(100));
    assert_eq!(notified(&world, from, 0), []);
    // A whole instance compares nothing.
    let start = Operation::observe("/26241/0").accept(TLV);
    assert_eq!(world.code(with(start, "gt=1")), Code::BAD_REQUEST);
    // What may not be read has no observation either.
    assert_eq!(world.code(observing("/26241/0/11", "pmin=1")), Code::METHOD_NOT_ALLOWED);
}

/// Observe with token ab.
fn raw(id: u16, queries: &[&str]) -> Message {
    let message = Message { id, ..request(Code::GET, "/26241/0/0") };
    let message = message.with(option::OBSERVE, b"");
    queries.iter().fold(message, |message, query| message.with(option::URI_QUERY, query.as_bytes()))
}

#[test]
fn a_refused_request_with_the_token_of_an_observation_leaves_that_as_it_was() {
    let mut world = modern();
    leave(&mut world, 1);
    let start = world.now.as_millis();
    assert_eq!(world.tell(&raw(1, &["pmin=10"])).code, Code::CONTENT);
    assert!(!has_room(&mut world));
    assert_eq!(world.tell(&raw(2, &["pmin=x"])).code, Code::BAD_REQUEST);
    // The server of the tests does not know of it.
    world.cut_off(true);
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(11));
    until(&mut world, start, 20);
    assert_eq!(notified(&world, from, start), [(10, "11".into())]);
    // One that is taken is in place of it, and takes no further room.
    let from = world.mark();
    assert_eq!(world.tell(&raw(3, &["pmin=25"])).code, Code::CONTENT);
    world.set("/26241/0/0", &Value::Integer(12));
    until(&mut world, start, 50);
    assert_eq!(notified(&world, from, start)[1..], [(45, "12".into())]);
    world.cut_off(false);
    assert!(!has_room(&mut world));
    // It does not go on with those of the one before.
    world.cut_off(true);
    let from = world.mark();
    assert_eq!(world.tell(&raw(5, &["con=0"])).code, Code::CONTENT);
    world.set("/26241/0/0", &Value::Integer(14));
    assert_eq!(notified(&world, from, start)[1..], [(50, "14".into())]);
    world.cut_off(false);
    // Without attributes it leaves its room to others.
    world.cut_off(true);
    let from = world.mark();
    assert_eq!(world.tell(&raw(4, &[])).code, Code::CONTENT);
    world.set("/26241/0/0", &Value::Integer(13));
    assert_eq!(notified(&world, from, start)[1..], [(50, "13".into())]);
    world.cut_off(false);
    assert!(has_room(&mut world));
}

#[test]
fn attributes_of_an_observe_request_that_there_is_no_room_for_are_refused() {
    let mut world = modern();
    leave(&mut world, 0);
    let response = world.ask(0, observing("/26241/0/0", "pmin=1"));
    assert_eq!((response.code, response.observe), (Code::new(5, 0), None));
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(11));
    world.run_for(Duration::from_secs(100));
    assert_eq!(notified(&world, from, 0), []);
    observe(&mut world, "/26241/0/0", "");
}

#[test]
fn attributes_of_an_observe_request_go_with_the_observation() {
    type End = fn(&mut World);
    let ends: [(&str, End); 4] = [
        ("cancelled", |world| {
            assert_eq!(world.code(Operation::cancel("/26241/0/0").accept(TEXT)), Code::CONTENT);
        }),
        ("reset", |world| {
            let operation = observing("/26241/0/0", "pmax=60");
            assert!(world.air.borrow_mut().server(0).forget_observation(ENDPOINT, &operation));
            world.run_for(Duration::from_secs(70));
        }),
        ("registered anew", |world| {
            world.air.borrow_mut().server(0).forget(ENDPOINT);
            world.run_for(Duration::from_secs(300));
        }),
        ("deleted", |world| {
            assert_eq!(world.code(Operation::delete("/26241/0")), Code::new(2, 2));
            world.run_for(Duration::from_secs(1));
        }),
    ];
    for (how, end) in ends {
        let mut world = modern();
        // Attributes of an instance that is deleted go as well.
        for instance in 1..ATTRIBUTES {
            let write = Operation::write_attributes(&format!("/26241/{instance}/9"), "pmin=1");
            assert_eq!(world.code(write), Code::CHANGED);
        }
        let start = observe(&mut world, "/26241/0/0", "pmax=60");
        assert!(!has_room(&mut world), "{how}");
        let from = world.mark();
        end(&mut world);
        // There is room for those of the next one, which does not have them.
        let later = notified(&world, from, start).len();
        observe(&mut world, "/26241/1/0", "con=0");
        assert!(!has_room(&mut world), "{how}");
        world.run_for(Duration::from_secs(200));
        assert_eq!(notified(&world, from, start).len(), later + 1, "{how}: but for the answer");
        let cancel = Operation::cancel("/26241/1/0").accept(TEXT);
        assert_eq!(world.code(cancel), Code::CONTENT);
        assert!(has_room(&mut world), "{how}");
    }
}

#[test]
fn an_observation_that_ended_leaves_room_to_any_other() {
    let mut world = modern();
    leave(&mut world, 2);
    let cancel = |world: &mut World, path: &str| {
        assert_eq!(world.code(Operation::cancel(path).accept(TEXT)), Code::CONTENT);
    };
    observe(&mut world, "/26241/0/0", "con=0");
    observe(&mut world, "/26241/0/1", "con=0");
    cancel(&mut world, "/26241/0/0");
    let write = Operation::write_attributes("/26241/18", "pmin=1");
    assert_eq!(world.code(write), Code::CHANGED);
    cancel(&mut world, "/26241/0/1");
    observe(&mut world, "/26241/0/4", "con=0");
    assert_eq!(world.code(observing("/26241/0/0", "con=0")), Code::new(5, 0));
}

#[test]
fn attributes_of_an_observe_request_are_not_stored() {
    let mut world = modern();
    observe(&mut world, "/26241/0/0", "pmin=7");
    let write = Operation::write_attributes("/1/0/1", "pmin=4");
    assert_eq!(world.code(write), Code::CHANGED);
    // The layout; server 1, level 3, /1/0/1, pmin is set, 4.
    let record = world.host.state.load(Record::Attributes).expect("a record").to_vec();
    assert_eq!(hex(&record), "02000103000100000001000100000004");
}

#[test]
fn before_lwm2m_1_2_the_queries_of_an_observe_request_are_ignored() {
    for version in ["1.0", "1.1"] {
        let mut world = managed(Version::V1_2, &[version], 20);
        let start = observe(&mut world, "/26241/0/0", "pmin=10&what=1");
        let from = world.mark();
        world.set("/26241/0/0", &Value::Integer(11));
        assert_eq!(notified(&world, from, start), [(0, "11".into())]);
    }
}

#[test]
fn the_queries_of_a_read_and_of_a_cancellation_are_ignored() {
    let mut world = modern();
    assert_eq!(world.code(with(Operation::read("/26241/0/0"), "what=1")), Code::CONTENT);
    let mut cancel = request(Code::GET, "/26241/0/0").with(option::OBSERVE, &[1]);
    cancel = cancel.with(option::URI_QUERY, b"what=1");
    assert_eq!(world.tell(&cancel).code, Code::CONTENT);
}

#[test]
fn an_answer_that_waits_for_a_value_begins_an_observation_with_attributes_too() {
    let mut world = modern();
    world.run_for(Duration::from_secs(3600));
    assert_eq!(world.code(observing("/3/0/13", "pmin=x")), Code::BAD_REQUEST);
    let start = observe(&mut world, "/3/0/13", "pmax=100");
    let from = world.mark();
    until(&mut world, start, 250);
    let at: Vec<u64> = notified(&world, from, start).iter().map(|(at, _)| *at).collect();
    assert_eq!(at.len(), 2, "{at:?}");
}

#[test]
fn attributes_of_an_observe_composite_hold_for_all_its_paths() {
    let mut world = modern();
    leave(&mut world, 1);
    assert_eq!(world.code(Operation::write_attributes("/26241/0/9", "pmin=50")), Code::CHANGED);
    let compose = |paths: &[&str], queries| {
        let operation = Operation::read_composite(SENML_CBOR, &list(SENML_CBOR, paths));
        with(Operation { observing: Observing::Start, ..operation }, queries)
    };
    // A text and an instance compare nothing, a truth value has no step; what is not there has nothing.
    for (paths, queries) in [
        (["/26241/0/0", "/26241/0/2"], "gt=20"),
        (["/26241/0/0", "/26241/1"], "gt=20"),
        (["/26241/0/0", "/26241/0/4"], "st=2"),
        (["/26241/0/0", "/26241/0/9"], "pmin"),
        (["/26241/0/0", "/26241/0/9"], "what=2"),
    ] {
        let response = world.ask(0, compose(&paths, queries));
        let refused = if queries == "pmin" { Code::CONTENT } else { Code::BAD_REQUEST };
        assert_eq!(response.code, refused, "{queries}");
    }
    assert!(has_room(&mut world));
    world.server_events();
    world.air.borrow_mut().server(0).forget(ENDPOINT);
    world.run_for(Duration::from_secs(300));
    let from = world.mark();
    let paths = ["/26241/0/0", "/26241/0/9", "/26241/77/0"];
    let response = world.ask(0, compose(&paths, "pmin=10&pmax=40&con=1"));
    assert_eq!((response.code, response.observe), (Code::CONTENT, Some(1)));
    let start = world.sent_since(from)[0].0;
    assert!(!has_room(&mut world));
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(11));
    until(&mut world, start, 55);
    let sent = world.sent_since(from).into_iter();
    let sent: Vec<(u64, Message)> =
        sent.filter(|(_, message)| message.uint(option::OBSERVE).is_some()).collect();
    let at: Vec<u64> = sent.iter().map(|(at, _)| (at - start) / 1000).collect();
    assert_eq!(at, [10, 50]);
    assert!(sent.iter().all(|(_, message)| message.kind == Kind::Confirmable));
    assert_eq!(values(SENML_CBOR, &sent[0].1.payload)["/26241/0/0"], 11);
    // The table is full.
    let response = world.ask(0, compose(&["/26241/0/1"], "pmin=10"));
    assert_eq!((response.code, response.observe), (Code::new(5, 0), None));
}
