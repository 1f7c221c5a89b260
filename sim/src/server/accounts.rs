//! Server accounts that a bootstrap server writes, and their encodings.
//!
//! Objects Security (0) and Server (1) of Core E.1 and E.2, in TLV (Core 7.4.3) or SenML CBOR
//! (RFC 8428). The encoders are of this server: the device's are not tested against themselves.

use lwm2m_carrier::secret::Secret;

/// Content-Format of TLV.
pub const TLV: u16 = 11542;
/// Content-Format of SenML CBOR.
pub const SENML_CBOR: u16 = 112;

/// A value to write.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Datum {
    /// An integer, also for Unsigned and Time.
    Integer(i64),
    /// Text.
    Text(String),
    /// A truth value.
    Boolean(bool),
    /// Bytes, which may be a key.
    Opaque(Secret<Vec<u8>>),
}

/// A resource to write: its identifier and value.
pub type Resource = (u16, Datum);

/// How a server is reached and trusted: an instance of object 0.
#[derive(Clone, Debug)]
pub struct Security {
    /// The Object Instance.
    pub instance: u16,
    /// The server URI, such as `coaps://127.0.0.1:5684`.
    pub uri: String,
    /// Whether it is a bootstrap server.
    pub bootstrap: bool,
    /// 0 for PSK, 3 for NoSec.
    pub mode: u8,
    /// The PSK identity; empty for NoSec.
    pub identity: Secret<Vec<u8>>,
    /// The PSK; empty for NoSec.
    pub key: Secret<Vec<u8>>,
    /// The Short Server ID; 0 leaves it out, as for a bootstrap server.
    pub short_id: u16,
    /// Any other resources.
    pub more: Vec<Resource>,
}

impl Security {
    /// An account without security.
    pub fn no_sec(instance: u16, uri: &str, short_id: u16) -> Self {
        Self { mode: 3, ..Self::psk(instance, uri, short_id, b"", b"") }
    }

    /// An account with a pre-shared key.
    pub fn psk(instance: u16, uri: &str, short_id: u16, identity: &[u8], key: &[u8]) -> Self {
        Self {
            instance,
            uri: uri.into(),
            bootstrap: false,
            mode: 0,
            identity: Secret::new(identity.to_vec()),
            key: Secret::new(key.to_vec()),
            short_id,
            more: Vec::new(),
        }
    }

    /// The resources of the instance.
    pub fn resources(&self) -> Vec<Resource> {
        let mut resources = vec![
            (0, Datum::Text(self.uri.clone())),
            (1, Datum::Boolean(self.bootstrap)),
            (2, Datum::Integer(self.mode.into())),
            (3, Datum::Opaque(self.identity.clone())),
            (4, Datum::Opaque(Secret::new(Vec::new()))),
            (5, Datum::Opaque(self.key.clone())),
        ];
        if self.short_id != 0 {
            resources.push((10, Datum::Integer(self.short_id.into())));
        }
        resources.extend(self.more.iter().cloned());
        resources
    }
}

/// How to register with a server: an instance of object 1.
#[derive(Clone, Debug)]
pub struct ServerAccount {
    /// The Object Instance.
    pub instance: u16,
    /// The Short Server ID.
    pub short_id: u16,
    /// The lifetime, in seconds.
    pub lifetime: u32,
    /// The binding, such as `U`.
    pub binding: String,
    /// Notification Storing When Disabled or Offline.
    pub storing: bool,
    /// Any other resources, such as those of [`ServerAccount::retry`].
    pub more: Vec<Resource>,
}

impl ServerAccount {
    /// An account with binding `U`.
    pub fn new(instance: u16, short_id: u16, lifetime: u32) -> Self {
        Self { instance, short_id, lifetime, binding: "U".into(), storing: true, more: Vec::new() }
    }

    /// This account with resources 17 to 20: attempts in a sequence, seconds between them, seconds
    /// between sequences, sequences.
    #[must_use]
    pub fn retry(mut self, count: u32, timer: u32, sequence_delay: u32, sequences: u32) -> Self {
        let numbers = [(17, count), (18, timer), (19, sequence_delay), (20, sequences)];
        self.more.extend(numbers.map(|(id, number)| (id, Datum::Integer(number.into()))));
        self
    }

    /// The resources of the instance.
    pub fn resources(&self) -> Vec<Resource> {
        let mut resources = vec![
            (0, Datum::Integer(self.short_id.into())),
            (1, Datum::Integer(self.lifetime.into())),
            (6, Datum::Boolean(self.storing)),
            (7, Datum::Text(self.binding.clone())),
        ];
        resources.extend(self.more.iter().cloned());
        resources
    }
}

/// Resources in `format`, for a Write to an instance (`/1/0`); `None` for an unknown format.
pub fn encode_instance(format: u16, base: &str, resources: &[Resource]) -> Option<Vec<u8>> {
    match format {
        TLV => Some(tlv_resources(resources)),
        SENML_CBOR => Some(senml(&[(format!("{base}/"), resources.to_vec())])),
        _ => None,
    }
}

/// Whole instances in `format`, for a Write to an object (`/1`); `None` for an unknown format.
pub fn encode_object(
    format: u16,
    object: u16,
    instances: &[(u16, Vec<Resource>)],
) -> Option<Vec<u8>> {
    match format {
        TLV => {
            Some(instances.iter().flat_map(|(id, r)| tlv(0x00, *id, &tlv_resources(r))).collect())
        }
        SENML_CBOR => {
            let based = |(id, r): &(u16, Vec<Resource>)| (format!("/{object}/{id}/"), r.clone());
            Some(senml(&instances.iter().map(based).collect::<Vec<_>>()))
        }
        _ => None,
    }
}

/// The accounts as one SenML CBOR document from the root, for a bootstrap pack.
pub fn encode_pack(security: &[Security], servers: &[ServerAccount]) -> Vec<u8> {
    let security = security.iter().map(|it| (format!("/0/{}/", it.instance), it.resources()));
    let servers = servers.iter().map(|it| (format!("/1/{}/", it.instance), it.resources()));
    senml(&security.chain(servers).collect::<Vec<_>>())
}

fn tlv_resources(resources: &[Resource]) -> Vec<u8> {
    let value = |datum: &Datum| match datum {
        Datum::Integer(number) => integer(*number),
        Datum::Text(text) => text.clone().into_bytes(),
        Datum::Boolean(truth) => vec![u8::from(*truth)],
        Datum::Opaque(bytes) => bytes.clone().expose(),
    };
    resources.iter().flat_map(|(id, datum)| tlv(0xc0, *id, &value(datum))).collect()
}

/// The shortest of 1, 2, 4 and 8 bytes that hold `number`.
fn integer(number: i64) -> Vec<u8> {
    if let Ok(number) = i8::try_from(number) {
        number.to_be_bytes().to_vec()
    } else if let Ok(number) = i16::try_from(number) {
        number.to_be_bytes().to_vec()
    } else if let Ok(number) = i32::try_from(number) {
        number.to_be_bytes().to_vec()
    } else {
        number.to_be_bytes().to_vec()
    }
}

fn tlv(kind: u8, id: u16, value: &[u8]) -> Vec<u8> {
    let length = (value.len() as u32).to_be_bytes();
    let (length_type, length) = match value.len() {
        0..=7 => (length[3], &[][..]),
        8..=0xff => (0x08, &length[3..]),
        0x100..=0xffff => (0x10, &length[2..]),
        _ => (0x18, &length[1..]),
    };
    let id = id.to_be_bytes();
    let (id_type, id) = if id[0] == 0 { (0, &id[1..]) } else { (0x20, &id[..]) };
    [&[kind | id_type | length_type], id, length, value].concat()
}

/// A SenML pack: for each base name its records.
fn senml(groups: &[(String, Vec<Resource>)]) -> Vec<u8> {
    let count = groups.iter().map(|(_, resources)| resources.len()).sum::<usize>();
    let mut pack = head(4, count as u64);
    for (base, resources) in groups {
        for (at, (id, datum)) in resources.iter().enumerate() {
            pack.extend(head(5, if at == 0 { 3 } else { 2 }));
            if at == 0 {
                pack.extend([0x21]); // bn, -2
                pack.extend(bytes(3, base.as_bytes()));
            }
            pack.extend([0x00]); // n
            pack.extend(bytes(3, id.to_string().as_bytes()));
            match datum {
                Datum::Integer(number) => {
                    pack.extend([0x02]); // v
                    pack.extend(match u64::try_from(*number) {
                        Ok(number) => head(0, number),
                        Err(_) => head(1, !*number as u64),
                    });
                }
                Datum::Text(text) => {
                    pack.extend([0x03]); // vs
                    pack.extend(bytes(3, text.as_bytes()));
                }
                Datum::Boolean(truth) => pack.extend([0x04, 0xf4 + u8::from(*truth)]), // vb
                Datum::Opaque(value) => {
                    pack.extend([0x08]); // vd
                    pack.extend(bytes(2, &value.clone().expose()));
                }
            }
        }
    }
    pack
}

fn bytes(major: u8, content: &[u8]) -> Vec<u8> {
    [head(major, content.len() as u64), content.to_vec()].concat()
}

/// A CBOR head (RFC 8949 section 3).
fn head(major: u8, argument: u64) -> Vec<u8> {
    let wide = argument.to_be_bytes();
    let (info, rest) = match argument {
        0..=23 => (argument as u8, &[][..]),
        24..=0xff => (24, &wide[7..]),
        0x100..=0xffff => (25, &wide[6..]),
        0x1_0000..=0xffff_ffff => (26, &wide[4..]),
        _ => (27, &wide[..]),
    };
    [&[major << 5 | info], rest].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    #[test]
    fn tlv_of_an_account_is_what_a_real_server_sends() {
        let security = Security::psk(1, "coaps://127.0.0.1:5684", 7, b"idid", &[0xaa; 16]);
        let bytes = encode_instance(TLV, "/0/1", &security.resources()).unwrap();
        let (uri, key) = (hex(b"coaps://127.0.0.1:5684"), "aa".repeat(16));
        let expected = format!("c80016{uri}c10100c10200c40369646964c004c80510{key}c10a07");
        assert_eq!(hex(&bytes), expected);
        let server = ServerAccount::new(0, 1, 60);
        let bytes = encode_instance(TLV, "/1/0", &server.resources()).unwrap();
        assert_eq!(hex(&bytes), "c10001c1013cc10601c10755");
        let bytes = encode_object(TLV, 1, &[(300, server.resources())]).unwrap();
        assert_eq!(hex(&bytes), "28012c0cc10001c1013cc10601c10755");
    }

    #[test]
    fn senml_cbor_has_a_base_name_for_each_instance() {
        let server = ServerAccount::new(0, 1, 86400).retry(3, 30, 600, 2);
        let bytes = encode_instance(SENML_CBOR, "/1/0", &server.resources()[..4]).unwrap();
        // [{bn "/1/0/", n "0", v 1}, {n "1", v 86400}, {n "6", vb true}, {n "7", vs "U"}]
        let expected = "84a321652f312f302f00613002\
            01a2006131021a00015180a200613604f5a2006137036155";
        assert_eq!(hex(&bytes), expected);
        let instances = [(0, server.resources()), (1, server.resources())];
        let object = encode_object(SENML_CBOR, 1, &instances).unwrap();
        assert_eq!(hex(&object).matches("21652f312f").count(), 2);
        assert_eq!(encode_instance(110, "/1/0", &[]), None);
    }

    #[test]
    fn integers_are_as_short_as_they_can_be() {
        assert_eq!(integer(-128), [0x80]);
        assert_eq!(integer(128), [0, 0x80]);
        assert_eq!(integer(86400), [0, 1, 0x51, 0x80]);
        assert_eq!(integer(1 << 40), [0, 0, 1, 0, 0, 0, 0, 0]);
        assert_eq!(head(1, 9), [0x29]);
    }

    #[test]
    fn debug_output_shows_neither_identity_nor_key() {
        let security = Security::psk(1, "coaps://[::1]", 7, b"the-identity", b"the-key");
        let shown = format!("{security:?} {:?}", security.resources());
        for secret in ["the-identity", "the-key"] {
            let numbers = format!("{:?}", secret.as_bytes());
            assert!(!shown.contains(secret) && !shown.contains(numbers.trim_matches(['[', ']'])));
        }
    }
}
