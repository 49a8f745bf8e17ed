//! How every edit of a program ends. Used by the actions that edit one; it writes the program, its replies and the admin
//! log, and looks again at messages that wait for a time.

use crate::domain::language::Language;
use crate::domain::program::Program;
use crate::store::{LockedRow, Tx, admin_log, program_replies, programs};

use super::background::reschedule_soon;
use super::{ActionContext, ActionError};

/// Writes what became of a program and who changed what. Returns it as it is now; none when nothing has changed.
///
/// # Errors
/// When the database fails.
pub(super) fn save_program(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    before: &LockedRow<Program>,
    after: Program,
    changes: &[String],
) -> Result<Option<Program>, ActionError> {
    if changes.is_empty() {
        return Ok(None);
    }
    let has_promised = before.has_promised || after.promises_a_number();
    let after = Program { updated_at: context.now, has_promised, ..after };
    for language in Language::BESIDE_ENGLISH {
        let replies = after.replies.get(language);
        if replies != before.replies.get(language) {
            program_replies::set(tx, before, *language, replies)?;
        }
    }
    programs::update(tx, before, after.clone())?;
    // What waits for an allowed time may have one now.
    reschedule_soon(tx, context, Some(after.id))?;
    let subject = format!("program:{}", after.slug);
    admin_log::add(tx, context.actor, "program.changed", &subject, &changes.join("; "), context.now)?;
    Ok(Some(after))
}
