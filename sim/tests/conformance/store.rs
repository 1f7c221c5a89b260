//! A lost link: registration and observations outlive it, and what was to be notified meanwhile is
//! stored (Core 6.2.2, 6.4.4, /1/x/6).

use crate::bench::*;
use lwm2m_carrier::capacity::BLOCK;
use lwm2m_carrier::carrier::{Input, SessionFault, SessionId};
use lwm2m_carrier::modem::FunctionalMode;
use lwm2m_carrier_sim::modem::Fault;

/// What a device sends that is no answer and no acknowledgement: when, the message.
fn told(world: &World, from: usize) -> Vec<(u64, Message)> {
    let sent = world.sent_since(from).into_iter();
    sent.filter(|(_, message)| matches!(message.kind, Kind::Confirmable | Kind::NonConfirmable))
        .collect()
}

/// What they are: the path of a request, or the payload of a notification.
fn names(told: &[(u64, Message)]) -> Vec<String> {
    let name = |(_, message): &(u64, Message)| match message.code {
        Code::CONTENT => String::from_utf8_lossy(&message.payload).into_owned(),
        Code::NOT_FOUND => "4.04".to_string(),
        _ => path(message),
    };
    told.iter().map(name).collect()
}

/// The Observe options of the notifications.
fn sequences(told: &[(u64, Message)]) -> Vec<u32> {
    told.iter().filter_map(|(_, message)| message.uint(option::OBSERVE)).collect()
}

/// Turns the radio off and on: the link is lost, and back a few seconds later.
fn link(world: &mut World, on: bool) {
    let mode = if on { FunctionalMode::Normal } else { FunctionalMode::Offline };
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::SetMode(mode));
    let told = if on { "CONNECTED" } else { "DISCONNECTED" };
    assert!(world.run_until_told(Duration::from_secs(30), told), "{:?}", world.told);
}

fn observe(world: &mut World, path: &str, format: u16) {
    let response = world.ask(0, Operation::observe(path).accept(format));
    assert_eq!((response.code, response.observe), (Code::CONTENT, Some(1)));
    world.run_for(Duration::from_secs(1));
}

fn set(world: &mut World, value: i64) {
    world.set("/26241/0/0", &Value::Integer(value));
}

/// Lets the link come back; what the device tells until ten seconds later.
fn back(world: &mut World) -> Vec<(u64, Message)> {
    let from = world.mark();
    link(world, true);
    world.run_for(Duration::from_secs(10));
    told(world, from)
}

/// A device with a server that it has a key for.
fn secure() -> World {
    let config = world::config(world::management_server(true, LONG));
    let mut world = World::with_everything(config, 1);
    let key = Some((world::IDENTITY, world::KEY));
    let server = Server::new(ServerConfig::management());
    world.air.borrow_mut().add("dm.example", 5684, key, server);
    world.register();
    world
}

#[test]
fn a_registration_and_its_observations_outlive_the_link() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0", TEXT);
    link(&mut world, false);
    world.told.clear();
    let told = back(&mut world);
    // The address may be another one: the server hears of it, and of nothing else.
    let [(_, update)] = &told[..] else { panic!("{told:?}") };
    assert_eq!((update.kind, update.code), (Kind::Confirmable, Code::POST));
    assert!(path(update).starts_with("rd/"), "{told:?}");
    assert!(update.payload.is_empty() && queries(update).is_empty());
    assert!(world.names().ends_with(&["CONNECTED", "LTE_READY", "REGISTERED"]), "{:?}", world.told);
    let from = world.mark();
    set(&mut world, 11);
    assert_eq!(names(&self::told(&world, from)), ["11"]);
    assert_eq!(sequences(&self::told(&world, from)), [2]);
    assert_eq!(world.air.borrow_mut().server(0).observations().count(), 1);
}

#[test]
fn nothing_is_notified_before_the_server_has_taken_the_update() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0", TEXT);
    link(&mut world, false);
    world.cut_off(true);
    let from = world.mark();
    link(&mut world, true);
    world.run_for(Duration::from_secs(1));
    set(&mut world, 11);
    world.run_for(Duration::from_secs(5));
    let told = told(&world, from);
    // Said once, and once more after two to three seconds.
    assert!(told.len() >= 2, "{told:?}");
    assert!(told.iter().all(|(_, message)| path(message).starts_with("rd/")), "{told:?}");
    world.cut_off(false);
    world.run_for(Duration::from_secs(60));
    let told = self::told(&world, from);
    assert_eq!(names(&told).last().map(String::as_str), Some("11"), "{told:?}");
    assert_eq!(sequences(&told), [2]);
}

#[test]
fn a_registration_that_the_server_forgot_meanwhile_begins_anew() {
    let mut world = World::managed(120, 1);
    world.register();
    link(&mut world, false);
    world.run_for(Duration::from_secs(600));
    let told = back(&mut world);
    let names = names(&told);
    assert!(names[0].starts_with("rd/"), "{names:?}");
    assert!(names.len() > 1 && names[1..].iter().all(|name| name == "rd"), "{names:?}");
    assert!(world.names().ends_with(&["LTE_READY", "REGISTERED"]), "{:?}", world.told);
}

#[test]
fn a_new_security_context_asks_for_a_register_which_ends_observations() {
    let mut world = secure();
    observe(&mut world, "/26241/0/0", TEXT);
    link(&mut world, false);
    set(&mut world, 11);
    world.run_for(Duration::from_secs(10));
    set(&mut world, 12);
    let told = back(&mut world);
    // In blocks, where it is longer than one.
    assert!(names(&told).iter().all(|name| name == "rd"), "{told:?}");
    let from = world.mark();
    set(&mut world, 13);
    world.run_for(Duration::from_secs(10));
    assert_eq!(world.mark(), from);
}

#[test]
fn a_device_without_a_link_is_not_registered_for_the_application() {
    let mut world = World::registered();
    link(&mut world, false);
    assert!(!world.host.carrier.is_registered());
    back(&mut world);
    assert!(world.host.carrier.is_registered());
}

/// Gives /26241/0/0 these values, one a second, while there is no link; what is told when it is back.
fn away(world: &mut World, values: &[i64]) -> Vec<(u64, Message)> {
    link(world, false);
    for value in values {
        set(world, *value);
        world.run_for(Duration::from_secs(1));
    }
    back(world)
}

/// The notifications among what was told, behind the Update.
#[track_caller]
fn after_update(told: &[(u64, Message)]) -> Vec<String> {
    let mut names = names(told);
    assert!(names.first().is_some_and(|first| first.starts_with("rd/")), "{names:?}");
    names.remove(0);
    names
}

#[test]
fn values_of_a_time_without_link_are_notified_in_their_order() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0", TEXT);
    let told = away(&mut world, &[11, 12, 13]);
    assert_eq!(after_update(&told), ["11", "12", "13"]);
    assert_eq!(sequences(&told), [2, 3, 4]);
    assert!(told[1..].iter().all(|(_, message)| message.kind == Kind::NonConfirmable));
    // They are gone then; what is new is notified as ever.
    let from = world.mark();
    world.run_for(Duration::from_secs(1000));
    set(&mut world, 14);
    let told = self::told(&world, from);
    assert_eq!((names(&told), sequences(&told)), (vec!["14".to_string()], vec![5]));
}

/// The device's clock.
fn clock(world: &mut World) -> i64 {
    world.host.carrier.objects().device.clock().expect("a time")
}

#[test]
fn in_senml_they_go_in_one_notification_with_their_times() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0", SENML_JSON);
    link(&mut world, false);
    let mut records = Vec::new();
    for value in [11, 12, 13] {
        set(&mut world, value);
        records.push(format!(r#""bt":{},"v":{value}}}"#, clock(&mut world)));
        world.run_for(Duration::from_secs(60));
    }
    let told = back(&mut world);
    let expected = format!(
        r#"[{{"bn":"/26241/0/0",{},{{{},{{{},{{"bt":0,"v":13}}]"#,
        records[0], records[1], records[2]
    );
    assert_eq!(after_update(&told), [expected]);
    assert_eq!(sequences(&told), [2]);
    assert_eq!(told[1].1.uint(option::CONTENT_FORMAT), Some(110));
    // The next one is as ever.
    let from = world.mark();
    set(&mut world, 14);
    let told = self::told(&world, from);
    assert_eq!(names(&told), [r#"[{"bn":"/26241/0/0","v":14}]"#]);
}

#[test]
fn in_senml_cbor_too_with_all_that_there_is_room_for() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0", SENML_CBOR);
    let told = away(&mut world, &[11, 12, 13, 14, 15, 16, 17, 18, 19]);
    let [_, (_, notification)] = &told[..] else { panic!("{told:?}") };
    // An array of eight stored records and the present one.
    assert_eq!(notification.payload[0], 0x89);
    let hex = hex(&notification.payload);
    assert!(hex.starts_with("89a3216a2f32363234312f302f30221a"), "{hex}");
    assert!(hex.contains("020ca2221a"), "the oldest is 12: {hex}");
    assert!(hex.ends_with("a222000213"), "bt 0, v 19: {hex}");
}

#[test]
fn without_notification_storing_nothing_is_told_afterwards() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0", TEXT);
    assert_eq!(world.code(Operation::write("/1/0/6", TEXT, b"0")), Code::CHANGED);
    let told = away(&mut world, &[11, 12, 13]);
    assert_eq!(after_update(&told), [""; 0]);
    let from = world.mark();
    world.run_for(Duration::from_secs(1000));
    assert_eq!(world.mark(), from);
    set(&mut world, 14);
    let told = self::told(&world, from);
    assert_eq!((names(&told), sequences(&told)), (vec!["14".to_string()], vec![2]));
}

#[test]
fn the_maximum_historical_queue_says_how_many() {
    let kept: [(&str, &[&str]); 4] = [
        ("hqmax=1", &["13"]),
        ("hqmax=2", &["12", "13"]),
        ("hqmax=0", &[]),
        ("hqmax=9", &["11", "12", "13"]),
    ];
    for (attributes, expected) in kept {
        let mut world = World::equipped();
        observe(&mut world, "/26241/0/0", TEXT);
        // It may be written while observed, and at a higher level.
        for path in ["/26241/0/0", "/26241/0"] {
            let write = Operation::write_attributes("/26241/0/0", "hqmax");
            assert_eq!(world.code(write), Code::CHANGED);
            let write = Operation::write_attributes(path, attributes);
            assert_eq!(world.code(write), Code::CHANGED);
            let told = away(&mut world, &[11, 12, 13]);
            assert_eq!(after_update(&told), expected, "{path} {attributes}");
            set(&mut world, 10);
            world.run_for(Duration::from_secs(1));
        }
    }
}

#[test]
fn when_the_table_is_full_the_oldest_of_the_observation_that_has_most_goes() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0", TEXT);
    let told = away(&mut world, &[11, 12, 13, 14, 15, 16, 17, 18, 19, 20]);
    // There is room for eight.
    assert_eq!(after_update(&told), ["13", "14", "15", "16", "17", "18", "19", "20"]);
    assert_eq!(sequences(&told), [2, 3, 4, 5, 6, 7, 8, 9]);
    observe(&mut world, "/26241/0/7/0", TEXT);
    link(&mut world, false);
    for value in 21..=27 {
        set(&mut world, value);
        world.run_for(Duration::from_secs(1));
    }
    for value in [1, 2, 3] {
        world.set("/26241/0/7/0", &Value::Integer(value));
        world.run_for(Duration::from_secs(1));
    }
    let told = back(&mut world);
    let mut names = after_update(&told);
    names.sort_by_key(|name| name.len());
    assert_eq!(names, ["1", "2", "3", "23", "24", "25", "26", "27"]);
}

#[test]
fn periods_rule_what_is_stored() {
    let mut world = World::equipped();
    let write = Operation::write_attributes("/26241/0/0", "pmin=10&pmax=30");
    assert_eq!(world.code(write), Code::CHANGED);
    let from = world.mark();
    observe(&mut world, "/26241/0/0", SENML_JSON);
    let start = Instant::from_millis(world.sent_since(from)[0].0);
    link(&mut world, false);
    let mut times = Vec::new();
    // At 2 s and 4 s, kept at 10 s; at 15 s, kept at 20 s; then at 50 s as nothing changes.
    for (second, value) in [(2, 11), (4, 12), (15, 13)] {
        world.run_for((start + Duration::from_secs(second)).since(world.now));
        set(&mut world, value);
    }
    world.run_for((start + Duration::from_secs(55)).since(world.now));
    let now = clock(&mut world);
    for (ago, value) in [(45, 12), (35, 13), (5, 13)] {
        times.push(format!(r#""bt":{},"v":{value}}}"#, now - ago));
    }
    let told = back(&mut world);
    let names = after_update(&told);
    assert_eq!(names.len(), 1, "{names:?}");
    let expected = format!(r#"[{{"bn":"/26241/0/0",{},{{{},{{{},"#, times[0], times[1], times[2]);
    assert!(names[0].starts_with(&expected), "{expected} {names:?}");
}

#[test]
fn a_change_within_pmin_is_told_behind_what_is_stored() {
    let mut world = World::equipped();
    let write = Operation::write_attributes("/26241/0/0", "pmin=100");
    assert_eq!(world.code(write), Code::CHANGED);
    observe(&mut world, "/26241/0/0", TEXT);
    link(&mut world, false);
    set(&mut world, 11);
    world.run_for(Duration::from_secs(110));
    set(&mut world, 12);
    let told = back(&mut world);
    assert_eq!(after_update(&told), ["11"]);
    let (at, _) = told[1];
    let from = world.mark();
    world.run_for(Duration::from_secs(200));
    let told = self::told(&world, from);
    assert_eq!(names(&told), ["12"]);
    assert_eq!((told[0].0, sequences(&told)), (at + 100_000, vec![3]));
}

#[test]
fn conditions_hold_between_values_that_are_stored() {
    let mut world = World::equipped();
    let write = Operation::write_attributes("/26241/0/0", "st=5");
    assert_eq!(world.code(write), Code::CHANGED);
    observe(&mut world, "/26241/0/0", TEXT);
    let told = away(&mut world, &[12, 15, 17, 19, 20]);
    assert_eq!(after_update(&told), ["15", "20"]);
}

#[test]
fn what_is_no_number_or_several_resources_is_told_as_it_is_then() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/2", TEXT);
    observe(&mut world, "/26241/0/7", TLV);
    link(&mut world, false);
    for text in ["a", "b"] {
        world.set("/26241/0/2", &Value::String(text));
        world.run_for(Duration::from_secs(1));
    }
    for value in [1, 2] {
        world.set("/26241/0/7/0", &Value::Integer(value));
        world.run_for(Duration::from_secs(1));
    }
    let told = back(&mut world);
    assert_eq!(told.len(), 3, "{told:?}");
    let payloads: Vec<String> = told[1..].iter().map(|(_, m)| hex(&m.payload)).collect();
    assert_eq!(payloads, ["62", "86074100024103 49".replace(' ', "").as_str()]);
}

#[test]
fn a_truth_value_and_a_floating_point_number_come_back_as_they_were() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/1", TEXT);
    observe(&mut world, "/26241/0/4", TEXT);
    link(&mut world, false);
    for (float, on) in [(2.5, false), (-2.25, true)] {
        world.set("/26241/0/1", &Value::Float(float));
        world.set("/26241/0/4", &Value::Boolean(on));
        world.run_for(Duration::from_secs(1));
    }
    let mut names = after_update(&back(&mut world));
    names.sort();
    assert_eq!(names, ["-2.25", "0", "1", "2.5"]);
}

/// An equipped device whose notifications of /26241/0/0, in text, are confirmable.
fn confirmable() -> World {
    let mut world = World::equipped();
    let write = Operation::write_attributes("/26241/0/0", "con=1");
    assert_eq!(world.code(write), Code::CHANGED);
    observe(&mut world, "/26241/0/0", TEXT);
    world
}

#[test]
fn confirmable_ones_follow_each_other_when_acknowledged() {
    let mut world = confirmable();
    let told = away(&mut world, &[11, 12, 13]);
    assert_eq!(after_update(&told), ["11", "12", "13"]);
    assert_eq!(sequences(&told), [2, 3, 4]);
    assert!(told.iter().all(|(_, message)| message.kind == Kind::Confirmable));
    // Each waits for the acknowledgement of the one before, 40 ms.
    assert!(told.windows(2).all(|pair| pair[0].0 + 40 == pair[1].0), "{told:?}");
}

#[test]
fn what_nobody_acknowledges_stays_and_sequence_numbers_never_fall() {
    let mut world = confirmable();
    link(&mut world, false);
    for value in [11, 12] {
        set(&mut world, value);
        world.run_for(Duration::from_secs(1));
    }
    let from = world.mark();
    link(&mut world, true);
    // The Update is taken, then nothing arrives any more.
    world.run_until(Duration::from_secs(10), &mut |w| told(w, from).len() == 2);
    world.cut_off(true);
    world.run_for(Duration::from_secs(60));
    // The link is lost with it.
    link(&mut world, false);
    world.cut_off(false);
    set(&mut world, 13);
    link(&mut world, true);
    world.run_for(Duration::from_secs(10));
    let told = told(&world, from);
    let mut names = names(&told);
    names.dedup();
    assert_eq!(names[1..2], ["11"]);
    assert!(names[2].starts_with("rd/"));
    assert_eq!(names[3..], ["11", "12", "13"]);
    let sequences = sequences(&told);
    assert!(sequences.windows(2).all(|pair| pair[0] <= pair[1]), "{sequences:?}");
    assert_eq!(sequences.last(), Some(&5));
}

#[test]
fn what_timed_out_is_told_when_the_server_answers_again() {
    let mut world = confirmable();
    link(&mut world, false);
    for value in [11, 12] {
        set(&mut world, value);
        world.run_for(Duration::from_secs(1));
    }
    let from = world.mark();
    link(&mut world, true);
    world.run_until(Duration::from_secs(10), &mut |w| told(w, from).len() == 2);
    world.cut_off(true);
    world.run_until(Duration::from_secs(200), &mut |w| {
        told(w, from).iter().filter(|(_, message)| path(message).starts_with("rd/")).count() > 1
    });
    world.cut_off(false);
    world.run_for(Duration::from_secs(30));
    let told = told(&world, from);
    let mut names = names(&told);
    names.dedup();
    assert_eq!(names[1..2], ["11"]);
    assert!(names[2].starts_with("rd/"));
    assert_eq!(names[3..], ["11", "12"]);
}

#[test]
fn a_reset_of_a_stored_value_cancels_and_the_others_are_forgotten() {
    for format in [TEXT, SENML_CBOR] {
        let mut world = World::equipped();
        let write = Operation::write_attributes("/26241/0/0", "con=1");
        assert_eq!(world.code(write), Code::CHANGED);
        observe(&mut world, "/26241/0/0", format);
        let operation = Operation::observe("/26241/0/0").accept(format);
        assert!(world.air.borrow_mut().server(0).forget_observation(ENDPOINT, &operation));
        let told = away(&mut world, &[11, 12, 13]);
        assert_eq!(told.len(), 2, "{told:?}");
        let from = world.mark();
        set(&mut world, 14);
        world.run_for(Duration::from_secs(100));
        assert_eq!(world.mark(), from);
        // Another observation does not inherit them.
        observe(&mut world, "/26241/0/0", format);
        let told = away(&mut world, &[15]);
        assert_eq!(told.len(), 2, "{told:?}");
    }
}

#[test]
fn what_is_gone_by_then_is_told_to_be_gone() {
    let mut world = World::equipped_with(2, |_| {});
    observe(&mut world, "/26241/1/0", TEXT);
    observe(&mut world, "/26241/0/0", TEXT);
    link(&mut world, false);
    world.set("/26241/1/0", &Value::Integer(11));
    set(&mut world, 21);
    world.run_for(Duration::from_secs(1));
    let objects = world.host.carrier.objects();
    let object = objects.get_mut(26241).expect("the object");
    object.delete(1, &mut lwm2m_carrier::lwm2m::Context::new(0)).expect("deleted");
    let gone = Path::parse("/26241/1").unwrap();
    world.host.input(Input::Changed(gone));
    world.run_for(Duration::from_secs(1));
    let mut names = after_update(&back(&mut world));
    names.sort();
    assert_eq!(names, ["21", "4.04"]);
}

#[test]
fn a_pack_of_stored_values_is_never_longer_than_a_block() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/1", SENML_JSON);
    link(&mut world, false);
    let values: Vec<f64> = (1..=8).map(|n| -1.234_567_890_123_456_7e-200 * f64::from(n)).collect();
    for value in &values {
        world.set("/26241/0/1", &Value::Float(*value));
        world.run_for(Duration::from_secs(1));
    }
    let told = back(&mut world);
    let packs = after_update(&told);
    // 420 bytes.
    assert_eq!(packs.len() > 1, BLOCK < 512, "{packs:?}");
    assert!(packs.iter().all(|pack| pack.len() <= BLOCK), "{packs:?}");
    assert!(told.iter().all(|(_, message)| message.uint(option::BLOCK2).is_none()));
    // Each pack is whole, all values are there in their order, and the present one is the last.
    let number = |record: &serde_json::Value| record["v"].as_f64().expect("a number");
    let mut all = Vec::new();
    for pack in &packs {
        let pack: serde_json::Value = serde_json::from_str(pack).expect("JSON");
        all.extend(pack.as_array().expect("a pack").iter().map(number));
    }
    // serde_json is not exact in the last digit.
    let values = values.iter().chain(values.last());
    assert!(all.len() == 9 && all.iter().zip(values).all(|(a, b)| (a / b - 1.0).abs() < 1e-12));
}

#[test]
fn stored_values_stay_with_their_observation_when_another_one_ends() {
    let mut world = World::equipped();
    let paths = ["/26241/0/7/0", "/26241/0/0", "/26241/0/7/3"];
    for path in paths {
        let write = Operation::write_attributes(path, "con=1");
        assert_eq!(world.code(write), Code::CHANGED);
        observe(&mut world, path, TEXT);
    }
    // The server knows nothing of the first one any more.
    let operation = Operation::observe(paths[0]).accept(TEXT);
    assert!(world.air.borrow_mut().server(0).forget_observation(ENDPOINT, &operation));
    link(&mut world, false);
    for n in [1, 2] {
        for (path, value) in paths.iter().zip([100, 200, 300]) {
            world.set(path, &Value::Integer(value + n));
        }
        world.run_for(Duration::from_secs(1));
    }
    let names = after_update(&back(&mut world));
    let of =
        |hundred: char| names.iter().filter(|name| name.starts_with(hundred)).collect::<Vec<_>>();
    assert_eq!(of('1'), ["101"]);
    assert_eq!(of('2'), ["201", "202"]);
    assert_eq!(of('3'), ["301", "302"]);
}

#[test]
fn a_body_in_blocks_is_notified_when_the_link_is_back() {
    let mut world = World::equipped_with(12, |_| {});
    observe(&mut world, "/26241", SENML_JSON);
    link(&mut world, false);
    set(&mut world, 11);
    let told = back(&mut world);
    let (_, notification) = &told[1];
    assert!(notification.uint(option::BLOCK2).is_some(), "{told:?}");
    let mut air = world.air.borrow_mut();
    let last = air.server(0).observations().next().unwrap().last.clone().expect("notified");
    let records: serde_json::Value = serde_json::from_slice(&last.payload).expect("all of it");
    assert_eq!(records[0]["v"], 11);
}

#[test]
fn a_notification_that_the_link_was_lost_with_is_told_again() {
    let mut world = confirmable();
    world.cut_off(true);
    set(&mut world, 11);
    world.run_for(Duration::from_secs(1));
    link(&mut world, false);
    world.cut_off(false);
    let told = back(&mut world);
    assert_eq!(after_update(&told), ["11"]);
    assert_eq!(sequences(&told), [3]);
}

#[test]
fn that_something_is_gone_is_told_again_too() {
    let mut world = World::equipped_with(2, |_| {});
    let write = Operation::write_attributes("/26241/1/0", "con=1");
    assert_eq!(world.code(write), Code::CHANGED);
    observe(&mut world, "/26241/1/0", TEXT);
    world.cut_off(true);
    let delete = request(Code::DELETE, "/26241/1");
    assert_eq!(world.deliver(0, &delete.encode()).len(), 2, "the answer and the notification");
    link(&mut world, false);
    world.cut_off(false);
    assert_eq!(after_update(&back(&mut world)), ["4.04"]);
    assert_eq!(world.air.borrow_mut().server(0).observations().count(), 0);
    let from = world.mark();
    world.run_for(Duration::from_secs(1000));
    assert_eq!(world.mark(), from);
}

#[test]
fn a_secure_session_that_is_resumed_keeps_registration_and_stored_values() {
    let mut world = secure();
    world.air.borrow_mut().resumes = true;
    observe(&mut world, "/26241/0/0", TEXT);
    let told = away(&mut world, &[11, 12]);
    assert_eq!(after_update(&told), ["11", "12"]);
    assert!(world.names().ends_with(&["CONNECTED", "LTE_READY", "REGISTERED"]), "{:?}", world.told);
}

#[test]
fn a_session_that_cannot_be_opened_does_not_end_the_registration_either() {
    let mut world = World::equipped();
    observe(&mut world, "/26241/0/0", TEXT);
    link(&mut world, false);
    set(&mut world, 11);
    let from = world.mark();
    link(&mut world, true);
    // Say that the server's name cannot be resolved yet.
    let closed = Input::Closed(SessionId(0), SessionFault::NoRoute);
    world.host.carrier.handle(world.now, closed);
    world.run_for(Duration::from_secs(1));
    assert_eq!(told(&world, from), []);
    assert!(world.names().last().is_some_and(|name| name.starts_with("DEFERRED")));
    set(&mut world, 12);
    world.run_for(Duration::from_secs(600));
    let told = told(&world, from);
    assert_eq!(after_update(&told), ["11", "12"]);
    assert_eq!(world.names().last(), Some(&"REGISTERED"));
}
