//! The modem's commands, one after the other, and what each of them says.

use super::machine::Carrier;
use crate::modem::{Command, FunctionalMode, KeyKind};
use crate::queue::take_first;
use crate::secret::Secret;
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

impl Carrier<'_> {
    /// The command behind a task.
    pub(super) fn command(&self, task: Task) -> Command<'_> {
        match task {
            Task::Initialise => Command::Initialise,
            #[cfg(feature = "apn-profiles")]
            Task::ConfigurePdn => {
                let (apn, pdn_type) = self.client.objects.apn_profiles.default_pdn();
                Command::ConfigurePdn { apn, pdn_type }
            }
            #[cfg(not(feature = "apn-profiles"))]
            Task::ConfigurePdn => Command::ConfigurePdn {
                apn: self.setup.apn.unwrap_or_default(),
                pdn_type: self.setup.pdn_type,
            },
            Task::Normal => Command::SetFunctionalMode(FunctionalMode::Normal),
            Task::Offline => Command::SetFunctionalMode(FunctionalMode::Offline),
            Task::PowerOff => Command::SetFunctionalMode(FunctionalMode::PowerOff),
            Task::ReadMode => Command::ReadFunctionalMode,
            Task::ReadPdn => Command::ReadPdn,
            Task::ReadSim => Command::ReadSim,
            Task::ReadAddress => Command::ReadAddress,
            Task::ReadSignal => Command::ReadSignal,
            Task::ReadClock => Command::ReadClock,
            #[cfg(feature = "smartcard")]
            Task::ReadSmartcard => Command::ReadSmartcard,
            #[cfg(feature = "modem-settings")]
            Task::Setting => self.setting(),
            #[cfg(feature = "connectivity-statistics")]
            Task::ReadStatistics => Command::ReadStatistics,
            #[cfg(all(feature = "cellular", feature = "modem-statistics"))]
            Task::ReadMonitor => Command::ReadMonitor,
            Task::SearchIdentity | Task::SearchPsk | Task::WriteIdentity | Task::WritePsk => {
                let (slot, tag) = self.key;
                let account = self.client.objects.security.by_slot(slot);
                let key = account.and_then(|account| account.key());
                let (identity, key) = key.map_or((&[][..], &[][..]), Secret::expose);
                let (kind, value) = match task {
                    Task::SearchPsk | Task::WritePsk => (KeyKind::Psk, key),
                    _ => (KeyKind::Identity, identity),
                };
                let value = Secret::new(value);
                if matches!(task, Task::WriteIdentity | Task::WritePsk) {
                    return Command::WriteKey { tag, kind, value };
                }
                Command::SearchKeys { first: self.setup.security_tag, kind, value }
            }
            Task::BeginUpdate => Command::BeginUpdate,
            Task::WriteUpdate => {
                let offset = self.client.part().offset;
                Command::WriteUpdate { offset, bytes: self.client.package() }
            }
            Task::FinishUpdate => Command::FinishUpdate,
            Task::ApplyUpdate => Command::ApplyUpdate,
            Task::CancelUpdate | Task::None => Command::CancelUpdate,
        }
    }
}
