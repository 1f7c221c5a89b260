//! What RAM is for.

use crate::line::line;
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
