//! Properties that hold for any input.

use crate::bench::{decode, encode_one, path};
use crate::device::{Resource, resources_len, write_resources};
use crate::strategies::{Tree, id, owned, tree};
use crate::vocabulary::{FORMATS, TYPES};
use lwm2m_carrier::lwm2m::format::{Container, ContentFormat, Decoder, Encoder};
use lwm2m_carrier::lwm2m::{Path, Type, Value, Window};
use proptest::prelude::*;

/// Formats that hold an object with all that is in it.
const TREES: [ContentFormat; 4] = [
    ContentFormat::Tlv,
    ContentFormat::SenmlCbor,
    ContentFormat::SenmlJson,
    ContentFormat::Lwm2mCbor,
];

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
