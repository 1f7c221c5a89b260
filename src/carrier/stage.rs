//! What the machine is at, and what comes next.

use crate::storage::Record;

/// What the machine is at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Stage {
    /// Not initialised.
    #[default]
    Off,
    /// Stored records are being read.
    Loading,
    /// The modem is being initialised, for the first time or after an update or a restart.
    Initialising,
    /// The link is being brought up, as the last thing of `lwm2m_carrier_init`.
    FirstLink,
    /// Initialised; `lwm2m_carrier_run` has not been called.
    Ready,
    /// The SIM is read for accounts, the first source of a bootstrap.
    #[cfg(feature = "smartcard")]
    Smartcard,
    /// The link goes down, keys are written, and it comes up again.
    Keys,
    /// The link comes up again.
    Relink,
    /// A bootstrap is under way.
    Bootstrapping,
    /// Registered, or getting there.
    Serving,
    /// Registrations are being ended before what is [`Next`] begins.
    Leaving,
    /// The link goes down for a firmware update, and the update is installed.
    Updating,
    /// The link is down because the application wants it so.
    Parked,
    /// The application was asked about a reboot.
    AskingReboot,
    /// The modem is being turned off before a reboot.
    Rebooting,
    /// Nothing is left to try, until the application starts over.
    Halted,
}

/// What begins when the registrations have ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Next {
    /// Nothing: the device stays connected and not registered.
    Idle,
    /// The registrations begin anew.
    Resume,
    /// The link goes down and stays so.
    Park,
    /// The same for so many minutes.
    #[cfg(feature = "cellular")]
    Pause(u16),
    /// Everything is forgotten, then a bootstrap.
    FactoryReset,
    /// A bootstrap.
    Bootstrap,
}

impl Next {
    /// Whether the link goes down.
    pub(super) fn parks(self) -> bool {
        #[cfg(feature = "cellular")]
        if matches!(self, Self::Pause(_)) {
            return true;
        }
        self == Self::Park
    }
}

/// Why a bootstrap is under way.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) enum Cause {
    /// There is no server account.
    #[default]
    NoAccount,
    /// A server asked for it: without success, the old accounts go on.
    Trigger,
    /// Registration failed with every server.
    Failure,
}

/// What is to be done with a record.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum RecordTask {
    Load(Record),
    Store(Record),
    Erase(Record),
}
