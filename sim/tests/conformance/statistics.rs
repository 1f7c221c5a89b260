//! The Connectivity Statistics Object (registry, object 7), counted by the modem or by the library.

use crate::bench::*;
use lwm2m_carrier_sim::modem::{self, Fault};

fn execute(world: &mut World, path: &str) {
    assert_eq!(world.code(Operation::execute(path, "")), Code::CHANGED, "{path}");
}

fn number(world: &mut World, path: &str) -> u64 {
    world.text(path).parse().expect("a number")
}

/// The application sends and receives.
fn traffic(world: &mut World, sent: usize, received: usize) {
    let modem = &mut world.host.modem.modem;
    (0..sent).for_each(|_| modem.count(false, 1024));
    (0..received).for_each(|_| modem.count(true, 512));
}

fn is_counting(world: &World) -> bool {
    world.host.modem.modem.is_counting()
}

#[test]
fn lightweightm2m_1_0_int_901_connectivity_statistics_data_collection() {
    let mut world = World::registered();
    traffic(&mut world, 50, 50);
    for counter in 0..6 {
        assert_eq!(number(&mut world, &format!("/7/0/{counter}")), 0, "{counter}");
    }
    execute(&mut world, "/7/0/6");
    assert!(is_counting(&world));
    traffic(&mut world, 8, 4);
    let told = [0, 1, 2, 3, 4].map(|id| number(&mut world, &format!("/7/0/{id}")));
    // The device's own few messages take less than a kilobyte.
    assert_eq!(told, [0, 0, 8, 2, 1024]);
    let average = number(&mut world, "/7/0/5");
    assert!((512..1024).contains(&average), "{average}");
    traffic(&mut world, 2, 2);
    execute(&mut world, "/7/0/7");
    world.run_for(Duration::from_secs(1));
    assert!(!is_counting(&world));
    // What came since the last look was looked at before the end.
    assert_eq!((number(&mut world, "/7/0/2"), number(&mut world, "/7/0/3")), (10, 3));
    traffic(&mut world, 5, 5);
    world.run_for(Duration::from_secs(60));
    let asked = world.host.modem.modem.heard(Some("%XCONNSTAT"));
    assert_eq!(number(&mut world, "/7/0/2"), 10);
    assert_eq!(world.host.modem.modem.heard(Some("%XCONNSTAT")), asked, "nothing new to ask for");
    execute(&mut world, "/7/0/6");
    assert_eq!(number(&mut world, "/7/0/2"), 0);
}

#[test]
fn lightweightm2m_1_0_int_905_connectivity_statistics_writable_resources() {
    let mut world = World::registered();
    assert_eq!(world.text("/7/0/8"), "0");
    assert_eq!(world.code(Operation::write("/7/0/8", TEXT, b"60")), Code::CHANGED);
    assert_eq!(world.text("/7/0/8"), "60");
    for wrong in ["-1", "4294967296", "x"] {
        let write = Operation::write("/7/0/8", TEXT, wrong.as_bytes());
        assert_eq!(world.code(write), Code::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(world.code(Operation::write("/7/0/2", TEXT, b"1")), Code::METHOD_NOT_ALLOWED);
    assert_eq!(world.code(Operation::read("/7/0/6")), Code::METHOD_NOT_ALLOWED);
    execute(&mut world, "/7/0/6");
    let begun = world.now;
    traffic(&mut world, 3, 0);
    world.run_until(Duration::from_secs(600), &mut |world| !is_counting(world));
    // From the request on, which was answered after it came over the air.
    let lasted = (world.now.as_millis() - begun.as_millis()) as i64;
    assert!((lasted - 60_000).abs() <= 100, "{lasted}");
    traffic(&mut world, 3, 0);
    assert_eq!(number(&mut world, "/7/0/2"), 3);
}

#[test]
fn lightweightm2m_1_0_int_910_connectivity_statistics_observe_and_notify() {
    let mut world = World::registered();
    execute(&mut world, "/7/0/6");
    let attributes = Operation::write_attributes("/7/0/2", "pmin=5&pmax=30");
    assert_eq!(world.code(attributes), Code::CHANGED);
    let observed = world.ask(0, Operation::observe("/7/0/2").accept(TEXT));
    assert_eq!((observed.code, text(&observed.payload)), (Code::CONTENT, "0"));
    traffic(&mut world, 4, 0);
    let notified = |world: &mut World| {
        let payload = |event| match event {
            ServerEvent::Notification { payload, .. } => Some(text(&payload).to_string()),
            _ => None,
        };
        world.server_events().into_iter().filter_map(payload).collect::<Vec<_>>()
    };
    // The modem is not asked all the time: it is when the server wants to hear.
    world.run_for(Duration::from_secs(29));
    assert_eq!(notified(&mut world), Vec::<String>::new());
    world.run_for(Duration::from_secs(3));
    assert_eq!(notified(&mut world), ["4"]);
    // A server reads, and the observation hears of what is new.
    world.run_for(Duration::from_secs(10));
    traffic(&mut world, 2, 0);
    assert_eq!(number(&mut world, "/7/0/2"), 6);
    world.run_for(Duration::from_secs(1));
    assert_eq!(notified(&mut world), ["6"]);
}

#[test]
fn a_modem_that_restarts_goes_on_counting() {
    let mut world = World::registered();
    execute(&mut world, "/7/0/6");
    traffic(&mut world, 7, 0);
    assert_eq!(number(&mut world, "/7/0/2"), 7);
    let now = world.now;
    world.host.modem.modem.fault(now, Fault::Restart);
    world.run_for(Duration::from_secs(60));
    assert!(is_counting(&world));
    traffic(&mut world, 2, 0);
    assert_eq!(number(&mut world, "/7/0/2"), 9);
}

#[test]
fn where_the_modem_does_not_count_the_library_does() {
    let mut world = World::with_modem(modem::Config { plain: true, ..modem::Config::default() });
    execute(&mut world, "/7/0/6");
    // Short messages nobody counts.
    assert_eq!(world.code(Operation::read("/7/0/0")), Code::NOT_FOUND);
    let mark = world.mark();
    let large: usize = world.ask(0, Operation::read("/3/0").accept(TLV)).payload.len();
    let sent = world.sent_since(mark);
    let [(_, answer)] = &sent[..] else { panic!("{} datagrams", sent.len()) };
    assert_eq!(number(&mut world, "/7/0/4"), answer.encode().len() as u64 + 28);
    assert!(large > 100);
    for _ in 0..30 {
        world.ask(0, Operation::read("/3/0").accept(TLV));
    }
    assert!(number(&mut world, "/7/0/2") >= 4);
    let average = number(&mut world, "/7/0/5");
    assert!((60..large as u64).contains(&average), "{average}");
    execute(&mut world, "/7/0/7");
    let kept = number(&mut world, "/7/0/2");
    for _ in 0..20 {
        world.ask(0, Operation::read("/3/0").accept(TLV));
    }
    assert_eq!(number(&mut world, "/7/0/2"), kept);
}
