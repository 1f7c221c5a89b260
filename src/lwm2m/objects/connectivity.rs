//! Object 4, Connectivity Monitoring (Core appendix E.5): what the modem says about the link.

use crate::lwm2m::object::operation::R;
use crate::lwm2m::object::{Definition, Object, Resource};
use crate::lwm2m::{Path, Type, Value};
use heapless::{String, Vec};

/// Object ID.
pub const OBJECT: u16 = 4;

/// Resource IDs.
pub mod id {
    #![allow(missing_docs, reason = "the names are the table's")]
    pub const BEARER: u16 = 0;
    pub const AVAILABLE_BEARER: u16 = 1;
    pub const SIGNAL_STRENGTH: u16 = 2;
    pub const LINK_QUALITY: u16 = 3;
    pub const IP_ADDRESSES: u16 = 4;
    pub const APN: u16 = 7;
    pub const CELL_ID: u16 = 8;
    pub const SMNC: u16 = 9;
    pub const SMCC: u16 = 10;
    pub const LAC: u16 = 12;
}

static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 3),
    assumed: (1, 0),
    creatable: false,
    resources: &[
        Resource::new(id::BEARER, R, Type::Integer).mandatory(),
        Resource::new(id::AVAILABLE_BEARER, R, Type::Integer).multiple().mandatory(),
        Resource::new(id::SIGNAL_STRENGTH, R, Type::Integer).mandatory(),
        Resource::new(id::LINK_QUALITY, R, Type::Integer),
        Resource::new(id::IP_ADDRESSES, R, Type::String).multiple().mandatory(),
        Resource::new(id::APN, R, Type::String).multiple(),
        Resource::new(id::CELL_ID, R, Type::Integer),
        Resource::new(id::SMNC, R, Type::Integer),
        Resource::new(id::SMCC, R, Type::Integer),
        Resource::new(id::LAC, R, Type::Integer),
    ],
};

/// Network Bearer 6: LTE-FDD. LTE-M is reported so, too.
pub const BEARER_LTE_FDD: u8 = 6;
/// Network Bearer 7: NB-IoT.
pub const BEARER_NB_IOT: u8 = 7;

/// Object 4.
pub struct Connectivity {
    /// Network Bearer.
    pub bearer: u8,
    /// RSRP in dBm.
    pub signal_strength: i16,
    /// RSRQ in dB, once measured.
    pub link_quality: Option<i16>,
    /// Addresses of the connection: IPv4, IPv6.
    pub addresses: Vec<String<39>, 2>,
    /// Access Point Name.
    pub apn: String<64>,
    /// Cell identity.
    pub cell: Option<u32>,
    /// Tracking area code.
    pub tac: Option<u16>,
    /// Mobile country code and mobile network code.
    pub operator: Option<(u16, u16)>,
}

impl Default for Connectivity {
    fn default() -> Self {
        Self {
            bearer: BEARER_LTE_FDD,
            signal_strength: 0,
            link_quality: None,
            addresses: Vec::new(),
            apn: String::new(),
            cell: None,
            tac: None,
            operator: None,
        }
    }
}

impl Object for Connectivity {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        let count = match path.id(2) {
            Some(id::IP_ADDRESSES) => self.addresses.len(),
            Some(id::APN) => usize::from(!self.apn.is_empty()),
            _ => 1,
        };
        (index < count).then_some(index as u16)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let integer = |value: i32| Value::Integer(value.into());
        match path.id(2)? {
            id::BEARER => Some(integer(self.bearer.into())),
            id::AVAILABLE_BEARER if path.id(3) == Some(0) => Some(integer(self.bearer.into())),
            id::SIGNAL_STRENGTH => Some(integer(self.signal_strength.into())),
            id::LINK_QUALITY => self.link_quality.map(|quality| integer(quality.into())),
            id::IP_ADDRESSES => {
                self.addresses.get(usize::from(path.id(3)?)).map(|text| Value::String(text))
            }
            id::APN if path.id(3) == Some(0) && !self.apn.is_empty() => {
                Some(Value::String(&self.apn))
            }
            id::CELL_ID => self.cell.map(|cell| Value::Integer(cell.into())),
            id::SMNC => self.operator.map(|(_, mnc)| integer(mnc.into())),
            id::SMCC => self.operator.map(|(mcc, _)| integer(mcc.into())),
            id::LAC => self.tac.map(|tac| integer(tac.into())),
            _ => None,
        }
    }
}
