//! The network of a device on a PC: each session is a socket of its own.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::SocketAddr;

use lwm2m_carrier::carrier::{Endpoint, SessionFault, SessionId};
use lwm2m_carrier::time::{Duration, Instant, earliest};

use super::poller::Registry;
use super::{Client, ClientEvent, Options, Poller, Psk};
use crate::host::{Credentials, Network, NetworkEvent};

/// Sessions over real sockets.
pub struct Sessions {
    registry: Registry,
    local: Option<SocketAddr>,
    handshake: Duration,
    clients: BTreeMap<u8, Client>,
    /// Sessions that could not even begin.
    failed: VecDeque<(SessionId, SessionFault)>,
    faults: u32,
}

impl Sessions {
    /// No session yet. The first one at a time is bound to `local`, if given; others to another
    /// port of the same address.
    ///
    /// # Errors
    /// The system has no more handles.
    pub fn new(poller: &Poller, local: Option<SocketAddr>) -> io::Result<Self> {
        Ok(Self {
            registry: poller.registry()?,
            local,
            handshake: Options::HANDSHAKE,
            clients: BTreeMap::new(),
            failed: VecDeque::new(),
            faults: 0,
        })
    }
}

impl Sessions {
    /// How many sessions could not be opened, or broke.
    pub const fn faults(&self) -> u32 {
        self.faults
    }

    /// Closes every session.
    pub fn close_all(&mut self, now: Instant) {
        self.failed.clear();
        std::mem::take(&mut self.clients).into_values().for_each(|client| client.close(now));
    }
}

impl Network for Sessions {
    fn open(
        &mut self,
        now: Instant,
        session: SessionId,
        endpoint: &Endpoint<'_>,
        credentials: Option<Credentials>,
    ) {
        self.close(now, session);
        let psk = credentials.map(|credentials| {
            let (identity, key) = credentials.expose();
            Psk { identity, key }
        });
        let mut local = self.local;
        let taken = |ours: SocketAddr| {
            self.clients.values().any(|it| it.local_address().is_ok_and(|other| other == ours))
        };
        if local.is_some_and(taken)
            && let Some(local) = &mut local
        {
            local.set_port(0);
        }
        let (host, port, handshake) = (endpoint.host.to_owned(), endpoint.port, self.handshake);
        let options = Options { host, port, psk, local, handshake };
        let client = self
            .registry
            .try_clone()
            .map_err(|_| SessionFault::Broken)
            .and_then(|registry| Client::open_with(registry, now, options));
        match client {
            Ok(client) => drop(self.clients.insert(session.0, client)),
            Err(fault) => self.failed.push_back((session, fault)),
        }
    }

    fn send(&mut self, now: Instant, session: SessionId, datagram: &[u8]) {
        if let Some(client) = self.clients.get_mut(&session.0) {
            client.send(now, datagram);
        }
    }

    fn close(&mut self, now: Instant, session: SessionId) {
        self.failed.retain(|(failed, _)| *failed != session);
        if let Some(client) = self.clients.remove(&session.0) {
            client.close(now);
        }
    }

    fn poll(&mut self, now: Instant) -> Option<NetworkEvent> {
        if let Some((session, fault)) = self.failed.pop_front() {
            self.faults += 1;
            return Some(NetworkEvent::Closed(session, fault));
        }
        let found = self.clients.iter_mut().find_map(|(session, client)| {
            let secure = client.is_secure();
            client.poll(now).map(|event| (SessionId(*session), secure, event))
        });
        let (session, secure, event) = found?;
        Some(match event {
            // There is no resumption: every handshake makes a new security context.
            ClientEvent::Opened => NetworkEvent::Opened { session, new: secure },
            ClientEvent::Received(datagram) => NetworkEvent::Received(session, datagram),
            ClientEvent::Failed(fault) => {
                self.clients.remove(&session.0);
                self.faults += 1;
                NetworkEvent::Closed(session, fault)
            }
        })
    }

    fn deadline(&self) -> Option<Instant> {
        let failed = (!self.failed.is_empty()).then_some(Instant::ZERO);
        self.clients.values().fold(failed, |at, client| earliest(at, client.deadline()))
    }
}
