//! Numbers that are written in two ways: joins records under an old spelling to the canonical one, once, and gives each twin
//! the opt-outs of the other. Used at the start of a server; it writes histories through `transition`, contacts and waiting
//! messages.

use crate::domain::consent::StateName;
use crate::domain::decide::{inherit, share_opt_out};
use crate::domain::message::{Lane, Status};
use crate::domain::phone::Phone;
use crate::domain::time::Timestamp;
use crate::store::messages::{self, StatusChange, WaitingMessages};
use crate::store::numbers::{self, Number};
use crate::store::{ReadConn, StoreError, Tx, contacts, programs, settings};

use super::transition::{link, record};
use super::{ActionContext, ActionError};

/// Numbers of the North American plan have one spelling: the walk begins behind them.
const BEHIND_NORTH_AMERICA: &str = "+2";

/// True when this database was walked through once.
///
/// # Errors
/// When the database fails.
pub fn are_joined(conn: &mut ReadConn<'_>) -> Result<bool, StoreError> {
    Ok(settings::get(conn, settings::SPELLINGS_JOINED)?.is_some())
}

/// Joins the next numbers after `after`. Returns how far it came; `None` when it is through.
///
/// # Errors
/// When the database fails.
pub fn join_spellings(
    tx: &mut Tx<'_>,
    after: Option<&str>,
    limit: i64,
    now: Timestamp,
) -> Result<Option<String>, ActionError> {
    let rows = numbers::spelled_after(tx, after.unwrap_or(BEHIND_NORTH_AMERICA), limit)?;
    for row in &rows {
        let canonical = row.phone.canonical();
        if canonical != row.phone {
            join(tx, &row.phone, now)?;
        } else if row.phone.twin().is_some() {
            share_known(tx, row, now)?;
        }
    }
    let last = rows.last().map(|row| row.phone.as_str().to_owned());
    if last.is_none() {
        settings::set(tx, settings::SPELLINGS_JOINED, "1")?;
    }
    Ok(last)
}

/// Appends to the canonical history what is stricter in the old one, and moves contacts and waiting texts over. The old
/// history stays as it is.
fn join(tx: &mut Tx<'_>, spelled: &Phone, now: Timestamp) -> Result<(), ActionError> {
    let Some(mut old) = numbers::find_spelled_locked(tx, spelled)? else { return Ok(()) };
    let mut number = numbers::find_or_create(tx, spelled, now)?;
    let all = programs::all(tx)?;
    let Some(default) = all.iter().find(|program| program.is_default).cloned() else { return Ok(()) };
    let ids: Vec<_> = all.iter().map(|program| program.id).collect();
    let context = ActionContext::system(now);
    for decision in inherit(&number.consent, &old.consent, &ids, &link(&old), now) {
        record(tx, &context, &mut number, &default, decision, true)?;
    }
    contacts::move_all(tx, &mut old, &mut number, now)?;
    move_waiting(tx, &old, &number, now)
}

/// What waits goes on under the canonical number where the lead can still be texted. An opt-in request that did not go out
/// is taken back: the next message sends one.
fn move_waiting(tx: &mut Tx<'_>, old: &Number, number: &Number, now: Timestamp) -> Result<(), ActionError> {
    let mut waiting = WaitingMessages::of(old.id, None);
    while let Some(portion) = waiting.next_portion(tx)? {
        for message in portion {
            let may_go_on = number.consent.state_in(message.program_id).name() != StateName::OptedOut;
            if message.lane == Lane::Gated && may_go_on {
                messages::move_to_number(tx, message.id, number)?;
            } else {
                let why = StatusChange::coded("cancelled", "The number is kept under its new spelling now.");
                messages::advance(tx, &message, Status::Cancelled, now, &why)?;
            }
        }
    }
    Ok(())
}

/// An opt-out that was recorded before twins shared them.
fn share_known(tx: &mut Tx<'_>, number: &Number, now: Timestamp) -> Result<(), ActionError> {
    let (Some(twin), Some(out_at)) = (number.phone.twin(), number.consent.last_opt_out) else {
        return Ok(());
    };
    for program in programs::all(tx)?.iter() {
        if number.consent.state_in(program.id).name() != StateName::OptedOut {
            continue;
        }
        numbers::find_or_create_with_twin(tx, &number.phone, now)?;
        let mut twin = numbers::find_or_create(tx, &twin, now)?;
        let state = twin.consent.state_in(program.id);
        // The twin's own START after that opt-out is the lead's newer word.
        let is_newer = state.since().is_some_and(|since| since.occurred_at > out_at);
        if state.name() == StateName::OptedOut || (state.name() == StateName::OptedIn && is_newer) {
            continue;
        }
        let source = number.consent.state_in(program.id).since().map(|since| since.source);
        let Some(source) = source else { continue };
        let decision = share_opt_out(&twin.consent, Some(program.id), source, out_at, link(number));
        record(tx, &ActionContext::system(now), &mut twin, program, decision, true)?;
    }
    Ok(())
}
