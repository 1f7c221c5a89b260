//! The dialect without a stream: which command is in hand, at which step, and what its lines do to
//! it.
//!
//! A command is a row of steps. A step is sent, its final result code leads to the next one, the last
//! one's to `Done`. Only the first step of a command has arguments, so they need not be kept: they
//! go out while the caller still lends them. Lines that are not a final result code are values or
//! notifications, wherever they come.
//!
//! A final result code that comes after its command was given up counts for the next command: the
//! times in `table` are longer than the modem's own.

use super::line::{self, Line, Verdict};
use super::table::{self, Step};
use crate::lwm2m::Window;
use crate::lwm2m::format::put_integer;
use crate::modem::{Command, Error, FunctionalMode, KeyKind, Report, Sim};
use crate::time::Instant;
use embedded_io::Write;

/// Bytes of a line that are looked at; what is longer is cut. The longest lines of interest carry
/// an Access Point Name (63) or two addresses (up to 45 each).
pub const LINE: usize = 128;

/// What ends a command line.
pub(super) const END: &[u8] = b"\r\n";

/// The modem may start while it is asked whether it is there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Again {
    No,
    /// Ask again when the time is over.
    Due,
    /// That was done; once is enough.
    Done,
}

/// What is to be done next.
#[derive(Debug)]
pub enum Next {
    /// Hand out this report.
    Report(Report<'static>),
    /// Hand out [`Dialect::value`].
    Value,
    /// Send this text, then CR and LF.
    Transmit(&'static str),
    /// Hand in a byte with [`Dialect::push`], if there is one; if not, [`Dialect::expire`].
    Read,
}

/// The state of the conversation with a modem. About 180 bytes of RAM.
pub struct Dialect {
    /// What came of the line so far.
    line: heapless::Vec<u8, LINE, u8>,
    /// The line is whole.
    whole: bool,
    /// The report of the line that was given last; 0 for none.
    part: u8,
    /// The steps that are left of the command in hand, the current one first.
    steps: &'static [Step],
    /// The current step is still to be sent.
    unsent: bool,
    /// What the current step asked for was found.
    seen: bool,
    /// The same, as soon as the line at hand is done with.
    seen_now: bool,
    /// When the current step's time is over.
    deadline: Instant,
    /// The key asked for, for as long as `FindKey` or `DeleteKey` is in hand.
    key: Option<(u32, u8)>,
    /// Whether the command is [`Command::FindKey`].
    finding: bool,
    /// What was last set.
    mode: FunctionalMode,
    /// Whether the first question of all is to be asked again.
    again: Again,
    /// To be reported, in this order, before anything else is done.
    due_sim: Option<Sim>,
    due_key: Option<bool>,
    due_end: Option<Result<(), Error>>,
    due_restart: bool,
}

impl core::fmt::Debug for Dialect {
    /// Without the line: it may hold an identity, or the echo of a key.
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Dialect")
            .field("step", &self.steps.first().map(|step| step.text))
            .field("deadline", &self.deadline())
            .finish_non_exhaustive()
    }
}

impl Default for Dialect {
    fn default() -> Self {
        Self::new()
    }
}

impl Dialect {
    /// Nothing was said yet.
    pub const fn new() -> Self {
        Self {
            line: heapless::Vec::new(),
            whole: false,
            part: 0,
            steps: &[],
            unsent: false,
            seen: false,
            seen_now: false,
            deadline: Instant::ZERO,
            key: None,
            finding: false,
            mode: FunctionalMode::Offline,
            again: Again::No,
            due_sim: None,
            due_key: None,
            due_end: None,
            due_restart: false,
        }
    }

    /// Whether a command is in hand.
    pub const fn is_busy(&self) -> bool {
        !self.steps.is_empty() || self.due_end.is_some()
    }

    /// When the time of the command in hand is over.
    pub fn deadline(&self) -> Option<Instant> {
        self.is_busy().then_some(self.deadline)
    }

    /// Begins a command: its first step goes to `out`.
    ///
    /// # Errors
    /// [`Error::NotNow`] when one is in hand already. Whatever else is wrong is reported as
    /// [`Report::Failed`].
    pub fn start<W: Write>(
        &mut self,
        now: Instant,
        command: &Command<'_>,
        out: &mut W,
    ) -> Result<(), Error> {
        if self.is_busy() {
            return Err(Error::NotNow);
        }
        self.steps = table::steps(command, self.mode == FunctionalMode::PowerOff);
        self.finding = matches!(command, Command::FindKey { .. });
        self.key = match *command {
            Command::FindKey { tag, kind } | Command::DeleteKey { tag, kind } => {
                Some((tag, kind_number(kind)))
            }
            _ => None,
        };
        self.unsent = false;
        self.again = Again::No;
        self.seen = false;
        self.deadline = now;
        let sent = match self.steps.first() {
            None => Err(Error::Unsupported),
            Some(step) => {
                log!(debug, "modem: {}", step.text);
                check(command).and_then(|()| {
                    send(out, step.text.as_bytes())?;
                    arguments(command, out)?;
                    send(out, END)
                })
            }
        };
        match sent {
            Ok(()) => {
                self.arm(now);
                if let Command::SetFunctionalMode(mode) = *command {
                    self.mode = mode;
                }
            }
            Err(error) => {
                self.steps = &[];
                self.deadline = now;
                self.due_end = Some(Err(error));
            }
        }
        Ok(())
    }

    /// What is to be done next.
    pub fn next(&mut self, now: Instant) -> Next {
        while self.whole {
            if self.part < line::PARTS {
                self.part += 1;
                if let Some(value) = self.value() {
                    self.seen_now = matches!(value, Report::Identity(_));
                    return Next::Value;
                }
            } else {
                self.conclude(now);
            }
        }
        if let Some(sim) = self.due_sim.take() {
            return Next::Report(Report::Sim(sim));
        }
        if let Some(found) = self.due_key.take() {
            return Next::Report(Report::Key(found));
        }
        if let Some(end) = self.due_end.take() {
            return Next::Report(match end {
                Ok(()) => Report::Done,
                Err(error) => Report::Failed(error),
            });
        }
        if self.due_restart {
            self.due_restart = false;
            return Next::Report(Report::Restarted);
        }
        match self.steps.first() {
            Some(step) if self.unsent => {
                log!(debug, "modem: {}", step.text);
                self.unsent = false;
                Next::Transmit(step.text)
            }
            _ => Next::Read,
        }
    }

    /// The report that [`Next::Value`] announced.
    pub fn value(&self) -> Option<Report<'_>> {
        let line = self.parts();
        let asked = self.steps.first().filter(|_| self.part == 1 && !self.seen);
        if let Some(step) = asked
            && line.verdict().is_none()
            && let Some(identity) = line.identity(step)
        {
            return Some(Report::Identity(identity));
        }
        line.report(self.part, self.mode == FunctionalMode::Normal)
    }

    /// Takes a byte from the modem, after [`Dialect::next`] asked for one. Control characters other
    /// than CR and LF are noise (a UART gives some when the modem starts).
    pub fn push(&mut self, byte: u8) {
        match byte {
            b'\r' | b'\n' => self.whole = !self.line.is_empty(),
            0..0x20 | 0x7F => {}
            // What does not fit is cut off.
            _ => drop(self.line.push(byte)),
        }
    }

    /// Gives the command in hand up if its time is over. Tells whether something is to be done now.
    pub fn expire(&mut self, now: Instant) -> bool {
        if now < self.deadline {
            return false;
        }
        if self.again == Again::Due {
            self.again = Again::Done;
            self.unsent = true;
            self.arm(now);
            return true;
        }
        self.fail(Error::Timeout)
    }

    /// Ends the command in hand with an error. `false` if there is none.
    pub fn fail(&mut self, error: Error) -> bool {
        let Some(step) = self.steps.first() else {
            return false;
        };
        log!(debug, "modem: {} failed: {:?}", step.text, error);
        self.steps = &[];
        self.due_end = Some(Err(error));
        true
    }

    fn parts(&self) -> Line<'_> {
        Line::new(crate::bytes::text(&self.line).unwrap_or_default())
    }

    /// The values of the line were given: what does it do to the command in hand?
    fn conclude(&mut self, now: Instant) {
        let line = self.parts();
        let verdict = line.verdict();
        self.seen |= self.seen_now || self.key.is_some_and(|(tag, kind)| line.is_key(tag, kind));
        self.line.clear();
        self.whole = false;
        self.part = 0;
        self.seen_now = false;
        match verdict {
            None => {}
            Some(Verdict::Ok) => self.step_done(now),
            Some(Verdict::Error(code)) => self.step_refused(now, code),
            Some(Verdict::Ready) => self.ready(now),
        }
    }

    fn step_done(&mut self, now: Instant) {
        let Some((_, rest)) = self.steps.split_first() else {
            return;
        };
        self.steps = rest;
        match rest.first() {
            Some(_) => {
                self.unsent = true;
                self.again = Again::No;
                self.seen = false;
                self.arm(now);
            }
            None => {
                self.due_key = self.finding.then_some(self.seen);
                self.due_end = Some(Ok(()));
            }
        }
    }

    fn step_refused(&mut self, now: Instant, code: u32) {
        let Some(step) = self.steps.first() else {
            return;
        };
        self.due_sim = line::sim_error(code);
        // A key that is not there: so it is not found, and need not be deleted.
        let absent = self.key.is_some() && code == line::NOT_FOUND;
        if step.optional || absent {
            self.step_done(now);
        } else {
            self.fail(line::error(code));
        }
    }

    /// The modem has started. If it was just asked whether it is there, it may or may not have heard
    /// that: an answer counts if it comes soon, and a second question at once could get two.
    fn ready(&mut self, now: Instant) {
        self.mode = FunctionalMode::Offline;
        let asked = self.steps.first().is_some_and(|step| step.text == "AT");
        if asked && self.again == Again::No {
            self.again = Again::Due;
            self.deadline = now.after(1);
        } else {
            self.fail(Error::NotNow);
            self.due_restart = true;
        }
    }

    /// Starts the time of the current step.
    fn arm(&mut self, now: Instant) {
        let seconds = self.steps.first().map_or(0, |step| step.seconds);
        self.deadline = now.after(seconds.into());
    }
}

/// The number of a kind of key (nRF91, %CMNG).
const fn kind_number(kind: KeyKind) -> u8 {
    match kind {
        KeyKind::Psk => 3,
        KeyKind::Identity => 4,
    }
}

/// Whether the arguments can be said in this dialect, which has no escapes.
fn check(command: &Command<'_>) -> Result<(), Error> {
    let plain =
        |bytes: &[u8]| bytes.iter().all(|byte| matches!(byte, b' '..=b'~') && *byte != b'"');
    let fits = match *command {
        Command::ConfigurePdn { apn, .. } => apn.len() <= 63 && plain(apn.as_bytes()),
        Command::WriteKey { kind, value, .. } => {
            let value = value.expose();
            !value.is_empty() && (kind == KeyKind::Psk || plain(value))
        }
        _ => true,
    };
    if fits { Ok(()) } else { Err(Error::Refused) }
}

/// Writes what follows the text of a command's first step.
fn arguments<W: Write>(command: &Command<'_>, out: &mut W) -> Result<(), Error> {
    match *command {
        Command::ConfigurePdn { apn, pdn_type } => {
            send(out, table::pdn_type(pdn_type).as_bytes())?;
            if !apn.is_empty() {
                send(out, b"\",\"")?;
                send(out, apn.as_bytes())?;
            }
            send(out, b"\"")
        }
        Command::FindKey { tag, kind } | Command::DeleteKey { tag, kind } => key(tag, kind, out),
        Command::WriteKey { tag, kind, value } => {
            key(tag, kind, out)?;
            send(out, b",\"")?;
            let value = value.expose();
            match kind {
                KeyKind::Identity => send(out, value)?,
                // Digit by digit: no second copy of the key is made.
                KeyKind::Psk => {
                    for byte in value {
                        send(out, &[hex(byte >> 4), hex(byte & 15)])?;
                    }
                }
            }
            send(out, b"\"")
        }
        _ => Ok(()),
    }
}

/// `tag,type`.
fn key<W: Write>(tag: u32, kind: KeyKind, out: &mut W) -> Result<(), Error> {
    let mut text = [0; 12];
    let mut line = Window::new(&mut text, 0);
    put_integer(&mut line, tag.into());
    line.put(&[b',', b'0' + kind_number(kind)]);
    let len = line.kept();
    send(out, text.get(..len).unwrap_or_default())
}

const fn hex(nibble: u8) -> u8 {
    nibble + if nibble < 10 { b'0' } else { b'A' - 10 }
}

/// Writes all of `bytes`; what the stream has against it does not matter to the carrier.
#[inline(never)]
pub(super) fn send<W: Write>(out: &mut W, mut bytes: &[u8]) -> Result<(), Error> {
    while !bytes.is_empty() {
        let count = out.write(bytes).map_err(|_| Error::Io)?;
        // A stream that takes nothing never will.
        bytes = bytes.get(count..).filter(|_| count > 0).ok_or(Error::Io)?;
    }
    Ok(())
}
