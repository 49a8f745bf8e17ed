//! Sends messages through the gate and shows their status. Clients with the scope `messages` use it; it writes
//! through `actions::send_message`.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::json;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

use super::key::{ApiCall, ApiCaller, ApiScope, ConsentScope, MessagesScope};
use super::problem::{ProblemDetails, ProblemView};
use super::strict::{StrictBody, StrictJson, UnknownFields};
use super::verdict::VerdictView;
use super::views::MessageView;
use super::words;
use crate::actions::send_idempotently::{IdempotentRequest, IdempotentResult};
use crate::actions::send_message::NewMessage;
use crate::domain::evidence::{BasisKind, ContactBasis};
use crate::domain::gate::Verdict;
use crate::domain::id::MessageId;
use crate::domain::message::{Category, Status};
use crate::store::{StoreError, expired_holds, messages, programs};
use crate::web::AppState;

/// Longest `Idempotency-Key`, in characters.
const LONGEST_KEY: usize = 255;

/// A text that should go out.
#[derive(Deserialize, ToSchema)]
pub(super) struct SendMessageBody {
    /// The recipient. A number without a country code belongs to the installation's region.
    #[schema(example = "+12065550142")]
    to: String,
    /// The text, up to 1,600 characters.
    #[schema(max_length = 1600, example = "Your order is ready.")]
    body: String,
    #[schema(schema_with = words::category)]
    category: Category,
    /// The program's slug; the default program when absent.
    program: Option<String>,
    /// How the caller got the number, where the program asks for it.
    basis: Option<BasisBody>,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: UnknownFields,
}

/// How the caller got the number.
#[derive(Deserialize, ToSchema)]
pub(super) struct BasisBody {
    #[schema(schema_with = words::basis)]
    kind: BasisKind,
    /// The facts in words, for example "Asked for a quote on our site on Nov 3".
    words: String,
    #[serde(flatten)]
    #[schema(ignore)]
    unknown: UnknownFields,
}

impl StrictBody for SendMessageBody {
    const NEEDED: &'static [&'static str] = &["to", "body", "category"];
    const OPTIONAL: &'static [&'static str] = &["program", "basis"];
    fn unknown(&self) -> Vec<String> {
        let within =
            self.basis.iter().flat_map(|basis| basis.unknown.keys()).map(|name| format!("basis.{name}"));
        self.unknown.keys().cloned().chain(within).collect()
    }
}

/// Send a message
///
/// The consent check decides: the message is queued, or held while the opt-in request goes out first, or blocked with the
/// reason. A blocked attempt is stored too, and its id is in the answer.
#[utoipa::path(
    post,
    path = "/api/v1/messages",
    operation_id = "sendMessage",
    tag = "Messages",
    params(("Idempotency-Key" = Option<String>, Header, max_length = 255,
        description = "The same key gets the same answer, and the message is sent at most once.")),
    request_body = SendMessageBody,
    responses(
        (status = 202, description = "Queued, scheduled or held", body = AcceptedView),
        (status = 422, description = "Blocked, or a field is not right: see code", body = ProblemView,
            content_type = "application/problem+json"),
        (status = "default", description = "See code", body = ProblemView, content_type = "application/problem+json"),
    ),
    security(("key" = ["messages"])),
)]
pub(super) async fn create(
    app: Data<AppState>,
    ApiCall(key, StrictJson(message)): ApiCall<MessagesScope, StrictJson<SendMessageBody>>,
    request: HttpRequest,
) -> Result<HttpResponse, ProblemDetails> {
    let idempotency_key = idempotency_key(&request)?;
    let SendMessageBody { to, body, category, program, basis, .. } = message;
    let basis = basis.map(|BasisBody { kind, words, .. }| ContactBasis { kind, words });
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
    let wanted = NewMessage { to, body, category, program, basis };
    let has_key = idempotency_key.is_some();
    let api_key = key.record().id;
    let request = IdempotentRequest { api_key, idempotency_key, request_sha256, message: wanted };
    let sent = app.commands(key.actor()).send_idempotently(request).await;
    let sent = sent.map(|sent| answer(sent, key.has(ConsentScope::NAME)));
    let (status, text) = sent.map_err(|error| match ProblemDetails::from(error) {
        problem if has_key => problem.of_keyed_request(),
        problem => problem,
    })?;
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = if status.is_success() { "application/json" } else { "application/problem+json" };
    Ok(HttpResponse::build(status).content_type(kind).body(text))
}

fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, ProblemDetails> {
    let Some(value) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    let key = value.to_str().unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST_KEY {
        let detail = "An Idempotency-Key has 1 to 255 visible characters.";
        return Err(ProblemDetails::new(StatusCode::BAD_REQUEST, "idempotency_key_invalid", detail));
    }
    Ok(Some(key.to_owned()))
}

/// What the caller learns of a message that was accepted.
#[derive(Serialize, ToSchema)]
pub(super) struct AcceptedView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: MessageId,
    #[schema(schema_with = words::status)]
    status: Status,
    verdict: Option<VerdictView<'a>>,
    /// What happens next, in words.
    detail: &'a str,
}

/// The status and the body of the answer. What people wrote about a number is for keys that may read consent.
fn answer(sent: IdempotentResult, reads_consent: bool) -> (u16, String) {
    let IdempotentResult::Answered { mut result, program } = sent else {
        let detail = "This Idempotency-Key was used for a different request.";
        let problem = ProblemDetails::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail);
        return (problem.status().as_u16(), problem.body().to_string());
    };
    if !reads_consent {
        result.verdict = result.verdict.take().map(Verdict::without_reasons);
    }
    let (id, status, detail) = (result.id, result.status, result.words.as_str());
    let verdict = result.verdict.as_ref().map(|verdict| VerdictView::new(verdict, &program));
    match result.code {
        None => {
            let body = serde_json::to_string(&AcceptedView { id, status, verdict, detail });
            (202, body.unwrap_or_default())
        }
        Some(code) => {
            let problem = ProblemDetails::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail)
                .with("id", id.to_string())
                .with("verdict", json!(verdict));
            (422, problem.body().to_string())
        }
    }
}

/// Read a message
///
/// Its status, every status it had, and why it did not arrive.
#[utoipa::path(
    get,
    path = "/api/v1/messages/{id}",
    operation_id = "getMessage",
    tag = "Messages",
    params(("id" = String, Path, description = "The message's id")),
    responses(
        (status = 200, description = "The message", body = MessageView),
        (status = "default", description = "See code", body = ProblemView, content_type = "application/problem+json"),
    ),
    security(("key" = ["messages"])),
)]
pub(super) async fn show(
    app: Data<AppState>,
    _key: ApiCaller<MessagesScope>,
    id: Path<String>,
) -> Result<HttpResponse, ProblemDetails> {
    let missing = || ProblemDetails::new(StatusCode::NOT_FOUND, "not_found", "There is no such message.");
    let id: MessageId = id.parse().map_err(|_| missing())?;
    let found = app
        .store
        .read(move |conn| {
            let Some(message) = messages::get(conn, id)? else { return Ok(None) };
            let program = programs::slug(conn, message.program_id)?;
            let anew = expired_holds::get(conn, id)?.and_then(|asked| asked.sent_as);
            let before = expired_holds::answered_by(conn, id)?.map(|asked| asked.message_id);
            Ok::<_, StoreError>(Some((message, program, messages::steps(conn, id)?, anew, before)))
        })
        .await?;
    let Some((message, program, steps, anew, before)) = found else { return Err(missing()) };
    Ok(HttpResponse::Ok().json(MessageView {
        program,
        sent_anew_as: anew.map(|id| id.to_string()),
        in_place_of: before.map(|id| id.to_string()),
        ..MessageView::new(&message, &steps)
    }))
}
