//! How old the values are that servers get: the modem is asked when somebody wants to know, and not
//! otherwise.

#[path = "support/world.rs"]
mod world;

use lwm2m_carrier::carrier::{Config, Input, Profile, Request};
use lwm2m_carrier::lwm2m::Path;
use lwm2m_carrier::modem::{Cell, Counter, Report, Technology};
use lwm2m_carrier::time::Duration;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::modem::{self, Fault};
use lwm2m_carrier_sim::server::{self, Code, Operation, ServerEvent};
use world::World;

/// What a datagram takes in fair weather, in milliseconds.
const DELAY: u64 = 20;
const MINUTE: Duration = Duration::from_secs(60);
/// RSRP of a signal that got worse, and as the object has it.
const WORSE: (u8, &[u8]) = (40, b"-100");

/// A device that is registered for a long time, a minute ago.
fn settled() -> World {
    settled_with(Profile::GENERIC)
}

fn settled_with(profile: Profile) -> World {
    let server = world::management_server(false, 86400);
    let world = World::new(Config { profile, ..world::config(server) }, Weather::FAIR, 5);
    world.serve("dm.example", server::Config::management());
    let mut world = world;
    world.register();
    world.run_for(MINUTE);
    world
}

fn heard(world: &World, name: &str) -> usize {
    world.host.modem.modem.heard(Some(name))
}

fn all_heard(world: &World) -> usize {
    world.host.modem.modem.heard(None)
}

fn worsen(world: &mut World) {
    world.host.modem.modem.config_mut().rsrp = WORSE.0;
}

fn silence(world: &mut World, silent: bool) {
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::Silence(silent));
}

fn read(world: &mut World, path: &str) -> Vec<u8> {
    let answer = world.ask(0, Operation::read(path).accept(0));
    assert_eq!(answer.code, Code::CONTENT, "{path}");
    answer.payload
}

/// Payloads of the notifications that came, as text.
fn notified(world: &mut World) -> Vec<Vec<u8>> {
    let events = world.server_events().into_iter();
    let payload = |event| match event {
        ServerEvent::Notification { payload, .. } => Some(payload),
        _ => None,
    };
    events.filter_map(payload).collect()
}

#[test]
fn a_read_of_an_old_value_asks_the_modem_once() {
    let mut world = settled();
    worsen(&mut world);
    let before = (heard(&world, "+CESQ"), all_heard(&world));
    assert_eq!(read(&mut world, "/4/0/2"), WORSE.1);
    assert_eq!(heard(&world, "+CESQ"), before.0 + 1);
    // With what the nRF91 is asked in one command: the voltage.
    assert_eq!(all_heard(&world), before.1 + 2);
}

#[test]
fn reads_within_the_limit_ask_once() {
    let mut world = settled();
    let before = heard(&world, "+CESQ");
    read(&mut world, "/4/0/2");
    world.run_for(Duration::from_secs(8));
    worsen(&mut world);
    assert_ne!(read(&mut world, "/4/0/2"), WORSE.1);
    read(&mut world, "/4/0/3");
    assert_eq!(heard(&world, "+CESQ"), before + 1);
    world.run_for(Duration::from_secs(5));
    assert_eq!(read(&mut world, "/4/0/2"), WORSE.1);
    assert_eq!(heard(&world, "+CESQ"), before + 2);
}

#[test]
fn the_limit_is_the_profiles() {
    let mut world = settled_with(Profile { value_age: MINUTE.times(2), ..Profile::GENERIC });
    let before = all_heard(&world);
    read(&mut world, "/4/0/2");
    assert_eq!(all_heard(&world), before);
    world.run_for(MINUTE.times(2));
    read(&mut world, "/4/0/2");
    assert_eq!(all_heard(&world), before + 2);
}

#[test]
fn what_the_modem_notifies_need_not_be_asked_for() {
    let mut world = settled();
    worsen(&mut world);
    world.host.modem.modem.notify_signal();
    let before = all_heard(&world);
    assert_eq!(read(&mut world, "/4/0/2"), WORSE.1);
    // Bearer and cell are notified whenever they change.
    for path in ["/4/0/0", "/4/0/8", "/4/0/12", "/3/0/0", "/3/0/9", "/1/0/1"] {
        let _ = world.ask(0, Operation::read(path).accept(0));
    }
    assert_eq!(all_heard(&world), before);
}

#[test]
fn each_value_is_asked_for_by_its_own_command() {
    let mut world = settled();
    let config = world.host.modem.modem.config_mut();
    config.addresses = vec!["192.0.2.77".into()];
    config.apn = "other.example".into();
    let before = heard(&world, "+CGPADDR");
    assert_eq!(read(&mut world, "/4/0/4/0"), b"192.0.2.77");
    assert_eq!(read(&mut world, "/4/0/7/0"), b"other.example");
    // The second address is gone.
    assert_eq!(world.ask(0, Operation::read("/4/0/4/1").accept(0)).code, Code::NOT_FOUND);
    assert_eq!(heard(&world, "+CGPADDR"), before + 1);
    let before = heard(&world, "+CCLK");
    *world.host.modem.modem.config_mut().utc.as_mut().unwrap() += 1000;
    let time = || 1_767_225_600 + 1000;
    let told: u64 = String::from_utf8(read(&mut world, "/3/0/13")).unwrap().parse().unwrap();
    assert_eq!(told, time() + world.now.as_millis() / 1000);
    assert_eq!(heard(&world, "+CCLK"), before + 1);
}

#[test]
fn the_objects_of_connections_and_power_saving_have_fresh_values_too() {
    let mut world = settled();
    world.host.modem.modem.config_mut().addresses = vec!["192.0.2.77".into()];
    let before = heard(&world, "+CGPADDR");
    assert_eq!(read(&mut world, "/11/0/15/0"), b"192.0.2.77");
    // It is the same that object 4 shows.
    assert_eq!(read(&mut world, "/4/0/4/0"), b"192.0.2.77");
    assert_eq!(heard(&world, "+CGPADDR"), before + 1);
    let before = heard(&world, "%XMONITOR");
    assert_eq!(read(&mut world, "/10/0/13"), b"0");
    assert_eq!(world.ask(0, Operation::read("/10/0/4").accept(0)).code, Code::NOT_FOUND);
    assert_eq!(heard(&world, "%XMONITOR"), before + 1);
    // What is configured, and what nobody counts, need not be asked for.
    world.run_for(MINUTE);
    let before = all_heard(&world);
    for path in ["/7/0/2", "/7/0/8", "/10/0/12", "/11/0/0", "/11/0/3", "/11/0/24"] {
        read(&mut world, path);
    }
    assert_eq!(all_heard(&world), before);
}

#[test]
fn an_object_is_read_with_all_its_values() {
    let mut world = settled();
    worsen(&mut world);
    world.host.modem.modem.config_mut().addresses = vec!["192.0.2.77".into()];
    let before = (heard(&world, "+CESQ"), heard(&world, "+CGPADDR"));
    let answer = world.ask(0, Operation::read("/4/0").accept(11542));
    let holds = |part: &[u8]| answer.payload.windows(part.len()).any(|bytes| bytes == part);
    assert!(holds(b"192.0.2.77"));
    assert!(holds(&[0xC1, 2, 156]), "-100 in TLV: {:?}", answer.payload);
    assert_eq!((heard(&world, "+CESQ"), heard(&world, "+CGPADDR")), (before.0 + 1, before.1 + 1));
}

#[test]
fn a_modem_that_does_not_answer_leads_to_the_old_value_in_time() {
    let mut world = settled();
    let old = read(&mut world, "/4/0/2");
    world.run_for(MINUTE);
    worsen(&mut world);
    silence(&mut world, true);
    let (mark, asked) = (world.mark(), world.now);
    assert_eq!(read(&mut world, "/4/0/2"), old);
    // An acknowledgement after a second, so that the server need not ask again, then the answer.
    let sent: Vec<_> = world.sent_since(mark).iter().map(|(at, _)| *at).collect();
    let asked = asked.as_millis() + DELAY;
    assert_eq!(sent, [asked + 1000, asked + 2000]);
    // It is not asked again at once.
    let before = world.now;
    assert_eq!(read(&mut world, "/4/0/2"), old);
    assert_eq!(world.now, before + Duration::from_millis(2 * DELAY));
    silence(&mut world, false);
    world.run_for(MINUTE);
    assert_eq!(read(&mut world, "/4/0/2"), WORSE.1);
}

#[test]
fn a_request_that_comes_again_is_answered_once() {
    let mut world = settled();
    let old = read(&mut world, "/4/0/2");
    world.run_for(MINUTE);
    silence(&mut world, true);
    // Confirmable GET /4/0/2, Message ID 0x7d34, token 1.
    let request = b"\x41\x01\x7d\x34\x01\xb1\x34\x01\x30\x01\x32";
    let mark = world.mark();
    assert!(world.deliver(0, request).is_empty());
    world.run_for(Duration::from_millis(500));
    assert!(world.deliver(0, request).is_empty());
    world.run_for(Duration::from_millis(700));
    // It was acknowledged meanwhile, and is acknowledged again.
    assert_eq!(world.deliver(0, request), [b"\x60\x00\x7d\x34".to_vec()]);
    world.run_for(Duration::from_millis(900));
    let sent = world.sent_since(mark);
    let answers: Vec<_> = sent.iter().filter(|(_, message)| message.payload == old).collect();
    assert_eq!(answers.len(), 1, "{sent:?}");
}

#[test]
fn a_fast_answer_is_piggybacked_and_repeated() {
    let mut world = settled();
    worsen(&mut world);
    let before = heard(&world, "+CESQ");
    let request = b"\x41\x01\x7d\x34\x01\xb1\x34\x01\x30\x01\x32";
    let first = world.deliver(0, request);
    assert_eq!(first.len(), 1);
    assert!(first[0].starts_with(b"\x61\x45\x7d\x34\x01"), "{first:?}");
    assert!(first[0].ends_with(WORSE.1));
    assert_eq!(world.deliver(0, request), first);
    assert_eq!(heard(&world, "+CESQ"), before + 1);
}

#[test]
fn another_read_meanwhile_is_answered_with_what_is_known() {
    let mut world = settled();
    read(&mut world, "/4/0/4/0");
    world.run_for(MINUTE);
    silence(&mut world, true);
    assert!(world.deliver(0, b"\x41\x01\x7d\x34\x01\xb1\x34\x01\x30\x01\x32").is_empty());
    let other = world.deliver(0, b"\x41\x01\x7d\x35\x02\xb1\x34\x01\x30\x01\x34\x01\x30");
    assert_eq!(other.len(), 1);
    assert!(other[0].ends_with(b"192.0.2.1"), "{other:?}");
}

#[test]
fn an_observation_begins_with_a_fresh_value() {
    let mut world = settled();
    worsen(&mut world);
    let answer = world.ask(0, Operation::observe("/4/0/2").accept(0));
    assert_eq!(answer.payload, WORSE.1);
    assert!(answer.observe.is_some());
    world.server_events();
    world.run_for(MINUTE);
    // The value that came before the answer is not notified once more.
    assert_eq!(notified(&mut world), [b""; 0]);
    // What the modem notifies is.
    world.host.modem.modem.config_mut().rsrp = 41;
    world.host.modem.modem.notify_signal();
    world.run_for(MINUTE);
    assert_eq!(notified(&mut world), [b"-99"]);
}

#[test]
fn an_observation_of_old_values_begins_all_the_same() {
    let mut world = settled();
    silence(&mut world, true);
    let answer = world.ask(0, Operation::observe("/4/0/2").accept(0));
    assert!(answer.observe.is_some());
    silence(&mut world, false);
    world.run_for(MINUTE);
    world.server_events();
    worsen(&mut world);
    world.host.modem.modem.notify_signal();
    world.run_for(MINUTE);
    assert_eq!(notified(&mut world), [WORSE.1]);
}

#[test]
fn a_notification_at_the_maximum_period_carries_a_fresh_value() {
    let mut world = settled();
    world.ask(0, Operation::write_attributes("/4/0/2", "pmax=100"));
    world.ask(0, Operation::observe("/4/0/2").accept(0));
    world.server_events();
    world.run_for(Duration::from_secs(90));
    worsen(&mut world);
    let before = heard(&world, "+CESQ");
    world.run_for(Duration::from_secs(15));
    assert_eq!(notified(&mut world), [WORSE.1]);
    assert_eq!(heard(&world, "+CESQ"), before + 1);
    // A silent modem does not hold it up for long.
    silence(&mut world, true);
    world.run_for(Duration::from_secs(90));
    assert_eq!(notified(&mut world), [b""; 0]);
    world.run_for(Duration::from_secs(15));
    assert_eq!(notified(&mut world), [WORSE.1]);
}

#[test]
fn a_threshold_is_judged_by_what_the_modem_notifies() {
    let mut world = settled();
    world.ask(0, Operation::write_attributes("/4/0/2", "lt=-90"));
    world.ask(0, Operation::observe("/4/0/2").accept(0));
    world.server_events();
    let before = all_heard(&world);
    world.run_for(MINUTE.times(10));
    assert_eq!(all_heard(&world), before);
    worsen(&mut world);
    world.host.modem.modem.notify_signal();
    world.run_for(Duration::from_secs(5));
    assert_eq!(notified(&mut world), [WORSE.1]);
    assert_eq!(all_heard(&world), before);
}

#[test]
fn nothing_is_asked_when_nobody_asks() {
    let mut world = settled();
    let before = all_heard(&world);
    world.run_for(MINUTE.times(60));
    assert_eq!(all_heard(&world), before);
    // Neither for what is not measured.
    world.ask(0, Operation::observe("/1/0/1").accept(0));
    world.ask(0, Operation::observe("/4/0/2").accept(0));
    let before = all_heard(&world);
    world.run_for(MINUTE.times(60));
    assert_eq!(all_heard(&world), before);
}

#[test]
fn send_carries_fresh_values() {
    let mut world = settled();
    assert_eq!(world.ask(0, Operation::write("/1/0/23", 0, b"0")).code, Code::CHANGED);
    world.server_events();
    worsen(&mut world);
    world.host.carrier.client().send(&[Path::resource(4, 0, 2)]).expect("it begins");
    assert!(world.run_until_told(Duration::from_secs(5), "SENT 0"), "{:?}", world.told);
    let sent = world.server_events().into_iter().find_map(|event| match event {
        ServerEvent::Sent { payload, .. } => Some(payload),
        _ => None,
    });
    // -100 in CBOR.
    let sent = sent.expect("a Send");
    assert!(sent.ends_with(&[0x38, 99]), "{sent:?}");
}

#[test]
fn the_batterys_voltage_is_the_modems_until_the_application_says_it() {
    let mut world = settled();
    let before = all_heard(&world);
    assert_eq!(world.ask(0, Operation::read("/3/0/7")).code, Code::NOT_FOUND);
    world.host.carrier.objects().device.set_power_sources(0b10_0010);
    assert_eq!(all_heard(&world), before);
    // It was measured when the link came up; then again.
    world.host.modem.modem.config_mut().voltage = 3512;
    assert_eq!(read(&mut world, "/3/0/7/1"), b"3512");
    assert_eq!(read(&mut world, "/3/0/7/5"), b"0");
    world.host.carrier.objects().device.set_voltage(1, 3333);
    world.run_for(MINUTE);
    let before = all_heard(&world);
    assert_eq!(read(&mut world, "/3/0/7/1"), b"3333");
    assert_eq!(all_heard(&world), before);
    // Without a battery there is none.
    world.host.carrier.objects().device.set_power_sources(0b10_0000);
    assert_eq!(world.ask(0, Operation::read("/3/0/7/1").accept(0)).code, Code::NOT_FOUND);
    assert_eq!(read(&mut world, "/3/0/7/5"), b"0");
}

#[test]
fn a_time_that_was_written_is_kept() {
    let mut world = settled();
    let write = Operation::write("/3/0/13", 0, b"3000000000");
    assert_eq!(world.ask(0, write).code, Code::CHANGED);
    let before = heard(&world, "+CCLK");
    world.run_for(MINUTE);
    assert_eq!(read(&mut world, "/3/0/13"), b"3000000060");
    assert_eq!(heard(&world, "+CCLK"), before);
}

#[test]
fn firmware_and_reads_do_not_disturb_each_other() {
    let mut world = settled();
    let image = modem::image("mfw_sim_2.0.0", 20_000);
    let write = Operation::write("/5/0/0", 42, &image);
    let push = world.air.borrow_mut().server(0).request(world::ENDPOINT, write);
    let mut reads = 0;
    // A read every now and then, of a modem that is silent for a second at first.
    silence(&mut world, true);
    world.run_for(Duration::from_millis(20));
    let again = b"\x41\x01\x7d\x34\x01\xb1\x34\x01\x30\x01\x32";
    world.deliver(0, again);
    world.run_for(Duration::from_secs(1));
    silence(&mut world, false);
    let mut code = None;
    for _ in 0..100 {
        world.run_for(Duration::from_secs(13));
        reads += usize::from(world.try_ask(0, Operation::read("/4/0/2").accept(0)).is_some());
        code = world.server_events().into_iter().find_map(|event| match event {
            ServerEvent::Response { id, code, .. } if id == push => Some(code),
            _ => None,
        });
        if code.is_some() {
            break;
        }
    }
    assert_eq!(code, Some(Code::CHANGED));
    assert!(reads > 0);
    assert_eq!(read(&mut world, "/5/0/3"), b"2");
}

#[test]
fn a_link_that_comes_again_is_read_as_before() {
    let mut world = settled();
    world.told.clear();
    let now = world.now;
    // A read is under way when the link goes.
    silence(&mut world, true);
    world.deliver(0, b"\x41\x01\x7d\x34\x01\xb1\x34\x01\x30\x01\x32");
    world.host.modem.modem.fault(now, Fault::Silence(false));
    world.host.input(Input::Request(Request::LinkDown));
    world.run_for(MINUTE);
    world.host.input(Input::Request(Request::LinkUp));
    world.run_for(MINUTE);
    assert_eq!(world.names().last(), Some(&"REGISTERED"));
    worsen(&mut world);
    assert_eq!(read(&mut world, "/4/0/2"), WORSE.1);
}

#[test]
fn what_no_object_shows_is_known_with_its_moment() {
    let mut world = settled();
    // The network told that it gives no power saving when the device came to it.
    let told = world.host.carrier.facts().power_saving().expect("told");
    assert!(told.value.is_none() && told.taken < world.now);
    let now = world.now;
    let report = Report::Count(Counter::Sent, 12);
    world.host.carrier.handle(now, Input::Modem(report));
    world.run_for(MINUTE);
    let count = world.host.carrier.facts().count(Counter::Sent).expect("told");
    assert_eq!((count.value, count.taken), (12, now));
    // A modem that starts counts anew.
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::Restart);
    world.run_for(MINUTE);
    assert_eq!(world.host.carrier.facts().count(Counter::Sent), None);
}

#[test]
fn a_cell_that_is_reported_again_is_no_news() {
    let mut world = settled();
    world.ask(0, Operation::observe("/4/0"));
    world.server_events();
    let mut report = |id| {
        let now = world.now;
        let cell = Cell { id, tac: 0x5678, technology: Technology::LteM };
        world.host.carrier.handle(now, Input::Modem(Report::Cell(cell)));
        world.run_for(MINUTE);
        notified(&mut world).len()
    };
    assert_eq!(report(0x123_4567), 1, "a new cell");
    assert_eq!(report(0x123_4567), 0);
    assert_eq!(report(0x123_4568), 1, "a cell beside it");
}

#[test]
fn epmax_makes_a_device_ask_its_modem_and_nothing_else_does() {
    for (attributes, asked) in [("epmax=300&gt=-95", 2), ("epmin=300&gt=-95", 0)] {
        let mut world = settled();
        let write = Operation::write_attributes("/4/0/2", attributes);
        assert_eq!(world.ask(0, write).code, Code::CHANGED);
        assert!(world.ask(0, Operation::observe("/4/0/2").accept(0)).observe.is_some());
        world.server_events();
        worsen(&mut world);
        let before = heard(&world, "+CESQ");
        world.run_for(Duration::from_secs(610));
        assert_eq!(heard(&world, "+CESQ"), before + asked, "{attributes}");
        let expected: &[&[u8]] = if asked > 0 { &[WORSE.1] } else { &[] };
        assert_eq!(notified(&mut world), expected);
    }
    // A modem that does not answer is waited for and no more.
    let mut world = settled();
    let write = Operation::write_attributes("/4/0/2", "epmax=300");
    assert_eq!(world.ask(0, write).code, Code::CHANGED);
    assert!(world.ask(0, Operation::observe("/4/0/2").accept(0)).observe.is_some());
    worsen(&mut world);
    silence(&mut world, true);
    world.run_for(Duration::from_secs(305));
    silence(&mut world, false);
    world.server_events();
    world.run_for(Duration::from_secs(300));
    assert_eq!(notified(&mut world), [WORSE.1]);
}
