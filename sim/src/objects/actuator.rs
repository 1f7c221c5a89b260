//! Object 3306, Actuation (OMA registry, IPSO): an object whose values servers write.

use lwm2m_carrier::coap::Code;
use lwm2m_carrier::lwm2m::operation::{R, W};
use lwm2m_carrier::lwm2m::{Context, Definition, Object, Path, Resource, Type, Value};

const ON_OFF: u16 = 5850;
const DIMMER: u16 = 5851;

static DEFINITION: Definition = Definition {
    object: 3306,
    version: (1, 0),
    creatable: false,
    resources: &[
        Resource::new(ON_OFF, R | W, Type::Boolean).mandatory(),
        Resource::new(DIMMER, R | W, Type::Integer).range(0, 100),
    ],
};

/// A lamp: whether it is on, and how bright it then is, in percent.
#[derive(Default)]
pub struct Actuator {
    on: bool,
    dimmer: i64,
}

impl Object for Actuator {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        Some(match path.id(2)? {
            ON_OFF => Value::Boolean(self.on),
            DIMMER => Value::Integer(self.dimmer),
            _ => return None,
        })
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, _: &mut Context) -> Result<(), Code> {
        match (path.id(2), *value) {
            (Some(ON_OFF), Value::Boolean(on)) => self.on = on,
            (Some(DIMMER), Value::Integer(dimmer)) => self.dimmer = dimmer,
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        }
        Ok(())
    }
}
