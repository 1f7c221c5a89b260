//! The command line: what can be asked for, checked and turned into plain values.

mod command;
mod uri;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::error::ErrorKind;
use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use lwm2m_carrier::capacity;

use crate::chart::Contract;
use crate::net::Psk;

pub use command::Command;
pub use uri::ServerUri;

/// How the process ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(u8)]
pub enum Status {
    /// All is done.
    Done = 0,
    /// A chart differs, or the device ended without having been registered.
    NotReached = 1,
    /// The arguments are wrong; the command-line parser ends the process with this one itself.
    Arguments = 2,
    /// The server does not answer.
    Unreachable = 3,
    /// The state file is damaged, or of another program or version.
    State = 4,
    /// A file, a socket or another part of the system failed.
    Io = 5,
    /// The DTLS handshake failed: the key or the identity is wrong.
    Handshake = 6,
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

const EXIT_STATUS: &str = "\
Exit status:
  0  done: every chart was as it should be; the device was registered, and de-registered at the end
  1  a chart differs, or the device was never registered
  2  wrong arguments
  3  the server cannot be reached, or did not answer the de-registration
  4  the state file is damaged, or of another program or version; it is left as it is
  5  a file, a socket or another part of the system failed
  6  the DTLS handshake failed: wrong key or identity";

/// What to do.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Invocation {
    /// Run the library against the built-in server and draw what happens.
    Charts(Charts),
    /// Run one device against a server.
    Device(Device),
    /// Run the built-in server.
    Server(Server),
}

/// `charts`
#[derive(Args, Clone, PartialEq, Eq, Debug)]
pub struct Charts {
    /// Write a mscgen source file per chart into DIR, and SVG if the mscgen tool is installed
    #[arg(long, value_name = "DIR")]
    pub msc: Option<PathBuf>,
    /// Draw with ASCII characters only
    #[arg(long)]
    pub ascii: bool,
    /// Run this chart only
    #[arg(long, value_name = "NAME")]
    pub only: Option<Contract>,
    /// Show the log on standard error; twice: in detail
    #[arg(short, long, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

/// `device`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Device {
    /// The server to begin with.
    pub target: Target,
    /// Endpoint name; `None`: made from the modem's identity.
    pub endpoint: Option<String>,
    /// Key and identity of the DTLS session with that server.
    pub psk: Option<Psk>,
    /// Lifetime of the registration in seconds.
    pub lifetime: u32,
    /// Whether the device sleeps between its messages.
    pub queue_mode: bool,
    /// The version of LwM2M to begin with.
    pub version: Version,
    /// Local address and port of the sockets.
    pub local: Option<SocketAddr>,
    /// Where the state is kept; `None`: nowhere.
    pub state: Option<PathBuf>,
    /// How much of the log is shown.
    pub verbose: u8,
}

/// The server that a device begins with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Target {
    /// A bootstrap server.
    Bootstrap(ServerUri),
    /// A device management server.
    Server(ServerUri),
}

impl Target {
    /// Where it is.
    pub const fn uri(&self) -> &ServerUri {
        match self {
            Self::Bootstrap(uri) | Self::Server(uri) => uri,
        }
    }
}

/// A version of LwM2M.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Version {
    /// LwM2M 1.0
    #[value(name = "1.0")]
    V1_0,
    /// LwM2M 1.1
    #[value(name = "1.1")]
    V1_1,
    /// LwM2M 1.2
    #[value(name = "1.2")]
    V1_2,
}

/// `server`
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Server {
    /// Address to bind.
    pub bind: IpAddr,
    /// Port of the device management server; 0: a free one.
    pub port: u16,
    /// Port of the bootstrap server; 0: a free one.
    pub bootstrap_port: u16,
    /// The key that a device comes with; `None`: no DTLS.
    pub psk: Option<Psk>,
    /// Lifetime in seconds that bootstrapped devices get.
    pub lifetime: u32,
    /// How much of the log is shown.
    pub verbose: u8,
}

#[derive(Parser)]
#[command(
    name = "lwm2m-carrier",
    version,
    about = "The lwm2m-carrier library on a PC",
    long_about = "The lwm2m-carrier library on a PC: its message sequence charts, a device for any \
                  LwM2M server, and a server for any device. Without a command: charts.",
    after_help = EXIT_STATUS,
    args_conflicts_with_subcommands = true
)]
struct Line {
    #[command(subcommand)]
    command: Option<What>,
    #[command(flatten)]
    charts: Charts,
}

#[derive(Subcommand)]
enum What {
    /// Run the library against the built-in server, draw what happens, and compare it with the
    /// charts of the contract (default)
    #[command(after_help = EXIT_STATUS)]
    Charts(Charts),
    /// Run one device against any LwM2M server; commands come on standard input
    #[command(after_help = EXIT_STATUS, after_long_help = DEVICE_HELP)]
    Device(DeviceLine),
    /// Run the built-in bootstrap and device management server; commands come on standard input
    #[command(after_help = EXIT_STATUS, after_long_help = SERVER_HELP)]
    Server(ServerLine),
}

const DEVICE_HELP: &str = "\
The device starts by itself. Standard output has a line for each event:
  TIME EVENT LWM2M_CARRIER_EVENT_NAME NUMBER PAYLOAD
TIME is in seconds since the process began, with milliseconds. PAYLOAD is empty, or
  DEFERRED    reason=NUMBER seconds=SECONDS NAME   the next attempt comes in SECONDS
  ERROR       type=NUMBER value=NUMBER NAME
  FOTA_START  uri=URI                              when the device downloads the image

Commands come on standard input, one a line; `help` shows them:
  start, stop, update, deregister, get PATH, set PATH VALUE, create PATH, delete PATH,
  send PATH..., reboot, link down, link up, quit, help
Each is answered, in order, with one line `OK`, `OK RESULT` or `ERROR REASON`. `get` has a line
  VALUE PATH TYPE TEXT
for each value before that, opaque bytes in hexadecimal, line breaks and backslashes escaped.
OK to start, stop, update, deregister, send and reboot says that the device begins; events tell
the rest. Objects 3303 (temperature) and 3306 (a lamp) are there to play with.

SIGTERM, Ctrl-C and quit de-register first, for up to 5 seconds. At the end of standard input the
device goes on. A server that cannot be reached is tried again as the specification says, with a
DEFERRED event each time; when all attempts are used up there is an ERROR event, and the process
ends if standard input has ended too.

Exit status:
  0  done: the device was registered, and de-registered at the end
  1  the device was never registered
  2  wrong arguments
  3  the server cannot be reached, or did not answer the de-registration
  4  the state file is damaged, or of another program or version; it is left as it is
  5  a file, a socket or another part of the system failed
  6  the DTLS handshake failed: wrong key or identity";

/// What `help` of `server` shows.
pub const SERVER_COMMANDS: &str = "\
list                         show the devices that are registered
read ENDPOINT PATH [FORMAT]  FORMAT is a Content-Format (default: text, or SenML JSON for several)
write ENDPOINT PATH VALUE    as text
execute ENDPOINT PATH [ARGUMENTS]
create ENDPOINT PATH         an Object Instance without values; its number is the device's choice
                             when only the Object is given
delete ENDPOINT PATH
discover ENDPOINT PATH
attributes ENDPOINT PATH NAME=VALUE[&NAME=VALUE...]
observe ENDPOINT PATH [FORMAT]
cancel ENDPOINT PATH         end an observation
push ENDPOINT [FILE]         firmware update; without FILE an image for the simulated modem
quit                         end
help                         show this";

const SERVER_HELP: &str = "\
Standard output has a line for each thing that happens; TIME is in seconds since the process began:
  TIME LISTENING bootstrap|management URI
  TIME BOOTSTRAP ENDPOINT started | finished CODE | failed REASON | pack
  TIME REGISTERED ENDPOINT lifetime=S version=V binding=B objects=PATH,...
  TIME UPDATED ENDPOINT lifetime=S version=V binding=B objects=PATH,...
  TIME DEREGISTERED ENDPOINT
  TIME EXPIRED ENDPOINT
  TIME RESPONSE NUMBER CODE [FORMAT VALUE]
  TIME FAILED NUMBER REASON
  TIME NOTIFY ENDPOINT PATH CODE [FORMAT VALUE]
  TIME SENT ENDPOINT FORMAT VALUE
  TIME REFUSED CODE REASON
  TIME PUSHED ENDPOINT RESULT      the Update Result (/5/0/5), or -
VALUE is text for text formats, with line breaks and backslashes escaped, else hexadecimal.

Commands come on standard input, one a line; `help` shows them: list, read, write, execute, create,
delete, discover, attributes, observe, cancel, push, quit. Each is answered with `OK`, or
`OK NUMBER` when a request goes to a device, or `ERROR REASON`. At the end of standard input the
server goes on; quit, SIGTERM and Ctrl-C end it.

Exit status:
  0  done
  2  wrong arguments
  5  a file, a socket or another part of the system failed";

const LIFETIMES: std::ops::RangeInclusive<i64> = 1..=i32::MAX as i64;

#[derive(Args)]
#[group(required = true, multiple = false)]
#[allow(rustdoc::broken_intra_doc_links, reason = "clap shows these texts as they are")]
struct TargetLine {
    /// Bootstrap server to begin with: coap://HOST[:PORT] or coaps://HOST[:PORT]
    #[arg(long, value_name = "URI")]
    bootstrap: Option<ServerUri>,
    /// Device management server, without bootstrap: coap://HOST[:PORT] or coaps://HOST[:PORT]
    #[arg(long, value_name = "URI")]
    server: Option<ServerUri>,
}

// The key and the identity are checked after parsing: the parser's own messages repeat the value.
#[derive(Args)]
struct DeviceLine {
    #[command(flatten)]
    target: TargetLine,
    /// Endpoint name, 1 to 64 bytes [default: made from the modem's identity]
    #[arg(long, value_name = "E", value_parser = endpoint)]
    endpoint: Option<String>,
    /// Identity of the pre-shared key, 1 to 64 bytes
    #[arg(long, value_name = "I", requires = "psk")]
    identity: Option<String>,
    /// Pre-shared key, 1 to 32 bytes in hexadecimal
    #[arg(long, value_name = "HEX", requires = "identity")]
    psk: Option<String>,
    /// Lifetime of the registration in seconds, with --server (a bootstrap server sets its own)
    #[arg(long, value_name = "S", default_value_t = 86_400, value_parser = clap::value_parser!(u32).range(LIFETIMES))]
    lifetime: u32,
    /// Sleep between messages: the server queues what it has to say, and a DTLS session that is
    /// quiet for 60 seconds is closed
    #[arg(long)]
    queue_mode: bool,
    /// Version of LwM2M to begin with
    #[arg(long, value_name = "VERSION", default_value = "1.1")]
    version: Version,
    /// Local address and port, for example 127.0.0.1:56830
    #[arg(long, value_name = "ADDR:PORT")]
    local: Option<SocketAddr>,
    /// Keep the state in FILE, so that the next start goes on from there
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Show the log on standard error; twice: in detail
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Args)]
struct ServerLine {
    /// Address to bind, and to send devices to; anything but the loopback address opens the server to the network
    #[arg(long, value_name = "ADDR", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    bind: IpAddr,
    /// Port of the device management server, 0 for a free one [default: 5683, with a key 5684]
    #[arg(long, value_name = "N")]
    port: Option<u16>,
    /// Port of the bootstrap server, 0 for a free one [default: 5783, with a key 5784]
    #[arg(long, value_name = "N")]
    bootstrap_port: Option<u16>,
    /// Identity of the key that devices come with: DTLS is used
    #[arg(long, value_name = "I", requires = "psk")]
    identity: Option<String>,
    /// Pre-shared key, 1 to 32 bytes in hexadecimal
    #[arg(long, value_name = "HEX", requires = "identity")]
    psk: Option<String>,
    /// Lifetime in seconds that bootstrapped devices get
    #[arg(long, value_name = "S", default_value_t = 86_400, value_parser = clap::value_parser!(u32).range(LIFETIMES))]
    lifetime: u32,
    /// Show the log on standard error; twice: in detail
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,
}

/// Reads a command line, the program's name included.
///
/// # Errors
/// What is wrong and what is allowed, or the text of `--help` or `--version`; `exit()` shows it and
/// ends the process.
pub fn parse<T: Into<OsString> + Clone>(
    line: impl IntoIterator<Item = T>,
) -> Result<Invocation, clap::Error> {
    let line = Line::try_parse_from(line)?;
    Ok(match line.command {
        None => Invocation::Charts(line.charts),
        Some(What::Charts(charts)) => Invocation::Charts(charts),
        Some(What::Device(device)) => Invocation::Device(device.check()?),
        Some(What::Server(server)) => Invocation::Server(server.check()?),
    })
}

impl DeviceLine {
    fn check(self) -> Result<Device, clap::Error> {
        let psk = psk("device", self.identity, self.psk)?;
        let target = match (self.target.bootstrap, self.target.server) {
            (Some(uri), _) => Target::Bootstrap(uri),
            (None, Some(uri)) => Target::Server(uri),
            (None, None) => return Err(wrong("device", "--bootstrap or --server is needed")),
        };
        let uri = target.uri();
        match (&psk, uri.secure) {
            (None, true) => {
                let text = format!("{uri} uses DTLS: --identity and --psk are needed");
                return Err(wrong("device", &text));
            }
            (Some(_), false) => {
                let text =
                    format!("{uri} does not use DTLS: --identity and --psk go with coaps://");
                return Err(wrong("device", &text));
            }
            _ => {}
        }
        if let (Some(local), Some(host)) = (self.local, uri.address())
            && local.is_ipv4() != host.is_ipv4()
        {
            let text = format!("{uri} cannot be reached from {local}: one is IPv4, the other IPv6");
            return Err(wrong("device", &text));
        }
        Ok(Device {
            target,
            endpoint: self.endpoint,
            psk,
            lifetime: self.lifetime,
            queue_mode: self.queue_mode,
            version: self.version,
            local: self.local,
            state: self.state,
            verbose: self.verbose,
        })
    }
}

impl ServerLine {
    fn check(self) -> Result<Server, clap::Error> {
        let psk = psk("server", self.identity, self.psk)?;
        let secure = u16::from(psk.is_some());
        let port = self.port.unwrap_or(5683 + secure);
        let bootstrap_port = self.bootstrap_port.unwrap_or(5783 + secure);
        if port == bootstrap_port && port != 0 {
            return Err(wrong("server", "--port and --bootstrap-port must be different"));
        }
        let (bind, lifetime, verbose) = (self.bind, self.lifetime, self.verbose);
        if bind.is_unspecified() {
            let text = format!(
                "--bind {bind} is no address to send devices to: give the one under which they \
                 reach this machine"
            );
            return Err(wrong("server", &text));
        }
        Ok(Server { bind, port, bootstrap_port, psk, lifetime, verbose })
    }
}

fn wrong(command: &str, text: &str) -> clap::Error {
    let mut line = Line::command();
    line.build();
    match line.find_subcommand_mut(command) {
        Some(command) => command.error(ErrorKind::ValueValidation, text),
        None => line.error(ErrorKind::ValueValidation, text),
    }
}

fn endpoint(text: &str) -> Result<String, String> {
    match text.len() {
        1..=capacity::ENDPOINT if !text.chars().any(char::is_control) => Ok(text.into()),
        1..=capacity::ENDPOINT => Err("an endpoint name has no control characters".into()),
        length => {
            Err(format!("an endpoint name has 1 to {} bytes, not {length}", capacity::ENDPOINT))
        }
    }
}

fn psk(
    command: &str,
    identity: Option<String>,
    key: Option<String>,
) -> Result<Option<Psk>, clap::Error> {
    let (Some(identity), Some(key)) = (identity, key) else {
        return Ok(None);
    };
    if !(1..=capacity::IDENTITY).contains(&identity.len()) {
        let (most, length) = (capacity::IDENTITY, identity.len());
        return Err(wrong(command, &format!("--identity has 1 to {most} bytes, not {length}")));
    }
    match hex(&key) {
        Ok(key) => Ok(Some(Psk { identity: identity.into_bytes(), key })),
        Err(text) => Err(wrong(command, &format!("--psk {text}"))),
    }
}

/// A key in hexadecimal. The messages never repeat it.
fn hex(text: &str) -> Result<Vec<u8>, String> {
    let digit = |it: char| it.to_digit(16).and_then(|it| u8::try_from(it).ok());
    let digits: Option<Vec<u8>> = text.chars().map(digit).collect();
    let digits = digits.ok_or("has hexadecimal digits only (0-9, a-f), two for each byte")?;
    let (pairs, rest) = digits.as_chunks::<2>();
    if !rest.is_empty() {
        return Err("has two hexadecimal digits for each byte: one is missing".into());
    }
    match pairs.len() {
        1..=capacity::KEY => Ok(pairs.iter().map(|[high, low]| high << 4 | low).collect()),
        length => Err(format!("is a key of 1 to {} bytes, not {length}", capacity::KEY)),
    }
}
