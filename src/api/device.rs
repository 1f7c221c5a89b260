//! The Device Object: power, errors, memory, texts.

use super::{TEXT, changed, fitting, resource};
use crate::carrier::{Carrier, errno};
use crate::lwm2m::objects::device::{Device, OBJECT, id};
use crate::lwm2m::{Object, Path, Value};
use crate::time::Instant;

/// A power source: `LWM2M_CARRIER_POWER_SOURCE_*`, /3/0/6.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum PowerSource {
    /// Direct current.
    Dc = 0,
    /// The device's own battery.
    InternalBattery = 1,
    /// A battery outside.
    ExternalBattery = 2,
    /// Power over Ethernet.
    Ethernet = 4,
    /// USB.
    Usb = 5,
    /// Mains.
    Ac = 6,
    /// Solar.
    Solar = 7,
}

impl PowerSource {
    /// How many there are.
    pub const COUNT: usize = 7;

    /// The one with this number.
    pub const fn from_number(number: u8) -> Option<Self> {
        Some(match number {
            0 => Self::Dc,
            1 => Self::InternalBattery,
            2 => Self::ExternalBattery,
            4 => Self::Ethernet,
            5 => Self::Usb,
            6 => Self::Ac,
            7 => Self::Solar,
            _ => return None,
        })
    }
}

/// Status of the internal battery: `LWM2M_CARRIER_BATTERY_STATUS_*`, /3/0/20.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BatteryStatus {
    /// In use, not charging.
    Normal = 0,
    /// Charging.
    Charging = 1,
    /// Charged, and supplied from outside.
    ChargeComplete = 2,
    /// Damaged.
    Damaged = 3,
    /// Low.
    LowBattery = 4,
    /// There is none.
    NotInstalled = 5,
    /// Not known.
    Unknown = 6,
}

impl BatteryStatus {
    /// The one with this number.
    pub const fn from_number(number: i32) -> Option<Self> {
        Some(match number {
            0 => Self::Normal,
            1 => Self::Charging,
            2 => Self::ChargeComplete,
            3 => Self::Damaged,
            4 => Self::LowBattery,
            5 => Self::NotInstalled,
            6 => Self::Unknown,
            _ => return None,
        })
    }
}

/// An error of the device: `LWM2M_CARRIER_ERROR_CODE_*`, /3/0/11.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum DeviceError {
    /// None.
    NoError = 0,
    /// The battery is low.
    LowCharge = 1,
    /// Power from outside is off.
    ExternalSupplyOff = 2,
    /// The GPS module failed.
    GpsFailure = 3,
    /// The signal is weak.
    LowSignal = 4,
    /// Memory is used up.
    OutOfMemory = 5,
    /// SMS failed.
    SmsFailure = 6,
    /// IP connectivity failed.
    IpConnectivityFailure = 7,
    /// A peripheral does not work.
    PeripheralMalfunction = 8,
}

/// A text that the application sets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum Text {
    /// /3/0/17.
    DeviceType = id::DEVICE_TYPE,
    /// /3/0/18.
    HardwareVersion = id::HARDWARE_VERSION,
    /// /3/0/19.
    SoftwareVersion = id::SOFTWARE_VERSION,
}

/// The number at this path; `None` when there is none now.
fn number(device: &Device, path: &Path) -> Option<i64> {
    match device.read(path)? {
        Value::Integer(number) => Some(number),
        _ => None,
    }
}

/// The path of what a resource says of a power source.
const fn of(id: u16, source: PowerSource) -> Path {
    Path::resource_instance(OBJECT, 0, id, source as u16)
}

/// Does something with the object, and has the number at this path notified if it is another one
/// then: servers that observe the whole object are to hear of what is new, and of nothing else.
fn update<R>(
    carrier: &mut Carrier<'_>,
    now: Instant,
    path: Path,
    set: impl FnOnce(&mut Device) -> R,
) -> R {
    let device = &mut carrier.objects().device;
    let before = number(device, &path);
    let result = set(device);
    if number(device, &path) != before {
        changed(carrier, now, path);
    }
    result
}

/// Says which power sources there are. Voltages and currents become 0, the voltage of the internal
/// battery what the modem measured, until the application sets it; the level of the internal
/// battery 0, its status unknown, or not installed where there is none.
pub fn set_power_sources(carrier: &mut Carrier<'_>, now: Instant, sources: &[PowerSource]) {
    let device = &mut carrier.objects().device;
    device.set_power_sources(sources.iter().fold(0, |bits, source| bits | 1 << *source as u8));
    let status = match sources.contains(&PowerSource::InternalBattery) {
        true => BatteryStatus::Unknown,
        false => BatteryStatus::NotInstalled,
    };
    device.set_battery_level(0);
    device.set_battery_status(status as u8);
    changed(carrier, now, Path::instance(OBJECT, 0));
}

/// Sets the voltage of a power source in mV.
///
/// # Errors
/// `ENODEV` when the device does not have it.
pub fn set_voltage(
    carrier: &mut Carrier<'_>,
    now: Instant,
    source: PowerSource,
    millivolts: i32,
) -> Result<(), i32> {
    let path = of(id::POWER_VOLTAGE, source);
    let there = update(carrier, now, path, |device| device.set_voltage(source as u8, millivolts));
    if there { Ok(()) } else { Err(errno::ENODEV) }
}

/// Sets the current of a power source in mA.
///
/// # Errors
/// `ENODEV` when the device does not have it.
pub fn set_current(
    carrier: &mut Carrier<'_>,
    now: Instant,
    source: PowerSource,
    milliamperes: i32,
) -> Result<(), i32> {
    let path = of(id::POWER_CURRENT, source);
    let there = update(carrier, now, path, |device| device.set_current(source as u8, milliamperes));
    if there { Ok(()) } else { Err(errno::ENODEV) }
}

fn has_battery(carrier: &mut Carrier<'_>) -> Result<(), i32> {
    let path = of(id::POWER_SOURCES, PowerSource::InternalBattery);
    number(&carrier.objects().device, &path).map(|_| ()).ok_or(errno::ENODEV)
}

/// Sets the level of the internal battery in percent.
///
/// # Errors
/// `EINVAL` above 100, `ENODEV` without an internal battery.
pub fn set_battery_level(carrier: &mut Carrier<'_>, now: Instant, percent: u8) -> Result<(), i32> {
    if percent > 100 {
        return Err(errno::EINVAL);
    }
    has_battery(carrier)?;
    update(carrier, now, resource(id::BATTERY_LEVEL), |device| device.set_battery_level(percent));
    Ok(())
}

/// Sets the status of the internal battery.
///
/// # Errors
/// `ENODEV` without an internal battery.
pub fn set_battery_status(
    carrier: &mut Carrier<'_>,
    now: Instant,
    status: BatteryStatus,
) -> Result<(), i32> {
    has_battery(carrier)?;
    let path = resource(id::BATTERY_STATUS);
    update(carrier, now, path, |device| device.set_battery_status(status as u8));
    Ok(())
}

/// Sets a text, 1 to [`TEXT`] bytes.
///
/// # Errors
/// `EINVAL` when it is empty, `E2BIG` when it is too long.
pub fn set_text(
    carrier: &mut Carrier<'_>,
    now: Instant,
    which: Text,
    text: &str,
) -> Result<(), i32> {
    if text.is_empty() {
        return Err(errno::EINVAL);
    }
    let text = fitting(text, TEXT)?;
    if carrier.set_device_text(which as u16, text) {
        changed(carrier, now, resource(which as u16));
    }
    Ok(())
}

/// The code as the object takes it: a [`DeviceError`], or 16 to 32.
fn error_code(code: i32) -> Result<u8, i32> {
    match u8::try_from(code) {
        Ok(code @ (0..=8 | 16..=32)) => Ok(code),
        _ => Err(errno::EINVAL),
    }
}

/// Reports an error: a [`DeviceError`] or, of the device's own, 16 to 32. 0 takes every one back.
///
/// # Errors
/// `EINVAL` when there is no such code.
pub fn add_error(carrier: &mut Carrier<'_>, now: Instant, code: i32) -> Result<(), i32> {
    let code = error_code(code)?;
    let device = &mut carrier.objects().device;
    let first = Path::resource_instance(OBJECT, 0, id::ERROR_CODE, 0);
    let known = match code {
        0 => device.read(&first) == Some(Value::Integer(0)),
        _ => device.remove_error(code),
    };
    device.add_error(code);
    if !known {
        changed(carrier, now, resource(id::ERROR_CODE));
    }
    Ok(())
}

/// Takes an error back.
///
/// # Errors
/// `EINVAL` when there is no such code, or it is 0; `ENOENT` when it is not reported.
pub fn remove_error(carrier: &mut Carrier<'_>, now: Instant, code: i32) -> Result<(), i32> {
    let code = error_code(code)?;
    if code == 0 {
        return Err(errno::EINVAL);
    }
    if !carrier.objects().device.remove_error(code) {
        return Err(errno::ENOENT);
    }
    changed(carrier, now, resource(id::ERROR_CODE));
    Ok(())
}

/// Sets the total memory in kB.
///
/// # Errors
/// `EINVAL` above [`i32::MAX`].
pub fn set_memory_total(carrier: &mut Carrier<'_>, now: Instant, total: u32) -> Result<(), i32> {
    if i32::try_from(total).is_err() {
        return Err(errno::EINVAL);
    }
    update(carrier, now, resource(id::MEMORY_TOTAL), |device| {
        let free = number(device, &resource(id::MEMORY_FREE)).unwrap_or(0);
        device.set_memory(free as u32, total);
    });
    Ok(())
}

/// Sets the free memory in kB.
pub fn set_memory_free(carrier: &mut Carrier<'_>, now: Instant, free: u32) {
    update(carrier, now, resource(id::MEMORY_FREE), |device| {
        let total = number(device, &resource(id::MEMORY_TOTAL)).unwrap_or(0);
        device.set_memory(free, total as u32);
    });
}
