//! The smallest useful build as a linked image for a Cortex-M33: the client alone, without the
//! carrier machine and without a modem, for one server. It bootstraps, keeps its accounts, registers,
//! and answers with the objects 0, 1 and 3 in TLV and text, if it is built without features.
//!
//! It is built and measured, never run, like the image in `main.rs`.
#![no_std]
#![no_main]

mod line;
mod memory;
#[allow(dead_code, reason = "no modem is connected")]
mod port;

use core::cell::UnsafeCell;
use core::hint::black_box;
use core::mem::size_of;
use line::line;
use lwm2m_carrier::capacity::{ANSWERS, BODY, DATAGRAM};
use lwm2m_carrier::coap::Answers;
use lwm2m_carrier::lwm2m::objects::device::id;
use lwm2m_carrier::lwm2m::objects::{Device, Objects, SecurityObject, ServerObject};
use lwm2m_carrier::lwm2m::{
    AttributeTable, Client, Fault, Notice, Output, Path, Settings, Unusable, Version, Window,
};
use lwm2m_carrier::time::Instant;
use port::volatile;

/// Everything that an application keeps in RAM for the library.
struct Memory {
    client: Client<'static>,
    buffer: [u8; DATAGRAM],
}

struct Shared(UnsafeCell<Memory>);

// SAFETY: the image has one thread and no interrupts.
unsafe impl Sync for Shared {}

static MEMORY: Shared =
    Shared(UnsafeCell::new(Memory { client: Client::EMPTY, buffer: [0; DATAGRAM] }));

type Received = for<'c, 'b> fn(&'c mut Client<'static>, u8, &'b [u8]);
type Poll = for<'c, 'b> fn(&'c mut Client<'static>, &'b mut [u8]) -> Output;
type Restore = for<'c, 'b> fn(&'c mut Client<'static>, &'b [u8]) -> Result<(), Unusable>;
type Save = for<'c, 'w, 'b> fn(&'c Client<'static>, &'w mut Window<'b>);
type SetText = for<'d, 't> fn(&'d mut Device, u16, &'t str) -> bool;

#[unsafe(no_mangle)]
extern "C" fn start() -> ! {
    // SAFETY: this function runs once, and nothing else knows of the static.
    let Memory { client, buffer } = unsafe { &mut *MEMORY.0.get() };
    configure(client);
    begin(client, buffer);
    loop {
        feed(client, buffer);
        drain(client, buffer);
    }
}

/// What is said once.
fn configure(client: &mut Client<'static>) {
    static ENDPOINT: &str = "urn:imei:000000000000000";
    let settings: &mut Settings = client.settings_mut();
    let _ = settings.endpoint.push_str(volatile(&ENDPOINT));
    settings.version = Version::V1_1;
    settings.confirm_interval = volatile(&INTERVAL);
    settings.idle_timeout = volatile(&INTERVAL);
    client.configure(port::wide(), &mut []);
    let device = &mut client.objects.device;
    for resource in [id::MANUFACTURER, id::MODEL_NUMBER, id::SERIAL_NUMBER] {
        black_box(Device::set_text as SetText)(device, resource, volatile(&ENDPOINT));
    }
}

static INTERVAL: lwm2m_carrier::time::Duration = lwm2m_carrier::time::Duration::from_secs(60);

/// Goes on with the accounts of the record. A device leaves the factory with the bootstrap server's.
fn begin(client: &mut Client<'static>, buffer: &mut [u8]) {
    client.set_now(Instant::from_millis(port::wide()));
    let restored = black_box(Client::restore as Restore)(client, port::fill(buffer));
    if restored.is_ok() && client.are_accounts_usable() {
        client.start();
    } else {
        port::put(u32::from(client.bootstrap()));
    }
    client.link_up();
}

/// Hands in something that happened.
#[inline(never)]
fn feed(client: &mut Client<'static>, buffer: &mut [u8]) {
    static CHANGED: Path = Path::resource(3, 0, 9);
    client.set_now(Instant::from_millis(port::wide()));
    let slot = port::get() as u8;
    match port::get() {
        0 => black_box(Client::received as Received)(client, slot, port::fill(buffer)),
        1 => client.opened(slot, true),
        2 => client.closed(slot, Fault::Sequence),
        3 => client.link_up(),
        4 => client.link_down(),
        5 => {
            let device = &mut client.objects.device;
            if device.set_battery_level(port::get() as u8) {
                client.changed(&volatile(&CHANGED));
            }
        }
        _ => {}
    }
}

/// Carries out what is to be done.
#[inline(never)]
fn drain(client: &mut Client<'static>, buffer: &mut [u8]) {
    loop {
        match black_box(Client::poll as Poll)(client, buffer) {
            Output::Open(slot) => open(client, slot),
            Output::Close(slot) => port::put(slot.into()),
            Output::Transmit(slot, len) => {
                port::put(slot.into());
                port::write(buffer.get(..len).unwrap_or_default());
            }
            Output::Notice(notice) => noticed(client, notice, buffer),
            Output::Wait(until) => return port::put(until.as_millis() as u32),
        }
    }
}

/// A session needs to know to whom, and with which key.
fn open(client: &Client<'static>, slot: u8) {
    port::put(slot.into());
    let security = &client.objects.security;
    if let Some(uri) = security.uri(slot) {
        port::write(uri.host.as_bytes());
        port::put(uri.port.into());
    }
    if let Some(credentials) = security.credentials(slot) {
        let (identity, key) = credentials.expose();
        port::write(identity);
        port::write(key);
    }
}

fn noticed(client: &mut Client<'static>, notice: Notice, buffer: &mut [u8]) {
    match notice {
        Notice::Bootstrapped => {
            let mut window = Window::new(buffer, 0);
            black_box(Client::save as Save)(client, &mut window);
            let kept = window.kept();
            port::write(buffer.get(..kept).unwrap_or_default());
            client.start();
        }
        Notice::Rollback => begin(client, buffer),
        Notice::BootstrapTrigger | Notice::BootstrapWanted => {
            client.stop();
            port::put(u32::from(client.bootstrap()));
        }
        Notice::Reboot => port::put(1),
        // The rest is news only.
        _ => {}
    }
}

#[used]
#[unsafe(link_section = ".sizes")]
static SIZES: [[u8; 32]; 8] = [
    line(size_of::<Client<'_>>(), "Client"),
    line(size_of::<Objects<'_>>(), "Objects"),
    line(size_of::<SecurityObject>(), "SecurityObject"),
    line(size_of::<ServerObject>(), "ServerObject"),
    line(size_of::<Answers<ANSWERS>>(), "Answers"),
    line(size_of::<AttributeTable>(), "AttributeTable"),
    line(BODY, "Body"),
    line(DATAGRAM, "Datagram"),
];

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
