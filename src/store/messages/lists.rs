//! Lists of messages, and the neighbors of one message. Used by pages and look-ups; it writes nothing.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::super::engine::{CachedQuery, on};
use super::super::schema::messages;
use super::super::{ReadConn, StoreError};
use super::Message;
use crate::domain::id::{MessageId, NumberId};
use crate::domain::message::Status;
use crate::domain::time::Timestamp;

/// A number's messages before the message `before`, or its last ones: newest first.
///
/// # Errors
/// When the database fails.
pub fn of_number(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    on!(conn, db => {
        let query = messages::table
            .filter(messages::number_id.eq(number))
            .filter(messages::id.lt(before.unwrap_or(MessageId::from(uuid::Uuid::max()))))
            .order(messages::id.desc());
        Ok(query.select(Message::as_select()).limit(limit).load(db)?)
    })
}

/// Messages before `before`, newest first; in one status, and there of one cause, if asked. A cause without a status is ignored.
///
/// # Errors
/// When the database fails.
pub fn page(
    conn: &mut ReadConn<'_>,
    status: Option<Status>,
    code: Option<&str>,
    before: Option<MessageId>,
    limit: i64,
) -> Result<Vec<Message>, StoreError> {
    on!(conn, db => {
        let mut query =
            messages::table.order(messages::id.desc()).select(Message::as_select()).limit(limit).into_boxed();
        match (status, code) {
            // The index of causes; it has the bad endings alone.
            (Some(status), Some(code)) => {
                query = query
                    .filter(sql::<Bool>(&format!("messages.status = '{status}'")))
                    .filter(messages::error_code.eq(code.to_owned()));
            }
            // The expression of `messages_listed`.
            (Some(status), None) => {
                query = query.filter(sql::<Bool>(&format!("messages.status || '' = '{status}'")));
            }
            (None, _) => {}
        }
        if let Some(before) = before {
            query = query.filter(messages::id.lt(before));
        }
        Ok(CachedQuery(query).load(db)?)
    })
}

/// When another message with the same words was handed to the same number, if that was after this one and it is not known
/// either whether the provider took it.
///
/// # Errors
/// When the database fails.
pub fn twin_after(conn: &mut ReadConn<'_>, message: &Message) -> Result<Option<Timestamp>, StoreError> {
    on!(conn, db => {
        let twins = messages::table
            .filter(messages::number_id.eq(message.number_id))
            .filter(messages::id.ne(message.id))
            .filter(messages::body.eq(&message.body))
            .filter(sql::<Bool>("messages.status = 'sending'"))
            .filter(messages::claimed_at.gt(message.claimed_at));
        Ok(CachedQuery(twins.select(diesel::dsl::min(messages::claimed_at))).get_result(db)?)
    })
}

/// The provider's identifiers of a number's other messages, the newest of them.
///
/// # Errors
/// When the database fails.
pub fn provider_ids(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    except: MessageId,
) -> Result<Vec<String>, StoreError> {
    on!(conn, db => {
        let query = messages::table
            .filter(messages::number_id.eq(number))
            .filter(messages::id.ne(except))
            .filter(messages::provider_id.is_not_null())
            .order(messages::id.desc())
            .select(messages::provider_id.assume_not_null());
        Ok(query.limit(1000).load(db)?)
    })
}
