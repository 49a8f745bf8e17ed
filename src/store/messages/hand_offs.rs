//! The two writes that every delivered text has: it is being handed over, and the carrier took it. Those that come together
//! are written together, by one statement for the messages and one for their steps. The statements list their rows, and a list
//! has one of few lengths, so that each connection keeps the statements prepared.

use diesel::QueryResult;
use diesel::backend::Backend;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};

use super::super::engine::{CachedStatement, on};
use super::super::{StoreError, Tx};
use super::Message;
use crate::domain::gate::SendPermit;
use crate::domain::id::MessageId;
use crate::domain::message::Status;
use crate::domain::time::Timestamp;

/// Rows of one statement at most.
const LONGEST: usize = 32;

/// A message that the gate lets through, with the sender number and the permit of its hand-off.
#[derive(Clone, Copy, Debug)]
pub struct HandOff<'a> {
    /// The message, as it was just read.
    pub message: &'a Message,
    /// The sender number.
    pub sender: &'a str,
    /// The gate's permit.
    pub permit: &'a SendPermit,
}

/// Marks messages as being handed over from `now` on. The worker asks about them at `ask_at` if there is no answer.
///
/// # Errors
/// When the database fails; also when a message has moved since it was read.
pub fn mark_sending(
    tx: &mut Tx<'_>,
    hand_offs: &[HandOff<'_>],
    now: Timestamp,
    ask_at: Timestamp,
) -> Result<(), StoreError> {
    let rows = hand_offs.iter().map(|HandOff { message, sender, permit }| MovedMessage {
        id: message.id,
        steps: message.steps + 1,
        due_at: Some(ask_at),
        provider_id: None,
        sender: Some(sender),
        permit_seq: Some(permit.seq()),
        claimed_seq: Some(permit.history_seq()),
        claimed_at: Some(now),
        attempts: message.attempts + 1,
    });
    write(tx, Status::Sending, now, rows.collect())
}

/// Marks messages as taken by the carrier, each with the carrier's identifier.
///
/// # Errors
/// When the database fails; also when a message has moved since it was read.
pub fn mark_sent(tx: &mut Tx<'_>, taken: &[(&Message, &str)], now: Timestamp) -> Result<(), StoreError> {
    let rows = taken.iter().map(|(message, provider_id)| MovedMessage {
        id: message.id,
        steps: message.steps + 1,
        due_at: None,
        provider_id: Some(provider_id),
        sender: None,
        permit_seq: None,
        claimed_seq: None,
        claimed_at: None,
        attempts: message.attempts,
    });
    write(tx, Status::Sent, now, rows.collect())
}

/// What changes in a message. What is `None` stays as it was.
struct MovedMessage<'a> {
    id: MessageId,
    steps: i32,
    due_at: Option<Timestamp>,
    provider_id: Option<&'a str>,
    sender: Option<&'a str>,
    permit_seq: Option<i32>,
    claimed_seq: Option<i32>,
    claimed_at: Option<Timestamp>,
    attempts: i32,
}

fn write(
    tx: &mut Tx<'_>,
    status: Status,
    at: Timestamp,
    mut rows: Vec<MovedMessage<'_>>,
) -> Result<(), StoreError> {
    // In the order of the identifiers, so that two of these never wait for each other.
    rows.sort_by_key(|row| row.id);
    let mut rest: &[MovedMessage<'_>] = &rows;
    while !rest.is_empty() {
        // The largest power of two that fits.
        let (rows, after) = rest.split_at(1 << rest.len().min(LONGEST).ilog2());
        on!(tx, db => {
            CachedStatement(MoveAll { status, rows }).run(db)?;
            CachedStatement(AddSteps { status, at, rows }).run(db)?;
        });
        rest = after;
    }
    Ok(())
}

/// `UPDATE messages` for several rows.
struct MoveAll<'a> {
    status: Status,
    rows: &'a [MovedMessage<'a>],
}

/// `INSERT INTO message_steps` for several rows.
struct AddSteps<'a> {
    status: Status,
    at: Timestamp,
    rows: &'a [MovedMessage<'a>],
}

impl<Db> QueryFragment<Db> for MoveAll<'_>
where
    Db: Backend,
    MessageId: ToSql<Binary, Db>,
    Timestamp: ToSql<BigInt, Db>,
    Status: ToSql<Text, Db>,
    i32: ToSql<Integer, Db>,
    str: ToSql<Text, Db>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Db>) -> QueryResult<()> {
        out.push_sql(
            "WITH moved (id, steps, due_at, provider_id, sender, permit_seq, claimed_seq, claimed_at, attempts) AS (VALUES ",
        );
        for (n, row) in self.rows.iter().enumerate() {
            out.push_sql(if n == 0 { "(" } else { ", (" });
            out.push_bind_param::<Binary, _>(&row.id)?;
            out.push_sql(", ");
            out.push_bind_param::<Integer, _>(&row.steps)?;
            out.push_sql(", ");
            out.push_bind_param::<Nullable<BigInt>, _>(&row.due_at)?;
            out.push_sql(", ");
            out.push_bind_param::<Nullable<Text>, _>(&row.provider_id)?;
            out.push_sql(", ");
            out.push_bind_param::<Nullable<Text>, _>(&row.sender)?;
            out.push_sql(", ");
            out.push_bind_param::<Nullable<Integer>, _>(&row.permit_seq)?;
            out.push_sql(", ");
            out.push_bind_param::<Nullable<Integer>, _>(&row.claimed_seq)?;
            out.push_sql(", ");
            out.push_bind_param::<Nullable<BigInt>, _>(&row.claimed_at)?;
            out.push_sql(", ");
            out.push_bind_param::<Integer, _>(&row.attempts)?;
            out.push_sql(")");
        }
        out.push_sql(") UPDATE messages SET status = ");
        out.push_bind_param::<Text, _>(&self.status)?;
        out.push_sql(
            ", error_code = NULL, error_text = NULL, steps = moved.steps, attempts = moved.attempts, \
            due_at = coalesce(moved.due_at, messages.due_at), \
            provider_id = coalesce(moved.provider_id, messages.provider_id), \
            sender = coalesce(moved.sender, messages.sender), \
            permit_seq = coalesce(moved.permit_seq, messages.permit_seq), \
            claimed_seq = coalesce(moved.claimed_seq, messages.claimed_seq), \
            claimed_at = coalesce(moved.claimed_at, messages.claimed_at) \
            FROM moved WHERE messages.id = moved.id",
        );
        Ok(())
    }
}

impl<Db> QueryFragment<Db> for AddSteps<'_>
where
    Db: Backend,
    MessageId: ToSql<Binary, Db>,
    Timestamp: ToSql<BigInt, Db>,
    Status: ToSql<Text, Db>,
    i32: ToSql<Integer, Db>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Db>) -> QueryResult<()> {
        out.push_sql("INSERT INTO message_steps (message_id, n, status, at) VALUES ");
        for (n, row) in self.rows.iter().enumerate() {
            out.push_sql(if n == 0 { "(" } else { ", (" });
            out.push_bind_param::<Binary, _>(&row.id)?;
            out.push_sql(", ");
            out.push_bind_param::<Integer, _>(&row.steps)?;
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(&self.status)?;
            out.push_sql(", ");
            out.push_bind_param::<BigInt, _>(&self.at)?;
            out.push_sql(")");
        }
        Ok(())
    }
}
