//! How the API refuses: `application/problem+json` (RFC 9457). Every handler of the API uses it; it writes nothing.

use std::fmt;

use actix_web::error::{JsonPayloadError, PathError, QueryPayloadError};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::verdict::VerdictView;
use super::words;

use crate::actions::ActionError;
use crate::store::{FailureKind, StoreError};
use crate::web::error::{RETRY_AFTER, log_failure};
use crate::words::refusal_text;

const BUSY: &str =
    "The database isn't answering right now. Nothing was recorded. Try again after Retry-After seconds.";
const UNCONFIRMED: &str = "The database didn't confirm the change, so it may or may not be recorded. Look the record up before \
    trying again.";
const UNCONFIRMED_KEY: &str = "The database didn't confirm the change, so it may or may not be recorded. Ask again with the \
    same Idempotency-Key.";

/// A problem with a stable code.
#[derive(Debug)]
pub struct ProblemDetails {
    status: StatusCode,
    code: &'static str,
    detail: String,
    more: Map<String, Value>,
}

impl ProblemDetails {
    /// A problem in words.
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        ProblemDetails { status, code, detail: detail.into(), more: Map::new() }
    }

    /// Adds a member.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.more.insert(name.to_owned(), value.into());
        self
    }

    /// The same problem for a request with an `Idempotency-Key`: it can be asked again.
    pub fn of_keyed_request(self) -> Self {
        let detail = if self.code == "unconfirmed" { UNCONFIRMED_KEY.to_owned() } else { self.detail };
        ProblemDetails { detail, ..self }
    }

    /// The status code.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body.
    pub fn body(&self) -> Value {
        let mut body = self.more.clone();
        body.insert("type".to_owned(), json!("about:blank"));
        body.insert("title".to_owned(), json!(self.status.canonical_reason().unwrap_or("Error")));
        body.insert("status".to_owned(), json!(self.status.as_u16()));
        body.insert("code".to_owned(), json!(self.code));
        body.insert("detail".to_owned(), json!(self.detail));
        Value::Object(body)
    }
}

/// A problem as it is answered (RFC 9457).
#[derive(ToSchema)]
#[allow(dead_code)]
pub(super) struct ProblemView {
    r#type: String,
    title: String,
    /// The HTTP status.
    status: u16,
    /// A stable word: the same cause has the same code on every address.
    #[schema(schema_with = words::error_code)]
    code: String,
    /// What is wrong and what to do, in words.
    detail: String,
    /// Of `invalid`: every field that is not right.
    #[schema(required = false)]
    errors: Vec<FieldProblemView>,
    /// Of `unknown_field`: the names of the fields.
    #[schema(required = false)]
    fields: Vec<String>,
    /// Of a blocked message: the stored attempt.
    #[schema(required = false, format = "uuid")]
    id: String,
    /// Of a blocked message: every check. Null when the recipient is no number.
    #[schema(required = false)]
    verdict: Option<VerdictView<'static>>,
}

/// A field that is not right.
#[derive(ToSchema)]
#[allow(dead_code)]
pub(super) struct FieldProblemView {
    field: String,
    message: String,
}

impl fmt::Display for ProblemDetails {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.detail)
    }
}

impl ResponseError for ProblemDetails {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            response.insert_header(("Retry-After", RETRY_AFTER));
        }
        response.content_type("application/problem+json").body(self.body().to_string())
    }
}

impl From<StoreError> for ProblemDetails {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            FailureKind::Busy => {
                log::warn!("A request was answered 503: {error}");
                ProblemDetails::new(StatusCode::SERVICE_UNAVAILABLE, "busy", BUSY)
            }
            FailureKind::Unconfirmed => {
                log::error!("A change was not confirmed: {error}");
                ProblemDetails::new(StatusCode::SERVICE_UNAVAILABLE, "unconfirmed", UNCONFIRMED)
            }
            FailureKind::Internal => {
                let reference = log_failure(error);
                let detail =
                    format!("Something broke on our side. Nothing was recorded. Reference {reference}.");
                ProblemDetails::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
            }
        }
    }
}

impl From<ActionError> for ProblemDetails {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::NotFound(what) => {
                ProblemDetails::new(StatusCode::NOT_FOUND, "not_found", format!("There is no such {what}."))
            }
            ActionError::Invalid(errors) => {
                ProblemDetails::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Some fields are not right.")
                    .with("errors", json!(errors))
            }
            ActionError::Refused(refusal) => {
                ProblemDetails::new(StatusCode::UNPROCESSABLE_ENTITY, refusal.code(), refusal_text(&refusal))
            }
            ActionError::Conflict(words) => ProblemDetails::new(StatusCode::CONFLICT, "conflict", words),
            ActionError::Unconfirmed(error) | ActionError::Busy(error) | ActionError::Internal(error) => {
                error.into()
            }
        }
    }
}

/// A body that is no JSON of the expected shape.
pub(super) fn unreadable(error: JsonPayloadError, _: &HttpRequest) -> actix_web::Error {
    let status = match error {
        JsonPayloadError::Overflow { .. } | JsonPayloadError::OverflowKnownLength { .. } => {
            StatusCode::PAYLOAD_TOO_LARGE
        }
        JsonPayloadError::ContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        _ => StatusCode::BAD_REQUEST,
    };
    ProblemDetails::new(status, "unreadable", format!("The body is not what is expected here: {error}"))
        .into()
}

/// A query with a value of the wrong kind, or with a parameter that is there twice.
pub(super) fn unreadable_query(error: QueryPayloadError, _: &HttpRequest) -> actix_web::Error {
    let why = match error {
        QueryPayloadError::Deserialize(why) => why.to_string(),
        _ => "it cannot be read".to_owned(),
    };
    let detail = format!("The query of the address is not what is expected here: {why}.");
    ProblemDetails::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail).into()
}

/// A part of the address that cannot be read.
pub(super) fn unreadable_path(_: PathError, _: &HttpRequest) -> actix_web::Error {
    let detail = "A part of the address cannot be read.";
    ProblemDetails::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", detail).into()
}

/// An address that does not exist.
pub(super) async fn no_such_path() -> ProblemDetails {
    ProblemDetails::new(StatusCode::NOT_FOUND, "no_such_path", "The API has no such path.")
}

impl actix_web::Responder for ProblemDetails {
    type Body = actix_web::body::BoxBody;
    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        self.error_response()
    }
}
