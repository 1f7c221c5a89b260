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

use super::arguments::{END, Out, arguments, check, kind_number};
#[cfg(feature = "key-digest")]
use super::digest::Digest;
use super::line::{self, LINE, Line, Verdict};
#[cfg(feature = "smartcard")]
use super::smartcard::Walk;
use super::table::{NRF91, Step, Vocabulary};
use crate::modem::{Command, Error, FunctionalMode, Report, Sim, TAGS};
use crate::time::Instant;
use embedded_io::Write;

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
    /// Send what [`Dialect::write`] writes.
    Transmit,
    /// Hand in a byte with [`Dialect::push`], if there is one; if not, [`Dialect::expire`].
    Read,
}

/// Which lines about stored keys count.
#[derive(Clone, Copy)]
enum Keys {
    None,
    /// One of this tag and type.
    One {
        tag: u32,
        kind: u8,
    },
    /// Those of this type, of [`TAGS`] tags: bit n of each number is the n-th tag's.
    Range {
        first: u32,
        kind: u8,
        taken: u32,
        same: u32,
    },
}

/// The state of the conversation with a modem. About 180 bytes of RAM; with all features 540.
pub struct Dialect {
    vocabulary: &'static Vocabulary,
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
    /// The keys that the command in hand is about.
    keys: Keys,
    /// Whether the command is [`Command::FindKey`].
    finding: bool,
    /// Of the key that is looked for.
    #[cfg(feature = "key-digest")]
    digest: Digest,
    /// The file of the SIM that is being read.
    #[cfg(feature = "smartcard")]
    walk: Walk,
    /// What was last set.
    mode: FunctionalMode,
    /// Whether the first question of all is to be asked again.
    again: Again,
    /// To be reported, in this order, before anything else is done.
    due_sim: Option<Sim>,
    due_keys: bool,
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
    /// Nothing was said yet, to an nRF91.
    pub const fn new() -> Self {
        Self::with(&NRF91)
    }

    /// Nothing was said yet, to a modem of this kind.
    pub const fn with(vocabulary: &'static Vocabulary) -> Self {
        Self {
            vocabulary,
            line: heapless::Vec::new(),
            whole: false,
            part: 0,
            steps: &[],
            unsent: false,
            seen: false,
            seen_now: false,
            deadline: Instant::ZERO,
            keys: Keys::None,
            finding: false,
            #[cfg(feature = "key-digest")]
            digest: Digest::new(),
            #[cfg(feature = "smartcard")]
            walk: Walk::new(),
            mode: FunctionalMode::Offline,
            again: Again::No,
            due_sim: None,
            due_keys: false,
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

    /// Whether there are words for a command. Where there are none for keys, these stay with the
    /// host, and so does DTLS.
    pub fn supports(&self, command: &Command<'_>) -> bool {
        !self.vocabulary.steps(command).is_empty()
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
        self.steps = self.vocabulary.steps(command);
        self.finding = matches!(command, Command::FindKey { .. });
        self.keys = match *command {
            Command::FindKey { tag, kind } | Command::DeleteKey { tag, kind } => {
                Keys::One { tag, kind: kind_number(kind) }
            }
            Command::SearchKeys { first, kind, .. } => {
                Keys::Range { first, kind: kind_number(kind), taken: 0, same: 0 }
            }
            _ => Keys::None,
        };
        #[cfg(feature = "key-digest")]
        if let Command::SearchKeys { value, .. } = command {
            self.digest = Digest::of(value.expose());
        }
        #[cfg(feature = "smartcard")]
        self.walk.begin();
        self.unsent = false;
        self.again = Again::No;
        self.seen = false;
        self.deadline = now;
        let sent = match self.steps.first() {
            None => Err(Error::Unsupported),
            Some(step) => {
                log!(debug, "modem: AT{}", step.text);
                check(command).and_then(|()| {
                    let mut out = Out::new(out);
                    self.write_step(&mut out);
                    arguments(command, self.vocabulary.context, &mut out);
                    out.put(END);
                    out.end()
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
            #[cfg(feature = "smartcard")]
            if self.part == 0 && self.is_reading_smartcard() {
                let line = Line::new(crate::bytes::text(&self.line).unwrap_or_default());
                if let Some(digits) = line.response() {
                    self.walk.hear(digits);
                }
            }
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
        if core::mem::take(&mut self.due_keys) {
            match self.keys {
                Keys::One { .. } if self.finding => {
                    return Next::Report(Report::Key(self.seen));
                }
                Keys::Range { taken, same, .. } => {
                    return Next::Report(Report::Keys { taken, same });
                }
                _ => {}
            }
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
                log!(debug, "modem: AT{}", step.text);
                self.unsent = false;
                Next::Transmit
            }
            _ => Next::Read,
        }
    }

    /// Writes the command line that [`Next::Transmit`] announced.
    ///
    /// # Errors
    /// [`Error::Io`]: the stream has something against it.
    pub fn write<W: Write>(&self, out: &mut W) -> Result<(), Error> {
        let mut out = Out::new(out);
        self.write_step(&mut out);
        out.put(END);
        out.end()
    }

    /// The current step, without the arguments that its command gives.
    fn write_step<W: Write>(&self, out: &mut Out<'_, W>) {
        let Some(step) = self.steps.first() else { return };
        out.put(b"AT");
        out.put(step.text.as_bytes());
        #[cfg(feature = "smartcard")]
        if self.is_reading_smartcard() {
            self.walk.write(out);
        }
    }

    #[cfg(feature = "smartcard")]
    fn is_reading_smartcard(&self) -> bool {
        self.steps.first().is_some_and(|step| step.text == super::table::SMARTCARD)
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
        #[cfg(feature = "smartcard")]
        if self.part == 1
            && self.is_reading_smartcard()
            && line.response().is_some()
            && let Some(piece) = self.walk.piece()
        {
            return Some(Report::Smartcard(crate::secret::Secret::new(piece)));
        }
        line.report(self.part, self.mode == FunctionalMode::Normal, self.vocabulary.context)
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
        log!(debug, "modem: AT{} failed: {:?}", step.text, error);
        self.steps = &[];
        self.due_end = Some(Err(error));
        true
    }

    fn parts(&self) -> Line<'_> {
        Line::new(crate::bytes::text(&self.line).unwrap_or_default())
    }

    /// The values of the line were given: what does it do to the command in hand?
    fn conclude(&mut self, now: Instant) {
        let line = Line::new(crate::bytes::text(&self.line).unwrap_or_default());
        let verdict = line.verdict();
        self.seen |= self.seen_now;
        // Somebody else may have changed it.
        if let Some(mode) = line.mode() {
            self.mode = mode;
        }
        if let Some((tag, kind, _digest)) = line.key() {
            match &mut self.keys {
                Keys::One { tag: wanted, kind: of } => {
                    self.seen |= tag == *wanted && kind == u32::from(*of);
                }
                Keys::Range { first, kind: of, taken, same: _same } => {
                    let nth = tag.wrapping_sub(*first);
                    if nth < TAGS && kind == u32::from(*of) {
                        *taken |= 1 << nth;
                        #[cfg(feature = "key-digest")]
                        if self.digest.is(_digest) {
                            *_same |= 1 << nth;
                        }
                    }
                }
                Keys::None => {}
            }
        }
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
        #[cfg(feature = "smartcard")]
        if self.is_reading_smartcard() {
            match self.walk.advance() {
                super::smartcard::After::Command => {
                    self.unsent = true;
                    return self.arm(now);
                }
                super::smartcard::After::End(Ok(())) => {}
                super::smartcard::After::End(Err(error)) => {
                    self.fail(error);
                    return;
                }
            }
        }
        self.steps = rest;
        match rest.first() {
            Some(_) => {
                self.unsent = true;
                self.again = Again::No;
                self.seen = false;
                self.arm(now);
            }
            None => {
                self.due_keys = true;
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
        let absent = !matches!(self.keys, Keys::None) && code == line::NOT_FOUND;
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
        let asked = self.steps.first().is_some_and(|step| step.text.is_empty());
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
