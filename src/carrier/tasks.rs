//! The modem's commands, one after the other.

use crate::queue::take_first;
use heapless::Vec;

/// A command for the modem, without what it borrows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Task {
    /// None.
    None,
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
    /// What [`super::setting`] has in hand.
    #[cfg(feature = "modem-settings")]
    Setting,
    #[cfg(feature = "connectivity-statistics")]
    ReadStatistics,
    #[cfg(all(feature = "cellular", feature = "modem-statistics"))]
    ReadMonitor,
    /// Whether the modem has the credentials that are missing.
    SearchIdentity,
    SearchPsk,
    /// A part of the credentials that [`super::machine::Carrier::key`] names.
    WriteIdentity,
    WritePsk,
    BeginUpdate,
    /// The part of the image that [`crate::lwm2m::Client::part`] names.
    WriteUpdate,
    FinishUpdate,
    ApplyUpdate,
    CancelUpdate,
}

/// Commands that wait, and the one that the modem has in hand.
#[derive(Debug)]
pub(super) struct Tasks {
    in_hand: Task,
    waiting: Vec<Task, 12>,
}

impl Tasks {
    /// Nothing to do.
    pub(super) const EMPTY: Self = Self { in_hand: Task::None, waiting: Vec::new() };

    /// Adds a command behind those that wait.
    #[inline(never)]
    pub(super) fn push(&mut self, task: Task) {
        if self.waiting.push(task).is_err() {
            // Twelve are more than any state asks for.
            log!(error, "a modem command is lost: {:?}", task);
        }
    }

    /// Adds a command that need not be there twice.
    #[inline(never)]
    pub(super) fn want(&mut self, task: Task) {
        if !self.is_pending(task) {
            self.push(task);
        }
    }

    /// Whether a command waits, or is in the modem's hands.
    pub(super) fn is_pending(&self, task: Task) -> bool {
        self.in_hand == task || self.waiting.contains(&task)
    }

    /// The next command, if the modem is free.
    pub(super) fn next(&mut self) -> Option<Task> {
        if self.in_hand != Task::None {
            return None;
        }
        let task = take_first(&mut self.waiting)?;
        self.in_hand = task;
        Some(task)
    }

    /// The command in hand is over.
    pub(super) fn over(&mut self) -> Task {
        core::mem::replace(&mut self.in_hand, Task::None)
    }

    /// Drops every command that waits.
    pub(super) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// Drops the one in hand, too: the modem restarted.
    pub(super) fn reset(&mut self) {
        self.waiting.clear();
        self.in_hand = Task::None;
    }
}
