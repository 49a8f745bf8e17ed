//! Messages that wait for an allowed time. Used by the preview of changed rules; it writes nothing.

use diesel::prelude::*;

use super::super::engine::{CachedQuery, on};
use super::super::schema::{messages, numbers};
use super::super::{ReadConn, StoreError};
use super::queue::{SCHEDULED, in_status};
use crate::domain::id::{NumberId, ProgramId};
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;

/// A message that waits for an allowed time.
#[derive(Clone, Debug, Queryable)]
pub struct ScheduledMessage {
    /// To which number.
    pub number: NumberId,
    /// The number itself.
    pub phone: Phone,
    /// Of which program.
    pub program: ProgramId,
    /// When it is looked at again.
    pub due_at: Timestamp,
}

/// Messages that wait for an allowed time, at most `most`, in no order: with one SQLite would sort all of them.
///
/// # Errors
/// When the database fails.
pub fn waiting_for_a_time(conn: &mut ReadConn<'_>, most: usize) -> Result<Vec<ScheduledMessage>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    on!(conn, db => {
        let query = messages::table
            .inner_join(numbers::table.on(messages::number_id.eq(numbers::id.nullable())))
            .filter(in_status(SCHEDULED))
            .select((numbers::id, numbers::e164, messages::program_id, messages::due_at));
        Ok(CachedQuery(query.limit(most)).load(db)?)
    })
}
