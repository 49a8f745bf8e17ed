//! Messages by their identifiers, and their steps. Used by the actions and by pages; it writes nothing.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{Message, MessageStep};
use crate::domain::id::MessageId;
use crate::store::engine::{CachedQuery, few_lengths, first_locked, on};
use crate::store::schema::{message_steps, messages};
use crate::store::{ReadConn, StoreError, Tx};

/// A message.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, id: MessageId) -> Result<Option<Message>, StoreError> {
    on!(conn, db => {
        Ok(messages::table.find(id).select(Message::as_select()).first(db).optional()?)
    })
}

/// A message, which nobody else moves before the commit. Where its number is locked too, that comes first.
///
/// # Errors
/// When the database fails.
pub fn get_locked(tx: &mut Tx<'_>, id: MessageId) -> Result<Option<Message>, StoreError> {
    first_locked!(tx, messages::table.find(id).select(Message::as_select()))
}

/// Several messages, by their identifiers.
///
/// # Errors
/// When the database fails.
pub fn get_all(
    conn: &mut ReadConn<'_>,
    ids: impl IntoIterator<Item = MessageId>,
) -> Result<HashMap<MessageId, Message>, StoreError> {
    let ids = few_lengths(ids);
    on!(conn, db => {
        let query = messages::table.filter(messages::id.eq_any(ids)).select(Message::as_select());
        let found: Vec<Message> = CachedQuery(query).load(db)?;
        Ok(found.into_iter().map(|message| (message.id, message)).collect())
    })
}

/// Which messages have these identifiers of the provider.
///
/// # Errors
/// When the database fails.
pub fn owners_of<'a>(
    conn: &mut ReadConn<'_>,
    provider_ids: impl IntoIterator<Item = &'a str>,
) -> Result<HashMap<String, MessageId>, StoreError> {
    let ids = few_lengths(provider_ids);
    on!(conn, db => {
        let query = messages::table
            .filter(messages::provider_id.eq_any(ids))
            .select((messages::provider_id.assume_not_null(), messages::id));
        let found: Vec<(String, MessageId)> = CachedQuery(query).load(db)?;
        Ok(found.into_iter().collect())
    })
}

/// A message by the provider's identifier.
///
/// # Errors
/// When the database fails.
pub fn by_provider_id(conn: &mut ReadConn<'_>, provider_id: &str) -> Result<Option<Message>, StoreError> {
    on!(conn, db => {
        let query = messages::table.filter(messages::provider_id.eq(provider_id));
        Ok(query.select(Message::as_select()).first(db).optional()?)
    })
}

/// A message's steps, oldest first.
///
/// # Errors
/// When the database fails.
pub fn steps(conn: &mut ReadConn<'_>, id: MessageId) -> Result<Vec<MessageStep>, StoreError> {
    on!(conn, db => {
        let query = message_steps::table.filter(message_steps::message_id.eq(id)).order(message_steps::n);
        Ok(query.select(MessageStep::as_select()).load(db)?)
    })
}
