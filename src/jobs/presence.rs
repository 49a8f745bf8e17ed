//! Shows that this server runs, and notices a restored backup: at the start by the files beside the database, later
//! by a mark that each heartbeat changes. `jobs::mod` runs it; it writes the heartbeat, and turns sending off when in
//! doubt.

use std::time::Duration;

use crate::actions::ActionError;
use crate::actions::starts::{
    FilesBeside, StartFinding, judge_start, mark_start, suspect_restore, was_quiet,
};
use crate::clock::Clock;
use crate::domain::calendar::LocalCalendar;
use crate::domain::restore_hold::RestoreSign;
use crate::store::start_file::{LockedStartFile, StartFile, StartMark};
use crate::store::{Store, StoreError, starts};
use crate::words::restore_hold;

use super::JobContext;
use super::seal::spawn_blocking;

/// With a database of its own a server shows this often that it runs;
const BEAT: Duration = Duration::from_secs(60);
/// with a shared one, because a new instance waits for it.
const SHARED_BEAT: Duration = Duration::from_secs(10);
/// A new instance watches this long for another one, once a second.
const WATCHED: u32 = 45;
/// Another process that has the file of starts is waited for this long at a start, in steps of 100 ms.
const LOCK_STEPS: u32 = 100;

/// Judges the start by what lies beside the database, and marks it. Before anything is handed over.
///
/// # Errors
/// When the database or a file fails.
pub async fn note_start(jobs: &JobContext, is_embedded: bool) -> Result<(), ActionError> {
    // Each start says it again.
    tell(&jobs.store).await?;
    let (starts, seals) = (jobs.starts.clone(), jobs.seals.clone());
    let files =
        spawn_blocking(move || Ok((starts.read()?, seals.last()?.is_some() || seals.path().exists())))
            .await?;
    let (start, has_seals) = files;
    let beside = FilesBeside { start, has_seals, has_key: jobs.has_lasting_key, is_embedded };
    let now = jobs.clock.now();
    let read = move |conn: &mut crate::store::ReadConn<'_>| {
        Ok::<_, StoreError>((judge_start(conn, &beside)?, was_quiet(conn, now)?))
    };
    let (finding, quiet) = jobs.store.read(read).await?;
    if quiet {
        log::warn!(
            "No server has run on this database for over ten minutes. Checking for missed texts first."
        );
        jobs.gate.set_reads_first(true);
    }
    match finding {
        StartFinding::Newcomer(_) => {
            // The loop watches for another instance.
            jobs.gate.set_joins(true);
            return Ok(());
        }
        StartFinding::Restored(sign) => suspect(jobs, sign).await?,
        StartFinding::Known => {}
    }
    for _ in 0..LOCK_STEPS {
        if mark_once(jobs).await? {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    log::warn!("Another process has {}; this start is not marked yet.", jobs.starts.path().display());
    Ok(())
}

async fn suspect(jobs: &JobContext, sign: RestoreSign) -> Result<(), ActionError> {
    let now = jobs.clock.now();
    if jobs.store.write(move |tx| suspect_restore(tx, sign, now)).await? {
        tell(&jobs.store).await?;
    }
    Ok(())
}

async fn tell(store: &Store) -> Result<(), ActionError> {
    if let Some(why) = store.read::<_, StoreError>(crate::store::sending::standstill).await? {
        log::error!("{} {}", restore_hold::facts(why, LocalCalendar::UTC), restore_hold::next_step(why));
    }
    Ok(())
}

/// Shows that this server runs, and changes the mark here and in the database. Returns false when another process has the
/// file just now: it does the same.
///
/// # Errors
/// When the database or the file fails.
pub async fn mark(store: &Store, starts: &StartFile, clock: &Clock) -> Result<bool, ActionError> {
    let starts = starts.clone();
    let begun = spawn_blocking(move || {
        let Some(mut file) = starts.lock()? else { return Ok(None) };
        let mark = file.read()?.map_or_else(StartMark::first, Ok)?;
        let next = mark.next()?;
        // The file first: what it lacks, the database cannot have.
        file.write(&StartMark { begun: Some(next.clone()), ..mark.clone() })?;
        Ok(Some((file, mark, next)))
    });
    let Some((file, before, next)) = begun.await? else { return Ok(false) };
    let (known, fresh, now) = (StartMark { begun: Some(next.clone()), ..before }, next, clock.now());
    let (file_mark, written) = (known.clone(), fresh.clone());
    let fits = store.write(move |tx| mark_start(tx, &file_mark, &written, now)).await?;
    finish(file, StartMark { done: Some(fresh), begun: None, ..known }).await?;
    if !fits {
        tell(store).await?;
    }
    Ok(true)
}

async fn mark_once(jobs: &JobContext) -> Result<bool, ActionError> {
    mark(&jobs.store, &jobs.starts, &jobs.clock).await
}

async fn finish(mut file: LockedStartFile, mark: StartMark) -> Result<(), StoreError> {
    spawn_blocking(move || file.write(&mark)).await
}

/// Marks again and again. The same trouble is told once.
pub(super) async fn presence_loop(jobs: &JobContext) {
    if jobs.gate.joins()
        && let Err(error) = join_others(jobs).await
    {
        log::error!("It is not known whether other instances run. This instance sends nothing: {error}");
        return;
    }
    let pause = if jobs.store.is_shared() { SHARED_BEAT } else { BEAT };
    let mut told = String::new();
    loop {
        tokio::time::sleep(pause).await;
        let trouble = mark_once(jobs).await.err().map(|error| error.to_string()).unwrap_or_default();
        if !trouble.is_empty() && trouble != told {
            log::error!("The heartbeat of this server could not be recorded: {trouble}");
        }
        told = trouble;
    }
}

/// Waits for another instance's heartbeat. Where none comes, the empty folder means that the files were lost, or that the
/// database was put back without them.
///
/// # Errors
/// When the database or a file fails.
pub async fn join_others(jobs: &JobContext) -> Result<(), ActionError> {
    let first = jobs.store.read(starts::heartbeat).await?;
    for _ in 0..WATCHED {
        tokio::time::sleep(Duration::from_secs(1)).await;
        if jobs.store.read(starts::heartbeat).await? != first {
            log::info!("Another instance runs on this database: this one has joined it.");
            mark_once(jobs).await?;
            jobs.gate.set_joins(false);
            return Ok(());
        }
    }
    suspect(jobs, RestoreSign::NoStartFile).await?;
    mark_once(jobs).await?;
    jobs.gate.set_joins(false);
    Ok(())
}
