//! CBOR: one value, as minicbor writes and reads it.

use crate::bench::{bytes, decode, encode_one, hex, holds};
use crate::strategies::{Owned, owned};
use lwm2m_carrier::lwm2m::Type;
use lwm2m_carrier::lwm2m::format::ContentFormat;
use proptest::prelude::*;

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

proptest! {
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
}
