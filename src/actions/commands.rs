//! The handle that pages, the JSON API and webhooks write through: each method is one action in one transaction. Nothing else in
//! `web` writes. It owns what an [`ActionContext`] borrows; the actions themselves are the files beside this one.

mod files;
mod people;
mod programs;
mod records;
mod sign_in;
mod texts;

use crate::domain::actor::Actor;
use crate::domain::time::Timestamp;
use crate::store::{Store, Tx};

use super::{ActionContext, ActionError};

/// One actor at one moment, about to run one action. Every method fails as the action of its name does.
pub struct Commands {
    store: Store,
    actor: Actor,
    now: Timestamp,
    region: String,
}

impl Commands {
    /// For an action of `actor` at `now`; numbers without a country code belong to `region`.
    pub fn new(store: Store, actor: Actor, now: Timestamp, region: String) -> Self {
        Commands { store, actor, now, region }
    }

    /// For what the system itself does, which reads no entered number.
    pub fn system(store: Store, now: Timestamp) -> Self {
        Commands::new(store, Actor::System, now, String::new())
    }

    /// Runs an action in one transaction. It may run again when the transaction has to be repeated.
    async fn run<T: Send + 'static>(
        self,
        action: impl Fn(&mut Tx<'_>, &ActionContext<'_>) -> Result<T, ActionError> + Send + 'static,
    ) -> Result<T, ActionError> {
        let Commands { store, actor, now, region } = self;
        store.write(move |tx| action(tx, &ActionContext::new(&actor, now, &region))).await
    }
}
