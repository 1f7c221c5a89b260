//! The functions of the shim (`zephyr/shim.h`), and safe ones around them.

use crate::time::Instant;
use core::ffi::{CStr, c_char, c_int};

/// A negative errno.
pub(super) type Errno = i32;

/// What a function of the shim returned: a number, or a negative errno.
fn checked(result: c_int) -> Result<usize, Errno> {
    usize::try_from(result).map_err(|_| result)
}

mod shim {
    #[cfg(all(carrier_modem_nrf91, feature = "staticlib"))]
    use core::ffi::c_uint;
    use core::ffi::{c_char, c_int, c_void};

    /// `struct carrier_kconfig`.
    #[repr(C)]
    pub struct Kconfig {
        pub server_uri: *const c_char,
        pub psk_identity: *const c_char,
        pub psk: *const c_char,
        pub endpoint_name: *const c_char,
        pub apn: *const c_char,
        pub manufacturer: *const c_char,
        pub model_number: *const c_char,
        pub device_type: *const c_char,
        pub hardware_version: *const c_char,
        pub software_version: *const c_char,
        pub modem_imei: *const c_char,
    }

    // SAFETY: nothing of the shim's changes once Zephyr boots, nor does what it points to.
    unsafe impl Sync for Kconfig {}

    unsafe extern "C" {
        pub safe static carrier_kconfig: Kconfig;

        pub safe fn carrier_os_uptime() -> i64;
        pub fn carrier_os_random(bytes: *mut c_void, len: usize);
        #[cfg(all(feature = "log", feature = "staticlib"))]
        pub fn carrier_os_log(level: c_int, text: *const c_char, len: usize);
        pub safe fn carrier_os_panic();
        pub safe fn carrier_os_reboot();
        pub safe fn carrier_os_lock();
        pub safe fn carrier_os_unlock();
        pub safe fn carrier_os_start();
        pub safe fn carrier_os_rest();
        #[cfg(carrier_modem_nrf91)]
        pub safe fn carrier_os_sleep(milliseconds: u32);
        pub safe fn carrier_os_initialised();
        pub safe fn carrier_os_wait_initialised();
        pub safe fn carrier_os_deliver();
        pub safe fn carrier_os_wake();
        pub fn carrier_os_wait(sockets: *const c_int, count: usize, timeout: i64) -> u32;

        pub fn carrier_net_open(
            host: *const c_char,
            port: u16,
            tag: i64,
            handshake: *mut bool,
        ) -> c_int;
        pub fn carrier_net_send(socket: c_int, bytes: *const c_void, len: usize) -> c_int;
        pub fn carrier_net_receive(socket: c_int, bytes: *mut c_void, len: usize) -> c_int;
        pub safe fn carrier_net_close(socket: c_int);
        pub fn carrier_net_credential(
            tag: u32,
            identity: bool,
            bytes: *const c_void,
            len: usize,
        ) -> c_int;

        pub safe fn carrier_store_init() -> c_int;
        pub fn carrier_store_load(name: *const c_char, bytes: *mut c_void, len: usize) -> c_int;
        pub fn carrier_store_save(name: *const c_char, bytes: *const c_void, len: usize) -> c_int;
        pub fn carrier_store_erase(name: *const c_char) -> c_int;

        #[cfg(carrier_modem_simulated)]
        pub safe fn carrier_slot_size() -> usize;
        #[cfg(carrier_modem_simulated)]
        pub fn carrier_slot_write(offset: u32, bytes: *const c_void, len: usize) -> c_int;
        #[cfg(carrier_modem_simulated)]
        pub fn carrier_slot_read(offset: u32, bytes: *mut c_void, len: usize) -> c_int;

        #[cfg(carrier_modem_nrf91)]
        pub safe fn carrier_nrf91_prepare() -> u32;
        #[cfg(carrier_modem_nrf91)]
        pub safe fn carrier_nrf91_ready() -> bool;
        #[cfg(carrier_modem_nrf91)]
        pub fn carrier_nrf91_read(bytes: *mut u8, len: usize) -> usize;
        #[cfg(carrier_modem_nrf91)]
        pub fn carrier_nrf91_line(text: *const c_char);
        #[cfg(all(carrier_modem_nrf91, feature = "staticlib"))]
        pub safe fn carrier_nrf91_lock() -> c_uint;
        #[cfg(all(carrier_modem_nrf91, feature = "staticlib"))]
        pub safe fn carrier_nrf91_unlock(key: c_uint);

        #[cfg(carrier_modem_uart)]
        pub safe fn carrier_uart_init() -> c_int;
        #[cfg(carrier_modem_uart)]
        pub safe fn carrier_uart_ready() -> bool;
        #[cfg(carrier_modem_uart)]
        pub fn carrier_uart_read(bytes: *mut u8, len: usize) -> usize;
        #[cfg(carrier_modem_uart)]
        pub fn carrier_uart_write(bytes: *const u8, len: usize) -> usize;
    }
}

#[cfg(carrier_modem_simulated)]
pub(super) use shim::carrier_slot_size as slot_size;
pub(super) use shim::{
    carrier_net_close as close, carrier_os_deliver as deliver,
    carrier_os_initialised as initialised, carrier_os_lock as lock, carrier_os_reboot as reboot,
    carrier_os_rest as rest, carrier_os_start as start, carrier_os_unlock as unlock,
    carrier_os_wait_initialised as wait_initialised, carrier_os_wake as wake,
};

#[cfg(carrier_modem_nrf91)]
pub(super) use shim::{
    carrier_nrf91_line as put_line, carrier_nrf91_prepare as prepare_modem,
    carrier_nrf91_ready as is_modem_ready, carrier_os_sleep as sleep,
};
#[cfg(all(carrier_modem_nrf91, feature = "staticlib"))]
pub(super) use shim::{
    carrier_nrf91_lock as lock_interrupts, carrier_nrf91_unlock as unlock_interrupts,
};

/// Stops the system.
pub(super) fn panic() -> ! {
    loop {
        shim::carrier_os_panic();
    }
}

/// The time since boot, in sleep too.
pub(super) fn now() -> Instant {
    Instant::from_millis(shim::carrier_os_uptime().cast_unsigned())
}

/// A random number.
pub(super) fn random() -> u64 {
    let mut bytes = [0; 8];
    // SAFETY: the buffer takes so many bytes.
    unsafe { shim::carrier_os_random(bytes.as_mut_ptr().cast(), bytes.len()) }
    u64::from_ne_bytes(bytes)
}

/// Writes a log line; levels are Zephyr's.
#[cfg(all(feature = "log", feature = "staticlib"))]
pub(super) fn log(level: u8, text: &str) {
    // SAFETY: the text has so many bytes, and is not kept.
    unsafe { shim::carrier_os_log(level.into(), text.as_ptr().cast(), text.len()) }
}

/// Waits for a socket, a wake-up or the deadline. Returns a bit for each socket that has something.
pub(super) fn wait(sockets: &[c_int], deadline: Option<Instant>) -> u32 {
    let timeout = deadline.map_or(-1, |deadline| {
        i64::try_from(deadline.since(now()).as_millis()).unwrap_or(i64::MAX)
    });
    // SAFETY: so many numbers are there.
    unsafe { shim::carrier_os_wait(sockets.as_ptr(), sockets.len(), timeout) }
}

/// Why a session was not opened.
pub(super) struct Refusal {
    /// The peer could be reached, or seemed to be, and the handshake failed.
    pub(super) handshake: bool,
    /// Why.
    pub(super) errno: Errno,
}

/// Opens a UDP socket, or a DTLS session under a security tag.
pub(super) fn open(host: &CStr, port: u16, tag: Option<u32>) -> Result<c_int, Refusal> {
    let mut handshake = false;
    let tag = tag.map_or(-1, i64::from);
    // SAFETY: the host is terminated, and the flag is there for the time of the call.
    let socket = unsafe { shim::carrier_net_open(host.as_ptr(), port, tag, &raw mut handshake) };
    if socket < 0 { Err(Refusal { handshake, errno: socket }) } else { Ok(socket) }
}

/// Whether a DTLS session goes on with an earlier one's secrets. Zephyr does not say.
#[cfg(not(carrier_modem_nrf91))]
pub(super) const fn is_resumed(_socket: c_int) -> bool {
    false
}

/// Sends a datagram.
pub(super) fn send(socket: c_int, bytes: &[u8]) -> Result<(), Errno> {
    // SAFETY: so many bytes are there.
    let sent = unsafe { shim::carrier_net_send(socket, bytes.as_ptr().cast(), bytes.len()) };
    checked(sent).map(drop)
}

/// Receives a datagram, if there is one.
pub(super) fn receive(socket: c_int, bytes: &mut [u8]) -> Result<&[u8], Errno> {
    let (buffer, len) = (bytes.as_mut_ptr().cast(), bytes.len());
    // SAFETY: so many bytes fit.
    let len = checked(unsafe { shim::carrier_net_receive(socket, buffer, len) })?;
    Ok(bytes.get(..len).unwrap_or_default())
}

/// Puts a part of a credential into the TLS credential store.
///
/// # Safety
/// The store keeps the pointer: the bytes stay as they are until the part is withdrawn.
pub(super) unsafe fn publish_credential(
    tag: u32,
    identity: bool,
    bytes: &[u8],
) -> Result<(), Errno> {
    let (start, len) = (bytes.as_ptr().cast(), bytes.len());
    // SAFETY: so many bytes are there, and stay.
    checked(unsafe { shim::carrier_net_credential(tag, identity, start, len) }).map(drop)
}

/// Takes a part of a credential out of the TLS credential store, if it is there.
pub(super) fn withdraw_credential(tag: u32, identity: bool) {
    // SAFETY: no bytes are looked at.
    let _ = unsafe { shim::carrier_net_credential(tag, identity, core::ptr::null(), 0) };
}

/// Makes the settings subsystem ready.
pub(super) fn init_store() -> Result<(), Errno> {
    checked(shim::carrier_store_init()).map(drop)
}

/// Reads a record, if it is there.
pub(super) fn load<'b>(name: &CStr, bytes: &'b mut [u8]) -> Result<&'b [u8], Errno> {
    let (buffer, len) = (bytes.as_mut_ptr().cast(), bytes.len());
    // SAFETY: the name is terminated, and so many bytes fit.
    let len = checked(unsafe { shim::carrier_store_load(name.as_ptr(), buffer, len) })?;
    Ok(bytes.get(..len).unwrap_or_default())
}

/// Replaces a record.
pub(super) fn save(name: &CStr, bytes: &[u8]) -> Result<(), Errno> {
    let (start, len) = (bytes.as_ptr().cast(), bytes.len());
    // SAFETY: the name is terminated, and so many bytes are there.
    checked(unsafe { shim::carrier_store_save(name.as_ptr(), start, len) }).map(drop)
}

/// Removes a record.
pub(super) fn erase(name: &CStr) -> Result<(), Errno> {
    // SAFETY: the name is terminated.
    checked(unsafe { shim::carrier_store_erase(name.as_ptr()) }).map(drop)
}

/// Writes a part of a firmware image.
#[cfg(carrier_modem_simulated)]
pub(super) fn write_slot(offset: u32, bytes: &[u8]) -> Result<(), Errno> {
    let (start, len) = (bytes.as_ptr().cast(), bytes.len());
    // SAFETY: so many bytes are there.
    checked(unsafe { shim::carrier_slot_write(offset, start, len) }).map(drop)
}

/// Reads a part of a firmware image.
#[cfg(carrier_modem_simulated)]
pub(super) fn read_slot(offset: u32, bytes: &mut [u8]) -> Result<(), Errno> {
    let (start, len) = (bytes.as_mut_ptr().cast(), bytes.len());
    // SAFETY: so many bytes fit.
    checked(unsafe { shim::carrier_slot_read(offset, start, len) }).map(drop)
}

/// Takes what the modem's library said; how much that was.
#[cfg(carrier_modem_nrf91)]
pub(super) fn read_modem(bytes: &mut [u8]) -> usize {
    // SAFETY: so many bytes fit.
    unsafe { shim::carrier_nrf91_read(bytes.as_mut_ptr(), bytes.len()) }
}

/// Makes the UART of an AT modem ready.
#[cfg(carrier_modem_uart)]
pub(super) fn init_uart() -> Result<(), Errno> {
    checked(shim::carrier_uart_init()).map(drop)
}

/// Whether the UART has bytes.
#[cfg(carrier_modem_uart)]
pub(super) fn is_uart_ready() -> bool {
    shim::carrier_uart_ready()
}

/// Takes what the UART has; how much that was.
#[cfg(carrier_modem_uart)]
pub(super) fn read_uart(bytes: &mut [u8]) -> usize {
    // SAFETY: so many bytes fit.
    unsafe { shim::carrier_uart_read(bytes.as_mut_ptr(), bytes.len()) }
}

/// Writes to the UART.
#[cfg(carrier_modem_uart)]
pub(super) fn write_uart(bytes: &[u8]) -> usize {
    // SAFETY: so many bytes are there.
    unsafe { shim::carrier_uart_write(bytes.as_ptr(), bytes.len()) }
}

/// Texts from Kconfig.
pub(super) mod kconfig {
    use super::{CStr, c_char, shim};

    fn text(pointer: *const c_char) -> &'static str {
        // SAFETY: a string literal of the shim.
        let text = unsafe { CStr::from_ptr(pointer) };
        text.to_str().unwrap_or_default()
    }

    macro_rules! texts {
        ($($name:ident: $symbol:literal,)+) => {
            $(
                #[doc = concat!("`CONFIG_CARRIER_", $symbol, "`; empty where it is not set.")]
                pub fn $name() -> &'static str {
                    text(shim::carrier_kconfig.$name)
                }
            )+
        };
    }

    texts! {
        server_uri: "SERVER_URI",
        psk_identity: "PSK_IDENTITY",
        psk: "PSK",
        endpoint_name: "ENDPOINT_NAME",
        apn: "APN",
        manufacturer: "MANUFACTURER",
        model_number: "MODEL_NUMBER",
        device_type: "DEVICE_TYPE",
        hardware_version: "HARDWARE_VERSION",
        software_version: "SOFTWARE_VERSION",
    }
    #[cfg(carrier_modem_simulated)]
    texts! { modem_imei: "MODEM_IMEI", }
}
