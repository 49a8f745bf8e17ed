//! Checks the bearer key of a request, as an extractor. Every handler of the API takes one; it writes when the key
//! was last used.

use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::StatusCode;
use actix_web::http::header::AUTHORIZATION;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use sha2::{Digest, Sha256};

use super::ProblemDetails;
use crate::actions::api_keys::is_use_news;
use crate::domain::actor::Actor;
use crate::store::api_keys::{self, ApiKey};
use crate::web::AppState;
use crate::web::routing::AccessCheck;

/// What a key may be used for. A handler names one in its argument, so none is forgotten.
pub trait ApiScope: 'static {
    /// The scope's word, as `api-key create --scope` takes it.
    const NAME: &'static str;
}

/// Sends messages and reads what became of them.
pub struct MessagesScope;
/// Reads and writes contacts.
pub struct ContactsScope;
/// Reads consent and records opt-outs.
pub struct ConsentScope;

impl ApiScope for MessagesScope {
    const NAME: &'static str = "messages";
}
impl ApiScope for ContactsScope {
    const NAME: &'static str = "contacts";
}
impl ApiScope for ConsentScope {
    const NAME: &'static str = "consent";
}

/// A caller with a valid key that has the scope `S`. Else the answer is 401, or 403 naming the scope.
pub struct ApiCaller<S> {
    key: ApiKey,
    scope: PhantomData<S>,
}

impl<S: ApiScope> ApiCaller<S> {
    fn new(key: ApiKey) -> Result<Self, ProblemDetails> {
        if has_scope(&key, S::NAME) {
            return Ok(ApiCaller { key, scope: PhantomData });
        }
        let detail = format!("This key lacks the scope {}.", S::NAME);
        Err(ProblemDetails::new(StatusCode::FORBIDDEN, "missing_scope", detail))
    }

    /// The key's record.
    pub fn record(&self) -> &ApiKey {
        &self.key
    }

    /// The key as an actor: two keys of one name differ by how they begin.
    pub fn actor(&self) -> Actor {
        match self.key.prefix.as_str() {
            "" => Actor::ApiKey(self.key.name.clone()),
            prefix => Actor::ApiKey(format!("{} ({prefix}…)", self.key.name)),
        }
    }

    /// True when the key may also be used for what `scope` names.
    pub fn has(&self, scope: &str) -> bool {
        has_scope(&self.key, scope)
    }
}

fn has_scope(key: &ApiKey, scope: &str) -> bool {
    key.scopes.split(',').any(|has| has.trim() == scope)
}

/// A caller, and what else the call holds, which is read only once the caller is known: who may not call learns nothing of
/// what is wrong with the rest.
pub struct ApiCall<S, T>(pub ApiCaller<S>, pub T);

impl<S: ApiScope> AccessCheck for ApiCaller<S> {}
impl<S: ApiScope, T> AccessCheck for ApiCall<S, T> {}

impl<S: ApiScope, T: FromRequest + 'static> FromRequest for ApiCall<S, T> {
    type Error = actix_web::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self, actix_web::Error>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let caller = ApiCaller::from_request(request, &mut Payload::None);
        let (request, mut payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let caller = caller.await?;
            let rest = T::from_request(&request, &mut payload).await.map_err(Into::into)?;
            Ok(ApiCall(caller, rest))
        })
    }
}

/// What is kept of a key's secret.
pub fn secret_hash(secret: &str) -> Vec<u8> {
    Sha256::digest(secret.as_bytes()).to_vec()
}

impl<S: ApiScope> FromRequest for ApiCaller<S> {
    type Error = ProblemDetails;
    type Future = Pin<Box<dyn Future<Output = Result<Self, ProblemDetails>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let header = request.headers().get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let hash = header.and_then(|value| value.strip_prefix("Bearer ")).map(|key| secret_hash(key.trim()));
        let app = request.app_data::<Data<AppState>>().cloned();
        Box::pin(async move {
            let refused = || {
                ProblemDetails::new(
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
                let noted = app.commands(Actor::System).note_key_use(id).await;
                noted.unwrap_or_else(|error| {
                    log::error!("The last use of an API key could not be recorded: {error}")
                });
            }
            ApiCaller::new(key)
        })
    }
}
