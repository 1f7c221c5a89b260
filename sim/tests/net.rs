//! Sessions over real loopback sockets: plain UDP and DTLS with pre-shared keys, both roles.

use std::net::{SocketAddr, UdpSocket};

use lwm2m_carrier::carrier::SessionFault;
use lwm2m_carrier::time::{Duration, Instant, earliest};
use lwm2m_carrier_sim::net::{
    Client, ClientEvent, Keys, Listener, ListenerEvent, Options, PeerId, Poller, Psk, Said, now,
};

const LOOPBACK: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST), 0);
const PATIENCE: Duration = Duration::from_secs(20);

fn psk(identity: &str, key: &[u8]) -> Psk {
    Psk { identity: identity.into(), key: key.into() }
}

fn keys() -> Keys {
    let keys = Keys::new();
    keys.insert(psk("device-1", b"0123456789abcdef"));
    keys
}

/// One thread, one poller, a listener and any number of clients.
struct World {
    poller: Poller,
    listener: Listener,
    clients: Vec<Client>,
    served: Vec<ListenerEvent>,
    seen: Vec<(usize, ClientEvent)>,
}

impl World {
    fn new(keys: Option<Keys>) -> Self {
        let poller = Poller::new().unwrap();
        let listener = Listener::bind(&poller, LOOPBACK, keys).unwrap();
        Self { poller, listener, clients: Vec::new(), served: Vec::new(), seen: Vec::new() }
    }

    fn options(&self) -> Options {
        Options::new("127.0.0.1", self.listener.local_address().unwrap().port())
    }

    fn open(&mut self, options: Options) -> usize {
        self.clients.push(Client::open(&self.poller, now(), options).unwrap());
        self.clients.len() - 1
    }

    /// Runs until `done` says so.
    fn until(&mut self, what: &str, done: impl Fn(&Self) -> bool) {
        let end = now() + PATIENCE;
        loop {
            while let Some(event) = self.listener.poll(now()) {
                self.served.push(event);
            }
            for (number, client) in self.clients.iter_mut().enumerate() {
                while let Some(event) = client.poll(now()) {
                    self.seen.push((number, event));
                }
            }
            if done(self) {
                return;
            }
            assert!(now() < end, "{what}: {:?} {:?}", self.served, self.seen);
            let deadline = self.clients.iter().map(Client::deadline).fold(Some(end), earliest);
            self.poller.wait(earliest(deadline, self.listener.deadline())).unwrap();
        }
    }

    fn until_seen(&mut self, client: usize, event: ClientEvent) {
        let wanted = (client, event);
        self.until(&format!("{wanted:?}"), |world| world.seen.contains(&wanted));
    }

    fn peers(&self) -> Vec<(PeerId, Option<Vec<u8>>)> {
        let connected = self.served.iter().filter_map(|event| match event {
            ListenerEvent::Connected { peer, identity, .. } => Some((*peer, identity.clone())),
            _ => None,
        });
        connected.collect()
    }
}

fn received(datagram: &[u8]) -> ClientEvent {
    ClientEvent::Received(datagram.to_vec())
}

#[test]
fn datagrams_go_both_ways_over_plain_udp() {
    let mut world = World::new(None);
    let client = world.open(world.options());
    world.until_seen(client, ClientEvent::Opened);
    world.clients[client].send(now(), b"register");
    world.until("the server hears", |world| world.served.len() == 2);
    let (peer, identity) = world.peers().remove(0);
    assert_eq!(identity, None);
    assert_eq!(world.served[1], ListenerEvent::Received(peer, b"register".to_vec()));
    assert!(world.listener.send(peer, b"created"));
    world.until_seen(client, received(b"created"));
}

#[test]
fn datagrams_go_both_ways_over_dtls_and_the_server_learns_the_identity() {
    let mut world = World::new(Some(keys()));
    let key = psk("device-1", b"0123456789abcdef");
    let client = world.open(Options { psk: Some(key), ..world.options() });
    world.until_seen(client, ClientEvent::Opened);
    // The largest datagram of the library fits.
    let large = vec![0xA5; lwm2m_carrier::capacity::DATAGRAM];
    world.clients[client].send(now(), &large);
    world.until("the server hears", |world| world.served.len() == 2);
    let (peer, identity) = world.peers().remove(0);
    assert_eq!(identity.as_deref(), Some(&b"device-1"[..]));
    assert_eq!(world.served[1], ListenerEvent::Received(peer, large.clone()));
    assert!(world.listener.send(peer, &large));
    world.until_seen(client, received(&large));

    world.clients.remove(client).close(now());
    world.until("close_notify", |world| world.served.last() == Some(&ListenerEvent::Closed(peer)));
    assert!(!world.listener.send(peer, b"too late"));
}

#[test]
fn what_is_sent_during_the_handshake_arrives_after_it() {
    let mut world = World::new(Some(keys()));
    let key = psk("device-1", b"0123456789abcdef");
    let client = world.open(Options { psk: Some(key), ..world.options() });
    world.clients[client].send(now(), b"early");
    world.until("the server hears", |world| world.served.len() == 2);
    let peer = world.peers()[0].0;
    assert_eq!(world.served[1], ListenerEvent::Received(peer, b"early".to_vec()));
}

#[test]
fn a_server_that_closes_breaks_the_session() {
    let mut world = World::new(Some(keys()));
    let key = psk("device-1", b"0123456789abcdef");
    let client = world.open(Options { psk: Some(key), ..world.options() });
    world.until("both open", |world| world.seen.len() == 1 && world.served.len() == 1);
    let peer = world.peers()[0].0;
    world.listener.close(peer);
    world.until_seen(client, ClientEvent::Failed(SessionFault::Broken));
    assert_eq!(world.clients[client].deadline(), None);
    assert_eq!(world.served.len(), 1, "who closes is not told");
}

#[test]
fn a_wrong_key_and_an_unknown_identity_end_as_a_failed_handshake_in_time() {
    for wrong in [psk("device-1", b"wrong"), psk("device-2", b"0123456789abcdef")] {
        let mut world = World::new(Some(keys()));
        let handshake = Duration::from_millis(1500);
        let began = now();
        let client = world.open(Options { psk: Some(wrong), handshake, ..world.options() });
        world.until_seen(client, ClientEvent::Failed(SessionFault::Handshake));
        assert!(now().since(began) < Duration::from_secs(4), "{:?}", now().since(began));
        assert_eq!(world.seen.len(), 1, "{:?}", world.seen);
        assert!(world.peers().is_empty());
    }
}

#[test]
fn a_dtls_handshake_with_a_plain_server_fails_in_time() {
    let mut world = World::new(None);
    let handshake = Duration::from_millis(500);
    let key = psk("device-1", b"0123456789abcdef");
    let client = world.open(Options { psk: Some(key), handshake, ..world.options() });
    world.until_seen(client, ClientEvent::Failed(SessionFault::Handshake));
}

#[test]
fn a_key_added_later_is_known_at_once() {
    let keys = Keys::new();
    let mut world = World::new(Some(keys.clone()));
    keys.insert(psk("new", b"key"));
    let client = world.open(Options { psk: Some(psk("new", b"key")), ..world.options() });
    world.until_seen(client, ClientEvent::Opened);
    assert!(keys.remove(b"new"));
    assert!(!keys.remove(b"new"));
}

/// A port on which nobody listens.
fn deaf_port() -> u16 {
    UdpSocket::bind(LOOPBACK).unwrap().local_addr().unwrap().port()
}

#[test]
fn nobody_at_the_port_is_no_route() {
    let mut world = World::new(None);
    let client = world.open(Options::new("127.0.0.1", deaf_port()));
    world.until_seen(client, ClientEvent::Opened);
    world.clients[client].send(now(), b"hello?");
    world.until_seen(client, ClientEvent::Failed(SessionFault::NoRoute));

    let key = Some(psk("device-1", b"0123456789abcdef"));
    let began = now();
    let client = world.open(Options { psk: key, ..Options::new("127.0.0.1", deaf_port()) });
    world.until_seen(client, ClientEvent::Failed(SessionFault::NoRoute));
    assert!(now().since(began) < Duration::from_secs(5), "not found out by waiting");
}

#[test]
fn a_name_that_does_not_exist_is_no_route() {
    let poller = Poller::new().unwrap();
    let fault = Client::open(&poller, now(), Options::new("nothing.invalid", 5683)).err();
    assert_eq!(fault, Some(SessionFault::NoRoute));
}

#[test]
fn localhost_finds_a_server_that_has_only_one_of_its_addresses() {
    for keys in [None, Some(keys())] {
        let mut world = World::new(keys.clone());
        let psk = keys.map(|_| psk("device-1", b"0123456789abcdef"));
        let client = world.open(Options { host: "localhost".into(), psk, ..world.options() });
        world.clients[client].send(now(), b"hello");
        world.until("the server hears", |world| world.served.len() == 2);
        let opened = world.seen.iter().filter(|(_, event)| *event == ClientEvent::Opened);
        assert_eq!(opened.count(), 1, "{:?}", world.seen);
    }
}

#[test]
fn ipv6_works_where_the_machine_has_it() {
    let poller = Poller::new().unwrap();
    let Ok(mut listener) = Listener::bind(&poller, "[::1]:0".parse().unwrap(), None) else {
        eprintln!("no IPv6 here");
        return;
    };
    let port = listener.local_address().unwrap().port();
    let mut client = Client::open(&poller, now(), Options::new("::1", port)).unwrap();
    client.send(now(), b"six");
    let mut poller = poller;
    let end = now() + PATIENCE;
    while now() < end {
        poller.wait(Some(end)).unwrap();
        if let Some(ListenerEvent::Connected { address, .. }) = listener.poll(now()) {
            assert!(address.is_ipv6());
            return;
        }
    }
    panic!("nothing came");
}

#[test]
fn a_local_address_is_used_and_its_family_chosen() {
    let mut world = World::new(None);
    let local = SocketAddr::new(LOOPBACK.ip(), deaf_port());
    let options = Options { local: Some(local), host: "localhost".into(), ..world.options() };
    let client = world.open(options);
    assert_eq!(world.clients[client].local_address().unwrap(), local);
    world.clients[client].send(now(), b"hello");
    world.until("the server hears", |world| world.served.len() == 2);
    assert_eq!(world.listener.address(world.peers()[0].0), Some(local));
}

#[test]
fn a_device_that_restarts_at_the_same_port_replaces_its_old_session() {
    let mut world = World::new(Some(keys()));
    let local = SocketAddr::new(LOOPBACK.ip(), deaf_port());
    let key = Some(psk("device-1", b"0123456789abcdef"));
    let options = Options { local: Some(local), psk: key, ..world.options() };
    world.open(options.clone());
    world.until("both open", |world| world.seen.len() == 1 && world.served.len() == 1);
    let old = world.peers()[0].0;
    // Dropped without close_notify, as by a power cut.
    world.clients.clear();
    world.seen.clear();
    let client = world.open(options);
    world.until_seen(client, ClientEvent::Opened);
    world.clients[client].send(now(), b"again");
    world.until("the server hears", |world| world.served.len() == 4);
    let new = world.peers()[1].0;
    assert_ne!(old, new);
    assert_eq!(world.served[1], ListenerEvent::Closed(old));
    assert_eq!(world.served[3], ListenerEvent::Received(new, b"again".to_vec()));
}

#[test]
fn a_client_hello_from_its_own_address_does_not_end_a_session() {
    let mut world = World::new(Some(keys()));
    let local = SocketAddr::new(LOOPBACK.ip(), deaf_port());
    let server = world.listener.local_address().unwrap();
    let key = Some(psk("device-1", b"0123456789abcdef"));
    // The session runs through a relay, which can put a datagram in at its address.
    let relay = UdpSocket::bind(local).unwrap();
    relay.set_read_timeout(Some(std::time::Duration::from_millis(10))).unwrap();
    let client = world.open(Options { psk: key, ..Options::new("127.0.0.1", local.port()) });
    let device = world.clients[client].local_address().unwrap();
    let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let inject = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let (stop_it, inject_it) = (stop.clone(), inject.clone());
    let relaying = std::thread::spawn(move || {
        use std::sync::atomic::Ordering::SeqCst;
        let mut hello = Vec::new();
        let mut buffer = [0; 2048];
        while !stop_it.load(SeqCst) {
            if inject_it.swap(false, SeqCst) {
                relay.send_to(&hello, server).unwrap();
            }
            let Ok((length, from)) = relay.recv_from(&mut buffer) else {
                continue;
            };
            let datagram = &buffer[..length];
            if hello.is_empty() {
                hello = datagram.to_vec();
            }
            relay.send_to(datagram, if from == device { server } else { device }).unwrap();
        }
    });
    world.until("both open", |world| world.seen.len() == 1 && world.served.len() == 1);
    let peer = world.peers()[0].0;
    inject.store(true, std::sync::atomic::Ordering::SeqCst);
    std::thread::sleep(std::time::Duration::from_millis(50));
    world.clients[client].send(now(), b"still here");
    let here = ListenerEvent::Received(peer, b"still here".to_vec());
    world.until("the session lives", |world| world.served.contains(&here));
    assert!(world.listener.send(peer, b"indeed"));
    world.until_seen(client, received(b"indeed"));
    assert_eq!(world.peers().len(), 1);
    stop.store(true, std::sync::atomic::Ordering::SeqCst);
    relaying.join().unwrap();
}

#[test]
fn an_idle_session_lets_the_thread_sleep() {
    let mut world = World::new(Some(keys()));
    let key = Some(psk("device-1", b"0123456789abcdef"));
    world.open(Options { psk: key, ..world.options() });
    world.until("both open", |world| world.seen.len() == 1 && world.served.len() == 1);
    let end = now() + Duration::from_millis(300);
    let rounds = std::cell::Cell::new(0);
    world.open(Options::new("127.0.0.1", deaf_port()));
    while now() < end {
        let all = [world.clients[0].deadline(), world.clients[1].deadline()];
        let all = all.into_iter().fold(world.listener.deadline(), earliest);
        world.poller.wait(earliest(Some(end), all)).unwrap();
        world.until("a round", |_| {
            rounds.set(rounds.get() + 1);
            true
        });
    }
    assert!(rounds.get() < 20, "{} rounds in 300 ms", rounds.get());
}

#[test]
fn two_devices_are_kept_apart() {
    let keys = keys();
    keys.insert(psk("device-2", b"another"));
    let mut world = World::new(Some(keys));
    for key in [psk("device-1", b"0123456789abcdef"), psk("device-2", b"another")] {
        world.open(Options { psk: Some(key), ..world.options() });
    }
    world.until("both open", |world| world.seen.len() == 2 && world.served.len() == 2);
    for (peer, identity) in world.peers() {
        assert!(world.listener.send(peer, &identity.unwrap()));
    }
    world.until_seen(0, received(b"device-1"));
    world.until_seen(1, received(b"device-2"));
}

#[test]
fn garbage_does_no_harm() {
    let mut world = World::new(Some(keys()));
    let server = world.listener.local_address().unwrap();
    let noise = UdpSocket::bind(LOOPBACK).unwrap();
    for length in [0, 1, 12, 13, 14, 25, 100, 1500] {
        for first in [0, 20, 21, 22, 23, 255] {
            let mut datagram = vec![0; length];
            if let Some(byte) = datagram.first_mut() {
                *byte = first;
            }
            if let Some(byte) = datagram.get_mut(13) {
                *byte = 1;
            }
            noise.send_to(&datagram, server).unwrap();
        }
    }
    let key = Some(psk("device-1", b"0123456789abcdef"));
    let client = world.open(Options { psk: key, ..world.options() });
    world.until_seen(client, ClientEvent::Opened);
}

#[test]
fn lines_wake_the_poller_and_a_deadline_ends_the_wait() {
    let mut poller = Poller::new().unwrap();
    poller.watch(&b"start\r\nlink down\nquit"[..]).unwrap();
    let mut said = Vec::new();
    while said.last() != Some(&Said::EndOfInput) {
        poller.wait(Some(now() + PATIENCE)).unwrap();
        said.extend(std::iter::from_fn(|| poller.said()));
    }
    let line = |text: &str| Said::Line(text.into());
    assert_eq!(said, [line("start"), line("link down"), line("quit"), Said::EndOfInput]);

    let began = now();
    let deadline = began + Duration::from_millis(30);
    while now() < deadline {
        poller.wait(Some(deadline)).unwrap();
    }
    assert!(now().since(began) < Duration::from_secs(5));
    // A deadline in the past does not block.
    poller.wait(Some(Instant::ZERO)).unwrap();
}

#[test]
fn keys_do_not_show_in_debug_output() {
    let key = psk("device-1", b"0123456789abcdef");
    let options = Options { psk: Some(key.clone()), ..Options::new("127.0.0.1", 1) };
    let keys = keys();
    let event = ClientEvent::Received(b"0123456789abcdef".to_vec());
    let text = format!("{key:?} {options:?} {keys:?} {event:?}");
    assert!(!text.contains("device-1") && !text.contains("48, 49"), "{text}");
}
