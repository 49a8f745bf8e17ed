//! The contact in a row: found again by its external id, else by its number and name. Only `import` uses it.

use crate::actions::contact_details::checked;
use crate::actions::save_contact::{ContactPatch, add_patched, change_patched, tidied};
use crate::actions::{ActionContext, ActionError};
use crate::domain::import::{ImportColumn, ImportKind, ImportOutcome};
use crate::domain::phone::Phone;
use crate::store::contacts::{self, Contact, ContactDetails, name_key};
use crate::store::numbers::Number;
use crate::store::{ReadConn, StoreError, Tx};

use super::{FileRow, ImportOrder};

/// What a row says about a contact, and the contact that it is about.
pub(super) struct ContactPlan {
    known: Option<Contact>,
    patch: ContactPatch,
    pub(super) outcome: ImportOutcome,
    pub(super) notes: Vec<String>,
}

/// Plans the contact of a row; none where the row says nothing about one.
///
/// # Errors
/// What is wrong with a field.
pub(super) fn plan(
    conn: &mut ReadConn<'_>,
    context: &ActionContext<'_>,
    order: &ImportOrder,
    row: &FileRow,
    (phone, number): (&Phone, Option<&Number>),
) -> Result<Option<ContactPlan>, ActionError> {
    let Some(patch) = patch(order, row) else { return Ok(None) };
    let known = known(conn, &patch, number)?;
    let before = known.as_ref().map_or_else(ContactDetails::default, |known| known.details.clone());
    let details = tidied(&patch.clone().over(before.clone()));
    checked(phone.as_str(), &details, patch.entered(), context.region)?;
    let moves = known.as_ref().is_some_and(|known| number.is_none_or(|number| number.id != known.number_id));
    let outcome = match &known {
        None => ImportOutcome::New,
        Some(_) if moves || details != before => ImportOutcome::Changed,
        Some(_) => ImportOutcome::Unchanged,
    };
    let notes = if moves { vec!["The contact moves to this number.".to_owned()] } else { Vec::new() };
    Ok(Some(ContactPlan { known, patch, outcome, notes }))
}

impl ContactPlan {
    /// Writes it.
    pub(super) fn carry_out(
        self,
        tx: &mut Tx<'_>,
        context: &ActionContext<'_>,
        phone: &Phone,
    ) -> Result<(), ActionError> {
        match (self.known, self.outcome) {
            (_, ImportOutcome::Unchanged) => Ok(()),
            (None, _) => add_patched(tx, context, phone.as_str(), self.patch).map(drop),
            (Some(known), _) => change_patched(tx, context, known.id, phone.as_str(), self.patch),
        }
    }
}

fn patch(order: &ImportOrder, row: &FileRow) -> Option<ContactPatch> {
    let cell = |column| {
        let text = order.columns.cell(&row.cells, column);
        (!text.is_empty()).then(|| Some(text.to_owned()))
    };
    let both =
        [ImportColumn::FirstName, ImportColumn::LastName].map(|part| order.columns.cell(&row.cells, part));
    let joined = both.join(" ").trim().to_owned();
    let patch = ContactPatch {
        name: cell(ImportColumn::Name).or((!joined.is_empty()).then_some(Some(joined))),
        email: cell(ImportColumn::Email),
        external_id: cell(ImportColumn::ExternalId),
        zip: cell(ImportColumn::Zip),
        time_zone: cell(ImportColumn::TimeZone),
        time_zone_confirmed: None,
    };
    let says_nothing = patch.name.is_none() && patch.email.is_none() && patch.external_id.is_none();
    match order.kind {
        ImportKind::Contacts => Some(patch),
        ImportKind::Consents if !says_nothing => Some(patch),
        ImportKind::Consents | ImportKind::Suppressions => None,
    }
}

/// Two people may share a number: without an external id, a contact is the same where its name is.
fn known(
    conn: &mut ReadConn<'_>,
    patch: &ContactPatch,
    number: Option<&Number>,
) -> Result<Option<Contact>, StoreError> {
    if let Some(Some(external_id)) = &patch.external_id
        && let Some(known) = contacts::by_external_id(conn, external_id)?
    {
        return Ok(Some(known));
    }
    let Some(number) = number else { return Ok(None) };
    let name = patch.name.as_ref().and_then(Option::as_deref).map(name_key);
    let is_same = |contact: &Contact| match &patch.external_id {
        // Another external id is another person's.
        Some(_) => {
            contact.external_id.is_none()
                && name.as_ref().is_some_and(|name| *name == name_key(&contact.name))
        }
        None => name.as_ref().is_none_or(|name| *name == name_key(&contact.name)),
    };
    Ok(contacts::of_number(conn, number.id)?.into_iter().find(is_same))
}
