//! The modem's commands, one after the other.

use crate::queue::take_first;
use heapless::Vec;

/// A command for the modem, without what it borrows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Task {
    Initialise,
    ConfigurePdn,
    Normal,
    Offline,
    PowerOff,
    ReadMode,
    ReadPdn,
    ReadSim,
    ReadAddress,
    ReadSignal,
    ReadClock,
    #[cfg(feature = "smartcard")]
    ReadSmartcard,
    /// Whether the modem has the credentials that are missing.
    SearchIdentity,
    SearchPsk,
    /// A part of the credentials that [`super::machine::Carrier::key`] names.
    WriteIdentity,
    WritePsk,
    BeginUpdate,
    /// The part of the image that [`super::firmware::Update`] names.
    WriteUpdate,
    FinishUpdate,
    ApplyUpdate,
    CancelUpdate,
}

/// Commands that wait, and the one that the modem has in hand.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    in_hand: Option<Task>,
    waiting: Vec<Task, 12>,
}

impl Tasks {
    /// Adds a command behind those that wait.
    #[inline(never)]
    pub(super) fn push(&mut self, task: Task) {
        if self.waiting.push(task).is_err() {
            // Twelve are more than any state asks for.
            log!(error, "a modem command is lost: {:?}", task);
        }
    }

    /// Adds a command that need not be there twice.
    pub(super) fn want(&mut self, task: Task) {
        if !self.is_pending(task) {
            self.push(task);
        }
    }

    /// Whether a command waits, or is in the modem's hands.
    pub(super) fn is_pending(&self, task: Task) -> bool {
        self.in_hand == Some(task) || self.waiting.contains(&task)
    }

    /// The next command, if the modem is free.
    pub(super) fn next(&mut self) -> Option<Task> {
        if self.in_hand.is_some() {
            return None;
        }
        self.in_hand = take_first(&mut self.waiting);
        self.in_hand
    }

    /// The command in hand is over.
    pub(super) fn over(&mut self) -> Option<Task> {
        self.in_hand.take()
    }

    /// Drops every command that waits.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Drops the one in hand, too: the modem restarted.
    pub(super) fn reset(&mut self) {
        self.waiting.clear();
        self.in_hand = None;
    }
}
