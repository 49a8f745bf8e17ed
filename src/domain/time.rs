//! A point in time as the whole system keeps it: microseconds since 1970 in UTC.

use chrono::{DateTime, Datelike, Duration, Timelike, Utc};
use serde::{Deserialize, Serialize};

/// Microseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize, Default)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Timestamp(micros)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// As [`Timestamp::micros`], for those who only borrow.
    pub const fn as_micros(&self) -> &i64 {
        &self.0
    }

    /// The time `by` later (or earlier, when negative); stands still at the ends of the range.
    pub fn plus(self, by: Duration) -> Self {
        Timestamp(self.0.saturating_add(by.num_microseconds().unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is (negative when before it).
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::microseconds(self.0.saturating_sub(earlier.0))
    }

    /// As chrono knows it; times that no calendar holds come out as the epoch.
    pub fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_micros(self.0).unwrap_or_default()
    }

    /// RFC 3339 with microseconds, for machines.
    pub fn rfc3339(self) -> String {
        self.utc().to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
    }

    /// "Nov 3, 2026, 2:05 PM UTC", for people.
    pub fn words(self) -> String {
        let at = self.utc();
        let (half, hour) = hour_words(at);
        format!("{}, {hour}:{:02} {half} UTC", day_words(at), at.minute())
    }

    /// "Nov 3, 2026, 2:05:09 PM UTC", where seconds matter.
    pub fn words_to_the_second(self) -> String {
        let at = self.utc();
        let (half, hour) = hour_words(at);
        format!("{}, {hour}:{:02}:{:02} {half} UTC", day_words(at), at.minute(), at.second())
    }

    /// "Nov 3, 2026".
    pub fn day(self) -> String {
        day_words(self.utc())
    }
}

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// "Nov 3, 2026". A page of a list shows a hundred times, and chrono reads its pattern anew for each.
fn day_words(at: DateTime<Utc>) -> String {
    let month = MONTHS.get(at.month0() as usize).copied().unwrap_or_default();
    format!("{month} {}, {:04}", at.day(), at.year())
}

fn hour_words(at: DateTime<Utc>) -> (&'static str, u32) {
    let (is_afternoon, hour) = at.hour12();
    (if is_afternoon { "PM" } else { "AM" }, hour)
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Timestamp(at.timestamp_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_as_chrono_writes_them() {
        for micros in
            [0, 1_793_887_509_000_001, -86_400_000_000, 951_782_400_000_000, 253_402_300_799_000_000]
        {
            let at = Timestamp::from_micros(micros);
            assert_eq!(at.words(), at.utc().format("%b %-d, %Y, %-I:%M %p UTC").to_string());
            assert_eq!(at.words_to_the_second(), at.utc().format("%b %-d, %Y, %-I:%M:%S %p UTC").to_string());
            assert_eq!(at.day(), at.utc().format("%b %-d, %Y").to_string());
        }
    }
}
