//! A page of the list: its lines with all that they show. The pages of contacts and the JSON API use it; it writes nothing.

use std::collections::HashMap;

use diesel::prelude::*;

use super::super::engine::{CachedQuery, few_lengths, on};
use super::super::schema::{consents, contacts, numbers};
use super::super::{ReadConn, StoreError};
use super::number_states::{NumberStateRow, StateColumns, state_columns, states_of, told};
use super::place::{ContactFilter, FoundLine, LineSubject, ListPlace};
use super::{Contact, find};
use crate::domain::id::NumberId;
use crate::domain::time::Timestamp;

/// A line of the list.
#[derive(Clone, Debug)]
pub struct ContactRow {
    /// The contact; none in the line of a number that no contact has.
    pub contact: Option<Contact>,
    /// The number, with its state in the program asked about.
    pub number: NumberStateRow,
    /// Its place in the list.
    pub place: ListPlace,
}

impl ContactRow {
    /// When it came into the list.
    pub fn added_at(&self) -> Timestamp {
        self.contact.as_ref().map_or(self.number.created_at, |contact| contact.created_at)
    }
}

/// A page of the list.
#[derive(Clone, Debug)]
pub struct ListPage {
    /// Its lines, in list order.
    pub lines: Vec<ContactRow>,
    /// Where the list goes on, if it does. A page may be short, or empty, and the list go on all the same.
    pub goes_on: Option<ListPlace>,
}

/// One page of the list, in list order.
///
/// # Errors
/// When the database fails.
pub fn page(conn: &mut ReadConn<'_>, filter: &ContactFilter) -> Result<ListPage, StoreError> {
    let (found, goes_on) = find::lines(conn, filter)?;
    let (mut people, mut states) = people_of(conn, filter, &found)?;
    let line = |(place, of): FoundLine| {
        let (contact, number) = match of {
            LineSubject::Number(id) => (None, states.remove(&id)?),
            LineSubject::Contact(row) => {
                let contact = people.remove(&row)?;
                let number = states.get(&contact.number_id)?.clone();
                (Some(contact), number)
            }
        };
        Some(ContactRow { contact, number, place })
    };
    Ok(ListPage { lines: found.into_iter().filter_map(line).collect(), goes_on })
}

/// Contacts by their rows, and numbers with their states.
type PeopleAndNumbers = (HashMap<i64, Contact>, HashMap<NumberId, NumberStateRow>);

/// What the lines are about: contacts with their numbers in one query, and numbers that no contact has in another, where there
/// are any.
fn people_of(
    conn: &mut ReadConn<'_>,
    filter: &ContactFilter,
    lines: &[FoundLine],
) -> Result<PeopleAndNumbers, StoreError> {
    let (mut rows, mut alone) = (Vec::new(), Vec::new());
    lines.iter().for_each(|(_, of)| match of {
        LineSubject::Contact(row) => rows.push(*row),
        LineSubject::Number(id) => alone.push(*id),
    });
    let rows = few_lengths(rows);
    let found: Vec<(Contact, StateColumns)> = on!(conn, db => {
        let state_row = consents::table
            .on(consents::number_id.eq(contacts::number_id).and(consents::program_id.eq(filter.program)));
        let lines = contacts::table
            .inner_join(numbers::table)
            .left_join(state_row)
            .select((Contact::as_select(), state_columns!()))
            .filter(contacts::row_id.eq_any(&rows));
        CachedQuery(lines).load(db)?
    });
    let (people, states): (Vec<Contact>, Vec<StateColumns>) = found.into_iter().unzip();
    let mut states = told(conn, filter.program, states)?;
    if !alone.is_empty() {
        states.extend(states_of(conn, filter.program, alone)?);
    }
    Ok((people.into_iter().map(|contact| (contact.row_id, contact)).collect(), states))
}
