//! Object 2, Access Control: which server may do what with an Object Instance (Core 8, appendix E.3).
//!
//! Rights are looked up where there are several servers and at least one Instance of this object; until
//! then every server may do everything. An Instance is about one Object Instance, or, with
//! `ANY_INSTANCE`, about Create on an object. The rights of a server in it are, in this order: those
//! listed for it, all of them if it is the owner, the default (listed for server 0), none. What no
//! Instance is about is out of every server's reach.

use super::Objects;
use super::instances::{self, Empty, Instances, Map};
use crate::capacity;
use crate::coap::Code;
use crate::lwm2m::object::operation::{R, W};
use crate::lwm2m::object::{Context, Definition, Effect, Object, Resource};
use crate::lwm2m::{Notice, Path, Type, Value};

/// Object ID.
pub const OBJECT: u16 = 2;
/// In place of an Object Instance ID: the Instance is about Create.
pub(crate) const ANY_INSTANCE: u16 = u16::MAX;

/// What a server may do, as the object has it: one bit each.
pub(crate) mod right {
    /// Read, Observe, Discover, Write-Attributes.
    pub const READ: u8 = 1;
    /// Write.
    pub const WRITE: u8 = 2;
    /// Execute.
    pub const EXECUTE: u8 = 4;
    /// Delete.
    pub const DELETE: u8 = 8;
    /// Create.
    pub const CREATE: u8 = 16;
    /// All of them.
    pub const ALL: u8 = 31;
}

/// Resource IDs.
mod id {
    pub const OBJECT: u16 = 0;
    pub const INSTANCE: u16 = 1;
    pub const ACL: u16 = 2;
    pub const OWNER: u16 = 3;
}

static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 0),
    creatable: false,
    resources: &[
        Resource::new(id::OBJECT, R, Type::Integer).range(1, 65534).mandatory(),
        Resource::new(id::INSTANCE, R, Type::Integer).range(0, 65535).mandatory(),
        Resource::new(id::ACL, R | W, Type::Integer)
            .multiple()
            .removable()
            .range(0, right::ALL as u16),
        Resource::new(id::OWNER, R | W, Type::Integer).range(0, 65535).mandatory(),
    ],
};

/// An Instance: who may do what with one Object Instance.
#[derive(Clone, Debug)]
struct Access {
    /// Resources 0, 1 and 3: object, Object Instance, owner.
    numbers: [u16; 3],
    /// Short Server ID and rights, by ascending ID; 0 is the default.
    acl: Map<{ capacity::SERVERS + 1 }>,
}

/// The place of a resource in `numbers`.
fn place(resource: u16) -> usize {
    usize::from(if resource > id::ACL { resource - 1 } else { resource })
}

impl Empty for Access {
    const EMPTY: Self = Self { numbers: [0; 3], acl: Map::new() };
}

impl Access {
    const fn is_about(&self, object: u16, instance: u16) -> bool {
        let [about, of, ..] = self.numbers;
        about == object && of == instance
    }

    const fn owner(&self) -> u16 {
        let [.., owner] = self.numbers;
        owner
    }

    fn listed(&self, server: u16) -> Option<u8> {
        instances::get(&self.acl, server)
    }

    /// Says that other rights are in force: it is to be kept, and who observes may see something else.
    fn touched(&self, context: &mut Context) {
        context.effect = Effect::Notice(Notice::ServerChanged);
        let [object, instance, ..] = self.numbers;
        let about = Path::instance(object, instance);
        if !context.changes().contains(&about) {
            context.changed(about);
        }
    }

    fn rights(&self, server: u16) -> u8 {
        match self.listed(server) {
            Some(rights) => rights,
            None if self.owner() == server => right::ALL,
            None => self.listed(0).unwrap_or(0),
        }
    }
}

/// Object 2.
pub struct AccessControl {
    instances: Instances<Access, { capacity::ACCESS_CONTROLS }>,
}

impl AccessControl {
    /// No Instance.
    pub(crate) const EMPTY: Self = Self { instances: Instances::EMPTY };

    /// Forgets all of it.
    pub(crate) fn clear(&mut self) {
        self.instances.clear();
    }

    fn free_id(&self) -> u16 {
        let mut free = 0;
        while self.instances.get(free).is_some() {
            free += 1;
        }
        free
    }
}

impl Objects<'_> {
    /// Whether rights are looked up at all.
    fn restricts(&self) -> bool {
        cfg!(feature = "access-control")
            && self.server.instances.len() > 1
            && !self.access_control.instances.is_empty()
    }

    /// Whether a server, by its Short Server ID, has a right on an Object Instance; 0 is the bootstrap
    /// server, which has every right.
    pub(crate) fn allows(&self, server: u16, object: u16, instance: u16, right: u8) -> bool {
        if server == 0 || !self.restricts() {
            return true;
        }
        let accesses = &self.access_control.instances;
        if object == OBJECT {
            // All may see it, its owner may change it (Core 8.2).
            let owner = accesses.get(instance).map(Access::owner);
            return right == right::READ || right == right::WRITE && owner == Some(server);
        }
        let access = accesses.iter().find(|(_, access)| access.is_about(object, instance));
        access.is_some_and(|(_, access)| access.rights(server) & right != 0)
    }

    /// Whether an Object Instance that a server creates gets an owner: where rights are looked up.
    ///
    /// # Errors
    /// 5.00 when there is no room for that.
    pub(crate) fn is_owned(&self, path: &Path) -> Result<bool, Code> {
        let full = self.access_control.instances.is_full() && self.about(path).is_none();
        match self.restricts() {
            true if full => Err(Code::INTERNAL_SERVER_ERROR),
            restricts => Ok(restricts),
        }
    }

    /// Makes a server the owner of an Object Instance that nobody owns.
    pub(crate) fn own(&mut self, server: u16, path: &Path) {
        let (Some(object), Some(instance)) = (path.id(0), path.id(1)) else { return };
        let accesses = &mut self.access_control;
        let id = accesses.free_id();
        // `is_owned` saw that there is room.
        if let Some((access, _)) = accesses.instances.add(id) {
            access.numbers = [object, instance, server];
        }
    }

    /// The Instance that is about an Object Instance.
    fn about(&self, path: &Path) -> Option<u16> {
        let (object, instance) = (path.id(0)?, path.id(1)?);
        let mut accesses = self.access_control.instances.iter();
        accesses.find(|(_, access)| access.is_about(object, instance)).map(|(id, _)| id)
    }

    /// Forgets who may do what with an Object Instance that is gone: the Instance that said so. To be
    /// called until there is none.
    pub(crate) fn disown(&mut self, path: &Path) -> Option<Path> {
        let id = self.about(path).filter(|_| cfg!(feature = "access-control"))?;
        self.access_control.instances.remove(id);
        Some(Path::instance(OBJECT, id))
    }
}

impl Object for AccessControl {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn instance(&self, index: usize) -> Option<u16> {
        self.instances.id(index)
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        instances::nth(&self.instances.at(path)?.acl, index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let access = self.instances.at(path)?;
        let number = match path.id(2)? {
            id::ACL => access.listed(path.id(3)?)?.into(),
            resource => *access.numbers.get(place(resource))?,
        };
        Some(Value::Integer(number.into()))
    }

    fn room(&self, _: &Path) -> usize {
        capacity::SERVERS + 1
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, context: &mut Context) -> Result<(), Code> {
        let access = self.instances.at_mut(path).ok_or(Code::NOT_FOUND)?;
        let number = super::number(value).ok_or(Code::BAD_REQUEST)? as u16;
        access.touched(context);
        if let Some(server) = path.id(3) {
            return instances::set(&mut access.acl, server, number as u8)
                .ok_or(Code::INTERNAL_SERVER_ERROR);
        }
        let place = path.id(2).and_then(|id| access.numbers.get_mut(place(id)));
        *place.ok_or(Code::NOT_FOUND)? = number;
        Ok(())
    }

    fn clear(&mut self, path: &Path, context: &mut Context) {
        if path.id(2) == Some(id::ACL)
            && let Some(access) = self.instances.at_mut(path)
        {
            access.acl.clear();
            access.touched(context);
        }
    }

    fn remove(&mut self, path: &Path, context: &mut Context) -> Result<(), Code> {
        let server = path.id(3).ok_or(Code::METHOD_NOT_ALLOWED)?;
        let access = self.instances.at_mut(path).ok_or(Code::NOT_FOUND)?;
        instances::remove(&mut access.acl, server);
        access.touched(context);
        Ok(())
    }

    fn create(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        self.instances.add(instance).map(|_| ()).ok_or(Code::INTERNAL_SERVER_ERROR)
    }

    fn delete(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        self.instances.remove(instance);
        Ok(())
    }
}
