//! The Location Object (registry, object 6).

use crate::bench::*;
use lwm2m_carrier::api::{self, Position, Velocity};

const HERE: Position = Position {
    latitude: 59.25,
    longitude: -18.5,
    altitude: Some(28.5),
    timestamp: 1_700_000_000,
    uncertainty: Some(12.5),
};

fn set(world: &mut World, position: Position) {
    api::set_location(&mut world.host.carrier, world.now, &position).expect("in range");
}

fn located() -> World {
    let mut world = World::registered();
    set(&mut world, HERE);
    world
}

#[test]
fn lightweightm2m_1_0_int_801_location_readable_resources() {
    let mut world = located();
    let velocity = Velocity {
        heading: 90,
        horizontal: 10.0,
        vertical: None,
        horizontal_uncertainty: Some(1.0),
        vertical_uncertainty: None,
    };
    api::set_velocity(&mut world.host.carrier, world.now, &velocity).expect("in range");
    let told = [0, 1, 2, 3, 5, 6].map(|id| world.text(&format!("/6/0/{id}")));
    assert_eq!(told, ["59.25", "-18.5", "28.5", "12.5", "1700000000", "10"]);
    // Of type 2, horizontal with uncertainty: 90 degrees, 36 km/h, 4 km/h.
    let coded = world.ask(0, Operation::read("/6/0/4").accept(OPAQUE)).payload;
    assert_eq!(hex(&coded), "205a002404");
    let whole = world.ask(0, Operation::read("/6/0").accept(TLV));
    assert_eq!(
        hex(&whole.payload),
        "c400426d0000 c401c1940000 c40241e40000 c40341480000 c504205a002404 c4056553f100 c40641200000"
            .replace(' ', "")
    );
    // Nothing of it is a server's to write.
    let write = Operation::write("/6/0/0", TEXT, b"1");
    assert_eq!(world.code(write), Code::METHOD_NOT_ALLOWED);
    assert_eq!(world.text("/6/0/0"), "59.25");
}

#[test]
fn lightweightm2m_1_0_int_810_location_observe_and_notify() {
    let mut world = located();
    let observed = world.ask(0, Operation::observe("/6/0/0").accept(TEXT));
    assert_eq!((observed.code, text(&observed.payload)), (Code::CONTENT, "59.25"));
    set(&mut world, Position { latitude: 60.0, timestamp: HERE.timestamp + 60, ..HERE });
    assert_eq!(world.notified(), ["60"]);
    // Another time at the same place is news to whoever observes that.
    set(&mut world, Position { latitude: 60.0, timestamp: HERE.timestamp + 120, ..HERE });
    assert_eq!(world.notified(), Vec::<String>::new());
}

#[test]
fn a_position_that_was_never_said_is_not_zero() {
    let mut world = World::registered();
    for id in 0..=6 {
        assert_eq!(world.code(Operation::read(&format!("/6/0/{id}"))), Code::NOT_FOUND, "{id}");
    }
    let whole = world.ask(0, Operation::read("/6/0").accept(TLV));
    assert_eq!((whole.code, whole.payload), (Code::CONTENT, vec![]));
}
