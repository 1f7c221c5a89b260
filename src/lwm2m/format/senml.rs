//! SenML in JSON and in CBOR (RFC 8428; how LwM2M uses it: Core 7.4.4 and 7.4.5).
//!
//! A pack is an array of records. A record is a map of fields, each known by a label: a name, at
//! most one value, and base fields, which hold for this record and those behind it. The path of a
//! record is its base name with its name put behind.

use super::decimal::put_unsigned;
use super::{Entry, Malformed, Raw, cbor, float, json, raw};
use crate::lwm2m::path::parse_id;
use crate::lwm2m::{Path, Value, Window};

/// Labels, as the numbers that CBOR has for them (RFC 8428, table 4).
mod label {
    pub const BASE_SUM: i8 = -6;
    pub const BASE_VALUE: i8 = -5;
    pub const BASE_NAME: i8 = -2;
    pub const NAME: i8 = 0;
    pub const VALUE: i8 = 2;
    pub const STRING: i8 = 3;
    pub const BOOLEAN: i8 = 4;
    pub const SUM: i8 = 5;
    pub const DATA: i8 = 8;
    /// LwM2M's own, which has no number in CBOR.
    pub const LINK: i8 = 9;
    pub const UNKNOWN: i8 = 10;

    /// Their texts, from the lowest number on.
    pub const TEXTS: [&str; 16] = [
        "bs", "bv", "bu", "bt", "bn", "bver", "n", "u", "v", "vs", "vb", "s", "t", "ut", "vd",
        "vlo",
    ];
}

/// Bytes of the longest path, with a slash at both ends.
const PATH: usize = "/65535/65535/65535/65535/".len();

/// The label that is written as `text`.
fn label(text: &str) -> Result<i8, Malformed> {
    match label::TEXTS.iter().position(|known| *known == text) {
        Some(at) => Ok(at as i8 + label::BASE_SUM),
        // Who does not understand such a label must not go on (RFC 8428, 4.4).
        None if text.as_bytes().last() == Some(&b'_') => Err(Malformed),
        None => Ok(label::UNKNOWN),
    }
}

/// The two encodings of a pack.
enum Source<'p> {
    Json(json::Reader<'p>),
    Cbor {
        items: cbor::Reader<'p>,
        /// Records to come; `None`: until a break.
        records: Option<usize>,
        /// Fields of this record to come; `None`: until a break.
        fields: Option<usize>,
    },
}

/// Walks over the records.
pub(super) struct Reader<'p> {
    source: Source<'p>,
    base: Path,
    /// With JSON's escapes, if it came in JSON.
    base_name: Raw<'p>,
}

impl<'p> Reader<'p> {
    /// Opens a pack in JSON. Records outside of `base` are malformed.
    pub(super) fn json(base: Path, payload: &'p [u8]) -> Result<Self, Malformed> {
        let text = core::str::from_utf8(payload).map_err(|_| Malformed)?;
        let mut items = json::Reader::new(text);
        items.open(b'[')?;
        Ok(Self { source: Source::Json(items), base, base_name: Raw::String("") })
    }

    /// Opens a pack in CBOR. Records outside of `base` are malformed.
    pub(super) fn cbor(base: Path, payload: &'p [u8]) -> Result<Self, Malformed> {
        let mut items = cbor::Reader::new(payload);
        let records = items.open(cbor::major::ARRAY)?;
        let source = Source::Cbor { items, records, fields: Some(0) };
        Ok(Self { source, base, base_name: Raw::String("") })
    }

    /// The next record; `None` when the pack is at its end, and the payload too.
    pub(super) fn next(&mut self) -> Result<Option<Entry<'p>>, Malformed> {
        if !self.source.record()? {
            return if self.source.at_end() { Ok(None) } else { Err(Malformed) };
        }
        let mut name = Raw::String("");
        let mut value = None;
        let mut seen = 0u32;
        while let Some(label) = self.source.label()? {
            if label != label::UNKNOWN {
                let bit = 1u32 << (label - label::BASE_SUM);
                if seen & bit != 0 {
                    return Err(Malformed);
                }
                seen |= bit;
            }
            match label {
                label::BASE_NAME => self.base_name = self.source.text()?,
                label::NAME => name = self.source.text()?,
                // To ignore sums would make a wrong value of a right one.
                label::BASE_VALUE | label::BASE_SUM | label::SUM => return Err(Malformed),
                label::VALUE | label::STRING | label::BOOLEAN | label::DATA | label::LINK => {
                    let raw = self.source.value(label)?.ok_or(Malformed)?;
                    if value.replace(raw).is_some() {
                        return Err(Malformed);
                    }
                }
                _ => self.source.skip()?,
            }
        }
        let path = path(self.base_name, name).ok_or(Malformed)?;
        if !self.base.contains(&path) {
            return Err(Malformed);
        }
        Ok(Some(Entry { path, raw: value }))
    }
}

impl<'p> Source<'p> {
    /// Goes to the next record.
    fn record(&mut self) -> Result<bool, Malformed> {
        match self {
            Self::Json(json) => {
                let more = json.item(b']')?;
                if more {
                    json.open(b'{')?;
                }
                Ok(more)
            }
            Self::Cbor { items, records, fields } => {
                let more = items.item(records);
                if more {
                    *fields = items.open(cbor::major::MAP)?;
                }
                Ok(more)
            }
        }
    }

    /// Goes to the next field of the record.
    fn label(&mut self) -> Result<Option<i8>, Malformed> {
        let name = match self {
            Self::Json(json) => {
                if !json.item(b'}')? {
                    return Ok(None);
                }
                json.name()?
            }
            Self::Cbor { items, fields, .. } => {
                if !items.item(fields) {
                    return Ok(None);
                }
                items.scalar()?
            }
        };
        Ok(Some(match name {
            Raw::Integer(true, number @ 1..=6) => -(number as i8),
            Raw::Integer(false, number @ 0..=8) => number as i8,
            Raw::Integer(..) => label::UNKNOWN,
            Raw::String(name) => label(name)?,
            Raw::Escaped(name) => {
                // No label that is known is longer.
                let mut buffer = [0; 8];
                let mut out = Window::new(&mut buffer, 0);
                json::unescape(name, &mut out).ok_or(Malformed)?;
                let len = out.written();
                let text = buffer.get(..len).ok_or(Malformed)?;
                label(core::str::from_utf8(text).map_err(|_| Malformed)?)?
            }
            _ => return Err(Malformed),
        }))
    }

    /// Takes a string, a number, a truth value or bytes.
    fn scalar(&mut self) -> Result<Raw<'p>, Malformed> {
        match self {
            Self::Json(json) => json.scalar(),
            Self::Cbor { items, .. } => items.scalar(),
        }
    }

    /// Takes a name.
    fn text(&mut self) -> Result<Raw<'p>, Malformed> {
        match self.scalar()? {
            text @ (Raw::String(_) | Raw::Escaped(_)) => Ok(text),
            _ => Err(Malformed),
        }
    }

    /// Takes the value of a field; `None`: it is none that `label` can have.
    fn value(&mut self, label: i8) -> Result<Option<Raw<'p>>, Malformed> {
        let raw = self.scalar()?;
        let json = matches!(self, Self::Json(_));
        Ok(match (label, raw) {
            (label::VALUE, Raw::Integer(..) | Raw::Float(_)) => Some(raw),
            (label::STRING, Raw::String(_) | Raw::Escaped(_)) => Some(raw),
            (label::BOOLEAN, Raw::Boolean(_)) => Some(raw),
            (label::DATA, Raw::Opaque(_)) => Some(raw),
            (label::DATA, Raw::String(text)) if json => Some(Raw::Base64(text)),
            (label::LINK, Raw::String(text)) => {
                raw::parse_link(text).map(|(object, instance)| Raw::ObjectLink(object, instance))
            }
            _ => None,
        })
    }

    /// Takes the value of a field that does not matter.
    fn skip(&mut self) -> Result<(), Malformed> {
        match self {
            Self::Json(json) => json.skip(),
            Self::Cbor { items, .. } => items.skip(),
        }
    }

    fn at_end(&mut self) -> bool {
        match self {
            Self::Json(json) => json.at_end(),
            Self::Cbor { items, .. } => items.at_end(),
        }
    }
}

/// The path that a base name and a name make together.
fn path(base_name: Raw<'_>, name: Raw<'_>) -> Option<Path> {
    let mut buffer = [0; PATH];
    let mut out = Window::new(&mut buffer, 0);
    for part in [base_name, name] {
        match part {
            Raw::Escaped(text) => json::unescape(text, &mut out)?,
            Raw::String(text) => out.put(text.as_bytes()),
            _ => return None,
        }
    }
    let len = out.written();
    let text = buffer.get(..len)?;
    if text == b"/" {
        return Some(Path::ROOT);
    }
    let text = text.strip_prefix(b"/").unwrap_or(text);
    let text = text.strip_suffix(b"/").unwrap_or(text);
    let mut ids = text.split(|byte| *byte == b'/');
    ids.try_fold(Path::ROOT, |path, id| path.child(parse_id(id)?))
}

/// Writes a pack.
pub(super) struct Writer {
    json: bool,
    base: Path,
    first: bool,
}

impl Writer {
    /// A pack of `records` records that have names below `base`.
    pub(super) fn new(out: &mut Window<'_>, json: bool, base: Path, records: usize) -> Self {
        if json {
            out.put(b"[");
        } else {
            cbor::put_head(out, cbor::major::ARRAY, records as u64);
        }
        Self { json, base, first: true }
    }

    /// Writes a record. The first one has the base name.
    pub(super) fn record(&mut self, out: &mut Window<'_>, path: &Path, value: &Value<'_>) {
        let first = core::mem::replace(&mut self.first, false);
        let level = self.base.level();
        let rest = path.ids().get(level..).unwrap_or_default();
        let (mut base_name, mut name) = ([0; PATH], [0; PATH]);
        let base_name = match first {
            true => path_text(self.base.ids(), true, !rest.is_empty(), &mut base_name),
            false => &[],
        };
        let name = path_text(rest, level == 0, false, &mut name);

        let value_label = match value {
            Value::String(_) | Value::CoreLink(_) => label::STRING,
            Value::Boolean(_) => label::BOOLEAN,
            Value::Opaque(_) => label::DATA,
            Value::ObjectLink(..) => label::LINK,
            _ => label::VALUE,
        };
        if self.json {
            out.put(if first { b"{" } else { b",{" });
        } else {
            let fields = 1 + u8::from(!base_name.is_empty()) + u8::from(!name.is_empty());
            out.put_u8(0xa0 | fields);
        }
        let mut comma: &[u8] = &[];
        for (label, name) in [(label::BASE_NAME, base_name), (label::NAME, name)] {
            if name.is_empty() {
                continue;
            }
            self.label(out, comma, label);
            comma = b",";
            if self.json {
                out.put(b"\"");
                out.put(name);
                out.put(b"\"");
            } else {
                cbor::put_text(out, name);
            }
        }
        if !self.json {
            self.label(out, comma, value_label);
            cbor::put_value(out, value);
        } else if !matches!(value, Value::Float(value) if !float::is_finite(*value)) {
            self.label(out, comma, value_label);
            json::put_value(out, value);
        }
        if self.json {
            out.put(b"}");
        }
    }

    /// Writes the end of the pack.
    pub(super) fn end(&self, out: &mut Window<'_>) {
        if self.json {
            out.put(b"]");
        }
    }

    fn label(&self, out: &mut Window<'_>, comma: &[u8], label: i8) {
        let at = label.abs_diff(label::BASE_SUM);
        let text = label::TEXTS.get(usize::from(at)).map_or(&[][..], |text| text.as_bytes());
        if self.json {
            out.put(comma);
            out.put(b"\"");
            out.put(text);
            out.put(b"\":");
        } else if label == label::LINK {
            cbor::put_text(out, text);
        } else {
            // All of them are so small that they are one byte: 0x20 and on when negative.
            out.put_u8(if label < 0 {
                0x20 | (!label).cast_unsigned()
            } else {
                label.cast_unsigned()
            });
        }
    }
}

/// The text of a path or of a part of it, with a slash before and behind it if wanted.
fn path_text<'b>(ids: &[u16], before: bool, behind: bool, buffer: &'b mut [u8; PATH]) -> &'b [u8] {
    let mut out = Window::new(buffer, 0);
    for (i, id) in ids.iter().enumerate() {
        if i > 0 || before {
            out.put(b"/");
        }
        put_unsigned(&mut out, (*id).into());
    }
    if behind && !ids.is_empty() {
        out.put(b"/");
    }
    let len = out.kept();
    buffer.get(..len).unwrap_or_default()
}
