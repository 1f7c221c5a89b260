//! The commands `device` and `server`, as processes of their own that are driven by lines.

#[path = "support/process.rs"]
mod process;

use std::fs;
use std::time::{Duration, Instant};

use process::{Folder, Process, Servers};

const ENDPOINT: &str = "urn:imei:004999010640000";
const KEY: [&str; 4] = ["--identity", "me", "--psk", "000102030405060708090a0b0c0d0e0f"];
const WRONG_KEY: [&str; 4] = ["--identity", "me", "--psk", "ff0102030405060708090a0b0c0d0e0f"];
const EVENT: &str = "EVENT LWM2M_CARRIER_EVENT_";

/// Names of events as they came, for a comparison.
fn events(lines: &[String]) -> Vec<&str> {
    lines.iter().filter_map(|line| line.split_once(EVENT)?.1.split(' ').next()).collect()
}

#[test]
fn a_device_registers_is_asked_and_asks_back_and_leaves() {
    let mut servers = Servers::start(&[]);
    let uri = servers.management.clone();
    let mut device = Process::start(&["device", "--server", &uri, "--lifetime", "120"]);
    device.until("EVENT LWM2M_CARRIER_EVENT_REGISTERED 7");
    let line = servers.until("REGISTERED");
    assert!(line.contains(&format!("{ENDPOINT} lifetime=120 version=1.1 binding=U")), "{line}");
    assert!(line.ends_with("/3303/0,/3306/0"), "{line}");

    assert_eq!(device.ask("get /3303/0/5700"), ["VALUE /3303/0/5700 float 20", "OK 1"]);
    assert_eq!(servers.ask(&format!("observe {ENDPOINT} /3303/0/5700")), ["OK 1"]);
    assert!(servers.until("RESPONSE 1").ends_with("2.05 0 20"));
    assert_eq!(device.ask("set /3303/0/5700 21.5"), ["OK /3303/0/5700"]);
    let notification = servers.until("NOTIFY");
    assert!(notification.ends_with(&format!("{ENDPOINT} /3303/0/5700 2.05 0 21.5")));
    assert_eq!(servers.ask(&format!("write {ENDPOINT} /3/0/15 Europe/Paris")), ["OK 2"]);
    assert!(servers.until("RESPONSE 2").ends_with("2.04"));
    assert_eq!(device.ask("get /3/0/15"), ["VALUE /3/0/15 string Europe/Paris", "OK 1"]);
    assert_eq!(device.ask("create /3303"), ["OK /3303/1"]);
    assert!(servers.until("UPDATED").ends_with("/3303/0,/3303/1,/3306/0"));
    assert_eq!(device.ask("delete /3303/1"), ["OK /3303/1"]);
    assert!(servers.until("UPDATED").ends_with("/3303/0,/3306/0"));
    assert_eq!(device.ask("send /3303/0/5700 /3/0/15"), ["OK"]);
    assert!(servers.until("SENT").contains(&format!("{ENDPOINT} 112 ")));

    assert_eq!(device.ask("deregister"), ["OK"]);
    device.until("DEREGISTERED 32");
    servers.until("DEREGISTERED");
    assert_eq!(device.ask("update"), ["OK"]);
    device.until("REGISTERED 7");
    assert_eq!(device.ask("quit"), ["OK"]);
    servers.until(&format!("DEREGISTERED {ENDPOINT}"));
    assert_eq!(device.status(), Some(0));
}

#[test]
fn a_command_that_cannot_be_done_is_answered_with_why() {
    let servers = Servers::start(&[]);
    let mut device = Process::start(&["device", "--server", &servers.management]);
    device.until("REGISTERED 7");
    let table = [
        ("dance", "there is no command `dance`"),
        ("get /99", "there is no object /99"),
        ("get /3303/5", "there is no /3303/5"),
        ("set /3303/0/5700 hot", "`hot` is no float"),
        ("set /3/0/2 x", ""),
        ("create /3", "object /3 has the instances that it has"),
        ("send /99", "there is nothing to send at a path"),
        ("start", "the device is started"),
    ];
    for (command, says) in table {
        let answer = device.ask(command);
        let wanted = if says.is_empty() { "OK /3/0/2".into() } else { format!("ERROR {says}") };
        assert!(answer[0].starts_with(&wanted), "{command}: {answer:?}");
    }
}

#[test]
fn state_and_keys_survive_the_process() {
    let folder = Folder::new("survive");
    let file = folder.file("device.state");
    let servers = Servers::start(&KEY);
    let line = ["device", "--bootstrap", &servers.bootstrap, "--state", &file];
    let line = [&line[..], &KEY].concat();

    let mut device = Process::start(&line);
    let lines = device.lines_until("REGISTERED 7");
    let charts = [
        "BSDLIB_INIT",
        "CONNECTING",
        "CONNECTED",
        "DISCONNECTING",
        "DISCONNECTED",
        "CONNECTING",
        "CONNECTED",
        "BOOTSTRAPPED",
        "LTE_READY",
        "REGISTERED",
    ];
    assert_eq!(events(&lines), charts);
    device.ask("quit");
    assert_eq!(device.status(), Some(0));

    // Neither a second bootstrap, nor are keys written: the modem has them.
    let mut device = Process::start(&line);
    let lines = device.lines_until("REGISTERED 7");
    let after = ["BSDLIB_INIT", "CONNECTING", "CONNECTED", "LTE_READY", "REGISTERED"];
    assert_eq!(events(&lines), after);
    device.ask("quit");
    assert_eq!(device.status(), Some(0));
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.starts_with(b"LWCS"));
}

#[test]
fn with_lwm2m_1_2_the_accounts_come_in_a_pack() {
    let mut servers = Servers::start(&KEY);
    let uri = servers.bootstrap.clone();
    let line = ["device", "--bootstrap", &uri, "--version", "1.2"];
    let mut device = Process::start(&[&line[..], &KEY].concat());
    assert!(servers.until("BOOTSTRAP").ends_with(&format!("{ENDPOINT} pack")));
    assert!(servers.until("REGISTERED").contains(" version=1.2 "));
    device.until("REGISTERED 7");
    device.ask("quit");
    assert_eq!(device.status(), Some(0));
}

#[test]
fn a_reboot_restarts_the_device_in_place() {
    let mut servers = Servers::start(&[]);
    let mut device = Process::start(&["device", "--bootstrap", &servers.bootstrap]);
    device.until("REGISTERED 7");
    let after = ["REBOOT", "BSDLIB_INIT", "CONNECTING", "CONNECTED", "LTE_READY", "REGISTERED"];
    assert_eq!(device.ask("reboot"), ["OK"]);
    assert_eq!(events(&device.lines_until("REGISTERED 7")), after);
    servers.until("REGISTERED");
    assert_eq!(servers.ask(&format!("execute {ENDPOINT} /3/0/4")), ["OK 1"]);
    assert_eq!(events(&device.lines_until("REGISTERED 7")), after);
    assert!(servers.until("RESPONSE 1").ends_with("2.04"));
}

#[test]
fn stop_takes_the_link_down_and_start_brings_it_back() {
    let mut servers = Servers::start(&[]);
    let mut device = Process::start(&["device", "--server", &servers.management]);
    device.until("REGISTERED 7");
    assert_eq!(device.ask("stop"), ["OK"]);
    assert_eq!(events(&device.lines_until("DISCONNECTED 5")), ["DISCONNECTING", "DISCONNECTED"]);
    servers.until("DEREGISTERED");
    assert_eq!(device.ask("stop"), ["ERROR the device is stopped"]);
    assert_eq!(device.ask("start"), ["OK"]);
    let after = ["CONNECTING", "CONNECTED", "LTE_READY", "REGISTERED"];
    assert_eq!(events(&device.lines_until("REGISTERED 7")), after);
}

#[test]
fn a_firmware_push_installs_and_the_modem_keeps_it() {
    let folder = Folder::new("firmware");
    let file = folder.file("device.state");
    let mut servers = Servers::start(&KEY);
    let uri = servers.bootstrap.clone();
    let line = ["device", "--bootstrap", &uri, "--state", &file];
    let line = [&line[..], &KEY].concat();
    let mut device = Process::start(&line);
    device.until("REGISTERED 7");
    assert_eq!(servers.ask(&format!("push {ENDPOINT}")), ["OK"]);
    device.until("FOTA_START 9");
    assert!(servers.until("PUSHED").ends_with(&format!("{ENDPOINT} 1")));
    device.ask("quit");
    assert_eq!(device.status(), Some(0));
    let mut device = Process::start(&line);
    device.until("REGISTERED 7");
    assert_eq!(device.ask("get /3/0/3"), ["VALUE /3/0/3 string sim91_1.1.0", "OK 1"]);
}

#[test]
fn a_damaged_state_file_is_status_4_and_left_alone() {
    let folder = Folder::new("damaged");
    let file = folder.file("device.state");
    for bytes in [&b"LWCS\x01\x01\x04\0\0\0xxxxyyyy"[..], b"something else"] {
        fs::write(&file, bytes).unwrap();
        let mut device =
            Process::start(&["device", "--server", "coap://127.0.0.1:9", "--state", &file]);
        assert_eq!(device.status(), Some(4));
        let error = device.errors();
        assert!(error.starts_with("error: ") && error.contains("it was left as it is"), "{error}");
        assert_eq!(fs::read(&file).unwrap(), bytes);
    }
}

#[test]
fn a_wrong_key_is_deferred_and_status_6() {
    let servers = Servers::start(&KEY);
    let targets = [("--bootstrap", &servers.bootstrap, 3), ("--server", &servers.management, 6)];
    let devices = targets.map(|(option, uri, reason)| {
        (Process::start(&[&["device", option, uri][..], &WRONG_KEY].concat()), reason)
    });
    for (mut device, reason) in devices {
        let line = device.until("DEFERRED 8");
        assert!(line.contains(&format!("DEFERRED 8 reason={reason} seconds=")), "{line}");
        device.ask("quit");
        assert_eq!(device.status(), Some(6));
    }
}

#[test]
fn a_server_that_is_not_there_is_deferred_and_status_3() {
    // Bound and closed: nobody is there, and the system says so.
    let port = std::net::UdpSocket::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    for (option, reason) in [("--bootstrap", 2), ("--server", 5)] {
        let uri = format!("coap://127.0.0.1:{port}");
        let mut device = Process::start(&["device", option, &uri]);
        let line = device.until("DEFERRED 8");
        assert!(line.contains(&format!("DEFERRED 8 reason={reason} seconds=")), "{line}");
        assert_eq!(device.ask("deregister"), ["ERROR the device is not registered"]);
        device.ask("quit");
        assert_eq!(device.status(), Some(3));
    }
}

#[cfg(unix)]
#[test]
fn a_device_without_input_goes_on_and_leaves_when_it_is_terminated() {
    let mut servers = Servers::start(&[]);
    let mut device = Process::start(&["device", "--server", &servers.management]);
    device.close_input();
    device.until("REGISTERED 7");
    servers.until("REGISTERED");
    device.terminate();
    servers.until(&format!("DEREGISTERED {ENDPOINT}"));
    assert_eq!(device.status(), Some(0));
}

#[cfg(unix)]
#[test]
fn a_server_that_falls_silent_does_not_keep_the_device_from_ending() {
    let mut servers = Servers::start(&[]);
    let mut device = Process::start(&["device", "--server", &servers.management]);
    device.until("REGISTERED 7");
    servers.ask("quit");
    assert_eq!(servers.status(), Some(0));
    let began = Instant::now();
    device.terminate();
    assert_eq!(device.status(), Some(3));
    assert!(began.elapsed() < Duration::from_secs(9));
}

#[test]
fn a_port_that_is_taken_is_status_5() {
    let taken = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut server = Process::start(&["server", "--port", &port, "--bootstrap-port", "0"]);
    assert_eq!(server.status(), Some(5));
    assert!(server.errors().contains(&port));
}

#[test]
fn the_server_answers_every_command() {
    let mut servers = Servers::start(&[]);
    let table = [
        ("read", "ERROR `read` is no command, or lacks something"),
        ("read nobody here", "ERROR `here` is no path"),
        ("write nobody /3/0/15", "ERROR `write` needs a value"),
        ("read nobody /3 text", "ERROR `text` is no Content-Format"),
        ("push nobody", "ERROR nobody is not registered"),
        ("list", "OK"),
        ("read nobody /3", "OK 1"),
    ];
    for (command, says) in table {
        let answer = servers.ask(command);
        assert!(answer[0].starts_with(says), "{command}: {answer:?}");
    }
    assert!(servers.until("FAILED 1").ends_with("NotRegistered"));
    let help = servers.ask("help");
    assert!(help.iter().any(|line| line.starts_with("HELP read ")), "{help:?}");
}
