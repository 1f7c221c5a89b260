//! SenML JSON: strings, bytes, and what must be refused.

use crate::bench::{decode, encode_one, holds};
use lwm2m_carrier::lwm2m::format::{ContentFormat, Malformed};
use lwm2m_carrier::lwm2m::{Type, Value};

#[test]
fn json_strings_lose_their_escapes() {
    let json = r#"[{"n":"/3/0/1","vs":"a\"\\\/\b\f\n\r\t\u00e9\u20AC\ud83D\uDE00é"}]"#;
    let entries = decode(ContentFormat::SenmlJson, "/", json.as_bytes()).unwrap();
    let raw = entries[0].raw.unwrap();
    let text = "a\"\\/\u{8}\u{c}\n\r\té€😀é";
    let mut scratch = [0; 64];
    assert_eq!(raw.value(Type::String, &mut scratch), Ok(Value::String(text)));
    assert_eq!(raw.value(Type::CoreLink, &mut scratch), Ok(Value::CoreLink(text)));
    assert_eq!(raw.value(Type::Integer, &mut scratch), Err(Malformed));
    // Just enough room, and one byte less.
    assert!(raw.value(Type::String, &mut scratch[..text.len()]).is_ok());
    assert!(raw.value(Type::String, &mut scratch[..text.len() - 1]).is_err());
}

#[test]
fn json_bytes_are_base64url_with_padding_or_without() {
    for (text, expected) in
        [("-_8", "Opaque(fbff)"), ("-_8=", "Opaque(fbff)"), ("", "Opaque()"), ("-", "malformed")]
    {
        let json = format!(r#"[{{"n":"/5/0/0","vd":"{text}"}}]"#);
        holds(
            ContentFormat::SenmlJson,
            "/5",
            json.as_bytes(),
            &[("/5/0/0", Type::Opaque, expected)],
        );
    }
    assert_eq!(
        encode_one(ContentFormat::SenmlJson, "/5/0/0", Value::Opaque(b"\xfb\xff")),
        br#"[{"bn":"/5/0/0","vd":"-_8"}]"#
    );
    let json = br#"[{"n":"/5/0/0","vd":"AAAA"}]"#;
    let raw = decode(ContentFormat::SenmlJson, "/", json).unwrap()[0].raw.unwrap();
    assert!(raw.value(Type::Opaque, &mut [0; 3]).is_ok());
    assert!(raw.value(Type::Opaque, &mut [0; 2]).is_err());
}

#[test]
fn malformed_senml_json_is_refused() {
    for text in [
        "",
        " ",
        "{}",
        "[",
        "]",
        "[{}]",
        "[{]",
        "[{},]",
        "[1]",
        "[[]]",
        "null",
        "[]x",
        "[][]",
        r#"[{"n":"/3/0/9","v":1}"#,
        r#"[{"n":"/3/0/9","v":1},]"#,
        r#"[,{"n":"/3/0/9","v":1}]"#,
        r#"[{"n":"/3/0/9" "v":1}]"#,
        r#"[{"n":"/3/0/9","v":1,}]"#,
        r#"[{,"n":"/3/0/9"}]"#,
        r#"[{"n":"/3/0/9"} {"n":"/3/0/9"}]"#,
        r#"[{"n" "/3/0/9"}]"#,
        r#"[{n:"/3/0/9"}]"#,
        r#"[{"n":}]"#,
        // Names.
        r#"[{"n":"3/0/x"}]"#,
        r#"[{"n":"/3//9"}]"#,
        r#"[{"n":"/3/0/9/1/1"}]"#,
        r#"[{"n":"/65536"}]"#,
        r#"[{"n":""}]"#,
        r#"[{"n":"//"}]"#,
        r#"[{"bn":"/","n":"/"}]"#,
        r#"[{"n":7}]"#,
        r#"[{"bn":true,"n":"/3"}]"#,
        r#"[{"v":1}]"#,
        r#"[{"n":"/3/0\u00"}]"#,
        r#"[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]"#,
        r#"[{"n":"/0000000000000000000000000000003/0/9","v":1}]"#,
        // Values.
        r#"[{"n":"/3/0/9","v":"1"}]"#,
        r#"[{"n":"/3/0/9","v":true}]"#,
        r#"[{"n":"/3/0/9","v":null}]"#,
        r#"[{"n":"/3/0/9","v":[1]}]"#,
        r#"[{"n":"/3/0/9","vs":1}]"#,
        r#"[{"n":"/3/0/9","vb":1}]"#,
        r#"[{"n":"/3/0/9","vb":tru}]"#,
        r#"[{"n":"/3/0/9","vd":1}]"#,
        r#"[{"n":"/3/0/9","vd":"\u0041A"}]"#,
        r#"[{"n":"/3/0/9","vlo":"1"}]"#,
        r#"[{"n":"/3/0/9","vlo":1}]"#,
        r#"[{"n":"/3/0/9","v":1,"vs":"1"}]"#,
        r#"[{"n":"/3/0/9","v":1,"v":1}]"#,
        r#"[{"n":"/3","n":"/3"}]"#,
        r#"[{"n":"/3/0/9","s":1}]"#,
        r#"[{"bs":1,"n":"/3/0/9"}]"#,
        r#"[{"bv":1,"n":"/3/0/9","v":1}]"#,
        // Numbers.
        r#"[{"n":"/3/0/9","v":01}]"#,
        r#"[{"n":"/3/0/9","v":+1}]"#,
        r#"[{"n":"/3/0/9","v":-+1}]"#,
        r#"[{"n":"/3/0/9","v":-}]"#,
        r#"[{"n":"/3/0/9","v":1.}]"#,
        r#"[{"n":"/3/0/9","v":.1}]"#,
        r#"[{"n":"/3/0/9","v":1e}]"#,
        r#"[{"n":"/3/0/9","v":1e999}]"#,
        r#"[{"n":"/3/0/9","v":0x1}]"#,
        r#"[{"n":"/3/0/9","v":NaN}]"#,
        r#"[{"n":"/3/0/9","v":1 2}]"#,
        // Strings.
        r#"[{"n":"/3/0/9","vs":"}]"#,
        r#"[{"n":"/3/0/9","vs":"\"#,
        r#"[{"n":"/3/0/9","vs":"\x"}]"#,
        r#"[{"n":"/3/0/9","vs":"\u12"}]"#,
        r#"[{"n":"/3/0/9","vs":"\ud800"}]"#,
        r#"[{"n":"/3/0/9","vs":"\ud800\u0041"}]"#,
        r#"[{"n":"/3/0/9","vs":"\ud800\n"}]"#,
        r#"[{"n":"/3/0/9","vs":"\udc00"}]"#,
        "[{\"n\":\"/3/0/9\",\"vs\":\"\n\"}]",
        // Labels.
        r#"[{"n":"/3/0/9","must_":1}]"#,
        r#"[{"n":"/3/0/9","must\u005f":1}]"#,
        r#"[{"n":"/3/0/9","x":}]"#,
        r#"[{"n":"/3/0/9","x":[1 2]}]"#,
        r#"[{"n":"/3/0/9","x":[1}]"#,
        r#"[{"n":"/3/0/9","x":{1:2}}]"#,
        r#"[{"n":"/3/0/9","x":nul}]"#,
        r#"[{"n":"/3/0/9","x":[[[[[[[[[]]]]]]]]]}]"#,
    ] {
        assert!(decode(ContentFormat::SenmlJson, "/", text.as_bytes()).is_err(), "{text}");
    }
    assert!(decode(ContentFormat::SenmlJson, "/", b"[{\"n\":\"/3\",\"vs\":\"\xff\"}]").is_err());
}
