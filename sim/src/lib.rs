//! The lwm2m-carrier library on a PC: what stands in for modem, network, server and flash, and the
//! message charts drawn from what happens between them.

pub mod air;
pub mod chart;
pub mod cli;
pub mod host;
pub mod modem;
pub mod net;
pub mod objects;
pub mod run;
pub mod server;
pub mod state;
