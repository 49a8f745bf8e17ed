//! The files that background jobs leave behind: written chunk by chunk in the pieces' transactions, read the same way, and
//! deleted after their date. Written by `actions::background`.

use diesel::dsl::max;
use diesel::prelude::*;

use super::background_jobs::BackgroundJob;
use super::engine::{CachedQuery, on};
use super::schema::{background_job_chunks, background_jobs};
use super::{LockedRow, ReadConn, StoreError, Tx};
use crate::domain::id::JobId;
use crate::domain::time::Timestamp;

/// No chunk is longer.
pub const CHUNK: usize = 256 * 1024;
/// Chunks that are deleted in one transaction.
const DELETED_AT_ONCE: i64 = 16;

/// Adds bytes to the end of a job's result, in the transaction of the piece that made them.
///
/// # Errors
/// When the database fails.
pub fn append(tx: &mut Tx<'_>, job: &LockedRow<BackgroundJob>, bytes: &[u8]) -> Result<(), StoreError> {
    on!(tx, db => {
        use background_job_chunks as c;
        let last: Option<i64> = c::table.filter(c::job_id.eq(job.id)).select(max(c::n)).first(db)?;
        let next = last.map_or(0, |last| last + 1);
        for (n, content) in (next..).zip(bytes.chunks(CHUNK)) {
            let row = (c::job_id.eq(job.id), c::n.eq(n), c::content.eq(content));
            diesel::insert_into(c::table).values(row).execute(db)?;
        }
        Ok(())
    })
}

/// A chunk of a job's result; none behind the last.
///
/// # Errors
/// When the database fails.
pub fn chunk(conn: &mut ReadConn<'_>, job: JobId, n: i64) -> Result<Option<Vec<u8>>, StoreError> {
    on!(conn, db => {
        let query = background_job_chunks::table.find((job, n)).select(background_job_chunks::content);
        Ok(query.first(db).optional()?)
    })
}

/// Deletes some of what is kept no longer.
///
/// # Errors
/// When the database fails.
pub fn delete_expired(tx: &mut Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, db => {
        use background_job_chunks as c;
        use background_jobs as j;
        let over = j::table.filter(j::result_until.lt(now)).select(j::id).limit(1);
        let Some(job) = CachedQuery(over).load::<JobId>(db)?.into_iter().next() else { return Ok(()) };
        let some: Vec<i64> =
            c::table.filter(c::job_id.eq(job)).order(c::n.desc()).select(c::n).limit(DELETED_AT_ONCE).load(db)?;
        if some.is_empty() {
            let row = j::table.find(job);
            diesel::update(row).set(j::result_until.eq(None::<Timestamp>)).execute(db)?;
            return Ok(());
        }
        let chunks = c::table.filter(c::job_id.eq(job)).filter(c::n.eq_any(&some));
        diesel::delete(chunks).execute(db)?;
        Ok(())
    })
}
