//! What a contact's details must be. Used by `save_contact`; it writes nothing, and does not know whether the contact is
//! new.

use crate::domain::phone::Phone;
use crate::domain::schedule::{TimeZone, is_foreign, zip_is_readable, zip_is_short};
use crate::store::contacts::ContactDetails;
use crate::words::phone_error_text;

use super::{ActionError, FieldError, one_line};

/// Longer names and identifiers are a mistake.
const LONGEST: usize = 200;
/// The longest email address that mail servers take (RFC 5321).
const LONGEST_EMAIL: usize = 254;
const LONGEST_ZIP: usize = 40;

/// Which details were entered now. What is only kept from before is not asked about again.
#[derive(Clone, Copy, Debug)]
pub(super) struct EnteredDetails {
    pub(super) zip: bool,
    pub(super) time_zone: bool,
}

impl EnteredDetails {
    /// Everything, as a form sends it.
    pub(super) const ALL: EnteredDetails = EnteredDetails { zip: true, time_zone: true };
}

/// Without control characters and space around it.
pub(super) fn trimmed(text: &Option<String>) -> Option<String> {
    text.as_deref().map(one_line).filter(|text| !text.is_empty())
}

/// The number, when it and the details are right.
///
/// # Errors
/// What is wrong with which field, all at once.
pub(super) fn checked(
    phone: &str,
    details: &ContactDetails,
    entered: EnteredDetails,
    region: &str,
) -> Result<Phone, ActionError> {
    let phone =
        Phone::parse(phone, region).map_err(|error| FieldError::new("phone", phone_error_text(error)));
    let mut errors: Vec<FieldError> = phone.as_ref().err().cloned().into_iter().collect();
    let mut wrong = |field: &str, message: &str| errors.push(FieldError::new(field, message));
    if details.name.chars().count() > LONGEST {
        wrong("name", "The name is longer than 200 characters. Shorten it.");
    }
    if details.email.as_ref().is_some_and(|email| !is_email(email)) {
        wrong("email", "Enter an email address like name@example.com.");
    }
    if details.external_id.as_ref().is_some_and(|id| id.chars().count() > LONGEST) {
        wrong("external_id", "The external ID is longer than 200 characters. Shorten it.");
    }
    if let Some(zip) = details.zip.as_deref().filter(|_| entered.zip) {
        // Beside a number that cannot be read the ZIP is still judged, as one of the country that numbers are read in.
        let number = phone.as_ref().ok();
        let is_judged = number.is_some() || matches!(region, "US" | "CA");
        if is_judged && zip_is_short(zip, number) {
            wrong("zip", "Enter all five digits of the ZIP code, for example 02134.");
        } else if is_judged && !zip_is_readable(zip, number) || zip.chars().count() > LONGEST_ZIP {
            wrong("zip", "Enter a ZIP code like 98101, or leave it empty.");
        }
    }
    let zone = details.time_zone.as_deref().filter(|_| entered.time_zone);
    if let Some((field, message)) = zone.and_then(|zone| wrong_zone(zone, details, phone.as_ref().ok())) {
        wrong(field, &message);
    }
    match (phone, errors.is_empty()) {
        (Ok(phone), true) => Ok(phone),
        _ => Err(ActionError::Invalid(errors)),
    }
}

fn is_email(email: &str) -> bool {
    email.len() <= LONGEST_EMAIL && validator::ValidateEmail::validate_email(&email)
}

fn wrong_zone(name: &str, details: &ContactDetails, phone: Option<&Phone>) -> Option<(&'static str, String)> {
    let Some(zone) = TimeZone::find(name) else {
        let message = match TimeZone::is_no_place(name) {
            true => "This time zone is not a place. Choose one like America/Los_Angeles.",
            false => "Choose a time zone like America/Los_Angeles.",
        };
        return Some(("time_zone", message.to_owned()));
    };
    let is_unconfirmed = !details.time_zone_confirmed && phone.is_some_and(|phone| is_foreign(zone, phone));
    is_unconfirmed.then(|| {
        let name = zone.name();
        let message = format!("{name} is outside this number's country. Confirm that the contact is there.");
        ("time_zone_confirmed", message)
    })
}
