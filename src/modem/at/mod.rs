//! AT over any byte stream: [`Command`]s become AT commands, responses and notifications become
//! [`Report`]s. Which words are used is data: [`NRF91`], or [`PLAIN`] for a modem that knows what is
//! in 3GPP TS 27.007 and nothing else.
//!
//! Read beside it: 3GPP TS 27.007 (the `+` commands), the nRF91 AT command reference (the `%`
//! commands), ITU-T V.250 section 5 (lines and final result codes). What is said to the modem stands
//! in `table` and `arguments`, what its lines mean in `line`, which command they belong to in
//! `dialect`.
//!
//! ```text
//! modem.command(now, &Command::ReadSignal)?;
//! loop {
//!     while let Some(report) = modem.poll(now) { … }   // Signal, then Done
//!     sleep until modem.deadline() or until the stream has bytes
//! }
//! ```

mod arguments;
mod clock;
mod dialect;
#[cfg(feature = "key-digest")]
mod digest;
mod line;
#[cfg(feature = "smartcard")]
mod smartcard;
mod table;

pub use dialect::{Dialect, Next};
pub use line::LINE;
#[cfg(feature = "cellular")]
pub(crate) use line::is_timer;
pub use table::{NRF91, PLAIN, Vocabulary};

use super::{Command, Error, Report};
use crate::time::Instant;
use embedded_io::{Read, ReadReady, Write};

/// A modem that speaks AT over the stream `S`.
#[derive(Debug)]
pub struct AtModem<S> {
    stream: S,
    dialect: Dialect,
}

impl<S: Read + Write + ReadReady> AtModem<S> {
    /// An nRF91 at the other end of `stream`.
    pub const fn new(stream: S) -> Self {
        Self::with(stream, &NRF91)
    }

    /// A modem that speaks like this at the other end of `stream`.
    pub const fn with(stream: S, vocabulary: &'static Vocabulary) -> Self {
        Self { stream, dialect: Dialect::with(vocabulary) }
    }

    /// Whether the modem has a command at all. Where it has none for keys, these stay with the
    /// host, and so does DTLS.
    pub fn supports(&self, command: &Command<'_>) -> bool {
        self.dialect.supports(command)
    }

    /// Begins a command. Nothing of its arguments is kept.
    ///
    /// # Errors
    /// [`Error::NotNow`] when a command is in hand already; that one goes on. Whatever else can go
    /// wrong is told by [`AtModem::poll`], so that each command that was taken ends with exactly one
    /// [`Report::Done`] or [`Report::Failed`].
    pub fn command(&mut self, now: Instant, command: &Command<'_>) -> Result<(), Error> {
        self.dialect.start(now, command, &mut self.stream)
    }

    /// Takes what the stream has and gives the next report. `None`: nothing more to report now.
    /// To be called until it says so; calling it early or twice is harmless.
    pub fn poll(&mut self, now: Instant) -> Option<Report<'_>> {
        loop {
            match self.dialect.next(now) {
                Next::Report(report) => return Some(report),
                Next::Value => return self.dialect.value(),
                Next::Transmit => {
                    if let Err(error) = self.dialect.write(&mut self.stream) {
                        self.dialect.fail(error);
                    }
                }
                Next::Read => match self.read() {
                    Ok(Some(byte)) => self.dialect.push(byte),
                    Ok(None) if self.dialect.expire(now) => {}
                    Err(error) if self.dialect.fail(error) => {}
                    _ => return None,
                },
            }
        }
    }

    /// When a missing answer becomes `Failed(Timeout)`; `None` when no command is in hand.
    /// [`AtModem::poll`] is due then at the latest, and whenever the stream has bytes.
    pub fn deadline(&self) -> Option<Instant> {
        self.dialect.deadline()
    }

    /// The stream.
    pub fn stream(&mut self) -> &mut S {
        &mut self.stream
    }

    fn read(&mut self) -> Result<Option<u8>, Error> {
        if !self.stream.read_ready().map_err(|_| Error::Io)? {
            return Ok(None);
        }
        let mut byte = [0];
        match self.stream.read(&mut byte) {
            Ok(1..) => Ok(Some(byte[0])),
            // The other end is gone.
            Ok(0) | Err(_) => Err(Error::Io),
        }
    }
}
