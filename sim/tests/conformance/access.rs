//! Access control (Core 8, appendix E.3): which of two servers may do what, and what each of them sees.

use crate::bench::*;
use crate::senml::{list, pack, values};
use crate::two::*;
use lwm2m_carrier::capacity;
use lwm2m_carrier_sim::server::Step;
use lwm2m_carrier_sim::state::State;
use serde_json::json;

const DELETED: Code = Code::DELETED;
const FULL: Code = Code::new(5, 0);

/// Object 26241: server 1 owns everything, server 2 has these rights on instance 0, and on all else none.
fn device(rights: u8, instances: u16) -> World {
    let mut rules = vec![Rule::new(26241, 0, ONE, &[(TWO, rights)])];
    rules.extend((1..instances).map(|id| Rule::new(26241, id, ONE, &[])));
    rules.push(Rule::new(26241, ANY, ONE, &[]));
    registered(2, &rules, instances)
}

/// Asks server 2; its rights are what is tested.
fn two(world: &mut World, operation: Operation) -> Code {
    world.ask(2, operation).code
}

/// What the Access Control Object says, to the bootstrap server's eyes.
fn rules(world: &mut World) -> Vec<(u16, Rule)> {
    let object = world.host.carrier.objects().get(2).expect("object 2");
    let number = |path: Path| match object.read(&path) {
        Some(Value::Integer(number)) => number as u16,
        other => panic!("{path}: {other:?}"),
    };
    let rule = |id: u16| {
        let resource = |resource| number(Path::resource(2, id, resource));
        let acl = Path::resource(2, id, 2);
        let listed = (0..).map_while(|index| object.resource_instance(&acl, index));
        let acl: Vec<(u16, u8)> = listed
            .map(|server| (server, number(Path::resource_instance(2, id, 2, server)) as u8))
            .collect();
        (id, Rule::new(resource(0), resource(1), resource(3), &acl))
    };
    (0..).map_while(|index| object.instance(index)).map(rule).collect()
}

fn read_all(world: &mut World, server: usize) -> Vec<String> {
    let payload = list(SENML_CBOR, &["/"]);
    let response = world.ask(server, Operation::read_composite(SENML_CBOR, &payload));
    assert_eq!(response.code, Code::CONTENT);
    values(SENML_CBOR, &response.payload).into_keys().collect()
}

#[test]
fn a_single_server_has_every_right() {
    let rules = [Rule::new(26241, 0, TWO, &[(0, 0), (ONE, 0)]), Rule::new(26241, ANY, TWO, &[])];
    let mut world = registered(1, &rules, 1);
    for (operation, code) in [
        (Operation::read("/26241/0/0"), Code::CONTENT),
        (Operation::write("/26241/0/0", TEXT, b"5"), Code::CHANGED),
        (Operation::execute("/26241/0/8", ""), Code::CHANGED),
        (Operation::create("/26241", TLV, &unhex("c10001")), Code::CREATED),
        (Operation::delete("/26241/0"), DELETED),
        (Operation::read("/3/0/1"), Code::CONTENT),
    ] {
        assert_eq!(world.ask(1, operation.clone()).code, code, "{operation:?}");
    }
}

#[test]
fn two_servers_without_rules_have_every_right() {
    let mut world = registered(2, &[], 1);
    for server in [1, 2] {
        let write = Operation::write("/26241/0/0", TEXT, b"5");
        assert_eq!(world.ask(server, write).code, Code::CHANGED);
    }
}

#[test]
fn rights_are_listed_or_the_owners_or_the_default() {
    let rules = [
        // Listed goes before owner, both before the default.
        Rule::new(26241, 0, TWO, &[(TWO, READ), (0, WRITE)]),
        Rule::new(26241, 1, TWO, &[(ONE, 0), (0, WRITE)]),
        Rule::new(26241, 2, ONE, &[(0, READ)]),
        Rule::new(26241, 3, ONE, &[]),
        // Instance 4 has none.
    ];
    let mut world = registered(2, &rules, 5);
    let mut can = |server: usize, instance: u16| {
        let path = format!("/26241/{instance}/0");
        let read = world.ask(server, Operation::read(&path)).code;
        let write = world.ask(server, Operation::write(&path, TEXT, b"1")).code;
        assert!([Code::CONTENT, Code::UNAUTHORIZED].contains(&read), "{read}");
        assert!([Code::CHANGED, Code::UNAUTHORIZED].contains(&write), "{write}");
        (read == Code::CONTENT, write == Code::CHANGED)
    };
    assert_eq!((can(1, 0), can(2, 0)), ((false, true), (true, false)));
    assert_eq!((can(1, 1), can(2, 1)), ((false, false), (true, true)));
    assert_eq!((can(1, 2), can(2, 2)), ((true, true), (true, false)));
    assert_eq!((can(1, 3), can(2, 3)), ((true, true), (false, false)));
    assert_eq!((can(1, 4), can(2, 4)), ((false, false), (false, false)));
}

#[test]
fn each_operation_needs_its_right() {
    let read = |path: &str| Operation::read(path);
    let fetch = Operation::read_composite(SENML_CBOR, &list(SENML_CBOR, &["/26241/0/0"]));
    let patch = pack(SENML_CBOR, &[("/26241/0/0", json!({ "v": 7 }))]);
    let cases = [
        (READ, read("/26241/0"), Code::CONTENT),
        (READ, read("/26241/0/0"), Code::CONTENT),
        (READ, read("/26241/0/7/3"), Code::CONTENT),
        (READ, read("/26241"), Code::CONTENT),
        (READ, Operation::observe("/26241/0/0"), Code::CONTENT),
        (READ, Operation::discover("/26241/0"), Code::CONTENT),
        (READ, Operation::write_attributes("/26241/0", "pmin=1"), Code::CHANGED),
        (WRITE, Operation::write("/26241/0/0", TEXT, b"7"), Code::CHANGED),
        (WRITE, Operation::update("/26241/0", TLV, &unhex("c10007")), Code::CHANGED),
        (WRITE, Operation::write("/26241/0", TLV, &unhex("c10007")), Code::CHANGED),
        (WRITE, Operation::write("/26241/0/7/3", TEXT, b"7"), Code::CHANGED),
        (WRITE, Operation::write_composite(SENML_CBOR, &patch), Code::CHANGED),
        (EXECUTE, Operation::execute("/26241/0/8", ""), Code::CHANGED),
        (DELETE, Operation::delete("/26241/0"), DELETED),
    ];
    for (right, operation, code) in &cases {
        let mut world = device(*right, 1);
        assert_eq!(two(&mut world, operation.clone()), *code, "{operation:?}");
        let mut world = device(ALL & !right, 1);
        let before = world.get("/26241/0/0");
        assert_eq!(two(&mut world, operation.clone()), Code::UNAUTHORIZED, "{operation:?}");
        assert_eq!((world.get("/26241/0/0"), world.executed()), (before, 0));
    }
    // A composite read leaves out what is not for this server.
    let mut world = device(ALL & !READ, 1);
    let response = world.ask(2, fetch);
    assert_eq!(response.code, Code::CONTENT);
    assert!(values(SENML_CBOR, &response.payload).is_empty());
}

#[test]
fn what_is_not_possible_at_all_is_4_05_whatever_the_rights() {
    for rights in [0, ALL] {
        let mut world = device(rights, 1);
        for operation in [
            Operation::create("/3", TLV, &[]),
            Operation::delete("/3/0"),
            Operation::delete("/2/0"),
            Operation::delete("/26241"),
            Operation::delete("/26241/0/0"),
            Operation::delete("/26241/0/7/3"),
            Operation::create("/2", TLV, &unhex("c10003")),
            Operation::write("/26241", TLV, &[]),
            Operation::execute("/26241/0", ""),
        ] {
            let code = two(&mut world, operation.clone());
            // A POST to an instance is a Write.
            let write = operation.path == "/26241/0";
            let wrong = if rights == 0 { Code::UNAUTHORIZED } else { Code::BAD_REQUEST };
            let expected = if write { wrong } else { Code::METHOD_NOT_ALLOWED };
            if write && rights == ALL {
                continue;
            }
            assert_eq!(code, expected, "{operation:?} {rights}");
        }
    }
    let mut world = device(ALL, 1);
    for operation in [
        Operation::read("/26241/0/8"),
        Operation::read("/26241/0/11"),
        Operation::write("/26241/0/10", TEXT, b"1"),
        Operation::execute("/26241/0/0", ""),
    ] {
        let code = two(&mut world, operation.clone());
        // A POST to a resource that is not to be executed is a Write.
        let write = operation.path == "/26241/0/0";
        let expected = if write { Code::BAD_REQUEST } else { Code::METHOD_NOT_ALLOWED };
        assert_eq!(code, expected, "{operation:?}");
    }
}

#[test]
fn create_needs_its_right_and_makes_an_owner() {
    for (rights, code) in [(ALL & !CREATE, Code::UNAUTHORIZED), (CREATE, Code::CREATED)] {
        let before = [Rule::new(26241, ANY, ONE, &[(TWO, rights)])];
        let mut world = registered(2, &before, 0);
        let create = Operation::create("/26241", TLV, &unhex("0305 c10007"));
        assert_eq!(two(&mut world, create), code);
        let mut expected = vec![(0, before[0].clone())];
        if code == Code::CREATED {
            expected.push((1, Rule::new(26241, 5, TWO, &[])));
        }
        assert_eq!(rules(&mut world), expected);
        let there = if code == Code::CREATED { Code::CONTENT } else { Code::NOT_FOUND };
        assert_eq!(two(&mut world, Operation::read("/26241/5/0")), there);
    }
    // Without an Instance about Create nobody may.
    let mut world = registered(2, &[Rule::new(26241, 0, ONE, &[])], 1);
    for server in [1, 2] {
        let create = Operation::create("/26241", TLV, &unhex("c10007"));
        assert_eq!(world.ask(server, create).code, Code::UNAUTHORIZED);
    }
}

#[test]
fn who_created_an_instance_gives_rights_to_others() {
    let mut world = registered(2, &[Rule::new(26241, ANY, ONE, &[(TWO, CREATE)])], 0);
    let create = Operation::create("/26241", TLV, &unhex("0305 c10007"));
    assert_eq!(two(&mut world, create), Code::CREATED);
    assert_eq!(world.ask(1, Operation::read("/26241/5/0")).code, Code::UNAUTHORIZED);
    // Server 1 is not the owner.
    let rights = |rights: &[u8]| Operation::write("/2/1/2/101", TEXT, rights);
    assert_eq!(world.ask(1, rights(b"31")).code, Code::UNAUTHORIZED);
    assert_eq!(two(&mut world, rights(b"1")), Code::CHANGED);
    assert_eq!(world.ask(1, Operation::read("/26241/5/0")).code, Code::CONTENT);
    assert_eq!(world.ask(1, Operation::write("/26241/5/0", TEXT, b"1")).code, Code::UNAUTHORIZED);
    assert_eq!(rules(&mut world)[1].1, Rule::new(26241, 5, TWO, &[(ONE, READ)]));
    // The owner keeps its rights unless they are listed, too.
    assert_eq!(two(&mut world, Operation::read("/26241/5/0")), Code::CONTENT);
    // All may read who may do what; what an Instance is about nobody writes.
    assert_eq!(world.ask(1, Operation::read("/2/1/2/101")).code, Code::CONTENT);
    for path in ["/2/1/0", "/2/1/1"] {
        let write = Operation::write(path, TEXT, b"1");
        assert_eq!(two(&mut world, write), Code::METHOD_NOT_ALLOWED);
    }
    assert_eq!(two(&mut world, rights(b"32")), Code::BAD_REQUEST);
    // It is given away.
    assert_eq!(two(&mut world, Operation::write("/2/1/3", TEXT, b"101")), Code::CHANGED);
    assert_eq!(two(&mut world, rights(b"31")), Code::UNAUTHORIZED);
    assert_eq!(two(&mut world, Operation::read("/26241/5/0")), Code::UNAUTHORIZED);
}

#[test]
fn only_what_may_be_seen_is_shown() {
    let rules = [
        Rule::new(26241, 0, ONE, &[]),
        Rule::new(26241, 1, TWO, &[(ONE, READ)]),
        Rule::new(26241, 2, TWO, &[]),
        Rule::new(3, 0, ONE, &[(0, READ)]),
    ];
    let mut world = registered(2, &rules, 3);
    let seen: [(usize, &[u16], &[u16]); 2] = [(1, &[0, 1], &[2]), (2, &[1, 2], &[0])];
    for (server, visible, hidden) in seen {
        let links = world.ask(server, Operation::discover("/26241"));
        let links = text(&links.payload).to_string();
        let read = world.ask(server, Operation::read("/26241").accept(SENML_CBOR));
        let read: Vec<String> = values(SENML_CBOR, &read.payload).into_keys().collect();
        let all = read_all(&mut world, server);
        for (instances, there) in [(visible, true), (hidden, false)] {
            for id in instances {
                let path = format!("/26241/{id}/0");
                assert_eq!(links.contains(&format!("<{path}>")), there, "{links}");
                assert_eq!(links.contains(&format!("</26241/{id}>")), there, "{links}");
                assert_eq!(read.contains(&path), there, "{read:?}");
                assert_eq!(all.contains(&path), there);
            }
        }
        // Objects 1, 4 and 5 have no rule.
        let shown = |object: &str| all.iter().any(|path| path.starts_with(object));
        assert!(shown("/3/") && shown("/2/"));
        assert!(!shown("/1/") && !shown("/4/") && !shown("/5/") && !shown("/0/"));
    }
    // TLV counts what it has.
    let response = world.ask(1, Operation::read("/26241").accept(TLV));
    let (first, second) = response.payload.split_at(response.payload.len() / 2);
    assert_eq!((hex(&first[..3]), hex(&second[..3])), ("080031".into(), "080131".into()));
}

/// The notifications that server 2 got until now: code, and payload.
fn notified(world: &mut World) -> Vec<(Code, Vec<u8>)> {
    world.run_for(Duration::from_secs(2));
    let air = std::mem::take(&mut world.air.borrow_mut().events);
    let theirs = air.into_iter().filter(|(_, server, _)| *server == 2);
    let notified = theirs.filter_map(|(_, _, event)| match event {
        ServerEvent::Notification { code, payload, .. } => Some((code, payload)),
        _ => None,
    });
    notified.collect()
}

#[test]
fn an_observation_ends_with_the_right_to_read() {
    let mut world = device(READ, 2);
    assert_eq!(world.ask(2, Operation::observe("/26241/0/0").accept(TEXT)).observe, Some(1));
    world.set("/26241/0/0", &Value::Integer(20));
    assert_eq!(notified(&mut world), [(Code::CONTENT, b"20".to_vec())]);
    let take = Operation::write("/2/0/2/102", TEXT, b"0");
    assert_eq!(world.ask(1, take).code, Code::CHANGED);
    assert_eq!(notified(&mut world), [(Code::UNAUTHORIZED, vec![])]);
    // That was the last.
    let give = Operation::write("/2/0/2/102", TEXT, b"1");
    assert_eq!(world.ask(1, give).code, Code::CHANGED);
    world.set("/26241/0/0", &Value::Integer(40));
    assert_eq!(notified(&mut world), []);
}

#[test]
fn an_observation_ends_with_rights_that_a_replacement_empties() {
    let mut world = device(READ, 2);
    assert_eq!(world.ask(2, Operation::observe("/26241/0/0").accept(TEXT)).observe, Some(1));
    let take = Operation::write("/2/0", SENML_CBOR, &[0x80]);
    assert_eq!(world.ask(1, take).code, Code::CHANGED);
    assert_eq!(notified(&mut world), [(Code::UNAUTHORIZED, vec![])]);
}

#[test]
fn a_notification_has_only_what_may_be_seen() {
    let mut world = device(READ, 2);
    let paths = list(SENML_CBOR, &["/26241"]);
    let composite = Operation {
        observing: lwm2m_carrier_sim::server::Observing::Start,
        ..Operation::read_composite(SENML_CBOR, &paths)
    };
    assert_eq!(world.ask(2, composite).observe, Some(1));
    assert_eq!(world.ask(2, Operation::observe("/26241").accept(SENML_CBOR)).observe, Some(1));
    world.set("/26241/0/0", &Value::Integer(20));
    let notified_now = notified(&mut world);
    assert_eq!(notified_now.len(), 2);
    for (code, payload) in notified_now {
        assert_eq!(code, Code::CONTENT);
        let seen = values(SENML_CBOR, &payload);
        assert_eq!(seen["/26241/0/0"], 20);
        assert!(seen.keys().all(|path| path.starts_with("/26241/0/")));
    }
    // What it may not see does not make it hear of anything either.
    world.set("/26241/1/0", &Value::Integer(20));
    assert_eq!(notified(&mut world), []);
}

#[test]
fn a_deleted_instance_takes_its_rules_along() {
    let mut world = device(ALL, 2);
    let rule = |instance| Rule::new(26241, instance, ONE, &[]);
    assert_eq!(world.ask(1, Operation::observe("/2").accept(TLV)).observe, Some(1));
    let attributes = Operation::write_attributes("/2/0", "pmax=600");
    assert_eq!(world.ask(1, attributes).code, Code::CHANGED);
    world.server_events();
    assert_eq!(two(&mut world, Operation::delete("/26241/0")), DELETED);
    assert_eq!(rules(&mut world), [(1, rule(1)), (2, rule(ANY))]);
    // Who watches is told.
    world.run_for(Duration::from_secs(2));
    let events = world.server_events();
    let told = events.iter().filter(|event| matches!(event, ServerEvent::Notification { .. }));
    assert_eq!(told.count(), 1);
    // Who creates it anew is its owner; attributes of the old rule are gone.
    let create = Operation::create("/26241", TLV, &unhex("0300 c10007"));
    assert_eq!(world.ask(1, create).code, Code::CREATED);
    assert_eq!(rules(&mut world)[0], (0, rule(0)));
    assert_eq!(two(&mut world, Operation::read("/26241/0/0")), Code::UNAUTHORIZED);
    let links = world.ask(1, Operation::discover("/2/0"));
    assert!(!text(&links.payload).contains("pmax"), "{}", text(&links.payload));
}

#[test]
fn a_create_that_finds_no_room_for_its_owner_creates_nothing() {
    let mut before: Vec<Rule> = (0..capacity::ACCESS_CONTROLS as u16 - 1)
        .map(|id| Rule::new(26241, 100 + id, ONE, &[]))
        .collect();
    before.push(Rule::new(26241, ANY, ONE, &[(TWO, CREATE)]));
    let mut world = registered(2, &before, 1);
    let create = |id: u8| Operation::create("/26241", TLV, &[3, id, 0xc1, 0, 7]);
    assert_eq!(two(&mut world, create(5)), FULL);
    assert_eq!(world.get("/26241/5/0"), None);
    // One about an instance that is not there gives way.
    assert_eq!(two(&mut world, create(100)), Code::CREATED);
    assert_eq!(world.get("/26241/100/0"), Some(Owned::Integer(7)));
    let owners: Vec<Rule> = rules(&mut world).into_iter().map(|(_, rule)| rule).collect();
    assert!(owners.contains(&Rule::new(26241, 100, TWO, &[])));
    assert_eq!(owners.len(), before.len());
}

#[test]
fn a_refused_create_leaves_the_rules_alone() {
    let before = [
        // For an instance to come.
        Rule::new(26241, 5, ONE, &[(TWO, READ)]),
        Rule::new(26241, ANY, ONE, &[(TWO, CREATE)]),
    ];
    let mut world = registered(2, &before, 1);
    for payload in ["0305 c10a07", "0305 c40103e9", "0305 c10407", "0302 c10407"] {
        let create = Operation::create("/26241", TLV, &unhex(payload));
        assert!(!two(&mut world, create).is_success(), "{payload}");
        let after: Vec<Rule> = rules(&mut world).into_iter().map(|(_, rule)| rule).collect();
        assert_eq!(after, before, "{payload}");
    }
}

#[test]
fn more_rights_than_there_is_room_for_change_nothing() {
    let mut world = device(READ, 1);
    let room = capacity::SERVERS + 1;
    let before = rules(&mut world);
    let ids: Vec<u16> = (1..=room as u16).map(|id| 200 + id).collect();
    let composite: Vec<(String, _)> =
        ids.iter().map(|id| (format!("/2/0/2/{id}"), json!({ "v": 1 }))).collect();
    let composite: Vec<_> = composite.iter().map(|(p, v)| (p.as_str(), v.clone())).collect();
    let instances = |ids: &[u16]| -> Vec<u8> {
        let of = |id: &u16| [&[0x61][..], &id.to_be_bytes(), &[1]].concat();
        let content: Vec<u8> = ids.iter().flat_map(of).collect();
        [&[0x88, 2, content.len() as u8], &content[..]].concat()
    };
    let more: Vec<u16> = ids.iter().copied().chain([300]).collect();
    for operation in [
        Operation::write_composite(SENML_CBOR, &pack(SENML_CBOR, &composite)),
        Operation::update("/2/0/2", TLV, &instances(&ids)),
        Operation::update("/2/0", TLV, &instances(&ids)),
        Operation::write("/2/0/2", TLV, &instances(&more)),
        Operation::write("/2/0", TLV, &instances(&more)),
    ] {
        let code = world.ask(1, operation.clone()).code;
        assert_eq!((code, rules(&mut world)), (FULL, before.clone()), "{operation:?}");
    }
    // All that there is room for, in place of what was there.
    let all = Operation::write("/2/0/2", TLV, &instances(&ids));
    assert_eq!(world.ask(1, all).code, Code::CHANGED);
    let acl: Vec<(u16, u8)> = ids.iter().map(|id| (*id, 1)).collect();
    assert_eq!(rules(&mut world)[0].1.acl, acl);
    // And once more.
    let others: Vec<u16> = ids.iter().map(|id| id + 100).collect();
    let all = Operation::write("/2/0/2", TLV, &instances(&others));
    assert_eq!(world.ask(1, all).code, Code::CHANGED);
}

#[test]
fn a_composite_write_that_changes_rights_is_whole() {
    let mut world = device(READ | WRITE, 1);
    // First the owner goes, then what only the owner may.
    let records = [
        ("/2/0/3", json!({ "v": TWO })),
        ("/2/0/2/102", json!({ "v": 3 })),
        ("/26241/0/0", json!({ "v": 77 })),
    ];
    let write = Operation::write_composite(SENML_CBOR, &pack(SENML_CBOR, &records));
    assert_eq!(two(&mut world, write.clone()), Code::UNAUTHORIZED);
    assert_eq!(world.ask(1, write).code, Code::CHANGED);
    assert_eq!(rules(&mut world)[0].1, Rule::new(26241, 0, TWO, &[(TWO, 3)]));
    assert_eq!(world.get("/26241/0/0"), Some(Owned::Integer(77)));
}

#[test]
fn rights_are_kept_over_a_restart() {
    let mut world = device(READ, 1);
    let give = Operation::write("/2/0/2/102", TEXT, b"3");
    assert_eq!(world.ask(1, give).code, Code::CHANGED);
    let create = Operation::create("/26241", TLV, &unhex("0305 c10007"));
    assert_eq!(world.ask(1, create).code, Code::CREATED);
    world.run_for(Duration::from_secs(2));
    let before = rules(&mut world);
    assert_eq!(before.len(), 3);
    let state = std::mem::replace(&mut world.host.state, State::in_memory());
    let mut world = crate::two::device(vec![], 1, state);
    world.register();
    world.run_for(Duration::from_secs(2));
    assert_eq!(rules(&mut world), before);
    let write = Operation::write("/26241/0/0", TEXT, b"5");
    assert_eq!(two(&mut world, write), Code::CHANGED);
    assert_eq!(two(&mut world, Operation::execute("/26241/0/8", "")), Code::UNAUTHORIZED);
}

#[test]
fn a_bootstrap_takes_rules_away() {
    let rules_of = |path: &str| {
        let given = [Rule::new(26241, 0, ONE, &[]), Rule::new(26241, ANY, ONE, &[])];
        let mut all = steps(2, &given);
        all.insert(all.len() - 1, Step::Delete(path.into()));
        let mut world = crate::two::device(all, 1, State::in_memory());
        world.register();
        world.run_for(Duration::from_secs(2));
        rules(&mut world)
    };
    assert_eq!(rules_of("/2"), []);
    assert_eq!(rules_of("/2/0"), [(1, Rule::new(26241, ANY, ONE, &[]))]);
    // An Object Instance takes its own along.
    assert_eq!(rules_of("/26241/0"), [(1, Rule::new(26241, ANY, ONE, &[]))]);
}

#[test]
fn a_bootstrap_write_replaces_the_rights_of_a_rule() {
    let mut all = steps(2, &[Rule::new(26241, 0, ONE, &[(TWO, ALL), (0, READ)])]);
    all.insert(all.len() - 1, Rule::new(26241, 0, ONE, &[(ONE, READ)]).step(0));
    let mut world = crate::two::device(all, 1, State::in_memory());
    world.register();
    assert_eq!(rules(&mut world), [(0, Rule::new(26241, 0, ONE, &[(ONE, READ)]))]);
}

#[test]
fn an_object_that_nobody_may_read_is_4_01_and_an_empty_one_is_empty() {
    let mut world = device(0, 2);
    assert_eq!(two(&mut world, Operation::read("/26241")), Code::UNAUTHORIZED);
    assert_eq!(two(&mut world, Operation::observe("/26241")), Code::UNAUTHORIZED);
    let mut world = registered(2, &[Rule::new(26241, ANY, ONE, &[])], 0);
    let response = world.ask(2, Operation::read("/26241").accept(TLV));
    assert_eq!((response.code, response.payload), (Code::CONTENT, vec![]));
}

#[test]
fn the_object_list_names_every_instance() {
    // Whatever a server may do with it: it is to know what it may ask rights for.
    let world = device(0, 2);
    let mut air = world.air.borrow_mut();
    let registration = air.server(2).registration(ENDPOINT).expect("registered");
    for path in ["/2/0", "/26241/0", "/26241/1"] {
        assert!(registration.lists(path), "{path}");
    }
}
