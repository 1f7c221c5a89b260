//! What a management server asks of a device (Transport 6.4.4).

use std::fmt;

use super::message::{Code, Message, Opt, option, uint};

/// The number of an operation, for finding its response.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct RequestId(pub u64);

/// Whether an operation concerns an observation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Observing {
    /// No.
    No,
    /// It begins one, with Observe 0.
    Start,
    /// It ends the one of the same path and method, with Observe 1 and that one's token.
    Cancel,
}

/// An operation: a CoAP request without its message layer.
///
/// The constructors name the operations of LwM2M; [`Operation::raw`] and [`Operation::option`]
/// make any other request, right or wrong.
#[derive(Clone, PartialEq, Eq)]
pub struct Operation {
    /// The method.
    pub code: Code,
    /// The path, such as `/3/0/9`.
    pub path: String,
    /// Options other than Uri-Path, Observe and Block1.
    pub options: Vec<Opt>,
    /// The payload.
    pub payload: Vec<u8>,
    /// Whether it concerns an observation.
    pub observing: Observing,
}

impl Operation {
    /// Any request.
    pub fn raw(code: Code, path: &str) -> Self {
        Self {
            code,
            path: path.into(),
            options: Vec::new(),
            payload: Vec::new(),
            observing: Observing::No,
        }
    }

    /// Read.
    pub fn read(path: &str) -> Self {
        Self::raw(Code::GET, path)
    }

    /// Discover.
    pub fn discover(path: &str) -> Self {
        Self::read(path).accept(40)
    }

    /// Write (replace), with the Content-Format of `payload`.
    pub fn write(path: &str, format: u16, payload: &[u8]) -> Self {
        Self::raw(Code::PUT, path).content(format, payload)
    }

    /// Write (partial update).
    pub fn update(path: &str, format: u16, payload: &[u8]) -> Self {
        Self::raw(Code::POST, path).content(format, payload)
    }

    /// Execute; `arguments` such as `0='x'`, or nothing.
    pub fn execute(path: &str, arguments: &str) -> Self {
        let operation = Self::raw(Code::POST, path);
        if arguments.is_empty() { operation } else { operation.content(0, arguments.as_bytes()) }
    }

    /// Create.
    pub fn create(path: &str, format: u16, payload: &[u8]) -> Self {
        Self::raw(Code::POST, path).content(format, payload)
    }

    /// Delete.
    pub fn delete(path: &str) -> Self {
        Self::raw(Code::DELETE, path)
    }

    /// Write-Attributes; `attributes` such as `pmin=1&pmax=5`.
    pub fn write_attributes(path: &str, attributes: &str) -> Self {
        let operation = Self::raw(Code::PUT, path);
        attributes
            .split('&')
            .fold(operation, |o, attribute| o.option(option::URI_QUERY, attribute.as_bytes()))
    }

    /// Observe.
    pub fn observe(path: &str) -> Self {
        Self { observing: Observing::Start, ..Self::read(path) }
    }

    /// Cancel Observation, the active way. The passive way is [`Server::forget_observation`](super::Server::forget_observation).
    pub fn cancel(path: &str) -> Self {
        Self { observing: Observing::Cancel, ..Self::read(path) }
    }

    /// Read-Composite; `payload` lists the paths. Observe-Composite with
    /// [`observing`](Self::observing) set.
    pub fn read_composite(format: u16, payload: &[u8]) -> Self {
        Self::raw(Code::FETCH, "/").content(format, payload)
    }

    /// Write-Composite.
    pub fn write_composite(format: u16, payload: &[u8]) -> Self {
        Self::raw(Code::IPATCH, "/").content(format, payload)
    }

    /// This operation with a payload and its Content-Format.
    #[must_use]
    pub fn content(mut self, format: u16, payload: &[u8]) -> Self {
        self.payload = payload.to_vec();
        self.option(option::CONTENT_FORMAT, &uint(format.into()))
    }

    /// This operation with an Accept option.
    #[must_use]
    pub fn accept(self, format: u16) -> Self {
        self.option(option::ACCEPT, &uint(format.into()))
    }

    /// This operation with any option more.
    #[must_use]
    pub fn option(mut self, number: u16, value: &[u8]) -> Self {
        self.options.push((number, value.to_vec()));
        self
    }
}

/// No payload: it may hold a key.
impl fmt::Debug for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Operation")
            .field("code", &self.code)
            .field("path", &self.path)
            .field("observing", &self.observing)
            .field("payload_len", &self.payload.len())
            .finish_non_exhaustive()
    }
}

/// A whole response: its blocks are put together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Response {
    /// The response code.
    pub code: Code,
    /// The Content-Format of the payload.
    pub content_format: Option<u16>,
    /// The payload.
    pub payload: Vec<u8>,
    /// The value of the Observe option.
    pub observe: Option<u32>,
    /// All options of the first message of the response.
    pub options: Vec<Opt>,
}

impl Response {
    /// What `message` says, with `payload` for the whole of its body.
    pub(super) fn of(message: &Message, payload: Vec<u8>) -> Self {
        Self {
            code: message.code,
            content_format: message
                .uint(option::CONTENT_FORMAT)
                .and_then(|format| u16::try_from(format).ok()),
            payload,
            observe: message.uint(option::OBSERVE),
            options: message.options.clone(),
        }
    }
}

/// Why a request got no response.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Failure {
    /// Nobody acknowledged it, or its separate response did not come in time.
    Timeout,
    /// It was rejected with a Reset.
    Reset,
    /// The endpoint is not registered, or no longer.
    NotRegistered,
    /// The endpoint registered anew before it answered.
    Replaced,
    /// The response has blocks that do not belong together.
    Blocks,
    /// There is no observation to cancel.
    NotObserved,
}
