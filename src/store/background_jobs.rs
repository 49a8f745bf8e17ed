//! Long work that runs in pieces: a row for each job, with how far it came and who holds it. Written by
//! `actions::background`; the pages of the jobs read it. [`super::stored_files`] keeps the files that jobs leave behind.

use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};

use super::engine::{self, CachedQuery, CachedStatement, few_lengths, first_locked, load_free_locked, on};
use super::schema::{background_jobs, stored_files};
use super::{LockedRow, ReadConn, StoreError, Tx, config_cache};
use crate::domain::actor::Actor;
use crate::domain::background_job::{JobKind, JobState, JobTask};
use crate::domain::id::{JobId, ProgramId};
use crate::domain::time::Timestamp;

pub use super::unfinished_jobs::{active, unfinished};

/// Jobs of one state are counted up to here.
pub const COUNTED: i64 = 10_000;
/// Jobs that are deleted in one transaction.
const DELETED_AT_ONCE: i64 = 200;

/// A job.
#[derive(Clone, Debug, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = background_jobs)]
#[diesel(treat_none_as_null = true)]
pub struct BackgroundJob {
    /// Its identifier.
    pub id: JobId,
    /// What it does.
    pub kind: JobKind,
    /// The program that it is about.
    pub program_id: Option<ProgramId>,
    /// The task as JSON ([`JobTask`]).
    pub parameters: String,
    /// Who began it.
    pub began_by: String,
    /// When it was queued.
    pub created_at: Timestamp,
    /// How it stands.
    pub state: JobState,
    /// How much there is to do, once that was counted.
    pub total: Option<i64>,
    /// How much is done.
    pub done: i64,
    /// Where the next piece begins; absent before the first.
    pub cursor: Option<String>,
    /// Which instance is at it.
    pub holder: Option<String>,
    /// Until when no other instance takes it.
    pub lease_until: Option<Timestamp>,
    /// How often it failed since the last piece that was done.
    pub attempts: i32,
    /// It is not taken up before.
    pub not_before: Timestamp,
    /// Why the last attempt failed, or what ended the job.
    pub last_error: Option<String>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// The name of the file it leaves behind.
    pub result_name: Option<String>,
    /// The media type of that file.
    pub result_type: Option<String>,
    /// SHA-256 of that file, once the file is complete.
    pub result_sha256: Option<Vec<u8>>,
    /// Its size in bytes.
    pub result_size: Option<i64>,
    /// Until when it is kept; absent when there is none.
    pub result_until: Option<Timestamp>,
}

impl BackgroundJob {
    /// What it does, and with what.
    ///
    /// # Errors
    /// When a later version wrote it.
    pub fn task(&self) -> Result<JobTask, StoreError> {
        Ok(serde_json::from_str(&self.parameters)?)
    }

    /// True while the file that it left behind is kept.
    pub fn keeps_result(&self, now: Timestamp) -> bool {
        self.result_sha256.is_some() && self.result_until.is_some_and(|until| now < until)
    }
}

/// Queues a job. Its runner wakes after the commit.
///
/// # Errors
/// When the database fails.
pub fn queue(
    tx: &mut Tx<'_>,
    task: &JobTask,
    actor: &Actor,
    result: Option<(&str, &str)>,
    now: Timestamp,
) -> Result<JobId, StoreError> {
    let job = BackgroundJob {
        id: tx.new_id(now)?,
        kind: task.kind(),
        program_id: task.program(),
        parameters: serde_json::to_string(task)?,
        began_by: actor.to_string(),
        created_at: now,
        state: JobState::Queued,
        total: None,
        done: 0,
        cursor: None,
        holder: None,
        lease_until: None,
        attempts: 0,
        not_before: now,
        last_error: None,
        finished_at: None,
        result_name: result.map(|(name, _)| name.to_owned()),
        result_type: result.map(|(_, media_type)| media_type.to_owned()),
        result_sha256: None,
        result_size: None,
        result_until: None,
    };
    on!(tx, db => diesel::insert_into(background_jobs::table).values(&job).execute(db))?;
    tx.began_job();
    touch_config(tx, job.kind)?;
    Ok(job.id)
}

/// The configuration says which programs are being prepared.
fn touch_config(tx: &mut Tx<'_>, kind: JobKind) -> Result<(), StoreError> {
    if kind == JobKind::ProgramRows { config_cache::touch(tx) } else { Ok(()) }
}

/// A job.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, id: JobId) -> Result<Option<BackgroundJob>, StoreError> {
    on!(conn, db => {
        let query = background_jobs::table.find(id).select(BackgroundJob::as_select());
        Ok(query.first(db).optional()?)
    })
}

/// A job, which no other transaction changes before the commit.
///
/// # Errors
/// When the database fails.
pub fn get_locked(tx: &mut Tx<'_>, id: JobId) -> Result<Option<LockedRow<BackgroundJob>>, StoreError> {
    let row: Result<Option<BackgroundJob>, StoreError> =
        first_locked!(tx, background_jobs::table.find(id).select(BackgroundJob::as_select()));
    Ok(row?.map(LockedRow::new))
}

/// The same for a piece of it. A piece stands first and alone in its group: it may wait for what others hold, and nothing else waits
/// for its end.
///
/// # Errors
/// When the database fails.
pub fn lock_for_piece(tx: &mut Tx<'_>, id: JobId) -> Result<Option<LockedRow<BackgroundJob>>, StoreError> {
    engine::run_exclusively(tx)?;
    get_locked(tx, id)
}

/// The oldest job that may be taken up: one that waits for its turn, or one whose holder gave no sign of life.
///
/// # Errors
/// When the database fails.
pub fn next_free(conn: &mut ReadConn<'_>, now: Timestamp) -> Result<Option<BackgroundJob>, StoreError> {
    on!(conn, db => {
        use background_jobs as j;
        let queued = j::table.filter(j::state.eq(JobState::Queued)).filter(j::not_before.le(now));
        let query = queued.order(j::id).select(BackgroundJob::as_select());
        if let Some(job) = CachedQuery(query.limit(1)).load(db)?.into_iter().next() {
            return Ok(Some(job));
        }
        let running = j::table.filter(j::state.eq(JobState::Running));
        let left = running.filter(sql::<Bool>("coalesce(lease_until, 0) < ").bind::<BigInt, _>(now));
        let query = left.order(j::id).select(BackgroundJob::as_select());
        Ok(CachedQuery(query.limit(1)).load(db)?.into_iter().next())
    })
}

/// Writes how a job stands.
///
/// # Errors
/// When the database fails.
pub fn update(
    tx: &mut Tx<'_>,
    before: &LockedRow<BackgroundJob>,
    after: &BackgroundJob,
) -> Result<(), StoreError> {
    on!(tx, db => CachedStatement(diesel::update(background_jobs::table.find(before.id)).set(after)).run(db))?;
    if after.state == JobState::Queued {
        tx.began_job();
    }
    if before.state != after.state && after.state == JobState::Done {
        touch_config(tx, after.kind)?;
    }
    Ok(())
}

/// Ends all leases. Only for a server that has the database to itself.
///
/// # Errors
/// When the database fails.
pub fn end_leases(tx: &mut Tx<'_>) -> Result<(), StoreError> {
    on!(tx, db => {
        let running = background_jobs::table.filter(background_jobs::state.eq(JobState::Running));
        CachedStatement(diesel::update(running).set(background_jobs::lease_until.eq(None::<Timestamp>))).run(db)?;
        Ok(())
    })
}

/// Jobs before this one, or the last ones, newest first: of one state, or of all.
///
/// # Errors
/// When the database fails.
pub fn page(
    conn: &mut ReadConn<'_>,
    state: Option<JobState>,
    before: Option<JobId>,
    limit: i64,
) -> Result<Vec<BackgroundJob>, StoreError> {
    let before = before.unwrap_or(JobId::from(uuid::Uuid::max()));
    on!(conn, db => {
        use background_jobs as j;
        let query = j::table.filter(j::id.lt(before)).order(j::id.desc());
        let query = query.select(BackgroundJob::as_select()).limit(limit).into_boxed();
        match state {
            Some(state) => Ok(CachedQuery(query.filter(j::state.eq(state))).load(db)?),
            None => Ok(CachedQuery(query).load(db)?),
        }
    })
}

/// Deletes a job that left nothing behind.
///
/// # Errors
/// When the database fails.
pub fn delete(tx: &mut Tx<'_>, job: &LockedRow<BackgroundJob>) -> Result<(), StoreError> {
    on!(tx, db => Ok(CachedStatement(diesel::delete(background_jobs::table.find(job.id))).run(db)?))
}

/// Deletes some of the jobs that ended before a time: those that are done or optional, and have no file any more. One that
/// another transaction changes right now is left out. True when no more are left.
///
/// # Errors
/// When the database fails.
pub fn delete_ended(tx: &mut Tx<'_>, before: Timestamp) -> Result<bool, StoreError> {
    use background_jobs as j;
    use stored_files as f;
    let optional = JobKind::ALL.iter().copied().filter(|kind| kind.is_optional());
    let may_go = j::state.eq(JobState::Done).or(j::kind.eq_any(few_lengths(optional)));
    let query = j::table
        // Only the oldest part of the table is read.
        .filter(j::id.lt(JobId::first_at(before)))
        .filter(j::finished_at.lt(before))
        .filter(not(exists(f::table.filter(f::id.eq(j::id)))))
        .filter(may_go)
        .order(j::id)
        .select(j::id)
        .limit(DELETED_AT_ONCE);
    let ended: Vec<JobId> = load_free_locked!(tx, query)?;
    on!(tx, db => diesel::delete(j::table.filter(j::id.eq_any(&ended))).execute(db))?;
    Ok(i64::try_from(ended.len()).is_ok_and(|deleted| deleted < DELETED_AT_ONCE))
}

/// How many jobs are in each state, counted up to [`COUNTED`].
///
/// # Errors
/// When the database fails.
pub fn count_by_state(conn: &mut ReadConn<'_>) -> Result<Vec<(JobState, i64)>, StoreError> {
    let mut counts = Vec::new();
    for state in JobState::ALL {
        let found: Vec<JobId> = on!(conn, db => {
            use background_jobs as j;
            let query = j::table.filter(j::state.eq(*state)).select(j::id).limit(COUNTED);
            CachedQuery(query).load(db)?
        });
        counts.push((*state, i64::try_from(found.len()).unwrap_or(COUNTED)));
    }
    Ok(counts)
}
