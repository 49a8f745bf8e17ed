//! What a STOP reaches by law, and how soon a revocation must be confirmed, honored and reviewed: dated facts with sources.

use std::fmt;
use std::str::FromStr;

use chrono::Duration;
use serde::{Deserialize, Serialize};

use super::dated::RuleDates;
use super::rule_error::RuleError;
use crate::domain::words::words;

words! {
    /// A kind of texts, as the law tells them apart.
    TextKind {
        /// Advertising and telemarketing.
        Marketing = "marketing",
        /// Texts that sell nothing, sent with consent.
        Informational = "informational",
        /// Texts that the law lets go without consent, such as fraud alerts of a bank.
        Exempted = "exempted",
    }
}

words! {
    /// What a STOP with a program's code reaches. The stricter one is the greater one.
    Reach {
        /// That program alone.
        Program = "program",
        /// Every program.
        All = "all",
    }
}

words! {
    /// What has to be done within a time.
    DeadlineName {
        /// The confirmation of an opt-out goes out within it, or never.
        Confirm = "confirm",
        /// A revocation by any means is honored within it.
        Honor = "honor",
        /// An unclear reply without a decision counts as an opt-out after it.
        Review = "review",
    }
}

/// What a STOP that names a program reaches, for programs of one kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct StopRule {
    /// Programs of which kind.
    pub kind: TextKind,
    /// What it reaches.
    pub reach: Reach,
    /// When the rule holds, and its source.
    pub dated: RuleDates,
}

/// A time within which something has to be done.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RevocationDeadline {
    /// What.
    pub name: DeadlineName,
    /// How many minutes, or business days: see [`DeadlineName::unit`].
    pub amount: u32,
    /// When the rule holds, and its source.
    pub dated: RuleDates,
}

/// A deadline's length.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeAllowed {
    /// For what.
    pub name: DeadlineName,
    /// How many minutes, or business days: see [`DeadlineName::unit`].
    pub amount: u32,
}

/// Minutes within which a confirmation must go out (47 CFR 64.1200(a)(12)).
const CONFIRM_AT_MOST: u32 = 5;

/// The deadlines of one moment.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RevocationDeadlines {
    /// Minutes within which a confirmation of an opt-out goes out, or never.
    pub confirm_minutes: u32,
    /// Business days within which a revocation is honored. Ours counts at once.
    pub honor_days: u32,
    /// Business days after which an undecided reply counts as an opt-out.
    pub review_days: u32,
}

impl DeadlineName {
    /// In what the amount is counted.
    pub fn unit(self) -> &'static str {
        match self {
            DeadlineName::Confirm => "minutes",
            DeadlineName::Honor | DeadlineName::Review => "business days",
        }
    }

    /// More than this is no deadline.
    const fn most(self) -> u32 {
        match self {
            DeadlineName::Confirm => 60,
            DeadlineName::Honor | DeadlineName::Review => 30,
        }
    }
}

impl RevocationDeadline {
    /// True for a time to confirm that the law does not give. Rules that were published before may hold one.
    pub fn is_over_the_law(&self) -> bool {
        self.name == DeadlineName::Confirm && self.amount > CONFIRM_AT_MOST
    }

    /// How long it is.
    pub fn time(&self) -> TimeAllowed {
        TimeAllowed { name: self.name, amount: self.amount }
    }
}

impl RevocationDeadlines {
    /// A confirmation of an opt-out goes out within this time or never.
    pub fn confirm_within(self) -> Duration {
        Duration::minutes(self.confirm_minutes.into())
    }

    /// How long one of them is.
    pub fn time(self, name: DeadlineName) -> TimeAllowed {
        let amount = match name {
            DeadlineName::Confirm => self.confirm_minutes,
            DeadlineName::Honor => self.honor_days,
            DeadlineName::Review => self.review_days,
        };
        TimeAllowed { name, amount }
    }
}

/// "informational,program,2025-04-11,2027-01-30,Q,DA 26-12".
impl FromStr for StopRule {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<StopRule, RuleError> {
        let mut parts = text.splitn(3, ',').map(str::trim);
        let mut part = || parts.next().ok_or(RuleError::Parts);
        let (kind, reach, dated) = (part()?, part()?, part()?);
        let kind = kind.parse().map_err(|_| RuleError::Kind)?;
        let reach = reach.parse().map_err(|_| RuleError::Reach)?;
        Ok(StopRule { kind, reach, dated: dated.parse()? })
    }
}

impl fmt::Display for StopRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.kind, self.reach, self.dated)
    }
}

/// "confirm,5,2025-04-11,,Q,47 CFR 64.1200(a)(12)".
impl FromStr for RevocationDeadline {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<RevocationDeadline, RuleError> {
        let mut parts = text.splitn(3, ',').map(str::trim);
        let mut part = || parts.next().ok_or(RuleError::Parts);
        let (name, amount, dated) = (part()?, part()?, part()?);
        let name: DeadlineName = name.parse().map_err(|_| RuleError::Deadline)?;
        let amount =
            amount.parse().ok().filter(|n| (1..=name.most()).contains(n)).ok_or(RuleError::Amount)?;
        Ok(RevocationDeadline { name, amount, dated: dated.parse()? })
    }
}

impl fmt::Display for RevocationDeadline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{},{},{}", self.name, self.amount, self.dated)
    }
}
