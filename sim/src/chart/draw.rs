//! Draws a run as text while it happens: two lifelines, a line for each thing.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style as Paint};
use lwm2m_carrier::time::{Duration, Instant};

use super::record::ENTITIES;
use super::{Chart, Happening, Recorder, Severity, Verdict, compare};

/// How to draw.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Style {
    /// Characters in a line; the drawing takes 60 to 100 of them.
    pub width: usize,
    /// ASCII only, no box-drawing characters.
    pub ascii: bool,
    /// Colours.
    pub colour: bool,
}

impl Style {
    /// What suits standard output: its width, the locale's character set, and colours when it is a
    /// terminal and nothing (`NO_COLOR`, `TERM=dumb`) speaks against them. `ascii` asks for ASCII
    /// whatever the locale.
    pub fn detect(ascii: bool) -> Self {
        let out = io::stdout();
        let width = terminal_size::terminal_size().filter(|_| out.is_terminal());
        let choice = anstream::AutoStream::choice(&out);
        Self {
            width: width.map_or(80, |(width, _)| usize::from(width.0)),
            ascii: ascii || !is_utf8(|name| std::env::var(name).ok()),
            colour: choice != anstream::ColorChoice::Never,
        }
    }
}

/// Whether the locale's character set is UTF-8 (POSIX: the first of the three that is set counts).
fn is_utf8(variable: impl Fn(&str) -> Option<String>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().filter_map(variable);
    match set.into_iter().find(|value| !value.is_empty()) {
        Some(locale) => {
            let locale = locale.to_ascii_lowercase();
            locale.contains("utf-8") || locale.contains("utf8")
        }
        // Windows consoles have no such variables.
        None => cfg!(windows),
    }
}

/// The characters of a drawing.
struct Glyphs {
    life: &'static str,
    pause: &'static str,
    call: &'static str,
    event: &'static str,
    back: &'static str,
    note: &'static str,
    right: &'static str,
    left: &'static str,
    /// Where a line leaves a lifeline, to the right and to the left.
    leave: [&'static str; 2],
    /// Corners: top left, top right, bottom left, bottom right; tees: down, up.
    square: [&'static str; 4],
    round: [&'static str; 4],
    tee: [&'static str; 2],
    more: &'static str,
    good: &'static str,
    bad: &'static str,
}

const UNICODE: Glyphs = Glyphs {
    life: "│",
    pause: "┊",
    call: "━",
    event: "─",
    back: "╌",
    note: "╌",
    right: "▶",
    left: "◀",
    leave: ["├", "┤"],
    square: ["┌", "┐", "└", "┘"],
    round: ["╭", "╮", "╰", "╯"],
    tee: ["┬", "┴"],
    more: "…",
    good: "✔",
    bad: "✘",
};

const ASCII: Glyphs = Glyphs {
    life: "|",
    pause: ":",
    call: "=",
    event: "-",
    back: ".",
    note: "-",
    right: ">",
    left: "<",
    leave: ["|", "|"],
    square: ["+", "+", "+", "+"],
    round: ["+", "+", "+", "+"],
    tee: ["+", "+"],
    more: "~",
    good: "OK:",
    bad: "NO:",
};

const PLAIN: Paint = Paint::new();
const BOLD: Paint = Paint::new().bold();
const DIM: Paint = Paint::new().dimmed();
const CALL: Paint = AnsiColor::Cyan.on_default().bold();
const EVENT: Paint = AnsiColor::Green.on_default();
const ACTION: Paint = AnsiColor::Magenta.on_default();
const NOTE: Paint = AnsiColor::Blue.on_default().bold();
const WARNING: Paint = AnsiColor::Yellow.on_default().bold();
const ERROR: Paint = AnsiColor::Red.on_default().bold();
const GOOD: Paint = AnsiColor::Green.on_default().bold();

/// Where the left lifeline is.
const LEFT: usize = 17;
/// What is right of the right lifeline: half of its entity's box.
const MARGIN: usize = 13;
const WIDTHS: std::ops::RangeInclusive<usize> = 60..=100;
const PREFIX: &str = "LWM2M_CARRIER_EVENT_";

/// A run that is drawn while it happens.
pub struct Live<W: Write> {
    pen: Pen<W>,
    recorder: Recorder,
    chart: Chart,
    name: String,
}

impl<W: Write> Live<W> {
    /// Begins a drawing: the title, and the two entities.
    ///
    /// # Errors
    /// `out` cannot be written.
    pub fn begin(
        out: W,
        style: Style,
        now: Instant,
        (name, title): (&str, &str),
        chart: Chart,
    ) -> io::Result<Self> {
        let glyphs = if style.ascii { &ASCII } else { &UNICODE };
        let width = style.width.clamp(*WIDTHS.start(), *WIDTHS.end());
        let mut pen = Pen { out, glyphs, colour: style.colour, right: width - MARGIN };
        pen.heading(title)?;
        Ok(Self { pen, recorder: Recorder::new(now), chart, name: name.into() })
    }

    /// Records and draws what happens now.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn happens(&mut self, now: Instant, happening: Happening) -> io::Result<()> {
        self.pen.happening(now.since(self.recorder.start()), &happening)?;
        self.recorder.record(now, happening);
        Ok(())
    }

    /// What was recorded so far.
    pub const fn recorder(&self) -> &Recorder {
        &self.recorder
    }

    /// Whether the run so far is what the chart says.
    pub fn verdict(&self) -> Verdict {
        compare(&self.chart, &self.recorder.chart())
    }

    /// Ends the drawing with the verdict.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn finish(mut self) -> io::Result<(Verdict, Recorder)> {
        let verdict = self.verdict();
        self.pen.verdict(&self.name, &verdict)?;
        Ok((verdict, self.recorder))
    }
}

struct Pen<W: Write> {
    out: W,
    glyphs: &'static Glyphs,
    colour: bool,
    /// Where the right lifeline is.
    right: usize,
}

/// A piece of a line in one colour, and the column where it begins.
type Piece<'a> = (usize, Paint, &'a str);

impl<W: Write> Pen<W> {
    /// Writes pieces, in ascending order of their columns, as one line.
    fn line(&mut self, pieces: &[Piece<'_>]) -> io::Result<()> {
        let mut column = 0;
        for (at, paint, text) in pieces {
            let paint = if self.colour { *paint } else { PLAIN };
            let gap = at.saturating_sub(column);
            write!(self.out, "{:gap$}{paint}{text}{paint:#}", "")?;
            column += gap + text.chars().count();
        }
        writeln!(self.out)?;
        // Live: the reader sees it when it happens.
        self.out.flush()
    }

    fn heading(&mut self, title: &str) -> io::Result<()> {
        let [down, _] = self.glyphs.tee;
        writeln!(self.out)?;
        self.line(&[(2, BOLD, title)])?;
        writeln!(self.out)?;
        let boxes = ENTITIES.map(|name| self.boxed(name, self.glyphs.square, self.glyphs.event));
        let at = [LEFT, self.right];
        for row in 0..3 {
            let mut pieces = Vec::new();
            for (text, at) in boxes.iter().zip(at) {
                let begin = at - text[row].chars().count() / 2;
                pieces.push((begin, if row == 1 { BOLD } else { DIM }, text[row].as_str()));
                if row == 2 {
                    // The lifeline leaves the box.
                    let (before, after) = split(pieces.remove(pieces.len() - 1).2, at - begin);
                    pieces.extend([(begin, DIM, before), (at, DIM, down), (at + 1, DIM, after)]);
                }
            }
            self.line(&pieces)?;
        }
        Ok(())
    }

    /// The three lines of a box around `text`.
    fn boxed(&self, text: &str, corners: [&str; 4], edge: &str) -> [String; 3] {
        let [a, b, c, d] = corners;
        let edge = edge.repeat(text.chars().count() + 2);
        let life = self.glyphs.life;
        [format!("{a}{edge}{b}"), format!("{life} {text} {life}"), format!("{c}{edge}{d}")]
    }

    fn happening(&mut self, since: Duration, happening: &Happening) -> io::Result<()> {
        let glyphs = self.glyphs;
        let (right, life) = (self.right, glyphs.life);
        let time = time(since);
        let time = (0, DIM, time.as_str());
        let [left_line, right_line] = [(LEFT, DIM, life), (right, DIM, life)];
        match happening {
            Happening::Call(label) => {
                let (before, label, after) = self.arrow(label, glyphs.call);
                let before = format!("{}{before}", glyphs.leave[0]);
                let after = format!("{after}{}{life}", glyphs.right);
                self.across(time, [&before, &label, &after], CALL, "")
            }
            Happening::Return(label) => {
                let (before, label, after) = self.arrow(label, glyphs.back);
                let before = format!("{life}{}{before}", glyphs.left);
                let paint = if label == "Success" { CALL } else { ERROR };
                let after = format!("{after}{}", glyphs.leave[1]);
                self.across(time, [&before, &label, &after], paint, "")
            }
            Happening::Event { name, number, payload, severity } => {
                let (before, label, after) = self.arrow(name, glyphs.event);
                let before = format!("{life}{}{before}", glyphs.left);
                let after = format!("{after}{}", glyphs.leave[1]);
                let paint = match severity {
                    Severity::Normal => EVENT,
                    Severity::Warning => WARNING,
                    Severity::Error => ERROR,
                };
                self.across(time, [&before, &label, &after], paint, &format!("{number:>4}"))?;
                if payload.is_empty() {
                    return Ok(());
                }
                let payload = self.cut(payload);
                self.line(&[left_line, (self.centre(&payload), paint, &payload), right_line])
            }
            Happening::Action(label) => {
                // The box has room on the right for as much as the entity's name.
                let label = cut(label, 2 * MARGIN - 6, glyphs.more);
                let lines = self.boxed(&label, glyphs.round, glyphs.event);
                let [down, up] = glyphs.tee;
                for (row, text) in lines.iter().enumerate() {
                    let at = right - text.chars().count() / 2;
                    if row != 1 {
                        let tee = if row == 0 { up } else { down };
                        let (before, after) = split(text, right - at);
                        self.line(&[
                            left_line,
                            (at, ACTION, before),
                            (right, ACTION, tee),
                            (right + 1, ACTION, after),
                        ])?;
                        continue;
                    }
                    self.line(&[time, left_line, (at, ACTION, text)])?;
                }
                Ok(())
            }
            Happening::Note(label) => {
                let whole = right + MARGIN - LEFT;
                let label = cut(label, whole - 4, glyphs.more);
                let around = whole - label.chars().count() - 2;
                let before = glyphs.note.repeat(around / 2);
                let after = glyphs.note.repeat(around - around / 2);
                let text = 12 + before.chars().count() + 1;
                self.line(&[left_line, right_line])?;
                self.line(&[
                    time,
                    (12, DIM, &before),
                    (text, NOTE, &label),
                    (text + label.chars().count() + 1, DIM, &after),
                ])?;
                self.line(&[left_line, right_line])
            }
            Happening::NoReturn => {
                let [_, corner, _, end] = glyphs.round;
                let text = "(no return)";
                let out = format!("{}{}{corner}", glyphs.leave[0], glyphs.event.repeat(2));
                let back = format!("{life}{}{}{end}", glyphs.left, glyphs.event);
                let at = right - text.len() - 1;
                self.line(&[time, left_line, (at, CALL, text), (right, DIM, &out)])?;
                self.line(&[left_line, (right, DIM, &back)])
            }
            Happening::Passing => {
                for _ in 0..2 {
                    self.line(&[(LEFT, DIM, glyphs.pause), (right, DIM, glyphs.pause)])?;
                }
                Ok(())
            }
            Happening::Remark(text) => {
                let text = self.cut(text);
                self.line(&[time, left_line, (self.centre(&text), DIM, &text), right_line])
            }
        }
    }

    /// The shaft of an arrow left and right of its label, and the label as far as there is room.
    fn arrow(&self, label: &str, shaft: &str) -> (String, String, String) {
        let label = self.cut(label);
        // Between the lifelines, less the head and the two blanks around the label.
        let room = self.inside() - label.chars().count() - 3;
        (shaft.repeat(room / 2), label, shaft.repeat(room - room / 2))
    }

    fn across(
        &mut self,
        time: Piece<'_>,
        [before, label, after]: [&str; 3],
        paint: Paint,
        number: &str,
    ) -> io::Result<()> {
        let text = LEFT + before.chars().count() + 1;
        let rest = text + label.chars().count() + 1;
        let mut pieces = vec![time, (LEFT, DIM, before), (text, paint, label), (rest, DIM, after)];
        if !number.is_empty() {
            pieces.push((self.right + 1, PLAIN, number));
        }
        self.line(&pieces)
    }

    const fn inside(&self) -> usize {
        self.right - LEFT - 1
    }

    fn centre(&self, text: &str) -> usize {
        LEFT + 1 + (self.inside() - text.chars().count()) / 2
    }

    /// A label as it fits between the lifelines.
    fn cut(&self, label: &str) -> String {
        let room = self.inside() - 7;
        let fits = label.chars().count() <= room;
        let label = if fits { label } else { label.strip_prefix(PREFIX).unwrap_or(label) };
        cut(label, room, self.glyphs.more)
    }

    fn verdict(&mut self, name: &str, verdict: &Verdict) -> io::Result<()> {
        writeln!(self.out)?;
        let Verdict::Differs { step, expected, happened } = verdict else {
            let mark = format!("{} {name}:", self.glyphs.good);
            return self.line(&[(2, GOOD, &mark), (0, PLAIN, &format!(" {verdict}"))]);
        };
        let mark = format!("{} {name}:", self.glyphs.bad);
        self.line(&[(2, ERROR, &mark), (0, PLAIN, &format!(" differs at step {step}"))])?;
        for (what, text) in [("expected ", expected), ("happened ", happened)] {
            let text = text.as_deref().unwrap_or("nothing more");
            self.line(&[(6, DIM, what), (0, BOLD, text)])?;
        }
        Ok(())
    }
}

/// `text`, or as much of it as fits `room`.
fn cut(text: &str, room: usize, more: &str) -> String {
    if text.chars().count() <= room {
        return text.into();
    }
    text.chars().take(room - 1).chain(more.chars()).collect()
}

/// What is left and right of the character at `at`.
fn split(text: &str, at: usize) -> (&str, &str) {
    let begin = |number| text.char_indices().nth(number).map_or(text.len(), |(begin, _)| begin);
    (text.get(..begin(at)).unwrap_or(text), text.get(begin(at + 1)..).unwrap_or_default())
}

fn time(since: Duration) -> String {
    let millis = since.as_millis();
    format!("{:>5}.{:03} s", millis / 1000, millis % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_locale_variable_that_is_set_decides() {
        let with = |set: &[(&str, &str)]| {
            let set: Vec<(String, String)> =
                set.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
            is_utf8(move |name| set.iter().find(|it| it.0 == name).map(|it| it.1.clone()))
        };
        assert!(with(&[("LANG", "de_DE.UTF-8")]));
        assert!(with(&[("LC_ALL", ""), ("LC_CTYPE", "C.utf8")]));
        assert!(!with(&[("LC_ALL", "C"), ("LANG", "en_US.UTF-8")]));
        assert!(!with(&[("LANG", "en_US.ISO-8859-1")]));
    }
}
