//! The registration interface (Core 6.2): Register, Update, De-register, and what a server makes the device do about them.
//!
//! Leshan takes every version of LwM2M alike, so that 4.12 and the step down to a lower one cannot be seen here.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::bench::{
    AWAKE, Bench, KEY, LESHAN, LIFETIME, LINK, Link, OPAQUE, SENML_CBOR, SOON, TEXT, add_psk,
    identity, over_both,
};
use crate::device::Device;
use crate::leshan::Leshan;

over_both!(
    registration_says_what_the_device_is,
    registration_in_lwm2m_1_0_says_what_the_device_is,
    registration_in_lwm2m_1_2_says_what_the_device_is,
    a_new_lifetime_is_told_by_an_update,
    a_new_binding_is_told_by_an_update,
    the_object_list_is_told_when_it_changes,
    the_server_triggers_an_update,
    an_update_by_hand_carries_nothing,
    an_update_comes_before_the_lifetime_ends,
    a_disabled_device_comes_back_after_the_timeout,
    the_device_deregisters_and_registers_on_command,
    quit_deregisters,
    an_update_out_of_coverage_arrives_later,
    a_sleeping_device_is_read_when_it_wakes,
    queue_mode_in_lwm2m_1_0_is_a_binding,
    a_restart_takes_up_the_state,
);

fn links(event: &Value) -> Vec<&str> {
    let links = event["links"].as_array().expect("links");
    links.iter().filter_map(|link| link["path"].as_str()).collect()
}

fn registration_says_what_the_device_is(link: Link) {
    let bench = Bench::new(link, "reg");
    let said = &bench.registered;
    assert_eq!(said["version"], "1.1");
    assert_eq!(said["lifetime"], LIFETIME);
    assert_eq!(said["binding"], "U");
    assert_eq!(said["queue_mode"], false);
    assert_eq!(said["sms"], Value::Null);
    assert_eq!(said["root_path"], "/");
    assert_eq!(said["attributes"], json!({}), "no query beyond those");
    assert_eq!(said["replaces"], Value::Null);
    assert_eq!(
        links(said),
        [
            "/1/0", "/3/0", "/4", "/4/0", "/5/0", "/6/0", "/7/0", "/10", "/10/0", "/11", "/11/0",
            "/16/0", "/20", "/20/0", "/3303/0"
        ]
    );
    assert_eq!(said["links"][2]["attributes"], json!({ "ver": "1.3" }));
    // The root is not linked to, and nothing is said of formats: Leshan takes it for what every device has,
    // and sends what it is told to all the same.
    assert_eq!(said["formats"], json!([LINK, OPAQUE, TEXT]));
    assert_eq!(
        said["objects"],
        json!({ "1": "1.1", "3": "1.1", "4": "1.3", "5": "1.0", "6": "1.0", "7": "1.0", "10": "1.1", "11": "1.1", "16": "1.0", "20": "2.1", "3303": "1.0" })
    );
    let secure = link == Link::Psk;
    assert_eq!(said["secure"], secure);
    let id = if secure { json!(identity(&bench.endpoint)) } else { Value::Null };
    assert_eq!(said["identity"], id);
}

fn registration_in_lwm2m_1_0_says_what_the_device_is(link: Link) {
    let bench = Bench::with(link, "reg-1-0", &["--version", "1.0"]);
    let said = &bench.registered;
    assert_eq!((&said["version"], &said["binding"]), (&json!("1.0"), &json!("U")));
    assert_eq!(said["lifetime"], LIFETIME);
    // The content formats of 1.1 are not for a server of 1.0.
    assert_eq!(
        links(said),
        [
            "/1/0", "/3/0", "/4/0", "/5/0", "/6/0", "/7/0", "/10/0", "/11/0", "/16/0", "/20/0",
            "/3303/0"
        ]
    );
    assert_eq!(said["attributes"], json!({}));
    bench.expect("2.04", "execute", json!({ "path": "/1/0/8" }));
    bench.event("updated");
}

fn registration_in_lwm2m_1_2_says_what_the_device_is(link: Link) {
    // Leshan takes this version, and knows nothing of it: neither formats nor object versions.
    let bench = Bench::with(link, "reg-1-2", &["--version", "1.2"]);
    let said = &bench.registered;
    assert_eq!((&said["version"], &said["lifetime"]), (&json!("1.2"), &json!(LIFETIME)));
    assert_eq!(
        said["objects"],
        json!({ "1": "1.1", "3": "1.1", "4": "1.3", "5": "1.0", "6": "1.0", "7": "1.0", "10": "1.1", "11": "1.1", "16": "1.0", "20": "2.1", "3303": "1.0" })
    );
    let read = bench.expect("2.05", "read", json!({ "path": "/3/0" }));
    assert_eq!(read["content_format"], SENML_CBOR);
    // A Discover that goes as deep as it is told.
    for (depth, links) in [("0", "</4>;ver=1.3"), ("1", "</4>;ver=1.3,</4/0>")] {
        let query = json!([format!("depth={depth}")]);
        let request = json!({ "method": "GET", "path": "/4", "accept": LINK, "query": query });
        let reply = bench.expect("2.05", "coap", request);
        assert_eq!(reply["text"], links, "{reply}");
    }
    // A lifetime without end; Leshan takes it for one that is over.
    bench.expect("2.04", "write", json!({ "path": "/1/0/1", "value": 0, "format": "TLV" }));
    assert_eq!(bench.event("updated")["update"], json!({ "lifetime": 0, "attributes": {} }));
}

fn a_new_lifetime_is_told_by_an_update(link: Link) {
    let bench = Bench::new(link, "lifetime");
    bench.expect("2.04", "write", json!({ "path": "/1/0/1", "value": 450, "format": "TLV" }));
    let event = bench.event("updated");
    assert_eq!(event["lifetime"], 450);
    assert_eq!(event["update"], json!({ "lifetime": 450, "attributes": {} }), "and nothing else");
    assert_eq!(event["registration"], bench.registered["registration"]);
    // The same lifetime again is no news.
    bench.expect("2.04", "write", json!({ "path": "/1/0/1", "value": 450, "format": "TLV" }));
    bench.expect("2.04", "write", json!({ "path": "/1/0/1", "value": 460, "format": "TEXT" }));
    assert_eq!(bench.event("updated")["update"], json!({ "lifetime": 460, "attributes": {} }));
}

fn a_new_binding_is_told_by_an_update(link: Link) {
    let bench = Bench::with(link, "binding", &["--version", "1.0"]);
    bench.expect("2.04", "write", json!({ "path": "/1/0/7", "value": "UQ", "format": "TEXT" }));
    let event = bench.event("updated");
    assert_eq!(event["update"], json!({ "binding": "UQ", "attributes": {} }));
    assert_eq!(event["queue_mode"], true);
}

fn the_object_list_is_told_when_it_changes(link: Link) {
    let mut bench = Bench::new(link, "list");
    bench.device.must("create /3303/9");
    let event = bench.event("updated");
    let update = event["update"].as_object().expect("an update");
    assert_eq!(update.keys().collect::<Vec<_>>(), ["attributes", "links"]);
    let now = [
        "/1/0", "/3/0", "/4", "/4/0", "/5/0", "/6/0", "/7/0", "/10", "/10/0", "/11", "/11/0",
        "/16/0", "/20", "/20/0", "/3303/0", "/3303/9",
    ];
    assert_eq!(links(&event["update"]), now);
    bench.device.must("delete /3303/9");
    assert_eq!(links(&bench.event("updated")["update"]), now[..now.len() - 1]);
}

fn the_server_triggers_an_update(link: Link) {
    let bench = Bench::new(link, "trigger");
    bench.expect("2.04", "execute", json!({ "path": "/1/0/8" }));
    let event = bench.event("updated");
    assert_eq!(event["update"], json!({ "attributes": {} }), "nothing changed");
    assert_eq!(event["registration"], bench.registered["registration"]);
}

fn an_update_by_hand_carries_nothing(link: Link) {
    let mut bench = Bench::new(link, "update");
    bench.device.must("update");
    assert_eq!(bench.event("updated")["update"], json!({ "attributes": {} }));
}

fn an_update_comes_before_the_lifetime_ends(link: Link) {
    let bench = Bench::new(link, "expiry");
    bench.expect("2.04", "write", json!({ "path": "/1/0/1", "value": 2, "format": "TEXT" }));
    assert_eq!(bench.event("updated")["lifetime"], 2);
    for _ in 0..2 {
        assert_eq!(bench.event("updated")["update"], json!({ "attributes": {} }));
    }
    assert!(bench.no_event("deregistered"), "the registration did not expire");
}

fn a_disabled_device_comes_back_after_the_timeout(link: Link) {
    let mut bench = Bench::new(link, "disable");
    bench.expect("2.04", "write", json!({ "path": "/1/0/5", "value": 1, "format": "TEXT" }));
    bench.execute_and_leave("/1/0/4");
    let event = bench.event("deregistered");
    let at = Instant::now();
    assert_eq!(event["expired"], false);
    assert_eq!(event["registration"], bench.registered["registration"]);
    bench.await_registered();
    assert!(at.elapsed() > Duration::from_millis(800), "{:?}", at.elapsed());
    assert_eq!(bench.registered["replaces"], Value::Null);
    assert_eq!(bench.value("/1/0/5"), 1);
}

fn the_device_deregisters_and_registers_on_command(link: Link) {
    let mut bench = Bench::new(link, "commands");
    bench.device.must("deregister");
    assert_eq!(bench.event("deregistered")["expired"], false);
    bench.device.event("DEREGISTERED", SOON);
    bench.device.must("update");
    bench.await_registered();
    bench.device.must("stop");
    bench.event("deregistered");
    bench.device.event("DISCONNECTED", SOON);
    bench.device.must("start");
    bench.await_registered();
    assert_eq!(bench.value("/1/0/1"), LIFETIME);
}

fn quit_deregisters(link: Link) {
    let bench = Bench::new(link, "quit");
    let registration = bench.registered["registration"].clone();
    let (leshan, endpoint) = (bench.leshan, bench.endpoint.clone());
    assert_eq!(bench.device.quit(), 0);
    let event = leshan.event("deregistered", |event| event["endpoint"] == endpoint.as_str(), SOON);
    assert_eq!((&event["registration"], &event["expired"]), (&registration, &json!(false)));
}

/// What is lost meanwhile is sent again.
fn an_update_out_of_coverage_arrives_later(link: Link) {
    let mut bench = Bench::new(link, "coverage");
    bench.device.must("link down");
    bench.device.must("update");
    assert!(bench.no_event_within("updated", Duration::from_millis(300)));
    bench.device.must("link up");
    let event = bench.event("updated");
    assert_eq!(event["registration"], bench.registered["registration"]);
    assert_eq!(bench.value("/1/0/1"), LIFETIME);
}

fn a_sleeping_device_is_read_when_it_wakes(link: Link) {
    let mut bench = Bench::with(link, "queue", &["--queue-mode"]);
    assert_eq!(bench.registered["queue_mode"], true);
    assert_eq!(
        (&bench.registered["version"], &bench.registered["binding"]),
        (&json!("1.1"), &json!("U"))
    );
    assert_eq!(bench.registered["attributes"], json!({}));
    bench.event("awake");
    assert_eq!(bench.value("/1/0/1"), LIFETIME, "awake for {AWAKE:?}");
    bench.event("sleeping");
    let reply = bench.call("read", json!({ "path": "/1/0/1" }));
    assert_eq!(reply["error"], "ClientSleepingException");
    bench.device.must("update");
    bench.event("awake");
    assert_eq!(bench.value("/1/0/1"), LIFETIME);
    // What the device says on its own wakes it in the server's eyes, too.
    bench.event("sleeping");
    bench.device.must("send /3/0/0");
    bench.event("send");
    bench.device.must("update");
    bench.event("updated");
}

fn queue_mode_in_lwm2m_1_0_is_a_binding(link: Link) {
    let bench = Bench::with(link, "queue-1-0", &["--queue-mode", "--version", "1.0"]);
    assert_eq!(bench.registered["version"], "1.0");
    assert_eq!(bench.registered["binding"], "UQ");
    assert_eq!(bench.registered["queue_mode"], true);
    assert_eq!(bench.value("/3/0/16"), "UQ");
}

/// What a server wrote is there after the process was killed; the device registers with it at once.
fn a_restart_takes_up_the_state(link: Link) {
    let file = std::env::temp_dir().join(format!("leshan-state-{link:?}-{}", std::process::id()));
    let path = file.to_str().expect("a path in UTF-8").to_string();
    let bench = Bench::with(link, "state", &["--state", &path]);
    bench.expect("2.04", "write", json!({ "path": "/1/0/1", "value": 777, "format": "TEXT" }));
    assert_eq!(bench.event("updated")["lifetime"], 777);
    let first = bench.registered["registration"].clone();
    drop(bench);
    let bench = Bench::with(link, "state", &["--state", &path]);
    assert_eq!(bench.registered["lifetime"], 777);
    assert_eq!(bench.registered["replaces"], first);
    drop(bench);
    std::fs::remove_file(file).expect("the state");
}

#[test]
fn a_server_that_forgot_the_registration_gets_a_new_one() {
    let leshan = Leshan::start(&[]);
    let port = leshan.ports.dm_coap.to_string();
    let bench = Bench::at(&leshan, Link::NoSec, "forgotten", &[]);
    let (endpoint, first) = (bench.endpoint, bench.registered["registration"].clone());
    let mut device = bench.device;
    // A second one on the same port knows nothing of it. Over DTLS it would not know the session either and be silent:
    // minutes would pass until the device gave up and began anew.
    drop(leshan);
    let leshan = Leshan::start(&["--dm-coap", &port]);
    assert_eq!(leshan.call(json!({ "cmd": "registrations" }))["registrations"], json!([]));
    device.must("update");
    let event = leshan.event("registered", |event| event["endpoint"] == endpoint.as_str(), SOON);
    assert_ne!(event["registration"], first);
    assert_eq!(event["lifetime"], LIFETIME);
    let read = json!({ "cmd": "read", "endpoint": endpoint, "path": "/1/0/1" });
    assert_eq!(leshan.call(read)["text"], "300");
}

/// Starts a device that is not going to register; gives what its first DEFERRED says.
fn deferred(arguments: &[&str], timeout: Duration) -> String {
    Device::start(arguments).event("DEFERRED", timeout)
}

#[test]
fn a_wrong_key_defers_the_registration() {
    let (leshan, endpoint) = (&*LESHAN, "wrong-key");
    add_psk(leshan, endpoint, "both");
    let wrong = KEY.replace("00", "ff");
    for (kind, port, reason) in [
        ("--server", leshan.ports.dm_coaps, "reason=6 seconds=6"),
        ("--bootstrap", leshan.ports.bs_coaps, "reason=3 seconds=6"),
    ] {
        let uri = format!("coaps://127.0.0.1:{port}");
        let id = identity(endpoint);
        let arguments = [kind, &uri, "--endpoint", endpoint, "--identity", &id, "--psk", &wrong];
        let said = deferred(&arguments, 3 * SOON);
        assert!(said.starts_with(reason), "{said}");
    }
    let list = leshan.call(json!({ "cmd": "registrations" }));
    let registered = list["registrations"].as_array().expect("a list");
    assert!(registered.iter().all(|registration| registration["endpoint"] != endpoint));
}

#[test]
fn a_refused_registration_is_deferred() {
    // There is a key for this endpoint: without it 4.03.
    let (leshan, endpoint) = (&*LESHAN, "no-key");
    add_psk(leshan, endpoint, "dm");
    let uri = format!("coap://127.0.0.1:{}", leshan.ports.dm_coap);
    let said = deferred(&["--server", &uri, "--endpoint", endpoint], SOON);
    assert!(said.starts_with("reason=7 seconds=6"), "{said}");
    // The key of another endpoint: 4.00 or 4.03.
    add_psk(leshan, "another", "dm");
    let uri = format!("coaps://127.0.0.1:{}", leshan.ports.dm_coaps);
    let id = identity("another");
    let arguments = ["--server", &uri, "--endpoint", "somebody", "--identity", &id, "--psk", KEY];
    let said = deferred(&arguments, SOON);
    assert!(said.starts_with("reason=7 seconds=6"), "{said}");
}
