//! Object 6, Location (OMA registry, version 1.0): where the device is and how it moves, as the
//! application says it. What it has not said is absent, the mandatory resources, too: a position of
//! zeros would be one.
//!
//! Velocity (/6/0/4) is coded as 3GPP TS 23.032 does, sections 8.6 to 8.15. Speed (/6/0/6) is that
//! along the path, climb and fall included. Nothing here computes with floating-point numbers: small
//! cores have no unit for them.

use crate::lwm2m::format::float;
use crate::lwm2m::object::operation::R;
use crate::lwm2m::object::{Definition, Object, Resource};
use crate::lwm2m::{Path, Type, Value};
use core::cmp::Ordering;

/// Object ID.
pub const OBJECT: u16 = 6;

/// Resource IDs.
pub mod id {
    #![allow(missing_docs, reason = "the names are the table's")]
    pub const LATITUDE: u16 = 0;
    pub const LONGITUDE: u16 = 1;
    pub const ALTITUDE: u16 = 2;
    pub const RADIUS: u16 = 3;
    pub const VELOCITY: u16 = 4;
    pub const TIMESTAMP: u16 = 5;
    pub const SPEED: u16 = 6;
}

static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 0),
    creatable: false,
    resources: &[
        Resource::new(id::LATITUDE, R, Type::Float).mandatory(),
        Resource::new(id::LONGITUDE, R, Type::Float).mandatory(),
        Resource::new(id::ALTITUDE, R, Type::Float),
        Resource::new(id::RADIUS, R, Type::Float),
        Resource::new(id::VELOCITY, R, Type::Opaque),
        Resource::new(id::TIMESTAMP, R, Type::Time).mandatory(),
        Resource::new(id::SPEED, R, Type::Float),
    ],
};

/// Where the device is.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Position {
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
    /// Metres above sea level, if known.
    pub altitude: Option<f32>,
    /// When that was so: seconds since 1970-01-01T00:00:00Z.
    pub timestamp: u32,
    /// Metres within which it is so, from 0, if known.
    pub uncertainty: Option<f32>,
}

/// How the device moves. Velocity has whole kilometres per hour; what is uncertain by more than 254
/// counts as not known, and so does a vertical speed above 255, of which 255 is said.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Velocity {
    /// Degrees clockwise from north, 0 to 359.
    pub heading: u16,
    /// Metres per second over ground, 0 to 18204.
    pub horizontal: f32,
    /// Metres per second upwards, if known; below -32768 and above 32767 it is none.
    pub vertical: Option<f32>,
    /// Uncertainty of `horizontal` in metres per second, from 0, if known.
    pub horizontal_uncertainty: Option<f32>,
    /// Uncertainty of `vertical` likewise; of no meaning without that.
    pub vertical_uncertainty: Option<f32>,
}

/// Bytes of the longest coded velocity.
const CODED: usize = 7;
/// In place of an uncertainty that is not known.
const UNKNOWN: u8 = 255;

/// Object 6.
pub struct Location {
    /// Latitude, longitude.
    degrees: [f64; 2],
    /// Altitude and radius in m.
    metres: [f32; 2],
    timestamp: u32,
    /// In 1024ths of a metre per second.
    speed: u32,
    velocity: [u8; CODED],
    velocity_len: u8,
    /// Bit n: Resource n has a value.
    present: u8,
}

/// The resources of a position, of which some may be absent, and those of a velocity.
const POSITION: u8 = 1 << id::LATITUDE | 1 << id::LONGITUDE | 1 << id::TIMESTAMP;
const VELOCITY: u8 = 1 << id::VELOCITY | 1 << id::SPEED;

impl Location {
    /// Nothing said yet. All of it is zero.
    #[cfg_attr(not(feature = "location"), allow(dead_code, reason = "it is a field then"))]
    pub(crate) const EMPTY: Self = Self {
        degrees: [0.0; 2],
        metres: [0.0; 2],
        timestamp: 0,
        speed: 0,
        velocity: [0; CODED],
        velocity_len: 0,
        present: 0,
    };

    /// Sets the position. `None`: a number is out of its range, or the timestamp is before the last
    /// one, and nothing is changed. Otherwise bit n is set where Resource n is new.
    pub fn set_position(&mut self, position: &Position) -> Option<u8> {
        let within = |degrees: f64, most| {
            !float::is_nan(degrees) && float::compare(degrees.abs(), most) != Ordering::Greater
        };
        let Position { latitude, longitude, altitude, timestamp, uncertainty } = *position;
        if !within(latitude, 90.0)
            || !within(longitude, 180.0)
            || altitude.is_some_and(|altitude| !is_finite(altitude))
            || uncertainty.is_some_and(|uncertainty| !is_size(uncertainty))
            || timestamp < self.timestamp
        {
            return None;
        }
        let before = (self.degrees, self.metres, self.timestamp, self.present);
        self.degrees = [latitude, longitude];
        self.metres = [altitude.unwrap_or(0.0), uncertainty.unwrap_or(0.0)];
        self.timestamp = timestamp;
        self.present &= VELOCITY;
        self.present |= POSITION
            | u8::from(altitude.is_some()) << id::ALTITUDE
            | u8::from(uncertainty.is_some()) << id::RADIUS;
        let mut new = before.3 ^ self.present;
        for (place, (old, value)) in before.0.iter().zip(&self.degrees).enumerate() {
            new |= u8::from(old.to_bits() != value.to_bits()) << place;
        }
        for (place, (old, value)) in before.1.iter().zip(&self.metres).enumerate() {
            new |= u8::from(old.to_bits() != value.to_bits()) << (id::ALTITUDE as usize + place);
        }
        Some(new | u8::from(before.2 != timestamp) << id::TIMESTAMP)
    }

    /// Sets the velocity. `None`: a number is out of its range, and nothing is changed. Otherwise bit
    /// n is set where Resource n is new.
    pub fn set_velocity(&mut self, velocity: &Velocity) -> Option<u8> {
        let uncertain = |speed: Option<f32>| match speed {
            None => Some(UNKNOWN),
            Some(speed) if is_size(speed) => {
                Some(fixed(speed).map_or(u32::from(UNKNOWN), kilometres).min(255) as u8)
            }
            Some(_) => None,
        };
        let horizontal = Some(velocity.horizontal).filter(|speed| is_size(*speed))?;
        let horizontal = fixed(horizontal)?;
        let across = u16::try_from(kilometres(horizontal)).ok()?;
        let vertical = match velocity.vertical {
            Some(speed) if !is_finite(speed) => return None,
            Some(speed) => Some((speed.is_sign_negative(), fixed(speed)?)),
            None => None,
        };
        let uncertainties = [
            uncertain(velocity.horizontal_uncertainty)?,
            uncertain(velocity.vertical_uncertainty)?,
        ];
        if velocity.heading > 359 {
            return None;
        }
        let [msb, lsb] = velocity.heading.to_be_bytes();
        let [high, low] = across.to_be_bytes();
        let (down, up) = vertical.unwrap_or((false, 0));
        let up = kilometres(up).min(255) as u8;
        let [of_across, of_up] = uncertainties;
        // Velocity types 0 to 3: bit 0 with vertical speed, bit 1 with uncertainty.
        let known = of_across != UNKNOWN || vertical.is_some() && of_up != UNKNOWN;
        let kind = u8::from(vertical.is_some()) | u8::from(known) << 1;
        let first = kind << 4 | u8::from(down && up > 0) << 1 | msb;
        let (coded, len) = match kind {
            0 => ([first, lsb, high, low, 0, 0, 0], 4),
            1 => ([first, lsb, high, low, up, 0, 0], 5),
            2 => ([first, lsb, high, low, of_across, 0, 0], 5),
            _ => ([first, lsb, high, low, up, of_across, of_up], 7),
        };
        let speed = match vertical {
            None => horizontal,
            Some((_, vertical)) => root(square(horizontal) + square(vertical)),
        };
        let before = (self.velocity, self.velocity_len, self.speed, self.present);
        (self.velocity, self.velocity_len, self.speed) = (coded, len, speed);
        self.present |= VELOCITY;
        let mut new = before.3 ^ self.present;
        new |= u8::from((before.0, before.1) != (coded, len)) << id::VELOCITY;
        Some(new | u8::from(before.2 != speed) << id::SPEED)
    }
}

fn is_finite(value: f32) -> bool {
    value.to_bits() << 1 < 0xff << 24
}

/// A finite number that is not negative.
fn is_size(value: f32) -> bool {
    is_finite(value) && (!value.is_sign_negative() || value.to_bits() << 1 == 0)
}

/// The magnitude in 1024ths, to the nearest; `None` from 32768 on.
fn fixed(value: f32) -> Option<u32> {
    let bits = value.to_bits();
    let significand = bits & ((1 << 23) - 1) | 1 << 23;
    // The last bit of the significand stands for 2^(exponent - 150), of the result for 2^-10.
    match (bits >> 23) & 0xff {
        exponent @ 140..=141 => Some(significand << (exponent - 140)),
        142.. => None,
        // Less than half of a 1024th.
        ..116 => Some(0),
        exponent => Some(((significand >> (139 - exponent)) + 1) >> 1),
    }
}

/// Kilometres per hour, to the nearest, of less than 32768 m/s in 1024ths.
fn kilometres(speed: u32) -> u32 {
    (speed * 18 + 2560) / 5120
}

fn square(value: u32) -> u64 {
    u64::from(value) * u64::from(value)
}

/// The square root of less than 2^52, rounded down.
fn root(square_of: u64) -> u32 {
    let mut root = 0;
    for bit in (0..26).rev() {
        let next = root | 1 << bit;
        if square(next) <= square_of {
            root = next;
        }
    }
    root
}

impl Object for Location {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let resource = path.id(2)?;
        if 1u8.checked_shl(resource.into())? & self.present == 0 {
            return None;
        }
        let metres = |value: f32| float::widen(value.to_bits(), 23);
        let [latitude, longitude] = self.degrees;
        let [altitude, radius] = self.metres;
        Some(Value::Float(match resource {
            id::LATITUDE => latitude,
            id::LONGITUDE => longitude,
            id::ALTITUDE => metres(altitude),
            id::RADIUS => metres(radius),
            id::VELOCITY => {
                return self.velocity.get(..self.velocity_len.into()).map(Value::Opaque);
            }
            id::TIMESTAMP => return Some(Value::Time(self.timestamp.into())),
            _ => float::scale(false, self.speed.into(), -10, false)?,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: Position = Position {
        latitude: 59.32931234567,
        longitude: -18.068581,
        altitude: Some(28.1),
        timestamp: 1_700_000_000,
        uncertainty: Some(12.5),
    };
    const WALK: Velocity = Velocity {
        heading: 300,
        horizontal: 1.5,
        vertical: None,
        horizontal_uncertainty: None,
        vertical_uncertainty: None,
    };

    fn read(location: &Location, resource: u16) -> Option<Value<'_>> {
        location.read(&Path::resource(OBJECT, 0, resource))
    }

    #[test]
    fn nothing_is_there_until_it_is_said() {
        let mut location = Location::EMPTY;
        assert!((0..=10).all(|resource| read(&location, resource).is_none()));
        assert_eq!(location.set_position(&HERE), Some(0b10_1111));
        assert_eq!(read(&location, id::LATITUDE), Some(Value::Float(59.32931234567)));
        assert_eq!(read(&location, id::LONGITUDE), Some(Value::Float(-18.068581)));
        assert_eq!(read(&location, id::ALTITUDE), Some(Value::Float(f64::from(28.1f32))));
        assert_eq!(read(&location, id::RADIUS), Some(Value::Float(12.5)));
        assert_eq!(read(&location, id::TIMESTAMP), Some(Value::Time(1_700_000_000)));
        assert_eq!((read(&location, id::VELOCITY), read(&location, id::SPEED)), (None, None));
    }

    #[test]
    fn what_is_new_is_told_and_what_is_not_known_any_more_is_absent() {
        let mut location = Location::EMPTY;
        location.set_position(&HERE);
        location.set_velocity(&WALK);
        assert_eq!(location.set_position(&HERE), Some(0));
        assert_eq!(location.set_velocity(&WALK), Some(0));
        let later = Position { timestamp: HERE.timestamp + 1, altitude: None, ..HERE };
        assert_eq!(location.set_position(&later), Some(1 << id::TIMESTAMP | 1 << id::ALTITUDE));
        assert_eq!(read(&location, id::ALTITUDE), None);
        assert!(read(&location, id::SPEED).is_some());
        let moved = Position { longitude: 0.0, ..later };
        assert_eq!(location.set_position(&moved), Some(1 << id::LONGITUDE));
        let turned = Velocity { heading: 301, ..WALK };
        assert_eq!(location.set_velocity(&turned), Some(1 << id::VELOCITY));
    }

    #[test]
    fn numbers_out_of_range_change_nothing() {
        let mut location = Location::EMPTY;
        location.set_position(&HERE);
        for wrong in [
            Position { latitude: 90.00000001, ..HERE },
            Position { latitude: f64::NAN, ..HERE },
            Position { longitude: -180.5, ..HERE },
            Position { longitude: f64::INFINITY, ..HERE },
            Position { altitude: Some(f32::NAN), ..HERE },
            Position { altitude: Some(f32::INFINITY), ..HERE },
            Position { uncertainty: Some(-0.1), ..HERE },
            Position { uncertainty: Some(f32::NAN), ..HERE },
            Position { timestamp: HERE.timestamp - 1, ..HERE },
        ] {
            assert_eq!(location.set_position(&wrong), None, "{wrong:?}");
            assert_eq!(location.set_position(&HERE), Some(0), "{wrong:?}");
        }
        for edge in [
            Position { latitude: -90.0, longitude: 180.0, uncertainty: Some(-0.0), ..HERE },
            Position { latitude: 90.0, longitude: -180.0, altitude: Some(-430.0), ..HERE },
        ] {
            assert!(location.set_position(&edge).is_some(), "{edge:?}");
        }
        location.set_velocity(&WALK);
        for wrong in [
            Velocity { heading: 360, ..WALK },
            Velocity { horizontal: -0.1, ..WALK },
            Velocity { horizontal: f32::NAN, ..WALK },
            Velocity { horizontal: 18204.5, ..WALK },
            Velocity { horizontal: f32::MAX, ..WALK },
            Velocity { vertical: Some(f32::NEG_INFINITY), ..WALK },
            Velocity { vertical: Some(-40000.0), ..WALK },
            Velocity { horizontal_uncertainty: Some(-1.0), ..WALK },
            Velocity { vertical_uncertainty: Some(f32::NAN), ..WALK },
        ] {
            assert_eq!(location.set_velocity(&wrong), None, "{wrong:?}");
            assert_eq!(location.set_velocity(&WALK), Some(0), "{wrong:?}");
        }
    }

    /// 3GPP TS 23.032, sections 8.12 to 8.15.
    #[test]
    fn the_form_of_a_velocity_follows_from_what_is_known() {
        let mut location = Location::EMPTY;
        let mut coded = |velocity: Velocity| {
            location.set_velocity(&velocity).expect("in range");
            match read(&location, id::VELOCITY) {
                Some(Value::Opaque(bytes)) => heapless::Vec::<u8, 8>::from_slice(bytes).unwrap(),
                other => panic!("{other:?}"),
            }
        };
        // 300 degrees need the ninth bit; 1.5 m/s are 5.4 km/h.
        assert_eq!(coded(WALK), [0x01, 44, 0, 5]);
        let climb = Velocity { vertical: Some(2.0), ..WALK };
        assert_eq!(coded(climb), [0x11, 44, 0, 5, 7]);
        assert_eq!(coded(Velocity { vertical: Some(-2.0), ..WALK }), [0x13, 44, 0, 5, 7]);
        let unsure = Velocity { horizontal_uncertainty: Some(1.0), ..WALK };
        assert_eq!(coded(unsure), [0x21, 44, 0, 5, 4]);
        let both = Velocity { vertical: Some(-2.0), vertical_uncertainty: Some(100.0), ..unsure };
        assert_eq!(coded(both), [0x33, 44, 0, 5, 7, 4, 255]);
        let one = Velocity { vertical_uncertainty: Some(1.0), ..climb };
        assert_eq!(coded(one), [0x31, 44, 0, 5, 7, 255, 4]);
        // Of a vertical speed that is not known there is nothing to be unsure of.
        let none = Velocity { vertical_uncertainty: Some(1.0), ..WALK };
        assert_eq!(coded(none), [0x01, 44, 0, 5]);
        let fast = Velocity { heading: 0, horizontal: 18204.0, vertical: Some(300.0), ..WALK };
        assert_eq!(coded(fast), [0x10, 0, 0xff, 0xfe, 255]);
        assert_eq!(coded(Velocity { vertical: Some(-0.01), ..WALK }), [0x11, 44, 0, 5, 0]);
    }

    #[test]
    fn speed_is_that_along_the_path() {
        let mut location = Location::EMPTY;
        let mut speed = |horizontal, vertical| {
            location.set_velocity(&Velocity { horizontal, vertical, ..WALK }).expect("in range");
            match read(&location, id::SPEED) {
                Some(Value::Float(speed)) => speed,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(speed(1.5, None), 1.5);
        assert_eq!(speed(3.0, Some(-4.0)), 5.0);
        assert_eq!(speed(0.0, Some(0.0)), 0.0);
        for (horizontal, vertical) in [(0.1f32, 0.2f32), (27.77, -1.3), (18000.0, 30000.0)] {
            let wanted = f64::from(horizontal).hypot(vertical.into());
            let got = speed(horizontal, Some(vertical));
            assert!((got - wanted).abs() < 0.002, "{got} {wanted}");
        }
    }

    #[test]
    fn fixed_point_numbers_are_the_nearest() {
        for value in [0.0f32, 1e-30, 0.00048, 0.000489, 0.0005, 0.1, 1.0, 8191.3, 16384.7, 32767.9]
        {
            let exact = f64::from(value) * 1024.0;
            let got = f64::from(fixed(value).expect("in range"));
            assert!((got - exact).abs() <= 0.5, "{value}: {got} {exact}");
        }
        for value in [32768.0, f32::MAX, f32::INFINITY] {
            assert_eq!(fixed(value), None, "{value}");
        }
    }
}
