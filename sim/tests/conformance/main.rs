//! Conformance to OMA LwM2M 1.0 and 1.1, CoAP (RFC 7252, 7641, 7959) and their details on the wire,
//! in virtual time.
//!
//! Tests with a test id of the OMA Enabler Test Specification carry it in their name; the others
//! are sorted by what can go wrong. `tests/CONFORMANCE.md` lists them all, and `table` checks it.

mod attributes;
mod bench;
mod bootstrap;
mod coap;
mod event_log;
mod firmware;
mod management;
mod objects;
mod observe;
mod portfolio;
mod refusals;
mod registration;
mod retry;
mod security;
mod several;
mod smartcard;
mod table;
mod transfer;
#[path = "../support/world.rs"]
mod world;
