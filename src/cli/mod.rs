//! The command line: one word for each thing an operator does on the server itself.

mod api_key;
mod create_user;
mod seed;
mod serve;
mod verify;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::config::Config;

/// The system of record for SMS consent, and the gate in front of every text.
#[derive(Parser)]
#[command(name = "sms-opt-in", version, about)]
pub struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server (also what happens without a command).
    Serve,
    /// Make the database, or bring its tables up to date.
    Migrate,
    /// Make an account; the password is read from standard input.
    CreateUser(create_user::CreateUserCommand),
    /// Make a key to the JSON API; it is printed once, alone on standard output.
    ApiKey(api_key::ApiKeyCommand),
    /// Fill in deterministic demo data with fictional numbers.
    Seed(seed::SeedCommand),
    /// Check the whole ledger: exit code 0 intact, 1 tampered with, 2 could not tell.
    #[command(after_help = crate::actions::verify::COVERED)]
    Verify,
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
            crate::store::Store::open(&config.database_url)?;
            println!("The tables are up to date.");
            Ok(ExitCode::SUCCESS)
        }
        Command::CreateUser(command) => create_user::run(&config, command),
        Command::ApiKey(command) => api_key::run(&config, command),
        Command::Seed(command) => seed::run(&config, &command),
        Command::Verify => Ok(verify::run(&config)),
    }
}
