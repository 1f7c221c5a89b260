//! What the server does by itself after a registration: a script, or a firmware update by push.
//!
//! Both watch the events of the server and ask for operations.

use super::ServerEvent;
use super::message::Code;
use super::operation::{Operation, RequestId};

/// A step of a script.
#[derive(Clone, Debug)]
pub enum ScriptStep {
    /// Ask, and wait for a response of class 2; any other outcome ends the script.
    Request(Operation),
    /// Wait for a registration that comes after this step began.
    WaitRegistered,
    /// Wait until the observation of this path reports this payload, or anything if `None`.
    WaitNotification(String, Option<Vec<u8>>),
}

/// A list of steps for the device that registers first.
pub struct Script {
    steps: Vec<ScriptStep>,
    at: usize,
    endpoint: Option<String>,
    waiting: Option<RequestId>,
    /// The newest value of each observed path.
    values: Vec<(String, Vec<u8>)>,
    done: bool,
}

impl Script {
    /// A script that starts with the next registration, or at once when `endpoint` is given.
    pub fn new(steps: Vec<ScriptStep>, endpoint: Option<String>) -> Self {
        Self { steps, at: 0, endpoint, waiting: None, values: Vec::new(), done: false }
    }

    /// Takes an event; `None` starts the script. Returns the event that ends it.
    pub fn on(
        &mut self,
        event: Option<&ServerEvent>,
        mut request: impl FnMut(&str, Operation) -> RequestId,
    ) -> Option<ServerEvent> {
        if self.done {
            return None;
        }
        let mut news = None;
        match event {
            Some(ServerEvent::Registered { endpoint, .. }) if self.endpoint.is_none() => {
                self.endpoint = Some(endpoint.clone());
            }
            Some(ServerEvent::Registered { endpoint, .. })
                if self.endpoint.as_ref() == Some(endpoint) =>
            {
                self.pass(|step| matches!(step, ScriptStep::WaitRegistered));
            }
            Some(ServerEvent::Notification { endpoint, path, payload, fresh: true, .. })
                if self.endpoint.as_ref() == Some(endpoint) =>
            {
                news = Some((path.clone(), payload.clone()));
            }
            Some(ServerEvent::Response { id, code, payload, observe, .. })
                if self.waiting == Some(*id) =>
            {
                self.waiting = None;
                if !code.is_success() {
                    return self.finish(Err(self.at));
                }
                if let (Some(ScriptStep::Request(operation)), Some(_)) =
                    (self.steps.get(self.at), observe)
                {
                    news = Some((operation.path.clone(), payload.clone()));
                }
                self.at += 1;
            }
            Some(ServerEvent::RequestFailed { id, .. }) if self.waiting == Some(*id) => {
                return self.finish(Err(self.at));
            }
            _ => {}
        }
        if let Some((path, payload)) = news {
            self.pass(|s| matches!(s, ScriptStep::WaitNotification(p, None) if *p == path));
            self.values.retain(|(known, _)| *known != path);
            self.values.push((path, payload));
        }
        let endpoint = self.endpoint.clone()?;
        while self.waiting.is_none() {
            match self.steps.get(self.at) {
                None => return self.finish(Ok(())),
                Some(ScriptStep::Request(operation)) => {
                    self.waiting = Some(request(&endpoint, operation.clone()));
                }
                Some(ScriptStep::WaitNotification(path, Some(payload)))
                    if self.values.iter().any(|(p, value)| p == path && value == payload) =>
                {
                    self.at += 1;
                }
                Some(_) => break,
            }
        }
        None
    }

    /// Goes on if the current step is one that `is` says.
    fn pass(&mut self, is: impl Fn(&ScriptStep) -> bool) {
        if self.waiting.is_none() && self.steps.get(self.at).is_some_and(is) {
            self.at += 1;
        }
    }

    fn finish(&mut self, result: Result<(), usize>) -> Option<ServerEvent> {
        self.done = true;
        let endpoint = self.endpoint.clone().unwrap_or_default();
        Some(ServerEvent::ScriptDone { endpoint, result })
    }
}

/// A firmware update by push for the device that registers first (object 5, Core E.6): observe the
/// state, write the package, execute the update when it is downloaded, read the result when the
/// device is back.
pub struct FirmwareCampaign {
    /// The image.
    pub image: Vec<u8>,
    endpoint: Option<String>,
    phase: Phase,
    /// The state of the device (/5/0/3) as far as it is known.
    state: Option<Vec<u8>>,
    starts: u32,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Phase {
    /// Wait for the device.
    Idle,
    Observing(RequestId),
    Pushing(RequestId),
    /// Wait for state 2.
    Downloading,
    Executing(RequestId),
    /// Wait for the device to come back.
    Applying,
    Asking(RequestId),
    Done,
}

const STATE: &str = "/5/0/3";
/// How often the package is sent from the start before the campaign fails.
const MAX_STARTS: u32 = 5;

impl FirmwareCampaign {
    /// A campaign with `image`.
    pub fn new(image: Vec<u8>) -> Self {
        Self { image, endpoint: None, phase: Phase::Idle, state: None, starts: 0 }
    }

    /// Takes an event of a device that registered before the campaign was there.
    pub(super) fn begin(
        &mut self,
        endpoint: &str,
        mut request: impl FnMut(&str, Operation) -> RequestId,
    ) {
        self.endpoint = Some(endpoint.into());
        self.start(endpoint, &mut request);
    }

    fn start(&mut self, endpoint: &str, request: &mut impl FnMut(&str, Operation) -> RequestId) {
        self.starts += 1;
        self.state = None;
        self.phase = Phase::Observing(request(endpoint, Operation::observe(STATE).accept(0)));
    }

    /// Takes an event, and returns the one that ends the campaign.
    pub(super) fn on(
        &mut self,
        event: &ServerEvent,
        mut request: impl FnMut(&str, Operation) -> RequestId,
    ) -> Option<ServerEvent> {
        if let (None, ServerEvent::Registered { endpoint, .. }) = (&self.endpoint, event) {
            self.endpoint = Some(endpoint.clone());
        }
        let endpoint = self.endpoint.clone()?;
        let ask = Operation::read("/5/0/5").accept(0);
        match (self.phase, event) {
            (Phase::Done, _) => {}
            (_, ServerEvent::Registered { endpoint: from, .. })
            | (_, ServerEvent::Updated { endpoint: from, .. })
                if *from == endpoint =>
            {
                match self.phase {
                    // Only a new registration ends the observation of the state.
                    Phase::Downloading if matches!(event, ServerEvent::Updated { .. }) => {}
                    Phase::Idle | Phase::Downloading if self.starts == MAX_STARTS => {
                        return self.finish(None);
                    }
                    Phase::Idle | Phase::Downloading => self.start(&endpoint, &mut request),
                    Phase::Applying => self.phase = Phase::Asking(request(&endpoint, ask)),
                    _ => {}
                }
            }
            (_, ServerEvent::Notification { endpoint: from, path, payload, fresh: true, .. })
                if *from == endpoint && path == STATE =>
            {
                self.state = Some(payload.clone());
                match (self.phase, payload.as_slice()) {
                    (Phase::Downloading, b"2") => self.execute(&endpoint, &mut request),
                    (Phase::Downloading | Phase::Applying, b"0") => {
                        self.phase = Phase::Asking(request(&endpoint, ask));
                    }
                    _ => {}
                }
            }
            (
                Phase::Observing(id),
                ServerEvent::Response { id: answered, code, payload, observe, .. },
            ) if id == *answered => {
                if *code != Code::CONTENT || observe.is_none() {
                    return self.finish(None);
                }
                // Downloaded at an earlier start, whose end this server did not see.
                if payload == b"2" && self.starts > 1 {
                    self.execute(&endpoint, &mut request);
                } else {
                    let push = Operation::write("/5/0/0", 42, &self.image);
                    self.phase = Phase::Pushing(request(&endpoint, push));
                }
            }
            (Phase::Pushing(id), ServerEvent::Response { id: answered, code, .. })
                if id == *answered =>
            {
                match self.state.as_deref() {
                    _ if !code.is_success() => self.phase = Phase::Asking(request(&endpoint, ask)),
                    Some(b"2") => self.execute(&endpoint, &mut request),
                    _ => self.phase = Phase::Downloading,
                }
            }
            (Phase::Executing(id), ServerEvent::Response { id: answered, code, .. })
                if id == *answered =>
            {
                self.phase = match code.is_success() {
                    true => Phase::Applying,
                    false => Phase::Asking(request(&endpoint, ask)),
                };
            }
            (Phase::Asking(id), ServerEvent::Response { id: answered, payload, code, .. })
                if id == *answered =>
            {
                let text = std::str::from_utf8(payload).ok();
                match text.and_then(|text| text.parse::<u8>().ok()) {
                    // Not decided yet.
                    Some(0) if code.is_success() => self.phase = Phase::Applying,
                    result => return self.finish(result.filter(|_| code.is_success())),
                }
            }
            (
                Phase::Observing(id) | Phase::Pushing(id),
                ServerEvent::RequestFailed { id: f, .. },
            ) if id == *f => {
                self.phase = Phase::Idle;
            }
            // The response may be lost because the device went away to do it.
            (
                Phase::Executing(id) | Phase::Asking(id),
                ServerEvent::RequestFailed { id: f, .. },
            ) if id == *f => {
                self.phase = Phase::Applying;
            }
            _ => {}
        }
        None
    }

    fn execute(&mut self, endpoint: &str, request: &mut impl FnMut(&str, Operation) -> RequestId) {
        self.phase = Phase::Executing(request(endpoint, Operation::execute("/5/0/2", "")));
    }

    fn finish(&mut self, result: Option<u8>) -> Option<ServerEvent> {
        self.phase = Phase::Done;
        let endpoint = self.endpoint.clone().unwrap_or_default();
        Some(ServerEvent::CampaignDone { endpoint, result })
    }
}
