//! Rules sorted by kind and law, so that those of one law are found without looking at the others.

use chrono::NaiveDate;

use super::closed_days::{Holiday, PlaceClosure};
use super::dated::RuleDates;
use super::hour_rule::{HourRule, RuleAuthority};
use super::legal_cap::LegalCap;
use super::revocation::{RevocationDeadline, StopRule};
use super::rule::ScheduleRule;

/// Rules by kind, each kind in order.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct RuleTable {
    pub hours: Vec<HourRule>,
    pub holidays: Vec<Holiday>,
    pub closures: Vec<PlaceClosure>,
    pub caps: Vec<LegalCap>,
    pub stops: Vec<StopRule>,
    pub deadlines: Vec<RevocationDeadline>,
}

impl RuleTable {
    pub fn new(mut rows: Vec<ScheduleRule>) -> RuleTable {
        let mut table = RuleTable::default();
        rows.sort();
        rows.dedup();
        for row in rows {
            match row {
                ScheduleRule::Hours(rule) => table.hours.push(rule),
                ScheduleRule::Holiday(rule) => table.holidays.push(rule),
                ScheduleRule::Closure(rule) => table.closures.push(rule),
                ScheduleRule::Cap(rule) => table.caps.push(rule),
                ScheduleRule::Stop(rule) => table.stops.push(rule),
                ScheduleRule::Deadline(rule) => table.deadlines.push(rule),
            }
        }
        table
    }

    pub fn rules(&self) -> Vec<ScheduleRule> {
        let hours = self.hours.iter().cloned().map(ScheduleRule::Hours);
        let holidays = self.holidays.iter().cloned().map(ScheduleRule::Holiday);
        let closures = self.closures.iter().cloned().map(ScheduleRule::Closure);
        let caps = self.caps.iter().cloned().map(ScheduleRule::Cap);
        let stops = self.stops.iter().cloned().map(ScheduleRule::Stop);
        let deadlines = self.deadlines.iter().cloned().map(ScheduleRule::Deadline);
        hours.chain(holidays).chain(closures).chain(caps).chain(stops).chain(deadlines).collect()
    }

    pub fn of(&self, law: RuleAuthority) -> LawRules<'_> {
        LawRules {
            hours: LawRows(of_law(&self.hours, law, |rule| rule.law)),
            holidays: of_law(&self.holidays, law, |rule| rule.law),
            closures: of_law(&self.closures, law, |rule| rule.law),
        }
    }
}

/// What the engine asks about a day and an hour.
#[derive(Clone, Copy)]
pub(super) struct LawRules<'a> {
    pub hours: LawRows<'a>,
    pub holidays: &'a [Holiday],
    pub closures: &'a [PlaceClosure],
}

impl<'a> From<&'a RuleTable> for LawRules<'a> {
    fn from(table: &'a RuleTable) -> Self {
        LawRules { hours: LawRows(&table.hours), holidays: &table.holidays, closures: &table.closures }
    }
}

impl<'a> From<&'a [HourRule]> for LawRules<'a> {
    fn from(rules: &'a [HourRule]) -> Self {
        LawRules { hours: LawRows(rules), holidays: &[], closures: &[] }
    }
}

/// The hours of one law, oldest first.
#[derive(Clone, Copy)]
pub(super) struct LawRows<'a>(pub &'a [HourRule]);

impl<'a> LawRows<'a> {
    /// Those in force on a local day (days since 1970). Usually one; several of one date all hold.
    pub fn on(self, day: i64, weekday: u8) -> impl Iterator<Item = &'a HourRule> {
        let speaks = move |rule: &&HourRule| rule.days.contains(weekday) && rule.dated.holds_on(day);
        let newest = self.0.iter().rev().find(speaks).map(|rule| rule.dated.from);
        self.0.iter().filter(move |rule| Some(rule.dated.from) == newest && speaks(rule))
    }
}

/// The rules of one law among rules that are ordered by law.
pub(super) fn of_law<T>(rules: &[T], law: RuleAuthority, of: impl Fn(&T) -> RuleAuthority) -> &[T] {
    let first = rules.partition_point(|rule| of(rule) < law);
    let after = rules.partition_point(|rule| of(rule) <= law);
    rules.get(first..after).unwrap_or_default()
}

/// The one that began last among those that hold on a date.
pub(super) fn newest<'a, T>(
    rules: impl Iterator<Item = &'a T>,
    date: NaiveDate,
    dated: impl Fn(&T) -> &RuleDates,
) -> Option<&'a T> {
    rules.filter(|rule| dated(rule).holds(date)).max_by_key(|rule| dated(rule).from)
}
