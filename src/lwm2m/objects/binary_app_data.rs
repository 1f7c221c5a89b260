//! Object 19, BinaryAppDataContainer (OMA registry, version 1.0): opaque data between applications and
//! servers. Servers create and delete Object Instances; the application may write Data (/19/x/0) too.
//! Nothing lasts over a restart.

use super::instances::{Empty, Instances};
use crate::bytes::{Text, keep};
use crate::capacity::{APP_DATA, APP_DATA_INSTANCES, APP_DATA_VALUES};
use crate::coap::Code;
use crate::lwm2m::object::operation::{R, W};
use crate::lwm2m::object::{Context, Definition, Object, Resource};
use crate::lwm2m::{Path, Type, Value};
use heapless::Vec;

/// Object ID.
pub const OBJECT: u16 = 19;

/// Resource IDs.
pub mod id {
    #![allow(missing_docs, reason = "the names are the table's")]
    pub const DATA: u16 = 0;
    pub const PRIORITY: u16 = 1;
    pub const CREATION_TIME: u16 = 2;
    pub const DESCRIPTION: u16 = 3;
    pub const FORMAT: u16 = 4;
    pub const APP_ID: u16 = 5;
}

/// Bytes of Data Description and of Data Format.
const TEXT: usize = 32;

/// The path of a Resource Instance of Data.
pub const fn data(instance: u16, id: u16) -> Path {
    Path::resource_instance(OBJECT, instance, id::DATA, id)
}

const RW: u8 = R | W;
static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 0),
    creatable: true,
    resources: &[
        Resource::new(id::DATA, RW, Type::Opaque).multiple().mandatory().removable(),
        Resource::new(id::PRIORITY, RW, Type::Integer).range(0, 255),
        Resource::new(id::CREATION_TIME, RW, Type::Time),
        Resource::new(id::DESCRIPTION, RW, Type::String).range(0, TEXT as u16),
        Resource::new(id::FORMAT, RW, Type::String).range(0, TEXT as u16),
        Resource::new(id::APP_ID, RW, Type::Integer).range(0, u16::MAX),
    ],
};

/// An Object Instance.
struct Container {
    app: u16,
    priority: u8,
    /// Bit n: Resource n has a value.
    present: u8,
    created: i64,
    /// By Resource Instance ID.
    data: Instances<Data, APP_DATA_VALUES>,
    description: Text<TEXT>,
    format: Text<TEXT>,
}

/// A Resource Instance of Data.
struct Data {
    /// A server wrote it, and the application was not told yet.
    written: bool,
    bytes: Vec<u8, APP_DATA, u16>,
}

impl Empty for Data {
    const EMPTY: Self = Self { written: false, bytes: Vec::new() };
}

impl Empty for Container {
    const EMPTY: Self = Self {
        app: 0,
        priority: 0,
        present: 0,
        created: 0,
        data: Instances::EMPTY,
        description: Text::new(),
        format: Text::new(),
    };
}

/// Object 19.
pub struct BinaryAppData {
    containers: Instances<Container, APP_DATA_INSTANCES>,
}

impl BinaryAppData {
    /// No Object Instance. All of it is zero.
    pub const EMPTY: Self = Self { containers: Instances::EMPTY };

    /// Data that a server wrote and the application was not told of; it is told now.
    #[cfg(feature = "binary-app-data")]
    pub(crate) fn take_written(&mut self) -> Option<Path> {
        let mut index = 0;
        while let Some(instance) = self.containers.id(index) {
            index += 1;
            let parts = &mut self.containers.get_mut(instance)?.data;
            let mut at = 0;
            while let Some(id) = parts.id(at) {
                at += 1;
                if core::mem::take(&mut parts.get_mut(id)?.written) {
                    return Some(data(instance, id));
                }
            }
        }
        None
    }
}

impl Container {
    /// Writes a Resource Instance of Data that is not too long. The application is to be told when a
    /// server has `written` it.
    fn put(&mut self, id: u16, bytes: &[u8], written: bool) -> Result<(), Code> {
        if self.data.get(id).is_none() {
            self.data.add(id).ok_or(Code::INTERNAL_SERVER_ERROR)?;
        }
        if let Some(data) = self.data.get_mut(id) {
            data.written |= written;
            data.bytes.clear();
            let _ = data.bytes.extend_from_slice(bytes);
        }
        Ok(())
    }
}

impl Object for BinaryAppData {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn instance(&self, index: usize) -> Option<u16> {
        self.containers.id(index)
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        self.containers.at(path)?.data.id(index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let container = self.containers.at(path)?;
        let resource = path.id(2)?;
        if resource == id::DATA {
            let id = path.id(3)?;
            return container.data.get(id).map(|data| Value::Opaque(&data.bytes));
        }
        if 1u8.checked_shl(resource.into())? & container.present == 0 {
            return None;
        }
        Some(match resource {
            id::PRIORITY => Value::Integer(container.priority.into()),
            id::CREATION_TIME => Value::Time(container.created),
            id::DESCRIPTION => Value::String(&container.description),
            id::FORMAT => Value::String(&container.format),
            _ => Value::Integer(container.app.into()),
        })
    }

    fn accepts(&self, _path: &Path, value: &Value<'_>) -> Result<(), Code> {
        match *value {
            Value::Opaque(data) if data.len() > APP_DATA => Err(Code::REQUEST_ENTITY_TOO_LARGE),
            _ => Ok(()),
        }
    }

    fn room(&self, _path: &Path) -> usize {
        APP_DATA_VALUES
    }

    /// Of Data that a server writes the application is told.
    fn write(&mut self, path: &Path, value: &Value<'_>, context: &mut Context) -> Result<(), Code> {
        self.accepts(path, value)?;
        let container = self.containers.at_mut(path).ok_or(Code::NOT_FOUND)?;
        let resource = path.id(2).ok_or(Code::NOT_FOUND)?;
        match (resource, *value) {
            (id::DATA, Value::Opaque(bytes)) => {
                let id = path.id(3).ok_or(Code::NOT_FOUND)?;
                let written = context.server != 0;
                context.written |= written;
                return container.put(id, bytes, written);
            }
            // The table has the ranges.
            (id::PRIORITY, Value::Integer(number)) => container.priority = number as u8,
            (id::APP_ID, Value::Integer(number)) => container.app = number as u16,
            (id::CREATION_TIME, Value::Time(time)) => container.created = time,
            (id::DESCRIPTION, Value::String(text)) => keep(&mut container.description, text),
            (id::FORMAT, Value::String(text)) => keep(&mut container.format, text),
            _ => return Err(Code::BAD_REQUEST),
        }
        container.present |= 1u8.checked_shl(resource.into()).unwrap_or(0);
        Ok(())
    }

    fn clear(&mut self, path: &Path, _: &mut Context) {
        let Some(container) = self.containers.at_mut(path) else { return };
        match path.id(2) {
            Some(id::DATA) => container.data.clear(),
            Some(resource) => {
                container.present &= !1u8.checked_shl(resource.into()).unwrap_or(0);
            }
            None => {}
        }
    }

    fn remove(&mut self, path: &Path, _: &mut Context) -> Result<(), Code> {
        let container = self.containers.at_mut(path).ok_or(Code::NOT_FOUND)?;
        let id = path.id(3).ok_or(Code::METHOD_NOT_ALLOWED)?;
        container.data.remove(id);
        Ok(())
    }

    fn create(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        self.containers.add(instance).map(|_| ()).ok_or(Code::INTERNAL_SERVER_ERROR)
    }

    fn delete(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        self.containers.remove(instance);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_comes_and_goes_by_resource_instance() {
        let (mut object, mut context) = (BinaryAppData::EMPTY, Context::new(0));
        object.create(3, &mut context).unwrap();
        assert_eq!((object.instance(0), object.instance(1)), (Some(3), None));
        object.write(&data(3, 7), &Value::Opaque(b"seven"), &mut context).unwrap();
        object.write(&data(3, 2), &Value::Opaque(b"two"), &mut context).unwrap();
        let resource = Path::resource(OBJECT, 3, id::DATA);
        assert_eq!(object.resource_instance(&resource, 0), Some(2));
        assert_eq!(object.resource_instance(&resource, 1), Some(7));
        let more = object.write(&data(3, 5), &Value::Opaque(b"five"), &mut context);
        assert_eq!(more, Err(Code::INTERNAL_SERVER_ERROR));
        object.remove(&data(3, 2), &mut context).unwrap();
        assert_eq!(object.read(&data(3, 2)), None);
        assert_eq!(object.read(&data(3, 7)), Some(Value::Opaque(b"seven")));
        object.delete(3, &mut context).unwrap();
        assert_eq!(object.read(&data(3, 7)), None);
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let (mut object, mut context) = (BinaryAppData::EMPTY, Context::new(0));
        for instance in 0..APP_DATA_INSTANCES {
            object.create(instance as u16, &mut context).unwrap();
        }
        assert_eq!(object.create(100, &mut context), Err(Code::INTERNAL_SERVER_ERROR));
        let fits = [7; APP_DATA];
        object.write(&data(0, 0), &Value::Opaque(&fits), &mut context).unwrap();
        let long = object.write(&data(0, 0), &Value::Opaque(&[8; APP_DATA + 1]), &mut context);
        assert_eq!(long, Err(Code::REQUEST_ENTITY_TOO_LARGE));
        assert_eq!(object.read(&data(0, 0)), Some(Value::Opaque(&fits)));
    }
}
