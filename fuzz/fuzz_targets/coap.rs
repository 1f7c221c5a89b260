//! The same bytes twice: as a datagram, and as requests through all parts of the CoAP floor.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lwm2m_carrier::coap::{
    Answers, Code, Kind, Message, ParseError, Sequence, Token, Writer, number,
};
use lwm2m_carrier::time::{Duration, Instant};

fuzz_target!(|data: &[u8]| {
    datagram(data);
    exchange(data.as_chunks().0);
});

/// What is read must mean the same after it was written again.
fn datagram(data: &[u8]) {
    match Message::parse(data) {
        Ok(message) => {
            assert!(message.options().is_sorted_by_key(|(number, _)| number));
            let mut buffer = vec![0; data.len()];
            let len = write(&message, &mut buffer).expect("no longer than it was");
            let again = Message::parse(&buffer[..len]).expect("well formed");
            assert_eq!(
                (again.kind, again.code, again.id),
                (message.kind, message.code, message.id)
            );
            assert_eq!(again.token, message.token);
            assert_eq!(again.payload, message.payload);
            assert!(again.options().eq(message.options()));
            let smaller = len.saturating_sub(1);
            assert_eq!(write(&message, &mut buffer[..smaller]), None);
        }
        Err(ParseError::Reset(id)) => {
            assert_eq!(data[0] >> 4, 4, "version 1, confirmable");
            assert_eq!(data[2..4], id.to_be_bytes());
        }
        Err(_) => {}
    }
}

fn write(message: &Message<'_>, buffer: &mut [u8]) -> Option<usize> {
    let mut writer = Writer::new(
        buffer,
        message.kind,
        message.code,
        message.id,
        &message.token,
    );
    for (number, value) in message.options() {
        writer.option(number, value);
    }
    if let Some(room) = writer.payload().get_mut(..message.payload.len()) {
        room.copy_from_slice(message.payload);
    }
    writer.finish(message.payload.len())
}

/// A small server and two clients: requests through every part of the floor. Two bytes are a
/// request: what is special about it, and its Block1 option.
fn exchange(requests: &[[u8; 2]]) {
    let mut now = Instant::ZERO;
    let mut id = 0;
    let mut answers = Answers::<64>::new();
    let mut blocks = Sequence::new();
    // How much of a body there is, and whose it is.
    let mut body: Option<(u8, usize)> = None;
    for &[special, block] in requests {
        let peer = special & 1;
        now = now
            + match special >> 4 {
                15 => Duration::from_secs(250),
                seconds => Duration::from_secs(u64::from(seconds)),
            };
        if special & 2 != 0 {
            answers.forget(peer);
            assert_eq!(answers.find(now, peer, id), None);
        }
        let repeated = special & 4 != 0;
        id = if repeated { id } else { id + 1 };
        let size = 16 << (block & 7);
        let payload_len = if special & 8 != 0 { size / 3 } else { size };
        let mut buffer = [0; 2100];
        let mut writer = Writer::new(
            &mut buffer,
            Kind::Confirmable,
            Code::PUT,
            id,
            &Token::default(),
        );
        writer.uint(number::BLOCK1, u32::from(block));
        let len = writer.finish(payload_len).expect("room");
        let request = Message::parse(&buffer[..len]).expect("well formed");
        assert_eq!(request.payload.len(), payload_len);
        if answers.find(now, peer, id).is_some() {
            assert!(repeated);
            continue;
        }
        let code = match request.block(number::BLOCK1) {
            Ok(None) => panic!("an option was lost"),
            Err(code) => code,
            Ok(Some(block)) => match blocks.accept(now, peer, 1, block, payload_len) {
                Err(code) => code,
                Ok(step) => {
                    let have = match body {
                        _ if step.first => 0,
                        Some((owner, have)) if owner == peer => have,
                        _ => panic!("a body that did not start"),
                    };
                    let end = step.offset + payload_len;
                    assert_eq!(if step.repeated { end } else { step.offset }, have);
                    body = (!step.last).then_some((peer, end));
                    assert_eq!((blocks.deadline() != Instant::NEVER), body.is_some());
                    if step.last {
                        Code::CHANGED
                    } else {
                        Code::CONTINUE
                    }
                }
            },
        };
        let mut answer = [0; 16];
        let mut writer = Writer::new(&mut answer, Kind::Acknowledgement, code, id, &request.token);
        if let Some(value) = request.option(number::BLOCK1) {
            writer.option(number::BLOCK1, value);
        }
        let len = writer.finish(0).expect("room");
        answers.store(now, peer, id, &answer[..len]);
        assert_eq!(answers.find(now, peer, id), Some(&answer[..len]));
    }
}
