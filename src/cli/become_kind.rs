//! `become`: makes a simulated database real, or an unused real one simulated. It says first what it will do. Operators run
//! it while no server runs; it writes through `actions::become_kind`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use chrono::Duration;
use clap::{Args, ValueEnum};

use crate::actions::ActionError;
use crate::actions::become_kind::{
    SimulatedConsents, become_kind, cancel_under_way, cancel_waiting, count_simulated, end_simulated,
};
use crate::actions::database_kind::texts_held;
use crate::app::{OperatorStore, SoleServer};
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::domain::calendar::LocalCalendar;
use crate::domain::database_kind::DatabaseKind;
use crate::domain::time::Timestamp;
use crate::store::{Store, StoreError, sending, settings, starts};
use crate::words::restore_hold;

/// A server that shares its database shows every ten seconds that it runs.
const WATCHED: u32 = 25;

#[derive(Args)]
pub(super) struct BecomeCommand {
    /// What the database is for from now on.
    kind: KindName,
    /// Don't ask for confirmation.
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

pub(super) fn run(config: &ServerConfig, command: &BecomeCommand) -> Result<ExitCode> {
    let _alone = SoleServer::hold(config)?;
    let opened = OperatorStore::open(config)?;
    let heartbeat = heartbeat_of_none_that_runs(&opened.store)?;
    let wanted = match command.kind {
        KindName::Real => DatabaseKind::Real,
        KindName::Simulated => DatabaseKind::Simulated,
    };
    if opened.store.read_now::<_, StoreError>(settings::database_kind)? == Some(wanted) {
        println!("This database is {wanted} already. Nothing changed.");
        return Ok(ExitCode::SUCCESS);
    }
    match wanted {
        DatabaseKind::Real => to_real(&opened, heartbeat, command.yes),
        DatabaseKind::Simulated => to_simulated(&opened, heartbeat, command.yes),
    }
}

/// Where servers share the database no lock says that one runs; its heartbeat does. Returns the last heartbeat.
fn heartbeat_of_none_that_runs(store: &Store) -> Result<Option<Timestamp>> {
    let last = store.read_now(starts::heartbeat)?;
    let is_recent = last.is_some_and(|last| Clock::System.now().since(last) < Duration::minutes(10));
    if store.is_shared() && is_recent {
        println!("Checking for {WATCHED} seconds whether a server runs on this database.");
        for _ in 0..WATCHED {
            std::thread::sleep(std::time::Duration::from_secs(1));
            still_alone(store, last)?;
        }
    }
    Ok(last)
}

fn is_alone(store: &Store, heartbeat: Option<Timestamp>) -> Result<bool> {
    Ok(store.read_now(starts::heartbeat)? == heartbeat)
}

fn still_alone(store: &Store, heartbeat: Option<Timestamp>) -> Result<()> {
    if !is_alone(store, heartbeat)? {
        bail!(
            "A server runs on this database. Stop every instance, then run this command again. Nothing changed."
        );
    }
    Ok(())
}

fn to_real(opened: &OperatorStore, heartbeat: Option<Timestamp>, yes: bool) -> Result<ExitCode> {
    let store = &opened.store;
    let counts = store.read_now::<_, StoreError>(count_simulated)?;
    println!("This database becomes real: it will belong to people's phones.");
    let SimulatedConsents { opted_in, invited, kept, asked, opted_out, waiting } = counts;
    let from = "from simulated phones and demo data";
    println!("  {}.", end(opted_in, &format!("consent {from} ends"), &format!("consents {from} end")));
    println!(
        "  {}, because no real carrier took them.",
        end(invited, "open opt-in request ends", "open opt-in requests end")
    );
    println!("  {}.", end(waiting, "waiting message is canceled", "waiting messages are canceled"));
    println!("  {}.", end(opted_out, "opt-out stays", "opt-outs stay"));
    println!("  {}.", end(kept, "consent with other evidence stays", "consents with other evidence stay"));
    println!(
        "  {}.",
        end(
            asked,
            "opt-in request that a real carrier took stays",
            "opt-in requests that a real carrier took stay"
        )
    );
    println!("  Histories stay as they are; each end is a new entry. There is no way back.");
    if !yes && !super::confirmed()? {
        println!("Nothing changed. To go on without being asked, add --yes.");
        return Ok(ExitCode::FAILURE);
    }
    // A server may have started while the question was open.
    still_alone(store, heartbeat)?;
    let now = Clock::System.now();
    end_what_is_simulated(store, now)?;
    // A simulated phone may have texted it since.
    if !is_alone(store, heartbeat)? {
        bail!(
            "A server was started on this database meanwhile. Stop it, then run this command again. The database is not real yet."
        );
    }
    store.write_now(move |tx| become_kind(tx, DatabaseKind::Real, now))?;
    opened.seal();
    println!("The database is real. Start the server with PROVIDER=twilio, its account and SENDER_NUMBER.");
    let (on, why) =
        store.read_now::<_, StoreError>(|conn| Ok((sending::is_on(conn)?, sending::standstill(conn)?)))?;
    match why {
        Some(why) => {
            println!("{} {}", restore_hold::facts(why, LocalCalendar::UTC), restore_hold::next_step(why))
        }
        None if !on => println!("Sending is off. An administrator turns it on, on the dashboard."),
        None => {}
    }
    Ok(ExitCode::SUCCESS)
}

/// Cancels messages and ends consents, a piece in one transaction.
fn end_what_is_simulated(store: &Store, now: Timestamp) -> Result<(), ActionError> {
    while store.write_now::<_, ActionError>(move |tx| cancel_waiting(tx, now))? > 0 {}
    let mut before = None;
    loop {
        before = store.write_now::<_, ActionError>(move |tx| cancel_under_way(tx, before, now))?;
        if before.is_none() {
            break;
        }
    }
    let mut after = None;
    loop {
        after = store.write_now::<_, ActionError>(move |tx| end_simulated(tx, after, now))?;
        if after.is_none() {
            return Ok(());
        }
    }
}

fn to_simulated(opened: &OperatorStore, heartbeat: Option<Timestamp>, yes: bool) -> Result<ExitCode> {
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
    if !yes && !super::confirmed()? {
        println!("Nothing changed. To go on without being asked, add --yes.");
        return Ok(ExitCode::FAILURE);
    }
    // A server may have started while the question was open.
    still_alone(store, heartbeat)?;
    let now = Clock::System.now();
    store.write_now(move |tx| become_kind(tx, DatabaseKind::Simulated, now))?;
    println!("The database is simulated. Start the server without PROVIDER.");
    Ok(ExitCode::SUCCESS)
}

/// "1 consent ends", "2 consents end".
fn end(n: u64, one: &str, more: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { more })
}
