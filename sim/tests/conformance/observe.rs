//! Observe, Notify, Cancel Observation, Send (Core 6.4, RFC 7641): what is notified, and when.

use crate::bench::*;
use lwm2m_carrier::lwm2m::SendError;
use lwm2m_carrier_sim::air::Weather;

/// The notifications of the device since `from`: time, Observe option, payload.
fn notified(world: &World, from: usize) -> Vec<(u64, u32, String)> {
    let sent = world.sent_since(from).into_iter();
    let notifications = sent.filter_map(|(at, message)| {
        let sequence = message.uint(option::OBSERVE)?;
        Some((at, sequence, String::from_utf8_lossy(&message.payload).into_owned()))
    });
    notifications.collect()
}

fn now(world: &World) -> u64 {
    world.now.as_millis()
}

/// Lets the time come to `secs` seconds after `start` milliseconds.
fn until(world: &mut World, start: u64, secs: u64) {
    let end = start + secs * 1000;
    world.run_for(Duration::from_millis(end - now(world)));
}

#[track_caller]
fn attributes(world: &mut World, path: &str, attributes: &str) {
    assert_eq!(world.code(Operation::write_attributes(path, attributes)), Code::CHANGED);
}

/// Observes /26241/0/0 in text; when the observation began, in milliseconds.
fn observe(world: &mut World, path: &str) -> u64 {
    let from = world.mark();
    let response = world.ask(0, Operation::observe(path).accept(TEXT));
    assert_eq!((response.code, response.content_format), (Code::CONTENT, Some(TEXT)));
    assert_eq!(response.observe, Some(1));
    world.sent_since(from)[0].0
}

#[test]
fn lightweightm2m_1_1_int_301_observation_and_notification_of_parameter_values() {
    let mut world = World::equipped();
    attributes(&mut world, "/26241/0/0", "pmin=5&pmax=15");
    let start = observe(&mut world, "/26241/0/0");
    let from = world.mark();
    // Two changes within the Minimum Period make one notification at its end, of the later value.
    until(&mut world, start, 2);
    world.set("/26241/0/0", &Value::Integer(11));
    until(&mut world, start, 3);
    world.set("/26241/0/0", &Value::Integer(12));
    until(&mut world, start, 10);
    assert_eq!(notified(&world, from), [(start + 5000, 2, "12".into())]);
    // Nothing changes: the Maximum Period ends, counted from the last notification.
    let from = world.mark();
    until(&mut world, start, 36);
    let value = |at: u64, sequence| (start + at * 1000, sequence, "12".to_string());
    assert_eq!(notified(&world, from), [value(20, 3), value(35, 4)]);
    // A change between the two periods is notified at once.
    let from = world.mark();
    until(&mut world, start, 45);
    world.set("/26241/0/0", &Value::Integer(13));
    assert_eq!(notified(&world, from), [(start + 45_000, 5, "13".into())]);
    // Same token, same format, not confirmable.
    let sent = world.sent_since(from);
    let token = |message: &Message| message.token.clone();
    assert_eq!(sent[0].1.kind, Kind::NonConfirmable);
    assert_eq!(sent[0].1.code, Code::CONTENT);
    assert_eq!(sent[0].1.options, [(option::OBSERVE, vec![5]), (option::CONTENT_FORMAT, vec![])]);
    let first = world.sent_since(0).into_iter().find(|(_, m)| m.uint(option::OBSERVE) == Some(1));
    assert_eq!(token(&first.unwrap().1), token(&sent[0].1));
    assert_eq!(world.air.borrow_mut().server(0).observations().count(), 1);
}

#[test]
fn lightweightm2m_1_1_int_302_cancel_observations_using_reset() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0");
    let operation = Operation::observe("/26241/0/0").accept(TEXT);
    assert!(world.air.borrow_mut().server(0).forget_observation(ENDPOINT, &operation));
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(11));
    // The server answers with a Reset.
    world.run_for(Duration::from_secs(1));
    assert_eq!(notified(&world, from).len(), 1);
    world.set("/26241/0/0", &Value::Integer(12));
    world.run_for(Duration::from_secs(100));
    assert_eq!(notified(&world, from).len(), 1);
}

#[test]
fn lightweightm2m_1_1_int_303_cancel_observations_using_observe_1() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0");
    let response = world.ask(0, Operation::cancel("/26241/0/0").accept(TEXT));
    // A Read like any other: the value, without Observe option.
    assert_eq!((response.code, response.observe), (Code::CONTENT, None));
    assert_eq!(text(&response.payload), "10");
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(12));
    world.run_for(Duration::from_secs(100));
    assert_eq!(world.mark(), from);
}

#[test]
fn a_reset_of_a_confirmable_notification_cancels_too() {
    let mut world = World::equipped();
    let start = observe(&mut world, "/26241/0/0");
    until(&mut world, start, 85_000);
    until(&mut world, start, 86_401);
    world.cut_off(true);
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(12));
    let (_, notification) = world.sent_since(from)[0].clone();
    assert_eq!(notification.kind, Kind::Confirmable);
    let reset = Message::empty(Kind::Reset, notification.id);
    assert!(world.deliver(0, &reset.encode()).is_empty());
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(13));
    world.run_for(Duration::from_secs(100));
    assert!(notified(&world, from).is_empty());
}

#[test]
fn a_reset_of_something_else_cancels_nothing() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0");
    assert!(world.deliver(0, &unhex("70000000")).is_empty());
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(11));
    let notification = world.sent_since(from)[0].1.clone();
    let reset = Message::empty(Kind::Reset, notification.id.wrapping_add(1));
    assert!(world.deliver(0, &reset.encode()).is_empty());
    world.set("/26241/0/0", &Value::Integer(12));
    assert_eq!(notified(&world, from).len(), 2);
}

#[test]
fn without_attributes_each_change_is_notified_at_once_and_nothing_else() {
    let mut world = World::equipped();
    let start = observe(&mut world, "/26241/0/0");
    let from = world.mark();
    for (second, value) in [(1, 11), (2, 12), (3, 12), (4, 11)] {
        until(&mut world, start, second);
        world.set("/26241/0/0", &Value::Integer(value));
    }
    until(&mut world, start, 5000);
    let value = |at: u64, sequence, value: &str| (start + at * 1000, sequence, value.to_string());
    let expected = [value(1, 2, "11"), value(2, 3, "12"), value(4, 4, "11")];
    assert_eq!(notified(&world, from), expected);
}

#[test]
fn the_servers_default_periods_hold_where_no_attribute_does() {
    let mut world = World::equipped();
    assert_eq!(world.code(Operation::write("/1/0/2", TEXT, b"10")), Code::CHANGED);
    assert_eq!(world.code(Operation::write("/1/0/3", TEXT, b"60")), Code::CHANGED);
    let start = observe(&mut world, "/26241/0/0");
    let from = world.mark();
    until(&mut world, start, 1);
    world.set("/26241/0/0", &Value::Integer(11));
    until(&mut world, start, 75);
    let value = |at: u64, sequence| (start + at * 1000, sequence, "11".to_string());
    assert_eq!(notified(&world, from), [value(10, 2), value(70, 3)]);
    // Changed defaults count at once: 100 s after the last notification.
    assert_eq!(world.code(Operation::write("/1/0/3", TEXT, b"100")), Code::CHANGED);
    let from = world.mark();
    until(&mut world, start, 180);
    assert_eq!(notified(&world, from), [value(170, 4)]);
}

#[test]
fn attributes_of_higher_levels_are_inherited_and_own_ones_come_first() {
    let mut world = World::equipped();
    attributes(&mut world, "/26241", "pmin=100&pmax=1000");
    attributes(&mut world, "/26241/0", "pmin=20");
    attributes(&mut world, "/26241/0/0", "pmax=50");
    let start = observe(&mut world, "/26241/0/0");
    let from = world.mark();
    until(&mut world, start, 1);
    world.set("/26241/0/0", &Value::Integer(11));
    until(&mut world, start, 75);
    let value = |at: u64, sequence| (start + at * 1000, sequence, "11".to_string());
    assert_eq!(notified(&world, from), [value(20, 2), value(70, 3)]);
}

#[test]
fn a_maximum_period_below_the_minimum_period_is_ignored() {
    let mut world = World::equipped();
    attributes(&mut world, "/26241/0/0", "pmin=50&pmax=10");
    let start = observe(&mut world, "/26241/0/0");
    let from = world.mark();
    until(&mut world, start, 200);
    assert!(notified(&world, from).is_empty());
    world.set("/26241/0/0", &Value::Integer(11));
    assert_eq!(notified(&world, from), [(start + 200_000, 2, "11".into())]);
}

/// Observes /26241/0/0 (10 at first) with attributes; which of these values are notified.
fn wanted(with: &str, values: &[i64]) -> Vec<i64> {
    let mut world = World::equipped();
    attributes(&mut world, "/26241/0/0", with);
    let start = observe(&mut world, "/26241/0/0");
    let from = world.mark();
    for (second, value) in values.iter().enumerate() {
        until(&mut world, start, second as u64 + 1);
        world.set("/26241/0/0", &Value::Integer(*value));
    }
    until(&mut world, start, 1000);
    notified(&world, from).iter().map(|(_, _, value)| value.parse().unwrap()).collect()
}

#[test]
fn greater_than_is_notified_when_crossed_either_way() {
    assert_eq!(wanted("gt=20", &[15, 20, 21, 25, 20, 19, 30]), [21, 20, 30]);
    assert_eq!(wanted("gt=20.5", &[20, 21, 20]), [21, 20]);
}

#[test]
fn less_than_is_notified_when_crossed_either_way() {
    assert_eq!(wanted("lt=5", &[7, 5, 4, 3, 5, 9, 0]), [4, 5, 0]);
}

#[test]
fn a_step_is_counted_from_the_last_notified_value() {
    assert_eq!(wanted("st=5", &[12, 14, 15, 11, 10, 20]), [15, 10, 20]);
}

#[test]
fn thresholds_and_step_hold_together() {
    // Core 7.3.2: any of the conditions that is met is enough.
    assert_eq!(wanted("lt=5&gt=50&st=10", &[15, 20, 25, 51, 55, 61, 3]), [20, 51, 61, 3]);
}

#[test]
fn a_threshold_crossed_back_and_forth_within_pmin_is_notified_at_its_end() {
    let mut world = World::equipped();
    attributes(&mut world, "/26241/0/0", "gt=20&pmin=10");
    let start = observe(&mut world, "/26241/0/0");
    let from = world.mark();
    until(&mut world, start, 1);
    world.set("/26241/0/0", &Value::Integer(30));
    until(&mut world, start, 20);
    assert_eq!(notified(&world, from), [(start + 10_000, 2, "30".into())]);
}

#[test]
fn attributes_can_be_changed_and_taken_back_while_observed() {
    let mut world = World::equipped();
    let start = observe(&mut world, "/26241/0/0");
    attributes(&mut world, "/26241/0/0", "pmax=30");
    let from = world.mark();
    until(&mut world, start, 35);
    assert_eq!(notified(&world, from), [(start + 30_000, 2, "10".into())]);
    // Without a value an attribute is removed.
    attributes(&mut world, "/26241/0/0", "pmax");
    let from = world.mark();
    until(&mut world, start, 1000);
    assert!(notified(&world, from).is_empty());
}

#[test]
fn one_notification_a_day_is_confirmable() {
    let mut world = World::equipped();
    attributes(&mut world, "/26241/0/0", "pmax=3600");
    let start = observe(&mut world, "/26241/0/0");
    let from = world.mark();
    until(&mut world, start, 86_400 * 2 + 10);
    let sent: Vec<(u64, Message)> = world
        .sent_since(from)
        .into_iter()
        .filter(|(_, message)| message.uint(option::OBSERVE).is_some())
        .collect();
    assert_eq!(sent.len(), 48);
    let confirmable = |(at, message): &(u64, Message)| {
        (message.kind == Kind::Confirmable).then_some((at - start) / 1000)
    };
    // The first is due 24 hours after the observation began, the next 24 hours after the
    // acknowledgement, which took 40 ms: the notification after that.
    let days: Vec<u64> = sent.iter().filter_map(confirmable).collect();
    assert_eq!(days[0], 86_400);
    assert_eq!(days.len(), 1);
    until(&mut world, start, 86_400 * 2 + 3600 + 10);
    let last = world.sent_since(from).pop().unwrap();
    assert_eq!((confirmable(&last), last.1.uint(option::OBSERVE)), (Some(49 * 3600), Some(50)));
}

/// A device with this many instances of object 26241, whose notifications are all confirmable.
fn confirming(instances: u16) -> World {
    let mut config = world::config(world::management_server(false, LONG));
    config.confirm_interval = Duration::ZERO;
    World::equipped_as(config, instances, ServerConfig::management())
}

#[test]
fn every_notification_is_confirmable_if_the_configuration_says_so() {
    let mut world = confirming(1);
    let start = observe(&mut world, "/26241/0/0");
    let from = world.mark();
    for (second, value) in [(1, 11), (2, 12)] {
        until(&mut world, start, second);
        world.set("/26241/0/0", &Value::Integer(value));
    }
    until(&mut world, start, 3);
    let sent = world.sent_since(from);
    assert_eq!(sent.len(), 2);
    assert!(sent.iter().all(|(_, message)| message.kind == Kind::Confirmable));
}

#[test]
fn a_confirmable_notification_is_sent_again_with_the_newest_value() {
    // RFC 7641, 4.5.2: while one is not acknowledged, a newer value takes its place.
    let mut world = confirming(1);
    let start = observe(&mut world, "/26241/0/0");
    world.cut_off(true);
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(11));
    until(&mut world, start, 1);
    world.set("/26241/0/0", &Value::Integer(12));
    until(&mut world, start, 100);
    let values = notified(&world, from);
    assert_eq!(values[0].2, "11");
    assert!(values[1..].iter().all(|(_, _, value)| value == "12"), "{values:?}");
    assert!(values.windows(2).all(|pair| pair[0].1 <= pair[1].1));
    // The server is back, and hears of the value at last.
    world.cut_off(false);
    until(&mut world, start, 250);
    let mut air = world.air.borrow_mut();
    let value = air.server(0).observations().next().unwrap().last.clone();
    assert_eq!(value.map(|value| value.payload), Some(b"12".to_vec()));
}

#[test]
fn a_deleted_instance_is_notified_with_4_04_and_its_observations_end() {
    let mut world = World::equipped_with(2, |_| {});
    observe(&mut world, "/26241/1/0");
    assert_eq!(world.ask(0, Operation::observe("/26241/1")).observe, Some(1));
    let from = world.mark();
    assert_eq!(world.code(Operation::delete("/26241/1")), Code::DELETED);
    world.run_for(Duration::from_secs(1));
    let gone: Vec<Message> = world
        .sent_since(from)
        .into_iter()
        .map(|(_, message)| message)
        .filter(|message| message.code == Code::NOT_FOUND)
        .collect();
    assert_eq!(gone.len(), 2);
    // An error ends the observation, so it has no Observe option (RFC 7641, 4.2).
    assert!(gone.iter().all(|m| m.options.is_empty() && m.payload.is_empty()));
    assert_eq!(world.air.borrow_mut().server(0).observations().count(), 0);
    // An instance of the same number is another one.
    let create = Operation::create("/26241", TLV, &unhex("0301 c10007"));
    assert_eq!(world.code(create), Code::CREATED);
    let from = world.mark();
    world.set("/26241/1/0", &Value::Integer(11));
    world.run_for(Duration::from_secs(100));
    assert!(notified(&world, from).is_empty());
}

#[test]
fn a_deletion_that_is_notified_confirmably_ends_the_observation_too() {
    let mut world = confirming(2);
    observe(&mut world, "/26241/1/0");
    let from = world.mark();
    assert_eq!(world.code(Operation::delete("/26241/1")), Code::DELETED);
    world.run_for(Duration::from_secs(1));
    let count = |world: &World| {
        world.sent_since(from).iter().filter(|(_, m)| m.code == Code::NOT_FOUND).count()
    };
    assert_eq!(count(&world), 1);
    let create = Operation::create("/26241", TLV, &unhex("0301 c10007"));
    assert_eq!(world.code(create), Code::CREATED);
    world.set("/26241/1/0", &Value::Integer(11));
    world.run_for(Duration::from_secs(100));
    assert_eq!(count(&world), 1);
    assert!(notified(&world, from).is_empty());
}

#[test]
fn an_object_and_an_instance_are_observed_with_all_that_is_below() {
    let mut world = World::equipped();
    let response = world.ask(0, Operation::observe("/26241/0").accept(SENML_JSON));
    assert_eq!(response.observe, Some(1));
    let response = world.ask(0, Operation::observe("/26241").accept(TLV));
    assert_eq!(response.observe, Some(1));
    let from = world.mark();
    world.set("/26241/0/7/3", &Value::Integer(99));
    let sent = world.sent_since(from);
    let formats: Vec<Option<u32>> =
        sent.iter().map(|(_, message)| message.uint(option::CONTENT_FORMAT)).collect();
    assert_eq!(formats, [Some(110), Some(11542)]);
    assert!(text(&sent[0].1.payload).contains(r#"{"n":"7/3","v":99}"#));
    // Another instance belongs to the object.
    let create = Operation::create("/26241", TLV, &unhex("0301 c10007"));
    let from = world.mark();
    assert_eq!(world.code(create), Code::CREATED);
    assert_eq!(notified(&world, from).len(), 1);
}

#[test]
fn a_write_of_the_server_itself_is_notified() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0");
    let from = world.mark();
    assert_eq!(world.code(Operation::write("/26241/0/0", TEXT, b"77")), Code::CHANGED);
    world.run_for(Duration::from_secs(1));
    let sent = world.sent_since(from);
    assert_eq!(sent[0].1.kind, Kind::Acknowledgement, "the answer comes first");
    assert_eq!(notified(&world, from).len(), 1);
}

#[test]
fn observing_again_with_the_same_token_goes_on_counting() {
    let mut world = World::equipped();
    let observe = request(Code::GET, "/26241/0/0").with(option::OBSERVE, &[]);
    let observe = observe.with(option::ACCEPT, &[]);
    assert_eq!(world.tell(&observe).uint(option::OBSERVE), Some(1));
    world.set("/26241/0/0", &Value::Integer(11));
    let again = Message { id: 0x4001, ..observe };
    let sequence = world.tell(&again).uint(option::OBSERVE).expect("observed");
    assert!(sequence > 2);
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(12));
    let sent = notified(&world, from);
    assert_eq!(sent.len(), 1, "one observation, not two");
    assert!(sent[0].1 > sequence);
}

#[test]
fn an_observation_that_there_is_no_room_for_is_a_read() {
    let mut world = World::equipped_with(20, |_| {});
    let mut observed = Vec::new();
    for instance in 0..20 {
        let response = world.ask(0, Operation::observe(&format!("/26241/{instance}/0")));
        assert_eq!((response.code, text(&response.payload)), (Code::CONTENT, "10"));
        observed.push(response.observe);
    }
    let room = lwm2m_carrier::capacity::OBSERVATIONS;
    assert!(observed[..room].iter().all(|sequence| *sequence == Some(1)));
    assert!(observed[room..].iter().all(Option::is_none));
}

#[test]
fn lightweightm2m_1_1_int_306_send() {
    let mut world = World::equipped();
    let from = world.mark();
    let paths = ["/26241/0/0", "/3/0/1"].map(|path| Path::parse(path).unwrap());
    assert_eq!(world.host.carrier.client().send(&paths), Ok(()));
    world.run_for(Duration::from_secs(1));
    let sent = world.sent_since(from);
    let [(_, send)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((send.kind, send.code, path(send).as_str()), (Kind::Confirmable, Code::POST, "dp"));
    assert_eq!(send.uint(option::CONTENT_FORMAT), Some(112));
    // [{n "/26241/0/0", v 10}, {n "/3/0/1", vs "SIM91"}]
    let expected = "82a2 00 6a2f32363234312f302f30 02 0a a2 00 662f332f302f31 03 6553494d3931";
    assert_eq!(hex(&send.payload), expected.replace(' ', ""));
    let events = world.server_events();
    assert!(events.iter().any(|event| matches!(event, ServerEvent::Sent { .. })), "{events:?}");
}

#[test]
fn lightweightm2m_1_1_int_307_muting_send() {
    let mut world = World::equipped();
    let paths = [Path::parse("/26241/0/0").unwrap()];
    assert_eq!(world.code(Operation::write("/1/0/23", TEXT, b"1")), Code::CHANGED);
    let from = world.mark();
    assert_eq!(world.host.carrier.client().send(&paths), Err(SendError::Muted));
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.mark(), from);
    assert_eq!(world.code(Operation::write("/1/0/23", TEXT, b"0")), Code::CHANGED);
    assert_eq!(world.host.carrier.client().send(&paths), Ok(()));
    world.run_for(Duration::from_secs(1));
    let events = world.server_events();
    assert!(events.iter().any(|event| matches!(event, ServerEvent::Sent { .. })));
}

/// What the only Send since `from` carries, in JSON-like records `(name, time, number)`.
fn sent_records(world: &World, from: usize) -> Vec<(String, i64, i64)> {
    let sent = world.requests(from, Code::POST);
    let [(_, send)] = &sent[..] else { panic!("{sent:?}") };
    let mut bytes = minicbor::Decoder::new(&send.payload);
    let mut base = 0;
    let mut records = Vec::new();
    for _ in 0..bytes.array().unwrap().expect("a length") {
        let mut record = (String::new(), base, 0);
        for _ in 0..bytes.map().unwrap().expect("a length") {
            match bytes.i64().unwrap() {
                0 => record.0 = bytes.str().unwrap().into(),
                2 => record.2 = bytes.i64().unwrap(),
                -3 => {
                    base = bytes.i64().unwrap();
                    record.1 = base;
                }
                label => panic!("label {label}"),
            }
        }
        records.push(record);
    }
    records
}

#[test]
fn a_send_carries_what_was_recorded_with_its_time() {
    // By the server's clock, and by the modem's.
    for (written, start) in [(true, 1_700_000_000), (false, 1_767_225_600)] {
        let mut world = World::equipped();
        if written {
            let set = Operation::write("/3/0/13", TEXT, b"1700000000");
            assert_eq!(world.code(set), Code::CHANGED);
        }
        let path = Path::parse("/26241/0/0").unwrap();
        let record = |world: &mut World, value| {
            world.set("/26241/0/0", &Value::Integer(value));
            assert_eq!(world.host.carrier.client().record(&path), Ok(()));
        };
        record(&mut world, 1);
        world.run_for(Duration::from_secs(60));
        record(&mut world, 2);
        world.run_for(Duration::from_secs(30));
        world.set("/26241/0/0", &Value::Integer(3));
        let other = Path::parse("/26241/0/1").unwrap();
        assert_eq!(world.host.carrier.client().record(&other), Ok(()));
        let from = world.mark();
        assert_eq!(world.host.carrier.client().send(&[path]), Ok(()));
        world.run_for(Duration::from_secs(1));
        let records = sent_records(&world, from);
        let [first, second, present] = &records[..] else { panic!("{records:?}") };
        assert_eq!((first.2, second.2, present.2), (1, 2, 3));
        assert_eq!((second.1 - first.1, present.1), (60, 0), "{records:?}");
        assert!((start..start + 5).contains(&first.1), "{records:?}");
        // They are gone with the acknowledgement; what was recorded of other paths stays.
        let from = world.mark();
        assert_eq!(world.host.carrier.client().send(&[path]), Ok(()));
        world.run_for(Duration::from_secs(1));
        assert_eq!(sent_records(&world, from).len(), 1);
        let text = [Path::parse("/26241/0/2").unwrap(), Path::parse("/26241/9/0").unwrap()];
        assert_eq!(world.host.carrier.client().record(&text[0]), Err(SendError::Paths));
        assert_eq!(world.host.carrier.client().record(&text[1]), Err(SendError::NotFound));
        // Several values are none.
        let several = Path::parse("/26241/0/7").unwrap();
        assert_eq!(world.host.carrier.client().record(&several), Err(SendError::Paths));
    }
}

#[test]
fn what_was_recorded_stays_until_a_send_is_taken_and_the_oldest_goes_first() {
    let mut world = World::equipped();
    let path = Path::parse("/26241/0/0").unwrap();
    for value in 0..10 {
        world.set("/26241/0/0", &Value::Integer(value));
        assert_eq!(world.host.carrier.client().record(&path), Ok(()));
        world.run_for(Duration::from_secs(1));
    }
    // Nobody answers: it stays.
    world.air.borrow_mut().set_weather(Weather { loss: 100, ..Weather::FAIR });
    assert_eq!(world.host.carrier.client().send(&[path]), Ok(()));
    assert_eq!(world.host.carrier.client().record(&path), Err(SendError::Busy), "it is full");
    world.run_for(Duration::from_secs(100));
    world.air.borrow_mut().set_weather(Weather::FAIR);
    world.run_for(Duration::from_secs(600));
    let from = world.mark();
    assert_eq!(world.host.carrier.client().send(&[path]), Ok(()));
    world.run_for(Duration::from_secs(1));
    let values: Vec<i64> = sent_records(&world, from).iter().map(|record| record.2).collect();
    // There is room for eight; the present value is the last.
    assert_eq!(values, [2, 3, 4, 5, 6, 7, 8, 9, 9]);
}

#[test]
fn lightweightm2m_1_1_int_311_send_of_listed_resources() {
    let mut world = World::equipped();
    let from = world.mark();
    let paths = ["/26241/0/7", "/3/0/11", "/26241/0/4"].map(|path| Path::parse(path).unwrap());
    assert_eq!(world.host.carrier.client().send(&paths), Ok(()));
    assert_eq!(world.host.carrier.client().send(&paths), Err(SendError::Busy));
    world.run_for(Duration::from_secs(1));
    let (_, send) = &world.sent_since(from)[0];
    // One record for each value: /26241/0/7/0, /26241/0/7/3, /3/0/11/0, /26241/0/4.
    let record = |name: &str, value: &str| {
        // The head of a text of up to 23 bytes is 0x60 + its length.
        format!("a200{:02x}{}{value}", 0x60 + name.len(), hex(name.as_bytes()))
    };
    let names = ["/26241/0/7/0", "/26241/0/7/3", "/3/0/11/0", "/26241/0/4"];
    let values = ["021846", "021849", "0200", "04f5"];
    let records = names.iter().zip(values).map(|(name, value)| record(name, value));
    let expected = format!("84{}", records.collect::<String>());
    assert_eq!(hex(&send.payload), expected);
    // What is not there, or cannot be read, is not sent.
    for path in ["/26241/9", "/26241/0/8", "/0/0/0"] {
        let path = [Path::parse(path).unwrap()];
        assert_eq!(world.host.carrier.client().send(&path), Err(SendError::NotFound));
    }
}

#[test]
fn each_instance_of_a_multiple_resource_is_watched() {
    let mut world = World::equipped();
    let start = Operation::observe("/26241/0/7").accept(TLV);
    assert_eq!(world.ask(0, start).observe, Some(1));
    for (part, value, payload) in [(3, 74, "860741004641034a"), (0, 71, "860741004741034a")] {
        let from = world.mark();
        world.set(&format!("/26241/0/7/{part}"), &Value::Integer(value));
        world.run_for(Duration::from_secs(1));
        let sent = world.sent_since(from);
        let [(_, notification)] = &sent[..] else { panic!("{part}: {sent:?}") };
        assert_eq!(hex(&notification.payload), payload);
    }
}
