//! Keys: written, deleted, looked for.

use crate::bench::{Bench, DELETE, FIND, IDENTITY, PSK, once};
use lwm2m_carrier::modem::{Command, KeyKind};
use lwm2m_carrier::secret::Secret;

#[test]
fn find_key() {
    let find = |answer: &str| once(&FIND, &[("AT%CMNG=1,35,3", answer)]);
    let digest = "%CMNG: 35,3,\"2C43952EE9E000FF2ACC4E2ED0897C0A72AD5FA72C3D934E81741CBD54F05BD1\"";
    assert_eq!(find(&format!("{digest}\r\nOK\r\n")), ["Key(true)", "Done"]);
    assert_eq!(find("OK\r\n"), ["Key(false)", "Done"]);
    assert_eq!(find("%CMNG: 35,4,\"00\"\r\n%CMNG: 3,3,\"00\"\r\nOK\r\n"), ["Key(false)", "Done"]);
    assert_eq!(find("%CMNG: 35,4,\"00\"\r\n%CMNG: 35,3,\"00\"\r\nOK\r\n"), ["Key(true)", "Done"]);
    assert_eq!(find("+CME ERROR: 513\r\n"), ["Key(false)", "Done"]);
    assert_eq!(find("+CME ERROR: 514\r\n"), ["Failed(Refused)"]);
}

#[test]
fn write_key() {
    assert_eq!(once(&PSK, &[("AT%CMNG=0,16842753,3,\"001FA0FF\"", "OK\r\n")]), ["Done"]);
    assert_eq!(once(&IDENTITY, &[("AT%CMNG=0,7,4,\"urn:imei:1\"", "OK\r\n")]), ["Done"]);
    for (answer, error) in [
        ("ERROR\r\n", "Failed(Refused)"),
        ("+CME ERROR: 513\r\n", "Failed(Refused)"),
        ("+CME ERROR: 515\r\n", "Failed(NoMemory)"),
        ("+CME ERROR: 518\r\n", "Failed(NotNow)"),
        ("+CMS ERROR: 302\r\n", "Failed(Refused)"),
    ] {
        assert_eq!(once(&PSK, &[("AT%CMNG=0,16842753,3,\"001FA0FF\"", answer)]), [error]);
    }
}

#[test]
fn write_key_takes_no_identity_that_would_break_the_line() {
    for value in ["a\"b", "a\nb", "", "é"] {
        let mut bench = Bench::new();
        bench.command(&Command::WriteKey {
            tag: 1,
            kind: KeyKind::Identity,
            value: Secret::new(value.as_bytes()),
        });
        assert_eq!(bench.said(), "");
        assert_eq!(bench.reported(), ["Failed(Refused)"]);
    }
}

#[test]
fn a_key_that_is_not_there_is_deleted() {
    let delete = |answer| once(&DELETE, &[("AT%CMNG=3,0,4", answer)]);
    assert_eq!(delete("OK\r\n"), ["Done"]);
    assert_eq!(delete("+CME ERROR: 513\r\n"), ["Done"]);
    assert_eq!(delete("+CME ERROR: 518\r\n"), ["Failed(NotNow)"]);
}

#[test]
fn tags_are_written_whole() {
    for tag in [9, 10, 99, 100, 4_294_967_295] {
        let said = format!("AT%CMNG=1,{tag},4");
        let kind = KeyKind::Identity;
        once(&Command::FindKey { tag, kind }, &[(&said, "OK\r\n")]);
    }
}

/// SHA-256 of 001FA0FF as bytes, as the hex digits "001FA0FF", and of "urn:imei:1".
#[cfg(feature = "key-digest")]
const DIGESTS: [&str; 3] = [
    "995B7CD6142AFD2174D7D64B5A094E40ECAD38608177308E25F967F049076A23",
    "C911EA90C10C16B5303AFFC303201306DF0DBA3049D8CF037506CBD2F0D89474",
    "7D3FA27945323EDFCDB97D2CF8F8C4D67AB943B66F82B59F0733806267DF72A1",
];

fn search(kind: KeyKind, value: &'static [u8], answer: &str) -> Vec<String> {
    once(
        &Command::SearchKeys { first: 25, kind, value: Secret::new(value) },
        &[("AT%CMNG=1", answer)],
    )
}

#[test]
fn keys_are_looked_for_in_32_tags() {
    let psk = |answer: &str| search(KeyKind::Psk, &[0x00, 0x1F, 0xA0, 0xFF], answer);
    let other = "0".repeat(64);
    let line = |tag: u32, kind: u32, digest: &str| format!("%CMNG: {tag},{kind},\"{digest}\"\r\n");
    assert_eq!(psk("OK\r\n"), ["Keys { taken: 0, same: 0 }", "Done"]);
    assert_eq!(psk("+CME ERROR: 513\r\n"), ["Keys { taken: 0, same: 0 }", "Done"]);
    // Of another kind, before and behind the tags, and lines that end early.
    let lines = [line(25, 4, &other), line(24, 3, &other), line(57, 3, &other), line(0, 3, "")];
    assert_eq!(
        psk(&(lines.concat() + "%CMNG: 26\r\n%CMNG: 26,\r\nOK\r\n")),
        ["Keys { taken: 0, same: 0 }", "Done"]
    );
    let lines = [line(25, 3, &other), line(56, 3, &other), line(27, 3, "00"), line(27, 3, "")];
    assert_eq!(psk(&(lines.concat() + "OK\r\n")), ["Keys { taken: 2147483653, same: 0 }", "Done"]);
    assert_eq!(psk("+CME ERROR: 514\r\n"), ["Failed(Refused)"]);
}

#[cfg(feature = "key-digest")]
#[test]
fn a_stored_key_is_recognised_by_its_digest() {
    let [bytes, digits, identity] = DIGESTS;
    let psk = |digest: &str| {
        let answer = format!("%CMNG: 26,3,\"{digest}\"\r\n%CMNG: 27,3,\"{identity}\"\r\nOK\r\n");
        search(KeyKind::Psk, &[0x00, 0x1F, 0xA0, 0xFF], &answer)
    };
    let same = ["Keys { taken: 6, same: 2 }", "Done"];
    assert_eq!(psk(bytes), same);
    assert_eq!(psk(&bytes.to_lowercase()), same);
    assert_eq!(psk(digits), same);
    for other in [&bytes[..63], &digits[..16], &format!("{bytes}0"), identity] {
        assert_eq!(psk(other)[0], "Keys { taken: 6, same: 0 }");
    }
    let answer = format!("%CMNG: 25,4,\"{identity}\"\r\nOK\r\n");
    let found = search(KeyKind::Identity, b"urn:imei:1", &answer);
    assert_eq!(found, ["Keys { taken: 1, same: 1 }", "Done"]);
}
