//! A network in virtual time between simulated devices and built-in servers: datagrams are lost,
//! doubled, delayed and put out of order, all by a seed.

use crate::host::{Credentials, Network, NetworkEvent};
use crate::server::{Output, Peer, Server, ServerEvent};
use lwm2m_carrier::carrier::{Endpoint, SessionFault, SessionId};
use lwm2m_carrier::random::Random;
use lwm2m_carrier::time::{Duration, Instant, earliest};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How bad the network is.
#[derive(Clone, Copy, Debug)]
pub struct Weather {
    /// Percent of datagrams that are lost.
    pub loss: u32,
    /// Percent that arrive twice.
    pub duplication: u32,
    /// Percent that take up to [`Weather::slow`] longer, so that later ones overtake them.
    pub delay: u32,
    /// What each datagram takes.
    pub latency: Duration,
    /// What a delayed one takes more, at most.
    pub slow: Duration,
}

impl Weather {
    /// Everything arrives, once and in order.
    pub const FAIR: Self = Self {
        loss: 0,
        duplication: 0,
        delay: 0,
        latency: Duration::from_millis(20),
        slow: Duration::ZERO,
    };
}

/// A server and where it is.
struct Site {
    host: String,
    port: u16,
    /// Identity and key that a secure session must come with; `None`: plain UDP.
    key: Option<(Vec<u8>, Vec<u8>)>,
    server: Server,
    /// When the server has something to do.
    deadline: Option<Instant>,
    /// The device in the secure session that it had last.
    known: Option<Peer>,
}

/// One direction of a session.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Towards {
    Device,
    Server(usize),
}

/// The network, the servers in it, and one device's place.
pub struct Air {
    sites: Vec<Site>,
    weather: Weather,
    random: Random,
    /// Datagrams and session events on the way, by time and order of sending.
    flying: BTreeMap<(Instant, u64), Flight>,
    sent: u64,
    /// Server and peer of each open session.
    sessions: BTreeMap<u8, (usize, Peer)>,
    peers: u64,
    /// What the servers said happened.
    pub events: Vec<(Instant, usize, ServerEvent)>,
    /// Every datagram that was sent, for tests that look at bytes.
    pub trace: Vec<(Instant, bool, Vec<u8>)>,
    /// Every session that was asked for (`true`) or closed, by number.
    pub doors: Vec<(Instant, u8, bool)>,
    /// Whether servers resume secure sessions. What is not secure has a new address each time.
    pub resumes: bool,
}

enum Flight {
    Datagram(Towards, u8, Peer, Vec<u8>),
    Opened(u8, bool),
    Failed(u8, SessionFault),
}

impl Air {
    /// An empty network.
    pub fn new(weather: Weather, seed: u64) -> Self {
        Self {
            sites: Vec::new(),
            weather,
            random: Random::new(seed),
            flying: BTreeMap::new(),
            sent: 0,
            sessions: BTreeMap::new(),
            peers: 0,
            events: Vec::new(),
            trace: Vec::new(),
            doors: Vec::new(),
            resumes: false,
        }
    }

    /// Puts a server somewhere. Its number is that of its events.
    pub fn add(
        &mut self,
        host: &str,
        port: u16,
        key: Option<(&[u8], &[u8])>,
        server: Server,
    ) -> usize {
        let key = key.map(|(identity, key)| (identity.to_vec(), key.to_vec()));
        self.sites.push(Site { host: host.into(), port, key, server, deadline: None, known: None });
        self.sites.len() - 1
    }

    /// A server, to be asked for something.
    pub fn server(&mut self, index: usize) -> &mut Server {
        &mut self.sites[index].server
    }

    /// Changes the weather.
    pub fn set_weather(&mut self, weather: Weather) {
        self.weather = weather;
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.random.next() % 100 < percent
    }

    fn fly(&mut self, now: Instant, flight: Flight) {
        let mut at = now + self.weather.latency;
        if self.weather.delay > 0 && self.chance(self.weather.delay) {
            let most = self.weather.slow.as_millis().max(1);
            at = at + Duration::from_millis(u64::from(self.random.next()) % most);
        }
        self.sent += 1;
        self.flying.insert((at, self.sent), flight);
    }

    fn throw(&mut self, now: Instant, towards: Towards, session: u8, peer: Peer, datagram: &[u8]) {
        self.trace.push((now, towards != Towards::Device, datagram.to_vec()));
        if self.chance(self.weather.loss) {
            return;
        }
        let copies = 1 + u32::from(self.chance(self.weather.duplication));
        for _ in 0..copies {
            self.fly(now, Flight::Datagram(towards, session, peer, datagram.to_vec()));
        }
    }

    /// Lets every server do what it has to do now.
    fn serve(&mut self, now: Instant) {
        for index in 0..self.sites.len() {
            loop {
                match self.sites[index].server.poll(now) {
                    Output::Wait(deadline) => {
                        self.sites[index].deadline = deadline;
                        break;
                    }
                    Output::Event(event) => self.events.push((now, index, event)),
                    Output::Transmit(peer, datagram) => {
                        let session = self.sessions.iter().find(|(_, of)| **of == (index, peer));
                        if let Some((session, _)) = session {
                            self.throw(now, Towards::Device, *session, peer, &datagram);
                        }
                    }
                }
            }
        }
    }
}

impl Network for Rc<RefCell<Air>> {
    fn open(
        &mut self,
        now: Instant,
        session: SessionId,
        endpoint: &Endpoint<'_>,
        credentials: Option<Credentials>,
    ) {
        let air = &mut *self.borrow_mut();
        air.doors.push((now, session.0, true));
        let site = air
            .sites
            .iter()
            .position(|site| site.host == endpoint.host && site.port == endpoint.port);
        let Some(index) = site else {
            return air.fly(now, Flight::Failed(session.0, SessionFault::NoRoute));
        };
        let credentials = credentials.map(|credentials| credentials.expose());
        if air.sites[index].key != credentials {
            return air.fly(now, Flight::Failed(session.0, SessionFault::Handshake));
        }
        air.peers += 1;
        let secure = credentials.is_some();
        let resumed = air.sites[index].known.filter(|_| secure && air.resumes);
        let peer = resumed.unwrap_or(Peer(air.peers));
        air.sites[index].known = Some(peer);
        let identity = credentials.map(|(identity, _)| identity);
        air.sites[index].server.peer_identity(peer, identity);
        air.sessions.insert(session.0, (index, peer));
        air.fly(now, Flight::Opened(session.0, secure && resumed.is_none()));
    }

    fn send(&mut self, now: Instant, session: SessionId, datagram: &[u8]) {
        let air = &mut *self.borrow_mut();
        if let Some((index, peer)) = air.sessions.get(&session.0).copied() {
            air.throw(now, Towards::Server(index), session.0, peer, datagram);
        }
    }

    fn close(&mut self, now: Instant, session: SessionId) {
        let air = &mut *self.borrow_mut();
        air.doors.push((now, session.0, false));
        air.sessions.remove(&session.0);
    }

    fn poll(&mut self, now: Instant) -> Option<NetworkEvent> {
        let air = &mut *self.borrow_mut();
        loop {
            air.serve(now);
            let (key, _) = air.flying.first_key_value()?;
            if key.0 > now {
                return None;
            }
            let (_, flight) = air.flying.pop_first()?;
            match flight {
                Flight::Opened(session, new) => {
                    air.sessions.get(&session)?;
                    return Some(NetworkEvent::Opened { session: SessionId(session), new });
                }
                Flight::Failed(session, fault) => {
                    return Some(NetworkEvent::Closed(SessionId(session), fault));
                }
                Flight::Datagram(towards, session, peer, datagram) => {
                    // What is under way to a server arrives even if the device is gone by then.
                    if let Towards::Server(index) = towards {
                        air.sites[index].server.handle(now, peer, &datagram);
                    } else if air.sessions.get(&session).is_some_and(|(_, of)| *of == peer) {
                        return Some(NetworkEvent::Received(SessionId(session), datagram));
                    }
                }
            }
        }
    }

    fn deadline(&self) -> Option<Instant> {
        let air = self.borrow();
        let first = air.flying.first_key_value().map(|((at, _), _)| *at);
        air.sites.iter().fold(first, |deadline, site| earliest(deadline, site.deadline))
    }
}
