//! The rules read anew in the plainest way, with the library's own calendar: slow, and sharing nothing with the code that
//! is tested but the rows.

use jiff::tz::TimeZone;

use super::super::*;
use crate::domain::time::Timestamp;

/// The place with its zones as the library knows them.
pub struct NaivePlace<'a> {
    zones: Vec<TimeZone>,
    laws: Vec<RuleAuthority>,
    book: &'a Rulebook,
}

impl<'a> NaivePlace<'a> {
    pub fn new(place: &Location, book: &'a Rulebook) -> NaivePlace<'a> {
        let database = jiff::tz::TimeZoneDatabase::bundled();
        let zones = place.zones().iter().map(|zone| database.get(zone.name()).unwrap()).collect();
        let mut laws = vec![RuleAuthority::Federal];
        laws.extend(place.states().iter().map(|state| RuleAuthority::State(*state)));
        if place.is_unknown() {
            laws.push(RuleAuthority::Unknown);
        }
        NaivePlace { zones, laws, book }
    }

    pub fn is_open(&self, at: Timestamp) -> bool {
        let at = jiff::Timestamp::from_microsecond(at.micros()).unwrap();
        self.zones.iter().all(|zone| {
            let clock = zone.to_datetime(at);
            let (year, month, day) = (clock.year(), clock.month(), clock.day());
            let date = chrono::NaiveDate::from_ymd_opt(year.into(), month as u32, day as u32).unwrap();
            let weekday = (clock.weekday().to_monday_one_offset() - 1) as u8;
            let minute = clock.hour() as u16 * 60 + clock.minute() as u16;
            self.laws.iter().all(|law| self.allows(*law, date, weekday, minute))
        })
    }

    fn allows(&self, law: RuleAuthority, date: chrono::NaiveDate, weekday: u8, minute: u16) -> bool {
        if self.is_holiday(law, date) {
            return false;
        }
        let speaking: Vec<&HourRule> = self
            .book
            .hours()
            .iter()
            .filter(|rule| rule.law == law && rule.dated.holds(date) && rule.days.contains(weekday))
            .collect();
        let newest = speaking.iter().map(|rule| rule.dated.from).max();
        speaking.iter().filter(|rule| Some(rule.dated.from) == newest).all(|rule| match rule.allowed {
            AllowedHours::Nothing => false,
            AllowedHours::Between(from, until) => from <= minute && minute < until,
        })
    }

    fn is_holiday(&self, law: RuleAuthority, date: chrono::NaiveDate) -> bool {
        self.book.rules().iter().any(|rule| match rule {
            ScheduleRule::Holiday(holiday) => {
                (law == RuleAuthority::Unknown || holiday.law == law) && holiday.is_on(date)
            }
            _ => false,
        })
    }
}
