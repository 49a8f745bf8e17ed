//! Questions about messages that expired while they waited for START, of leads who have opted in since, and their answers.
//! Written by `actions::hold_questions` and `actions::expired_holds`; it does not know what may be sent.

use diesel::dsl::{exists, not, sql};
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::engine::{CachedQuery, on};
use super::messages::Message;
use super::schema::{messages, stale_messages};
use super::{ReadConn, StoreError, Tx};
use crate::domain::actor::Actor;
use crate::domain::id::{MessageId, NumberId, ProgramId};
use crate::domain::message::HoldDecision;
use crate::domain::time::Timestamp;

/// Of one number so many are asked about at once: nobody reads more.
const AT_ONCE: i64 = 100;
/// Written out for the partial indexes.
const RAN_OUT: &str = "messages.status = 'expired' AND messages.lane = 'gated'";
const OPEN: &str = "stale_messages.decision IS NULL";

/// A question about one message.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = stale_messages)]
pub struct HoldQuestion {
    /// The message that ran out.
    pub message_id: MessageId,
    /// To whom it was to go.
    pub number_id: NumberId,
    /// Since when a person is asked.
    pub asked_at: Timestamp,
    /// What became of it; none while nobody has decided.
    pub decision: Option<HoldDecision>,
    /// When.
    pub decided_at: Option<Timestamp>,
    /// By whom.
    pub decided_by: Option<String>,
    /// The message that went through the gate in its place.
    pub sent_as: Option<MessageId>,
}

/// A number's messages of the program that ran out after `since`, were never handed over, and that nobody was asked about:
/// the oldest first, of many only the newest.
///
/// # Errors
/// When the database fails.
pub fn ran_out(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    program: ProgramId,
    since: Timestamp,
) -> Result<Vec<Message>, StoreError> {
    let mut found: Vec<Message> = on!(conn, db => {
        let asked = stale_messages::table.filter(stale_messages::message_id.eq(messages::id));
        let query = messages::table
            .filter(sql::<Bool>(RAN_OUT))
            .filter(messages::number_id.eq(number))
            .filter(messages::program_id.eq(program))
            .filter(messages::expires_at.gt(since))
            .filter(messages::claimed_at.is_null())
            .filter(not(exists(asked)))
            .order(messages::id.desc())
            .select(Message::as_select())
            .limit(AT_ONCE);
        CachedQuery(query).load(db)?
    });
    found.reverse();
    Ok(found)
}

/// Asks a person about a message.
///
/// # Errors
/// When the database fails.
pub fn ask(
    tx: &mut Tx<'_>,
    message: MessageId,
    number: NumberId,
    asked_at: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, db => {
        use stale_messages as t;
        let row = (t::message_id.eq(message), t::number_id.eq(number), t::asked_at.eq(asked_at));
        diesel::insert_into(t::table).values(row).execute(db)?;
        Ok(())
    })
}

/// The question about a message, open or answered.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, message: MessageId) -> Result<Option<HoldQuestion>, StoreError> {
    on!(conn, db => Ok(stale_messages::table.find(message).select(HoldQuestion::as_select()).first(db).optional()?))
}

/// The question whose answer a message is.
///
/// # Errors
/// When the database fails.
pub fn answered_by(conn: &mut ReadConn<'_>, new: MessageId) -> Result<Option<HoldQuestion>, StoreError> {
    on!(conn, db => {
        let query = stale_messages::table.filter(stale_messages::sent_as.eq(new));
        Ok(query.select(HoldQuestion::as_select()).first(db).optional()?)
    })
}

/// Open questions with their messages, the longest waiting first.
///
/// # Errors
/// When the database fails.
pub fn open(conn: &mut ReadConn<'_>, limit: i64) -> Result<Vec<(HoldQuestion, Message)>, StoreError> {
    on!(conn, db => {
        let query = stale_messages::table
            .inner_join(messages::table.on(messages::id.eq(stale_messages::message_id)))
            .filter(sql::<Bool>(OPEN))
            .order((stale_messages::asked_at, stale_messages::message_id))
            .select((HoldQuestion::as_select(), Message::as_select()));
        Ok(CachedQuery(query.limit(limit)).load(db)?)
    })
}

/// The open questions about a number's messages after the message `after`, the oldest message first, at most so many.
///
/// # Errors
/// When the database fails.
pub fn open_of(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    after: Option<MessageId>,
    most: usize,
) -> Result<Vec<(HoldQuestion, Message)>, StoreError> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let after = after.unwrap_or(MessageId::from(uuid::Uuid::nil()));
    on!(conn, db => {
        let query = stale_messages::table
            .inner_join(messages::table.on(messages::id.eq(stale_messages::message_id)))
            .filter(sql::<Bool>(OPEN))
            .filter(stale_messages::number_id.eq(number))
            .filter(stale_messages::message_id.gt(after))
            .order(stale_messages::message_id)
            .select((HoldQuestion::as_select(), Message::as_select()));
        Ok(CachedQuery(query.limit(most)).load(db)?)
    })
}

/// Answers an open question. False when somebody was faster: then nothing has changed.
///
/// # Errors
/// When the database fails.
pub fn decide(
    tx: &mut Tx<'_>,
    message: MessageId,
    decision: HoldDecision,
    sent_as: Option<MessageId>,
    actor: &Actor,
    now: Timestamp,
) -> Result<bool, StoreError> {
    on!(tx, db => {
        use stale_messages as t;
        let open = t::table.filter(t::message_id.eq(message)).filter(t::decision.is_null());
        let answer = (
            t::decision.eq(Some(decision)),
            t::decided_at.eq(Some(now)),
            t::decided_by.eq(Some(actor.to_string())),
            t::sent_as.eq(sent_as),
        );
        Ok(diesel::update(open).set(answer).execute(db)? == 1)
    })
}
