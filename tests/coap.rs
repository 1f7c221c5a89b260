//! CoAP: what holds for any message, any body and any sequence of answers.

use std::collections::BTreeMap;

use lwm2m_carrier::coap::{
    Answers, Block, Code, Expiry, Kind, Message, Parameters, ParseError, Retransmission, Sequence,
    Token, Writer, number,
};
use lwm2m_carrier::time::{Duration, Instant};
use proptest::collection::vec;
use proptest::prelude::*;

/// A message in parts, options in order.
#[derive(Clone, Debug)]
struct Parts {
    kind: Kind,
    code: Code,
    id: u16,
    token: Vec<u8>,
    options: Vec<(u16, Vec<u8>)>,
    payload: Vec<u8>,
}

impl Parts {
    fn write(&self, buffer: &mut [u8]) -> Option<usize> {
        let token = Token::new(&self.token).unwrap();
        let mut writer = Writer::new(buffer, self.kind, self.code, self.id, &token);
        for (number, value) in &self.options {
            writer.option(*number, value);
        }
        let room = writer.payload();
        let len = room.len().min(self.payload.len());
        room[..len].copy_from_slice(&self.payload[..len]);
        writer.finish(self.payload.len())
    }

    fn written(&self) -> Vec<u8> {
        let mut buffer = vec![0; 8192];
        let len = self.write(&mut buffer).unwrap();
        buffer.truncate(len);
        buffer
    }

    fn of(message: &Message<'_>) -> Self {
        Self {
            kind: message.kind,
            code: message.code,
            id: message.id,
            token: message.token.as_slice().to_vec(),
            options: message.options().map(|(number, value)| (number, value.to_vec())).collect(),
            payload: message.payload.to_vec(),
        }
    }

    fn assert_is(&self, other: &Self) -> Result<(), TestCaseError> {
        prop_assert_eq!((self.kind, self.code, self.id), (other.kind, other.code, other.id));
        prop_assert_eq!(&self.token, &other.token);
        prop_assert_eq!(&self.options, &other.options);
        prop_assert_eq!(&self.payload, &other.payload);
        Ok(())
    }
}

fn kind_and_code() -> impl Strategy<Value = (Kind, Code)> {
    let request = (1..32u8).prop_map(|detail| Code::new(0, detail));
    let response = (2..6u8, 0..32u8).prop_map(|(class, detail)| Code::new(class, detail)).boxed();
    let free = prop_oneof![Just(Kind::Confirmable), Just(Kind::NonConfirmable)];
    prop_oneof![
        (free, prop_oneof![request, response.clone()]),
        (Just(Kind::Acknowledgement), response),
    ]
}

/// A number whose three forms in an option's head are about equally likely.
fn extended(max: u16) -> impl Strategy<Value = u16> {
    prop_oneof![0..13u16, 13..269u16, 269..=max]
}

fn options() -> impl Strategy<Value = Vec<(u16, Vec<u8>)>> {
    let value = extended(400).prop_flat_map(|len| vec(any::<u8>(), usize::from(len)));
    vec((extended(20_000), value), 0..6).prop_map(|options| {
        let mut number = 0u16;
        let mut ordered = Vec::new();
        for (delta, value) in options {
            match number.checked_add(delta) {
                Some(next) => number = next,
                None => break,
            }
            ordered.push((number, value));
        }
        ordered
    })
}

fn parts() -> impl Strategy<Value = Parts> {
    (kind_and_code(), any::<u16>(), vec(any::<u8>(), 0..=8), options(), vec(any::<u8>(), 0..64))
        .prop_map(|((kind, code), id, token, options, payload)| Parts {
            kind,
            code,
            id,
            token,
            options,
            payload,
        })
}

/// Parses and, when there is a message, checks that it means the same after it was written again.
fn check_parse(bytes: &[u8]) -> Result<(), TestCaseError> {
    match Message::parse(bytes) {
        Ok(message) => {
            let parts = Parts::of(&message);
            prop_assert!(parts.options.is_sorted_by_key(|(number, _)| *number));
            for wanted in [number::BLOCK1, number::BLOCK2, number::OBSERVE] {
                let first = parts.options.iter().find(|(number, _)| *number == wanted);
                prop_assert_eq!(message.option(wanted), first.map(|(_, value)| value.as_slice()));
                let _ = (message.uint(wanted), message.block(wanted));
            }
            let written =
                if message.code == Code::EMPTY { bytes.to_vec() } else { parts.written() };
            prop_assert!(written.len() <= bytes.len(), "written in the shortest form");
            Parts::of(&Message::parse(&written).unwrap()).assert_is(&parts)?;
        }
        Err(ParseError::Reset(id)) => {
            prop_assert_eq!(bytes[0] & 0xf0, 0x40, "version 1, confirmable");
            prop_assert_eq!(&bytes[2..4], id.to_be_bytes());
        }
        Err(_) => {}
    }
    Ok(())
}

proptest! {
    #[test]
    fn a_message_is_read_as_it_was_written(parts in parts()) {
        let bytes = parts.written();
        let message = Message::parse(&bytes).unwrap();
        Parts::of(&message).assert_is(&parts)?;
    }

    #[test]
    fn a_message_needs_exactly_its_length(parts in parts()) {
        let bytes = parts.written();
        let mut buffer = bytes.clone();
        buffer.fill(0);
        prop_assert_eq!(parts.write(&mut buffer), Some(bytes.len()));
        prop_assert_eq!(&buffer, &bytes);
        buffer.pop();
        prop_assert_eq!(parts.write(&mut buffer), None);
    }

    #[test]
    fn any_bytes_are_a_message_or_refused(mut bytes in vec(any::<u8>(), 0..96), version: bool) {
        if version && let Some(first) = bytes.first_mut() {
            *first = *first & 0x38 | 0x40;
        }
        check_parse(&bytes)?;
    }

    #[test]
    fn damaged_messages_are_read_or_refused(
        parts in parts(),
        damage in vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        cut: prop::sample::Index,
    ) {
        let mut bytes = parts.written();
        for (at, byte) in damage {
            let at = at.index(bytes.len().min(40));
            bytes[at] = byte;
        }
        check_parse(&bytes)?;
        check_parse(&bytes[..cut.index(bytes.len())])?;
    }

    #[test]
    fn a_block_is_read_as_it_was_written(
        number in 0..=Block::MAX_NUMBER,
        more: bool,
        exponent in 0..=6u8,
    ) {
        let block = Block::new(number, more, exponent);
        let mut buffer = [0; 16];
        let mut writer =
            Writer::new(&mut buffer, Kind::Confirmable, Code::GET, 1, &Token::default());
        writer.uint(number::BLOCK2, block.value());
        let len = writer.finish(0).unwrap();
        let message = Message::parse(&buffer[..len]).unwrap();
        prop_assert_eq!(message.block(number::BLOCK2), Ok(Some(block)));
    }

    #[test]
    fn a_smaller_block_starts_at_the_same_offset(
        number in 0..=Block::MAX_NUMBER,
        exponent in 0..=6u8,
        max in 0..2000usize,
    ) {
        let block = Block::new(number, true, exponent);
        let smaller = block.with_size(max);
        prop_assert_eq!(smaller.offset(), block.offset());
        prop_assert!(smaller.size() <= block.size() && smaller.number() <= Block::MAX_NUMBER);
        if number < 1 << 14 {
            prop_assert!(smaller.size() <= max.max(16));
        }
    }

    #[test]
    fn a_body_in_blocks_is_whole_or_refused(
        body in vec(any::<u8>(), 1..1500),
        moves in vec(any_move(), 1..120),
    ) {
        check_body(&body, moves)?;
    }

    #[test]
    fn answers_are_found_like_in_a_list(operations in vec(any_operation(), 1..80)) {
        check_answers(operations)?;
    }

    #[test]
    fn a_message_is_given_up_within_the_time_that_its_parameters_say(
        ack_timeout in 1..20_000u64,
        ack_random_percent in 100..=1000u16,
        max_retransmit in 0..=10u8,
        random: u32,
    ) {
        let parameters = Parameters {
            ack_timeout: Duration::from_millis(ack_timeout),
            ack_random_percent,
            max_retransmit,
        };
        let start = Instant::from_secs(77);
        let mut timer = Retransmission::new(start, &parameters, random);
        let first = timer.deadline().since(start);
        prop_assert!(first >= parameters.ack_timeout);
        let mut sent_last = start;
        for _ in 0..max_retransmit {
            sent_last = timer.deadline();
            prop_assert_eq!(timer.expire(sent_last), Expiry::Again);
        }
        let end = timer.deadline();
        prop_assert_eq!(timer.expire(end), Expiry::GiveUp);
        prop_assert_eq!(sent_last.since(start), first.times((1 << max_retransmit) - 1));
        prop_assert_eq!(end.since(start), first.times((2 << max_retransmit) - 1));
        prop_assert!(sent_last.since(start) <= parameters.max_transmit_span());
        prop_assert!(end.since(start) <= parameters.max_transmit_wait());
        if random == u32::MAX {
            prop_assert_eq!(end.since(start), parameters.max_transmit_wait());
        }
    }
}

#[test]
fn the_slowest_sender_uses_the_whole_time() {
    let parameters = Parameters::default();
    let mut timer = Retransmission::new(Instant::ZERO, &parameters, u32::MAX);
    let mut sent = vec![0];
    while timer.expire(timer.deadline() - Duration::from_millis(1)) == Expiry::NotYet {
        let now = timer.deadline();
        match timer.expire(now) {
            Expiry::Again => sent.push(now.as_millis()),
            _ => break,
        }
    }
    assert_eq!(sent, [0, 3_000, 9_000, 21_000, 45_000]);
    assert_eq!(timer.deadline(), Instant::from_secs(93));
}

/// What a client, good or bad, does next with a body.
#[derive(Clone, Copy, Debug)]
enum Move {
    /// Sends the block that comes next.
    Next,
    /// Sends the block before again.
    Repeat,
    /// Sends a block of its size at any place.
    Jump(u32),
    /// Uses blocks of this exponent from now on, if they can start here.
    Resize(u8),
    /// Starts over.
    Restart,
    /// Another client sends a block in the middle of its own body.
    Intrude(u32),
    /// Sends a block shorter than it says.
    Short,
}

fn any_move() -> impl Strategy<Value = Move> {
    prop_oneof![
        12 => Just(Move::Next),
        2 => Just(Move::Repeat),
        2 => (1..100u32).prop_map(Move::Jump),
        3 => (0..=6u8).prop_map(Move::Resize),
        1 => Just(Move::Restart),
        1 => (1..100u32).prop_map(Move::Intrude),
        1 => Just(Move::Short),
    ]
}

fn check_body(body: &[u8], moves: Vec<Move>) -> Result<(), TestCaseError> {
    let mut sequence = Sequence::new();
    let mut collected = Vec::new();
    let mut exponent = 3;
    let mut previous: Option<Block> = None;
    let mut now = Instant::from_secs(5);
    let at = |offset: usize, exponent: u8| {
        let size = 16usize << exponent;
        let data = &body[offset.min(body.len())..(offset + size).min(body.len())];
        let number = (offset / size) as u32;
        (Block::new(number, offset + size < body.len(), exponent), data)
    };
    for what in moves {
        // So little that the body is never forgotten.
        now = now + Duration::from_secs(1);
        let (peer, (block, data)) = match what {
            Move::Next => (1, at(collected.len(), exponent)),
            Move::Repeat => match previous {
                Some(block) => (1, at(block.offset(), block.exponent())),
                None => continue,
            },
            Move::Jump(number) => (1, at((number as usize) << (4 + exponent), exponent)),
            Move::Restart => (1, at(0, exponent)),
            Move::Intrude(number) => (2, at((number as usize) << (4 + exponent), exponent)),
            Move::Resize(wanted) => {
                if collected.len() % (16 << wanted) == 0 {
                    exponent = wanted;
                }
                continue;
            }
            Move::Short => {
                let (block, data) = at(collected.len(), exponent);
                if block.more() {
                    let result = sequence.accept(now, 1, 7, block, data.len() - 1);
                    prop_assert_eq!(result, Err(Code::BAD_REQUEST));
                }
                continue;
            }
        };
        let under_way = !collected.is_empty();
        let joins = peer == 1 && under_way && block.offset() == collected.len();
        let repeats = peer == 1 && block.more() && previous == Some(block);
        match sequence.accept(now, peer, 7, block, data.len()) {
            Ok(step) => {
                prop_assert!(block.number() == 0 || joins || repeats, "{:?}", block);
                prop_assert_eq!(step.offset, block.offset());
                prop_assert_eq!(step.first, block.number() == 0);
                prop_assert_eq!(step.last, !block.more());
                prop_assert_eq!(step.repeated, repeats && block.number() != 0);
                if step.first {
                    collected.clear();
                }
                if !step.repeated {
                    prop_assert_eq!(step.offset, collected.len());
                    collected.extend_from_slice(data);
                }
                previous = Some(block);
                if step.last {
                    prop_assert_eq!(&collected, body);
                    collected.clear();
                    previous = None;
                }
            }
            Err(code) => {
                prop_assert_eq!(code, Code::REQUEST_ENTITY_INCOMPLETE);
                prop_assert!(block.number() != 0 && !joins && !repeats, "{:?}", block);
            }
        }
    }
    Ok(())
}

#[derive(Clone, Debug)]
enum Operation {
    Store(u8, u16, Vec<u8>),
    Forget(u8),
    Wait(u64),
}

fn any_operation() -> impl Strategy<Value = Operation> {
    let bytes = prop_oneof![vec(any::<u8>(), 0..20), vec(any::<u8>(), 100..130)];
    prop_oneof![
        8 => (0..3u8, 0..12u16, bytes).prop_map(|(peer, id, b)| Operation::Store(peer, id, b)),
        1 => (0..3u8).prop_map(Operation::Forget),
        2 => prop_oneof![0..2_000u64, 200_000..300_000u64].prop_map(Operation::Wait),
    ]
}

fn check_answers(operations: Vec<Operation>) -> Result<(), TestCaseError> {
    const ROOM: usize = 128;
    const MOST: usize = 12;
    let mut answers = Answers::<ROOM>::new();
    // How long each answer was that was ever kept, and where in that list the answers are that are
    // to be found: by peer and id, with time and bytes.
    let mut lengths: Vec<usize> = Vec::new();
    let mut kept: BTreeMap<(u8, u16), (usize, Instant, Vec<u8>)> = BTreeMap::new();
    let mut now = Instant::from_millis(123_456);
    for operation in operations {
        match operation {
            Operation::Store(peer, id, bytes) => {
                answers.store(now, peer, id, &bytes);
                kept.remove(&(peer, id));
                if bytes.len() <= ROOM {
                    lengths.push(bytes.len());
                    kept.insert((peer, id), (lengths.len(), now, bytes));
                }
            }
            Operation::Forget(peer) => {
                answers.forget(peer);
                kept.retain(|(of, _), _| *of != peer);
            }
            Operation::Wait(millis) => now = now + Duration::from_millis(millis),
        }
        for (peer, id) in (0..3).flat_map(|peer| (0..12).map(move |id| (peer, id))) {
            let found = answers.find(now, peer, id);
            let Some((place, time, bytes)) = kept.get(&(peer, id)) else {
                prop_assert_eq!(found, None);
                continue;
            };
            // Those that came later have room beside it, even if the end of the room is left empty
            // because the longest of them did not fit there.
            let later = &lengths[*place..];
            let longest = later.iter().max().unwrap_or(&0);
            let room = bytes.len() + later.iter().sum::<usize>() + longest <= ROOM;
            match now.since(*time).as_millis() {
                0..247_000 if room && later.len() < MOST => {
                    prop_assert_eq!(found, Some(bytes.as_slice()));
                }
                0..250_000 => prop_assert!(found.is_none_or(|found| found == bytes.as_slice())),
                _ => prop_assert_eq!(found, None),
            }
        }
    }
    Ok(())
}
