//! What needs no server: arguments, configuration, what the data model has afterwards.

extern crate std;

use super::*;
use crate::capacity;
use crate::carrier::errno::*;
use crate::carrier::{Config, EndpointName, Request, ServerConfig};
use crate::lwm2m::objects::Device;
use crate::lwm2m::objects::device::id;
use crate::lwm2m::objects::portfolio::Identity;
use crate::lwm2m::{Object, Value};
use crate::modem::PdnType;
use crate::secret::Secret;
use crate::time::Duration;
use std::format;

const NOW: Instant = Instant::from_secs(5);

fn carrier() -> Carrier<'static> {
    Carrier::new(Config::default(), 1, &mut [])
}

fn value(carrier: &mut Carrier<'_>, path: &str) -> Option<i64> {
    let path = Path::parse(path).unwrap();
    match carrier.objects().device.read(&path)? {
        Value::Integer(number) => Some(number),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_key_is_decoded_and_nothing_else_is() {
    let mut key = [9; capacity::KEY];
    assert_eq!(decode_key("00fFA5", &mut key), Ok(3));
    assert_eq!(key[..3], [0, 0xff, 0xa5]);
    assert_eq!(decode_key(&"5a".repeat(capacity::KEY), &mut key), Ok(capacity::KEY));
    assert_eq!(key, [0x5a; capacity::KEY]);
    for wrong in ["", "0", "000", "0g", "0x", " 0", "é", "00\n"] {
        assert_eq!(decode_key(wrong, &mut key), Err(EINVAL), "{wrong}");
    }
    assert_eq!(decode_key(&"0".repeat(2 * capacity::KEY + 1), &mut key), Err(E2BIG));
}

const BASE: Config<'static> = Config {
    server: Some(ServerConfig {
        uri: "coaps://kconfig.example",
        bootstrap: true,
        credentials: Some(Secret::new((b"base", b"\x01"))),
        lifetime: 1000,
        hold_off: 7,
    }),
    ..DEFAULT
};
const DEFAULT: Config<'static> = Config { apn: "base", queue_mode: true, ..Config::DEFAULT };

#[test]
fn no_change_is_the_base() {
    for base in [BASE, DEFAULT] {
        let config = Changes::default().apply(base).unwrap();
        assert_eq!(format!("{config:?}"), format!("{base:?}"));
    }
}

#[test]
fn what_is_given_takes_the_place_of_the_base() {
    let config = Changes {
        server_uri: Some("coaps://dm.example"),
        key: Some(Secret::new(b"key")),
        identity: Some(Secret::new("me")),
        security_tag: 42,
        lifetime: 300,
        session_idle_timeout: -1,
        confirm_interval: -1,
        pdn_type: 2,
        apn: Some("apn"),
        manufacturer: Some("m"),
        model_number: Some("n"),
        device_type: Some("d"),
        hardware_version: Some("h"),
        software_version: Some("s"),
        endpoint_name: Some(Secret::new("ep")),
        ..Changes::default()
    };
    let config = config.apply(BASE).unwrap();
    let server = config.server.unwrap();
    assert_eq!((server.uri, server.bootstrap), ("coaps://dm.example", false));
    assert_eq!(server.credentials.unwrap().expose(), (&b"me"[..], &b"key"[..]));
    assert_eq!((server.lifetime, server.hold_off, config.security_tag), (300, 7, 42));
    assert_eq!((config.session_idle_timeout, config.confirm_interval), (None, Duration::ZERO));
    assert_eq!((config.pdn_type, config.apn), (PdnType::Ipv6, "apn"));
    assert_eq!((config.manufacturer, config.model_number, config.device_type), ("m", "n", "d"));
    assert_eq!((config.hardware_version, config.software_version), ("h", "s"));
    assert_eq!((config.endpoint, config.queue_mode), (EndpointName::Custom("ep"), true));
}

#[test]
fn half_of_the_credentials_is_taken_from_the_base() {
    let credentials = |changes: Changes<'static>, base| {
        changes.apply(base).map(|config| config.server.unwrap().credentials.unwrap().expose())
    };
    let key = Changes { key: Some(Secret::new(b"key")), ..Changes::default() };
    let identity = Changes { identity: Some(Secret::new("me")), ..Changes::default() };
    assert_eq!(credentials(key, BASE), Ok((&b"base"[..], &b"key"[..])));
    assert_eq!(credentials(identity, BASE), Ok((&b"me"[..], &b"\x01"[..])));
    // Without a base it is nothing.
    let uri = Some("coaps://bs.example");
    for changes in [key, identity] {
        assert_eq!(credentials(changes, DEFAULT), Err(EINVAL));
        let changes = Changes { bootstrap_uri: uri, ..changes };
        assert_eq!(credentials(changes, DEFAULT), Err(EINVAL));
    }
    let both = Changes { bootstrap_uri: uri, identity: identity.identity, ..key };
    assert_eq!(credentials(both, DEFAULT), Ok((&b"me"[..], &b"key"[..])));
}

#[test]
fn times_have_ranges() {
    let idle = |session_idle_timeout| {
        let changes = Changes { session_idle_timeout, ..Changes::default() };
        changes.apply(BASE).map(|config| config.session_idle_timeout)
    };
    assert_eq!(idle(1), Ok(Some(Duration::from_secs(1))));
    assert_eq!(idle(i32::MAX), Ok(Some(Duration::from_secs(i32::MAX as u64))));
    assert_eq!(idle(-2), Err(EINVAL));
    let confirm = |confirm_interval| {
        let changes = Changes { confirm_interval, ..Changes::default() };
        changes.apply(BASE).map(|config| config.confirm_interval.as_secs())
    };
    assert_eq!((confirm(1), confirm(86400)), (Ok(1), Ok(86400)));
    assert_eq!((confirm(86401), confirm(-2)), (Err(EINVAL), Err(EINVAL)));
    let lifetime = |lifetime| {
        let uri = Some("coap://dm.example");
        let changes = Changes { lifetime, server_uri: uri, ..Changes::default() };
        changes.apply(DEFAULT).map(|config| config.server.unwrap().lifetime)
    };
    assert_eq!((lifetime(0), lifetime(1), lifetime(-1)), (Ok(3600), Ok(1), Err(EINVAL)));
}

#[test]
fn what_cannot_be_used_is_refused() {
    let nothing = Changes::default();
    let uri = Some("coaps://a.example");
    let long = "x".repeat(200);
    let long_uri = format!("coap://{long}");
    let cases = [
        (Changes { bootstrap_uri: uri, server_uri: uri, ..nothing }, EINVAL),
        (Changes { certification_mode: true, ..nothing }, EINVAL),
        (Changes { server_uri: Some("http://a.example"), ..nothing }, EINVAL),
        (Changes { server_uri: Some(&long_uri), ..nothing }, E2BIG),
        (Changes { pdn_type: 3, ..nothing }, EINVAL),
        (Changes { apn: long.get(..64), ..nothing }, E2BIG),
        (Changes { manufacturer: long.get(..33), ..nothing }, E2BIG),
        (Changes { model_number: long.get(..33), ..nothing }, E2BIG),
        (Changes { device_type: long.get(..33), ..nothing }, E2BIG),
        (Changes { hardware_version: long.get(..33), ..nothing }, E2BIG),
        (Changes { software_version: long.get(..33), ..nothing }, E2BIG),
        (Changes { endpoint_name: long.get(..65).map(Secret::new), ..nothing }, E2BIG),
        (Changes { endpoint_name: Some(Secret::new("")), ..nothing }, EINVAL),
        (Changes { identity: long.get(..65).map(Secret::new), ..nothing }, E2BIG),
        (Changes { identity: Some(Secret::new("")), ..nothing }, EINVAL),
        (Changes { key: long.as_bytes().get(..33).map(Secret::new), ..nothing }, E2BIG),
        (Changes { key: Some(Secret::new(b"")), ..nothing }, EINVAL),
    ];
    for (number, (changes, error)) in cases.into_iter().enumerate() {
        assert_eq!(changes.apply(BASE).err(), Some(error), "case {number}");
    }
    let certified = Changes { certification_mode: true, server_uri: uri, ..nothing };
    assert!(certified.apply(BASE).is_ok());
    // The longest that fit.
    let longest = Changes {
        apn: long.get(..63),
        software_version: long.get(..32),
        endpoint_name: long.get(..64).map(Secret::new),
        identity: long.get(..64).map(Secret::new),
        key: long.as_bytes().get(..32).map(Secret::new),
        ..nothing
    };
    assert!(longest.apply(BASE).is_ok());
    // Where is the key?
    let config = Config { security_tag: 0, server: None, ..DEFAULT };
    assert_eq!(Changes { server_uri: uri, ..nothing }.apply(config).err(), Some(EINVAL));
    let plain = Some("coap://a.example");
    assert!(Changes { server_uri: plain, ..nothing }.apply(config).is_ok());
}

#[test]
fn voltage_and_current_need_their_power_source() {
    let mut carrier = carrier();
    let usb = PowerSource::Usb;
    assert_eq!(set_voltage(&mut carrier, NOW, usb, 5000), Err(ENODEV));
    assert_eq!(set_current(&mut carrier, NOW, usb, 5000), Err(ENODEV));
    set_power_sources(&mut carrier, NOW, &[usb, PowerSource::Dc, usb]);
    assert_eq!(set_voltage(&mut carrier, NOW, usb, 5000), Ok(()));
    assert_eq!(set_current(&mut carrier, NOW, PowerSource::Dc, -20), Ok(()));
    assert_eq!(set_current(&mut carrier, NOW, PowerSource::Solar, 1), Err(ENODEV));
    for (path, number) in [
        ("/3/0/6/0", Some(0)),
        ("/3/0/6/5", Some(5)),
        ("/3/0/6/7", None),
        ("/3/0/7/5", Some(5000)),
        ("/3/0/8/0", Some(-20)),
        ("/3/0/20", Some(5)),
    ] {
        assert_eq!(value(&mut carrier, path), number, "{path}");
    }
    set_power_sources(&mut carrier, NOW, &[usb]);
    assert_eq!(value(&mut carrier, "/3/0/7/5"), Some(0));
    set_power_sources(&mut carrier, NOW, &[]);
    assert_eq!(value(&mut carrier, "/3/0/6/5"), None);
}

#[test]
fn the_battery_must_be_there() {
    let mut carrier = carrier();
    assert_eq!(set_battery_level(&mut carrier, NOW, 50), Err(ENODEV));
    assert_eq!(set_battery_status(&mut carrier, NOW, BatteryStatus::Charging), Err(ENODEV));
    assert_eq!(value(&mut carrier, "/3/0/9"), None);
    let battery = [PowerSource::InternalBattery];
    set_power_sources(&mut carrier, NOW, &battery);
    assert_eq!((value(&mut carrier, "/3/0/9"), value(&mut carrier, "/3/0/20")), (Some(0), Some(6)));
    assert_eq!(set_battery_level(&mut carrier, NOW, 100), Ok(()));
    assert_eq!(set_battery_level(&mut carrier, NOW, 101), Err(EINVAL));
    assert_eq!(set_battery_status(&mut carrier, NOW, BatteryStatus::Charging), Ok(()));
    let both = |carrier: &mut _| (value(carrier, "/3/0/9"), value(carrier, "/3/0/20"));
    assert_eq!(both(&mut carrier), (Some(100), Some(1)));
    // A repeated call begins anew.
    set_power_sources(&mut carrier, NOW, &battery);
    assert_eq!(both(&mut carrier), (Some(0), Some(6)));
}

#[test]
fn error_codes_come_and_go() {
    let mut carrier = carrier();
    for wrong in [-1, 9, 15, 33, 256, i32::MIN, i32::MAX] {
        assert_eq!(add_error(&mut carrier, NOW, wrong), Err(EINVAL), "{wrong}");
        assert_eq!(remove_error(&mut carrier, NOW, wrong), Err(EINVAL), "{wrong}");
    }
    assert_eq!(remove_error(&mut carrier, NOW, 0), Err(EINVAL));
    assert_eq!(remove_error(&mut carrier, NOW, 8), Err(ENOENT));
    for code in [8, 32, 8, 16] {
        assert_eq!(add_error(&mut carrier, NOW, code), Ok(()));
    }
    let all = |carrier: &mut _| {
        ["/3/0/11/0", "/3/0/11/1", "/3/0/11/2", "/3/0/11/3"].map(|path| value(carrier, path))
    };
    assert_eq!(all(&mut carrier), [Some(8), Some(16), Some(32), None]);
    assert_eq!(remove_error(&mut carrier, NOW, 16), Ok(()));
    assert_eq!(all(&mut carrier), [Some(8), Some(32), None, None]);
    assert_eq!(add_error(&mut carrier, NOW, 0), Ok(()));
    assert_eq!(all(&mut carrier), [Some(0), None, None, None]);
}

#[test]
fn memory_is_free_and_total() {
    let mut carrier = carrier();
    assert_eq!(set_memory_total(&mut carrier, NOW, 1 << 31), Err(EINVAL));
    assert_eq!(value(&mut carrier, "/3/0/21"), None);
    assert_eq!(set_memory_total(&mut carrier, NOW, 256), Ok(()));
    set_memory_free(&mut carrier, NOW, 12);
    assert_eq!(set_memory_total(&mut carrier, NOW, i32::MAX as u32), Ok(()));
    assert_eq!(value(&mut carrier, "/3/0/10"), Some(12));
    assert_eq!(value(&mut carrier, "/3/0/21"), Some(i32::MAX.into()));
}

#[test]
fn texts_are_taken_whole_or_not_at_all() {
    let mut carrier = carrier();
    let long = "x".repeat(TEXT + 1);
    for (which, id) in [
        (Text::DeviceType, id::DEVICE_TYPE),
        (Text::HardwareVersion, id::HARDWARE_VERSION),
        (Text::SoftwareVersion, id::SOFTWARE_VERSION),
    ] {
        assert_eq!(set_text(&mut carrier, NOW, which, &long[1..]), Ok(()));
        assert_eq!(set_text(&mut carrier, NOW, which, &long), Err(E2BIG));
        assert_eq!(set_text(&mut carrier, NOW, which, ""), Err(EINVAL));
        let device: &Device = &carrier.objects().device;
        assert_eq!(device.read(&resource(id)), Some(Value::String(&long[1..])));
    }
    assert_eq!(set_timezone(&mut carrier, NOW, &long[1..]), Ok(()));
    assert_eq!(set_timezone(&mut carrier, NOW, &long), Err(E2BIG));
    assert_eq!(timezone(&mut carrier), &long[1..]);
    assert_eq!(set_timezone(&mut carrier, NOW, ""), Ok(()));
    assert_eq!(timezone(&mut carrier), "");
}

#[test]
fn the_time_goes_on() {
    let mut carrier = carrier();
    assert_eq!(utc_time(&mut carrier, NOW), None);
    assert_eq!(set_utc_time(&mut carrier, NOW, -1), Err(EINVAL));
    assert_eq!(set_utc_time(&mut carrier, NOW, 1_700_000_000), Ok(()));
    let later = NOW + Duration::from_secs(3600);
    assert_eq!(utc_time(&mut carrier, later), Some(1_700_003_600));
}

#[test]
fn utc_offsets_are_read_as_iso_8601_writes_them() {
    let mut carrier = carrier();
    assert_eq!(utc_offset(&mut carrier), None);
    for minutes in [-720, -210, -1, 0, 60, 345, 840] {
        assert_eq!(set_utc_offset(&mut carrier, NOW, minutes), Ok(()));
        assert_eq!(utc_offset(&mut carrier).map(i32::from), Some(minutes));
    }
    for minutes in [-721, 841, i32::MIN, i32::MAX] {
        assert_eq!(set_utc_offset(&mut carrier, NOW, minutes), Err(EINVAL));
    }
    assert_eq!(utc_offset(&mut carrier), Some(840));
    for (text, minutes) in [("Z", 0), ("+02", 120), ("-0330", -210), ("+23:59", 1439)] {
        assert_eq!(parse_utc_offset(text), Some(minutes), "{text}");
    }
    for wrong in ["", "02:00", "+2", "+02:0", "+02:60", "+a2:00", "+02-00", "+02:000", "UTC+2"] {
        assert_eq!(parse_utc_offset(wrong), None, "{wrong}");
    }
}

#[test]
#[cfg(not(feature = "portfolio"))]
fn without_a_portfolio_there_is_none() {
    let mut carrier = carrier();
    assert_eq!(identity(&mut carrier, 0, Identity::Id), Err(ENOENT));
    assert_eq!(set_identity(&mut carrier, NOW, 1, Identity::Id, "x"), Err(ENOENT));
    assert_eq!(create_portfolio_instance(&mut carrier, NOW, 1), Err(ENOENT));
    assert_eq!(describe_primary_host(&mut carrier, NOW), Err(ENOENT));
}

#[test]
#[cfg(feature = "portfolio")]
fn hosts_are_created_and_named() {
    let carrier = &mut carrier();
    let (host, text) = (Identity::Model, "x".repeat(capacity::PORTFOLIO_TEXT + 1));
    assert_eq!(set_identity(carrier, NOW, 3, host, "x"), Err(ENOENT));
    assert_eq!(
        create_portfolio_instance(carrier, NOW, crate::lwm2m::objects::portfolio::PRIMARY_HOST),
        Err(EINVAL)
    );
    assert_eq!(create_portfolio_instance(carrier, NOW, u16::MAX), Err(EINVAL));
    assert_eq!(create_portfolio_instance(carrier, NOW, 3), Ok(()));
    assert_eq!(create_portfolio_instance(carrier, NOW, 3), Err(EINVAL));
    assert_eq!(create_portfolio_instance(carrier, NOW, 4), Err(ENOMEM));
    assert_eq!(identity(carrier, 3, host), Err(ENOENT));
    assert_eq!(set_identity(carrier, NOW, 3, host, &text), Err(E2BIG));
    assert_eq!(set_identity(carrier, NOW, 3, host, &text[1..]), Ok(()));
    assert_eq!(identity(carrier, 3, host), Ok(&text[1..]));
    assert_eq!(set_identity(carrier, NOW, 3, host, ""), Ok(()));
    assert_eq!(identity(carrier, 3, host), Ok(""));
    // The primary host is described by the device.
    assert_eq!(set_identity(carrier, NOW, 0, host, "x"), Err(EPERM));
    carrier.objects().device.set_text(id::MODEL_NUMBER, "modem");
    carrier.objects().device.set_text(id::SERIAL_NUMBER, "004999010640000");
    assert_eq!(describe_primary_host(carrier, NOW), Ok(()));
    assert_eq!(identity(carrier, 0, host), Ok("modem"));
    assert_eq!(identity(carrier, 0, Identity::Id), Ok("004999010640000"));
    assert_eq!(identity(carrier, 0, Identity::Manufacturer), Err(ENOENT));
}

#[test]
#[cfg(not(feature = "event-log"))]
fn without_an_event_log_nothing_is_logged() {
    assert_eq!(set_log_data(&mut carrier(), NOW, b"x"), Err(ENOENT));
}

#[cfg(feature = "event-log")]
#[test]
fn a_log_is_taken_while_it_runs() {
    use crate::lwm2m::objects::event_log;
    let carrier = &mut carrier();
    assert_eq!(set_log_data(carrier, NOW, b"log"), Ok(()));
    assert_eq!(set_log_data(carrier, NOW, &[0; capacity::LOG_DATA + 1]), Err(ENOMEM));
    let object = carrier.objects().get_mut(event_log::OBJECT).unwrap();
    assert_eq!(object.read(&event_log::DATA), Some(Value::Opaque(b"log")));
    let stop = Path::resource(event_log::OBJECT, 0, event_log::id::LOG_STOP);
    object.execute(&stop, &[], &mut crate::lwm2m::Context::new(1)).unwrap();
    assert_eq!(set_log_data(carrier, NOW, b"more"), Err(EPERM));
    assert_eq!(object_data(carrier), b"log");

    fn object_data<'c>(carrier: &'c mut Carrier<'_>) -> &'c [u8] {
        match carrier.objects().get(event_log::OBJECT).unwrap().read(&event_log::DATA) {
            Some(Value::Opaque(bytes)) => bytes,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
#[cfg(all(feature = "send", feature = "cbor"))]
fn a_send_needs_a_path_of_one_to_four_and_a_registration() {
    let mut carrier = carrier();
    carrier.objects().device.set_text(id::DEVICE_TYPE, "Module");
    assert_eq!(send(&mut carrier, &[]), Err(EINVAL));
    assert_eq!(send(&mut carrier, &[3, 0, 11, 0, 0]), Err(EINVAL));
    assert_eq!(send(&mut carrier, &[3, 1]), Err(ENOENT));
    assert_eq!(send(&mut carrier, &[0]), Err(ENOENT));
    // Reboot is executed, keys are the bootstrap server's.
    assert_eq!(send(&mut carrier, &[3, 0, 4]), Err(EPERM));
    assert_eq!(send(&mut carrier, &[0, 0, 5]), Err(EPERM));
    assert_eq!(send(&mut carrier, &[3, 0, 17]), Err(ENOTCONN));
    assert_eq!(status(&carrier), Status { link_up: false, registered: false });
}

#[test]
fn there_are_five_requests() {
    let requests = [
        Request::Reboot,
        Request::LinkUp,
        Request::LinkDown,
        Request::Register,
        Request::Deregister,
    ];
    for (number, request) in (0..).zip(requests) {
        assert_eq!(Request::from_number(number), Some(request));
    }
    assert_eq!((Request::from_number(5), Request::from_number(-1)), (None, None));
}
