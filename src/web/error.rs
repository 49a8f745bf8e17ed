//! How a page can fail, and the page that says so: what happened and a way on. Every handler of the pages uses it. It
//! writes the cause of our own failures to the log under a reference and shows only the reference.

use std::fmt;

use actix_web::http::header::LOCATION;
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;

use super::plain::{PlainPage, see_other};
use crate::actions::ActionError;
use crate::store::{FailureKind, StoreError};
use crate::web::routes;
use crate::words::refusal_text;

/// After so many seconds a request that found the database busy is worth another try.
pub const RETRY_AFTER: &str = "5";

/// How a page can fail.
#[derive(Debug)]
pub enum PageError {
    /// There is no such page or thing.
    NotFound,
    /// Nobody is signed in.
    SignIn {
        /// The address to come back to.
        next: String,
        /// A form was sent, and is lost.
        was_sending: bool,
    },
    /// The person's role needs a second factor, and they have none yet: they are led to set it up.
    SecondFactorFirst,
    /// The role is not enough; the role that is needed, in words.
    Forbidden(&'static str),
    /// The form's token is old or the form was sent from elsewhere; the page it came from.
    Stale(String),
    /// What was sent cannot be read.
    BadRequest(String),
    /// What was sent is larger than any form of ours.
    TooLarge,
    /// What was sent did not arrive in time.
    TooSlow,
    /// Others upload files, and none of them was done in time.
    UploadsBusy,
    /// The rules refuse it, or fields are wrong.
    Unprocessable(Vec<String>),
    /// It collides with something that exists.
    Conflict(String),
    /// The database is away or busy. Nothing was recorded.
    Busy,
    /// The database did not confirm a change, which may be recorded or not.
    Unconfirmed,
    /// Something broke; the log knows it under this reference.
    Internal {
        /// What the person can quote.
        reference: String,
    },
}

impl PageError {
    /// Our fault: the cause goes to the log, the reference to the person.
    pub fn internal(cause: impl fmt::Display) -> Self {
        PageError::Internal { reference: log_failure(cause) }
    }
}

/// Writes the cause of a failure of ours to the log. Returns the reference that a person can quote.
pub fn log_failure(cause: impl fmt::Display) -> String {
    let mut bytes = [0u8; 5];
    let reference = match getrandom::fill(&mut bytes) {
        Ok(()) => data_encoding::HEXLOWER.encode(&bytes),
        Err(_) => "no-reference".to_owned(),
    };
    log::error!("A request failed (reference {reference}): {cause}");
    reference
}

#[derive(Template)]
#[template(path = "errors/error.html")]
struct ErrorPage<'a> {
    page: PlainPage,
    title: &'a str,
    sentences: Vec<String>,
    href: &'a str,
    way_on: &'a str,
    reference: Option<&'a str>,
}

impl PageError {
    fn page(&self) -> ErrorPage<'_> {
        let (title, sentence) = self.words();
        let (href, way_on) = match self {
            PageError::Stale(back) => (back.as_str(), "Back to the page"),
            _ => (routes::dashboard(), "Go to dashboard"),
        };
        let reference = match self {
            PageError::Internal { reference } => Some(reference.as_str()),
            _ => None,
        };
        let sentences = match self {
            PageError::Unprocessable(sentences) => sentences.clone(),
            _ => vec![sentence],
        };
        ErrorPage { page: PlainPage, title, sentences, href, way_on, reference }
    }

    fn words(&self) -> (&'static str, String) {
        match self {
            PageError::NotFound => ("Page not found", "There is nothing at this address. It may have been moved, or the address is incomplete.".to_owned()),
            PageError::SignIn { .. } => ("Sign in", "Please sign in first.".to_owned()),
            PageError::SecondFactorFirst => ("Set up your second factor", "Your role needs one.".to_owned()),
            PageError::Forbidden(role) => ("You cannot do this", format!("It needs the role {role}. Ask an administrator if you should have it.")),
            PageError::Stale(_) => ("This form is out of date", "Nothing was changed. Go back to the page, reload it, and send the form again.".to_owned()),
            PageError::BadRequest(why) => ("This could not be read", why.clone()),
            PageError::TooLarge => ("This is too large", "Nothing was changed. A form may hold at most 64 KiB.".to_owned()),
            PageError::TooSlow => ("This took too long", "What you sent did not arrive in time, and nothing was changed. Check your connection, then send it again.".to_owned()),
            PageError::UploadsBusy => ("Try again in a moment", "Other people are uploading files right now. Nothing was changed. Wait a few seconds, then send the form again.".to_owned()),
            PageError::Unprocessable(_) => ("This was not done", String::new()),
            PageError::Conflict(why) => ("This was not done", why.clone()),
            PageError::Busy => ("Try again in a moment", "The database isn't answering right now. Nothing was changed. Wait a few seconds, then try again.".to_owned()),
            PageError::Unconfirmed => ("We can't tell if this was saved", "The database didn't confirm the change, so it may or may not be saved. Look the record up before trying again.".to_owned()),
            PageError::Internal { .. } => ("Something went wrong", "It is our fault, and it has been noted. Please try again; if it happens again, pass on the reference below.".to_owned()),
        }
    }
}

impl fmt::Display for PageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words().0)
    }
}

impl ResponseError for PageError {
    fn status_code(&self) -> StatusCode {
        match self {
            PageError::NotFound => StatusCode::NOT_FOUND,
            PageError::SignIn { .. } | PageError::SecondFactorFirst => StatusCode::SEE_OTHER,
            PageError::Forbidden(_) | PageError::Stale(_) => StatusCode::FORBIDDEN,
            PageError::BadRequest(_) => StatusCode::BAD_REQUEST,
            PageError::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            PageError::TooSlow => StatusCode::REQUEST_TIMEOUT,
            PageError::Unprocessable(_) => StatusCode::UNPROCESSABLE_ENTITY,
            PageError::Conflict(_) => StatusCode::CONFLICT,
            PageError::Busy | PageError::Unconfirmed | PageError::UploadsBusy => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            PageError::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status_code());
        if let PageError::SignIn { next, was_sending } = self {
            let lost = if *was_sending { "form" } else { "" };
            let sign_in = routes::with_query(routes::sign_in(), &[("next", next), ("lost", lost)]);
            response.insert_header((LOCATION, sign_in));
        }
        if matches!(self, PageError::SecondFactorFirst) {
            response.insert_header((LOCATION, routes::second_factor()));
        }
        if matches!(self, PageError::Busy | PageError::Unconfirmed | PageError::UploadsBusy) {
            response.insert_header(("Retry-After", RETRY_AFTER));
        }
        let body = self.page().render().unwrap_or_else(|_| self.to_string());
        response.content_type("text/html; charset=utf-8").body(body)
    }
}

impl From<StoreError> for PageError {
    fn from(error: StoreError) -> Self {
        match error.kind() {
            FailureKind::Busy => {
                log::warn!("A request was answered 503: {error}");
                PageError::Busy
            }
            FailureKind::Unconfirmed => {
                log::error!("A change was not confirmed: {error}");
                PageError::Unconfirmed
            }
            FailureKind::Internal => PageError::internal(error),
        }
    }
}

impl From<ActionError> for PageError {
    fn from(error: ActionError) -> Self {
        match error {
            ActionError::NotFound(_) => PageError::NotFound,
            ActionError::Invalid(fields) => {
                PageError::Unprocessable(fields.into_iter().map(|field| field.message).collect())
            }
            ActionError::Refused(refusal) => PageError::Unprocessable(vec![refusal_text(&refusal)]),
            ActionError::Conflict(why) => PageError::Conflict(why),
            ActionError::Unconfirmed(cause) | ActionError::Busy(cause) | ActionError::Internal(cause) => {
                cause.into()
            }
        }
    }
}

impl From<askama::Error> for PageError {
    fn from(error: askama::Error) -> Self {
        PageError::internal(error)
    }
}

/// What answers an address that is not on the map. An address that only takes forms leads to the page of its form: it is
/// what a browser asks for on a reload or after a sign-in.
///
/// # Errors
/// [`PageError::NotFound`] for all others.
pub async fn not_found(request: HttpRequest) -> Result<HttpResponse, PageError> {
    let page = (request.method() == Method::GET).then(|| routes::page_of_form(request.path())).flatten();
    page.map(see_other).ok_or(PageError::NotFound)
}
