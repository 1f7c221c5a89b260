//! Reads the language of `mscgen`: a whole file, or the body of each `.. msc::` directive of a
//! reStructuredText document, where the `msc { }` around it is left out.

use std::fmt;

use super::{Attribute, Chart, Element, Entity, Heads, Kind, Line, Shape};

/// Why a text is no chart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ParseError {
    /// Line in the text, from 1.
    pub line: usize,
    /// Character in the line, from 1.
    pub column: usize,
    /// What is wrong and what was expected.
    pub message: String,
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl std::error::Error for ParseError {}

/// Reads one chart, with or without `msc { }` around it.
///
/// # Errors
/// The first thing that is not of the language.
pub fn parse(text: &str) -> Result<Chart, ParseError> {
    parse_from(text, 1)
}

/// Reads the charts of a reStructuredText document, in order.
///
/// # Errors
/// The first thing in one of its charts that is not of the language.
pub fn parse_rst(text: &str) -> Result<Vec<Chart>, ParseError> {
    let lines: Vec<&str> = text.lines().collect();
    let mut charts = Vec::new();
    let mut number = 0;
    while let Some(line) = lines.get(number) {
        number += 1;
        if line.trim() != ".. msc::" {
            continue;
        }
        let first = number;
        let outer = indent(line);
        let mut body = String::new();
        while let Some(line) = lines.get(number) {
            if !line.trim().is_empty() && indent(line) <= outer {
                break;
            }
            // Options of the directive (":scale: 50") are not of the chart.
            let option = body.trim().is_empty() && line.trim().starts_with(':');
            body.push_str(if option { "" } else { line });
            body.push('\n');
            number += 1;
        }
        charts.push(parse_from(&body, first + 1)?);
    }
    Ok(charts)
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    /// A bare word, or a quoted string.
    Word {
        text: String,
        quoted: bool,
    },
    /// `|||`, `...`, `---`
    Row(Kind),
    Operator {
        line: Line,
        heads: Heads,
        backwards: bool,
    },
    Star,
    /// One of `{ } [ ] = , ;`
    Mark(char),
    End,
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word { text, quoted: false } => write!(f, "`{text}`"),
            Self::Word { text, quoted: true } => write!(f, "\"{text}\""),
            Self::Row(Kind::Room) => f.write_str("`|||`"),
            Self::Row(Kind::Passing) => f.write_str("`...`"),
            Self::Row(_) => f.write_str("`---`"),
            Self::Operator { line, heads, backwards } => {
                write!(f, "`{}`", operator(*line, *heads, *backwards))
            }
            Self::Star => f.write_str("`*`"),
            Self::Mark(mark) => write!(f, "`{mark}`"),
            Self::End => f.write_str("the end of the text"),
        }
    }
}

/// Every operator: text, meaning, heads, whether it points to the left.
const OPERATORS: [(&str, Line, Heads, bool); 23] = [
    ("<<=>>", Line::Callback, Heads::Both, false),
    ("<<>>", Line::Return, Heads::Both, false),
    ("<->", Line::Message, Heads::Both, false),
    ("<=>", Line::Method, Heads::Both, false),
    ("<:>", Line::Emphasised, Heads::Both, false),
    ("=>>", Line::Callback, Heads::One, false),
    ("<<=", Line::Callback, Heads::One, true),
    ("->", Line::Message, Heads::One, false),
    ("<-", Line::Message, Heads::One, true),
    ("=>", Line::Method, Heads::One, false),
    ("<=", Line::Method, Heads::One, true),
    (">>", Line::Return, Heads::One, false),
    ("<<", Line::Return, Heads::One, true),
    (":>", Line::Emphasised, Heads::One, false),
    ("<:", Line::Emphasised, Heads::One, true),
    ("-x", Line::Lost, Heads::One, false),
    ("-X", Line::Lost, Heads::One, false),
    ("x-", Line::Lost, Heads::One, true),
    ("X-", Line::Lost, Heads::One, true),
    ("--", Line::Message, Heads::None, false),
    ("==", Line::Method, Heads::None, false),
    ("..", Line::Return, Heads::None, false),
    ("::", Line::Emphasised, Heads::None, false),
];

/// The text of an operator.
pub(super) fn operator(line: Line, heads: Heads, backwards: bool) -> &'static str {
    let found = OPERATORS
        .iter()
        .find(|it| it.1 == line && it.2 == heads && (it.3 == backwards || heads != Heads::One));
    found.map_or("->", |it| it.0)
}

/// A character and where it stands.
#[derive(Clone, Copy)]
struct Place {
    line: usize,
    column: usize,
}

impl Place {
    fn error(self, message: impl Into<String>) -> ParseError {
        ParseError { line: self.line, column: self.column, message: message.into() }
    }
}

struct Lexer<'a> {
    rest: &'a str,
    place: Place,
}

impl Lexer<'_> {
    fn bump(&mut self) -> Option<char> {
        let mut characters = self.rest.chars();
        let character = characters.next()?;
        self.rest = characters.as_str();
        if character == '\n' {
            self.place = Place { line: self.place.line + 1, column: 1 };
        } else {
            self.place.column += 1;
        }
        Some(character)
    }

    fn skip(&mut self, text: &str) -> bool {
        let there = self.rest.starts_with(text);
        if there {
            for _ in text.chars() {
                self.bump();
            }
        }
        there
    }

    fn blank(&mut self) -> Result<(), ParseError> {
        loop {
            let place = self.place;
            if self.rest.starts_with(char::is_whitespace) {
                self.bump();
            } else if self.rest.starts_with('#') || self.rest.starts_with("//") {
                while self.bump().is_some_and(|character| character != '\n') {}
            } else if self.skip("/*") {
                while !self.skip("*/") {
                    self.bump().ok_or_else(|| place.error("this comment has no end (`*/`)"))?;
                }
            } else {
                return Ok(());
            }
        }
    }

    fn next(&mut self) -> Result<(Token, Place), ParseError> {
        self.blank()?;
        let place = self.place;
        let Some(first) = self.rest.chars().next() else {
            return Ok((Token::End, place));
        };
        for (text, kind) in [("|||", Kind::Room), ("...", Kind::Passing), ("---", Kind::Note)] {
            if self.skip(text) {
                return Ok((Token::Row(kind), place));
            }
        }
        let word = |character: char| character.is_alphanumeric() || character == '_';
        let length: usize = self.rest.chars().take_while(|it| word(*it)).map(char::len_utf8).sum();
        for (text, line, heads, backwards) in OPERATORS {
            // The longest match counts: `x-` is an operator, the x of `ax-` belongs to a name.
            if text.len() > length && self.skip(text) {
                return Ok((Token::Operator { line, heads, backwards }, place));
            }
        }
        let token = match first {
            '"' => self.quoted(place)?,
            '*' => {
                self.bump();
                Token::Star
            }
            '{' | '}' | '[' | ']' | '=' | ',' | ';' => {
                self.bump();
                Token::Mark(first)
            }
            _ if length > 0 => {
                let text = self.rest.get(..length).unwrap_or_default().to_owned();
                self.skip(&text);
                Token::Word { text, quoted: false }
            }
            _ => return Err(place.error(format!("`{first}` is not of the language"))),
        };
        Ok((token, place))
    }

    fn quoted(&mut self, place: Place) -> Result<Token, ParseError> {
        let mut text = String::new();
        self.bump();
        loop {
            match self.bump() {
                Some('"') => return Ok(Token::Word { text, quoted: true }),
                Some('\\') if self.skip("\"") => text.push('"'),
                Some(character) => text.push(character),
                None => return Err(place.error("this string has no end (`\"`)")),
            }
        }
    }
}

fn parse_from(text: &str, line: usize) -> Result<Chart, ParseError> {
    let mut lexer = Lexer { rest: text, place: Place { line, column: 1 } };
    let mut tokens = Vec::new();
    loop {
        let (token, place) = lexer.next()?;
        let end = token == Token::End;
        tokens.push((token, place));
        if end {
            break;
        }
    }
    Parser { tokens, next: 0, chart: Chart::default() }.chart()
}

struct Parser {
    /// Ends with [`Token::End`].
    tokens: Vec<(Token, Place)>,
    next: usize,
    chart: Chart,
}

impl Parser {
    fn at(&self, offset: usize) -> (&Token, Place) {
        let last = self.tokens.len().saturating_sub(1);
        match self.tokens.get((self.next + offset).min(last)) {
            Some((token, place)) => (token, *place),
            None => (&Token::End, Place { line: 1, column: 1 }),
        }
    }

    fn take(&mut self) -> (Token, Place) {
        let (token, place) = self.at(0);
        let taken = (token.clone(), place);
        self.next += 1;
        taken
    }

    fn is(&self, mark: char) -> bool {
        *self.at(0).0 == Token::Mark(mark)
    }

    fn skip(&mut self, mark: char) -> bool {
        let there = self.is(mark);
        self.next += usize::from(there);
        there
    }

    fn expected<T>(&self, what: &str) -> Result<T, ParseError> {
        let (token, place) = self.at(0);
        Err(place.error(format!("expected {what}, found {token}")))
    }

    fn chart(mut self) -> Result<Chart, ParseError> {
        let wrapped = matches!(self.at(0).0, Token::Word { text, quoted: false } if text == "msc")
            && *self.at(1).0 == Token::Mark('{');
        self.next += 2 * usize::from(wrapped);
        while *self.at(1).0 == Token::Mark('=') {
            self.options()?;
        }
        self.entities()?;
        while !self.is('}') && *self.at(0).0 != Token::End {
            self.row()?;
        }
        if wrapped && !self.skip('}') {
            return self.expected("`}`");
        }
        if *self.at(0).0 != Token::End {
            return self.expected("the end of the text");
        }
        Ok(self.chart)
    }

    fn options(&mut self) -> Result<(), ParseError> {
        loop {
            let option = self.attribute("the name of an option")?;
            self.chart.options.push(option);
            if !self.skip(',') {
                return self.semicolon("`,` or `;` after an option");
            }
        }
    }

    fn entities(&mut self) -> Result<(), ParseError> {
        loop {
            let (token, place) = self.at(0);
            let Token::Word { text, .. } = token else {
                return self.expected("the name of an entity");
            };
            let name = text.clone();
            if self.chart.entities.iter().any(|entity| entity.name == name) {
                return Err(place.error(format!("the entity \"{name}\" is there already")));
            }
            self.next += 1;
            let attributes = self.attributes()?;
            self.chart.entities.push(Entity { name, attributes });
            if !self.skip(',') {
                return self.semicolon("`,` or `;` after an entity");
            }
        }
    }

    fn row(&mut self) -> Result<(), ParseError> {
        let mut beside = false;
        loop {
            let kind = self.kind()?;
            let attributes = self.attributes()?;
            self.chart.elements.push(Element { kind, attributes, beside });
            beside = true;
            if !self.skip(',') {
                return self.semicolon("`,` or `;` after an arc");
            }
        }
    }

    fn kind(&mut self) -> Result<Kind, ParseError> {
        if let (Token::Row(kind), _) = self.at(0) {
            let kind = *kind;
            self.next += 1;
            return Ok(kind);
        }
        let left = self.end()?;
        let left_place = self.at(0).1;
        let (token, place) = self.take();
        let (line, heads, backwards) = match token {
            Token::Operator { line, heads, backwards } => (line, heads, backwards),
            Token::Word { text, quoted: false } => {
                let shape = match text.to_ascii_lowercase().as_str() {
                    "box" => Shape::Plain,
                    "rbox" => Shape::Rounded,
                    "abox" => Shape::Angular,
                    "note" => Shape::Note,
                    _ => return Err(place.error(format!("`{text}` is no kind of arc or box"))),
                };
                let right = self.end()?;
                let (Some(from), Some(to)) = (left, right) else {
                    return Err(place.error("a box has an entity on both sides, not `*`"));
                };
                return Ok(Kind::Box { shape, from, to });
            }
            other => {
                return Err(place.error(format!("expected an arc such as `->`, found {other}")));
            }
        };
        let right = self.end()?;
        let (from, to) = if backwards { (right, left) } else { (left, right) };
        match from {
            Some(from) if to.is_some() || heads == Heads::One => {
                Ok(Kind::Arc { line, heads, from, to })
            }
            _ => Err(left_place.error("`*` can only be where an arrow ends")),
        }
    }

    /// One side of an arc: an entity, or `*` (`None`).
    fn end(&mut self) -> Result<Option<usize>, ParseError> {
        let (token, place) = self.at(0);
        let index = match token {
            Token::Star => None,
            Token::Word { text, .. } => {
                let index = self.chart.entities.iter().position(|entity| entity.name == *text);
                Some(index.ok_or_else(|| place.error(format!("there is no entity \"{text}\"")))?)
            }
            _ => return self.expected("an entity, `...`, `---` or `|||`"),
        };
        self.next += 1;
        Ok(index)
    }

    fn attributes(&mut self) -> Result<Vec<Attribute>, ParseError> {
        let mut attributes = Vec::new();
        if !self.skip('[') {
            return Ok(attributes);
        }
        loop {
            attributes.push(self.attribute("the name of an attribute")?);
            if self.skip(']') {
                return Ok(attributes);
            }
            if !self.skip(',') {
                return self.expected("`,` or `]` after an attribute");
            }
        }
    }

    fn attribute(&mut self, what: &str) -> Result<Attribute, ParseError> {
        let (Token::Word { text, quoted: false }, _) = self.at(0) else {
            return self.expected(what);
        };
        let name = text.clone();
        self.next += 1;
        if !self.skip('=') {
            return self.expected("`=`");
        }
        let (Token::Word { text, .. }, _) = self.at(0) else {
            return self.expected("a value");
        };
        let value = text.clone();
        self.next += 1;
        Ok(Attribute { name, value })
    }

    fn semicolon(&mut self, what: &str) -> Result<(), ParseError> {
        if self.skip(';') { Ok(()) } else { self.expected(what) }
    }
}
