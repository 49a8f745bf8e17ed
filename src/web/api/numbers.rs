//! What is known of a number: its consent, its history, and a revocation by any channel.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path, Query};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::{Value, json};

use super::strict::{Strict, StrictJson, Unknown};
use super::{Key, Problem, verdict};
use crate::actions::record_consent::{Update, record_consent};
use crate::actions::{ActionError, standing};
use crate::domain::consent::{Revocation, Source};
use crate::domain::evidence::RevocationChannel;
use crate::domain::hex::hex;
use crate::domain::ledger::Stored;
use crate::domain::message::Category;
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;
use crate::store::numbers::{self, Number};
use crate::store::{StoreError, events, programs};
use crate::web::App;

#[derive(Deserialize)]
pub(super) struct Asked {
    program: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct OptOut {
    channel: RevocationChannel,
    reason: String,
    /// RFC 3339; now when absent.
    received_at: Option<DateTime<Utc>>,
    #[serde(default)]
    confirm: bool,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Strict for OptOut {
    const NEEDED: &'static [&'static str] = &["channel", "reason"];
    const OPTIONAL: &'static [&'static str] = &["received_at", "confirm"];
    fn unknown(&self) -> Vec<String> {
        self.unknown.keys().cloned().collect()
    }
}

fn phone(app: &App, text: &str) -> Result<Phone, Problem> {
    Phone::look_up(text, &app.config.default_region)
        .map_err(|error| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_number", error.to_string()))
}

pub(super) async fn consent(
    app: Data<App>,
    key: Key,
    number: Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Problem> {
    key.may("consent")?;
    let phone = phone(&app, &number)?;
    let (now, program) = (app.clock.now(), asked.into_inner().program);
    let body = app
        .store
        .read(move |conn| {
            let program =
                programs::find(conn, program.as_deref())?.ok_or(ActionError::NotFound("program"))?;
            let number = numbers::find(conn, &phone)?.unwrap_or_else(|| Number::never_seen(phone));
            let verdict =
                standing(conn, &program)?.verdict(conn, &number, &program, Category::Automated, now)?;
            let mut view = json!({
                "number": number.phone.as_str(),
                "program": program.slug,
                "state": verdict.state,
                "since": verdict.since.map(|since| since.occurred_at.rfc3339()),
                "do_not_text": number.consent.do_not_text.is_some(),
                "paused": number.consent.paused.is_some(),
                "can_text_now": verdict.can_text(),
                "headline": verdict.headline(),
                "checks": verdict::checks(&verdict),
                "next_allowed_at": verdict.next_allowed_at.map(Timestamp::rfc3339),
            });
            // Only while an opt-in request is on its way.
            if let (Some(progress), Some(view)) = (verdict.request, view.as_object_mut()) {
                view.insert("request".to_owned(), json!(progress));
            }
            Ok::<Value, ActionError>(view)
        })
        .await?;
    Ok(HttpResponse::Ok().json(body))
}

pub(super) async fn events(app: Data<App>, key: Key, number: Path<String>) -> Result<HttpResponse, Problem> {
    key.may("consent")?;
    let phone = phone(&app, &number)?;
    let history = app
        .store
        .read(move |conn| {
            let Some(number) = numbers::find(conn, &phone)? else { return Ok(Vec::new()) };
            events::of(conn, number.id)
        })
        .await
        .map_err(|error: StoreError| error)?;
    Ok(HttpResponse::Ok().json(history.iter().map(event).collect::<Vec<_>>()))
}

fn event(stored: &Stored) -> Value {
    json!({
        "seq": stored.seq,
        "kind": stored.kind,
        "source": stored.source,
        "program": stored.program.map(|program| program.to_string()),
        "occurred_at": stored.occurred_at.rfc3339(),
        "recorded_at": stored.recorded_at.rfc3339(),
        "actor": stored.actor,
        "evidence": serde_json::from_str::<Value>(&stored.facts).unwrap_or(Value::Null),
        "hash": hex(&stored.hash),
        "prev_hash": hex(&stored.prev_hash),
    })
}

pub(super) async fn opt_out(
    app: Data<App>,
    key: Key,
    number: Path<String>,
    StrictJson(body): StrictJson<OptOut>,
) -> Result<HttpResponse, Problem> {
    key.may("consent")?;
    let phone = phone(&app, &number)?;
    let (now, actor, OptOut { channel, reason, received_at, confirm, .. }) =
        (app.clock.now(), key.actor(), body);
    let received_at = received_at.map(Timestamp::from);
    let entry = app
        .store
        .write(move |tx| {
            let number = numbers::find_or_create_with_twin(tx, &phone, now)?;
            let reason = reason.clone();
            let update = Update::OptOut(Revocation { channel, reason, received_at, confirm });
            record_consent(tx, number.id, None, update, Source::Api, &actor, now)
        })
        .await?;
    Ok(HttpResponse::Created().json(json!({
        "seq": entry.event.seq,
        "kind": entry.event.kind,
        "recorded_at": entry.event.recorded_at.rfc3339(),
        "hash": hex(&entry.hash),
    })))
}
