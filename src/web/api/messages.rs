//! Sending through the gate, and what became of it.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::strict::{Strict, StrictJson, Unknown};
use super::verdict::VerdictView;
use super::{Key, Problem};
use crate::actions::ActionError;
use crate::actions::send_message::{self, Accepted, Wanted};
use crate::domain::evidence::{Basis, BasisKind};
use crate::domain::id::MessageId;
use crate::domain::message::{Category, Status};
use crate::domain::time::Timestamp;
use crate::store::api_keys::{self, Answered};
use crate::store::{StoreError, Tx, messages, programs, stale};
use crate::web::App;

/// Longest `Idempotency-Key`, in characters.
const LONGEST_KEY: usize = 255;

#[derive(Deserialize)]
pub(super) struct NewMessage {
    to: String,
    body: String,
    category: Category,
    program: Option<String>,
    /// How the caller got the number.
    basis: Option<BasisBody>,
    #[serde(flatten)]
    unknown: Unknown,
}

/// A basis as a caller names it.
#[derive(Deserialize)]
struct BasisBody {
    kind: BasisKind,
    words: String,
    #[serde(flatten)]
    unknown: Unknown,
}

impl Strict for NewMessage {
    const NEEDED: &'static [&'static str] = &["to", "body", "category"];
    const OPTIONAL: &'static [&'static str] = &["program", "basis"];
    fn unknown(&self) -> Vec<String> {
        let within =
            self.basis.iter().flat_map(|basis| basis.unknown.keys()).map(|name| format!("basis.{name}"));
        self.unknown.keys().cloned().chain(within).collect()
    }
}

pub(super) async fn create(
    app: Data<App>,
    key: Key,
    request: HttpRequest,
    StrictJson(message): StrictJson<NewMessage>,
) -> Result<HttpResponse, Problem> {
    key.may("messages")?;
    let idempotency = idempotency_key(&request)?;
    let NewMessage { to, body, category, program, basis, .. } = message;
    let basis = basis.map(|BasisBody { kind, words, .. }| Basis { kind, words });
    let mut digest = Sha256::new();
    for part in [&to, &body, category.as_str(), program.as_deref().unwrap_or("")] {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    // Only where there is one: a request from before it was known keeps its digest.
    for part in basis.iter().flat_map(|basis| [basis.kind.as_str(), &basis.words]) {
        digest.update(part.len().to_be_bytes());
        digest.update(part);
    }
    let request_sha256 = digest.finalize().to_vec();
    let wanted = Wanted { to, body, category, program, basis };
    let (region, now) = (app.config.default_region.clone(), app.clock.now());
    let has_key = idempotency.is_some();
    let sent = app
        .store
        .write(move |tx| once(tx, &key, idempotency.as_deref(), &request_sha256, &wanted, &region, now))
        .await;
    let (status, text) = sent.map_err(|error| match Problem::from(error) {
        problem if has_key => problem.of_keyed_request(),
        problem => problem,
    })?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    Ok(HttpResponse::build(status).content_type(kind).body(text))
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST_KEY {
        let detail = "An Idempotency-Key has 1 to 255 visible characters.";
        return Err(Problem::new(StatusCode::BAD_REQUEST, "idempotency_key_invalid", detail));
    }
    Ok(Some(key.to_owned()))
}

/// Sends at most once for each `Idempotency-Key`; the same key gets the same answer, in the same transaction.
fn once(
    tx: &mut Tx<'_>,
    key: &Key,
    idempotency: Option<&str>,
    request_sha256: &[u8],
    wanted: &Wanted,
    region: &str,
    now: Timestamp,
) -> Result<(u16, String), ActionError> {
    let api_key_id = key.record().id;
    if let Some(idempotency) = idempotency
        && let Some(known) = api_keys::answered(tx, api_key_id, idempotency)?
    {
        if known.request_sha256 != request_sha256 {
            let detail = "This Idempotency-Key was used for a different request.";
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail);
            return Ok((problem.status().as_u16(), problem.body().to_string()));
        }
        let message = known.message_id.ok_or(ActionError::NotFound("message"))?;
        return Ok(answer(&send_message::once_accepted(tx, message)?));
    }
    let accepted = send_message::send_message(tx, wanted, region, &key.actor(), now)?;
    if let Some(key) = idempotency {
        let (key, request_sha256) = (key.to_owned(), request_sha256.to_vec());
        let message_id = Some(accepted.id);
        api_keys::keep_answer(
            tx,
            &Answered { api_key_id, key, request_sha256, message_id, created_at: now },
        )?;
    }
    Ok(answer(&accepted))
}

/// What the caller learns of a message that was accepted.
#[derive(Serialize)]
struct AcceptedView<'a> {
    id: MessageId,
    status: Status,
    verdict: Option<VerdictView<'a>>,
    detail: &'a str,
}

fn answer(accepted: &Accepted) -> (u16, String) {
    let (id, status, detail) = (accepted.id, accepted.status, accepted.words.as_str());
    let verdict = accepted.verdict.as_ref().map(VerdictView::from);
    match accepted.code {
        None => {
            let body = serde_json::to_string(&AcceptedView { id, status, verdict, detail });
            (202, body.unwrap_or_default())
        }
        Some(code) => {
            let problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
                .with("id", id.to_string())
                .with("verdict", json!(verdict));
            (422, problem.body().to_string())
        }
    }
}

pub(super) async fn show(app: Data<App>, key: Key, id: Path<String>) -> Result<HttpResponse, Problem> {
    key.may("messages")?;
    let missing = || Problem::new(StatusCode::NOT_FOUND, "not_found", "There is no such message.");
    let id: MessageId = id.parse().map_err(|_| missing())?;
    let found = app
        .store
        .read(move |conn| {
            let Some(message) = messages::get(conn, id)? else { return Ok(None) };
            let program = programs::get(conn, message.program_id)?.map(|program| program.slug);
            let anew = stale::get(conn, id)?.and_then(|asked| asked.sent_as);
            let before = stale::answered_by(conn, id)?.map(|asked| asked.message_id);
            Ok::<_, StoreError>(Some((message, program, messages::steps(conn, id)?, anew, before)))
        })
        .await?;
    let Some((message, program, steps, anew, before)) = found else { return Err(missing()) };
    let history: Vec<Value> = steps
        .iter()
        .map(|step| {
            json!({"status": step.status, "at": step.at.rfc3339(), "code": step.code, "note": step.note})
        })
        .collect();
    let error =
        matches!(message.status, Status::Failed | Status::Blocked | Status::Expired | Status::Cancelled)
            .then(|| json!({"code": message.error_code, "detail": message.error_text}));
    Ok(HttpResponse::Ok().json(json!({
        "id": id.to_string(),
        "to": message.to_text,
        "from": message.sender,
        "program": program,
        "body": message.body,
        "category": message.category,
        "kind": message.lane,
        "status": message.status,
        "status_history": history,
        // Only while it waits for the next allowed time.
        "scheduled_for": message.scheduled_for().map(Timestamp::rfc3339),
        "error": error,
        "provider_message_id": message.provider_id,
        "created_at": message.created_at.rfc3339(),
        "permitted_by_event": message.permit_seq,
        // A message that ran out, and the one a person had sent in its place.
        "sent_anew_as": anew,
        "in_place_of": before,
    })))
}
