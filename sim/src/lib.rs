//! What the simulator is made of.

pub mod server;
