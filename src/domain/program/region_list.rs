//! The regions whose numbers a program texts unasked: countries and territories by their codes (ISO 3166-1), as the number plan
//! tells them apart. Pure.

use std::str::FromStr;

use crate::domain::phone::Phone;

/// Territories of a country that have a code of their own.
const TERRITORIES: [(&str, &[&str]); 6] = [
    ("US", &["PR", "VI", "GU", "AS", "MP"]),
    ("FR", &["GP", "MQ", "GF", "RE", "YT", "PM", "BL", "MF", "NC", "PF", "WF"]),
    ("DK", &["FO", "GL"]),
    ("FI", &["AX"]),
    ("NO", &["SJ"]),
    ("AU", &["CC", "CX"]),
];

/// The regions of a program; none only before the first start of a version that knows them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct RegionList(String);

/// A word that is no code of a region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct UnknownRegion(pub String);

impl RegionList {
    /// A country with its own territories.
    pub fn of_country(code: &str) -> RegionList {
        let own = TERRITORIES.iter().find(|(country, _)| *country == code).map_or(&[][..], |(_, own)| *own);
        RegionList(std::iter::once(code).chain(own.iter().copied()).collect::<Vec<_>>().join(", "))
    }

    /// As it is kept and shown: "US, PR".
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// True for a list that nobody has filled.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The codes.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.0.split(", ").filter(|code| !code.is_empty())
    }

    /// True when the list has the region.
    pub fn has(&self, region: &str) -> bool {
        self.codes().any(|code| code == region)
    }

    /// The same with these regions at the end.
    #[must_use]
    pub fn with(&self, more: impl IntoIterator<Item = String>) -> RegionList {
        let mut codes: Vec<String> = self.codes().map(str::to_owned).collect();
        for code in more {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        RegionList(codes.join(", "))
    }
}

impl FromStr for RegionList {
    type Err = UnknownRegion;
    fn from_str(text: &str) -> Result<RegionList, UnknownRegion> {
        let words = text.split([',', ';', ' ', '\n']).map(str::trim).filter(|word| !word.is_empty());
        let mut codes = Vec::new();
        for word in words {
            let code = word.to_ascii_uppercase();
            if Phone::calling_code(&code).is_none() {
                return Err(UnknownRegion(word.to_owned()));
            }
            codes.push(code);
        }
        Ok(RegionList::default().with(codes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_country_brings_its_own_territories_and_no_neighbor() {
        let home = RegionList::of_country("US");
        assert_eq!(home.as_str(), "US, PR, VI, GU, AS, MP");
        for (number, is_in) in [
            ("+12065550100", true),
            ("+17875550100", true),
            ("+13405550100", true),
            ("+16715550100", true),
            ("+16845550100", true),
            ("+16705550100", true),
            ("+18765550100", false),
            ("+14165550100", false),
            ("+447911123456", false),
        ] {
            let region = Phone::from_e164(number).unwrap().country_region().unwrap_or_default();
            assert_eq!(home.has(&region), is_in, "{number} is in {region}");
        }
        assert_eq!(RegionList::of_country("MX").as_str(), "MX");
    }

    #[test]
    fn a_list_is_read_as_people_write_it() {
        let read: RegionList = " us,PR;ca ca".parse().unwrap();
        assert_eq!(read.as_str(), "US, PR, CA");
        assert_eq!(read.as_str().parse::<RegionList>(), Ok(read.clone()));
        assert_eq!(read.with(["JM".to_owned(), "US".to_owned()]).as_str(), "US, PR, CA, JM");
        assert_eq!("US, Utopia".parse::<RegionList>(), Err(UnknownRegion("Utopia".to_owned())));
        assert!("".parse::<RegionList>().unwrap().is_empty());
    }
}
