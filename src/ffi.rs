//! The C API, `include/lwm2m_carrier.h`: each function checks its pointers, and calls the one of
//! [`crate::api`] that does the work.
//!
//! What a pointer must be is said in the header; that is what every `SAFETY` below leans on, and no
//! more: lengths, texts and numbers are checked.

use crate::api::{self, BatteryStatus, Changes, PowerSource, Text};
use crate::capacity::{ENDPOINT, IDENTITY, KEY, LOG_DATA, PATHS, PORTFOLIO_TEXT, URI};
use crate::carrier::{Carrier, Event, Request, errno};
use crate::lwm2m::Path;
use crate::lwm2m::objects::portfolio::Identity;
use crate::secret::Secret;
use crate::time::Instant;
use crate::zephyr;
use core::cell::UnsafeCell;
use core::ffi::{c_char, c_int, c_void};
use core::mem::offset_of;
use core::ptr;
use core::sync::atomic::{AtomicU8, Ordering};

/// `lwm2m_carrier_config_t`.
#[repr(C)]
pub struct CConfig {
    pub bootstrap_uri: *const c_char,
    pub psk: *const c_char,
    pub apn: *const c_char,
    // Not `bool`, of which only two bytes are values.
    pub certification_mode: u8,
    pub server_uri: *const c_char,
    pub psk_identity: *const c_char,
    pub server_sec_tag: u32,
    pub server_lifetime: i32,
    pub session_idle_timeout: i32,
    pub coap_con_interval: i32,
    pub pdn_type: u8,
    pub manufacturer: *const c_char,
    pub model_number: *const c_char,
    pub device_type: *const c_char,
    pub hardware_version: *const c_char,
    pub software_version: *const c_char,
    pub endpoint_name: *const c_char,
}

// `tests/header/use.c` says the same of the header.
const POINTER: usize = size_of::<*const c_char>();
const _: () = assert!(offset_of!(CConfig, certification_mode) == 3 * POINTER);
const _: () = assert!(offset_of!(CConfig, server_sec_tag) == 6 * POINTER);
const _: () = assert!(offset_of!(CConfig, pdn_type) == 6 * POINTER + 16);
const _: () = assert!(offset_of!(CConfig, manufacturer) == 7 * POINTER + 16);
const _: () = assert!(size_of::<CConfig>() == 13 * POINTER + 16);
const _: () = assert!(offset_of!(api::Status, registered) == 1);
const _: () = assert!(size_of::<api::Status>() == 2);

unsafe extern "C" {
    /// The application's, or the shim's where it has none.
    safe fn lwm2m_carrier_memory_free_read() -> c_int;
    fn lwm2m_carrier_event_handler(event: *const CEvent) -> c_int;
}

/// Acts on the core, which is there from `lwm2m_carrier_init` on; the result as C has it.
// One function for all of them, so that lock and clock stand in the image once.
#[inline(never)]
fn act(act: &mut dyn FnMut(&mut Carrier<'static>, Instant) -> Result<(), i32>) -> c_int {
    match zephyr::with(act) {
        Some(result) => result.err().unwrap_or(0),
        None => errno::ENOENT,
    }
}

/// The same with a text that was read; [`text`]'s error comes first.
fn act_on(
    text: Result<&str, i32>,
    act_on: &mut dyn FnMut(&mut Carrier<'static>, Instant, &str) -> Result<(), i32>,
) -> c_int {
    match text {
        Ok(text) => act(&mut |carrier, now| act_on(carrier, now, text)),
        Err(error) => error,
    }
}

/// Kilobytes of free memory, if the application says so.
pub(crate) fn memory_free() -> Option<u32> {
    u32::try_from(lwm2m_carrier_memory_free_read()).ok()
}

/// `lwm2m_carrier_event_t`.
#[repr(C)]
struct CEvent {
    kind: u32,
    data: *const c_void,
}

/// `lwm2m_carrier_event_deferred_t` and `lwm2m_carrier_event_error_t`.
#[repr(C)]
struct Pair {
    first: u32,
    second: i32,
}

/// Hands an event to the application's `lwm2m_carrier_event_handler`; what that returns.
pub(crate) fn tell(event: &Event<'_>) -> i32 {
    let pair = match *event {
        Event::Deferred { reason, seconds } => {
            let second = i32::try_from(seconds).unwrap_or(i32::MAX);
            Some(Pair { first: reason as u32, second })
        }
        Event::Error { kind, value } => Some(Pair { first: kind as u32, second: value }),
        // `lwm2m_carrier_event_modem_domain_t` is the first.
        Event::ModemDomain(warning) => Some(Pair { first: warning as u32, second: 0 }),
        // And so are these.
        Event::Notification { result } => Some(Pair { first: result as u32, second: 0 }),
        Event::Sent { result } => Some(Pair { first: result.cast_unsigned(), second: 0 }),
        _ => None,
    };
    // `lwm2m_carrier_event_fota_start_t`: images are pushed, so there is no URI.
    let uri: *const c_char = ptr::null();
    let place = match event {
        Event::AppData { path } => {
            let ids = path.ids();
            Some(CPath { path: ids.as_ptr(), path_len: ids.len() as u8 })
        }
        _ => None,
    };
    let data = match (&pair, event) {
        (None, Event::AppData { .. }) => {
            place.as_ref().map_or(ptr::null(), |p| ptr::from_ref(p).cast())
        }
        (Some(pair), _) => ptr::from_ref(pair).cast(),
        (None, Event::FotaStart { .. }) => (&raw const uri).cast(),
        (None, _) => ptr::null(),
    };
    let event = CEvent { kind: event.number(), data };
    // SAFETY: what it points to is there until the handler returns.
    unsafe { lwm2m_carrier_event_handler(&event) }
}

/// The text at `text`, of at most `longest` bytes. One more is read of it at most.
///
/// # Errors
/// `EINVAL` when it is NULL or no UTF-8, `E2BIG` when it does not end.
///
/// # Safety
/// `text` is NULL, or points to bytes that can be read up to a NUL or `longest` bytes and one more,
/// and that stay as they are for `'a`.
unsafe fn text<'a>(text: *const c_char, longest: usize) -> Result<&'a str, i32> {
    if text.is_null() {
        return Err(errno::EINVAL);
    }
    let bytes = text.cast::<u8>();
    let mut len = 0;
    // SAFETY: no NUL was found before, and it is one byte behind the longest at most.
    while unsafe { *bytes.add(len) } != 0 {
        len += 1;
        if len > longest {
            return Err(errno::E2BIG);
        }
    }
    // SAFETY: these bytes were read.
    let bytes = unsafe { core::slice::from_raw_parts(bytes, len) };
    core::str::from_utf8(bytes).map_err(|_| errno::EINVAL)
}

/// A field of the configuration: nothing when it is NULL or empty.
///
/// # Errors
/// As those of [`text`].
///
/// # Safety
/// As for [`text`], for good.
unsafe fn field(field: *const c_char, longest: usize) -> Result<Option<&'static str>, i32> {
    if field.is_null() {
        return Ok(None);
    }
    // SAFETY: the caller's.
    let text = unsafe { text(field, longest) }?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// The key of the configuration, decoded. It is written once, and stays.
struct Key {
    /// Bytes; 0 while there is none, [`Key::BUSY`] while it is being written.
    len: AtomicU8,
    bytes: UnsafeCell<[u8; KEY]>,
}

// SAFETY: `bytes` are written by the one thread that made `len` busy, and read by those that see the
// length which that thread stores afterwards; then they are not written again.
unsafe impl Sync for Key {}

static PSK: Key = Key { len: AtomicU8::new(0), bytes: UnsafeCell::new([0; KEY]) };

impl Key {
    const BUSY: u8 = u8::MAX;

    /// Keeps this key, unless another one is kept already.
    fn keep(&'static self, key: &[u8]) -> Result<&'static [u8], i32> {
        let (busy, wait) = (Ordering::Acquire, Ordering::Acquire);
        match self.len.compare_exchange(0, Self::BUSY, busy, wait) {
            Ok(_) => {
                // SAFETY: only the thread that made it busy comes here, and only once.
                let bytes = unsafe { &mut *self.bytes.get() };
                for (to, from) in bytes.iter_mut().zip(key) {
                    *to = *from;
                }
                self.len.store(key.len() as u8, Ordering::Release);
            }
            Err(Self::BUSY) => return Err(errno::EALREADY),
            Err(_) => {}
        }
        let len = self.len.load(Ordering::Acquire);
        // SAFETY: the length is that of a key, so the bytes are not written any more.
        let bytes = unsafe { &*self.bytes.get() };
        bytes.get(..len.into()).filter(|kept| *kept == key).ok_or(errno::EALREADY)
    }
}

const _: () = assert!(KEY < Key::BUSY as usize);

/// The configuration that becomes of Kconfig and this one.
///
/// # Safety
/// The texts of `config` are as for [`field`].
unsafe fn configure(config: &CConfig) -> Result<crate::carrier::Config<'static>, i32> {
    // SAFETY: the caller's.
    let (identity, endpoint_name, psk) = unsafe {
        (
            field(config.psk_identity, IDENTITY)?,
            field(config.endpoint_name, ENDPOINT)?,
            field(config.psk, 2 * KEY)?,
        )
    };
    // SAFETY: the caller's.
    let mut changes = unsafe {
        Changes {
            bootstrap_uri: field(config.bootstrap_uri, URI)?,
            server_uri: field(config.server_uri, URI)?,
            key: None,
            identity: identity.map(Secret::new),
            certification_mode: config.certification_mode != 0,
            security_tag: config.server_sec_tag,
            lifetime: config.server_lifetime,
            session_idle_timeout: config.session_idle_timeout,
            confirm_interval: config.coap_con_interval,
            pdn_type: config.pdn_type,
            apn: field(config.apn, api::APN)?,
            manufacturer: field(config.manufacturer, api::TEXT)?,
            model_number: field(config.model_number, api::TEXT)?,
            device_type: field(config.device_type, api::TEXT)?,
            hardware_version: field(config.hardware_version, api::TEXT)?,
            software_version: field(config.software_version, api::TEXT)?,
            endpoint_name: endpoint_name.map(Secret::new),
        }
    };
    let base = zephyr::default_config()?;
    if let Some(psk) = psk {
        let mut key = [0; KEY];
        let len = api::decode_key(psk, &mut key)?;
        let key = key.get(..len).unwrap_or_default();
        // The key is kept for good, so everything else is looked at first.
        Changes { key: Some(Secret::new(key)), ..changes }.apply(base)?;
        changes.key = Some(Secret::new(PSK.keep(key)?));
    }
    changes.apply(base)
}

/// See the header.
///
/// # Safety
/// `config` is NULL or points to a configuration; its texts stay for good.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_init(config: *const CConfig) -> c_int {
    if config.is_null() {
        return zephyr::init_from_kconfig();
    }
    // SAFETY: a configuration, of which every byte pattern is one, with texts as they must be.
    match unsafe { configure(&*config) } {
        Ok(config) => zephyr::init(&config),
        Err(error) => error,
    }
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_run() {
    zephyr::run()
}

/// See the header.
///
/// # Safety
/// Each pointer is NULL, or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_time_read(
    utc_time: *mut i32,
    utc_offset: *mut c_int,
    tz: *mut *const c_char,
) {
    if !utc_time.is_null() {
        // SAFETY: it can be written to.
        unsafe { utc_time.write(lwm2m_carrier_utc_time_read()) };
    }
    if !utc_offset.is_null() {
        // SAFETY: it can be written to.
        unsafe { utc_offset.write(lwm2m_carrier_utc_offset_read()) };
    }
    if !tz.is_null() {
        // SAFETY: it can be written to.
        unsafe { tz.write(lwm2m_carrier_timezone_read()) };
    }
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_utc_time_read() -> i32 {
    let mut time = 0;
    act(&mut |carrier, now| {
        time = api::utc_time(carrier, now).unwrap_or(0).clamp(0, i32::MAX.into()) as i32;
        Ok(())
    });
    time
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_utc_time_write(time: i32) -> c_int {
    act(&mut |carrier, now| api::set_utc_time(carrier, now, time.into()))
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_utc_offset_read() -> c_int {
    let mut offset = 0;
    act(&mut |carrier, _| {
        offset = api::utc_offset(carrier).unwrap_or(0).into();
        Ok(())
    });
    offset
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_utc_offset_write(offset: c_int) -> c_int {
    act(&mut |carrier, now| api::set_utc_offset(carrier, now, offset))
}

/// The time zone as C sees it. The last byte is a NUL always, so that it ends even while another
/// thread changes it.
static TIMEZONE: [AtomicU8; api::TEXT + 1] = [const { AtomicU8::new(0) }; api::TEXT + 1];

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_timezone_read() -> *const c_char {
    // Before there is a core, the text is empty.
    act(&mut |carrier, _| {
        let bytes = api::timezone(carrier).bytes().chain(core::iter::repeat(0));
        for (to, from) in TIMEZONE.iter().zip(bytes).take(api::TEXT) {
            to.store(from, Ordering::Relaxed);
        }
        Ok(())
    });
    ptr::from_ref(&TIMEZONE).cast()
}

/// See the header.
///
/// # Safety
/// `tz` is NULL or points to a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_timezone_write(tz: *const c_char) -> c_int {
    // SAFETY: the caller's.
    let name = unsafe { text(tz, api::TEXT) };
    act_on(name, &mut api::set_timezone)
}

/// See the header.
///
/// # Safety
/// `power_sources` is NULL or points to this many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_avail_power_sources_set(
    power_sources: *const u8,
    power_source_count: u8,
) -> c_int {
    let mut sources = [PowerSource::Dc; PowerSource::COUNT];
    let count = usize::from(power_source_count);
    let Some(sources) = sources.get_mut(..count) else { return errno::E2BIG };
    if power_sources.is_null() && count > 0 {
        return errno::EINVAL;
    }
    for (index, source) in sources.iter_mut().enumerate() {
        // SAFETY: it is not NULL, and there are `count` bytes.
        let number = unsafe { power_sources.add(index).read() };
        let Some(known) = PowerSource::from_number(number) else { return errno::EINVAL };
        *source = known;
    }
    act(&mut |carrier, now| {
        api::set_power_sources(carrier, now, sources);
        Ok(())
    })
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_power_source_voltage_set(power_source: u8, value: i32) -> c_int {
    let Some(source) = PowerSource::from_number(power_source) else { return errno::EINVAL };
    act(&mut |carrier, now| api::set_voltage(carrier, now, source, value))
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_power_source_current_set(power_source: u8, value: i32) -> c_int {
    let Some(source) = PowerSource::from_number(power_source) else { return errno::EINVAL };
    act(&mut |carrier, now| api::set_current(carrier, now, source, value))
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_battery_level_set(battery_level: u8) -> c_int {
    act(&mut |carrier, now| api::set_battery_level(carrier, now, battery_level))
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_battery_status_set(battery_status: i32) -> c_int {
    let Some(status) = BatteryStatus::from_number(battery_status) else { return errno::EINVAL };
    act(&mut |carrier, now| api::set_battery_status(carrier, now, status))
}

/// Sets a text of the Device Object.
///
/// # Safety
/// `value` is NULL or points to a text.
unsafe fn set_text(which: Text, value: *const c_char) -> c_int {
    // SAFETY: the caller's.
    let value = unsafe { text(value, api::TEXT) };
    act_on(value, &mut |carrier, now, value| api::set_text(carrier, now, which, value))
}

/// See the header.
///
/// # Safety
/// `device_type` is NULL or points to a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_device_type_set(device_type: *const c_char) -> c_int {
    // SAFETY: the caller's.
    unsafe { set_text(Text::DeviceType, device_type) }
}

/// See the header.
///
/// # Safety
/// `hardware_version` is NULL or points to a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_hardware_version_set(
    hardware_version: *const c_char,
) -> c_int {
    // SAFETY: the caller's.
    unsafe { set_text(Text::HardwareVersion, hardware_version) }
}

/// See the header.
///
/// # Safety
/// `software_version` is NULL or points to a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_software_version_set(
    software_version: *const c_char,
) -> c_int {
    // SAFETY: the caller's.
    unsafe { set_text(Text::SoftwareVersion, software_version) }
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_error_code_add(error_code: i32) -> c_int {
    act(&mut |carrier, now| api::add_error(carrier, now, error_code))
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_error_code_remove(error_code: i32) -> c_int {
    act(&mut |carrier, now| api::remove_error(carrier, now, error_code))
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_memory_total_set(memory_total: u32) -> c_int {
    // The application's function is not called under the lock.
    let free = u32::try_from(lwm2m_carrier_memory_free_read()).unwrap_or(0);
    act(&mut |carrier, now| {
        api::set_memory_total(carrier, now, memory_total)?;
        api::set_memory_free(carrier, now, free);
        Ok(())
    })
}

/// See the header.
///
/// # Safety
/// `buffer_len` is NULL or can be read and written; `buffer` is NULL or points to that many bytes,
/// which can be written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_identity_read(
    instance_id: u16,
    identity_type: u16,
    buffer: *mut c_char,
    buffer_len: *mut u16,
) -> c_int {
    let Some(identity) = Identity::from_number(identity_type) else { return errno::EINVAL };
    if buffer_len.is_null() {
        return errno::EINVAL;
    }
    // SAFETY: it is not NULL.
    let room = unsafe { buffer_len.read() };
    act(&mut |carrier, _| {
        let text = api::identity(carrier, instance_id, identity)?;
        // PORTFOLIO_TEXT is less than 65535.
        let len = text.len() as u16 + 1;
        // SAFETY: it is not NULL.
        unsafe { buffer_len.write(len) };
        if buffer.is_null() {
            return Ok(());
        }
        if len > room {
            return Err(errno::ENOMEM);
        }
        let buffer = buffer.cast::<u8>();
        // SAFETY: there is room for the text and a NUL, and the text is the library's.
        unsafe {
            ptr::copy_nonoverlapping(text.as_ptr(), buffer, text.len());
            buffer.add(text.len()).write(0);
        }
        Ok(())
    })
}

const _: () = assert!(PORTFOLIO_TEXT < u16::MAX as usize);

/// See the header.
///
/// # Safety
/// `value` is NULL or points to a text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_identity_write(
    instance_id: u16,
    identity_type: u16,
    value: *const c_char,
) -> c_int {
    let Some(identity) = Identity::from_number(identity_type) else { return errno::EINVAL };
    // SAFETY: the caller's.
    let value = unsafe { text(value, PORTFOLIO_TEXT) };
    act_on(value, &mut |carrier, now, value| {
        api::set_identity(carrier, now, instance_id, identity, value)
    })
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_portfolio_instance_create(instance_id: u16) -> c_int {
    act(&mut |carrier, now| api::create_portfolio_instance(carrier, now, instance_id))
}

/// See the header.
///
/// # Safety
/// `buf` is NULL or points to this many bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_log_data_set(buf: *const u8, buf_len: usize) -> c_int {
    if buf.is_null() {
        return errno::EINVAL;
    }
    // One byte too many is enough to be refused.
    let len = buf_len.min(LOG_DATA + 1);
    // SAFETY: it is not NULL, and there are `buf_len` bytes.
    let data = unsafe { core::slice::from_raw_parts(buf, len) };
    act(&mut |carrier, now| api::set_log_data(carrier, now, data))
}

/// What a number of C says; NAN is nothing.
fn known(number: f32) -> Option<f32> {
    // `is_nan` would compare, and small cores have no instruction for that.
    (number.to_bits() << 1 <= 0xff << 24).then_some(number)
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_location_set(
    latitude: f64,
    longitude: f64,
    altitude: f32,
    timestamp: u32,
    uncertainty: f32,
) -> c_int {
    let (altitude, uncertainty) = (known(altitude), known(uncertainty));
    let position = api::Position { latitude, longitude, altitude, timestamp, uncertainty };
    act(&mut |carrier, now| api::set_location(carrier, now, &position))
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_velocity_set(
    heading: c_int,
    speed_h: f32,
    speed_v: f32,
    uncertainty_h: f32,
    uncertainty_v: f32,
) -> c_int {
    let velocity = api::Velocity {
        // What is no heading is none as an unsigned number, too.
        heading: u16::try_from(heading).unwrap_or(u16::MAX),
        horizontal: speed_h,
        vertical: known(speed_v),
        horizontal_uncertainty: known(uncertainty_h),
        vertical_uncertainty: known(uncertainty_v),
    };
    act(&mut |carrier, now| api::set_velocity(carrier, now, &velocity))
}

/// See the header.
#[unsafe(no_mangle)]
pub extern "C" fn lwm2m_carrier_request(request: c_int) -> c_int {
    let Some(request) = Request::from_number(request) else { return errno::EINVAL };
    act(&mut |carrier, now| {
        api::request(carrier, now, request);
        Ok(())
    })
}

/// `lwm2m_carrier_path_t`, and `lwm2m_carrier_event_app_data_t`.
#[repr(C)]
pub struct CPath {
    pub path: *const u16,
    pub path_len: u8,
}

/// The identifiers of a path: one to four.
///
/// # Safety
/// `path` is NULL or points to this many identifiers.
unsafe fn identifiers<'p>(path: *const u16, path_len: u8) -> Option<&'p [u16]> {
    if path.is_null() || !matches!(path_len, 1..=4) {
        return None;
    }
    // SAFETY: it is not NULL, and there are `path_len` identifiers.
    Some(unsafe { core::slice::from_raw_parts(path, path_len.into()) })
}

/// See the header.
///
/// # Safety
/// `path` is NULL or points to this many identifiers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_data_send(path: *const u16, path_len: u8) -> c_int {
    // SAFETY: what the caller says.
    let Some(ids) = (unsafe { identifiers(path, path_len) }) else { return errno::EINVAL };
    act(&mut |carrier, _| api::send(carrier, ids))
}

/// See the header.
///
/// # Safety
/// `paths` is NULL or points to `count` paths, each of which is NULL or points to as many identifiers as
/// it says.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_data_send_paths(paths: *const CPath, count: usize) -> c_int {
    if paths.is_null() || count > PATHS {
        return errno::EINVAL;
    }
    let mut list = [Path::ROOT; PATHS];
    // SAFETY: it is not NULL, and there are `count` paths.
    let given = unsafe { core::slice::from_raw_parts(paths, count) };
    for (place, path) in list.iter_mut().zip(given) {
        // SAFETY: what the caller says.
        match unsafe { identifiers(path.path, path.path_len) }.and_then(Path::from_ids) {
            Some(path) => *place = path,
            None => return errno::EINVAL,
        }
    }
    let list = list.get(..count).unwrap_or_default();
    act(&mut |carrier, _| api::send_paths(carrier, list))
}

/// See the header.
///
/// # Safety
/// `path` is NULL or points to this many identifiers.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_data_record(path: *const u16, path_len: u8) -> c_int {
    // SAFETY: what the caller says.
    match unsafe { identifiers(path, path_len) }.and_then(Path::from_ids) {
        Some(path) => act(&mut |carrier, _| api::record(carrier, &path)),
        None => errno::EINVAL,
    }
}

/// See the header.
///
/// # Safety
/// `path` is NULL or points to this many identifiers, `buf` is NULL or points to `len` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_app_data_set(
    path: *const u16,
    path_len: u8,
    buf: *const u8,
    len: usize,
) -> c_int {
    // SAFETY: what the caller says.
    let Some(ids) = (unsafe { identifiers(path, path_len) }) else { return errno::EINVAL };
    if !matches!(path_len, 3..=4) {
        return errno::EINVAL;
    }
    if !buf.is_null() && len > crate::capacity::APP_DATA {
        return errno::ENOMEM;
    }
    // SAFETY: it is not NULL, and there are `len` bytes.
    let data = (!buf.is_null()).then(|| unsafe { core::slice::from_raw_parts(buf, len) });
    act(&mut |carrier, now| api::set_app_data(carrier, now, ids, data))
}

/// See the header.
///
/// # Safety
/// `path` is NULL or points to this many identifiers, `buf` is NULL or has room for `*len` bytes, `len` is
/// NULL or can be read and written.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_app_data_read(
    path: *const u16,
    path_len: u8,
    buf: *mut u8,
    len: *mut usize,
) -> c_int {
    // SAFETY: what the caller says.
    let Some(ids) = (unsafe { identifiers(path, path_len) }) else { return errno::EINVAL };
    if !matches!(path_len, 3..=4) || len.is_null() {
        return errno::EINVAL;
    }
    // SAFETY: it is not NULL.
    let room = unsafe { len.read() };
    act(&mut |carrier, _| {
        let data = api::app_data(carrier, ids)?;
        // SAFETY: it is not NULL.
        unsafe { len.write(data.len()) };
        if buf.is_null() {
            return Ok(());
        }
        if data.len() > room {
            return Err(errno::ENOMEM);
        }
        // SAFETY: there is room for it, and the data is the library's.
        unsafe { ptr::copy_nonoverlapping(data.as_ptr(), buf, data.len()) };
        Ok(())
    })
}

/// See the header.
///
/// # Safety
/// `status` is NULL or can be written to.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn lwm2m_carrier_status_get(status: *mut api::Status) -> c_int {
    if status.is_null() {
        return errno::EINVAL;
    }
    act(&mut |carrier, _| {
        // SAFETY: it is not NULL.
        unsafe { status.write(api::status(carrier)) };
        Ok(())
    })
}
