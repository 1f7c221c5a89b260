//! Datagrams of any content.

use proptest::prelude::*;

use crate::bench::*;

/// A message with a header that makes sense more often than chance would.
fn likely() -> impl Strategy<Value = Vec<u8>> {
    let code = prop_oneof![
        Just(0u8),
        Just(1),
        Just(2),
        Just(4),
        Just(0x45),
        Just(0x5f),
        Just(0x88),
        any::<u8>()
    ];
    let option = prop_oneof![
        Just(b"\xb2rd".to_vec()),
        Just(b"\xb2bs".to_vec()),
        Just(b"\x44ep=d".to_vec()),
        Just(b"\x49lwm2m=1.1".to_vec()),
        Just(vec![0x11, 40]),
        Just(vec![0x61, 1]),
        (0u8..16, any::<u8>()).prop_map(|(delta, value)| vec![delta << 4 | 1, value]),
        proptest::collection::vec(any::<u8>(), 0..8),
    ];
    let body = proptest::collection::vec(option, 0..8).prop_map(|options| options.concat());
    (0u8..4, code, 0u8..4, proptest::collection::vec(any::<u8>(), 0..40), body).prop_map(
        |(kind, code, id, payload, body)| {
            let marker = if payload.is_empty() { &[][..] } else { &[0xff] };
            [&[0x40 | kind << 4, code, 0, id], &body[..], marker, &payload[..]].concat()
        },
    )
}

proptest! {
    #[test]
    fn no_datagram_upsets_the_server(
        datagrams in proptest::collection::vec(
            (0u64..3, prop_oneof![likely(), proptest::collection::vec(any::<u8>(), 0..80)], any::<bool>()),
            1..30,
        ),
        token_length in 0usize..3,
    ) {
        let config = Config {
            bootstrap: Some(accounts()),
            token_length,
            ..Config::management()
        };
        let mut bench = Bench::registered_with(config, &[]);
        bench.server.campaign(FirmwareCampaign::new(vec![1; 3000]));
        bench.begin(Operation::observe("/3/0/9"));
        for (peer, mut datagram, reply) in datagrams {
            // Half of them pretend to answer what the server asked last.
            if let (true, Some((_, _, asked)), [first, _, high, low, ..]) =
                (reply, bench.sent.last(), datagram.as_mut_slice())
            {
                let token = asked.get_token().to_vec();
                [*high, *low] = asked.header.message_id.to_be_bytes();
                *first = *first & 0xf0 | token.len() as u8;
                datagram.splice(4..4, token);
            }
            bench.server.handle(bench.now, Peer(peer), &datagram);
            bench.settle();
            bench.pass(700);
        }
        // It still serves.
        let id = bench.id();
        let mut request = register(&[]);
        request.header.message_id = id;
        bench.sent.clear();
        bench.give_from(Peer(9), &request);
        prop_assert!(bench.sent.iter().any(|(_, peer, p)| *peer == Peer(9) && code(p) == "2.01"));
    }
}
