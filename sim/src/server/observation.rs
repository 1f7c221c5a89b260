//! Observations: which tokens stand for what, and which notification is the newest (RFC 7641).

use std::collections::BTreeMap;

use lwm2m_carrier::time::{Duration, Instant};

use super::message::Code;
use super::operation::{Operation, Response};

/// The newest value of an observation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Value {
    /// The Observe sequence number; `None` when the observation ended with this response.
    pub sequence: Option<u32>,
    /// When it came.
    pub at: Instant,
    /// The response code.
    pub code: Code,
    /// The Content-Format.
    pub content_format: Option<u16>,
    /// The payload.
    pub payload: Vec<u8>,
}

/// What a device is to report.
#[derive(Clone, Debug)]
pub struct Observation {
    /// The endpoint.
    pub endpoint: String,
    /// The operation that began it.
    pub operation: Operation,
    /// The newest value, from the first response on.
    pub last: Option<Value>,
    /// The sequence number and time of the newest message, whole or not.
    newest: Option<(u32, Instant)>,
}

impl Observation {
    /// Whether a notification with `sequence` is newer than all before (RFC 7641 section 3.4);
    /// then it is the newest from now on.
    pub fn is_fresh(&mut self, now: Instant, sequence: u32) -> bool {
        let fresh = self.newest.is_none_or(|(old, at)| {
            let ahead = sequence.wrapping_sub(old) & 0xff_ffff;
            (1..1 << 23).contains(&ahead) || now.since(at) > Duration::from_secs(128)
        });
        if fresh {
            self.newest = Some((sequence, now));
        }
        fresh
    }

    /// Keeps `response` as the newest value.
    pub fn record(&mut self, now: Instant, response: &Response) {
        self.last = Some(Value {
            sequence: response.observe,
            at: now,
            code: response.code,
            content_format: response.content_format,
            payload: response.payload.clone(),
        });
    }
}

/// All observations, by token.
#[derive(Default)]
pub struct Observations(BTreeMap<Vec<u8>, Observation>);

impl Observations {
    /// Begins the observation of `operation`; the one of the same path, method and payload ends.
    pub fn begin(&mut self, token: &[u8], endpoint: &str, operation: &Operation) {
        self.end(endpoint, operation);
        self.0.insert(
            token.to_vec(),
            Observation {
                endpoint: endpoint.into(),
                operation: operation.clone(),
                last: None,
                newest: None,
            },
        );
    }

    /// The observation with `token`.
    pub fn get_mut(&mut self, token: &[u8]) -> Option<&mut Observation> {
        self.0.get_mut(token)
    }

    /// Whether `token` is in use.
    pub fn has(&self, token: &[u8]) -> bool {
        self.0.contains_key(token)
    }

    /// Token and state of the observation on `endpoint` that `operation` began, or one with the
    /// same path, method and payload.
    pub fn find(&self, endpoint: &str, operation: &Operation) -> Option<(&[u8], &Observation)> {
        let what = |operation: &Operation| {
            (operation.code, operation.path.clone(), operation.payload.clone())
        };
        self.0
            .iter()
            .find(|(_, o)| o.endpoint == endpoint && what(&o.operation) == what(operation))
            .map(|(token, observation)| (token.as_slice(), observation))
    }

    /// Forgets the observation with `token`.
    pub fn remove(&mut self, token: &[u8]) {
        self.0.remove(token);
    }

    /// Forgets the observation that [`find`](Self::find) finds; whether there was one.
    pub fn end(&mut self, endpoint: &str, operation: &Operation) -> bool {
        let token = self.find(endpoint, operation).map(|(token, _)| token.to_vec());
        token.is_some_and(|token| self.0.remove(&token).is_some())
    }

    /// Forgets all observations on `endpoint`: a registration ends them.
    pub fn end_all(&mut self, endpoint: &str) {
        self.0.retain(|_, observation| observation.endpoint != endpoint);
    }

    /// All observations.
    pub fn iter(&self) -> impl Iterator<Item = &Observation> {
        self.0.values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn freshness_follows_the_circle_of_numbers_and_the_clock() {
        let mut observations = Observations::default();
        observations.begin(b"t", "ep", &Operation::observe("/3/0/9"));
        let observation = observations.get_mut(b"t").unwrap();
        let at = Instant::from_secs;
        assert!(observation.is_fresh(at(0), 5));
        assert!(!observation.is_fresh(at(1), 5));
        assert!(!observation.is_fresh(at(1), 4));
        assert!(observation.is_fresh(at(1), 0x80_0004));
        assert!(!observation.is_fresh(at(1), 5));
        assert!(observation.is_fresh(at(2), 0xff_ffff));
        assert!(observation.is_fresh(at(2), 0));
        assert!(!observation.is_fresh(at(130), 0));
        assert!(observation.is_fresh(at(131), 0));
    }
}
