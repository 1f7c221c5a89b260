//! Write, Execute, Create and Delete (Core 6.3.3 to 6.3.7).
//!
//! No object of the device has a resource of type Float or Opaque, or with several instances, that servers may write, but
//! for the firmware image (`firmware.rs`).

use serde_json::{Value, json};

use crate::bench::{Bench, CBOR, Link, SENML_CBOR, SENML_JSON, SOON, TEXT, TLV, hex, over_both};
use crate::leshan::Leshan;

over_both!(
    a_single_resource_of_each_type_is_written_in_each_format,
    an_instance_is_updated_in_part,
    an_instance_is_replaced,
    a_refused_write_changes_nothing,
    a_body_in_blocks_is_put_together,
    what_is_executed_takes_arguments,
    error_codes_are_reset,
    instances_of_the_applications_object_are_created_and_deleted,
    the_device_reboots_and_registers_anew,
);

const FORMATS: [u32; 5] = [TEXT, CBOR, TLV, SENML_CBOR, SENML_JSON];

fn a_single_resource_of_each_type_is_written_in_each_format(link: Link) {
    let mut bench = Bench::new(link, "write-single");
    for (n, format) in FORMATS.into_iter().enumerate() {
        let time = 1_800_000_000 + 1_000 * n;
        let table = [
            ("/1/0/1", json!(1000 + n), format!("integer {}", 1000 + n)),
            ("/1/0/6", json!(n % 2 == 1), format!("boolean {}", n % 2 == 1)),
            ("/1/0/10", json!(format!("{}:1", n + 3)), format!("objlnk {}:1", n + 3)),
            ("/1/0/14", json!(20 + n), format!("unsigned {}", 20 + n)),
            ("/3/0/15", json!(format!("Etc/GMT+{n}")), format!("string Etc/GMT+{n}")),
        ];
        for (path, value, shown) in table {
            bench.expect(
                "2.04",
                "write",
                json!({ "path": path, "value": value, "format": format }),
            );
            assert_eq!(bench.device.get(path), Some(shown), "{path} in {format}");
            assert_eq!(bench.value(path), value, "{path} in {format}");
        }
        bench.expect(
            "2.04",
            "write",
            json!({ "path": "/3/0/13", "value": time, "format": format }),
        );
        let now = bench.value("/3/0/13").as_u64().expect("a time") as usize;
        assert!((time..time + 30).contains(&now), "{now} in {format}");
    }
    // POST does the same to a single resource.
    let update = json!({ "path": "/1/0/1", "value": 77, "format": "TLV", "mode": "update" });
    let reply = bench.call("write", update);
    // Leshan does not send a partial update to a resource; a server may (Core 6.3.3), so by hand.
    assert_eq!(reply["error"], "InvalidRequestException", "{reply}");
    let post = json!({ "method": "POST", "path": "/1/0/1", "format": TLV, "payload": "c1014d" });
    bench.expect("2.04", "coap", post);
    assert_eq!(bench.value("/1/0/1"), 77);
}

fn an_instance_is_updated_in_part(link: Link) {
    let bench = Bench::new(link, "write-part");
    let set = json!({ "path": "/1/0/2", "value": 3, "format": "TEXT" });
    bench.expect("2.04", "write", set);
    for (n, format) in [TLV, SENML_CBOR, SENML_JSON].into_iter().enumerate() {
        let resources = json!({ "1": 400 + n, "3": 50 + n });
        let update =
            json!({ "path": "/1/0", "mode": "update", "format": format, "resources": resources });
        bench.expect("2.04", "write", update);
        let expected = json!({
            "/1/0/0": 1, "/1/0/1": 400 + n, "/1/0/2": 3, "/1/0/3": 50 + n, "/1/0/6": true, "/1/0/7": "U",
            "/1/0/23": false
        });
        assert_eq!(bench.read("/1/0", TLV), expected, "what was not named stays");
    }
}

fn an_instance_is_replaced(link: Link) {
    let bench = Bench::new(link, "write-whole");
    for (n, format) in [TLV, SENML_CBOR, SENML_JSON].into_iter().enumerate() {
        let set = json!({ "path": "/1/0/2", "value": 3, "format": "TEXT" });
        bench.expect("2.04", "write", set);
        let resources = json!({ "1": 500 + n, "3": 60 + n, "6": false, "7": "U" });
        let whole =
            json!({ "path": "/1/0", "mode": "replace", "format": format, "resources": resources });
        bench.expect("2.04", "write", whole);
        let expected = json!({
            "/1/0/0": 1, "/1/0/1": 500 + n, "/1/0/3": 60 + n, "/1/0/6": false, "/1/0/7": "U"
        });
        assert_eq!(bench.read("/1/0", TLV), expected, "/1/0/2 is gone");
        bench.expect("4.04", "read", json!({ "path": "/1/0/2" }));
    }
}

fn a_refused_write_changes_nothing(link: Link) {
    let bench = Bench::new(link, "write-none");
    let before = bench.read("/1/0", TLV);
    for mode in ["update", "replace"] {
        for format in [TLV, SENML_CBOR, SENML_JSON] {
            // The second resource is for reading only.
            let resources = json!({ "1": 999, "0": 5 });
            let write =
                json!({ "path": "/1/0", "mode": mode, "format": format, "resources": resources });
            bench.expect("4.05", "write", write);
            assert_eq!(bench.read("/1/0", TLV), before, "{mode} in {format}");
        }
    }
}

fn a_body_in_blocks_is_put_together(link: Link) {
    let leshan = Leshan::start(&["--block", "64"]);
    let bench = Bench::at(&leshan, link, "write-blocks", &[]);
    // About 180 bytes in JSON, in blocks of 64.
    let resources = json!({ "1": 600, "2": 11, "3": 70, "6": false, "7": "U", "14": 9, "17": 3, "18": 1000, "19": 5000 });
    let write =
        json!({ "path": "/1/0", "mode": "replace", "format": SENML_JSON, "resources": resources });
    let reply = bench.expect("2.04", "write", write);
    assert_eq!(reply["block1"], json!({ "num": 2, "more": false, "size": 64 }), "{reply}");
    let expected = json!({ "/1/0/0": 1, "/1/0/1": 600, "/1/0/2": 11, "/1/0/3": 70, "/1/0/6": false, "/1/0/7": "U",
        "/1/0/14": 9, "/1/0/17": 3, "/1/0/18": 1000, "/1/0/19": 5000 });
    assert_eq!(bench.read("/1/0", TLV), expected);
    // A block without those before it: 4.08. More than the device can keep: 4.13. (A first block alone cannot be sent:
    // Leshan's CoAP takes 2.31 for itself.)
    let block = json!({ "num": 3, "more": false, "size": 16 });
    let alone = json!({ "method": "POST", "path": "/1/0", "format": TLV, "payload": "c10105", "block1": block });
    bench.expect("4.08", "coap", alone);
    let large =
        json!({ "method": "PUT", "path": "/3/0/15", "format": TEXT, "payload": { "size": 2000 } });
    bench.expect("4.13", "coap", large);
    assert_eq!(bench.value("/1/0/1"), 600);
}

fn what_is_executed_takes_arguments(link: Link) {
    let mut bench = Bench::new(link, "execute");
    bench.device.must("set /3303/0/5700 31");
    bench.device.must("set /3303/0/5700 12");
    for args in [Value::Null, json!("0"), json!("0='a',1"), json!("2='10.3',7='https://a'")] {
        bench.device.must("set /3303/0/5700 31");
        bench.device.must("set /3303/0/5700 12");
        let mut members = json!({ "path": "/3303/0/5605" });
        if !args.is_null() {
            members["args"] = args.clone();
        }
        bench.expect("2.04", "execute", members);
        let range = bench.read("/3303/0", TLV);
        assert_eq!(
            (&range["/3303/0/5601"], &range["/3303/0/5602"]),
            (&json!(12.0), &json!(12.0)),
            "{args}"
        );
    }
    // What is no argument list. Leshan makes none of these.
    for wrong in ["a", "0=", "0='a", "0,", "10"] {
        let payload = hex(wrong);
        let request =
            json!({ "method": "POST", "path": "/3303/0/5605", "format": TEXT, "payload": payload });
        bench.expect("4.00", "coap", request);
    }
}

fn error_codes_are_reset(link: Link) {
    let mut bench = Bench::new(link, "errors");
    bench.device.must("set /3/0/11 3");
    bench.device.must("set /3/0/11 5");
    assert_eq!(bench.read("/3/0/11", TLV), json!({ "/3/0/11/0": 3, "/3/0/11/1": 5 }));
    bench.expect("2.04", "execute", json!({ "path": "/3/0/12" }));
    assert_eq!(bench.read("/3/0/11", SENML_CBOR), json!({ "/3/0/11/0": 0 }));
}

fn instances_of_the_applications_object_are_created_and_deleted(link: Link) {
    let bench = Bench::new(link, "create");
    // Without an Object Instance ID the device chooses, and says so.
    let reply =
        bench.expect("2.01", "create", json!({ "path": "/3303", "resources": {}, "format": TLV }));
    assert_eq!(reply["location"], "3303/1", "{reply}");
    // In SenML Leshan wants an ID, yet writes an empty pack when there are no resources: the device does not see the ID.
    for (format, location) in [(SENML_CBOR, "3303/2"), (SENML_JSON, "3303/3")] {
        let create = json!({ "path": "/3303", "instance": 50, "resources": {}, "format": format });
        let reply = bench.expect("2.01", "create", create);
        assert_eq!(reply["location"], location, "{reply}");
    }
    // Named by the server.
    let create = json!({ "path": "/3303", "instance": 70, "resources": {}, "format": TLV });
    let reply = bench.expect("2.01", "create", create.clone());
    assert!(reply["location"].is_null(), "{reply}");
    bench.expect("4.00", "create", create);
    // The server is told of each.
    let is_there = |event: &Value, path: &str| {
        event["links"].as_array().is_some_and(|links| links.iter().any(|link| link["path"] == path))
    };
    bench.event_where("updated", |event| is_there(event, "/3303/70") && is_there(event, "/3303/3"));
    assert_eq!(bench.value("/3303/70/5700"), 0.0);

    bench.expect("2.02", "delete", json!({ "path": "/3303/70" }));
    bench
        .event_where("updated", |event| !is_there(event, "/3303/70") && is_there(event, "/3303/3"));
    bench.expect("4.04", "read", json!({ "path": "/3303/70/5700" }));
    bench.expect("4.04", "delete", json!({ "path": "/3303/70" }));
    // No resource of it may be written, so none may be given.
    let create =
        json!({ "path": "/3303", "resources": { "5700": 1.5 }, "types": { "5700": "FLOAT" } });
    bench.expect("4.05", "create", create);
    bench.expect("4.04", "read", json!({ "path": "/3303/4" }));
}

fn the_device_reboots_and_registers_anew(link: Link) {
    let mut bench = Bench::new(link, "reboot");
    let first = bench.registered["registration"].clone();
    bench.expect("2.04", "execute", json!({ "path": "/3/0/4" }));
    bench.device.event("REBOOT", SOON);
    bench.device.event("BSDLIB_INIT", SOON);
    bench.await_registered();
    // It does not de-register first: the new registration takes the place of the old one.
    assert_ne!(bench.registered["registration"], first);
    assert_eq!(bench.value("/3/0/0"), "Example Modems");
}
