//! The command line: what is accepted, what is refused and why, and what the process then says.

use std::path::PathBuf;
use std::process::{Command, Output};

use lwm2m_carrier_sim::chart::Contract;
use lwm2m_carrier_sim::cli::{self, Charts, Device, Invocation, ServerUri, Target, Version};

fn parse(line: &str) -> Result<Invocation, String> {
    let words = std::iter::once("lwm2m-carrier").chain(line.split_whitespace());
    cli::parse(words).map_err(|error| error.to_string())
}

fn device(line: &str) -> Device {
    match parse(&format!("device {line}")).unwrap() {
        Invocation::Device(device) => device,
        other => panic!("{other:?}"),
    }
}

fn run(line: &str) -> Output {
    Command::new(env!("CARGO_BIN_EXE_lwm2m-carrier"))
        .args(line.split_whitespace())
        .output()
        .unwrap()
}

#[test]
fn no_command_is_charts() {
    let charts = Charts { msc: None, ascii: false, only: None, verbose: 0 };
    assert_eq!(parse(""), Ok(Invocation::Charts(charts.clone())));
    assert_eq!(parse("charts"), Ok(Invocation::Charts(charts)));
    let charts = Charts {
        msc: Some(PathBuf::from("out")),
        ascii: true,
        only: Some(Contract::Fota),
        verbose: 2,
    };
    let line = "--msc out --ascii --only fota -vv";
    assert_eq!(parse(line), Ok(Invocation::Charts(charts.clone())));
    assert_eq!(parse(&format!("charts {line}")), Ok(Invocation::Charts(charts)));
}

#[test]
fn a_device_has_sensible_defaults() {
    let device = device("--server coap://localhost");
    let uri: ServerUri = "coap://localhost".parse().unwrap();
    assert_eq!((uri.port, uri.secure), (5683, false));
    assert_eq!(device.target, Target::Server(uri));
    assert_eq!(
        (device.lifetime, device.queue_mode, device.version),
        (86_400, false, Version::V1_1)
    );
    assert_eq!((device.endpoint, device.psk, device.local, device.state), (None, None, None, None));
}

#[test]
fn every_option_of_a_device_is_taken() {
    let device = device(
        "--bootstrap coaps://[::1]:5784 --endpoint urn:imei:004402990020434 --identity me \
         --psk 00ffA5 --lifetime 60 --queue-mode --version 1.0 --local [::1]:4000 --state f -v",
    );
    assert_eq!(device.target.uri().host, "::1");
    assert!(matches!(device.target, Target::Bootstrap(_)));
    assert_eq!(device.endpoint.as_deref(), Some("urn:imei:004402990020434"));
    let psk = device.psk.unwrap();
    assert_eq!((&psk.identity[..], &psk.key[..]), (&b"me"[..], &[0x00, 0xff, 0xa5][..]));
    assert_eq!((device.lifetime, device.queue_mode, device.version), (60, true, Version::V1_0));
    assert_eq!(device.local, Some("[::1]:4000".parse().unwrap()));
    assert_eq!((device.state, device.verbose), (Some(PathBuf::from("f")), 1));
}

#[test]
fn a_server_listens_on_loopback_unless_told_otherwise() {
    let server = |line: &str| match parse(line).unwrap() {
        Invocation::Server(server) => server,
        other => panic!("{other:?}"),
    };
    let plain = server("server");
    assert!(plain.bind.is_loopback());
    assert_eq!((plain.port, plain.bootstrap_port), (5683, 5783));
    let secure = server("server --identity i --psk 01");
    assert_eq!((secure.port, secure.bootstrap_port), (5684, 5784));
    let free = server("server --bind ::1 --port 0 --bootstrap-port 0 --lifetime 30");
    assert_eq!((free.bind, free.port, free.bootstrap_port), ("::1".parse().unwrap(), 0, 0));
}

#[test]
fn addresses_of_servers_are_understood() {
    let table = [
        ("coap://localhost", false, "localhost", 5683),
        ("coaps://localhost", true, "localhost", 5684),
        ("COAPS://leshan.example.org/", true, "leshan.example.org", 5684),
        ("coap://192.0.2.1:1", false, "192.0.2.1", 1),
        ("coap://[2001:db8::1]", false, "2001:db8::1", 5683),
        ("coaps://[2001:db8::1]:65535", true, "2001:db8::1", 65_535),
    ];
    for (text, secure, host, port) in table {
        let uri: ServerUri = text.parse().unwrap();
        assert_eq!((uri.secure, &*uri.host, uri.port, uri.as_str()), (secure, host, port, text));
    }
}

#[test]
fn wrong_arguments_are_refused_with_what_is_allowed() {
    let long_endpoint = format!("device --server coap://h --endpoint {}", "e".repeat(65));
    let long_identity = format!("device --server coaps://h --psk 00 --identity {}", "i".repeat(65));
    let long_key = format!("device --server coaps://h --identity i --psk {}", "00".repeat(33));
    let long_uri = format!("device --server coap://{}", "h".repeat(125));
    let table = [
        ("chart", "unrecognized subcommand 'chart'"),
        ("--only initialisation", "possible values: initialization, bootstrap, fota"),
        ("device", "--bootstrap <URI>"),
        ("device --bootstrap coap://a --server coap://b", "cannot be used with"),
        ("device --server localhost", "no scheme: a server is coap://HOST[:PORT] or coaps://"),
        ("device --server http://localhost", "the scheme `http` is not served"),
        ("device --server coap+tcp://localhost", "the scheme `coap+tcp` is not served"),
        ("device --server coap://", "no host"),
        ("device --server coap://:5683", "no host"),
        ("device --server coap://h:0", "the port `0` is not a number from 1 to 65535"),
        ("device --server coap://h:65536", "from 1 to 65535"),
        ("device --server coap://h:+1", "from 1 to 65535"),
        ("device --server coap://h:", "the port `` is not a number from 1 to 65535"),
        ("device --server coap://::1", "an IPv6 address stands in brackets"),
        ("device --server coap://[::1", "`[` without `]`"),
        ("device --server coap://[localhost]", "`localhost` is no IPv6 address"),
        ("device --server coap://[::1]5683", "after `]` comes `:PORT` or nothing"),
        ("device --server coap://h/rd", "`/` has no place here"),
        ("device --server coap://me@h", "`@` has no place here"),
        ("device --server coap://a!b", "`!` cannot be in a host name"),
        (&long_uri, "longer than 128 bytes"),
        ("device --server coaps://h", "coaps://h uses DTLS: --identity and --psk are needed"),
        ("device --server coap://h --identity i --psk 00", "go with coaps://"),
        ("device --server coaps://h --identity i", "--psk <HEX>"),
        ("device --server coaps://h --psk 00", "--identity <I>"),
        ("device --server coaps://h --identity i --psk c0f", "one is missing"),
        ("device --server coaps://h --identity i --psk c0fg", "hexadecimal digits only"),
        (&long_key, "a key of 1 to 32 bytes, not 33"),
        (&long_identity, "--identity has 1 to 64 bytes, not 65"),
        (&long_endpoint, "an endpoint name has 1 to 64 bytes, not 65"),
        ("device --server coap://h --lifetime 0", "0 is not in 1..=2147483647"),
        ("device --server coap://h --lifetime 2147483648", "is not in 1..=2147483647"),
        ("device --server coap://h --lifetime day", "invalid digit"),
        ("device --server coap://h --version 1.3", "possible values: 1.0, 1.1, 1.2"),
        ("device --server coap://h --local 127.0.0.1", "invalid socket address"),
        ("device --server coap://127.0.0.1 --local [::1]:0", "one is IPv4, the other IPv6"),
        ("server --bind localhost", "invalid IP address"),
        ("server --port 70000", "70000 is not in 0..=65535"),
        ("server --port 5000 --bootstrap-port 5000", "must be different"),
        ("server --psk 00", "--identity <I>"),
        ("server --identity i --psk zz", "hexadecimal digits only"),
    ];
    for (line, says) in table {
        match parse(line) {
            Err(error) => assert!(error.contains(says), "{line}\n  {error}\n  {says}"),
            Ok(parsed) => panic!("{line} was taken: {parsed:?}"),
        }
    }
    // An empty word cannot be written in the table.
    let words = ["x", "device", "--server", "coap://h", "--endpoint", ""];
    let error = cli::parse(words).unwrap_err().to_string();
    assert!(error.contains("an endpoint name has 1 to 64 bytes, not 0"), "{error}");
    let words = ["x", "device", "--server", "coaps://h", "--identity", "i", "--psk", ""];
    let error = cli::parse(words).unwrap_err().to_string();
    assert!(error.contains("a key of 1 to 32 bytes, not 0"), "{error}");
}

#[test]
fn no_message_repeats_a_key() {
    let lines = [
        "device --server coaps://h --identity i --psk deadbee",
        "device --server coaps://h --identity i --psk deadbeeg",
        "device --server coap://h --identity i --psk deadbeef",
        "server --identity i --psk deadbee",
    ];
    for line in lines {
        let output = run(line);
        let said = [output.stdout, output.stderr].concat();
        assert!(!String::from_utf8_lossy(&said).contains("deadbee"), "{line}");
        assert_eq!(output.status.code(), Some(2), "{line}");
    }
    let parsed = device("--server coaps://h --identity somebody --psk deadbeef");
    let shown = format!("{parsed:?}");
    assert!(!shown.contains("somebody") && !shown.contains("222"), "{shown}");
}

#[test]
fn wrong_arguments_end_with_status_2_and_help_with_0() {
    let output = run("device --server http://h");
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("the scheme `http` is not served"), "{said}");

    for line in ["--help", "-h", "charts --help", "device --help", "device -h", "server -h"] {
        let output = run(line);
        assert_eq!(output.status.code(), Some(0), "{line}");
        let said = String::from_utf8(output.stdout).unwrap();
        let listed = (0..=6).all(|status| said.contains(&format!("\n  {status}  ")));
        assert!(said.contains("Exit status:") && listed, "{line}: {said}");
    }
    assert_eq!(run("--version").status.code(), Some(0));
}

proptest::proptest! {
    #[test]
    fn no_line_makes_the_readers_panic(text in "(coaps?://)?[\\[\\]:/a0. ]{0,12}.{0,6}") {
        if let Ok(uri) = text.parse::<ServerUri>() {
            proptest::prop_assert!(uri.port > 0 && !uri.host.is_empty());
        }
        for word in ["", "get ", "set ", "create ", "send ", "link "] {
            let _ = cli::Command::parse(&format!("{word}{text}"));
        }
    }
}
