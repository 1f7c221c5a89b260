//! The whole machine against a hostile modem and hostile servers: whatever is said to it in
//! whatever order, it answers, and always comes to wait.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lwm2m_carrier::capacity::DATAGRAM;
use lwm2m_carrier::carrier::{
    Carrier, Config, EndpointName, Input, Output, Request, ServerConfig, SessionFault, SessionId,
};
use lwm2m_carrier::lwm2m::Path;
use lwm2m_carrier::modem::{Error, FunctionalMode, Pdn, Registration, Report, Sim, Warning};
use lwm2m_carrier::secret::Secret;
use lwm2m_carrier::time::{Duration, Instant};

fuzz_target!(|data: &[u8]| {
    let config = Config {
        server: Some(ServerConfig {
            uri: "coap://server.example",
            bootstrap: data.first().is_some_and(|byte| byte & 1 != 0),
            credentials: None,
            lifetime: 300,
            hold_off: 0,
        }),
        endpoint: EndpointName::Custom("fuzz"),
        ..Config::default()
    };
    let mut carrier = Carrier::new(config, 1, &mut []);
    let mut now = Instant::ZERO;
    let mut opened = 0;
    let mut rest = data.get(1..).unwrap_or_default();
    if data.first().is_some_and(|byte| byte & 2 != 0) {
        // Straight to a registered device, or to a bootstrap under way.
        carrier.handle(now, Input::Initialise);
        carrier.handle(now, Input::Run);
        drain(&mut carrier, now, &mut opened, true);
    }
    while let Some(([kind, value], tail)) = rest.split_first_chunk::<2>() {
        let (kind, value) = (*kind, *value);
        rest = tail;
        let session = SessionId(if value & 0x80 == 0 { opened } else { value & 7 });
        let input = match kind % 16 {
            0 => Input::Initialise,
            1 => Input::Run,
            2 => Input::Modem(Report::Done),
            3 => Input::Modem(Report::Failed(if value & 1 == 0 { Error::Image } else { Error::Timeout })),
            4 => Input::Modem(Report::Registration(match value % 5 {
                0 | 1 => Registration::Home,
                2 => Registration::Searching,
                3 => Registration::None,
                _ => Registration::Denied,
            })),
            5 => Input::Modem(Report::Pdn(match value % 4 {
                0 | 1 => Pdn::Activated,
                2 if value & 8 == 0 => Pdn::Detached,
                2 => Pdn::Deactivated,
                _ => Pdn::Rejected { cause: value },
            })),
            6 => match value % 8 {
                0 => Input::Modem(Report::Restarted),
                1 => Input::Modem(Report::Sim(Sim::Ready)),
                2 => Input::Modem(Report::Sim(Sim::Locked)),
                3 => Input::Modem(Report::FunctionalMode(FunctionalMode::Normal)),
                4 => Input::Modem(Report::FunctionalMode(FunctionalMode::Offline)),
                5 => Input::Modem(Report::Warning(Warning::Overheated)),
                6 => Input::Modem(Report::Keys { taken: value.into(), same: (value >> 4).into() }),
                _ => {
                    let (piece, tail) = rest.split_at(rest.len().min(usize::from(value)));
                    rest = tail;
                    Input::Modem(Report::Smartcard(Secret::new(piece)))
                }
            },
            7 => Input::Opened { session, new: value & 1 != 0 },
            8 => Input::Closed(session, SessionFault::Broken),
            9 | 10 | 11 => {
                let (datagram, tail) = rest.split_at(rest.len().min(usize::from(value)));
                rest = tail;
                Input::Received(SessionId(opened), datagram)
            }
            12 => Input::Answer(i32::from(value)),
            13 => Input::Request(match value % 5 {
                0 => Request::Reboot,
                1 => Request::LinkUp,
                2 => Request::LinkDown,
                3 => Request::Register,
                _ => Request::Deregister,
            }),
            14 => Input::Changed(Path::object(value.into())),
            _ => {
                now = now + Duration::from_secs(u64::from(value) * u64::from(value));
                drain(&mut carrier, now, &mut opened, false);
                continue;
            }
        };
        carrier.handle(now, input);
        drain(&mut carrier, now, &mut opened, false);
    }
});

/// Does what the machine asks for, until it waits. Records are asked for and never there. While
/// `kind` is set, modem and server do as they are told, too.
fn drain(carrier: &mut Carrier<'_>, now: Instant, opened: &mut u8, kind: bool) {
    let mut buffer = [0; DATAGRAM];
    for _ in 0..1000 {
        let mut answer = [0x60, 0x41, 0, 0, 0, 0, 0x82, b'r', b'd'];
        let inputs: [Option<Input<'_>>; 3] = match carrier.poll(now, &mut buffer) {
            Output::Wait(_) => return,
            Output::Open(session, _) => {
                *opened = session.0;
                [kind.then_some(Input::Opened { session, new: false }), None, None]
            }
            Output::Load(record) => [Some(Input::Loaded(record, None)), None, None],
            Output::Modem(_) if kind => [
                Some(Input::Modem(Report::Pdn(Pdn::Activated))),
                Some(Input::Modem(Report::Done)),
                Some(Input::Modem(Report::Registration(Registration::Home))),
            ],
            // Register (POST) is answered with a location, a Bootstrap-Request with 2.04; tokens
            // of ours have two bytes.
            Output::Transmit(session, datagram) if kind => match datagram.expose() {
                [0x42, 0x02, a, b, c, d, ..] => {
                    answer[0] = 0x62;
                    answer[2..6].copy_from_slice(&[*a, *b, *c, *d]);
                    let registers = datagram.expose().windows(2).any(|part| part == b"rd");
                    answer[1] = if registers { 0x41 } else { 0x44 };
                    let len = if registers { 9 } else { 6 };
                    [Some(Input::Received(session, &answer[..len])), None, None]
                }
                _ => [None, None, None],
            },
            _ => [None, None, None],
        };
        for input in inputs.into_iter().flatten() {
            carrier.handle(now, input);
        }
    }
    panic!("it does not come to wait");
}
