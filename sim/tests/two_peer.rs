//! A device and its servers over a network that loses, doubles, delays and reorders: whatever the
//! seed, the device ends registered, and both sides agree on what they are.

#[path = "support/world.rs"]
mod world;

use lwm2m_carrier::carrier::{Config, Profile};
use lwm2m_carrier::lwm2m::Retry;
use lwm2m_carrier::time::Duration;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::server::{self, Operation, Server};
use world::{ENDPOINT, IDENTITY, KEY, World};

const SEEDS: u64 = 1000;

const STORM: Weather = Weather {
    loss: 30,
    duplication: 30,
    delay: 30,
    latency: Duration::from_millis(50),
    slow: Duration::from_secs(5),
};

/// A bootstrap server and a management server behind this weather.
fn world(weather: Weather, seed: u64) -> World {
    // In such a storm an attempt fails often: it takes more of them than operators allow.
    let retry = Retry { count: 30, timer: 10, sequence_delay: 60, sequence_count: 10 };
    let config: Config<'static> = Config {
        profile: Profile { bootstrap_retry: retry, ..Profile::GENERIC },
        session_idle_timeout: None,
        ..world::config(world::bootstrap_server(true))
    };
    let world = World::new(config, weather, seed);
    let key = Some((IDENTITY, KEY));
    let lwm2m_carrier_sim::server::BootstrapPlan::Accounts(mut accounts) =
        world::accounts(true, 86400)
    else {
        unreachable!("the plan is one of accounts")
    };
    accounts.servers = vec![server::ServerAccount::new(0, 101, 86400).retry(30, 10, 60, 10)];
    let plan = server::BootstrapPlan::Accounts(accounts);
    let mut air = world.air.borrow_mut();
    let bootstrap = server::Config { seed, ..server::Config::bootstrap(plan) };
    let management = server::Config { seed: seed ^ 0x5555, ..server::Config::management() };
    air.add("bs.example", 5684, key, Server::new(bootstrap));
    air.add("dm.example", 5684, key, Server::new(management));
    drop(air);
    world
}

#[test]
fn a_thousand_storms_end_registered_with_equal_state() {
    let mut longest = Duration::ZERO;
    for seed in 0..SEEDS {
        let mut world = world(STORM, seed);
        world.start();
        let registered = world.run_until(Duration::from_secs(86400), &mut |world| {
            world.told.iter().any(|(_, name)| name == "REGISTERED")
        });
        assert!(registered, "seed {seed}: {:?}", world.told);
        longest = longest.max(world.now.since(lwm2m_carrier::time::Instant::ZERO));
        // The sky clears; what is still on its way arrives, and a lifetime is written.
        world.air.borrow_mut().set_weather(Weather::FAIR);
        let lifetime = 3600 + seed;
        let operation = Operation::write("/1/0/1", 0, lifetime.to_string().as_bytes());
        let answer = world.ask(1, operation);
        assert_eq!(answer.code, server::Code::CHANGED, "seed {seed}");
        world.run_for(Duration::from_secs(10));
        let read = world.ask(1, Operation::read("/1/0/1").accept(0));
        assert_eq!(read.payload, lifetime.to_string().as_bytes(), "seed {seed}");
        let device_is = world.host.carrier.is_registered();
        let mut air = world.air.borrow_mut();
        let registration = air.server(1).registration(ENDPOINT);
        let registration = registration.unwrap_or_else(|| panic!("seed {seed}: not registered"));
        assert!(device_is, "seed {seed}");
        assert_eq!(registration.lifetime.as_secs(), lifetime, "seed {seed}");
        for path in ["/1/0", "/3/0", "/4/0", "/5/0"] {
            assert!(registration.lists(path), "seed {seed}: {path}");
        }
        assert_eq!(air.server(1).registrations().count(), 1, "seed {seed}");
    }
    println!("longest: {longest:?}");
}
