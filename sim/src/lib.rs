//! The lwm2m-carrier library on a PC: what stands in for modem, network, server and flash.

pub mod modem;
