//! The functions of the C API (`src/ffi.rs`), called as C calls them, on a simulated device: what
//! they return, what a server reads afterwards, and that it is notified.

#[path = "../../src/ffi.rs"]
mod ffi;
#[path = "support/world.rs"]
mod world;

// `ffi.rs` finds the library here as it does in its own crate.
use lwm2m_carrier::{api, capacity, carrier, lwm2m, secret, time};

use carrier::errno::{
    E2BIG, EALREADY, ECANCELED, EINPROGRESS, EINVAL, ENODEV, ENOENT, ENOMEM, ENOTCONN, EPERM,
};
use carrier::{Config, Deferred, Delivery, EndpointName, ErrorKind, Event};
use ffi::*;
use lwm2m::Version;
use lwm2m_carrier::modem::Warning;
use lwm2m_carrier_sim::modem;
use lwm2m_carrier_sim::server::{Code, Operation, ServerEvent};
use std::cell::{Cell, RefCell};
use std::ffi::{CStr, c_char, c_int};
use std::ptr::{null, null_mut};
use time::Duration;
use world::World;

thread_local! {
    static WORLD: RefCell<Option<World>> = const { RefCell::new(None) };
    static TOLD: RefCell<Option<Told>> = const { RefCell::new(None) };
    static FREE: Cell<c_int> = const { Cell::new(0) };
    static INITIALISED: RefCell<Option<Config<'static>>> = const { RefCell::new(None) };
}

/// In place of the glue: the core is that of this thread's world.
mod zephyr {
    use super::{INITIALISED, WORLD, world};
    use crate::carrier::{Carrier, Config};
    use crate::time::Instant;

    pub fn with<R>(act: impl FnOnce(&mut Carrier<'static>, Instant) -> R) -> Option<R> {
        WORLD.with_borrow_mut(|world| {
            let world = world.as_mut()?;
            Some(act(&mut world.host.carrier, world.now))
        })
    }

    pub fn default_config() -> Result<Config<'static>, i32> {
        Ok(world::config(world::management_server(true, 1000)))
    }

    pub fn init(config: &Config<'static>) -> i32 {
        INITIALISED.set(Some(*config));
        0
    }

    pub fn init_from_kconfig() -> i32 {
        1
    }

    pub fn run() -> ! {
        panic!("run")
    }
}

#[unsafe(no_mangle)]
extern "C" fn lwm2m_carrier_memory_free_read() -> c_int {
    FREE.get()
}

/// Type and data of an event, as C sees them: no data, a text that is NULL, two numbers, one.
#[derive(PartialEq, Debug)]
enum Told {
    Nothing(u32, bool),
    Null(u32, bool),
    Pair(u32, u32, i32),
    Number(u32, u32),
}

/// `lwm2m_carrier_event_app_data_t`, written down anew.
#[repr(C)]
struct DataPath {
    path: *const u16,
    len: u8,
}

/// `lwm2m_carrier_event_t`, written down anew.
#[repr(C)]
struct CEvent {
    kind: u32,
    data: *const std::ffi::c_void,
}

#[unsafe(no_mangle)]
extern "C" fn lwm2m_carrier_event_handler(event: *const CEvent) -> c_int {
    // SAFETY: an event, with the data that the header says.
    let told = unsafe {
        let CEvent { kind, data } = event.read();
        match kind {
            8 | 20 => {
                let [first, second] = data.cast::<[u32; 2]>().read();
                Told::Pair(kind, first, second as i32)
            }
            33 | 35 | 36 => Told::Number(kind, data.cast::<u32>().read()),
            34 => {
                let DataPath { path, len } = data.cast::<DataPath>().read();
                Told::Number(kind, u32::from(path.add(usize::from(len) - 1).read()))
            }
            9 => Told::Null(kind, data.cast::<*const c_char>().read().is_null()),
            _ => Told::Nothing(kind, data.is_null()),
        }
    };
    TOLD.set(Some(told));
    7
}

/// Does something with the world of this thread.
fn act<R>(act: impl FnOnce(&mut World) -> R) -> R {
    WORLD.with_borrow_mut(|world| act(world.as_mut().expect("a world")))
}

/// A registered device.
fn registered() {
    let mut world = World::managed(86400, 1);
    world.register();
    WORLD.set(Some(world));
}

/// What server 0 reads as text.
fn read(path: &str) -> String {
    let response = act(|world| world.ask(0, Operation::read(path).accept(0)));
    match response.code {
        Code::CONTENT => String::from_utf8(response.payload).unwrap(),
        code => format!("{code:?}"),
    }
}

fn observe(path: &str) {
    let response = act(|world| world.ask(0, Operation::observe(path).accept(0)));
    assert_eq!(response.code, Code::CONTENT, "{path}");
    notified();
}

/// What server 0 was notified of since it was asked last.
fn notified() -> Vec<String> {
    act(|world| {
        world.run_for(Duration::from_secs(2));
        let events = world.server_events().into_iter();
        events
            .filter_map(|event| match event {
                ServerEvent::Notification { payload, .. } => {
                    Some(String::from_utf8(payload).unwrap())
                }
                _ => None,
            })
            .collect()
    })
}

/// Bytes without a NUL at their end.
fn endless(len: usize) -> Vec<c_char> {
    vec![b'x' as c_char; len]
}

#[test]
fn a_change_is_read_and_notified() {
    registered();
    let sources = [1, 5];
    // SAFETY: as many as there are.
    assert_eq!(unsafe { lwm2m_carrier_avail_power_sources_set(sources.as_ptr(), 2) }, 0);
    assert_eq!(read("/3/0/6/5"), "5");
    for path in ["/3/0/7/5", "/3/0/8/1", "/3/0/9", "/3/0/20", "/3/0/11/0"] {
        observe(path);
    }
    let told = |result: c_int| (result, notified());
    let one = |value: &str| (0, vec![value.to_string()]);
    assert_eq!(told(lwm2m_carrier_power_source_voltage_set(5, 5100)), one("5100"));
    assert_eq!(told(lwm2m_carrier_power_source_current_set(1, -7)), one("-7"));
    assert_eq!(told(lwm2m_carrier_battery_level_set(93)), one("93"));
    assert_eq!(told(lwm2m_carrier_battery_status_set(2)), one("2"));
    assert_eq!(told(lwm2m_carrier_error_code_add(3)), one("3"));
    // Once more is nothing new.
    assert_eq!(told(lwm2m_carrier_error_code_add(3)), (0, vec![]));
    assert_eq!(told(lwm2m_carrier_error_code_remove(3)), one("0"));
}

#[test]
fn who_observes_the_whole_object_hears_of_what_is_new_only() {
    registered();
    let sources = [0, 1];
    // SAFETY: as many as there are.
    assert_eq!(unsafe { lwm2m_carrier_avail_power_sources_set(sources.as_ptr(), 2) }, 0);
    let whole = Operation::observe("/3/0").accept(110);
    assert_eq!(act(|world| world.ask(0, whole)).code, Code::CONTENT);
    notified();
    for _ in 0..2 {
        for set in [
            || lwm2m_carrier_power_source_voltage_set(0, 5),
            || lwm2m_carrier_power_source_current_set(1, 6),
            || lwm2m_carrier_battery_level_set(7),
            || lwm2m_carrier_battery_status_set(1),
            || lwm2m_carrier_error_code_add(2),
            || lwm2m_carrier_memory_total_set(8),
            || lwm2m_carrier_utc_offset_write(60),
            // SAFETY: texts that end.
            || unsafe { lwm2m_carrier_hardware_version_set(c"B2".as_ptr()) },
            || unsafe { lwm2m_carrier_timezone_write(c"Asia/Tokyo".as_ptr()) },
        ] {
            assert_eq!(set(), 0);
            act(|world| world.run_for(Duration::from_secs(1)));
        }
    }
    assert_eq!(notified().len(), 9);
}

#[test]
fn the_modem_does_not_replace_what_the_application_set() {
    registered();
    assert_eq!(read("/3/0/18"), "SIM91 A0");
    // SAFETY: a text that ends.
    assert_eq!(unsafe { lwm2m_carrier_hardware_version_set(c"B2".as_ptr()) }, 0);
    act(|world| {
        let now = world.now;
        world.host.modem.modem.fault(now, modem::Fault::Restart);
        assert!(world.run_until_told(Duration::from_secs(60), "REGISTERED"));
    });
    assert_eq!((read("/3/0/18"), read("/3/0/1")), ("B2".into(), "SIM91".into()));
}

#[test]
fn before_the_initialisation_there_is_nothing_to_act_on() {
    assert_eq!(lwm2m_carrier_battery_level_set(1), ENOENT);
    assert_eq!(lwm2m_carrier_request(1), ENOENT);
    assert_eq!(lwm2m_carrier_location_set(0.0, 0.0, 0.0, 0, 0.0), ENOENT);
    assert_eq!(lwm2m_carrier_velocity_set(0, 0.0, 0.0, 0.0, 0.0), ENOENT);
    assert_eq!((lwm2m_carrier_utc_time_read(), lwm2m_carrier_utc_offset_read()), (0, 0));
    let mut status = api::Status { link_up: true, registered: true };
    // SAFETY: variables, as many as there are; the time zone is a text.
    unsafe {
        assert_eq!(lwm2m_carrier_avail_power_sources_set([0].as_ptr(), 1), ENOENT);
        assert_eq!(lwm2m_carrier_data_send([3, 0].as_ptr(), 2), ENOENT);
        assert_eq!(lwm2m_carrier_status_get(&mut status), ENOENT);
        assert_eq!(CStr::from_ptr(lwm2m_carrier_timezone_read()), c"");
    }
    assert_eq!(status, api::Status { link_up: true, registered: true });
}

#[test]
fn events_have_the_data_that_the_header_says() {
    let told = |event: Event<'_>| {
        assert_eq!(tell(&event), 7);
        TOLD.take().expect("an event")
    };
    for (event, number) in [
        (Event::BsdlibInit, 1),
        (Event::Connecting, 2),
        (Event::Connected, 3),
        (Event::Disconnecting, 4),
        (Event::Disconnected, 5),
        (Event::Bootstrapped, 6),
        (Event::Registered, 7),
        (Event::Reboot, 10),
        (Event::LteReady, 11),
        (Event::Deregistered, 32),
    ] {
        assert_eq!(told(event), Told::Nothing(number, true));
    }
    let deferred = |seconds| Event::Deferred { reason: Deferred::ServerConnect, seconds };
    assert_eq!(told(deferred(60)), Told::Pair(8, 6, 60));
    assert_eq!(told(deferred(u32::MAX)), Told::Pair(8, 6, i32::MAX));
    assert_eq!(told(Event::FotaStart { uri: None }), Told::Null(9, true));
    let error = Event::Error { kind: ErrorKind::Connect, value: -113 };
    assert_eq!(told(error), Told::Pair(20, 32, -113));
    let warning = Event::ModemDomain(Warning::ResetLoop);
    assert_eq!(told(warning), Told::Number(33, 2));
    let notification = Event::Notification { result: Delivery::Reset };
    assert_eq!(told(notification), Told::Number(35, 2));
    assert_eq!(told(Event::Sent { result: 404 }), Told::Number(36, 404));
    let path = lwm2m_carrier::lwm2m::Path::resource_instance(19, 2, 0, 7);
    assert_eq!(told(Event::AppData { path }), Told::Number(34, 7));
}

#[test]
fn texts_memory_and_time_are_read_and_notified() {
    registered();
    FREE.set(17);
    assert_eq!(memory_free(), Some(17));
    assert_eq!(lwm2m_carrier_memory_total_set(256), 0);
    for path in ["/3/0/10", "/3/0/14", "/3/0/15", "/3/0/17", "/3/0/18", "/3/0/19", "/3/0/21"] {
        if path != "/3/0/15" {
            observe(path);
        }
    }
    let told = |result: c_int| (result, notified());
    let one = |value: &str| (0, vec![value.to_string()]);
    // SAFETY: texts that end.
    unsafe {
        assert_eq!(told(lwm2m_carrier_device_type_set(c"Meter".as_ptr())), one("Meter"));
        assert_eq!(told(lwm2m_carrier_hardware_version_set(c"B2".as_ptr())), one("B2"));
        assert_eq!(told(lwm2m_carrier_software_version_set(c"1.2".as_ptr())), one("1.2"));
        assert_eq!(told(lwm2m_carrier_timezone_write(c"Europe/Berlin".as_ptr())), (0, vec![]));
        observe("/3/0/15");
        assert_eq!(told(lwm2m_carrier_timezone_write(c"Asia/Tokyo".as_ptr())), one("Asia/Tokyo"));
    }
    assert_eq!(told(lwm2m_carrier_utc_offset_write(-210)), one("-03:30"));
    assert_eq!(lwm2m_carrier_utc_offset_read(), -210);
    FREE.set(-1);
    assert_eq!(memory_free(), None);
    let (result, mut values) = told(lwm2m_carrier_memory_total_set(512));
    values.sort();
    assert_eq!((result, values), (0, vec!["0".to_string(), "512".to_string()]));
    assert_eq!(lwm2m_carrier_utc_time_write(1_700_000_000), 0);
    act(|world| world.run_for(Duration::from_secs(30)));
    assert_eq!(lwm2m_carrier_utc_time_read(), 1_700_000_030);
    let (mut time, mut offset, mut tz) = (0, 0, null());
    // SAFETY: variables; the time zone is a text.
    let tz = unsafe {
        lwm2m_carrier_time_read(&mut time, &mut offset, &mut tz);
        lwm2m_carrier_time_read(null_mut(), null_mut(), null_mut());
        CStr::from_ptr(tz)
    };
    assert_eq!((time, offset, tz), (1_700_000_030, -210, c"Asia/Tokyo"));
    // After 2038.
    let write = Operation::write("/3/0/13", 0, b"3000000000");
    assert_eq!(act(|world| world.ask(0, write)).code, Code::CHANGED);
    assert_eq!(lwm2m_carrier_utc_time_read(), i32::MAX);
}

#[test]
fn hosts_are_seen_by_the_server() {
    registered();
    assert_eq!(lwm2m_carrier_portfolio_instance_create(3), 0);
    assert_eq!(lwm2m_carrier_portfolio_instance_create(3), EINVAL);
    assert_eq!(lwm2m_carrier_portfolio_instance_create(u16::MAX), EINVAL);
    assert_eq!(lwm2m_carrier_portfolio_instance_create(4), ENOMEM);
    // SAFETY: texts that end.
    let write = |instance, kind, text: &CStr| unsafe {
        lwm2m_carrier_identity_write(instance, kind, text.as_ptr())
    };
    assert_eq!(write(3, 0, c"host"), 0);
    assert_eq!(read("/16/3/0/0"), "host");
    observe("/16/3/0/0");
    assert_eq!(write(3, 0, c"guest"), 0);
    assert_eq!(notified(), ["guest"]);
    assert_eq!((write(0, 0, c"x"), write(4, 0, c"x"), write(3, 4, c"x")), (EPERM, ENOENT, EINVAL));
    let registration = act(|world| {
        let mut air = world.air.borrow_mut();
        air.server(0).registration(world::ENDPOINT).expect("registered").lists("/16/3")
    });
    assert!(registration);

    let mut buffer = [0x55; 8];
    let mut read = |kind, room: Option<u16>| {
        let mut len = room.unwrap_or(0);
        let buffer = if room.is_some() { buffer.as_mut_ptr() } else { null_mut() };
        // SAFETY: the room is at most the buffer's.
        let result = unsafe { lwm2m_carrier_identity_read(3, kind, buffer, &mut len) };
        (result, len)
    };
    assert_eq!(read(0, None), (0, 6));
    assert_eq!(read(0, Some(5)), (ENOMEM, 6));
    assert_eq!((read(1, Some(8)), read(4, Some(8))), ((ENOENT, 8), (EINVAL, 8)));
    assert_eq!(buffer, [0x55; 8]);
    let mut read = |len| {
        let mut len = len;
        // SAFETY: the room is at most the buffer's.
        let result = unsafe { lwm2m_carrier_identity_read(3, 0, buffer.as_mut_ptr(), &mut len) };
        (result, len)
    };
    assert_eq!(read(6), (0, 6));
    assert_eq!(buffer.map(|byte| byte as u8), *b"guest\0\x55\x55");
    // SAFETY: NULL is looked for.
    let nothing = unsafe { lwm2m_carrier_identity_read(3, 0, null_mut(), null_mut()) };
    assert_eq!(nothing, EINVAL);
}

#[test]
fn where_the_device_is_and_how_it_moves_is_read_and_notified() {
    registered();
    let nan = f32::NAN;
    assert_eq!(lwm2m_carrier_location_set(59.5, -18.25, nan, 1_700_000_000, nan), 0);
    let all = |ids: [u16; 7]| ids.map(|id| read(&format!("/6/0/{id}")));
    let [latitude, longitude, altitude, radius, velocity, time, speed] = all([0, 1, 2, 3, 4, 5, 6]);
    assert_eq!((&*latitude, &*longitude, &*time), ("59.5", "-18.25", "1700000000"));
    let absent = format!("{:?}", Code::NOT_FOUND);
    assert_eq!([altitude, radius, velocity, speed], [(); 4].map(|()| absent.clone()));
    for path in ["/6/0/0", "/6/0/1", "/6/0/5"] {
        observe(path);
    }
    assert_eq!(lwm2m_carrier_location_set(59.75, -18.25, 7.5, 1_700_000_000, 0.0), 0);
    assert_eq!(notified(), ["59.75"]);
    assert_eq!((&*read("/6/0/2"), &*read("/6/0/3")), ("7.5", "0"));
    for (number, error) in [
        lwm2m_carrier_location_set(90.1, 0.0, nan, u32::MAX, nan),
        lwm2m_carrier_location_set(0.0, f64::NAN, nan, u32::MAX, nan),
        lwm2m_carrier_location_set(0.0, 0.0, f32::INFINITY, u32::MAX, nan),
        lwm2m_carrier_location_set(0.0, 0.0, nan, u32::MAX, -1.0),
        lwm2m_carrier_location_set(0.0, 0.0, nan, 1_699_999_999, nan),
        lwm2m_carrier_velocity_set(-1, 1.0, nan, nan, nan),
        lwm2m_carrier_velocity_set(360, 1.0, nan, nan, nan),
        lwm2m_carrier_velocity_set(65536, 1.0, nan, nan, nan),
        lwm2m_carrier_velocity_set(0, nan, nan, nan, nan),
        lwm2m_carrier_velocity_set(0, -1.0, nan, nan, nan),
        lwm2m_carrier_velocity_set(0, 1.0, nan, -1.0, nan),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(error, EINVAL, "case {number}");
    }
    assert_eq!((notified(), read("/6/0/6")), (vec![], absent));
    assert_eq!(lwm2m_carrier_velocity_set(359, 3.0, -4.0, nan, nan), 0);
    assert_eq!(read("/6/0/6"), "5");
    let response = act(|world| world.ask(0, Operation::read("/6/0/4").accept(42)));
    assert_eq!(response.payload, [0x13, 0x67, 0, 11, 14]);
}

#[test]
fn what_was_logged_is_read_until_a_server_stops_the_log() {
    // SAFETY: as many bytes as there are.
    let log = |data: &[u8]| unsafe { lwm2m_carrier_log_data_set(data.as_ptr(), data.len()) };
    WORLD.set(None);
    assert_eq!(log(b"x"), ENOENT);
    registered();
    let data = || act(|world| world.ask(0, Operation::read("/20/0/4014/0").accept(42)));
    assert_eq!(data().code, Code::NOT_FOUND);
    observe("/20/0/4013");
    assert_eq!(log(b"one\0two"), 0);
    assert_eq!((data().payload, notified()), (b"one\0two".to_vec(), vec!["2".to_string()]));
    // SAFETY: NULL is looked for.
    assert_eq!(unsafe { lwm2m_carrier_log_data_set(null(), 1) }, EINVAL);
    assert_eq!(log(&[0; capacity::LOG_DATA + 1]), ENOMEM);
    let stop = Operation::execute("/20/0/4012", "");
    assert_eq!(act(|world| world.ask(0, stop)).code, Code::CHANGED);
    assert_eq!(log(b"three"), EPERM);
    assert_eq!(data().payload, b"one\0two");
    let start = Operation::execute("/20/0/4011", "");
    assert_eq!(act(|world| world.ask(0, start)).code, Code::CHANGED);
    assert_eq!((log(b"four"), data().payload), (0, b"four".to_vec()));
    assert_eq!((log(&[7; capacity::LOG_DATA]), data().payload.len()), (0, capacity::LOG_DATA));
}

#[test]
fn wrong_arguments_are_refused_and_change_nothing() {
    registered();
    let long = endless(33);
    // SAFETY: NULL, texts that end, and of the longest the one byte more that may be read.
    unsafe {
        for set in [
            lwm2m_carrier_device_type_set,
            lwm2m_carrier_hardware_version_set,
            lwm2m_carrier_software_version_set,
            lwm2m_carrier_timezone_write,
        ] {
            assert_eq!(set(null()), EINVAL);
            assert_eq!(set(long.as_ptr()), E2BIG);
            assert_eq!(set(c"\xff".as_ptr()), EINVAL);
        }
        assert_eq!(lwm2m_carrier_device_type_set(c"".as_ptr()), EINVAL);
        assert_eq!(lwm2m_carrier_identity_write(0, 0, null()), EINVAL);
        assert_eq!(lwm2m_carrier_identity_write(0, 0, long.as_ptr()), E2BIG);
        let sources = [0, 1, 2, 4, 5, 6, 7, 0];
        let set = lwm2m_carrier_avail_power_sources_set;
        assert_eq!((set(null(), 1), set(sources.as_ptr(), 8)), (EINVAL, E2BIG));
        for wrong in [3, 8, 255] {
            assert_eq!(set([0, wrong].as_ptr(), 2), EINVAL);
        }
        assert_eq!(lwm2m_carrier_power_source_voltage_set(0, 1), ENODEV);
        assert_eq!((set(null(), 0), set(sources.as_ptr(), 7)), (0, 0));
        assert_eq!(lwm2m_carrier_status_get(null_mut()), EINVAL);
    }
    assert_eq!(lwm2m_carrier_power_source_voltage_set(3, 1), EINVAL);
    assert_eq!(lwm2m_carrier_power_source_current_set(8, 1), EINVAL);
    assert_eq!(lwm2m_carrier_battery_level_set(101), EINVAL);
    assert_eq!(
        (lwm2m_carrier_battery_status_set(7), lwm2m_carrier_battery_status_set(-1)),
        (EINVAL, EINVAL)
    );
    assert_eq!(
        (lwm2m_carrier_error_code_add(9), lwm2m_carrier_error_code_remove(0)),
        (EINVAL, EINVAL)
    );
    assert_eq!(lwm2m_carrier_error_code_remove(1), ENOENT);
    assert_eq!(lwm2m_carrier_memory_total_set(1 << 31), EINVAL);
    assert_eq!(
        (lwm2m_carrier_utc_time_write(-1), lwm2m_carrier_utc_offset_write(841)),
        (EINVAL, EINVAL)
    );
    assert_eq!((lwm2m_carrier_request(5), lwm2m_carrier_request(-1)), (EINVAL, EINVAL));
    assert_eq!(
        (read("/3/0/17"), read("/3/0/9"), read("/3/0/20")),
        ("Module".into(), "0".into(), "6".into())
    );
    assert_eq!(read("/3/0/11/0"), "0");
}

#[test]
fn a_send_reaches_the_server() {
    // SAFETY: as many as there are.
    let send = |path: &[u16]| unsafe { lwm2m_carrier_data_send(path.as_ptr(), path.len() as u8) };
    WORLD.set(Some(World::managed(86400, 1)));
    assert_eq!(send(&[3, 0, 11]), ENOTCONN);
    registered();
    assert_eq!((send(&[]), send(&[3, 0, 11, 0, 0]), send(&[3, 1, 0])), (EINVAL, EINVAL, ENOENT));
    // SAFETY: NULL is looked for.
    assert_eq!(unsafe { lwm2m_carrier_data_send(null(), 3) }, EINVAL);
    assert_eq!((send(&[3, 0, 16]), send(&[3, 0, 16])), (0, EINPROGRESS));
    let sent = act(|world| {
        world.run_for(Duration::from_secs(2));
        let events = world.server_events();
        events.iter().filter(|event| matches!(event, ServerEvent::Sent { .. })).count()
    });
    assert_eq!(sent, 1);
    // Mute Send.
    let mute = Operation::write("/1/0/23", 0, b"1");
    assert_eq!(act(|world| world.ask(0, mute)).code, Code::CHANGED);
    assert_eq!(send(&[3, 0, 16]), ECANCELED);
}

#[test]
fn a_send_of_several_paths_carries_what_was_recorded() {
    let path = |ids: &[u16]| CPath { path: ids.as_ptr(), path_len: ids.len() as u8 };
    // SAFETY: as many as there are.
    let send =
        |paths: &[CPath]| unsafe { lwm2m_carrier_data_send_paths(paths.as_ptr(), paths.len()) };
    // SAFETY: as many as there are.
    let record = |ids: &[u16]| unsafe { lwm2m_carrier_data_record(ids.as_ptr(), ids.len() as u8) };
    let (lifetime, binding) = ([1, 0, 1], [3, 0, 16]);
    WORLD.set(None);
    assert_eq!((send(&[path(&binding)]), record(&lifetime)), (ENOENT, ENOENT));
    WORLD.set(Some(World::managed(86400, 1)));
    assert_eq!(send(&[path(&binding)]), ENOTCONN);
    registered();
    assert_eq!(
        (record(&[]), record(&[3, 0, 10, 0, 0]), record(&binding)),
        (EINVAL, EINVAL, EINVAL)
    );
    assert_eq!((record(&[3, 0]), record(&[3, 7, 1]), record(&[3, 0, 4])), (EINVAL, ENOENT, ENOENT));
    // SAFETY: NULL is looked for.
    unsafe {
        assert_eq!(lwm2m_carrier_data_record(null(), 3), EINVAL);
        assert_eq!(lwm2m_carrier_data_send_paths(null(), 1), EINVAL);
    }
    assert_eq!(send(&[]), EINVAL);
    assert_eq!(send(&[path(&binding), CPath { path: null(), path_len: 3 }]), EINVAL);
    assert_eq!(send(&[path(&binding), path(&[3, 0, 11, 0, 0])]), EINVAL);
    assert_eq!(send(&[path(&binding), path(&[3, 7])]), ENOENT);
    assert_eq!(send(&[path(&binding), path(&[3, 0, 4])]), EPERM);
    let many: Vec<_> = (0..capacity::PATHS as u16 + 1).map(|id| [3, 0, 11, id]).collect();
    let many: Vec<_> = many.iter().map(|ids| path(ids)).collect();
    assert_eq!(send(&many), EINVAL);

    assert_eq!(record(&lifetime), 0);
    assert_eq!(
        (send(&[path(&binding), path(&lifetime)]), send(&[path(&binding)])),
        (0, EINPROGRESS)
    );
    let payloads = act(|world| {
        world.run_for(Duration::from_secs(2));
        let sent = |event| match event {
            ServerEvent::Sent { payload, .. } => Some(payload),
            _ => None,
        };
        world.server_events().into_iter().filter_map(sent).collect::<Vec<_>>()
    });
    let [payload] = &payloads[..] else { panic!("{payloads:?}") };
    let count = |name: &[u8]| payload.windows(name.len()).filter(|part| *part == name).count();
    // Once as it was recorded, once as it is.
    assert_eq!((count(b"/1/0/1"), count(b"/3/0/16")), (2, 1), "{payload:x?}");
    // Mute Send.
    let mute = Operation::write("/1/0/23", 0, b"1");
    assert_eq!(act(|world| world.ask(0, mute)).code, Code::CHANGED);
    assert_eq!(send(&[path(&binding)]), ECANCELED);
}

#[test]
fn requests_are_carried_out_and_the_status_says_so() {
    registered();
    let status = || {
        let mut status = api::Status { link_up: false, registered: false };
        // SAFETY: a variable.
        assert_eq!(unsafe { lwm2m_carrier_status_get(&mut status) }, 0);
        (status.link_up, status.registered)
    };
    let request = |number, event: &str| {
        assert_eq!(lwm2m_carrier_request(number), 0);
        assert!(act(|world| world.run_until_told(Duration::from_secs(100), event)), "{event}");
    };
    assert_eq!(status(), (true, true));
    request(4, "DEREGISTERED");
    assert_eq!(status(), (true, false));
    request(3, "REGISTERED");
    assert_eq!(status(), (true, true));
    request(2, "DISCONNECTED");
    assert_eq!(status(), (false, false));
    request(1, "REGISTERED");
    assert_eq!(status(), (true, true));
    request(0, "REBOOT");
}

fn nothing() -> CConfig {
    // SAFETY: null pointers and zeros are what C programs begin with, and valid.
    unsafe { std::mem::zeroed() }
}

#[test]
fn the_configuration_is_read_field_by_field() {
    // SAFETY: every text below is a literal that ends.
    let init = |config: &CConfig| unsafe { lwm2m_carrier_init(config) };
    // SAFETY: NULL is nothing.
    assert_eq!(unsafe { lwm2m_carrier_init(null()) }, 1);
    assert_eq!(init(&nothing()), 0);
    let taken = || INITIALISED.take().expect("a configuration");
    let base = zephyr::default_config().unwrap();
    assert_eq!(format!("{:?}", taken()), format!("{base:?}"));

    let text = |text: &'static CStr| text.as_ptr();
    let config = CConfig {
        bootstrap_uri: text(c"coaps://bs.example:5684"),
        psk: text(c"00fF10"),
        apn: text(c"apn"),
        certification_mode: 0xff,
        server_uri: text(c""),
        psk_identity: text(c"me"),
        server_sec_tag: 42,
        server_lifetime: 7,
        session_idle_timeout: -1,
        coap_con_interval: 8,
        pdn_type: 1,
        manufacturer: text(c"m"),
        model_number: text(c"n"),
        device_type: text(c"d"),
        hardware_version: text(c"h"),
        software_version: text(c"s"),
        endpoint_name: text(c"name"),
    };
    assert_eq!(init(&config), 0);
    let got = taken();
    let server = got.server.unwrap();
    assert_eq!((server.uri, server.bootstrap), ("coaps://bs.example:5684", true));
    assert_eq!(server.credentials.unwrap().expose(), (&b"me"[..], &[0, 0xff, 0x10][..]));
    assert_eq!((server.lifetime, got.security_tag, got.apn), (7, 42, "apn"));
    assert_eq!(got.session_idle_timeout, None);
    assert_eq!(got.confirm_interval, Duration::from_secs(8));
    assert_eq!(got.pdn_type, lwm2m_carrier::modem::PdnType::Ipv4);
    assert_eq!((got.manufacturer, got.model_number, got.device_type), ("m", "n", "d"));
    assert_eq!((got.hardware_version, got.software_version), ("h", "s"));
    assert_eq!((got.endpoint, got.version), (EndpointName::Custom("name"), Version::V1_1));

    // The same key again, and with a mistake elsewhere another one: neither disturbs the first.
    assert_eq!(init(&config), 0);
    let other = c"0102".as_ptr();
    assert_eq!(init(&CConfig { psk: other, pdn_type: 9, ..config }), EINVAL);
    assert_eq!(init(&CConfig { psk: other, ..config }), EALREADY);
    assert_eq!(init(&CConfig { psk: text(c"00ff1"), ..config }), EINVAL);
    assert_eq!(init(&CConfig { psk: text(c"00ff1g"), ..config }), EINVAL);
    assert_eq!(server.credentials.unwrap().expose().1, [0, 0xff, 0x10]);
    taken();

    // Nothing of what is refused gets through; what has no end is read as far as it may be.
    let uri = endless(capacity::URI + 1).leak().as_ptr();
    let long = |len: usize| endless(len + 1).leak().as_ptr();
    for (number, (config, error)) in [
        (CConfig { bootstrap_uri: uri, ..nothing() }, E2BIG),
        (CConfig { server_uri: uri, ..nothing() }, E2BIG),
        (CConfig { psk: long(64), ..nothing() }, E2BIG),
        (CConfig { apn: long(63), ..nothing() }, E2BIG),
        (CConfig { psk_identity: long(64), ..nothing() }, E2BIG),
        (CConfig { manufacturer: long(32), ..nothing() }, E2BIG),
        (CConfig { model_number: long(32), ..nothing() }, E2BIG),
        (CConfig { device_type: long(32), ..nothing() }, E2BIG),
        (CConfig { hardware_version: long(32), ..nothing() }, E2BIG),
        (CConfig { software_version: long(32), ..nothing() }, E2BIG),
        (CConfig { endpoint_name: long(64), ..nothing() }, E2BIG),
        (CConfig { apn: c"\xff".as_ptr(), ..nothing() }, EINVAL),
        (CConfig { server_uri: c"http://x".as_ptr(), ..nothing() }, EINVAL),
        (CConfig { server_uri: c"coap://x".as_ptr(), ..config }, EINVAL),
        (CConfig { certification_mode: 1, ..nothing() }, EINVAL),
        (CConfig { server_lifetime: -1, ..nothing() }, EINVAL),
        (CConfig { session_idle_timeout: -2, ..nothing() }, EINVAL),
        (CConfig { coap_con_interval: 86401, ..nothing() }, EINVAL),
        (CConfig { pdn_type: 3, ..nothing() }, EINVAL),
    ]
    .into_iter()
    .enumerate()
    {
        assert_eq!(init(&config), error, "case {number}");
        assert!(INITIALISED.take().is_none(), "case {number}");
    }
}

#[test]
fn app_data_is_set_and_read() {
    registered();
    let set = |path: &[u16], data: &[u8]| unsafe {
        // SAFETY: what is there.
        lwm2m_carrier_app_data_set(path.as_ptr(), path.len() as u8, data.as_ptr(), data.len())
    };
    assert_eq!(set(&[10250, 0, 0], b"up"), 0);
    assert_eq!(set(&[10250, 0, 1], b"up"), EINVAL);
    assert_eq!(set(&[19, 0, 0, 0], b"up"), ENOENT);
    let (mut len, mut buffer) = (4usize, [0u8; 4]);
    let down = [10250u16, 0, 1];
    // SAFETY: what is there.
    unsafe {
        assert_eq!(lwm2m_carrier_app_data_set(null(), 3, null(), 0), EINVAL);
        let read = lwm2m_carrier_app_data_read(down.as_ptr(), 3, buffer.as_mut_ptr(), &mut len);
        assert_eq!((read, len), (0, 0));
        assert_eq!(lwm2m_carrier_app_data_read(down.as_ptr(), 3, null_mut(), null_mut()), EINVAL);
    }
}
