//! Queue mode: the waiting window (Transport 6.5; `src/lwm2m/queue_mode.rs`).

use crate::bench::*;
use crate::world::{IDENTITY, KEY};
use lwm2m_carrier::carrier::Config;
use lwm2m_carrier_sim::server::{Accounts, BootstrapPlan, Security, ServerAccount};

/// MAX_TRANSMIT_WAIT with the default transmission parameters, in milliseconds.
const WINDOW: u64 = 93_000;

/// A device with so many servers, which resume their DTLS sessions. Server n of the world has session
/// n and Short Server ID 100 + n.
fn device(servers: u16, queue_mode: bool, secure: bool, lifetime: u32) -> World {
    let config = Config {
        queue_mode,
        session_idle_timeout: Some(Duration::from_secs(60)),
        ..world::config(world::bootstrap_server(false))
    };
    let mut world = World::with_everything(config, 1);
    let mut accounts = Accounts::new(Vec::new(), Vec::new());
    accounts.delete = vec!["/0".into(), "/1".into()];
    for index in 1..=servers {
        let short_id = index + 100;
        let scheme = if secure { "coaps" } else { "coap" };
        let uri = format!("{scheme}://dm{index}.example");
        accounts.security.push(match secure {
            true => Security::psk(index, &uri, short_id, IDENTITY, KEY),
            false => Security::no_sec(index, &uri, short_id),
        });
        accounts.servers.push(ServerAccount::new(index, short_id, lifetime));
    }
    let bootstrap = ServerConfig::bootstrap(BootstrapPlan::Accounts(accounts));
    let mut air = world.air.borrow_mut();
    air.resumes = true;
    air.add("bs.example", 5683, None, Server::new(bootstrap));
    for index in 1..=servers {
        let config = ServerConfig { seed: index.into(), ..ServerConfig::management() };
        let (port, key) = if secure { (5684, Some((IDENTITY, KEY))) } else { (5683, None) };
        air.add(&format!("dm{index}.example"), port, key, Server::new(config));
    }
    drop(air);
    world.register();
    world.run_for(Duration::from_secs(5));
    for index in 1..=servers {
        let registered =
            world.air.borrow_mut().server(index.into()).registration(ENDPOINT).is_some();
        assert!(registered, "server {index}");
    }
    world
}

/// A device with one server.
fn managed(queue_mode: bool, secure: bool) -> World {
    device(1, queue_mode, secure, LONG)
}

/// When the last datagram left the device, or reached it after 20 ms.
fn last(world: &World) -> u64 {
    let air = world.air.borrow();
    let (at, up, _) = air.trace.last().expect("something was sent");
    at.as_millis() + if *up { 0 } else { 20 }
}

/// When the sessions with management servers were opened (`true`) and closed since `from`.
fn doors(world: &World, from: Instant) -> Vec<(u64, bool)> {
    let air = world.air.borrow();
    let doors = air.doors.iter().filter(|(at, session, _)| *at >= from && *session > 0);
    doors.map(|(at, _, open)| (at.as_millis(), *open)).collect()
}

/// What a message of the device is, in a word.
fn name(message: &Message) -> String {
    match message.code {
        Code::POST if path(message) == "rd" => "Register".into(),
        Code::POST if path(message).starts_with("rd/") => "Update".into(),
        Code::CONTENT if message.uint(option::OBSERVE).is_some() => {
            format!("Notify {}", String::from_utf8_lossy(&message.payload))
        }
        code => format!("{code:?}"),
    }
}

/// The messages of the device since `from`: seconds after `start`, and what they are.
fn said(world: &World, from: usize, start: Instant) -> Vec<(u64, String)> {
    let second = |at: u64| (at - start.as_millis()) / 1000;
    world.sent_since(from).iter().map(|(at, message)| (second(*at), name(message))).collect()
}

fn entry(second: u64, name: &str) -> (u64, String) {
    (second, name.to_string())
}

fn observe(world: &mut World, server: usize, path: &str, attributes: &str) {
    let write = Operation::write_attributes(path, attributes);
    assert_eq!(world.ask(server, write).code, Code::CHANGED);
    let observe = Operation::observe(path).accept(TEXT);
    assert_eq!(world.ask(server, observe).code, Code::CONTENT);
}

fn set(world: &mut World, value: i64) {
    world.set("/26241/0/0", &Value::Integer(value));
}

fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn a_session_is_closed_93_seconds_after_the_last_message_and_resumed() {
    let mut world = managed(true, true);
    observe(&mut world, 1, "/26241/0/0", "pmin=0");
    let (start, registered) = (world.now, last(&world));
    world.run_for(secs(3600));
    assert_eq!(doors(&world, start), [(registered + WINDOW, false)]);
    // Something to say: the session is resumed, the registration holds, the observation too.
    let (start, from) = (world.now, world.mark());
    set(&mut world, 77);
    world.run_for(secs(60));
    assert_eq!(said(&world, from, start), [entry(0, "Notify 77")]);
    assert_eq!(doors(&world, start)[0], (start.as_millis(), true));
    // The server is heard in the window, which begins anew with its request and our answer.
    assert_eq!(world.ask(1, Operation::read("/3/0/16").accept(TEXT)).payload, b"U");
    let end = last(&world) + WINDOW;
    world.run_for(secs(600));
    assert_eq!(doors(&world, start)[1..], [(end, false)]);
}

#[test]
fn a_retransmission_extends_the_window() {
    let mut world = managed(true, true);
    observe(&mut world, 1, "/26241/0/0", "pmin=0");
    assert_eq!(
        world.ask(1, Operation::write_attributes("/26241/0/0", "con=1")).code,
        Code::CHANGED
    );
    world.run_for(secs(3600));
    let (start, from) = (world.now, world.mark());
    world.cut_off(false);
    set(&mut world, 78);
    world.run_for(Duration::from_millis(20));
    world.cut_off(true);
    // Three of the five transmissions get lost.
    world.run_until(secs(60), &mut |world| world.sent_since(from).len() == 3);
    world.cut_off(false);
    world.run_for(secs(600));
    let sent = world.sent_since(from);
    assert_eq!(sent.len(), 4, "{sent:?}");
    assert!(sent.iter().all(|(_, message)| name(message) == "Notify 78"));
    // 20 ms each way, then the window.
    let end = sent[3].0 + 40 + WINDOW;
    assert_eq!(doors(&world, start), [(start.as_millis(), true), (end, false)]);
}

#[test]
fn without_dtls_an_update_tells_the_new_address_before_anything_else() {
    let mut world = managed(true, false);
    observe(&mut world, 1, "/26241/0/0", "pmin=0");
    let (start, heard) = (world.now, last(&world));
    world.run_for(secs(3600));
    assert_eq!(doors(&world, start), [(heard + WINDOW, false)]);
    let (start, from) = (world.now, world.mark());
    set(&mut world, 79);
    world.run_for(secs(10));
    assert_eq!(said(&world, from, start), [entry(0, "Update"), entry(0, "Notify 79")]);
    // The server had answered by then: 20 ms for the session and for each way.
    let sent = world.sent_since(from);
    assert_eq!(sent[1].0 - sent[0].0, 40);
    // It accepted the notification and can ask.
    let notified = |event: &ServerEvent| matches!(event, ServerEvent::Notification { .. });
    assert!(world.server_events().iter().any(notified));
    assert_eq!(world.ask(1, Operation::read("/3/0/16").accept(TEXT)).payload, b"U");
    let end = last(&world) + WINDOW;
    world.run_for(secs(600));
    assert_eq!(doors(&world, start), [(start.as_millis(), true), (end, false)]);
}

#[test]
fn without_queue_mode_sessions_are_as_they_were() {
    // Without DTLS it stays open.
    let mut world = managed(false, false);
    let start = world.now;
    world.run_for(secs(3600));
    assert_eq!(doors(&world, start), []);
    // With DTLS the idle time-out holds, here 60 seconds.
    let mut world = managed(false, true);
    let (start, heard) = (world.now, last(&world));
    world.run_for(secs(3600));
    assert_eq!(doors(&world, start), [(heard + 60_000, false)]);
}

#[test]
fn a_server_that_turns_queue_mode_on_gets_the_window() {
    let mut world = managed(false, false);
    assert_eq!(world.ask(1, Operation::write("/1/1/7", TEXT, b"UQ")).code, Code::CHANGED);
    world.run_for(secs(1));
    let (start, heard) = (world.now, last(&world));
    world.run_for(secs(3600));
    assert_eq!(doors(&world, start), [(heard + WINDOW, false)]);
}
