//! Sets the organization's rules of signing in. The settings page uses it. It writes the setting and the administration log.

use crate::domain::sign_in::SignInRules;
use crate::store::{ReadConn, StoreError, Tx, admin_log, settings, users};
use crate::words::sign_in_rules_text;

use super::{ActionContext, ActionError, FieldError, check_revision, revision_tag};

/// The rules, with the tag of what a page shows of them.
///
/// # Errors
/// When the database fails.
pub fn sign_in_rules(conn: &mut ReadConn<'_>) -> Result<(SignInRules, String), StoreError> {
    let kept = settings::get(conn, settings::SIGN_IN_RULES)?.unwrap_or_default();
    Ok((SignInRules::read(Some(&kept)), revision_tag([kept.as_str()])))
}

/// Sets the rules; they count for every session from its next request on.
///
/// # Errors
/// [`ActionError::Invalid`] for a time that cannot be chosen, [`ActionError::Conflict`] when the rules were changed since the
/// page was opened.
pub fn set_sign_in_rules(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    rules: &SignInRules,
    shown: &str,
) -> Result<(), ActionError> {
    let times = [("idle", rules.idle_minutes), ("administrator_idle", rules.administrator_idle_minutes)];
    let wrong = times.iter().filter(|(_, minutes)| !SignInRules::IDLE_CHOICES.contains(minutes));
    let wrong: Vec<FieldError> =
        wrong.map(|(field, _)| FieldError::new(field, "Choose a time from the list.")).collect();
    if !wrong.is_empty() {
        return Err(ActionError::Invalid(wrong));
    }
    // They are rules about all users: two changes wait for each other.
    users::lock(tx)?;
    let (before, revision) = sign_in_rules(tx)?;
    check_revision(shown, &revision)?;
    if *rules == before {
        return Ok(());
    }
    settings::set(tx, settings::SIGN_IN_RULES, &serde_json::to_string(rules).map_err(StoreError::from)?)?;
    let details = format!("{} → {}", sign_in_rules_text(&before), sign_in_rules_text(rules));
    admin_log::add(tx, context.actor, "settings.sign_in", "sign-in", &details, context.now)?;
    Ok(())
}
