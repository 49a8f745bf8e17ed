//! A point in time as the whole system keeps it: microseconds since 1970 in UTC.

use chrono::{DateTime, Duration, NaiveDate, NaiveTime, Utc};
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

    /// The time so many microseconds later.
    pub const fn plus_micros(self, by: i64) -> Self {
        Timestamp(self.0.saturating_add(by))
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

    /// A day without a time, as documents, letters and calls have it: kept as midnight in UTC of that date, whatever the
    /// zone in which it was written down.
    pub fn of_day(date: NaiveDate) -> Self {
        Timestamp::from(date.and_time(NaiveTime::MIN).and_utc())
    }

    /// The date, if this is a day without a time.
    pub fn as_day(self) -> Option<NaiveDate> {
        let at = self.utc();
        (at.time() == NaiveTime::MIN).then(|| at.date_naive())
    }
}

impl From<DateTime<Utc>> for Timestamp {
    fn from(at: DateTime<Utc>) -> Self {
        Timestamp(at.timestamp_micros())
    }
}
