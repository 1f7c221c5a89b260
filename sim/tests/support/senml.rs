//! SenML packs of a server, and what a device's pack says; not by the library's own code.
#![allow(dead_code, reason = "each test file uses a part of it")]

use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

pub const JSON: u16 = 110;
pub const CBOR: u16 = 112;

/// A pack with a record for each path, with these fields beside its name.
pub fn pack(format: u16, records: &[(&str, Value)]) -> Vec<u8> {
    let records = records.iter().map(|(path, fields)| {
        let mut record = Map::from_iter([("n".to_string(), json!(path))]);
        record.extend(fields.as_object().expect("fields").clone());
        Value::Object(record)
    });
    let records = Value::Array(records.collect());
    match format {
        CBOR => {
            let mut bytes = Vec::new();
            encode(&records, &mut bytes);
            bytes
        }
        _ => serde_json::to_vec(&records).expect("JSON"),
    }
}

/// A list of paths.
pub fn list(format: u16, paths: &[&str]) -> Vec<u8> {
    let records: Vec<(&str, Value)> = paths.iter().map(|path| (*path, json!({}))).collect();
    pack(format, &records)
}

/// What a pack says: path and value.
///
/// # Panics
/// If it is not SenML, or names a path twice.
pub fn values(format: u16, payload: &[u8]) -> BTreeMap<String, Value> {
    let pack = match format {
        CBOR => {
            let mut rest = payload;
            let pack = decode(&mut rest);
            assert!(rest.is_empty(), "bytes behind the pack");
            pack
        }
        _ => serde_json::from_slice(payload).expect("JSON"),
    };
    let mut base = String::new();
    let mut values = BTreeMap::new();
    for record in pack.as_array().expect("an array") {
        if let Some(name) = record["bn"].as_str() {
            base = name.to_string();
        }
        let path = base.clone() + record["n"].as_str().unwrap_or_default();
        let value = ["v", "vs", "vb", "vd", "vlo"].iter().find_map(|label| record.get(label));
        let value = value.unwrap_or(&Value::Null).clone();
        assert!(values.insert(path.clone(), value).is_none(), "{path} comes twice");
    }
    values
}

/// Labels that CBOR has numbers for.
const LABELS: [(&str, i64); 6] = [("bn", -2), ("n", 0), ("v", 2), ("vs", 3), ("vb", 4), ("vd", 8)];

fn head(major: u8, argument: u64, out: &mut Vec<u8>) {
    let wide = argument.to_be_bytes();
    let (info, rest) = match argument {
        0..=23 => (argument as u8, &[][..]),
        24..=0xff => (24, &wide[7..]),
        0x100..=0xffff => (25, &wide[6..]),
        0x1_0000..=0xffff_ffff => (26, &wide[4..]),
        _ => (27, &wide[..]),
    };
    out.push(major << 5 | info);
    out.extend(rest);
}

fn encode(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(on) => out.push(0xf4 + u8::from(*on)),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => head(0, number, out),
            (_, Some(number), _) => head(1, !number as u64, out),
            (.., number) => {
                out.push(0xfb);
                out.extend(number.expect("a number").to_be_bytes());
            }
        },
        Value::String(text) => {
            head(3, text.len() as u64, out);
            out.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(4, items.len() as u64, out);
            items.iter().for_each(|item| encode(item, out));
        }
        Value::Object(fields) => {
            head(5, fields.len() as u64, out);
            for (name, value) in fields {
                match LABELS.iter().find(|(label, _)| label == name) {
                    Some((_, number)) => encode(&json!(number), out),
                    None => encode(&json!(name), out),
                }
                match value {
                    // Opaque bytes: an array of numbers here.
                    Value::Array(bytes) => {
                        head(2, bytes.len() as u64, out);
                        out.extend(bytes.iter().map(|byte| byte.as_u64().expect("a byte") as u8));
                    }
                    value => encode(value, out),
                }
            }
        }
    }
}

fn take<'b>(rest: &mut &'b [u8], len: usize) -> &'b [u8] {
    let (part, tail) = rest.split_at(len);
    *rest = tail;
    part
}

fn decode(rest: &mut &[u8]) -> Value {
    let [first] = take(rest, 1) else { unreachable!() };
    let (major, info) = (first >> 5, first & 31);
    let wide = |bytes: &[u8]| bytes.iter().fold(0u64, |all, byte| all << 8 | u64::from(*byte));
    let argument = match info {
        0..=23 => info.into(),
        24..=27 => wide(take(rest, 1 << (info - 24))),
        _ => panic!("an argument of kind {info}"),
    };
    let len = argument as usize;
    match major {
        0 => json!(argument),
        1 => json!(-1 - argument as i64),
        2 => json!(take(rest, len)),
        3 => json!(std::str::from_utf8(take(rest, len)).expect("UTF-8")),
        4 => Value::Array((0..argument).map(|_| decode(rest)).collect()),
        5 => {
            let mut map = Map::new();
            for _ in 0..argument {
                let name = match decode(rest) {
                    Value::String(name) => name,
                    number => {
                        let known = LABELS.iter().find(|(_, label)| number == json!(label));
                        known.unwrap_or_else(|| panic!("label {number}")).0.to_string()
                    }
                };
                let value = decode(rest);
                assert!(map.insert(name, value).is_none());
            }
            Value::Object(map)
        }
        _ => match info {
            20 | 21 => json!(info == 21),
            26 => json!(f64::from(f32::from_bits(argument as u32))),
            27 => json!(f64::from_bits(argument)),
            _ => panic!("simple value {info}"),
        },
    }
}
