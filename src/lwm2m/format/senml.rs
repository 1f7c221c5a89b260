//! SenML in JSON and in CBOR (RFC 8428; how LwM2M uses it: Core 7.4.4 and 7.4.5).
//!
//! A pack is an array of records. A record is a map of fields, each known by a label: a name, at
//! most one value, and base fields, which hold for this record and those behind it. The path of a
//! record is its base name with its name put behind.

use super::decimal::put_number;
use super::items::{Kind, Reader as Items};
use super::{Entry, Raw, cbor, float, json, raw, text};
use crate::lwm2m::{Path, Value, Window};

/// Labels, from the lowest number on that CBOR has for them (RFC 8428, table 4).
mod label {
    pub const BASE_TIME: u8 = 3;
    pub const BASE_NAME: u8 = 4;
    pub const NAME: u8 = 6;
    pub const VALUE: u8 = 8;
    pub const STRING: u8 = 9;
    pub const BOOLEAN: u8 = 10;
    pub const DATA: u8 = 14;
    /// LwM2M's own, which has no number in CBOR.
    pub const LINK: u8 = 15;
    pub const UNKNOWN: u8 = 16;

    /// The label with the number 0.
    pub const ZERO: u8 = NAME;
    /// A record has one of these at most.
    pub const VALUES: u32 = 1 << VALUE | 1 << STRING | 1 << BOOLEAN | 1 << DATA | 1 << LINK;
    /// What does not matter. Base values and sums do: to ignore them would make a wrong value of a
    /// right one.
    pub const IGNORED: u32 = 0b1_0011_0000_1010_1100;

    /// Their texts.
    pub const TEXTS: [[u8; 4]; 16] = [
        *b"bs  ", *b"bv  ", *b"bu  ", *b"bt  ", *b"bn  ", *b"bver", *b"n   ", *b"u   ", *b"v   ",
        *b"vs  ", *b"vb  ", *b"s   ", *b"t   ", *b"ut  ", *b"vd  ", *b"vlo ",
    ];
}

/// Bytes of the longest path, with a slash at both ends.
const PATH: usize = "/65535/65535/65535/65535/".len();

/// Which label `name` is.
fn label(name: Raw<'_>) -> Option<u8> {
    let label = match name {
        Raw::Integer(true, number @ 1..=6) => label::ZERO - number as u8,
        Raw::Integer(false, number @ 0..=8) => label::ZERO + number as u8,
        Raw::Integer(..) => label::UNKNOWN,
        _ => {
            let mut text = [0; 32];
            let mut out = Window::new(&mut text, 0);
            name.put_text(&mut out)?;
            let len = out.written();
            let text = text.get(..len)?;
            // Who does not understand such a label must not go on (RFC 8428, 4.4).
            if text.last() == Some(&b'_') {
                return None;
            }
            let known = label::TEXTS.iter().position(|known| known.trim_ascii_end() == text);
            known.map_or(label::UNKNOWN, |at| at as u8)
        }
    };
    Some(label)
}

/// Walks over the records.
pub(super) struct Reader<'p> {
    items: Items<'p>,
    /// For the items of the array that they are.
    records: u32,
    /// Whether a value may be null: what is there goes (RFC 8790).
    etch: bool,
    base: Path,
    /// With JSON's escapes, if it came in JSON.
    base_name: Option<Raw<'p>>,
}

impl<'p> Reader<'p> {
    /// A pack that is to be opened. Records outside of `base` are malformed.
    pub(super) fn new(json: bool, etch: bool, base: Path, payload: &'p [u8]) -> Self {
        Self { items: Items::new(json, payload), records: 0, etch, base, base_name: None }
    }

    /// Opens the pack.
    pub(super) fn open(&mut self) -> Option<()> {
        self.records = self.items.open(Kind::Array)?;
        Some(())
    }

    /// Reads the next record. Whether there is one; if not, the payload is at its end too.
    pub(super) fn next(&mut self, entry: &mut Entry<'p>) -> Option<bool> {
        let items = &mut self.items;
        if !items.item(&mut self.records, Kind::Array)? {
            return (items.peek().is_none()).then_some(false);
        }
        let mut name = None;
        entry.raw = None;
        let mut seen = 0;
        let mut fields = items.open(Kind::Map)?;
        while items.item(&mut fields, Kind::Map)? {
            let label = label(items.name()?)?;
            let bit = 1 << label;
            let group = if bit & label::VALUES != 0 { label::VALUES } else { bit };
            if seen & group != 0 {
                return None;
            }
            if label != label::UNKNOWN {
                seen |= bit;
            }
            if bit & label::IGNORED != 0 {
                items.skip()?;
                continue;
            }
            let mut raw = items.scalar()?;
            let fits = match (label, &raw) {
                (_, Raw::Null) => {
                    cfg!(feature = "composite") && self.etch && bit & label::VALUES != 0
                }
                (label::BASE_NAME | label::NAME | label::STRING, text) => text.is_text(),
                (label::VALUE, Raw::Integer(..) | Raw::Float(_)) => true,
                (label::BOOLEAN, Raw::Boolean(_)) | (label::DATA, Raw::Opaque(_)) => true,
                (label::DATA, Raw::String(text)) if items.is_json() => {
                    raw = Raw::Base64(text);
                    true
                }
                (label::LINK, Raw::String(text)) => raw::parse_link(text).is_some(),
                _ => false,
            };
            if !fits {
                return None;
            }
            let place = match label {
                label::BASE_NAME => &mut self.base_name,
                label::NAME => &mut name,
                _ => &mut entry.raw,
            };
            *place = Some(raw);
        }
        // Base name and name together.
        let mut text = [0; PATH];
        let mut out = Window::new(&mut text, 0);
        for part in [self.base_name, name].iter().flatten() {
            part.put_text(&mut out)?;
        }
        let len = out.written();
        if len == 0 {
            return None;
        }
        entry.path = Path::ROOT;
        entry.path.extend(text.get(..len)?)?;
        self.base.contains(&entry.path).then_some(true)
    }
}

/// Writes a pack.
pub(super) struct Writer {
    json: bool,
    base: Path,
    /// Where the head is that says how many records there are.
    start: usize,
    /// How many it says, if that takes more than one byte; else 0.
    told: usize,
    /// How many there are.
    records: usize,
    /// Base time of the next record, if it is another than before.
    time: Option<i64>,
}

/// The head of an array of fewer records than this is one byte.
const MANY: usize = 24;

impl Writer {
    /// A pack of records that have names below `base`.
    pub(super) fn new(json: bool, base: Path) -> Self {
        Self { json, base, start: 0, told: 0, records: 0, time: None }
    }

    const fn is_json(&self) -> bool {
        super::is_json(self.json)
    }

    /// Writes the start of the pack, with the number of its records if they are [`MANY`]: else it is
    /// known in time.
    pub(super) fn begin(&mut self, out: &mut Window<'_>, records: usize) {
        self.start = out.written();
        if self.is_json() {
            return out.put_u8(b'[');
        }
        if records >= MANY {
            self.told = records;
        }
        cbor::put_head(out, cbor::major::ARRAY, self.told as u64);
    }

    /// Values from the next one on are of this time.
    pub(super) fn at(&mut self, seconds: i64) {
        self.time = Some(seconds);
    }

    /// Writes a record. The first one has the base name.
    pub(super) fn record(&mut self, out: &mut Window<'_>, path: &Path, value: &Value<'_>) {
        let first = self.records == 0;
        self.records += 1;
        let base = if first { self.base.ids() } else { &[] };
        let rest = path.ids().get(self.base.level()..).unwrap_or_default();
        let time = self.time.take();
        if self.is_json() {
            out.put(if first { b"{" } else { b",{" });
        } else {
            let names = u8::from(!base.is_empty()) + u8::from(!rest.is_empty());
            out.put_u8(0xa1 + names + u8::from(time.is_some()));
        }
        let mut comma: &[u8] = &[];
        if !base.is_empty() {
            self.name(out, comma, label::BASE_NAME, base, true, !rest.is_empty());
            comma = b",";
        }
        if !rest.is_empty() {
            self.name(out, comma, label::NAME, rest, self.base.level() == 0, false);
            comma = b",";
        }
        if let Some(time) = time {
            self.label(out, comma, label::BASE_TIME);
            comma = b",";
            let time = Value::Integer(time);
            if self.is_json() { text::put_value(out, &time) } else { cbor::put_value(out, &time) }
        }
        let label = match value {
            Value::Float(value) if self.is_json() && !float::is_finite(*value) => {
                return out.put_u8(b'}');
            }
            Value::String(_) | Value::CoreLink(_) => label::STRING,
            Value::Boolean(_) => label::BOOLEAN,
            Value::Opaque(_) => label::DATA,
            Value::ObjectLink(..) => label::LINK,
            _ => label::VALUE,
        };
        self.label(out, comma, label);
        if self.is_json() {
            json::put_value(out, value);
            out.put_u8(b'}');
        } else {
            cbor::put_value(out, value);
        }
    }

    /// Writes the end of the pack. How many records there are, if the head has to say so and has not the
    /// room; else 0.
    pub(super) fn end(&self, out: &mut Window<'_>) -> usize {
        if self.is_json() {
            out.put_u8(b']');
        } else if self.told != self.records {
            if self.told > 0 || self.records >= MANY {
                return self.records;
            }
            out.replace(self.start, cbor::major::ARRAY << 5 | self.records as u8);
        }
        0
    }

    /// Writes a field that is a path or a part of it.
    fn name(
        &self,
        out: &mut Window<'_>,
        comma: &[u8],
        label: u8,
        ids: &[u16],
        before: bool,
        behind: bool,
    ) {
        self.label(out, comma, label);
        let mut text = [0; PATH];
        let mut path = Window::new(&mut text, 0);
        put_path(&mut path, ids, before, behind);
        let len = path.written();
        let text = text.get(..len).unwrap_or_default();
        if self.is_json() {
            out.put_u8(b'"');
            out.put(text);
            out.put_u8(b'"');
        } else {
            cbor::put_head(out, cbor::major::TEXT, len as u64);
            out.put(text);
        }
    }

    fn label(&self, out: &mut Window<'_>, comma: &[u8], label: u8) {
        let text =
            || label::TEXTS.get(usize::from(label)).map_or(&[][..], |text| text.trim_ascii_end());
        if self.is_json() {
            out.put(comma);
            out.put_u8(b'"');
            out.put(text());
            out.put(b"\":");
        } else if label == label::LINK {
            cbor::put_text(out, &|out| out.put(text()));
        } else {
            // All of them are so small that they are one byte: 0x20 and on when negative.
            out.put_u8(match label.checked_sub(label::ZERO) {
                Some(number) => number,
                None => 0x1f + label::ZERO - label,
            });
        }
    }
}

/// Writes a path or a part of it, with a slash before and behind it if wanted.
pub fn put_path(out: &mut Window<'_>, ids: &[u16], before: bool, behind: bool) {
    for (i, id) in ids.iter().enumerate() {
        if i > 0 || before {
            out.put_u8(b'/');
        }
        // Most are, and a division takes long.
        match u8::try_from(*id) {
            Ok(digit @ 0..10) => out.put_u8(b'0' + digit),
            Ok(id @ 10..100) => {
                out.put_u8(b'0' + id / 10);
                out.put_u8(b'0' + id % 10);
            }
            _ => put_number(out, (*id).into()),
        }
    }
    if behind {
        out.put_u8(b'/');
    }
}

#[cfg(all(test, feature = "senml-json"))]
mod tests {
    use super::*;

    fn path_of(pack: &[u8]) -> Option<Path> {
        let mut entry = Entry { path: Path::ROOT, raw: None };
        let mut reader = Reader::new(true, false, Path::ROOT, pack);
        reader.open()?;
        reader.next(&mut entry)?.then_some(entry.path)
    }

    #[test]
    fn a_label_with_a_space_behind_it_is_another_label() {
        let path = Path::resource(3, 0, 1);
        assert_eq!(path_of(br#"[{"n":"/3/0/1","vs":"a"}]"#), Some(path));
        assert_eq!(path_of(br#"[{"bn":"/3/0/","n":"1","n ":"2","vs":"a"}]"#), Some(path));
        assert_eq!(path_of(br#"[{"n ":"/3/0/1","vs":"a"}]"#), None);
    }
}
