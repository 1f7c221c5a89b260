//! Wrong requests: each gets the right code and changes nothing (Transport Table 6.4.4-2).

use crate::bench::*;

/// Everything that can be read, before and after.
fn everything(world: &mut World) -> Vec<String> {
    let object = |object: &&str| {
        let path = format!("/{object}");
        hex(&world.ask(0, Operation::read(&path).accept(TLV)).payload)
    };
    // Object 3 tells the time.
    let mut seen: Vec<String> = ["1", "4", "5", "26241"].iter().map(object).collect();
    let discovered = world.ask(0, Operation::discover("/26241")).payload;
    seen.push(text(&discovered).into());
    seen
}

fn raw(code: Code, path: &str) -> Operation {
    Operation::raw(code, path)
}

/// Asks for each of these, which are all to be refused.
#[track_caller]
fn refused(cases: &[(Operation, Code)]) {
    let mut world = World::equipped_with(2, |_| {});
    let before = everything(&mut world);
    for (operation, code) in cases {
        let response = world.ask(0, operation.clone());
        let seen = (response.code, response.content_format, response.observe);
        let options: Vec<&[u8]> =
            operation.options.iter().map(|(_, value)| value.as_slice()).collect();
        assert_eq!(
            seen,
            (*code, None, None),
            "{operation:?} {options:?} {}",
            hex(&operation.payload)
        );
        assert!(response.payload.is_empty());
    }
    assert_eq!(everything(&mut world), before);
    assert_eq!(world.executed(), 0);
}

#[test]
fn reading_what_is_not_there() {
    refused(&[
        (Operation::read("/2/0"), Code::NOT_FOUND),
        (Operation::read("/9999"), Code::NOT_FOUND),
        (Operation::read("/3/1"), Code::NOT_FOUND),
        (Operation::read("/26241/9"), Code::NOT_FOUND),
        (Operation::read("/26241/0/99"), Code::NOT_FOUND),
        (Operation::read("/3/0/9"), Code::NOT_FOUND),
        (Operation::read("/26241/0/7/9"), Code::NOT_FOUND),
        (Operation::read("/26241/0/0/0"), Code::NOT_FOUND),
        (Operation::observe("/26241/9"), Code::NOT_FOUND),
        (Operation::discover("/9999"), Code::NOT_FOUND),
        (Operation::discover("/26241/9"), Code::NOT_FOUND),
        (Operation::discover("/26241/0/99"), Code::NOT_FOUND),
        (Operation::discover("/3/0/9"), Code::NOT_FOUND),
        // Not a path of LwM2M.
        (Operation::read("/a"), Code::NOT_FOUND),
        (Operation::read("/65536"), Code::NOT_FOUND),
        (Operation::read("/26241/0/7/0/0"), Code::NOT_FOUND),
        (raw(Code::POST, "/bs"), Code::NOT_FOUND),
    ]);
}

#[test]
fn reading_what_cannot_be_read() {
    refused(&[
        (Operation::read("/26241/0/8"), Code::METHOD_NOT_ALLOWED),
        (Operation::read("/26241/0/11"), Code::METHOD_NOT_ALLOWED),
        (Operation::read("/3/0/4"), Code::METHOD_NOT_ALLOWED),
        (Operation::read("/5/0/0"), Code::METHOD_NOT_ALLOWED),
        (Operation::observe("/26241/0/8"), Code::METHOD_NOT_ALLOWED),
        (Operation::read("/"), Code::METHOD_NOT_ALLOWED),
        (Operation::discover("/"), Code::METHOD_NOT_ALLOWED),
        (Operation::discover("/26241/0/7/0"), Code::METHOD_NOT_ALLOWED),
    ]);
}

#[test]
fn reading_in_a_format_that_does_not_fit() {
    refused(&[
        (Operation::read("/3/0").accept(TEXT), Code::NOT_ACCEPTABLE),
        (Operation::read("/3/0").accept(OPAQUE), Code::NOT_ACCEPTABLE),
        (Operation::read("/3/0").accept(CBOR), Code::NOT_ACCEPTABLE),
        (Operation::read("/3/0/0").accept(OPAQUE), Code::NOT_ACCEPTABLE),
        (Operation::read("/3/0/0").accept(OLD_JSON), Code::NOT_ACCEPTABLE),
        (Operation::read("/3/0/0").accept(11545), Code::NOT_ACCEPTABLE),
        (Operation::read("/3/0/0").accept(50), Code::NOT_ACCEPTABLE),
        (Operation::read("/3/0/0").accept(1542), Code::NOT_ACCEPTABLE),
        (Operation::read("/3/0").accept(65000), Code::NOT_ACCEPTABLE),
        (Operation::observe("/3/0").accept(OLD_JSON), Code::NOT_ACCEPTABLE),
    ]);
}

#[test]
fn lightweightm2m_1_1_int_256_write_operation_failure() {
    refused(&[
        (Operation::write("/3/0/0", TEXT, b"mine"), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/1/0/0", TEXT, b"7"), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/26241/0/10", TEXT, b"7"), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/4/0/2", TEXT, b"7"), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/5/0/3", TEXT, b"2"), Code::METHOD_NOT_ALLOWED),
        (Operation::update("/3/0/0", TEXT, b"mine"), Code::METHOD_NOT_ALLOWED),
        // One resource that cannot be written is enough: no other is written.
        (Operation::update("/26241/0", TLV, &unhex("c10063 c10a07")), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/26241/0", TLV, &unhex("c10063 c10a07")), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/26241/0/8", TEXT, b"1"), Code::METHOD_NOT_ALLOWED),
    ]);
}

#[test]
fn writing_where_nothing_is() {
    refused(&[
        (Operation::write("/9999/0/0", TEXT, b"1"), Code::NOT_FOUND),
        (Operation::write("/26241/9/0", TEXT, b"1"), Code::NOT_FOUND),
        (Operation::write("/26241/0/99", TEXT, b"1"), Code::NOT_FOUND),
        (Operation::write("/26241/9", TLV, &unhex("c10001")), Code::NOT_FOUND),
        (Operation::update("/26241/9", TLV, &unhex("c10001")), Code::NOT_FOUND),
        (Operation::update("/26241/0", TLV, &unhex("c10063 c16301")), Code::NOT_FOUND),
        (Operation::write("/3/1/13", TEXT, b"1"), Code::NOT_FOUND),
        (raw(Code::PUT, "/bs"), Code::NOT_FOUND),
    ]);
}

#[test]
fn writing_what_the_resource_cannot_hold() {
    let json = |text: &str| Operation::update("/26241/0", SENML_JSON, text.as_bytes());
    let mut cases = vec![
        // Not of its type.
        (Operation::write("/26241/0/0", TEXT, b"ten"), Code::BAD_REQUEST),
        (Operation::write("/26241/0/0", TEXT, b""), Code::BAD_REQUEST),
        (Operation::write("/26241/0/0", TEXT, b"1.5"), Code::BAD_REQUEST),
        (Operation::write("/26241/0/4", TEXT, b"true"), Code::BAD_REQUEST),
        (Operation::write("/26241/0/4", TEXT, b"2"), Code::BAD_REQUEST),
        (Operation::write("/26241/0/6", TEXT, b"3"), Code::BAD_REQUEST),
        (Operation::write("/26241/0/3", TEXT, b"a*b="), Code::BAD_REQUEST),
        (Operation::write("/26241/0/9", TEXT, b"-1"), Code::BAD_REQUEST),
        (Operation::write("/26241/0/2", TEXT, b"\xff\xfe"), Code::BAD_REQUEST),
        (Operation::write("/26241/0/0", CBOR, &unhex("6161")), Code::BAD_REQUEST),
        (Operation::write("/26241/0/0", TLV, &unhex("c300070707")), Code::BAD_REQUEST),
        // Out of its range.
        (Operation::write("/26241/0/0", TEXT, b"1001"), Code::BAD_REQUEST),
        (Operation::write("/26241/0/0", TEXT, b"-1"), Code::BAD_REQUEST),
        (Operation::write("/1/0/1", TEXT, b"0"), Code::BAD_REQUEST),
        (Operation::write("/1/0/1", TEXT, b"-5"), Code::BAD_REQUEST),
        (Operation::write("/1/0/7", TEXT, b"X"), Code::BAD_REQUEST),
        (Operation::write("/1/0/7", TEXT, b"T"), Code::BAD_REQUEST),
        (Operation::write("/1/0/7", TEXT, b""), Code::BAD_REQUEST),
        (Operation::write("/3/0/14", TEXT, b"a very long offset"), Code::BAD_REQUEST),
        (Operation::write("/5/0/1", TEXT, &[b'a'; 256]), Code::BAD_REQUEST),
        // Single and multiple do not match.
        (Operation::write("/26241/0/7", TEXT, b"1"), Code::BAD_REQUEST),
        (Operation::write("/26241/0/0/0", TEXT, b"1"), Code::BAD_REQUEST),
        (Operation::update("/26241/0", TLV, &unhex("c10701")), Code::BAD_REQUEST),
        // Cut off, or with something behind its end.
        (Operation::update("/26241/0", TLV, &unhex("c10063 c20001")), Code::BAD_REQUEST),
        (Operation::write("/26241/0/0", CBOR, &unhex("0707")), Code::BAD_REQUEST),
        (Operation::write("/26241/0/0", CBOR, b""), Code::BAD_REQUEST),
        (Operation::update("/26241/0", SENML_CBOR, &unhex("81a2")), Code::BAD_REQUEST),
        // Names elsewhere.
        (
            json(r#"[{"bn":"/26241/0/","n":"0","v":99},{"bn":"/3/0/","n":"14","vs":"x"}]"#),
            Code::BAD_REQUEST,
        ),
        (json(r#"[{"bn":"/26241/1/","n":"0","v":99}]"#), Code::BAD_REQUEST),
        (json(r#"[{"bn":"/26241/0/","n":"0","v":99},{"n":"x","v":1}]"#), Code::BAD_REQUEST),
    ];
    for text in [
        r#"[{"bn":"/26241/0/","n":"0","v":99}"#,
        r#"[{"bn":"/26241/0/","n":"0","v":99}]x"#,
        r#"{"bn":"/26241/0/","n":"0","v":99}"#,
        r#"[{"bn":"/26241/0/","n":"0","v":99},{"n":"0"}]"#,
        r#"[{"bn":"/26241/0/","n":"0","v":99,"vs":"x"}]"#,
        r#"[{"bn":"/26241/0/","n":"0","v":99},{"n":"1","unknown_":1,"v":1}]"#,
        "",
    ] {
        cases.push((json(text), Code::BAD_REQUEST));
    }
    refused(&cases);
}

#[test]
fn writing_in_a_format_that_does_not_fit() {
    refused(&[
        (Operation::write("/26241/0/0", OLD_JSON, b"{}"), Code::UNSUPPORTED_FORMAT),
        (Operation::write("/26241/0/0", 11545, b"\xa0"), Code::UNSUPPORTED_FORMAT),
        (Operation::write("/26241/0/0", 50, b"7"), Code::UNSUPPORTED_FORMAT),
        (Operation::write("/26241/0/0", LINKS, b"</>"), Code::UNSUPPORTED_FORMAT),
        (Operation::write("/26241/0/0", 1541, b"7"), Code::UNSUPPORTED_FORMAT),
        (Operation::update("/26241/0", TEXT, b"7"), Code::UNSUPPORTED_FORMAT),
        (Operation::update("/26241/0", OPAQUE, b"7"), Code::UNSUPPORTED_FORMAT),
        (Operation::update("/26241/0", CBOR, b"\x07"), Code::UNSUPPORTED_FORMAT),
        (Operation::create("/26241", TEXT, b"7"), Code::UNSUPPORTED_FORMAT),
    ]);
}

#[test]
fn executing_what_cannot_be_executed() {
    refused(&[
        (Operation::execute("/9999/0/0", ""), Code::NOT_FOUND),
        (Operation::execute("/26241/9/8", ""), Code::NOT_FOUND),
        (Operation::execute("/26241/0/8", "a"), Code::BAD_REQUEST),
        (Operation::execute("/26241/0/8", "0='"), Code::BAD_REQUEST),
        (Operation::execute("/26241/0/8", "0='a'1"), Code::BAD_REQUEST),
        (Operation::execute("/26241/0/8", "10"), Code::BAD_REQUEST),
        (Operation::execute("/5/0/2", ""), Code::METHOD_NOT_ALLOWED),
        (Operation::execute("/3/0/0", ""), Code::METHOD_NOT_ALLOWED),
        (Operation::execute("/26241/0/10", ""), Code::METHOD_NOT_ALLOWED),
        (Operation::execute("/26241/0/99", ""), Code::NOT_FOUND),
        (Operation::execute("/26241/0/7/0", ""), Code::METHOD_NOT_ALLOWED),
        (Operation::execute("/26241/0/8/0", ""), Code::METHOD_NOT_ALLOWED),
    ]);
}

#[test]
fn creating_what_cannot_be_created() {
    refused(&[
        (Operation::create("/9999", TLV, &unhex("c10001")), Code::NOT_FOUND),
        (Operation::create("/1", TLV, &unhex("c10001")), Code::METHOD_NOT_ALLOWED),
        (Operation::create("/3", TLV, &unhex("0301 c10001")), Code::METHOD_NOT_ALLOWED),
        (Operation::create("/5", TLV, &unhex("0301 c10001")), Code::METHOD_NOT_ALLOWED),
        // There already, without what is mandatory, out of range, with what cannot be written.
        (Operation::create("/26241", TLV, &unhex("0300 c10007")), Code::BAD_REQUEST),
        (Operation::create("/26241", TLV, &unhex("0309 c10401")), Code::BAD_REQUEST),
        (Operation::create("/26241", TLV, &unhex("0000")), Code::BAD_REQUEST),
        (Operation::create("/26241", TLV, &unhex("0409 c20007ff")), Code::BAD_REQUEST),
        (Operation::create("/26241", TLV, &unhex("0609 c10007 c10a01")), Code::METHOD_NOT_ALLOWED),
        (Operation::create("/26241", TLV, &unhex("0309 c100")), Code::BAD_REQUEST),
        // Two at once.
        (Operation::create("/26241", TLV, &unhex("0308 c10007 0309 c10007")), Code::BAD_REQUEST),
    ]);
}

#[test]
fn deleting_what_cannot_be_deleted() {
    refused(&[
        (Operation::delete("/"), Code::METHOD_NOT_ALLOWED),
        (Operation::delete("/26241"), Code::METHOD_NOT_ALLOWED),
        (Operation::delete("/26241/0/0"), Code::METHOD_NOT_ALLOWED),
        (Operation::delete("/26241/0/7/0"), Code::METHOD_NOT_ALLOWED),
        (Operation::delete("/26241/9"), Code::NOT_FOUND),
        (Operation::delete("/9999/0"), Code::NOT_FOUND),
        (Operation::delete("/1/0"), Code::METHOD_NOT_ALLOWED),
        (Operation::delete("/3/0"), Code::METHOD_NOT_ALLOWED),
        (Operation::delete("/4/0"), Code::METHOD_NOT_ALLOWED),
        (Operation::delete("/5/0"), Code::METHOD_NOT_ALLOWED),
    ]);
}

#[test]
fn methods_that_are_none() {
    refused(&[
        // FETCH, PATCH, iPATCH of a path, and a method that does not exist.
        (raw(Code::FETCH, "/26241/0"), Code::METHOD_NOT_ALLOWED),
        (raw(Code(6), "/26241/0"), Code::METHOD_NOT_ALLOWED),
        (raw(Code::IPATCH, "/26241/0"), Code::METHOD_NOT_ALLOWED),
        (raw(Code(31), "/26241/0"), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/26241", TLV, &unhex("0300 c10007")), Code::METHOD_NOT_ALLOWED),
        (Operation::write("/", TLV, &[]), Code::METHOD_NOT_ALLOWED),
        (Operation::create("/", TLV, &[]), Code::METHOD_NOT_ALLOWED),
    ]);
}

#[test]
fn lightweightm2m_1_1_int_221_attempt_to_perform_operations_on_security() {
    refused(&[
        (Operation::read("/0"), Code::UNAUTHORIZED),
        (Operation::read("/0/0"), Code::UNAUTHORIZED),
        (Operation::read("/0/0/0"), Code::UNAUTHORIZED),
        (Operation::read("/0/0/5"), Code::UNAUTHORIZED),
        (Operation::read("/0/9/9"), Code::UNAUTHORIZED),
        (Operation::discover("/0"), Code::UNAUTHORIZED),
        (Operation::discover("/0/0"), Code::UNAUTHORIZED),
        (Operation::observe("/0/0/0"), Code::UNAUTHORIZED),
        (Operation::write("/0/0/0", TEXT, b"coap://other.example"), Code::UNAUTHORIZED),
        (Operation::write("/0/0", TLV, &unhex("c10101")), Code::UNAUTHORIZED),
        (Operation::update("/0/0", TLV, &unhex("c10101")), Code::UNAUTHORIZED),
        (Operation::write_attributes("/0/0", "pmin=5"), Code::UNAUTHORIZED),
        (Operation::execute("/0/0/1", ""), Code::UNAUTHORIZED),
        (Operation::create("/0", TLV, &unhex("c10101")), Code::UNAUTHORIZED),
        (Operation::delete("/0/0"), Code::UNAUTHORIZED),
    ]);
}

#[test]
fn wrong_attributes() {
    let write = Operation::write_attributes;
    refused(&[
        (write("/26241/0/0", "pmin=x"), Code::BAD_REQUEST),
        (write("/26241/0/0", "pmin=-1"), Code::BAD_REQUEST),
        (write("/26241/0/0", "pmin="), Code::BAD_REQUEST),
        (write("/26241/0/0", "pmin=1.5"), Code::BAD_REQUEST),
        (write("/26241/0/0", "pmin=4294967296"), Code::BAD_REQUEST),
        (write("/26241/0/0", "unknown=1"), Code::BAD_REQUEST),
        (write("/26241/0/0", "gt=x"), Code::BAD_REQUEST),
        (write("/26241/0/0", "st=-1"), Code::BAD_REQUEST),
        // What is given with a wrong one does not count either.
        (write("/26241/0/0", "pmin=5&pmax=x"), Code::BAD_REQUEST),
        // lt + 2 st must be below gt.
        (write("/26241/0/0", "lt=10&gt=10"), Code::BAD_REQUEST),
        (write("/26241/0/0", "lt=20&gt=10"), Code::BAD_REQUEST),
        (write("/26241/0/0", "lt=10&gt=20&st=5"), Code::BAD_REQUEST),
        (write("/26241/0/0", "epmin=20&epmax=10"), Code::BAD_REQUEST),
        // Numbers compare; texts, objects and instances do not.
        (write("/26241/0/2", "gt=5"), Code::BAD_REQUEST),
        (write("/26241/0", "lt=5"), Code::BAD_REQUEST),
        (write("/26241", "st=5"), Code::BAD_REQUEST),
        // What cannot be read cannot be notified.
        (write("/26241/0/8", "pmin=5"), Code::METHOD_NOT_ALLOWED),
        (write("/26241/9", "pmin=5"), Code::NOT_FOUND),
        (write("/26241/0/99", "pmin=5"), Code::NOT_FOUND),
        (write("/26241/0/7/9", "pmin=5"), Code::NOT_FOUND),
        (write("/26241/0/0/0", "pmin=5"), Code::NOT_FOUND),
        (write("/9999", "pmin=5"), Code::NOT_FOUND),
        (write("/", "pmin=5"), Code::METHOD_NOT_ALLOWED),
    ]);
}
