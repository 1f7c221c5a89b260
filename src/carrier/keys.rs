//! Accounts and their keys: where they come from, and how a key gets into the modem, which takes it
//! only while the radio is off.

use super::errno;
use super::event::ErrorKind;
use super::machine::Carrier;
use super::stage::{RecordTask, Stage};
use super::tasks::Task;
use crate::capacity::ACCOUNTS;
use crate::lwm2m::Role;
use crate::storage::Record;

impl Carrier<'_> {
    /// The accounts become what the configuration says.
    pub(super) fn provision(&mut self) {
        let account = self.setup.server;
        if self.client.provision(account.as_ref()).is_err() {
            log!(error, "the configured server cannot be used");
        }
        self.reuse_key();
    }

    pub(super) fn remember_tags(&mut self) {
        let accounts = &self.client.objects.security.instances;
        self.stored_tags.clear();
        for account in accounts {
            // There is a place for each account.
            let _ = self.stored_tags.push(account.tag);
        }
        self.key_known |= self.stored_tags.contains(&self.setup.security_tag);
    }

    pub(super) fn forget_accounts(&mut self) {
        self.record(RecordTask::Erase(Record::Accounts));
        self.stored_tags.clear();
        self.provision();
    }

    pub(super) fn has_bootstrap_server(&self) -> bool {
        self.setup.server.as_ref().is_some_and(|server| server.role == Role::Bootstrap)
    }

    /// Session and credential part of a key that the modem does not have.
    pub(super) fn missing_key(&self) -> Option<(u8, u32)> {
        let accounts = &self.client.objects.security.instances;
        let account = accounts.iter().find(|account| account.key().is_some())?;
        let base = self.setup.security_tag;
        // The first server's key has its tag; the others take one that is in no use.
        let configured = self.setup.server.as_ref().and_then(|server| server.credentials);
        let same = configured.is_some_and(|ours| account.key() == Some(ours));
        let mut tag = base;
        if !same {
            for n in 1..=2 * ACCOUNTS as u32 {
                tag = base.wrapping_add(n);
                let used = self.stored_tags.contains(&tag)
                    || accounts.iter().any(|account| account.tag == tag);
                if !used {
                    break;
                }
            }
        }
        Some((account.slot, tag))
    }

    /// Writes the keys that are missing, then brings the link up again.
    pub(super) fn write_keys(&mut self) {
        match self.missing_key() {
            Some((slot, tag)) => {
                self.key = (slot, tag);
                self.tasks.push(Task::WriteIdentity);
                self.tasks.push(Task::WritePsk);
            }
            None => {
                self.to(Stage::Relink);
                self.connect();
            }
        }
    }

    /// A part of a key is in the modem, or not.
    pub(super) fn key_written(&mut self, task: Task, done: bool) {
        if !done {
            self.tasks.clear();
            self.fail(ErrorKind::Bootstrap, errno::EACCES);
            self.bootstrapped = false;
            // The link comes up all the same, for the application; registration has to wait.
            self.to(Stage::Parked);
            self.connect();
            self.timers.retry = self.now() + self.setup.profile.key_retry;
            return;
        }
        if task == Task::WritePsk {
            let (slot, tag) = self.key;
            let accounts = &mut self.client.objects.security.instances;
            if let Some(account) = accounts.iter_mut().find(|account| account.slot == slot) {
                account.key_written(tag);
            }
            self.key_known |= tag == self.setup.security_tag;
            self.write_keys();
        }
    }

    /// Does not write the key of the configuration again where the modem has it.
    pub(super) fn reuse_key(&mut self) {
        let configured = self.setup.server.as_ref().and_then(|server| server.credentials);
        let Some(ours) = configured.filter(|_| self.key_known) else { return };
        for account in &mut self.client.objects.security.instances {
            if account.key() == Some(ours) {
                account.key_written(self.setup.security_tag);
            }
        }
    }
}
