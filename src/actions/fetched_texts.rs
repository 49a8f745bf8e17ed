//! What the carrier answered about texts that it was asked for by their identifiers.

use std::collections::HashMap;

use crate::domain::message::FetchedText;
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
