//! The rulebook: every dated row together, and which of them are in force for whom on a day.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::hour_rule::{HourRule, Law, RuleError, day_number};
use super::region::lines;
use super::zone::Zone;
use crate::domain::time::Timestamp;

/// All dated rules, in order. Built once and shared: the gate asks it for every message.
#[derive(Clone, PartialEq, Debug)]
pub struct Rulebook {
    hours: Vec<HourRule>,
    revoke_all: Switch,
}

/// A rule that is one way before a date and another from that date on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Switch {
    /// Before the date.
    pub before: bool,
    /// From the date on.
    pub after: bool,
    /// The first day on which `after` holds, as Washington counts days.
    pub from: NaiveDate,
    /// The statute and what it says, in our own words. One line.
    pub source: String,
}

static BUILTIN: LazyLock<Rulebook> = LazyLock::new(|| {
    let rows = || lines(include_str!("hours.csv"));
    let mut hours: Vec<HourRule> = rows().filter_map(|line| line.parse().ok()).collect();
    hours.sort();
    let switch = rows().find_map(|line| line.strip_prefix("revoke_all,")?.parse().ok());
    // A test holds that the file has the line. Without it the strictest reading would hold: STOP reaches everything.
    let strictest = || Switch { before: true, after: true, from: NaiveDate::MIN, source: String::new() };
    Rulebook { hours, revoke_all: switch.unwrap_or_else(strictest) }
});

impl Rulebook {
    /// The rules as this version knows them.
    pub fn builtin() -> &'static Rulebook {
        &BUILTIN
    }

    /// The rules an administrator keeps. What they leave out for the whole country or for an unknown place is built in:
    /// an empty table must not mean that everything is allowed.
    pub fn new(rows: Vec<HourRule>, revoke_all: Switch) -> Rulebook {
        let mut hours = rows;
        for law in [Law::Federal, Law::Unknown] {
            if !hours.iter().any(|rule| rule.law == law) {
                hours.extend(BUILTIN.of(law).iter().cloned());
            }
        }
        hours.sort();
        hours.dedup();
        Rulebook { hours, revoke_all }
    }

    /// Every row: by law, oldest first.
    pub fn hours(&self) -> &[HourRule] {
        &self.hours
    }

    /// The rows of one law, oldest first.
    pub fn of(&self, law: Law) -> &[HourRule] {
        let first = self.hours.partition_point(|rule| rule.law < law);
        let after = self.hours.partition_point(|rule| rule.law <= law);
        self.hours.get(first..after).unwrap_or_default()
    }

    /// Does a STOP reach all programs, whatever program code it names? Before the date a code may narrow it.
    pub fn revoke_all(&self, now: Timestamp) -> bool {
        self.revoke_all.at(now)
    }

    /// The switch itself, for the page.
    pub fn revoke_all_switch(&self) -> &Switch {
        &self.revoke_all
    }

    /// The first date from which newer rows replace this one on all its weekdays, if any do.
    pub fn ends(&self, rule: &HourRule) -> Option<NaiveDate> {
        let later = || self.of(rule.law).iter().filter(|other| other.effective > rule.effective);
        let weekdays = (0..7).filter(|weekday| rule.days.contains(*weekday));
        let replaced =
            |weekday| later().filter(|other| other.days.contains(weekday)).map(|other| other.effective).min();
        weekdays.map(replaced).collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// The rows of one law that hold on a date, on whichever weekdays: for the page.
    pub fn in_force(&self, law: Law, date: NaiveDate) -> Vec<&HourRule> {
        let rows = self.rows(law);
        let mut found: Vec<&HourRule> =
            (0..7).flat_map(|weekday| rows.on(day_number(date), weekday)).collect();
        found.sort();
        found.dedup();
        found
    }

    pub(super) fn rows(&self, law: Law) -> Rows<'_> {
        Rows(self.of(law))
    }
}

/// The rows of one law, oldest first.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a>(&'a [HourRule]);

impl<'a> From<&'a [HourRule]> for Rows<'a> {
    fn from(rules: &'a [HourRule]) -> Self {
        Rows(rules)
    }
}

impl<'a> Rows<'a> {
    /// Those in force on a local day (days since 1970). Usually one; several of one date all hold.
    pub fn on(self, day: i64, weekday: u8) -> impl Iterator<Item = &'a HourRule> {
        let speaks = move |rule: &&HourRule| rule.days.contains(weekday) && rule.first_day() <= day;
        let newest = self.0.iter().rev().find(speaks).map(|rule| rule.effective);
        self.0.iter().filter(move |rule| Some(rule.effective) == newest && speaks(rule))
    }
}

impl Switch {
    /// Its value at a moment.
    pub fn at(&self, now: Timestamp) -> bool {
        // The rules that switch are federal; their dates begin in Washington.
        let day = Zone::find("America/New_York").map_or(0, |zone| zone.local(now).day);
        if day < day_number(self.from) { self.before } else { self.after }
    }
}

impl FromStr for Switch {
    type Err = RuleError;
    fn from_str(line: &str) -> Result<Switch, RuleError> {
        let mut parts = line.splitn(4, ',').map(str::trim);
        let mut part = || parts.next().ok_or(RuleError::Switch);
        let (before, after, date, source) = (part()?, part()?, part()?, part()?);
        let value = |word: &str| match word {
            "on" => Ok(true),
            "off" => Ok(false),
            _ => Err(RuleError::Switch),
        };
        if source.is_empty() || source.contains(['\n', '\r']) {
            return Err(RuleError::Source);
        }
        Ok(Switch {
            before: value(before)?,
            after: value(after)?,
            from: date.parse().map_err(|_| RuleError::Date)?,
            source: source.to_owned(),
        })
    }
}

impl fmt::Display for Switch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = |value| if value { "on" } else { "off" };
        write!(f, "{},{},{},{}", word(self.before), word(self.after), self.from, self.source)
    }
}
