//! What an archive for C applications has beside the library: a panic handler and a logger. A Rust
//! application has its own.

use super::os;

/// Nothing in the library panics; if something does, the system stops as Zephyr lets it.
#[panic_handler]
fn panic(info: &core::panic::PanicInfo<'_>) -> ! {
    log!(error, "{}", info);
    let _ = info;
    os::panic()
}

/// Critical sections of the nrf-modem crate: no interrupt but those that Zephyr does not mask.
#[cfg(carrier_modem_nrf91)]
mod critical {
    use super::os;
    use critical_section::{Impl, RawRestoreState, set_impl};

    struct Interrupts;
    set_impl!(Interrupts);

    // SAFETY: there is one processor, and locks are released in the reverse order.
    unsafe impl Impl for Interrupts {
        unsafe fn acquire() -> RawRestoreState {
            os::lock_interrupts()
        }

        unsafe fn release(key: RawRestoreState) {
            os::unlock_interrupts(key);
        }
    }
}

/// Passes log lines on to Zephyr's logging.
#[cfg(feature = "log")]
pub(super) fn start_log() {
    static LOGGER: Logger = Logger;
    // It fails when there is one already: then lines go there.
    let _ = log::set_logger(&LOGGER);
    log::set_max_level(log::LevelFilter::Trace);
}

#[cfg(not(feature = "log"))]
pub(super) fn start_log() {}

#[cfg(feature = "log")]
struct Logger;

#[cfg(feature = "log")]
impl log::Log for Logger {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        /// Bytes of a line; what is longer is cut.
        const LINE: usize = 128;
        let mut line = heapless::String::<LINE>::new();
        let level = match record.level() {
            log::Level::Error => 1,
            log::Level::Warn => 2,
            log::Level::Info => 3,
            _ => 4,
        };
        if let Some(text) = record.args().as_str() {
            return os::log(level, text);
        }
        // What does not fit is left out.
        let _ = core::fmt::Write::write_fmt(&mut Cut(&mut line), *record.args());
        os::log(level, &line);
    }

    fn flush(&self) {}
}

/// A text that takes as much as fits.
#[cfg(feature = "log")]
struct Cut<'a>(&'a mut heapless::string::StringView);

#[cfg(feature = "log")]
impl core::fmt::Write for Cut<'_> {
    fn write_str(&mut self, text: &str) -> core::fmt::Result {
        for character in text.chars() {
            self.0.push(character).map_err(|_| core::fmt::Error)?;
        }
        Ok(())
    }
}
