//! An object that has everything: a resource of each type, and of each kind.
#![allow(dead_code, reason = "each test file uses a part of it")]

use lwm2m_carrier::coap;
use lwm2m_carrier::lwm2m::operation::{E, R, W};
use lwm2m_carrier::lwm2m::{Context, Definition, Object, Path, Resource, Type, Value};
use std::collections::BTreeMap;

/// A value that is kept.
#[derive(Clone, PartialEq, Debug)]
pub enum Owned {
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
    Time(i64),
    Text(String),
    Opaque(Vec<u8>),
    Link(u16, u16),
}

impl Owned {
    pub fn of(value: &Value<'_>) -> Self {
        match *value {
            Value::Integer(value) => Self::Integer(value),
            Value::Unsigned(value) => Self::Unsigned(value),
            Value::Float(value) => Self::Float(value),
            Value::Boolean(value) => Self::Boolean(value),
            Value::Time(value) => Self::Time(value),
            Value::String(text) | Value::CoreLink(text) => Self::Text(text.into()),
            Value::Opaque(bytes) => Self::Opaque(bytes.into()),
            Value::ObjectLink(object, instance) => Self::Link(object, instance),
        }
    }

    pub fn value(&self) -> Value<'_> {
        match self {
            Self::Integer(value) => Value::Integer(*value),
            Self::Unsigned(value) => Value::Unsigned(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Boolean(value) => Value::Boolean(*value),
            Self::Time(value) => Value::Time(*value),
            Self::Text(text) => Value::String(text),
            Self::Opaque(bytes) => Value::Opaque(bytes),
            Self::Link(object, instance) => Value::ObjectLink(*object, *instance),
        }
    }
}

const RW: u8 = R | W;
pub static DEFINITION: Definition = Definition {
    object: 26241,
    version: (1, 0),
    creatable: true,
    resources: &[
        Resource::new(0, RW, Type::Integer).range(0, 1000).mandatory(),
        Resource::new(1, RW, Type::Float),
        Resource::new(2, RW, Type::String),
        Resource::new(3, RW, Type::Opaque),
        Resource::new(4, RW, Type::Boolean),
        Resource::new(5, RW, Type::Time),
        Resource::new(6, RW, Type::ObjectLink),
        Resource::new(7, RW, Type::Integer).multiple().removable(),
        Resource::new(8, E, Type::None),
        Resource::new(9, RW, Type::Unsigned),
        Resource::new(10, R, Type::Integer),
        Resource::new(11, W, Type::Integer),
    ],
};

/// Object 26241: a resource of each type, a multiple one, one to execute, one to read only and one
/// to write only.
#[derive(Default)]
pub struct Everything {
    /// By instance, then by resource and Resource Instance.
    pub instances: BTreeMap<u16, BTreeMap<(u16, u16), Owned>>,
}

impl Everything {
    pub fn fill(&mut self, instance: u16) {
        let values = [
            ((0, 0), Owned::Integer(10)),
            ((1, 0), Owned::Float(1.5)),
            ((2, 0), Owned::Text("text".into())),
            ((3, 0), Owned::Opaque(vec![1, 2, 3])),
            ((4, 0), Owned::Boolean(true)),
            ((5, 0), Owned::Time(1_700_000_000)),
            ((6, 0), Owned::Link(3, 0)),
            ((7, 0), Owned::Integer(70)),
            ((7, 3), Owned::Integer(73)),
            ((9, 0), Owned::Unsigned(9)),
            ((10, 0), Owned::Integer(0)),
        ];
        self.instances.insert(instance, BTreeMap::from(values));
    }
}

fn place(path: &Path) -> Option<(u16, (u16, u16))> {
    Some((path.id(1)?, (path.id(2)?, path.id(3).unwrap_or(0))))
}

impl Object for Everything {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn instance(&self, index: usize) -> Option<u16> {
        self.instances.keys().nth(index).copied()
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        let values = self.instances.get(&path.id(1)?)?;
        let of = values.keys().filter(|(resource, _)| Some(*resource) == path.id(2));
        of.map(|(_, instance)| *instance).nth(index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let (instance, place) = place(path)?;
        self.instances.get(&instance)?.get(&place).map(Owned::value)
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, _: &mut Context) -> Result<(), coap::Code> {
        let (instance, place) = place(path).ok_or(coap::Code::NOT_FOUND)?;
        let values = self.instances.get_mut(&instance).ok_or(coap::Code::NOT_FOUND)?;
        values.insert(place, Owned::of(value));
        Ok(())
    }

    fn clear(&mut self, path: &Path, _: &mut Context) {
        if let Some(values) = path.id(1).and_then(|id| self.instances.get_mut(&id)) {
            values.retain(|(resource, _), _| Some(*resource) != path.id(2) || *resource == 0);
        }
    }

    fn remove(&mut self, path: &Path, _: &mut Context) -> Result<(), coap::Code> {
        let (instance, place) = place(path).ok_or(coap::Code::NOT_FOUND)?;
        let values = self.instances.get_mut(&instance).ok_or(coap::Code::NOT_FOUND)?;
        values.remove(&place).map(|_| ()).ok_or(coap::Code::NOT_FOUND)
    }

    fn execute(&mut self, path: &Path, _: &[u8], context: &mut Context) -> Result<(), coap::Code> {
        context.changed(Path::resource(26241, path.id(1).unwrap_or(0), 10));
        let values = path.id(1).and_then(|id| self.instances.get_mut(&id));
        let values = values.ok_or(coap::Code::NOT_FOUND)?;
        if let Some(Owned::Integer(times)) = values.get_mut(&(10, 0)) {
            *times += 1;
        }
        Ok(())
    }

    fn create(&mut self, instance: u16, _: &mut Context) -> Result<(), coap::Code> {
        self.instances.insert(instance, BTreeMap::new());
        Ok(())
    }

    fn delete(&mut self, instance: u16, _: &mut Context) -> Result<(), coap::Code> {
        self.instances.remove(&instance);
        Ok(())
    }
}
