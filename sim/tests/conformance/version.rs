//! LwM2M 1.2: what a device says and does when it offers it, and what it goes back to with servers
//! that speak 1.1 or 1.0 (Core 1.2: 6.1.7.2, 6.2, 6.3.2, 6.3.7, E.2).

use crate::bench::*;
use crate::world::{IDENTITY, KEY};
use lwm2m_carrier::lwm2m::Version;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::server::{
    Accounts, Answers, BootstrapPlan, Datum, Pack, Security, ServerAccount, encode_instance,
    encode_pack,
};

type DeviceConfig = lwm2m_carrier::carrier::Config<'static>;

/// A device that offers `version` to a management server which takes `versions`, with this many
/// Instances of [`Everything`].
pub fn managed(version: Version, versions: &[&str], instances: u16) -> World {
    let mut config: DeviceConfig = world::config(world::management_server(false, 300));
    config.version = version;
    let mut world = World::with_everything(config, instances);
    let server = ServerConfig {
        versions: versions.iter().map(|version| version.to_string()).collect(),
        ..ServerConfig::management()
    };
    world.serve("dm.example", server);
    world.register();
    world
}

fn modern() -> World {
    managed(Version::V1_2, &["1.2"], 1)
}

/// The Registers of the device.
fn registers(world: &World) -> Vec<Message> {
    let sent = world.requests(0, Code::POST).into_iter().map(|(_, message)| message);
    sent.filter(|message| path(message) == "rd").collect()
}

#[test]
fn a_device_registers_with_lwm2m_1_2() {
    let world = modern();
    let [register] = &registers(&world)[..] else { panic!("one Register") };
    assert_eq!(queries(register), ["lwm2m=1.2", "ep=urn:test:device", "lt=300"]);
    let mut air = world.air.borrow_mut();
    assert_eq!(air.server(0).registration(ENDPOINT).expect("registered").version, "1.2");
}

#[test]
fn a_server_is_offered_lower_versions_until_it_takes_one() {
    for (versions, offered) in [
        (&["1.0", "1.1", "1.2"][..], &["lwm2m=1.2"][..]),
        (&["1.1"], &["lwm2m=1.2", "lwm2m=1.1"]),
        (&["1.0"], &["lwm2m=1.2", "lwm2m=1.1", "lwm2m=1.0"]),
    ] {
        let world = managed(Version::V1_2, versions, 1);
        let said: Vec<String> =
            registers(&world).iter().map(|register| queries(register)[0].clone()).collect();
        assert_eq!(said, offered);
        assert!(!world.names().iter().any(|name| name.starts_with("DEFERRED")));
    }
}

#[test]
fn object_versions_are_named_where_a_server_may_assume_others() {
    // Core 1.0, 1.1 and 1.2, appendix E: what a server takes for granted differs.
    for (version, first, further) in [
        ("1.0", "</1/0>,</3/0>,</4/0>,</5/0>", registered_further_1_0()),
        ("1.1", "</1/0>,</3/0>,</4>;ver=1.3,</4/0>,</5/0>", registered_further()),
        (
            "1.2",
            "</1>;ver=1.1,</1/0>,</3>;ver=1.1,</3/0>,</4>;ver=1.3,</4/0>,</5>;ver=1.0,</5/0>",
            registered_further(),
        ),
    ] {
        let world = managed(Version::V1_2, &[version], 1);
        let list = format!("{first}{further},</26241/0>");
        assert_eq!(text(&registers(&world).last().unwrap().payload), list, "{version}");
    }
}

#[test]
fn a_lifetime_of_zero_has_no_end() {
    let mut world = modern();
    let from = world.mark();
    assert_eq!(world.code(Operation::write("/1/0/1", TEXT, b"0")), Code::CHANGED);
    world.run_for(Duration::from_secs(2));
    let [(_, update)] = &world.requests(from, Code::POST)[..] else { panic!("one Update") };
    assert_eq!(queries(update), ["lt=0"]);
    // Not a word in ten years.
    let from = world.mark();
    world.run_for(Duration::from_secs(10 * 365 * 86400));
    assert_eq!(world.mark(), from);
    assert_eq!(world.text("/1/0/1"), "0");
    let from = world.mark();
    assert_eq!(world.code(Operation::write("/1/0/1", TEXT, b"400")), Code::CHANGED);
    world.run_for(Duration::from_secs(400));
    let updates = world.requests(from, Code::POST);
    assert_eq!(queries(&updates[0].1), ["lt=400"]);
    assert_eq!(updates[1].0 - updates[0].0, (400 - 93) * 1000);
}

#[test]
fn before_lwm2m_1_2_no_lifetime_is_without_end() {
    let mut world = managed(Version::V1_1, &["1.1"], 1);
    assert_eq!(world.code(Operation::write("/1/0/1", TEXT, b"0")), Code::BAD_REQUEST);
    assert_eq!(world.text("/1/0/1"), "300");
    // A bootstrap server gave none, and the management server turns out to speak 1.1: it is told
    // nothing, and takes a day for granted.
    let mut world = bootstrapping(false, pack(false, 0), |_| {}, &["1.1"]);
    world.register();
    let register = registers(&world).pop().unwrap();
    assert_eq!(queries(&register), ["lwm2m=1.1", "ep=urn:test:device"]);
    let from = world.mark();
    let (at, _) = world.next_sent(from, 86400);
    assert!(at / 1000 > 86000, "{at}");
}

#[test]
fn bindings_of_lwm2m_1_2_are_for_lwm2m_1_2() {
    let write = || Operation::write("/1/0/7", TEXT, b"UMH");
    assert_eq!(managed(Version::V1_1, &["1.1"], 1).code(write()), Code::BAD_REQUEST);
    assert_eq!(modern().code(write()), Code::CHANGED);
}

/// The links of a Discover with these queries, without attributes.
fn discover(world: &mut World, path: &str, query: &str) -> Result<String, Code> {
    let mut operation = Operation::discover(path);
    if !query.is_empty() {
        operation = operation.option(option::URI_QUERY, query.as_bytes());
    }
    let response = world.ask(0, operation);
    match response.code {
        Code::CONTENT => Ok(text(&response.payload).to_string()),
        code => Err(code),
    }
}

#[test]
fn discover_goes_as_deep_as_it_is_told() {
    let mut world = modern();
    let delete = Operation::delete("/26241/0/7/3");
    assert_eq!(world.code(delete), Code::DELETED);
    let resources = (0..=11).fold(String::new(), |links, id| {
        links + &format!(",</26241/0/{id}>{}", if id == 7 { ";dim=1" } else { "" })
    });
    let instances = resources.replace("</26241/0/7>;dim=1", "</26241/0/7>;dim=1,</26241/0/7/0>");
    for (path, depth, links) in [
        ("/26241", "0", "</26241>".to_string()),
        ("/26241", "1", "</26241>,</26241/0>".into()),
        ("/26241", "2", format!("</26241>,</26241/0>{resources}")),
        ("/26241", "3", format!("</26241>,</26241/0>{instances}")),
        ("/26241/0", "0", "</26241/0>".into()),
        ("/26241/0", "1", format!("</26241/0>{resources}")),
        ("/26241/0", "2", format!("</26241/0>{instances}")),
        ("/26241/0", "3", format!("</26241/0>{instances}")),
        ("/26241/0/7", "0", "</26241/0/7>;dim=1".into()),
        ("/26241/0/7", "1", "</26241/0/7>;dim=1,</26241/0/7/0>".into()),
        ("/26241/0/7", "3", "</26241/0/7>;dim=1,</26241/0/7/0>".into()),
        ("/26241/0/0", "1", "</26241/0/0>".into()),
    ] {
        let found = discover(&mut world, path, &format!("depth={depth}"));
        assert_eq!(found, Ok(links), "{path} {depth}");
    }
    // Without a depth: two levels below an object, else one.
    for (path, depth) in [("/26241", 2), ("/26241/0", 1), ("/26241/0/7", 1)] {
        let usual = discover(&mut world, path, "");
        assert_eq!(usual, discover(&mut world, path, &format!("depth={depth}")), "{path}");
    }
}

#[test]
fn discover_with_a_depth_shows_the_attributes_of_each_level() {
    let mut world = modern();
    for (path, attributes) in
        [("/26241", "pmin=10"), ("/26241/0", "pmax=60"), ("/26241/0/0", "gt=5")]
    {
        let code = world.code(Operation::write_attributes(path, attributes));
        assert_eq!(code, Code::CHANGED);
    }
    let found = discover(&mut world, "/26241", "depth=1").unwrap();
    assert_eq!(found, "</26241>;pmin=10,</26241/0>;pmax=60");
    let found = discover(&mut world, "/26241", "depth=2").unwrap();
    assert!(found.starts_with("</26241>;pmin=10,</26241/0>;pmax=60,</26241/0/0>;gt=5,"), "{found}");
    let found = discover(&mut world, "/26241/0/0", "depth=0").unwrap();
    assert_eq!(found, "</26241/0/0>;pmin=10;pmax=60;gt=5");
}

#[test]
fn a_depth_that_is_none_is_refused() {
    let mut world = modern();
    for query in ["depth=4", "depth=", "depth=-1", "depth=01", "depth", "deep=1", "pmin=1"] {
        assert_eq!(discover(&mut world, "/26241", query), Err(Code::BAD_REQUEST), "{query}");
    }
    assert_eq!(discover(&mut world, "/26242", "depth=1"), Err(Code::NOT_FOUND));
}

#[test]
fn a_resource_instance_is_deleted() {
    let mut world = modern();
    assert_eq!(world.ask(0, Operation::observe("/26241/0/7").accept(SENML_CBOR)).observe, Some(1));
    assert_eq!(world.ask(0, Operation::observe("/26241/0/7/3").accept(TEXT)).observe, Some(1));
    let attributes = Operation::write_attributes("/26241/0/7/3", "gt=100");
    assert_eq!(world.code(attributes), Code::CHANGED);
    let from = world.mark();
    assert_eq!(world.code(Operation::delete("/26241/0/7/3")), Code::DELETED);
    assert_eq!(world.get("/26241/0/7/3"), None);
    assert_eq!(world.get("/26241/0/7/0"), Some(Owned::Integer(70)));
    world.run_for(Duration::from_secs(2));
    // What remains is notified, and that the instance is gone.
    let sent = world.sent_since(from);
    let remains = sent.iter().find(|(_, m)| m.uint(option::OBSERVE) == Some(2)).expect("notified");
    assert_eq!(hex(&remains.1.payload), "81a3216b2f32363234312f302f372f006130021846");
    assert!(sent.iter().any(|(_, m)| m.code == Code::NOT_FOUND && m.payload.is_empty()));
    // It takes its attributes with it.
    let write = Operation::update("/26241/0/7", TLV, &unhex("41034b"));
    assert_eq!(world.code(write), Code::CHANGED);
    assert_eq!(discover(&mut world, "/26241/0/7/3", ""), Err(Code::METHOD_NOT_ALLOWED));
    let found = discover(&mut world, "/26241/0/7", "").unwrap();
    assert_eq!(found, "</26241/0/7>;dim=2,</26241/0/7/0>,</26241/0/7/3>");
    // The others are as they were, and nothing else is said.
    let from = world.mark();
    world.run_for(Duration::from_secs(2));
    assert_eq!(world.mark(), from);
}

#[test]
fn what_is_no_resource_instance_is_not_deleted() {
    let mut world = modern();
    for (path, code) in [
        ("/26241/0/7/5", Code::NOT_FOUND),
        ("/26241/1/7/0", Code::NOT_FOUND),
        ("/26241/0/99/0", Code::NOT_FOUND),
        ("/26241/0/0/0", Code::METHOD_NOT_ALLOWED),
        ("/26241/0/8/0", Code::METHOD_NOT_ALLOWED),
        ("/26241/0/7", Code::METHOD_NOT_ALLOWED),
        ("/26241", Code::METHOD_NOT_ALLOWED),
        ("/", Code::METHOD_NOT_ALLOWED),
        // Multiple, but not to be written.
        ("/3/0/11/0", Code::METHOD_NOT_ALLOWED),
        ("/0/0/0/0", Code::UNAUTHORIZED),
    ] {
        assert_eq!(world.code(Operation::delete(path)), code, "{path}");
    }
    assert_eq!(world.text("/3/0/11/0"), "0");
    // With LwM2M 1.1 and 1.0 there is no such thing.
    for version in ["1.1", "1.0"] {
        let mut world = managed(Version::V1_2, &[version], 1);
        let code = world.code(Operation::delete("/26241/0/7/3"));
        assert_eq!(code, Code::METHOD_NOT_ALLOWED, "{version}");
        assert_eq!(world.get("/26241/0/7/3"), Some(Owned::Integer(73)));
    }
}

/// The accounts that the pack of the tests has: those of [`world::accounts`].
fn pack(secure: bool, lifetime: u32) -> Pack {
    let BootstrapPlan::Accounts(Accounts { security, servers, .. }) =
        world::accounts(secure, lifetime)
    else {
        panic!("accounts");
    };
    Pack::Bytes(encode_pack(&security, &servers))
}

/// A device without accounts that offers LwM2M 1.2; server 0 bootstraps and gives this pack, server 1
/// manages, server 2 manages as well, at dm2.example.
fn bootstrapping(
    secure: bool,
    pack: Pack,
    change: impl FnOnce(&mut ServerConfig),
    versions: &[&str],
) -> World {
    let mut config = world::config(world::bootstrap_server(secure));
    config.version = Version::V1_2;
    let world = World::new(config, Weather::FAIR, 1);
    populate(&world, secure, pack, change, versions);
    world
}

fn populate(
    world: &World,
    secure: bool,
    pack: Pack,
    change: impl FnOnce(&mut ServerConfig),
    versions: &[&str],
) {
    let mut bootstrap =
        ServerConfig { pack, ..ServerConfig::bootstrap(world::accounts(secure, 300)) };
    change(&mut bootstrap);
    let management = || ServerConfig {
        versions: versions.iter().map(|version| version.to_string()).collect(),
        ..ServerConfig::management()
    };
    let (key, ports) = match secure {
        true => (Some((IDENTITY, KEY)), 5684),
        false => (None, 5683),
    };
    let mut air = world.air.borrow_mut();
    air.add("bs.example", ports, key, Server::new(bootstrap));
    air.add("dm.example", ports, key, Server::new(management()));
    air.add("dm2.example", ports, key, Server::new(management()));
}

/// How many events of the bootstrap server are of this kind.
fn count(world: &World, is: impl Fn(&ServerEvent) -> bool) -> usize {
    let air = world.air.borrow();
    air.events.iter().filter(|(_, server, event)| *server == 0 && is(event)).count()
}

fn packs(world: &World) -> usize {
    count(world, |event| matches!(event, ServerEvent::PackGiven { .. }))
}

fn sequences(world: &World) -> usize {
    count(world, |event| matches!(event, ServerEvent::BootstrapStarted { .. }))
}

const LAST: [&str; 3] = ["BOOTSTRAPPED", "LTE_READY", "REGISTERED"];

#[test]
fn a_pack_is_asked_for_first_and_gives_the_accounts() {
    let mut world = bootstrapping(false, Pack::Accounts, |_| {}, &["1.2"]);
    world.register();
    let (_, request) = &world.sent_since(0)[0];
    assert_eq!((request.kind, request.code), (Kind::Confirmable, Code::GET));
    let block = lwm2m_carrier::capacity::BLOCK;
    let exponent = Block::exponent_for(block);
    assert_eq!(
        request.options,
        [
            (option::URI_PATH, b"bspack".to_vec()),
            (option::URI_QUERY, b"ep=urn:test:device".to_vec()),
            (option::ACCEPT, vec![112]),
            (option::BLOCK2, Block { number: 0, more: false, exponent }.value()),
        ]
    );
    assert!(request.payload.is_empty());
    assert_eq!((packs(&world), sequences(&world)), (1, 0));
    let events = world.names();
    assert_eq!(events[events.len() - 3..], LAST);
    assert_eq!(world.ask(1, Operation::read("/1/0/0").accept(TEXT)).payload, b"101");
}

#[test]
fn before_lwm2m_1_2_no_pack_is_asked_for() {
    let mut config = world::config(world::bootstrap_server(false));
    config.version = Version::V1_1;
    let mut world = World::new(config, Weather::FAIR, 1);
    populate(&world, false, Pack::Accounts, |_| {}, &["1.1"]);
    world.register();
    assert_eq!((packs(&world), sequences(&world)), (0, 1));
    assert_eq!(path(&world.sent_since(0)[0].1), "bs");
}

#[test]
fn keys_of_a_pack_are_written_as_those_of_a_sequence_and_all_stays_over_a_restart() {
    let told = |pack: Pack| {
        let mut world = bootstrapping(true, pack, |_| {}, &["1.2"]);
        world.register();
        world
    };
    let (sequence, world) = (told(Pack::None), told(pack(true, 300)));
    assert_eq!((packs(&world), sequences(&world)), (1, 0));
    assert_eq!(world.names(), sequence.names());
    assert!(world.names().contains(&"key"));
    // The same flash and the same modem.
    let mut config = world::config(world::bootstrap_server(true));
    config.version = Version::V1_2;
    let modem = lwm2m_carrier_sim::modem::Config::default();
    let mut again = World::with(config, Weather::FAIR, 8, &mut [], modem, world.host.state);
    for tag in 0..100 {
        if let Some((identity, key)) = world.host.modem.modem.keys().get(tag) {
            again.host.modem.modem.provision(tag, identity, key);
        }
    }
    again.air = world.air.clone();
    again.host.network = world.air;
    again.now = world.now;
    again.register();
    assert_eq!(packs(&again), 1, "not a second time");
    let restart = ["BSDLIB_INIT", "CONNECTING", "CONNECTED", "init 0", "LTE_READY", "REGISTERED"];
    assert_eq!(again.names(), restart);
    assert_eq!(again.ask(1, Operation::read("/1/0/1").accept(TEXT)).payload, b"300");
}

#[test]
fn a_server_that_refuses_a_pack_is_asked_for_a_sequence_at_once() {
    for code in [
        Code::BAD_REQUEST,
        Code::UNAUTHORIZED,
        Code::NOT_FOUND,
        Code::METHOD_NOT_ALLOWED,
        Code::NOT_ACCEPTABLE,
        Code::new(5, 0),
        Code::new(5, 1),
    ] {
        let mut world = bootstrapping(false, Pack::Refused(code), |_| {}, &["1.2"]);
        world.register();
        assert_eq!((packs(&world), sequences(&world)), (0, 1), "{code}");
        let paths: Vec<String> = world.sent_since(0)[..2].iter().map(|(_, m)| path(m)).collect();
        assert_eq!(paths, ["bspack", "bs"], "{code}");
        assert!(!world.names().iter().any(|name| name.starts_with("DEFERRED")), "{code}");
    }
}

#[test]
fn a_server_that_is_silent_about_packs_is_asked_for_a_sequence_later() {
    let mut world = bootstrapping(false, Pack::Silence, |_| {}, &["1.2"]);
    world.register();
    let sent = world.sent_since(0);
    let packs = sent.iter().filter(|(_, m)| m.code == Code::GET).count();
    assert_eq!((packs, sequences(&world)), (5, 1), "one request and four retransmissions");
    let deferred = world.names().iter().filter(|name| name.starts_with("DEFERRED 4 ")).count();
    assert_eq!(deferred, 1);
}

fn no_sec(instance: u16, short_id: u16) -> Security {
    Security::no_sec(instance, "coap://dm2.example", short_id)
}

/// Packs with which nothing can be done.
fn useless() -> Vec<(&'static str, Vec<u8>)> {
    let server = |short_id| ServerAccount::new(0, short_id, 300);
    let good = encode_pack(&[no_sec(1, 7)], &[server(7)]);
    let mut binding = server(7);
    binding.binding = "X".into();
    vec![
        ("nothing", vec![]),
        ("no records", unhex("80")),
        ("no SenML", b"hello".to_vec()),
        ("cut short", good[..good.len() - 1].to_vec()),
        ("more behind it", [&good[..], &[0]].concat()),
        ("no security account", encode_pack(&[], &[server(7)])),
        ("no server account", encode_pack(&[no_sec(1, 7)], &[])),
        ("another Short Server ID", encode_pack(&[no_sec(1, 8)], &[server(7)])),
        ("two accounts of one server", encode_pack(&[no_sec(1, 7), no_sec(2, 7)], &[server(7)])),
        (
            "a secure URI without keys",
            encode_pack(&[Security::no_sec(1, "coaps://dm2.example", 7)], &[server(7)]),
        ),
        ("a value out of range", encode_pack(&[no_sec(1, 7)], &[server(0)])),
        ("no binding", encode_pack(&[no_sec(1, 7)], &[binding])),
        (
            "an object that is not there",
            encode_instance(SENML_CBOR, "/9999/0", &[(0, Datum::Integer(1))]).unwrap(),
        ),
        ("one resource, and a server of its own", unhex("81a2 00 662f312f302f30 02 07")),
    ]
}

#[test]
fn a_pack_that_cannot_be_used_changes_nothing() {
    for (what, bytes) in useless() {
        // A device that has accounts is told to bootstrap once more.
        let mut world = bootstrapping(false, pack(false, 300), |_| {}, &["1.2"]);
        world.register();
        world.air.borrow_mut().server(0).set_pack(Pack::Bytes(bytes));
        world.air.borrow_mut().server(0).faults().ignore_bootstraps = 100;
        assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, Code::CHANGED);
        assert!(world.run_until_told(Duration::from_secs(100), "REGISTERED"), "{what}");
        assert_eq!(packs(&world), 2, "{what}");
        assert_eq!(world.ask(1, Operation::read("/1/0/0").accept(TEXT)).payload, b"101", "{what}");
        assert_eq!(world.ask(1, Operation::read("/1/0/1").accept(TEXT)).payload, b"300", "{what}");
        let links = world.ask(1, Operation::discover("/1").option(option::URI_QUERY, b"depth=1"));
        assert_eq!(text(&links.payload), "</1>;ver=1.1,</1/0>", "{what}");
    }
}

#[test]
fn after_a_pack_that_cannot_be_used_the_server_is_asked_for_a_sequence() {
    for (what, bytes) in useless() {
        let mut world = bootstrapping(false, Pack::Bytes(bytes), |_| {}, &["1.2"]);
        world.register();
        assert_eq!((packs(&world), sequences(&world)), (1, 1), "{what}");
        let deferred: Vec<&str> =
            world.names().into_iter().filter(|name| name.starts_with("DEFERRED 4 ")).collect();
        assert_eq!(deferred.len(), 1, "{what}");
        assert_eq!(world.ask(1, Operation::read("/1/0/0").accept(TEXT)).payload, b"101", "{what}");
    }
}

/// A pack with two servers, and texts that make it longer than a block.
fn long() -> Vec<u8> {
    let uri = |name: &str| format!("coap://dm{name}.example/{}", "long".repeat(10));
    let mut first = ServerAccount::new(0, 101, 300).retry(3, 30, 300, 2);
    first.more.push((23, Datum::Boolean(true)));
    encode_pack(
        &[Security::no_sec(1, &uri(""), 101), Security::no_sec(2, &uri("2"), 102)],
        &[first, ServerAccount::new(4, 102, 400).retry(3, 30, 300, 2)],
    )
}

/// The servers of [`long`] have other paths than `rd`, so that here it is enough to be bootstrapped.
fn bootstrapped(world: &mut World, seconds: u64) -> bool {
    world.start();
    world.run_until_told(Duration::from_secs(seconds), "BOOTSTRAPPED")
}

fn short_ids(world: &mut World) -> Vec<i64> {
    let objects = world.host.carrier.objects();
    let server = objects.get(1).expect("object 1");
    (0..)
        .map_while(|index| server.instance(index))
        .filter_map(|instance| match server.read(&Path::resource(1, instance, 0)) {
            Some(Value::Integer(id)) => Some(id),
            _ => None,
        })
        .collect()
}

#[test]
fn a_pack_comes_in_blocks_of_any_size() {
    for size in [16, 64, 128, 256, 512, 1024] {
        for answers in [
            Answers::Piggybacked,
            Answers::Separate(Duration::from_millis(500)),
            Answers::NonConfirmable(Duration::from_millis(500)),
        ] {
            let change = |config: &mut ServerConfig| {
                config.block_size = size;
                config.answers = answers;
            };
            let mut world = bootstrapping(false, Pack::Bytes(long()), change, &["1.2"]);
            assert!(bootstrapped(&mut world, 100), "{size} {:?}", world.told);
            assert_eq!(short_ids(&mut world), [101, 102]);
            let gets = world.requests(0, Code::GET).len();
            let block = size.min(lwm2m_carrier::capacity::BLOCK);
            assert_eq!(gets, long().len().div_ceil(block), "{size}");
            assert_eq!((packs(&world), sequences(&world)), (1, 0));
        }
    }
}

#[test]
fn a_pack_arrives_over_a_bad_network() {
    for seed in 1..=12 {
        let weather = Weather {
            loss: 20,
            duplication: 20,
            delay: 30,
            slow: Duration::from_secs(5),
            ..Weather::FAIR
        };
        let mut config = world::config(world::bootstrap_server(false));
        config.version = Version::V1_2;
        let mut world = World::new(config, weather, seed);
        let change = |config: &mut ServerConfig| {
            config.block_size = 64;
            config.seed = seed;
            if seed % 2 == 0 {
                config.answers = Answers::Separate(Duration::from_secs(3));
            }
        };
        populate(&world, false, Pack::Bytes(long()), change, &["1.2"]);
        assert!(bootstrapped(&mut world, 1000), "seed {seed}: {:?}", world.told);
        assert_eq!(short_ids(&mut world), [101, 102], "seed {seed}");
        assert_eq!((packs(&world), sequences(&world)), (1, 0), "seed {seed}");
    }
}

#[test]
fn a_pack_that_is_lost_half_way_leaves_nothing_behind() {
    let small = |config: &mut ServerConfig| config.block_size = 64;
    let mut world = bootstrapping(false, pack(false, 300), small, &["1.2"]);
    world.register();
    world.air.borrow_mut().server(0).set_pack(Pack::Bytes(long()));
    assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, Code::CHANGED);
    let gets = world.requests(0, Code::GET).len();
    let half = |world: &mut World| world.requests(0, Code::GET).len() == gets + 3;
    assert!(world.run_until(Duration::from_secs(10), &mut |world| half(world)));
    world.cut_off(true);
    world.run_for(Duration::from_secs(100));
    assert_eq!(short_ids(&mut world), [101]);
    world.cut_off(false);
    assert!(world.run_until_told(Duration::from_secs(3600), "REGISTERED"), "{:?}", world.told);
    assert_eq!(short_ids(&mut world), [101]);
}

#[test]
fn a_pack_that_changes_on_its_way_is_fetched_anew_once() {
    let change = |times: u32| {
        move |config: &mut ServerConfig| {
            config.block_size = 64;
            config.faults.change_packs = times;
        }
    };
    let mut world = bootstrapping(false, Pack::Bytes(long()), change(1), &["1.2"]);
    assert!(bootstrapped(&mut world, 100));
    assert_eq!((packs(&world), sequences(&world)), (1, 0));
    assert_eq!(short_ids(&mut world), [101, 102]);
    // One that never stays the same is not waited for.
    let mut world = bootstrapping(false, Pack::Bytes(long()), change(u32::MAX), &["1.2"]);
    world.register();
    assert_eq!(sequences(&world), 1);
    assert_eq!(short_ids(&mut world), [101]);
}

#[test]
fn a_pack_that_is_too_long_is_not_taken() {
    let body = lwm2m_carrier::capacity::BODY;
    for len in [body + 1, body + 2000] {
        let mut world = bootstrapping(false, Pack::Bytes(vec![0x80; len]), |_| {}, &["1.2"]);
        world.register();
        assert_eq!(sequences(&world), 1, "{len}");
        assert!(!world.names().iter().any(|name| name.starts_with("DEFERRED")));
        assert_eq!(short_ids(&mut world), [101]);
    }
}

#[test]
fn a_pack_replaces_accounts_rights_and_the_account_of_the_bootstrap_server() {
    let mut world = bootstrapping(false, pack(false, 300), |_| {}, &["1.2"]);
    world.register();
    // Another server, at another instance, and an account for the bootstrap server.
    let bootstrap =
        Security { bootstrap: true, short_id: 0, ..Security::no_sec(0, "coap://bs.example", 0) };
    let accounts = [bootstrap, no_sec(5, 102)];
    let next = encode_pack(&accounts, &[ServerAccount::new(3, 102, 500)]);
    world.air.borrow_mut().server(0).set_pack(Pack::Bytes(next));
    assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, Code::CHANGED);
    assert!(world.run_until_told(Duration::from_secs(10), "REGISTERED"), "{:?}", world.told);
    assert_eq!(world.ask(2, Operation::read("/1/3/1").accept(TEXT)).payload, b"500");
    assert_eq!(short_ids(&mut world), [102]);
    assert!(world.try_ask(1, Operation::read("/3/0/0")).is_none());
    // The bootstrap server's account is still one.
    assert_eq!(world.ask(2, Operation::execute("/1/3/9", "")).code, Code::CHANGED);
    assert!(world.run_until_told(Duration::from_secs(10), "REGISTERED"));
    assert_eq!(packs(&world), 3);
}

/// SenML packs as one.
fn join(packs: &[Vec<u8>]) -> Vec<u8> {
    let parts = packs.iter().map(|pack| match pack[0] {
        0x98 => (pack[1], &pack[2..]),
        head => (head - 0x80, &pack[1..]),
    });
    let records: u8 = parts.clone().map(|(count, _)| count).sum();
    parts.fold(vec![0x98, records], |whole, (_, part)| [&whole, part].concat())
}

#[test]
fn a_pack_brings_access_rights_and_what_is_not_known_is_left_out() {
    let mut known = ServerAccount::new(0, 101, 300);
    known.more.push((999, Datum::Integer(1)));
    let rule = [(0, Datum::Integer(4)), (1, Datum::Integer(0)), (3, Datum::Integer(65535))];
    let own = [(0, Datum::Integer(1)), (1, Datum::Integer(0)), (3, Datum::Integer(101))];
    let bytes = join(&[
        encode_pack(&[Security::no_sec(1, "coap://dm.example", 101)], &[known]),
        encode_instance(SENML_CBOR, "/2/0", &rule).unwrap(),
        encode_instance(SENML_CBOR, "/2/0/2", &[(101, Datum::Integer(2))]).unwrap(),
        // Its account is its own.
        encode_instance(SENML_CBOR, "/2/1", &own).unwrap(),
    ]);
    // With one server there is nothing to restrict: a second one makes the rules count.
    let second = encode_pack(
        &[Security::no_sec(2, "coap://dm2.example", 102)],
        &[ServerAccount::new(1, 102, 300)],
    );
    let bytes = join(&[bytes, second]);
    let mut world = bootstrapping(false, Pack::Bytes(bytes), |_| {}, &["1.2"]);
    world.register();
    world.run_for(Duration::from_secs(2));
    assert_eq!(sequences(&world), 0);
    let rule = world.ask(1, Operation::read("/2/0/2").accept(TLV));
    assert_eq!((rule.code, hex(&rule.payload)), (Code::CONTENT, "8302416502".into()));
    // Server 101 may write /4/0, and not read it.
    assert_eq!(world.ask(1, Operation::read("/4/0/0")).code, Code::UNAUTHORIZED);
    assert_eq!(short_ids(&mut world), [101, 102]);
    // The next pack has no rules: they are gone.
    world.air.borrow_mut().server(0).set_pack(pack(false, 300));
    assert_eq!(world.ask(1, Operation::execute("/1/0/9", "")).code, Code::CHANGED);
    assert!(world.run_until_told(Duration::from_secs(10), "REGISTERED"));
    assert_eq!(world.ask(1, Operation::read("/4/0/0").accept(TEXT)).payload, b"6");
    assert_eq!(world.ask(1, Operation::read("/2")).code, Code::CONTENT);
    assert_eq!(world.host.carrier.objects().get(2).expect("object 2").instance(0), None);
}

#[test]
fn a_server_may_begin_a_sequence_instead_of_giving_a_pack() {
    let mut world = bootstrapping(false, Pack::Silence, |_| {}, &["1.2"]);
    world.start();
    world.run_until(Duration::from_secs(60), &mut |world| !world.sent_since(0).is_empty());
    let delete = Message { id: 1, ..request(Code::DELETE, "/") };
    assert_eq!(world.tell(&delete).code, Code::DELETED);
    // The request for a pack goes unanswered, which ends nothing: the server has begun.
    world.run_for(Duration::from_secs(100));
    assert!(!world.names().iter().any(|name| name.starts_with("DEFERRED")), "{:?}", world.told);
    let discover = Message { id: 2, ..request(Code::GET, "/1") }.with(option::ACCEPT, &[40]);
    let answer = world.tell(&discover);
    assert_eq!((answer.code, text(&answer.payload)), (Code::CONTENT, "</>;lwm2m=1.2,</1>;ver=1.1"));
}
