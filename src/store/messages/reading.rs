//! One message and its steps.

use diesel::prelude::*;

use super::{Message, MessageStep};
use crate::domain::id::MessageId;
use crate::store::engine::on;
use crate::store::schema::{message_steps, messages};
use crate::store::{ReadConn, StoreError};

/// A message.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, id: MessageId) -> Result<Option<Message>, StoreError> {
    on!(conn, db => {
        Ok(messages::table.find(id).select(Message::as_select()).first(db).optional()?)
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
