//! How many and how large: every table of the library has a fixed capacity, stated here.
//!
//! What does not fit is answered with the CoAP code that says so; nothing is lost and nothing panics.

/// LwM2M servers at once, the bootstrap server not counted. About 530 bytes of RAM each.
pub const SERVERS: usize = 2;
/// Server accounts including the bootstrap server's.
pub const ACCOUNTS: usize = SERVERS + 1;
/// Bytes of a server URI (the specification allows 255).
pub const URI: usize = 128;
/// Bytes of a pre-shared key's identity.
pub const IDENTITY: usize = 64;
/// Bytes of a pre-shared key.
pub const KEY: usize = 32;
/// Bytes of an endpoint name.
pub const ENDPOINT: usize = 64;
/// Observations at once, of all servers. About 64 bytes of RAM each.
pub const OBSERVATIONS: usize = 10;
/// Paths that can have attributes set by Write-Attributes at once. About 64 bytes of RAM each.
pub const ATTRIBUTES: usize = 10;
/// Bytes of a block of ours: 16, 32, 64, 128, 256, 512 or 1024.
pub const BLOCK: usize = 512;
/// Bytes of a request body that arrives in blocks and must be whole to be understood.
pub const BODY: usize = 1024;
/// Bytes kept of answers, to be repeated when a request comes again.
pub const ANSWERS: usize = 512;
/// Bytes of the largest datagram, received or sent: a block of 1024 bytes and its options. With
/// DTLS it fits the minimum IPv6 MTU. One buffer of this size serves both directions, and records.
pub const DATAGRAM: usize = 1152;

// In TLV a number takes 11 bytes at most. An account has a header, four numbers, two short values
// and the URI; a server has a header, 19 numbers, five short values and two short texts.
const _: () = assert!(
    DATAGRAM >= BLOCK + 256 && DATAGRAM >= 5 + ACCOUNTS * (URI + 62) + SERVERS * 252,
    "capacity::DATAGRAM must hold a block with its options, and the record of all accounts"
);

/// Object Instances of the Portfolio object, the primary host's counted. 8 bytes of RAM each, and
/// four texts.
pub const PORTFOLIO_INSTANCES: usize = 2;
/// Bytes of each of the four texts of a Portfolio instance, 1 to 65535. One takes 8 bytes of RAM
/// more.
pub const PORTFOLIO_TEXT: usize = 32;

const _: () = assert!(
    PORTFOLIO_INSTANCES >= 1 && PORTFOLIO_TEXT >= 1 && PORTFOLIO_TEXT <= u16::MAX as usize,
    "the Portfolio object has an instance for the primary host, and texts of 1 to 65535 bytes"
);
