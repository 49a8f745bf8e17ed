//! Where a person is signed in: they end their own sessions here, and the page of a user shows theirs in the same way. It
//! writes through `actions::sessions`.

use actix_session::Session;
use actix_web::HttpResponse;
use actix_web::web::{Data, ServiceConfig};
use data_encoding::HEXLOWER;
use serde::Deserialize;

use crate::actions::sessions::open_sessions;
use crate::domain::actor::Actor;
use crate::domain::id::UserId;
use crate::domain::time::Timestamp;
use crate::store::sessions::StoredSession;
use crate::store::users::User;
use crate::web::AppState;
use crate::web::error::PageError;
use crate::web::form::{NoFields, PostedForm};
use crate::web::page::see_other;
use crate::web::routes::{self, patterns};
use crate::web::routing;
use crate::web::session::{self, Viewer, session_key_hash};

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(patterns::END_SESSION, routing::post(end))
        .route(patterns::END_OTHER_SESSIONS, routing::post(end_others));
}

/// What is said when one session has ended.
pub(in crate::web::admin) const ENDED: &str = "The session is ended. That browser is asked to sign in.";

/// A session in a list.
pub(in crate::web::admin) struct SessionItem {
    /// What names it in a form: the hash of its key, which opens nothing.
    pub(in crate::web::admin) id: String,
    pub(in crate::web::admin) browser: String,
    pub(in crate::web::admin) network: String,
    pub(in crate::web::admin) since: Timestamp,
    pub(in crate::web::admin) seen_at: Timestamp,
    /// The session of the person who looks.
    pub(in crate::web::admin) is_this: bool,
}

impl SessionItem {
    fn new(session: StoredSession, own: Option<&[u8]>) -> Self {
        let browser = if session.browser.is_empty() { "Unknown browser".to_owned() } else { session.browser };
        SessionItem {
            is_this: own == Some(session.key_hash.as_slice()),
            id: HEXLOWER.encode(&session.key_hash),
            browser,
            network: session.network,
            since: session.created_at,
            seen_at: session.seen_at,
        }
    }
}

/// The open sessions of a person, the one of this request marked.
pub(in crate::web::admin) async fn sessions_of(
    app: &AppState,
    user: &User,
) -> Result<Vec<SessionItem>, PageError> {
    let (user, now, own) = (user.clone(), app.clock.now(), session_key_hash());
    let found = app.store.read(move |conn| open_sessions(conn, &user, now)).await?;
    Ok(found.into_iter().map(|session| SessionItem::new(session, own.as_deref())).collect())
}

#[derive(Deserialize)]
struct SessionForm {
    #[serde(default)]
    session: String,
}

async fn end(
    app: Data<AppState>,
    who: Viewer,
    session: Session,
    PostedForm(given): PostedForm<SessionForm>,
) -> Result<HttpResponse, PageError> {
    end_one(&app, who.actor(), who.user.id, &given.session).await?;
    session::flash(&session, ENDED);
    Ok(see_other(routes::account()))
}

/// Ends the session of a person that a form names. What names none, or one that has ended, changes nothing.
pub(in crate::web::admin) async fn end_one(
    app: &AppState,
    actor: Actor,
    person: UserId,
    named: &str,
) -> Result<(), PageError> {
    if let Ok(key_hash) = HEXLOWER.decode(named.as_bytes()) {
        app.commands(actor).end_session_of(person, key_hash).await?;
    }
    Ok(())
}

async fn end_others(
    app: Data<AppState>,
    who: Viewer,
    session: Session,
    _: PostedForm<NoFields>,
) -> Result<HttpResponse, PageError> {
    let own = session_key_hash().unwrap_or_default();
    let ended = app.commands(who.actor()).end_other_sessions(who.user.id, own).await?;
    let done = match ended {
        0 => "You were signed in nowhere else.".to_owned(),
        1 => "Your other session has ended.".to_owned(),
        several => format!("Your {several} other sessions have ended."),
    };
    session::flash(&session, done);
    Ok(see_other(routes::account()))
}
