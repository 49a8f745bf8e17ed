//! One row of the quiet hours: where, on which days, from when until when, since what date, and who says so. Rows are
//! data that an administrator edits; each has a form of one line, in which it is stored, shown and read back.

use serde::{Deserialize, Serialize};

use super::dated::RuleDates;
use super::region::Region;

/// The weekdays, short and long.
pub(super) const NAMES: [(&str, &str); 7] = [
    ("Mon", "Monday"),
    ("Tue", "Tuesday"),
    ("Wed", "Wednesday"),
    ("Thu", "Thursday"),
    ("Fri", "Friday"),
    ("Sat", "Saturday"),
    ("Sun", "Sunday"),
];

/// Whose rule it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum RuleAuthority {
    /// The federal rule: holds everywhere.
    Federal,
    /// A state, the District or a territory, beside the federal rule.
    State(Region),
    /// The house's own caution where nobody knows the recipient's state.
    Unknown,
    /// The hours a program keeps by its own choice. No line of the rulebook.
    Program,
}

/// A set of weekdays. Never empty.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct WeekdaySet(pub(super) u8);

/// What a rule permits on its days.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AllowedHours {
    /// Texts from the first minute of the local day until before the second.
    Between(u16, u16),
    /// No texts.
    Nothing,
}

/// One dated row of the quiet hours.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct HourRule {
    /// Whose rule.
    pub law: RuleAuthority,
    /// When it holds, and its source.
    pub dated: RuleDates,
    /// On which days.
    pub days: WeekdaySet,
    /// What it permits.
    pub allowed: AllowedHours,
}

impl WeekdaySet {
    /// Monday to Sunday.
    pub const EVERY: WeekdaySet = WeekdaySet(0b111_1111);

    /// True when the weekday (0 for Monday) is one of them.
    pub const fn contains(self, weekday: u8) -> bool {
        weekday < 7 && self.0 & (1 << weekday) != 0
    }

    /// Each of them: "Mon", "Tue".
    pub fn names(self) -> Vec<&'static str> {
        let named = (0u8..).zip(NAMES).filter(|(weekday, _)| self.contains(*weekday));
        named.map(|(_, (short, _))| short).collect()
    }

    /// Runs of three days and more are written as a span, the others one by one.
    pub fn runs(
        self,
        span: &str,
        and: &str,
        name: fn((&'static str, &'static str)) -> &'static str,
    ) -> String {
        let mut parts: Vec<String> = Vec::new();
        let mut run: Vec<&str> = Vec::new();
        for (weekday, names) in (0u8..).zip(NAMES.map(Some).into_iter().chain([None])) {
            match names {
                Some(names) if self.contains(weekday) => run.push(name(names)),
                _ => match run.as_slice() {
                    [first, _, .., last] => {
                        parts.push(format!("{first}{span}{last}"));
                        run.clear();
                    }
                    _ => parts.extend(run.drain(..).map(str::to_owned)),
                },
            }
        }
        parts.join(and)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_and_written_the_same() {
        for line in [
            "federal,Mon-Sun,08:00-21:00,1992-12-20,,Q,47 CFR 64.1200(c)(1): not before 8, not after 21",
            "FL,Mon-Sun,08:00-20:00,2021-07-01,2030-06-30,P,a source, with commas",
            "AL,Sun,closed,2000-01-01,,S,RULES §7",
            "unknown,Mon-Fri Sun,10:30-24:00,2000-01-01,,-,house",
        ] {
            let rule: HourRule = line.parse().unwrap();
            assert_eq!(rule.to_string(), line);
        }
        let loose: HourRule = " TX , sat sun mon , 9:00-21:00 , 2020-01-01 ,, Q, x ".parse().unwrap();
        assert_eq!(loose.to_string(), "TX,Mon Sat Sun,09:00-21:00,2020-01-01,,Q,x");
    }

    #[test]
    fn what_is_no_rule_is_refused_with_its_reason() {
        use super::super::rule_error::RuleError::*;
        for (line, reason) in [
            ("", Parts),
            ("FL,Mon-Sun,08:00-20:00,2021-07-01,,Q", Parts),
            ("XX,Mon,08:00-20:00,2021-07-01,,Q,x", Law),
            ("fl,Mon,08:00-20:00,2021-07-01,,Q,x", Law),
            ("ON,Mon,08:00-20:00,2021-07-01,,Q,x", Law),
            ("FL,,08:00-20:00,2021-07-01,,Q,x", Days),
            ("FL,Sun-Mon,08:00-20:00,2021-07-01,,Q,x", Days),
            ("FL,Monday,08:00-20:00,2021-07-01,,Q,x", Days),
            ("FL,Mon,08:00,2021-07-01,,Q,x", Hours),
            ("FL,Mon,20:00-08:00,2021-07-01,,Q,x", Hours),
            ("FL,Mon,08:00-08:00,2021-07-01,,Q,x", Hours),
            ("FL,Mon,08:00-24:01,2021-07-01,,Q,x", Hours),
            ("FL,Mon,+8:00-20:00,2021-07-01,,Q,x", Hours),
            ("FL,Mon,08:60-20:00,2021-07-01,,Q,x", Hours),
            ("FL,Mon,08:00-20:00,2021-02-30,,Q,x", Date),
            ("FL,Mon,08:00-20:00,2021-07-01,2021-06-30,Q,x", Until),
            ("FL,Mon,08:00-20:00,2021-07-01,,Z,x", Certainty),
            ("FL,Mon,08:00-20:00,2021-07-01,,Q,", Source),
            ("FL,Mon,08:00-20:00,2021-07-01,,Q,two\nlines", Source),
        ] {
            assert_eq!(line.parse::<HourRule>(), Err(reason), "{line}");
        }
    }
}
