//! The ETag of an answer in blocks: who puts them together sees by it that the values changed between
//! them (RFC 7959, 2.4).

use super::client::Client;
use super::objects::device;
use super::paths::Paths;
use super::request::Answer;
use super::samples::bits;
use super::{Path, Value};

/// The time of day is another one with each second, and has the same length: a body with it would never
/// come to its end over a slow link, and is right whichever second it has.
const CLOCK: Path = Path::resource(device::OBJECT, 0, device::id::CURRENT_TIME);

/// One number more; each other number leads to another result.
fn mix(hash: &mut u32, number: u32) {
    *hash = (hash.rotate_left(5) ^ number).wrapping_mul(0x9e37_79b1);
}

impl Client<'_> {
    /// A number that stands for the values that an answer carries, and their format.
    #[inline(never)]
    pub(super) fn etag(&self, slot: u8, answer: &Answer) -> u32 {
        let view = self.view(self.short_id(slot).unwrap_or(0));
        let mut hash = answer.format.number().into();
        Paths::new(&self.observations.lists, answer.list, &answer.path).each(&mut |path| {
            view.walk(path, &mut |at, value| {
                at.ids().iter().for_each(|id| mix(&mut hash, (*id).into()));
                match value {
                    Some(Value::String(text) | Value::CoreLink(text)) => {
                        text.bytes().for_each(|byte| mix(&mut hash, byte.into()));
                    }
                    Some(Value::Opaque(bytes)) => {
                        bytes.iter().for_each(|byte| mix(&mut hash, (*byte).into()));
                    }
                    Some(Value::ObjectLink(object, instance)) => {
                        mix(&mut hash, u32::from(*object) << 16 | u32::from(*instance));
                    }
                    Some(value) if *at != CLOCK => {
                        let number = bits(value).map_or(0, |(_, bits)| bits);
                        mix(&mut hash, number as u32);
                        mix(&mut hash, (number >> 32) as u32);
                    }
                    _ => {}
                }
            });
        });
        hash
    }
}
