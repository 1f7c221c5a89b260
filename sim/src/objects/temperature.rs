//! Object 3303, Temperature (OMA registry, IPSO): an example of an object of the application.
//!
//! The application writes the sensor's value (5700) as a server would write a resource; that
//! servers may only read it says the table.

use std::collections::BTreeMap;

use lwm2m_carrier::coap::Code;
use lwm2m_carrier::lwm2m::operation::{E, R};
use lwm2m_carrier::lwm2m::{Context, Definition, Object, Path, Resource, Type, Value};

/// Object ID.
pub const OBJECT: u16 = 3303;
const MIN_MEASURED: u16 = 5601;
const MAX_MEASURED: u16 = 5602;
const RESET: u16 = 5605;
const VALUE: u16 = 5700;
const UNITS: u16 = 5701;

static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 0),
    creatable: true,
    resources: &[
        Resource::new(MIN_MEASURED, R, Type::Float),
        Resource::new(MAX_MEASURED, R, Type::Float),
        Resource::new(RESET, E, Type::None),
        Resource::new(VALUE, R, Type::Float).mandatory(),
        Resource::new(UNITS, R, Type::String),
    ],
};

/// Newest, smallest and largest value.
#[derive(Default)]
struct Sensor {
    value: f64,
    range: (f64, f64),
}

/// Temperature sensors, by Object Instance ID.
pub struct Temperature(BTreeMap<u16, Sensor>);

impl Temperature {
    /// One sensor, which measures 20 degrees.
    pub fn new() -> Self {
        Self([(0, Sensor { value: 20.0, range: (20.0, 20.0) })].into())
    }
}

impl Default for Temperature {
    fn default() -> Self {
        Self::new()
    }
}

impl Object for Temperature {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn instance(&self, index: usize) -> Option<u16> {
        self.0.keys().nth(index).copied()
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let sensor = self.0.get(&path.id(1)?)?;
        Some(match path.id(2)? {
            MIN_MEASURED => Value::Float(sensor.range.0),
            MAX_MEASURED => Value::Float(sensor.range.1),
            VALUE => Value::Float(sensor.value),
            UNITS => Value::String("Cel"),
            _ => return None,
        })
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, _: &mut Context) -> Result<(), Code> {
        let sensor = path.id(1).and_then(|id| self.0.get_mut(&id)).ok_or(Code::NOT_FOUND)?;
        let (Some(VALUE), Value::Float(value)) = (path.id(2), *value) else {
            return Err(Code::METHOD_NOT_ALLOWED);
        };
        sensor.value = value;
        sensor.range = (sensor.range.0.min(value), sensor.range.1.max(value));
        Ok(())
    }

    fn execute(&mut self, path: &Path, _: &[u8], context: &mut Context) -> Result<(), Code> {
        let sensor = path.id(1).and_then(|id| self.0.get_mut(&id)).ok_or(Code::NOT_FOUND)?;
        sensor.range = (sensor.value, sensor.value);
        context.changed(path.cut(2));
        Ok(())
    }

    fn create(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        self.0.insert(instance, Sensor::default());
        Ok(())
    }

    fn delete(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        self.0.remove(&instance).map(drop).ok_or(Code::NOT_FOUND)
    }
}
