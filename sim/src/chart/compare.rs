//! Whether a run is what its chart says.
//!
//! Arcs, boxes and notes must come in the chart's order, each with the chart's text, and nothing
//! else may happen, except where the chart has `...`: there anything may, or nothing.

use std::fmt;

use super::{Chart, Element, Heads, Kind, Line, Shape};

/// The outcome of a comparison.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// The run is what the chart says.
    Equal {
        /// How many things of the chart happened.
        steps: usize,
    },
    /// It is not.
    Differs {
        /// The step of the chart that was not reached, from 1; one more than there are when
        /// something happened after the last.
        step: usize,
        /// What the chart says there; `None`: nothing more.
        expected: Option<String>,
        /// What happened instead; `None`: nothing more.
        happened: Option<String>,
    },
}

impl Verdict {
    /// Whether the run is what the chart says.
    pub const fn is_equal(&self) -> bool {
        matches!(self, Self::Equal { .. })
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Equal { steps } => write!(f, "as the chart says, all {steps} steps in order"),
            Self::Differs { step, expected, happened } => {
                let [expected, happened] =
                    [expected, happened].map(|text| text.as_deref().unwrap_or("nothing more"));
                write!(f, "differs at step {step}: expected {expected}, happened {happened}")
            }
        }
    }
}

/// Compares `run` with `chart`.
pub fn compare(chart: &Chart, run: &Chart) -> Verdict {
    let expected = steps(chart);
    let happened: Vec<Step<'_>> =
        steps(run).into_iter().filter(|step| *step != Step::Anything).collect();

    // All the places in the chart where the run can be, and the furthest of them all, with the
    // happening before which the run first was there: that is what is reported.
    let mut places = vec![0];
    let mut furthest = (0, 0);
    let mut advance = |open: &[usize], index: usize| {
        let place = open.last().copied().unwrap_or(0);
        if place > furthest.0 {
            furthest = (place, index);
        }
    };
    for (index, step) in happened.iter().enumerate() {
        let open = with_skips(&expected, &places);
        advance(&open, index);
        places.clear();
        for place in open {
            match expected.get(place) {
                Some(Step::Anything) => places.push(place),
                Some(wanted) if wanted == step => places.push(place + 1),
                _ => {}
            }
        }
        if places.is_empty() {
            break;
        }
    }
    let open = with_skips(&expected, &places);
    if open.contains(&expected.len()) {
        return Verdict::Equal { steps: count(&expected) };
    }
    advance(&open, happened.len());
    let (place, index) = furthest;
    let before = expected.get(..place).unwrap_or_default();
    // Whatever came behind `...` was allowed: what is wrong is that the next step never came.
    let index = if before.last() == Some(&Step::Anything) { happened.len() } else { index };
    let (wanted, got) = (expected.get(place), happened.get(index));
    let mut texts = [wanted, got].map(|step| step.map(|step| step.describe(false)));
    if texts[0] == texts[1] {
        texts = [wanted, got].map(|step| step.map(|step| step.describe(true)));
    }
    let [expected, happened] = texts;
    Verdict::Differs { step: count(before) + 1, expected, happened }
}

/// The places in ascending order, and those that are reached from them because `...` may be nothing.
fn with_skips(expected: &[Step<'_>], places: &[usize]) -> Vec<usize> {
    let mut open = places.to_vec();
    let mut next = 0;
    while let Some(place) = open.get(next).copied() {
        if expected.get(place) == Some(&Step::Anything) && !open.contains(&(place + 1)) {
            open.push(place + 1);
        }
        next += 1;
    }
    open.sort_unstable();
    open.dedup();
    open
}

fn count(steps: &[Step<'_>]) -> usize {
    steps.iter().filter(|step| **step != Step::Anything).count()
}

/// An element as far as it is compared: entities by name, the text without line breaks.
#[derive(Clone, PartialEq, Eq)]
enum Step<'a> {
    Anything,
    Note { label: String },
    Arc { line: Line, heads: Heads, from: &'a str, to: Option<&'a str>, label: String },
    Box { shape: Shape, from: &'a str, to: &'a str, label: String },
}

fn steps(chart: &Chart) -> Vec<Step<'_>> {
    chart.elements.iter().filter_map(|element| Step::of(chart, element)).collect()
}

impl<'a> Step<'a> {
    fn of(chart: &'a Chart, element: &Element) -> Option<Self> {
        let label = element.label().replace("\\n", " ");
        let label = label.split_whitespace().collect::<Vec<_>>().join(" ");
        Some(match element.kind {
            Kind::Room => return None,
            Kind::Passing => Self::Anything,
            Kind::Note => Self::Note { label },
            Kind::Arc { line, heads, from, to } => {
                let (from, to) = (chart.name(from), to.map(|to| chart.name(to)));
                Self::Arc { line, heads, from, to, label }
            }
            Kind::Box { shape, from, to } => {
                Self::Box { shape, from: chart.name(from), to: chart.name(to), label }
            }
        })
    }

    fn describe(&self, ends: bool) -> String {
        let (what, label, from, to) = match self {
            Self::Anything => return "anything".into(),
            Self::Note { label } => return format!("the note \"{label}\""),
            Self::Box { label, from, to, .. } => ("the box", label, *from, *to),
            Self::Arc { line, label, from, to, .. } => {
                let what = match line {
                    Line::Message => "the message",
                    Line::Method => "the call",
                    Line::Return => "the return",
                    Line::Callback => "the event",
                    Line::Emphasised => "the mark",
                    Line::Lost => "the lost message",
                };
                (what, label, *from, to.unwrap_or("*"))
            }
        };
        let ends = if ends { format!(" ({from} to {to})") } else { String::new() };
        format!("{what} {label}{ends}")
    }
}
