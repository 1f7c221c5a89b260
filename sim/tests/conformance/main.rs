//! Conformance to OMA LwM2M 1.0 to 1.2, CoAP (RFC 7252, 7641, 7959) and their details on the wire,
//! in virtual time.
//!
//! Tests with a test id of the OMA Enabler Test Specification carry it in their name; the others
//! are sorted by what can go wrong. `tests/CONFORMANCE.md` lists them all, and `table` checks it.

mod access;
mod apn;
mod app_data;
mod attributes;
mod bench;
mod bootstrap;
mod cellular;
mod coap;
mod composite;
mod evaluation;
mod event_log;
#[path = "../support/everything.rs"]
mod everything;
mod firmware;
mod location;
mod management;
mod objects;
mod observe;
mod observe_attributes;
mod observe_composite;
mod portfolio;
mod queue;
mod refusals;
mod registration;
mod retry;
mod security;
#[path = "../support/senml.rs"]
mod senml;
mod several;
mod smartcard;
mod statistics;
mod store;
mod table;
mod transfer;
#[path = "../support/two.rs"]
mod two;
mod version;
#[path = "../support/world.rs"]
mod world;
