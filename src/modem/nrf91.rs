//! The modem of an nRF91, through Nordic's modem library: AT commands as function calls, and firmware
//! images for the modem itself.
//!
//! The library is behind [`Library`], so that all of this can be tested without it. Read beside it:
//! `nrf_modem_at.h` and `nrf_modem_delta_dfu.h` of nrfxlib.

use super::at::AtModem;
use super::{Command, Error, Report};
use crate::capacity::{IDENTITY, KEY};
use crate::time::{Duration, Instant, earliest};
use embedded_io::ErrorKind;

/// Bytes of the longest AT command: one that writes a key or an identity, or a PDN configuration.
const COMMAND: usize = {
    let value = if 2 * KEY > IDENTITY { 2 * KEY } else { IDENTITY };
    32 + if value > 96 { value } else { 96 }
};

/// How long the modem may take to erase its area for images; longer while it is registered.
const ERASE: Duration = Duration::from_secs(60);
/// How often to look whether it has.
const LOOK: Duration = Duration::from_millis(500);

/// What is in the modem's area for images.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Area {
    /// Nothing: an image can be written.
    Blank,
    /// Something: it must be erased first.
    Used,
    /// It is being erased.
    Erasing,
}

/// What Nordic's library does. Calls block for as long as the library takes, without using the
/// processor meanwhile.
pub trait Library {
    /// Starts the library, and with it the modem, unless it runs.
    ///
    /// # Errors
    /// [`Error::Io`]: the modem does not start.
    fn start(&mut self) -> Result<(), Error>;

    /// Stops the library and starts it again; the modem installs the image that was scheduled.
    ///
    /// # Errors
    /// [`Error::Image`]: the modem did not install it and goes on with the firmware it had.
    /// [`Error::NotNow`]: not with this voltage. [`Error::Io`]: the modem does not start.
    fn restart(&mut self) -> Result<(), Error>;

    /// Whether the modem stopped by itself since it was started.
    fn has_stopped(&self) -> bool;

    /// Begins an AT command, given without the end of the line. Its answer comes with [`Library::read`].
    ///
    /// # Errors
    /// [`Error::Io`]: the library does not take it.
    fn send(&mut self, line: &[u8]) -> Result<(), Error>;

    /// Whether [`Library::read`] has something.
    fn is_ready(&self) -> bool;

    /// Takes what answers and notifications are there, as whole lines one after another; how much.
    fn read(&mut self, bytes: &mut [u8]) -> usize;

    /// What is in the area for images.
    ///
    /// # Errors
    /// [`Error::Io`]: the modem does not say.
    fn area(&mut self) -> Result<Area, Error>;

    /// Begins to erase the area for images.
    ///
    /// # Errors
    /// [`Error::Refused`], [`Error::Io`].
    fn erase(&mut self) -> Result<(), Error>;

    /// Makes the modem ready to receive an image.
    ///
    /// # Errors
    /// [`Error::NoMemory`], [`Error::Refused`], [`Error::Io`].
    fn open_image(&mut self) -> Result<(), Error>;

    /// Writes the next bytes of an image.
    ///
    /// # Errors
    /// [`Error::Image`]: it is not for this modem, or damaged. [`Error::NoMemory`], [`Error::Refused`],
    /// [`Error::Io`].
    fn write_image(&mut self, bytes: &[u8]) -> Result<(), Error>;

    /// The image is complete, or given up.
    ///
    /// # Errors
    /// As [`Library::write_image`].
    fn close_image(&mut self) -> Result<(), Error>;

    /// Has the image installed at the next start.
    ///
    /// # Errors
    /// As [`Library::write_image`].
    fn schedule_image(&mut self) -> Result<(), Error>;
}

/// The library as a stream of lines, for the AT dialect.
#[derive(Debug)]
pub struct Lines<L> {
    library: L,
    /// What came of the command so far.
    line: heapless::Vec<u8, COMMAND>,
    /// It is longer than the line.
    cut: bool,
}

impl<L> embedded_io::ErrorType for Lines<L> {
    type Error = ErrorKind;
}

impl<L: Library> embedded_io::Write for Lines<L> {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, ErrorKind> {
        for byte in bytes {
            match byte {
                b'\r' => {}
                b'\n' => self.send()?,
                byte => self.cut |= self.line.push(*byte).is_err(),
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

impl<L: Library> embedded_io::ReadReady for Lines<L> {
    /// An error when the modem has stopped: so the command in hand fails at once.
    fn read_ready(&mut self) -> Result<bool, ErrorKind> {
        if self.library.has_stopped() {
            Err(ErrorKind::BrokenPipe)
        } else {
            Ok(self.library.is_ready())
        }
    }
}

impl<L: Library> embedded_io::Read for Lines<L> {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, ErrorKind> {
        Ok(self.library.read(bytes))
    }
}

impl<L: Library> Lines<L> {
    fn send(&mut self) -> Result<(), ErrorKind> {
        let sent = if self.cut { Err(Error::NoMemory) } else { self.library.send(&self.line) };
        // A key does not stay here.
        self.line.fill(0);
        core::hint::black_box(&self.line);
        self.line.clear();
        self.cut = false;
        sent.map_err(|_| ErrorKind::Other)
    }
}

/// The modem.
#[derive(Debug)]
pub struct Nrf91<L> {
    at: AtModem<Lines<L>>,
    /// What became of a command that was not an AT command.
    outcome: Option<Result<(), Error>>,
    /// The modem stopped, and that was said.
    told: bool,
    /// Bytes of an image that came in.
    received: Option<u32>,
    /// Until when the area may take to be erased, and when to look again.
    erasing: Option<(Instant, Instant)>,
}

impl<L: Library> Nrf91<L> {
    /// The modem behind `library`, not started yet.
    pub const fn new(library: L) -> Self {
        let lines = Lines { library, line: heapless::Vec::new(), cut: false };
        Self { at: AtModem::new(lines), outcome: None, told: false, received: None, erasing: None }
    }

    /// Begins a command. One at a time, as [`crate::modem`] says.
    ///
    /// # Errors
    /// [`Error::NotNow`] when a command is in hand already; that one goes on.
    pub fn command(&mut self, now: Instant, command: &Command<'_>) -> Result<(), Error> {
        if self.outcome.is_some() || self.erasing.is_some() {
            return Err(Error::NotNow);
        }
        self.outcome = match *command {
            Command::Initialise => match self.library().start() {
                Ok(()) => {
                    self.told = false;
                    return self.at.command(now, command);
                }
                failed => Some(failed),
            },
            Command::BeginUpdate => self.begin_update(now),
            Command::WriteUpdate { offset, bytes } => Some(self.write_update(offset, bytes)),
            Command::FinishUpdate => Some(match self.received.take() {
                Some(_) => self.library().close_image(),
                None => Err(Error::NotNow),
            }),
            Command::ApplyUpdate => Some(self.apply_update()),
            Command::CancelUpdate => {
                self.give_up();
                Some(Ok(()))
            }
            _ => return self.at.command(now, command),
        };
        Ok(())
    }

    /// The next report. `None`: nothing more to report now. Calling it early or twice is harmless.
    pub fn poll(&mut self, now: Instant) -> Option<Report<'_>> {
        self.look_at_area(now);
        if let Some(outcome) = self.outcome.take() {
            return Some(outcome.map_or_else(Report::Failed, |()| Report::Done));
        }
        // First the command in hand fails.
        if self.at.deadline().is_none() && self.library().has_stopped() {
            let told = core::mem::replace(&mut self.told, true);
            self.received = None;
            return (!told).then_some(Report::Restarted);
        }
        self.at.poll(now)
    }

    /// When [`Nrf91::poll`] is due, apart from when the library has something.
    pub fn deadline(&self) -> Option<Instant> {
        if self.outcome.is_some() {
            return Some(Instant::ZERO);
        }
        earliest(self.at.deadline(), self.erasing.map(|(_, look)| look))
    }

    /// The library.
    pub fn library(&mut self) -> &mut L {
        &mut self.at.stream().library
    }

    /// Erases what the area has, then makes ready to receive.
    fn begin_update(&mut self, now: Instant) -> Option<Result<(), Error>> {
        self.give_up();
        let begun = match self.library().area() {
            Ok(Area::Blank) => return Some(self.open()),
            Ok(Area::Used) => self.library().erase(),
            Ok(Area::Erasing) => Ok(()),
            Err(error) => Err(error),
        };
        if begun.is_ok() {
            self.erasing = Some((now + ERASE, now + LOOK));
            return None;
        }
        Some(begun)
    }

    fn look_at_area(&mut self, now: Instant) {
        let Some((end, _)) = self.erasing.filter(|(_, look)| *look <= now) else { return };
        let outcome = match self.library().area() {
            Ok(Area::Blank) => self.open(),
            // The modem says so until it has begun, too.
            Ok(_) if now < end => {
                self.erasing = Some((end, now + LOOK));
                return;
            }
            Ok(_) => Err(Error::Timeout),
            Err(error) => Err(error),
        };
        self.erasing = None;
        self.outcome = Some(outcome);
    }

    fn open(&mut self) -> Result<(), Error> {
        self.library().open_image()?;
        self.received = Some(0);
        Ok(())
    }

    fn write_update(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        let received = self.received.ok_or(Error::NotNow)?;
        if offset != received {
            return Err(Error::Refused);
        }
        let len = u32::try_from(bytes.len()).map_err(|_| Error::NoMemory)?;
        let after = received.checked_add(len).ok_or(Error::NoMemory)?;
        if !bytes.is_empty() {
            self.library().write_image(bytes)?;
        }
        self.received = Some(after);
        Ok(())
    }

    fn apply_update(&mut self) -> Result<(), Error> {
        self.give_up();
        self.library().schedule_image()?;
        self.library().restart()
    }

    /// Receives no more of an image.
    fn give_up(&mut self) {
        if self.received.take().is_some() {
            // What is there of it is erased before the next.
            let _ = self.library().close_image();
        }
    }
}
