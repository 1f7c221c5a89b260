//! Nordic's modem library as [`Library`]: start and stop, AT commands, images.

use super::super::super::config::is_enabled;
use super::super::super::os;
use super::super::super::shared::Place;
use crate::capacity::setting;
use crate::modem::Error;
use crate::modem::nrf91::{Area, Library};
use crate::modem::sms;
use core::ffi::{CStr, c_char, c_int};
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use core::sync::atomic::{AtomicBool, AtomicU32};
use heapless::Vec;
use nrf_modem::MemoryLayout;
use nrf_modem::nrfxlib_sys as nrf;

/// Shared memory to and from the modem.
const TX: usize = setting(option_env!("CARRIER_MODEM_NRF91_TX_SIZE"), 8192);
const RX: usize = setting(option_env!("CARRIER_MODEM_NRF91_RX_SIZE"), 8192);

/// What the crate starts the library with, and our handlers in it.
static PARAMETERS: Place<Option<nrf::nrf_modem_init_params>> = Place::new(None);
/// Why the modem stopped; 0 when it has not.
static FAULT: AtomicU32 = AtomicU32::new(0);
/// What became of the image that the modem was to install at its last start; 0 when there was none.
static INSTALLED: AtomicU32 = AtomicU32::new(0);
/// The crate starts the library once.
static BEGUN: AtomicBool = AtomicBool::new(false);

unsafe extern "C" {
    /// The library's `nrf_modem_init`, which the linker exchanges for ours.
    fn __real_nrf_modem_init(params: *const nrf::nrf_modem_init_params) -> c_int;
}

/// In place of the crate's handlers: its handler of faults panics, and it has none of updates.
#[unsafe(no_mangle)]
unsafe extern "C" fn __wrap_nrf_modem_init(params: *const nrf::nrf_modem_init_params) -> c_int {
    // SAFETY: the crate calls this once, from the carrier thread, with what it has set up.
    unsafe {
        *PARAMETERS.get() = Some(nrf::nrf_modem_init_params {
            fault_handler: Some(on_fault),
            dfu_handler: Some(on_installed),
            ..*params
        });
    }
    initialise()
}

/// Starts the library as it was started before.
fn initialise() -> c_int {
    FAULT.store(0, Relaxed);
    // SAFETY: nobody has them from `get`: the only use of that was over when it returned.
    match unsafe { PARAMETERS.peek() } {
        // SAFETY: they stay, as does the memory that they name.
        Some(parameters) => unsafe { __real_nrf_modem_init(parameters) },
        None => -(nrf::NRF_EINVAL as c_int),
    }
}

/// From an interrupt.
unsafe extern "C" fn on_fault(info: *mut nrf::nrf_modem_fault_info) {
    // SAFETY: the library lends it for the call.
    let reason = unsafe { info.as_ref() }.map_or(0, |info| info.reason);
    FAULT.store(reason.max(1), Relaxed);
    os::wake();
}

unsafe extern "C" fn on_installed(result: u32) {
    INSTALLED.store(result, Relaxed);
}

#[unsafe(no_mangle)]
extern "C" fn carrier_nrf91_interrupt() {
    nrf_modem::ipc_irq_handler();
}

/// A short message, in digits, from the interrupt to the thread.
static MESSAGE: Place<Vec<u8, 352>> = Place::new(Vec::new());
/// The thread's turn to look at it.
static ARRIVED: AtomicBool = AtomicBool::new(false);

/// From an interrupt.
unsafe extern "C" fn on_notification(text: *const c_char) {
    if is_enabled!("MODEM_NRF91_SMS") {
        // SAFETY: the library lends a terminated text for the call.
        let text = unsafe { CStr::from_ptr(text) }.to_bytes();
        let mut lines = text.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|l| !l.is_empty());
        let is_message = lines.next().is_some_and(|line| line.starts_with(b"+CMT:"));
        // One that comes before the last was looked at is told again by the network.
        if is_message && !ARRIVED.load(Acquire) {
            // SAFETY: the thread does not look at it until it is told.
            let message = unsafe { MESSAGE.get() };
            message.clear();
            let _ = message.extend_from_slice(lines.next().unwrap_or_default());
            ARRIVED.store(true, Release);
            os::wake();
        }
        if is_message {
            return;
        }
    }
    // SAFETY: as above.
    unsafe { os::put_line(text) }
}

/// The library. There is one.
#[derive(Debug)]
pub(super) struct Nordic;

impl Nordic {
    /// What a library that was just started forgot.
    fn set_up(&mut self) {
        // SAFETY: the function is there for ever, and may be called from an interrupt.
        let _ = unsafe { nrf::nrf_modem_at_notif_handler_set(Some(on_notification)) };
        if is_enabled!("MODEM_NRF91_RAI") {
            // Modems that do not know it do without.
            let _ = self.run(c"AT%%RAI=1");
        }
    }

    /// Asks for short messages; the modem forgets that when it is off.
    pub(super) fn listen(&mut self) {
        if is_enabled!("MODEM_NRF91_SMS") && self.run(c"AT+CNMI=3,2,0,1") != 0 {
            log!(warn, "somebody else takes the modem's short messages");
        }
    }

    /// Whether a short message came that asks for an Update of the registration.
    pub(super) fn is_update_wanted(&mut self) -> bool {
        if !is_enabled!("MODEM_NRF91_SMS") || !ARRIVED.load(Acquire) {
            return false;
        }
        // SAFETY: the interrupt does not write to it until it is told.
        let wanted = sms::is_update_trigger(unsafe { MESSAGE.get() });
        ARRIVED.store(false, Release);
        // Without an acknowledgement the network sends it again.
        let _ = self.run(c"AT+CNMA=1");
        wanted
    }

    /// An AT command without arguments (so `%` is `%%`), whose answer does not matter.
    fn run(&mut self, command: &CStr) -> c_int {
        // SAFETY: a format without arguments.
        unsafe { nrf::nrf_modem_at_printf(command.as_ptr()) }
    }
}

impl Library for Nordic {
    fn start(&mut self) -> Result<(), Error> {
        // SAFETY: no condition.
        if unsafe { nrf::nrf_modem_is_initialized() } && !self.has_stopped() {
            return Ok(());
        }
        let outcome = if BEGUN.swap(true, Relaxed) {
            // SAFETY: no condition; after a fault, it frees what the library had.
            let _ = unsafe { nrf::nrf_modem_shutdown() };
            initialise()
        } else {
            let layout = MemoryLayout {
                base_address: os::prepare_modem(),
                tx_area_size: TX as u32,
                rx_area_size: RX as u32,
                trace_area_size: 0,
            };
            match nrf_modem::init_with_custom_layout_core(layout) {
                Ok(()) => 0,
                Err(nrf_modem::Error::NrfError(code)) => code as c_int,
                Err(_) => -(nrf::NRF_EINVAL as c_int),
            }
        };
        if outcome != 0 {
            log!(error, "the modem library does not start: {}", outcome);
            return Err(Error::Io);
        }
        self.set_up();
        Ok(())
    }

    fn restart(&mut self) -> Result<(), Error> {
        // The library wants the modem off before it is shut down.
        let _ = self.run(c"AT+CFUN=0");
        INSTALLED.store(0, Relaxed);
        // SAFETY: no condition.
        let _ = unsafe { nrf::nrf_modem_shutdown() };
        let mut started = initialise();
        if started != 0 {
            // After an update that failed, the next start is with the firmware that was there.
            started = initialise();
        }
        if started != 0 {
            log!(error, "the modem library does not start again: {}", started);
            return Err(Error::Io);
        }
        self.set_up();
        match INSTALLED.load(Relaxed) {
            // Whether there was one, the version will tell.
            0 | nrf::NRF_MODEM_DFU_RESULT_OK => Ok(()),
            nrf::NRF_MODEM_DFU_RESULT_VOLTAGE_LOW => Err(Error::NotNow),
            result => {
                log!(error, "the modem did not install the image: {:#x}", result);
                Err(Error::Image)
            }
        }
    }

    fn has_stopped(&self) -> bool {
        FAULT.load(Relaxed) != 0
    }

    fn send(&mut self, line: &[u8]) -> Result<(), Error> {
        /// Rests while a command of the application's is in hand, and how many of them.
        const REST: u32 = 20;
        const RESTS: u32 = 250;
        for _ in 0..RESTS {
            // SAFETY: a format with the length and the text that it asks for, which the library
            // copies; the function is there for ever, and may be called from an interrupt.
            let code = unsafe {
                nrf::nrf_modem_at_cmd_async(
                    Some(os::put_line),
                    c"%.*s".as_ptr(),
                    line.len() as c_int,
                    line.as_ptr(),
                )
            };
            match code.unsigned_abs() {
                0 => return Ok(()),
                nrf::NRF_EINPROGRESS => os::sleep(REST),
                _ => {
                    log!(error, "the modem library takes no AT command: {}", code);
                    break;
                }
            }
        }
        Err(Error::Io)
    }

    fn is_ready(&self) -> bool {
        os::is_modem_ready()
    }

    fn read(&mut self, bytes: &mut [u8]) -> usize {
        os::read_modem(bytes)
    }

    fn area(&mut self) -> Result<Area, Error> {
        let mut offset = 0;
        // SAFETY: the number is there for the call.
        match unsafe { nrf::nrf_modem_delta_dfu_offset(&raw mut offset) } {
            0 if offset == 0 => Ok(Area::Blank),
            0 => Ok(Area::Used),
            code if code.cast_unsigned() == nrf::NRF_MODEM_DELTA_DFU_ERASE_PENDING => {
                Ok(Area::Erasing)
            }
            code => result(code).map(|()| Area::Used),
        }
    }

    fn erase(&mut self) -> Result<(), Error> {
        // SAFETY: no condition.
        result(unsafe { nrf::nrf_modem_delta_dfu_erase() })
    }

    fn open_image(&mut self) -> Result<(), Error> {
        // SAFETY: no condition.
        match unsafe { nrf::nrf_modem_delta_dfu_write_init() } {
            // Opened before, and not closed.
            code if code.unsigned_abs() == nrf::NRF_EALREADY => Ok(()),
            code => result(code),
        }
    }

    fn write_image(&mut self, bytes: &[u8]) -> Result<(), Error> {
        // SAFETY: so many bytes are there.
        result(unsafe { nrf::nrf_modem_delta_dfu_write(bytes.as_ptr().cast(), bytes.len()) })
    }

    fn close_image(&mut self) -> Result<(), Error> {
        // SAFETY: no condition.
        result(unsafe { nrf::nrf_modem_delta_dfu_write_done() })
    }

    fn schedule_image(&mut self) -> Result<(), Error> {
        // SAFETY: no condition.
        result(unsafe { nrf::nrf_modem_delta_dfu_update() })
    }
}

/// What a function for images returned: 0, a negative errno, or a number of the modem's.
fn result(code: c_int) -> Result<(), Error> {
    if code == 0 {
        return Ok(());
    }
    log!(warn, "modem firmware: {}", code);
    let reason = code.unsigned_abs();
    Err(match (code < 0, reason) {
        (true, nrf::NRF_ENOMEM) => Error::NoMemory,
        (true, _) => Error::Io,
        (
            _,
            nrf::NRF_MODEM_DELTA_DFU_RECEIVER_OUT_OF_MEMORY
            | nrf::NRF_MODEM_DELTA_DFU_RECEIVER_BLOCK_TOO_LARGE,
        ) => Error::NoMemory,
        (
            _,
            nrf::NRF_MODEM_DELTA_DFU_INVALID_HEADER_DATA
            | nrf::NRF_MODEM_DELTA_DFU_INVALID_DATA
            | nrf::NRF_MODEM_DELTA_DFU_INVALID_UUID
            | nrf::NRF_MODEM_DELTA_DFU_INVALID_ADDRESS
            | nrf::NRF_MODEM_DELTA_DFU_INVALID_FILE_OFFSET
            | nrf::NRF_MODEM_DELTA_DFU_INCOMPLETE_DATA,
        ) => Error::Image,
        (
            _,
            nrf::NRF_MODEM_DELTA_DFU_OPERATION_NOT_ALLOWED
            | nrf::NRF_MODEM_DELTA_DFU_NOT_ALLOWED_POFWARN_ON,
        ) => Error::NotNow,
        _ => Error::Refused,
    })
}
