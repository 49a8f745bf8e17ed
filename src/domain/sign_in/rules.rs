//! The organization's rules of signing in: after how long without activity a session ends, and who needs a second factor.

use chrono::Duration;
use serde::{Deserialize, Serialize};

use crate::domain::role::Role;

/// The rules, as the database keeps them (JSON). What an earlier version did not know has its default.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct SignInRules {
    /// Minutes without activity after which a session ends.
    pub idle_minutes: u32,
    /// The same for administrators.
    pub administrator_idle_minutes: u32,
    /// Those who need a second factor.
    pub second_factor_roles: Vec<Role>,
}

impl Default for SignInRules {
    fn default() -> Self {
        SignInRules { idle_minutes: 480, administrator_idle_minutes: 30, second_factor_roles: Vec::new() }
    }
}

impl SignInRules {
    /// The times that can be chosen, in minutes. A session ends after twelve hours in any case.
    pub const IDLE_CHOICES: [u32; 7] = [15, 30, 60, 120, 240, 480, 720];

    /// What is kept; the defaults where nothing is, or nothing that can be read.
    pub fn read(kept: Option<&str>) -> Self {
        kept.and_then(|rules| serde_json::from_str(rules).ok()).unwrap_or_default()
    }

    /// How long a session of this role lasts without activity.
    pub fn idle(&self, role: Role) -> Duration {
        let minutes = match role {
            Role::Administrator => self.administrator_idle_minutes,
            Role::Support | Role::Auditor => self.idle_minutes,
        };
        Duration::minutes(i64::from(minutes))
    }

    /// True when people of this role need a second factor.
    pub fn needs_second_factor(&self, role: Role) -> bool {
        self.second_factor_roles.contains(&role)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_kept_has_its_default() {
        for kept in [None, Some("nonsense"), Some("{}")] {
            let rules = SignInRules::read(kept);
            assert_eq!(rules.idle(Role::Support), Duration::hours(8));
            assert_eq!(rules.idle(Role::Auditor), Duration::hours(8));
            assert_eq!(rules.idle(Role::Administrator), Duration::minutes(30));
            assert!(!rules.needs_second_factor(Role::Administrator));
        }
        let rules = SignInRules::read(Some(r#"{"idle_minutes":60,"second_factor_roles":["auditor"]}"#));
        assert_eq!(rules.idle(Role::Support), Duration::hours(1));
        assert_eq!(rules.idle(Role::Administrator), Duration::minutes(30));
        assert!(rules.needs_second_factor(Role::Auditor) && !rules.needs_second_factor(Role::Support));
    }
}
