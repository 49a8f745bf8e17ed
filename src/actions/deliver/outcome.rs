//! How a hand-off ended, as the carrier answered it. Used by the delivery worker; it writes messages, their steps and what
//! follows from a refusal. Most answers are plain acceptances, and those that came together are written together.

use std::collections::HashMap;

use chrono::Duration;

use crate::domain::id::MessageId;
use crate::domain::message::{Lane, MAX_ATTEMPTS, SendOutcome, Status, backoff};
use crate::domain::time::Timestamp;
use crate::store::Tx;
use crate::store::messages::{self, Message, StatusChange};

use super::super::receive_receipt::refused_by_provider;
use super::super::retry::{give_up, queue_again};
use super::super::{ActionError, requests};
use super::{ASK_AFTER, BEHIND, WAIT};

/// Writes down that the carrier took several messages, each with the carrier's identifier: in a few statements however many they
/// are. Each message stands in it once.
///
/// # Errors
/// When the database fails; then nothing of it is written.
pub fn record_accepted(
    tx: &mut Tx<'_>,
    accepted: &[(MessageId, String)],
    provider: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    let found = messages::get_all(tx, accepted.iter().map(|(id, _)| *id))?;
    let owners = messages::owners_of(tx, accepted.iter().map(|(_, provider_id)| provider_id.as_str()))?;
    let (mut plain, mut others) = (Vec::new(), Vec::new());
    for (id, provider_id) in accepted {
        match found.get(id).filter(|message| is_plain(message, provider_id, &owners)) {
            Some(message) => plain.push((message, provider_id.as_str())),
            None => others.push((*id, SendOutcome::Accepted { provider_id: provider_id.clone() })),
        }
    }
    messages::mark_sent(tx, &plain, now)?;
    for (id, outcome) in others {
        record_outcome(tx, id, &outcome, provider, now)?;
    }
    Ok(())
}

/// True when nothing but the message itself changes: it was not moved on by a receipt, it is no opt-in request, and no other
/// message has the provider's identifier.
fn is_plain(message: &Message, provider_id: &str, owners: &HashMap<String, MessageId>) -> bool {
    message.status == Status::Sending
        && message.lane != Lane::Invitation
        && owners.get(provider_id).is_none_or(|owner| *owner == message.id)
}

/// Writes down how a hand-off ended.
///
/// # Errors
/// When the database fails.
pub fn record_outcome(
    tx: &mut Tx<'_>,
    id: MessageId,
    outcome: &SendOutcome,
    provider: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    let Some(message) = messages::get(tx, id)? else { return Err(ActionError::NotFound("message")) };
    requests::lock_number(tx, &message, matches!(outcome, SendOutcome::Rejected { .. }))?;
    let moved_on = message.status != Status::Sending;
    match outcome {
        // A receipt was faster than the answer: this attempt has failed already, and the message waits for the next one.
        SendOutcome::Accepted { provider_id } if moved_on && is_failed_attempt(tx, provider_id)? => {}
        SendOutcome::Accepted { provider_id } => {
            messages::clear_provider_id(tx, id, provider_id)?;
            // A receipt may have been faster than the answer; it carried our id, and the message has moved on.
            if moved_on {
                messages::set_provider_id(tx, id, provider_id)?;
            } else {
                let why = StatusChange { provider_id: Some(provider_id), ..StatusChange::default() };
                messages::advance(tx, &message, Status::Sent, now, &why)?;
                requests::accepted(tx, &message, provider, now)?;
            }
        }
        // A receipt was faster: the provider has the message, whatever became of its answer.
        _ if moved_on => {}
        SendOutcome::Rejected { code, text, kind } => {
            requests::give_back(tx, &message)?;
            messages::advance(tx, &message, Status::Failed, now, &StatusChange::coded(code, text))?;
            refused_by_provider(tx, &message, *kind, code, provider, now)?;
        }
        SendOutcome::RetryLater { .. } if message.attempts >= MAX_ATTEMPTS => {
            requests::give_back(tx, &message)?;
            let note = "The provider kept refusing for the moment; given up after the last attempt.";
            give_up(tx, &message, note, now)?;
        }
        SendOutcome::RetryLater { after, code } => {
            requests::give_back(tx, &message)?;
            let seed = now.micros().unsigned_abs();
            let attempt = u32::try_from(message.attempts).unwrap_or(1);
            let wait = after.unwrap_or_default().max(backoff(attempt, seed));
            let wait = Duration::from_std(wait).unwrap_or(WAIT);
            let note = format!("The provider did not take it (attempt {attempt}); it is tried again.");
            queue_again(tx, &message, now.plus(wait), &StatusChange::coded(code, &note), now)?;
        }
        SendOutcome::NotBegun => {
            requests::give_back(tx, &message)?;
            let note =
                "The database took too long to confirm, and nothing was handed over; it is tried again.";
            queue_again(tx, &message, now.plus(BEHIND), &StatusChange::noted(note), now)?;
        }
        SendOutcome::Unknown { why } => {
            let note = format!(
                "The provider didn't respond in time ({why}). We check with the provider before retrying."
            );
            let why = StatusChange {
                due_at: Some(now.plus(ASK_AFTER)),
                ..StatusChange::coded(messages::UNANSWERED, &note)
            };
            messages::advance(tx, &message, Status::Sending, now, &why)?;
        }
    }
    Ok(())
}

fn is_failed_attempt(tx: &mut Tx<'_>, provider_id: &str) -> Result<bool, ActionError> {
    Ok(messages::failed_attempt(tx, provider_id)?.is_some())
}
