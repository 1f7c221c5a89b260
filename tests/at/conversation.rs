//! Lines and their ends, answers that are late or missing, restarts.

use crate::bench::{Bench, IDENTIFIED, IDENTIFY, PSK, once, run};
use lwm2m_carrier::modem::at::LINE;
use lwm2m_carrier::modem::{Command, Error, FunctionalMode};
use lwm2m_carrier::time::Duration;

#[test]
fn echo_blank_lines_and_unknown_lines_are_passed_over() {
    let mut script = IDENTIFY.map(|(said, answer)| {
        (said, format!("{said}\r\r\n\r\n{}\r\n%NEW: 1\r\n", answer.replace("\r\n", "\r\n\r\n")))
    });
    script[6].1 = "AT+CGMR\r\r\n%NEW: 2\r\nmfw_nrf9160_1.3.0\r\nmore of it\r\nOK\r\n".into();
    let script = script.each_ref().map(|(said, answer)| (*said, answer.as_str()));
    assert_eq!(once(&Command::Initialise, &script), IDENTIFIED);
}

#[test]
fn one_command_at_a_time() {
    let mut bench = Bench::new();
    bench.command(&Command::ReadClock);
    let refused = bench.modem.command(bench.now, &Command::ReadSignal);
    assert_eq!(refused, Err(Error::NotNow));
    bench.hear("+CCLK: \"24/02/29,23:59:58+08\"\r\nOK\r\n");
    assert_eq!(bench.said(), "AT+CCLK?\r\n");
    assert_eq!(bench.reported().len(), 2);
    // A final result code without a command says nothing.
    bench.hear("OK\r\nERROR\r\n+CME ERROR: 10\r\n");
    assert_eq!(bench.reported(), [""; 0]);
}

#[test]
fn a_missing_answer_is_a_timeout_once() {
    let mut bench = Bench::new();
    bench.command(&Command::ReadSim);
    bench.wait(4);
    bench.hear("001010123456789\r\nOK\r\n");
    assert_eq!(bench.reported(), ["Imsi(001010123456789)"]);
    // Each step has its own time.
    assert_eq!(bench.modem.deadline(), Some(bench.now + Duration::from_secs(5)));
    bench.wait(4);
    assert_eq!(bench.reported(), [""; 0]);
    bench.wait(1);
    assert_eq!(bench.reported(), ["Failed(Timeout)"]);
    assert_eq!(bench.modem.deadline(), None);
    bench.wait(100);
    assert_eq!(bench.reported(), [""; 0]);
}

#[test]
fn an_answer_that_lies_there_in_time_counts_however_late_it_is_read() {
    let mut bench = Bench::new();
    bench.command(&Command::ReadClock);
    bench.now = bench.now + Duration::from_secs(100);
    bench.hear("OK\r\n");
    assert_eq!(bench.reported(), ["Done"]);
}

#[test]
fn leaving_the_network_may_take_its_time() {
    let mut bench = Bench::new();
    bench.command(&Command::SetFunctionalMode(FunctionalMode::Offline));
    bench.wait(59);
    assert_eq!(bench.reported(), [""; 0]);
    bench.wait(1);
    assert_eq!(bench.reported(), ["Failed(Timeout)"]);
}

#[test]
fn a_restart_ends_the_command_in_hand() {
    let mut bench = Bench::new();
    bench.command(&Command::ReadSim);
    bench.hear("\0Ready\r\n");
    assert_eq!(bench.reported(), ["Failed(NotNow)", "Restarted"]);
    assert_eq!(bench.modem.deadline(), None);
    bench.said();
    assert_eq!(run(&mut bench, &Command::Initialise, &IDENTIFY), IDENTIFIED);
}

/// The modem answers what it is asked at first.
fn identify(bench: &mut Bench) {
    for (said, answer) in IDENTIFY {
        assert_eq!(bench.said(), format!("{said}\r\n"));
        bench.hear(answer);
    }
    assert_eq!(bench.reported(), IDENTIFIED);
}

#[test]
fn a_modem_that_starts_while_it_is_asked_is_asked_again() {
    let mut bench = Bench::new();
    bench.command(&Command::Initialise);
    assert_eq!(bench.said(), "AT\r\n");
    bench.hear("Ready\r\n");
    assert_eq!(bench.reported(), [""; 0]);
    bench.wait(1);
    identify(&mut bench);

    // It had heard: it is not asked twice.
    bench.command(&Command::Initialise);
    bench.hear("Ready\r\n");
    identify(&mut bench);

    // A modem that does nothing but start is not waited for.
    bench.command(&Command::Initialise);
    for _ in 0..2 {
        bench.hear("Ready\r\n");
        bench.wait(1);
    }
    assert_eq!(bench.reported(), ["Failed(NotNow)", "Restarted"]);
}

#[test]
fn a_broken_stream_ends_the_command() {
    let mut bench = Bench::new();
    bench.modem.stream().broken = true;
    bench.command(&PSK);
    assert_eq!(bench.reported(), ["Failed(Io)"]);

    bench.modem.stream().broken = false;
    bench.command(&Command::ReadSim);
    bench.modem.stream().broken = true;
    bench.hear("OK\r\n");
    assert_eq!(bench.reported(), ["Failed(Io)"]);
}

#[test]
fn overlong_lines_are_cut_and_the_next_line_is_whole() {
    for length in LINE - 20..LINE + 20 {
        let mut bench = Bench::new();
        let junk = "x".repeat(length);
        bench.hear(format!("{junk}\r\n+CEREG: 2\r\n+CEREG: 1,\"{junk}\r\nReady\r\n"));
        // The second of the long lines still says its status.
        let expected = ["Registration(Searching)", "Registration(Home)", "Restarted"];
        assert_eq!(bench.reported(), expected, "{length}");
    }
    // A value that was cut off is not taken for a whole one.
    let mut bench = Bench::new();
    let apn = "a".repeat(LINE);
    bench.hear(format!("+CGDCONT: 0,\"IP\",\"{apn}\",\"192.0.2.1\"\r\n"));
    assert_eq!(bench.reported(), [""; 0]);
}

#[test]
fn debug_shows_no_line() {
    let mut bench = Bench::new();
    bench.command(&PSK);
    bench.hear("AT%CMNG=0,16842753,3,\"001FA0FF");
    let shown = format!("{:?}", bench.modem).replace(&format!("{:?}", bench.modem.stream()), "");
    assert!(!shown.contains("001FA0FF") && shown.contains("%CMNG=0,"), "{shown}");
}

/// A conversation with a bit of everything.
const TALK: &str = "Ready\r\n\r\n+CEREG: 5,\"0001\",\"0FFFFFFF\",9\r\n001010123456789\r\nOK\r\n\
    %XICCID: 8900123456789012345F\r\n+CGEV: ME PDN ACT 0\r\nOK\r\n\
    +CNUM: \"a\",\"+15555550100\",145\r\n%XTIME: \"80\",\"42209212958580\",\"01\"\r\nOK\r\n\
    +CGPADDR: 0,\"192.0.2.1\",\"2001:DB8::1\"\r\n\0\0%CESQ: 54,2,16,2\r\nReady\r\n";

#[test]
fn the_same_reports_wherever_the_stream_is_cut() {
    let reports = |cut: &[usize]| {
        let mut bench = Bench::new();
        bench.hear("\r\n");
        let mut rest = TALK;
        // The greeting comes before the command.
        let (greeting, talk) = rest.split_at(7);
        bench.hear(greeting);
        bench.command(&Command::ReadSim);
        rest = talk;
        let mut from = 0;
        for &at in cut {
            let (piece, left) = rest.split_at(at - from);
            bench.hear(piece);
            (rest, from) = (left, at);
        }
        bench.hear(rest);
        (bench.said(), bench.reported())
    };
    let whole = reports(&[]);
    assert_eq!(whole.1.len(), 13, "{:?}", whole.1);
    let length = TALK.len() - 7;
    for first in 0..length {
        assert_eq!(reports(&[first]), whole, "{first}");
        assert_eq!(reports(&[first, (first + 5).min(length)]), whole, "{first}");
    }
    assert_eq!(reports(&Vec::from_iter(0..length)), whole);
}
