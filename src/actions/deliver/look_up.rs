//! What the provider says about a message whose outcome was unknown. Used by housekeeping; it writes the message, and consent
//! where the provider refused for good.

use chrono::Duration;

use crate::domain::id::MessageId;
use crate::domain::message::{LookUp, MAX_ATTEMPTS, ReceiptStatus, RejectKind, Status};
use crate::domain::time::Timestamp;
use crate::store::Tx;
use crate::store::messages::{self, StatusChange};

use super::super::receive_receipt::refused_by_provider;
use super::super::retry::{after_passing, give_up, queue_again};
use super::super::{ActionError, requests};
use super::ASK_AFTER;

/// A provider that does not know a message after this long never took it.
const SETTLED_AFTER: Duration = Duration::seconds(60);

/// Writes down what the provider says about a message whose outcome was unknown.
///
/// # Errors
/// When the database fails.
pub fn record_look_up(
    tx: &mut Tx<'_>,
    id: MessageId,
    answer: &LookUp,
    provider: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    let Some(message) = messages::get(tx, id)?.filter(|message| message.status == Status::Sending) else {
        return Ok(());
    };
    requests::lock_number(tx, &message, matches!(answer, LookUp::Found { verdict: Some(_), .. }))?;
    let asked_late = message.claimed_at.is_some_and(|at| now.since(at) >= SETTLED_AFTER);
    match answer {
        // A twin with the same words has that id already: nothing is known about this one.
        LookUp::Found { provider_id, .. }
            if messages::by_provider_id(tx, provider_id)?.is_some_and(|twin| twin.id != id) =>
        {
            messages::set_due(tx, id, now.plus(SETTLED_AFTER))?;
        }
        LookUp::Found {
            provider_id,
            status: ReceiptStatus::Failed,
            code,
            verdict: Some(RejectKind::Passing),
        } if after_passing(tx, &message, provider_id, code.as_deref().unwrap_or_default(), now)? => {}
        LookUp::Found { provider_id, status, code, verdict } => {
            let status = match status {
                ReceiptStatus::Delivered => Status::Delivered,
                ReceiptStatus::Failed => Status::Failed,
                ReceiptStatus::Pending | ReceiptStatus::Sent => Status::Sent,
            };
            let note = "Confirmed: the provider has the message.";
            let failure = code.as_deref().or((status == Status::Failed).then_some("undelivered"));
            let why =
                StatusChange { code: failure, provider_id: Some(provider_id), ..StatusChange::noted(note) };
            messages::advance(tx, &message, status, now, &why)?;
            match (status, failure) {
                (Status::Failed, Some(code)) => {
                    let kind = verdict.unwrap_or(RejectKind::Other);
                    refused_by_provider(tx, &message, kind, code, provider, now)?;
                }
                _ => requests::accepted(tx, &message, provider, now)?,
            }
        }
        LookUp::NotFound if asked_late && message.attempts >= MAX_ATTEMPTS => {
            give_up(tx, &message, "The provider never took it; given up after the last attempt.", now)?;
        }
        LookUp::NotFound if asked_late => {
            let note = "The provider was asked: it never took the message. It is tried again.";
            queue_again(tx, &message, now, &StatusChange::noted(note), now)?;
        }
        LookUp::NotFound | LookUp::Unavailable => messages::set_due(tx, id, now.plus(ASK_AFTER))?,
    }
    Ok(())
}
