//! What the carrier answered about texts: those that it was asked for by identifier, and the times in its own list. Used by
//! the inbox and questions jobs, `order` and `receive_text`; it writes nothing.

use std::collections::HashMap;

use crate::domain::evidence::HandsetText;
use crate::domain::message::{CarrierText, FetchedText, InboundText};
use crate::domain::time::Timestamp;

/// What the carrier said about texts, by its ids.
#[derive(Clone, Debug, Default)]
pub struct FetchedTexts(HashMap<String, FetchedText>);

impl FetchedTexts {
    /// Keeps an answer.
    pub fn insert(&mut self, provider_id: String, text: FetchedText) {
        self.0.insert(provider_id, text);
    }

    /// What was said about a text; nothing when it was not asked about.
    pub(super) fn get(&self, provider_id: &str) -> &FetchedText {
        self.0.get(provider_id).unwrap_or(&FetchedText::NoAnswer)
    }

    pub(super) fn sent_at(&self, provider_id: &str) -> Option<Timestamp> {
        match self.get(provider_id) {
            FetchedText::Found(text) => text.sent_at,
            _ => None,
        }
    }
}

/// When texts were sent, by the list of one carrier or as it answered.
#[derive(Clone, Debug, Default)]
pub struct CarrierTimes {
    provider: String,
    sent_at: HashMap<String, Timestamp>,
}

impl CarrierTimes {
    /// The times in a carrier's list.
    pub fn listed(provider: &str, texts: &[InboundText]) -> CarrierTimes {
        let timed = texts.iter().filter_map(|text| Some((text.provider_id.clone(), text.sent_at?)));
        CarrierTimes { provider: provider.to_owned(), sent_at: timed.collect() }
    }

    /// Keeps the carrier's answer about one text.
    pub fn insert(&mut self, provider_id: String, text: &FetchedText) {
        if let FetchedText::Found(CarrierText { sent_at: Some(sent_at), .. }) = text {
            self.sent_at.insert(provider_id, *sent_at);
        }
    }

    pub(super) fn of(&self, text: &HandsetText) -> Option<Timestamp> {
        self.sent_at.get(&text.provider_message_id).filter(|_| text.provider == self.provider).copied()
    }
}
