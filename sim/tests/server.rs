//! The built-in server against a device of a few lines, in virtual time.
//!
//! The device writes and reads its datagrams with `coap-lite`, some by hand.

use coap_lite::{CoapOption, MessageClass, MessageType, Packet};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Duration, Instant};
use lwm2m_carrier_sim::server::accounts::{Security, ServerAccount};
use lwm2m_carrier_sim::server::campaign::{FirmwareCampaign, ScriptStep};
use lwm2m_carrier_sim::server::operation::{Failure, Operation, RequestId};
use lwm2m_carrier_sim::server::{
    Accounts, Answers, BootstrapPlan, Code, Config, Output, Parameters, Peer, Server, ServerEvent,
    Step,
};
use proptest::prelude::*;

use MessageType::{
    Acknowledgement as Ack, Confirmable as Con, NonConfirmable as Non, Reset as Rst,
};

const DEVICE: Peer = Peer(1);
const LINKS: &str = "</>;rt=\"oma.lwm2m\";ct=112,</1/0>,</3/0>,</5/0>";

/// The server, the clock, and what the server said.
struct Bench {
    server: Server,
    now: Instant,
    next_id: u16,
    /// Datagrams of the server not yet looked at, with the time in milliseconds.
    sent: Vec<(u64, Peer, Packet)>,
    events: Vec<ServerEvent>,
    deadline: Option<Instant>,
}

impl Bench {
    fn new(config: Config) -> Self {
        let server = Server::new(config);
        let (now, deadline) = (Instant::ZERO, None);
        Self { server, now, next_id: 1000, sent: Vec::new(), events: Vec::new(), deadline }
    }

    /// A management server without jitter, with a device registered.
    fn registered() -> Self {
        Self::registered_with(exact(Config::management()), &["lt=300"])
    }

    fn registered_with(config: Config, more: &[&str]) -> Self {
        let mut bench = Self::new(config);
        let answer = bench.ask(register(more));
        assert_eq!(code(&answer), "2.01");
        bench.events.clear();
        bench
    }

    fn settle(&mut self) {
        for step in 0.. {
            assert!(step < 1000, "the server never waits");
            match self.server.poll(self.now) {
                Output::Transmit(peer, datagram) => {
                    let packet = Packet::from_bytes(&datagram).unwrap();
                    self.sent.push((self.now.as_millis(), peer, packet));
                }
                Output::Event(event) => self.events.push(event),
                Output::Wait(deadline) => {
                    assert!(deadline.is_none_or(|at| at > self.now), "a deadline in the past");
                    self.deadline = deadline;
                    return;
                }
            }
        }
    }

    /// Lets time pass, from deadline to deadline.
    fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        self.settle();
        while let Some(at) = self.deadline.filter(|at| *at <= end) {
            self.now = at;
            self.settle();
        }
        self.now = end;
        self.settle();
    }

    fn give_from(&mut self, peer: Peer, packet: &Packet) {
        self.server.handle(self.now, peer, &packet.to_bytes().unwrap());
        self.settle();
    }

    fn give(&mut self, packet: &Packet) {
        self.give_from(DEVICE, packet);
    }

    fn id(&mut self) -> u16 {
        self.next_id += 1;
        self.next_id
    }

    /// Sends a request of the device and takes the next datagram.
    fn ask(&mut self, packet: Packet) -> Packet {
        self.ask_from(DEVICE, packet)
    }

    fn ask_from(&mut self, peer: Peer, mut packet: Packet) -> Packet {
        packet.header.message_id = self.id();
        self.give_from(peer, &packet);
        self.take()
    }

    fn take(&mut self) -> Packet {
        assert!(!self.sent.is_empty(), "the server sent nothing");
        self.sent.remove(0).2
    }

    /// Takes the next request of the server.
    fn request(&mut self) -> Packet {
        let packet = self.take();
        assert!(matches!(packet.header.code, MessageClass::Request(_)), "{:?}", packet.header.code);
        assert_eq!(packet.header.get_type(), Con);
        packet
    }

    fn nothing(&mut self) {
        self.settle();
        assert!(self.sent.is_empty(), "{:?}", self.sent);
    }

    /// Begins an operation.
    fn begin(&mut self, operation: Operation) -> RequestId {
        let id = self.server.request("dev", operation);
        self.settle();
        id
    }

    fn times(&mut self) -> Vec<u64> {
        self.sent.drain(..).map(|(at, ..)| at).collect()
    }

    fn events(&mut self) -> Vec<ServerEvent> {
        std::mem::take(&mut self.events)
    }

    /// The response that the only event is.
    fn response(&mut self) -> (String, Vec<u8>) {
        match self.events().as_slice() {
            [ServerEvent::Response { code, payload, .. }] => (code.to_string(), payload.clone()),
            other => panic!("{other:?}"),
        }
    }
}

fn exact(config: Config) -> Config {
    let parameters = Parameters { ack_random_percent: 100, ..Parameters::default() };
    Config { parameters, ..config }
}

fn packet(kind: MessageType, code: &str) -> Packet {
    let mut packet = Packet::new();
    packet.header.set_type(kind);
    packet.header.set_code(code);
    packet
}

fn post(path: &str, query: &[&str], format: Option<u16>, payload: &[u8]) -> Packet {
    let mut packet = packet(Con, "0.02");
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        packet.add_option(CoapOption::UriPath, segment.into());
    }
    for parameter in query {
        packet.add_option(CoapOption::UriQuery, (*parameter).into());
    }
    if let Some(format) = format {
        packet.add_option(CoapOption::ContentFormat, number(format.into()));
    }
    packet.payload = payload.to_vec();
    packet.set_token(vec![7, 7]);
    packet
}

fn register(more: &[&str]) -> Packet {
    let query = [&["ep=dev", "lwm2m=1.1"], more].concat();
    post("rd", &query, Some(40), LINKS.as_bytes())
}

fn number(value: u32) -> Vec<u8> {
    value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

/// A piggybacked response.
fn answer(request: &Packet, code: &str, payload: &[u8]) -> Packet {
    let mut packet = packet(Ack, code);
    packet.header.message_id = request.header.message_id;
    packet.set_token(request.get_token().to_vec());
    packet.payload = payload.to_vec();
    packet
}

fn with(mut packet: Packet, option: CoapOption, value: u32) -> Packet {
    packet.add_option(option, number(value));
    packet
}

fn empty(kind: MessageType, id: u16) -> Packet {
    let mut packet = packet(kind, "0.00");
    packet.header.message_id = id;
    packet
}

fn code(packet: &Packet) -> String {
    packet.header.code.to_string()
}

fn uri(packet: &Packet) -> String {
    strings(packet, CoapOption::UriPath).join("/")
}

fn strings(packet: &Packet, option: CoapOption) -> Vec<String> {
    let values = packet.get_option(option).into_iter().flatten();
    values.map(|value| String::from_utf8(value.clone()).unwrap()).collect()
}

fn uint(packet: &Packet, option: CoapOption) -> Option<u32> {
    let value = packet.get_first_option(option)?;
    Some(value.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

/// Number, more and size of a block option.
fn block(packet: &Packet, option: CoapOption) -> Option<(u32, bool, usize)> {
    let bits = uint(packet, option)?;
    Some((bits >> 4, bits & 8 != 0, 16 << (bits & 7)))
}

fn block_value(number: u32, more: bool, size: usize) -> u32 {
    let exponent = size.trailing_zeros() - 4;
    number << 4 | u32::from(more) << 3 | exponent
}

fn notification(kind: MessageType, id: u16, token: &[u8], sequence: u32, payload: &[u8]) -> Packet {
    let mut packet = packet(kind, "2.05");
    packet.header.message_id = id;
    packet.set_token(token.to_vec());
    packet.add_option(CoapOption::Observe, number(sequence));
    packet.payload = payload.to_vec();
    packet
}

// Registration.

#[test]
fn register_update_and_deregister_by_hand() {
    let mut bench = Bench::new(Config::management());
    // CON POST, id 0x1234, token 01, Uri-Path "rd", Content-Format 40, Uri-Query "ep=a", "lt=60",
    // "lwm2m=1.1", payload "</1/0>".
    let mut datagram = vec![0x41, 0x02, 0x12, 0x34, 0x01, 0xb2, b'r', b'd', 0x11, 40, 0x34];
    datagram.extend(b"ep=a\x05lt=60\x09lwm2m=1.1\xff</1/0>");
    bench.server.handle(bench.now, DEVICE, &datagram);
    bench.settle();
    let created = bench.take();
    assert_eq!((created.header.get_type(), code(&created)), (Ack, "2.01".into()));
    assert_eq!((created.header.message_id, created.get_token()), (0x1234, &[1][..]));
    let location = strings(&created, CoapOption::LocationPath);
    assert_eq!((location.len(), location[0].as_str()), (2, "rd"));
    let registration = bench.server.registration("a").unwrap();
    assert_eq!(registration.lifetime, Duration::from_secs(60));
    assert!(registration.lists("/1/0") && !registration.queue_mode);

    let path = location.join("/");
    let updated = bench.ask(post(&path, &["lt=90"], None, b""));
    assert_eq!(code(&updated), "2.04");
    let updated = bench.ask(post(&path, &[], Some(40), b"</1/0>,</3/0>"));
    assert_eq!(code(&updated), "2.04");
    let registration = bench.server.registration("a").unwrap();
    assert_eq!(registration.lifetime, Duration::from_secs(90));
    assert!(registration.lists("/3/0"));
    assert_eq!(code(&bench.ask(post("rd/nobody", &[], None, b""))), "4.04");

    let mut delete = post(&path, &[], None, b"");
    delete.header.set_code("0.04");
    assert_eq!(code(&bench.ask(delete.clone())), "2.02");
    assert_eq!(code(&bench.ask(delete)), "4.04");
    let ep = || "a".to_string();
    let events = bench.events();
    assert!(matches!(events[3], ServerEvent::Refused { code: Code::NOT_FOUND, .. }));
    assert_eq!(events[0], ServerEvent::Registered { endpoint: ep(), replaced: false });
    assert_eq!(events[1], ServerEvent::Updated { endpoint: ep(), links: false });
    assert_eq!(events[2], ServerEvent::Updated { endpoint: ep(), links: true });
    assert_eq!(events[4], ServerEvent::Deregistered { endpoint: ep() });
}

#[test]
fn a_wrong_register_gets_the_right_code() {
    let links = LINKS.as_bytes();
    let cases: [(&[&str], Option<u16>, &[u8], &str); 12] = [
        (&["ep=d", "lwm2m=1.1"], Some(40), links, "2.01"),
        (&["lwm2m=1.1"], Some(40), links, "4.00"),
        (&["ep=d"], Some(40), links, "4.00"),
        (&["ep=d", "lwm2m=1.2"], Some(40), links, "4.12"),
        (&["ep=d", "lwm2m=1.1"], Some(0), links, "4.00"),
        (&["ep=d", "lwm2m=1.1"], None, links, "4.00"),
        (&["ep=d", "lwm2m=1.1"], Some(40), b"", "4.00"),
        (&["ep=d", "lwm2m=1.1"], Some(40), b"</0/0>,</1/0>", "4.00"),
        (&["ep=d", "lwm2m=1.1", "lt=abc"], Some(40), links, "4.00"),
        (&["ep=d", "lwm2m=1.1", "b=UQ"], Some(40), links, "4.00"),
        (&["ep=d", "lwm2m=1.0", "b=UQ"], Some(40), links, "2.01"),
        (&["ep=d", "ep=e", "lwm2m=1.1"], Some(40), links, "4.00"),
    ];
    for (query, format, payload, expected) in cases {
        let mut bench = Bench::new(Config::management());
        let reply = bench.ask(post("rd", query, format, payload));
        assert_eq!(code(&reply), expected, "{query:?} {format:?}");
        assert_eq!(bench.server.registration("d").is_some(), expected == "2.01");
    }
    let mut bench = Bench::new(Config::management());
    let mut unconfirmed = register(&[]);
    unconfirmed.header.set_type(Non);
    let reply = bench.ask(unconfirmed);
    assert_eq!((reply.header.get_type(), code(&reply)), (Non, "4.00".into()));
    let critical = with(register(&[]), CoapOption::Unknown(65_001), 1);
    assert_eq!(code(&bench.ask(critical)), "4.02");
    let elective = with(register(&[]), CoapOption::Unknown(65_000), 1);
    assert_eq!(code(&bench.ask(elective)), "2.01");
    assert_eq!(code(&bench.ask(post("bs", &["ep=dev"], None, b""))), "4.04");
    let mut get = register(&[]);
    get.header.set_code("0.01");
    assert_eq!(code(&bench.ask(get)), "4.05");
}

#[test]
fn an_identity_belongs_to_its_endpoint() {
    let identities = vec![(Secret::new(b"id-dev".to_vec()), "dev".to_string())];
    let mut bench = Bench::new(Config { identities, ..Config::management() });
    assert_eq!(code(&bench.ask(register(&[]))), "4.03");
    bench.server.peer_identity(DEVICE, Some(b"id-dev".to_vec()));
    assert_eq!(code(&bench.ask(register(&[]))), "2.01");
    let other = post("rd", &["ep=other", "lwm2m=1.1"], Some(40), LINKS.as_bytes());
    assert_eq!(code(&bench.ask(other)), "4.03");
    let unnamed = post("rd", &["lwm2m=1.1"], Some(40), LINKS.as_bytes());
    assert_eq!(code(&bench.ask(unnamed)), "2.01");
    // Another address without the identity cannot move the registration.
    let path = bench.server.registration("dev").unwrap().location.join("/");
    assert_eq!(code(&bench.ask_from(Peer(2), post(&path, &[], None, b""))), "4.03");
    bench.server.peer_identity(Peer(2), Some(b"id-dev".to_vec()));
    assert_eq!(code(&bench.ask_from(Peer(2), post(&path, &[], None, b""))), "2.04");
    assert_eq!(bench.server.registration("dev").unwrap().peer, Peer(2));

    let mut bench =
        Bench::new(Config { endpoints: Some(vec!["x".into()]), ..Config::management() });
    assert_eq!(code(&bench.ask(register(&[]))), "4.03");
}

#[test]
fn a_lifetime_ends_at_its_second_unless_updated() {
    let mut bench = Bench::registered();
    let path = bench.server.registration("dev").unwrap().location.join("/");
    bench.pass(299_999);
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "2.04");
    let read = bench.begin(Operation::read("/3/0"));
    let request = bench.request();
    bench.give(&empty(Ack, request.header.message_id));
    bench.events.clear();
    bench.pass(299_999);
    assert!(bench.server.registration("dev").is_some());
    bench.pass(1);
    assert!(bench.server.registration("dev").is_none());
    let events = bench.events();
    assert_eq!(events[0], ServerEvent::RequestFailed { id: read, failure: Failure::Timeout });
    assert_eq!(events[1], ServerEvent::Expired { endpoint: "dev".into() });
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "4.04");
}

#[test]
fn a_register_in_blocks_is_put_together() {
    let mut bench = Bench::new(Config::management());
    let parts: Vec<&[u8]> = LINKS.as_bytes().chunks(16).collect();
    for (at, part) in parts.iter().enumerate() {
        let more = at + 1 < parts.len();
        let part = Packet { payload: part.to_vec(), ..register(&[]) };
        let value = block_value(at as u32, more, 16);
        let reply = bench.ask(with(part, CoapOption::Block1, value));
        assert_eq!(code(&reply), if more { "2.31" } else { "2.01" });
        assert_eq!(block(&reply, CoapOption::Block1), Some((at as u32, more, 16)));
    }
    assert!(bench.server.registration("dev").unwrap().lists("/5/0"));
}

// The message layer.

#[test]
fn a_duplicate_gets_the_stored_answer_and_happens_once() {
    let mut bench = Bench::new(Config::management());
    let mut request = register(&[]);
    request.header.message_id = 5;
    bench.give(&request);
    let first = bench.take();
    bench.pass(246_000);
    bench.give(&request);
    assert_eq!(bench.take(), first);
    assert_eq!(bench.events.len(), 1);
    bench.pass(2_000);
    bench.give(&request);
    assert_ne!(bench.take(), first, "after EXCHANGE_LIFETIME it is a new request");

    // The same id from another peer is another message.
    bench.give_from(Peer(2), &request);
    assert_ne!(bench.take(), first);

    let mut bench = Bench::registered();
    let mut send = post("dp", &[], Some(112), &[0x81, 0xa0]);
    send.header.set_type(Non);
    send.header.message_id = 9;
    bench.give(&send);
    assert_eq!((code(&bench.take()), bench.events.len()), ("2.04".into(), 1));
    bench.give(&send);
    bench.nothing();
    assert_eq!(bench.events.len(), 1);
}

#[test]
fn what_is_not_understood_is_rejected() {
    let mut bench = Bench::new(Config::management());
    for (datagram, reply) in [
        (&[0x40, 0x00, 0x00, 0x07][..], Some(Rst)),   // ping
        (&[0x40, 0x01, 0x00, 0x07, 0xff], Some(Rst)), // payload marker without payload
        (&[0x40, 0x21, 0x00, 0x07], Some(Rst)),       // class 1
        (&[0x49, 0x01, 0x00, 0x07], Some(Rst)),       // token length 9
        (&[0x50, 0x01, 0x00, 0x07, 0xff], None),      // the same, non-confirmable
        (&[0x80, 0x01, 0x00, 0x07], None),            // version 2
        (&[0x60, 0x00, 0x00, 0x07], None),            // an acknowledgement of nothing
        (&[0x40], None),
        (&[], None),
    ] {
        bench.server.handle(bench.now, DEVICE, datagram);
        bench.settle();
        let sent: Vec<_> = bench.sent.drain(..).map(|(_, _, p)| p.header.get_type()).collect();
        assert_eq!(sent, Vec::from_iter(reply), "{datagram:02x?}");
    }
}

#[test]
fn requests_are_repeated_at_doubled_intervals() {
    let mut bench = Bench::registered();
    let id = bench.begin(Operation::read("/3/0"));
    bench.pass(61_999);
    assert_eq!(bench.times(), [0, 2_000, 6_000, 14_000, 30_000]);
    assert_eq!(bench.events(), []);
    bench.pass(1);
    let failed = ServerEvent::RequestFailed { id, failure: Failure::Timeout };
    assert_eq!(bench.events(), [failed]);
}

#[test]
fn the_first_interval_is_random_within_its_bounds() {
    let mut intervals = Vec::new();
    for seed in 0..50 {
        let mut bench = Bench::registered_with(Config { seed, ..Config::management() }, &[]);
        bench.begin(Operation::read("/3/0"));
        bench.pass(3_000);
        intervals.push(bench.times()[1]);
    }
    assert!(intervals.iter().all(|at| (2_000..=3_000).contains(at)));
    intervals.sort();
    intervals.dedup();
    assert!(intervals.len() > 20);
}

#[test]
fn requests_go_out_one_by_one() {
    let mut bench = Bench::registered();
    bench.begin(Operation::read("/3/0/0"));
    bench.begin(Operation::read("/3/0/1"));
    let first = bench.request();
    bench.nothing();
    bench.give(&empty(Ack, first.header.message_id));
    bench.nothing();
    let mut separate = answer(&first, "2.05", b"a");
    separate.header.set_type(Con);
    separate.header.message_id = 77;
    bench.give(&separate);
    let ack = bench.take();
    assert_eq!((ack.header.get_type(), ack.header.message_id), (Ack, 77));
    assert_eq!(bench.response(), ("2.05".into(), b"a".to_vec()));
    assert_eq!(uri(&bench.request()), "3/0/1");
    bench.give(&separate);
    assert_eq!(bench.take(), ack, "the duplicate is acknowledged again");
    assert_eq!(bench.events(), []);
}

#[test]
fn a_separate_response_may_overtake_its_acknowledgement() {
    let mut bench = Bench::registered();
    bench.begin(Operation::read("/3/0/0"));
    let request = bench.request();
    let mut separate = answer(&request, "2.05", b"a");
    separate.header.set_type(Non);
    separate.header.message_id = 77;
    bench.give(&separate);
    assert_eq!(bench.response().0, "2.05");
    bench.give(&empty(Ack, request.header.message_id));
    bench.pass(100_000);
    bench.nothing();
}

#[test]
fn an_acknowledged_request_waits_for_its_response_no_longer_than_configured() {
    let mut bench = Bench::registered();
    let id = bench.begin(Operation::read("/3/0/0"));
    let request = bench.request();
    bench.give(&empty(Ack, request.header.message_id));
    bench.pass(92_999);
    bench.nothing();
    assert_eq!(bench.events(), []);
    bench.pass(1);
    let failed = ServerEvent::RequestFailed { id, failure: Failure::Timeout };
    assert_eq!(bench.events(), [failed]);

    let id = bench.begin(Operation::read("/3/0/0"));
    let request = bench.request();
    // An acknowledgement with another token is none of ours.
    let mut stray = answer(&request, "2.05", b"");
    stray.set_token(vec![1]);
    bench.give(&stray);
    assert_eq!(bench.events(), []);
    bench.give(&empty(Rst, request.header.message_id));
    assert_eq!(bench.events(), [ServerEvent::RequestFailed { id, failure: Failure::Reset }]);
}

#[test]
fn answers_may_be_separate() {
    let answers = Answers::Separate(Duration::from_secs(3));
    let mut bench = Bench::new(exact(Config { answers, ..Config::management() }));
    let ack = bench.ask(register(&[]));
    assert_eq!((ack.header.get_type(), code(&ack)), (Ack, "0.00".into()));
    assert!(ack.get_token().is_empty());
    // What the server asks comes after its response.
    bench.begin(Operation::read("/3/0"));
    bench.pass(2_999);
    bench.nothing();
    bench.pass(6_001);
    let times: Vec<u64> = bench.sent.iter().map(|(at, ..)| *at).collect();
    assert_eq!(times, [3_000, 5_000, 9_000]);
    let response = bench.take();
    assert_eq!((response.header.get_type(), code(&response)), (Con, "2.01".into()));
    assert_eq!(response.get_token(), [7, 7]);
    bench.sent.clear();
    bench.give(&empty(Ack, response.header.message_id));
    assert_eq!(uri(&bench.request()), "3/0");

    bench.server.set_answers(Answers::NonConfirmable(Duration::ZERO));
    assert_eq!(code(&bench.ask(register(&[]))), "0.00");
    let response = bench.take();
    assert_eq!((response.header.get_type(), code(&response)), (Non, "2.01".into()));
}

// Blocks.

#[test]
fn a_large_write_goes_up_in_blocks_and_follows_the_device_to_smaller_ones() {
    let image: Vec<u8> = (0..300u32).map(|n| n as u8).collect();
    let mut bench =
        Bench::registered_with(exact(Config { block_size: 128, ..Config::management() }), &[]);
    bench.begin(Operation::write("/5/0/0", 42, &image));
    let first = bench.request();
    assert_eq!(code(&first), "0.03");
    assert_eq!(block(&first, CoapOption::Block1), Some((0, true, 128)));
    assert_eq!(uint(&first, CoapOption::Size1), Some(300));
    let mut received = first.payload.clone();
    let smaller = block_value(0, true, 32);
    bench.give(&with(answer(&first, "2.31", b""), CoapOption::Block1, smaller));
    let mut numbers = Vec::new();
    loop {
        let next = bench.request();
        let (number, more, size) = block(&next, CoapOption::Block1).unwrap();
        assert_eq!((size, uri(&next).as_str()), (32, "5/0/0"));
        assert_eq!(uint(&next, CoapOption::ContentFormat), Some(42));
        numbers.push(number);
        received.extend(&next.payload);
        let code = if more { "2.31" } else { "2.04" };
        let value = block_value(number, more, 32);
        bench.give(&with(answer(&next, code, b""), CoapOption::Block1, value));
        if !more {
            break;
        }
    }
    assert_eq!(numbers, [4, 5, 6, 7, 8, 9]);
    assert_eq!(received, image);
    assert_eq!(bench.response().0, "2.04");
}

#[test]
fn a_lost_block_restarts_the_write_once() {
    let mut bench =
        Bench::registered_with(exact(Config { block_size: 64, ..Config::management() }), &[]);
    bench.begin(Operation::write("/5/0/0", 42, &[5; 200]));
    for round in 0..2 {
        let first = bench.request();
        assert_eq!(block(&first, CoapOption::Block1), Some((0, true, 64)));
        let value = block_value(0, true, 64);
        bench.give(&with(answer(&first, "2.31", b""), CoapOption::Block1, value));
        let second = bench.request();
        bench.give(&answer(&second, "4.08", b""));
        assert_eq!(bench.events.len(), round);
    }
    assert_eq!(bench.response().0, "4.08");
    bench.nothing();
}

#[test]
fn too_large_with_a_hint_means_smaller_blocks() {
    let mut bench = Bench::registered();
    bench.begin(Operation::write("/5/0/0", 42, &[5; 200]));
    let whole = bench.request();
    assert_eq!(block(&whole, CoapOption::Block1), None);
    let hint = block_value(0, false, 128);
    bench.give(&with(answer(&whole, "4.13", b""), CoapOption::Block1, hint));
    let first = bench.request();
    assert_eq!(block(&first, CoapOption::Block1), Some((0, true, 128)));
    assert_eq!(first.payload.len(), 128);
    bench.give(&with(answer(&first, "4.13", b""), CoapOption::Block1, hint));
    assert_eq!(bench.response().0, "4.13");
}

#[test]
fn a_block_answered_with_another_number_ends_the_write() {
    let mut bench =
        Bench::registered_with(exact(Config { block_size: 64, ..Config::management() }), &[]);
    let id = bench.begin(Operation::write("/5/0/0", 42, &[5; 200]));
    let first = bench.request();
    let wrong = block_value(1, true, 64);
    bench.give(&with(answer(&first, "2.31", b""), CoapOption::Block1, wrong));
    assert_eq!(bench.events(), [ServerEvent::RequestFailed { id, failure: Failure::Blocks }]);
}

/// Answers reads of the server with the blocks of `body`, from block `from` on.
fn serve_blocks(bench: &mut Bench, body: &[u8], size: usize, from: usize, tag: u32) -> usize {
    let mut served = 0;
    for at in from.. {
        let Some(part) = body.chunks(size).nth(at) else { break };
        let request = bench.request();
        if at > 0 {
            assert_eq!(block(&request, CoapOption::Block2), Some((at as u32, false, size)));
            assert_eq!(uint(&request, CoapOption::Observe), None);
        }
        let more = (at + 1) * size < body.len();
        let reply = with(answer(&request, "2.05", part), CoapOption::ETag, tag);
        let value = block_value(at as u32, more, size);
        bench.give(&with(reply, CoapOption::Block2, value));
        served += 1;
    }
    served
}

#[test]
fn a_large_response_is_fetched_to_its_end() {
    let body: Vec<u8> = (0..1000u32).map(|n| (n * 7) as u8).collect();
    let mut bench = Bench::registered();
    bench.begin(Operation::read("/3/0").accept(112));
    assert_eq!(serve_blocks(&mut bench, &body, 64, 0, 1), 16);
    assert_eq!(bench.response(), ("2.05".into(), body.clone()));

    // The value changes after the first block: from the start again, once.
    bench.begin(Operation::read("/3/0"));
    let first = bench.request();
    let reply = with(answer(&first, "2.05", &body[..64]), CoapOption::ETag, 1);
    bench.give(&with(reply, CoapOption::Block2, block_value(0, true, 64)));
    let second = bench.request();
    let reply = with(answer(&second, "2.05", &body[64..128]), CoapOption::ETag, 2);
    bench.give(&with(reply, CoapOption::Block2, block_value(1, true, 64)));
    assert_eq!(serve_blocks(&mut bench, &body, 64, 0, 2), 16);
    assert_eq!(bench.response(), ("2.05".into(), body.clone()));

    // A block that is not the one asked for.
    let id = bench.begin(Operation::read("/3/0"));
    let first = bench.request();
    let reply = answer(&first, "2.05", &body[..64]);
    bench.give(&with(reply, CoapOption::Block2, block_value(0, true, 64)));
    let second = bench.request();
    let reply = answer(&second, "2.05", &body[..64]);
    bench.give(&with(reply, CoapOption::Block2, block_value(2, true, 64)));
    assert_eq!(bench.events(), [ServerEvent::RequestFailed { id, failure: Failure::Blocks }]);
}

#[test]
fn a_composite_read_repeats_its_paths_with_each_block() {
    let mut bench = Bench::registered();
    bench.begin(Operation::read_composite(112, b"paths").accept(112));
    let first = bench.request();
    assert_eq!((code(&first).as_str(), uri(&first).as_str()), ("0.05", ""));
    let reply = answer(&first, "2.05", &[1; 32]);
    bench.give(&with(reply, CoapOption::Block2, block_value(0, true, 32)));
    let second = bench.request();
    assert_eq!(second.payload, b"paths");
    let reply = answer(&second, "2.05", &[2]);
    bench.give(&with(reply, CoapOption::Block2, block_value(1, false, 32)));
    assert_eq!(bench.response().1.len(), 33);
}

// Observation.

/// Observes /3/0/9 and returns the token.
fn observe(bench: &mut Bench) -> Vec<u8> {
    bench.begin(Operation::observe("/3/0/9"));
    let request = bench.request();
    assert_eq!(uint(&request, CoapOption::Observe), Some(0));
    bench.give(&with(answer(&request, "2.05", b"50"), CoapOption::Observe, 1));
    assert_eq!(bench.response(), ("2.05".into(), b"50".to_vec()));
    request.get_token().to_vec()
}

/// Fresh and payload of each notification among the events.
fn notified(bench: &mut Bench) -> Vec<(bool, Vec<u8>)> {
    let each = |event| match event {
        ServerEvent::Notification { fresh, payload, .. } => Some((fresh, payload)),
        _ => None,
    };
    bench.events().into_iter().filter_map(each).collect()
}

#[test]
fn notifications_are_matched_by_token_and_ordered_by_number() {
    let mut bench = Bench::registered();
    let token = observe(&mut bench);
    bench.give(&notification(Con, 21, &token, 3, b"70"));
    let ack = bench.take();
    assert_eq!((ack.header.get_type(), ack.header.message_id), (Ack, 21));
    bench.give(&notification(Non, 22, &token, 2, b"60"));
    bench.nothing();
    assert_eq!(notified(&mut bench), [(true, b"70".to_vec()), (false, b"60".to_vec())]);
    let observation = bench.server.observations().next().unwrap();
    assert_eq!(observation.last.as_ref().unwrap().payload, b"70");

    // After 128 seconds any number is newer.
    bench.pass(128_001);
    bench.give(&notification(Non, 23, &token, 2, b"80"));
    assert_eq!(notified(&mut bench), [(true, b"80".to_vec())]);

    for kind in [Con, Non] {
        bench.give(&notification(kind, 30 + kind as u16, b"other", 4, b""));
        assert_eq!(bench.take().header.get_type(), Rst);
    }
    bench.give_from(Peer(2), &notification(Con, 40, &token, 5, b""));
    assert_eq!(bench.take().header.get_type(), Rst, "another address");
    assert_eq!(bench.events(), []);
}

#[test]
fn a_notification_faster_than_the_response_counts_as_it() {
    let mut bench = Bench::registered();
    bench.begin(Operation::observe("/3/0/9"));
    let request = bench.request();
    let token = request.get_token().to_vec();
    bench.give(&notification(Con, 21, &token, 2, b"60"));
    assert_eq!(bench.take().header.get_type(), Ack);
    assert_eq!(bench.response().1, b"60");
    bench.give(&with(answer(&request, "2.05", b"50"), CoapOption::Observe, 1));
    bench.nothing();
    assert_eq!(bench.events(), []);
    bench.give(&notification(Non, 22, &token, 3, b"70"));
    assert_eq!(notified(&mut bench), [(true, b"70".to_vec())]);
}

#[test]
fn observations_end_by_cancel_by_reset_by_error_and_by_registration() {
    let mut bench = Bench::registered();
    let token = observe(&mut bench);
    bench.begin(Operation::cancel("/3/0/9"));
    let request = bench.request();
    assert_eq!((uint(&request, CoapOption::Observe), request.get_token()), (Some(1), &token[..]));
    // A notification on its way is not the response.
    bench.give(&notification(Non, 21, &token, 2, b"60"));
    assert_eq!(notified(&mut bench), [(true, b"60".to_vec())]);
    bench.give(&answer(&request, "2.05", b"70"));
    assert_eq!(bench.response().1, b"70");
    assert_eq!(bench.server.observations().count(), 0);
    let id = bench.begin(Operation::cancel("/3/0/9"));
    let failed = ServerEvent::RequestFailed { id, failure: Failure::NotObserved };
    assert_eq!(bench.events(), [failed]);

    let token = observe(&mut bench);
    assert!(bench.server.forget_observation("dev", &Operation::observe("/3/0/9")));
    bench.give(&notification(Non, 22, &token, 2, b"60"));
    assert_eq!(bench.take().header.get_type(), Rst);

    let token = observe(&mut bench);
    let mut gone = notification(Con, 23, &token, 2, b"");
    gone.header.set_code("4.04");
    gone.clear_option(CoapOption::Observe);
    bench.give(&gone);
    assert_eq!(bench.take().header.get_type(), Ack);
    assert!(matches!(
        bench.events().as_slice(),
        [ServerEvent::Notification { code: Code::NOT_FOUND, observe: None, .. }]
    ));
    assert_eq!(bench.server.observations().count(), 0);

    let old = observe(&mut bench);
    let new = observe(&mut bench);
    assert_eq!(bench.server.observations().count(), 1, "the second replaces the first");
    bench.give(&notification(Non, 24, &old, 2, b""));
    assert_eq!(bench.take().header.get_type(), Rst);
    assert_eq!(code(&bench.ask(register(&[]))), "2.01");
    bench.give(&notification(Non, 25, &new, 2, b""));
    assert_eq!(bench.take().header.get_type(), Rst);
}

#[test]
fn a_notification_in_blocks_is_fetched_before_it_is_told() {
    let body: Vec<u8> = (0..100).collect();
    let mut bench = Bench::registered();
    let token = observe(&mut bench);
    let first = notification(Con, 21, &token, 2, &body[..32]);
    bench.give(&with(
        with(first, CoapOption::ETag, 1),
        CoapOption::Block2,
        block_value(0, true, 32),
    ));
    assert_eq!(bench.take().header.get_type(), Ack);
    assert_eq!(bench.events(), []);
    assert_ne!(bench.sent[0].2.get_token(), token);
    assert_eq!(serve_blocks(&mut bench, &body, 32, 1, 1), 3);
    assert_eq!(notified(&mut bench), [(true, body)]);
}

// Operations.

#[test]
fn operations_are_the_requests_that_the_transport_says() {
    let cases = [
        (Operation::read("/3/0/9").accept(0), "0.01", "3/0/9", None, Some(0)),
        (Operation::discover("/3"), "0.01", "3", None, Some(40)),
        (Operation::write("/1/0/1", 0, b"60"), "0.03", "1/0/1", Some(0), None),
        (Operation::update("/1/0", 11542, b"x"), "0.02", "1/0", Some(11542), None),
        (Operation::execute("/3/0/4", ""), "0.02", "3/0/4", None, None),
        (Operation::execute("/3/0/4", "0='x'"), "0.02", "3/0/4", Some(0), None),
        (Operation::create("/1", 112, b"x"), "0.02", "1", Some(112), None),
        (Operation::delete("/1/1"), "0.04", "1/1", None, None),
        (Operation::write_composite(112, b"x"), "0.07", "", Some(112), None),
        (Operation::write_attributes("/3/0/9", "pmin=1&pmax=5"), "0.03", "3/0/9", None, None),
    ];
    for (operation, method, path, format, accept) in cases {
        let mut bench = Bench::registered();
        bench.begin(operation);
        let request = bench.request();
        assert_eq!((code(&request).as_str(), uri(&request).as_str()), (method, path));
        assert_eq!(uint(&request, CoapOption::ContentFormat), format.map(u32::from));
        assert_eq!(uint(&request, CoapOption::Accept), accept.map(u32::from));
        assert_eq!(request.get_token().len(), 8);
        if method == "0.03" && format.is_none() {
            assert_eq!(strings(&request, CoapOption::UriQuery), ["pmin=1", "pmax=5"]);
        }
    }
    let mut bench = Bench::registered();
    let id = bench.server.request("nobody", Operation::read("/3"));
    bench.settle();
    let failed = ServerEvent::RequestFailed { id, failure: Failure::NotRegistered };
    assert_eq!(bench.events(), [failed]);
}

#[test]
fn tokens_are_as_short_as_configured_and_still_tell_requests_apart() {
    let config = Config { token_length: 0, ..Config::management() };
    let mut bench = Bench::registered_with(exact(config), &[]);
    assert_eq!(observe(&mut bench), []);
    bench.begin(Operation::read("/3/0"));
    assert_eq!(bench.request().get_token().len(), 1);
}

#[test]
fn an_alternate_path_comes_before_every_path() {
    let mut bench = Bench::new(Config::management());
    let links = b"</lw>;rt=\"oma.lwm2m\",</lw/1/0>,</lw/3/0>";
    let query = ["ep=dev", "lwm2m=1.1"];
    assert_eq!(code(&bench.ask(post("rd", &query, Some(40), links))), "2.01");
    bench.begin(Operation::read("/3/0/9"));
    assert_eq!(uri(&bench.request()), "lw/3/0/9");
}

#[test]
fn a_new_registration_ends_what_was_under_way() {
    let mut bench = Bench::registered();
    let id = bench.begin(Operation::read("/3/0"));
    let request = bench.request();
    assert_eq!(code(&bench.ask(register(&[]))), "2.01");
    assert_eq!(
        bench.events(),
        [
            ServerEvent::RequestFailed { id, failure: Failure::Replaced },
            ServerEvent::Registered { endpoint: "dev".into(), replaced: true },
        ]
    );
    bench.give(&answer(&request, "2.05", b""));
    bench.pass(100_000);
    bench.nothing();
}

#[test]
fn a_device_in_queue_mode_is_asked_while_it_is_awake() {
    let config = Config { awake: Duration::from_secs(10), ..exact(Config::management()) };
    let mut bench = Bench::registered_with(config, &["b=U", "Q"]);
    bench.pass(9_999);
    bench.begin(Operation::read("/3/0/0"));
    let request = bench.request();
    bench.give(&answer(&request, "2.05", b""));
    // That answer opened the window anew.
    bench.pass(9_999);
    bench.begin(Operation::read("/3/0/1"));
    let request = bench.request();
    bench.give(&answer(&request, "2.05", b""));
    bench.pass(10_000);
    bench.begin(Operation::read("/3/0/2"));
    bench.begin(Operation::read("/3/0/3"));
    bench.pass(1_000);
    bench.nothing();
    let path = bench.server.registration("dev").unwrap().location.join("/");
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "2.04");
    let request = bench.request();
    assert_eq!(uri(&request), "3/0/2");
    bench.give(&answer(&request, "2.05", b""));
    assert_eq!(uri(&bench.request()), "3/0/3");
}

#[test]
fn send_is_taken_from_who_is_registered() {
    let mut bench = Bench::registered();
    let payload = [0x81, 0xa0];
    assert_eq!(code(&bench.ask(post("dp", &[], Some(112), &payload))), "2.04");
    let endpoint = "dev".to_string();
    let sent = ServerEvent::Sent { endpoint, content_format: 112, payload: payload.to_vec() };
    assert_eq!(bench.events(), [sent]);
    assert_eq!(code(&bench.ask(post("dp", &[], Some(112), b"garbage"))), "4.00");
    assert_eq!(code(&bench.ask(post("dp", &[], None, &payload))), "4.00");
    assert_eq!(code(&bench.ask_from(Peer(2), post("dp", &[], Some(112), &payload))), "4.04");
}

// Bootstrap.

fn accounts() -> BootstrapPlan {
    BootstrapPlan::Accounts(Accounts::new(
        vec![Security::psk(1, "coaps://127.0.0.1:5684", 1, b"identity", &[9; 16])],
        vec![ServerAccount::new(0, 1, 300)],
    ))
}

#[test]
fn a_bootstrap_is_one_request_after_the_other() {
    let mut bench = Bench::new(exact(Config::bootstrap(accounts())));
    assert_eq!(code(&bench.ask(post("bs", &["ep=dev", "pct=112"], None, b""))), "2.04");
    let expected = [
        ("0.04", "", None, "2.02"),
        ("0.03", "0/1", Some(112), "2.04"),
        ("0.03", "1/0", Some(112), "2.04"),
        ("0.02", "bs", None, "2.04"),
    ];
    for (method, path, format, reply) in expected {
        let request = bench.request();
        bench.nothing();
        assert_eq!((code(&request).as_str(), uri(&request).as_str()), (method, path));
        assert_eq!(uint(&request, CoapOption::ContentFormat), format);
        bench.give(&answer(&request, reply, b""));
    }
    let endpoint = || "dev".to_string();
    let events = bench.events();
    assert_eq!(
        events[0],
        ServerEvent::BootstrapStarted { endpoint: endpoint(), preferred: Some(112) }
    );
    assert!(matches!(events[2], ServerEvent::BootstrapAnswer { step: 1, code: Code::CHANGED, .. }));
    let finished = ServerEvent::BootstrapFinished { endpoint: endpoint(), code: Code::CHANGED };
    assert_eq!(events.last(), Some(&finished));
    assert_eq!(code(&bench.ask(register(&[]))), "4.04", "it is no management server");
}

#[test]
fn without_preference_the_accounts_come_in_tlv() {
    let mut bench = Bench::new(exact(Config::bootstrap(accounts())));
    assert_eq!(code(&bench.ask(post("bs", &["ep=dev"], None, b""))), "2.04");
    let delete = bench.request();
    bench.give(&answer(&delete, "2.02", b""));
    let write = bench.request();
    assert_eq!(uint(&write, CoapOption::ContentFormat), Some(11542));
    assert_eq!(&write.payload[..4], [0xc8, 0x00, 0x16, b'c']);
}

#[test]
fn who_cannot_be_bootstrapped_is_told() {
    let config = Config { endpoints: Some(vec!["dev".into()]), ..Config::bootstrap(accounts()) };
    let mut bench = Bench::new(config);
    for query in [&["ep=other"][..], &[], &["ep=dev", "pct=0"], &["ep=dev", "pct=x"]] {
        assert_eq!(code(&bench.ask(post("bs", query, None, b""))), "4.00", "{query:?}");
    }
    bench.nothing();
}

#[test]
fn a_bootstrap_without_answer_fails_and_can_begin_again() {
    let mut bench = Bench::new(exact(Config::bootstrap(accounts())));
    bench.ask(post("bs", &["ep=dev"], None, b""));
    bench.pass(62_000);
    assert_eq!(bench.times(), [0, 2_000, 6_000, 14_000, 30_000]);
    let failed = ServerEvent::BootstrapFailed { endpoint: "dev".into(), failure: Failure::Timeout };
    assert_eq!(bench.events().last(), Some(&failed));
    // Again, and again while that is under way: from the first request, without leftovers.
    bench.ask(post("bs", &["ep=dev"], None, b""));
    let delete = bench.request();
    bench.give(&answer(&delete, "2.02", b""));
    assert_eq!(uri(&bench.request()), "0/1");
    bench.ask(post("bs", &["ep=dev"], None, b""));
    assert_eq!(code(&bench.request()), "0.04");
    bench.pass(1_999);
    bench.nothing();
}

#[test]
fn a_plan_can_be_any_list_of_steps() {
    let steps = vec![
        Step::Discover("/".into()),
        Step::Read("/1".into(), Some(112)),
        Step::Write("/1/0/1".into(), 0, b"60".to_vec()),
        Step::Finish,
    ];
    let mut bench = Bench::new(exact(Config::bootstrap(BootstrapPlan::Steps(steps))));
    bench.ask(post("bs", &["ep=dev"], None, b""));
    for (method, path, reply) in [
        ("0.01", "", "2.05"),
        ("0.01", "1", "2.05"),
        ("0.03", "1/0/1", "4.00"),
        ("0.02", "bs", "4.06"),
    ] {
        let request = bench.request();
        assert_eq!((code(&request).as_str(), uri(&request).as_str()), (method, path));
        bench.give(&answer(&request, reply, b""));
    }
    let refused = Code::new(4, 6);
    let finished = ServerEvent::BootstrapFinished { endpoint: "dev".into(), code: refused };
    assert_eq!(bench.events().last(), Some(&finished));
}

#[test]
fn a_late_answer_to_the_bootstrap_request_comes_before_the_requests() {
    let answers = Answers::Separate(Duration::from_secs(1));
    let mut bench = Bench::new(exact(Config { answers, ..Config::bootstrap(accounts()) }));
    assert_eq!(code(&bench.ask(post("bs", &["ep=dev"], None, b""))), "0.00");
    bench.nothing();
    bench.pass(1_000);
    let response = bench.take();
    assert_eq!(code(&response), "2.04");
    bench.nothing();
    bench.give(&empty(Ack, response.header.message_id));
    assert_eq!(code(&bench.request()), "0.04");
}

// Failures on demand.

#[test]
fn failures_happen_as_often_as_they_are_asked_for() {
    let mut bench = Bench::new(exact(Config::management()));
    bench.server.faults().ignore_registers = 1;
    bench.server.faults().refuse_registers = Some((Code::UNAVAILABLE, 2));
    let mut ignored = register(&[]);
    ignored.header.message_id = 1;
    for _ in 0..3 {
        bench.give(&ignored);
        bench.nothing();
    }
    assert_eq!(code(&bench.ask(register(&[]))), "5.03");
    assert_eq!(code(&bench.ask(register(&[]))), "5.03");
    assert_eq!(code(&bench.ask(register(&[]))), "2.01");
    bench.server.faults().refuse_updates = Some((Code::BAD_REQUEST, 1));
    let path = bench.server.registration("dev").unwrap().location.join("/");
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "4.00");
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "2.04");
    bench.server.forget("dev");
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "4.04");
}

#[test]
fn a_bootstrap_can_be_ignored_and_can_stop_in_the_middle() {
    let mut bench = Bench::new(exact(Config::bootstrap(accounts())));
    bench.server.faults().ignore_bootstraps = 1;
    bench.server.faults().stop_bootstraps = Some((2, 1));
    let mut ignored = post("bs", &["ep=dev"], None, b"");
    ignored.header.message_id = 1;
    bench.give(&ignored);
    bench.nothing();
    for steps in [2, 4] {
        bench.ask(post("bs", &["ep=dev"], None, b""));
        for _ in 0..steps {
            let request = bench.request();
            bench.give(&answer(&request, "2.04", b""));
        }
        bench.pass(300_000);
        bench.nothing();
    }
    let finishes = |event: &&ServerEvent| matches!(event, ServerEvent::BootstrapFinished { .. });
    assert_eq!(bench.events().iter().filter(finishes).count(), 1);
}

// By itself.

#[test]
fn a_script_runs_after_the_registration() {
    let mut bench = Bench::new(exact(Config::management()));
    let value = || "/3/0/9".to_string();
    bench.server.script(vec![
        ScriptStep::Request(Operation::observe("/3/0/9")),
        ScriptStep::WaitNotification(value(), Some(b"60".to_vec())),
        ScriptStep::WaitNotification(value(), None),
        ScriptStep::WaitRegistered,
        ScriptStep::Request(Operation::execute("/3/0/4", "")),
    ]);
    bench.ask(register(&[]));
    let request = bench.request();
    let token = request.get_token().to_vec();
    bench.give(&with(answer(&request, "2.05", b"50"), CoapOption::Observe, 1));
    bench.give(&notification(Non, 21, &token, 2, b"60"));
    bench.give(&notification(Non, 22, &token, 3, b"61"));
    bench.nothing();
    bench.ask(register(&[]));
    let request = bench.request();
    assert_eq!(uri(&request), "3/0/4");
    bench.give(&answer(&request, "4.05", b""));
    let failed = ServerEvent::ScriptDone { endpoint: "dev".into(), result: Err(4) };
    assert_eq!(bench.events().last(), Some(&failed));
}

/// Takes the package, block by block, and returns it.
fn download(bench: &mut Bench) -> Vec<u8> {
    let mut image = Vec::new();
    loop {
        let request = bench.request();
        assert_eq!(uri(&request), "5/0/0");
        let (number, more, size) = block(&request, CoapOption::Block1).unwrap();
        assert_eq!(number as usize * size, image.len());
        image.extend(&request.payload);
        let code = if more { "2.31" } else { "2.04" };
        let value = block_value(number, more, size);
        bench.give(&with(answer(&request, code, b""), CoapOption::Block1, value));
        if !more {
            return image;
        }
    }
}

#[test]
fn a_firmware_campaign_ends_with_the_result_of_the_update() {
    let image: Vec<u8> = (0..5000u32).map(|n| (n % 251) as u8).collect();
    let mut bench = Bench::new(exact(Config::management()));
    bench.server.campaign(FirmwareCampaign::new(image.clone()));
    bench.ask(register(&[]));
    let request = bench.request();
    assert_eq!(uri(&request), "5/0/3");
    let token = request.get_token().to_vec();
    bench.give(&with(answer(&request, "2.05", b"0"), CoapOption::Observe, 1));
    assert_eq!(download(&mut bench), image);
    bench.nothing();
    bench.give(&notification(Non, 21, &token, 2, b"1"));
    bench.nothing();
    bench.give(&notification(Non, 22, &token, 3, b"2"));
    let request = bench.request();
    assert_eq!((code(&request).as_str(), uri(&request).as_str()), ("0.02", "5/0/2"));
    bench.give(&answer(&request, "2.04", b""));
    bench.give(&notification(Non, 23, &token, 4, b"3"));
    bench.nothing();
    bench.ask(register(&[]));
    let request = bench.request();
    assert_eq!(uri(&request), "5/0/5");
    bench.give(&answer(&request, "2.05", b"1"));
    let done = ServerEvent::CampaignDone { endpoint: "dev".into(), result: Some(1) };
    assert_eq!(bench.events().last(), Some(&done));
}

#[test]
fn a_campaign_survives_a_lost_device_and_tells_a_failed_download() {
    let mut bench = Bench::registered_with(exact(Config::management()), &[]);
    bench.server.campaign(FirmwareCampaign::new(vec![3; 2000]));
    bench.settle();
    let request = bench.request();
    bench.give(&with(answer(&request, "2.05", b"0"), CoapOption::Observe, 1));
    bench.request();
    // The device starts anew in the middle of the download.
    bench.ask(register(&[]));
    let request = bench.request();
    assert_eq!(uri(&request), "5/0/3");
    let token = request.get_token().to_vec();
    bench.give(&with(answer(&request, "2.05", b"0"), CoapOption::Observe, 1));
    assert_eq!(download(&mut bench).len(), 2000);
    // It does not like the image: state 0, result 5.
    bench.give(&notification(Non, 22, &token, 2, b"0"));
    let request = bench.request();
    assert_eq!(uri(&request), "5/0/5");
    bench.give(&answer(&request, "2.05", b"5"));
    let done = ServerEvent::CampaignDone { endpoint: "dev".into(), result: Some(5) };
    assert_eq!(bench.events().last(), Some(&done));
}

// Hostile input.

/// A message with a header that makes sense more often than chance would.
fn likely() -> impl Strategy<Value = Vec<u8>> {
    let code = prop_oneof![
        Just(0u8),
        Just(1),
        Just(2),
        Just(4),
        Just(0x45),
        Just(0x5f),
        Just(0x88),
        any::<u8>()
    ];
    let option = prop_oneof![
        Just(b"\xb2rd".to_vec()),
        Just(b"\xb2bs".to_vec()),
        Just(b"\x44ep=d".to_vec()),
        Just(b"\x49lwm2m=1.1".to_vec()),
        Just(vec![0x11, 40]),
        Just(vec![0x61, 1]),
        (0u8..16, any::<u8>()).prop_map(|(delta, value)| vec![delta << 4 | 1, value]),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    let body = proptest::collection::vec(option, 0..8).prop_map(|options| options.concat());
    (0u8..4, code, 0u8..4, proptest::collection::vec(any::<u8>(), 0..40), body).prop_map(
        |(kind, code, id, payload, body)| {
            let marker = if payload.is_empty() { &[][..] } else { &[0xff] };
            [&[0x40 | kind << 4, code, 0, id], &body[..], marker, &payload[..]].concat()
        },
    )
}

proptest! {
    #[test]
    fn no_datagram_upsets_the_server(
        datagrams in proptest::collection::vec(
            (0u64..3, prop_oneof![likely(), proptest::collection::vec(any::<u8>(), 0..80)], any::<bool>()),
            1..30,
        ),
        token_length in 0usize..3,
    ) {
        let config = Config {
            bootstrap: Some(accounts()),
            token_length,
            ..Config::management()
        };
        let mut bench = Bench::registered_with(config, &[]);
        bench.server.campaign(FirmwareCampaign::new(vec![1; 3000]));
        bench.begin(Operation::observe("/3/0/9"));
        for (peer, mut datagram, reply) in datagrams {
            // Half of them pretend to answer what the server asked last.
            if let (true, Some((_, _, asked)), [first, _, high, low, ..]) =
                (reply, bench.sent.last(), datagram.as_mut_slice())
            {
                let token = asked.get_token().to_vec();
                [*high, *low] = asked.header.message_id.to_be_bytes();
                *first = *first & 0xf0 | token.len() as u8;
                datagram.splice(4..4, token);
            }
            bench.server.handle(bench.now, Peer(peer), &datagram);
            bench.settle();
            bench.pass(700);
        }
        // It still serves.
        let id = bench.id();
        let mut request = register(&[]);
        request.header.message_id = id;
        bench.sent.clear();
        bench.give_from(Peer(9), &request);
        prop_assert!(bench.sent.iter().any(|(_, peer, p)| *peer == Peer(9) && code(p) == "2.01"));
    }
}
