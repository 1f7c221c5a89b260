//! The lwm2m-carrier library on a PC: what surrounds the library's core in the simulator.

pub mod chart;
pub mod cli;
pub mod net;
pub mod state;
