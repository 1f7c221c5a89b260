//! Any payload, in any format, for any path: reading it comes to an end, and what can be read can
//! be written and read again.
//!
//! The first byte chooses the format, the second the length of the path, and as many bytes its
//! identifiers. The rest is the payload.
#![no_main]

#[path = "../../tests/formats/vocabulary.rs"]
mod vocabulary;

use libfuzzer_sys::fuzz_target;
use lwm2m_carrier::lwm2m::format::{ContentFormat, Decoder, Encoder};
use lwm2m_carrier::lwm2m::{Path, Value, Window};
use vocabulary::{FORMATS, TYPES};

fuzz_target!(|data: &[u8]| {
    let [format, level, rest @ ..] = data else {
        return;
    };
    let format = FORMATS[usize::from(*format) % FORMATS.len()];
    let Some((ids, payload)) = rest.split_at_checked(usize::from(*level) % 5) else {
        return;
    };
    let base = ids.iter().fold(Path::ROOT, |path, id| path.child(u16::from(*id)).unwrap());

    let mut decoder = Decoder::new(format, base, payload);
    let mut steps = 0;
    while let Ok(Some(entry)) = decoder.next() {
        steps += 1;
        assert!(steps <= payload.len() + 1, "more entries than bytes");
        assert!(base.contains(&entry.path));
        let Some(raw) = entry.raw else {
            continue;
        };
        for wanted in TYPES {
            let mut scratch = [0; 256];
            if let Ok(value) = raw.value(wanted, &mut scratch) {
                assert_eq!(value.type_of(), wanted);
                if entry.path.level() >= 3 {
                    again(format, entry.path, value);
                }
            }
        }
    }
    let end = decoder.next();
    assert!(end.is_err() || matches!(end, Ok(None)));
});

/// Writes `value`, and reads it as the same value.
fn again(format: ContentFormat, path: Path, value: Value<'_>) {
    // Nothing is written in these two.
    let format = match format {
        ContentFormat::SenmlEtchJson => ContentFormat::SenmlJson,
        ContentFormat::SenmlEtchCbor => ContentFormat::SenmlCbor,
        format => format,
    };
    if let Value::Float(number) = value
        && !number.is_finite()
    {
        return;
    }
    let mut buffer = [0; 8192];
    let mut window = Window::new(&mut buffer, 0);
    let mut encoder = Encoder::new(format, path, 1, &mut window);
    encoder.value(&path, &value);
    encoder.finish();
    if window.more() {
        return;
    }
    let len = window.kept();
    let mut decoder = Decoder::new(format, path, &buffer[..len]);
    let entry = decoder.next().expect("well-formed").expect("one value");
    assert_eq!(entry.path, path);
    let mut scratch = [0; 8192];
    let read = entry.raw.expect("a value").value(value.type_of(), &mut scratch);
    assert_eq!(read, Ok(value));
    assert!(matches!(decoder.next(), Ok(None)));
}
