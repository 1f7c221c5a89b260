//! Object 5, Firmware Update (Core appendix E.6): the state machine that a server drives.
//!
//! The image goes past this object, block by block, straight to who stores it. What became of it
//! is told with `downloading`, `downloaded` and `ended`.

use crate::bytes::{Text, keep};
use crate::coap::Code;
use crate::lwm2m::object::operation::{E, R, W};
use crate::lwm2m::object::{Context, Definition, Effect, Object, Resource};
use crate::lwm2m::{Notice, Path, Type, Value};

/// Object ID.
pub const OBJECT: u16 = 5;

/// Resource IDs.
pub mod id {
    #![allow(missing_docs, reason = "the names are the table's")]
    pub const PACKAGE: u16 = 0;
    pub const PACKAGE_URI: u16 = 1;
    pub const UPDATE: u16 = 2;
    pub const STATE: u16 = 3;
    pub const UPDATE_RESULT: u16 = 5;
    pub const PACKAGE_VERSION: u16 = 7;
    pub const PROTOCOL_SUPPORT: u16 = 8;
    pub const DELIVERY_METHOD: u16 = 9;
}

// Push only: Package URI is there, as it is mandatory, and takes nothing but the empty text.
static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 0),
    creatable: false,
    resources: &[
        Resource::new(id::PACKAGE, W, Type::Opaque).mandatory(),
        Resource::new(id::PACKAGE_URI, R | W, Type::String).range(0, 255).mandatory(),
        Resource::new(id::UPDATE, E, Type::None).mandatory(),
        Resource::new(id::STATE, R, Type::Integer).mandatory(),
        Resource::new(id::UPDATE_RESULT, R, Type::Integer).mandatory(),
        Resource::new(id::PACKAGE_VERSION, R, Type::String),
        Resource::new(id::PROTOCOL_SUPPORT, R, Type::Integer).multiple(),
        Resource::new(id::DELIVERY_METHOD, R, Type::Integer).mandatory(),
    ],
};

/// State, Resource 3.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum State {
    /// Nothing under way.
    #[default]
    Idle = 0,
    /// An image is arriving.
    Downloading = 1,
    /// An image is complete.
    Downloaded = 2,
    /// It is being installed.
    Updating = 3,
}

/// Update Result, Resource 5.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
#[repr(u8)]
pub enum UpdateResult {
    /// Nothing happened yet.
    #[default]
    Initial = 0,
    /// The image was installed.
    Success = 1,
    /// Not enough flash for the image.
    NoStorage = 2,
    /// Not enough RAM.
    NoMemory = 3,
    /// The connection was lost while the image arrived.
    ConnectionLost = 4,
    /// The image is damaged.
    Integrity = 5,
    /// The image is not of a kind that this device takes.
    UnsupportedType = 6,
    /// The Package URI cannot be followed.
    InvalidUri = 7,
    /// The image could not be installed.
    Failed = 8,
    /// The Package URI's protocol is not there.
    UnsupportedProtocol = 9,
}

impl UpdateResult {
    /// The result with this number; [`UpdateResult::Initial`] for others.
    pub(crate) const fn from_number(number: u8) -> Self {
        match number {
            1 => Self::Success,
            2 => Self::NoStorage,
            3 => Self::NoMemory,
            4 => Self::ConnectionLost,
            5 => Self::Integrity,
            6 => Self::UnsupportedType,
            7 => Self::InvalidUri,
            8 => Self::Failed,
            9 => Self::UnsupportedProtocol,
            _ => Self::Initial,
        }
    }
}

/// Object 5.
pub struct Firmware {
    state: State,
    result: UpdateResult,
    version: Text<32>,
}

impl Firmware {
    /// Nothing under way.
    pub(crate) const EMPTY: Self =
        Self { state: State::Idle, result: UpdateResult::Initial, version: Text::new() };

    /// State, Resource 3.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Update Result, Resource 5.
    pub const fn result(&self) -> UpdateResult {
        self.result
    }

    fn to(&mut self, state: State, result: UpdateResult) {
        log!(info, "firmware update: {:?} -> {:?}, {:?}", self.state, state, result);
        self.state = state;
        self.result = result;
    }

    /// The first piece of an image came in.
    pub(crate) fn downloading(&mut self) {
        self.to(State::Downloading, UpdateResult::Initial);
    }

    /// The image is complete and valid.
    pub(crate) fn downloaded(&mut self) {
        self.to(State::Downloaded, UpdateResult::Initial);
    }

    /// The image is being installed.
    pub(crate) fn updating(&mut self) {
        self.to(State::Updating, UpdateResult::Initial);
    }

    /// The update ended, one way or the other.
    pub(crate) fn ended(&mut self, result: UpdateResult) {
        self.to(State::Idle, result);
    }

    /// The version of what is installed; empty while it is not known.
    pub(crate) fn version(&self) -> &str {
        &self.version
    }

    /// Sets the version of what is installed, PkgVersion.
    pub fn set_version(&mut self, version: &str) {
        keep(&mut self.version, version);
    }

    /// Whether a Package may be written now. An image in the state Downloaded is replaced by way
    /// of a reset only, so that a lost acknowledgement cannot destroy it.
    pub(crate) fn takes_package(&self, first: bool) -> Result<(), Code> {
        match self.state {
            State::Idle if first => Ok(()),
            State::Downloading => Ok(()),
            State::Idle => Err(Code::REQUEST_ENTITY_INCOMPLETE),
            State::Downloaded | State::Updating => Err(Code::METHOD_NOT_ALLOWED),
        }
    }
}

impl Object for Firmware {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        super::counted(self, path, index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        Some(match path.id(2)? {
            id::PACKAGE_URI => Value::String(""),
            id::STATE => Value::Integer(self.state as i64),
            id::UPDATE_RESULT => Value::Integer(self.result as i64),
            id::PACKAGE_VERSION if !self.version.is_empty() => Value::String(&self.version),
            // CoAP and CoAPS.
            id::PROTOCOL_SUPPORT => Value::Integer(path.id(3).filter(|id| *id < 2)?.into()),
            // Push.
            id::DELIVERY_METHOD => Value::Integer(1),
            _ => return None,
        })
    }

    fn accepts(&self, path: &Path, value: &Value<'_>) -> Result<(), Code> {
        match (path.id(2), *value) {
            // Empty, or a single zero: give up the image.
            (Some(id::PACKAGE), Value::Opaque([] | [0])) => {}
            (Some(id::PACKAGE_URI), Value::String("")) => {}
            (Some(id::PACKAGE_URI), Value::String(_)) => return Err(Code::BAD_REQUEST),
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        }
        match self.state {
            State::Updating => Err(Code::METHOD_NOT_ALLOWED),
            _ => Ok(()),
        }
    }

    fn write(&mut self, _: &Path, _: &Value<'_>, context: &mut Context) -> Result<(), Code> {
        self.ended(UpdateResult::Initial);
        context.effect = Effect::Notice(Notice::FirmwareReset);
        context.changed(Path::instance(OBJECT, 0));
        Ok(())
    }

    fn execute(&mut self, path: &Path, _: &[u8], context: &mut Context) -> Result<(), Code> {
        if path.id(2) != Some(id::UPDATE) || self.state != State::Downloaded {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.updating();
        context.effect = Effect::Notice(Notice::FirmwareUpdate);
        context.changed(Path::resource(OBJECT, 0, id::STATE));
        Ok(())
    }
}
