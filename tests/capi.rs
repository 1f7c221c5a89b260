//! The numbers of the C header are those of the Rust types.

use lwm2m_carrier::api::{BatteryStatus, DeviceError, PowerSource};
use lwm2m_carrier::carrier::{Deferred, Delivery, ErrorKind, Event, Request};
use lwm2m_carrier::lwm2m::Path;
use lwm2m_carrier::lwm2m::objects::portfolio::Identity;
use lwm2m_carrier::modem::{PdnType, Warning};
use std::collections::BTreeMap;

const HEADER: &str = include_str!("../include/lwm2m_carrier.h");

/// `#define LWM2M_CARRIER_NAME number` of the header: what stands behind the prefix, and the number.
fn numbers() -> BTreeMap<&'static str, i64> {
    let mut numbers = BTreeMap::new();
    for line in HEADER.lines() {
        let Some(rest) = line.strip_prefix("#define LWM2M_CARRIER_") else { continue };
        let mut words = rest.split_whitespace();
        let (Some(name), Some(number)) = (words.next(), words.next()) else { continue };
        let number = number.parse().unwrap_or_else(|_| panic!("{name} is no number: {number}"));
        assert!(numbers.insert(name, number).is_none(), "{name} twice");
    }
    numbers
}

const EVENTS: [Event<'static>; 17] = [
    Event::BsdlibInit,
    Event::Connecting,
    Event::Connected,
    Event::Disconnecting,
    Event::Disconnected,
    Event::Bootstrapped,
    Event::Registered,
    Event::Deferred { reason: Deferred::NoReason, seconds: 0 },
    Event::FotaStart { uri: None },
    Event::Reboot,
    Event::LteReady,
    Event::Error { kind: ErrorKind::NoError, value: 0 },
    Event::Deregistered,
    Event::ModemDomain(Warning::Overheated),
    Event::Notification { result: Delivery::Acknowledged },
    Event::Sent { result: 0 },
    Event::AppData { path: Path::ROOT },
];

/// What the Rust types say.
fn expected() -> BTreeMap<String, i64> {
    let mut expected = BTreeMap::new();
    for event in &EVENTS {
        expected.insert(format!("EVENT_{}", event.name()), event.number().into());
    }
    for (name, reason) in [
        ("NO_REASON", Deferred::NoReason),
        ("PDN_ACTIVATE", Deferred::PdnActivate),
        ("BOOTSTRAP_NO_ROUTE", Deferred::BootstrapNoRoute),
        ("BOOTSTRAP_CONNECT", Deferred::BootstrapConnect),
        ("BOOTSTRAP_SEQUENCE", Deferred::BootstrapSequence),
        ("SERVER_NO_ROUTE", Deferred::ServerNoRoute),
        ("SERVER_CONNECT", Deferred::ServerConnect),
        ("SERVER_REGISTRATION", Deferred::ServerRegistration),
    ] {
        expected.insert(format!("DEFERRED_{name}"), reason as i64);
    }
    for (name, result) in [
        ("ACKNOWLEDGED", Delivery::Acknowledged),
        ("TIMED_OUT", Delivery::TimedOut),
        ("RESET", Delivery::Reset),
    ] {
        expected.insert(format!("NOTIFICATION_{name}"), result as i64);
    }
    for (name, warning) in [
        ("ME_OVERHEATED", Warning::Overheated),
        ("ME_BATTERY_LOW", Warning::BatteryLow),
        ("RESET_LOOP", Warning::ResetLoop),
    ] {
        expected.insert(format!("MODEM_DOMAIN_{name}"), warning as i64);
    }
    for (name, kind) in [
        ("NO_ERROR", ErrorKind::NoError),
        ("CONNECT_FAIL", ErrorKind::ConnectFail),
        ("DISCONNECT_FAIL", ErrorKind::DisconnectFail),
        ("BOOTSTRAP", ErrorKind::Bootstrap),
        ("FOTA_PKG", ErrorKind::FotaPackage),
        ("FOTA_PROTO", ErrorKind::FotaProtocol),
        ("FOTA_CONN", ErrorKind::FotaConnection),
        ("FOTA_CONN_LOST", ErrorKind::FotaConnectionLost),
        ("FOTA_FAIL", ErrorKind::FotaFail),
        ("CONNECT", ErrorKind::Connect),
        ("CONFIGURATION", ErrorKind::Configuration),
    ] {
        expected.insert(format!("ERROR_{name}"), kind as i64);
    }
    for (name, source) in [
        ("DC", PowerSource::Dc),
        ("INTERNAL_BATTERY", PowerSource::InternalBattery),
        ("EXTERNAL_BATTERY", PowerSource::ExternalBattery),
        ("ETHERNET", PowerSource::Ethernet),
        ("USB", PowerSource::Usb),
        ("AC", PowerSource::Ac),
        ("SOLAR", PowerSource::Solar),
    ] {
        assert_eq!(PowerSource::from_number(source as u8), Some(source));
        expected.insert(format!("POWER_SOURCE_{name}"), source as i64);
    }
    for (name, error) in [
        ("NO_ERROR", DeviceError::NoError),
        ("LOW_CHARGE", DeviceError::LowCharge),
        ("EXTERNAL_SUPPLY_OFF", DeviceError::ExternalSupplyOff),
        ("GPS_FAILURE", DeviceError::GpsFailure),
        ("LOW_SIGNAL", DeviceError::LowSignal),
        ("OUT_OF_MEMORY", DeviceError::OutOfMemory),
        ("SMS_FAILURE", DeviceError::SmsFailure),
        ("IP_CONNECTIVITY_FAILURE", DeviceError::IpConnectivityFailure),
        ("PERIPHERAL_MALFUNCTION", DeviceError::PeripheralMalfunction),
    ] {
        expected.insert(format!("ERROR_CODE_{name}"), error as i64);
    }
    for (name, status) in [
        ("NORMAL", BatteryStatus::Normal),
        ("CHARGING", BatteryStatus::Charging),
        ("CHARGE_COMPLETE", BatteryStatus::ChargeComplete),
        ("DAMAGED", BatteryStatus::Damaged),
        ("LOW_BATTERY", BatteryStatus::LowBattery),
        ("NOT_INSTALLED", BatteryStatus::NotInstalled),
        ("UNKNOWN", BatteryStatus::Unknown),
    ] {
        assert_eq!(BatteryStatus::from_number(status as i32), Some(status));
        expected.insert(format!("BATTERY_STATUS_{name}"), status as i64);
    }
    for (name, identity) in [
        ("ID", Identity::Id),
        ("MANUFACTURER", Identity::Manufacturer),
        ("MODEL", Identity::Model),
        ("SW_VERSION", Identity::SoftwareVersion),
    ] {
        assert_eq!(Identity::from_number(identity as u16), Some(identity));
        expected.insert(format!("IDENTITY_{name}"), identity as i64);
    }
    for (name, request) in [
        ("REBOOT", Request::Reboot),
        ("LINK_UP", Request::LinkUp),
        ("LINK_DOWN", Request::LinkDown),
        ("REGISTER", Request::Register),
        ("DEREGISTER", Request::Deregister),
    ] {
        let number = (0..10).find(|number| Request::from_number(*number) == Some(request));
        expected.insert(format!("REQUEST_{name}"), number.expect("a number").into());
    }
    for (name, pdn_type) in
        [("IPV4V6", PdnType::Ipv4v6), ("IPV4", PdnType::Ipv4), ("IPV6", PdnType::Ipv6)]
    {
        expected.insert(format!("PDN_TYPE_{name}"), pdn_type as i64);
    }
    expected
}

#[test]
fn the_header_and_the_types_have_the_same_names_and_numbers() {
    let header: BTreeMap<String, i64> =
        numbers().into_iter().map(|(name, number)| (name.to_string(), number)).collect();
    assert_eq!(header, expected());
}

/// The list of version 0.10.0: what applications were compiled with must stay.
#[test]
fn the_numbers_of_version_0_10_0_are_what_they_were() {
    let numbers = numbers();
    let version_0_10_0: &[(&str, &[&str])] = &[
        ("EVENT", &["", "BSDLIB_INIT", "CONNECTING", "CONNECTED", "DISCONNECTING", "DISCONNECTED"]),
        ("DEFERRED", &["NO_REASON", "PDN_ACTIVATE", "BOOTSTRAP_NO_ROUTE", "BOOTSTRAP_CONNECT"]),
        ("ERROR", &["NO_ERROR", "CONNECT_FAIL", "DISCONNECT_FAIL", "BOOTSTRAP", "FOTA_PKG"]),
        ("POWER_SOURCE", &["DC", "INTERNAL_BATTERY", "EXTERNAL_BATTERY", "", "ETHERNET", "USB"]),
        ("BATTERY_STATUS", &["NORMAL", "CHARGING", "CHARGE_COMPLETE", "DAMAGED", "LOW_BATTERY"]),
        ("IDENTITY", &["ID", "MANUFACTURER", "MODEL", "SW_VERSION"]),
    ];
    for (kind, names) in version_0_10_0 {
        for (number, name) in (0..).zip(*names).filter(|(_, name)| !name.is_empty()) {
            assert_eq!(numbers[&*format!("{kind}_{name}")], number, "{kind}_{name}");
        }
    }
    for (name, number) in [
        ("EVENT_BOOTSTRAPPED", 6),
        ("EVENT_REGISTERED", 7),
        ("EVENT_DEFERRED", 8),
        ("EVENT_FOTA_START", 9),
        ("EVENT_REBOOT", 10),
        ("EVENT_LTE_READY", 11),
        ("EVENT_ERROR", 20),
        ("DEFERRED_BOOTSTRAP_SEQUENCE", 4),
        ("DEFERRED_SERVER_NO_ROUTE", 5),
        ("DEFERRED_SERVER_CONNECT", 6),
        ("DEFERRED_SERVER_REGISTRATION", 7),
        ("ERROR_FOTA_PROTO", 5),
        ("ERROR_FOTA_CONN", 6),
        ("ERROR_FOTA_CONN_LOST", 7),
        ("ERROR_FOTA_FAIL", 8),
    ] {
        assert_eq!(numbers[name], number, "{name}");
    }
    // What is ours begins at 32.
    let ours = [
        "EVENT_DEREGISTERED",
        "EVENT_MODEM_DOMAIN",
        "EVENT_APP_DATA",
        "ERROR_CONNECT",
        "ERROR_CONFIGURATION",
    ];
    assert_eq!(ours.map(|name| numbers[name]), [32, 33, 34, 32, 33]);
    assert_eq!(["EVENT_NOTIFICATION", "EVENT_SENT"].map(|name| numbers[name]), [35, 36]);
}

/// Every function of the header, whether the Rust side has it or the application.
#[test]
fn every_function_of_the_header_is_there() {
    let rust = include_str!("../src/ffi.rs");
    let mut count = 0;
    for part in HEADER.split("\nint").chain(HEADER.split("\nvoid")).chain(HEADER.split("\nconst")) {
        let Some((declaration, _)) = part.split_once(';') else { continue };
        let Some((head, _)) = declaration.split_once('(') else { continue };
        let name = head.rsplit([' ', '*']).next().expect("a name");
        if !name.starts_with("lwm2m_carrier_") || name == "lwm2m_carrier_event_handler" {
            continue;
        }
        assert!(rust.contains(&format!("fn {name}(")), "{name}");
        count += 1;
    }
    assert!(count >= 27, "{count} functions were found");
}
