//! A lost link: registration and observations outlive it, and what was to be notified meanwhile is
//! stored (Core 6.2.2, 6.4.4, /1/x/6).

use crate::bench::*;
use lwm2m_carrier::modem::FunctionalMode;
use lwm2m_carrier_sim::modem::Fault;

/// What a device sends that is no answer and no acknowledgement: when, the message.
fn told(world: &World, from: usize) -> Vec<(u64, Message)> {
    let sent = world.sent_since(from).into_iter();
    sent.filter(|(_, message)| matches!(message.kind, Kind::Confirmable | Kind::NonConfirmable))
        .collect()
}

/// What they are: the path of a request, or the payload of a notification.
fn names(told: &[(u64, Message)]) -> Vec<String> {
    let name = |(_, message): &(u64, Message)| match message.code {
        Code::CONTENT => String::from_utf8_lossy(&message.payload).into_owned(),
        Code::NOT_FOUND => "4.04".to_string(),
        _ => path(message),
    };
    told.iter().map(name).collect()
}

/// The Observe options of the notifications.
fn sequences(told: &[(u64, Message)]) -> Vec<u32> {
    told.iter().filter_map(|(_, message)| message.uint(option::OBSERVE)).collect()
}

/// Turns the radio off and on: the link is lost, and back a few seconds later.
fn link(world: &mut World, on: bool) {
    let mode = if on { FunctionalMode::Normal } else { FunctionalMode::Offline };
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::SetMode(mode));
    let told = if on { "CONNECTED" } else { "DISCONNECTED" };
    assert!(world.run_until_told(Duration::from_secs(30), told), "{:?}", world.told);
}

fn observe(world: &mut World, path: &str, format: u16) {
    let response = world.ask(0, Operation::observe(path).accept(format));
    assert_eq!((response.code, response.observe), (Code::CONTENT, Some(1)));
    world.run_for(Duration::from_secs(1));
}

fn set(world: &mut World, value: i64) {
    world.set("/26241/0/0", &Value::Integer(value));
}

/// Lets the link come back; what the device tells until ten seconds later.
fn back(world: &mut World) -> Vec<(u64, Message)> {
    let from = world.mark();
    link(world, true);
    world.run_for(Duration::from_secs(10));
    told(world, from)
}

/// A device with a server that it has a key for.
fn secure() -> World {
    let config = world::config(world::management_server(true, LONG));
    let mut world = World::with_everything(config, 1);
    let key = Some((world::IDENTITY, world::KEY));
    let server = Server::new(ServerConfig::management());
    world.air.borrow_mut().add("dm.example", 5684, key, server);
    world.register();
    world
}

#[test]
fn a_registration_and_its_observations_outlive_the_link() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0", TEXT);
    link(&mut world, false);
    world.told.clear();
    let told = back(&mut world);
    // The address may be another one: the server hears of it, and of nothing else.
    let [(_, update)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((update.kind, update.code), (Kind::Confirmable, Code::POST));
    assert!(path(update).starts_with("rd/"), "{told:?}");
    assert!(update.payload.is_empty() && queries(update).is_empty());
    assert!(world.names().ends_with(&["CONNECTED", "LTE_READY", "REGISTERED"]), "{:?}", world.told);
    let from = world.mark();
    set(&mut world, 11);
    assert_eq!(names(&self::told(&world, from)), ["11"]);
    assert_eq!(sequences(&self::told(&world, from)), [2]);
    assert_eq!(world.air.borrow_mut().server(0).observations().count(), 1);
}

#[test]
fn nothing_is_notified_before_the_server_has_taken_the_update() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0", TEXT);
    link(&mut world, false);
    world.cut_off(true);
    let from = world.mark();
    link(&mut world, true);
    world.run_for(Duration::from_secs(1));
    set(&mut world, 11);
    world.run_for(Duration::from_secs(5));
    let told = told(&world, from);
    // Said once, and once more after two to three seconds.
    assert!(told.len() >= 2, "{told:?}");
    assert!(told.iter().all(|(_, message)| path(message).starts_with("rd/")), "{told:?}");
    world.cut_off(false);
    world.run_for(Duration::from_secs(60));
    let told = self::told(&world, from);
    assert_eq!(names(&told).last().map(String::as_str), Some("11"), "{told:?}");
    assert_eq!(sequences(&told), [2]);
}

#[test]
fn a_registration_that_the_server_forgot_meanwhile_begins_anew() {
    let mut world = World::managed(120, 1);
    world.register();
    link(&mut world, false);
    world.run_for(Duration::from_secs(600));
    let told = back(&mut world);
    let names = names(&told);
    assert!(names[0].starts_with("rd/"), "{names:?}");
    assert_eq!(names[1..], ["rd"]);
    assert!(world.names().ends_with(&["LTE_READY", "REGISTERED"]), "{:?}", world.told);
}

#[test]
fn a_new_security_context_asks_for_a_register_which_ends_observations() {
    let mut world = secure();
    observe(&mut world, "/26241/0/0", TEXT);
    link(&mut world, false);
    set(&mut world, 11);
    world.run_for(Duration::from_secs(10));
    set(&mut world, 12);
    let told = back(&mut world);
    assert_eq!(names(&told), ["rd"]);
    let from = world.mark();
    set(&mut world, 13);
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.mark(), from);
}

#[test]
fn a_device_without_a_link_is_not_registered_for_the_application() {
    let mut world = World::registered();
    link(&mut world, false);
    assert!(!world.host.carrier.is_registered());
    back(&mut world);
    assert!(world.host.carrier.is_registered());
}
