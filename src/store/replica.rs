//! Pages may be read from a replica, so that the primary has its time for what must be right at once. It must not be asked
//! for anything that decides: a replica is behind, and tells by how much.

mod trail;

use std::fmt;
use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::catalog::Known;
use super::dialect::{self, Connection, Followers, Place};
use super::{Conn, Store, StoreError};
use trail::Trail;

/// How often it is noted how far the primary has written.
const EVERY: Duration = Duration::from_secs(1);
/// A replica that failed is left alone for this long.
const REST: Duration = Duration::from_secs(5);

/// A place in the database's log. Whoever has come that far has seen everything that was committed before it was asked for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Mark(i64);

impl Mark {
    /// No replica ever comes here.
    pub const NEVER: Mark = Mark(i64::MAX);
}

impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for Mark {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Mark)
    }
}

/// Something that was read for a page.
#[derive(Debug)]
pub struct Seen<T> {
    /// What was read.
    pub found: T,
    /// How old it may be; `None` when it comes from the primary.
    pub age: Option<Duration>,
}

/// How many pages were read where, since the start.
#[derive(Clone, Copy, Debug)]
pub struct Shares {
    /// From the replica.
    pub replica: u64,
    /// From the primary, because the replica did not answer or had not come far enough.
    pub primary: u64,
}

impl Store {
    /// Reads for a page: from the replica if there is one, it answers, and it has come as far as `since`; else from the
    /// primary. What is not found on the replica is looked for on the primary. Nothing may be decided by it.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn look<T, E>(
        &self,
        since: Option<Mark>,
        read: impl Fn(&mut Conn<'_>) -> Result<T, E> + Send + 'static,
    ) -> Result<Seen<T>, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let fresh = |found| Seen { found, age: None };
        if self.shared.replica.is_none() {
            return self.read(read).await.map(fresh);
        }
        let shared = Arc::clone(&self.shared);
        let task = tokio::task::spawn_blocking(move || {
            match shared.replica.as_ref().and_then(|replica| replica.read(since, &read)) {
                Some((found, age)) => Ok(Seen { found, age: Some(age) }),
                None => shared.readers.with(&shared.known, read).map(fresh),
            }
        });
        task.await.unwrap_or_else(|_| Err(StoreError::Panicked.into()))
    }

    /// The place in the log that a replica must have come to, to have seen what was written up to now; `None` when there is
    /// no replica.
    pub async fn mark(&self) -> Option<Mark> {
        self.shared.replica.as_ref()?;
        Some(self.read(mark).await.unwrap_or(Mark::NEVER))
    }

    /// Where pages were read, when there is a replica.
    pub fn shares(&self) -> Option<Shares> {
        self.shared.replica.as_ref().map(Replica::shares)
    }
}

pub(super) struct Replica {
    followers: Followers,
    /// A replica has a catalog of its own: it may be an older one.
    known: Known,
    trail: Arc<Trail>,
    failed: Mutex<Option<Instant>>,
    served: AtomicU64,
    passed_on: AtomicU64,
}

impl Replica {
    pub(super) fn open(place: &Place, url: &str) -> Result<Replica, StoreError> {
        let followers = Followers::open(place, url)?;
        let trail = Arc::new(Trail::default());
        let mut first = place.writing()?;
        note(&mut first, &trail)?;
        let (place, watched) = (place.clone(), Arc::downgrade(&trail));
        std::thread::Builder::new()
            .name("store-trail".to_owned())
            .spawn(move || watch(first, &place, &watched))
            .map_err(|error| StoreError::Connection(error.to_string()))?;
        Ok(Replica {
            followers,
            known: Known::default(),
            trail,
            failed: Mutex::default(),
            served: AtomicU64::new(0),
            passed_on: AtomicU64::new(0),
        })
    }

    /// Reads, unless the replica does not answer, has not come as far as `since`, or nobody knows how far it has come.
    /// What does not succeed here is to be read from the primary.
    fn read<T, E: From<StoreError>>(
        &self,
        since: Option<Mark>,
        read: impl FnOnce(&mut Conn<'_>) -> Result<T, E>,
    ) -> Option<(T, Duration)> {
        let found = if self.is_resting() { None } else { self.ask(since, read) };
        let counter = if found.is_some() { &self.served } else { &self.passed_on };
        counter.fetch_add(1, Ordering::Relaxed);
        found
    }

    fn ask<T, E: From<StoreError>>(
        &self,
        since: Option<Mark>,
        read: impl FnOnce(&mut Conn<'_>) -> Result<T, E>,
    ) -> Option<(T, Duration)> {
        let asked = self.followers.with(|db| {
            let mut conn = Conn::new(db, &self.known);
            // Asked first: what is read afterwards is at least as new.
            let place = dialect::replayed(&mut conn)?;
            let far_enough = place.filter(|place| since.is_none_or(|mark| mark.0 <= *place));
            let age = far_enough.and_then(|place| self.trail.age(place));
            Ok(age.and_then(|age| read(&mut conn).ok().map(|found| (found, age))))
        });
        self.told(asked.as_ref().err());
        asked.ok().flatten()
    }

    fn shares(&self) -> Shares {
        Shares {
            replica: self.served.load(Ordering::Relaxed),
            primary: self.passed_on.load(Ordering::Relaxed),
        }
    }

    fn is_resting(&self) -> bool {
        let failed = self.failed.lock().unwrap_or_else(PoisonError::into_inner);
        failed.is_some_and(|at| at.elapsed() < REST)
    }

    /// Says once that the replica does not answer, and once that it does again.
    fn told(&self, error: Option<&StoreError>) {
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

/// Notes how far the primary has written, for as long as somebody reads from a replica.
fn watch(first: Connection, place: &Place, trail: &Weak<Trail>) {
    let mut primary = Some(first);
    loop {
        std::thread::sleep(EVERY);
        let Some(trail) = trail.upgrade() else { return };
        // Whoever writes says that the primary is away; here nothing is noted, and pages grow older.
        primary = primary
            .or_else(|| place.writing().ok())
            .and_then(|mut db| note(&mut db, &trail).is_ok().then_some(db));
    }
}

fn note(primary: &mut Connection, trail: &Trail) -> Result<(), StoreError> {
    // The time before the question: whoever has come to the place has seen everything up to then.
    let asked = Instant::now();
    let known = Known::default();
    if let Some(place) = dialect::written(&mut Conn::new(primary.db(), &known))? {
        trail.note(place, asked);
    }
    Ok(())
}

/// The mark of this moment on the primary.
fn mark(conn: &mut Conn<'_>) -> Result<Mark, StoreError> {
    Ok(dialect::written(conn)?.map_or(Mark::NEVER, Mark))
}
