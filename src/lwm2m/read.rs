//! Read, Discover and Bootstrap-Discover: values and links of the data model, encoded into a window.
//!
//! Read beside it: Core 6.3.1 (Read), 6.3.2 (Discover), 6.1.4 (Bootstrap-Discover and -Read).

use super::attributes::AttributeTable;
use super::format::{
    Container, ContentFormat, Encoder, entry_len, put_number, put_path, value_len,
};
use super::object::{Object, Resource};
use super::objects::{Objects, Server, security, server};
use super::{Path, Type, Value, Version, Window};
use crate::coap::Code;

/// Who reads.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reader {
    /// A server.
    Server,
    /// Our own record, which keeps what no server may read.
    Record,
    /// Discover: whatever a server may do with it, and never a value.
    Links,
}

impl Reader {
    fn sees(self, resource: &Resource) -> bool {
        self == Self::Record || resource.is_readable()
    }
}

/// The object that a path names, and the line of its table if it names a resource.
pub(crate) type Node<'o> = (&'o dyn Object, Option<&'static Resource>);

/// What a server's path names, as far as it is known without a value: object, Object Instance,
/// resource.
pub(crate) fn find<'o>(objects: &'o Objects<'_>, path: &Path) -> Result<Node<'o>, Code> {
    let id = path.id(0).ok_or(Code::METHOD_NOT_ALLOWED)?;
    if id == security::OBJECT {
        return Err(Code::UNAUTHORIZED);
    }
    let object = objects.get(id).ok_or(Code::NOT_FOUND)?;
    let instance = path.id(1).is_none_or(|id| has_instance(object, id));
    match path.id(2).map(|id| object.definition().resource(id)) {
        _ if !instance => Err(Code::NOT_FOUND),
        Some(None) => Err(Code::NOT_FOUND),
        resource => Ok((object, resource.flatten())),
    }
}

/// What is at `path`, if a server may read it.
pub(crate) fn target<'o>(objects: &'o Objects<'_>, path: &Path) -> Result<Node<'o>, Code> {
    let (object, resource) = find(objects, path)?;
    if let Some(resource) = resource {
        if !resource.is_readable() {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        let found = match (path.level(), resource.is_multiple()) {
            (3, true) => object.resource_instance(path, 0).is_some(),
            (3, false) | (4, true) => object.read(path).is_some(),
            _ => false,
        };
        if !found {
            return Err(Code::NOT_FOUND);
        }
    }
    Ok((object, resource))
}

/// Whether an Object Instance is there.
pub(crate) fn has_instance(object: &dyn Object, id: u16) -> bool {
    (0..).map_while(|index| object.instance(index)).any(|instance| instance == id)
}

/// Calls `f` with every value at or below `path`.
pub(crate) fn visit(
    object: &dyn Object,
    path: &Path,
    reader: Reader,
    f: &mut dyn FnMut(&Path, &Value<'_>),
) {
    walk(object, path, reader, &mut |at, value| {
        if let Some(value) = value {
            f(at, value);
        }
    });
}

/// Calls `f` with every node at or below `path`, each before what is in it: Object Instances,
/// multiple resources, and, with their values, what has one. [`Reader::Links`] gets no values.
fn walk(
    object: &dyn Object,
    path: &Path,
    reader: Reader,
    f: &mut dyn FnMut(&Path, Option<&Value<'_>>),
) {
    let definition = object.definition();
    let touches = |at: &Path| path.contains(at) || at.contains(path);
    let mut index = 0;
    while let Some(id) = object.instance(index) {
        index += 1;
        let instance = Path::instance(definition.object, id);
        if !touches(&instance) {
            continue;
        }
        f(&instance, None);
        for resource in definition.resources {
            let at = Path::resource(definition.object, id, resource.id);
            let links = reader == Reader::Links;
            let seen = if links { is_there(object, resource, &at) } else { reader.sees(resource) };
            if !seen || !touches(&at) {
                continue;
            }
            let multiple = resource.is_multiple();
            if multiple {
                f(&at, None);
            }
            let mut index = 0;
            loop {
                let mut leaf = at;
                if multiple {
                    let Some(id) = object.resource_instance(&at, index) else { break };
                    index += 1;
                    if leaf.push(id).is_none() || !path.contains(&leaf) {
                        continue;
                    }
                }
                if links {
                    f(&leaf, None);
                } else if let Some(value) = object.read(&leaf) {
                    f(&leaf, Some(&value));
                }
                if !multiple {
                    break;
                }
            }
        }
    }
}

/// The format of an answer: the one asked for, or one that suits what is read.
pub(crate) fn choose(
    resource: Option<&Resource>,
    path: &Path,
    accept: Option<u32>,
    version: Version,
) -> Result<ContentFormat, Code> {
    let single = resource.filter(|resource| path.level() == 4 || !resource.is_multiple());
    let Some(accept) = accept else {
        return Ok(match (single, version) {
            (Some(resource), _) if resource.kind == Type::Opaque => ContentFormat::Opaque,
            (Some(_), _) => ContentFormat::Text,
            (None, Version::V1_0) => ContentFormat::Tlv,
            (None, Version::V1_1) => ContentFormat::preferred(),
        });
    };
    let format = ContentFormat::from_number(accept);
    let format = format.filter(|format| match format {
        ContentFormat::Opaque => single.is_some_and(|resource| resource.kind == Type::Opaque),
        ContentFormat::Link => false,
        format => single.is_some() || !format.is_single(),
    });
    format.ok_or(Code::NOT_ACCEPTABLE)
}

/// Encodes what is at `path`, which [`target`] found.
pub(crate) fn encode(
    object: &dyn Object,
    path: &Path,
    reader: Reader,
    format: ContentFormat,
    window: &mut Window<'_>,
) {
    let mut records = 0;
    visit(object, path, reader, &mut |_, _| records += 1);
    let mut encoder = Encoder::new(format, *path, records, window);
    walk(object, path, reader, &mut |at, value| {
        if let Some(value) = value {
            return encoder.value(at, value);
        }
        let instance = at.level() == 2;
        // What was asked for is named only if it is a resource with all its instances.
        if format != ContentFormat::Tlv || path.level() >= if instance { 2 } else { 4 } {
            return;
        }
        // TLV names the length of a container before its content, which is measured for that.
        let len = content_len(object, at, reader);
        if instance {
            encoder.container(Container::Instance, at.last(), len);
        } else if len > 0 {
            encoder.container(Container::Multiple, at.last(), len);
        }
    });
    encoder.finish();
}

/// Length in TLV of what is in an Object Instance or in a multiple resource.
fn content_len(object: &dyn Object, path: &Path, reader: Reader) -> usize {
    let mut all = 0;
    walk(object, path, reader, &mut |at, value| {
        if at.level() != path.level() + 1 {
            return;
        }
        let len = match value {
            Some(value) => value_len(value),
            None => content_len(object, at, reader),
        };
        // A multiple resource without instances is not named.
        if value.is_some() || len > 0 {
            all += entry_len(len, at.last());
        }
    });
    all
}

/// Writes `</3/0>`.
pub(crate) fn link(path: &Path, window: &mut Window<'_>) {
    window.put_u8(b'<');
    put_path(window, path.ids(), true, path.level() == 0);
    window.put_u8(b'>');
}

/// Writes `;ver=1.1`.
pub(crate) fn version(version: (u8, u8), window: &mut Window<'_>) {
    window.put(b";ver=");
    put_number(window, version.0.into());
    window.put_u8(b'.');
    put_number(window, version.1.into());
}

/// The answer to Discover on `path`: the node itself with every attribute that is in force there,
/// what lies below it with its own attributes only.
pub(crate) fn discover(
    object: &dyn Object,
    path: &Path,
    server: u16,
    attributes: &AttributeTable,
    window: &mut Window<'_>,
) {
    let definition = object.definition();
    let level = path.level();
    if level == 1 {
        link(path, window);
        if definition.version != (1, 0) {
            version(definition.version, window);
        }
        attributes.effective(server, path).write(window);
    }
    walk(object, path, Reader::Links, &mut |at, _| {
        // Resource Instances are shown on their resource only.
        if at.level() < level || at.level() > level.max(2) + 1 {
            return;
        }
        if at.level() > level {
            window.put_u8(b',');
        }
        link(at, window);
        let resource = at.id(2).filter(|_| at.level() == 3);
        if resource.and_then(|id| definition.resource(id)).is_some_and(Resource::is_multiple) {
            window.put(b";dim=");
            let mut count = 0;
            while object.resource_instance(at, count).is_some() {
                count += 1;
            }
            put_number(window, count as u32);
        }
        if at.level() == level {
            attributes.effective(server, at).write(window);
        } else if at.level() - level < 2 {
            // On an object, attributes of resources are not shown.
            if let Some(own) = attributes.find(server, at) {
                own.write(window);
            }
        }
    });
}

/// Whether a resource is there for a server: what can be read has a value, the rest just is.
fn is_there(object: &dyn Object, resource: &Resource, at: &Path) -> bool {
    match (resource.is_readable(), resource.is_multiple()) {
        (true, false) => object.read(at).is_some(),
        (true, true) => object.resource_instance(at, 0).is_some() || resource.is_writable(),
        (false, _) => resource.is_writable() || resource.is_executable(),
    }
}

/// Writes links to objects and their instances, never to resources: for Register the list of what there
/// is (Transport 6.4.1), for Bootstrap-Discover what is at or below its path, with the servers of
/// accounts.
pub(crate) fn links(
    objects: &Objects<'_>,
    discover: Option<&Path>,
    version: Version,
    window: &mut Window<'_>,
) {
    let (modern, bootstrap) = (version > Version::V1_0, discover.is_some());
    let mut comma: &[u8] = b",";
    if bootstrap {
        window.put(b"</>;lwm2m=1.1");
    } else if modern {
        window.put(b"</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\"");
    } else {
        comma = b"";
    }
    let mut link = |path: &Path, window: &mut Window<'_>| {
        window.put(comma);
        comma = b",";
        self::link(path, window);
    };
    let mut position = 0;
    while let Some(object) = objects.at(position) {
        position += 1;
        let definition = object.definition();
        let at = Path::object(definition.object);
        // No server but the bootstrap server is told of the Security Object.
        if !discover.map_or(position > 1, |path| path.contains(&at)) {
            continue;
        }
        let named = modern && definition.version != definition.assumed;
        if bootstrap || named || object.instance(0).is_none() {
            link(&at, window);
            if named {
                self::version(definition.version, window);
            }
        }
        let mut index = 0;
        while let Some(id) = object.instance(index) {
            index += 1;
            link(&Path::instance(definition.object, id), window);
            if bootstrap {
                account(objects, definition.object, id, window);
            }
        }
    }
}

/// Writes which server an account is of: `;ssid=1;uri="coaps://..."`.
fn account(objects: &Objects<'_>, object: u16, instance: u16, window: &mut Window<'_>) {
    let (security, server) = match object {
        security::OBJECT => (objects.security.find(instance), None),
        server::OBJECT => (None, objects.server.find(instance)),
        _ => return,
    };
    let short_id = security.filter(|account| !account.bootstrap).map(|account| account.short_id);
    if let Some(id) = short_id.or(server.map(Server::short_id)) {
        window.put(b";ssid=");
        put_number(window, id.into());
    }
    if let Some(account) = security {
        window.put(b";uri=\"");
        window.put(account.uri.as_bytes());
        window.put_u8(b'"');
    }
}
