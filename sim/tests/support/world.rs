//! A device and its servers in virtual time.
#![allow(dead_code, reason = "each test file uses a part of it")]

use lwm2m_carrier::carrier::{Config, EndpointName, Event, Input, ServerConfig, SessionId};
use lwm2m_carrier::lwm2m::{Context, Object, Path, Value};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Duration, Instant};
use lwm2m_carrier_sim::air::{Air, Weather};
use lwm2m_carrier_sim::host::{Happening, Host};
use lwm2m_carrier_sim::modem;
use lwm2m_carrier_sim::server::message::Message;
use lwm2m_carrier_sim::server::{
    Accounts, BootstrapPlan, Operation, RequestId, Response, Security, Server, ServerAccount,
    ServerEvent,
};
use lwm2m_carrier_sim::state::State;
use std::cell::RefCell;
use std::rc::Rc;

pub const ENDPOINT: &str = "urn:test:device";
pub const IDENTITY: &[u8] = b"device-1";
pub const KEY: &[u8] = b"0123456789abcdef";

pub struct World {
    pub host: Host<Rc<RefCell<Air>>>,
    pub air: Rc<RefCell<Air>>,
    pub now: Instant,
    /// Every event and other happening: when, and its name.
    pub told: Vec<(Instant, String)>,
    pub reboot_answer: i32,
    pub rebooted: bool,
}

pub fn bootstrap_server(secure: bool) -> ServerConfig<'static> {
    ServerConfig {
        uri: if secure { "coaps://bs.example:5684" } else { "coap://bs.example" },
        bootstrap: true,
        credentials: secure.then(|| Secret::new((IDENTITY, KEY))),
        lifetime: 0,
        hold_off: 0,
    }
}

pub fn management_server(secure: bool, lifetime: u32) -> ServerConfig<'static> {
    ServerConfig {
        uri: if secure { "coaps://dm.example:5684" } else { "coap://dm.example" },
        bootstrap: false,
        credentials: secure.then(|| Secret::new((IDENTITY, KEY))),
        lifetime,
        hold_off: 0,
    }
}

pub fn config(server: ServerConfig<'static>) -> Config<'static> {
    Config { server: Some(server), endpoint: EndpointName::Custom(ENDPOINT), ..Config::default() }
}

/// The accounts that the bootstrap server of the tests gives.
pub fn accounts(secure: bool, lifetime: u32) -> BootstrapPlan {
    let security = match secure {
        true => Security::psk(1, "coaps://dm.example:5684", 101, IDENTITY, KEY),
        false => Security::no_sec(1, "coap://dm.example", 101),
    };
    BootstrapPlan::Accounts(Accounts::new(
        vec![security],
        vec![ServerAccount::new(0, 101, lifetime)],
    ))
}

impl World {
    pub fn new(config: Config<'static>, weather: Weather, seed: u64) -> Self {
        Self::with(config, weather, seed, &mut [], modem::Config::default(), State::in_memory())
    }

    pub fn with(
        config: Config<'static>,
        weather: Weather,
        seed: u64,
        objects: &'static mut [&'static mut dyn Object],
        modem: modem::Config,
        state: State,
    ) -> Self {
        let air = Rc::new(RefCell::new(Air::new(weather, seed)));
        let modem = modem::Link::new(modem);
        let host = Host::new(config, seed, objects, modem, air.clone(), state);
        Self { host, air, now: Instant::ZERO, told: Vec::new(), reboot_answer: 1, rebooted: false }
    }

    /// A world with a management server, NoSec.
    pub fn managed(lifetime: u32, seed: u64) -> Self {
        let world = Self::new(config(management_server(false, lifetime)), Weather::FAIR, seed);
        let mut config = lwm2m_carrier_sim::server::Config::management();
        config.seed = seed;
        world.serve("dm.example", config);
        world
    }

    /// Adds the servers of the tests, with DTLS: the first bootstraps, the second manages.
    pub fn serve_secure(&self, plan: BootstrapPlan) {
        use lwm2m_carrier_sim::server::Config;
        let key = Some((IDENTITY, KEY));
        let mut air = self.air.borrow_mut();
        air.add("bs.example", 5684, key, Server::new(Config::bootstrap(plan)));
        air.add("dm.example", 5684, key, Server::new(Config::management()));
    }

    /// Adds a server, NoSec.
    pub fn serve(&self, host: &str, config: lwm2m_carrier_sim::server::Config) {
        self.air.borrow_mut().add(host, 5683, None, Server::new(config));
    }

    /// Calls `lwm2m_carrier_init` and `lwm2m_carrier_run`.
    pub fn start(&mut self) {
        self.host.input(Input::Initialise);
        self.host.input(Input::Run);
    }

    /// Does what is to be done now; when there is more.
    pub fn step(&mut self) -> Option<Instant> {
        let Self { host, told, reboot_answer, rebooted, now, .. } = self;
        let answer = *reboot_answer;
        host.run(*now, &mut |now, happening| {
            told.push((
                now,
                match happening {
                    Happening::Initialised(result) => format!("init {result}"),
                    Happening::Event(Event::Deferred { reason, seconds }) => {
                        format!("DEFERRED {} {seconds}", reason as u32)
                    }
                    Happening::Event(Event::Error { kind, value }) => {
                        format!("ERROR {} {value}", kind as u32)
                    }
                    Happening::Event(Event::ModemDomain(warning)) => {
                        format!("MODEM_DOMAIN {}", warning as u32)
                    }
                    Happening::Event(Event::Notification { result }) => {
                        format!("NOTIFICATION {}", result as u32)
                    }
                    Happening::Event(Event::Sent { result }) => format!("SENT {result}"),
                    Happening::Event(Event::AppData { path }) => {
                        format!("APP_DATA {:?}", path.ids())
                    }
                    Happening::Event(event) => event.name().to_string(),
                    Happening::KeyWritten => "key".to_string(),
                    Happening::Reboot => {
                        *rebooted = true;
                        "reboot".to_string()
                    }
                },
            ));
            answer
        })
        .unwrap()
    }

    /// Lets time go on until `done` or until `limit` has passed; whether it was done.
    pub fn run_until(&mut self, limit: Duration, done: &mut dyn FnMut(&mut Self) -> bool) -> bool {
        let end = self.now + limit;
        for _ in 0..2_000_000 {
            let deadline = self.step();
            if done(self) {
                return true;
            }
            let next = deadline.unwrap_or(end).min(end);
            if self.now >= end {
                return false;
            }
            assert!(next > self.now, "no progress at {:?}", self.now);
            self.now = next;
        }
        panic!("too many steps");
    }

    /// Lets `duration` pass.
    pub fn run_for(&mut self, duration: Duration) {
        self.run_until(duration, &mut |_| false);
    }

    pub fn run_until_told(&mut self, limit: Duration, name: &str) -> bool {
        let from = self.told.len();
        self.run_until(limit, &mut |world| {
            world.told.get(from..).unwrap_or_default().iter().any(|(_, told)| told == name)
        })
    }

    /// The names of what was told, without keys and results.
    pub fn names(&self) -> Vec<&str> {
        self.told.iter().map(|(_, name)| name.as_str()).collect()
    }

    /// Starts and waits for REGISTERED.
    pub fn register(&mut self) {
        self.start();
        assert!(self.run_until_told(Duration::from_secs(600), "REGISTERED"), "{:?}", self.told);
    }

    /// Asks the device for an operation and waits for its answer.
    pub fn ask(&mut self, server: usize, operation: Operation) -> Response {
        self.try_ask(server, operation).expect("an answer")
    }

    pub fn try_ask(&mut self, server: usize, operation: Operation) -> Option<Response> {
        let id = self.air.borrow_mut().server(server).request(ENDPOINT, operation);
        let mut answer = None;
        self.run_until(Duration::from_secs(300), &mut |world| {
            answer = world.answer(server, id);
            answer.is_some()
        });
        answer.flatten()
    }

    fn answer(&mut self, server: usize, wanted: RequestId) -> Option<Option<Response>> {
        let air = self.air.borrow();
        let theirs = air.events.iter().filter(|(_, of, _)| *of == server);
        theirs.map(|(_, _, event)| event).find_map(|event| match event {
            ServerEvent::Response { id, code, content_format, payload, observe, options }
                if *id == wanted =>
            {
                Some(Some(Response {
                    code: *code,
                    content_format: *content_format,
                    payload: payload.clone(),
                    observe: *observe,
                    options: options.clone(),
                }))
            }
            ServerEvent::RequestFailed { id, .. } if *id == wanted => Some(None),
            _ => None,
        })
    }

    /// The device's datagrams that were sent since the trace had `from` entries, in milliseconds.
    pub fn sent_since(&self, from: usize) -> Vec<(u64, Message)> {
        let air = self.air.borrow();
        let sent = air.trace.get(from..).unwrap_or_default().iter().filter(|(_, up, _)| *up);
        sent.map(|(at, _, bytes)| (at.as_millis(), Message::parse(bytes).expect("CoAP"))).collect()
    }

    /// How many datagrams were sent until now, in both directions.
    pub fn mark(&self) -> usize {
        self.air.borrow().trace.len()
    }

    /// Hands the device a datagram that no server sent; what it sends at once, as bytes.
    pub fn deliver(&mut self, session: u8, datagram: &[u8]) -> Vec<Vec<u8>> {
        self.step();
        let from = self.mark();
        self.host.carrier.handle(self.now, Input::Received(SessionId(session), datagram));
        self.step();
        let air = self.air.borrow();
        let sent = air.trace.get(from..).unwrap_or_default().iter().filter(|(_, up, _)| *up);
        sent.map(|(_, _, bytes)| bytes.clone()).collect()
    }

    /// From now on nothing arrives any more (`true`), or everything does.
    pub fn cut_off(&mut self, off: bool) {
        let loss = if off { 100 } else { 0 };
        self.air.borrow_mut().set_weather(Weather { loss, ..Weather::FAIR });
    }

    /// Gives a resource of any object a new value, as the device itself does.
    pub fn set(&mut self, path: &str, value: &Value<'_>) {
        let path = Path::parse(path).expect("a path");
        let object = path.id(0).expect("an object");
        let objects = self.host.carrier.objects();
        let object = objects.get_mut(object).expect("the object is there");
        object.write(&path, value, &mut Context::new(0)).expect("it takes the value");
        self.host.input(Input::Changed(path));
        self.step();
    }

    /// Removes and returns what servers said so far.
    pub fn server_events(&mut self) -> Vec<ServerEvent> {
        self.air.borrow_mut().events.drain(..).map(|(_, _, event)| event).collect()
    }
}
