//! CoAP (RFC 7252), as far as both roles of an LwM2M client need it, with Observe (RFC 7641) and
//! block-wise transfer (RFC 7959).
