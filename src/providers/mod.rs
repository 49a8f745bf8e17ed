//! The outside world: the carriers of the texts. A provider checks and reads its own webhooks, hands over cleared texts and
//! says whether it took one. Used by the jobs and the webhooks. It must not know the database, the actions or the web
//! server.

pub mod breaker;
pub mod carrier_codes;
pub mod hand_over;
mod lease;
pub mod simulator;
pub mod twilio;
mod webhook;

use std::future::Future;
use std::pin::Pin;

use carrier_codes::reject_kind;

use crate::domain::gate::ClearedText;
use crate::domain::id::MessageId;
use crate::domain::message::{
    FetchedText, InboundText, LookUp, Receipt, ReceiptStatus, RejectKind, SendOutcome,
};
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;

pub use lease::HandOffLease;
pub use webhook::{BadSignature, WebhookError, WebhookRequest};

/// A provider's answer, under way.
pub type ProviderFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Someone who carries texts.
pub trait Provider: Send + Sync + 'static {
    /// Its name, as events and receipts are stored under.
    fn name(&self) -> &'static str;

    /// The request header that carries its signature.
    fn signature_header(&self) -> &'static str;

    /// Checks that the provider itself sent the webhook.
    ///
    /// # Errors
    /// When it is unsigned or forged; nothing in it may then be believed.
    fn verify(&self, hook: &WebhookRequest<'_>) -> Result<(), BadSignature>;

    /// Checks a delivery receipt: as [`Provider::verify`], and that it speaks of one message only.
    ///
    /// # Errors
    /// When it is unsigned, forged, or contradicts itself.
    fn verify_receipt(&self, hook: &WebhookRequest<'_>) -> Result<(), BadSignature> {
        self.verify(hook)
    }

    /// Reads a lead's text.
    ///
    /// # Errors
    /// A sentence that names the missing field.
    fn parse_inbound(&self, hook: &WebhookRequest<'_>) -> Result<InboundText, WebhookError>;

    /// Reads a delivery receipt.
    ///
    /// # Errors
    /// A sentence that names the missing field.
    fn parse_receipt(&self, hook: &WebhookRequest<'_>) -> Result<Receipt, WebhookError>;

    /// Hands a text over, once. Never repeats it: that is for the caller, after the answer. The request begins before the
    /// lease ends, or not at all.
    fn send<'a>(&'a self, text: &'a ClearedText, lease: HandOffLease) -> ProviderFuture<'a, SendOutcome>;

    /// Asks whether a text was taken.
    fn look_up<'a>(&'a self, text: &'a OutgoingText<'a>) -> ProviderFuture<'a, LookUp>;

    /// Fetches one text of a lead by the provider's id. A provider that cannot be asked gives no answer.
    fn fetch_text<'a>(&'a self, _provider_id: &'a str) -> ProviderFuture<'a, FetchedText> {
        Box::pin(std::future::ready(FetchedText::NoAnswer))
    }

    /// Lists what leads texted to our numbers `to` since then.
    fn received<'a>(&'a self, _to: &'a [String], _since: Timestamp) -> ProviderFuture<'a, InboxAnswer> {
        Box::pin(std::future::ready(InboxAnswer::NoList))
    }
}

/// What a provider says of the texts it received.
#[derive(Debug)]
pub enum InboxAnswer {
    /// It keeps no list.
    NoList,
    /// It did not answer as it should: a sentence that says how.
    NoAnswer(String),
    /// Every text, oldest first.
    Texts(Vec<InboundText>),
}

/// The text a look-up is after.
#[derive(Clone, Copy, Debug)]
pub struct OutgoingText<'a> {
    /// Our identifier of it.
    pub message: MessageId,
    /// The recipient.
    pub to: &'a Phone,
    /// The sender number.
    pub from: &'a str,
    /// What it says.
    pub body: &'a str,
    /// It was handed over then or later.
    pub since: Timestamp,
    /// A twin with the same words was handed over then, and nobody knows yet whether the provider took that one: what is
    /// clearly newer is the twin's.
    pub twin: Option<Timestamp>,
    /// The provider's identifiers of our other texts to this recipient: a twin with the same words keeps its own.
    pub taken: &'a [String],
}

/// What a provider's status word means for us. A word we do not know says nothing new.
fn receipt_status(word: &str) -> ReceiptStatus {
    match word {
        "sent" => ReceiptStatus::Sent,
        "delivered" | "read" => ReceiptStatus::Delivered,
        "undelivered" | "failed" | "canceled" => ReceiptStatus::Failed,
        _ => ReceiptStatus::Pending,
    }
}

/// A receipt from its parts: a failure always carries a verdict, even without a code.
fn receipt(provider_id: String, message: Option<MessageId>, word: &str, code: Option<String>) -> Receipt {
    let status = receipt_status(word);
    let verdict =
        (status == ReceiptStatus::Failed).then(|| code.as_deref().map_or(RejectKind::Other, reject_kind));
    Receipt { provider_id, message, status, code, verdict }
}

/// An HTTP client's beginnings. reqwest panics without a rustls provider, so ring is made the default where the app has
/// not done so yet. Redirects are never followed: they would carry credentials or a text to an address nobody chose.
fn http() -> reqwest::ClientBuilder {
    let _already_installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::gate::{GateOutcome, Verdict};
    use crate::domain::id::ProgramId;
    use crate::domain::message::Lane;

    /// A lease that has just begun.
    pub(super) fn lease() -> HandOffLease {
        HandOffLease::until(std::time::Instant::now() + std::time::Duration::from_secs(3))
    }

    /// A text with a permit, for the tests of this room.
    pub(super) fn cleared(body: &str) -> ClearedText {
        cleared_by(&Verdict::on_nobody(ProgramId::from(uuid::Uuid::nil())), Lane::Help, body)
    }

    /// The same by another lane of a verdict.
    pub(super) fn cleared_by(verdict: &Verdict, lane: Lane, body: &str) -> ClearedText {
        let GateOutcome::Send(permit) = verdict.answer(lane) else { panic!("this lane is open") };
        let message = "0190a5b4-0000-7000-8000-000000000001".parse().unwrap();
        let to = Phone::from_e164("+12065550100").unwrap();
        permit.clear(message, to, "+12065550199".to_owned(), body.to_owned())
    }

    #[test]
    fn status_words_mean_what_the_rules_say() {
        for (word, status) in [
            ("queued", ReceiptStatus::Pending),
            ("accepted", ReceiptStatus::Pending),
            ("sending", ReceiptStatus::Pending),
            ("sent", ReceiptStatus::Sent),
            ("delivered", ReceiptStatus::Delivered),
            ("read", ReceiptStatus::Delivered),
            ("undelivered", ReceiptStatus::Failed),
            ("failed", ReceiptStatus::Failed),
            ("canceled", ReceiptStatus::Failed),
        ] {
            assert_eq!(receipt_status(word), status, "{word}");
        }
        assert_eq!(receipt("SM".into(), None, "failed", None).verdict, Some(RejectKind::Other));
        assert_eq!(receipt("SM".into(), None, "sent", None).verdict, None);
    }
}
