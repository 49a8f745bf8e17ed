//! An administrator stops all sending, or lets it go on. After a restore it stays off until the gap was looked at.

use crate::domain::actor::Actor;
use crate::domain::standstill::Standstill;
use crate::domain::time::Timestamp;
use crate::store::{Tx, admin_log, settings};

use super::{ActionError, database_kind};

/// Switches all sending on or off.
///
/// # Errors
/// When the database fails.
pub fn switch_sending(tx: &mut Tx<'_>, on: bool, actor: &Actor, now: Timestamp) -> Result<(), ActionError> {
    let switch = settings::sending_locked(tx)?;
    if on {
        let mut why = switch.standstill.filter(|why| why.keeps_sending_off());
        if settings::database_kind(tx)?.is_none() && database_kind::texts_held(tx)?.judge(true).is_none() {
            why = why.or(Some(Standstill::Mixed));
        }
        if let Some(why) = why {
            return Err(ActionError::Conflict(format!("Sending stays off. {}", why.next_step())));
        }
    }
    if switch.on != on {
        let because = switch.standstill.filter(|_| !on);
        settings::switch_sending(tx, &switch, on, because)?;
        let action = if on { "sending.on" } else { "sending.off" };
        admin_log::add(tx, actor, action, "all sending", "", now)?;
    }
    Ok(())
}
