//! Reads JSON bodies and refuses unknown fields, so that a misspelled field is not taken for a missing one. The API
//! uses it; it writes nothing.

use std::collections::BTreeMap;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Json, Query};
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::ProblemDetails;
use crate::actions::{ActionError, FieldError};

/// The fields that a body has beside those that are known: `#[serde(flatten)]`.
pub(super) type UnknownFields = BTreeMap<String, IgnoredAny>;

/// A body that tells which of its fields are not known.
pub(super) trait StrictBody {
    /// The fields that it must have.
    const NEEDED: &'static [&'static str];
    /// The fields that it may have.
    const OPTIONAL: &'static [&'static str];
    /// Their names; those within another field with a point between.
    fn unknown(&self) -> Vec<String>;
}

/// The body of a request, every field of which is known. Else the answer is 422 `unknown_field` and names all that are not.
pub(super) struct StrictJson<T>(pub(super) T);

impl<T: DeserializeOwned + StrictBody + 'static> FromRequest for StrictJson<T> {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, bytes) = (request.clone(), Bytes::from_request(request, payload));
        Box::pin(async move {
            let bytes = bytes.await.map_err(|_| too_large())?;
            let once = futures_util::stream::once(std::future::ready(Ok(bytes.clone())));
            let mut payload: Payload = Payload::Stream { payload: Box::pin(once) };
            let body = match Json::<T>::from_request(&request, &mut payload).await {
                Ok(Json(body)) => body,
                // A field that is spelled wrong may be one that is missing now: both are told.
                Err(error) => return Err(misfit::<T>(&bytes).map_or(error, Into::into)),
            };
            match body.unknown() {
                unknown if unknown.is_empty() => Ok(StrictJson(body)),
                unknown => Err(refuse(unknown, &[]).into()),
            }
        })
    }
}

/// What is wrong with the names of a body's fields, when it is an object.
fn misfit<T: StrictBody>(body: &[u8]) -> Option<ProblemDetails> {
    let given: BTreeMap<String, IgnoredAny> = serde_json::from_slice(body).ok()?;
    let is_known = |name: &String| T::NEEDED.iter().chain(T::OPTIONAL).any(|known| known == name);
    let unknown: Vec<String> = given.keys().filter(|name| !is_known(name)).cloned().collect();
    let missing: Vec<&str> = T::NEEDED.iter().copied().filter(|name| !given.contains_key(*name)).collect();
    match (unknown.is_empty(), missing.is_empty()) {
        (false, _) => Some(refuse(unknown, &missing)),
        (true, false) => {
            let errors = missing.into_iter().map(|name| FieldError::new(name, "This field is missing."));
            Some(ActionError::Invalid(errors.collect()).into())
        }
        (true, true) => None,
    }
}

fn too_large() -> ProblemDetails {
    ProblemDetails::new(
        StatusCode::PAYLOAD_TOO_LARGE,
        "unreadable",
        "The body is too large, or it did not arrive.",
    )
}

fn refuse(unknown: Vec<String>, missing: &[&str]) -> ProblemDetails {
    let names = unknown.join(", ");
    let mut detail = format!("Remove or correct the fields that this address does not know: {names}.");
    if !missing.is_empty() {
        detail.push_str(&format!(" These are missing: {}.", missing.join(", ")));
    }
    ProblemDetails::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", detail).with("fields", unknown)
}

/// A query whose every parameter is known.
pub(super) trait QueryParameters {
    /// Their names.
    const NAMES: &'static [&'static str];
}

/// The query of a request. A parameter that is not known is answered 422 `unknown_field`.
pub(super) struct StrictQuery<T>(pub(super) T);

impl<T: DeserializeOwned + QueryParameters + 'static> FromRequest for StrictQuery<T> {
    type Error = actix_web::Error;
    type Future = std::future::Ready<Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let given = Query::<Vec<(String, IgnoredAny)>>::from_query(request.query_string());
        let given = given.map(Query::into_inner).unwrap_or_default();
        let mut unknown: Vec<String> = given
            .into_iter()
            .map(|(name, _)| name)
            .filter(|name| !T::NAMES.contains(&name.as_str()))
            .collect();
        unknown.dedup();
        if !unknown.is_empty() {
            let detail = format!(
                "Remove or correct the parameters that this address does not know: {}.",
                unknown.join(", ")
            );
            let problem = ProblemDetails::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", detail);
            return std::future::ready(Err(problem.with("fields", unknown).into()));
        }
        std::future::ready(
            Query::<T>::from_request(request, payload)
                .into_inner()
                .map(|query| StrictQuery(query.into_inner())),
        )
    }
}
