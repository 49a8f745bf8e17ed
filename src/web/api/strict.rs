//! JSON bodies whose every field is known: a field that is spelled wrong must not be taken for one that was left out.

use std::collections::BTreeMap;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::web::Json;
use actix_web::{FromRequest, HttpRequest};
use futures_util::future::LocalBoxFuture;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::Problem;

/// The fields that a body has beside those that are known: `#[serde(flatten)]`.
pub(super) type Unknown = BTreeMap<String, IgnoredAny>;

/// A body that tells which of its fields are not known.
pub(super) trait Strict {
    /// Their names; those within another field with a point between.
    fn unknown(&self) -> Vec<String>;
}

/// The body of a request, every field of which is known. Else the answer is 422 `unknown_field` and names all that are not.
pub(super) struct StrictJson<T>(pub(super) T);

impl<T: DeserializeOwned + Strict + 'static> FromRequest for StrictJson<T> {
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<Self, Self::Error>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let body = Json::<T>::from_request(request, payload);
        Box::pin(async move {
            let Json(body) = body.await?;
            match body.unknown() {
                unknown if unknown.is_empty() => Ok(StrictJson(body)),
                unknown => Err(refuse(unknown).into()),
            }
        })
    }
}

fn refuse(unknown: Vec<String>) -> Problem {
    let names = unknown.join(", ");
    let detail = format!("Remove or correct the fields that this address does not know: {names}.");
    Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", detail).with("fields", unknown)
}
