//! Another attempt of a message that a carrier did not take or did not deliver, and what ends such a message: nothing that
//! was wanted before a STOP begins after it. Used by delivery and receipts.

use crate::domain::consent::EventKind;
use crate::domain::message::{Lane, Status, retry_at};
use crate::domain::time::Timestamp;
use crate::store::messages::{self, Message, StatusChange};
use crate::store::{ReadConn, Tx, events};

use super::{ActionError, requests};

/// The event after its acceptance that ends a message, the newest. The message may have been with the provider at that moment
/// and come back, so that nothing canceled it then.
fn ended_by(conn: &mut ReadConn<'_>, message: &Message) -> Result<Option<EventKind>, ActionError> {
    let Some(number) = message.number_id else { return Ok(None) };
    Ok(events::ended_after(conn, number, message.program_id, message.lane, message.accepted_seq)?)
}

/// Cancels a message that waits and that a later event has ended. False when none has.
pub(super) fn cancel_if_ended(
    tx: &mut Tx<'_>,
    message: &Message,
    now: Timestamp,
) -> Result<bool, ActionError> {
    if ended_by(tx, message)?.is_none() {
        return Ok(false);
    }
    let why = match message.lane {
        Lane::Help => "The contact opted out before it was sent.",
        _ => "Consent ended after it was accepted; a later START does not revive it.",
    };
    messages::advance(tx, message, Status::Cancelled, now, &StatusChange::coded("cancelled", why))?;
    requests::failed(tx, message, why, now)?;
    Ok(true)
}

/// Queues a message for another attempt at `due_at`. One that has ended since is canceled at once.
pub(super) fn queue_again(
    tx: &mut Tx<'_>,
    message: &Message,
    due_at: Timestamp,
    why: &StatusChange<'_>,
    now: Timestamp,
) -> Result<(), ActionError> {
    if cancel_if_ended(tx, message, now)? {
        return Ok(());
    }
    let why =
        StatusChange { due_at: Some(due_at), code: why.code, note: why.note, ..StatusChange::default() };
    Ok(messages::advance(tx, message, Status::Queued, now, &why)?)
}

/// Decides on a message that the provider certainly did not deliver, for a reason that passes: it is queued again, and the
/// gate is asked again when it is claimed; or it fails at once, because an event has ended it since. False when it was
/// tried often enough, or its time is over.
pub(super) fn after_passing(
    tx: &mut Tx<'_>,
    message: &Message,
    provider_id: &str,
    code: &str,
    now: Timestamp,
) -> Result<bool, ActionError> {
    if let Some(kind) = ended_by(tx, message)? {
        fail_ended(tx, message, kind, provider_id, code, now)?;
        return Ok(true);
    }
    let failed = messages::failed_attempts(tx, message.id)?;
    let handed_at = message.claimed_at.unwrap_or(now);
    let first = failed.first().map_or(handed_at, |attempt| attempt.handed_at);
    // The hold time of an intended message is over with its release.
    let expires_at = message.expires_at.filter(|_| message.lane != Lane::Gated);
    let Some(due_at) = retry_at(failed.len() + 1, first, expires_at, now, now.micros().unsigned_abs()) else {
        return Ok(false);
    };
    messages::keep_failed(tx, message, provider_id, code, now)?;
    let note = format!("Not delivered for a reason that passes (code {code}). It is sent again.");
    let why = StatusChange { due_at: Some(due_at), ..StatusChange::coded(code, &note) };
    messages::advance(tx, message, Status::Queued, now, &why)?;
    Ok(true)
}

/// A message that did not arrive and that an event has ended: it fails with that cause.
fn fail_ended(
    tx: &mut Tx<'_>,
    message: &Message,
    kind: EventKind,
    provider_id: &str,
    code: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    let (cause, because) = match kind {
        EventKind::OptedOut | EventKind::OptOutRepeated => ("opted_out", "the contact opted out"),
        EventKind::DoNotTextSet => ("do_not_text", "the number is on the Do Not Text list"),
        _ => ("consent_ended", "consent ended"),
    };
    let note = format!("Not delivered (code {code}), and not sent again: {because}.");
    let why = StatusChange { provider_id: Some(provider_id), ..StatusChange::coded(cause, &note) };
    messages::advance(tx, message, Status::Failed, now, &why)?;
    requests::failed(tx, message, &note, now)
}

/// Gives a message up after its last attempt.
pub(super) fn give_up(
    tx: &mut Tx<'_>,
    message: &Message,
    note: &str,
    now: Timestamp,
) -> Result<(), ActionError> {
    messages::advance(tx, message, Status::Failed, now, &StatusChange::coded("gave_up", note))?;
    requests::failed(tx, message, note, now)
}
