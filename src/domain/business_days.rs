//! Business days, in which the law and the review desk count: Monday to Friday on the organization's calendar. Holidays count
//! as business days, so that a deadline never comes later than the law's. The review desk and the list of opt-outs use it.

use chrono::{Datelike, Days, NaiveDate, Weekday};

use super::calendar::LocalCalendar;
use super::time::Timestamp;

/// The same time of day, `days` business days later. What comes on a weekend begins to count on Monday.
pub fn after(from: Timestamp, days: u32, calendar: LocalCalendar) -> Timestamp {
    let first = calendar.date(from);
    let ahead = due(first, days).signed_duration_since(first).num_days();
    calendar.days_later(from, ahead.unsigned_abs())
}

/// The date that is `days` business days after `from`.
pub fn due(from: NaiveDate, days: u32) -> NaiveDate {
    let (mut date, mut left) = (from, days);
    while left > 0 {
        let Some(next) = date.checked_add_days(Days::new(1)) else { break };
        date = next;
        left -= u32::from(is_business_day(date));
    }
    date
}

/// How many business days lie between the two, at most `most`: 0 on the same day.
pub fn between(from: NaiveDate, to: NaiveDate, most: u32) -> u32 {
    let later = from.iter_days().skip(1).take_while(|date| *date <= to);
    let days = later.filter(|date| is_business_day(*date)).take(most as usize);
    u32::try_from(days.count()).unwrap_or(most)
}

fn is_business_day(date: NaiveDate) -> bool {
    !matches!(date.weekday(), Weekday::Sat | Weekday::Sun)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from(chrono::DateTime::parse_from_rfc3339(text).unwrap().to_utc())
    }

    #[test]
    fn weekends_do_not_count() {
        let utc = LocalCalendar::UTC;
        for (from, days, until) in [
            ("2026-11-03T10:00:00Z", 3, "2026-11-06T10:00:00Z"), // Tuesday to Friday
            ("2026-11-06T15:00:00Z", 3, "2026-11-11T15:00:00Z"), // Friday to Wednesday
            ("2026-11-07T10:00:00Z", 3, "2026-11-11T10:00:00Z"), // Saturday to Wednesday
            ("2026-11-08T23:59:59Z", 1, "2026-11-09T23:59:59Z"), // Sunday to Monday
            ("2026-11-03T10:00:00Z", 10, "2026-11-17T10:00:00Z"),
            ("2026-11-03T10:00:00Z", 0, "2026-11-03T10:00:00Z"),
        ] {
            assert_eq!(after(at(from), days, utc), at(until), "{from} and {days}");
            let (first, last) = (utc.date(at(from)), utc.date(at(until)));
            assert_eq!(between(first, last, 30), days, "{from} to {until}");
            assert_eq!(between(first, last.pred_opt().unwrap(), 30), days.saturating_sub(1));
        }
        let year = |year| NaiveDate::from_ymd_opt(year, 11, 3).unwrap();
        assert_eq!(between(year(2026), year(2036), 10), 10);
    }

    #[test]
    fn the_weekend_is_that_of_the_organization() {
        let auckland = LocalCalendar::find("Pacific/Auckland").unwrap();
        let los_angeles = LocalCalendar::find("America/Los_Angeles").unwrap();
        // Friday evening in Los Angeles, Saturday in Auckland.
        let friday = at("2026-11-07T03:00:00Z");
        assert_eq!(after(friday, 3, los_angeles), at("2026-11-12T03:00:00Z"));
        assert_eq!(after(friday, 3, auckland), at("2026-11-11T03:00:00Z"));
    }
}
