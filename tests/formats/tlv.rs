//! TLV: the examples of the specification, payloads of Leshan, and what must be refused.

use crate::bench::{bytes, decode, encode, hex, holds, path, shown};
use crate::device::{DEVICE_VALUES, device_resources, resources_len, write_resources};
use lwm2m_carrier::lwm2m::format::{Container, ContentFormat, Encoder, tlv};
use lwm2m_carrier::lwm2m::{Type, Value, Window};

/// The Device object as the specification has it as an example (Core 7.4.3).
const DEVICE: &str = "c80014 4f70656e204d6f62696c6520416c6c69616e6365
    c80116 4c69676874776569676874204d324d20436c69656e74
    c80209 333435303030313233
    c303 312e30
    8606 410001 410105
    880708 42000ed8 42011388
    8708 41007d 42010384
    c109 64
    c10a 0f
    830b 410000
    c40d 5182428f
    c60e 2b30323a3030
    c110 55";

#[test]
fn tlv_of_a_device_instance_is_the_specifications_example() {
    holds(ContentFormat::Tlv, "/3/0", &bytes(DEVICE), &DEVICE_VALUES);
    let resources = device_resources();
    let encoded = encode(ContentFormat::Tlv, "/3/0", 0, |encoder| {
        write_resources(encoder, path("/3/0"), &resources);
    });
    assert_eq!(hex(&encoded), hex(&bytes(DEVICE)));
    assert_eq!(resources_len(&resources), 121);
}

#[test]
fn tlv_of_an_object_holds_its_instances() {
    let whole = bytes(&format!("080079 {DEVICE}"));
    holds(ContentFormat::Tlv, "/3", &whole, &DEVICE_VALUES);
    // The instance may be named once more when it is what was asked for.
    holds(ContentFormat::Tlv, "/3/0", &whole, &DEVICE_VALUES);
    let resources = device_resources();
    let encoded = encode(ContentFormat::Tlv, "/3", 0, |encoder| {
        encoder.container(Container::Instance, 0, resources_len(&resources));
        write_resources(encoder, path("/3/0"), &resources);
    });
    assert_eq!(hex(&encoded), hex(&whole));

    // Two Access Control instances (Core 7.4.3), the first with two owners.
    holds(
        ContentFormat::Tlv,
        "/2",
        &bytes(
            "08000e c10001 c10100 83024101 07 c1037f 080112 c10003 c10100 8702417f07 61013601 c1037f",
        ),
        &[
            ("/2/0/0", Type::Integer, "Integer(1)"),
            ("/2/0/1", Type::Integer, "Integer(0)"),
            ("/2/0/2/1", Type::Integer, "Integer(7)"),
            ("/2/0/3", Type::Integer, "Integer(127)"),
            ("/2/1/0", Type::Integer, "Integer(3)"),
            ("/2/1/1", Type::Integer, "Integer(0)"),
            ("/2/1/2/127", Type::Integer, "Integer(7)"),
            ("/2/1/2/310", Type::Integer, "Integer(1)"),
            ("/2/1/3", Type::Integer, "Integer(127)"),
        ],
    );
}

#[test]
fn tlv_of_object_links_and_wide_identifiers() {
    let payload = bytes(
        "88000c 4400 00420000 4401 00420001 c801 0d 38363133383030373535353030 c402 12345678",
    );
    holds(
        ContentFormat::Tlv,
        "/65/0",
        &payload,
        &[
            ("/65/0/0/0", Type::ObjectLink, "ObjectLink(66, 0)"),
            ("/65/0/0/1", Type::ObjectLink, "ObjectLink(66, 1)"),
            ("/65/0/1", Type::String, "String(\"8613800755500\")"),
            ("/65/0/2", Type::Integer, "Integer(305419896)"),
        ],
    );
    // Identifiers of 16 bits, on all levels, and a length of 16 bits.
    let mut long = bytes("30 0100 010a  f0 ffff 0105");
    long.extend([0x61; 0x105]);
    let entries = decode(ContentFormat::Tlv, "/33", &long).unwrap();
    assert_eq!(entries[0].path, path("/33/256/65535"));
    assert_eq!(shown(entries[0].raw.unwrap(), Type::String).len(), "String(\"\")".len() + 0x105);
    let text = "a".repeat(0x105);
    let value = Value::String(&text);
    let encoded = encode(ContentFormat::Tlv, "/33", 0, |encoder| {
        encoder.container(Container::Instance, 256, tlv::entry_len(tlv::value_len(&value), 65535));
        encoder.value(&path("/33/256/65535"), &value);
    });
    assert_eq!(hex(&encoded), hex(&long));
}

#[test]
fn tlv_lengths_of_every_size_agree_with_what_is_written() {
    for len in [0, 1, 7, 8, 255, 256, 65535, 65536, 70000] {
        let content = vec![0x55; len];
        for id in [0, 255, 256, 65535] {
            let value = Value::Opaque(&content);
            let mut window = Window::counter();
            let mut encoder = Encoder::new(ContentFormat::Tlv, path("/9/0"), 0, &mut window);
            encoder.value(&path("/9/0").child(id).unwrap(), &value);
            encoder.finish();
            assert_eq!(window.written(), tlv::entry_len(tlv::value_len(&value), id), "{len} {id}");
        }
    }
}

#[test]
fn tlv_of_a_bootstrap_by_leshan_is_read() {
    let payload = bytes(
        "c80016 636f6170733a2f2f3132372e302e302e313a35363834 c10100 c10200 c20369 64 c004
         c80510 000102030405060708090a0b0c0d0e0f c10603 c007 c008 c009 c10a01 c10b01 c10c00",
    );
    holds(
        ContentFormat::Tlv,
        "/0/1",
        &payload,
        &[
            ("/0/1/0", Type::String, "String(\"coaps://127.0.0.1:5684\")"),
            ("/0/1/1", Type::Boolean, "Boolean(false)"),
            ("/0/1/2", Type::Integer, "Integer(0)"),
            ("/0/1/3", Type::Opaque, "Opaque(6964)"),
            ("/0/1/4", Type::Opaque, "Opaque()"),
            ("/0/1/5", Type::Opaque, "Opaque(000102030405060708090a0b0c0d0e0f)"),
            ("/0/1/6", Type::Integer, "Integer(3)"),
            ("/0/1/7", Type::Opaque, "Opaque()"),
            ("/0/1/8", Type::Opaque, "Opaque()"),
            ("/0/1/9", Type::String, "String(\"\")"),
            ("/0/1/10", Type::Integer, "Integer(1)"),
            ("/0/1/11", Type::Integer, "Integer(1)"),
            ("/0/1/12", Type::Integer, "Integer(0)"),
        ],
    );
    holds(
        ContentFormat::Tlv,
        "/1/0",
        &bytes("c10001 c1013c c10201 c10601 c10755"),
        &[
            ("/1/0/0", Type::Integer, "Integer(1)"),
            ("/1/0/1", Type::Integer, "Integer(60)"),
            ("/1/0/2", Type::Integer, "Integer(1)"),
            ("/1/0/6", Type::Boolean, "Boolean(true)"),
            ("/1/0/7", Type::String, "String(\"U\")"),
        ],
    );
}

#[test]
fn tlv_names_the_target_of_the_request_in_each_way_that_is_in_use() {
    let one = |base, payload: &str, expected| {
        holds(
            ContentFormat::Tlv,
            base,
            &bytes(payload),
            &[(expected, Type::Integer, "Integer(5)")],
        );
    };
    one("/3/0/9", "c10905", "/3/0/9");
    one("/3/0/6", "8306410105", "/3/0/6/1");
    one("/3/0/6", "410105", "/3/0/6/1");
    one("/3/0/6/1", "410105", "/3/0/6/1");
    one("/3/0/6/1", "c10105", "/3/0/6/1");
    one("/3/0", "0300c10905", "/3/0/9");
    // A Create that leaves the instance to the client.
    one("/3", "c10905", "/3/65535/9");
    one("/3", "8306410105", "/3/65535/6/1");
}

#[test]
fn tlv_values_have_the_length_of_their_type() {
    let one = |content: &str, wanted, expected: &str| {
        let content = bytes(content);
        let mut payload = vec![0xc8, 1, content.len() as u8];
        payload.extend(content);
        holds(ContentFormat::Tlv, "/9/0", &payload, &[("/9/0/1", wanted, expected)]);
    };
    one("ff", Type::Integer, "Integer(-1)");
    one("ff", Type::Unsigned, "Unsigned(255)");
    one("ff00", Type::Unsigned, "Unsigned(65280)");
    one("80000000", Type::Unsigned, "Unsigned(2147483648)");
    one("ffffffffffffffff", Type::Unsigned, "Unsigned(18446744073709551615)");
    one("ffffffffffffffff", Type::Time, "Time(-1)");
    one("3fc00000", Type::Float, "Float(1.5)");
    one("3ff8000000000000", Type::Float, "Float(1.5)");
    for (wanted, contents) in [
        (Type::Integer, &["", "010203", "0102030405", "010203040506070809"][..]),
        (Type::Unsigned, &["", "010203"]),
        (Type::Time, &["", "010203"]),
        (Type::Float, &["", "01", "0102", "0102030405060708090a"]),
        (Type::Boolean, &["", "02", "0001"]),
        (Type::ObjectLink, &["", "01", "010203", "0102030405"]),
        (Type::String, &["ff", "c3"]),
        (Type::CoreLink, &["ff"]),
        (Type::None, &["", "01"]),
    ] {
        for content in contents {
            one(content, wanted, "malformed");
        }
    }
}

#[test]
fn malformed_tlv_is_refused() {
    for (base, payload, why) in [
        ("/3/0", "c1", "no identifier"),
        ("/3/0", "c109", "no content"),
        ("/3/0", "c809", "no length"),
        ("/3/0", "c80902ff", "content too short"),
        ("/3/0", "e1ff", "half an identifier"),
        ("/3/0", "d8090000", "half a length"),
        ("/3/0", "c1096400", "an entry too many"),
        ("/3/0", "8306420105 05", "an instance longer than its resource"),
        ("/3/0", "8306c10005", "a resource in a resource"),
        ("/3/0", "83060000 00", "an Object Instance in a resource"),
        ("/3/0", "410005", "a Resource Instance in an Object Instance"),
        ("/3/0", "0301c10905", "another Object Instance"),
        ("/3/0", "05000300c10905", "an Object Instance in an Object Instance"),
        ("/3/0", "0300c10905 c10905", "inside and outside of the instance"),
        ("/3", "0300c10905 c10905", "an instance and a resource side by side"),
        ("/3", "410005", "a Resource Instance in an Object"),
        ("/3", "0300410005", "a Resource Instance in an Object Instance"),
        ("/3/0/9", "c10805", "another resource"),
        ("/3/0/9", "0300c10905", "an Object Instance in a resource"),
        ("/3/0/6", "8305410105", "another multiple resource"),
        ("/3/0/6", "83068106c10105", "a resource in a multiple resource"),
        ("/3/0/6/1", "410205", "another Resource Instance"),
        ("/3/0/6/1", "8306410105", "a multiple resource in a Resource Instance"),
        ("/", "0000", "an Object Instance without an Object"),
        ("/", "c10905", "a resource without an Object"),
    ] {
        assert!(decode(ContentFormat::Tlv, base, &bytes(payload)).is_err(), "{why}");
    }
}
