//! The engine's answer for one moment, and the rules that decide it. `words` puts them into English.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::closed_days::{Holiday, PlaceClosure};
use super::hour_rule::{AllowedHours, HourRule, RuleAuthority, WeekdaySet};
use super::zone::{LocalTime, TimeZone};
use crate::domain::time::Timestamp;

/// The answer for one moment.
#[derive(Clone, PartialEq, Debug)]
pub enum SendingHours<'a> {
    /// A text may arrive now.
    Open {
        /// The first moment at which it may not any more (14 days on at the latest): the end of its validity.
        until: Timestamp,
        /// What closes then. Empty when nothing closes within 14 days.
        rules: Vec<RuleMoment<'a>>,
    },
    /// It may not.
    Quiet {
        /// The next moment at which it may everywhere; none within 14 days.
        next: Option<Timestamp>,
        /// What forbids it now; first what opens last.
        rules: Vec<RuleMoment<'a>>,
    },
}

/// One rule in one candidate zone, and the moment it was asked about.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct RuleMoment<'a> {
    /// The zone.
    pub zone: TimeZone,
    /// What the clock shows there now.
    pub local: LocalTime,
    /// The rule that decides.
    pub rule: AppliedRule<'a>,
}

/// A rule that decides about an hour.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum AppliedRule<'a> {
    /// The place is closed for a while.
    Closure(&'a PlaceClosure),
    /// It is a holiday there.
    Holiday(&'a Holiday),
    /// Its hours.
    Hours(&'a HourRule),
}

/// A rule that decides about a moment, as it is kept: the rulebook may change later.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct RuleFacts {
    /// Minutes since midnight on the clock in the zone.
    pub minute: u16,
    /// The zone.
    pub zone: TimeZone,
    /// Whose rule it is.
    pub law: RuleAuthority,
    /// What it says.
    pub says: RuleMeaning,
    /// Who says so; empty for a program's own hours.
    pub source: String,
}

/// What a rule says about a day.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleMeaning {
    /// It has hours on these days.
    Hours(WeekdaySet, AllowedHours),
    /// It is this holiday.
    Holiday(String),
    /// The place is closed, until then where an end is known.
    Closure(Option<NaiveDate>),
}

impl RuleMoment<'_> {
    /// All that can be said about it.
    pub fn facts(&self) -> RuleFacts {
        let (law, dated) = match self.rule {
            AppliedRule::Hours(rule) => (rule.law, &rule.dated),
            AppliedRule::Holiday(rule) => (rule.law, &rule.dated),
            AppliedRule::Closure(rule) => (rule.law, &rule.dated),
        };
        let says = match self.rule {
            AppliedRule::Hours(rule) => RuleMeaning::Hours(rule.days, rule.allowed),
            AppliedRule::Holiday(rule) => RuleMeaning::Holiday(rule.name.clone()),
            AppliedRule::Closure(rule) => RuleMeaning::Closure(rule.dated.until),
        };
        let (minute, source) = (self.local.minute(), dated.source.clone());
        RuleFacts { minute, zone: self.zone, law, says, source }
    }
}

impl<'a> SendingHours<'a> {
    /// True when a text may arrive now.
    pub fn is_open(&self) -> bool {
        matches!(self, SendingHours::Open { .. })
    }

    /// The rules that decide.
    pub fn rules(&self) -> &[RuleMoment<'a>] {
        match self {
            SendingHours::Open { rules, .. } | SendingHours::Quiet { rules, .. } => rules,
        }
    }
}
