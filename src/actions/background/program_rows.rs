//! A new program's rows: one for each number with a history. The lists count a number without one as not asked, and the gate does
//! not look at these rows at all. Used by the runner of background jobs; it writes consents and figures.

use crate::domain::id::{NumberId, ProgramId};
use crate::store::{ReadConn, StoreError, Tx, backfill};

use super::JobPiece;
use crate::actions::ActionError;

pub(super) fn count(conn: &mut ReadConn<'_>) -> Result<i64, StoreError> {
    backfill::count_numbers(conn)
}

pub(super) fn piece(
    tx: &mut Tx<'_>,
    program: ProgramId,
    cursor: Option<&str>,
    limit: i64,
) -> Result<JobPiece, ActionError> {
    let after: Option<NumberId> = cursor.and_then(|cursor| cursor.parse().ok());
    let (last, seen) = backfill::add_program_rows(tx, program, after, limit)?;
    Ok(JobPiece::up_to(seen, limit, last))
}
