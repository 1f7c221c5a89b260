//! Queue mode: the waiting window, and what goes out together (Transport 6.5; `src/lwm2m/queue_mode.rs`).

use crate::bench::*;
use crate::world::{IDENTITY, KEY};
use lwm2m_carrier::carrier::{Config, Input, Output, Request};
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::server::{Accounts, BootstrapPlan, Security, ServerAccount};

/// MAX_TRANSMIT_WAIT with the default transmission parameters, in milliseconds.
const WINDOW: u64 = 93_000;

/// The idle time-out of DTLS sessions that most tests have.
const IDLE: Option<Duration> = Some(Duration::from_secs(60));

/// A device with so many servers, which resume their DTLS sessions. Server n of the world has session
/// n and Short Server ID 100 + n.
fn device(servers: u16, queue_mode: bool, secure: bool, lifetime: u32) -> World {
    let config = Config { queue_mode, ..world::config(world::bootstrap_server(false)) };
    configured(servers, Config { session_idle_timeout: IDLE, ..config }, secure, lifetime)
}

/// The same with these settings.
fn configured(servers: u16, config: Config<'static>, secure: bool, lifetime: u32) -> World {
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
    // Something to say: the session is resumed, the registration holds, the observation too. The
    // address is another one, so the server gets an Update first.
    let (start, from) = (world.now, world.mark());
    set(&mut world, 77);
    world.run_for(secs(60));
    assert_eq!(said(&world, from, start), [entry(0, "Update"), entry(0, "Notify 77")]);
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
    set(&mut world, 78);
    // After the Update, three of the five transmissions are not acknowledged.
    world.run_until(secs(60), &mut |world| world.sent_since(from).len() == 2);
    world.cut_off(true);
    world.run_until(secs(60), &mut |world| world.sent_since(from).len() == 4);
    world.cut_off(false);
    world.run_for(secs(600));
    let sent = world.sent_since(from);
    assert_eq!(sent.len(), 5, "{sent:?}");
    assert_eq!(name(&sent[0].1), "Update");
    assert!(sent[1..].iter().all(|(_, message)| name(message) == "Notify 78"));
    // 20 ms each way, then the window.
    let end = sent[4].0 + 40 + WINDOW;
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
fn a_device_that_is_stopped_wakes_to_deregister() {
    for secure in [true, false] {
        let mut world = managed(true, secure);
        world.run_for(secs(3600));
        let (start, from) = (world.now, world.mark());
        world.host.input(Input::Request(Request::Deregister));
        world.run_for(secs(10));
        assert_eq!(said(&world, from, start), [entry(0, "0.04")]);
        assert!(world.air.borrow_mut().server(1).registration(ENDPOINT).is_none());
        let doors: Vec<bool> = doors(&world, start).into_iter().map(|(_, open)| open).collect();
        assert_eq!(doors, [true, false]);
    }
}

#[test]
fn a_server_that_cannot_be_reached_does_not_keep_a_device_from_stopping() {
    let mut world = managed(true, true);
    world.run_for(secs(3600));
    world.cut_off(true);
    world.host.input(Input::Request(Request::Deregister));
    world.run_for(secs(200));
    assert_eq!(world.names().last(), Some(&"DEREGISTERED"));
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
fn a_dtls_session_is_kept_for_longer_where_that_is_set() {
    for (timeout, secure, expected) in [
        (Some(secs(200)), true, Some(200_000)),
        (None, true, None),
        (None, false, Some(WINDOW)),
        (Some(secs(200)), false, Some(WINDOW)),
    ] {
        let config = world::config(world::bootstrap_server(false));
        let config = Config { queue_mode: true, session_idle_timeout: timeout, ..config };
        let mut world = configured(1, config, secure, LONG);
        let (start, heard) = (world.now, last(&world));
        world.run_for(secs(3600));
        let closed = expected.map(|after| (heard + after, false));
        assert_eq!(doors(&world, start), Vec::from_iter(closed), "{timeout:?} {secure}");
    }
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

/// Observes ten things, one every seven seconds, each with the Maximum Period of 300 s; when the first
/// began.
fn ten(world: &mut World) -> Instant {
    let start = world.now;
    for path in TEN {
        observe(world, 1, path, "pmax=300");
        world.run_for(secs(7));
    }
    start
}

const TEN: [&str; 10] = [
    "/26241/0/0",
    "/26241/0/1",
    "/26241/0/2",
    "/26241/0/3",
    "/3/0/0",
    "/3/0/1",
    "/3/0/2",
    "/3/0/16",
    "/1/1/0",
    "/1/1/1",
];

#[test]
fn ten_observations_fall_into_one_wake_up() {
    let mut world = managed(true, true);
    let start = ten(&mut world);
    let from = world.mark();
    world.run_for(secs(1510 - 70));
    let mut times: Vec<u64> =
        said(&world, from, start).into_iter().map(|(second, _)| second).collect();
    // Each time an Update, and all ten.
    assert_eq!(times.len(), 55);
    times.dedup();
    assert_eq!(times, [300, 600, 900, 1200, 1500], "together, and no deadline is missed");

    // Without queue mode each is exact.
    let mut world = managed(false, true);
    let start = ten(&mut world);
    let from = world.mark();
    world.run_for(secs(620 - 70));
    let mut said = said(&world, from, start);
    // A session that was quiet for a minute opens again.
    said.retain(|(_, name)| name != "Update");
    assert_eq!(said.len(), 10 + 3, "{said:?}");
    assert!(said.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 7), "{said:?}");
}

#[test]
fn the_update_goes_along_when_half_of_its_period_is_over() {
    // An Update is due 2907 s after the registration, and near from 1454 s on.
    // The session is kept: one that opens anew begins with an Update in any case.
    let config = world::config(world::bootstrap_server(false));
    let config = Config { queue_mode: true, session_idle_timeout: None, ..config };
    let mut world = configured(1, config, true, 3000);
    observe(&mut world, 1, "/26241/0/0", "pmin=0");
    let registered = world.now;
    for (wait, value, expected) in [
        (1430, 1, &["Notify 1"][..]),
        (40, 2, &["Notify 2", "Update"]),
        // Now from 1470 s on.
        (1400, 3, &["Notify 3"]),
        (60, 4, &["Notify 4", "Update"]),
    ] {
        world.run_for(secs(wait));
        let (start, from) = (world.now, world.mark());
        set(&mut world, value);
        world.run_for(secs(1));
        let mut names: Vec<String> =
            said(&world, from, start).into_iter().map(|(_, name)| name).collect();
        names.sort();
        assert_eq!(names, expected, "{}", world.now.since(registered).as_secs());
    }
    // Nothing else to say: the deadline is exact.
    let (start, from) = (world.now, world.mark());
    world.run_for(secs(2910));
    assert_eq!(said(&world, from, start), [entry(2906, "Update")]);
}

#[test]
fn what_is_near_goes_when_a_server_asks_something() {
    let mut world = managed(true, true);
    observe(&mut world, 1, "/26241/0/0", "pmin=50&pmax=80");
    let (start, from) = (world.now, world.mark());
    // 40 s are half, and 50 s the Minimum Period.
    for wait in [45, 10] {
        world.run_for(secs(wait));
        assert_eq!(world.ask(1, Operation::read("/3/0/16").accept(TEXT)).payload, b"U");
    }
    world.run_for(secs(75));
    assert_eq!(
        said(&world, from, start),
        [entry(45, "2.05"), entry(55, "2.05"), entry(55, "Notify 10")]
    );
}

#[test]
fn one_servers_wake_up_is_that_of_all() {
    let mut world = device(2, true, true, LONG);
    let start = world.now;
    observe(&mut world, 1, "/26241/0/0", "pmax=300");
    world.run_for(secs(50));
    // Half of it is over when the other is due; of this one only every other time.
    observe(&mut world, 2, "/26241/0/1", "pmax=480");
    observe(&mut world, 2, "/26241/0/2", "pmax=1000");
    world.run_for(secs(100));
    let (asleep, from) = (world.now, world.mark());
    world.run_for(secs(1300));
    let mut said = said(&world, from, start);
    said.sort();
    let mut expected = Vec::new();
    for round in 1..=4 {
        // To each server first.
        expected.extend([entry(round * 300, "Update"), entry(round * 300, "Update")]);
        expected.push(entry(round * 300, "Notify 1.5"));
        expected.push(entry(round * 300, "Notify 10"));
        if round % 2 == 0 {
            expected.push(entry(round * 300, "Notify text"));
        }
    }
    expected.sort();
    assert_eq!(said, expected);
    // For each, both sessions were opened at the same time.
    let opened: Vec<u64> =
        doors(&world, asleep).into_iter().filter(|(_, open)| *open).map(|(at, _)| at).collect();
    assert_eq!(opened.len(), 8);
    assert!(opened.chunks(2).all(|pair| pair[0] == pair[1]), "{opened:?}");
    let mut air = world.air.borrow_mut();
    for server in [1, 2] {
        assert!(air.server(server).registration(ENDPOINT).is_some(), "server {server}");
    }
}

#[test]
fn a_change_does_not_wait_for_others() {
    let mut world = managed(true, true);
    observe(&mut world, 1, "/26241/0/0", "pmin=10&pmax=300");
    let (start, from) = (world.now, world.mark());
    world.run_for(secs(20));
    set(&mut world, 5);
    world.run_for(secs(3));
    // Within the Minimum Period it waits for the end of that, whatever else is said.
    set(&mut world, 6);
    assert_eq!(world.ask(1, Operation::read("/3/0/16").accept(TEXT)).payload, b"U");
    world.run_for(secs(20));
    let expected = [entry(20, "Notify 5"), entry(23, "2.05"), entry(30, "Notify 6")];
    assert_eq!(said(&world, from, start), expected);
}

/// What a day of a device costs.
#[derive(Debug, PartialEq, Eq)]
struct Day {
    /// Times that the radio is used, 10 s of silence apart.
    wake_ups: usize,
    /// Datagrams of the device.
    datagrams: usize,
    /// Sessions opened.
    sessions: usize,
    /// Deadlines of the core.
    deadlines: usize,
    /// Those at which it did nothing.
    idle: usize,
}

/// A day with two servers that observe five things each.
fn day(queue_mode: bool) -> Day {
    let mut world = device(2, queue_mode, true, 86400);
    let periods = [300, 300, 600, 900, 1000, 1800, 2500, 3600, 7200, 10_000];
    for (index, pmax) in periods.into_iter().enumerate() {
        observe(&mut world, 1 + index % 2, TEN[index], &format!("pmax={pmax}"));
        world.run_for(secs(13));
    }
    let (start, from) = (world.now, world.mark());
    let (end, mut deadlines, mut idle) = (start + secs(86400), 0, 0);
    let mut buffer = [0; 1500];
    while world.now < end {
        let next = world.step().expect("there is always something to come").min(end);
        let deadline = match world.host.carrier.poll(world.now, &mut buffer) {
            Output::Wait(deadline) => deadline,
            output => panic!("{output:?}"),
        };
        let done = |world: &World| (world.mark(), world.air.borrow().doors.len());
        let before = done(&world);
        world.now = next;
        world.step();
        if deadline == Some(next) {
            deadlines += 1;
            idle += usize::from(done(&world) == before);
        }
    }
    // Nothing was missed: between two notifications is the Maximum Period at most.
    let air = world.air.borrow();
    for (index, pmax) in periods.into_iter().enumerate() {
        let mut times = air.events.iter().filter_map(|(at, server, event)| match event {
            ServerEvent::Notification { path, .. } if *server == 1 + index % 2 => {
                (*path == TEN[index] && *at >= start).then_some(*at)
            }
            _ => None,
        });
        let first = times.next().expect("a notification");
        let end = times.fold(first, |last, at| {
            assert!(at.since(last) <= Duration::from_millis(pmax * 1000 + 500), "{}", TEN[index]);
            at
        });
        assert!(world.now.since(end) <= secs(pmax + 1), "{}", TEN[index]);
    }
    let (mut wake_ups, mut last) = (0, Instant::ZERO);
    for (at, _, _) in air.trace.get(from..).unwrap_or_default() {
        wake_ups += usize::from(at.since(last) > secs(10));
        last = *at;
    }
    let opened = air.doors.iter().filter(|(at, _, open)| *open && *at >= start);
    Day {
        wake_ups,
        datagrams: air
            .trace
            .get(from..)
            .unwrap_or_default()
            .iter()
            .filter(|(_, up, _)| *up)
            .count(),
        sessions: opened.count(),
        deadlines,
        idle,
    }
}

#[test]
fn a_day_takes_one_wake_up_for_each_of_the_shortest_period() {
    let (with, without) = (day(true), day(false));
    println!("in queue mode: {with:?}\nwithout:       {without:?}");
    assert_eq!((with.idle, without.idle), (0, 0), "nobody wakes for nothing");
    assert_eq!(with.wake_ups, 86400 / 300);
    assert!(without.wake_ups > 2 * with.wake_ups);
    assert!(with.datagrams < 2 * without.datagrams);
}

#[test]
fn in_bad_weather_nothing_is_said_much_more_often() {
    let mut world = device(2, true, true, 3600);
    for (index, pmax) in [300, 400, 700].into_iter().enumerate() {
        observe(&mut world, 1 + index % 2, TEN[index], &format!("pmax={pmax}&con=1"));
    }
    let (start, from) = (world.now, world.mark());
    let slow = Duration::from_secs(3);
    let storm = Weather { loss: 20, duplication: 10, delay: 20, slow, ..Weather::FAIR };
    world.air.borrow_mut().set_weather(storm);
    world.run_for(secs(43_200));
    let said = said(&world, from, start);
    let count = |name: &str| said.iter().filter(|(_, said)| said.starts_with(name)).count();
    // Three notifications in 300 s at most, and an Update to each server with each session that opens. One
    // time in three the message or its answer is lost, so each goes out 1.6 times; and an Update follows
    // a notification that nobody acknowledges.
    let notifications = 3 * 43_200 / 300;
    assert!((200..2 * notifications).contains(&count("Notify")), "{}", count("Notify"));
    let sessions = 2 * 43_200 / 300;
    assert!((144..2 * sessions).contains(&count("Update")), "{}", count("Update"));
    // Five transmissions of an Update get lost once in 160 times.
    assert!(count("Register") < 6, "{}", count("Register"));
}
