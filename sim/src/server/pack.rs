//! Bootstrap-Pack-Request of LwM2M 1.2 (Core 1.2, 6.1.7.2): all of a device's accounts in one response.

use super::accounts::{SENML_CBOR, encode_pack};
use super::bootstrap::{BootstrapPlan, is_preferable};
use super::config::ServerEvent;
use super::message::{Block, Code, Message, option, uint};
use super::registry::{Query, Refusal};
use super::{Peer, Server};

/// What a bootstrap server answers a Bootstrap-Pack-Request with.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Pack {
    /// The accounts of its plan, in SenML CBOR; 4.04 when its plan is a list of requests.
    Accounts,
    /// These bytes as SenML CBOR.
    Bytes(Vec<u8>),
    /// This code.
    Refused(Code),
    /// 4.04, as a server that knows no packs.
    #[default]
    None,
    /// Nothing at all.
    Silence,
}

impl Server {
    /// What the bootstrap server answers a Bootstrap-Pack-Request with from now on.
    pub fn set_pack(&mut self, pack: Pack) {
        self.config.pack = pack;
    }

    /// Answers a Bootstrap-Pack-Request; `None` when it is to be ignored.
    pub(super) fn pack_request(&mut self, peer: Peer, request: &Message) -> Option<Message> {
        if self.config.pack == Pack::Silence {
            return None;
        }
        let result = self.give_pack(peer, request);
        Some(result.unwrap_or_else(|Refusal(code, reason)| {
            self.emit(ServerEvent::Refused { code, reason });
            Message::new(code).because(reason)
        }))
    }

    fn give_pack(&mut self, peer: Peer, request: &Message) -> Result<Message, Refusal> {
        let endpoint = self.endpoint(peer, &Query::of(request)?, Code::BAD_REQUEST)?;
        if request.code != Code::GET {
            return Err(Refusal(Code::METHOD_NOT_ALLOWED, "a pack can be fetched only"));
        }
        let pack = match (&self.config.pack, &self.config.bootstrap) {
            (Pack::Accounts, Some(BootstrapPlan::Accounts(accounts))) => {
                encode_pack(&accounts.security, &accounts.servers)
            }
            (Pack::Bytes(bytes), _) => bytes.clone(),
            (Pack::Refused(code), _) => return Err(Refusal(*code, "as configured")),
            _ => return Err(Refusal(Code::NOT_FOUND, "there are no packs")),
        };
        match request.uint(option::ACCEPT).map(u16::try_from) {
            None | Some(Ok(SENML_CBOR)) => {}
            Some(Ok(format)) if is_preferable(format) => {
                return Err(Refusal(Code::NOT_ACCEPTABLE, "packs are in SenML CBOR"));
            }
            Some(_) => return Err(Refusal(Code::BAD_REQUEST, "Accept is no format of packs")),
        }
        let most = Block::exponent_for(self.config.block_size);
        let asked = request.block(option::BLOCK2);
        let asked = asked.map_err(|_| Refusal(Code::BAD_REQUEST, "Block2 is no block"))?;
        let start = asked.map_or(0, Block::offset);
        let exponent = asked.map_or(most, |block| block.exponent.min(most));
        let end = pack.len().min(start + (16 << exponent));
        let part = pack.get(start..end).filter(|part| start == 0 || !part.is_empty());
        let Some(part) = part else {
            return Err(Refusal(Code::BAD_REQUEST, "the block lies behind the end"));
        };
        if start > 0 && self.config.faults.change_packs > 0 {
            self.config.faults.change_packs -= 1;
            self.pack_version += 1;
        }
        let more = end < pack.len();
        let mut response = Message::new(Code::CONTENT)
            .with(option::ETAG, &self.pack_version.to_be_bytes())
            .with(option::CONTENT_FORMAT, &uint(SENML_CBOR.into()));
        if more || start > 0 {
            let block = Block { number: (start >> (4 + exponent)) as u32, more, exponent };
            response = response.with(option::BLOCK2, &block.value());
        }
        response.payload = part.to_vec();
        if start == 0 {
            self.emit(ServerEvent::PackStarted { endpoint: endpoint.clone() });
        }
        if !more {
            self.emit(ServerEvent::PackGiven { endpoint });
        }
        Ok(response)
    }
}
