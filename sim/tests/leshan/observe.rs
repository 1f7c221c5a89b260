//! Observe, Notify, both ways to cancel, Write-Attributes (Core 6.4, 7.3; RFC 7641), and Send (Core 6.4.6).
//!
//! That a value was not notified is seen from the sequence number of the one that was: they count by one. `st` and the
//! confirmable notification once in 24 hours are tested in virtual time elsewhere.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::{
    Bench, CBOR, LESHAN, Link, OPAQUE, SENML_CBOR, SENML_JSON, SOON, TEXT, TLV, over_both,
};
use crate::relay::Relay;

over_both!(
    notifications_follow_each_change_with_ascending_numbers,
    each_level_is_observed_in_each_format,
    an_observation_is_repeated_and_goes_on_counting,
    an_observation_that_was_forgotten_ends_with_reset,
    an_observation_is_cancelled_actively,
    several_observations_are_told_apart,
    the_minimum_period_holds_changes_back,
    the_maximum_period_repeats_the_value,
    the_servers_default_periods_hold_without_attributes,
    thresholds_decide_what_is_worth_a_notification,
    attributes_are_inherited_and_taken_back,
    what_a_server_writes_is_notified,
    observations_end_with_the_registration,
    values_are_sent_without_being_asked_for,
);

const VALUE: &str = "/3303/0/5700";
/// Short enough to wait for nothing.
const QUIET: Duration = Duration::from_millis(300);

impl Bench<'_> {
    /// Observes a path; gives the sequence number.
    fn observe(&self, path: &str, format: u32) -> u64 {
        let reply = self.expect("2.05", "observe", json!({ "path": path, "format": format }));
        assert_eq!(reply["content_format"], format, "{path}: {reply}");
        let sequence = reply["observe"].as_u64();
        sequence.unwrap_or_else(|| panic!("the answer says that it observes: {reply}"))
    }

    fn set(&mut self, path: &str, value: impl std::fmt::Display) {
        self.device.must(&format!("set {path} {value}"));
    }

    /// The next notification of a path, which must have this number.
    fn notified(&self, path: &str, sequence: u64) -> Value {
        let event = self.event_where("notification", |event| event["path"] == path);
        assert_eq!(event["code"], "2.05", "{event}");
        assert_eq!(event["observe"], sequence, "{event}");
        event
    }

    /// Lets Leshan forget an observation; a new one of the same path would replace it, but not at once.
    fn forget(&self, path: &str) {
        assert_eq!(self.call("cancel", json!({ "path": path }))["cancelled"], 1);
    }

    fn attributes(&self, path: &str, attributes: &str) {
        self.expect("2.04", "write_attributes", json!({ "path": path, "attributes": attributes }));
    }
}

fn notifications_follow_each_change_with_ascending_numbers(link: Link) {
    let mut bench = Bench::new(link, "obs");
    let first = bench.observe(VALUE, TEXT);
    bench.event("observation_new");
    for step in 1..=20 {
        let value = 20.0 + f64::from(step) / 4.0;
        bench.set(VALUE, value);
        let event = bench.notified(VALUE, first + u64::from(step as u32));
        assert_eq!(event["coap_type"], "NON", "{event}");
        assert_eq!(event["content_format"], TEXT, "{event}");
        assert_eq!(event["values"], json!({ VALUE: value }), "{event}");
    }
    // The same value again is none.
    bench.set(VALUE, 25.0);
    bench.set(VALUE, 26.0);
    assert_eq!(bench.notified(VALUE, first + 21)["values"], json!({ VALUE: 26.0 }));
}

fn each_level_is_observed_in_each_format(link: Link) {
    let mut bench = Bench::new(link, "obs-levels");
    // From now on no value is the smallest or largest one: each `set` changes one resource, and is notified once.
    bench.set(VALUE, 20_000);
    bench.set(VALUE, -20_000);
    for format in [TEXT, CBOR, TLV, SENML_CBOR, SENML_JSON] {
        let first = bench.observe(VALUE, format);
        bench.set(VALUE, format);
        let event = bench.notified(VALUE, first + 1);
        assert_eq!(event["content_format"], format, "{event}");
        assert_eq!(event["values"], json!({ VALUE: f64::from(format) }), "{event}");
        bench.forget(VALUE);
    }
    for path in ["/3303", "/3303/0"] {
        for format in [TLV, SENML_CBOR, SENML_JSON] {
            let first = bench.observe(path, format);
            bench.set(VALUE, -f64::from(format));
            let event = bench.notified(path, first + 1);
            assert_eq!(event["content_format"], format, "{event}");
            assert_eq!(event["values"][VALUE], -f64::from(format), "{event}");
            assert_eq!(event["values"]["/3303/0/5701"], "Cel", "the whole of it: {event}");
            bench.set(VALUE, 0);
            bench.notified(path, first + 2);
            bench.forget(path);
        }
        bench.expect("4.06", "observe", json!({ "path": path, "format": TEXT }));
    }
    // A multiple resource, and one of its instances.
    for path in ["/3/0/11", "/3/0/11/0"] {
        let first = bench.observe(path, SENML_CBOR);
        bench.set("/3/0/11", 7);
        let event = bench.notified(path, first + 1);
        assert_eq!(event["values"], json!({ "/3/0/11/0": 7 }), "{event}");
        bench.set("/3/0/11", 0);
        bench.notified(path, first + 2);
    }
    bench.expect("4.06", "observe", json!({ "path": VALUE, "format": OPAQUE }));
    bench.expect("4.04", "observe", json!({ "path": "/3303/9", "format": TLV }));
    bench.expect("4.05", "observe", json!({ "path": "/3/0/4", "format": TEXT }));
}

fn an_observation_is_repeated_and_goes_on_counting(link: Link) {
    let mut bench = Bench::new(link, "obs-again");
    let again = |bench: &Bench<'_>| {
        let request = json!({ "path": VALUE, "accept": TEXT, "observe": 0, "token": "a1b2c3" });
        bench.expect("2.05", "coap", request)["observe"].as_u64().expect("a number")
    };
    let first = again(&bench);
    bench.set(VALUE, 1);
    bench.notified(VALUE, first + 1);
    let second = again(&bench);
    assert!(second > first + 1, "{second} after {first}");
    bench.set(VALUE, 2);
    let event = bench.notified(VALUE, second + 1);
    assert_eq!(event["observation"], "a1b2c3");
    bench.set(VALUE, 3);
    bench.notified(VALUE, second + 2);
}

/// Passive cancel: the server says nothing until the next notification, which it answers with Reset.
fn an_observation_that_was_forgotten_ends_with_reset(link: Link) {
    let leshan = &*LESHAN;
    let relay = Relay::to(match link {
        Link::NoSec => leshan.ports.dm_coap,
        Link::Psk => leshan.ports.dm_coaps,
    });
    let mut bench = Bench::through(leshan, relay.port, link, "obs-passive", &[]);
    let first = bench.observe(VALUE, TEXT);
    bench.set(VALUE, 1);
    bench.notified(VALUE, first + 1);
    let (up, down) = relay.count();
    assert_eq!(bench.call("cancel", json!({ "path": VALUE }))["cancelled"], 1);
    assert_eq!(relay.count(), (up, down), "nothing is sent");
    bench.set(VALUE, 2);
    let (notification, reset) = relay.last(up + 1, down + 1);
    if link == Link::NoSec {
        // Non-confirmable 2.05 with a token of 8 bytes; Reset, empty, with the same Message ID.
        assert_eq!(notification[..2], [0x58, 0x45]);
        assert_eq!(reset, [0x70, 0x00, notification[2], notification[3]]);
    }
    bench.set(VALUE, 3);
    assert!(bench.no_event_within("notification", QUIET));
    assert_eq!(relay.count(), (up + 1, down + 1), "no more notifications");
}

fn an_observation_is_cancelled_actively(link: Link) {
    let mut bench = Bench::new(link, "obs-active");
    let first = bench.observe(VALUE, TEXT);
    bench.set(VALUE, 1);
    bench.notified(VALUE, first + 1);
    let reply = bench.expect("2.05", "cancel_active", json!({ "path": VALUE }));
    assert!(reply["observe"].is_null(), "{reply}");
    assert_eq!(reply["values"], json!({ VALUE: 1.0 }));
    // Leshan would still tell of a notification.
    bench.set(VALUE, 2);
    assert!(bench.no_event_within("notification", QUIET));
}

fn several_observations_are_told_apart(link: Link) {
    let mut bench = Bench::new(link, "obs-many");
    let paths = ["/3/0/9", "/3/0/10", "/3/0/15", "/3/0/20", VALUE];
    for path in &paths[..4] {
        bench.set(path, 1);
    }
    let numbers = paths.map(|path| bench.observe(path, TEXT));
    for (path, number) in paths.into_iter().zip(numbers) {
        bench.set(path, 3);
        bench.notified(path, number + 1);
    }
    bench.expect("2.05", "cancel_active", json!({ "path": paths[1] }));
    bench.set(paths[1], 4);
    bench.set(paths[2], 4);
    bench.notified(paths[2], numbers[2] + 2);
    assert!(bench.no_event("notification"));
    // Ten are the most; the one more is answered like a Read.
    for path in ["/3/0/0", "/3/0/1", "/3/0/2", "/3/0/3", "/3/0/16", "/3/0/17"] {
        bench.observe(path, TEXT);
    }
    let reply = bench.expect("2.05", "coap", json!({ "path": "/3/0/18", "observe": 0 }));
    assert!(reply["observe"].is_null(), "{reply}");
}

fn the_minimum_period_holds_changes_back(link: Link) {
    let mut bench = Bench::new(link, "pmin");
    bench.attributes(VALUE, "pmin=1");
    let first = bench.observe(VALUE, TEXT);
    let start = Instant::now();
    for value in 1..=5 {
        bench.set(VALUE, value);
    }
    assert_eq!(bench.notified(VALUE, first + 1)["values"], json!({ VALUE: 5.0 }), "the newest");
    let held = start.elapsed();
    assert!((Duration::from_millis(900)..Duration::from_millis(1900)).contains(&held), "{held:?}");
    // Once more from the notification on.
    bench.set(VALUE, 6);
    bench.notified(VALUE, first + 2);
    let held = start.elapsed();
    assert!(held > Duration::from_millis(1900), "{held:?}");
    assert!(bench.no_event("notification"));
}

fn the_maximum_period_repeats_the_value(link: Link) {
    let mut bench = Bench::new(link, "pmax");
    bench.attributes(VALUE, "pmax=1");
    let first = bench.observe(VALUE, TEXT);
    let start = Instant::now();
    for count in 1..=2 {
        let event = bench.notified(VALUE, first + count);
        assert_eq!(event["values"], json!({ VALUE: 20.0 }));
    }
    let passed = start.elapsed();
    assert!(
        (Duration::from_millis(1900)..Duration::from_millis(2900)).contains(&passed),
        "{passed:?}"
    );
    // A change comes at once.
    bench.set(VALUE, 21);
    assert_eq!(bench.notified(VALUE, first + 3)["values"], json!({ VALUE: 21.0 }));
}

fn the_servers_default_periods_hold_without_attributes(link: Link) {
    let mut bench = Bench::new(link, "periods");
    for (path, value) in [("/1/0/2", 1), ("/1/0/3", 2)] {
        bench.expect("2.04", "write", json!({ "path": path, "value": value, "format": "TEXT" }));
    }
    let first = bench.observe(VALUE, TEXT);
    let start = Instant::now();
    bench.set(VALUE, 1);
    bench.notified(VALUE, first + 1);
    assert!(start.elapsed() > Duration::from_millis(900), "{:?}", start.elapsed());
    bench.notified(VALUE, first + 2);
    assert!(start.elapsed() > Duration::from_millis(2900), "{:?}", start.elapsed());
    // Attributes go before them.
    bench.attributes(VALUE, "pmin=0");
    bench.set(VALUE, 2);
    let start = Instant::now();
    bench.notified(VALUE, first + 3);
    assert!(start.elapsed() < Duration::from_millis(800), "{:?}", start.elapsed());
}

fn thresholds_decide_what_is_worth_a_notification(link: Link) {
    let mut bench = Bench::new(link, "limits");
    bench.attributes(VALUE, "gt=30&lt=10.5");
    let mut number = bench.observe(VALUE, TEXT);
    // Values, and whether they cross a limit.
    for (value, crosses) in [
        (25.0, false),
        (30.0, false),
        (30.5, true),
        (45.0, false),
        (31.0, false),
        (29.0, true),
        (10.5, false),
        (10.25, true),
        (-40.0, false),
        (12.0, true),
        (99.0, true),
    ] {
        bench.set(VALUE, value);
        if crosses {
            number += 1;
            assert_eq!(bench.notified(VALUE, number)["values"], json!({ VALUE: value }));
        }
    }
    // A step.
    bench.attributes(VALUE, "gt&lt&st=5");
    for (value, far) in [(100.0, false), (95.0, false), (104.0, true), (99.5, false), (99.0, true)]
    {
        bench.set(VALUE, value);
        if far {
            number += 1;
            assert_eq!(bench.notified(VALUE, number)["values"], json!({ VALUE: value }));
        }
    }
    // Limits are for single numbers, and must make sense together.
    for (path, wrong) in [
        ("/3303/0", "gt=3"),
        ("/3/0/0", "lt=3"),
        (VALUE, "lt=9&gt=3"),
        (VALUE, "st=-1"),
        (VALUE, "pmin=x"),
        (VALUE, "nonsense=1"),
    ] {
        let query: Vec<&str> = wrong.split('&').collect();
        let request = json!({ "method": "PUT", "path": path, "query": query });
        bench.expect("4.00", "coap", request);
    }
    bench.expect("4.04", "write_attributes", json!({ "path": "/3303/3", "attributes": "pmin=1" }));
}

fn attributes_are_inherited_and_taken_back(link: Link) {
    let mut bench = Bench::new(link, "inherit");
    bench.attributes("/3303", "pmin=60");
    bench.attributes("/3303/0", "pmin=1");
    let first = bench.observe(VALUE, TEXT);
    bench.set(VALUE, 1);
    let start = Instant::now();
    bench.notified(VALUE, first + 1);
    assert!(start.elapsed() > Duration::from_millis(800), "{:?}", start.elapsed());
    bench.attributes("/3303/0", "pmin");
    bench.set(VALUE, 2);
    assert!(bench.no_event_within("notification", 5 * QUIET), "60 s hold again");
    bench.attributes("/3303", "pmin");
    assert_eq!(bench.notified(VALUE, first + 2)["values"], json!({ VALUE: 2.0 }));
}

fn what_a_server_writes_is_notified(link: Link) {
    let mut bench = Bench::new(link, "obs-write");
    bench.expect("2.04", "write", json!({ "path": "/3/0/15", "value": "A", "format": "TEXT" }));
    let zone = bench.observe("/3/0/15", TEXT);
    bench.expect("2.04", "write", json!({ "path": "/3/0/15", "value": "B", "format": "TEXT" }));
    assert_eq!(bench.notified("/3/0/15", zone + 1)["values"], json!({ "/3/0/15": "B" }));
    let server = bench.observe("/1/0", TLV);
    let update = json!({ "path": "/1/0", "mode": "update", "resources": { "3": 600 } });
    bench.expect("2.04", "write", update);
    assert_eq!(bench.notified("/1/0", server + 1)["values"]["/1/0/3"], 600);
    let range = bench.observe("/3303/0/5602", TEXT);
    bench.set(VALUE, 40);
    assert_eq!(
        bench.notified("/3303/0/5602", range + 1)["values"],
        json!({ "/3303/0/5602": 40.0 })
    );
    bench.set(VALUE, 10);
    bench.expect("2.04", "execute", json!({ "path": "/3303/0/5605" }));
    assert_eq!(
        bench.notified("/3303/0/5602", range + 2)["values"],
        json!({ "/3303/0/5602": 10.0 })
    );
    // What is observed goes away with its instance.
    bench.expect("2.02", "delete", json!({ "path": "/3303/0" }));
    let event = bench.event("notification");
    assert_eq!((&event["path"], &event["code"]), (&json!("/3303/0/5602"), &json!("4.04")));
    assert!(event["observe"].is_null(), "{event}");
    bench.device.must("create /3303/0");
    bench.set(VALUE, 50);
    assert!(bench.no_event_within("notification", QUIET));
}

fn observations_end_with_the_registration(link: Link) {
    let mut bench = Bench::new(link, "obs-end");
    bench.observe(VALUE, TEXT);
    bench.device.must("deregister");
    bench.device.event("DEREGISTERED", SOON);
    bench.device.must("update");
    bench.await_registered();
    bench.set(VALUE, 1);
    assert!(bench.no_event_within("notification", QUIET));
}

fn values_are_sent_without_being_asked_for(link: Link) {
    let mut bench = Bench::new(link, "send");
    bench.set(VALUE, 18.5);
    bench.device.must("send /3303/0/5700");
    let event = bench.event("send");
    assert_eq!(
        (&event["coap_type"], &event["content_format"]),
        (&json!("CON"), &json!(SENML_CBOR))
    );
    assert_eq!(event["values"], json!({ VALUE: 18.5 }));
    // Several paths, of each level.
    bench.device.must("send /3303/0 /1/0/1 /4/0/4");
    let event = bench.event("send");
    let values = event["values"].as_object().expect("values");
    assert_eq!(values.len(), 4 + 1 + 2, "{event}");
    assert_eq!(values[VALUE], 18.5);
    assert_eq!(values["/4/0/4/0"], "192.0.2.1");
    // More than a block.
    for instance in 1..20 {
        bench.device.must(&format!("create /3303/{instance}"));
    }
    bench.device.must("send /3303");
    let event = bench.event("send");
    assert_eq!(event["values"].as_object().map(serde_json::Map::len), Some(20 * 4), "{event}");
    assert!(bench.device.command("send /3303/99").is_err());
    // The server may not want any (/1/x/23).
    bench.expect("2.04", "write", json!({ "path": "/1/0/23", "value": true, "format": "TEXT" }));
    let refused = bench.device.command("send /3303/0/5700");
    assert_eq!(refused, Err("the server mutes Send (/1/x/23)".into()));
    bench.expect("2.04", "write", json!({ "path": "/1/0/23", "value": false, "format": "TEXT" }));
    bench.device.must("send /3303/0/5700");
    bench.event("send");
}
