//! How a rule is written in one line, and read back. What is written is read the same; what an administrator mistypes is
//! refused with a reason.

use std::fmt;
use std::str::FromStr;

use super::dated::{Certainty, RuleDates, date, source_line};
use super::hour_rule::{AllowedHours, HourRule, NAMES, RuleAuthority, WeekdaySet};
use super::region::Region;
use super::rule_error::RuleError;

/// Minutes of a day.
const DAY_MINUTES: u16 = 24 * 60;

impl FromStr for HourRule {
    type Err = RuleError;
    fn from_str(line: &str) -> Result<HourRule, RuleError> {
        let mut parts = line.splitn(4, ',').map(str::trim);
        let mut part = || parts.next().ok_or(RuleError::Parts);
        let (law, days, allowed, dated) = (part()?, part()?, part()?, part()?);
        let (law, days, allowed) = (law.parse()?, days.parse()?, allowed.parse()?);
        Ok(HourRule { law, dated: dated.parse()?, days, allowed })
    }
}

impl HourRule {
    /// Reads a line as the first edition wrote it: place, days, hours, first date, source.
    pub(super) fn of_first_edition(line: &str) -> Result<HourRule, RuleError> {
        let mut parts = line.splitn(5, ',').map(str::trim);
        let mut part = || parts.next().ok_or(RuleError::Parts);
        let (law, days, allowed, from, source) = (part()?, part()?, part()?, part()?, part()?);
        let (from, source) = (date(from)?, source_line(source)?);
        let dated = RuleDates { from, until: None, certainty: Certainty::Unstated, source };
        Ok(HourRule { law: law.parse()?, dated, days: days.parse()?, allowed: allowed.parse()? })
    }
}

impl fmt::Display for HourRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let HourRule { law, dated, days, allowed } = self;
        write!(f, "{law},{days},{allowed},{dated}")
    }
}

impl FromStr for RuleAuthority {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<RuleAuthority, RuleError> {
        match text {
            "federal" => Ok(RuleAuthority::Federal),
            "unknown" => Ok(RuleAuthority::Unknown),
            state => Region::state(state).map(RuleAuthority::State).ok_or(RuleError::Law),
        }
    }
}

/// As it is kept with a message: a program's own hours are no line of the rulebook, but they decide as well.
impl TryFrom<String> for RuleAuthority {
    type Error = &'static str;
    fn try_from(text: String) -> Result<RuleAuthority, &'static str> {
        match text.as_str() {
            "program" => Ok(RuleAuthority::Program),
            law => law.parse().map_err(|_: RuleError| "no such law"),
        }
    }
}

impl From<RuleAuthority> for String {
    fn from(law: RuleAuthority) -> String {
        law.to_string()
    }
}

impl fmt::Display for RuleAuthority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            RuleAuthority::Federal => "federal",
            RuleAuthority::Unknown => "unknown",
            RuleAuthority::Program => "program",
            RuleAuthority::State(state) => state.letters(),
        })
    }
}

impl FromStr for WeekdaySet {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<WeekdaySet, RuleError> {
        let weekday = |name: &str| NAMES.iter().position(|(short, _)| short.eq_ignore_ascii_case(name));
        let mut days = 0;
        for part in text.split_ascii_whitespace() {
            let (first, last) = part.split_once('-').unwrap_or((part, part));
            let (first, last) = weekday(first).zip(weekday(last)).ok_or(RuleError::Days)?;
            if first > last {
                return Err(RuleError::Days);
            }
            days |= (first..=last).fold(0, |days, weekday| days | 1 << weekday);
        }
        if days == 0 { Err(RuleError::Days) } else { Ok(WeekdaySet(days)) }
    }
}

impl fmt::Display for WeekdaySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.runs("-", " ", |(short, _)| short))
    }
}

impl FromStr for AllowedHours {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<AllowedHours, RuleError> {
        if text == "closed" {
            return Ok(AllowedHours::Nothing);
        }
        let minute = |text: &str| -> Option<u16> {
            let (hours, minutes) = text.split_once(':')?;
            let digits =
                |part: &str| part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse().ok())?;
            let (hours, minutes): (u16, u16) = (digits(hours)?, digits(minutes)?);
            (hours <= 24 && minutes < 60)
                .then_some(hours * 60 + minutes)
                .filter(|minute| *minute <= DAY_MINUTES)
        };
        let (from, until) = text.split_once('-').ok_or(RuleError::Hours)?;
        let (from, until) = minute(from).zip(minute(until)).ok_or(RuleError::Hours)?;
        if from < until { Ok(AllowedHours::Between(from, until)) } else { Err(RuleError::Hours) }
    }
}

impl fmt::Display for AllowedHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            AllowedHours::Nothing => f.write_str("closed"),
            AllowedHours::Between(from, until) => {
                let (a, b, c, d) = (from / 60, from % 60, until / 60, until % 60);
                write!(f, "{a:02}:{b:02}-{c:02}:{d:02}")
            }
        }
    }
}
