//! Time zones as the rulebook needs them: a handle that is free to copy, and the clock's offset at a moment. The data is
//! the IANA database bundled with jiff, never the machine's own: an old system package must not move a curfew.

mod abbreviation;

use std::collections::HashMap;
use std::fmt;
use std::sync::{LazyLock, OnceLock};

use jiff::tz::TimeZoneDatabase;

use self::abbreviation::{AbbreviationSpan, abbreviations};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::data_lines::lines;

use crate::domain::time::Timestamp;

/// Microseconds in a second.
const SECOND: i64 = 1_000_000;
/// Microseconds in a day.
pub(super) const DAY: i64 = 86_400 * SECOND;
/// Clock changes are looked up between these moments (2000 and 2100); outside, the nearest known offset holds.
const FIRST_SECOND: i64 = 946_684_800;
const LAST_SECOND: i64 = 4_102_444_800;

/// An IANA time zone that is a place. Equal when the names are: links ("US/Pacific") are zones of their own.
#[derive(Clone, Copy)]
pub struct TimeZone(&'static ZoneEntry);

struct ZoneEntry {
    name: String,
    /// ISO 3166-1; the territories of the United States count as the country.
    country: &'static str,
    stretches: OnceLock<Vec<ZoneSpan>>,
    abbreviations: OnceLock<Vec<AbbreviationSpan>>,
}

/// A stretch of time without a clock change, its ends in microseconds since 1970.
#[derive(Clone, Copy, Debug)]
pub(super) struct ZoneSpan {
    /// The first moment after it.
    pub until: i64,
    /// What the local clock is ahead of UTC, in microseconds.
    pub offset: i64,
}

/// A moment on the local calendar and clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalTime {
    /// Days since 1970-01-01.
    pub day: i64,
    /// Microseconds since local midnight, as the wall clock shows them.
    pub micros: i64,
}

/// Zones without a place (`UTC`, `Etc/GMT+7`, `EST5EDT`) have no country and are left out: they say nothing of where a
/// contact is, and some of them know no daylight time.
static ZONES: LazyLock<HashMap<String, ZoneEntry>> = LazyLock::new(|| {
    let database = TimeZoneDatabase::bundled();
    let names = database.available().map(|name| name.to_string());
    let entry = |name: String| {
        let country = COUNTRIES.get(name.as_str()).copied()?;
        let (stretches, abbreviations) = (OnceLock::new(), OnceLock::new());
        Some((name.to_ascii_lowercase(), ZoneEntry { name, country, stretches, abbreviations }))
    };
    names.filter_map(entry).collect()
});

/// The country of each zone, old names included.
static COUNTRIES: LazyLock<HashMap<&'static str, &'static str>> = LazyLock::new(|| {
    let rows = lines(include_str!("data/zone_countries.csv")).filter_map(|line| line.split_once(','));
    let zones_of = |(code, names): (&'static str, &'static str)| {
        names.split_ascii_whitespace().map(move |name| (name, home_country(code)))
    };
    rows.flat_map(zones_of).collect()
});

/// Puerto Rico and the other territories have codes of their own, and the numbers and laws of the United States.
pub(super) fn home_country(code: &str) -> &str {
    match code {
        "PR" | "GU" | "VI" | "AS" | "MP" | "UM" => "US",
        code => code.split('-').next().unwrap_or(code),
    }
}

impl Serialize for TimeZone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

impl<'de> Deserialize<'de> for TimeZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        TimeZone::find(&name).ok_or_else(|| D::Error::custom("no such time zone"))
    }
}

impl TimeZone {
    /// The zone of this IANA name, in any case of letters: "America/New_York".
    pub fn find(name: &str) -> Option<TimeZone> {
        let name = name.trim();
        let entry = ZONES.get(name).or_else(|| ZONES.get(&name.to_ascii_lowercase()))?;
        Some(TimeZone(entry))
    }

    /// True for a name that the IANA database knows but that is no place: `UTC`, `Etc/GMT+7`, `EST5EDT`.
    pub fn is_no_place(name: &str) -> bool {
        TimeZone::find(name).is_none() && TimeZoneDatabase::bundled().get(name.trim()).is_ok()
    }

    /// The country it lies in (ISO 3166-1).
    pub(super) fn country(self) -> &'static str {
        self.0.country
    }

    /// Its IANA name.
    pub fn name(self) -> &'static str {
        &self.0.name
    }

    /// The names of all zones, in alphabetical order.
    pub fn names() -> Vec<&'static str> {
        let mut names: Vec<&str> = ZONES.values().map(|entry| entry.name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The zone of a country that has one alone.
    pub fn only_one_in(country: &str) -> Option<TimeZone> {
        let mut zones = ZONES.values().filter(|entry| entry.country == country);
        zones.next().filter(|_| zones.next().is_none()).map(TimeZone)
    }

    /// How far the wall clock there is ahead of UTC at this moment, in microseconds.
    pub fn offset(self, at: Timestamp) -> i64 {
        self.stretch(at.micros()).offset
    }

    /// The abbreviation in use at this moment: "PST", or "UTC-3" where the zone has no letters.
    pub fn abbreviation(self, at: Timestamp) -> &'static str {
        let spans = self.0.abbreviations.get_or_init(|| abbreviations(&self.0.name));
        let found = spans.partition_point(|span| span.until <= at.micros());
        spans.get(found).or(spans.last()).map_or("UTC", |span| span.text.as_str())
    }

    /// The place in its name, for sentences: "New York".
    pub fn city(self) -> String {
        self.name().rsplit('/').next().unwrap_or_default().replace('_', " ")
    }

    /// What the wall clock shows there.
    pub fn local(self, at: Timestamp) -> LocalTime {
        LocalTime::at(at.micros(), self.offset(at))
    }

    /// The moment on the zone's clock, the clock first, as people read it: "8:00 AM on Wed, Nov 4 in New York".
    pub fn clock_words(self, at: Timestamp) -> String {
        let shifted = at.plus_micros(self.offset(at));
        format!("{} in {}", shifted.utc().format("%-I:%M %p on %a, %b %-d"), self.city())
    }

    /// The stretch that holds this moment.
    pub(super) fn stretch(self, micros: i64) -> ZoneSpan {
        let stretches = self.0.stretches.get_or_init(|| stretches(&self.0.name));
        let found = stretches.partition_point(|stretch| stretch.until <= micros);
        let utc = ZoneSpan { until: i64::MAX, offset: 0 };
        stretches.get(found).or(stretches.last()).copied().unwrap_or(utc)
    }
}

impl LocalTime {
    pub(super) fn at(micros: i64, offset: i64) -> LocalTime {
        let local = micros.saturating_add(offset);
        LocalTime { day: local.div_euclid(DAY), micros: local.rem_euclid(DAY) }
    }

    /// 0 for Monday to 6 for Sunday; 1970-01-01 was a Thursday.
    pub fn weekday(self) -> u8 {
        u8::try_from((self.day + 3).rem_euclid(7)).unwrap_or_default()
    }

    /// Minutes since local midnight, as the wall clock shows them.
    pub fn minute(self) -> u16 {
        u16::try_from(self.micros / (60 * SECOND)).unwrap_or_default()
    }
}

/// All stretches between the first and the last second; the last one never ends.
fn stretches(name: &str) -> Vec<ZoneSpan> {
    let (Ok(zone), Ok(first)) =
        (TimeZoneDatabase::bundled().get(name), jiff::Timestamp::from_second(FIRST_SECOND))
    else {
        return Vec::new();
    };
    let mut offset = zone.to_offset(first);
    let mut found = Vec::new();
    for change in zone.following(first).take_while(|change| change.timestamp().as_second() < LAST_SECOND) {
        // Names and the daylight flag change too; only the clock matters here.
        if change.offset() != offset {
            found.push(ZoneSpan { until: change.timestamp().as_microsecond(), offset: in_micros(offset) });
            offset = change.offset();
        }
    }
    found.push(ZoneSpan { until: i64::MAX, offset: in_micros(offset) });
    found
}

fn in_micros(offset: jiff::tz::Offset) -> i64 {
    i64::from(offset.seconds()) * SECOND
}

impl PartialEq for TimeZone {
    fn eq(&self, other: &TimeZone) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for TimeZone {}

impl fmt::Debug for TimeZone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offset(name: &str, at: &str) -> i64 {
        let at: jiff::Timestamp = at.parse().unwrap();
        TimeZone::find(name).unwrap().stretch(at.as_microsecond()).offset / SECOND / 60
    }

    #[test]
    fn the_zone_data_is_of_2026() {
        // British Columbia keeps daylight time since 2026: older data is an hour wrong in winter.
        assert_eq!(offset("America/Vancouver", "2026-12-15T12:00:00Z"), -7 * 60);
        assert_eq!(offset("America/New_York", "2026-12-15T12:00:00Z"), -5 * 60);
        assert_eq!(offset("america/new_york", "2027-07-15T12:00:00Z"), -4 * 60);
        assert_eq!(offset("America/Phoenix", "2027-07-15T12:00:00Z"), -7 * 60);
        assert_eq!(offset("Pacific/Honolulu", "2027-07-15T12:00:00Z"), -10 * 60);
        assert_eq!(offset("America/St_Johns", "2026-12-15T12:00:00Z"), -210);
    }

    #[test]
    fn stretches_agree_with_the_library() {
        for name in
            ["America/New_York", "America/Adak", "Pacific/Apia", "Australia/Lord_Howe", "Africa/Casablanca"]
        {
            let library = TimeZoneDatabase::bundled().get(name).unwrap();
            for hour in (FIRST_SECOND..LAST_SECOND).step_by(3600 * 91) {
                let at = jiff::Timestamp::from_second(hour).unwrap();
                let expected = in_micros(library.to_offset(at));
                assert_eq!(
                    TimeZone::find(name).unwrap().stretch(at.as_microsecond()).offset,
                    expected,
                    "{name} {at}"
                );
            }
        }
    }

    #[test]
    fn only_places_are_zones_and_every_place_has_its_country() {
        for name in [
            "UTC",
            "Etc/UTC",
            "etc/gmt+7",
            "GMT",
            "EST",
            "EST5EDT",
            "MST7MDT",
            "HST",
            "Etc/GMT",
            "UCT",
            "Zulu",
        ] {
            assert!(TimeZone::find(name).is_none() && TimeZone::is_no_place(name), "{name}");
        }
        assert!(!TimeZone::is_no_place("America/Nowhere") && !TimeZone::is_no_place("America/Denver"));
        for (name, country) in [
            ("America/Denver", "US"),
            ("US/Pacific", "US"),
            ("America/Indiana/Knox", "US"),
            ("Pacific/Guam", "US"),
            ("America/Toronto", "CA"),
            ("Canada/Eastern", "CA"),
            ("Europe/London", "GB"),
        ] {
            assert_eq!(TimeZone::find(name).unwrap().country(), country, "{name}");
        }
        let areas =
            |name: &str| name.contains('/') && !name.starts_with("Etc/") && !name.starts_with("SystemV/");
        for name in TimeZoneDatabase::bundled().available().map(|name| name.to_string()) {
            assert!(
                !areas(&name) || TimeZone::find(&name).is_some(),
                "{name} is missing in zone_countries.csv"
            );
        }
    }

    #[test]
    fn names_and_words() {
        assert!(TimeZone::find("America/Nowhere").is_none());
        assert!(TimeZone::find("").is_none());
        let zone = TimeZone::find(" America/New_York ").unwrap();
        assert_eq!((zone.name(), zone.city().as_str()), ("America/New_York", "New York"));
        let at = Timestamp::from_micros(1_795_611_600_000_000);
        assert_eq!(zone.clock_words(at), "8:00 AM on Wed, Nov 25 in New York");
        for end in [i64::MIN, i64::MAX] {
            zone.local(Timestamp::from_micros(end)).weekday();
            zone.clock_words(Timestamp::from_micros(end));
        }
    }
}
