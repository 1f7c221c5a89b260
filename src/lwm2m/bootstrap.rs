//! The bootstrap interface (Core 6.1, Transport 6.4.2): Bootstrap-Request, and what the bootstrap
//! server then asks for until Bootstrap-Finish.

use super::client::Client;
use super::discover::DISCOVERS;
use super::encode::FIRST_BLOCK;
use super::format::ContentFormat;
use super::notice::{Fault, Notice};
use super::object::Context;
use super::objects::{access_control, security, server};
use super::read;
use super::request::{Content, Request, Target};
use super::retry::Attempts;
use super::write::{self, Mode};
use super::{Path, Version};
use crate::bytes::copy;
use crate::capacity;
use crate::coap::{Broken, Code, Collection, Message, number};
use crate::time::Instant;

/// Whether a bootstrap server that speaks LwM2M 1.2 is asked for a pack.
pub(super) const PACKS: bool = cfg!(feature = "bootstrap-pack");

/// Where the bootstrap stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    /// None under way.
    Off,
    /// The next attempt comes at [`Bootstrap::at`].
    Waiting,
    /// Bootstrap-Request is to be sent, or under way.
    Requesting,
    /// The server has begun; it is given up when it says nothing until [`Bootstrap::at`].
    Running,
}

/// What Bootstrap-Finish was answered with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Finish {
    /// It did not come.
    None,
    Accepted,
    Refused,
}

/// The bootstrap under way.
#[derive(Debug)]
#[repr(C)]
pub(crate) struct Bootstrap {
    pub state: State,
    /// Session of the bootstrap server. The sequence may rewrite the account behind it.
    pub slot: u8,
    /// Whether the accounts are not those any more that are stored.
    touched: bool,
    /// Set with the answer to Bootstrap-Finish, acted upon when that is out; or by a pack.
    finish: Finish,
    /// The server is asked for a pack first: it has not refused one yet.
    pub pack: bool,
    /// The pack changed on its way, and is fetched once more from its start.
    again: bool,
    /// The pack under way.
    pub collection: Collection,
    pub attempts: Attempts,
    /// When the state ends by itself.
    pub at: Instant,
}

impl Bootstrap {
    /// None under way.
    pub(crate) const OFF: Self = Self {
        state: State::Off,
        slot: 0,
        touched: false,
        finish: Finish::None,
        pack: false,
        again: false,
        collection: Collection::new(0),
        at: Instant::ZERO,
        attempts: Attempts::NONE,
    };

    /// Takes over from a state to another one, the only place to do so.
    pub(crate) fn to(&mut self, state: State) {
        if self.state != state {
            log!(info, "bootstrap: {:?} -> {:?}", self.state, state);
        }
        self.state = state;
    }

    /// Whether this session is the one with the bootstrap server.
    pub(crate) fn is_peer(&self, slot: u8) -> bool {
        self.slot == slot && self.is_active()
    }

    /// Whether a sequence is being asked for, or under way.
    pub(crate) fn is_active(&self) -> bool {
        matches!(self.state, State::Requesting | State::Running)
    }
}

impl Client<'_> {
    /// Begins a bootstrap. Every registration ends: during a bootstrap no other server is served.
    ///
    /// Whether there is a bootstrap server's account to begin with.
    pub fn bootstrap(&mut self) -> bool {
        let Some(account) = self.objects.security.bootstrap() else { return false };
        let (slot, hold_off) = (account.slot, account.hold_off);
        self.stop();
        self.bootstrap.slot = slot;
        self.bootstrap.attempts = Attempts::NONE;
        self.bootstrap.pack = PACKS && self.settings.version >= Version::V1_2;
        self.bootstrap.at = self.now.after(hold_off);
        self.bootstrap.to(State::Waiting);
        true
    }

    /// The server answered the Bootstrap-Request, or sent something without having done so.
    pub(super) fn bootstrap_heard(&mut self) {
        // How long it may be silent.
        self.bootstrap.at = self.now + self.settings.transmission.exchange_lifetime();
        self.bootstrap.to(State::Running);
    }

    /// The attempt failed: what the server wrote is taken back, and the next attempt is set.
    pub(super) fn bootstrap_failed(&mut self, fault: Fault) {
        self.close(self.bootstrap.slot);
        if core::mem::take(&mut self.bootstrap.touched) {
            self.notice(Notice::Rollback);
        }
        let random = self.random.next();
        let Bootstrap { attempts, at, .. } = &mut self.bootstrap;
        *at = self.now;
        match attempts.failed(&self.settings.bootstrap_retry, random, at) {
            Some(seconds) => {
                self.bootstrap.to(State::Waiting);
                self.notice(fault.deferred(true, seconds));
            }
            None => {
                self.bootstrap.to(State::Off);
                self.notice(Notice::BootstrapExhausted);
            }
        }
    }

    /// A Bootstrap-Pack-Request begins.
    pub(super) fn begin_pack(&mut self) {
        self.bootstrap.again = false;
        self.bootstrap.collection = Collection::new(FIRST_BLOCK.exponent());
    }

    /// Takes in a block of the pack; whether the next one is to be asked for.
    pub(super) fn is_more_of_pack(&mut self, message: &Message<'_>) -> bool {
        if message.code != Code::CONTENT || self.bootstrap.state != State::Requesting {
            return false;
        }
        let taken = match self.bootstrap.collection.accept(message) {
            Ok(part) => self
                .body
                .get_mut(part.offset..part.offset + message.payload.len())
                .and_then(|room| copy(room, message.payload))
                .map(|()| !part.last),
            Err(Broken::Changed) if !self.bootstrap.again => {
                self.bootstrap.again = true;
                Some(true)
            }
            Err(_) => None,
        };
        if taken.is_none() {
            // There is no room for it, or its blocks do not make one: the server has no pack for us.
            self.bootstrap.pack = false;
        }
        taken == Some(true)
    }

    /// The Bootstrap-Pack-Request is over: the accounts are those of the pack; or there is none that can
    /// be used, then the server is asked for a bootstrap sequence (Core 1.2, 6.1.7.2).
    pub(super) fn pack_over(&mut self, answer: Option<&Message<'_>>) {
        if self.bootstrap.state != State::Requesting {
            // The server began a sequence instead.
            return;
        }
        let asked = core::mem::replace(&mut self.bootstrap.pack, false);
        match answer {
            Some(message) if message.code == Code::CONTENT && asked => {
                let usable = self.write_pack(message).is_some() && self.are_accounts_usable();
                self.bootstrap.finish = if usable { Finish::Accepted } else { Finish::Refused };
            }
            Some(_) => log!(info, "the server gives no bootstrap pack"),
            None => self.bootstrap_failed(Fault::Sequence),
        }
    }

    fn write_pack(&mut self, message: &Message<'_>) -> Option<()> {
        let format = message.uint(number::CONTENT_FORMAT).and_then(ContentFormat::from_number)?;
        for object in &[security::OBJECT, server::OBJECT, access_control::OBJECT] {
            // What is not there need not go.
            let _ = self.bootstrap_delete(&Path::object(*object));
        }
        let pack = self.body.get(..self.bootstrap.collection.received())?;
        let (root, mut context) = (Path::ROOT, Context::new(0));
        let mode = Mode::Bootstrap;
        write::write(&mut self.objects, &root, mode, format, pack, &mut context).ok()
    }

    /// Carries out what the bootstrap server asks for.
    pub(super) fn bootstrap_operation(
        &mut self,
        slot: u8,
        request: &Request<'_>,
    ) -> Result<Code, Code> {
        self.bootstrap_heard();
        let method = request.message.code;
        let path = &request.path;
        match request.target {
            Target::Bootstrap if method == Code::POST => return self.bootstrap_finish(),
            Target::Path => {}
            Target::Bootstrap => return Err(Code::METHOD_NOT_ALLOWED),
            Target::Unknown => return Err(Code::BAD_REQUEST),
        }
        match method {
            Code::GET if DISCOVERS && request.accept == Some(40) => {
                self.bootstrap_discover(path, request)
            }
            Code::GET => self.bootstrap_read(path, request),
            Code::PUT => self.bootstrap_write(slot, path, request),
            Code::DELETE => self.bootstrap_delete(path),
            _ => Err(Code::METHOD_NOT_ALLOWED),
        }
    }

    fn bootstrap_discover(&mut self, path: &Path, request: &Request<'_>) -> Result<Code, Code> {
        if path.level() > 1 || request.message.option(number::URI_QUERY).is_some() {
            return Err(Code::BAD_REQUEST);
        }
        if path.id(0).is_some_and(|id| self.objects.get(id).is_none()) {
            return Err(Code::NOT_FOUND);
        }
        self.answer.content = Content::BootstrapDiscover;
        Ok(Code::CONTENT)
    }

    /// Bootstrap-Read: of the Server and the Access Control Object only.
    fn bootstrap_read(&mut self, path: &Path, request: &Request<'_>) -> Result<Code, Code> {
        if !matches!(path.id(0), Some(server::OBJECT | access_control::OBJECT)) || path.level() > 2
        {
            return Err(Code::METHOD_NOT_ALLOWED);
        }
        self.view(0).target(path)?;
        self.answer.format = read::choose(None, path, request.accept, Version::V1_1)?;
        self.answer.content = Content::Read;
        Ok(Code::CONTENT)
    }

    fn bootstrap_write(
        &mut self,
        slot: u8,
        path: &Path,
        request: &Request<'_>,
    ) -> Result<Code, Code> {
        if path.level() == 0 {
            return Err(Code::BAD_REQUEST);
        }
        let format = request.content_format(path)?;
        let body = self.collect(slot, request)?;
        let Some(payload) = body.bytes(request, &self.body) else { return Ok(Code::CONTINUE) };
        self.bootstrap.touched = true;
        let mut context = Context::new(0);
        write::write(&mut self.objects, path, Mode::Bootstrap, format, payload, &mut context)?;
        self.model_changed();
        Ok(Code::CHANGED)
    }

    /// Bootstrap-Delete: everything or an object or an instance, but never the account of the
    /// bootstrap server and the Device Object.
    fn bootstrap_delete(&mut self, path: &Path) -> Result<Code, Code> {
        if path.level() > 2 {
            return Err(Code::BAD_REQUEST);
        }
        if let Some(id) = path.id(0) {
            let object = self.objects.get(id).ok_or(Code::BAD_REQUEST)?;
            let whole = path.level() == 1;
            if path.id(1).is_some_and(|instance| !read::has_instance(object, instance))
                || !whole && self.is_protected(path)
            {
                return Err(Code::BAD_REQUEST);
            }
        }
        self.bootstrap.touched = true;
        let mut context = Context::new(0);
        let mut position = 0;
        while let Some(id) = self.objects.at(position).map(|object| object.definition().object) {
            position += 1;
            if path.id(0).is_some_and(|wanted| wanted != id) {
                continue;
            }
            let mut index = 0;
            while let Some(instance) = self.objects.get(id).and_then(|o| o.instance(index)) {
                let at = Path::instance(id, instance);
                let deleted = path.contains(&at)
                    && !self.is_protected(&at)
                    && self
                        .objects
                        .get_mut(id)
                        .is_some_and(|o| o.delete(instance, &mut context).is_ok());
                if deleted {
                    self.attributes.forget(&at);
                    self.disown(&at);
                } else {
                    // It stays: on to the one behind it.
                    index += 1;
                }
            }
        }
        self.model_changed();
        Ok(Code::DELETED)
    }

    /// Whether an instance survives a Bootstrap-Delete.
    fn is_protected(&self, path: &Path) -> bool {
        match (path.id(0), path.id(1)) {
            (Some(security::OBJECT), Some(id)) => {
                self.objects.security.instances.get(id).is_some_and(|account| account.bootstrap)
            }
            (Some(server::OBJECT | access_control::OBJECT), _) => false,
            // Single instances that belong to the device, not to a server.
            (Some(id), _) => {
                self.objects.get(id).is_some_and(|object| !object.definition().creatable)
            }
            _ => true,
        }
    }

    /// Bootstrap-Finish: 4.06 unless what is there now can be used.
    fn bootstrap_finish(&mut self) -> Result<Code, Code> {
        if !self.are_accounts_usable() {
            self.bootstrap.finish = Finish::Refused;
            return Err(Code::NOT_ACCEPTABLE);
        }
        self.bootstrap.finish = Finish::Accepted;
        Ok(Code::CHANGED)
    }

    /// Whether there is a server to register with and every account is whole: each Server Object
    /// Instance has one Security Object Instance, and the other way round; one more at most is a
    /// bootstrap server's.
    pub fn are_accounts_usable(&self) -> bool {
        let (security, server) = (&self.objects.security, &self.objects.server);
        let mut bootstrap = 0;
        let accounts = security.iter().all(|account| {
            bootstrap += u8::from(account.bootstrap);
            account.is_complete() && (account.bootstrap || server.count(account.short_id) == 1)
        });
        let mut servers = server.iter();
        accounts
            && bootstrap <= 1
            && !server.instances.is_empty()
            && servers.all(|server| server.is_complete() && security.count(server.short_id()) == 1)
    }

    /// Ends the sequence, one way or the other, if the answer to Bootstrap-Finish is out.
    pub(super) fn bootstrap_end(&mut self) {
        match core::mem::replace(&mut self.bootstrap.finish, Finish::None) {
            Finish::None => {}
            Finish::Refused => self.bootstrap_failed(Fault::Sequence),
            Finish::Accepted => {
                self.bootstrap.touched = false;
                self.bootstrap.attempts = Attempts::NONE;
                self.bootstrap.to(State::Off);
                self.notice(Notice::Bootstrapped);
            }
        }
    }

    /// Seconds after which the account of the bootstrap server is to go; 0 for never.
    pub fn account_timeout(&self) -> u32 {
        self.objects.security.bootstrap().map_or(0, |account| account.account_timeout)
    }

    /// Removes the account of the bootstrap server.
    pub fn purge_bootstrap_account(&mut self) {
        self.wake();
        while let Some(id) = self.objects.security.bootstrap_id() {
            self.objects.security.instances.remove(id);
        }
    }
}

const _: () =
    assert!(capacity::ACCOUNTS > capacity::SERVERS, "the bootstrap server needs an account");
