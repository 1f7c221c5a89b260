//! Accounts and their keys: where they come from, and how a key gets into the modem, which takes it
//! only while the radio is off. A key that the modem has already is not written again.

use super::errno;
use super::event::ErrorKind;
use super::link::Link;
use super::machine::Carrier;
use super::stage::{RecordTask, Stage};
use super::tasks::Task;
use crate::capacity::ACCOUNTS;
use crate::lwm2m::Role;
use crate::modem::TAGS;
use crate::storage::Record;

/// The tags for keys that servers give: `2 *` [`ACCOUNTS`] behind the first one.
const BEHIND_FIRST: u32 = {
    assert!(2 * ACCOUNTS + 1 < TAGS as usize, "a modem is not asked for so many tags at once");
    (1 << (2 * ACCOUNTS + 1)) - 2
};

impl Carrier<'_> {
    /// The accounts become what the configuration says.
    pub(super) fn provision(&mut self) {
        if self.client.provision(self.setup.server.as_ref()).is_err() {
            log!(error, "the configured server cannot be used");
        }
        // A bootstrap under way goes on with it.
        if self.key_known
            && let Some(key) = self.missing_key()
        {
            self.key = key;
            self.forget_key();
        }
    }

    pub(super) fn remember_tags(&mut self) {
        self.stored_tags = self.tags();
        self.key_known |= self.stored_tags & 1 != 0;
    }

    /// The tags of the accounts: bit n is the n-th from the first one on.
    #[inline(never)]
    fn tags(&self) -> u32 {
        let nth = |tag: u32| 1u32.checked_shl(tag.wrapping_sub(self.setup.security_tag));
        let accounts = self.client.objects.security.iter();
        accounts.fold(0, |tags, account| tags | nth(account.tag).unwrap_or(0))
    }

    pub(super) fn forget_accounts(&mut self) {
        self.record(RecordTask::Erase(Record::Accounts));
        self.stored_tags = 0;
        self.provision();
        #[cfg(feature = "smartcard")]
        self.want_smartcard();
    }

    /// Whether other accounts can be had than those of the configuration itself.
    pub(super) fn has_bootstrap_server(&self) -> bool {
        // Without a server in the configuration they came from the SIM.
        let without = cfg!(feature = "smartcard");
        self.setup.server.as_ref().map_or(without, |server| server.role == Role::Bootstrap)
    }

    /// Session of an account whose key the modem does not have, and the tag that it is to have.
    pub(super) fn missing_key(&self) -> Option<(u8, u32)> {
        let accounts = &self.client.objects.security;
        let account = accounts.iter().find(|account| account.key().is_some())?;
        let base = self.setup.security_tag;
        // The first server's key has its tag.
        let configured = self.setup.server.as_ref().and_then(|server| server.credentials);
        if configured.is_some_and(|ours| account.key() == Some(ours)) {
            return Some((account.slot, base));
        }
        // The others take one that is in no use, and that is empty if there is such a one: another
        // operator's keys stay as long as there is room.
        let used = !BEHIND_FIRST | self.stored_tags | self.tags();
        let empty = !(used | self.keys_taken);
        let free = if empty == 0 { !used } else { empty };
        Some((account.slot, base.wrapping_add(free.trailing_zeros())))
    }

    /// Looks for a key that is missing: the modem may have it. When none is missing, what comes
    /// after keys comes.
    pub(super) fn next_key(&mut self) {
        if let Some(key) = self.missing_key() {
            self.key = key;
            if self.key_known && key.1 == self.setup.security_tag {
                return self.key_there();
            }
            self.keys_taken = 0;
            self.keys_found = u32::MAX;
            self.tasks.push(Task::SearchIdentity);
            self.tasks.push(Task::SearchPsk);
        } else if self.link == Link::Up {
            self.proceed();
        } else {
            self.to(Stage::Relink);
            self.connect();
        }
    }

    /// The modem has looked through its keys, as far as it can.
    pub(super) fn keys_searched(&mut self, task: Task, done: bool) {
        if !done {
            self.keys_found = 0;
        }
        if self.stage != Stage::Keys || task == Task::SearchIdentity {
            return;
        }
        if self.keys_found != 0 {
            let nth = self.keys_found.trailing_zeros();
            self.key.1 = self.setup.security_tag.wrapping_add(nth);
            return self.key_there();
        }
        if let Some(key) = self.missing_key() {
            self.key = key;
        }
        match self.link {
            // It takes keys while the radio is off only.
            Link::Up => self.disconnect(),
            Link::Down => self.write_key(),
            // It was lost meanwhile: everything begins again when it is back.
            _ => {}
        }
    }

    /// The modem has the key: the account forgets it.
    fn forget_key(&mut self) {
        let (slot, tag) = self.key;
        if let Some(account) = self.client.objects.security.instances.in_place_mut(slot) {
            account.key_written(tag);
        }
        self.key_known |= tag == self.setup.security_tag;
    }

    fn key_there(&mut self) {
        self.forget_key();
        self.next_key();
    }

    pub(super) fn write_key(&mut self) {
        self.tasks.push(Task::WriteIdentity);
        self.tasks.push(Task::WritePsk);
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
            self.timers.retry = self.now() + self.setup.key_retry;
        } else if task == Task::WritePsk {
            self.key_there();
        }
    }
}
