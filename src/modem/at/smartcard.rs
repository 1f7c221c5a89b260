//! The walk through a SIM to its LwM2M bootstrap information, one command at a time. Read beside
//! it: OMA LwM2M Core appendix G (where the file is), PKCS #15 v1.1 sections 6.2 and 6.8 (EF(ODF),
//! EF(DODF)), ETSI TS 102 221 section 11 (the commands to the SIM).
//!
//! On a logical channel of its own: select the PKCS #15 application, read EF(ODF), which names the
//! directories of data objects; read each of these until one names the object `lwm2m-bootstrap`;
//! read that file; close the channel, whatever happened.

use super::arguments::Out;
use crate::capacity::BODY;
use crate::modem::Error;
use embedded_io::Write;
use heapless::Vec;

/// Bytes that are asked for at once: a line with them, in hex, is not cut.
const CHUNK: u8 = 48;
/// Bytes of a directory that are looked at.
const DIRECTORY: usize = 256;
/// Bytes of a path: three file identifiers.
const PATH: usize = 6;

/// The PKCS #15 application.
const APPLICATION: [u8; 12] = *b"\xA0\0\0\0cPKCS-15";
/// File identifier of EF(ODF).
const ODF: [u8; 2] = [0x50, 0x31];
/// Object identifier 2.23.43.9.1, `lwm2m-bootstrap`. Some cards have it with tag and length before it once
/// more.
const BOOTSTRAP: [u8; 4] = [0x67, 0x2B, 0x09, 0x01];

/// What is asked of the SIM.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Open,
    SelectApplication,
    SelectOdf,
    ReadOdf,
    SelectDirectory,
    ReadDirectory,
    SelectFile,
    ReadFile,
    Close,
}

/// What comes after an answer of the SIM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum After {
    /// Another command.
    Command,
    /// Nothing: the file was read, or it was not.
    End(Result<(), Error>),
}

/// Where the walk is. About 340 bytes of RAM.
pub(super) struct Walk {
    state: State,
    /// The logical channel.
    channel: u8,
    /// How many directories had nothing.
    skipped: u8,
    /// How many bytes to ask for.
    wanted: u8,
    /// Bytes of the file that were read.
    offset: u16,
    /// Bytes that the file has, by its own account.
    length: u16,
    /// The file was found and is whole.
    complete: bool,
    path: Vec<u8, PATH, u8>,
    directory: Vec<u8, DIRECTORY, u16>,
    /// The answer to the last command, with its status.
    response: Vec<u8, { CHUNK as usize + 2 }, u8>,
    /// There was one.
    heard: bool,
    /// It came with the line at hand.
    fresh: bool,
}

/// A status of the SIM.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Ok,
    /// Nothing comes after what it gave.
    End,
    /// So many bytes are to be asked for.
    Length(u8),
    Bad,
}

impl Walk {
    pub(super) const fn new() -> Self {
        Self {
            state: State::Open,
            channel: 0,
            skipped: 0,
            wanted: CHUNK,
            offset: 0,
            length: 0,
            complete: false,
            path: Vec::new(),
            directory: Vec::new(),
            response: Vec::new(),
            heard: false,
            fresh: false,
        }
    }

    /// From the beginning.
    pub(super) fn begin(&mut self) {
        self.state = State::Open;
        self.skipped = 0;
        self.complete = false;
        self.heard = false;
    }

    /// Takes the answer to the last command, in hex. A second one does not count.
    pub(super) fn hear(&mut self, digits: &str) {
        self.fresh = !core::mem::replace(&mut self.heard, true);
        if !self.fresh {
            return;
        }
        self.response.clear();
        let (pairs, []) = digits.as_bytes().as_chunks::<2>() else { return };
        for pair in pairs {
            let [high, low] = pair.map(|digit| char::from(digit).to_digit(16));
            let byte = high.zip(low).map(|(high, low)| (high << 4 | low) as u8);
            if byte.is_none_or(|byte| self.response.push(byte).is_err()) {
                // Not an answer: it has no status.
                return self.response.clear();
            }
        }
    }

    /// The piece of the file that the line at hand has.
    pub(super) fn piece(&self) -> Option<&[u8]> {
        let reading = self.fresh && self.state == State::ReadFile;
        let (bytes, status) = self.answer();
        let got = reading && matches!(status, Status::Ok | Status::End) && !bytes.is_empty();
        got.then_some(bytes)
    }

    /// What the SIM said to the last command, and its status.
    fn answer(&self) -> (&[u8], Status) {
        let Some((bytes, status)) = self.response.split_last_chunk::<2>() else {
            return (&[], Status::Bad);
        };
        let status = match *status {
            [0x90, 0x00] | [0x91 | 0x61, _] => Status::Ok,
            // The end was reached before all was read; the offset is behind the end.
            [0x62, 0x82] | [0x6B, 0x00] => Status::End,
            [0x6C, length] => Status::Length(length),
            _ => Status::Bad,
        };
        (bytes, status)
    }

    /// Goes on after the SIM's answer is whole.
    pub(super) fn advance(&mut self) -> After {
        if !core::mem::take(&mut self.heard) {
            self.response.clear();
        }
        let (bytes, status) = self.answer();
        let ok = status == Status::Ok;
        match self.state {
            State::Open => match (bytes.first(), ok) {
                (Some(channel), true) => {
                    self.channel = *channel;
                    self.state = State::SelectApplication;
                }
                // No channel was opened.
                _ => return After::End(Err(Error::Refused)),
            },
            State::Close => {
                return After::End(if self.complete { Ok(()) } else { Err(Error::Refused) });
            }
            State::SelectApplication if ok => self.select(State::SelectOdf, &ODF),
            State::SelectOdf if ok => self.read(State::ReadOdf),
            State::SelectDirectory if ok => self.read(State::ReadDirectory),
            State::SelectFile if ok => self.read(State::ReadFile),
            State::ReadOdf | State::ReadDirectory | State::ReadFile => self.took(status),
            _ => self.state = State::Close,
        }
        self.response.clear();
        After::Command
    }

    fn select(&mut self, state: State, path: &[u8]) {
        self.path.clear();
        let _ = self.path.extend_from_slice(path);
        self.state = state;
    }

    fn read(&mut self, state: State) {
        self.state = state;
        self.offset = 0;
        self.length = u16::MAX;
        self.wanted = CHUNK;
        self.directory.clear();
    }

    /// A piece of a file came, or none.
    fn took(&mut self, status: Status) {
        let count = self.response.len().saturating_sub(2);
        let last = match status {
            Status::Ok => count < usize::from(self.wanted),
            Status::End => true,
            Status::Length(length) if length < self.wanted && length > 0 => {
                return self.wanted = length;
            }
            _ => return self.state = State::Close,
        };
        self.wanted = CHUNK;
        let bytes = self.response.get(..count).unwrap_or_default();
        if self.state == State::ReadFile {
            // The number of objects, then how many bytes follow.
            if let (0, Some([_, _, high, low])) = (self.offset, bytes.first_chunk()) {
                self.length = u16::from_be_bytes([*high, *low]).saturating_add(4);
            }
        } else {
            let room = DIRECTORY - self.directory.len();
            let _ = self.directory.extend_from_slice(bytes.get(..count.min(room)).unwrap_or(bytes));
        }
        self.offset = self.offset.saturating_add(count as u16);
        let full = usize::from(self.offset) >= DIRECTORY;
        match self.state {
            State::ReadFile => {
                self.complete = self.offset >= self.length;
                let large = usize::from(self.length) > BODY;
                // If it is not whole, it is of no use.
                if self.complete || last || count == 0 || large {
                    self.state = State::Close;
                }
            }
            _ if !(last || full || count == 0) => {}
            State::ReadOdf => self.enter(),
            _ => self.found(),
        }
    }

    /// EF(ODF) was read: the next directory of data objects is selected.
    fn enter(&mut self) {
        let mut rest = self.directory.as_slice();
        let mut skip = self.skipped;
        while let Some((tag, content, tail)) = element(rest) {
            rest = tail;
            if tag != 0xA7 {
                continue;
            }
            match (skip.checked_sub(1), path(content)) {
                (Some(left), _) => skip = left,
                (None, Some(path)) => {
                    let mut copy = Vec::<u8, PATH, u8>::new();
                    let _ = copy.extend_from_slice(path);
                    return self.select(State::SelectDirectory, &copy);
                }
                (None, None) => break,
            }
        }
        self.state = State::Close;
    }

    /// A directory of data objects was read: the file is selected if it names it.
    fn found(&mut self) {
        let mut rest = self.directory.as_slice();
        while let Some((tag, content, tail)) = element(rest) {
            rest = tail;
            // An object that is known by its identifier.
            if tag == 0xA1
                && let Some(path) = bootstrap(content)
            {
                let mut copy = Vec::<u8, PATH, u8>::new();
                let _ = copy.extend_from_slice(path);
                return self.select(State::SelectFile, &copy);
            }
        }
        self.skipped = self.skipped.saturating_add(1);
        self.select(State::SelectOdf, &ODF);
    }

    /// Writes the arguments of the command line: length and hex digits.
    pub(super) fn write<W: Write>(&self, out: &mut Out<'_, W>) {
        // Channels from 4 on are counted in another way (TS 102 221, 10.1.1).
        let class = match self.channel {
            channel @ ..4 => channel,
            channel => 0x40 | (channel - 4) & 15,
        };
        let [high, low] = self.offset.to_be_bytes();
        let (head, body): ([u8; 5], [&[u8]; 2]) = match self.state {
            State::Open => ([0, 0x70, 0, 0, 1], [&[]; 2]),
            State::Close => ([0, 0x70, 0x80, self.channel, 0], [&[]; 2]),
            // By name, without anything said about it.
            State::SelectApplication => ([class, 0xA4, 4, 0x0C, 12], [&APPLICATION, &[]]),
            // By path from the root, or from the application.
            State::SelectOdf | State::SelectDirectory | State::SelectFile => {
                let path = self.path.as_slice();
                let body: [&[u8]; 2] = match path.strip_prefix(&[0x3F, 0x00]) {
                    Some(rest) => [rest, &[]],
                    None => [&[0x7F, 0xFF], path],
                };
                ([class, 0xA4, 8, 0x0C, (body[0].len() + body[1].len()) as u8], body)
            }
            State::ReadOdf | State::ReadDirectory | State::ReadFile => {
                ([class, 0xB0, high, low, self.wanted], [&[]; 2])
            }
        };
        let parts = [head.as_slice(), body[0], body[1]];
        // The command to close a channel ends without a length.
        let cut = usize::from(self.state == State::Close);
        let total = parts.iter().map(|part| part.len()).sum::<usize>() - cut;
        out.numbers(&[2 * total as u32]);
        out.put(b",\"");
        parts.into_iter().flatten().take(total).for_each(|byte| out.hex(*byte));
        out.put(b"\"");
    }
}

/// Tag and content of the element at the beginning, and what follows it (DER). `None` at the end:
/// files are filled up with zeros or ones.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, length, rest @ ..] = bytes else { return None };
    let (length, rest) = match (*length, rest) {
        (length @ ..=0x7F, rest) => (usize::from(length), rest),
        (0x81, [length, rest @ ..]) => (usize::from(*length), rest),
        (0x82, [high, low, rest @ ..]) => (usize::from(u16::from_be_bytes([*high, *low])), rest),
        _ => return None,
    };
    if matches!(tag, 0 | 0xFF) {
        return None;
    }
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// The file identifiers of a path: a sequence that begins with a string of bytes.
fn path(bytes: &[u8]) -> Option<&[u8]> {
    let (0x30, content, _) = element(bytes)? else { return None };
    let (0x04, path, _) = element(content)? else { return None };
    (matches!(path.len(), 2 | 4 | 6)).then_some(path)
}

/// Where the bootstrap information is, if that is what this data object has.
fn bootstrap(object: &[u8]) -> Option<&[u8]> {
    let mut rest = object;
    while let Some((tag, content, tail)) = element(rest) {
        rest = tail;
        // After the attributes of all objects, of data objects: those of this type.
        if tag != 0xA1 {
            continue;
        }
        let (0x30, content, _) = element(content)? else { return None };
        let (0x06, identifier, value) = element(content)? else { return None };
        return identifier.ends_with(&BOOTSTRAP).then(|| path(value)).flatten();
    }
    None
}
