//! Object 19, BinaryAppDataContainer (OMA registry, version 1.0): opaque data between applications and
//! servers. Servers create and delete Object Instances; the application may write Data (/19/x/0) too.
//! Nothing lasts over a restart.

use crate::bytes::{insert, remove};
use crate::capacity::{APP_DATA, APP_DATA_INSTANCES, APP_DATA_VALUES};
use crate::coap::Code;
use crate::lwm2m::object::operation::{R, W};
use crate::lwm2m::object::{Context, Definition, Object, Resource};
use crate::lwm2m::{Path, Type, Value};
use heapless::{String, Vec};

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

/// A Resource Instance of Data.
struct Data {
    id: u16,
    /// A server wrote it, and the application was not told yet.
    written: bool,
    bytes: Vec<u8, APP_DATA>,
}

/// An Object Instance.
struct Container {
    id: u16,
    app: u16,
    priority: u8,
    /// Bit n: Resource n has a value.
    present: u8,
    created: i64,
    /// By ascending Resource Instance ID.
    data: Vec<Data, APP_DATA_VALUES>,
    description: String<TEXT>,
    format: String<TEXT>,
}

/// Object 19.
#[derive(Default)]
pub struct BinaryAppData {
    /// By ascending Object Instance ID.
    containers: Vec<Container, APP_DATA_INSTANCES>,
}

impl BinaryAppData {
    /// No Object Instance. All of it is zero.
    pub const EMPTY: Self = Self { containers: Vec::new() };

    fn container(&self, path: &Path) -> Option<&Container> {
        let id = path.id(1)?;
        self.containers.iter().find(|container| container.id == id)
    }

    /// Data that a server wrote and the application was not told of; it is told now.
    #[cfg(feature = "binary-app-data")]
    pub(crate) fn take_written(&mut self) -> Option<Path> {
        for container in &mut self.containers {
            for part in &mut container.data {
                if core::mem::take(&mut part.written) {
                    return Some(data(container.id, part.id));
                }
            }
        }
        None
    }

    fn container_mut(&mut self, path: &Path) -> Option<&mut Container> {
        let id = path.id(1)?;
        self.containers.iter_mut().find(|container| container.id == id)
    }
}

impl Container {
    /// Writes a Resource Instance of Data that is not too long. The application is to be told when a
    /// server has `written` it.
    fn put(&mut self, id: u16, bytes: &[u8], written: bool) -> Result<(), Code> {
        let at = self.data.iter().position(|data| data.id >= id).unwrap_or(self.data.len());
        if self.data.get(at).is_none_or(|data| data.id != id) {
            let data = Data { id, written, bytes: Vec::new() };
            self.data.insert(at, data).map_err(|_| Code::INTERNAL_SERVER_ERROR)?;
        }
        if let Some(data) = self.data.get_mut(at) {
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
        self.containers.get(index).map(|container| container.id)
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        self.container(path)?.data.get(index).map(|data| data.id)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let container = self.container(path)?;
        let resource = path.id(2)?;
        if resource == id::DATA {
            let id = path.id(3)?;
            let data = container.data.iter().find(|data| data.id == id)?;
            return Some(Value::Opaque(&data.bytes));
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
        let container = self.container_mut(path).ok_or(Code::NOT_FOUND)?;
        let resource = path.id(2).ok_or(Code::NOT_FOUND)?;
        let text = |place: &mut String<TEXT>, text: &str| {
            place.clear();
            place.push_str(text).map_err(|_| Code::BAD_REQUEST)
        };
        match (resource, *value) {
            (id::DATA, Value::Opaque(bytes)) => {
                let id = path.id(3).ok_or(Code::NOT_FOUND)?;
                let written = context.server != 0;
                context.written |= written;
                return container.put(id, bytes, written);
            }
            (id::PRIORITY, Value::Integer(number)) => {
                container.priority = u8::try_from(number).map_err(|_| Code::BAD_REQUEST)?;
            }
            (id::CREATION_TIME, Value::Time(time)) => container.created = time,
            (id::DESCRIPTION, Value::String(new)) => text(&mut container.description, new)?,
            (id::FORMAT, Value::String(new)) => text(&mut container.format, new)?,
            (id::APP_ID, Value::Integer(number)) => {
                container.app = u16::try_from(number).map_err(|_| Code::BAD_REQUEST)?;
            }
            _ => return Err(Code::BAD_REQUEST),
        }
        container.present |= 1u8.checked_shl(resource.into()).unwrap_or(0);
        Ok(())
    }

    fn clear(&mut self, path: &Path) {
        let Some(container) = self.container_mut(path) else { return };
        match path.id(2) {
            Some(id::DATA) => container.data.clear(),
            Some(resource) => {
                container.present &= !1u8.checked_shl(resource.into()).unwrap_or(0);
            }
            None => {}
        }
    }

    fn remove(&mut self, path: &Path, _: &mut Context) -> Result<(), Code> {
        let container = self.container_mut(path).ok_or(Code::NOT_FOUND)?;
        let id = path.id(3).ok_or(Code::METHOD_NOT_ALLOWED)?;
        remove(&mut container.data, &|data| data.id == id);
        Ok(())
    }

    fn create(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        let container = Container {
            id: instance,
            app: 0,
            priority: 0,
            present: 0,
            created: 0,
            data: Vec::new(),
            description: String::new(),
            format: String::new(),
        };
        insert(&mut self.containers, container, &|container| container.id > instance)
            .ok_or(Code::INTERNAL_SERVER_ERROR)
    }

    fn delete(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        remove(&mut self.containers, &|container| container.id == instance);
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
        object.create(1, &mut context).unwrap();
        assert_eq!((object.instance(0), object.instance(1)), (Some(1), Some(3)));
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
