//! The server, a clock, and a device of a few lines that writes and reads its datagrams with
//! `coap-lite`.

pub use coap_lite::{CoapOption, MessageClass, MessageType, Packet};
pub use lwm2m_carrier::time::{Duration, Instant};
pub use lwm2m_carrier_sim::server::{
    Accounts, Answers, BootstrapPlan, Code, Config, Failure, FirmwareCampaign, Observing,
    Operation, Output, Parameters, Peer, RequestId, ScriptStep, Security, Server, ServerAccount,
    ServerEvent, Step,
};

pub use MessageType::{
    Acknowledgement as Ack, Confirmable as Con, NonConfirmable as Non, Reset as Rst,
};

pub const DEVICE: Peer = Peer(1);
pub const LINKS: &str = "</>;rt=\"oma.lwm2m\";ct=112,</1/0>,</3/0>,</5/0>";

/// The server, the clock, and what the server said.
pub struct Bench {
    pub server: Server,
    pub now: Instant,
    pub next_id: u16,
    /// Datagrams of the server not yet looked at, with the time in milliseconds.
    pub sent: Vec<(u64, Peer, Packet)>,
    pub events: Vec<ServerEvent>,
    pub deadline: Option<Instant>,
}

impl Bench {
    pub fn new(config: Config) -> Self {
        let server = Server::new(config);
        let (now, deadline) = (Instant::ZERO, None);
        Self { server, now, next_id: 1000, sent: Vec::new(), events: Vec::new(), deadline }
    }

    /// A management server without jitter, with a device registered.
    pub fn registered() -> Self {
        Self::registered_with(exact(Config::management()), &["lt=300"])
    }

    pub fn registered_with(config: Config, more: &[&str]) -> Self {
        let mut bench = Self::new(config);
        let answer = bench.ask(register(more));
        assert_eq!(code(&answer), "2.01");
        bench.events.clear();
        bench
    }

    pub fn settle(&mut self) {
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
    pub fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        self.settle();
        while let Some(at) = self.deadline.filter(|at| *at <= end) {
            self.now = at;
            self.settle();
        }
        self.now = end;
        self.settle();
    }

    pub fn give_from(&mut self, peer: Peer, packet: &Packet) {
        self.server.handle(self.now, peer, &packet.to_bytes().unwrap());
        self.settle();
    }

    pub fn give(&mut self, packet: &Packet) {
        self.give_from(DEVICE, packet);
    }

    pub fn id(&mut self) -> u16 {
        self.next_id += 1;
        self.next_id
    }

    /// Sends a request of the device and takes the next datagram.
    pub fn ask(&mut self, packet: Packet) -> Packet {
        self.ask_from(DEVICE, packet)
    }

    pub fn ask_from(&mut self, peer: Peer, mut packet: Packet) -> Packet {
        packet.header.message_id = self.id();
        self.give_from(peer, &packet);
        self.take()
    }

    pub fn take(&mut self) -> Packet {
        assert!(!self.sent.is_empty(), "the server sent nothing");
        self.sent.remove(0).2
    }

    /// Takes the next request of the server.
    pub fn request(&mut self) -> Packet {
        let packet = self.take();
        assert!(matches!(packet.header.code, MessageClass::Request(_)), "{:?}", packet.header.code);
        assert_eq!(packet.header.get_type(), Con);
        packet
    }

    pub fn nothing(&mut self) {
        self.settle();
        assert!(self.sent.is_empty(), "{:?}", self.sent);
    }

    /// Begins an operation.
    pub fn begin(&mut self, operation: Operation) -> RequestId {
        let id = self.server.request("dev", operation);
        self.settle();
        id
    }

    pub fn times(&mut self) -> Vec<u64> {
        self.sent.drain(..).map(|(at, ..)| at).collect()
    }

    pub fn events(&mut self) -> Vec<ServerEvent> {
        std::mem::take(&mut self.events)
    }

    /// The response that the only event is.
    pub fn response(&mut self) -> (String, Vec<u8>) {
        match self.events().as_slice() {
            [ServerEvent::Response { code, payload, .. }] => (code.to_string(), payload.clone()),
            other => panic!("{other:?}"),
        }
    }
}

pub fn exact(config: Config) -> Config {
    let parameters = Parameters { ack_random_percent: 100, ..Parameters::default() };
    Config { parameters, ..config }
}

pub fn packet(kind: MessageType, code: &str) -> Packet {
    let mut packet = Packet::new();
    packet.header.set_type(kind);
    packet.header.set_code(code);
    packet
}

pub fn post(path: &str, query: &[&str], format: Option<u16>, payload: &[u8]) -> Packet {
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

pub fn register(more: &[&str]) -> Packet {
    let query = [&["ep=dev", "lwm2m=1.1"], more].concat();
    post("rd", &query, Some(40), LINKS.as_bytes())
}

pub fn number(value: u32) -> Vec<u8> {
    value.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect()
}

/// A piggybacked response.
pub fn answer(request: &Packet, code: &str, payload: &[u8]) -> Packet {
    let mut packet = packet(Ack, code);
    packet.header.message_id = request.header.message_id;
    packet.set_token(request.get_token().to_vec());
    packet.payload = payload.to_vec();
    packet
}

pub fn with(mut packet: Packet, option: CoapOption, value: u32) -> Packet {
    packet.add_option(option, number(value));
    packet
}

pub fn empty(kind: MessageType, id: u16) -> Packet {
    let mut packet = packet(kind, "0.00");
    packet.header.message_id = id;
    packet
}

pub fn code(packet: &Packet) -> String {
    packet.header.code.to_string()
}

pub fn uri(packet: &Packet) -> String {
    strings(packet, CoapOption::UriPath).join("/")
}

pub fn strings(packet: &Packet, option: CoapOption) -> Vec<String> {
    let values = packet.get_option(option).into_iter().flatten();
    values.map(|value| String::from_utf8(value.clone()).unwrap()).collect()
}

pub fn uint(packet: &Packet, option: CoapOption) -> Option<u32> {
    let value = packet.get_first_option(option)?;
    Some(value.iter().fold(0, |sum, byte| sum << 8 | u32::from(*byte)))
}

/// Number, more and size of a block option.
pub fn block(packet: &Packet, option: CoapOption) -> Option<(u32, bool, usize)> {
    let bits = uint(packet, option)?;
    Some((bits >> 4, bits & 8 != 0, 16 << (bits & 7)))
}

pub fn block_value(number: u32, more: bool, size: usize) -> u32 {
    let exponent = size.trailing_zeros() - 4;
    number << 4 | u32::from(more) << 3 | exponent
}

pub fn notification(
    kind: MessageType,
    id: u16,
    token: &[u8],
    sequence: u32,
    payload: &[u8],
) -> Packet {
    let mut packet = packet(kind, "2.05");
    packet.header.message_id = id;
    packet.set_token(token.to_vec());
    packet.add_option(CoapOption::Observe, number(sequence));
    packet.payload = payload.to_vec();
    packet
}

/// Answers reads of the server with the blocks of `body`, from block `from` on.
pub fn serve_blocks(bench: &mut Bench, body: &[u8], size: usize, from: usize, tag: u32) -> usize {
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

/// Observes /3/0/9 and returns the token.
pub fn observe(bench: &mut Bench) -> Vec<u8> {
    bench.begin(Operation::observe("/3/0/9"));
    let request = bench.request();
    assert_eq!(uint(&request, CoapOption::Observe), Some(0));
    bench.give(&with(answer(&request, "2.05", b"50"), CoapOption::Observe, 1));
    assert_eq!(bench.response(), ("2.05".into(), b"50".to_vec()));
    request.get_token().to_vec()
}

/// Accounts of one server with a pre-shared key.
pub fn accounts() -> BootstrapPlan {
    BootstrapPlan::Accounts(Accounts::new(
        vec![Security::psk(1, "coaps://127.0.0.1:5684", 1, b"identity", &[9; 16])],
        vec![ServerAccount::new(0, 1, 300)],
    ))
}
