//! A simulated modem behind the library's AT dialect.

use super::{Config, Pipe, SimModem, keys};
use lwm2m_carrier::modem::at::{AtModem, NRF91, PLAIN};
use lwm2m_carrier::modem::{Command, Error, KeyKind, Report, TAGS};
use lwm2m_carrier::time::{Instant, earliest};

/// Takes commands, gives reports. Firmware goes to the modem by function call, the rest as AT text;
/// keys that a plain modem has no commands for are kept by the host, here in the same place.
#[derive(Debug)]
pub struct Link {
    /// The modem at the other end.
    pub modem: SimModem,
    at: AtModem<Pipe>,
    /// What a command about firmware came to.
    update: Option<Result<(), Error>>,
    /// What is to be told before that.
    found: Option<Report<'static>>,
}

impl Link {
    /// A link to a new modem.
    pub fn new(config: Config) -> Self {
        let vocabulary = if config.plain { &PLAIN } else { &NRF91 };
        let modem = SimModem::new(config);
        let at = AtModem::with(modem.stream(), vocabulary);
        Self { at, modem, update: None, found: None }
    }

    /// Begins a command.
    ///
    /// # Errors
    /// [`Error::NotNow`] when one is in hand already.
    pub fn command(&mut self, now: Instant, command: &Command<'_>) -> Result<(), Error> {
        if self.update.is_some() || self.at.deadline().is_some() {
            return Err(Error::NotNow);
        }
        if self.keep(command) {
            self.update = Some(Ok(()));
            return Ok(());
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

    /// Keeps keys for a modem that does not: whether the command was about that.
    fn keep(&mut self, command: &Command<'_>) -> bool {
        if self.at.supports(command) {
            return false;
        }
        let number = |kind| match kind {
            KeyKind::Psk => keys::PSK,
            KeyKind::Identity => keys::IDENTITY,
        };
        let keys = &mut self.modem.keys;
        match *command {
            Command::WriteKey { tag, kind, value } => {
                keys.write(tag, number(kind), value.expose().to_vec());
            }
            Command::DeleteKey { tag, kind } => drop(keys.delete(tag, number(kind))),
            Command::FindKey { tag, kind } => {
                self.found = Some(Report::Key(keys.contains(tag, number(kind))));
            }
            Command::SearchKeys { first, kind, value } => {
                let (mut taken, mut same) = (0, 0);
                for nth in 0..TAGS {
                    let part = keys.part(first.wrapping_add(nth), number(kind));
                    taken |= u32::from(part.is_some()) << nth;
                    same |= u32::from(part == Some(value.expose())) << nth;
                }
                self.found = Some(Report::Keys { taken, same });
            }
            _ => return false,
        }
        true
    }

    /// Lets time come to `now` and gives the next report to `report`. `false`: there was none. To be
    /// called until it says so.
    pub fn poll(&mut self, now: Instant, report: impl FnOnce(Report<'_>)) -> bool {
        loop {
            self.modem.advance(now);
            if let Some(found) = self.found.take() {
                report(found);
                return true;
            }
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
