//! Security of the channel (Transport 5.2): pre-shared keys over the virtual network, which lets no
//! session open without the right identity and key. Real DTLS is tested in `tests/net.rs`.

use crate::bench::*;
use crate::world::{IDENTITY, KEY};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier_sim::air::Weather;

type Credentials = Option<Secret<(&'static [u8], &'static [u8])>>;

fn secure(credentials: Credentials, idle: Option<u64>) -> World {
    let server =
        lwm2m_carrier::carrier::ServerConfig { credentials, ..world::management_server(true, 300) };
    let mut config = world::config(server);
    config.session_idle_timeout = idle.map(Duration::from_secs);
    let world = World::new(config, Weather::FAIR, 1);
    let identities = vec![(Secret::new(IDENTITY.to_vec()), ENDPOINT.to_string())];
    let server = ServerConfig { identities, ..ServerConfig::management() };
    let key = Some((IDENTITY, KEY));
    world.air.borrow_mut().add("dm.example", 5684, key, Server::new(server));
    world
}

#[test]
fn lightweightm2m_1_1_int_401_udp_channel_security_psk() {
    let mut world = secure(Some(Secret::new((IDENTITY, KEY))), None);
    world.register();
    assert_eq!(world.text("/3/0/1"), "SIM91");
    // The key was written while the modem was offline, before the first session.
    let names = world.names();
    let position = |name: &str| names.iter().position(|told| *told == name);
    assert!(position("DISCONNECTED") < position("key") && position("key") < position("REGISTERED"));
    // The Security Object tells nobody.
    for resource in [3, 5] {
        let code = world.code(Operation::read(&format!("/0/0/{resource}")));
        assert_eq!(code, Code::UNAUTHORIZED);
    }
}

#[test]
fn a_wrong_identity_or_key_opens_no_session() {
    for wrong in [(b"device-2".as_slice(), KEY), (IDENTITY, b"another key")] {
        let mut world = secure(Some(Secret::new(wrong)), None);
        world.start();
        world.run_for(Duration::from_secs(30));
        assert_eq!(world.mark(), 0);
        assert!(world.names().last().unwrap().starts_with("DEFERRED 6 "), "{:?}", world.told);
    }
}

#[test]
fn a_new_security_context_means_a_new_registration() {
    // Transport 6.4.3: what is said after a new handshake begins with Register.
    let mut world = secure(Some(Secret::new((IDENTITY, KEY))), Some(60));
    world.register();
    let from = world.mark();
    world.run_for(Duration::from_secs(300));
    let (_, first) = &world.sent_since(from)[0];
    assert_eq!(path(first), "rd");
}

#[test]
fn an_open_session_is_kept_for_the_update() {
    let mut world = secure(Some(Secret::new((IDENTITY, KEY))), None);
    world.register();
    let from = world.mark();
    world.run_for(Duration::from_secs(300));
    let (_, first) = &world.sent_since(from)[0];
    assert!(path(first).starts_with("rd/"));
}
