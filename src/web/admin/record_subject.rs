//! What a record's page is about: a contact, or a number that no contact has. Both have the same pages; only their addresses
//! differ. The pages of a contact use it; it writes nothing.

use actix_web::HttpRequest;

use super::program_scope::ProgramScope;
use crate::domain::id::{ContactId, NumberId};
use crate::domain::phone::Phone;
use crate::store::contacts::Contact;
use crate::store::numbers::Number;
use crate::store::{ReadConn, contacts, numbers};
use crate::web::error::PageError;
use crate::web::page::{self, PageFrame};
use crate::web::routes;

/// Whose page it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::web) enum RecordSubject {
    Contact(ContactId),
    Number(NumberId),
}

impl RecordSubject {
    /// As the address of the request has it.
    pub(super) fn of(request: &HttpRequest) -> Result<RecordSubject, PageError> {
        let id = request.match_info().get("id").unwrap_or_default();
        match routes::is_of_number(request.path()) {
            true => Ok(RecordSubject::Number(page::id(id)?)),
            false => Ok(RecordSubject::Contact(page::id(id)?)),
        }
    }

    /// The contact, where it is about one, and the number. They must exist.
    pub(super) fn find(self, conn: &mut ReadConn<'_>) -> Result<(Option<Contact>, Number), PageError> {
        let (contact, number) = match self {
            RecordSubject::Number(number) => (None, number),
            RecordSubject::Contact(id) => {
                let contact = contacts::get(conn, id)?.ok_or(PageError::NotFound)?;
                let number = contact.number_id;
                (Some(contact), number)
            }
        };
        Ok((contact, numbers::get(conn, number)?.ok_or(PageError::NotFound)?))
    }

    /// The page.
    pub(in crate::web) fn address(self) -> String {
        match self {
            RecordSubject::Contact(id) => routes::contact(id),
            RecordSubject::Number(id) => routes::number(id),
        }
    }

    /// Its parts that change by themselves.
    pub(super) fn live_address(self) -> String {
        match self {
            RecordSubject::Contact(id) => routes::contact_live(id),
            RecordSubject::Number(id) => routes::number_live(id),
        }
    }

    /// Where a text to it is sent to.
    pub(super) fn messages_address(self) -> String {
        match self {
            RecordSubject::Contact(id) => routes::contact_messages(id),
            RecordSubject::Number(id) => routes::number_messages(id),
        }
    }

    /// Where consent that a person records is sent to.
    pub(super) fn consents_address(self) -> String {
        match self {
            RecordSubject::Contact(id) => routes::consents(id),
            RecordSubject::Number(id) => routes::number_consents(id),
        }
    }

    /// The form for it, with this choice; empty for none.
    pub(super) fn new_consent_address(self, update: &str) -> String {
        let form = match self {
            RecordSubject::Contact(id) => routes::new_consent(id),
            RecordSubject::Number(id) => routes::new_number_consent(id),
        };
        routes::with_query(&form, &[("update", update)])
    }

    /// The page to ask for consent once more.
    pub(super) fn reinvitation_address(self) -> String {
        match self {
            RecordSubject::Contact(id) => routes::reinvitation(id),
            RecordSubject::Number(id) => routes::number_reinvitation(id),
        }
    }
}

/// What a record is called: the contact's name, else the number.
pub(super) fn record_name(contact: Option<&Contact>, phone: &Phone, page: &PageFrame) -> String {
    let name = contact.map(|contact| contact.name.clone()).filter(|name| !name.is_empty());
    name.unwrap_or_else(|| page.number(phone))
}

/// Where the record of a number is shown in place of the number's own page: at its contact, or in the list of its contacts.
pub(super) fn place_of_number(
    conn: &mut ReadConn<'_>,
    id: NumberId,
    slug: &str,
) -> Result<Option<String>, PageError> {
    let number = numbers::get(conn, id)?.ok_or(PageError::NotFound)?;
    let in_program = |address: &str| routes::with_query(address, &[("program", slug)]);
    Ok(match contacts::of_number(conn, number.id)?.as_slice() {
        // The record under an older spelling is closed.
        [] => (number.id != id).then(|| in_program(&routes::number(number.id))),
        [only] => Some(in_program(&routes::contact(only.id))),
        _ => Some(in_program(&routes::contacts_with(number.phone.as_str()))),
    })
}

/// A record in the program that is meant.
pub(super) struct RecordInProgram {
    pub(super) subject: RecordSubject,
    pub(super) contact: Option<Contact>,
    pub(super) number: Number,
    pub(super) programs: ProgramScope,
}

impl RecordInProgram {
    /// Reads it; what the address names must exist.
    pub(super) fn read(
        conn: &mut ReadConn<'_>,
        subject: RecordSubject,
        slug: &str,
    ) -> Result<RecordInProgram, PageError> {
        let (contact, number) = subject.find(conn)?;
        Ok(RecordInProgram { subject, contact, number, programs: ProgramScope::read(conn, slug)? })
    }

    /// The record's own page, in the same program.
    pub(super) fn address(&self) -> String {
        format!("{}{}", self.subject.address(), self.programs.query_suffix())
    }
}
