//! Firmware update by push (Core appendix E.6): an image of 200 kB goes to the modem block by block.

use std::time::Duration;

use serde_json::{Value, json};

use lwm2m_carrier_sim::modem::image;

use crate::bench::{Bench, Link, OPAQUE, SOON, TEXT, TLV, hex, over_both};

over_both!(
    an_image_in_opaque_is_installed,
    an_image_in_tlv_is_installed,
    a_damaged_image_is_refused,
    an_image_can_be_dropped,
);

const SIZE: usize = 200 * 1024;
/// 400 blocks one after the other, on a machine that does other things, too.
const TRANSFER: Duration = Duration::from_secs(60);

/// Writes an image; gives the reply.
fn push(bench: &Bench<'_>, format: u32, image: &[u8]) -> Value {
    bench.leshan.call_within(
        json!({
            "cmd": "write", "endpoint": bench.endpoint, "path": "/5/0/0", "value": hex(image), "format": format,
            "timeout_ms": 60_000
        }),
        TRANSFER,
    )
}

/// State and Update Result.
fn state(bench: &Bench<'_>) -> (Value, Value) {
    (bench.value("/5/0/3"), bench.value("/5/0/5"))
}

fn is_installed(link: Link, name: &str, format: u32, version: &str) {
    let mut bench = Bench::new(link, name);
    assert_eq!(state(&bench), (json!(0), json!(0)));
    assert_eq!(bench.read("/5/0/9", TEXT)["/5/0/9"], 1, "push");
    let observed = bench.expect("2.05", "observe", json!({ "path": "/5/0/3", "format": TEXT }));
    let first = observed["observe"].as_u64().expect("a number");
    let reply = push(&bench, format, &image(version, SIZE));
    assert_eq!(reply["code"], "2.04", "{reply}");
    bench.device.event("FOTA_START", SOON);
    for (n, wanted) in [(1, 1), (2, 2)] {
        let event = bench.event("notification");
        assert_eq!(event["observe"], first + n, "{event}");
        assert_eq!(event["values"], json!({ "/5/0/3": wanted }), "Downloading, Downloaded");
    }
    assert_eq!(state(&bench), (json!(2), json!(0)));
    // An image that is there is not overwritten.
    bench.expect(
        "4.05",
        "coap",
        json!({ "method": "PUT", "path": "/5/0/0", "format": OPAQUE, "payload": "0102" }),
    );

    bench.expect("2.04", "execute", json!({ "path": "/5/0/2" }));
    bench.await_registered();
    assert_eq!(state(&bench), (json!(0), json!(1)), "Idle, Success");
    assert_eq!(bench.value("/3/0/3"), version);
    assert_eq!(bench.value("/5/0/7"), version);
}

fn an_image_in_opaque_is_installed(link: Link) {
    is_installed(link, "fota-opaque", OPAQUE, "sim91_2.0.0");
}

fn an_image_in_tlv_is_installed(link: Link) {
    is_installed(link, "fota-tlv", TLV, "sim91_3.0.0");
}

fn a_damaged_image_is_refused(link: Link) {
    let mut bench = Bench::new(link, "fota-bad");
    for format in [OPAQUE, TLV] {
        let mut image = image("sim91_9.9.9", 20_000);
        image[10_000] ^= 1;
        let reply = push(&bench, format, &image);
        assert_eq!(reply["code"], "4.00", "{reply}");
        assert_eq!(state(&bench), (json!(0), json!(5)), "Idle, Integrity check failure");
        let said = bench.device.event("ERROR", SOON);
        assert!(said.starts_with("type=4 ") && said.ends_with(" FotaPackage"), "{said}");
        bench.expect("4.05", "execute", json!({ "path": "/5/0/2" }));
    }
    // It is none the worse for that.
    let reply = push(&bench, OPAQUE, &image("sim91_2.1.0", 3000));
    assert_eq!(reply["code"], "2.04", "{reply}");
    assert_eq!(state(&bench), (json!(2), json!(0)));
    bench.expect("2.04", "execute", json!({ "path": "/5/0/2" }));
    bench.await_registered();
    assert_eq!(bench.value("/3/0/3"), "sim91_2.1.0");
}

fn an_image_can_be_dropped(link: Link) {
    let bench = Bench::new(link, "fota-drop");
    // An empty Package, or an empty Package URI.
    let package = json!({ "method": "PUT", "path": "/5/0/0", "format": OPAQUE, "payload": "00" });
    let uri = json!({ "method": "PUT", "path": "/5/0/1", "format": TEXT, "payload": "" });
    for drop in [package, uri] {
        assert_eq!(push(&bench, OPAQUE, &image("sim91_2.1.0", 3000))["code"], "2.04");
        assert_eq!(state(&bench), (json!(2), json!(0)));
        bench.expect("2.04", "coap", drop);
        assert_eq!(state(&bench), (json!(0), json!(0)));
        bench.expect("4.05", "execute", json!({ "path": "/5/0/2" }));
    }
    // The device cannot fetch one by itself.
    let uri = json!({ "path": "/5/0/1", "value": "coap://192.0.2.1/fw", "format": TEXT });
    let reply = bench.call("write", uri);
    assert!(reply["code"].as_str().is_some_and(|code| code.starts_with('4')), "{reply}");
    assert_eq!(bench.value("/5/0/3"), 0);
}
