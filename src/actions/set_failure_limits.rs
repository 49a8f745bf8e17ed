//! An administrator changes how many failed sign-ins are allowed. The settings page uses it; it writes the setting and the
//! administration log.

use crate::domain::sign_in::FailureLimits;
use crate::store::{ReadConn, StoreError, Tx, admin_log, settings, users};

use super::settings_form::{check_bounds, differences, settings_form};
use super::{ActionContext, ActionError, check_revision};

settings_form! {
    /// The limits as they were typed.
    FailureLimitsChange of FailureLimits {
        account_from_network: u32 = "Failed sign-ins to one account from one network",
        account: u32 = "Failed sign-ins to one account from unknown browsers",
        network: u32 = "Failed sign-ins from one network",
        device: u32 = "Failed sign-ins in a known browser",
        confirmation: u32 = "Wrong passwords or codes of a person who is signed in",
    }
}

/// The limits as they hold.
///
/// # Errors
/// When the database fails.
pub fn failure_limits(conn: &mut ReadConn<'_>) -> Result<FailureLimits, StoreError> {
    Ok(FailureLimits::read(settings::get(conn, settings::FAILURE_LIMITS)?.as_deref()))
}

/// Writes the limits, and who changed what.
///
/// # Errors
/// What is wrong with which field, or [`ActionError::Conflict`] when they were changed since the page was opened.
pub fn set_failure_limits(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    change: &FailureLimitsChange,
) -> Result<(), ActionError> {
    // They are rules about all users: two changes wait for each other.
    users::lock(tx)?;
    let before = failure_limits(tx)?;
    let was = FailureLimitsChange::of(&before);
    check_revision(&change.revision, &was.revision)?;
    let mut after = change.over(before);
    let bounds = FailureLimits::LEAST..=FailureLimits::MOST;
    check_bounds(after.fields().map(|(field, limit)| (field, *limit, bounds.clone())))?;
    let changes = differences(&was.answers(), &FailureLimitsChange::of(&after).answers());
    if !changes.is_empty() {
        let kept = serde_json::to_string(&after).map_err(StoreError::from)?;
        settings::set(tx, settings::FAILURE_LIMITS, &kept)?;
        let (actor, now) = (context.actor, context.now);
        admin_log::add(tx, actor, "settings.failed_sign_ins", "sign-in", &changes.join("; "), now)?;
    }
    Ok(())
}
