//! Requests of a device that come in blocks (RFC 7959 section 2.5): a large Register or Send.

use std::collections::BTreeMap;

use super::Peer;
use super::message::{Block, Code, Message, option};

/// The longest body that is put together, in bytes.
pub const MAX_BODY: usize = 64 * 1024;

/// What a request with or without Block1 comes to.
#[derive(Debug)]
pub enum Assembled {
    /// The whole payload; a response to it carries the block, if there is one.
    Whole(Vec<u8>, Option<Block>),
    /// Not the last block, or a wrong one: the response to it.
    Reply(Message),
}

/// Bodies that have not arrived to their end, by peer and path.
#[derive(Default)]
pub struct Inbound(BTreeMap<(Peer, Vec<String>), Vec<u8>>);

impl Inbound {
    /// Takes a request; blocks larger than `exponent` says are asked to be smaller.
    pub fn assemble(
        &mut self,
        peer: Peer,
        path: &[String],
        request: &Message,
        exponent: u8,
    ) -> Assembled {
        let block = match request.block(option::BLOCK1) {
            Ok(Some(block)) => block,
            Ok(None) => return Assembled::Whole(request.payload.clone(), None),
            Err(_) => return reply(Code::BAD_REQUEST, None),
        };
        let key = (peer, path.to_vec());
        let length = request.payload.len();
        if length > block.size() || block.more && length != block.size() {
            return reply(Code::BAD_REQUEST, Some(block));
        }
        let mut body = match block.number {
            0 => Vec::new(),
            _ => self.0.remove(&key).unwrap_or_default(),
        };
        if block.offset() != body.len() {
            return reply(Code::INCOMPLETE, Some(block));
        }
        if body.len() + length > MAX_BODY {
            return reply(Code::TOO_LARGE, Some(block));
        }
        body.extend_from_slice(&request.payload);
        if !block.more {
            return Assembled::Whole(body, Some(block));
        }
        self.0.insert(key, body);
        reply(Code::CONTINUE, Some(Block { exponent: block.exponent.min(exponent), ..block }))
    }
}

fn reply(code: Code, block: Option<Block>) -> Assembled {
    let message = Message::new(code);
    Assembled::Reply(match block {
        Some(block) => message.with(option::BLOCK1, &block.value()),
        None => message,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(
        inbound: &mut Inbound,
        number: u32,
        more: bool,
        payload: &[u8],
    ) -> Result<Vec<u8>, Code> {
        let mut request = Message::new(Code::POST)
            .with(option::BLOCK1, &Block { number, more, exponent: 0 }.value());
        request.payload = payload.to_vec();
        match inbound.assemble(Peer(1), &["rd".into()], &request, 6) {
            Assembled::Whole(body, _) => Ok(body),
            Assembled::Reply(message) => Err(message.code),
        }
    }

    #[test]
    fn blocks_in_order_make_the_whole() {
        let mut inbound = Inbound::default();
        assert_eq!(send(&mut inbound, 0, true, &[1; 16]), Err(Code::CONTINUE));
        assert_eq!(send(&mut inbound, 1, true, &[2; 16]), Err(Code::CONTINUE));
        let whole = send(&mut inbound, 2, false, &[3]).unwrap();
        assert_eq!(whole, [&[1; 16][..], &[2; 16], &[3]].concat());
    }

    #[test]
    fn a_missing_block_and_a_short_block_are_told() {
        let mut inbound = Inbound::default();
        assert_eq!(send(&mut inbound, 1, false, &[1]), Err(Code::INCOMPLETE));
        assert_eq!(send(&mut inbound, 0, true, &[1; 15]), Err(Code::BAD_REQUEST));
        assert_eq!(send(&mut inbound, 0, true, &[1; 16]), Err(Code::CONTINUE));
        assert_eq!(send(&mut inbound, 2, false, &[3]), Err(Code::INCOMPLETE));
    }
}
