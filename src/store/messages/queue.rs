//! What the loops look for: messages that are due, behind another, unanswered, waiting or overdue. Each statement spells out
//! the condition of a partial index, so that its cost does not grow with the history or with the queue.
//! `tests/suite/plans.rs` holds the plans.

use std::collections::HashSet;

use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Binary, Bool};

use super::super::engine::{CachedQuery, few_lengths, load_free_locked, on};
use super::super::numbers::Number;
use super::super::schema::messages;
use super::super::{ReadConn, StoreError, Tx};
use super::Message;
use crate::domain::id::{MessageId, NumberId};
use crate::domain::message::{Lane, Status};
use crate::domain::time::Timestamp;

/// A condition on the status, written out: a partial index is of no use to a statement that leaves the word open.
pub(super) fn in_status(condition: &'static str) -> SqlLiteral<Bool> {
    sql::<Bool>(condition)
}

const QUEUED_REPLY: &str =
    "messages.status = 'queued' AND messages.lane <> 'gated' AND messages.lane <> 'invitation'";
const QUEUED_TEXT: &str =
    "messages.status = 'queued' AND (messages.lane = 'gated' OR messages.lane = 'invitation')";
const HELD: &str = "messages.status = 'held'";
const SENDING: &str = "messages.status = 'sending'";
pub(super) const SCHEDULED: &str = "messages.status = 'scheduled'";
pub(super) const WAITING: &str = "messages.status IN ('held', 'queued', 'scheduled')";
/// Counts end here.
const COUNTED: i64 = 10_000;

/// A part of the queue with an index of its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum QueuePart {
    /// Answers to what leads wrote.
    Replies,
    /// Everything else.
    Texts,
}

/// A place in a part of the queue: when the message became due, and its identifier.
pub type QueuePlace = (Timestamp, MessageId);

/// A queued message whose time has come.
#[derive(Clone, Copy, Debug)]
pub struct DueMessage {
    /// Its place in the queue.
    pub place: QueuePlace,
    /// The recipient.
    pub number: NumberId,
}

impl DueMessage {
    /// Which message.
    pub fn message(&self) -> MessageId {
        self.place.1
    }
}

/// Queued messages of a part of the queue whose time has come, the longest waiting first; those after a place, to walk on from
/// there. Only the index is read.
///
/// # Errors
/// When the database fails.
pub fn due(
    conn: &mut ReadConn<'_>,
    part: QueuePart,
    after: Option<QueuePlace>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<DueMessage>, StoreError> {
    let condition = match part {
        QueuePart::Replies => QUEUED_REPLY,
        QueuePart::Texts => QUEUED_TEXT,
    };
    let (due_at, id) =
        after.unwrap_or((Timestamp::from_micros(i64::MIN), MessageId::from(uuid::Uuid::nil())));
    on!(conn, db => {
        let query = messages::table
            .filter(in_status(condition))
            .filter(
                sql::<Bool>("(messages.due_at, messages.id) > (")
                    .bind::<BigInt, _>(due_at)
                    .sql(", ")
                    .bind::<Binary, _>(id)
                    .sql(")"),
            )
            .filter(messages::due_at.le(now))
            .filter(messages::number_id.is_not_null())
            .order((messages::due_at, messages::id))
            .select((messages::due_at, messages::id, messages::number_id.assume_not_null()))
            .limit(limit);
        let rows: Vec<(Timestamp, MessageId, NumberId)> = CachedQuery(query).load(db)?;
        Ok(rows.into_iter().map(|(due_at, id, number)| DueMessage { place: (due_at, id), number }).collect())
    })
}

/// How many messages are held, queued and with a provider; each counted up to 10,000.
///
/// # Errors
/// When the database fails.
pub fn count_waiting(conn: &mut ReadConn<'_>) -> Result<Vec<(Status, i64)>, StoreError> {
    let mut counts = Vec::new();
    for status in [Status::Held, Status::Queued, Status::Scheduled, Status::Sending] {
        // The expression of `messages_listed`, and nothing but that index is read.
        let condition = sql::<Bool>(&format!("messages.status || '' = '{status}'"));
        let query =
            messages::table.filter(condition).order(messages::id.desc()).select(messages::id).limit(COUNTED);
        let found: Vec<MessageId> = on!(conn, db => CachedQuery(query).load(db)?);
        counts.push((status, i64::try_from(found.len()).unwrap_or(COUNTED)));
    }
    Ok(counts)
}

/// Those of these intended messages that must wait: an earlier one to the same number is with a provider since `since`, or
/// waits for another attempt, and must not be overtaken.
///
/// # Errors
/// When the database fails.
pub fn behind_others<'a>(
    conn: &mut ReadConn<'_>,
    intended: impl IntoIterator<Item = &'a Message>,
    since: Timestamp,
) -> Result<HashSet<MessageId>, StoreError> {
    let asked: Vec<(NumberId, MessageId)> =
        intended.into_iter().filter_map(|message| Some((message.number_id?, message.id))).collect();
    if asked.is_empty() {
        return Ok(HashSet::new());
    }
    let numbers = few_lengths(asked.iter().map(|(number, _)| *number));
    on!(conn, db => {
        let begun = messages::table
            .filter(messages::number_id.eq_any(numbers))
            .filter(messages::lane.eq(Lane::Gated))
            .filter(messages::claimed_at.gt(since))
            .select((messages::number_id.assume_not_null(), messages::id, messages::status));
        // Status and identifier are compared here: the statement must find the hand-offs by number and time, and neither walk
        // all that is queued nor all of a number's messages.
        let begun: Vec<(NumberId, MessageId, Status)> = CachedQuery(begun).load(db)?;
        let is_behind = |(number, id): &(NumberId, MessageId)| {
            begun.iter().any(|(of, earlier, status)| {
                of == number && earlier < id && matches!(status, Status::Queued | Status::Sending)
            })
        };
        Ok(asked.into_iter().filter(is_behind).map(|(_, id)| id).collect())
    })
}

/// Scheduled messages whose time has come, the longest waiting first.
///
/// # Errors
/// When the database fails.
pub fn scheduled_until(
    conn: &mut ReadConn<'_>,
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
        Ok(CachedQuery(query).load(db)?)
    })
}

/// Messages in `Sending` that were claimed before `before` and are due to be asked about: their outcome is unknown. Who waited
/// longest comes first: what gets no answer is put off, and must not keep the others from being asked about.
///
/// # Errors
/// When the database fails.
pub fn unanswered(
    conn: &mut ReadConn<'_>,
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
        Ok(CachedQuery(query.limit(100)).load(db)?)
    })
}

/// Held messages whose hold time is over at `by`, the earliest first.
///
/// # Errors
/// When the database fails.
pub fn holds_ending(conn: &mut ReadConn<'_>, by: Timestamp, limit: i64) -> Result<Vec<Message>, StoreError> {
    on!(conn, db => {
        let query = messages::table
            .filter(in_status(HELD))
            .filter(messages::expires_at.le(by))
            .order(messages::expires_at)
            .select(Message::as_select());
        Ok(CachedQuery(query.limit(limit)).load(db)?)
    })
}

/// The same messages, which no other transaction changes before the commit; those that one changes right now are left out. An
/// expiry locks no numbers, so that it must not wait for a START or STOP, which wait for it.
///
/// # Errors
/// When the database fails.
pub fn lock_holds_ending(tx: &mut Tx<'_>, by: Timestamp, limit: i64) -> Result<Vec<Message>, StoreError> {
    Ok(load_free_locked!(
        tx,
        messages::table
            .filter(in_status(HELD))
            .filter(messages::expires_at.le(by))
            .order(messages::expires_at)
            .select(Message::as_select())
            .limit(limit)
    )?)
}

/// Messages to anybody that have not been handed over yet.
///
/// # Errors
/// When the database fails.
pub fn all_waiting(
    conn: &mut ReadConn<'_>,
    until: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let until = until.unwrap_or(MessageId::from(uuid::Uuid::max()));
    on!(conn, db => {
        let query = messages::table.filter(in_status(WAITING)).filter(messages::id.le(until));
        Ok(CachedQuery(query.select(Message::as_select()).limit(limit)).load(db)?)
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
