//! What tells whether a live page has changed: the marks of everything that it shows, in one query. Live pages compare them
//! every two seconds, so nothing here reads more than the newest rows of one number. Writes nothing.

use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{BigInt, Binary, Integer, Nullable, Text};

use super::engine::{CachedQuery, on};
use super::{ReadConn, StoreError};
use crate::domain::id::{ContactId, MessageId, NumberId};

/// What the page of a number shows. The newest 50 texts and questions are those that it shows; older pages of a conversation
/// stay as they are.
macro_rules! of_record {
    ($changed_at:literal, $from:literal) => {
        concat!(
            "SELECT n.head_seq AS head, n.unreachable_code AS code, ", $changed_at, " AS changed_at, \
     (SELECT i.id FROM inbound_texts i WHERE i.number_id = n.id ORDER BY i.id DESC LIMIT 1) AS received, \
     (SELECT m.id FROM messages m WHERE m.number_id = n.id ORDER BY m.id DESC LIMIT 1) AS sent, \
     (SELECT CAST(SUM(t.steps) AS BIGINT) FROM (SELECT m.steps FROM messages m WHERE m.number_id = n.id \
      ORDER BY m.id DESC LIMIT 50) t) AS steps, \
     (SELECT COUNT(t.answered_at) FROM (SELECT q.answered_at FROM inbound_questions q WHERE q.number_id = n.id \
      ORDER BY q.inbound_id DESC LIMIT 50) t) AS answered, \
     (SELECT COUNT(*) FROM (SELECT s.message_id FROM stale_messages s WHERE s.number_id = n.id AND s.decision IS NULL \
      LIMIT 1000) t) AS open, \
     (SELECT o.id FROM number_notes o WHERE o.number_id = n.id ORDER BY o.id DESC LIMIT 1) AS noted, \
     (SELECT g.value FROM settings g WHERE g.key = 'sending') AS sending, \
     (SELECT MAX(r.version) FROM rulebooks r) AS rules, \
     (SELECT MAX(p.updated_at) FROM programs p) AS programs FROM ", $from)
    };
}

const CONTACT: &str =
    of_record!("c.updated_at", "contacts c JOIN numbers n ON n.id = c.number_id WHERE c.id = $1");
const NUMBER: &str = of_record!("CAST(n.contact_count AS BIGINT)", "numbers n WHERE n.id = $1");

const MESSAGE: &str = "SELECT m.steps AS head, m.error_code AS code, m.due_at AS changed_at, \
     m.number_id AS received, s.sent_as AS sent, CAST(m.attempts AS BIGINT) AS steps, \
     COALESCE(s.decided_at, 0) AS answered, COALESCE(s.asked_at, 0) AS open, m.id AS noted, \
     (SELECT g.value FROM settings g WHERE g.key = 'sending') AS sending, \
     (SELECT MAX(r.version) FROM rulebooks r) AS rules, \
     (SELECT MAX(p.updated_at) FROM programs p) AS programs \
     FROM messages m LEFT JOIN stale_messages s ON s.message_id = m.id WHERE m.id = $1";

const NEWEST: &str = "SELECT 0 AS head, (SELECT g.value FROM settings g WHERE g.key = 'sending') AS code, \
     (SELECT MAX(e.position) FROM consent_events e) AS changed_at, \
     (SELECT i.id FROM inbound_texts i ORDER BY i.id DESC LIMIT 1) AS received, \
     (SELECT m.id FROM messages m ORDER BY m.id DESC LIMIT 1) AS sent, \
     NULL AS steps, CAST(0 AS BIGINT) AS answered, CAST(0 AS BIGINT) AS open, NULL AS noted, NULL AS sending, \
     (SELECT MAX(r.version) FROM rulebooks r) AS rules, \
     (SELECT MAX(p.updated_at) FROM programs p) AS programs";

/// The marks of what a live page shows. Equal marks: nothing has changed.
#[derive(Clone, Debug, PartialEq, QueryableByName)]
pub struct LiveMarks {
    #[diesel(sql_type = Integer)]
    head: i32,
    #[diesel(sql_type = Nullable<Text>)]
    code: Option<String>,
    #[diesel(sql_type = Nullable<BigInt>)]
    changed_at: Option<i64>,
    #[diesel(sql_type = Nullable<Binary>)]
    received: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Binary>)]
    sent: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<BigInt>)]
    steps: Option<i64>,
    #[diesel(sql_type = BigInt)]
    answered: i64,
    #[diesel(sql_type = BigInt)]
    open: i64,
    #[diesel(sql_type = Nullable<Binary>)]
    noted: Option<Vec<u8>>,
    #[diesel(sql_type = Nullable<Text>)]
    sending: Option<String>,
    #[diesel(sql_type = Nullable<Integer>)]
    rules: Option<i32>,
    #[diesel(sql_type = Nullable<BigInt>)]
    programs: Option<i64>,
}

/// The marks of a contact's page: its history, its texts with their steps, and what the gate depends on.
///
/// # Errors
/// When the database fails.
pub fn of_contact(conn: &mut ReadConn<'_>, id: ContactId) -> Result<Option<LiveMarks>, StoreError> {
    on!(conn, db => Ok(CachedQuery(sql_query(CONTACT).bind::<Binary, _>(id)).get_result(db).optional()?))
}

/// The marks of a number's page: as a contact's, and how many contacts have it.
///
/// # Errors
/// When the database fails.
pub fn of_number(conn: &mut ReadConn<'_>, id: NumberId) -> Result<Option<LiveMarks>, StoreError> {
    on!(conn, db => Ok(CachedQuery(sql_query(NUMBER).bind::<Binary, _>(id)).get_result(db).optional()?))
}

/// The marks of a message's page.
///
/// # Errors
/// When the database fails.
pub fn of_message(conn: &mut ReadConn<'_>, id: MessageId) -> Result<Option<LiveMarks>, StoreError> {
    on!(conn, db => Ok(CachedQuery(sql_query(MESSAGE).bind::<Binary, _>(id)).get_result(db).optional()?))
}

/// The marks of all texts and of the whole history, for the simulated phones.
///
/// # Errors
/// When the database fails.
pub fn newest(conn: &mut ReadConn<'_>) -> Result<LiveMarks, StoreError> {
    on!(conn, db => Ok(CachedQuery(sql_query(NEWEST)).get_result(db)?))
}
