//! Contacts over the API.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::json;

use super::strict::{Parameters, Strict, StrictJson, StrictQuery, Unknown};
use super::{Key, Problem};
use crate::actions::ActionError;
use crate::actions::save_contact::{Sent, save_contact};
use crate::domain::consent::StateName;
use crate::domain::id::ContactId;
use crate::domain::time::Timestamp;
use crate::store::contacts::{self, Filter, Line};
use crate::store::programs;
use crate::web::{App, cursor};

/// Lines a page has at most.
const LARGEST_PAGE: i64 = 200;

/// A field that is absent stays as it is; `null` clears it.
type Field = Option<Option<String>>;

#[derive(Deserialize)]
pub(super) struct NewContact {
    phone: String,
    #[serde(default, deserialize_with = "present")]
    name: Field,
    #[serde(default, deserialize_with = "present")]
    email: Field,
    #[serde(default, deserialize_with = "present")]
    external_id: Field,
    #[serde(default, deserialize_with = "present")]
    zip: Field,
    #[serde(default, deserialize_with = "present")]
    time_zone: Field,
    /// A time zone outside the number's country is right.
    #[serde(default)]
    time_zone_confirmed: Option<bool>,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Strict for NewContact {
    const NEEDED: &'static [&'static str] = &["phone"];
    const OPTIONAL: &'static [&'static str] =
        &["name", "email", "external_id", "zip", "time_zone", "time_zone_confirmed"];
    fn unknown(&self) -> Vec<String> {
        self.unknown.keys().cloned().collect()
    }
}

/// serde reads `null` as absent unless it is told that a field is there.
fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Field, D::Error> {
    Option::deserialize(value).map(Some)
}

#[derive(Deserialize)]
pub(super) struct Asked {
    state: Option<String>,
    program: Option<String>,
    q: Option<String>,
    after: Option<String>,
    limit: Option<i64>,
}

impl Parameters for Asked {
    const NAMES: &'static [&'static str] = &["state", "program", "q", "after", "limit"];
}

pub(super) async fn create(
    app: Data<App>,
    key: Key,
    StrictJson(body): StrictJson<NewContact>,
) -> Result<HttpResponse, Problem> {
    key.may("contacts")?;
    let NewContact { phone, name, email, external_id, zip, time_zone, time_zone_confirmed, .. } = body;
    let sent = Sent { name, email, external_id, zip, time_zone, time_zone_confirmed };
    let (region, now, actor) = (app.config.default_region.clone(), app.clock.now(), key.actor());
    let (id, is_new) =
        app.store.write(move |tx| save_contact(tx, &phone, sent.clone(), &region, &actor, now)).await?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok(HttpResponse::build(status).json(json!({"id": id.to_string()})))
}

pub(super) async fn index(
    app: Data<App>,
    key: Key,
    StrictQuery(asked): StrictQuery<Asked>,
) -> Result<HttpResponse, Problem> {
    key.may("contacts")?;
    let state = asked.state.filter(|state| !state.is_empty()).map(|state| state.parse::<StateName>());
    let state = state.transpose().map_err(|_| {
        let detail = "state is one of not_asked, invited, opted_in, opted_out.";
        Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail)
    })?;
    let limit = asked.limit.unwrap_or(50).clamp(1, LARGEST_PAGE);
    let slug = asked.program;
    let search = asked.q.filter(|q| !q.trim().is_empty());
    let after = asked.after;
    let page = app
        .store
        .read(move |conn| {
            let program = programs::find(conn, slug.as_deref())?.ok_or(ActionError::NotFound("program"))?.id;
            let cursor = after.as_deref().and_then(cursor::read);
            let (needs_review, by_name, backwards) = (false, false, false);
            let filter = Filter { program, state, needs_review, search, by_name, cursor, backwards, limit };
            if after.is_some() && filter.begins_at().is_none() {
                let words = "after is the next_after of an earlier page of the same list.";
                return Err(ActionError::field("after", words));
            }
            Ok::<_, ActionError>(contacts::page(conn, &filter)?)
        })
        .await?;
    let next_after = page.goes_on.as_ref().map(cursor::written);
    let lines = page.lines;
    let data = lines.iter().map(ContactView::from).collect();
    Ok(HttpResponse::Ok().json(Listing { data, next_after }))
}

/// A page of contacts.
#[derive(Serialize)]
struct Listing<'a> {
    data: Vec<ContactView<'a>>,
    next_after: Option<String>,
}

#[derive(Serialize)]
struct ContactView<'a> {
    id: ContactId,
    phone: &'a str,
    name: &'a str,
    email: Option<&'a str>,
    external_id: Option<&'a str>,
    state: StateName,
    since: Option<String>,
    do_not_text: bool,
    paused: bool,
}

impl<'a> From<&'a Line> for ContactView<'a> {
    fn from(line: &'a Line) -> Self {
        let contact = &line.contact;
        ContactView {
            id: contact.id,
            phone: line.phone.as_str(),
            name: &contact.name,
            email: contact.email.as_deref(),
            external_id: contact.external_id.as_deref(),
            state: line.state,
            since: line.since.map(Timestamp::rfc3339),
            do_not_text: line.do_not_text,
            paused: line.paused,
        }
    }
}
