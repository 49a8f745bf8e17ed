//! `become`: a person decides what a database is for. On the way to *real*, consents that only simulated phones or demo data gave
//! end by appended events, and what waits is canceled. Opt-outs stay. Used by the command line while no server runs.

use std::collections::{BTreeSet, HashMap};

use crate::domain::actor::Actor;
use crate::domain::consent::{EventKind, StateName};
use crate::domain::database_kind::DatabaseKind;
use crate::domain::evidence::Evidence;
use crate::domain::id::{MessageId, NumberId, ProgramId};
use crate::domain::intent::Intent;
use crate::domain::message::Status;
use crate::domain::restore_hold::RestoreHold;
use crate::domain::time::Timestamp;
use crate::store::messages::{self, Message, StatusChange, WaitingMessages};
use crate::store::numbers::{self, Number};
use crate::store::{LockedRow, ReadConn, StoreError, Tx, admin_log, events, programs, sending, settings};

use super::database_kind::texts_held;
use super::requests::invitation_of as request_message;
use super::transition::apply;
use super::{ActionContext, ActionError, restore, seed};

/// Numbers in one transaction.
const STEP: i64 = 500;
/// Messages in one transaction.
const MESSAGES: i64 = 1000;
const REASON: &str = "The database became real; this consent came from a simulated phone or from demo data.";
const CANCELED: &str = "The database became real before it went out.";

/// What `become real` would change, and what it would keep.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct SimulatedConsents {
    /// Consents that end.
    pub opted_in: u64,
    /// Opt-in requests that were not delivered. They end as well.
    pub invited: u64,
    /// Consents with other evidence, which stay.
    pub kept: u64,
    /// Opt-in requests that a real carrier took, which stay.
    pub asked: u64,
    /// Opt-outs, which stay.
    pub opted_out: u64,
    /// Waiting messages, which are canceled.
    pub waiting: u64,
}

/// Counts what `become real` would change.
///
/// # Errors
/// When the database fails.
pub fn count_simulated(conn: &mut ReadConn<'_>) -> Result<SimulatedConsents, StoreError> {
    let (mut counts, mut after) = (SimulatedConsents::default(), None);
    let is_mixed = texts_held(conn)?.real;
    if !is_mixed {
        let all: i64 = messages::count_waiting(conn)?.into_iter().map(|(_, n)| n).sum();
        counts.waiting = all.unsigned_abs();
    }
    loop {
        let step = numbers::page(conn, after, STEP)?;
        let Some(last) = step.last() else { return Ok(counts) };
        after = Some(last.id);
        for number in &step {
            // A STOP for all programs counts once where no program has a state of its own.
            let is_out = number.consent.is_out_everywhere();
            counts.opted_out += u64::from(is_out && programs_of(number).is_empty());
            for program in programs_of(number) {
                let state = number.consent.state_in(program);
                let is_simulated = is_simulated(conn, number, program)?;
                if is_mixed && is_simulated {
                    counts.waiting += ending(conn, number.id, program)?;
                }
                match (state.name(), is_simulated) {
                    (StateName::OptedIn, true) => counts.opted_in += 1,
                    (StateName::OptedIn, false) => counts.kept += 1,
                    (StateName::Invited | StateName::NotAsked, true) => counts.invited += 1,
                    (StateName::Invited, false) => counts.asked += 1,
                    (StateName::OptedOut, _) => counts.opted_out += 1,
                    (StateName::NotAsked, false) => {}
                }
            }
        }
    }
}

/// How many waiting messages end with the simulation.
fn ending(conn: &mut ReadConn<'_>, number: NumberId, program: ProgramId) -> Result<u64, StoreError> {
    let (mut waiting, mut count) = (WaitingMessages::of(number, Some(program)), 0);
    while let Some(portion) = waiting.next_portion(conn)? {
        let ends = |message: &&Message| EventKind::SimulationEnded.ends(message.lane);
        count += u64::try_from(portion.iter().filter(ends).count()).unwrap_or(0);
    }
    Ok(count)
}

/// The programs in which the number has a state or an opt-in request.
fn programs_of(number: &Number) -> BTreeSet<ProgramId> {
    number.consent.programs.keys().chain(number.consent.requests.keys()).copied().collect()
}

/// True for a state that rests on a simulated phone or on demo data: an opt-in request is judged by the carrier that took it,
/// and a consent by the evidence it began with.
fn is_simulated(conn: &mut ReadConn<'_>, number: &Number, program: ProgramId) -> Result<bool, StoreError> {
    let state = number.consent.state_in(program);
    let Some(since) = state.since() else { return Ok(number.consent.requests.contains_key(&program)) };
    match state.name() {
        StateName::Invited => {
            let message = request_message(conn, number, since.seq)?;
            Ok(!message.is_some_and(|message| message.is_with_real_carrier()))
        }
        StateName::OptedIn => Ok(match events::evidence_of(conn, number.id, since.seq)? {
            Some(Evidence::HandsetText(text)) => {
                matches!(text.provider.as_str(), "simulator" | seed::PROVIDER)
            }
            Some(Evidence::Document(document)) => document.reason.starts_with(seed::DEMO_REASON),
            _ => false,
        }),
        StateName::NotAsked | StateName::OptedOut => Ok(false),
    }
}

/// True for a mark that only a simulated carrier can have set. In doubt it stays: a person can lift it.
fn is_simulated_mark(
    conn: &mut ReadConn<'_>,
    number: &Number,
    code: &str,
    is_mixed: bool,
) -> Result<bool, StoreError> {
    Ok(!is_mixed || messages::failed_at_simulator(conn, number.id, code)?)
}

/// Ends the simulated consents of the next numbers after `after`. Returns the last number looked at, `None` at the end.
///
/// # Errors
/// When the database fails.
pub fn end_simulated(
    tx: &mut Tx<'_>,
    after: Option<NumberId>,
    now: Timestamp,
) -> Result<Option<NumberId>, ActionError> {
    let step = numbers::page(tx, after, STEP)?;
    let last = step.last().map(|number| number.id);
    let is_mixed = texts_held(tx)?.real;
    for Number { id, .. } in step {
        let Some(mut number) = numbers::get_locked(tx, id)? else { continue };
        if let Some(code) = number.unreachable.clone()
            && is_simulated_mark(tx, &number, &code, is_mixed)?
        {
            numbers::set_unreachable(tx, &mut number, None)?;
        }
        for program in programs_of(&number) {
            if !is_simulated(tx, &number, program)? {
                continue;
            }
            let program = programs::get(tx, program)?.ok_or(ActionError::NotFound("program"))?;
            let intent = Intent::EndSimulation { reason: REASON.to_owned() };
            apply(tx, &ActionContext::system(now).by(&Actor::Operator), &mut number, &program, intent)?;
        }
    }
    Ok(last)
}

/// Cancels some of what waits. Returns how many messages; none at the end. In a database that a real carrier has used as well,
/// people's texts stay: there the end of a simulated consent cancels what waits for it.
///
/// # Errors
/// When the database fails.
pub fn cancel_waiting(tx: &mut Tx<'_>, now: Timestamp) -> Result<usize, ActionError> {
    if texts_held(tx)?.real {
        return Ok(0);
    }
    match restore::withdraw_some(tx, MESSAGES, now)? {
        0 => Ok(restore::cancel_some(tx, CANCELED, None, MESSAGES, now)?.looked_at),
        withdrawn => Ok(withdrawn),
    }
}

/// Cancels what a simulated carrier has among the next messages under way, older than `before`. Returns the last message
/// looked at, `None` at the end. What a real carrier took stays.
///
/// # Errors
/// When the database fails.
pub fn cancel_under_way(
    tx: &mut Tx<'_>,
    before: Option<MessageId>,
    now: Timestamp,
) -> Result<Option<MessageId>, ActionError> {
    let is_mixed = texts_held(tx)?.real;
    let step = messages::page(tx, Some(Status::Sending), None, before, MESSAGES)?;
    // Numbers are locked before messages, and together in their order.
    let of_step = step.iter().filter_map(|message| message.number_id).filter(|_| is_mixed);
    let numbers = numbers::lock_all(tx, of_step.collect::<Vec<_>>())?;
    for message in &step {
        if !is_mixed || is_with_simulator(tx, &numbers, message)? {
            let why = StatusChange::coded("cancelled", CANCELED);
            messages::advance(tx, message, Status::Cancelled, now, &why)?;
        }
    }
    Ok(step.last().map(|message| message.id))
}

/// True for a message that a simulated carrier has, to a number whose consent it gave.
fn is_with_simulator(
    tx: &mut Tx<'_>,
    numbers: &HashMap<NumberId, LockedRow<Number>>,
    message: &Message,
) -> Result<bool, StoreError> {
    let number = message.number_id.and_then(|id| numbers.get(&id));
    let Some(number) = number.filter(|_| !message.is_with_real_carrier()) else { return Ok(false) };
    is_simulated(tx, number, message.program_id)
}

/// Writes down what the database is for from now on. What a person decided ends the question about both kinds of texts;
/// sending stays off until an administrator turns it on.
///
/// # Errors
/// [`ActionError::Conflict`] when the database would become simulated although it holds people's texts or consents.
pub fn become_kind(tx: &mut Tx<'_>, kind: DatabaseKind, now: Timestamp) -> Result<(), ActionError> {
    if kind == DatabaseKind::Simulated {
        let counts = count_simulated(tx)?;
        if texts_held(tx)?.real || counts.kept > 0 {
            return Err(ActionError::Conflict(
                "This database holds people's texts or consents, and a simulated one must not. For trials, set DATABASE_URL \
                 to a new database."
                    .to_owned(),
            ));
        }
    }
    let switch = sending::locked(tx)?;
    if switch.standstill == Some(RestoreHold::Mixed) {
        sending::switch(tx, &switch, switch.on, None)?;
    }
    settings::set(tx, settings::DATABASE_KIND, kind.as_str())?;
    let action = format!("database.{kind}");
    admin_log::add(tx, &Actor::Operator, &action, "database", &format!("It became {kind}."), now)?;
    Ok(())
}
