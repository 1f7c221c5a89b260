//! SenML packs of a server, and what a device's pack says; not by the library's own code.
#![allow(dead_code, reason = "each test file uses a part of it")]

use minicbor::Decoder;
use minicbor::data::Type;
use minicbor::decode::Error;
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
            let mut encoder = Encoder::new(Vec::new());
            encode(&records, &mut encoder);
            encoder.into_writer()
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
            let mut items = Decoder::new(payload);
            let pack = decode(&mut items).expect("CBOR");
            assert_eq!(items.position(), payload.len(), "bytes behind the pack");
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

/// Nothing is written that does not fit: it goes into a vector.
type Encoder = minicbor::Encoder<Vec<u8>>;

fn encode(value: &Value, out: &mut Encoder) {
    match value {
        Value::Null => out.null(),
        Value::Bool(on) => out.bool(*on),
        Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
            (Some(number), ..) => out.u64(number),
            (_, Some(number), _) => out.i64(number),
            (.., number) => out.f64(number.expect("a number")),
        },
        Value::String(text) => out.str(text),
        Value::Array(items) => {
            out.array(items.len() as u64).expect("room");
            items.iter().for_each(|item| encode(item, out));
            Ok(out)
        }
        Value::Object(fields) => {
            out.map(fields.len() as u64).expect("room");
            for (name, value) in fields {
                match LABELS.iter().find(|(label, _)| label == name) {
                    Some((_, number)) => out.i64(*number),
                    None => out.str(name),
                }
                .expect("room");
                match value {
                    // Opaque bytes: an array of numbers here.
                    Value::Array(bytes) => {
                        let byte = |byte: &Value| byte.as_u64().expect("a byte") as u8;
                        out.bytes(&bytes.iter().map(byte).collect::<Vec<_>>()).expect("room");
                    }
                    value => encode(value, out),
                }
            }
            Ok(out)
        }
    }
    .expect("room");
}

fn decode(items: &mut Decoder<'_>) -> Result<Value, Error> {
    Ok(match items.datatype()? {
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => json!(items.u64()?),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => json!(items.i64()?),
        Type::F32 => json!(items.f32()?),
        Type::F64 => json!(items.f64()?),
        Type::Bool => json!(items.bool()?),
        Type::Bytes => json!(items.bytes()?),
        Type::String => json!(items.str()?),
        Type::Array => {
            let len = items.array()?.expect("a length");
            Value::Array((0..len).map(|_| decode(items)).collect::<Result<_, _>>()?)
        }
        Type::Map => {
            let mut map = Map::new();
            for _ in 0..items.map()?.expect("a length") {
                let name = match decode(items)? {
                    Value::String(name) => name,
                    number => {
                        let known = LABELS.iter().find(|(_, label)| number == json!(label));
                        known.unwrap_or_else(|| panic!("label {number}")).0.to_string()
                    }
                };
                let value = decode(items)?;
                assert!(map.insert(name, value).is_none());
            }
            Value::Object(map)
        }
        other => panic!("{other} in a pack"),
    })
}
