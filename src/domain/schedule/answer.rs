//! The engine's answer for one moment, and the rules that decide it, in words for people.

use super::closed_days::{Holiday, PlaceClosure};
use super::hour_rule::HourRule;
use super::hour_rule::clock;
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

impl RuleMoment<'_> {
    /// "It is 9:40 PM in New York; Florida allows 8:00 AM to 8:00 PM".
    pub fn words(&self) -> String {
        format!("It is {} in {}; {}", clock(self.local.minute()), self.zone.city(), self.rule.words())
    }
}

impl AppliedRule<'_> {
    /// "Florida allows 8:00 AM to 8:00 PM", "Utah allows no texts on Pioneer Day".
    pub fn words(&self) -> String {
        match self {
            AppliedRule::Hours(rule) => rule.words(),
            AppliedRule::Holiday(holiday) => {
                format!("{} allows no texts on {}", holiday.law.name(), holiday.name)
            }
            AppliedRule::Closure(closure) => match closure.dated.until {
                Some(until) => {
                    format!("{} is closed to texts until {}", closure.law.name(), until.format("%b %-d, %Y"))
                }
                None => format!("{} is closed to texts", closure.law.name()),
            },
        }
    }

    /// Who says so.
    pub fn source(&self) -> &str {
        match self {
            AppliedRule::Hours(rule) => &rule.dated.source,
            AppliedRule::Holiday(holiday) => &holiday.dated.source,
            AppliedRule::Closure(closure) => &closure.dated.source,
        }
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

    /// The rule that decides, in one sentence.
    pub fn words(&self) -> String {
        match (self.rules().first(), self) {
            (Some(because), _) => format!("{}.", because.words()),
            (None, SendingHours::Open { .. }) => "No rule closes within 14 days.".to_owned(),
            (None, SendingHours::Quiet { .. }) => "It is a quiet hour.".to_owned(),
        }
    }
}
