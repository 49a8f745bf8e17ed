//! `seed`: deterministic demo data. Operators run it on a simulated database; it writes through `actions::seed`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use crate::actions::database_kind::settle_kind;
use crate::actions::{install, seed};
use crate::app::OperatorStore;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::domain::database_kind::DatabaseKind;

/// Contacts in one transaction.
const STEP: usize = 1000;

#[derive(Args)]
pub(super) struct SeedCommand {
    /// The number of contacts.
    #[arg(long, default_value_t = 1000)]
    contacts: usize,
}

pub(super) fn run(config: &ServerConfig, command: &SeedCommand) -> Result<ExitCode> {
    let opened = OperatorStore::open(config)?;
    let store = &opened.store;
    let sender = config.sender_number()?.map(|phone| phone.as_str().to_owned());
    let region = config.default_region.clone();
    let now = Clock::System.now();
    let kind = store.write_now(move |tx| settle_kind(tx, true, now))?;
    if kind != Some(DatabaseKind::Simulated) {
        bail!(
            "Demo data belongs in a simulated database, and this one holds people's phones. Set DATABASE_URL to a new database."
        );
    }
    store.write_now(move |tx| install::install(tx, sender.as_deref(), &region, now))?;
    for from in (0..command.contacts).step_by(STEP) {
        let to = (from + STEP).min(command.contacts);
        let now = Clock::System.now();
        store.write_now(move |tx| seed::seed(tx, from, to, now))?;
        opened.seal();
        eprint!("\r{to} of {} contacts", command.contacts);
    }
    eprintln!();
    println!("{} demo contacts are there.", command.contacts);
    Ok(ExitCode::SUCCESS)
}
