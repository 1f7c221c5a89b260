//! The right code for every wrong request (Core 6.3, Transport 6.4.4; RFC 7252 section 5.4). Leshan does not make most of
//! them by itself, so that they are sent raw.

use serde_json::{Value, json};

use crate::bench::{
    Bench, CBOR, LINK, Link, OPAQUE, SENML_CBOR, SENML_JSON, TEXT, TLV, hex, over_both,
};

over_both!(
    bad_requests_are_4_00,
    the_security_object_is_4_01,
    options_that_are_not_known_are_4_02_if_critical,
    what_is_not_there_is_4_04,
    what_is_not_allowed_is_4_05,
    formats_that_cannot_be_answered_in_are_4_06,
    formats_that_cannot_be_read_are_4_15,
);

/// Sends each request of the table; all get this code.
fn refused(bench: &Bench<'_>, code: &str, table: &[Value]) {
    let before = bench.read("/1/0", TLV);
    for request in table {
        let reply = bench.expect(code, "coap", request.clone());
        assert!(reply["content_format"].is_null(), "{request}: {reply}");
        assert!(reply["observe"].is_null(), "{request}: {reply}");
    }
    assert_eq!(bench.read("/1/0", TLV), before, "nothing changed");
}

/// PUT of a text to a path.
fn put(path: &str, format: u32, payload: &str) -> Value {
    json!({ "method": "PUT", "path": path, "format": format, "payload": payload })
}

fn post(path: &str, format: u32, payload: &str) -> Value {
    json!({ "method": "POST", "path": path, "format": format, "payload": payload })
}

fn bad_requests_are_4_00(link: Link) {
    let bench = Bench::new(link, "wrong-00");
    refused(
        &bench,
        "4.00",
        &[
            // Payloads that end too early, or are something else.
            put("/1/0", TLV, "c801ff00"),
            put("/1/0", SENML_CBOR, "a1"),
            put("/1/0", SENML_CBOR, "81a2"),
            put("/1/0", SENML_JSON, &hex("[{\"n\":\"1\",")),
            put("/1/0/1", CBOR, "19"),
            // Values of another type, or out of range.
            put("/1/0/1", TEXT, &hex("soon")),
            put("/1/0/1", TEXT, ""),
            put("/1/0/6", TEXT, &hex("yes")),
            put("/1/0/10", TEXT, &hex("3")),
            put("/1/0/1", SENML_JSON, &hex("[{\"n\":\"/1/0/1\",\"vs\":\"60\"}]")),
            put("/1/0/6", CBOR, "01"),
            put("/1/0/6", TLV, "c2060001"),
            // A value for somewhere else.
            put("/1/0/1", SENML_JSON, &hex("[{\"n\":\"/1/0/2\",\"v\":60}]")),
            put("/1/0", SENML_JSON, &hex("[{\"n\":\"/3/0/15\",\"vs\":\"A\"}]")),
            // A binding without UDP.
            put("/1/0/7", TEXT, &hex("S")),
            // Attributes.
            json!({ "method": "PUT", "path": "/3/0/9", "query": ["pmin=-1"] }),
            json!({ "method": "PUT", "path": "/3/0/9", "query": ["hello"] }),
        ],
    );
}

fn the_security_object_is_4_01(link: Link) {
    let bench = Bench::new(link, "wrong-01");
    refused(
        &bench,
        "4.01",
        &[
            json!({ "path": "/0" }),
            json!({ "path": "/0/0" }),
            json!({ "path": "/0/0/0", "accept": TEXT }),
            json!({ "path": "/0/0/5", "accept": OPAQUE }),
            json!({ "path": "/0", "accept": LINK }),
            put("/0/0/0", TEXT, &hex("coap://192.0.2.1")),
            post("/0/0", TLV, "c10a05"),
            post("/0", TLV, "c10a05"),
            json!({ "method": "DELETE", "path": "/0/0" }),
            json!({ "path": "/0/0", "observe": 0, "accept": TLV }),
        ],
    );
}

fn options_that_are_not_known_are_4_02_if_critical(link: Link) {
    let bench = Bench::new(link, "wrong-02");
    let with =
        |number: u32| json!({ "path": "/1/0/1", "options": [{ "number": number, "value": "01" }] });
    // Odd numbers are critical. 5 is If-None-Match, 65001 is for experiments.
    refused(&bench, "4.02", &[with(65001), with(5), with(9)]);
    let reply = bench.expect("2.05", "coap", with(65000));
    assert_eq!(reply["text"], "300");
}

fn what_is_not_there_is_4_04(link: Link) {
    let bench = Bench::new(link, "wrong-04");
    let mut table: Vec<Value> =
        ["/77", "/77/0", "/3/1", "/3/0/77", "/3/0/11/4", "/1/0/2", "/3/0/x", "/rd", "/3/0/11/0/0"]
            .map(|path| json!({ "path": path }))
            .into();
    table.extend(["/77", "/3/1", "/3/0/77"].map(|path| json!({ "path": path, "accept": LINK })));
    table.extend([
        put("/77/0/1", TEXT, "31"),
        put("/1/7/1", TEXT, "31"),
        put("/1/0/77", TEXT, "31"),
        post("/1/7", TLV, "c10105"),
        post("/1/0", TLV, "c14d05"),
        json!({ "method": "POST", "path": "/3303/8/5605" }),
        json!({ "method": "DELETE", "path": "/3303/8" }),
        json!({ "method": "PUT", "path": "/3303/8", "query": ["pmin=1"] }),
        json!({ "path": "/3/0/9", "observe": 0, "accept": TEXT }),
    ]);
    refused(&bench, "4.04", &table);
}

fn what_is_not_allowed_is_4_05(link: Link) {
    let bench = Bench::new(link, "wrong-05");
    let method = |method: &str, path: &str| json!({ "method": method, "path": path });
    refused(
        &bench,
        "4.05",
        &[
            // Reading what is executed, or for writing only.
            json!({ "path": "/3/0/4" }),
            json!({ "path": "/5/0/0" }),
            // Writing what is for reading.
            put("/3/0/0", TEXT, "41"),
            put("/1/0/0", TEXT, "35"),
            put("/3303/0/5700", TEXT, "31"),
            put("/3/0/11/0", TEXT, "31"),
            post("/3/0/0", TEXT, "41"),
            put("/3/0/4", TEXT, "41"),
            // Whole objects.
            put("/1", TLV, "08000310c10105"),
            // Creating and deleting what there is one of; deleting what is no instance.
            post("/3", TLV, ""),
            post("/1", TLV, "c10005"),
            method("DELETE", "/3/0"),
            method("DELETE", "/1/0"),
            method("DELETE", "/3303"),
            method("DELETE", "/3303/0/5700"),
            method("DELETE", "/3/0/11/0"),
            method("DELETE", "/"),
            method("GET", "/"),
            method("POST", "/"),
            // Nothing to install.
            method("POST", "/5/0/2"),
        ],
    );
}

fn formats_that_cannot_be_answered_in_are_4_06(link: Link) {
    let bench = Bench::new(link, "wrong-06");
    let read = |path: &str, accept: u32| json!({ "path": path, "accept": accept });
    // 50 is JSON, 11543 the JSON of LwM2M 1.0, 65000 for experiments.
    let table: Vec<Value> = [50, 11543, 65000]
        .into_iter()
        .flat_map(|format| ["/3/0/0", "/3/0", "/3"].map(|path| read(path, format)))
        .chain([TEXT, CBOR, OPAQUE].map(|format| read("/3/0", format)))
        .chain([read("/3/0/0", OPAQUE), read("/4/0/4", TEXT), read("/4/0/4/0", OPAQUE)])
        .collect();
    refused(&bench, "4.06", &table);
}

fn formats_that_cannot_be_read_are_4_15(link: Link) {
    let bench = Bench::new(link, "wrong-15");
    refused(
        &bench,
        "4.15",
        &[
            put("/1/0/1", 50, "35"),
            put("/1/0/1", LINK, "35"),
            put("/1/0/1", 65000, "35"),
            put("/1/0", TEXT, "35"),
            put("/1/0", CBOR, "05"),
            put("/1/0", OPAQUE, "05"),
            put("/1/0", 11543, "05"),
            post("/1/0", 11545, "05"),
            post("/3303", TEXT, "05"),
            post("/3303", 50, "7b7d"),
        ],
    );
}
