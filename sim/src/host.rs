//! A device around the library's core: it carries out what the core asks for, with a simulated
//! modem, records in memory or in a file, and whatever network it is given.
//!
//! The same host runs over real sockets and, in virtual time, over a simulated network.

use lwm2m_carrier::capacity;
use lwm2m_carrier::carrier::{
    Carrier, Config, Endpoint, Event, Input, Output, SessionFault, SessionId,
};
use lwm2m_carrier::lwm2m::Object;
use lwm2m_carrier::modem::{Command, Report};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Instant, earliest};
use std::collections::VecDeque;

use crate::modem;
use crate::state::{State, StateError};

/// Identity and key of a DTLS session.
pub type Credentials = Secret<(Vec<u8>, Vec<u8>)>;

/// Something that happened to a session.
#[derive(Debug)]
pub enum NetworkEvent {
    /// It is open.
    Opened {
        /// Which.
        session: SessionId,
        /// Whether its security context is a new one.
        new: bool,
    },
    /// It could not be opened, or it broke.
    Closed(SessionId, SessionFault),
    /// A datagram came in.
    Received(SessionId, Vec<u8>),
}

/// What carries datagrams to servers and back.
pub trait Network {
    /// Opens a session; [`NetworkEvent::Opened`] or [`NetworkEvent::Closed`] follows. DTLS with
    /// these credentials, or plain UDP.
    fn open(
        &mut self,
        now: Instant,
        session: SessionId,
        endpoint: &Endpoint<'_>,
        credentials: Option<Credentials>,
    );

    /// Sends a datagram.
    fn send(&mut self, now: Instant, session: SessionId, datagram: &[u8]);

    /// Closes a session.
    fn close(&mut self, now: Instant, session: SessionId);

    /// What happened until `now`; to be called until there is nothing more.
    fn poll(&mut self, now: Instant) -> Option<NetworkEvent>;

    /// When [`Network::poll`] is due.
    fn deadline(&self) -> Option<Instant>;
}

/// What the host tells whoever watches it.
#[derive(Debug)]
pub enum Happening<'a> {
    /// `lwm2m_carrier_init` returns this.
    Initialised(i32),
    /// The application is told.
    Event(Event<'a>),
    /// A key went into the modem.
    KeyWritten,
    /// The device reboots: this host is done.
    Reboot,
}

/// A device.
pub struct Host<N> {
    /// The core.
    pub carrier: Carrier<'static>,
    /// Its modem.
    pub modem: modem::Link,
    /// Its network.
    pub network: N,
    /// Its flash.
    pub state: State,
    /// What goes into the core, in this order.
    inputs: VecDeque<Input<'static>>,
    /// A record or a command failed in the file system.
    trouble: Option<StateError>,
    writing_key: bool,
    /// How many records can still be written before the power goes.
    power: Option<u32>,
    dead: bool,
}

/// Whether a write is the one that the power does not last for.
fn power_gone(power: &mut Option<u32>) -> bool {
    match power {
        Some(0) => true,
        Some(left) => {
            *left -= 1;
            false
        }
        None => false,
    }
}

impl<N: Network> Host<N> {
    /// A device that is off.
    pub fn new(
        config: Config<'static>,
        seed: u64,
        objects: &'static mut [&'static mut dyn Object],
        modem: modem::Link,
        network: N,
        state: State,
    ) -> Self {
        Self {
            carrier: Carrier::new(config, seed, objects),
            modem,
            network,
            state,
            inputs: VecDeque::new(),
            trouble: None,
            writing_key: false,
            power: None,
            dead: false,
        }
    }

    /// Lets the power go when one record more than these is to be written or erased: from then on
    /// the device does nothing.
    pub fn cut_power_after(&mut self, writes: u32) {
        self.power = Some(writes);
    }

    /// Hands something in; [`Host::run`] acts upon it.
    pub fn input(&mut self, input: Input<'static>) {
        self.inputs.push_back(input);
    }

    /// Does everything that is to be done now, and says when there is more to do. `watch` is told
    /// what happens; what it returns for an event is the application's answer.
    ///
    /// # Errors
    /// The state file could not be read or written.
    pub fn run(
        &mut self,
        now: Instant,
        watch: &mut dyn FnMut(Instant, Happening<'_>) -> i32,
    ) -> Result<Option<Instant>, StateError> {
        loop {
            if self.dead {
                return Ok(None);
            }
            let deadline = self.drain(now, watch);
            if let Some(trouble) = self.trouble.take() {
                return Err(trouble);
            }
            let fed = self.dead || self.feed(now, watch);
            if let Some(trouble) = self.trouble.take() {
                return Err(trouble);
            }
            if !fed {
                let others = earliest(self.modem.deadline(), self.network.deadline());
                return Ok(earliest(deadline, others));
            }
        }
    }

    /// Hands in the next thing that happened; `false` when there is none.
    fn feed(&mut self, now: Instant, watch: &mut dyn FnMut(Instant, Happening<'_>) -> i32) -> bool {
        if let Some(input) = self.inputs.pop_front() {
            self.carrier.handle(now, input);
            return true;
        }
        let (carrier, writing_key) = (&mut self.carrier, &mut self.writing_key);
        let mut done = false;
        let reported = self.modem.poll(now, |report| {
            let over = matches!(report, Report::Done | Report::Failed(_));
            done = report == Report::Done;
            if over && std::mem::take(writing_key) && report == Report::Done {
                watch(now, Happening::KeyWritten);
            }
            carrier.handle(now, Input::Modem(report));
        });
        if done {
            // Before the core goes on: what it stores next may rely on a key.
            self.trouble = self.state.put_modem(&self.modem.modem).err();
        }
        if reported {
            return true;
        }
        match self.network.poll(now) {
            Some(NetworkEvent::Opened { session, new }) => {
                self.carrier.handle(now, Input::Opened { session, new });
            }
            Some(NetworkEvent::Closed(session, fault)) => {
                self.carrier.handle(now, Input::Closed(session, fault));
            }
            // Nothing passes through a modem without a connection.
            Some(NetworkEvent::Received(..)) if !self.modem.modem.is_connected() => {}
            Some(NetworkEvent::Received(session, datagram)) => {
                self.modem.modem.count(true, datagram.len());
                self.carrier.handle(now, Input::Received(session, &datagram));
            }
            None => return false,
        }
        true
    }

    /// Carries out what the core asks for, until it waits.
    fn drain(
        &mut self,
        now: Instant,
        watch: &mut dyn FnMut(Instant, Happening<'_>) -> i32,
    ) -> Option<Instant> {
        let mut buffer = [0; capacity::DATAGRAM];
        loop {
            match self.carrier.poll(now, &mut buffer) {
                Output::Wait(deadline) => return deadline,
                Output::Initialised(result) => {
                    watch(now, Happening::Initialised(result));
                }
                Output::Event(event) => {
                    let answer = watch(now, Happening::Event(event));
                    if event == Event::Reboot {
                        self.inputs.push_back(Input::Answer(answer));
                    }
                }
                Output::Modem(command) => {
                    self.writing_key = matches!(command, Command::WriteKey { .. });
                    if self.modem.command(now, &command).is_err() {
                        // One command at a time is the core's promise.
                        log::error!("the modem has another command in hand");
                    }
                }
                Output::Open(session, endpoint) => {
                    let credentials = endpoint.security_tag.map(|tag| {
                        let (identity, key) = self.modem.modem.keys().get(tag).unwrap_or_default();
                        Secret::new((identity.to_vec(), key.to_vec()))
                    });
                    self.network.open(now, session, &endpoint, credentials);
                }
                Output::Transmit(session, datagram) => {
                    if self.modem.modem.is_connected() {
                        self.modem.modem.count(false, datagram.expose().len());
                        self.network.send(now, session, datagram.expose());
                    }
                }
                Output::Close(session) => self.network.close(now, session),
                Output::Load(record) => {
                    let bytes = self.state.load(record).map(<[u8]>::to_vec);
                    self.carrier.handle(now, Input::Loaded(record, bytes.as_deref()));
                }
                Output::Store(..) | Output::Erase(_) if power_gone(&mut self.power) => {
                    self.dead = true;
                    return None;
                }
                Output::Store(record, bytes) => {
                    self.trouble = self.state.store(record, bytes.expose()).err();
                }
                Output::Erase(record) => self.trouble = self.state.erase(record).err(),
                Output::Reboot => {
                    watch(now, Happening::Reboot);
                }
                other => log::error!("not carried out: {other:?}"),
            }
            if self.trouble.is_some() {
                return None;
            }
        }
    }
}
