//! The simulator's own LwM2M server: bootstrap, management, or both.
//!
//! Like the library it does no I/O and reads no clock. A caller hands in datagrams and operations,
//! and polls until it is told to wait:
//!
//! ```text
//! server.handle(now, peer, &datagram);
//! loop {
//!     match server.poll(now) {
//!         Output::Transmit(peer, datagram) => …,
//!         Output::Event(event) => …,
//!         Output::Wait(deadline) => break,
//!     }
//! }
//! ```
//!
//! It is strict where real servers are lenient, so that a device that works with it works with
//! them. From the bottom: `message` is the codec, `transmission` the message layer, `transfer` a
//! request and its response in blocks, `inbound` a device's request in blocks; `dispatch` takes
//! what comes from devices; `bootstrap` with its `accounts`, `registry` and `observation` are the
//! interfaces of LwM2M; `campaign` is what the server does by itself.

mod accounts;
mod bootstrap;
mod campaign;
mod config;
mod dispatch;
mod inbound;
pub mod links;
pub mod message;
mod observation;
mod operation;
mod pack;
mod random;
mod registry;
mod transfer;
mod transmission;

use std::collections::{BTreeMap, VecDeque};

use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Instant, earliest};

use bootstrap::Session;
use campaign::Script;
use inbound::Inbound;
use message::{Block, Message};
use observation::Observations;
use random::Random;
use registry::Registry;
use transfer::{Next, Owner, Transfer};
use transmission::Transmission;

pub use accounts::{
    Datum, Resource, SENML_CBOR, Security, ServerAccount, TLV, encode_instance, encode_object,
    encode_pack,
};
pub use bootstrap::{Accounts, BootstrapPlan, Step};
pub use campaign::{FirmwareCampaign, ScriptStep};
pub use config::{Config, Faults, Output, ServerEvent};
pub use message::Code;
pub use observation::{Observation, Value};
pub use operation::{Failure, Observing, Operation, RequestId, Response};
pub use pack::Pack;
pub use registry::Registration;
pub use transmission::{Answers, Parameters};

/// A device's address, by a number of the caller's choice: one per remote address and port, or per
/// DTLS session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Peer(pub u64);

/// A server. See the [module](self).
pub struct Server {
    config: Config,
    random: Random,
    transmission: Transmission,
    inbound: Inbound,
    identities: BTreeMap<Peer, Secret<Vec<u8>>>,
    registry: Registry,
    sessions: BTreeMap<String, Session>,
    /// Requests under way, by token.
    transfers: BTreeMap<Vec<u8>, Transfer>,
    observations: Observations,
    /// Operations that wait for their turn, by endpoint.
    pending: BTreeMap<String, VecDeque<(RequestId, Operation)>>,
    requests: u64,
    script: Option<Script>,
    campaign: Option<FirmwareCampaign>,
    events: VecDeque<ServerEvent>,
    /// The ETag of bootstrap packs.
    pack_version: u32,
}

impl Server {
    /// A server that nobody knows yet.
    pub fn new(config: Config) -> Self {
        let mut random = Random::new(config.seed);
        Self {
            transmission: Transmission::new(
                config.parameters.clone(),
                config.answers,
                Random::new(random.next()),
            ),
            registry: Registry::new(config.versions.clone(), config.location.clone(), config.awake),
            random,
            config,
            inbound: Inbound::default(),
            identities: BTreeMap::new(),
            sessions: BTreeMap::new(),
            transfers: BTreeMap::new(),
            observations: Observations::default(),
            pending: BTreeMap::new(),
            requests: 0,
            script: None,
            campaign: None,
            events: VecDeque::new(),
            pack_version: 1,
        }
    }

    /// The PSK identity that `peer` proved, when DTLS is below; `None` when the session is over.
    pub fn peer_identity(&mut self, peer: Peer, identity: Option<Vec<u8>>) {
        match identity {
            Some(identity) => self.identities.insert(peer, Secret::new(identity)),
            None => self.identities.remove(&peer),
        };
    }

    /// Takes a datagram from `from`, whatever it holds.
    pub fn handle(&mut self, now: Instant, from: Peer, datagram: &[u8]) {
        self.on_datagram(now, from, datagram);
    }

    /// What is to be done; call it until it says [`Output::Wait`].
    pub fn poll(&mut self, now: Instant) -> Output {
        self.run(now);
        if let Some((peer, datagram)) = self.transmission.output() {
            return Output::Transmit(peer, datagram);
        }
        if let Some(event) = self.events.pop_front() {
            return Output::Event(event);
        }
        let answers = self.transfers.values().filter_map(|transfer| transfer.deadline).min();
        let deadline = earliest(self.transmission.deadline(), self.registry.deadline());
        Output::Wait(earliest(deadline, answers))
    }

    /// Asks `endpoint` for `operation`; [`ServerEvent::Response`] or
    /// [`ServerEvent::RequestFailed`] answers. Operations on an endpoint go out one by one, in
    /// order; while a device in queue mode sleeps they wait for its next message.
    pub fn request(&mut self, endpoint: &str, operation: Operation) -> RequestId {
        enqueue(&mut self.pending, &mut self.requests, endpoint, operation)
    }

    /// Runs `steps` on the device that is registered, or on the first that registers.
    pub fn script(&mut self, steps: Vec<ScriptStep>) {
        let endpoint = self.registry.iter().next().map(|r| r.endpoint.clone());
        self.script = Some(Script::new(steps, endpoint));
        self.advise(None);
    }

    /// Updates the firmware of the device that is registered, or of the first that registers;
    /// [`ServerEvent::CampaignDone`] ends it.
    pub fn campaign(&mut self, campaign: FirmwareCampaign) {
        let endpoint = self.registry.iter().next().map(|it| it.endpoint.clone());
        match endpoint {
            Some(endpoint) => self.campaign_for(&endpoint, campaign),
            None => self.campaign = Some(campaign),
        }
    }

    /// Updates the firmware of `endpoint`, in place of any other campaign.
    pub fn campaign_for(&mut self, endpoint: &str, mut campaign: FirmwareCampaign) {
        let (pending, requests) = (&mut self.pending, &mut self.requests);
        campaign.begin(endpoint, |e, o| enqueue(pending, requests, e, o));
        self.campaign = Some(campaign);
    }

    /// The registration of `endpoint`.
    pub fn registration(&self, endpoint: &str) -> Option<&Registration> {
        self.registry.get(endpoint)
    }

    /// All registrations.
    pub fn registrations(&self) -> impl Iterator<Item = &Registration> {
        self.registry.iter()
    }

    /// All observations, with their newest values.
    pub fn observations(&self) -> impl Iterator<Item = &Observation> {
        self.observations.iter()
    }

    /// Loses the registration of `endpoint` without a word, as a server does that starts anew; the
    /// device's next Update is answered with 4.04.
    pub fn forget(&mut self, endpoint: &str) {
        self.registry.remove(endpoint);
        self.observations.end_all(endpoint);
    }

    /// Forgets the observation that `operation` began: its next notification is answered with a
    /// Reset, which cancels it. Whether there was one.
    pub fn forget_observation(&mut self, endpoint: &str, operation: &Operation) -> bool {
        self.observations.end(endpoint, operation)
    }

    /// What the bootstrap server does from now on.
    pub fn set_bootstrap(&mut self, plan: Option<BootstrapPlan>) {
        self.config.bootstrap = plan;
    }

    /// How requests of devices are answered from now on.
    pub fn set_answers(&mut self, answers: Answers) {
        self.transmission.set_answers(answers);
    }

    /// The failures that the server has still to show.
    pub fn faults(&mut self) -> &mut Faults {
        &mut self.config.faults
    }

    /// Does what is due.
    fn run(&mut self, now: Instant) {
        for registration in self.registry.expire(now) {
            self.unregistered(&registration, Failure::NotRegistered);
            self.emit(ServerEvent::Expired { endpoint: registration.endpoint });
        }
        let late = |t: &Transfer| t.deadline.is_some_and(|deadline| deadline <= now);
        self.fail_all(late, Failure::Timeout);
        self.continue_bootstraps(now);
        self.start_operations(now);
        for (peer, token) in self.transmission.run(now) {
            if self.transfers.get(&token).is_some_and(|transfer| transfer.peer == peer) {
                self.fail(&token, Failure::Timeout);
            }
        }
    }

    fn continue_bootstraps(&mut self, now: Instant) {
        let exponent = Block::exponent_for(self.config.block_size);
        let mut starting = Vec::new();
        for (endpoint, session) in &mut self.sessions {
            if let Some(operation) = session.next_operation() {
                let owner = Owner::Bootstrap(endpoint.clone());
                starting.push(Transfer::new(session.peer, owner, operation, &[], exponent));
            }
        }
        for transfer in starting {
            self.begin(now, transfer);
        }
    }

    fn start_operations(&mut self, now: Instant) {
        let exponent = Block::exponent_for(self.config.block_size);
        let waiting: Vec<String> = self.pending.keys().cloned().collect();
        for endpoint in waiting {
            let busy = |t: &Transfer| matches!(&t.owner, Owner::Operation(e, _) if *e == endpoint);
            if self.transfers.values().any(busy) {
                continue;
            }
            let registration = self.registry.get(&endpoint);
            if registration.is_some_and(|registration| !registration.is_awake(now)) {
                continue;
            }
            let Some(queue) = self.pending.get_mut(&endpoint) else { continue };
            let Some((id, operation)) = queue.pop_front() else {
                self.pending.remove(&endpoint);
                continue;
            };
            let Some(registration) = registration else {
                self.emit(ServerEvent::RequestFailed { id, failure: Failure::NotRegistered });
                continue;
            };
            let cancels = operation.observing == Observing::Cancel;
            let token = self
                .observations
                .find(&endpoint, &operation)
                .filter(|_| cancels)
                .map(|(token, _)| token.to_vec());
            if cancels && token.is_none() {
                self.emit(ServerEvent::RequestFailed { id, failure: Failure::NotObserved });
                continue;
            }
            let (peer, root) = (registration.peer, registration.root.clone());
            let owner = Owner::Operation(endpoint.clone(), id);
            let mut transfer = Transfer::new(peer, owner, operation, &root, exponent);
            let message = transfer.start();
            self.send(now, transfer, message, token);
        }
    }

    fn begin(&mut self, now: Instant, mut transfer: Transfer) {
        let message = transfer.start();
        self.send(now, transfer, message, None);
    }

    /// Sends the next message of `transfer`, with this token or a new one.
    fn send(
        &mut self,
        now: Instant,
        mut transfer: Transfer,
        mut message: Message,
        token: Option<Vec<u8>>,
    ) {
        let token = token.unwrap_or_else(|| self.new_token());
        transfer.first_token.get_or_insert_with(|| token.clone());
        transfer.deadline = None;
        message.token = token.clone();
        self.transmission.enqueue(now, transfer.peer, message);
        self.transfers.insert(token, transfer);
    }

    /// A token of the configured length that is not in use, or a longer one when all are.
    fn new_token(&mut self) -> Vec<u8> {
        let mut length = self.config.token_length.min(8);
        loop {
            for _ in 0..16 {
                let mut token = self.random.next().to_be_bytes().to_vec();
                token.truncate(length);
                if !self.transfers.contains_key(&token) && !self.observations.has(&token) {
                    return token;
                }
            }
            length = 8.min(length + 1);
        }
    }

    /// Goes on with `transfer`, whose last message had `token`.
    fn proceed(&mut self, now: Instant, token: Vec<u8>, transfer: Transfer, next: Next) {
        match next {
            Next::Send(message, same) => {
                self.send(now, transfer, message, same.then_some(token));
            }
            Next::Done(Err(failure)) => self.failed(transfer.owner, failure),
            Next::Done(Ok(response)) => match transfer.owner.clone() {
                Owner::Operation(endpoint, id) => {
                    self.operation_done(now, &endpoint, id, &transfer, response);
                }
                Owner::Bootstrap(endpoint) => self.bootstrap_answered(&endpoint, response),
                Owner::Notification(observed) => {
                    self.notified(now, &observed, response, false, true);
                }
            },
        }
    }

    fn operation_done(
        &mut self,
        now: Instant,
        endpoint: &str,
        id: RequestId,
        transfer: &Transfer,
        response: Response,
    ) {
        let operation = &transfer.operation;
        match operation.observing {
            Observing::Start => {
                // Unless a notification was faster.
                if let Some(token) = &transfer.first_token
                    && let Some(observation) = self.observations.get_mut(token)
                    && observation.last.is_none()
                {
                    observation.record(now, &response);
                }
            }
            Observing::Cancel if response.code.is_success() => {
                self.observations.end(endpoint, operation);
            }
            _ => {}
        }
        let Response { code, content_format, payload, observe, options } = response;
        self.emit(ServerEvent::Response { id, code, content_format, payload, observe, options });
    }

    fn bootstrap_answered(&mut self, endpoint: &str, response: Response) {
        let Some(session) = self.sessions.get_mut(endpoint) else { return };
        let step = session.answered;
        let finish = session.respond(&response);
        let over = finish || session.is_stuck();
        let endpoint = endpoint.to_string();
        if over {
            self.sessions.remove(&endpoint);
        }
        let Response { code, content_format, payload, .. } = response;
        self.emit(ServerEvent::BootstrapAnswer {
            endpoint: endpoint.clone(),
            step,
            code,
            content_format,
            payload,
        });
        if finish {
            self.emit(ServerEvent::BootstrapFinished { endpoint, code });
        }
    }

    /// Hands out a notification and keeps it if it is the newest.
    fn notified(
        &mut self,
        now: Instant,
        token: &[u8],
        response: Response,
        confirmable: bool,
        fresh: bool,
    ) {
        let Some(observation) = self.observations.get_mut(token) else { return };
        if fresh {
            observation.record(now, &response);
        }
        let event = ServerEvent::Notification {
            endpoint: observation.endpoint.clone(),
            path: observation.operation.path.clone(),
            code: response.code,
            content_format: response.content_format,
            payload: response.payload,
            observe: response.observe,
            confirmable,
            fresh,
        };
        self.emit(event);
    }

    /// A registration is over, for `why`: so are its observations and requests.
    fn unregistered(&mut self, registration: &Registration, why: Failure) {
        let endpoint = &registration.endpoint;
        let theirs = |transfer: &Transfer| match &transfer.owner {
            Owner::Operation(owner, _) => owner == endpoint,
            Owner::Notification(_) => transfer.peer == registration.peer,
            Owner::Bootstrap(_) => false,
        };
        self.observations.end_all(endpoint);
        self.fail_all(theirs, why);
    }

    fn fail_all(&mut self, which: impl Fn(&Transfer) -> bool, why: Failure) {
        let which = |(token, t): (&Vec<u8>, &Transfer)| which(t).then(|| token.clone());
        let tokens: Vec<Vec<u8>> = self.transfers.iter().filter_map(which).collect();
        for token in tokens {
            self.fail(&token, why);
        }
    }

    /// Gives up the request with `token`.
    fn fail(&mut self, token: &[u8], failure: Failure) {
        let Some(transfer) = self.transfers.remove(token) else { return };
        self.transmission.abandon(transfer.peer, token);
        self.failed(transfer.owner, failure);
    }

    fn failed(&mut self, owner: Owner, failure: Failure) {
        match owner {
            Owner::Operation(_, id) => self.emit(ServerEvent::RequestFailed { id, failure }),
            Owner::Bootstrap(endpoint) => {
                self.sessions.remove(&endpoint);
                self.emit(ServerEvent::BootstrapFailed { endpoint, failure });
            }
            // The value before stays the newest whole one.
            Owner::Notification(_) => {}
        }
    }

    /// Hands out an event, and lets script and campaign see it.
    fn emit(&mut self, event: ServerEvent) {
        self.events.push_back(event.clone());
        self.advise(Some(&event));
    }

    fn advise(&mut self, event: Option<&ServerEvent>) {
        let (pending, requests) = (&mut self.pending, &mut self.requests);
        let script = self.script.as_mut();
        let done = script.and_then(|s| s.on(event, |e, o| enqueue(pending, requests, e, o)));
        self.events.extend(done);
        if let (Some(campaign), Some(event)) = (&mut self.campaign, event) {
            let (pending, requests) = (&mut self.pending, &mut self.requests);
            let done = campaign.on(event, |e, o| enqueue(pending, requests, e, o));
            self.events.extend(done);
        }
    }
}

fn enqueue(
    pending: &mut BTreeMap<String, VecDeque<(RequestId, Operation)>>,
    requests: &mut u64,
    endpoint: &str,
    operation: Operation,
) -> RequestId {
    *requests += 1;
    let id = RequestId(*requests);
    pending.entry(endpoint.into()).or_default().push_back((id, operation));
    id
}
