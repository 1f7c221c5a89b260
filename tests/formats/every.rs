//! What holds for every format.

use crate::bench::{bytes, decode, encode_one, hex, holds, path};
use lwm2m_carrier::lwm2m::format::{ContentFormat, Decoder, Malformed};
use lwm2m_carrier::lwm2m::{Type, Value};

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
