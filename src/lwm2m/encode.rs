//! What goes out, as bytes: requests of ours, answers, notifications, with bodies in blocks where
//! they are longer than one (RFC 7959).

use super::bootstrap::PACKS;
use super::client::{Client, HOLDS};
use super::discover::{DISCOVERS, discover, links};
use super::format::ContentFormat;
use super::objects::Uri;
use super::observe::{OBSERVES, Observation};
use super::paths::{List, Paths};
use super::peer::Task;
use super::registration::{decimal, part, query, write_path};
use super::request::{Answer, Content};
use super::send::SENDS;
use super::write::CREATES;
use super::{Version, Window};
use crate::capacity::BLOCK;
use crate::coap::{Block, Code, Kind, Writer, number};

/// Whether bodies go in blocks where they are longer than one.
pub(super) const BLOCKS: bool = cfg!(feature = "block-wise");

/// The first of our blocks.
pub(super) const FIRST_BLOCK: Block = Block::new(0, true, (BLOCK / 16).trailing_zeros() as u8);

impl Client<'_> {
    /// Writes a message: its length, and whether more of the body is left.
    ///
    /// # Errors
    /// What to answer instead: 4.00 where the block that is asked for lies behind the end of the body,
    /// 5.00 where it does not fit and there are no blocks, and where what is to be read is gone by now, what
    /// a request would get.
    fn write(
        &self,
        slot: u8,
        kind: Kind,
        answer: &Answer,
        buffer: &mut [u8],
    ) -> Result<(usize, bool), Code> {
        let request = answer.content == Content::Request;
        let option = if request { number::BLOCK1 } else { number::BLOCK2 };
        // The other side may ask for smaller blocks than ours, not for larger ones.
        let mut block = answer.block2.filter(|_| BLOCKS).map(|block| block.with_size(BLOCK));
        loop {
            let mut writer = Writer::new(buffer, kind, answer.code, answer.id, &answer.token);
            if request {
                self.write_request_head(slot, &mut writer);
            } else {
                if block.is_some() && answer.content == Content::Read {
                    writer.option(number::ETAG, &self.etag(slot, answer).to_be_bytes());
                }
                write_head(answer, &mut writer);
            }
            if let Some(block) = block {
                writer.uint(option, block.value() | Block::MORE);
            }
            let position = writer.option_position();
            if let Some(block) = answer.block1.filter(|_| BLOCKS) {
                writer.uint(number::BLOCK1, block.value());
                if answer.code == Code::REQUEST_ENTITY_TOO_LARGE {
                    // How much there is room for.
                    writer.uint(number::SIZE1, crate::capacity::BODY as u32);
                }
            }
            let room = writer.payload();
            let whole = if BLOCKS { room.len().min(BLOCK) } else { room.len() };
            let len = block.map_or(whole, Block::size);
            let room = room.get_mut(..len).unwrap_or_default();
            let mut window = Window::new(room, block.map_or(0, Block::offset));
            if request {
                self.write_request_body(slot, &mut window);
            } else {
                self.write_content(slot, answer, &mut window)?;
            }
            let (kept, more) = (window.kept(), window.more());
            match block {
                Some(block) if kept == 0 && block.number() > 0 => return Err(Code::BAD_REQUEST),
                Some(_) => writer.set_more(position, more),
                None if more && !BLOCKS => return Err(Code::INTERNAL_SERVER_ERROR),
                None if more => {
                    block = Some(FIRST_BLOCK);
                    continue;
                }
                None => {}
            }
            let len = writer.finish(kept).ok_or(Code::INTERNAL_SERVER_ERROR)?;
            return Ok((len, more));
        }
    }

    /// Encodes a request of ours; `None` when what it was about is gone.
    pub(super) fn encode_exchange(&self, slot: u8, buffer: &mut [u8]) -> Option<(usize, bool)> {
        let exchange = &self.peers.get(usize::from(slot))?.exchange;
        let (kind, id) = (Kind::Confirmable, exchange.id);
        let len = match exchange.task {
            Task::Notify => {
                let observation = self.observations.get(self.observations.by_message(slot, id)?)?;
                let sequence = observation.sequence;
                self.encode_notification(observation, kind, id, sequence, buffer)?
            }
            Task::Answer if HOLDS => {
                let mut answer = self.separate;
                answer.id = id;
                self.encode_response(slot, kind, &answer, buffer)?
            }
            task => {
                let mut request = Answer::EMPTY;
                request.code = match task {
                    Task::Deregister => Code::DELETE,
                    Task::BootstrapPack if PACKS => Code::GET,
                    _ => Code::POST,
                };
                request.id = id;
                request.token = exchange.token;
                request.content = Content::Request;
                request.block2 = exchange.block;
                return self.write(slot, kind, &request, buffer).ok();
            }
        };
        Some((len, false))
    }

    /// Writes the options of a request of ours.
    // Apart, so that an answer does not take the stack for it.
    #[inline(never)]
    fn write_request_head(&self, slot: u8, writer: &mut Writer<'_>) {
        let Some(peer) = self.peers.get(usize::from(slot)) else { return };
        let registration = &peer.registration;
        let server = self.objects.server.by_short_id(registration.server);
        let security = self.objects.security.by_slot(slot);
        let named = !matches!(peer.exchange.task, Task::Update | Task::Deregister);
        let uri = security.filter(|_| named).and_then(|account| Uri::parse(&account.uri));
        match (peer.exchange.task, server, &uri) {
            (Task::Register, Some(account), Some(uri)) => {
                registration.write_register(account, uri, &self.settings, writer);
            }
            (Task::Update, Some(account), _) => {
                registration.write_update(peer.exchange.parts, account, &self.settings, writer);
            }
            (task @ (Task::BootstrapRequest | Task::BootstrapPack), _, Some(uri)) => {
                let pack = PACKS && task == Task::BootstrapPack;
                write_path(uri, if pack { b"bspack" } else { b"bs" }, writer);
                query(writer, b"ep=", self.settings.endpoint.as_bytes());
                if pack {
                    writer.uint(number::ACCEPT, ContentFormat::preferred().number().into());
                    // From the first one on: a larger block has no place in our buffer.
                    writer.uint(number::BLOCK2, self.bootstrap.collection.next().value());
                } else if self.settings.version > Version::V1_0 {
                    let format: &[u8] = match ContentFormat::preferred() {
                        ContentFormat::SenmlCbor => b"112",
                        ContentFormat::SenmlJson => b"110",
                        _ => b"11542",
                    };
                    query(writer, b"pct=", format);
                }
            }
            (Task::Send, _, Some(uri)) if SENDS => {
                write_path(uri, b"dp", writer);
                writer.uint(number::CONTENT_FORMAT, ContentFormat::preferred().number().into());
            }
            _ => registration.write_location(writer),
        }
    }

    /// Writes the body of a request of ours.
    #[inline(never)]
    fn write_request_body(&self, slot: u8, window: &mut Window<'_>) {
        let Some(peer) = self.peers.get(usize::from(slot)) else { return };
        match peer.exchange.task {
            Task::Update if peer.exchange.parts & part::OBJECTS == 0 => {}
            Task::Register | Task::Update => {
                links(&self.objects, None, peer.registration.version, window);
            }
            Task::Send if SENDS => self.write_send(peer.registration.server, window),
            _ => {}
        }
    }

    /// Encodes the answer to a request: behind the acknowledgement, or as non-confirmable message.
    pub(super) fn encode_answer(&self, slot: u8, buffer: &mut [u8]) -> Option<usize> {
        let kind = match self.answer.confirmable {
            true => Kind::Acknowledgement,
            false => Kind::NonConfirmable,
        };
        // A non-confirmable answer has an ID of its own; the request's will do, as nothing else
        // that we send within its lifetime has it but by a rare chance.
        self.encode_response(slot, kind, &self.answer, buffer)
    }

    fn encode_response(
        &self,
        slot: u8,
        kind: Kind,
        answer: &Answer,
        buffer: &mut [u8],
    ) -> Option<usize> {
        let written = self.write(slot, kind, answer, buffer).or_else(|code| {
            let error = Answer { code, content: Content::None, block2: None, ..*answer };
            self.write(slot, kind, &error, buffer)
        });
        written.ok().map(|(len, _)| len)
    }

    /// Writes the body of an answer.
    ///
    /// # Errors
    /// What a request would get that came now, where what was there is gone.
    fn write_content(
        &self,
        slot: u8,
        answer: &Answer,
        window: &mut Window<'_>,
    ) -> Result<(), Code> {
        let path = &answer.path;
        match answer.content {
            Content::Read => {
                let paths = Paths::new(&self.observations.lists, answer.list, path);
                let view = self.view(self.short_id(slot).unwrap_or(0));
                // Of several paths, those count that are there.
                if !view.encode(paths, answer.format, window) && answer.list == List::NONE {
                    view.target(path)?;
                }
            }
            Content::Stored => {
                if let Some(index) = self.observations.by_token(slot, &answer.token) {
                    self.observations.write_stored(self.now, index, &self.objects, window);
                }
            }
            Content::Discover if DISCOVERS => {
                let depth = answer.depth.checked_sub(1);
                discover(
                    self.view(self.short_id(slot).unwrap_or(0)),
                    path,
                    depth,
                    &self.attributes,
                    window,
                );
            }
            Content::BootstrapDiscover if DISCOVERS => {
                let version = self.settings.version.max(Version::V1_1);
                links(&self.objects, Some(path), version, window);
            }
            _ => {}
        }
        Ok(())
    }

    /// Encodes a notification; an error when what was observed cannot be read any more.
    pub(super) fn encode_notification(
        &self,
        observation: &Observation,
        kind: Kind,
        id: u16,
        sequence: u32,
        buffer: &mut [u8],
    ) -> Option<usize> {
        let mut answer = Answer::EMPTY;
        (answer.code, answer.content) = match observation {
            _ if observation.is_ended() => (Code::NOT_FOUND, Content::None),
            _ if observation.is_carrying() => (Code::CONTENT, Content::Stored),
            _ => (Code::CONTENT, Content::Read),
        };
        answer.id = id;
        answer.token = observation.token;
        answer.path = observation.path;
        answer.list = observation.list;
        answer.format = observation.format;
        answer.observe = Some(sequence);
        self.encode_response(observation.slot, kind, &answer, buffer)
    }
}

/// Writes the options of an answer below the Block option.
fn write_head(answer: &Answer, writer: &mut Writer<'_>) {
    // An error ends the observation, and has no Observe option (RFC 7641, 4.2).
    if let Some(sequence) = answer.observe.filter(|_| OBSERVES)
        && matches!(answer.content, Content::Read | Content::Stored)
    {
        writer.uint(number::OBSERVE, sequence);
    }
    match answer.content {
        Content::Created if CREATES => {
            for id in answer.path.ids() {
                decimal(writer, number::LOCATION_PATH, b"", (*id).into());
            }
        }
        Content::Read | Content::Stored => {
            writer.uint(number::CONTENT_FORMAT, answer.format.number().into());
        }
        Content::Discover | Content::BootstrapDiscover => {
            writer.uint(number::CONTENT_FORMAT, 40);
        }
        Content::Created | Content::None | Content::Request => {}
    }
}
