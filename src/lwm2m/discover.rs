//! Discover, Bootstrap-Discover and the list of what there is in Register: the data model as links.
//!
//! Read beside it: Core 6.3.2 (Discover), 6.1.4 (Bootstrap-Discover), Transport 6.4.1 (Register).

use super::attributes::AttributeTable;
use super::format::{put_number, put_path};
use super::object::{Definition, Resource};
use super::objects::{Objects, Server, access_control, device, security, server};
use super::read::{Reader, View};
use super::{Path, Version, Window};

/// Whether Discover and Bootstrap-Discover are compiled in. Without them, links are no format that an
/// answer has.
pub(super) const DISCOVERS: bool = cfg!(feature = "discover");

/// Writes `</3/0>`.
fn link(path: &Path, window: &mut Window<'_>) {
    window.put_u8(b'<');
    put_path(window, path.ids(), true, path.level() == 0);
    window.put_u8(b'>');
}

/// Writes `;ver=1.1`.
fn version(version: (u8, u8), window: &mut Window<'_>) {
    window.put(b";ver=");
    put_number(window, version.0.into());
    window.put_u8(b'.');
    put_number(window, version.1.into());
}

/// Whether the version of an object is named, since a server would assume another one: for objects of the
/// core specification that is the version in there (appendix E), for all others 1.0.
fn is_version_named(object: &Definition, version: Version) -> bool {
    let assumed = match (version, object.object) {
        (Version::V1_0, _) => return false,
        (Version::V1_1, security::OBJECT | server::OBJECT | device::OBJECT) => (1, 1),
        (Version::V1_1, 4) => (1, 2),
        // There are servers that take LwM2M 1.2, and go on to assume something else.
        (Version::V1_2, 0..=5) => return true,
        _ => (1, 0),
    };
    object.version != assumed
}

/// The answer to Discover on `path`: the node itself with every attribute that is in force there,
/// what lies below it, down to `depth` levels, with its own attributes only.
///
/// Without a depth it is what LwM2M 1.1 shows: an object with its instances and resources, an instance
/// with its resources, a resource with its Resource Instances; attributes on the first level below only.
#[inline(never)]
pub(crate) fn discover(
    view: View<'_, '_>,
    path: &Path,
    depth: Option<u8>,
    attributes: &AttributeTable,
    window: &mut Window<'_>,
) {
    let Some(object) = view.objects.named_by(path) else { return };
    let definition = object.definition();
    let level = path.level();
    let deepest = depth.map_or(level.max(2) + 1, |depth| level + usize::from(depth));
    if level == 1 {
        link(path, window);
        if definition.version != (1, 0) {
            version(definition.version, window);
        }
        attributes.effective(view.server, path).write(window);
    }
    view.with(Reader::Links).walk(path, &mut |at, _| {
        if at.level() > deepest {
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
            attributes.effective(view.server, at).write(window);
        } else if depth.is_some() || at.level() - level < 2 {
            // On an object, attributes of resources are not shown.
            if let Some(own) = attributes.find(view.server, at) {
                own.write(window);
            }
        }
    });
}

/// Writes links to objects and their instances, never to resources: for Register the list of what there
/// is, for Bootstrap-Discover what is at or below its path, with the servers of accounts.
pub(crate) fn links(
    objects: &Objects<'_>,
    discover: Option<&Path>,
    version: Version,
    window: &mut Window<'_>,
) {
    let bootstrap = discover.is_some();
    let mut comma: &[u8] = b"";
    if bootstrap {
        window.put(b"</>;lwm2m=");
        window.put(version.text());
        comma = b",";
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
        let empty = object.instance(0).is_none();
        // No server but the bootstrap server is told of the Security Object, and of an Access Control
        // Object that restricts nothing.
        let hidden = at == Path::object(security::OBJECT)
            || empty && at == Path::object(access_control::OBJECT);
        if !discover.map_or(!hidden, |path| path.contains(&at)) {
            continue;
        }
        let named = is_version_named(definition, version);
        if bootstrap || named || empty {
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
        security::OBJECT => (objects.security.instances.get(instance), None),
        server::OBJECT => (None, objects.server.instances.get(instance)),
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
