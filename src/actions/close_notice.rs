//! A person has looked at a text that the rules could not act on. Used by the dashboard through `Commands`; it closes the
//! notice and writes the admin log.

use crate::domain::id::InboundId;
use crate::store::{Tx, admin_log, notices};

use super::{ActionContext, ActionError};

/// Closes the notice about a text. Closing it twice changes nothing.
///
/// # Errors
/// When the database fails.
pub fn close_notice(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    text: InboundId,
) -> Result<(), ActionError> {
    if notices::close(tx, text, context.actor, context.now)? {
        admin_log::add(tx, context.actor, "notice.closed", &format!("inbound:{text}"), "", context.now)?;
    }
    Ok(())
}
