//! Bootstrap from the SIM: the first source of Core 6.1.2, and what comes after it when it is absent or
//! damaged.

use super::world::{self, IDENTITY, KEY, World};
use lwm2m_carrier::carrier::{Config, EndpointName};
use lwm2m_carrier::storage::Record;
use lwm2m_carrier::time::Duration;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::modem::{self, Card, Fault, Files};
use lwm2m_carrier_sim::server::{self, Operation, Security, Server, ServerAccount};
use lwm2m_carrier_sim::state::State;

const WRITTEN: [&str; 6] =
    ["DISCONNECTING", "DISCONNECTED", "key", "key", "CONNECTING", "CONNECTED"];
const BOOTSTRAPPED: [&str; 3] = ["BOOTSTRAPPED", "LTE_READY", "REGISTERED"];
/// The server of the SIM, and its identity and key.
const SIM_URI: &str = "coaps://sim.example:5684";
const SIM_KEY: (&[u8], &[u8]) = (b"device-of-sim", b"the key on a SIM");

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// A device management account on the SIM.
fn record() -> Vec<u8> {
    let security = Security::psk(0, SIM_URI, 101, SIM_KEY.0, SIM_KEY.1);
    Files::record(&[security], &[ServerAccount::new(0, 101, 300)])
}

fn card(files: Files) -> Card {
    Card { files, ..Card::default() }
}

/// 0: of the configuration, bootstraps; 1: of its accounts; 2: of the SIM.
fn servers(world: World) -> World {
    world.serve_secure(world::accounts(true, 300));
    let management = Server::new(server::Config::management());
    world.air.borrow_mut().add("sim.example", 5684, Some(SIM_KEY), management);
    world
}

fn device(config: Config<'static>, card: Card, state: State) -> World {
    let modem = modem::Config { card: Some(card), ..modem::Config::default() };
    servers(World::with(config, Weather::FAIR, 7, &mut [], modem, state))
}

fn configured() -> Config<'static> {
    world::config(world::bootstrap_server(true))
}

fn unconfigured() -> Config<'static> {
    let endpoint = EndpointName::Custom(world::ENDPOINT);
    Config { server: None, endpoint, ..Config::default() }
}

/// The same device after a restart, with this SIM.
fn restarted(world: World, config: Config<'static>, card: Card) -> World {
    let keys = world.host.modem.modem.keys().clone();
    let mut again = device(config, card, world.host.state);
    for tag in 25..34 {
        if let Some((identity, key)) = keys.get(tag) {
            again.host.modem.modem.provision(tag, identity, key);
        }
    }
    again
}

/// What is told after `lwm2m_carrier_init`.
fn names(world: &World) -> Vec<&str> {
    world.names().split_off(4)
}

fn is_registered(world: &World, server: usize) -> bool {
    world.air.borrow_mut().server(server).registration(world::ENDPOINT).is_some()
}

#[test]
fn lightweightm2m_1_1_int_3_bootstrap_from_smartcard() {
    for files in [Files::with(&record()), Files::with(&record()).exact()] {
        let mut world = device(unconfigured(), card(files), State::in_memory());
        world.register();
        assert_eq!(names(&world), [&WRITTEN[..], &BOOTSTRAPPED].concat());
        assert_eq!(world.ask(2, Operation::read("/1/0/1").accept(0)).payload, b"300");
        assert_eq!(world.host.modem.modem.keys().get(26), Some(SIM_KEY));
        // After a restart the accounts are the stored ones.
        let mut world = restarted(world, unconfigured(), card(Files::default()));
        world.register();
        assert_eq!(names(&world), BOOTSTRAPPED[1..]);
    }
}

#[test]
fn the_sim_comes_before_the_configuration() {
    let mut world = device(configured(), card(Files::with(&record())), State::in_memory());
    world.register();
    assert_eq!(names(&world), [&WRITTEN[..], &BOOTSTRAPPED].concat());
    assert!(is_registered(&world, 2) && !is_registered(&world, 1));
}

#[test]
fn stored_accounts_come_before_the_sim() {
    let mut world = device(configured(), card(Files::default()), State::in_memory());
    world.register();
    assert!(is_registered(&world, 1));
    let mut world = restarted(world, configured(), card(Files::with(&record())));
    world.register();
    assert_eq!(names(&world), BOOTSTRAPPED[1..]);
    assert!(is_registered(&world, 1) && !is_registered(&world, 2));
}

#[test]
fn a_bootstrap_server_on_the_sim_is_asked() {
    let mut security = Security::psk(0, "coaps://bs.example:5684", 0, IDENTITY, KEY);
    security.bootstrap = true;
    let files = Files::with(&Files::record(&[security], &[]));
    // Once the server falls silent in the middle: what it began is taken back.
    for stopped in [0, 1] {
        let mut world = device(unconfigured(), card(files.clone()), State::in_memory());
        world.air.borrow_mut().server(0).faults().stop_bootstraps = Some((2, stopped));
        world.start();
        world.run_for(secs(1000));
        let mut told = names(&world);
        told.retain(|name| !name.starts_with("DEFERRED 4 "));
        // The management server has the same key: it is found.
        assert_eq!(told, [&WRITTEN[..], &BOOTSTRAPPED].concat());
        assert!(is_registered(&world, 1));
    }
    // A restart before the bootstrap is done: the account was stored.
    let mut world = device(unconfigured(), card(files), State::in_memory());
    world.air.borrow_mut().server(0).faults().ignore_bootstraps = 100;
    world.start();
    world.run_for(secs(20));
    assert_eq!(names(&world), WRITTEN);
    assert!(world.host.state.load(Record::Accounts).is_some());
    let mut world = restarted(world, unconfigured(), card(Files::default()));
    world.register();
    assert_eq!(names(&world), BOOTSTRAPPED);
}

#[test]
fn what_is_damaged_falls_back_to_the_configuration() {
    let whole = record();
    let expected = [&WRITTEN[..], &BOOTSTRAPPED].concat();
    let mut bad: Vec<(String, Files)> = Vec::new();
    for cut in 0..whole.len() {
        // Shorter than it says, and with a length that agrees with it.
        let mut short = whole[..cut].to_vec();
        bad.push((format!("cut at {cut}"), Files::with(&short)));
        if cut > 4 {
            short[2..4].copy_from_slice(&u16::try_from(cut - 4).unwrap().to_be_bytes());
            bad.push((format!("made {cut} long"), Files::with(&short)));
        }
    }
    // No URI, no key, two accounts of one server, a server without a security instance.
    let server = ServerAccount::new(0, 101, 300);
    let psk = |id, uri, key| Security::psk(id, uri, 101, SIM_KEY.0, key);
    for (what, security, servers) in [
        ("no URI", vec![psk(0, "", SIM_KEY.1)], vec![server.clone()]),
        ("no key", vec![psk(0, SIM_URI, b"")], vec![server.clone()]),
        ("a URI of no use", vec![psk(0, "http://sim.example", SIM_KEY.1)], vec![server.clone()]),
        (
            "twins",
            vec![psk(0, SIM_URI, SIM_KEY.1), psk(1, SIM_URI, SIM_KEY.1)],
            vec![server.clone()],
        ),
        ("no Security", vec![], vec![server.clone()]),
        ("no Server", vec![psk(0, SIM_URI, SIM_KEY.1)], vec![]),
        ("nothing", vec![], vec![]),
    ] {
        bad.push((what.into(), Files::with(&Files::record(&security, &servers))));
    }
    // A record that is larger than there is room for.
    let mut large = psk(0, SIM_URI, SIM_KEY.1);
    large.more =
        vec![(4, server::Datum::Opaque(lwm2m_carrier::secret::Secret::new(vec![7; 1100])))];
    bad.push(("too large".into(), Files::with(&Files::record(&[large], &[server]))));
    // Files that are missing, or filled up from the beginning.
    for file in Files::with(&whole).list() {
        let mut files = Files::with(&whole);
        files.remove(file);
        // A directory without it is passed over.
        if file != 0x5206 {
            bad.push((format!("without {file:04X}"), files));
        }
        let mut files = Files::with(&whole);
        files.file(file).unwrap().fill(0xFF);
        if file != 0x5206 {
            bad.push((format!("{file:04X} is empty"), files));
        }
    }
    for (what, files) in bad {
        let mut world = device(configured(), card(files), State::in_memory());
        world.register();
        assert_eq!(names(&world), expected, "{what}");
        assert!(is_registered(&world, 1) && !is_registered(&world, 2), "{what}");
        assert_eq!(world.host.modem.modem.keys().get(26), None, "{what}");
    }
}

#[test]
fn any_byte_of_it_can_be_wrong() {
    let whole = record();
    for at in 0..whole.len() {
        for flip in [0x01, 0x80, 0xFF] {
            let mut record = whole.clone();
            record[at] ^= flip;
            let mut world = device(configured(), card(Files::with(&record)), State::in_memory());
            world.start();
            world.run_for(secs(20));
            // Whoever can be reached with it: nothing panics, and nothing is an error yet, but an
            // identity that cannot be said to the modem.
            let mut told = names(&world);
            told.retain(|name| name.starts_with("ERROR") && *name != "ERROR 3 -13");
            assert_eq!(told, [""; 0], "{at} {flip:02X}");
        }
    }
}

#[test]
fn another_operators_sim_has_other_accounts() {
    let mut world = device(unconfigured(), card(Files::with(&record())), State::in_memory());
    world.register();
    let security = Security::psk(0, "coaps://dm.example:5684", 101, IDENTITY, KEY);
    let files = Files::with(&Files::record(&[security], &[ServerAccount::new(0, 101, 300)]));
    let other = Card { imsi: "262019876543210".into(), ..card(files) };
    let mut world = restarted(world, unconfigured(), other);
    world.register();
    assert_eq!(names(&world), [&WRITTEN[..], &BOOTSTRAPPED].concat());
    assert!(is_registered(&world, 1));
    assert_eq!(world.host.modem.modem.keys().get(26), Some(SIM_KEY));
    assert_eq!(world.host.modem.modem.keys().get(27), Some((IDENTITY, KEY)));
}

#[test]
fn a_link_that_is_lost_meanwhile() {
    let mut world = device(unconfigured(), card(Files::with(&record())), State::in_memory());
    world.host.input(lwm2m_carrier::carrier::Input::Initialise);
    world.run_for(secs(10));
    // The modem takes its time: the link goes while the SIM is read.
    let now = world.now;
    world.host.input(lwm2m_carrier::carrier::Input::Run);
    world.host.modem.modem.fault(now, Fault::Silence(true));
    world.run_for(secs(1));
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::Silence(false));
    world.host.modem.modem.fault(now, Fault::Detach);
    world.run_for(secs(60));
    let told = names(&world);
    assert_eq!(told[..3], ["DISCONNECTED", "CONNECTING", "CONNECTED"], "{told:?}");
    assert_eq!(told[3..], [&WRITTEN[..], &BOOTSTRAPPED].concat());
}
