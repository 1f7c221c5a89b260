//! Our device against Leshan, a real LwM2M server that we did not write, over real loopback sockets.
//!
//! The device is the program `lwm2m-carrier device`; Leshan is the harness in `tests/leshan`. Leshan is lenient: it takes
//! an answer in another format than it asked for, and old sequence numbers. So the tests look at codes, formats, payloads
//! and sequence numbers themselves.

#[path = "../support/leshan.rs"]
mod leshan;

mod access;
mod bench;
mod bootstrap;
mod composite;
mod device;
mod firmware;
mod objects;
mod observe;
mod read;
mod refusals;
mod registration;
mod relay;
mod write;
