//! Which background jobs are not done. Apart from the others' statements, because the cache of the configuration asks it and those
//! renew the cache. Used through [`super::background_jobs`]; it writes nothing.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::engine::{CachedQuery, on};
use super::schema::background_jobs;
use super::{ReadConn, StoreError};
use crate::domain::background_job::{JobKind, JobState};
use crate::domain::id::{JobId, ProgramId};

/// Written out for the partial index.
const UNFINISHED: &str = "background_jobs.state <> 'done'";

/// The jobs of a kind that are not done, whatever became of them.
///
/// # Errors
/// When the database fails.
pub fn unfinished(
    conn: &mut ReadConn<'_>,
    kind: JobKind,
) -> Result<Vec<(JobId, Option<ProgramId>)>, StoreError> {
    on!(conn, db => {
        use background_jobs as j;
        let query = j::table.filter(sql::<Bool>(UNFINISHED)).filter(j::kind.eq(kind)).order(j::id);
        Ok(CachedQuery(query.select((j::id, j::program_id))).load(db)?)
    })
}

/// The jobs of a kind about a program, or about all, that wait or run.
///
/// # Errors
/// When the database fails.
pub fn active(
    conn: &mut ReadConn<'_>,
    kind: JobKind,
    program: Option<ProgramId>,
) -> Result<Vec<JobId>, StoreError> {
    let states: Vec<JobState> = JobState::ALL.iter().copied().filter(|state| state.is_active()).collect();
    let found: Vec<(JobId, Option<ProgramId>)> = on!(conn, db => {
        use background_jobs as j;
        let query = j::table.filter(sql::<Bool>(UNFINISHED)).filter(j::kind.eq(kind)).filter(j::state.eq_any(&states));
        CachedQuery(query.order(j::id).select((j::id, j::program_id))).load(db)?
    });
    Ok(found.into_iter().filter(|(_, about)| *about == program).map(|(id, _)| id).collect())
}
