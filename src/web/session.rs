//! Who is signed in. Sessions live in the database under the hash of their key, so that deleting rows ends them; the
//! extractors `Viewer`, `Editor` and `Administrator` are the only way a handler learns who asks. It writes sessions.

mod activity;
mod backend;
mod current_user;
mod device;
mod flash;
mod known_device;
mod loaded;
mod token;

use actix_session::{Session, SessionExt};
use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpMessage, HttpRequest};
use futures_util::future::LocalBoxFuture;

use super::AppState;
use super::error::PageError;
use super::origin;
use super::read_your_writes::{self, Authenticated};
use super::routes;
use super::routing::AccessCheck;
use super::sidebar;
use crate::actions::users::user_revision;
use crate::domain::actor::Actor;
use crate::domain::id::UserId;
use crate::domain::restore_hold::RestoreHold;
use crate::domain::role::Role;
use crate::store::users::{self, User};
use crate::store::{LogPosition, StoreError};

pub use backend::{SessionBackend, cookie_key, middleware, tell_unsaved};
pub use current_user::Calendars;
pub use device::SessionDevice;
pub use flash::{FlashMessage, flash, flash_refusal};
pub use known_device::{known_device, remember_device};
pub use loaded::{idle_end, session_key_hash};

use self::current_user::CurrentUser;
use self::flash::take_flash;
use self::token::random_token;

const USER: &str = "user_id";
/// What the person's access was when they signed in. A session that is written after their access has changed is of no use.
const ACCESS: &str = "access";
const CSRF: &str = "csrf";
/// Where the person signed in, until the session is written: its row keeps both.
const BROWSER: &str = "browser";
const NETWORK: &str = "network";
/// In place of a session that the database did not give out: the visitor is told so, and stays signed in.
const UNREAD: &str = "unread";
/// Somebody who is signed in.
pub trait SignedIn {
    /// Who.
    fn user(&self) -> &User;
    /// The token for forms.
    fn csrf(&self) -> &str;
    /// What was done by the request before.
    fn flash(&self) -> Option<&FlashMessage>;
    /// Why the installation itself switched sending off, if it did.
    fn standstill(&self) -> Option<RestoreHold>;
    /// What the person changed last: where a replica must have come to.
    fn mark(&self) -> Option<LogPosition>;
    /// The calendars by which the person reads times and the organization counts days.
    fn calendars(&self) -> Calendars;
    /// The person as histories name them.
    fn actor(&self) -> Actor {
        Actor::User(self.user().email.clone())
    }
}

macro_rules! signed {
    ($($(#[$doc:meta])* $name:ident: $roles:pat, $needed:literal;)*) => {$(
        $(#[$doc])*
        pub struct $name {
            /// Who.
            pub user: User,
            /// The token for forms.
            pub csrf: String,
            /// What was done by the request before.
            pub flash: Option<FlashMessage>,
            /// Why the installation itself switched sending off, if it did.
            pub standstill: Option<RestoreHold>,
            /// What the person changed last: where a replica must have come to.
            pub mark: Option<LogPosition>,
            /// The calendars by which the person reads times and the organization counts days.
            pub calendars: Calendars,
            /// The person's role needs a second factor.
            pub needs_second_factor: bool,
        }

        impl $name {
            /// The person as histories name them.
            pub fn actor(&self) -> Actor {
                SignedIn::actor(self)
            }
        }

        impl SignedIn for $name {
            fn user(&self) -> &User {
                &self.user
            }
            fn csrf(&self) -> &str {
                &self.csrf
            }
            fn flash(&self) -> Option<&FlashMessage> {
                self.flash.as_ref()
            }
            fn standstill(&self) -> Option<RestoreHold> {
                self.standstill
            }
            fn mark(&self) -> Option<LogPosition> {
                self.mark
            }
            fn calendars(&self) -> Calendars {
                self.calendars
            }
        }

        impl AccessCheck for $name {}

        impl FromRequest for $name {
            type Error = PageError;
            type Future = LocalBoxFuture<'static, Result<Self, PageError>>;
            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let request = request.clone();
                Box::pin(async move {
                    let (current, session) = signed_in(&request).await?;
                    let CurrentUser { user, standstill, calendars, needs_second_factor, .. } = current;
                    if !matches!(user.role, $roles) {
                        return Err(PageError::Forbidden($needed));
                    }
                    let (csrf, flash) = (csrf_token(&session)?, take_flash(&request, &session));
                    let mark = read_your_writes::mark(&request);
                    Ok($name { user, csrf, flash, standstill, mark, calendars, needs_second_factor })
                })
            }
        }
    )*};
}

signed! {
    /// Anybody who is signed in.
    Viewer: Role::Administrator | Role::Support | Role::Auditor, "Auditor, Support or Administrator";
    /// Somebody who may read what people did in the administration.
    Inspector: Role::Administrator | Role::Auditor, "Auditor or Administrator";
    /// Somebody who may text, record consent and edit contacts.
    Editor: Role::Administrator | Role::Support, "Support or Administrator";
    /// Somebody who may do everything.
    Administrator: Role::Administrator, "Administrator";
}

/// Signs a person in under a new key and a new token; nothing of the anonymous session stays.
///
/// # Errors
/// When there is no randomness.
pub fn begin(session: &Session, user: &User, device: SessionDevice) -> Result<(), PageError> {
    session.clear();
    session.renew();
    session.insert(USER, user.id).map_err(PageError::internal)?;
    session.insert(ACCESS, user_revision(user)).map_err(PageError::internal)?;
    session.insert(BROWSER, device.browser).map_err(PageError::internal)?;
    session.insert(NETWORK, device.network).map_err(PageError::internal)?;
    csrf_token(session).map(|_| ())
}

/// The session's token for forms, made on first use.
fn csrf_token(session: &Session) -> Result<String, PageError> {
    if let Ok(Some(token)) = session.get::<String>(CSRF) {
        return Ok(token);
    }
    let token = random_token().map_err(PageError::internal)?;
    session.insert(CSRF, &token).map_err(PageError::internal)?;
    Ok(token)
}

/// The token that a form of this session must carry.
pub(super) fn expected_csrf(request: &HttpRequest) -> Option<String> {
    request.get_session().get::<String>(CSRF).ok().flatten()
}

async fn signed_in(request: &HttpRequest) -> Result<(CurrentUser, Session), PageError> {
    match asked(request).await? {
        Some(current) if current.needs_second_factor && !current.has_second_factor && !is_set_up(request) => {
            Err(PageError::SecondFactorFirst)
        }
        Some(current) => {
            request.extensions_mut().insert(Authenticated);
            activity::note(request).await;
            sidebar::refresh(request).await;
            Ok((current, request.get_session()))
        }
        None => Err(sign_in_first(request)),
    }
}

/// True for the pages that a person whose role needs a second factor may open without one.
fn is_set_up(request: &HttpRequest) -> bool {
    [routes::second_factor(), routes::second_factor_setup(), routes::sign_out()].contains(&request.path())
}

/// Who is signed in, if anybody is.
///
/// # Errors
/// When the database fails.
pub async fn current(request: &HttpRequest) -> Result<Option<User>, PageError> {
    Ok(asked(request).await?.map(|current| current.user))
}

async fn asked(request: &HttpRequest) -> Result<Option<CurrentUser>, PageError> {
    let app =
        request.app_data::<Data<AppState>>().ok_or_else(|| PageError::internal("no App in app_data"))?;
    if request.get_session().contains_key(UNREAD) {
        return Err(PageError::Busy);
    }
    let session = request.get_session();
    let Some(id) = session.get::<UserId>(USER).ok().flatten() else { return Ok(None) };
    // Sessions of earlier versions say nothing of it; they end within hours.
    let began_with: Option<String> = session.get(ACCESS).ok().flatten();
    let found = match loaded::found().map(|found| found.user).filter(|found| found.user.id == id) {
        Some(found) => Some(found),
        None => app.store.read::<_, StoreError>(move |conn| users::for_session(conn, id)).await?,
    };
    let still_holds = |user: &User| {
        user.disabled_at.is_none() && began_with.as_ref().is_none_or(|access| *access == user_revision(user))
    };
    Ok(found.filter(|found| still_holds(&found.user)).map(CurrentUser::new).transpose()?)
}

/// A page is asked for again after sign-in. What a form held is lost: its sender comes back to where it stood, and is told.
fn sign_in_first(request: &HttpRequest) -> PageError {
    if request.method() != Method::GET {
        return PageError::SignIn { next: origin::way_back(request), was_sending: true };
    }
    let next = request.uri().path_and_query().map_or(routes::dashboard(), |here| here.as_str()).to_owned();
    PageError::SignIn { next, was_sending: false }
}
