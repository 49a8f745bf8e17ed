//! Adds a contact, or changes one. Consent stays with the number: a contact whose number changes takes nothing along. Used
//! by the contact pages and the JSON API through `Commands`; it writes contacts, notes of both numbers and the admin log.

use crate::domain::id::ContactId;
use crate::domain::note::NoteKind;
use crate::store::contacts::{self, Contact, ContactDetails};
use crate::store::number_notes::{self, NumberNote};
use crate::store::numbers::Number;
use crate::store::{LockedRow, Tx, admin_log, numbers};

use super::contact_details::{EnteredDetails, checked, trimmed};
use super::settings_form::settings_form;
use super::{ActionContext, ActionError, check_revision, one_line, revision_tag};

/// What a program sends about a contact: a field that it leaves out (`None`) stays as it is.
#[derive(Clone, Debug, Default)]
pub struct ContactPatch {
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
    /// A time zone outside the number's country is right.
    pub time_zone_confirmed: Option<bool>,
}

impl ContactPatch {
    /// Which details it brings.
    pub(super) fn entered(&self) -> EnteredDetails {
        EnteredDetails { zip: self.zip.is_some(), time_zone: self.time_zone.is_some() }
    }

    /// What a contact is after it.
    pub(super) fn over(self, known: ContactDetails) -> ContactDetails {
        // A confirmation belongs to the time zone that it was given for.
        let keeps_zone = self.time_zone.as_ref().is_none_or(|zone| trimmed(zone) == known.time_zone);
        let confirmed = known.time_zone_confirmed && keeps_zone;
        ContactDetails {
            time_zone_confirmed: self.time_zone_confirmed.unwrap_or(confirmed),
            name: self.name.map_or(known.name, Option::unwrap_or_default),
            email: self.email.unwrap_or(known.email),
            external_id: self.external_id.unwrap_or(known.external_id),
            zip: self.zip.unwrap_or(known.zip),
            time_zone: self.time_zone.unwrap_or(known.time_zone),
        }
    }
}

settings_form! {
    /// The details of a contact in a form, as they were typed.
    ContactAnswers of ContactDetails {
        name: String = "Name",
        email: Option<String> = "Email",
        external_id: Option<String> = "External id",
        zip: Option<String> = "ZIP code",
        time_zone: Option<String> = "Time zone",
        time_zone_confirmed: bool = "Time zone outside the number’s country",
    }
}

/// What a person enters about a contact that is there.
#[derive(Clone, Debug)]
pub struct ContactChange {
    /// The number, in any format.
    pub phone: String,
    /// Everything else.
    pub details: ContactDetails,
    /// The [`contact_revision`] when the page was opened.
    pub revision: String,
}

/// Adds a contact, or changes the one with the same external id. True when it is a new one.
///
/// # Errors
/// What is wrong with which field.
pub fn save_contact(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    phone: &str,
    sent: ContactPatch,
) -> Result<(ContactId, bool), ActionError> {
    let external_id = sent.external_id.as_ref().and_then(trimmed);
    let known = match &external_id {
        Some(external_id) => contacts::external_locked(tx, external_id)?,
        None => None,
    };
    match known {
        // One that appears at this moment makes the insertion fail; the write runs again, and finds it.
        None => Ok((add_patched(tx, context, phone, sent)?, true)),
        Some(known) => Ok((patch_locked(tx, context, &known, phone, sent)?, false)),
    }
}

/// Adds a contact with what a program sends about it.
pub(super) fn add_patched(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    phone: &str,
    sent: ContactPatch,
) -> Result<ContactId, ActionError> {
    add_contact(tx, context, phone, &tidied(&sent.over(ContactDetails::default())))
}

/// Changes a contact by what a program sends about it.
pub(super) fn change_patched(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: ContactId,
    phone: &str,
    sent: ContactPatch,
) -> Result<(), ActionError> {
    let known = contacts::get_locked(tx, id)?.ok_or(ActionError::NotFound("contact"))?;
    patch_locked(tx, context, &known, phone, sent).map(drop)
}

fn patch_locked(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    known: &LockedRow<Contact>,
    phone: &str,
    sent: ContactPatch,
) -> Result<ContactId, ActionError> {
    let entered = sent.entered();
    let details = sent.over(known.details.clone());
    change_contact(tx, context, known, phone, &details, entered)?;
    Ok(known.id)
}

/// Adds a contact.
///
/// # Errors
/// What is wrong with which field.
pub fn create_contact(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    phone: &str,
    details: &ContactDetails,
) -> Result<ContactId, ActionError> {
    let details = tidied(details);
    if let Some(external_id) = &details.external_id
        && contacts::by_external_id(tx, external_id)?.is_some()
    {
        checked(phone, &details, EnteredDetails::ALL, context.region)?;
        return Err(external_id_taken());
    }
    add_contact(tx, context, phone, &details)
}

fn add_contact(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    phone: &str,
    details: &ContactDetails,
) -> Result<ContactId, ActionError> {
    let phone = checked(phone, details, EnteredDetails::ALL, context.region)?;
    let mut number = numbers::find_or_create(tx, &phone, context.now)?;
    let id = contacts::insert(tx, &mut number, details, context.now)?;
    admin_log::add(tx, context.actor, "contact.created", &format!("contact:{id}"), "", context.now)?;
    Ok(id)
}

/// Changes a contact's details and number.
///
/// # Errors
/// What is wrong with which field, that there is no such contact, or [`ActionError::Conflict`] when it was changed since the
/// page was opened.
pub fn update_contact(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    id: ContactId,
    change: &ContactChange,
) -> Result<Contact, ActionError> {
    let contact = contacts::get_locked(tx, id)?.ok_or(ActionError::NotFound("contact"))?;
    check_revision(&change.revision, &contact_revision(&contact))?;
    change_contact(tx, context, &contact, &change.phone, &change.details, EnteredDetails::ALL)?;
    Ok(contact.into_inner())
}

/// The [`revision_tag`] of a contact.
pub fn contact_revision(contact: &Contact) -> String {
    revision_tag([contact.number_id.to_string().as_str(), &ContactAnswers::of(contact).revision])
}

/// Without control characters and surrounding space. A field that is empty then was not given.
pub(super) fn tidied(details: &ContactDetails) -> ContactDetails {
    ContactAnswers::of(details).each(one_line).over(ContactDetails::default())
}

fn change_contact(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    contact: &LockedRow<Contact>,
    phone: &str,
    details: &ContactDetails,
    entered: EnteredDetails,
) -> Result<(), ActionError> {
    let id = contact.id;
    let details = &tidied(details);
    let phone = checked(phone, details, entered, context.region)?;
    if let Some(external_id) = &details.external_id
        && contacts::by_external_id(tx, external_id)?.is_some_and(|other| other.id != id)
    {
        return Err(external_id_taken());
    }
    let (mut number, mut left) = numbers::lock_both(tx, &phone, contact.number_id, context.now)?;
    contacts::update(tx, contact, (&mut number, left.as_mut()), details, context.now)?;
    let what = match &left {
        Some(left) => note_change(tx, context, id, left, &number)?,
        None => String::new(),
    };
    admin_log::add(tx, context.actor, "contact.changed", &format!("contact:{id}"), &what, context.now)?;
    Ok(())
}

/// Both numbers tell of a contact that went from one to the other: its past stays with the number that it happened on.
fn note_change(
    tx: &mut Tx<'_>,
    context: &ActionContext<'_>,
    contact: ContactId,
    left: &Number,
    number: &Number,
) -> Result<String, ActionError> {
    let words = format!("Phone number changed from {} to {}", left.phone.as_str(), number.phone.as_str());
    let notes = [(NoteKind::NumberLeft, left, number), (NoteKind::NumberChanged, number, left)];
    for (kind, about, other) in notes {
        let note = NumberNote {
            id: tx.new_id(context.now)?,
            number_id: about.id,
            contact_id: Some(contact),
            kind,
            other_number_id: Some(other.id),
            words: words.clone(),
            actor: context.actor.to_string(),
            at: context.now,
        };
        number_notes::add(tx, &note)?;
    }
    Ok(words)
}

fn external_id_taken() -> ActionError {
    ActionError::field("external_id", "Another contact has this external id already. Enter a different one.")
}
