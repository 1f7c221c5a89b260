//! How many and how large: every table of the library has a fixed capacity, stated here.
//!
//! What does not fit is answered with the CoAP code that says so; nothing is lost and nothing panics.
//! On Zephyr, Kconfig sets the values (`CONFIG_CARRIER_MAX_SERVERS` and so on).

/// The value of a Kconfig symbol, or the default where there is no Kconfig.
pub(crate) const fn setting(text: Option<&str>, default: usize) -> usize {
    let Some(text) = text else { return default };
    let (mut value, mut at) = (0, 0);
    while at < text.len() {
        let digit = text.as_bytes()[at].wrapping_sub(b'0');
        assert!(digit < 10, "a capacity from Kconfig is not a number");
        value = value * 10 + digit as usize;
        at += 1;
    }
    value
}

/// LwM2M servers at once, the bootstrap server not counted. About 530 bytes of RAM each.
pub const SERVERS: usize = setting(option_env!("CARRIER_MAX_SERVERS"), 2);
/// Server accounts including the bootstrap server's.
pub const ACCOUNTS: usize = SERVERS + 1;
/// Bytes of a server URI (the specification allows 255).
pub const URI: usize = setting(option_env!("CARRIER_MAX_URI"), 128);
/// Bytes of a pre-shared key's identity.
pub const IDENTITY: usize = setting(option_env!("CARRIER_MAX_IDENTITY"), 64);
/// Bytes of a pre-shared key.
pub const KEY: usize = setting(option_env!("CARRIER_MAX_KEY"), 32);
/// Bytes of an endpoint name.
pub const ENDPOINT: usize = setting(option_env!("CARRIER_MAX_ENDPOINT"), 64);
/// Observations at once, of all servers, 0 without the feature `observe`. 80 bytes of RAM each.
pub const OBSERVATIONS: usize = if cfg!(feature = "observe") {
    setting(option_env!("CARRIER_MAX_OBSERVATIONS"), 10)
} else {
    0
};
/// Paths that can have attributes set by Write-Attributes, and observations that can have attributes of
/// their own, at once; 0 without the feature `attributes`. 60 bytes of RAM each.
pub const ATTRIBUTES: usize = if cfg!(feature = "attributes") {
    setting(option_env!("CARRIER_MAX_ATTRIBUTES"), 10)
} else {
    0
};
/// Instances of the Access Control Object at once, 0 without it. About 22 bytes of RAM each with
/// two servers, and 4 with each further one.
pub const ACCESS_CONTROLS: usize = if cfg!(feature = "access-control") {
    setting(option_env!("CARRIER_MAX_ACCESS_CONTROLS"), 8)
} else {
    0
};
/// Paths at once of composite operations, observations of several paths, and Send; 0 without the
/// features `composite` and `send`. 20 bytes of RAM each.
pub const PATHS: usize = if cfg!(any(feature = "composite", feature = "send")) {
    setting(option_env!("CARRIER_MAX_PATHS"), 16)
} else {
    0
};
/// Values of earlier moments, kept for the next Send: `Client::record`; 0 without the feature `send`.
/// 32 bytes of RAM each.
pub const SAMPLES: usize =
    if cfg!(feature = "send") { setting(option_env!("CARRIER_MAX_SAMPLES"), 8) } else { 0 };
/// Values that were to be notified and could not, of all observations; with 0 none is stored, as without
/// the feature `observe`. 24 bytes of RAM each.
pub const STORED: usize = if cfg!(feature = "observe") {
    setting(option_env!("CARRIER_MAX_STORED_NOTIFICATIONS"), 8)
} else {
    0
};
/// Bytes of a block of ours: 16, 32, 64, 128, 256, 512 or 1024.
pub const BLOCK: usize = setting(option_env!("CARRIER_BLOCK_SIZE"), 512);
/// Bytes of a request body that arrives in blocks and must be whole to be understood; 0 without the
/// feature `block-wise`.
pub const BODY: usize =
    if cfg!(feature = "block-wise") { setting(option_env!("CARRIER_BODY_SIZE"), 1024) } else { 0 };
/// Bytes kept of answers, to be repeated when a request comes again; their heads take 152 bytes more.
pub const ANSWERS: usize = setting(option_env!("CARRIER_ANSWERS_SIZE"), 384);
/// Bytes of the largest datagram, received or sent: a block of 1024 bytes and its options. With
/// DTLS it fits the minimum IPv6 MTU. One buffer of this size serves both directions, and records.
pub const DATAGRAM: usize = setting(
    option_env!("CARRIER_DATAGRAM_SIZE"),
    if cfg!(feature = "access-control") { 1200 } else { 1152 },
);

const _: () = assert!(
    BLOCK.is_power_of_two() && BLOCK >= 16 && BLOCK <= 1024,
    "CONFIG_CARRIER_BLOCK_SIZE must be 16, 32, 64, 128, 256, 512 or 1024"
);

/// Bytes of the record of all accounts, at most. In TLV a number of 32 bits takes 11 bytes, one of 16
/// bits 6, a truth value 3, and the header of an Object Instance 4 or 5: an account has 54 beside its URI, a
/// server 173, an Access Control Instance 25, and 4 for each of its rights.
pub(crate) const RECORD: usize =
    7 + ACCOUNTS * (54 + URI) + SERVERS * 173 + ACCESS_CONTROLS * (25 + 4 * (SERVERS + 1));

const _: () = assert!(
    DATAGRAM >= BLOCK + 256 && DATAGRAM >= RECORD,
    "CONFIG_CARRIER_DATAGRAM_SIZE must hold a block and 256 bytes more, and the record of all \
     accounts: 7 bytes, 54 and a URI for each account, 173 for each server, and for each Access \
     Control Instance 29, and 4 for each server"
);

const _: () = assert!(matches!(SAMPLES, 0..=128), "CONFIG_CARRIER_MAX_SAMPLES is 128 at most");
const _: () =
    assert!(matches!(STORED, 0..=128), "CONFIG_CARRIER_MAX_STORED_NOTIFICATIONS is 128 at most");

// The record of all attributes has the layout in front.
const _: () = assert!(
    DATAGRAM > ATTRIBUTES * crate::lwm2m::ATTRIBUTES_RECORD,
    "CONFIG_CARRIER_DATAGRAM_SIZE must hold the record of all attributes: a byte, and 65 for each path"
);

const _: () = assert!(matches!(PATHS, 0..=64), "CONFIG_CARRIER_MAX_PATHS is 64 at most");

/// Object Instances of the Portfolio object, the primary host's counted. 4 bytes of RAM each, and
/// four texts.
pub const PORTFOLIO_INSTANCES: usize = setting(option_env!("CARRIER_MAX_PORTFOLIO_INSTANCES"), 2);
/// Bytes of each of the four texts of a Portfolio instance, 1 to 255. One takes a byte of RAM more.
pub const PORTFOLIO_TEXT: usize = 32;

const _: () = assert!(
    PORTFOLIO_INSTANCES >= 1 && PORTFOLIO_TEXT >= 1 && PORTFOLIO_TEXT <= 255,
    "the Portfolio object has an instance for the primary host, and texts of 1 to 255 bytes"
);

/// Object Instances of the APN Connection Profile object, the default connection's counted. About 160
/// bytes of RAM each.
pub const APN_PROFILES: usize = setting(option_env!("CARRIER_MAX_APN_PROFILES"), 2);

const _: () = assert!(
    APN_PROFILES >= 1 && APN_PROFILES <= 11,
    "CONFIG_CARRIER_MAX_APN_PROFILES must be 1 to 11"
);
/// Bytes of the Event Log object's LogData. So many bytes of RAM.
pub const LOG_DATA: usize = setting(option_env!("CARRIER_LOG_DATA_SIZE"), 128);
/// Bytes of each opaque value of the App Data Container, and of the BinaryAppDataContainer object. One
/// takes 2 bytes of RAM more; App Data Container has two.
pub const APP_DATA: usize = setting(option_env!("CARRIER_APP_DATA_SIZE"), 128);
/// Object Instances of the BinaryAppDataContainer object. About 350 bytes of RAM each.
pub const APP_DATA_INSTANCES: usize = setting(option_env!("CARRIER_MAX_APP_DATA_INSTANCES"), 1);
/// Resource Instances of Data in each of them.
pub const APP_DATA_VALUES: usize = 2;
