//! Programs and their sender numbers.

use diesel::prelude::*;

use super::dialect::on;
use super::schema::{programs, senders};
use super::{Conn, StoreError, Tx};
use crate::domain::id::{ProgramId, SenderId};
use crate::domain::program::Program;
use crate::domain::time::Timestamp;

#[derive(Queryable, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = programs)]
#[diesel(treat_none_as_null = true)]
struct Row {
    id: ProgramId,
    slug: String,
    name: String,
    brand: String,
    is_default: bool,
    opt_in_template: String,
    opt_in_reply: String,
    opt_out_reply: String,
    help_reply: String,
    frequency: String,
    contact_route: String,
    hold_days: i32,
    created_at: Timestamp,
    updated_at: Timestamp,
    privacy_url: Option<String>,
    terms_url: Option<String>,
}

macro_rules! same_fields {
    ($from:expr => $to:ident) => {{
        let from = $from;
        $to {
            id: from.id,
            slug: from.slug,
            name: from.name,
            brand: from.brand,
            is_default: from.is_default,
            opt_in_template: from.opt_in_template,
            opt_in_reply: from.opt_in_reply,
            opt_out_reply: from.opt_out_reply,
            help_reply: from.help_reply,
            frequency: from.frequency,
            contact_route: from.contact_route,
            hold_days: from.hold_days,
            created_at: from.created_at,
            updated_at: from.updated_at,
            privacy_url: from.privacy_url,
            terms_url: from.terms_url,
        }
    }};
}

/// All programs, the default one first.
///
/// # Errors
/// When the database fails.
pub fn all(conn: &mut Conn<'_>) -> Result<Vec<Program>, StoreError> {
    on!(conn, db => {
        let order = (programs::is_default.desc(), programs::name);
        let rows = programs::table.order(order).select(Row::as_select()).load(db)?;
        Ok(rows.into_iter().map(|row| same_fields!(row => Program)).collect())
    })
}

/// The identifiers of all programs.
///
/// # Errors
/// When the database fails.
pub fn ids(conn: &mut Conn<'_>) -> Result<Vec<ProgramId>, StoreError> {
    on!(conn, db => {
        Ok(programs::table.select(programs::id).load(db)?)
    })
}

/// The program with this slug; without one, the default program.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut Conn<'_>, slug: Option<&str>) -> Result<Option<Program>, StoreError> {
    on!(conn, db => {
        let mut query = programs::table.select(Row::as_select()).into_boxed();
        query = match slug {
            Some(slug) => query.filter(programs::slug.eq(slug.to_owned())),
            None => query.filter(programs::is_default.eq(true)),
        };
        Ok(query.first(db).optional()?.map(|row| same_fields!(row => Program)))
    })
}

/// A program by identifier.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut Conn<'_>, id: ProgramId) -> Result<Option<Program>, StoreError> {
    on!(conn, db => {
        let row = programs::table.find(id).select(Row::as_select()).first(db).optional()?;
        Ok(row.map(|row| same_fields!(row => Program)))
    })
}

/// Adds a program.
///
/// # Errors
/// When the database fails, or the slug is taken.
pub fn insert(tx: &mut Tx<'_>, program: Program) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(programs::table).values(same_fields!(program => Row)).execute(db)?;
        Ok(())
    })
}

/// Writes a program's wording.
///
/// # Errors
/// When the database fails.
pub fn update(tx: &mut Tx<'_>, program: Program) -> Result<(), StoreError> {
    on!(tx, db => {
        let row = same_fields!(program => Row);
        diesel::update(programs::table.find(row.id)).set(row).execute(db)?;
        Ok(())
    })
}

/// The sender number of a program: the first one that was added.
///
/// # Errors
/// When the database fails.
pub fn sender(conn: &mut Conn<'_>, program: ProgramId) -> Result<Option<String>, StoreError> {
    on!(conn, db => {
        let query = senders::table.filter(senders::program_id.eq(program)).order(senders::id);
        Ok(query.select(senders::e164).first(db).optional()?)
    })
}

/// The sender numbers of all programs.
///
/// # Errors
/// When the database fails.
pub fn senders(conn: &mut Conn<'_>) -> Result<Vec<String>, StoreError> {
    on!(conn, db => Ok(senders::table.order(senders::id).select(senders::e164).load(db)?))
}

/// The program that texts from this number.
///
/// # Errors
/// When the database fails.
pub fn of_sender(conn: &mut Conn<'_>, e164: &str) -> Result<Option<ProgramId>, StoreError> {
    on!(conn, db => {
        let query = senders::table.filter(senders::e164.eq(e164)).select(senders::program_id);
        Ok(query.first(db).optional()?)
    })
}

/// Gives a program a sender number, unless it belongs to one already.
///
/// # Errors
/// When the database fails.
pub fn add_sender(tx: &mut Tx<'_>, program: ProgramId, e164: &str, now: Timestamp) -> Result<(), StoreError> {
    if of_sender(tx, e164)?.is_some() {
        return Ok(());
    }
    let id: SenderId = tx.new_id(now)?;
    on!(tx, db => diesel::insert_into(senders::table)
        .values((
            senders::id.eq(id),
            senders::program_id.eq(program),
            senders::e164.eq(e164),
            senders::created_at.eq(now),
        ))
        .execute(db))?;
    Ok(())
}
