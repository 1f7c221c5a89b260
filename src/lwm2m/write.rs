//! Write, Create and Bootstrap-Write: values of a payload go into the data model, all or none.
//!
//! A payload is read twice: first every value is checked, then every value is written, so that a
//! wrong request changes nothing. Read beside it: Core 6.3.3 (Write), 6.3.6 (Create), 6.3.11
//! (Write-Composite), 6.1.4 (Bootstrap-Write).

use super::format::{ContentFormat, Decoder, Entry, Raw};
use super::object::{Context, Object, Resource};
use super::objects::access_control::right;
use super::objects::{Objects, security};
use super::read::{View, has_instance};
use super::{Path, Value};
use crate::coap::Code;

/// How a payload changes what is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Mode {
    /// What is there at the path goes (PUT).
    Replace,
    /// What the payload does not name stays (POST).
    Update,
    /// A new Object Instance with this ID.
    Create(u16),
    /// The bootstrap server writes: instances are created as needed, access does not matter.
    Bootstrap,
    /// Our own record is read back.
    Record,
}

/// Whether servers create and delete Object Instances.
pub(crate) const CREATES: bool = cfg!(feature = "create");

/// Whether a payload is ever about several objects.
const SEVERAL: bool = cfg!(any(feature = "composite", feature = "bootstrap-pack"));

impl Mode {
    /// The ID of the Object Instance that is created, if one is.
    pub(crate) const fn created(self) -> Option<u16> {
        match self {
            Self::Create(id) if CREATES => Some(id),
            _ => None,
        }
    }

    /// Whether what a server may do does not matter.
    const fn is_trusted(self) -> bool {
        matches!(self, Self::Bootstrap | Self::Record)
    }
}

/// The ID of an instance that the payload leaves to us to name.
const UNNAMED: u16 = u16::MAX;
/// Room for a text or bytes that must be decoded, from escapes or base64.
const SCRATCH: usize = if cfg!(feature = "base64") { 512 } else { 0 };

/// Writes `payload` to `path`, which [`View::find`] found unless it is a bootstrap server that writes, or
/// the root: then each entry is looked up, and all of them are written or none.
///
/// # Errors
/// The CoAP code to answer with; nothing is changed then, but for what a Bootstrap-Write finds no
/// room for.
pub(crate) fn write(
    objects: &mut Objects<'_>,
    path: &Path,
    mode: Mode,
    format: ContentFormat,
    payload: &[u8],
    context: &mut Context,
) -> Result<(), Code> {
    let trusted = mode.is_trusted();
    let several = SEVERAL && path.level() == 0;
    // Bit n: the resource at position n of the table has a value.
    let mut given = 0u64;
    for writing in &[false, true] {
        let writing = *writing;
        if writing && !several {
            prepare(named(objects, path)?, path, mode, context)?;
        }
        let create = writing && trusted;
        if create && !several {
            ensure(named(objects, path)?, path, context)?;
        }
        let mut decoder = Decoder::new(format, *path, payload);
        let mut entry = Entry { path: *path, raw: None };
        while decoder.read(&mut entry).map_err(|_| Code::BAD_REQUEST)? {
            // What is written may be about who may write: that is for later requests.
            if several && !writing && !trusted {
                View::new(objects, context.server).find(&entry.path, right::WRITE)?;
            }
            let object = named(objects, &entry.path)?;
            if create {
                ensure(object, &entry.path, context)?;
            }
            let (Some(resource), Some(raw)) = (locate(object, mode, &mut entry)?, &entry.raw)
            else {
                if several && !trusted {
                    // Only what lies at one path is ever emptied.
                    return Err(Code::BAD_REQUEST);
                }
                continue;
            };
            // Null in a Write-Composite: the Resource Instance goes. What is gone already is no mistake.
            if several && !trusted && resource.is_multiple() && matches!(raw, Raw::Null) {
                if !resource.is_removable() {
                    return Err(Code::METHOD_NOT_ALLOWED);
                }
                if writing && object.read(&entry.path).is_some() {
                    object.remove(&entry.path, context)?;
                }
                continue;
            }
            let at = &entry.path;
            with_room(raw.is_coded(resource.kind), &mut |scratch| {
                let value = value(resource, raw, scratch)?;
                if !writing {
                    if mode != Mode::Record {
                        object.accepts(at, &value)?;
                        if !fits(object, mode, path, at, Decoder::new(format, *path, payload)) {
                            return Err(Code::INTERNAL_SERVER_ERROR);
                        }
                    }
                    let mut resources = object.definition().resources.iter();
                    if mode.created().is_some()
                        && let Some(position) = resources.position(|line| line.id == resource.id)
                    {
                        given |= 1u64.checked_shl(position as u32).unwrap_or(0);
                    }
                } else if let Err(code) = object.write(at, &value, context) {
                    if let Some(id) = mode.created() {
                        // It was new a moment ago; if it cannot go again there is nothing left to do.
                        let _ = object.delete(id, context);
                    }
                    // A bootstrap server may write what the object has for reading only.
                    if !trusted {
                        return Err(code);
                    }
                }
                Ok(())
            })?;
        }
        if mode.created().is_some() {
            let needed = |line: &Resource| line.is_mandatory() && line.is_writable();
            let mut resources = named(objects, path)?.definition().resources.iter().enumerate();
            if resources.any(|(n, line)| needed(line) && given >> n & 1 == 0) {
                return Err(Code::BAD_REQUEST);
            }
        }
    }
    Ok(())
}

/// The object that a path is in. What a bootstrap server writes to one that is not there is a wrong
/// request.
fn named<'o>(objects: &'o mut Objects<'_>, path: &Path) -> Result<&'o mut dyn Object, Code> {
    path.id(0).and_then(|id| objects.get_mut(id)).ok_or(Code::BAD_REQUEST)
}

/// Checks where an entry wants to go: the line of the table for it. `None`: it names an instance
/// only, or is to be ignored.
#[inline(never)]
fn locate(
    object: &dyn Object,
    mode: Mode,
    entry: &mut Entry<'_>,
) -> Result<Option<&'static Resource>, Code> {
    match (mode.created(), entry.path.id(1)) {
        // A payload may name the new instance or not: it has one ID only.
        (Some(id), Some(named)) if named == UNNAMED || named == id => {
            entry.path.rename(id);
        }
        (Some(_), _) | (_, Some(UNNAMED)) => return Err(Code::BAD_REQUEST),
        _ => {}
    }
    let Some(id) = entry.path.id(2) else { return Ok(None) };
    let trusted = mode.is_trusted();
    let Some(resource) = object.definition().resource(id) else {
        // A bootstrap server may know more optional resources than we do.
        return if trusted { Ok(None) } else { Err(Code::NOT_FOUND) };
    };
    if trusted {
        let private =
            id == security::id::SECURITY_TAG && entry.path.id(0) == Some(security::OBJECT);
        if resource.is_executable() || private && mode == Mode::Bootstrap {
            return Ok(None);
        }
    } else if !resource.is_writable() {
        return Err(Code::METHOD_NOT_ALLOWED);
    }
    match (&entry.raw, entry.path.level(), resource.is_multiple()) {
        // An empty multiple resource: what was there goes, see `prepare`.
        (None, 3, true) => Ok(None),
        (Some(_), 3, false) | (Some(_), 4, true) => Ok(Some(resource)),
        _ => Err(Code::BAD_REQUEST),
    }
}

/// Whether there is room for all Resource Instances of the resource at `at` that a payload has.
fn fits(object: &dyn Object, mode: Mode, path: &Path, at: &Path, mut payload: Decoder<'_>) -> bool {
    let resource = at.cut(3);
    let room = if at.level() == 4 { object.room(&resource) } else { usize::MAX };
    if room == usize::MAX {
        return true;
    }
    let mut count = 0;
    let replaced = is_replaced(mode, path);
    while !replaced && object.resource_instance(&resource, count).is_some() {
        count += 1;
    }
    let mut entry = Entry { path: *path, raw: None };
    while let Ok(true) = payload.read(&mut entry) {
        if let Some(id) = mode.created() {
            entry.path.rename(id);
        }
        let new = replaced || object.read(&entry.path).is_none();
        // What goes by null makes no room for what comes: the order may be the other way around.
        let value = entry.raw.as_ref().is_some_and(|raw| !matches!(raw, Raw::Null));
        count += usize::from(new && value && resource.contains(&entry.path));
    }
    count <= room
}

/// Whether multiple resources lose the Resource Instances that they have.
fn is_replaced(mode: Mode, path: &Path) -> bool {
    matches!(mode, Mode::Replace | Mode::Bootstrap) && matches!(path.level(), 2 | 3)
}

/// Calls `f` with room for a value that must be decoded, or without.
fn with_room(wanted: bool, f: &mut dyn FnMut(&mut [u8]) -> Result<(), Code>) -> Result<(), Code> {
    // A frame of its own: most values need none of that stack.
    #[inline(never)]
    fn with_scratch(f: &mut dyn FnMut(&mut [u8]) -> Result<(), Code>) -> Result<(), Code> {
        f(&mut [0; SCRATCH])
    }
    if wanted { with_scratch(f) } else { f(&mut []) }
}

fn value<'s>(resource: &Resource, raw: &Raw<'s>, scratch: &'s mut [u8]) -> Result<Value<'s>, Code> {
    let value = raw.value(resource.kind, scratch).map_err(|_| Code::BAD_REQUEST)?;
    if resource.allows(&value) { Ok(value) } else { Err(Code::BAD_REQUEST) }
}

/// Makes room for what will be written.
fn prepare(
    object: &mut dyn Object,
    path: &Path,
    mode: Mode,
    context: &mut Context,
) -> Result<(), Code> {
    match mode {
        Mode::Create(id) if CREATES => return object.create(id, context),
        Mode::Replace | Mode::Bootstrap if is_replaced(mode, path) => {
            let whole = mode == Mode::Replace && path.level() == 2;
            let definition = object.definition();
            for resource in definition.resources.iter().filter(|line| line.is_writable()) {
                if let (Some(object_id), Some(instance)) = (path.id(0), path.id(1)) {
                    let at = Path::resource(object_id, instance, resource.id);
                    if path.contains(&at) && (whole || resource.is_multiple()) {
                        object.clear(&at, context);
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}

/// Creates the Object Instance that a path names, if it is not there.
fn ensure(object: &mut dyn Object, path: &Path, context: &mut Context) -> Result<(), Code> {
    match path.id(1) {
        Some(instance) if !has_instance(object, instance) => object.create(instance, context),
        _ => Ok(()),
    }
}

/// The ID for a new instance: the one that the payload names, or the lowest that is free.
///
/// The second value tells whether the payload named it.
pub(crate) fn new_instance(
    object: &dyn Object,
    format: ContentFormat,
    payload: &[u8],
) -> Result<(u16, bool), Code> {
    let path = Path::object(object.definition().object);
    let mut decoder = Decoder::new(format, path, payload);
    let mut first = Entry { path, raw: None };
    decoder.read(&mut first).map_err(|_| Code::BAD_REQUEST)?;
    match first.path.id(1).filter(|id| *id != UNNAMED) {
        Some(id) if has_instance(object, id) => Err(Code::BAD_REQUEST),
        Some(id) => Ok((id, true)),
        None => {
            let mut free = 0;
            while has_instance(object, free) {
                free += 1;
            }
            Ok((free, false))
        }
    }
}

#[cfg(all(test, feature = "composite", feature = "senml-json"))]
mod tests {
    use super::*;
    use crate::lwm2m::client::Client;
    use crate::lwm2m::operation::{R, W};
    use crate::lwm2m::{Definition, Type};

    /// Two multiple resources, of which the first loses Resource Instances to servers.
    struct Several([Option<i64>; 2]);

    static DEFINITION: Definition = Definition {
        object: 26242,
        version: (1, 0),
        creatable: false,
        resources: &[
            Resource::new(0, R | W, Type::Integer).multiple().removable(),
            Resource::new(1, R | W, Type::Integer).multiple(),
        ],
    };

    impl Several {
        fn place(&mut self, path: &Path) -> &mut Option<i64> {
            &mut self.0[usize::from(path.id(2).unwrap())]
        }
    }

    impl Object for Several {
        fn definition(&self) -> &'static Definition {
            &DEFINITION
        }

        fn read(&self, path: &Path) -> Option<Value<'_>> {
            let value = self.0[usize::from(path.id(2)?)].filter(|_| path.id(3) == Some(0))?;
            Some(Value::Integer(value))
        }

        fn write(&mut self, path: &Path, value: &Value<'_>, _: &mut Context) -> Result<(), Code> {
            let Value::Integer(number) = *value else { return Err(Code::BAD_REQUEST) };
            *self.place(path) = Some(number);
            Ok(())
        }

        fn remove(&mut self, path: &Path, _: &mut Context) -> Result<(), Code> {
            *self.place(path) = None;
            Ok(())
        }
    }

    #[test]
    fn null_for_what_cannot_go_is_refused_before_anything_goes() {
        let first = r#"{"n":"/26242/0/0/0","v":null}"#;
        let second = r#"{"n":"/26242/0/1/0","v":null}"#;
        let absent = r#"{"n":"/26242/0/1/7","v":null}"#;
        for (records, expected, left) in [
            (&[first, second][..], Err(Code::METHOD_NOT_ALLOWED), Some(7)),
            (&[first, absent], Err(Code::METHOD_NOT_ALLOWED), Some(7)),
            (&[first, first], Ok(()), None),
        ] {
            let mut several = Several([Some(7), Some(8)]);
            let mut list: [&mut dyn Object; 1] = [&mut several];
            let mut client = Client::EMPTY;
            client.configure(1, &mut list);
            let mut payload = heapless::String::<100>::new();
            for (at, record) in records.iter().enumerate() {
                payload.push_str(if at == 0 { "[" } else { "," }).unwrap();
                payload.push_str(record).unwrap();
            }
            payload.push(']').unwrap();
            let (format, mut context) = (ContentFormat::SenmlEtchJson, Context::new(1));
            let payload = payload.as_bytes();
            let written = write(
                &mut client.objects,
                &Path::ROOT,
                Mode::Update,
                format,
                payload,
                &mut context,
            );
            assert_eq!((written, several.0), (expected, [left, Some(8)]));
        }
    }
}
