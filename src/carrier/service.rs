//! Towards servers and away from them: bootstrap, registration, what the client notices of both, and what
//! begins when the registrations have ended.

use super::errno;
use super::event::{Deferred, ErrorKind, Event};
use super::machine::Carrier;
use super::stage::{Cause, Next, RecordTask, Stage};
use super::tasks::Task;
use crate::coap::Code;
use crate::lwm2m::{Notice, Path};
use crate::storage::Record;
use crate::time::Instant;

impl Carrier<'_> {
    /// The next step towards a registered device, now that the link is up.
    pub(super) fn proceed(&mut self) {
        if !self.running {
            return self.to(Stage::Ready);
        }
        if self.client.settings_mut().endpoint.is_empty() || !self.name_endpoint() {
            self.fail(ErrorKind::Configuration, errno::EINVAL);
            return self.halt(errno::EINVAL);
        }
        #[cfg(feature = "smartcard")]
        if self.read_smartcard() {
            return;
        }
        if self.missing_key().is_some() {
            self.to(Stage::Keys);
            return self.next_key();
        }
        if self.client.are_accounts_usable() {
            return self.serve();
        }
        #[cfg(feature = "smartcard")]
        self.store_smartcard();
        if !self.client.bootstrap() {
            self.fail(ErrorKind::Configuration, errno::EINVAL);
            return self.halt(errno::EINVAL);
        }
        self.to(Stage::Bootstrapping);
    }

    #[inline(never)]
    fn serve(&mut self) {
        if core::mem::take(&mut self.bootstrapped) {
            self.record(RecordTask::Store(Record::Accounts));
            self.record(RecordTask::Store(Record::Subscription));
            // Some may have gone with what the sequence deleted.
            self.record(RecordTask::Store(Record::Attributes));
            self.remember_tags();
            self.timers.purge = match self.client.account_timeout() {
                0 => Instant::NEVER,
                seconds => self.now().after(seconds),
            };
            self.tell(Event::Bootstrapped);
        }
        self.to(Stage::Serving);
        self.announce = true;
        self.tell(Event::LteReady);
        self.client.start();
    }

    /// Something the client noticed.
    pub(super) fn noticed(&mut self, notice: Notice) {
        match notice {
            Notice::Registered => {
                self.rebootstrapped = false;
                if core::mem::take(&mut self.announce) {
                    self.tell(Event::Registered);
                }
            }
            Notice::Deregistered => {
                let idle = self.stage == Stage::Leaving && self.next == Next::Idle;
                if idle || self.stage == Stage::Serving {
                    self.announce = true;
                    self.tell(Event::Deregistered);
                }
            }
            Notice::BootstrapNoRoute(_)
            | Notice::BootstrapHandshake(_)
            | Notice::BootstrapSequence(_)
                if self.cause == Cause::Trigger =>
            {
                self.bootstrap_over();
            }
            Notice::BootstrapExhausted => self.bootstrap_over(),
            Notice::BootstrapNoRoute(seconds) => {
                self.defer(Deferred::BootstrapNoRoute, seconds);
            }
            Notice::BootstrapHandshake(seconds) => {
                self.defer(Deferred::BootstrapConnect, seconds);
            }
            Notice::BootstrapSequence(seconds) => {
                self.defer(Deferred::BootstrapSequence, seconds);
            }
            Notice::ServerNoRoute(seconds) => self.defer(Deferred::ServerNoRoute, seconds),
            Notice::ServerHandshake(seconds) => self.defer(Deferred::ServerConnect, seconds),
            Notice::ServerSequence(seconds) => self.defer(Deferred::ServerRegistration, seconds),
            Notice::Exhausted => self.exhausted(false),
            Notice::BootstrapWanted => self.exhausted(true),
            Notice::Bootstrapped => {
                self.bootstrapped = true;
                self.note_bootstrap_time();
                self.cause = Cause::NoAccount;
                self.proceed();
            }
            Notice::Rollback => {
                self.restoring = true;
                self.record(RecordTask::Load(Record::Accounts));
                self.record(RecordTask::Load(Record::Attributes));
            }
            Notice::Package => self.package(),
            Notice::PackageLost => self.package_lost(),
            Notice::Reboot => self.ask_reboot(),
            Notice::FactoryReset => self.leave(Next::FactoryReset),
            Notice::BootstrapTrigger => self.leave(Next::Bootstrap),
            Notice::ServerChanged => self.record(RecordTask::Store(Record::Accounts)),
            Notice::AttributesChanged => self.record(RecordTask::Store(Record::Attributes)),
            Notice::FirmwareUpdate => {
                self.update.begin(self.client.objects.firmware.version());
                self.record(RecordTask::Store(Record::Firmware));
                self.to(Stage::Updating);
                self.disconnect();
            }
            Notice::FirmwareReset => {
                self.tasks.push(Task::CancelUpdate);
                self.record(RecordTask::Erase(Record::Firmware));
            }
            Notice::Sent(code) => {
                let result = match Code::from_byte(code as u8) {
                    Code::CHANGED => 0,
                    Code::EMPTY => errno::ETIMEDOUT,
                    code => i32::from(code.class()) * 100 + i32::from(code.detail()),
                };
                self.tell(Event::Sent { result });
            }
            Notice::Notified(result) => self.tell(Event::Notification { result }),
            Notice::AppData => {
                // One at a time: events that wait are few then, however many values were written.
                if let Some(path) = self.client.take_written() {
                    self.tell(Event::AppData { path });
                }
            }
        }
    }

    /// An attempt failed; the next one comes by itself.
    pub(super) fn defer(&mut self, reason: Deferred, seconds: u32) {
        self.tell(Event::Deferred { reason, seconds });
    }

    fn note_bootstrap_time(&mut self) {
        use crate::lwm2m::objects::server::id::LAST_BOOTSTRAPPED;
        if let Some(time) = self.client.objects.device.clock() {
            for server in self.client.objects.server.iter_mut() {
                server.set(LAST_BOOTSTRAPPED, time as u32);
            }
        }
    }

    /// Every attempt to register with a server is used up.
    fn exhausted(&mut self, bootstrap: bool) {
        let last = !self.client.is_registered() && self.client.is_idle();
        if last && bootstrap && !self.rebootstrapped && self.client.bootstrap() {
            self.rebootstrapped = true;
            self.cause = Cause::Failure;
            return self.to(Stage::Bootstrapping);
        }
        let value = errno::EHOSTUNREACH;
        self.fail(ErrorKind::Connect, value);
        if last {
            self.halt(value);
        }
    }

    /// The bootstrap did not succeed and is not tried again.
    fn bootstrap_over(&mut self) {
        self.client.stop();
        self.fail(ErrorKind::Bootstrap, 0);
        match core::mem::take(&mut self.cause) {
            // The old accounts are as good as they were before.
            Cause::Trigger if self.restoring => self.fall_back = true,
            Cause::Trigger => self.proceed(),
            Cause::NoAccount | Cause::Failure => self.halt(0),
        }
    }

    /// Ends every registration, then does what comes next.
    pub(super) fn leave(&mut self, next: Next) {
        self.client.stop();
        self.next = next;
        self.to(Stage::Leaving);
        self.left();
    }

    /// Goes on when every registration has ended.
    pub(super) fn left(&mut self) {
        if self.stage != Stage::Leaving || !self.client.is_idle() {
            return;
        }
        match self.next {
            Next::Park => {
                self.to(Stage::Parked);
                self.disconnect();
            }
            #[cfg(feature = "cellular")]
            Next::Pause(minutes) => {
                self.to(Stage::Parked);
                self.disconnect();
                // Before the link is down the pause does not begin, and it is not up before the end.
                let end = self.now().after(u32::from(minutes) * 60);
                self.timers.retry = end.max(self.timers.link.after(1));
            }
            Next::Idle => self.to(Stage::Parked),
            Next::Resume => self.proceed(),
            Next::FactoryReset => {
                self.forget_accounts();
                self.record(RecordTask::Erase(Record::Subscription));
                self.record(RecordTask::Erase(Record::Firmware));
                self.record(RecordTask::Erase(Record::Attributes));
                self.client.attributes.forget(&Path::ROOT);
                #[cfg(feature = "modem-settings")]
                self.settings_reset();
                self.proceed();
            }
            Next::Bootstrap => {
                self.cause = Cause::Trigger;
                if self.client.bootstrap() {
                    self.to(Stage::Bootstrapping);
                } else {
                    // Nobody to ask: everything stays as it is.
                    self.proceed();
                }
            }
        }
    }
}
