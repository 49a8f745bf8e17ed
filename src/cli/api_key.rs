//! `api-key create`: a key for the JSON API, printed once. Operators run it; it writes through `actions::api_keys`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::{Args, Subcommand};

use crate::actions::api_keys::{SCOPES, create_api_key};
use crate::actions::{ActionContext, ActionError};
use crate::app::OperatorStore;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::domain::actor::Actor;

#[derive(Args)]
pub(super) struct ApiKeyCommand {
    #[command(subcommand)]
    what: KeyCommand,
}

#[derive(Subcommand)]
enum KeyCommand {
    /// Create a key.
    Create {
        /// A name for the key.
        #[arg(long)]
        name: String,
        /// What it may use: messages, contacts, consent.
        #[arg(long, value_delimiter = ',')]
        scope: Vec<String>,
    },
}

pub(super) fn run(config: &ServerConfig, command: ApiKeyCommand) -> Result<ExitCode> {
    let KeyCommand::Create { name, scope } = command.what;
    if let Some(unknown) = scope.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
        bail!("There is no scope {unknown:?}. The scopes are {}.", SCOPES.join(", "));
    }
    let now = Clock::System.now();
    let made = OperatorStore::open(config)?.store.write_now(move |tx| {
        create_api_key(tx, &ActionContext::system(now).by(&Actor::Operator), &name, &scope)
    });
    let secret = match made {
        Ok(secret) => secret,
        Err(ActionError::Invalid(errors)) => {
            bail!(errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join(" "))
        }
        Err(error) => return Err(error.into()),
    };
    println!("{secret}");
    Ok(ExitCode::SUCCESS)
}
