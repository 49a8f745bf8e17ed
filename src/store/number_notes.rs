//! Notes of what people did to a number or a contact. Rows are only added: by `actions::save_contact` and
//! `actions::mark_reachable`. The contact page shows them.

use diesel::prelude::*;

use super::engine::on;
use super::schema::number_notes;
use super::{ReadConn, StoreError, Tx};
use crate::domain::id::{ContactId, NoteId, NumberId};
use crate::domain::note::NoteKind;
use crate::domain::time::Timestamp;

/// A note.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = number_notes)]
#[diesel(treat_none_as_default_value = false)]
pub struct NumberNote {
    /// Its identifier.
    pub id: NoteId,
    /// The number it is about.
    pub number_id: NumberId,
    /// The contact whose number was changed.
    pub contact_id: Option<ContactId>,
    /// What was done.
    pub kind: NoteKind,
    /// The number that the contact came from or went to.
    pub other_number_id: Option<NumberId>,
    /// The reason, or the two numbers.
    pub words: String,
    /// Who did it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

/// Adds a note.
///
/// # Errors
/// When the database fails.
pub fn add(tx: &mut Tx<'_>, note: &NumberNote) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(number_notes::table).values(note).execute(db)?;
        Ok(())
    })
}

/// The notes about a number, and about a contact on whatever number it had, before the note `before` or the last ones: newest
/// first.
///
/// # Errors
/// When the database fails.
pub fn latest(
    conn: &mut ReadConn<'_>,
    number: NumberId,
    contact: Option<ContactId>,
    before: Option<NoteId>,
    limit: i64,
) -> Result<Vec<NumberNote>, StoreError> {
    let before = before.unwrap_or(NoteId::from(uuid::Uuid::max()));
    on!(conn, db => {
        let newest = number_notes::table
            .filter(number_notes::id.lt(before))
            .order(number_notes::id.desc())
            .select(NumberNote::as_select())
            .limit(limit);
        let mut notes: Vec<NumberNote> = newest.filter(number_notes::number_id.eq(number)).load(db)?;
        if let Some(contact) = contact {
            let moves = number_notes::contact_id.eq(contact).and(number_notes::number_id.ne(number));
            let changed = moves.and(number_notes::kind.eq(NoteKind::NumberChanged));
            notes.extend(newest.filter(changed).load::<NumberNote>(db)?);
        }
        notes.sort_by_key(|note| std::cmp::Reverse(note.id));
        notes.truncate(usize::try_from(limit).unwrap_or_default());
        Ok(notes)
    })
}
