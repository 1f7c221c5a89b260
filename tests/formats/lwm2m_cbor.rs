//! LwM2M CBOR, of LwM2M 1.2.

use crate::bench::{bytes, decode, encode, hex, holds, path};
use crate::device::{DEVICE_VALUES, device_resources, write_resources};
use lwm2m_carrier::lwm2m::format::ContentFormat;
use lwm2m_carrier::lwm2m::{Type, Value};

const TREE: ContentFormat = ContentFormat::Lwm2mCbor;

#[test]
fn lwm2m_cbor_of_a_device_instance_reads_as_it_was_written() {
    let encoded = encode(TREE, "/3/0", 0, |encoder| {
        write_resources(encoder, path("/3/0"), &device_resources());
    });
    let expected = [
        "bf820300bf",
        "00744f70656e204d6f62696c6520416c6c69616e6365",
        "01764c69676874776569676874204d324d20436c69656e74",
        "0269333435303030313233",
        "0363312e30",
        "06bf00010105ff",
        "07bf00190ed801191388ff",
        "08bf00187d01190384ff",
        "091864 0a0f",
        "0bbf0000ff",
        "0dc11a5182428f",
        "0e662b30323a3030 106155",
        "ffff",
    ];
    assert_eq!(hex(&encoded), expected.concat().replace(' ', ""));
    minicbor::Decoder::new(&encoded).skip().unwrap();
    for base in ["/", "/3", "/3/0"] {
        holds(TREE, base, &encoded, &DEVICE_VALUES);
    }
    assert!(decode(TREE, "/3/1", &encoded).is_err());
}

#[test]
fn lwm2m_cbor_keys_lead_down_by_one_level_or_by_several() {
    let expected = [
        ("/3/0/6/0", Type::Integer, "Integer(1)"),
        ("/3/0/6/1", Type::Integer, "Integer(5)"),
        ("/3/0/9", Type::Integer, "Integer(100)"),
    ];
    for payload in [
        // {3: {0: {6: {0: 1, 1: 5}, 9: 100}}}, of definite and of indefinite length.
        "a1 03 a1 00 a2 06 a2 00 01 01 05 09 1864",
        "bf 03 bf 00 bf 06 bf 00 01 01 05 ff 09 1864 ff ff ff",
        // {[3, 0]: {[6, 0]: 1, [6, 1]: 5, 9: 100}}
        "a1 820300 a3 820600 01 820601 05 09 1864",
        // {[3, 0, 6, 0]: 1, [3, 0, 6, 1]: 5, [3, 0, 9]: 100}, two keys of indefinite length.
        "a3 8403000600 01 9f03000601ff 05 9f030009ff 1864",
        // Identifiers that are longer than they need be.
        "a1 8219000300 a2 06 a2 00 01 01 05 1809 1864",
    ] {
        holds(TREE, "/", &bytes(payload), &expected);
        holds(TREE, "/3/0", &bytes(payload), &expected);
    }
}

#[test]
fn lwm2m_cbor_values_of_each_type() {
    let payload = bytes("a1 820900 a7 00 6161 01 21 02 f5 03 420102 04 63313a32 05 c105 06 f93c00");
    let expected = [
        ("/9/0/0", Type::String, "String(\"a\")"),
        ("/9/0/1", Type::Integer, "Integer(-2)"),
        ("/9/0/2", Type::Boolean, "Boolean(true)"),
        ("/9/0/3", Type::Opaque, "Opaque(0102)"),
        ("/9/0/4", Type::ObjectLink, "ObjectLink(1, 2)"),
        ("/9/0/5", Type::Time, "Time(5)"),
        ("/9/0/6", Type::Float, "Float(1.0)"),
    ];
    holds(TREE, "/9", &payload, &expected);
    let null = bytes("a1 83090001 f6");
    holds(TREE, "/", &null, &[("/9/0/1", Type::String, "malformed")]);
}

#[test]
fn lwm2m_cbor_maps_without_content_are_named() {
    let none = ("/3/0/6", Type::None, "-");
    holds(TREE, "/3/0", &bytes("a1 820300 a1 06 a0"), &[none]);
    holds(TREE, "/3/0", &bytes("a1 83030006 bfff"), &[none]);
    holds(TREE, "/3", &bytes("a1 820300 a0"), &[("/3/0", Type::None, "-")]);
    holds(TREE, "/3", &bytes("a0"), &[]);
    assert_eq!(hex(&encode(TREE, "/3/0", 0, |_| {})), "bfff");
}

#[test]
fn lwm2m_cbor_has_one_key_for_each_path_asked_for() {
    let encoded = encode(TREE, "/", 0, |encoder| {
        for (base, values) in [
            ("/3/0/9", &["/3/0/9"][..]),
            ("/1/300", &["/1/300/0", "/1/300/1"]),
            ("/3/0/6", &["/3/0/6/0", "/3/0/6/1"]),
            ("/4", &["/4/0/1", "/4/0/2/7", "/4/1/2/7"]),
        ] {
            encoder.below(&path(base));
            for at in values {
                encoder.value(&path(at), &Value::Integer(1));
            }
        }
    });
    let expected = "bf 83030009 01 82 01 19012c bf 00 01 01 01 ff 83030006 bf 00 01 01 01 ff
        04 bf 00 bf 01 01 02 bf 07 01 ff ff 01 bf 02 bf 07 01 ff ff ff ff";
    assert_eq!(encoded, bytes(expected), "{}", hex(&encoded));
}

#[test]
fn malformed_lwm2m_cbor_is_refused() {
    for payload in [
        "",
        "80",
        "01",
        "a1",
        "bf",
        "a0 00",
        // A value above the resources.
        "a1 03 01",
        "a1 820300 01",
        // A map below a Resource Instance.
        "a1 8403000600 a0",
        "a1 8403000600 a1 00 01",
        // Keys of five identifiers, of none, too large, negative, of text, bytes, in an array, tagged.
        "a1 850300060000 01",
        "a1 80 a1 83030009 01",
        "a1 9fff a1 83030009 01",
        "a1 831a000100000009 01",
        "a1 83200009 01",
        "a1 83613300 09 01",
        "a1 6133 a1 820009 01",
        "a1 81830300 09 01",
        "a1 c103 a1 820009 01",
        "a1 c183030009 01",
        // Arrays are no values, nor are tags but a time's.
        "a1 83030009 8101",
        "a1 83030009 c201",
        // An end where there is none, and none where there is one.
        "a1 83030009 ff",
        "bf 83030009 01",
        "bf 83030009 ff",
        "a2 83030009 01",
        "a1 83030009 01 00",
    ] {
        assert!(decode(TREE, "/", &bytes(payload)).is_err(), "{payload}");
    }
}
