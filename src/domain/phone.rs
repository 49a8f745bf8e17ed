//! Telephone numbers: any way a person writes one goes in, E.164 (ITU-T E.164) comes out. It must not know whose number
//! it is, nor whether it can receive texts: line type is a stored attribute, no number plan tells it. A [`Phone`] redacts
//! itself wherever it is printed (DESIGN, Errors); only [`Phone::as_str`] and [`Phone::national`] give the digits away.

mod plan;
mod sender;
mod spelling;

use std::fmt;
use std::str::FromStr;

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat};
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization;

use plan::PlanEntry;
pub use sender::{TextSender, without_channel};

/// Nothing longer than this is read at all: a full number with every space and bracket stays well below.
const MAX_CHARACTERS: usize = 40;

/// A telephone number in E.164: `+12065550100`. One number has one spelling, so equality is equality of numbers.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Phone(String);

/// Why a text is no telephone number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PhoneError {
    /// Nothing was entered.
    Empty,
    /// Longer than any number, so not looked at.
    TooLong,
    /// It holds letters or signs that no number has.
    NotANumber,
    /// It has the shape of a number, but the number plan has no such number.
    Invalid,
    /// It has an extension, and an extension cannot receive texts.
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
    /// What is wrong with it.
    pub fn parse(text: &str, region: &str) -> Result<Phone, PhoneError> {
        let number = read(&plain(text)?, region)?;
        let phone = e164(&number).ok_or(PhoneError::Invalid)?;
        if phone.is_north_american() && PlanEntry::look_up(&phone, &number).is_valid() {
            return Ok(phone);
        }
        // An old spelling, or a second trunk zero, is no valid number of its own, but it may name one.
        let canonical = phone.canonical();
        if spelling::is_canonical(&canonical) { Ok(canonical) } else { Err(PhoneError::Invalid) }
    }

    /// Reads a number for a revocation or for a look at its record. It need not be valid: the number plan may be newer than
    /// our copy of it, and a person's STOP counts all the same. Any `+` and 7 to 15 digits will do.
    ///
    /// # Errors
    /// A [`PhoneError`] when the text has not even the shape of a number.
    pub fn look_up(text: &str, region: &str) -> Result<Phone, PhoneError> {
        let text = plain(text)?;
        let digits: String = text.chars().filter(|c| !c.is_whitespace() && !"-.()".contains(*c)).collect();
        if let Some(phone) = Phone::from_e164(&digits).filter(|_| !is_decimal(&text)) {
            return Ok(phone.canonical());
        }
        let number = read(&text, region)?;
        let phone = e164(&number).ok_or(PhoneError::Invalid)?.canonical();
        let length = PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number);
        // An old spelling may be too long and still name a number.
        let names_one = length == Ok(NumberLengthType::IsPossible) || phone.is_valid();
        if names_one { Ok(phone) } else { Err(PhoneError::Invalid) }
    }

    /// The one spelling under which the number's record is kept. A spelling that is no valid number of its own leads to the
    /// valid one: Mexico's `+52 1 …`, Brazil's mobile numbers without the 9, a trunk zero after the country code.
    pub fn canonical(&self) -> Phone {
        if self.is_north_american() { self.clone() } else { spelling::canonical(self) }
    }

    /// An older spelling under which records of this number may exist.
    pub fn old_spelling(&self) -> Option<Phone> {
        if self.is_north_american() { None } else { spelling::old(self) }
    }

    /// The other valid number that the same handset may have: `+54 …` and `+54 9 …` in Argentina. They share opt-outs only.
    pub fn twin(&self) -> Option<Phone> {
        if self.is_north_american() { None } else { spelling::twin(self) }
    }

    /// True when the number plan has such a number. Sending needs one; a revocation does not.
    pub fn is_valid(&self) -> bool {
        PlanEntry::of(self).is_valid()
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
        self.shown_under(Phone::calling_code(home).as_deref())
    }

    /// As [`Phone::shown`], for those who have looked up the region's [`Phone::calling_code`] once and show many numbers.
    pub fn shown_under(&self, home_code: Option<&str>) -> String {
        if home_code.is_some_and(|code| self.0.starts_with(code)) {
            return self.national();
        }
        match self.number() {
            Some(number) => PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::International).into_owned(),
            None => self.national(),
        }
    }

    /// Numbers of the North American plan all have one shape; a list shows fifty of them, and the library takes its time.
    fn north_american(&self) -> Option<String> {
        let digits = self.0.strip_prefix("+1").filter(|_| self.is_north_american())?;
        Some(format!("({}) {}-{}", digits.get(..3)?, digits.get(3..6)?, digits.get(6..)?))
    }

    /// The last four digits, by which support and caller tell numbers apart.
    pub fn last_four(&self) -> &str {
        self.0.get(self.0.len().saturating_sub(4)..).unwrap_or_default()
    }

    /// The country or territory the number belongs to ("US", "CA"), where the number plan says so.
    pub fn country_region(&self) -> Option<String> {
        PlanEntry::of(self).region()
    }

    /// True for numbers that no person has in a pocket, or whose owner earns when they are texted: toll-free, premium-rate,
    /// shared-cost, personal (`+1 500`), company-wide and voicemail ones, and pagers.
    pub fn is_special(&self) -> bool {
        PlanEntry::of(self).is_special()
    }

    /// What international numbers of a region begin with ("+1" for "US"), where the region is known.
    pub fn calling_code(region: &str) -> Option<String> {
        let code = PHONE_NUMBER_UTIL.get_country_code_for_region(region.parse().ok()?)?;
        Some(format!("+{code}"))
    }

    fn is_north_american(&self) -> bool {
        self.0.len() == 12 && self.0.starts_with("+1")
    }

    fn number(&self) -> Option<PhoneNumber> {
        PHONE_NUMBER_UTIL.parse(&self.0, None).ok()
    }
}

/// What was typed, without the scheme of a `tel:` or `sms:` link (RFC 3966, RFC 5724).
fn plain(text: &str) -> Result<String, PhoneError> {
    if text.chars().nth(MAX_CHARACTERS).is_some() {
        return Err(PhoneError::TooLong);
    }
    let text: String = text.nfkc().collect();
    // Marks of writing direction come along when a number is copied.
    let text = text.trim_matches(|c: char| c.is_whitespace() || ('\u{200E}'..='\u{202E}').contains(&c));
    let text = without_channel(text);
    if text.is_empty() { Err(PhoneError::Empty) } else { Ok(text.to_owned()) }
}

fn read(text: &str, region: &str) -> Result<PhoneNumber, PhoneError> {
    if is_decimal(text) {
        return Err(PhoneError::NotANumber);
    }
    // After a + stands a country code, whatever is dialed before one in the region: `+00 …` and `+0011 …` name no number.
    let is_international = text.chars().find(|c| *c == '+' || c.is_numeric()) == Some('+');
    let region = region.parse().ok().filter(|_| !is_international);
    let number = PHONE_NUMBER_UTIL.parse(text, region).map_err(reason)?;
    if !number.extension().is_empty() {
        return Err(PhoneError::HasExtension);
    }
    // The library skips leading words and dials letters ("1-800-FLOWERS"); a consent is for the number that was meant.
    if text.chars().any(|c| c.is_alphabetic() || "*#;,".contains(c)) {
        return Err(PhoneError::NotANumber);
    }
    Ok(number)
}

/// `206555010.0`: a spreadsheet took the number for a quantity, and its decimal must not supply a digit. A single point
/// before four or more digits separates (`206.5550100`, `+1.2065550100`).
fn is_decimal(text: &str) -> bool {
    let Some((_, fraction)) = text.split_once('.') else { return false };
    fraction.chars().all(|c| c.is_ascii_digit()) && fraction.len() < 4
}

fn e164(number: &PhoneNumber) -> Option<Phone> {
    Phone::from_e164(&PHONE_NUMBER_UTIL.format(number, PhoneNumberFormat::E164))
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
mod tests;
