//! A registered device that does one operation again and again, for an instrument to look at.
//!
//! usage: lwm2m-carrier-bench OPERATION COUNT
//!        lwm2m-carrier-bench OPERATION --stack
//!
//! The first form does the operation COUNT times, a second of the device's time apart, and prints
//! the bytes of its last datagram. Only what happens in [`counted`] is of interest: a datagram goes
//! in, if the operation begins with one, and [`Client::poll`] is called until it waits. The second
//! form prints the peak stack of the operation.
//!
//! Device has 17 values: the texts 0 (20 bytes), 1 (22), 2 (9), 3 (3), 14 (6), 15 (13) and 16 (1);
//! two Resource Instances each of 6 (8 bits), 7 (16 bits) and 8 (8 and 16 bits); 9, 11/0 and 20 (8
//! bits each) and 13 (32 bits). It is the example of the specification with a time zone, and
//! with resource 20 instead of 10: 137 bytes as TLV and 216 as SenML CBOR.
//!
//! Every request is a confirmable one with a token of four bytes.

mod stack;

use std::hint::black_box;

use lwm2m_carrier::capacity::DATAGRAM;
use lwm2m_carrier::coap::Parameters;
use lwm2m_carrier::lwm2m::objects::device::id;
use lwm2m_carrier::lwm2m::{Account, Client, Output, Path, Retry, Role, Settings, Version};
use lwm2m_carrier::time::{Duration, Instant};

/// What is done.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Operation {
    /// A request: its method, the resource ID below /3/0 (none: /3/0 itself) or none for /3, and what
    /// stands behind the path.
    Request(u8, &'static [&'static str], &'static [u8]),
    /// A value is new, and as many are observed.
    Notify(u8),
    /// A server is registered with, or told that the device is there: what goes out.
    Register,
    Update,
    /// The same, until the answer was taken.
    Registered,
    Updated,
    /// Time goes on, and as many are observed.
    Step(u8),
}

const GET: u8 = 1;
const PUT: u8 = 3;

/// Options behind Uri-Path (11): Accept (17), Content-Format (12). A payload follows its marker.
static OPERATIONS: [(&str, Operation); 13] = [
    ("get-text", Operation::Request(GET, &["3", "0", "9"], b"\x60")),
    ("get-tlv", Operation::Request(GET, &["3", "0"], b"\x62\x2d\x16")),
    ("get-senml-cbor", Operation::Request(GET, &["3", "0"], b"\x61\x70")),
    ("get-senml-json", Operation::Request(GET, &["3", "0"], b"\x61\x6e")),
    ("put-text", Operation::Request(PUT, &["3", "0", "14"], b"\x10\xff+02:00")),
    ("discover", Operation::Request(GET, &["3"], b"\x61\x28")),
    ("notify-1", Operation::Notify(1)),
    ("notify-10", Operation::Notify(10)),
    ("register", Operation::Register),
    ("registered", Operation::Registered),
    ("update", Operation::Update),
    ("updated", Operation::Updated),
    ("step", Operation::Step(10)),
];

/// A device, and what goes to and from it.
struct Bench {
    client: Box<Client<'static>>,
    now: Instant,
    /// The Message ID of the last request, and the token.
    number: u16,
    /// Of the battery.
    level: u8,
    input: Vec<u8>,
    /// What [`operation`] does before it looks for what is to be sent.
    changed: Option<Path>,
    update: bool,
    buffer: [u8; DATAGRAM],
    /// Bytes of the last datagram, 0 for none.
    sent: usize,
}

/// One operation, from what happened to when there is nothing more to do: this is what counts.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn operation(bench: &mut Bench) {
    let client = &mut *bench.client;
    client.set_now(bench.now);
    if let Some(path) = &bench.changed {
        client.changed(path);
    }
    if bench.update {
        client.update();
    }
    if !bench.input.is_empty() {
        client.received(0, &bench.input);
    }
    loop {
        match client.poll(&mut bench.buffer) {
            Output::Transmit(_, len) => bench.sent = len,
            Output::Wait(_) => return,
            _ => {}
        }
    }
}

impl Bench {
    /// A registered device without observations.
    fn new() -> Self {
        let mut client = Box::new(Client::EMPTY);
        *client.settings_mut() = Settings {
            endpoint: "urn:imei:352656106111111".try_into().expect("it fits"),
            version: Version::V1_1,
            queue_mode: false,
            transmission: Parameters::DEFAULT,
            bootstrap_retry: Retry::default(),
            confirm_interval: Duration::from_secs(86400),
            idle_timeout: Duration::from_secs(u32::MAX.into()),
            value_age: Duration::from_secs(60),
        };
        let now = Instant::from_secs(1000);
        client.set_now(now);
        client.configure(1, &mut []);
        let account = Account {
            uri: "coap://server.example",
            role: Role::Management,
            credentials: None,
            security_tag: 0,
            lifetime: 86400,
            hold_off: 0,
        };
        client.provision(Some(&account)).expect("it fits");
        let device = &mut client.objects.device;
        for (resource, text) in [
            (id::MANUFACTURER, "Open Mobile Alliance"),
            (id::MODEL_NUMBER, "Lightweight M2M Client"),
            (id::SERIAL_NUMBER, "345000123"),
            (id::FIRMWARE_VERSION, "1.0"),
            (id::UTC_OFFSET, "+01:00"),
            (id::TIMEZONE, "Europe/Berlin"),
        ] {
            device.set_text(resource, text);
        }
        device.set_power_sources(1 << 1 | 1 << 5);
        device.set_voltage(1, 3800);
        device.set_voltage(5, 5000);
        device.set_current(1, 125);
        device.set_current(5, 900);
        device.set_battery_level(100);
        device.set_battery_status(0);
        device.set_clock(now, 1_367_491_215);
        let mut bench = Self {
            client,
            now,
            number: 0,
            level: 100,
            input: Vec::new(),
            changed: None,
            update: false,
            buffer: [0; DATAGRAM],
            sent: 0,
        };
        bench.client.link_up();
        bench.begin_registration();
        operation(&mut bench);
        bench.answer(b"\x41\x82rd\x04a1b2");
        operation(&mut bench);
        assert!(bench.client.is_registered(), "the device does not register");
        bench
    }

    /// Brings the client to where a Register goes out next.
    fn begin_registration(&mut self) {
        self.input.clear();
        self.client.start();
        loop {
            match self.client.poll(&mut self.buffer) {
                Output::Open(slot) => return self.client.opened(slot, true),
                Output::Wait(_) => panic!("no session is opened"),
                _ => {}
            }
        }
    }

    /// The server answers the last datagram: a code, and the options.
    fn answer(&mut self, code_and_options: &[u8]) {
        let token = usize::from(self.buffer[0] & 15);
        self.input = self.buffer[..4 + token].to_vec();
        self.input[0] |= 0x20;
        self.input[1] = code_and_options[0];
        self.input.extend_from_slice(&code_and_options[1..]);
    }

    /// The server asks for something.
    fn ask(&mut self, method: u8, path: &[&str], rest: &[u8]) {
        self.number = self.number.wrapping_add(1);
        let [high, low] = self.number.to_be_bytes();
        self.input = vec![0x44, method, high, low, b't', b'o', high, low];
        let mut delta = 11;
        for segment in path {
            self.input.push(delta << 4 | segment.len() as u8);
            self.input.extend_from_slice(segment.as_bytes());
            delta = 0;
        }
        self.input.extend_from_slice(rest);
    }

    /// The server observes as many resources, /3/0/9 first.
    fn observe(&mut self, count: u8) {
        let resources = ["9", "0", "1", "2", "3", "6", "7", "8", "14", "20"];
        for resource in &resources[..count.into()] {
            self.ask(GET, &["3", "0", resource], b"");
            // Observe (6) stands before the path.
            self.input.splice(8..9, [0x60, 0x51]);
            operation(self);
            assert_eq!(self.buffer[1], 0x45, "an observation is refused");
        }
        self.input.clear();
    }

    /// Does the operation, through `run`.
    fn repeat(&mut self, what: Operation, run: &mut dyn FnMut(&mut Self)) {
        self.now = self.now + Duration::from_secs(1);
        self.sent = 0;
        let expected = match what {
            Operation::Request(method, path, rest) => {
                self.ask(method, path, rest);
                run(self);
                if method == PUT { 0x44 } else { 0x45 }
            }
            Operation::Notify(_) => {
                let device = &mut self.client.objects.device;
                self.level = if self.level == 100 { 99 } else { 100 };
                device.set_battery_level(self.level);
                self.changed = Some(Path::resource(3, 0, 9));
                run(self);
                0x45
            }
            Operation::Register | Operation::Registered => {
                self.client.set_now(self.now);
                self.begin_registration();
                run(self);
                self.answer(b"\x41\x82rd\x04a1b2");
                if what == Operation::Registered {
                    run(self)
                } else {
                    operation(self)
                }
                0x02
            }
            Operation::Update | Operation::Updated => {
                self.update = true;
                run(self);
                self.update = false;
                self.answer(b"\x44");
                if what == Operation::Updated {
                    run(self)
                } else {
                    operation(self)
                }
                self.input.clear();
                0x02
            }
            Operation::Step(_) => {
                run(self);
                assert_eq!(self.sent, 0, "a step sends something");
                return;
            }
        };
        assert_eq!(
            (self.buffer[1], self.sent > 0),
            (expected, true),
            "not what was to be measured"
        );
    }
}

fn main() {
    let usage = "usage: lwm2m-carrier-bench OPERATION COUNT|--stack";
    let mut arguments = std::env::args().skip(1);
    let (name, count) = arguments.next().zip(arguments.next()).expect(usage);
    let (_, what) =
        OPERATIONS.iter().find(|(known, _)| *known == name).expect("an unknown operation");
    let mut bench = Bench::new();
    if let Operation::Notify(count) | Operation::Step(count) = *what {
        bench.observe(count);
    }
    if count == "--stack" {
        let mut deepest = 0;
        for _ in 0..50 {
            bench.repeat(*what, &mut |bench| {
                deepest = deepest.max(stack::measure(|| counted(bench)));
            });
        }
        println!("{deepest}");
    } else {
        for _ in 0..count.parse().expect(usage) {
            bench.repeat(*what, &mut |bench| counted(bench));
        }
        println!("{}", bench.sent);
    }
}

/// [`operation`], where it is to be measured: preparations call the other one.
#[inline(never)]
#[unsafe(no_mangle)]
extern "C" fn counted(bench: &mut Bench) {
    operation(bench);
    // Or it is a jump to the other one, which callgrind takes for a part of that.
    black_box(&bench.sent);
}
