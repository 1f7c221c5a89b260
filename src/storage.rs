//! Records that survive a power cut.
//!
//! The library asks for a record with `Output::Load` and replaces it with `Output::Store` or
//! `Output::Erase`. The caller makes each of these whole: after a power cut the old record or the
//! new one is there. Records are written in the order in which they are put out, and every prefix
//! of that order is a state that the device can start from. No record holds a key.

/// What a stored record is about. The numbers are stable: they name records on flash.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Record {
    /// Server accounts: the Security and Server Object Instances, without keys.
    Accounts = 1,
    /// The subscription (SIM) that the accounts belong to.
    Subscription = 2,
    /// State and result of a firmware update under way.
    Firmware = 3,
    /// What servers set by Write-Attributes.
    Attributes = 4,
}

impl Record {
    /// Every record, in the order in which they are loaded.
    pub const ALL: [Self; 4] =
        [Self::Accounts, Self::Subscription, Self::Firmware, Self::Attributes];
}
