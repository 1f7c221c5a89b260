//! The bootstrap server: what it writes, and in which order (Core 6.1, Transport 6.4.2).

use std::collections::{BTreeSet, VecDeque};
use std::fmt;

use lwm2m_carrier::lwm2m::Path;

use super::Peer;
use super::accounts::{
    Resource, SENML_CBOR, Security, ServerAccount, TLV, encode_instance, encode_object,
};
use super::links;
use super::message::Code;
use super::operation::{Operation, Response};

/// A request of a bootstrap server.
#[derive(Clone, PartialEq, Eq)]
pub enum Step {
    /// Bootstrap-Discover of `/` or an object.
    Discover(String),
    /// Bootstrap-Read, with an Accept option if given.
    Read(String, Option<u16>),
    /// Bootstrap-Delete.
    Delete(String),
    /// Bootstrap-Write of a payload with its Content-Format.
    Write(String, u16, Vec<u8>),
    /// Bootstrap-Finish. What follows it is not done.
    Finish,
}

impl Step {
    /// The request.
    pub fn operation(&self) -> Operation {
        match self {
            Self::Discover(path) => Operation::discover(path),
            Self::Read(path, None) => Operation::read(path),
            Self::Read(path, Some(format)) => Operation::read(path).accept(*format),
            Self::Delete(path) => Operation::delete(path),
            Self::Write(path, format, payload) => Operation::write(path, *format, payload),
            Self::Finish => Operation::raw(Code::POST, "/bs"),
        }
    }
}

/// No payload: it may hold a key.
impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Discover(path) => write!(f, "Discover({path})"),
            Self::Read(path, format) => write!(f, "Read({path}, {format:?})"),
            Self::Delete(path) => write!(f, "Delete({path})"),
            Self::Write(path, format, bytes) => {
                write!(f, "Write({path}, {format}, {} bytes)", bytes.len())
            }
            Self::Finish => f.write_str("Finish"),
        }
    }
}

/// The ordinary bootstrap, described by what the device shall have in the end.
#[derive(Clone, Debug)]
pub struct Accounts {
    /// TLV or SenML CBOR; `None` for what the device prefers (`pct`), and TLV if it says nothing.
    pub format: Option<u16>,
    /// Whether to discover `/` first, and to keep off the instance of the bootstrap account.
    pub discover: bool,
    /// What to delete before writing.
    pub delete: Vec<String>,
    /// Whether to write objects, each with all its instances, instead of instances.
    pub whole_objects: bool,
    /// Instances of object 0.
    pub security: Vec<Security>,
    /// Instances of object 1.
    pub servers: Vec<ServerAccount>,
}

impl Accounts {
    /// Deletes everything, then writes these accounts instance by instance.
    pub fn new(security: Vec<Security>, servers: Vec<ServerAccount>) -> Self {
        Self {
            format: None,
            discover: false,
            delete: vec!["/".into()],
            whole_objects: false,
            security,
            servers,
        }
    }

    /// The steps after Discover, in the format of the device's preference. `taken` are the
    /// instances of object 0 to keep off.
    fn steps(&self, preferred: Option<u16>, taken: &BTreeSet<u16>) -> Vec<Step> {
        let format = self.format.or(preferred).filter(|f| *f == SENML_CBOR).unwrap_or(TLV);
        let mut used = taken.clone();
        let mut free = |wanted: u16| {
            let id = (wanted..u16::MAX).find(|id| !used.contains(id)).unwrap_or(wanted);
            used.insert(id);
            id
        };
        let security: Vec<(u16, Vec<Resource>)> =
            self.security.iter().map(|s| (free(s.instance), s.resources())).collect();
        let servers: Vec<(u16, Vec<Resource>)> =
            self.servers.iter().map(|s| (s.instance, s.resources())).collect();
        let mut steps: Vec<Step> = self.delete.iter().cloned().map(Step::Delete).collect();
        for (object, instances) in [(0, security), (1, servers)] {
            if self.whole_objects {
                let payload = encode_object(format, object, &instances).unwrap_or_default();
                steps.push(Step::Write(format!("/{object}"), format, payload));
                continue;
            }
            for (id, resources) in instances {
                let path = format!("/{object}/{id}");
                let payload = encode_instance(format, &path, &resources).unwrap_or_default();
                steps.push(Step::Write(path, format, payload));
            }
        }
        steps.push(Step::Finish);
        steps
    }
}

/// What a device is told.
#[derive(Clone, Debug)]
pub enum BootstrapPlan {
    /// These requests, one after the other.
    Steps(Vec<Step>),
    /// The requests that lead to these accounts.
    Accounts(Accounts),
}

/// Formats that a device may prefer: the others are answered with 4.00.
pub fn is_preferable(format: u16) -> bool {
    matches!(format, 110 | SENML_CBOR | TLV)
}

/// A bootstrap under way.
pub struct Session {
    /// The device.
    pub peer: Peer,
    /// Whether a request is under way.
    pub busy: bool,
    /// Requests that got a response.
    pub answered: usize,
    /// Requests after which the server falls silent, for a test.
    pub stop_after: Option<usize>,
    preferred: Option<u16>,
    steps: VecDeque<Step>,
    /// The accounts that wait for the answer to Discover.
    accounts: Option<Accounts>,
    current: Option<Step>,
}

impl Session {
    /// A session that follows `plan`.
    pub fn new(peer: Peer, plan: &BootstrapPlan, preferred: Option<u16>) -> Self {
        let (steps, accounts) = match plan {
            BootstrapPlan::Steps(steps) => (steps.clone(), None),
            BootstrapPlan::Accounts(accounts) if accounts.discover => {
                (vec![Step::Discover("/".into())], Some(accounts.clone()))
            }
            BootstrapPlan::Accounts(accounts) => {
                (accounts.steps(preferred, &BTreeSet::new()), None)
            }
        };
        Self {
            peer,
            busy: false,
            answered: 0,
            stop_after: None,
            preferred,
            steps: steps.into(),
            accounts,
            current: None,
        }
    }

    /// The next request, if it is its turn.
    pub fn next_operation(&mut self) -> Option<Operation> {
        if self.busy || self.stop_after.is_some_and(|steps| self.answered >= steps) {
            return None;
        }
        self.current = self.steps.pop_front();
        self.busy = self.current.is_some();
        self.current.as_ref().map(Step::operation)
    }

    /// Takes the response to the request under way; whether that was Bootstrap-Finish.
    pub fn respond(&mut self, response: &Response) -> bool {
        self.busy = false;
        self.answered += 1;
        if let Some(accounts) = self.accounts.take() {
            let text = std::str::from_utf8(&response.payload).unwrap_or_default();
            self.steps.extend(accounts.steps(self.preferred, &bootstrap_instances(text)));
        }
        self.current == Some(Step::Finish)
    }

    /// Whether no request is left, and none was Bootstrap-Finish.
    pub fn is_stuck(&self) -> bool {
        !self.busy && self.steps.is_empty()
    }
}

/// The instances of object 0 without Short Server ID: the bootstrap account.
fn bootstrap_instances(discovered: &str) -> BTreeSet<u16> {
    let links = links::parse(discovered).unwrap_or_default();
    let instance = |link: &links::Link| match Path::parse(&link.target)?.ids() {
        [0, id] if link.attribute("ssid").is_none() => Some(*id),
        _ => None,
    };
    links.iter().filter_map(instance).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_keep_off_the_discovered_bootstrap_account() {
        let accounts = Accounts {
            discover: true,
            ..Accounts::new(
                vec![Security::no_sec(0, "coap://127.0.0.1", 1)],
                vec![ServerAccount::new(0, 1, 60)],
            )
        };
        let mut session = Session::new(Peer(1), &BootstrapPlan::Accounts(accounts), Some(112));
        assert_eq!(session.next_operation(), Some(Operation::discover("/")));
        assert_eq!(session.next_operation(), None, "one at a time");
        let found = r#"</>;lwm2m=1.1,</0/0>;uri="coap://bs",</0/1>;ssid=5,</1/0>;ssid=5"#;
        let response = |payload: &str| Response {
            code: Code::CONTENT,
            content_format: Some(40),
            payload: payload.into(),
            observe: None,
            options: Vec::new(),
        };
        let mut paths = Vec::new();
        let mut finished = session.respond(&response(found));
        while let Some(operation) = session.next_operation() {
            paths.push((operation.code, operation.path));
            finished = session.respond(&response(""));
        }
        assert!(finished);
        assert_eq!(
            paths,
            [
                (Code::DELETE, "/".to_string()),
                (Code::PUT, "/0/1".into()),
                (Code::PUT, "/1/0".into()),
                (Code::POST, "/bs".into()),
            ]
        );
    }
}
