//! Codes of requests and responses (RFC 7252 section 12.1, RFC 7959 section 2.9, RFC 8132).

use core::fmt;

/// The code of a message, `c.dd`: class 0 for requests, 2, 4 and 5 for responses.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Code(u8);

impl Code {
    /// 0.00: no request and no response.
    pub const EMPTY: Self = Self::new(0, 0);
    /// 0.01.
    pub const GET: Self = Self::new(0, 1);
    /// 0.02.
    pub const POST: Self = Self::new(0, 2);
    /// 0.03.
    pub const PUT: Self = Self::new(0, 3);
    /// 0.04.
    pub const DELETE: Self = Self::new(0, 4);
    /// 0.05.
    pub const FETCH: Self = Self::new(0, 5);
    /// 0.06.
    pub const PATCH: Self = Self::new(0, 6);
    /// 0.07.
    pub const IPATCH: Self = Self::new(0, 7);
    /// 2.01.
    pub const CREATED: Self = Self::new(2, 1);
    /// 2.02.
    pub const DELETED: Self = Self::new(2, 2);
    /// 2.03.
    pub const VALID: Self = Self::new(2, 3);
    /// 2.04.
    pub const CHANGED: Self = Self::new(2, 4);
    /// 2.05.
    pub const CONTENT: Self = Self::new(2, 5);
    /// 2.31: the block was taken, the next one is wanted.
    pub const CONTINUE: Self = Self::new(2, 31);
    /// 4.00.
    pub const BAD_REQUEST: Self = Self::new(4, 0);
    /// 4.01.
    pub const UNAUTHORIZED: Self = Self::new(4, 1);
    /// 4.02: a critical option that is not known, or whose value cannot be.
    pub const BAD_OPTION: Self = Self::new(4, 2);
    /// 4.03.
    pub const FORBIDDEN: Self = Self::new(4, 3);
    /// 4.04.
    pub const NOT_FOUND: Self = Self::new(4, 4);
    /// 4.05.
    pub const METHOD_NOT_ALLOWED: Self = Self::new(4, 5);
    /// 4.06: no content format that the client accepts.
    pub const NOT_ACCEPTABLE: Self = Self::new(4, 6);
    /// 4.08: the blocks before this one are missing.
    pub const REQUEST_ENTITY_INCOMPLETE: Self = Self::new(4, 8);
    /// 4.09.
    pub const CONFLICT: Self = Self::new(4, 9);
    /// 4.12.
    pub const PRECONDITION_FAILED: Self = Self::new(4, 12);
    /// 4.13.
    pub const REQUEST_ENTITY_TOO_LARGE: Self = Self::new(4, 13);
    /// 4.15.
    pub const UNSUPPORTED_CONTENT_FORMAT: Self = Self::new(4, 15);
    /// 5.00.
    pub const INTERNAL_SERVER_ERROR: Self = Self::new(5, 0);
    /// 5.01.
    pub const NOT_IMPLEMENTED: Self = Self::new(5, 1);
    /// 5.03: Max-Age says when to try again.
    pub const SERVICE_UNAVAILABLE: Self = Self::new(5, 3);

    /// The code `class.detail`; only the low 3 and 5 bits of them count.
    pub const fn new(class: u8, detail: u8) -> Self {
        Self((class & 7) << 5 | detail & 31)
    }

    /// The code as it stands in a message.
    pub const fn from_byte(byte: u8) -> Self {
        Self(byte)
    }

    /// The code as it stands in a message.
    pub const fn byte(self) -> u8 {
        self.0
    }

    /// The digit before the point.
    pub const fn class(self) -> u8 {
        self.0 >> 5
    }

    /// The two digits behind the point.
    pub const fn detail(self) -> u8 {
        self.0 & 31
    }

    /// Whether this is the method of a request, known or not.
    pub const fn is_request(self) -> bool {
        self.class() == 0 && self.0 != 0
    }

    /// Whether this is a response, known or not.
    pub const fn is_response(self) -> bool {
        matches!(self.class(), 2..=5)
    }

    /// Whether this is a response that says success, 2.xx.
    pub const fn is_success(self) -> bool {
        self.class() == 2
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{:02}", self.class(), self.detail())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_its_class_and_detail() {
        // RFC 7252 section 12.1.2 and 5.9.
        assert_eq!(Code::CONTENT.byte(), 0x45);
        assert_eq!(Code::UNSUPPORTED_CONTENT_FORMAT.byte(), 0x8f);
        assert_eq!(Code::CONTINUE.byte(), 0x5f);
        assert_eq!(Code::from_byte(0xa3), Code::SERVICE_UNAVAILABLE);
        for byte in 0..=255 {
            let code = Code::from_byte(byte);
            assert_eq!(Code::new(code.class(), code.detail()).byte(), byte);
        }
    }

    #[test]
    fn a_code_is_a_request_or_a_response_or_neither() {
        assert!(Code::IPATCH.is_request() && !Code::IPATCH.is_response());
        assert!(Code::CREATED.is_response() && Code::CREATED.is_success());
        assert!(Code::CONFLICT.is_response() && !Code::CONFLICT.is_success());
        assert!(!Code::EMPTY.is_request() && !Code::EMPTY.is_response());
        for reserved in [1, 6, 7] {
            let code = Code::new(reserved, 1);
            assert!(!code.is_request() && !code.is_response(), "{code:?}");
        }
    }
}
