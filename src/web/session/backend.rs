//! Sessions in the database: found by the cookie, written after the answer. The app puts the middleware around the pages; it
//! writes sessions.

use std::collections::HashMap;

use actix_session::SessionMiddleware;
use actix_session::config::CookieContentSecurity;
use actix_session::storage::{LoadError, SaveError, SessionKey, SessionStore, UpdateError};
use actix_web::body::MessageBody;
use actix_web::cookie::time::Duration as Ttl;
use actix_web::cookie::{Key, SameSite};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::Method;
use actix_web::middleware::Next;
use chrono::Duration;
use sha2::{Digest, Sha512};

use super::loaded::{self, LoadedUser};
use super::token::{hash, random_token};
use super::{BROWSER, NETWORK, UNREAD, USER};
use crate::actions::Commands;
use crate::clock::Clock;
use crate::domain::id::UserId;
use crate::store::users::{self, SessionOfUser};
use crate::store::{Store, StoreError, sessions};
use crate::web::AppState;
use crate::web::cookies;
use crate::web::error::PageError;

const COOKIE: &str = "sms-opt-in";
/// A session's end is fixed when it begins.
const HOURS: i64 = 12;

/// Sessions in the database.
#[derive(Clone)]
pub struct SessionBackend {
    /// The database.
    pub store: Store,
    /// The time.
    pub clock: Clock,
}

/// The middleware that finds and keeps sessions.
pub fn middleware(app: &AppState, secure: bool) -> SessionMiddleware<SessionBackend> {
    let sessions = SessionBackend { store: app.store.clone(), clock: app.clock.clone() };
    SessionMiddleware::builder(sessions, app.cookie_key.clone())
        .cookie_name(cookies::name_of(COOKIE, secure))
        .cookie_http_only(true)
        .cookie_same_site(SameSite::Lax)
        .cookie_secure(secure)
        .cookie_content_security(CookieContentSecurity::Signed)
        .build()
}

/// A session that could not be written is no fault of the page: what a form asked for may be recorded, and a page that was
/// only read can be asked for again. Stands around [`middleware`].
///
/// # Errors
/// Whatever the services within return.
pub async fn tell_unsaved<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, actix_web::Error> {
    let only_reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let answered = loaded::while_answering(next.call(request)).await;
    answered.map_err(|error| {
        let is_unsaved = error.as_error::<InternalError<SaveError>>().is_some()
            || error.as_error::<InternalError<UpdateError>>().is_some()
            || error.as_error::<InternalError<anyhow::Error>>().is_some();
        if !is_unsaved {
            return error;
        }
        log::warn!("A session could not be written: {error}");
        if only_reads { PageError::Busy.into() } else { PageError::Unconfirmed.into() }
    })
}

/// The key that signs cookies, out of the installation's one secret; of no use for anything else.
pub fn cookie_key(secret: &[u8]) -> Key {
    let bytes = Sha512::new().chain_update(b"sms-opt-in session cookie\0").chain_update(secret).finalize();
    Key::from(bytes.as_slice())
}

impl SessionStore for SessionBackend {
    async fn load(&self, key: &SessionKey) -> Result<Option<HashMap<String, String>>, LoadError> {
        let (hash, now) = (hash(key.as_ref()), self.clock.now());
        let found: Result<_, StoreError> =
            self.store.read(move |conn| users::of_session(conn, &hash, now)).await;
        let found = match found {
            Ok(found) => found,
            Err(error) => {
                log::warn!("A session could not be read: {error}");
                return Ok(Some(HashMap::from([(UNREAD.to_owned(), "true".to_owned())])));
            }
        };
        let Some(SessionOfUser { session, user }) = found else { return Ok(None) };
        if let Some(user) = user {
            let found = LoadedUser::new(user, &session);
            if let Some(minutes) = found.idle_end(now) {
                loaded::keep_idle_end(minutes);
                return Ok(None);
            }
            loaded::keep(found);
        }
        serde_json::from_str(&session.state)
            .map(Some)
            .map_err(|error| LoadError::Deserialization(error.into()))
    }

    async fn save(&self, mut state: HashMap<String, String>, _: &Ttl) -> Result<SessionKey, SaveError> {
        let key = random_token().map_err(|error| SaveError::Other(error.into()))?;
        let now = self.clock.now();
        let mut taken = |name: &str| {
            state.remove(name).and_then(|json| serde_json::from_str(&json).ok()).unwrap_or_default()
        };
        let (browser, network) = (taken(BROWSER), taken(NETWORK));
        let row = sessions::StoredSession {
            key_hash: hash(&key),
            user_id: user_of(&state),
            state: serde_json::to_string(&state).map_err(|error| SaveError::Serialization(error.into()))?,
            created_at: now,
            expires_at: now.plus(Duration::hours(HOURS)),
            seen_at: now,
            browser,
            network,
        };
        let begun = Commands::system(self.store.clone(), now).begin_session(row).await;
        begun.map_err(|error| SaveError::Other(error.into()))?;
        key.try_into().map_err(|error| SaveError::Other(anyhow::Error::new(error)))
    }

    async fn update(
        &self,
        key: SessionKey,
        state: HashMap<String, String>,
        _: &Ttl,
    ) -> Result<SessionKey, UpdateError> {
        if state.contains_key(UNREAD) {
            return Err(UpdateError::Other(anyhow::anyhow!("the session was not read")));
        }
        let hash = hash(key.as_ref());
        let user_id = user_of(&state);
        let state =
            serde_json::to_string(&state).map_err(|error| UpdateError::Serialization(error.into()))?;
        let commands = Commands::system(self.store.clone(), self.clock.now());
        let kept = commands.update_session(hash, user_id, state).await;
        kept.map_err(|error| UpdateError::Other(error.into()))?;
        Ok(key)
    }

    async fn update_ttl(&self, _: &SessionKey, _: &Ttl) -> Result<(), anyhow::Error> {
        Ok(())
    }

    async fn delete(&self, key: &SessionKey) -> Result<(), anyhow::Error> {
        let hash = hash(key.as_ref());
        Ok(Commands::system(self.store.clone(), self.clock.now()).end_session(hash).await?)
    }
}

fn user_of(state: &HashMap<String, String>) -> Option<UserId> {
    state.get(USER).and_then(|json| serde_json::from_str(json).ok())
}
