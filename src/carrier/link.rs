//! The link: brought up, taken down, lost, and what happens then.

use super::errno;
use super::event::{Deferred, ErrorKind, Event};
#[cfg(feature = "facts")]
use super::facts::Facts;
use super::machine::Carrier;
use super::stage::Stage;
use super::tasks::Task;
use crate::lwm2m::Attempts;
use crate::modem::FunctionalMode;
use crate::time::Instant;

/// Where the link stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Link {
    /// Down.
    #[default]
    Down,
    /// The modem looks for a network; given up in time.
    Connecting,
    /// Registered and connected; what must be known of SIM and connection is being read.
    Reading,
    /// Up.
    Up,
    /// The modem leaves the network; given up in time.
    Disconnecting,
    /// Somebody else turned the radio off: the application (flight mode). It is for them to turn it
    /// on again.
    Off,
}

impl Carrier<'_> {
    /// Whether the LTE link is up.
    pub fn is_link_up(&self) -> bool {
        self.link == Link::Up
    }

    /// Brings the link up.
    pub(super) fn connect(&mut self) {
        self.timers.retry = Instant::NEVER;
        self.known.forget_link();
        self.search();
        self.tasks.push(Task::ConfigurePdn);
        self.tasks.push(Task::Normal);
    }

    /// Takes the link down.
    pub(super) fn disconnect(&mut self) {
        self.client.link_down();
        self.tell(Event::Disconnecting);
        self.timers.link = self.now() + self.setup.detach_timeout;
        self.link = Link::Disconnecting;
        self.tasks.push(Task::Offline);
    }

    /// The link is up.
    pub(super) fn connected(&mut self) {
        self.link = Link::Up;
        self.link_attempts = Attempts::default();
        self.tell(Event::Connected);
        self.client.link_up();
        if self.known.subscription_changed() && self.has_bootstrap_server() {
            log!(info, "the SIM is another operator's: a new bootstrap");
            self.forget_accounts();
        }
        match self.stage {
            Stage::FirstLink => {
                self.to(Stage::Ready);
                self.initialised = Some(0);
                self.waiting_for_result = false;
            }
            Stage::Bootstrapping | Stage::Parked | Stage::Halted => {}
            _ => self.proceed(),
        }
    }

    /// The link is down, as it was to be.
    pub(super) fn disconnected(&mut self) {
        self.link = Link::Down;
        self.tell(Event::Disconnected);
        match self.stage {
            Stage::Keys => self.write_key(),
            Stage::Updating => self.tasks.push(Task::ApplyUpdate),
            // It was wanted again meanwhile.
            Stage::Relink => self.connect(),
            _ => {}
        }
    }

    /// The link could not be brought up, or was lost and could not be brought up again.
    pub(super) fn link_failed(&mut self, reason: Deferred, value: i32) {
        self.link = Link::Down;
        self.radio_off();
        self.client.link_down();
        let retry = self.setup.link_retry;
        let random = self.client.random();
        self.timers.retry = self.now();
        if let Some(seconds) = self.link_attempts.failed(&retry, random, &mut self.timers.retry) {
            return self.defer(reason, seconds);
        }
        self.fail(ErrorKind::ConnectFail, value);
        self.halt(value);
    }

    /// The network took the link away.
    pub(super) fn link_lost(&mut self) {
        self.link_gone();
        self.search();
    }

    /// The link is not there any more; servers wait for it.
    fn link_gone(&mut self) {
        self.client.link_down();
        self.tell(Event::Disconnected);
        if self.stage == Stage::Serving {
            self.to(Stage::Relink);
        }
    }

    /// The modem looks for a network by itself.
    fn search(&mut self) {
        self.tell(Event::Connecting);
        self.timers.link = self.now() + self.setup.attach_timeout;
        self.link = Link::Connecting;
    }

    /// What the radio was told to do, by whomever.
    pub(super) fn mode_reported(&mut self, mode: FunctionalMode) {
        // The library's own order comes after that.
        if self.tasks.is_pending(Task::Normal) {
            return;
        }
        match (mode, self.link) {
            (FunctionalMode::Normal, Link::Off) => self.search(),
            (FunctionalMode::Normal, _) => {}
            (_, Link::Connecting | Link::Reading | Link::Up) => self.radio_gone(),
            _ => {}
        }
    }

    fn radio_gone(&mut self) {
        let by_modem = self.now() < self.known.warned_until;
        // `lwm2m_carrier_init` waits for the link, and for no longer than a search takes.
        if self.stage == Stage::FirstLink && !by_modem {
            return;
        }
        self.known.forget_link();
        if self.link == Link::Up || !by_modem {
            self.link_gone();
        }
        self.link = Link::Off;
        if by_modem {
            // To protect itself: it is tried again.
            self.link_failed(Deferred::NoReason, errno::EIO);
        }
    }

    /// Asks for the functional mode, where something looks as if the radio was turned off.
    pub(super) fn suspect_mode(&mut self) {
        let on = matches!(self.link, Link::Connecting | Link::Reading | Link::Up);
        if on && !self.tasks.is_pending(Task::Normal) {
            self.tasks.want(Task::ReadMode);
        }
    }

    /// Turns the radio off, whatever else was to be done.
    pub(super) fn radio_off(&mut self) {
        self.tasks.clear();
        self.tasks.push(Task::Offline);
    }

    /// Initialises the modem anew; the link follows.
    pub(super) fn restart_modem(&mut self) {
        self.link = Link::Down;
        self.tasks.reset();
        #[cfg(feature = "facts")]
        {
            self.facts = Facts::EMPTY;
        }
        #[cfg(feature = "modem-settings")]
        self.settings_lost();
        self.timers.retry = Instant::NEVER;
        self.start_modem();
    }
}
