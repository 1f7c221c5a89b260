//! Block-wise transfer (RFC 7959).

use crate::bench::*;

#[test]
fn a_large_write_goes_up_in_blocks_and_follows_the_device_to_smaller_ones() {
    let image: Vec<u8> = (0..300u32).map(|n| n as u8).collect();
    let mut bench =
        Bench::registered_with(exact(Config { block_size: 128, ..Config::management() }), &[]);
    bench.begin(Operation::write("/5/0/0", 42, &image));
    let first = bench.request();
    assert_eq!(code(&first), "0.03");
    assert_eq!(block(&first, CoapOption::Block1), Some((0, true, 128)));
    assert_eq!(uint(&first, CoapOption::Size1), Some(300));
    let mut received = first.payload.clone();
    let smaller = block_value(0, true, 32);
    bench.give(&with(answer(&first, "2.31", b""), CoapOption::Block1, smaller));
    let mut numbers = Vec::new();
    loop {
        let next = bench.request();
        let (number, more, size) = block(&next, CoapOption::Block1).unwrap();
        assert_eq!((size, uri(&next).as_str()), (32, "5/0/0"));
        assert_eq!(uint(&next, CoapOption::ContentFormat), Some(42));
        numbers.push(number);
        received.extend(&next.payload);
        let code = if more { "2.31" } else { "2.04" };
        let value = block_value(number, more, 32);
        bench.give(&with(answer(&next, code, b""), CoapOption::Block1, value));
        if !more {
            break;
        }
    }
    assert_eq!(numbers, [4, 5, 6, 7, 8, 9]);
    assert_eq!(received, image);
    assert_eq!(bench.response().0, "2.04");
}

#[test]
fn a_lost_block_restarts_the_write_once() {
    let mut bench =
        Bench::registered_with(exact(Config { block_size: 64, ..Config::management() }), &[]);
    bench.begin(Operation::write("/5/0/0", 42, &[5; 200]));
    for round in 0..2 {
        let first = bench.request();
        assert_eq!(block(&first, CoapOption::Block1), Some((0, true, 64)));
        let value = block_value(0, true, 64);
        bench.give(&with(answer(&first, "2.31", b""), CoapOption::Block1, value));
        let second = bench.request();
        bench.give(&answer(&second, "4.08", b""));
        assert_eq!(bench.events.len(), round);
    }
    assert_eq!(bench.response().0, "4.08");
    bench.nothing();
}

#[test]
fn too_large_with_a_hint_means_smaller_blocks() {
    let mut bench = Bench::registered();
    bench.begin(Operation::write("/5/0/0", 42, &[5; 200]));
    let whole = bench.request();
    assert_eq!(block(&whole, CoapOption::Block1), None);
    let hint = block_value(0, false, 128);
    bench.give(&with(answer(&whole, "4.13", b""), CoapOption::Block1, hint));
    let first = bench.request();
    assert_eq!(block(&first, CoapOption::Block1), Some((0, true, 128)));
    assert_eq!(first.payload.len(), 128);
    bench.give(&with(answer(&first, "4.13", b""), CoapOption::Block1, hint));
    assert_eq!(bench.response().0, "4.13");
}

#[test]
fn a_block_answered_with_another_number_ends_the_write() {
    let mut bench =
        Bench::registered_with(exact(Config { block_size: 64, ..Config::management() }), &[]);
    let id = bench.begin(Operation::write("/5/0/0", 42, &[5; 200]));
    let first = bench.request();
    let wrong = block_value(1, true, 64);
    bench.give(&with(answer(&first, "2.31", b""), CoapOption::Block1, wrong));
    assert_eq!(bench.events(), [ServerEvent::RequestFailed { id, failure: Failure::Blocks }]);
}

#[test]
fn a_large_response_is_fetched_to_its_end() {
    let body: Vec<u8> = (0..1000u32).map(|n| (n * 7) as u8).collect();
    let mut bench = Bench::registered();
    bench.begin(Operation::read("/3/0").accept(112));
    assert_eq!(serve_blocks(&mut bench, &body, 64, 0, 1), 16);
    assert_eq!(bench.response(), ("2.05".into(), body.clone()));

    // The value changes after the first block: from the start again, once.
    bench.begin(Operation::read("/3/0"));
    let first = bench.request();
    let reply = with(answer(&first, "2.05", &body[..64]), CoapOption::ETag, 1);
    bench.give(&with(reply, CoapOption::Block2, block_value(0, true, 64)));
    let second = bench.request();
    let reply = with(answer(&second, "2.05", &body[64..128]), CoapOption::ETag, 2);
    bench.give(&with(reply, CoapOption::Block2, block_value(1, true, 64)));
    assert_eq!(serve_blocks(&mut bench, &body, 64, 0, 2), 16);
    assert_eq!(bench.response(), ("2.05".into(), body.clone()));

    // A block that is not the one asked for.
    let id = bench.begin(Operation::read("/3/0"));
    let first = bench.request();
    let reply = answer(&first, "2.05", &body[..64]);
    bench.give(&with(reply, CoapOption::Block2, block_value(0, true, 64)));
    let second = bench.request();
    let reply = answer(&second, "2.05", &body[..64]);
    bench.give(&with(reply, CoapOption::Block2, block_value(2, true, 64)));
    assert_eq!(bench.events(), [ServerEvent::RequestFailed { id, failure: Failure::Blocks }]);
}

#[test]
fn a_composite_read_repeats_its_paths_with_each_block() {
    let mut bench = Bench::registered();
    bench.begin(Operation::read_composite(112, b"paths").accept(112));
    let first = bench.request();
    assert_eq!((code(&first).as_str(), uri(&first).as_str()), ("0.05", ""));
    let reply = answer(&first, "2.05", &[1; 32]);
    bench.give(&with(reply, CoapOption::Block2, block_value(0, true, 32)));
    let second = bench.request();
    assert_eq!(second.payload, b"paths");
    let reply = answer(&second, "2.05", &[2]);
    bench.give(&with(reply, CoapOption::Block2, block_value(1, false, 32)));
    assert_eq!(bench.response().1.len(), 33);
}
