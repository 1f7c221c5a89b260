//! The payload formats: bytes from the specifications and from Leshan, what must be refused, and
//! properties that hold for any input.

use lwm2m_carrier::lwm2m::format::{
    Container, ContentFormat, Decoder, Encoder, Entry, Malformed, Raw, tlv,
};
use lwm2m_carrier::lwm2m::{Path, Type, Value, Window};
use proptest::prelude::*;

const FORMATS: [ContentFormat; 10] = [
    ContentFormat::Text,
    ContentFormat::Link,
    ContentFormat::Opaque,
    ContentFormat::Cbor,
    ContentFormat::SenmlJson,
    ContentFormat::SenmlCbor,
    ContentFormat::Tlv,
    ContentFormat::Lwm2mCbor,
    ContentFormat::SenmlEtchJson,
    ContentFormat::SenmlEtchCbor,
];
/// Formats that hold an object with all that is in it.
const TREES: [ContentFormat; 4] = [
    ContentFormat::Tlv,
    ContentFormat::SenmlCbor,
    ContentFormat::SenmlJson,
    ContentFormat::Lwm2mCbor,
];
const TYPES: [Type; 10] = [
    Type::String,
    Type::Integer,
    Type::Unsigned,
    Type::Float,
    Type::Boolean,
    Type::Opaque,
    Type::Time,
    Type::ObjectLink,
    Type::CoreLink,
    Type::None,
];

fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    assert!(digits.len().is_multiple_of(2), "{hex}");
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn decode<'p>(
    format: ContentFormat,
    base: &str,
    payload: &'p [u8],
) -> Result<Vec<Entry<'p>>, Malformed> {
    let mut decoder = Decoder::new(format, path(base), payload);
    let mut entries = Vec::new();
    while let Some(entry) = decoder.next()? {
        entries.push(entry);
    }
    assert!(matches!(decoder.next(), Ok(None)), "the end is not the end");
    Ok(entries)
}

/// The value as text; `malformed` if it is none of this type.
fn shown(raw: Raw<'_>, wanted: Type) -> String {
    let mut scratch = [0; 512];
    match raw.value(wanted, &mut scratch) {
        Ok(Value::Opaque(bytes)) => format!("Opaque({})", hex(bytes)),
        Ok(value) => format!("{value:?}"),
        Err(Malformed) => "malformed".into(),
    }
}

/// Checks that `payload` holds just the values of `expected`, in this order.
#[track_caller]
fn holds(format: ContentFormat, base: &str, payload: &[u8], expected: &[(&str, Type, &str)]) {
    let entries = decode(format, base, payload).expect("well-formed");
    let found: Vec<(String, String)> = entries
        .iter()
        .enumerate()
        .map(|(i, entry)| {
            let wanted = expected.get(i).map_or(Type::None, |expected| expected.1);
            (entry.path.to_string(), entry.raw.map_or("-".into(), |raw| shown(raw, wanted)))
        })
        .collect();
    let expected: Vec<(String, String)> =
        expected.iter().map(|(path, _, value)| (path.to_string(), value.to_string())).collect();
    assert_eq!(found, expected);
}

fn encode(
    format: ContentFormat,
    base: &str,
    records: usize,
    write: impl Fn(&mut Encoder<'_, '_>),
) -> Vec<u8> {
    let mut buffer = [0; 16384];
    let mut window = Window::new(&mut buffer, 0);
    let mut encoder = Encoder::new(format, path(base), records, &mut window);
    write(&mut encoder);
    encoder.finish();
    assert!(!window.more());
    let len = window.kept();
    buffer[..len].to_vec()
}

fn encode_one(format: ContentFormat, base: &str, value: Value<'_>) -> Vec<u8> {
    encode(format, base, 1, |encoder| encoder.value(&path(base), &value))
}

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

const DEVICE_VALUES: [(&str, Type, &str); 16] = [
    ("/3/0/0", Type::String, "String(\"Open Mobile Alliance\")"),
    ("/3/0/1", Type::String, "String(\"Lightweight M2M Client\")"),
    ("/3/0/2", Type::String, "String(\"345000123\")"),
    ("/3/0/3", Type::String, "String(\"1.0\")"),
    ("/3/0/6/0", Type::Integer, "Integer(1)"),
    ("/3/0/6/1", Type::Integer, "Integer(5)"),
    ("/3/0/7/0", Type::Integer, "Integer(3800)"),
    ("/3/0/7/1", Type::Integer, "Integer(5000)"),
    ("/3/0/8/0", Type::Integer, "Integer(125)"),
    ("/3/0/8/1", Type::Integer, "Integer(900)"),
    ("/3/0/9", Type::Integer, "Integer(100)"),
    ("/3/0/10", Type::Integer, "Integer(15)"),
    ("/3/0/11/0", Type::Integer, "Integer(0)"),
    ("/3/0/13", Type::Time, "Time(1367491215)"),
    ("/3/0/14", Type::String, "String(\"+02:00\")"),
    ("/3/0/16", Type::String, "String(\"U\")"),
];

/// A resource: its single value, or its Resource Instances.
type Resource<'v> = (u16, Vec<(Option<u16>, Value<'v>)>);

fn device_resources() -> Vec<Resource<'static>> {
    use Value::{Integer, String, Time};
    vec![
        (0, vec![(None, String("Open Mobile Alliance"))]),
        (1, vec![(None, String("Lightweight M2M Client"))]),
        (2, vec![(None, String("345000123"))]),
        (3, vec![(None, String("1.0"))]),
        (6, vec![(Some(0), Integer(1)), (Some(1), Integer(5))]),
        (7, vec![(Some(0), Integer(3800)), (Some(1), Integer(5000))]),
        (8, vec![(Some(0), Integer(125)), (Some(1), Integer(900))]),
        (9, vec![(None, Integer(100))]),
        (10, vec![(None, Integer(15))]),
        (11, vec![(Some(0), Integer(0))]),
        (13, vec![(None, Time(1367491215))]),
        (14, vec![(None, String("+02:00"))]),
        (16, vec![(None, String("U"))]),
    ]
}

/// Writes the resources of an Object Instance, with the containers that TLV wants.
fn write_resources(encoder: &mut Encoder<'_, '_>, instance: Path, resources: &[Resource<'_>]) {
    for (id, values) in resources {
        let resource = instance.child(*id).unwrap();
        if values.iter().all(|(at, _)| at.is_some()) {
            encoder.container(Container::Multiple, *id, multiple_len(values));
        }
        for (at, value) in values {
            let path = at.map_or(resource, |at| resource.child(at).unwrap());
            encoder.value(&path, value);
        }
    }
}

fn multiple_len(values: &[(Option<u16>, Value<'_>)]) -> usize {
    values.iter().map(|(at, value)| tlv::entry_len(tlv::value_len(value), at.unwrap())).sum()
}

fn resources_len(resources: &[Resource<'_>]) -> usize {
    resources
        .iter()
        .map(|(id, values)| match &values[..] {
            [(None, value)] => tlv::entry_len(tlv::value_len(value), *id),
            _ => tlv::entry_len(multiple_len(values), *id),
        })
        .sum()
}

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
fn containers_without_content_are_named() {
    holds(
        ContentFormat::Tlv,
        "/3",
        &bytes("0000 0001"),
        &[("/3/0", Type::None, "-"), ("/3/1", Type::None, "-")],
    );
    holds(
        ContentFormat::Tlv,
        "/3/0",
        &bytes("8006 c10964"),
        &[("/3/0/6", Type::None, "-"), ("/3/0/9", Type::Integer, "Integer(100)")],
    );
    for format in [ContentFormat::Tlv, ContentFormat::SenmlCbor, ContentFormat::SenmlJson] {
        let empty: &[u8] = match format {
            ContentFormat::Tlv => b"",
            ContentFormat::SenmlCbor => b"\x80",
            _ => b" [ ] ",
        };
        holds(format, "/3", empty, &[]);
    }
}

#[test]
fn senml_cbor_of_a_bootstrap_by_leshan_is_read() {
    // Leshan's order of fields: name, value, base name.
    let payload = bytes(
        "83 a3 00 61 30 03 76 636f6170733a2f2f3132372e302e302e313a35363834 21 65 2f302f312f
            a2 00 61 31 04 f4
            a2 00 62 3130 02 01",
    );
    holds(
        ContentFormat::SenmlCbor,
        "/0",
        &payload,
        &[
            ("/0/1/0", Type::String, "String(\"coaps://127.0.0.1:5684\")"),
            ("/0/1/1", Type::Boolean, "Boolean(false)"),
            ("/0/1/10", Type::Integer, "Integer(1)"),
        ],
    );
}

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
fn text_is_one_value_of_each_type() {
    let one = |text: &str, wanted, expected| {
        holds(ContentFormat::Text, "/3/0/1", text.as_bytes(), &[("/3/0/1", wanted, expected)]);
    };
    one("", Type::String, "String(\"\")");
    one("Grüße \"\\n", Type::String, "String(\"Grüße \\\"\\\\n\")");
    one("</3/0>;x=1", Type::CoreLink, "CoreLink(\"</3/0>;x=1\")");
    one("-9223372036854775808", Type::Integer, "Integer(-9223372036854775808)");
    one("9223372036854775807", Type::Integer, "Integer(9223372036854775807)");
    one("18446744073709551615", Type::Unsigned, "Unsigned(18446744073709551615)");
    one("1700000000", Type::Time, "Time(1700000000)");
    one("7", Type::Float, "Float(7.0)");
    one("-12.25e-1", Type::Float, "Float(-1.225)");
    one("1E3", Type::Float, "Float(1000.0)");
    one("0", Type::Boolean, "Boolean(false)");
    one("1", Type::Boolean, "Boolean(true)");
    one("10:65535", Type::ObjectLink, "ObjectLink(10, 65535)");
    one("AP/+", Type::Opaque, "Opaque(00fffe)");
    one("AA==", Type::Opaque, "Opaque(00)");
    one("", Type::Opaque, "Opaque()");
}

#[test]
fn text_that_is_no_value_of_its_type_is_malformed() {
    for (wanted, texts) in [
        (
            Type::Integer,
            &[
                "",
                " 1",
                "1 ",
                "1.0",
                "1e3",
                "-",
                "0x10",
                "9223372036854775808",
                "-9223372036854775809",
                "99999999999999999999",
                "184467440737095516150",
            ][..],
        ),
        (Type::Unsigned, &["-1", "18446744073709551616", "1.5"]),
        (Type::Time, &["now", "1.5"]),
        (Type::Float, &["", ".", "1.", ".5", "1e", "1e+", "NaN", "inf", "1e309", "1,5", "0x1p3"]),
        (Type::Boolean, &["", "true", "2", "00"]),
        (Type::ObjectLink, &["", "1", ":", "1:", ":1", "1:2:3", "65536:0", "-1:0"]),
        (Type::Opaque, &["A", "AAA=A", "A===", "AB==", "====", "AA A", "AA=", "\u{e9}AA="]),
        (Type::None, &["", "1"]),
    ] {
        for text in texts {
            holds(
                ContentFormat::Text,
                "/3/0/1",
                text.as_bytes(),
                &[("/3/0/1", wanted, "malformed")],
            );
        }
    }
    assert!(decode(ContentFormat::Text, "/3/0/1", b"\xff").is_err());
}

#[test]
fn cbor_is_one_value_of_each_type() {
    let one = |payload: &str, wanted, expected| {
        holds(ContentFormat::Cbor, "/3/0/1", &bytes(payload), &[("/3/0/1", wanted, expected)]);
    };
    one("63616263", Type::String, "String(\"abc\")");
    one("63616263", Type::CoreLink, "CoreLink(\"abc\")");
    one("00", Type::Integer, "Integer(0)");
    one("3903e7", Type::Integer, "Integer(-1000)");
    one("3b7fffffffffffffff", Type::Integer, "Integer(-9223372036854775808)");
    one("1bffffffffffffffff", Type::Unsigned, "Unsigned(18446744073709551615)");
    one("1bffffffffffffffff", Type::Integer, "malformed");
    one("20", Type::Unsigned, "malformed");
    one("1864", Type::Float, "Float(100.0)");
    one("f93e00", Type::Float, "Float(1.5)");
    one("fa3fc00000", Type::Float, "Float(1.5)");
    one("fb3ff199999999999a", Type::Float, "Float(1.1)");
    one("fb4024000000000000", Type::Integer, "Integer(10)");
    one("fb3ff199999999999a", Type::Integer, "malformed");
    one("fb7ff0000000000000", Type::Integer, "malformed");
    one("fb43e0000000000000", Type::Integer, "malformed");
    one("fbc3e0000000000000", Type::Integer, "Integer(-9223372036854775808)");
    one("fb43e0000000000000", Type::Unsigned, "Unsigned(9223372036854775808)");
    one("f5", Type::Boolean, "Boolean(true)");
    one("01", Type::Boolean, "malformed");
    one("43010203", Type::Opaque, "Opaque(010203)");
    one("43010203", Type::String, "malformed");
    one("c11a514b67b0", Type::Time, "Time(1363896240)");
    one("1a514b67b0", Type::Time, "Time(1363896240)");
    one("63353a31", Type::ObjectLink, "ObjectLink(5, 1)");
    for payload in [
        "",
        "18",
        "0000",
        "5f4101ff",
        "7f6161ff",
        "80",
        "a0",
        "f6",
        "ff",
        "3bffffffffffffffff",
        "62c328",
        "c074",
        "c1",
        "c16131",
        "c1c101",
        "5bffffffffffffffff00",
        "f93e",
        "1c",
        "f8ff",
    ] {
        assert!(decode(ContentFormat::Cbor, "/3/0/1", &bytes(payload)).is_err(), "{payload}");
    }
}

#[test]
fn opaque_is_the_payload() {
    holds(
        ContentFormat::Opaque,
        "/5/0/0",
        b"\x00\xff",
        &[("/5/0/0", Type::Opaque, "Opaque(00ff)")],
    );
    holds(ContentFormat::Opaque, "/5/0/0", b"1", &[("/5/0/0", Type::Integer, "malformed")]);
    assert_eq!(
        encode_one(ContentFormat::Opaque, "/5/0/0", Value::Opaque(b"\x00\xff")),
        b"\x00\xff"
    );
    assert_eq!(encode_one(ContentFormat::Opaque, "/5/0/0", Value::Integer(1)), b"");
}

#[test]
fn json_strings_lose_their_escapes() {
    let json = r#"[{"n":"/3/0/1","vs":"a\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83D\uDE00é"}]"#;
    let entries = decode(ContentFormat::SenmlJson, "/", json.as_bytes()).unwrap();
    let raw = entries[0].raw.unwrap();
    let text = "a\"\\/\u{8}\u{c}\n\r\té€😀é";
    let mut scratch = [0; 64];
    assert_eq!(raw.value(Type::String, &mut scratch), Ok(Value::String(text)));
    assert_eq!(raw.value(Type::CoreLink, &mut scratch), Ok(Value::CoreLink(text)));
    assert_eq!(raw.value(Type::Integer, &mut scratch), Err(Malformed));
    // Just enough room, and one byte less.
    assert!(raw.value(Type::String, &mut scratch[..text.len()]).is_ok());
    assert!(raw.value(Type::String, &mut scratch[..text.len() - 1]).is_err());
}

#[test]
fn json_bytes_are_base64url_with_padding_or_without() {
    for (text, expected) in
        [("-_8", "Opaque(fbff)"), ("-_8=", "Opaque(fbff)"), ("", "Opaque()"), ("-", "malformed")]
    {
        let json = format!(r#"[{{"n":"/5/0/0","vd":"{text}"}}]"#);
        holds(
            ContentFormat::SenmlJson,
            "/5",
            json.as_bytes(),
            &[("/5/0/0", Type::Opaque, expected)],
        );
    }
    assert_eq!(
        encode_one(ContentFormat::SenmlJson, "/5/0/0", Value::Opaque(b"\xfb\xff")),
        br#"[{"bn":"/5/0/0","vd":"-_8"}]"#
    );
    let json = br#"[{"n":"/5/0/0","vd":"AAAA"}]"#;
    let raw = decode(ContentFormat::SenmlJson, "/", json).unwrap()[0].raw.unwrap();
    assert!(raw.value(Type::Opaque, &mut [0; 3]).is_ok());
    assert!(raw.value(Type::Opaque, &mut [0; 2]).is_err());
}

#[test]
fn values_are_written_in_the_shortest_form() {
    let both = |value: Value<'_>, text: &str, json: &str, cbor: &str, tlv: &str| {
        assert_eq!(encode_one(ContentFormat::Text, "/9/0/1", value), text.as_bytes(), "{value:?}");
        let record = format!(r#"[{{"bn":"/9/0/1",{json}}}]"#).replace(",}", "}");
        assert_eq!(
            String::from_utf8(encode_one(ContentFormat::SenmlJson, "/9/0/1", value)).unwrap(),
            record
        );
        assert_eq!(hex(&encode_one(ContentFormat::Cbor, "/9/0/1", value)), cbor, "{value:?}");
        assert_eq!(hex(&encode_one(ContentFormat::Tlv, "/9/0/1", value)), tlv, "{value:?}");
    };
    both(Value::Integer(0), "0", r#""v":0"#, "00", "c10100");
    both(Value::Integer(127), "127", r#""v":127"#, "187f", "c1017f");
    both(Value::Integer(128), "128", r#""v":128"#, "1880", "c2010080");
    both(Value::Integer(-128), "-128", r#""v":-128"#, "387f", "c10180");
    both(Value::Integer(-129), "-129", r#""v":-129"#, "3880", "c201ff7f");
    both(Value::Integer(32768), "32768", r#""v":32768"#, "198000", "c40100008000");
    both(
        Value::Integer(1 << 31),
        "2147483648",
        r#""v":2147483648"#,
        "1a80000000",
        "c801080000000080000000",
    );
    both(
        Value::Integer(i64::MIN),
        "-9223372036854775808",
        r#""v":-9223372036854775808"#,
        "3b7fffffffffffffff",
        "c801088000000000000000",
    );
    both(
        Value::Time(1367491215),
        "1367491215",
        r#""v":1367491215"#,
        "c11a5182428f",
        "c4015182428f",
    );
    both(Value::Unsigned(200), "200", r#""v":200"#, "18c8", "c20100c8");
    both(
        Value::Unsigned(u64::MAX),
        "18446744073709551615",
        r#""v":18446744073709551615"#,
        "1bffffffffffffffff",
        "c80108ffffffffffffffff",
    );
    both(Value::Float(0.5), "0.5", r#""v":0.5"#, "fa3f000000", "c4013f000000");
    both(Value::Float(0.1), "0.1", r#""v":0.1"#, "fb3fb999999999999a", "c801083fb999999999999a");
    both(Value::Float(-2.0), "-2", r#""v":-2"#, "fac0000000", "c401c0000000");
    both(Value::Float(f64::INFINITY), "", "", "fa7f800000", "c4017f800000");
    both(Value::Boolean(true), "1", r#""vb":true"#, "f5", "c10101");
    both(Value::Boolean(false), "0", r#""vb":false"#, "f4", "c10100");
    both(Value::Opaque(b"\xfb\xff\xfe"), "+//+", r#""vd":"-__-""#, "43fbfffe", "c301fbfffe");
    both(Value::Opaque(b""), "", r#""vd":"""#, "40", "c001");
    both(
        Value::String("a\"\u{1f}\\é"),
        "a\"\u{1f}\\é",
        r#""vs":"a\"\u001f\\é""#,
        "6661221f5cc3a9",
        "c60161221f5cc3a9",
    );
    both(Value::CoreLink("</1>"), "</1>", r#""vs":"</1>""#, "643c2f313e", "c4013c2f313e");
    both(
        Value::ObjectLink(65535, 7),
        "65535:7",
        r#""vlo":"65535:7""#,
        "6736353533353a37",
        "c401ffff0007",
    );
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

#[test]
fn malformed_senml_json_is_refused() {
    for text in [
        "",
        " ",
        "{}",
        "[",
        "]",
        "[{}]",
        "[{]",
        "[{},]",
        "[1]",
        "[[]]",
        "null",
        "[]x",
        "[][]",
        r#"[{"n":"/3/0/9","v":1}"#,
        r#"[{"n":"/3/0/9","v":1},]"#,
        r#"[,{"n":"/3/0/9","v":1}]"#,
        r#"[{"n":"/3/0/9" "v":1}]"#,
        r#"[{"n":"/3/0/9","v":1,}]"#,
        r#"[{,"n":"/3/0/9"}]"#,
        r#"[{"n":"/3/0/9"} {"n":"/3/0/9"}]"#,
        r#"[{"n" "/3/0/9"}]"#,
        r#"[{n:"/3/0/9"}]"#,
        r#"[{"n":}]"#,
        // Names.
        r#"[{"n":"3/0/x"}]"#,
        r#"[{"n":"/3//9"}]"#,
        r#"[{"n":"/3/0/9/1/1"}]"#,
        r#"[{"n":"/65536"}]"#,
        r#"[{"n":""}]"#,
        r#"[{"n":"//"}]"#,
        r#"[{"bn":"/","n":"/"}]"#,
        r#"[{"n":7}]"#,
        r#"[{"bn":true,"n":"/3"}]"#,
        r#"[{"v":1}]"#,
        r#"[{"n":"/3/0\u00"}]"#,
        r#"[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]"#,
        r#"[{"n":"/0000000000000000000000000000003/0/9","v":1}]"#,
        // Values.
        r#"[{"n":"/3/0/9","v":"1"}]"#,
        r#"[{"n":"/3/0/9","v":true}]"#,
        r#"[{"n":"/3/0/9","v":null}]"#,
        r#"[{"n":"/3/0/9","v":[1]}]"#,
        r#"[{"n":"/3/0/9","vs":1}]"#,
        r#"[{"n":"/3/0/9","vb":1}]"#,
        r#"[{"n":"/3/0/9","vb":tru}]"#,
        r#"[{"n":"/3/0/9","vd":1}]"#,
        r#"[{"n":"/3/0/9","vd":"\u0041A"}]"#,
        r#"[{"n":"/3/0/9","vlo":"1"}]"#,
        r#"[{"n":"/3/0/9","vlo":1}]"#,
        r#"[{"n":"/3/0/9","v":1,"vs":"1"}]"#,
        r#"[{"n":"/3/0/9","v":1,"v":1}]"#,
        r#"[{"n":"/3","n":"/3"}]"#,
        r#"[{"n":"/3/0/9","s":1}]"#,
        r#"[{"bs":1,"n":"/3/0/9"}]"#,
        r#"[{"bv":1,"n":"/3/0/9","v":1}]"#,
        // Numbers.
        r#"[{"n":"/3/0/9","v":01}]"#,
        r#"[{"n":"/3/0/9","v":+1}]"#,
        r#"[{"n":"/3/0/9","v":-+1}]"#,
        r#"[{"n":"/3/0/9","v":-}]"#,
        r#"[{"n":"/3/0/9","v":1.}]"#,
        r#"[{"n":"/3/0/9","v":.1}]"#,
        r#"[{"n":"/3/0/9","v":1e}]"#,
        r#"[{"n":"/3/0/9","v":1e999}]"#,
        r#"[{"n":"/3/0/9","v":0x1}]"#,
        r#"[{"n":"/3/0/9","v":NaN}]"#,
        r#"[{"n":"/3/0/9","v":1 2}]"#,
        // Strings.
        r#"[{"n":"/3/0/9","vs":"}]"#,
        r#"[{"n":"/3/0/9","vs":"\"#,
        r#"[{"n":"/3/0/9","vs":"\x"}]"#,
        r#"[{"n":"/3/0/9","vs":"\u12"}]"#,
        r#"[{"n":"/3/0/9","vs":"\ud800"}]"#,
        r#"[{"n":"/3/0/9","vs":"\ud800\u0041"}]"#,
        r#"[{"n":"/3/0/9","vs":"\ud800\n"}]"#,
        r#"[{"n":"/3/0/9","vs":"\udc00"}]"#,
        "[{\"n\":\"/3/0/9\",\"vs\":\"\n\"}]",
        // Labels.
        r#"[{"n":"/3/0/9","must_":1}]"#,
        r#"[{"n":"/3/0/9","must\u005f":1}]"#,
        r#"[{"n":"/3/0/9","x":}]"#,
        r#"[{"n":"/3/0/9","x":[1 2]}]"#,
        r#"[{"n":"/3/0/9","x":[1}]"#,
        r#"[{"n":"/3/0/9","x":{1:2}}]"#,
        r#"[{"n":"/3/0/9","x":nul}]"#,
        r#"[{"n":"/3/0/9","x":[[[[[[[[[]]]]]]]]]}]"#,
    ] {
        assert!(decode(ContentFormat::SenmlJson, "/", text.as_bytes()).is_err(), "{text}");
    }
    assert!(decode(ContentFormat::SenmlJson, "/", b"[{\"n\":\"/3\",\"vs\":\"\xff\"}]").is_err());
}

#[test]
fn malformed_senml_cbor_is_refused() {
    for (payload, why) in [
        ("", "nothing"),
        ("a0", "no array"),
        ("81", "no record"),
        ("8101", "a record that is no map"),
        ("80 00", "more than the pack"),
        ("81 a0", "no name at all"),
        ("81 a1 00", "no value of a field"),
        ("81 a2 00662f332f302f39", "a field too few"),
        ("9f a1 00662f332f302f39", "no break"),
        ("81 bf 00662f332f302f39", "no break in a map"),
        ("81 a1 0007", "a name that is no text"),
        ("81 a1 00462f332f302f39", "a name of bytes"),
        ("81 a1 007f662f332f302f39ff", "a name in pieces"),
        ("81 a2 00662f332f302f39 02f5", "a truth value as a number"),
        ("81 a2 00662f332f302f39 026131", "text as a number"),
        ("81 a2 00662f332f302f39 0301", "a number as text"),
        ("81 a2 00662f332f302f39 0401", "a number as a truth value"),
        ("81 a2 00662f332f302f39 08624141", "text as bytes"),
        ("81 a2 00662f332f302f39 085f4101ff", "bytes in pieces"),
        ("81 a2 00662f332f302f39 02f6", "null"),
        ("81 a2 00662f332f302f39 02c249010000000000000000", "a bignum"),
        ("81 a2 00662f332f302f39 63766c6f01", "a number as a link"),
        ("81 a3 00662f332f302f39 0201 0201", "a value twice"),
        ("81 a3 00662f332f302f39 0201 036131", "two values"),
        ("81 a2 00662f332f302f39 0501", "a sum"),
        ("81 a2 00662f332f302f39 2401", "a base value"),
        ("81 a2 00662f332f302f39 2501", "a base sum"),
        ("81 a2 00662f332f302f39 62785f01", "a label that must be understood"),
        ("81 a2 00662f332f302f39 f501", "a label that is no label"),
        ("81 a2 00662f332f302f39 6178ff", "a break in passing"),
        ("81 a2 00662f332f302f39 6178 818181818181818181f6", "too deep"),
        ("81 a2 00662f332f302f39 6178 c1c1c1c1c1c1c1c1c1f6", "too many tags"),
        ("81 a2 00662f332f302f39 6178 bf01ff", "half a pair"),
        ("9bffffffffffffffff", "more records than there can be"),
        ("81 bbffffffffffffffff", "more fields than there can be"),
    ] {
        assert!(decode(ContentFormat::SenmlCbor, "/", &bytes(payload)).is_err(), "{why}");
    }
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
fn what_is_malformed_stays_so() {
    let mut decoder =
        Decoder::new(ContentFormat::Tlv, path("/3/0"), &[0xc1, 9, 5, 0x41, 0, 5, 0xc1, 9, 5]);
    assert!(matches!(decoder.next(), Ok(Some(_))));
    for _ in 0..3 {
        assert!(matches!(decoder.next(), Err(Malformed)));
    }
    let mut decoder = Decoder::new(ContentFormat::Link, path("/3/0"), b"</3>");
    for _ in 0..3 {
        assert!(matches!(decoder.next(), Err(Malformed)));
    }
}

#[test]
fn debug_output_shows_no_value() {
    let json = br#"[{"n":"/0/0/5","vd":"c2VjcmV0"},{"n":"/0/0/3","vs":"secret"}]"#;
    let shown = format!("{:?}", decode(ContentFormat::SenmlJson, "/", json).unwrap());
    assert!(shown.contains("/0/0/5"), "{shown}");
    assert!(!shown.contains("secret") && !shown.contains("c2VjcmV0"), "{shown}");
}

fn text_of_float(value: f64) -> String {
    String::from_utf8(encode_one(ContentFormat::Text, "/9/0/1", Value::Float(value))).unwrap()
}

fn float_of_text(text: &str) -> Option<f64> {
    match Raw::Text(text).value(Type::Float, &mut []) {
        Ok(Value::Float(value)) => Some(value),
        _ => None,
    }
}

#[test]
fn floats_are_printed_with_the_fewest_digits() {
    for (value, text) in [
        (0.0, "0"),
        (-0.0, "-0.0"),
        (1.0, "1"),
        (21.5, "21.5"),
        (-0.001, "-0.001"),
        (0.00001, "0.00001"),
        (0.000001, "1e-6"),
        (1.25e-7, "1.25e-7"),
        (123456789012.0, "123456789012"),
        (1e20, "100000000000000000000"),
        (1e21, "1e21"),
        (0.1 + 0.2, "0.30000000000000004"),
        (f64::MAX, "1.7976931348623157e308"),
        (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
        (5e-324, "5e-324"),
        (9007199254740993.0, "9007199254740992"),
        (5e22, "5e22"),
    ] {
        assert_eq!(text_of_float(value), text);
        assert_eq!(float_of_text(text).unwrap().to_bits(), value.to_bits(), "{text}");
    }
}

#[test]
fn hard_decimals_are_read_to_the_nearest_float() {
    for text in [
        // Halfway between two floats, and just beside it.
        "9007199254740993",
        "9007199254740993.0",
        "9007199254740992.9999",
        "9007199254740993.001",
        "2.2250738585072011e-308",
        "2.2250738585072014e-308",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "4.9e-324",
        "1e-400",
        "0e999",
        "1.7976931348623158e308",
        "8.5e15",
        "123456789012345678901234567890",
        "0.000000000000000000000000000000000000001e39",
        "100000000000000000000000000000000000000000e-41",
        "18446744073709551615",
        "18446744073709551616",
        "184467440737095516155",
        "184467440737095516160",
        "18446744073709551616.5",
        "6.02214076e23",
    ] {
        let expected: f64 = text.parse().unwrap();
        assert_eq!(float_of_text(text).map(f64::to_bits), Some(expected.to_bits()), "{text}");
    }
    assert_eq!(float_of_text("1.7976931348623159e308"), None);
}

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
    assert_eq!(hex(&encode(TREE, "/3/0/9", 1, one)), "bf8303000901ff");
}

/// A value with its own bytes, for the random trees.
#[derive(Clone, Debug)]
enum Owned {
    String(String),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
    Opaque(Vec<u8>),
    Time(i64),
    ObjectLink(u16, u16),
    CoreLink(String),
}

impl Owned {
    fn value(&self) -> Value<'_> {
        match self {
            Self::String(text) => Value::String(text),
            Self::Integer(value) => Value::Integer(*value),
            Self::Unsigned(value) => Value::Unsigned(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Boolean(value) => Value::Boolean(*value),
            Self::Opaque(bytes) => Value::Opaque(bytes),
            Self::Time(value) => Value::Time(*value),
            Self::ObjectLink(object, instance) => Value::ObjectLink(*object, *instance),
            Self::CoreLink(text) => Value::CoreLink(text),
        }
    }
}

/// Integers of all sizes.
fn integer() -> impl Strategy<Value = i64> {
    (any::<i64>(), 0u32..64).prop_map(|(value, shift)| value >> shift)
}

/// Floats of all sizes that are numbers.
fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        any::<u32>().prop_map(|bits| f64::from(f32::from_bits(bits))),
        (-1_000_000i32..1_000_000, 0..6)
            .prop_map(|(value, digits)| f64::from(value) / 10f64.powi(digits)),
    ]
    .prop_filter("finite", |value| value.is_finite())
}

fn owned() -> impl Strategy<Value = Owned> {
    prop_oneof![
        any::<String>().prop_map(Owned::String),
        integer().prop_map(Owned::Integer),
        integer().prop_map(|value| Owned::Unsigned(value.cast_unsigned())),
        finite().prop_map(Owned::Float),
        any::<bool>().prop_map(Owned::Boolean),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Owned::Opaque),
        integer().prop_map(Owned::Time),
        any::<(u16, u16)>().prop_map(|(object, instance)| Owned::ObjectLink(object, instance)),
        "[ -~]{0,20}".prop_map(Owned::CoreLink),
    ]
}

fn id() -> impl Strategy<Value = u16> {
    prop_oneof![0u16..20, any::<u16>()]
}

/// Object Instances with their resources: a single value, or Resource Instances.
type Tree = Vec<(u16, Vec<(u16, Vec<(Option<u16>, Owned)>)>)>;

fn tree() -> impl Strategy<Value = Tree> {
    let single = owned().prop_map(|value| vec![(None, value)]);
    let multiple = prop::collection::vec((id().prop_map(Some), owned()), 1..4);
    let resources = prop::collection::vec((id(), prop_oneof![3 => single, 1 => multiple]), 1..5);
    prop::collection::vec((id(), resources), 0..4)
}

type Borrowed<'t> = Vec<(u16, Vec<Resource<'t>>)>;

fn borrowed(tree: &Tree) -> Borrowed<'_> {
    tree.iter()
        .map(|(id, resources)| {
            let resources = resources
                .iter()
                .map(|(id, values)| {
                    (*id, values.iter().map(|(at, value)| (*at, value.value())).collect())
                })
                .collect();
            (*id, resources)
        })
        .collect()
}

/// All values of a tree with their paths.
fn flat<'t>(object: u16, tree: &Borrowed<'t>) -> Vec<(Path, Value<'t>)> {
    let mut all = Vec::new();
    for (instance, resources) in tree {
        for (resource, values) in resources {
            for (at, value) in values {
                let path = Path::resource(object, *instance, *resource);
                all.push((at.map_or(path, |at| path.child(at).unwrap()), *value));
            }
        }
    }
    all
}

fn encode_tree(
    format: ContentFormat,
    base: Path,
    object: u16,
    tree: &Borrowed<'_>,
    window: &mut Window<'_>,
) {
    let mut encoder = Encoder::new(format, base, flat(object, tree).len(), window);
    for (instance, resources) in tree {
        encoder.container(Container::Instance, *instance, resources_len(resources));
        write_resources(&mut encoder, Path::instance(object, *instance), resources);
    }
    encoder.finish();
}

/// Equal, and a float in all its bits.
fn same(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Float(a), Value::Float(b)) => a.to_bits() == b.to_bits(),
        _ => a == b,
    }
}

proptest! {
    #[test]
    fn a_tree_reads_as_it_was_written(object in id(), tree in tree(), below_root: bool) {
        let tree = borrowed(&tree);
        for format in TREES {
            let base = match format {
                ContentFormat::Tlv => Path::object(object),
                _ if below_root => Path::object(object),
                _ => Path::ROOT,
            };
            let mut buffer = vec![0; 1 << 16];
            let mut window = Window::new(&mut buffer, 0);
            encode_tree(format, base, object, &tree, &mut window);
            let len = window.kept();
            let mut decoder = Decoder::new(format, base, &buffer[..len]);
            for (path, value) in flat(object, &tree) {
                let entry = decoder.next().unwrap().unwrap();
                prop_assert_eq!(entry.path, path);
                let mut scratch = [0; 1024];
                let read = entry.raw.unwrap().value(value.type_of(), &mut scratch).unwrap();
                prop_assert!(same(&read, &value), "{:?} {:?} {:?}", format, read, value);
            }
            prop_assert!(matches!(decoder.next(), Ok(None)));
        }
    }

    #[test]
    fn a_value_reads_as_it_was_written(value in owned()) {
        let value = value.value();
        for format in FORMATS {
            if matches!(
                format,
                ContentFormat::Link | ContentFormat::SenmlEtchJson | ContentFormat::SenmlEtchCbor
            ) || (format == ContentFormat::Opaque && value.type_of() != Type::Opaque)
            {
                continue;
            }
            for base in ["/9/0/1", "/9/0/1/2"] {
                let encoded = encode_one(format, base, value);
                let entries = decode(format, base, &encoded).unwrap();
                prop_assert_eq!(entries.len(), 1);
                prop_assert_eq!(entries[0].path, path(base));
                let mut scratch = [0; 1024];
                let read = entries[0].raw.unwrap().value(value.type_of(), &mut scratch).unwrap();
                prop_assert!(same(&read, &value), "{:?} {:?} {:?}", format, read, value);
            }
        }
    }

    #[test]
    fn windows_of_any_size_make_the_whole(tree in tree(), size in 1usize..80) {
        let tree = borrowed(&tree);
        for format in TREES {
            let base = Path::object(3);
            let mut buffer = vec![0; 1 << 16];
            let mut window = Window::new(&mut buffer, 0);
            encode_tree(format, base, 3, &tree, &mut window);
            let len = window.kept();
            let mut pieces = Vec::new();
            loop {
                let mut block = vec![0; size];
                let mut window = Window::new(&mut block, pieces.len());
                encode_tree(format, base, 3, &tree, &mut window);
                let (kept, more) = (window.kept(), window.more());
                prop_assert_eq!(window.written(), len);
                pieces.extend_from_slice(&block[..kept]);
                if !more {
                    break;
                }
            }
            prop_assert_eq!(&pieces, &buffer[..len]);
        }
    }

    #[test]
    fn cbor_is_what_minicbor_writes(value in owned()) {
        let mut expected = [0; 1024];
        let mut items = minicbor::Encoder::new(&mut expected[..]);
        match &value {
            Owned::String(text) | Owned::CoreLink(text) => items.str(text),
            Owned::Integer(value) => items.i64(*value),
            // Epoch-based date/time.
            Owned::Time(value) => items.tag(minicbor::data::IanaTag::Timestamp).unwrap().i64(*value),
            Owned::Unsigned(value) => items.u64(*value),
            Owned::Float(value) if f64::from(*value as f32).to_bits() == value.to_bits()
                && (*value == 0.0 || (*value as f32).is_normal()) => items.f32(*value as f32),
            Owned::Float(value) => items.f64(*value),
            Owned::Boolean(value) => items.bool(*value),
            Owned::Opaque(bytes) => items.bytes(bytes),
            Owned::ObjectLink(object, instance) => items.str(&format!("{object}:{instance}")),
        }
        .unwrap();
        let left = items.writer().len();
        let len = expected.len() - left;
        prop_assert_eq!(encode_one(ContentFormat::Cbor, "/9/0/1", value.value()), &expected[..len]);
    }

    #[test]
    fn cbor_that_is_accepted_is_accepted_by_minicbor(
        payload in prop::collection::vec(any::<u8>(), 1..12),
    ) {
        if decode(ContentFormat::Cbor, "/9/0/1", &payload).is_ok() {
            let mut items = minicbor::Decoder::new(&payload);
            prop_assert!(items.skip().is_ok(), "{}", hex(&payload));
            prop_assert_eq!(items.position(), payload.len());
        }
    }

    #[test]
    fn any_bytes_come_to_an_end(
        payload in prop::collection::vec(any::<u8>(), 0..200),
        ids in prop::collection::vec(0u16..4, 0..4),
    ) {
        come_to_an_end(&ids, &payload);
    }

    #[test]
    fn well_formed_payloads_with_damage_come_to_an_end(
        tree in tree(),
        damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..4),
        cut in any::<prop::sample::Index>(),
    ) {
        let tree = borrowed(&tree);
        for format in TREES {
            let mut buffer = vec![0; 1 << 16];
            let mut window = Window::new(&mut buffer, 0);
            encode_tree(format, Path::ROOT, 3, &tree, &mut window);
            let len = window.kept();
            if len > 0 {
                for (at, byte) in &damage {
                    buffer[at.index(len)] = *byte;
                }
                let len = if damage.len() > 2 { cut.index(len) } else { len };
                come_to_an_end(&[], &buffer[..len]);
                come_to_an_end(&[3], &buffer[..len]);
            }
        }
    }

    #[test]
    fn text_like_bytes_come_to_an_end(text in r#"(\[|\]|\{|\}|"|\\u?|,|:|n|v|vs|bn|/3/0|[0-9.eE+-]| |é){0,40}"#) {
        come_to_an_end(&[], text.as_bytes());
    }

    #[test]
    fn printed_floats_read_as_the_same_number(value in finite()) {
        let text = text_of_float(value);
        prop_assert_eq!(text.parse::<f64>().unwrap().to_bits(), value.to_bits(), "{}", text);
        prop_assert_eq!(float_of_text(&text).unwrap().to_bits(), value.to_bits(), "{}", text);
        // No shorter one does: the digits of the standard library's are the fewest.
        let digits = |text: &str| {
            let mantissa = text.split('e').next().unwrap();
            let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
            digits.trim_matches('0').len()
        };
        prop_assert_eq!(digits(&text), digits(&format!("{value:e}")), "{}", text);
    }

    #[test]
    fn decimals_are_read_as_the_standard_library_does(
        mantissa: u64, digits in 1u32..20, exponent in -345i32..310,
    ) {
        let mantissa = mantissa % 10u64.pow(digits.min(19));
        let text = format!("{mantissa}e{exponent}");
        let expected: f64 = text.parse().unwrap();
        match float_of_text(&text) {
            Some(value) => prop_assert_eq!(value.to_bits(), expected.to_bits(), "{}", text),
            None => prop_assert!(expected.is_infinite(), "{}", text),
        }
    }

    #[test]
    fn long_decimals_are_read_to_the_last_bit(text in "[0-9]{1,30}\\.[0-9]{1,30}(e-?[0-9]{1,2})?") {
        let expected: f64 = text.parse().unwrap();
        let value = float_of_text(&text).unwrap();
        prop_assert!(value.to_bits().abs_diff(expected.to_bits()) <= 1, "{} {} {}", text, value, expected);
    }
}

/// Reads `payload` in each format and as each type; nothing may panic, nor take for ever.
fn come_to_an_end(ids: &[u16], payload: &[u8]) {
    let base = ids.iter().fold(Path::ROOT, |path, id| path.child(*id).unwrap());
    for format in FORMATS {
        let mut decoder = Decoder::new(format, base, payload);
        let mut steps = 0;
        while let Ok(Some(entry)) = decoder.next() {
            for wanted in TYPES {
                for scratch in [&mut [][..], &mut [0; 16]] {
                    if let Some(Ok(value)) = entry.raw.map(|raw| raw.value(wanted, scratch)) {
                        assert_eq!(value.type_of(), wanted);
                    }
                }
            }
            steps += 1;
            assert!(steps <= payload.len() + 1, "more entries than bytes");
        }
    }
}
