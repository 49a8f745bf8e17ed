//! Telephone numbers: any way a person writes one goes in, E.164 (ITU-T E.164) comes out. It must not know whose number
//! it is, nor whether it can receive texts: line type is a stored attribute, no number plan tells it. A [`Phone`] redacts
//! itself wherever it is printed (DESIGN, Errors); only [`Phone::as_str`] and [`Phone::national`] give the digits away.

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, PhoneNumberType};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

/// Nothing longer than this is read at all: a full number with every space and bracket stays well below.
const MAX_CHARACTERS: usize = 40;

/// A telephone number in E.164: `+12065550100`. One number has one spelling, so equality is equality of numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// Why a text is no telephone number, and the way out, in words for the person who typed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum PhoneError {
    /// Nothing was entered.
    #[error("Enter a mobile number with its area code, for example (206) 555-0100.")]
    Empty,
    /// Longer than any number, so not looked at.
    #[error("This is too long. Enter one mobile number, for example (206) 555-0100.")]
    TooLong,
    /// It holds letters or signs that no number has.
    #[error("Enter the number in digits, with its area code, for example (206) 555-0100.")]
    NotANumber,
    /// It has the shape of a number, but the number plan has no such number.
    #[error(
        "This number does not exist. Check the area code; begin a number from abroad with + and its country code."
    )]
    Invalid,
    /// It has an extension, and an extension cannot receive texts.
    #[error(
        "A number with an extension cannot receive texts. Enter a mobile number, for example (206) 555-0100."
    )]
    HasExtension,
}

impl PhoneError {
    /// The word for machines, as the API speaks it.
    pub const fn code(self) -> &'static str {
        match self {
            PhoneError::Empty => "empty",
            PhoneError::TooLong => "too_long",
            PhoneError::NotANumber => "not_a_number",
            PhoneError::Invalid => "invalid",
            PhoneError::HasExtension => "has_extension",
        }
    }
}

/// A stored or transmitted value that is not in the shape of E.164.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a telephone number in E.164")]
pub struct NotE164;

impl Phone {
    /// Reads a number as people write it. `region` (ISO 3166-1, "US") is meant when no country code is given; with an
    /// unknown region only numbers that begin with + are read.
    ///
    /// The fictional numbers 555-0100 to 555-0199 of real area codes are valid in the library's metadata.
    ///
    /// # Errors
    /// A [`PhoneError`] in words for the person who typed it.
    pub fn parse(text: &str, region: &str) -> Result<Phone, PhoneError> {
        if text.chars().nth(MAX_CHARACTERS).is_some() {
            return Err(PhoneError::TooLong);
        }
        let text: String = text.nfkc().collect();
        let text = without_scheme(text.trim());
        if text.is_empty() {
            return Err(PhoneError::Empty);
        }
        let number = PHONE_NUMBER_UTIL.parse(text, region.parse().ok()).map_err(reason)?;
        if !number.extension().is_empty() {
            return Err(PhoneError::HasExtension);
        }
        // The library skips leading words and dials letters ("1-800-FLOWERS"); a consent is for the number that was meant.
        if text.chars().any(|c| c.is_alphabetic() || "*#;,".contains(c)) {
            return Err(PhoneError::NotANumber);
        }
        if !PHONE_NUMBER_UTIL.is_valid_number(&number) {
            return Err(PhoneError::Invalid);
        }
        let e164 = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
        Phone::from_e164(&e164).ok_or(PhoneError::Invalid)
    }

    /// Takes a stored or transmitted value: `+`, then 7 to 15 digits, the first not 0. Only the shape is looked at, so
    /// that a number stays readable when the number plan changes.
    pub fn from_e164(text: &str) -> Option<Phone> {
        let digits = text.strip_prefix('+')?;
        let shaped = (7..=15).contains(&digits.len())
            && digits.bytes().all(|byte| byte.is_ascii_digit())
            && !digits.starts_with('0');
        shaped.then(|| Phone(text.to_owned()))
    }

    /// The number in E.164, every digit. For the provider, the store and a page that may show it; never for a log.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As people at home write it: `(206) 555-0100`. For pages, never for a log; a foreign number shows no country code.
    pub fn national(&self) -> String {
        if let Some(north_american) = self.north_american() {
            return north_american;
        }
        match self.number() {
            Some(number) => PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::National).into_owned(),
            None => self.0.clone(),
        }
    }

    /// As people in the region `home` read it: under its own country code without it, from abroad with it. For pages.
    pub fn shown(&self, home: &str) -> String {
        let at_home = Phone::calling_code(home).is_some_and(|code| self.0.starts_with(&code));
        match self.number().filter(|_| !at_home) {
            Some(number) => PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::International).into_owned(),
            None => self.national(),
        }
    }

    /// Numbers of the North American plan all have one shape; a list shows fifty of them, and the library takes its time.
    fn north_american(&self) -> Option<String> {
        let digits = self.0.strip_prefix("+1").filter(|digits| digits.len() == 10)?;
        Some(format!("({}) {}-{}", digits.get(..3)?, digits.get(3..6)?, digits.get(6..)?))
    }

    /// The last four digits, by which support and caller tell numbers apart.
    pub fn last_four(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default()
    }

    /// The country or territory the number belongs to ("US", "CA"), where the number plan says so.
    pub fn country_region(&self) -> Option<String> {
        let region = PHONE_NUMBER_UTIL.get_region_for_number(&self.number()?)?;
        Some(region.to_string())
    }

    /// True for numbers whose owner earns when they are called: premium-rate and shared-cost ones.
    pub fn is_costly(&self) -> bool {
        let kind = self.number().map(|number| PHONE_NUMBER_UTIL.get_number_type(&number));
        matches!(kind, Some(PhoneNumberType::PremiumRate | PhoneNumberType::SharedCost))
    }

    /// What international numbers of a region begin with ("+1" for "US"), where the region is known.
    pub fn calling_code(region: &str) -> Option<String> {
        let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region.parse().ok()?)?;
        Some(format!("+{code}"))
    }

    fn number(&self) -> Option<PhoneNumber> {
        PHONE_NUMBER_UTIL.parse(&self.0, None).ok()
    }
}

/// Takes off the scheme of a `tel:` link (RFC 3966).
fn without_scheme(text: &str) -> &str {
    match text.split_at_checked(4) {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel:") => rest.trim_start(),
        _ => text,
    }
}

fn reason(error: ParseError) -> PhoneError {
    match error {
        ParseError::NotANumber(_) => PhoneError::NotANumber,
        _ => PhoneError::Invalid,
    }
}

impl FromStr for Phone {
    type Err = NotE164;
    fn from_str(text: &str) -> Result<Self, NotE164> {
        Phone::from_e164(text).ok_or(NotE164)
    }
}

impl TryFrom<String> for Phone {
    type Error = NotE164;
    fn try_from(text: String) -> Result<Self, NotE164> {
        text.parse()
    }
}

impl From<Phone> for String {
    fn from(phone: Phone) -> String {
        phone.0
    }
}

/// Redacted: `+1206•••0100`. A number too short to hide three digits so shows less.
impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tail) = if self.0.len() >= 12 { (5, 4) } else { (2, 2) };
        let head = self.0.get(..head).unwrap_or_default();
        let tail = self.0.get(self.0.len().saturating_sub(tail)..).unwrap_or_default();
        write!(f, "{head}•••{tail}")
    }
}

/// Redacted, as [`Display`](fmt::Display): `{:?}` is how a value reaches a log.
impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn us(text: &str) -> Result<Phone, PhoneError> {
        Phone::parse(text, "US")
    }

    #[test]
    fn any_way_of_writing_is_the_same_number() {
        for text in [
            "(206) 555-0100",
            "206.555.0100",
            "206-555-0100",
            " 2065550100\n",
            "+1 206 555 0100",
            "1-206-555-0100",
            "+1 (206) 555–0100",
            "tel:+12065550100",
            "TEL:206-555-0100",
            "２０６５５５０１００",
            "＋１（２０６）５５５－０１００",
            "\u{202A}+1 206\u{A0}555\u{A0}0100\u{202C}",
        ] {
            assert_eq!(us(text).map(String::from), Ok("+12065550100".to_owned()), "{text}");
        }
    }

    #[test]
    fn the_numbers_kept_for_fiction_are_accepted() {
        for area in ["206", "212", "305", "415", "512", "602", "808", "907"] {
            for line in ["0100", "0142", "0199"] {
                let text = format!("({area}) 555-{line}");
                assert_eq!(us(&text).unwrap().national(), text);
            }
        }
    }

    #[test]
    fn what_is_no_number_is_refused_with_its_reason() {
        use PhoneError::*;
        for (text, reason) in [
            ("", Empty),
            ("  \u{3000}", Empty),
            ("tel:", Empty),
            ("abc", NotANumber),
            ("---", NotANumber),
            ("1-800-FLOWERS", NotANumber),
            ("call 206 555 0100", NotANumber),
            ("*67 206 555 0100", NotANumber),
            ("555-0100", Invalid),
            ("(000) 555-0100", Invalid),
            ("+999 206 555 0100", Invalid),
            ("206 555 0100 206 555 0199", Invalid),
            ("206 555 0100 x12", HasExtension),
            ("206 555 0100 ext. 5", HasExtension),
            ("206 555 0100;ext=5", HasExtension),
            ("206 555 0100,,12", HasExtension),
            ("1234567890123456789012345678901234567890 ", TooLong),
        ] {
            assert_eq!(us(text), Err(reason), "{text}");
        }
    }

    #[test]
    fn the_region_is_meant_only_without_a_country_code() {
        assert_eq!(Phone::parse("020 7946 0000", "GB").unwrap().as_str(), "+442079460000");
        assert_eq!(Phone::parse("+1 206 555 0100", "GB").unwrap().as_str(), "+12065550100");
        assert_eq!(Phone::parse("+1 206 555 0100", "nowhere").unwrap().as_str(), "+12065550100");
        assert_eq!(Phone::parse("206 555 0100", "nowhere"), Err(PhoneError::Invalid));
        assert_eq!(us("+1 905 555 0101").unwrap().country_region().as_deref(), Some("CA"));
    }

    #[test]
    fn stored_values_keep_a_strict_shape() {
        for text in ["+12065550100", "+1234567", "+123456789012345"] {
            assert_eq!(Phone::from_e164(text).unwrap().as_str(), text);
        }
        for text in [
            "",
            "+",
            "12065550100",
            "+0206555010",
            "+123456",
            "+1234567890123456",
            "+1 2065550100",
            "+1206555010x",
            "+１２０６５５５０１００",
            "++2065550100",
        ] {
            assert_eq!(text.parse::<Phone>(), Err(NotE164), "{text}");
        }
    }

    #[test]
    fn json_is_the_number_and_is_checked() {
        let phone = us("2065550100").unwrap();
        let json = serde::de::value::StrDeserializer::<serde::de::value::Error>::new("+12065550100");
        assert_eq!(Phone::deserialize(json), Ok(phone));
        let json = serde::de::value::StrDeserializer::<serde::de::value::Error>::new("2065550100");
        assert!(Phone::deserialize(json).is_err());
    }

    #[test]
    fn costly_numbers_and_calling_codes_are_known() {
        assert!(Phone::from_e164("+19002345678").unwrap().is_costly());
        assert!(!us("2065550100").unwrap().is_costly());
        assert_eq!(Phone::calling_code("US").as_deref(), Some("+1"));
        assert_eq!(Phone::calling_code("nowhere"), None);
    }

    #[test]
    fn it_never_shows_its_digits_by_accident() {
        let phone = us("2065550100").unwrap();
        assert_eq!(format!("{phone} {phone:?}"), "+1206•••0100 +1206•••0100");
        assert_eq!(phone.last_four(), "0100");
        assert_eq!(format!("{:?}", Phone::from_e164("+1234567")), "Some(+1•••67)");
    }

    #[test]
    fn a_number_from_abroad_shows_its_country_code() {
        let shown = |e164: &str, home: &str| Phone::from_e164(e164).unwrap().shown(home);
        assert_eq!(shown("+12065550100", "US"), "(206) 555-0100");
        assert_eq!(shown("+442079460000", "US"), "+44 20 7946 0000");
        assert_eq!(shown("+14165550100", "US"), "(416) 555-0100");
        assert_eq!(shown("+442079460000", "GB"), "020 7946 0000");
        assert_eq!(shown("+12065550100", "GB"), "+1 206-555-0100");
    }

    #[test]
    fn a_number_without_metadata_is_still_shown() {
        let phone = Phone::from_e164("+999999999999").unwrap();
        assert_eq!(phone.shown("US"), "+999999999999");
        assert_eq!(phone.national(), "+999999999999");
        assert_eq!(phone.country_region(), None);
    }

    #[test]
    fn the_short_way_to_show_a_number_is_the_librarys() {
        for area in ["206", "212", "416", "787", "800", "907"] {
            let phone = Phone::from_e164(&format!("+1{area}5550142")).unwrap();
            let number = phone.number().unwrap();
            assert_eq!(phone.national(), PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::National));
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_and_what_it_reads_it_reads_again(text in "\\PC{0,45}|[-0-9+(). x#;,*/]{0,45}") {
            if let Ok(phone) = us(&text) {
                prop_assert_eq!(us(phone.as_str()), Ok(phone.clone()));
                prop_assert_eq!(Phone::from_e164(phone.as_str()), Some(phone));
            }
        }
    }
}
