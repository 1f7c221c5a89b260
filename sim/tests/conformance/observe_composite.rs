//! When an observation of several paths is notified: each path has its attributes (Core 6.4.4, 7.3.2).

use crate::bench::*;
use crate::senml::{list, values};
use lwm2m_carrier::lwm2m::Context;
use lwm2m_carrier_sim::server::Observing;

const PATHS: [&str; 4] = ["/26241/0/0", "/26241/0/9", "/26241/0/1", "/26241/0/4"];

struct Observed {
    world: World,
    /// When it began, in milliseconds.
    start: u64,
    from: usize,
}

impl Observed {
    fn with(mut world: World, paths: &[&str]) -> Self {
        let from = world.mark();
        let operation = Operation::read_composite(SENML_CBOR, &list(SENML_CBOR, paths));
        let operation = Operation { observing: Observing::Start, ..operation };
        let response = world.ask(0, operation);
        assert_eq!((response.code, response.observe), (Code::CONTENT, Some(1)));
        let (start, from) = (world.sent_since(from)[0].0, world.mark());
        Self { world, start, from }
    }

    /// An observation of these paths, with attributes written before.
    fn new(paths: &[&str], attributes: &[(&str, &str)]) -> Self {
        let mut world = World::equipped();
        for (path, attributes) in attributes {
            let write = Operation::write_attributes(path, attributes);
            assert_eq!(world.code(write), Code::CHANGED);
        }
        Self::with(world, paths)
    }

    fn until(&mut self, second: u64) -> &mut Self {
        let now = self.world.now.as_millis();
        self.world.run_for(Duration::from_millis(self.start + second * 1000 - now));
        self
    }

    /// Seconds after the start of what was notified until a second.
    fn at(&mut self, second: u64) -> Vec<u64> {
        self.until(second);
        let sent = self.world.sent_since(self.from).into_iter();
        let sent = sent.filter(|(_, message)| message.uint(option::OBSERVE).is_some());
        sent.map(|(at, _)| (at - self.start) / 1000).collect()
    }

    /// Whether this value is notified at once.
    fn wants(&mut self, path: &str, value: &Value<'_>) -> bool {
        let from = self.world.mark();
        self.world.set(path, value);
        self.world.run_for(Duration::from_secs(1));
        let sent = self.world.sent_since(from);
        if let [(_, message)] = &sent[..] {
            // It carries what is observed.
            assert_eq!(message.code, Code::CONTENT);
            assert!(!values(SENML_CBOR, &message.payload).is_empty());
        }
        assert!(sent.len() < 2);
        sent.len() == 1
    }

    fn hush(&mut self, path: &str, value: i64) {
        let object = self.world.host.carrier.objects().get_mut(26241).expect("the object");
        let path = Path::parse(path).expect("a path");
        object.write(&path, &Value::Integer(value), &mut Context::new(0)).expect("taken");
    }
}

#[test]
fn each_path_of_an_observation_is_compared_by_its_own_thresholds() {
    let attributes = [("/26241/0/0", "gt=20"), ("/26241/0/9", "st=5"), ("/26241/0/4", "edge=1")];
    let mut observed = Observed::new(&PATHS, &attributes);
    let mut wants = |path: &str, value| observed.wants(path, &value);
    assert!(!wants("/26241/0/0", Value::Integer(15)));
    assert!(wants("/26241/0/0", Value::Integer(25)));
    assert!(!wants("/26241/0/0", Value::Integer(30)));
    assert!(!wants("/26241/0/9", Value::Unsigned(13)));
    assert!(wants("/26241/0/9", Value::Unsigned(14)));
    // Without thresholds it is any other value.
    assert!(!wants("/26241/0/1", Value::Float(1.5)));
    assert!(wants("/26241/0/1", Value::Float(1.75)));
    assert!(!wants("/26241/0/4", Value::Boolean(false)));
    assert!(wants("/26241/0/4", Value::Boolean(true)));
    // A step is counted from what was notified last, whichever path that was for.
    assert!(!wants("/26241/0/9", Value::Unsigned(18)));
    assert!(wants("/26241/0/0", Value::Integer(20)));
    assert!(!wants("/26241/0/9", Value::Unsigned(22)));
    assert!(wants("/26241/0/9", Value::Unsigned(23)));
}

#[test]
fn what_is_no_single_number_is_told_whenever_it_changes() {
    let attributes = [("/26241/0/0", "gt=20")];
    let mut observed = Observed::new(&["/26241/0/2", "/26241/0/7", "/26241/0/0"], &attributes);
    let mut wants = |path: &str, value| observed.wants(path, &value);
    assert!(wants("/26241/0/2", Value::String("text")));
    assert!(wants("/26241/0/7/3", Value::Integer(73)));
    assert!(!wants("/26241/0/0", Value::Integer(15)));
    // Thresholds of what lies below a path are none of that path.
    let mut observed = Observed::new(&["/26241/0", "/1/0/1"], &attributes);
    assert!(observed.wants("/26241/0/0", &Value::Integer(15)));
    // A Resource Instance is a number.
    let mut observed = Observed::new(&["/26241/0/7/3"], &[("/26241/0/7", "gt=80")]);
    assert!(!observed.wants("/26241/0/7/3", &Value::Integer(79)));
    assert!(observed.wants("/26241/0/7/3", &Value::Integer(81)));
}

#[test]
fn the_largest_minimum_period_and_the_smallest_maximum_period_hold() {
    let attributes = [
        ("/26241/0/0", "pmin=5&pmax=100"),
        ("/26241/0/9", "pmin=20&pmax=50"),
        ("/26241/0/1", "pmin=10&pmax=70"),
    ];
    let mut observed = Observed::new(&PATHS, &attributes);
    observed.until(2).world.set("/26241/0/0", &Value::Integer(11));
    assert_eq!(observed.at(130), [20, 70, 120]);
    // The defaults are those of paths without an attribute.
    let mut world = World::equipped();
    for (path, value) in [("/1/0/2", "30"), ("/1/0/3", "60")] {
        assert_eq!(world.code(Operation::write(path, TEXT, value.as_bytes())), Code::CHANGED);
    }
    let write = Operation::write_attributes("/26241/0/0", "pmin=5&pmax=100");
    assert_eq!(world.code(write), Code::CHANGED);
    let mut observed = Observed::with(world, &PATHS[..2]);
    observed.until(2).world.set("/26241/0/0", &Value::Integer(11));
    assert_eq!(observed.at(100), [30, 90]);
    // Those that contradict each other: the Minimum Period holds.
    let attributes = [("/26241/0/0", "pmin=40"), ("/26241/0/9", "pmax=20")];
    let mut observed = Observed::new(&PATHS, &attributes);
    observed.until(2).world.set("/26241/0/0", &Value::Integer(11));
    assert_eq!(observed.at(300), [40]);
}

#[test]
fn one_path_is_enough_to_make_notifications_confirmable() {
    for (attributes, kind) in [
        (&[("/26241/0/9", "con=1"), ("/26241/0/0", "con=0")][..], Kind::Confirmable),
        (&[("/26241/0/0", "con=0")], Kind::NonConfirmable),
    ] {
        let mut observed = Observed::new(&PATHS, attributes);
        assert!(observed.wants("/26241/0/0", &Value::Integer(11)));
        assert_eq!(observed.world.sent_since(observed.from)[0].1.kind, kind);
    }
}

#[test]
fn the_largest_epmin_and_the_smallest_epmax_hold() {
    let attributes =
        [("/26241/0/0", "epmin=5&epmax=100&gt=20"), ("/26241/0/9", "epmin=10&epmax=40")];
    let mut observed = Observed::new(&PATHS, &attributes);
    observed.until(2).world.set("/26241/0/0", &Value::Integer(30));
    assert_eq!(observed.at(15), [10]);
    // Below the threshold, and what nobody told of at the end of the smallest: 10 + 40.
    observed.hush("/26241/0/0", 40);
    assert_eq!(observed.at(55), [10]);
    observed.hush("/26241/0/9", 77);
    assert_eq!(observed.at(300), [10, 90]);
    // What is not observed is not evaluated, and does not put anything off.
    let mut observed = Observed::new(&PATHS, &[("/26241/0/0", "epmin=10")]);
    observed.until(15).world.set("/26241/0/2", &Value::String("new"));
    observed.until(17).world.set("/26241/0/0", &Value::Integer(11));
    assert_eq!(observed.at(100), [17]);
    // A text that changes within epmin.
    let mut observed = Observed::new(&["/26241/0/2", "/26241/0/0"], &[("/26241/0/0", "epmin=9")]);
    observed.until(2).world.set("/26241/0/2", &Value::String("new"));
    assert_eq!(observed.at(100), [9]);
}

#[test]
fn attributes_that_are_written_later_count_for_an_observation_of_several_paths() {
    let mut observed = Observed::new(&PATHS, &[]);
    assert!(observed.wants("/26241/0/0", &Value::Integer(11)));
    let write = Operation::write_attributes("/26241/0/0", "gt=20&pmax=30");
    assert_eq!(observed.world.code(write), Code::CHANGED);
    assert!(!observed.wants("/26241/0/0", &Value::Integer(12)));
    assert_eq!(observed.at(40), [0, 30]);
}

#[test]
fn lists_do_not_share_what_was_notified() {
    let mut observed = Observed::new(&PATHS[..2], &[("/26241/0/0", "st=5")]);
    let other = Operation::read_composite(SENML_CBOR, &list(SENML_CBOR, &PATHS[..1]));
    let other = Operation { observing: Observing::Start, ..other };
    assert!(!observed.wants("/26241/0/0", &Value::Integer(13)));
    assert!(observed.world.ask(0, other).observe.is_some());
    // 3 from the later one's first value, 6 from the earlier one's.
    assert!(observed.wants("/26241/0/0", &Value::Integer(16)));
    // 5 from the later one's, 2 from what the earlier one notified.
    assert!(observed.wants("/26241/0/0", &Value::Integer(18)));
}
