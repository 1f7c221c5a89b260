//! SenML, what JSON and CBOR have in common: names, times, records without values, records to pass over.

use crate::bench::{bytes, decode, encode, hex, holds, path, shown};
use crate::device::{DEVICE_VALUES, device_resources, write_resources};
use lwm2m_carrier::lwm2m::format::{ContentFormat, Encoder, Raw};
use lwm2m_carrier::lwm2m::{Type, Value};

#[test]
fn senml_of_a_device_instance_reads_as_it_was_written() {
    let resources = device_resources();
    for format in [ContentFormat::SenmlCbor, ContentFormat::SenmlJson] {
        for base in ["/", "/3", "/3/0"] {
            let encoded = encode(format, base, 16, |encoder| {
                write_resources(encoder, path("/3/0"), &resources);
            });
            holds(format, base, &encoded, &DEVICE_VALUES);
        }
    }
}

#[test]
fn senml_names_are_as_short_as_the_path_asked_for_allows() {
    let json = |base, at: &str| {
        let encoded = encode(ContentFormat::SenmlJson, base, 2, |encoder| {
            encoder.value(&path(at), &Value::Integer(1));
            encoder.value(&path(at), &Value::Integer(2));
        });
        String::from_utf8(encoded).unwrap()
    };
    assert_eq!(json("/", "/3/0/9"), r#"[{"n":"/3/0/9","v":1},{"n":"/3/0/9","v":2}]"#);
    assert_eq!(json("/3", "/3/0/9"), r#"[{"bn":"/3/","n":"0/9","v":1},{"n":"0/9","v":2}]"#);
    assert_eq!(json("/3/0", "/3/0/6/1"), r#"[{"bn":"/3/0/","n":"6/1","v":1},{"n":"6/1","v":2}]"#);
    assert_eq!(json("/3/0/9", "/3/0/9"), r#"[{"bn":"/3/0/9","v":1},{"v":2}]"#);
    assert_eq!(json("/3/0/6", "/3/0/6/0"), r#"[{"bn":"/3/0/6/","n":"0","v":1},{"n":"0","v":2}]"#);
    assert_eq!(json("/3/0/6/0", "/3/0/6/0"), r#"[{"bn":"/3/0/6/0","v":1},{"v":2}]"#);

    let cbor = |base, at: &str, value| {
        hex(&encode(ContentFormat::SenmlCbor, base, 1, |encoder| encoder.value(&path(at), &value)))
    };
    // [{-2: "/3/0/", 0: "9", 2: 100}]
    assert_eq!(cbor("/3/0", "/3/0/9", Value::Integer(100)), "81a321652f332f302f006139021864");
    // [{-2: "/3/0/9", 2: -1}]
    assert_eq!(cbor("/3/0/9", "/3/0/9", Value::Integer(-1)), "81a221662f332f302f390220");
    // [{0: "/3/0/9", 4: true}]
    assert_eq!(cbor("/", "/3/0/9", Value::Boolean(true)), "81a200662f332f302f3904f5");
    // [{-2: "/3/0/9", "vlo": "5:0"}]
    let link = Value::ObjectLink(5, 0);
    assert_eq!(cbor("/3/0/9", "/3/0/9", link), "81a221662f332f302f3963766c6f63353a30");
}

#[test]
fn base_names_hold_until_the_next_one() {
    let expected = [
        ("/3/0/9", Type::Integer, "Integer(1)"),
        ("/3/0/10", Type::Integer, "Integer(2)"),
        ("/4/0/1/2", Type::Integer, "Integer(3)"),
        ("/4/0/1", Type::Integer, "Integer(4)"),
    ];
    let json = br#"[{"bn":"/3/0/","n":"9","v":1},{"v":2,"n":"10"},{"v":3,"n":"/2","bn":"/4/0/1"},{"v":4}]"#;
    holds(ContentFormat::SenmlJson, "/", json, &expected);
    let escaped = br#"[{"bn":"\/3\/0\/","n":"\u0039","v":1},{"\u0076":2,"n":"10"},{"v":3,"n":"/2","bn":"/4/0/1"},{"v":4}]"#;
    holds(ContentFormat::SenmlJson, "/", escaped, &expected);
    let cbor = bytes(
        "84 a3 21652f332f302f 006139 0201  a2 0202 00623130  a3 0203 00622f32 21662f342f302f31  a1 0204",
    );
    holds(ContentFormat::SenmlCbor, "/", &cbor, &expected);
    let indefinite = bytes(
        "9f bf 21652f332f302f 006139 0201 ff  bf 0202 00623130 ff
            a3 0203 00622f32 21662f342f302f31  a1 0204 ff",
    );
    holds(ContentFormat::SenmlCbor, "/", &indefinite, &expected);
}

#[test]
fn names_without_values_are_a_list_of_paths() {
    let expected = [
        ("/3/0/9", Type::None, "-"),
        ("/1/0", Type::None, "-"),
        ("/4", Type::None, "-"),
        ("/", Type::None, "-"),
    ];
    let json = br#"[{"n":"/3/0/9"},{"n":"/1/0"},{"n":"/4"},{"n":"/"}]"#;
    holds(ContentFormat::SenmlJson, "/", json, &expected);
    let cbor = bytes("84 a100662f332f302f39 a100642f312f30 a100622f34 a100612f");
    holds(ContentFormat::SenmlCbor, "/", &cbor, &expected);
}

#[test]
fn fields_that_do_not_matter_are_passed_over() {
    // The fields of RFC 8428, 5.1.3, with names of LwM2M, and some that nobody knows.
    let json = br#"[ {"bn":"/3/0/","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"7/0","u":"V","v":120.1} ,
        {"n":"7/1","t":-5,"ut":0.5,"x":[1,{"y":[null,true,"]"]},{}],"v":1.2,"zz":null}]"#;
    let expected =
        [("/3/0/7/0", Type::Float, "Float(120.1)"), ("/3/0/7/1", Type::Float, "Float(1.2)")];
    holds(ContentFormat::SenmlJson, "/3/0", json, &expected);
    let cbor = bytes(
        "82 a7 21652f332f302f 22fb41d303a15b001062 236141 2005 0063372f30 016156 02fb405e066666666666
            a6 0063372f31 0624 07f93800 6178 8301a1617983f6f5615da0 02fb3ff3333333333333 627a7af6",
    );
    holds(ContentFormat::SenmlCbor, "/3/0", &cbor, &expected);
}

#[test]
fn records_outside_of_the_path_of_the_request_are_refused() {
    let json = br#"[{"n":"/3/0/9","v":1}]"#;
    let cbor = bytes("81 a2 00662f332f302f39 0201");
    for base in ["/", "/3", "/3/0", "/3/0/9"] {
        assert!(decode(ContentFormat::SenmlJson, base, json).is_ok(), "{base}");
        assert!(decode(ContentFormat::SenmlCbor, base, &cbor).is_ok(), "{base}");
    }
    for base in ["/4", "/3/1", "/3/0/8", "/3/0/9/0"] {
        assert!(decode(ContentFormat::SenmlJson, base, json).is_err(), "{base}");
        assert!(decode(ContentFormat::SenmlCbor, base, &cbor).is_err(), "{base}");
    }
}

#[test]
fn senml_etch_is_senml_in_which_a_value_may_be_null() {
    assert_eq!(ContentFormat::from_number(320), Some(ContentFormat::SenmlEtchJson));
    assert_eq!(ContentFormat::from_number(322), Some(ContentFormat::SenmlEtchCbor));
    let json =
        br#"[{"bn":"/3/0/","n":"9"},{"n":"10","v":1},{"n":"14","vs":null},{"n":"15","v":null}]"#;
    let cbor = bytes(
        "84 a2 21 652f332f302f 00 6139 a2 00 623130 02 01 a2 00 623134 03 f6 a2 00 623135 02 f6",
    );
    for (etch, plain, payload) in [
        (ContentFormat::SenmlEtchJson, ContentFormat::SenmlJson, &json[..]),
        (ContentFormat::SenmlEtchCbor, ContentFormat::SenmlCbor, &cbor),
    ] {
        let entries = decode(etch, "/", payload).unwrap();
        assert!(entries[0].raw.is_none());
        assert_eq!(shown(entries[1].raw.unwrap(), Type::Integer), "Integer(1)");
        for (entry, at) in entries[2..].iter().zip(["/3/0/14", "/3/0/15"]) {
            assert_eq!(entry.path, path(at));
            assert!(matches!(entry.raw, Some(Raw::Null)));
        }
        assert!(decode(plain, "/", payload).is_err());
    }
    assert!(decode(ContentFormat::SenmlEtchJson, "/", br#"[{"n":null,"v":1}]"#).is_err());
    assert!(decode(ContentFormat::SenmlEtchJson, "/", br#"[{"bn":null,"n":"/3/0/1"}]"#).is_err());
}

#[test]
fn senml_says_of_what_time_values_are() {
    let write = |encoder: &mut Encoder<'_, '_>| {
        encoder.at(1_700_000_000);
        encoder.value(&path("/3/0/9"), &Value::Integer(1));
        encoder.value(&path("/3/0/10"), &Value::Integer(2));
        encoder.at(0);
        encoder.value(&path("/3/0/9"), &Value::Integer(3));
    };
    assert_eq!(
        String::from_utf8(encode(ContentFormat::SenmlJson, "/3/0", 3, write)).unwrap(),
        r#"[{"bn":"/3/0/","n":"9","bt":1700000000,"v":1},{"n":"10","v":2},{"n":"9","bt":0,"v":3}]"#
    );
    let encoded = encode(ContentFormat::SenmlCbor, "/3/0", 3, write);
    let expected = "83 a4 21 652f332f302f 00 6139 22 1a6553f100 02 01
        a2 00 623130 02 02 a3 00 6139 22 00 02 03";
    assert_eq!(encoded, bytes(expected), "{}", hex(&encoded));
    minicbor::Decoder::new(&encoded).skip().unwrap();
    let one = |encoder: &mut Encoder<'_, '_>| {
        encoder.at(5);
        encoder.value(&path("/3/0/9"), &Value::Integer(1));
    };
    assert_eq!(hex(&encode(ContentFormat::Lwm2mCbor, "/3/0/9", 1, one)), "bf8303000901ff");
}
