//! The first source of a bootstrap (Core 6.1.2): accounts on the SIM. Without any that can be used,
//! those of the configuration are, and then the bootstrap server's.

use super::link::Link;
use super::machine::Carrier;
use super::stage::{RecordTask, Stage};
use super::tasks::Task;
use crate::storage::Record;

/// What is known of the SIM's bootstrap information.
pub(super) struct Smartcard {
    /// It is to be read.
    due: bool,
    /// There is a bootstrap server's account from there, not stored yet.
    taken: bool,
    /// Bytes that came so far.
    length: usize,
    /// They were more than there is room for.
    overflow: bool,
}

impl Smartcard {
    /// Nothing is known of it.
    pub(super) const EMPTY: Self = Self { due: false, taken: false, length: 0, overflow: false };
}

impl Carrier<'_> {
    /// There are no stored accounts: the SIM may have some.
    pub(super) fn want_smartcard(&mut self) {
        // While a bootstrap is under way, it goes on with what it began with.
        self.smartcard.due = !self.restoring;
    }

    /// Reads the SIM, if that is to be done before anything else.
    pub(super) fn read_smartcard(&mut self) -> bool {
        if self.smartcard.due {
            self.to(Stage::Smartcard);
            self.smartcard.length = 0;
            self.smartcard.overflow = false;
            self.tasks.want(Task::ReadSmartcard);
        }
        self.smartcard.due
    }

    pub(super) fn smartcard_piece(&mut self, piece: &[u8]) {
        let smartcard = &mut self.smartcard;
        smartcard.overflow |= !self.client.keep_smartcard(smartcard.length, piece);
        smartcard.length += piece.len();
    }

    /// The SIM was read, or has nothing.
    pub(super) fn smartcard_over(&mut self, done: bool) {
        // When the link was lost meanwhile, everything begins again with the next one.
        if self.stage != Stage::Smartcard || self.link != Link::Up {
            return;
        }
        self.smartcard.due = false;
        if done && !self.smartcard.overflow {
            if self.client.provision_smartcard(self.smartcard.length).is_ok() {
                log!(info, "the accounts are from the SIM");
                self.bootstrapped = self.client.are_accounts_usable();
                self.smartcard.taken = !self.bootstrapped;
            } else {
                log!(error, "the SIM has bootstrap information that cannot be used");
                self.provision();
            }
        }
        self.proceed();
    }

    /// Stores the account of a bootstrap server that is from the SIM: the keys are in the modem now.
    pub(super) fn store_smartcard(&mut self) {
        if core::mem::take(&mut self.smartcard.taken) {
            self.record(RecordTask::Store(Record::Accounts));
            self.record(RecordTask::Store(Record::Subscription));
            self.remember_tags();
        }
    }
}
