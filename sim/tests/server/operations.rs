//! Operations on devices, queue mode, Send (Core 6.3 and 6.4).

use crate::bench::*;

#[test]
fn operations_are_the_requests_that_the_transport_says() {
    let cases = [
        (Operation::read("/3/0/9").accept(0), "0.01", "3/0/9", None, Some(0)),
        (Operation::discover("/3"), "0.01", "3", None, Some(40)),
        (Operation::write("/1/0/1", 0, b"60"), "0.03", "1/0/1", Some(0), None),
        (Operation::update("/1/0", 11542, b"x"), "0.02", "1/0", Some(11542), None),
        (Operation::execute("/3/0/4", ""), "0.02", "3/0/4", None, None),
        (Operation::execute("/3/0/4", "0='x'"), "0.02", "3/0/4", Some(0), None),
        (Operation::create("/1", 112, b"x"), "0.02", "1", Some(112), None),
        (Operation::delete("/1/1"), "0.04", "1/1", None, None),
        (Operation::write_composite(112, b"x"), "0.07", "", Some(112), None),
        (Operation::write_attributes("/3/0/9", "pmin=1&pmax=5"), "0.03", "3/0/9", None, None),
    ];
    for (operation, method, path, format, accept) in cases {
        let mut bench = Bench::registered();
        bench.begin(operation);
        let request = bench.request();
        assert_eq!((code(&request).as_str(), uri(&request).as_str()), (method, path));
        assert_eq!(uint(&request, CoapOption::ContentFormat), format);
        assert_eq!(uint(&request, CoapOption::Accept), accept);
        assert_eq!(request.get_token().len(), 8);
        if method == "0.03" && format.is_none() {
            assert_eq!(strings(&request, CoapOption::UriQuery), ["pmin=1", "pmax=5"]);
        }
    }
    let mut bench = Bench::registered();
    let id = bench.server.request("nobody", Operation::read("/3"));
    bench.settle();
    let failed = ServerEvent::RequestFailed { id, failure: Failure::NotRegistered };
    assert_eq!(bench.events(), [failed]);
}

#[test]
fn tokens_are_as_short_as_configured_and_still_tell_requests_apart() {
    let config = Config { token_length: 0, ..Config::management() };
    let mut bench = Bench::registered_with(exact(config), &[]);
    assert_eq!(observe(&mut bench), []);
    bench.begin(Operation::read("/3/0"));
    assert_eq!(bench.request().get_token().len(), 1);
}

#[test]
fn an_alternate_path_comes_before_every_path() {
    let mut bench = Bench::new(Config::management());
    let links = b"</lw>;rt=\"oma.lwm2m\",</lw/1/0>,</lw/3/0>";
    let query = ["ep=dev", "lwm2m=1.1"];
    assert_eq!(code(&bench.ask(post("rd", &query, Some(40), links))), "2.01");
    bench.begin(Operation::read("/3/0/9"));
    assert_eq!(uri(&bench.request()), "lw/3/0/9");
}

#[test]
fn a_new_registration_ends_what_was_under_way() {
    let mut bench = Bench::registered();
    let id = bench.begin(Operation::read("/3/0"));
    let request = bench.request();
    assert_eq!(code(&bench.ask(register(&[]))), "2.01");
    assert_eq!(
        bench.events(),
        [
            ServerEvent::RequestFailed { id, failure: Failure::Replaced },
            ServerEvent::Registered { endpoint: "dev".into(), replaced: true },
        ]
    );
    bench.give(&answer(&request, "2.05", b""));
    bench.pass(100_000);
    bench.nothing();
}

#[test]
fn a_device_in_queue_mode_is_asked_while_it_is_awake() {
    let config = Config { awake: Duration::from_secs(10), ..exact(Config::management()) };
    let mut bench = Bench::registered_with(config, &["b=U", "Q"]);
    bench.pass(9_999);
    bench.begin(Operation::read("/3/0/0"));
    let request = bench.request();
    bench.give(&answer(&request, "2.05", b""));
    // That answer opened the window anew.
    bench.pass(9_999);
    bench.begin(Operation::read("/3/0/1"));
    let request = bench.request();
    bench.give(&answer(&request, "2.05", b""));
    bench.pass(10_000);
    bench.begin(Operation::read("/3/0/2"));
    bench.begin(Operation::read("/3/0/3"));
    bench.pass(1_000);
    bench.nothing();
    let path = bench.server.registration("dev").unwrap().location.join("/");
    assert_eq!(code(&bench.ask(post(&path, &[], None, b""))), "2.04");
    let request = bench.request();
    assert_eq!(uri(&request), "3/0/2");
    bench.give(&answer(&request, "2.05", b""));
    assert_eq!(uri(&bench.request()), "3/0/3");
}

#[test]
fn send_is_taken_from_who_is_registered() {
    let mut bench = Bench::registered();
    let payload = [0x81, 0xa0];
    assert_eq!(code(&bench.ask(post("dp", &[], Some(112), &payload))), "2.04");
    let endpoint = "dev".to_string();
    let sent = ServerEvent::Sent { endpoint, content_format: 112, payload: payload.to_vec() };
    assert_eq!(bench.events(), [sent]);
    assert_eq!(code(&bench.ask(post("dp", &[], Some(112), b"garbage"))), "4.00");
    assert_eq!(code(&bench.ask(post("dp", &[], None, &payload))), "4.00");
    assert_eq!(code(&bench.ask_from(Peer(2), post("dp", &[], Some(112), &payload))), "4.04");
}
