//! The dated rules: as this version brings them, or as an administrator last published them. Published ones are only ever
//! added, so that it can be told which rules held when.

use std::sync::Arc;

use diesel::prelude::*;

use super::dialect::on;
use super::schema::rulebooks;
use super::{Conn, StoreError, Tx, catalog};
use crate::domain::rules::{HourRule, Rulebook};
use crate::domain::time::Timestamp;

/// A published edition.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = rulebooks)]
pub struct Edition {
    /// Its number, from 1.
    pub version: i32,
    /// The rules, one in a line; the switch of revoke-all in the last one.
    pub lines: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: String,
    /// Why.
    pub reason: String,
}

impl Edition {
    /// The rules in it. A line that cannot be read is left out; what is missing of the federal rules is built in.
    pub fn rulebook(&self) -> Rulebook {
        let rows: Vec<HourRule> = self.lines.lines().filter_map(|line| line.parse().ok()).collect();
        let switch = self.lines.lines().find_map(|line| line.strip_prefix(SWITCH)?.parse().ok());
        Rulebook::new(rows, switch.unwrap_or_else(|| Rulebook::builtin().revoke_all_switch().clone()))
    }

    /// The rules as they are kept.
    pub fn lines_of(book: &Rulebook) -> String {
        let rows = book.hours().iter().map(ToString::to_string);
        rows.chain([format!("{SWITCH}{}", book.revoke_all_switch())]).collect::<Vec<_>>().join("\n")
    }
}

const SWITCH: &str = "revoke_all,";

/// The rules in force.
///
/// # Errors
/// When the database fails.
pub fn current(conn: &mut Conn<'_>) -> Result<Arc<Rulebook>, StoreError> {
    Ok(Arc::clone(&catalog::read(conn)?.rulebook))
}

/// Reads the rules, for the catalog.
pub(super) fn load(conn: &mut Conn<'_>) -> Result<Arc<Rulebook>, StoreError> {
    let latest = editions(conn, 1)?.into_iter().next();
    Ok(Arc::new(latest.map_or_else(|| Rulebook::builtin().clone(), |edition| edition.rulebook())))
}

/// The published editions, the latest first.
///
/// # Errors
/// When the database fails.
pub fn editions(conn: &mut Conn<'_>, limit: i64) -> Result<Vec<Edition>, StoreError> {
    on!(conn, db => Ok(rulebooks::table
        .order(rulebooks::version.desc())
        .select(Edition::as_select())
        .limit(limit)
        .load(db)?))
}

/// Adds an edition.
///
/// # Errors
/// When the database fails, or somebody published the same version at the same moment.
pub fn publish(tx: &mut Tx<'_>, edition: &Edition) -> Result<(), StoreError> {
    on!(tx, db => {
        diesel::insert_into(rulebooks::table).values(edition).execute(db)?;
    });
    catalog::touch(tx)
}
