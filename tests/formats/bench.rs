//! Reading and writing payloads.

use lwm2m_carrier::lwm2m::format::{ContentFormat, Decoder, Encoder, Entry, Malformed, Raw};
use lwm2m_carrier::lwm2m::{Path, Type, Value, Window};

pub fn path(text: &str) -> Path {
    Path::parse(text).unwrap()
}

pub fn bytes(hex: &str) -> Vec<u8> {
    let digits: String = hex.split_whitespace().collect();
    assert!(digits.len().is_multiple_of(2), "{hex}");
    (0..digits.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
        .collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn decode<'p>(
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
pub fn shown(raw: Raw<'_>, wanted: Type) -> String {
    let mut scratch = [0; 512];
    match raw.value(wanted, &mut scratch) {
        Ok(Value::Opaque(bytes)) => format!("Opaque({})", hex(bytes)),
        Ok(value) => format!("{value:?}"),
        Err(Malformed) => "malformed".into(),
    }
}

/// Checks that `payload` holds just the values of `expected`, in this order.
#[track_caller]
pub fn holds(format: ContentFormat, base: &str, payload: &[u8], expected: &[(&str, Type, &str)]) {
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

pub fn encode(
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

pub fn encode_one(format: ContentFormat, base: &str, value: Value<'_>) -> Vec<u8> {
    encode(format, base, 1, |encoder| encoder.value(&path(base), &value))
}
