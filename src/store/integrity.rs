//! What the database itself can say about its own soundness, before anything in it is believed. Used by `verify`; it changes
//! nothing.

use super::{Conn, StoreError, dialect};

/// The triggers that refuse to change or delete what was recorded.
pub(super) const GUARDS: &[&str] = &[
    "admin_log_no_delete",
    "admin_log_no_update",
    "consent_events_no_delete",
    "consent_events_no_update",
    "form_versions_no_delete",
    "form_versions_no_update",
    "rulebooks_no_delete",
    "rulebooks_no_update",
    "seals_no_delete",
    "seals_no_update",
];

/// Everything that is broken, as sentences: damaged pages and indexes, rows that point at rows that are gone, and triggers
/// that no longer refuse.
///
/// # Errors
/// When the database cannot be asked.
pub fn flaws(conn: &mut Conn<'_>) -> Result<Vec<String>, StoreError> {
    let mut flaws: Vec<String> = dialect::damage(conn)?
        .into_iter()
        .map(|words| format!("The database's own check says: {}.", words.trim_end_matches('.')))
        .collect();
    for (child, parent, rows) in dialect::orphans(conn)? {
        flaws.push(format!("{rows} rows of {child} point at rows of {parent} that are gone."));
    }
    let refusing = dialect::refusing_triggers(conn)?;
    for guard in GUARDS.iter().filter(|guard| !refusing.iter().any(|name| name == *guard)) {
        flaws.push(format!("The trigger {guard} no longer protects what was recorded."));
    }
    Ok(flaws)
}
