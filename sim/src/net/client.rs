//! The device's end of a session: a connected UDP socket, plain or with DTLS.

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs};

use dimpl::Dtls;
use lwm2m_carrier::carrier::SessionFault;
use lwm2m_carrier::time::{Duration, Instant};
use mio::net::UdpSocket;

use super::dtls::{self, Psk, Step};
use super::poller::Registry;
use super::{DATAGRAM, Poller, READS_AT_ONCE};

/// Where a session goes and how.
#[derive(Clone, Debug)]
pub struct Options {
    /// Host name, IPv4 address, or IPv6 address without brackets.
    pub host: String,
    /// UDP port.
    pub port: u16,
    /// Key and identity for DTLS; `None` for plain UDP.
    pub psk: Option<Psk>,
    /// Local address and port; `None`: whatever the system chooses.
    pub local: Option<SocketAddr>,
    /// How long a DTLS handshake may take. A server that does not know the key says nothing, so
    /// this is also how long a wrong key takes to be noticed.
    pub handshake: Duration,
}

impl Options {
    /// How long a DTLS handshake may take if nothing else is said.
    pub const HANDSHAKE: Duration = Duration::from_secs(10);

    /// Plain UDP to `host` and `port`.
    pub fn new(host: impl Into<String>, port: u16) -> Self {
        Self { host: host.into(), port, psk: None, local: None, handshake: Self::HANDSHAKE }
    }
}

/// What becomes of a session.
#[derive(Clone, PartialEq, Eq)]
pub enum ClientEvent {
    /// It can be used: the DTLS handshake is done, or there is none to do.
    Opened,
    /// A datagram came in.
    Received(Vec<u8>),
    /// It is over; nothing comes after this.
    Failed(SessionFault),
}

impl fmt::Debug for ClientEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Opened => f.write_str("Opened"),
            // A bootstrap server sends keys.
            Self::Received(datagram) => write!(f, "Received({} bytes)", datagram.len()),
            Self::Failed(fault) => write!(f, "Failed({fault:?})"),
        }
    }
}

/// One session. Dropping it closes the socket; [`close`](Self::close) says goodbye first.
pub struct Client {
    socket: UdpSocket,
    registry: Registry,
    options: Options,
    dtls: Option<Dtls>,
    dtls_deadline: Option<Instant>,
    /// Addresses of the same name that were not tried yet.
    others: VecDeque<SocketAddr>,
    /// The datagram sent before anything was heard: it goes to the next address too.
    unheard: Option<Vec<u8>>,
    /// Whether anything ever came back. From then on the address is the right one.
    heard: bool,
    opened: bool,
    over: bool,
    /// There may be more to read although the system will not say so again.
    unread: bool,
    events: VecDeque<ClientEvent>,
    buffer: Vec<u8>,
    output: Vec<u8>,
}

impl Client {
    /// Resolves the name, which blocks for as long as the system takes, and begins the session.
    ///
    /// # Errors
    /// [`SessionFault::NoRoute`]: the name has no address, or none that can be reached from here.
    /// [`SessionFault::Broken`]: no socket (the local address is in use or not of this machine).
    /// [`SessionFault::Handshake`]: the key cannot be used.
    pub fn open(poller: &Poller, now: Instant, options: Options) -> Result<Self, SessionFault> {
        let registry = poller.registry().map_err(|_| SessionFault::Broken)?;
        Self::open_with(registry, now, options)
    }

    /// As [`open`](Self::open), with the poller's registering half.
    pub(super) fn open_with(
        registry: Registry,
        now: Instant,
        options: Options,
    ) -> Result<Self, SessionFault> {
        let mut others = resolve(&options);
        loop {
            let address = others.pop_front().ok_or(SessionFault::NoRoute)?;
            match connect(&registry, address, options.local) {
                Ok(socket) => {
                    let mut client = Self {
                        socket,
                        registry,
                        options,
                        dtls: None,
                        dtls_deadline: None,
                        others,
                        unheard: None,
                        heard: false,
                        opened: false,
                        over: false,
                        unread: false,
                        events: VecDeque::new(),
                        buffer: vec![0; DATAGRAM],
                        output: vec![0; 2048],
                    };
                    client.begin(now)?;
                    return Ok(client);
                }
                Err(fault) if others.is_empty() => return Err(fault),
                Err(_) => {}
            }
        }
    }

    /// The address on this side.
    ///
    /// # Errors
    /// The system does not tell.
    pub fn local_address(&self) -> io::Result<SocketAddr> {
        self.socket.local_addr()
    }

    /// Whether DTLS is in use.
    pub const fn is_secure(&self) -> bool {
        self.options.psk.is_some()
    }

    /// Sends a datagram. What cannot be sent is lost, as on any network; before [`ClientEvent::Opened`]
    /// it waits for the handshake.
    pub fn send(&mut self, now: Instant, datagram: &[u8]) {
        if self.over {
            return;
        }
        match &mut self.dtls {
            Some(dtls) => {
                if dtls.send_application_data(datagram).is_err() {
                    self.fail(SessionFault::Broken);
                }
                self.drain(now);
            }
            None => {
                if !self.heard && !self.others.is_empty() {
                    self.unheard = Some(datagram.to_vec());
                }
                let result = self.socket.send(datagram).map(drop);
                self.sent(now, result);
            }
        }
    }

    /// The next thing that happened; `None` when there is nothing more for now.
    pub fn poll(&mut self, now: Instant) -> Option<ClientEvent> {
        if self.events.is_empty() {
            self.advance(now);
        }
        self.events.pop_front()
    }

    /// When [`poll`](Self::poll) is to be called at the latest.
    pub fn deadline(&self) -> Option<Instant> {
        match (self.over, self.unread) {
            (true, _) => None,
            (false, true) => Some(Instant::ZERO),
            (false, false) => self.dtls_deadline,
        }
    }

    /// Ends the session, with a close_notify alert where DTLS is in use.
    pub fn close(mut self, now: Instant) {
        if let Some(dtls) = &mut self.dtls
            && !self.over
            && dtls.close().is_ok()
        {
            self.drain(now);
        }
    }

    fn begin(&mut self, now: Instant) -> Result<(), SessionFault> {
        match self.options.psk.clone() {
            None => {
                // A second address tried is still the same session.
                if !self.opened {
                    self.opened = true;
                    self.events.push_back(ClientEvent::Opened);
                }
            }
            Some(psk) => {
                let dtls = dtls::client(psk, self.options.handshake, now)
                    .map_err(|_| SessionFault::Handshake)?;
                self.dtls = Some(dtls);
                self.drain(now);
            }
        }
        Ok(())
    }

    fn advance(&mut self, now: Instant) {
        if let Some(dtls) = &mut self.dtls {
            if dtls.handle_timeout(super::clock::to_std(now)).is_err() {
                // The only thing that times out is the handshake, or a flight of it.
                self.fail(SessionFault::Handshake);
            }
            self.drain(now);
        }
        self.unread = false;
        for _ in 0..READS_AT_ONCE {
            if self.over || !self.events.is_empty() {
                self.unread = true;
                return;
            }
            match self.socket.recv(&mut self.buffer) {
                Ok(length) => self.received(now, length),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
                Err(error) => self.sent(now, Err(error)),
            }
        }
        self.unread = true;
    }

    fn received(&mut self, now: Instant, length: usize) {
        self.heard = true;
        self.others.clear();
        self.unheard = None;
        let datagram = self.buffer.get(..length).unwrap_or_default();
        match &mut self.dtls {
            None => self.events.push_back(ClientEvent::Received(datagram.to_vec())),
            Some(dtls) => {
                let result = dtls.handle_packet(datagram);
                // What was decrypted before the error counts, so it is taken out first.
                self.drain(now);
                if result.is_err() {
                    let opened = self.opened;
                    self.fail(if opened { SessionFault::Broken } else { SessionFault::Handshake });
                }
            }
        }
    }

    fn drain(&mut self, now: Instant) {
        let Some(dtls) = &mut self.dtls else { return };
        let mut result = Ok(());
        let mut closed = false;
        let deadline = dtls::drain(dtls, &mut self.output, |step| match step {
            Step::Packet(packet) => {
                if let Err(error) = self.socket.send(packet) {
                    result = Err(error);
                }
            }
            Step::Connected => {
                self.opened = true;
                self.events.push_back(ClientEvent::Opened);
            }
            Step::Data(data) => self.events.push_back(ClientEvent::Received(data.to_vec())),
            Step::Closed => closed = true,
        });
        self.dtls_deadline = Some(deadline);
        if closed {
            self.fail(SessionFault::Broken);
        }
        self.sent(now, result);
    }

    /// Judges what a system call said about the way to the server. Connected UDP sockets report an
    /// ICMP error at the next call, whichever it is.
    fn sent(&mut self, now: Instant, result: io::Result<()>) {
        use io::ErrorKind as Kind;
        let Err(error) = result else { return };
        let fault = match error.kind() {
            // The buffers are full: the datagram is lost. Interrupted: nothing happened.
            Kind::WouldBlock | Kind::Interrupted => return,
            Kind::ConnectionRefused
            | Kind::ConnectionReset
            | Kind::HostUnreachable
            | Kind::NetworkUnreachable
            | Kind::NetworkDown
            | Kind::AddrNotAvailable
            | Kind::PermissionDenied => SessionFault::NoRoute,
            _ => SessionFault::Broken,
        };
        if fault == SessionFault::NoRoute && self.next_address(now) {
            return;
        }
        self.fail(fault);
    }

    /// Goes on with the next address of the same name, if nothing was heard from this one:
    /// "localhost" is often an IPv6 and an IPv4 address, and the server has only one of them.
    fn next_address(&mut self, now: Instant) -> bool {
        while let Some(address) = self.others.pop_front() {
            if !self.reconnect(address) {
                continue;
            }
            self.dtls = None;
            if self.begin(now).is_err() {
                return false;
            }
            if let Some(datagram) = self.unheard.take() {
                self.send(now, &datagram);
            }
            return true;
        }
        false
    }

    fn reconnect(&mut self, address: SocketAddr) -> bool {
        let same = self.socket.local_addr().is_ok_and(|ours| ours.is_ipv4() == address.is_ipv4());
        if same {
            // The same socket, so that the local port stays; the last address's error does not.
            let _ = self.socket.take_error();
            return self.socket.connect(address).is_ok();
        }
        let Ok(socket) = connect(&self.registry, address, self.options.local) else {
            return false;
        };
        self.socket = socket;
        true
    }

    fn fail(&mut self, fault: SessionFault) {
        if !self.over {
            self.over = true;
            self.events.push_back(ClientEvent::Failed(fault));
        }
    }
}

/// Addresses to try, in the system's order; only those of the local address's family.
fn resolve(options: &Options) -> VecDeque<SocketAddr> {
    // A zone ("fe80::1%eth0") is understood by the system's resolver only.
    let found = match options.host.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, options.port)],
        Err(_) => match (options.host.as_str(), options.port).to_socket_addrs() {
            Ok(found) => found.collect(),
            Err(error) => {
                log::debug!("{}: {error}", options.host);
                Vec::new()
            }
        },
    };
    let same = |address: &SocketAddr| {
        options.local.is_none_or(|local| local.is_ipv4() == address.is_ipv4())
    };
    found.into_iter().filter(same).collect()
}

fn connect(
    registry: &Registry,
    address: SocketAddr,
    local: Option<SocketAddr>,
) -> Result<UdpSocket, SessionFault> {
    let any = match address {
        SocketAddr::V4(_) => SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), 0),
        SocketAddr::V6(_) => SocketAddr::new(Ipv6Addr::UNSPECIFIED.into(), 0),
    };
    let mut socket = UdpSocket::bind(local.unwrap_or(any)).map_err(|error| {
        log::warn!("no local socket: {error}");
        // A machine without IPv6 cannot reach IPv6 addresses; any other refusal is about us.
        if local.is_none() { SessionFault::NoRoute } else { SessionFault::Broken }
    })?;
    socket.connect(address).map_err(|_| SessionFault::NoRoute)?;
    registry.register(&mut socket).map_err(|_| SessionFault::Broken)?;
    Ok(socket)
}
