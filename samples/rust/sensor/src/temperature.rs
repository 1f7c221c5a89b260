//! Object 3303, Temperature (OMA registry, IPSO), with one sensor.

use core::sync::atomic::{AtomicI32, Ordering};
use lwm2m_carrier::lwm2m::operation::R;
use lwm2m_carrier::lwm2m::{Definition, Object, Path, Resource, Type, Value};

const OBJECT: u16 = 3303;
const VALUE: u16 = 5700;
const UNITS: u16 = 5701;

/// The path of the value, to be named when it has changed.
pub const SENSOR_VALUE: Path = Path::resource(OBJECT, 0, VALUE);

/// Hundredths of a degree Celsius. Any thread may set it.
pub static CELSIUS: AtomicI32 = AtomicI32::new(2000);

static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 0),
    creatable: false,
    resources: &[
        Resource::new(VALUE, R, Type::Float).mandatory(),
        Resource::new(UNITS, R, Type::String),
    ],
};

pub struct Temperature;

impl Object for Temperature {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn instance(&self, index: usize) -> Option<u16> {
        (index == 0).then_some(0)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        match path.id(2)? {
            VALUE => Some(Value::Float(f64::from(CELSIUS.load(Ordering::Relaxed)) / 100.0)),
            UNITS => Some(Value::String("Cel")),
            _ => None,
        }
    }
}
