//! Messages that waited too long for START expire. Used by the housekeeping job; it writes messages and their steps.

use crate::domain::message::Status;
use crate::domain::time::Timestamp;
use crate::store::Tx;
use crate::store::messages::{self, StatusChange};

use super::ActionError;

/// So many in one transaction; the rest follows with the next.
const AT_ONCE: i64 = 1000;

/// Expires held messages whose hold time is over. Returns how many.
///
/// # Errors
/// When the database fails.
pub fn expire(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, ActionError> {
    let overdue = messages::lock_holds_ending(tx, now, AT_ONCE)?;
    for message in &overdue {
        let why = StatusChange::coded("expired", "The hold time ended before the contact opted in.");
        messages::advance(tx, message, Status::Expired, now, &why)?;
    }
    Ok(overdue.len())
}
