//! The letters behind a time: "PST" until the clocks change to "PDT". A zone looks them up once and keeps them; this file
//! writes nothing.

use jiff::tz::TimeZoneDatabase;

use super::{FIRST_SECOND, LAST_SECOND};

/// A stretch of time with one abbreviation of the zone: "PST" until the clocks change to "PDT".
pub(super) struct AbbreviationSpan {
    /// The first moment after it, in microseconds since 1970.
    pub(super) until: i64,
    /// The letters.
    pub(super) text: String,
}

/// All abbreviations between the first and the last second; the last one never ends.
pub(super) fn abbreviations(name: &str) -> Vec<AbbreviationSpan> {
    let (Ok(zone), Ok(first)) =
        (TimeZoneDatabase::bundled().get(name), jiff::Timestamp::from_second(FIRST_SECOND))
    else {
        return Vec::new();
    };
    let mut text = readable(zone.to_offset_info(first).abbreviation());
    let mut found = Vec::new();
    for change in zone.following(first).take_while(|change| change.timestamp().as_second() < LAST_SECOND) {
        let next = readable(change.abbreviation());
        if next != text {
            let until = change.timestamp().as_microsecond();
            found.push(AbbreviationSpan { until, text: std::mem::replace(&mut text, next) });
        }
    }
    found.push(AbbreviationSpan { until: i64::MAX, text });
    found
}

/// "PST" as it is; "-03" and "+0530" as "UTC-3" and "UTC+5:30".
fn readable(abbreviation: &str) -> String {
    let Some((sign, digits)) =
        abbreviation.split_at_checked(1).filter(|(sign, _)| matches!(*sign, "+" | "-"))
    else {
        return abbreviation.to_owned();
    };
    let (hours, minutes) = digits.split_at_checked(2).unwrap_or((digits, ""));
    let hours = hours.strip_prefix('0').unwrap_or(hours);
    let colon = if minutes.is_empty() { "" } else { ":" };
    format!("UTC{sign}{hours}{colon}{minutes}")
}

#[cfg(test)]
mod tests {
    use crate::domain::schedule::TimeZone;
    use crate::domain::time::Timestamp;

    #[test]
    fn abbreviations_are_those_people_know() {
        let winter = Timestamp::from_micros(1_796_000_000_000_000);
        let summer = Timestamp::from_micros(1_814_000_000_000_000);
        for (name, in_winter, in_summer) in [
            ("America/Los_Angeles", "PST", "PDT"),
            ("America/Phoenix", "MST", "MST"),
            ("Pacific/Auckland", "NZDT", "NZST"),
            ("America/Sao_Paulo", "UTC-3", "UTC-3"),
            ("Asia/Kathmandu", "UTC+5:45", "UTC+5:45"),
        ] {
            let zone = TimeZone::find(name).unwrap();
            assert_eq!(
                (zone.abbreviation(winter), zone.abbreviation(summer)),
                (in_winter, in_summer),
                "{name}"
            );
        }
    }
}
