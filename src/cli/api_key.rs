//! `api-key create`: a key for the JSON API, printed once.

use std::process::ExitCode;

use anyhow::{Result, bail};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use clap::{Args, Subcommand};

use crate::actions::ActionError;
use crate::clock::Clock;
use crate::config::Config;
use crate::domain::actor::Actor;
use crate::store::api_keys::{self, ApiKey};
use crate::store::{Store, admin_log};
use crate::web::api::secret_hash;

const SCOPES: [&str; 3] = ["messages", "contacts", "consent"];

#[derive(Args)]
pub(super) struct ApiKeyCommand {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Make a key.
    Create {
        /// A name for people.
        #[arg(long)]
        name: String,
        /// What it may do: messages, contacts, consent.
        #[arg(long, value_delimiter = ',')]
        scope: Vec<String>,
    },
}

pub(super) fn run(config: &Config, command: ApiKeyCommand) -> Result<ExitCode> {
    let What::Create { name, scope } = command.what;
    if let Some(unknown) = scope.iter().find(|scope| !SCOPES.contains(&scope.as_str())) {
        bail!("There is no scope {unknown:?}. The scopes are {}.", SCOPES.join(", "));
    }
    let mut random = [0u8; 32];
    getrandom::fill(&mut random).map_err(|error| anyhow::anyhow!("{error}"))?;
    let secret = format!("sk_{}", URL_SAFE_NO_PAD.encode(random));
    let hash = secret_hash(&secret);
    let now = Clock::System.now();
    Store::open(&config.database_url)?.write_now(move |tx| {
        let id = tx.new_id(now)?;
        let scopes = scope.join(",");
        admin_log::add(tx, &Actor::Operator, "api-key.created", &format!("api-key:{name}"), &scopes, now)?;
        api_keys::insert(
            tx,
            &ApiKey { id, name: name.clone(), hash: hash.clone(), scopes, created_at: now, revoked_at: None },
        )?;
        Ok::<_, ActionError>(())
    })?;
    println!("{secret}");
    Ok(ExitCode::SUCCESS)
}
