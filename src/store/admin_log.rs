//! Who did what in the administration. Append-only, like consent's own history. Written by actions, read by the Log page.

use diesel::prelude::*;

use super::engine::on;
use super::schema::admin_log;
use super::{ReadConn, StoreError, Tx};
use crate::domain::actor::Actor;
use crate::domain::id::LogId;
use crate::domain::time::Timestamp;

/// A line of the log.
#[derive(Clone, Debug, Queryable, Selectable, Insertable)]
#[diesel(table_name = admin_log)]
pub struct AdminLogRow {
    /// Its identifier.
    pub id: LogId,
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: String,
    /// Did what ("sign-in", "user.created").
    pub action: String,
    /// To whom or what.
    pub subject: String,
    /// In words.
    pub details: String,
}

/// Writes a line.
///
/// # Errors
/// When the database fails.
pub fn add(
    tx: &mut Tx<'_>,
    actor: &Actor,
    action: &str,
    subject: &str,
    details: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let line = AdminLogRow {
        id: tx.new_id(now)?,
        at: now,
        actor: actor.to_string(),
        action: action.to_owned(),
        subject: subject.to_owned(),
        details: details.to_owned(),
    };
    on!(tx, db => diesel::insert_into(admin_log::table).values(line).execute(db))?;
    Ok(())
}

/// Which lines of the log.
#[derive(Clone, Debug, Default)]
pub struct AdminLogFilter {
    /// Only those of this actor.
    pub actor: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// Only those before this line.
    pub before: Option<LogId>,
}

/// The lines that a filter lets through, newest first.
///
/// # Errors
/// When the database fails.
pub fn page(
    conn: &mut ReadConn<'_>,
    filter: &AdminLogFilter,
    limit: i64,
) -> Result<Vec<AdminLogRow>, StoreError> {
    on!(conn, db => {
        let mut query =
            admin_log::table.order(admin_log::id.desc()).select(AdminLogRow::as_select()).limit(limit).into_boxed();
        if let Some(before) = filter.before {
            query = query.filter(admin_log::id.lt(before));
        }
        if let Some(actor) = &filter.actor {
            query = query.filter(admin_log::actor.eq(actor.clone()));
        }
        if let Some(action) = &filter.action {
            query = query.filter(admin_log::action.eq(action.clone()));
        }
        Ok(query.load(db)?)
    })
}
