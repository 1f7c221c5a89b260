//! An AT modem on a UART. Datagrams do not pass through it but through Zephyr's network stack, so keys
//! are not its concern: they stay on the host.

use super::super::config::is_enabled;
use super::super::keys::Keys;
use super::super::os;
use crate::modem::at::{AtModem, NRF91, PLAIN, Vocabulary};
use crate::modem::{Command, Error, Report};
use crate::time::Instant;
use core::convert::Infallible;

/// What the modem is spoken to in.
const WORDS: &Vocabulary = if is_enabled!("MODEM_UART_NRF91") { &NRF91 } else { &PLAIN };

/// The modem.
pub(in super::super) struct Modem {
    /// `None`: its UART cannot be used.
    at: Option<AtModem<Uart>>,
    keys: Keys,
    /// What is to be reported of a command that was not the modem's.
    reports: heapless::Deque<Report<'static>, 2>,
}

impl Modem {
    pub(in super::super) fn new(keys: Keys) -> Self {
        Self {
            at: os::init_uart().ok().map(|()| AtModem::with(Uart, WORDS)),
            keys,
            reports: heapless::Deque::new(),
        }
    }

    /// Begins a command.
    pub(in super::super) fn command(&mut self, now: Instant, command: &Command<'_>) {
        let reports = &mut self.reports;
        // Two fit: what was found, and that it is done.
        let keys = self.keys.execute(command, |report| {
            let _ = reports.push_back(report);
        });
        let done = match (keys, &mut self.at) {
            (Some(done), _) => done,
            (None, Some(at)) => {
                if at.command(now, command).is_err() {
                    // One command at a time is the core's promise.
                    log!(error, "the modem has another command in hand");
                }
                return;
            }
            (None, None) => Err(Error::Io),
        };
        let _ = self.reports.push_back(match done {
            Ok(()) => Report::Done,
            Err(error) => Report::Failed(error),
        });
    }

    /// The next report, if there is one.
    pub(in super::super) fn poll(&mut self, now: Instant) -> Option<Report<'_>> {
        match self.reports.pop_front() {
            Some(report) => Some(report),
            None => self.at.as_mut()?.poll(now),
        }
    }

    /// When [`Modem::poll`] is due, apart from when the UART received something.
    pub(in super::super) fn deadline(&self) -> Option<Instant> {
        self.at.as_ref()?.deadline()
    }
}

/// The UART, as a stream.
struct Uart;

impl embedded_io::ErrorType for Uart {
    type Error = Infallible;
}

impl embedded_io::ReadReady for Uart {
    fn read_ready(&mut self) -> Result<bool, Infallible> {
        Ok(os::is_uart_ready())
    }
}

impl embedded_io::Read for Uart {
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Infallible> {
        Ok(os::read_uart(bytes))
    }
}

impl embedded_io::Write for Uart {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Infallible> {
        Ok(os::write_uart(bytes))
    }

    fn flush(&mut self) -> Result<(), Infallible> {
        Ok(())
    }
}
