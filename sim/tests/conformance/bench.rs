//! What the tests share: requests byte by byte, and a device with an object that has everything.

pub(crate) use crate::everything::{Everything, Owned};
pub(crate) use crate::world::{self, ENDPOINT, World};
pub use lwm2m_carrier::lwm2m::{Path, Value};
pub use lwm2m_carrier::time::{Duration, Instant};
pub use lwm2m_carrier_sim::server::message::{Block, Code, Kind, Message, option, uint};
pub use lwm2m_carrier_sim::server::{Config as ServerConfig, Operation, Server, ServerEvent};

use lwm2m_carrier::carrier::Config;
use lwm2m_carrier::lwm2m::Object;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::modem;
use lwm2m_carrier_sim::state::State;

/// The lifetime where none matters: no Update for more than 23 hours.
pub const LONG: u32 = 86400;

pub const TEXT: u16 = 0;
pub const LINKS: u16 = 40;
pub const OPAQUE: u16 = 42;
pub const CBOR: u16 = 60;
pub const SENML_JSON: u16 = 110;
pub const SENML_CBOR: u16 = 112;
pub const TLV: u16 = 11542;
pub const OLD_JSON: u16 = 11543;

/// The library's objects behind object 5, and how their versions are said.
const FURTHER: &[(u16, &str)] = &[
    (6, ""),
    (7, ""),
    (10, ";ver=1.1"),
    (11, ";ver=1.1"),
    (16, ""),
    (19, ""),
    (20, ";ver=2.1"),
    (10250, ""),
];

/// Links of those objects and their instance 0, in Register of LwM2M 1.1.
pub fn registered_further() -> String {
    let link = |&(object, version): &(u16, &str)| match version {
        // Servers create its instances.
        "" if object == 19 => ",</19>".to_string(),
        "" => format!(",</{object}/0>"),
        _ => format!(",</{object}>{version},</{object}/0>"),
    };
    FURTHER.iter().map(link).collect()
}

/// The same in LwM2M 1.0.
pub fn registered_further_1_0() -> String {
    let link = |(object, _): &(u16, &str)| match object {
        19 => ",</19>".to_string(),
        _ => format!(",</{object}/0>"),
    };
    FURTHER.iter().map(link).collect()
}

/// The same in Bootstrap-Discover.
pub fn discovered_further() -> String {
    let link = |(object, version): &(u16, &str)| match object {
        19 => ",</19>".to_string(),
        _ => format!(",</{object}>{version},</{object}/0>"),
    };
    FURTHER.iter().map(link).collect()
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u8> = text.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
    let pair = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.chunks(2).map(pair).collect()
}

pub fn text(payload: &[u8]) -> &str {
    std::str::from_utf8(payload).expect("text")
}

/// A confirmable request from the server, with the path's segments as options.
pub fn request(code: Code, path: &str) -> Message {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    let message = Message { token: vec![0xab], id: 0x4000, ..Message::new(code) };
    segments.fold(message, |message, segment| message.with(option::URI_PATH, segment.as_bytes()))
}

/// The queries of a request of the device.
pub fn queries(message: &Message) -> Vec<String> {
    message.texts(option::URI_QUERY).expect("UTF-8")
}

/// The path of a request of the device.
pub fn path(message: &Message) -> String {
    message.texts(option::URI_PATH).expect("UTF-8").join("/")
}

impl World {
    /// Hands the device a message, and returns its one answer.
    pub fn tell(&mut self, message: &Message) -> Message {
        let answers = self.deliver(0, &message.encode());
        let [answer] = &answers[..] else { panic!("{} answers", answers.len()) };
        Message::parse(answer).expect("CoAP")
    }

    /// The next datagram of the device that is sent after the trace had `from` entries.
    pub fn next_sent(&mut self, from: usize, limit: u64) -> (u64, Message) {
        self.run_until(Duration::from_secs(limit), &mut |w| !w.sent_since(from).is_empty());
        self.sent_since(from).into_iter().next().expect("the device sends something")
    }

    /// Requests of the device with this code since `from`.
    pub fn requests(&self, from: usize, code: Code) -> Vec<(u64, Message)> {
        let sent = self.sent_since(from).into_iter();
        sent.filter(|(_, message)| message.code == code).collect()
    }

    /// Asks server 0 of the world and returns the answer's code.
    pub fn code(&mut self, operation: Operation) -> Code {
        self.ask(0, operation).code
    }

    /// Reads a path of server 0 as text.
    pub fn text(&mut self, path: &str) -> String {
        let response = self.ask(0, Operation::read(path).accept(TEXT));
        assert_eq!(response.code, Code::CONTENT, "{path}");
        text(&response.payload).to_string()
    }

    /// A device that is registered with a NoSec server.
    pub fn registered() -> Self {
        let mut world = Self::managed(LONG, 1);
        world.register();
        world
    }

    /// A registered device with this modem.
    pub fn with_modem(modem: modem::Config) -> Self {
        let config = world::config(world::management_server(false, LONG));
        let mut world = Self::with(config, Weather::FAIR, 1, &mut [], modem, State::in_memory());
        world.serve("dm.example", ServerConfig::management());
        world.register();
        world
    }

    /// Writes a text, and lets what it sets reach the modem.
    pub fn set_modem(&mut self, path: &str, value: &str) -> Code {
        let code = self.code(Operation::write(path, TEXT, value.as_bytes()));
        self.run_for(Duration::from_secs(1));
        code
    }

    /// The notifications that came until two seconds from now, in text.
    pub fn notified(&mut self) -> Vec<String> {
        self.run_for(Duration::from_secs(2));
        let payload = |event| match event {
            ServerEvent::Notification { payload, .. } => Some(text(&payload).to_string()),
            _ => None,
        };
        self.server_events().into_iter().filter_map(payload).collect()
    }

    /// A registered device with object 26241, [`Everything`], of which instance 0 is there.
    pub fn equipped() -> Self {
        Self::equipped_with(1, |_| {})
    }

    /// The same with this many instances and these settings of the server.
    pub fn equipped_with(instances: u16, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let mut server = ServerConfig::management();
        change(&mut server);
        Self::equipped_as(world::config(world::management_server(false, LONG)), instances, server)
    }

    /// The same with this configuration of the device.
    pub fn equipped_as(config: Config<'static>, instances: u16, server: ServerConfig) -> Self {
        let mut world = Self::with_everything(config, instances);
        world.serve("dm.example", server);
        world.register();
        world
    }

    /// A device that has object 26241, without servers around.
    pub fn with_everything(config: Config<'static>, instances: u16) -> Self {
        let mut everything = Everything::default();
        (0..instances).for_each(|instance| everything.fill(instance));
        let objects: &'static mut [&'static mut dyn Object] =
            Box::leak(Box::new([Box::leak(Box::new(everything)) as &mut dyn Object]));
        Self::with(config, Weather::FAIR, 1, objects, modem::Config::default(), State::in_memory())
    }

    /// The value of a resource of object 26241, as the device has it.
    pub fn get(&mut self, path: &str) -> Option<Owned> {
        let path = Path::parse(path).expect("a path");
        let object = self.host.carrier.objects().get(26241).expect("the object");
        object.read(&path).map(|value| Owned::of(&value))
    }

    /// How often /26241/0/8 was executed.
    pub fn executed(&mut self) -> i64 {
        match self.get("/26241/0/10") {
            Some(Owned::Integer(times)) => times,
            other => panic!("{other:?}"),
        }
    }
}
