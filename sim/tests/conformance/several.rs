//! Several servers at once: their order, their delays, and what is kept apart (Core 6.2.1.1).

use crate::bench::*;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::server::{
    Accounts, BootstrapPlan, Datum, Resource, Security, ServerAccount,
};

/// A bootstrapped device with an account for each list of resources: servers 1 and 2 with Short
/// Server IDs 101 and 102.
fn device(servers: &[Vec<Resource>], refuse: &[usize]) -> World {
    let mut world = World::with_everything(world::config(world::bootstrap_server(false)), 1);
    let mut accounts = Accounts::new(Vec::new(), Vec::new());
    // Everything would be the instance of the application's object, too.
    accounts.delete = vec!["/0".into(), "/1".into()];
    for (index, resources) in servers.iter().enumerate() {
        let (instance, short_id) = (index as u16 + 1, index as u16 + 101);
        let uri = format!("coap://dm{instance}.example");
        accounts.security.push(Security::no_sec(instance, &uri, short_id));
        let mut account = ServerAccount::new(instance, short_id, 300).retry(2, 10, 1000, 1);
        account.more.extend(resources.iter().cloned());
        accounts.servers.push(account);
    }
    let bootstrap = ServerConfig::bootstrap(BootstrapPlan::Accounts(accounts));
    let mut air = world.air.borrow_mut();
    air.add("bs.example", 5683, None, Server::new(bootstrap));
    for index in 1..=servers.len() {
        let mut config = ServerConfig { seed: index as u64, ..ServerConfig::management() };
        if refuse.contains(&index) {
            config.faults.refuse_registers = Some((Code::FORBIDDEN, u32::MAX));
        }
        air.add(&format!("dm{index}.example"), 5683, None, Server::new(config));
    }
    air.set_weather(Weather::FAIR);
    drop(air);
    world.start();
    assert!(world.run_until_told(Duration::from_secs(60), "LTE_READY"));
    world
}

fn number(id: u16, number: i64) -> Resource {
    (id, Datum::Integer(number))
}

fn flag(id: u16, on: bool) -> Resource {
    (id, Datum::Boolean(on))
}

/// When each server was registered with, in milliseconds after LTE_READY; by server number.
fn registered(world: &World) -> Vec<(usize, u64)> {
    let ready = world.told.iter().find(|(_, name)| name == "LTE_READY").unwrap().0.as_millis();
    let air = world.air.borrow();
    let registered = air.events.iter().filter_map(|(at, server, event)| match event {
        ServerEvent::Registered { .. } => Some((*server, at.as_millis() - ready)),
        _ => None,
    });
    registered.collect()
}

#[test]
fn lightweightm2m_1_0_int_950_registration_with_several_servers() {
    let mut world = device(&[vec![], vec![]], &[]);
    world.run_for(Duration::from_secs(2));
    // Each for itself, at once: a session takes 20 ms, Register as much.
    assert_eq!(registered(&world), [(1, 40), (2, 40)]);
    // The application hears of the first.
    assert_eq!(world.names().iter().filter(|name| **name == "REGISTERED").count(), 1);
    for server in 1..=2 {
        let value = world.ask(server, Operation::read("/3/0/1").accept(TEXT)).payload;
        assert_eq!(text(&value), "SIM91");
    }
}

#[test]
fn lightweightm2m_1_0_int_951_attributes_of_several_servers() {
    let mut world = device(&[vec![], vec![]], &[]);
    world.run_for(Duration::from_secs(2));
    for (server, attributes) in [(1, "pmin=5&gt=20"), (2, "pmin=10&pmax=50")] {
        let write = Operation::write_attributes("/26241/0/0", attributes);
        assert_eq!(world.ask(server, write).code, Code::CHANGED);
    }
    for (server, links) in [(1, ";pmin=5;gt=20"), (2, ";pmin=10;pmax=50")] {
        let found = world.ask(server, Operation::discover("/26241/0/0")).payload;
        assert_eq!(text(&found), format!("</26241/0/0>{links}"));
    }
    for server in [1, 2] {
        let response = world.ask(server, Operation::observe("/26241/0/0").accept(TEXT));
        assert_eq!(response.observe, Some(1));
    }
    let start = world.now;
    world.set("/26241/0/0", &Value::Integer(15));
    world.run_for(Duration::from_secs(30));
    world.set("/26241/0/0", &Value::Integer(25));
    world.run_for(Duration::from_secs(55));
    let air = world.air.borrow();
    let notified: Vec<(usize, u64, String)> = air
        .events
        .iter()
        .filter_map(|(at, server, event)| match event {
            ServerEvent::Notification { payload, .. } => {
                let seconds = at.since(start).as_millis().div_ceil(1000);
                Some((*server, seconds, text(payload).to_string()))
            }
            _ => None,
        })
        .collect();
    let expected = [(2, 10, "15"), (1, 31, "25"), (2, 31, "25"), (2, 81, "25")];
    let expected = expected.map(|(server, at, value)| (server, at, value.to_string()));
    assert_eq!(notified, expected);
}

#[test]
fn servers_are_registered_with_in_the_order_of_their_priority() {
    // 13: order; 14: delay after the one before.
    let mut world =
        device(&[vec![number(13, 30), number(14, 5)], vec![number(13, 10), number(14, 2)]], &[]);
    world.run_for(Duration::from_secs(60));
    // Each step: the delay, 20 ms for the session and 20 ms for Register; then 20 ms for the
    // answer, which the next one waits for.
    let expected = [(2, 2040), (1, 2040 + 20 + 5000 + 40)];
    assert_eq!(registered(&world), expected);
}

#[test]
fn a_server_without_priority_does_not_wait_and_moves_nobody_forward() {
    let mut world = device(&[vec![number(13, 1), number(14, 10)], vec![]], &[]);
    world.run_for(Duration::from_secs(60));
    assert_eq!(registered(&world), [(2, 40), (1, 10_040)]);
}

#[test]
fn a_server_that_fails_lets_the_next_one_go_on() {
    let mut world =
        device(&[vec![number(13, 1), flag(16, false)], vec![number(13, 2), flag(16, false)]], &[1]);
    world.run_for(Duration::from_secs(60));
    let registered = registered(&world);
    let [(2, at)] = registered[..] else { panic!("{registered:?}") };
    // After both attempts of the first, 10 seconds and up to an eighth apart.
    assert!((10_000..=11_500).contains(&at), "{at}");
    assert!(world.names().contains(&"ERROR 32 -113"));
}

#[test]
fn a_server_that_fails_may_block_those_behind_it() {
    // 15: Registration Failure Block.
    let first = vec![number(13, 1), flag(15, true), flag(16, false)];
    let mut world = device(&[first, vec![number(13, 2), flag(16, false)]], &[1]);
    world.run_for(Duration::from_secs(1000));
    assert_eq!(registered(&world), []);
}

#[test]
fn when_every_server_fails_a_bootstrap_follows() {
    let mut world = device(&[vec![number(13, 1)], vec![number(13, 2)]], &[1, 2]);
    world.run_for(Duration::from_secs(60));
    let air = world.air.borrow();
    let is = |event: &ServerEvent| matches!(event, ServerEvent::BootstrapStarted { .. });
    assert_eq!(air.events.iter().filter(|(_, _, event)| is(event)).count(), 2);
}

#[test]
fn disabling_one_server_leaves_the_others_alone() {
    let mut world = device(&[vec![number(5, 60)], vec![]], &[]);
    world.run_for(Duration::from_secs(2));
    assert_eq!(world.ask(1, Operation::execute("/1/1/4", "")).code, Code::CHANGED);
    world.run_for(Duration::from_secs(30));
    let registered = |world: &World, server| {
        world.air.borrow_mut().server(server).registration(ENDPOINT).is_some()
    };
    assert!(!registered(&world, 1) && registered(&world, 2));
    world.run_for(Duration::from_secs(40));
    assert!(registered(&world, 1) && registered(&world, 2));
}

#[test]
fn each_server_has_its_own_observations_and_updates() {
    let mut world = device(&[vec![], vec![]], &[]);
    world.run_for(Duration::from_secs(2));
    for server in [1, 2] {
        let response = world.ask(server, Operation::observe("/26241/0/0").accept(TEXT));
        assert_eq!(response.observe, Some(1));
    }
    // A new registration with one ends its observations only.
    world.air.borrow_mut().server(1).forget(ENDPOINT);
    world.run_for(Duration::from_secs(300));
    world.server_events();
    world.set("/26241/0/0", &Value::Integer(11));
    world.run_for(Duration::from_secs(1));
    let air = world.air.borrow();
    let notified = air.events.iter().filter_map(|(_, server, event)| {
        matches!(event, ServerEvent::Notification { .. }).then_some(*server)
    });
    assert_eq!(notified.collect::<Vec<_>>(), [2]);
}

#[test]
fn a_new_lifetime_concerns_its_server_only() {
    let mut world = device(&[vec![], vec![]], &[]);
    world.run_for(Duration::from_secs(2));
    world.server_events();
    let write = Operation::write("/1/2/1", TEXT, b"600");
    assert_eq!(world.ask(2, write).code, Code::CHANGED);
    world.run_for(Duration::from_secs(1));
    let air = world.air.borrow();
    let updated = air.events.iter().filter_map(|(_, server, event)| {
        matches!(event, ServerEvent::Updated { .. }).then_some(*server)
    });
    assert_eq!(updated.collect::<Vec<_>>(), [2]);
    drop(air);
    let lifetime = |server| {
        let mut air = world.air.borrow_mut();
        air.server(server).registration(ENDPOINT).map(|r| r.lifetime.as_secs())
    };
    assert_eq!((lifetime(1), lifetime(2)), (Some(300), Some(600)));
}
