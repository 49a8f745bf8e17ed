//! Is a rule stricter or looser than others of its topic? For the page on which an administrator compares new built-in rules
//! with the rules in effect. It must not decide anything: the engine asks every rule, whatever this says.

use std::cmp::Ordering;

use chrono::{Datelike, Days, NaiveDate};

use super::closed_days::{Falls, Holiday};
use super::dated::{Dated, day_number};
use super::hour_rule::Allowed;
use super::rule::Rule;
use super::rule_table::{LawRules, Table, newest};

/// So many days are compared: every holiday falls within them.
const COMPARED_DAYS: u64 = 366;
/// The minutes of a day.
const WHOLE_DAY: (u16, u16) = (0, 24 * 60);

/// How a rule compares with others of its topic.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Strictness {
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

impl Strictness {
    /// What the rule does when it is added.
    pub fn label(self) -> &'static str {
        match self {
            Strictness::New => "New",
            Strictness::Stricter => "Stricter",
            Strictness::Looser => "Looser",
            Strictness::Mixed => "Stricter at some hours, looser at others",
            Strictness::Same => "No difference",
            Strictness::Ended => "Ended",
        }
    }

    /// What changes when the rule is removed.
    pub fn label_without(self) -> &'static str {
        match self {
            Strictness::New | Strictness::Stricter => "Looser without it",
            Strictness::Looser => "Stricter without it",
            other => other.label(),
        }
    }

    fn of(is_stricter: bool, is_looser: bool) -> Strictness {
        match (is_stricter, is_looser) {
            (true, true) => Strictness::Mixed,
            (true, false) => Strictness::Stricter,
            (false, true) => Strictness::Looser,
            (false, false) => Strictness::Same,
        }
    }
}

/// Compares a rule with others of its topic from this day on.
pub fn strictness(rule: &Rule, others: &[Rule], today: NaiveDate) -> Strictness {
    let dated = rule.dated();
    if dated.until.is_some_and(|until| until < today) {
        return Strictness::Ended;
    }
    if others.is_empty() {
        return Strictness::New;
    }
    let (from, table) = (first_day(rule, today), Table::new(others.to_vec()));
    match rule {
        Rule::Cap(rule) => {
            let same = table.caps.iter().filter(|other| other.subject == rule.subject);
            by_amount(newest(same, from, |rule| &rule.dated).map(|other| rule.n.cmp(&other.n)))
        }
        Rule::Stop(rule) => {
            let same = table.stops.iter().filter(|other| other.kind == rule.kind);
            by_amount(newest(same, from, |rule| &rule.dated).map(|other| other.reach.cmp(&rule.reach)))
        }
        Rule::Deadline(rule) => {
            let same = table.deadlines.iter().filter(|other| other.name == rule.name);
            by_amount(newest(same, from, |rule| &rule.dated).map(|other| rule.amount.cmp(&other.amount)))
        }
        Rule::Hours(_) | Rule::Holiday(_) | Rule::Closure(_) => by_days(rule, &table, from, dated),
    }
}

/// The first day from today on that it may say something about.
fn first_day(rule: &Rule, today: NaiveDate) -> NaiveDate {
    let from = rule.dated().from.max(today);
    match rule {
        Rule::Holiday(Holiday { falls: Falls::Date(day), .. }) => from.max(day.pred_opt().unwrap_or(*day)),
        _ => from,
    }
}

/// The smaller amount is the stricter one.
fn by_amount(order: Option<Ordering>) -> Strictness {
    match order {
        None => Strictness::New,
        Some(order) => Strictness::of(order == Ordering::Less, order == Ordering::Greater),
    }
}

/// Day by day, on the days on which the rule says something.
fn by_days(rule: &Rule, others: &Table, from: NaiveDate, dated: &Dated) -> Strictness {
    let alone = Table::new(vec![rule.clone()]);
    let last = dated.until.unwrap_or(NaiveDate::MAX);
    let days = (0..COMPARED_DAYS).filter_map(|n| from.checked_add_days(Days::new(n)));
    let (mut is_stricter, mut is_looser) = (false, false);
    for date in days.take_while(|date| *date <= last) {
        let Some(mine) = open_minutes(&alone, date) else { continue };
        let theirs = open_minutes(others, date).unwrap_or(WHOLE_DAY);
        is_stricter |= has_more(theirs, mine);
        is_looser |= has_more(mine, theirs);
    }
    Strictness::of(is_stricter, is_looser)
}

/// From which minute until which one texts are allowed; none when no rule speaks of the day.
fn open_minutes(table: &Table, date: NaiveDate) -> Option<(u16, u16)> {
    let (rules, day) = (LawRules::from(table), day_number(date));
    let is_closed = rules.holidays.iter().any(|holiday| holiday.is_on(date))
        || rules.closures.iter().any(|closure| closure.dated.holds_on(day));
    if is_closed {
        return Some((0, 0));
    }
    let weekday = u8::try_from(date.weekday().num_days_from_monday()).unwrap_or_default();
    let spans = rules.hours.on(day, weekday).map(|rule| match rule.allowed {
        Allowed::Between(from, until) => (from, until),
        Allowed::Nothing => (0, 0),
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

    fn found(rule: &str, others: &[&str]) -> Strictness {
        let others: Vec<Rule> = others.iter().map(|line| line.parse().unwrap()).collect();
        strictness(&rule.parse().unwrap(), &others, "2026-11-03".parse().unwrap())
    }

    #[test]
    fn rules_are_compared_with_those_of_their_topic() {
        use Strictness::*;
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
