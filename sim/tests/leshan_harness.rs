//! The Leshan harness by itself: a client of raw bytes over a UDP socket checks that its commands put the right requests
//! on the wire and that its events say what came in. Nothing of the library takes part, so that a failure here is one of
//! the harness.
//!
//! Read beside it: `tests/leshan/README.md`; RFC 7252 section 3 (message format), OMA-TS-LightweightM2M_Transport-V1_1
//! section 6.4 (operations over CoAP).

#[path = "support/leshan.rs"]
mod leshan;

use std::net::{Ipv4Addr, UdpSocket};
use std::time::Duration;

use leshan::Leshan;
use serde_json::{Value, json};

const SOON: Duration = Duration::from_secs(10);
const NOT: Duration = Duration::from_millis(300);

fn hex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .map(|byte| char::from(byte).to_digit(16).expect("hex") as u8)
        .collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// Hex and, between quotes, plain text: `b2'rd' 37'ep=hand'`.
fn bytes(text: &str) -> Vec<u8> {
    let parts = text.split('\'').enumerate();
    parts
        .flat_map(|(at, part)| if at % 2 == 0 { hex(part) } else { part.as_bytes().to_vec() })
        .collect()
}

/// A CoAP message in its parts; `rest` is options and payload as they stand on the wire.
#[derive(Debug)]
struct Message {
    kind: u8,
    code: u8,
    id: [u8; 2],
    token: Vec<u8>,
    rest: Vec<u8>,
}

const CON: u8 = 0;
const NON: u8 = 1;
const ACK: u8 = 2;
const RST: u8 = 3;

impl Message {
    fn parse(datagram: &[u8]) -> Message {
        let (head, after) = datagram.split_at(4);
        assert_eq!(head[0] >> 6, 1, "version");
        let (token, rest) = after.split_at(usize::from(head[0] & 0x0f));
        let kind = head[0] >> 4 & 3;
        Message {
            kind,
            code: head[1],
            id: [head[2], head[3]],
            token: token.to_vec(),
            rest: rest.to_vec(),
        }
    }

    /// Option values by number, in order, and the payload. Enough for what Leshan sends.
    fn parts(&self) -> (Vec<(usize, Vec<u8>)>, Vec<u8>) {
        let (mut number, mut at, mut options) = (0, 0, Vec::new());
        while at < self.rest.len() {
            if self.rest[at] == 0xff {
                return (options, self.rest[at + 1..].to_vec());
            }
            let head = self.rest[at];
            at += 1;
            let mut extended = |nibble: u8| match nibble {
                13 => {
                    at += 1;
                    usize::from(self.rest[at - 1]) + 13
                }
                14 => {
                    at += 2;
                    usize::from(self.rest[at - 2]) * 256 + usize::from(self.rest[at - 1]) + 269
                }
                small => usize::from(small),
            };
            number += extended(head >> 4);
            let length = extended(head & 0x0f);
            options.push((number, self.rest[at..at + length].to_vec()));
            at += length;
        }
        (options, Vec::new())
    }

    fn option(&self, number: usize) -> Option<Vec<u8>> {
        self.parts().0.into_iter().find(|(found, _)| *found == number).map(|(_, value)| value)
    }
}

/// A client that does what the test says, byte by byte.
struct Client {
    socket: UdpSocket,
    next_id: u16,
}

impl Client {
    fn new(server: u16) -> Client {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).expect("a port");
        socket.connect((Ipv4Addr::LOCALHOST, server)).expect("loopback");
        socket.set_read_timeout(Some(SOON)).expect("not zero");
        Client { socket, next_id: 0x0100 }
    }

    fn send(&self, kind: u8, code: u8, id: [u8; 2], token: &[u8], rest: &[u8]) {
        let mut datagram = vec![0x40 | kind << 4 | token.len() as u8, code, id[0], id[1]];
        datagram.extend_from_slice(token);
        datagram.extend_from_slice(rest);
        self.socket.send(&datagram).expect("loopback");
    }

    fn receive(&self) -> Message {
        let mut buffer = [0; 2048];
        let length = self.socket.recv(&mut buffer).expect("a datagram from Leshan");
        Message::parse(&buffer[..length])
    }

    fn new_id(&mut self) -> [u8; 2] {
        self.next_id += 1;
        self.next_id.to_be_bytes()
    }

    /// Sends a CON request of our own and takes the piggybacked answer.
    fn request(&mut self, code: u8, rest: &str) -> Message {
        let id = self.new_id();
        self.send(CON, code, id, &[0xa1, 0xa2], &bytes(rest));
        let answer = self.receive();
        assert_eq!((answer.kind, answer.id, &answer.token[..]), (ACK, id, &[0xa1, 0xa2][..]));
        answer
    }

    /// Takes a request of the server, checks method and options-with-payload, and answers it.
    fn serve(&self, code: u8, rest: &str, answer_code: u8, answer_rest: &str) -> Message {
        let request = self.receive();
        assert_eq!(request.kind, CON);
        let wanted = bytes(rest);
        assert_eq!(
            (request.code, &request.rest),
            (code, &wanted),
            "{}",
            String::from_utf8_lossy(&request.rest)
        );
        self.answer(&request, answer_code, answer_rest);
        request
    }

    fn answer(&self, request: &Message, code: u8, rest: &str) {
        self.send(ACK, code, request.id, &request.token, &bytes(rest));
    }

    fn nothing_comes(&self) {
        self.socket.set_read_timeout(Some(NOT)).expect("not zero");
        assert!(self.socket.recv(&mut [0; 64]).is_err());
        self.socket.set_read_timeout(Some(SOON)).expect("not zero");
    }

    /// Registers as `hand` with LwM2M 1.1; answers the location id.
    fn register(&mut self) -> String {
        let answer = self.request(
            POST,
            "b2'rd' 11 28 37'ep=hand' 06'lt=300' 09'lwm2m=1.1' 03'b=U' ff'</>;rt=\"oma.lwm2m\";ct=\"60 110 112 11542\",</1/0>,</3/0>,</5/0>'",
        );
        assert_eq!(answer.code, CREATED);
        let (options, _) = answer.parts();
        assert_eq!(options[0], (8, b"rd".to_vec()));
        assert_eq!(options[1].0, 8);
        String::from_utf8(options[1].1.clone()).expect("text")
    }
}

const GET: u8 = 0x01;
const POST: u8 = 0x02;
const PUT: u8 = 0x03;
const DELETE: u8 = 0x04;
const FETCH: u8 = 0x05;
const IPATCH: u8 = 0x07;
const CREATED: u8 = 0x41;
const DELETED: u8 = 0x42;
const CHANGED: u8 = 0x44;
const CONTENT: u8 = 0x45;
const CONTINUE: u8 = 0x5f;
const BAD_REQUEST: u8 = 0x80;
const NOT_FOUND: u8 = 0x84;

fn registered() -> (Leshan, Client, String) {
    let leshan = Leshan::start(&[]);
    let mut client = Client::new(leshan.ports.dm_coap);
    let location = client.register();
    leshan.event("registered", |event| event["endpoint"] == "hand", SOON);
    (leshan, client, location)
}

fn reply(leshan: &Leshan, id: u64) -> Value {
    leshan.reply(id, SOON).expect("a reply")
}

#[test]
fn registration_update_and_deregistration_are_events() {
    let leshan = Leshan::start(&[]);
    let mut client = Client::new(leshan.ports.dm_coap);
    let location = client.register();
    let event = leshan.event("registered", |_| true, SOON);
    assert_eq!(event["endpoint"], "hand");
    assert_eq!(event["registration"], location.as_str());
    assert_eq!(event["lifetime"], 300);
    assert_eq!(event["version"], "1.1");
    assert_eq!(event["binding"], "U");
    assert_eq!(event["queue_mode"], false);
    assert_eq!(event["secure"], false);
    assert_eq!(event["identity"], Value::Null);
    assert_eq!(event["address"], client.socket.local_addr().expect("bound").to_string());
    assert_eq!(event["replaces"], Value::Null);
    let paths: Vec<&Value> =
        event["links"].as_array().expect("links").iter().map(|link| &link["path"]).collect();
    assert_eq!(paths, ["/", "/1/0", "/3/0", "/5/0"]);
    assert_eq!(event["links"][0]["attributes"]["rt"], "\"oma.lwm2m\"");

    let path = format!("b2'rd' 0a'{location}'");
    assert_eq!(client.request(POST, &format!("{path} 46'lt=600'")).code, CHANGED);
    let event = leshan.event("updated", |event| event["endpoint"] == "hand", SOON);
    assert_eq!(event["lifetime"], 600);
    assert_eq!(event["update"], json!({ "lifetime": 600, "attributes": {} }));

    assert_eq!(client.request(DELETE, &path).code, DELETED);
    let event = leshan.event("deregistered", |_| true, SOON);
    assert_eq!(event["endpoint"], "hand");
    assert_eq!(event["expired"], false);
    assert_eq!(client.request(POST, &path).code, NOT_FOUND);
}

#[test]
fn a_client_in_queue_mode_is_reported_awake_and_then_sleeping() {
    let leshan = Leshan::start(&["--awake-ms", "400"]);
    let mut client = Client::new(leshan.ports.dm_coap);
    let answer =
        client.request(POST, "b2'rd' 47'ep=doze' 05'lt=60' 09'lwm2m=1.1' 01'Q' ff'</3/0>'");
    assert_eq!(answer.code, CREATED);
    assert_eq!(leshan.event("registered", |_| true, SOON)["queue_mode"], true);
    leshan.event("awake", |event| event["endpoint"] == "doze", SOON);
    leshan.event("sleeping", |event| event["endpoint"] == "doze", SOON);
    let reply = leshan.call(json!({ "cmd": "read", "endpoint": "doze", "path": "/3/0/0" }));
    assert_eq!(reply["error"], "ClientSleepingException");
}

#[test]
fn each_operation_of_device_management_is_sent_and_its_answer_reported() {
    let (leshan, client, _) = registered();
    let start = |command: Value| {
        let mut command = command;
        command["endpoint"] = "hand".into();
        leshan.send(command)
    };
    let mut ids = Vec::new();

    // Manufacturer and Battery Level in TLV.
    ids.push(start(json!({ "cmd": "read", "path": "/3/0", "format": "TLV" })));
    client.serve(GET, "b1'3' 01'0' 62 2d16", CONTENT, "c2 2d16 ff c5 00'maker' c1 09 64");
    ids.push(start(
        json!({ "cmd": "write", "path": "/3/0/14", "value": "+01:00", "format": "TEXT" }),
    ));
    client.serve(PUT, "b1'3' 01'0' 02'14' 10 ff'+01:00'", CHANGED, "");
    ids.push(start(json!({ "cmd": "write", "path": "/1/0", "mode": "update", "resources": { "1": 300, "6": true } })));
    client.serve(POST, "b1'1' 01'0' 12 2d16 ff c2 01 012c c1 06 01", CHANGED, "");
    ids.push(start(json!({ "cmd": "execute", "path": "/3/0/4", "args": "0='a'" })));
    client.serve(POST, "b1'3' 01'0' 01'4' 10 ff 303d276127", CHANGED, "");
    ids.push(start(json!({ "cmd": "discover", "path": "/3/0" })));
    client.serve(GET, "b1'3' 01'0' 61 28", CONTENT, "c1 28 ff'</3/0>;pmin=10,</3/0/9>'");
    ids.push(start(
        json!({ "cmd": "create", "path": "/1", "instance": 5, "resources": { "0": 7 } }),
    ));
    client.serve(POST, "b1'1' 12 2d16 ff 03 05 c1 00 07", CREATED, "");
    ids.push(start(json!({ "cmd": "delete", "path": "/1/5" })));
    client.serve(DELETE, "b1'1' 01'5'", DELETED, "");
    ids.push(start(
        json!({ "cmd": "write_attributes", "path": "/3/0/9", "attributes": "pmin=1&pmax=5" }),
    ));
    client.serve(PUT, "b1'3' 01'0' 01'9' 46'pmin=1' 06'pmax=5'", CHANGED, "");
    ids.push(start(json!({ "cmd": "read_composite", "paths": ["/3/0/9", "/1/0/1"] })));
    client.serve(
        FETCH,
        "c1 70 51 70 ff 82 a1 00 66'/3/0/9' a1 00 66'/1/0/1'",
        CONTENT,
        "c1 70 ff 82 a2 00 66'/3/0/9' 02 18 64 a2 00 66'/1/0/1' 02 19 012c",
    );
    ids.push(start(json!({ "cmd": "write_composite", "values": { "/1/0/1": 60 } })));
    client.serve(IPATCH, "c1 70 ff 81 a2 02 18 3c 21 66'/1/0/1'", CHANGED, "");
    ids.push(start(json!({ "cmd": "read", "path": "/3/0/0" })));
    client.serve(GET, "b1'3' 01'0' 01'0'", NOT_FOUND, "");

    let replies: Vec<Value> = ids.into_iter().map(|id| reply(&leshan, id)).collect();
    let codes: Vec<&Value> = replies.iter().map(|reply| &reply["code"]).collect();
    assert_eq!(
        codes,
        ["2.05", "2.04", "2.04", "2.04", "2.05", "2.01", "2.02", "2.04", "2.05", "2.04", "4.04"]
    );
    assert_eq!(replies[0]["values"], json!({ "/3/0/0": "maker", "/3/0/9": 100 }));
    assert_eq!(replies[0]["content_format"], 11542);
    assert_eq!(replies[0]["payload"], "c5006d616b6572c10964");
    assert_eq!(replies[0]["coap_type"], "ACK");
    assert_eq!(
        replies[4]["links"],
        json!([{ "path": "/3/0", "attributes": { "pmin": "10" } }, { "path": "/3/0/9", "attributes": {} }])
    );
    assert_eq!(replies[8]["values"], json!({ "/3/0/9": 100, "/1/0/1": 300 }));
}

#[test]
fn an_answer_that_leshan_cannot_decode_is_an_error_with_the_bytes() {
    let (leshan, client, _) = registered();
    let id = leshan.send(json!({ "cmd": "read", "endpoint": "hand", "path": "/3/0" }));
    client.serve(GET, "b1'3' 01'0'", CONTENT, "c2 2d16 ff c8 00 ff 00");
    let reply = reply(&leshan, id);
    assert_eq!(reply["error"], "InvalidResponseException");
    assert_eq!((&reply["code"], &reply["payload"]), (&json!("2.05"), &json!("c800ff00")));
}

#[test]
fn a_raw_request_is_sent_as_it_was_given() {
    let (leshan, client, _) = registered();
    let id = leshan.send(json!({
        "cmd": "coap", "endpoint": "hand", "method": "POST", "path": "/3/0/x", "query": ["a=1", "b"], "format": 60,
        "accept": "SENML_CBOR", "payload": "ff00", "token": "c0ffee", "block1": { "num": 2, "more": true, "size": 32 }
    }));
    let request = client.receive();
    assert_eq!(request.token, hex("c0ffee"));
    assert_eq!(
        (request.code, &request.rest),
        (POST, &bytes("b1'3' 01'0' 01'x' 11 3c 33'a=1' 01'b' 21 70 a1 29 ff ff00"))
    );
    client.answer(&request, 0x88, "d1 0e 29");
    let answer = reply(&leshan, id);
    assert_eq!(answer["code"], "4.08");
    assert_eq!(answer["block1"], json!({ "num": 2, "more": true, "size": 32 }));

    // A block size to begin with; the answer comes in two blocks and is given as one.
    let id = leshan.send(json!({ "cmd": "coap", "endpoint": "hand", "path": "/3/0", "block": 16 }));
    let first = client.receive();
    assert_eq!(first.rest, bytes("b1'3' 01'0' c0"));
    client.answer(&first, CONTENT, "c0 b1 08 ff'0123456789abcdef'");
    let second = client.receive();
    assert_eq!(second.rest, bytes("b1'3' 01'0' c1 10"));
    client.answer(&second, CONTENT, "c0 b1 10 ff'gh'");
    assert_eq!(reply(&leshan, id)["text"], "0123456789abcdefgh");

    // Reset in answer to a raw request.
    let id = leshan.send(json!({ "cmd": "coap", "endpoint": "hand", "path": "/3/0" }));
    let request = client.receive();
    client.send(RST, 0, request.id, &[], &[]);
    assert_eq!(reply(&leshan, id)["message"], "answered with Reset");

    // No answer at all.
    let id = leshan
        .send(json!({ "cmd": "coap", "endpoint": "hand", "path": "/3/0", "timeout_ms": 200 }));
    assert_eq!(reply(&leshan, id)["error"], "TimeoutException");
}

#[test]
fn notifications_are_events_until_the_observation_is_cancelled() {
    let (leshan, mut client, _) = registered();
    let id = leshan
        .send(json!({ "cmd": "observe", "endpoint": "hand", "path": "/3/0/9", "format": "TEXT" }));
    let request = client.serve(GET, "60 51'3' 01'0' 01'9' 60", CONTENT, "61 01 60 ff'87'");
    let answer = reply(&leshan, id);
    assert_eq!((&answer["code"], &answer["observe"]), (&json!("2.05"), &json!(1)));
    assert_eq!(answer["values"], json!({ "/3/0/9": 87 }));
    let event = leshan.event("observation_new", |_| true, SOON);
    assert_eq!(event["path"], "/3/0/9");
    assert_eq!(hex(event["observation"].as_str().expect("hex")), request.token);

    let id = client.new_id();
    client.send(NON, CONTENT, id, &request.token, &bytes("61 02 60 ff'86'"));
    let event = leshan.event("notification", |event| event["path"] == "/3/0/9", SOON);
    assert_eq!((&event["endpoint"], &event["coap_type"]), (&json!("hand"), &json!("NON")));
    assert_eq!((&event["observe"], &event["content_format"]), (&json!(2), &json!(0)));
    assert_eq!(event["values"], json!({ "/3/0/9": 86 }));

    let id = client.new_id();
    client.send(CON, CONTENT, id, &request.token, &bytes("61 03 60 ff'eighty'"));
    let ack = client.receive();
    assert_eq!((ack.kind, ack.code, ack.id), (ACK, 0, id));
    leshan.event("notification_error", |event| event["path"] == "/3/0/9", SOON);

    let id = leshan.send(json!({ "cmd": "cancel_active", "endpoint": "hand", "path": "/3/0/9" }));
    let cancel = client.serve(GET, "61 01 51'3' 01'0' 01'9' 60", CONTENT, "c0 ff'85'");
    assert_eq!(cancel.token, request.token);
    assert_eq!(reply(&leshan, id)["code"], "2.05");

    let answer = leshan.call(json!({ "cmd": "cancel", "endpoint": "hand", "path": "/3/0/9" }));
    assert_eq!(answer["cancelled"], 1);
    leshan.event("observation_cancelled", |event| event["path"] == "/3/0/9", SOON);
    client.nothing_comes();
    let id = client.new_id();
    client.send(CON, CONTENT, id, &request.token, &bytes("61 04 60 ff'84'"));
    let reset = client.receive();
    assert_eq!((reset.kind, reset.id), (RST, id));
    assert_eq!(leshan.try_event("notification", |_| true, NOT), None);
}

#[test]
fn composite_and_raw_observations_notify_too() {
    let (leshan, mut client, _) = registered();
    let id = leshan.send(
        json!({ "cmd": "observe_composite", "endpoint": "hand", "paths": ["/3/0/9", "/1/0/1"] }),
    );
    let request = client.serve(
        FETCH,
        "60 61 70 51 70 ff 82 a1 00 66'/3/0/9' a1 00 66'/1/0/1'",
        CONTENT,
        "61 01 61 70 ff 82 a2 00 66'/3/0/9' 02 18 64 a2 00 66'/1/0/1' 02 19 012c",
    );
    assert_eq!(reply(&leshan, id)["values"], json!({ "/3/0/9": 100, "/1/0/1": 300 }));
    let id = client.new_id();
    client.send(
        NON,
        CONTENT,
        id,
        &request.token,
        &bytes("61 02 61 70 ff 81 a2 00 66'/3/0/9' 02 18 63"),
    );
    let event =
        leshan.event("notification", |event| event["paths"] == json!(["/3/0/9", "/1/0/1"]), SOON);
    assert_eq!(event["values"]["/3/0/9"], 99);

    let id =
        leshan.send(json!({ "cmd": "coap", "endpoint": "hand", "path": "/3/0/13", "observe": 0 }));
    let request = client.serve(GET, "60 51'3' 01'0' 02'13'", CONTENT, "61 07 60 ff'1000'");
    assert_eq!(reply(&leshan, id)["observe"], 7);
    let id = client.new_id();
    client.send(NON, CONTENT, id, &request.token, &bytes("61 08 60 ff'2000'"));
    let event = leshan.event("notification", |event| event["path"] == "/3/0/13", SOON);
    assert_eq!(event["values"]["/3/0/13"], 2000);
}

#[test]
fn send_is_an_event_with_values_and_times() {
    let (leshan, mut client, _) = registered();
    assert_eq!(client.request(POST, "b2'dp' 11 70 ff 81 a2 00 66'/3/0/9' 02 18 2a").code, CHANGED);
    let event = leshan.event("send", |event| event["endpoint"] == "hand", SOON);
    assert_eq!((&event["content_format"], &event["coap_type"]), (&json!(112), &json!("CON")));
    assert_eq!(event["values"], json!({ "/3/0/9": 42 }));
    assert_eq!(event["payload"], "81a200662f332f302f3902182a");
    assert_eq!(event.get("timestamped"), None);

    // Base time 1700000000: {bt, n, v}.
    let timed = "b2'dp' 11 70 ff 81 a3 22 1a 6553f100 00 66'/3/0/9' 02 18 2b";
    assert_eq!(client.request(POST, timed).code, CHANGED);
    let event = leshan.event("send", |event| event["endpoint"] == "hand", SOON);
    assert_eq!(
        event["timestamped"],
        json!([{ "time": 1_700_000_000.0, "values": { "/3/0/9": 43 } }])
    );

    assert_eq!(client.request(POST, "b2'dp' 11 70 ff 00").code, BAD_REQUEST);
    leshan.event("send_error", |_| true, SOON);
}

/// Answers a firmware push block by block; gives the body back.
fn take_blocks(client: &Client) -> Vec<u8> {
    let mut body = Vec::new();
    loop {
        let request = client.receive();
        let (_, payload) = request.parts();
        let block = request.option(27).expect("Block1");
        let value = block.iter().fold(0_u32, |value, &byte| value << 8 | u32::from(byte));
        let (number, more, size) = (value >> 4, value & 8 != 0, 16_usize << (value & 7));
        assert_eq!(number as usize * size, body.len());
        body.extend_from_slice(&payload);
        let length = format!(
            "d{} 0e {}",
            block.len(),
            block.iter().map(|byte| format!("{byte:02x}")).collect::<String>()
        );
        client.answer(&request, if more { CONTINUE } else { CHANGED }, &length);
        if !more {
            return body;
        }
    }
}

#[test]
fn a_firmware_image_of_200_kilobytes_is_pushed_in_opaque_and_tlv() {
    let (leshan, client, _) = registered();
    let image: Vec<u8> = (0..200_000_u32).map(|at| (31 * at + 7 * (at >> 8) + 5) as u8).collect();
    let push = |format: &str| {
        let value = json!({ "size": 200_000, "seed": 5 });
        let write = json!({ "cmd": "write", "endpoint": "hand", "path": "/5/0/0", "value": value, "format": format });
        let id = leshan.send(write);
        let body = take_blocks(&client);
        assert_eq!(reply(&leshan, id)["code"], "2.04", "{format}");
        body
    };
    assert!(push("OPAQUE") == image);
    let tlv = push("TLV");
    assert_eq!(tlv[..5], hex("d8 00 030d40"));
    assert!(tlv[5..] == image);
}

#[test]
fn a_block_size_can_be_set_for_all_transfers() {
    let leshan = Leshan::start(&["--block", "64"]);
    let mut client = Client::new(leshan.ports.dm_coap);
    client.register();
    let write = json!({ "cmd": "write", "endpoint": "hand", "path": "/5/0/0", "value": "aa".repeat(100), "format": "OPAQUE" });
    let id = leshan.send(write);
    let request = client.receive();
    assert_eq!(request.option(27), Some(vec![0x0a]), "number 0, more, 64 bytes");
    client.answer(&request, CONTINUE, "d1 0e 0a");
    client.serve(
        PUT,
        &format!("b1'5' 01'0' 01'0' 11 2a d1 02 12 ff {}", "aa".repeat(36)),
        CHANGED,
        "d1 0e 12",
    );
    assert_eq!(reply(&leshan, id)["code"], "2.04");
}

#[test]
fn a_file_can_be_pulled() {
    let leshan = Leshan::start(&[]);
    let mut client = Client::new(leshan.ports.dm_coap);
    let reply = leshan.call(json!({ "cmd": "file", "name": "image", "size": 40, "seed": 0 }));
    assert_eq!((&reply["path"], &reply["size"]), (&json!("/file/image"), &json!(40)));
    let answer = client.request(GET, "b4'file' 05'image' c1 10");
    assert_eq!(answer.code, CONTENT);
    assert_eq!(answer.parts().1.len(), 16);
    leshan.event("file_get", |event| event["name"] == "image", SOON);
}

#[test]
fn a_configured_bootstrap_writes_the_account_and_finishes() {
    let leshan = Leshan::start(&[]);
    let mut client = Client::new(leshan.ports.bs_coap);
    assert_eq!(client.request(POST, "b2'bs' 47'ep=hand'").code, BAD_REQUEST);
    let event = leshan.event("bootstrap_failed", |event| event["endpoint"] == "hand", SOON);
    assert_eq!(event["cause"], "NO_BOOTSTRAP_CONFIG");
    leshan.take_events();

    let reply = leshan.call(json!({
        "cmd": "bs_config", "endpoint": "hand", "delete": ["/0", "/1"],
        "security": { "1": {
            "uri": "coaps://127.0.0.1:5684", "short_id": 105, "identity": "id", "key": "000102030405060708090a0b0c0d0e0f"
        } },
        "servers": { "0": { "short_id": 105, "lifetime": 60, "pmin": null } }
    }));
    assert_eq!(reply.get("error"), None);
    assert_eq!(client.request(POST, "b2'bs' 47'ep=hand' 07'pct=112'").code, CHANGED);
    let event = leshan.event("bootstrap_started", |_| true, SOON);
    assert_eq!((&event["endpoint"], &event["preferred_format"]), (&json!("hand"), &json!(112)));
    client.serve(DELETE, "b1'0'", DELETED, "");
    client.serve(DELETE, "b1'1'", BAD_REQUEST, "");
    let security = client.receive();
    assert_eq!((security.code, security.option(12)), (PUT, Some(vec![0x70])));
    let (_, payload) = security.parts();
    assert_eq!(payload[1..29], bytes("a3 00 61'0' 03 76'coaps://127.0.0.1:5684'"));
    assert_eq!(payload[29..36], bytes("21 65'/0/1/'"));
    client.answer(&security, CHANGED, "");
    let server = client.receive();
    let (options, _) = server.parts();
    assert_eq!(options[..2], [(11, b"1".to_vec()), (11, b"0".to_vec())]);
    client.answer(&server, CHANGED, "");
    client.serve(POST, "b2'bs'", CHANGED, "");
    leshan.event("bootstrap_finished", |event| event["endpoint"] == "hand", SOON);

    let steps: Vec<Value> = leshan.take_events();
    let responses: Vec<(&Value, &Value, &Value)> = steps
        .iter()
        .filter(|event| event["event"] == "bootstrap_response")
        .map(|event| (&event["op"], &event["path"], &event["code"]))
        .collect();
    let expected = [
        ("delete", "/0", "2.02"),
        ("delete", "/1", "4.00"),
        ("write", "/0/1", "2.04"),
        ("write", "/1/0", "2.04"),
        ("finish", "/bs", "2.04"),
    ];
    let expected = expected.map(|(op, path, code)| (json!(op), json!(path), json!(code)));
    assert_eq!(responses, expected.each_ref().map(|(op, path, code)| (op, path, code)));
    let told: String = steps.iter().map(Value::to_string).collect();
    assert!(!told.contains("0c0d0e0f"), "no key in an event");
}

#[test]
fn a_scripted_bootstrap_sends_any_list_of_requests() {
    let leshan = Leshan::start(&[]);
    let mut client = Client::new(leshan.ports.bs_coap);
    let reply = leshan.call(json!({ "cmd": "bs_script", "endpoint": "hand", "requests": [
        { "op": "discover" },
        { "op": "read", "path": "/1/0", "format": "TLV" },
        { "op": "delete", "path": "/" },
        { "op": "write", "path": "/1/0/1", "value": 60, "format": "TEXT" },
        { "op": "write", "path": "/1", "instances": { "0": { "0": 1 }, "1": { "0": 2 } } },
    ] }));
    assert_eq!(reply.get("error"), None);
    for _ in 0..2 {
        assert_eq!(client.request(POST, "b2'bs' 47'ep=hand'").code, CHANGED);
        client.serve(GET, "d1 04 28", CONTENT, "c1 28 ff'</0/0>,</1/0>'");
        client.serve(GET, "b1'1' 01'0' 62 2d16", CONTENT, "c2 2d16 ff c1 00 01");
        client.serve(DELETE, "", DELETED, "");
        client.serve(PUT, "b1'1' 01'0' 01'1' 10 ff'60'", CHANGED, "");
        client.serve(PUT, "b1'1' 12 2d16 ff 03 00 c1 00 01 03 01 c1 00 02", CHANGED, "");
        client.serve(POST, "b2'bs'", CHANGED, "");
        leshan.event("bootstrap_finished", |event| event["endpoint"] == "hand", SOON);
    }
    let discover = leshan.event("bootstrap_response", |event| event["op"] == "discover", SOON);
    assert_eq!(discover["links"][1]["path"], "/1/0");
    let read = leshan.event("bootstrap_response", |event| event["op"] == "read", SOON);
    assert_eq!(read["values"], json!({ "/1/0/0": 1 }));

    assert_eq!(leshan.call(json!({ "cmd": "bs_remove", "endpoint": "hand" })).get("error"), None);
    assert_eq!(client.request(POST, "b2'bs' 47'ep=hand'").code, BAD_REQUEST);
}

#[test]
fn a_key_keeps_a_client_without_dtls_out() {
    let leshan = Leshan::start(&[]);
    let mut client = Client::new(leshan.ports.dm_coap);
    let psk = json!({ "cmd": "add_psk", "endpoint": "hand", "identity": "id", "key": "00010203", "server": "both" });
    assert_eq!(leshan.call(psk).get("error"), None);
    let register = "b2'rd' 47'ep=hand' 05'lt=60' 09'lwm2m=1.1' ff'</3/0>'";
    assert_eq!(client.request(POST, register).code, 0x83);
    let mut bootstrap = Client::new(leshan.ports.bs_coap);
    assert_eq!(bootstrap.request(POST, "b2'bs' 47'ep=hand'").code, BAD_REQUEST);
    assert_eq!(leshan.event("bootstrap_failed", |_| true, SOON)["cause"], "UNAUTHORIZED");
    let removed = leshan.call(json!({ "cmd": "remove_psk", "endpoint": "hand", "server": "both" }));
    assert_eq!(removed.get("error"), None);
    assert_eq!(client.request(POST, register).code, CREATED);
    let list = leshan.call(json!({ "cmd": "registrations" }));
    assert_eq!(list["registrations"][0]["endpoint"], "hand");
}

#[test]
fn a_wrong_command_is_answered_with_an_error() {
    let leshan = Leshan::start(&[]);
    let reply = leshan.call(json!({ "cmd": "read", "endpoint": "nobody", "path": "/3" }));
    assert_eq!(reply["message"], "not registered: nobody");
    assert_eq!(
        leshan.call(json!({ "cmd": "bs_script", "endpoint": "x" }))["error"],
        "IllegalArgumentException"
    );
}
