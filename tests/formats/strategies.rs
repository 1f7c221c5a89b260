//! Random values, and Object Instances full of them.

use lwm2m_carrier::lwm2m::Value;
use proptest::prelude::*;

/// A value with its own bytes, for the random trees.
#[derive(Clone, Debug)]
pub enum Owned {
    String(String),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
    Opaque(Vec<u8>),
    Time(i64),
    ObjectLink(u16, u16),
    CoreLink(String),
}

impl Owned {
    /// The value, borrowed.
    pub fn value(&self) -> Value<'_> {
        match self {
            Self::String(text) => Value::String(text),
            Self::Integer(value) => Value::Integer(*value),
            Self::Unsigned(value) => Value::Unsigned(*value),
            Self::Float(value) => Value::Float(*value),
            Self::Boolean(value) => Value::Boolean(*value),
            Self::Opaque(bytes) => Value::Opaque(bytes),
            Self::Time(value) => Value::Time(*value),
            Self::ObjectLink(object, instance) => Value::ObjectLink(*object, *instance),
            Self::CoreLink(text) => Value::CoreLink(text),
        }
    }
}

/// Integers of all sizes.
fn integer() -> impl Strategy<Value = i64> {
    (any::<i64>(), 0u32..64).prop_map(|(value, shift)| value >> shift)
}

/// Floats of all sizes that are numbers.
pub fn finite() -> impl Strategy<Value = f64> {
    prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        any::<u32>().prop_map(|bits| f64::from(f32::from_bits(bits))),
        (-1_000_000i32..1_000_000, 0..6)
            .prop_map(|(value, digits)| f64::from(value) / 10f64.powi(digits)),
    ]
    .prop_filter("finite", |value| value.is_finite())
}

pub fn owned() -> impl Strategy<Value = Owned> {
    prop_oneof![
        any::<String>().prop_map(Owned::String),
        integer().prop_map(Owned::Integer),
        integer().prop_map(|value| Owned::Unsigned(value.cast_unsigned())),
        finite().prop_map(Owned::Float),
        any::<bool>().prop_map(Owned::Boolean),
        prop::collection::vec(any::<u8>(), 0..40).prop_map(Owned::Opaque),
        integer().prop_map(Owned::Time),
        any::<(u16, u16)>().prop_map(|(object, instance)| Owned::ObjectLink(object, instance)),
        "[ -~]{0,20}".prop_map(Owned::CoreLink),
    ]
}

pub fn id() -> impl Strategy<Value = u16> {
    prop_oneof![0u16..20, any::<u16>()]
}

/// Object Instances with their resources: a single value, or Resource Instances.
pub type Tree = Vec<(u16, Vec<(u16, Vec<(Option<u16>, Owned)>)>)>;

pub fn tree() -> impl Strategy<Value = Tree> {
    let single = owned().prop_map(|value| vec![(None, value)]);
    let multiple = prop::collection::vec((id().prop_map(Some), owned()), 1..4);
    let resources = prop::collection::vec((id(), prop_oneof![3 => single, 1 => multiple]), 1..5);
    prop::collection::vec((id(), resources), 0..4)
}
