//! Paths of the data model: Object, Object Instance, Resource, Resource Instance (Core 7.1).

/// A path of zero to four identifiers: `/`, `/3`, `/3/0`, `/3/0/6`, `/3/0/6/1`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Path {
    /// Zeros follow the last identifier.
    ids: [u16; 4],
    level: Level,
}

/// How many identifiers a path has.
// No number, so that the compiler knows that there are never more than four.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
enum Level {
    #[default]
    Root,
    Object,
    Instance,
    Resource,
    ResourceInstance,
}

impl Level {
    const fn new(ids: usize) -> Self {
        match ids {
            0 => Self::Root,
            1 => Self::Object,
            2 => Self::Instance,
            3 => Self::Resource,
            _ => Self::ResourceInstance,
        }
    }
}

impl Path {
    /// The path of everything, `/`.
    pub const ROOT: Self = Self { ids: [0; 4], level: Level::Root };

    /// An Object.
    #[inline(never)]
    pub const fn object(object: u16) -> Self {
        Self { ids: [object, 0, 0, 0], level: Level::Object }
    }

    /// An Object Instance.
    #[inline(never)]
    pub const fn instance(object: u16, instance: u16) -> Self {
        Self { ids: [object, instance, 0, 0], level: Level::Instance }
    }

    /// A Resource.
    #[inline(never)]
    pub const fn resource(object: u16, instance: u16, resource: u16) -> Self {
        Self { ids: [object, instance, resource, 0], level: Level::Resource }
    }

    /// A Resource Instance.
    pub const fn resource_instance(object: u16, instance: u16, resource: u16, id: u16) -> Self {
        Self { ids: [object, instance, resource, id], level: Level::ResourceInstance }
    }

    /// The path of these identifiers, from the Object's down; `None` for more than four.
    #[inline(never)]
    pub fn from_ids(ids: &[u16]) -> Option<Self> {
        ids.iter().try_fold(Self::ROOT, |path, id| path.child(*id))
    }

    /// The identifiers, from the Object's down.
    pub fn ids(&self) -> &[u16] {
        self.ids.get(..self.level()).unwrap_or(&[])
    }

    /// How many identifiers: 0 for the root, 4 for a Resource Instance.
    pub const fn level(&self) -> usize {
        self.level as usize
    }

    /// The identifier at `level` (0 is the Object's).
    pub fn id(&self, level: usize) -> Option<u16> {
        self.ids().get(level).copied()
    }

    /// The last identifier; 0 for the root.
    #[inline(never)]
    pub(crate) fn last(&self) -> u16 {
        self.ids().last().copied().unwrap_or(0)
    }

    /// This path with one identifier more; `None` below a Resource Instance.
    #[must_use]
    #[inline(never)]
    pub fn child(&self, id: u16) -> Option<Self> {
        let mut path = *self;
        path.push(id)?;
        Some(path)
    }

    /// Adds an identifier; `None` below a Resource Instance.
    #[inline(never)]
    pub(crate) fn push(&mut self, id: u16) -> Option<()> {
        let level = self.level();
        *self.ids.get_mut(level)? = id;
        self.level = Level::new(level + 1);
        Some(())
    }

    /// This path cut to at most `level` identifiers.
    #[must_use]
    pub fn cut(&self, level: usize) -> Self {
        let mut path = *self;
        for (at, id) in path.ids.iter_mut().enumerate() {
            if at >= level {
                *id = 0;
            }
        }
        path.level = path.level.min(Level::new(level));
        path
    }

    /// Puts another Object Instance in place of the one that the path names or lies below.
    pub(crate) fn rename(&mut self, instance: u16) {
        if self.level >= Level::Instance {
            self.ids[1] = instance;
        }
    }

    /// Whether `other` is this path or lies below it.
    pub fn contains(&self, other: &Self) -> bool {
        other.ids().starts_with(self.ids())
    }

    /// Whether one of both paths is, or lies below, the other.
    pub(crate) fn touches(&self, other: &Self) -> bool {
        self.ids().iter().zip(other.ids()).all(|(mine, theirs)| mine == theirs)
    }

    /// Reads `/3/0/6`; a leading slash may be absent, a trailing one too.
    ///
    /// `None` for anything else: an identifier that is no decimal number up to 65535, more than
    /// four of them, an empty one in the middle.
    pub fn parse(text: &str) -> Option<Self> {
        let mut path = Self::ROOT;
        path.extend(text.as_bytes())?;
        Some(path)
    }

    /// Puts the path behind this one that is written in `text`, as [`Path::parse`] takes it.
    pub(crate) fn extend(&mut self, text: &[u8]) -> Option<()> {
        let mut text = text.strip_prefix(b"/").unwrap_or(text);
        while !text.is_empty() {
            let end = text.iter().position(|byte| *byte == b'/').unwrap_or(text.len());
            self.push(parse_id(text.get(..end)?)?)?;
            text = text.get(end + 1..).unwrap_or_default();
        }
        Some(())
    }
}

/// The text before and behind the first `at`, an ASCII character. `str::split_once` is for any
/// pattern and brings its machinery along.
#[inline(never)]
pub(crate) fn cut(text: &str, at: u8) -> Option<(&str, &str)> {
    let end = text.bytes().position(|byte| byte == at)?;
    Some((text.get(..end)?, text.get(end + 1..)?))
}

/// The same where everything stands before an `at` that is not there.
#[inline(never)]
pub(crate) fn split(text: &str, at: u8) -> (&str, &str) {
    cut(text, at).unwrap_or((text, ""))
}

/// An identifier in decimal, without sign.
pub fn parse_id(text: &[u8]) -> Option<u16> {
    u16::try_from(parse_number(text)?).ok()
}

/// A number in decimal, without sign.
#[inline(never)]
pub(crate) fn parse_number(text: &[u8]) -> Option<u32> {
    if text.is_empty() {
        return None;
    }
    text.iter().try_fold(0u32, |number, digit| match digit {
        b'0'..=b'9' => number.checked_mul(10)?.checked_add(u32::from(digit - b'0')),
        _ => None,
    })
}

impl core::fmt::Debug for Path {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        if self.level == Level::Root {
            return f.write_str("/");
        }
        self.ids().iter().try_for_each(|id| write!(f, "/{id}"))
    }
}

impl core::fmt::Display for Path {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Debug::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_becomes_a_path() {
        assert_eq!(Path::parse("/3/0/6/1"), Some(Path::resource_instance(3, 0, 6, 1)));
        assert_eq!(Path::parse("3/0/"), Some(Path::instance(3, 0)));
        assert_eq!(Path::parse("/"), Some(Path::ROOT));
        for wrong in ["/3//0", "/65536", "/a", "/1/2/3/4/5", "/-1", "//"] {
            assert_eq!(Path::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_path_contains_what_lies_below_it() {
        assert!(Path::ROOT.contains(&Path::object(3)));
        assert!(Path::instance(3, 0).contains(&Path::resource(3, 0, 9)));
        assert!(!Path::instance(3, 1).contains(&Path::resource(3, 0, 9)));
        assert_eq!(Path::resource(3, 0, 9).cut(1), Path::object(3));
        assert!(Path::ROOT.touches(&Path::object(3)) && Path::object(3).touches(&Path::ROOT));
        assert!(Path::resource(3, 0, 9).touches(&Path::object(3)));
        assert!(!Path::resource(3, 0, 9).touches(&Path::instance(3, 1)));
    }
}
