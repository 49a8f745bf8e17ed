//! Add a contact, or change one. Consent stays with the number: a contact whose number changes takes nothing along.

use crate::domain::actor::Actor;
use crate::domain::id::ContactId;
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, Contact, Details};
use crate::store::{Tx, admin_log, numbers};

use super::{ActionError, FieldError};

/// Adds a contact.
///
/// # Errors
/// What is wrong with which field.
pub fn create_contact(
    tx: &mut Tx<'_>,
    phone: &str,
    details: &Details,
    region: &str,
    actor: &Actor,
    now: Timestamp,
) -> Result<ContactId, ActionError> {
    let phone = checked(phone, details, region)?;
    if let Some(external_id) = &details.external_id
        && contacts::by_external_id(tx, external_id)?.is_some()
    {
        return Err(taken());
    }
    let number = numbers::find_or_create(tx, &phone, now)?;
    let id = contacts::insert(tx, &number, details, now)?;
    admin_log::add(tx, actor, "contact.created", &format!("contact:{id}"), "", now)?;
    Ok(id)
}

/// Changes a contact's details and number.
///
/// # Errors
/// What is wrong with which field, or that there is no such contact.
pub fn update_contact(
    tx: &mut Tx<'_>,
    id: ContactId,
    phone: &str,
    details: &Details,
    region: &str,
    actor: &Actor,
    now: Timestamp,
) -> Result<Contact, ActionError> {
    let contact = contacts::get(tx, id)?.ok_or(ActionError::NotFound("contact"))?;
    let phone = checked(phone, details, region)?;
    if let Some(external_id) = &details.external_id
        && contacts::by_external_id(tx, external_id)?.is_some_and(|other| other.id != id)
    {
        return Err(taken());
    }
    let number = numbers::find_or_create(tx, &phone, now)?;
    contacts::update(tx, &contact, &number, details, now)?;
    let what = if number.id == contact.number_id { "" } else { "The number was changed." };
    admin_log::add(tx, actor, "contact.changed", &format!("contact:{id}"), what, now)?;
    Ok(contact)
}

fn taken() -> ActionError {
    ActionError::field("external_id", "Another contact has this external id already. Enter a different one.")
}

fn checked(phone: &str, details: &Details, region: &str) -> Result<Phone, ActionError> {
    let mut errors = Vec::new();
    let phone =
        Phone::parse(phone, region).map_err(|error| errors.push(FieldError::new("phone", error.to_string())));
    if details.name.chars().count() > 200 {
        errors.push(FieldError::new("name", "The name is longer than 200 characters. Shorten it."));
    }
    if details.email.as_ref().is_some_and(|email| !validator::ValidateEmail::validate_email(email)) {
        errors.push(FieldError::new("email", "Enter an e-mail address like name@example.com."));
    }
    if details.external_id.as_ref().is_some_and(|id| id.chars().count() > 200) {
        errors.push(FieldError::new("external_id", "The external id is longer than 200 characters."));
    }
    if details.zip.as_ref().is_some_and(|zip| zip.chars().count() > 16) {
        errors.push(FieldError::new("zip", "Enter a ZIP code like 98101."));
    }
    if details.time_zone.as_ref().is_some_and(|zone| zone.chars().count() > 64) {
        errors.push(FieldError::new("time_zone", "Enter a time zone like America/Los_Angeles."));
    }
    match (phone, errors.is_empty()) {
        (Ok(phone), true) => Ok(phone),
        _ => Err(ActionError::Invalid(errors)),
    }
}
