//! What a person is told who cannot sign in now, and how they can.

use chrono::Duration;

use super::{Label, counted};
use crate::domain::sign_in::{FailureScope, SignInRules};

/// Too many attempts have failed; the next one is allowed after `wait`.
pub fn spent_budget_text(scope: FailureScope, wait: Duration) -> String {
    let wait = wait_text(wait);
    match scope {
        FailureScope::Network => format!("Too many failed sign-ins from your network. Try again in {wait}."),
        FailureScope::AccountFromNetwork | FailureScope::Device | FailureScope::Confirmation => {
            format!("Too many failed attempts. Try again in {wait}.")
        }
        FailureScope::Account => format!(
            "Too many failed sign-ins to this account. Use a browser where you have signed in before, or try again in {wait}."
        ),
    }
}

/// A session ended after so many minutes without activity.
pub fn idle_end_text(minutes: u32) -> String {
    format!("You were signed out after {} without activity. Sign in to continue.", idle_text(minutes))
}

/// "30 minutes", "8 hours".
pub fn idle_text(minutes: u32) -> String {
    if minutes.is_multiple_of(60) { counted(minutes / 60, "hour") } else { counted(minutes, "minute") }
}

/// Who took a person's second factor away, as they are told.
pub fn second_factor_removed_text(by: &str) -> String {
    let who = by.strip_prefix("user:").unwrap_or("The operator of this server");
    format!("{who} removed your second factor. Set it up again on your account page.")
}

/// The rules in one line, as the administration log keeps them.
pub fn sign_in_rules_text(rules: &SignInRules) -> String {
    let roles: Vec<&str> = rules.second_factor_roles.iter().map(|role| role.label()).collect();
    let roles = if roles.is_empty() { "no one".to_owned() } else { roles.join(", ") };
    format!(
        "Signed out after {} (administrators: {}) without activity; second factor required for {roles}.",
        idle_text(rules.idle_minutes),
        idle_text(rules.administrator_idle_minutes)
    )
}

/// "40 seconds", "3 minutes"; never shorter than it is.
fn wait_text(wait: Duration) -> String {
    let seconds = u32::try_from(wait.num_milliseconds().max(1)).unwrap_or(u32::MAX).div_ceil(1000);
    if seconds < 120 { counted(seconds, "second") } else { counted(seconds.div_ceil(60), "minute") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_never_shorter_than_it_is() {
        for (milliseconds, words) in [
            (-5, "1 second"),
            (1, "1 second"),
            (59_001, "60 seconds"),
            (120_001, "3 minutes"),
            (180_000, "3 minutes"),
        ] {
            assert_eq!(wait_text(Duration::milliseconds(milliseconds)), words);
        }
    }
}
