//! The bootstrap interface (Core 6.1): whatever Leshan's bootstrap server does, step by step with its codes.
//!
//! Leshan goes on to Finish whatever the device answered: the codes are looked at here. The purge of the bootstrap
//! account (/0/x/12) cannot be seen by a server.

use serde_json::{Value, json};

use crate::bench::{
    Bench, KEY, LESHAN, LINK, Link, SENML_CBOR, SENML_JSON, SOON, TLV, add_psk, hex, identity,
    over_both,
};
use crate::device::Device;
use crate::leshan::Leshan;

over_both!(
    a_device_is_bootstrapped_and_registers,
    each_format_is_taken,
    a_device_of_lwm2m_1_0_is_bootstrapped,
    a_server_without_packs_is_asked_for_a_sequence,
    a_script_reads_deletes_and_writes,
    what_does_not_fit_together_is_refused_and_deferred,
    a_bootstrap_server_without_configuration_defers,
    a_server_triggers_a_bootstrap,
    a_triggered_bootstrap_that_fails_leaves_the_old_account,
    a_factory_reset_leads_to_a_bootstrap,
    a_bootstrapped_device_registers_after_a_restart,
);

/// A device and its two servers, before anything happened.
struct Start {
    leshan: &'static Leshan,
    link: Link,
    endpoint: String,
}

/// Where the management server is, as a bootstrap server writes it.
fn management(link: Link, endpoint: &str) -> Value {
    let ports = LESHAN.ports;
    match link {
        Link::NoSec => {
            json!({ "uri": format!("coap://127.0.0.1:{}", ports.dm_coap), "short_id": 101 })
        }
        Link::Psk => json!({
            "uri": format!("coaps://127.0.0.1:{}", ports.dm_coaps), "short_id": 101,
            // Not the key that the device came with.
            "identity": format!("{endpoint}-dm"), "key": DM_KEY
        }),
    }
}

const DM_KEY: &str = "f0e0d0c0b0a090807060504030201000";

impl Start {
    fn new(link: Link, name: &str) -> Self {
        let leshan: &'static Leshan = &LESHAN;
        let endpoint = format!("{name}-{link:?}");
        if link == Link::Psk {
            add_psk(leshan, &endpoint, "bs");
        }
        let start = Self { leshan, link, endpoint };
        start.let_in(link);
        start
    }

    /// Tells the management server the key that the bootstrap server will give.
    fn let_in(&self, management: Link) {
        if management == Link::Psk {
            let endpoint = &self.endpoint;
            let id = format!("{endpoint}-dm");
            let key =
                json!({ "cmd": "add_psk", "endpoint": endpoint, "identity": id, "key": DM_KEY });
            assert_eq!(self.leshan.call(key).get("error"), None);
        }
    }

    /// What the bootstrap server is to do, `members` beside what every configuration has.
    fn configure(&self, management_link: Link, members: Value) {
        let mut config = json!({
            "cmd": "bs_config", "endpoint": self.endpoint, "auto_id": true, "delete": ["/0", "/1"],
            "security": { "0": management(management_link, &self.endpoint) },
            "servers": { "0": { "short_id": 101, "lifetime": 4242 } }
        });
        for (name, value) in members.as_object().expect("an object") {
            config[name] = value.clone();
        }
        assert_eq!(self.leshan.call(config).get("error"), None);
    }

    fn script(&self, requests: Value) {
        let script = json!({ "cmd": "bs_script", "endpoint": self.endpoint, "requests": requests });
        assert_eq!(self.leshan.call(script).get("error"), None);
    }

    /// A write of a Security Object Instance as a step of a script.
    fn security(&self, path: &str) -> Value {
        let account = management(self.link, &self.endpoint);
        let mut resources = json!({ "0": account["uri"], "1": false, "2": 3, "10": 101 });
        if self.link == Link::Psk {
            let id = format!("{}-dm", self.endpoint);
            let identity = hex(id);
            resources["2"] = 0.into();
            resources["3"] = identity.into();
            resources["5"] = DM_KEY.into();
        }
        json!({ "op": "write", "path": path, "resources": resources })
    }

    fn device(&self, arguments: &[&str]) -> Device {
        let ports = self.leshan.ports;
        let uri = match self.link {
            Link::NoSec => format!("coap://127.0.0.1:{}", ports.bs_coap),
            Link::Psk => format!("coaps://127.0.0.1:{}", ports.bs_coaps),
        };
        let id = identity(&self.endpoint);
        let mut all = vec!["--bootstrap", &uri, "--endpoint", &self.endpoint];
        if self.link == Link::Psk {
            all.extend(["--identity", &id, "--psk", KEY]);
        }
        all.extend(arguments);
        Device::start(&all)
    }

    fn event(&self, name: &str) -> Value {
        self.leshan.event(name, |event| event["endpoint"] == self.endpoint.as_str(), SOON)
    }

    /// The steps of the sequence that ends with the next `bootstrap_finished` or `bootstrap_failed`.
    fn steps(&self) -> Vec<Value> {
        let ours = |event: &Value| event["endpoint"] == self.endpoint.as_str();
        let finish = |event: &Value| ours(event) && event["op"] == "finish";
        let mut steps = Vec::new();
        let last = self.leshan.event("bootstrap_response", finish, SOON);
        while let Some(step) =
            self.leshan.try_event("bootstrap_response", ours, std::time::Duration::ZERO)
        {
            steps.push(step);
        }
        steps.push(last);
        steps
    }

    /// A bench for what comes after the bootstrap.
    fn registered(self, device: Device) -> Bench<'static> {
        let (leshan, endpoint) = (self.leshan, self.endpoint);
        let mut bench = Bench { leshan, endpoint, device, registered: Value::Null };
        bench.await_registered();
        bench
    }
}

/// Operation, path and code of each step.
fn codes(steps: &[Value]) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap_or("?").to_string();
    let step = |step: &Value| {
        format!("{} {} {}", text(&step["op"]), text(&step["path"]), text(&step["code"]))
    };
    steps.iter().map(step).collect()
}

const WHOLE: [&str; 6] = [
    "discover / 2.05",
    "delete /0 2.02",
    "delete /1 2.02",
    "write /0/1 2.04",
    "write /1/0 2.04",
    "finish /bs 2.04",
];

fn a_device_is_bootstrapped_and_registers(link: Link) {
    // To a management server with DTLS and to one without, whatever the bootstrap server has.
    for to in [Link::NoSec, Link::Psk] {
        let start = Start::new(link, &format!("bs-to-{to:?}"));
        start.let_in(to);
        if (link, to) == (Link::Psk, Link::NoSec) {
            // Leshan does not let a device in without the key that it has for it.
            let forget = json!({ "cmd": "remove_psk", "endpoint": start.endpoint, "server": "dm" });
            assert_eq!(start.leshan.call(forget).get("error"), None);
        }
        start.configure(to, json!({}));
        let device = start.device(&[]);
        let started = start.event("bootstrap_started");
        assert_eq!(started["preferred_format"], SENML_CBOR);
        assert_eq!(started["attributes"], json!({}));
        assert_eq!(started["secure"], link == Link::Psk);
        let steps = start.steps();
        assert_eq!(codes(&steps), WHOLE);
        let discover = &steps[0];
        assert_eq!(discover["content_format"], LINK);
        let scheme = if link == Link::Psk { "coaps" } else { "coap" };
        let links = discover["text"].as_str().unwrap_or_default();
        let begin = format!("</>;lwm2m=1.1,</0>,</0/0>;uri=\"{scheme}://127.0.0.1:");
        assert!(links.starts_with(&begin), "{links}");
        // The objects of the library, whichever there are, and the simulator's own.
        for part in [",</1>,</2>,", ",</3>,</3/0>,</4>;ver=1.3,</4/0>,</5>,</5/0>,"] {
            assert!(links.contains(part), "{links}");
        }
        assert!(links.contains(",</3303>,</3303/0>"), "{links}");
        start.event("bootstrap_finished");
        let bench = start.registered(device);
        assert_eq!(bench.registered["lifetime"], 4242);
        assert_eq!(bench.registered["secure"], to == Link::Psk);
        if to == Link::Psk {
            assert_eq!(bench.registered["identity"], format!("{}-dm", bench.endpoint));
        }
        let server = bench.read("/1/0", TLV);
        assert_eq!((&server["/1/0/0"], &server["/1/0/1"]), (&json!(101), &json!(4242)));
        // The keys go into the modem while that is offline, so the link comes up more than once.
        let mut expected = vec!["BSDLIB_INIT", "CONNECTING", "CONNECTED"];
        let again = ["DISCONNECTING", "DISCONNECTED", "CONNECTING", "CONNECTED"];
        if link == Link::Psk {
            expected.extend(again);
        }
        if to == Link::Psk {
            expected.extend(again);
        }
        expected.extend(["BOOTSTRAPPED", "LTE_READY", "REGISTERED"]);
        assert_eq!(bench.device.history(), expected);
    }
}

fn each_format_is_taken(link: Link) {
    for format in [TLV, SENML_CBOR, SENML_JSON] {
        let start = Start::new(link, &format!("bs-{format}"));
        start.configure(
            link,
            json!({ "format": format, "servers": {
            "0": { "short_id": 101, "lifetime": 555, "pmin": 2, "pmax": 90, "disable_timeout": 33,
                "initial_delay": 0, "retry_count": 3, "retry_timer": 20 }
        } }),
        );
        let device = start.device(&[]);
        assert_eq!(codes(&start.steps()), WHOLE);
        let write =
            |event: &Value| event["endpoint"] == start.endpoint.as_str() && event["op"] == "write";
        let request = start.leshan.event("bootstrap_request", write, SOON);
        assert_eq!(request["format"], format, "{request}");
        let bench = start.registered(device);
        let expected = json!({
            "/1/0/0": 101, "/1/0/1": 555, "/1/0/2": 2, "/1/0/3": 90, "/1/0/5": 33, "/1/0/6": true,
            "/1/0/7": "U", "/1/0/14": 0, "/1/0/17": 3, "/1/0/18": 20
        });
        let mut server = bench.read("/1/0", TLV);
        let time = server.as_object_mut().and_then(|map| map.remove("/1/0/12"));
        assert!(time.is_some(), "Last Bootstrapped");
        assert_eq!(server, expected);
    }
}

fn a_device_of_lwm2m_1_0_is_bootstrapped(link: Link) {
    let start = Start::new(link, "bs-1-0");
    start.configure(link, json!({}));
    let device = start.device(&["--version", "1.0"]);
    assert_eq!(start.event("bootstrap_started")["preferred_format"], Value::Null);
    let write =
        |event: &Value| event["endpoint"] == start.endpoint.as_str() && event["op"] == "write";
    assert_eq!(start.leshan.event("bootstrap_request", write, SOON)["format"], TLV);
    assert_eq!(codes(&start.steps()), WHOLE);
    let bench = start.registered(device);
    assert_eq!(bench.registered["version"], "1.0");
}

fn a_server_without_packs_is_asked_for_a_sequence(link: Link) {
    // Leshan answers the Bootstrap-Pack-Request of LwM2M 1.2 with an error.
    let start = Start::new(link, "bs-1-2");
    start.configure(link, json!({}));
    let device = start.device(&["--version", "1.2"]);
    let steps = start.steps();
    assert_eq!(codes(&steps), WHOLE);
    let links = steps[0]["text"].as_str().unwrap_or_default();
    assert!(links.starts_with("</>;lwm2m=1.2,</0>;ver=1.1,</0/0>;uri="), "{links}");
    let bench = start.registered(device);
    assert_eq!(bench.registered["version"], "1.2");
    assert!(!bench.device.history().iter().any(|event| event == "DEFERRED"));
}

fn a_script_reads_deletes_and_writes(link: Link) {
    let start = Start::new(link, "bs-script");
    let server = |lifetime: u32| json!({ "0": 101, "1": lifetime, "6": false, "7": "U" });
    start.script(json!([
        { "op": "discover", "path": "/0" },
        { "op": "discover", "path": "/1" },
        { "op": "delete", "path": "/" },
        { "op": "delete", "path": "/0/0" },
        { "op": "delete", "path": "/3/0" },
        { "op": "delete", "path": "/1/7" },
        { "op": "delete", "path": "/77" },
        start.security("/0/3"),
        { "op": "write", "path": "/1/2", "resources": server(60), "format": TLV },
        { "op": "write", "path": "/1/2/1", "value": 70, "format": "TEXT" },
        { "op": "write", "path": "/1/2/3", "value": 80, "format": SENML_JSON },
        { "op": "read", "path": "/1/2", "format": TLV },
        { "op": "read", "path": "/1", "format": SENML_CBOR },
        { "op": "read", "path": "/1/3" },
        { "op": "write", "path": "/1", "instances": { "2": server(90) }, "format": SENML_CBOR },
        { "op": "discover" },
    ]));
    let device = start.device(&[]);
    let steps = start.steps();
    assert_eq!(
        codes(&steps),
        [
            "discover /0 2.05",
            "discover /1 2.05",
            "delete / 2.02",
            // The account of the bootstrap server and the Device Object stay.
            "delete /0/0 4.00",
            "delete /3/0 4.00",
            "delete /1/7 4.00",
            "delete /77 4.00",
            "write /0/3 2.04",
            "write /1/2 2.04",
            "write /1/2/1 2.04",
            "write /1/2/3 2.04",
            "read /1/2 2.05",
            "read /1 2.05",
            "read /1/3 4.04",
            "write /1 2.04",
            "discover / 2.05",
            "finish /bs 2.04",
        ]
    );
    let text = |step: usize| steps[step]["text"].as_str().unwrap_or_default();
    assert!(text(0).starts_with("</>;lwm2m=1.1,</0>,</0/0>;uri=\"coap"), "{}", text(0));
    assert_eq!(text(1), "</>;lwm2m=1.1,</1>");
    let expected =
        json!({ "/1/2/0": 101, "/1/2/1": 70, "/1/2/3": 80, "/1/2/6": false, "/1/2/7": "U" });
    assert_eq!((&steps[11]["content_format"], &steps[11]["values"]), (&json!(TLV), &expected));
    assert_eq!(
        (&steps[12]["content_format"], &steps[12]["values"]),
        (&json!(SENML_CBOR), &expected)
    );
    assert!(text(15).contains(",</0/3>;ssid=101;uri=\"coap"), "{}", text(15));
    assert!(text(15).contains(",</1>,</1/2>;ssid=101,</2>,</3>,</3/0>"), "{}", text(15));
    let bench = start.registered(device);
    assert_eq!(bench.registered["lifetime"], 90);
    assert_eq!(bench.value("/1/2/1"), 90);
}

fn what_does_not_fit_together_is_refused_and_deferred(link: Link) {
    let start = Start::new(link, "bs-wrong");
    // A server without an account.
    let server = json!({ "0": 102, "1": 60, "6": false, "7": "U" });
    start.script(json!([
        { "op": "write", "path": "/1/0", "resources": server },
        { "op": "write", "path": "/1/0/1", "value": 5, "format": "TEXT" },
        { "op": "write", "path": "/1/0/0", "value": 0, "format": "TEXT" },
        start.security("/0/1"),
    ]));
    let device = start.device(&[]);
    assert_eq!(
        codes(&start.steps()),
        [
            "write /1/0 2.04",
            "write /1/0/1 2.04",
            // A Short Server ID is 1 to 65534.
            "write /1/0/0 4.00",
            "write /0/1 2.04",
            "finish /bs 4.06",
        ]
    );
    assert_eq!(start.event("bootstrap_failed")["cause"], "FINISH_FAILED");
    let said = device.event("DEFERRED", SOON);
    assert!(said.starts_with("reason=4 seconds=6"), "{said}");
}

fn a_bootstrap_server_without_configuration_defers(link: Link) {
    let start = Start::new(link, "bs-none");
    let device = start.device(&[]);
    assert_eq!(start.event("bootstrap_failed")["cause"], "NO_BOOTSTRAP_CONFIG");
    let said = device.event("DEFERRED", SOON);
    assert!(said.starts_with("reason=4 seconds=6"), "{said}");
}

fn a_server_triggers_a_bootstrap(link: Link) {
    let start = Start::new(link, "bs-trigger");
    start.configure(link, json!({}));
    let device = start.device(&[]);
    assert_eq!(codes(&start.steps()), WHOLE);
    let again = Start { leshan: start.leshan, link, endpoint: start.endpoint.clone() };
    let mut bench = start.registered(device);
    assert_eq!(bench.registered["lifetime"], 4242);
    again.configure(link, json!({ "servers": { "5": { "short_id": 101, "lifetime": 1234 } } }));
    bench.execute_and_leave("/1/0/9");
    assert_eq!(bench.event("deregistered")["expired"], false);
    let steps = again.steps();
    assert_eq!(steps.len(), WHOLE.len());
    assert_eq!(codes(&steps)[4..], ["write /1/5 2.04", "finish /bs 2.04"]);
    // The account that was there until then.
    let links = steps[0]["text"].as_str().unwrap_or_default();
    assert!(links.contains(";ssid=101;uri=") && links.contains("</1/0>;ssid=101"), "{links}");
    bench.await_registered();
    assert_eq!(bench.registered["lifetime"], 1234);
    assert_eq!(bench.value("/1/5/1"), 1234);
}

fn a_triggered_bootstrap_that_fails_leaves_the_old_account(link: Link) {
    let start = Start::new(link, "bs-rollback");
    start.configure(link, json!({}));
    let device = start.device(&[]);
    assert_eq!(codes(&start.steps()), WHOLE);
    let again = Start { leshan: start.leshan, link, endpoint: start.endpoint.clone() };
    let mut bench = start.registered(device);
    again.script(json!([
        { "op": "delete", "path": "/" },
        { "op": "write", "path": "/1/0", "resources": { "0": 9, "1": 60, "6": false, "7": "U" } },
    ]));
    bench.execute_and_leave("/1/0/9");
    assert_eq!(codes(&again.steps()), ["delete / 2.02", "write /1/0 2.04", "finish /bs 4.06"]);
    bench.await_registered();
    assert_eq!(bench.registered["lifetime"], 4242);
    assert_eq!(bench.value("/1/0/0"), 101);
}

fn a_factory_reset_leads_to_a_bootstrap(link: Link) {
    let start = Start::new(link, "bs-reset");
    start.configure(link, json!({}));
    let device = start.device(&[]);
    assert_eq!(codes(&start.steps()), WHOLE);
    let again = Start { leshan: start.leshan, link, endpoint: start.endpoint.clone() };
    let mut bench = start.registered(device);
    bench.expect("2.04", "write", json!({ "path": "/1/0/1", "value": 60, "format": "TEXT" }));
    bench.event("updated");
    bench.execute_and_leave("/3/0/5");
    bench.event("deregistered");
    let steps = again.steps();
    assert_eq!(codes(&steps), WHOLE);
    let links = steps[0]["text"].as_str().unwrap_or_default();
    assert!(!links.contains("ssid"), "no server is known: {links}");
    bench.await_registered();
    assert_eq!(bench.registered["lifetime"], 4242);
}

fn a_bootstrapped_device_registers_after_a_restart(link: Link) {
    let file = std::env::temp_dir().join(format!("leshan-bs-{link:?}-{}", std::process::id()));
    let path = file.to_str().expect("a path in UTF-8").to_string();
    let start = Start::new(link, "bs-restart");
    start.configure(link, json!({}));
    let device = start.device(&["--state", &path]);
    assert_eq!(codes(&start.steps()), WHOLE);
    start.event("bootstrap_started");
    let again = Start { leshan: start.leshan, link, endpoint: start.endpoint.clone() };
    let bench = start.registered(device);
    let first = bench.registered["registration"].clone();
    drop(bench);
    let device = again.device(&["--state", &path]);
    let bench = again.registered(device);
    assert_eq!(
        (&bench.registered["replaces"], &bench.registered["lifetime"]),
        (&first, &json!(4242))
    );
    assert!(bench.no_event("bootstrap_started"));
    let expected = ["BSDLIB_INIT", "CONNECTING", "CONNECTED", "LTE_READY", "REGISTERED"];
    assert_eq!(bench.device.history(), expected);
    drop(bench);
    std::fs::remove_file(file).expect("the state");
}
