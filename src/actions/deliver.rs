//! Delivery: claim a due message (the gate is asked again, in the claim's own transaction), and write down how the
//! hand-off ended. The caller holds the number's lock from the claim to the answer.

use chrono::Duration;

use crate::domain::consent::StateName;
use crate::domain::database_kind::DatabaseKind;
use crate::domain::gate::{CheckName, ClearedText, GateOutcome};
use crate::domain::id::MessageId;
use crate::domain::message::{
    Lane, LookUp, MAX_ATTEMPTS, ReceiptStatus, RejectKind, SendOutcome, Status, backoff,
};
use crate::domain::time::Timestamp;
use crate::store::messages::{self, Message, StatusChange};
use crate::store::{Tx, numbers, programs, settings};

use super::consent::opted_in_before;
use super::receive_receipt::refused_by_provider;
use super::retry::{self, after_passing, give_up, queue_again};
use super::send_message::code_of;
use super::{ActionError, requests, sending_context};

/// While sending is switched off, a message is looked at again this often.
const WAIT: Duration = Duration::seconds(30);
/// An unknown outcome is asked about this long after the hand-off, and again at this interval.
const ASK_AFTER: Duration = Duration::seconds(10);
/// A provider that does not know a message after this long never took it.
const SETTLED_AFTER: Duration = Duration::seconds(60);
/// A text that waits behind an earlier one to the same number is looked at again this often,
const BEHIND: Duration = Duration::seconds(2);
/// and for this long after the earlier one was last handed over: then order matters less than arriving.
const IN_ORDER_FOR: Duration = Duration::minutes(10);

/// Claims a due message. `None` when it must not, or need not, be sent now; that is written down too.
///
/// # Errors
/// When the database fails.
pub fn claim(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<Option<ClearedText>, ActionError> {
    let Some(message) = messages::get(tx, id)?.filter(|message| message.status == Status::Queued) else {
        return Ok(None);
    };
    // Another instance may have tried it meanwhile and put it off.
    if message.due_at > now {
        return Ok(None);
    }
    let Some(number_id) = message.number_id else { return Ok(None) };
    // The hold time of an intended message is over with its release: from then on it only waits for an allowed time.
    if message.lane != Lane::Gated && message.expires_at.is_some_and(|until| until <= now) {
        let why = StatusChange::coded("expired", "It was too late to send it.");
        messages::advance(tx, &message, Status::Expired, now, &why)?;
        return Ok(None);
    }
    if message.lane == Lane::Gated && messages::is_behind_another(tx, &message, now.plus(-IN_ORDER_FOR))? {
        messages::set_due(tx, id, now.plus(BEHIND))?;
        return Ok(None);
    }
    let number = numbers::get_locked(tx, number_id)?.ok_or(ActionError::NotFound("number"))?;
    if number.consent.seq != message.accepted_seq && retry::cancel_if_ended(tx, &message, now)? {
        return Ok(None);
    }
    let program = programs::get(tx, message.program_id)?.ok_or(ActionError::NotFound("program"))?;
    let standing = sending_context(tx, &program)?;
    let verdict = standing.verdict_on(tx, &message, &number, &program, now)?;
    match (verdict.answer(message.lane), standing.sender) {
        (GateOutcome::Send(permit), Some(sender)) => {
            let (due_at, claim) = (Some(now.plus(ASK_AFTER)), Some((sender.as_str(), &permit)));
            messages::advance(
                tx,
                &message,
                Status::Sending,
                now,
                &StatusChange { due_at, claim, ..StatusChange::default() },
            )?;
            Ok(Some(permit.clear(id, number.phone.clone(), sender, message.body)))
        }
        (GateOutcome::Wait { until: Some(until) }, _) => {
            let headline = verdict.headline();
            let why = StatusChange { due_at: Some(until), ..StatusChange::noted(&headline) };
            messages::advance(tx, &message, Status::Scheduled, now, &why)?;
            Ok(None)
        }
        // Passing causes: a person decides on a reply, an administrator gives the program a sender.
        (
            GateOutcome::Wait { until: None } | GateOutcome::Refuse(CheckName::Paused | CheckName::Sender),
            _,
        )
        | (GateOutcome::Send(_), None) => {
            messages::set_due(tx, id, now.plus(WAIT))?;
            Ok(None)
        }
        (GateOutcome::Hold, _) => {
            // Never held again: the number may have another owner by the time somebody texts START.
            let why = StatusChange::coded("cancelled", "Consent ended before it was handed over.");
            messages::advance(tx, &message, Status::Cancelled, now, &why)?;
            Ok(None)
        }
        // The provider did not take the question in time: the lead has answered it unasked.
        (GateOutcome::Refuse(CheckName::Consent), _) if verdict.state == StateName::OptedIn => {
            messages::advance(tx, &message, Status::Cancelled, now, &opted_in_before())?;
            Ok(None)
        }
        (GateOutcome::Refuse(check), _) => {
            let headline = verdict.headline();
            let why = StatusChange::coded(code_of(check), &headline);
            messages::advance(tx, &message, Status::Blocked, now, &why)?;
            requests::failed(tx, &message, "The consent check refused the opt-in request.", now)?;
            Ok(None)
        }
    }
}

/// Queues scheduled messages whose time has come; the gate is asked again when they are claimed. Returns how many.
///
/// # Errors
/// When the database fails.
pub fn wake(tx: &mut Tx<'_>, ids: &[MessageId], now: Timestamp) -> Result<usize, ActionError> {
    let mut woken = 0;
    for id in ids {
        let still = |message: &Message| message.status == Status::Scheduled && message.due_at <= now;
        if let Some(message) = messages::get(tx, *id)?.filter(still) {
            let why = StatusChange { due_at: Some(now), ..StatusChange::noted("An allowed time has come.") };
            messages::advance(tx, &message, Status::Queued, now, &why)?;
            woken += 1;
        }
    }
    Ok(woken)
}

/// Lets a scheduled message of a simulated database go out now: it skips quiet hours and no other check. False when it no
/// longer waits.
///
/// # Errors
/// When the database fails; in any other database there is no such thing.
pub fn deliver_now(tx: &mut Tx<'_>, id: MessageId, now: Timestamp) -> Result<bool, ActionError> {
    if settings::database_kind(tx)? != Some(DatabaseKind::Simulated) {
        return Err(ActionError::NotFound("page"));
    }
    let Some(message) = messages::get(tx, id)? else { return Ok(false) };
    let waits =
        message.status == Status::Scheduled || message.status == Status::Queued && message.due_at > now;
    if !waits {
        return Ok(false);
    }
    messages::skip_quiet_hours(tx, id)?;
    let why = StatusChange {
        due_at: Some(now),
        ..StatusChange::noted("Deliver now (simulator): quiet hours were skipped.")
    };
    messages::advance(tx, &message, Status::Queued, now, &why)?;
    Ok(true)
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
    requests::lock_number(tx, &message)?;
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
            messages::advance(tx, &message, Status::Failed, now, &StatusChange::coded(code, text))?;
            refused_by_provider(tx, &message, *kind, code, provider, now)?;
        }
        SendOutcome::RetryLater { .. } if message.attempts >= MAX_ATTEMPTS => {
            let note = "The provider kept refusing for the moment; given up after the last attempt.";
            give_up(tx, &message, note, now)?;
        }
        SendOutcome::RetryLater { after, code } => {
            let seed = now.micros().unsigned_abs();
            let attempt = u32::try_from(message.attempts).unwrap_or(1);
            let wait = after.unwrap_or_default().max(backoff(attempt, seed));
            let wait = Duration::from_std(wait).unwrap_or(WAIT);
            let note = format!("The provider did not take it (attempt {attempt}); it is tried again.");
            queue_again(tx, &message, now.plus(wait), &StatusChange::coded(code, &note), now)?;
        }
        SendOutcome::NotBegun => {
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
    requests::lock_number(tx, &message)?;
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

fn is_failed_attempt(tx: &mut Tx<'_>, provider_id: &str) -> Result<bool, ActionError> {
    Ok(messages::failed_attempt(tx, provider_id)?.is_some())
}
