//! `device`: one device against any server, for people who write servers and for test programs.
//!
//! Standard output has a line for each event and for each answer to a command; `--help` documents
//! both. The device starts by itself, and restarts in place when it reboots.

use std::io::{self, Write};
use std::path::Path as File;

use lwm2m_carrier::carrier::{Config, Deferred, Event, Input, Request};
use lwm2m_carrier::lwm2m::{self, Path};
use lwm2m_carrier::time::{Duration, Instant, earliest};

use super::{First, Trouble, config, device, log_to_stderr, model, say, stamp, system};
use crate::cli::{Command, Device, Status, Target, Version};
use crate::host::{Happening, Host};
use crate::modem;
use crate::net::{Poller, Said, Sessions, now};
use crate::state::{OWN, State};

/// How long the answer to De-register is waited for at the end.
const FAREWELL: Duration = Duration::from_secs(5);
/// The record with the server that the accounts in a state file came from.
const ORIGIN: u8 = OWN + 2;

/// Runs the device until it is told to end.
pub fn run(arguments: &Device) -> Status {
    log_to_stderr(arguments.verbose);
    Runner::new(arguments).and_then(Runner::run).unwrap_or_else(Trouble::tell)
}

/// What was seen of the device.
#[derive(Default)]
struct Seen {
    /// It was registered at least once.
    registered: bool,
    /// Why the last attempt to register failed.
    reason: Option<Deferred>,
    /// It is to restart now.
    reboot: bool,
    /// `start` or `stop` was given, and may have come too early.
    wish: Option<Request>,
    /// It may be time for the wish.
    nudge: bool,
}

struct Runner<'a> {
    arguments: &'a Device,
    config: Config<'static>,
    poller: Poller,
    host: Host<Sessions>,
    seen: Seen,
    /// `stop` was given, and no `start` since.
    stopped: bool,
    /// Standard input ended.
    no_input: bool,
    /// The process ends then at the latest.
    end: Option<Instant>,
    /// Sessions that had broken before the last De-register.
    faults: u32,
}

impl<'a> Runner<'a> {
    fn new(arguments: &'a Device) -> Result<Self, Trouble> {
        let (uri, bootstrap) = match &arguments.target {
            Target::Bootstrap(uri) => (uri.as_str(), true),
            Target::Server(uri) => (uri.as_str(), false),
        };
        let mut state = match &arguments.state {
            Some(file) => State::open(file)?,
            None => State::in_memory(),
        };
        remember_origin(&mut state, uri, arguments.state.as_deref())?;
        let (psk, lifetime) = (arguments.psk.as_ref(), arguments.lifetime);
        let first = First { uri, bootstrap, psk, lifetime };
        let config = Config {
            queue_mode: arguments.queue_mode,
            // A server that was not told that the device sleeps may ask at any time.
            session_idle_timeout: arguments.queue_mode.then_some(Duration::from_secs(60)),
            version: match arguments.version {
                Version::V1_0 => lwm2m::Version::V1_0,
                Version::V1_1 => lwm2m::Version::V1_1,
                Version::V1_2 => lwm2m::Version::V1_2,
            },
            ..config(&first, arguments.endpoint.as_deref())
        };
        let poller = Poller::new().map_err(system("poller"))?;
        poller.watch_stdin().map_err(system("standard input"))?;
        poller.watch_signals().map_err(system("signals"))?;
        let modem = state.modem(modem::Config::default());
        let host = device(&poller, config, modem, state, arguments.local)?;
        Ok(Self {
            arguments,
            config,
            poller,
            host,
            seen: Seen::default(),
            stopped: false,
            no_input: false,
            end: None,
            faults: 0,
        })
    }

    fn run(mut self) -> Result<Status, Trouble> {
        self.start();
        loop {
            let now = now();
            let deadline = self.turn(now)?;
            if self.seen.reboot {
                self = self.restart()?;
                continue;
            }
            if std::mem::take(&mut self.seen.nudge)
                && let Some(wish) = self.seen.wish
            {
                self.host.input(Input::Request(wish));
                continue;
            }
            if let Some(said) = self.poller.said() {
                self.said(now, said)?;
                continue;
            }
            let idle = self.host.carrier.client().is_idle();
            // Nothing is left to try, and nobody is there to change that.
            let registered = self.host.carrier.is_registered();
            let over = self.no_input && deadline.is_none() && !self.stopped && !registered;
            if over || self.end.is_some_and(|end| idle || end <= now) {
                self.host.network.close_all(now);
                return Ok(self.status(idle));
            }
            let deadline = earliest(deadline, self.end);
            self.poller.wait(deadline).map_err(system("poller"))?;
        }
    }

    fn start(&mut self) {
        self.host.input(Input::Initialise);
        self.host.input(Input::Run);
    }

    /// The device restarts: everything is new but the modem and the flash.
    fn restart(mut self) -> Result<Self, Trouble> {
        self.host.network.close_all(now());
        let Host { modem, state, .. } = self.host;
        let host = device(&self.poller, self.config, modem, state, self.arguments.local)?;
        let seen = Seen { reboot: false, wish: None, ..self.seen };
        let mut next = Self { host, seen, stopped: false, ..self };
        next.start();
        Ok(next)
    }

    fn turn(&mut self, now: Instant) -> Result<Option<Instant>, Trouble> {
        let seen = &mut self.seen;
        let mut shown = Ok(());
        let mut watch = |at: Instant, happening: Happening<'_>| {
            match happening {
                Happening::Event(event) => {
                    if shown.is_ok() {
                        shown = say(&line(at, &event));
                    }
                    seen.take(&event);
                }
                Happening::Reboot => seen.reboot = true,
                Happening::Initialised(_) | Happening::KeyWritten => {}
            }
            // To the question whether the device may reboot.
            0
        };
        let deadline = self.host.run(now, &mut watch)?;
        shown?;
        Ok(deadline)
    }

    fn said(&mut self, now: Instant, said: Said) -> Result<(), Trouble> {
        let line = match said {
            Said::Line(line) => line,
            Said::EndOfInput => {
                self.no_input = true;
                return Ok(());
            }
            Said::Terminate => {
                self.quit(now);
                return Ok(());
            }
        };
        match Command::parse(&line) {
            Ok(None) => Ok(()),
            Ok(Some(command)) => match self.command(now, command)? {
                Ok(answer) if answer.is_empty() => say("OK"),
                Ok(answer) => say(&format!("OK {answer}")),
                Err(error) => say(&format!("ERROR {error}")),
            },
            Err(error) => say(&format!("ERROR {error}")),
        }
    }

    /// De-registers, if there is something to de-register from; a second time ends at once.
    fn quit(&mut self, now: Instant) {
        let registered = self.host.carrier.is_registered();
        self.end = Some(match self.end {
            None if registered => now + FAREWELL,
            _ => now,
        });
        self.faults = self.host.network.faults();
        if registered {
            self.host.input(Input::Request(Request::Deregister));
        }
    }

    /// How it ended; `idle` when no registration is left.
    fn status(&self, idle: bool) -> Status {
        // A session that broke at the very end took the answer with it.
        let answered = idle && self.host.network.faults() == self.faults;
        match self.seen.reason {
            _ if self.seen.registered && answered => Status::Done,
            _ if self.seen.registered => Status::Unreachable,
            Some(Deferred::BootstrapConnect | Deferred::ServerConnect) => Status::Handshake,
            Some(Deferred::BootstrapNoRoute | Deferred::ServerNoRoute) => Status::Unreachable,
            _ => Status::NotReached,
        }
    }

    fn command(
        &mut self,
        now: Instant,
        command: Command,
    ) -> Result<Result<String, String>, Trouble> {
        let done = Ok(String::new());
        Ok(match command {
            Command::Start if !self.stopped => Err("the device is started".into()),
            Command::Start => {
                self.stopped = false;
                self.wish(Request::LinkUp);
                done
            }
            Command::Stop if self.stopped => Err("the device is stopped".into()),
            Command::Stop => {
                self.stopped = true;
                self.wish(Request::LinkDown);
                done
            }
            Command::Update => {
                self.host.input(Input::Request(Request::Register));
                done
            }
            Command::Deregister if !self.host.carrier.is_registered() => {
                Err("the device is not registered".into())
            }
            Command::Deregister => {
                self.host.input(Input::Request(Request::Deregister));
                done
            }
            Command::Get(path) => match model::get(self.host.carrier.objects(), &path) {
                Ok(found) => {
                    for model::Shown { path, kind, text } in &found {
                        say(&format!("VALUE {path} {kind} {text}"))?;
                    }
                    Ok(found.len().to_string())
                }
                Err(error) => Err(error),
            },
            Command::Set(path, value) => model::set(self.host.carrier.objects(), &path, &value)
                .map(|changed| {
                    changed.iter().for_each(|path| self.host.input(Input::Changed(*path)));
                    path.to_string()
                }),
            Command::Create(path) => {
                model::create(self.host.carrier.objects(), &path).map(|path| {
                    self.host.input(Input::InstancesChanged);
                    path.to_string()
                })
            }
            Command::Delete(path) => model::delete(self.host.carrier.objects(), &path).map(|()| {
                self.host.input(Input::InstancesChanged);
                path.to_string()
            }),
            Command::Send(paths) => self.send(&paths),
            Command::Reboot => {
                self.host.input(Input::Request(Request::Reboot));
                done
            }
            Command::LinkDown => {
                self.host.modem.modem.lose_coverage(now);
                done
            }
            Command::LinkUp => {
                self.host.modem.modem.regain_coverage(now);
                done
            }
            Command::Quit => {
                self.quit(now);
                done
            }
            Command::Help => {
                for line in Command::HELP.lines() {
                    say(&format!("HELP {line}"))?;
                }
                done
            }
        })
    }

    fn wish(&mut self, request: Request) {
        self.seen.wish = Some(request);
        self.host.input(Input::Request(request));
    }

    fn send(&mut self, paths: &[Path]) -> Result<String, String> {
        use lwm2m::SendError as Error;
        let sent = self.host.carrier.client().send(paths);
        sent.map(|()| String::new()).map_err(|error| {
            match error {
                Error::Paths => "too many paths for one Send",
                Error::NotFound => "there is nothing to send at a path",
                Error::Busy => "another Send is under way",
                Error::NotRegistered => "not registered with a server of LwM2M 1.1",
                Error::Muted => "the server mutes Send (/1/x/23)",
                _ => "it cannot be sent",
            }
            .into()
        })
    }
}

impl Seen {
    fn take(&mut self, event: &Event<'_>) {
        match event {
            Event::Registered => self.registered = true,
            Event::Deferred { reason, .. } => self.reason = Some(*reason),
            Event::Connecting if self.wish == Some(Request::LinkUp) => self.wish = None,
            Event::LteReady => self.nudge = self.wish == Some(Request::LinkDown),
            Event::Disconnected => self.nudge = self.wish == Some(Request::LinkUp),
            _ => {}
        }
    }
}

/// Says so when the accounts in a state file came from another server than the one given.
fn remember_origin(state: &mut State, uri: &str, file: Option<&File>) -> Result<(), Trouble> {
    use lwm2m_carrier::storage::Record;
    let has_accounts = state.load(Record::Accounts).is_some();
    match state.get(ORIGIN) {
        Some(origin) if has_accounts && origin != uri.as_bytes() => {
            let (origin, file) = (String::from_utf8_lossy(origin), file.unwrap_or(File::new("")));
            let file = file.display();
            let _ =
                writeln!(io::stderr(), "note: {file} has accounts from {origin}: they are used");
            Ok(())
        }
        _ => Ok(state.put(ORIGIN, uri.as_bytes())?),
    }
}

/// The line of an event.
fn line(at: Instant, event: &Event<'_>) -> String {
    let (time, name, number) = (stamp(at), event.name(), event.number());
    let payload = match event {
        Event::Deferred { reason, seconds } => {
            format!(" reason={} seconds={seconds} {reason:?}", *reason as u32)
        }
        Event::Error { kind, value } => {
            format!(" type={} value={value} {kind:?}", *kind as u32)
        }
        Event::FotaStart { uri: Some(uri) } => format!(" uri={uri}"),
        Event::ModemDomain(warning) => format!(" type={} {warning:?}", *warning as u32),
        Event::Notification { result } => format!(" result={} {result:?}", *result as u32),
        Event::Sent { result } => format!(" result={result}"),
        Event::AppData { path } => format!(" path={path:?}"),
        _ => String::new(),
    };
    format!("{time} EVENT LWM2M_CARRIER_EVENT_{name} {number}{payload}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_is_a_line() {
        let at = Instant::from_millis(12_034);
        assert_eq!(line(at, &Event::BsdlibInit), "12.034 EVENT LWM2M_CARRIER_EVENT_BSDLIB_INIT 1");
        let event = Event::Deferred { reason: Deferred::ServerNoRoute, seconds: 61 };
        assert_eq!(
            line(at, &event),
            "12.034 EVENT LWM2M_CARRIER_EVENT_DEFERRED 8 reason=5 seconds=61 ServerNoRoute"
        );
        let kind = lwm2m_carrier::carrier::ErrorKind::ConnectFail;
        assert_eq!(
            line(at, &Event::Error { kind, value: -110 }),
            "12.034 EVENT LWM2M_CARRIER_EVENT_ERROR 20 type=1 value=-110 ConnectFail"
        );
        assert_eq!(
            line(at, &Event::FotaStart { uri: None }),
            "12.034 EVENT LWM2M_CARRIER_EVENT_FOTA_START 9"
        );
    }
}
