//! `become`: makes a simulated database real, or an unused real one simulated. It says first what it will do.

use std::io::{BufRead, Write};
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, ValueEnum};

use crate::actions::ActionError;
use crate::actions::become_kind::{become_kind, cancel_some, count_simulated, end_simulated};
use crate::actions::database_kind::texts_held;
use crate::app::{OperatorStore, SoleServer};
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::database_kind::DatabaseKind;
use crate::store::{StoreError, messages, settings};

#[derive(Args)]
pub(super) struct BecomeCommand {
    /// What the database is for from now on.
    kind: KindName,
    /// Do it without asking.
    #[arg(long)]
    yes: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum KindName {
    /// For people's phones. Consents from simulated phones and demo data end; opt-outs stay.
    Real,
    /// For simulated phones. Refused when the database holds people's texts or consents.
    Simulated,
}

pub(super) fn run(config: &Config, command: &BecomeCommand) -> Result<ExitCode> {
    let _alone = SoleServer::hold(config)?;
    let opened = OperatorStore::open(config)?;
    let wanted = match command.kind {
        KindName::Real => DatabaseKind::Real,
        KindName::Simulated => DatabaseKind::Simulated,
    };
    if opened.store.read_now::<_, StoreError>(settings::database_kind)? == Some(wanted) {
        println!("This database is {wanted} already. Nothing changed.");
        return Ok(ExitCode::SUCCESS);
    }
    match wanted {
        DatabaseKind::Real => to_real(&opened, command.yes),
        DatabaseKind::Simulated => to_simulated(&opened, command.yes),
    }
}

fn to_real(opened: &OperatorStore, yes: bool) -> Result<ExitCode> {
    let store = &opened.store;
    let (counts, waiting) = store.read_now::<_, StoreError>(|conn| {
        let waiting: i64 = messages::count_waiting(conn)?.into_iter().map(|(_, n)| n).sum();
        Ok((count_simulated(conn)?, waiting))
    })?;
    println!("This database becomes real: it will belong to people's phones.");
    println!("  {} consents from simulated phones and demo data end.", counts.opted_in);
    println!("  {} open opt-in requests end, because they reached nobody.", counts.invited);
    println!("  {waiting} waiting messages are canceled.");
    println!("  {} opt-outs and {} consents with other evidence stay.", counts.opted_out, counts.kept);
    println!("  Histories stay as they are; each end is a new entry. There is no way back.");
    if !yes && !confirmed()? {
        println!("Nothing changed. To go on without being asked, add --yes.");
        return Ok(ExitCode::FAILURE);
    }
    let now = Clock::System.now();
    while store.write_now::<_, ActionError>(move |tx| cancel_some(tx, now))? > 0 {}
    let mut after = None;
    loop {
        match store.write_now::<_, ActionError>(move |tx| end_simulated(tx, after, now))? {
            None => break,
            last => after = last,
        }
    }
    store.write_now(move |tx| become_kind(tx, DatabaseKind::Real, now))?;
    opened.seal();
    println!("The database is real. Start the server with PROVIDER=twilio, its account and SENDER_NUMBER.");
    if !store.read_now::<_, StoreError>(settings::sending_on)? {
        println!("Sending is off. An administrator turns it on, on the dashboard.");
    }
    Ok(ExitCode::SUCCESS)
}

fn to_simulated(opened: &OperatorStore, yes: bool) -> Result<ExitCode> {
    let store = &opened.store;
    let held = store.read_now::<_, StoreError>(texts_held)?;
    if held.real {
        bail!(
            "This database holds people's texts, and a simulated one must not. For trials, set DATABASE_URL to a new database."
        );
    }
    println!(
        "This database becomes simulated: no real message will be sent from it, and its phones are simulated."
    );
    if !yes && !confirmed()? {
        println!("Nothing changed. To go on without being asked, add --yes.");
        return Ok(ExitCode::FAILURE);
    }
    let now = Clock::System.now();
    store.write_now(move |tx| become_kind(tx, DatabaseKind::Simulated, now))?;
    println!("The database is simulated. Start the server without PROVIDER.");
    Ok(ExitCode::SUCCESS)
}

/// Asks the person. No answer is a no.
fn confirmed() -> Result<bool> {
    print!("Type yes to go on: ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().eq_ignore_ascii_case("yes"))
}
