//! The server's end of many sessions: one UDP socket, plain or with DTLS.
//!
//! A device that restarts may come back from the same address and port with a new handshake. The
//! session it had stays in use until the new handshake is complete, so that nobody can end it with
//! a forged datagram (RFC 6347, 4.2.8).

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::fmt;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use dimpl::{Config, Dtls};
use lwm2m_carrier::time::{Instant, earliest};
use mio::net::UdpSocket;

use super::clock;
use super::dtls::{self, Keys, Resolver, Step};
use super::{DATAGRAM, Poller, READS_AT_ONCE};

/// Peers kept at once. When one more comes, the one that was silent for longest is forgotten.
pub const PEERS: usize = 1024;

/// One peer from its first datagram (plain UDP) or its handshake (DTLS) on. Never used again for
/// another.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct PeerId(u64);

/// What becomes of a listener's peers.
#[derive(Clone, PartialEq, Eq)]
pub enum ListenerEvent {
    /// A peer is there.
    Connected {
        /// Which.
        peer: PeerId,
        /// The identity of the key it holds; `None` for plain UDP.
        identity: Option<Vec<u8>>,
        /// Where it is.
        address: SocketAddr,
    },
    /// A datagram came in.
    Received(PeerId, Vec<u8>),
    /// The peer left, came back as another, or was forgotten.
    Closed(PeerId),
}

impl fmt::Debug for ListenerEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connected { peer, address, .. } => write!(f, "Connected({peer:?}, {address})"),
            Self::Received(peer, datagram) => {
                write!(f, "Received({peer:?}, {} bytes)", datagram.len())
            }
            Self::Closed(peer) => write!(f, "Closed({peer:?})"),
        }
    }
}

/// A session, or the beginning of one.
struct Session {
    /// Set once the application was told of it.
    id: Option<PeerId>,
    dtls: Option<Box<Dtls>>,
    identity: Option<Vec<u8>>,
    deadline: Option<Instant>,
}

/// All that comes from one address.
struct Place {
    /// When it was heard from last.
    heard: Instant,
    current: Option<Session>,
    /// A handshake under way.
    next: Option<Session>,
}

struct Security {
    config: Arc<Config>,
    resolver: Arc<Resolver>,
}

/// A UDP socket that serves many peers.
pub struct Listener {
    socket: UdpSocket,
    security: Option<Security>,
    places: HashMap<SocketAddr, Place>,
    peers: BTreeMap<PeerId, SocketAddr>,
    last_id: u64,
    events: VecDeque<ListenerEvent>,
    unread: bool,
    buffer: Vec<u8>,
    output: Vec<u8>,
}

impl Listener {
    /// Binds `address` (port 0: a free one). With `keys` every peer must hold one of them.
    ///
    /// # Errors
    /// The address is in use or not of this machine.
    pub fn bind(poller: &Poller, address: SocketAddr, keys: Option<Keys>) -> io::Result<Self> {
        let security = keys.map(|keys| {
            let resolver = Arc::new(Resolver::new(keys));
            dtls::server_config(Arc::clone(&resolver)).map(|config| Security { config, resolver })
        });
        let security = security.transpose().map_err(io::Error::other)?;
        let mut socket = UdpSocket::bind(address)?;
        poller.register(&mut socket)?;
        Ok(Self {
            socket,
            security,
            places: HashMap::new(),
            peers: BTreeMap::new(),
            last_id: 0,
            events: VecDeque::new(),
            unread: false,
            buffer: vec![0; DATAGRAM],
            output: vec![0; 2048],
        })
    }

    /// The address bound.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Where a peer is; `None` once it is gone.
    pub fn address(&self, peer: PeerId) -> Option<SocketAddr> {
        self.peers.get(&peer).copied()
    }

    /// Sends a datagram; what cannot be sent is lost, as on any network. Whether there is such a
    /// peer.
    pub fn send(&mut self, peer: PeerId, datagram: &[u8]) -> bool {
        let Some(address) = self.address(peer) else {
            return false;
        };
        let session = self.places.get_mut(&address).and_then(|place| place.current.as_mut());
        let Some(Session { dtls, .. }) = session else {
            return false;
        };
        match dtls {
            None => {
                let _ = self.socket.send_to(datagram, address);
            }
            Some(dtls) => {
                if dtls.send_application_data(datagram).is_err() {
                    self.forget(peer);
                    return false;
                }
                self.drain(address, Which::Current);
            }
        }
        true
    }

    /// Ends a peer's session; [`ListenerEvent::Closed`] does not follow.
    pub fn close(&mut self, peer: PeerId) {
        let Some(address) = self.address(peer) else {
            return;
        };
        let session = self.places.get_mut(&address).and_then(|place| place.current.as_mut());
        if let Some(Session { dtls: Some(dtls), .. }) = session
            && dtls.close().is_ok()
        {
            self.drain(address, Which::Current);
        }
        self.forget(peer);
        self.events.retain(|event| *event != ListenerEvent::Closed(peer));
    }

    /// The next thing that happened; `None` when there is nothing more for now.
    pub fn poll(&mut self, now: Instant) -> Option<ListenerEvent> {
        if self.events.is_empty() {
            self.timeouts(now);
            self.read(now);
        }
        self.events.pop_front()
    }

    /// When [`poll`](Self::poll) is to be called at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        if self.unread {
            return Some(Instant::ZERO);
        }
        let sessions = self.places.values().flat_map(|place| [&place.current, &place.next]);
        sessions.flatten().fold(None, |first, session| earliest(first, session.deadline))
    }

    fn read(&mut self, now: Instant) {
        self.unread = false;
        for _ in 0..READS_AT_ONCE {
            if !self.events.is_empty() {
                self.unread = true;
                return;
            }
            match self.socket.recv_from(&mut self.buffer) {
                Ok((length, address)) => self.received(now, length, address),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                // Some systems report here that an earlier datagram did not arrive.
                Err(error) => log::debug!("receive: {error}"),
            }
        }
        self.unread = true;
    }

    fn received(&mut self, now: Instant, length: usize, address: SocketAddr) {
        self.make_room(address);
        let place =
            self.places.entry(address).or_insert(Place { heard: now, current: None, next: None });
        place.heard = now;
        let Some(security) = &self.security else {
            let peer = match place.current.as_ref().and_then(|session| session.id) {
                Some(peer) => peer,
                None => self.welcome(address, Session::plain()),
            };
            let datagram = self.buffer.get(..length).unwrap_or_default();
            self.events.push_back(ListenerEvent::Received(peer, datagram.to_vec()));
            return;
        };
        let datagram = self.buffer.get(..length).unwrap_or_default();
        let kind = Kind::of(datagram);
        if kind == Kind::ClientHello && place.next.is_none() {
            let dtls = Dtls::new_12_psk(Arc::clone(&security.config), clock::to_std(now));
            place.next = Some(Session {
                id: None,
                dtls: Some(Box::new(dtls)),
                identity: None,
                deadline: None,
            });
        }
        let (which, session) = match (&mut place.next, &mut place.current, kind) {
            (None, None, _) => {
                self.places.remove(&address);
                return;
            }
            (Some(next), None, _) | (Some(next), Some(_), Kind::ClientHello | Kind::Handshake) => {
                (Which::Next, next)
            }
            (_, Some(current), _) => (Which::Current, current),
        };
        let Some(dtls) = &mut session.dtls else {
            return;
        };
        let _ = security.resolver.seen();
        let result =
            dtls.handle_timeout(clock::to_std(now)).and_then(|()| dtls.handle_packet(datagram));
        if let Some(identity) = security.resolver.seen() {
            session.identity = Some(identity);
        }
        self.drain(address, which);
        if let Err(error) = result {
            log::info!("{address}: DTLS failed: {error}");
            // What was the next session may have become the current one in the meantime.
            let which = match self.places.get(&address) {
                Some(Place { next: None, .. }) => Which::Current,
                _ => which,
            };
            self.drop_session(address, which);
        }
    }

    fn timeouts(&mut self, now: Instant) {
        let due = |session: &Option<Session>| {
            session.as_ref().is_some_and(|session| session.deadline.is_some_and(|at| at <= now))
        };
        let mut late = Vec::new();
        for (address, place) in &self.places {
            if due(&place.current) {
                late.push((*address, Which::Current));
            }
            if due(&place.next) {
                late.push((*address, Which::Next));
            }
        }
        for (address, which) in late {
            let Some(dtls) = self.session(address, which).and_then(|it| it.dtls.as_mut()) else {
                continue;
            };
            if dtls.handle_timeout(clock::to_std(now)).is_err() {
                self.drop_session(address, which);
            } else {
                self.drain(address, which);
            }
        }
    }

    fn session(&mut self, address: SocketAddr, which: Which) -> Option<&mut Session> {
        let place = self.places.get_mut(&address)?;
        match which {
            Which::Current => place.current.as_mut(),
            Which::Next => place.next.as_mut(),
        }
    }

    /// Carries out what a session's DTLS machine wants done.
    fn drain(&mut self, address: SocketAddr, which: Which) {
        let Some(place) = self.places.get_mut(&address) else {
            return;
        };
        let session = match which {
            Which::Current => place.current.as_mut(),
            Which::Next => place.next.as_mut(),
        };
        let Some(session) = session else { return };
        let Some(dtls) = &mut session.dtls else {
            return;
        };
        let (mut connected, mut closed, mut data) = (false, false, Vec::new());
        let deadline = dtls::drain(dtls, &mut self.output, |step| match step {
            Step::Packet(packet) => {
                let _ = self.socket.send_to(packet, address);
            }
            Step::Connected => connected = true,
            Step::Data(bytes) => data.push(bytes.to_vec()),
            Step::Closed => closed = true,
        });
        session.deadline = Some(deadline);
        let mut peer = session.id;
        if connected && let Some(session) = place.next.take() {
            peer = Some(self.welcome(address, session));
        }
        let Some(peer) = peer else { return };
        self.events.extend(data.into_iter().map(|data| ListenerEvent::Received(peer, data)));
        if closed {
            self.forget(peer);
        }
    }

    /// Makes `session` the one in use at `address`, in place of any other.
    fn welcome(&mut self, address: SocketAddr, session: Session) -> PeerId {
        self.last_id += 1;
        let peer = PeerId(self.last_id);
        let identity = session.identity.clone();
        if let Some(place) = self.places.get_mut(&address) {
            let before = place.current.replace(Session { id: Some(peer), ..session });
            if let Some(before) = before.and_then(|session| session.id) {
                self.peers.remove(&before);
                self.events.push_back(ListenerEvent::Closed(before));
            }
        }
        self.peers.insert(peer, address);
        self.events.push_back(ListenerEvent::Connected { peer, identity, address });
        peer
    }

    fn forget(&mut self, peer: PeerId) {
        if let Some(address) = self.peers.get(&peer).copied() {
            self.drop_session(address, Which::Current);
        }
    }

    fn drop_session(&mut self, address: SocketAddr, which: Which) {
        let Some(place) = self.places.get_mut(&address) else {
            return;
        };
        let session = match which {
            Which::Current => place.current.take(),
            Which::Next => place.next.take(),
        };
        if place.current.is_none() && place.next.is_none() {
            self.places.remove(&address);
        }
        if let Some(peer) = session.and_then(|session| session.id) {
            self.peers.remove(&peer);
            self.events.push_back(ListenerEvent::Closed(peer));
        }
    }

    fn make_room(&mut self, address: SocketAddr) {
        if self.places.len() < PEERS || self.places.contains_key(&address) {
            return;
        }
        // Those without a complete handshake go first: they cost a forger nothing.
        let oldest = self.places.iter().min_by_key(|(_, it)| (it.current.is_some(), it.heard));
        if let Some((address, _)) = oldest {
            let address = *address;
            self.drop_session(address, Which::Next);
            self.drop_session(address, Which::Current);
        }
    }
}

impl Session {
    fn plain() -> Self {
        Self { id: None, dtls: None, identity: None, deadline: None }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    Current,
    Next,
}

/// What the first record of a datagram is, as far as it decides whose it is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    ClientHello,
    /// Handshake and ChangeCipherSpec records, and unencrypted alerts.
    Handshake,
    Other,
}

impl Kind {
    fn of(datagram: &[u8]) -> Self {
        let (Some(content), Some(epoch)) = (datagram.first(), datagram.get(3..5)) else {
            return Self::Other;
        };
        match (content, epoch, datagram.get(13)) {
            (22, [0, 0], Some(1)) => Self::ClientHello,
            (20 | 22, _, _) | (21, [0, 0], _) => Self::Handshake,
            _ => Self::Other,
        }
    }
}
