//! The bootstrap server (Core 6.1).

use crate::bench::*;

#[test]
fn a_bootstrap_is_one_request_after_the_other() {
    let mut bench = Bench::new(exact(Config::bootstrap(accounts())));
    assert_eq!(code(&bench.ask(post("bs", &["ep=dev", "pct=112"], None, b""))), "2.04");
    let expected = [
        ("0.04", "", None, "2.02"),
        ("0.03", "0/1", Some(112), "2.04"),
        ("0.03", "1/0", Some(112), "2.04"),
        ("0.02", "bs", None, "2.04"),
    ];
    for (method, path, format, reply) in expected {
        let request = bench.request();
        bench.nothing();
        assert_eq!((code(&request).as_str(), uri(&request).as_str()), (method, path));
        assert_eq!(uint(&request, CoapOption::ContentFormat), format);
        bench.give(&answer(&request, reply, b""));
    }
    let endpoint = || "dev".to_string();
    let events = bench.events();
    assert_eq!(
        events[0],
        ServerEvent::BootstrapStarted { endpoint: endpoint(), preferred: Some(112) }
    );
    assert!(matches!(events[2], ServerEvent::BootstrapAnswer { step: 1, code: Code::CHANGED, .. }));
    let finished = ServerEvent::BootstrapFinished { endpoint: endpoint(), code: Code::CHANGED };
    assert_eq!(events.last(), Some(&finished));
    assert_eq!(code(&bench.ask(register(&[]))), "4.04", "it is no management server");
}

#[test]
fn without_preference_the_accounts_come_in_tlv() {
    let mut bench = Bench::new(exact(Config::bootstrap(accounts())));
    assert_eq!(code(&bench.ask(post("bs", &["ep=dev"], None, b""))), "2.04");
    let delete = bench.request();
    bench.give(&answer(&delete, "2.02", b""));
    let write = bench.request();
    assert_eq!(uint(&write, CoapOption::ContentFormat), Some(11542));
    assert_eq!(&write.payload[..4], [0xc8, 0x00, 0x16, b'c']);
}

#[test]
fn who_cannot_be_bootstrapped_is_told() {
    let config = Config { endpoints: Some(vec!["dev".into()]), ..Config::bootstrap(accounts()) };
    let mut bench = Bench::new(config);
    for query in [&["ep=other"][..], &[], &["ep=dev", "pct=0"], &["ep=dev", "pct=x"]] {
        assert_eq!(code(&bench.ask(post("bs", query, None, b""))), "4.00", "{query:?}");
    }
    bench.nothing();
}

#[test]
fn a_bootstrap_without_answer_fails_and_can_begin_again() {
    let mut bench = Bench::new(exact(Config::bootstrap(accounts())));
    bench.ask(post("bs", &["ep=dev"], None, b""));
    bench.pass(62_000);
    assert_eq!(bench.times(), [0, 2_000, 6_000, 14_000, 30_000]);
    let failed = ServerEvent::BootstrapFailed { endpoint: "dev".into(), failure: Failure::Timeout };
    assert_eq!(bench.events().last(), Some(&failed));
    // Again, and again while that is under way: from the first request, without leftovers.
    bench.ask(post("bs", &["ep=dev"], None, b""));
    let delete = bench.request();
    bench.give(&answer(&delete, "2.02", b""));
    assert_eq!(uri(&bench.request()), "0/1");
    bench.ask(post("bs", &["ep=dev"], None, b""));
    assert_eq!(code(&bench.request()), "0.04");
    bench.pass(1_999);
    bench.nothing();
}

#[test]
fn a_plan_can_be_any_list_of_steps() {
    let steps = vec![
        Step::Discover("/".into()),
        Step::Read("/1".into(), Some(112)),
        Step::Write("/1/0/1".into(), 0, b"60".to_vec()),
        Step::Finish,
    ];
    let mut bench = Bench::new(exact(Config::bootstrap(BootstrapPlan::Steps(steps))));
    bench.ask(post("bs", &["ep=dev"], None, b""));
    for (method, path, reply) in [
        ("0.01", "", "2.05"),
        ("0.01", "1", "2.05"),
        ("0.03", "1/0/1", "4.00"),
        ("0.02", "bs", "4.06"),
    ] {
        let request = bench.request();
        assert_eq!((code(&request).as_str(), uri(&request).as_str()), (method, path));
        bench.give(&answer(&request, reply, b""));
    }
    let refused = Code::NOT_ACCEPTABLE;
    let finished = ServerEvent::BootstrapFinished { endpoint: "dev".into(), code: refused };
    assert_eq!(bench.events().last(), Some(&finished));
}

#[test]
fn a_late_answer_to_the_bootstrap_request_comes_before_the_requests() {
    let answers = Answers::Separate(Duration::from_secs(1));
    let mut bench = Bench::new(exact(Config { answers, ..Config::bootstrap(accounts()) }));
    assert_eq!(code(&bench.ask(post("bs", &["ep=dev"], None, b""))), "0.00");
    bench.nothing();
    bench.pass(1_000);
    let response = bench.take();
    assert_eq!(code(&response), "2.04");
    bench.nothing();
    bench.give(&empty(Ack, response.header.message_id));
    assert_eq!(code(&bench.request()), "0.04");
}

#[test]
fn a_bootstrap_can_be_ignored_and_can_stop_in_the_middle() {
    let mut bench = Bench::new(exact(Config::bootstrap(accounts())));
    bench.server.faults().ignore_bootstraps = 1;
    bench.server.faults().stop_bootstraps = Some((2, 1));
    let mut ignored = post("bs", &["ep=dev"], None, b"");
    ignored.header.message_id = 1;
    bench.give(&ignored);
    bench.nothing();
    for steps in [2, 4] {
        bench.ask(post("bs", &["ep=dev"], None, b""));
        for _ in 0..steps {
            let request = bench.request();
            bench.give(&answer(&request, "2.04", b""));
        }
        bench.pass(300_000);
        bench.nothing();
    }
    let finishes = |event: &&ServerEvent| matches!(event, ServerEvent::BootstrapFinished { .. });
    assert_eq!(bench.events().iter().filter(finishes).count(), 1);
}
