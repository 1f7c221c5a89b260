//! Retransmission and the retry sequence (RFC 7252 section 4.2, Core 6.2.1.1).

use crate::bench::*;
use crate::world::{IDENTITY, KEY};
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::server::{Accounts, BootstrapPlan, Datum, Security, ServerAccount};

/// A world in which nothing that is sent arrives, from the first Register on.
fn silent(seed: u64) -> World {
    let mut world = World::managed(300, seed);
    world.cut_off(true);
    world.start();
    world
}

/// The times of a list of messages.
fn times(sent: &[(u64, Message)]) -> Vec<u64> {
    sent.iter().map(|(at, _)| *at).collect()
}

/// The DEFERRED events so far: when, for what reason, how many seconds.
fn deferred(world: &World) -> Vec<(u64, u32, u64)> {
    let read = |(at, name): &(Instant, String)| {
        let (reason, seconds) = name.strip_prefix("DEFERRED ")?.split_once(' ')?;
        Some((at.as_millis(), reason.parse().ok()?, seconds.parse().ok()?))
    };
    world.told.iter().filter_map(read).collect()
}

/// Checks that a delay is `seconds`, or up to an eighth more.
#[track_caller]
fn assert_delay(millis: u64, seconds: u64) {
    let (least, most) = (seconds * 1000, seconds * 1125);
    assert!((least..=most).contains(&millis), "{millis} ms is not {least} to {most}");
}

#[test]
fn a_register_is_sent_five_times_and_given_up_after_93_seconds_at_most() {
    let mut timeouts = Vec::new();
    for seed in 0..20 {
        let mut world = silent(seed);
        world.run_for(Duration::from_secs(95));
        let sent = world.sent_since(0);
        assert_eq!(sent.len(), 5, "seed {seed}");
        assert!(sent.iter().all(|(_, message)| *message == sent[0].1), "the same bytes");
        let at = times(&sent);
        let timeout = at[1] - at[0];
        assert!((2000..=3000).contains(&timeout), "{timeout}");
        // Each wait is twice the one before, to the millisecond.
        assert_eq!(at[1..], [1, 3, 7, 15].map(|n| at[0] + n * timeout));
        let [(given_up, reason, _)] = deferred(&world)[..] else { panic!("given up once") };
        assert_eq!((given_up, reason), (at[0] + 31 * timeout, 7));
        assert!(given_up - at[0] <= 93_000);
        timeouts.push(timeout);
    }
    timeouts.sort_unstable();
    timeouts.dedup();
    assert!(timeouts.len() > 10, "the first wait is random");
}

#[test]
fn the_transmission_parameters_are_the_operators() {
    let mut config = world::config(world::management_server(false, 300));
    config.profile.transmission.ack_timeout = Duration::from_secs(10);
    config.profile.transmission.ack_random_percent = 100;
    config.profile.transmission.max_retransmit = 2;
    let mut world = World::new(config, Weather { loss: 100, ..Weather::FAIR }, 1);
    world.serve("dm.example", ServerConfig::management());
    world.start();
    world.run_for(Duration::from_secs(90));
    let at = times(&world.sent_since(0));
    assert_eq!(at[1..], [at[0] + 10_000, at[0] + 30_000]);
    assert_eq!(deferred(&world)[0].0, at[0] + 70_000);
}

#[test]
fn five_attempts_with_doubling_delays_are_the_default() {
    for seed in 0..5 {
        let mut world = silent(seed);
        world.run_for(Duration::from_secs(10_000));
        let sent = world.sent_since(0);
        assert_eq!(sent.len(), 25);
        let deferred = deferred(&world);
        assert_eq!(deferred.len(), 4);
        for (attempt, (at, reason, seconds)) in deferred.iter().enumerate() {
            let next = sent[5 * (attempt + 1)].0;
            // The session takes 20 ms to open again.
            let delay = next - at - 20;
            assert_delay(delay, 60 << attempt);
            assert_eq!((*reason, *seconds), (7, delay / 1000));
        }
        // Without a bootstrap server that was all: ERROR, of the kind CONNECT.
        assert_eq!(world.names().last(), Some(&"ERROR 32 -113"));
    }
}

/// A bootstrapped device whose server refuses Registers, with these retry numbers.
fn refused(account: ServerAccount, code: Code) -> World {
    let mut world = World::new(world::config(world::bootstrap_server(false)), Weather::FAIR, 1);
    let accounts =
        Accounts::new(vec![Security::no_sec(1, "coap://dm.example", 101)], vec![account]);
    let bootstrap = ServerConfig::bootstrap(BootstrapPlan::Accounts(accounts));
    let mut config = ServerConfig::management();
    config.faults.refuse_registers = Some((code, u32::MAX));
    world.serve("bs.example", bootstrap);
    world.serve("dm.example", config);
    world.start();
    world
}

/// When Registers were refused, in milliseconds.
fn refusals(world: &World) -> Vec<u64> {
    let air = world.air.borrow();
    let refused = air
        .events
        .iter()
        .filter(|(_, server, event)| *server == 1 && matches!(event, ServerEvent::Refused { .. }));
    refused.map(|(at, _, _)| at.as_millis()).collect()
}

#[test]
fn resources_17_to_20_set_the_retry_sequence() {
    let mut account = ServerAccount::new(0, 101, 300).retry(3, 10, 1000, 2);
    account.more.push((16, Datum::Boolean(false)));
    let mut world = refused(account, Code::FORBIDDEN);
    world.run_for(Duration::from_secs(5000));
    let at = refusals(&world);
    assert_eq!(at.len(), 6);
    // Answer, session and Register take 60 ms.
    let delays: Vec<u64> = at.windows(2).map(|pair| pair[1] - pair[0] - 60).collect();
    for (delay, seconds) in delays.iter().zip([10, 20, 1000, 10, 20]) {
        assert_delay(*delay, seconds);
    }
    let told: Vec<u64> = deferred(&world).iter().map(|(_, _, seconds)| *seconds).collect();
    let seconds: Vec<u64> = delays.iter().map(|delay| delay / 1000).collect();
    assert_eq!(told, seconds);
    assert_eq!(world.names().last(), Some(&"ERROR 32 -113"));
}

#[test]
fn one_attempt_may_be_all() {
    let mut account = ServerAccount::new(0, 101, 300).retry(1, 10, 1000, 1);
    account.more.push((16, Datum::Boolean(false)));
    let mut world = refused(account, Code::BAD_REQUEST);
    world.run_for(Duration::from_secs(100_000));
    assert_eq!(refusals(&world).len(), 1);
    assert_eq!(world.names().last(), Some(&"ERROR 32 -113"));
}

#[test]
fn the_first_registration_comes_after_the_initial_delay() {
    let mut account = ServerAccount::new(0, 101, 300);
    account.more.push((14, Datum::Integer(30)));
    let mut world = refused(account, Code::FORBIDDEN);
    world.run_for(Duration::from_secs(60));
    let ready = world.told.iter().find(|(_, name)| name == "LTE_READY").unwrap().0.as_millis();
    // Session and Register take 40 ms.
    assert_eq!(refusals(&world), [ready + 30_000 + 40]);
}

#[test]
fn lightweightm2m_1_1_int_7_bootstrap_after_a_failed_registration() {
    let mut world = refused(ServerAccount::new(0, 101, 300).retry(2, 10, 1000, 1), Code::FORBIDDEN);
    let again = |world: &mut World| {
        let started = |event: &ServerEvent| matches!(event, ServerEvent::BootstrapStarted { .. });
        world.air.borrow().events.iter().filter(|(_, _, event)| started(event)).count() == 2
    };
    assert!(world.run_until(Duration::from_secs(100), &mut |world| again(world)));
    assert_eq!(refusals(&world).len(), 2, "every attempt was used up first");
    // What the bootstrap server says now is better.
    world.air.borrow_mut().server(1).faults().refuse_registers = None;
    assert!(world.run_until_told(Duration::from_secs(10), "REGISTERED"));
}

#[test]
fn a_reset_for_an_answer_is_a_failed_attempt() {
    let mut world = silent(1);
    let (at, register) = world.next_sent(0, 60);
    let answers = world.deliver(0, &Message::empty(Kind::Reset, register.id).encode());
    assert!(answers.is_empty());
    assert_eq!(deferred(&world)[0].0, at);
    world.run_for(Duration::from_secs(50));
    assert_eq!(world.sent_since(0).len(), 1);
}

#[test]
fn an_update_that_nobody_answers_leads_to_a_register() {
    let mut world = World::managed(300, 1);
    world.register();
    world.cut_off(true);
    let from = world.mark();
    world.run_for(Duration::from_secs(310));
    let sent = world.sent_since(from);
    let paths: Vec<String> = sent.iter().map(|(_, message)| path(message)).collect();
    assert!(paths[..5].iter().all(|path| path.starts_with("rd/")), "{paths:?}");
    assert_eq!(paths[5], "rd");
    let timeout = sent[1].0 - sent[0].0;
    // In a new session: what the server knows of the old one may be lost. To open it takes 20 ms.
    assert_eq!(sent[5].0, sent[0].0 + 31 * timeout + 20);
    world.cut_off(false);
    // The attempt under way may have to be given up, and another one to be waited for.
    world.run_for(Duration::from_secs(200));
    let mut air = world.air.borrow_mut();
    assert!(air.server(0).registration(ENDPOINT).is_some());
}

#[test]
fn a_refused_update_leads_to_a_register_whatever_the_code() {
    for code in [Code::BAD_REQUEST, Code::NOT_FOUND, Code::FORBIDDEN, Code::new(5, 0)] {
        let mut world = World::managed(300, 1);
        world.register();
        world.air.borrow_mut().server(0).faults().refuse_updates = Some((code, 1));
        let from = world.mark();
        world.run_for(Duration::from_secs(250));
        let paths: Vec<String> =
            world.sent_since(from).iter().map(|(_, message)| path(message)).collect();
        assert_eq!((paths.len(), paths[1].as_str()), (2, "rd"), "{code}");
    }
}

#[test]
fn an_empty_acknowledgement_stops_retransmission_and_the_answer_is_waited_for() {
    let mut world = silent(1);
    let (at, register) = world.next_sent(0, 60);
    let silence = world.deliver(0, &Message::empty(Kind::Acknowledgement, register.id).encode());
    assert!(silence.is_empty());
    world.run_for(Duration::from_secs(92));
    assert_eq!(world.sent_since(0).len(), 1, "no retransmission");
    assert!(deferred(&world).is_empty());
    // MAX_TRANSMIT_WAIT later it is given up.
    world.run_for(Duration::from_secs(2));
    assert_eq!(deferred(&world)[0].0, at + 93_000);
}

#[test]
fn a_deregister_that_nobody_answers_ends_the_registration_all_the_same() {
    let mut world = World::managed(300, 1);
    world.register();
    world.cut_off(true);
    let from = world.mark();
    world
        .host
        .input(lwm2m_carrier::carrier::Input::Request(lwm2m_carrier::carrier::Request::Deregister));
    assert!(world.run_until_told(Duration::from_secs(94), "DEREGISTERED"));
    assert_eq!(world.requests(from, Code::DELETE).len(), 5);
}

#[test]
fn a_handshake_that_fails_is_deferred_with_its_own_reason() {
    for (host, key, reason) in [("dm.example", b"another key 12345".as_slice(), 6), ("x", KEY, 5)] {
        let config = world::config(world::management_server(true, 300));
        let mut world = World::new(config, Weather::FAIR, 1);
        let server = Server::new(ServerConfig::management());
        world.air.borrow_mut().add(host, 5684, Some((IDENTITY, key)), server);
        world.start();
        world.run_for(Duration::from_secs(30));
        let [(_, told, seconds)] = deferred(&world)[..] else { panic!("{:?}", world.told) };
        assert_eq!(told, reason);
        assert!((60..=67).contains(&seconds));
        assert_eq!(world.mark(), 0, "nothing is sent");
    }
}
