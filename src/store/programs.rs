//! Programs and their sender numbers. Read from the cache that `config_cache` keeps, written by the actions that edit a
//! program.

use std::sync::Arc;

use diesel::prelude::*;

use super::engine::on;
use super::program_rows::ProgramRow;
use super::schema::{programs, senders};
use super::{LockedRow, ReadConn, StoreError, Tx, config_cache, program_replies};
use crate::domain::id::{ProgramId, SenderId};
use crate::domain::program::Program;
use crate::domain::time::Timestamp;

/// All programs, the default one first, as the cache holds them.
///
/// # Errors
/// When the database fails.
pub fn all(conn: &mut ReadConn<'_>) -> Result<Arc<Vec<Arc<Program>>>, StoreError> {
    Ok(Arc::clone(&config_cache::read(conn)?.programs))
}

/// The identifiers of all programs.
///
/// # Errors
/// When the database fails.
pub fn ids(conn: &mut ReadConn<'_>) -> Result<Vec<ProgramId>, StoreError> {
    Ok(config_cache::read(conn)?.programs.iter().map(|program| program.id).collect())
}

/// The program with this slug; without one, the default program.
///
/// # Errors
/// When the database fails.
pub fn find(conn: &mut ReadConn<'_>, slug: Option<&str>) -> Result<Option<Arc<Program>>, StoreError> {
    let meant = |program: &&Arc<Program>| slug.map_or(program.is_default, |slug| program.slug == slug);
    Ok(config_cache::read(conn)?.programs.iter().find(meant).cloned())
}

/// The codes of all programs: the words that may follow STOP.
///
/// # Errors
/// When the database fails.
pub fn codes(conn: &mut ReadConn<'_>) -> Result<Vec<String>, StoreError> {
    Ok(config_cache::read(conn)?.programs.iter().filter_map(|program| program.code.clone()).collect())
}

/// The program with this code.
///
/// # Errors
/// When the database fails.
pub fn of_code(conn: &mut ReadConn<'_>, code: &str) -> Result<Option<Arc<Program>>, StoreError> {
    let has = |program: &&Arc<Program>| program.code.as_deref() == Some(code);
    Ok(config_cache::read(conn)?.programs.iter().find(has).cloned())
}

/// A program by identifier.
///
/// # Errors
/// When the database fails.
pub fn get(conn: &mut ReadConn<'_>, id: ProgramId) -> Result<Option<Arc<Program>>, StoreError> {
    Ok(config_cache::read(conn)?.programs.iter().find(|program| program.id == id).cloned())
}

/// The slug of a program, as the API names it.
///
/// # Errors
/// When the database fails.
pub fn slug(conn: &mut ReadConn<'_>, id: ProgramId) -> Result<Option<String>, StoreError> {
    let cache = config_cache::read(conn)?;
    Ok(cache.programs.iter().find(|program| program.id == id).map(|program| program.slug.clone()))
}

/// All programs, which no other transaction changes, nor adds one, before the commit.
///
/// # Errors
/// When the database fails.
pub fn all_locked(tx: &mut Tx<'_>) -> Result<LockedRow<Vec<Arc<Program>>>, StoreError> {
    config_cache::lock(tx)?;
    Ok(LockedRow::new(all(tx)?.to_vec()))
}

/// As [`find`]; no other transaction changes a program before the commit.
///
/// # Errors
/// When the database fails.
pub fn find_locked(tx: &mut Tx<'_>, slug: Option<&str>) -> Result<Option<LockedRow<Program>>, StoreError> {
    config_cache::lock(tx)?;
    Ok(find(tx, slug)?.map(Arc::unwrap_or_clone).map(LockedRow::new))
}

/// As [`get`]; no other transaction changes a program before the commit.
///
/// # Errors
/// When the database fails.
pub fn get_locked(tx: &mut Tx<'_>, id: ProgramId) -> Result<Option<LockedRow<Program>>, StoreError> {
    config_cache::lock(tx)?;
    Ok(get(tx, id)?.map(Arc::unwrap_or_clone).map(LockedRow::new))
}

/// Adds a program with its replies in all languages to those that are there.
///
/// # Errors
/// When the database fails, or the slug is taken.
pub fn insert(
    tx: &mut Tx<'_>,
    _others: &LockedRow<Vec<Arc<Program>>>,
    program: Program,
) -> Result<LockedRow<Program>, StoreError> {
    let added = LockedRow::new(program.clone());
    on!(tx, db => {
        diesel::insert_into(programs::table).values(ProgramRow::from(program)).execute(db)?;
    });
    for (language, replies) in &added.replies {
        program_replies::set(tx, &added, *language, Some(replies))?;
    }
    config_cache::touch(tx)?;
    Ok(added)
}

/// Writes a program's wording; its replies in other languages are [`program_replies`]'s.
///
/// # Errors
/// When the database fails.
pub fn update(tx: &mut Tx<'_>, before: &LockedRow<Program>, after: Program) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::update(programs::table.find(before.id)).set(ProgramRow::from(after)).execute(db)?;
    });
    config_cache::touch(tx)
}

/// The sender number of a program: the one that was configured last.
///
/// # Errors
/// When the database fails.
pub fn sender(conn: &mut ReadConn<'_>, program: ProgramId) -> Result<Option<String>, StoreError> {
    let catalog = config_cache::read(conn)?;
    Ok(catalog.senders.iter().find(|(of, _)| *of == program).map(|(_, e164)| e164.clone()))
}

/// The sender numbers of all programs.
///
/// # Errors
/// When the database fails.
pub fn senders(conn: &mut ReadConn<'_>) -> Result<Vec<String>, StoreError> {
    on!(conn, db => Ok(senders::table.order(senders::id).select(senders::e164).load(db)?))
}

/// The program that texts from this number.
///
/// # Errors
/// When the database fails.
pub fn of_sender(conn: &mut ReadConn<'_>, e164: &str) -> Result<Option<ProgramId>, StoreError> {
    Ok(config_cache::read(conn)?
        .senders
        .iter()
        .find(|(_, number)| number == e164)
        .map(|(program, _)| *program))
}

/// Makes a number the one that a program texts from. Its earlier ones stay its own, for the replies that come to them. False
/// when it is another program's: then it stays there, and nothing has changed.
///
/// # Errors
/// When the database fails.
pub fn text_from(
    tx: &mut Tx<'_>,
    program: &LockedRow<Program>,
    e164: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    if sender(tx, program.id)?.as_deref() == Some(e164) {
        return Ok(true);
    }
    match of_sender(tx, e164)? {
        Some(owner) if owner != program.id => return Ok(false),
        Some(_) => {
            let row = senders::table.filter(senders::e164.eq(e164));
            on!(tx, db => diesel::update(row).set(senders::created_at.eq(now)).execute(db))?;
        }
        None => {
            let id: SenderId = tx.new_id(now)?;
            on!(tx, db => diesel::insert_into(senders::table)
                .values((
                    senders::id.eq(id),
                    senders::program_id.eq(program.id),
                    senders::e164.eq(e164),
                    senders::created_at.eq(now),
                ))
                .execute(db))?;
        }
    }
    config_cache::touch(tx)?;
    Ok(true)
}
