//! Ends a request whose body does not arrive in time, so that slow bodies hold no connection. The server wraps every
//! request in it; it writes nothing.

use std::cell::Cell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest, ServiceResponse};
use actix_web::error::PayloadError;
use actix_web::http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use futures_util::Stream;
use tokio::time::Sleep;

use super::api::ProblemDetails;
use super::error::PageError;
use crate::web::routes;

const FORM: Duration = Duration::from_secs(15);
const UPLOAD: Duration = Duration::from_secs(120);

/// Answers 408 and closes when a body is late: `.wrap(actix_web::middleware::from_fn(deadline::body))`, within the
/// middleware that puts the headers on.
///
/// # Errors
/// Whatever the services within return.
pub async fn body<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let headers = request.headers();
    let is_upload =
        headers.get(CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"multipart/form-data"));
    within(if is_upload { UPLOAD } else { FORM }, request, next).await
}

async fn within<B: MessageBody>(
    time: Duration,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let headers = request.headers();
    if !headers.contains_key(CONTENT_LENGTH) && !headers.contains_key(TRANSFER_ENCODING) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    let late = Rc::new(Cell::new(false));
    let timed =
        TimedBody { inner: request.take_payload(), time, sleep: None, late: Rc::clone(&late), done: false };
    request.set_payload(Payload::Stream { payload: Box::pin(timed) });
    let response = next.call(request).await?;
    if !late.get() {
        return Ok(response.map_into_left_body());
    }
    let mut answer = too_slow(response.request().path());
    answer.head_mut().set_connection_type(ConnectionType::Close);
    Ok(response.into_response(answer).map_into_right_body())
}

fn too_slow(path: &str) -> HttpResponse {
    if path.starts_with(routes::API) {
        let detail = "The body did not arrive in time. Nothing was changed.";
        return ProblemDetails::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail).error_response();
    }
    PageError::TooSlow.error_response()
}

/// A body with a deadline, which counts from when the server first had to wait for it.
struct TimedBody {
    inner: Payload,
    time: Duration,
    sleep: Option<Pin<Box<Sleep>>>,
    late: Rc<Cell<bool>>,
    done: bool,
}

impl Stream for TimedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.done {
            return Poll::Ready(None);
        }
        // A body that is there costs no timer.
        if let Poll::Ready(chunk) = Pin::new(&mut self.inner).poll_next(context) {
            return Poll::Ready(chunk);
        }
        let time = self.time;
        let sleep = self.sleep.get_or_insert_with(|| Box::pin(tokio::time::sleep(time)));
        if sleep.as_mut().poll(context).is_ready() {
            self.late.set(true);
            self.done = true;
            return Poll::Ready(Some(Err(PayloadError::Io(std::io::ErrorKind::TimedOut.into()))));
        }
        Poll::Pending
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use actix_web::{App, middleware::from_fn, test, web};
    use futures_util::stream;

    async fn answer(body: Payload) -> StatusCode {
        let body = Rc::new(Cell::new(Some(body)));
        let app = App::new()
            .route("/", web::post().to(|body: Bytes| async move { body }))
            .wrap(from_fn(|request, next| within(Duration::from_millis(40), request, next)))
            .wrap(from_fn(move |mut request: ServiceRequest, next: Next<_>| {
                request.set_payload(body.take().unwrap_or(Payload::None));
                next.call(request)
            }));
        let app = test::init_service(app).await;
        let request = test::TestRequest::post().insert_header((CONTENT_LENGTH, "10")).to_request();
        test::call_service(&app, request).await.status()
    }

    #[actix_web::test]
    async fn a_body_that_does_not_arrive_is_answered_408() {
        let part = stream::iter([Ok(Bytes::from_static(b"half"))]);
        assert_eq!(answer(Payload::Stream { payload: Box::pin(part) }).await, StatusCode::OK);
        let half = futures_util::StreamExt::chain(
            stream::iter([Ok(Bytes::from_static(b"half"))]),
            stream::pending(),
        );
        assert_eq!(answer(Payload::Stream { payload: Box::pin(half) }).await, StatusCode::REQUEST_TIMEOUT);
    }
}
