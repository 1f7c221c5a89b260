//! Firmware Update, Object 5, by push (Core appendix E.6).

use crate::bench::*;
use lwm2m_carrier::carrier::{Input, Output, SessionId};
use lwm2m_carrier::modem::{Command, Error, Report};
use lwm2m_carrier_sim::air::Weather;
use lwm2m_carrier_sim::modem::{self, Fault, When};
use lwm2m_carrier_sim::state::State;

/// A device whose modem has this to go wrong, registered.
fn device(change: impl FnOnce(&mut modem::Config)) -> World {
    let mut modem = modem::Config::default();
    change(&mut modem);
    let config = world::config(world::management_server(false, LONG));
    let mut world = World::with(config, Weather::FAIR, 1, &mut [], modem, State::in_memory());
    let server = ServerConfig { block_size: 512, ..ServerConfig::management() };
    world.serve("dm.example", server);
    world.register();
    world
}

fn image() -> Vec<u8> {
    modem::image("sim91_2.0.0", 3000)
}

/// State and Update Result.
fn state(world: &mut World) -> [String; 2] {
    ["/5/0/3", "/5/0/5"].map(|path| world.text(path))
}

#[track_caller]
fn assert_state(world: &mut World, state_and_result: [&str; 2]) {
    assert_eq!(state(world), state_and_result);
}

fn push(world: &mut World, image: &[u8]) -> Code {
    world.code(Operation::write("/5/0/0", OPAQUE, image))
}

/// A block of a package, from a server that does not send the rest.
fn block(id: u16, number: u32, more: bool, payload: &[u8]) -> Message {
    let block = Block { number, more, exponent: 5 };
    let write = request(Code::PUT, "/5/0/0").with(option::CONTENT_FORMAT, &[42]);
    let write = write.with(option::BLOCK1, &block.value());
    Message { id, payload: payload.to_vec(), ..write }
}

/// Hands in a block; the code that it is answered with, however long that takes.
fn send_block(world: &mut World, block: &Message) -> Code {
    let from = world.mark();
    assert!(world.deliver(0, &block.encode()).len() < 2);
    world.next_sent(from, 5).1.code
}

#[test]
fn lightweightm2m_1_0_int_751_firmware_update_readable_resources() {
    let mut world = device(|_| {});
    for (path, value) in [
        ("/5/0/1", ""),
        ("/5/0/3", "0"),
        ("/5/0/5", "0"),
        ("/5/0/7", "sim91_1.0.0"),
        ("/5/0/8/0", "0"),
        ("/5/0/8/1", "1"),
        // Push.
        ("/5/0/9", "1"),
    ] {
        assert_eq!(world.text(path), value, "{path}");
    }
    for path in ["/5/0/0", "/5/0/2"] {
        assert_eq!(world.code(Operation::read(path)), Code::METHOD_NOT_ALLOWED);
    }
}

#[test]
fn lightweightm2m_1_0_int_755_firmware_package_is_set() {
    let mut world = device(|_| {});
    assert_eq!(push(&mut world, &image()), Code::CHANGED);
    assert_state(&mut world, ["2", "0"]);
    // Another one only after a reset: a lost acknowledgement must not destroy the first.
    assert_eq!(push(&mut world, &image()), Code::METHOD_NOT_ALLOWED);
    assert_state(&mut world, ["2", "0"]);
}

#[test]
fn a_package_is_taken_in_tlv_too() {
    let mut world = device(|_| {});
    let image = image();
    let head = [&unhex("d000"), &(image.len() as u16).to_be_bytes()[..]].concat();
    let package = [head, image].concat();
    assert_eq!(world.code(Operation::write("/5/0/0", TLV, &package)), Code::CHANGED);
    assert_state(&mut world, ["2", "0"]);
}

#[test]
fn a_small_package_comes_in_one_message() {
    let mut world = device(|_| {});
    assert_eq!(push(&mut world, &modem::image("sim91_2.0.0", 100)), Code::CHANGED);
    assert_state(&mut world, ["2", "0"]);
}

#[test]
fn lightweightm2m_1_0_int_760_firmware_update_observe_and_notify() {
    let mut world = device(|_| {});
    assert_eq!(world.ask(0, Operation::observe("/5/0/3").accept(TEXT)).observe, Some(1));
    let from = world.mark();
    assert_eq!(push(&mut world, &image()), Code::CHANGED);
    world.run_for(Duration::from_secs(1));
    let states: Vec<String> = world
        .sent_since(from)
        .iter()
        .filter(|(_, message)| message.uint(option::OBSERVE).is_some())
        .map(|(_, message)| text(&message.payload).to_string())
        .collect();
    assert_eq!(states, ["1", "2"]);
}

#[test]
fn a_package_is_dropped_by_an_empty_one_or_a_zero_or_an_empty_uri() {
    let resets = [
        Operation::write("/5/0/0", OPAQUE, &[]),
        Operation::write("/5/0/0", OPAQUE, &[0]),
        Operation::write("/5/0/0", TLV, &unhex("c100 00")),
        Operation::write("/5/0/1", TEXT, b""),
    ];
    for reset in resets {
        let mut world = device(|_| {});
        assert_eq!(push(&mut world, &image()), Code::CHANGED);
        assert_eq!(world.code(reset), Code::CHANGED);
        assert_state(&mut world, ["0", "0"]);
        assert_eq!(world.code(Operation::execute("/5/0/2", "")), Code::METHOD_NOT_ALLOWED);
        // And another one is welcome.
        assert_eq!(push(&mut world, &image()), Code::CHANGED);
        assert_state(&mut world, ["2", "0"]);
    }
}

#[test]
fn a_uri_is_refused_as_images_are_pushed_only() {
    let mut world = device(|_| {});
    let write = Operation::write("/5/0/1", TEXT, b"coap://files.example/image");
    assert_eq!(world.code(write), Code::BAD_REQUEST);
    assert_state(&mut world, ["0", "0"]);
}

fn successful_update(world: &mut World) {
    world.told.clear();
    assert_eq!(push(world, &image()), Code::CHANGED);
    assert_eq!(world.names(), ["FOTA_START"]);
    assert_eq!(world.code(Operation::execute("/5/0/2", "")), Code::CHANGED);
    world.air.borrow_mut().events.clear();
    assert!(world.run_until_told(Duration::from_secs(120), "REGISTERED"));
    // It is the device that restarted.
    let events = std::mem::take(&mut world.air.borrow_mut().events);
    let registered = |event: &ServerEvent| matches!(event, ServerEvent::Registered { .. });
    assert!(events.iter().any(|(_, _, event)| registered(event)));
    assert_state(world, ["0", "1"]);
    assert_eq!(world.text("/3/0/3"), "sim91_2.0.0");
    assert_eq!(world.text("/5/0/7"), "sim91_2.0.0");
}

#[test]
fn lightweightm2m_1_0_int_770_successful_firmware_update_via_coap() {
    successful_update(&mut device(|_| {}));
}

#[test]
fn lightweightm2m_1_0_int_771_successful_firmware_update_via_alternative_mechanism() {
    // Small blocks, and a network that loses and doubles datagrams.
    let world = &mut device(|_| {});
    let weather = Weather { loss: 10, duplication: 10, ..Weather::FAIR };
    world.air.borrow_mut().set_weather(weather);
    successful_update(world);
}

#[test]
fn lightweightm2m_1_0_int_772_error_update_without_a_package() {
    let mut world = device(|_| {});
    assert_eq!(world.code(Operation::execute("/5/0/2", "")), Code::METHOD_NOT_ALLOWED);
    assert_state(&mut world, ["0", "0"]);
}

#[test]
fn lightweightm2m_1_0_int_773_error_not_enough_storage() {
    let mut world = device(|modem| modem.update_room = 2000);
    assert_eq!(push(&mut world, &image()), Code::TOO_LARGE);
    assert_state(&mut world, ["0", "2"]);
}

#[test]
fn lightweightm2m_1_0_int_775_error_connection_lost_while_downloading() {
    let mut world = device(|_| {});
    let image = image();
    assert_eq!(send_block(&mut world, &block(1, 0, true, &image[..512])), Code::CONTINUE);
    assert_eq!(send_block(&mut world, &block(2, 1, true, &image[512..1024])), Code::CONTINUE);
    assert_state(&mut world, ["1", "0"]);
    // EXCHANGE_LIFETIME after the last block it is given up.
    world.run_for(Duration::from_secs(246));
    assert_state(&mut world, ["1", "0"]);
    world.run_for(Duration::from_secs(2));
    assert_state(&mut world, ["0", "4"]);
    assert_eq!(send_block(&mut world, &block(3, 2, true, &image[1024..1536])), Code::INCOMPLETE);
    // The next attempt begins at block 0.
    assert_eq!(push(&mut world, &image), Code::CHANGED);
    assert_state(&mut world, ["2", "0"]);
}

#[test]
fn a_download_begins_anew_with_block_0() {
    let mut world = device(|_| {});
    let image = image();
    assert_eq!(send_block(&mut world, &block(1, 0, true, &image[..512])), Code::CONTINUE);
    assert_eq!(send_block(&mut world, &block(2, 1, true, &[7; 512])), Code::CONTINUE);
    assert_eq!(push(&mut world, &image), Code::CHANGED);
    assert_state(&mut world, ["2", "0"]);
}

#[test]
fn a_missing_block_of_an_image_can_be_sent_again() {
    let mut world = device(|_| {});
    let image = modem::image("sim91_2.0.0", 1500);
    let parts: Vec<&[u8]> = image.chunks(512).collect();
    let last = parts.len() - 1;
    assert_eq!(send_block(&mut world, &block(1, 0, true, parts[0])), Code::CONTINUE);
    assert_eq!(send_block(&mut world, &block(2, 2, true, parts[0])), Code::INCOMPLETE);
    for (number, part) in parts.iter().enumerate().skip(1) {
        let more = number < last;
        let code = send_block(&mut world, &block(10 + number as u16, number as u32, more, part));
        assert_eq!(code, if more { Code::CONTINUE } else { Code::CHANGED });
    }
    assert_state(&mut world, ["2", "0"]);
}

#[test]
fn lightweightm2m_1_0_int_776_error_integrity_check_failure() {
    let mut world = device(|_| {});
    let mut image = image();
    image[2000] ^= 1;
    assert_eq!(push(&mut world, &image), Code::BAD_REQUEST);
    assert_state(&mut world, ["0", "5"]);
    assert_eq!(world.code(Operation::execute("/5/0/2", "")), Code::METHOD_NOT_ALLOWED);
    // The result stays until the next download begins.
    assert_eq!(push(&mut world, &self::image()), Code::CHANGED);
    assert_state(&mut world, ["2", "0"]);
}

#[test]
fn lightweightm2m_1_0_int_777_error_unsupported_package_type() {
    // The simulated modem takes every kind, so the test speaks for it.
    let mut world = device(|_| {});
    let carrier = &mut world.host.carrier;
    let package = block(1, 0, false, b"no image").encode();
    carrier.handle(world.now, Input::Received(SessionId(0), &package));
    let mut buffer = [0; lwm2m_carrier::capacity::DATAGRAM];
    let mut answers = Vec::new();
    loop {
        let report = match carrier.poll(world.now, &mut buffer) {
            Output::Modem(Command::FinishUpdate) => Report::Failed(Error::Unsupported),
            Output::Modem(_) => Report::Done,
            Output::Transmit(_, datagram) => {
                answers.push(Message::parse(datagram.expose()).unwrap().code);
                continue;
            }
            Output::Wait(_) => break,
            _ => continue,
        };
        carrier.handle(world.now, Input::Modem(report));
    }
    assert_eq!(answers, [Code::BAD_REQUEST]);
    assert_state(&mut world, ["0", "6"]);
}

#[test]
fn an_image_that_the_modem_rejects_is_damaged() {
    let mut world = device(|modem| {
        modem.script.push((When::At(Instant::ZERO), Fault::RejectImage(true)));
    });
    assert_eq!(push(&mut world, &image()), Code::BAD_REQUEST);
    assert_state(&mut world, ["0", "5"]);
}

#[test]
fn lightweightm2m_1_0_int_779_error_unsuccessful_firmware_update() {
    let mut world = device(|modem| {
        modem.script.push((When::At(Instant::ZERO), Fault::FailInstall(true)));
    });
    assert_eq!(push(&mut world, &image()), Code::CHANGED);
    assert_eq!(world.code(Operation::execute("/5/0/2", "")), Code::CHANGED);
    assert!(world.run_until_told(Duration::from_secs(120), "REGISTERED"));
    assert_state(&mut world, ["0", "8"]);
    assert_eq!(world.text("/3/0/3"), "sim91_1.0.0");
}
