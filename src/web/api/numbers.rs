//! What is known of a number: consent, history, and opt-outs by any channel. Clients with the scope `consent` use it;
//! it writes through `actions::record_consent`.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::LINK;
use actix_web::web::{Data, Path, Query};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::key::{ApiCall, ConsentScope};
use super::paging::{LARGEST_PAGE, page_limit};
use super::problem::{ProblemDetails, ProblemView};
use super::strict::{QueryParameters, StrictBody, StrictJson, StrictQuery, UnknownFields};
use super::views::{ConsentView, EventView, RecordedOptOutView};
use super::{verdict, words};
use crate::actions::{ActionError, sending_context};
use crate::domain::consent::Source;
use crate::domain::evidence::RevocationChannel;
use crate::domain::id::ProgramId;
use crate::domain::intent::Revocation;
use crate::domain::message::Category;
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;
use crate::store::numbers::{self, Number};
use crate::store::{StoreError, events, programs};
use crate::web::AppState;
use crate::web::routes;
use crate::words::{headline, phone_error_text};

/// In which program.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct NumberQuery {
    /// The program's slug; the default program when absent.
    program: Option<String>,
}

/// Which part of a history.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(super) struct EventListQuery {
    /// The `seq` of the last event that was read; from the beginning when absent.
    #[param(minimum = 0)]
    after: Option<i32>,
    /// 1 to 200; 200 when absent.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<i64>,
}

impl QueryParameters for EventListQuery {
    const NAMES: &'static [&'static str] = &["after", "limit"];
}

/// A person said stop, by whatever channel. It counts for every program.
#[derive(Deserialize, ToSchema)]
pub(super) struct OptOut {
    #[schema(schema_with = words::channel)]
    channel: RevocationChannel,
    /// What they said, or where it is on file.
    reason: String,
    /// When it was received; now when absent.
    #[schema(value_type = Option<String>, format = DateTime)]
    received_at: Option<DateTime<Utc>>,
    /// Send one text that confirms it.
    #[serde(default)]
    #[schema(required = false)]
    confirm: bool,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: UnknownFields,
}

impl StrictBody for OptOut {
    const NEEDED: &'static [&'static str] = &["channel", "reason"];
    const OPTIONAL: &'static [&'static str] = &["received_at", "confirm"];
    fn unknown(&self) -> Vec<String> {
        self.unknown.keys().cloned().collect()
    }
}

fn phone(app: &AppState, text: &str) -> Result<Phone, ProblemDetails> {
    Phone::look_up(text, &app.config.default_region).map_err(|error| {
        ProblemDetails::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_number", phone_error_text(error))
    })
}

/// Read the consent of a number
///
/// The state in one program, and every check that a text would pass now.
#[utoipa::path(
    get,
    path = "/api/v1/numbers/{number}/consent",
    operation_id = "getConsent",
    tag = "Numbers",
    params(("number" = String, Path, description = "In any usual form; E.164 is best"), NumberQuery),
    responses(
        (status = 200, description = "The consent", body = ConsentView),
        (status = "default", description = "See code", body = ProblemView, content_type = "application/problem+json"),
    ),
    security(("key" = ["consent"])),
)]
pub(super) async fn consent(
    app: Data<AppState>,
    ApiCall(_, asked): ApiCall<ConsentScope, Query<NumberQuery>>,
    number: Path<String>,
) -> Result<HttpResponse, ProblemDetails> {
    let phone = phone(&app, &number)?;
    let (now, program) = (app.clock.now(), asked.into_inner().program);
    let body = app
        .store
        .read(move |conn| {
            let program =
                programs::find(conn, program.as_deref())?.ok_or(ActionError::NotFound("program"))?;
            let number = numbers::find(conn, &phone)?.unwrap_or_else(|| Number::never_seen(phone));
            let verdict = sending_context(conn, &program)?.verdict(
                conn,
                &number,
                &program,
                Category::Automated,
                now,
            )?;
            let view = ConsentView {
                number: number.phone.as_str(),
                program: &program.slug,
                state: verdict.state,
                since: verdict.since.map(|since| since.occurred_at.rfc3339()),
                do_not_text: number.consent.do_not_text.is_some(),
                paused: number.consent.paused.is_some(),
                can_text_now: verdict.can_text(),
                headline: headline(&verdict),
                checks: verdict::checks(&verdict),
                next_allowed_at: verdict.next_allowed_at.map(Timestamp::rfc3339),
                request: verdict.request,
            };
            serde_json::to_string(&view).map_err(|error| ActionError::Internal(StoreError::from(error)))
        })
        .await?;
    Ok(HttpResponse::Ok().content_type("application/json").body(body))
}

/// Read the history of a number
///
/// Its events, oldest first, in pages. Each holds the hash of the one before it. While there are more, the header Link
/// leads to the next page; the last `seq` is its `after`.
#[utoipa::path(
    get,
    path = "/api/v1/numbers/{number}/events",
    operation_id = "listEvents",
    tag = "Numbers",
    params(("number" = String, Path, description = "In any usual form; E.164 is best"), EventListQuery),
    responses(
        (status = 200, description = "A page of the history; empty when nothing happened after that", body = Vec<EventView>,
            headers(("Link" = String, description = "The address of the next page, as rel=\"next\"; absent on the last one"))),
        (status = "default", description = "See code", body = ProblemView, content_type = "application/problem+json"),
    ),
    security(("key" = ["consent"])),
)]
pub(super) async fn events(
    app: Data<AppState>,
    ApiCall(_, StrictQuery(asked)): ApiCall<ConsentScope, StrictQuery<EventListQuery>>,
    number: Path<String>,
) -> Result<HttpResponse, ProblemDetails> {
    let phone = phone(&app, &number)?;
    let (after, limit) = (asked.after.unwrap_or(0), page_limit(asked.limit, LARGEST_PAGE)?);
    let (mut history, programs) = app
        .store
        .read(move |conn| {
            let history = match numbers::find(conn, &phone)? {
                Some(number) => events::after(conn, number.id, after, limit + 1)?,
                None => Vec::new(),
            };
            Ok::<_, StoreError>((history, programs::all(conn)?))
        })
        .await?;
    let shown = usize::try_from(limit).unwrap_or_default();
    let goes_on = history.len() > shown;
    history.truncate(shown);
    let slug =
        |id: ProgramId| programs.iter().find(|program| program.id == id).map(|program| program.slug.as_str());
    let views: Vec<EventView<'_>> =
        history.iter().map(|stored| EventView::new(stored, stored.program.and_then(slug))).collect();
    let mut answer = HttpResponse::Ok();
    if let Some(last) = history.last().filter(|_| goes_on) {
        let next = [("after", last.seq.to_string()), ("limit", limit.to_string())];
        let next = next.each_ref().map(|(name, value)| (*name, value.as_str()));
        let next = routes::with_query(&routes::api_events(number.as_str()), &next);
        answer.insert_header((LINK, format!("<{next}>; rel=\"next\"")));
    }
    Ok(answer.json(views))
}

/// Record an opt-out
///
/// For a person who said stop by phone, email, mail or in person. A STOP by text is recorded by itself.
#[utoipa::path(
    post,
    path = "/api/v1/numbers/{number}/opt-outs",
    operation_id = "recordOptOut",
    tag = "Numbers",
    params(("number" = String, Path, description = "In any usual form; E.164 is best")),
    request_body = OptOut,
    responses(
        (status = 201, description = "Recorded", body = RecordedOptOutView),
        (status = "default", description = "See code", body = ProblemView, content_type = "application/problem+json"),
    ),
    security(("key" = ["consent"])),
)]
pub(super) async fn opt_out(
    app: Data<AppState>,
    ApiCall(key, StrictJson(body)): ApiCall<ConsentScope, StrictJson<OptOut>>,
    number: Path<String>,
) -> Result<HttpResponse, ProblemDetails> {
    let phone = phone(&app, &number)?;
    let (actor, OptOut { channel, reason, received_at, confirm, .. }) = (key.actor(), body);
    let revocation = Revocation { channel, reason, received_at: received_at.map(Timestamp::from), confirm };
    let entry = app.commands(actor).record_opt_out(phone, revocation, Source::Api).await?;
    Ok(HttpResponse::Created().json(RecordedOptOutView::from(&entry)))
}
