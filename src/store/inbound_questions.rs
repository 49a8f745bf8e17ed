//! Open and answered questions about leads' texts. An open one is a row with a due time, so that it outlives a crash; taking
//! it moves the due time on, so that one instance at a time asks. It must not know what an answer means.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::engine::{CachedQuery, few_lengths, on};
use super::schema::inbound_questions;
use super::{ReadConn, StoreError, Tx};
use crate::domain::id::{InboundId, NumberId};
use crate::domain::question::{QuestionAnswer, QuestionKind};
use crate::domain::time::Timestamp;

/// Written out for the partial index.
const OPEN: &str = "inbound_questions.answered_at IS NULL";
/// A number's newest questions that a page shows.
const SHOWN: i64 = 50;

/// A question about one text.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = inbound_questions)]
pub struct InboundQuestion {
    /// The text.
    pub inbound_id: InboundId,
    /// What is asked about it.
    pub kind: QuestionKind,
    /// Who sent the text.
    pub number_id: NumberId,
    /// Since when it is open.
    pub asked_at: Timestamp,
    /// When the carrier is asked next; none when another event answers it.
    pub due_at: Option<Timestamp>,
    /// How often the carrier was asked.
    pub attempts: i32,
    /// The lead is to get our confirmation if the text counts: the provider has not sent its own.
    pub confirm: bool,
    /// When it was answered.
    pub answered_at: Option<Timestamp>,
    /// How it ended.
    pub answer: Option<QuestionAnswer>,
    /// The event that kept the text when the question was opened: an opt-out after it wins.
    pub event_seq: Option<i32>,
}

impl InboundQuestion {
    /// A question that nothing was done about yet. It is due at once where the carrier is to be asked.
    pub fn new(
        inbound_id: InboundId,
        kind: QuestionKind,
        number_id: NumberId,
        event_seq: Option<i32>,
        confirm: bool,
        now: Timestamp,
    ) -> InboundQuestion {
        let due_at = (kind != QuestionKind::Yes).then_some(now);
        let (asked_at, attempts, answered_at, answer) = (now, 0, None, None);
        InboundQuestion {
            inbound_id,
            kind,
            number_id,
            asked_at,
            due_at,
            attempts,
            confirm,
            answered_at,
            answer,
            event_seq,
        }
    }
}

/// Keeps a question, and wakes the job that asks the carrier. Asking the same about the same text again changes nothing.
///
/// # Errors
/// When the database fails.
pub fn open(tx: &mut Tx<'_>, question: &InboundQuestion) -> Result<(), StoreError> {
    on!(tx, db => diesel::insert_into(inbound_questions::table)
        .values(question)
        .on_conflict_do_nothing()
        .execute(db))?;
    if question.due_at.is_some() {
        tx.opened_question();
    }
    Ok(())
}

/// A question.
///
/// # Errors
/// When the database fails.
pub fn get(
    conn: &mut ReadConn<'_>,
    inbound: InboundId,
    kind: QuestionKind,
) -> Result<Option<InboundQuestion>, StoreError> {
    on!(conn, db => {
        let query = inbound_questions::table.find((inbound, kind));
        Ok(query.select(InboundQuestion::as_select()).first(db).optional()?)
    })
}

/// Open questions whose time has come, the longest waiting first.
///
/// # Errors
/// When the database fails.
pub fn due(conn: &mut ReadConn<'_>, now: Timestamp, limit: i64) -> Result<Vec<InboundQuestion>, StoreError> {
    on!(conn, db => {
        let query = inbound_questions::table
            .filter(sql::<Bool>(OPEN))
            .filter(inbound_questions::due_at.le(now))
            .order(inbound_questions::due_at)
            .select(InboundQuestion::as_select());
        Ok(CachedQuery(query.limit(limit)).load(db)?)
    })
}

/// A number's open questions of one kind, the oldest first.
///
/// # Errors
/// When the database fails.
pub fn open_of(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    kind: QuestionKind,
) -> Result<Vec<InboundQuestion>, StoreError> {
    on!(conn, db => {
        let query = inbound_questions::table
            .filter(inbound_questions::number_id.eq(number))
            .filter(sql::<Bool>(OPEN))
            .filter(inbound_questions::kind.eq(kind))
            .order(inbound_questions::inbound_id)
            .select(InboundQuestion::as_select());
        Ok(CachedQuery(query).load(db)?)
    })
}

/// A number's newest questions, open and answered. Of two about one text the one that followed from the other comes first.
///
/// # Errors
/// When the database fails.
pub fn of_number(conn: &mut ReadConn<'_>, number: NumberId) -> Result<Vec<InboundQuestion>, StoreError> {
    on!(conn, db => {
        let query = inbound_questions::table
            .filter(inbound_questions::number_id.eq(number))
            .order(inbound_questions::inbound_id.desc())
            .select(InboundQuestion::as_select());
        let mut found: Vec<InboundQuestion> = query.limit(SHOWN).load(db)?;
        found.sort_by_key(|question| {
            std::cmp::Reverse((question.inbound_id, question.kind != QuestionKind::ConfirmText))
        });
        Ok(found)
    })
}

/// The questions about these texts. Of two about one text the one that followed from the other comes first.
///
/// # Errors
/// When the database fails.
pub fn of_texts(
    conn: &mut ReadConn<'_>,
    texts: impl IntoIterator<Item = InboundId>,
) -> Result<Vec<InboundQuestion>, StoreError> {
    let texts = few_lengths(texts);
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let mut found: Vec<InboundQuestion> = on!(conn, db => {
        let query = inbound_questions::table
            .filter(inbound_questions::inbound_id.eq_any(&texts))
            .select(InboundQuestion::as_select());
        CachedQuery(query).load(db)?
    });
    found.sort_by_key(|question| question.kind == QuestionKind::ConfirmText);
    Ok(found)
}

/// Takes a question that is due, as it was read, for one attempt: until `until` nobody else takes it. False when another
/// instance was faster or it was answered meanwhile.
///
/// # Errors
/// When the database fails.
pub fn take(tx: &mut Tx<'_>, question: &InboundQuestion, until: Timestamp) -> Result<bool, StoreError> {
    on!(tx, db => {
        use inbound_questions as t;
        let open = t::table
            .find((question.inbound_id, question.kind))
            .filter(t::answered_at.is_null())
            .filter(t::due_at.eq(question.due_at));
        let taken = (t::due_at.eq(Some(until)), t::attempts.eq(question.attempts + 1));
        Ok(diesel::update(open).set(taken).execute(db)? == 1)
    })
}

/// When the carrier is asked next.
///
/// # Errors
/// When the database fails.
pub fn set_due(tx: &mut Tx<'_>, question: &InboundQuestion, due_at: Timestamp) -> Result<(), StoreError> {
    on!(tx, db => {
        let row = inbound_questions::table.find((question.inbound_id, question.kind));
        diesel::update(row).set(inbound_questions::due_at.eq(Some(due_at))).execute(db)?;
        Ok(())
    })
}

/// Closes an open question.
///
/// # Errors
/// When the database fails.
pub fn close(
    tx: &mut Tx<'_>,
    question: &InboundQuestion,
    answer: QuestionAnswer,
    now: Timestamp,
) -> Result<(), StoreError> {
    on!(tx, db => {
        use inbound_questions as t;
        let row = t::table.find((question.inbound_id, question.kind)).filter(t::answered_at.is_null());
        diesel::update(row).set((t::answered_at.eq(Some(now)), t::answer.eq(Some(answer)))).execute(db)?;
        Ok(())
    })
}
