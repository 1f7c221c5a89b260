//! Option numbers (RFC 7252 section 12.2, RFC 7641 section 2, RFC 7959 section 2.1, RFC 7967).

/// If-Match.
pub const IF_MATCH: u16 = 1;
/// Uri-Host.
pub const URI_HOST: u16 = 3;
/// ETag.
pub const ETAG: u16 = 4;
/// If-None-Match.
pub const IF_NONE_MATCH: u16 = 5;
/// Observe: 0 or 1 in a request, a sequence number in a notification.
pub const OBSERVE: u16 = 6;
/// Uri-Port.
pub const URI_PORT: u16 = 7;
/// Location-Path, one for each segment.
pub const LOCATION_PATH: u16 = 8;
/// Uri-Path, one for each segment.
pub const URI_PATH: u16 = 11;
/// Content-Format of the payload.
pub const CONTENT_FORMAT: u16 = 12;
/// Max-Age of a response, in seconds.
pub const MAX_AGE: u16 = 14;
/// Uri-Query, one for each argument.
pub const URI_QUERY: u16 = 15;
/// Accept: the Content-Format wanted.
pub const ACCEPT: u16 = 17;
/// Location-Query, one for each argument.
pub const LOCATION_QUERY: u16 = 20;
/// Block2: the block of a response body.
pub const BLOCK2: u16 = 23;
/// Block1: the block of a request body.
pub const BLOCK1: u16 = 27;
/// Size2: the size of a response body.
pub const SIZE2: u16 = 28;
/// Proxy-Uri.
pub const PROXY_URI: u16 = 35;
/// Proxy-Scheme.
pub const PROXY_SCHEME: u16 = 39;
/// Size1: the size of a request body.
pub const SIZE1: u16 = 60;
/// No-Response: the response classes that are not wanted.
pub const NO_RESPONSE: u16 = 258;

/// Whether a receiver that does not know the option must not act on the message: a request is
/// answered 4.02 (Bad Option), a response is rejected (RFC 7252 section 5.4.1).
pub const fn is_critical(number: u16) -> bool {
    number & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_options_of_rfc_7252_are_critical_as_its_table_says() {
        for critical in [
            IF_MATCH,
            URI_HOST,
            IF_NONE_MATCH,
            URI_PORT,
            URI_PATH,
            URI_QUERY,
            ACCEPT,
            BLOCK1,
            BLOCK2,
            PROXY_URI,
            PROXY_SCHEME,
        ] {
            assert!(is_critical(critical), "{critical}");
        }
        for elective in [
            ETAG,
            OBSERVE,
            LOCATION_PATH,
            CONTENT_FORMAT,
            MAX_AGE,
            LOCATION_QUERY,
            SIZE1,
            SIZE2,
            NO_RESPONSE,
        ] {
            assert!(!is_critical(elective), "{elective}");
        }
    }
}
