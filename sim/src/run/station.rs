//! A built-in server behind a real socket.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use lwm2m_carrier::time::{Instant, earliest};

use super::{Trouble, seed, system};
use crate::net::{Keys, Listener, ListenerEvent, PeerId, Poller, Psk};
use crate::server::{
    Accounts, BootstrapPlan, Config, Datum, Output, Pack, Peer, Security, Server, ServerAccount,
    ServerEvent,
};

/// The Short Server ID of the management server.
const SHORT_ID: u16 = 1;

/// A server and its socket.
pub struct Station {
    listener: Listener,
    /// The server behind it.
    pub server: Server,
    peers: BTreeMap<Peer, PeerId>,
    numbers: BTreeMap<PeerId, Peer>,
    next: u64,
}

impl Station {
    fn open(
        poller: &Poller,
        address: SocketAddr,
        keys: Option<Keys>,
        config: Config,
    ) -> Result<Self, Trouble> {
        let listener =
            Listener::bind(poller, address, keys).map_err(system(&format!("{address}/udp")))?;
        let server = Server::new(Config { seed: seed(), ..config });
        let (peers, numbers) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { listener, server, peers, numbers, next: 0 })
    }

    /// The URI of the server.
    ///
    /// # Errors
    /// The system does not tell the port.
    pub fn uri(&self, secure: bool) -> Result<String, Trouble> {
        let address = self.listener.local_address().map_err(system("socket"))?;
        Ok(format!("{}://{address}", if secure { "coaps" } else { "coap" }))
    }

    /// Does everything that is to be done now; when there is more to do.
    pub fn run(&mut self, now: Instant, events: &mut Vec<ServerEvent>) -> Option<Instant> {
        loop {
            let deadline = loop {
                match self.server.poll(now) {
                    Output::Transmit(peer, datagram) => {
                        if let Some(peer) = self.peers.get(&peer) {
                            self.listener.send(*peer, &datagram);
                        }
                    }
                    Output::Event(event) => events.push(event),
                    Output::Wait(deadline) => break deadline,
                }
            };
            match self.listener.poll(now) {
                Some(ListenerEvent::Connected { peer, identity, .. }) => {
                    self.next += 1;
                    let number = Peer(self.next);
                    self.peers.insert(number, peer);
                    self.numbers.insert(peer, number);
                    self.server.peer_identity(number, identity);
                }
                Some(ListenerEvent::Received(peer, datagram)) => {
                    if let Some(number) = self.numbers.get(&peer) {
                        self.server.handle(now, *number, &datagram);
                    }
                }
                Some(ListenerEvent::Closed(peer)) => {
                    if let Some(number) = self.numbers.remove(&peer) {
                        self.peers.remove(&number);
                        self.server.peer_identity(number, None);
                    }
                }
                None => return earliest(deadline, self.listener.deadline()),
            }
        }
    }
}

/// A bootstrap server and the management server that it sends devices to.
pub struct Operator {
    /// The bootstrap server.
    pub bootstrap: Station,
    /// The management server.
    pub management: Station,
}

impl Operator {
    /// Opens both. With `psk` both use DTLS, and devices keep for the management server the key
    /// that they came with.
    ///
    /// # Errors
    /// An address is in use or not of this machine.
    pub fn open(
        poller: &Poller,
        bootstrap: SocketAddr,
        management: SocketAddr,
        psk: Option<&Psk>,
        lifetime: u32,
    ) -> Result<Self, Trouble> {
        let keys = psk.map(|psk| {
            let keys = Keys::new();
            keys.insert(psk.clone());
            keys
        });
        let management = Station::open(poller, management, keys.clone(), Config::management())?;
        let uri = management.uri(psk.is_some())?;
        let security = match psk {
            Some(psk) => Security::psk(1, &uri, SHORT_ID, &psk.identity, &psk.key),
            None => Security::no_sec(1, &uri, SHORT_ID),
        };
        // Mute Send: this server listens.
        let mut account = ServerAccount::new(0, SHORT_ID, lifetime);
        account.more.push((23, Datum::Boolean(false)));
        let servers = vec![account];
        // Devices have the bootstrap account wherever they like: the server looks, and keeps off.
        let accounts = Accounts {
            discover: true,
            delete: vec!["/0".into(), "/1".into()],
            ..Accounts::new(vec![security], servers)
        };
        let plan = BootstrapPlan::Accounts(accounts);
        let config = Config { pack: Pack::Accounts, ..Config::bootstrap(plan) };
        let bootstrap = Station::open(poller, bootstrap, keys, config)?;
        Ok(Self { bootstrap, management })
    }
}
