//! What both roles need of DTLS 1.2 with pre-shared keys: credentials that do not show themselves,
//! and the drain loop of the DTLS machine (TLS_PSK_WITH_AES_128_CCM_8, RFC 6655).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use dimpl::{Config, Dtls, Output, PskResolver};
use lwm2m_carrier::time::Instant;

use super::clock;

/// Bytes of a datagram that DTLS fills: an Ethernet frame, less the headers of IPv6 and UDP.
const MTU: usize = 1452;

/// A pre-shared key and the identity that goes with it.
#[derive(Clone, PartialEq, Eq)]
pub struct Psk {
    /// The identity, as it goes over the wire in the clear.
    pub identity: Vec<u8>,
    /// The key.
    pub key: Vec<u8>,
}

impl fmt::Debug for Psk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Psk((secret))")
    }
}

impl PskResolver for Psk {
    fn resolve(&self, identity: &[u8]) -> Option<Vec<u8>> {
        (identity == self.identity).then(|| self.key.clone())
    }
}

/// The keys that a server knows, by identity. Clones share one table, so that a bootstrap server
/// can hand out a key and the management server knows it.
#[derive(Clone, Default)]
pub struct Keys(Arc<Mutex<HashMap<Vec<u8>, Vec<u8>>>>);

impl Keys {
    /// A table without keys.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a key, or replaces the one of the same identity. Sessions that are open stay open.
    pub fn insert(&self, psk: Psk) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(psk.identity, psk.key);
    }

    /// Removes the key of `identity`; whether there was one.
    pub fn remove(&self, identity: &[u8]) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(identity).is_some()
    }

    fn get(&self, identity: &[u8]) -> Option<Vec<u8>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(identity).cloned()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Keys((secret))")
    }
}

/// Looks keys up and remembers whose was asked for last: the DTLS machine does not tell which
/// identity a peer came with. All machines of a listener run on one thread, one after the other, so
/// the identity seen while one of them handles a datagram is its peer's.
#[derive(Default)]
pub(super) struct Resolver {
    keys: Keys,
    seen: Mutex<Option<Vec<u8>>>,
}

impl Resolver {
    pub(super) fn new(keys: Keys) -> Self {
        Self { keys, seen: Mutex::default() }
    }

    /// The identity asked for since the last call.
    pub(super) fn seen(&self) -> Option<Vec<u8>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl PskResolver for Resolver {
    fn resolve(&self, identity: &[u8]) -> Option<Vec<u8>> {
        *self.seen.lock().unwrap_or_else(PoisonError::into_inner) = Some(identity.to_vec());
        self.keys.get(identity)
    }
}

/// A DTLS machine in the client role.
pub(super) fn client(
    psk: Psk,
    handshake: lwm2m_carrier::time::Duration,
    now: Instant,
) -> Result<Dtls, dimpl::Error> {
    let config = Config::builder()
        .mtu(MTU)
        // More than fit the time: the time alone decides.
        .flight_retries(32)
        .handshake_timeout(Duration::from_millis(handshake.as_millis().max(1)))
        .with_psk_client(psk.identity.clone(), Arc::new(psk))
        .build()?;
    let mut dtls = Dtls::new_12_psk(Arc::new(config), clock::to_std(now));
    dtls.set_active(true);
    dtls.handle_timeout(clock::to_std(now))?;
    Ok(dtls)
}

/// What the DTLS machines of a listener share.
pub(super) fn server_config(resolver: Arc<Resolver>) -> Result<Arc<Config>, dimpl::Error> {
    Config::builder().mtu(MTU).with_psk_server(None, resolver).build().map(Arc::new)
}

/// Something that came out of a DTLS machine.
pub(super) enum Step<'a> {
    /// To be sent.
    Packet(&'a [u8]),
    /// The handshake is complete.
    Connected,
    /// The peer sent this.
    Data(&'a [u8]),
    /// The peer closed the session.
    Closed,
}

/// Takes everything out of `dtls`; its answer is the machine's next deadline.
pub(super) fn drain(
    dtls: &mut Dtls,
    buffer: &mut Vec<u8>,
    mut take: impl FnMut(Step<'_>),
) -> Instant {
    loop {
        match dtls.poll_output(buffer) {
            Output::Packet(packet) => take(Step::Packet(packet)),
            Output::BufferTooSmall { needed } => buffer.resize(needed, 0),
            Output::Timeout(at) => return clock::from_std(at),
            Output::Connected => take(Step::Connected),
            Output::ApplicationData(data) => take(Step::Data(data)),
            Output::CloseNotify => take(Step::Closed),
            _ => {}
        }
    }
}
