//! What comes from devices: their requests, responses and notifications.

use lwm2m_carrier::time::Instant;

use super::bootstrap::{Session, is_preferable};
use super::config::ServerEvent;
use super::inbound::Assembled;
use super::message::{Block, Code, Kind, Message, option};
use super::operation::{Failure, Observing, Response};
use super::registry::{Query, Refusal};
use super::transfer::{Next, Owner, Transfer, has_more};
use super::transmission::Incoming;
use super::{Peer, Server};

/// Critical options that the server's resources understand.
const UNDERSTOOD: [u16; 7] = [
    option::URI_HOST,
    option::URI_PORT,
    option::URI_PATH,
    option::URI_QUERY,
    option::BLOCK1,
    option::BLOCK2,
    option::ACCEPT,
];

const BAD_EP: Refusal = Refusal(Code::BAD_REQUEST, "ep is missing");

impl Server {
    pub(super) fn on_datagram(&mut self, now: Instant, from: Peer, datagram: &[u8]) {
        self.registry.contact(now, from);
        match self.transmission.receive(now, from, datagram) {
            Incoming::Request(request) => {
                if let Some(response) = self.on_request(now, from, &request) {
                    self.transmission.reply(now, from, &request, response);
                }
            }
            Incoming::Response(response) => self.on_response(now, from, response),
            Incoming::Acknowledged(token) => {
                if let Some(transfer) = self.transfers.get_mut(&token) {
                    transfer.deadline = Some(now + self.config.response_timeout);
                }
            }
            Incoming::Rejected(token) => self.fail(&token, Failure::Reset),
            Incoming::Nothing => {}
        }
    }

    /// Answers a request; `None` when a fault says to ignore it.
    fn on_request(&mut self, now: Instant, peer: Peer, request: &Message) -> Option<Message> {
        let unknown =
            |(number, _): &(u16, Vec<u8>)| number % 2 == 1 && !UNDERSTOOD.contains(number);
        if request.options.iter().any(unknown) {
            return Some(Message::new(Code::BAD_OPTION));
        }
        let Some(path) = request.texts(option::URI_PATH) else {
            return Some(Message::new(Code::NOT_FOUND));
        };
        let segments: Vec<&str> = path.iter().map(String::as_str).collect();
        let (post, manage) = (request.code == Code::POST, self.config.manage);
        let register = manage && segments == ["rd"];
        let bootstrap = self.config.bootstrap.is_some() && segments == ["bs"];
        if self.config.bootstrap.is_some() && segments == ["bspack"] {
            return self.pack_request(peer, request);
        }
        let send = manage && segments == ["dp"];
        let location = manage && self.registry.at(&path).is_some();
        // A location that is none is answered with 4.04, by Update and De-register.
        let update = manage && path.starts_with(&self.config.location) && !register;
        if !(register || bootstrap || send || location || update) {
            return Some(Message::new(Code::NOT_FOUND));
        }
        if update && request.code == Code::DELETE {
            return Some(self.deregister(&path));
        }
        if !post {
            return Some(Message::new(Code::METHOD_NOT_ALLOWED));
        }
        let begins = !matches!(request.block(option::BLOCK1), Ok(Some(Block { number: 1.., .. })));
        let faults = &mut self.config.faults;
        if begins && register && take(&mut faults.ignore_registers)
            || bootstrap && take(&mut faults.ignore_bootstraps)
        {
            return None;
        }
        let exponent = Block::exponent_for(self.config.block_size);
        let (payload, block) = match self.inbound.assemble(peer, &path, request, exponent) {
            Assembled::Whole(payload, block) => (payload, block),
            Assembled::Reply(response) => return Some(response),
        };
        let result = if bootstrap {
            self.bootstrap_request(peer, request)
        } else if register {
            self.register(now, peer, request, &payload)
        } else if send {
            self.send_values(peer, request, payload)
        } else {
            self.update(now, peer, &path, request, &payload)
        };
        let response = result.unwrap_or_else(|Refusal(code, reason)| {
            self.emit(ServerEvent::Refused { code, reason });
            Message::new(code).because(reason)
        });
        Some(match block {
            Some(block) => response.with(option::BLOCK1, &block.value()),
            None => response,
        })
    }

    /// The endpoint that a request names and may name; `refused` is the code if it may not.
    pub(super) fn endpoint(
        &self,
        peer: Peer,
        query: &Query,
        refused: Code,
    ) -> Result<String, Refusal> {
        let identity = self.identities.get(&peer);
        let bound = self
            .config
            .identities
            .iter()
            .find(|(known, _)| Some(known) == identity)
            .map(|(_, e)| e);
        let spoken = identity.and_then(|i| String::from_utf8(i.clone().expose()).ok());
        let endpoint = match query.get("ep") {
            Some(endpoint) if !endpoint.is_empty() => endpoint.to_string(),
            Some(_) => return Err(BAD_EP),
            None => bound.cloned().or(spoken).ok_or(BAD_EP)?,
        };
        let needs_identity = self.config.identities.iter().any(|(_, e)| *e == endpoint);
        if bound.is_some_and(|bound| *bound != endpoint) || bound.is_none() && needs_identity {
            return Err(Refusal(refused, "endpoint and identity do not match"));
        }
        match &self.config.endpoints {
            Some(known) if !known.contains(&endpoint) => Err(Refusal(refused, "unknown endpoint")),
            _ => Ok(endpoint),
        }
    }

    fn bootstrap_request(&mut self, peer: Peer, request: &Message) -> Result<Message, Refusal> {
        let query = Query::of(request)?;
        let endpoint = self.endpoint(peer, &query, Code::BAD_REQUEST)?;
        let preferred = match query.get("pct").map(str::parse::<u16>) {
            None => None,
            Some(Ok(format)) if is_preferable(format) => Some(format),
            Some(_) => return Err(Refusal(Code::BAD_REQUEST, "pct is no format to prefer")),
        };
        let plan = self.config.bootstrap.clone();
        let Some(plan) = plan else { return Err(Refusal(Code::NOT_FOUND, "no bootstrap server")) };
        // A session under way starts again.
        let theirs = |t: &Transfer| matches!(&t.owner, Owner::Bootstrap(e) if *e == endpoint);
        self.transfers.retain(|token, transfer| {
            if theirs(transfer) {
                self.transmission.abandon(transfer.peer, token);
            }
            !theirs(transfer)
        });
        let mut session = Session::new(peer, &plan, preferred);
        if let Some((steps, times)) = &mut self.config.faults.stop_bootstraps
            && take(times)
        {
            session.stop_after = Some(*steps);
        }
        self.sessions.insert(endpoint.clone(), session);
        self.emit(ServerEvent::BootstrapStarted { endpoint, preferred });
        Ok(Message::new(Code::CHANGED))
    }

    fn register(
        &mut self,
        now: Instant,
        peer: Peer,
        request: &Message,
        payload: &[u8],
    ) -> Result<Message, Refusal> {
        if request.kind != Kind::Confirmable {
            return Err(Refusal(Code::BAD_REQUEST, "Register is not confirmable"));
        }
        if let Some((code, times)) = &mut self.config.faults.refuse_registers
            && take(times)
        {
            return Err(Refusal(*code, "as configured"));
        }
        let endpoint = self.endpoint(peer, &Query::of(request)?, Code::FORBIDDEN)?;
        let random = &mut self.random;
        let (new, old) = self.registry.register(now, peer, &endpoint, request, payload, random)?;
        let add = |m: Message, s: &String| m.with(option::LOCATION_PATH, s.as_bytes());
        let response = new.location.iter().fold(Message::new(Code::CREATED), add);
        if let Some(old) = &old {
            self.unregistered(old, Failure::Replaced);
        }
        self.emit(ServerEvent::Registered { endpoint, replaced: old.is_some() });
        Ok(response)
    }

    fn update(
        &mut self,
        now: Instant,
        peer: Peer,
        location: &[String],
        request: &Message,
        payload: &[u8],
    ) -> Result<Message, Refusal> {
        if let Some((code, times)) = &mut self.config.faults.refuse_updates
            && take(times)
        {
            return Err(Refusal(*code, "as configured"));
        }
        // With DTLS the device is who it was at registration, from whatever address.
        if let Some(registration) = self.registry.at(location) {
            let needed = self.config.identities.iter().find(|(_, e)| *e == registration.endpoint);
            if needed.is_some_and(|(identity, _)| Some(identity) != self.identities.get(&peer)) {
                return Err(Refusal(Code::FORBIDDEN, "endpoint and identity do not match"));
            }
        }
        let (endpoint, links) = self.registry.update(now, peer, location, request, payload)?;
        self.emit(ServerEvent::Updated { endpoint, links });
        Ok(Message::new(Code::CHANGED))
    }

    fn deregister(&mut self, location: &[String]) -> Message {
        let endpoint = self.registry.at(location).map(|r| r.endpoint.clone());
        let Some(registration) = endpoint.and_then(|endpoint| self.registry.remove(&endpoint))
        else {
            return Message::new(Code::NOT_FOUND);
        };
        self.unregistered(&registration, Failure::NotRegistered);
        self.emit(ServerEvent::Deregistered { endpoint: registration.endpoint });
        Message::new(Code::DELETED)
    }

    /// Send. Its payload is checked no further than its first byte.
    fn send_values(
        &mut self,
        peer: Peer,
        request: &Message,
        payload: Vec<u8>,
    ) -> Result<Message, Refusal> {
        let registration =
            self.registry.of(peer).ok_or(Refusal(Code::NOT_FOUND, "not registered"))?;
        let endpoint = registration.endpoint.clone();
        let content_format = match (request.uint(option::CONTENT_FORMAT), payload.first()) {
            (Some(110), Some(b'[')) => 110,
            (Some(112), Some(0x80..=0x9f)) => 112,
            _ => return Err(Refusal(Code::BAD_REQUEST, "no SenML")),
        };
        self.emit(ServerEvent::Sent { endpoint, content_format, payload });
        Ok(Message::new(Code::CHANGED))
    }

    fn on_response(&mut self, now: Instant, peer: Peer, message: Message) {
        let token = message.token.clone();
        let observe = message.uint(option::OBSERVE);
        // A notification that crosses the cancellation has the same token as its response.
        let is_ours = |t: &Transfer| {
            t.peer == peer
                && !(t.operation.observing == Observing::Cancel
                    && observe.is_some()
                    && message.kind != Kind::Acknowledgement)
        };
        if self.transfers.get(&token).is_some_and(is_ours)
            && let Some(mut transfer) = self.transfers.remove(&token)
        {
            self.transmission.acknowledge(peer, &message);
            self.transmission.abandon(peer, &token);
            if let (Observing::Start, Some(sequence), Owner::Operation(endpoint, _)) =
                (transfer.operation.observing, observe, &transfer.owner)
                && message.code.is_success()
                && transfer.first_token.as_ref() == Some(&token)
                && !self.observations.has(&token)
            {
                self.observations.begin(&token, endpoint, &transfer.operation);
                if let Some(observation) = self.observations.get_mut(&token) {
                    observation.is_fresh(now, sequence);
                }
            }
            let next = transfer.respond(message);
            return self.proceed(now, token, transfer, next);
        }
        let known = self.observations.get_mut(&token);
        let theirs =
            known.filter(|o| self.registry.get(&o.endpoint).is_some_and(|r| r.peer == peer));
        let Some(observation) = theirs else {
            return self.transmission.reject(peer, &message);
        };
        self.transmission.acknowledge(peer, &message);
        let goes_on = message.code.is_success() && observe.is_some();
        let fresh = !goes_on || observe.is_some_and(|seq| observation.is_fresh(now, seq));
        let operation = observation.operation.clone();
        let confirmable = message.kind == Kind::Confirmable;
        if fresh && goes_on && has_more(&message) {
            let root = self.registry.of(peer).map(|r| r.root.clone()).unwrap_or_default();
            let exponent = Block::exponent_for(self.config.block_size);
            let owner = Owner::Notification(token);
            let transfer = Transfer::new(peer, owner, operation, &root, exponent);
            let (transfer, next) = transfer.rest_of(message);
            return match next {
                Next::Send(message, _) => self.send(now, transfer, message, None),
                next => self.proceed(now, Vec::new(), transfer, next),
            };
        }
        let response = Response::of(&message, message.payload.clone());
        self.notified(now, &token, response, confirmable, fresh);
        if !goes_on {
            self.observations.remove(&token);
        }
    }
}

/// Counts one down; whether there was one.
fn take(times: &mut u32) -> bool {
    let any = *times > 0;
    *times = times.saturating_sub(1);
    any
}
