//! The rulebook: at which hours a text may arrive, where a contact is, and how often it may be texted. Rules that change
//! with the law are dated rows (value, first date, source), never constants in code (RULES §7). It must not know what
//! time it is, whom it is asked about or where the rows are stored.

mod ask;
mod book;
mod frequency;
mod hour_rule;
mod hour_text;
mod own_hours;
mod place;
mod region;
mod sheet;
mod tables;
mod zone;

#[cfg(test)]
mod tests;

pub use ask::{Because, Hours, Rules, ask};
pub use book::{Rulebook, Switch, federal_day};
pub use frequency::{Cap, Per, promises};
pub use hour_rule::{Allowed, Days, HourRule, Law, RuleError};
pub use own_hours::OwnHours;
pub use place::{By, Place, place_of};
pub use region::Region;
pub use sheet::{Difference, Sheet, SheetError, WrongLine};
pub use zone::{Local, Zone};
