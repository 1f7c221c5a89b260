//! The log of library and simulator on standard error.

use std::io::{self, Write};

use log::{Level, LevelFilter, Log, Metadata, Record};

use super::stamp;
use crate::net;

struct Logger;

impl Log for Logger {
    /// Other crates are asked for what they find important only.
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("lwm2m_carrier") || metadata.level() <= Level::Warn
    }

    fn log(&self, record: &Record<'_>) {
        if self.enabled(record.metadata()) {
            let (level, target) = (record.level().as_str().to_lowercase(), record.target());
            let time = stamp(net::now());
            // A log that cannot be written is no reason to end.
            let _ = writeln!(io::stderr(), "{time} {level:5} {target}: {}", record.args());
        }
    }

    fn flush(&self) {}
}

/// Shows the log: errors only, with one `-v` what happens, with two the details.
pub fn log_to_stderr(verbose: u8) {
    static LOGGER: Logger = Logger;
    if log::set_logger(&LOGGER).is_ok() {
        log::set_max_level(match verbose {
            0 => LevelFilter::Error,
            1 => LevelFilter::Info,
            2 => LevelFilter::Debug,
            _ => LevelFilter::Trace,
        });
    }
}
