//! The formats and types there are; the fuzz target of the formats has them from here.

use lwm2m_carrier::lwm2m::Type;
use lwm2m_carrier::lwm2m::format::ContentFormat;

pub const FORMATS: [ContentFormat; 10] = [
    ContentFormat::Text,
    ContentFormat::Link,
    ContentFormat::Opaque,
    ContentFormat::Cbor,
    ContentFormat::SenmlJson,
    ContentFormat::SenmlCbor,
    ContentFormat::Tlv,
    ContentFormat::Lwm2mCbor,
    ContentFormat::SenmlEtchJson,
    ContentFormat::SenmlEtchCbor,
];
pub const TYPES: [Type; 10] = [
    Type::String,
    Type::Integer,
    Type::Unsigned,
    Type::Float,
    Type::Boolean,
    Type::Opaque,
    Type::Time,
    Type::ObjectLink,
    Type::CoreLink,
    Type::None,
];
