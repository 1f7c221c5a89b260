//! The message layer (RFC 7252 sections 3 to 5): what is answered, with which bytes, and how often.

use crate::bench::*;

/// The one datagram that a datagram is answered with, in hex; empty for none.
fn answer(world: &mut World, datagram: &str) -> String {
    let answers = world.deliver(0, &unhex(datagram));
    assert!(answers.len() < 2);
    answers.first().map(|bytes| hex(bytes)).unwrap_or_default()
}

#[test]
fn a_ping_is_answered_with_a_reset() {
    let mut world = World::registered();
    assert_eq!(answer(&mut world, "40001234"), "70001234");
}

#[test]
fn a_response_repeats_the_token_and_the_message_id() {
    let mut world = World::registered();
    // GET /3/0/1, Accept 0.
    let got = answer(&mut world, "44 01 0007 01020304 b133 0130 0131 60");
    assert_eq!(got, "64450007 01020304 c0 ff 53494d3931".replace(' ', ""));
}

#[test]
fn tokens_have_up_to_eight_bytes() {
    let mut world = World::registered();
    for length in 0..=8 {
        let token: Vec<u8> = (1..=length).collect();
        let mut request = request(Code::GET, "/3/0/1");
        (request.token, request.id) = (token.clone(), length.into());
        let answer = world.tell(&request);
        assert_eq!((answer.code, answer.token), (Code::CONTENT, token));
    }
}

#[test]
fn what_is_no_message_is_reset_if_it_says_confirmable_and_ignored_if_not() {
    let mut world = World::registered();
    for (datagram, expected) in [
        // A payload marker without a payload.
        ("40010007ff", "70000007"),
        ("50010007ff", ""),
        // An Empty message that is longer than four bytes.
        ("4100000701", "70000007"),
        ("40000007ff00", "70000007"),
        // Token lengths 9 to 15.
        ("490100070102030405060708 09", "70000007"),
        ("4f010007", "70000007"),
        ("590100070102030405060708 09", ""),
        // A token that is cut off.
        ("440100070102", "70000007"),
        // Options: the reserved delta and length 15, a length beyond the end.
        ("40010007f0", "70000007"),
        ("400100071f", "70000007"),
        ("40010007b53301", "70000007"),
        ("40010007d0", "70000007"),
        // Code classes without a meaning.
        ("40 20 0007", "70000007"),
        ("40 c5 0007", "70000007"),
        ("40 e1 0007", "70000007"),
        ("50 20 0007", ""),
        // Another version, a head that is cut off, nothing at all.
        ("80010007", ""),
        ("00010007", ""),
        ("400100", ""),
        ("", ""),
        // Acknowledgements and Resets that belong to nothing, empty or not.
        ("60000007", ""),
        ("70000007", ""),
        ("60450007", ""),
        ("60010007", ""),
        ("70010007", ""),
    ] {
        assert_eq!(answer(&mut world, datagram), expected, "{datagram}");
    }
    assert_eq!(world.text("/3/0/1"), "SIM91", "it still listens");
}

#[test]
fn a_response_that_nobody_asked_for_is_reset_if_it_is_confirmable() {
    let mut world = World::registered();
    assert_eq!(answer(&mut world, "4145 0007 aa"), "70000007");
    assert_eq!(answer(&mut world, "5145 0008 aa"), "");
}

#[test]
fn an_unknown_critical_option_is_refused() {
    let mut world = World::equipped();
    // If-Match, If-None-Match, 9, 65001.
    for number in [1, 5, 9, 65001] {
        let read = request(Code::GET, "/3/0/1").with(number, b"x");
        let read = Message { id: number, ..read };
        assert_eq!(world.tell(&read).code, Code::BAD_OPTION, "{number}");
        let execute = request(Code::POST, "/26241/0/8").with(number, b"");
        let execute = Message { id: number.wrapping_add(1000), ..execute };
        assert_eq!(world.tell(&execute).code, Code::BAD_OPTION, "{number}");
    }
    assert_eq!(world.executed(), 0);
    // A message that is not confirmable is rejected without a word.
    let read = request(Code::GET, "/3/0/1").with(9, b"");
    let read = Message { kind: Kind::NonConfirmable, ..read };
    assert!(world.deliver(0, &read.encode()).is_empty());
}

#[test]
fn an_unknown_elective_option_is_ignored() {
    let mut world = World::registered();
    for (id, number) in [10, 14, 20, 28, 258, 2050, 65000].into_iter().enumerate() {
        let read = request(Code::GET, "/3/0/1").with(number, &[7; 20]);
        let answer = world.tell(&Message { id: id as u16, ..read });
        assert_eq!((answer.code, text(&answer.payload)), (Code::CONTENT, "SIM91"), "{number}");
    }
}

#[test]
fn host_and_port_are_understood_and_a_proxy_is_none() {
    let mut world = World::registered();
    let read = request(Code::GET, "/3/0/1").with(option::URI_HOST, b"device.example");
    assert_eq!(world.tell(&read.with(option::URI_PORT, &[0x16, 0x33])).code, Code::CONTENT);
    let proxy = request(Code::GET, "").with(35, b"coap://other.example/3/0/1");
    assert_eq!(world.tell(&Message { id: 2, ..proxy }).code, Code::new(5, 5));
}

#[test]
fn long_options_and_payload_markers_are_read() {
    let mut world = World::equipped();
    // A Uri-Query of 300 bytes: an extended length of two bytes. No attribute is called so.
    let attributes = request(Code::PUT, "/26241/0/0").with(option::URI_QUERY, &[b'x'; 300]);
    assert_eq!(world.tell(&attributes).code, Code::BAD_REQUEST);
}

#[test]
fn a_repeated_request_gets_the_same_bytes_and_is_carried_out_once() {
    let mut world = World::equipped();
    let execute = request(Code::POST, "/26241/0/8").encode();
    let first = world.deliver(0, &execute);
    assert_eq!(first, [unhex("61444000ab")]);
    for _ in 0..3 {
        world.run_for(Duration::from_secs(60));
        assert_eq!(world.deliver(0, &execute), first);
    }
    assert_eq!(world.executed(), 1);
    // The same message id is another request after EXCHANGE_LIFETIME.
    world.run_for(Duration::from_secs(75));
    assert_eq!(world.deliver(0, &execute), first);
    assert_eq!(world.executed(), 2);
}

#[test]
fn a_repeated_create_makes_one_instance() {
    let mut world = World::equipped();
    let create = request(Code::POST, "/26241").with(option::CONTENT_FORMAT, &[0x2d, 0x16]);
    let create = Message { payload: unhex("c1000b"), ..create }.encode();
    let first = world.deliver(0, &create);
    let answer = Message::parse(&first[0]).unwrap();
    assert_eq!(answer.code, Code::CREATED);
    assert_eq!(answer.texts(option::LOCATION_PATH).unwrap(), ["26241", "1"]);
    assert_eq!(world.deliver(0, &create)[0], first[0]);
    assert_eq!(world.get("/26241/1/0"), Some(Owned::Integer(11)));
    assert_eq!(world.get("/26241/2/0"), None);
}

#[test]
fn a_repeated_request_that_was_refused_is_refused_again() {
    let mut world = World::registered();
    let wrong = request(Code::DELETE, "/3/0").encode();
    let first = world.deliver(0, &wrong);
    assert_eq!(first, [unhex("61854000ab")]);
    assert_eq!(world.deliver(0, &wrong), first);
}

#[test]
fn a_request_that_is_not_confirmable_is_answered_in_kind() {
    let mut world = World::equipped();
    let execute = request(Code::POST, "/26241/0/8");
    let execute = Message { kind: Kind::NonConfirmable, ..execute };
    let answer = world.tell(&execute);
    assert_eq!((answer.kind, answer.code), (Kind::NonConfirmable, Code::CHANGED));
    assert_eq!(answer.token, execute.token);
    // A copy of it is not carried out; an answer to it would be the same again.
    let copies = world.deliver(0, &execute.encode());
    assert!(copies.iter().all(|copy| *copy == answer.encode()));
    assert_eq!(world.executed(), 1);
}

#[test]
fn the_first_message_id_and_the_tokens_are_random() {
    let mut ids = Vec::new();
    for seed in 0..50 {
        let mut world = World::managed(300, seed);
        world.register();
        let register = &world.sent_since(0)[0].1;
        assert!(!register.token.is_empty());
        ids.push((register.id, register.token.clone()));
    }
    let (mut first, mut tokens): (Vec<u16>, Vec<Vec<u8>>) = ids.into_iter().unzip();
    for count in [
        {
            first.sort_unstable();
            first.dedup();
            first.len()
        },
        {
            tokens.sort_unstable();
            tokens.dedup();
            tokens.len()
        },
    ] {
        assert!(count > 45, "{count} of 50");
    }
}

#[test]
fn an_answer_to_an_update_must_have_its_token_and_its_message_id() {
    let mut world = World::managed(300, 1);
    world.register();
    world.cut_off(true);
    let from = world.mark();
    let (_, update) = world.next_sent(from, 300);
    let changed = |id: u16, token: &[u8]| {
        let answer = Message { kind: Kind::Acknowledgement, id, ..Message::new(Code::CHANGED) };
        Message { token: token.to_vec(), ..answer }.encode()
    };
    let from = world.mark();
    assert!(world.deliver(0, &changed(update.id.wrapping_add(1), &update.token)).is_empty());
    assert!(world.deliver(0, &changed(update.id, b"another")).is_empty());
    world.run_for(Duration::from_secs(4));
    assert_eq!(world.sent_since(from).len(), 1, "it is sent again: that was no answer");
    assert!(world.deliver(0, &changed(update.id, &update.token)).is_empty());
    let from = world.mark();
    world.run_for(Duration::from_secs(100));
    assert!(world.sent_since(from).is_empty());
}

#[test]
fn a_separate_answer_is_acknowledged_each_time_that_it_comes() {
    let mut world = World::managed(300, 1);
    world.register();
    world.cut_off(true);
    let from = world.mark();
    let (_, update) = world.next_sent(from, 300);
    // The empty acknowledgement is lost: the answer stands for it (RFC 7252, 5.2.2).
    let answer = Message { id: 0x7777, token: update.token, ..Message::new(Code::CHANGED) };
    assert_eq!(world.deliver(0, &answer.encode()), [unhex("60007777")]);
    assert_eq!(world.deliver(0, &answer.encode()), [unhex("60007777")]);
    let from = world.mark();
    world.run_for(Duration::from_secs(100));
    assert!(world.sent_since(from).is_empty());
}

#[test]
fn one_request_at_a_time_is_under_way() {
    // NSTART 1: while an Update is not answered, another one waits.
    let mut world = World::managed(300, 1);
    world.register();
    world.cut_off(true);
    let from = world.mark();
    let (_, update) = world.next_sent(from, 300);
    let write = request(Code::PUT, "/1/0/1").with(option::CONTENT_FORMAT, &[]);
    let write = Message { payload: b"1000".to_vec(), ..write };
    assert_eq!(world.tell(&write).code, Code::CHANGED);
    let from = world.mark();
    world.run_for(Duration::from_secs(4));
    assert!(world.sent_since(from).iter().all(|(_, message)| *message == update));
    let answer = Message { kind: Kind::Acknowledgement, ..Message::new(Code::CHANGED) };
    let answer = Message { id: update.id, token: update.token, ..answer };
    let sent = world.deliver(0, &answer.encode());
    assert_eq!(queries(&Message::parse(&sent[0]).unwrap()), ["lt=1000"]);
}
