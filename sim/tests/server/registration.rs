//! Register, Update, De-register and the lifetime (Core 6.2).

use lwm2m_carrier::secret::Secret;

use crate::bench::*;

#[test]
fn register_update_and_deregister_by_hand() {
    let mut bench = Bench::new(Config::management());
    // CON POST, id 0x1234, token 01, Uri-Path "rd", Content-Format 40, Uri-Query "ep=a", "lt=60",
    // "lwm2m=1.1", payload "</1/0>".
    let mut datagram = vec![0x41, 0x02, 0x12, 0x34, 0x01, 0xb2, b'r', b'd', 0x11, 40, 0x34];
    datagram.extend(b"ep=a\x05lt=60\x09lwm2m=1.1\xff</1/0>");
    bench.server.handle(bench.now, DEVICE, &datagram);
    bench.settle();
    let created = bench.take();
    assert_eq!((created.header.get_type(), code(&created)), (Ack, "2.01".into()));
    assert_eq!((created.header.message_id, created.get_token()), (0x1234, &[1][..]));
    let location = strings(&created, CoapOption::LocationPath);
    assert_eq!((location.len(), location[0].as_str()), (2, "rd"));
    let registration = bench.server.registration("a").unwrap();
    assert_eq!(registration.lifetime, Duration::from_secs(60));
    assert!(registration.lists("/1/0") && !registration.queue_mode);

    let path = location.join("/");
    let updated = bench.ask(post(&path, &["lt=90"], None, b""));
    assert_eq!(code(&updated), "2.04");
    let updated = bench.ask(post(&path, &[], Some(40), b"</1/0>,</3/0>"));
    assert_eq!(code(&updated), "2.04");
    let registration = bench.server.registration("a").unwrap();
    assert_eq!(registration.lifetime, Duration::from_secs(90));
    assert!(registration.lists("/3/0"));
    assert_eq!(code(&bench.ask(post("rd/nobody", &[], None, b""))), "4.04");

    let mut delete = post(&path, &[], None, b"");
    delete.header.set_code("0.04");
    assert_eq!(code(&bench.ask(delete.clone())), "2.02");
    assert_eq!(code(&bench.ask(delete)), "4.04");
    let ep = || "a".to_string();
    let events = bench.events();
    assert!(matches!(events[3], ServerEvent::Refused { code: Code::NOT_FOUND, .. }));
    assert_eq!(events[0], ServerEvent::Registered { endpoint: ep(), replaced: false });
    assert_eq!(events[1], ServerEvent::Updated { endpoint: ep(), links: false });
    assert_eq!(events[2], ServerEvent::Updated { endpoint: ep(), links: true });
    assert_eq!(events[4], ServerEvent::Deregistered { endpoint: ep() });
}

#[test]
fn a_wrong_register_gets_the_right_code() {
    let links = LINKS.as_bytes();
    type Case = (&'static [&'static str], Option<u16>, &'static [u8], &'static str);
    let cases: [Case; 15] = [
        (&["ep=d", "lwm2m=1.1"], Some(40), links, "2.01"),
        (&["lwm2m=1.1"], Some(40), links, "4.00"),
        (&["ep=d"], Some(40), links, "4.00"),
        (&["ep=d", "lwm2m=1.3"], Some(40), links, "4.12"),
        (&["ep=d", "lwm2m=1.1"], Some(0), links, "4.00"),
        (&["ep=d", "lwm2m=1.1"], None, links, "4.00"),
        (&["ep=d", "lwm2m=1.1"], Some(40), b"", "4.00"),
        (&["ep=d", "lwm2m=1.1"], Some(40), b"</0/0>,</1/0>", "4.00"),
        (&["ep=d", "lwm2m=1.1", "lt=abc"], Some(40), links, "4.00"),
        (&["ep=d", "lwm2m=1.1", "lt=0"], Some(40), links, "4.00"),
        (&["ep=d", "lwm2m=1.2", "lt=0"], Some(40), links, "2.01"),
        (&["ep=d", "lwm2m=1.1", "b=UM"], Some(40), links, "4.00"),
        (&["ep=d", "lwm2m=1.1", "b=UQ"], Some(40), links, "4.00"),
        (&["ep=d", "lwm2m=1.0", "b=UQ"], Some(40), links, "2.01"),
        (&["ep=d", "ep=e", "lwm2m=1.1"], Some(40), links, "4.00"),
    ];
    for (query, format, payload, expected) in cases {
        let mut bench = Bench::new(Config::management());
        let reply = bench.ask(post("rd", query, format, payload));
        assert_eq!(code(&reply), expected, "{query:?} {format:?}");
        assert_eq!(bench.server.registration("d").is_some(), expected == "2.01");
    }
    let mut bench = Bench::new(Config::management());
    let mut unconfirmed = register(&[]);
    unconfirmed.header.set_type(Non);
    let reply = bench.ask(unconfirmed);
    assert_eq!((reply.header.get_type(), code(&reply)), (Non, "4.00".into()));
    let critical = with(register(&[]), CoapOption::Unknown(65_001), 1);
    assert_eq!(code(&bench.ask(critical)), "4.02");
    let elective = with(register(&[]), CoapOption::Unknown(65_000), 1);
    assert_eq!(code(&bench.ask(elective)), "2.01");
    assert_eq!(code(&bench.ask(post("bs", &["ep=dev"], None, b""))), "4.04");
    let mut get = register(&[]);
    get.header.set_code("0.01");
    assert_eq!(code(&bench.ask(get)), "4.05");
}

#[test]
fn an_identity_belongs_to_its_endpoint() {
    let identities = vec![(Secret::new(b"id-dev".to_vec()), "dev".to_string())];
    let mut bench = Bench::new(Config { identities, ..Config::management() });
    assert_eq!(code(&bench.ask(register(&[]))), "4.03");
    bench.server.peer_identity(DEVICE, Some(b"id-dev".to_vec()));
    assert_eq!(code(&bench.ask(register(&[]))), "2.01");
    let other = post("rd", &["ep=other", "lwm2m=1.1"], Some(40), LINKS.as_bytes());
    assert_eq!(code(&bench.ask(other)), "4.03");
    let unnamed = post("rd", &["lwm2m=1.1"], Some(40), LINKS.as_bytes());
    assert_eq!(code(&bench.ask(unnamed)), "2.01");
    // Another address without the identity cannot move the registration.
    let path = bench.server.registration("dev").unwrap().location.join("/");
    assert_eq!(code(&bench.ask_from(Peer(2), post(&path, &[], None, b""))), "4.03");
    bench.server.peer_identity(Peer(2), Some(b"id-dev".to_vec()));
    assert_eq!(code(&bench.ask_from(Peer(2), post(&path, &[], None, b""))), "2.04");
    assert_eq!(bench.server.registration("dev").unwrap().peer, Peer(2));

    let mut bench =
        Bench::new(Config { endpoints: Some(vec!["x".into()]), ..Config::management() });
    assert_eq!(code(&bench.ask(register(&[]))), "4.03");
}

#[test]
fn a_lifetime_ends_at_its_second_unless_updated() {
    let mut bench = Bench::registered();
    let path = bench.server.registration("dev").unwrap().location.join("/");
    bench.pass(299_999);
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "2.04");
    let read = bench.begin(Operation::read("/3/0"));
    let request = bench.request();
    bench.give(&empty(Ack, request.header.message_id));
    bench.events.clear();
    bench.pass(299_999);
    assert!(bench.server.registration("dev").is_some());
    bench.pass(1);
    assert!(bench.server.registration("dev").is_none());
    let events = bench.events();
    assert_eq!(events[0], ServerEvent::RequestFailed { id: read, failure: Failure::Timeout });
    assert_eq!(events[1], ServerEvent::Expired { endpoint: "dev".into() });
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "4.04");
}

#[test]
fn a_register_in_blocks_is_put_together() {
    let mut bench = Bench::new(Config::management());
    let parts: Vec<&[u8]> = LINKS.as_bytes().chunks(16).collect();
    for (at, part) in parts.iter().enumerate() {
        let more = at + 1 < parts.len();
        let mut request = register(&[]);
        request.payload = part.to_vec();
        let value = block_value(at as u32, more, 16);
        let reply = bench.ask(with(request, CoapOption::Block1, value));
        assert_eq!(code(&reply), if more { "2.31" } else { "2.01" });
        assert_eq!(block(&reply, CoapOption::Block1), Some((at as u32, more, 16)));
    }
    assert!(bench.server.registration("dev").unwrap().lists("/5/0"));
}

#[test]
fn failures_happen_as_often_as_they_are_asked_for() {
    let mut bench = Bench::new(exact(Config::management()));
    bench.server.faults().ignore_registers = 1;
    bench.server.faults().refuse_registers = Some((Code::UNAVAILABLE, 2));
    let mut ignored = register(&[]);
    ignored.header.message_id = 1;
    for _ in 0..3 {
        bench.give(&ignored);
        bench.nothing();
    }
    assert_eq!(code(&bench.ask(register(&[]))), "5.03");
    assert_eq!(code(&bench.ask(register(&[]))), "5.03");
    assert_eq!(code(&bench.ask(register(&[]))), "2.01");
    bench.server.faults().refuse_updates = Some((Code::BAD_REQUEST, 1));
    let path = bench.server.registration("dev").unwrap().location.join("/");
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "4.00");
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "2.04");
    bench.server.forget("dev");
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "4.04");
}
