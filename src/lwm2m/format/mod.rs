//! Data formats: how values stand in a payload (Core 7.4).
//!
//! Reading goes in two steps. A [`Decoder`] walks over a payload and yields [`Entry`]s: a path and
//! a [`Raw`] value, still as the format has it. What type it has is known by the definition of the
//! resource only, so [`Raw::value`] makes a [`Value`] of it when asked for that type.
//! Writing has no common step, because TLV needs lengths ahead and SenML a record count: see
//! [`tlv`], [`senml_cbor`], [`senml_json`], [`text`].

use super::{Path, Type, Value};

/// A payload format, by its CoAP Content-Format number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum ContentFormat {
    /// `text/plain;charset=utf-8`: one value.
    Text = 0,
    /// `application/link-format`: what Register, Discover and Bootstrap-Discover carry.
    Link = 40,
    /// `application/octet-stream`: one opaque value.
    Opaque = 42,
    /// `application/cbor`: one value.
    Cbor = 60,
    /// `application/senml+json`.
    SenmlJson = 110,
    /// `application/senml+cbor`.
    SenmlCbor = 112,
    /// `application/vnd.oma.lwm2m+tlv`.
    Tlv = 11542,
}

impl ContentFormat {
    /// The format with this number, if it is one that the library has.
    pub const fn from_number(number: u16) -> Option<Self> {
        Some(match number {
            0 => Self::Text,
            40 => Self::Link,
            42 => Self::Opaque,
            60 => Self::Cbor,
            110 => Self::SenmlJson,
            112 => Self::SenmlCbor,
            11542 => Self::Tlv,
            _ => return None,
        })
    }

    /// The Content-Format number.
    pub const fn number(self) -> u16 {
        self as u16
    }
}

/// A payload that is not what its format asks for: answered with 4.00.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Malformed;
