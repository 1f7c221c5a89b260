//! The link: brought up, taken down, lost, and what happens then.

use super::event::{Deferred, ErrorKind, Event};
use super::machine::Carrier;
use super::stage::Stage;
use super::tasks::Task;
use crate::lwm2m::Attempts;
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
}

impl Carrier<'_> {
    /// Brings the link up.
    pub(super) fn connect(&mut self) {
        self.timers.retry = Instant::NEVER;
        self.known.forget_link();
        self.tell(Event::Connecting);
        self.timers.link = self.now() + self.setup.profile.attach_timeout;
        self.link = Link::Connecting;
        self.tasks.push(Task::ConfigurePdn);
        self.tasks.push(Task::Normal);
    }

    /// Takes the link down.
    pub(super) fn disconnect(&mut self) {
        self.client.link_down();
        self.tell(Event::Disconnecting);
        self.timers.link = self.now() + self.setup.profile.detach_timeout;
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
            Stage::Bootstrapping | Stage::Parked => {}
            _ => self.proceed(),
        }
    }

    /// The link is down, as it was to be.
    pub(super) fn disconnected(&mut self) {
        self.link = Link::Down;
        self.tell(Event::Disconnected);
        match self.stage {
            Stage::Keys => self.write_keys(),
            Stage::Updating => self.tasks.push(Task::ApplyUpdate),
            _ => {}
        }
    }

    /// The link could not be brought up, or was lost and could not be brought up again.
    pub(super) fn link_failed(&mut self, reason: Deferred, value: i32) {
        self.link = Link::Down;
        self.radio_off();
        self.client.link_down();
        let retry = self.setup.profile.link_retry;
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
        self.client.link_down();
        self.tell(Event::Disconnected);
        self.tell(Event::Connecting);
        self.timers.link = self.now() + self.setup.profile.attach_timeout;
        self.link = Link::Connecting;
        if !matches!(self.stage, Stage::Bootstrapping | Stage::Ready) {
            self.to(Stage::Relink);
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
        self.timers.retry = Instant::NEVER;
        self.start_modem();
    }
}
