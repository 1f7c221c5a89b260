//! Floats as decimal text, to the last bit.

use crate::bench::encode_one;
use crate::strategies::finite;
use lwm2m_carrier::lwm2m::format::{ContentFormat, Raw};
use lwm2m_carrier::lwm2m::{Type, Value};
use proptest::prelude::*;

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

proptest! {
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
