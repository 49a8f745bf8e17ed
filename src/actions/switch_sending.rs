//! An administrator stops all sending, or lets it go on. After a restore it stays off until the gap was looked at. Used by
//! the dashboard through `Commands`; it writes a setting and the admin log.

use crate::domain::background_job::JobKind;
use crate::domain::restore_hold::RestoreHold;
use crate::store::{Tx, admin_log, background_jobs, sending, settings};
use crate::words::restore_hold;

use super::{ActionContext, ActionError, check_shown, database_kind};

/// Switches all sending on or off. `shown` is how often it had been turned
/// ([`sending::turns`]) when the page was opened that it was decided on, if it was one.
///
/// # Errors
/// [`ActionError::Conflict`] when sending must stay off, or was stopped anew since the page was opened. A stop is never
/// refused.
pub fn switch_sending(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    on: bool,
    shown: Option<&str>,
) -> Result<(), ActionError> {
    let switch = sending::locked(tx)?;
    if on {
        let mut why = switch.standstill.filter(|why| why.keeps_sending_off());
        if settings::database_kind(tx)?.is_none() && database_kind::texts_held(tx)?.judge(true).is_none() {
            why = why.or(Some(RestoreHold::Mixed));
        }
        if let Some(why) = why {
            return Err(ActionError::Conflict(format!(
                "Sending stays off. {}",
                restore_hold::next_step(why)
            )));
        }
        // What waits may have gone out before the restore: it must not go out again.
        if !background_jobs::unfinished(tx, JobKind::CancelWaiting)?.is_empty() {
            return Err(ActionError::Conflict(format!(
                "{} See Background jobs for the progress.",
                restore_hold::CANCELING
            )));
        }
    }
    if on && !switch.on {
        check_shown(shown.unwrap_or(&switch.turns), &switch.turns)?;
    }
    if switch.on != on {
        let because = switch.standstill.filter(|_| !on);
        sending::switch(tx, &switch, on, because)?;
        let action = if on { "sending.on" } else { "sending.off" };
        admin_log::add(tx, context.actor, action, "all sending", "", context.now)?;
    }
    Ok(())
}
