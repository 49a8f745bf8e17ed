//! Drops what the limits on opt-in requests through forms no longer need. Housekeeping uses it; it writes the sample of
//! requests and the pauses that ended.

use crate::domain::time::Timestamp;
use crate::store::{Tx, form_requests};

use super::ActionError;

/// Drops a part; true when nothing is left to drop.
///
/// # Errors
/// When the database fails.
pub fn drop_old_requests(tx: &mut Tx<'_>, now: Timestamp) -> Result<bool, ActionError> {
    let log = form_requests::lock(tx)?;
    Ok(form_requests::drop_old(tx, &log, now)?)
}
