//! Object Instances that a server creates, looks at and deletes (Core 6.3.2, 6.3.6, 6.3.7).

use serde_json::{Value, json};

use crate::bench::{Bench, Link, over_both};

over_both!(
    an_instance_is_created_seen_and_deleted,
    the_device_names_an_instance_where_the_server_does_not,
    what_cannot_be_created_or_deleted_is_refused,
);

fn links(reply: &Value) -> Vec<&str> {
    let links = reply["links"].as_array().expect("links");
    links.iter().filter_map(|link| link["path"].as_str()).collect()
}

const PARTS: [&str; 5] = ["5601", "5602", "5605", "5700", "5701"];

fn an_instance_is_created_seen_and_deleted(link: Link) {
    let bench = Bench::new(link, "create");
    let create = json!({ "path": "/3303", "instance": 7, "resources": {} });
    let reply = bench.expect("2.01", "create", create.clone());
    assert_eq!(reply.get("location"), None, "the server knows it: {reply}");
    let event = bench.event("updated");
    let known: Vec<&Value> = event["update"]["links"]
        .as_array()
        .expect("links")
        .iter()
        .map(|link| &link["path"])
        .collect();
    assert!(known.contains(&&json!("/3303/7")), "{event}");
    let reply = bench.expect("2.05", "discover", json!({ "path": "/3303/7" }));
    let all: Vec<String> = [String::new()]
        .into_iter()
        .chain(PARTS.map(|id| format!("/{id}")))
        .map(|id| format!("/3303/7{id}"))
        .collect();
    assert_eq!(links(&reply), all);
    bench.expect("2.05", "read", json!({ "path": "/3303/7/5700" }));
    // Once is enough.
    bench.expect("4.00", "create", create);
    bench.expect("2.02", "delete", json!({ "path": "/3303/7" }));
    let event = bench.event("updated");
    assert!(!event["update"]["links"].to_string().contains("/3303/7"), "{event}");
    bench.expect("4.04", "discover", json!({ "path": "/3303/7" }));
    bench.expect("4.04", "read", json!({ "path": "/3303/7" }));
    bench.expect("4.04", "delete", json!({ "path": "/3303/7" }));
}

fn the_device_names_an_instance_where_the_server_does_not(link: Link) {
    let bench = Bench::new(link, "create-free");
    for id in [1, 2] {
        let create = json!({ "path": "/3303", "resources": {} });
        let reply = bench.expect("2.01", "create", create);
        assert_eq!(reply["location"], format!("3303/{id}"), "{reply}");
    }
    let reply = bench.expect("2.05", "discover", json!({ "path": "/3303" }));
    let instances: Vec<&str> =
        links(&reply).into_iter().filter(|path| path.matches('/').count() == 2).collect();
    assert_eq!(instances, ["/3303/0", "/3303/1", "/3303/2"]);
}

fn what_cannot_be_created_or_deleted_is_refused(link: Link) {
    let bench = Bench::new(link, "create-not");
    bench.expect("4.05", "create", json!({ "path": "/3", "resources": { "14": "+01:00" } }));
    bench.expect("4.05", "delete", json!({ "path": "/3/0" }));
    bench.expect("4.05", "delete", json!({ "path": "/1/0" }));
    // A resource that is only read.
    let create = json!({ "path": "/3303", "instance": 8, "resources": { "5700": 1.0 } });
    bench.expect("4.05", "create", create);
    bench.expect("4.04", "read", json!({ "path": "/3303/8" }));
    assert!(bench.no_event("updated"));
}
