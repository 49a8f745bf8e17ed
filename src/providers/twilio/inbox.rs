//! What leads texted, as Twilio remembers it: for a database that was put back to an older state.

use std::sync::atomic::Ordering;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::{CLOCK_SKEW, ListedMessage, Twilio, readable};
use crate::domain::message::{IdCertainty, InboundText};
use crate::domain::time::Timestamp;
use crate::providers::InboxAnswer;

/// A page of a thousand texts takes Twilio longer than a hand-off may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// More pages than any account has: a list that never ends must not be read for ever.
const PAGES: usize = 10_000;

#[derive(Deserialize)]
struct InboxPage {
    messages: Vec<Value>,
    next_page_uri: Option<String>,
}

/// Why a list of texts could not be read.
#[derive(Debug)]
pub struct ListFailed {
    why: String,
    /// The API has no such list.
    is_unsupported: bool,
}

impl ListFailed {
    /// Without the address, which holds a number.
    fn of(error: reqwest::Error) -> ListFailed {
        let status = error.status().map(|status| status.as_u16());
        let why = format!("Twilio did not give its list of received texts: {}", error.without_url());
        ListFailed { why, is_unsupported: matches!(status, Some(405 | 501)) }
    }
}

impl std::fmt::Display for ListFailed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.why)
    }
}

impl Twilio {
    /// What all of our numbers received. An API that has no such list says so: then it is not Twilio's own.
    pub(super) async fn list(&self, to: &[String], since: Timestamp) -> InboxAnswer {
        let mut texts = Vec::new();
        for number in to {
            match self.received_by(number, since).await {
                Ok(some) => texts.extend(some),
                Err(failed) if failed.is_unsupported => return InboxAnswer::NoList,
                Err(failed) => return InboxAnswer::NoAnswer(failed.why),
            }
        }
        texts.sort_by_key(|text| text.sent_at);
        InboxAnswer::Texts(texts)
    }

    /// The texts that `to` received on the day of `since` or later, oldest first.
    ///
    /// # Errors
    /// A sentence, when Twilio does not answer as it should.
    pub async fn received_by(&self, to: &str, since: Timestamp) -> Result<Vec<InboundText>, ListFailed> {
        let day = since.plus(-CLOCK_SKEW).utc().format("%Y-%m-%d").to_string();
        let first = self.client.get(self.messages_url());
        let mut request = first.query(&[("To", to), ("DateSent>", &day), ("PageSize", "1000")]);
        let (mut found, mut skipped) = (Vec::new(), 0);
        for _ in 0..PAGES {
            let page = self.page(request).await.map_err(ListFailed::of)?;
            let (listed, unreadable) = readable(page.messages);
            skipped += unreadable;
            found.extend(listed.into_iter().filter(ListedMessage::is_inbound));
            // The way on is a path: another host would be given the account's secret.
            let Some(path) = page.next_page_uri.filter(|path| path.starts_with('/')) else {
                self.tell_skipped(skipped);
                found.sort_by_key(ListedMessage::sent);
                return Ok(found.into_iter().map(inbound).collect());
            };
            request = self.client.get(format!("{}{path}", self.config.api_base));
        }
        Err(ListFailed { why: "Twilio's list of texts does not end".to_owned(), is_unsupported: false })
    }

    /// Says how many texts of a list cannot be read, once for each count; never what is in them.
    fn tell_skipped(&self, skipped: usize) {
        if skipped > 0 && self.skipped.swap(skipped, Ordering::Relaxed) != skipped {
            log::warn!("{skipped} texts in Twilio's list cannot be read and were skipped.");
        }
    }

    async fn page(&self, request: reqwest::RequestBuilder) -> Result<InboxPage, reqwest::Error> {
        self.signed_in(request).timeout(PATIENCE).send().await?.error_for_status()?.json().await
    }
}

/// They are old: nobody waits for an answer to them any more.
fn inbound(listed: ListedMessage) -> InboundText {
    InboundText {
        sent_at: listed.sent(),
        provider_id: listed.sid,
        from: listed.from.unwrap_or_default(),
        to: listed.to,
        body: listed.body.unwrap_or_default(),
        answered_by_provider: true,
        opted_out_at_provider: false,
        opted_in_at_provider: false,
        id_certainty: IdCertainty::Certain,
    }
}
