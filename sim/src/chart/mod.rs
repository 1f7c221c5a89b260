//! Message sequence charts: what must happen, what did happen, and whether the two are the same.
//!
//! A chart is written in the language of the `mscgen` tool. The three in `doc/charts` are the
//! contract of the library; a run is recorded, drawn as it happens, and compared with its chart.

mod compare;
mod draw;
mod export;
mod parse;
mod record;

pub use compare::{Verdict, compare};
pub use draw::{Live, Style};
pub use export::{SvgError, draw_svg};
pub use parse::{ParseError, parse, parse_rst};
pub use record::{Happening, Recorder, Severity};

/// One chart.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Chart {
    /// Options of the whole chart, such as `hscale`.
    pub options: Vec<Attribute>,
    /// Who takes part, from left to right.
    pub entities: Vec<Entity>,
    /// What happens, from top to bottom.
    pub elements: Vec<Element>,
}

/// A name and its value.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Attribute {
    /// Name, as written.
    pub name: String,
    /// Value, without quotes.
    pub value: String,
}

/// Someone who takes part.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Entity {
    /// Name, by which arcs refer to it.
    pub name: String,
    /// Attributes; `label` is shown instead of the name.
    pub attributes: Vec<Attribute>,
}

/// One thing that happens.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Element {
    /// What it is.
    pub kind: Kind,
    /// Attributes; `label` is its text.
    pub attributes: Vec<Attribute>,
    /// Whether it stands beside the element before it (`,`) and not below it (`;`).
    pub beside: bool,
}

/// What an element is. Entities are given by their place in [`Chart::entities`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// `|||`: room.
    Room,
    /// `...`: time passes; anything may happen.
    Passing,
    /// `---`: a note across the chart.
    Note,
    /// An arrow or a line.
    Arc {
        /// Its meaning.
        line: Line,
        /// Where its heads are.
        heads: Heads,
        /// Where it begins.
        from: usize,
        /// Where it ends; `None`: at everyone (`*`).
        to: Option<usize>,
    },
    /// A box over one or several entities.
    Box {
        /// Its form.
        shape: Shape,
        /// One side.
        from: usize,
        /// The other side.
        to: usize,
    },
}

/// The meaning of an arc.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Line {
    /// `->`: a message.
    Message,
    /// `=>`: a call.
    Method,
    /// `>>`: a return.
    Return,
    /// `=>>`: a callback.
    Callback,
    /// `:>`: an emphasised message.
    Emphasised,
    /// `-x`: a message that is lost.
    Lost,
}

/// Where the heads of an arc are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Heads {
    /// At its end.
    One,
    /// At both ends.
    Both,
    /// Nowhere.
    None,
}

/// The form of a box.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// `box`
    Plain,
    /// `rbox`
    Rounded,
    /// `abox`
    Angular,
    /// `note`
    Note,
}

impl Element {
    /// An element below the one before it, with a text unless that is empty.
    pub fn new(kind: Kind, label: &str) -> Self {
        let label = Attribute { name: "label".into(), value: label.into() };
        let attributes = if label.value.is_empty() { Vec::new() } else { vec![label] };
        Self { kind, attributes, beside: false }
    }

    /// Its text; empty when it has none.
    pub fn label(&self) -> &str {
        find(&self.attributes, "label").unwrap_or_default()
    }
}

impl Entity {
    /// The name under which it is shown.
    pub fn label(&self) -> &str {
        find(&self.attributes, "label").unwrap_or(&self.name)
    }
}

impl Chart {
    /// The name of an entity; empty when there is none at `index`.
    pub fn name(&self, index: usize) -> &str {
        self.entities.get(index).map_or("", |entity| &entity.name)
    }
}

fn find<'a>(attributes: &'a [Attribute], name: &str) -> Option<&'a str> {
    let found = attributes.iter().find(|attribute| attribute.name.eq_ignore_ascii_case(name));
    found.map(|attribute| attribute.value.as_str())
}

/// The charts of the library's contract.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum Contract {
    /// `lwm2m_carrier_init()` and `lwm2m_carrier_run()`.
    Initialization,
    /// From no server account to a registration.
    Bootstrap,
    /// A firmware update by the carrier.
    Fota,
}

impl Contract {
    /// All of them, in their order.
    pub const ALL: [Self; 3] = [Self::Initialization, Self::Bootstrap, Self::Fota];

    /// Its name, which is also its file's, without extension.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Initialization => "initialization",
            Self::Bootstrap => "bootstrap",
            Self::Fota => "fota",
        }
    }

    /// A heading for it.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Initialization => "Initialization of the LwM2M carrier library",
            Self::Bootstrap => "Bootstrap process",
            Self::Fota => "FOTA update",
        }
    }

    /// Its source, as in `doc/charts`.
    pub const fn source(self) -> &'static str {
        match self {
            Self::Initialization => include_str!("../../../doc/charts/initialization.msc"),
            Self::Bootstrap => include_str!("../../../doc/charts/bootstrap.msc"),
            Self::Fota => include_str!("../../../doc/charts/fota.msc"),
        }
    }

    /// The chart itself.
    ///
    /// # Errors
    /// Never in a build that passed its tests: the source is compiled in.
    pub fn chart(self) -> Result<Chart, ParseError> {
        parse(self.source())
    }
}
