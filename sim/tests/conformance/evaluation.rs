//! When the conditions of an observation are evaluated: epmin and epmax (Core 7.3.2).

use crate::bench::*;
use lwm2m_carrier::lwm2m::Context;

/// An observation of /26241/0/0 (10 at first), or of another resource.
struct Observed {
    world: World,
    /// When it began, in milliseconds.
    start: u64,
    from: usize,
    path: &'static str,
}

impl Observed {
    fn with(path: &'static str, attributes: &[(&str, &str)]) -> Self {
        let mut world = World::equipped();
        // Values of the modem are asked for first.
        world.text("/3/0/13");
        for (path, attributes) in attributes {
            let write = Operation::write_attributes(path, attributes);
            assert_eq!(world.code(write), Code::CHANGED);
        }
        let from = world.mark();
        let response = world.ask(0, Operation::observe(path).accept(TEXT));
        assert_eq!((response.code, response.observe), (Code::CONTENT, Some(1)));
        let (start, from) = (world.sent_since(from)[0].0, world.mark());
        Self { world, start, from, path }
    }

    fn new(attributes: &str) -> Self {
        Self::with("/26241/0/0", &[("/26241/0/0", attributes)])
    }

    fn until(&mut self, second: u64) -> &mut Self {
        let now = self.world.now.as_millis();
        self.world.run_for(Duration::from_millis((self.start + second * 1000).saturating_sub(now)));
        self
    }

    /// A new value in this second, which the device tells of.
    fn set(&mut self, second: u64, value: i64) -> &mut Self {
        self.until(second);
        self.world.set(self.path, &Value::Integer(value));
        self
    }

    /// One that nobody tells of.
    fn hush(&mut self, second: u64, value: i64) -> &mut Self {
        self.until(second);
        let object = self.world.host.carrier.objects().get_mut(26241).expect("the object");
        let path = Path::parse(self.path).expect("a path");
        object.write(&path, &Value::Integer(value), &mut Context::new(0)).expect("taken");
        self
    }

    fn attributes(&mut self, second: u64, attributes: &str) -> &mut Self {
        self.until(second);
        let write = Operation::write_attributes(self.path, attributes);
        assert_eq!(self.world.code(write), Code::CHANGED);
        self
    }

    /// What was notified until this second: milliseconds after the start, and the value.
    fn told(&mut self, second: u64) -> Vec<(u64, String)> {
        self.until(second);
        let sent = self.world.sent_since(self.from).into_iter();
        let sent = sent.filter(|(_, message)| message.uint(option::OBSERVE).is_some());
        let told =
            |(at, message): (u64, Message)| (at - self.start, text(&message.payload).to_string());
        sent.map(told).collect()
    }
}

fn told(expected: &[(u64, i64)]) -> Vec<(u64, String)> {
    expected.iter().map(|(second, value)| (second * 1000, value.to_string())).collect()
}

#[test]
fn a_change_within_epmin_of_the_last_evaluation_is_evaluated_at_its_end() {
    let mut observed = Observed::new("epmin=10&gt=20");
    observed.set(2, 30);
    assert_eq!(observed.told(15), told(&[(10, 30)]));
    // What is not so any more is not told.
    observed.set(16, 15).set(17, 25);
    assert_eq!(observed.told(35), told(&[(10, 30)]));
    // The last evaluation is long ago, so this one is at once, and the next one ten seconds later.
    observed.set(40, 12).set(41, 25).set(43, 35);
    assert_eq!(observed.told(200), told(&[(10, 30), (40, 12), (50, 35)]));
}

#[test]
fn without_thresholds_each_real_change_is_told_at_the_end_of_epmin() {
    let mut observed = Observed::new("epmin=10");
    observed.set(2, 30).set(3, 31).set(12, 32).set(13, 31);
    assert_eq!(observed.told(200), told(&[(10, 31)]));
    let mut observed = Observed::with("/26241/0/2", &[("/26241", "epmin=10")]);
    for (second, value) in [(2, "two"), (3, "three"), (30, "four")] {
        observed.until(second).world.set("/26241/0/2", &Value::String(value));
    }
    assert_eq!(observed.told(200), [(10_000, "three".to_string()), (30_000, "four".into())]);
}

#[test]
fn the_minimum_period_holds_behind_the_evaluation() {
    let mut observed = Observed::new("epmin=5&pmin=20");
    observed.set(2, 30).set(22, 31).set(26, 32);
    // The second value is evaluated at 22, with the Minimum Period until 40.
    assert_eq!(observed.told(200), told(&[(20, 30), (40, 32)]));
}

#[test]
fn what_the_maximum_period_told_is_not_told_once_more() {
    let mut observed = Observed::with("/26241/0/2", &[("/26241/0/2", "epmin=20&pmax=15")]);
    observed.until(2).world.set("/26241/0/2", &Value::String("two"));
    let all: Vec<(u64, String)> = [15, 30, 45].map(|at| (at * 1000, "two".into())).into();
    assert_eq!(observed.told(50), all);
    let mut observed = Observed::new("epmin=20&pmax=15");
    observed.set(2, 30);
    assert_eq!(observed.told(40), told(&[(15, 30), (30, 30)]));
}

#[test]
fn epmax_finds_changes_that_nobody_told_of() {
    let mut observed = Observed::new("epmax=30");
    observed.hush(2, 11);
    assert_eq!(observed.told(65), told(&[(30, 11)]));
    // It counts from the last evaluation.
    observed.set(70, 12).hush(75, 13);
    assert_eq!(observed.told(140), told(&[(30, 11), (70, 12), (100, 13)]));
    // Below the step.
    let mut observed = Observed::new("epmax=30&st=5");
    observed.hush(2, 14).hush(50, 15);
    assert_eq!(observed.told(300), told(&[(60, 15)]));
    // Both: no sooner than epmin, no later than epmax.
    let mut observed = Observed::new("epmin=10&epmax=30");
    observed.hush(2, 11).hush(31, 12).set(33, 13).hush(41, 14);
    assert_eq!(observed.told(300), told(&[(30, 11), (40, 13), (70, 14)]));
}

#[test]
fn a_clock_is_told_as_often_as_it_is_evaluated() {
    let at = |observed: &mut Observed| {
        let told = observed.told(400);
        told.iter().map(|(at, _)| at / 1000).collect::<Vec<u64>>()
    };
    let mut observed = Observed::with("/3/0/13", &[("/3/0/13", "epmax=90")]);
    let seen = at(&mut observed);
    assert_eq!(seen.len(), 4, "{seen:?}");
    // The modem is asked what time it is, which takes a moment.
    assert!(seen.iter().zip([90, 180, 270, 360]).all(|(at, due)| (due..due + 3).contains(at)));
    let mut observed = Observed::with("/3/0/13", &[("/3/0/13", "epmax=90&st=150")]);
    let seen = at(&mut observed);
    assert!(seen.iter().zip([180, 360]).all(|(at, due)| (due..due + 3).contains(at)), "{seen:?}");
    assert_eq!(seen.len(), 2, "{seen:?}");
    let mut observed = Observed::with("/3/0/13", &[]);
    assert!(at(&mut observed).is_empty());
}

/// How often the device wakes up within an hour, from the next minute on.
fn count_wakes(observed: &mut Observed) -> u64 {
    let mut wakes = 0;
    observed.until(60).world.run_until(Duration::from_secs(3600), &mut |_| {
        wakes += 1;
        false
    });
    wakes
}

fn wakes(attributes: &str) -> u64 {
    count_wakes(&mut Observed::new(attributes))
}

#[test]
fn without_epmax_nothing_is_evaluated_by_time() {
    let mut observed = Observed::new("epmin=10");
    observed.hush(20, 11);
    assert_eq!(observed.told(1000), told(&[]));
    let quiet = wakes("pmin=0");
    assert_eq!(wakes("epmin=10"), quiet);
    assert_eq!(wakes("epmin=10&epmax=120"), quiet + 30);
    // Nor when what was observed is not any more.
    let mut observed = Observed::new("epmax=1000");
    let cancel = Operation::cancel("/26241/0/0").accept(TEXT);
    assert_eq!(observed.world.code(cancel), Code::CONTENT);
    assert_eq!(count_wakes(&mut observed), quiet);
}

#[test]
fn attributes_that_are_written_while_a_change_waits_count_at_once() {
    let mut observed = Observed::new("epmin=100");
    observed.set(2, 30).attributes(5, "epmin=20");
    assert_eq!(observed.told(30), told(&[(20, 30)]));
    observed.attributes(35, "epmin=100").set(40, 31).attributes(45, "epmin");
    let seen = observed.told(50);
    assert_eq!(seen.len(), 2);
    assert!((45_000..46_000).contains(&seen[1].0), "{seen:?}");
    observed.attributes(55, "epmax=30").hush(56, 32);
    // Of the last evaluation, which the end of epmin was.
    let seen = observed.told(100);
    assert_eq!(seen.len(), 3);
    assert!((75_000..76_000).contains(&seen[2].0), "{seen:?}");
}

#[test]
fn an_epmax_from_above_that_is_not_above_epmin_is_ignored() {
    let mut observed =
        Observed::with("/26241/0/0", &[("/26241", "epmax=10"), ("/26241/0/0", "epmin=10")]);
    observed.hush(2, 11);
    assert_eq!(observed.told(100), told(&[]));
    // The last evaluation is longer ago than that.
    observed.attributes(100, "epmin=9").hush(101, 12);
    let values: Vec<String> = observed.told(200).into_iter().map(|(_, value)| value).collect();
    assert_eq!(values, ["11", "12"]);
}

#[test]
fn epmax_finds_other_values_than_numbers_too() {
    let set = |observed: &mut Observed, value: &Value<'_>| {
        let path = Path::parse(observed.path).expect("a path");
        let object = observed.world.host.carrier.objects().get_mut(26241).expect("the object");
        object.write(&path, value, &mut Context::new(0)).expect("taken");
    };
    for (path, values) in [
        ("/26241/0/2", [Value::String("new"), Value::String("newer")]),
        ("/26241/0/3", [Value::Opaque(&[1]), Value::Opaque(&[])]),
        ("/26241/0/6", [Value::ObjectLink(3, 1), Value::ObjectLink(1, 3)]),
    ] {
        let mut observed = Observed::with(path, &[("/26241", "epmax=30")]);
        assert_eq!(observed.told(45), []);
        for value in values {
            let before = observed.told(0).len();
            set(&mut observed, &value);
            let second = 45 + 30 * before as u64;
            assert_eq!(observed.told(second + 30).len(), before + 1, "{path}");
            // The same once more.
            set(&mut observed, &value);
        }
        assert_eq!(observed.told(300).len(), 2, "{path}");
    }
}

#[test]
fn a_value_that_came_or_went_unnoticed_is_told() {
    let mut observed = Observed::with("/26241/0/7/3", &[("/26241/0/7", "epmax=30")]);
    let object = observed.world.host.carrier.objects().get_mut(26241).expect("the object");
    let path = Path::parse("/26241/0/7/3").expect("a path");
    object.remove(&path, &mut Context::new(0)).expect("removed");
    observed.until(40);
    let sent = observed.world.sent_since(observed.from);
    assert_eq!(sent.len(), 1);
    assert_eq!((sent[0].0 - observed.start, sent[0].1.code), (30_000, Code::NOT_FOUND));
}
