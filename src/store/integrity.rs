//! What the database itself can say about its own soundness, before anything in it is believed. Used by `verify`; it changes
//! nothing.

use super::engine::OrphanRows;
use super::{ReadConn, StoreError};

/// The tables to whose rows nothing is done but to add more: triggers of the database refuse the rest. A test holds them against
/// the triggers that are there.
pub const APPEND_ONLY: &[&str] =
    &["admin_log", "consent_events", "form_versions", "number_notes", "rulebooks", "seals"];

/// Everything that is broken, as sentences: damaged pages and indexes, rows that point at rows that are gone, and triggers
/// that no longer refuse.
///
/// # Errors
/// When the database cannot be asked.
pub fn flaws(conn: &mut ReadConn<'_>) -> Result<Vec<String>, StoreError> {
    let mut flaws: Vec<String> = conn
        .db
        .engine()
        .damage()?
        .into_iter()
        .map(|words| format!("The database's own check says: {}.", words.trim_end_matches('.')))
        .collect();
    for OrphanRows { child, parent, n: rows } in conn.db.engine().orphans()? {
        flaws.push(format!("{rows} rows of {child} point at rows of {parent} that are gone."));
    }
    let refusing = conn.db.engine().refusing_triggers()?;
    let refused = conn.db.engine().changes_of_history();
    for (table, change) in
        APPEND_ONLY.iter().flat_map(|table| refused.iter().map(move |change| (table, change)))
    {
        let guard = format!("{table}_no_{change}");
        if !refusing.contains(&guard) {
            flaws.push(format!("The trigger {guard} no longer protects what was recorded."));
        }
    }
    Ok(flaws)
}
