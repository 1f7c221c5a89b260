//! What RAM is for: sizes of types, in a section of their own that is not part of the image.

use crate::port::Port;
use core::mem::size_of;
use lwm2m_carrier::capacity::{ANSWERS, BODY, DATAGRAM};
use lwm2m_carrier::carrier::Carrier;
use lwm2m_carrier::coap::Answers;
use lwm2m_carrier::lwm2m::objects::{
    Connectivity, Device, Firmware, Objects, SecurityObject, ServerObject,
};
use lwm2m_carrier::lwm2m::{AttributeTable, Client};
use lwm2m_carrier::modem::at::AtModem;

const fn line(size: usize, name: &str) -> [u8; 32] {
    let mut line = [0; 32];
    let (size, name) = ((size as u32).to_le_bytes(), name.as_bytes());
    let mut at = 0;
    while at < 4 {
        line[at] = size[at];
        at += 1;
    }
    while at < 4 + name.len() {
        line[at] = name[at - 4];
        at += 1;
    }
    line
}

/// Each line: a size of four bytes, then a name. `report.py` knows the names.
#[used]
#[unsafe(link_section = ".sizes")]
static SIZES: [[u8; 32]; 13] = [
    line(size_of::<Carrier<'_>>(), "Carrier"),
    line(size_of::<Client<'_>>(), "Client"),
    line(size_of::<Objects<'_>>(), "Objects"),
    line(size_of::<SecurityObject>(), "SecurityObject"),
    line(size_of::<ServerObject>(), "ServerObject"),
    line(size_of::<Device>(), "Device"),
    line(size_of::<Connectivity>(), "Connectivity"),
    line(size_of::<Firmware>(), "Firmware"),
    line(size_of::<Answers<ANSWERS>>(), "Answers"),
    line(size_of::<AttributeTable>(), "AttributeTable"),
    line(BODY, "Body"),
    line(size_of::<AtModem<Port>>(), "AtModem"),
    line(DATAGRAM, "Datagram"),
];
