//! Send: the device reports values on its own (Core 6.4.6).

use super::client::Client;
use super::format::{ContentFormat, Encoder};
use super::objects::server;
use super::read::{self, Reader};
use super::{Path, Window};
use heapless::Vec;

/// Paths in one Send.
pub const PATHS: usize = 4;

/// A Send under way, or none: then there are no paths.
#[derive(Debug)]
pub(crate) struct SendRequest {
    /// Session of the server that gets it.
    pub slot: u8,
    paths: Vec<Path, PATHS>,
}

impl SendRequest {
    /// None.
    pub(super) const NONE: Self = Self { slot: 0, paths: Vec::new() };

    /// Whether there is one.
    pub(super) fn is_active(&self) -> bool {
        !self.paths.is_empty()
    }

    /// It is over.
    pub(super) fn end(&mut self) {
        self.paths.clear();
    }
}

/// Why a Send did not begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SendError {
    /// No path, or more than four.
    Paths,
    /// There is nothing at a path that may be read.
    NotFound,
    /// Another Send is under way.
    Busy,
    /// The device is not registered with a server of LwM2M 1.1.
    NotRegistered,
    /// The server mutes Send (/1/x/23).
    Muted,
    /// The library was built without SenML, which Send needs.
    NoFormat,
}

impl Client<'_> {
    /// Sends the values at these paths, in SenML, to the first server that is registered with
    /// and takes it. [`super::Notice::Sent`] tells what became of it.
    ///
    /// # Errors
    /// Nothing is sent then.
    pub fn send(&mut self, paths: &[Path]) -> Result<(), SendError> {
        if paths.is_empty() {
            return Err(SendError::Paths);
        }
        if paths.len() > PATHS {
            return Err(SendError::Paths);
        }
        if ContentFormat::preferred() == ContentFormat::Tlv {
            return Err(SendError::NoFormat);
        }
        if self.sending.is_active() {
            return Err(SendError::Busy);
        }
        if paths.iter().any(|path| read::target(&self.objects, path).is_err()) {
            return Err(SendError::NotFound);
        }
        let mut muted = false;
        for (slot, peer) in self.peers.iter().enumerate() {
            let registration = &peer.registration;
            if !registration.is_registered() || registration.version < super::Version::V1_1 {
                continue;
            }
            let account = self.objects.server.by_short_id(registration.server);
            // Absent means muted (Core appendix E.2).
            if account.is_none_or(|account| account.get_or(server::id::MUTE_SEND, 1) != 0) {
                muted = true;
                continue;
            }
            self.sending.slot = slot as u8;
            // It goes out when what is too old has been asked for.
            for path in paths {
                self.is_fresh(path);
            }
            return self.sending.paths.extend_from_slice(paths).map_err(|_| SendError::Paths);
        }
        Err(if muted { SendError::Muted } else { SendError::NotRegistered })
    }

    /// Writes the payload of the Send under way.
    pub(super) fn write_send(&self, window: &mut Window<'_>) {
        let sending = &self.sending;
        let reader = Reader::Server;
        let mut records = 0;
        for path in &sending.paths {
            if let Some(object) = self.objects.named_by(path) {
                read::visit(object, path, reader, &mut |_, _| records += 1);
            }
        }
        let mut encoder = Encoder::new(ContentFormat::preferred(), Path::ROOT, records, window);
        for path in &sending.paths {
            if let Some(object) = self.objects.named_by(path) {
                read::visit(object, path, reader, &mut |path, value| encoder.value(path, value));
            }
        }
        encoder.finish();
    }
}
