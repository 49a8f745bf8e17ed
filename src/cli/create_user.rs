//! `create-user`: an account from the command line; the password comes on standard input. Operators run it; it writes
//! through `actions::users`.

use std::io::Read;
use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use crate::actions::users::{NewUser, create_user};
use crate::actions::{ActionContext, ActionError};
use crate::app::OperatorStore;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::domain::actor::Actor;
use crate::domain::role::Role;
use crate::password;
use crate::words::Label;

#[derive(Args)]
pub(super) struct CreateUserCommand {
    /// Email address.
    #[arg(long)]
    email: String,
    /// The role: administrator, support or auditor.
    #[arg(long)]
    role: String,
    /// The name. Default: the email address.
    #[arg(long)]
    name: Option<String>,
    /// Read the password from standard input.
    #[arg(long, required = true)]
    password_stdin: bool,
}

pub(super) fn run(config: &ServerConfig, command: CreateUserCommand) -> Result<ExitCode> {
    let Ok(role) = command.role.parse::<Role>() else {
        bail!("--role is administrator, support or auditor.");
    };
    let mut secret = String::new();
    std::io::stdin().read_to_string(&mut secret)?;
    let secret = secret.trim_end_matches(['\r', '\n']);
    if let Err(why) = password::check(secret, &command.email) {
        bail!("{why}");
    }
    let password_hash = password::hash(secret)?;
    let name = command.name.unwrap_or_else(|| command.email.clone());
    let new = NewUser { email: command.email, name, role, password_hash };
    let now = Clock::System.now();
    let store = OperatorStore::open(config)?.store;
    match store
        .write_now(move |tx| create_user(tx, &ActionContext::system(now).by(&Actor::Operator), new.clone()))
    {
        Ok(user) => println!("{} can sign in as {}.", user.email, role.label()),
        Err(ActionError::Invalid(errors)) => {
            let words: Vec<String> = errors.into_iter().map(|error| error.message).collect();
            bail!("{}", words.join(" "));
        }
        Err(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}
