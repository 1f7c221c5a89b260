//! Retransmission, deduplication, separate responses (RFC 7252 section 4).

use crate::bench::*;

#[test]
fn a_duplicate_gets_the_stored_answer_and_happens_once() {
    let mut bench = Bench::new(Config::management());
    let mut request = register(&[]);
    request.header.message_id = 5;
    bench.give(&request);
    let first = bench.take();
    bench.pass(246_000);
    bench.give(&request);
    assert_eq!(bench.take(), first);
    assert_eq!(bench.events.len(), 1);
    bench.pass(2_000);
    bench.give(&request);
    assert_ne!(bench.take(), first, "after EXCHANGE_LIFETIME it is a new request");

    // The same id from another peer is another message.
    bench.give_from(Peer(2), &request);
    assert_ne!(bench.take(), first);

    let mut bench = Bench::registered();
    let mut send = post("dp", &[], Some(112), &[0x81, 0xa0]);
    send.header.set_type(Non);
    send.header.message_id = 9;
    bench.give(&send);
    assert_eq!((code(&bench.take()), bench.events.len()), ("2.04".into(), 1));
    bench.give(&send);
    bench.nothing();
    assert_eq!(bench.events.len(), 1);
}

#[test]
fn what_is_not_understood_is_rejected() {
    let mut bench = Bench::new(Config::management());
    for (datagram, reply) in [
        (&[0x40, 0x00, 0x00, 0x07][..], Some(Rst)),   // ping
        (&[0x40, 0x01, 0x00, 0x07, 0xff], Some(Rst)), // payload marker without payload
        (&[0x40, 0x21, 0x00, 0x07], Some(Rst)),       // class 1
        (&[0x49, 0x01, 0x00, 0x07], Some(Rst)),       // token length 9
        (&[0x50, 0x01, 0x00, 0x07, 0xff], None),      // the same, non-confirmable
        (&[0x80, 0x01, 0x00, 0x07], None),            // version 2
        (&[0x60, 0x00, 0x00, 0x07], None),            // an acknowledgement of nothing
        (&[0x40], None),
        (&[], None),
    ] {
        bench.server.handle(bench.now, DEVICE, datagram);
        bench.settle();
        let sent: Vec<_> = bench.sent.drain(..).map(|(_, _, p)| p.header.get_type()).collect();
        assert_eq!(sent, Vec::from_iter(reply), "{datagram:02x?}");
    }
}

#[test]
fn requests_are_repeated_at_doubled_intervals() {
    let mut bench = Bench::registered();
    let id = bench.begin(Operation::read("/3/0"));
    bench.pass(61_999);
    assert_eq!(bench.times(), [0, 2_000, 6_000, 14_000, 30_000]);
    assert_eq!(bench.events(), []);
    bench.pass(1);
    let failed = ServerEvent::RequestFailed { id, failure: Failure::Timeout };
    assert_eq!(bench.events(), [failed]);
}

#[test]
fn the_first_interval_is_random_within_its_bounds() {
    let mut intervals = Vec::new();
    for seed in 0..50 {
        let mut bench = Bench::registered_with(Config { seed, ..Config::management() }, &[]);
        bench.begin(Operation::read("/3/0"));
        bench.pass(3_000);
        intervals.push(bench.times()[1]);
    }
    assert!(intervals.iter().all(|at| (2_000..=3_000).contains(at)));
    intervals.sort();
    intervals.dedup();
    assert!(intervals.len() > 20);
}

#[test]
fn requests_go_out_one_by_one() {
    let mut bench = Bench::registered();
    bench.begin(Operation::read("/3/0/0"));
    bench.begin(Operation::read("/3/0/1"));
    let first = bench.request();
    bench.nothing();
    bench.give(&empty(Ack, first.header.message_id));
    bench.nothing();
    let mut separate = answer(&first, "2.05", b"a");
    separate.header.set_type(Con);
    separate.header.message_id = 77;
    bench.give(&separate);
    let ack = bench.take();
    assert_eq!((ack.header.get_type(), ack.header.message_id), (Ack, 77));
    assert_eq!(bench.response(), ("2.05".into(), b"a".to_vec()));
    assert_eq!(uri(&bench.request()), "3/0/1");
    bench.give(&separate);
    assert_eq!(bench.take(), ack, "the duplicate is acknowledged again");
    assert_eq!(bench.events(), []);
}

#[test]
fn a_separate_response_may_overtake_its_acknowledgement() {
    let mut bench = Bench::registered();
    bench.begin(Operation::read("/3/0/0"));
    let request = bench.request();
    let mut separate = answer(&request, "2.05", b"a");
    separate.header.set_type(Non);
    separate.header.message_id = 77;
    bench.give(&separate);
    assert_eq!(bench.response().0, "2.05");
    bench.give(&empty(Ack, request.header.message_id));
    bench.pass(100_000);
    bench.nothing();
}

#[test]
fn an_acknowledged_request_waits_for_its_response_no_longer_than_configured() {
    let mut bench = Bench::registered();
    let id = bench.begin(Operation::read("/3/0/0"));
    let request = bench.request();
    bench.give(&empty(Ack, request.header.message_id));
    bench.pass(92_999);
    bench.nothing();
    assert_eq!(bench.events(), []);
    bench.pass(1);
    let failed = ServerEvent::RequestFailed { id, failure: Failure::Timeout };
    assert_eq!(bench.events(), [failed]);

    let id = bench.begin(Operation::read("/3/0/0"));
    let request = bench.request();
    // An acknowledgement with another token is none of ours.
    let mut stray = answer(&request, "2.05", b"");
    stray.set_token(vec![1]);
    bench.give(&stray);
    assert_eq!(bench.events(), []);
    bench.give(&empty(Rst, request.header.message_id));
    assert_eq!(bench.events(), [ServerEvent::RequestFailed { id, failure: Failure::Reset }]);
}

#[test]
fn answers_may_be_separate() {
    let answers = Answers::Separate(Duration::from_secs(3));
    let mut bench = Bench::new(exact(Config { answers, ..Config::management() }));
    let ack = bench.ask(register(&[]));
    assert_eq!((ack.header.get_type(), code(&ack)), (Ack, "0.00".into()));
    assert!(ack.get_token().is_empty());
    // What the server asks comes after its response.
    bench.begin(Operation::read("/3/0"));
    bench.pass(2_999);
    bench.nothing();
    bench.pass(6_001);
    let times: Vec<u64> = bench.sent.iter().map(|(at, ..)| *at).collect();
    assert_eq!(times, [3_000, 5_000, 9_000]);
    let response = bench.take();
    assert_eq!((response.header.get_type(), code(&response)), (Con, "2.01".into()));
    assert_eq!(response.get_token(), [7, 7]);
    bench.sent.clear();
    bench.give(&empty(Ack, response.header.message_id));
    assert_eq!(uri(&bench.request()), "3/0");

    bench.server.set_answers(Answers::NonConfirmable(Duration::ZERO));
    assert_eq!(code(&bench.ask(register(&[]))), "0.00");
    let response = bench.take();
    assert_eq!((response.header.get_type(), code(&response)), (Non, "2.01".into()));
}

#[test]
fn over_a_bad_link_each_operation_happens_once_and_gets_its_own_response() {
    let mut answered = 0;
    for seed in 0..100u64 {
        let config = Config { seed, ..Config::management() };
        let mut bench = Bench::registered_with(config, &[]);
        let mut bits = seed;
        let mut chance = |percent: u64| {
            bits = bits.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (bits >> 33) % 100 < percent
        };
        let ids: Vec<RequestId> = (0..20)
            .map(|number| {
                bench.begin(Operation::write("/1/0/1", 0, format!("{number}").as_bytes()))
            })
            .collect();
        // What the device did, with the answer that it repeats to duplicates.
        let mut done: Vec<(u16, Packet)> = Vec::new();
        let mut late = Vec::new();
        while let Some(at) = bench.deadline.filter(|at| at.as_millis() < 280_000) {
            for (_, _, request) in std::mem::take(&mut bench.sent) {
                for _ in 0..1 + u32::from(chance(20)) {
                    let id = request.header.message_id;
                    if chance(20) {
                        continue;
                    }
                    if !done.iter().any(|(known, _)| *known == id) {
                        done.push((id, answer(&request, "2.04", &request.payload)));
                    }
                    let reply = done.iter().find(|(known, _)| *known == id).unwrap().1.clone();
                    if chance(30) {
                        late.push(reply);
                    } else if !chance(20) {
                        bench.give(&reply);
                    }
                }
            }
            if late.len() > 2 {
                let reply = late.remove(0);
                bench.give(&reply);
            }
            if bench.sent.is_empty() {
                bench.pass(at.since(bench.now).as_millis());
            }
        }
        for (turn, event) in bench.events().into_iter().enumerate() {
            let (id, payload) = match event {
                ServerEvent::Response { id, payload, .. } => (id, Some(payload)),
                ServerEvent::RequestFailed { id, failure: Failure::Timeout } => (id, None),
                other => panic!("{other:?}"),
            };
            let number = ids.iter().position(|known| *known == id).unwrap();
            assert_eq!(number, turn, "in order");
            if let Some(payload) = payload {
                assert_eq!(payload, format!("{number}").as_bytes());
                answered += 1;
            }
        }
        let mut written: Vec<_> = done.iter().map(|(_, answer)| answer.payload.clone()).collect();
        written.sort();
        written.dedup();
        assert_eq!(written.len(), done.len(), "seed {seed}: something was written twice");
    }
    assert!(answered > 1900, "{answered} of 2000");
}
