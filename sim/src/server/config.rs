//! What a server is given and what it gives: settings, failures on demand, outputs, events.

use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Duration, Instant};

use super::Peer;
use super::bootstrap::BootstrapPlan;
use super::message::{Code, Opt};
use super::operation::{Failure, RequestId};
use super::pack::Pack;
use super::transmission::{Answers, Parameters};

/// What a server is and how it behaves.
#[derive(Clone, Debug)]
pub struct Config {
    /// What it tells devices as a bootstrap server; `None` when it is none.
    pub bootstrap: Option<BootstrapPlan>,
    /// What it answers a Bootstrap-Pack-Request with, if it is a bootstrap server.
    pub pack: Pack,
    /// Whether it is a management server.
    pub manage: bool,
    /// The endpoints that it knows; `None` for all. The others get 4.00 at bootstrap, 4.03 at
    /// registration.
    pub endpoints: Option<Vec<String>>,
    /// PSK identities with their endpoints: these endpoints must come with this identity, and
    /// this identity must come with this endpoint.
    pub identities: Vec<(Secret<Vec<u8>>, String)>,
    /// Transmission parameters.
    pub parameters: Parameters,
    /// How requests of devices are answered.
    pub answers: Answers,
    /// How long to wait for the response to a request that was acknowledged.
    pub response_timeout: Duration,
    /// The largest block that it sends, in bytes: 16 to 1024.
    pub block_size: usize,
    /// The length of its tokens: 0 to 8.
    pub token_length: usize,
    /// The LwM2M versions that it accepts; others get 4.12.
    pub versions: Vec<String>,
    /// What the location of a registration begins with; a random segment follows.
    pub location: Vec<String>,
    /// How long a device in queue mode is awake after its last message.
    pub awake: Duration,
    /// Failures to show.
    pub faults: Faults,
    /// The seed of message ids, tokens, locations and jitter.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            bootstrap: None,
            pack: Pack::None,
            manage: false,
            endpoints: None,
            identities: Vec::new(),
            parameters: Parameters::default(),
            answers: Answers::default(),
            response_timeout: Duration::from_secs(93),
            block_size: 1024,
            token_length: 8,
            versions: ["1.0", "1.1", "1.2"].map(String::from).to_vec(),
            location: vec!["rd".into()],
            awake: Duration::from_secs(93),
            faults: Faults::default(),
            seed: 1,
        }
    }
}

impl Config {
    /// A management server.
    pub fn management() -> Self {
        Self { manage: true, ..Self::default() }
    }

    /// A bootstrap server.
    pub fn bootstrap(plan: BootstrapPlan) -> Self {
        Self { bootstrap: Some(plan), ..Self::default() }
    }
}

/// Failures on demand: each happens as often as its number says.
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Refuse Registers with this code.
    pub refuse_registers: Option<(Code, u32)>,
    /// Do not answer Registers.
    pub ignore_registers: u32,
    /// Refuse Updates with this code.
    pub refuse_updates: Option<(Code, u32)>,
    /// Do not answer Bootstrap-Requests.
    pub ignore_bootstraps: u32,
    /// Fall silent in bootstraps, after so many answered requests.
    pub stop_bootstraps: Option<(usize, u32)>,
    /// Change the bootstrap pack (its ETag) before a block that is not the first.
    pub change_packs: u32,
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Output {
    /// Send this datagram.
    Transmit(Peer, Vec<u8>),
    /// Tell this to whom it concerns.
    Event(ServerEvent),
    /// Nothing more until then, or until something happens.
    Wait(Option<Instant>),
}

/// What happened.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
#[allow(missing_docs, reason = "endpoint, path and the parts of a response are what they are")]
pub enum ServerEvent {
    /// A device asked for a bootstrap; `preferred` is its `pct`.
    BootstrapStarted { endpoint: String, preferred: Option<u16> },
    /// It answered request number `step` (from 0) of the plan.
    BootstrapAnswer {
        endpoint: String,
        step: usize,
        code: Code,
        content_format: Option<u16>,
        payload: Vec<u8>,
    },
    /// It answered Bootstrap-Finish: with 2.04 when it is content.
    BootstrapFinished { endpoint: String, code: Code },
    /// It did not answer a request of the plan.
    BootstrapFailed { endpoint: String, failure: Failure },
    /// A device asked for a bootstrap pack, and got its first block.
    PackStarted { endpoint: String },
    /// It got the last block of it.
    PackGiven { endpoint: String },
    /// A device registered; `replaced` when it had been registered. See
    /// [`super::Server::registration`].
    Registered { endpoint: String, replaced: bool },
    /// It updated its registration; `links` when it sent its objects.
    Updated { endpoint: String, links: bool },
    /// It de-registered.
    Deregistered { endpoint: String },
    /// Its lifetime is over.
    Expired { endpoint: String },
    /// The response to a request.
    Response {
        id: RequestId,
        code: Code,
        content_format: Option<u16>,
        payload: Vec<u8>,
        observe: Option<u32>,
        options: Vec<Opt>,
    },
    /// A request got no response.
    RequestFailed { id: RequestId, failure: Failure },
    /// A notification; not `fresh` when a newer one came before. With a code of class 4 or 5, or
    /// without `observe`, it ended its observation.
    Notification {
        endpoint: String,
        path: String,
        code: Code,
        content_format: Option<u16>,
        payload: Vec<u8>,
        observe: Option<u32>,
        confirmable: bool,
        fresh: bool,
    },
    /// A device sent values by itself (Send).
    Sent { endpoint: String, content_format: u16, payload: Vec<u8> },
    /// A request of a device was refused, for this reason.
    Refused { code: Code, reason: &'static str },
    /// The script came to its end, or failed at the step with this number.
    ScriptDone { endpoint: String, result: Result<(), usize> },
    /// The firmware campaign is over: the Update Result (/5/0/5), if there is one.
    CampaignDone { endpoint: String, result: Option<u8> },
}
