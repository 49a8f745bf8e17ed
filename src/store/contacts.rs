//! The address book. A contact points at a number; consent belongs to the number. Written by `actions::save_contact`, forms
//! and the seed.

mod alone;
mod by_time;
mod find;
mod list;
mod number_states;
mod place;

use std::collections::HashMap;
use std::ops::Deref;

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::Bool;

use super::engine::{CachedQuery, CachedStatement, few_lengths, first_locked, on};
use super::numbers::{Number, count_contact};
use super::schema::contacts;
use super::{LockedRow, ReadConn, StoreError, Tx, programs};
use crate::domain::id::{ContactId, NumberId};
use crate::domain::time::Timestamp;

pub use list::{ContactRow, ListPage, page};
pub use number_states::{NumberListPage, NumberStateRow, number_page};
pub use place::{ContactFilter, ListOrder, ListPlace, ListSubject, SinceRange};

/// A person in the address book.
#[derive(Clone, Debug, Queryable, Selectable)]
#[diesel(table_name = contacts)]
pub struct Contact {
    /// Place in the order of adding.
    pub row_id: i64,
    /// Its identifier.
    pub id: ContactId,
    /// The number it points at.
    pub number_id: NumberId,
    /// What was entered about it.
    #[diesel(embed)]
    pub details: ContactDetails,
    /// When it was added.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
}

impl Deref for Contact {
    type Target = ContactDetails;
    fn deref(&self) -> &ContactDetails {
        &self.details
    }
}

/// What a person enters about a contact: the columns that a form or the API writes.
#[derive(Clone, PartialEq, Debug, Default, Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = contacts)]
#[diesel(treat_none_as_null = true)]
#[diesel(treat_none_as_default_value = false)]
pub struct ContactDetails {
    /// The name; may be empty.
    pub name: String,
    /// E-mail address.
    pub email: Option<String>,
    /// The identifier in the customer's own system.
    pub external_id: Option<String>,
    /// ZIP code.
    pub zip: Option<String>,
    /// IANA time zone.
    pub time_zone: Option<String>,
    /// A person said that a time zone outside the number's country is right.
    pub time_zone_confirmed: bool,
}

/// Adds a contact to a number.
///
/// # Errors
/// When the database fails.
pub fn insert(
    tx: &mut Tx<'_>,
    number: &mut LockedRow<Number>,
    details: &ContactDetails,
    now: Timestamp,
) -> Result<ContactId, StoreError> {
    let id: ContactId = tx.new_id(now)?;
    on!(tx, db => diesel::insert_into(contacts::table)
        .values((
            contacts::id.eq(id),
            contacts::number_id.eq(number.id),
            details,
            contacts::name_key.eq(name_key(&details.name)),
            contacts::created_at.eq(now),
            contacts::updated_at.eq(now),
        ))
        .execute(db))?;
    let all = programs::ids(tx)?;
    count_contact(tx, number, &all, 1)?;
    Ok(id)
}

/// Writes a contact's details and number; the two numbers, where they differ, are those of [`super::numbers::lock_both`].
///
/// # Errors
/// When the database fails.
pub fn update(
    tx: &mut Tx<'_>,
    contact: &LockedRow<Contact>,
    (number, left): (&mut LockedRow<Number>, Option<&mut LockedRow<Number>>),
    details: &ContactDetails,
    now: Timestamp,
) -> Result<(), StoreError> {
    if contact.number_id != number.id {
        let all = programs::ids(tx)?;
        if let Some(left) = left {
            count_contact(tx, left, &all, -1)?;
        }
        count_contact(tx, number, &all, 1)?;
    }
    on!(tx, db => CachedStatement(diesel::update(contacts::table.find(contact.row_id))
        .set((
            contacts::number_id.eq(number.id),
            details,
            contacts::name_key.eq(name_key(&details.name)),
            contacts::updated_at.eq(now),
        )))
        .run(db))?;
    Ok(())
}

/// Points every contact of a number at another one.
///
/// # Errors
/// When the database fails.
pub fn move_all(
    tx: &mut Tx<'_>,
    from: &mut LockedRow<Number>,
    to: &mut LockedRow<Number>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let moved = on!(tx, db => diesel::update(contacts::table.filter(contacts::number_id.eq(from.id)))
        .set((contacts::number_id.eq(to.id), contacts::updated_at.eq(now)))
        .execute(db))?;
    let moved = i32::try_from(moved).unwrap_or(i32::MAX);
    let all = programs::ids(tx)?;
    count_contact(tx, from, &all, -moved)?;
    count_contact(tx, to, &all, moved)
}

/// A contact by identifier.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, id: ContactId) -> Result<Option<Contact>, StoreError> {
    on!(conn, db => {
        let query = contacts::table.filter(contacts::id.eq(id)).select(Contact::as_select());
        Ok(query.first(db).optional()?)
    })
}

/// A contact by identifier, which no other transaction changes before the commit.
///
/// # Errors
/// When the database fails.
pub fn get_locked(tx: &mut Tx<'_>, id: ContactId) -> Result<Option<LockedRow<Contact>>, StoreError> {
    let row: Result<Option<Contact>, StoreError> =
        first_locked!(tx, contacts::table.filter(contacts::id.eq(id)).select(Contact::as_select()));
    Ok(row?.map(LockedRow::new))
}

/// A contact by the customer's own identifier, which no other transaction changes before the commit.
///
/// # Errors
/// When the database fails.
pub fn external_locked(tx: &mut Tx<'_>, external_id: &str) -> Result<Option<LockedRow<Contact>>, StoreError> {
    let row: Result<Option<Contact>, StoreError> = first_locked!(
        tx,
        contacts::table.filter(contacts::external_id.eq(external_id)).select(Contact::as_select())
    );
    Ok(row?.map(LockedRow::new))
}

/// A contact by the customer's own identifier.
///
/// # Errors
/// When the database fails.
pub fn by_external_id(conn: &mut ReadConn<'_>, external_id: &str) -> Result<Option<Contact>, StoreError> {
    on!(conn, db => {
        let query = contacts::table.filter(contacts::external_id.eq(external_id));
        Ok(query.select(Contact::as_select()).first(db).optional()?)
    })
}

/// The contacts that share a number, oldest first.
///
/// # Errors
/// When the database fails.
pub fn of_number(conn: &mut ReadConn<'_>, number: NumberId) -> Result<Vec<Contact>, StoreError> {
    on!(conn, db => {
        let query = contacts::table.filter(contacts::number_id.eq(number)).order(contacts::row_id);
        Ok(query.select(Contact::as_select()).limit(50).load(db)?)
    })
}

/// Where a contact says that it is: time zone, whether a person confirmed a foreign one, and ZIP code.
pub type ContactLocation = (Option<String>, bool, Option<String>);

/// Where the contacts of a number say that they are. All of them: each must be awake. What several say is read once.
///
/// # Errors
/// When the database fails.
pub fn places_of(conn: &mut ReadConn<'_>, number: NumberId) -> Result<Vec<ContactLocation>, StoreError> {
    on!(conn, db => {
        let query = contacts::table.filter(contacts::number_id.eq(number));
        let places = query.select((contacts::time_zone, contacts::time_zone_confirmed, contacts::zip));
        Ok(places.distinct().load(db)?)
    })
}

/// Where the contacts on each of these numbers may be. Looked up in portions: there may be thousands.
///
/// # Errors
/// When the database fails.
pub fn places_on(
    conn: &mut ReadConn<'_>,
    numbers: &[NumberId],
) -> Result<HashMap<NumberId, Vec<ContactLocation>>, StoreError> {
    let mut found: HashMap<NumberId, Vec<ContactLocation>> = HashMap::new();
    for portion in numbers.chunks(500) {
        let rows: Vec<(NumberId, Option<String>, bool, Option<String>)> = on!(conn, db => {
            let query = contacts::table
                .filter(contacts::number_id.eq_any(few_lengths(portion.iter().copied())))
                .select((contacts::number_id, contacts::time_zone, contacts::time_zone_confirmed, contacts::zip))
                .distinct();
            CachedQuery(query).load(db)?
        });
        for (number, zone, confirmed, zip) in rows {
            found.entry(number).or_default().push((zone, confirmed, zip));
        }
    }
    Ok(found)
}

/// True for the contact that was put on its number first.
const FIRST_ON_NUMBER: &str = "NOT EXISTS (SELECT 1 FROM contacts AS earlier WHERE earlier.number_id = contacts.number_id \
    AND earlier.row_id < contacts.row_id)";

/// The contact on each of the numbers, with its name; the first one where there are several.
///
/// # Errors
/// When the database fails.
pub fn first_on(
    conn: &mut ReadConn<'_>,
    numbers: &[NumberId],
) -> Result<HashMap<NumberId, (ContactId, String)>, StoreError> {
    let numbers = few_lengths(numbers.iter().copied());
    let rows: Vec<(NumberId, ContactId, String)> = on!(conn, db => {
        let query = contacts::table
            .filter(contacts::number_id.eq_any(&numbers))
            .filter(sql::<Bool>(FIRST_ON_NUMBER))
            .select((contacts::number_id, contacts::id, contacts::name));
        CachedQuery(query).load(db)?
    });
    Ok(rows.into_iter().map(|(number, id, name)| (number, (id, name))).collect())
}

/// The key by which names are sorted.
pub fn name_key(name: &str) -> String {
    name.trim().to_lowercase()
}
