//! Object 10250, App Data Container (OMA registry, version 1.0): opaque data between an application and a
//! server. What is there is the last of each direction; nothing lasts over a restart.

use crate::capacity::APP_DATA;
use crate::coap::Code;
use crate::lwm2m::object::operation::{R, W};
use crate::lwm2m::object::{Context, Definition, Object, Resource};
use crate::lwm2m::{Path, Type, Value};
use heapless::Vec;

/// Object ID.
pub const OBJECT: u16 = 10250;

/// Resource IDs.
pub mod id {
    #![allow(missing_docs, reason = "the names are the table's")]
    pub const UPLINK: u16 = 0;
    pub const DOWNLINK: u16 = 1;
}

/// The path of UL data, the application's.
pub const UPLINK: Path = Path::resource(OBJECT, 0, id::UPLINK);
/// The path of DL data, the servers'.
pub const DOWNLINK: Path = Path::resource(OBJECT, 0, id::DOWNLINK);

static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 0),
    creatable: false,
    resources: &[
        Resource::new(id::UPLINK, R, Type::Opaque).mandatory(),
        Resource::new(id::DOWNLINK, W, Type::Opaque).mandatory(),
    ],
};

/// Object 10250.
#[derive(Default)]
pub struct AppData {
    uplink: Vec<u8, APP_DATA, u16>,
    downlink: Vec<u8, APP_DATA, u16>,
    /// A server wrote DL data, and the application was not told yet.
    written: bool,
}

impl AppData {
    /// Empty data both ways. All of it is zero.
    pub const EMPTY: Self = Self { uplink: Vec::new(), downlink: Vec::new(), written: false };

    /// DL data, if a server wrote it and the application was not told of it; it is told now.
    #[cfg(feature = "app-data")]
    pub(crate) fn take_written(&mut self) -> Option<Path> {
        core::mem::take(&mut self.written).then_some(DOWNLINK)
    }
}

impl Object for AppData {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        Some(Value::Opaque(match path.id(2)? {
            id::UPLINK => &self.uplink,
            id::DOWNLINK => &self.downlink,
            _ => return None,
        }))
    }

    fn accepts(&self, _path: &Path, value: &Value<'_>) -> Result<(), Code> {
        match *value {
            Value::Opaque(data) if data.len() > APP_DATA => Err(Code::REQUEST_ENTITY_TOO_LARGE),
            Value::Opaque(_) => Ok(()),
            _ => Err(Code::BAD_REQUEST),
        }
    }

    /// UL data is the application's to write. Of DL data that a server writes the application is told.
    fn write(&mut self, path: &Path, value: &Value<'_>, context: &mut Context) -> Result<(), Code> {
        self.accepts(path, value)?;
        if context.server != 0 {
            self.written = true;
            context.written = true;
        }
        let place = match path.id(2) {
            Some(id::UPLINK) => &mut self.uplink,
            Some(id::DOWNLINK) => &mut self.downlink,
            _ => return Err(Code::NOT_FOUND),
        };
        if let Value::Opaque(data) = *value {
            place.clear();
            let _ = place.extend_from_slice(data);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_direction_has_its_own_data() {
        let (mut object, mut context) = (AppData::EMPTY, Context::new(0));
        assert_eq!(object.read(&UPLINK), Some(Value::Opaque(b"")));
        object.write(&UPLINK, &Value::Opaque(b"up"), &mut context).unwrap();
        object.write(&DOWNLINK, &Value::Opaque(b"down"), &mut context).unwrap();
        object.write(&UPLINK, &Value::Opaque(b"u"), &mut context).unwrap();
        assert_eq!(object.read(&UPLINK), Some(Value::Opaque(b"u")));
        assert_eq!(object.read(&DOWNLINK), Some(Value::Opaque(b"down")));
    }

    #[test]
    fn what_does_not_fit_changes_nothing() {
        let (mut object, mut context) = (AppData::EMPTY, Context::new(0));
        let fits = [7; APP_DATA];
        object.write(&DOWNLINK, &Value::Opaque(&fits), &mut context).unwrap();
        let long = object.write(&DOWNLINK, &Value::Opaque(&[8; APP_DATA + 1]), &mut context);
        assert_eq!(long, Err(Code::REQUEST_ENTITY_TOO_LARGE));
        assert_eq!(object.read(&DOWNLINK), Some(Value::Opaque(&fits)));
    }
}
