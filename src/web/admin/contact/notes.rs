//! Turns notes on a number or contact into timeline entries. The timeline uses it; it writes nothing.

use crate::domain::note::NoteKind;
use crate::store::number_notes::NumberNote;
use crate::store::{ReadConn, StoreError, numbers};
use crate::web::admin::names::DisplayNames;
use crate::web::routes;

use super::timeline::{TimelineEntry, fact, linked};

/// Notes as entries of a timeline.
pub(super) fn entries(
    conn: &mut ReadConn<'_>,
    notes: Vec<NumberNote>,
    names: &DisplayNames,
) -> Result<Vec<TimelineEntry>, StoreError> {
    notes.into_iter().map(|note| entry(conn, note, names)).collect()
}

fn entry(
    conn: &mut ReadConn<'_>,
    note: NumberNote,
    names: &DisplayNames,
) -> Result<TimelineEntry, StoreError> {
    let (label, icon, other) = match note.kind {
        NoteKind::NumberChanged => ("Phone number changed", "person", "History of the old number"),
        NoteKind::NumberLeft => ("A contact left this number", "person", "History of the new number"),
        NoteKind::MarkedReachable => ("Marked as reachable", "pass", ""),
    };
    let mut facts = vec![fact("In words", note.words.clone())];
    if let Some(number) = note.other_number_id.map(|id| numbers::get(conn, id)).transpose()?.flatten() {
        let phone = number.phone.as_str();
        let href = routes::troubleshoot_number(phone, "");
        facts.push(linked(other, phone, href));
    }
    if let (NoteKind::NumberLeft, Some(contact)) = (note.kind, note.contact_id) {
        facts.push(linked("Contact", "Open the contact", routes::contact(contact)));
    }
    Ok(TimelineEntry {
        icon,
        tone: "",
        label,
        anchor: format!("note-{}", note.id),
        about: note.words.strip_prefix("Phone number changed ").unwrap_or(&note.words).to_owned(),
        change: String::new(),
        source: if note.actor.starts_with("api-key:") { "API" } else { "manual update" }.to_owned(),
        actor: names.of(&note.actor),
        late: None,
        seq: 0,
        occurred_at: note.at,
        recorded_at: note.at,
        facts,
        hash: String::new(),
        prev_hash: String::new(),
    })
}
