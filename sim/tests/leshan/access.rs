//! Access control (Core 8) with two Leshan servers, which do not know of each other.

use std::time::Duration;

use serde_json::{Value, json};

use crate::bench::{Bench, LESHAN, SOON};
use crate::device::Device;
use crate::leshan::Leshan;

const MODELS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/leshan/models");

/// A device that is registered with both: the owner of everything, Short Server ID 101, and another one, 102.
struct Two {
    owner: Bench<'static>,
    other: Leshan,
}

impl Two {
    /// With these rights of the other server on /3303/0, and on Create.
    fn new(name: &str, rights: u8, create: u8) -> Self {
        let other = Leshan::start(&["--models", MODELS]);
        let endpoint = format!("access-{name}");
        let account = |port: u16, id: u16| json!({ "0": format!("coap://127.0.0.1:{port}"), "1": false, "2": 3, "10": id });
        let server = |id: u16| json!({ "0": id, "1": 300, "6": true, "7": "U" });
        let rule = |object: u16, instance: u16, rights: u8| json!({ "0": object, "1": instance, "2": { "102": rights }, "3": 101 });
        let write = |path: &str, resources: Value| json!({ "op": "write", "path": path, "resources": resources });
        let script = json!({ "cmd": "bs_script", "endpoint": endpoint, "requests": [
            { "op": "delete", "path": "/0" },
            { "op": "delete", "path": "/1" },
            write("/0/1", account(LESHAN.ports.dm_coap, 101)),
            write("/0/2", account(other.ports.dm_coap, 102)),
            write("/1/1", server(101)),
            write("/1/2", server(102)),
            write("/2/0", rule(3303, 0, rights)),
            write("/2/1", rule(3303, 65535, create)),
            write("/2/2", rule(3, 0, 0)),
            { "op": "read", "path": "/2" },
        ] });
        assert_eq!(LESHAN.call(script).get("error"), None);
        let uri = format!("coap://127.0.0.1:{}", LESHAN.ports.bs_coap);
        let device = Device::start(&["--bootstrap", &uri, "--endpoint", &endpoint]);
        let ours = |event: &Value| event["endpoint"] == endpoint.as_str();
        for _ in 0..11 {
            let step = LESHAN.event("bootstrap_response", ours, SOON);
            let good = step["code"].as_str().is_some_and(|code| code.starts_with("2."));
            assert!(good, "{step}");
            if step["path"] == "/2" {
                let read =
                    json!({ "/2/0/0": 3303, "/2/0/1": 0, "/2/0/2/102": rights, "/2/0/3": 101 });
                for (path, value) in read.as_object().expect("an object") {
                    assert_eq!(&step["values"][path], value, "{step}");
                }
            }
        }
        let registered = LESHAN.event("registered", ours, SOON);
        other.event("registered", ours, SOON);
        Self { owner: Bench { leshan: &LESHAN, endpoint, device, registered }, other }
    }

    /// What the other server is answered, by code.
    fn other(&self, command: &str, members: Value) -> Value {
        let mut whole = members;
        whole["cmd"] = command.into();
        whole["endpoint"] = self.owner.endpoint.as_str().into();
        self.other.call(whole)
    }

    #[track_caller]
    fn refused(&self, command: &str, members: Value) {
        let reply = self.other(command, members);
        assert_eq!(reply["code"], "4.01", "{command}: {reply}");
    }
}

#[test]
fn each_server_does_what_it_has_the_right_to() {
    // Read, and Execute.
    let two = Two::new("rights", 1 | 4, 0);
    assert_eq!(
        two.other("read", json!({ "path": "/3303/0/5700" }))["values"]["/3303/0/5700"],
        20.0
    );
    assert_eq!(two.other("execute", json!({ "path": "/3303/0/5605" }))["code"], "2.04");
    two.refused("delete", json!({ "path": "/3303/0" }));
    two.refused("create", json!({ "path": "/3303", "resources": {} }));
    two.refused("read", json!({ "path": "/3/0" }));
    two.refused("discover", json!({ "path": "/3/0" }));
    two.refused("observe", json!({ "path": "/3/0/1" }));
    two.refused("execute", json!({ "path": "/3/0/12" }));
    two.refused("write", json!({ "path": "/3/0/15", "value": "x", "format": "TEXT" }));
    two.refused("write_attributes", json!({ "path": "/3/0", "attributes": "pmin=1" }));
    two.refused("write_composite", json!({ "values": { "/3/0/15": "x" } }));
    // What is not possible at all is no question of rights.
    assert_eq!(two.other("delete", json!({ "path": "/3/0" }))["code"], "4.05");
    // Left out of what is read together.
    let reply = two.other("read_composite", json!({ "paths": ["/3/0/1", "/3303/0/5700"] }));
    assert_eq!((&reply["code"], &reply["values"]["/3303/0/5700"]), (&json!("2.05"), &json!(20.0)));
    assert_eq!(reply["values"]["/3/0/1"], Value::Null);
    // The owner may everything.
    two.owner.expect("2.05", "read", json!({ "path": "/3/0" }));
    two.owner.expect("2.02", "delete", json!({ "path": "/3303/0" }));
    // With its instance the rule is gone.
    two.owner.expect("4.04", "read", json!({ "path": "/2/0" }));
}

#[test]
fn an_owner_gives_rights_and_takes_them() {
    let mut two = Two::new("owner", 1, 16);
    // Who creates is the owner, and the other one has no right.
    let reply = two.other("create", json!({ "path": "/3303", "instance": 5, "resources": {} }));
    assert_eq!(reply["code"], "2.01", "{reply}");
    two.owner.expect("4.01", "read", json!({ "path": "/3303/5" }));
    let rule = two.other("read", json!({ "path": "/2/3", "format": "SENML_JSON" }));
    assert_eq!(rule["values"], json!({ "/2/3/0": 3303, "/2/3/1": 5, "/2/3/3": 102 }));
    let give = json!({ "path": "/2/3/2", "values": { "101": 1 }, "format": "TLV" });
    two.owner.expect("4.01", "write", give.clone());
    assert_eq!(two.other("write", give)["code"], "2.04");
    two.owner.expect("2.05", "read", json!({ "path": "/3303/5" }));
    two.owner.expect("4.01", "delete", json!({ "path": "/3303/5" }));
    // An observation ends with the right, by an error.
    assert_eq!(two.other("observe", json!({ "path": "/3303/0/5700" }))["code"], "2.05");
    two.owner.device.must("set /3303/0/5700 3");
    let endpoint = two.owner.endpoint.clone();
    let ours = |event: &Value| event["endpoint"] == endpoint.as_str();
    assert_eq!(two.other.event("notification", ours, SOON)["values"]["/3303/0/5700"], 3.0);
    let take = json!({ "path": "/2/0/2", "values": { "102": 0 }, "format": "TLV" });
    two.owner.expect("2.04", "write", take);
    let event = two.other.event("notification", ours, SOON);
    assert_eq!((&event["code"], &event["observe"]), (&json!("4.01"), &Value::Null), "{event}");
    two.owner.device.must("set /3303/0/5700 4");
    assert!(two.other.try_event("notification", ours, Duration::from_millis(300)).is_none());
}
