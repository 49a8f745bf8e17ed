//! Contacts in the JSON API. Clients with the scope `contacts` use it; it writes through `actions::save_contact`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::key::{ApiCall, ContactsScope};
use super::paging::ListRequest;
use super::problem::{ProblemDetails, ProblemView};
use super::strict::{QueryParameters, StrictBody, StrictJson, StrictQuery, UnknownFields};
use super::views::SavedContactView;
use super::words;
use crate::actions::ActionError;
use crate::actions::save_contact::ContactPatch;
use crate::domain::consent::StateName;
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, ContactRow, ListSubject};
use crate::web::{AppState, cursor};

/// A field that is absent stays as it is; `null` clears it.
type PatchField = Option<Option<String>>;

/// A person. A field that is absent stays as it is; null clears it.
#[derive(Deserialize, ToSchema)]
pub(super) struct NewContact {
    #[schema(example = "(206) 555-0142")]
    phone: String,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    name: PatchField,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    email: PatchField,
    /// The caller's own id. Where a contact has it already, that contact is changed.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    external_id: PatchField,
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    zip: PatchField,
    /// An IANA name, for example "America/Denver".
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    time_zone: PatchField,
    /// A time zone outside the number's country is right.
    #[serde(default)]
    time_zone_confirmed: Option<bool>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: UnknownFields,
}

impl StrictBody for NewContact {
    const NEEDED: &'static [&'static str] = &["phone"];
    const OPTIONAL: &'static [&'static str] =
        &["name", "email", "external_id", "zip", "time_zone", "time_zone_confirmed"];
    fn unknown(&self) -> Vec<String> {
        self.unknown.keys().cloned().collect()
    }
}

/// serde reads `null` as absent unless it is told that a field is there.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<PatchField, D::Error> {
    Option::deserialize(value).map(Some)
}

/// Which contacts.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct ContactListQuery {
    /// Only contacts in this state.
    #[param(schema_with = words::state)]
    state: Option<String>,
    /// The slug of the program whose consent counts; the default program when absent.
    program: Option<String>,
    /// A name, an email address, an external id, or a phone number.
    q: Option<String>,
    /// `next_after` of the page before.
    after: Option<String>,
    /// 1 to 200; 50 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

impl QueryParameters for ContactListQuery {
    const NAMES: &'static [&'static str] = &["state", "program", "q", "after", "limit"];
}

/// Save a contact
///
/// Makes a contact, or changes the one with the same `external_id`.
#[utoipa::path(
    post,
    path = "/api/v1/contacts",
    operation_id = "saveContact",
    tag = "Contacts",
    request_body = NewContact,
    responses(
        (status = 201, description = "A new contact", body = SavedContactView),
        (status = 200, description = "The contact with this external_id was changed", body = SavedContactView),
        (status = "default", description = "See code", body = ProblemView, content_type = "application/problem+json"),
    ),
    security(("key" = ["contacts"])),
)]
pub(super) async fn create(
    app: Data<AppState>,
    ApiCall(key, StrictJson(body)): ApiCall<ContactsScope, StrictJson<NewContact>>,
) -> Result<HttpResponse, ProblemDetails> {
    let NewContact { phone, name, email, external_id, zip, time_zone, time_zone_confirmed, .. } = body;
    let sent = ContactPatch { name, email, external_id, zip, time_zone, time_zone_confirmed };
    let actor = key.actor();
    let (id, is_new) = app.commands(actor).save_contact(phone, sent).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(SavedContactView { id: id.to_string() }))
}

/// List contacts
///
/// By consent in one program. Each page names the next one.
#[utoipa::path(
    get,
    path = "/api/v1/contacts",
    operation_id = "listContacts",
    tag = "Contacts",
    params(ContactListQuery),
    responses(
        (status = 200, description = "A page of contacts", body = ContactListView),
        (status = "default", description = "See code", body = ProblemView, content_type = "application/problem+json"),
    ),
    security(("key" = ["contacts"])),
)]
pub(super) async fn index(
    app: Data<AppState>,
    ApiCall(_, StrictQuery(asked)): ApiCall<ContactsScope, StrictQuery<ContactListQuery>>,
) -> Result<HttpResponse, ProblemDetails> {
    let ContactListQuery { state, program, q, after, limit } = asked;
    let search = q.filter(|q| !q.trim().is_empty());
    let asked = ListRequest::new(state, program, after, limit)?;
    let (page, preparing) = app
        .store
        .read(move |conn| {
            let list = asked.list(conn, ListSubject::Contacts, search)?;
            Ok::<_, ActionError>((contacts::page(conn, &list.filter)?, list.preparing))
        })
        .await?;
    let next_after = page.goes_on.as_ref().map(cursor::written);
    let lines = page.lines;
    let data = lines.iter().filter_map(ContactView::new).collect();
    Ok(HttpResponse::Ok().json(ContactListView { data, next_after, preparing }))
}

/// A page of contacts.
#[derive(Serialize, ToSchema)]
pub(super) struct ContactListView<'a> {
    data: Vec<ContactView<'a>>,
    /// `after` of the next page; null on the last one.
    next_after: Option<String>,
    /// The program is new and its lists are still being filled: a list of one state may lack contacts. Read it again later.
    preparing: bool,
}

/// A contact with its consent in the program that was asked about.
#[derive(Serialize, ToSchema)]
pub(super) struct ContactView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: ContactId,
    /// E.164.
    phone: &'a str,
    name: &'a str,
    email: Option<&'a str>,
    external_id: Option<&'a str>,
    #[schema(schema_with = words::state)]
    state: StateName,
    /// When the state began.
    #[schema(format = DateTime)]
    since: Option<String>,
    do_not_text: bool,
    paused: bool,
}

impl<'a> ContactView<'a> {
    /// None for a line without a contact.
    fn new(line: &'a ContactRow) -> Option<Self> {
        let contact = line.contact.as_ref()?;
        Some(ContactView {
            id: contact.id,
            phone: line.number.phone.as_str(),
            name: &contact.name,
            email: contact.email.as_deref(),
            external_id: contact.external_id.as_deref(),
            state: line.number.state,
            since: line.number.since.map(Timestamp::rfc3339),
            do_not_text: line.number.do_not_text,
            paused: line.number.paused,
        })
    }
}
