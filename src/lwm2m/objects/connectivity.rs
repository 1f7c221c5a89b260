//! Object 4, Connectivity Monitoring (Core appendix E.5): what the modem says about the link.

use crate::bytes::{Text, TextView, keep};
use crate::lwm2m::object::operation::R;
use crate::lwm2m::object::{Definition, Object, Resource};
use crate::lwm2m::{Path, Type, Value};
use heapless::Vec;

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
#[repr(C)]
pub struct Connectivity {
    /// Network Bearer.
    pub bearer: u8,
    /// RSRP in dBm.
    pub signal_strength: i16,
    /// RSRQ in dB, once measured.
    pub link_quality: Option<i16>,
    /// Tracking area code.
    pub tac: Option<u16>,
    /// Mobile country code and mobile network code.
    pub operator: Option<(u16, u16)>,
    /// Cell identity.
    pub cell: Option<u32>,
    /// Addresses of the connection: IPv4, IPv6.
    pub addresses: Vec<Text<39>, 2>,
    /// Access Point Name.
    pub apn: Text<64>,
}

impl Connectivity {
    /// Nothing said yet. All of it is zero.
    pub(crate) const EMPTY: Self = Self {
        bearer: 0,
        signal_strength: 0,
        link_quality: None,
        addresses: Vec::new(),
        apn: Text::new(),
        cell: None,
        tac: None,
        operator: None,
    };

    /// Takes the name of the connection; whether it is a new one.
    pub(crate) fn set_apn(&mut self, apn: &str) -> bool {
        replace(&mut self.apn, apn)
    }

    /// Takes the address at a place, if there is room for it; whether it is a new one.
    pub(crate) fn set_address(&mut self, index: u8, address: &str) -> bool {
        let index = usize::from(index);
        if index == self.addresses.len() {
            let _ = self.addresses.push(Text::new());
        }
        self.addresses.get_mut(index).is_some_and(|known| replace(known, address))
    }

    /// Forgets the addresses behind the first `count`; whether there are any.
    pub(crate) fn keep_addresses(&mut self, count: u8) -> bool {
        let more = self.addresses.len() > usize::from(count);
        self.addresses.truncate(count.into());
        more
    }
}

/// Keeps a text; whether it is a new one.
#[inline(never)]
pub(super) fn replace(known: &mut TextView, text: &str) -> bool {
    let new = known.as_str() != text;
    keep(known, text);
    new
}

impl Object for Connectivity {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        super::counted(self, path, index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let index = path.id(3).unwrap_or(0);
        let number = match (path.id(2)?, index) {
            (id::IP_ADDRESSES, _) => {
                return self.addresses.get(usize::from(index)).map(|text| Value::String(text));
            }
            (_, 1..) => return None,
            (id::APN, _) => return (!self.apn.is_empty()).then_some(Value::String(&self.apn)),
            (id::BEARER | id::AVAILABLE_BEARER, _) => self.bearer.into(),
            (id::SIGNAL_STRENGTH, _) => self.signal_strength.into(),
            (id::LINK_QUALITY, _) => self.link_quality?.into(),
            // 28 bits.
            (id::CELL_ID, _) => self.cell? as i32,
            (id::SMNC, _) => self.operator?.1.into(),
            (id::SMCC, _) => self.operator?.0.into(),
            (id::LAC, _) => self.tac?.into(),
            _ => return None,
        };
        Some(Value::Integer(number.into()))
    }
}
