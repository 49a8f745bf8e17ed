//! A carrier of a story: it takes every text and says nothing else, but for what the story gives it to do.

use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use sms_opt_in::domain::gate::ClearedText;
use sms_opt_in::domain::message::{FetchedText, InboundText, LookUp, Receipt, SendOutcome};
use sms_opt_in::domain::time::Timestamp;
use sms_opt_in::jobs::JobContext;
use sms_opt_in::providers::{
    BadSignature, HandOffLease, InboxAnswer, OutgoingText, Provider, ProviderFuture, WebhookError,
    WebhookRequest,
};

use super::World;

/// What a story's carrier does.
pub trait Carrier: Send + Sync + 'static {
    /// Under which name it is known.
    const NAME: &'static str = "carrier";

    fn send<'a>(&'a self, text: &'a ClearedText) -> ProviderFuture<'a, SendOutcome> {
        Box::pin(async { SendOutcome::Accepted { provider_id: text.message().to_string() } })
    }

    fn look_up<'a>(&'a self, _: &'a OutgoingText<'a>) -> ProviderFuture<'a, LookUp> {
        Box::pin(async { LookUp::Unavailable })
    }

    fn fetch_text(&self, _provider_id: &str) -> FetchedText {
        FetchedText::NoAnswer
    }

    fn received(&self) -> InboxAnswer {
        InboxAnswer::NoList
    }
}

/// A story's carrier, as the jobs know one.
pub struct OnStage<C>(C);

impl<C> Deref for OnStage<C> {
    type Target = C;
    fn deref(&self) -> &C {
        &self.0
    }
}

impl World {
    /// A carrier, and the jobs that hand over to it.
    pub fn carried_by<C: Carrier>(&self, carrier: C) -> (Arc<OnStage<C>>, JobContext) {
        let carrier = Arc::new(OnStage(carrier));
        let jobs = JobContext { provider: Arc::<OnStage<C>>::clone(&carrier), ..self.jobs.clone() };
        (carrier, jobs)
    }
}

impl<C: Carrier> Provider for OnStage<C> {
    fn name(&self) -> &'static str {
        C::NAME
    }
    fn signature_header(&self) -> &'static str {
        "X-Carrier-Signature"
    }
    fn verify(&self, _: &WebhookRequest<'_>) -> Result<(), BadSignature> {
        Err(BadSignature)
    }
    fn parse_inbound(&self, _: &WebhookRequest<'_>) -> Result<InboundText, WebhookError> {
        Err(WebhookError(String::new()))
    }
    fn parse_receipt(&self, _: &WebhookRequest<'_>) -> Result<Receipt, WebhookError> {
        Err(WebhookError(String::new()))
    }
    fn send<'a>(&'a self, text: &'a ClearedText, _: HandOffLease) -> ProviderFuture<'a, SendOutcome> {
        self.0.send(text)
    }
    fn look_up<'a>(&'a self, text: &'a OutgoingText<'a>) -> ProviderFuture<'a, LookUp> {
        self.0.look_up(text)
    }
    fn fetch_text<'a>(&'a self, provider_id: &'a str) -> ProviderFuture<'a, FetchedText> {
        Box::pin(std::future::ready(self.0.fetch_text(provider_id)))
    }
    fn received<'a>(&'a self, _: &'a [String], _: Timestamp) -> ProviderFuture<'a, InboxAnswer> {
        Box::pin(std::future::ready(self.0.received()))
    }
}

/// A provider whose requests begin a while after the gate's re-check, and which remembers when each began.
#[derive(Default)]
pub struct Slow {
    pub began: std::sync::Mutex<Vec<Instant>>,
    pub waiting: AtomicUsize,
}

impl Carrier for Slow {
    fn send<'a>(&'a self, text: &'a ClearedText) -> ProviderFuture<'a, SendOutcome> {
        Box::pin(async move {
            self.waiting.fetch_add(1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(150)).await;
            self.began.lock().unwrap().push(Instant::now());
            SendOutcome::Accepted { provider_id: text.message().to_string() }
        })
    }
}
