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
use actix_web::http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use actix_web::http::{ConnectionType, StatusCode};
use actix_web::middleware::Next;
use actix_web::web::Bytes;
use actix_web::{Error, HttpMessage, HttpResponse, ResponseError};
use futures_util::Stream;
use tokio::time::{Instant, Sleep};

use super::api::ProblemDetails;
use super::error::PageError;
use super::routes::{self, patterns};

/// How a body has to arrive. Only the time counts in which the server waits for it.
#[derive(Clone, Copy)]
struct BodyPace {
    /// Within this time it is there.
    whole: Duration,
    /// After this time it arrives at the lowest rate at least.
    grace: Duration,
    /// Bytes a second.
    lowest_rate: u32,
}

const FORM: BodyPace =
    BodyPace { whole: Duration::from_secs(15), grace: Duration::from_secs(5), lowest_rate: 1024 };
/// Signed-in people upload files, over slow lines too.
const UPLOAD: BodyPace =
    BodyPace { whole: Duration::from_secs(120), grace: Duration::from_secs(5), lowest_rate: 16 * 1024 };

/// Answers 408 and closes when a body is late: `.wrap(actix_web::middleware::from_fn(deadline::body))`, within the
/// middleware that puts the headers on. The route says how much time there is, never a header of the request.
///
/// # Errors
/// Whatever the services within return.
pub async fn body<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let headers = request.headers();
    if !headers.contains_key(CONTENT_LENGTH) && !headers.contains_key(TRANSFER_ENCODING) {
        return Ok(next.call(request).await?.map_into_left_body());
    }
    // Its handler looks at the body only after it knows who is signed in.
    let pattern = request.match_pattern();
    let is_upload = matches!(pattern.as_deref(), Some(patterns::CONSENTS | patterns::NUMBER_CONSENTS));
    within(if is_upload { UPLOAD } else { FORM }, request, next).await
}

async fn within<B: MessageBody>(
    pace: BodyPace,
    mut request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<EitherBody<B>>, Error> {
    let late = Rc::new(Cell::new(false));
    let timed = TimedBody {
        inner: request.take_payload(),
        pace,
        received: 0,
        waited: Duration::ZERO,
        wait: None,
        late: Rc::clone(&late),
        done: false,
    };
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

impl BodyPace {
    /// For how long the server waits for a body of which so much is there.
    fn patience(&self, received: usize) -> Duration {
        let earned = Duration::from_secs_f64(received as f64 / f64::from(self.lowest_rate));
        self.whole.min(self.grace.saturating_add(earned))
    }
}

/// A body that has to arrive at a pace. The clock runs only while the server waits for it.
struct TimedBody {
    inner: Payload,
    pace: BodyPace,
    received: usize,
    /// All the time that the server has waited, but for the wait under way.
    waited: Duration,
    wait: Option<BodyWait>,
    late: Rc<Cell<bool>>,
    done: bool,
}

/// A wait for the next part of a body.
struct BodyWait {
    since: Instant,
    ends: Pin<Box<Sleep>>,
}

impl Stream for TimedBody {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if self.done {
            return Poll::Ready(None);
        }
        // A body that is there costs no timer.
        if let Poll::Ready(chunk) = Pin::new(&mut self.inner).poll_next(context) {
            if let Some(wait) = self.wait.take() {
                self.waited += wait.since.elapsed();
            }
            self.received += chunk.as_ref().and_then(|chunk| chunk.as_ref().ok()).map_or(0, Bytes::len);
            return Poll::Ready(chunk);
        }
        let left = self.pace.patience(self.received).saturating_sub(self.waited);
        let wait = self.wait.get_or_insert_with(|| BodyWait {
            since: Instant::now(),
            ends: Box::pin(tokio::time::sleep(left)),
        });
        if wait.ends.as_mut().poll(context).is_ready() {
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
    use futures_util::{StreamExt, stream};

    const PACE: BodyPace =
        BodyPace { whole: Duration::from_secs(4), grace: Duration::from_millis(500), lowest_rate: 20 };

    async fn answer(body: impl Stream<Item = Result<Bytes, PayloadError>> + 'static) -> StatusCode {
        let body: Payload = Payload::Stream { payload: Box::pin(body) };
        let body = Rc::new(Cell::new(Some(body)));
        let app = App::new()
            .route("/", web::post().to(|body: Bytes| async move { body }))
            .wrap(from_fn(|request, next| within(PACE, request, next)))
            .wrap(from_fn(move |mut request: ServiceRequest, next: Next<_>| {
                request.set_payload(body.take().unwrap_or(Payload::None));
                next.call(request)
            }));
        let app = test::init_service(app).await;
        let request = test::TestRequest::post().insert_header((CONTENT_LENGTH, "10")).to_request();
        test::call_service(&app, request).await.status()
    }

    fn part() -> Result<Bytes, PayloadError> {
        Ok(Bytes::from_static(b"ten bytes."))
    }

    /// So many parts, each so much later than the one before it.
    fn parts(many: usize, pause: Duration) -> impl Stream<Item = Result<Bytes, PayloadError>> {
        stream::iter(0..many).then(move |_| async move {
            tokio::time::sleep(pause).await;
            part()
        })
    }

    #[actix_web::test]
    async fn a_body_that_does_not_arrive_is_answered_408() {
        assert_eq!(answer(stream::iter([part()])).await, StatusCode::OK);
        assert_eq!(
            answer(stream::iter([part()]).chain(stream::pending())).await,
            StatusCode::REQUEST_TIMEOUT
        );
    }

    #[actix_web::test]
    async fn a_body_that_trickles_is_answered_408_and_a_slow_one_has_its_time() {
        assert_eq!(answer(parts(10, Duration::from_millis(10))).await, StatusCode::OK);
        let begun = Instant::now();
        assert_eq!(answer(parts(1000, Duration::from_millis(800))).await, StatusCode::REQUEST_TIMEOUT);
        assert!(begun.elapsed() < PACE.whole, "below the lowest rate it ends early");
        let begun = Instant::now();
        assert_eq!(answer(parts(1000, Duration::from_millis(20))).await, StatusCode::REQUEST_TIMEOUT);
        assert!(begun.elapsed() >= PACE.whole, "above it, it has its time, and then it ends");
    }
}
