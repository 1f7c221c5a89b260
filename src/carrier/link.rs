//! The link, as the machine wants it and as it is; and the modem's commands, one after the other.

use crate::modem::{FunctionalMode, KeyKind};
use heapless::Deque;

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

/// A command for the modem, without what it borrows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Task {
    Initialise,
    ConfigurePdn,
    Mode(FunctionalMode),
    ReadSim,
    ReadAddress,
    ReadSignal,
    ReadClock,
    /// A part of the credentials of the account with this session, under a security tag.
    WriteKey {
        slot: u8,
        tag: u32,
        kind: KeyKind,
    },
    BeginUpdate,
    WriteUpdate {
        offset: u32,
        len: u16,
    },
    FinishUpdate,
    ApplyUpdate,
    CancelUpdate,
}

/// Commands that wait, and the one that the modem has in hand.
#[derive(Debug, Default)]
pub(super) struct Tasks {
    waiting: Deque<Task, 12>,
    in_hand: Option<Task>,
}

impl Tasks {
    /// Adds a command behind those that wait.
    pub(super) fn push(&mut self, task: Task) {
        if self.waiting.push_back(task).is_err() {
            // Twelve are more than any state asks for.
            log!(error, "a modem command is lost: {:?}", task);
        }
    }

    /// The next command, if the modem is free.
    pub(super) fn next(&mut self) -> Option<Task> {
        if self.in_hand.is_some() {
            return None;
        }
        self.in_hand = self.waiting.pop_front();
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
