//! Log lines that disappear, with their text, when the feature `log` is off.

/// Passes its arguments to a macro of the `log` crate, or to nothing.
macro_rules! log {
    ($level:ident, $($arg:tt)+) => {{
        #[cfg(feature = "log")]
        ::log::$level!(target: "lwm2m_carrier", $($arg)+);
        #[cfg(not(feature = "log"))]
        { let _ = || { let _ = ::core::format_args!($($arg)+); }; }
    }};
}
