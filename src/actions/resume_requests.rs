//! A person lets the paused opt-in requests of a form or prefix go on. The dashboard uses it; it writes the pause and the
//! administration log.

use crate::domain::request_pause::PauseKey;
use crate::store::{Tx, admin_log, form_requests};

use super::{ActionContext, ActionError};

/// Ends a pause. Ending it twice changes nothing. What waits goes out when it is looked at next, within minutes.
///
/// # Errors
/// When the database fails.
pub fn resume_requests(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    key: &PauseKey,
) -> Result<(), ActionError> {
    let log = form_requests::lock(tx)?;
    if form_requests::end_pause(tx, &log, key, context.actor, context.now)? {
        let subject = format!("{}:{}", key.0, key.1);
        admin_log::add(tx, context.actor, "requests.resumed", &subject, "", context.now)?;
    }
    Ok(())
}
