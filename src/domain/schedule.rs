//! The rulebook: at which hours a text may arrive, on which days none may, how many one person may get, what a STOP reaches,
//! and where a contact is. Rules that change with the law are dated data (value, first and last date, source, certainty),
//! never constants in code (RULES §7). It must not know what time it is, whom it is asked about or where rules are stored.

mod answer;
mod ask;
mod book;
mod closed_days;
mod data_lines;
mod dated;
mod frequency;
mod hour_rule;
mod hour_text;
mod legal_cap;
mod own_hours;
mod pending;
mod place;
mod region;
mod revocation;
mod rule;
mod rule_error;
mod rule_table;
mod rulebook_text;
mod strictness;
mod tables;
mod zone;

#[cfg(test)]
mod tests;

pub use answer::{AppliedRule, RuleFacts, RuleMeaning, RuleMoment, SendingHours};
pub use ask::{ApplicableRules, OpenWindow, ask, opens_at, window};
pub use book::{Rulebook, federal_day};
pub use closed_days::{Holiday, HolidayDate, PlaceClosure};
pub use dated::{Certainty, LONG_AGO, RuleDates};
pub use frequency::{CapPeriod, FrequencyCap, promises, promises_none};
pub use hour_rule::{AllowedHours, HourRule, RuleAuthority, WeekdaySet};
pub use legal_cap::{LegalCap, LegalCapFacts, Subject};
pub use own_hours::OwnHours;
pub use pending::PendingRule;
pub use place::{
    Location, LocationSource, OwnZone, anywhere, is_foreign, place_in, place_of, zip_is_readable,
    zip_is_short,
};
pub use region::Region;
pub use revocation::{
    DeadlineName, Reach, RevocationDeadline, RevocationDeadlines, StopRule, TextKind, TimeAllowed,
};
pub use rule::ScheduleRule;
pub use rule_error::RuleError;
pub use rulebook_text::{RulebookDiff, RulebookText, normal_lines};
pub use strictness::{RuleStrictness, strictness};
pub use zone::{LocalTime, TimeZone};
