//! The bootstrap interface (Core 6.1, Transport 6.4.2).

use crate::bench::*;
use crate::world::{IDENTITY, KEY};
use lwm2m_carrier::lwm2m::Version;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::server::{
    Accounts, BootstrapPlan, Datum, Security, ServerAccount, Step, encode_instance, encode_object,
};

type DeviceServer = lwm2m_carrier::carrier::ServerConfig<'static>;

/// A device without accounts, a bootstrap server with this plan, and a management server.
fn device(plan: BootstrapPlan) -> World {
    device_with(plan, |_| {}, |_| {})
}

fn device_with(
    plan: BootstrapPlan,
    server: impl FnOnce(&mut DeviceServer),
    change: impl FnOnce(&mut ServerConfig),
) -> World {
    let mut account = world::bootstrap_server(false);
    server(&mut account);
    let mut config = world::config(account);
    config.version = Version::V1_1;
    let world = World::new(config, Weather::FAIR, 1);
    let mut bootstrap = ServerConfig::bootstrap(plan);
    change(&mut bootstrap);
    world.serve("bs.example", bootstrap);
    world.serve("dm.example", ServerConfig::management());
    world.serve("dm2.example", ServerConfig::management());
    world
}

fn security(instance: u16, uri: &str, short_id: u16) -> Step {
    let account = Security::no_sec(instance, uri, short_id);
    let path = format!("/0/{instance}");
    Step::Write(path.clone(), TLV, encode_instance(TLV, &path, &account.resources()).unwrap())
}

fn server(instance: u16, short_id: u16) -> Step {
    let account = ServerAccount::new(instance, short_id, 300);
    let path = format!("/1/{instance}");
    Step::Write(path.clone(), TLV, encode_instance(TLV, &path, &account.resources()).unwrap())
}

fn good() -> [Step; 3] {
    [security(1, "coap://dm.example", 101), server(0, 101), Step::Finish]
}

fn steps<const N: usize>(steps: [Step; N]) -> BootstrapPlan {
    BootstrapPlan::Steps(steps.into_iter().chain(good()).collect())
}

/// What the device answered to the steps, by code and text.
fn answers(world: &World) -> Vec<(Code, String)> {
    let air = world.air.borrow();
    let answers = air.events.iter().filter_map(|(_, _, event)| match event {
        ServerEvent::BootstrapAnswer { code, payload, .. } => {
            Some((*code, String::from_utf8_lossy(payload).into_owned()))
        }
        _ => None,
    });
    answers.collect()
}

fn codes(world: &World) -> Vec<Code> {
    answers(world).into_iter().map(|(code, _)| code).collect()
}

/// How many Bootstrap-Requests came.
fn started(world: &World) -> usize {
    let air = world.air.borrow();
    let is = |event: &ServerEvent| matches!(event, ServerEvent::BootstrapStarted { .. });
    air.events.iter().filter(|(_, _, event)| is(event)).count()
}

const CHANGED: Code = Code::CHANGED;
const DELETED: Code = Code::DELETED;

#[test]
fn lightweightm2m_1_1_int_0_client_initiated_bootstrap() {
    let mut world = device(world::accounts(false, 300));
    world.register();
    let (_, request) = &world.sent_since(0)[0];
    assert_eq!((request.kind, request.code), (Kind::Confirmable, Code::POST));
    assert_eq!(
        request.options,
        [
            (option::URI_PATH, b"bs".to_vec()),
            (option::URI_QUERY, b"ep=urn:test:device".to_vec()),
            (option::URI_QUERY, b"pct=112".to_vec()),
        ]
    );
    assert!(request.payload.is_empty());
    // Delete of everything, Write of two instances, Finish.
    assert_eq!(codes(&world), [DELETED, CHANGED, CHANGED, CHANGED]);
    assert!(answers(&world).iter().all(|(_, payload)| payload.is_empty()));
    let events = world.names();
    assert_eq!(events[events.len() - 3..], ["BOOTSTRAPPED", "LTE_READY", "REGISTERED"]);
}

#[test]
fn lightweightm2m_1_1_int_1_client_initiated_bootstrap_full_with_psk() {
    for format in [TLV, SENML_CBOR] {
        let config = world::config(world::bootstrap_server(true));
        let mut world = World::new(config, Weather::FAIR, 1);
        let accounts = Accounts {
            format: Some(format),
            ..Accounts::new(
                vec![Security::psk(1, "coaps://dm.example:5684", 101, b"dm-id", b"dm key")],
                vec![ServerAccount::new(0, 101, 300)],
            )
        };
        let bootstrap = ServerConfig::bootstrap(BootstrapPlan::Accounts(accounts));
        let mut air = world.air.borrow_mut();
        air.add("bs.example", 5684, Some((IDENTITY, KEY)), Server::new(bootstrap));
        let key = Some((b"dm-id".as_slice(), b"dm key".as_slice()));
        air.add("dm.example", 5684, key, Server::new(ServerConfig::management()));
        drop(air);
        world.register();
        assert_eq!(codes(&world), [DELETED, CHANGED, CHANGED, CHANGED], "format {format}");
        assert_eq!(world.ask(1, Operation::read("/1/0/0").accept(TEXT)).payload, b"101");
    }
}

#[test]
fn a_client_of_1_0_says_no_preferred_format() {
    let mut account = world::config(world::bootstrap_server(false));
    account.version = Version::V1_0;
    let mut world = World::new(account, Weather::FAIR, 1);
    let bootstrap = ServerConfig::bootstrap(world::accounts(false, 300));
    world.serve("bs.example", bootstrap);
    world.start();
    world.run_for(Duration::from_secs(5));
    assert_eq!(queries(&world.sent_since(0)[0].1), ["ep=urn:test:device"]);
}

#[test]
fn the_hold_off_time_is_waited_for_the_server_to_begin() {
    let mut world = device_with(world::accounts(false, 300), |s| s.hold_off = 30, |_| {});
    world.start();
    world.run_for(Duration::from_secs(25));
    assert_eq!(started(&world), 0);
    assert!(world.run_until_told(Duration::from_secs(10), "REGISTERED"));
    let connected = world.told.iter().find(|(_, name)| name == "init 0").unwrap().0.as_millis();
    assert_eq!(world.sent_since(0)[0].0, connected + 30_000 + 20);
}

#[test]
fn lightweightm2m_1_1_int_4_bootstrap_delete() {
    let mut world = device(steps([
        security(3, "coap://old.example", 7),
        server(5, 7),
        Step::Delete("/0/3".into()),
        Step::Delete("/1/5".into()),
        Step::Discover("/".into()),
        security(3, "coap://old.example", 7),
        server(5, 7),
        Step::Delete("/0".into()),
        Step::Delete("/1".into()),
        Step::Discover("/".into()),
        Step::Delete("/".into()),
        Step::Discover("/".into()),
    ]));
    world.register();
    let answers = answers(&world);
    let found = |step: usize| answers[step].1.as_str();
    // The account of the bootstrap server and the objects of the device stay.
    let rest = "</>;lwm2m=1.1,</0>,</0/0>;uri=\"coap://bs.example\",</1>,</2>,</3>,</3/0>,\
        </4>;ver=1.3,</4/0>,</5>,</5/0>"
        .to_string()
        + &discovered_further();
    for step in [4, 9, 11] {
        assert_eq!((answers[step].0, found(step)), (Code::CONTENT, &*rest), "{step}");
    }
    for step in [2, 3, 7, 8, 10] {
        assert_eq!(answers[step], (DELETED, String::new()), "{step}");
    }
}

#[test]
fn what_cannot_be_deleted_is_refused() {
    let mut world = device(steps([
        Step::Delete("/0/0".into()),
        Step::Delete("/3/0".into()),
        Step::Delete("/9999".into()),
        Step::Delete("/1/7".into()),
        Step::Delete("/1/0/1".into()),
    ]));
    world.register();
    assert!(
        codes(&world)[..5].iter().all(|code| *code == Code::BAD_REQUEST),
        "{:?}",
        codes(&world)
    );
}

#[test]
fn lightweightm2m_1_1_int_5_server_initiated_bootstrap() {
    let mut world = device(world::accounts(false, 300));
    world.register();
    let from = world.mark();
    assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, CHANGED);
    assert!(world.run_until_told(Duration::from_secs(10), "REGISTERED"));
    assert_eq!(started(&world), 2);
    // De-register, Bootstrap-Request, four answers, Register.
    let sent = world.sent_since(from);
    let paths: Vec<String> = sent
        .iter()
        .filter(|(_, message)| message.code.class() == 0 && message.code != Code::EMPTY)
        .map(|(_, message)| path(message))
        .collect();
    assert!(paths[0].starts_with("rd/"));
    assert_eq!(paths[1..], ["bs", "rd"]);
}

#[test]
fn lightweightm2m_1_1_int_6_bootstrap_sequence() {
    // A device with a server's account registers; it does not ask for a bootstrap first.
    let mut world = device(world::accounts(false, 300));
    world.register();
    let state =
        std::mem::replace(&mut world.host.state, lwm2m_carrier_sim::state::State::in_memory());
    let config = world::config(world::bootstrap_server(false));
    let modem = lwm2m_carrier_sim::modem::Config::default();
    let mut again = World::with(config, Weather::FAIR, 2, &mut [], modem, state);
    let bootstrap = ServerConfig::bootstrap(world::accounts(false, 300));
    again.serve("bs.example", bootstrap);
    again.serve("dm.example", ServerConfig::management());
    again.register();
    assert_eq!(started(&again), 0);
    assert_eq!(path(&again.sent_since(0)[0].1), "rd");
    assert!(!again.names().contains(&"BOOTSTRAPPED"));
}

#[test]
fn lightweightm2m_1_1_int_8_bootstrap_read() {
    let mut world = device(steps([
        server(0, 101),
        Step::Read("/1".into(), Some(SENML_JSON)),
        Step::Read("/1/0".into(), Some(SENML_JSON)),
        Step::Read("/1/0".into(), Some(TLV)),
        Step::Read("/1/7".into(), None),
        Step::Read("/2".into(), None),
        Step::Read("/0".into(), None),
        Step::Read("/0/0".into(), None),
        Step::Read("/3".into(), None),
        Step::Read("/1".into(), Some(OLD_JSON)),
    ]));
    world.register();
    let answers = answers(&world);
    let expected = [
        (
            Code::CONTENT,
            r#"[{"bn":"/1/","n":"0/0","v":101},{"n":"0/1","v":300},{"n":"0/6","vb":true},{"n":"0/7","vs":"U"}]"#,
        ),
        (
            Code::CONTENT,
            r#"[{"bn":"/1/0/","n":"0","v":101},{"n":"1","v":300},{"n":"6","vb":true},{"n":"7","vs":"U"}]"#,
        ),
    ];
    for (answer, (code, text)) in answers[1..].iter().zip(expected) {
        assert_eq!((answer.0, answer.1.as_str()), (code, text));
    }
    assert_eq!(answers[3].0, Code::CONTENT);
    assert_eq!(codes(&world)[4], Code::NOT_FOUND);
    assert_eq!(codes(&world)[5], Code::CONTENT, "the Access Control Object, which is empty");
    // Nothing but the Server and the Access Control Object can be read.
    assert!(codes(&world)[6..9].iter().all(|code| *code == Code::METHOD_NOT_ALLOWED));
    assert_eq!(codes(&world)[9], Code::NOT_ACCEPTABLE);
}

#[test]
fn bootstrap_discover_tells_short_server_ids_and_uris() {
    let mut world = device(steps([
        security(1, "coap://dm.example", 101),
        security(2, "coaps://other.example:1234", 102),
        server(0, 101),
        server(9, 102),
        Step::Discover("/".into()),
        Step::Discover("/0".into()),
        Step::Discover("/1".into()),
        Step::Discover("/9999".into()),
        Step::Discover("/1/0".into()),
        Step::Delete("/".into()),
    ]));
    world.register();
    let answers = answers(&world);
    let security = "</0>,</0/0>;uri=\"coap://bs.example\",</0/1>;ssid=101;\
        uri=\"coap://dm.example\",</0/2>;ssid=102;uri=\"coaps://other.example:1234\"";
    let servers = "</1>,</1/0>;ssid=101,</1/9>;ssid=102";
    let further = discovered_further();
    let all = format!(
        "</>;lwm2m=1.1,{security},{servers},</2>,</3>,</3/0>,</4>;ver=1.3,</4/0>,</5>,</5/0>{further}"
    );
    assert_eq!(answers[4], (Code::CONTENT, all));
    assert_eq!(answers[5], (Code::CONTENT, format!("</>;lwm2m=1.1,{security}")));
    assert_eq!(answers[6], (Code::CONTENT, format!("</>;lwm2m=1.1,{servers}")));
    assert_eq!(answers[7].0, Code::NOT_FOUND);
    assert_eq!(answers[8].0, Code::BAD_REQUEST);
}

#[test]
fn lightweightm2m_1_1_int_9_bootstrap_and_configuration_consistency() {
    // What Finish is refused after, each in its own way.
    let wrong: Vec<Vec<Step>> = vec![
        // Nothing at all.
        vec![],
        // One half of an account.
        vec![server(0, 101)],
        vec![security(1, "coap://dm.example", 101)],
        // Short Server IDs that do not match.
        vec![security(1, "coap://dm.example", 102), server(0, 101)],
        // Two accounts of one server.
        vec![
            security(1, "coap://dm.example", 101),
            security(2, "coap://dm.example", 101),
            server(0, 101),
        ],
        // A secure URI without keys.
        vec![security(1, "coaps://dm.example", 101), server(0, 101)],
    ];
    for steps in wrong {
        let count = steps.len();
        let plan = BootstrapPlan::Steps(steps.into_iter().chain([Step::Finish]).collect());
        let mut world = device(plan);
        world.start();
        world.run_for(Duration::from_secs(10));
        assert_eq!(codes(&world)[count..], [Code::NOT_ACCEPTABLE], "{:?}", answers(&world));
        // A failed attempt, with a next one, as if nothing had been written.
        assert!(world.names().last().unwrap().starts_with("DEFERRED 4 "), "{:?}", world.told);
        let better = steps_with_discover();
        world.air.borrow_mut().server(0).set_bootstrap(Some(better));
        assert!(world.run_until_told(Duration::from_secs(100), "REGISTERED"));
        let (code, found) = answers(&world)[count + 1].clone();
        assert_eq!(code, Code::CONTENT);
        let restored = "</>;lwm2m=1.1,</0>,</0/0>;uri=\"coap://bs.example\",</1>,</2>,</3>";
        assert!(found.starts_with(restored), "{found}");
    }
}

fn steps_with_discover() -> BootstrapPlan {
    steps([Step::Discover("/".into())])
}

#[test]
fn a_refused_finish_leaves_the_old_accounts() {
    let mut world = device(world::accounts(false, 300));
    world.register();
    let wrong = vec![Step::Delete("/".into()), server(4, 7), Step::Finish];
    world.air.borrow_mut().server(0).set_bootstrap(Some(BootstrapPlan::Steps(wrong)));
    assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, CHANGED);
    assert!(world.run_until_told(Duration::from_secs(10), "REGISTERED"), "{:?}", world.told);
    assert_eq!(codes(&world).last(), Some(&Code::NOT_ACCEPTABLE));
    assert_eq!(world.ask(1, Operation::read("/1/0/0").accept(TEXT)).payload, b"101");
    let links = world.ask(1, Operation::discover("/1")).payload;
    assert!(!text(&links).contains("</1/4>"));
}

#[test]
fn a_bootstrap_server_that_falls_silent_leaves_the_old_accounts_at_any_step() {
    for step in 0..4 {
        let mut world = device(world::accounts(false, 300));
        world.register();
        world.air.borrow_mut().server(0).faults().stop_bootstraps = Some((step, 1));
        assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, CHANGED);
        let from = world.now;
        assert!(world.run_until_told(Duration::from_secs(300), "REGISTERED"), "step {step}");
        // EXCHANGE_LIFETIME after the last that was heard.
        let waited = world.now.since(from).as_secs();
        assert!((247..=249).contains(&waited), "{waited}");
        assert_eq!(world.ask(1, Operation::read("/1/0/0").accept(TEXT)).payload, b"101");
    }
}

#[test]
fn a_bootstrap_server_that_does_not_answer_is_asked_again() {
    let mut world = device_with(
        world::accounts(false, 300),
        |_| {},
        |config| config.faults.ignore_bootstraps = 1,
    );
    world.start();
    world.run_for(Duration::from_secs(50));
    assert_eq!(world.sent_since(0).len(), 5, "one request and four retransmissions");
    assert!(world.run_until_told(Duration::from_secs(200), "REGISTERED"));
    let deferred = world.names().iter().filter(|name| name.starts_with("DEFERRED 4 ")).count();
    assert_eq!(deferred, 1);
}

#[test]
fn a_device_that_is_refused_at_bootstrap_comes_again_later() {
    let mut world = device_with(
        world::accounts(false, 300),
        |_| {},
        |config| config.endpoints = Some(vec!["somebody else".into()]),
    );
    world.start();
    world.run_for(Duration::from_secs(2000));
    assert_eq!(world.sent_since(0).len(), 5, "five attempts");
    assert_eq!(world.names().last(), Some(&"ERROR 3 0"));
}

#[test]
fn writes_go_to_an_object_an_instance_or_a_resource() {
    let two = [
        (0, ServerAccount::new(0, 101, 300).resources()),
        (4, ServerAccount::new(4, 102, 400).resources()),
    ];
    for format in [TLV, SENML_CBOR] {
        let plan = BootstrapPlan::Steps(vec![
            Step::Delete("/".into()),
            security(1, "coap://dm.example", 101),
            security(2, "coap://dm2.example", 102),
            // Instances of a whole object at once.
            Step::Write("/1".into(), format, encode_object(format, 1, &two).unwrap()),
            // Then a resource that no management server could write, and others.
            Step::Write("/1/4/0".into(), TEXT, b"103".to_vec()),
            Step::Write("/0/2/10".into(), CBOR, unhex("1867")),
            Step::Write("/1/4/1".into(), TEXT, b"500".to_vec()),
            Step::Finish,
        ]);
        let mut world = device(plan);
        world.register();
        world.run_for(Duration::from_secs(2));
        assert!(codes(&world)[1..].iter().all(|code| *code == CHANGED), "{:?}", codes(&world));
        let read = world.ask(2, Operation::read("/1/4/0").accept(TEXT));
        assert_eq!(read.payload, b"103");
        assert_eq!(world.ask(2, Operation::read("/1/4/1").accept(TEXT)).payload, b"500");
    }
}

#[test]
fn unknown_resources_are_ignored_and_unknown_objects_refused() {
    let mut known = ServerAccount::new(0, 101, 300);
    known.more.push((999, Datum::Integer(1)));
    let payload = encode_instance(TLV, "/1/0", &known.resources()).unwrap();
    let mut world = device(steps([
        Step::Write("/1/0".into(), TLV, payload),
        Step::Write("/9999/0".into(), TLV, unhex("c10001")),
        Step::Write("/".into(), TLV, unhex("c10001")),
        Step::Write("/1/0".into(), OLD_JSON, b"{}".to_vec()),
        Step::Write("/1/0".into(), TEXT, b"1".to_vec()),
        Step::Write("/1/0".into(), TLV, unhex("c200")),
        Step::Write("/0/1/0".into(), TEXT, b"http://web.example".to_vec()),
        Step::Write("/1/0/0".into(), TEXT, b"0".to_vec()),
        Step::Write("/1/0/0".into(), TEXT, b"65535".to_vec()),
    ]));
    world.register();
    let (bad, unsupported) = (Code::BAD_REQUEST, Code::UNSUPPORTED_FORMAT);
    let expected = [CHANGED, bad, bad, unsupported, unsupported, bad, bad, bad, bad];
    assert_eq!(codes(&world)[..9], expected);
}

#[test]
fn more_accounts_than_there_is_room_for_are_refused() {
    let room = lwm2m_carrier::capacity::SERVERS as u16;
    let plan: Vec<Step> = (0..=room)
        .map(|id| server(id, 101 + id))
        .chain([Step::Delete("/".into())])
        .chain(good())
        .collect();
    let mut world = device(BootstrapPlan::Steps(plan));
    world.register();
    let codes = codes(&world);
    let room = usize::from(room);
    assert!(codes[..room].iter().all(|code| *code == CHANGED));
    assert_eq!(codes[room], Code::new(5, 0));
}

#[test]
fn a_management_server_is_not_served_during_a_bootstrap() {
    let mut world = device(world::accounts(false, 300));
    world.register();
    world.air.borrow_mut().server(0).faults().stop_bootstraps = Some((1, 1));
    assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, CHANGED);
    world.run_for(Duration::from_secs(10));
    let registered = world.air.borrow_mut().server(1).registration(ENDPOINT).is_some();
    assert!(!registered);
    assert!(world.try_ask(1, Operation::read("/3/0/0")).is_none());
}

#[test]
fn methods_of_management_are_refused_during_a_bootstrap() {
    let mut world = device_with(
        world::accounts(false, 300),
        |_| {},
        |config| config.faults.stop_bootstraps = Some((0, 1)),
    );
    world.start();
    world.run_for(Duration::from_secs(5));
    for (id, code, path) in [
        (1, Code::POST, "/3/0/4"),
        (2, Code::POST, "/1"),
        (3, Code::FETCH, "/"),
        (4, Code::GET, "/bs"),
    ] {
        let answer = world.tell(&Message { id, ..request(code, path) });
        assert_eq!(answer.code, Code::METHOD_NOT_ALLOWED, "{code} {path}");
    }
    assert!(!world.names().contains(&"REBOOT"));
    let delete = Message { id: 9, ..request(Code::new(0, 4), "/a") };
    assert_eq!(world.tell(&delete).code, Code::BAD_REQUEST);
}

#[test]
fn bootstrap_writes_come_in_blocks() {
    let mut world =
        device_with(world::accounts(false, 300), |_| {}, |config| config.block_size = 16);
    world.register();
    assert_eq!(codes(&world), [DELETED, CHANGED, CHANGED, CHANGED]);
}

#[test]
fn the_account_of_the_bootstrap_server_goes_after_its_timeout() {
    // /0/0/12: 100 seconds.
    let plan = steps([Step::Write("/0/0/12".into(), TEXT, b"100".to_vec())]);
    let mut world = device(plan);
    world.register();
    world.run_for(Duration::from_secs(90));
    // While it is there a bootstrap can be asked for.
    assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, CHANGED);
    assert!(world.run_until_told(Duration::from_secs(10), "REGISTERED"));
    assert_eq!(started(&world), 2);
    world.run_for(Duration::from_secs(101));
    assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, CHANGED);
    world.run_for(Duration::from_secs(20));
    assert_eq!(started(&world), 2);
    assert!(world.air.borrow_mut().server(1).registration(ENDPOINT).is_some());
}
