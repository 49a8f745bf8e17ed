//! Is a rule stricter or looser than others of its topic? For the page on which an administrator compares new built-in rules
//! with the rules in effect. It must not decide anything: the engine asks every rule, whatever this says.

use std::cmp::Ordering;

use chrono::{Datelike, Days, NaiveDate};

use super::closed_days::{Holiday, HolidayDate};
use super::dated::{RuleDates, day_number};
use super::hour_rule::AllowedHours;
use super::rule::ScheduleRule;
use super::rule_table::{LawRules, RuleTable, newest};

/// So many days are compared: every holiday falls within them.
const COMPARED_DAYS: u64 = 366;
/// The minutes of a day.
const WHOLE_DAY: (u16, u16) = (0, 24 * 60);

/// How a rule compares with others of its topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RuleStrictness {
    /// There is no other one.
    New,
    /// It allows less.
    Stricter,
    /// It allows more.
    Looser,
    /// It allows less on some days or hours, and more on others.
    Mixed,
    /// It makes no difference.
    Same,
    /// Its last day has passed.
    Ended,
}

impl RuleStrictness {
    fn of(is_stricter: bool, is_looser: bool) -> RuleStrictness {
        match (is_stricter, is_looser) {
            (true, true) => RuleStrictness::Mixed,
            (true, false) => RuleStrictness::Stricter,
            (false, true) => RuleStrictness::Looser,
            (false, false) => RuleStrictness::Same,
        }
    }
}

/// Compares a rule with others of its topic from this day on.
pub fn strictness(rule: &ScheduleRule, others: &[ScheduleRule], today: NaiveDate) -> RuleStrictness {
    let dated = rule.dated();
    if dated.until.is_some_and(|until| until < today) {
        return RuleStrictness::Ended;
    }
    if others.is_empty() {
        return RuleStrictness::New;
    }
    let (from, table) = (first_day(rule, today), RuleTable::new(others.to_vec()));
    match rule {
        ScheduleRule::Cap(rule) => {
            let same = table.caps.iter().filter(|other| other.subject == rule.subject);
            by_amount(newest(same, from, |rule| &rule.dated).map(|other| rule.n.cmp(&other.n)))
        }
        ScheduleRule::Stop(rule) => {
            let same = table.stops.iter().filter(|other| other.kind == rule.kind);
            by_amount(newest(same, from, |rule| &rule.dated).map(|other| other.reach.cmp(&rule.reach)))
        }
        ScheduleRule::Deadline(rule) => {
            let same = table.deadlines.iter().filter(|other| other.name == rule.name);
            by_amount(newest(same, from, |rule| &rule.dated).map(|other| rule.amount.cmp(&other.amount)))
        }
        ScheduleRule::Hours(_) | ScheduleRule::Holiday(_) | ScheduleRule::Closure(_) => {
            by_days(rule, &table, from, dated)
        }
    }
}

/// The first day from today on that it may say something about.
fn first_day(rule: &ScheduleRule, today: NaiveDate) -> NaiveDate {
    let from = rule.dated().from.max(today);
    match rule {
        ScheduleRule::Holiday(Holiday { falls: HolidayDate::Date(day), .. }) => {
            from.max(day.pred_opt().unwrap_or(*day))
        }
        _ => from,
    }
}

/// The smaller amount is the stricter one.
fn by_amount(order: Option<Ordering>) -> RuleStrictness {
    match order {
        None => RuleStrictness::New,
        Some(order) => RuleStrictness::of(order == Ordering::Less, order == Ordering::Greater),
    }
}

/// Day by day, on the days on which the rule says something.
fn by_days(rule: &ScheduleRule, others: &RuleTable, from: NaiveDate, dated: &RuleDates) -> RuleStrictness {
    let alone = RuleTable::new(vec![rule.clone()]);
    let last = dated.until.unwrap_or(NaiveDate::MAX);
    let days = (0..COMPARED_DAYS).filter_map(|n| from.checked_add_days(Days::new(n)));
    let (mut is_stricter, mut is_looser) = (false, false);
    for date in days.take_while(|date| *date <= last) {
        let Some(mine) = open_minutes(&alone, date) else { continue };
        let theirs = open_minutes(others, date).unwrap_or(WHOLE_DAY);
        is_stricter |= has_more(theirs, mine);
        is_looser |= has_more(mine, theirs);
    }
    RuleStrictness::of(is_stricter, is_looser)
}

/// From which minute until which one texts are allowed; none when no rule speaks of the day.
fn open_minutes(table: &RuleTable, date: NaiveDate) -> Option<(u16, u16)> {
    let (rules, day) = (LawRules::from(table), day_number(date));
    let is_closed = rules.holidays.iter().any(|holiday| holiday.is_on(date))
        || rules.closures.iter().any(|closure| closure.dated.holds_on(day));
    if is_closed {
        return Some((0, 0));
    }
    let weekday = u8::try_from(date.weekday().num_days_from_monday()).unwrap_or_default();
    let spans = rules.hours.on(day, weekday).map(|rule| match rule.allowed {
        AllowedHours::Between(from, until) => (from, until),
        AllowedHours::Nothing => (0, 0),
    });
    spans.reduce(|a, b| (a.0.max(b.0), a.1.min(b.1)))
}

/// True when the first span has a minute that the second one lacks.
fn has_more(a: (u16, u16), b: (u16, u16)) -> bool {
    let is_empty = |span: (u16, u16)| span.0 >= span.1;
    !is_empty(a) && (is_empty(b) || a.0 < b.0 || a.1 > b.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(rule: &str, others: &[&str]) -> RuleStrictness {
        let others: Vec<ScheduleRule> = others.iter().map(|line| line.parse().unwrap()).collect();
        strictness(&rule.parse().unwrap(), &others, "2026-11-03".parse().unwrap())
    }

    #[test]
    fn rules_are_compared_with_those_of_their_topic() {
        use RuleStrictness::*;
        let hours = |text: &str| format!("hours,NJ,{text},,Q,x");
        let (wide, sunday) = (hours("Mon-Sun,08:00-21:00,2000-01-01"), hours("Sun,closed,2000-01-01"));
        for (rule, others, expected) in [
            (hours("Mon-Sun,09:00-20:00,2000-01-01").as_str(), &[][..], New),
            (&hours("Mon-Sun,09:00-20:00,2000-01-01"), &[wide.as_str()], Stricter),
            (&wide, &[&hours("Mon-Sun,09:00-20:00,2000-01-01")], Looser),
            (&hours("Mon-Sun,07:00-20:00,2000-01-01"), &[&wide], Mixed),
            (&hours("Mon-Fri,08:00-21:00,2026-12-01"), &[&wide], Same),
            (&sunday, &[&wide], Stricter),
            (&wide, &[&sunday], Mixed),
            ("hours,NJ,Mon-Sun,09:00-20:00,2000-01-01,2026-10-17,Q,x", &[&wide], Ended),
            ("holiday,PA,Flag Day,fixed 06-14,stays,2019-12-03,,Q,x", &[], New),
            ("cap,FL,3,program,2021-07-01,,P,x", &["cap,FL,5,program,2021-07-01,,P,x"], Stricter),
            ("cap,FL,3,program,2021-07-01,,P,x", &["cap,FL,5,all,2021-07-01,,P,x"], New),
            (
                "stop,informational,program,2025-04-11,,Q,x",
                &["stop,informational,all,2025-04-11,,Q,x"],
                Looser,
            ),
            ("deadline,honor,10,2025-04-11,,Q,x", &["deadline,honor,30,2025-04-11,,Q,x"], Stricter),
            ("closure,LA,2026-11-03,2026-11-09,Q,x", &["closure,LA,2026-11-01,,Q,x"], Same),
        ] {
            assert_eq!(found(rule, others), expected, "{rule} beside {others:?}");
        }
        let eve = "holiday,PA,Christmas Eve,fixed 12-24,stays,2019-12-03,,Q,x";
        let christmas = "holiday,PA,Christmas,fixed 12-25,stays,2019-12-03,,Q,x";
        assert_eq!(found(eve, &[christmas]), Stricter);
        assert_eq!(found(christmas, &[christmas]), Same);
    }
}
