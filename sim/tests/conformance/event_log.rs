//! The Event Log Object (registry, object 20): a server starts and stops the log, and reads it.

use crate::bench::*;
use lwm2m_carrier::lwm2m::objects::EventLog;
use lwm2m_carrier::lwm2m::objects::event_log::DATA;
use lwm2m_carrier::lwm2m::{Context, Object, Value};
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::modem;
use lwm2m_carrier_sim::state::State;

/// `one`, as text has opaque bytes: in Base64.
const ONE: &str = "b25l";

/// A registered device with object 20, which has logged `one`.
fn world() -> World {
    let mut log = EventLog::default();
    log.write(&DATA, &Value::Opaque(b"one"), &mut Context::new(0)).expect("a running log");
    let objects: &'static mut [&'static mut dyn Object] =
        Box::leak(Box::new([Box::leak(Box::new(log)) as &mut dyn Object]));
    let config = world::config(world::management_server(false, LONG));
    let (modem, state) = (modem::Config::default(), State::in_memory());
    let mut world = World::with(config, Weather::FAIR, 1, objects, modem, state);
    let server = Server::new(ServerConfig::management());
    world.air.borrow_mut().add("dm.example", 5683, None, server);
    world.register();
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
