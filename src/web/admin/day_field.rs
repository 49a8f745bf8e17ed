//! A day as the date fields of forms hold it. Used by the forms that record consent and opt-outs by hand. Writes nothing.

use chrono::{NaiveDate, NaiveTime};

use crate::domain::time::Timestamp;

/// The beginning of the day that a date field names.
pub(super) fn day(text: &str) -> Option<Timestamp> {
    let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").ok()?;
    Some(Timestamp::from(day.and_time(NaiveTime::MIN).and_utc()))
}
