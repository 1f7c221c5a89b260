//! Objects: a constant table of resources, and the few functions behind it (Core 7.2, appendix D).
//!
//! An application adds an object of its own by implementing [`Object`]: a [`Definition`], the
//! instances there are, and `read`; `write`, `execute`, `create` and `delete` where it has them.
//! What the table says (operations, type, range) is checked before a function is called.

use super::observe::OBSERVES;
use super::{Notice, Path, Type, Value};
use crate::coap::Code;

/// What a server may do with a resource, and what kind it is. Combined with `|` of [`u8`].
pub mod operation {
    /// Read, Observe, Discover.
    pub const R: u8 = 1;
    /// Write.
    pub const W: u8 = 2;
    /// Execute.
    pub const E: u8 = 4;
    /// Neither: only the bootstrap interface reaches it.
    pub const NONE: u8 = 0;
    pub(super) const MULTIPLE: u8 = 8;
    pub(super) const MANDATORY: u8 = 16;
    pub(super) const REMOVABLE: u8 = 32;
}
use operation::{E, MANDATORY, MULTIPLE, R, REMOVABLE, W};

/// One line of an object's table.
#[derive(Clone, Copy, Debug)]
pub struct Resource {
    /// Resource ID.
    pub id: u16,
    /// The smallest value, or the shortest length of a string or of opaque bytes.
    min: u16,
    /// The largest value or longest length; a `max` of 0 is no limit.
    max: u16,
    flags: u8,
    /// Type of its values.
    pub kind: Type,
}

impl Resource {
    /// A single, optional resource with these operations (`R`, `W`, `E` or 0).
    pub const fn new(id: u16, operations: u8, kind: Type) -> Self {
        Self { id, min: 0, max: 0, flags: operations, kind }
    }

    /// The same with several Resource Instances.
    #[must_use]
    pub const fn multiple(mut self) -> Self {
        self.flags |= MULTIPLE;
        self
    }

    /// The same as a mandatory one: a Create without it is refused, if it can be written.
    #[must_use]
    pub const fn mandatory(mut self) -> Self {
        self.flags |= MANDATORY;
        self
    }

    /// The same, a multiple one that can be written, whose Resource Instances servers may delete one by
    /// one: [`Object::remove`].
    #[must_use]
    pub const fn removable(mut self) -> Self {
        self.flags |= REMOVABLE;
        self
    }

    /// The same with a range: of the number, or of the length of a string or of opaque bytes.
    #[must_use]
    pub const fn range(mut self, min: u16, max: u16) -> Self {
        self.min = min;
        self.max = max;
        self
    }

    /// Whether its type is compiled in. If not, it counts as not there.
    pub(crate) const fn is_known(&self) -> bool {
        cfg!(feature = "float") || !matches!(self.kind, Type::Float)
    }

    /// Whether servers may read it.
    pub const fn is_readable(&self) -> bool {
        self.flags & R != 0
    }

    /// Whether servers may write it.
    pub const fn is_writable(&self) -> bool {
        self.flags & W != 0
    }

    /// Whether servers may execute it.
    pub const fn is_executable(&self) -> bool {
        self.flags & E != 0
    }

    /// Whether it has Resource Instances.
    pub const fn is_multiple(&self) -> bool {
        self.flags & MULTIPLE != 0
    }

    /// Whether each Object Instance must have it.
    pub const fn is_mandatory(&self) -> bool {
        self.flags & MANDATORY != 0
    }

    /// Whether servers may delete its Resource Instances.
    pub const fn is_removable(&self) -> bool {
        self.flags & REMOVABLE != 0
    }

    /// Whether `value` lies in the range.
    pub fn allows(&self, value: &Value<'_>) -> bool {
        if self.max == 0 {
            return true;
        }
        let (min, max) = (i64::from(self.min), i64::from(self.max));
        let measure = match *value {
            Value::Integer(value) | Value::Time(value) => value,
            Value::Unsigned(value) => i64::try_from(value).unwrap_or(i64::MAX),
            Value::String(text) | Value::CoreLink(text) => text.len() as i64,
            Value::Opaque(bytes) => bytes.len() as i64,
            Value::Float(_) | Value::Boolean(_) | Value::ObjectLink(..) => return true,
        };
        (min..=max).contains(&measure)
    }
}

/// The table of an object.
#[derive(Clone, Copy, Debug)]
pub struct Definition {
    /// Object ID.
    pub object: u16,
    /// Version of the object, major and minor.
    pub version: (u8, u8),
    /// Whether servers may create and delete Object Instances.
    pub creatable: bool,
    /// Its resources, by ascending Resource ID.
    pub resources: &'static [Resource],
}

impl Definition {
    /// The line for a Resource ID.
    pub fn resource(&self, id: u16) -> Option<&'static Resource> {
        // Where no ID is left out, that is its place.
        let likely = self.resources.get(usize::from(id)).filter(|resource| resource.id == id);
        let found = likely.or_else(|| self.resources.iter().find(|resource| resource.id == id));
        found.filter(|resource| resource.is_known())
    }
}

/// What an operation leads to beyond the data model.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Effect {
    #[default]
    None,
    /// The floor above is told.
    Notice(Notice),
    /// /1/x/4 was executed, for the server with this Short Server ID.
    Disable(u16),
    /// /1/x/8 was executed.
    UpdateTrigger(u16),
}

/// Who asks, and what comes of it.
#[derive(Debug, Default)]
pub struct Context {
    /// Short Server ID of the server that asks; 0 for the bootstrap server.
    pub server: u16,
    /// An operation has one effect.
    pub(crate) effect: Effect,
    /// Data was written that the application is to be told of.
    pub(crate) written: bool,
    changed: heapless::Vec<Path, 3>,
}

impl Context {
    /// A context for a server's operation.
    pub fn new(server: u16) -> Self {
        Self { server, effect: Effect::None, written: false, changed: heapless::Vec::new() }
    }

    /// Says that the value at `path` is a new one, beyond what the operation itself names: it may
    /// have to be notified.
    pub fn changed(&mut self, path: Path) {
        if !OBSERVES {
            return;
        }
        if self.changed.push(path).is_err() {
            // Too many to be named: everything may be new.
            self.changed.clear();
            let _ = self.changed.push(Path::ROOT);
        }
    }

    pub(crate) fn changes(&self) -> &[Path] {
        if OBSERVES { &self.changed } else { &[] }
    }
}

/// An LwM2M Object.
///
/// Paths given to its functions are of this object, name resources of its table and an instance
/// that [`Object::instance`] lists. They end at the resource where it is single, at the Resource
/// Instance where it is multiple.
pub trait Object {
    /// The table.
    fn definition(&self) -> &'static Definition;

    /// The Object Instance ID at position `index` in ascending order; `None` behind the last.
    ///
    /// Attributes that servers set stay over a restart, until a server deletes or creates the instance:
    /// one that the application makes late has them again.
    fn instance(&self, index: usize) -> Option<u16> {
        (index == 0).then_some(0)
    }

    /// The Resource Instance ID at position `index` of the multiple resource at `path`.
    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        let _ = (path, index);
        None
    }

    /// The value at `path`; `None` when there is none now.
    fn read(&self, path: &Path) -> Option<Value<'_>>;

    /// Whether [`Object::write`] would take this value. Asked for every value of a request before
    /// the first is written, so that a refused request changes nothing.
    ///
    /// # Errors
    /// The CoAP code to answer with.
    fn accepts(&self, path: &Path, value: &Value<'_>) -> Result<(), Code> {
        let _ = (path, value);
        Ok(())
    }

    /// How many Resource Instances there can be of the multiple resource at `path`. A request that
    /// would make more is refused with 5.00 before anything is written.
    fn room(&self, path: &Path) -> usize {
        let _ = path;
        usize::MAX
    }

    /// Writes a value that was accepted.
    ///
    /// # Errors
    /// The CoAP code to answer with.
    fn write(&mut self, path: &Path, value: &Value<'_>, context: &mut Context) -> Result<(), Code> {
        let _ = (path, value, context);
        Err(Code::METHOD_NOT_ALLOWED)
    }

    /// Removes every Resource Instance of a multiple resource, or an optional single one, because
    /// a Write replaces what was there.
    fn clear(&mut self, path: &Path, context: &mut Context) {
        let _ = (path, context);
    }

    /// Deletes one Resource Instance, which is there, of a resource that is [`Resource::removable`]:
    /// a Delete (LwM2M 1.2, 6.3.7), or null in a Write-Composite.
    ///
    /// # Errors
    /// The CoAP code to answer with. Then other values of a Write-Composite may be written already.
    fn remove(&mut self, path: &Path, context: &mut Context) -> Result<(), Code> {
        let _ = (path, context);
        Err(Code::METHOD_NOT_ALLOWED)
    }

    /// Executes the resource at `path`.
    ///
    /// # Errors
    /// The CoAP code to answer with.
    fn execute(
        &mut self,
        path: &Path,
        arguments: &[u8],
        context: &mut Context,
    ) -> Result<(), Code> {
        let _ = (path, arguments, context);
        Err(Code::METHOD_NOT_ALLOWED)
    }

    /// Creates an Object Instance that is not there yet.
    ///
    /// # Errors
    /// The CoAP code to answer with.
    fn create(&mut self, instance: u16, context: &mut Context) -> Result<(), Code> {
        let _ = (instance, context);
        Err(Code::METHOD_NOT_ALLOWED)
    }

    /// Deletes an Object Instance.
    ///
    /// # Errors
    /// The CoAP code to answer with.
    fn delete(&mut self, instance: u16, context: &mut Context) -> Result<(), Code> {
        let _ = (instance, context);
        Err(Code::METHOD_NOT_ALLOWED)
    }
}
