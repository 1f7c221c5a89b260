//! SenML CBOR: a payload of Leshan, and what must be refused.

use crate::bench::{bytes, decode, holds};
use lwm2m_carrier::lwm2m::Type;
use lwm2m_carrier::lwm2m::format::ContentFormat;

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
