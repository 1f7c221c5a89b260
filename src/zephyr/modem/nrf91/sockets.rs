//! The modem's own sockets: UDP, and DTLS 1.2 with the key under a security tag. The same functions as
//! those of `os` for Zephyr's sockets.
//!
//! A call blocks until the modem has done what it asks for, opening a DTLS session until the handshake
//! is over; the thread sleeps meanwhile. Datagrams are received and sent without waiting.
//!
//! The modem has memory for few DTLS sessions, two on an nRF9160. When one more does not open, the
//! others are put aside in the modem (`NRF_SO_SEC_DTLS_CONN_SAVE`); whichever has something to send is
//! taken up again. What a server sends to one that is put aside is lost.

use super::super::super::config::is_enabled;
use super::super::super::os::{self, Errno, Refusal};
use crate::capacity::ACCOUNTS;
use crate::time::Instant;
use core::ffi::{CStr, c_int, c_void};
use core::net::IpAddr;
use core::sync::atomic::{AtomicI32, Ordering::Relaxed};
use nrf_modem::nrfxlib_sys as nrf;

/// No socket.
const NONE: c_int = -1;
/// Seconds: 1, 2, 4, 8 and 16.
const HANDSHAKE: c_int = nrf::NRF_SO_SEC_DTLS_HANDSHAKE_TIMEOUT_31S as c_int;
/// What LwM2M servers must have (LwM2M 1.1 Transport, section 5.2.8). In all of them both ends prove
/// that they have the key.
const SUITES: [c_int; 2] = [
    nrf::NRF_TLS_PSK_WITH_AES_128_CCM_8 as c_int,
    nrf::NRF_TLS_PSK_WITH_AES_128_CBC_SHA256 as c_int,
];

/// The DTLS sessions that are open.
static SECURE: [AtomicI32; ACCOUNTS] = [const { AtomicI32::new(NONE) }; ACCOUNTS];

/// The errno of the call that just failed, negative.
fn errno() -> Errno {
    let errno = nrf_modem::ffi::get_last_error() as Errno;
    if errno > 0 { -errno } else { errno.min(-1) }
}

fn checked(result: c_int) -> Result<c_int, Errno> {
    if result < 0 { Err(errno()) } else { Ok(result) }
}

const fn is(errno: Errno, number: u32) -> bool {
    errno.unsigned_abs() == number
}

fn set<T>(socket: c_int, level: u32, option: u32, value: &T) -> Result<(), Errno> {
    let (value, len) = (core::ptr::from_ref(value).cast(), size_of::<T>() as u32);
    // SAFETY: the value has this size, and is not kept.
    let result =
        unsafe { nrf::nrf_setsockopt(socket, level as c_int, option as c_int, value, len) };
    checked(result).map(drop)
}

fn set_secure<T>(socket: c_int, option: u32, value: &T) -> Result<(), Errno> {
    set(socket, nrf::NRF_SOL_SECURE, option, value)
}

/// From an interrupt.
unsafe extern "C" fn on_event(_: *mut nrf::nrf_pollfd) {
    os::wake();
}

/// Opens a UDP socket, or a DTLS session under a security tag.
pub(in super::super::super) fn open(
    host: &CStr,
    port: u16,
    tag: Option<u32>,
) -> Result<c_int, Refusal> {
    let mut outcome = try_host(host, port, tag);
    if tag.is_some()
        && matches!(&outcome, Err(refusal) if is_scarce(refusal.errno))
        && put_aside(NONE)
    {
        outcome = try_host(host, port, tag);
    }
    let socket = outcome?;
    if tag.is_some()
        && let Some(place) = SECURE.iter().find(|place| place.load(Relaxed) == NONE)
    {
        place.store(socket, Relaxed);
    }
    Ok(socket)
}

/// Whether the modem has no room.
fn is_scarce(errno: Errno) -> bool {
    [nrf::NRF_ENOMEM, nrf::NRF_ENOBUFS, nrf::NRF_EMFILE, nrf::NRF_ENFILE, nrf::NRF_EAGAIN]
        .iter()
        .any(|number| is(errno, *number))
}

/// Puts all DTLS sessions but one aside; whether there was one to be put aside.
fn put_aside(but: c_int) -> bool {
    let mut done = false;
    for socket in SECURE.iter().map(|place| place.load(Relaxed)) {
        if socket != NONE && socket != but {
            done |= set_secure(socket, nrf::NRF_SO_SEC_DTLS_CONN_SAVE, &1).is_ok();
        }
    }
    done
}

fn try_host(host: &CStr, port: u16, tag: Option<u32>) -> Result<c_int, Refusal> {
    if let Some(address) = host.to_str().ok().and_then(|host| host.parse().ok()) {
        return match address {
            IpAddr::V4(address) => try_v4(u32::from_ne_bytes(address.octets()), port, tag),
            IpAddr::V6(address) => try_v6(address.octets(), port, tag),
        };
    }
    // SAFETY: nothing in it must be other than zero.
    let mut hints: nrf::nrf_addrinfo = unsafe { core::mem::zeroed() };
    hints.ai_socktype = nrf::NRF_SOCK_DGRAM as c_int;
    let mut addresses: *mut nrf::nrf_addrinfo = core::ptr::null_mut();
    // SAFETY: the host is terminated, and the rest is there for the call.
    let found = unsafe {
        nrf::nrf_getaddrinfo(host.as_ptr(), core::ptr::null(), &raw const hints, &raw mut addresses)
    };
    let unknown = Refusal { handshake: false, errno: -(nrf::NRF_EHOSTUNREACH as Errno) };
    if found != 0 {
        log!(warn, "the server's name is not resolved ({})", found);
        return Err(unknown);
    }
    let mut outcome = Err(unknown);
    let mut next = addresses;
    // SAFETY: a list of the library's, which ends with a null pointer, and is freed below.
    while let Some(entry) = unsafe { next.as_ref() } {
        let address = entry.ai_addr;
        // SAFETY: an address of its family, if there is one.
        outcome = match unsafe { address.as_ref() }.map(|address| u32::from(address.sa_family)) {
            // SAFETY: as above.
            Some(nrf::NRF_AF_INET) => unsafe {
                try_v4((*address.cast::<nrf::nrf_sockaddr_in>()).sin_addr.s_addr, port, tag)
            },
            // SAFETY: as above.
            Some(nrf::NRF_AF_INET6) => unsafe {
                try_v6((*address.cast::<nrf::nrf_sockaddr_in6>()).sin6_addr.s6_addr, port, tag)
            },
            _ => outcome,
        };
        if outcome.is_ok() {
            break;
        }
        next = entry.ai_next;
    }
    // SAFETY: the library's list, once.
    unsafe { nrf::nrf_freeaddrinfo(addresses) };
    outcome
}

/// An address in network order.
fn try_v4(address: u32, port: u16, tag: Option<u32>) -> Result<c_int, Refusal> {
    let address = nrf::nrf_sockaddr_in {
        sin_family: nrf::NRF_AF_INET as _,
        sin_port: port.to_be(),
        sin_addr: nrf::nrf_in_addr { s_addr: address },
    };
    // SAFETY: an address of this family.
    unsafe { connect(nrf::NRF_AF_INET, (&raw const address).cast(), size_of_val(&address), tag) }
}

fn try_v6(address: [u8; 16], port: u16, tag: Option<u32>) -> Result<c_int, Refusal> {
    let address = nrf::nrf_sockaddr_in6 {
        sin6_family: nrf::NRF_AF_INET6 as _,
        sin6_port: port.to_be(),
        sin6_addr: nrf::nrf_in6_addr { s6_addr: address },
        sin6_scope_id: 0,
    };
    // SAFETY: an address of this family.
    unsafe { connect(nrf::NRF_AF_INET6, (&raw const address).cast(), size_of_val(&address), tag) }
}

/// # Safety
/// `address` is an address of `family`, of `len` bytes.
unsafe fn connect(
    family: u32,
    address: *const nrf::nrf_sockaddr,
    len: usize,
    tag: Option<u32>,
) -> Result<c_int, Refusal> {
    let protocol = if tag.is_some() { nrf::NRF_SPROTO_DTLS1v2 } else { nrf::NRF_IPPROTO_UDP };
    let refused = |errno| Refusal { handshake: false, errno };
    // Where the route is not what is wrong, the key or the other end is.
    let not_secured =
        |errno| Refusal { handshake: tag.is_some() && !is_without_route(errno), errno };
    // SAFETY: no condition.
    let socket = checked(unsafe {
        nrf::nrf_socket(family as c_int, nrf::NRF_SOCK_DGRAM as c_int, protocol as c_int)
    })
    .map_err(refused)?;
    let prepared = watch(socket)
        .map_err(refused)
        .and_then(|()| tag.map_or(Ok(()), |tag| secure(socket, tag).map_err(not_secured)));
    let connected = prepared.and_then(|()| {
        // SAFETY: the caller's promise; the address is not kept.
        checked(unsafe { nrf::nrf_connect(socket, address, len as u32) }).map_err(not_secured)
    });
    match connected {
        Ok(_) => Ok(socket),
        Err(refusal) => {
            close(socket);
            Err(refusal)
        }
    }
}

fn is_without_route(errno: Errno) -> bool {
    [nrf::NRF_ENETUNREACH, nrf::NRF_EHOSTUNREACH, nrf::NRF_ENETDOWN, nrf::NRF_EADDRNOTAVAIL]
        .iter()
        .any(|number| is(errno, *number))
}

/// Has the thread woken when the socket has something.
fn watch(socket: c_int) -> Result<(), Errno> {
    let callback = nrf::nrf_modem_pollcb {
        callback: Some(on_event),
        events: nrf::NRF_POLLIN as _,
        oneshot: false,
    };
    set(socket, nrf::NRF_SOL_SOCKET, nrf::NRF_SO_POLLCB, &callback)
}

fn secure(socket: c_int, tag: u32) -> Result<(), Errno> {
    let required = nrf::NRF_SO_SEC_PEER_VERIFY_REQUIRED as c_int;
    set_secure(socket, nrf::NRF_SO_SEC_TAG_LIST, &[tag])?;
    set_secure(socket, nrf::NRF_SO_SEC_PEER_VERIFY, &required)?;
    set_secure(socket, nrf::NRF_SO_SEC_CIPHERSUITE_LIST, &SUITES)?;
    set_secure(socket, nrf::NRF_SO_SEC_DTLS_HANDSHAKE_TIMEO, &HANDSHAKE)?;
    let cached = nrf::NRF_SO_SEC_SESSION_CACHE_ENABLED as c_int;
    // These are not there in every modem firmware; a session does without.
    if let Err(errno) = set_secure(socket, nrf::NRF_SO_SEC_SESSION_CACHE, &cached) {
        log!(debug, "no session cache ({})", errno);
    }
    if is_enabled!("DTLS_CID") {
        let enabled = nrf::NRF_SO_SEC_DTLS_CID_ENABLED as c_int;
        if let Err(errno) = set_secure(socket, nrf::NRF_SO_SEC_DTLS_CID, &enabled) {
            log!(warn, "no Connection ID ({})", errno);
        }
    }
    Ok(())
}

/// Whether a DTLS session goes on with an earlier one's secrets. nRF9160 does not say.
pub(in super::super::super) fn is_resumed(socket: c_int) -> bool {
    let mut status: c_int = 0;
    let mut len = size_of::<c_int>() as u32;
    // SAFETY: the number is there for the call, and has this size.
    let result = unsafe {
        nrf::nrf_getsockopt(
            socket,
            nrf::NRF_SOL_SECURE as c_int,
            nrf::NRF_SO_SEC_HANDSHAKE_STATUS as c_int,
            (&raw mut status).cast::<c_void>(),
            &raw mut len,
        )
    };
    result == 0 && status == nrf::NRF_SO_SEC_HANDSHAKE_STATUS_CACHED as c_int
}

/// Sends a datagram.
pub(in super::super::super) fn send(socket: c_int, bytes: &[u8]) -> Result<(), Errno> {
    let sent = send_once(socket, bytes);
    match sent {
        // It was put aside.
        Err(errno) if is(errno, nrf::NRF_EPROTO) => {
            if set_secure(socket, nrf::NRF_SO_SEC_DTLS_CONN_LOAD, &1).is_err() {
                put_aside(socket);
                set_secure(socket, nrf::NRF_SO_SEC_DTLS_CONN_LOAD, &1)?;
            }
            send_once(socket, bytes)
        }
        sent => sent,
    }
}

fn send_once(socket: c_int, bytes: &[u8]) -> Result<(), Errno> {
    if is_enabled!("MODEM_NRF91_RAI")
        && let Err(errno) = set(socket, nrf::NRF_SOL_SOCKET, nrf::NRF_SO_RAI, &release(bytes))
    {
        log!(debug, "no release assistance ({})", errno);
    }
    let (start, flags) = (bytes.as_ptr().cast(), nrf::NRF_MSG_DONTWAIT as c_int);
    // SAFETY: so many bytes are there.
    let sent = unsafe { nrf::nrf_send(socket, start, bytes.len(), flags) };
    if sent < 0 { Err(errno()) } else { Ok(()) }
}

/// What the network is told of the datagram that follows (RFC 7252, section 3: the type of a
/// message stands in its first byte).
fn release(datagram: &[u8]) -> c_int {
    match datagram.first().map(|byte| byte >> 4 & 3) {
        // Confirmable: an acknowledgement comes.
        Some(0) => nrf::NRF_RAI_ONE_RESP as c_int,
        _ => nrf::NRF_RAI_LAST as c_int,
    }
}

/// Receives a datagram, if there is one.
pub(in super::super::super) fn receive(socket: c_int, bytes: &mut [u8]) -> Result<&[u8], Errno> {
    let (start, len) = (bytes.as_mut_ptr().cast(), bytes.len());
    // SAFETY: so many bytes fit.
    let received = unsafe { nrf::nrf_recv(socket, start, len, nrf::NRF_MSG_DONTWAIT as c_int) };
    match usize::try_from(received) {
        // The other end closed the DTLS session.
        Ok(0) => Err(-(nrf::NRF_ECONNRESET as Errno)),
        Ok(len) => Ok(bytes.get(..len).unwrap_or_default()),
        Err(_) => Err(errno()),
    }
}

/// Closes a socket.
pub(in super::super::super) fn close(socket: c_int) {
    for place in &SECURE {
        let _ = place.compare_exchange(socket, NONE, Relaxed, Relaxed);
    }
    // SAFETY: no condition.
    let _ = unsafe { nrf::nrf_close(socket) };
}

/// Waits for a socket, a wake-up or the deadline. Returns a bit for each socket that may have something.
pub(in super::super::super) fn wait(sockets: &[c_int], deadline: Option<Instant>) -> u32 {
    os::wait(&[], deadline);
    // To ask each of them costs no more than to ask which.
    sockets.iter().rev().fold(0, |ready, socket| ready << 1 | u32::from(*socket != NONE))
}
