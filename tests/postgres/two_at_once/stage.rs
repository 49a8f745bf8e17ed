//! Where two meet: two instances' stores on one database, rounds of the same moment, and the proof at the end of each story.

use std::fmt::Debug;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use sms_opt_in::actions::ActionError;
use sms_opt_in::domain::actor::Actor;
use sms_opt_in::domain::phone::Phone;
use sms_opt_in::domain::time::Timestamp;
use sms_opt_in::jobs::seal_all;
use sms_opt_in::store::{ReadConn, Store, StoreError, Tx};
use tokio::sync::Notify;

use crate::support::{World, database, world};

/// Where it is day, and no Sunday or holiday is kept, at the time of the tests.
const AREAS: [u16; 10] = [206, 253, 360, 425, 509, 212, 213, 310, 415, 224];

/// Rounds of most stories.
pub const ROUNDS: usize = 25;
/// Rounds in which one comes while the other's transaction is open.
pub const TURNS: usize = 10;
/// So long is such a transaction open. The other may wait for it or not: each story holds either way.
const OPEN: Duration = Duration::from_millis(20);

/// How the two of a round ended.
#[derive(Default)]
pub struct Score {
    pub rounds: usize,
    /// Rounds in which one of the two was refused.
    pub conflicts: usize,
}

pub struct Stage {
    pub world: World,
    pub other: Store,
    pub score: Score,
    pub now: Timestamp,
    line: u32,
}

impl Stage {
    pub async fn set() -> Stage {
        let world = world().await;
        let other = Store::open(&world.database).unwrap();
        let now = world.clock.now();
        Stage { world, other, score: Score::default(), now, line: 0 }
    }

    /// So many days go by.
    pub fn later(&mut self, days: i64) {
        self.world.clock.advance(chrono::Duration::days(days));
        self.now = self.world.clock.now();
    }

    pub fn ada(&self) -> Actor {
        Actor::User("ada@example.com".to_owned())
    }

    /// A number that was never seen before.
    pub fn phone(&mut self) -> Phone {
        self.line += 1;
        let area = AREAS[usize::try_from(self.line / 100).unwrap() % AREAS.len()];
        Phone::from_e164(&format!("+1{area}55501{:02}", self.line % 100)).unwrap()
    }

    /// Writes what a round starts from.
    pub async fn given<T: Send + 'static>(
        &self,
        write: impl Fn(&mut Tx<'_>) -> Result<T, ActionError> + Send + 'static,
    ) -> T {
        self.world.jobs.store.write(write).await.map_err(|error| error.to_string()).unwrap()
    }

    pub async fn read<T: Send + 'static>(
        &self,
        read: impl FnOnce(&mut ReadConn<'_>) -> Result<T, StoreError> + Send + 'static,
    ) -> T {
        self.world.jobs.store.read(read).await.unwrap()
    }

    /// Two writes at the same moment. A failure of ours ends the story; a refusal is an answer.
    pub async fn both<A: Send + 'static, B: Send + 'static>(
        &mut self,
        one: impl Fn(&mut Tx<'_>) -> Result<A, ActionError> + Send + 'static,
        two: impl Fn(&mut Tx<'_>) -> Result<B, ActionError> + Send + 'static,
    ) -> (Result<A, ActionError>, Result<B, ActionError>) {
        let (one, two) = tokio::join!(self.world.jobs.store.write(one), self.other.write(two));
        self.count(is_refusal(&one), is_refusal(&two));
        (one, two)
    }

    /// The second write comes while the transaction of the first is open, with all that it has locked and written.
    pub async fn within<A: Send + 'static, B: Send + 'static>(
        &mut self,
        one: impl Fn(&mut Tx<'_>) -> Result<A, ActionError> + Send + 'static,
        two: impl Fn(&mut Tx<'_>) -> Result<B, ActionError> + Send + 'static,
    ) -> (Result<A, ActionError>, Result<B, ActionError>) {
        let has_written = Arc::new(Notify::new());
        let told = Arc::clone(&has_written);
        let one = move |tx: &mut Tx<'_>| {
            let result = one(tx);
            told.notify_one();
            std::thread::sleep(OPEN);
            result
        };
        let comes = async {
            has_written.notified().await;
            self.other.write(two).await
        };
        let (one, two) = tokio::join!(self.world.jobs.store.write(one), comes);
        self.count(is_refusal(&one), is_refusal(&two));
        (one, two)
    }

    /// Each comes while the other's transaction is open, in turn, round by round.
    pub async fn in_turn<A: Send + 'static, B: Send + 'static>(
        &mut self,
        round: usize,
        one: impl Fn(&mut Tx<'_>) -> Result<A, ActionError> + Send + 'static,
        two: impl Fn(&mut Tx<'_>) -> Result<B, ActionError> + Send + 'static,
    ) -> (Result<A, ActionError>, Result<B, ActionError>) {
        if round.is_multiple_of(2) {
            return self.within(one, two).await;
        }
        let (two, one) = self.within(two, one).await;
        (one, two)
    }

    pub fn count(&mut self, one_refused: bool, two_refused: bool) {
        self.score.rounds += 1;
        self.score.conflicts += usize::from(one_refused || two_refused);
    }

    /// How often PostgreSQL had to end one of two transactions that waited for each other. The writers run it again, so
    /// that nothing else tells. A session adds up when it ends.
    pub fn deadlocks(&self) -> u64 {
        let url = &self.world.database;
        database::end_sessions(url);
        std::thread::sleep(Duration::from_millis(200));
        let (server, name) = url.rsplit_once('/').unwrap();
        let query =
            format!("SELECT CAST(deadlocks AS TEXT) AS line FROM pg_stat_database WHERE datname = '{name}'");
        database::lines(&format!("{server}/postgres"), &query).concat().parse().unwrap()
    }

    /// The command that an auditor runs: exit 0, with every figure counted anew.
    pub async fn is_intact(&self, story: &str) {
        self.world.is_intact().await;
        seal_all(&self.world.jobs).await.unwrap();
        let output = Command::new(env!("CARGO_BIN_EXE_sms-opt-in"))
            .args(["verify", "--database-url", &self.world.database])
            .args(["--data-dir", self.world.directory.path().to_str().unwrap()])
            .args(["--secret-key", "a secret key of at least 32 characters"])
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{story}: verify says {said}");
    }
}

/// True for the answer to the slower of the two; anything but a refusal is a failure of ours.
fn is_refusal<T>(result: &Result<T, ActionError>) -> bool {
    match result {
        Ok(_) => false,
        Err(error @ (ActionError::Internal(_) | ActionError::Busy(_) | ActionError::Unconfirmed(_))) => {
            panic!("a write failed: {error:?}")
        }
        Err(_) => true,
    }
}

/// Exactly one of the two was done.
#[track_caller]
pub fn one_of<A: Debug, B: Debug>(both: &(Result<A, ActionError>, Result<B, ActionError>)) {
    assert!(both.0.is_ok() != both.1.is_ok(), "one of two: {both:?}");
}
