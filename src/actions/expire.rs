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
    for id in &overdue {
        let why = Move { code: Some("expired"), note: Some("The hold time ended before the lead opted in.") };
        messages::advance(tx, *id, Status::Expired, now, &why)?;
    }
    Ok(overdue.len())
}
