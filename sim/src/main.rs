//! The lwm2m-carrier library on a PC: charts, a device, a server. See `--help`.

use std::process::ExitCode;

use lwm2m_carrier_sim::cli::{self, Invocation};
use lwm2m_carrier_sim::{net, run};

fn main() -> ExitCode {
    // The library's time begins here.
    net::now();
    let status = match cli::parse(std::env::args_os()) {
        Ok(Invocation::Charts(arguments)) => run::charts::run(&arguments),
        Ok(Invocation::Device(arguments)) => run::device::run(&arguments),
        Ok(Invocation::Server(arguments)) => run::serve::run(&arguments),
        Err(error) => error.exit(),
    };
    status.into()
}
