//! Messages that waited too long for START expire.

use crate::domain::message::Status;
use crate::domain::time::Timestamp;
use crate::store::Tx;
use crate::store::messages::{self, Move};

use super::ActionError;

/// Expires held messages whose hold time is over. Returns how many.
///
/// # Errors
/// When the database fails.
pub fn expire(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, ActionError> {
    let overdue = messages::overdue_holds(tx, now)?;
    for message in &overdue {
        let why = Move::coded("expired", "The hold time ended before the lead opted in.");
        messages::advance(tx, message, Status::Expired, now, &why)?;
    }
    Ok(overdue.len())
}
