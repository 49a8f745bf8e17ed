//! Outbound texts and the steps of their lives.

use diesel::prelude::*;

use super::schema::{message_steps, messages};
use super::{Conn, StoreError, Tx};
use crate::domain::gate::SendPermit;
use crate::domain::id::{MessageId, NumberId, ProgramId};
use crate::domain::message::{Category, Lane, Status};
use crate::domain::time::Timestamp;

/// An outbound text.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = messages)]
pub struct Message {
    /// Its identifier.
    pub id: MessageId,
    /// The recipient's record; none when what was given is no phone number.
    pub number_id: Option<NumberId>,
    /// The program it belongs to.
    pub program_id: ProgramId,
    /// The recipient as given.
    pub to_text: String,
    /// The sender number, once chosen.
    pub sender: Option<String>,
    /// What it is for.
    pub category: Category,
    /// By which lane it leaves.
    pub lane: Lane,
    /// The text.
    pub body: String,
    /// Where it is in its life.
    pub status: Status,
    /// Who wanted it sent.
    pub actor: String,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When the worker may take it (or look after it) next.
    pub due_at: Timestamp,
    /// When it is too late to send it.
    pub expires_at: Option<Timestamp>,
    /// Hand-offs to the provider so far.
    pub attempts: i32,
    /// The event that permitted the last hand-off.
    pub permit_seq: Option<i32>,
    /// How long the number's history was when it was permitted.
    pub claimed_seq: Option<i32>,
    /// When the last hand-off was permitted.
    pub claimed_at: Option<Timestamp>,
    /// The provider's identifier.
    pub provider_id: Option<String>,
    /// The last error's code.
    pub error_code: Option<String>,
    /// The last error in words.
    pub error_text: Option<String>,
    /// The gate's verdict when it was accepted or refused, as JSON.
    pub verdict: Option<String>,
}

/// One step of a message's life.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = message_steps)]
pub struct Step {
    /// Whose step.
    pub message_id: MessageId,
    /// Its place, from 1.
    pub n: i32,
    /// The status it reached.
    pub status: Status,
    /// When.
    pub at: Timestamp,
    /// The provider's code, if any.
    pub code: Option<String>,
    /// In words.
    pub note: Option<String>,
}

/// What moves a message on.
#[derive(Debug, Default)]
pub struct Move<'a> {
    /// The provider's or our own code.
    pub code: Option<&'a str>,
    /// In words.
    pub note: Option<&'a str>,
}

/// Adds a message with its first step.
///
/// # Errors
/// When the database fails.
pub fn insert(tx: &mut Tx<'_>, message: &Message, note: Option<&str>) -> Result<(), StoreError> {
    diesel::insert_into(messages::table).values(message).execute(tx.db)?;
    let why = Move { code: message.error_code.as_deref(), note };
    step(tx, message.id, 1, message.status, message.created_at, &why)?;
    if message.status == Status::Queued {
        tx.made_due();
    }
    Ok(())
}

/// Moves a message to `status` and writes down the step.
///
/// # Errors
/// When the database fails.
pub fn advance(
    tx: &mut Tx<'_>,
    id: MessageId,
    status: Status,
    at: Timestamp,
    why: &Move<'_>,
) -> Result<(), StoreError> {
    let row = messages::table.find(id);
    diesel::update(row).set(messages::status.eq(status)).execute(tx.db)?;
    if let Some(code) = why.code {
        // A later failure without a code keeps the earlier code.
        diesel::update(row)
            .set((messages::error_code.eq(code), messages::error_text.eq(why.note)))
            .execute(tx.db)?;
    }
    let steps = message_steps::table.filter(message_steps::message_id.eq(id));
    let last: Option<i32> = steps.select(diesel::dsl::max(message_steps::n)).first(tx.db)?;
    step(tx, id, last.unwrap_or(0) + 1, status, at, why)?;
    if status == Status::Queued {
        tx.made_due();
    }
    Ok(())
}

fn step(
    tx: &mut Tx<'_>,
    message_id: MessageId,
    n: i32,
    status: Status,
    at: Timestamp,
    why: &Move<'_>,
) -> Result<(), StoreError> {
    let (code, note) = (why.code.map(str::to_owned), why.note.map(str::to_owned));
    diesel::insert_into(message_steps::table)
        .values(Step { message_id, n, status, at, code, note })
        .execute(tx.db)?;
    Ok(())
}

/// When the worker looks at a message next.
///
/// # Errors
/// When the database fails.
pub fn set_due(tx: &mut Tx<'_>, id: MessageId, due_at: Timestamp) -> Result<(), StoreError> {
    diesel::update(messages::table.find(id)).set(messages::due_at.eq(due_at)).execute(tx.db)?;
    Ok(())
}

/// Writes down a claim: who sends, permitted by which event, at which attempt.
///
/// # Errors
/// When the database fails.
pub fn set_claim(
    tx: &mut Tx<'_>,
    id: MessageId,
    sender: &str,
    permit: &SendPermit,
    now: Timestamp,
) -> Result<(), StoreError> {
    diesel::update(messages::table.find(id))
        .set((
            messages::sender.eq(sender),
            messages::permit_seq.eq(permit.seq()),
            messages::claimed_seq.eq(permit.history_seq()),
            messages::claimed_at.eq(now),
            messages::attempts.eq(messages::attempts + 1),
        ))
        .execute(tx.db)?;
    Ok(())
}

/// Writes down the provider's identifier.
///
/// # Errors
/// When the database fails.
pub fn set_provider_id(tx: &mut Tx<'_>, id: MessageId, provider_id: &str) -> Result<(), StoreError> {
    diesel::update(messages::table.find(id)).set(messages::provider_id.eq(provider_id)).execute(tx.db)?;
    Ok(())
}

/// A message.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut Conn<'_>, id: MessageId) -> Result<Option<Message>, StoreError> {
    Ok(messages::table.find(id).select(Message::as_select()).first(conn.db).optional()?)
}

/// A message by the provider's identifier.
///
/// # Errors
/// When the database fails.
pub fn by_provider_id(conn: &mut Conn<'_>, provider_id: &str) -> Result<Option<Message>, StoreError> {
    let query = messages::table.filter(messages::provider_id.eq(provider_id));
    Ok(query.select(Message::as_select()).first(conn.db).optional()?)
}

/// A message's steps, oldest first.
///
/// # Errors
/// When the database fails.
pub fn steps(conn: &mut Conn<'_>, id: MessageId) -> Result<Vec<Step>, StoreError> {
    let query = message_steps::table.filter(message_steps::message_id.eq(id)).order(message_steps::n);
    Ok(query.select(Step::as_select()).load(conn.db)?)
}

/// Queued messages whose time has come, with their numbers, the longest waiting first.
///
/// # Errors
/// When the database fails.
pub fn due(
    conn: &mut Conn<'_>,
    now: Timestamp,
    limit: i64,
) -> Result<Vec<(MessageId, Option<NumberId>)>, StoreError> {
    let query = messages::table
        .filter(messages::status.eq(Status::Queued))
        .filter(messages::due_at.le(now))
        .order((messages::due_at, messages::id))
        .select((messages::id, messages::number_id));
    Ok(query.limit(limit).load(conn.db)?)
}

/// Messages in `Sending` that were claimed before `before` and are due to be asked about: their outcome is unknown.
///
/// # Errors
/// When the database fails.
pub fn unanswered(
    conn: &mut Conn<'_>,
    before: Timestamp,
    now: Timestamp,
) -> Result<Vec<Message>, StoreError> {
    let query = messages::table
        .filter(messages::status.eq(Status::Sending))
        .filter(messages::claimed_at.lt(before))
        .filter(messages::due_at.le(now))
        .order(messages::id)
        .select(Message::as_select());
    Ok(query.limit(100).load(conn.db)?)
}

/// Held messages whose hold time is over.
///
/// # Errors
/// When the database fails.
pub fn overdue_holds(conn: &mut Conn<'_>, now: Timestamp) -> Result<Vec<MessageId>, StoreError> {
    let query = messages::table
        .filter(messages::status.eq(Status::Held))
        .filter(messages::expires_at.le(now))
        .select(messages::id);
    Ok(query.limit(1000).load(conn.db)?)
}

/// A number's messages of a program in one of these states, oldest first.
///
/// # Errors
/// When the database fails.
pub fn waiting(
    conn: &mut Conn<'_>,
    number: NumberId,
    program: Option<ProgramId>,
    lane: Lane,
    states: &[Status],
) -> Result<Vec<Message>, StoreError> {
    let mut query = messages::table
        .filter(messages::number_id.eq(number))
        .filter(messages::lane.eq(lane))
        .filter(messages::status.eq_any(states))
        .order(messages::id)
        .select(Message::as_select())
        .into_boxed();
    if let Some(program) = program {
        query = query.filter(messages::program_id.eq(program));
    }
    Ok(query.load(conn.db)?)
}

/// A number's latest messages, newest first.
///
/// # Errors
/// When the database fails.
pub fn of_number(conn: &mut Conn<'_>, number: NumberId, limit: i64) -> Result<Vec<Message>, StoreError> {
    let query = messages::table.filter(messages::number_id.eq(number)).order(messages::id.desc());
    Ok(query.select(Message::as_select()).limit(limit).load(conn.db)?)
}

/// Messages before `before`, newest first, in one status if asked.
///
/// # Errors
/// When the database fails.
pub fn page(
    conn: &mut Conn<'_>,
    status: Option<Status>,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let mut query =
        messages::table.order(messages::id.desc()).select(Message::as_select()).limit(limit).into_boxed();
    if let Some(status) = status {
        query = query.filter(messages::status.eq(status));
    }
    if let Some(before) = before {
        query = query.filter(messages::id.lt(before));
    }
    Ok(query.load(conn.db)?)
}

/// Messages that were handed to a provider, after `after`, for the walk of `verify`.
///
/// # Errors
/// When the database fails.
pub fn handed_over(
    conn: &mut Conn<'_>,
    after: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    let mut query = messages::table
        .filter(messages::claimed_at.is_not_null())
        .order(messages::id)
        .select(Message::as_select())
        .limit(limit)
        .into_boxed();
    if let Some(after) = after {
        query = query.filter(messages::id.gt(after));
    }
    Ok(query.load(conn.db)?)
}
