//! Register, Update, De-register (Core 6.2, Transport 6.4.1 and 6.4.3).

use crate::bench::*;
use lwm2m_carrier::lwm2m::Version;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::server::Answers;

/// What Register lists.
fn list() -> String {
    "\
    </1/0>,</3/0>,</4>;ver=1.3,</4/0>,</5/0>"
        .to_string()
        + &registered_further()
}

fn managed_by(config: ServerConfig, change: impl FnOnce(&mut Config)) -> World {
    let mut device = world::config(world::management_server(false, 300));
    change(&mut device);
    let world = World::new(device, Weather::FAIR, 1);
    world.serve("dm.example", config);
    world
}

type Config = lwm2m_carrier::carrier::Config<'static>;

/// The Registers of the device so far.
fn registers(world: &World) -> Vec<(u64, Message)> {
    let sent = world.requests(0, Code::POST).into_iter();
    sent.filter(|(_, message)| path(message) == "rd").collect()
}

fn registered_at(world: &World) -> u64 {
    let told = world.told.iter().rev().find(|(_, name)| name == "REGISTERED");
    told.expect("registered").0.as_millis()
}

#[test]
fn lightweightm2m_1_1_int_101_initial_registration() {
    let mut world = World::managed(300, 1);
    world.register();
    let [(_, register)] = &registers(&world)[..] else { panic!("one Register") };
    assert_eq!((register.kind, register.code), (Kind::Confirmable, Code::POST));
    assert_eq!(
        register.options,
        [
            (option::URI_PATH, b"rd".to_vec()),
            (option::CONTENT_FORMAT, vec![40]),
            (option::URI_QUERY, b"lwm2m=1.1".to_vec()),
            (option::URI_QUERY, b"ep=urn:test:device".to_vec()),
            (option::URI_QUERY, b"lt=300".to_vec()),
        ]
    );
    assert_eq!(text(&register.payload), list());
    let mut air = world.air.borrow_mut();
    let registration = air.server(0).registration(ENDPOINT).expect("registered");
    assert_eq!((registration.version.as_str(), registration.queue_mode), ("1.1", false));
    assert_eq!(registration.lifetime, Duration::from_secs(300));
}

#[test]
fn lightweightm2m_1_1_int_102_registration_update() {
    let mut world = World::managed(300, 1);
    world.register();
    let from = world.mark();
    assert_eq!(world.code(Operation::write("/1/0/1", TEXT, b"60")), Code::CHANGED);
    world.run_for(Duration::from_secs(1));
    let sent = world.sent_since(from);
    let [(answered, answer), (updated, update)] = &sent[..] else { panic!("{sent:?}") };
    // The answer comes first, the Update at once behind it.
    assert_eq!((answer.kind, answer.code), (Kind::Acknowledgement, Code::CHANGED));
    assert_eq!((update.kind, update.code), (Kind::Confirmable, Code::POST));
    assert_eq!(answered, updated);
    assert!(path(update).starts_with("rd/"));
    assert_eq!(queries(update), ["lt=60"]);
    assert!(update.payload.is_empty());
    assert_eq!(update.uint(option::CONTENT_FORMAT), None);
    // A lifetime that leaves no room for retransmissions is renewed at its half, with nothing to
    // say that the server does not know.
    let from = world.mark();
    let (renewed, update) = world.next_sent(from, 60);
    assert_eq!(renewed, updated + 30_000);
    assert!(queries(&update).is_empty() && update.payload.is_empty());
    let lifetime =
        |world: &World| world.air.borrow_mut().server(0).registration(ENDPOINT).map(|r| r.lifetime);
    world.run_for(Duration::from_secs(300));
    assert_eq!(lifetime(&world), Some(Duration::from_secs(60)));
}

#[test]
fn lightweightm2m_1_1_int_103_deregistration() {
    let mut world = World::managed(300, 1);
    world.register();
    assert_eq!(world.code(Operation::write("/1/0/5", TEXT, b"100")), Code::CHANGED);
    let from = world.mark();
    assert_eq!(world.code(Operation::execute("/1/0/4", "")), Code::CHANGED);
    world.run_for(Duration::from_millis(40));
    let sent = world.sent_since(from);
    let [(_, answer), (left, delete)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((answer.kind, answer.code), (Kind::Acknowledgement, Code::CHANGED));
    assert_eq!((delete.kind, delete.code), (Kind::Confirmable, Code::DELETE));
    assert!(path(delete).starts_with("rd/") && delete.payload.is_empty());
    assert!(queries(delete).is_empty());
    let done = world.server_events();
    assert!(done.contains(&ServerEvent::Deregistered { endpoint: ENDPOINT.into() }), "{done:?}");
    assert_eq!(world.names().last(), Some(&"DEREGISTERED"));
    // Back after the Disable Timeout, counted from the answer to De-register.
    let from = world.mark();
    let (back, register) = world.next_sent(from, 200);
    // The new session is there 20 ms after it was asked for.
    assert_eq!(back, left + 40 + 100_000 + 20);
    assert_eq!(path(&register), "rd");
    assert!(world.run_until_told(Duration::from_secs(5), "REGISTERED"));
}

#[test]
fn a_server_without_disable_timeout_is_left_alone_for_a_day() {
    let mut world = World::managed(300, 1);
    world.register();
    world.code(Operation::execute("/1/0/4", ""));
    world.run_for(Duration::from_secs(1));
    let from = world.mark();
    world.run_for(Duration::from_secs(86_398));
    assert!(world.sent_since(from).is_empty());
    world.run_for(Duration::from_secs(2));
    assert_eq!(path(&world.sent_since(from)[0].1), "rd");
}

#[test]
fn lightweightm2m_1_1_int_104_registration_update_trigger() {
    let mut world = World::managed(300, 1);
    world.register();
    let from = world.mark();
    assert_eq!(world.code(Operation::execute("/1/0/8", "")), Code::CHANGED);
    world.run_for(Duration::from_secs(1));
    let sent = world.sent_since(from);
    let [(_, answer), (_, update)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!((answer.kind, answer.code), (Kind::Acknowledgement, Code::CHANGED));
    assert_eq!((update.kind, update.code), (Kind::Confirmable, Code::POST));
    assert!(path(update).starts_with("rd/"));
    assert!(queries(update).is_empty() && update.payload.is_empty());
    let updated = ServerEvent::Updated { endpoint: ENDPOINT.into(), links: false };
    assert!(world.server_events().contains(&updated));
}

#[test]
fn lightweightm2m_1_1_int_105_discarded_register_update() {
    let mut world = World::managed(300, 1);
    world.register();
    world.air.borrow_mut().server(0).forget(ENDPOINT);
    let from = world.mark();
    world.run_for(Duration::from_secs(300));
    let sent = world.sent_since(from);
    let [(updated, update), (registered, register), ..] = &sent[..] else { panic!("{sent:?}") };
    assert!(path(update).starts_with("rd/"));
    // 4.04 takes 40 ms, and Register is sent at once.
    assert_eq!((path(register).as_str(), *registered), ("rd", updated + 40));
    assert_eq!(text(&register.payload), list());
    assert_ne!((update.id, &update.token), (register.id, &register.token));
}

#[test]
fn lightweightm2m_1_1_int_107_extending_the_lifetime() {
    let mut world = World::managed(300, 1);
    world.register();
    let begun = registers(&world)[0].0;
    let from = world.mark();
    let (renewed, update) = world.next_sent(from, 300);
    // MAX_TRANSMIT_WAIT before the end, so that every retransmission still counts.
    assert_eq!(renewed, begun + (300 - 93) * 1000);
    assert!(queries(&update).is_empty() && update.payload.is_empty());
    assert_eq!(world.code(Operation::write("/1/0/1", TEXT, b"1000")), Code::CHANGED);
    let from = world.mark();
    let (updated, update) = world.next_sent(from - 1, 10);
    let (updated, update) = match update.code {
        Code::POST => (updated, update),
        _ => world.sent_since(from - 1).into_iter().nth(1).expect("an Update"),
    };
    assert_eq!(queries(&update), ["lt=1000"]);
    let from = world.mark() + 1;
    let (renewed, _) = world.next_sent(from, 1000);
    assert_eq!(renewed, updated + (1000 - 93) * 1000);
    world.run_for(Duration::from_secs(10_000));
    let expired = world.server_events();
    assert!(!expired.iter().any(|event| matches!(event, ServerEvent::Expired { .. })));
}

#[test]
fn lightweightm2m_1_1_int_108_turn_on_queue_mode() {
    let mut world = managed_by(ServerConfig::management(), |config| config.queue_mode = true);
    world.register();
    let register = &registers(&world)[0].1;
    assert_eq!(queries(register), ["lwm2m=1.1", "ep=urn:test:device", "lt=300", "Q"]);
    let mut air = world.air.borrow_mut();
    assert!(air.server(0).registration(ENDPOINT).expect("registered").queue_mode);
}

#[test]
fn queue_mode_is_a_letter_of_the_binding_in_1_0() {
    let mut world = managed_by(ServerConfig::management(), |config| {
        config.queue_mode = true;
        config.version = Version::V1_0;
    });
    world.register();
    let register = &registers(&world)[0].1;
    assert_eq!(queries(register), ["lwm2m=1.0", "ep=urn:test:device", "lt=300", "b=UQ"]);
    assert_eq!(world.text("/3/0/16"), "UQ");
}

#[test]
fn a_server_turns_queue_mode_on_by_the_binding() {
    // In 1.0 the binding has the letter, in 1.1 the query `Q` says so.
    for (version, expected) in [(Version::V1_0, &["b=UQ"][..]), (Version::V1_1, &["b=U", "Q"])] {
        let mut world = managed_by(ServerConfig::management(), |config| config.version = version);
        world.register();
        let from = world.mark();
        assert_eq!(world.code(Operation::write("/1/0/7", TEXT, b"UQ")), Code::CHANGED);
        world.run_for(Duration::from_secs(1));
        let (_, update) = &world.requests(from, Code::POST)[0];
        assert_eq!(queries(update), expected);
        let mut air = world.air.borrow_mut();
        assert!(air.server(0).registration(ENDPOINT).expect("registered").queue_mode);
    }
}

#[test]
fn lightweightm2m_1_1_int_109_behaviour_in_queue_mode() {
    let mut world = managed_by(ServerConfig::management(), |config| config.queue_mode = true);
    world.register();
    // The device is awake for 93 s after what it sent last.
    assert_eq!(world.text("/3/0/1"), "SIM91");
    world.run_for(Duration::from_secs(100));
    let from = world.mark();
    let id = world.air.borrow_mut().server(0).request(ENDPOINT, Operation::read("/3/0/0"));
    let answered = |world: &World| {
        let air = world.air.borrow();
        air.events.iter().find_map(|(at, _, event)| match event {
            ServerEvent::Response { id: of, code, .. } if *of == id => {
                Some((at.as_millis(), *code))
            }
            _ => None,
        })
    };
    world.run_for(Duration::from_secs(100));
    assert_eq!((answered(&world), world.mark()), (None, from), "the server waits");
    world.run_for(Duration::from_secs(10));
    let sent = world.sent_since(from);
    let [(updated, update), (_, answer)] = &sent[..] else { panic!("{sent:?}") };
    assert!(path(update).starts_with("rd/"));
    assert_eq!(answer.code, Code::CONTENT);
    assert_eq!(answered(&world), Some((updated + 60, Code::CONTENT)));
}

#[test]
fn a_version_that_the_server_refuses_leads_to_1_0() {
    let config = ServerConfig { versions: vec!["1.0".into()], ..ServerConfig::management() };
    let mut world = managed_by(config, |_| {});
    world.register();
    let registers = registers(&world);
    let [(first, modern), (second, old)] = &registers[..] else { panic!("{registers:?}") };
    assert_eq!(queries(modern), ["lwm2m=1.1", "ep=urn:test:device", "lt=300"]);
    assert_eq!(queries(old), ["lwm2m=1.0", "ep=urn:test:device", "lt=300"]);
    let further = registered_further_1_0();
    assert_eq!(text(&old.payload), format!("</1/0>,</3/0>,</4/0>,</5/0>{further}"));
    assert_eq!(*second, first + 40, "at once, not as a failed attempt");
    assert!(!world.names().iter().any(|name| name.starts_with("DEFERRED")));
    // TLV is what a 1.0 server gets unless it asks for something else.
    let response = world.ask(0, Operation::read("/3/0"));
    assert_eq!((response.code, response.content_format), (Code::CONTENT, Some(TLV)));
}

#[test]
fn a_version_refused_twice_is_a_failed_attempt() {
    let config = ServerConfig { versions: vec!["2.0".into()], ..ServerConfig::management() };
    let mut world = managed_by(config, |_| {});
    world.start();
    world.run_for(Duration::from_secs(20));
    let versions: Vec<String> =
        registers(&world).iter().map(|(_, register)| queries(register)[0].clone()).collect();
    assert_eq!(versions, ["lwm2m=1.1", "lwm2m=1.0"]);
    assert!(world.names().last().unwrap().starts_with("DEFERRED 7 "));
}

#[test]
fn locations_may_have_one_segment_or_many() {
    for location in [vec![], vec!["rd", "a", "bc", "def"]] {
        let location: Vec<String> = location.into_iter().map(String::from).collect();
        let config = ServerConfig { location: location.clone(), ..ServerConfig::management() };
        let mut world = managed_by(config, |_| {});
        world.register();
        let expected = {
            let mut air = world.air.borrow_mut();
            air.server(0).registration(ENDPOINT).expect("registered").location.clone()
        };
        assert_eq!(expected.len(), location.len() + 1);
        let from = world.mark();
        world.run_for(Duration::from_secs(300));
        let (_, update) = &world.sent_since(from)[0];
        assert_eq!(update.texts(option::URI_PATH), Some(expected));
        assert_eq!(registers(&world).len(), 1, "the Update was taken");
    }
}

#[test]
fn the_path_of_the_server_uri_comes_before_rd() {
    let server = lwm2m_carrier::carrier::ServerConfig {
        uri: "coap://dm.example/a/b",
        ..world::management_server(false, 300)
    };
    let mut world = World::new(world::config(server), Weather::FAIR, 1);
    let config = ServerConfig::management();
    world.serve("dm.example", config);
    world.start();
    world.run_for(Duration::from_secs(2));
    assert_eq!(path(&world.sent_since(0)[0].1), "a/b/rd");
}

#[test]
fn a_new_list_of_instances_is_sent_and_nothing_else() {
    let mut world = World::equipped();
    let from = world.mark();
    let create = Operation::create("/26241", TLV, &unhex("0305 c10007"));
    let response = world.ask(0, create);
    assert_eq!(response.code, Code::CREATED);
    world.run_for(Duration::from_secs(1));
    let sent = world.sent_since(from);
    let [_, (_, update)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(update.uint(option::CONTENT_FORMAT), Some(40));
    assert!(queries(update).is_empty());
    assert_eq!(text(&update.payload), format!("{},</26241/0>,</26241/5>", list()));
    let updated = ServerEvent::Updated { endpoint: ENDPOINT.into(), links: true };
    assert!(world.server_events().contains(&updated));
}

#[test]
fn an_object_without_instances_has_a_link_of_its_own() {
    let config = world::config(world::management_server(false, 300));
    let world = World::equipped_as(config, 0, ServerConfig::management());
    assert_eq!(text(&registers(&world)[0].1.payload), format!("{},</26241>", list()));
}

#[test]
fn a_long_list_is_registered_in_blocks() {
    for (size, blocks) in [(1024, 512), (64, 64)] {
        let config = world::config(world::management_server(false, 300));
        let world = World::equipped_as(
            config,
            200,
            ServerConfig { block_size: size, ..ServerConfig::management() },
        );
        let registers = registers(&world);
        let mut whole = Vec::new();
        for (index, (_, register)) in registers.iter().enumerate() {
            let block = register.block(option::BLOCK1).unwrap().expect("Block1");
            // The first block may be larger than what the server then asks for.
            let expected = if index == 0 { 512 } else { blocks };
            assert_eq!((block.offset(), block.size()), (whole.len(), expected));
            assert_eq!(block.more, index + 1 < registers.len());
            assert_eq!(queries(register), ["lwm2m=1.1", "ep=urn:test:device", "lt=300"]);
            assert_eq!(register.uint(option::CONTENT_FORMAT), Some(40));
            whole.extend(&register.payload);
        }
        assert!(registers.len() > 4);
        let instances: String = (0..200).map(|id| format!(",</26241/{id}>")).collect();
        assert_eq!(text(&whole), list() + &instances);
        let mut air = world.air.borrow_mut();
        let registration = air.server(0).registration(ENDPOINT).expect("registered");
        assert!(registration.lists("/26241/199"));
    }
}

#[test]
fn separate_answers_are_taken_and_acknowledged() {
    let second = Duration::from_secs(1);
    for (answers, kind) in [
        (Answers::Separate(second), Kind::Confirmable),
        (Answers::NonConfirmable(second), Kind::NonConfirmable),
    ] {
        let config = ServerConfig { answers, ..ServerConfig::management() };
        let mut world = managed_by(config, |_| {});
        world.register();
        world.run_for(second);
        let (_, register) = &registers(&world)[0];
        let air = world.air.borrow();
        let down = air.trace.iter().filter(|(_, up, _)| !up);
        let down: Vec<Message> = down.map(|(_, _, bytes)| Message::parse(bytes).unwrap()).collect();
        let [acknowledgement, answer] = &down[..] else { panic!("{down:?}") };
        assert_eq!(*acknowledgement, Message::empty(Kind::Acknowledgement, register.id));
        assert_eq!((answer.kind, &answer.token), (kind, &register.token));
        let acknowledged = Message::empty(Kind::Acknowledgement, answer.id);
        drop(air);
        let sent = world.sent_since(0);
        assert_eq!(registers(&world).len(), 1, "no retransmission after the acknowledgement");
        match kind {
            Kind::Confirmable => assert_eq!(sent[1].1, acknowledged),
            _ => assert_eq!(sent.len(), 1),
        }
    }
}

#[test]
fn stopping_deregisters() {
    let mut world = World::managed(300, 1);
    world.register();
    let from = world.mark();
    world
        .host
        .input(lwm2m_carrier::carrier::Input::Request(lwm2m_carrier::carrier::Request::Deregister));
    world.run_for(Duration::from_secs(1));
    let sent = world.sent_since(from);
    let [(_, delete)] = &sent[..] else { panic!("{sent:?}") };
    assert_eq!(delete.code, Code::DELETE);
    assert_eq!(world.names().last(), Some(&"DEREGISTERED"));
    let from = world.mark();
    world.run_for(Duration::from_secs(100_000));
    assert_eq!(world.mark(), from, "nothing more is said");
}

#[test]
fn a_new_registration_ends_the_observations_of_the_old_one() {
    let mut world = World::equipped();
    assert_eq!(world.ask(0, Operation::observe("/26241/0/0")).observe, Some(1));
    world.air.borrow_mut().server(0).forget(ENDPOINT);
    let before = registered_at(&world);
    world
        .host
        .input(lwm2m_carrier::carrier::Input::Request(lwm2m_carrier::carrier::Request::Register));
    world.run_for(Duration::from_secs(1));
    assert_eq!(registers(&world).len(), 2);
    assert_eq!(registered_at(&world), before, "the application is told once");
    let from = world.mark();
    world.set("/26241/0/0", &Value::Integer(11));
    world.run_for(Duration::from_secs(10));
    assert!(world.sent_since(from).is_empty());
}
