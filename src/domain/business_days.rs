//! Business days, in which the law and the review desk count. Monday to Friday in UTC; holidays count as business days, so
//! that a deadline never comes later than the law's.

use chrono::{Datelike, Duration, Weekday};

use super::time::Timestamp;

/// The same time of day, `days` business days later. What comes on a weekend begins to count on Monday.
pub fn after(from: Timestamp, days: u32) -> Timestamp {
    let (mut at, mut left) = (from, days);
    while left > 0 {
        at = at.plus(Duration::days(1));
        left -= u32::from(is_business_day(at));
    }
    at
}

/// How many business days lie between the two, at most `most`: 0 on the same day.
pub fn between(from: Timestamp, to: Timestamp, most: u32) -> u32 {
    let (mut at, mut days) = (from.plus(Duration::days(1)), 0);
    while at <= to && days < most {
        days += u32::from(is_business_day(at));
        at = at.plus(Duration::days(1));
    }
    days
}

fn is_business_day(at: Timestamp) -> bool {
    !matches!(at.utc().weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from(chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc())
    }

    #[test]
    fn weekends_do_not_count() {
        for (from, days, until) in [
            ("2026-11-03T10:00:00Z", 3, "2026-11-06T10:00:00Z"), // Tuesday to Friday
            ("2026-11-06T15:00:00Z", 3, "2026-11-11T15:00:00Z"), // Friday to Wednesday
            ("2026-11-07T10:00:00Z", 3, "2026-11-11T10:00:00Z"), // Saturday to Wednesday
            ("2026-11-08T23:59:59Z", 1, "2026-11-09T23:59:59Z"), // Sunday to Monday
            ("2026-11-03T10:00:00Z", 10, "2026-11-17T10:00:00Z"),
            ("2026-11-03T10:00:00Z", 0, "2026-11-03T10:00:00Z"),
        ] {
            assert_eq!(after(at(from), days), at(until), "{from} and {days}");
            assert_eq!(between(at(from), at(until), 30), days, "{from} to {until}");
            assert_eq!(between(at(from), at(until).plus(Duration::seconds(-1)), 30), days.saturating_sub(1));
        }
        assert_eq!(between(at("2026-11-03T10:00:00Z"), at("2036-11-03T10:00:00Z"), 10), 10);
    }
}
