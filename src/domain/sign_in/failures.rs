//! How many failed attempts to sign in are allowed at once, and how soon another one is. A count goes down evenly with time,
//! so one moment says all of it: when it will have come to nothing.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::domain::time::Timestamp;
use crate::domain::words::words;

words! {
    /// What failures are counted by.
    FailureScope {
        /// All attempts from one network.
        Network = "network",
        /// Attempts on one account from one network.
        AccountFromNetwork = "account_from_network",
        /// Attempts on one account from all devices that never signed in to it.
        Account = "account",
        /// Attempts in a browser that signed in to the account before: no stranger can use it up.
        Device = "device",
        /// The password or a code of a person who is signed in, asked for once more.
        Confirmation = "confirmation",
    }
}

const SECOND: i64 = 1_000_000;
const MINUTE: i64 = 60 * SECOND;

impl FailureScope {
    /// What one failure adds to the count, in microseconds: after this time it is forgotten again.
    pub const fn step(self) -> i64 {
        match self {
            FailureScope::Network => 3 * SECOND,
            _ => MINUTE,
        }
    }
}

/// How many failures are allowed at once, by what they are counted by. An administrator changes them; kept as JSON, and a
/// field that is not there has its default.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default)]
pub struct FailureLimits {
    /// Of one network.
    pub network: u32,
    /// Of one account from one network.
    pub account_from_network: u32,
    /// Of one account from all devices that never signed in to it.
    pub account: u32,
    /// In a browser that signed in to the account before.
    pub device: u32,
    /// Of a person who is signed in.
    pub confirmation: u32,
}

impl Default for FailureLimits {
    fn default() -> Self {
        FailureLimits { network: 20, account_from_network: 5, account: 50, device: 10, confirmation: 10 }
    }
}

impl FailureLimits {
    /// No limit is lower: a person may mistype twice.
    pub const LEAST: u32 = 3;
    /// No limit is higher: beyond that, nothing slows a guesser down.
    pub const MOST: u32 = 1000;

    /// What is kept, within its bounds; the defaults where nothing is, or nothing that can be read.
    pub fn read(kept: Option<&str>) -> Self {
        let mut limits: FailureLimits =
            kept.and_then(|limits| serde_json::from_str(limits).ok()).unwrap_or_default();
        for (_, limit) in limits.fields() {
            *limit = (*limit).clamp(FailureLimits::LEAST, FailureLimits::MOST);
        }
        limits
    }

    /// Each limit under the name of its field.
    pub fn fields(&mut self) -> [(&'static str, &mut u32); 5] {
        [
            ("network", &mut self.network),
            ("account_from_network", &mut self.account_from_network),
            ("account", &mut self.account),
            ("device", &mut self.device),
            ("confirmation", &mut self.confirmation),
        ]
    }

    /// How many failures a scope allows.
    pub fn budget(&self, scope: FailureScope) -> FailureBudget {
        let at_once = match scope {
            FailureScope::Network => self.network,
            FailureScope::AccountFromNetwork => self.account_from_network,
            FailureScope::Account => self.account,
            FailureScope::Device => self.device,
            FailureScope::Confirmation => self.confirmation,
        };
        FailureBudget { at_once: i64::from(at_once), regained_after: scope.step() }
    }
}

/// So many failures at once, and one more after each while.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FailureBudget {
    at_once: i64,
    /// In microseconds.
    regained_after: i64,
}

impl FailureBudget {
    /// What one failure adds to the count, in microseconds.
    pub const fn step(self) -> i64 {
        self.regained_after
    }

    /// One more failure is allowed while the count comes to nothing no later than this.
    pub const fn latest_end(self, now: Timestamp) -> Timestamp {
        now.plus_micros((self.at_once - 1) * self.regained_after)
    }

    /// When one more failure is allowed, if the count comes to nothing then.
    pub const fn free_at(self, empty_at: Timestamp) -> Timestamp {
        empty_at.plus_micros(-(self.at_once - 1) * self.regained_after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The count after one more failure, as the database keeps it.
    fn one_more(budget: FailureBudget, empty_at: Timestamp, now: Timestamp) -> Option<Timestamp> {
        (empty_at <= budget.latest_end(now)).then(|| empty_at.max(now).plus_micros(budget.step()))
    }

    #[test]
    fn each_scope_allows_its_failures_at_once_and_then_one_by_one() {
        let now = Timestamp::from_micros(1_000 * MINUTE);
        for (scope, at_once, seconds) in [
            (FailureScope::Network, 20, 3),
            (FailureScope::AccountFromNetwork, 5, 60),
            (FailureScope::Account, 50, 60),
            (FailureScope::Device, 10, 60),
            (FailureScope::Confirmation, 10, 60),
        ] {
            let (budget, mut count) = (FailureLimits::default().budget(scope), Timestamp::from_micros(0));
            for _ in 0..at_once {
                count = one_more(budget, count, now).unwrap();
            }
            assert_eq!(one_more(budget, count, now), None, "{scope}");
            let free = now.plus_micros(seconds * SECOND);
            assert_eq!(budget.free_at(count), free, "{scope}");
            assert_eq!(one_more(budget, count, free.plus_micros(-1)), None, "{scope}: not a moment earlier");
            let again = one_more(budget, count, free).unwrap();
            assert_eq!(one_more(budget, again, free), None, "{scope}: one, and not two");
        }
    }
    #[test]
    fn limits_are_kept_within_bounds_in_which_a_person_can_still_sign_in() {
        assert_eq!(FailureLimits::read(None), FailureLimits::default());
        assert_eq!(FailureLimits::read(Some("nonsense")), FailureLimits::default());
        let read = FailureLimits::read(Some(r#"{"network": 0, "account": 4000000000}"#));
        let bounded = FailureLimits { network: 3, account: 1000, ..FailureLimits::default() };
        assert_eq!(read, bounded);
    }
}
