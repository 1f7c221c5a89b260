//! The library's records in the settings subsystem, each a value below `carrier`.

use super::os::{self, Errno};
use crate::storage::Record;
use core::ffi::CStr;

const fn name(record: Record) -> &'static CStr {
    match record {
        Record::Accounts => c"carrier/accounts",
        Record::Subscription => c"carrier/subscription",
        Record::Firmware => c"carrier/firmware",
        Record::Attributes => c"carrier/attributes",
    }
}

/// A record, if it is there and can be read.
pub(super) fn load(record: Record, buffer: &mut [u8]) -> Option<&[u8]> {
    match os::load(name(record), buffer) {
        Ok(bytes) => Some(bytes),
        Err(errno) => {
            log!(debug, "no record {:?}: {}", record, errno);
            None
        }
    }
}

/// Replaces a record.
pub(super) fn store(record: Record, bytes: &[u8]) {
    tell(record, os::save(name(record), bytes));
}

/// Removes a record.
pub(super) fn erase(record: Record) {
    tell(record, os::erase(name(record)));
}

fn tell(record: Record, result: Result<(), Errno>) {
    if let Err(errno) = result {
        // The device goes on with what it has in RAM, and after a restart with the old record.
        log!(error, "the record {:?} could not be written: {}", record, errno);
    }
}
