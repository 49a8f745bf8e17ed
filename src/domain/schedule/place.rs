//! Where a contact is, as far as anybody can tell (RULES §7): its own time zone, its ZIP or state, or its area code. What
//! is not sure stays several candidates; a text must be inside the hours of every one.

mod candidates;

use serde::{Deserialize, Serialize};

use self::candidates::{by_number, by_zip, digits_of_plan, is_domestic};
use super::hour_rule::RuleAuthority;
use super::region::{Region, country};
use super::tables::{CodeEntry, area_code};
use super::zone::{TimeZone, home_country};
use crate::domain::phone::Phone;

/// A contact's candidate time zones and states, and how they were found. Never without a zone.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Location {
    zones: Vec<TimeZone>,
    regions: Vec<Region>,
    states: Vec<Region>,
    unknown: bool,
    clock: LocationSource,
    law: LocationSource,
}

/// What a place was found by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LocationSource {
    /// The contact's own time zone.
    OwnZone(TimeZone),
    /// Its own time zone lies in another country and nobody confirmed it: one more candidate beside the rest.
    Unconfirmed(Box<LocationSource>, TimeZone),
    /// Its ZIP or postal code.
    Zip(String),
    /// Its state.
    State,
    /// The area code of its number.
    AreaCode(u16),
    /// The country of its number.
    Country,
    /// Both the country of its number and what may be a ZIP there or here.
    CountryAndZip(String),
    /// Nothing.
    Nothing,
}

/// A contact's own time zone, as it is kept.
#[derive(Clone, Copy, Debug)]
pub struct OwnZone<'a> {
    /// Its name.
    pub name: &'a str,
    /// A person said that it is right although it lies outside the number's country.
    pub confirmed: bool,
}

/// Finds the place of a contact whose time zone, if it has one, was not confirmed.
pub fn place_of(contact_zone: Option<&str>, zip: Option<&str>, phone: &Phone) -> Location {
    place_in(contact_zone.map(|name| OwnZone { name, confirmed: false }), zip, phone)
}

/// Finds the place of a contact: its own zone > ZIP or state > area code. The own zone sets the clock alone: the laws
/// are still those of the ZIP, else of the area code. An own zone in another country, unless a person confirmed it, is one
/// more candidate and never the only one.
pub fn place_in(own: Option<OwnZone<'_>>, zip: Option<&str>, phone: &Phone) -> Location {
    let zip = zip.unwrap_or_default().trim();
    let place = by_zip(zip, Some(phone)).unwrap_or_else(|| {
        let place = by_number(phone);
        // A ZIP that cannot be read says that it is somewhere: the cautious hours hold too.
        Location { unknown: place.unknown || !zip_is_readable(zip, Some(phone)), ..place }
    });
    // A zone that is no place counts as absent.
    let Some(own) = own.filter(|own| !own.name.trim().is_empty() && !TimeZone::is_no_place(own.name)) else {
        return place;
    };
    match TimeZone::find(own.name) {
        Some(zone) if own.confirmed || !is_foreign(zone, phone) => place.with_own_zone(zone),
        Some(zone) => place.with_candidate(zone),
        // It says where the contact is in words that we do not know: the cautious hours hold too.
        None => Location { unknown: true, ..place },
    }
}

/// Where a number may be whose contacts name more places than are looked at: anywhere, so that the cautious hours hold in every
/// zone of this country and of the number's own.
pub fn anywhere(phone: &Phone) -> Location {
    let unknown = Location::new(Vec::new(), Vec::new(), LocationSource::Nothing);
    by_number(phone).or(unknown, LocationSource::Nothing)
}

/// True for digits alone that are too few for a ZIP of this country: a spreadsheet took zeros away, or a digit is missing.
/// Without a number the ZIP is judged as one of this country.
pub fn zip_is_short(zip: &str, phone: Option<&Phone>) -> bool {
    let zip = zip.trim();
    let is_digits = !zip.is_empty() && zip.bytes().all(|byte| byte.is_ascii_digit());
    is_digits && zip.len() < 5 && is_domestic(phone)
}

/// False for what stands in a ZIP field and says nothing to us. Postal codes of other countries are theirs to judge;
/// without a number the ZIP is judged as one of this country.
pub fn zip_is_readable(zip: &str, phone: Option<&Phone>) -> bool {
    let zip = zip.trim();
    let is_ours =
        || phone.is_none_or(|phone| countries(phone).iter().any(|country| matches!(*country, "US" | "CA")));
    zip.is_empty() || by_zip(zip, phone).is_some() || !is_ours()
}

/// True for a zone outside the number's country. Where the country is not known, no zone is foreign.
pub fn is_foreign(zone: TimeZone, phone: &Phone) -> bool {
    let countries = countries(phone);
    !countries.is_empty() && !countries.contains(&zone.country())
}

/// The countries that a number may belong to. A number of the North American plan without a place of its own (toll-free,
/// an area code that we do not know) counts as ours.
fn countries(phone: &Phone) -> Vec<&'static str> {
    let regions: Vec<Region> = match digits_of_plan(phone) {
        Some(code) => area_code(code).map(|entry| entry.regions.clone()).unwrap_or_default(),
        None => phone.country_region().and_then(|code| Region::find(&code)).into_iter().collect(),
    };
    match (digits_of_plan(phone), regions.is_empty()) {
        (Some(_), true) => vec!["US"],
        _ => regions.iter().map(|region| home_country(region.code())).collect(),
    }
}

impl Location {
    /// Every zone it may lie in.
    pub fn zones(&self) -> &[TimeZone] {
        &self.zones
    }

    /// Every state, District or territory whose law may hold.
    pub fn states(&self) -> &[Region] {
        &self.states
    }

    /// Every region it may lie in: states, provinces, countries.
    pub fn regions(&self) -> &[Region] {
        &self.regions
    }

    /// True when nobody knows the region, so that the cautious hours hold too.
    pub fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// True when this law may hold there: a state that is one of the candidates, or any state where none is known.
    pub fn may_have(&self, law: RuleAuthority) -> bool {
        match law {
            RuleAuthority::Federal => true,
            RuleAuthority::State(state) => self.unknown || self.states.contains(&state),
            RuleAuthority::Unknown => self.unknown,
            RuleAuthority::Program => false,
        }
    }

    /// The same for places with the same hours, holidays, closures and caps.
    pub fn rules_key(&self) -> String {
        let zones = self.zones.iter().map(|zone| zone.name());
        let states = self.states.iter().map(|state| state.code());
        zones.chain(states).chain(self.unknown.then_some("unknown")).collect::<Vec<_>>().join(" ")
    }

    /// How its time zones were found.
    pub fn clock(&self) -> &LocationSource {
        &self.clock
    }

    /// How its states were found.
    pub fn law(&self) -> &LocationSource {
        &self.law
    }

    /// A place of candidate regions, or of nobody's guess: cautious hours in every zone given.
    fn new(regions: Vec<Region>, zones: Vec<TimeZone>, by: LocationSource) -> Location {
        let states = regions.iter().copied().filter(|region| region.is_state()).collect();
        let unknown = regions.is_empty();
        let zones = if zones.is_empty() { country().to_vec() } else { zones };
        Location { zones, unknown, regions, states, clock: by.clone(), law: by }
    }

    fn of_entry(entry: &CodeEntry, by: LocationSource) -> Location {
        Location::new(entry.regions.clone(), entry.zones.clone(), by)
    }

    fn of_region(region: Region, by: LocationSource) -> Location {
        Location::new(vec![region], region.zones().to_vec(), by)
    }

    fn with_own_zone(self, zone: TimeZone) -> Location {
        Location { zones: vec![zone], clock: LocationSource::OwnZone(zone), ..self }
    }

    fn with_candidate(mut self, zone: TimeZone) -> Location {
        if !self.zones.contains(&zone) {
            self.zones.push(zone);
        }
        let clock = LocationSource::Unconfirmed(Box::new(self.clock.clone()), zone);
        Location { clock, ..self }
    }

    /// Either of two places: all that is a candidate in one.
    fn or(mut self, other: Location, by: LocationSource) -> Location {
        for zone in other.zones {
            if !self.zones.contains(&zone) {
                self.zones.push(zone);
            }
        }
        self.regions.extend(other.regions);
        self.states.extend(other.states);
        self.unknown |= other.unknown;
        Location { clock: by.clone(), law: by, ..self }
    }
}
