//! The security headers of every answer. The server wraps every request in it; it writes nothing. No cache keeps an answer,
//! because it may hold personal data. Only a static file says itself how long to keep it. A hosted form is not kept either:
//! each visitor gets a stamp of their own in it.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;

use super::AppState;
use super::routes::patterns;

const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'";
const HEADERS: [(&str, &str); 6] = [
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
];

/// Puts the headers on every answer: `.wrap(actix_web::middleware::from_fn(security::headers))`, outermost.
///
/// # Errors
/// Whatever the services within return. The answer that the error becomes has the headers, too.
pub async fn headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let secure = request.app_data::<Data<AppState>>().is_some_and(|app| app.is_https());
    let mut response = match next.call(request).await {
        Ok(response) => response,
        Err(error) => return Err(protected_error(error, secure)),
    };
    let may_be_kept = is_static_file(&response);
    protect(response.headers_mut(), secure, may_be_kept);
    Ok(response)
}

fn protected_error(error: Error, secure: bool) -> Error {
    let mut answer = error.error_response();
    protect(answer.headers_mut(), secure, false);
    InternalError::from_response(error, answer).into()
}

fn protect(headers: &mut HeaderMap, secure: bool, may_be_kept: bool) {
    for (name, value) in HEADERS {
        put(headers, name, value);
    }
    if secure {
        put(headers, "strict-transport-security", "max-age=31536000");
    }
    if !may_be_kept {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

/// A static file that was found: its handler alone says how long to keep an answer.
fn is_static_file<B>(response: &ServiceResponse<B>) -> bool {
    response.headers().contains_key(CACHE_CONTROL)
        && response.request().match_pattern().as_deref() == Some(patterns::ASSET)
}

fn put(headers: &mut HeaderMap, name: &'static str, value: &'static str) {
    let name = HeaderName::from_static(name);
    if !headers.contains_key(&name) {
        headers.insert(name, HeaderValue::from_static(value));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, error, test, web};

    #[actix_web::test]
    async fn an_error_of_a_middleware_has_the_headers_and_no_cache_keeps_what_a_handler_gave_away() {
        async fn broken(
            _: ServiceRequest,
            _: Next<impl MessageBody>,
        ) -> Result<ServiceResponse<actix_web::body::BoxBody>, Error> {
            Err(error::ErrorServiceUnavailable("busy"))
        }
        let careless = || async { HttpResponse::Ok().insert_header((CACHE_CONTROL, "public")).finish() };
        let app = App::new()
            .service(web::scope("/broken").wrap(from_fn(broken)).route("", web::get().to(careless)))
            .route("/careless", web::get().to(careless))
            .wrap(from_fn(headers));
        let app = test::init_service(app).await;
        let careless = test::TestRequest::get().uri("/careless").to_request();
        let careless = test::call_service(&app, careless).await;
        assert_eq!(careless.headers().get(CACHE_CONTROL).unwrap(), "no-store");
        let broken = test::TestRequest::get().uri("/broken").to_request();
        let broken = test::try_call_service(&app, broken).await.err().unwrap().error_response();
        assert_eq!(broken.status(), 503);
        assert_eq!(broken.headers().get(CACHE_CONTROL).unwrap(), "no-store");
        assert!(broken.headers().contains_key("content-security-policy"));
    }
}
