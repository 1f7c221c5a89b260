//! The ETag of an answer in blocks: who puts them together sees by it that the values changed between
//! them (RFC 7959, 2.4).

use super::Path;
use super::client::Client;
use super::objects::device;
use super::paths::Paths;
use super::request::Answer;
use super::value::mix;

/// The time of day is another one with each second, and has the same length: a body with it would never
/// come to its end over a slow link, and is right whichever second it has.
const CLOCK: Path = Path::resource(device::OBJECT, 0, device::id::CURRENT_TIME);

impl Client<'_> {
    /// A number that stands for the values that an answer carries, and their format.
    #[inline(never)]
    pub(super) fn etag(&self, slot: u8, answer: &Answer) -> u32 {
        let view = self.view(self.short_id(slot).unwrap_or(0));
        let mut hash = answer.format.number().into();
        Paths::new(&self.observations.lists, answer.list, &answer.path).each(&mut |path| {
            view.walk(path, &mut |at, value| {
                hash = at.ids().iter().fold(hash, |hash, id| mix(hash, (*id).into()));
                if let Some(value) = value.filter(|_| *at != CLOCK) {
                    hash = value.digest(hash);
                }
            });
        });
        hash
    }
}
