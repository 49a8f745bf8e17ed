//! Regions of the number plan by their names.

use crate::domain::phone::Phone;
use crate::domain::program::RegionList;
use crate::domain::schedule::Region;

/// "Jamaica"; the code itself where no name is known.
pub fn region_name(code: &str) -> String {
    match code {
        "" => "an unknown region".to_owned(),
        "US" => "the United States".to_owned(),
        "CA" => "Canada".to_owned(),
        _ => match Region::find(code).or_else(|| Region::state(code)) {
            Some(region) => region.name().to_owned(),
            None => code.to_owned(),
        },
    }
}

/// "the United States, Puerto Rico and Guam".
pub fn region_names(list: &RegionList) -> String {
    let mut names: Vec<String> = list.codes().map(region_name).collect();
    match names.pop() {
        Some(last) if names.is_empty() => last,
        Some(last) => format!("{} and {last}", names.join(", ")),
        None => "no region".to_owned(),
    }
}

/// Why a form takes no such number, and the way out: `sender` is where a START goes to.
pub fn region_refusal(phone: &Phone, home: &str, regions: &RegionList, sender: Option<&str>) -> String {
    let region = phone.country_region().unwrap_or_default();
    let (number, to) = (phone.shown(home), super::sender_text(sender));
    format!(
        "{number} is a number in {}. This form takes mobile numbers in {} only. Enter one, or text START to {to}.",
        region_name(&region),
        region_names(regions)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_has_a_name_that_people_know() {
        let list = RegionList::of_country("US");
        assert_eq!(
            region_names(&list),
            "the United States, Puerto Rico, U.S. Virgin Islands, Guam, American Samoa and Northern Mariana Islands"
        );
        assert_eq!(region_names(&RegionList::of_country("MX")), "Mexico");
        let phone = Phone::from_e164("+18765550100").unwrap();
        let said = region_refusal(&phone, "US", &RegionList::of_country("GU"), Some("+12065550199"));
        assert!(said.starts_with("(876) 555-0100 is a number in Jamaica."), "{said}");
        assert!(said.ends_with("or text START to (206) 555-0199 (+12065550199)."), "{said}");
    }
}
