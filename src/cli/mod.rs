//! The command line: one word for each thing an operator does on the server itself.

mod after_restore;
mod api_key;
mod backup;
mod become_kind;
mod create_user;
mod import;
mod migrate_to;
mod program;
mod remove_second_factor;
mod seed;
mod serve;
mod verify;

use std::io::{BufRead, Write};
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::config::ServerConfig;

/// The system of record for SMS consent, and the gate in front of every text.
#[derive(Parser)]
#[command(name = "sms-opt-in", version, about)]
pub struct Cli {
    #[command(flatten)]
    config: ServerConfig,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server. This is the default command.
    Serve,
    /// Create the database, or update its tables.
    Migrate,
    /// Create an account. Reads the password from standard input.
    CreateUser(create_user::CreateUserCommand),
    /// Remove the second factor of someone who lost it. Their password alone signs them in then.
    RemoveSecondFactor(remove_second_factor::RemoveSecondFactorCommand),
    /// Create a key for the JSON API. It is printed once, to standard output.
    ApiKey(api_key::ApiKeyCommand),
    /// Show or change which dated rules a program follows: quiet hours and promised frequency.
    Program(program::ProgramCommand),
    /// Add demo data with fictional numbers. The data is the same each time.
    Seed(seed::SeedCommand),
    /// Check the whole ledger. Exit codes: 0 intact, 1 tampered with, 2 can't tell, 3 history intact but a count is wrong.
    #[command(after_help = crate::actions::verify::help())]
    Verify,
    /// Make a simulated database real, or an unused real one simulated. Shows first what it will do. Stop the server first.
    Become(become_kind::BecomeCommand),
    /// Copy this SQLite installation into an empty PostgreSQL database. Exit codes: 0 done, 1 differences, 2 failed. Stop
    /// the server first. You can interrupt the copy and run it again.
    MigrateTo(migrate_to::MigrateToCommand),
    /// Take contacts, consents or suppressions from a CSV file. Shows first what it will do.
    Import(import::ImportCommand),
    /// Copy the SQLite database to a new file. The server may keep running.
    Backup(backup::BackupCommand),
    /// Run this after you restore a backup: it cancels messages that waited, and gets the texts received since, including STOPs,
    /// from the provider.
    AfterRestore(after_restore::AfterRestoreCommand),
}

/// Runs the command that was asked for.
///
/// # Errors
/// In words for the operator.
pub fn run(cli: Cli) -> Result<ExitCode> {
    let config = cli.config;
    match cli.command.unwrap_or(Command::Serve) {
        Command::Serve => serve::run(config),
        Command::Migrate => {
            crate::app::OperatorStore::open(&config)?;
            println!("The tables are up to date.");
            Ok(ExitCode::SUCCESS)
        }
        Command::CreateUser(command) => create_user::run(&config, command),
        Command::RemoveSecondFactor(command) => remove_second_factor::run(&config, command),
        Command::ApiKey(command) => api_key::run(&config, command),
        Command::Program(command) => program::run(&config, &command),
        Command::Seed(command) => seed::run(&config, &command),
        Command::Verify => Ok(verify::run(&config)),
        Command::Become(command) => become_kind::run(&config, &command),
        Command::MigrateTo(command) => Ok(migrate_to::run(&config, &command)),
        Command::Import(command) => import::run(&config, &command),
        Command::Backup(command) => backup::run(&config, &command),
        Command::AfterRestore(command) => after_restore::run(&config, &command),
    }
}

/// Asks the person. No answer is a no.
fn confirmed() -> Result<bool> {
    print!("Type yes to go on: ");
    std::io::stdout().flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().eq_ignore_ascii_case("yes"))
}
