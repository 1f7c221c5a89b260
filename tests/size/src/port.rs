//! What stands for the outside: two registers, one to read from and one to write to.

use core::ptr;

const READ: *const u32 = 0x4000_0000 as _;
const WRITE: *mut u32 = 0x4000_0004 as _;

/// Some number.
pub fn get() -> u32 {
    // SAFETY: a register of the imagined device; the image is never run.
    unsafe { ptr::read_volatile(READ) }
}

/// Some number of 64 bits.
pub fn wide() -> u64 {
    u64::from(get()) << 32 | u64::from(get())
}

/// Takes a number.
pub fn put(number: u32) {
    // SAFETY: as above.
    unsafe { ptr::write_volatile(WRITE, number) }
}

/// A copy of what stands at `place`, which the compiler may not foresee.
pub fn volatile<T>(place: &'static T) -> T {
    // SAFETY: a reference can be read; types with a destructor are not used here.
    unsafe { ptr::read_volatile(place) }
}

/// Puts some bytes into `buffer`.
#[inline(never)]
pub fn fill(buffer: &mut [u8]) -> &[u8] {
    let len = (get() as usize).min(buffer.len());
    let buffer = buffer.get_mut(..len).unwrap_or_default();
    for byte in &mut *buffer {
        *byte = get() as u8;
    }
    buffer
}

/// Takes bytes.
#[inline(never)]
pub fn write(bytes: &[u8]) {
    for byte in bytes {
        put((*byte).into());
    }
}

/// The stream to the modem.
pub struct Port;

impl embedded_io::ErrorType for Port {
    type Error = embedded_io::ErrorKind;
}

impl embedded_io::Read for Port {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Self::Error> {
        Ok(fill(buffer).len())
    }
}

impl embedded_io::ReadReady for Port {
    fn read_ready(&mut self) -> Result<bool, Self::Error> {
        Ok(get() != 0)
    }
}

impl embedded_io::Write for Port {
    fn write(&mut self, bytes: &[u8]) -> Result<usize, Self::Error> {
        write(bytes);
        match get() {
            0 => Err(embedded_io::ErrorKind::Other),
            taken => Ok((taken as usize).min(bytes.len())),
        }
    }

    fn flush(&mut self) -> Result<(), Self::Error> {
        Ok(())
    }
}

/// Log lines go out as text.
#[cfg(feature = "log")]
pub fn start_log() {
    static LOGGER: Logger = Logger;
    let _ = log::set_logger(&LOGGER);
    log::set_max_level(log::LevelFilter::Trace);
}

#[cfg(feature = "log")]
struct Logger;

#[cfg(feature = "log")]
impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let _ = core::fmt::Write::write_fmt(&mut Port, *record.args());
    }

    fn flush(&self) {}
}

#[cfg(feature = "log")]
impl core::fmt::Write for Port {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        write(text.as_bytes());
        Ok(())
    }
}
