//! Texts that leads sent. The pair (provider, provider's id) is unique for ever: the same text counts once. Written by
//! `actions::receive_text`.

use std::collections::HashMap;

use chrono::Duration;
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::engine::{CachedQuery, few_lengths, on};
use super::schema::{consents, inbound_texts};
use super::{ReadConn, StoreError, Tx};
use crate::domain::consent::StateName;
use crate::domain::evidence::HandsetText;
use crate::domain::id::{InboundId, NumberId, ProgramId};
use crate::domain::reply::UNCLEAR;
use crate::domain::time::Timestamp;

/// A text from a lead.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = inbound_texts)]
#[diesel(treat_none_as_default_value = false)]
pub struct InboundRow {
    /// Its identifier.
    pub id: InboundId,
    /// Who brought it.
    pub provider: String,
    /// The provider's identifier.
    pub provider_id: String,
    /// The sender's record; none when what was given is no phone number.
    pub number_id: Option<NumberId>,
    /// The program it was sent to.
    pub program_id: Option<ProgramId>,
    /// The sender as given.
    pub from_text: String,
    /// Our number as given.
    pub to_text: String,
    /// The text.
    pub body: String,
    /// What it was read as.
    pub class: String,
    /// The words that decided it.
    pub matched: Option<String>,
    /// When the handset sent it, where known.
    pub sent_at: Option<Timestamp>,
    /// When it reached us.
    pub received_at: Timestamp,
}

impl InboundRow {
    /// The text as the evidence of an event.
    pub fn evidence(&self) -> HandsetText {
        HandsetText {
            inbound: self.id,
            provider: self.provider.clone(),
            provider_message_id: self.provider_id.clone(),
            body: self.body.clone(),
            to: self.to_text.clone(),
            matched: self.matched.clone().unwrap_or_default(),
            sent_at: self.sent_at,
            asked_sent_at: None,
        }
    }
}

/// The record of a text that was seen before: its reading and whose it is.
///
/// # Errors
/// When the database fails.
pub fn seen(
    conn: &mut ReadConn<'_>,
    provider: &str,
    provider_id: &str,
) -> Result<Option<InboundRow>, StoreError> {
    on!(conn, db => {
        let query = inbound_texts::table
            .filter(inbound_texts::provider.eq(provider))
            .filter(inbound_texts::provider_id.eq(provider_id));
        Ok(query.select(InboundRow::as_select()).first(db).optional()?)
    })
}

/// A text.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, id: InboundId) -> Result<Option<InboundRow>, StoreError> {
    on!(conn, db => {
        Ok(inbound_texts::table.find(id).select(InboundRow::as_select()).first(db).optional()?)
    })
}

/// How texts were read when they arrived.
///
/// # Errors
/// When the database fails.
pub fn classes(conn: &mut ReadConn<'_>, ids: &[InboundId]) -> Result<HashMap<InboundId, String>, StoreError> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows: Vec<(InboundId, String)> = on!(conn, db => {
        let query = inbound_texts::table
            .filter(inbound_texts::id.eq_any(few_lengths(ids.iter().copied())))
            .select((inbound_texts::id, inbound_texts::class));
        CachedQuery(query).load(db)?
    });
    Ok(rows.into_iter().collect())
}

/// Those of the texts that were read as `class`, and by which word.
///
/// # Errors
/// When the database fails.
pub fn words_of_class(
    conn: &mut ReadConn<'_>,
    ids: &[InboundId],
    class: &str,
) -> Result<HashMap<InboundId, String>, StoreError> {
    let rows: Vec<(InboundId, Option<String>)> = on!(conn, db => {
        let query = inbound_texts::table
            .filter(inbound_texts::id.eq_any(few_lengths(ids.iter().copied())))
            .filter(inbound_texts::class.eq(class))
            .select((inbound_texts::id, inbound_texts::matched));
        CachedQuery(query).load(db)?
    });
    Ok(rows.into_iter().map(|(id, word)| (id, word.unwrap_or_default())).collect())
}

/// True when a provider ever brought a text.
///
/// # Errors
/// When the database fails.
pub fn any_by(conn: &mut ReadConn<'_>, provider: &str) -> Result<bool, StoreError> {
    let found: Option<InboundId> = on!(conn, db => inbound_texts::table
        .filter(inbound_texts::provider.eq(provider))
        // The order of the index, so that no statistics lead to a walk through all texts.
        .order(inbound_texts::provider_id)
        .select(inbound_texts::id)
        .first(db)
        .optional()?);
    Ok(found.is_some())
}

/// True when any text of a lead is kept.
///
/// # Errors
/// When the database fails.
pub fn any(conn: &mut ReadConn<'_>) -> Result<bool, StoreError> {
    let found: Option<InboundId> =
        on!(conn, db => inbound_texts::table.select(inbound_texts::id).first(db).optional()?);
    Ok(found.is_some())
}

/// Keeps a text.
///
/// # Errors
/// When the database fails.
pub fn insert(tx: &mut Tx<'_>, text: &InboundRow) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(inbound_texts::table).values(text).execute(db)?;
        Ok(())
    })
}

/// A number's texts before the text `before`, or its last ones: newest first.
///
/// # Errors
/// When the database fails.
pub fn of_number(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    before: Option<InboundId>,
    limit: i64,
) -> Result<Vec<InboundRow>, StoreError> {
    on!(conn, db => {
        let query = inbound_texts::table
            .filter(inbound_texts::number_id.eq(number))
            .filter(inbound_texts::id.lt(before.unwrap_or(InboundId::from(uuid::Uuid::max()))))
            .order(inbound_texts::id.desc());
        Ok(query.select(InboundRow::as_select()).limit(limit).load(db)?)
    })
}

/// A text received at a moment has no smaller identifier than those minted this much earlier: the clocks of two instances may
/// differ by less.
const CLOCKS_DIFFER: Duration = Duration::hours(1);
/// Counts end here.
pub const COUNTED: i64 = 10_000;

/// How many texts a number has sent since about then, counted up to 10,000: counted rather than dated, because the clocks of
/// two instances may differ.
///
/// # Errors
/// When the database fails.
pub fn count_since(conn: &mut ReadConn<'_>, number: NumberId, since: Timestamp) -> Result<i64, StoreError> {
    let found: Vec<InboundId> = on!(conn, db => inbound_texts::table
        .filter(inbound_texts::number_id.eq(number))
        .filter(inbound_texts::id.ge(first_since(since)))
        .order(inbound_texts::id)
        .select(inbound_texts::id)
        .limit(COUNTED)
        .load(db)?);
    Ok(i64::try_from(found.len()).unwrap_or(COUNTED))
}

/// No text that was received at `since` or later has a smaller identifier.
pub(super) fn first_since(since: Timestamp) -> InboundId {
    InboundId::first_at(since.plus(-CLOCKS_DIFFER))
}

/// A number's unclear replies received at `since` or later, the oldest first; no more than anybody reads.
///
/// # Errors
/// When the database fails.
pub fn unclear_since(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    since: Timestamp,
) -> Result<Vec<InboundRow>, StoreError> {
    on!(conn, db => {
        let query = inbound_texts::table
            .filter(inbound_texts::number_id.eq(number))
            .filter(inbound_texts::id.ge(first_since(since)))
            .filter(inbound_texts::class.eq(UNCLEAR))
            .filter(inbound_texts::received_at.ge(since))
            .order(inbound_texts::id);
        Ok(query.select(InboundRow::as_select()).limit(20).load(db)?)
    })
}

/// How many of the newest replies are looked at for [`to_read`]: the walk stays short however large the table is.
const LOOKED_AT: i64 = 500;

/// Replies that are no keyword, from numbers that are opted in or invited in `program`, received at `since` or later;
/// newest first.
///
/// # Errors
/// When the database fails.
pub fn to_read(
    conn: &mut ReadConn<'_>,
    program: ProgramId,
    since: Timestamp,
    limit: usize,
) -> Result<Vec<InboundRow>, StoreError> {
    on!(conn, db => {
        let state = consents::table.on(consents::number_id
            .nullable()
            .eq(inbound_texts::number_id)
            .and(consents::program_id.eq(program)));
        let query = inbound_texts::table
            .left_join(state)
            // Written out: a partial index is of no use to a statement that leaves the word open.
            .filter(sql::<Bool>("inbound_texts.class = 'other'"))
            .order(inbound_texts::id.desc())
            .select((InboundRow::as_select(), consents::state.nullable()))
            .limit(LOOKED_AT);
        let newest: Vec<(InboundRow, Option<StateName>)> = CachedQuery(query).load(db)?;
        let awaits = |state: &Option<StateName>| matches!(state, Some(StateName::OptedIn | StateName::Invited));
        let recent = newest.into_iter().take_while(|(text, _)| text.received_at >= since);
        Ok(recent.filter(|(_, state)| awaits(state)).map(|(text, _)| text).take(limit).collect())
    })
}
