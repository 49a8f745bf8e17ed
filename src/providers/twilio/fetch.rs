//! One text of a lead by its id, as Twilio has it on record: for texts whose webhook leaves a doubt, and because Twilio's
//! webhooks carry no time.

use super::{ListedMessage, Twilio};
use crate::domain::message::{CarrierText, FetchedText};

impl Twilio {
    /// Fetches a text. Only a clear "not found" means that Twilio does not have it.
    pub(super) async fn fetch(&self, sid: &str) -> FetchedText {
        // The id came in a webhook and becomes part of an address that is called with the account's secret.
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if sid.is_empty() || !sid.bytes().all(is_plain) {
            return FetchedText::Unknown;
        }
        let Ok(response) = self.signed_in(self.client.get(self.message_url(sid))).send().await else {
            return FetchedText::NoAnswer;
        };
        match response.status().as_u16() {
            200 => response.json().await.map_or(FetchedText::NoAnswer, |text| found(text, sid)),
            404 => FetchedText::Unknown,
            _ => FetchedText::NoAnswer,
        }
    }

    fn message_url(&self, sid: &str) -> String {
        let (api_base, account_sid) = (&self.config.api_base, &self.config.account_sid);
        format!("{api_base}/2010-04-01/Accounts/{account_sid}/Messages/{sid}.json")
    }
}

fn found(text: ListedMessage, sid: &str) -> FetchedText {
    if !text.is_inbound() || text.sid != sid {
        return FetchedText::Unknown;
    }
    FetchedText::Found(CarrierText {
        sent_at: text.sent(),
        from: text.from.unwrap_or_default(),
        to: text.to,
        body: text.body.unwrap_or_default(),
    })
}
