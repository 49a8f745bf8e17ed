//! Where a ZIP field and a number may lie: the tables' candidates as a place.

use super::{Location, LocationSource};
use crate::domain::phone::Phone;
use crate::domain::schedule::region::Region;
use crate::domain::schedule::tables::{area_code, zip_code};

/// By what stands in the ZIP field: a ZIP, a state, or a Canadian postal code. Nothing where it says nothing.
pub(super) fn by_zip(text: &str, phone: Option<&Phone>) -> Option<Location> {
    if text.is_empty() {
        return None;
    }
    let domestic = is_domestic(phone);
    if let Some(zip) = zip_in(text, domestic) {
        let here = || zip_code(&zip).map(|entry| Location::of_entry(entry, LocationSource::Zip(zip.clone())));
        if domestic {
            return here();
        }
        // Five digits are a postal code in many countries: from a foreign number it may be the one or the other.
        return phone.and_then(by_country).map_or_else(here, |abroad| match here() {
            Some(here) => Some(abroad.or(here, LocationSource::CountryAndZip(zip.clone()))),
            None => Some(abroad),
        });
    }
    if let Some(state) = Region::state_named(text) {
        return Some(Location::of_region(state, LocationSource::State));
    }
    by_canadian_code(text)
}

/// The last five digits that stand alone ("Phoenix, AZ 85001-1234"). A spreadsheet eats leading zeros: four or three
/// digits alone get them back where the number is from here.
fn zip_in(text: &str, domestic: bool) -> Option<String> {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let main = |part: &str| part.split('-').next().filter(|main| digits(main)).map(str::to_owned);
    let last = text.split_ascii_whitespace().filter_map(main).next_back()?;
    match last.len() {
        5 => Some(last),
        9 => last.get(..5).map(str::to_owned),
        3 | 4 if domestic => Some(format!("{last:0>5}")),
        _ => None,
    }
}

fn by_canadian_code(text: &str) -> Option<Location> {
    let code: Vec<char> =
        text.to_ascii_uppercase().chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
    let [letter, district, second, rest @ ..] = code.as_slice() else { return None };
    let ends_right = match rest {
        [] => true,
        [unit, letter, last] => {
            unit.is_ascii_digit() && letter.is_ascii_alphabetic() && last.is_ascii_digit()
        }
        _ => false,
    };
    let shaped = district.is_ascii_digit() && second.is_ascii_alphabetic() && ends_right;
    let regions = Region::of_canadian_letter(*letter).iter().filter_map(|code| Region::find(code));
    let regions: Vec<Region> = regions.filter(|_| shaped).collect();
    let zones = regions.iter().flat_map(|region| region.zones()).copied().collect();
    let by = LocationSource::Zip(code.into_iter().collect());
    if regions.is_empty() { None } else { Some(Location::new(regions, zones, by)) }
}

pub(super) fn by_number(phone: &Phone) -> Location {
    let unknown = || Location::new(Vec::new(), Vec::new(), LocationSource::Nothing);
    match digits_of_plan(phone) {
        Some(code) => area_code(code)
            .map_or_else(unknown, |entry| Location::of_entry(entry, LocationSource::AreaCode(code))),
        None => by_country(phone).unwrap_or_else(unknown),
    }
}

/// The area code of a number of the North American plan.
pub(super) fn digits_of_plan(phone: &Phone) -> Option<u16> {
    let digits = phone.as_str().strip_prefix("+1").filter(|digits| digits.len() == 10)?;
    digits.get(..3)?.parse().ok()
}

/// True for a number of the North American plan, and where no number is known.
pub(super) fn is_domestic(phone: Option<&Phone>) -> bool {
    phone.is_none_or(|phone| digits_of_plan(phone).is_some())
}

fn by_country(phone: &Phone) -> Option<Location> {
    let region = Region::find(&phone.country_region()?)?;
    Some(Location::of_region(region, LocationSource::Country))
}
