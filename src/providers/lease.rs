//! The lease of a hand-off: the time within which its request begins, or not at all. A STOP that another instance records
//! waits for the lease at most, so the last look at the clock comes right before the request is written to the socket.
//! Used by the providers and the delivery worker; it writes nothing.

use std::error::Error;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Instant;

use http_body::{Body, Frame, SizeHint};

/// Until when a claimed text may begin to be handed over. It is measured on this machine's own monotonic clock, which goes on
/// while the process is frozen.
#[derive(Clone, Copy, Debug)]
pub struct HandOffLease {
    ends: Instant,
}

/// The lease ended before the request was written: the carrier did not get the text.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the time to begin the hand-off was over")]
struct LeaseEnded;

impl HandOffLease {
    /// A lease that ends then.
    pub fn until(ends: Instant) -> HandOffLease {
        HandOffLease { ends }
    }

    /// True when the hand-off must not begin any more.
    pub fn has_ended(self) -> bool {
        Instant::now() >= self.ends
    }
}

/// A request's body that looks at the clock when the client is about to write it. Its end is an error then: the request stays
/// incomplete, and the carrier cannot act on it.
struct LeasedBody {
    lease: HandOffLease,
    words: reqwest::Body,
}

impl Body for LeasedBody {
    type Data = <reqwest::Body as Body>::Data;
    type Error = Box<dyn Error + Send + Sync>;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Self::Data>, Self::Error>>> {
        if self.lease.has_ended() {
            return Poll::Ready(Some(Err(LeaseEnded.into())));
        }
        Pin::new(&mut self.words).poll_frame(context).map_err(Into::into)
    }

    fn is_end_stream(&self) -> bool {
        self.words.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.words.size_hint()
    }
}

/// Puts a request under the lease: it is written before the lease ends, or not at all.
pub(super) fn lease_request(request: &mut reqwest::Request, lease: HandOffLease) {
    if let Some(words) = request.body_mut().take() {
        *request.body_mut() = Some(reqwest::Body::wrap(LeasedBody { lease, words }));
    }
}

/// True for a request that was given up because its lease had ended.
pub(super) fn is_lease_ended(error: &reqwest::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LeaseEnded>() {
            return true;
        }
        cause = error.source();
    }
    false
}
