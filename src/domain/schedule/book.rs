//! The rulebook: every dated rule together, and which of them are in force for whom on a day. An administrator publishes
//! rules of their own; the built-in rules of an edition that those do not answer yet hold beside them.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::LazyLock;

use chrono::NaiveDate;

use super::dated::day_number;
use super::hour_rule::{HourRule, RuleAuthority, WeekdaySet};
use super::legal_cap::LegalCap;
use super::place::Location;
use super::revocation::{DeadlineName, Reach, RevocationDeadlines, TextKind};
use super::rule::{ScheduleRule, next_change};
use super::rule_table::{LawRows, LawRules, RuleTable, newest, of_law};
use super::rulebook_text::normal_lines;
use super::zone::{DAY, TimeZone};
use crate::domain::time::Timestamp;

/// All dated rules, in order. Built once and shared: the gate asks it for every message.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Rulebook {
    /// Those that an administrator published, or else the built-in ones.
    own: RuleTable,
    /// Built-in rules that no administrator has decided on: they hold as well, so only where they are stricter.
    unanswered: RuleTable,
    /// The edition of the built-in rules that the own ones answer.
    answered: u32,
}

/// The built-in rules, each with the edition that brought it.
static BUILTIN_ROWS: LazyLock<Vec<(u32, ScheduleRule)>> = LazyLock::new(|| {
    let files = [
        include_str!("data/hours.csv"),
        include_str!("data/holidays.csv"),
        include_str!("data/caps.csv"),
        include_str!("data/stop.csv"),
        include_str!("data/deadlines.csv"),
    ];
    let row = |line: &str| {
        let (edition, rule) = line.split_once(',')?;
        Some((edition.parse().ok()?, rule.parse().ok()?))
    };
    files.into_iter().flat_map(super::data_lines::lines).filter_map(row).collect()
});

static BUILTIN: LazyLock<Rulebook> = LazyLock::new(|| {
    let rows = BUILTIN_ROWS.iter().map(|(_, rule)| rule.clone()).collect();
    Rulebook { own: RuleTable::new(rows), unanswered: RuleTable::default(), answered: Rulebook::edition() }
});

impl Rulebook {
    /// The rules as this version knows them.
    pub fn builtin() -> &'static Rulebook {
        &BUILTIN
    }

    /// The latest edition of the built-in rules.
    pub fn edition() -> u32 {
        BUILTIN_ROWS.iter().map(|(edition, _)| *edition).max().unwrap_or_default()
    }

    /// The rules an administrator keeps, and which edition of the built-in ones they answer. What they leave out for the
    /// whole country or for an unknown place is built in: an empty table must not mean that everything is allowed.
    pub fn new(rows: Vec<ScheduleRule>, answered: u32) -> Rulebook {
        let topics: BTreeSet<String> = rows.iter().map(ScheduleRule::topic).collect();
        let is_missing = |rule: &ScheduleRule| {
            let is_needed = match rule {
                ScheduleRule::Hours(rule) => {
                    matches!(rule.law, RuleAuthority::Federal | RuleAuthority::Unknown)
                }
                ScheduleRule::Stop(_) | ScheduleRule::Deadline(_) => true,
                ScheduleRule::Holiday(_) | ScheduleRule::Closure(_) | ScheduleRule::Cap(_) => false,
            };
            is_needed && !topics.contains(&rule.topic())
        };
        let new = BUILTIN_ROWS.iter().filter(|(edition, rule)| *edition > answered && !rows.contains(rule));
        let unanswered = RuleTable::new(new.map(|(_, rule)| rule.clone()).collect());
        let filled = BUILTIN_ROWS.iter().map(|(_, rule)| rule).filter(|rule| is_missing(rule)).cloned();
        let own = RuleTable::new(rows.iter().cloned().chain(filled).collect());
        Rulebook { own, unanswered, answered }
    }

    /// The built-in rules of an edition as text, to compare the first published version with.
    pub fn builtin_text(edition: i32) -> String {
        match edition {
            1 => normal_lines(include_str!("data/first_edition.csv")),
            _ => BUILTIN.to_string(),
        }
    }

    /// The edition of the built-in rules that an administrator has decided on.
    pub fn answered(&self) -> u32 {
        self.answered
    }

    /// Every rule of its own, in order.
    pub fn rules(&self) -> Vec<ScheduleRule> {
        self.own.rules()
    }

    /// Built-in rules that wait for an administrator's decision.
    pub fn unanswered(&self) -> Vec<ScheduleRule> {
        self.unanswered.rules()
    }

    /// Every row of the hours: by law, oldest first.
    pub fn hours(&self) -> &[HourRule] {
        &self.own.hours
    }

    /// The hours of one law, oldest first.
    pub fn of(&self, law: RuleAuthority) -> &[HourRule] {
        of_law(&self.own.hours, law, |rule| rule.law)
    }

    /// What a STOP with a program's code reaches, for a program of this kind: the strictest rule that holds now.
    pub fn stop_reach(&self, kind: TextKind, now: Timestamp) -> Reach {
        let day = federal_day(now);
        let reach = |table: &RuleTable| {
            let of_kind = table.stops.iter().filter(|rule| rule.kind == kind);
            newest(of_kind, day, |rule| &rule.dated).map(|rule| rule.reach)
        };
        self.tables().into_iter().filter_map(reach).max().unwrap_or(Reach::All)
    }

    /// The deadlines now: of several rules the shortest.
    pub fn deadlines(&self, now: Timestamp) -> RevocationDeadlines {
        let day = federal_day(now);
        let amount = |name: DeadlineName| {
            let of_name = |table: &RuleTable| {
                let known = || table.deadlines.iter().filter(|rule| rule.name == name);
                // Before its first date the oldest one holds: there is always a deadline.
                newest(known(), day, |rule| &rule.dated).or(known().next()).map(|rule| rule.amount)
            };
            self.tables().into_iter().filter_map(of_name).min().unwrap_or(1)
        };
        RevocationDeadlines {
            confirm_minutes: amount(DeadlineName::Confirm),
            honor_days: amount(DeadlineName::Honor),
            review_days: amount(DeadlineName::Review),
        }
    }

    /// True when a person has closed any place: closures hold for programs without hours of their own, too.
    pub fn has_closures(&self) -> bool {
        self.tables().into_iter().any(|table| !table.closures.is_empty())
    }

    /// The caps by law where a recipient may be, on the federal date.
    pub fn caps(&self, places: &[Location], now: Timestamp) -> Vec<&LegalCap> {
        let (day, mut found) = (federal_day(now), Vec::new());
        let is_meant = |rule: &LegalCap| match rule.law {
            RuleAuthority::Federal => true,
            law => places.iter().any(|place| place.may_have(law)),
        };
        for table in self.tables() {
            for rule in table.caps.iter().filter(|rule| is_meant(rule)) {
                let same =
                    table.caps.iter().filter(|other| (other.law, other.subject) == (rule.law, rule.subject));
                let newest = newest(same, day, |rule| &rule.dated);
                if newest == Some(rule) && !found.contains(&rule) {
                    found.push(rule);
                }
            }
        }
        found
    }

    /// The next date after this one on which the hours of a law are others, if one is known.
    pub fn next_change(&self, law: RuleAuthority, date: NaiveDate) -> Option<NaiveDate> {
        next_change(self.of(law).iter().map(|rule| &rule.dated), date)
    }

    /// The rows of one law that hold on a date, each with those of its weekdays that no newer row has taken: for the page.
    pub fn rows_in_force(&self, law: RuleAuthority, date: NaiveDate) -> Vec<(HourRule, ScheduleRule)> {
        let rows = LawRows(self.of(law));
        let holds = |rule: &HourRule, weekday| rows.on(day_number(date), weekday).any(|found| found == rule);
        let left =
            |rule: &HourRule| (0..7).filter(|day| holds(rule, *day)).fold(0, |days, day| days | 1 << day);
        let narrowed = |rule: &HourRule| HourRule { days: WeekdaySet(left(rule)), ..rule.clone() };
        let rows = self.of(law).iter().map(|rule| (narrowed(rule), ScheduleRule::Hours(rule.clone())));
        rows.filter(|(left, _)| left.days != WeekdaySet(0)).collect()
    }

    /// The same, as far as they are left.
    pub fn in_force(&self, law: RuleAuthority, date: NaiveDate) -> Vec<HourRule> {
        self.rows_in_force(law, date).into_iter().map(|(left, _)| left).collect()
    }

    /// The laws that have hours: federal first, then the states by their letters, at the end the unknown place.
    pub fn laws(&self) -> Vec<RuleAuthority> {
        let mut laws: Vec<RuleAuthority> = self.own.hours.iter().map(|rule| rule.law).collect();
        laws.dedup();
        laws
    }

    /// The first place and the days on which any hour would be allowed; none when no day is left without hours.
    pub fn left_open(&self, date: NaiveDate) -> Option<(RuleAuthority, WeekdaySet)> {
        [RuleAuthority::Federal, RuleAuthority::Unknown].into_iter().find_map(|law| {
            let days = self.in_force(law, date).iter().fold(0, |days, rule| days | rule.days.0);
            (days != WeekdaySet::EVERY.0).then_some((law, WeekdaySet(WeekdaySet::EVERY.0 & !days)))
        })
    }

    /// What the engine asks for one law: its own rules, and those that are not answered yet.
    pub(super) fn of_place(&self, law: RuleAuthority) -> impl Iterator<Item = LawRules<'_>> {
        self.tables().into_iter().map(move |table| table.of(law))
    }

    /// Every state's holidays and closures: for a place that may be any of them.
    pub(super) fn anywhere(&self) -> impl Iterator<Item = LawRules<'_>> {
        let all = |table| LawRules { hours: LawRows(&[]), ..LawRules::from(table) };
        self.tables().into_iter().map(all)
    }

    fn tables(&self) -> [&RuleTable; 2] {
        [&self.own, &self.unanswered]
    }
}

/// The date in Washington. The federal rules' dates begin there.
pub fn federal_day(now: Timestamp) -> NaiveDate {
    let day = TimeZone::find("America/New_York").map_or(0, |zone| zone.local(now).day);
    Timestamp::from_micros(day.saturating_mul(DAY)).utc().date_naive()
}

/// Its own rules as text, which [`super::RulebookText::read`] reads.
impl fmt::Display for Rulebook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.rules().iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}
