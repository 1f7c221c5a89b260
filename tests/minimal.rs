//! What a server gets when it asks for what is not compiled in: the right code, and nothing changes.
//!
//! Each test holds for a library without the feature that it names; `scripts/test` runs them without
//! any.

use lwm2m_carrier::coap::{Code, Kind, Message, Token, Writer, number};
use lwm2m_carrier::lwm2m::{
    Account, Client, Context, Definition, Object, Output, Path, Resource, Role, Type, Value,
    Version, operation,
};
use lwm2m_carrier::time::{Duration, Instant};

/// The session of the one server.
const SLOT: u8 = 0;

/// An object with a whole number, a floating-point number and bytes.
struct Meter(i64);

impl Object for Meter {
    fn definition(&self) -> &'static Definition {
        const RESOURCES: &[Resource] = &[
            Resource::new(1, operation::R | operation::W, Type::Integer),
            Resource::new(2, operation::R | operation::W, Type::Float),
            Resource::new(3, operation::R | operation::W, Type::Opaque),
        ];
        &Definition { object: 3300, version: (1, 0), creatable: true, resources: RESOURCES }
    }

    fn instance(&self, index: usize) -> Option<u16> {
        (index == 0).then_some(0)
    }

    fn read(&self, path: &Path) -> Option<Value<'_>> {
        Some(match path.id(2)? {
            1 => Value::Integer(self.0),
            2 => Value::Float(0.5),
            _ => Value::Opaque(b"key"),
        })
    }

    fn write(&mut self, _: &Path, value: &Value<'_>, _: &mut Context) -> Result<(), Code> {
        match value {
            Value::Integer(number) => self.0 = *number,
            other => panic!("{other:?}"),
        }
        Ok(())
    }
}

/// An object without instances.
#[cfg(not(feature = "block-wise"))]
struct Empty(&'static Definition);

#[cfg(not(feature = "block-wise"))]
impl Object for Empty {
    fn definition(&self) -> &'static Definition {
        self.0
    }

    fn instance(&self, _: usize) -> Option<u16> {
        None
    }

    fn read(&self, _: &Path) -> Option<Value<'_>> {
        None
    }
}

/// A device that is registered, and what a server asks of it.
struct Device<'a> {
    client: Client<'a>,
    id: u16,
}

impl<'a> Device<'a> {
    /// Registers: its session is there, and the Register is to go out.
    fn started(objects: &'a mut [&'a mut dyn Object]) -> Self {
        let mut client = Client::EMPTY;
        let settings = client.settings_mut();
        settings.endpoint.push_str("device").unwrap();
        settings.version = Version::V1_1;
        settings.transmission = Default::default();
        settings.idle_timeout = Duration::from_secs(86400);
        client.configure(1, objects);
        let account = Account {
            uri: "coap://server:5683",
            role: Role::Management,
            credentials: None,
            security_tag: 0,
            lifetime: 300,
            hold_off: 0,
        };
        client.provision(Some(&account)).unwrap();
        client.start();
        client.link_up();
        let mut device = Self { client, id: 0 };
        assert_eq!(device.transmitted(), None, "the session comes first");
        device.client.opened(SLOT, true);
        device
    }

    fn registered(objects: &'a mut [&'a mut dyn Object]) -> Self {
        let mut device = Self::started(objects);
        let register = device.transmitted().unwrap();
        let register = Message::parse(&register).unwrap();
        let created = message(
            Kind::Acknowledgement,
            Code::CREATED,
            register.id,
            &register.token,
            &[(number::LOCATION_PATH, b"rd")],
        );
        device.client.received(SLOT, &created);
        assert_eq!(device.transmitted(), None);
        assert!(device.client.is_registered());
        device
    }

    /// The datagram that goes out next.
    fn transmitted(&mut self) -> Option<Vec<u8>> {
        let mut buffer = [0; 1152];
        loop {
            match self.client.poll(&mut buffer) {
                Output::Transmit(_, len) => return Some(buffer[..len].to_vec()),
                Output::Wait(_) => return None,
                Output::Open(_) | Output::Close(_) | Output::Notice(_) => {}
            }
        }
    }

    /// The answer to a request: code, whether it has an Observe option, payload.
    fn asked(
        &mut self,
        code: Code,
        options: &[(u16, &[u8])],
        payload: &[u8],
    ) -> (Code, bool, Vec<u8>) {
        self.id += 1;
        let token = Token::new(&[7]).unwrap();
        let mut request = message(Kind::Confirmable, code, self.id, &token, options);
        if !payload.is_empty() {
            request.push(0xff);
            request.extend_from_slice(payload);
        }
        self.client.received(SLOT, &request);
        let answer = self.transmitted().unwrap();
        let answer = Message::parse(&answer).unwrap();
        assert_eq!(answer.token, token);
        let observed = answer.option(number::OBSERVE).is_some();
        (answer.code, observed, answer.payload.to_vec())
    }

    fn read(&mut self, path: &str, more: &[(u16, &[u8])]) -> (Code, bool, Vec<u8>) {
        self.asked(Code::GET, &at(path, more), b"")
    }

    fn put(&mut self, path: &str, more: &[(u16, &[u8])], payload: &[u8]) -> Code {
        self.asked(Code::PUT, &at(path, more), payload).0
    }
}

/// The options of a request to a path.
fn at<'o>(path: &'o str, more: &[(u16, &'o [u8])]) -> Vec<(u16, &'o [u8])> {
    let segments = path.split('/').map(|id| (number::URI_PATH, id.as_bytes()));
    let mut options: Vec<_> = segments.chain(more.iter().copied()).collect();
    options.sort_by_key(|(number, _)| *number);
    options
}

fn message(kind: Kind, code: Code, id: u16, token: &Token, options: &[(u16, &[u8])]) -> Vec<u8> {
    let mut buffer = [0; 256];
    let mut writer = Writer::new(&mut buffer, kind, code, id, token);
    for (number, value) in options {
        writer.option(*number, value);
    }
    let len = writer.finish(0).unwrap();
    buffer[..len].to_vec()
}

const TEXT: (u16, &[u8]) = (number::CONTENT_FORMAT, &[]);

#[test]
fn a_registered_device_sleeps_until_the_update() {
    let mut objects = Vec::<&mut dyn Object>::new();
    let mut device = Device::registered(&mut objects);
    let Output::Wait(until) = device.client.poll(&mut []) else { panic!("something to do") };
    assert!(until >= Instant::from_secs(100), "{until:?}");
}

#[test]
fn reads_and_writes_are_there_always() {
    let (mut meter, mut objects) = (Meter(5), Vec::<&mut dyn Object>::new());
    objects.push(&mut meter);
    let mut device = Device::registered(&mut objects);
    assert_eq!(device.read("3300/0/1", &[]), (Code::CONTENT, false, b"5".to_vec()));
    assert_eq!(device.put("3300/0/1", &[TEXT], b"-6"), Code::CHANGED);
    assert_eq!(device.read("3300/0/1", &[]).2, b"-6");
    for wrong in ["", "x", "1.5", "1e1", "9223372036854775808", "18446744073709551616"] {
        assert_eq!(device.put("3300/0/1", &[TEXT], wrong.as_bytes()), Code::BAD_REQUEST, "{wrong}");
    }
    assert_eq!(device.read("3300/0/1", &[]).2, b"-6");
}

#[test]
#[cfg(not(feature = "observe"))]
fn without_observe_the_option_is_ignored() {
    let mut device = Device::registered(&mut []);
    let (code, observed, payload) = device.read("3/0/11", &[]);
    let observe = (number::OBSERVE, &b""[..]);
    assert_eq!(device.read("3/0/11", &[observe]), (code, observed, payload));
    assert!(!observed, "RFC 7641, 4.1");
    device.client.objects.device.set_battery_level(1);
    device.client.changed(&Path::object(3));
    assert_eq!(device.transmitted(), None);
}

#[test]
#[cfg(not(feature = "attributes"))]
fn without_attributes_none_are_written_and_nothing_is_emptied() {
    let mut device = Device::registered(&mut []);
    let query = (number::URI_QUERY, &b"pmin=1"[..]);
    let before = device.read("1/0", &[]);
    for path in ["1", "1/0", "1/0/1"] {
        assert_eq!(device.put(path, &[query], b""), Code::METHOD_NOT_ALLOWED, "{path}");
    }
    assert_eq!(device.read("1/0", &[]), before);
}

#[test]
#[cfg(not(feature = "discover"))]
fn without_discover_links_are_not_acceptable() {
    let mut device = Device::registered(&mut []);
    let links = (number::ACCEPT, &[40][..]);
    for path in ["3", "3/0", "3/0/11"] {
        assert_eq!(device.read(path, &[links]).0, Code::NOT_ACCEPTABLE, "{path}");
    }
}

#[test]
#[cfg(not(feature = "composite"))]
fn without_composite_operations_their_methods_are_not_allowed() {
    let mut device = Device::registered(&mut []);
    for method in [Code::FETCH, Code::IPATCH] {
        assert_eq!(device.asked(method, &[], b"").0, Code::METHOD_NOT_ALLOWED);
    }
}

#[test]
#[cfg(not(feature = "send"))]
fn without_send_the_application_is_told() {
    let mut device = Device::registered(&mut []);
    assert_eq!(
        device.client.send(&[Path::object(3)]),
        Err(lwm2m_carrier::lwm2m::SendError::NoFormat)
    );
    assert_eq!(
        device.client.record(&Path::resource(3, 0, 11)),
        Err(lwm2m_carrier::lwm2m::SendError::NoFormat)
    );
    assert_eq!(device.transmitted(), None);
}

#[test]
#[cfg(not(feature = "fresh"))]
fn without_asking_the_last_value_is_answered_with() {
    let mut device = Device::registered(&mut []);
    // The bearers and the addresses of an application without a modem.
    let (code, _, _) = device.read("3/0", &[]);
    assert_eq!(code, Code::CONTENT);
    assert_eq!(device.client.wanted(), 0);
}

#[test]
#[cfg(not(feature = "block-wise"))]
fn without_blocks_their_options_are_not_known() {
    let (mut meter, mut objects) = (Meter(5), Vec::<&mut dyn Object>::new());
    objects.push(&mut meter);
    let mut device = Device::registered(&mut objects);
    // The first block of 16 bytes, more to come; and the only one.
    for block in [&[8], &[0]] {
        let first = (number::BLOCK1, &block[..]);
        assert_eq!(device.put("3300/0/1", &[TEXT, first], b"0000000000000001"), Code::BAD_OPTION);
    }
    assert_eq!(device.read("3300/0/1", &[(number::BLOCK2, &[])]).0, Code::BAD_OPTION);
    assert_eq!(device.read("3300/0/1", &[]).2, b"5");
}

#[test]
#[cfg(not(feature = "block-wise"))]
fn without_blocks_what_does_not_fit_a_datagram_is_an_error() {
    use lwm2m_carrier::lwm2m::Notice;
    let mut many: Vec<Empty> = (0..200)
        .map(|n| Definition {
            object: 30_000 + n,
            version: (1, 0),
            creatable: false,
            resources: &[],
        })
        .map(|definition| Empty(Box::leak(Box::new(definition))))
        .collect();
    let mut objects: Vec<&mut dyn Object> = many.iter_mut().map(|object| object as _).collect();
    let mut device = Device::started(&mut objects);
    let mut buffer = [0; 1152];
    let failed = loop {
        match device.client.poll(&mut buffer) {
            Output::Notice(notice) => break notice,
            Output::Wait(until) => device.client.set_now(until),
            output => panic!("{output:?}"),
        }
    };
    assert!(matches!(failed, Notice::ServerSequence(_)), "{failed:?}");
}

#[test]
#[cfg(not(feature = "base64"))]
fn without_base64_opaque_values_have_no_text() {
    let (mut meter, mut objects) = (Meter(5), Vec::<&mut dyn Object>::new());
    objects.push(&mut meter);
    let mut device = Device::registered(&mut objects);
    assert_eq!(device.read("3300/0/3", &[]).2, b"key");
    assert_eq!(device.read("3300/0/3", &[(number::ACCEPT, &[])]).0, Code::NOT_ACCEPTABLE);
    assert_eq!(device.put("3300/0/3", &[TEXT], b"a2V5"), Code::BAD_REQUEST);
}

#[test]
#[cfg(not(feature = "queue-mode"))]
fn without_queue_mode_a_server_is_told_that_the_device_is_awake() {
    let mut device = Device::started(&mut []);
    device.client.settings_mut().queue_mode = true;
    let register = device.transmitted().unwrap();
    let register = Message::parse(&register).unwrap();
    let queries = register.options().filter(|(number, _)| *number == number::URI_QUERY);
    let queries: Vec<&[u8]> = queries.map(|(_, value)| value).collect();
    assert_eq!(queries, [&b"lwm2m=1.1"[..], b"ep=device", b"lt=300"]);
}

#[test]
#[cfg(not(feature = "create"))]
fn without_create_and_delete_instances_stay_what_they_are() {
    let (mut meter, mut objects) = (Meter(5), Vec::<&mut dyn Object>::new());
    objects.push(&mut meter);
    let mut device = Device::registered(&mut objects);
    let tlv = (number::CONTENT_FORMAT, &[0x2d, 0x16][..]);
    let new = [0x03, 1, 0xc1, 1, 9];
    assert_eq!(device.asked(Code::POST, &at("3300", &[tlv]), &new).0, Code::METHOD_NOT_ALLOWED);
    assert_eq!(device.asked(Code::DELETE, &at("3300/0", &[]), b"").0, Code::METHOD_NOT_ALLOWED);
    assert_eq!(device.read("3300/0/1", &[]).2, b"5");
}

#[test]
#[cfg(not(feature = "float"))]
fn without_floating_point_numbers_such_resources_are_not_there() {
    let (mut meter, mut objects) = (Meter(5), Vec::<&mut dyn Object>::new());
    objects.push(&mut meter);
    let mut device = Device::registered(&mut objects);
    assert_eq!(device.read("3300/0/2", &[]).0, Code::NOT_FOUND);
    assert_eq!(device.put("3300/0/2", &[TEXT], b"1.5"), Code::NOT_FOUND);
    assert_eq!(
        device.read("3300/0", &[(number::ACCEPT, &[0x2d, 0x16])]).2,
        [0xc1, 1, 5, 0xc3, 3, b'k', b'e', b'y']
    );
    let tlv = (number::CONTENT_FORMAT, &[0x2d, 0x16][..]);
    let both = [0xc1, 1, 9, 0xc4, 2, 0, 0, 0, 0];
    assert_eq!(device.asked(Code::POST, &at("3300/0", &[tlv]), &both).0, Code::NOT_FOUND);
    assert_eq!(device.read("3300/0/1", &[]).2, b"5", "all or nothing");
}
