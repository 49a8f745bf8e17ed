//! Shows the record of the same number under an older spelling: when it was joined, and its history. The pages of a
//! number use it; it writes nothing.

use std::sync::Arc;

use crate::domain::evidence::Evidence;
use crate::domain::ledger::StoredEvent;
use crate::domain::phone::Phone;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::numbers::Number;
use crate::store::{ReadConn, StoreError, events, numbers};
use crate::web::admin::names::DisplayNames;
use crate::web::session::Calendars;

use super::timeline::{HistoryContext, TimelineDay, history};

/// An older record, and what became of it.
pub(in crate::web::admin) struct OlderRecord {
    pub(in crate::web::admin) number: Number,
    /// When something of it was taken over into the record that goes on; none when nothing in it was stricter.
    pub(in crate::web::admin) joined_at: Option<Timestamp>,
    pub(in crate::web::admin) days: Vec<TimelineDay>,
}

/// The record under an older spelling of `phone`, if there is one. `stored` is the history that goes on.
pub(in crate::web::admin) fn older(
    conn: &mut ReadConn<'_>,
    phone: &Phone,
    stored: &[StoredEvent],
    program: &Program,
    all: &[Arc<Program>],
    names: &DisplayNames,
    calendars: Calendars,
) -> Result<Option<OlderRecord>, StoreError> {
    let Some(old) = phone.old_spelling() else { return Ok(None) };
    let Some(number) = numbers::find_spelled(conn, &old)? else { return Ok(None) };
    let is_taken_over = |row: &&StoredEvent| match serde_json::from_str(&row.facts) {
        Ok(Evidence::OtherSpelling(link)) => link.number == number.id,
        _ => false,
    };
    let joined_at = stored.iter().find(is_taken_over).map(|row| row.recorded_at);
    let left = events::of(conn, number.id)?;
    let texts = HistoryContext::read(conn, &left, Vec::new(), calendars)?;
    let mut days = history(left, &texts, Vec::new(), program, all, names);
    for entry in days.iter_mut().flat_map(|(_, entries)| entries) {
        entry.anchor = format!("older-{}", entry.anchor);
    }
    Ok(Some(OlderRecord { number, joined_at, days }))
}
