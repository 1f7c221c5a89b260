//! Object 20, Event Log 2.1 (OMA registry): what the application logs, for servers that start and
//! stop the logging.
//!
//! There is one Object Instance, and LogData has one Resource Instance, which a new log replaces.
//! The log is running at first. While it is stopped, new data is refused and the last stays. Start
//! empties it. LogDataIncremental and its interval are optional, no server reads them, and they are
//! left out: an application sends what is new with Send. Arguments of Start and Stop are not
//! supported, they are answered 4.00. Nothing lasts over a restart.

use super::number;
use crate::capacity::LOG_DATA;
use crate::coap::Code;
use crate::lwm2m::object::operation::{E, R, W};
use crate::lwm2m::object::{Context, Definition, Object, Resource};
use crate::lwm2m::{Path, Type, Value};
use heapless::Vec;

/// Object ID.
pub const OBJECT: u16 = 20;

/// Resource IDs.
pub mod id {
    #![allow(missing_docs, reason = "the names are the table's")]
    pub const LOG_CLASS: u16 = 4010;
    pub const LOG_START: u16 = 4011;
    pub const LOG_STOP: u16 = 4012;
    pub const LOG_STATUS: u16 = 4013;
    pub const LOG_DATA: u16 = 4014;
    pub const LOG_DATA_FORMAT: u16 = 4015;
}

/// The path of LogData.
pub const DATA: Path = Path::resource_instance(OBJECT, 0, id::LOG_DATA, 0);

/// LogStatus: logging is stopped.
pub const STOPPED: u8 = 1;
/// LogStatus: there is valid LogData.
pub const VALID: u8 = 2;

static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (2, 1),
    creatable: false,
    resources: &[
        Resource::new(id::LOG_CLASS, R | W, Type::Integer).range(0, 255),
        Resource::new(id::LOG_START, E, Type::None),
        Resource::new(id::LOG_STOP, E, Type::None),
        Resource::new(id::LOG_STATUS, R, Type::Integer).range(0, 255),
        Resource::new(id::LOG_DATA, R, Type::Opaque).multiple(),
        Resource::new(id::LOG_DATA_FORMAT, R | W, Type::Integer).range(0, 255),
    ],
};

/// Object 20.
pub struct EventLog {
    class: u8,
    format: u8,
    status: u8,
    data: Vec<u8, LOG_DATA, u16>,
}

impl Default for EventLog {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl EventLog {
    /// A running log without data. All of it is zero.
    pub const EMPTY: Self = Self { class: 0, format: 0, status: 0, data: Vec::new() };
}

impl Object for EventLog {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        super::counted(self, path, index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let byte = match path.id(2)? {
            id::LOG_CLASS => self.class,
            id::LOG_STATUS => self.status,
            id::LOG_DATA_FORMAT => self.format,
            id::LOG_DATA if path.id(3) == Some(0) && self.status & VALID != 0 => {
                return Some(Value::Opaque(&self.data));
            }
            _ => return None,
        };
        Some(Value::Integer(byte.into()))
    }

    /// LogData is the application's to write: 4.05 while the log is stopped, 4.13 when it is too
    /// long.
    fn write(&mut self, path: &Path, value: &Value<'_>, context: &mut Context) -> Result<(), Code> {
        if let Value::Opaque(bytes) = *value {
            if *path != DATA {
                return Err(Code::NOT_FOUND);
            }
            if self.status & STOPPED != 0 {
                return Err(Code::METHOD_NOT_ALLOWED);
            }
            if bytes.len() > LOG_DATA {
                return Err(Code::REQUEST_ENTITY_TOO_LARGE);
            }
            self.data.clear();
            let _ = self.data.extend_from_slice(bytes);
            self.status |= VALID;
            context.changed(Path::resource(OBJECT, 0, id::LOG_STATUS));
            return Ok(());
        }
        let byte = number(value).and_then(|number| u8::try_from(number).ok());
        let byte = byte.ok_or(Code::BAD_REQUEST)?;
        match path.id(2) {
            Some(id::LOG_CLASS) => self.class = byte,
            Some(id::LOG_DATA_FORMAT) => self.format = byte,
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        }
        Ok(())
    }

    /// A Replace of the instance without these makes them 0. LogData is not the server's to remove.
    fn clear(&mut self, path: &Path, _: &mut Context) {
        match path.id(2) {
            Some(id::LOG_CLASS) => self.class = 0,
            Some(id::LOG_DATA_FORMAT) => self.format = 0,
            _ => {}
        }
    }

    fn execute(
        &mut self,
        path: &Path,
        arguments: &[u8],
        context: &mut Context,
    ) -> Result<(), Code> {
        if !arguments.is_empty() {
            return Err(Code::BAD_REQUEST);
        }
        if path.id(2) == Some(id::LOG_START) {
            self.status = 0;
            self.data.clear();
            context.changed(Path::resource(OBJECT, 0, id::LOG_DATA));
        } else {
            self.status |= STOPPED;
        }
        context.changed(Path::resource(OBJECT, 0, id::LOG_STATUS));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resource(id: u16) -> Path {
        Path::resource(OBJECT, 0, id)
    }

    fn status(log: &EventLog) -> Option<Value<'_>> {
        log.read(&resource(id::LOG_STATUS))
    }

    #[test]
    fn a_stopped_log_keeps_its_data_and_takes_no_more() {
        let (mut log, mut context) = (EventLog::EMPTY, Context::new(0));
        assert_eq!((status(&log), log.read(&DATA)), (Some(Value::Integer(0)), None));
        log.write(&DATA, &Value::Opaque(b"one"), &mut context).unwrap();
        assert_eq!(status(&log), Some(Value::Integer(2)));
        log.execute(&resource(id::LOG_STOP), &[], &mut context).unwrap();
        assert_eq!(status(&log), Some(Value::Integer(3)));
        let more = log.write(&DATA, &Value::Opaque(b"two"), &mut context);
        assert_eq!(more, Err(Code::METHOD_NOT_ALLOWED));
        assert_eq!(log.read(&DATA), Some(Value::Opaque(b"one")));
        log.execute(&resource(id::LOG_START), &[], &mut context).unwrap();
        assert_eq!((status(&log), log.read(&DATA)), (Some(Value::Integer(0)), None));
        log.write(&DATA, &Value::Opaque(b"two"), &mut context).unwrap();
        assert_eq!(log.read(&DATA), Some(Value::Opaque(b"two")));
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let (mut log, mut context) = (EventLog::EMPTY, Context::new(0));
        let fits = [7; LOG_DATA];
        log.write(&DATA, &Value::Opaque(&fits), &mut context).unwrap();
        let long = log.write(&DATA, &Value::Opaque(&[8; LOG_DATA + 1]), &mut context);
        assert_eq!(long, Err(Code::REQUEST_ENTITY_TOO_LARGE));
        let other = Path::resource_instance(OBJECT, 0, id::LOG_DATA, 1);
        assert_eq!(log.write(&other, &Value::Opaque(b"x"), &mut context), Err(Code::NOT_FOUND));
        let started = log.execute(&resource(id::LOG_START), b"0", &mut context);
        assert_eq!(started, Err(Code::BAD_REQUEST));
        assert_eq!(log.read(&DATA), Some(Value::Opaque(&fits)));
    }
}
