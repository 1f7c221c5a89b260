//! The three message charts in virtual time, event by event.

#[path = "support/world.rs"]
mod world;

use lwm2m_carrier::carrier::Config;
use lwm2m_carrier::time::Duration;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::server::{self, FirmwareCampaign, Server, ServerEvent};
use world::{IDENTITY, KEY, World};

fn bootstrapping_world(secure: bool, seed: u64) -> World {
    let key = secure.then_some((IDENTITY, KEY));
    let config: Config<'static> = world::config(world::bootstrap_server(secure));
    let world = World::new(config, Weather::FAIR, seed);
    let port = if secure { 5684 } else { 5683 };
    let plan = world::accounts(secure, 300);
    let mut air = world.air.borrow_mut();
    air.add("bs.example", port, key, Server::new(server::Config::bootstrap(plan)));
    air.add("dm.example", port, key, Server::new(server::Config::management()));
    drop(air);
    world
}

#[test]
fn bootstrap_with_keys_goes_as_the_chart_says() {
    let mut world = bootstrapping_world(true, 1);
    world.register();
    assert_eq!(
        world.names(),
        [
            "BSDLIB_INIT",
            "CONNECTING",
            "CONNECTED",
            "init 0",
            "DISCONNECTING",
            "DISCONNECTED",
            "key",
            "key",
            "CONNECTING",
            "CONNECTED",
            "BOOTSTRAPPED",
            "LTE_READY",
            "REGISTERED",
        ]
    );
}

#[test]
fn firmware_goes_as_the_chart_says() {
    let mut world = bootstrapping_world(true, 1);
    world.register();
    world.told.clear();
    let image = lwm2m_carrier_sim::modem::image("mfw_sim_2.0.0", 20_000);
    world.air.borrow_mut().server(1).campaign(FirmwareCampaign::new(image));
    let mut result = None;
    world.run_until(Duration::from_secs(3600), &mut |world| {
        result = world.air.borrow().events.iter().find_map(|(_, _, event)| match event {
            ServerEvent::CampaignDone { result, .. } => Some(*result),
            _ => None,
        });
        result.is_some()
    });
    assert_eq!(result, Some(Some(1)), "{:?} {:?}", world.told, world.air.borrow().events);
    assert_eq!(
        world.names(),
        [
            "FOTA_START",
            "DISCONNECTING",
            "DISCONNECTED",
            "CONNECTING",
            "CONNECTED",
            "LTE_READY",
            "REGISTERED",
        ]
    );
}
