//! Messages to a number: each that left must have been claimed under the event that was in force at that length of the
//! history. Used by `verify`; it changes nothing.

use std::collections::BTreeMap;

use crate::domain::consent::{NumberConsent, StateName};
use crate::domain::id::{MessageId, ProgramId};
use crate::domain::message::{Lane, Status};
use crate::domain::phone::Phone;
use crate::domain::reply::ReplyIntent;
use crate::store::audit_rows::{MessageRow, TextRow};

/// The messages that left, by the length of the history when they were claimed.
pub(super) struct SentMessages<'a> {
    by_length: BTreeMap<i32, Vec<(&'a MessageRow, Lane, i32)>>,
}

impl<'a> SentMessages<'a> {
    /// Checks what can be told of each message alone.
    pub(super) fn new(
        messages: &'a [MessageRow],
        texts: &[TextRow],
        phone: &Phone,
        problems: &mut Vec<String>,
    ) -> Self {
        let mut by_length: BTreeMap<i32, Vec<_>> = BTreeMap::new();
        for message in messages {
            if message.to_text != phone.as_str() {
                problems.push(about(message, "its recipient is not the number it belongs to"));
            }
            match claim(message) {
                Err(wrong) => problems.push(about(message, wrong)),
                Ok(Some((Lane::Help, ..))) if !was_asked(message, texts) => {
                    problems.push(about(message, "it answers HELP, but no text asked for help before it"));
                }
                Ok(Some((lane, length, permit))) => {
                    by_length.entry(length).or_default().push((message, lane, permit));
                }
                Ok(None) => {}
            }
        }
        SentMessages { by_length }
    }

    /// The history has come to this state: were the messages that were claimed then permitted by it?
    pub(super) fn reach(&mut self, consent: &NumberConsent, problems: &mut Vec<String>) {
        for (message, lane, permit) in self.by_length.remove(&consent.seq).unwrap_or_default() {
            if !permitted(message, lane, permit, consent) {
                let what = format!("event {permit} of its number's history did not permit it");
                problems.push(about(message, &what));
            }
        }
    }

    /// The history is over: nothing can have been claimed under a longer one.
    pub(super) fn end(self, problems: &mut Vec<String>) {
        for (message, ..) in self.by_length.values().flatten() {
            problems.push(about(message, "the history it was claimed under is not there"));
        }
    }
}

/// By which lane it left, how long the history was, and which event permitted it; nothing when it never left.
fn claim(message: &MessageRow) -> Result<Option<(Lane, i32, i32)>, &'static str> {
    let lane: Lane = message.lane.parse().map_err(|_| "its lane is no known word")?;
    let status: Status = message.status.parse().map_err(|_| "its status is no known word")?;
    let left = matches!(status, Status::Sending | Status::Sent | Status::Delivered)
        || message.provider_id.is_some()
        || message.claimed_at.is_some();
    match (message.claimed_at, message.claimed_seq, message.permit_seq) {
        _ if !left => Ok(None),
        (Some(_), Some(length), Some(permit)) => Ok(Some((lane, length, permit))),
        _ => Err("it was handed over, but no event permitted it"),
    }
}

fn permitted(message: &MessageRow, lane: Lane, permit: i32, consent: &NumberConsent) -> bool {
    let Some(program) = ProgramId::from_slice(&message.program_id) else { return false };
    let state = consent.state_in(program);
    let wanted = match (lane, consent.requests.get(&program)) {
        (Lane::Help, _) => return true,
        (Lane::Gated | Lane::OptInConfirmation, _) => StateName::OptedIn,
        (Lane::OptOutConfirmation, _) => StateName::OptedOut,
        (Lane::Invitation, Some(request)) => return request.seq == permit,
        // Versions before called the number invited by the event that queued the request.
        (Lane::Invitation, None) => StateName::Invited,
    };
    state.name() == wanted && state.since().is_some_and(|since| since.seq == permit)
}

fn was_asked(message: &MessageRow, texts: &[TextRow]) -> bool {
    texts
        .iter()
        .any(|text| text.class == ReplyIntent::Help.as_str() && text.received_at <= message.created_at)
}

pub(super) fn about(message: &MessageRow, what: &str) -> String {
    match MessageId::from_slice(&message.id) {
        Some(id) => format!("message {id}: {what}"),
        None => format!("a message without a readable identifier: {what}"),
    }
}
