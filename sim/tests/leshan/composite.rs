//! Read-Composite, Write-Composite, Observe-Composite and its two ways to end (Core 6.3.10, 6.3.11, 6.4.4).
//!
//! Leshan sends no list of paths in an ETCH format, none that is empty or has values, and no Observe in blocks: those are
//! tested elsewhere.

use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::{Bench, LIFETIME, Link, SENML_CBOR, SENML_JSON, TEXT, over_both};
use crate::leshan::Leshan;

over_both!(
    values_of_several_objects_are_read_at_once,
    a_long_answer_comes_in_blocks,
    values_of_several_objects_are_written_at_once,
    one_value_that_cannot_be_written_is_enough,
    several_values_are_observed_at_once,
    an_observation_of_several_values_is_forgotten,
    an_observation_of_several_values_is_cancelled_actively,
    formats_that_are_none_for_several_values_are_refused,
);

const VALUE: &str = "/3303/0/5700";
const FORMATS: [(&str, u32); 2] = [("SENML_CBOR", SENML_CBOR), ("SENML_JSON", SENML_JSON)];
const QUIET: Duration = Duration::from_millis(300);

fn values_of_several_objects_are_read_at_once(link: Link) {
    let bench = Bench::new(link, "fetch");
    for (asked, _) in FORMATS {
        for (accepted, number) in FORMATS {
            let paths = json!([VALUE, "/1/0/1", "/3/0/11", "/3303/9/5700"]);
            let members = json!({ "paths": paths, "format": asked, "accept": accepted });
            let reply = bench.expect("2.05", "read_composite", members);
            assert_eq!(reply["content_format"], number, "{reply}");
            let values = &reply["values"];
            assert_eq!((&values[VALUE], &values["/1/0/1"]), (&json!(20.0), &json!(LIFETIME)));
            assert_eq!(values["/3/0/11/0"], 0);
            // What is not there is left out; Leshan has null for it.
            assert_eq!(values["/3303/9/5700"], Value::Null);
        }
    }
    // Whole instances, objects, and everything.
    let reply = bench.expect("2.05", "read_composite", json!({ "paths": ["/3303", "/1/0"] }));
    assert_eq!(
        (&reply["values"][VALUE], &reply["values"]["/1/0/1"]),
        (&json!(20.0), &json!(LIFETIME))
    );
    let reply = bench.expect("2.05", "read_composite", json!({ "paths": ["/"] }));
    let values = reply["values"].as_object().expect("values");
    assert!(
        values.contains_key(VALUE)
            && values.contains_key("/4/0/0")
            && values.contains_key("/5/0/3")
    );
    assert!(!values.keys().any(|path| path.starts_with("/0/")), "{reply}");
    // The security object is nobody's.
    let reply = bench.expect("2.05", "read_composite", json!({ "paths": ["/0", "/1/0/1"] }));
    assert_eq!(reply["values"]["/1/0/1"], LIFETIME);
    assert!(reply["payload_size"].as_u64() < Some(20), "{reply}");
}

fn a_long_answer_comes_in_blocks(link: Link) {
    let mut bench = Bench::new(link, "fetch-long");
    for instance in 1..20 {
        bench.device.must(&format!("create /3303/{instance}"));
    }
    let whole = |members: Value| {
        let reply = bench.expect("2.05", "read_composite", members);
        let values = reply["values"].as_object().expect("values").clone();
        assert_eq!(
            values.keys().filter(|path| path.starts_with("/3303/")).count(),
            20 * 4,
            "{reply}"
        );
    };
    whole(json!({ "paths": ["/3303", "/1/0/1"] }));
    whole(json!({ "paths": ["/3303", "/1/0/1"], "block": 64 }));
}

#[test]
fn a_long_list_goes_in_blocks() {
    let leshan = Leshan::start(&[
        "--block",
        "64",
        "--models",
        concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/leshan/models"),
    ]);
    let mut bench = Bench::at(&leshan, Link::NoSec, "fetch-list", &[]);
    for instance in 1..12 {
        bench.device.must(&format!("create /3303/{instance}"));
    }
    let paths: Vec<String> = (0..12).map(|id| format!("/3303/{id}")).collect();
    let reply = bench.expect("2.05", "read_composite", json!({ "paths": paths }));
    assert_eq!(reply["values"].as_object().map(|all| all.len()), Some(12 * 4), "{reply}");
    let values =
        json!({ "/1/0/1": 500, "/1/0/2": 1, "/1/0/3": 60, "/1/0/5": 100, "/1/0/6": false });
    bench.expect("2.04", "write_composite", json!({ "values": values, "format": "SENML_JSON" }));
    bench.event_where("updated", |event| event["lifetime"] == 500);
}

fn values_of_several_objects_are_written_at_once(link: Link) {
    let bench = Bench::new(link, "ipatch");
    for (at, (format, _)) in FORMATS.into_iter().enumerate() {
        let lifetime = 400 + at as u64;
        let values = json!({ "/1/0/1": lifetime, "/1/0/6": at == 0, "/3/0/15": "Europe/Berlin" });
        bench.expect("2.04", "write_composite", json!({ "values": values, "format": format }));
        assert_eq!(
            bench.event("updated")["update"],
            json!({ "lifetime": lifetime, "attributes": {} })
        );
        assert_eq!(bench.value("/1/0/6"), at == 0);
        assert_eq!(bench.value("/3/0/15"), "Europe/Berlin");
    }
}

fn one_value_that_cannot_be_written_is_enough(link: Link) {
    let bench = Bench::new(link, "ipatch-wrong");
    let before = bench.read("/1/0", SENML_CBOR);
    for (path, value, code) in [
        ("/3/0/0", json!("mine"), "4.05"),
        ("/3303/0/5700", json!(1.0), "4.05"),
        ("/3303/7/5700", json!(1.0), "4.04"),
        ("/0/0/0", json!("coap://127.0.0.1"), "4.01"),
        ("/1/0/1", json!(0), "4.00"),
    ] {
        // In the order of the paths, and the other way round.
        for other in ["/1/0/2", "/1/0/3"] {
            let values = json!({ other: 77, path: value });
            bench.expect(code, "write_composite", json!({ "values": values }));
        }
        let values = json!({ path: value, "/1/0/2": 77 });
        bench.expect(code, "write_composite", json!({ "values": values }));
    }
    assert_eq!(bench.read("/1/0", SENML_CBOR), before);
    assert!(bench.no_event_within("updated", QUIET));
}

const PATHS: [&str; 3] = [VALUE, "/1/0/1", "/3303/0/5601"];

fn several_values_are_observed_at_once(link: Link) {
    for (format, number) in FORMATS {
        let mut bench = Bench::new(link, &format!("fetch-observe-{number}"));
        let members = json!({ "paths": PATHS, "format": format, "accept": format });
        let reply = bench.expect("2.05", "observe_composite", members);
        assert_eq!((&reply["content_format"], &reply["observe"]), (&json!(number), &json!(1)));
        bench.device.must(&format!("set {VALUE} 21.5"));
        let event = bench.event("notification");
        assert_eq!((&event["code"], &event["content_format"]), (&json!("2.05"), &json!(number)));
        let expected = json!({ VALUE: 21.5, "/1/0/1": LIFETIME, "/3303/0/5601": 20.0 });
        assert_eq!(event["values"], expected);
        // The smallest value is another one, too. The program tells of both, and the first notification
        // has both.
        bench.device.must(&format!("set {VALUE} -3"));
        let expected = json!({ VALUE: -3.0, "/1/0/1": LIFETIME, "/3303/0/5601": -3.0 });
        assert_eq!(bench.event("notification")["values"], expected);
        bench.expect("2.04", "write", json!({ "path": "/1/0/1", "value": 450, "format": "TEXT" }));
        assert_eq!(bench.event("notification")["values"]["/1/0/1"], 450);
        assert!(bench.no_event_within("notification", QUIET));
    }
}

fn an_observation_of_several_values_is_forgotten(link: Link) {
    let mut bench = Bench::new(link, "fetch-forget");
    bench.expect("2.05", "observe_composite", json!({ "paths": PATHS }));
    assert_eq!(bench.call("cancel", json!({ "paths": PATHS }))["cancelled"], 1);
    // This one is rejected, and the last.
    bench.device.must(&format!("set {VALUE} 1"));
    std::thread::sleep(QUIET);
    bench.expect("2.05", "observe_composite", json!({ "paths": PATHS }));
    bench.device.must(&format!("set {VALUE} 2"));
    assert_eq!(bench.event("notification")["values"][VALUE], 2.0);
    assert!(bench.no_event_within("notification", QUIET));
}

fn an_observation_of_several_values_is_cancelled_actively(link: Link) {
    let mut bench = Bench::new(link, "fetch-cancel");
    bench.expect("2.05", "observe_composite", json!({ "paths": PATHS }));
    let reply = bench.expect("2.05", "cancel_active", json!({ "paths": PATHS }));
    assert_eq!((&reply["observe"], &reply["values"][VALUE]), (&Value::Null, &json!(20.0)));
    bench.device.must(&format!("set {VALUE} 1"));
    assert!(bench.no_event_within("notification", QUIET));
}

fn formats_that_are_none_for_several_values_are_refused(link: Link) {
    let bench = Bench::new(link, "fetch-formats");
    let list = "81a100662f312f302f31"; // [{n "/1/0/1"}]
    let fetch = |members: Value, code: &str| {
        let mut whole =
            json!({ "method": "FETCH", "path": "/", "format": SENML_CBOR, "payload": list });
        for (name, value) in members.as_object().expect("an object") {
            whole[name] = value.clone();
        }
        let reply = bench.expect(code, "coap", whole);
        if code != "2.05" {
            assert_eq!(reply["payload_size"], 0, "{reply}");
        }
    };
    fetch(json!({}), "2.05");
    fetch(json!({ "format": TEXT }), "4.15");
    fetch(json!({ "format": 11542 }), "4.15");
    fetch(json!({ "accept": 11542 }), "4.06");
    fetch(json!({ "path": "/3" }), "4.05");
    fetch(json!({ "payload": "80" }), "4.00");
    fetch(json!({ "payload": "81a200662f312f302f310201" }), "4.00");
}
