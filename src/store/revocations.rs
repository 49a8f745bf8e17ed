//! Opt-outs that people or API clients recorded, by whatever way they came, newest first. Used by the Revocations page; it
//! changes nothing.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::engine::{CachedQuery, on};
use super::schema::{consent_events, numbers};
use super::{ReadConn, StoreError, contacts};
use crate::domain::evidence::{Evidence, RevocationChannel};
use crate::domain::id::{ContactId, NumberId};
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;

/// One of them.
#[derive(Clone, Debug)]
pub struct RevocationRow {
    /// Its place among all events.
    pub position: i64,
    /// Whose.
    pub number_id: NumberId,
    /// The number itself.
    pub phone: Phone,
    /// The contact on the number, and the name; the first where there are several.
    pub contact: Option<(ContactId, String)>,
    /// By which way it came.
    pub channel: RevocationChannel,
    /// The person's words.
    pub reason: String,
    /// Who recorded it.
    pub actor: String,
    /// When it was received.
    pub received_at: Timestamp,
    /// When it was recorded: since then nothing is sent.
    pub recorded_at: Timestamp,
}

/// Those before the place, newest first.
///
/// # Errors
/// When the database fails.
pub fn page(
    conn: &mut ReadConn<'_>,
    before: Option<i64>,
    limit: i64,
) -> Result<Vec<RevocationRow>, StoreError> {
    type Row = (i64, NumberId, Phone, String, String, Timestamp, Timestamp);
    let rows: Vec<Row> = on!(conn, db => {
        let mut query = consent_events::table
            .inner_join(numbers::table.on(numbers::id.eq(consent_events::number_id)))
            // Written out: a partial index is of no use to a statement that leaves the words open.
            .filter(sql::<Bool>(
                "consent_events.source IN ('manual', 'api') AND consent_events.kind IN ('opted_out', 'opt_out_repeated')",
            ))
            .order(consent_events::position.desc())
            .select((
                consent_events::position,
                consent_events::number_id,
                numbers::e164,
                consent_events::facts,
                consent_events::actor,
                consent_events::occurred_at,
                consent_events::recorded_at,
            ))
            .limit(limit)
            .into_boxed();
        if let Some(before) = before {
            query = query.filter(consent_events::position.lt(before));
        }
        CachedQuery(query).load(db)?
    });
    let ids: Vec<NumberId> = rows.iter().map(|row| row.1).collect();
    let on_number = contacts::first_on(conn, &ids)?;
    let recorded = |(position, number_id, phone, facts, actor, received_at, recorded_at): Row| {
        let Ok(Evidence::Revocation { channel, reason }) = serde_json::from_str(&facts) else { return None };
        let contact = on_number.get(&number_id).cloned();
        Some(RevocationRow {
            position,
            number_id,
            phone,
            contact,
            channel,
            reason,
            actor,
            received_at,
            recorded_at,
        })
    };
    Ok(rows.into_iter().filter_map(recorded).collect())
}
