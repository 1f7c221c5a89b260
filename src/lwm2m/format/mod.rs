//! Data formats: how values stand in a payload (Core 7.4).
//!
//! Reading goes in two steps. A [`Decoder`] walks over a payload and yields [`Entry`]s: a path and
//! a [`Raw`] value, still as the format has it. What type it has is known by the definition of the
//! resource only, so [`Raw::value`] makes a [`Value`] of it when asked for that type.
//! Writing takes typed values, in the order in which they are to stand: see [`Encoder`].

mod base64;
mod cbor;
pub mod decimal;
pub(crate) mod float;
mod items;
mod json;
mod raw;
mod senml;
mod text;
pub mod tlv;
mod tree;

pub use decimal::{put_float, put_integer, put_number};
pub use raw::Raw;
pub(crate) use senml::put_path;
pub use tlv::{entry_len, value_len};

use super::{Path, Value, Window};

/// Whether there is SenML at all.
const SENML: bool = cfg!(any(feature = "cbor", feature = "senml-json"));

/// Whether opaque values have a text.
pub(super) const BASE64: bool = cfg!(feature = "base64");

/// Whether SenML is JSON, where a reader or writer was told so: with one of both compiled in, that is
/// known beforehand.
const fn is_json(told: bool) -> bool {
    cfg!(feature = "senml-json") && (told || !cfg!(feature = "cbor"))
}

/// A payload format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContentFormat {
    /// `text/plain;charset=utf-8`: one value.
    Text,
    /// `application/octet-stream`: one opaque value.
    Opaque,
    /// `application/cbor`: one value.
    Cbor,
    /// `application/link-format`: what Register, Discover and Bootstrap-Discover carry.
    Link,
    /// `application/senml+json`.
    SenmlJson,
    /// `application/senml+cbor`.
    SenmlCbor,
    /// `application/vnd.oma.lwm2m+tlv`.
    Tlv,
    /// `application/vnd.oma.lwm2m+cbor`, of LwM2M 1.2.
    Lwm2mCbor,
    /// `application/senml-etch+json` (RFC 8790): SenML JSON as the payload of FETCH and iPATCH.
    SenmlEtchJson,
    /// `application/senml-etch+cbor`: the same in CBOR.
    SenmlEtchCbor,
}

/// The formats in the order of the type, with their CoAP Content-Format numbers.
static FORMATS: [(u16, ContentFormat); 10] = [
    (0, ContentFormat::Text),
    (42, ContentFormat::Opaque),
    (60, ContentFormat::Cbor),
    (40, ContentFormat::Link),
    (110, ContentFormat::SenmlJson),
    (112, ContentFormat::SenmlCbor),
    (11542, ContentFormat::Tlv),
    (11544, ContentFormat::Lwm2mCbor),
    (320, ContentFormat::SenmlEtchJson),
    (322, ContentFormat::SenmlEtchCbor),
];

impl ContentFormat {
    /// The format with this number, if it is one that the library has.
    pub fn from_number(number: u32) -> Option<Self> {
        let found = FORMATS.iter().find(|(known, _)| u32::from(*known) == number);
        found.map(|(_, format)| *format).filter(|format| format.is_available())
    }

    /// Whether it is compiled in.
    const fn is_available(self) -> bool {
        match self {
            Self::Cbor | Self::SenmlCbor => cfg!(feature = "cbor"),
            Self::SenmlJson => cfg!(feature = "senml-json"),
            Self::Lwm2mCbor => cfg!(feature = "lwm2m-cbor"),
            Self::SenmlEtchCbor => cfg!(all(feature = "cbor", feature = "composite")),
            Self::SenmlEtchJson => cfg!(all(feature = "senml-json", feature = "composite")),
            Self::Text | Self::Opaque | Self::Link | Self::Tlv => true,
        }
    }

    /// The format for several values where the other side left the choice: SenML, as it was meant
    /// to be, or what comes nearest.
    pub(crate) const fn preferred() -> Self {
        match (cfg!(feature = "cbor"), cfg!(feature = "senml-json")) {
            (true, _) => Self::SenmlCbor,
            (false, true) => Self::SenmlJson,
            (false, false) => Self::Tlv,
        }
    }

    /// The Content-Format number.
    pub fn number(self) -> u16 {
        FORMATS.get(self as usize).map_or(0, |(number, _)| *number)
    }

    /// Whether it can list paths, as the payload of a composite request: SenML, by either name.
    pub(crate) const fn is_list(self) -> bool {
        self.plain().is_senml()
    }

    /// Whether values of several objects can stand in it.
    pub(crate) const fn is_tree(self) -> bool {
        self.is_senml() || matches!(self, Self::Lwm2mCbor)
    }

    /// The format of an answer to a list of paths in this one: SenML for SenML ETCH.
    pub(crate) const fn plain(self) -> Self {
        match self {
            Self::SenmlEtchJson => Self::SenmlJson,
            Self::SenmlEtchCbor => Self::SenmlCbor,
            format => format,
        }
    }

    /// What a Write-Composite in this one is read as: SenML ETCH for SenML, of which it is the same with
    /// null.
    pub(crate) const fn etch(self) -> Self {
        match self {
            Self::SenmlJson => Self::SenmlEtchJson,
            Self::SenmlCbor => Self::SenmlEtchCbor,
            format => format,
        }
    }

    /// Whether it says ahead how many values there are.
    pub(crate) const fn is_senml(self) -> bool {
        SENML && matches!(self, Self::SenmlJson | Self::SenmlCbor)
    }

    /// Whether values stand in it outside of composite requests, too.
    pub(crate) const fn is_plain(self) -> bool {
        !matches!(self, Self::Link | Self::SenmlEtchJson | Self::SenmlEtchCbor)
    }

    /// Whether a payload is one value, and so belongs to one resource.
    pub(crate) const fn is_single(self) -> bool {
        matches!(self, Self::Text | Self::Opaque | Self::Cbor)
    }
}

/// A payload that is not what its format asks for: answered with 4.00.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;

/// What a payload says of one path.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'p> {
    /// Where it stands, from the root.
    pub path: Path,
    /// The value. `None` for what is named without one: an Object Instance without resources, a
    /// multiple resource without instances, a record of a list of paths.
    pub raw: Option<Raw<'p>>,
}

/// Reads a payload, entry by entry.
pub struct Decoder<'p> {
    base: Path,
    state: State<'p>,
}

/// Who reads.
enum State<'p> {
    /// The one value, until it was taken.
    Single(Option<Raw<'p>>),
    Tlv(tlv::Reader<'p>),
    Senml(senml::Reader<'p>),
    Tree(tree::Reader<'p>),
    Failed,
}

impl<'p> Decoder<'p> {
    /// Reads `payload`, which came with a request to `base`.
    ///
    /// Link format has no values; it counts as malformed.
    pub fn new(format: ContentFormat, base: Path, payload: &'p [u8]) -> Self {
        let state = State::new(format, base, payload).unwrap_or(State::Failed);
        Self { base, state }
    }

    /// The next entry; `None` at the end of the payload, then and ever after. Once something is
    /// malformed, it stays so.
    ///
    /// Text, Opaque and CBOR have one entry, for the path of the request. The entries of TLV, SenML
    /// and LwM2M CBOR lie at that path or below it, else they are malformed. Resources that TLV has for an
    /// Object, with no Object Instance around them (a Create that leaves its identifier to the
    /// client), are reported below the Object Instance 65535, which cannot exist.
    #[expect(
        clippy::should_implement_trait,
        reason = "an error and an end in this order read better"
    )]
    pub fn next(&mut self) -> Result<Option<Entry<'p>>, Malformed> {
        let mut entry = Entry { path: self.base, raw: None };
        Ok(self.read(&mut entry)?.then_some(entry))
    }

    /// The same into `entry`. Whether there is one.
    pub(crate) fn read(&mut self, entry: &mut Entry<'p>) -> Result<bool, Malformed> {
        entry.path = self.base;
        let more = match &mut self.state {
            State::Single(single) => {
                entry.raw = single.take();
                Some(entry.raw.is_some())
            }
            State::Tlv(reader) => reader.next(entry),
            State::Senml(reader) if SENML => reader.next(entry),
            State::Tree(reader) if cfg!(feature = "lwm2m-cbor") => reader.next(entry),
            State::Senml(_) | State::Tree(_) | State::Failed => None,
        };
        if more.is_none() {
            self.state = State::Failed;
        }
        more.ok_or(Malformed)
    }
}

impl<'p> State<'p> {
    /// `None` if the payload is malformed from the start.
    fn new(format: ContentFormat, base: Path, payload: &'p [u8]) -> Option<Self> {
        let single = match format {
            _ if !format.is_available() => return None,
            ContentFormat::Tlv => return Some(Self::Tlv(tlv::Reader::new(base, payload))),
            ContentFormat::Lwm2mCbor if cfg!(feature = "lwm2m-cbor") => {
                let mut reader = tree::Reader::new(base, payload);
                reader.open()?;
                return Some(Self::Tree(reader));
            }
            ContentFormat::Text => Raw::Text(crate::bytes::text(payload)?),
            ContentFormat::Opaque => Raw::Opaque(payload),
            ContentFormat::Cbor if cfg!(feature = "cbor") => cbor::single(payload)?,
            _ if SENML && format.is_list() => {
                let json = format.plain() == ContentFormat::SenmlJson;
                let etch = format != format.plain();
                let mut reader = senml::Reader::new(json, etch, base, payload);
                reader.open()?;
                return Some(Self::Senml(reader));
            }
            _ => return None,
        };
        Some(Self::Single(Some(single)))
    }
}

/// What holds other entries in TLV.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Container {
    /// An Object Instance, in an answer about an Object.
    Instance,
    /// A resource of several instances, except in an answer about one of these.
    Multiple,
}

/// Writes a payload, value by value, in any format.
///
/// Text, Opaque and CBOR hold one value, and Opaque only one of type Opaque: nothing is written
/// for another, so the caller has to refuse it. A floating-point number that is infinite or no
/// number at all has no text: Text stays empty, and SenML JSON names the resource without a value.
pub struct Encoder<'w, 'b> {
    format: ContentFormat,
    senml: senml::Writer,
    tree: tree::Writer,
    out: &'w mut Window<'b>,
}

impl<'w, 'b> Encoder<'w, 'b> {
    /// Writes to `out` the answer to a request for `base`. SenML CBOR says ahead how many `records`, that is
    /// values, there will be; it need not be known for fewer than 24, and 0 will do. Other formats ignore
    /// it.
    pub fn new(format: ContentFormat, base: Path, records: usize, out: &'w mut Window<'b>) -> Self {
        let json = format == ContentFormat::SenmlJson;
        let mut senml = senml::Writer::new(json, base);
        if (json || format == ContentFormat::SenmlCbor) && format.is_available() {
            senml.begin(out, records);
        }
        let encoder = Self { format, senml, tree: tree::Writer::new(base), out };
        if encoder.is_tree() {
            encoder.out.put_u8(tree::MAP);
        }
        encoder
    }

    const fn is_tree(&self) -> bool {
        cfg!(feature = "lwm2m-cbor") && matches!(self.format, ContentFormat::Lwm2mCbor)
    }

    /// What follows lies at or below `path`, one of several that were asked for; for a single one
    /// [`Encoder::new`] was told. LwM2M CBOR puts it together under one key; other formats ignore it.
    pub fn below(&mut self, path: &Path) {
        if cfg!(feature = "lwm2m-cbor") {
            self.tree.rebase(path);
        }
    }

    /// The values that follow were measured `seconds` after 1970; 0: now, as it is without this.
    /// SenML writes it, once for all values of one moment; other formats have no place for it.
    pub fn at(&mut self, seconds: i64) {
        if SENML {
            self.senml.at(seconds);
        }
    }

    /// Opens a container with `content` bytes in it ([`tlv::entry_len`] counts them). It needs no
    /// end. Only TLV has containers; nothing is written in other formats.
    pub fn container(&mut self, kind: Container, id: u16, content: usize) {
        if self.format == ContentFormat::Tlv {
            tlv::put_container(self.out, kind, id, content);
        }
    }

    /// Writes one value, of a resource or of a Resource Instance as `path` says. `path` is the
    /// path asked for or lies below it.
    pub fn value(&mut self, path: &Path, value: &Value<'_>) {
        let out = &mut *self.out;
        match (self.format, value) {
            (ContentFormat::Text, _) => text::put_value(out, value),
            (ContentFormat::Opaque, Value::Opaque(bytes)) => out.put(bytes),
            (ContentFormat::Cbor, _) if self.format.is_available() => {
                cbor::put_item(out, value);
            }
            (ContentFormat::Lwm2mCbor, _) if self.format.is_available() => {
                self.tree.value(out, path, value);
            }
            (ContentFormat::Tlv, _) => tlv::put_value(out, path, value),
            (ContentFormat::SenmlJson | ContentFormat::SenmlCbor, _)
                if self.format.is_available() =>
            {
                self.senml.record(out, path, value);
            }
            // Not as this format has it, or not compiled in: nobody asks for it.
            _ => {}
        }
    }

    /// Writes what closes the payload. If that is not 0, it is to be written once more, with this number
    /// of records: there are more than could be known in time.
    pub fn finish(mut self) -> usize {
        if self.is_tree() {
            self.tree.end(self.out);
        } else if self.format.is_senml() {
            return self.senml.end(self.out);
        }
        0
    }
}

/// Writes what `write` writes, the same each time: if its number has to be known first, a second time.
pub(crate) fn encode(
    format: ContentFormat,
    base: Path,
    out: &mut Window<'_>,
    write: &mut dyn FnMut(&mut Encoder<'_, '_>),
) {
    let start = out.written();
    let mut records = 0;
    loop {
        let mut encoder = Encoder::new(format, base, records, out);
        write(&mut encoder);
        records = encoder.finish();
        if records == 0 {
            return;
        }
        out.rewind(start);
    }
}

#[cfg(all(test, feature = "cbor"))]
mod tests {
    use super::*;

    /// So many records, through a window that begins at `start`.
    fn pack(records: u16, start: usize, block: &mut [u8]) -> usize {
        let mut window = Window::new(block, start);
        let base = Path::object(9);
        encode(ContentFormat::SenmlCbor, base, &mut window, &mut |encoder| {
            for instance in 0..records {
                let path = Path::resource(9, instance, 0);
                encoder.value(&path, &Value::Unsigned(instance.into()));
            }
        });
        window.kept()
    }

    #[test]
    fn a_pack_says_how_many_records_it_has() {
        for (records, head) in [(0, &[0x80][..]), (1, &[0x81]), (23, &[0x97]), (24, &[0x98, 24])] {
            let mut whole = [0; 512];
            let len = pack(records, 0, &mut whole);
            assert!(whole[..len].starts_with(head), "{records} records");
            let mut decoder =
                Decoder::new(ContentFormat::SenmlCbor, Path::object(9), &whole[..len]);
            for _ in 0..records {
                assert!(decoder.next().unwrap().is_some());
            }
            assert!(decoder.next().unwrap().is_none());
            // The same in blocks, of which the first alone has the head.
            for start in (0..len).step_by(16) {
                let mut block = [0; 16];
                let kept = pack(records, start, &mut block);
                assert_eq!(block[..kept], whole[start..len.min(start + 16)], "{records} records");
            }
        }
    }
}
