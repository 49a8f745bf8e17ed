//! An administrator changes the limits on unasked texts. The settings page uses it; it writes the setting and the
//! administration log.

use crate::domain::texting_limits::TextingLimits;
use crate::store::{Tx, admin_log, organization};

use super::settings_form::{check_bounds, differences, settings_form};
use super::{ActionContext, ActionError, check_revision};

settings_form! {
    /// The limits as they were typed.
    LimitsChange of TextingLimits {
        unasked_a_day: u32 = "Opt-in requests to one number in 24 hours",
        unasked_by_hand_a_day: u32 = "Requests resent by a person in 24 hours",
        unasked_ever: u32 = "Opt-in requests to one number in total",
        pause_after: u32 = "Requests through forms before answers are checked",
        least_answers_percent: u32 = "Least share of answers in percent",
        replies_a_day: u32 = "Automatic replies to one number in 24 hours",
    }
}

/// Writes the limits, and who changed what.
///
/// # Errors
/// What is wrong with which field, or [`ActionError::Conflict`] when they were changed since the page was opened.
pub fn set_limits(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    change: &LimitsChange,
) -> Result<(), ActionError> {
    organization::lock(tx)?;
    let before = organization::limits(tx)?;
    let was = LimitsChange::of(&before);
    check_revision(&change.revision, &was.revision)?;
    let mut after = change.over(before);
    check_bounds(after.bounds().map(|(field, limit, most)| (field, *limit, 1..=most)))?;
    let changes = differences(&was.answers(), &LimitsChange::of(&after).answers());
    if !changes.is_empty() {
        organization::set_limits(tx, &after)?;
        admin_log::add(tx, context.actor, "settings.limits", "limits", &changes.join("; "), context.now)?;
    }
    Ok(())
}
