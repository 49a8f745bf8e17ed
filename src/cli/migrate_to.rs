//! `migrate-to`: copies a SQLite installation into an empty PostgreSQL database, and then believes none of it: rows, ledger and
//! seals are compared.

use std::process::ExitCode;

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use crate::actions::seal::digest_of_all;
use crate::actions::verify::{AuditFindings, SealInputs, verify};
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::store::seal_file::SealFile;
use crate::store::seals::{self, Seal};
use crate::store::transfer::{DatabaseTransfer, moved_to, take_mark_back, undo_move};
use crate::store::{ReadConn, StoreError, settings};

#[derive(Args)]
pub(super) struct MigrateToCommand {
    /// The empty database: postgres://USER:PASSWORD@HOST/DATABASE. With --undo: the copy.
    target: Option<String>,
    /// Go back: this database is the installation again, and the copy is marked so that no server starts on it. Refused when
    /// the copy was used since.
    #[arg(long)]
    undo: bool,
    /// With --undo: the copy was dropped or lost, so it cannot be marked.
    #[arg(long, requires = "undo")]
    without_copy: bool,
}

pub(super) fn run(config: &ServerConfig, command: &MigrateToCommand) -> ExitCode {
    let done = match &command.target {
        target if command.undo => undo(config, target.as_deref(), command.without_copy),
        Some(target) => copy(config, target),
        None => Err("give the address of the empty database.".to_owned()),
    };
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(why) => {
            let what = if command.undo {
                "The move was not undone"
            } else {
                "The database was not copied to the end"
            };
            eprintln!("{what}: {why}");
            ExitCode::from(2)
        }
    }
}

/// The copy must not be used any more: both would send, and a STOP at one would not count at the other.
fn undo(config: &ServerConfig, copy: Option<&str>, without_copy: bool) -> Result<bool, String> {
    let words = |error: StoreError| error.to_string();
    let Some(to) = moved_to(&config.database_url).map_err(words)? else {
        println!("This database is not marked as moved. Nothing changed.");
        return Ok(true);
    };
    match copy {
        None if without_copy => take_mark_back(&config.database_url).map_err(words)?,
        None => {
            return Err(format!(
                "give the address of the copy at {to}. Then no server can start on it. If it was dropped or lost, add \
                 --without-copy."
            ));
        }
        Some(_) if without_copy => {
            return Err("give the address of the copy or --without-copy, not both.".to_owned());
        }
        Some(copy) if name_of(copy) != to => {
            return Err(format!("this database moved to {to}, not to {}.", name_of(copy)));
        }
        Some(copy) => undo_move(&config.database_url, copy, &config.database_url).map_err(words)?,
    }
    println!("This database is the installation again.");
    if without_copy {
        println!(
            "Make sure that no server starts on {to}. Otherwise both databases would send, and a STOP to one would not count in the \
             other."
        );
    } else {
        println!("The copy at {to} is marked: no server starts on it. Drop it before you move again.");
    }
    Ok(true)
}

/// The target as people name it: without user and password.
fn name_of(target: &str) -> &str {
    let rest = target.split_once("://").map_or(target, |(_, rest)| rest);
    let rest = rest.rsplit_once('@').map_or(rest, |(_, place)| place);
    rest.split('?').next().unwrap_or(rest)
}

/// False when the two differ.
fn copy(config: &ServerConfig, target: &str) -> Result<bool, String> {
    let words = |error: StoreError| error.to_string();
    let mut moving = DatabaseTransfer::begin(&config.database_url, target).map_err(words)?;
    let secret = secret(config, &mut moving.source())?;
    if moving.copied() > 0 {
        println!("An earlier copy was interrupted. Continuing after {} rows.", moving.copied());
    }
    fill(&mut moving).map_err(|error| format!("{error} Run the same command again to continue."))?;
    moving.finish(secret.as_deref()).map_err(words)?;
    println!("{} rows were copied. Comparing the rows and checking both ledgers.", moving.copied());
    let mut different = moving.differences().map_err(words)?;
    let seals = SealFile::at(config.seal_file()).all().map_err(words)?;
    let key = secret.clone().unwrap_or_default();
    let here = walk(&mut moving.source(), &key, seals.as_deref()).map_err(words)?;
    let there = walk(&mut moving.target(), &key, seals.as_deref()).map_err(words)?;
    if here.1 != there.1 {
        different.push("The digest of all event hashes differs.".to_owned());
    }
    if here.0.problems != there.0.problems {
        different.push("verify finds different problems in the two databases.".to_owned());
    }
    if !different.is_empty() {
        different.iter().for_each(|what| println!("{what}"));
        println!(
            "The two databases differ. Don't use the target. Drop it, create an empty one, and start again."
        );
        return Ok(false);
    }
    moving.leave_source(name_of(target)).map_err(words)?;
    moving.release().map_err(words)?;
    report(config, secret.is_some(), &there);
    Ok(there.0.problems.is_empty())
}

fn fill(moving: &mut DatabaseTransfer) -> Result<(), StoreError> {
    let bar = ProgressBar::new(moving.all());
    if let Ok(style) =
        ProgressStyle::with_template("{bar:30} {percent}% {pos} of {len} rows, {eta} left: {msg}")
    {
        bar.set_style(style);
    }
    while let Some(table) = moving.table() {
        bar.set_message(table);
        bar.set_position(moving.copied());
        moving.step()?;
    }
    bar.finish_and_clear();
    Ok(())
}

/// The key that the source's sessions, form tokens and seals were made with. Where there are seals there must be one.
fn secret(config: &ServerConfig, source: &mut ReadConn<'_>) -> Result<Option<String>, String> {
    let key = match config.existing_secret_key().map_err(|error| error.to_string())? {
        Some(key) => {
            let unfit = |_| "The secret key isn't text. Give it as SECRET_KEY.".to_owned();
            Some(String::from_utf8(key).map_err(unfit)?)
        }
        None => settings::get(source, settings::SECRET_KEY).map_err(|error| error.to_string())?,
    };
    if key.is_none() && seals::last(source).map_err(|error| error.to_string())?.is_some() {
        return Err(
            "there are seals, but no secret key. Give SECRET_KEY, or put its file beside the database."
                .to_owned(),
        );
    }
    Ok(key)
}

fn walk(
    conn: &mut ReadConn<'_>,
    key: &str,
    seals: Option<&[Seal]>,
) -> Result<(AuditFindings, (u64, String)), StoreError> {
    let sealing = SealInputs { key: key.as_bytes(), outside: seals, now: Clock::System.now() };
    Ok((verify(conn, sealing)?, digest_of_all(conn)?))
}

fn report(
    config: &ServerConfig,
    has_secret: bool,
    (findings, (events, digest)): &(AuditFindings, (u64, String)),
) {
    println!("Every row of every table is the same on both sides.");
    println!("Both ledgers have {events} events with the digest {digest}.");
    if has_secret {
        println!(
            "The secret key is now in the target's table of settings: sessions, form tokens and seals go on working. A \
         SECRET_KEY that is given to the server comes first; give the same one, or none."
        );
    }
    let seals = config.seal_file();
    if seals.is_file() {
        let (seals, name) = (seals.display(), "sms-opt-in.db.seals");
        println!(
            "Copy the file of seals {seals} to {name} in the server's DATA_DIR (its working folder if not set)."
        );
    }
    println!("Now start the server with the target as DATABASE_URL. Keep the old file as a backup only.");
    println!(
        "The old database is marked as moved: no server starts on it, and it sends nothing. verify and backup still read it. As long as \
         the copy was not used, migrate-to TARGET --undo goes back."
    );
    if !findings.problems.is_empty() {
        let n = findings.problems.len();
        println!(
            "The copy is complete. verify finds {n} problems in both databases: run verify to see them."
        );
    }
}
