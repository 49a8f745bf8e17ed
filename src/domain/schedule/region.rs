//! Regions: the states of the country, the provinces of Canada, and every other country, with the time zones in them.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::data_lines::lines;
use super::zone::TimeZone;

/// A state, province or country. Equal when the codes are.
#[derive(Clone, Copy)]
pub struct Region(&'static RegionRow);

struct RegionRow {
    code: &'static str,
    name: &'static str,
    zones: Vec<TimeZone>,
}

static REGIONS: LazyLock<HashMap<&'static str, RegionRow>> = LazyLock::new(|| {
    lines(include_str!("data/regions.csv")).filter_map(row).map(|row| (row.code, row)).collect()
});

/// What an unknown place may be: every zone of the states and Puerto Rico. The far islands (Guam, Saipan, Samoa) are left
/// out: with them no moment would be inside the cautious hours everywhere, and nobody could ever be texted.
static COUNTRY: LazyLock<Vec<TimeZone>> = LazyLock::new(|| {
    let names = [
        "America/Puerto_Rico",
        "America/New_York",
        "America/Chicago",
        "America/Denver",
        "America/Phoenix",
        "America/Los_Angeles",
        "America/Anchorage",
        "America/Adak",
        "Pacific/Honolulu",
    ];
    names.into_iter().filter_map(TimeZone::find).collect()
});

impl Serialize for Region {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Region {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = String::deserialize(deserializer)?;
        Region::find(&code).ok_or_else(|| D::Error::custom("no such region"))
    }
}

impl Region {
    /// The region of this code: "US-FL", "CA-ON", "JM" (ISO 3166).
    pub fn find(code: &str) -> Option<Region> {
        REGIONS.get(code).map(Region)
    }

    /// The state, the District or the territory of these two letters.
    pub fn state(letters: &str) -> Option<Region> {
        if letters.len() == 2 { Region::find(&format!("US-{letters}")) } else { None }
    }

    /// The state or territory of this name or these two letters, in any case of letters.
    pub fn state_named(text: &str) -> Option<Region> {
        let named = || REGIONS.values().find(|row| row.is_state() && row.name.eq_ignore_ascii_case(text));
        Region::state(&text.to_ascii_uppercase()).or_else(|| named().map(Region))
    }

    /// The Canadian province or territory whose postal codes begin with this letter.
    pub(super) fn of_canadian_letter(letter: char) -> &'static [&'static str] {
        match letter {
            'A' => &["CA-NL"],
            'B' => &["CA-NS"],
            'C' => &["CA-PE"],
            'E' => &["CA-NB"],
            'G' | 'H' | 'J' => &["CA-QC"],
            'K' | 'L' | 'M' | 'N' | 'P' => &["CA-ON"],
            'R' => &["CA-MB"],
            'S' => &["CA-SK"],
            'T' => &["CA-AB"],
            'V' => &["CA-BC"],
            'X' => &["CA-NT", "CA-NU"],
            'Y' => &["CA-YT"],
            _ => &[],
        }
    }

    /// All states, the District and the territories, by their letters.
    pub fn states() -> Vec<Region> {
        let mut states: Vec<Region> = REGIONS.values().filter(|row| row.is_state()).map(Region).collect();
        states.sort();
        states
    }

    /// "US-FL".
    pub fn code(self) -> &'static str {
        self.0.code
    }

    /// The two letters of a state or province, else the country's: "FL".
    pub fn letters(self) -> &'static str {
        self.0.code.rsplit('-').next().unwrap_or_default()
    }

    /// "Florida".
    pub fn name(self) -> &'static str {
        self.0.name
    }

    /// True for what a state's rule can hold in.
    pub fn is_state(self) -> bool {
        self.0.is_state()
    }

    /// Every time zone that occurs in it.
    pub fn zones(self) -> &'static [TimeZone] {
        &self.0.zones
    }
}

impl RegionRow {
    fn is_state(&self) -> bool {
        self.code.starts_with("US-")
    }
}

/// Every zone an unknown place may lie in.
pub(super) fn country() -> &'static [TimeZone] {
    &COUNTRY
}

/// Zones written one after another.
pub(super) fn zones(text: &str) -> Vec<TimeZone> {
    text.split_ascii_whitespace().filter_map(TimeZone::find).collect()
}

fn row(line: &'static str) -> Option<RegionRow> {
    let (code, rest) = line.split_once(',')?;
    let (name, names) = rest.rsplit_once(',')?;
    Some(RegionRow { code, name, zones: zones(names) })
}

impl PartialEq for Region {
    fn eq(&self, other: &Region) -> bool {
        self.0.code == other.0.code
    }
}

impl Eq for Region {}

impl PartialOrd for Region {
    fn partial_cmp(&self, other: &Region) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Region {
    fn cmp(&self, other: &Region) -> Ordering {
        self.0.code.cmp(other.0.code)
    }
}

impl fmt::Debug for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_read_and_every_zone_exists() {
        for line in lines(include_str!("data/regions.csv")) {
            let row = row(line).unwrap();
            let names = line.rsplit_once(',').unwrap().1.split(' ').count();
            assert!(names > 0 && row.zones.len() == names, "{line}");
        }
        assert_eq!(lines(include_str!("data/regions.csv")).count(), REGIONS.len(), "a code is listed twice");
        assert_eq!(Region::states().len(), 50 + 1 + 5);
        assert_eq!(country().len(), 9);
    }

    #[test]
    fn a_state_is_found_by_letters_and_name() {
        assert_eq!(Region::state("FL").unwrap().name(), "Florida");
        assert_eq!(Region::state_named("new york"), Region::state("NY"));
        assert_eq!(Region::state_named("az"), Region::state("AZ"));
        assert!(Region::state("ON").is_none() && Region::state_named("Ontario").is_none());
        assert!(Region::find("CA-ON").is_some());
        let letters = 'A'..='Z';
        let codes = letters.flat_map(|letter| Region::of_canadian_letter(letter).iter());
        for code in codes {
            assert!(Region::find(code).is_some(), "{code}");
        }
    }
}
