//! Object 3, Device (Core appendix E.4).

use crate::bytes::{Text, TextView};
use crate::coap::Code;
use crate::lwm2m::object::operation::{E, R, W};
use crate::lwm2m::object::{Context, Definition, Effect, Object, Resource};
use crate::lwm2m::{Notice, Path, Type, Value, source};
use crate::time::Instant;

/// Object ID.
pub const OBJECT: u16 = 3;

/// Resource IDs.
pub mod id {
    #![allow(missing_docs, reason = "the names are the table's")]
    pub const MANUFACTURER: u16 = 0;
    pub const MODEL_NUMBER: u16 = 1;
    pub const SERIAL_NUMBER: u16 = 2;
    pub const FIRMWARE_VERSION: u16 = 3;
    pub const REBOOT: u16 = 4;
    pub const FACTORY_RESET: u16 = 5;
    pub const POWER_SOURCES: u16 = 6;
    pub const POWER_VOLTAGE: u16 = 7;
    pub const POWER_CURRENT: u16 = 8;
    pub const BATTERY_LEVEL: u16 = 9;
    pub const MEMORY_FREE: u16 = 10;
    pub const ERROR_CODE: u16 = 11;
    pub const RESET_ERROR_CODE: u16 = 12;
    pub const CURRENT_TIME: u16 = 13;
    pub const UTC_OFFSET: u16 = 14;
    pub const TIMEZONE: u16 = 15;
    pub const BINDING: u16 = 16;
    pub const DEVICE_TYPE: u16 = 17;
    pub const HARDWARE_VERSION: u16 = 18;
    pub const SOFTWARE_VERSION: u16 = 19;
    pub const BATTERY_STATUS: u16 = 20;
    pub const MEMORY_TOTAL: u16 = 21;
}

static DEFINITION: Definition = Definition {
    object: OBJECT,
    version: (1, 1),
    creatable: false,
    resources: &[
        Resource::new(id::MANUFACTURER, R, Type::String),
        Resource::new(id::MODEL_NUMBER, R, Type::String),
        Resource::new(id::SERIAL_NUMBER, R, Type::String),
        Resource::new(id::FIRMWARE_VERSION, R, Type::String),
        Resource::new(id::REBOOT, E, Type::None).mandatory(),
        Resource::new(id::FACTORY_RESET, E, Type::None),
        Resource::new(id::POWER_SOURCES, R, Type::Integer).multiple(),
        Resource::new(id::POWER_VOLTAGE, R, Type::Integer).multiple(),
        Resource::new(id::POWER_CURRENT, R, Type::Integer).multiple(),
        Resource::new(id::BATTERY_LEVEL, R, Type::Integer),
        Resource::new(id::MEMORY_FREE, R, Type::Integer),
        Resource::new(id::ERROR_CODE, R, Type::Integer).multiple().mandatory(),
        Resource::new(id::RESET_ERROR_CODE, E, Type::None),
        Resource::new(id::CURRENT_TIME, R | W, Type::Time),
        Resource::new(id::UTC_OFFSET, R | W, Type::String).range(1, 6),
        Resource::new(id::TIMEZONE, R | W, Type::String).range(0, TEXT as u16),
        Resource::new(id::BINDING, R, Type::String).mandatory(),
        Resource::new(id::DEVICE_TYPE, R, Type::String),
        Resource::new(id::HARDWARE_VERSION, R, Type::String),
        Resource::new(id::SOFTWARE_VERSION, R, Type::String),
        Resource::new(id::BATTERY_STATUS, R, Type::Integer),
        Resource::new(id::MEMORY_TOTAL, R, Type::Integer),
    ],
};

/// How many kinds of power source there are (0 DC to 7 solar).
const SOURCES: usize = 8;
/// The internal battery.
const BATTERY: u8 = 1;
/// Bytes of a text resource.
const TEXT: usize = 32;
/// The resources that are texts and change, but UTC Offset, which is short.
const TEXTS: [u16; 8] = [
    id::MANUFACTURER,
    id::MODEL_NUMBER,
    id::SERIAL_NUMBER,
    id::FIRMWARE_VERSION,
    id::TIMEZONE,
    id::DEVICE_TYPE,
    id::HARDWARE_VERSION,
    id::SOFTWARE_VERSION,
];

/// Object 3.
pub struct Device {
    /// In the order of `TEXTS`.
    texts: [Text<TEXT>; TEXTS.len()],
    utc_offset: Text<6>,
    binding: Option<&'static str>,
    /// Bit n: a power source of kind n is there.
    sources: u8,
    voltages: [i32; SOURCES],
    currents: [i32; SOURCES],
    /// What the modem measures, in mV.
    supply: u16,
    /// What the modem is not asked for, by [`source`]: the application or a server says it, or the
    /// device does not have it.
    pub(crate) told: u8,
    battery_level: Option<u8>,
    battery_status: Option<u8>,
    /// Free and total in kB, once they are known.
    memory: [u32; 2],
    is_memory_known: bool,
    /// Bit n: error code n + 1 is reported (1 to 32).
    errors: u32,
    /// The time of day when the caller's clock was at its origin, if it is known.
    origin: i64,
    is_clock_set: bool,
    now: Instant,
}

/// The place of a resource in `TEXTS`.
#[inline(never)]
fn place(resource: u16) -> Option<usize> {
    TEXTS.iter().position(|text| *text == resource)
}

/// Replaces a text. One that is too long is cut at a character.
fn replace(text: &mut TextView, value: &str) {
    text.clear();
    let mut len = value.len().min(text.capacity());
    while !value.is_char_boundary(len) {
        len -= 1;
    }
    // It fits.
    let _ = text.push_str(value.get(..len).unwrap_or_default());
}

impl Device {
    /// Nothing said yet. All of it is zero.
    pub(crate) const EMPTY: Self = Self {
        texts: [const { Text::new() }; TEXTS.len()],
        utc_offset: Text::new(),
        binding: None,
        sources: 0,
        voltages: [0; SOURCES],
        currents: [0; SOURCES],
        supply: 0,
        told: 0,
        battery_level: None,
        battery_status: None,
        memory: [0; 2],
        is_memory_known: false,
        errors: 0,
        origin: 0,
        is_clock_set: false,
        now: Instant::ZERO,
    };

    /// Sets one of the text resources; others are left alone. Returns whether it is a new text.
    pub fn set_text(&mut self, resource: u16, value: &str) -> bool {
        let text: &mut TextView = match place(resource).and_then(|at| self.texts.get_mut(at)) {
            Some(text) => text,
            None if resource == id::UTC_OFFSET => &mut self.utc_offset,
            None => return false,
        };
        let new = text.as_str() != value;
        replace(text, value);
        new
    }

    fn text(&self, resource: u16) -> Option<&str> {
        let text: &TextView = match place(resource) {
            Some(at) => self.texts.get(at)?,
            None if resource == id::UTC_OFFSET => &self.utc_offset,
            None => return None,
        };
        (!text.is_empty()).then_some(text.as_str())
    }

    pub(crate) fn set_binding(&mut self, binding: &'static str) {
        self.binding = Some(binding);
    }

    /// Lets the time of day go on.
    pub(crate) fn set_now(&mut self, now: Instant) {
        self.now = now;
    }

    /// Sets the time of day, in seconds since 1970-01-01T00:00:00Z. From then on the modem is not
    /// asked for it.
    pub fn set_clock(&mut self, now: Instant, utc: i64) {
        self.told |= source::CLOCK;
        self.origin = utc.saturating_sub_unsigned(now.since(Instant::ZERO).as_secs());
        self.is_clock_set = true;
    }

    /// The time of day in seconds since 1970-01-01T00:00:00Z, if it is known.
    pub fn clock(&self) -> Option<i64> {
        self.time_of(self.now)
    }

    /// The time of day at a moment, if it is known.
    pub(crate) fn time_of(&self, at: Instant) -> Option<i64> {
        let time = self.origin.saturating_add_unsigned(at.since(Instant::ZERO).as_secs());
        self.is_clock_set.then_some(time)
    }

    /// What the network says of the time.
    pub(crate) fn set_network_time(&mut self, now: Instant, utc: i64, offset: Option<i16>) {
        let told = self.told;
        self.set_clock(now, utc);
        if let Some(offset) = offset {
            self.set_utc_offset(offset);
        }
        self.told = told;
    }

    /// Sets the UTC offset, in minutes, as ISO 8601 writes it: `+02:00`. From then on the modem is
    /// not asked for it.
    pub fn set_utc_offset(&mut self, minutes: i16) {
        self.told |= source::CLOCK;
        let size = u32::from(minutes.unsigned_abs());
        let digit = |number: u32| b'0' + (number % 10) as u8;
        let (hours, minutes, sign) = (size / 60, size % 60, if minutes < 0 { b'-' } else { b'+' });
        let text =
            [sign, digit(hours / 10), digit(hours), b':', digit(minutes / 10), digit(minutes)];
        // Nothing but ASCII.
        self.set_text(id::UTC_OFFSET, crate::bytes::text(&text).unwrap_or_default());
    }

    /// Says which power sources there are (0 DC, 1 internal battery, 2 external battery, 3 fuel
    /// cell, 4 Ethernet, 5 USB, 6 AC, 7 solar), one bit each. Voltages and currents become
    /// 0; the voltage of the internal battery what the modem measured last.
    pub fn set_power_sources(&mut self, sources: u8) {
        self.sources = sources;
        self.voltages = [0; SOURCES];
        self.currents = [0; SOURCES];
        self.told |= source::VOLTAGE;
        if sources >> BATTERY & 1 != 0 {
            self.told &= !source::VOLTAGE;
        }
        self.set_supply(self.supply);
    }

    /// Sets the voltage of a power source in mV; `false` when it is not there. That of the internal
    /// battery is what the modem measures until it is set.
    pub fn set_voltage(&mut self, source: u8, millivolts: i32) -> bool {
        let there = Self::set_power(self.sources, &mut self.voltages, source, millivolts);
        if source == BATTERY {
            self.told |= source::VOLTAGE;
        }
        there
    }

    /// Takes what the modem measures, in mV. Returns whether that is a new voltage of the battery.
    pub(crate) fn set_supply(&mut self, millivolts: u16) -> bool {
        self.supply = millivolts;
        let voltage = &mut self.voltages[usize::from(BATTERY)];
        let measured = self.told & source::VOLTAGE == 0;
        measured && core::mem::replace(voltage, millivolts.into()) != millivolts.into()
    }

    /// Sets the current of a power source in mA; `false` when it is not there.
    pub fn set_current(&mut self, source: u8, milliamperes: i32) -> bool {
        Self::set_power(self.sources, &mut self.currents, source, milliamperes)
    }

    fn set_power(sources: u8, values: &mut [i32; SOURCES], source: u8, value: i32) -> bool {
        match values.get_mut(usize::from(source)) {
            Some(slot) if sources >> source & 1 != 0 => {
                *slot = value;
                true
            }
            _ => false,
        }
    }

    /// Sets the level of the internal battery in percent; `false` above 100.
    pub fn set_battery_level(&mut self, percent: u8) -> bool {
        let valid = percent <= 100;
        if valid {
            self.battery_level = Some(percent);
        }
        valid
    }

    /// Sets the battery status (0 normal to 6 unknown); `false` above 6.
    pub fn set_battery_status(&mut self, status: u8) -> bool {
        let valid = status <= 6;
        if valid {
            self.battery_status = Some(status);
        }
        valid
    }

    /// Sets free and total memory in kB.
    pub fn set_memory(&mut self, free: u32, total: u32) {
        self.memory = [free, total];
        self.is_memory_known = true;
    }

    /// Reports an error code from 1 to 32, or with 0 none at all; `false` for any other.
    pub fn add_error(&mut self, code: u8) -> bool {
        match (code, bit(code)) {
            (0, _) => self.errors = 0,
            (_, 0) => return false,
            (_, bit) => self.errors |= bit,
        }
        true
    }

    /// Takes an error code back; `false` when it was not reported.
    pub fn remove_error(&mut self, code: u8) -> bool {
        let known = self.errors & bit(code) != 0;
        self.errors &= !bit(code);
        known
    }
}

/// The bit of an error code; 0 for a number that is none.
const fn bit(code: u8) -> u32 {
    if matches!(code, 1..=32) { 1 << (code - 1) } else { 0 }
}

impl Object for Device {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        match path.id(2) {
            Some(id::ERROR_CODE) => super::counted(self, path, index),
            // The kind of a power source is its Resource Instance ID, in all three resources.
            _ => super::nth(self.sources.into(), index),
        }
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let (resource, index) = (path.id(2)?, path.id(3).unwrap_or(0));
        let source = || (index < 8 && self.sources >> index & 1 != 0).then_some(usize::from(index));
        let number: i64 = match resource {
            id::POWER_SOURCES => source()? as i64,
            id::POWER_VOLTAGE => (*self.voltages.get(source()?)?).into(),
            id::POWER_CURRENT => (*self.currents.get(source()?)?).into(),
            id::BATTERY_LEVEL => self.battery_level?.into(),
            id::MEMORY_FREE | id::MEMORY_TOTAL if !self.is_memory_known => return None,
            id::MEMORY_FREE => self.memory[0].into(),
            // A device without error reports 0.
            id::ERROR_CODE if self.errors == 0 && index == 0 => 0,
            id::ERROR_CODE => i64::from(super::nth(self.errors, index.into())?) + 1,
            id::BATTERY_STATUS => self.battery_status?.into(),
            id::MEMORY_TOTAL => self.memory[1].into(),
            id::CURRENT_TIME => return self.clock().map(Value::Time),
            id::BINDING => return self.binding.map(Value::String),
            _ => return self.text(resource).map(Value::String),
        };
        Some(Value::Integer(number))
    }

    fn accepts(&self, _: &Path, value: &Value<'_>) -> Result<(), Code> {
        match *value {
            Value::Time(..0) => Err(Code::BAD_REQUEST),
            _ => Ok(()),
        }
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, _: &mut Context) -> Result<(), Code> {
        match (path.id(2), *value) {
            (_, Value::Time(utc)) => self.set_clock(self.now, utc),
            (Some(resource), Value::String(text)) => {
                self.told |= source::CLOCK;
                self.set_text(resource, text);
            }
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        }
        Ok(())
    }

    fn execute(&mut self, path: &Path, _: &[u8], context: &mut Context) -> Result<(), Code> {
        match path.id(2) {
            Some(id::REBOOT) => context.effect = Effect::Notice(Notice::Reboot),
            Some(id::FACTORY_RESET) => context.effect = Effect::Notice(Notice::FactoryReset),
            Some(id::RESET_ERROR_CODE) => {
                self.errors = 0;
                context.changed(Path::resource(OBJECT, 0, id::ERROR_CODE));
            }
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_utc_offset_is_written_as_iso_8601_does() {
        let mut device = Device::EMPTY;
        for (minutes, text) in [(120, "+02:00"), (-210, "-03:30"), (0, "+00:00"), (845, "+14:05")] {
            device.set_utc_offset(minutes);
            assert_eq!(device.text(id::UTC_OFFSET), Some(text));
        }
    }

    #[test]
    fn the_clock_goes_on() {
        let mut device = Device::EMPTY;
        device.set_clock(Instant::from_secs(10), 1_700_000_000);
        device.set_now(Instant::from_secs(75));
        assert_eq!(device.clock(), Some(1_700_000_065));
    }
}
