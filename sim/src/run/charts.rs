//! `charts`: the three charts of the contract, each run against the built-in servers over real
//! loopback sockets with DTLS, drawn as it happens and compared with what it must be.
//!
//! What a chart does not show, such as the initialisation before a bootstrap, runs without being
//! drawn. The FOTA chart takes up the device where the bootstrap chart left it.

use std::fs;
use std::io::{self, Stdout, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

use lwm2m_carrier::carrier::{Event, Input};
use lwm2m_carrier::time::{Duration, Instant, earliest};

use super::station::Operator;
use super::{First, Trouble, config, device, log_to_stderr, seed, system};
use crate::chart::{Contract, Happening, Live, Style, draw_svg};
use crate::cli::{Charts, Status};
use crate::host::{self, Host};
use crate::modem;
use crate::net::{Poller, Psk, Sessions, now};
use crate::server::{FirmwareCampaign, ServerEvent};
use crate::state::State;

/// A chart that takes longer than this is given up.
const LIMIT: Duration = Duration::from_secs(60);
/// How long a chart that is complete is watched for something that does not belong to it.
const LINGER: Duration = Duration::from_millis(100);
/// The firmware that the FOTA chart installs.
const FIRMWARE: &str = "sim91_1.1.0";
/// Bytes of the image that mean nothing.
const FILLER: usize = 100_000;
/// Lifetime of the registration, in seconds.
const LIFETIME: u32 = 3600;

/// Runs the charts.
pub fn run(arguments: &Charts) -> Status {
    log_to_stderr(arguments.verbose);
    match all(arguments) {
        Ok(true) => Status::Done,
        Ok(false) => Status::NotReached,
        Err(trouble) => trouble.tell(),
    }
}

fn all(arguments: &Charts) -> Result<bool, Trouble> {
    let style = Style::detect(arguments.ascii);
    let poller = Poller::new().map_err(system("poller"))?;
    let free = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let key = [seed().to_be_bytes(), seed().to_be_bytes()].concat();
    let psk = Psk { identity: b"lwm2m-carrier-charts".into(), key };
    let operator = Operator::open(&poller, free, free, Some(&psk), LIFETIME)?;
    let mut world = World { poller, operator, psk };
    let mut left = State::in_memory();
    let mut good = true;
    for contract in Contract::ALL {
        if arguments.only.is_some_and(|only| only != contract) {
            continue;
        }
        let state = match contract {
            Contract::Fota => std::mem::replace(&mut left, State::in_memory()),
            Contract::Initialization | Contract::Bootstrap => State::in_memory(),
        };
        let mut scene = Scene::new(&mut world, state, contract, style)?;
        let reached = match contract {
            Contract::Initialization => scene.initialization()?,
            Contract::Bootstrap => scene.bootstrap()?,
            Contract::Fota => scene.fota()?,
        };
        let (equal, source, state) = scene.finish()?;
        good &= reached && equal;
        left = state;
        if let Some(folder) = &arguments.msc {
            export(folder, contract, &source)?;
        }
    }
    Ok(good)
}

/// Writes the chart of a run, and has it drawn if the tool is there.
fn export(folder: &Path, contract: Contract, source: &str) -> Result<(), Trouble> {
    let file = |extension| folder.join(contract.name()).with_extension(extension);
    let msc = file("msc");
    fs::create_dir_all(folder).map_err(system(&folder.display().to_string()))?;
    fs::write(&msc, source).map_err(system(&msc.display().to_string()))?;
    if let Err(error) = draw_svg(&msc, &file("svg")) {
        let _ = writeln!(io::stderr(), "note: {}: {error}", contract.name());
    }
    Ok(())
}

/// What the charts have in common.
struct World {
    poller: Poller,
    operator: Operator,
    psk: Psk,
}

/// What was seen so far, drawn or not.
#[derive(Default)]
struct Seen {
    initialised: Option<i32>,
    registered: u32,
    failed: bool,
    /// The firmware campaign is over, with this Update Result.
    campaign: Option<Option<u8>>,
}

/// A device in the world, and the chart that is drawn of it.
struct Scene<'a> {
    world: &'a mut World,
    host: Host<Sessions>,
    contract: Contract,
    style: Style,
    live: Option<Live<Stdout>>,
    seen: Seen,
    deadline: Instant,
}

impl<'a> Scene<'a> {
    fn new(
        world: &'a mut World,
        state: State,
        contract: Contract,
        style: Style,
    ) -> Result<Self, Trouble> {
        let uri = world.operator.bootstrap.uri(true)?;
        let first = First { uri: &uri, bootstrap: true, psk: Some(&world.psk), lifetime: LIFETIME };
        let modem = state.modem(modem::Config::default());
        let host = device(&world.poller, config(&first, None), modem, state, None)?;
        let (seen, deadline) = (Seen::default(), now() + LIMIT);
        Ok(Self { world, host, contract, style, live: None, seen, deadline })
    }

    /// `lwm2m_carrier_init()` and `lwm2m_carrier_run()`, which does not return: the device goes on
    /// until it is registered.
    fn initialization(&mut self) -> Result<bool, Trouble> {
        self.draw()?;
        self.happens(Happening::Call("lwm2m_carrier_init()".into()))?;
        self.host.input(Input::Initialise);
        if !self.play(|seen| seen.initialised.is_some())? {
            return Ok(false);
        }
        self.happens(Happening::Call("lwm2m_carrier_run()".into()))?;
        self.happens(Happening::NoReturn)?;
        self.happens(Happening::Passing)?;
        self.host.input(Input::Run);
        let drawn = self.live.take();
        let reached = self.play(|seen| seen.registered == 1)?;
        self.live = drawn;
        if reached {
            self.happens(Happening::Remark("still running: registered by now".into()))?;
        }
        Ok(reached)
    }

    fn bootstrap(&mut self) -> Result<bool, Trouble> {
        self.host.input(Input::Initialise);
        let initialised = self.play(|seen| seen.initialised.is_some())?;
        self.draw()?;
        self.happens(Happening::Note("Device is not bootstrapped yet".into()))?;
        self.host.input(Input::Run);
        Ok(initialised
            && self.play(|seen| seen.registered == 1)?
            && self.linger(|seen| seen.registered == 1)?)
    }

    fn fota(&mut self) -> Result<bool, Trouble> {
        self.host.input(Input::Initialise);
        self.host.input(Input::Run);
        let registered = self.play(|seen| seen.registered == 1)?;
        self.draw()?;
        self.happens(Happening::Note("Carrier initiates modem update".into()))?;
        let campaign = FirmwareCampaign::new(modem::image(FIRMWARE, FILLER));
        self.world.operator.management.server.campaign(campaign);
        if !registered
            || !self.play(|seen| seen.registered == 2)?
            || !self.play(|seen| seen.campaign.is_some())?
        {
            return Ok(false);
        }
        self.happens(Happening::Passing)?;
        let result = self.seen.campaign.flatten();
        let firmware = self.host.modem.modem.firmware().to_owned();
        let number = result.map_or("none".into(), |result| result.to_string());
        let remark = format!("Update Result {number}, modem runs {firmware}");
        self.happens(Happening::Remark(remark))?;
        Ok(result == Some(1) && firmware == FIRMWARE && self.linger(|seen| seen.registered == 2)?)
    }

    /// From now on what happens is drawn.
    fn draw(&mut self) -> Result<(), Trouble> {
        let chart = self.contract.chart().map_err(|error| {
            // Compiled in, and parsed by a test.
            Trouble::Io(self.contract.name().into(), io::Error::other(error.to_string()))
        })?;
        let names = (self.contract.name(), self.contract.title());
        let live = Live::begin(io::stdout(), self.style, now(), names, chart);
        self.live = Some(live.map_err(system("standard output"))?);
        Ok(())
    }

    fn happens(&mut self, happening: Happening) -> Result<(), Trouble> {
        show(&mut self.live, now(), happening).map_err(system("standard output"))
    }

    /// Lets device and servers run until `done`. `false`: something failed, or the time is over.
    fn play(&mut self, done: impl Fn(&Seen) -> bool) -> Result<bool, Trouble> {
        self.play_until(self.deadline, &done)?;
        if done(&self.seen) {
            return Ok(true);
        }
        if !self.seen.failed {
            let seconds = LIMIT.as_secs();
            self.happens(Happening::Remark(format!("not reached in {seconds} s: given up")))?;
        }
        Ok(false)
    }

    /// Waits for something that must not happen. Whether `still` holds.
    fn linger(&mut self, still: impl Fn(&Seen) -> bool) -> Result<bool, Trouble> {
        self.play_until(now() + LINGER, &|_| false)?;
        Ok(still(&self.seen) && !self.seen.failed)
    }

    fn play_until(&mut self, end: Instant, done: &dyn Fn(&Seen) -> bool) -> Result<(), Trouble> {
        loop {
            let now = now();
            let deadline = self.turn(now)?;
            if done(&self.seen) || self.seen.failed || now >= end {
                return Ok(());
            }
            self.world.poller.wait(earliest(deadline, Some(end))).map_err(system("poller"))?;
        }
    }

    /// Does everything that is to be done now.
    fn turn(&mut self, now: Instant) -> Result<Option<Instant>, Trouble> {
        let (seen, live) = (&mut self.seen, &mut self.live);
        let mut shown = Ok(());
        let mut watch = |at: Instant, happening: host::Happening<'_>| {
            let result = watched(seen, live, at, &happening);
            if shown.is_ok() {
                shown = result;
            }
            0
        };
        let device = self.host.run(now, &mut watch)?;
        shown.map_err(system("standard output"))?;
        let mut events = Vec::new();
        let operator = &mut self.world.operator;
        let bootstrap = operator.bootstrap.run(now, &mut events);
        let management = operator.management.run(now, &mut events);
        for event in events {
            log::debug!("server: {event:?}");
            if let ServerEvent::CampaignDone { result, .. } = event {
                self.seen.campaign = Some(result);
            }
        }
        Ok(earliest(device, earliest(bootstrap, management)))
    }

    /// Ends the drawing: whether it is what the chart says, its source, and the device's state.
    fn finish(mut self) -> Result<(bool, String, State), Trouble> {
        if self.live.is_none() {
            self.draw()?;
        }
        let Some(live) = self.live else { return Ok((false, String::new(), self.host.state)) };
        let (verdict, recorder) = live.finish().map_err(system("standard output"))?;
        let source = recorder.chart().to_msc(self.contract.title());
        Ok((verdict.is_equal(), source, self.host.state))
    }
}

fn show(live: &mut Option<Live<Stdout>>, at: Instant, happening: Happening) -> io::Result<()> {
    live.as_mut().map_or(Ok(()), |live| live.happens(at, happening))
}

/// Takes in what the host tells, and draws it.
fn watched(
    seen: &mut Seen,
    live: &mut Option<Live<Stdout>>,
    at: Instant,
    happening: &host::Happening<'_>,
) -> io::Result<()> {
    match happening {
        host::Happening::Initialised(result) => {
            seen.initialised = Some(*result);
            seen.failed |= *result != 0;
            show(live, at, Happening::returned(*result))
        }
        host::Happening::KeyWritten => {
            let keys = Happening::Action("Write keys to modem".into());
            // A key has two parts, and is one box.
            let recorder = live.as_ref().map(Live::recorder);
            let last = recorder.and_then(|it| it.entries().last()).map(|(_, last)| last);
            if last == Some(&keys) { Ok(()) } else { show(live, at, keys) }
        }
        host::Happening::Event(event) => {
            seen.registered += u32::from(*event == Event::Registered);
            seen.failed |= matches!(event, Event::Error { .. });
            show(live, at, Happening::event(event))?;
            match event {
                Event::FotaStart { .. } => show(live, at, Happening::Passing),
                _ => Ok(()),
            }
        }
        host::Happening::Reboot => Ok(()),
    }
}
