//! What the carrier remembers: every handset, and what it took from us. Each change is a [`Line`], so that the memory is the
//! sum of its lines and can be kept as lines in a file.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::handset::{SimulatedText, TextDirection};
use super::{CarrierBehavior, HANDSETS, ReceiptHook, TEXTS};
use crate::domain::id::MessageId;
use crate::domain::message::{CarrierText, ReceiptStatus};
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;

/// Texts remembered for look-ups: as many as the handsets hold together.
const REMEMBERED: usize = TEXTS * HANDSETS;

/// One change of the memory.
#[derive(Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub(super) enum JournalEntry {
    /// A text appears on a handset. With `message`, it is one of ours, and it was taken.
    Text {
        on: Phone,
        id: String,
        direction: TextDirection,
        ours: String,
        body: String,
        at: Timestamp,
        message: Option<MessageId>,
    },
    /// How our server answered a lead's text.
    Answered { on: Phone, id: String, taken: bool },
    /// A receipt goes out.
    News { on: Phone, message: MessageId, hook: ReceiptHook },
}

#[derive(Default)]
pub(super) struct CarrierMemory {
    pub(super) last_id: u64,
    pub(super) behaviour: CarrierBehavior,
    pub(super) handsets: BTreeMap<Phone, Vec<SimulatedText>>,
    pub(super) sent: BTreeMap<MessageId, TakenText>,
}

/// A text of ours the carrier took.
pub(super) struct TakenText {
    pub(super) provider_id: String,
    pub(super) times: u32,
    pub(super) status: ReceiptStatus,
    pub(super) code: Option<String>,
}

impl CarrierMemory {
    pub(super) fn apply(&mut self, line: &JournalEntry) {
        match line {
            JournalEntry::Text { on, id, direction, ours, body, at, message } => {
                let (id, ours, body) = (id.clone(), ours.clone(), body.clone());
                if let Some(message) = message {
                    self.remember(*message, &id);
                }
                let (direction, at, status) = (*direction, *at, ReceiptStatus::Pending);
                self.keep(on, SimulatedText { id, direction, ours, body, at, status });
            }
            JournalEntry::Answered { on, id, taken: true } => self.mark(on, id, ReceiptStatus::Delivered),
            JournalEntry::Answered { on, id, taken: false } => self.mark(on, id, ReceiptStatus::Failed),
            JournalEntry::News { on, message, hook } => self.note(on, *message, hook),
        }
    }

    /// A lead's text by its id.
    pub(super) fn text_of_lead(&self, id: &str) -> Option<CarrierText> {
        let of_lead = |text: &&SimulatedText| text.direction == TextDirection::FromLead && text.id == id;
        self.handsets.iter().find_map(|(number, texts)| {
            let text = texts.iter().find(of_lead)?;
            let (from, to, body) = (number.as_str().to_owned(), text.ours.clone(), text.body.clone());
            Some(CarrierText { from, to, body, sent_at: Some(text.at) })
        })
    }

    fn keep(&mut self, on: &Phone, text: SimulatedText) {
        if !self.handsets.contains_key(on) && self.handsets.len() >= HANDSETS {
            let newest = |(_, texts): &(&Phone, &Vec<SimulatedText>)| texts.last().map(|text| text.at);
            let silent = self.handsets.iter().min_by_key(newest).map(|(number, _)| number.clone());
            silent.and_then(|number| self.handsets.remove(&number));
        }
        let texts = self.handsets.entry(on.clone()).or_default();
        texts.push(text);
        texts.drain(..texts.len().saturating_sub(TEXTS));
    }

    fn remember(&mut self, message: MessageId, id: &str) {
        let first =
            || TakenText { provider_id: id.to_owned(), times: 0, status: ReceiptStatus::Pending, code: None };
        self.sent.entry(message).or_insert_with(first).times += 1;
        while self.sent.len() > REMEMBERED {
            self.sent.pop_first(); // identifiers are time-ordered, so this is the oldest
        }
    }

    fn mark(&mut self, on: &Phone, id: &str, status: ReceiptStatus) {
        let texts = self.handsets.get_mut(on).map(Vec::as_mut_slice).unwrap_or_default();
        if let Some(text) = texts.iter_mut().find(|text| text.id == id) {
            text.status = forward(text.status, status);
        }
    }

    fn note(&mut self, to: &Phone, message: MessageId, news: &ReceiptHook) {
        let status = super::super::receipt_status(&news.status);
        self.mark(to, &news.id, status);
        if let Some(taken) = self.sent.get_mut(&message).filter(|taken| taken.provider_id == news.id) {
            taken.status = forward(taken.status, status);
            taken.code = taken.code.take().or_else(|| news.code.clone());
        }
    }
}

/// News that comes late takes nothing back.
fn forward(known: ReceiptStatus, news: ReceiptStatus) -> ReceiptStatus {
    match known {
        ReceiptStatus::Delivered | ReceiptStatus::Failed => known,
        ReceiptStatus::Pending | ReceiptStatus::Sent => news,
    }
}
