//! The hours a program keeps by its own choice, on the recipient's clock, beside whatever the law allows. A day that is
//! not named is a day without texts.

use std::str::FromStr;

use chrono::NaiveDate;

use super::dated::{Certainty, RuleDates};
use super::hour_rule::{AllowedHours, HourRule, RuleAuthority, WeekdaySet};
use super::rule_error::RuleError;

/// A program's own sending hours; none when it keeps those of the law alone.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct OwnHours {
    text: String,
    rules: Vec<HourRule>,
}

impl OwnHours {
    /// As an administrator writes them: "Mon-Fri 09:00-18:00, Sat 10:00-14:00". Empty for none.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True when the program adds nothing to the law.
    pub fn is_none(&self) -> bool {
        self.rules.is_empty()
    }

    pub(super) fn rules(&self) -> &[HourRule] {
        &self.rules
    }
}

fn rule(days: WeekdaySet, allowed: AllowedHours) -> HourRule {
    let (from, certainty) = (NaiveDate::MIN, Certainty::Unstated);
    let dated = RuleDates { from, until: None, certainty, source: String::new() };
    HourRule { law: RuleAuthority::Program, dated, days, allowed }
}

impl FromStr for OwnHours {
    type Err = RuleError;
    fn from_str(text: &str) -> Result<OwnHours, RuleError> {
        let mut rules = Vec::new();
        let mut named = 0;
        for part in text.split([',', ';', '\n']).map(str::trim).filter(|part| !part.is_empty()) {
            let (days, hours) = part.rsplit_once(char::is_whitespace).ok_or(RuleError::OwnHours)?;
            let (days, allowed): (WeekdaySet, AllowedHours) = (days.parse()?, hours.parse()?);
            if named & days.0 != 0 {
                return Err(RuleError::DayTwice);
            }
            named |= days.0;
            rules.push(rule(days, allowed));
        }
        if !rules.is_empty() && rules.iter().all(|rule| rule.allowed == AllowedHours::Nothing) {
            return Err(RuleError::NeverOpen);
        }
        let written = |rule: &HourRule| format!("{} {}", rule.days, rule.allowed);
        let text = rules.iter().map(written).collect::<Vec<_>>().join(", ");
        let others = WeekdaySet::EVERY.0 & !named;
        if named != 0 && others != 0 {
            rules.push(rule(WeekdaySet(others), AllowedHours::Nothing));
        }
        Ok(OwnHours { text, rules })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_are_read_as_they_are_written_and_other_days_are_closed() {
        let own: OwnHours = "mon-fri 9:00-18:00; Sat  10:00-14:00".parse().unwrap();
        assert_eq!(own.as_str(), "Mon-Fri 09:00-18:00, Sat 10:00-14:00");
        assert_eq!(own.as_str().parse::<OwnHours>().unwrap(), own);
        let lines: Vec<String> =
            own.rules().iter().map(|rule| format!("{} {} {}", rule.law, rule.days, rule.allowed)).collect();
        assert_eq!(lines, ["program Mon-Fri 09:00-18:00", "program Sat 10:00-14:00", "program Sun closed"]);
        assert!("".parse::<OwnHours>().unwrap().is_none());
        for (wrong, why) in [
            ("09:00-18:00", RuleError::OwnHours),
            ("Mon 18:00-09:00", RuleError::Hours),
            ("Mon-Fri 09:00-18:00, Fri 09:00-12:00", RuleError::DayTwice),
            ("Mon-Sun closed", RuleError::NeverOpen),
            ("Holidays 09:00-12:00", RuleError::Days),
        ] {
            assert_eq!(wrong.parse::<OwnHours>(), Err(why), "{wrong}");
        }
    }
}
