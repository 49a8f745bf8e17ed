//! How every edit of a program ends: it is dated, written and logged.

use crate::domain::actor::Actor;
use crate::domain::language::Language;
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::{LockedRow, Tx, admin_log, messages, program_replies, programs};

use super::ActionError;

/// Writes what became of a program and who changed what. Returns it as it is now; none when nothing has changed.
///
/// # Errors
/// When the database fails.
pub(super) fn save_program(
    tx: &mut Tx<'_>,
    before: &LockedRow<Program>,
    after: Program,
    changes: &[String],
    actor: &Actor,
    now: Timestamp,
) -> Result<Option<Program>, ActionError> {
    if changes.is_empty() {
        return Ok(None);
    }
    let has_promised = before.has_promised || after.promises_a_number();
    let after = Program { updated_at: now, has_promised, ..after };
    for language in Language::BESIDE_ENGLISH {
        let replies = after.replies.get(language);
        if replies != before.replies.get(language) {
            program_replies::set(tx, before, *language, replies)?;
        }
    }
    programs::update(tx, before, after.clone())?;
    // What waits for an allowed time may have one now.
    messages::reschedule_now(tx, Some(after.id), now)?;
    let subject = format!("program:{}", after.slug);
    admin_log::add(tx, actor, "program.changed", &subject, &changes.join("; "), now)?;
    Ok(Some(after))
}
