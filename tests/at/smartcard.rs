//! The walk through a SIM to its bootstrap information, with a card of the test's own.

use crate::bench::{Bench, hex};
use lwm2m_carrier::modem::Command;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// A card with files by their path from the application, or from the root where it begins with 3F00.
struct Card {
    files: BTreeMap<&'static str, Vec<u8>>,
    channel: u8,
    selected: Option<String>,
    /// Asked for more than there is, it says how much there is; otherwise it gives what there is.
    exact: bool,
    /// It says nothing sensible from this command on.
    broken_from: usize,
    said: Vec<String>,
}

fn bytes(digits: &str) -> Vec<u8> {
    let digits: Vec<u32> = digits.chars().filter_map(|digit| digit.to_digit(16)).collect();
    digits.chunks(2).map(|pair| (pair[0] << 4 | pair[1]) as u8).collect()
}

/// A record with one object of 120 bytes.
fn record() -> Vec<u8> {
    let mut record = bytes("0001 007D 0000 000078");
    record.resize(129, 0x5A);
    record
}

/// Certificates, a directory without and one with what is looked for; the files are filled up.
fn card() -> Card {
    let files = [
        ("5031", "A406 3004 04024404 A706 3004 04025206 A706 3004 04025207 FFFFFFFF"),
        ("5206", "A112 3000 3000 A10C 300A 06022A03 3004 04026401"),
        (
            "5207",
            "A112 3000 3000 A10C 300A 06022A03 3004 04026401 \
             A11C 3006 0C044C574D32 3000 A110 300E 0604672B0901 3006 0404 7F106432 0000",
        ),
    ];
    let mut files: BTreeMap<_, _> =
        files.into_iter().map(|(path, digits)| (path, bytes(digits))).collect();
    let mut file = record();
    file.resize(200, 0xFF);
    files.insert("7F106432", file);
    Card {
        files,
        channel: 1,
        selected: None,
        exact: false,
        broken_from: usize::MAX,
        said: Vec::new(),
    }
}

impl Card {
    fn answer(&mut self, said: &str) -> String {
        self.said.push(said.to_owned());
        if self.said.len() > self.broken_from {
            return "6F00".into();
        }
        let command = bytes(said);
        let class = self.channel;
        match command[..] {
            [0x00, 0x70, 0x00, 0x00, 0x01] => hex(&[self.channel, 0x90, 0x00]),
            [0x00, 0x70, 0x80, channel] if channel == self.channel => "9000".into(),
            [c, 0xA4, 0x04, 0x0C, 12, ref name @ ..]
                if c == class && name.ends_with(b"PKCS-15") =>
            {
                "9000".into()
            }
            [c, 0xA4, 0x08, 0x0C, length, ref path @ ..] if c == class => {
                assert_eq!(usize::from(length), path.len());
                let path = hex(path);
                // From the application, or from the root.
                let path = path.strip_prefix("7FFF").map_or(format!("3F00{path}"), str::to_owned);
                let known = self.files.contains_key(path.as_str());
                self.selected = known.then_some(path);
                if known { "9000" } else { "6A82" }.into()
            }
            [c, 0xB0, high, low, length] if c == class => {
                let Some(selected) = &self.selected else { return "6986".into() };
                let offset = usize::from(u16::from_be_bytes([high, low]));
                let rest = self.files[selected.as_str()].get(offset..).unwrap_or_default();
                match rest.len() {
                    0 => "6B00".into(),
                    there if there < usize::from(length) && self.exact => format!("6C{there:02X}"),
                    there if there < usize::from(length) => hex(rest) + "6282",
                    _ => hex(&rest[..usize::from(length)]) + "9000",
                }
            }
            _ => "6D00".into(),
        }
    }

    /// Reads the bootstrap information: its bytes in hex, and what was reported last.
    fn read(&mut self) -> (String, String) {
        let mut bench = Bench::new();
        let mut reports = Vec::new();
        bench.command(&Command::ReadSmartcard);
        loop {
            reports.extend(bench.reported());
            let line = bench.said();
            if line.is_empty() {
                break;
            }
            let (length, digits) = line
                .strip_prefix("AT+CSIM=")
                .and_then(|rest| rest.strip_suffix("\"\r\n"))
                .and_then(|rest| rest.split_once(",\""))
                .expect(&line);
            assert_eq!(length.parse(), Ok(digits.len()));
            let answer = self.answer(digits);
            bench.hear(format!("+CSIM: {},\"{answer}\"\r\nOK\r\n", answer.len()));
            assert!(self.said.len() < 200, "it does not end");
        }
        assert_eq!(bench.modem.deadline(), None);
        let end = reports.pop().unwrap_or_default();
        let piece = |report: &String| {
            report.strip_prefix("Smartcard(").and_then(|it| it.strip_suffix(')')).map(str::to_owned)
        };
        (reports.iter().map(|report| piece(report).expect(report)).collect(), end)
    }

    fn is_closed(&self) -> bool {
        self.said.last().is_some_and(|said| said.starts_with("00708"))
    }
}

#[test]
fn the_record_is_found_and_read() {
    for exact in [false, true] {
        let mut card = Card { exact, ..card() };
        let (read, end) = card.read();
        assert_eq!(end, "Done");
        // What the file is filled up with comes along.
        assert!(read.starts_with(&hex(&record())), "{read}");
        assert_eq!(
            card.said[..4],
            [
                "0070000001",
                "01A4040C0CA000000063504B43532D3135",
                "01A4080C047FFF5031",
                "01B0000030"
            ]
        );
        assert!(card.is_closed());
    }
}

#[test]
fn any_channel_will_do() {
    let mut card = Card { channel: 3, ..card() };
    assert_eq!(card.read().1, "Done");
    // Those from 4 on are counted in another way.
    let mut card = Card { channel: 5, ..self::card() };
    card.read();
    assert_eq!(card.said[1][..2], *"41");
    assert_eq!(card.said.last().unwrap(), "00708005");
}

#[test]
fn paths_from_the_root_and_identifiers_that_are_wrapped_twice() {
    let mut card = card();
    card.files.insert("5031", bytes("A70A 3008 0406 3F007F505207"));
    let directory = "A11E 3006 0C044C574D32 3000 A112 3010 0606 0604672B0901 3006 0404 3F006432";
    card.files.insert("3F007F505207", bytes(directory));
    card.files.insert("3F006432", record());
    let (read, end) = card.read();
    assert_eq!((read, end.as_str()), (hex(&record()), "Done"));
    assert!(card.said.contains(&"01A4080C047F505207".into()));
    assert!(card.said.contains(&"01A4080C026432".into()));
}

#[test]
fn what_is_absent_or_damaged_fails_and_the_channel_is_closed() {
    type Damage = (&'static str, fn(&mut Card));
    let damages: [Damage; 9] = [
        ("no ODF", |card| drop(card.files.remove("5031"))),
        ("an empty ODF", |card| drop(card.files.insert("5031", vec![0xFF; 32]))),
        ("no directory", |card| drop(card.files.insert("5031", bytes("A406 3004 04024404")))),
        ("a directory that is not there", |card| drop(card.files.remove("5207"))),
        ("nothing in the directories", |card| {
            card.files.insert("5207", card.files["5206"].clone());
        }),
        ("no record", |card| drop(card.files.remove("7F106432"))),
        ("an empty record", |card| drop(card.files.insert("7F106432", Vec::new()))),
        ("a record that ends early", |card| {
            card.files.get_mut("7F106432").unwrap().truncate(128);
        }),
        ("a record that is too large", |card| {
            card.files.insert("7F106432", bytes("00020FFF").repeat(1100));
        }),
    ];
    for (what, damage) in damages {
        let mut card = card();
        damage(&mut card);
        assert_eq!(card.read().1, "Failed(Refused)", "{what}");
        assert!(card.is_closed(), "{what}");
    }
    for broken_from in 0..12 {
        let mut card = Card { broken_from, ..card() };
        assert_eq!(card.read().1, "Failed(Refused)", "{broken_from}");
        assert_eq!(card.is_closed(), broken_from > 0, "{broken_from}");
    }
}

#[test]
fn a_modem_that_refuses_ends_it() {
    let mut bench = Bench::new();
    bench.command(&Command::ReadSmartcard);
    bench.hear("+CME ERROR: 10\r\n");
    assert_eq!(bench.reported(), ["Sim(Missing)", "Failed(NotNow)"]);
    bench.said();
    // An answer that is none, none at all, and a second one to the same command.
    for answer in ["+CSIM: 4,\"90\r\n", "+CSIM: 3,\"900\"\r\n", "+CSIM: 4,\"xx00\"\r\n", ""] {
        bench.command(&Command::ReadSmartcard);
        bench.hear(format!("{answer}+CSIM: 6,\"019000\"\r\nOK\r\n"));
        let opened = answer.is_empty();
        assert_eq!(bench.reported().is_empty(), opened, "{answer}");
        bench.wait(5);
        bench.reported();
        bench.said();
    }
}

proptest! {
    /// Whatever a card says, the walk ends, and no more is read than fits.
    #[test]
    fn any_card_is_left(
        answers in prop::collection::vec(
            prop_oneof![
                Just(vec![0x90, 0x00]),
                Just(bytes("A706 3004 04025206 9000")),
                Just(bytes("A11C 3006 0C044C574D32 3000 A110 300E 0604672B0901 3006 0404 7F106432 9000")),
                prop::collection::vec(any::<u8>(), 0..52),
                prop::collection::vec(any::<u8>(), 48).prop_map(|mut it| { it.extend([0x90, 0]); it }),
            ],
            1..40,
        ),
    ) {
        let mut bench = Bench::new();
        bench.command(&Command::ReadSmartcard);
        bench.hear("+CSIM: 6,\"019000\"\r\nOK\r\n");
        for answer in answers.iter().cycle().take(100) {
            let digits = hex(answer);
            bench.hear(format!("+CSIM: {},\"{digits}\"\r\nOK\r\n", digits.len()));
        }
        bench.hear("ERROR\r\n");
        let reports = bench.reported();
        let ends = reports.iter().filter(|it| *it == "Done" || it.starts_with("Failed"));
        prop_assert_eq!(ends.count(), 1);
        let read: usize = reports.iter().filter_map(|it| it.strip_prefix("Smartcard(")).map(str::len).sum();
        prop_assert!(read / 2 <= 1024 + 48);
    }
}
