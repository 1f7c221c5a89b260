//! What the tests share: requests byte by byte, and an object that has everything.

pub(crate) use crate::world::{self, ENDPOINT, World};
pub use lwm2m_carrier::lwm2m::{Path, Value};
pub use lwm2m_carrier::time::{Duration, Instant};
pub use lwm2m_carrier_sim::server::message::{Block, Code, Kind, Message, option, uint};
pub use lwm2m_carrier_sim::server::{Config as ServerConfig, Operation, Server, ServerEvent};

use lwm2m_carrier::carrier::Config;
use lwm2m_carrier::coap;
use lwm2m_carrier::lwm2m::operation::{E, R, W};
use lwm2m_carrier::lwm2m::{Context, Definition, Object, Resource, Type};
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::modem;
use lwm2m_carrier_sim::state::State;
use std::collections::BTreeMap;

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
const FURTHER: &[(u16, &str)] = &[(6, ""), (7, ""), (10, ";ver=1.1"), (11, ";ver=1.1")];

/// Links of those objects and their instance 0, in Register of LwM2M 1.1.
pub fn registered_further() -> String {
    let link = |&(object, version): &(u16, &str)| match version {
        "" => format!(",</{object}/0>"),
        _ => format!(",</{object}>{version},</{object}/0>"),
    };
    FURTHER.iter().map(link).collect()
}

/// The same in LwM2M 1.0.
pub fn registered_further_1_0() -> String {
    FURTHER.iter().map(|(object, _)| format!(",</{object}/0>")).collect()
}

/// The same in Bootstrap-Discover.
pub fn discovered_further() -> String {
    let link = |(object, version): &(u16, &str)| format!(",</{object}>{version},</{object}/0>");
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

    /// A registered device with object 26241, [`Everything`], of which instance 0 is there.
    pub fn equipped() -> Self {
        Self::equipped_with(1, |_| {})
    }

    /// The same with this many instances and these settings of the server.
    pub fn equipped_with(instances: u16, change: impl FnOnce(&mut ServerConfig)) -> Self {
        let config = world::config(world::management_server(false, LONG));
        let mut world = Self::with_everything(config, instances);
        let mut config = ServerConfig::management();
        change(&mut config);
        world.air.borrow_mut().add("dm.example", 5683, None, Server::new(config));
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

/// A value that is kept.
#[derive(Clone, PartialEq, Debug)]
pub enum Owned {
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
    Time(i64),
    Text(String),
    Opaque(Vec<u8>),
    Link(u16, u16),
}

impl Owned {
    fn of(value: &Value<'_>) -> Self {
        match *value {
            Value::Integer(value) => Self::Integer(value),
            Value::Unsigned(value) => Self::Unsigned(value),
            Value::Float(value) => Self::Float(value),
            Value::Boolean(value) => Self::Boolean(value),
            Value::Time(value) => Self::Time(value),
            Value::String(text) | Value::CoreLink(text) => Self::Text(text.into()),
            Value::Opaque(bytes) => Self::Opaque(bytes.into()),
            Value::ObjectLink(object, instance) => Self::Link(object, instance),
        }
    }

    fn value(&self) -> Value<'_> {
        match self {
            Self::Integer(value) => Value::Integer(*value),
            Self::Unsigned(value) => Value::Unsigned(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Boolean(value) => Value::Boolean(*value),
            Self::Time(value) => Value::Time(*value),
            Self::Text(text) => Value::String(text),
            Self::Opaque(bytes) => Value::Opaque(bytes),
            Self::Link(object, instance) => Value::ObjectLink(*object, *instance),
        }
    }
}

const RW: u8 = R | W;
static DEFINITION: Definition = Definition {
    object: 26241,
    version: (1, 0),
    assumed: (1, 0),
    creatable: true,
    resources: &[
        Resource::new(0, RW, Type::Integer).range(0, 1000).mandatory(),
        Resource::new(1, RW, Type::Float),
        Resource::new(2, RW, Type::String),
        Resource::new(3, RW, Type::Opaque),
        Resource::new(4, RW, Type::Boolean),
        Resource::new(5, RW, Type::Time),
        Resource::new(6, RW, Type::ObjectLink),
        Resource::new(7, RW, Type::Integer).multiple(),
        Resource::new(8, E, Type::None),
        Resource::new(9, RW, Type::Unsigned),
        Resource::new(10, R, Type::Integer),
        Resource::new(11, W, Type::Integer),
    ],
};

/// Object 26241: a resource of each type, a multiple one, one to execute, one to read only and one
/// to write only.
#[derive(Default)]
pub struct Everything {
    /// By instance, then by resource and Resource Instance.
    instances: BTreeMap<u16, BTreeMap<(u16, u16), Owned>>,
}

impl Everything {
    fn fill(&mut self, instance: u16) {
        let values = [
            ((0, 0), Owned::Integer(10)),
            ((1, 0), Owned::Float(1.5)),
            ((2, 0), Owned::Text("text".into())),
            ((3, 0), Owned::Opaque(vec![1, 2, 3])),
            ((4, 0), Owned::Boolean(true)),
            ((5, 0), Owned::Time(1_700_000_000)),
            ((6, 0), Owned::Link(3, 0)),
            ((7, 0), Owned::Integer(70)),
            ((7, 3), Owned::Integer(73)),
            ((9, 0), Owned::Unsigned(9)),
            ((10, 0), Owned::Integer(0)),
        ];
        self.instances.insert(instance, BTreeMap::from(values));
    }
}

fn place(path: &Path) -> Option<(u16, (u16, u16))> {
    Some((path.id(1)?, (path.id(2)?, path.id(3).unwrap_or(0))))
}

impl Object for Everything {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn instance(&self, index: usize) -> Option<u16> {
        self.instances.keys().nth(index).copied()
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        let values = self.instances.get(&path.id(1)?)?;
        let of = values.keys().filter(|(resource, _)| Some(*resource) == path.id(2));
        of.map(|(_, instance)| *instance).nth(index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let (instance, place) = place(path)?;
        self.instances.get(&instance)?.get(&place).map(Owned::value)
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, _: &mut Context) -> Result<(), coap::Code> {
        let (instance, place) = place(path).ok_or(coap::Code::NOT_FOUND)?;
        let values = self.instances.get_mut(&instance).ok_or(coap::Code::NOT_FOUND)?;
        values.insert(place, Owned::of(value));
        Ok(())
    }

    fn clear(&mut self, path: &Path) {
        if let Some(values) = path.id(1).and_then(|id| self.instances.get_mut(&id)) {
            values.retain(|(resource, _), _| Some(*resource) != path.id(2) || *resource == 0);
        }
    }

    fn execute(&mut self, path: &Path, _: &[u8], _: &mut Context) -> Result<(), coap::Code> {
        let values = path.id(1).and_then(|id| self.instances.get_mut(&id));
        let values = values.ok_or(coap::Code::NOT_FOUND)?;
        if let Some(Owned::Integer(times)) = values.get_mut(&(10, 0)) {
            *times += 1;
        }
        Ok(())
    }

    fn create(&mut self, instance: u16, _: &mut Context) -> Result<(), coap::Code> {
        self.instances.insert(instance, BTreeMap::new());
        Ok(())
    }

    fn delete(&mut self, instance: u16, _: &mut Context) -> Result<(), coap::Code> {
        self.instances.remove(&instance);
        Ok(())
    }
}
