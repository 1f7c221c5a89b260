//! Requests of servers: from a CoAP request to an operation, and to the answer (Transport 6.4.4).

use super::attributes::Attributes;
use super::client::Client;
use super::discover::DISCOVERS;
use super::encode::BLOCKS;
use super::format::{ContentFormat, Decoder, Entry, Raw};
use super::notice::{Notice, Part};
use super::object::{Context, Effect, Resource};
use super::objects::access_control::{ANY_INSTANCE, right};
use super::objects::{access_control, firmware};
use super::observe::OBSERVES;
use super::paths::{List, Paths};
use super::read::{self, View};
use super::write::{self, CREATES, Mode};
use super::{Path, Version};
use crate::bytes::copy;
use crate::capacity;
use crate::coap::{Block, Code, Kind, Message, Step, Token, number};

/// What an answer carries. It is encoded when it goes out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Content {
    None,
    /// What is at [`Answer::path`], or at the paths of [`Answer::list`], in [`Answer::format`].
    Read,
    /// Stored values of the observation with [`Answer::token`], in [`Answer::format`].
    Stored,
    Discover,
    BootstrapDiscover,
    /// The path of the Object Instance that was created, where the server did not name it.
    Created,
    /// It is a request of ours: what the exchange under way is about.
    Request,
}

/// An answer to a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Answer {
    pub confirmable: bool,
    pub code: Code,
    /// Message ID of the request.
    pub id: u16,
    pub content: Content,
    pub format: ContentFormat,
    pub token: Token,
    pub path: Path,
    pub list: List,
    /// One more than how deep a Discover goes; 0: as deep as it usually does.
    pub depth: u8,
    pub observe: Option<u32>,
    pub block1: Option<Block>,
    /// Which block of its body it carries; `None`: all of it, if that fits one.
    pub block2: Option<Block>,
}

impl Answer {
    /// An answer that carries nothing, to nobody.
    pub(crate) const EMPTY: Self = Self {
        confirmable: false,
        code: Code::EMPTY,
        id: 0,
        content: Content::None,
        format: ContentFormat::Text,
        token: Token::EMPTY,
        path: Path::ROOT,
        list: List::NONE,
        depth: 0,
        observe: None,
        block1: None,
        block2: None,
    };
}

/// Where a request wants to go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Target {
    /// To [`Request::path`].
    Path,
    /// `/bs`: Bootstrap-Finish.
    Bootstrap,
    /// Nothing that LwM2M has.
    Unknown,
}

/// A request, and where it goes.
pub(super) struct Request<'m> {
    pub message: &'m Message<'m>,
    pub target: Target,
    pub path: Path,
    pub accept: Option<u32>,
    pub format: Option<u32>,
    block1: Option<Block>,
    block2: Option<Block>,
}

impl<'m> Request<'m> {
    /// A request whose options are to be checked.
    const fn new(message: &'m Message<'m>) -> Self {
        Self {
            message,
            target: Target::Path,
            path: Path::ROOT,
            accept: None,
            format: None,
            block1: None,
            block2: None,
        }
    }

    /// Checks the options, and finds where it goes.
    ///
    /// # Errors
    /// 4.02 for a critical option that is not known, 5.05 for a proxy request.
    fn check(&mut self) -> Result<(), Code> {
        let mut first = true;
        for (number, value) in self.message.options() {
            match number {
                number::URI_PATH => {
                    let first = core::mem::take(&mut first);
                    if first && value == b"bs" {
                        self.target = Target::Bootstrap;
                    } else if !first || !value.is_empty() {
                        let id = super::path::parse_id(value);
                        let pushed = id.and_then(|id| self.path.push(id));
                        if pushed.is_none() || self.target != Target::Path {
                            self.target = Target::Unknown;
                        }
                    }
                    // Else a single empty segment: the root.
                }
                number::ACCEPT => self.accept = crate::coap::uint(value),
                number::CONTENT_FORMAT => self.format = crate::coap::uint(value),
                number::PROXY_URI | number::PROXY_SCHEME => return Err(Code::new(5, 5)),
                number::BLOCK1 if BLOCKS => self.block1 = Some(Block::option(value)?),
                number::BLOCK2 if BLOCKS => self.block2 = Some(Block::option(value)?),
                number::URI_HOST | number::URI_PORT | number::URI_QUERY => {}
                _ if number::is_critical(number) => return Err(Code::BAD_OPTION),
                _ => {}
            }
        }
        Ok(())
    }

    /// The format of the payload; without a Content-Format, text for a resource and TLV otherwise.
    pub(super) fn content_format(&self, path: &Path) -> Result<ContentFormat, Code> {
        let Some(format) = self.format else {
            let single = path.level() >= 3;
            return Ok(if single { ContentFormat::Text } else { ContentFormat::Tlv });
        };
        ContentFormat::from_number(format)
            .filter(|format| format.is_plain())
            .filter(|format| !format.is_single() || path.level() >= 3)
            .ok_or(Code::UNSUPPORTED_CONTENT_FORMAT)
    }

    pub(super) fn queries(&self) -> impl Iterator<Item = &'m [u8]> {
        self.message
            .options()
            .filter(|(number, _)| *number == number::URI_QUERY)
            .map(|(_, value)| value)
    }

    /// A number that stands for method and path, to tell one body in blocks from another.
    fn key(&self) -> u32 {
        let mut hash = u32::from(self.message.code.byte()) << 8 | self.path.level() as u32;
        for id in self.path.ids() {
            hash = hash.wrapping_mul(0x0100_0193) ^ u32::from(*id);
        }
        hash
    }
}

/// Where the body of a request is.
pub(super) enum Body {
    /// In the message.
    Message,
    /// In the buffer, this many bytes of it.
    Buffer(usize),
    /// Not here yet: more blocks follow.
    Partial,
}

impl Body {
    /// The body; `None` while more blocks follow.
    pub(super) fn bytes<'b>(&self, request: &Request<'b>, buffer: &'b [u8]) -> Option<&'b [u8]> {
        match self {
            Self::Message => Some(request.message.payload),
            Self::Buffer(len) => buffer.get(..*len),
            Self::Partial => None,
        }
    }
}

/// Whether a path is that of a composite operation, where there are any.
fn is_composite(path: &Path) -> bool {
    cfg!(feature = "composite") && path.level() == 0
}

/// The format with this number, if it suits a composite operation.
fn composite_format(
    number: Option<u32>,
    suits: impl Fn(ContentFormat) -> bool,
) -> Result<ContentFormat, Code> {
    let format = number.and_then(ContentFormat::from_number);
    format.filter(|format| suits(*format)).ok_or(Code::UNSUPPORTED_CONTENT_FORMAT)
}

/// Stands for an answer that must wait: for what becomes of a package, or for values. As an error:
/// nothing is done, and the server is to ask again.
const LATER: Code = Code::EMPTY;

impl Client<'_> {
    /// Answers a request, unless it is not to be answered, or not yet.
    pub(super) fn request(&mut self, slot: u8, message: &Message<'_>) {
        self.answer = Answer::EMPTY;
        self.answer.confirmable = message.kind == Kind::Confirmable;
        self.answer.id = message.id;
        self.answer.token = message.token;
        let (code, done) = match self.operation(slot, message) {
            Ok(LATER) => return self.hold(slot),
            Err(LATER) => return,
            // RFC 7252, 5.4.1: a non-confirmable message with an option that is critical and not
            // known is rejected without a word.
            Err(Code::BAD_OPTION) if !self.answer.confirmable => return,
            Ok(code) => (code, true),
            Err(code) => (code, false),
        };
        self.answer.code = code;
        if !done {
            self.answer.content = Content::None;
            self.answer.observe = None;
            self.answer.block2 = None;
        }
        self.answer(slot);
    }

    /// Carries out an operation: the code to answer with, or [`LATER`].
    fn operation(&mut self, slot: u8, message: &Message<'_>) -> Result<Code, Code> {
        let mut request = Request::new(message);
        request.check()?;
        let request = &request;
        self.answer.block2 = request.block2;
        self.answer.block1 = request.block1;
        let path = &request.path;
        self.answer.path = *path;
        if self.bootstrap.is_peer(slot) {
            return self.bootstrap_operation(slot, request);
        }
        if request.target != Target::Path {
            return Err(Code::NOT_FOUND);
        }
        let server = self.short_id(slot).ok_or(Code::UNAUTHORIZED)?;
        match message.code {
            Code::GET if DISCOVERS && request.accept == Some(40) => {
                self.discover(server, path, request)
            }
            Code::GET => self.read(slot, server, path, request),
            Code::PUT | Code::POST => self.change(slot, server, path, request),
            Code::DELETE if CREATES => self.delete(slot, server, path),
            Code::FETCH if is_composite(path) => self.read_composite(slot, server, request),
            Code::IPATCH if is_composite(path) => self.write_composite(slot, server, request),
            _ => Err(Code::METHOD_NOT_ALLOWED),
        }
    }

    fn discover(&mut self, server: u16, path: &Path, request: &Request<'_>) -> Result<Code, Code> {
        let (object, resource) = self.view(server).find(path, right::READ)?;
        if path.level() > 3 {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if resource.is_some_and(|resource| !read::is_there(object, resource, path)) {
            return Err(Code::NOT_FOUND);
        }
        for query in request.queries() {
            self.answer.depth = match query {
                [b'd', b'e', b'p', b't', b'h', b'=', depth @ b'0'..=b'3'] => depth - b'0' + 1,
                _ => return Err(Code::BAD_REQUEST),
            };
        }
        self.answer.content = Content::Discover;
        Ok(Code::CONTENT)
    }

    /// Read, Observe and Cancel Observation.
    fn read(
        &mut self,
        slot: u8,
        server: u16,
        path: &Path,
        request: &Request<'_>,
    ) -> Result<Code, Code> {
        let (_, resource) = self.view(server).target(path)?;
        let version = self.peer(slot).registration.version;
        self.answer.format = read::choose(resource, path, request.accept, version)?;
        self.answer_values(slot, server, request)
    }

    /// Read-Composite, Observe-Composite and its cancellation. What is not there, or not for this
    /// server, is left out (Core 6.3.10).
    fn read_composite(
        &mut self,
        slot: u8,
        server: u16,
        request: &Request<'_>,
    ) -> Result<Code, Code> {
        let format = composite_format(request.format, ContentFormat::is_list)?;
        let body = self.collect(slot, request)?;
        let bare = request.message.payload.is_empty() && self.answer.block1.is_none();
        if bare && self.answer.block2.is_some_and(|block| block.number() > 0) {
            // A list that came in blocks does not come again for further blocks of the answer (RFC 7959, 3.3).
            let list = self.answered(slot).ok_or(Code::REQUEST_ENTITY_INCOMPLETE)?;
            return self.answer_list(slot, server, list, format, request);
        }
        self.forget_answered();
        let Some(payload) = body.bytes(request, &self.body) else { return Ok(Code::CONTINUE) };
        let mut decoder = Decoder::new(format, Path::ROOT, payload);
        let mut entry = Entry { path: Path::ROOT, raw: None };
        while decoder.read(&mut entry).map_err(|_| Code::BAD_REQUEST)? {
            if entry.raw.is_some() {
                return Err(Code::BAD_REQUEST);
            }
            let pushed = self.observations.lists.push(List::ANSWER, &entry.path);
            pushed.ok_or(Code::INTERNAL_SERVER_ERROR)?;
        }
        if self.observations.lists.is_empty(List::ANSWER) {
            return Err(Code::BAD_REQUEST);
        }
        self.answer_list(slot, server, List::ANSWER, format, request)
    }

    /// The list of the last answer of a session.
    fn answered(&self, slot: u8) -> Option<List> {
        let lists = &self.observations.lists;
        let last = [List::ANSWER, List::SEPARATE].into_iter().find(|list| !lists.is_empty(*list));
        last.filter(|_| self.reply_slot == slot).or_else(|| self.observations.last_list(slot))
    }

    /// Answers with what is at the paths of a list, which came in `format`.
    fn answer_list(
        &mut self,
        slot: u8,
        server: u16,
        list: List,
        format: ContentFormat,
        request: &Request<'_>,
    ) -> Result<Code, Code> {
        self.answer.list = list;
        self.answer.format = match request.accept {
            None => format.plain(),
            accept => composite_format(accept, ContentFormat::is_tree)
                .map_err(|_| Code::NOT_ACCEPTABLE)?,
        };
        self.answer_values(slot, server, request)
    }

    /// Answers with what is at the path or the list of the answer, and begins or ends an observation of
    /// that.
    fn answer_values(
        &mut self,
        slot: u8,
        server: u16,
        request: &Request<'_>,
    ) -> Result<Code, Code> {
        self.answer.content = Content::Read;
        // Later blocks of an answer belong to the values and the observation of the first one.
        let first = self.answer.block2.is_none_or(|block| block.number() == 0);
        match request.message.uint(number::OBSERVE).filter(|_| OBSERVES) {
            Some(0) if first => {
                let own = self.own_attributes(slot, server, request)?;
                let answer = &mut self.answer;
                answer.observe =
                    self.observations.add(self.now, slot, server, own, answer, &self.objects);
                self.observations.refresh(&self.objects, &self.attributes);
            }
            Some(1) => self.observations.forget(slot, Some(&self.answer.token)),
            _ => {}
        }
        // One answer can wait; another one meanwhile goes out with what is known.
        let (list, path) = (self.answer.list, self.answer.path);
        if first && !self.is_held() && !self.are_fresh(list, &path) {
            self.answer.code = Code::CONTENT;
            return Ok(LATER);
        }
        Ok(Code::CONTENT)
    }

    /// Takes up the attributes that an Observe request brings along for its observation, of all paths of
    /// the answer. Returns their number; 0: there are none, as before LwM2M 1.2.
    ///
    /// # Errors
    /// 4.00 and 5.00 as for Write-Attributes.
    fn own_attributes(&mut self, slot: u8, server: u16, request: &Request<'_>) -> Result<u8, Code> {
        let modern = self.peer(slot).registration.version >= Version::V1_2;
        if !cfg!(feature = "attributes") || !modern || request.queries().next().is_none() {
            return Ok(0);
        }
        let own = self.observations.own(slot, &self.answer.token);
        self.observations.sweep(&mut self.attributes);
        let view = View::new(&self.objects, server);
        let paths = Paths::new(&self.observations.lists, self.answer.list, &self.answer.path);
        let suits = |attributes: &Attributes| {
            let mut suits = true;
            paths.each(&mut |path| {
                if let Ok((_, resource)) = view.target(path) {
                    suits &= attributes.suits(resource.map(|resource| resource.kind));
                }
            });
            suits
        };
        self.attributes.write(own.into(), &Path::ROOT, &mut request.queries(), &suits)?;
        Ok(own)
    }

    /// Write-Composite: all of it or nothing. Null removes a Resource Instance, in SenML as in SenML ETCH.
    fn write_composite(
        &mut self,
        slot: u8,
        server: u16,
        request: &Request<'_>,
    ) -> Result<Code, Code> {
        let format =
            composite_format(request.format, |format| format.is_list() || format.is_tree())?.etch();
        let body = self.collect(slot, request)?;
        let Some(payload) = body.bytes(request, &self.body) else { return Ok(Code::CONTINUE) };
        let mut context = Context::new(server);
        let root = &Path::ROOT;
        write::write(&mut self.objects, root, Mode::Update, format, payload, &mut context)?;
        let mut decoder = Decoder::new(format, Path::ROOT, payload);
        let mut entry = Entry { path: Path::ROOT, raw: None };
        let mut forgot = false;
        while let Ok(true) = decoder.read(&mut entry) {
            if matches!(entry.raw, Some(Raw::Null)) {
                forgot |= self.attributes.forget(&entry.path);
            }
            self.observations.changed(self.now, &entry.path, &self.objects, &self.attributes);
        }
        self.apply(&context);
        if forgot {
            self.notice(Notice::AttributesChanged);
        }
        Ok(Code::CHANGED)
    }

    /// Write, Write-Attributes, Execute and Create.
    fn change(
        &mut self,
        slot: u8,
        server: u16,
        path: &Path,
        request: &Request<'_>,
    ) -> Result<Code, Code> {
        let put = request.message.code == Code::PUT;
        let view = self.view(server);
        let (object, resource) = view.locate(path)?;
        let definition = object.definition();
        let bare = request.message.payload.is_empty() && request.format.is_none();
        if put && bare && request.message.option(number::URI_QUERY).is_some() {
            if !cfg!(feature = "attributes") {
                return Err(Code::METHOD_NOT_ALLOWED);
            }
            view.authorise(path, right::READ)?;
            return self.write_attributes(server, path, resource, request);
        }
        let mode = match (put, path.level()) {
            (false, 1) if CREATES && definition.creatable => {
                let of = Path::instance(definition.object, ANY_INSTANCE);
                view.authorise(&of, right::CREATE)?;
                Mode::Create(0)
            }
            (true, 2..=4) => Mode::Replace,
            (false, 3) if resource.is_some_and(Resource::is_executable) => {
                view.authorise(path, right::EXECUTE)?;
                return self.execute(slot, server, path, request);
            }
            (false, 2..=3) => Mode::Update,
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        };
        if path.level() > 1 {
            view.authorise(path, right::WRITE)?;
        }
        let format = request.content_format(path)?;
        if put && self.is_package(path, format, request) {
            self.take_package(slot, format, request)?;
            return Ok(LATER);
        }
        let body = self.collect(slot, request)?;
        let Some(payload) = body.bytes(request, &self.body) else { return Ok(Code::CONTINUE) };
        let mut context = Context::new(server);
        let Some(_) = mode.created() else {
            write::write(&mut self.objects, path, mode, format, payload, &mut context)?;
            self.finish(path, &context);
            return Ok(Code::CHANGED);
        };
        let (object, _) = self.view(server).locate(path)?;
        let (instance, named) = write::new_instance(object, format, payload)?;
        let created = Path::instance(definition.object, instance);
        let owned = self.objects.is_owned(&created)?;
        let mode = Mode::Create(instance);
        write::write(&mut self.objects, path, mode, format, payload, &mut context)?;
        // Those of an instance that was not there any more after a restart.
        if self.attributes.forget(&created) {
            self.notice(Notice::AttributesChanged);
        }
        if !named {
            self.answer.content = Content::Created;
            self.answer.path = created;
        }
        if owned {
            self.disown(&created);
            self.objects.own(server, &created);
            self.changed(&Path::object(access_control::OBJECT));
            self.notice(Notice::ServerChanged);
        }
        self.model_changed();
        self.finish(&created, &context);
        Ok(Code::CREATED)
    }

    fn execute(
        &mut self,
        slot: u8,
        server: u16,
        path: &Path,
        request: &Request<'_>,
    ) -> Result<Code, Code> {
        let body = self.collect(slot, request)?;
        let Some(arguments) = body.bytes(request, &self.body) else { return Ok(Code::CONTINUE) };
        if !are_arguments(arguments) {
            return Err(Code::BAD_REQUEST);
        }
        let mut context = Context::new(server);
        let object = path.id(0).and_then(|id| self.objects.get_mut(id));
        object.ok_or(Code::NOT_FOUND)?.execute(path, arguments, &mut context)?;
        self.apply(&context);
        Ok(Code::CHANGED)
    }

    /// Delete: of an Object Instance, or, since LwM2M 1.2, of a Resource Instance.
    fn delete(&mut self, slot: u8, server: u16, path: &Path) -> Result<Code, Code> {
        let version = self.peer(slot).registration.version;
        let view = self.view(server);
        let (object, resource) = view.locate(path)?;
        let mut context = Context::new(server);
        let whole = path.level() == 2 && object.definition().creatable;
        let part = path.level() == 4
            && version >= Version::V1_2
            && resource.is_some_and(Resource::is_removable);
        let (Some(id), Some(instance)) = (path.id(0), path.id(1).filter(|_| whole || part)) else {
            return Err(Code::METHOD_NOT_ALLOWED);
        };
        view.authorise(path, right::DELETE)?;
        if part {
            let mut instances = (0..).map_while(|index| object.resource_instance(path, index));
            if !instances.any(|id| path.id(3) == Some(id)) {
                return Err(Code::NOT_FOUND);
            }
        }
        let object = self.objects.get_mut(id).ok_or(Code::NOT_FOUND)?;
        if part {
            object.remove(path, &mut context)?;
        } else {
            object.delete(instance, &mut context)?;
            self.model_changed();
        }
        let mut forgot = self.attributes.forget(path);
        // Those who saw it are told, so they must still be known.
        self.finish(path, &context);
        if !part && self.disown(path) {
            self.notice(Notice::ServerChanged);
            // Those of the Access Control Instance may be among them.
            forgot = true;
        }
        if forgot {
            self.notice(Notice::AttributesChanged);
        }
        Ok(Code::DELETED)
    }

    /// Forgets who may do what with an Object Instance. Whether that was known.
    pub(super) fn disown(&mut self, path: &Path) -> bool {
        let mut known = false;
        while let Some(gone) = self.objects.disown(path) {
            known = true;
            self.attributes.forget(&gone);
            self.changed(&gone);
        }
        known
    }

    fn write_attributes(
        &mut self,
        server: u16,
        path: &Path,
        resource: Option<&Resource>,
        request: &Request<'_>,
    ) -> Result<Code, Code> {
        if resource.is_some_and(|resource| !resource.is_readable()) {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        if path.level() == 4 {
            self.view(server).target(path)?;
        }
        let kind = resource.map(|resource| resource.kind);
        self.observations.sweep(&mut self.attributes);
        let suits = |attributes: &Attributes| attributes.suits(kind);
        self.attributes.write(server, path, &mut request.queries(), &suits)?;
        self.notice(Notice::AttributesChanged);
        self.observations.refresh(&self.objects, &self.attributes);
        Ok(Code::CHANGED)
    }

    /// Where a block belongs in its body.
    #[inline(never)]
    fn place(&mut self, slot: u8, request: &Request<'_>, block: Block) -> Result<Step, Code> {
        let len = request.message.payload.len();
        self.sequence.accept(self.now, slot, request.key(), block, len)
    }

    /// Collects a body that comes in blocks.
    pub(super) fn collect(&mut self, slot: u8, request: &Request<'_>) -> Result<Body, Code> {
        let Some(block) = self.answer.block1.filter(|_| BLOCKS) else { return Ok(Body::Message) };
        if self.is_held() && !self.held.reads {
            // The buffer is in use for a package that is being stored.
            return Err(Code::SERVICE_UNAVAILABLE);
        }
        let payload = request.message.payload;
        if block.offset().saturating_add(payload.len()) > capacity::BODY {
            self.sequence.reset();
            return Err(Code::REQUEST_ENTITY_TOO_LARGE);
        }
        let step = self.place(slot, request, block)?;
        let end = step.offset + payload.len();
        if let Some(part) = self.body.get_mut(step.offset..end) {
            // As long as the part is.
            let _ = copy(part, payload);
        }
        Ok(if step.last { Body::Buffer(end) } else { Body::Partial })
    }

    /// Whether this is a firmware image, or a part of one, and not the request to drop it.
    fn is_package(&self, path: &Path, format: ContentFormat, request: &Request<'_>) -> bool {
        let payload = request.message.payload;
        let alone = self.answer.block1.is_none_or(|block| block.number() == 0 && !block.more());
        let reset = alone
            && match format {
                ContentFormat::Opaque => matches!(payload, [] | [0]),
                ContentFormat::Tlv => payload.len() <= 3,
                _ => true,
            };
        cfg!(feature = "firmware")
            && *path == Path::resource(firmware::OBJECT, 0, firmware::id::PACKAGE)
            && matches!(format, ContentFormat::Opaque | ContentFormat::Tlv)
            && !reset
    }

    /// Passes a part of a firmware image on. The answer waits until it is stored.
    #[inline(never)]
    fn take_package(
        &mut self,
        slot: u8,
        format: ContentFormat,
        request: &Request<'_>,
    ) -> Result<(), Code> {
        if self.is_held() {
            return Err(if self.held.reads { LATER } else { Code::SERVICE_UNAVAILABLE });
        }
        let payload = request.message.payload;
        let block = self.answer.block1.unwrap_or(Block::new(0, false, 6));
        self.objects.firmware.takes_package(block.number() == 0)?;
        // TLV puts the type, the Resource ID and the length in front of the image.
        let header = match (format, block.number()) {
            (ContentFormat::Tlv, 0) => package_header(payload).ok_or(Code::BAD_REQUEST)?,
            (ContentFormat::Tlv, _) => self.package_header,
            _ => 0,
        };
        let step = match self.answer.block1 {
            Some(_) => self.place(slot, request, block)?,
            None => Step { offset: 0, first: true, last: true, repeated: false },
        };
        let part = if step.first { payload.get(header..).unwrap_or_default() } else { payload };
        let room = self.body.get_mut(..part.len()).ok_or(Code::REQUEST_ENTITY_TOO_LARGE)?;
        let _ = copy(room, part);
        self.package_header = header;
        if step.first {
            self.objects.firmware.downloading();
            self.changed(&Path::instance(firmware::OBJECT, 0));
        }
        self.part = Part {
            first: step.first,
            last: step.last,
            // A block that comes again is stored already.
            len: if step.repeated { 0 } else { part.len() as u16 },
            offset: step.offset.saturating_sub(if step.first { 0 } else { header }) as u32,
        };
        self.notice(Notice::Package);
        Ok(())
    }

    /// After a change at `path`: what it led to, and what must be notified.
    pub(super) fn finish(&mut self, path: &Path, context: &Context) {
        self.changed(path);
        self.apply(context);
    }

    fn apply(&mut self, context: &Context) {
        for path in context.changes() {
            self.changed(path);
        }
        if context.written {
            self.notice(Notice::AppData);
        }
        match context.effect {
            Effect::None => {}
            Effect::Notice(notice) => {
                if notice == Notice::ServerChanged {
                    self.observations.refresh(&self.objects, &self.attributes);
                }
                self.notice(notice);
            }
            Effect::UpdateTrigger(server) => self.trigger(server, false),
            Effect::Disable(server) => self.trigger(server, true),
        }
    }
}

/// Bytes before the value in the TLV entry of /5/0/0; `None` when it is no such entry.
fn package_header(payload: &[u8]) -> Option<usize> {
    let kind = *payload.first()?;
    let wide = usize::from(kind >> 5 & 1);
    let resource = kind >> 6 == 3;
    let id = payload.get(1..2 + wide)?;
    (resource && id.iter().all(|byte| *byte == 0)).then_some(2 + wide + usize::from(kind >> 3 & 3))
}

/// Whether this is an argument list (Core 6.3.5): `0`, `0='text'`, `0='text',1,2='3'`.
fn are_arguments(text: &[u8]) -> bool {
    let mut rest = text;
    if rest.is_empty() {
        return true;
    }
    loop {
        let Some((b'0'..=b'9', tail)) = rest.split_first() else { return false };
        rest = tail;
        if let Some(tail) = rest.strip_prefix(b"='") {
            let Some(end) = tail.iter().position(|c| *c == b'\'') else { return false };
            rest = tail.get(end + 1..).unwrap_or_default();
        }
        match rest.split_first() {
            None => return true,
            Some((b',', tail)) => rest = tail,
            Some(_) => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argument_lists_are_checked() {
        for good in ["", "0", "0='a'", "0='',1", "2='10.3',7='https://a'"] {
            assert!(are_arguments(good.as_bytes()), "{good}");
        }
        for bad in ["a", "0=", "0='", "0='a", "0,", ",0", "0 ", "00", "0='a'b"] {
            assert!(!are_arguments(bad.as_bytes()), "{bad}");
        }
    }

    #[test]
    fn the_header_of_a_package_in_tlv_is_measured() {
        assert_eq!(package_header(&[0xc8, 0, 20]), Some(3));
        assert_eq!(package_header(&[0xd8, 0, 3, 0x0d, 0x40]), Some(5));
        assert_eq!(package_header(&[0xf0, 0, 0, 3, 0]), Some(5));
        assert_eq!(package_header(&[0xc8, 1, 20]), None);
        assert_eq!(package_header(&[0x88, 0, 20]), None);
    }
}
