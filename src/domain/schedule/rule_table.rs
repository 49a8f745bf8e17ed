//! Rules sorted by kind and law, so that those of one law are found without looking at the others.

use chrono::NaiveDate;

use super::closed_days::{Closure, Holiday};
use super::dated::Dated;
use super::hour_rule::{HourRule, Law};
use super::legal_cap::LegalCap;
use super::revocation::{Deadline, StopRule};
use super::rule::Rule;

/// Rules by kind, each kind in order.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Table {
    pub hours: Vec<HourRule>,
    pub holidays: Vec<Holiday>,
    pub closures: Vec<Closure>,
    pub caps: Vec<LegalCap>,
    pub stops: Vec<StopRule>,
    pub deadlines: Vec<Deadline>,
}

impl Table {
    pub fn new(mut rows: Vec<Rule>) -> Table {
        let mut table = Table::default();
        rows.sort();
        rows.dedup();
        for row in rows {
            match row {
                Rule::Hours(rule) => table.hours.push(rule),
                Rule::Holiday(rule) => table.holidays.push(rule),
                Rule::Closure(rule) => table.closures.push(rule),
                Rule::Cap(rule) => table.caps.push(rule),
                Rule::Stop(rule) => table.stops.push(rule),
                Rule::Deadline(rule) => table.deadlines.push(rule),
            }
        }
        table
    }

    pub fn rules(&self) -> Vec<Rule> {
        let hours = self.hours.iter().cloned().map(Rule::Hours);
        let holidays = self.holidays.iter().cloned().map(Rule::Holiday);
        let closures = self.closures.iter().cloned().map(Rule::Closure);
        let caps = self.caps.iter().cloned().map(Rule::Cap);
        let stops = self.stops.iter().cloned().map(Rule::Stop);
        let deadlines = self.deadlines.iter().cloned().map(Rule::Deadline);
        hours.chain(holidays).chain(closures).chain(caps).chain(stops).chain(deadlines).collect()
    }

    pub fn of(&self, law: Law) -> LawRules<'_> {
        LawRules {
            hours: Rows(of_law(&self.hours, law, |rule| rule.law)),
            holidays: of_law(&self.holidays, law, |rule| rule.law),
            closures: of_law(&self.closures, law, |rule| rule.law),
        }
    }
}

/// What the engine asks about a day and an hour.
#[derive(Clone, Copy)]
pub(super) struct LawRules<'a> {
    pub hours: Rows<'a>,
    pub holidays: &'a [Holiday],
    pub closures: &'a [Closure],
}

impl<'a> From<&'a Table> for LawRules<'a> {
    fn from(table: &'a Table) -> Self {
        LawRules { hours: Rows(&table.hours), holidays: &table.holidays, closures: &table.closures }
    }
}

impl<'a> From<&'a [HourRule]> for LawRules<'a> {
    fn from(rules: &'a [HourRule]) -> Self {
        LawRules { hours: Rows(rules), holidays: &[], closures: &[] }
    }
}

/// The hours of one law, oldest first.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a>(pub &'a [HourRule]);

impl<'a> Rows<'a> {
    /// Those in force on a local day (days since 1970). Usually one; several of one date all hold.
    pub fn on(self, day: i64, weekday: u8) -> impl Iterator<Item = &'a HourRule> {
        let speaks = move |rule: &&HourRule| rule.days.contains(weekday) && rule.dated.holds_on(day);
        let newest = self.0.iter().rev().find(speaks).map(|rule| rule.dated.from);
        self.0.iter().filter(move |rule| Some(rule.dated.from) == newest && speaks(rule))
    }
}

/// The rules of one law among rules that are ordered by law.
pub(super) fn of_law<T>(rules: &[T], law: Law, of: impl Fn(&T) -> Law) -> &[T] {
    let first = rules.partition_point(|rule| of(rule) < law);
    let after = rules.partition_point(|rule| of(rule) <= law);
    rules.get(first..after).unwrap_or_default()
}

/// The one that began last among those that hold on a date.
pub(super) fn newest<'a, T>(
    rules: impl Iterator<Item = &'a T>,
    date: NaiveDate,
    dated: impl Fn(&T) -> &Dated,
) -> Option<&'a T> {
    rules.filter(|rule| dated(rule).holds(date)).max_by_key(|rule| dated(rule).from)
}
