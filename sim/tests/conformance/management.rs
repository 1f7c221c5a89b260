//! Device management: Read, Write, Execute, Create, Delete, Discover, in every format (Core 6.3, 7.4).

use crate::bench::*;

/// Reads a path with an Accept option; the payload in hex.
#[track_caller]
fn read(world: &mut World, path: &str, format: u16) -> String {
    let response = world.ask(0, Operation::read(path).accept(format));
    assert_eq!((response.code, response.content_format), (Code::CONTENT, Some(format)), "{path}");
    hex(&response.payload)
}

#[track_caller]
fn put(world: &mut World, path: &str, format: u16, payload: &str) {
    let response = world.ask(0, Operation::write(path, format, &unhex(payload)));
    assert_eq!((response.code, response.payload), (Code::CHANGED, vec![]), "{path} {payload}");
}

#[track_caller]
fn post(world: &mut World, path: &str, format: u16, payload: &[u8]) {
    let response = world.ask(0, Operation::update(path, format, payload));
    assert_eq!((response.code, response.payload), (Code::CHANGED, vec![]), "{path}");
}

#[test]
fn lightweightm2m_1_1_int_201_querying_basic_information_in_plain_text() {
    let mut world = World::equipped();
    for (path, value) in [
        ("/3/0/0", "Example Modems"),
        ("/3/0/1", "SIM91"),
        ("/3/0/2", "004999010640000"),
        ("/3/0/16", "U"),
        ("/1/0/0", "1"),
        ("/1/0/6", "1"),
        ("/26241/0/0", "10"),
        ("/26241/0/1", "1.5"),
        ("/26241/0/4", "1"),
        ("/26241/0/5", "1700000000"),
        ("/26241/0/6", "3:0"),
        ("/26241/0/3", "AQID"),
        ("/26241/0/7/3", "73"),
    ] {
        assert_eq!(world.text(path), value, "{path}");
    }
    // More than one value is no text.
    for path in ["/3/0", "/3", "/26241/0/7"] {
        assert_eq!(world.code(Operation::read(path).accept(TEXT)), Code::NOT_ACCEPTABLE, "{path}");
    }
}

#[test]
fn lightweightm2m_1_1_int_203_querying_basic_information_in_tlv() {
    let mut world = World::equipped();
    // A single resource is a resource with a value, not text.
    assert_eq!(read(&mut world, "/3/0/0", TLV), "c8000e4578616d706c65204d6f64656d73");
    assert_eq!(read(&mut world, "/3/0/1", TLV), "c50153494d3931");
    assert_eq!(read(&mut world, "/26241/0/0", TLV), "c1000a");
    assert_eq!(read(&mut world, "/26241/0/7", TLV), "8607410046410349");
    assert_eq!(read(&mut world, "/26241/0/7/3", TLV), "410349");
    let instance = "c1000a c4013fc00000 c40274657874 c303010203 c10401 c4056553f100 c40600030000 \
        8607410046410349 c10909 c10a00"
        .replace(' ', "");
    assert_eq!(read(&mut world, "/26241/0", TLV), instance);
    assert_eq!(read(&mut world, "/26241", TLV), format!("080031{instance}"));
    let device = read(&mut world, "/3/0", TLV);
    assert!(device.starts_with("c8000e4578616d706c65204d6f64656d73c50153494d3931c8020f"));
    // /3/0/11: one Error Code, 0.
    assert!(device.contains("830b410000"));
}

#[test]
fn lightweightm2m_1_1_int_204_querying_basic_information_in_json() {
    // The JSON of LwM2M 1.0 is not offered; 1.1 has SenML JSON in its place.
    let mut world = World::registered();
    assert_eq!(world.code(Operation::read("/3/0").accept(OLD_JSON)), Code::NOT_ACCEPTABLE);
    let json = world.ask(0, Operation::read("/3/0").accept(SENML_JSON));
    assert_eq!(json.code, Code::CONTENT);
    let json: serde_json::Value = serde_json::from_slice(&json.payload).unwrap();
    let records = json.as_array().unwrap();
    assert_eq!(records[0]["bn"], "/3/0/");
    let value = |name: &str| records.iter().find(|record| record["n"] == name).unwrap();
    assert_eq!(value("0")["vs"], "Example Modems");
    assert_eq!(value("1")["vs"], "SIM91");
    assert_eq!(value("2")["vs"], "004999010640000");
    assert_eq!(value("11/0")["v"], 0);
}

#[test]
fn lightweightm2m_1_1_int_205_setting_basic_information_in_plain_text() {
    let mut world = World::registered();
    for (path, value) in [
        ("/1/0/2", "101"),
        ("/1/0/3", "1101"),
        ("/1/0/5", "2000"),
        ("/1/0/6", "0"),
        ("/1/0/7", "U"),
        ("/1/0/1", "50000"),
    ] {
        assert_eq!(world.code(Operation::write(path, TEXT, value.as_bytes())), Code::CHANGED);
        assert_eq!(world.text(path), value, "{path}");
    }
}

#[test]
fn every_type_is_written_in_plain_text() {
    let mut world = World::equipped();
    for (path, text, value) in [
        ("/26241/0/0", "999", Owned::Integer(999)),
        ("/26241/0/1", "-2.5", Owned::Float(-2.5)),
        ("/26241/0/2", "grün", Owned::Text("grün".into())),
        ("/26241/0/3", "3q2+7w==", Owned::Opaque(unhex("deadbeef"))),
        ("/26241/0/4", "0", Owned::Boolean(false)),
        ("/26241/0/5", "-1", Owned::Time(-1)),
        ("/26241/0/6", "5:65535", Owned::Link(5, 65535)),
        ("/26241/0/7/2", "-72", Owned::Integer(-72)),
        ("/26241/0/9", "18446744073709551615", Owned::Unsigned(u64::MAX)),
    ] {
        assert_eq!(world.code(Operation::write(path, TEXT, text.as_bytes())), Code::CHANGED);
        assert_eq!(world.get(path), Some(value), "{path}");
        assert_eq!(world.text(path), text, "{path}");
    }
}

#[test]
fn lightweightm2m_1_1_int_211_querying_basic_information_in_cbor() {
    let mut world = World::equipped();
    assert_eq!(read(&mut world, "/3/0/1", CBOR), "6553494d3931");
    assert_eq!(read(&mut world, "/26241/0/0", CBOR), "0a");
    assert_eq!(read(&mut world, "/26241/0/3", CBOR), "43010203");
    assert_eq!(read(&mut world, "/26241/0/4", CBOR), "f5");
    assert_eq!(read(&mut world, "/26241/0/6", CBOR), "63333a30");
    assert_eq!(read(&mut world, "/26241/0/7/3", CBOR), "1849");
    assert_eq!(read(&mut world, "/26241/0/9", CBOR), "09");
    // CBOR holds one value.
    for path in ["/3/0", "/26241/0/7"] {
        assert_eq!(world.code(Operation::read(path).accept(CBOR)), Code::NOT_ACCEPTABLE, "{path}");
    }
}

#[test]
fn lightweightm2m_1_1_int_212_setting_basic_information_in_cbor() {
    let mut world = World::equipped();
    put(&mut world, "/1/0/2", CBOR, "1865");
    assert_eq!(world.text("/1/0/2"), "101");
    put(&mut world, "/1/0/6", CBOR, "f4");
    assert_eq!(world.text("/1/0/6"), "0");
    for (path, payload, value) in [
        ("/26241/0/0", "1903e7", Owned::Integer(999)),
        ("/26241/0/1", "fa3fc00000", Owned::Float(1.5)),
        ("/26241/0/1", "f93e00", Owned::Float(1.5)),
        ("/26241/0/1", "fbc004000000000000", Owned::Float(-2.5)),
        ("/26241/0/1", "20", Owned::Float(-1.0)),
        ("/26241/0/2", "62c3bc", Owned::Text("ü".into())),
        ("/26241/0/3", "44deadbeef", Owned::Opaque(unhex("deadbeef"))),
        ("/26241/0/6", "63353a31", Owned::Link(5, 1)),
        ("/26241/0/9", "1bffffffffffffffff", Owned::Unsigned(u64::MAX)),
        ("/26241/0/5", "1a6553f101", Owned::Time(1_700_000_001)),
        ("/26241/0/5", "c11a6553f102", Owned::Time(1_700_000_002)),
    ] {
        put(&mut world, path, CBOR, payload);
        assert_eq!(world.get(path), Some(value), "{path} {payload}");
    }
}

#[test]
fn lightweightm2m_1_1_int_215_setting_basic_information_in_json() {
    // As in 204: the JSON of 1.0 is refused, SenML JSON taken.
    let mut world = World::registered();
    let old = br#"{"bn":"/1/0/","e":[{"n":"2","v":5}]}"#;
    let code = world.code(Operation::write("/1/0/2", OLD_JSON, old));
    assert_eq!(code, Code::UNSUPPORTED_FORMAT);
    let json = br#"[{"bn":"/1/0/","n":"2","v":101},{"n":"3","v":1101},{"n":"6","vb":false}]"#;
    post(&mut world, "/1/0", SENML_JSON, json);
    let values = ["/1/0/2", "/1/0/3", "/1/0/6"].map(|path| world.text(path));
    assert_eq!(values, ["101", "1101", "0"]);
}

#[test]
fn lightweightm2m_1_1_int_220_setting_basic_information_in_tlv() {
    let mut world = World::equipped();
    post(&mut world, "/1/0", TLV, &unhex("c10265 c203044d c10600"));
    let values = ["/1/0/2", "/1/0/3", "/1/0/6"].map(|path| world.text(path));
    assert_eq!(values, ["101", "1101", "0"]);
    // A resource alone, with integers of 1, 2, 4 and 8 bytes and floats of 4 and 8.
    for (path, payload, value) in [
        ("/26241/0/0", "c10007", Owned::Integer(7)),
        ("/26241/0/0", "c20001f4", Owned::Integer(500)),
        ("/26241/0/0", "c40000000007", Owned::Integer(7)),
        ("/26241/0/0", "c8000800000000000001f4", Owned::Integer(500)),
        ("/26241/0/1", "c401c0200000", Owned::Float(-2.5)),
        ("/26241/0/1", "c80108 4004000000000000", Owned::Float(2.5)),
        ("/26241/0/6", "c40600050001", Owned::Link(5, 1)),
    ] {
        put(&mut world, path, TLV, payload);
        assert_eq!(world.get(path), Some(value), "{path} {payload}");
    }
}

#[test]
fn lightweightm2m_1_1_int_222_read_on_object() {
    let mut world = World::equipped_with(2, |_| {});
    let json = world.ask(0, Operation::read("/1").accept(SENML_JSON));
    let expected = r#"[{"bn":"/1/","n":"0/0","v":1},{"n":"0/1","v":86400},"#;
    assert!(text(&json.payload).starts_with(expected), "{}", text(&json.payload));
    let object = world.ask(0, Operation::read("/26241").accept(SENML_JSON));
    let object: serde_json::Value = serde_json::from_slice(&object.payload).unwrap();
    let names: Vec<&str> =
        object.as_array().unwrap().iter().map(|record| record["n"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 22);
    assert!(names.contains(&"0/7/3") && names.contains(&"1/10"));
}

#[test]
fn lightweightm2m_1_1_int_223_read_on_object_instance() {
    let mut world = World::equipped();
    let response = world.ask(0, Operation::read("/26241/0").accept(SENML_JSON));
    assert_eq!(
        text(&response.payload),
        concat!(
            r#"[{"bn":"/26241/0/","n":"0","v":10},{"n":"1","v":1.5},{"n":"2","vs":"text"},"#,
            r#"{"n":"3","vd":"AQID"},{"n":"4","vb":true},{"n":"5","v":1700000000},"#,
            r#"{"n":"6","vlo":"3:0"},{"n":"7/0","v":70},{"n":"7/3","v":73},{"n":"9","v":9},"#,
            r#"{"n":"10","v":0}]"#
        )
    );
}

#[test]
fn lightweightm2m_1_1_int_224_read_on_resource() {
    let mut world = World::equipped();
    let response = world.ask(0, Operation::read("/26241/0/0").accept(SENML_JSON));
    assert_eq!(text(&response.payload), r#"[{"bn":"/26241/0/0","v":10}]"#);
    let response = world.ask(0, Operation::read("/26241/0/7").accept(SENML_JSON));
    let expected = r#"[{"bn":"/26241/0/7/","n":"0","v":70},{"n":"3","v":73}]"#;
    assert_eq!(text(&response.payload), expected);
}

#[test]
fn lightweightm2m_1_1_int_225_read_on_resource_instance() {
    let mut world = World::equipped();
    assert_eq!(world.text("/3/0/11/0"), "0");
    let response = world.ask(0, Operation::read("/26241/0/7/3").accept(SENML_JSON));
    assert_eq!(text(&response.payload), r#"[{"bn":"/26241/0/7/3","v":73}]"#);
    for path in ["/3/0/11/1", "/26241/0/7/1", "/26241/0/0/0"] {
        assert_eq!(world.code(Operation::read(path)), Code::NOT_FOUND, "{path}");
    }
}

#[test]
fn lightweightm2m_1_1_int_226_write_partial_update_on_object_instance() {
    let mut world = World::equipped();
    let before = world.ask(0, Operation::read("/26241/0").accept(SENML_JSON)).payload;
    let json = br#"[{"bn":"/26241/0/","n":"0","v":11},{"n":"2","vs":"new"}]"#;
    post(&mut world, "/26241/0", SENML_JSON, json);
    let after = world.ask(0, Operation::read("/26241/0").accept(SENML_JSON)).payload;
    let expected = text(&before).replace(r#""v":10}"#, r#""v":11}"#).replace("\"text\"", "\"new\"");
    assert_eq!(text(&after), expected, "nothing else changed");
    // Instances of a multiple resource that the payload does not name stay.
    post(&mut world, "/26241/0", TLV, &unhex("8307 410115"));
    assert_eq!(read(&mut world, "/26241/0/7", TLV), "880709410046410115410349");
}

#[test]
fn a_write_of_an_instance_replaces_it() {
    let mut world = World::equipped();
    let json = br#"[{"bn":"/26241/0/","n":"0","v":11},{"n":"7/5","v":75}]"#;
    let code = world.code(Operation::write("/26241/0", SENML_JSON, json));
    assert_eq!(code, Code::CHANGED);
    // What can be written and was not named is gone; what cannot be written stays.
    let after = world.ask(0, Operation::read("/26241/0").accept(SENML_JSON)).payload;
    assert_eq!(
        text(&after),
        r#"[{"bn":"/26241/0/","n":"0","v":11},{"n":"7/5","v":75},{"n":"10","v":0}]"#
    );
}

#[test]
fn lightweightm2m_1_1_int_227_write_replace_on_resource() {
    let mut world = World::equipped();
    put(&mut world, "/1/0/2", TEXT, &hex(b"20"));
    assert_eq!(world.text("/1/0/2"), "20");
    // A multiple resource is replaced as a whole.
    put(&mut world, "/26241/0/7", TLV, "8607 410146 410249");
    assert_eq!(read(&mut world, "/26241/0/7", TLV), "8607410146410249");
    let json = br#"[{"bn":"/26241/0/7/","n":"9","v":79}]"#;
    let code = world.code(Operation::write("/26241/0/7", SENML_JSON, json));
    assert_eq!(code, Code::CHANGED);
    assert_eq!(read(&mut world, "/26241/0/7", TLV), "830741094f");
}

#[test]
fn lightweightm2m_1_1_int_228_write_on_resource_instance() {
    let mut world = World::equipped();
    put(&mut world, "/26241/0/7/3", TEXT, &hex(b"33"));
    assert_eq!(read(&mut world, "/26241/0/7", TLV), "8607410046410321");
    put(&mut world, "/26241/0/7/0", CBOR, "20");
    put(&mut world, "/26241/0/7/3", TLV, "410322");
    assert_eq!(read(&mut world, "/26241/0/7", TLV), "86074100ff410322");
}

#[test]
fn lightweightm2m_1_1_int_231_querying_basic_information_in_senml_json() {
    let mut world = World::registered();
    let response = world.ask(0, Operation::read("/3/0/0").accept(SENML_JSON));
    assert_eq!(response.content_format, Some(SENML_JSON));
    assert_eq!(text(&response.payload), r#"[{"bn":"/3/0/0","vs":"Example Modems"}]"#);
    let response = world.ask(0, Operation::read("/3/0/11").accept(SENML_JSON));
    assert_eq!(text(&response.payload), r#"[{"bn":"/3/0/11/","n":"0","v":0}]"#);
}

#[test]
fn lightweightm2m_1_1_int_232_querying_basic_information_in_senml_cbor() {
    let mut world = World::equipped();
    // [{bn "/3/0/1", vs "SIM91"}]
    let expected = "81a2 21 662f332f302f31 03 6553494d3931".replace(' ', "");
    assert_eq!(read(&mut world, "/3/0/1", SENML_CBOR), expected);
    // [{bn "/26241/0/7/", n "0", v 70}, {n "3", v 73}]
    let expected = "82a3 21 6b2f32363234312f302f372f 00 6130 02 1846 a2 00 6133 02 1849";
    assert_eq!(read(&mut world, "/26241/0/7", SENML_CBOR), expected.replace(' ', ""));
    // Each type under its label; an Object Link under the text "vlo".
    for (path, value) in [
        ("/26241/0/1", "02 fa3fc00000"),
        ("/26241/0/3", "08 43010203"),
        ("/26241/0/4", "04 f5"),
        ("/26241/0/5", "02 1a6553f100"),
        ("/26241/0/6", "63766c6f 63333a30"),
    ] {
        let expected = format!("81a2 21 6a{} {value}", hex(path.as_bytes()));
        assert_eq!(read(&mut world, path, SENML_CBOR), expected.replace(' ', ""), "{path}");
    }
}

#[test]
fn lightweightm2m_1_1_int_233_setting_basic_information_in_senml_cbor() {
    let mut world = World::equipped();
    // [{bn "/1/0/", n "2", v 101}, {n "3", v 1101}]
    let pack = unhex("82a3 21 652f312f302f 00 6132 02 1865 a2 00 6133 02 19044d");
    post(&mut world, "/1/0", SENML_CBOR, &pack);
    assert_eq!(["/1/0/2", "/1/0/3"].map(|path| world.text(path)), ["101", "1101"]);
    // The whole name in each record, no base name; lengths left open.
    let pack = unhex("9f bf 00 6a2f32363234312f302f30 02 07 ff ff");
    post(&mut world, "/26241/0", SENML_CBOR, &pack);
    assert_eq!(world.get("/26241/0/0"), Some(Owned::Integer(7)));
    // A link.
    let pack = unhex("81a2 21 6a2f32363234312f302f36 63766c6f 63353a31");
    let code = world.code(Operation::write("/26241/0/6", SENML_CBOR, &pack));
    assert_eq!(code, Code::CHANGED);
    assert_eq!(world.get("/26241/0/6"), Some(Owned::Link(5, 1)));
}

#[test]
fn lightweightm2m_1_1_int_234_setting_basic_information_in_senml_json() {
    let mut world = World::equipped();
    let json = br#" [ {"bn":"/26241/0/","n":"0","v":1e2} , {"n":"1","v":-0.5},
        {"n":"2","vs":"a\"\u00fc"}, {"n":"3","vd":"3q2-7w"}, {"n":"4","vb":false},
        {"n":"6","vlo":"5:1"}, {"n":"7/1","v":71}, {"n":"9","v":12} ] "#;
    post(&mut world, "/26241/0", SENML_JSON, json);
    for (path, value) in [
        ("/26241/0/0", Owned::Integer(100)),
        ("/26241/0/1", Owned::Float(-0.5)),
        ("/26241/0/2", Owned::Text("a\"ü".into())),
        ("/26241/0/3", Owned::Opaque(unhex("deadbeef"))),
        ("/26241/0/4", Owned::Boolean(false)),
        ("/26241/0/6", Owned::Link(5, 1)),
        ("/26241/0/7/1", Owned::Integer(71)),
        ("/26241/0/9", Owned::Unsigned(12)),
    ] {
        assert_eq!(world.get(path), Some(value), "{path}");
    }
}

#[test]
fn lightweightm2m_1_1_int_237_read_without_a_content_type() {
    let mut world = World::equipped();
    for (path, format) in [
        ("/3", SENML_CBOR),
        ("/3/0", SENML_CBOR),
        ("/3/0/11", SENML_CBOR),
        ("/3/0/0", TEXT),
        ("/3/0/11/0", TEXT),
        ("/26241/0/3", OPAQUE),
    ] {
        let response = world.ask(0, Operation::read(path));
        assert_eq!(
            (response.code, response.content_format),
            (Code::CONTENT, Some(format)),
            "{path}"
        );
    }
}

#[test]
fn opaque_values_are_read_and_written_as_they_are() {
    let mut world = World::equipped();
    assert_eq!(read(&mut world, "/26241/0/3", OPAQUE), "010203");
    put(&mut world, "/26241/0/3", OPAQUE, "00ff");
    assert_eq!(world.get("/26241/0/3"), Some(Owned::Opaque(vec![0, 0xff])));
    assert_eq!(world.code(Operation::read("/26241/0/0").accept(OPAQUE)), Code::NOT_ACCEPTABLE);
}

#[test]
fn lightweightm2m_1_1_int_241_executable_resource_rebooting_the_device() {
    let mut world = World::registered();
    let from = world.mark();
    // The application reboots the device itself, when it is ready: nothing else happens.
    assert_eq!(world.code(Operation::execute("/3/0/4", "")), Code::CHANGED);
    assert_eq!(world.names().last(), Some(&"REBOOT"));
    world.run_for(Duration::from_secs(10));
    assert!(!world.rebooted);
    assert_eq!(world.sent_since(from).len(), 1);
    // The library does it: the answer goes out first.
    world.reboot_answer = 0;
    let from = world.mark();
    let execute = Operation::execute("/3/0/4", "0='now'");
    world.air.borrow_mut().server(0).request(ENDPOINT, execute);
    world.run_for(Duration::from_secs(10));
    let sent = world.sent_since(from);
    let [(_, answer)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((answer.kind, answer.code), (Kind::Acknowledgement, Code::CHANGED));
    assert!(world.rebooted);
}

#[test]
fn lightweightm2m_1_1_int_260_discover() {
    let mut world = World::equipped_with(2, |_| {});
    let discover = |world: &mut World, path: &str| {
        let response = world.ask(0, Operation::discover(path));
        assert_eq!((response.code, response.content_format), (Code::CONTENT, Some(LINKS)));
        text(&response.payload).to_string()
    };
    assert_eq!(world.code(Operation::write_attributes("/26241", "pmin=10")), Code::CHANGED);
    let code = world.code(Operation::write_attributes("/26241/0", "pmin=5&pmax=60"));
    assert_eq!(code, Code::CHANGED);
    let code = world.code(Operation::write_attributes("/26241/0/0", "gt=50.5&lt=20&st=2"));
    assert_eq!(code, Code::CHANGED);
    let resources = |instance: u16| {
        (0..=11).fold(String::new(), |links, id| {
            let dim = if id == 7 { ";dim=2" } else { "" };
            format!("{links},</26241/{instance}/{id}>{dim}")
        })
    };
    let object = format!(
        "</26241>;pmin=10,</26241/0>;pmin=5;pmax=60{},</26241/1>{}",
        resources(0),
        resources(1)
    );
    assert_eq!(discover(&mut world, "/26241"), object);
    let instance = format!("</26241/0>;pmin=5;pmax=60{}", resources(0))
        .replace("</26241/0/0>", "</26241/0/0>;gt=50.5;lt=20;st=2");
    assert_eq!(discover(&mut world, "/26241/0"), instance);
    assert_eq!(
        discover(&mut world, "/26241/0/0"),
        "</26241/0/0>;pmin=5;pmax=60;gt=50.5;lt=20;st=2"
    );
    assert_eq!(
        discover(&mut world, "/26241/0/7"),
        "</26241/0/7>;dim=2;pmin=5;pmax=60,</26241/0/7/0>,</26241/0/7/3>"
    );
    let device = discover(&mut world, "/3");
    let expected = "</3>;ver=1.1,</3/0>,</3/0/0>,</3/0/1>,</3/0/2>,</3/0/3>,</3/0/4>,</3/0/5>,";
    assert!(device.starts_with(expected), "{device}");
    assert!(device.contains("</3/0/11>;dim=1"));
    // Resources without a value are not there.
    assert!(!device.contains("</3/0/9>"));
}

#[test]
fn lightweightm2m_1_0_int_680_create_object_instance() {
    let mut world = World::equipped();
    // The server names the instance: no location in the answer.
    let named = world.ask(0, Operation::create("/26241", TLV, &unhex("0305 c10007")));
    assert_eq!((named.code, named.options), (Code::CREATED, vec![]));
    assert_eq!(world.get("/26241/5/0"), Some(Owned::Integer(7)));
    // The device names it: the lowest that is free.
    let free = world.ask(0, Operation::create("/26241", TLV, &unhex("c10008 c40274657874")));
    let location = |segment: &str| (option::LOCATION_PATH, segment.as_bytes().to_vec());
    assert_eq!(free.code, Code::CREATED);
    assert_eq!(free.options, [location("26241"), location("1")]);
    assert_eq!(world.get("/26241/1/2"), Some(Owned::Text("text".into())));
    let json = br#"[{"bn":"/26241/7/","n":"0","v":9}]"#;
    assert_eq!(world.code(Operation::create("/26241", SENML_JSON, json)), Code::CREATED);
    assert_eq!(world.get("/26241/7/0"), Some(Owned::Integer(9)));
}

#[test]
fn lightweightm2m_1_0_int_685_delete_object_instance() {
    let mut world = World::equipped_with(2, |_| {});
    assert_eq!(world.code(Operation::delete("/26241/0")), Code::DELETED);
    assert_eq!(world.code(Operation::read("/26241/0")), Code::NOT_FOUND);
    assert_eq!(world.code(Operation::delete("/26241/0")), Code::NOT_FOUND);
    assert_eq!(world.get("/26241/1/0"), Some(Owned::Integer(10)));
    world.run_for(Duration::from_secs(1));
    let mut air = world.air.borrow_mut();
    let registration = air.server(0).registration(ENDPOINT).expect("registered");
    assert!(!registration.lists("/26241/0") && registration.lists("/26241/1"));
}

#[test]
fn execute_takes_arguments() {
    let mut world = World::equipped();
    for (times, arguments) in ["", "0", "5='x'", "0,1='a b',9=''"].into_iter().enumerate() {
        assert_eq!(world.code(Operation::execute("/26241/0/8", arguments)), Code::CHANGED);
        assert_eq!(world.executed(), times as i64 + 1);
    }
}
