//! Who calls the API: a bearer key, as an extractor. A handler that takes no key does not exist.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use sha2::{Digest, Sha256};

use super::Problem;
use crate::actions::api_keys::{is_use_news, note_use};
use crate::domain::actor::Actor;
use crate::store::api_keys::{self, ApiKey};
use crate::web::App;

/// A valid key.
pub struct Key(ApiKey);

impl Key {
    /// Lets the key through only if it has the scope.
    ///
    /// # Errors
    /// 403 naming the scope.
    pub fn may(&self, scope: &str) -> Result<(), Problem> {
        if self.0.scopes.split(',').any(|has| has.trim() == scope) {
            return Ok(());
        }
        let detail = format!("This key lacks the scope {scope}.");
        Err(Problem::new(StatusCode::FORBIDDEN, "missing_scope", detail))
    }

    /// The key's record.
    pub fn record(&self) -> &ApiKey {
        &self.0
    }

    /// The key as an actor.
    pub fn actor(&self) -> Actor {
        Actor::ApiKey(self.0.name.clone())
    }
}

/// What is kept of a key's secret.
pub fn secret_hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

impl FromRequest for Key {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Key, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let hash = header.and_then(|value| value.strip_prefix("Bearer ")).map(|key| secret_hash(key.trim()));
        let app = request.app_data::<Data<App>>().cloned();
        Box::pin(async move {
            let refused = || {
                Problem::new(
                    StatusCode::UNAUTHORIZED,
                    "unauthorized",
                    "Send a valid key as \"Authorization: Bearer KEY\".",
                )
            };
            let (Some(hash), Some(app)) = (hash, app) else { return Err(refused()) };
            let key = app.store.read(move |conn| api_keys::by_hash(conn, &hash)).await?;
            let key = key.ok_or_else(refused)?;
            let (id, now) = (key.id, app.clock.now());
            if is_use_news(&key, now) {
                let noted = app.store.write(move |tx| note_use(tx, id, now)).await;
                noted.unwrap_or_else(|error| log::error!("The use of a key could not be noted: {error}"));
            }
            Ok(Key(key))
        })
    }
}
