//! What really happened in a run, with times.

use lwm2m_carrier::carrier::Event;
use lwm2m_carrier::time::Instant;

use super::{Attribute, Chart, Element, Entity, Heads, Kind, Line, Shape};

/// The entities of every chart of a run, as the contract names them.
pub(super) const ENTITIES: [&str; 2] = ["Application", "LwM2M carrier Library"];
const APPLICATION: usize = 0;
const LIBRARY: usize = 1;

/// Something that happened between the application and the library.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Happening {
    /// The application calls a function: `lwm2m_carrier_init()`.
    Call(String),
    /// The function returns: `Success`, or what went wrong.
    Return(String),
    /// The library tells the application an event.
    Event {
        /// `LWM2M_CARRIER_EVENT_*`
        name: String,
        /// Its number.
        number: u32,
        /// What it carries, for people; empty when nothing.
        payload: String,
        /// Whether something went wrong.
        severity: Severity,
    },
    /// The library does something that the contract shows as a box: `Write keys to modem`.
    Action(String),
    /// A note across the chart: `Device is not bootstrapped yet`.
    Note(String),
    /// The function called last does not return.
    NoReturn,
    /// Time passes. Not compared.
    Passing,
    /// Something that helps to understand a run but is not of the contract. Not compared.
    Remark(String),
}

/// How an event is to be taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// As it should be.
    Normal,
    /// An attempt failed; there will be another.
    Warning,
    /// Something failed for good.
    Error,
}

impl Happening {
    /// A function returned `result`: 0, or a negative errno value.
    pub fn returned(result: i32) -> Self {
        Self::Return(if result == 0 { "Success".into() } else { format!("Error {result}") })
    }

    /// The library's event, with what it carries.
    pub fn event(event: &Event<'_>) -> Self {
        let (severity, payload) = match event {
            Event::Deferred { reason, seconds } => {
                (Severity::Warning, format!("{reason:?} ({}), {seconds} s", *reason as u32))
            }
            Event::Error { kind, value } => {
                (Severity::Error, format!("{kind:?} ({}), {value}", *kind as u32))
            }
            Event::FotaStart { uri: Some(uri) } => (Severity::Normal, (*uri).to_owned()),
            _ => (Severity::Normal, String::new()),
        };
        let name = format!("LWM2M_CARRIER_EVENT_{}", event.name());
        Self::Event { name, number: event.number(), payload, severity }
    }

    /// The element of a chart that shows it; `None` for a remark.
    pub fn element(&self) -> Option<Element> {
        let arc = |line, from, to| Kind::Arc { line, heads: Heads::One, from, to: Some(to) };
        let (kind, label) = match self {
            Self::Call(label) => (arc(Line::Method, APPLICATION, LIBRARY), label.as_str()),
            Self::Return(label) => (arc(Line::Return, LIBRARY, APPLICATION), label.as_str()),
            Self::Event { name, .. } => (arc(Line::Callback, LIBRARY, APPLICATION), name.as_str()),
            Self::Action(label) => {
                let kind = Kind::Box { shape: Shape::Rounded, from: LIBRARY, to: LIBRARY };
                (kind, label.as_str())
            }
            Self::Note(label) => (Kind::Note, label.as_str()),
            Self::NoReturn => (arc(Line::Emphasised, LIBRARY, LIBRARY), "(no return)"),
            Self::Passing => (Kind::Passing, ""),
            Self::Remark(_) => return None,
        };
        Some(Element::new(kind, label))
    }
}

/// A run, as far as it has gone.
#[derive(Clone, Debug)]
pub struct Recorder {
    start: Instant,
    entries: Vec<(Instant, Happening)>,
}

impl Recorder {
    /// A run that begins now.
    pub const fn new(now: Instant) -> Self {
        Self { start: now, entries: Vec::new() }
    }

    /// When the run began.
    pub const fn start(&self) -> Instant {
        self.start
    }

    /// Adds what happens now.
    pub fn record(&mut self, now: Instant, happening: Happening) {
        self.entries.push((now, happening));
    }

    /// Everything so far, in order.
    pub fn entries(&self) -> &[(Instant, Happening)] {
        &self.entries
    }

    /// The run as a chart.
    pub fn chart(&self) -> Chart {
        let entity = |name: &str| Entity { name: name.into(), attributes: Vec::new() };
        Chart {
            options: vec![Attribute { name: "hscale".into(), value: "1.1".into() }],
            entities: ENTITIES.into_iter().map(entity).collect(),
            elements: self.entries.iter().filter_map(|(_, it)| it.element()).collect(),
        }
    }
}
