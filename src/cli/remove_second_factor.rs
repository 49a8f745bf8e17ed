//! `remove-second-factor`: lets someone sign in who lost their second factor. Operators run it; it writes through
//! `actions::second_factor`.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;

use crate::actions::second_factor::remove_second_factor;
use crate::actions::{ActionContext, ActionError};
use crate::app::OperatorStore;
use crate::clock::Clock;
use crate::config::ServerConfig;
use crate::domain::actor::Actor;
use crate::store::users;

#[derive(Args)]
pub(super) struct RemoveSecondFactorCommand {
    /// Email address of the account.
    #[arg(long)]
    email: String,
}

pub(super) fn run(config: &ServerConfig, command: RemoveSecondFactorCommand) -> Result<ExitCode> {
    let (store, now) = (OperatorStore::open(config)?.store, Clock::System.now());
    let removed = store.write_now(move |tx| {
        let user = users::by_email(tx, &command.email)?.ok_or(ActionError::NotFound("user"))?;
        remove_second_factor(tx, &ActionContext::system(now).by(&Actor::Operator), user.id)
    });
    match removed {
        Ok(user) => println!("{} signs in with the password alone now.", user.email),
        Err(ActionError::NotFound(_)) => bail!("No account has this email address."),
        Err(ActionError::Conflict(why)) => bail!("{why}"),
        Err(error) => return Err(error.into()),
    }
    Ok(ExitCode::SUCCESS)
}
