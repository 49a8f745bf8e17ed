//! `seed`: deterministic demo data.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use crate::actions::{install, seal, seed};
use crate::clock::Clock;
use crate::config::Config;
use crate::store::{Store, StoreError, settings};

/// Contacts in one transaction.
const STEP: usize = 1000;

#[derive(Args)]
pub(super) struct SeedCommand {
    /// How many contacts.
    #[arg(long, default_value_t = 1000)]
    contacts: usize,
}

pub(super) fn run(config: &Config, command: &SeedCommand) -> Result<ExitCode> {
    let store = Store::open(&config.database_url)?;
    let sender = config.sender_number()?.map(|phone| phone.as_str().to_owned());
    let (now, key) = (Clock::System.now(), config.existing_secret_key()?);
    let shared = store.read_now::<_, StoreError>(|conn| settings::get(conn, settings::SECRET_KEY))?;
    let key = key.or(shared.map(String::into_bytes));
    store.write_now(move |tx| install::install(tx, sender.as_deref(), now))?;
    for from in (0..command.contacts).step_by(STEP) {
        let to = (from + STEP).min(command.contacts);
        let key = key.clone();
        store.write_now(move |tx| {
            seed::seed(tx, from, to, now)?;
            key.as_ref().map_or(Ok(()), |key| seal::go_on(tx, key, now))
        })?;
        eprint!("\r{to} of {} contacts", command.contacts);
    }
    eprintln!();
    println!("{} demo contacts are there.", command.contacts);
    Ok(ExitCode::SUCCESS)
}
