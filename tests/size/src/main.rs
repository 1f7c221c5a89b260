//! The core as a linked image for a Cortex-M33, with everything that an application can reach: all
//! inputs go in, all outputs are carried out, a modem is spoken to in AT.
//!
//! It is built and measured, never run. What it reads comes from memory that the compiler may not
//! look into, and what it is told goes there; so nothing is computed beforehand and nothing is left
//! out. The library's functions are called through pointers that the compiler cannot follow, so
//! that each stays a function of the library in the symbol table.
#![no_std]
#![no_main]

mod line;
mod memory;
mod port;
mod sizes;

use core::cell::UnsafeCell;
use core::hint::black_box;
use core::mem::MaybeUninit;
use lwm2m_carrier::api::{self, Position, Velocity};
use lwm2m_carrier::capacity::DATAGRAM;
use lwm2m_carrier::carrier::{Carrier, Config, Input, Output, ServerConfig, SessionId};
use lwm2m_carrier::lwm2m::objects::{Additional, Device};
use lwm2m_carrier::lwm2m::{Client, Path, SendError};
use lwm2m_carrier::modem::at::AtModem;
use lwm2m_carrier::modem::{Command, Error, Report};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::storage::Record;
use lwm2m_carrier::time::Instant;
use port::{Port, volatile};

/// Everything that an application keeps in RAM for the library.
struct Memory {
    carrier: Carrier<'static>,
    modem: MaybeUninit<AtModem<Port>>,
    /// One for both directions: nothing of what was received is read after it was handed in.
    buffer: [u8; DATAGRAM],
}

struct Shared(UnsafeCell<Memory>);

// SAFETY: the image has one thread and no interrupts.
unsafe impl Sync for Shared {}

static MEMORY: Shared = Shared(UnsafeCell::new(Memory {
    carrier: Carrier::EMPTY,
    modem: MaybeUninit::uninit(),
    buffer: [0; DATAGRAM],
}));

static CONFIG: Config<'static> = Config {
    server: Some(ServerConfig {
        uri: "coaps://bootstrap.example",
        bootstrap: true,
        credentials: Some(Secret::new((b"identity", b"key"))),
        lifetime: 86400,
        hold_off: 0,
    }),
    ..Config::DEFAULT
};

type Configure =
    for<'c> fn(&'c mut Carrier<'static>, &'c Config<'static>, u64, Additional<'static>);
type Handle = for<'c, 'b> fn(&'c mut Carrier<'static>, Instant, Input<'b>);
type Poll = for<'b> fn(&'b mut Carrier<'static>, Instant, &'b mut [u8]) -> Output<'b>;
type TellModem =
    for<'m, 'c, 'a> fn(&'m mut AtModem<Port>, Instant, &'c Command<'a>) -> Result<(), Error>;
type PollModem = for<'m> fn(&'m mut AtModem<Port>, Instant) -> Option<Report<'m>>;

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    #[cfg(feature = "log")]
    port::start_log();
    // SAFETY: this function runs once, and nothing else knows of the static.
    let memory = unsafe { &mut *MEMORY.0.get() };
    let buffer = &mut memory.buffer;
    let modem = memory.modem.write(AtModem::new(Port));
    let carrier = &mut memory.carrier;
    black_box(Carrier::configure as Configure)(carrier, black_box(&CONFIG), port::wide(), &mut []);
    loop {
        feed(carrier, buffer);
        listen(carrier, modem);
        ask(carrier);
        drain(carrier, modem, buffer);
    }
}

fn now() -> Instant {
    Instant::from_millis(port::wide())
}

fn handle(carrier: &mut Carrier<'static>, input: Input<'_>) {
    black_box(Carrier::handle as Handle)(carrier, now(), input);
}

/// Hands in something that happened.
#[inline(never)]
fn feed(carrier: &mut Carrier<'static>, buffer: &mut [u8]) {
    // Any value can stand there, as far as the compiler knows.
    static INPUT: Input<'static> = Input::Run;
    static SESSION: SessionId = SessionId(0);
    static RECORD: Record = Record::Accounts;
    handle(
        carrier,
        match port::get() {
            0 => Input::Received(volatile(&SESSION), port::fill(buffer)),
            1 => Input::Loaded(volatile(&RECORD), Some(port::fill(buffer))),
            _ => volatile(&INPUT),
        },
    );
}

/// Hands in what the modem says.
#[inline(never)]
fn listen(carrier: &mut Carrier<'static>, modem: &mut AtModem<Port>) {
    while let Some(report) = black_box(AtModem::poll as PollModem)(modem, now()) {
        handle(carrier, Input::Modem(report));
    }
}

/// Does what an application does between inputs: it sets values, sends them, looks at the state.
#[inline(never)]
fn ask(carrier: &mut Carrier<'static>) {
    static PATHS: [Path; 2] = [Path::resource(3, 0, 9), Path::resource(4, 0, 2)];
    let number = port::get();
    let device = &mut carrier.objects().device;
    let changes = [
        black_box(Device::add_error as fn(&mut Device, u8) -> bool)(device, number as u8),
        black_box(Device::remove_error as fn(&mut Device, u8) -> bool)(device, number as u8),
        black_box(Device::set_battery_level as fn(&mut Device, u8) -> bool)(device, number as u8),
        black_box(Device::set_battery_status as fn(&mut Device, u8) -> bool)(device, number as u8),
        black_box(Device::set_voltage as fn(&mut Device, u8, i32) -> bool)(device, 0, number as _),
        black_box(Device::set_current as fn(&mut Device, u8, i32) -> bool)(device, 0, number as _),
    ];
    black_box(Device::set_power_sources as fn(&mut Device, u8))(device, number as u8);
    black_box(Device::set_memory as fn(&mut Device, u32, u32))(device, number, number);
    port::put(changes.iter().filter(|change| **change).count() as u32);
    locate(carrier);
    let send: for<'c, 'p> fn(&'c mut Client<'static>, &'p [Path]) -> Result<(), SendError> =
        black_box(Client::send);
    port::put(u32::from(send(carrier.client(), &volatile(&PATHS)).is_ok()));
    port::put(u32::from(carrier.is_registered()));
}

/// Says where the device is, and how it moves.
#[inline(never)]
fn locate(carrier: &mut Carrier<'static>) {
    type Set<T> = for<'c> fn(&mut Carrier<'c>, Instant, &T) -> Result<(), i32>;
    static POSITION: Position =
        Position { latitude: 0.0, longitude: 0.0, altitude: None, timestamp: 0, uncertainty: None };
    static VELOCITY: Velocity = Velocity {
        heading: 0,
        horizontal: 0.0,
        vertical: None,
        horizontal_uncertainty: None,
        vertical_uncertainty: None,
    };
    let (position, velocity) = (volatile(&POSITION), volatile(&VELOCITY));
    let located = black_box(api::set_location as Set<Position>)(carrier, now(), &position);
    let moving = black_box(api::set_velocity as Set<Velocity>)(carrier, now(), &velocity);
    port::put(u32::from(located.is_ok() && moving.is_ok()));
}

/// Carries out what is to be done.
#[inline(never)]
fn drain(carrier: &mut Carrier<'static>, modem: &mut AtModem<Port>, buffer: &mut [u8]) {
    loop {
        match black_box(Carrier::poll as Poll)(carrier, now(), buffer) {
            Output::Initialised(result) => port::put(result as u32),
            Output::Event(event) => port::put(event.number()),
            Output::Modem(command) => {
                let taken = black_box(AtModem::command as TellModem)(modem, now(), &command);
                port::put(u32::from(taken.is_ok()));
            }
            Output::Open(session, endpoint) => {
                port::put(session.0.into());
                port::write(endpoint.host.as_bytes());
                port::put(endpoint.port.into());
                port::put(endpoint.security_tag.unwrap_or_default());
            }
            Output::Transmit(session, datagram) => {
                port::put(session.0.into());
                port::write(datagram.expose());
            }
            Output::Close(session) => port::put(session.0.into()),
            Output::Load(record) | Output::Erase(record) => port::put(record as u32),
            Output::Store(record, bytes) => {
                port::put(record as u32);
                port::write(bytes.expose());
            }
            Output::Reboot => port::put(0),
            Output::Wait(deadline) => {
                port::put(deadline.map_or(0, |deadline| deadline.as_millis() as u32));
                return;
            }
            _ => {}
        }
    }
}

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
