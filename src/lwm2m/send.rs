//! Send: the device reports values on its own (Core 6.4.6).

use super::client::Client;
use super::format::{ContentFormat, encode};
use super::objects::server;
use super::paths::{List, Paths};
use super::read::View;
use super::{Notice, Path, Window};
use crate::coap::Code;

/// Whether Send is compiled in.
pub(super) const SENDS: bool = cfg!(feature = "send");

/// Why a Send did not begin.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum SendError {
    /// No path, or more than there is room for ([`crate::capacity::PATHS`]).
    Paths,
    /// There is nothing at a path that may be read.
    NotFound,
    /// Another Send is under way.
    Busy,
    /// The device is not registered with a server of LwM2M 1.1.
    NotRegistered,
    /// The server mutes Send (/1/x/23).
    Muted,
    /// The library was built without Send, or without SenML, which Send needs.
    NoFormat,
}

impl Client<'_> {
    /// Sends the values at these paths, and what was recorded of them ([`Client::record`]), in SenML, to the
    /// first server that is registered with and takes it. [`super::Notice::Sent`] tells what became of it.
    ///
    /// # Errors
    /// Nothing is sent then.
    pub fn send(&mut self, paths: &[Path]) -> Result<(), SendError> {
        self.wake();
        if paths.is_empty() {
            return Err(SendError::Paths);
        }
        if !SENDS || ContentFormat::preferred() == ContentFormat::Tlv {
            return Err(SendError::NoFormat);
        }
        if self.is_sending() {
            return Err(SendError::Busy);
        }
        let absent = |view: View<'_, '_>| paths.iter().any(|path| view.target(path).is_err());
        if absent(self.view(0)) {
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
            // What is not for this server is not there for it.
            if absent(self.view(registration.server)) {
                return Err(SendError::NotFound);
            }
            self.forget_answered();
            let lists = &mut self.observations.lists;
            for path in paths {
                if lists.push(List::SEND, path).is_none() {
                    lists.clear(List::SEND);
                    return Err(SendError::Paths);
                }
            }
            self.send_slot = slot as u8;
            self.samples.begin(self.now);
            // It goes out when what is too old has been asked for.
            self.are_fresh(List::SEND, &Path::ROOT);
            return Ok(());
        }
        Err(if muted { SendError::Muted } else { SendError::NotRegistered })
    }

    /// Whether a Send is under way.
    pub(super) fn is_sending(&self) -> bool {
        SENDS && !self.observations.lists.is_empty(List::SEND)
    }

    /// The Send under way is over: answered with a code, or (0.00) not at all.
    pub(super) fn send_over(&mut self, code: Code) {
        if self.is_sending() {
            self.samples.end(code == Code::CHANGED, &self.observations.lists);
            self.observations.lists.clear(List::SEND);
            self.notice(Notice::Sent(code.byte().into()));
        }
    }

    /// The same if it goes to this server, which is not registered with any more.
    pub(super) fn send_lost(&mut self, slot: u8) {
        if self.send_slot == slot {
            self.send_over(Code::EMPTY);
        }
    }

    /// Writes the payload of the Send under way.
    pub(super) fn write_send(&self, server: u16, window: &mut Window<'_>) {
        let (view, paths) = (self.view(server), Paths::List(&self.observations.lists, List::SEND));
        encode(ContentFormat::preferred(), Path::ROOT, window, &mut |encoder| {
            let mut earlier = false;
            self.samples(&mut |path, time, value| {
                encoder.at(time);
                encoder.value(path, value);
                earlier = true;
            });
            if earlier {
                encoder.at(0);
            }
            paths.each(&mut |path| view.visit(path, &mut |at, value| encoder.value(at, value)));
        });
    }
}
