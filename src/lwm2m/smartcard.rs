//! Accounts from the SIM (Core 6.1.3.2 and appendix G.3.4).
//!
//! The file, all numbers big-endian: how many objects (2 bytes), how many bytes follow (2); then for
//! each object its ID (2), how many bytes follow (3), and its instances in TLV. What the file is
//! filled up with comes after that.

use super::account::Unusable;
use super::client::Client;
use super::format::ContentFormat;
use super::objects::{security, server};
use super::write::{self, Mode};
use super::{Context, Path};
use crate::bytes::copy;

impl Client<'_> {
    /// Keeps a piece of the file until it is whole. The buffer is that for bodies of requests: while
    /// there are no accounts there are none.
    ///
    /// Whether there was room for it.
    pub fn keep_smartcard(&mut self, offset: usize, piece: &[u8]) -> bool {
        let room = self.body.get_mut(offset..).unwrap_or_default();
        copy(room, piece).is_some()
    }

    /// Takes up the accounts of the file, of which so many bytes were kept. The old ones are
    /// forgotten.
    ///
    /// # Errors
    /// The file is damaged, or its accounts cannot be used: no account is left then.
    pub fn provision_smartcard(&mut self, length: usize) -> Result<(), Unusable> {
        self.clear_accounts();
        self.sequence.reset();
        let file = self.body.get(..length).unwrap_or_default();
        let written = write_objects(&mut self.objects, file).is_some();
        // Keys are in it.
        self.body.fill(0);
        self.keep_accounts(written && (self.are_accounts_usable() || self.can_bootstrap()))
    }

    /// Whether there is the account of a bootstrap server, and no other.
    pub(super) fn can_bootstrap(&self) -> bool {
        let security = &self.objects.security;
        self.objects.server.instances.is_empty()
            && security.instances.len() == 1
            && security.bootstrap().is_some_and(|account| account.is_complete())
    }
}

fn write_objects(objects: &mut super::Objects<'_>, file: &[u8]) -> Option<()> {
    let (count, rest) = file.split_first_chunk::<2>()?;
    let (length, rest) = rest.split_first_chunk::<2>()?;
    let mut rest = rest.get(..u16::from_be_bytes(*length).into())?;
    for _ in 0..u16::from_be_bytes(*count) {
        let ([high, low, l2, l1, l0], tail) = rest.split_first_chunk::<5>()?;
        let length = u32::from_be_bytes([0, *l2, *l1, *l0]);
        let (instances, tail) = tail.split_at_checked(usize::try_from(length).ok()?)?;
        rest = tail;
        let object = u16::from_be_bytes([*high, *low]);
        // Others are of no use before there is a server.
        if matches!(object, security::OBJECT | server::OBJECT) {
            let (path, mut context) = (Path::object(object), Context::new(0));
            let (mode, tlv) = (Mode::Bootstrap, ContentFormat::Tlv);
            write::write(objects, &path, mode, tlv, instances, &mut context).ok()?;
        }
    }
    rest.is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Whatever is on a SIM, there are accounts that can be used, or none.
        #[test]
        fn any_file_is_taken_or_not(
            head in prop_oneof![Just([0, 1, 0, 9]), any::<[u8; 4]>()],
            file in prop::collection::vec(any::<u8>(), 0..200),
            piece in 1usize..60,
        ) {
            let mut client = Client::EMPTY;
            client.configure(1, &mut []);
            let file = [&head[..], &file].concat();
            let mut at = 0;
            for piece in file.chunks(piece) {
                prop_assert!(client.keep_smartcard(at, piece));
                at += piece.len();
            }
            let taken = client.provision_smartcard(at).is_ok();
            prop_assert_eq!(taken, client.are_accounts_usable() || client.can_bootstrap());
            prop_assert_eq!(taken, !client.objects.security.instances.is_empty());
        }
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let mut client = Client::EMPTY;
        client.configure(1, &mut []);
        assert!(client.keep_smartcard(crate::capacity::BODY - 2, &[1, 2]));
        assert!(!client.keep_smartcard(crate::capacity::BODY - 1, &[1, 2]));
        assert!(!client.keep_smartcard(usize::MAX, &[1, 2]));
    }
}
