//! The calendar and clock by which people read times and count days: the organization's time zone, or a user's own. The one
//! place that turns a moment into words. Pages, sentences and the clocks of the law use it; evidence, API, exports and logs
//! keep UTC. Pure, and fast: a list page turns a hundred moments into words.

mod zone_choices;

use chrono::{DateTime, Datelike, Days, NaiveDate, Timelike, Utc};

use super::schedule::TimeZone;
use super::time::Timestamp;

pub use zone_choices::{ZoneGroup, place_choices, zone_choices};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// A time zone as a calendar on the wall and a clock beside it. UTC unless a place is chosen.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct LocalCalendar(Option<TimeZone>);

impl LocalCalendar {
    /// The calendar of machines.
    pub const UTC: LocalCalendar = LocalCalendar(None);

    /// The calendar of an IANA time zone, or of `UTC`.
    pub fn find(name: &str) -> Option<LocalCalendar> {
        match name.trim() {
            "UTC" => Some(LocalCalendar::UTC),
            name => TimeZone::find(name).map(|zone| LocalCalendar(Some(zone))),
        }
    }

    /// The zone in which most people of a country (ISO 3166-1) live; UTC where there is no such zone.
    pub fn of_country(code: &str) -> LocalCalendar {
        LocalCalendar(zone_choices::main_zone(code))
    }

    /// Its IANA name.
    pub fn name(self) -> &'static str {
        self.0.map_or("UTC", TimeZone::name)
    }

    /// The place, for sentences: "New York".
    pub fn city(self) -> String {
        self.0.map_or_else(|| "UTC".to_owned(), TimeZone::city)
    }

    /// The date on the wall at this moment.
    pub fn date(self, at: Timestamp) -> NaiveDate {
        self.local(at).date_naive()
    }

    /// The date of a record that may hold a day without a time: see [`Timestamp::of_day`].
    pub fn record_date(self, at: Timestamp) -> NaiveDate {
        at.as_day().unwrap_or_else(|| self.date(at))
    }

    /// "Nov 29, 2026, 8:00 AM PST".
    pub fn time(self, at: Timestamp) -> String {
        let (day, (hour, minute, half)) = self.wall(at);
        format!("{day}, {hour}:{minute:02} {half} {}", self.abbreviation(at))
    }

    /// "Nov 29, 2026, 8:00:09 AM PST", where seconds matter.
    pub fn time_to_the_second(self, at: Timestamp) -> String {
        let (day, (hour, minute, half)) = self.wall(at);
        format!("{day}, {hour}:{minute:02}:{:02} {half} {}", self.local(at).second(), self.abbreviation(at))
    }

    /// "Nov 29, 2026".
    pub fn day(self, at: Timestamp) -> String {
        date_words(self.date(at))
    }

    /// The heading of a day: "Today", "Yesterday", else "Nov 27, 2026".
    pub fn day_heading(self, at: Timestamp, now: Timestamp) -> String {
        let date = self.date(at);
        match self.date(now).signed_duration_since(date).num_days() {
            0 => "Today".to_owned(),
            1 => "Yesterday".to_owned(),
            _ => date_words(date),
        }
    }

    /// "Nov 29, 2026", of a record that may hold a day without a time.
    pub fn record_day(self, at: Timestamp) -> String {
        date_words(self.record_date(at))
    }

    /// How a list says it: "3 minutes ago", "in 2 hours", and the date from a week on.
    pub fn relative(self, at: Timestamp, now: Timestamp) -> String {
        let away = now.since(at);
        let counted = |n: i64, unit: &str| {
            let plural = if n.abs() == 1 { "" } else { "s" };
            if n > 0 { format!("{n} {unit}{plural} ago") } else { format!("in {} {unit}{plural}", n.abs()) }
        };
        match (away.num_minutes(), away.num_hours(), away.num_days()) {
            (0, ..) => "just now".to_owned(),
            (minutes, 0, _) => counted(minutes, "minute"),
            (_, hours, 0) => counted(hours, "hour"),
            (.., days) if days.abs() < 7 => counted(days, "day"),
            _ => self.day(at),
        }
    }

    /// The same time of day on a later date; where the clocks jump over it, the moment after the jump.
    pub fn days_later(self, at: Timestamp, days: u64) -> Timestamp {
        let local = self.local(at);
        let date = local.date_naive().checked_add_days(Days::new(days)).unwrap_or(NaiveDate::MAX);
        let wall = Timestamp::from(date.and_time(local.time()).and_utc());
        wall.plus_micros(-self.offset(wall.plus_micros(-self.offset(at))))
    }

    /// The first moment of a date; where the clocks jump over midnight, the moment after the jump.
    pub fn beginning(self, date: NaiveDate) -> Timestamp {
        let wall = Timestamp::of_day(date);
        let near = wall.plus_micros(-self.offset(wall));
        wall.plus_micros(-self.offset(near))
    }

    fn offset(self, at: Timestamp) -> i64 {
        self.0.map_or(0, |zone| zone.offset(at))
    }

    fn abbreviation(self, at: Timestamp) -> &'static str {
        self.0.map_or("UTC", |zone| zone.abbreviation(at))
    }

    /// What the wall shows, in the clothes of UTC.
    fn local(self, at: Timestamp) -> DateTime<Utc> {
        at.plus_micros(self.offset(at)).utc()
    }

    fn wall(self, at: Timestamp) -> (String, (u32, u32, &'static str)) {
        let local = self.local(at);
        let (is_afternoon, hour) = local.hour12();
        let half = if is_afternoon { "PM" } else { "AM" };
        (date_words(local.date_naive()), (hour, local.minute(), half))
    }
}

/// "Nov 3, 2026". Patterns are slow: chrono reads them anew each time.
pub fn date_words(date: NaiveDate) -> String {
    let month = MONTHS.get(date.month0() as usize).copied().unwrap_or_default();
    format!("{month} {}, {:04}", date.day(), date.year())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::from(DateTime::parse_from_rfc3339(text).unwrap().to_utc())
    }

    fn calendar(name: &str) -> LocalCalendar {
        LocalCalendar::find(name).unwrap()
    }

    #[test]
    fn words_are_as_chrono_writes_them() {
        for micros in
            [0, 1_793_887_509_000_001, -86_400_000_000, 951_782_400_000_000, 253_402_300_799_000_000]
        {
            let (at, utc) = (Timestamp::from_micros(micros), LocalCalendar::UTC);
            assert_eq!(utc.time(at), at.utc().format("%b %-d, %Y, %-I:%M %p UTC").to_string());
            let to_the_second = at.utc().format("%b %-d, %Y, %-I:%M:%S %p UTC").to_string();
            assert_eq!(utc.time_to_the_second(at), to_the_second);
            assert_eq!(utc.day(at), at.utc().format("%b %-d, %Y").to_string());
        }
    }

    #[test]
    fn a_moment_is_read_on_the_wall_of_its_zone() {
        let moment = at("2026-11-29T16:00:00Z");
        assert_eq!(calendar("America/Los_Angeles").time(moment), "Nov 29, 2026, 8:00 AM PST");
        assert_eq!(calendar("Pacific/Auckland").time(moment), "Nov 30, 2026, 5:00 AM NZDT");
        assert_eq!(calendar("America/Los_Angeles").day(at("2026-11-30T04:00:00Z")), "Nov 29, 2026");
        for end in [i64::MIN, i64::MAX] {
            calendar("Pacific/Auckland").time(Timestamp::from_micros(end));
        }
    }

    #[test]
    fn a_day_without_a_time_is_the_same_day_everywhere() {
        let day = Timestamp::of_day(NaiveDate::from_ymd_opt(2026, 11, 3).unwrap());
        for name in ["America/Los_Angeles", "Pacific/Auckland", "UTC"] {
            assert_eq!(calendar(name).record_day(day), "Nov 3, 2026", "{name}");
        }
        assert_eq!(calendar("America/Los_Angeles").record_day(at("2026-11-30T00:00:01Z")), "Nov 29, 2026");
    }

    #[test]
    fn a_day_begins_at_midnight_on_the_wall() {
        for (name, date, begins) in [
            ("UTC", (2026, 11, 3), "2026-11-03T00:00:00Z"),
            ("America/Los_Angeles", (2026, 11, 1), "2026-11-01T07:00:00Z"),
            ("America/Los_Angeles", (2026, 11, 2), "2026-11-02T08:00:00Z"),
            ("Pacific/Auckland", (2026, 11, 30), "2026-11-29T11:00:00Z"),
        ] {
            let date = NaiveDate::from_ymd_opt(date.0, date.1, date.2).unwrap();
            assert_eq!(calendar(name).beginning(date), at(begins), "{name} {date}");
        }
    }

    #[test]
    fn lists_say_how_long_ago() {
        let now = at("2026-11-29T16:00:00Z");
        for (moment, words) in [
            ("2026-11-29T15:59:30Z", "just now"),
            ("2026-11-29T15:59:00Z", "1 minute ago"),
            ("2026-11-29T15:01:00Z", "59 minutes ago"),
            ("2026-11-29T13:30:00Z", "2 hours ago"),
            ("2026-11-28T15:00:00Z", "1 day ago"),
            ("2026-11-22T16:00:00Z", "Nov 22, 2026"),
            ("2026-11-29T17:30:00Z", "in 1 hour"),
            ("2026-12-01T16:00:00Z", "in 2 days"),
            ("2026-12-31T16:00:00Z", "Dec 31, 2026"),
        ] {
            assert_eq!(LocalCalendar::UTC.relative(at(moment), now), words, "{moment}");
        }
    }

    #[test]
    fn the_time_of_day_survives_a_change_of_the_clocks() {
        let pacific = calendar("America/Los_Angeles");
        // The clocks go back on November 1.
        let friday = at("2026-10-30T23:30:00Z");
        assert_eq!(pacific.time(friday), "Oct 30, 2026, 4:30 PM PDT");
        assert_eq!(pacific.time(pacific.days_later(friday, 4)), "Nov 3, 2026, 4:30 PM PST");
    }

    #[test]
    fn a_country_has_the_zone_of_most_of_its_people() {
        for (country, zone) in [
            ("US", "America/New_York"),
            ("ca", "America/Toronto"),
            ("NZ", "Pacific/Auckland"),
            ("GB", "Europe/London"),
            ("FR", "Europe/Paris"),
            ("RU", "UTC"),
            ("", "UTC"),
        ] {
            assert_eq!(LocalCalendar::of_country(country).name(), zone, "{country}");
        }
    }
}
