//! An administrator stops all sending, or lets it go on. After a restore it stays off until the gap was looked at.

use crate::domain::actor::Actor;
use crate::domain::standstill::Standstill;
use crate::domain::time::Timestamp;
use crate::store::{Tx, admin_log, settings};

use super::ActionError;

/// Switches all sending on or off.
///
/// # Errors
/// When the database fails.
pub fn switch_sending(tx: &mut Tx<'_>, on: bool, actor: &Actor, now: Timestamp) -> Result<(), ActionError> {
    if on {
        if let Some(why @ Standstill::Behind { .. }) = settings::standstill(tx)? {
            return Err(ActionError::Conflict(format!("Sending stays off. {}", why.next_step())));
        }
        settings::clear(tx, settings::SENDING_OFF_BECAUSE)?;
    }
    if settings::sending_on(tx)? != on {
        settings::set(tx, settings::SENDING, if on { "on" } else { "off" })?;
        let action = if on { "sending.on" } else { "sending.off" };
        admin_log::add(tx, actor, action, "all sending", "", now)?;
    }
    Ok(())
}
