//! The loops that run beside the server: deliver what is due, ask about what is unknown, ask about leads' texts, expire
//! what waited too long, seal the ledger. They must not know the web.

mod deliver;
mod questions;
mod seal;

use std::sync::Arc;
use std::time::Duration;

use crate::actions::{ActionError, expire, review};
use crate::clock::Clock;
use crate::providers::Provider;
use crate::store::seal_file::SealFile;
use crate::store::{Duty, Store};

pub use deliver::{deliver_due, reconcile};
pub use questions::ask_carrier;
pub use seal::{Sealer, notice_restore, seal_all};

/// What the loops need.
#[derive(Clone)]
pub struct Jobs {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Who carries the texts.
    pub provider: Arc<dyn Provider>,
    /// Keys the seals.
    pub secret: Arc<Vec<u8>>,
    /// Where the seals are kept a second time.
    pub seals: SealFile,
}

/// How long the loops sleep when nothing wakes them.
const TICK: Duration = Duration::from_millis(500);
/// How long the delivery loop waits before it looks again at a queue that was not empty.
const BREATH: Duration = Duration::from_millis(2);
/// Housekeeping happens this often.
const HOUSEKEEPING: Duration = Duration::from_secs(10);

impl Jobs {
    /// Starts the loops; they end with the runtime.
    pub fn start(self) {
        let (keeping, sealing, asking) = (self.clone(), self.clone(), self.clone());
        tokio::spawn(async move { self.delivery_loop().await });
        tokio::spawn(async move { keeping.housekeeping_loop().await });
        tokio::spawn(async move { questions::question_loop(&asking).await });
        // Apart, because sealing must not wait for a provider that is slow to answer.
        tokio::spawn(async move { seal::sealing_loop(&sealing).await });
    }

    async fn delivery_loop(self) {
        let alarms = self.store.alarms();
        let mut worker = deliver::Worker::new(self);
        loop {
            let begun = worker.begin_due().await.unwrap_or_else(|error| {
                log::error!("Delivery stopped for a moment: {error}");
                0
            });
            if begun > 0 && worker.has_room() {
                // More may be due already. The pause lets what arrives together be read together.
                tokio::time::sleep(BREATH).await;
                continue;
            }
            tokio::select! {
                () = worker.one_served(), if !worker.is_idle() => {}
                () = alarms.due.notified(), if worker.has_room() => {}
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }

    async fn housekeeping_loop(&self) {
        loop {
            if let Err(error) = self.keep_house().await {
                log::error!("Housekeeping failed and is tried again: {error}");
            }
            tokio::time::sleep(HOUSEKEEPING).await;
        }
    }

    async fn keep_house(&self) -> Result<(), ActionError> {
        let Some(_on_duty) = self.store.take_on(Duty::Housekeeping).await? else { return Ok(()) };
        reconcile(self).await?;
        let now = self.clock.now();
        self.store.write(move |tx| expire::expire(tx, now)).await?;
        self.store.write(move |tx| review::expire_reviews(tx, now)).await?;
        Ok(())
    }
}
