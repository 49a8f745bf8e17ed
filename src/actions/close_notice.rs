//! A person has looked at a text that the rules could not act on.

use crate::domain::actor::Actor;
use crate::domain::id::InboundId;
use crate::domain::time::Timestamp;
use crate::store::{Tx, admin_log, notices};

use super::ActionError;

/// Closes the notice about a text. Closing it twice changes nothing.
///
/// # Errors
/// When the database fails.
pub fn close_notice(
    tx: &mut Tx<'_>,
    text: InboundId,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), ActionError> {
    if notices::close(tx, text, actor, now)? {
        admin_log::add(tx, actor, "notice.closed", &format!("inbound:{text}"), "", now)?;
    }
    Ok(())
}
