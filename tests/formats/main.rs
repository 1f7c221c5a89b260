//! The payload formats: bytes from the specifications and from Leshan, what must be refused, and
//! properties that hold for any input.

mod bench;
mod cbor;
mod device;
mod every;
mod floats;
mod lwm2m_cbor;
mod properties;
mod senml;
mod senml_cbor;
mod senml_json;
mod strategies;
mod text;
mod tlv;
mod vocabulary;
