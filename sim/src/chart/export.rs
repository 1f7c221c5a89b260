//! Writes charts in the language of `mscgen`, in the form of the contract's charts, and has the
//! `mscgen` tool draw them.

use std::fmt::{self, Write};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};

use super::parse::operator;
use super::{Attribute, Chart, Element, Entity, Heads, Kind, Shape};

/// Where the attributes of an arc begin.
const COLUMN: usize = 47;

impl Chart {
    /// The chart's source, with `title` as a comment above it.
    pub fn to_msc(&self, title: &str) -> String {
        let mut text = String::new();
        for line in title.lines() {
            text.push_str("# ");
            text.push_str(line);
            text.push('\n');
        }
        text.push_str("msc {\n");
        for option in &self.options {
            text.push_str(&format!("    {} = {};\n", option.name, quoted(&option.value)));
        }
        let entities: Vec<String> = self.entities.iter().map(entity).collect();
        text.push_str(&format!("    {};\n", entities.join(",")));
        let mut elements = self.elements.iter().peekable();
        while let Some(element) = elements.next() {
            let mut line = format!("    {}", self.arc(element));
            if !element.attributes.is_empty() {
                let width = line.chars().count().max(COLUMN - 1) + 1;
                line = format!("{line:width$}{}", attributes(&element.attributes));
            }
            let beside = elements.peek().is_some_and(|next| next.beside);
            text.push_str(&line);
            text.push_str(if beside { ",\n" } else { ";\n" });
        }
        text.push_str("}\n");
        text
    }

    fn arc(&self, element: &Element) -> String {
        let end = |index: Option<usize>| index.map_or("*".into(), |index| word(self.name(index)));
        match element.kind {
            Kind::Room => "|||".into(),
            Kind::Passing => "...".into(),
            Kind::Note => "---".into(),
            Kind::Arc { line, heads, from, to } => {
                // As in the contract: the entities keep their sides, the arrow turns round.
                let backwards = heads == Heads::One && to.is_some_and(|to| to < from);
                let (left, right) = if backwards { (to, Some(from)) } else { (Some(from), to) };
                let gap = if left == right { " " } else { "" };
                let sign = operator(line, heads, backwards);
                // `-x` would read the first letters of a name as its own.
                let gap = if sign.contains('x') { " " } else { gap };
                format!("{}{gap}{sign}{gap}{}", end(left), end(right))
            }
            Kind::Box { shape, from, to } => {
                let shape = match shape {
                    Shape::Plain => "box",
                    Shape::Rounded => "rbox",
                    Shape::Angular => "abox",
                    Shape::Note => "note",
                };
                format!("{} {shape} {}", end(Some(from)), end(Some(to)))
            }
        }
    }
}

fn entity(entity: &Entity) -> String {
    let mut text = word(&entity.name);
    if !entity.attributes.is_empty() {
        text.push(' ');
        text.push_str(&attributes(&entity.attributes));
    }
    text
}

fn attributes(attributes: &[Attribute]) -> String {
    let mut text = String::from("[");
    for (number, attribute) in attributes.iter().enumerate() {
        let comma = if number == 0 { "" } else { ", " };
        // Writing to a string cannot fail.
        let _ = write!(text, "{comma}{}={}", attribute.name, quoted(&attribute.value));
    }
    text.push(']');
    text
}

/// A name: bare where the language lets it be.
fn word(name: &str) -> String {
    let bare = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let keywords = ["msc", "box", "rbox", "abox", "note", "x", "X"];
    let plain = !name.is_empty() && name.chars().all(bare) && !keywords.contains(&name);
    if plain { name.into() } else { quoted(name) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\\\""))
}

/// Why there is no SVG.
#[derive(Debug)]
pub enum SvgError {
    /// The tool is not installed.
    NoTool,
    /// The tool does not take the source; this is what it says.
    Refused(String),
    /// The tool could not be run.
    Io(io::Error),
}

impl fmt::Display for SvgError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoTool => f.write_str(
                "the mscgen tool is not installed, so there are .msc files and no .svg files \
                 (Debian and Ubuntu: apt install mscgen; macOS: brew install mscgen)",
            ),
            Self::Refused(said) => write!(f, "mscgen does not take the chart: {said}"),
            Self::Io(error) => write!(f, "mscgen could not be run: {error}"),
        }
    }
}

impl std::error::Error for SvgError {}

/// Has the `mscgen` tool draw the chart in the file `source` into the file `target`.
///
/// # Errors
/// The tool is not there, or refuses.
pub fn draw_svg(source: &Path, target: &Path) -> Result<(), SvgError> {
    draw_svg_with("mscgen", source, target)
}

fn draw_svg_with(tool: &str, source: &Path, target: &Path) -> Result<(), SvgError> {
    let mut command = Command::new(tool);
    command.args(["-T", "svg", "-i"]).arg(source).arg("-o").arg(target).stdin(Stdio::null());
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            Err(SvgError::Refused(said.split_whitespace().collect::<Vec<_>>().join(" ")))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(SvgError::NoTool),
        Err(error) => Err(SvgError::Io(error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_tool_is_said_clearly() {
        let here = Path::new(".");
        let error = draw_svg_with("no-such-tool-as-this", here, here).unwrap_err();
        assert!(error.to_string().contains("mscgen tool is not installed"), "{error}");
    }
}
