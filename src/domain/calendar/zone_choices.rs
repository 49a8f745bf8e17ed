//! The time zones that a form offers, in groups, and the zone of a country. Used by the settings and the account page.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::domain::schedule::TimeZone;

/// Zones under one heading of a list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ZoneGroup {
    /// The heading.
    pub label: String,
    /// IANA name and what people read: ("America/New_York", "Eastern (New York)").
    pub zones: Vec<(&'static str, String)>,
}

/// The zones of the United States by the names that people use.
const COMMON: [(&str, &str); 8] = [
    ("America/New_York", "Eastern (New York)"),
    ("America/Chicago", "Central (Chicago)"),
    ("America/Denver", "Mountain (Denver)"),
    ("America/Phoenix", "Arizona (Phoenix)"),
    ("America/Los_Angeles", "Pacific (Los Angeles)"),
    ("America/Anchorage", "Alaska (Anchorage)"),
    ("Pacific/Honolulu", "Hawaii (Honolulu)"),
    ("America/Puerto_Rico", "Puerto Rico (San Juan)"),
];

/// Names from before zones were called after cities; the zones are in the list under their present names.
const OLD_AREAS: [&str; 5] = ["US", "Canada", "Brazil", "Chile", "Mexico"];

static CHOICES: LazyLock<Vec<ZoneGroup>> = LazyLock::new(|| {
    let common = COMMON.iter().map(|(name, label)| (*name, (*label).to_owned())).collect();
    let mut areas: BTreeMap<&str, Vec<(&'static str, String)>> = BTreeMap::new();
    for name in TimeZone::names() {
        let Some((area, city)) = name.split_once('/') else { continue };
        let is_common = COMMON.iter().any(|(common, _)| *common == name);
        if !is_common && !OLD_AREAS.contains(&area) {
            areas.entry(area).or_default().push((name, city.replace('_', " ").replace('/', ", ")));
        }
    }
    let first = ZoneGroup { label: "United States".to_owned(), zones: common };
    let others = areas.into_iter().map(|(area, zones)| ZoneGroup { label: area.to_owned(), zones });
    let utc = ZoneGroup { label: "Other".to_owned(), zones: vec![("UTC", "UTC".to_owned())] };
    std::iter::once(first).chain(others).chain(std::iter::once(utc)).collect()
});

/// All zones of the list, those of the United States first.
pub fn zone_choices() -> &'static [ZoneGroup] {
    &CHOICES
}

/// The zones in which people live: without UTC, which is no place.
pub fn place_choices() -> &'static [ZoneGroup] {
    CHOICES.split_last().map_or(&[], |(_, places)| places)
}

/// The zone in which most people of a country live.
pub(super) fn main_zone(country: &str) -> Option<TimeZone> {
    let name = match country.to_ascii_uppercase().as_str() {
        "US" => "America/New_York",
        "CA" => "America/Toronto",
        "AU" => "Australia/Sydney",
        "NZ" => "Pacific/Auckland",
        "MX" => "America/Mexico_City",
        "BR" => "America/Sao_Paulo",
        "ES" => "Europe/Madrid",
        "PT" => "Europe/Lisbon",
        "DE" => "Europe/Berlin",
        "GB" => "Europe/London",
        code => return TimeZone::only_one_in(code),
    };
    TimeZone::find(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::calendar::LocalCalendar;

    #[test]
    fn every_choice_is_a_zone_and_none_stands_twice() {
        let all: Vec<&str> =
            zone_choices().iter().flat_map(|group| group.zones.iter().map(|(name, _)| *name)).collect();
        for name in &all {
            assert!(LocalCalendar::find(name).is_some(), "{name}");
            assert_eq!(all.iter().filter(|other| other == &name).count(), 1, "{name}");
        }
        let places = place_choices().iter().flat_map(|group| &group.zones);
        assert!(places.clone().all(|(name, _)| TimeZone::find(name).is_some()));
        assert_eq!(places.count() + 1, all.len(), "UTC alone is no place");
        assert!(all.len() > 400 && all.first() == Some(&"America/New_York"), "{}", all.len());
    }
}
