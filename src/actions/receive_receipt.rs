//! A delivery receipt has arrived. The message moves forward, never back, and a block at the provider is an opt-out. Used by
//! the status webhook through `Commands`; it writes the message's steps, and consent through `transition`.

use crate::domain::actor::Actor;
use crate::domain::consent::ConsentState;
use crate::domain::intent::{Intent, RevocationScope};
use crate::domain::message::{Receipt, ReceiptStatus, RejectKind, Status};
use crate::domain::time::Timestamp;
use crate::store::messages::{self, Message, StatusChange};
use crate::store::numbers::Number;
use crate::store::{Tx, numbers, programs};

use super::retry::after_passing;
use super::transition::apply;
use super::{ActionContext, ActionError, requests};

/// Takes in a receipt. One for a message we do not know changes nothing.
///
/// # Errors
/// When the database fails.
pub fn receive_receipt(
    tx: &mut Tx<'_>,
    provider: &str,
    receipt: &Receipt,
    now: Timestamp,
) -> Result<(), ActionError> {
    let message = match receipt.message {
        Some(id) => messages::get(tx, id)?,
        None => by_provider_id(tx, &receipt.provider_id)?,
    };
    let Some(message) = message else { return Ok(()) };
    if message.provider_id.as_ref() != Some(&receipt.provider_id) {
        let earlier = messages::failed_attempt(tx, &receipt.provider_id)?;
        if earlier.is_some_and(|attempt| attempt.message_id == message.id) {
            return of_earlier_attempt(tx, &message, provider, receipt, now);
        }
        if message.provider_id.is_some() {
            return Ok(());
        }
    }
    // A STOP may be canceling a message that waits for another attempt.
    let waits = matches!(message.status, Status::Queued | Status::Scheduled);
    requests::lock_number(tx, &message, waits || receipt.verdict.is_some())?;
    // Read again: the answer to the hand-off may be written down at the same moment.
    let Some(message) = messages::get_locked(tx, message.id)? else { return Ok(()) };
    if message.provider_id.is_none() && message.claimed_at.is_some() {
        messages::clear_provider_id(tx, message.id, &receipt.provider_id)?;
        messages::set_provider_id(tx, message.id, &receipt.provider_id)?;
    }
    // A message that was claimed once and waits for another attempt: the provider took it after all.
    let before = match message.status {
        Status::Queued | Status::Scheduled if message.claimed_at.is_some() => Status::Sending,
        status => status,
    };
    let moved = before.after_receipt(receipt.status);
    let failed = receipt.status == ReceiptStatus::Failed;
    if let (Some(Status::Failed), Some(RejectKind::Passing)) = (moved, receipt.verdict) {
        let code = receipt.code.as_deref().unwrap_or("undelivered");
        if after_passing(tx, &message, &receipt.provider_id, code, now)? {
            return Ok(());
        }
    }
    if let Some(status) = moved {
        let code = receipt.code.as_deref().or(failed.then_some("undelivered"));
        let note = failed.then_some("The provider reports that it was not delivered.");
        messages::advance(
            tx,
            &message,
            status,
            now,
            &StatusChange { code, note, ..StatusChange::default() },
        )?;
        if before == Status::Sending && !failed {
            requests::accepted(tx, &message, provider, now)?;
        }
    }
    // A block counts even when the message itself is over.
    let counts = |kind: RejectKind| failed && (moved.is_some() || kind == RejectKind::OptedOut);
    if let Some(kind) = receipt.verdict.filter(|kind| counts(*kind)) {
        let code = receipt.code.as_deref().unwrap_or("undelivered");
        refused_by_provider(tx, &message, kind, code, provider, now)?;
    }
    if let (Some(Status::Delivered), Some(number)) = (moved, message.number_id) {
        let is_marked = |number: Number| number.unreachable.is_some();
        if numbers::get(tx, number)?.is_some_and(is_marked)
            && let Some(mut number) = numbers::get_locked(tx, number)?
        {
            numbers::set_unreachable(tx, &mut number, None)?;
        }
    }
    Ok(())
}

fn by_provider_id(tx: &mut Tx<'_>, provider_id: &str) -> Result<Option<Message>, ActionError> {
    if let Some(message) = messages::by_provider_id(tx, provider_id)? {
        return Ok(Some(message));
    }
    match messages::failed_attempt(tx, provider_id)? {
        Some(attempt) => Ok(messages::get(tx, attempt.message_id)?),
        None => Ok(None),
    }
}

/// News of an attempt that failed and was followed by another one. It never fails the later one. Where the text arrived
/// after all and the next attempt has not begun, there is nothing left to send. A block counts from any attempt.
fn of_earlier_attempt(
    tx: &mut Tx<'_>,
    message: &Message,
    provider: &str,
    receipt: &Receipt,
    now: Timestamp,
) -> Result<(), ActionError> {
    match (receipt.status, receipt.verdict) {
        (ReceiptStatus::Delivered, _) if matches!(message.status, Status::Queued | Status::Scheduled) => {
            let note = "The earlier attempt arrived after all.";
            let why = StatusChange { provider_id: Some(&receipt.provider_id), ..StatusChange::noted(note) };
            messages::advance(tx, message, Status::Delivered, now, &why)?;
            Ok(())
        }
        (ReceiptStatus::Failed, Some(kind @ RejectKind::OptedOut)) => {
            refused_by_provider(tx, message, kind, receipt.code.as_deref().unwrap_or_default(), provider, now)
        }
        _ => Ok(()),
    }
}

/// What a provider's refusal means for the number: a block there is an opt-out here, a landline is unreachable.
pub(super) fn refused_by_provider(
    tx: &mut Tx<'_>,
    message: &Message,
    kind: RejectKind,
    code: &str,
    provider: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    let Some(number_id) = message.number_id else { return Ok(()) };
    if kind == RejectKind::OptedOut {
        let Some(mut number) = numbers::get_locked_with_twin(tx, number_id, now)? else { return Ok(()) };
        let program = programs::get(tx, message.program_id)?.ok_or(ActionError::NotFound("program"))?;
        let is_newer = |state: &ConsentState| match state {
            ConsentState::OptedIn(since) => message.claimed_seq.is_some_and(|claimed| since.seq > claimed),
            _ => false,
        };
        // News from before the lead's latest START, told again: the provider has lifted the block since.
        if is_newer(&number.consent.state_in(program.id)) {
            return Ok(());
        }
        // Behind the block stands a STOP, and a STOP reaches all programs, but for a START after it.
        let is_narrow = number.consent.programs.values().any(is_newer);
        let scope = if is_narrow { RevocationScope::Program } else { RevocationScope::Everywhere };
        let (provider_word, code) = (provider.to_owned(), code.to_owned());
        let intent = Intent::ProviderBlock { provider: provider_word, code, message: message.id, scope };
        let actor = Actor::Provider(provider.to_owned());
        apply(tx, &ActionContext::system(now).by(&actor), &mut number, &program, intent)?;
        return Ok(());
    }
    if kind == RejectKind::Unreachable
        && let Some(mut number) = numbers::get_locked(tx, number_id)?
    {
        numbers::set_unreachable(tx, &mut number, Some(code))?;
    }
    requests::failed(tx, message, &format!("The provider refused the opt-in request (code {code})."), now)
}
