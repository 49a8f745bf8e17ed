//! Registers handlers. Every registration goes through [`get`] and [`post`]: they take only a handler whose arguments say who
//! may call it, so a route without a role or an API scope does not compile. All route tables use it; it writes nothing.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::web::{self, Data};
use actix_web::{FromRequest, Handler, HttpRequest, Responder, Route};

use super::AppState;

/// An extractor that lets a caller in or refuses: a role, an API scope, a signed webhook, or [`PublicAccess`].
pub trait AccessCheck {}

/// The arguments of a handler that begin with an [`AccessCheck`]. Only the shared state may stand before it.
///
/// A handler that forgets it does not compile:
///
/// ```compile_fail
/// use actix_web::{HttpResponse, web::Data};
/// use sms_opt_in::web::{AppState, routing};
///
/// async fn page(_: Data<AppState>) -> HttpResponse {
///     HttpResponse::Ok().finish()
/// }
/// routing::get(page);
/// ```
///
/// This one does:
///
/// ```
/// use actix_web::{HttpResponse, web::Data};
/// use sms_opt_in::web::{AppState, routing, session::Viewer};
///
/// async fn page(_: Data<AppState>, _: Viewer) -> HttpResponse {
///     HttpResponse::Ok().finish()
/// }
/// routing::get(page);
/// ```
pub trait CheckedArguments {}

macro_rules! checked_arguments {
    () => {};
    ($first:ident $($rest:ident)*) => {
        impl<Check: AccessCheck, $($rest),*> CheckedArguments for (Check, $($rest,)*) {}
        impl<Check: AccessCheck, $($rest),*> CheckedArguments for (Data<AppState>, Check, $($rest,)*) {}
        checked_arguments!($($rest)*);
    };
}

checked_arguments!(Access A B C D E F G);

/// Everyone may call the handler that takes it.
pub struct PublicAccess;

impl AccessCheck for PublicAccess {}

impl FromRequest for PublicAccess {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(_: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(PublicAccess))
    }
}

/// The handler of a GET.
pub fn get<F, Args>(handler: F) -> Route
where
    F: Handler<Args>,
    Args: CheckedArguments + FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::get().to(handler)
}

/// The handler of a POST.
pub fn post<F, Args>(handler: F) -> Route
where
    F: Handler<Args>,
    Args: CheckedArguments + FromRequest + 'static,
    F::Output: Responder + 'static,
{
    web::post().to(handler)
}
