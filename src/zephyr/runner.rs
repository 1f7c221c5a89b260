//! Carries out what the core says, on one thread: sockets, modem, records, and then rest until
//! something happens.

use super::modem::Modem;
use super::os;
use super::records;
use super::sessions::{Sessions, Target};
use super::shared::{Place, Shared, lock};
use crate::api;
use crate::capacity::DATAGRAM;
use crate::carrier::{Event, Input, Output, SessionFault};
use crate::time::{Duration, Instant, earliest};

/// What only the thread uses that drives the core.
struct Runner {
    modem: Modem,
    sessions: Sessions,
    /// When the application was asked for its free memory.
    asked: Option<Instant>,
    /// For datagrams of both directions, and records.
    buffer: &'static mut [u8; DATAGRAM],
}

/// How old the free memory may be that a server reads.
const REFRESH: Duration = Duration::from_secs(60);

static RUNNER: Place<Option<Runner>> = Place::new(None);
static BUFFER: Place<[u8; DATAGRAM]> = Place::new([0; DATAGRAM]);

/// Why the thread stops to carry things out.
enum Pause {
    /// Nothing more to do until then.
    Until(Option<Instant>),
    /// The application has not taken the events that are there.
    EventsFull,
}

/// Drives the core: for ever, or until the result of `lwm2m_carrier_init` is there.
///
/// # Safety
/// [`super::shared::Shared::driven`] was false, and the caller made it true.
pub(super) unsafe fn drive(until_initialised: bool) {
    // SAFETY: one thread drives at a time.
    let place = unsafe { RUNNER.get() };
    let runner = place.get_or_insert_with(|| {
        if let Err(errno) = os::init_store() {
            log!(error, "the settings subsystem does not start: {}", errno);
        }
        #[cfg(carrier_modem_nrf91)]
        let modem = Modem::new();
        #[cfg(not(carrier_modem_nrf91))]
        // SAFETY: this happens once, as the runner stays.
        let modem = Modem::new(unsafe { super::keys::Keys::load() });
        let sessions = Sessions::new();
        // SAFETY: as above.
        let buffer = unsafe { BUFFER.get() };
        Runner { modem, sessions, asked: None, buffer }
    });
    loop {
        let pause = runner.carry_out();
        if until_initialised && lock().result.is_some() {
            return;
        }
        match pause {
            Pause::EventsFull => {
                os::wait(&[], None);
            }
            Pause::Until(deadline) => {
                if !runner.feed() {
                    let deadline = earliest(deadline, runner.modem.deadline());
                    runner.sessions.wait(deadline);
                }
            }
        }
    }
}

impl Runner {
    /// Carries out what is to be done now.
    fn carry_out(&mut self) -> Pause {
        loop {
            let mut guard = lock();
            if guard.events.is_full() {
                log!(warn, "the application is behind with its events: the library rests");
                return Pause::EventsFull;
            }
            let now = os::now();
            let shared = &mut *guard;
            match shared.carrier.poll(now, self.buffer) {
                Output::Wait(deadline) => return Pause::Until(deadline),
                Output::Event(event) => {
                    let event = owned(event);
                    tell(shared, now, event);
                }
                Output::Initialised(result) => {
                    shared.result = Some(result);
                    os::initialised();
                }
                Output::Modem(command) => self.modem.command(now, &command),
                Output::Open(session, endpoint) => {
                    let target = Target::new(&endpoint);
                    // A handshake takes seconds: others may use the core meanwhile.
                    drop(guard);
                    let outcome = self.sessions.open(session, &target);
                    hand_in(outcome);
                }
                Output::Transmit(session, datagram) => {
                    if !self.sessions.send(session, datagram.expose()) {
                        self.sessions.close(session);
                        shared.carrier.handle(now, Input::Closed(session, SessionFault::Broken));
                    }
                }
                Output::Close(session) => self.sessions.close(session),
                Output::Load(record) => {
                    let bytes = records::load(record, self.buffer);
                    shared.carrier.handle(now, Input::Loaded(record, bytes));
                }
                Output::Store(record, bytes) => records::store(record, bytes.expose()),
                Output::Erase(record) => records::erase(record),
                Output::Reboot => {
                    drop(guard);
                    os::reboot();
                }
            }
        }
    }

    /// Hands in one thing that happened; `false` when there is none.
    fn feed(&mut self) -> bool {
        let now = os::now();
        if let Some(report) = self.modem.poll(now) {
            hand_in(Input::Modem(report));
            return true;
        }
        #[cfg(carrier_modem_nrf91)]
        if self.modem.is_update_wanted() {
            // Where the device is registered, this sends an Update.
            hand_in(Input::Request(crate::carrier::Request::Register));
            return true;
        }
        let Some(input) = self.sessions.receive(self.buffer) else { return false };
        // Not for each datagram: a value that is a new one each time is notified each time.
        let asked = self.asked.is_none_or(|at| now.since(at) >= REFRESH);
        let memory_free = if asked { super::memory_free() } else { None };
        let mut shared = lock();
        if asked {
            self.asked = Some(now);
        }
        if let Some(kilobytes) = memory_free {
            api::set_memory_free(&mut shared.carrier, now, kilobytes);
        }
        shared.carrier.handle(os::now(), input);
        true
    }
}

fn hand_in(input: Input<'_>) {
    lock().carrier.handle(os::now(), input);
}

/// An event that may wait. What it borrows, it borrows for ever, or it does without.
fn owned(event: Event<'_>) -> Event<'static> {
    match event {
        Event::BsdlibInit => Event::BsdlibInit,
        Event::Connecting => Event::Connecting,
        Event::Connected => Event::Connected,
        Event::Disconnecting => Event::Disconnecting,
        Event::Disconnected => Event::Disconnected,
        Event::Bootstrapped => Event::Bootstrapped,
        Event::Registered => Event::Registered,
        Event::Deferred { reason, seconds } => Event::Deferred { reason, seconds },
        // The library takes images that are pushed: there is no URI.
        Event::FotaStart { .. } => Event::FotaStart { uri: None },
        Event::Reboot => Event::Reboot,
        Event::LteReady => Event::LteReady,
        Event::Error { kind, value } => Event::Error { kind, value },
        Event::Deregistered => Event::Deregistered,
        Event::ModemDomain(warning) => Event::ModemDomain(warning),
        Event::Notification { result } => Event::Notification { result },
        Event::Sent { result } => Event::Sent { result },
        Event::AppData { path } => Event::AppData { path },
    }
}

/// Puts an event into the queue. There is room: the caller looked.
fn tell(shared: &mut Shared, now: Instant, event: Event<'static>) {
    if event == Event::BsdlibInit {
        // The modem has said who it is. Without the object there is nothing to be described.
        let _ = api::describe_primary_host(&mut shared.carrier, now);
    }
    if shared.events.push_back(event).is_err() {
        log!(error, "an event is lost: {}", event.name());
    }
    os::deliver();
}
