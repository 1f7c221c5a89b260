//! Where keys go in the modem, when they are written and when not, and that no log shows one.

#[path = "support/world.rs"]
mod world;

use lwm2m_carrier::carrier::Config;
use lwm2m_carrier::storage::Record;
use lwm2m_carrier::time::{Duration, Instant};
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::modem::{self, Card, Fault, Files, When};
use lwm2m_carrier_sim::server::{self, BootstrapPlan, Code, Operation, Server};
use lwm2m_carrier_sim::state::State;
use std::sync::Mutex;
use world::{IDENTITY, KEY, World};

/// Identity and key of an operator's device management server.
type Credentials = (&'static [u8], &'static [u8]);

const FIRST: Credentials = (b"device-at-first", b"the first key ..");
const SECOND: Credentials = (b"device-at-second", b"the second key..");
const THIRD: Credentials = (b"device-at-third", b"the third key...");

/// What is told when keys are written, and when they are there.
const WRITTEN: [&str; 6] =
    ["DISCONNECTING", "DISCONNECTED", "key", "key", "CONNECTING", "CONNECTED"];
const REGISTERED: [&str; 3] = ["BOOTSTRAPPED", "LTE_READY", "REGISTERED"];

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn plan((identity, key): Credentials) -> BootstrapPlan {
    let security = server::Security::psk(1, "coaps://dm.example:5684", 101, identity, key);
    let account = server::ServerAccount::new(0, 101, 300);
    BootstrapPlan::Accounts(server::Accounts::new(vec![security], vec![account]))
}

/// A device with this modem and flash, whose bootstrap server gives these credentials.
fn device(
    security_tag: u32,
    credentials: Credentials,
    modem: modem::Config,
    state: State,
) -> World {
    let config = Config { security_tag, ..world::config(world::bootstrap_server(true)) };
    let world = World::with(config, Weather::FAIR, 7, &mut [], modem, state);
    {
        let mut air = world.air.borrow_mut();
        let bootstrap = Server::new(server::Config::bootstrap(plan(credentials)));
        air.add("bs.example", 5684, Some((IDENTITY, KEY)), bootstrap);
        let management = Server::new(server::Config::management());
        air.add("dm.example", 5684, Some(credentials), management);
    }
    world
}

fn card(imsi: &str) -> modem::Config {
    let card = Card { imsi: imsi.into(), ..Card::default() };
    modem::Config { card: Some(card), ..modem::Config::default() }
}

/// The device after a restart, with this SIM and the operator's servers; its keys are where they were.
fn restarted(world: World, imsi: &str, credentials: Credentials) -> World {
    let modem = world.host.modem.modem;
    let mut again = device(25, credentials, card(imsi), world.host.state);
    for tag in 0..100 {
        if let Some((identity, key)) = modem.keys().get(tag) {
            again.host.modem.modem.provision(tag, identity, key);
        }
    }
    again
}

fn key(world: &World, tag: u32) -> Option<(&[u8], &[u8])> {
    world.host.modem.modem.keys().get(tag)
}

/// What was told after the first `from` lines.
fn names(world: &World, from: usize) -> Vec<&str> {
    world.names().split_off(from)
}

#[test]
fn keys_go_to_the_configured_tag_and_those_behind_it() {
    for tag in [25, 42] {
        let mut world = device(tag, FIRST, modem::Config::default(), State::in_memory());
        world.register();
        let tags: Vec<u32> = world.host.modem.modem.keys().list().map(|(tag, _)| tag).collect();
        assert_eq!(tags, [tag, tag, tag + 1, tag + 1]);
        assert_eq!(key(&world, tag), Some((IDENTITY, KEY)));
        assert_eq!(key(&world, tag + 1), Some(FIRST));
    }
}

#[test]
fn keys_that_the_modem_has_are_not_written_again() {
    for keeps_digits in [false, true] {
        let modem = modem::Config { keeps_digits, ..modem::Config::default() };
        let mut world = device(25, FIRST, modem, State::in_memory());
        // Not where they would be written.
        world.host.modem.modem.provision(25, IDENTITY, KEY);
        world.host.modem.modem.provision(29, FIRST.0, FIRST.1);
        world.register();
        // So the link need not go down.
        assert_eq!(names(&world, 4), REGISTERED);
        assert_eq!(key(&world, 26), None);
        // Nor when a server asks for a bootstrap that brings the same once more.
        world.told.clear();
        assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, Code::CHANGED);
        world.run_for(secs(60));
        assert_eq!(world.names(), REGISTERED);
    }
}

#[test]
fn half_of_a_key_is_not_the_key() {
    for (identity, key) in [(FIRST.0, SECOND.1), (SECOND.0, FIRST.1)] {
        let mut world = device(25, FIRST, modem::Config::default(), State::in_memory());
        world.host.modem.modem.provision(25, IDENTITY, KEY);
        world.host.modem.modem.provision(26, identity, key);
        world.register();
        assert_eq!(names(&world, 4), [&WRITTEN[..], &REGISTERED].concat());
        // The tag that was empty.
        assert_eq!(self::key(&world, 26), Some((identity, key)));
        assert_eq!(self::key(&world, 27), Some(FIRST));
    }
}

#[test]
fn another_configured_key_takes_the_place_of_the_old_one() {
    let mut world = device(25, FIRST, modem::Config::default(), State::in_memory());
    world.host.modem.modem.provision(25, b"someone", b"else");
    world.register();
    assert_eq!(key(&world, 25), Some((IDENTITY, KEY)));
}

#[test]
fn another_operators_sim_leaves_the_first_ones_keys() {
    let mut world = device(25, FIRST, card("001010123456789"), State::in_memory());
    world.register();
    assert_eq!(key(&world, 26), Some(FIRST));

    let mut world = restarted(world, "262019876543210", SECOND);
    world.register();
    let told = names(&world, 4);
    assert_eq!(told, [&WRITTEN[..], &REGISTERED].concat());
    assert_eq!(key(&world, 25), Some((IDENTITY, KEY)));
    assert_eq!(key(&world, 26), Some(FIRST));
    assert_eq!(key(&world, 27), Some(SECOND));

    // A third one, and each of them again: nothing is written any more.
    let mut world = restarted(world, "208011111111111", THIRD);
    world.register();
    for (imsi, credentials) in [
        ("001010123456789", FIRST),
        ("262019876543210", SECOND),
        ("208011111111111", THIRD),
        // Another SIM of the same operator.
        ("208012222222222", THIRD),
    ] {
        let same = imsi == "208012222222222";
        world = restarted(world, imsi, credentials);
        world.register();
        let expected = if same { &REGISTERED[1..] } else { &REGISTERED };
        assert_eq!(names(&world, 4), expected, "{imsi}");
        assert_eq!(key(&world, 26), Some(FIRST));
        assert_eq!(key(&world, 27), Some(SECOND));
        assert_eq!(key(&world, 28), Some(THIRD));
    }
}

#[test]
fn when_every_tag_is_taken_one_in_no_use_is_written() {
    let mut world = device(25, FIRST, modem::Config::default(), State::in_memory());
    for tag in 26..40 {
        world.host.modem.modem.provision(tag, b"old", b"old");
    }
    world.register();
    assert_eq!(names(&world, 4), [&WRITTEN[..], &WRITTEN, &REGISTERED].concat());
    assert_eq!(key(&world, 26), Some(FIRST));
    // The key in use is not written over by the next one.
    world.told.clear();
    world.air.borrow_mut().server(0).set_bootstrap(Some(plan(SECOND)));
    world.air.borrow_mut().add(
        "dm.example",
        5684,
        Some(SECOND),
        Server::new(server::Config::management()),
    );
    assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, Code::CHANGED);
    world.run_for(secs(60));
    assert_eq!(key(&world, 26), Some(FIRST));
    assert_eq!(key(&world, 27), Some(SECOND));
    assert_eq!(key(&world, 33), Some((&b"old"[..], &b"old"[..])));
}

#[test]
fn a_modem_without_a_key_store_leaves_keys_to_the_host() {
    let modem = modem::Config { plain: true, ..modem::Config::default() };
    let mut world = device(25, FIRST, modem, State::in_memory());
    world.register();
    assert_eq!(names(&world, 4), [&WRITTEN[..], &WRITTEN, &REGISTERED].concat());
    assert_eq!(key(&world, 26), Some(FIRST));
}

/// Every log line of this test program.
static LINES: Mutex<Vec<String>> = Mutex::new(Vec::new());

struct Log;

impl log::Log for Log {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        LINES.lock().unwrap().push(record.args().to_string());
    }

    fn flush(&self) {}
}

#[test]
fn no_log_line_shows_a_key_or_an_identity() {
    log::set_logger(&Log).unwrap();
    log::set_max_level(log::LevelFilter::Trace);
    // With all that can go wrong with keys, too.
    let modem = modem::Config {
        script: vec![
            (When::At(Instant::ZERO), Fault::FailKeys(1)),
            (When::At(Instant::from_secs(100_000)), Fault::Restart),
        ],
        ..modem::Config::default()
    };
    let mut config = world::config(world::bootstrap_server(true));
    // The name that the device gives itself has its IMEI in it.
    config.endpoint = lwm2m_carrier::carrier::EndpointName::ImeiMsisdn;
    let mut world = device(25, FIRST, modem.clone(), State::in_memory());
    let state = State::in_memory();
    let air = world.air.clone();
    world = World::with(config, Weather::FAIR, 7, &mut [], modem, state);
    world.air = air.clone();
    world.host.network = air;
    world.start();
    world.run_for(secs(200_000));
    assert!(world.names().contains(&"REGISTERED"), "{:?}", world.told);
    assert!(world.host.state.load(Record::Accounts).is_some());

    // And with keys from the SIM.
    let security = server::Security::psk(0, "coaps://dm.example:5684", 101, THIRD.0, THIRD.1);
    let record = Files::record(&[security], &[server::ServerAccount::new(0, 101, 300)]);
    let card = Some(Card { files: Files::with(&record), ..Card::default() });
    let mut world =
        device(25, THIRD, modem::Config { card, ..modem::Config::default() }, State::in_memory());
    world.register();

    let lines = LINES.lock().unwrap().join("\n");
    assert!(lines.contains("AT%CMNG=0,") && lines.contains("AT+CSIM="), "the log is there");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut secrets: Vec<String> =
        ["001010123456789", "8900100000000000017", "15555550100", "004999010640000"]
            .map(str::to_owned)
            .into();
    for (identity, key) in [(IDENTITY, KEY), FIRST, THIRD] {
        secrets.extend([text(identity), text(key)]);
        let upper: String = key.iter().map(|byte| format!("{byte:02X}")).collect();
        secrets.extend([upper.to_lowercase(), upper, format!("{key:?}"), format!("{identity:?}")]);
    }
    for secret in secrets {
        assert!(!lines.contains(&secret), "{secret}");
    }
}
