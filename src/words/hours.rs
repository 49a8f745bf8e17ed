//! Quiet hours and the place of a recipient, in English.

use crate::domain::calendar::date_words;
use crate::domain::gate::HoursFacts;
use crate::domain::schedule::{Location, LocationSource, RuleFacts, RuleMeaning};

use super::rules::{authority_name, clock, hours_text};

/// The rule that decides, how the place is known, and who says so.
pub(super) fn text(found: &HoursFacts) -> String {
    let rule = rule_text(found.is_open, found.rule.as_ref());
    let source = found.rule.as_ref().map_or("", |rule| rule.source.as_str());
    let source = if source.is_empty() { String::new() } else { format!(" Source: {source}.") };
    let soon = if found.closes_soon {
        "Nothing is sent in the last 30 seconds before quiet hours. It could arrive too late. "
    } else {
        ""
    };
    format!("{soon}{rule} {}{source}", place_sentence(&found.place))
}

/// The rule that decides, in one sentence.
pub(crate) fn rule_text(is_open: bool, rule: Option<&RuleFacts>) -> String {
    match rule {
        Some(rule) => format!("{}.", moment(rule)),
        None if is_open => "No rule closes within 14 days.".to_owned(),
        None => "It is a quiet hour.".to_owned(),
    }
}

/// "It is 9:40 PM in New York; Florida allows 8:00 AM to 8:00 PM".
pub(crate) fn moment(rule: &RuleFacts) -> String {
    format!("It is {} in {}; {}", clock(rule.minute), rule.zone.city(), says(rule))
}

/// "Florida allows 8:00 AM to 8:00 PM", "Utah allows no texts on Pioneer Day".
fn says(rule: &RuleFacts) -> String {
    let law = authority_name(rule.law);
    match &rule.says {
        RuleMeaning::Hours(days, allowed) => format!("{law} allows {}", hours_text(*days, *allowed)),
        RuleMeaning::Holiday(name) => format!("{law} allows no texts on {name}"),
        RuleMeaning::Closure(Some(until)) => format!("{law} is closed to texts until {}", date_words(*until)),
        RuleMeaning::Closure(None) => format!("{law} is closed to texts"),
    }
}

/// "by ZIP 85001: Arizona", "by area code 850: Florida, two time zones".
pub(crate) fn place_text(place: &Location) -> String {
    let names: Vec<&str> = place.regions().iter().map(|region| region.name()).collect();
    let names = if names.is_empty() { "place unknown".to_owned() } else { names.join(" or ") };
    let zones = || counted_zones(place.zones().len());
    match (place.clock(), place.law()) {
        (LocationSource::OwnZone(zone), LocationSource::Nothing) => {
            format!("by its own time zone, {}: {names}", zone.city())
        }
        (LocationSource::Unconfirmed(by, zone), _) => format!(
            "{} or by its own time zone, {}, which is not confirmed: {names}",
            source_text(by),
            zone.city()
        ),
        (LocationSource::OwnZone(zone), law) => {
            format!("by its own time zone, {}; {}: {names}", zone.city(), source_text(law))
        }
        (_, LocationSource::Nothing) => format!("{names}: {}", zones()),
        (_, law) if place.zones().len() > 1 => format!("{}: {names}, {}", source_text(law), zones()),
        (_, law) => format!("{}: {names}", source_text(law)),
    }
}

/// How the place is known, as a sentence.
pub(crate) fn place_sentence(place: &Location) -> String {
    match (place.clock(), place.law()) {
        (LocationSource::Nothing, LocationSource::Nothing) => {
            format!("The place isn't known: {} count.", counted_zones(place.zones().len()))
        }
        _ => format!("The place is known {}.", place_text(place)),
    }
}

/// "by ZIP 85001".
fn source_text(source: &LocationSource) -> String {
    match source {
        LocationSource::OwnZone(zone) => format!("by its own time zone, {}", zone.city()),
        LocationSource::Unconfirmed(by, zone) => {
            format!("{} or by its own time zone, {}", source_text(by), zone.city())
        }
        LocationSource::Zip(zip) => format!("by ZIP {zip}"),
        LocationSource::State => "by state".to_owned(),
        LocationSource::AreaCode(code) => format!("by area code {code}"),
        LocationSource::Country => "by the country of its number".to_owned(),
        LocationSource::CountryAndZip(zip) => format!("by the country of its number and ZIP {zip}"),
        LocationSource::Nothing => "by nothing".to_owned(),
    }
}

fn counted_zones(zones: usize) -> String {
    match zones {
        1 => "one time zone".to_owned(),
        2 => "two time zones".to_owned(),
        3 => "three time zones".to_owned(),
        more => format!("{more} time zones"),
    }
}
