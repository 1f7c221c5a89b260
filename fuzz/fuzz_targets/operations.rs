//! Operations of two servers with different rights: whatever they ask for, in whatever order, each
//! confirmable request is answered once, and the device comes to wait.
#![no_main]

#[path = "../../sim/tests/support/everything.rs"]
mod everything;

use everything::Everything;
use libfuzzer_sys::fuzz_target;
use lwm2m_carrier::capacity::DATAGRAM;
use lwm2m_carrier::carrier::{
    Carrier, Config, EndpointName, Input, Output, ServerConfig, SessionId,
};
use lwm2m_carrier::lwm2m::{Object, Path};
use lwm2m_carrier::modem::{Pdn, Registration, Report};
use lwm2m_carrier::time::{Duration, Instant};

/// What the bootstrap server says: Bootstrap-Writes in TLV of two accounts, 101 and 102, and of what they
/// may; then Bootstrap-Finish.
const BOOTSTRAP: [(&[&str], &[u8]); 7] = [
    (&["0", "1"], b"\xc8\x00\x08coap://a\xc1\x01\x00\xc1\x02\x03\xc0\x03\xc0\x04\xc0\x05\xc1\x0a\x65"),
    (&["0", "2"], b"\xc8\x00\x08coap://b\xc1\x01\x00\xc1\x02\x03\xc0\x03\xc0\x04\xc0\x05\xc1\x0a\x66"),
    (&["1", "1"], b"\xc1\x00\x65\xc4\x01\x00\x01\x51\x80\xc1\x06\x01\xc1\x07U"),
    (&["1", "2"], b"\xc1\x00\x66\xc4\x01\x00\x01\x51\x80\xc1\x06\x01\xc1\x07U"),
    // /26241/0 is 101's, and read and written by 102; each creates instances.
    (&["2", "0"], b"\xc2\x00\x66\x81\xc1\x01\x00\x83\x02\x41\x66\x03\xc1\x03\x65"),
    (&["2", "1"], b"\xc2\x00\x66\x81\xc4\x01\x00\x00\xff\xff\x83\x02\x41\x66\x10\xc1\x03\x65"),
    (&["bs"], b""),
];

/// Segments of paths, to be met often.
const SEGMENTS: [&str; 16] = [
    "26241", "26241", "2", "0", "1", "3", "4", "5", "7", "8", "10", "102", "101", "65535", "11", "x",
];
const FORMATS: [u16; 8] = [0, 40, 42, 60, 110, 112, 11542, 320];

/// A CoAP message in the making.
struct Message {
    bytes: Vec<u8>,
    option: u16,
}

impl Message {
    /// A confirmable request.
    fn new(code: u8, id: u16, token: &[u8]) -> Self {
        let mut bytes = vec![0x40 | token.len() as u8, code];
        bytes.extend(id.to_be_bytes());
        bytes.extend(token);
        Self { bytes, option: 0 }
    }

    /// Adds an option, by ascending number.
    fn option(&mut self, number: u16, value: &[u8]) {
        let delta = number - self.option;
        self.option = number;
        let nibble = |n: u16| if n < 13 { n as u8 } else { 13 };
        self.bytes.push(nibble(delta) << 4 | nibble(value.len() as u16));
        for n in [delta, value.len() as u16] {
            if n >= 13 {
                self.bytes.push((n - 13) as u8);
            }
        }
        self.bytes.extend(value);
    }

    fn payload(mut self, payload: &[u8]) -> Vec<u8> {
        if !payload.is_empty() {
            self.bytes.push(0xff);
            self.bytes.extend(payload);
        }
        self.bytes
    }
}

fuzz_target!(|data: &[u8]| {
    let mut everything = Everything::default();
    everything.fill(0);
    everything.fill(1);
    let mut objects: [&mut dyn Object; 1] = [&mut everything];
    let config = Config {
        server: Some(ServerConfig {
            uri: "coap://bs",
            bootstrap: true,
            credentials: None,
            lifetime: 0,
            hold_off: 0,
        }),
        endpoint: EndpointName::Custom("fuzz"),
        ..Config::default()
    };
    let mut device = Device {
        carrier: Carrier::new(config, 1, &mut objects),
        now: Instant::ZERO,
        sessions: Vec::new(),
        answers: 0,
        expected: 0,
    };
    device.input(Input::Initialise);
    device.input(Input::Run);
    let bootstrap = device.sessions[0];
    for (id, (path, payload)) in BOOTSTRAP.iter().enumerate() {
        let finish = path.len() == 1;
        let mut message = Message::new(if finish { 2 } else { 3 }, id as u16, &[]);
        path.iter().for_each(|segment| message.option(11, segment.as_bytes()));
        if !finish {
            message.option(12, &11542u16.to_be_bytes());
        }
        device.input(Input::Received(bootstrap, &message.payload(payload)));
    }
    device.now = device.now + Duration::from_secs(200);
    device.drain();
    let [.., one, two] = device.sessions[..] else { panic!("two servers") };
    assert!(one != two && device.sessions.len() >= 3, "it is registered");
    device.answers = 0;
    for (id, session) in [(0xf01, one), (0xf02, two)] {
        let mut message = Message::new(1, id, &[1]);
        ["26241", "0", "0"].iter().for_each(|segment| message.option(11, segment.as_bytes()));
        device.expected = id;
        device.input(Input::Received(session, &message.payload(&[])));
    }
    assert_eq!(device.answers, 2, "both are answered");
    let mut rest = data;
    let mut id = 0x1000u16;
    while let Some(([kind, path @ .., len], tail)) = rest.split_first_chunk::<5>() {
        let (payload, tail) = tail.split_at(tail.len().min(usize::from(*len)));
        rest = tail;
        id += 1;
        let session = if kind & 1 == 0 { one } else { two };
        if kind >> 1 & 7 == 7 {
            // What the device itself does, or a datagram of any bytes.
            match path[0] & 3 {
                0 => device.input(Input::Changed(Path::object(26241))),
                1 => {
                    device.now = device.now + Duration::from_secs(u64::from(path[1]));
                    device.drain();
                }
                _ => device.input(Input::Received(session, payload)),
            }
            continue;
        }
        let code = [1, 2, 3, 4, 5, 7, 6][usize::from(kind >> 1 & 7)];
        let observe = kind & 0x10 != 0 && matches!(code, 1 | 5);
        let mut message = Message::new(code, id, &[if observe { kind >> 6 } else { 0x80 | id as u8 }]);
        if observe {
            message.option(6, if kind & 0x20 == 0 { b"" } else { b"\x01" });
        }
        let [first, second, third] = *path;
        if !matches!(code, 5 | 7) {
            let nibbles = [first >> 4, first & 15, second >> 4, second & 15];
            for nibble in &nibbles[..usize::from(third & 7).min(4)] {
                message.option(11, SEGMENTS[usize::from(*nibble)].as_bytes());
            }
        }
        let format = FORMATS[usize::from(third >> 3 & 7)].to_be_bytes();
        if third & 0x40 == 0 && !payload.is_empty() {
            message.option(12, &format);
        }
        if code == 3 && payload.is_empty() || third & 0xc0 == 0xc0 {
            let queries: [&[u8]; 4] = [b"pmin=1", b"gt=5", b"depth=1", b"pmax"];
            message.option(15, queries[usize::from(second & 3)]);
        }
        if third & 0x40 != 0 || code == 5 {
            message.option(17, &format);
        }
        if third & 0xc0 == 0x80 {
            message.option(if first & 1 == 0 { 23 } else { 27 }, &[second]);
        }
        device.answers = 0;
        device.expected = id;
        device.input(Input::Received(session, &message.payload(payload)));
        // The answer may be on its way later, when values are asked for; never twice.
        assert!(device.answers <= 1, "{} answers", device.answers);
    }
});

struct Device<'o> {
    carrier: Carrier<'o>,
    now: Instant,
    /// Those that were opened, in this order.
    sessions: Vec<SessionId>,
    /// Acknowledgements of the request with this Message ID.
    answers: u32,
    expected: u16,
}

impl Device<'_> {
    fn input(&mut self, input: Input<'_>) {
        self.carrier.handle(self.now, input);
        self.drain();
    }

    /// Does what the device asks for, until it waits. Modem and servers do as they are told.
    fn drain(&mut self) {
        let mut buffer = [0; DATAGRAM];
        for _ in 0..1000 {
            let mut answer = [0x60, 0x41, 0, 0, 0, 0, 0x82, b'r', b'd'];
            let inputs: [Option<Input<'_>>; 3] = match self.carrier.poll(self.now, &mut buffer) {
                Output::Wait(_) => return,
                Output::Open(session, _) => {
                    self.sessions.push(session);
                    [Some(Input::Opened { session, new: false }), None, None]
                }
                Output::Load(record) => [Some(Input::Loaded(record, None)), None, None],
                Output::Modem(_) => [
                    Some(Input::Modem(Report::Pdn(Pdn::Activated))),
                    Some(Input::Modem(Report::Done)),
                    Some(Input::Modem(Report::Registration(Registration::Home))),
                ],
                Output::Transmit(session, datagram) => match datagram.expose() {
                    // A POST of the device: Register gets a location, the rest 2.04; tokens of ours
                    // have two bytes.
                    [0x42, 0x02, a, b, c, d, ..] => {
                        answer[0] = 0x62;
                        answer[2..6].copy_from_slice(&[*a, *b, *c, *d]);
                        let registers = datagram.expose().windows(3).any(|part| part == b"ep=")
                            && datagram.expose().windows(2).any(|part| part == b"rd");
                        answer[1] = if registers { 0x41 } else { 0x44 };
                        let len = if registers { 9 } else { 6 };
                        [Some(Input::Received(session, &answer[..len])), None, None]
                    }
                    [head, _, a, b, ..] => {
                        let id = u16::from_be_bytes([*a, *b]);
                        self.answers += u32::from(head & 0x30 == 0x20 && id == self.expected);
                        [None, None, None]
                    }
                    _ => [None, None, None],
                },
                _ => [None, None, None],
            };
            for input in inputs.into_iter().flatten() {
                self.carrier.handle(self.now, input);
            }
        }
        panic!("it does not come to wait");
    }
}
