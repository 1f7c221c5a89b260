//! The whole machine against a hostile modem and hostile servers: whatever is said to it in
//! whatever order, it answers, and always comes to wait.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lwm2m_carrier::capacity::DATAGRAM;
use lwm2m_carrier::carrier::{
    Carrier, Config, EndpointName, Input, Output, Request, ServerConfig, SessionFault, SessionId,
};
use lwm2m_carrier::lwm2m::Path;
use lwm2m_carrier::modem::{Error, Pdn, Registration, Report, Sim};
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
    while let Some(([kind, value], tail)) = rest.split_first_chunk::<2>() {
        let (kind, value) = (*kind, *value);
        rest = tail;
        let session = SessionId(if value & 0x80 == 0 { opened } else { value & 7 });
        let input = match kind % 16 {
            0 => Input::Initialise,
            1 => Input::Run,
            2 => Input::Modem(Report::Done),
            3 => Input::Modem(Report::Failed(if value & 1 == 0 { Error::Image } else { Error::Timeout })),
            4 => Input::Modem(Report::Registration(if value & 1 == 0 {
                Registration::Home
            } else {
                Registration::Searching
            })),
            5 => Input::Modem(Report::Pdn(match value % 4 {
                0 | 1 => Pdn::Activated,
                2 => Pdn::Detached,
                _ => Pdn::Rejected { cause: value },
            })),
            6 => Input::Modem(if value & 1 == 0 { Report::Restarted } else { Report::Sim(Sim::Ready) }),
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
                drain(&mut carrier, now, &mut opened);
                continue;
            }
        };
        carrier.handle(now, input);
        // Records are asked for and never there: answered at once, as a host does.
        drain(&mut carrier, now, &mut opened);
    }
});

fn drain(carrier: &mut Carrier<'_>, now: Instant, opened: &mut u8) {
    let mut buffer = [0; DATAGRAM];
    for _ in 0..1000 {
        let load = match carrier.poll(now, &mut buffer) {
            Output::Wait(_) => return,
            Output::Open(session, _) => {
                *opened = session.0;
                None
            }
            Output::Load(record) => Some(record),
            _ => None,
        };
        if let Some(record) = load {
            carrier.handle(now, Input::Loaded(record, None));
        }
    }
    panic!("it does not come to wait");
}
