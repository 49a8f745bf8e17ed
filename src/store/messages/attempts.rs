//! Hand-offs of a message that did not arrive and were followed by another one. Each has the provider's own identifier, so
//! that a late receipt finds the attempt that it is about.

use diesel::prelude::*;

use super::super::engine::{self, on};
use super::super::schema::{message_attempts, messages};
use super::super::{ReadConn, StoreError, Tx};
use super::Message;
use crate::domain::id::{MessageId, NumberId};
use crate::domain::time::Timestamp;

/// An attempt that failed and was followed by another one.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = message_attempts)]
pub struct FailedAttempt {
    /// The provider's identifier of it.
    pub provider_id: String,
    /// The message.
    pub message_id: MessageId,
    /// When it was handed over.
    pub handed_at: Timestamp,
    /// When the provider said that it failed.
    pub failed_at: Timestamp,
    /// The provider's code.
    pub code: String,
}

/// Keeps the attempt under way as a failed one; the message has no provider's identifier until the next one.
///
/// # Errors
/// When the database fails.
pub fn keep_failed(
    tx: &mut Tx<'_>,
    message: &Message,
    provider_id: &str,
    code: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let attempt = FailedAttempt {
        provider_id: provider_id.to_owned(),
        message_id: message.id,
        handed_at: message.claimed_at.unwrap_or(now),
        failed_at: now,
        code: code.to_owned(),
    };
    on!(tx, db => diesel::insert_into(message_attempts::table).values(&attempt).on_conflict_do_nothing().execute(db))?;
    on!(tx, db => {
        let none = messages::provider_id.eq(None::<String>);
        Ok(engine::CachedStatement(diesel::update(messages::table.find(message.id)).set(none)).run(db)?)
    })
}

/// A message's failed attempts, oldest first.
///
/// # Errors
/// When the database fails.
pub fn failed_attempts(conn: &mut ReadConn<'_>, id: MessageId) -> Result<Vec<FailedAttempt>, StoreError> {
    on!(conn, db => {
        let query = message_attempts::table
            .filter(message_attempts::message_id.eq(id))
            .order(message_attempts::handed_at);
        Ok(query.select(FailedAttempt::as_select()).load(db)?)
    })
}

/// The failed attempt of this provider's identifier.
///
/// # Errors
/// When the database fails.
pub fn failed_attempt(
    conn: &mut ReadConn<'_>,
    provider_id: &str,
) -> Result<Option<FailedAttempt>, StoreError> {
    on!(conn, db => {
        let query = message_attempts::table.find(provider_id).select(FailedAttempt::as_select());
        Ok(query.first(db).optional()?)
    })
}

/// The provider's identifiers of failed attempts at a number, the newest of them.
///
/// # Errors
/// When the database fails.
pub fn failed_ids(conn: &mut ReadConn<'_>, number: NumberId) -> Result<Vec<String>, StoreError> {
    on!(conn, db => {
        let query = message_attempts::table
            .inner_join(messages::table.on(messages::id.eq(message_attempts::message_id)))
            .filter(messages::number_id.eq(number))
            .order(message_attempts::handed_at.desc())
            .select(message_attempts::provider_id);
        Ok(query.limit(1000).load(db)?)
    })
}
