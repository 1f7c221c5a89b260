//! The Portfolio Object (registry, object 16): hosts are created, named and deleted.

use crate::bench::*;
/// Whether the server knows the instance from the last Register or Update.
fn lists(world: &mut World, path: &str) -> bool {
    world.run_for(Duration::from_secs(1));
    let mut air = world.air.borrow_mut();
    air.server(0).registration(ENDPOINT).expect("registered").lists(path)
}

/// Instance 5 with the identities 0 and 3: `host-5` and `1.2`.
const HOST_5: &str = "080510 88000d 4600686f73742d35 4303312e32";

#[test]
fn lightweightm2m_1_0_int_1630_create_portfolio_object_instance() {
    let mut world = World::registered();
    assert!(lists(&mut world, "/16/0"));
    let created = world.ask(0, Operation::create("/16", TLV, &unhex(HOST_5)));
    assert_eq!((created.code, created.options), (Code::CREATED, vec![]));
    assert_eq!((world.text("/16/5/0/0"), world.text("/16/5/0/3")), ("host-5".into(), "1.2".into()));
    assert_eq!(world.code(Operation::read("/16/5/0/1")), Code::NOT_FOUND);
    assert!(lists(&mut world, "/16/5"));
    let response = world.ask(0, Operation::discover("/16/5"));
    assert_eq!(text(&response.payload), "</16/5>,</16/5/0>;dim=2");
}

#[test]
fn lightweightm2m_1_0_int_1635_delete_portfolio_object_instance() {
    let mut world = World::registered();
    assert_eq!(world.code(Operation::create("/16", TLV, &unhex(HOST_5))), Code::CREATED);
    assert!(lists(&mut world, "/16/5"));
    assert_eq!(world.code(Operation::delete("/16/5")), Code::DELETED);
    assert_eq!(world.code(Operation::read("/16/5")), Code::NOT_FOUND);
    assert!(!lists(&mut world, "/16/5") && lists(&mut world, "/16/0"));
    // The primary host is this device.
    assert_eq!(world.code(Operation::delete("/16/0")), Code::METHOD_NOT_ALLOWED);
    assert!(lists(&mut world, "/16/0"));
}

#[test]
fn a_create_that_cannot_be_changes_nothing() {
    let mut world = World::registered();
    for (payload, code) in [
        // Without the mandatory Identity.
        ("0005", Code::BAD_REQUEST),
        // An identity that there is not, and one that is too long.
        ("0505 8300 410761", Code::NOT_FOUND),
        (&format!("080527 880024 480021 {}", "61".repeat(33)), Code::BAD_REQUEST),
        // The primary host once more.
        ("0500 8300 410061", Code::BAD_REQUEST),
    ] {
        assert_eq!(world.code(Operation::create("/16", TLV, &unhex(payload))), code, "{payload}");
        assert_eq!(world.code(Operation::read("/16/5")), Code::NOT_FOUND);
    }
    assert_eq!(world.code(Operation::create("/16", TLV, &unhex(HOST_5))), Code::CREATED);
    let full = world.code(Operation::create("/16", TLV, &unhex("8300 410061")));
    assert_eq!(full, Code::new(5, 0));
    assert!(!lists(&mut world, "/16/1") && lists(&mut world, "/16/5"));
}

#[test]
fn identities_are_written_one_by_one_or_all_at_once() {
    let mut world = World::registered();
    assert_eq!(world.code(Operation::create("/16", TLV, &unhex(HOST_5))), Code::CREATED);
    let one = Operation::update("/16/5/0", TLV, &unhex("8500 4301616263"));
    assert_eq!(world.code(one), Code::CHANGED);
    let read =
        |world: &mut World| hex(&world.ask(0, Operation::read("/16/5/0").accept(TLV)).payload);
    assert_eq!(read(&mut world), "8800124600686f73742d3543016162634303312e32");
    let all = Operation::write("/16/5/0", TLV, &unhex("8300 410278"));
    assert_eq!(world.code(all), Code::CHANGED);
    assert_eq!(read(&mut world), "8300410278");
}
