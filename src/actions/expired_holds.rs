//! Messages that ran out while they waited for START. When the lead opts in after all, nothing of them goes out by itself: a
//! person is asked about each, and has it sent anew, through the gate, or leaves it. Once, whoever is faster.

use chrono::Duration;

use crate::domain::actor::Actor;
use crate::domain::consent::StateName;
use crate::domain::id::{MessageId, ProgramId};
use crate::domain::message::{StaleDecision, Status};
use crate::domain::program::Program;
use crate::domain::time::Timestamp;
use crate::store::expired_holds::{self, HoldQuestion};
use crate::store::messages::{self, Message, StatusChange};
use crate::store::numbers::Number;
use crate::store::{StoreError, Tx, events, numbers, programs};

use super::ActionError;
use super::send_message::{NewMessage, SendResult, send_message};

/// What ran out longer ago than this is not worth a question.
const LOOK_BACK: Duration = Duration::days(90);

/// What a person decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum HoldAnswer {
    /// It goes through the gate anew.
    Send,
    /// It stays as it is.
    Leave,
}

/// Asks a person about what ran out for this number and program before it opted in; not about what was accepted under
/// an earlier consent: no START revives that.
pub(super) fn open_question(
    tx: &mut Tx<'_>,
    number: &Number,
    program: &Program,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut ended = None;
    for message in expired_holds::ran_out(tx, number.id, program.id, now.plus(-LOOK_BACK))? {
        let superseded = match ended {
            Some((seq, ended)) if seq == message.accepted_seq => ended,
            _ => {
                events::ended_after(tx, number.id, program.id, message.lane, message.accepted_seq)?.is_some()
            }
        };
        ended = Some((message.accepted_seq, superseded));
        if !superseded {
            expired_holds::ask(tx, message.id, number.id, now)?;
        }
    }
    Ok(())
}

/// Takes the open questions back: consent has ended for the program, or for all.
pub(super) fn close(
    tx: &mut Tx<'_>,
    number: &Number,
    program: Option<ProgramId>,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), StoreError> {
    for (_, message) in expired_holds::open_of(tx, number.id)? {
        if program.is_none_or(|program| program == message.program_id) {
            expired_holds::decide(tx, message.id, StaleDecision::Withdrawn, None, actor, now)?;
        }
    }
    Ok(())
}

/// Records what a person decided about a message that ran out. Returns what became of the new one, if there is one. When
/// the gate refuses it, the attempt is kept and the question stays.
///
/// # Errors
/// [`ActionError::Conflict`] when somebody was faster or the consent it was written under has ended.
pub fn decide_stale(
    tx: &mut Tx<'_>,
    message: MessageId,
    choice: HoldAnswer,
    region: &str,
    actor: &Actor,
    now: Timestamp,
) -> Result<Option<SendResult>, ActionError> {
    let missing = ActionError::NotFound("question");
    let Some(asked) = expired_holds::get(tx, message)? else { return Err(missing) };
    let number = numbers::get_locked(tx, asked.number_id)?.ok_or(ActionError::NotFound("number"))?;
    // Read again behind the lock: only one of two people at once finds it open.
    let (Some(asked), Some(old)) = (expired_holds::get(tx, message)?, messages::get(tx, message)?) else {
        return Err(missing);
    };
    match asked.decision {
        Some(StaleDecision::Sent | StaleDecision::Left) => Err(decided()),
        Some(StaleDecision::Withdrawn) if choice == HoldAnswer::Leave => Err(decided()),
        _ if choice == HoldAnswer::Send => send_anew(tx, &asked, &old, &number, region, actor, now).map(Some),
        _ => {
            let (decision, note) = (StaleDecision::Left, "A person decided to leave it.");
            apply(tx, &old, decision, None, note, actor, now)?;
            Ok(None)
        }
    }
}

fn send_anew(
    tx: &mut Tx<'_>,
    asked: &HoldQuestion,
    old: &Message,
    number: &Number,
    region: &str,
    actor: &Actor,
    now: Timestamp,
) -> Result<SendResult, ActionError> {
    let program = programs::get(tx, old.program_id)?.ok_or(ActionError::NotFound("program"))?;
    let state = number.consent.state_in(program.id).name();
    // An opt-out is the gate's to refuse, with the attempt on record.
    let is_over = match state {
        StateName::OptedIn => asked.decision == Some(StaleDecision::Withdrawn),
        StateName::OptedOut => false,
        StateName::NotAsked | StateName::Invited => true,
    };
    if is_over {
        let words = "The consent that it was waiting for has ended since; a later START does not revive it. Write a new text.";
        return Err(ActionError::Conflict(words.to_owned()));
    }
    let wanted = NewMessage {
        to: number.phone.as_str().to_owned(),
        body: old.body.clone(),
        category: old.category,
        program: Some(program.slug),
        basis: None,
    };
    let accepted = send_message(tx, &wanted, region, actor, now)?;
    if accepted.status != Status::Blocked {
        let note = format!("It stays expired; a person had it sent anew as message {}.", accepted.id);
        apply(tx, old, StaleDecision::Sent, Some(accepted.id), &note, actor, now)?;
    }
    Ok(accepted)
}

fn apply(
    tx: &mut Tx<'_>,
    old: &Message,
    decision: StaleDecision,
    sent_as: Option<MessageId>,
    note: &str,
    actor: &Actor,
    now: Timestamp,
) -> Result<(), ActionError> {
    if !expired_holds::decide(tx, old.id, decision, sent_as, actor, now)? {
        return Err(decided());
    }
    messages::advance(tx, old, Status::Expired, now, &StatusChange::noted(note))?;
    Ok(())
}

fn decided() -> ActionError {
    ActionError::Conflict("Somebody has decided on this message already.".to_owned())
}
