//! Text and opaque: the payload is the value.

use crate::bench::{decode, encode_one, holds};
use lwm2m_carrier::lwm2m::format::ContentFormat;
use lwm2m_carrier::lwm2m::{Type, Value};

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
