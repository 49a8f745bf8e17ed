//! The rulebook: every dated row together, and which of them are in force for whom on a day.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

use super::hour_rule::{Days, HourRule, Law, RuleError, day_number};
use super::sheet::Sheet;
use super::zone::{DAY, Zone};
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
    let Sheet { rows: mut hours, revoke_all: switch, .. } = Sheet::read(include_str!("data/hours.csv"));
    hours.sort();
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

    /// The next date after this one on which a newer row of the law begins to hold, if one is known.
    pub fn next_change(&self, law: Law, date: NaiveDate) -> Option<NaiveDate> {
        self.of(law).iter().map(|rule| rule.effective).filter(|effective| *effective > date).min()
    }

    /// The rows of one law that hold on a date, each with those of its weekdays that no newer row has taken: for the page.
    pub fn in_force(&self, law: Law, date: NaiveDate) -> Vec<HourRule> {
        let rows = self.rows(law);
        let holds = |rule: &HourRule, weekday| rows.on(day_number(date), weekday).any(|found| found == rule);
        let left =
            |rule: &HourRule| (0..7).filter(|day| holds(rule, *day)).fold(0, |days, day| days | 1 << day);
        let narrowed = |rule: &HourRule| HourRule { days: Days(left(rule)), ..rule.clone() };
        self.of(law).iter().map(narrowed).filter(|rule| rule.days != Days(0)).collect()
    }

    /// The laws that have rows: federal first, then the states by their letters, at the end the unknown place.
    pub fn laws(&self) -> Vec<Law> {
        let mut laws: Vec<Law> = self.hours.iter().map(|rule| rule.law).collect();
        laws.dedup();
        laws
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
        self.on(federal_day(now))
    }

    /// Its value on a date.
    pub fn on(&self, date: NaiveDate) -> bool {
        if date < self.from { self.before } else { self.after }
    }

    /// What a STOP reaches by the switch of revoke-all on a date, and what changes when.
    pub fn words(&self, date: NaiveDate) -> String {
        let reach = |all| match all {
            true => "a STOP reaches all programs, whatever program code it names",
            false => "a program code after STOP may limit it to one program",
        };
        let (before, after) = (reach(self.before), reach(self.after));
        let from = self.from.format("%-d %b %Y");
        match (self.before == self.after, date < self.from) {
            (true, _) => format!("On every date {after}."),
            (false, true) => format!("Before {from} {before}. From {from} on {after}."),
            (false, false) => format!("Since {from} {after}. Before that date {before}."),
        }
    }
}

/// The date in Washington. The rules that switch are federal, and their dates begin there.
pub fn federal_day(now: Timestamp) -> NaiveDate {
    let day = Zone::find("America/New_York").map_or(0, |zone| zone.local(now).day);
    Timestamp::from_micros(day.saturating_mul(DAY)).utc().date_naive()
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
