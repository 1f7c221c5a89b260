//! Short messages as a modem gives them.

use lwm2m_carrier::modem::sms::is_update_trigger;
use proptest::prelude::*;

/// A message from a service centre and an originator of so many digits.
fn message(first: u8, coding: u8, data: &[u8]) -> String {
    let centre = [0x07, 0x91, 0x94, 0x21, 0x43, 0x65, 0x87, 0x09];
    let originator = [0x0B, 0x91, 0x94, 0x71, 0x21, 0x43, 0x65, 0xF7];
    let time = [0x62, 0x11, 0x52, 0x80, 0x00, 0x00, 0x04];
    let mut octets = Vec::from(centre);
    octets.push(first);
    octets.extend(originator);
    octets.extend([0x00, coding]);
    octets.extend(time);
    octets.push(data.len() as u8);
    octets.extend(data);
    octets.iter().map(|octet| format!("{octet:02X}")).collect()
}

/// POST /1/SEGMENT/8, confirmable.
fn coap(code: u8, segments: &[&str]) -> Vec<u8> {
    let mut datagram = vec![0x40, code, 0x12, 0x34];
    for (at, segment) in segments.iter().enumerate() {
        datagram.push(if at == 0 { 0xB0 } else { 0 } | segment.len() as u8);
        datagram.extend(segment.bytes());
    }
    datagram
}

const BINARY: u8 = 0x04;
/// Ports 5683 and 5683.
const PORTS: [u8; 7] = [0x06, 0x05, 0x04, 0x16, 0x33, 0x16, 0x33];

#[test]
fn a_request_for_an_update_is_one() {
    let request = coap(2, &["1", "0", "8"]);
    assert!(is_update_trigger(message(0x04, BINARY, &request).as_bytes()));
    // With class and 8 bits; small digits.
    assert!(is_update_trigger(message(0x00, 0xF5, &request).to_lowercase().as_bytes()));
    let with_ports = [&PORTS[..], &coap(2, &["1", "65534", "8"])].concat();
    assert!(is_update_trigger(message(0x44, BINARY, &with_ports).as_bytes()));
}

#[test]
fn anything_else_is_not() {
    let request = coap(2, &["1", "0", "8"]);
    for (code, path) in [
        (1, &["1", "0", "8"][..]),
        (2, &["1", "0", "4"]),
        (2, &["3", "0", "8"]),
        (2, &["1", "x", "8"]),
        (2, &["1", "", "8"]),
        (2, &["1", "0"]),
        (2, &["1", "0", "8", "0"]),
        (2, &[]),
    ] {
        let text = message(0x04, BINARY, &coap(code, path));
        assert!(!is_update_trigger(text.as_bytes()), "{code} {path:?}");
    }
    // Text of 7 bits, or of 16; a status report; the second part of two; not CoAP.
    assert!(!is_update_trigger(message(0x04, 0x00, &request).as_bytes()));
    assert!(!is_update_trigger(message(0x04, 0x08, &request).as_bytes()));
    assert!(!is_update_trigger(message(0x06, BINARY, &request).as_bytes()));
    let part = [&[0x05, 0x00, 0x03, 0x01, 0x02, 0x02][..], &request].concat();
    assert!(!is_update_trigger(message(0x44, BINARY, &part).as_bytes()));
    assert!(!is_update_trigger(message(0x04, BINARY, b"hello").as_bytes()));
    assert!(!is_update_trigger(b""));
}

#[test]
fn a_message_that_is_cut_is_not() {
    let whole = message(0x44, BINARY, &[&PORTS[..], &coap(2, &["1", "0", "8"])].concat());
    assert!(is_update_trigger(whole.as_bytes()));
    for len in 0..whole.len() {
        assert!(!is_update_trigger(&whole.as_bytes()[..len]), "{len}");
    }
    assert!(!is_update_trigger(whole.replace('4', "G").as_bytes()));
}

proptest! {
    #[test]
    fn no_message_panics(octets in proptest::collection::vec(any::<u8>(), 0..200), odd: bool) {
        let mut text: String = octets.iter().map(|octet| format!("{octet:02x}")).collect();
        if odd {
            text.push('1');
        }
        is_update_trigger(text.as_bytes());
        is_update_trigger(&octets);
    }
}
