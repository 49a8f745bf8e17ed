//! The tables of area codes and ZIP prefixes, read once.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::data_lines::lines;
use super::region::{Region, zones};
use super::zone::TimeZone;

/// What a code says of a place. No region: the code is known, the place is not (military post).
#[derive(Clone, PartialEq, Debug)]
pub(super) struct CodeEntry {
    pub regions: Vec<Region>,
    pub zones: Vec<TimeZone>,
}

static AREA_CODES: LazyLock<HashMap<u16, CodeEntry>> = LazyLock::new(|| {
    let rows = lines(include_str!("data/npa.csv")).filter_map(row);
    rows.filter_map(|(code, entry)| Some((code.parse().ok()?, entry))).collect()
});

/// By prefix of three digits, and by whole ZIP where that differs.
static ZIPS: LazyLock<HashMap<String, CodeEntry>> = LazyLock::new(|| {
    let rows = lines(include_str!("data/zip.csv")).filter_map(row);
    rows.flat_map(|(codes, entry)| expand(codes).into_iter().map(move |code| (code, entry.clone()))).collect()
});

/// The place of an area code.
pub(super) fn area_code(code: u16) -> Option<&'static CodeEntry> {
    AREA_CODES.get(&code)
}

/// The place of a ZIP of five digits.
pub(super) fn zip_code(zip: &str) -> Option<&'static CodeEntry> {
    ZIPS.get(zip).or_else(|| ZIPS.get(zip.get(..3)?))
}

fn row(line: &'static str) -> Option<(&'static str, CodeEntry)> {
    let mut parts = line.split(',');
    let (code, codes, names) = (parts.next()?, parts.next()?, parts.next()?);
    let regions: Vec<Region> = codes.split_ascii_whitespace().filter_map(Region::find).collect();
    let mut zones = zones(names);
    if zones.is_empty() {
        zones = regions.iter().flat_map(|region| region.zones()).copied().collect();
    }
    Some((code, CodeEntry { regions, zones }))
}

/// "206-212" is seven codes, zeros kept.
fn expand(codes: &str) -> Vec<String> {
    let (first, last) = codes.split_once('-').unwrap_or((codes, codes));
    let numbers = first.parse::<u32>().and_then(|first| Ok(first..=last.parse()?));
    let width = first.len();
    numbers.map_or_else(|_| Vec::new(), |numbers| numbers.map(|number| format!("{number:0width$}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    /// A row that names a region or zone nobody knows, or a code twice, would be a place silently lost.
    #[test]
    fn every_row_is_read_whole() {
        for file in [include_str!("data/npa.csv"), include_str!("data/zip.csv")] {
            let mut seen = HashSet::new();
            for line in lines(file) {
                let (codes, entry) = row(line).unwrap();
                let parts: Vec<&str> = line.split(',').collect();
                assert_eq!(parts.len(), 3, "{line}");
                assert_eq!(entry.regions.len(), parts[1].split_ascii_whitespace().count(), "{line}");
                let named = parts[2].split_ascii_whitespace().count();
                assert!(!entry.zones.is_empty() && (named == 0 || entry.zones.len() == named), "{line}");
                let expanded = expand(codes);
                assert!(!expanded.is_empty(), "{line}");
                for code in expanded {
                    assert!(seen.insert(code.clone()), "{code} is listed twice");
                }
            }
        }
    }

    #[test]
    fn a_state_has_only_zones_of_its_own() {
        let entries = AREA_CODES.values().chain(ZIPS.values().filter(|entry| entry.regions.len() == 1));
        for entry in entries.filter(|entry| !entry.regions.is_empty()) {
            let known: Vec<TimeZone> =
                entry.regions.iter().flat_map(|region| region.zones()).copied().collect();
            let strange = entry.zones.iter().find(|zone| !known.contains(zone));
            // Kenton in Oklahoma and Phenix City in Alabama keep a neighbour's clock, whatever the law says.
            let excepted = entry.regions.iter().any(|region| ["OK", "AL"].contains(&region.letters()));
            assert!(strange.is_none() || excepted, "{entry:?}");
        }
    }
}
