//! Object 3, Device (Core appendix E.4).

use crate::coap::Code;
use crate::lwm2m::object::operation::{E, R, W};
use crate::lwm2m::object::{Context, Definition, Effect, Object, Resource};
use crate::lwm2m::{Path, Type, Value};
use crate::time::Instant;
use heapless::string::{String, StringView};

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
    assumed: (1, 1),
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
        Resource::new(id::UTC_OFFSET, R | W, Type::String),
        Resource::new(id::TIMEZONE, R | W, Type::String),
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
/// Bytes of a text resource.
const TEXT: usize = 32;

/// Object 3.
#[derive(Default)]
pub struct Device {
    manufacturer: String<TEXT>,
    model: String<TEXT>,
    serial: String<20>,
    firmware: String<TEXT>,
    kind: String<TEXT>,
    hardware: String<TEXT>,
    software: String<TEXT>,
    timezone: String<TEXT>,
    utc_offset: String<6>,
    binding: &'static str,
    /// Bit n: a power source of kind n is there.
    sources: u8,
    voltages: [i32; SOURCES],
    currents: [i32; SOURCES],
    battery_level: Option<u8>,
    battery_status: Option<u8>,
    memory_free: Option<u32>,
    memory_total: Option<u32>,
    /// Bit n: error code n is reported (1 to 32).
    errors: u64,
    /// The time of day, and when it was that.
    clock: Option<(i64, Instant)>,
    now: Instant,
}

/// Replaces a text. One that is too long is cut at a character.
fn replace(text: &mut StringView, value: &str) {
    text.clear();
    let longest = value.len().min(text.capacity());
    let fitting = (0..=longest).rev().find_map(|len| value.get(..len));
    // It fits.
    let _ = text.push_str(fitting.unwrap_or_default());
}

impl Device {
    /// Sets one of the text resources; others are left alone. Returns whether it is a new text.
    pub fn set_text(&mut self, resource: u16, value: &str) -> bool {
        let new = self.text(resource) != Some(value);
        let text: &mut StringView = match resource {
            id::MANUFACTURER => &mut self.manufacturer,
            id::MODEL_NUMBER => &mut self.model,
            id::SERIAL_NUMBER => &mut self.serial,
            id::FIRMWARE_VERSION => &mut self.firmware,
            id::UTC_OFFSET => &mut self.utc_offset,
            id::TIMEZONE => &mut self.timezone,
            id::DEVICE_TYPE => &mut self.kind,
            id::HARDWARE_VERSION => &mut self.hardware,
            id::SOFTWARE_VERSION => &mut self.software,
            _ => return false,
        };
        replace(text, value);
        new
    }

    fn text(&self, resource: u16) -> Option<&str> {
        let text: &str = match resource {
            id::MANUFACTURER => &self.manufacturer,
            id::MODEL_NUMBER => &self.model,
            id::SERIAL_NUMBER => &self.serial,
            id::FIRMWARE_VERSION => &self.firmware,
            id::UTC_OFFSET => &self.utc_offset,
            id::TIMEZONE => &self.timezone,
            id::BINDING => self.binding,
            id::DEVICE_TYPE => &self.kind,
            id::HARDWARE_VERSION => &self.hardware,
            id::SOFTWARE_VERSION => &self.software,
            _ => "",
        };
        (!text.is_empty()).then_some(text)
    }

    pub(crate) fn set_binding(&mut self, binding: &'static str) {
        self.binding = binding;
    }

    /// Lets the time of day go on.
    pub(crate) fn set_now(&mut self, now: Instant) {
        self.now = now;
    }

    /// Sets the time of day, in seconds since 1970-01-01T00:00:00Z.
    pub fn set_clock(&mut self, now: Instant, utc: i64) {
        self.clock = Some((utc, now));
    }

    /// The time of day in seconds since 1970-01-01T00:00:00Z, if it is known.
    pub fn clock(&self) -> Option<i64> {
        let (utc, at) = self.clock?;
        Some(utc.saturating_add_unsigned(self.now.since(at).as_secs()))
    }

    /// Sets the UTC offset, in minutes, as ISO 8601 writes it: `+02:00`.
    pub fn set_utc_offset(&mut self, minutes: i16) {
        let size = minutes.unsigned_abs();
        let digit = |number: u16| char::from(b'0' + (number % 10) as u8);
        self.utc_offset.clear();
        let (hours, minutes, sign) = (size / 60, size % 60, if minutes < 0 { '-' } else { '+' });
        for c in [sign, digit(hours / 10), digit(hours), ':', digit(minutes / 10), digit(minutes)] {
            // Six characters fit six bytes.
            let _ = self.utc_offset.push(c);
        }
    }

    /// Says which power sources there are (0 DC, 1 internal battery, 2 external battery, 3 fuel
    /// cell, 4 Ethernet, 5 USB, 6 AC, 7 solar), one bit each; voltages and currents become 0.
    pub fn set_power_sources(&mut self, sources: u8) {
        self.sources = sources;
        self.voltages = [0; SOURCES];
        self.currents = [0; SOURCES];
    }

    /// Sets the voltage of a power source in mV; `false` when it is not there.
    pub fn set_voltage(&mut self, source: u8, millivolts: i32) -> bool {
        Self::set_power(self.sources, &mut self.voltages, source, millivolts)
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
        self.memory_free = Some(free);
        self.memory_total = Some(total);
    }

    /// Reports an error code from 1 to 32, or with 0 none at all; `false` for any other.
    pub fn add_error(&mut self, code: u8) -> bool {
        match code {
            0 => self.errors = 0,
            1..=32 => self.errors |= 1 << code,
            _ => return false,
        }
        true
    }

    /// Takes an error code back; `false` when it was not reported.
    pub fn remove_error(&mut self, code: u8) -> bool {
        let bit = 1u64.checked_shl(code.into()).unwrap_or(0);
        let known = self.errors & bit != 0;
        self.errors &= !bit;
        known
    }

    /// The error code at `index` in ascending order; a device without error reports 0.
    fn error(&self, index: usize) -> Option<u8> {
        if self.errors == 0 {
            return (index == 0).then_some(0);
        }
        (1..=32).filter(|code| self.errors >> code & 1 != 0).nth(index)
    }
}

impl Object for Device {
    fn definition(&self) -> &'static Definition {
        &DEFINITION
    }

    fn resource_instance(&self, path: &Path, index: usize) -> Option<u16> {
        if path.id(2) == Some(id::ERROR_CODE) {
            return self.error(index).map(|_| index as u16);
        }
        // The kind of a power source is its Resource Instance ID, in all three resources.
        (0..SOURCES as u16).filter(|source| self.sources >> source & 1 != 0).nth(index)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        let resource = path.id(2)?;
        let source = || path.id(3).filter(|source| *source < 8 && self.sources >> source & 1 != 0);
        let power = |values: &[i32; SOURCES]| {
            source()
                .and_then(|source| values.get(usize::from(source)).copied())
                .map(|value| Value::Integer(value.into()))
        };
        match resource {
            id::POWER_SOURCES => source().map(|source| Value::Integer(source.into())),
            id::POWER_VOLTAGE => power(&self.voltages),
            id::POWER_CURRENT => power(&self.currents),
            id::BATTERY_LEVEL => self.battery_level.map(|level| Value::Integer(level.into())),
            id::MEMORY_FREE => self.memory_free.map(|size| Value::Integer(size.into())),
            id::ERROR_CODE => {
                self.error(path.id(3)?.into()).map(|code| Value::Integer(code.into()))
            }
            id::CURRENT_TIME => self.clock().map(Value::Time),
            id::BATTERY_STATUS => self.battery_status.map(|status| Value::Integer(status.into())),
            id::MEMORY_TOTAL => self.memory_total.map(|size| Value::Integer(size.into())),
            _ => self.text(resource).map(Value::String),
        }
    }

    fn accepts(&self, path: &Path, value: &Value<'_>) -> Result<(), Code> {
        let fits = match (path.id(2), *value) {
            (Some(id::UTC_OFFSET), Value::String(text)) => text.len() <= 6 && !text.is_empty(),
            (Some(id::TIMEZONE), Value::String(text)) => text.len() <= TEXT,
            (Some(id::CURRENT_TIME), Value::Time(utc)) => utc >= 0,
            _ => true,
        };
        if fits { Ok(()) } else { Err(Code::BAD_REQUEST) }
    }

    fn write(&mut self, path: &Path, value: &Value<'_>, _: &mut Context) -> Result<(), Code> {
        match (path.id(2), *value) {
            (Some(id::CURRENT_TIME), Value::Time(utc)) => self.set_clock(self.now, utc),
            (Some(resource), Value::String(text)) => {
                self.set_text(resource, text);
            }
            _ => return Err(Code::METHOD_NOT_ALLOWED),
        }
        Ok(())
    }

    fn execute(&mut self, path: &Path, _: &[u8], context: &mut Context) -> Result<(), Code> {
        match path.id(2) {
            Some(id::REBOOT) => context.effect(Effect::Reboot),
            Some(id::FACTORY_RESET) => context.effect(Effect::FactoryReset),
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
        let mut device = Device::default();
        for (minutes, text) in [(120, "+02:00"), (-210, "-03:30"), (0, "+00:00"), (845, "+14:05")] {
            device.set_utc_offset(minutes);
            assert_eq!(device.text(id::UTC_OFFSET), Some(text));
        }
    }

    #[test]
    fn the_clock_goes_on() {
        let mut device = Device::default();
        device.set_clock(Instant::from_secs(10), 1_700_000_000);
        device.set_now(Instant::from_secs(75));
        assert_eq!(device.clock(), Some(1_700_000_065));
    }
}
