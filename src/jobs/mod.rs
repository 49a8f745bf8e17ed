//! The loops that run beside the server: deliver, check unknown outcomes, ask about texts, expire holds and reviews,
//! do long work in pieces, seal the ledger. `app` starts them; they write through the actions and never use the web.

mod background;
mod backlog;
mod deliver;
mod housekeeping;
mod inbox;
mod presence;
mod questions;
mod seal;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::providers::Provider;
use crate::providers::breaker::CircuitBreaker;
use crate::providers::hand_over::HandOverGate;
use crate::store::Store;
use crate::store::seal_file::SealFile;
use crate::store::start_file::StartFile;

pub use background::{JobRunner, end_old_leases, run_background};
pub use deliver::{deliver_due, reconcile};
pub use housekeeping::expire_reviews;
pub use inbox::{InboxReading, read_inbox};
pub use presence::{join_others, mark, note_start};
pub use questions::ask_carrier;
pub use seal::{LedgerSealer, notice_restore, seal_all};

/// What the loops need.
#[derive(Clone)]
pub struct JobContext {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
    /// Who carries the texts.
    pub provider: Arc<dyn Provider>,
    /// Whether the carrier takes texts at all.
    pub breaker: Arc<CircuitBreaker>,
    /// Keys the seals.
    pub secret: Arc<Vec<u8>>,
    /// Where the seals are kept a second time.
    pub seals: SealFile,
    /// Where the marks of starts are kept a second time.
    pub starts: StartFile,
    /// False when the key is missing although there are seals: then nothing is sealed.
    pub has_lasting_key: bool,
    /// The region meant by a number without country code.
    pub region: String,
    /// What keeps this server from handing texts over.
    pub gate: HandOverGate,
}

/// How long the loops sleep when nothing wakes them.
const TICK: Duration = Duration::from_millis(500);
/// How long the delivery loop waits before it looks at the queue again: what arrives together is read together.
const BREATH: Duration = Duration::from_millis(2);
/// Each clock of housekeeping strikes this often.
const HOUSEKEEPING: Duration = Duration::from_secs(10);
/// What is kept for a while only is dropped this often.
const TIDYING: Duration = Duration::from_secs(3600);

impl JobContext {
    /// Starts the loops; they end with the runtime.
    pub fn start(self) {
        let (sealing, asking) = (self.clone(), self.clone());
        let (looking_up, expiring, deciding) = (self.clone(), self.clone(), self.clone());
        let tidying = self.clone();
        tokio::spawn(async move { self.delivery_loop().await });
        tokio::spawn(async move { housekeeping::look_up_loop(&looking_up).await });
        tokio::spawn(async move { housekeeping::hold_loop(&expiring).await });
        tokio::spawn(async move { housekeeping::review_loop(&deciding).await });
        tokio::spawn(async move { housekeeping::tidy_loop(&tidying).await });
        tokio::spawn(async move { questions::question_loop(&asking).await });
        let (showing, reading, working) = (sealing.clone(), sealing.clone(), sealing.clone());
        tokio::spawn(async move { presence::presence_loop(&showing).await });
        tokio::spawn(async move { inbox::inbox_loop(&reading).await });
        tokio::spawn(async move { background::background_loop(&working).await });
        // Apart, because sealing must not wait for a provider that is slow to answer.
        tokio::spawn(async move { seal::sealing_loop(&sealing).await });
    }

    async fn delivery_loop(self) {
        let alarms = self.store.alarms();
        let mut worker = deliver::DeliveryWorker::new(self);
        let mut look_at = Instant::now();
        loop {
            if look_at <= Instant::now() {
                if let Err(error) = worker.look().await {
                    log::error!("Delivery was interrupted and will be retried: {error}");
                }
                look_at = Instant::now() + TICK;
            }
            worker.begin();
            let soon = Instant::now() + BREATH;
            if worker.runs_low() {
                look_at = look_at.min(soon);
            }
            tokio::select! {
                () = worker.one_served(), if !worker.is_idle() => {}
                () = alarms.due.notified() => look_at = look_at.min(soon),
                () = tokio::time::sleep_until(look_at) => {}
            }
        }
    }
}
