//! The lwm2m-carrier library on a PC: charts, a device, a server. See `--help`.

use std::process::ExitCode;

use lwm2m_carrier_sim::cli::{self, Charts, Device, Invocation, Server, Status};
use lwm2m_carrier_sim::net;

fn main() -> ExitCode {
    // The library's time begins here.
    net::now();
    let status = match cli::parse(std::env::args_os()) {
        Ok(Invocation::Charts(arguments)) => charts(&arguments),
        Ok(Invocation::Device(arguments)) => device(&arguments),
        Ok(Invocation::Server(arguments)) => server(&arguments),
        Err(error) => error.exit(),
    };
    status.into()
}

fn charts(_arguments: &Charts) -> Status {
    not_there("charts")
}

fn device(_arguments: &Device) -> Status {
    not_there("device")
}

fn server(_arguments: &Server) -> Status {
    not_there("server")
}

/// The command is known, but this build has nothing behind it.
fn not_there(command: &str) -> Status {
    eprintln!("error: `{command}` is not part of this build");
    Status::Io
}
