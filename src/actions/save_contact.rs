//! Add a contact, or change one. Consent stays with the number: a contact whose number changes takes nothing along.

use crate::domain::actor::Actor;
use crate::domain::id::ContactId;
use crate::domain::phone::Phone;
use crate::domain::schedule::Zone;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, Contact, Details};
use crate::store::{Locked, Tx, admin_log, numbers};

use super::{ActionError, FieldError, one_line};

/// What a program sends about a contact: a field that it leaves out (`None`) stays as it is.
#[derive(Clone, Debug, Default)]
pub struct Sent {
    /// The name.
    pub name: Option<Option<String>>,
    /// E-mail address.
    pub email: Option<Option<String>>,
    /// The identifier in the customer's own system.
    pub external_id: Option<Option<String>>,
    /// ZIP code.
    pub zip: Option<Option<String>>,
    /// IANA time zone.
    pub time_zone: Option<Option<String>>,
}

impl Sent {
    fn over(self, known: Details) -> Details {
        Details {
            name: self.name.map_or(known.name, Option::unwrap_or_default),
            email: self.email.unwrap_or(known.email),
            external_id: self.external_id.unwrap_or(known.external_id),
            zip: self.zip.unwrap_or(known.zip),
            time_zone: self.time_zone.unwrap_or(known.time_zone),
        }
    }
}

/// Adds a contact, or changes the one with the same external id. True when it is a new one.
///
/// # Errors
/// What is wrong with which field.
pub fn save_contact(
    tx: &mut Tx<'_>,
    phone: &str,
    sent: Sent,
    region: &str,
    actor: &Actor,
    now: Timestamp,
) -> Result<(ContactId, bool), ActionError> {
    let external_id = sent.external_id.as_ref().and_then(|id| tidy(id.clone()));
    let known = match &external_id {
        Some(external_id) => contacts::external_locked(tx, external_id)?,
        None => None,
    };
    let Some(known) = known else {
        let details = sent.over(Details::default());
        return Ok((create_contact(tx, phone, &details, region, actor, now)?, true));
    };
    let id = known.id;
    let details = sent.over(details_of(&known));
    change_contact(tx, &known, phone, &details, region, actor, now)?;
    Ok((id, false))
}

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
    let details = &tidied(details);
    let phone = checked(phone, details, region)?;
    if let Some(external_id) = &details.external_id
        && contacts::by_external_id(tx, external_id)?.is_some()
    {
        return Err(taken());
    }
    let mut number = numbers::find_or_create(tx, &phone, now)?;
    let id = contacts::insert(tx, &mut number, details, now)?;
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
    let contact = contacts::get_locked(tx, id)?.ok_or(ActionError::NotFound("contact"))?;
    change_contact(tx, &contact, phone, details, region, actor, now)?;
    Ok(contact.into_inner())
}

/// What is kept about a contact, as a person enters it.
pub fn details_of(contact: &Contact) -> Details {
    Details {
        name: contact.name.clone(),
        email: contact.email.clone(),
        external_id: contact.external_id.clone(),
        zip: contact.zip.clone(),
        time_zone: contact.time_zone.clone(),
    }
}

fn change_contact(
    tx: &mut Tx<'_>,
    contact: &Locked<Contact>,
    phone: &str,
    details: &Details,
    region: &str,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), ActionError> {
    let id = contact.id;
    let details = &tidied(details);
    let phone = checked(phone, details, region)?;
    if let Some(external_id) = &details.external_id
        && contacts::by_external_id(tx, external_id)?.is_some_and(|other| other.id != id)
    {
        return Err(taken());
    }
    let (mut number, mut left) = numbers::lock_both(tx, &phone, contact.number_id, now)?;
    contacts::update(tx, contact, (&mut number, left.as_mut()), details, now)?;
    let what = if number.id == contact.number_id { "" } else { "The number was changed." };
    admin_log::add(tx, actor, "contact.changed", &format!("contact:{id}"), what, now)?;
    Ok(())
}

/// Control characters and space around it are no part of what people mean; what is empty then was not given.
fn tidied(details: &Details) -> Details {
    Details {
        name: one_line(&details.name),
        email: tidy(details.email.clone()),
        external_id: tidy(details.external_id.clone()),
        zip: tidy(details.zip.clone()),
        time_zone: tidy(details.time_zone.clone()),
    }
}

fn tidy(text: Option<String>) -> Option<String> {
    text.map(|text| one_line(&text)).filter(|text| !text.is_empty())
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
    if details.time_zone.as_ref().is_some_and(|zone| Zone::find(zone).is_none()) {
        let words = "This is no time zone of the IANA list. Enter one like America/Los_Angeles.";
        errors.push(FieldError::new("time_zone", words));
    }
    match (phone, errors.is_empty()) {
        (Ok(phone), true) => Ok(phone),
        _ => Err(ActionError::Invalid(errors)),
    }
}
