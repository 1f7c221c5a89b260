//! A short message as a modem hands it over, and the one kind of it that a server sends: it asks the
//! device to update its registration, when the network would not carry a datagram to it.
//!
//! Read beside it: 3GPP TS 23.040, sections 9.2.2.1 (SMS-DELIVER) and 9.2.3.24 (the header in the user
//! data), 3GPP TS 23.038 section 4 (data coding), LwM2M 1.0 section 8.4.
//!
//! Nothing in it is authentic: so nothing but an Update, which is, comes of it.

use crate::coap::{Code, Message, number};

/// Octets of the longest message with the number of its service centre.
const LONGEST: usize = 12 + 164;

/// Whether a message, in hexadecimal digits as a modem gives it, is a CoAP request that executes
/// Registration Update Trigger (/1/x/8).
pub fn is_update_trigger(digits: &[u8]) -> bool {
    let mut octets = [0; LONGEST];
    let mut len = 0;
    for (pair, octet) in digits.chunks(2).zip(&mut octets) {
        let [Some(high), Some(low)] =
            [pair.first(), pair.get(1)].map(|digit| char::from(*digit?).to_digit(16))
        else {
            return false;
        };
        *octet = (high << 4 | low) as u8;
        len += 1;
    }
    if digits.len() > 2 * LONGEST {
        return false;
    }
    octets.get(..len).and_then(user_data).is_some_and(is_trigger)
}

/// The 8-bit data of a message that is whole, without a header.
fn user_data(octets: &[u8]) -> Option<&[u8]> {
    let (centre, rest) = octets.split_first()?;
    let (first, rest) = rest.get(usize::from(*centre)..)?.split_first()?;
    // SMS-DELIVER.
    if first & 3 != 0 {
        return None;
    }
    let (digits, rest) = rest.split_first()?;
    // Type of the originator's address, and its digits; protocol, coding, and the time.
    let rest = rest.get(1 + usize::from(digits.div_ceil(2))..)?;
    let (head, rest) = rest.split_first_chunk::<9>()?;
    let [_, coding, ..] = *head;
    let is_binary = coding & 0xCC == 0x04 || coding & 0xF4 == 0xF4;
    let (len, rest) = rest.split_first()?;
    let data = rest.get(..usize::from(*len)).filter(|_| is_binary)?;
    if first & 0x40 == 0 { Some(data) } else { behind_header(data) }
}

fn behind_header(data: &[u8]) -> Option<&[u8]> {
    let (len, rest) = data.split_first()?;
    let (mut header, data) = rest.split_at_checked((*len).into())?;
    while let Some((element, rest)) = header.split_first_chunk::<2>() {
        let [kind, len] = *element;
        // Parts of a longer message: no request of a server is so long.
        if kind == 0x00 || kind == 0x08 {
            return None;
        }
        header = rest.get(len.into()..)?;
    }
    Some(data)
}

fn is_trigger(datagram: &[u8]) -> bool {
    let Ok(message) = Message::parse(datagram) else { return false };
    let mut path = message.options().filter(|(number, _)| *number == number::URI_PATH);
    let mut segment = || path.next().map(|(_, segment)| segment);
    let is_instance =
        |segment: &[u8]| (1..=5).contains(&segment.len()) && segment.iter().all(u8::is_ascii_digit);
    message.code == Code::POST
        && segment() == Some(b"1")
        && segment().is_some_and(is_instance)
        && segment() == Some(b"8")
        && segment().is_none()
}
