//! Pages may be read from a replica, so that the primary has its time for what must be right at once. It must not be asked
//! for anything that decides: a replica is behind, and tells by how much.

mod lag;

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;

use super::config_cache::CachedConfig;
use super::engine::{DatabaseUrl, OwnConnection, ReplicaPool, ServerPosition};
use super::{ReadConn, Store, StoreError};
use crate::domain::words::UnknownWord;
use lag::LagHistory;

/// How often it is noted how far the primary has written.
const EVERY: Duration = Duration::from_secs(1);
/// A replica that failed is left alone for this long.
const REST: Duration = Duration::from_secs(5);
/// A page that has no answer from the replica by then is read from the primary.
const PATIENCE: Duration = Duration::from_secs(3);
/// A replica that is farther behind is not shown: people who asked to be forgotten would still be on it.
const OLDEST: Duration = Duration::from_secs(5 * 60);
/// The primary has this long to tell a mark; a page without one is read from the primary.
const MARK_WITHIN: Duration = Duration::from_secs(1);

/// A place in the database's log. Whoever has come that far has seen everything that was committed before it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LogPosition {
    timeline: i32,
    place: i64,
}

impl LogPosition {
    /// No replica ever comes here.
    pub const NEVER: LogPosition = LogPosition { timeline: i32::MAX, place: i64::MAX };

    fn is_before(&self, position: &ServerPosition) -> bool {
        self.timeline <= position.timeline && self.place <= position.place
    }
}

impl fmt::Display for LogPosition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.timeline, self.place)
    }
}

impl FromStr for LogPosition {
    type Err = UnknownWord;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (timeline, place) = text.split_once('-').ok_or(UnknownWord)?;
        let place = place.parse().map_err(|_| UnknownWord)?;
        Ok(LogPosition { timeline: timeline.parse().map_err(|_| UnknownWord)?, place })
    }
}

/// Something that was read for a page.
#[derive(Debug)]
pub struct ReplicaRead<T> {
    /// What was read.
    pub found: T,
    /// How old it may be; `None` when it comes from the primary.
    pub age: Option<Duration>,
}

/// How many pages were read where, since the start.
#[derive(Clone, Copy, Debug)]
pub struct ReplicaShare {
    /// From the replica.
    pub replica: u64,
    /// From the primary, because the replica did not answer or had not come far enough.
    pub primary: u64,
}

impl Store {
    /// Reads for a page: from the replica if there is one, it answers soon, and it has come as far as `since`; else from the
    /// primary, and so when reading on the replica ends in an error ("there is no such contact"). Nothing may be decided by it.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn read_replica<T, E>(
        &self,
        since: Option<LogPosition>,
        read: impl Fn(&mut ReadConn<'_>) -> Result<T, E> + Send + Sync + 'static,
    ) -> Result<ReplicaRead<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let read = Arc::new(read);
        if let Some(replica) = &self.shared.replica {
            let (replica, read) = (Arc::clone(replica), Arc::clone(&read));
            if let Some((found, age)) = replica.read(since, move |conn| read(conn)).await {
                return Ok(ReplicaRead { found, age: Some(age) });
            }
        }
        let found = self.read_blocking(move |conn| read(conn)).await?;
        Ok(ReplicaRead { found, age: None })
    }

    /// The place in the log that a replica must have come to, to have seen what was written up to now; `None` when there is
    /// no replica.
    pub async fn mark(&self) -> Option<LogPosition> {
        self.shared.replica.as_ref()?;
        let mark = tokio::time::timeout(MARK_WITHIN, self.read(mark)).await;
        Some(mark.ok().and_then(Result::ok).unwrap_or(LogPosition::NEVER))
    }

    /// Where pages were read, when there is a replica.
    pub fn shares(&self) -> Option<ReplicaShare> {
        self.shared.replica.as_ref().map(|replica| replica.shares())
    }
}

pub(super) struct ReadReplica {
    followers: ReplicaPool,
    /// A replica has a catalog of its own: it may be an older one.
    known: CachedConfig,
    trail: Arc<LagHistory>,
    failed: Mutex<Option<Instant>>,
    served: AtomicU64,
    passed_on: AtomicU64,
}

impl ReadReplica {
    pub(super) fn open(place: &DatabaseUrl, url: &str) -> Result<Arc<ReadReplica>, StoreError> {
        let followers = ReplicaPool::open(place, url)?;
        let trail = Arc::new(LagHistory::default());
        let (place, watched) = (place.clone(), Arc::downgrade(&trail));
        std::thread::Builder::new()
            .name("store-trail".to_owned())
            .spawn(move || watch(&place, &watched))
            .map_err(|error| StoreError::Connection(error.to_string()))?;
        Ok(Arc::new(ReadReplica {
            followers,
            known: CachedConfig::default(),
            trail,
            failed: Mutex::default(),
            served: AtomicU64::new(0),
            passed_on: AtomicU64::new(0),
        }))
    }

    /// Reads, unless the replica does not answer soon, has not come as far as `since`, or nobody knows how far it has come.
    /// What does not succeed here is to be read from the primary.
    async fn read<T, E>(
        self: Arc<Self>,
        since: Option<LogPosition>,
        read: impl FnOnce(&mut ReadConn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Option<(T, Duration)>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let found = if self.may_be_asked() {
            let (replica, answers) = (Arc::clone(&self), Arc::new(AtomicBool::new(false)));
            let answered = Arc::clone(&answers);
            // Of a machine that froze nothing is heard, not even that it is gone.
            let asking = tokio::task::spawn_blocking(move || replica.ask(since, &answered, read));
            match tokio::time::timeout(PATIENCE, asking).await {
                Ok(asked) => asked.ok().flatten(),
                // The question is a slow one: that is no reason to leave the replica alone.
                Err(_) if answers.load(Ordering::Relaxed) => None,
                Err(_) => {
                    self.report_error(Some(&StoreError::Connection(format!(
                        "no answer within {PATIENCE:?}"
                    ))));
                    None
                }
            }
        } else {
            None
        };
        let counter = if found.is_some() { &self.served } else { &self.passed_on };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    fn ask<T, E: From<StoreError>>(
        &self,
        since: Option<LogPosition>,
        answers: &AtomicBool,
        read: impl FnOnce(&mut ReadConn<'_>) -> Result<T, E>,
    ) -> Option<(T, Duration)> {
        let asked = self.followers.with(|db| {
            let mut conn = ReadConn::new(db, &self.known);
            // Asked first: what is read afterwards is at least as new.
            let at = conn.db.engine().replayed()?;
            answers.store(true, Ordering::Relaxed);
            let far_enough = at.filter(|at| since.is_none_or(|mark| mark.is_before(at)));
            let age = far_enough.and_then(|at| self.trail.age(&at.lineage, at.place));
            let age = age.filter(|age| *age < OLDEST);
            Ok(age.and_then(|age| read(&mut conn).ok().map(|found| (found, age))))
        });
        self.report_error(asked.as_ref().err());
        asked.ok().flatten()
    }

    fn shares(&self) -> ReplicaShare {
        ReplicaShare {
            replica: self.served.load(Ordering::Relaxed),
            primary: self.passed_on.load(Ordering::Relaxed),
        }
    }

    /// After a rest one page tries whether it answers again; the others do not wait for that.
    fn may_be_asked(&self) -> bool {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        match *failed {
            None => true,
            Some(at) if at.elapsed() < REST => false,
            Some(_) => {
                *failed = Some(Instant::now());
                true
            }
        }
    }

    /// Says once that the replica does not answer, and once that it does again.
    fn report_error(&self, error: Option<&StoreError>) {
        let mut failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        match (error, *failed) {
            (Some(error), None) => {
                log::warn!("The replica does not answer; pages are read from the primary: {error}");
            }
            (None, Some(_)) => log::info!("The replica answers again."),
            _ => {}
        }
        *failed = error.map(|_| Instant::now());
    }
}

/// Notes how far the primary has written, for as long as somebody reads from a replica. Apart from the start of the program,
/// because beginning a lineage waits for a standby where commits do.
fn watch(place: &DatabaseUrl, trail: &Weak<LagHistory>) {
    let (mut primary, mut has_begun): (Option<OwnConnection>, bool) = (None, false);
    while let Some(trail) = trail.upgrade() {
        // Whoever writes says that the primary is away; here nothing is noted, and pages grow older.
        primary = primary.or_else(|| place.writing().ok()).and_then(|mut db| {
            // A copy that was promoted may be ours today, and its replicas those of yesterday's primary.
            has_begun = has_begun || ask_primary(&mut db, begin).is_ok();
            (has_begun && record_position(&mut db, &trail).is_ok()).then_some(db)
        });
        drop(trail);
        std::thread::sleep(EVERY);
    }
}

fn begin(primary: &mut ReadConn<'_>, at: ServerPosition) -> Result<(), StoreError> {
    let mut random = [0; 16];
    getrandom::fill(&mut random).map_err(|_| StoreError::Randomness)?;
    Ok(primary.db.engine().begin_lineage(at.timeline, &HEXLOWER.encode(&random))?)
}

fn record_position(primary: &mut OwnConnection, trail: &LagHistory) -> Result<(), StoreError> {
    // The time before the question: whoever has come to the place has seen everything up to then.
    let asked = Instant::now();
    ask_primary(primary, |conn, at| {
        // Another server was promoted: what follows the old one follows a dead end.
        if at.lineage.split_once('/').is_none_or(|(timeline, _)| timeline != at.timeline.to_string()) {
            trail.forget();
            return begin(conn, at);
        }
        trail.record(&at.lineage, at.place, asked);
        Ok(())
    })
}

/// Hands on where the primary is in its log, if it has one.
fn ask_primary(
    primary: &mut OwnConnection,
    then: impl FnOnce(&mut ReadConn<'_>, ServerPosition) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let known = CachedConfig::default();
    let mut conn = ReadConn::new(primary.db(), &known);
    match conn.db.engine().written()? {
        Some(at) => then(&mut conn, at),
        None => Ok(()),
    }
}

/// The mark of this moment on the primary.
fn mark(conn: &mut ReadConn<'_>) -> Result<LogPosition, StoreError> {
    let at = conn.db.engine().written()?;
    Ok(at.map_or(LogPosition::NEVER, |at| LogPosition { timeline: at.timeline, place: at.place }))
}
