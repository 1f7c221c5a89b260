//! Object 1, Server: what a registration with a server needs to know (Core appendix E.2).

use super::instances::{Empty, Instances};
use crate::bytes::{Text, is_among, keep};
use crate::capacity;
use crate::coap::Code;
use crate::lwm2m::object::operation::{E, NONE, R, W};
use crate::lwm2m::object::{Context, Definition, Effect, Object, Resource};
use crate::lwm2m::{Notice, Path, Type, Value};

/// Object ID.
pub const OBJECT: u16 = 1;

/// Resource IDs that the library acts upon.
pub(crate) mod id {
    pub const SHORT_SERVER_ID: u16 = 0;
    pub const LIFETIME: u16 = 1;
    pub const DEFAULT_PMIN: u16 = 2;
    pub const DEFAULT_PMAX: u16 = 3;
    pub const DISABLE: u16 = 4;
    pub const DISABLE_TIMEOUT: u16 = 5;
    pub const STORING: u16 = 6;
    pub const BINDING: u16 = 7;
    pub const UPDATE_TRIGGER: u16 = 8;
    pub const BOOTSTRAP_TRIGGER: u16 = 9;
    pub const APN_LINK: u16 = 10;
    pub const TLS_ALERT: u16 = 11;
    pub const LAST_BOOTSTRAPPED: u16 = 12;
    pub const PRIORITY: u16 = 13;
    pub const INITIAL_DELAY: u16 = 14;
    pub const FAILURE_BLOCK: u16 = 15;
    pub const BOOTSTRAP_ON_FAILURE: u16 = 16;
    pub const RETRY_COUNT: u16 = 17;
    pub const RETRY_TIMER: u16 = 18;
    pub const SEQUENCE_DELAY: u16 = 19;
    pub const SEQUENCE_COUNT: u16 = 20;
    pub const PREFERRED_TRANSPORT: u16 = 22;
    pub const MUTE_SEND: u16 = 23;
    pub const NOTIFICATION_MODE: u16 = 26;
}

/// The resources that are numbers, times or links.
const NUMBERS: [u16; 14] = [
    id::SHORT_SERVER_ID,
    id::LIFETIME,
    id::DEFAULT_PMIN,
    id::DEFAULT_PMAX,
    id::DISABLE_TIMEOUT,
    id::APN_LINK,
    id::TLS_ALERT,
    id::LAST_BOOTSTRAPPED,
    id::PRIORITY,
    id::INITIAL_DELAY,
    id::RETRY_COUNT,
    id::RETRY_TIMER,
    id::SEQUENCE_DELAY,
    id::SEQUENCE_COUNT,
];

/// Bytes of a binding.
const BINDING: usize = 8;

const RW: u8 = R | W;
static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 1),
    creatable: false,
    resources: &[
        Resource::new(id::SHORT_SERVER_ID, R, Type::Integer).range(1, 65534).mandatory(),
        Resource::new(id::LIFETIME, RW, Type::Integer).mandatory(),
        Resource::new(id::DEFAULT_PMIN, RW, Type::Integer),
        Resource::new(id::DEFAULT_PMAX, RW, Type::Integer),
        Resource::new(id::DISABLE, E, Type::None),
        Resource::new(id::DISABLE_TIMEOUT, RW, Type::Integer),
        Resource::new(id::STORING, RW, Type::Boolean).mandatory(),
        Resource::new(id::BINDING, RW, Type::String).range(1, BINDING as u16).mandatory(),
        Resource::new(id::UPDATE_TRIGGER, E, Type::None).mandatory(),
        Resource::new(id::BOOTSTRAP_TRIGGER, E, Type::None),
        Resource::new(id::APN_LINK, RW, Type::ObjectLink),
        Resource::new(id::TLS_ALERT, R, Type::Unsigned).range(0, 255),
        Resource::new(id::LAST_BOOTSTRAPPED, R, Type::Time),
        Resource::new(id::PRIORITY, R, Type::Unsigned),
        Resource::new(id::INITIAL_DELAY, RW, Type::Unsigned),
        Resource::new(id::FAILURE_BLOCK, R, Type::Boolean),
        Resource::new(id::BOOTSTRAP_ON_FAILURE, NONE, Type::Boolean),
        Resource::new(id::RETRY_COUNT, RW, Type::Unsigned),
        Resource::new(id::RETRY_TIMER, RW, Type::Unsigned),
        Resource::new(id::SEQUENCE_DELAY, RW, Type::Unsigned),
        Resource::new(id::SEQUENCE_COUNT, RW, Type::Unsigned),
        Resource::new(21, RW, Type::Boolean),
        Resource::new(id::PREFERRED_TRANSPORT, RW, Type::String).range(1, 1),
        Resource::new(id::MUTE_SEND, RW, Type::Boolean),
        Resource::new(id::NOTIFICATION_MODE, RW, Type::Integer).range(0, 1),
    ],
};

/// By Resource ID, its place in `NUMBERS`.
static PLACES: [u8; id::NOTIFICATION_MODE as usize + 1] = {
    let mut places = [u8::MAX; id::NOTIFICATION_MODE as usize + 1];
    let mut place = 0;
    while place < NUMBERS.len() {
        places[NUMBERS[place] as usize] = place as u8;
        place += 1;
    }
    places
};

/// The place of a resource in `NUMBERS`.
fn place(resource: u16) -> Option<usize> {
    PLACES.get(usize::from(resource)).map(|place| usize::from(*place))
}

/// An Instance of the Server Object.
#[derive(Clone, Debug)]
pub struct Server {
    /// Whether there is such an Instance.
    there: bool,
    /// Bit n: Resource n has a value, which is no text.
    present: u32,
    /// Bit n: Resource n is true, or 1.
    flags: u32,
    /// In the order of `NUMBERS`.
    numbers: [u32; NUMBERS.len()],
    binding: Text<BINDING>,
    preferred: Text<2>,
}

impl Empty for Server {
    const EMPTY: Self = Self {
        there: false,
        present: 0,
        flags: 0,
        numbers: [0; NUMBERS.len()],
        binding: Text::new(),
        preferred: Text::new(),
    };
}

impl Server {
    /// A number, if it is set.
    pub(crate) fn get(&self, resource: u16) -> Option<u32> {
        if self.present >> (resource & 31) & 1 == 0 {
            return None;
        }
        let number = place(resource).and_then(|place| self.numbers.get(place));
        Some(number.copied().unwrap_or(self.flags >> (resource & 31) & 1))
    }

    /// A number, or the specification's default for it.
    pub(crate) fn get_or(&self, resource: u16, default: u32) -> u32 {
        self.get(resource).unwrap_or(default)
    }

    /// Sets a number.
    pub(crate) fn set(&mut self, resource: u16, number: u32) {
        let bit = 1 << (resource & 31);
        self.present |= bit;
        match place(resource).and_then(|place| self.numbers.get_mut(place)) {
            Some(slot) => *slot = number,
            None if number == 0 => self.flags &= !bit,
            None => self.flags |= bit,
        }
    }

    /// Short Server ID; 0 while it has none.
    pub(crate) fn short_id(&self) -> u16 {
        let [short_id, ..] = self.numbers;
        short_id as u16
    }

    /// Registration lifetime in seconds (default 86400).
    pub(crate) fn lifetime(&self) -> u32 {
        self.get_or(id::LIFETIME, 86400)
    }

    /// Binding and modes as the server wants them.
    pub(crate) fn binding(&self) -> &str {
        &self.binding
    }

    pub(crate) fn set_binding(&mut self, binding: &str) {
        keep(&mut self.binding, binding);
    }

    /// Whether everything mandatory is there.
    pub(crate) fn is_complete(&self) -> bool {
        const NEEDED: u32 = 1 << id::SHORT_SERVER_ID | 1 << id::LIFETIME | 1 << id::STORING;
        !self.binding.is_empty() && self.present & NEEDED == NEEDED
    }
}

/// Object 1.
pub struct ServerObject {
    pub(crate) instances: Instances<Server, { capacity::SERVERS }>,
    /// Whether servers are offered LwM2M 1.2: then a Lifetime of 0 is one without end, and there are
    /// more bindings.
    pub(crate) modern: bool,
}

impl ServerObject {
    /// No Instance.
    pub(crate) const EMPTY: Self = Self { instances: Instances::EMPTY, modern: false };

    /// The Instance of a server.
    #[inline(never)]
    pub(crate) fn by_short_id(&self, short_id: u16) -> Option<&Server> {
        self.iter().find(|server| server.short_id() == short_id)
    }

    /// All Instances in any order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Server> {
        self.instances.places().iter().filter(|server| server.there)
    }

    /// All Instances in any order, to be changed.
    pub(crate) fn iter_mut(&mut self) -> impl Iterator<Item = &mut Server> {
        self.instances.places_mut().iter_mut().filter(|server| server.there)
    }

    /// How many Instances there are of a server.
    #[inline(never)]
    pub(crate) fn count(&self, short_id: u16) -> usize {
        self.iter().filter(|server| server.short_id() == short_id).count()
    }
}

/// A binding that names UDP, the one transport there is; `modern`: of LwM2M 1.2, else of 1.0 or 1.1.
fn is_binding(text: &str, modern: bool) -> bool {
    is_among(b'U', text.as_bytes())
        && text.bytes().all(|c| match c {
            b'M' | b'H' => modern,
            _ => matches!(c, b'U' | b'T' | b'S' | b'N' | b'Q'),
        })
}

impl Object for ServerObject {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn instance(&self, index: usize) -> Option<u16> {
        self.instances.id(index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let server = self.instances.at(path)?;
        let resource = path.id(2)?;
        let text: &str = match resource {
            id::BINDING => &server.binding,
            id::PREFERRED_TRANSPORT => &server.preferred,
            _ => return super::value(self, resource, server.get(resource)?),
        };
        (!text.is_empty()).then_some(Value::String(text))
    }

    fn accepts(&self, path: &Path, value: &Value<'_>) -> Result<(), Code> {
        let resource = path.id(2);
        let fits = match *value {
            Value::String(text) => resource != Some(id::BINDING) || is_binding(text, self.modern),
            // Before LwM2M 1.2 a registration of no time expires at once, and could never be kept.
            _ => super::number(value)
                .is_some_and(|n| n > 0 || self.modern || resource != Some(id::LIFETIME)),
        };
        if fits { Ok(()) } else { Err(Code::BAD_REQUEST) }
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, context: &mut Context) -> Result<(), Code> {
        let resource = path.id(2).ok_or(Code::NOT_FOUND)?;
        let server = self.instances.at_mut(path).ok_or(Code::NOT_FOUND)?;
        match *value {
            Value::String(text) if resource == id::BINDING => server.set_binding(text),
            Value::String(text) => keep(&mut server.preferred, text),
            _ => server.set(resource, super::number(value).ok_or(Code::BAD_REQUEST)?),
        }
        context.effect = Effect::Notice(Notice::ServerChanged);
        Ok(())
    }

    fn clear(&mut self, path: &Path, _: &mut Context) {
        if let Some(resource) = path.id(2)
            && let Some(server) = self.instances.at_mut(path)
            && DEFINITION.resource(resource).is_some_and(|resource| !resource.is_mandatory())
        {
            match resource {
                id::PREFERRED_TRANSPORT => server.preferred.clear(),
                _ => server.present &= !(1 << (resource & 31)),
            }
        }
    }

    fn execute(&mut self, path: &Path, _: &[u8], context: &mut Context) -> Result<(), Code> {
        let server = self.instances.at(path).ok_or(Code::NOT_FOUND)?;
        context.effect = match path.id(2) {
            Some(id::DISABLE) => Effect::Disable(server.short_id()),
            Some(id::UPDATE_TRIGGER) => Effect::UpdateTrigger(server.short_id()),
            Some(id::BOOTSTRAP_TRIGGER) => Effect::Notice(Notice::BootstrapTrigger),
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        };
        Ok(())
    }

    fn create(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        self.instances.add(instance).ok_or(Code::INTERNAL_SERVER_ERROR)?.0.there = true;
        Ok(())
    }

    fn delete(&mut self, instance: u16, _: &mut Context) -> Result<(), Code> {
        self.instances.remove(instance);
        Ok(())
    }
}
