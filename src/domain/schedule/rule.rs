//! Any one rule of the rulebook: its form of one line, in which it is stored, compared and read back. The first word of the
//! line says of which kind it is. A line of the first edition, which had hours alone, has no such word and is still read.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;
use sha2::{Digest, Sha256};

use super::closed_days::{Holiday, PlaceClosure};
use super::dated::{Certainty, LONG_AGO, RuleDates, date, source_line};
use super::hour_rule::{HourRule, RuleAuthority};
use super::legal_cap::LegalCap;
use super::revocation::{Reach, RevocationDeadline, StopRule, TextKind};
use super::rule_error::RuleError;

/// One rule.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ScheduleRule {
    /// Hours at which texts may arrive.
    Hours(HourRule),
    /// A day of each year without texts.
    Holiday(Holiday),
    /// A place that is closed for a while.
    Closure(PlaceClosure),
    /// How many texts a law lets one person get.
    Cap(LegalCap),
    /// What a STOP reaches.
    Stop(StopRule),
    /// A time within which something has to be done.
    Deadline(RevocationDeadline),
}

impl ScheduleRule {
    /// The word that begins its line.
    pub fn kind(&self) -> &'static str {
        match self {
            ScheduleRule::Hours(_) => "hours",
            ScheduleRule::Holiday(_) => "holiday",
            ScheduleRule::Closure(_) => "closure",
            ScheduleRule::Cap(_) => "cap",
            ScheduleRule::Stop(_) => "stop",
            ScheduleRule::Deadline(_) => "deadline",
        }
    }

    /// Whose it is; none for those that hold by federal rule alone.
    pub fn law(&self) -> Option<RuleAuthority> {
        match self {
            ScheduleRule::Hours(rule) => Some(rule.law),
            ScheduleRule::Holiday(rule) => Some(rule.law),
            ScheduleRule::Closure(rule) => Some(rule.law),
            ScheduleRule::Cap(rule) => Some(rule.law),
            ScheduleRule::Stop(_) | ScheduleRule::Deadline(_) => None,
        }
    }

    /// When it holds, and its source.
    pub fn dated(&self) -> &RuleDates {
        match self {
            ScheduleRule::Hours(rule) => &rule.dated,
            ScheduleRule::Holiday(rule) => &rule.dated,
            ScheduleRule::Closure(rule) => &rule.dated,
            ScheduleRule::Cap(rule) => &rule.dated,
            ScheduleRule::Stop(rule) => &rule.dated,
            ScheduleRule::Deadline(rule) => &rule.dated,
        }
    }

    /// What it is about: rules of one topic replace each other by date, and are reviewed together.
    pub fn topic(&self) -> String {
        match self {
            ScheduleRule::Stop(rule) => format!("stop {}", rule.kind),
            ScheduleRule::Deadline(rule) => format!("deadline {}", rule.name),
            rule => format!("{} {}", rule.kind(), rule.law().map(|law| law.to_string()).unwrap_or_default()),
        }
    }

    /// Its name in addresses: the beginning of the hash of its line.
    pub fn id(&self) -> String {
        let hash = Sha256::digest(self.to_string().as_bytes());
        data_encoding::HEXLOWER.encode(hash.get(..8).unwrap_or_default())
    }

    /// The lines of the first edition's switch: what a code after STOP reached before a date and from it on.
    fn old_switch(text: &str) -> Result<Vec<ScheduleRule>, RuleError> {
        let mut parts = text.splitn(4, ',').map(str::trim);
        let mut part = || parts.next().ok_or(RuleError::Parts);
        let (before, after, from, source) = (part()?, part()?, part()?, part()?);
        let reach = |word: &str| match word {
            "on" => Ok(Reach::All),
            "off" => Ok(Reach::Program),
            _ => Err(RuleError::Reach),
        };
        let (from, source) = (date(from)?, source_line(source)?);
        let rule = |reach, from, until| {
            let dated = RuleDates { from, until, certainty: Certainty::Unstated, source: source.clone() };
            ScheduleRule::Stop(StopRule { kind: TextKind::Informational, reach, dated })
        };
        let last = from.pred_opt().unwrap_or(from);
        let first = LONG_AGO.min(last);
        Ok(vec![rule(reach(before)?, first, Some(last)), rule(reach(after)?, from, None)])
    }

    /// Reads a line: one rule, or the two of an old switch.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn read(line: &str) -> Result<Vec<ScheduleRule>, RuleError> {
        let (kind, rest) = line.split_once(',').ok_or(RuleError::Parts)?;
        Ok(vec![match kind.trim() {
            "hours" => ScheduleRule::Hours(rest.parse()?),
            "holiday" => ScheduleRule::Holiday(rest.parse()?),
            "closure" => ScheduleRule::Closure(rest.parse()?),
            "cap" => ScheduleRule::Cap(rest.parse()?),
            "stop" => ScheduleRule::Stop(rest.parse()?),
            "deadline" => ScheduleRule::Deadline(rest.parse()?),
            "revoke_all" => return ScheduleRule::old_switch(rest),
            _ => ScheduleRule::Hours(HourRule::of_first_edition(line)?),
        }])
    }
}

impl FromStr for ScheduleRule {
    type Err = RuleError;
    fn from_str(line: &str) -> Result<ScheduleRule, RuleError> {
        ScheduleRule::read(line)?.into_iter().next().ok_or(RuleError::Parts)
    }
}

impl fmt::Display for ScheduleRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = self.kind();
        match self {
            ScheduleRule::Hours(rule) => write!(f, "{kind},{rule}"),
            ScheduleRule::Holiday(rule) => write!(f, "{kind},{rule}"),
            ScheduleRule::Closure(rule) => write!(f, "{kind},{rule}"),
            ScheduleRule::Cap(rule) => write!(f, "{kind},{rule}"),
            ScheduleRule::Stop(rule) => write!(f, "{kind},{rule}"),
            ScheduleRule::Deadline(rule) => write!(f, "{kind},{rule}"),
        }
    }
}

/// The first date after `date` on which one of these rules begins or has ended.
pub(super) fn next_change<'a>(
    rules: impl Iterator<Item = &'a RuleDates>,
    date: NaiveDate,
) -> Option<NaiveDate> {
    let ends = |dated: &RuleDates| dated.until.and_then(|until| until.succ_opt());
    rules.flat_map(|dated| [Some(dated.from), ends(dated)]).flatten().filter(|day| *day > date).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_written_the_same() {
        for line in [
            "hours,PA,Mon-Sat,09:00-19:00,2026-10-18,,Q,73 P.S. 2245(a)(1), Act 47 of 2026",
            "holiday,UT,Pioneer Day,fixed 07-24,shifts,2000-01-01,,Q,63G-1-301",
            "closure,LA,2026-11-01,2026-11-30,S,LPSC order",
            "cap,OR,3,all,2026-01-01,,Q,ORS 646.563(1)(b)",
            "stop,informational,program,2025-04-11,2027-01-30,Q,DA 26-12",
            "deadline,confirm,5,2025-04-11,,Q,47 CFR 64.1200(a)(12)",
        ] {
            assert_eq!(line.parse::<ScheduleRule>().unwrap().to_string(), line);
        }
    }

    #[test]
    fn lines_of_the_first_edition_are_still_read() {
        let old: ScheduleRule = "FL,Mon-Sun,08:00-20:00,2021-07-01,a source, with commas".parse().unwrap();
        assert_eq!(old.to_string(), "hours,FL,Mon-Sun,08:00-20:00,2021-07-01,,-,a source, with commas");
        let switch = ScheduleRule::read("revoke_all,off,on,2027-01-31,47 CFR 64.1200(a)(10)").unwrap();
        let lines: Vec<String> = switch.iter().map(ToString::to_string).collect();
        assert_eq!(
            lines,
            [
                "stop,informational,program,2000-01-01,2027-01-30,-,47 CFR 64.1200(a)(10)",
                "stop,informational,all,2027-01-31,,-,47 CFR 64.1200(a)(10)"
            ]
        );
    }

    #[test]
    fn what_is_no_rule_is_refused_with_its_reason() {
        use RuleError as E;
        for (line, reason) in [
            ("x", E::Parts),
            ("closure,XX,2026-11-01,,S,x", E::Law),
            ("closure,LA,2026-11-01,2026-10-01,S,x", E::Until),
            ("closure,LA,2026-11-01,,X,x", E::Certainty),
            ("closure,LA,2026-11-01,,S,", E::Source),
            ("cap,OR,0,all,2026-01-01,,Q,x", E::Count),
            ("cap,OR,3,subject,2026-01-01,,Q,x", E::Subject),
            ("stop,advertising,all,2026-01-01,,Q,x", E::Kind),
            ("stop,marketing,some,2026-01-01,,Q,x", E::Reach),
            ("deadline,confirm,61,2026-01-01,,Q,x", E::Amount),
            ("deadline,answer,5,2026-01-01,,Q,x", E::Deadline),
            ("holiday,UT,,fixed 07-24,shifts,2000-01-01,,Q,x", E::Name),
            ("holiday,UT,A day,07-24,shifts,2000-01-01,,Q,x", E::Falls),
            ("holiday,UT,A day,fixed 07-24,maybe,2000-01-01,,Q,x", E::Shifts),
        ] {
            assert_eq!(line.parse::<ScheduleRule>(), Err(reason), "{line}");
        }
    }
}
