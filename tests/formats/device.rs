//! The Device object of the specification's example (Core 7.4.3), and resources as an object writes them.

use lwm2m_carrier::lwm2m::format::{Container, Encoder, tlv};
use lwm2m_carrier::lwm2m::{Path, Type, Value};

pub const DEVICE_VALUES: [(&str, Type, &str); 16] = [
    ("/3/0/0", Type::String, "String(\"Open Mobile Alliance\")"),
    ("/3/0/1", Type::String, "String(\"Lightweight M2M Client\")"),
    ("/3/0/2", Type::String, "String(\"345000123\")"),
    ("/3/0/3", Type::String, "String(\"1.0\")"),
    ("/3/0/6/0", Type::Integer, "Integer(1)"),
    ("/3/0/6/1", Type::Integer, "Integer(5)"),
    ("/3/0/7/0", Type::Integer, "Integer(3800)"),
    ("/3/0/7/1", Type::Integer, "Integer(5000)"),
    ("/3/0/8/0", Type::Integer, "Integer(125)"),
    ("/3/0/8/1", Type::Integer, "Integer(900)"),
    ("/3/0/9", Type::Integer, "Integer(100)"),
    ("/3/0/10", Type::Integer, "Integer(15)"),
    ("/3/0/11/0", Type::Integer, "Integer(0)"),
    ("/3/0/13", Type::Time, "Time(1367491215)"),
    ("/3/0/14", Type::String, "String(\"+02:00\")"),
    ("/3/0/16", Type::String, "String(\"U\")"),
];

/// A resource: its single value, or its Resource Instances.
pub type Resource<'v> = (u16, Vec<(Option<u16>, Value<'v>)>);

pub fn device_resources() -> Vec<Resource<'static>> {
    use Value::{Integer, String, Time};
    vec![
        (0, vec![(None, String("Open Mobile Alliance"))]),
        (1, vec![(None, String("Lightweight M2M Client"))]),
        (2, vec![(None, String("345000123"))]),
        (3, vec![(None, String("1.0"))]),
        (6, vec![(Some(0), Integer(1)), (Some(1), Integer(5))]),
        (7, vec![(Some(0), Integer(3800)), (Some(1), Integer(5000))]),
        (8, vec![(Some(0), Integer(125)), (Some(1), Integer(900))]),
        (9, vec![(None, Integer(100))]),
        (10, vec![(None, Integer(15))]),
        (11, vec![(Some(0), Integer(0))]),
        (13, vec![(None, Time(1367491215))]),
        (14, vec![(None, String("+02:00"))]),
        (16, vec![(None, String("U"))]),
    ]
}

/// Writes the resources of an Object Instance, with the containers that TLV wants.
pub fn write_resources(encoder: &mut Encoder<'_, '_>, instance: Path, resources: &[Resource<'_>]) {
    for (id, values) in resources {
        let resource = instance.child(*id).unwrap();
        if values.iter().all(|(at, _)| at.is_some()) {
            encoder.container(Container::Multiple, *id, multiple_len(values));
        }
        for (at, value) in values {
            let path = at.map_or(resource, |at| resource.child(at).unwrap());
            encoder.value(&path, value);
        }
    }
}

fn multiple_len(values: &[(Option<u16>, Value<'_>)]) -> usize {
    values.iter().map(|(at, value)| tlv::entry_len(tlv::value_len(value), at.unwrap())).sum()
}

pub fn resources_len(resources: &[Resource<'_>]) -> usize {
    resources
        .iter()
        .map(|(id, values)| match &values[..] {
            [(None, value)] => tlv::entry_len(tlv::value_len(value), *id),
            _ => tlv::entry_len(multiple_len(values), *id),
        })
        .sum()
}
