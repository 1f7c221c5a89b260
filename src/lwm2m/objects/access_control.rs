//! Object 2, Access Control: which server may do what with an Object Instance (Core 8, appendix E.3).
//!
//! Rights are looked up where there are several servers and at least one Instance of this object; until
//! then every server may do everything. An Instance is about one Object Instance, or, with
//! `ANY_INSTANCE`, about Create on an object. The rights of a server in it are, in this order: those
//! listed for it, all of them if it is the owner, the default (listed for server 0), none. What no
//! Instance is about is out of every server's reach.

use super::Objects;
use crate::bytes::{insert, remove};
use crate::capacity;
use crate::coap::Code;
use crate::lwm2m::object::operation::{R, W};
use crate::lwm2m::object::{Context, Definition, Effect, Object, Resource};
use crate::lwm2m::{Notice, Path, Type, Value};
use heapless::Vec;

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
    id: u16,
    /// Resources 0, 1 and 3, by Resource ID; 2 is not used.
    numbers: [u16; 4],
    /// Short Server ID and rights, by ascending ID; 0 is the default.
    acl: Vec<(u16, u8), { capacity::SERVERS + 1 }>,
}

impl Access {
    const fn new(id: u16) -> Self {
        Self { id, numbers: [0; 4], acl: Vec::new() }
    }

    const fn is_about(&self, object: u16, instance: u16) -> bool {
        let [about, of, ..] = self.numbers;
        about == object && of == instance
    }

    const fn owner(&self) -> u16 {
        let [.., owner] = self.numbers;
        owner
    }

    fn listed(&self, server: u16) -> Option<u8> {
        self.acl.iter().find(|(listed, _)| *listed == server).map(|(_, rights)| *rights)
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
#[derive(Clone, Debug)]
pub struct AccessControl {
    /// By ascending Object Instance ID.
    instances: Vec<Access, { capacity::ACCESS_CONTROLS }>,
}

impl AccessControl {
    /// No Instance.
    pub(crate) const EMPTY: Self = Self { instances: Vec::new() };

    /// Forgets all of it.
    pub(crate) fn clear(&mut self) {
        self.instances.clear();
    }

    fn find(&self, path: &Path) -> Option<&Access> {
        self.instances.iter().find(|access| Some(access.id) == path.id(1))
    }

    fn find_mut(&mut self, path: &Path) -> Option<&mut Access> {
        self.instances.iter_mut().find(|access| Some(access.id) == path.id(1))
    }

    fn free_id(&self) -> u16 {
        let mut free = 0;
        for access in &self.instances {
            if access.id == free {
                free += 1;
            }
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
        let mut accesses = self.access_control.instances.iter();
        if object == OBJECT {
            // All may see it, its owner may change it (Core 8.2).
            let owner = accesses.find(|access| access.id == instance).map(Access::owner);
            return right == right::READ || right == right::WRITE && owner == Some(server);
        }
        let access = accesses.find(|access| access.is_about(object, instance));
        access.is_some_and(|access| access.rights(server) & right != 0)
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
        let _ = accesses.create(id, &mut Context::new(0));
        if let Some(access) = accesses.find_mut(&Path::instance(OBJECT, id)) {
            access.numbers = [object, instance, 0, server];
        }
    }

    /// The Instance that is about an Object Instance.
    fn about(&self, path: &Path) -> Option<u16> {
        let (object, instance) = (path.id(0)?, path.id(1)?);
        let mut accesses = self.access_control.instances.iter();
        accesses.find(|access| access.is_about(object, instance)).map(|access| access.id)
    }

    /// Forgets who may do what with an Object Instance that is gone: the Instance that said so. To be
    /// called until there is none.
    pub(crate) fn disown(&mut self, path: &Path) -> Option<Path> {
        let id = self.about(path).filter(|_| cfg!(feature = "access-control"))?;
        let _ = self.access_control.delete(id, &mut Context::new(0));
        Some(Path::instance(OBJECT, id))
    }
}

impl Object for AccessControl {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn instance(&self, index: usize) -> Option<u16> {
        self.instances.get(index).map(|access| access.id)
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        self.find(path)?.acl.get(index).map(|(server, _)| *server)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let access = self.find(path)?;
        let number = match path.id(2)? {
            id::ACL => access.listed(path.id(3)?)?.into(),
            resource => *access.numbers.get(usize::from(resource))?,
        };
        Some(Value::Integer(number.into()))
    }

    fn room(&self, _: &Path) -> usize {
        capacity::SERVERS + 1
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, context: &mut Context) -> Result<(), Code> {
        let access = self.find_mut(path).ok_or(Code::NOT_FOUND)?;
        let number = super::number(value).ok_or(Code::BAD_REQUEST)? as u16;
        access.touched(context);
        if let Some(server) = path.id(3) {
            self.remove(path, context)?;
            let access = self.find_mut(path).ok_or(Code::NOT_FOUND)?;
            let rights = (server, number as u8);
            return insert(&mut access.acl, rights, &|(listed, _)| *listed > server)
                .ok_or(Code::INTERNAL_SERVER_ERROR);
        }
        let place = path.id(2).and_then(|id| access.numbers.get_mut(usize::from(id)));
        *place.ok_or(Code::NOT_FOUND)? = number;
        Ok(())
    }

    fn clear(&mut self, path: &Path) {
        if path.id(2) == Some(id::ACL)
            && let Some(access) = self.find_mut(path)
        {
            access.acl.clear();
        }
    }

    fn remove(&mut self, path: &Path, context: &mut Context) -> Result<(), Code> {
        let server = path.id(3);
        let access = self.find_mut(path).ok_or(Code::NOT_FOUND)?;
        remove(&mut access.acl, &|(listed, _)| Some(*listed) == server);
        access.touched(context);
        Ok(())
    }

    fn create(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        insert(&mut self.instances, Access::new(instance), &|access| access.id > instance)
            .ok_or(Code::INTERNAL_SERVER_ERROR)
    }

    fn delete(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        remove(&mut self.instances, &|access| access.id == instance);
        Ok(())
    }
}
