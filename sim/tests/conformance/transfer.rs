//! Bodies in blocks (RFC 7959).

use crate::bench::*;

/// `Block { number, more, exponent }` as an option's value.
fn block(number: u32, more: bool, size: usize) -> Vec<u8> {
    Block { number, more, exponent: Block::exponent_for(size) }.value()
}

/// A block of a Write of text to /26241/0/2.
fn write(id: u16, number: u32, more: bool, size: usize, payload: &[u8]) -> Message {
    let write = request(Code::PUT, "/26241/0/2").with(option::CONTENT_FORMAT, &[]);
    let write = write.with(option::BLOCK1, &block(number, more, size));
    Message { id, token: vec![id as u8], payload: payload.to_vec(), ..write }
}

fn letters(length: usize) -> Vec<u8> {
    (b'a'..=b'z').cycle().take(length).collect()
}

fn written(world: &mut World) -> String {
    match world.get("/26241/0/2") {
        Some(Owned::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_write_comes_in_blocks_of_any_size() {
    for size in [16, 32, 64, 128, 256] {
        let mut world = World::equipped_with(1, |config| config.block_size = size);
        let from = world.mark();
        let text = letters(300);
        let response = world.ask(0, Operation::write("/26241/0/2", TEXT, &text));
        assert_eq!((response.code, response.payload), (Code::CHANGED, vec![]));
        assert_eq!(written(&mut world).as_bytes(), text);
        let sent = world.sent_since(from);
        let count = 300_usize.div_ceil(size);
        assert_eq!(sent.len(), count);
        for (number, (_, answer)) in sent.iter().enumerate() {
            let last = number + 1 == count;
            let code = if last { Code::CHANGED } else { Code::CONTINUE };
            assert_eq!(answer.code, code);
            let block = answer.block(option::BLOCK1).unwrap().expect("Block1");
            // Not last: the server may go on (RFC 7959, 2.3: this is no stateless resource).
            assert_eq!((block.number as usize, block.more, block.size()), (number, !last, size));
        }
    }
}

#[test]
fn nothing_is_written_before_the_last_block() {
    let mut world = World::equipped();
    let text = letters(40);
    assert_eq!(world.tell(&write(1, 0, true, 16, &text[..16])).code, Code::CONTINUE);
    assert_eq!(world.tell(&write(2, 1, true, 16, &text[16..32])).code, Code::CONTINUE);
    assert_eq!(written(&mut world), "text");
    let answer = world.tell(&write(3, 2, false, 16, &text[32..]));
    assert_eq!(hex(&answer.encode()), "6144000303 d10e 20".replace(' ', ""));
    assert_eq!(written(&mut world).as_bytes(), text);
}

#[test]
fn a_write_begins_anew_with_block_0() {
    let mut world = World::equipped();
    assert_eq!(world.tell(&write(1, 0, true, 16, &[b'x'; 16])).code, Code::CONTINUE);
    assert_eq!(world.tell(&write(2, 1, true, 16, &[b'x'; 16])).code, Code::CONTINUE);
    let text = letters(20);
    assert_eq!(world.tell(&write(3, 0, true, 16, &text[..16])).code, Code::CONTINUE);
    assert_eq!(world.tell(&write(4, 1, false, 16, &text[16..])).code, Code::CHANGED);
    assert_eq!(written(&mut world).as_bytes(), text);
}

#[test]
fn a_missing_block_is_incomplete() {
    let mut world = World::equipped();
    // No block 0 before it.
    assert_eq!(world.tell(&write(1, 1, false, 16, b"x")).code, Code::INCOMPLETE);
    assert_eq!(world.tell(&write(2, 0, true, 16, &[b'x'; 16])).code, Code::CONTINUE);
    // Block 1 is missing.
    assert_eq!(world.tell(&write(3, 2, false, 16, b"x")).code, Code::INCOMPLETE);
    // A body that is not continued for EXCHANGE_LIFETIME is forgotten.
    assert_eq!(world.tell(&write(4, 0, true, 16, &[b'x'; 16])).code, Code::CONTINUE);
    world.run_for(Duration::from_secs(248));
    assert_eq!(world.tell(&write(5, 1, false, 16, b"x")).code, Code::INCOMPLETE);
    // What belongs to another resource does not count.
    assert_eq!(world.tell(&write(6, 0, true, 16, &[b'x'; 16])).code, Code::CONTINUE);
    let other = request(Code::PUT, "/26241/0/3").with(option::CONTENT_FORMAT, &[42]);
    let other = other.with(option::BLOCK1, &block(1, false, 16));
    assert_eq!(world.tell(&Message { id: 7, payload: vec![1], ..other }).code, Code::INCOMPLETE);
    assert_eq!(written(&mut world), "text");
}

#[test]
fn a_block_that_is_not_as_long_as_it_says_is_refused() {
    let mut world = World::equipped();
    assert_eq!(world.tell(&write(1, 0, true, 16, &[b'x'; 15])).code, Code::BAD_REQUEST);
    assert_eq!(world.tell(&write(2, 0, true, 16, &[b'x'; 17])).code, Code::BAD_REQUEST);
    // The reserved size.
    let reserved = request(Code::PUT, "/26241/0/2").with(option::BLOCK1, &[0x0f]);
    assert_eq!(world.tell(&Message { id: 3, ..reserved }).code, Code::BAD_REQUEST);
    assert_eq!(written(&mut world), "text");
}

#[test]
fn a_repeated_block_is_answered_again_and_counts_once() {
    let mut world = World::equipped();
    let text = letters(40);
    let first = write(1, 0, true, 16, &text[..16]).encode();
    let second = write(2, 1, true, 16, &text[16..32]).encode();
    let answer = world.deliver(0, &first);
    assert_eq!(world.deliver(0, &first), answer);
    let answer = world.deliver(0, &second);
    assert_eq!(world.deliver(0, &second), answer);
    assert_eq!(world.tell(&write(3, 2, false, 16, &text[32..])).code, Code::CHANGED);
    assert_eq!(written(&mut world).as_bytes(), text);
}

#[test]
fn a_body_that_is_too_large_is_refused_with_what_there_is_room_for() {
    let mut world = World::equipped_with(1, |config| config.block_size = 256);
    let from = world.mark();
    let response = world.ask(0, Operation::write("/26241/0/2", TEXT, &letters(1025)));
    assert_eq!(response.code, Code::TOO_LARGE);
    let (_, answer) = world.sent_since(from).pop().unwrap();
    assert_eq!(answer.uint(option::SIZE1), Some(1024));
    assert_eq!(written(&mut world), "text");
    // A body that just fits does.
    let fits = world.ask(0, Operation::write("/26241/0/3", OPAQUE, &[7; 1024]));
    assert_eq!(fits.code, Code::CHANGED);
    assert_eq!(world.get("/26241/0/3"), Some(Owned::Opaque(vec![7; 1024])));
}

#[test]
fn execute_arguments_and_creates_come_in_blocks_too() {
    let mut world = World::equipped_with(1, |config| config.block_size = 16);
    let arguments = format!("0='{}',1", "a".repeat(50));
    assert_eq!(world.code(Operation::execute("/26241/0/8", &arguments)), Code::CHANGED);
    assert_eq!(world.executed(), 1);
    // Resource 0: 11, resource 2: 40 letters.
    let create = [unhex("c1000b c80228"), vec![b'z'; 40]].concat();
    assert_eq!(world.code(Operation::create("/26241", TLV, &create)), Code::CREATED);
    assert_eq!(world.get("/26241/1/2"), Some(Owned::Text("z".repeat(40))));
}

/// Reads the whole of a body, block by block, beginning with `size`.
fn read_in_blocks(world: &mut World, request: &Message, size: usize) -> Vec<u8> {
    let mut body = Vec::new();
    for number in 0.. {
        let request = Message { id: size as u16 * 100 + number as u16, ..request.clone() };
        let answer = world.tell(&request.with(option::BLOCK2, &block(number, false, size)));
        assert_eq!(answer.code, Code::CONTENT);
        let got = answer.block(option::BLOCK2).unwrap().expect("Block2");
        assert_eq!((got.number, got.size()), (number, size));
        body.extend(&answer.payload);
        if !got.more {
            return body;
        }
        assert_eq!(answer.payload.len(), size);
    }
    unreachable!()
}

#[test]
fn a_large_answer_comes_in_blocks_and_in_smaller_ones_if_asked_for() {
    for (path, accept) in
        [("/3", SENML_JSON), ("/3", TLV), ("/26241", SENML_CBOR), ("/26241", LINKS), ("/3", LINKS)]
    {
        let mut world = World::equipped_with(12, |_| {});
        let from = world.mark();
        let whole = world.ask(0, Operation::read(path).accept(accept));
        assert_eq!(whole.code, Code::CONTENT);
        let first = &world.sent_since(from)[0].1;
        if whole.payload.len() > 512 {
            let block = first.block(option::BLOCK2).unwrap().expect("Block2");
            assert_eq!((block.number, block.more, block.size()), (0, true, 512));
            assert_eq!(first.payload.len(), 512);
        }
        let request = request(Code::GET, path).with(option::ACCEPT, &uint(accept.into()));
        for size in [16, 64, 256, 512] {
            let body = read_in_blocks(&mut world, &request, size);
            assert_eq!(hex(&body), hex(&whole.payload), "{path} {accept} {size}");
        }
    }
}

/// The ETag of a block of an answer.
#[track_caller]
fn tag(answer: &Message) -> Vec<u8> {
    assert_eq!(answer.code, Code::CONTENT);
    let tags: Vec<_> = answer.values(option::ETAG).collect();
    let [tag] = tags[..] else { panic!("{} ETags", tags.len()) };
    assert!(matches!(tag.len(), 1..=8));
    tag.to_vec()
}

#[test]
fn the_blocks_of_an_answer_have_one_etag_until_a_value_changes() {
    let mut world = World::equipped_with(12, |_| {});
    let mut id = 0;
    let mut get = |world: &mut World, path: &str, number| {
        id += 1;
        let get = Message { id, ..request(Code::GET, path) };
        let get = get.with(option::ACCEPT, &uint(SENML_CBOR.into()));
        world.tell(&get.with(option::BLOCK2, &block(number, false, 64)))
    };
    let first = tag(&get(&mut world, "/26241", 0));
    assert_eq!(tag(&get(&mut world, "/26241", 1)), first);
    world.run_for(Duration::from_secs(10));
    assert_eq!(tag(&get(&mut world, "/26241", 2)), first);
    let mut seen = vec![first];
    for (path, value) in [
        ("/26241/11/0", Value::Integer(11)),
        ("/26241/11/1", Value::Float(1.25)),
        ("/26241/0/2", Value::String("texu")),
        ("/26241/0/3", Value::Opaque(&[1, 2, 4])),
        ("/26241/0/4", Value::Boolean(false)),
        ("/26241/0/5", Value::Time(1)),
        ("/26241/0/6", Value::ObjectLink(3, 1)),
        ("/26241/0/7/1", Value::Integer(70)),
    ] {
        world.set(path, &value);
        let now = tag(&get(&mut world, "/26241", 3));
        assert!(!seen.contains(&now), "{path}");
        seen.push(now);
    }
    // The clock goes on while blocks come, and that is no change.
    let set = Operation::write("/3/0/13", TEXT, b"1700000000");
    assert_eq!(world.code(set), Code::CHANGED);
    let first = tag(&get(&mut world, "/3", 0));
    world.run_for(Duration::from_secs(3));
    assert_eq!(tag(&get(&mut world, "/3", 1)), first);
    // What goes in one message needs none.
    let from = world.mark();
    assert_eq!(world.text("/3/0/1"), "SIM91");
    assert_eq!(world.sent_since(from)[0].1.values(option::ETAG).count(), 0);
}

#[test]
fn the_further_blocks_of_a_notification_have_the_etag_of_its_first() {
    let mut world = World::equipped_with(12, |_| {});
    let observe = Operation::observe("/26241").accept(SENML_CBOR);
    assert_eq!(world.ask(0, observe).observe, Some(1));
    let from = world.mark();
    world.set("/26241/11/0", &Value::Integer(999));
    world.run_for(Duration::from_secs(1));
    let sent: Vec<_> = world.sent_since(from).into_iter().map(|(_, message)| message).collect();
    assert!(sent[0].values(option::OBSERVE).next().is_some());
    let mut blocks = sent.iter().filter(|message| message.code == Code::CONTENT);
    let first = tag(blocks.next().expect("a notification"));
    assert!(blocks.clone().count() > 1);
    assert!(blocks.all(|block| tag(block) == first));
}

#[test]
fn larger_blocks_than_ours_are_not_sent() {
    let mut world = World::equipped_with(12, |_| {});
    let request = request(Code::GET, "/26241").with(option::BLOCK2, &block(1, false, 1024));
    let answer = world.tell(&request);
    // The same position, in blocks of 512.
    let got = answer.block(option::BLOCK2).unwrap().expect("Block2");
    assert_eq!((got.number, got.size()), (2, 512));
}

#[test]
fn a_block_behind_the_end_is_refused() {
    let mut world = World::registered();
    let request = request(Code::GET, "/3/0/1").with(option::BLOCK2, &block(1, false, 16));
    let answer = world.tell(&request);
    assert_eq!(answer.code, Code::BAD_REQUEST);
    assert!(answer.payload.is_empty());
}

#[test]
fn a_notification_that_is_too_long_begins_with_its_first_block() {
    let mut world = World::equipped_with(12, |_| {});
    let response = world.ask(0, Operation::observe("/26241"));
    assert_eq!(response.observe, Some(1));
    world.set("/26241/11/0", &Value::Integer(999));
    world.run_for(Duration::from_secs(1));
    let whole = world.ask(0, Operation::read("/26241")).payload;
    let events = world.server_events();
    let notified = events.iter().find_map(|event| match event {
        ServerEvent::Notification { payload, code: Code::CONTENT, .. } => Some(payload),
        _ => None,
    });
    assert_eq!(notified.map(|payload| hex(payload)), Some(hex(&whole)));
}

/// A device with a list of three blocks, that waits for the answers of this test.
fn registering() -> (World, Message) {
    let config = world::config(world::management_server(false, LONG));
    let mut world = World::with_everything(config, 80);
    world.serve("dm.example", ServerConfig::management());
    world.cut_off(true);
    world.start();
    let (_, first) = world.next_sent(0, 60);
    (world, first)
}

/// Answers a request of the device; the request that follows at once.
fn answer(world: &mut World, request: &Message, code: Code, block: Option<Block>) -> Message {
    let answer = Message { kind: Kind::Acknowledgement, id: request.id, ..Message::new(code) };
    let mut answer = Message { token: request.token.clone(), ..answer };
    if let Some(block) = block {
        answer = answer.with(option::BLOCK1, &block.value());
    }
    let sent = world.deliver(0, &answer.encode());
    assert_eq!(sent.len(), 1);
    Message::parse(&sent[0]).unwrap()
}

fn block1(message: &Message) -> Block {
    message.block(option::BLOCK1).unwrap().expect("Block1")
}

#[test]
fn a_register_that_is_too_large_begins_anew_in_smaller_blocks() {
    let (mut world, first) = registering();
    let whole = block1(&first);
    assert_eq!((whole.number, whole.more, whole.size()), (0, true, 512));
    let hint = Block { number: 0, more: true, exponent: 2 };
    let again = answer(&mut world, &first, Code::TOO_LARGE, Some(hint));
    assert_eq!(block1(&again), Block { number: 0, more: true, exponent: 2 });
    assert_eq!(again.payload, first.payload[..64]);
    assert_ne!(again.id, first.id);
}

#[test]
fn a_register_of_which_a_block_is_missing_begins_anew() {
    let (mut world, first) = registering();
    let second = answer(&mut world, &first, Code::CONTINUE, Some(block1(&first)));
    assert_eq!(block1(&second).number, 1);
    let again = answer(&mut world, &second, Code::INCOMPLETE, None);
    assert_eq!(block1(&again), block1(&first));
    assert_eq!(again.payload, first.payload);
}

#[test]
fn a_register_begins_anew_when_the_list_changes_between_its_blocks() {
    let (mut world, first) = registering();
    let path = Path::parse("/26241/79").unwrap();
    let objects = world.host.carrier.objects();
    let object = objects.get_mut(26241).unwrap();
    object.delete(79, &mut lwm2m_carrier::lwm2m::Context::new(0)).unwrap();
    world.host.input(lwm2m_carrier::carrier::Input::InstancesChanged);
    world.host.input(lwm2m_carrier::carrier::Input::Changed(path));
    world.step();
    let mut message = answer(&mut world, &first, Code::CONTINUE, Some(block1(&first)));
    assert_eq!(block1(&message).number, 0);
    let mut list = message.payload.clone();
    while block1(&message).more {
        message = answer(&mut world, &message, Code::CONTINUE, Some(block1(&message)));
        list.extend(&message.payload);
    }
    assert!(text(&list).ends_with("</26241/78>"));
}
