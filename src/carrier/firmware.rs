//! Firmware updates: the image goes to the modem part by part, then the modem installs it.

use super::errno;
use super::event::{ErrorKind, Event};
use super::machine::Carrier;
use super::stage::RecordTask;
use super::tasks::Task;
use crate::bytes::{Text, keep, text};
use crate::coap::Code;
use crate::lwm2m::objects::firmware::{self, Firmware, State, UpdateResult};
use crate::lwm2m::{Path, Window};
use crate::modem::Error;
use crate::storage::Record;

/// What must be known of an update beyond the object.
pub(super) struct Update {
    /// The firmware that was there when the update began; empty when none is being installed.
    before: Text<32>,
}

impl Update {
    /// None.
    pub(super) const EMPTY: Self = Self { before: Text::new() };

    /// An update is about to be installed in place of this firmware.
    pub(super) fn begin(&mut self, version: &str) {
        keep(&mut self.before, version);
    }

    /// Writes the record: state, result, the version that was there.
    pub(super) fn save(&self, object: &Firmware, window: &mut Window<'_>) {
        window.put(&[object.state() as u8, object.result() as u8]);
        window.put(self.before.as_bytes());
    }

    /// Takes up the record. An image that had not arrived whole is lost; whether one that was
    /// being installed is installed, the modem's version will tell.
    pub(super) fn restore(&mut self, record: Option<&[u8]>, object: &mut Firmware) {
        let Some(([state, result], version)) = record.and_then(|r| r.split_first_chunk::<2>())
        else {
            return;
        };
        match *state {
            2 => object.downloaded(),
            3 => {
                object.updating();
                keep(&mut self.before, text(version).unwrap_or_default());
            }
            _ => object.ended(UpdateResult::from_number(*result)),
        }
    }
}

impl Carrier<'_> {
    fn firmware_changed(&mut self) {
        self.client.changed(&Path::instance(firmware::OBJECT, 0));
    }

    /// A part of an image came in.
    pub(super) fn package(&mut self) {
        let part = self.client.part();
        if part.first {
            self.record(RecordTask::Erase(Record::Firmware));
            self.tell(Event::FotaStart { uri: None });
            self.tasks.push(Task::BeginUpdate);
        }
        self.tasks.push(Task::WriteUpdate);
        if part.last {
            self.tasks.push(Task::FinishUpdate);
        }
    }

    /// The rest of an image did not come.
    pub(super) fn package_lost(&mut self) {
        if self.client.objects.firmware.state() == State::Downloading {
            let value = errno::ENETDOWN;
            self.fail(ErrorKind::FotaConnectionLost, value);
            self.tasks.push(Task::CancelUpdate);
            self.firmware_ended(UpdateResult::ConnectionLost);
        }
    }

    fn firmware_ended(&mut self, result: UpdateResult) {
        self.update.before.clear();
        self.client.objects.firmware.ended(result);
        self.record(RecordTask::Store(Record::Firmware));
        self.firmware_changed();
    }

    /// The modem has taken a part of an image, or not.
    pub(super) fn package_task_over(&mut self, task: Task, result: Result<(), Error>) {
        match result {
            Err(error) => {
                let (result, code, value) = match error {
                    Error::NoMemory => {
                        (UpdateResult::NoStorage, Code::REQUEST_ENTITY_TOO_LARGE, errno::ENOMEM)
                    }
                    Error::Image => (UpdateResult::Integrity, Code::BAD_REQUEST, errno::EINVAL),
                    Error::Unsupported => {
                        (UpdateResult::UnsupportedType, Code::BAD_REQUEST, errno::EPERM)
                    }
                    _ => (UpdateResult::Failed, Code::INTERNAL_SERVER_ERROR, errno::EIO),
                };
                self.tasks.clear();
                self.tasks.push(Task::CancelUpdate);
                self.fail(ErrorKind::FotaPackage, value);
                self.firmware_ended(result);
                self.client.package_stored(code);
            }
            Ok(()) => match task {
                Task::WriteUpdate if !self.client.part().last => {
                    self.client.package_stored(Code::CONTINUE);
                }
                Task::FinishUpdate => {
                    self.client.objects.firmware.downloaded();
                    self.record(RecordTask::Store(Record::Firmware));
                    self.firmware_changed();
                    self.client.package_stored(Code::CHANGED);
                }
                _ => {}
            },
        }
    }

    /// The modem has installed the image, or has not: it starts anew either way.
    pub(super) fn update_applied(&mut self, done: bool) {
        self.conclude_update(done);
        // For a server it is the device that restarts.
        self.client.renew();
        self.restart_modem();
    }

    /// After a restart in the middle of an installation, the version tells how that ended.
    pub(super) fn conclude_interrupted_update(&mut self) {
        if self.client.objects.firmware.state() == State::Updating {
            let installed = self.client.objects.firmware.version() != self.update.before;
            self.conclude_update(installed);
        }
    }

    fn conclude_update(&mut self, done: bool) {
        if done {
            return self.firmware_ended(UpdateResult::Success);
        }
        self.fail(ErrorKind::FotaFail, errno::EFAULT);
        self.firmware_ended(UpdateResult::Failed);
    }
}
