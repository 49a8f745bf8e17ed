//! Delivery: wake what is scheduled, claim what is due (the gate is asked again, in the claim's own transaction), and write
//! down how the hand-off ended. Used by the delivery worker, which holds each number's lock from the claim to the answer.

mod claim;
mod form_pause;
mod look_up;
mod outcome;

use std::collections::HashMap;

use chrono::Duration;

use crate::domain::database_kind::DatabaseKind;
use crate::domain::id::MessageId;
use crate::domain::message::Status;
use crate::domain::time::Timestamp;
use crate::store::messages::{self, Message, StatusChange};
use crate::store::{Tx, numbers, settings};

use super::ActionError;

pub use claim::claim_all;
pub use look_up::record_look_up;
pub use outcome::{record_accepted, record_outcome};

/// While sending is switched off, a message is looked at again this often.
const WAIT: Duration = Duration::seconds(30);
/// An unknown outcome is asked about this long after the hand-off, and again at this interval.
const ASK_AFTER: Duration = Duration::seconds(10);
/// A text that waits behind an earlier one to the same number is looked at again this often.
const BEHIND: Duration = Duration::seconds(2);

/// Queues scheduled messages whose time has come; the gate is asked again when they are claimed. Returns how many.
///
/// # Errors
/// When the database fails.
pub fn wake(tx: &mut Tx<'_>, ids: &[MessageId], now: Timestamp) -> Result<usize, ActionError> {
    let mut found = lock_all(tx, ids)?;
    let mut woken = 0;
    let still = |message: &Message| message.status == Status::Scheduled && message.due_at <= now;
    for message in ids.iter().filter_map(|id| found.remove(id)).filter(still) {
        let why = StatusChange { due_at: Some(now), ..StatusChange::noted("An allowed time has come.") };
        messages::advance(tx, &message, Status::Queued, now, &why)?;
        woken += 1;
    }
    Ok(woken)
}

/// The messages, read under the locks of their numbers: a STOP locks the number first too, so neither waits for the other, and
/// what it has canceled is seen as it is.
fn lock_all(tx: &mut Tx<'_>, ids: &[MessageId]) -> Result<HashMap<MessageId, Message>, ActionError> {
    let found = messages::get_all(tx, ids.iter().copied())?;
    numbers::lock_all(tx, found.values().filter_map(|message| message.number_id))?;
    Ok(messages::get_all(tx, ids.iter().copied())?)
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
    let Some(message) = lock_all(tx, &[id])?.remove(&id) else { return Ok(false) };
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
