//! The records: read when the library starts, stored when what they hold has changed.

use super::io::Output;
use super::machine::Carrier;
use super::stage::{RecordTask, Stage};
use crate::lwm2m::Window;
use crate::secret::Secret;
use crate::storage::Record;

impl Carrier<'_> {
    #[inline(never)]
    pub(super) fn record(&mut self, task: RecordTask) {
        // A record that waits to be stored is stored as it is then: once is enough.
        if !self.records.contains(&task) && self.records.push(task).is_err() {
            log!(error, "a record task is lost: {:?}", task);
        }
    }

    pub(super) fn loaded(&mut self, record: Record, bytes: Option<&[u8]>) {
        match record {
            Record::Accounts => {
                let restored = bytes.is_some_and(|bytes| self.client.restore(bytes).is_ok());
                if !restored {
                    if bytes.is_some() {
                        log!(error, "the stored accounts are damaged: starting without them");
                    }
                    self.provision();
                    #[cfg(feature = "smartcard")]
                    self.want_smartcard();
                }
                self.stored_tags = 0;
                if restored {
                    self.remember_tags();
                }
                if core::mem::take(&mut self.restoring) && core::mem::take(&mut self.fall_back) {
                    self.proceed();
                }
            }
            Record::Subscription => self.known.restore_subscription(bytes),
            Record::Firmware => self.update.restore(bytes, &mut self.client.objects.firmware),
            Record::Attributes => {
                let attributes = &mut self.client.attributes;
                if bytes.is_some_and(|bytes| attributes.restore(bytes).is_none()) {
                    log!(error, "the stored attributes are damaged: starting without them");
                }
            }
        }
        if self.stage == Stage::Loading {
            let position = Record::ALL.iter().position(|known| *known == record);
            match position.and_then(|position| Record::ALL.get(position + 1)) {
                Some(next) => self.record(RecordTask::Load(*next)),
                None => self.start_modem(),
            }
        }
    }

    pub(super) fn put_record<'b>(&self, task: RecordTask, buffer: &'b mut [u8]) -> Output<'b> {
        let record = match task {
            RecordTask::Load(record) => return Output::Load(record),
            RecordTask::Erase(record) => return Output::Erase(record),
            RecordTask::Store(record) => record,
        };
        let mut window = Window::new(buffer, 0);
        match record {
            Record::Accounts => self.client.save(&mut window),
            Record::Subscription => window.put(self.known.subscription()),
            Record::Firmware => self.update.save(&self.client.objects.firmware, &mut window),
            Record::Attributes => self.client.attributes.save(&mut window),
        }
        // It fits: `capacity` says so of the largest.
        let len = window.kept();
        Output::Store(record, Secret::new(buffer.get(..len).unwrap_or_default()))
    }
}
