//! Observations and their notifications (RFC 7641).

use crate::bench::*;

/// Fresh and payload of each notification among the events.
fn notified(bench: &mut Bench) -> Vec<(bool, Vec<u8>)> {
    let each = |event| match event {
        ServerEvent::Notification { fresh, payload, .. } => Some((fresh, payload)),
        _ => None,
    };
    bench.events().into_iter().filter_map(each).collect()
}

#[test]
fn notifications_are_matched_by_token_and_ordered_by_number() {
    let mut bench = Bench::registered();
    let token = observe(&mut bench);
    bench.give(&notification(Con, 21, &token, 3, b"70"));
    let ack = bench.take();
    assert_eq!((ack.header.get_type(), ack.header.message_id), (Ack, 21));
    bench.give(&notification(Non, 22, &token, 2, b"60"));
    bench.nothing();
    assert_eq!(notified(&mut bench), [(true, b"70".to_vec()), (false, b"60".to_vec())]);
    let observation = bench.server.observations().next().unwrap();
    assert_eq!(observation.last.as_ref().unwrap().payload, b"70");

    // After 128 seconds any number is newer.
    bench.pass(128_001);
    bench.give(&notification(Non, 23, &token, 2, b"80"));
    assert_eq!(notified(&mut bench), [(true, b"80".to_vec())]);

    for kind in [Con, Non] {
        bench.give(&notification(kind, 30 + kind as u16, b"other", 4, b""));
        assert_eq!(bench.take().header.get_type(), Rst);
    }
    bench.give_from(Peer(2), &notification(Con, 40, &token, 5, b""));
    assert_eq!(bench.take().header.get_type(), Rst, "another address");
    assert_eq!(bench.events(), []);
}

#[test]
fn a_notification_faster_than_the_response_counts_as_it() {
    let mut bench = Bench::registered();
    bench.begin(Operation::observe("/3/0/9"));
    let request = bench.request();
    let token = request.get_token().to_vec();
    bench.give(&notification(Con, 21, &token, 2, b"60"));
    assert_eq!(bench.take().header.get_type(), Ack);
    assert_eq!(bench.response().1, b"60");
    bench.give(&with(answer(&request, "2.05", b"50"), CoapOption::Observe, 1));
    bench.nothing();
    assert_eq!(bench.events(), []);
    bench.give(&notification(Non, 22, &token, 3, b"70"));
    assert_eq!(notified(&mut bench), [(true, b"70".to_vec())]);
}

#[test]
fn observations_end_by_cancel_by_reset_by_error_and_by_registration() {
    let mut bench = Bench::registered();
    let token = observe(&mut bench);
    bench.begin(Operation::cancel("/3/0/9"));
    let request = bench.request();
    assert_eq!((uint(&request, CoapOption::Observe), request.get_token()), (Some(1), &token[..]));
    // A notification on its way is not the response.
    bench.give(&notification(Non, 21, &token, 2, b"60"));
    assert_eq!(notified(&mut bench), [(true, b"60".to_vec())]);
    bench.give(&answer(&request, "2.05", b"70"));
    assert_eq!(bench.response().1, b"70");
    assert_eq!(bench.server.observations().count(), 0);
    let id = bench.begin(Operation::cancel("/3/0/9"));
    let failed = ServerEvent::RequestFailed { id, failure: Failure::NotObserved };
    assert_eq!(bench.events(), [failed]);

    let token = observe(&mut bench);
    assert!(bench.server.forget_observation("dev", &Operation::observe("/3/0/9")));
    bench.give(&notification(Non, 22, &token, 2, b"60"));
    assert_eq!(bench.take().header.get_type(), Rst);

    let token = observe(&mut bench);
    let mut gone = notification(Con, 23, &token, 2, b"");
    gone.header.set_code("4.04");
    gone.clear_option(CoapOption::Observe);
    bench.give(&gone);
    assert_eq!(bench.take().header.get_type(), Ack);
    assert!(matches!(
        bench.events().as_slice(),
        [ServerEvent::Notification { code: Code::NOT_FOUND, observe: None, .. }]
    ));
    assert_eq!(bench.server.observations().count(), 0);

    let old = observe(&mut bench);
    let new = observe(&mut bench);
    assert_eq!(bench.server.observations().count(), 1, "the second replaces the first");
    bench.give(&notification(Non, 24, &old, 2, b""));
    assert_eq!(bench.take().header.get_type(), Rst);
    assert_eq!(code(&bench.ask(register(&[]))), "2.01");
    bench.give(&notification(Non, 25, &new, 2, b""));
    assert_eq!(bench.take().header.get_type(), Rst);
}

#[test]
fn a_notification_in_blocks_is_fetched_before_it_is_told() {
    let body: Vec<u8> = (0..100).collect();
    let mut bench = Bench::registered();
    let token = observe(&mut bench);
    let first = notification(Con, 21, &token, 2, &body[..32]);
    bench.give(&with(
        with(first, CoapOption::ETag, 1),
        CoapOption::Block2,
        block_value(0, true, 32),
    ));
    assert_eq!(bench.take().header.get_type(), Ack);
    assert_eq!(bench.events(), []);
    assert_ne!(bench.sent[0].2.get_token(), token);
    assert_eq!(serve_blocks(&mut bench, &body, 32, 1, 1), 3);
    assert_eq!(notified(&mut bench), [(true, body)]);
}

#[test]
fn composite_observations_differ_by_their_paths() {
    let mut bench = Bench::registered();
    let composite = |observing, payload: &[u8]| Operation {
        observing,
        ..Operation::read_composite(112, payload)
    };
    let mut tokens = Vec::new();
    for payload in [b"a", b"b"] {
        bench.begin(composite(Observing::Start, payload));
        let request = bench.request();
        assert_eq!(
            (code(&request).as_str(), uint(&request, CoapOption::Observe)),
            ("0.05", Some(0))
        );
        bench.give(&with(answer(&request, "2.05", b""), CoapOption::Observe, 1));
        tokens.push(request.get_token().to_vec());
    }
    assert_eq!(bench.server.observations().count(), 2);
    bench.begin(composite(Observing::Cancel, b"a"));
    let request = bench.request();
    assert_eq!((request.get_token(), request.payload.as_slice()), (&tokens[0][..], &b"a"[..]));
    bench.give(&answer(&request, "2.05", b""));
    assert_eq!(bench.server.observations().count(), 1);
}
