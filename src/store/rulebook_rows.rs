//! Published rulebooks as their table holds them. The one in force is read for the cache that [`super::catalog`] keeps; new ones
//! are written by [`super::rulebooks`].

use std::sync::Arc;

use diesel::prelude::*;

use super::engine::on;
use super::schema::rulebooks;
use super::{ReadConn, StoreError};
use crate::domain::schedule::{Rulebook, RulebookText};
use crate::domain::time::Timestamp;

/// A published edition.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = rulebooks)]
pub struct RulebookVersion {
    /// Its number, from 1.
    pub version: i32,
    /// The rules, one in a line.
    pub lines: String,
    /// When it was published.
    pub published_at: Timestamp,
    /// By whom.
    pub published_by: String,
    /// Why.
    pub reason: String,
    /// The edition of the built-in rules that an administrator has decided on.
    pub answers: i32,
}

impl RulebookVersion {
    /// The rules in it. A line that cannot be read is left out; what is missing of the federal rules is built in.
    pub fn rulebook(&self) -> Rulebook {
        Rulebook::new(RulebookText::read(&self.lines).rules, u32::try_from(self.answers).unwrap_or_default())
    }
}

/// Reads the rules, for the cache.
pub(super) fn load(conn: &mut ReadConn<'_>) -> Result<Arc<Rulebook>, StoreError> {
    let latest = latest(conn)?;
    for (line, _) in latest.iter().flat_map(|edition| RulebookText::read(&edition.lines).unread) {
        log::error!(
            "Line {line} of the published rules cannot be read by this version. Its rule does not hold."
        );
    }
    Ok(Arc::new(latest.map_or_else(|| Rulebook::builtin().clone(), |edition| edition.rulebook())))
}

/// The published editions up to this version, the latest first.
///
/// # Errors
/// When the database fails.
pub fn editions(conn: &mut ReadConn<'_>, up_to: i32, limit: i64) -> Result<Vec<RulebookVersion>, StoreError> {
    on!(conn, db => Ok(rulebooks::table
        .filter(rulebooks::version.le(up_to))
        .order(rulebooks::version.desc())
        .select(RulebookVersion::as_select())
        .limit(limit)
        .load(db)?))
}

/// The published edition of this number.
///
/// # Errors
/// When the database fails.
pub fn edition(conn: &mut ReadConn<'_>, version: i32) -> Result<Option<RulebookVersion>, StoreError> {
    Ok(editions(conn, version, 1)?.into_iter().find(|edition| edition.version == version))
}

/// The last published edition; none while the built-in rules hold.
///
/// # Errors
/// When the database fails.
pub fn latest(conn: &mut ReadConn<'_>) -> Result<Option<RulebookVersion>, StoreError> {
    Ok(editions(conn, i32::MAX, 1)?.into_iter().next())
}
