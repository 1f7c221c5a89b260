//! Values, and arrays and maps of them, read item by item and in place: what SenML needs of JSON
//! (RFC 8259) and of CBOR (RFC 8949).
//!
//! How a single item looks is in [`super::json`] and [`super::cbor`].

use super::Raw;

/// Arrays, maps and tags in each other, in what is passed over.
const DEPTH: u8 = 8;

/// For what is left of an array or a map that has no length but an end.
const ENDLESS: u32 = u32::MAX;

/// What an item is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Scalar,
    /// An array; or a tag, which has one item in it.
    Array,
    Map,
}

/// Reads from the start of a payload to its end. `None` always means that it is malformed.
pub(super) struct Reader<'p> {
    json: bool,
    pub(super) rest: &'p [u8],
    /// The argument of the head that was read last: a number, a length, or bits (CBOR).
    pub(super) argument: u64,
}

impl<'p> Reader<'p> {
    pub(super) fn new(json: bool, payload: &'p [u8]) -> Self {
        Self { json, rest: payload, argument: 0 }
    }

    pub(super) const fn is_json(&self) -> bool {
        super::is_json(self.json)
    }

    /// What the next item is.
    pub(super) fn kind(&mut self) -> Option<Kind> {
        let first = self.peek()?;
        let sign = if self.is_json() { first } else { first >> 5 };
        Some(match sign {
            b'[' | 4 | 6 => Kind::Array,
            b'{' | 5 => Kind::Map,
            _ => Kind::Scalar,
        })
    }

    /// Opens an array or a map. What it returns is for [`Self::item`].
    pub(super) fn open(&mut self, kind: Kind) -> Option<u32> {
        if self.kind()? != kind {
            return None;
        }
        if self.is_json() {
            self.take(1)?;
            return Some(ENDLESS);
        }
        match self.head()? {
            0xc0.. => Some(1),
            0x9f | 0xbf => Some(ENDLESS),
            _ => u32::try_from(self.argument).ok(),
        }
    }

    /// Goes to the next item of an array or a map, or out of it.
    pub(super) fn item(&mut self, left: &mut u32, kind: Kind) -> Option<bool> {
        let end = match kind {
            _ if !self.is_json() => 0xff,
            Kind::Map => b'}',
            _ => b']',
        };
        if *left >= ENDLESS - 1 {
            if self.peek() == Some(end) {
                self.eat(end)?;
                *left = 0;
                return Some(false);
            }
            if self.is_json() && *left != ENDLESS {
                self.eat(b',')?;
            }
            *left = ENDLESS - 1;
            return Some(true);
        }
        let more = *left > 0;
        *left = left.saturating_sub(1);
        Some(more)
    }

    /// Takes the name of a member of a map.
    pub(super) fn name(&mut self) -> Option<Raw<'p>> {
        let name = self.scalar()?;
        if self.is_json() {
            self.eat(b':')?;
        }
        match name {
            Raw::Integer(..) if self.is_json() => None,
            Raw::Integer(..) | Raw::String(_) | Raw::Escaped(_) => Some(name),
            _ => None,
        }
    }

    /// Takes text, a number, a truth value, bytes, or null.
    pub(super) fn scalar(&mut self) -> Option<Raw<'p>> {
        if self.is_json() { self.json_scalar() } else { self.cbor_scalar() }
    }

    /// Takes any item.
    pub(super) fn skip(&mut self) -> Option<()> {
        self.skip_to(DEPTH)
    }

    fn skip_to(&mut self, depth: u8) -> Option<()> {
        let kind = self.kind()?;
        if kind == Kind::Scalar {
            return self.scalar().map(drop);
        }
        let depth = depth.checked_sub(1)?;
        let mut left = self.open(kind)?;
        while self.item(&mut left, kind)? {
            if kind == Kind::Map {
                self.name()?;
            }
            self.skip_to(depth)?;
        }
        Some(())
    }

    /// The next byte; in JSON, the next that is no white space.
    pub(super) fn peek(&mut self) -> Option<u8> {
        if self.is_json() {
            self.rest = self.rest.trim_ascii_start();
        }
        self.rest.first().copied()
    }

    /// Takes the next byte, which has to be `wanted`.
    pub(super) fn eat(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then_some(())?;
        self.take(1).map(drop)
    }

    /// Takes so many bytes.
    pub(super) fn take(&mut self, len: usize) -> Option<&'p [u8]> {
        take(&mut self.rest, len)
    }
}

/// Takes so many bytes from the start of `rest`.
pub(super) fn take<'p>(rest: &mut &'p [u8], len: usize) -> Option<&'p [u8]> {
    let (bytes, behind) = rest.split_at_checked(len)?;
    *rest = behind;
    Some(bytes)
}
