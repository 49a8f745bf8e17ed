//! Chooses the time zone in which the organization, or one user, reads times and counts days. The settings and the account
//! page use it. It writes the setting or the user, and the administration log.

use crate::domain::calendar::LocalCalendar;
use crate::domain::id::UserId;
use crate::store::{Tx, admin_log, organization, users};

use super::{ActionContext, ActionError};

const UNKNOWN: &str = "Choose a time zone from the list.";

/// Sets the organization's time zone by its IANA name. `shown` is the zone that the page showed.
///
/// # Errors
/// [`ActionError::Invalid`] for an unknown zone, [`ActionError::Conflict`] when it was changed since the page was opened.
pub fn set_time_zone(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    name: &str,
    shown: &str,
) -> Result<LocalCalendar, ActionError> {
    let wanted = find(name)?;
    organization::lock(tx)?;
    let before = organization::calendar(tx)?;
    super::check_shown(shown, before.name())?;
    if wanted != before {
        organization::set_calendar(tx, wanted)?;
        let details = format!("{} to {}", before.name(), wanted.name());
        admin_log::add(tx, context.actor, "settings.time_zone", "time zone", &details, context.now)?;
    }
    Ok(wanted)
}

/// Sets the zone in which one user reads times; an empty name means the organization's.
///
/// # Errors
/// [`ActionError::Invalid`] for an unknown zone.
pub fn set_user_time_zone(tx: &mut Tx<'_>, id: UserId, name: &str) -> Result<(), ActionError> {
    let wanted = if name.trim().is_empty() { None } else { Some(find(name)?) };
    let all = users::lock(tx)?;
    let user = users::get_locked(tx, &all, id)?.ok_or(ActionError::NotFound("user"))?;
    users::set_time_zone(tx, &user, wanted.map(LocalCalendar::name))?;
    Ok(())
}

fn find(name: &str) -> Result<LocalCalendar, ActionError> {
    LocalCalendar::find(name).ok_or_else(|| ActionError::field("time_zone", UNKNOWN))
}
