//! Parses the command line and starts a command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

use clap::Parser;
use sms_opt_in::cli::{Cli, run};

/// Requests make many small values that die young, on every thread.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    sms_opt_in::logging::start();
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}
