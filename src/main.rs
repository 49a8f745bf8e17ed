//! Parses the command line and starts a command.

use std::process::ExitCode;

use mimalloc::MiMalloc;

use clap::Parser;
use sms_opt_in::cli::{Cli, run};

/// Requests make many small values that die young, on every thread.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    keep_files_private();
    sms_opt_in::logging::start();
    use_small_pages();
    match run(Cli::parse()) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::from(2)
        }
    }
}

/// Every file that a command creates is for its owner alone: the database and the files beside it hold personal data. SQLite
/// gives its own files no narrower mode.
fn keep_files_private() {
    #[cfg(unix)]
    rustix::process::umask(rustix::fs::Mode::RWXG | rustix::fs::Mode::RWXO);
}

/// The allocator gives memory back soon after a burst. In huge pages the kernel clears two megabytes each time some of it is
/// needed again, which was a sixth of the time of a list page, and counts them whole as memory in use.
fn use_small_pages() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        log::debug!("The kernel keeps huge pages on for this process: {error}");
    }
}
