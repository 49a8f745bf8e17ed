//! Writes one log line for each request: method, route pattern, status, milliseconds, request id. It logs the
//! pattern, never the address, because addresses hold phone numbers and names. The server wraps every request in it.

use std::time::Instant;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use data_encoding::HEXLOWER;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const LONGEST_ID: usize = 64;

/// Logs every request and names it in `X-Request-Id`: `.wrap(actix_web::middleware::from_fn(access_log::log))`, outermost.
/// A caller's own id is kept, so that one id leads through the logs of both.
///
/// # Errors
/// Whatever the services within return.
pub async fn log<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let begun = Instant::now();
    let method = request.method().clone();
    let id = given_id(request.headers()).unwrap_or_else(new_id);
    let mut response = next.call(request).await?;
    let pattern = response.request().match_pattern();
    let milliseconds = begun.elapsed().as_secs_f64() * 1000.0;
    log::info!(
        "{method} {} {} {milliseconds:.1} ms {id}",
        pattern.as_deref().unwrap_or("(no such address)"),
        response.status().as_u16()
    );
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(response)
}

/// Letters, digits and marks that can break no line of a log.
fn given_id(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(REQUEST_ID)?.to_str().ok()?;
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    // A long run of digits may be a phone number, and those are not logged.
    let is_number = id.chars().filter(char::is_ascii_digit).count() >= 7
        && !id.contains(|c: char| c.is_ascii_alphabetic());
    (!id.is_empty() && id.len() <= LONGEST_ID && id.chars().all(is_plain) && !is_number)
        .then(|| id.to_owned())
}

fn new_id() -> String {
    let mut random = [0; 8];
    // Without randomness requests still have to be served.
    let _ = getrandom::fill(&mut random);
    HEXLOWER.encode(&random)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callers_id_is_kept_when_it_is_plain() {
        let kept = |id: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(REQUEST_ID, HeaderValue::from_static(id));
            given_id(&headers).is_some()
        };
        assert!(kept("req_01J9-x.2:a"));
        assert!(kept("018f2b3c-7d1e-7aaa-8bbb-0123456789ab"));
        for id in ["", "a b", "a\"b", "12065550142", "1-206-555-0142"] {
            assert!(!kept(id), "{id}");
        }
        assert_ne!(new_id(), new_id());
    }
}
