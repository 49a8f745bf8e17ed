//! Twilio's Programmable Messaging over its REST API. It must not know what happens to an answer; it only says whether
//! Twilio took a text, certainly did not, or nobody knows.

mod answer;
mod fetch;
mod inbox;
mod sid;

use std::time::Duration;

use chrono::{DateTime, Duration as Span};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use answer::{code_of, judge, unanswered};

use super::lease::lease_request;
use super::webhook::{self, FormFields};
use super::{
    BadSignature, HandOffLease, InboxAnswer, OutgoingText, Provider, ProviderFuture, WebhookError,
    WebhookRequest, receipt, receipt_status, reject_kind,
};
use crate::domain::gate::ClearedText;
use crate::domain::message::{FetchedText, IdCertainty, InboundText, LookUp, Receipt, SendOutcome};
use crate::domain::time::Timestamp;

/// Where Twilio answers.
pub const API_BASE: &str = "https://api.twilio.com";
/// A host that does not shake hands in 2 s will not within the whole limit either.
const CONNECT: Duration = Duration::from_secs(2);
/// A hand-off keeps its number's turn for so long at most.
const WHOLE: Duration = Duration::from_secs(5);
/// A broken `Retry-After` must not park a message for ever.
const LONGEST_WAIT: Duration = Duration::from_secs(24 * 60 * 60);
/// Twilio's clock and ours may differ, and its dates have whole seconds only.
const CLOCK_SKEW: Span = Span::seconds(5);
/// The longest `ValidityPeriod` that Twilio takes, in seconds: what it does by itself.
const LONGEST_VALIDITY: i64 = 36_000;
/// Trial accounts get this put before every text, so the listed text is not quite ours.
const TRIAL_PREFIX: &str = "Sent from your Twilio trial account - ";

/// What Twilio needs to know of us.
#[derive(Clone, Debug)]
pub struct TwilioConfig {
    /// The account (`AC…`).
    pub account_sid: String,
    /// Its token: signs the webhooks, opens the API.
    pub auth_token: SecretString,
    /// Where the API is: [`API_BASE`], except in tests.
    pub api_base: String,
    /// Our address as Twilio calls it, without a path.
    pub public_url: String,
}

/// Twilio, ready to be asked.
#[derive(Debug)]
pub struct Twilio {
    config: TwilioConfig,
    client: reqwest::Client,
    /// Texts of the last list that could not be read, so that the same news is told once.
    skipped: std::sync::atomic::AtomicUsize,
}

impl Twilio {
    /// Takes the configuration.
    ///
    /// # Errors
    /// When the machine offers no certificates to check Twilio's with.
    pub fn new(mut config: TwilioConfig) -> Result<Twilio, reqwest::Error> {
        for url in [&mut config.api_base, &mut config.public_url] {
            url.truncate(url.trim_end_matches('/').len());
        }
        let client = super::http().connect_timeout(CONNECT).timeout(WHOLE).build()?;
        Ok(Twilio { config, client, skipped: std::sync::atomic::AtomicUsize::new(0) })
    }

    fn messages_url(&self) -> String {
        let TwilioConfig { api_base, account_sid, .. } = &self.config;
        format!("{api_base}/2010-04-01/Accounts/{account_sid}/Messages.json")
    }

    fn signed_in(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        request.basic_auth(&self.config.account_sid, Some(self.config.auth_token.expose_secret()))
    }

    async fn post(&self, text: &ClearedText, lease: HandOffLease) -> SendOutcome {
        let callback = format!("{}/hooks/twilio/status?message={}", self.config.public_url, text.message());
        let validity = text.valid_for().map(|seconds| seconds.clamp(1, LONGEST_VALIDITY).to_string());
        let mut fields = vec![
            ("To", text.to().as_str()),
            ("From", text.from()),
            ("Body", text.body()),
            ("StatusCallback", &callback),
        ];
        fields.extend(validity.as_deref().map(|seconds| ("ValidityPeriod", seconds)));
        let request = self.signed_in(self.client.post(self.messages_url())).form(&fields).build();
        let leased = request.map(|mut request| {
            lease_request(&mut request, lease);
            self.client.execute(request)
        });
        let answered = match leased {
            Ok(answer) => answer.await,
            Err(error) => Err(error),
        };
        let response = match answered {
            Ok(response) => response,
            Err(error) => return unanswered(&error),
        };
        let status = response.status().as_u16();
        let after = response
            .headers()
            .get(reqwest::header::RETRY_AFTER)
            .and_then(|value| value.to_str().ok()?.trim().parse().ok())
            .map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT));
        judge(status, after, &response.bytes().await.unwrap_or_default())
    }

    /// What Twilio lists that may be ours, the earliest first.
    async fn find(
        &self,
        text: &OutgoingText<'_>,
        by_day: bool,
    ) -> Result<(Vec<ListedMessage>, usize), reqwest::Error> {
        let day = earliest(text).utc().format("%Y-%m-%d").to_string();
        let mut query = vec![("To", text.to.as_str()), ("PageSize", "100")];
        if !text.from.is_empty() {
            query.push(("From", text.from));
        }
        if by_day {
            query.push(("DateSent>", &day));
        }
        let request = self.signed_in(self.client.get(self.messages_url())).query(&query);
        let page: MessagePage = request.send().await?.error_for_status()?.json().await?;
        let (listed, unreadable) = readable(page.messages);
        let mut found: Vec<ListedMessage> =
            listed.into_iter().filter(|listed| is_wanted(text, listed)).collect();
        found.sort_by_key(ListedMessage::created);
        Ok((found, unreadable))
    }

    /// A text still in Twilio's queue has no date sent, so before "not taken" the newest of all days are read as well:
    /// a false "not taken" would text the lead twice.
    async fn ask(&self, text: &OutgoingText<'_>) -> LookUp {
        for by_day in [true, false] {
            let Ok((found, unreadable)) = self.find(text, by_day).await else { return LookUp::Unavailable };
            let is_any = !found.is_empty();
            match found.into_iter().find(|listed| !may_be_the_twins(text, listed)) {
                Some(listed) => {
                    let code = listed.error_code.as_ref().and_then(code_of);
                    return LookUp::Found {
                        status: receipt_status(&listed.status),
                        verdict: code.as_deref().map(reject_kind),
                        code,
                        provider_id: listed.sid,
                    };
                }
                // The twin is asked about as well; then it is known whose this one is.
                // One that cannot be read may be ours: it is not "not taken" for certain.
                None if is_any || unreadable > 0 => return LookUp::Unavailable,
                None => {}
            }
        }
        LookUp::NotFound
    }
}

impl Provider for Twilio {
    fn name(&self) -> &'static str {
        "twilio"
    }

    fn signature_header(&self) -> &'static str {
        "X-Twilio-Signature"
    }

    fn verify(&self, hook: &WebhookRequest<'_>) -> Result<(), BadSignature> {
        webhook::verify_twilio(self.config.auth_token.expose_secret(), hook)
    }

    fn verify_receipt(&self, hook: &WebhookRequest<'_>) -> Result<(), BadSignature> {
        self.verify(hook)?;
        let form = FormFields::read(hook.body).map_err(|_| BadSignature)?;
        if sid::certainty(&form) == IdCertainty::Contradicted { Err(BadSignature) } else { Ok(()) }
    }

    fn parse_inbound(&self, hook: &WebhookRequest<'_>) -> Result<InboundText, WebhookError> {
        let form = FormFields::read(hook.body)?;
        // Without our number the identifier may have been cut shorter: see `sid`.
        let id_certainty = match sid::certainty(&form) {
            IdCertainty::Certain if form.first(&["To"]).is_none() => IdCertainty::Unsure,
            certainty => certainty,
        };
        // What is missing is left empty: no signed text is refused for it.
        let given = |names: &[&str]| form.first(names).unwrap_or_default().to_owned();
        let first = given(&["MessageSid", "SmsMessageSid", "SmsSid"]);
        // Where the identifiers differ, none of them may pass for a text that was seen before.
        let provider_id = match id_certainty {
            IdCertainty::Contradicted => sid::all(&form),
            IdCertainty::Certain | IdCertainty::Unsure => first,
        };
        Ok(InboundText {
            provider_id,
            from: given(&["From"]),
            to: given(&["To"]),
            body: form.get("Body").unwrap_or_default().to_owned(),
            sent_at: None,
            id_certainty,
            answered_by_provider: form.get("OptOutType").is_some_and(|kind| !kind.is_empty()),
            opted_out_at_provider: form.get("OptOutType") == Some("STOP"),
            opted_in_at_provider: form.get("OptOutType") == Some("START"),
        })
    }

    fn parse_receipt(&self, hook: &WebhookRequest<'_>) -> Result<Receipt, WebhookError> {
        let form = FormFields::read(hook.body)?;
        let sid = form.need(&["MessageSid", "SmsSid"])?;
        let word = form.need(&["MessageStatus", "SmsStatus"])?;
        let code = form.get("ErrorCode").filter(|code| !matches!(*code, "" | "0")).map(str::to_owned);
        Ok(receipt(sid, webhook::message_in(hook.url), &word, code))
    }

    fn send<'a>(&'a self, text: &'a ClearedText, lease: HandOffLease) -> ProviderFuture<'a, SendOutcome> {
        Box::pin(self.post(text, lease))
    }

    fn look_up<'a>(&'a self, text: &'a OutgoingText<'a>) -> ProviderFuture<'a, LookUp> {
        // Both questions together within one limit: a STOP may be waiting for this number.
        let answer = async move { tokio::time::timeout(WHOLE, self.ask(text)).await };
        Box::pin(async move { answer.await.unwrap_or(LookUp::Unavailable) })
    }

    fn fetch_text<'a>(&'a self, provider_id: &'a str) -> ProviderFuture<'a, FetchedText> {
        Box::pin(self.fetch(provider_id))
    }

    fn received<'a>(&'a self, to: &'a [String], since: Timestamp) -> ProviderFuture<'a, InboxAnswer> {
        Box::pin(self.list(to, since))
    }
}

fn earliest(text: &OutgoingText<'_>) -> Timestamp {
    text.since.plus(-CLOCK_SKEW)
}

/// Twilio does not know our identifiers, so a text is recognised by its words, and twins by what the other one has already.
fn is_wanted(text: &OutgoingText<'_>, listed: &ListedMessage) -> bool {
    let theirs = listed.body.as_deref().unwrap_or_default();
    let theirs = theirs.strip_prefix(TRIAL_PREFIX).unwrap_or(theirs);
    // A date we cannot read counts as new: better to find one too many than to text the lead twice.
    let is_in_time =
        |created| created >= earliest(text) && text.twin.is_none_or(|twin| created < twin.plus(CLOCK_SKEW));
    theirs.trim() == text.body.trim()
        && !text.taken.contains(&listed.sid)
        && listed.to == text.to.as_str()
        && (text.from.is_empty() || listed.from.as_deref() == Some(text.from))
        && listed.created().is_none_or(is_in_time)
}

/// So close to the hand-off of a twin that the two clocks cannot tell whose it is.
fn may_be_the_twins(text: &OutgoingText<'_>, listed: &ListedMessage) -> bool {
    let is_late = |twin: Timestamp| listed.created().is_none_or(|created| created >= twin.plus(-CLOCK_SKEW));
    text.twin.is_some_and(is_late)
}

#[derive(Deserialize)]
struct MessagePage {
    messages: Vec<Value>,
}

/// The texts of a list that can be read, and how many cannot. Each is decoded alone: one odd entry must not hide the others.
fn readable(messages: Vec<Value>) -> (Vec<ListedMessage>, usize) {
    let all = messages.len();
    let listed: Vec<ListedMessage> =
        messages.into_iter().filter_map(|message| serde_json::from_value(message).ok()).collect();
    let unreadable = all - listed.len();
    (listed, unreadable)
}

#[derive(Deserialize)]
struct ListedMessage {
    sid: String,
    body: Option<String>,
    to: String,
    from: Option<String>,
    status: String,
    error_code: Option<Value>,
    date_created: Option<String>,
    date_sent: Option<String>,
    direction: Option<String>,
}

impl ListedMessage {
    fn created(&self) -> Option<Timestamp> {
        read_date(self.date_created.as_deref())
    }

    fn sent(&self) -> Option<Timestamp> {
        read_date(self.date_sent.as_deref()).or_else(|| self.created())
    }

    fn is_inbound(&self) -> bool {
        self.direction.as_deref() == Some("inbound")
    }
}

fn read_date(date: Option<&str>) -> Option<Timestamp> {
    Some(Timestamp::from(DateTime::parse_from_rfc2822(date?).ok()?.to_utc()))
}

#[cfg(test)]
mod tests;
