//! Reads forms whole or not at all, and only from our own pages. Every page with a form uses it; it writes nothing and
//! knows no single form.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{BytesMut, Data};
use actix_web::{FromRequest, HttpRequest};
use chrono::Duration;
use futures_util::StreamExt;
use futures_util::future::LocalBoxFuture;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use subtle::ConstantTimeEq;
use validator::ValidationErrors;

use super::AppState;
use super::error::PageError;
use super::origin;
use super::session;
use crate::actions::{ActionError, FieldError};
use crate::words::refusal_text;

/// No form of ours is larger, in bytes.
const LARGEST: usize = 64 * 1024;
const ANONYMOUS: &str = "before sign-in";
/// As long as a sign-in page may stand open.
const OPEN_AT_MOST: Duration = Duration::hours(12);

/// A form that is a button alone.
#[derive(Debug, Deserialize)]
pub struct NoFields {}

/// A form that came from one of our own pages, in this session.
#[derive(Debug)]
pub struct PostedForm<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for PostedForm<T> {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { receive(&request, payload, check).await.map(PostedForm) })
    }
}

/// A form of somebody who is not signed in yet: its token is signed, not stored, so that a visitor costs no row.
#[derive(Debug)]
pub struct BeforeSignIn<T>(pub T);

impl<T: DeserializeOwned + 'static> FromRequest for BeforeSignIn<T> {
    type Error = PageError;
    type Future = LocalBoxFuture<'static, Result<Self, PageError>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { receive(&request, payload, check_anonymous).await.map(BeforeSignIn) })
    }
}

/// The token of a form that is shown to somebody who is not signed in.
pub fn anonymous_token(app: &AppState) -> String {
    app.signer.stamp(ANONYMOUS, app.clock.now())
}

fn check_anonymous(request: &HttpRequest, token: &str) -> Result<(), PageError> {
    let app =
        request.app_data::<Data<AppState>>().ok_or_else(|| PageError::internal("no App in app_data"))?;
    let shown = app.signer.stamped_at(ANONYMOUS, token);
    let fresh = shown.is_some_and(|at| (Duration::zero()..OPEN_AT_MOST).contains(&app.clock.now().since(at)));
    if fresh && origin::is_same_origin(request) {
        Ok(())
    } else {
        Err(PageError::Stale(origin::way_back(request)))
    }
}

async fn receive<T: DeserializeOwned>(
    request: &HttpRequest,
    payload: Payload,
    check: impl Fn(&HttpRequest, &str) -> Result<(), PageError>,
) -> Result<T, PageError> {
    if !is_form(request) {
        return Err(PageError::BadRequest("This address takes a web form.".to_owned()));
    }
    let body = read(payload).await?;
    let token: CsrfField = serde_html_form::from_bytes(&body).unwrap_or_default();
    check(request, &token.csrf)?;
    serde_html_form::from_bytes(&body).map_err(|error| {
        PageError::BadRequest(format!(
            "The form is incomplete or holds an unknown answer ({error}). Go back and check it."
        ))
    })
}

#[derive(Deserialize, Default)]
struct CsrfField {
    #[serde(default)]
    csrf: String,
}

/// Refuses a form that another site sent or that carries another session's token. For forms that [`Posted`] cannot read
/// (file uploads); everything else goes through [`Posted`].
///
/// # Errors
/// [`PageError::Stale`], with a way back.
pub fn check(request: &HttpRequest, token: &str) -> Result<(), PageError> {
    let expected = session::expected_csrf(request).unwrap_or_default();
    let same: bool = expected.as_bytes().ct_eq(token.as_bytes()).into();
    if same && !expected.is_empty() && origin::is_same_origin(request) {
        Ok(())
    } else {
        Err(PageError::Stale(origin::way_back(request)))
    }
}

/// The query part of an address; what cannot be read counts as not given.
pub fn query<T: DeserializeOwned + Default>(request: &HttpRequest) -> T {
    serde_html_form::from_str(request.query_string()).unwrap_or_default()
}

/// What a validator found, one sentence for each field, in the order of their names.
pub fn validation_errors(errors: &ValidationErrors) -> Vec<FieldError> {
    let mut found: Vec<FieldError> = errors
        .field_errors()
        .into_iter()
        .filter_map(|(field, errors)| {
            let first = errors.first()?;
            let message = first.message.as_deref().unwrap_or("This answer is not right. Please check it.");
            Some(FieldError::new(&field, message))
        })
        .collect();
    found.sort_by(|a, b| a.field.cmp(&b.field));
    found
}

/// A field that someone else changed while the form was open.
#[derive(Clone, Debug)]
pub struct SavedMeanwhile {
    /// Its name for people.
    pub label: &'static str,
    /// What is saved now.
    pub saved: String,
    /// What was typed.
    pub yours: String,
}

/// The fields (label, saved, yours) that differ.
pub fn saved_meanwhile<'a>(
    fields: impl IntoIterator<Item = (&'static str, &'a str, &'a str)>,
) -> Vec<SavedMeanwhile> {
    let differs = |(label, saved, yours): (&'static str, &str, &str)| {
        let (saved, yours) = (saved.to_owned(), yours.replace("\r\n", "\n"));
        (saved.trim() != yours.trim()).then_some(SavedMeanwhile { label, saved, yours })
    };
    fields.into_iter().filter_map(differs).collect()
}

/// The same for two forms' answers (label, answer) to the same fields.
pub fn answers_meanwhile(
    saved: &[(&'static str, &str)],
    yours: &[(&'static str, &str)],
) -> Vec<SavedMeanwhile> {
    saved_meanwhile(saved.iter().zip(yours).map(|((label, saved), (_, yours))| (*label, *saved, *yours)))
}

/// What is wrong with a form, as its template asks for it, and with which status the form is shown: the one way to show a form
/// again. Everything that is wrong is said at once.
#[derive(Clone, Debug, Default)]
pub struct FormErrors(pub Vec<FieldError>, FormProblem);

/// Why a form is shown once more.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
enum FormProblem {
    /// Answers are wrong, if there is any error at all.
    #[default]
    Answers,
    /// Someone else changed it meanwhile.
    Outdated,
}

impl FormErrors {
    /// Someone else changed what the form edits. `field` is where the page shows what.
    pub fn outdated(field: &str, why: impl Into<String>) -> Self {
        FormErrors(vec![FieldError::new(field, why)], FormProblem::Outdated)
    }

    /// The status of the page.
    pub fn status(&self) -> StatusCode {
        match self.1 {
            _ if self.0.is_empty() => StatusCode::OK,
            FormProblem::Answers => StatusCode::UNPROCESSABLE_ENTITY,
            FormProblem::Outdated => StatusCode::CONFLICT,
        }
    }

    /// True when what is saved now is shown beside what was typed.
    pub fn is_outdated(&self) -> bool {
        self.1 == FormProblem::Outdated
    }

    /// What is wrong with one field; empty when nothing is.
    pub fn of(&self, field: &str) -> &str {
        self.0.iter().find(|error| error.field == field).map_or("", |error| &error.message)
    }

    /// All of it in one line.
    pub fn sentences(&self) -> String {
        self.0.iter().map(|error| error.message.as_str()).collect::<Vec<_>>().join(" ")
    }

    /// What the title begins with.
    pub fn title_prefix(&self) -> &'static str {
        if self.0.is_empty() { "" } else { "Error: " }
    }
}

impl TryFrom<ActionError> for FormErrors {
    type Error = PageError;

    /// What a form is shown again for; every other error is a page of its own.
    fn try_from(error: ActionError) -> Result<Self, PageError> {
        match error {
            ActionError::Invalid(errors) => Ok(errors.into()),
            ActionError::Conflict(why) => Ok(FormErrors::outdated("saved-meanwhile", why)),
            ActionError::Refused(refusal) => {
                Ok(vec![FieldError::new(refusal.field().unwrap_or_default(), refusal_text(&refusal))].into())
            }
            error => Err(error.into()),
        }
    }
}

impl Deref for FormErrors {
    type Target = [FieldError];
    fn deref(&self) -> &[FieldError] {
        &self.0
    }
}

impl From<Vec<FieldError>> for FormErrors {
    fn from(errors: Vec<FieldError>) -> Self {
        FormErrors(errors, FormProblem::Answers)
    }
}

async fn read(mut payload: Payload) -> Result<BytesMut, PageError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk
            .map_err(|_| PageError::BadRequest("The form did not arrive whole. Send it again.".to_owned()))?;
        if body.len() + chunk.len() > LARGEST {
            return Err(PageError::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn is_form(request: &HttpRequest) -> bool {
    origin::header(request, CONTENT_TYPE.as_str())
        .is_some_and(|kind| kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded"))
}
