//! What goes out, as bytes: requests of ours, answers, notifications, with bodies in blocks where
//! they are longer than one (RFC 7959).

use super::client::Client;
use super::objects::Uri;
use super::observe::Observation;
use super::peer::{Exchange, Task};
use super::read::{self, Reader};
use super::registration::{part, query, write_objects, write_path};
use super::request::{Answer, Content};
use super::{Version, Window};
use crate::capacity::BLOCK;
use crate::coap::{Block, Code, Kind, Token, Writer, number};

/// The size exponent of our blocks.
pub(super) const BLOCK_EXPONENT: u8 = (BLOCK / 16).trailing_zeros() as u8;

const _: () = assert!(
    16 << BLOCK_EXPONENT == BLOCK && BLOCK <= 1024,
    "capacity::BLOCK must be 16, 32, 64, 128, 256, 512 or 1024"
);

/// A message to be written: its head, and what comes behind.
struct Draft<'d> {
    kind: Kind,
    code: Code,
    id: u16,
    token: Token,
    /// The Block option that the body goes under: Block1 of requests, Block2 of answers.
    option: u16,
    /// Which block of the body; `None`: all of it, if that fits one.
    block: Option<Block>,
    /// Writes the options below the Block option.
    head: &'d dyn Fn(&mut Writer<'_>),
    /// Writes the options above the Block option.
    tail: &'d dyn Fn(&mut Writer<'_>),
    /// Writes the body.
    body: &'d dyn Fn(&mut Window<'_>),
}

impl Draft<'_> {
    /// Writes the message: its length, and whether more of the body is left.
    fn write(&self, buffer: &mut [u8]) -> Option<(usize, bool)> {
        if self.block.is_none()
            && let Some(len) = self.write_whole(buffer)
        {
            return Some((len, false));
        }
        let first = Block { number: 0, more: true, exponent: BLOCK_EXPONENT };
        // The other side may ask for smaller blocks than ours, not for larger ones.
        let block = self.block.unwrap_or(first).with_size(BLOCK);
        let mut writer = Writer::new(buffer, self.kind, self.code, self.id, &self.token);
        (self.head)(&mut writer);
        writer.uint(self.option, Block { more: true, ..block }.value());
        let position = writer.option_position();
        (self.tail)(&mut writer);
        let room = writer.payload().get_mut(..block.size())?;
        let mut window = Window::new(room, block.offset());
        (self.body)(&mut window);
        let (kept, more) = (window.kept(), window.more());
        if kept == 0 && block.number > 0 {
            return None;
        }
        writer.set_more(position, more);
        Some((writer.finish(kept)?, more))
    }

    /// Writes the message if its body fits one block.
    fn write_whole(&self, buffer: &mut [u8]) -> Option<usize> {
        let mut writer = Writer::new(buffer, self.kind, self.code, self.id, &self.token);
        (self.head)(&mut writer);
        (self.tail)(&mut writer);
        let room = writer.payload();
        let len = room.len().min(BLOCK);
        let mut window = Window::new(room.get_mut(..len)?, 0);
        (self.body)(&mut window);
        let (kept, more) = (window.kept(), window.more());
        if more { None } else { writer.finish(kept) }
    }
}

const NOTHING: &dyn Fn(&mut Writer<'_>) = &|_| {};

impl Client<'_> {
    /// Encodes a request of ours; `None` when what it was about is gone.
    pub(super) fn encode_exchange(
        &self,
        slot: u8,
        exchange: &Exchange,
        buffer: &mut [u8],
    ) -> Option<(usize, bool)> {
        match &exchange.task {
            Task::Notify => {
                let observation = self.observations.by_message(slot, exchange.id)?;
                let sequence = observation.last_sequence();
                let (len, _) = self.encode_notification(
                    observation,
                    Kind::Confirmable,
                    exchange.id,
                    sequence,
                    buffer,
                )?;
                return Some((len, false));
            }
            Task::Answer(answer) => {
                let len =
                    self.encode_response(slot, answer, Kind::Confirmable, exchange.id, buffer);
                return Some((len?, false));
            }
            _ => {}
        }
        let registration = &self.peers.get(usize::from(slot))?.registration;
        let server = self.objects.server.by_short_id(registration.server);
        let security = self.objects.security.by_slot(slot);
        let uri = security.and_then(|account| Uri::parse(&account.uri));
        let version = registration.version;
        let head = |writer: &mut Writer<'_>| match (exchange.task, server, &uri) {
            (Task::Register, Some(account), Some(uri)) => {
                registration.write_register(account, uri, &self.settings, writer);
            }
            (Task::Update(parts), Some(account), _) => {
                registration.write_update(parts, account, &self.settings, writer);
            }
            (Task::BootstrapRequest, _, Some(uri)) => {
                write_path(uri, b"bs", writer);
                query(writer, b"ep=", self.settings.endpoint.as_bytes());
                if self.settings.version > Version::V1_0 {
                    query(writer, b"pct=", b"112");
                }
            }
            (Task::Send, _, Some(uri)) => {
                write_path(uri, b"dp", writer);
                writer.uint(number::CONTENT_FORMAT, 112);
            }
            _ => registration.write_location(writer),
        };
        let body = |window: &mut Window<'_>| match exchange.task {
            Task::Register => write_objects(&self.objects, version, window),
            Task::Update(parts) if parts & part::OBJECTS != 0 => {
                write_objects(&self.objects, version, window);
            }
            Task::Send => self.write_send(window),
            _ => {}
        };
        let code = if exchange.task == Task::Deregister { Code::DELETE } else { Code::POST };
        let block = exchange.block.map(|(number, exponent)| Block { number, more: true, exponent });
        Draft {
            kind: Kind::Confirmable,
            code,
            id: exchange.id,
            token: exchange.token,
            option: number::BLOCK1,
            block,
            head: &head,
            tail: NOTHING,
            body: &body,
        }
        .write(buffer)
    }

    /// Encodes an answer to a request: behind the acknowledgement, or as non-confirmable message.
    pub(super) fn encode_answer(
        &self,
        slot: u8,
        answer: &Answer,
        buffer: &mut [u8],
    ) -> Option<usize> {
        let kind = match answer.confirmable {
            true => Kind::Acknowledgement,
            false => Kind::NonConfirmable,
        };
        // A non-confirmable answer has an ID of its own; the request's will do, as nothing else
        // that we send within its lifetime has it but by a rare chance.
        self.encode_response(slot, answer, kind, answer.id, buffer)
    }

    fn encode_response(
        &self,
        slot: u8,
        answer: &Answer,
        kind: Kind,
        id: u16,
        buffer: &mut [u8],
    ) -> Option<usize> {
        let mut code = answer.code;
        let mut content = answer.content;
        // What was there when the request came may be gone.
        if let Content::Read(path, _) = content
            && let Err(gone) = read::target(&self.objects, &path, Reader::Server(0))
        {
            (code, content) = (gone, Content::None);
        }
        let head = |writer: &mut Writer<'_>| {
            if let Some(sequence) = answer.observe {
                writer.uint(number::OBSERVE, sequence);
            }
            match content {
                Content::Created(path) => {
                    for id in path.ids() {
                        let mut digits = [0; 5];
                        let mut window = Window::new(&mut digits, 0);
                        super::format::put_integer(&mut window, i64::from(*id));
                        let len = window.kept();
                        writer.option(number::LOCATION_PATH, digits.get(..len).unwrap_or_default());
                    }
                }
                Content::Read(_, format) => {
                    writer.uint(number::CONTENT_FORMAT, format.number().into());
                }
                Content::Discover(_) | Content::BootstrapDiscover(_) => {
                    writer.uint(number::CONTENT_FORMAT, 40);
                }
                Content::None => {}
            }
        };
        let tail = |writer: &mut Writer<'_>| {
            if let Some(block) = answer.block1 {
                writer.uint(number::BLOCK1, block.value());
                if code == Code::REQUEST_ENTITY_TOO_LARGE {
                    // How much there is room for.
                    writer.uint(number::SIZE1, crate::capacity::BODY as u32);
                }
            }
        };
        let server = self.short_id(slot).unwrap_or(0);
        let body = |window: &mut Window<'_>| self.write_content(server, &content, window);
        let draft = Draft {
            kind,
            code,
            id,
            token: answer.token,
            option: number::BLOCK2,
            block: answer.block2.filter(|_| code.is_success()),
            head: &head,
            tail: &tail,
            body: &body,
        };
        if let Some((len, _)) = draft.write(buffer) {
            return Some(len);
        }
        // A block behind the end of the body.
        let nothing = |_: &mut Window<'_>| {};
        let refusal =
            Draft { code: Code::BAD_REQUEST, block: None, head: NOTHING, body: &nothing, ..draft };
        refusal.write(buffer).map(|(len, _)| len)
    }

    fn write_content(&self, server: u16, content: &Content, window: &mut Window<'_>) {
        match content {
            Content::Read(path, format) => {
                let reader = Reader::Server(server);
                if let Ok(object) = read::target(&self.objects, path, reader) {
                    read::encode(object, path, reader, *format, window);
                }
            }
            Content::Discover(path) => {
                if let Some(object) = path.id(0).and_then(|id| self.objects.get(id)) {
                    read::discover(object, path, server, &self.attributes, window);
                }
            }
            Content::BootstrapDiscover(path) => {
                read::bootstrap_discover(&self.objects, path, window);
            }
            Content::Created(_) | Content::None => {}
        }
    }

    /// Encodes a notification: its length, and its code, which is an error when what was observed
    /// cannot be read any more.
    pub(super) fn encode_notification(
        &self,
        observation: &Observation,
        kind: Kind,
        id: u16,
        sequence: u32,
        buffer: &mut [u8],
    ) -> Option<(usize, Code)> {
        let path = observation.path;
        let readable = read::target(&self.objects, &path, Reader::Server(observation.server));
        let (code, content) = match readable {
            _ if observation.ended => (Code::NOT_FOUND, Content::None),
            Ok(_) => (Code::CONTENT, Content::Read(path, observation.format)),
            Err(code) => (code, Content::None),
        };
        let answer = Answer {
            confirmable: true,
            id,
            token: observation.token,
            code,
            content,
            // An error ends the observation, and has no Observe option (RFC 7641, 4.2).
            observe: code.is_success().then_some(sequence),
            block1: None,
            block2: None,
        };
        let len = self.encode_response(observation.slot, &answer, kind, id, buffer)?;
        Some((len, code))
    }
}
