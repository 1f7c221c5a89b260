//! A simulated modem behind the library's AT dialect.

use super::{Config, Pipe, SimModem};
use lwm2m_carrier::modem::at::AtModem;
use lwm2m_carrier::modem::{Command, Error, Report};
use lwm2m_carrier::time::{Instant, earliest};

/// Takes commands, gives reports. Firmware goes to the modem by function call, the rest as AT text.
#[derive(Debug)]
pub struct Link {
    /// The modem at the other end.
    pub modem: SimModem,
    at: AtModem<Pipe>,
    /// What a command about firmware came to.
    update: Option<Result<(), Error>>,
}

impl Link {
    /// A link to a new modem.
    pub fn new(config: Config) -> Self {
        let modem = SimModem::new(config);
        Self { at: AtModem::new(modem.stream()), modem, update: None }
    }

    /// Begins a command.
    ///
    /// # Errors
    /// [`Error::NotNow`] when one is in hand already.
    pub fn command(&mut self, now: Instant, command: &Command<'_>) -> Result<(), Error> {
        if self.update.is_some() || self.at.deadline().is_some() {
            return Err(Error::NotNow);
        }
        let modem = &mut self.modem;
        self.update = Some(match *command {
            Command::BeginUpdate => {
                modem.begin_update();
                Ok(())
            }
            Command::WriteUpdate { offset, bytes } => modem.write_update(offset, bytes),
            Command::FinishUpdate => modem.finish_update(),
            Command::ApplyUpdate => modem.apply_update(now),
            Command::CancelUpdate => {
                modem.cancel_update();
                Ok(())
            }
            _ => return self.at.command(now, command),
        });
        Ok(())
    }

    /// Lets time come to `now` and gives the next report to `report`. `false`: there was none. To be
    /// called until it says so.
    pub fn poll(&mut self, now: Instant, report: impl FnOnce(Report<'_>)) -> bool {
        loop {
            self.modem.advance(now);
            // An update is installed when the modem is up again.
            if !self.modem.is_restarting()
                && let Some(result) = self.update.take()
            {
                report(match result {
                    Ok(()) => Report::Done,
                    Err(error) => Report::Failed(error),
                });
                return true;
            }
            if let Some(said) = self.at.poll(now) {
                report(said);
                return true;
            }
            // The dialect may have said something that the modem answers at once.
            if self.modem.deadline().is_none_or(|deadline| deadline > now) {
                return false;
            }
        }
    }

    /// When [`Link::poll`] is due.
    pub fn deadline(&self) -> Option<Instant> {
        earliest(self.modem.deadline(), self.at.deadline())
    }
}
