//! Log lines that disappear, with their text, when the feature `log` is off or Kconfig says so.

/// Passes its arguments to a macro of the `log` crate, or to nothing.
macro_rules! log {
    ($level:ident, $($arg:tt)+) => {{
        #[cfg(feature = "log")]
        if $crate::macros::is_on(stringify!($level)) {
            ::log::$level!(target: "lwm2m_carrier", $($arg)+);
        }
        #[cfg(not(feature = "log"))]
        { let _ = || { let _ = ::core::format_args!($($arg)+); }; }
    }};
}

/// Whether lines of this level are compiled in.
#[cfg(feature = "log")]
pub(crate) const fn is_on(level: &str) -> bool {
    // Zephyr's log levels: 1 error to 4 debug.
    let number = match level.as_bytes() {
        b"error" => 1,
        b"warn" => 2,
        b"info" => 3,
        _ => 4,
    };
    number <= crate::capacity::setting(option_env!("CARRIER_LOG_LEVEL"), 4)
}
