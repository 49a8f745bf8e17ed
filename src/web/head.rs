//! Answers HEAD as GET, without the body, for every address that can be read. The server wraps every request in it;
//! it writes nothing.

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;

/// Turns a HEAD into a GET: `.wrap(actix_web::middleware::from_fn(head::as_get))`, outside of everything that looks at the method.
///
/// # Errors
/// Whatever the services within return.
pub async fn as_get<B: MessageBody>(
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    if request.method() == Method::HEAD {
        request.head_mut().method = Method::GET;
    }
    next.call(request).await
}
