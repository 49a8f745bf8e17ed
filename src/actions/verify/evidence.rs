//! What an event rests on, against the rows it names. Used by `verify`; it changes nothing.

use std::collections::HashSet;

use crate::actions::seed;
use crate::domain::consent::EventKind;
use crate::domain::evidence::{Evidence, HandsetText};
use crate::domain::ledger::LedgerEntry;
use crate::domain::phone::{Phone, TextSender};
use crate::domain::reply::ReplyIntent;
use crate::store::audit_rows::{MessageRow, TextRow};

use super::documents::Documents;

/// Where evidence can be looked up.
pub(super) struct EvidenceSources<'a> {
    pub(super) papers: &'a Documents,
    pub(super) messages: &'a [MessageRow],
    pub(super) texts: &'a [TextRow],
}

impl EvidenceSources<'_> {
    /// Checks an event's evidence. Returns the text it rests on, if it is one.
    pub(super) fn check(&self, entry: &LedgerEntry, problems: &mut Vec<String>) -> Option<Vec<u8>> {
        let (wrong, text) = match &entry.event.evidence {
            Evidence::HandsetText(text) => (self.text(text), Some(text.inbound.as_bytes().to_vec())),
            Evidence::WebForm(record) => (self.papers.wording(record), None),
            Evidence::Document(document) => (self.papers.file(document), None),
            // In older histories the evidence of a failure names the message too, but has words of its own.
            Evidence::Invitation { message, text, .. }
                if matches!(entry.event.kind, EventKind::RequestScheduled | EventKind::Invited) =>
            {
                (self.invitation(message.as_bytes(), text), None)
            }
            _ => (None, None),
        };
        problems.extend(wrong.map(|wrong| format!("event {}: {wrong}", entry.event.seq)));
        text
    }

    fn text(&self, evidence: &HandsetText) -> Option<&'static str> {
        if evidence.provider == seed::PROVIDER {
            return None; // Demo data has no texts. A real event cannot be made to look like it: the chain holds this word.
        }
        let Some(text) = find(self.texts, |text| &text.id, evidence.inbound.as_bytes()) else {
            return Some("the text it rests on is gone");
        };
        let same = text.body == evidence.body
            && text.provider == evidence.provider
            && text.provider_id == evidence.provider_message_id
            && text.to_text == evidence.to
            && text.sent_at == evidence.sent_at.map(|at| at.micros());
        (!same).then_some("the text it rests on was changed")
    }

    fn invitation(&self, id: &[u8], text: &str) -> Option<&'static str> {
        match find(self.messages, |message| &message.id, id) {
            None => Some("the invitation it rests on is gone"),
            Some(message) if message.body != text => Some("the words of its invitation were changed"),
            Some(_) => None,
        }
    }
}

/// Rows come in the order of their identifiers.
fn find<'a, T>(rows: &'a [T], id: impl Fn(&T) -> &Vec<u8>, wanted: &[u8]) -> Option<&'a T> {
    rows.binary_search_by(|row| id(row).as_slice().cmp(wanted)).ok().and_then(|at| rows.get(at))
}

/// A text that revokes always made an event, and a text belongs to the number that sent it.
pub(super) fn check_texts(
    texts: &[TextRow],
    rested_on: &HashSet<Vec<u8>>,
    phone: &Phone,
    problems: &mut Vec<String>,
) {
    let revokes = ReplyIntent::Revoke { program_code: None };
    for text in texts {
        if text.class == revokes.as_str() && !rested_on.contains(&text.id) {
            problems.push("a text from it revokes, but no event says so".to_owned());
        }
        // Only what begins with a country code is certain without the region it was read in.
        let sender = TextSender::read(&text.from_text, "");
        if sender.phone().is_some_and(|from| *from != phone.canonical()) {
            problems.push("a text under it came from another number".to_owned());
        }
    }
}
