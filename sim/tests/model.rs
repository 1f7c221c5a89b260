//! Whatever two servers with different rights ask for, in whatever order: the device does as a plain
//! model of the data tree does. Same code, same meaning of the payload, same tree and rights; a
//! refused request changes nothing, and each request is answered once.

#[path = "model/ask.rs"]
mod ask;
#[path = "support/everything.rs"]
mod everything;
#[path = "model/reference.rs"]
mod reference;
#[path = "support/senml.rs"]
mod senml;
#[path = "support/two.rs"]
mod two;
#[path = "support/world.rs"]
mod world;

use ask::{Device, Op, Wrong};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use reference::Model;
use std::hash::{BuildHasher, RandomState};
use two::Rule;

const CASES: u32 = 1200;

fn path() -> impl Strategy<Value = String> {
    let instance = 0..5u16;
    let resource = prop::sample::select(vec![0u16, 0, 1, 2, 4, 7, 7, 8, 9, 10, 11, 99]);
    let part = prop::sample::select(vec![0u16, 3, 5]);
    let rule = 0..6u16;
    let server = prop::sample::select(vec![0u16, 101, 102, 103]);
    prop_oneof![
        2 => Just("/26241".to_string()),
        4 => instance.clone().prop_map(|i| format!("/26241/{i}")),
        12 => (instance.clone(), resource).prop_map(|(i, r)| format!("/26241/{i}/{r}")),
        4 => (instance.clone(), part).prop_map(|(i, p)| format!("/26241/{i}/7/{p}")),
        1 => Just("/2".to_string()),
        1 => rule.clone().prop_map(|x| format!("/2/{x}")),
        2 => (rule.clone(), 0..5u16).prop_map(|(x, r)| format!("/2/{x}/{r}")),
        4 => (rule, server).prop_map(|(x, s)| format!("/2/{x}/2/{s}")),
        2 => prop::sample::select(vec![
            "/", "/9999", "/9999/0/0", "/0", "/0/0", "/0/0/0", "/3/0/1", "/3/1", "/3/0/99",
            "/26241/0/0/0", "/26241/0/8/0", "/26241/65535",
        ]).prop_map(String::from),
    ]
}

fn value() -> impl Strategy<Value = everything::Owned> {
    use everything::Owned;
    prop_oneof![
        8 => prop::sample::select(vec![0i64, 1, 3, 5, 31, 32, 101, 102, 1000, 1001, -1])
            .prop_map(Owned::Integer),
        2 => prop::sample::select(vec!["abc", ""]).prop_map(|text| Owned::Text(text.into())),
        1 => any::<bool>().prop_map(Owned::Boolean),
        1 => prop::sample::select(vec![1.5, -2.5]).prop_map(Owned::Float),
    ]
}

/// No path twice: there may be no room for it twice, though there is for one.
fn once(
    mut records: Vec<(String, Option<everything::Owned>)>,
) -> Vec<(String, Option<everything::Owned>)> {
    let mut seen = std::collections::BTreeSet::new();
    records.retain(|(path, _)| seen.insert(path.clone()));
    records
}

fn records() -> impl Strategy<Value = Vec<(String, Option<everything::Owned>)>> {
    let some = prop_oneof![9 => value().prop_map(Some), 1 => Just(None)];
    prop::collection::vec((path(), some), 0..5).prop_map(once)
}

fn operation() -> impl Strategy<Value = Op> {
    let format = prop::sample::select(vec![senml::CBOR, senml::JSON]);
    // Below one instance, so that a Write has a chance.
    let below = |path: &str, records: &[(String, Option<everything::Owned>)]| {
        let base = path.to_string();
        let moved = records.iter().map(|(at, value)| {
            let inside = at.starts_with(&base) || at.len() % 5 == 0;
            let tail = at.splitn(4, '/').nth(3).unwrap_or("0");
            let instance = base.split('/').take(3).collect::<Vec<_>>().join("/");
            (if inside { at.clone() } else { format!("{instance}/{tail}") }, value.clone())
        });
        once(moved.collect())
    };
    prop_oneof![
        4 => (path(), format.clone()).prop_map(|(path, format)| Op::Read { path, format }),
        3 => (path(), prop_oneof![4 => Just(None), 1 => (0..4u8).prop_map(Some)])
            .prop_map(|(path, depth)| Op::Discover { path, depth }),
        2 => (path(), 0..4u8).prop_map(|(path, token)| Op::Observe { path, token }),
        1 => (path(), 0..4u8).prop_map(|(path, token)| Op::Cancel { path, token }),
        6 => (path(), any::<bool>(), value())
            .prop_map(|(path, put, value)| Op::WriteText { path, put, value }),
        4 => (path(), any::<bool>(), format.clone(), records()).prop_map(
            move |(path, put, format, records)| {
                let records = below(&path, &records);
                Op::Write { path, put, format, records }
            }
        ),
        3 => (path(), prop::sample::select(vec!["", "0", "0='a',1", "x", "0="]))
            .prop_map(|(path, arguments)| Op::Execute { path, arguments: arguments.into() }),
        3 => (prop::option::of(0..7u8), value()).prop_map(|(id, value)| {
            let at = format!("/26241/{}/", id.unwrap_or(0));
            let records = [(at.clone() + "0", Some(value)), (at + "2", None)];
            let records = records[..if id == Some(6) { 2 } else { 1 }].to_vec();
            match id {
                Some(_) => Op::Write {
                    path: "/26241".into(), put: false, format: senml::CBOR, records,
                },
                None => Op::CreateUnnamed { byte: 5 },
            }
        }),
        2 => path().prop_map(|path| Op::Delete { path }),
        3 => (path(), prop::sample::select(vec![
            "pmin=1", "pmax=60", "pmin", "gt=5", "lt=2&gt=9&st=1", "gt", "lt&st", "epmin=9&epmax=5",
            "st=-1", "pmin=x", "colour=red", "pmin=1&pmax",
        ])).prop_map(|(path, query)| Op::Attributes { path, query: query.into() }),
        3 => (prop::collection::vec(path(), 0..4), format.clone())
            .prop_map(|(paths, format)| Op::ReadComposite { paths, format, observe: false }),
        1 => (prop::collection::vec(path(), 0..3), format.clone())
            .prop_map(|(paths, format)| Op::ReadComposite { paths, format, observe: true }),
        3 => (records(), format).prop_map(|(records, format)| Op::WriteComposite { records, format }),
    ]
}

fn wrong() -> impl Strategy<Value = Option<Wrong>> {
    let some = prop::sample::select(vec![
        Wrong::Truncated,
        Wrong::CriticalOption,
        Wrong::Segment,
        Wrong::ContentFormat,
        Wrong::Accept,
    ]);
    prop_oneof![5 => Just(None), 1 => some.prop_map(Some)]
}

fn rules() -> impl Strategy<Value = Vec<Rule>> {
    let rights = || prop_oneof![2 => Just(31u8), 3 => 0..32u8];
    let acl =
        prop::collection::btree_map(prop::sample::select(vec![0u16, 101, 102]), rights(), 0..3);
    let owner = prop::sample::select(vec![101u16, 102]);
    let rule = (owner, acl).prop_map(|(owner, acl)| (owner, acl.into_iter().collect::<Vec<_>>()));
    prop::collection::vec(prop_oneof![5 => rule.prop_map(Some), 1 => Just(None)], 6).prop_map(
        |all| {
            let about = [(26241, 0), (26241, 1), (26241, 2), (26241, two::ANY), (3, 0), (26241, 4)];
            let given = about.iter().zip(all).filter_map(|((object, instance), rule)| {
                rule.map(|(owner, acl)| Rule::new(*object, *instance, owner, &acl))
            });
            given.collect()
        },
    )
}

#[test]
fn the_device_does_as_the_model_does() {
    // Another one each time; the one of a failure is printed, and used with MODEL_SEED.
    let seed = std::env::var("MODEL_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed: u64 = seed.unwrap_or_else(|| RandomState::new().hash_one(0));
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_be_bytes());
    let config = Config {
        cases: CASES,
        max_shrink_iters: 4000,
        failure_persistence: None,
        ..Config::default()
    };
    let random = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(config, random);
    let step = (prop::sample::select(vec![1usize, 2]), operation(), wrong());
    let case = (rules(), prop::collection::vec(step, 1..25));
    let result = runner.run(&case, |(rules, steps)| {
        let mut device = Device::new(&rules);
        let mut model = Model::new(&rules);
        for (server, op, wrong) in &steps {
            device.step(&mut model, *server, op, *wrong)?;
        }
        Ok(())
    });
    if let Err(error) = result {
        panic!("MODEL_SEED={seed}\n{error}");
    }
}
