//! The rulebook's rules in English: whose they are and what they say.

use crate::domain::schedule::{
    AllowedHours, HourRule, RuleAuthority, ScheduleRule, Subject, TimeAllowed, WeekdaySet,
};

use super::labels::Label;
use super::{InWords, counted};

/// A law's name inside a sentence: "Florida", "federal law".
pub fn authority_name(law: RuleAuthority) -> &'static str {
    match law {
        RuleAuthority::Federal => "federal law",
        RuleAuthority::State(state) => state.name(),
        RuleAuthority::Unknown => "the rule for an unknown place",
        RuleAuthority::Program => "the program",
    }
}

/// "8:00 AM to 8:00 PM", "no texts on Sunday".
pub(super) fn hours_text(days: WeekdaySet, allowed: AllowedHours) -> String {
    let days = |before: &str| match days {
        WeekdaySet::EVERY => String::new(),
        days => format!("{before}{}", days.words()),
    };
    match allowed {
        AllowedHours::Between(from, until) => {
            format!("{} to {}{}", clock(from), clock(until), days(", "))
        }
        AllowedHours::Nothing => format!("no texts{}", days(" on ")),
    }
}

/// "Monday to Saturday", "Sunday".
impl InWords for WeekdaySet {
    fn words(&self) -> String {
        self.runs(" to ", " and ", |(_, long)| long)
    }
}

/// "8:00 AM to 8:00 PM", "no texts on Sunday".
impl InWords for HourRule {
    fn words(&self) -> String {
        hours_text(self.days, self.allowed)
    }
}

/// "1 minute", "10 business days".
impl InWords for TimeAllowed {
    fn words(&self) -> String {
        counted(self.amount, self.name.unit().trim_end_matches('s'))
    }
}

/// "9:00 AM to 7:00 PM, Monday to Saturday", "no texts on Good Friday (easter-2)".
impl InWords for ScheduleRule {
    fn words(&self) -> String {
        match self {
            ScheduleRule::Hours(rule) => rule.words(),
            ScheduleRule::Holiday(rule) => format!("no texts on {} ({})", rule.name, rule.falls),
            ScheduleRule::Closure(_) => "no texts at all".to_owned(),
            ScheduleRule::Cap(rule) => format!("at most {}", cap_value(rule.n, rule.subject)),
            ScheduleRule::Stop(rule) => rule.reach.label().to_owned(),
            ScheduleRule::Deadline(rule) => rule.time().words(),
        }
    }
}

/// "3 texts in any 24 hours from one program".
pub(super) fn cap_value(n: u32, subject: Subject) -> String {
    let subject = match subject {
        Subject::Program => "from one program",
        Subject::All => "from all programs together",
    };
    format!("{} in any 24 hours {subject}", counted(n, "text"))
}

/// "8:00 AM", "midnight" for the end of a day.
pub(super) fn clock(minute: u16) -> String {
    let (hour, half) = match minute / 60 {
        24 => return "midnight".to_owned(),
        0 => (12, "AM"),
        hour @ 1..12 => (hour, "AM"),
        12 => (12, "PM"),
        hour => (hour - 12, "PM"),
    };
    format!("{hour}:{:02} {half}", minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_are_said_in_words() {
        let words = |line: &str| {
            let rule: HourRule = line.parse().unwrap();
            format!("{} allows {}", authority_name(rule.law), rule.words())
        };
        assert_eq!(words("FL,Mon-Sun,08:00-20:00,2021-07-01,,Q,x"), "Florida allows 8:00 AM to 8:00 PM");
        assert_eq!(words("AL,Sun,closed,2021-07-01,,Q,x"), "Alabama allows no texts on Sunday");
        assert_eq!(
            words("TX,Mon-Sat,09:00-21:00,2021-07-01,,Q,x"),
            "Texas allows 9:00 AM to 9:00 PM, Monday to Saturday"
        );
        assert_eq!(
            words("RI,Sat Sun,10:00-17:00,2021-07-01,,Q,x"),
            "Rhode Island allows 10:00 AM to 5:00 PM, Saturday and Sunday"
        );
    }
}
