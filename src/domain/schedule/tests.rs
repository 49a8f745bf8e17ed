//! The rulebook against an independent, naive reading of it, and against tables written from RULES §7.

mod borders;
mod laws;
mod naive;
mod places;
mod properties;

use jiff::civil::DateTime;
use jiff::tz::TimeZoneDatabase;

use super::*;
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;
use crate::words::{InWords, hours, promise};

/// A number of this area code; from E.164, so that codes newer than the library's table are read too.
fn number(area: u16) -> Phone {
    Phone::from_e164(&format!("+1{area}5550142")).unwrap()
}

/// The moment at which the clock of `zone` shows this (the earlier one, where it shows it twice).
fn local(zone: &str, clock: &str) -> Timestamp {
    let clock: DateTime = clock.parse().unwrap();
    let zone = TimeZoneDatabase::bundled().get(zone).unwrap();
    Timestamp::from_micros(zone.to_ambiguous_timestamp(clock).compatible().unwrap().as_microsecond())
}

fn seconds(by: i64) -> chrono::Duration {
    chrono::Duration::seconds(by)
}

/// Only its own zone and a state.
fn in_state(zone: &str, state: &str) -> Location {
    place_of(Some(zone), Some(state), &number(206))
}

fn book_of(lines: &[&str]) -> Rulebook {
    Rulebook::new(lines.iter().map(|line| line.parse().unwrap()).collect(), Rulebook::edition())
}

impl InWords for Location {
    fn words(&self) -> String {
        hours::place_text(self)
    }
}

impl InWords for SendingHours<'_> {
    fn words(&self) -> String {
        hours::rule_text(self.is_open(), self.rules().first().map(RuleMoment::facts).as_ref())
    }
}

impl InWords for RuleMoment<'_> {
    fn words(&self) -> String {
        hours::moment(&self.facts())
    }
}

impl InWords for LegalCap {
    fn words(&self) -> String {
        promise::cap_text(&self.facts())
    }
}
