//! A response body that arrives in blocks: which block to ask for next (RFC 7959 sections 2.4
//! and 2.6).
//!
//! Nothing of the body is held here. The other direction, a request body, is [`super::Sequence`].

use super::{Block, Message, number};

/// A part of the body, where it belongs.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Part {
    /// Where the payload of the response goes.
    pub offset: usize,
    /// Nothing comes behind it.
    pub last: bool,
}

/// Why a response does not go on with the body.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum Broken {
    /// Another block than the one asked for, or one of a wrong length.
    Sequence,
    /// The body is not the one that was begun with (its ETag is another): from the start again.
    Changed,
}

/// The state of a body that is being fetched.
#[derive(Clone, Copy, Debug)]
pub struct Collection {
    /// Bytes that are there.
    received: usize,
    exponent: u8,
    etag: u64,
}

impl Collection {
    /// A body of which nothing is there, in blocks of at most `16 << exponent` bytes (0 to 6).
    pub const fn new(exponent: u8) -> Self {
        Self { received: 0, exponent, etag: 0 }
    }

    /// The Block2 option of the next request. The first request may go without one, if any size
    /// of block will do.
    pub const fn next(&self) -> Block {
        let number = (self.received >> (4 + self.exponent)) as u32;
        Block::new(number, false, self.exponent)
    }

    /// Bytes that are there.
    pub const fn received(&self) -> usize {
        self.received
    }

    /// Takes in a response of class 2.
    ///
    /// The server may have made the blocks smaller; those that follow are asked for in that size.
    ///
    /// # Errors
    /// Nothing is taken in then. After [`Broken::Changed`] the collection is at its start.
    pub fn accept(&mut self, response: &Message<'_>) -> Result<Part, Broken> {
        let len = response.payload.len();
        let block = response.block(number::BLOCK2).map_err(|_| Broken::Sequence)?;
        let Some(block) = block else {
            // All of it at once, which can only be the answer to the first request.
            return match self.received {
                0 => {
                    self.received = len;
                    Ok(Part { offset: 0, last: true })
                }
                _ => Err(Broken::Sequence),
            };
        };
        let fits = if block.more() { len == block.size() } else { len <= block.size() };
        if block.offset() != self.received || block.exponent() > self.exponent || !fits {
            return Err(Broken::Sequence);
        }
        let etag = etag(response);
        if self.received > 0 && etag != self.etag {
            *self = Self::new(self.exponent);
            return Err(Broken::Changed);
        }
        self.etag = etag;
        self.exponent = block.exponent();
        self.received = self.received.saturating_add(len);
        Ok(Part { offset: block.offset(), last: !block.more() })
    }
}

/// The ETag of a response, up to eight bytes, with its length above them where there is room.
fn etag(response: &Message<'_>) -> u64 {
    let value = response.option(number::ETAG).unwrap_or_default();
    value.iter().fold(value.len() as u64, |etag, byte| etag << 8 | u64::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::super::{Code, Kind, Token, Writer};
    use super::*;

    /// The server's answer to a request for `block` of `body`, in blocks of at most `16 << most`.
    fn answer(buffer: &mut [u8], body: &[u8], block: Block, most: u8, etag: &[u8]) -> usize {
        let block = block.with_size(16 << most);
        let end = (block.offset() + block.size()).min(body.len());
        let part = &body[block.offset()..end];
        let mut writer =
            Writer::new(buffer, Kind::Acknowledgement, Code::CONTENT, 1, &Token::default());
        if !etag.is_empty() {
            writer.option(number::ETAG, etag);
        }
        let more = end < body.len();
        writer.option(
            number::BLOCK2,
            &[Block::new(block.number(), more, block.exponent()).value() as u8],
        );
        writer.payload()[..part.len()].copy_from_slice(part);
        writer.finish(part.len()).unwrap()
    }

    fn body() -> [u8; 100] {
        core::array::from_fn(|n| n as u8)
    }

    #[test]
    fn a_body_is_put_together_in_the_size_that_the_server_likes() {
        for (ours, theirs, requests) in [(6, 6, 1), (2, 6, 2), (6, 1, 4), (1, 0, 7)] {
            let mut collection = Collection::new(ours);
            let mut whole = [0xff; 100];
            let mut count = 0;
            loop {
                let mut buffer = [0; 200];
                let len = answer(&mut buffer, &body(), collection.next(), theirs, b"");
                let message = Message::parse(&buffer[..len]).unwrap();
                let part = collection.accept(&message).unwrap();
                whole[part.offset..part.offset + message.payload.len()]
                    .copy_from_slice(message.payload);
                count += 1;
                if part.last {
                    break;
                }
            }
            assert_eq!((whole, count), (body(), requests), "ours {ours}, theirs {theirs}");
            assert_eq!(collection.received(), 100);
        }
    }

    #[test]
    fn a_body_that_changes_on_the_way_is_begun_again() {
        let mut collection = Collection::new(1);
        let mut buffer = [0; 200];
        let len = answer(&mut buffer, &body(), collection.next(), 6, b"one");
        let first = collection.accept(&Message::parse(&buffer[..len]).unwrap());
        assert_eq!(first, Ok(Part { offset: 0, last: false }));
        let len = answer(&mut buffer, &body(), collection.next(), 6, b"two");
        let second = collection.accept(&Message::parse(&buffer[..len]).unwrap());
        assert_eq!(second, Err(Broken::Changed));
        assert_eq!(collection.next(), Block::new(0, false, 1));
    }

    #[test]
    fn a_block_that_was_not_asked_for_changes_nothing() {
        let mut collection = Collection::new(1);
        let mut buffer = [0; 200];
        for wrong in [
            Block::new(1, false, 1),
            // Larger than asked for.
            Block::new(0, false, 2),
        ] {
            let len = answer(&mut buffer, &body(), wrong, 6, b"");
            let refused = collection.accept(&Message::parse(&buffer[..len]).unwrap());
            assert_eq!(refused, Err(Broken::Sequence));
            assert_eq!(collection.received(), 0);
        }
    }

    #[test]
    fn a_body_without_blocks_is_whole() {
        // 2.05 with payload "ab".
        let message = Message::parse(&[0x60, 0x45, 0, 1, 0xff, b'a', b'b']).unwrap();
        let mut collection = Collection::new(6);
        let part = collection.accept(&message);
        assert_eq!(part, Ok(Part { offset: 0, last: true }));
        assert_eq!(collection.received(), 2);
    }
}
