//! Read: values of the data model, as who asks for them may see them, encoded into a window.
//!
//! Read beside it: Core 6.3.1 (Read), 6.3.10 (Read-Composite), 8 (Access Control).

use super::discover::DISCOVERS;
use super::format::{BASE64, Container, ContentFormat, encode, entry_len, value_len};
use super::object::{Object, Resource};
use super::objects::access_control::right;
use super::objects::{Objects, security};
use super::paths::Paths;
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

/// The object that a path names, and the line of its table if it names a resource.
pub(crate) type Node<'o> = (&'o dyn Object, Option<&'static Resource>);

/// The data model as somebody sees it.
#[derive(Clone, Copy)]
pub(crate) struct View<'o, 'a> {
    pub objects: &'o Objects<'a>,
    /// Short Server ID of the server that looks; 0 for the bootstrap server, and for ourselves.
    pub server: u16,
    reader: Reader,
}

impl<'o, 'a> View<'o, 'a> {
    /// As a server sees it.
    pub(crate) const fn new(objects: &'o Objects<'a>, server: u16) -> Self {
        Self { objects, server, reader: Reader::Server }
    }

    /// As [`Reader`] says.
    pub(crate) const fn with(self, reader: Reader) -> Self {
        Self { reader, ..self }
    }

    /// Whether who looks has a right on an Object Instance.
    fn may(&self, object: u16, instance: u16, right: u8) -> bool {
        self.objects.allows(self.server, object, instance, right)
    }

    /// What a path of a server names, as far as it is known without a value: object, Object Instance,
    /// resource.
    ///
    /// # Errors
    /// 4.04 for what there is not, 4.01 for the Security Object, 4.05 for the root.
    pub(crate) fn locate(&self, path: &Path) -> Result<Node<'o>, Code> {
        let id = path.id(0).ok_or(Code::METHOD_NOT_ALLOWED)?;
        if id == security::OBJECT {
            return Err(Code::UNAUTHORIZED);
        }
        let object = self.objects.get(id).ok_or(Code::NOT_FOUND)?;
        if path.id(1).is_some_and(|instance| !has_instance(object, instance)) {
            return Err(Code::NOT_FOUND);
        }
        match path.id(2).map(|id| object.definition().resource(id)) {
            Some(None) => Err(Code::NOT_FOUND),
            resource => Ok((object, resource.flatten())),
        }
    }

    /// Whether the server has a right on the Object Instance that a path lies in.
    ///
    /// # Errors
    /// 4.01 if not.
    pub(crate) fn authorise(&self, path: &Path, right: u8) -> Result<(), Code> {
        let (Some(object), Some(instance)) = (path.id(0), path.id(1)) else { return Ok(()) };
        if self.may(object, instance, right) { Ok(()) } else { Err(Code::UNAUTHORIZED) }
    }

    /// Both in one.
    pub(crate) fn find(&self, path: &Path, right: u8) -> Result<Node<'o>, Code> {
        let node = self.locate(path)?;
        self.authorise(path, right)?;
        Ok(node)
    }

    /// What is at `path`, if the server may read it.
    ///
    /// # Errors
    /// As [`View::find`], and 4.05 for a resource that nobody reads.
    pub(crate) fn target(&self, path: &Path) -> Result<Node<'o>, Code> {
        let (object, resource) = self.find(path, right::READ)?;
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
        } else if path.level() == 1 && object.instance(0).is_some() {
            let id = object.definition().object;
            let mut instances = (0..).map_while(|index| object.instance(index));
            if !instances.any(|instance| self.may(id, instance, right::READ)) {
                return Err(Code::UNAUTHORIZED);
            }
        }
        Ok((object, resource))
    }

    /// Calls `f` with every value at or below `path`.
    pub(crate) fn visit(&self, path: &Path, f: &mut dyn FnMut(&Path, &Value<'_>)) {
        self.walk(path, &mut |at, value| {
            if let Some(value) = value {
                f(at, value);
            }
        });
    }

    /// Calls `f` with every node at or below `path`, each before what is in it: Object Instances,
    /// multiple resources, and, with their values, what has one. [`Reader::Links`] gets no values.
    pub(crate) fn walk(&self, path: &Path, f: &mut dyn FnMut(&Path, Option<&Value<'_>>)) {
        if let Some(id) = path.id(0) {
            if let Some(object) = self.objects.get(id) {
                self.walk_object(object, path, f);
            }
            return;
        }
        let mut position = 0;
        while let Some(object) = self.objects.at(position) {
            position += 1;
            self.walk_object(object, path, f);
        }
    }

    fn walk_object(
        &self,
        object: &dyn Object,
        path: &Path,
        f: &mut dyn FnMut(&Path, Option<&Value<'_>>),
    ) {
        let id = object.definition().object;
        if id == security::OBJECT && self.reader != Reader::Record {
            return;
        }
        if let Some(instance) = path.id(1) {
            if has_instance(object, instance) && self.may(id, instance, right::READ) {
                self.walk_instance(object, path, path.cut(2), f);
            }
            return;
        }
        let mut index = 0;
        while let Some(instance) = object.instance(index) {
            index += 1;
            if self.may(id, instance, right::READ) {
                self.walk_instance(object, path, Path::instance(id, instance), f);
            }
        }
    }

    fn walk_instance(
        &self,
        object: &dyn Object,
        path: &Path,
        instance: Path,
        f: &mut dyn FnMut(&Path, Option<&Value<'_>>),
    ) {
        if path.level() <= 2 {
            f(&instance, None);
        }
        let links = DISCOVERS && self.reader == Reader::Links;
        let definition = object.definition();
        let resources = match path.id(2) {
            Some(id) => definition.resource(id).map_or(&[][..], core::slice::from_ref),
            None => definition.resources,
        };
        for resource in resources {
            let mut at = instance;
            at.push(resource.id);
            let seen = match self.reader {
                Reader::Server => resource.is_readable(),
                Reader::Record => true,
                Reader::Links => DISCOVERS && is_there(object, resource, &at),
            };
            if !seen || !resource.is_known() {
                continue;
            }
            if !resource.is_multiple() {
                if path.level() == 4 {
                    continue;
                }
                if links {
                    f(&at, None);
                } else if let Some(value) = object.read(&at) {
                    f(&at, Some(&value));
                }
                continue;
            }
            if path.level() <= 3 {
                f(&at, None);
            }
            let mut index = 0;
            while let Some(id) = object.resource_instance(&at, index) {
                index += 1;
                let mut leaf = at;
                if path.id(3).is_some_and(|wanted| wanted != id) || leaf.push(id).is_none() {
                    continue;
                }
                if links {
                    f(&leaf, None);
                } else if let Some(value) = object.read(&leaf) {
                    f(&leaf, Some(&value));
                }
            }
        }
    }

    /// Encodes what is at these paths; what is not there, or not for this server, is left out. Whether
    /// there is any value.
    pub(crate) fn encode(
        &self,
        paths: Paths<'_>,
        format: ContentFormat,
        window: &mut Window<'_>,
    ) -> bool {
        let mut found = false;
        encode(format, paths.base(), window, &mut |encoder| {
            paths.each(&mut |path| {
                encoder.below(path);
                self.walk(path, &mut |at, value| {
                    if let Some(value) = value {
                        found = true;
                        return encoder.value(at, value);
                    }
                    let instance = at.level() == 2;
                    // What was asked for is named only if it is a resource with all its instances.
                    if format != ContentFormat::Tlv || path.level() >= if instance { 2 } else { 4 }
                    {
                        return;
                    }
                    // TLV names the length of a container before its content, which is measured for that.
                    let len = self.content_len(at);
                    if instance {
                        encoder.container(Container::Instance, at.last(), len);
                    } else if len > 0 {
                        encoder.container(Container::Multiple, at.last(), len);
                    }
                });
            });
        });
        found
    }

    /// Length in TLV of what is in an Object Instance or in a multiple resource.
    fn content_len(&self, path: &Path) -> usize {
        let mut all = 0;
        // Many are short, and this is where a walk takes longest.
        if path.level() == 3 {
            let Some(object) = self.objects.named_by(path) else { return 0 };
            let ids = (0..).map_while(|index| object.resource_instance(path, index));
            for id in ids {
                let mut leaf = *path;
                leaf.push(id);
                if let Some(value) = object.read(&leaf) {
                    all += entry_len(value_len(&value), id);
                }
            }
            return all;
        }
        self.walk(path, &mut |at, value| {
            if at.level() != path.level() + 1 {
                return;
            }
            let len = match value {
                Some(value) => value_len(value),
                None => self.content_len(at),
            };
            // A multiple resource without instances is not named.
            if value.is_some() || len > 0 {
                all += entry_len(len, at.last());
            }
        });
        all
    }
}

/// Whether an Object Instance is there.
pub(crate) fn has_instance(object: &dyn Object, id: u16) -> bool {
    (0..).map_while(|index| object.instance(index)).any(|instance| instance == id)
}

/// Whether a resource is there for a server: what can be read has a value, the rest just is.
pub(crate) fn is_there(object: &dyn Object, resource: &Resource, at: &Path) -> bool {
    match (resource.is_readable(), resource.is_multiple()) {
        (true, false) => object.read(at).is_some(),
        (true, true) => object.resource_instance(at, 0).is_some() || resource.is_writable(),
        (false, _) => resource.is_writable() || resource.is_executable(),
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
            (None, _) => ContentFormat::preferred(),
        });
    };
    let format = ContentFormat::from_number(accept);
    let format = format.filter(|format| match format {
        ContentFormat::Opaque => single.is_some_and(|resource| resource.kind == Type::Opaque),
        ContentFormat::Text if !BASE64 => {
            single.is_some_and(|resource| resource.kind != Type::Opaque)
        }
        format if !format.is_plain() => false,
        format => single.is_some() || !format.is_single(),
    });
    format.ok_or(Code::NOT_ACCEPTABLE)
}
