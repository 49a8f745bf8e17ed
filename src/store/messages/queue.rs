//! What the loops look for: messages that are due, behind another, unanswered, waiting or overdue. Each statement spells its
//! status out, so that a partial index serves it however long the history is.

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::super::dialect::{Prepared, on};
use super::super::numbers::Number;
use super::super::schema::messages;
use super::super::{Conn, StoreError, Tx};
use super::Message;
use crate::domain::id::{MessageId, NumberId, ProgramId};
use crate::domain::message::{Lane, Status};
use crate::domain::time::Timestamp;

/// A condition on the status, written out: a partial index is of no use to a statement that leaves the word open.
pub(super) fn in_status(condition: &'static str) -> SqlLiteral<Bool> {
    sql::<Bool>(condition)
}

const QUEUED: &str = "messages.status = 'queued'";
const QUEUED_REPLY: &str =
    "messages.status = 'queued' AND messages.lane <> 'gated' AND messages.lane <> 'invitation'";
const HELD: &str = "messages.status = 'held'";
const SENDING: &str = "messages.status = 'sending'";
pub(super) const SCHEDULED: &str = "messages.status = 'scheduled'";
pub(super) const WAITING: &str = "messages.status IN ('held', 'queued', 'scheduled')";

/// A queued message whose time has come.
#[derive(Clone, Copy, Debug)]
pub struct Due {
    /// Which.
    pub message: MessageId,
    /// To whom.
    pub number: NumberId,
    /// An answer to what the lead wrote: it goes before everything else.
    pub is_reply: bool,
}

/// Queued messages whose time has come: answers first, then the longest waiting; none of the numbers in `except`.
///
/// # Errors
/// When the database fails.
pub fn due(
    conn: &mut Conn<'_>,
    now: Timestamp,
    except: &[NumberId],
    limit: i64,
) -> Result<Vec<Due>, StoreError> {
    on!(conn, db => {
        let mut found = Vec::new();
        for (is_reply, condition) in [(true, QUEUED_REPLY), (false, QUEUED)] {
            let mut query = messages::table
                .filter(in_status(condition))
                .filter(messages::due_at.le(now))
                .filter(messages::number_id.is_not_null())
                .order((messages::due_at, messages::id))
                .select((messages::id, messages::number_id.assume_not_null(), messages::lane))
                .limit(limit)
                .into_boxed();
            if !except.is_empty() {
                query = query.filter(messages::number_id.ne_all(except));
            }
            let rows: Vec<(MessageId, NumberId, Lane)> = query.load(db)?;
            let due = |(message, number, _)| Due { message, number, is_reply };
            found.extend(rows.into_iter().filter(|row| row.2.is_reply() == is_reply).map(due));
        }
        Ok(found)
    })
}

/// How many messages are held, queued and with a provider.
///
/// # Errors
/// When the database fails.
pub fn count_waiting(conn: &mut Conn<'_>) -> Result<Vec<(Status, i64)>, StoreError> {
    let mut counts = Vec::new();
    let counted = [
        (Status::Held, HELD),
        (Status::Queued, QUEUED),
        (Status::Scheduled, SCHEDULED),
        (Status::Sending, SENDING),
    ];
    for (status, condition) in counted {
        let n: i64 = on!(conn, db => messages::table.filter(in_status(condition)).count().get_result(db)?);
        counts.push((status, n));
    }
    Ok(counts)
}

/// True when an earlier intended message to the same number is with a provider since `since`, or waits for another
/// attempt: a later one must not overtake it.
///
/// # Errors
/// When the database fails.
pub fn is_behind_another(
    conn: &mut Conn<'_>,
    message: &Message,
    since: Timestamp,
) -> Result<bool, StoreError> {
    on!(conn, db => {
        let earlier = messages::table
            .filter(messages::number_id.eq(message.number_id))
            .filter(messages::id.lt(message.id))
            .filter(messages::lane.eq(Lane::Gated))
            .filter(messages::claimed_at.gt(since))
            .filter(in_status("messages.status IN ('queued', 'sending')"));
        let first = earlier.select(messages::id).limit(1);
        Ok(!Prepared(first).load::<MessageId>(db)?.is_empty())
    })
}

/// Scheduled messages whose time has come, the longest waiting first.
///
/// # Errors
/// When the database fails.
pub fn scheduled_until(
    conn: &mut Conn<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<MessageId>, StoreError> {
    on!(conn, db => {
        let query = messages::table
            .filter(in_status(SCHEDULED))
            .filter(messages::due_at.le(now))
            .order((messages::due_at, messages::id))
            .select(messages::id)
            .limit(limit);
        Ok(Prepared(query).load(db)?)
    })
}

/// Has the gate asked again, soon, about every message that waits for an allowed time: of a program, or of all.
///
/// # Errors
/// When the database fails.
pub fn look_again(tx: &mut Tx<'_>, program: Option<ProgramId>, now: Timestamp) -> Result<(), StoreError> {
    on!(tx, db => {
        let later = messages::table.filter(in_status(SCHEDULED)).filter(messages::due_at.gt(now));
        match program {
            Some(program) => diesel::update(later.filter(messages::program_id.eq(program)))
                .set(messages::due_at.eq(now))
                .execute(db)?,
            None => diesel::update(later).set(messages::due_at.eq(now)).execute(db)?,
        };
    });
    Ok(())
}

/// Messages in `Sending` that were claimed before `before` and are due to be asked about: their outcome is unknown. Who waited
/// longest comes first: what gets no answer is put off, and must not keep the others from being asked about.
///
/// # Errors
/// When the database fails.
pub fn unanswered(
    conn: &mut Conn<'_>,
    before: Timestamp,
    now: Timestamp,
) -> Result<Vec<Message>, StoreError> {
    on!(conn, db => {
        let query = messages::table
            .filter(in_status(SENDING))
            .filter(messages::claimed_at.lt(before))
            .filter(messages::due_at.le(now))
            .order((messages::due_at, messages::id))
            .select(Message::as_select());
        Ok(query.limit(100).load(db)?)
    })
}

/// Held messages whose hold time is over at `by`, the earliest first.
///
/// # Errors
/// When the database fails.
pub fn holds_ending(conn: &mut Conn<'_>, by: Timestamp, limit: i64) -> Result<Vec<Message>, StoreError> {
    on!(conn, db => {
        let query = messages::table
            .filter(in_status(HELD))
            .filter(messages::expires_at.le(by))
            .order(messages::expires_at)
            .select(Message::as_select());
        Ok(query.limit(limit).load(db)?)
    })
}

/// Messages to anybody that have not been handed over yet.
///
/// # Errors
/// When the database fails.
pub fn all_waiting(conn: &mut Conn<'_>, limit: i64) -> Result<Vec<Message>, StoreError> {
    on!(conn, db => {
        let query = messages::table.filter(in_status(WAITING)).select(Message::as_select());
        Ok(query.limit(limit).load(db)?)
    })
}

/// A number's messages that have not been handed over yet, of one program or of all, oldest first.
///
/// # Errors
/// When the database fails.
pub fn waiting(
    conn: &mut Conn<'_>,
    number: NumberId,
    program: Option<ProgramId>,
) -> Result<Vec<Message>, StoreError> {
    on!(conn, db => {
        let query = messages::table
            .filter(messages::number_id.eq(number))
            .filter(in_status(WAITING))
            .order(messages::id)
            .select(Message::as_select());
        let mut waiting: Vec<Message> = Prepared(query).load(db)?;
        waiting.retain(|message| program.is_none_or(|program| program == message.program_id));
        Ok(waiting)
    })
}

/// Lets a message that waits go on under another spelling of its number.
///
/// # Errors
/// When the database fails.
pub fn move_to_number(tx: &mut Tx<'_>, id: MessageId, number: &Number) -> Result<(), StoreError> {
    on!(tx, db => {
        let to = (
            messages::number_id.eq(Some(number.id)),
            messages::to_text.eq(number.phone.as_str()),
            messages::accepted_seq.eq(number.consent.seq),
        );
        diesel::update(messages::table.find(id)).set(to).execute(db)?;
        Ok(())
    })
}
