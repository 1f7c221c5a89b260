//! Read and Discover (Core 6.3.1, 6.3.2): every level in every format, and what is too large for one message.
//!
//! No object of the device has a value of opaque bytes that may be read, so Accept OPAQUE is always refused here; opaque
//! values go the other way in `firmware.rs`.

use serde_json::{Value, json};

use crate::bench::{
    Bench, CBOR, LIFETIME, LINK, Link, OPAQUE, SENML_CBOR, SENML_JSON, TEXT, TLV, over_both,
};

over_both!(
    a_single_resource_of_each_type_is_read_in_each_format,
    levels_with_several_values_are_read_in_the_formats_that_hold_several,
    a_resource_in_tlv_is_tlv,
    without_accept_the_device_chooses,
    a_device_of_lwm2m_1_0_chooses_tlv,
    an_object_without_instances_is_read_as_nothing,
    discover_names_what_is_there,
    a_large_answer_comes_in_blocks,
    blocks_are_as_small_as_the_server_asks,
);

const TIME: i64 = 1_767_225_600;

fn a_single_resource_of_each_type_is_read_in_each_format(link: Link) {
    let mut bench = Bench::new(link, "read-single");
    bench.device.must("set /3303/0/5700 -21.25");
    bench.device.must("set /1/0/10 4:0");
    bench.device.must("set /1/0/14 7");
    let table = [
        // String, Integer, Boolean, Float, Objlnk, Unsigned Integer, a Resource Instance.
        ("/3/0/0", json!("Example Modems"), "6e4578616d706c65204d6f64656d73"),
        ("/1/0/1", json!(LIFETIME), "19012c"),
        ("/1/0/6", json!(true), "f5"),
        ("/3303/0/5700", json!(-21.25), "fac1aa0000"),
        ("/1/0/10", json!("4:0"), "63343a30"),
        ("/1/0/14", json!(7), "07"),
        ("/4/0/4/0", json!("192.0.2.1"), "693139322e302e322e31"),
    ];
    for (path, value, cbor) in table {
        for format in [TEXT, CBOR, TLV, SENML_CBOR, SENML_JSON] {
            assert_eq!(bench.read(path, format), json!({ path: value }), "{path} in {format}");
        }
        let reply = bench.expect("2.05", "read", json!({ "path": path, "format": CBOR }));
        assert_eq!(reply["payload"], cbor, "{path}");
        bench.expect("4.06", "read", json!({ "path": path, "format": OPAQUE }));
    }
    // Time goes on meanwhile.
    bench.device.must(&format!("set /3/0/13 {TIME}"));
    for format in [TEXT, CBOR, TLV, SENML_CBOR, SENML_JSON] {
        let time = bench.read("/3/0/13", format)["/3/0/13"].as_i64();
        assert!(time.is_some_and(|time| (TIME..TIME + 30).contains(&time)), "{time:?} in {format}");
    }
    let reply = bench.expect("2.05", "read", json!({ "path": "/3/0/13", "format": CBOR }));
    assert!(reply["payload"].as_str().is_some_and(|hex| hex.starts_with("c11a69")), "{reply}");
}

fn levels_with_several_values_are_read_in_the_formats_that_hold_several(link: Link) {
    let mut bench = Bench::new(link, "read-levels");
    bench.device.must("create /3303/4");
    bench.device.must("set /3303/4/5700 3.5");
    bench.event_where("updated", |event| !event["update"]["links"].is_null());
    let first = json!({ "/3303/0/5601": 20.0, "/3303/0/5602": 20.0, "/3303/0/5700": 20.0, "/3303/0/5701": "Cel" });
    let mut object = first.clone();
    for (path, value) in [
        ("/3303/4/5601", json!(0.0)),
        ("/3303/4/5602", json!(3.5)),
        ("/3303/4/5700", json!(3.5)),
        ("/3303/4/5701", json!("Cel")),
    ] {
        object[path] = value;
    }
    let addresses = json!({ "/4/0/4/0": "192.0.2.1", "/4/0/4/1": "2001:DB8:0:0:0:0:0:1" });
    let server =
        json!({ "/1/0/0": 1, "/1/0/1": LIFETIME, "/1/0/6": true, "/1/0/7": "U", "/1/0/23": false });
    for (path, values) in [
        ("/3303", &object),
        ("/3303/0", &first),
        ("/1", &server),
        ("/1/0", &server),
        ("/4/0/4", &addresses),
    ] {
        for format in [TLV, SENML_CBOR, SENML_JSON] {
            assert_eq!(&bench.read(path, format), values, "{path} in {format}");
        }
        for format in [TEXT, CBOR, OPAQUE] {
            bench.expect("4.06", "read", json!({ "path": path, "format": format }));
        }
    }
    // Every object, whole: the same values in each format.
    for path in ["/4", "/4/0", "/5", "/5/0"] {
        let tlv = bench.read(path, TLV);
        assert!(tlv.as_object().is_some_and(|values| values.len() >= 7), "{tlv}");
        assert_eq!(bench.read(path, SENML_CBOR), tlv);
        assert_eq!(bench.read(path, SENML_JSON), tlv);
    }
    let connectivity = bench.read("/4", TLV);
    assert_eq!(connectivity["/4/0/2"], -78);
    assert_eq!(connectivity["/4/0/7/0"], "iot.example");
    // The Device Object has a clock in it.
    let device = bench.read("/3", TLV);
    assert_eq!(device["/3/0/3"], "sim91_1.0.0");
    assert_eq!(device["/3/0/11/0"], 0);
    assert_eq!(device["/3/0/16"], "U");
    let keys =
        |values: &Value| values.as_object().map(|map| map.keys().cloned().collect::<Vec<_>>());
    assert_eq!(keys(&bench.read("/3/0", SENML_CBOR)), keys(&device));
    assert_eq!(keys(&bench.read("/3/0", SENML_JSON)), keys(&device));
}

fn a_resource_in_tlv_is_tlv(link: Link) {
    let bench = Bench::new(link, "read-tlv");
    let payload = |path: &str| {
        let reply = bench.expect("2.05", "read", json!({ "path": path, "format": TLV }));
        assert_eq!(reply["content_format"], TLV, "{reply}");
        reply["payload"].as_str().unwrap_or_default().to_string()
    };
    assert_eq!(payload("/3/0/0"), "c8000e4578616d706c65204d6f64656d73");
    assert_eq!(payload("/1/0/1"), "c201012c");
    assert_eq!(payload("/1/0/6"), "c10601");
    assert_eq!(payload("/3303/0/5700"), "e4164441a00000");
    // A multiple resource is an entry with its instances inside, a Resource Instance is alone.
    assert_eq!(payload("/3/0/11"), "830b410000");
    assert_eq!(payload("/3/0/11/0"), "410000");
    assert_eq!(payload("/1/0"), "c10001c201012cc10601c10755c11700");
    assert_eq!(payload("/1"), "080010c10001c201012cc10601c10755c11700");
}

fn without_accept_the_device_chooses(link: Link) {
    let bench = Bench::new(link, "read-any");
    for (path, format) in [
        ("/3/0/0", TEXT),
        ("/3303/0/5700", TEXT),
        ("/4/0/4/1", TEXT),
        ("/4/0/4", SENML_CBOR),
        ("/1/0", SENML_CBOR),
        ("/1", SENML_CBOR),
    ] {
        let reply = bench.expect("2.05", "read", json!({ "path": path }));
        assert_eq!(reply["content_format"], format, "{path}: {reply}");
        assert_eq!(reply["values"], bench.read(path, TLV), "{path}");
    }
}

fn a_device_of_lwm2m_1_0_chooses_tlv(link: Link) {
    let bench = Bench::with(link, "read-1-0", &["--version", "1.0"]);
    for (path, format) in [("/3/0/0", TEXT), ("/4/0/4", TLV), ("/1/0", TLV), ("/1", TLV)] {
        let reply = bench.expect("2.05", "read", json!({ "path": path }));
        assert_eq!(reply["content_format"], format, "{path}: {reply}");
    }
    assert_eq!(bench.read("/1/0", TLV)["/1/0/1"], LIFETIME);
}

fn an_object_without_instances_is_read_as_nothing(link: Link) {
    let mut bench = Bench::new(link, "read-empty");
    bench.device.must("delete /3303/0");
    let update = bench.event("updated");
    let links = update["links"].as_array().expect("links");
    assert!(links.iter().any(|link| link["path"] == "/3303"), "{update}");
    for (format, payload) in [(TLV, ""), (SENML_CBOR, "80"), (SENML_JSON, "5b5d")] {
        let request = json!({ "path": "/3303", "accept": format });
        let reply = bench.expect("2.05", "coap", request);
        assert_eq!(reply["content_format"], format, "{reply}");
        assert_eq!(reply["payload"], payload, "{reply}");
    }
    bench.expect("4.04", "read", json!({ "path": "/3303/0" }));
}

fn discover_names_what_is_there(link: Link) {
    let bench = Bench::new(link, "discover");
    let links = |path: &str| {
        let reply = bench.expect("2.05", "discover", json!({ "path": path }));
        assert_eq!(reply["content_format"], LINK, "{reply}");
        reply["text"].as_str().unwrap_or_default().to_string()
    };
    assert_eq!(
        links("/3303"),
        "</3303>,</3303/0>,</3303/0/5601>,</3303/0/5602>,</3303/0/5605>,</3303/0/5700>,</3303/0/5701>"
    );
    assert!(links("/3").starts_with("</3>;ver=1.1,</3/0>,</3/0/0>,"));
    assert!(links("/4").starts_with("</4>;ver=1.3,</4/0>,</4/0/0>,</4/0/1>;dim=1,"));
    assert!(links("/3/0").starts_with("</3/0>,</3/0/0>,"));
    assert!(links("/3/0").contains("</3/0/4>"), "what can be executed is there, too");
    assert_eq!(links("/3/0/0"), "</3/0/0>");
    assert_eq!(links("/4/0/4"), "</4/0/4>;dim=2,</4/0/4/0>,</4/0/4/1>");
    // Attributes of a level above show on the node that is asked for.
    for (path, attributes) in
        [("/3303", "pmin=5"), ("/3303/0", "pmax=60"), ("/3303/0/5700", "gt=50.5")]
    {
        bench.expect("2.04", "write_attributes", json!({ "path": path, "attributes": attributes }));
    }
    assert_eq!(links("/3303/0/5700"), "</3303/0/5700>;pmin=5;pmax=60;gt=50.5");
    let instance = links("/3303/0");
    assert!(instance.starts_with("</3303/0>;pmin=5;pmax=60,"), "{instance}");
    assert!(instance.contains("</3303/0/5700>;gt=50.5"), "{instance}");
    let object = links("/3303");
    assert!(object.starts_with("</3303>;pmin=5,</3303/0>;pmax=60,"), "{object}");
    // Only GET with Accept 40 is Discover; below a resource there is none.
    bench.expect("4.05", "coap", json!({ "path": "/4/0/4/0", "accept": LINK }));
}

/// More than one block of 512 bytes, on the device's own or on the server's account.
fn a_large_answer_comes_in_blocks(link: Link) {
    let mut bench = Bench::new(link, "read-large");
    for instance in 1..30 {
        bench.device.must(&format!("create /3303/{instance}"));
        bench.device.must(&format!("set /3303/{instance}/5700 {instance}.5"));
    }
    for format in [TLV, SENML_CBOR, SENML_JSON] {
        let reply = bench.expect("2.05", "read", json!({ "path": "/3303", "format": format }));
        assert_eq!(reply["content_format"], format);
        assert!(reply["payload_size"].as_u64() > Some(512), "{}", reply["payload_size"]);
        assert_eq!(reply["values"].as_object().map(serde_json::Map::len), Some(30 * 4));
        for instance in 1..30 {
            let path = format!("/3303/{instance}/5700");
            assert_eq!(reply["values"][path.as_str()], f64::from(instance) + 0.5, "{path}");
        }
    }
    // What Leshan put together does not show its blocks; this is one of them, as it stands.
    let block = json!({ "num": 1, "more": false, "size": 512 });
    let request = json!({ "path": "/3303", "accept": SENML_JSON, "block2": block });
    let reply = bench.expect("2.05", "coap", request);
    assert_eq!(reply["block2"], json!({ "num": 1, "more": true, "size": 512 }));
    assert_eq!(reply["payload_size"], 512);
    let reply = bench.expect("2.05", "discover", json!({ "path": "/3303" }));
    assert_eq!(reply["links"].as_array().map(Vec::len), Some(1 + 30 * 6));
}

fn blocks_are_as_small_as_the_server_asks(link: Link) {
    let bench = Bench::new(link, "read-blocks");
    let whole = bench.expect("2.05", "read", json!({ "path": "/4/0", "format": SENML_CBOR }));
    assert!(whole["block2"].is_null(), "it fits one message: {whole}");
    for size in [16, 64, 128] {
        let request = json!({ "path": "/4/0", "format": SENML_CBOR, "block": size });
        let reply = bench.expect("2.05", "read", request);
        assert_eq!(reply["payload"], whole["payload"]);
    }
    // One block from the middle, as it stands.
    let block = json!({ "num": 2, "more": false, "size": 32 });
    let reply = bench.expect(
        "2.05",
        "coap",
        json!({ "path": "/4/0", "accept": SENML_CBOR, "block2": block }),
    );
    assert_eq!(reply["block2"], json!({ "num": 2, "more": true, "size": 32 }));
    assert_eq!(
        reply["payload"].as_str(),
        whole["payload"].as_str().and_then(|hex| hex.get(128..192))
    );
}
