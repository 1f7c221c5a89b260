//! `server`: the built-in bootstrap and management server alone, for people who write devices and
//! for test programs. `--help` documents its lines.

use std::fs;

use lwm2m_carrier::lwm2m::Path;
use lwm2m_carrier::time::earliest;

use super::model::{escape, hex};
use super::station::Operator;
use super::{Trouble, log_to_stderr, say, stamp, system};
use crate::cli::{SERVER_COMMANDS, Server, Status};
use crate::modem;
use crate::net::{Poller, Said, now};
use crate::server::{FirmwareCampaign, Operation, ServerEvent, TLV};

/// Content-Formats: text, link format, SenML JSON, JSON of LwM2M 1.0.
const TEXTS: [u16; 4] = [0, 40, SENML_JSON, 11543];
const TEXT: u16 = 0;
const SENML_JSON: u16 = 110;
/// Bytes of the image for the simulated modem that mean nothing.
const FILLER: usize = 100_000;

/// Runs the servers until they are told to end.
pub fn run(arguments: &Server) -> Status {
    log_to_stderr(arguments.verbose);
    serve(arguments).map_or_else(Trouble::tell, |()| Status::Done)
}

fn serve(arguments: &Server) -> Result<(), Trouble> {
    let mut poller = Poller::new().map_err(system("poller"))?;
    poller.watch_stdin().map_err(system("standard input"))?;
    poller.watch_signals().map_err(system("signals"))?;
    let address = |port| (arguments.bind, port).into();
    let (bootstrap, management) = (address(arguments.bootstrap_port), address(arguments.port));
    let psk = arguments.psk.as_ref();
    let mut operator = Operator::open(&poller, bootstrap, management, psk, arguments.lifetime)?;
    for (role, station) in
        [("bootstrap", &operator.bootstrap), ("management", &operator.management)]
    {
        say(&format!("{} LISTENING {role} {}", stamp(now()), station.uri(psk.is_some())?))?;
    }
    loop {
        let at = now();
        let mut events = Vec::new();
        let bootstrap = operator.bootstrap.run(at, &mut events);
        let management = operator.management.run(at, &mut events);
        for event in &events {
            if let Some(text) = describe(event, &operator) {
                say(&format!("{} {text}", stamp(at)))?;
            }
        }
        match poller.said() {
            Some(Said::Terminate) => return Ok(()),
            // Without input there are no more commands; the servers go on.
            Some(Said::EndOfInput) => {}
            Some(Said::Line(line)) => match command(&line, &mut operator) {
                Answer::Nothing => {}
                Answer::Lines(lines) => {
                    lines.iter().try_for_each(|line| say(line))?;
                    say("OK")?;
                }
                Answer::Asked(number) => say(&format!("OK {number}"))?,
                Answer::Error(error) => say(&format!("ERROR {error}"))?,
                Answer::Quit => return say("OK"),
            },
            None => poller.wait(earliest(bootstrap, management)).map_err(system("poller"))?,
        }
    }
}

/// A payload as text where it is one, else in hexadecimal.
fn content(format: Option<u16>, payload: &[u8]) -> String {
    let Some(format) = format else {
        return if payload.is_empty() { String::new() } else { format!(" - {}", hex(payload)) };
    };
    match std::str::from_utf8(payload) {
        Ok(text) if TEXTS.contains(&format) => format!(" {format} {}", escape(text)),
        _ => format!(" {format} {}", hex(payload)),
    }
}

/// What is said of an event.
fn describe(event: &ServerEvent, operator: &Operator) -> Option<String> {
    use ServerEvent as Event;
    Some(match event {
        Event::BootstrapStarted { endpoint, .. } => format!("BOOTSTRAP {endpoint} started"),
        Event::PackGiven { endpoint } => format!("BOOTSTRAP {endpoint} pack"),
        Event::BootstrapFinished { endpoint, code } => {
            format!("BOOTSTRAP {endpoint} finished {code:?}")
        }
        Event::BootstrapFailed { endpoint, failure } => {
            format!("BOOTSTRAP {endpoint} failed {failure:?}")
        }
        Event::Registered { endpoint, .. } => {
            format!("REGISTERED {}", registration(endpoint, operator))
        }
        Event::Updated { endpoint, .. } => format!("UPDATED {}", registration(endpoint, operator)),
        Event::Deregistered { endpoint } => format!("DEREGISTERED {endpoint}"),
        Event::Expired { endpoint } => format!("EXPIRED {endpoint}"),
        Event::Response { id, code, content_format, payload, .. } => {
            format!("RESPONSE {} {code:?}{}", id.0, content(*content_format, payload))
        }
        Event::RequestFailed { id, failure } => format!("FAILED {} {failure:?}", id.0),
        Event::Notification { endpoint, path, code, content_format, payload, .. } => {
            format!("NOTIFY {endpoint} {path} {code:?}{}", content(*content_format, payload))
        }
        Event::Sent { endpoint, content_format, payload } => {
            format!("SENT {endpoint}{}", content(Some(*content_format), payload))
        }
        Event::Refused { code, reason } => format!("REFUSED {code:?} {reason}"),
        Event::CampaignDone { endpoint, result } => {
            let result = result.map_or("-".into(), |result| result.to_string());
            format!("PUSHED {endpoint} {result}")
        }
        Event::BootstrapAnswer { .. } | Event::PackStarted { .. } | Event::ScriptDone { .. } => {
            return None;
        }
    })
}

/// An endpoint and how it is registered.
fn registration(endpoint: &str, operator: &Operator) -> String {
    let Some(it) = operator.management.server.registration(endpoint) else {
        return endpoint.into();
    };
    let objects: Vec<&str> = it.links.iter().map(|link| link.target.as_str()).collect();
    let lifetime = it.lifetime.as_secs();
    let queue = if it.queue_mode { "Q" } else { "" };
    format!(
        "{endpoint} lifetime={lifetime} version={} binding={}{queue} objects={}",
        it.version,
        it.binding,
        objects.join(",")
    )
}

/// What becomes of a command.
enum Answer {
    Nothing,
    Lines(Vec<String>),
    /// A request with this number went to a device, or waits for it.
    Asked(u64),
    Error(String),
    Quit,
}

fn command(line: &str, operator: &mut Operator) -> Answer {
    let words: Vec<&str> = line.split_whitespace().collect();
    let server = &mut operator.management.server;
    match words.as_slice() {
        [] => return Answer::Nothing,
        [word, ..] if word.starts_with('#') => return Answer::Nothing,
        ["quit"] => return Answer::Quit,
        ["help"] => {
            return Answer::Lines(SERVER_COMMANDS.lines().map(|it| format!("HELP {it}")).collect());
        }
        ["list"] => {
            let endpoints: Vec<String> =
                server.registrations().map(|it| it.endpoint.clone()).collect();
            let line = |endpoint: &String| format!("DEVICE {}", registration(endpoint, operator));
            return Answer::Lines(endpoints.iter().map(line).collect());
        }
        ["push", endpoint, rest @ ..] => {
            if server.registration(endpoint).is_none() {
                return Answer::Error(format!("{endpoint} is not registered"));
            }
            let image = match rest {
                [] => modem::image("sim91_1.1.0", FILLER),
                [file] => match fs::read(file) {
                    Ok(image) => image,
                    Err(error) => return Answer::Error(format!("{file}: {error}")),
                },
                _ => return Answer::Error("`push` takes an endpoint and a file".into()),
            };
            server.campaign_for(endpoint, FirmwareCampaign::new(image));
            return Answer::Lines(Vec::new());
        }
        _ => {}
    }
    match operation(line, &words) {
        Ok((endpoint, operation)) => Answer::Asked(server.request(endpoint, operation).0),
        Err(error) => Answer::Error(error),
    }
}

/// A command that is an operation on a device: WORD ENDPOINT PATH and what the word needs.
fn operation<'a>(line: &str, words: &[&'a str]) -> Result<(&'a str, Operation), String> {
    let [word, endpoint, path, rest @ ..] = words else {
        let word = words.first().unwrap_or(&"");
        return Err(format!("`{word}` is no command, or lacks something; `help` shows all"));
    };
    let level = match Path::parse(path) {
        Some(at) if path.starts_with('/') => at.level(),
        _ => return Err(format!("`{path}` is no path")),
    };
    // What is behind the path, as it was written.
    let mut value = line.trim();
    for _ in 0..3 {
        value = value.split_once(char::is_whitespace).map_or("", |(_, rest)| rest.trim_start());
    }
    // Servers see a single value best as text, several as SenML JSON.
    let usual = if level >= 3 { TEXT } else { SENML_JSON };
    let format = |none: u16| match rest {
        [] => Ok(none),
        [format] => format.parse().map_err(|_| format!("`{format}` is no Content-Format")),
        _ => Err(format!("`{word}` takes an endpoint, a path and a Content-Format")),
    };
    let alone = |operation: Operation| match rest {
        [] => Ok(operation),
        _ => Err(format!("`{word}` takes an endpoint and a path")),
    };
    let operation = match *word {
        "read" => Operation::read(path).accept(format(usual)?),
        "observe" => Operation::observe(path).accept(format(usual)?),
        "cancel" => alone(Operation::cancel(path))?,
        "discover" => alone(Operation::discover(path))?,
        "delete" => alone(Operation::delete(path))?,
        "write" if value.is_empty() => return Err("`write` needs a value".into()),
        "write" => Operation::write(path, TEXT, value.as_bytes()),
        "execute" => Operation::execute(path, value),
        "attributes" => Operation::write_attributes(path, value),
        "create" => match Path::parse(path).map(|it| (it.cut(1), it.id(1), it.level())) {
            // An instance without values: TLV says its number.
            Some((object, Some(id), 2)) => {
                let [high, low] = id.to_be_bytes();
                let instance = if high == 0 { vec![0, low] } else { vec![0x20, high, low] };
                Operation::create(&object.to_string(), TLV, &instance)
            }
            Some((_, _, 1)) => Operation::create(path, TLV, &[]),
            _ => return Err("`create` takes /OBJECT or /OBJECT/INSTANCE".into()),
        },
        _ => return Err(format!("there is no command `{word}`; `help` shows all")),
    };
    Ok((endpoint, operation))
}
