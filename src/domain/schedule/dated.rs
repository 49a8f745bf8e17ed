//! What every rule of the rulebook carries beside its value: from when until when it holds, who says so, and how sure that
//! is.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

use super::rule_error::RuleError;
use crate::domain::words::words;

/// 1970-01-01 counted from the year 1, as chrono counts days.
const EPOCH: i64 = 719_163;
/// The first date of rules whose own first date was not looked up.
pub const LONG_AGO: NaiveDate = NaiveDate::from_ymd_opt(2000, 1, 1).unwrap();

words! {
    /// How sure a rule's value is.
    Certainty {
        /// The text of the law was read.
        Seen = "P",
        /// A source quotes the text of the law.
        Quoted = "Q",
        /// Only a summary of the law was read.
        Summary = "S",
        /// No law: a rule of our own.
        House = "H",
        /// Nothing is said about it: a rule that was published before certainty was kept.
        Unstated = "-",
    }
}

/// When a rule holds, and who says so.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct RuleDates {
    /// The first local date on which it holds.
    pub from: NaiveDate,
    /// The last local date on which it holds; none when no end is known.
    pub until: Option<NaiveDate>,
    /// How sure it is.
    pub certainty: Certainty,
    /// The statute and what it says, in our own words. One line.
    pub source: String,
}

impl RuleDates {
    /// True on a local day (days since 1970).
    pub(super) fn holds_on(&self, day: i64) -> bool {
        day_number(self.from) <= day && self.until.is_none_or(|until| day <= day_number(until))
    }

    /// True on a date.
    pub fn holds(&self, date: NaiveDate) -> bool {
        self.from <= date && self.until.is_none_or(|until| date <= until)
    }

    /// True when the rule's own first date was not looked up.
    pub fn is_old(&self) -> bool {
        self.from == LONG_AGO
    }
}

/// The last four columns of every line: first date, last date, certainty, source.
impl FromStr for RuleDates {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<RuleDates, RuleError> {
        let mut parts = text.splitn(4, ',').map(str::trim);
        let mut part = || parts.next().ok_or(RuleError::Parts);
        let (from, until, certainty, source) = (part()?, part()?, part()?, part()?);
        let from = date(from)?;
        let until = if until.is_empty() { None } else { Some(until.parse().map_err(|_| RuleError::Until)?) };
        if until.is_some_and(|until| until < from) {
            return Err(RuleError::Until);
        }
        let certainty = certainty.parse().map_err(|_| RuleError::Certainty)?;
        Ok(RuleDates { from, until, certainty, source: source_line(source)? })
    }
}

impl fmt::Display for RuleDates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let until = self.until.map(|until| until.to_string()).unwrap_or_default();
        write!(f, "{},{until},{},{}", self.from, self.certainty, self.source)
    }
}

pub(super) fn date(text: &str) -> Result<NaiveDate, RuleError> {
    text.parse().map_err(|_| RuleError::Date)
}

pub(super) fn source_line(text: &str) -> Result<String, RuleError> {
    let is_line = !text.is_empty() && !text.contains(['\n', '\r']);
    if is_line { Ok(text.to_owned()) } else { Err(RuleError::Source) }
}

/// Days since 1970-01-01.
pub(super) fn day_number(date: NaiveDate) -> i64 {
    i64::from(date.num_days_from_ce()) - EPOCH
}

/// The date of a day since 1970-01-01.
pub(super) fn date_of(day: i64) -> Option<NaiveDate> {
    NaiveDate::from_num_days_from_ce_opt(i32::try_from(day.saturating_add(EPOCH)).ok()?)
}
