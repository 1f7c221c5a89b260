//! The Event Log Object (registry, object 20): a server starts and stops the log, and reads it.

use crate::bench::*;
use lwm2m_carrier::api;

/// `one`, as text has opaque bytes: in Base64.
const ONE: &str = "b25l";

/// A registered device which has logged `one`.
fn world() -> World {
    let mut world = World::registered();
    api::set_log_data(&mut world.host.carrier, world.now, b"one").expect("a running log");
    world
}

#[test]
fn lightweightm2m_1_0_int_2000_event_log_control() {
    let mut world = world();
    assert_eq!(world.text("/20/0/4013"), "2");
    assert_eq!(world.code(Operation::execute("/20/0/4012", "")), Code::CHANGED);
    // Stopped, and what was logged is still there.
    assert_eq!((world.text("/20/0/4013"), world.text("/20/0/4014/0")), ("3".into(), ONE.into()));
    assert_eq!(world.code(Operation::execute("/20/0/4011", "")), Code::CHANGED);
    assert_eq!(world.text("/20/0/4013"), "0");
    assert_eq!(world.code(Operation::read("/20/0/4014/0")), Code::NOT_FOUND);
    // What the table does not allow.
    for (operation, code) in [
        (Operation::execute("/20/0/4011", "0"), Code::BAD_REQUEST),
        (Operation::execute("/20/0/4013", ""), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/20/0/4013", 0, b"1"), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/20/0/4010", 0, b"256"), Code::BAD_REQUEST),
        (Operation::create("/20", TLV, &[]), Code::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(world.code(operation), code);
    }
    assert_eq!((world.text("/20/0/4013"), world.text("/20/0/4010")), ("0".into(), "0".into()));
}

#[test]
fn lightweightm2m_1_0_int_2001_event_log_read() {
    let mut world = world();
    let response = world.ask(0, Operation::read("/20/0/4014").accept(TLV));
    assert_eq!(hex(&response.payload), "a50fae43006f6e65");
    for (path, value) in [("/20/0/4010", "6"), ("/20/0/4015", "3")] {
        assert_eq!(world.code(Operation::write(path, 0, value.as_bytes())), Code::CHANGED);
        assert_eq!(world.text(path), value);
    }
    assert_eq!(world.text("/20/0/4014/0"), ONE);
}
