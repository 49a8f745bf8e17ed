//! The database is older than what was sealed outside it, and may not know of people who opted out since. Used by the start,
//! the jobs and `after-restore`; it switches all sending off and queues the job that cancels what waits. Only an administrator
//! switches sending on again.

use std::collections::BTreeSet;

use chrono::Duration;

use crate::domain::actor::Actor;
use crate::domain::background_job::JobTask;
use crate::domain::calendar::LocalCalendar;
use crate::domain::id::MessageId;
use crate::domain::message::{HoldDecision, Status};
use crate::domain::restore_hold::RestoreHold;
use crate::domain::time::Timestamp;
use crate::store::messages::{self, Message, StatusChange, WaitingMessages};
use crate::store::seals::{self, Seal};
use crate::store::{ReadConn, StoreError, Tx, admin_log, background_jobs, expired_holds, numbers, sending};
use crate::words::restore_hold;

use super::{ActionError, requests};

/// Another instance's clock may have been ahead by less.
const MARGIN: Duration = Duration::minutes(1);
const CANCELLED_FILE: &str = "canceled-after-restore.csv";
pub(super) const RESTORED: &str =
    "The database was restored from a backup: it may have gone out since. Send it again if it matters.";

/// What has to be written down now that the file of seals ends with `outside`; nothing when all is known.
///
/// # Errors
/// When the database fails.
pub fn finding(conn: &mut ReadConn<'_>, outside: Option<&Seal>) -> Result<Option<RestoreHold>, StoreError> {
    let known = sending::standstill(conn)?;
    let lacking = match outside {
        Some(outside) if is_behind(conn, outside)? => Some(outside.sealed_at),
        _ => None,
    };
    Ok(match (lacking, known) {
        // That the file is gone now does not mean that a person accepted the older database.
        (None, _) => None,
        (Some(lacks), Some(RestoreHold::Behind { sealed_at, .. }))
            if lacks == sealed_at && !sending::is_on(conn)? =>
        {
            None
        }
        (Some(sealed_at), _) => Some(RestoreHold::Behind { sealed_at, since: complete_until(conn)? }),
    })
}

/// Writes down what was found and switches sending off.
///
/// # Errors
/// When the database fails.
pub fn suspend_sending(tx: &mut Tx<'_>, why: RestoreHold, now: Timestamp) -> Result<(), ActionError> {
    let switch = sending::locked(tx)?;
    let is_new = !switch.standstill.is_some_and(RestoreHold::awaits_after_restore);
    if is_new && why.awaits_after_restore() {
        // What waited when the backup was made may have gone out since: it is not sent a second time.
        let task = JobTask::CancelWaiting { until: tx.new_id(now.plus(MARGIN))? };
        let file = Some((CANCELLED_FILE, "text/csv; charset=utf-8"));
        background_jobs::queue(tx, &task, &Actor::System, file, now)?;
    }
    sending::switch(tx, &switch, false, Some(why))?;
    admin_log::add(
        tx,
        &Actor::System,
        "sending.off",
        "all sending",
        &restore_hold::facts(why, LocalCalendar::UTC),
        now,
    )?;
    Ok(())
}

/// True when the database lacks a seal that was made.
///
/// # Errors
/// When the database fails.
pub fn is_behind(conn: &mut ReadConn<'_>, outside: &Seal) -> Result<bool, StoreError> {
    Ok(!seals::holds(conn, outside)?)
}

/// What leads sent before is in the database. The last seal says it, because nothing is sealed while the database is behind,
/// however many new texts arrive.
///
/// # Errors
/// When the database fails.
pub fn complete_until(conn: &mut ReadConn<'_>) -> Result<Timestamp, StoreError> {
    Ok(seals::last(conn)?.map_or(Timestamp::default(), |seal| seal.sealed_at))
}

/// What [`cancel_some`] did.
pub(super) struct CancelledMessages {
    /// How many it looked at; as many as the limit when there may be more.
    pub(super) looked_at: usize,
    /// Those it canceled, as they were before.
    pub(super) messages: Vec<Message>,
}

/// Cancels some of what waits to be handed over, up to a message, and ends its opt-in requests: the numbers were not asked.
///
/// # Errors
/// When the database fails.
pub(super) fn cancel_some(
    tx: &mut Tx<'_>,
    note: &str,
    until: Option<MessageId>,
    limit: i64,
    now: Timestamp,
) -> Result<CancelledMessages, ActionError> {
    let found = messages::all_waiting(tx, until, limit)?;
    let looked_at = found.len();
    let numbers: BTreeSet<_> = found.iter().map(|message| message.number_id).collect();
    let (mut cancelled, why) = (Vec::new(), StatusChange::coded("cancelled", note));
    for message in found.into_iter().filter(|message| message.number_id.is_none()) {
        cancelled.extend(cancel_if_waiting(tx, message, &why, now)?);
    }
    // Numbers are locked before their messages, and always in the same order. Each is done whole: the end of its opt-in request
    // would end what a later call has to cancel.
    for number in numbers.into_iter().flatten() {
        numbers::get_locked(tx, number)?;
        let mut waiting = WaitingMessages::of(number, None);
        while let Some(portion) = waiting.next_portion(tx)? {
            for message in portion.into_iter().filter(|message| until.is_none_or(|until| message.id <= until))
            {
                cancelled.extend(cancel_if_waiting(tx, message, &why, now)?);
            }
        }
    }
    for message in &cancelled {
        requests::failed(tx, message, note, now)?;
    }
    Ok(CancelledMessages { looked_at: looked_at.max(cancelled.len()), messages: cancelled })
}

/// The message as it was, if it was canceled: it may have been handed over while this waited for its number.
fn cancel_if_waiting(
    tx: &mut Tx<'_>,
    found: Message,
    why: &StatusChange<'_>,
    now: Timestamp,
) -> Result<Option<Message>, ActionError> {
    let Some(message) = messages::get_locked(tx, found.id)?.filter(|now| now.status == found.status) else {
        return Ok(None);
    };
    messages::advance(tx, &message, Status::Cancelled, now, why)?;
    Ok(Some(found))
}

/// Withdraws some of the questions about messages that expired. Returns how many. The caller locks no number in this transaction:
/// a STOP locks its number first and closes its questions then, in this order.
///
/// # Errors
/// When the database fails.
pub(super) fn withdraw_some(tx: &mut Tx<'_>, limit: i64, now: Timestamp) -> Result<usize, ActionError> {
    let mut open = expired_holds::open(tx, limit)?;
    open.sort_unstable_by_key(|(asked, _)| asked.message_id);
    for (asked, _) in &open {
        let withdrawn = HoldDecision::Withdrawn;
        expired_holds::decide(tx, asked.message_id, withdrawn, None, &Actor::System, now)?;
    }
    Ok(open.len())
}
