//! Everything that can go wrong with the link, driven by the simulated modem: what the application is
//! told, in order, and that the device comes back.

#[path = "support/world.rs"]
mod world;

use lwm2m_carrier::carrier::{Config, Input, Profile, Request};
use lwm2m_carrier::lwm2m::Retry;
use lwm2m_carrier::modem::FunctionalMode;
use lwm2m_carrier::time::{Duration, Instant};
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::modem::{self, Card, Fault, When};
use lwm2m_carrier_sim::server::{self, Operation};
use lwm2m_carrier_sim::state::State;
use world::World;

/// What brings a link back, and the server with it.
const BACK: [&str; 4] = ["CONNECTING", "CONNECTED", "LTE_READY", "REGISTERED"];

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Two attempts, half a minute apart; a search may take a minute.
fn config() -> Config<'static> {
    let retry = Retry { count: 2, timer: 30, sequence_delay: 0, sequence_count: 1 };
    Config {
        profile: Profile {
            link_retry: retry,
            attach_timeout: secs(60),
            denied_timeout: secs(20),
            ..Profile::GENERIC
        },
        ..world::config(world::management_server(false, 3600))
    }
}

/// A world with a management server and a modem with these faults from the beginning.
fn world(modem: modem::Config, faults: &[Fault]) -> World {
    let script = faults.iter().map(|fault| (When::At(Instant::ZERO), fault.clone())).collect();
    let modem = modem::Config { script, ..modem };
    let world = World::with(config(), Weather::FAIR, 1, &mut [], modem, State::in_memory());
    world.serve("dm.example", server::Config::management());
    world
}

fn registered(modem: modem::Config) -> World {
    let mut world = world(modem, &[]);
    world.register();
    world.told.clear();
    world
}

fn strike(world: &mut World, fault: Fault) {
    let now = world.now;
    world.host.modem.modem.fault(now, fault);
}

/// What was told, the seconds of DEFERRED left out.
fn names(world: &World) -> Vec<String> {
    let names = world.names();
    let short = |name: &&str| match name.strip_prefix("DEFERRED ") {
        Some(rest) => format!("DEFERRED {}", rest.split(' ').next().unwrap_or_default()),
        None => name.to_string(),
    };
    names.iter().map(short).collect()
}

/// The device never comes to a network: deferred once, then an error, which `lwm2m_carrier_init` returns.
fn gives_up(mut world: World, reason: u32, value: i32) {
    world.start();
    world.run_for(secs(600));
    assert_eq!(
        names(&world),
        [
            "BSDLIB_INIT",
            "CONNECTING",
            &format!("DEFERRED {reason}"),
            "CONNECTING",
            &format!("ERROR 1 {value}"),
            &format!("init {value}"),
        ]
    );
    // The radio is off meanwhile.
    assert_eq!(world.host.modem.modem.mode(), FunctionalMode::Offline);
}

#[test]
fn no_sim() {
    gives_up(world(modem::Config { card: None, ..modem::Config::default() }, &[]), 1, -1);
}

#[test]
fn a_sim_that_wants_a_pin() {
    let card = || Some(Card { locked: true, ..Card::default() });
    gives_up(world(modem::Config { card: card(), ..modem::Config::default() }, &[]), 1, -1);
    let plain = modem::Config { card: card(), plain: true, ..modem::Config::default() };
    gives_up(world(plain, &[]), 1, -1);
}

#[test]
fn registration_denied() {
    gives_up(world(modem::Config::default(), &[Fault::DenyRegistration(true)]), 1, -13);
}

#[test]
fn registration_denied_by_one_network_and_granted_by_another() {
    let mut world = world(modem::Config::default(), &[Fault::DenyRegistration(true)]);
    world.start();
    world.run_for(secs(15));
    strike(&mut world, Fault::DenyRegistration(false));
    world.run_for(secs(10));
    assert_eq!(
        names(&world),
        ["BSDLIB_INIT", "CONNECTING", "CONNECTED", "init 0", "LTE_READY", "REGISTERED"]
    );
}

#[test]
fn a_connection_that_is_refused() {
    gives_up(world(modem::Config::default(), &[Fault::RefusePdn(Some(33))]), 1, -111);
}

#[test]
fn a_search_that_times_out() {
    gives_up(world(modem::Config::default(), &[Fault::AttachTime(None)]), 0, -110);
    gives_up(world(modem::Config::default(), &[Fault::LoseCoverage]), 0, -110);
}

#[test]
fn the_seconds_until_the_next_attempt_are_told_and_kept() {
    let mut world = world(modem::Config { card: None, ..modem::Config::default() }, &[]);
    world.start();
    world.run_for(secs(600));
    let (at, deferred) = world.told[2].clone();
    let seconds: u64 = deferred.strip_prefix("DEFERRED 1 ").unwrap().parse().unwrap();
    assert!((30..=34).contains(&seconds), "{seconds}");
    let (again, _) = world.told[3];
    assert!(again.since(at).as_secs().abs_diff(seconds) <= 1);
}

#[test]
fn a_sim_that_is_put_in_later_is_found_at_the_next_attempt() {
    let mut world = world(modem::Config { card: None, ..modem::Config::default() }, &[]);
    world.start();
    world.run_for(secs(10));
    strike(&mut world, Fault::SwapSim(Some(Card::default())));
    world.run_for(secs(60));
    let mut expected = vec!["BSDLIB_INIT", "CONNECTING", "DEFERRED 1"];
    expected.extend(["CONNECTING", "CONNECTED", "init 0", "LTE_READY", "REGISTERED"]);
    assert_eq!(names(&world), expected);
}

#[test]
fn detached_by_the_network() {
    for fault in [Fault::Detach, Fault::DropPdn] {
        let mut world = registered(modem::Config::default());
        strike(&mut world, fault);
        world.run_for(secs(60));
        assert_eq!(names(&world), [&["DISCONNECTED"], &BACK[..]].concat());
        assert_eq!(world.ask(0, Operation::read("/3/0/16").accept(0)).payload, b"U");
    }
}

#[test]
fn detached_by_the_network_and_not_taken_again() {
    let mut world = registered(modem::Config::default());
    strike(&mut world, Fault::DenyRegistration(true));
    world.run_for(secs(15));
    assert_eq!(names(&world), ["DISCONNECTED", "CONNECTING"]);
    world.run_for(secs(300));
    assert_eq!(
        names(&world),
        ["DISCONNECTED", "CONNECTING", "DEFERRED 1", "CONNECTING", "ERROR 1 -13"]
    );
}

#[test]
fn a_device_that_was_deregistered_stays_so_when_it_is_detached() {
    let mut world = registered(modem::Config::default());
    world.host.input(Input::Request(Request::Deregister));
    world.run_for(secs(10));
    strike(&mut world, Fault::Detach);
    world.run_for(secs(600));
    assert_eq!(names(&world), ["DEREGISTERED", "DISCONNECTED", "CONNECTING", "CONNECTED"]);
}

#[test]
fn flight_mode_by_the_application() {
    for (plain, mode) in [
        (false, FunctionalMode::Offline),
        (false, FunctionalMode::PowerOff),
        (true, FunctionalMode::Offline),
    ] {
        let mut world = registered(modem::Config { plain, ..modem::Config::default() });
        strike(&mut world, Fault::SetMode(mode));
        world.run_for(secs(86_400));
        // Nothing is tried and nothing is an error: the application wants it so.
        assert_eq!(names(&world), ["DISCONNECTED"], "{plain} {mode:?}");
        assert_eq!(world.host.modem.modem.mode(), mode);
        match mode {
            // It comes back when the application turns the radio on again.
            FunctionalMode::Offline => strike(&mut world, Fault::SetMode(FunctionalMode::Normal)),
            // Powered off, the modem has forgotten what it is to tell: the application asks.
            _ => world.host.input(Input::Request(Request::LinkUp)),
        }
        world.run_for(secs(60));
        assert_eq!(names(&world), [&["DISCONNECTED"], &BACK[..]].concat(), "{plain} {mode:?}");
        assert_eq!(world.ask(0, Operation::read("/3/0/16").accept(0)).payload, b"U");
    }
}

#[test]
fn flight_mode_that_is_told_by_the_host() {
    let mut world = registered(modem::Config::default());
    // A modem library says at once what an application does.
    let report = lwm2m_carrier::modem::Report::FunctionalMode;
    world.host.input(Input::Modem(report(FunctionalMode::Offline)));
    world.run_for(secs(1));
    assert_eq!(names(&world), ["DISCONNECTED"]);
    world.host.input(Input::Modem(report(FunctionalMode::Offline)));
    world.run_for(secs(1));
    assert_eq!(names(&world), ["DISCONNECTED"]);
    world.host.input(Input::Modem(report(FunctionalMode::Normal)));
    world.run_for(secs(1));
    assert_eq!(names(&world), ["DISCONNECTED", "CONNECTING"]);
}

#[test]
fn flight_mode_while_the_link_is_coming_up() {
    let mut world = world(modem::Config::default(), &[Fault::AttachTime(None)]);
    world.start();
    world.run_for(secs(10));
    strike(&mut world, Fault::SetMode(FunctionalMode::Offline));
    world.run_for(secs(600));
    // `lwm2m_carrier_init` does not wait for ever.
    assert_eq!(
        names(&world),
        ["BSDLIB_INIT", "CONNECTING", "DEFERRED 0", "CONNECTING", "ERROR 1 -110", "init -110"]
    );
}

#[test]
fn overheated() {
    let mut world = registered(modem::Config::default());
    strike(&mut world, Fault::Overheat);
    world.run_for(secs(5));
    assert_eq!(names(&world), ["MODEM_DOMAIN 0"]);
    // The modem turns the radio off to protect itself: that is nobody's wish.
    strike(&mut world, Fault::SetMode(FunctionalMode::Offline));
    world.run_for(secs(60));
    let mut expected = vec!["MODEM_DOMAIN 0", "DISCONNECTED", "DEFERRED 0"];
    expected.extend(BACK);
    assert_eq!(names(&world), expected);
    // Later it is the application's wish again, even after another warning.
    strike(&mut world, Fault::Overheat);
    world.run_for(secs(120));
    world.told.clear();
    strike(&mut world, Fault::SetMode(FunctionalMode::Offline));
    world.run_for(secs(600));
    assert_eq!(names(&world), ["DISCONNECTED"]);
}

#[test]
fn the_battery_is_low() {
    let mut world = registered(modem::Config::default());
    strike(&mut world, Fault::BatteryLow);
    world.run_for(secs(5));
    assert_eq!(names(&world), ["MODEM_DOMAIN 1"]);
    // Error Code 1.
    assert_eq!(world.ask(0, Operation::read("/3/0/11/0").accept(0)).payload, b"1");
}

#[test]
fn a_reset_loop() {
    let mut world = world(modem::Config { attach_time: secs(5), ..modem::Config::default() }, &[]);
    world.start();
    world.run_for(secs(1));
    strike(&mut world, Fault::ResetLoop);
    // The modem does not attach for half an hour: that is no search that timed out.
    world.run_for(secs(1790));
    assert_eq!(names(&world), ["BSDLIB_INIT", "CONNECTING", "MODEM_DOMAIN 2"]);
    world.run_for(secs(60));
    let mut expected = vec!["BSDLIB_INIT", "CONNECTING", "MODEM_DOMAIN 2"];
    expected.extend(["CONNECTED", "init 0", "LTE_READY", "REGISTERED"]);
    assert_eq!(names(&world), expected);
}

#[test]
fn a_radio_that_the_application_turned_on_before() {
    let mut world = world(modem::Config::default(), &[Fault::SetMode(FunctionalMode::Normal)]);
    world.run_for(secs(10));
    assert!(world.host.modem.modem.is_connected());
    world.register();
    assert_eq!(
        names(&world),
        ["BSDLIB_INIT", "CONNECTING", "CONNECTED", "init 0", "LTE_READY", "REGISTERED"]
    );
}

#[test]
fn a_modem_without_words_of_its_makers_own() {
    let mut world = world(modem::Config { plain: true, ..modem::Config::default() }, &[]);
    world.register();
    assert_eq!(
        names(&world),
        ["BSDLIB_INIT", "CONNECTING", "CONNECTED", "init 0", "LTE_READY", "REGISTERED"]
    );
    assert_eq!(world.ask(0, Operation::read("/4/0/4/0").accept(0)).payload, b"192.0.2.1");
}

/// A bootstrap whose keys cannot be written: the link goes down first and comes up again after it.
fn keys_fail(faults: &[Fault], expected: &[&str]) {
    let script = faults.iter().map(|fault| (When::At(Instant::ZERO), fault.clone())).collect();
    let modem = modem::Config { script, ..modem::Config::default() };
    let config = world::config(world::bootstrap_server(true));
    let mut world = World::with(config, Weather::FAIR, 7, &mut [], modem, State::in_memory());
    world.serve_secure(world::accounts(true, 300));
    world.start();
    world.run_for(secs(120));
    let names: Vec<_> = world.names().into_iter().skip(4).collect();
    assert_eq!(names, expected);
    assert!(world.host.modem.modem.is_connected());
    assert_eq!(world.host.modem.modem.keys().get(25), None);
    // A day later it is tried again.
    world.told.clear();
    world.run_for(secs(86_400));
    assert_eq!(
        world.names(),
        [
            &["DISCONNECTING", "DISCONNECTED", "key", "key", "CONNECTING", "CONNECTED"],
            &["BOOTSTRAPPED", "LTE_READY", "REGISTERED"][..]
        ]
        .concat()
    );
}

#[test]
fn keys_that_cannot_be_written() {
    let down = ["DISCONNECTING", "DISCONNECTED"];
    let up = ["ERROR 3 -13", "CONNECTING", "CONNECTED"];
    keys_fail(&[Fault::FailKeys(1)], &[&down[..], &up].concat());
    // The radio stays on, so the modem does not take them.
    keys_fail(
        &[Fault::FailOffline(1)],
        &[&["DISCONNECTING", "ERROR 2 -5", "DISCONNECTED"][..], &up].concat(),
    );
}
