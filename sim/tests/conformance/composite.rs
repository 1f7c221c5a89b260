//! Composite operations: Read, Observe and Write of several paths at once (Core 6.3.10, 6.3.11, 6.4.4).

use crate::bench::*;
use crate::senml::{list, pack, values};
use lwm2m_carrier::capacity;
use lwm2m_carrier_sim::server::{Observing, Response};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

const FORMATS: [u16; 2] = [SENML_CBOR, SENML_JSON];
const LWM2M_CBOR: u16 = 11544;
const UNSUPPORTED: Code = Code::new(4, 15);
const FULL: Code = Code::new(5, 0);

fn composite(format: u16, paths: &[&str]) -> Operation {
    Operation::read_composite(format, &list(format, paths))
}

fn observing(format: u16, paths: &[&str], observing: Observing) -> Operation {
    Operation { observing, ..composite(format, paths) }
}

/// What the device answers to a list of paths, by path.
#[track_caller]
fn read(world: &mut World, format: u16, paths: &[&str]) -> BTreeMap<String, Json> {
    let response = world.ask(0, composite(format, paths));
    assert_eq!((response.code, response.content_format), (Code::CONTENT, Some(format)));
    values(format, &response.payload)
}

fn map(json: &Json) -> BTreeMap<String, Json> {
    json.as_object().expect("an object").clone().into_iter().collect()
}

fn write(world: &mut World, format: u16, records: &[(&str, Json)]) -> Code {
    world.code(Operation::write_composite(format, &pack(format, records)))
}

#[test]
fn lightweightm2m_1_1_int_229_read_composite_operation() {
    for format in FORMATS {
        let mut world = World::equipped();
        let found = read(
            &mut world,
            format,
            &["/3/0/16", "/3/0/11/0", "/1/0/1", "/26241/0/7", "/26241/0/4"],
        );
        let expected = json!({
            "/3/0/16": "U", "/3/0/11/0": 0, "/1/0/1": LONG,
            "/26241/0/7/0": 70, "/26241/0/7/3": 73, "/26241/0/4": true,
        });
        assert_eq!(found, map(&expected));
        // Whole objects and instances.
        let found = read(&mut world, format, &["/1/0", "/26241"]);
        assert_eq!(found["/1/0/1"], LONG);
        assert_eq!(found["/26241/0/2"], "text");
        assert!(
            found.keys().all(|path| path.starts_with("/1/0/") || path.starts_with("/26241/0/"))
        );
    }
}

#[test]
fn lightweightm2m_1_1_int_230_write_composite_operation() {
    for format in FORMATS {
        let mut world = World::equipped();
        let records = [
            ("/1/0/1", json!({ "v": 7200 })),
            ("/26241/0/0", json!({ "v": 11 })),
            ("/26241/0/7/5", json!({ "v": 75 })),
            ("/26241/0/2", json!({ "vs": "new" })),
            ("/26241/0/4", json!({ "vb": false })),
        ];
        assert_eq!(write(&mut world, format, &records), Code::CHANGED);
        let expected = json!({
            "/1/0/1": 7200, "/26241/0/0": 11, "/26241/0/2": "new", "/26241/0/4": false,
            // What is not named stays.
            "/26241/0/7/0": 70, "/26241/0/7/3": 73, "/26241/0/7/5": 75,
        });
        let paths = ["/1/0/1", "/26241/0/0", "/26241/0/2", "/26241/0/4", "/26241/0/7"];
        assert_eq!(read(&mut world, format, &paths), map(&expected));
        // And the lifetime is told.
        world.run_for(Duration::from_secs(1));
        let mut air = world.air.borrow_mut();
        let registration = air.server(0).registration(ENDPOINT).expect("registered");
        assert_eq!(registration.lifetime, Duration::from_secs(7200));
    }
}

#[test]
fn lightweightm2m_1_1_int_235_read_composite_operation_on_root_path() {
    for format in FORMATS {
        let mut world = World::equipped();
        let found = read(&mut world, format, &["/"]);
        for path in ["/1/0/0", "/3/0/1", "/4/0/0", "/5/0/3", "/26241/0/0"] {
            assert!(found.contains_key(path), "{path}");
        }
        // No key, no address of a server; and nothing that nobody reads.
        assert!(!found.keys().any(|path| path.starts_with("/0/")));
        assert!(!found.contains_key("/26241/0/11") && !found.contains_key("/5/0/0"));
    }
}

#[test]
fn lightweightm2m_1_1_int_236_read_composite_partial_presence() {
    for format in FORMATS {
        let mut world = World::equipped();
        let paths =
            ["/1/0/1", "/9999/0/0", "/3/7", "/3/0/99", "/26241/0/7/9", "/26241/0/8", "/0/0/5"];
        assert_eq!(read(&mut world, format, &paths), map(&json!({ "/1/0/1": LONG })));
        // Nothing of it is there: an empty pack.
        assert_eq!(read(&mut world, format, &["/9999/0/0", "/0"]), BTreeMap::new());
    }
}

#[test]
fn lightweightm2m_1_1_int_257_write_composite_operation() {
    let mut world = World::equipped();
    let time = 1_700_003_600;
    let records = [
        ("/3/0/13", json!({ "v": time })),
        ("/26241/0/5", json!({ "v": time })),
        ("/1/0/3", json!({ "v": 60 })),
    ];
    assert_eq!(write(&mut world, SENML_JSON, &records), Code::CHANGED);
    assert_eq!(world.get("/26241/0/5"), Some(Owned::Time(time)));
    assert_eq!(world.text("/1/0/3"), "60");
    let clock: i64 = world.text("/3/0/13").parse().unwrap();
    assert!((time..time + 2).contains(&clock), "{clock}");
}

#[test]
fn lightweightm2m_1_1_int_280_successful_read_composite_operation() {
    for format in FORMATS {
        let mut world = World::registered();
        let found = read(&mut world, format, &["/3/0/0", "/3/0/1", "/4/0/0", "/1/0/7"]);
        let bearer = found["/4/0/0"].clone();
        let expected = json!({
            "/3/0/0": "Example Modems", "/3/0/1": "SIM91", "/4/0/0": bearer, "/1/0/7": "U",
        });
        assert_eq!(found, map(&expected));
        assert!(bearer.is_u64());
    }
}

#[test]
fn lightweightm2m_1_1_int_281_partially_successful_read_composite_operation() {
    for format in FORMATS {
        let mut world = World::registered();
        let found = read(&mut world, format, &["/3/0/1", "/3442/0/110", "/1/0/1"]);
        assert_eq!(found, map(&json!({ "/3/0/1": "SIM91", "/1/0/1": LONG })));
    }
}

/// The notifications until now, by path and value; the sequence numbers must ascend.
fn notified(world: &mut World, format: u16) -> Vec<BTreeMap<String, Json>> {
    world.run_for(Duration::from_secs(1));
    let mut last = 0;
    let events = world.server_events().into_iter().filter_map(|event| match event {
        ServerEvent::Notification { payload, observe, content_format, code, fresh, .. } => {
            assert_eq!((code, content_format, fresh), (Code::CONTENT, Some(format), true));
            assert!(observe > Some(last));
            last = observe.unwrap_or_default();
            Some(values(format, &payload))
        }
        _ => None,
    });
    events.collect()
}

#[test]
fn lightweightm2m_1_1_int_304_observe_composite_operation() {
    for format in FORMATS {
        let mut world = World::equipped();
        let paths = ["/26241/0/0", "/26241/0/7", "/1/0/1"];
        let response = world.ask(0, observing(format, &paths, Observing::Start));
        assert_eq!((response.code, response.observe), (Code::CONTENT, Some(1)));
        let mut now = json!({
            "/26241/0/0": 10, "/26241/0/7/0": 70, "/26241/0/7/3": 73, "/1/0/1": LONG,
        });
        assert_eq!(values(format, &response.payload), map(&now));
        // Each notification has all of it, whichever changed.
        now["/26241/0/0"] = 20.into();
        world.set("/26241/0/0", &Value::Integer(20));
        assert_eq!(notified(&mut world, format), [map(&now)]);
        now["/26241/0/7/9"] = 79.into();
        world.set("/26241/0/7/9", &Value::Integer(79));
        assert_eq!(notified(&mut world, format), [map(&now)]);
        // What is not observed is not told.
        world.set("/26241/0/1", &Value::Float(7.0));
        assert_eq!(notified(&mut world, format), []);
        now["/1/0/1"] = 7200.into();
        assert_eq!(world.code(Operation::write("/1/0/1", TEXT, b"7200")), Code::CHANGED);
        assert_eq!(notified(&mut world, format), [map(&now)]);
    }
}

#[test]
fn lightweightm2m_1_1_int_305_cancel_observation_composite_operation() {
    let paths = ["/26241/0/0", "/1/0/1"];
    let mut world = World::equipped();
    let response = world.ask(0, observing(SENML_CBOR, &paths, Observing::Start));
    assert_eq!(response.observe, Some(1));
    let response = world.ask(0, observing(SENML_CBOR, &paths, Observing::Cancel));
    assert_eq!((response.code, response.observe), (Code::CONTENT, None));
    let expected = json!({ "/26241/0/0": 10, "/1/0/1": LONG });
    assert_eq!(values(SENML_CBOR, &response.payload), map(&expected));
    world.set("/26241/0/0", &Value::Integer(20));
    assert_eq!(notified(&mut world, SENML_CBOR), []);

    // The passive way: the next notification is rejected, and the last.
    let start = observing(SENML_CBOR, &paths, Observing::Start);
    assert_eq!(world.ask(0, start.clone()).observe, Some(1));
    assert!(world.air.borrow_mut().server(0).forget_observation(ENDPOINT, &start));
    let from = world.mark();
    for value in [30, 40] {
        world.set("/26241/0/0", &Value::Integer(value));
        world.run_for(Duration::from_secs(1));
    }
    assert_eq!(world.sent_since(from).len(), 1);
    // The paths of both are free again.
    let many: Vec<String> = (0..capacity::PATHS).map(|id| format!("/9999/{id}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(read(&mut world, SENML_CBOR, &many), BTreeMap::new());
}

#[test]
fn lightweightm2m_1_1_int_308_observe_composite_and_creating_object_instance() {
    let mut world = World::equipped();
    let paths = ["/26241", "/1/0/1"];
    let response = world.ask(0, observing(SENML_CBOR, &paths, Observing::Start));
    let before = values(SENML_CBOR, &response.payload);
    let create = Operation::create("/26241", TLV, &unhex("0305 c10007"));
    assert_eq!(world.code(create), Code::CREATED);
    let mut expected = before;
    expected.insert("/26241/5/0".into(), json!(7));
    assert_eq!(notified(&mut world, SENML_CBOR), [expected]);
}

#[test]
fn lightweightm2m_1_1_int_309_observe_composite_and_deleting_object_instance() {
    let mut world = World::equipped_with(2, |_| {});
    let paths = ["/26241/1/0", "/26241/0/0", "/1/0/1"];
    let response = world.ask(0, observing(SENML_JSON, &paths, Observing::Start));
    let mut expected = values(SENML_JSON, &response.payload);
    assert_eq!(world.code(Operation::delete("/26241/1")), Code::DELETED);
    expected.remove("/26241/1/0").expect("it was there");
    assert_eq!(notified(&mut world, SENML_JSON), [expected.clone()]);
    // The observation goes on.
    world.set("/26241/0/0", &Value::Integer(20));
    expected.insert("/26241/0/0".into(), json!(20));
    assert_eq!(notified(&mut world, SENML_JSON), [expected]);
}

#[test]
fn lightweightm2m_1_1_int_310_observe_composite_and_modification_of_parameter_values() {
    let mut world = World::equipped();
    assert_eq!(world.code(Operation::write_attributes("/26241/0", "pmin=0&pmax=0")), Code::CHANGED);
    let paths = ["/26241/0/0", "/26241/0/2", "/26241/0/9"];
    assert_eq!(world.ask(0, observing(SENML_CBOR, &paths, Observing::Start)).observe, Some(1));
    // Several values written at once are one notification.
    let records = [("/26241/0/0", json!({ "v": 1 })), ("/26241/0/2", json!({ "vs": "two" }))];
    assert_eq!(write(&mut world, SENML_CBOR, &records), Code::CHANGED);
    let expected = json!({ "/26241/0/0": 1, "/26241/0/2": "two", "/26241/0/9": 9 });
    assert_eq!(notified(&mut world, SENML_CBOR), [map(&expected)]);
}

#[test]
fn the_answer_has_the_format_that_is_accepted() {
    let mut world = World::equipped();
    for (asked, accepted) in [(SENML_CBOR, SENML_JSON), (SENML_JSON, SENML_CBOR)] {
        let response = world.ask(0, composite(asked, &["/26241/0/0"]).accept(accepted));
        assert_eq!((response.code, response.content_format), (Code::CONTENT, Some(accepted)));
        assert_eq!(values(accepted, &response.payload), map(&json!({ "/26241/0/0": 10 })));
    }
}

#[test]
fn a_path_that_lies_in_another_one_is_told_once() {
    let mut world = World::equipped();
    for paths in [["/26241/0/7", "/26241/0/7/3"], ["/26241/0/7/3", "/26241/0/7"]] {
        let expected = json!({ "/26241/0/7/0": 70, "/26241/0/7/3": 73 });
        // `values` looks for what comes twice.
        assert_eq!(read(&mut world, SENML_CBOR, &paths), map(&expected));
    }
}

#[test]
fn a_base_name_holds_for_a_list_of_paths() {
    let mut world = World::equipped();
    let payload = br#"[{"bn":"/26241/0/","n":"0"},{"n":"7/3"},{"bn":"/1/0/1"}]"#;
    let response = world.ask(0, Operation::read_composite(SENML_JSON, payload));
    let expected = json!({ "/26241/0/0": 10, "/26241/0/7/3": 73, "/1/0/1": LONG });
    assert_eq!(values(SENML_JSON, &response.payload), map(&expected));
}

/// A device whose server sends in blocks of this size.
fn in_blocks(size: usize) -> World {
    World::equipped_with(3, |config| config.block_size = size)
}

#[test]
fn a_long_list_of_paths_comes_in_blocks_and_the_answer_goes_in_blocks() {
    for format in FORMATS {
        let mut world = in_blocks(64);
        let paths = ["/26241/0", "/26241/1", "/26241/2", "/9999/0", "/9999/1", "/3/0/1", "/1/0/1"];
        let waits =
            ["/26241/0", "/26241/1", "/26241/2", "/9999/0", "/9999/1", "/9999/2", "/3/0/13"];
        for (paths, last) in [(&paths[..], "/1/0/1"), (&waits[..], "/3/0/13")] {
            world.run_for(Duration::from_secs(3600));
            let from = world.mark();
            let found = read(&mut world, format, paths);
            assert_eq!(found["/26241/2/7/3"], 73);
            assert!(found.contains_key(last));
            let continued = world.requests(from, Code::CONTINUE);
            assert!(!continued.is_empty(), "the list came in blocks");
            assert!(world.requests(from, Code::CONTENT).len() > 1, "the answer went in blocks");
            let response = world.ask(0, observing(format, paths, Observing::Start));
            assert!(response.observe.is_some());
            assert_eq!(values(format, &response.payload).len(), found.len());
            let response = world.ask(0, observing(format, paths, Observing::Cancel));
            assert_eq!(values(format, &response.payload).len(), found.len());
        }
    }
}

#[test]
fn a_long_notification_goes_in_blocks() {
    let mut world = in_blocks(64);
    let paths = ["/26241", "/3"];
    assert_eq!(world.ask(0, observing(SENML_CBOR, &paths, Observing::Start)).observe, Some(1));
    world.set("/26241/2/0", &Value::Integer(99));
    let notified = notified(&mut world, SENML_CBOR);
    assert_eq!(notified.len(), 1);
    assert_eq!(notified[0]["/26241/2/0"], 99);
    assert_eq!(notified[0]["/3/0/1"], "SIM91");
}

#[test]
fn a_value_that_must_be_asked_for_makes_the_answer_wait() {
    let mut world = World::equipped();
    world.run_for(Duration::from_secs(3600));
    let found = read(&mut world, SENML_CBOR, &["/26241/0/0", "/3/0/13", "/4/0/2"]);
    assert_eq!(found.len(), 3);
}

/// Asks for each of these, which are all to be refused and change nothing.
#[track_caller]
fn refused(cases: &[(Operation, Code)]) {
    let mut world = World::equipped_with(2, |_| {});
    let all = ["/1", "/2", "/5", "/26241"];
    let before = read(&mut world, SENML_CBOR, &all);
    for (operation, code) in cases {
        let from = world.mark();
        let Response { code: seen, content_format, payload, observe, .. } =
            world.ask(0, operation.clone());
        let told = format!("{operation:?} {}", hex(&operation.payload));
        assert_eq!((seen, content_format, observe), (*code, None, None), "{told}");
        assert!(payload.is_empty());
        assert_eq!(world.sent_since(from).len(), 1, "{told}");
    }
    assert_eq!(read(&mut world, SENML_CBOR, &all), before);
    assert_eq!(world.executed(), 0);
}

#[test]
fn wrong_reads_are_refused() {
    let paths = ["/26241/0/0"];
    let many: Vec<String> = (0..=capacity::PATHS).map(|id| format!("/26241/{id}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let in_path = |path: &str| {
        let operation = composite(SENML_CBOR, &paths);
        Operation { path: path.into(), ..operation }
    };
    let mut cases = vec![
        // Not a format for lists, or for none for trees.
        (Operation::raw(Code::FETCH, "/"), UNSUPPORTED),
        (Operation::read_composite(TEXT, b"/3/0/0"), UNSUPPORTED),
        (Operation::read_composite(TLV, &unhex("c10000")), UNSUPPORTED),
        (Operation::read_composite(CBOR, &list(SENML_CBOR, &paths)), UNSUPPORTED),
        (Operation::read_composite(65000, &list(SENML_CBOR, &paths)), UNSUPPORTED),
        (composite(SENML_CBOR, &paths).accept(TLV), Code::NOT_ACCEPTABLE),
        (composite(SENML_CBOR, &paths).accept(TEXT), Code::NOT_ACCEPTABLE),
        (composite(SENML_CBOR, &paths).accept(LINKS), Code::NOT_ACCEPTABLE),
        (composite(SENML_CBOR, &paths).accept(65000), Code::NOT_ACCEPTABLE),
        // Its paths are in the payload, not in the request.
        (in_path("/3"), Code::METHOD_NOT_ALLOWED),
        (in_path("/3/0/0"), Code::METHOD_NOT_ALLOWED),
        (in_path("/a"), Code::NOT_FOUND),
        // CoAP's PATCH is none of LwM2M's methods.
        (Operation::raw(Code::new(0, 6), "/"), Code::METHOD_NOT_ALLOWED),
        (composite(SENML_CBOR, &many), FULL),
        (observing(SENML_CBOR, &many, Observing::Start), FULL),
    ];
    for format in FORMATS {
        let with = |path: &str| pack(format, &[("/3/0/0", json!({})), (path, json!({ "v": 1 }))]);
        cases.extend([
            (Operation::read_composite(format, b""), Code::BAD_REQUEST),
            (Operation::read_composite(format, &list(format, &[])), Code::BAD_REQUEST),
            (Operation::read_composite(format, &with("/26241/0/0")), Code::BAD_REQUEST),
            (composite(format, &["/26241/0/0", "/1/2/3/4/5"]), Code::BAD_REQUEST),
            (composite(format, &["/26241/0/0", "/65536"]), Code::BAD_REQUEST),
            (composite(format, &["/26241/0/0", "/-1"]), Code::BAD_REQUEST),
            (composite(format, &["/26241/0/0", "x"]), Code::BAD_REQUEST),
        ]);
        let whole = list(format, &["/26241/0/0", "/1/0/1"]);
        for len in 1..whole.len() {
            let cut = Operation::read_composite(format, &whole[..len]);
            cases.push((cut, Code::BAD_REQUEST));
        }
    }
    refused(&cases);
}

#[test]
fn one_wrong_record_is_enough_and_nothing_is_written() {
    let good = ("/26241/0/0", json!({ "v": 99 }));
    let mut cases = Vec::new();
    for format in FORMATS {
        for (path, fields, code) in [
            // Not there.
            ("/9999/0/0", json!({ "v": 1 }), Code::NOT_FOUND),
            ("/26241/9/0", json!({ "v": 1 }), Code::NOT_FOUND),
            ("/26241/0/99", json!({ "v": 1 }), Code::NOT_FOUND),
            ("/3/1/14", json!({ "vs": "+01:00" }), Code::NOT_FOUND),
            // Nobody writes it.
            ("/3/0/0", json!({ "vs": "mine" }), Code::METHOD_NOT_ALLOWED),
            ("/26241/0/10", json!({ "v": 1 }), Code::METHOD_NOT_ALLOWED),
            ("/26241/0/8", json!({ "v": 1 }), Code::METHOD_NOT_ALLOWED),
            ("/1/0/0", json!({ "v": 7 }), Code::METHOD_NOT_ALLOWED),
            ("/0/0/0", json!({ "vs": "coap://x" }), Code::UNAUTHORIZED),
            ("/0/9/5", json!({ "vs": "x" }), Code::UNAUTHORIZED),
            // Another type, or out of range.
            ("/26241/0/4", json!({ "v": 1 }), Code::BAD_REQUEST),
            ("/26241/0/0", json!({ "v": 1001 }), Code::BAD_REQUEST),
            ("/26241/0/0", json!({ "vs": "1" }), Code::BAD_REQUEST),
            ("/26241/0/9", json!({ "v": -1 }), Code::BAD_REQUEST),
            ("/1/0/1", json!({ "v": 0 }), Code::BAD_REQUEST),
            ("/3/0/13", json!({ "v": -1 }), Code::BAD_REQUEST),
            // Not a value's place.
            ("/26241/0/7", json!({ "v": 1 }), Code::BAD_REQUEST),
            ("/26241/0/1/0", json!({ "v": 1 }), Code::BAD_REQUEST),
            ("/26241/0", json!({ "v": 1 }), Code::BAD_REQUEST),
            ("/26241", json!({ "v": 1 }), Code::BAD_REQUEST),
            ("/1/2/3/4/5", json!({ "v": 1 }), Code::BAD_REQUEST),
            ("/", json!({ "v": 1 }), Code::METHOD_NOT_ALLOWED),
            // No value.
            ("/26241/0/0", json!({}), Code::BAD_REQUEST),
            ("/26241/0/7", json!({}), Code::BAD_REQUEST),
            ("/26241/0", json!({}), Code::BAD_REQUEST),
            // Null is for Resource Instances that can go.
            ("/26241/0/2", json!({ "vs": null }), Code::BAD_REQUEST),
            ("/26241/0/7", json!({ "v": null }), Code::BAD_REQUEST),
            ("/26241/0", json!({ "v": null }), Code::BAD_REQUEST),
            ("/26241/0/2/0", json!({ "v": null }), Code::BAD_REQUEST),
            ("/26241/9/7/0", json!({ "v": null }), Code::NOT_FOUND),
            ("/3/0/11/0", json!({ "v": null }), Code::METHOD_NOT_ALLOWED),
            ("/0/0/5", json!({ "vd": null }), Code::new(4, 1)),
        ] {
            let (wrong, gone) = ((path, fields), ("/26241/0/7/3", json!({ "v": null })));
            for records in
                [[good.clone(), gone.clone(), wrong.clone()], [gone, wrong, good.clone()]]
            {
                let payload = pack(format, &records);
                cases.push((Operation::write_composite(format, &payload), code));
            }
        }
        let whole = pack(format, &[good.clone(), ("/1/0/1", json!({ "v": 60 }))]);
        for len in 0..whole.len() {
            cases.push((Operation::write_composite(format, &whole[..len]), Code::BAD_REQUEST));
        }
    }
    let payload = pack(SENML_CBOR, std::slice::from_ref(&good));
    let write = Operation::write_composite(SENML_CBOR, &payload);
    let in_path = |path: &str| Operation { path: path.into(), ..write.clone() };
    cases.extend([
        (Operation::write_composite(TLV, &unhex("c10063")), UNSUPPORTED),
        (Operation::write_composite(TEXT, b"99"), UNSUPPORTED),
        (Operation::write_composite(CBOR, &payload), UNSUPPORTED),
        (Operation { options: vec![], ..write.clone() }, UNSUPPORTED),
        (in_path("/26241"), Code::METHOD_NOT_ALLOWED),
        (in_path("/26241/0/0"), Code::METHOD_NOT_ALLOWED),
    ]);
    refused(&cases);
}

#[test]
fn the_paths_of_answers_are_free_again() {
    let mut world = World::equipped();
    let many: Vec<String> = (0..capacity::PATHS - 1).map(|id| format!("/26241/{id}")).collect();
    let mut many: Vec<&str> = many.iter().map(String::as_str).collect();
    // One whose answer waits, and more paths than are left beside its own.
    many.push("/3/0/13");
    for _ in 0..3 {
        world.run_for(Duration::from_secs(3600));
        assert!(read(&mut world, SENML_CBOR, &many).contains_key("/3/0/13"));
        assert_eq!(read(&mut world, SENML_CBOR, &many[..8]).len(), 11);
    }
    // What was refused leaves nothing either.
    let mut more = many.clone();
    more.push("/3/0/0");
    assert_eq!(world.code(composite(SENML_CBOR, &more)), FULL);
    let paths = [Path::parse("/26241/0/0").unwrap(), Path::parse("/3/0/0").unwrap()];
    assert_eq!(world.host.carrier.client().send(&paths), Ok(()));
    world.run_for(Duration::from_secs(1));
    let sent = world.server_events().into_iter().any(|e| matches!(e, ServerEvent::Sent { .. }));
    assert!(sent);
}

#[test]
fn null_removes_a_resource_instance() {
    for format in FORMATS.into_iter().chain(ETCH.map(|(etch, _)| etch)) {
        let plain = ETCH.iter().find(|(etch, _)| *etch == format).map_or(format, |(_, of)| *of);
        let write =
            |records: &[(&str, Json)]| Operation::write_composite(format, &pack(plain, records));
        let mut world = World::equipped();
        let attributes = Operation::write_attributes("/26241/0/7/3", "pmin=7");
        assert_eq!(world.code(attributes), Code::CHANGED);
        let paths = ["/26241/0/0", "/26241/0/7"];
        assert_eq!(world.ask(0, observing(plain, &paths, Observing::Start)).observe, Some(1));
        let gone = json!({ "v": null });
        let records = [
            ("/26241/0/7/3", gone.clone()),
            ("/26241/0/0", json!({ "v": 11 })),
            ("/26241/0/7/5", json!({ "v": 75 })),
            // It is not there: so it shall be.
            ("/26241/0/7/9", gone.clone()),
        ];
        assert_eq!(world.code(write(&records)), Code::CHANGED);
        let mut now = map(&json!({ "/26241/0/0": 11, "/26241/0/7/0": 70, "/26241/0/7/5": 75 }));
        assert_eq!(notified(&mut world, plain), [now.clone()]);
        // What comes there later is not what had the attributes.
        assert_eq!(world.code(write(&[("/26241/0/7/3", json!({ "v": 1 }))])), Code::CHANGED);
        let links = world.ask(0, Operation::discover("/26241/0/7"));
        assert!(!String::from_utf8(links.payload).unwrap().contains("pmin"));
        // Of one Resource Instance the last record counts, and the same twice is once.
        let records = [
            ("/26241/0/7/3", json!({ "v": 2 })),
            ("/26241/0/7/3", gone.clone()),
            ("/26241/0/7/3", gone.clone()),
            ("/26241/0/7/0", gone.clone()),
            ("/26241/0/7/0", json!({ "v": 71 })),
        ];
        assert_eq!(world.code(write(&records)), Code::CHANGED);
        now.insert("/26241/0/7/0".into(), json!(71));
        assert_eq!(read(&mut world, plain, &paths), now);
    }
}

#[test]
fn null_is_for_write_composite_only() {
    let mut cases = Vec::new();
    let bad = Code::BAD_REQUEST;
    for format in FORMATS {
        let payload = pack(format, &[("/26241/0/7/3", json!({ "v": null }))]);
        cases.extend([
            (Operation::write("/26241/0/7", format, &payload), bad),
            (Operation::write("/26241/0/7/3", format, &payload), bad),
            (Operation::update("/26241/0", format, &payload), bad),
        ]);
    }
    // LwM2M CBOR, of which the tree is read before the kinds of value are known.
    let payload = unhex("a1 84 196681 00 07 03 f6");
    cases.push((Operation::update("/26241/0", LWM2M_CBOR, &payload), bad));
    refused(&cases);
}

/// The two formats that are for lists and changes alone, with what answers them.
const ETCH: [(u16, u16); 2] = [(322, SENML_CBOR), (320, SENML_JSON)];

#[test]
fn lists_and_changes_come_in_etch_formats_too() {
    for (etch, plain) in ETCH {
        let mut world = World::equipped();
        let paths = list(plain, &["/26241/0/0", "/1/0/1", "/9999/0"]);
        let expected = map(&json!({ "/26241/0/0": 10, "/1/0/1": LONG }));
        let fetch = Operation::read_composite(etch, &paths);
        // The answer has values, which an ETCH format is not for.
        let response = world.ask(0, fetch.clone());
        assert_eq!((response.code, response.content_format), (Code::CONTENT, Some(plain)));
        assert_eq!(values(plain, &response.payload), expected);
        for (_, accepted) in ETCH {
            let response = world.ask(0, fetch.clone().accept(accepted));
            assert_eq!(response.content_format, Some(accepted));
            assert_eq!(values(accepted, &response.payload), expected);
        }
        let start = Operation { observing: Observing::Start, ..fetch.clone() };
        let response = world.ask(0, start);
        assert_eq!((response.observe, response.content_format), (Some(1), Some(plain)));
        let payload =
            pack(plain, &[("/26241/0/0", json!({ "v": 11 })), ("/1/0/3", json!({ "v": 5 }))]);
        assert_eq!(world.code(Operation::write_composite(etch, &payload)), Code::CHANGED);
        let expected = map(&json!({ "/26241/0/0": 11, "/1/0/1": LONG }));
        assert_eq!(notified(&mut world, plain), [expected]);
        assert_eq!(world.text("/1/0/3"), "5");
        let cancel = Operation { observing: Observing::Cancel, ..fetch };
        assert_eq!(world.ask(0, cancel).observe, None);
    }
}

#[test]
fn etch_formats_are_for_composite_operations_only() {
    let mut cases = Vec::new();
    for (etch, plain) in ETCH {
        let payload = pack(plain, &[("/26241/0/0", json!({ "v": 99 }))]);
        let wrong =
            pack(plain, &[("/26241/0/0", json!({ "v": 99 })), ("/3/0/0", json!({ "vs": "x" }))]);
        cases.extend([
            (Operation::read("/26241/0").accept(etch), Code::NOT_ACCEPTABLE),
            (Operation::write("/26241/0", etch, &payload), UNSUPPORTED),
            (Operation::update("/26241/0", etch, &payload), UNSUPPORTED),
            (Operation::create("/26241", etch, &payload), UNSUPPORTED),
            (composite(plain, &["/26241/0/0"]).accept(etch), Code::NOT_ACCEPTABLE),
            (Operation::read_composite(etch, &payload), Code::BAD_REQUEST),
            (Operation::read_composite(etch, &list(plain, &[])), Code::BAD_REQUEST),
            (Operation::write_composite(etch, &wrong), Code::METHOD_NOT_ALLOWED),
        ]);
    }
    refused(&cases);
}
