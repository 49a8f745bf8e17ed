//! Messages that have not been handed over yet: those of a number, in portions, and those that wait for an allowed time. Used by
//! what follows from an event, by pages and by the preview of changed rules; it writes nothing.

use diesel::prelude::*;

use super::super::engine::{CachedQuery, on};
use super::super::schema::{messages, numbers};
use super::super::{ReadConn, StoreError};
use super::Message;
use super::queue::{SCHEDULED, WAITING, in_status};
use crate::domain::id::{MessageId, NumberId, ProgramId};
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

/// Messages that are in memory at once.
const PORTION: i64 = 200;

/// A number's messages that have not been handed over yet, of one program or of all, oldest first. They are read in portions:
/// a number may have thousands, and each must be found. What is done with one may move it on.
#[derive(Debug)]
pub struct WaitingMessages {
    number: NumberId,
    program: Option<ProgramId>,
    /// The last one that was read.
    after: MessageId,
    is_over: bool,
}

impl WaitingMessages {
    /// From the oldest one on.
    pub fn of(number: NumberId, program: Option<ProgramId>) -> Self {
        WaitingMessages { number, program, after: MessageId::from(uuid::Uuid::nil()), is_over: false }
    }

    /// The next ones; `None` at the end.
    ///
    /// # Errors
    /// When the database fails.
    pub fn next_portion(&mut self, conn: &mut ReadConn<'_>) -> Result<Option<Vec<Message>>, StoreError> {
        if self.is_over {
            return Ok(None);
        }
        let mut portion: Vec<Message> = on!(conn, db => {
            let query = messages::table
                .filter(messages::number_id.eq(self.number))
                .filter(in_status(WAITING))
                .filter(messages::id.gt(self.after))
                .order(messages::id)
                .select(Message::as_select());
            CachedQuery(query.limit(PORTION)).load(db)
        })?;
        self.is_over = i64::try_from(portion.len()).is_ok_and(|read| read < PORTION);
        self.after = portion.last().map_or(self.after, |last| last.id);
        portion.retain(|message| self.program.is_none_or(|program| program == message.program_id));
        Ok(Some(portion))
    }
}
