//! A device with two servers, and an Access Control Object that its bootstrap server filled.
#![allow(dead_code, reason = "each test file uses a part of it")]

use crate::everything::Everything;
use crate::senml;
use crate::world::{self, World};
use lwm2m_carrier::lwm2m::Object;
use lwm2m_carrier::time::Duration;
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::modem;
use lwm2m_carrier_sim::server::{
    BootstrapPlan, Config, Security, Server, ServerAccount, Step, encode_instance,
};
use lwm2m_carrier_sim::state::State;
use serde_json::json;

/// Short Server IDs of the two; server 0 of the world is the bootstrap server.
pub const ONE: u16 = 101;
pub const TWO: u16 = 102;

pub const READ: u8 = 1;
pub const WRITE: u8 = 2;
pub const EXECUTE: u8 = 4;
pub const DELETE: u8 = 8;
pub const CREATE: u8 = 16;
pub const ALL: u8 = 31;

/// In place of an Object Instance: about Create.
pub const ANY: u16 = 65535;

/// An Access Control Object Instance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    pub object: u16,
    pub instance: u16,
    pub owner: u16,
    /// Short Server ID (0: all others) and rights.
    pub acl: Vec<(u16, u8)>,
}

impl Rule {
    pub fn new(object: u16, instance: u16, owner: u16, acl: &[(u16, u8)]) -> Self {
        Self { object, instance, owner, acl: acl.to_vec() }
    }

    /// The Bootstrap-Write of this rule as instance `id`.
    pub fn step(&self, id: usize) -> Step {
        let path = |resource: &str| format!("/2/{id}/{resource}");
        let mut records = vec![
            (path("0"), json!({ "v": self.object })),
            (path("1"), json!({ "v": self.instance })),
            (path("3"), json!({ "v": self.owner })),
        ];
        for (server, rights) in &self.acl {
            records.push((path(&format!("2/{server}")), json!({ "v": rights })));
        }
        let records: Vec<_> = records.iter().map(|(p, v)| (p.as_str(), v.clone())).collect();
        let payload = senml::pack(senml::CBOR, &records);
        Step::Write(format!("/2/{id}"), senml::CBOR, payload)
    }
}

/// The Bootstrap-Writes of this many accounts and of these rules, up to Bootstrap-Finish.
pub fn steps(servers: u16, rules: &[Rule]) -> Vec<Step> {
    let mut steps: Vec<Step> = vec![Step::Delete("/0".into()), Step::Delete("/1".into())];
    for instance in 1..=servers {
        let short_id = 100 + instance;
        let uri = format!("coap://dm{instance}.example");
        let path = format!("/0/{instance}");
        let security = Security::no_sec(instance, &uri, short_id).resources();
        let tlv = encode_instance(11542, &path, &security).expect("TLV");
        steps.push(Step::Write(path, 11542, tlv));
        let path = format!("/1/{instance}");
        let server = ServerAccount::new(instance, short_id, 86400).resources();
        let tlv = encode_instance(11542, &path, &server).expect("TLV");
        steps.push(Step::Write(path, 11542, tlv));
    }
    steps.extend(rules.iter().enumerate().map(|(id, rule)| rule.step(id)));
    steps.push(Step::Finish);
    steps
}

/// A device with [`Everything`] in this many instances, whose bootstrap server has these steps; servers
/// 1 and 2 are there, nothing has begun.
pub fn device(steps: Vec<Step>, instances: u16, state: State) -> World {
    let mut everything = Everything::default();
    (0..instances).for_each(|instance| everything.fill(instance));
    let objects: &'static mut [&'static mut dyn Object] =
        Box::leak(Box::new([Box::leak(Box::new(everything)) as &mut dyn Object]));
    device_of(steps, objects, state)
}

/// The same with these objects.
pub fn device_of(
    steps: Vec<Step>,
    objects: &'static mut [&'static mut dyn Object],
    state: State,
) -> World {
    let config = world::config(world::bootstrap_server(false));
    let modem = modem::Config::default();
    let world = World::with(config, Weather::FAIR, 1, objects, modem, state);
    let bootstrap = Config::bootstrap(BootstrapPlan::Steps(steps));
    let mut air = world.air.borrow_mut();
    air.add("bs.example", 5683, None, Server::new(bootstrap));
    for instance in 1..=2 {
        let config = Config { seed: instance, ..Config::management() };
        air.add(&format!("dm{instance}.example"), 5683, None, Server::new(config));
    }
    drop(air);
    world
}

/// The same, registered with this many servers.
pub fn registered(servers: u16, rules: &[Rule], instances: u16) -> World {
    let mut world = device(steps(servers, rules), instances, State::in_memory());
    world.register();
    world.run_for(Duration::from_secs(2));
    world
}
