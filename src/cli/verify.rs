//! `verify`: walks the whole ledger and says what it found.

use std::process::ExitCode;

use crate::actions::verify::{Findings, verify};
use crate::config::Config;
use crate::store::{Store, StoreError};

/// Problems printed at most; more are only counted.
const PRINTED: usize = 50;

pub(super) fn run(config: &Config) -> ExitCode {
    let walked = config.secret_key().map_err(|error| error.to_string()).and_then(|key| {
        let store = Store::open(&config.database_url).map_err(|error| error.to_string())?;
        store.read_snapshot(|conn| verify(conn, &key)).map_err(|error: StoreError| error.to_string())
    });
    match walked {
        Ok(findings) => report(&findings),
        Err(why) => {
            eprintln!("The ledger could not be checked: {why}");
            ExitCode::from(2)
        }
    }
}

fn report(findings: &Findings) -> ExitCode {
    let Findings { numbers, events, messages, seals, problems } = findings;
    println!("Walked {numbers} numbers, {events} events, {messages} sent messages, {seals} seals.");
    if problems.is_empty() {
        println!("Everything is intact.");
        return ExitCode::SUCCESS;
    }
    for problem in problems.iter().take(PRINTED) {
        println!("{problem}");
    }
    println!("{} problems: the record was tampered with or damaged.", problems.len());
    ExitCode::from(1)
}
