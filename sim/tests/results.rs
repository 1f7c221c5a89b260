//! What the application is told of notifications and of Send: whether they came.

#[path = "support/world.rs"]
mod world;

use lwm2m_carrier::carrier::Config;
use lwm2m_carrier::lwm2m::Path;
use lwm2m_carrier::time::Duration;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::server::{self, Code, Operation};
use world::{ENDPOINT, World};

const MINUTE: Duration = Duration::from_secs(60);
/// No answer: Linux's number.
const TIMED_OUT: &str = "SENT -110";

/// A device that is registered, whose notifications are confirmable at least once in `interval`.
fn registered(interval: Duration) -> World {
    let server = world::management_server(false, 86400);
    let config = Config { confirm_interval: interval, ..world::config(server) };
    let mut world = World::new(config, Weather::FAIR, 5);
    world.serve("dm.example", server::Config::management());
    world.register();
    world.told.clear();
    world
}

/// Lets the modem notify another signal, and `duration` pass; what was told meanwhile.
fn change(world: &mut World, rsrp: u8, duration: Duration) -> Vec<String> {
    world.told.clear();
    world.host.modem.modem.config_mut().rsrp = rsrp;
    world.host.modem.modem.notify_signal();
    world.run_for(duration);
    world.names().into_iter().map(String::from).collect()
}

fn observation() -> Operation {
    Operation::observe("/4/0/2").accept(0)
}

#[test]
fn a_notification_is_acknowledged_or_reset() {
    let mut world = registered(Duration::ZERO);
    world.ask(0, observation());
    assert_eq!(change(&mut world, 20, MINUTE), ["NOTIFICATION 0"]);
    assert!(world.air.borrow_mut().server(0).forget_observation(ENDPOINT, &observation()));
    assert_eq!(change(&mut world, 30, MINUTE), ["NOTIFICATION 2"]);
    assert!(change(&mut world, 40, MINUTE).is_empty(), "the observation has ended");
}

#[test]
fn a_notification_that_nobody_acknowledges_timed_out() {
    let mut world = registered(Duration::ZERO);
    world.ask(0, observation());
    world.cut_off(true);
    // 2 + 4 + 8 + 16 + 32 seconds, up to half more.
    assert!(change(&mut world, 20, MINUTE).is_empty());
    assert!(world.run_until_told(MINUTE, "NOTIFICATION 1"));
    world.cut_off(false);
}

#[test]
fn what_needs_no_acknowledgement_has_no_result() {
    let mut world = registered(Duration::from_secs(86400));
    world.ask(0, observation());
    assert!(change(&mut world, 20, MINUTE).is_empty());
    assert!(world.air.borrow_mut().server(0).forget_observation(ENDPOINT, &observation()));
    assert!(change(&mut world, 30, MINUTE).is_empty());
}

#[test]
fn a_send_is_taken_or_not_answered() {
    let mut world = registered(Duration::ZERO);
    assert_eq!(world.ask(0, Operation::write("/1/0/23", 0, b"0")).code, Code::CHANGED);
    let send = |world: &mut World| {
        world.host.carrier.client().send(&[Path::resource(1, 0, 1)]).expect("it begins");
    };
    world.told.clear();
    send(&mut world);
    world.run_for(MINUTE);
    assert_eq!(world.names(), ["SENT 0"]);
    world.cut_off(true);
    send(&mut world);
    assert!(world.run_until_told(MINUTE.times(2), TIMED_OUT), "{:?}", world.told);
    world.cut_off(false);
}

#[test]
fn a_server_that_does_not_know_the_device_refuses_a_send() {
    let mut world = registered(Duration::ZERO);
    assert_eq!(world.ask(0, Operation::write("/1/0/23", 0, b"0")).code, Code::CHANGED);
    world.air.borrow_mut().server(0).forget(ENDPOINT);
    world.host.carrier.client().send(&[Path::resource(1, 0, 1)]).expect("it begins");
    assert!(world.run_until_told(MINUTE, "SENT 404"), "{:?}", world.told);
}
